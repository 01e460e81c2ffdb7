// SPDX-License-Identifier: GPL-2.0
/* More queues and address spaces than the chip has slots for. */
#include "mtia_test.h"

enum { MANY = 200, ROUNDS = 2 };

/* Where the commands of a queue are in the client's command buffer. */
#define CMDS_AT(i) ((__u32)(i) * 256)

FIXTURE(slots)
{
	struct client c;
	__u32 vm[MANY], queue[MANY], done[MANY];
	struct buf buf; /* a page for each */
};

FIXTURE_SETUP(slots)
{
	client_open(_metadata, &self->c, 9000);
	buf_create(_metadata, self->c.fd, MANY * PAGE, VRAM, &self->buf);
}

FIXTURE_TEARDOWN(slots)
{
	client_close(&self->c);
}

/* Queues, each of a VM of its own that maps a page of the buffer, or all of one that maps all. */
static void make(struct __test_metadata *_metadata, struct _test_data_slots *self, bool vms)
{
	struct client *c = &self->c;
	__u32 i;

	if (!vms)
		ASSERT_EQ(0, vm_map(c->fd, c->vm, self->buf.handle, 0, VA_BASE, MANY * PAGE, 0));
	for (i = 0; i < MANY; i++) {
		self->vm[i] = c->vm;
		if (vms) {
			ASSERT_EQ(0, vm_create(c->fd, &self->vm[i]));
			ASSERT_EQ(0, vm_map(c->fd, self->vm[i], self->buf.handle, i * PAGE,
					    VA_BASE, PAGE, 0));
			ASSERT_EQ(0, vm_map(c->fd, self->vm[i], c->cmds.handle, 0, VA_CMDS,
					    CMDS_SIZE, 0));
		}
		ASSERT_EQ(0, queue_create(c->fd, self->vm[i], 64, 9000, &self->queue[i]));
		self->done[i] = syncobj_create(c->fd);
		ASSERT_NE(0, self->done[i]);
	}
}

/* A job of a queue that writes a value to its page. */
static int start(struct _test_data_slots *self, __u32 i, bool vms, __u64 value)
{
	struct cmds cmds;

	cmds_begin(&cmds);
	cmds_fill(&cmds, VA_BASE + (vms ? 0 : i * PAGE), PAGE, value);
	return client_submit_at(&self->c, self->queue[i], &cmds, CMDS_AT(i), self->done[i]);
}

static int end(struct _test_data_slots *self, __u32 i)
{
	return syncobj_wait(self->c.fd, self->done[i], after_ms(2 * PATIENCE_MS)) ?:
		       fence_status(self->c.fd, self->done[i]);
}

static void run_rounds(struct __test_metadata *_metadata, struct _test_data_slots *self, bool vms)
{
	__u32 i, round;

	make(_metadata, self, vms);
	for (round = 1; round <= ROUNDS; round++) {
		for (i = 0; i < MANY; i++)
			ASSERT_EQ(0, start(self, i, vms, (__u64)round << 32 | i));
		for (i = 0; i < MANY; i++) {
			EXPECT_EQ(0, end(self, i));
			EXPECT_EQ(0, count_wrong((char *)self->buf.map + i * PAGE, PAGE,
						 (__u64)round << 32 | i)) {
				TH_LOG("queue %u, round %u", i, round);
			}
		}
	}
}

TEST_F_TIMEOUT(slots, two_hundred_queues, 180)
{
	run_rounds(_metadata, self, false);
}

/* All of them use the same address, each for memory of its own. */
TEST_F_TIMEOUT(slots, two_hundred_vms, 180)
{
	run_rounds(_metadata, self, true);
}

/* One after the other, so that each finds all slots idle. */
TEST_F_TIMEOUT(slots, one_at_a_time, 180)
{
	__u32 i, round;

	make(_metadata, self, true);
	for (round = 1; round <= 2; round++) {
		for (i = 0; i < MANY; i++) {
			ASSERT_EQ(0, start(self, i, true, round * 1000 + i));
			ASSERT_EQ(0, end(self, i));
		}
		for (i = 0; i < MANY; i++)
			EXPECT_EQ(0, count_wrong((char *)self->buf.map + i * PAGE, PAGE,
						 round * 1000 + i));
	}
}

/* What is changed while a VM has no ASID counts when it has one again. */
TEST_F_TIMEOUT(slots, mappings_change_meanwhile, 180)
{
	struct client *c = &self->c;
	__u32 i;

	make(_metadata, self, true);
	ASSERT_EQ(0, start(self, 0, true, 1));
	ASSERT_EQ(0, end(self, 0));
	for (i = 1; i < MANY; i++)
		ASSERT_EQ(0, start(self, i, true, 2));
	for (i = 1; i < MANY; i++)
		ASSERT_EQ(0, end(self, i));
	ASSERT_EQ(0, vm_map(c->fd, self->vm[0], self->buf.handle, 7 * PAGE, VA_BASE, PAGE, 0));
	ASSERT_EQ(0, start(self, 0, true, 3));
	ASSERT_EQ(0, end(self, 0));
	EXPECT_EQ(0, count_wrong(self->buf.map, PAGE, 1));
	EXPECT_EQ(0, count_wrong((char *)self->buf.map + 7 * PAGE, PAGE, 3));
	ASSERT_EQ(0, vm_unmap(c->fd, self->vm[0], VA_BASE, PAGE));
	ASSERT_EQ(0, start(self, 0, true, 4));
	EXPECT_EQ(-EIO, end(self, 0));
}

/* Each with more jobs than it can have done while others wait. */
TEST_F_TIMEOUT(slots, streams_take_turns, 180)
{
	enum { JOBS = 20 };
	__u32 i, k;

	make(_metadata, self, false);
	for (i = 0; i < MANY; i++) {
		struct drm_mtia_sync sync = { DRM_MTIA_SYNC_SIGNAL, self->done[i], 0 };
		struct drm_mtia_job jobs[JOBS] = {};
		struct cmds cmds;

		/* All write one word, the last one another. */
		for (k = 0; k < 2; k++) {
			cmds_begin(&cmds);
			cmds_signal(&cmds, VA_BASE + i * PAGE + k * 8, i + 1);
			cmds_end(&cmds);
			memcpy((char *)self->c.cmds.map + CMDS_AT(i) + k * 128, cmds.data,
			       cmds.size);
		}
		for (k = 0; k < JOBS; k++) {
			jobs[k].cmd_va = VA_CMDS + CMDS_AT(i) + (k == JOBS - 1) * 128;
			jobs[k].cmd_size = cmds.size;
		}
		jobs[JOBS - 1].syncs =
			(struct drm_mtia_obj_array){ sizeof(sync), 1, (uintptr_t)&sync };
		ASSERT_EQ(0, submit_jobs(self->c.fd, self->queue[i], jobs, JOBS));
	}
	for (i = 0; i < MANY; i++) {
		EXPECT_EQ(0, end(self, i));
		EXPECT_EQ(i + 1, word_at(&self->buf, i * PAGE));
		EXPECT_EQ(i + 1, word_at(&self->buf, i * PAGE + 8));
	}
}

/* Every slot is taken by a job that does not end yet. */
static void block_all(struct __test_metadata *_metadata, struct _test_data_slots *self)
{
	struct cmds cmds;
	__u32 i;

	make(_metadata, self, false);
	cmds_begin(&cmds);
	client_gate(&self->c, &cmds);
	cmds_end(&cmds);
	memcpy((char *)self->c.cmds.map + CMDS_AT(MANY), cmds.data, cmds.size);
	for (i = 0; i < MTIA_MAX_QUEUES; i++)
		ASSERT_EQ(0, submit(self->c.fd, self->queue[i], VA_CMDS + CMDS_AT(MANY), cmds.size,
				    self->done[i]));
}

TEST_F_TIMEOUT(slots, all_are_busy, 180)
{
	__u32 i, last = MANY - 1;

	block_all(_metadata, self);
	ASSERT_EQ(0, start(self, last, false, 5));
	EXPECT_EQ(-ETIME, syncobj_wait(self->c.fd, self->done[last], after_ms(200)));
	client_release(&self->c);
	EXPECT_EQ(0, end(self, last));
	EXPECT_EQ(0, count_wrong((char *)self->buf.map + last * PAGE, PAGE, 5));
	for (i = 0; i < MTIA_MAX_QUEUES; i++)
		EXPECT_EQ(0, end(self, i));
}

TEST_F_TIMEOUT(slots, destroyed_while_it_waits, 180)
{
	__u32 i, last = MANY - 1;

	block_all(_metadata, self);
	ASSERT_EQ(0, start(self, last, false, 5));
	ASSERT_EQ(0, queue_destroy(self->c.fd, self->queue[last]));
	/* And one that has a slot. */
	ASSERT_EQ(0, queue_destroy(self->c.fd, self->queue[0]));
	EXPECT_EQ(-ECANCELED, end(self, 0));
	client_release(&self->c);
	EXPECT_EQ(-ECANCELED, end(self, last));
	EXPECT_EQ(0, word_at(&self->buf, last * PAGE));
	for (i = 1; i < MTIA_MAX_QUEUES; i++)
		EXPECT_EQ(0, end(self, i));
	/* The slots are there again. */
	for (i = 1; i < last; i++)
		ASSERT_EQ(0, start(self, i, false, 6));
	for (i = 1; i < last; i++)
		EXPECT_EQ(0, end(self, i));
}

TEST_F_TIMEOUT(slots, closed_while_they_wait, 180)
{
	__u32 i;

	block_all(_metadata, self);
	for (i = MTIA_MAX_QUEUES; i < MANY; i++)
		ASSERT_EQ(0, start(self, i, false, 5));
	client_close(&self->c);
	client_open(_metadata, &self->c, 0);
	EXPECT_EQ(0, client_fill(_metadata, &self->c, VA_CMDS + CMDS_SIZE / 2, PAGE, 9));
	EXPECT_EQ(0, count_wrong(client_read_result(&self->c), PAGE, 9));
}

/* A fault is told to the right queue and VM, whoever had the slot and the ASID before. */
TEST_F_TIMEOUT(slots, faults, 180)
{
	struct drm_mtia_queue_get_state queue;
	struct drm_mtia_vm_get_state vm;
	__u32 i;

	make(_metadata, self, true);
	for (i = 0; i < MANY; i++) {
		struct cmds cmds;

		cmds_begin(&cmds);
		cmds_fill(&cmds, VA_BASE + (i % 10 ? 0 : (i + 1) * MIB), 8, i);
		ASSERT_EQ(0, client_submit_at(&self->c, self->queue[i], &cmds, CMDS_AT(i),
					      self->done[i]));
	}
	for (i = 0; i < MANY; i++) {
		EXPECT_EQ(i % 10 ? 0 : -EIO, end(self, i));
		ASSERT_EQ(0, vm_state(self->c.fd, self->vm[i], &vm));
		ASSERT_EQ(0, queue_state(self->c.fd, self->queue[i], &queue));
		EXPECT_EQ(i % 10 ? 0 : 1, vm.fault_count);
		EXPECT_EQ(i % 10 ? 0 : VA_BASE + (i + 1) * MIB, vm.fault_va);
		EXPECT_EQ(i % 10 ? 0 : VA_BASE + (i + 1) * MIB, queue.fault_va);
		EXPECT_EQ(i % 10 ? DRM_MTIA_STATE_OK : DRM_MTIA_STATE_BANNED, queue.state);
		EXPECT_EQ(i % 10 ? 0 : 1, queue.fault_seqno);
	}
}

/* ---- Resets ---------------------------------------------------------------------------------- */

/* Schedulers have looked at all that was submitted: a file's end waits for them. */
static void let_them_look(struct __test_metadata *_metadata)
{
	int fd = device_open();

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, close(fd));
}

/* Where a queue's gate is; the word before it says that it stands there. */
#define GATE_AT(i) ((__u64)(i) * PAGE + 8)

static void open_gate(struct _test_data_slots *self, __u32 i)
{
	*(volatile __u64 *)((char *)self->buf.map + GATE_AT(i)) = 1;
}

/* A job in each slot, which stands at a gate of its own. */
static void gate_all(struct __test_metadata *_metadata, struct _test_data_slots *self)
{
	__s64 patience = after_ms(2 * PATIENCE_MS);
	__u32 i;

	make(_metadata, self, false);
	for (i = 0; i < MTIA_MAX_QUEUES - 1; i++) {
		struct cmds cmds;

		cmds_begin(&cmds);
		cmds_signal(&cmds, VA_BASE + GATE_AT(i) - 8, 1);
		cmds_wait(&cmds, VA_BASE + GATE_AT(i), 1);
		ASSERT_EQ(0, client_submit_at(&self->c, self->queue[i], &cmds, CMDS_AT(i),
					      self->done[i]));
	}
	for (i = 0; i < MTIA_MAX_QUEUES - 1; i++) {
		while (!word_at(&self->buf, GATE_AT(i) - 8) && after_ms(0) < patience)
			nap_ms(1);
		ASSERT_EQ(1, word_at(&self->buf, GATE_AT(i) - 8));
	}
}

static void expect_queue(struct __test_metadata *_metadata, struct _test_data_slots *self, __u32 i,
			 __u32 state, __u32 reason)
{
	struct drm_mtia_queue_get_state is;

	ASSERT_EQ(0, queue_state(self->c.fd, self->queue[i], &is));
	EXPECT_EQ(state, is.state) {
		TH_LOG("queue %u", i);
	}
	EXPECT_EQ(reason, is.reason);
}

/* Jobs that were not in the chip are not lost with it. */
TEST_F_TIMEOUT(slots, reset_of_the_core, 180)
{
	__u32 i;

	gate_all(_metadata, self);
	for (i = MTIA_MAX_QUEUES - 1; i < 100; i++)
		ASSERT_EQ(0, start(self, i, false, 5));
	let_them_look(_metadata);
	ASSERT_EQ(0, device_reset("core"));
	for (i = 0; i < MTIA_MAX_QUEUES - 1; i++) {
		EXPECT_EQ(-ECANCELED, end(self, i));
		expect_queue(_metadata, self, i, DRM_MTIA_STATE_OK, DRM_MTIA_REASON_DEVICE_RESET);
	}
	for (; i < 100; i++) {
		EXPECT_EQ(0, end(self, i));
		EXPECT_EQ(0, count_wrong((char *)self->buf.map + i * PAGE, PAGE, 5));
		expect_queue(_metadata, self, i, DRM_MTIA_STATE_OK, DRM_MTIA_REASON_NONE);
	}
	/* And all of them go on. */
	for (i = 0; i < 100; i++)
		ASSERT_EQ(0, start(self, i, false, 6));
	for (i = 0; i < 100; i++)
		EXPECT_EQ(0, end(self, i));
}

/* Unless they had memory in it. */
TEST_F_TIMEOUT(slots, reset_of_the_function, 180)
{
	struct client *c = &self->c;
	struct buf system;
	struct cmds cmds;
	__u32 i, vm;

	gate_all(_metadata, self);
	buf_create(_metadata, c->fd, 100 * PAGE, SYSTEM, &system);
	ASSERT_EQ(0, vm_create(c->fd, &vm));
	ASSERT_EQ(0, vm_map(c->fd, vm, system.handle, 0, VA_BASE, 100 * PAGE, 0));
	for (i = MTIA_MAX_QUEUES - 1; i < 80; i++)
		ASSERT_EQ(0, start(self, i, false, 5));
	for (; i < 100; i++) {
		ASSERT_EQ(0, queue_create(c->fd, vm, 2, 9000, &self->queue[i]));
		cmds_begin(&cmds);
		cmds_fill(&cmds, VA_BASE + i * PAGE, PAGE / 2, i);
		cmds_end(&cmds);
		memcpy((char *)system.map + i * PAGE + PAGE / 2, cmds.data, cmds.size);
		ASSERT_EQ(0, submit(c->fd, self->queue[i], VA_BASE + i * PAGE + PAGE / 2, cmds.size,
				    self->done[i]));
	}
	let_them_look(_metadata);
	ASSERT_EQ(0, device_reset("device"));
	for (i = 0; i < 80; i++) {
		EXPECT_EQ(-ECANCELED, end(self, i));
		expect_queue(_metadata, self, i, DRM_MTIA_STATE_BANNED, DRM_MTIA_REASON_VRAM_LOST);
	}
	for (; i < 100; i++) {
		EXPECT_EQ(0, end(self, i));
		EXPECT_EQ(0, count_wrong((char *)system.map + i * PAGE, PAGE / 2, i));
		expect_queue(_metadata, self, i, DRM_MTIA_STATE_OK, DRM_MTIA_REASON_NONE);
	}
}

/* ---- Whose turn it is, by the device's clock ---------------------------------------------------- */

/* Makes another one of a queue, with a priority and a small ring. */
static void renew(struct __test_metadata *_metadata, struct _test_data_slots *self, __u32 i,
		  __u16 priority)
{
	struct drm_mtia_queue_create args = {
		.vm_id = self->c.vm,
		.priority = priority,
		.max_jobs = 2,
		.job_timeout_ms = 9000,
	};

	ASSERT_EQ(0, queue_destroy(self->c.fd, self->queue[i]));
	ASSERT_EQ(0, mtia_ioctl(self->c.fd, DRM_IOCTL_MTIA_QUEUE_CREATE, &args));
	self->queue[i] = args.queue_id;
}

/* A job that notes when it ran, at the gate's place. */
static void start_clock(struct __test_metadata *_metadata, struct _test_data_slots *self, __u32 i)
{
	struct cmds cmds;

	cmds_begin(&cmds);
	cmds_timestamp(&cmds, VA_BASE + GATE_AT(i));
	ASSERT_EQ(0, client_submit_at(&self->c, self->queue[i], &cmds, CMDS_AT(i), self->done[i]));
}

static __u64 clock_of(struct _test_data_slots *self, __u32 i)
{
	return word_at(&self->buf, GATE_AT(i));
}

static void open_all_gates(struct __test_metadata *_metadata, struct _test_data_slots *self)
{
	__u32 i;

	for (i = 0; i < MTIA_MAX_QUEUES - 1; i++)
		open_gate(self, i);
	for (i = 0; i < MTIA_MAX_QUEUES - 1; i++)
		EXPECT_EQ(0, end(self, i));
}

/* All want the one slot that comes free. */
TEST_F_TIMEOUT(slots, higher_priority_is_next_and_equals_in_order, 180)
{
	static const __u16 priorities[] = {
		DRM_MTIA_PRIORITY_LOW,	DRM_MTIA_PRIORITY_NORMAL,   DRM_MTIA_PRIORITY_NORMAL,
		DRM_MTIA_PRIORITY_HIGH, DRM_MTIA_PRIORITY_REALTIME, DRM_MTIA_PRIORITY_HIGH,
	};
	static const __u32 order[] = { 4, 3, 5, 1, 2, 0 };
	const __u32 first = 100;
	__u32 i;

	gate_all(_metadata, self);
	for (i = 0; i < ARRAY_SIZE(priorities); i++) {
		renew(_metadata, self, first + i, priorities[i]);
		start_clock(_metadata, self, first + i);
		let_them_look(_metadata);
	}
	open_gate(self, 0);
	for (i = 0; i < ARRAY_SIZE(priorities); i++)
		EXPECT_EQ(0, end(self, first + i));
	for (i = 1; i < ARRAY_SIZE(order); i++)
		EXPECT_LT(clock_of(self, first + order[i - 1]), clock_of(self, first + order[i])) {
			TH_LOG("%u behind %u", order[i], order[i - 1]);
		}
	open_all_gates(_metadata, self);
}

TEST_F_TIMEOUT(slots, lower_priority_is_not_forgotten, 180)
{
	enum { LOW = 100, HIGHS = 20 };
	__u32 i, before = 0;

	gate_all(_metadata, self);
	renew(_metadata, self, LOW, DRM_MTIA_PRIORITY_LOW);
	start_clock(_metadata, self, LOW);
	for (i = LOW + 1; i <= LOW + HIGHS; i++) {
		renew(_metadata, self, i, DRM_MTIA_PRIORITY_HIGH);
		start_clock(_metadata, self, i);
	}
	let_them_look(_metadata);
	open_gate(self, 0);
	for (i = LOW; i <= LOW + HIGHS; i++)
		EXPECT_EQ(0, end(self, i));
	for (i = LOW + 1; i <= LOW + HIGHS; i++)
		before += clock_of(self, i) < clock_of(self, LOW);
	EXPECT_EQ(8, before);
	open_all_gates(_metadata, self);
}

/* It need not wait until one of those who have a slot has nothing more to do. */
TEST_F_TIMEOUT(slots, higher_priority_ends_turns, 180)
{
	/* Few enough to be submitted within the time limit of the first, on a slow kernel too. */
	enum { HIGH = 100, JOBS = 40 };
	struct client *c = &self->c;
	struct cmds cmds;
	__u32 i, k;

	make(_metadata, self, false);
	for (i = 0; i < MTIA_MAX_QUEUES - 1; i++) {
		struct drm_mtia_sync sync = { DRM_MTIA_SYNC_SIGNAL, self->done[i], 0 };
		struct drm_mtia_job jobs[JOBS] = {};

		renew(_metadata, self, i, DRM_MTIA_PRIORITY_NORMAL);
		for (k = 0; k < 2; k++) {
			cmds_begin(&cmds);
			if (!k)
				client_gate(c, &cmds);
			cmds_timestamp(&cmds, VA_BASE + GATE_AT(i));
			cmds_end(&cmds);
			memcpy((char *)c->cmds.map + CMDS_AT(i) + k * 128, cmds.data, cmds.size);
			jobs[k].cmd_va = VA_CMDS + CMDS_AT(i) + k * 128;
			jobs[k].cmd_size = cmds.size;
		}
		for (k = 2; k < JOBS; k++)
			jobs[k] = jobs[1];
		jobs[JOBS - 1].syncs =
			(struct drm_mtia_obj_array){ sizeof(sync), 1, (uintptr_t)&sync };
		ASSERT_EQ(0, submit_jobs(c->fd, self->queue[i], jobs, JOBS));
	}
	renew(_metadata, self, HIGH, DRM_MTIA_PRIORITY_HIGH);
	start_clock(_metadata, self, HIGH);
	let_them_look(_metadata);
	client_release(c);
	EXPECT_EQ(0, end(self, HIGH));
	for (i = 0; i < MTIA_MAX_QUEUES - 1; i++) {
		EXPECT_EQ(0, end(self, i));
		EXPECT_LT(clock_of(self, HIGH), clock_of(self, i)) {
			TH_LOG("queue %u", i);
		}
	}
}

TEST_HARNESS_MAIN
