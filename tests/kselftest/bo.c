// SPDX-License-Identifier: GPL-2.0
/* Buffer objects: creation, limits, contents, labels, waiting. */
#include "mtia_test.h"

FIXTURE(bo)
{
	int fd;
	__u32 handle;
};

FIXTURE_SETUP(bo)
{
	self->fd = device_open();
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, bo_create(self->fd, PAGE, VRAM, 0, &self->handle));
}

FIXTURE_TEARDOWN(bo)
{
	close(self->fd);
}

static int create(int fd, __u64 size, __u32 placement, __u32 flags)
{
	__u32 handle;

	return bo_create(fd, size, placement, flags, &handle);
}

TEST_F(bo, info_says_what_was_created)
{
	static const struct {
		__u64 size;
		__u32 placement, flags, at;
	} cases[] = {
		{ PAGE, VRAM, 0, VRAM },
		{ 3 * PAGE, SYSTEM, 0, SYSTEM },
		{ 5 * MIB, VRAM | SYSTEM, 0, VRAM },
		{ MIB + PAGE, VRAM, DRM_MTIA_BO_CONTIGUOUS, VRAM },
		{ PAGE, SYSTEM, DRM_MTIA_BO_CACHE_WC, SYSTEM },
		{ PAGE, VRAM, DRM_MTIA_BO_NO_MMAP, VRAM },
		{ PAGE, SYSTEM, DRM_MTIA_BO_NO_MMAP, SYSTEM },
		{ 7 * PAGE, SRAM, 0, SRAM },
		{ PAGE, SRAM, DRM_MTIA_BO_NO_MMAP, SRAM },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct drm_mtia_bo_info info = {};

		ASSERT_EQ(0, bo_create(self->fd, cases[i].size, cases[i].placement, cases[i].flags,
				       &info.handle));
		ASSERT_NE(0, info.handle);
		ASSERT_EQ(0, mtia_ioctl(self->fd, DRM_IOCTL_MTIA_BO_INFO, &info));
		EXPECT_EQ(cases[i].size, info.size);
		EXPECT_EQ(cases[i].placement, info.placement);
		EXPECT_EQ(cases[i].flags, info.flags);
		EXPECT_EQ(cases[i].at, info.current_placement);
		EXPECT_EQ(0, info.imported);
	}
}

TEST_F(bo, size_zero)
{
	EXPECT_EQ(-EINVAL, create(self->fd, 0, VRAM, 0));
}

TEST_F(bo, size_unaligned)
{
	EXPECT_EQ(-EINVAL, create(self->fd, PAGE + 1, VRAM, 0));
	EXPECT_EQ(-EINVAL, create(self->fd, PAGE / 2, SYSTEM, 0));
}

TEST_F(bo, size_beyond_the_address_space)
{
	EXPECT_EQ(-E2BIG, create(self->fd, 1ull << 48, VRAM, 0));
	EXPECT_EQ(-E2BIG, create(self->fd, -PAGE, VRAM, 0));
	EXPECT_EQ(-E2BIG, create(self->fd, -PAGE, SYSTEM, 0));
}

TEST_F(bo, size_beyond_device_memory)
{
	EXPECT_EQ(-ENOSPC, create(self->fd, 1ull << 40, VRAM, 0));
	EXPECT_EQ(-ENOSPC, create(self->fd, 1ull << 40, VRAM, DRM_MTIA_BO_CONTIGUOUS));
}

TEST_F(bo, size_beyond_system_memory)
{
	EXPECT_EQ(-ENOMEM, create(self->fd, 1ull << 40, SYSTEM, 0));
	EXPECT_EQ(-ENOMEM, create(self->fd, 1ull << 46, SYSTEM, 0));
}

TEST_F(bo, placement_none_or_unknown)
{
	EXPECT_EQ(-EINVAL, create(self->fd, PAGE, 0, 0));
	EXPECT_EQ(-EINVAL, create(self->fd, PAGE, 8, 0));
	EXPECT_EQ(-EINVAL, create(self->fd, PAGE, SRAM | 8, 0));
	EXPECT_EQ(-EINVAL, create(self->fd, PAGE, VRAM | 1u << 31, 0));
}

/* SRAM is there or it is not: nothing is moved out of it, or somewhere else instead. */
TEST_F(bo, sram_is_not_mixed_with_others)
{
	EXPECT_EQ(-EINVAL, create(self->fd, PAGE, SRAM | VRAM, 0));
	EXPECT_EQ(-EINVAL, create(self->fd, PAGE, SRAM | SYSTEM, 0));
	EXPECT_EQ(-EINVAL, create(self->fd, PAGE, SRAM, DRM_MTIA_BO_CONTIGUOUS));
	EXPECT_EQ(-EINVAL, create(self->fd, PAGE, SRAM, DRM_MTIA_BO_CACHE_WC));
}

TEST_F(bo, sram_that_is_full)
{
	struct drm_mtia_mem_region regions[3] = {};
	__u32 all, more;

	ASSERT_EQ(0, query(self->fd, DRM_MTIA_QUERY_MEM_REGIONS, regions, sizeof(regions)));
	ASSERT_EQ(SRAM, regions[2].type);
	ASSERT_EQ(0, regions[2].used);
	EXPECT_EQ(-ENOSPC, create(self->fd, regions[2].size + PAGE, SRAM, 0));
	ASSERT_EQ(0, bo_create(self->fd, regions[2].size, SRAM, 0, &all));
	EXPECT_EQ(-ENOSPC, create(self->fd, PAGE, SRAM, 0));
	ASSERT_EQ(0, query(self->fd, DRM_MTIA_QUERY_MEM_REGIONS, regions, sizeof(regions)));
	EXPECT_EQ(regions[2].size, regions[2].used);
	bo_close(self->fd, all);
	EXPECT_EQ(0, bo_create(self->fd, PAGE, SRAM, 0, &more));
}

TEST_F(bo, flags_unknown)
{
	int bit;

	for (bit = 3; bit < 32; bit++)
		EXPECT_EQ(-EINVAL, create(self->fd, PAGE, VRAM, 1u << bit));
}

TEST_F(bo, flags_of_the_other_placement)
{
	EXPECT_EQ(-EINVAL, create(self->fd, PAGE, VRAM, DRM_MTIA_BO_CACHE_WC));
	EXPECT_EQ(-EINVAL, create(self->fd, PAGE, SYSTEM, DRM_MTIA_BO_CONTIGUOUS));
}

TEST_F(bo, reserved_must_be_zero)
{
	int i;

	for (i = 0; i < 2; i++) {
		struct drm_mtia_bo_create args = { .size = PAGE, .placement = VRAM };

		args.reserved[i] = 1;
		EXPECT_EQ(-EINVAL, mtia_ioctl(self->fd, DRM_IOCTL_MTIA_BO_CREATE, &args));
	}
}

TEST_F(bo, exclusive_vm)
{
	struct drm_mtia_bo_create args = { .size = PAGE, .placement = VRAM };
	__u32 vm, other;

	ASSERT_EQ(0, vm_create(self->fd, &vm));
	ASSERT_EQ(0, vm_create(self->fd, &other));
	args.exclusive_vm_id = vm;
	ASSERT_EQ(0, mtia_ioctl(self->fd, DRM_IOCTL_MTIA_BO_CREATE, &args));
	EXPECT_EQ(0, vm_map(self->fd, vm, args.handle, 0, VA_BASE, PAGE, 0));
	EXPECT_EQ(-EINVAL, vm_map(self->fd, other, args.handle, 0, VA_BASE, PAGE, 0));
}

TEST_F(bo, exclusive_vm_unknown)
{
	struct drm_mtia_bo_create args = {
		.size = PAGE,
		.placement = VRAM,
		.exclusive_vm_id = 1234,
	};

	EXPECT_EQ(-ENOENT, mtia_ioctl(self->fd, DRM_IOCTL_MTIA_BO_CREATE, &args));
}

TEST_F(bo, handle_is_reused_after_close)
{
	__u32 first, second;

	ASSERT_EQ(0, bo_create(self->fd, PAGE, VRAM, 0, &first));
	EXPECT_EQ(0, bo_close(self->fd, first));
	EXPECT_EQ(-EINVAL, bo_close(self->fd, first));
	ASSERT_EQ(0, bo_create(self->fd, PAGE, SYSTEM, 0, &second));
	EXPECT_EQ(first, second);
}

TEST_F(bo, info_of_an_unknown_handle)
{
	struct drm_mtia_bo_info info = { .handle = self->handle + 1 };

	EXPECT_EQ(-ENOENT, mtia_ioctl(self->fd, DRM_IOCTL_MTIA_BO_INFO, &info));
	info.handle = 0;
	EXPECT_EQ(-ENOENT, mtia_ioctl(self->fd, DRM_IOCTL_MTIA_BO_INFO, &info));
}

TEST_F(bo, info_pad)
{
	struct drm_mtia_bo_info info = { .handle = self->handle, .pad = 1 };

	EXPECT_EQ(-EINVAL, mtia_ioctl(self->fd, DRM_IOCTL_MTIA_BO_INFO, &info));
}

/* Everything is given away, then given back and can be had again. */
TEST_F(bo, memory_full_and_free_again)
{
	const __u64 piece = 16 * MIB;
	__u32 handles[4096];
	int i, count, full, err = 0, round;

	for (round = 0; round < 2; round++) {
		__u64 used = vram_used(self->fd);
		struct drm_mtia_bo_info info = {};

		for (count = 0; vram_free(self->fd) >= 2 * piece; count++)
			ASSERT_EQ(0, bo_create(self->fd, piece, VRAM, 0, &handles[count]));
		EXPECT_LT(4, count);
		EXPECT_EQ(used + count * piece, vram_used(self->fd));
		/* An object that may be in system memory as well goes there. */
		ASSERT_EQ(0, bo_create(self->fd, 2 * piece, VRAM | SYSTEM, 0, &handles[count++]));
		info.handle = handles[count - 1];
		ASSERT_EQ(0, mtia_ioctl(self->fd, DRM_IOCTL_MTIA_BO_INFO, &info));
		EXPECT_EQ(SYSTEM, info.current_placement);
		/* One that may not makes others move there, till that is full, too. */
		for (full = count; count < 4096; count++) {
			err = bo_create(self->fd, piece, SYSTEM, 0, &handles[count]);
			if (err)
				break;
		}
		EXPECT_EQ(-ENOMEM, err);
		ASSERT_LT(full + 2, count);
		EXPECT_EQ(0, bo_close(self->fd, handles[--count]));
		for (full = count; count < 4096; count++) {
			err = bo_create(self->fd, piece, VRAM, 0, &handles[count]);
			if (err)
				break;
		}
		EXPECT_EQ(-ENOSPC, err);
		EXPECT_LT(full, count);
		for (i = 0; i < count; i++)
			EXPECT_EQ(0, bo_close(self->fd, handles[i]));
		/* One of a page may have moved. */
		EXPECT_GE(used, vram_used(self->fd));
	}
}

static void check_zero_after_secret(struct __test_metadata *_metadata, __u32 placement)
{
	const __u64 size = 12 * MIB;
	int other = device_open();
	struct buf secret, fresh;
	int i;

	ASSERT_LE(0, other);
	for (i = 0; i < 3; i++) {
		int fd = device_open();

		ASSERT_LE(0, fd);
		buf_create(_metadata, other, size, placement, &secret);
		fill_words(secret.map, size, 0x5ec2e75ec2e75ec2ull);
		buf_destroy(other, &secret);
		buf_create(_metadata, fd, size, placement, &fresh);
		EXPECT_EQ(0, count_wrong(fresh.map, size, 0));
		buf_destroy(fd, &fresh);
		close(fd);
	}
	close(other);
}

TEST_F(bo, content_is_zero_in_device_memory)
{
	check_zero_after_secret(_metadata, VRAM);
}

TEST_F(bo, content_is_zero_in_sram)
{
	check_zero_after_secret(_metadata, SRAM);
}

TEST_F(bo, content_is_zero_in_system_memory)
{
	check_zero_after_secret(_metadata, SYSTEM);
}

/* ---- Labels ---------------------------------------------------------------------------------- */

static int set_label(int fd, __u32 handle, const void *text, __u32 length)
{
	struct drm_mtia_bo_set_label args = {
		.handle = handle,
		.length = length,
		.label = (uintptr_t)text,
	};

	return mtia_ioctl(fd, DRM_IOCTL_MTIA_BO_SET_LABEL, &args);
}

TEST_F(bo, label_set_replaced_removed)
{
	char longest[64];

	memset(longest, 'x', sizeof(longest));
	EXPECT_EQ(0, set_label(self->fd, self->handle, "weights", 7));
	EXPECT_EQ(0, set_label(self->fd, self->handle, longest, 63));
	EXPECT_EQ(0, set_label(self->fd, self->handle, NULL, 0));
}

TEST_F(bo, label_too_long)
{
	char text[64] = "";

	memset(text, 'x', sizeof(text));
	EXPECT_EQ(-E2BIG, set_label(self->fd, self->handle, text, 64));
	EXPECT_EQ(-E2BIG, set_label(self->fd, self->handle, text, ~0u));
}

TEST_F(bo, label_with_nul_inside)
{
	EXPECT_EQ(-EINVAL, set_label(self->fd, self->handle, "a\0b", 3));
}

TEST_F(bo, label_bad_pointer)
{
	EXPECT_EQ(-EFAULT, set_label(self->fd, self->handle, (void *)16, 4));
}

TEST_F(bo, label_of_an_unknown_handle)
{
	EXPECT_EQ(-ENOENT, set_label(self->fd, self->handle + 1, "x", 1));
}

/* ---- Waiting --------------------------------------------------------------------------------- */

TEST_F(bo, wait_for_an_idle_one)
{
	EXPECT_EQ(0, bo_wait(self->fd, self->handle, 0, 0));
	EXPECT_EQ(0, bo_wait(self->fd, self->handle, 0, -1));
	EXPECT_EQ(0, bo_wait(self->fd, self->handle, DRM_MTIA_BO_WAIT_WRITE_ONLY, after_ms(1000)));
	EXPECT_EQ(0, bo_wait(self->fd, self->handle, 0, INT64_MAX));
}

TEST_F(bo, wait_flags_unknown)
{
	EXPECT_EQ(-EINVAL, bo_wait(self->fd, self->handle, 2, 0));
}

TEST_F(bo, wait_for_an_unknown_handle)
{
	EXPECT_EQ(-ENOENT, bo_wait(self->fd, self->handle + 1, 0, 0));
}

TEST_F(bo, wait_for_a_busy_one)
{
	struct client c;
	struct cmds cmds;
	struct buf buf;
	__s64 begin;

	client_open(_metadata, &c, 9000);
	client_buf(_metadata, &c, PAGE, VRAM, VA_BASE, &buf);
	cmds_begin(&cmds);
	client_gate(&c, &cmds);
	cmds_fill(&cmds, VA_BASE, PAGE, 7);
	ASSERT_EQ(0, client_submit(&c, &cmds));

	EXPECT_EQ(-ETIME, bo_wait(c.fd, buf.handle, 0, 0));
	EXPECT_EQ(-ETIME, bo_wait(c.fd, buf.handle, 0, -5));
	begin = after_ms(0);
	EXPECT_EQ(-ETIME, bo_wait(c.fd, buf.handle, 0, after_ms(100)));
	EXPECT_LE(begin + 99000000, after_ms(0));
	EXPECT_EQ(-ETIME, bo_wait(c.fd, buf.handle, DRM_MTIA_BO_WAIT_WRITE_ONLY, 0));

	client_release(&c);
	EXPECT_EQ(0, bo_wait(c.fd, buf.handle, 0, INT64_MAX));
	EXPECT_EQ(0, count_wrong(buf.map, PAGE, 7));
	EXPECT_EQ(0, client_wait(_metadata, &c));
	client_close(&c);
}

TEST_HARNESS_MAIN
