// SPDX-License-Identifier: GPL-2.0
/* Sharing buffers: export and import, with udmabuf, dma-heap and vgem as partners. */
#include <linux/dma-buf.h>
#include <linux/dma-heap.h>
#include <linux/udmabuf.h>
#include <sys/syscall.h>
#include <sys/utsname.h>

#include "mtia_test.h"

#define SIZE (64 * PAGE)
#define VA_SHARED (VA_BASE + 0x10000000)

/* vgem's own ioctls; no Debian package has its header. */
struct vgem_fence_attach {
	__u32 handle, flags, out_fence, pad;
};

struct vgem_fence_signal {
	__u32 fence, flags;
};

#define VGEM_FENCE_WRITE 1
#define VGEM_FENCE_ATTACH DRM_IOWR(DRM_COMMAND_BASE + 1, struct vgem_fence_attach)
#define VGEM_FENCE_SIGNAL DRM_IOW(DRM_COMMAND_BASE + 2, struct vgem_fence_signal)

static int memfd_dmabuf(void)
{
	struct udmabuf_create args = { .flags = UDMABUF_FLAGS_CLOEXEC, .size = SIZE };
	int udmabuf = open("/dev/udmabuf", O_RDWR | O_CLOEXEC), fd;

	args.memfd = syscall(SYS_memfd_create, "prime", MFD_ALLOW_SEALING);
	if (udmabuf < 0 || (int)args.memfd < 0 || ftruncate(args.memfd, SIZE) ||
	    fcntl(args.memfd, F_ADD_SEALS, F_SEAL_SHRINK))
		return -1;
	fd = ioctl(udmabuf, UDMABUF_CREATE, &args);
	close(args.memfd);
	close(udmabuf);
	return fd;
}

static int heap_dmabuf(void)
{
	struct dma_heap_allocation_data args = { .len = SIZE, .fd_flags = O_RDWR | O_CLOEXEC };
	int heap = open("/dev/dma_heap/system", O_RDONLY | O_CLOEXEC), err;

	if (heap < 0)
		return -1;
	err = ioctl(heap, DMA_HEAP_IOCTL_ALLOC, &args);
	close(heap);
	return err ? -1 : (int)args.fd;
}

/* The virtual GEM device, whichever node it has. */
static int vgem_open(void)
{
	char path[32], name[16] = "";
	int i;

	if (system("modprobe vgem >/dev/null 2>&1"))
		return -1;
	for (i = 0; i < 8; i++) {
		struct drm_version version = { .name = name, .name_len = sizeof(name) - 1 };
		int fd;

		snprintf(path, sizeof(path), "/dev/dri/card%d", i);
		fd = open(path, O_RDWR | O_CLOEXEC);
		if (fd < 0)
			continue;
		if (!ioctl(fd, DRM_IOCTL_VERSION, &version) && !strcmp(name, "vgem"))
			return fd;
		close(fd);
	}
	return -1;
}

static int vgem_create(int vgem, __u32 *handle)
{
	struct drm_mode_create_dumb args = { .width = SIZE / 4, .height = 1, .bpp = 32 };
	int err = mtia_ioctl(vgem, DRM_IOCTL_MODE_CREATE_DUMB, &args);

	*handle = args.handle;
	return err;
}

FIXTURE(prime)
{
	struct client c, other;
	struct buf buf;
};

FIXTURE_SETUP(prime)
{
	client_open(_metadata, &self->c, 9000);
	client_open(_metadata, &self->other, 9000);
	buf_create(_metadata, self->c.fd, SIZE, VRAM, &self->buf);
	ASSERT_EQ(0, vm_map(self->c.fd, self->c.vm, self->buf.handle, 0, VA_SHARED, SIZE, 0));
}

FIXTURE_TEARDOWN(prime)
{
	client_close(&self->c);
	client_close(&self->other);
}

TEST_F(prime, back_to_the_same_file)
{
	int dmabuf = bo_export(self->c.fd, self->buf.handle);
	__u32 handle;

	ASSERT_LE(0, dmabuf);
	EXPECT_EQ(0, bo_import(self->c.fd, dmabuf, &handle));
	EXPECT_EQ(self->buf.handle, handle);
	close(dmabuf);
}

TEST_F(prime, to_another_client)
{
	int dmabuf = bo_export(self->c.fd, self->buf.handle);
	__u32 handle, imported;

	ASSERT_LE(0, dmabuf);
	ASSERT_EQ(0, bo_import(self->other.fd, dmabuf, &handle));
	close(dmabuf);
	/* The same object, no copy, still in device memory. */
	EXPECT_EQ(VRAM, bo_where(self->other.fd, handle, &imported));
	EXPECT_EQ(0, imported);
	ASSERT_EQ(0, vm_map(self->other.fd, self->other.vm, handle, 0, VA_SHARED, SIZE, 0));
	EXPECT_EQ(0, client_fill(_metadata, &self->other, VA_SHARED, SIZE, 0x77));
	EXPECT_EQ(0, count_wrong(self->buf.map, SIZE, 0x77));
	/* It outlives the one that made it. */
	client_close(&self->c);
	EXPECT_EQ(0, client_read(_metadata, &self->other, VA_SHARED + SIZE - PAGE, PAGE));
	EXPECT_EQ(0, count_wrong(client_read_result(&self->other), PAGE, 0x77));
	client_open(_metadata, &self->c, 9000);
}

TEST_F(prime, exclusive_ones_are_not_exported)
{
	struct drm_mtia_bo_create args = { .size = PAGE, .placement = VRAM,
					   .exclusive_vm_id = self->c.vm };

	ASSERT_EQ(0, mtia_ioctl(self->c.fd, DRM_IOCTL_MTIA_BO_CREATE, &args));
	EXPECT_EQ(-EPERM, bo_export(self->c.fd, args.handle));
}

TEST_F(prime, what_is_no_dmabuf)
{
	__u32 handle;

	EXPECT_EQ(-EINVAL, bo_import(self->c.fd, STDIN_FILENO, &handle));
	EXPECT_EQ(-EBADF, bo_import(self->c.fd, -1, &handle));
	EXPECT_EQ(-ENOENT, bo_export(self->c.fd, 0xffff));
}

static void check_import(struct __test_metadata *_metadata, struct client *c, int dmabuf)
{
	struct dma_buf_sync sync = { .flags = DMA_BUF_SYNC_START | DMA_BUF_SYNC_RW };
	__u32 handle, imported;
	void *map, *own;

	ASSERT_LE(0, dmabuf);
	map = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, dmabuf, 0);
	ASSERT_NE(MAP_FAILED, map);
	ASSERT_EQ(0, ioctl(dmabuf, DMA_BUF_IOCTL_SYNC, &sync));
	fill_words(map, SIZE, 0x21);
	sync.flags = DMA_BUF_SYNC_END | DMA_BUF_SYNC_RW;
	ASSERT_EQ(0, ioctl(dmabuf, DMA_BUF_IOCTL_SYNC, &sync));

	ASSERT_EQ(0, bo_import(c->fd, dmabuf, &handle));
	close(dmabuf);
	ASSERT_EQ(0, vm_map(c->fd, c->vm, handle, 0, VA_BASE, SIZE, 0));
	EXPECT_EQ(SYSTEM, bo_where(c->fd, handle, &imported));
	EXPECT_EQ(1, imported);
	/* The device reads what the CPU wrote, and the other way round. */
	EXPECT_EQ(0, client_read(_metadata, c, VA_BASE + 7 * PAGE, PAGE));
	EXPECT_EQ(0, count_wrong(client_read_result(c), PAGE, 0x21));
	EXPECT_EQ(0, client_fill(_metadata, c, VA_BASE, SIZE, 0x43));
	EXPECT_EQ(0, count_wrong(map, SIZE, 0x43));
	/* Through our node it is the same memory. */
	own = bo_mmap(c->fd, handle, SIZE, PROT_READ);
	ASSERT_NE(MAP_FAILED, own);
	EXPECT_EQ(0, count_wrong(own, SIZE, 0x43));
	munmap(own, SIZE);
	munmap(map, SIZE);
	/* Closed while mapped, then unmapped. */
	EXPECT_EQ(0, bo_close(c->fd, handle));
	EXPECT_EQ(0, client_fill(_metadata, c, VA_BASE, SIZE, 0x44));
	EXPECT_EQ(0, vm_unmap(c->fd, c->vm, VA_BASE, SIZE));
}

TEST_F(prime, import_of_a_memfd)
{
	check_import(_metadata, &self->c, memfd_dmabuf());
}

TEST_F(prime, import_from_the_heap)
{
	check_import(_metadata, &self->c, heap_dmabuf());
}

TEST_F(prime, import_from_vgem)
{
	int vgem = vgem_open();
	__u32 handle;

	ASSERT_LE(0, vgem);
	ASSERT_EQ(0, vgem_create(vgem, &handle));
	check_import(_metadata, &self->c, bo_export(vgem, handle));
	close(vgem);
}

/* vgem pins what it imports: it moves to system memory and our jobs use it there. */
TEST_F(prime, export_to_vgem)
{
	int vgem = vgem_open(), dmabuf = bo_export(self->c.fd, self->buf.handle);
	__u32 handle, imported;
	struct utsname name;
	int home;

	/* Since 7.0 vgem takes the dma-buf itself and does not attach to it: nothing moves. */
	ASSERT_EQ(0, uname(&name));
	home = atoi(name.release) < 7 ? SYSTEM : VRAM;
	ASSERT_LE(0, vgem);
	fill_words(self->buf.map, SIZE, 0x31);
	ASSERT_EQ(VRAM, bo_where(self->c.fd, self->buf.handle, &imported));
	ASSERT_EQ(0, bo_import(vgem, dmabuf, &handle));
	close(dmabuf);
	EXPECT_EQ(home, bo_where(self->c.fd, self->buf.handle, &imported));
	EXPECT_EQ(0, imported);
	EXPECT_EQ(0, client_read(_metadata, &self->c, VA_SHARED + PAGE, PAGE));
	EXPECT_EQ(0, count_wrong(client_read_result(&self->c), PAGE, 0x31));
	EXPECT_EQ(0, client_fill(_metadata, &self->c, VA_SHARED, SIZE, 0x32));
	EXPECT_EQ(0, count_wrong(self->buf.map, SIZE, 0x32));
	EXPECT_EQ(home, bo_where(self->c.fd, self->buf.handle, &imported));

	/* Once nobody else has it, the next job brings it back. */
	close(vgem);
	EXPECT_EQ(0, vm_map(self->c.fd, self->c.vm, self->buf.handle, 0, VA_SHARED, SIZE, 0));
	EXPECT_EQ(VRAM, bo_where(self->c.fd, self->buf.handle, &imported));
	EXPECT_EQ(0, client_read(_metadata, &self->c, VA_SHARED + PAGE, PAGE));
	EXPECT_EQ(0, count_wrong(client_read_result(&self->c), PAGE, 0x32));
}

/* A job waits for the fence that another driver left in a shared buffer. */
TEST_F(prime, jobs_wait_for_others)
{
	struct vgem_fence_attach attach = { .flags = VGEM_FENCE_WRITE };
	struct vgem_fence_signal signal = {};
	int vgem = vgem_open();
	struct cmds cmds;
	__u32 handle;

	ASSERT_LE(0, vgem);
	ASSERT_EQ(0, vgem_create(vgem, &attach.handle));
	ASSERT_EQ(0, bo_import(self->c.fd, bo_export(vgem, attach.handle), &handle));
	ASSERT_EQ(0, vm_map(self->c.fd, self->c.vm, handle, 0, VA_BASE, SIZE, 0));
	ASSERT_EQ(0, mtia_ioctl(vgem, VGEM_FENCE_ATTACH, &attach));
	cmds_begin(&cmds);
	cmds_fill(&cmds, VA_BASE, SIZE, 1);
	ASSERT_EQ(0, client_submit(&self->c, &cmds));
	EXPECT_EQ(-ETIME, syncobj_wait(self->c.fd, self->c.syncobj, after_ms(200)));
	signal.fence = attach.out_fence;
	ASSERT_EQ(0, mtia_ioctl(vgem, VGEM_FENCE_SIGNAL, &signal));
	EXPECT_EQ(0, client_wait(_metadata, &self->c));
	/* And others see the job: its fence is a writer's. */
	cmds_begin(&cmds);
	client_gate(&self->c, &cmds);
	ASSERT_EQ(0, client_submit(&self->c, &cmds));
	EXPECT_EQ(-EBUSY, mtia_ioctl(vgem, VGEM_FENCE_ATTACH, &attach));
	client_release(&self->c);
	EXPECT_EQ(0, client_wait(_metadata, &self->c));
	close(vgem);
}

/* A file of its own, and of the importer, in every order of closing. */
TEST_F(prime, closed_in_any_order)
{
	int order;

	for (order = 0; order < 6; order++) {
		int fd = device_open(), vgem = vgem_open(), dmabuf, i;
		int *all[3] = { &fd, &vgem, &dmabuf };
		static const int orders[6][3] = { { 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 },
						  { 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 } };
		__u32 handle;

		ASSERT_LE(0, fd);
		ASSERT_EQ(0, bo_create(fd, SIZE, VRAM, 0, &handle));
		dmabuf = bo_export(fd, handle);
		ASSERT_LE(0, dmabuf);
		ASSERT_EQ(0, bo_import(vgem, dmabuf, &handle));
		for (i = 0; i < 3; i++)
			close(*all[orders[order][i]]);
	}
}

/* Exported buffers take part in eviction as long as nobody has them pinned. */
TEST_F(prime, an_exported_one_can_be_evicted)
{
	int dmabuf = bo_export(self->c.fd, self->buf.handle);
	__u32 handle, imported;
	void *map;
	int i;

	ASSERT_LE(0, dmabuf);
	map = mmap(NULL, SIZE, PROT_READ, MAP_SHARED, dmabuf, 0);
	ASSERT_NE(MAP_FAILED, map);
	EXPECT_EQ(0, client_fill(_metadata, &self->c, VA_SHARED, SIZE, 0x51));
	EXPECT_EQ(0, count_wrong(map, SIZE, 0x51));
	/* Full, then over and over a little more than full. */
	ASSERT_EQ(0, bo_create(self->other.fd, vram_free(self->c.fd), VRAM, 0, &handle));
	for (i = 0; i < 64 && bo_where(self->c.fd, self->buf.handle, &imported) == VRAM; i++)
		ASSERT_EQ(0, bo_create(self->other.fd, SIZE, VRAM, 0, &handle));
	/* Its pages are others' now: neither mapping may show them. */
	EXPECT_EQ(SYSTEM, bo_where(self->c.fd, self->buf.handle, &imported));
	EXPECT_EQ(0, count_wrong(map, SIZE, 0x51));
	EXPECT_EQ(0, count_wrong(self->buf.map, SIZE, 0x51));
	EXPECT_EQ(0, client_fill(_metadata, &self->c, VA_SHARED, SIZE, 0x52));
	EXPECT_EQ(0, count_wrong(map, SIZE, 0x52));
	munmap(map, SIZE);
	close(dmabuf);
}

TEST_HARNESS_MAIN
