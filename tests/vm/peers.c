// SPDX-License-Identifier: GPL-2.0
/*
 * Two devices below one PCIe switch, and a kernel with peer-to-peer DMA: the second one uses what
 * the first one exports where it is.
 */
#include "mtia_test.h"

#define SIZE	  (16 * PAGE)
#define VA_SHARED (VA_BASE + 0x10000000)

FIXTURE(peers)
{
	struct client a, b;
	struct buf own;	/* of a, at VA_BASE */
	__u32 shared;	/* its handle in b, at VA_SHARED */
};

static int open_device(int i)
{
	char path[32];

	snprintf(path, sizeof(path), "/dev/accel/accel%d", i);
	return open(path, O_RDWR | O_CLOEXEC);
}

/* An object of a at VA_SHARED of b; its handle there. */
static __u32 share(struct __test_metadata *_metadata, struct client *a, __u32 handle,
		   struct client *b)
{
	int dmabuf = bo_export(a->fd, handle);
	__u32 imported;

	ASSERT_LE(0, dmabuf);
	ASSERT_EQ(0, bo_import(b->fd, dmabuf, &imported));
	close(dmabuf);
	ASSERT_EQ(0, vm_map(b->fd, b->vm, imported, 0, VA_SHARED, SIZE, 0));
	return imported;
}

FIXTURE_SETUP(peers)
{
	client_start(_metadata, &self->a, open_device(0), 9000);
	client_start(_metadata, &self->b, open_device(1), 9000);
	client_buf(_metadata, &self->a, SIZE, VRAM, VA_BASE, &self->own);
	self->shared = share(_metadata, &self->a, self->own.handle, &self->b);
}

FIXTURE_TEARDOWN(peers)
{
	client_close(&self->a);
	client_close(&self->b);
}

TEST_F(peers, meet_in_device_memory)
{
	__u32 value, imported;

	for (value = 1; value < 8; value++) {
		/* By turns one and the other writes, and the one who did not reads. */
		struct client *from = value % 2 ? &self->a : &self->b;
		struct client *to = value % 2 ? &self->b : &self->a;

		ASSERT_EQ(0, client_fill(_metadata, from, value % 2 ? VA_BASE : VA_SHARED, SIZE,
					 value));
		ASSERT_EQ(0, client_read(_metadata, to,
					 (value % 2 ? VA_SHARED : VA_BASE) + 3 * PAGE, PAGE));
		EXPECT_EQ(0, count_wrong(client_read_result(to), PAGE, value));
		EXPECT_EQ(0, count_wrong(self->own.map, SIZE, value));
		EXPECT_EQ(VRAM, bo_where(self->a.fd, self->own.handle, NULL));
	}
	EXPECT_EQ(SYSTEM, bo_where(self->b.fd, self->shared, &imported));
	EXPECT_EQ(1, imported);
}

/* Made where there is room between others, so it has several ranges. */
TEST_F(peers, in_pieces)
{
	const __u64 piece = 256 * 1024, size = 16 * piece;
	__u32 small[64], handle, i;
	struct buf big;

	for (i = 0; i < ARRAY_SIZE(small); i++)
		ASSERT_EQ(0, bo_create(self->a.fd, piece, VRAM, 0, &small[i]));
	while (vram_free(self->a.fd) >= size)
		ASSERT_EQ(0, bo_create(self->a.fd, size / 2, VRAM, 0, &handle));
	for (i = 0; i < ARRAY_SIZE(small); i += 2)
		ASSERT_EQ(0, bo_close(self->a.fd, small[i]));
	ASSERT_EQ(0, bo_create(self->a.fd, size, VRAM, 0, &big.handle));
	ASSERT_EQ(VRAM, bo_where(self->a.fd, big.handle, NULL));
	big.map = bo_mmap(self->a.fd, big.handle, size, PROT_READ | PROT_WRITE);
	ASSERT_NE(MAP_FAILED, big.map);

	ASSERT_EQ(0, vm_unmap(self->b.fd, self->b.vm, VA_SHARED, SIZE));
	handle = share(_metadata, &self->a, big.handle, &self->b);
	ASSERT_EQ(0, vm_map(self->b.fd, self->b.vm, handle, 0, VA_SHARED, size, 0));
	ASSERT_EQ(0, client_fill(_metadata, &self->b, VA_SHARED, size, 0x31));
	EXPECT_EQ(0, count_wrong(big.map, size, 0x31));
	EXPECT_EQ(VRAM, bo_where(self->a.fd, big.handle, NULL));
	munmap(big.map, size);
}

/* It leaves device memory because others want that: the peer's next job finds it. */
TEST_F(peers, evicted_under_the_peer)
{
	__u32 round, handle;

	for (round = 1; round < 4; round++) {
		int filler = open_device(0);

		ASSERT_EQ(0, client_fill(_metadata, &self->b, VA_SHARED, SIZE, round));
		ASSERT_EQ(VRAM, bo_where(self->a.fd, self->own.handle, NULL));
		ASSERT_LE(0, filler);
		while (bo_where(self->a.fd, self->own.handle, NULL) == VRAM)
			ASSERT_EQ(0, bo_create(filler, 4 * MIB, VRAM, 0, &handle));
		EXPECT_EQ(0, client_read(_metadata, &self->b, VA_SHARED + PAGE, PAGE));
		EXPECT_EQ(0, count_wrong(client_read_result(&self->b), PAGE, round));
		EXPECT_EQ(0, client_fill(_metadata, &self->b, VA_SHARED, SIZE, 0x100 + round));
		close(filler);
		/* A job of its own brings it back, with what the peer wrote. */
		EXPECT_EQ(0, client_read(_metadata, &self->a, VA_BASE + 2 * PAGE, PAGE));
		EXPECT_EQ(0, count_wrong(client_read_result(&self->a), PAGE, 0x100 + round));
		EXPECT_EQ(VRAM, bo_where(self->a.fd, self->own.handle, NULL));
	}
}

/* No handle of the exporter is left, but its VM has it mapped: importers hear of moves all the same. */
TEST_F(peers, evicted_without_a_handle)
{
	int filler = open_device(0);
	__u32 handle, i;

	ASSERT_LE(0, filler);
	ASSERT_EQ(0, client_fill(_metadata, &self->b, VA_SHARED, SIZE, 0x71));
	ASSERT_EQ(0, bo_close(self->a.fd, self->own.handle));
	for (i = 0; i < 2 * vram_size(filler) / (4 * MIB); i++)
		ASSERT_EQ(0, bo_create(filler, 4 * MIB, VRAM | SYSTEM, 0, &handle));
	close(filler);
	ASSERT_EQ(0, client_read(_metadata, &self->b, VA_SHARED, PAGE));
	EXPECT_EQ(0, count_wrong(client_read_result(&self->b), PAGE, 0x71));
	/* Back to device memory; what the peer has is stale. */
	ASSERT_EQ(0, client_fill(_metadata, &self->a, VA_BASE, SIZE, 0x72));
	ASSERT_EQ(0, client_read(_metadata, &self->b, VA_SHARED, PAGE));
	EXPECT_EQ(0, count_wrong(client_read_result(&self->b), PAGE, 0x72));
}

TEST_F(peers, what_stays_in_sram)
{
	__u32 handle;
	void *map;

	ASSERT_EQ(0, bo_create(self->a.fd, SIZE, DRM_MTIA_PLACE_SRAM, 0, &handle));
	map = bo_mmap(self->a.fd, handle, SIZE, PROT_READ | PROT_WRITE);
	ASSERT_NE(MAP_FAILED, map);
	ASSERT_EQ(0, vm_unmap(self->b.fd, self->b.vm, VA_SHARED, SIZE));
	share(_metadata, &self->a, handle, &self->b);
	ASSERT_EQ(0, client_fill(_metadata, &self->b, VA_SHARED, SIZE, 0x81));
	EXPECT_EQ(0, count_wrong(map, SIZE, 0x81));
	EXPECT_EQ(DRM_MTIA_PLACE_SRAM, bo_where(self->a.fd, handle, NULL));
	munmap(map, SIZE);
}

/* The exporter goes while the peer's job uses its memory: that ends, and the next one is refused. */
TEST_F(peers, exporter_goes)
{
	char path[64], name[16], driver[] = DRIVER_SYSFS "/unbind";
	struct cmds cmds;
	ssize_t length;
	pid_t child;
	int status, fd, node;

	length = readlink("/sys/class/accel/accel0/device", path, sizeof(path) - 1);
	ASSERT_LT(12, length);
	path[length] = 0;
	snprintf(name, sizeof(name), "%s", path + length - 12);

	cmds_begin(&cmds);
	client_gate(&self->b, &cmds);
	cmds_fill(&cmds, VA_SHARED, SIZE, 0x91);
	ASSERT_EQ(0, client_submit(&self->b, &cmds));
	child = fork();
	if (!child) {
		fd = open(driver, O_WRONLY);
		_exit(write(fd, name, 12) == 12 ? 0 : 1);
	}
	/* It waits for the job. */
	nap_ms(300);
	EXPECT_EQ(0, waitpid(child, &status, WNOHANG));
	EXPECT_EQ(-ETIME, syncobj_wait(self->b.fd, self->b.syncobj, 0));
	client_release(&self->b);
	EXPECT_EQ(0, client_wait(_metadata, &self->b));
	ASSERT_EQ(child, waitpid(child, &status, 0));
	EXPECT_EQ(0, status);

	cmds_begin(&cmds);
	cmds_fill(&cmds, VA_SHARED, SIZE, 0x92);
	EXPECT_EQ(-ENODEV, client_submit(&self->b, &cmds));
	/* Without it the peer goes on. */
	ASSERT_EQ(0, vm_unmap(self->b.fd, self->b.vm, VA_SHARED, SIZE));
	cmds_begin(&cmds);
	ASSERT_EQ(0, client_submit(&self->b, &cmds));
	EXPECT_EQ(0, client_wait(_metadata, &self->b));

	client_close(&self->a);
	memcpy(strrchr(driver, '/'), "/bind", 6);
	fd = open(driver, O_WRONLY);
	EXPECT_EQ(12, write(fd, name, 12));
	close(fd);
	/* Its old number is taken until the last reference goes. */
	for (node = 0, fd = -1; fd < 0 && node < 8; node++)
		fd = node == 1 ? -1 : open_device(node);
	client_start(_metadata, &self->a, fd, 9000);
}

TEST_HARNESS_MAIN
