// SPDX-License-Identifier: GPL-2.0
/* Two devices in one machine, each with jobs at the same time. */
#include "mtia_test.h"

#define SIZE (16 * PAGE)

FIXTURE(several)
{
	struct client c[2];
	struct buf buf[2]; /* at VA_BASE of each */
};

FIXTURE_SETUP(several)
{
	char path[32];
	int i;

	for (i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "/dev/accel/accel%d", i);
		client_start(_metadata, &self->c[i], open(path, O_RDWR | O_CLOEXEC), 9000);
		client_buf(_metadata, &self->c[i], SIZE, VRAM, VA_BASE, &self->buf[i]);
	}
}

FIXTURE_TEARDOWN(several)
{
	client_close(&self->c[0]);
	client_close(&self->c[1]);
}

TEST_F(several, jobs_at_the_same_time)
{
	struct cmds cmds;
	int i;

	for (i = 0; i < 2; i++) {
		cmds_begin(&cmds);
		client_gate(&self->c[i], &cmds);
		cmds_fill(&cmds, VA_BASE, SIZE, 100 + i);
		ASSERT_EQ(0, client_submit(&self->c[i], &cmds));
	}
	/* Both are under way; they end in the other order. */
	for (i = 1; i >= 0; i--) {
		EXPECT_EQ(-ETIME, syncobj_wait(self->c[i].fd, self->c[i].syncobj, 0));
		client_release(&self->c[i]);
		EXPECT_EQ(0, client_wait(_metadata, &self->c[i]));
		EXPECT_EQ(0, count_wrong(self->buf[i].map, SIZE, 100 + i));
	}
}

TEST_F(several, memory_is_each_ones_own)
{
	__u64 used[2] = { vram_used(self->c[0].fd), vram_used(self->c[1].fd) };
	__u32 handle;

	ASSERT_EQ(0, bo_create(self->c[0].fd, 8 * MIB, VRAM, 0, &handle));
	EXPECT_EQ(used[0] + 8 * MIB, vram_used(self->c[0].fd));
	EXPECT_EQ(used[1], vram_used(self->c[1].fd));
	EXPECT_EQ(0, client_fill(_metadata, &self->c[0], VA_BASE, SIZE, 1));
	EXPECT_EQ(0, client_fill(_metadata, &self->c[1], VA_BASE, SIZE, 2));
	EXPECT_EQ(0, count_wrong(self->buf[0].map, SIZE, 1));
	EXPECT_EQ(0, count_wrong(self->buf[1].map, SIZE, 2));
}

TEST_F(several, a_hang_of_one_is_not_the_others)
{
	struct cmds cmds;
	int i;

	cmds_begin(&cmds);
	client_gate(&self->c[0], &cmds);
	ASSERT_EQ(0, client_submit(&self->c[0], &cmds));
	for (i = 0; i < 20; i++) {
		EXPECT_EQ(0, client_fill(_metadata, &self->c[1], VA_BASE, SIZE, i));
		EXPECT_EQ(0, count_wrong(self->buf[1].map, SIZE, i));
	}
	EXPECT_EQ(-ETIME, syncobj_wait(self->c[0].fd, self->c[0].syncobj, 0));
	client_release(&self->c[0]);
	EXPECT_EQ(0, client_wait(_metadata, &self->c[0]));
}

/* A fence of one device is something that a job of the other can wait for. */
TEST_F(several, syncobj_from_one_to_the_other)
{
	struct drm_syncobj_handle args = { .handle = self->c[0].syncobj };
	struct drm_mtia_sync syncs[2];
	struct drm_mtia_job job;
	struct cmds cmds;
	__u32 shared;

	ASSERT_EQ(0, mtia_ioctl(self->c[0].fd, DRM_IOCTL_SYNCOBJ_HANDLE_TO_FD, &args));
	args.handle = 0;
	ASSERT_EQ(0, mtia_ioctl(self->c[1].fd, DRM_IOCTL_SYNCOBJ_FD_TO_HANDLE, &args));
	shared = args.handle;
	close(args.fd);

	cmds_begin(&cmds);
	client_gate(&self->c[0], &cmds);
	ASSERT_EQ(0, client_submit(&self->c[0], &cmds));
	cmds_begin(&cmds);
	cmds_fill(&cmds, VA_BASE, SIZE, 5);
	cmds_end(&cmds);
	memcpy(self->c[1].cmds.map, cmds.data, cmds.size);
	syncs[0] = (struct drm_mtia_sync){ .handle = shared };
	syncs[1] = (struct drm_mtia_sync){ DRM_MTIA_SYNC_SIGNAL, self->c[1].syncobj, 0 };
	job = (struct drm_mtia_job){VA_CMDS, cmds.size, 0, {sizeof(syncs[0]), 2, (uintptr_t)syncs}};
	ASSERT_EQ(0, submit_jobs(self->c[1].fd, self->c[1].queue, &job, 1));
	EXPECT_EQ(-ETIME, syncobj_wait(self->c[1].fd, self->c[1].syncobj, after_ms(100)));
	EXPECT_EQ(0, count_wrong(self->buf[1].map, SIZE, 0));
	client_release(&self->c[0]);
	EXPECT_EQ(0, client_wait(_metadata, &self->c[1]));
	EXPECT_EQ(0, count_wrong(self->buf[1].map, SIZE, 5));
}

TEST_HARNESS_MAIN
