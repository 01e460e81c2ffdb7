// SPDX-License-Identifier: GPL-2.0
/*
 * Memory runs out in each allocation of each call, one after the other: the call says -ENOMEM or
 * does without, nothing is half done, nothing is leaked, and the next one works. For kernels with
 * CONFIG_FAILSLAB and CONFIG_FAIL_PAGE_ALLOC; make check-deep has one.
 */
#include "mtia_test.h"

#define SIZE	  (16 * PAGE)
#define VA_NEW	  (VA_BASE + 0x40000000)
#define MOST	  4000 /* allocations of one call */
/* Caches get pages now and then, which are allocations, too: not each call's nth is the same one. */
#define TIMES	  6

FIXTURE(nomem)
{
	struct client c;
	struct buf buf; /* at VA_BASE */
	int nth;	/* /proc/.../fail-nth of this thread */
	char node[300];
	__u32 handle;
	int fd;
	__u64 used;
};

static int write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), written;

	if (fd < 0)
		return -errno;
	written = write(fd, text, strlen(text)) < 0 ? -errno : 0;
	close(fd);
	return written;
}

/*
 * All caches but one: the kernel's buddy allocator enters a block as free that already is when it
 * has no memory to split it (err_undo of alloc_from_freetree(), 6.12 and 7.x), and then goes wrong.
 */
static int choose_caches(void)
{
	DIR *dir = opendir("/sys/kernel/slab");
	struct dirent *entry;
	char path[320];
	int chosen = 0;

	while (dir && (entry = readdir(dir))) {
		if (entry->d_name[0] == '.' || strstr(entry->d_name, "buddy_block"))
			continue;
		snprintf(path, sizeof(path), "/sys/kernel/slab/%s/failslab", entry->d_name);
		chosen += !write_text(path, "1");
	}
	if (dir)
		closedir(dir);
	return chosen;
}

FIXTURE_SETUP(nomem)
{
	static const char *const settings[][2] = {
		{ "failslab/ignore-gfp-wait", "N" },
		{ "failslab/cache-filter", "Y" },
		{ "fail_page_alloc/ignore-gfp-wait", "N" },
		{ "fail_page_alloc/ignore-gfp-highmem", "N" },
		{ "fail_page_alloc/min-order", "0" },
		/* Without its stack trace for each. */
		{ "failslab/verbose", "0" },
		{ "fail_page_alloc/verbose", "0" },
	};
	char path[64];
	unsigned int i;

	for (i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
		snprintf(path, sizeof(path), "/sys/kernel/debug/%s", settings[i][0]);
		ASSERT_EQ(0, write_text(path, settings[i][1]));
	}
	ASSERT_LT(10, choose_caches());
	snprintf(path, sizeof(path), "/proc/self/task/%d/fail-nth", (int)gettid());
	self->nth = open(path, O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, self->nth);
	ASSERT_EQ(0, device_node(self->node, sizeof(self->node)));
	client_open(_metadata, &self->c, 0);
	client_buf(_metadata, &self->c, SIZE, VRAM, VA_BASE, &self->buf);
	self->used = vram_used(self->c.fd);
}

FIXTURE_TEARDOWN(nomem)
{
	client_close(&self->c);
	close(self->nth);
}

/* Calls with the nth allocation failing. Return: whether there was an nth one. */
static bool call_with(struct __test_metadata *_metadata, FIXTURE_DATA(nomem) *self, int nth,
		      int (*call)(FIXTURE_DATA(nomem) *), int *err)
{
	char left[16] = "", text[16];
	int length = snprintf(text, sizeof(text), "%d", nth);

	ASSERT_EQ(length, pwrite(self->nth, text, length, 0));
	*err = call(self);
	ASSERT_LT(0, pread(self->nth, left, sizeof(left) - 1, 0));
	ASSERT_EQ(1, pwrite(self->nth, "0", 1, 0));
	return atoi(left) == 0;
}

/*
 * call: one call, all of it valid. after: takes back what it did, or checks that a call that failed
 * (err) did nothing.
 */
static void sweep(struct __test_metadata *_metadata, FIXTURE_DATA(nomem) *self,
		  int (*call)(FIXTURE_DATA(nomem) *),
		  void (*after)(struct __test_metadata *, FIXTURE_DATA(nomem) *, int err))
{
	int calls = 0, err, failed = 0;

	while (call_with(_metadata, self, 1 + calls / TIMES, call, &err)) {
		ASSERT_GT(MOST * TIMES, calls++);
		/* Some can be done without, or are tried again. */
		if (err) {
			ASSERT_EQ(-ENOMEM, err) TH_LOG("call %d", calls);
			failed++;
		}
		after(_metadata, self, err);
	}
	ASSERT_EQ(0, err);
	after(_metadata, self, 0);
	TH_LOG("%d allocations, %d of %d calls failed", calls / TIMES, failed, calls);
	EXPECT_LT(0, failed);

	EXPECT_EQ(self->used, vram_used(self->c.fd));
	EXPECT_EQ(0, client_fill(_metadata, &self->c, VA_BASE, SIZE, 0x77));
	EXPECT_EQ(0, count_wrong(self->buf.map, SIZE, 0x77));
}

/* ---- Objects --------------------------------------------------------------------------------- */

static int create_vram(FIXTURE_DATA(nomem) *self)
{
	return bo_create(self->c.fd, MIB, VRAM, 0, &self->handle);
}

static int create_system(FIXTURE_DATA(nomem) *self)
{
	return bo_create(self->c.fd, SIZE, SYSTEM, 0, &self->handle);
}

static void close_object(struct __test_metadata *_metadata, FIXTURE_DATA(nomem) *self, int err)
{
	if (!err)
		EXPECT_EQ(0, bo_close(self->c.fd, self->handle));
}

TEST_F(nomem, bo_create_vram)
{
	sweep(_metadata, self, create_vram, close_object);
}

TEST_F(nomem, bo_create_system)
{
	sweep(_metadata, self, create_system, close_object);
}

static int set_label(FIXTURE_DATA(nomem) *self)
{
	struct drm_mtia_bo_set_label args = {
		.handle = self->buf.handle,
		.length = 6,
		.label = (uintptr_t)"weight",
	};

	return mtia_ioctl(self->c.fd, DRM_IOCTL_MTIA_BO_SET_LABEL, &args);
}

static void nothing(struct __test_metadata *_metadata, FIXTURE_DATA(nomem) *self, int err)
{
}

TEST_F(nomem, bo_set_label)
{
	sweep(_metadata, self, set_label, nothing);
}

static int export_object(FIXTURE_DATA(nomem) *self)
{
	self->fd = bo_export(self->c.fd, self->buf.handle);
	return self->fd < 0 ? self->fd : 0;
}

static void close_fd(struct __test_metadata *_metadata, FIXTURE_DATA(nomem) *self, int err)
{
	if (!err)
		EXPECT_EQ(0, close(self->fd));
}

TEST_F(nomem, prime_export)
{
	sweep(_metadata, self, export_object, close_fd);
}

/* ---- Files, address spaces, queues ----------------------------------------------------------- */

static int open_device(FIXTURE_DATA(nomem) *self)
{
	self->fd = open(self->node, O_RDWR | O_CLOEXEC);
	return self->fd < 0 ? -errno : 0;
}

TEST_F(nomem, open)
{
	sweep(_metadata, self, open_device, close_fd);
}

static int create_vm(FIXTURE_DATA(nomem) *self)
{
	return vm_create(self->c.fd, &self->handle);
}

static void destroy_vm(struct __test_metadata *_metadata, FIXTURE_DATA(nomem) *self, int err)
{
	if (!err)
		EXPECT_EQ(0, vm_destroy(self->c.fd, self->handle));
}

TEST_F(nomem, vm_create)
{
	sweep(_metadata, self, create_vm, destroy_vm);
}

static int create_queue(FIXTURE_DATA(nomem) *self)
{
	return queue_create(self->c.fd, self->c.vm, 0, 0, &self->handle);
}

static void destroy_queue(struct __test_metadata *_metadata, FIXTURE_DATA(nomem) *self, int err)
{
	if (!err)
		EXPECT_EQ(0, queue_destroy(self->c.fd, self->handle));
}

TEST_F(nomem, queue_create)
{
	sweep(_metadata, self, create_queue, destroy_queue);
}

static int map_range(FIXTURE_DATA(nomem) *self)
{
	return vm_map(self->c.fd, self->c.vm, self->buf.handle, 0, VA_NEW, SIZE, 0);
}

static void unmap_range(struct __test_metadata *_metadata, FIXTURE_DATA(nomem) *self, int err)
{
	if (err)
		return;
	EXPECT_EQ(0, client_fill(_metadata, &self->c, VA_NEW, SIZE, 0x51));
	EXPECT_EQ(0, count_wrong(self->buf.map, SIZE, 0x51));
	EXPECT_EQ(0, vm_unmap(self->c.fd, self->c.vm, VA_NEW, SIZE));
}

TEST_F(nomem, vm_map)
{
	sweep(_metadata, self, map_range, unmap_range);
}

/* Out of the middle: what is there is split. */
static int unmap_middle(FIXTURE_DATA(nomem) *self)
{
	return vm_unmap(self->c.fd, self->c.vm, VA_BASE + 4 * PAGE, 4 * PAGE);
}

static void map_middle(struct __test_metadata *_metadata, FIXTURE_DATA(nomem) *self, int err)
{
	if (!err)
		EXPECT_EQ(0, vm_map(self->c.fd, self->c.vm, self->buf.handle, 4 * PAGE,
				    VA_BASE + 4 * PAGE, 4 * PAGE, 0));
	EXPECT_EQ(0, client_fill(_metadata, &self->c, VA_BASE, SIZE, 0x61));
	EXPECT_EQ(0, count_wrong(self->buf.map, SIZE, 0x61));
}

TEST_F(nomem, vm_unmap_middle)
{
	sweep(_metadata, self, unmap_middle, map_middle);
}

/* ---- Jobs ------------------------------------------------------------------------------------ */

static int submit_fill(FIXTURE_DATA(nomem) *self)
{
	struct cmds cmds;

	cmds_begin(&cmds);
	cmds_fill(&cmds, VA_BASE, SIZE, 0x71);
	return client_submit(&self->c, &cmds);
}

/* The syncobj has a fence if there is a job, and only then. */
static void check_job(struct __test_metadata *_metadata, FIXTURE_DATA(nomem) *self, int err)
{
	struct drm_syncobj_array reset = {
		.handles = (uintptr_t)&self->c.syncobj,
		.count_handles = 1,
	};

	if (err) {
		EXPECT_EQ(-EINVAL, fence_status(self->c.fd, self->c.syncobj));
		EXPECT_EQ(0, count_wrong(self->buf.map, SIZE, 0));
		return;
	}
	EXPECT_EQ(0, client_wait(_metadata, &self->c));
	EXPECT_EQ(0, count_wrong(self->buf.map, SIZE, 0x71));
	fill_words(self->buf.map, SIZE, 0);
	EXPECT_EQ(0, mtia_ioctl(self->c.fd, DRM_IOCTL_SYNCOBJ_RESET, &reset));
}

TEST_F(nomem, submit)
{
	fill_words(self->buf.map, SIZE, 0);
	sweep(_metadata, self, submit_fill, check_job);
}

TEST_HARNESS_MAIN
