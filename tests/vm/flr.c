// SPDX-License-Identifier: GPL-2.0
/*
 * Function-level reset through sysfs: with nobody there, idle, under load. Open files go on. What was
 * in device memory is lost, and who had it mapped is told; what was in system memory is not.
 */
#include "mtia_test.h"
#include "pe/args.h"

#define SIZE	(64 * PAGE)
/* The client's own command buffer is in device memory; this one is not. */
#define VA_SAFE (VA_BASE + 512 * MIB)

FIXTURE(flr)
{
	char device[DEVICE_NAME];
	char reset[128];
};

static int sysfs_write(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), err = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		err = -errno;
	close(fd);
	return err;
}

FIXTURE_SETUP(flr)
{
	ASSERT_EQ(0, device_name(self->device));
	snprintf(self->reset, sizeof(self->reset), "/sys/bus/pci/devices/%s/reset", self->device);
}

FIXTURE_TEARDOWN(flr)
{
}

static void expect_works(struct __test_metadata *_metadata)
{
	struct client c;

	client_open(_metadata, &c, 0);
	EXPECT_EQ(0, client_fill(_metadata, &c, VA_CMDS + CMDS_SIZE / 2, PAGE, 0x66));
	EXPECT_EQ(0, count_wrong(client_read_result(&c), PAGE, 0x66));
	client_close(&c);
}

/*
 * A client with nothing in device memory but page tables and ring: all it needs is in one object. It
 * has no PE program, because PEs fetch from device memory only.
 */
struct safe {
	int fd;
	__u32 vm, queue, syncobj;
	struct buf buf; /* commands at 0, a gate behind them, data in the second half */
};

#define SAFE_SIZE (128 * PAGE)
#define SAFE_DATA (SAFE_SIZE / 2)
#define SAFE_GATE (SAFE_DATA - 8)

static void safe_open(struct __test_metadata *_metadata, struct safe *s)
{
	s->fd = device_open();
	ASSERT_LE(0, s->fd);
	ASSERT_EQ(0, vm_create(s->fd, &s->vm));
	ASSERT_EQ(0, queue_create(s->fd, s->vm, 0, 5000, &s->queue));
	s->syncobj = syncobj_create(s->fd);
	buf_create(_metadata, s->fd, SAFE_SIZE, SYSTEM, &s->buf);
	ASSERT_EQ(0, vm_map(s->fd, s->vm, s->buf.handle, 0, VA_SAFE, SAFE_SIZE, 0));
}

static void safe_close(struct safe *s)
{
	munmap(s->buf.map, s->buf.size);
	close(s->fd);
}

static int safe_submit(struct safe *s, struct cmds *cmds)
{
	cmds_end(cmds);
	memcpy(s->buf.map, cmds->data, cmds->size);
	return submit(s->fd, s->queue, VA_SAFE, cmds->size, s->syncobj);
}

static int safe_run(struct __test_metadata *_metadata, struct safe *s, struct cmds *cmds)
{
	ASSERT_EQ(0, safe_submit(s, cmds));
	ASSERT_EQ(0, syncobj_wait(s->fd, s->syncobj, after_ms(PATIENCE_MS)));
	return fence_status(s->fd, s->syncobj);
}

/* On the page tables it always had. */
static void safe_expect_works(struct __test_metadata *_metadata, struct safe *s, __u64 value)
{
	char *data = (char *)s->buf.map + SAFE_DATA;
	struct cmds cmds;

	cmds_begin(&cmds);
	cmds_fill(&cmds, VA_SAFE + SAFE_DATA, SAFE_DATA / 2, value);
	cmds_copy(&cmds, VA_SAFE + SAFE_DATA + SAFE_DATA / 2, VA_SAFE + SAFE_DATA, SAFE_DATA / 2);
	EXPECT_EQ(0, safe_run(_metadata, s, &cmds));
	EXPECT_EQ(0, count_wrong(data, SAFE_DATA, value));
}

static void expect_lost(struct __test_metadata *_metadata, struct client *c, __u64 epoch)
{
	struct drm_mtia_vm_get_state vm = { .vm_id = c->vm };
	struct drm_mtia_queue_get_state state;
	struct cmds cmds;
	__u32 queue;

	ASSERT_EQ(0, queue_state(c->fd, c->queue, &state));
	EXPECT_EQ(DRM_MTIA_STATE_BANNED, state.state);
	EXPECT_EQ(DRM_MTIA_REASON_VRAM_LOST, state.reason);
	EXPECT_EQ(DRM_MTIA_QUEUE_INNOCENT, state.flags);
	EXPECT_EQ(epoch, state.reset_epoch);
	ASSERT_EQ(0, mtia_ioctl(c->fd, DRM_IOCTL_MTIA_VM_GET_STATE, &vm));
	EXPECT_EQ(DRM_MTIA_STATE_BANNED, vm.state);
	cmds_begin(&cmds);
	cmds_nop(&cmds);
	EXPECT_EQ(-ECANCELED, client_submit(c, &cmds));
	EXPECT_EQ(-ECANCELED, queue_create(c->fd, c->vm, 0, 0, &queue));
	EXPECT_EQ(-ECANCELED, vm_unmap(c->fd, c->vm, VA_CMDS, CMDS_SIZE));
}

/* The same file and objects, a new address space. */
static void renew(struct __test_metadata *_metadata, struct client *c)
{
	ASSERT_EQ(0, queue_destroy(c->fd, c->queue));
	ASSERT_EQ(0, vm_destroy(c->fd, c->vm));
	ASSERT_EQ(0, vm_create(c->fd, &c->vm));
	ASSERT_EQ(0, queue_create(c->fd, c->vm, 0, c->timeout_ms, &c->queue));
	ASSERT_EQ(0, vm_map(c->fd, c->vm, c->cmds.handle, 0, VA_CMDS, CMDS_SIZE, 0));
}

TEST_F(flr, method_is_offered)
{
	char path[160], methods[64] = "";
	int fd;

	snprintf(path, sizeof(path), "%s_method", self->reset);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	ASSERT_LE(0, fd);
	EXPECT_LT(0, read(fd, methods, sizeof(methods) - 1));
	close(fd);
	EXPECT_NE(NULL, strstr(methods, "flr"));
}

TEST_F(flr, while_no_driver_has_it)
{
	int i;

	expect_works(_metadata);
	for (i = 0; i < 3; i++) {
		ASSERT_EQ(0, sysfs_write(DRIVER_SYSFS "/unbind", self->device));
		EXPECT_EQ(0, sysfs_write(self->reset, "1"));
		ASSERT_EQ(0, sysfs_write(DRIVER_SYSFS "/bind", self->device));
		expect_works(_metadata);
	}
}

TEST_F_TIMEOUT(flr, open_files_go_on, 60)
{
	struct drm_mtia_queue_get_state state;
	struct buf vram, system;
	struct client c;
	struct safe s;
	__u64 epoch;
	__s64 begin;

	client_open(_metadata, &c, 2000);
	client_buf(_metadata, &c, SIZE, VRAM, VA_BASE, &vram);
	client_buf(_metadata, &c, SIZE, SYSTEM, VA_BASE + SIZE, &system);
	safe_open(_metadata, &s);
	fill_words(vram.map, SIZE, 0x1234);
	fill_words(system.map, SIZE, 0x5678);
	safe_expect_works(_metadata, &s, 1);
	ASSERT_EQ(0, queue_state(s.fd, s.queue, &state));
	epoch = state.reset_epoch;

	begin = after_ms(0);
	ASSERT_EQ(0, sysfs_write(self->reset, "1"));
	/* System memory only: it goes on, on tables that were in device memory. */
	safe_expect_works(_metadata, &s, 2);
	TH_LOG("%lld ms from the reset to the end of a good job",
	       (long long)(after_ms(0) - begin) / 1000000);
	ASSERT_EQ(0, queue_state(s.fd, s.queue, &state));
	EXPECT_EQ(epoch + 1, state.reset_epoch);
	EXPECT_EQ(DRM_MTIA_STATE_OK, state.state);
	expect_lost(_metadata, &c, epoch + 1);

	/* Objects are there still, with or without what they held. */
	EXPECT_EQ(SIZE / 8, count_wrong(vram.map, SIZE, 0x1234));
	EXPECT_EQ(0, count_wrong(system.map, SIZE, 0x5678));
	renew(_metadata, &c);
	ASSERT_EQ(0, vm_map(c.fd, c.vm, vram.handle, 0, VA_BASE, SIZE, 0));
	EXPECT_EQ(0, client_fill(_metadata, &c, VA_BASE, SIZE, 0x9abc));
	EXPECT_EQ(0, count_wrong(vram.map, SIZE, 0x9abc));
	client_close(&c);
	safe_close(&s);
	expect_works(_metadata);
}

TEST_F_TIMEOUT(flr, jobs_in_flight, 60)
{
	struct probe_args spin = { .op = PROBE_SPIN };
	struct drm_mtia_queue_get_state state;
	struct buf program;
	struct cmds cmds;
	struct client c;
	struct safe s;

	client_open(_metadata, &c, 9000);
	safe_open(_metadata, &s);
	client_program(_metadata, &c, PROGRAM(probe), VA_PROGRAM, &program);
	cmds_begin(&cmds);
	cmds_launch(&cmds, VA_PROGRAM, program.size, 4, 4, &spin, sizeof(spin));
	ASSERT_EQ(0, client_submit(&c, &cmds));
	cmds_begin(&cmds);
	cmds_wait(&cmds, VA_SAFE + SAFE_GATE, 1);
	ASSERT_EQ(0, safe_submit(&s, &cmds));
	nap_ms(20);
	ASSERT_EQ(0, sysfs_write(self->reset, "1"));
	EXPECT_EQ(-ECANCELED, client_wait(_metadata, &c));
	ASSERT_EQ(0, syncobj_wait(s.fd, s.syncobj, 0));
	EXPECT_EQ(-ECANCELED, fence_status(s.fd, s.syncobj));
	ASSERT_EQ(0, queue_state(s.fd, s.queue, &state));
	EXPECT_EQ(DRM_MTIA_STATE_OK, state.state);
	EXPECT_EQ(DRM_MTIA_REASON_DEVICE_RESET, state.reason);
	EXPECT_EQ(DRM_MTIA_QUEUE_INNOCENT, state.flags);
	expect_lost(_metadata, &c, state.reset_epoch);
	safe_expect_works(_metadata, &s, 3);
	client_close(&c);
	safe_close(&s);
	expect_works(_metadata);
}

TEST_F_TIMEOUT(flr, twenty_under_load, 180)
{
	struct cmds cmds;
	struct client c;
	struct safe s;
	int i, k;

	safe_open(_metadata, &s);
	client_open(_metadata, &c, 9000);
	for (i = 0; i < 20; i++) {
		cmds_begin(&cmds);
		cmds_fill(&cmds, VA_CMDS + CMDS_SIZE / 2, PAGE, i);
		for (k = 0; k < 20; k++)
			ASSERT_EQ(0, client_submit_at(&c, c.queue, &cmds, 0, c.syncobj));
		ASSERT_EQ(0, sysfs_write(self->reset, "1"));
		client_wait(_metadata, &c);
		safe_expect_works(_metadata, &s, i);
		renew(_metadata, &c);
	}
	client_close(&c);
	safe_close(&s);
	expect_works(_metadata);
}

TEST_HARNESS_MAIN
