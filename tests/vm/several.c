// SPDX-License-Identifier: GPL-2.0
/* Two devices in one machine, each with jobs at the same time. */
#include <pthread.h>

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

#define VA_SHARED (VA_BASE + 0x10000000)

/*
 * Where the first device's object is behind one of its jobs, while the second one has it. Importers
 * that hear of moves don't keep it from LPDDR; kernels without CONFIG_DMABUF_MOVE_NOTIFY have none.
 */
static int home(void)
{
	return getenv("MTIA_DMABUF_MOVES") ? VRAM : SYSTEM;
}

/* The first device's buffer at VA_SHARED of the second; its handle there. */
static __u32 share(struct __test_metadata *_metadata, struct client *from, struct buf *buf,
		   struct client *to)
{
	int dmabuf = bo_export(from->fd, buf->handle);
	__u32 handle;

	ASSERT_LE(0, dmabuf);
	ASSERT_EQ(0, bo_import(to->fd, dmabuf, &handle));
	close(dmabuf);
	ASSERT_EQ(0, vm_map(to->fd, to->vm, handle, 0, VA_SHARED, SIZE, 0));
	return handle;
}

TEST_F(several, share_a_buffer)
{
	struct client *a = &self->c[0], *b = &self->c[1];
	__u32 handle, imported, round;

	EXPECT_EQ(0, client_fill(_metadata, a, VA_BASE, SIZE, 0x40));
	handle = share(_metadata, a, &self->buf[0], b);
	for (round = 1; round < 8; round++) {
		ASSERT_EQ(0, client_read(_metadata, b, VA_SHARED + PAGE, PAGE));
		ASSERT_EQ(0, count_wrong(client_read_result(b), PAGE, 0x40 + round - 1));
		EXPECT_EQ(SYSTEM, bo_where(a->fd, self->buf[0].handle, NULL));
		EXPECT_EQ(SYSTEM, bo_where(b->fd, handle, &imported));
		EXPECT_EQ(1, imported);
		/* By turns one and the other writes. */
		if (round % 2) {
			ASSERT_EQ(0, client_fill(_metadata, a, VA_BASE, SIZE, 0x40 + round));
			EXPECT_EQ(home(), bo_where(a->fd, self->buf[0].handle, NULL));
		} else {
			ASSERT_EQ(0, client_fill(_metadata, b, VA_SHARED, SIZE, 0x40 + round));
		}
		ASSERT_EQ(0, count_wrong(self->buf[0].map, SIZE, 0x40 + round));
	}

	/* Once the other has let go, it comes back for the next job. */
	EXPECT_EQ(0, vm_unmap(b->fd, b->vm, VA_SHARED, SIZE));
	EXPECT_EQ(0, bo_close(b->fd, handle));
	EXPECT_EQ(0, client_fill(_metadata, a, VA_BASE, SIZE, 0x50));
	ASSERT_EQ(0, vm_map(a->fd, a->vm, self->buf[0].handle, 0, VA_SHARED, SIZE, 0));
	/* The last reference may go in a work item, and with it the pin. */
	for (round = 0; round < 200 && bo_where(a->fd, self->buf[0].handle, NULL) != VRAM; round++) {
		nap_ms(10);
		ASSERT_EQ(0, vm_map(a->fd, a->vm, self->buf[0].handle, 0, VA_SHARED, SIZE, 0));
	}
	EXPECT_EQ(VRAM, bo_where(a->fd, self->buf[0].handle, NULL));
	EXPECT_EQ(0, client_read(_metadata, a, VA_SHARED, PAGE));
	EXPECT_EQ(0, count_wrong(client_read_result(a), PAGE, 0x50));
}

struct opener {
	pthread_t thread;
	struct client *c;
	bool done;
};

static void *open_gate(void *arg)
{
	struct opener *opener = arg;

	nap_ms(300);
	__atomic_store_n(&opener->done, true, __ATOMIC_RELAXED);
	client_release(opener->c);
	return NULL;
}

/*
 * The exporter's job is under way: the importer's waits for it, with nothing said about it. If the
 * buffer has to move for that, its submission does.
 */
TEST_F(several, a_shared_buffer_is_waited_for)
{
	struct client *a = &self->c[0], *b = &self->c[1];
	struct opener opener = { .c = a };
	struct cmds cmds;

	share(_metadata, a, &self->buf[0], b);
	cmds_begin(&cmds);
	client_gate(a, &cmds);
	cmds_fill(&cmds, VA_BASE, SIZE, 0x61);
	ASSERT_EQ(0, client_submit(a, &cmds));
	ASSERT_EQ(0, pthread_create(&opener.thread, NULL, open_gate, &opener));
	cmds_begin(&cmds);
	cmds_copy(&cmds, VA_BASE, VA_SHARED, SIZE);
	ASSERT_EQ(0, client_submit(b, &cmds));
	EXPECT_EQ(0, client_wait(_metadata, b));
	EXPECT_TRUE(__atomic_load_n(&opener.done, __ATOMIC_RELAXED));
	EXPECT_EQ(0, client_wait(_metadata, a));
	ASSERT_EQ(0, pthread_join(opener.thread, NULL));
	EXPECT_EQ(0, count_wrong(self->buf[1].map, SIZE, 0x61));
}

TEST_HARNESS_MAIN
