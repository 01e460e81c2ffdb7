// SPDX-License-Identifier: GPL-2.0
/* Address spaces: what VM_BIND accepts, and what the device then reaches. */
#include "mtia_test.h"

#define SIZE (16 * PAGE)

FIXTURE(vm_bind)
{
	struct client c;
	struct buf buf;	  /* 16 pages, not mapped by the device yet */
	struct buf other; /* 16 pages */
};

FIXTURE_SETUP(vm_bind)
{
	client_open(_metadata, &self->c, 0);
	buf_create(_metadata, self->c.fd, SIZE, VRAM, &self->buf);
	buf_create(_metadata, self->c.fd, SIZE, SYSTEM, &self->other);
}

FIXTURE_TEARDOWN(vm_bind)
{
	client_close(&self->c);
}

static int map(struct _test_data_vm_bind *self, const struct buf *buf, __u64 offset, __u64 va,
	       __u64 size)
{
	return vm_map(self->c.fd, self->c.vm, buf->handle, offset, va, size, 0);
}

static int bind_op(struct _test_data_vm_bind *self, struct drm_mtia_vm_bind_op op)
{
	return vm_bind(self->c.fd, self->c.vm, &op, 1);
}

static struct drm_mtia_vm_bind_op good_map(const struct buf *buf)
{
	return (struct drm_mtia_vm_bind_op){
		.op = DRM_MTIA_VM_BIND_MAP,
		.bo_handle = buf->handle,
		.va = VA_BASE,
		.size = SIZE,
	};
}

/* ---- Mapping --------------------------------------------------------------------------------- */

TEST_F(vm_bind, map_and_unmap)
{
	EXPECT_EQ(-EIO, client_touch(_metadata, &self->c, VA_BASE, 1));
	ASSERT_EQ(0, map(self, &self->buf, 0, VA_BASE, SIZE));
	EXPECT_EQ(0, client_touch(_metadata, &self->c, VA_BASE, 2));
	EXPECT_EQ(0, client_touch(_metadata, &self->c, VA_BASE + SIZE - 8, 3));
	EXPECT_EQ(2, word_at(&self->buf, 0));
	EXPECT_EQ(3, word_at(&self->buf, SIZE - 8));
	EXPECT_EQ(-EIO, client_touch(_metadata, &self->c, VA_BASE + SIZE, 4));
	ASSERT_EQ(0, vm_unmap(self->c.fd, self->c.vm, VA_BASE, SIZE));
	EXPECT_EQ(-EIO, client_touch(_metadata, &self->c, VA_BASE, 5));
	EXPECT_EQ(2, word_at(&self->buf, 0));
}

TEST_F(vm_bind, system_memory)
{
	ASSERT_EQ(0, map(self, &self->other, 0, VA_BASE, SIZE));
	EXPECT_EQ(0, client_fill(_metadata, &self->c, VA_BASE, SIZE, 0x77));
	EXPECT_EQ(0, count_wrong(self->other.map, SIZE, 0x77));
	ASSERT_EQ(0, vm_unmap(self->c.fd, self->c.vm, VA_BASE, SIZE));
	EXPECT_EQ(-EIO, client_touch(_metadata, &self->c, VA_BASE, 5));
}

TEST_F(vm_bind, part_of_an_object)
{
	ASSERT_EQ(0, map(self, &self->buf, 5 * PAGE, VA_BASE, PAGE));
	EXPECT_EQ(0, client_fill(_metadata, &self->c, VA_BASE, PAGE, 5));
	EXPECT_EQ(0, count_wrong(self->buf.map, 5 * PAGE, 0));
	EXPECT_EQ(0, count_wrong((char *)self->buf.map + 5 * PAGE, PAGE, 5));
	EXPECT_EQ(0, count_wrong((char *)self->buf.map + 6 * PAGE, 10 * PAGE, 0));
}

TEST_F(vm_bind, twice_at_two_addresses)
{
	ASSERT_EQ(0, map(self, &self->buf, 0, VA_BASE, SIZE));
	ASSERT_EQ(0, map(self, &self->buf, 0, VA_BASE + 8 * SIZE, SIZE));
	EXPECT_EQ(0, client_touch(_metadata, &self->c, VA_BASE, 1));
	EXPECT_EQ(0, client_touch(_metadata, &self->c, VA_BASE + 8 * SIZE + 8, 2));
	EXPECT_EQ(1, word_at(&self->buf, 0));
	EXPECT_EQ(2, word_at(&self->buf, 8));
}

TEST_F(vm_bind, unmap_the_middle)
{
	ASSERT_EQ(0, map(self, &self->buf, 0, VA_BASE, SIZE));
	ASSERT_EQ(0, vm_unmap(self->c.fd, self->c.vm, VA_BASE + 4 * PAGE, 2 * PAGE));
	EXPECT_EQ(0, client_touch(_metadata, &self->c, VA_BASE + 4 * PAGE - 8, 1));
	EXPECT_EQ(-EIO, client_touch(_metadata, &self->c, VA_BASE + 4 * PAGE, 2));
	EXPECT_EQ(-EIO, client_touch(_metadata, &self->c, VA_BASE + 6 * PAGE - 8, 3));
	EXPECT_EQ(0, client_touch(_metadata, &self->c, VA_BASE + 6 * PAGE, 4));
	EXPECT_EQ(1, word_at(&self->buf, 4 * PAGE - 8));
	EXPECT_EQ(0, word_at(&self->buf, 4 * PAGE));
	EXPECT_EQ(4, word_at(&self->buf, 6 * PAGE));
	/* Both rests and the hole in one go. */
	EXPECT_EQ(0, vm_unmap(self->c.fd, self->c.vm, VA_BASE, SIZE));
	EXPECT_EQ(-EIO, client_touch(_metadata, &self->c, VA_BASE, 5));
	EXPECT_EQ(-EIO, client_touch(_metadata, &self->c, VA_BASE + 6 * PAGE, 6));
}

TEST_F(vm_bind, replace)
{
	ASSERT_EQ(0, map(self, &self->buf, 0, VA_BASE, SIZE));
	EXPECT_EQ(0, client_fill(_metadata, &self->c, VA_BASE, SIZE, 1));
	ASSERT_EQ(0, map(self, &self->other, 8 * PAGE, VA_BASE + 4 * PAGE, 2 * PAGE));
	EXPECT_EQ(0, client_fill(_metadata, &self->c, VA_BASE, SIZE, 2));
	EXPECT_EQ(0, count_wrong(self->buf.map, 4 * PAGE, 2));
	EXPECT_EQ(0, count_wrong((char *)self->buf.map + 4 * PAGE, 2 * PAGE, 1));
	EXPECT_EQ(0, count_wrong((char *)self->buf.map + 6 * PAGE, 10 * PAGE, 2));
	EXPECT_EQ(0, count_wrong((char *)self->other.map + 8 * PAGE, 2 * PAGE, 2));
	EXPECT_EQ(0, count_wrong(self->other.map, 8 * PAGE, 0));
}

/* Large enough for pages of 2 MiB, which the cuts then split. */
TEST_F(vm_bind, cut_huge_pages)
{
	const __u64 size = 8 * MIB;
	struct buf big;

	buf_create(_metadata, self->c.fd, size, VRAM, &big);
	ASSERT_EQ(0, map(self, &big, 0, VA_BASE, size));
	EXPECT_EQ(0, client_fill(_metadata, &self->c, VA_BASE, size, 1));
	EXPECT_EQ(0, count_wrong(big.map, size, 1));
	ASSERT_EQ(0, vm_unmap(self->c.fd, self->c.vm, VA_BASE + 3 * MIB, PAGE));
	ASSERT_EQ(0, map(self, &self->buf, 0, VA_BASE + 5 * MIB, SIZE));
	EXPECT_EQ(0, client_fill(_metadata, &self->c, VA_BASE, 3 * MIB, 2));
	EXPECT_EQ(-EIO, client_touch(_metadata, &self->c, VA_BASE + 3 * MIB, 3));
	EXPECT_EQ(0, client_fill(_metadata, &self->c, VA_BASE + 3 * MIB + PAGE, 5 * MIB - PAGE, 4));
	EXPECT_EQ(0, count_wrong(big.map, 3 * MIB, 2));
	EXPECT_EQ(0, count_wrong((char *)big.map + 3 * MIB, PAGE, 1));
	EXPECT_EQ(0, count_wrong((char *)big.map + 3 * MIB + PAGE, 2 * MIB - PAGE, 4));
	EXPECT_EQ(0, count_wrong((char *)big.map + 5 * MIB, SIZE, 1));
	EXPECT_EQ(0, count_wrong(self->buf.map, SIZE, 4));
	EXPECT_EQ(0, count_wrong((char *)big.map + 5 * MIB + SIZE, 3 * MIB - SIZE, 4));
}

TEST_F(vm_bind, unmap_all_of_an_object)
{
	const struct drm_mtia_vm_bind_op op = {
		.op = DRM_MTIA_VM_BIND_UNMAP_ALL_BO,
		.bo_handle = self->buf.handle,
	};

	ASSERT_EQ(0, map(self, &self->buf, 0, VA_BASE, SIZE));
	ASSERT_EQ(0, map(self, &self->buf, 0, VA_BASE + 100 * SIZE, PAGE));
	ASSERT_EQ(0, map(self, &self->other, 0, VA_BASE + SIZE, SIZE));
	ASSERT_EQ(0, bind_op(self, op));
	EXPECT_EQ(-EIO, client_touch(_metadata, &self->c, VA_BASE, 1));
	EXPECT_EQ(-EIO, client_touch(_metadata, &self->c, VA_BASE + 100 * SIZE, 1));
	EXPECT_EQ(0, client_touch(_metadata, &self->c, VA_BASE + SIZE, 1));
	/* Nothing left to unmap. */
	EXPECT_EQ(0, bind_op(self, op));
}

TEST_F(vm_bind, unmap_where_nothing_is)
{
	EXPECT_EQ(0, vm_unmap(self->c.fd, self->c.vm, VA_BASE, 1ull << 39));
}

TEST_F(vm_bind, last_page_of_the_address_space)
{
	ASSERT_EQ(0, map(self, &self->buf, 0, MTIA_VA_USER_MAX - PAGE, PAGE));
	EXPECT_EQ(0, client_touch(_metadata, &self->c, MTIA_VA_USER_MAX - 8, 9));
	EXPECT_EQ(9, word_at(&self->buf, PAGE - 8));
}

TEST_F(vm_bind, read_only)
{
	fill_words(self->buf.map, SIZE, 0x11);
	ASSERT_EQ(0, vm_map(self->c.fd, self->c.vm, self->buf.handle, 0, VA_BASE, SIZE,
			    DRM_MTIA_VM_BIND_READONLY));
	EXPECT_EQ(0, client_read(_metadata, &self->c, VA_BASE, PAGE));
	EXPECT_EQ(0, count_wrong(client_read_result(&self->c), PAGE, 0x11));
	EXPECT_EQ(-EIO, client_touch(_metadata, &self->c, VA_BASE, 1));
	EXPECT_EQ(0x11, word_at(&self->buf, 0));
	/* Mapped again, it can be written. */
	ASSERT_EQ(0, map(self, &self->buf, 0, VA_BASE, PAGE));
	EXPECT_EQ(0, client_touch(_metadata, &self->c, VA_BASE, 2));
	EXPECT_EQ(-EIO, client_touch(_metadata, &self->c, VA_BASE + PAGE, 2));
}

/* Mapped memory stays when its handle is closed. */
TEST_F(vm_bind, handle_closed_while_mapped)
{
	struct buf fresh;

	ASSERT_EQ(0, map(self, &self->buf, 0, VA_BASE, SIZE));
	ASSERT_EQ(0, bo_close(self->c.fd, self->buf.handle));
	buf_create(_metadata, self->c.fd, SIZE, VRAM, &fresh);
	EXPECT_EQ(0, client_fill(_metadata, &self->c, VA_BASE, SIZE, 0x99));
	EXPECT_EQ(0, count_wrong(self->buf.map, SIZE, 0x99));
	EXPECT_EQ(0, count_wrong(fresh.map, SIZE, 0));
}

/* ---- What is refused ------------------------------------------------------------------------- */

TEST_F(vm_bind, unaligned)
{
	struct drm_mtia_vm_bind_op op = good_map(&self->buf);

	op.va += 8;
	EXPECT_EQ(-EINVAL, bind_op(self, op));
	op = good_map(&self->buf);
	op.size -= 8;
	EXPECT_EQ(-EINVAL, bind_op(self, op));
	op = good_map(&self->buf);
	op.size -= PAGE;
	op.bo_offset = 512;
	EXPECT_EQ(-EINVAL, bind_op(self, op));
	EXPECT_EQ(-EINVAL, vm_unmap(self->c.fd, self->c.vm, VA_BASE + 1, PAGE));
	EXPECT_EQ(-EINVAL, vm_unmap(self->c.fd, self->c.vm, VA_BASE, PAGE + 1));
}

TEST_F(vm_bind, size_zero)
{
	struct drm_mtia_vm_bind_op op = good_map(&self->buf);

	op.size = 0;
	EXPECT_EQ(-EINVAL, bind_op(self, op));
	EXPECT_EQ(-EINVAL, vm_unmap(self->c.fd, self->c.vm, VA_BASE, 0));
}

TEST_F(vm_bind, addresses_that_are_not_the_clients)
{
	static const __u64 vas[] = {
		0,
		PAGE,
		MTIA_PA_CTRL,
		MTIA_PA_SRAM,
		VA_BASE - PAGE,
		VA_BASE - SIZE + PAGE,
		MTIA_VA_USER_MAX - SIZE + PAGE,
		MTIA_VA_USER_MAX,
		1ull << 63,
		-PAGE,
		-SIZE,
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(vas); i++) {
		EXPECT_EQ(-EINVAL, map(self, &self->buf, 0, vas[i], SIZE)) {
			TH_LOG("map at 0x%llx", vas[i]);
		}
		EXPECT_EQ(-EINVAL, vm_unmap(self->c.fd, self->c.vm, vas[i], SIZE)) {
			TH_LOG("unmap at 0x%llx", vas[i]);
		}
	}
	EXPECT_EQ(-EINVAL, vm_unmap(self->c.fd, self->c.vm, VA_BASE, -PAGE));
}

TEST_F(vm_bind, beyond_the_object)
{
	EXPECT_EQ(-EINVAL, map(self, &self->buf, 0, VA_BASE, SIZE + PAGE));
	EXPECT_EQ(-EINVAL, map(self, &self->buf, PAGE, VA_BASE, SIZE));
	EXPECT_EQ(-EINVAL, map(self, &self->buf, SIZE, VA_BASE, PAGE));
	EXPECT_EQ(-EINVAL, map(self, &self->buf, -PAGE, VA_BASE, PAGE));
	EXPECT_EQ(-EINVAL, map(self, &self->buf, -PAGE, VA_BASE, 2 * PAGE));
}

TEST_F(vm_bind, unknown_handle)
{
	struct drm_mtia_vm_bind_op op = good_map(&self->buf);

	op.bo_handle = 1234;
	EXPECT_EQ(-ENOENT, bind_op(self, op));
	op.bo_handle = 0;
	EXPECT_EQ(-ENOENT, bind_op(self, op));
	op = (struct drm_mtia_vm_bind_op){
		.op = DRM_MTIA_VM_BIND_UNMAP_ALL_BO,
		.bo_handle = 1234,
	};
	EXPECT_EQ(-ENOENT, bind_op(self, op));
}

TEST_F(vm_bind, unknown_operation)
{
	struct drm_mtia_vm_bind_op op = good_map(&self->buf);

	op.op = DRM_MTIA_VM_BIND_SYNC_ONLY + 1;
	EXPECT_EQ(-EINVAL, bind_op(self, op));
	op.op = ~0u;
	EXPECT_EQ(-EINVAL, bind_op(self, op));
}

TEST_F(vm_bind, unknown_operation_flags)
{
	int bit;

	for (bit = 2; bit < 32; bit++) {
		struct drm_mtia_vm_bind_op op = good_map(&self->buf);

		op.flags = 1u << bit;
		EXPECT_EQ(-EINVAL, bind_op(self, op));
	}
}

TEST_F(vm_bind, operation_pad)
{
	struct drm_mtia_vm_bind_op op = good_map(&self->buf);

	op.pad = 1;
	EXPECT_EQ(-EINVAL, bind_op(self, op));
}

TEST_F(vm_bind, fields_that_an_operation_does_not_have)
{
	const struct drm_mtia_vm_bind_op wrong[] = {
		{.op = DRM_MTIA_VM_BIND_UNMAP,
		 .va = VA_BASE,
		 .size = PAGE,
		 .flags = DRM_MTIA_VM_BIND_READONLY},
		{.op = DRM_MTIA_VM_BIND_UNMAP,
		 .va = VA_BASE,
		 .size = PAGE,
		 .bo_handle = self->buf.handle},
		{.op = DRM_MTIA_VM_BIND_UNMAP, .va = VA_BASE, .size = PAGE, .bo_offset = PAGE},
		{.op = DRM_MTIA_VM_BIND_UNMAP_ALL_BO, .bo_handle = self->buf.handle, .va = VA_BASE},
		{.op = DRM_MTIA_VM_BIND_UNMAP_ALL_BO, .bo_handle = self->buf.handle, .size = PAGE},
		{.op = DRM_MTIA_VM_BIND_UNMAP_ALL_BO, .bo_handle = self->buf.handle, .flags = 1},
		{.op = DRM_MTIA_VM_BIND_SYNC_ONLY, .bo_handle = self->buf.handle},
		{.op = DRM_MTIA_VM_BIND_SYNC_ONLY, .size = PAGE},
		{.op = DRM_MTIA_VM_BIND_SYNC_ONLY, .flags = 1},
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(wrong); i++) {
		EXPECT_EQ(-EINVAL, bind_op(self, wrong[i])) {
			TH_LOG("case %zu", i);
		}
	}
}

TEST_F(vm_bind, unknown_vm)
{
	const struct drm_mtia_vm_bind_op op = good_map(&self->buf);

	EXPECT_EQ(-ENOENT, vm_bind(self->c.fd, 0, &op, 1));
	EXPECT_EQ(-ENOENT, vm_bind(self->c.fd, self->c.vm + 1, &op, 1));
}

TEST_F(vm_bind, vm_of_another_file)
{
	int fd = device_open();
	struct drm_mtia_vm_get_state state = { .vm_id = self->c.vm };
	__u32 handle;

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, bo_create(fd, PAGE, VRAM, 0, &handle));
	EXPECT_EQ(-ENOENT, vm_map(fd, self->c.vm, handle, 0, VA_BASE, PAGE, 0));
	EXPECT_EQ(-ENOENT, vm_destroy(fd, self->c.vm));
	EXPECT_EQ(-ENOENT, mtia_ioctl(fd, DRM_IOCTL_MTIA_VM_GET_STATE, &state));
	close(fd);
}

static struct drm_mtia_vm_bind good_call(struct _test_data_vm_bind *self,
					 const struct drm_mtia_vm_bind_op *op)
{
	return (struct drm_mtia_vm_bind){
		.vm_id = self->c.vm,
		.ops = { sizeof(*op), 1, (uintptr_t)op },
	};
}

static int call(struct _test_data_vm_bind *self, struct drm_mtia_vm_bind args)
{
	return mtia_ioctl(self->c.fd, DRM_IOCTL_MTIA_VM_BIND, &args);
}

TEST_F(vm_bind, unknown_flags)
{
	const struct drm_mtia_vm_bind_op op = good_map(&self->buf);
	int bit;

	for (bit = 1; bit < 32; bit++) {
		struct drm_mtia_vm_bind args = good_call(self, &op);

		args.flags = 1u << bit;
		EXPECT_EQ(-EINVAL, call(self, args));
	}
}

TEST_F(vm_bind, syncs_of_a_synchronous_call)
{
	const struct drm_mtia_vm_bind_op op = good_map(&self->buf);
	const struct drm_mtia_sync sync = {
		.flags = DRM_MTIA_SYNC_SIGNAL,
		.handle = self->c.syncobj,
	};
	struct drm_mtia_vm_bind args = good_call(self, &op);

	args.syncs = (struct drm_mtia_obj_array){ sizeof(sync), 1, (uintptr_t)&sync };
	EXPECT_EQ(-EINVAL, call(self, args));
}

TEST_F(vm_bind, no_operations)
{
	struct drm_mtia_vm_bind args = good_call(self, NULL);

	args.ops = (struct drm_mtia_obj_array){};
	EXPECT_EQ(0, call(self, args));
	args.ops.array = 16;
	EXPECT_EQ(0, call(self, args));
}

TEST_F(vm_bind, most_operations_and_one_more)
{
	struct drm_mtia_vm_bind_op *ops = calloc(DRM_MTIA_MAX_ARRAY + 1, sizeof(*ops));
	__u32 i;

	ASSERT_NE(NULL, ops);
	for (i = 0; i <= DRM_MTIA_MAX_ARRAY; i++) {
		ops[i] = good_map(&self->buf);
		ops[i].size = PAGE;
		ops[i].bo_offset = i % 16 * PAGE;
		ops[i].va += i * PAGE;
	}
	EXPECT_EQ(-E2BIG, vm_bind(self->c.fd, self->c.vm, ops, DRM_MTIA_MAX_ARRAY + 1));
	EXPECT_EQ(-EIO, client_touch(_metadata, &self->c, VA_BASE, 1));
	EXPECT_EQ(-E2BIG, vm_bind(self->c.fd, self->c.vm, ops, ~0u));
	EXPECT_EQ(0, vm_bind(self->c.fd, self->c.vm, ops, DRM_MTIA_MAX_ARRAY));
	EXPECT_EQ(0, client_fill(_metadata, &self->c, VA_BASE, DRM_MTIA_MAX_ARRAY * PAGE, 7));
	EXPECT_EQ(0, count_wrong(self->buf.map, SIZE, 7));
	free(ops);
}

TEST_F(vm_bind, array_that_cannot_be_read)
{
	struct drm_mtia_vm_bind args = good_call(self, (void *)16);

	EXPECT_EQ(-EFAULT, call(self, args));
}

TEST_F(vm_bind, stride_smaller_than_an_operation)
{
	const struct drm_mtia_vm_bind_op op = good_map(&self->buf);
	struct drm_mtia_vm_bind args = good_call(self, &op);

	args.ops.stride -= 8;
	EXPECT_EQ(-EINVAL, call(self, args));
	args.ops.stride = 0;
	EXPECT_EQ(-EINVAL, call(self, args));
}

TEST_F(vm_bind, stride_larger_with_zero_tail)
{
	struct {
		struct drm_mtia_vm_bind_op op;
		__u64 later;
	} ops[2] = { { .op = good_map(&self->buf) }, { .op = good_map(&self->other) } };
	struct drm_mtia_vm_bind args = good_call(self, &ops[0].op);

	ops[1].op.va += SIZE;
	args.ops.stride = sizeof(ops[0]);
	args.ops.count = 2;
	EXPECT_EQ(0, call(self, args));
	EXPECT_EQ(0, client_touch(_metadata, &self->c, VA_BASE, 1));
	EXPECT_EQ(0, client_touch(_metadata, &self->c, VA_BASE + SIZE, 2));
	EXPECT_EQ(2, word_at(&self->other, 0));
	ops[1].later = 1;
	EXPECT_EQ(-E2BIG, call(self, args));
}

TEST_F(vm_bind, stride_huge)
{
	const struct drm_mtia_vm_bind_op op = good_map(&self->buf);
	struct drm_mtia_vm_bind args = good_call(self, &op);

	args.ops.stride = ~0u & ~7u;
	args.ops.count = DRM_MTIA_MAX_ARRAY;
	EXPECT_EQ(-E2BIG, call(self, args));
}

TEST_F(vm_bind, all_or_nothing)
{
	struct drm_mtia_vm_bind_op ops[3] = { good_map(&self->buf), good_map(&self->other),
					      good_map(&self->other) };

	ops[1].va += SIZE;
	ops[2].va += 2 * SIZE;
	ops[2].bo_handle = 1234;
	EXPECT_EQ(-ENOENT, vm_bind(self->c.fd, self->c.vm, ops, 3));
	EXPECT_EQ(-EIO, client_touch(_metadata, &self->c, VA_BASE, 1));
	EXPECT_EQ(-EIO, client_touch(_metadata, &self->c, VA_BASE + SIZE, 1));
	ops[2].bo_handle = self->other.handle;
	ops[2].bo_offset = SIZE;
	EXPECT_EQ(-EINVAL, vm_bind(self->c.fd, self->c.vm, ops, 3));
	EXPECT_EQ(-EIO, client_touch(_metadata, &self->c, VA_BASE, 1));
	/* The same without the mistake, in the order given. */
	ops[2].bo_offset = 0;
	ops[2].va = VA_BASE;
	EXPECT_EQ(0, vm_bind(self->c.fd, self->c.vm, ops, 3));
	EXPECT_EQ(0, client_touch(_metadata, &self->c, VA_BASE, 3));
	EXPECT_EQ(3, word_at(&self->other, 0));
	EXPECT_EQ(0, word_at(&self->buf, 0));
}

/* ---- Address spaces themselves --------------------------------------------------------------- */

static int create_vm(int fd, __u64 start, __u64 size, __u32 flags, __u32 *vm)
{
	struct drm_mtia_vm_create args = {
		.flags = flags,
		.user_va_start = start,
		.user_va_size = size,
	};
	int err = mtia_ioctl(fd, DRM_IOCTL_MTIA_VM_CREATE, &args);

	*vm = args.vm_id;
	return err;
}

TEST_F(vm_bind, vm_with_a_range)
{
	__u32 vm;

	ASSERT_EQ(0, create_vm(self->c.fd, VA_BASE + MIB, MIB, 0, &vm));
	EXPECT_EQ(0, vm_map(self->c.fd, vm, self->buf.handle, 0, VA_BASE + MIB, SIZE, 0));
	EXPECT_EQ(0,
		  vm_map(self->c.fd, vm, self->buf.handle, 0, VA_BASE + 2 * MIB - SIZE, SIZE, 0));
	EXPECT_EQ(-EINVAL, vm_map(self->c.fd, vm, self->buf.handle, 0, VA_BASE, SIZE, 0));
	EXPECT_EQ(-EINVAL, vm_map(self->c.fd, vm, self->buf.handle, 0, VA_BASE + 2 * MIB, SIZE, 0));
	EXPECT_EQ(-EINVAL, vm_map(self->c.fd, vm, self->buf.handle, 0,
				  VA_BASE + 2 * MIB - PAGE, SIZE, 0));
}

TEST_F(vm_bind, vm_ranges_refused)
{
	static const __u64 ranges[][2] = {
		{ VA_BASE, 0 },
		{ 0, PAGE },
		{ VA_BASE - PAGE, MIB },
		{ VA_BASE + 8, MIB },
		{ VA_BASE, MIB + 8 },
		{ VA_BASE, MTIA_VA_USER_MAX },
		{ MTIA_VA_USER_MAX, PAGE },
		{ VA_BASE, -PAGE },
		{ -PAGE, 2 * PAGE },
	};
	size_t i;
	__u32 vm;

	for (i = 0; i < ARRAY_SIZE(ranges); i++) {
		EXPECT_EQ(-EINVAL, create_vm(self->c.fd, ranges[i][0], ranges[i][1], 0, &vm)) {
			TH_LOG("0x%llx + 0x%llx", ranges[i][0], ranges[i][1]);
		}
	}
}

TEST_F(vm_bind, vm_flags)
{
	__u32 vm, bit;

	for (bit = 0; bit < 32; bit++)
		EXPECT_EQ(-EINVAL, create_vm(self->c.fd, 0, 0, 1u << bit, &vm));
}

TEST_F(vm_bind, vm_destroyed_while_queues_use_it)
{
	EXPECT_EQ(-EBUSY, vm_destroy(self->c.fd, self->c.vm));
	ASSERT_EQ(0, queue_destroy(self->c.fd, self->c.queue));
	EXPECT_EQ(0, vm_destroy(self->c.fd, self->c.vm));
	EXPECT_EQ(-ENOENT, vm_destroy(self->c.fd, self->c.vm));
}

TEST_F(vm_bind, vm_destroy_pad)
{
	struct drm_mtia_vm_destroy args = { .pad = 1 };

	ASSERT_EQ(0, vm_create(self->c.fd, &args.vm_id));
	EXPECT_EQ(-EINVAL, mtia_ioctl(self->c.fd, DRM_IOCTL_MTIA_VM_DESTROY, &args));
}

TEST_F_TIMEOUT(vm_bind, vms_used_up_and_free_again, 100)
{
	struct drm_mtia_device_info info;
	__u64 used = vram_used(self->c.fd);
	static __u32 vms[2048];
	__u32 count;
	int err = 0, round;

	ASSERT_EQ(0, query(self->c.fd, DRM_MTIA_QUERY_DEVICE_INFO, &info, sizeof(info)));
	for (round = 0; round < 2; round++) {
		for (count = 0; count < 2048; count++) {
			err = vm_create(self->c.fd, &vms[count]);
			if (err)
				break;
			/* More of them than the chip has ASIDs. */
			if (count < 100)
				ASSERT_EQ(0, vm_map(self->c.fd, vms[count], self->buf.handle, 0,
						    VA_BASE, SIZE, 0));
		}
		EXPECT_EQ(-ENOSPC, err);
		/* One is the fixture's. */
		EXPECT_EQ(info.max_vms - 1, count);
		while (count--)
			EXPECT_EQ(0, vm_destroy(self->c.fd, vms[count]));
		EXPECT_EQ(used, vram_used(self->c.fd));
	}
}

/* Page tables of a VA that spreads over everything are given back too. */
TEST_F(vm_bind, page_tables_are_freed)
{
	__u64 used = vram_used(self->c.fd);
	int bit;

	for (bit = 33; bit < 48; bit++)
		ASSERT_EQ(0, map(self, &self->buf, 0, 1ull << bit, PAGE));
	EXPECT_LT(used, vram_used(self->c.fd));
	for (bit = 33; bit < 48; bit++)
		ASSERT_EQ(0, vm_unmap(self->c.fd, self->c.vm, 1ull << bit, PAGE));
	EXPECT_EQ(used, vram_used(self->c.fd));
}

TEST_HARNESS_MAIN
