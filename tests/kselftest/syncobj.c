// SPDX-License-Identifier: GPL-2.0
/* What jobs wait for and what they signal. */
#include <poll.h>

#include "mtia_test.h"

#define SIGNAL	 DRM_MTIA_SYNC_SIGNAL
#define TIMELINE DRM_MTIA_SYNC_TIMELINE

FIXTURE(syncobj)
{
	struct client c;
	__u32 queue2;
	__u32 s[4];
	struct buf buf; /* 16 pages at VA_BASE */
};

FIXTURE_SETUP(syncobj)
{
	int i;

	client_open(_metadata, &self->c, 9000);
	ASSERT_EQ(0, queue_create(self->c.fd, self->c.vm, 0, 9000, &self->queue2));
	client_buf(_metadata, &self->c, 16 * PAGE, VRAM, VA_BASE, &self->buf);
	for (i = 0; i < 4; i++) {
		self->s[i] = syncobj_create(self->c.fd);
		ASSERT_NE(0, self->s[i]);
	}
}

FIXTURE_TEARDOWN(syncobj)
{
	client_close(&self->c);
}

/* A job at an offset of the command buffer, with syncs. */
static struct drm_mtia_job job_at(struct client *c, struct cmds *cmds, __u32 offset,
				  const struct drm_mtia_sync *syncs, __u32 count)
{
	cmds_end(cmds);
	memcpy((char *)c->cmds.map + offset, cmds->data, cmds->size);
	return (struct drm_mtia_job){
		.cmd_va = VA_CMDS + offset,
		.cmd_size = cmds->size,
		.syncs = { sizeof(*syncs), count, (uintptr_t)syncs },
	};
}

static struct drm_mtia_job nop_job(struct client *c, const struct drm_mtia_sync *syncs, __u32 count)
{
	struct cmds cmds;

	cmds_begin(&cmds);
	cmds_nop(&cmds);
	return job_at(c, &cmds, 0, syncs, count);
}

static int submit_nop(struct _test_data_syncobj *self, const struct drm_mtia_sync *syncs,
		      __u32 count)
{
	const struct drm_mtia_job job = nop_job(&self->c, syncs, count);

	return submit_jobs(self->c.fd, self->c.queue, &job, 1);
}

/* Blocks a queue until client_release(); signals a syncobj then. */
static void block(struct __test_metadata *_metadata, struct _test_data_syncobj *self, __u32 queue,
		  __u32 syncobj)
{
	struct cmds cmds;

	cmds_begin(&cmds);
	client_gate(&self->c, &cmds);
	ASSERT_EQ(0, client_submit_at(&self->c, queue, &cmds, 4096, syncobj));
}

static __u64 word(struct _test_data_syncobj *self, int i)
{
	return ((volatile __u64 *)self->buf.map)[i];
}

TEST_F(syncobj, binary_out)
{
	const struct drm_mtia_sync syncs[] = {
		{ SIGNAL, self->s[0], 0 },
		{ SIGNAL, self->s[1], 0 },
	};

	EXPECT_EQ(-EINVAL, syncobj_wait(self->c.fd, self->s[0], 0));
	ASSERT_EQ(0, submit_nop(self, syncs, 2));
	EXPECT_EQ(0, syncobj_wait(self->c.fd, self->s[0], after_ms(PATIENCE_MS)));
	EXPECT_EQ(0, syncobj_wait(self->c.fd, self->s[1], after_ms(PATIENCE_MS)));
	EXPECT_EQ(0, fence_status(self->c.fd, self->s[1]));
}

TEST_F(syncobj, only_the_syncs)
{
	const struct drm_mtia_sync sync = { SIGNAL, self->s[0], 0 };
	const struct drm_mtia_job job = { .syncs = { sizeof(sync), 1, (uintptr_t)&sync } };

	ASSERT_EQ(0, submit_jobs(self->c.fd, self->c.queue, &job, 1));
	EXPECT_EQ(0, syncobj_wait(self->c.fd, self->s[0], after_ms(PATIENCE_MS)));
}

/* Without the wait, the second queue's job would copy what was there before. */
TEST_F(syncobj, binary_in_orders_queues)
{
	const struct drm_mtia_sync out = { SIGNAL, self->s[0], 0 };
	const struct drm_mtia_sync in_out[] = { { 0, self->s[0], 0 }, { SIGNAL, self->s[1], 0 } };
	struct drm_mtia_job job;
	struct cmds cmds;

	cmds_begin(&cmds);
	client_gate(&self->c, &cmds);
	cmds_fill(&cmds, VA_BASE, 4 * PAGE, 0xfeed);
	job = job_at(&self->c, &cmds, 0, &out, 1);
	ASSERT_EQ(0, submit_jobs(self->c.fd, self->c.queue, &job, 1));
	cmds_begin(&cmds);
	cmds_copy(&cmds, VA_BASE + 4 * PAGE, VA_BASE, 4 * PAGE);
	job = job_at(&self->c, &cmds, 512, in_out, 2);
	ASSERT_EQ(0, submit_jobs(self->c.fd, self->queue2, &job, 1));
	EXPECT_EQ(-ETIME, syncobj_wait(self->c.fd, self->s[1], after_ms(100)));
	client_release(&self->c);
	EXPECT_EQ(0, syncobj_wait(self->c.fd, self->s[1], after_ms(PATIENCE_MS)));
	EXPECT_EQ(0, count_wrong((char *)self->buf.map + 4 * PAGE, 4 * PAGE, 0xfeed));
}

/* The opposite: queues without a common sync pass each other. */
TEST_F(syncobj, no_sync_no_order)
{
	struct cmds cmds;

	block(_metadata, self, self->c.queue, self->s[0]);
	cmds_begin(&cmds);
	cmds_signal(&cmds, VA_BASE, 1);
	ASSERT_EQ(0, client_submit_at(&self->c, self->queue2, &cmds, 0, self->s[1]));
	EXPECT_EQ(0, syncobj_wait(self->c.fd, self->s[1], after_ms(PATIENCE_MS)));
	EXPECT_EQ(1, word(self, 0));
	EXPECT_EQ(-ETIME, syncobj_wait(self->c.fd, self->s[0], 0));
	client_release(&self->c);
	EXPECT_EQ(0, syncobj_wait(self->c.fd, self->s[0], after_ms(PATIENCE_MS)));
}

TEST_F(syncobj, timeline_points)
{
	__u64 point;

	for (point = 1; point <= 20; point++) {
		const struct drm_mtia_sync sync = { SIGNAL | TIMELINE, self->s[0], point * 3 };

		ASSERT_EQ(0, submit_nop(self, &sync, 1));
	}
	EXPECT_EQ(0, timeline_wait(self->c.fd, self->s[0], 60, after_ms(PATIENCE_MS)));
	EXPECT_EQ(0, timeline_wait(self->c.fd, self->s[0], 1, 0));
	/* A point that nobody has submitted. */
	EXPECT_EQ(-EINVAL, timeline_wait(self->c.fd, self->s[0], 61, 0));
}

TEST_F(syncobj, timeline_in_orders_queues)
{
	const struct drm_mtia_sync out1 = { SIGNAL | TIMELINE, self->s[0], 1 };
	const struct drm_mtia_sync out2 = { SIGNAL | TIMELINE, self->s[0], 2 };
	const struct drm_mtia_sync in1[] = {{TIMELINE, self->s[0], 1}, {SIGNAL, self->s[1], 0}};
	const struct drm_mtia_sync in2[] = {{TIMELINE, self->s[0], 2}, {SIGNAL, self->s[2], 0}};
	struct drm_mtia_job job;
	struct cmds cmds;

	cmds_begin(&cmds);
	cmds_signal(&cmds, VA_BASE, 1);
	job = job_at(&self->c, &cmds, 0, &out1, 1);
	ASSERT_EQ(0, submit_jobs(self->c.fd, self->c.queue, &job, 1));
	cmds_begin(&cmds);
	client_gate(&self->c, &cmds);
	cmds_signal(&cmds, VA_BASE + 8, 2);
	job = job_at(&self->c, &cmds, 512, &out2, 1);
	ASSERT_EQ(0, submit_jobs(self->c.fd, self->c.queue, &job, 1));

	/* Point 1 does not wait for point 2. */
	job = nop_job(&self->c, in1, 2);
	job.cmd_va = 0;
	job.cmd_size = 0;
	ASSERT_EQ(0, submit_jobs(self->c.fd, self->queue2, &job, 1));
	EXPECT_EQ(0, syncobj_wait(self->c.fd, self->s[1], after_ms(PATIENCE_MS)));
	cmds_begin(&cmds);
	cmds_copy(&cmds, VA_BASE + 16, VA_BASE + 8, 8);
	job = job_at(&self->c, &cmds, 1024, in2, 2);
	ASSERT_EQ(0, submit_jobs(self->c.fd, self->queue2, &job, 1));
	EXPECT_EQ(-ETIME, syncobj_wait(self->c.fd, self->s[2], after_ms(100)));
	client_release(&self->c);
	EXPECT_EQ(0, syncobj_wait(self->c.fd, self->s[2], after_ms(PATIENCE_MS)));
	EXPECT_EQ(2, word(self, 2));
}

/* Jobs of one call that wait for each other. */
TEST_F(syncobj, chain_inside_a_call)
{
	enum { JOBS = 16 };
	struct drm_mtia_sync syncs[JOBS][2];
	struct drm_mtia_job jobs[JOBS];
	struct cmds cmds;
	int i;

	for (i = 0; i < JOBS; i++) {
		syncs[i][0] = (struct drm_mtia_sync){ TIMELINE, self->s[0], i };
		syncs[i][1] = (struct drm_mtia_sync){ SIGNAL | TIMELINE, self->s[0], i + 1 };
		cmds_begin(&cmds);
		cmds_wait(&cmds, VA_BASE, i);
		cmds_signal(&cmds, VA_BASE, i + 1);
		jobs[i] = job_at(&self->c, &cmds, i * 128, i ? syncs[i] : syncs[i] + 1, i ? 2 : 1);
	}
	ASSERT_EQ(0, submit_jobs(self->c.fd, self->c.queue, jobs, JOBS));
	EXPECT_EQ(0, timeline_wait(self->c.fd, self->s[0], JOBS, after_ms(PATIENCE_MS)));
	EXPECT_EQ(JOBS, word(self, 0));
}

/* A long chain that goes back and forth between two queues; the data show the order. */
TEST_F(syncobj, ping_pong)
{
	enum { ROUNDS = 64 };
	struct drm_mtia_job job;
	struct cmds cmds;
	int i;

	for (i = 0; i < ROUNDS; i++) {
		const struct drm_mtia_sync syncs[] = {
			{ SIGNAL | TIMELINE, self->s[0], i + 1 },
			{ TIMELINE, self->s[0], i },
		};

		cmds_begin(&cmds);
		/* Each takes the number that the one before left, and leaves its own. */
		cmds_copy(&cmds, VA_BASE + 4096 + i * 8, VA_BASE, 8);
		cmds_signal(&cmds, VA_BASE, i + 1);
		job = job_at(&self->c, &cmds, i * 128, syncs, i ? 2 : 1);
		ASSERT_EQ(0,
			  submit_jobs(self->c.fd, i % 2 ? self->queue2 : self->c.queue, &job, 1));
	}
	EXPECT_EQ(0, timeline_wait(self->c.fd, self->s[0], ROUNDS, after_ms(PATIENCE_MS)));
	for (i = 0; i < ROUNDS; i++)
		EXPECT_EQ(i, word(self, 512 + i));
}

TEST_F(syncobj, sync_file_can_be_polled)
{
	struct drm_syncobj_handle args = {
		.handle = self->s[0],
		.flags = DRM_SYNCOBJ_HANDLE_TO_FD_FLAGS_EXPORT_SYNC_FILE,
		.fd = -1,
	};
	struct pollfd pfd = { .events = POLLIN };

	block(_metadata, self, self->c.queue, self->s[0]);
	ASSERT_EQ(0, mtia_ioctl(self->c.fd, DRM_IOCTL_SYNCOBJ_HANDLE_TO_FD, &args));
	pfd.fd = args.fd;
	EXPECT_EQ(0, poll(&pfd, 1, 50));
	EXPECT_EQ(-EBUSY, fence_status(self->c.fd, self->s[0]));
	client_release(&self->c);
	EXPECT_EQ(1, poll(&pfd, 1, PATIENCE_MS));
	/* The fence outlives queue and file. */
	client_close(&self->c);
	EXPECT_EQ(1, poll(&pfd, 1, 0));
	close(args.fd);
	client_open(_metadata, &self->c, 0);
}

TEST_F(syncobj, unknown_handle)
{
	const struct drm_mtia_sync in = { 0, 1234, 0 }, out = { SIGNAL, 1234, 0 };
	const struct drm_mtia_sync zero = { SIGNAL, 0, 0 };

	EXPECT_EQ(-ENOENT, submit_nop(self, &in, 1));
	EXPECT_EQ(-ENOENT, submit_nop(self, &out, 1));
	EXPECT_EQ(-ENOENT, submit_nop(self, &zero, 1));
}

TEST_F(syncobj, handle_of_another_file)
{
	int fd = device_open();
	struct drm_mtia_sync sync = { SIGNAL, 0, 0 };
	int i;

	ASSERT_LE(0, fd);
	/* A handle that this client does not have. */
	for (i = 0; i < 20; i++)
		sync.handle = syncobj_create(fd);
	EXPECT_EQ(-ENOENT, submit_nop(self, &sync, 1));
	close(fd);
}

TEST_F(syncobj, unknown_flags)
{
	int bit;

	for (bit = 2; bit < 32; bit++) {
		const struct drm_mtia_sync sync = { SIGNAL | 1u << bit, self->s[0], 0 };

		EXPECT_EQ(-EINVAL, submit_nop(self, &sync, 1));
	}
}

TEST_F(syncobj, point_without_timeline)
{
	const struct drm_mtia_sync out = { SIGNAL, self->s[0], 1 }, in = { 0, self->s[0], 1 };

	EXPECT_EQ(-EINVAL, submit_nop(self, &out, 1));
	EXPECT_EQ(-EINVAL, submit_nop(self, &in, 1));
}

TEST_F(syncobj, point_zero_cannot_be_signalled)
{
	const struct drm_mtia_sync sync = { SIGNAL | TIMELINE, self->s[0], 0 };

	EXPECT_EQ(-EINVAL, submit_nop(self, &sync, 1));
}

TEST_F(syncobj, wait_for_what_has_no_fence)
{
	const struct drm_mtia_sync binary = { 0, self->s[0], 0 };
	const struct drm_mtia_sync point = { TIMELINE, self->s[1], 5 };

	EXPECT_EQ(-EINVAL, submit_nop(self, &binary, 1));
	EXPECT_EQ(-EINVAL, submit_nop(self, &point, 1));
}

TEST_F(syncobj, too_many)
{
	struct drm_mtia_sync *syncs = calloc(DRM_MTIA_MAX_ARRAY + 1, sizeof(*syncs));
	struct drm_mtia_job job;
	int i;

	for (i = 0; i <= DRM_MTIA_MAX_ARRAY; i++)
		syncs[i] = (struct drm_mtia_sync){ SIGNAL, self->s[0], 0 };
	job = nop_job(&self->c, syncs, DRM_MTIA_MAX_ARRAY + 1);
	EXPECT_EQ(-E2BIG, submit_jobs(self->c.fd, self->c.queue, &job, 1));
	job.syncs.count = DRM_MTIA_MAX_ARRAY;
	EXPECT_EQ(0, submit_jobs(self->c.fd, self->c.queue, &job, 1));
	EXPECT_EQ(0, syncobj_wait(self->c.fd, self->s[0], after_ms(PATIENCE_MS)));
	free(syncs);
}

TEST_F(syncobj, array_and_stride)
{
	struct {
		struct drm_mtia_sync sync;
		__u64 later;
	} longer = { .sync = { SIGNAL, self->s[0], 0 } };
	struct drm_mtia_job job = nop_job(&self->c, (void *)16, 1);

	EXPECT_EQ(-EFAULT, submit_jobs(self->c.fd, self->c.queue, &job, 1));
	job.syncs = (struct drm_mtia_obj_array){ 8, 1, (uintptr_t)&longer };
	EXPECT_EQ(-EINVAL, submit_jobs(self->c.fd, self->c.queue, &job, 1));
	job.syncs.stride = sizeof(longer);
	EXPECT_EQ(0, submit_jobs(self->c.fd, self->c.queue, &job, 1));
	EXPECT_EQ(0, syncobj_wait(self->c.fd, self->s[0], after_ms(PATIENCE_MS)));
	longer.later = 1;
	EXPECT_EQ(-E2BIG, submit_jobs(self->c.fd, self->c.queue, &job, 1));
}

/* ---- Errors travel with fences --------------------------------------------------------------- */

TEST_F(syncobj, error_of_a_job)
{
	EXPECT_EQ(-EIO, client_fill(_metadata, &self->c, VA_BASE + MIB, 8, 1));
}

TEST_F(syncobj, error_of_jobs_behind_a_fault)
{
	struct cmds cmds;
	int i;

	/* All under way before the first one faults. */
	block(_metadata, self, self->c.queue, self->s[3]);
	cmds_begin(&cmds);
	cmds_fill(&cmds, VA_BASE + MIB, 8, 1);
	ASSERT_EQ(0, client_submit_at(&self->c, self->c.queue, &cmds, 0, self->s[0]));
	cmds_begin(&cmds);
	cmds_signal(&cmds, VA_BASE, 1);
	for (i = 1; i < 3; i++)
		ASSERT_EQ(0, client_submit_at(&self->c, self->c.queue, &cmds, 512, self->s[i]));
	client_release(&self->c);
	for (i = 0; i < 4; i++)
		EXPECT_EQ(0, syncobj_wait(self->c.fd, self->s[i], after_ms(PATIENCE_MS)));
	EXPECT_EQ(0, fence_status(self->c.fd, self->s[3]));
	EXPECT_EQ(-EIO, fence_status(self->c.fd, self->s[0]));
	EXPECT_EQ(-ECANCELED, fence_status(self->c.fd, self->s[1]));
	EXPECT_EQ(-ECANCELED, fence_status(self->c.fd, self->s[2]));
}

/* A bad packet is that job's affair alone: the queue goes on. */
TEST_F(syncobj, error_without_consequences)
{
	struct cmds cmds;

	cmds_begin(&cmds);
	cmds_add(&cmds, 99, 8);
	ASSERT_EQ(0, client_submit_at(&self->c, self->c.queue, &cmds, 0, self->s[0]));
	cmds_begin(&cmds);
	cmds_signal(&cmds, VA_BASE, 4);
	ASSERT_EQ(0, client_submit_at(&self->c, self->c.queue, &cmds, 512, self->s[1]));
	EXPECT_EQ(0, syncobj_wait(self->c.fd, self->s[1], after_ms(PATIENCE_MS)));
	EXPECT_EQ(-EIO, fence_status(self->c.fd, self->s[0]));
	EXPECT_EQ(0, fence_status(self->c.fd, self->s[1]));
	EXPECT_EQ(4, word(self, 0));
}

TEST_HARNESS_MAIN
