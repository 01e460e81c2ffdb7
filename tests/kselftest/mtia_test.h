/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What all kselftests of the accelerator share: the device node, buffer objects, command buffers,
 * jobs and how their fences ended. Nothing of libmtia-user, so that the tests see the bare ioctls.
 *
 * Functions return 0 or a negative errno value. Those that take _metadata end the test when what
 * they need for it does not work.
 */
#ifndef MTIA_TEST_H
#define MTIA_TEST_H

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/sync_file.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <kselftest_harness.h>

#include <drm/mtia_accel.h>
#include <mtia/cmd.h>
#include <mtia/fw_abi.h>
#include <mtia/pe.h>
#include <mtia/regs.h>

#define PAGE	  4096ull
#define MIB	  (1024ull * 1024)
#define VA_BASE	  MTIA_VA_USER_MIN
/*
 * Where a client has its command buffer, and where tests put programs and results; other objects
 * are at VA_BASE. The low page numbers differ: a TLB is indexed by them, and what displaces another
 * entry with every job would hide that a translation was not invalidated.
 */
#define VA_CMDS	   (VA_BASE + (1ull << 40) + 0x131 * PAGE)
#define VA_PROGRAM (VA_BASE + (1ull << 30) + 0x77 * PAGE)
#define VA_OUT	   (VA_BASE + (1ull << 31) + 0x1a5 * PAGE)
#define CMDS_SIZE (64 * 1024)
#define VRAM	  DRM_MTIA_PLACE_VRAM
#define SYSTEM	  DRM_MTIA_PLACE_SYSTEM
#define SRAM	  DRM_MTIA_PLACE_SRAM
/* Longer than anything a healthy device needs, shorter than the harness's time limit of a test. */
#define PATIENCE_MS 20000

#define DRIVER_SYSFS "/sys/bus/pci/drivers/mtia"

/* Kernels that check every access are slower than tests expect: by this factor. */
static inline unsigned int slowness(void)
{
	const char *text = getenv("KSELFTEST_SLOWER");

	return text ? atoi(text) : 1;
}

static inline void time_limits_extend(void)
{
	struct __fixture_metadata *fixture;
	struct __test_metadata *test;

	for (fixture = __fixture_list; fixture; fixture = fixture->next)
		for (test = fixture->tests; test; test = test->next)
			test->timeout *= slowness();
}

#undef TEST_HARNESS_MAIN
#define TEST_HARNESS_MAIN                                \
	int main(int argc, char **argv)                  \
	{                                                \
		time_limits_extend();                    \
		return test_harness_run(argc, argv);     \
	}

static inline int mtia_ioctl(int fd, unsigned long request, void *arg)
{
	return ioctl(fd, request, arg) ? -errno : 0;
}

/* Absolute CLOCK_MONOTONIC, as all timeouts of the interface. */
static inline __s64 after_ms(__s64 ms)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ll + now.tv_nsec + ms * 1000000ll;
}

static inline void nap_ms(unsigned int ms)
{
	usleep(ms * 1000);
}

/* Writes a text to a file of the kernel's, just opened, and closes it; fd is -1 if that failed. */
static inline int text_write(int fd, const char *text)
{
	int err = fd < 0 || write(fd, text, strlen(text)) < 0 ? -errno : 0;

	if (fd >= 0)
		close(fd);
	return err;
}

/* ---- Device ---------------------------------------------------------------------------------- */

/* Name of the first PCI function that the driver has. */
#define DEVICE_NAME sizeof("0000:01:00.0")
static inline int device_name(char name[DEVICE_NAME])
{
	DIR *dir = opendir(DRIVER_SYSFS);
	struct dirent *entry;
	int err = -ENODEV;

	while (dir && (entry = readdir(dir))) {
		if (strlen(entry->d_name) == DEVICE_NAME - 1 && entry->d_name[4] == ':') {
			memcpy(name, entry->d_name, DEVICE_NAME);
			err = 0;
			break;
		}
	}
	if (dir)
		closedir(dir);
	return err;
}

/* Path of its node: the number changes when files are still open over an unbind. */
static inline int device_node(char *path, size_t size)
{
	char device[DEVICE_NAME], below[64];
	struct dirent *entry;
	int err = -ENODEV;
	DIR *dir;

	if (device_name(device))
		return -ENODEV;
	snprintf(below, sizeof(below), "/sys/bus/pci/devices/%s/accel", device);
	dir = opendir(below);
	while (dir && (entry = readdir(dir))) {
		if (!strncmp(entry->d_name, "accel", 5)) {
			snprintf(path, size, "/dev/accel/%s", entry->d_name);
			err = 0;
			break;
		}
	}
	if (dir)
		closedir(dir);
	return err;
}

static inline int device_open(void)
{
	char path[300];
	int fd = device_node(path, sizeof(path));

	if (fd)
		return fd;
	fd = open(path, O_RDWR | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* "core", "device", "wedge" or "firmware", in debugfs; returns when it is over. */
static inline int device_reset(const char *text)
{
	char path[128], device[DEVICE_NAME];
	int err = device_name(device);

	if (err)
		return err;
	snprintf(path, sizeof(path), "/sys/kernel/debug/accel/%s/reset", device);
	return text_write(open(path, O_WRONLY | O_CLOEXEC), text);
}

/* A file in the device's directory of sysfs, "power/control" for instance; -1 if it cannot be opened. */
static inline int device_sysfs(const char *file, int flags)
{
	char path[160], device[DEVICE_NAME] = "";

	device_name(device);
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/%s", device, file);
	return open(path, flags | O_CLOEXEC);
}

static inline int device_sysfs_write(const char *file, const char *text)
{
	return text_write(device_sysfs(file, O_WRONLY), text);
}

/* The first line; empty if there is none. */
static inline const char *device_sysfs_read(const char *file, char text[64])
{
	int fd = device_sysfs(file, O_RDONLY);
	ssize_t n = fd < 0 ? 0 : read(fd, text, 63);

	if (fd >= 0)
		close(fd);
	text[n < 0 ? 0 : n] = '\0';
	text[strcspn(text, "\n")] = '\0';
	return text;
}

/* For what needs a chip that does not sleep; takes it back. Both last beyond the test. */
static inline int device_stay_awake(void)
{
	return device_sysfs_write("power/control", "on");
}

static inline int device_may_sleep(void)
{
	return device_sysfs_write("power/control", "auto");
}

static inline int query(int fd, __u32 type, void *data, __u32 size)
{
	struct drm_mtia_dev_query args = {
		.type = type,
		.size = size,
		.pointer = (uintptr_t)data,
	};

	return mtia_ioctl(fd, DRM_IOCTL_MTIA_DEV_QUERY, &args);
}

static inline struct drm_mtia_mem_region vram_region(int fd)
{
	struct drm_mtia_mem_region regions[3] = {};

	query(fd, DRM_MTIA_QUERY_MEM_REGIONS, regions, sizeof(regions));
	return regions[regions[0].type == VRAM ? 0 : 1];
}

/* Bytes of device memory in use by everybody, in no use, and in all. */
static inline __u64 vram_used(int fd)
{
	return vram_region(fd).used;
}

static inline __u64 vram_free(int fd)
{
	struct drm_mtia_mem_region vram = vram_region(fd);

	return vram.size - vram.used;
}

static inline __u64 vram_size(int fd)
{
	return vram_region(fd).size;
}

/* ---- Buffer objects -------------------------------------------------------------------------- */

struct buf {
	__u32 handle;
	__u64 size;
	void *map;
};

static inline int bo_create(int fd, __u64 size, __u32 placement, __u32 flags, __u32 *handle)
{
	struct drm_mtia_bo_create args = {
		.size = size,
		.placement = placement,
		.flags = flags,
	};
	int err = mtia_ioctl(fd, DRM_IOCTL_MTIA_BO_CREATE, &args);

	*handle = err ? 0 : args.handle;
	return err;
}

static inline int bo_close(int fd, __u32 handle)
{
	struct drm_gem_close args = { .handle = handle };

	return mtia_ioctl(fd, DRM_IOCTL_GEM_CLOSE, &args);
}

static inline int bo_mmap_offset(int fd, __u32 handle, __u64 *offset)
{
	struct drm_mtia_bo_mmap_offset args = { .handle = handle };
	int err = mtia_ioctl(fd, DRM_IOCTL_MTIA_BO_MMAP_OFFSET, &args);

	*offset = args.offset;
	return err;
}

static inline void *bo_mmap(int fd, __u32 handle, __u64 size, int prot)
{
	__u64 offset;

	if (bo_mmap_offset(fd, handle, &offset))
		return MAP_FAILED;
	return mmap(NULL, size, prot, MAP_SHARED, fd, offset);
}

/* Where an object is, enum drm_mtia_placement; imported may be NULL. */
static inline int bo_where(int fd, __u32 handle, __u32 *imported)
{
	struct drm_mtia_bo_info info = { .handle = handle };
	int err = mtia_ioctl(fd, DRM_IOCTL_MTIA_BO_INFO, &info);

	if (imported)
		*imported = info.imported;
	return err ? err : (int)info.current_placement;
}

/* A dma-buf of an object, of any driver's. */
static inline int bo_export(int fd, __u32 handle)
{
	struct drm_prime_handle args = { .handle = handle, .flags = DRM_CLOEXEC | DRM_RDWR };
	int err = mtia_ioctl(fd, DRM_IOCTL_PRIME_HANDLE_TO_FD, &args);

	return err ? err : args.fd;
}

static inline int bo_import(int fd, int dmabuf, __u32 *handle)
{
	struct drm_prime_handle args = { .fd = dmabuf };
	int err = mtia_ioctl(fd, DRM_IOCTL_PRIME_FD_TO_HANDLE, &args);

	*handle = args.handle;
	return err;
}

static inline int bo_wait(int fd, __u32 handle, __u32 flags, __s64 timeout_ns)
{
	struct drm_mtia_bo_wait args = {
		.handle = handle,
		.flags = flags,
		.timeout_ns = timeout_ns,
	};

	return mtia_ioctl(fd, DRM_IOCTL_MTIA_BO_WAIT, &args);
}

static inline void buf_create(struct __test_metadata *_metadata, int fd, __u64 size,
			      __u32 placement, struct buf *buf)
{
	buf->size = size;
	ASSERT_EQ(0, bo_create(fd, size, placement, 0, &buf->handle));
	buf->map = bo_mmap(fd, buf->handle, size, PROT_READ | PROT_WRITE);
	ASSERT_NE(MAP_FAILED, buf->map);
}

static inline void buf_destroy(int fd, struct buf *buf)
{
	munmap(buf->map, buf->size);
	bo_close(fd, buf->handle);
}

/* Number of 8-byte words that do not hold the value. */
static inline __u64 count_wrong(const void *data, __u64 size, __u64 value)
{
	const volatile __u64 *word = data;
	__u64 i, wrong = 0;

	for (i = 0; i < size / 8; i++)
		wrong += word[i] != value;
	return wrong;
}

static inline void fill_words(void *data, __u64 size, __u64 value)
{
	volatile __u64 *word = data;
	__u64 i;

	for (i = 0; i < size / 8; i++)
		word[i] = value;
}

/* ---- Address spaces and queues --------------------------------------------------------------- */

static inline int vm_create(int fd, __u32 *vm)
{
	struct drm_mtia_vm_create args = {};
	int err = mtia_ioctl(fd, DRM_IOCTL_MTIA_VM_CREATE, &args);

	*vm = args.vm_id;
	return err;
}

static inline int vm_destroy(int fd, __u32 vm)
{
	struct drm_mtia_vm_destroy args = { .vm_id = vm };

	return mtia_ioctl(fd, DRM_IOCTL_MTIA_VM_DESTROY, &args);
}

static inline int vm_bind(int fd, __u32 vm, const struct drm_mtia_vm_bind_op *ops, __u32 count)
{
	struct drm_mtia_vm_bind args = {
		.vm_id = vm,
		.ops = { sizeof(*ops), count, (uintptr_t)ops },
	};

	return mtia_ioctl(fd, DRM_IOCTL_MTIA_VM_BIND, &args);
}

/* Returns at once; waits for and signals what the syncs say. */
static inline int vm_bind_async(int fd, __u32 vm, const struct drm_mtia_vm_bind_op *ops,
				__u32 count, const struct drm_mtia_sync *syncs, __u32 num_syncs)
{
	struct drm_mtia_vm_bind args = {
		.vm_id = vm,
		.flags = DRM_MTIA_VM_BIND_ASYNC,
		.ops = { sizeof(*ops), count, (uintptr_t)ops },
		.syncs = { sizeof(*syncs), num_syncs, (uintptr_t)syncs },
	};

	return mtia_ioctl(fd, DRM_IOCTL_MTIA_VM_BIND, &args);
}

static inline int vm_state(int fd, __u32 vm, struct drm_mtia_vm_get_state *state)
{
	*state = (struct drm_mtia_vm_get_state){ .vm_id = vm };
	return mtia_ioctl(fd, DRM_IOCTL_MTIA_VM_GET_STATE, state);
}

static inline int vm_map(int fd, __u32 vm, __u32 handle, __u64 offset, __u64 va, __u64 size,
			 __u32 flags)
{
	const struct drm_mtia_vm_bind_op op = {
		.op = DRM_MTIA_VM_BIND_MAP,
		.flags = flags,
		.bo_handle = handle,
		.bo_offset = offset,
		.va = va,
		.size = size,
	};

	return vm_bind(fd, vm, &op, 1);
}

static inline int vm_unmap(int fd, __u32 vm, __u64 va, __u64 size)
{
	const struct drm_mtia_vm_bind_op op = {
		.op = DRM_MTIA_VM_BIND_UNMAP,
		.va = va,
		.size = size,
	};

	return vm_bind(fd, vm, &op, 1);
}

static inline int queue_create(int fd, __u32 vm, __u32 max_jobs, __u32 timeout_ms, __u32 *queue)
{
	struct drm_mtia_queue_create args = {
		.vm_id = vm,
		.priority = DRM_MTIA_PRIORITY_NORMAL,
		.max_jobs = max_jobs,
		.job_timeout_ms = timeout_ms,
	};
	int err = mtia_ioctl(fd, DRM_IOCTL_MTIA_QUEUE_CREATE, &args);

	*queue = args.queue_id;
	return err;
}

static inline int queue_destroy(int fd, __u32 queue)
{
	struct drm_mtia_queue_destroy args = { .queue_id = queue };

	return mtia_ioctl(fd, DRM_IOCTL_MTIA_QUEUE_DESTROY, &args);
}

static inline int queue_state(int fd, __u32 queue, struct drm_mtia_queue_get_state *state)
{
	*state = (struct drm_mtia_queue_get_state){ .queue_id = queue };
	return mtia_ioctl(fd, DRM_IOCTL_MTIA_QUEUE_GET_STATE, state);
}

/* ---- Syncobjs -------------------------------------------------------------------------------- */

static inline __u32 syncobj_create(int fd)
{
	struct drm_syncobj_create args = {};

	return mtia_ioctl(fd, DRM_IOCTL_SYNCOBJ_CREATE, &args) ? 0 : args.handle;
}

static inline int syncobj_destroy(int fd, __u32 handle)
{
	struct drm_syncobj_destroy args = { .handle = handle };

	return mtia_ioctl(fd, DRM_IOCTL_SYNCOBJ_DESTROY, &args);
}

static inline int syncobj_wait(int fd, __u32 handle, __s64 timeout_ns)
{
	struct drm_syncobj_wait args = {
		.handles = (uintptr_t)&handle,
		.count_handles = 1,
		.timeout_nsec = timeout_ns,
	};

	return mtia_ioctl(fd, DRM_IOCTL_SYNCOBJ_WAIT, &args);
}

static inline int timeline_wait(int fd, __u32 handle, __u64 point, __s64 timeout_ns)
{
	struct drm_syncobj_timeline_wait args = {
		.handles = (uintptr_t)&handle,
		.points = (uintptr_t)&point,
		.count_handles = 1,
		.timeout_nsec = timeout_ns,
	};

	return mtia_ioctl(fd, DRM_IOCTL_SYNCOBJ_TIMELINE_WAIT, &args);
}

/* What the fence of a syncobj ended with: 0, its error, or -EBUSY while it has not ended. */
static inline int fence_status(int fd, __u32 syncobj)
{
	struct drm_syncobj_handle args = {
		.handle = syncobj,
		.flags = DRM_SYNCOBJ_HANDLE_TO_FD_FLAGS_EXPORT_SYNC_FILE,
		.fd = -1,
	};
	struct sync_file_info info = {};
	int err = mtia_ioctl(fd, DRM_IOCTL_SYNCOBJ_HANDLE_TO_FD, &args);

	if (err)
		return err;
	err = mtia_ioctl(args.fd, SYNC_IOC_FILE_INFO, &info);
	close(args.fd);
	if (err)
		return err;
	return info.status == 1 ? 0 : info.status ?: -EBUSY;
}

/* ---- Command buffers ------------------------------------------------------------------------- */

struct cmds {
	__u32 size;
	__u16 packets;
	union {
		__u64 align;
		__u8 data[8192];
	};
};

static inline void cmds_begin(struct cmds *cmds)
{
	cmds->size = sizeof(struct mtia_cmd_header);
	cmds->packets = 0;
}

/* A zeroed packet but for its header. */
static inline void *cmds_add(struct cmds *cmds, __u16 opcode, __u32 size)
{
	struct mtia_pkt *pkt = (struct mtia_pkt *)(cmds->data + cmds->size);

	memset(pkt, 0, size);
	pkt->opcode = opcode;
	pkt->size = size;
	cmds->size += size;
	cmds->packets++;
	return pkt;
}

static inline struct mtia_cmd_header *cmds_end(struct cmds *cmds)
{
	struct mtia_cmd_header *header = (struct mtia_cmd_header *)cmds->data;

	*header = (struct mtia_cmd_header){
		.magic = MTIA_CMD_MAGIC,
		.version = MTIA_CMD_VERSION,
		.packet_count = cmds->packets,
		.size = cmds->size,
	};
	return header;
}

static inline void cmds_nop(struct cmds *cmds)
{
	cmds_add(cmds, MTIA_PKT_NOP, sizeof(struct mtia_pkt));
}

static inline void cmds_fill(struct cmds *cmds, __u64 dst, __u64 size, __u64 pattern)
{
	struct mtia_pkt_fill *pkt = cmds_add(cmds, MTIA_PKT_FILL, sizeof(*pkt));

	pkt->dst = dst;
	pkt->size = size;
	pkt->pattern = pattern;
}

static inline void cmds_copy(struct cmds *cmds, __u64 dst, __u64 src, __u64 size)
{
	struct mtia_pkt_copy *pkt = cmds_add(cmds, MTIA_PKT_COPY, sizeof(*pkt));

	pkt->dst = dst;
	pkt->src = src;
	pkt->size = size;
}

static inline void cmds_signal(struct cmds *cmds, __u64 va, __u64 value)
{
	struct mtia_pkt_signal *pkt = cmds_add(cmds, MTIA_PKT_SIGNAL, sizeof(*pkt));

	pkt->va = va;
	pkt->value = value;
}

static inline void cmds_wait(struct cmds *cmds, __u64 va, __u64 value)
{
	struct mtia_pkt_wait *pkt = cmds_add(cmds, MTIA_PKT_WAIT, sizeof(*pkt));

	pkt->va = va;
	pkt->value = value;
}

static inline void cmds_timestamp(struct cmds *cmds, __u64 va)
{
	struct mtia_pkt_timestamp *pkt = cmds_add(cmds, MTIA_PKT_TIMESTAMP, sizeof(*pkt));

	pkt->va = va;
}

static inline void cmds_launch(struct cmds *cmds, __u64 program_va, __u32 program_size,
			       __u16 rows, __u16 cols, const void *args, __u32 args_size)
{
	struct mtia_pkt_launch *pkt;

	pkt = cmds_add(cmds, MTIA_PKT_LAUNCH, sizeof(*pkt) + (args_size + 7) / 8 * 8);
	pkt->program_va = program_va;
	pkt->program_size = program_size;
	pkt->rows = rows;
	pkt->cols = cols;
	pkt->args_size = args_size;
	memcpy(pkt + 1, args, args_size);
}

/* ---- A client: file, address space, queue, command buffer ------------------------------------ */

struct client {
	int fd;
	__u32 vm, queue, syncobj;
	__u32 timeout_ms;
	__u64 epoch;	 /* of resets, when it was opened */
	struct buf cmds; /* mapped at VA_CMDS */
};

/* On an open file, which it takes over. */
static inline void client_start(struct __test_metadata *_metadata, struct client *c, int fd,
				__u32 timeout_ms)
{
	struct drm_mtia_queue_get_state state;

	ASSERT_LE(0, fd);
	c->timeout_ms = timeout_ms;
	c->fd = fd;
	ASSERT_EQ(0, vm_create(c->fd, &c->vm));
	ASSERT_EQ(0, queue_create(c->fd, c->vm, 0, timeout_ms, &c->queue));
	ASSERT_EQ(0, queue_state(c->fd, c->queue, &state));
	c->epoch = state.reset_epoch;
	c->syncobj = syncobj_create(c->fd);
	ASSERT_NE(0, c->syncobj);
	buf_create(_metadata, c->fd, CMDS_SIZE, VRAM, &c->cmds);
	ASSERT_EQ(0, vm_map(c->fd, c->vm, c->cmds.handle, 0, VA_CMDS, CMDS_SIZE, 0));
}

static inline void client_open(struct __test_metadata *_metadata, struct client *c,
			       __u32 timeout_ms)
{
	client_start(_metadata, c, device_open(), timeout_ms);
}

static inline void client_close(struct client *c)
{
	munmap(c->cmds.map, c->cmds.size);
	close(c->fd);
}

/* A new queue in place of one that was banned. */
static inline void client_renew_queue(struct __test_metadata *_metadata, struct client *c)
{
	ASSERT_EQ(0, queue_destroy(c->fd, c->queue));
	ASSERT_EQ(0, queue_create(c->fd, c->vm, 0, c->timeout_ms, &c->queue));
}

/* An object of the client, mapped for the CPU and at a VA. */
static inline void client_buf(struct __test_metadata *_metadata, struct client *c, __u64 size,
			      __u32 placement, __u64 va, struct buf *buf)
{
	buf_create(_metadata, c->fd, size, placement, buf);
	ASSERT_EQ(0, vm_map(c->fd, c->vm, buf->handle, 0, va, size, 0));
}

static inline int submit_jobs(int fd, __u32 queue, const struct drm_mtia_job *jobs, __u32 count)
{
	struct drm_mtia_queue_submit args = {
		.queue_id = queue,
		.jobs = { sizeof(*jobs), count, (uintptr_t)jobs },
	};

	return mtia_ioctl(fd, DRM_IOCTL_MTIA_QUEUE_SUBMIT, &args);
}

/* One job that signals a syncobj (0: none). */
static inline int submit(int fd, __u32 queue, __u64 va, __u32 size, __u32 syncobj)
{
	const struct drm_mtia_sync sync = {
		.flags = DRM_MTIA_SYNC_SIGNAL,
		.handle = syncobj,
	};
	const struct drm_mtia_job job = {
		.cmd_va = va,
		.cmd_size = size,
		.syncs = { sizeof(sync), !!syncobj, (uintptr_t)&sync },
	};

	return submit_jobs(fd, queue, &job, 1);
}

/* Finishes the commands, puts them at an offset of the client's buffer and submits them. */
static inline int client_submit_at(struct client *c, __u32 queue, struct cmds *cmds, __u32 offset,
				   __u32 syncobj)
{
	cmds_end(cmds);
	memcpy((char *)c->cmds.map + offset, cmds->data, cmds->size);
	return submit(c->fd, queue, VA_CMDS + offset, cmds->size, syncobj);
}

static inline int client_submit(struct client *c, struct cmds *cmds)
{
	return client_submit_at(c, c->queue, cmds, 0, c->syncobj);
}

/* Waits for the client's syncobj; how its job ended. */
static inline int client_wait(struct __test_metadata *_metadata, struct client *c)
{
	ASSERT_EQ(0, syncobj_wait(c->fd, c->syncobj, after_ms(PATIENCE_MS)));
	return fence_status(c->fd, c->syncobj);
}

static inline int client_run(struct __test_metadata *_metadata, struct client *c,
			     struct cmds *cmds)
{
	ASSERT_EQ(0, client_submit(c, cmds));
	return client_wait(_metadata, c);
}

/* The device fills a range; how the job ended. */
static inline int client_fill(struct __test_metadata *_metadata, struct client *c, __u64 va,
			      __u64 size, __u64 pattern)
{
	struct cmds cmds;

	cmds_begin(&cmds);
	cmds_fill(&cmds, va, size, pattern);
	return client_run(_metadata, c, &cmds);
}

/* How a job that writes 8 bytes there ends; leaves a usable queue. */
static inline int client_touch(struct __test_metadata *_metadata, struct client *c, __u64 va,
			       __u64 value)
{
	int err = client_fill(_metadata, c, va, 8, value);

	if (err)
		client_renew_queue(_metadata, c);
	return err;
}

static inline __u64 word_at(const struct buf *buf, __u64 offset)
{
	return *(volatile __u64 *)((char *)buf->map + offset);
}

/* The device reads a range into its command buffer's last half; how the job ended. */
static inline int client_read(struct __test_metadata *_metadata, struct client *c, __u64 va,
			      __u64 size)
{
	struct cmds cmds;

	cmds_begin(&cmds);
	cmds_copy(&cmds, VA_CMDS + CMDS_SIZE / 2, va, size);
	return client_run(_metadata, c, &cmds);
}

static inline const void *client_read_result(const struct client *c)
{
	return (const char *)c->cmds.map + CMDS_SIZE / 2;
}

/* A WAIT for a word at the end of the command buffer, which only client_release() changes. */
#define VA_GATE (VA_CMDS + CMDS_SIZE - 8)

static inline void client_gate(struct client *c, struct cmds *cmds)
{
	*(volatile __u64 *)((char *)c->cmds.map + CMDS_SIZE - 8) = 0;
	cmds_wait(cmds, VA_GATE, 1);
}

static inline void client_release(struct client *c)
{
	*(volatile __u64 *)((char *)c->cmds.map + CMDS_SIZE - 8) = 1;
}

/* A job that ends only when it is ended, or with client_release(); returns when it runs. */
static inline void client_start_gate(struct __test_metadata *_metadata, struct client *c)
{
	volatile __u64 *begun = (volatile __u64 *)((char *)c->cmds.map + CMDS_SIZE - 16);
	__s64 end = after_ms(PATIENCE_MS);
	struct cmds cmds;

	*begun = 0;
	cmds_begin(&cmds);
	cmds_signal(&cmds, VA_GATE - 8, 1);
	client_gate(c, &cmds);
	ASSERT_EQ(0, client_submit(c, &cmds));
	while (!*begun && after_ms(0) < end)
		;
	ASSERT_EQ(1, *begun);
}

/* Another queue of the client has a job, and with it a slot of the chip, and goes. */
static inline int client_short_queue(struct client *c, __u32 max_jobs)
{
	__u32 queue, syncobj = syncobj_create(c->fd);
	int err = queue_create(c->fd, c->vm, max_jobs, 0, &queue);

	if (err)
		return err;
	err = submit(c->fd, queue, 0, 0, syncobj);
	err = err ?: syncobj_wait(c->fd, syncobj, after_ms(PATIENCE_MS));
	syncobj_destroy(c->fd, syncobj);
	return err ?: queue_destroy(c->fd, queue);
}

/* ---- PE programs of these tests (tests/kselftest/pe) ----------------------------------------- */

struct program {
	const void *image;
	__u32 size;
};

#define PROGRAM(name)                                                                  \
	({                                                                             \
		extern const char mtia_program_##name[], mtia_program_##name##_end[];  \
		(struct program){ mtia_program_##name,                                 \
				  (__u32)(mtia_program_##name##_end - mtia_program_##name) }; \
	})

/* Loads a program at a VA. */
static inline void client_program(struct __test_metadata *_metadata, struct client *c,
				  struct program program, __u64 va, struct buf *buf)
{
	client_buf(_metadata, c, (program.size + PAGE - 1) / PAGE * PAGE, VRAM, va, buf);
	memcpy(buf->map, program.image, program.size);
}

#endif /* MTIA_TEST_H */
