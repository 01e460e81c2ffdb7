// SPDX-License-Identifier: GPL-2.0
/*
 * More objects than device memory: the ones used least recently move to system memory, and are back
 * before the next job. Sizes follow from how much memory the device has.
 */
#include <pthread.h>
#include <sys/wait.h>

#include "mtia_test.h"

#define VA_BIG VA_BASE
#define VA_BIG2 (VA_BASE + (1ull << 36))

/* Part of the device memory, in whole megabytes. */
static __u64 share(int fd, unsigned int percent)
{
	return vram_size(fd) / 100 * percent / MIB * MIB;
}

/* Each word its own, so that a page in the wrong place shows. */
static void write_pattern(void *data, __u64 size, __u64 seed)
{
	__u64 *p = data, i;

	for (i = 0; i < size / 8; i++)
		p[i] = (seed << 40) + i * 0x9e3779b97f4a7c15ull;
}

static __u64 wrong_words(const void *data, __u64 size, __u64 seed)
{
	const __u64 *p = data;
	__u64 i, bad = 0;

	for (i = 0; i < size / 8; i++)
		bad += p[i] != (seed << 40) + i * 0x9e3779b97f4a7c15ull;
	return bad;
}

FIXTURE(evict)
{
	struct client a, b;
	struct buf old, new;
	__u64 size;
};

FIXTURE_SETUP(evict)
{
	client_open(_metadata, &self->a, 9000);
	client_open(_metadata, &self->b, 9000);
	self->size = share(self->a.fd, 60);
	ASSERT_LT(16 * MIB, self->size);
	client_buf(_metadata, &self->a, self->size, VRAM, VA_BIG, &self->old);
	write_pattern(self->old.map, self->size, 1);
}

FIXTURE_TEARDOWN(evict)
{
	client_close(&self->a);
	client_close(&self->b);
}

/* The device copies a page of the old object: is it the right one? */
static __u64 pages_the_device_sees(struct __test_metadata *_metadata, struct client *c, __u64 size)
{
	__u64 at, bad = 0, k;

	for (at = 0; at < size; at += size / 7 / PAGE * PAGE) {
		const __u64 *got = client_read_result(c);

		if (at + PAGE > size)
			break;
		EXPECT_EQ(0, client_read(_metadata, c, VA_BIG + at, PAGE));
		for (k = 0; k < PAGE / 8; k++)
			bad += got[k] != (1ull << 40) + (at / 8 + k) * 0x9e3779b97f4a7c15ull;
	}
	return bad;
}

TEST_F(evict, moves_out_and_back)
{
	ASSERT_EQ(VRAM, bo_where(self->a.fd, self->old.handle, NULL));
	client_buf(_metadata, &self->b, self->size, VRAM, VA_BIG, &self->new);
	EXPECT_EQ(SYSTEM, bo_where(self->a.fd, self->old.handle, NULL));
	EXPECT_EQ(VRAM, bo_where(self->b.fd, self->new.handle, NULL));
	EXPECT_EQ(0, count_wrong(self->new.map, self->size, 0));

	/* The CPU sees it where it is. */
	EXPECT_EQ(0, wrong_words(self->old.map, self->size, 1));
	((volatile __u64 *)self->old.map)[0] = 1ull << 40;

	/* A job brings it back, and the other one has to go. */
	EXPECT_EQ(0, pages_the_device_sees(_metadata, &self->a, self->size));
	EXPECT_EQ(VRAM, bo_where(self->a.fd, self->old.handle, NULL));
	EXPECT_EQ(SYSTEM, bo_where(self->b.fd, self->new.handle, NULL));
	EXPECT_EQ(0, wrong_words(self->old.map, self->size, 1));
}

TEST_F(evict, two_clients_take_turns)
{
	int round;

	client_buf(_metadata, &self->b, self->size, VRAM, VA_BIG, &self->new);
	for (round = 1; round <= 3; round++) {
		EXPECT_EQ(0, client_fill(_metadata, &self->b, VA_BIG, self->size, round));
		EXPECT_EQ(SYSTEM, bo_where(self->a.fd, self->old.handle, NULL));
		EXPECT_EQ(0, pages_the_device_sees(_metadata, &self->a, self->size));
		EXPECT_EQ(SYSTEM, bo_where(self->b.fd, self->new.handle, NULL));
		EXPECT_EQ(0, count_wrong(self->new.map, self->size, round));
	}
	EXPECT_EQ(0, wrong_words(self->old.map, self->size, 1));
}

/* A moved object leaves nothing behind, and its new place is not another's. */
TEST_F(evict, what_was_moved_is_not_reached_any_more)
{
	client_buf(_metadata, &self->b, self->size, VRAM, VA_BIG, &self->new);
	write_pattern(self->new.map, self->size, 2);
	/* The mapping of the first client is stale now. Its job must not write over the second's. */
	EXPECT_EQ(0, client_fill(_metadata, &self->a, VA_BIG, self->size, 0x11));
	EXPECT_EQ(0, wrong_words(self->new.map, self->size, 2));
	EXPECT_EQ(0, count_wrong(self->old.map, self->size, 0x11));
}

static void *create_later(void *arg)
{
	struct buf *buf = arg;
	int err = bo_create((int)(intptr_t)buf->map, buf->size, VRAM, 0, &buf->handle);

	buf->map = (void *)(intptr_t)err;
	return NULL;
}

TEST_F(evict, what_a_job_uses_stays)
{
	struct buf late = { .map = (void *)(intptr_t)self->b.fd, .size = self->size };
	pthread_t thread;
	struct cmds cmds;

	cmds_begin(&cmds);
	client_gate(&self->a, &cmds);
	cmds_fill(&cmds, VA_BIG, self->size, 5);
	ASSERT_EQ(0, client_submit(&self->a, &cmds));
	ASSERT_EQ(0, pthread_create(&thread, NULL, create_later, &late));
	nap_ms(200);
	EXPECT_EQ(VRAM, bo_where(self->a.fd, self->old.handle, NULL));
	EXPECT_EQ(0, late.handle);
	client_release(&self->a);
	EXPECT_EQ(0, client_wait(_metadata, &self->a));
	pthread_join(thread, NULL);
	EXPECT_EQ(0, (intptr_t)late.map);
	EXPECT_EQ(VRAM, bo_where(self->b.fd, late.handle, NULL));
	EXPECT_EQ(SYSTEM, bo_where(self->a.fd, self->old.handle, NULL));
	EXPECT_EQ(0, count_wrong(self->old.map, self->size, 5));
}

TEST_F(evict, more_than_fits_at_a_time)
{
	struct client *c = &self->a;
	struct cmds cmds;

	/* Both are there, one of them in system memory; a job would need both. */
	client_buf(_metadata, c, self->size, VRAM, VA_BIG2, &self->new);
	cmds_begin(&cmds);
	cmds_nop(&cmds);
	EXPECT_EQ(-ENOSPC, client_submit(c, &cmds));
	/* Nothing is lost, and with one of them unmapped the queue goes on. */
	EXPECT_EQ(0, wrong_words(self->old.map, self->size, 1));
	EXPECT_EQ(0, vm_unmap(c->fd, c->vm, VA_BIG2, self->size));
	EXPECT_EQ(0, pages_the_device_sees(_metadata, c, self->size));
}

TEST_F(evict, either_placement_stays_where_it_is)
{
	struct client *c = &self->b;
	__u64 half = share(c->fd, 30);
	struct buf either, rest;

	client_buf(_metadata, c, half, VRAM | SYSTEM, VA_BIG2, &either);
	write_pattern(either.map, half, 3);
	/* The oldest goes first, then this one. */
	client_buf(_metadata, &self->a, share(c->fd, 85), VRAM, VA_BIG2, &rest);
	EXPECT_EQ(SYSTEM, bo_where(c->fd, either.handle, NULL));
	/* Device memory is not needed for it: the job uses it from here. */
	EXPECT_EQ(0, client_read(_metadata, c, VA_BIG2 + half - PAGE, PAGE));
	EXPECT_EQ(0, memcmp(client_read_result(c), (char *)either.map + half - PAGE, PAGE));
	EXPECT_EQ(SYSTEM, bo_where(c->fd, either.handle, NULL));
	EXPECT_EQ(0, client_fill(_metadata, c, VA_BIG2, half, 9));
	EXPECT_EQ(0, count_wrong(either.map, half, 9));
}

TEST_F(evict, protection_is_kept)
{
	struct client *c = &self->a;
	struct buf ro;

	buf_create(_metadata, c->fd, MIB, VRAM, &ro);
	fill_words(ro.map, MIB, 4);
	ASSERT_EQ(0, vm_map(c->fd, c->vm, ro.handle, 0, VA_BIG2, MIB, DRM_MTIA_VM_BIND_READONLY));
	client_buf(_metadata, &self->b, share(c->fd, 90), VRAM, VA_BIG, &self->new);
	ASSERT_EQ(SYSTEM, bo_where(c->fd, self->old.handle, NULL));
	EXPECT_EQ(0, client_read(_metadata, c, VA_BIG2, PAGE));
	EXPECT_EQ(0, count_wrong(client_read_result(c), PAGE, 4));
	EXPECT_EQ(-EIO, client_fill(_metadata, c, VA_BIG2, PAGE, 1));
	EXPECT_EQ(0, count_wrong(ro.map, MIB, 4));
}

static void *touch_later(void *arg)
{
	struct client *c = arg;
	struct cmds cmds;

	cmds_begin(&cmds);
	cmds_fill(&cmds, VA_BIG, PAGE, 0x66);
	return (void *)(intptr_t)client_submit(c, &cmds);
}

/*
 * Moved out, and then unmapped by a bind that waits: until then the page tables lead to where the
 * object was, and that is another's. So a job has to wait for the bind.
 */
TEST_F(evict, unmapped_by_a_bind_that_waits)
{
	const struct drm_mtia_vm_bind_op op = {
		.op = DRM_MTIA_VM_BIND_UNMAP,
		.va = VA_BIG,
		.size = self->size,
	};
	struct drm_mtia_sync syncs[] = { { 0, self->a.syncobj, 0 }, { DRM_MTIA_SYNC_SIGNAL } };
	struct client *a = &self->a;
	struct client gate;
	pthread_t thread;
	struct cmds cmds;
	void *err;

	client_buf(_metadata, &self->b, self->size, VRAM, VA_BIG, &self->new);
	ASSERT_EQ(SYSTEM, bo_where(a->fd, self->old.handle, NULL));
	write_pattern(self->new.map, self->size, 2);

	client_start(_metadata, &gate, dup(a->fd), 9000);
	cmds_begin(&cmds);
	client_gate(&gate, &cmds);
	ASSERT_EQ(0, client_submit(&gate, &cmds));
	syncs[0].handle = gate.syncobj;
	syncs[1].handle = syncobj_create(a->fd);
	ASSERT_EQ(0, vm_bind_async(a->fd, a->vm, &op, 1, syncs, 2));
	ASSERT_EQ(0, bo_close(a->fd, self->old.handle));

	ASSERT_EQ(0, pthread_create(&thread, NULL, touch_later, a));
	nap_ms(200);
	EXPECT_EQ(0, wrong_words(self->new.map, self->size, 2));
	client_release(&gate);
	pthread_join(thread, &err);
	EXPECT_EQ(0, (intptr_t)err);
	EXPECT_EQ(-EIO, client_wait(_metadata, a));
	EXPECT_EQ(0, syncobj_wait(a->fd, syncs[1].handle, after_ms(PATIENCE_MS)));
	EXPECT_EQ(0, wrong_words(self->new.map, self->size, 2));
	client_close(&gate);
}

/* What a bind will map stays where it is. */
TEST_F(evict, what_a_bind_waits_to_map_stays)
{
	const struct drm_mtia_vm_bind_op op = {
		.op = DRM_MTIA_VM_BIND_MAP,
		.bo_handle = self->old.handle,
		.va = VA_BIG2,
		.size = self->size,
	};
	struct drm_mtia_sync syncs[] = { { 0, self->a.syncobj, 0 }, { DRM_MTIA_SYNC_SIGNAL } };
	struct buf late = { .map = (void *)(intptr_t)self->b.fd, .size = self->size };
	struct client *a = &self->a;
	pthread_t thread;
	struct cmds cmds;
	__u32 vm;

	/* In a VM whose jobs nobody waits for. */
	ASSERT_EQ(0, vm_unmap(a->fd, a->vm, VA_BIG, self->size));
	ASSERT_EQ(0, vm_create(a->fd, &vm));
	cmds_begin(&cmds);
	client_gate(a, &cmds);
	ASSERT_EQ(0, client_submit(a, &cmds));
	syncs[1].handle = syncobj_create(a->fd);
	ASSERT_EQ(0, vm_bind_async(a->fd, vm, &op, 1, syncs, 2));
	ASSERT_EQ(0, pthread_create(&thread, NULL, create_later, &late));
	nap_ms(200);
	EXPECT_EQ(VRAM, bo_where(a->fd, self->old.handle, NULL));
	EXPECT_EQ(0, late.handle);
	client_release(a);
	EXPECT_EQ(0, syncobj_wait(a->fd, syncs[1].handle, after_ms(PATIENCE_MS)));
	pthread_join(thread, NULL);
	EXPECT_EQ(0, (intptr_t)late.map);
	EXPECT_EQ(SYSTEM, bo_where(a->fd, self->old.handle, NULL));
	EXPECT_EQ(0, wrong_words(self->old.map, self->size, 1));
}

TEST_F(evict, page_tables_find_room)
{
	struct client *c = &self->b;
	__u32 handle, vm;
	__u64 left;

	/* Full to the last page. */
	for (left = 64 * MIB; left >= PAGE; left /= 2)
		while (vram_free(c->fd) >= left)
			ASSERT_EQ(0, bo_create(c->fd, left, VRAM, 0, &handle));
	ASSERT_EQ(0, bo_create(c->fd, PAGE, SYSTEM, 0, &handle));
	ASSERT_EQ(0, vm_create(c->fd, &vm));
	EXPECT_EQ(0, vm_map(c->fd, vm, handle, 0, VA_BIG, PAGE, 0));
	EXPECT_EQ(0, vm_destroy(c->fd, vm));
	EXPECT_EQ(0, wrong_words(self->old.map, self->size, 1));
}

/* Several processes, together twice the memory, each with jobs over all that it has. */
TEST_F(evict, storm)
{
	enum { PROCESSES = 4, ROUNDS = 3 };
	pid_t child[PROCESSES];
	int p, status;

	for (p = 0; p < PROCESSES; p++) {
		child[p] = fork();
		if (!child[p]) {
			__u64 size = share(self->a.fd, 40);
			struct client c;
			struct buf buf;
			int round;

			client_open(_metadata, &c, 0);
			client_buf(_metadata, &c, size, VRAM, VA_BIG, &buf);
			for (round = 1; round <= ROUNDS; round++) {
				EXPECT_EQ(0, client_fill(_metadata, &c, VA_BIG, size,
							 (__u64)(p + 1) << 32 | round));
				EXPECT_EQ(0, count_wrong(buf.map, size,
							 (__u64)(p + 1) << 32 | round));
			}
			client_close(&c);
			_exit(_metadata->exit_code == KSFT_PASS ? 0 : 1);
		}
		ASSERT_LT(0, child[p]);
	}
	for (p = 0; p < PROCESSES; p++) {
		ASSERT_EQ(child[p], waitpid(child[p], &status, 0));
		EXPECT_EQ(0, status);
	}
	EXPECT_EQ(0, wrong_words(self->old.map, self->size, 1));
}

TEST_HARNESS_MAIN
