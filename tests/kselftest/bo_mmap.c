// SPDX-License-Identifier: GPL-2.0
/* Mappings of buffer objects in the CPU's address space. */
#include "mtia_test.h"

FIXTURE(bo_mmap)
{
	struct client c;
	struct buf buf; /* 16 pages at VA_BASE */
};

FIXTURE_VARIANT(bo_mmap)
{
	__u32 placement, flags;
};

FIXTURE_VARIANT_ADD(bo_mmap, vram)
{
	.placement = VRAM,
};

FIXTURE_VARIANT_ADD(bo_mmap, sram)
{
	.placement = SRAM,
};

FIXTURE_VARIANT_ADD(bo_mmap, system)
{
	.placement = SYSTEM,
};

FIXTURE_VARIANT_ADD(bo_mmap, system_wc)
{
	.placement = SYSTEM, .flags = DRM_MTIA_BO_CACHE_WC,
};

#define SIZE (16 * PAGE)

FIXTURE_SETUP(bo_mmap)
{
	client_open(_metadata, &self->c, 0);
	self->buf.size = SIZE;
	ASSERT_EQ(0, bo_create(self->c.fd, SIZE, variant->placement, variant->flags,
			       &self->buf.handle));
	self->buf.map = bo_mmap(self->c.fd, self->buf.handle, SIZE, PROT_READ | PROT_WRITE);
	ASSERT_NE(MAP_FAILED, self->buf.map);
	ASSERT_EQ(0, vm_map(self->c.fd, self->c.vm, self->buf.handle, 0, VA_BASE, SIZE, 0));
}

FIXTURE_TEARDOWN(bo_mmap)
{
	client_close(&self->c);
}

TEST_F(bo_mmap, cpu_and_device_see_each_other)
{
	struct cmds cmds;
	__u32 i;

	for (i = 0; i < SIZE / 8; i++)
		((__u64 *)self->buf.map)[i] = i * 0x9e3779b97f4a7c15ull;
	cmds_begin(&cmds);
	cmds_copy(&cmds, VA_BASE + 8 * PAGE, VA_BASE, 8 * PAGE);
	ASSERT_EQ(0, client_run(_metadata, &self->c, &cmds));
	EXPECT_EQ(0, memcmp(self->buf.map, (char *)self->buf.map + 8 * PAGE, 8 * PAGE));
	ASSERT_EQ(0, client_fill(_metadata, &self->c, VA_BASE, SIZE, ~0ull));
	EXPECT_EQ(0, count_wrong(self->buf.map, SIZE, ~0ull));
}

TEST_F(bo_mmap, second_mapping_shows_the_same)
{
	char *again = bo_mmap(self->c.fd, self->buf.handle, SIZE, PROT_READ | PROT_WRITE);

	ASSERT_NE(MAP_FAILED, again);
	fill_words(self->buf.map, SIZE, 3);
	EXPECT_EQ(0, count_wrong(again, SIZE, 3));
	munmap(again, SIZE);
}

TEST_F(bo_mmap, first_part_only)
{
	char *part = bo_mmap(self->c.fd, self->buf.handle, PAGE, PROT_READ | PROT_WRITE);

	ASSERT_NE(MAP_FAILED, part);
	fill_words(part, PAGE, 4);
	EXPECT_EQ(0, count_wrong(self->buf.map, PAGE, 4));
	EXPECT_EQ(0, count_wrong((char *)self->buf.map + PAGE, PAGE, 0));
	munmap(part, PAGE);
}

TEST_F(bo_mmap, unmapped_in_the_middle)
{
	char *map = self->buf.map;

	fill_words(map, SIZE, 5);
	ASSERT_EQ(0, munmap(map + 4 * PAGE, 4 * PAGE));
	EXPECT_EQ(0, count_wrong(map, 4 * PAGE, 5));
	EXPECT_EQ(0, count_wrong(map + 8 * PAGE, 8 * PAGE, 5));
}

TEST_F(bo_mmap, longer_than_the_object)
{
	__u64 offset;

	ASSERT_EQ(0, bo_mmap_offset(self->c.fd, self->buf.handle, &offset));
	EXPECT_EQ(MAP_FAILED, mmap(NULL, SIZE + PAGE, PROT_READ, MAP_SHARED, self->c.fd, offset));
	EXPECT_EQ(EINVAL, errno);
}

TEST_F(bo_mmap, offset_inside_or_behind_the_object)
{
	__u64 offset;

	ASSERT_EQ(0, bo_mmap_offset(self->c.fd, self->buf.handle, &offset));
	EXPECT_EQ(MAP_FAILED, mmap(NULL, SIZE, PROT_READ, MAP_SHARED, self->c.fd, offset + PAGE));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(MAP_FAILED, mmap(NULL, PAGE, PROT_READ, MAP_SHARED, self->c.fd, offset + SIZE));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(MAP_FAILED, mmap(NULL, PAGE, PROT_READ, MAP_SHARED, self->c.fd, 0));
	EXPECT_EQ(EINVAL, errno);
}

TEST_F(bo_mmap, offset_of_another_client)
{
	int other = device_open();
	__u64 offset;

	ASSERT_LE(0, other);
	ASSERT_EQ(0, bo_mmap_offset(self->c.fd, self->buf.handle, &offset));
	EXPECT_EQ(MAP_FAILED, mmap(NULL, SIZE, PROT_READ, MAP_SHARED, other, offset));
	EXPECT_EQ(EACCES, errno);
	close(other);
}

TEST_F(bo_mmap, offset_of_a_closed_object)
{
	__u32 handle;
	__u64 offset;

	ASSERT_EQ(0, bo_create(self->c.fd, PAGE, variant->placement, variant->flags, &handle));
	ASSERT_EQ(0, bo_mmap_offset(self->c.fd, handle, &offset));
	ASSERT_EQ(0, bo_close(self->c.fd, handle));
	EXPECT_EQ(MAP_FAILED, mmap(NULL, PAGE, PROT_READ, MAP_SHARED, self->c.fd, offset));
	EXPECT_EQ(EINVAL, errno);
}

TEST_F(bo_mmap, object_that_must_not_be_mapped)
{
	__u64 offset;
	__u32 handle;

	ASSERT_EQ(0, bo_create(self->c.fd, PAGE, variant->placement,
			       variant->flags | DRM_MTIA_BO_NO_MMAP, &handle));
	EXPECT_EQ(-EINVAL, bo_mmap_offset(self->c.fd, handle, &offset));
}

TEST_F(bo_mmap, unknown_handle)
{
	__u64 offset;

	EXPECT_EQ(-ENOENT, bo_mmap_offset(self->c.fd, 1234, &offset));
}

TEST_F(bo_mmap, pad_must_be_zero)
{
	struct drm_mtia_bo_mmap_offset args = { .handle = self->buf.handle, .pad = 1 };

	EXPECT_EQ(-EINVAL, mtia_ioctl(self->c.fd, DRM_IOCTL_MTIA_BO_MMAP_OFFSET, &args));
}

TEST_F(bo_mmap, private_mapping)
{
	__u64 offset;

	ASSERT_EQ(0, bo_mmap_offset(self->c.fd, self->buf.handle, &offset));
	EXPECT_EQ(MAP_FAILED, mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE, self->c.fd,
				   offset));
	EXPECT_EQ(EINVAL, errno);
}

TEST_F_SIGNAL(bo_mmap, write_to_a_read_only_mapping, SIGSEGV)
{
	volatile char *map = bo_mmap(self->c.fd, self->buf.handle, SIZE, PROT_READ);

	ASSERT_NE(MAP_FAILED, (void *)map);
	ASSERT_EQ(0, map[0]);
	map[0] = 1;
}

/* The object lives as long as a mapping of it. */
TEST_F(bo_mmap, mapping_outlives_handle_and_file)
{
	__u64 used = vram_used(self->c.fd);
	int fd = device_open();
	struct buf buf, other;

	ASSERT_LE(0, fd);
	buf.size = SIZE;
	ASSERT_EQ(0, bo_create(fd, SIZE, variant->placement, variant->flags, &buf.handle));
	buf.map = bo_mmap(fd, buf.handle, SIZE, PROT_READ | PROT_WRITE);
	ASSERT_NE(MAP_FAILED, buf.map);
	fill_words(buf.map, SIZE, 6);
	ASSERT_EQ(0, bo_close(fd, buf.handle));
	close(fd);
	EXPECT_EQ(0, count_wrong(buf.map, SIZE, 6));
	/* And nobody else got its memory. */
	buf_create(_metadata, self->c.fd, SIZE, variant->placement, &other);
	fill_words(other.map, SIZE, 7);
	EXPECT_EQ(0, count_wrong(buf.map, SIZE, 6));
	buf_destroy(self->c.fd, &other);
	munmap(buf.map, SIZE);
	EXPECT_EQ(used, vram_used(self->c.fd));
}

TEST_F(bo_mmap, fork_inherits_the_mapping)
{
	int status;
	pid_t pid;

	fill_words(self->buf.map, SIZE, 8);
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		if (count_wrong(self->buf.map, SIZE, 8))
			_exit(1);
		fill_words(self->buf.map, SIZE, 9);
		_exit(0);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
	EXPECT_EQ(0, count_wrong(self->buf.map, SIZE, 9));
}

/* The way debuggers read and write. */
TEST_F(bo_mmap, access_through_proc_mem)
{
	int mem = open("/proc/self/mem", O_RDWR | O_CLOEXEC);
	off_t at = (uintptr_t)self->buf.map + PAGE - 4;
	__u64 word = 0;

	ASSERT_LE(0, mem);
	fill_words(self->buf.map, SIZE, 0x1122334455667788ull);
	EXPECT_EQ(8, pread(mem, &word, 8, at));
	EXPECT_EQ(0x5566778811223344ull, word);
	word = 0xaabbccddeeff0011ull;
	EXPECT_EQ(8, pwrite(mem, &word, 8, at));
	word = 0;
	memcpy(&word, (char *)self->buf.map + PAGE - 4, 8);
	EXPECT_EQ(0xaabbccddeeff0011ull, word);
	close(mem);
}

/* First and last byte of the device memory that objects can have. */
TEST(bo_mmap_all_of_device_memory)
{
	const __u64 piece = 16 * MIB;
	struct buf bufs[256];
	int i, count, fd = device_open();

	ASSERT_LE(0, fd);
	/* One more would make others go to system memory. */
	for (count = 0; count < 256 && vram_free(fd) >= piece; count++) {
		bufs[count].size = piece;
		ASSERT_EQ(0, bo_create(fd, piece, VRAM, 0, &bufs[count].handle));
		bufs[count].map = bo_mmap(fd, bufs[count].handle, piece, PROT_READ | PROT_WRITE);
		ASSERT_NE(MAP_FAILED, bufs[count].map);
	}
	ASSERT_LT(4, count);
	for (i = 0; i < count; i++) {
		fill_words(bufs[i].map, 8, 1000 + i);
		fill_words((char *)bufs[i].map + piece - 8, 8, 2000 + i);
	}
	for (i = 0; i < count; i++) {
		EXPECT_EQ(0, count_wrong(bufs[i].map, 8, 1000 + i));
		EXPECT_EQ(0, count_wrong((char *)bufs[i].map + piece - 8, 8, 2000 + i));
		buf_destroy(fd, &bufs[i]);
	}
	close(fd);
}

TEST_HARNESS_MAIN
