// SPDX-License-Identifier: GPL-2.0
/* Jobs that do not end by themselves: the time limit, whose fault it was, who goes on. */
#include "fdinfo.h"
#include "pe/args.h"

#define LIMIT_MS   500

FIXTURE(hang)
{
	struct client c; /* with the time limit */
	struct buf program;
};

FIXTURE_VARIANT(hang)
{
	bool pe; /* a PE program that spins, else a WAIT that nobody satisfies */
	__u16 rows, cols;
};

FIXTURE_VARIANT_ADD(hang, wait_packet)
{
	.pe = false,
};

FIXTURE_VARIANT_ADD(hang, spinning_pe)
{
	.pe = true, .rows = 1, .cols = 1,
};

FIXTURE_VARIANT_ADD(hang, all_pes_spinning)
{
	.pe = true, .rows = 8, .cols = 8,
};

FIXTURE_SETUP(hang)
{
	client_open(_metadata, &self->c, LIMIT_MS);
	client_program(_metadata, &self->c, PROGRAM(probe), VA_PROGRAM, &self->program);
}

FIXTURE_TEARDOWN(hang)
{
	client_close(&self->c);
}

static void add_hang(struct _test_data_hang *self, const struct _fixture_variant_hang *variant,
		     struct cmds *cmds)
{
	struct probe_args args = { .op = PROBE_SPIN };

	cmds_begin(cmds);
	cmds_nop(cmds);
	if (variant->pe)
		cmds_launch(cmds, VA_PROGRAM, self->program.size, variant->rows, variant->cols,
			    &args, sizeof(args));
	else
		client_gate(&self->c, cmds);
}

/* Which PE was at it is told where one was. */
static void expect_spot(struct __test_metadata *_metadata, struct _test_data_hang *self,
			const struct _fixture_variant_hang *variant)
{
	struct drm_mtia_queue_get_state state;

	ASSERT_EQ(0, queue_state(self->c.fd, self->c.queue, &state));
	if (variant->pe)
		EXPECT_EQ(1, state.fault_packet);
	EXPECT_EQ(variant->pe ? 0 : 0xff, state.fault_pe);
	EXPECT_EQ(variant->pe, state.fault_cycle != 0);
	EXPECT_EQ(variant->pe, state.fault_pc > VA_PROGRAM &&
				       state.fault_pc < VA_PROGRAM + self->program.size);
}

static void expect_blame(struct __test_metadata *_metadata, struct client *c, __u64 seqno)
{
	struct drm_mtia_queue_get_state state;

	ASSERT_EQ(0, queue_state(c->fd, c->queue, &state));
	EXPECT_EQ(DRM_MTIA_STATE_BANNED, state.state);
	EXPECT_EQ(DRM_MTIA_REASON_TIMEOUT, state.reason);
	EXPECT_EQ(DRM_MTIA_QUEUE_GUILTY, state.flags);
	EXPECT_EQ(MTIA_JOB_TIMEOUT, state.fault_status);
	EXPECT_EQ(seqno, state.fault_seqno);
	/* Only this queue was ended, the device was not reset. */
	EXPECT_EQ(c->epoch, state.reset_epoch);
}

static void expect_works(struct __test_metadata *_metadata, struct client *c, __u64 value)
{
	EXPECT_EQ(0, client_fill(_metadata, c, VA_CMDS + CMDS_SIZE / 2, PAGE, value));
	EXPECT_EQ(0, count_wrong(client_read_result(c), PAGE, value));
}

TEST_F(hang, ends_with_its_time)
{
	struct cmds cmds;
	__s64 begin;

	expect_works(_metadata, &self->c, 1);
	add_hang(self, variant, &cmds);
	begin = after_ms(0);
	ASSERT_EQ(0, client_submit(&self->c, &cmds));
	EXPECT_EQ(-ETIME, client_wait(_metadata, &self->c));
	/* Neither early nor, by much, late. */
	EXPECT_LE(begin + LIMIT_MS * 800000ll, after_ms(0));
	EXPECT_GT(begin + (LIMIT_MS + 5000) * 1000000ll, after_ms(0));
	expect_blame(_metadata, &self->c, 2);
	expect_spot(_metadata, self, variant);
	EXPECT_EQ(-ECANCELED, client_submit(&self->c, &cmds));
	client_renew_queue(_metadata, &self->c);
	expect_works(_metadata, &self->c, 2);
}

TEST_F(hang, jobs_behind_it_are_cancelled)
{
	__u32 syncobjs[5];
	struct cmds cmds;
	int i;

	add_hang(self, variant, &cmds);
	ASSERT_EQ(0, client_submit(&self->c, &cmds));
	cmds_begin(&cmds);
	cmds_nop(&cmds);
	for (i = 0; i < 5; i++) {
		syncobjs[i] = syncobj_create(self->c.fd);
		ASSERT_EQ(0, client_submit_at(&self->c, self->c.queue, &cmds, 512, syncobjs[i]));
	}
	for (i = 0; i < 5; i++) {
		EXPECT_EQ(0, syncobj_wait(self->c.fd, syncobjs[i], after_ms(PATIENCE_MS)));
		EXPECT_EQ(-ECANCELED, fence_status(self->c.fd, syncobjs[i]));
	}
	EXPECT_EQ(-ETIME, client_wait(_metadata, &self->c));
	expect_blame(_metadata, &self->c, 1);
}

/* Others work while it hangs (with PEs, if any are left) and after it was ended. */
TEST_F(hang, neighbours_go_on)
{
	struct drm_mtia_queue_get_state state;
	struct client other;
	struct cmds cmds;
	int jobs = 0;

	client_open(_metadata, &other, 0);
	add_hang(self, variant, &cmds);
	ASSERT_EQ(0, client_submit(&self->c, &cmds));
	while (syncobj_wait(self->c.fd, self->c.syncobj, 0) == -ETIME)
		expect_works(_metadata, &other, ++jobs);
	EXPECT_LT(2, jobs);
	EXPECT_EQ(-ETIME, client_wait(_metadata, &self->c));
	expect_works(_metadata, &other, ++jobs);
	ASSERT_EQ(0, queue_state(other.fd, other.queue, &state));
	EXPECT_EQ(DRM_MTIA_STATE_OK, state.state);
	EXPECT_EQ(0, state.flags);
	EXPECT_EQ(0, state.fault_seqno);
	client_close(&other);
}

/* A client that keeps submitting does not put the end off. */
TEST_F(hang, more_submissions_do_not_prolong_it)
{
	__s64 begin;
	struct cmds cmds;
	int err = 0;

	add_hang(self, variant, &cmds);
	begin = after_ms(0);
	ASSERT_EQ(0, client_submit(&self->c, &cmds));
	cmds_begin(&cmds);
	cmds_nop(&cmds);
	while (!err && after_ms(0) < begin + 10000000000ll) {
		err = client_submit_at(&self->c, self->c.queue, &cmds, 512, 0);
		nap_ms(20);
	}
	EXPECT_EQ(-ECANCELED, err);
	EXPECT_GT(begin + (LIMIT_MS + 5000) * 1000000ll, after_ms(0));
	EXPECT_EQ(-ETIME, client_wait(_metadata, &self->c));
}

/* Progress is no hang: many jobs that take longer than the limit together. */
TEST_F(hang, slow_but_not_hanging)
{
	volatile __u64 *gate = (volatile __u64 *)((char *)self->c.cmds.map + CMDS_SIZE - 8);
	struct drm_mtia_queue_get_state state;
	__u32 queue, syncobj = 0;
	struct cmds cmds;
	int i;

	/* Each waits for a value that the CPU writes a fifth of the limit after the one before. */
	ASSERT_EQ(0, queue_create(self->c.fd, self->c.vm, 0, LIMIT_MS * slowness(), &queue));
	for (i = 1; i <= 8; i++) {
		cmds_begin(&cmds);
		cmds_wait(&cmds, VA_GATE, i);
		syncobj = syncobj_create(self->c.fd);
		ASSERT_EQ(0, client_submit_at(&self->c, queue, &cmds, i * 64, syncobj));
	}
	for (i = 1; i <= 8; i++) {
		nap_ms(LIMIT_MS / 5 * slowness());
		*gate = i;
	}
	EXPECT_EQ(0, syncobj_wait(self->c.fd, syncobj, after_ms(PATIENCE_MS)));
	EXPECT_EQ(0, fence_status(self->c.fd, syncobj));
	ASSERT_EQ(0, queue_state(self->c.fd, queue, &state));
	EXPECT_EQ(DRM_MTIA_STATE_OK, state.state);
}

/* ---- Again and again ------------------------------------------------------------------------- */

TEST(hang_20_in_a_row)
{
	struct drm_mtia_mem_region before[3], after[3];
	struct probe_args spin = { .op = PROBE_SPIN };
	__s64 vram, memory;
	struct buf program;
	struct cmds cmds;
	struct client c;
	int i;

	client_open(_metadata, &c, 150);
	client_program(_metadata, &c, PROGRAM(probe), VA_PROGRAM, &program);
	ASSERT_EQ(0, query(c.fd, DRM_MTIA_QUERY_MEM_REGIONS, before, sizeof(before)));
	vram = fdinfo_number(c.fd, "drm-total-vram");
	memory = fdinfo_number(c.fd, "drm-total-memory");
	for (i = 0; i < 20; i++) {
		cmds_begin(&cmds);
		if (i % 2)
			cmds_launch(&cmds, VA_PROGRAM, program.size, 8, 8, &spin, sizeof(spin));
		else
			client_gate(&c, &cmds);
		ASSERT_EQ(-ETIME, client_run(_metadata, &c, &cmds));
		expect_blame(_metadata, &c, 1);
		client_renew_queue(_metadata, &c);
		expect_works(_metadata, &c, i);
		client_renew_queue(_metadata, &c);
	}
	ASSERT_EQ(0, query(c.fd, DRM_MTIA_QUERY_MEM_REGIONS, after, sizeof(after)));
	EXPECT_EQ(before[0].used, after[0].used);
	EXPECT_EQ(before[1].used, after[1].used);
	EXPECT_EQ(vram, fdinfo_number(c.fd, "drm-total-vram"));
	EXPECT_EQ(memory, fdinfo_number(c.fd, "drm-total-memory"));
	EXPECT_GE(0, fdinfo_number(c.fd, "drm-active-vram"));
	client_close(&c);
}

TEST_HARNESS_MAIN
