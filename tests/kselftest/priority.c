// SPDX-License-Identifier: GPL-2.0
/*
 * Which queue's launch is next when the PEs are wanted by several: the firmware's choice, told by the
 * device's clock. Who gets a slot of the chip is slots.c's.
 */
#include "mtia_test.h"
#include "pe/args.h"

enum { MANY = 8, TURNS = 6 };

/* A page for each queue: "holds", its gate, when each turn ended; and room for what turns put out. */
#define HOLDS(i)   (VA_BASE + (i) * PAGE)
#define GATE(i)	   (HOLDS(i) + 8)
#define TURN(i, k) (HOLDS(i) + 16 + (k) * 8)
#define OUT(i)	   (HOLDS(i) + PAGE / 2)

FIXTURE(priority)
{
	struct client c;
	struct buf words, program;
	__u32 queue[MANY], bystander, held[MANY], done[MANY];
	__u16 rows[MANY], cols[MANY];
	__u32 commands; /* bytes of the command buffer in use */
};

FIXTURE_SETUP(priority)
{
	client_open(_metadata, &self->c, 9000);
	client_buf(_metadata, &self->c, MANY * PAGE, VRAM, VA_BASE, &self->words);
	client_program(_metadata, &self->c, PROGRAM(probe), VA_PROGRAM, &self->program);
	ASSERT_EQ(0, queue_create(self->c.fd, self->c.vm, 2, 9000, &self->bystander));
}

FIXTURE_TEARDOWN(priority)
{
	client_close(&self->c);
}

static void make(struct __test_metadata *_metadata, struct _test_data_priority *self, __u32 i,
		 __u8 priority, __u16 rows, __u16 cols)
{
	struct drm_mtia_queue_create args = {
		.vm_id = self->c.vm,
		.priority = priority,
		.job_timeout_ms = 9000,
	};

	ASSERT_EQ(0, mtia_ioctl(self->c.fd, DRM_IOCTL_MTIA_QUEUE_CREATE, &args));
	self->queue[i] = args.queue_id;
	self->rows[i] = rows;
	self->cols[i] = cols;
	self->held[i] = syncobj_create(self->c.fd);
	self->done[i] = syncobj_create(self->c.fd);
	ASSERT_NE(0, self->held[i]);
	ASSERT_NE(0, self->done[i]);
}

static volatile __u64 *word(struct _test_data_priority *self, __u64 va)
{
	return (volatile __u64 *)((char *)self->words.map + (va - VA_BASE));
}

static void start(struct __test_metadata *_metadata, struct _test_data_priority *self, __u32 i,
		  const struct probe_args *args, __u64 clock, __u32 syncobj)
{
	struct cmds cmds;

	cmds_begin(&cmds);
	cmds_launch(&cmds, VA_PROGRAM, self->program.size, self->rows[i], self->cols[i], args,
		    sizeof(*args));
	if (clock)
		cmds_timestamp(&cmds, clock);
	ASSERT_EQ(0, client_submit_at(&self->c, self->queue[i], &cmds, self->commands, syncobj));
	self->commands += 256;
}

/* Returns when the queue's PEs are held. */
static void hold(struct __test_metadata *_metadata, struct _test_data_priority *self, __u32 i)
{
	struct probe_args args = { .op = PROBE_HOLD, .va = GATE(i), .out = HOLDS(i) };
	__s64 patience = after_ms(PATIENCE_MS);

	start(_metadata, self, i, &args, 0, self->held[i]);
	while (!*word(self, HOLDS(i)) && after_ms(0) < patience)
		nap_ms(1);
	ASSERT_EQ(1, *word(self, HOLDS(i)));
}

static void let_go(struct __test_metadata *_metadata, struct _test_data_priority *self, __u32 i)
{
	*word(self, GATE(i)) = 1;
	ASSERT_EQ(0, syncobj_wait(self->c.fd, self->held[i], after_ms(PATIENCE_MS)));
	EXPECT_EQ(0, fence_status(self->c.fd, self->held[i]));
}

/* Jobs that take long next to what comes between them. */
static void start_turns(struct __test_metadata *_metadata, struct _test_data_priority *self, __u32 i,
			__u32 turns)
{
	struct probe_args args = { .op = PROBE_SCAN, .out = OUT(i) };
	__u32 k;

	for (k = 0; k < turns; k++)
		start(_metadata, self, i, &args, TURN(i, k), k == turns - 1 ? self->done[i] : 0);
}

static void end_turns(struct __test_metadata *_metadata, struct _test_data_priority *self, __u32 i)
{
	ASSERT_EQ(0, syncobj_wait(self->c.fd, self->done[i], after_ms(PATIENCE_MS)));
	EXPECT_EQ(0, fence_status(self->c.fd, self->done[i]));
}

/* Behind this the firmware has done with all that was submitted what it can do now. */
static void pass_time(struct __test_metadata *_metadata, struct _test_data_priority *self)
{
	struct cmds cmds;
	int i;

	cmds_begin(&cmds);
	for (i = 0; i < 64; i++)
		cmds_signal(&cmds, OUT(MANY - 1), 0);
	ASSERT_EQ(0, client_submit_at(&self->c, self->bystander, &cmds, CMDS_SIZE / 2,
				      self->c.syncobj));
	ASSERT_EQ(0, client_wait(_metadata, &self->c));
}

static __u64 turn(struct _test_data_priority *self, __u32 i, __u32 k)
{
	return *word(self, TURN(i, k));
}

/* Turns of a queue that ended before a time. */
static __u32 turns_before(struct _test_data_priority *self, __u32 i, __u64 time)
{
	__u32 k, count = 0;

	for (k = 0; k < TURNS; k++)
		count += turn(self, i, k) && turn(self, i, k) < time;
	return count;
}

/*
 * Two queues have many jobs in their rings, one of them has the PEs: the next job is that of higher
 * priority, whoever came first. Between its jobs others may begin one.
 */
TEST_F_TIMEOUT(priority, next_job_is_of_the_highest, 60)
{
	enum { LOW, LOW_TOO, HIGH, REALTIME };
	__u32 k, first;

	make(_metadata, self, LOW, DRM_MTIA_PRIORITY_LOW, 8, 8);
	make(_metadata, self, LOW_TOO, DRM_MTIA_PRIORITY_LOW, 8, 8);
	make(_metadata, self, HIGH, DRM_MTIA_PRIORITY_HIGH, 8, 8);
	make(_metadata, self, REALTIME, DRM_MTIA_PRIORITY_REALTIME, 8, 8);
	hold(_metadata, self, LOW);
	start_turns(_metadata, self, LOW, TURNS);
	start_turns(_metadata, self, LOW_TOO, TURNS);
	start_turns(_metadata, self, HIGH, 3);
	pass_time(_metadata, self);
	start_turns(_metadata, self, REALTIME, 1);
	pass_time(_metadata, self);
	for (k = LOW; k <= REALTIME; k++)
		EXPECT_EQ(0, turn(self, k, 0));
	let_go(_metadata, self, LOW);
	for (k = LOW; k <= REALTIME; k++)
		end_turns(_metadata, self, k);
	EXPECT_LT(turn(self, REALTIME, 0), turn(self, HIGH, 0));
	for (k = 0; k < 3; k++) {
		first = turns_before(self, LOW, turn(self, HIGH, k)) +
			turns_before(self, LOW_TOO, turn(self, HIGH, k));
		EXPECT_GE(k, first) {
			TH_LOG("%u jobs of low priority before number %u of the high one", first, k);
		}
	}
	/* With nothing of higher priority left, those of low priority went on. */
	EXPECT_LT(turn(self, HIGH, 2), turn(self, LOW, TURNS - 1));
	EXPECT_LT(turn(self, HIGH, 2), turn(self, LOW_TOO, TURNS - 1));
}

TEST_F_TIMEOUT(priority, equals_take_turns, 60)
{
	enum { QUEUES = 3 };
	__u32 i, j, k;

	for (i = 0; i < QUEUES; i++)
		make(_metadata, self, i, DRM_MTIA_PRIORITY_NORMAL, 8, 8);
	hold(_metadata, self, 0);
	for (i = 0; i < QUEUES; i++)
		start_turns(_metadata, self, i, TURNS);
	pass_time(_metadata, self);
	let_go(_metadata, self, 0);
	for (i = 0; i < QUEUES; i++)
		end_turns(_metadata, self, i);
	for (k = 1; k < TURNS; k++) {
		for (i = 0; i < QUEUES; i++) {
			for (j = 0; j < QUEUES; j++)
				EXPECT_LT(turn(self, i, k - 1), turn(self, j, k)) {
					TH_LOG("turn %u of queue %u, turn %u of queue %u", k - 1, i,
					       k, j);
				}
		}
	}
}

/* What comes free is not given to those of low priority when one of high priority needs more. */
TEST_F_TIMEOUT(priority, whole_grid_while_sub_grids_are_held, 60)
{
	enum { LOWS = 5, HIGH = LOWS };
	__u32 i;

	for (i = 0; i < LOWS; i++)
		make(_metadata, self, i, DRM_MTIA_PRIORITY_LOW, 4, 4);
	make(_metadata, self, HIGH, DRM_MTIA_PRIORITY_HIGH, 8, 8);
	for (i = 0; i < 4; i++)
		hold(_metadata, self, i);
	for (i = 0; i < LOWS; i++)
		start_turns(_metadata, self, i, 2);
	/* All of them are in the line when the high one comes. */
	pass_time(_metadata, self);
	start_turns(_metadata, self, HIGH, 1);
	pass_time(_metadata, self);
	for (i = 0; i < 3; i++) {
		let_go(_metadata, self, i);
		pass_time(_metadata, self);
	}
	for (i = 0; i <= HIGH; i++)
		EXPECT_EQ(0, turn(self, i, 0));
	let_go(_metadata, self, 3);
	for (i = 0; i <= HIGH; i++)
		end_turns(_metadata, self, i);
	for (i = 0; i < LOWS; i++)
		EXPECT_LT(turn(self, HIGH, 0), turn(self, i, 0)) {
			TH_LOG("queue %u", i);
		}
}

TEST_HARNESS_MAIN
