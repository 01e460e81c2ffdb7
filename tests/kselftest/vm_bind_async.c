// SPDX-License-Identifier: GPL-2.0
/*
 * Asynchronous VM_BIND: when a bind is done, in which order, what fails at once, what becomes of
 * binds whose VM, file or device goes. The gate is a job of another client, so that binds can be
 * held back as long as a test likes.
 */
#include <pthread.h>

#include "mtia_test.h"
#include "ticking.h"

#define SIZE	 (16 * PAGE)
#define SIGNAL	 DRM_MTIA_SYNC_SIGNAL
#define TIMELINE DRM_MTIA_SYNC_TIMELINE

FIXTURE(vm_bind_async)
{
	struct client c, gate;
	struct buf buf;	  /* 16 pages, not mapped by the device yet */
	struct buf other; /* 16 pages of system memory */
	__u32 in;	  /* signalled by open_gate() */
	__u32 out[3];
	__u64 used; /* device memory in use when the fixture is set up */
};

/* A syncobj of one file under another one's name. */
static __u32 syncobj_share(int from, __u32 handle, int to)
{
	struct drm_syncobj_handle args = { .handle = handle, .fd = -1 };
	int err = mtia_ioctl(from, DRM_IOCTL_SYNCOBJ_HANDLE_TO_FD, &args);

	if (err)
		return 0;
	err = mtia_ioctl(to, DRM_IOCTL_SYNCOBJ_FD_TO_HANDLE, &args);
	close(args.fd);
	return err ? 0 : args.handle;
}

FIXTURE_SETUP(vm_bind_async)
{
	struct cmds cmds;
	int i;

	client_open(_metadata, &self->c, 0);
	client_open(_metadata, &self->gate, 9000);
	buf_create(_metadata, self->c.fd, SIZE, VRAM, &self->buf);
	buf_create(_metadata, self->c.fd, SIZE, SYSTEM, &self->other);
	for (i = 0; i < 3; i++)
		self->out[i] = syncobj_create(self->c.fd);
	cmds_begin(&cmds);
	client_gate(&self->gate, &cmds);
	ASSERT_EQ(0, client_submit(&self->gate, &cmds));
	self->in = syncobj_share(self->gate.fd, self->gate.syncobj, self->c.fd);
	ASSERT_NE(0, self->in);
	self->used = vram_used(self->c.fd);
}

FIXTURE_TEARDOWN(vm_bind_async)
{
	client_release(&self->gate);
	client_close(&self->c);
	client_close(&self->gate);
}

static void open_gate(struct _test_data_vm_bind_async *self)
{
	client_release(&self->gate);
}

static struct drm_mtia_vm_bind_op map_op(const struct buf *buf, __u64 offset, __u64 va, __u64 size)
{
	return (struct drm_mtia_vm_bind_op){
		.op = DRM_MTIA_VM_BIND_MAP,
		.bo_handle = buf->handle,
		.bo_offset = offset,
		.va = va,
		.size = size,
	};
}

static struct drm_mtia_vm_bind_op unmap_op(__u64 va, __u64 size)
{
	return (struct drm_mtia_vm_bind_op){
		.op = DRM_MTIA_VM_BIND_UNMAP,
		.va = va,
		.size = size,
	};
}

/* Waits for one syncobj and signals another one; 0: none. */
static int bind_ops(struct _test_data_vm_bind_async *self, const struct drm_mtia_vm_bind_op *ops,
		    __u32 count, __u32 in, __u32 out)
{
	struct drm_mtia_sync syncs[2];
	__u32 n = 0;

	if (in)
		syncs[n++] = (struct drm_mtia_sync){ 0, in, 0 };
	if (out)
		syncs[n++] = (struct drm_mtia_sync){ SIGNAL, out, 0 };
	return vm_bind_async(self->c.fd, self->c.vm, ops, count, syncs, n);
}

static int bind_op(struct _test_data_vm_bind_async *self, struct drm_mtia_vm_bind_op op, __u32 in,
		   __u32 out)
{
	return bind_ops(self, &op, 1, in, out);
}

static bool pending(struct _test_data_vm_bind_async *self, __u32 syncobj)
{
	return syncobj_wait(self->c.fd, syncobj, after_ms(50)) == -ETIME;
}

/* How a bind ended. */
static int done(struct _test_data_vm_bind_async *self, __u32 syncobj)
{
	return syncobj_wait(self->c.fd, syncobj, after_ms(PATIENCE_MS)) ?:
		       fence_status(self->c.fd, syncobj);
}

/* What a bind held goes a little after its fence. */
static __u64 used_soon(int fd, __u64 want)
{
	int i;

	for (i = 0; i < 500 && vram_used(fd) != want; i++)
		nap_ms(10);
	return vram_used(fd);
}

/* ---- When ------------------------------------------------------------------------------------ */

TEST_F(vm_bind_async, map_without_waiting)
{
	ASSERT_EQ(0, bind_op(self, map_op(&self->buf, 0, VA_BASE, SIZE), 0, self->out[0]));
	EXPECT_EQ(0, done(self, self->out[0]));
	EXPECT_EQ(0, client_fill(_metadata, &self->c, VA_BASE, SIZE, 7));
	EXPECT_EQ(0, count_wrong(self->buf.map, SIZE, 7));
}

TEST_F(vm_bind_async, map_when_the_fence_signals)
{
	ASSERT_EQ(0, bind_op(self, map_op(&self->buf, 0, VA_BASE, SIZE), self->in, self->out[0]));
	EXPECT_EQ(-EIO, client_touch(_metadata, &self->c, VA_BASE, 1));
	EXPECT_TRUE(pending(self, self->out[0]));
	open_gate(self);
	EXPECT_EQ(0, done(self, self->out[0]));
	EXPECT_EQ(0, client_touch(_metadata, &self->c, VA_BASE, 2));
	EXPECT_EQ(2, word_at(&self->buf, 0));
}

TEST_F(vm_bind_async, unmap_when_the_fence_signals)
{
	const struct drm_mtia_vm_bind_op op = unmap_op(VA_BASE, SIZE);

	ASSERT_EQ(0, vm_map(self->c.fd, self->c.vm, self->buf.handle, 0, VA_BASE, SIZE, 0));
	EXPECT_EQ(0, client_touch(_metadata, &self->c, VA_BASE, 1));
	ASSERT_EQ(0, bind_op(self, op, self->in, self->out[0]));
	/* It is in the TLB, too. */
	EXPECT_EQ(0, client_touch(_metadata, &self->c, VA_BASE, 2));
	EXPECT_EQ(2, word_at(&self->buf, 0));
	EXPECT_TRUE(pending(self, self->out[0]));
	open_gate(self);
	EXPECT_EQ(0, done(self, self->out[0]));
	EXPECT_EQ(-EIO, client_touch(_metadata, &self->c, VA_BASE, 3));
	EXPECT_EQ(2, word_at(&self->buf, 0));
}

TEST_F(vm_bind_async, timeline_points)
{
	const struct drm_mtia_vm_bind_op ops[] = {
		map_op(&self->buf, 0, VA_BASE, SIZE),
		map_op(&self->other, 0, VA_BASE + SIZE, SIZE),
	};
	const struct drm_mtia_sync first[] = {
		{ 0, self->in, 0 },
		{ SIGNAL | TIMELINE, self->out[0], 5 },
	};
	const struct drm_mtia_sync second[] = {
		{ TIMELINE, self->out[0], 5 },
		{ SIGNAL | TIMELINE, self->out[0], 6 },
		{ SIGNAL, self->out[1], 0 },
	};
	int fd = self->c.fd;

	ASSERT_EQ(0, vm_bind_async(fd, self->c.vm, &ops[0], 1, first, 2));
	ASSERT_EQ(0, vm_bind_async(fd, self->c.vm, &ops[1], 1, second, 3));
	EXPECT_EQ(-ETIME, timeline_wait(fd, self->out[0], 5, after_ms(50)));
	open_gate(self);
	EXPECT_EQ(0, timeline_wait(fd, self->out[0], 6, after_ms(PATIENCE_MS)));
	EXPECT_EQ(0, done(self, self->out[1]));
	EXPECT_EQ(0, client_fill(_metadata, &self->c, VA_BASE, 2 * SIZE, 3));
	EXPECT_EQ(0, count_wrong(self->buf.map, SIZE, 3));
	EXPECT_EQ(0, count_wrong(self->other.map, SIZE, 3));
}

TEST_F(vm_bind_async, only_the_syncs)
{
	const struct drm_mtia_vm_bind_op op = { .op = DRM_MTIA_VM_BIND_SYNC_ONLY };

	ASSERT_EQ(0, bind_ops(self, NULL, 0, self->in, self->out[0]));
	ASSERT_EQ(0, bind_op(self, op, 0, self->out[1]));
	EXPECT_TRUE(pending(self, self->out[0]));
	EXPECT_TRUE(pending(self, self->out[1]));
	open_gate(self);
	EXPECT_EQ(0, done(self, self->out[1]));
	EXPECT_EQ(0, done(self, self->out[0]));
}

/* The fence that it waits for has an error: that is not the bind's affair. */
TEST_F(vm_bind_async, error_of_what_it_waits_for)
{
	EXPECT_EQ(-EIO, client_fill(_metadata, &self->c, VA_BASE + MIB, 8, 1));
	ASSERT_EQ(0, bind_op(self, map_op(&self->buf, 0, VA_BASE, SIZE), self->c.syncobj,
			     self->out[0]));
	EXPECT_EQ(0, done(self, self->out[0]));
	client_renew_queue(_metadata, &self->c);
	EXPECT_EQ(0, client_touch(_metadata, &self->c, VA_BASE, 2));
}

/* The whole chain is handed over at once: bind, job, bind. */
TEST_F(vm_bind_async, jobs_and_binds_wait_for_each_other)
{
	const struct drm_mtia_sync syncs[] = {
		{ 0, self->out[0], 0 },
		{ SIGNAL, self->out[1], 0 },
	};
	struct drm_mtia_job job = {
		.cmd_va = VA_CMDS,
		.syncs = { sizeof(syncs[0]), 2, (uintptr_t)syncs },
	};
	struct cmds cmds;

	ASSERT_EQ(0, bind_op(self, map_op(&self->buf, 0, VA_BASE, SIZE), self->in, self->out[0]));
	cmds_begin(&cmds);
	cmds_fill(&cmds, VA_BASE, SIZE, 0x5a);
	cmds_end(&cmds);
	memcpy(self->c.cmds.map, cmds.data, cmds.size);
	job.cmd_size = cmds.size;
	ASSERT_EQ(0, submit_jobs(self->c.fd, self->c.queue, &job, 1));
	ASSERT_EQ(0, bind_op(self, unmap_op(VA_BASE, SIZE), self->out[1], self->out[2]));
	EXPECT_TRUE(pending(self, self->out[2]));
	open_gate(self);
	EXPECT_EQ(0, done(self, self->out[2]));
	EXPECT_EQ(0, done(self, self->out[1]));
	EXPECT_EQ(0, count_wrong(self->buf.map, SIZE, 0x5a));
	EXPECT_EQ(-EIO, client_touch(_metadata, &self->c, VA_BASE, 1));
}

/* ---- What ------------------------------------------------------------------------------------ */

TEST_F(vm_bind_async, unmap_the_middle)
{
	ASSERT_EQ(0, bind_op(self, map_op(&self->buf, 0, VA_BASE, SIZE), self->in, 0));
	ASSERT_EQ(0,
		  bind_op(self, unmap_op(VA_BASE + 4 * PAGE, 2 * PAGE), 0, self->out[0]));
	open_gate(self);
	EXPECT_EQ(0, done(self, self->out[0]));
	EXPECT_EQ(0, client_touch(_metadata, &self->c, VA_BASE + 4 * PAGE - 8, 1));
	EXPECT_EQ(-EIO, client_touch(_metadata, &self->c, VA_BASE + 4 * PAGE, 2));
	EXPECT_EQ(-EIO, client_touch(_metadata, &self->c, VA_BASE + 6 * PAGE - 8, 3));
	EXPECT_EQ(0, client_touch(_metadata, &self->c, VA_BASE + 6 * PAGE, 4));
	EXPECT_EQ(1, word_at(&self->buf, 4 * PAGE - 8));
	EXPECT_EQ(0, word_at(&self->buf, 4 * PAGE));
	EXPECT_EQ(4, word_at(&self->buf, 6 * PAGE));
}

TEST_F(vm_bind_async, replace)
{
	struct drm_mtia_vm_bind_op op = map_op(&self->other, 8 * PAGE, VA_BASE + 4 * PAGE, 2 * PAGE);

	ASSERT_EQ(0, vm_map(self->c.fd, self->c.vm, self->buf.handle, 0, VA_BASE, SIZE, 0));
	EXPECT_EQ(0, client_fill(_metadata, &self->c, VA_BASE, SIZE, 1));
	ASSERT_EQ(0, bind_op(self, op, self->in, self->out[0]));
	EXPECT_EQ(0, client_fill(_metadata, &self->c, VA_BASE, SIZE, 2));
	EXPECT_EQ(0, count_wrong(self->buf.map, SIZE, 2));
	open_gate(self);
	EXPECT_EQ(0, done(self, self->out[0]));
	EXPECT_EQ(0, client_fill(_metadata, &self->c, VA_BASE, SIZE, 3));
	EXPECT_EQ(0, count_wrong(self->buf.map, 4 * PAGE, 3));
	EXPECT_EQ(0, count_wrong((char *)self->buf.map + 4 * PAGE, 2 * PAGE, 2));
	EXPECT_EQ(0, count_wrong((char *)self->buf.map + 6 * PAGE, 10 * PAGE, 3));
	EXPECT_EQ(0, count_wrong((char *)self->other.map + 8 * PAGE, 2 * PAGE, 3));
	EXPECT_EQ(0, count_wrong(self->other.map, 8 * PAGE, 0));
}

/* Prepared one after the other while neither is written: huge pages, cut by the binds behind. */
TEST_F(vm_bind_async, cut_huge_pages)
{
	const __u64 size = 8 * MIB;
	struct buf big;

	buf_create(_metadata, self->c.fd, size, VRAM, &big);
	ASSERT_EQ(0, bind_op(self, map_op(&big, 0, VA_BASE, size), self->in, 0));
	ASSERT_EQ(0, bind_op(self, unmap_op(VA_BASE + 3 * MIB, PAGE), 0, 0));
	ASSERT_EQ(0, bind_op(self, map_op(&self->buf, 0, VA_BASE + 5 * MIB, SIZE), 0,
			     self->out[0]));
	open_gate(self);
	EXPECT_EQ(0, done(self, self->out[0]));
	EXPECT_EQ(0, client_fill(_metadata, &self->c, VA_BASE, 3 * MIB, 2));
	EXPECT_EQ(-EIO, client_touch(_metadata, &self->c, VA_BASE + 3 * MIB, 3));
	EXPECT_EQ(0, client_fill(_metadata, &self->c, VA_BASE + 3 * MIB + PAGE, 5 * MIB - PAGE, 4));
	EXPECT_EQ(0, count_wrong(big.map, 3 * MIB, 2));
	EXPECT_EQ(0, count_wrong((char *)big.map + 3 * MIB, PAGE, 0));
	EXPECT_EQ(0, count_wrong((char *)big.map + 3 * MIB + PAGE, 2 * MIB - PAGE, 4));
	EXPECT_EQ(0, count_wrong((char *)big.map + 5 * MIB, SIZE, 0));
	EXPECT_EQ(0, count_wrong(self->buf.map, SIZE, 4));
	EXPECT_EQ(0, count_wrong((char *)big.map + 5 * MIB + SIZE, 3 * MIB - SIZE, 4));
	/* And whole again, while the cuts are not closed yet. */
	ASSERT_EQ(0, bind_op(self, unmap_op(VA_BASE, size), 0, 0));
	ASSERT_EQ(0, bind_op(self, map_op(&big, 0, VA_BASE, size), 0, self->out[0]));
	EXPECT_EQ(0, done(self, self->out[0]));
	EXPECT_EQ(0, client_fill(_metadata, &self->c, VA_BASE, size, 5));
	EXPECT_EQ(0, count_wrong(big.map, size, 5));
}

TEST_F(vm_bind_async, unmap_all_of_an_object)
{
	const struct drm_mtia_vm_bind_op all = {
		.op = DRM_MTIA_VM_BIND_UNMAP_ALL_BO,
		.bo_handle = self->buf.handle,
	};

	ASSERT_EQ(0, bind_op(self, map_op(&self->buf, 0, VA_BASE, SIZE), self->in, 0));
	ASSERT_EQ(0, bind_op(self, map_op(&self->buf, 0, VA_BASE + 100 * SIZE, PAGE), 0, 0));
	ASSERT_EQ(0, bind_op(self, map_op(&self->other, 0, VA_BASE + SIZE, SIZE), 0, self->out[0]));
	ASSERT_EQ(0, bind_op(self, all, 0, self->out[1]));
	/* What is mapped after that stays. */
	ASSERT_EQ(0, bind_op(self, map_op(&self->buf, 0, VA_BASE + 50 * SIZE, PAGE), 0,
			     self->out[2]));
	open_gate(self);
	EXPECT_EQ(0, done(self, self->out[2]));
	EXPECT_EQ(-EIO, client_touch(_metadata, &self->c, VA_BASE, 1));
	EXPECT_EQ(-EIO, client_touch(_metadata, &self->c, VA_BASE + 100 * SIZE, 1));
	EXPECT_EQ(0, client_touch(_metadata, &self->c, VA_BASE + SIZE, 1));
	EXPECT_EQ(0, client_touch(_metadata, &self->c, VA_BASE + 50 * SIZE, 2));
	EXPECT_EQ(2, word_at(&self->buf, 0));
}

TEST_F(vm_bind_async, read_only)
{
	struct drm_mtia_vm_bind_op op = map_op(&self->buf, 0, VA_BASE, SIZE);

	op.flags = DRM_MTIA_VM_BIND_READONLY;
	fill_words(self->buf.map, SIZE, 0x11);
	ASSERT_EQ(0, bind_op(self, op, 0, self->out[0]));
	EXPECT_EQ(0, done(self, self->out[0]));
	EXPECT_EQ(0, client_read(_metadata, &self->c, VA_BASE, PAGE));
	EXPECT_EQ(0, count_wrong(client_read_result(&self->c), PAGE, 0x11));
	EXPECT_EQ(-EIO, client_touch(_metadata, &self->c, VA_BASE, 1));
	EXPECT_EQ(0x11, word_at(&self->buf, 0));
}

/* ---- Order ----------------------------------------------------------------------------------- */

TEST_F(vm_bind_async, in_the_order_of_the_calls)
{
	ASSERT_EQ(0, bind_op(self, map_op(&self->other, 0, VA_BASE, SIZE), self->in, self->out[0]));
	/* It waits for nothing but the one before it. */
	ASSERT_EQ(0, bind_op(self, map_op(&self->buf, 0, VA_BASE, SIZE), 0, self->out[1]));
	EXPECT_TRUE(pending(self, self->out[1]));
	open_gate(self);
	EXPECT_EQ(0, done(self, self->out[1]));
	EXPECT_EQ(0, done(self, self->out[0]));
	EXPECT_EQ(0, client_touch(_metadata, &self->c, VA_BASE, 9));
	EXPECT_EQ(9, word_at(&self->buf, 0));
	EXPECT_EQ(0, word_at(&self->other, 0));
}

/* VMs have nothing to do with each other. */
TEST_F(vm_bind_async, another_vm_does_not_wait)
{
	const struct drm_mtia_vm_bind_op op = map_op(&self->buf, 0, VA_BASE, SIZE);
	const struct drm_mtia_sync out = { SIGNAL, self->out[1], 0 };
	__u32 vm;

	ASSERT_EQ(0, vm_create(self->c.fd, &vm));
	ASSERT_EQ(0, bind_op(self, op, self->in, self->out[0]));
	ASSERT_EQ(0, vm_bind_async(self->c.fd, vm, &op, 1, &out, 1));
	EXPECT_EQ(0, done(self, self->out[1]));
	EXPECT_TRUE(pending(self, self->out[0]));
}

struct sync_call {
	struct _test_data_vm_bind_async *self;
	int err;
	volatile bool returned;
};

static void *map_other_synchronously(void *arg)
{
	struct sync_call *call = arg;
	struct client *c = &call->self->c;

	call->err = vm_map(c->fd, c->vm, call->self->other.handle, 0, VA_BASE, PAGE, 0);
	call->returned = true;
	return NULL;
}

TEST_F(vm_bind_async, synchronous_ones_keep_the_order)
{
	struct sync_call call = { .self = self };
	pthread_t thread;

	ASSERT_EQ(0, bind_op(self, map_op(&self->buf, 0, VA_BASE, SIZE), self->in, self->out[0]));
	ASSERT_EQ(0, pthread_create(&thread, NULL, map_other_synchronously, &call));
	nap_ms(100);
	EXPECT_FALSE(call.returned);
	open_gate(self);
	pthread_join(thread, NULL);
	EXPECT_EQ(0, call.err);
	EXPECT_EQ(0, syncobj_wait(self->c.fd, self->out[0], 0));
	EXPECT_EQ(0, client_fill(_metadata, &self->c, VA_BASE, 2 * PAGE, 4));
	EXPECT_EQ(0, count_wrong(self->other.map, PAGE, 4));
	EXPECT_EQ(0, word_at(&self->buf, 0));
	EXPECT_EQ(4, word_at(&self->buf, PAGE));
}

TEST_F(vm_bind_async, interrupted_synchronous_one_did_nothing)
{
	int fd = self->c.fd;

	ASSERT_EQ(0, bind_op(self, map_op(&self->buf, 0, VA_BASE, SIZE), self->in, self->out[0]));
	start_ticking(_metadata, 20000);
	EXPECT_EQ(-EINTR, vm_map(fd, self->c.vm, self->other.handle, 0, VA_BASE, SIZE, 0));
	EXPECT_EQ(-EINTR, vm_map(fd, self->c.vm, self->other.handle, 0, VA_BASE, SIZE, 0));
	stop_ticking();
	open_gate(self);
	EXPECT_EQ(0, done(self, self->out[0]));
	EXPECT_EQ(0, client_touch(_metadata, &self->c, VA_BASE, 6));
	EXPECT_EQ(6, word_at(&self->buf, 0));
	EXPECT_EQ(0, word_at(&self->other, 0));
}

static int restart(struct _test_data_vm_bind_async *self, struct drm_mtia_vm_bind_op op, __u32 out)
{
	int err;

	do {
		err = bind_op(self, op, 0, out);
	} while (err == -EINTR);
	return err;
}

TEST_F(vm_bind_async, under_1_khz_of_signals)
{
	int i;

	open_gate(self);
	start_ticking(_metadata, 1000);
	for (i = 0; i < 300; i++) {
		__u64 va = VA_BASE + i % 7 * SIZE;

		ASSERT_EQ(0, restart(self, map_op(&self->buf, 0, va, SIZE), self->out[0]));
		ASSERT_EQ(0, restart(self, unmap_op(va + PAGE, 14 * PAGE), self->out[1]));
	}
	stop_ticking();
	EXPECT_EQ(0, done(self, self->out[0]));
	EXPECT_EQ(0, done(self, self->out[1]));
	EXPECT_EQ(0, client_touch(_metadata, &self->c, VA_BASE + SIZE - 8, 6));
	EXPECT_EQ(6, word_at(&self->buf, SIZE - 8));
	EXPECT_EQ(-EIO, client_touch(_metadata, &self->c, VA_BASE + SIZE - PAGE - 8, 7));
}

/* ---- What it holds, and until when ----------------------------------------------------------- */

TEST_F(vm_bind_async, handle_closed_before_it_is_mapped)
{
	struct buf fresh;

	ASSERT_EQ(0, bind_op(self, map_op(&self->buf, 0, VA_BASE, SIZE), self->in, self->out[0]));
	ASSERT_EQ(0, bo_close(self->c.fd, self->buf.handle));
	buf_create(_metadata, self->c.fd, SIZE, VRAM, &fresh);
	open_gate(self);
	EXPECT_EQ(0, done(self, self->out[0]));
	EXPECT_EQ(0, client_fill(_metadata, &self->c, VA_BASE, SIZE, 0x99));
	EXPECT_EQ(0, count_wrong(self->buf.map, SIZE, 0x99));
	EXPECT_EQ(0, count_wrong(fresh.map, SIZE, 0));
}

/* Memory that the device can still reach has no other owner. */
TEST_F(vm_bind_async, memory_stays_until_it_is_unmapped)
{
	int fd = self->c.fd;
	__u64 before, with;
	struct buf fresh;
	__u32 handle;

	/* With the page tables, whatever they need. */
	ASSERT_EQ(0, vm_map(fd, self->c.vm, self->other.handle, 0, VA_BASE + SIZE, SIZE, 0));
	before = vram_used(fd);
	ASSERT_EQ(0, bo_create(fd, SIZE, VRAM, 0, &handle));
	ASSERT_EQ(0, vm_map(fd, self->c.vm, handle, 0, VA_BASE, SIZE, 0));
	with = vram_used(fd);
	EXPECT_EQ(before + SIZE, with);
	ASSERT_EQ(0, bo_close(fd, handle));
	ASSERT_EQ(0, bind_op(self, unmap_op(VA_BASE, SIZE), self->in, self->out[0]));
	nap_ms(50);
	EXPECT_EQ(with, vram_used(fd));
	buf_create(_metadata, fd, SIZE, VRAM, &fresh);
	EXPECT_EQ(0, client_fill(_metadata, &self->c, VA_BASE, SIZE, 0x99));
	EXPECT_EQ(0, count_wrong(fresh.map, SIZE, 0));
	buf_destroy(fd, &fresh);
	open_gate(self);
	EXPECT_EQ(0, done(self, self->out[0]));
	EXPECT_EQ(before, used_soon(fd, before));
}

TEST_F(vm_bind_async, waiting_for_the_object_waits_for_its_binds)
{
	int fd = self->c.fd;

	EXPECT_EQ(0, bo_wait(fd, self->buf.handle, 0, 0));
	ASSERT_EQ(0, bind_op(self, map_op(&self->buf, 0, VA_BASE, SIZE), self->in, self->out[0]));
	EXPECT_EQ(-ETIME, bo_wait(fd, self->buf.handle, 0, after_ms(20)));
	EXPECT_EQ(0, bo_wait(fd, self->other.handle, 0, 0));
	open_gate(self);
	EXPECT_EQ(0, bo_wait(fd, self->buf.handle, 0, after_ms(PATIENCE_MS)));
	EXPECT_EQ(0, done(self, self->out[0]));
}

TEST_F(vm_bind_async, page_tables_are_freed)
{
	__u64 used = vram_used(self->c.fd);
	int bit;

	for (bit = 33; bit < 48; bit++)
		ASSERT_EQ(0, bind_op(self, map_op(&self->buf, 0, 1ull << bit, PAGE), self->in, 0));
	EXPECT_LT(used, vram_used(self->c.fd));
	for (bit = 33; bit < 48; bit++)
		ASSERT_EQ(0, bind_op(self, unmap_op(1ull << bit, PAGE), 0, self->out[0]));
	open_gate(self);
	EXPECT_EQ(0, done(self, self->out[0]));
	EXPECT_EQ(used, used_soon(self->c.fd, used));
}

TEST_F(vm_bind_async, a_thousand)
{
	/* All have to be there before the gate opens by itself. */
	int binds = slowness() > 1 ? 199 : 1000, i;
	struct drm_mtia_vm_bind_op op;
	__u64 used = self->used;

	/* Each maps a page, and every third takes one away again that an earlier one mapped. */
	for (i = 0; i < binds; i++) {
		const struct drm_mtia_sync syncs[] = {
			{ SIGNAL | TIMELINE, self->out[0], i + 1 },
			{ 0, self->in, 0 },
		};

		op = map_op(&self->buf, i % 16 * PAGE, VA_BASE + i * PAGE, PAGE);
		if (i % 3 == 2)
			op = unmap_op(VA_BASE + (i - 2) * PAGE, PAGE);
		ASSERT_EQ(0, vm_bind_async(self->c.fd, self->c.vm, &op, 1, syncs, i % 2 ? 1 : 2));
	}
	EXPECT_EQ(-ETIME, timeline_wait(self->c.fd, self->out[0], 1, after_ms(20)));
	open_gate(self);
	EXPECT_EQ(0, timeline_wait(self->c.fd, self->out[0], binds, after_ms(PATIENCE_MS)));
	for (i = 0; i < 30; i++) {
		int err = i % 3 == 1 ? 0 : -EIO;

		EXPECT_EQ(err, client_touch(_metadata, &self->c, VA_BASE + i * PAGE, i)) {
			TH_LOG("page %d", i);
		}
	}
	EXPECT_EQ(0, client_touch(_metadata, &self->c, VA_BASE + (binds - 3) * PAGE, 55));
	EXPECT_EQ(55, word_at(&self->buf, (binds - 3) % 16 * PAGE));
	ASSERT_EQ(0, vm_unmap(self->c.fd, self->c.vm, VA_BASE, binds * PAGE));
	EXPECT_EQ(used, used_soon(self->c.fd, used));
}

/* ---- The end of a VM, a file, a process ------------------------------------------------------ */

TEST_F(vm_bind_async, vm_destroyed_before_its_time)
{
	const struct drm_mtia_vm_bind_op op = map_op(&self->buf, 0, VA_BASE, SIZE);
	const struct drm_mtia_sync syncs[] = {
		{ 0, self->in, 0 },
		{ SIGNAL, self->out[0], 0 },
	};
	__u32 vm;

	ASSERT_EQ(0, vm_create(self->c.fd, &vm));
	ASSERT_EQ(0, vm_bind_async(self->c.fd, vm, &op, 1, syncs, 2));
	EXPECT_EQ(0, vm_destroy(self->c.fd, vm));
	EXPECT_EQ(-ENOENT, vm_bind_async(self->c.fd, vm, &op, 1, syncs, 2));
	open_gate(self);
	EXPECT_EQ(-ECANCELED, done(self, self->out[0]));
	EXPECT_EQ(self->used, used_soon(self->c.fd, self->used));
}

/* A client with binds that wait, of objects that only they hold. */
static void leave_binds_behind(struct __test_metadata *_metadata,
			       struct _test_data_vm_bind_async *self, struct client *c)
{
	__u32 in, handle;
	int i;

	client_open(_metadata, c, 0);
	in = syncobj_share(self->gate.fd, self->gate.syncobj, c->fd);
	ASSERT_NE(0, in);
	for (i = 0; i < 20; i++) {
		const struct drm_mtia_sync syncs[] = {
			{ 0, in, 0 },
			{ SIGNAL, c->syncobj, 0 },
		};
		struct drm_mtia_vm_bind_op op = {
			.op = DRM_MTIA_VM_BIND_MAP,
			.va = VA_BASE + i % 5 * MIB,
			.size = MIB,
		};

		ASSERT_EQ(0, bo_create(c->fd, MIB, VRAM, 0, &handle));
		op.bo_handle = handle;
		ASSERT_EQ(0, vm_bind_async(c->fd, c->vm, &op, 1, syncs, 2));
		ASSERT_EQ(0, bo_close(c->fd, handle));
	}
}

TEST_F(vm_bind_async, file_closed_before_their_time)
{
	struct client other;

	leave_binds_behind(_metadata, self, &other);
	client_close(&other);
	EXPECT_LT(self->used, vram_used(self->c.fd));
	open_gate(self);
	EXPECT_EQ(self->used, used_soon(self->c.fd, self->used));
}

/* They wait for a job of their own file, which ends with it. */
TEST_F(vm_bind_async, file_closed_that_they_wait_for)
{
	struct client other;
	struct cmds cmds;

	client_open(_metadata, &other, 9000);
	cmds_begin(&cmds);
	client_gate(&other, &cmds);
	ASSERT_EQ(0, client_submit(&other, &cmds));
	{
		const struct drm_mtia_vm_bind_op op = unmap_op(VA_CMDS, CMDS_SIZE);
		const struct drm_mtia_sync syncs[] = {
			{ 0, other.syncobj, 0 },
			{ SIGNAL, other.syncobj, 0 },
		};

		ASSERT_EQ(0, vm_bind_async(other.fd, other.vm, &op, 1, syncs, 2));
	}
	client_close(&other);
	EXPECT_EQ(self->used, used_soon(self->c.fd, self->used));
}

TEST_F(vm_bind_async, killed)
{
	int ready[2], status;
	char byte;
	pid_t pid;

	ASSERT_EQ(0, pipe(ready));
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		struct client other;

		leave_binds_behind(_metadata, self, &other);
		if (write(ready[1], "", 1) != 1)
			_exit(1);
		/* A synchronous one, which waits for them. */
		vm_unmap(other.fd, other.vm, VA_BASE, MIB);
		_exit(2);
	}
	ASSERT_EQ(1, read(ready[0], &byte, 1));
	nap_ms(50);
	ASSERT_EQ(0, kill(pid, SIGKILL));
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_TRUE(WIFSIGNALED(status));
	open_gate(self);
	EXPECT_EQ(self->used, used_soon(self->c.fd, self->used));
	close(ready[0]);
	close(ready[1]);
}

/* Nobody opens the gate: its time limit does. */
TEST_F(vm_bind_async, what_it_waits_for_runs_out_of_time)
{
	struct client hung;
	struct cmds cmds;
	__u32 in;

	client_open(_metadata, &hung, 500);
	cmds_begin(&cmds);
	client_gate(&hung, &cmds);
	ASSERT_EQ(0, client_submit(&hung, &cmds));
	in = syncobj_share(hung.fd, hung.syncobj, self->c.fd);
	ASSERT_EQ(0, bind_op(self, map_op(&self->buf, 0, VA_BASE, SIZE), in, self->out[0]));
	EXPECT_EQ(0, done(self, self->out[0]));
	EXPECT_EQ(-ETIME, fence_status(self->c.fd, in));
	EXPECT_EQ(0, client_touch(_metadata, &self->c, VA_BASE, 1));
	client_close(&hung);
}

/* ---- What is refused, at once ---------------------------------------------------------------- */

/* Refused, with nothing changed and nothing signalled; and then the same without the mistake. */
static void expect_refused(struct __test_metadata *_metadata, struct _test_data_vm_bind_async *self,
			   int err, const struct drm_mtia_vm_bind_op *ops, __u32 count,
			   const char *what)
{
	EXPECT_EQ(err, bind_ops(self, ops, count, 0, self->out[0])) {
		TH_LOG("%s", what);
	}
	EXPECT_EQ(-EINVAL, syncobj_wait(self->c.fd, self->out[0], 0));
}

TEST_F(vm_bind_async, wrong_operations)
{
	const struct drm_mtia_vm_bind_op good = map_op(&self->buf, 0, VA_BASE, SIZE);
	const struct {
		const char *what;
		struct drm_mtia_vm_bind_op op;
		int err;
	} cases[] = {
		{ "operation", { .op = DRM_MTIA_VM_BIND_SYNC_ONLY + 1 }, -EINVAL },
		{ "flags", { .flags = 4, .bo_handle = good.bo_handle, .va = VA_BASE, .size = PAGE },
		  -EINVAL },
		{ "pad", { .pad = 1, .bo_handle = good.bo_handle, .va = VA_BASE, .size = PAGE },
		  -EINVAL },
		{ "no handle", { .va = VA_BASE, .size = PAGE }, -ENOENT },
		{ "handle", { .bo_handle = 1234, .va = VA_BASE, .size = PAGE }, -ENOENT },
		{ "unaligned offset", { .bo_handle = good.bo_handle, .bo_offset = 8, .va = VA_BASE,
		  .size = PAGE }, -EINVAL },
		{ "beyond the object", { .bo_handle = good.bo_handle, .bo_offset = SIZE,
		  .va = VA_BASE, .size = PAGE }, -EINVAL },
		{ "unaligned va", { .bo_handle = good.bo_handle, .va = VA_BASE + 8, .size = PAGE },
		  -EINVAL },
		{ "va", { .bo_handle = good.bo_handle, .va = MTIA_VA_USER_MAX, .size = PAGE },
		  -EINVAL },
		{ "size 0", { .bo_handle = good.bo_handle, .va = VA_BASE }, -EINVAL },
		{ "unaligned size", { .bo_handle = good.bo_handle, .va = VA_BASE, .size = 8 },
		  -EINVAL },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct drm_mtia_vm_bind_op ops[] = { good, cases[i].op };

		expect_refused(_metadata, self, cases[i].err, &cases[i].op, 1, cases[i].what);
		expect_refused(_metadata, self, cases[i].err, ops, 2, cases[i].what);
	}
	EXPECT_EQ(-EIO, client_touch(_metadata, &self->c, VA_BASE, 1));
	EXPECT_EQ(0, bind_op(self, good, 0, self->out[0]));
	EXPECT_EQ(0, done(self, self->out[0]));
	EXPECT_EQ(0, client_touch(_metadata, &self->c, VA_BASE, 1));
}

TEST_F(vm_bind_async, wrong_syncs)
{
	const struct drm_mtia_vm_bind_op op = map_op(&self->buf, 0, VA_BASE, SIZE);
	const struct {
		const char *what;
		struct drm_mtia_sync sync;
		int err;
	} cases[] = {
		{ "flags", { SIGNAL | 4, self->out[1], 0 }, -EINVAL },
		{ "unknown handle to wait for", { 0, 1234, 0 }, -ENOENT },
		{ "unknown handle to signal", { SIGNAL, 1234, 0 }, -ENOENT },
		{ "handle 0", { SIGNAL, 0, 0 }, -ENOENT },
		{ "point without timeline", { SIGNAL, self->out[1], 1 }, -EINVAL },
		{ "point to wait for without timeline", { 0, self->in, 1 }, -EINVAL },
		{ "point 0 to signal", { SIGNAL | TIMELINE, self->out[1], 0 }, -EINVAL },
		{ "no fence yet", { 0, self->out[1], 0 }, -EINVAL },
		{ "no point yet", { TIMELINE, self->out[1], 3 }, -EINVAL },
		{ "itself", { 0, self->out[0], 0 }, -EINVAL },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct drm_mtia_sync syncs[] = {
			{ SIGNAL, self->out[0], 0 },
			cases[i].sync,
		};

		EXPECT_EQ(cases[i].err,
			  vm_bind_async(self->c.fd, self->c.vm, &op, 1, syncs, 2)) {
			TH_LOG("%s", cases[i].what);
		}
		EXPECT_EQ(-EINVAL, syncobj_wait(self->c.fd, self->out[0], 0));
	}
	EXPECT_EQ(-EIO, client_touch(_metadata, &self->c, VA_BASE, 1));
}

TEST_F(vm_bind_async, wrong_call)
{
	const struct drm_mtia_vm_bind_op op = map_op(&self->buf, 0, VA_BASE, SIZE);
	struct {
		struct drm_mtia_sync sync;
		__u64 later;
	} longer = { .sync = { SIGNAL, self->out[0], 0 } };
	const struct drm_mtia_vm_bind good = {
		.vm_id = self->c.vm,
		.flags = DRM_MTIA_VM_BIND_ASYNC,
		.ops = { sizeof(op), 1, (uintptr_t)&op },
		.syncs = { sizeof(longer), 1, (uintptr_t)&longer },
	};
	struct drm_mtia_vm_bind args;
	int fd = self->c.fd, bit;

	for (bit = 1; bit < 32; bit++) {
		args = good;
		args.flags |= 1u << bit;
		EXPECT_EQ(-EINVAL, mtia_ioctl(fd, DRM_IOCTL_MTIA_VM_BIND, &args));
	}
	args = good;
	args.vm_id++;
	EXPECT_EQ(-ENOENT, mtia_ioctl(fd, DRM_IOCTL_MTIA_VM_BIND, &args));
	args = good;
	args.ops.stride -= 8;
	EXPECT_EQ(-EINVAL, mtia_ioctl(fd, DRM_IOCTL_MTIA_VM_BIND, &args));
	args = good;
	args.ops.array = 16;
	EXPECT_EQ(-EFAULT, mtia_ioctl(fd, DRM_IOCTL_MTIA_VM_BIND, &args));
	args = good;
	args.ops.count = DRM_MTIA_MAX_ARRAY + 1;
	EXPECT_EQ(-E2BIG, mtia_ioctl(fd, DRM_IOCTL_MTIA_VM_BIND, &args));
	args = good;
	args.syncs.stride = 8;
	EXPECT_EQ(-EINVAL, mtia_ioctl(fd, DRM_IOCTL_MTIA_VM_BIND, &args));
	args = good;
	args.syncs.array = 16;
	EXPECT_EQ(-EFAULT, mtia_ioctl(fd, DRM_IOCTL_MTIA_VM_BIND, &args));
	args = good;
	args.syncs.count = DRM_MTIA_MAX_ARRAY + 1;
	EXPECT_EQ(-E2BIG, mtia_ioctl(fd, DRM_IOCTL_MTIA_VM_BIND, &args));
	longer.later = 1;
	args = good;
	EXPECT_EQ(-E2BIG, mtia_ioctl(fd, DRM_IOCTL_MTIA_VM_BIND, &args));
	longer.later = 0;
	EXPECT_EQ(-EINVAL, syncobj_wait(fd, self->out[0], 0));
	EXPECT_EQ(-EIO, client_touch(_metadata, &self->c, VA_BASE, 1));
	EXPECT_EQ(0, mtia_ioctl(fd, DRM_IOCTL_MTIA_VM_BIND, &args));
	EXPECT_EQ(0, done(self, self->out[0]));
	EXPECT_EQ(0, client_touch(_metadata, &self->c, VA_BASE, 1));
}

/* ---- State ----------------------------------------------------------------------------------- */

TEST_F(vm_bind_async, state_of_a_vm)
{
	struct {
		struct drm_mtia_vm_get_state state;
		__u64 behind;
	} s = { .behind = 0x1234 };
	/* As user space of driver 1.0 knows it. */
	const unsigned long first = _IOC(_IOC_READ | _IOC_WRITE, DRM_IOCTL_BASE,
					 DRM_COMMAND_BASE + DRM_MTIA_VM_GET_STATE, 24);

	ASSERT_EQ(0, vm_state(self->c.fd, self->c.vm, &s.state));
	EXPECT_EQ(DRM_MTIA_STATE_OK, s.state.state);
	EXPECT_EQ(DRM_MTIA_REASON_NONE, s.state.reason);
	EXPECT_EQ(0, s.state.pad);
	s.state.state = 7;
	s.state.reason = 0x55;
	EXPECT_EQ(0, mtia_ioctl(self->c.fd, first, &s.state));
	EXPECT_EQ(DRM_MTIA_STATE_OK, s.state.state);
	EXPECT_EQ(0x55, s.state.reason);
	EXPECT_EQ(0x1234, s.behind);
}

TEST_HARNESS_MAIN
