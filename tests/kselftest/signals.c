// SPDX-License-Identifier: GPL-2.0
/* Signals: calls are restartable with the same arguments, and a killed client leaves nothing. */
#include "mtia_test.h"
#include "ticking.h"

/* As libdrm's drmIoctl(): again with unchanged arguments. */
static int restart(int fd, unsigned long request, void *arg)
{
	int err;

	for (;;) {
		err = mtia_ioctl(fd, request, arg);
		if (err != -EINTR && err != -EAGAIN)
			return err;
	}
}

TEST(signals_everything_under_1_khz)
{
	struct drm_mtia_bo_create create = { .size = 16 * PAGE, .placement = VRAM };
	struct drm_mtia_bo_wait bo_wait = {};
	struct drm_mtia_vm_bind_op op = {
		.op = DRM_MTIA_VM_BIND_MAP,
		.va = VA_BASE,
		.size = 16 * PAGE,
	};
	struct drm_mtia_vm_bind_op unmap = {
		.op = DRM_MTIA_VM_BIND_UNMAP,
		.va = VA_BASE,
		.size = 16 * PAGE,
	};
	struct drm_mtia_sync sync = { .flags = DRM_MTIA_SYNC_SIGNAL };
	struct drm_mtia_job job = { .syncs = { sizeof(sync), 1, (uintptr_t)&sync } };
	struct drm_syncobj_wait wait = { .count_handles = 1 };
	struct drm_mtia_queue_submit submit = { .jobs = { sizeof(job), 1, (uintptr_t)&job } };
	struct drm_mtia_vm_bind bind = { .ops = { sizeof(op), 1, 0 } };
	struct client c;
	__u64 used;
	__u32 i;

	client_open(_metadata, &c, 0);
	used = vram_used(c.fd);
	sync.handle = c.syncobj;
	wait.handles = (uintptr_t)&c.syncobj;
	submit.queue_id = c.queue;
	bind.vm_id = c.vm;
	job.cmd_va = VA_CMDS;
	start_ticking(_metadata, 1000);
	for (i = 0; i < 300; i++) {
		struct drm_gem_close close_bo;
		struct cmds cmds;

		ASSERT_EQ(0, restart(c.fd, DRM_IOCTL_MTIA_BO_CREATE, &create));
		op.bo_handle = create.handle;
		bind.ops.array = (uintptr_t)&op;
		ASSERT_EQ(0, restart(c.fd, DRM_IOCTL_MTIA_VM_BIND, &bind));
		cmds_begin(&cmds);
		cmds_fill(&cmds, VA_BASE, 16 * PAGE, i);
		cmds_copy(&cmds, VA_CMDS + CMDS_SIZE / 2, VA_BASE + PAGE - 8, 16);
		cmds_end(&cmds);
		memcpy(c.cmds.map, cmds.data, cmds.size);
		job.cmd_size = cmds.size;
		ASSERT_EQ(0, restart(c.fd, DRM_IOCTL_MTIA_QUEUE_SUBMIT, &submit));
		if (i % 2) {
			wait.timeout_nsec = after_ms(PATIENCE_MS);
			ASSERT_EQ(0, restart(c.fd, DRM_IOCTL_SYNCOBJ_WAIT, &wait));
		} else {
			bo_wait.handle = create.handle;
			bo_wait.timeout_ns = after_ms(PATIENCE_MS);
			ASSERT_EQ(0, restart(c.fd, DRM_IOCTL_MTIA_BO_WAIT, &bo_wait));
		}
		EXPECT_EQ(0, fence_status(c.fd, c.syncobj));
		EXPECT_EQ(0, count_wrong(client_read_result(&c), 16, i));
		bind.ops.array = (uintptr_t)&unmap;
		ASSERT_EQ(0, restart(c.fd, DRM_IOCTL_MTIA_VM_BIND, &bind));
		close_bo = (struct drm_gem_close){ .handle = create.handle };
		ASSERT_EQ(0, restart(c.fd, DRM_IOCTL_GEM_CLOSE, &close_bo));
	}
	stop_ticking();
	EXPECT_LT(10, ticks);
	EXPECT_EQ(used, vram_used(c.fd));
	client_close(&c);
}

/* A wait that is interrupted says so, at once, and can be taken up again. */
TEST(signals_interrupt_a_wait)
{
	struct drm_mtia_bo_wait args = { .timeout_ns = INT64_MAX };
	struct cmds cmds;
	struct client c;
	int err;

	client_open(_metadata, &c, 9000);
	args.handle = c.cmds.handle;
	cmds_begin(&cmds);
	client_gate(&c, &cmds);
	ASSERT_EQ(0, client_submit(&c, &cmds));
	start_ticking(_metadata, 100000);
	err = mtia_ioctl(c.fd, DRM_IOCTL_MTIA_BO_WAIT, &args);
	EXPECT_EQ(-EINTR, err);
	EXPECT_EQ(INT64_MAX, args.timeout_ns);
	stop_ticking();
	client_release(&c);
	EXPECT_EQ(0, mtia_ioctl(c.fd, DRM_IOCTL_MTIA_BO_WAIT, &args));
	client_close(&c);
}

/* ---- Killed while blocked -------------------------------------------------------------------- */

enum blocked_in { IN_SYNCOBJ_WAIT, IN_BO_WAIT, IN_TIMELINE_WAIT, IN_SUBMIT_LOOP };

/* The child's life; it does not get to its end. */
static void block(struct __test_metadata *_metadata, enum blocked_in where, int ready)
{
	struct cmds cmds;
	struct client c;

	client_open(_metadata, &c, 9000);
	cmds_begin(&cmds);
	client_gate(&c, &cmds);
	client_submit(&c, &cmds);
	if (write(ready, "x", 1) != 1)
		_exit(1);
	switch (where) {
	case IN_SYNCOBJ_WAIT:
		syncobj_wait(c.fd, c.syncobj, INT64_MAX);
		break;
	case IN_BO_WAIT:
		bo_wait(c.fd, c.cmds.handle, 0, INT64_MAX);
		break;
	case IN_TIMELINE_WAIT:
		timeline_wait(c.fd, c.syncobj, 0, INT64_MAX);
		break;
	case IN_SUBMIT_LOOP:
		for (;;)
			client_submit(&c, &cmds);
	}
	_exit(2);
}

static void kill_in(struct __test_metadata *_metadata, enum blocked_in where)
{
	struct client c;
	__u64 used;
	__s64 begin;
	int round, i;

	client_open(_metadata, &c, 0);
	used = vram_used(c.fd);
	for (round = 0; round < 3; round++) {
		int ready[2], status;
		char byte;
		pid_t pid;

		ASSERT_EQ(0, pipe(ready));
		pid = fork();
		ASSERT_LE(0, pid);
		if (!pid)
			block(_metadata, where, ready[1]);
		close(ready[1]);
		ASSERT_EQ(1, read(ready[0], &byte, 1));
		close(ready[0]);
		nap_ms(30);
		begin = after_ms(0);
		ASSERT_EQ(0, kill(pid, SIGKILL));
		ASSERT_EQ(pid, waitpid(pid, &status, 0));
		/* Its job would have gone on for 9 s. */
		EXPECT_GT(begin + 5000000000ll, after_ms(0));
		EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
		EXPECT_EQ(0, client_fill(_metadata, &c, VA_CMDS + CMDS_SIZE / 2, PAGE, round));
	}
	/* All of it is given back, soon. */
	for (i = 0; i < 100 && vram_used(c.fd) != used; i++)
		nap_ms(20);
	EXPECT_EQ(used, vram_used(c.fd));
	client_close(&c);
}

TEST(signals_kill_in_syncobj_wait)
{
	kill_in(_metadata, IN_SYNCOBJ_WAIT);
}

TEST(signals_kill_in_bo_wait)
{
	kill_in(_metadata, IN_BO_WAIT);
}

TEST(signals_kill_in_timeline_wait)
{
	kill_in(_metadata, IN_TIMELINE_WAIT);
}

TEST(signals_kill_while_submitting)
{
	kill_in(_metadata, IN_SUBMIT_LOOP);
}

TEST_HARNESS_MAIN
