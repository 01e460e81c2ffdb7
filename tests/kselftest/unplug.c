// SPDX-License-Identifier: GPL-2.0
/*
 * The device is taken away under its users, comes back, and the module can be unloaded: what
 * Documentation/gpu/drm-uapi.rst (Device Hot-Unplug) demands. Needs root and $MTIA_MODULE, the
 * module's file.
 */
#include <linux/pci_regs.h>
#include <poll.h>
#include <sys/syscall.h>

#include "mtia_test.h"
#include "pe/args.h"

#define SIZE	   (16 * PAGE)
#define PCI_DEVICES "/sys/bus/pci/devices"

/* Writes text to a file of sysfs. */
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

static int unbind(const char *device)
{
	return sysfs_write(DRIVER_SYSFS "/unbind", device);
}

static int bind_again(const char *device)
{
	return sysfs_write(DRIVER_SYSFS "/bind", device);
}

static int module_load(void)
{
	const char *path = getenv("MTIA_MODULE");
	int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1, err = 0;

	if (fd < 0)
		return -ENOENT;
	if (syscall(SYS_finit_module, fd, "", 0))
		err = -errno;
	close(fd);
	return err;
}

static int module_unload(void)
{
	return syscall(SYS_delete_module, "mtia", O_NONBLOCK) ? -errno : 0;
}

/* References of files and fences that were just closed go a little later. */
static int module_unload_soon(void)
{
	int i, err = 0;

	for (i = 0; i < 100; i++) {
		err = module_unload();
		if (err != -EWOULDBLOCK && err != -EBUSY)
			break;
		nap_ms(20);
	}
	return err;
}

FIXTURE(unplug)
{
	char device[DEVICE_NAME];
	char path[300];
	struct client c;
	struct buf vram, system, program;
};

FIXTURE_SETUP(unplug)
{
	ASSERT_EQ(0, device_name(self->device));
	ASSERT_EQ(0, device_node(self->path, sizeof(self->path)));
	client_open(_metadata, &self->c, 9000);
	client_buf(_metadata, &self->c, SIZE, VRAM, VA_BASE, &self->vram);
	client_buf(_metadata, &self->c, SIZE, SYSTEM, VA_BASE + SIZE, &self->system);
	client_program(_metadata, &self->c, PROGRAM(probe), VA_PROGRAM, &self->program);
}

/* Whatever a test did, the next one finds a working device. */
FIXTURE_TEARDOWN(unplug)
{
	struct client fresh;
	char path[300];

	close(self->c.fd);
	if (access(DRIVER_SYSFS, F_OK))
		EXPECT_EQ(0, module_load());
	if (device_node(path, sizeof(path)))
		EXPECT_EQ(0, bind_again(self->device));
	client_open(_metadata, &fresh, 0);
	EXPECT_EQ(0, client_fill(_metadata, &fresh, VA_CMDS + CMDS_SIZE / 2, PAGE, 0x77));
	EXPECT_EQ(0, count_wrong(client_read_result(&fresh), PAGE, 0x77));
	client_close(&fresh);
}

/* A job that ends only with the device. */
static void start_endless(struct __test_metadata *_metadata, struct _test_data_unplug *self,
			  bool pe)
{
	struct probe_args spin = { .op = PROBE_SPIN };
	struct cmds cmds;

	cmds_begin(&cmds);
	if (pe)
		cmds_launch(&cmds, VA_PROGRAM, self->program.size, 8, 8, &spin, sizeof(spin));
	else
		client_gate(&self->c, &cmds);
	ASSERT_EQ(0, client_submit(&self->c, &cmds));
}

TEST_F(unplug, ioctls_say_that_it_is_gone)
{
	const struct drm_mtia_job job = { .cmd_va = VA_CMDS, .cmd_size = 24 };
	struct drm_mtia_vm_get_state vm_state = { .vm_id = self->c.vm };
	struct drm_mtia_queue_get_state queue_info;
	struct drm_mtia_bo_info info = { .handle = self->vram.handle };
	struct drm_mtia_timestamp timestamp;
	__u32 id;
	__u64 offset;
	int fd = self->c.fd;

	ASSERT_EQ(0, unbind(self->device));
	EXPECT_EQ(-ENODEV, query(fd, DRM_MTIA_QUERY_TIMESTAMP, &timestamp, sizeof(timestamp)));
	EXPECT_EQ(-ENODEV, bo_create(fd, PAGE, VRAM, 0, &id));
	EXPECT_EQ(-ENODEV, bo_create(fd, PAGE, SYSTEM, 0, &id));
	EXPECT_EQ(-ENODEV, bo_mmap_offset(fd, self->vram.handle, &offset));
	EXPECT_EQ(-ENODEV, mtia_ioctl(fd, DRM_IOCTL_MTIA_BO_INFO, &info));
	EXPECT_EQ(-ENODEV, bo_wait(fd, self->vram.handle, 0, 0));
	EXPECT_EQ(-ENODEV, vm_create(fd, &id));
	EXPECT_EQ(-ENODEV, vm_map(fd, self->c.vm, self->vram.handle, 0, VA_BASE, SIZE, 0));
	EXPECT_EQ(-ENODEV, vm_unmap(fd, self->c.vm, VA_BASE, SIZE));
	EXPECT_EQ(-ENODEV, mtia_ioctl(fd, DRM_IOCTL_MTIA_VM_GET_STATE, &vm_state));
	EXPECT_EQ(-ENODEV, queue_create(fd, self->c.vm, 0, 0, &id));
	EXPECT_EQ(-ENODEV, submit_jobs(fd, self->c.queue, &job, 1));
	EXPECT_EQ(-ENODEV, queue_state(fd, self->c.queue, &queue_info));
	EXPECT_EQ(-ENODEV, queue_destroy(fd, self->c.queue));
	EXPECT_EQ(-ENODEV, vm_destroy(fd, self->c.vm));
}

TEST_F(unplug, node_is_gone_and_comes_back)
{
	char path[300];

	ASSERT_EQ(0, unbind(self->device));
	EXPECT_EQ(-1, open(self->path, O_RDWR));
	EXPECT_TRUE(errno == ENOENT || errno == ENXIO);
	EXPECT_EQ(-ENODEV, device_node(path, sizeof(path)));
	ASSERT_EQ(0, bind_again(self->device));
	EXPECT_EQ(0, device_node(path, sizeof(path)));
	EXPECT_EQ(0, access(path, R_OK | W_OK));
}

static void check_job_in_flight(struct __test_metadata *_metadata, struct _test_data_unplug *self,
				bool pe)
{
	struct drm_syncobj_handle args = {
		.handle = self->c.syncobj,
		.flags = DRM_SYNCOBJ_HANDLE_TO_FD_FLAGS_EXPORT_SYNC_FILE,
		.fd = -1,
	};
	struct sync_file_info info = {};
	__s64 begin;

	start_endless(_metadata, self, pe);
	ASSERT_EQ(0, mtia_ioctl(self->c.fd, DRM_IOCTL_SYNCOBJ_HANDLE_TO_FD, &args));
	nap_ms(20);
	begin = after_ms(0);
	ASSERT_EQ(0, unbind(self->device));
	/* Not by waiting for the time limit of 9 s. */
	EXPECT_GT(begin + 5000000000ll, after_ms(0));
	ASSERT_EQ(0, mtia_ioctl(args.fd, SYNC_IOC_FILE_INFO, &info));
	EXPECT_EQ(-ENODEV, info.status);
	close(args.fd);
}

TEST_F(unplug, job_in_flight)
{
	check_job_in_flight(_metadata, self, false);
}

TEST_F(unplug, program_in_flight)
{
	check_job_in_flight(_metadata, self, true);
}

/* The fence of a bind that removes a mapping and waits for a job, as a sync file. */
static int bind_behind_a_job(struct __test_metadata *_metadata, struct _test_data_unplug *self)
{
	const struct drm_mtia_vm_bind_op op = {
		.op = DRM_MTIA_VM_BIND_UNMAP,
		.va = VA_BASE,
		.size = SIZE,
	};
	struct drm_syncobj_handle args = {
		.handle = syncobj_create(self->c.fd),
		.flags = DRM_SYNCOBJ_HANDLE_TO_FD_FLAGS_EXPORT_SYNC_FILE,
		.fd = -1,
	};
	const struct drm_mtia_sync syncs[] = {
		{ 0, self->c.syncobj, 0 },
		{ DRM_MTIA_SYNC_SIGNAL, args.handle, 0 },
	};

	EXPECT_EQ(0, client_fill(_metadata, &self->c, VA_BASE, SIZE, 1));
	start_endless(_metadata, self, false);
	EXPECT_EQ(0, vm_bind_async(self->c.fd, self->c.vm, &op, 1, syncs, 2));
	EXPECT_EQ(0, mtia_ioctl(self->c.fd, DRM_IOCTL_SYNCOBJ_HANDLE_TO_FD, &args));
	return args.fd;
}

/* How a fence ended; the file is closed. */
static int sync_file_end(int fd)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	struct sync_file_info info = {};
	int err = poll(&pfd, 1, PATIENCE_MS) == 1 ? 0 : -ETIME;

	if (!err)
		err = mtia_ioctl(fd, SYNC_IOC_FILE_INFO, &info);
	close(fd);
	return err ?: info.status == 1 ? 0 : info.status;
}

TEST_F(unplug, bind_that_waits)
{
	int fence = bind_behind_a_job(_metadata, self);

	ASSERT_EQ(0, unbind(self->device));
	EXPECT_EQ(-ENODEV, sync_file_end(fence));
}

/*
 * The chip is cut off from host memory, so that the firmware cannot answer: a bind that needs it
 * either fails, and nobody can use its VM any more, or the device recovers and it is done.
 */
TEST_F_TIMEOUT(unplug, bind_of_a_chip_that_does_not_answer, 60)
{
	const struct drm_mtia_vm_bind_op op = {
		.op = DRM_MTIA_VM_BIND_UNMAP,
		.va = VA_BASE,
		.size = SIZE,
	};
	const struct drm_mtia_sync out = { DRM_MTIA_SYNC_SIGNAL, syncobj_create(self->c.fd), 0 };
	struct drm_mtia_vm_get_state state;
	struct client other;
	struct cmds cmds;
	struct buf buf;
	char path[300];
	__u16 command;
	int err, fd;

	EXPECT_EQ(0, client_fill(_metadata, &self->c, VA_BASE, SIZE, 1));
	snprintf(path, sizeof(path), PCI_DEVICES "/%s/config", self->device);
	fd = open(path, O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, fd);
	ASSERT_EQ(2, pread(fd, &command, 2, PCI_COMMAND));
	command &= ~PCI_COMMAND_MASTER;
	ASSERT_EQ(2, pwrite(fd, &command, 2, PCI_COMMAND));
	close(fd);

	ASSERT_EQ(0, vm_bind_async(self->c.fd, self->c.vm, &op, 1, &out, 1));
	EXPECT_EQ(0, syncobj_wait(self->c.fd, out.handle, after_ms(PATIENCE_MS)));
	err = fence_status(self->c.fd, out.handle);
	ASSERT_EQ(0, vm_state(self->c.fd, self->c.vm, &state));
	if (err) {
		EXPECT_EQ(-EIO, err);
		EXPECT_EQ(DRM_MTIA_STATE_BANNED, state.state);
		EXPECT_EQ(DRM_MTIA_REASON_DEVICE_RESET, state.reason);
		EXPECT_NE(0, vm_bind_async(self->c.fd, self->c.vm, &op, 1, &out, 1));
		EXPECT_NE(0, vm_map(self->c.fd, self->c.vm, self->vram.handle, 0, VA_BASE, SIZE, 0));
		cmds_begin(&cmds);
		cmds_nop(&cmds);
		EXPECT_NE(0, client_submit(&self->c, &cmds));
	} else if (state.state == DRM_MTIA_STATE_OK) {
		EXPECT_EQ(-EIO, client_fill(_metadata, &self->c, VA_BASE, 8, 2));
	} else {
		/* Only a reset of the function got it going again, which cost its memory. */
		EXPECT_EQ(DRM_MTIA_REASON_VRAM_LOST, state.reason);
		client_open(_metadata, &other, 0);
		client_buf(_metadata, &other, SIZE, VRAM, VA_BASE, &buf);
		EXPECT_EQ(0, client_fill(_metadata, &other, VA_BASE, SIZE, 3));
		EXPECT_EQ(0, count_wrong(buf.map, SIZE, 3));
		client_close(&other);
	}
	EXPECT_EQ(0, unbind(self->device));
}

TEST_F(unplug, mappings_can_be_touched)
{
	volatile __u64 *vram = self->vram.map, *system = self->system.map;
	__u64 i, sum = 0;

	/* One page each is there, the others were never touched. */
	vram[0] = 1;
	system[0] = 2;
	ASSERT_EQ(0, unbind(self->device));
	for (i = 0; i < SIZE / 8; i += 64) {
		sum += vram[i] + system[i];
		vram[i] = i;
		system[i] = i;
	}
	(void)sum;
	EXPECT_EQ(0, munmap(self->vram.map, SIZE));
	/* What comes next at this device is nobody's old data. */
	ASSERT_EQ(0, bind_again(self->device));
	for (i = 0; i < SIZE / 8; i += 64)
		system[i] = i;
	EXPECT_EQ(0, munmap(self->system.map, SIZE));
}

TEST_F(unplug, no_new_mappings)
{
	__u64 offset;

	ASSERT_EQ(0, bo_mmap_offset(self->c.fd, self->vram.handle, &offset));
	ASSERT_EQ(0, unbind(self->device));
	EXPECT_EQ(MAP_FAILED, mmap(NULL, SIZE, PROT_READ, MAP_SHARED, self->c.fd, offset));
	EXPECT_EQ(ENODEV, errno);
}

/* Four ways of waiting, each in a process of its own; all are let go. */
TEST_F(unplug, blocked_waiters)
{
	pid_t pids[4];
	__s64 begin;
	int i, status;

	start_endless(_metadata, self, false);
	for (i = 0; i < 4; i++) {
		pids[i] = fork();
		ASSERT_LE(0, pids[i]);
		if (pids[i])
			continue;
		switch (i) {
		case 0:
			syncobj_wait(self->c.fd, self->c.syncobj, INT64_MAX);
			break;
		case 1:
			bo_wait(self->c.fd, self->vram.handle, 0, INT64_MAX);
			break;
		case 2:
			timeline_wait(self->c.fd, self->c.syncobj, 0, INT64_MAX);
			break;
		case 3: /* fills the ring and goes on */
			while (!submit(self->c.fd, self->c.queue, VA_CMDS, 40, 0))
				;
			break;
		}
		_exit(7);
	}
	nap_ms(100);
	begin = after_ms(0);
	ASSERT_EQ(0, unbind(self->device));
	for (i = 0; i < 4; i++) {
		ASSERT_EQ(pids[i], waitpid(pids[i], &status, 0));
		EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 7);
	}
	EXPECT_GT(begin + 5000000000ll, after_ms(0));
}

TEST_F(unplug, old_file_is_closed_after_rebind)
{
	struct client fresh;

	start_endless(_metadata, self, false);
	ASSERT_EQ(0, unbind(self->device));
	ASSERT_EQ(0, bind_again(self->device));
	client_open(_metadata, &fresh, 0);
	EXPECT_EQ(0, client_fill(_metadata, &fresh, VA_CMDS + CMDS_SIZE / 2, PAGE, 5));
	/* The old one is dead still. */
	EXPECT_EQ(-ENODEV, queue_destroy(self->c.fd, self->c.queue));
	close(self->c.fd);
	EXPECT_EQ(0, client_fill(_metadata, &fresh, VA_CMDS + CMDS_SIZE / 2, PAGE, 6));
	EXPECT_EQ(0, count_wrong(client_read_result(&fresh), PAGE, 6));
	client_close(&fresh);
	self->c.fd = -1;
}

TEST_F_TIMEOUT(unplug, five_times_under_load, 90)
{
	struct cmds cmds;
	int round, i;

	for (round = 0; round < 5; round++) {
		cmds_begin(&cmds);
		cmds_nop(&cmds);
		for (i = 0; i < 100; i++)
			ASSERT_EQ(0, client_submit_at(&self->c, self->c.queue, &cmds, 0, 0));
		start_endless(_metadata, self, round % 2);
		fill_words(self->vram.map, SIZE, round);
		ASSERT_EQ(0, unbind(self->device));
		EXPECT_EQ(-ENODEV, client_submit(&self->c, &cmds));
		client_close(&self->c);
		buf_destroy(-1, &self->vram);
		buf_destroy(-1, &self->system);
		buf_destroy(-1, &self->program);
		ASSERT_EQ(0, bind_again(self->device));
		unplug_setup(_metadata, self, variant);
		EXPECT_EQ(0, client_fill(_metadata, &self->c, VA_BASE, 2 * SIZE, round));
		EXPECT_EQ(0, count_wrong(self->vram.map, SIZE, round));
		EXPECT_EQ(0, count_wrong(self->system.map, SIZE, round));
	}
}

TEST_F_TIMEOUT(unplug, removed_from_the_bus_and_found_again, 60)
{
	char path[300];

	start_endless(_metadata, self, false);
	snprintf(path, sizeof(path), PCI_DEVICES "/%s/remove", self->device);
	ASSERT_EQ(0, sysfs_write(path, "1"));
	EXPECT_EQ(-ENODEV, queue_destroy(self->c.fd, self->c.queue));
	((volatile __u64 *)self->vram.map)[0] = 1;
	EXPECT_EQ(0, sysfs_write("/sys/bus/pci/rescan", "1"));
	EXPECT_EQ(0, device_node(path, sizeof(path)));
}

/* ---- Module ---------------------------------------------------------------------------------- */

TEST_F(unplug, module_stays_while_files_are_open)
{
	EXPECT_EQ(-EWOULDBLOCK, module_unload());
	ASSERT_EQ(0, unbind(self->device));
	EXPECT_EQ(-EWOULDBLOCK, module_unload());
	ASSERT_EQ(0, bind_again(self->device));
}

TEST_F(unplug, module_stays_while_mappings_exist)
{
	int err;

	munmap(self->system.map, SIZE);
	munmap(self->program.map, self->program.size);
	client_close(&self->c);
	self->c.fd = -1;
	err = module_unload();
	EXPECT_EQ(-EWOULDBLOCK, err);
	EXPECT_EQ(0, count_wrong(self->vram.map, SIZE, 0));
	munmap(self->vram.map, SIZE);
}

/* A fence that somebody holds is code of the module. */
TEST_F(unplug, module_and_a_fence_that_is_held)
{
	struct drm_syncobj_handle args = {
		.handle = self->c.syncobj,
		.flags = DRM_SYNCOBJ_HANDLE_TO_FD_FLAGS_EXPORT_SYNC_FILE,
		.fd = -1,
	};
	struct sync_file_info info = {};

	start_endless(_metadata, self, false);
	ASSERT_EQ(0, mtia_ioctl(self->c.fd, DRM_IOCTL_SYNCOBJ_HANDLE_TO_FD, &args));
	buf_destroy(self->c.fd, &self->vram);
	buf_destroy(self->c.fd, &self->system);
	buf_destroy(self->c.fd, &self->program);
	client_close(&self->c);
	self->c.fd = -1;
	nap_ms(100);
	/* Refused or not: the fence can be asked, and its end does no harm. */
	if (!module_unload())
		EXPECT_EQ(0, module_load());
	EXPECT_EQ(0, mtia_ioctl(args.fd, SYNC_IOC_FILE_INFO, &info));
	EXPECT_EQ(-ECANCELED, info.status);
	close(args.fd);
}

TEST_F(unplug, module_and_the_fence_of_a_bind)
{
	int err, fence = bind_behind_a_job(_metadata, self);

	buf_destroy(self->c.fd, &self->vram);
	buf_destroy(self->c.fd, &self->system);
	buf_destroy(self->c.fd, &self->program);
	client_close(&self->c);
	self->c.fd = -1;
	nap_ms(100);
	if (!module_unload())
		EXPECT_EQ(0, module_load());
	/* The job ends with the file, and so does the VM: the bind may come before or after that. */
	err = sync_file_end(fence);
	EXPECT_TRUE(!err || err == -ECANCELED);
}

TEST_F_TIMEOUT(unplug, module_unloaded_and_loaded_five_times, 90)
{
	int round;

	for (round = 0; round < 5; round++) {
		struct cmds cmds;

		cmds_begin(&cmds);
		cmds_fill(&cmds, VA_BASE, SIZE, round);
		ASSERT_EQ(0, client_run(_metadata, &self->c, &cmds));
		buf_destroy(self->c.fd, &self->vram);
		buf_destroy(self->c.fd, &self->system);
		buf_destroy(self->c.fd, &self->program);
		client_close(&self->c);
		ASSERT_EQ(0, module_unload_soon());
		EXPECT_NE(0, access(DRIVER_SYSFS, F_OK));
		ASSERT_EQ(0, module_load());
		unplug_setup(_metadata, self, variant);
	}
}

TEST_HARNESS_MAIN
