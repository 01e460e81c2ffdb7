// SPDX-License-Identifier: GPL-2.0
/*
 * What a job's time limit is for: what it does itself, not what it waits for because others have
 * it. What becomes of those whose time is over is hang.c's.
 */
#include "monitor.h"
#include "pe/args.h"

#define LIMIT_MS 300
/* Several limits, so that it was looked at again and again. */
#define LONG_MS	 (6 * LIMIT_MS)
#define SIZE	 (16 * PAGE)

/* Who waits again and again, and for how often. Between two turns there can be several launches. */
enum { TURNS = 6, LAUNCHES = 10 * TURNS };

/* Those channels that move clients' data, as the firmware has it. */
enum { FIRST_CHANNEL = 3, CHANNELS = MTIA_DMA_CHANNELS - FIRST_CHANNEL };

FIXTURE(time_limit)
{
	struct client c, holder; /* with LIMIT_MS, and with as much time as there is */
	struct buf program, holders_program, words;
};

FIXTURE_SETUP(time_limit)
{
	client_open(_metadata, &self->c, LIMIT_MS);
	client_program(_metadata, &self->c, PROGRAM(probe), VA_PROGRAM, &self->program);
	client_open(_metadata, &self->holder, 9900);
	client_program(_metadata, &self->holder, PROGRAM(probe), VA_PROGRAM,
		       &self->holders_program);
	client_buf(_metadata, &self->holder, SIZE, VRAM, VA_BASE, &self->words);
}

FIXTURE_TEARDOWN(time_limit)
{
	client_close(&self->c);
	client_close(&self->holder);
}

static volatile __u64 *word(struct _test_data_time_limit *self, __u32 i)
{
	return (volatile __u64 *)self->words.map + i;
}

static void await(struct __test_metadata *_metadata, struct _test_data_time_limit *self, __u32 i)
{
	__s64 end = after_ms(PATIENCE_MS);

	while (!*word(self, i) && after_ms(0) < end)
		nap_ms(1);
	ASSERT_EQ(1, *word(self, i));
}

/* A job that has all PEs from when word 2 * i is 1 until the next one is. */
static void submit_hold(struct __test_metadata *_metadata, struct _test_data_time_limit *self,
			__u32 i)
{
	struct probe_args args = {
		.op = PROBE_HOLD,
		.va = VA_BASE + i * 16 + 8,
		.out = VA_BASE + i * 16,
	};
	struct cmds cmds;

	cmds_begin(&cmds);
	cmds_launch(&cmds, VA_PROGRAM, self->holders_program.size, 8, 8, &args, sizeof(args));
	ASSERT_EQ(0, client_submit_at(&self->holder, self->holder.queue, &cmds, i * 256,
				      self->holder.syncobj));
}

static void hold_pes(struct __test_metadata *_metadata, struct _test_data_time_limit *self)
{
	submit_hold(_metadata, self, 0);
	await(_metadata, self, 0);
}

static void let_pes_go(struct __test_metadata *_metadata, struct _test_data_time_limit *self)
{
	*word(self, 1) = 1;
	EXPECT_EQ(0, client_wait(_metadata, &self->holder));
}

static void submit_launch(struct __test_metadata *_metadata, struct _test_data_time_limit *self,
			  __u32 op)
{
	struct probe_args args = { .op = op };
	struct cmds cmds;

	cmds_begin(&cmds);
	cmds_launch(&cmds, VA_PROGRAM, self->program.size, 8, 8, &args, sizeof(args));
	ASSERT_EQ(0, client_submit(&self->c, &cmds));
}

static void expect_state(struct __test_metadata *_metadata, struct client *c, __u32 reason)
{
	struct drm_mtia_queue_get_state state;

	ASSERT_EQ(0, queue_state(c->fd, c->queue, &state));
	EXPECT_EQ(reason ? DRM_MTIA_STATE_BANNED : DRM_MTIA_STATE_OK, state.state);
	EXPECT_EQ(reason, state.reason);
	EXPECT_EQ(reason ? DRM_MTIA_QUEUE_GUILTY : 0, state.flags);
	EXPECT_EQ(c->epoch, state.reset_epoch);
}

/* The job of the client with the short limit is under way for long. */
static void expect_to_wait(struct __test_metadata *_metadata, struct _test_data_time_limit *self)
{
	EXPECT_EQ(-ETIME, syncobj_wait(self->c.fd, self->c.syncobj, after_ms(LONG_MS)));
	expect_state(_metadata, &self->c, DRM_MTIA_REASON_NONE);
}

TEST_F_TIMEOUT(time_limit, others_have_the_pes, 60)
{
	hold_pes(_metadata, self);
	submit_launch(_metadata, self, PROBE_EXIT);
	expect_to_wait(_metadata, self);
	let_pes_go(_metadata, self);
	EXPECT_EQ(0, client_wait(_metadata, &self->c));
	expect_state(_metadata, &self->c, DRM_MTIA_REASON_NONE);
	expect_state(_metadata, &self->holder, DRM_MTIA_REASON_NONE);
}

/* Each wait is shorter than the limit, all together are not. */
TEST_F_TIMEOUT(time_limit, others_have_the_pes_again_and_again, 60)
{
	struct probe_args args = { .op = PROBE_EXIT };
	struct cmds cmds;
	__u32 i;

	hold_pes(_metadata, self);
	cmds_begin(&cmds);
	for (i = 0; i < LAUNCHES; i++)
		cmds_launch(&cmds, VA_PROGRAM, self->program.size, 8, 8, &args, sizeof(args));
	ASSERT_EQ(0, client_submit(&self->c, &cmds));
	for (i = 1; i < TURNS; i++)
		submit_hold(_metadata, self, i);
	for (i = 0; i < TURNS; i++) {
		await(_metadata, self, 2 * i);
		EXPECT_EQ(-ETIME, syncobj_wait(self->c.fd, self->c.syncobj,
					       after_ms(LIMIT_MS / 2)));
		*word(self, 2 * i + 1) = 1;
	}
	EXPECT_EQ(0, client_wait(_metadata, &self->c));
	expect_state(_metadata, &self->c, DRM_MTIA_REASON_NONE);
	EXPECT_EQ(0, client_wait(_metadata, &self->holder));
}

/* One client has a copy on each channel, none of which gets on. */
TEST_F_TIMEOUT(time_limit, others_have_the_channels, 60)
{
	__u32 queue[CHANNELS], done[CHANNELS], i;
	struct buf target;
	struct cmds cmds;
	char fault[32];

	client_buf(_metadata, &self->c, SIZE, VRAM, VA_BASE, &target);
	for (i = 0; i < CHANNELS; i++) {
		snprintf(fault, sizeof(fault), "stall-dma:%u", FIRST_CHANNEL + i);
		ASSERT_EQ(0, inject(fault));
	}
	for (i = 0; i < CHANNELS; i++) {
		ASSERT_EQ(0, queue_create(self->holder.fd, self->holder.vm, 0, 9900, &queue[i]));
		done[i] = syncobj_create(self->holder.fd);
		cmds_begin(&cmds);
		cmds_signal(&cmds, VA_BASE + i * 8, 1);
		cmds_fill(&cmds, VA_BASE + PAGE * (i + 1), PAGE, i);
		ASSERT_EQ(0, client_submit_at(&self->holder, queue[i], &cmds, i * 256, done[i]));
		await(_metadata, self, i);
	}
	cmds_begin(&cmds);
	cmds_fill(&cmds, VA_BASE, SIZE, 77);
	ASSERT_EQ(0, client_submit(&self->c, &cmds));
	expect_to_wait(_metadata, self);
	EXPECT_EQ(0, inject("clear:stall-dma"));
	EXPECT_EQ(0, client_wait(_metadata, &self->c));
	EXPECT_EQ(0, count_wrong(target.map, SIZE, 77));
	expect_state(_metadata, &self->c, DRM_MTIA_REASON_NONE);
	for (i = 0; i < CHANNELS; i++) {
		EXPECT_EQ(0, syncobj_wait(self->holder.fd, done[i], after_ms(PATIENCE_MS)));
		EXPECT_EQ(0, fence_status(self->holder.fd, done[i]));
	}
}

/* Its own time begins when it has what it waited for. */
TEST_F_TIMEOUT(time_limit, hangs_after_it_has_waited, 60)
{
	__s64 begin;

	hold_pes(_metadata, self);
	submit_launch(_metadata, self, PROBE_SPIN);
	expect_to_wait(_metadata, self);
	begin = after_ms(0);
	let_pes_go(_metadata, self);
	EXPECT_EQ(-ETIME, client_wait(_metadata, &self->c));
	EXPECT_LE(begin + LIMIT_MS * 800000ll, after_ms(0));
	EXPECT_GT(begin + (LIMIT_MS + 5000) * 1000000ll, after_ms(0));
	expect_state(_metadata, &self->c, DRM_MTIA_REASON_TIMEOUT);
	expect_state(_metadata, &self->holder, DRM_MTIA_REASON_NONE);
}

/* A value that nobody writes is no other's to give, whoever has the PEs. */
TEST_F_TIMEOUT(time_limit, waits_for_a_value_meanwhile, 60)
{
	__s64 begin;

	hold_pes(_metadata, self);
	begin = after_ms(0);
	client_start_gate(_metadata, &self->c);
	EXPECT_EQ(-ETIME, client_wait(_metadata, &self->c));
	EXPECT_GT(begin + (LIMIT_MS + 5000) * 1000000ll, after_ms(0));
	expect_state(_metadata, &self->c, DRM_MTIA_REASON_TIMEOUT);
	let_pes_go(_metadata, self);
	expect_state(_metadata, &self->holder, DRM_MTIA_REASON_NONE);
}

TEST_F_TIMEOUT(time_limit, gives_up_while_it_waits, 60)
{
	hold_pes(_metadata, self);
	submit_launch(_metadata, self, PROBE_EXIT);
	expect_to_wait(_metadata, self);
	client_renew_queue(_metadata, &self->c);
	EXPECT_EQ(0, syncobj_wait(self->c.fd, self->c.syncobj, 0));
	EXPECT_EQ(-ECANCELED, fence_status(self->c.fd, self->c.syncobj));
	submit_launch(_metadata, self, PROBE_EXIT);
	let_pes_go(_metadata, self);
	EXPECT_EQ(0, client_wait(_metadata, &self->c));
	expect_state(_metadata, &self->c, DRM_MTIA_REASON_NONE);
}

TEST_HARNESS_MAIN
