// SPDX-License-Identifier: GPL-2.0
/*
 * First look at a driver that was just loaded: every stage of a job's way once, then the ways it can
 * go wrong. For the edit loop of the driver; the kselftests are the thorough ones.
 *
 * Usage: smoke [/dev/accel/accelN]
 *        smoke --unbind <PCI address>
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "drm/mtia_accel.h"
#include "mtia/cmd.h"
#include "mtia/fw_abi.h"
#include "mtia/regs.h"

#define KIB ((uint64_t)1024)
#define MIB (1024 * KIB)
#define VA_CMD 0x100000000ull
#define VA_SRC 0x140000000ull
#define VA_DST 0x180000000ull
#define VA_HOST 0x1c0000000ull

static int fd;
static char node[64];
static unsigned int tests, failed;

static void __attribute__((format(printf, 2, 3))) ok(bool good, const char *format, ...)
{
	va_list args;

	printf("%sok %u - ", good ? "" : "not ", ++tests);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
	fflush(stdout);
	failed += !good;
}

static int call(unsigned long request, void *arg)
{
	int ret;

	do
		ret = ioctl(fd, request, arg);
	while (ret && (errno == EINTR || errno == EAGAIN));

	return ret ? -errno : 0;
}

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ull + t.tv_nsec;
}

static int compare_u64(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static uint32_t bo_create(uint64_t size, uint32_t placement, uint32_t flags, int *error)
{
	struct drm_mtia_bo_create args = { .size = size, .placement = placement, .flags = flags };

	*error = call(DRM_IOCTL_MTIA_BO_CREATE, &args);
	return args.handle;
}

static void *bo_map(uint32_t handle, uint64_t size)
{
	struct drm_mtia_bo_mmap_offset args = { .handle = handle };

	if (call(DRM_IOCTL_MTIA_BO_MMAP_OFFSET, &args))
		return MAP_FAILED;
	return mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, args.offset);
}

static int bind_op(uint32_t vm, uint32_t op, uint32_t handle, uint64_t va, uint64_t size,
		   uint32_t flags)
{
	struct drm_mtia_vm_bind_op ops = {
		.op = op, .flags = flags, .bo_handle = handle, .va = va, .size = size,
	};
	struct drm_mtia_vm_bind args = {
		.vm_id = vm, .ops = { sizeof(ops), 1, (uintptr_t)&ops },
	};

	return call(DRM_IOCTL_MTIA_VM_BIND, &args);
}

static uint32_t queue_create(uint32_t vm, uint32_t timeout_ms, int *error)
{
	struct drm_mtia_queue_create args = {
		.vm_id = vm,
		.priority = DRM_MTIA_PRIORITY_NORMAL,
		.job_timeout_ms = timeout_ms,
	};

	*error = call(DRM_IOCTL_MTIA_QUEUE_CREATE, &args);
	return args.queue_id;
}

static uint32_t syncobj_create(void)
{
	struct drm_syncobj_create args = {};

	return call(DRM_IOCTL_SYNCOBJ_CREATE, &args) ? 0 : args.handle;
}

static int submit(uint32_t queue, uint64_t va, uint32_t size, uint32_t syncobj, uint64_t point)
{
	struct drm_mtia_sync sync = {
		.flags = DRM_MTIA_SYNC_SIGNAL | (point ? DRM_MTIA_SYNC_TIMELINE : 0),
		.handle = syncobj,
		.timeline_value = point,
	};
	struct drm_mtia_job job = {
		.cmd_va = va,
		.cmd_size = size,
		.syncs = { sizeof(sync), syncobj ? 1 : 0, (uintptr_t)&sync },
	};
	struct drm_mtia_queue_submit args = {
		.queue_id = queue,
		.jobs = { sizeof(job), 1, (uintptr_t)&job },
	};

	return call(DRM_IOCTL_MTIA_QUEUE_SUBMIT, &args);
}

static int wait_point(uint32_t syncobj, uint64_t point, uint64_t timeout_ns)
{
	struct drm_syncobj_timeline_wait args = {
		.handles = (uintptr_t)&syncobj,
		.points = (uintptr_t)&point,
		.timeout_nsec = now_ns() + timeout_ns,
		.count_handles = 1,
	};

	return call(DRM_IOCTL_SYNCOBJ_TIMELINE_WAIT, &args);
}

/* Error of the fence, told by its sync_file. */
static int fence_error(uint32_t syncobj)
{
	struct drm_syncobj_handle handle = {
		.handle = syncobj,
		.flags = DRM_SYNCOBJ_HANDLE_TO_FD_FLAGS_EXPORT_SYNC_FILE,
		.fd = -1,
	};
	struct { /* struct sync_file_info of linux/sync_file.h, without its fences */
		char name[32];
		__s32 status;
		__u32 flags, num_fences, pad;
		__u64 sync_fence_info;
	} info = {};
	int ret;

	ret = call(DRM_IOCTL_SYNCOBJ_HANDLE_TO_FD, &handle);
	if (ret)
		return ret;
	ret = ioctl(handle.fd, _IOWR('>', 4, info), &info) ? -errno : info.status;
	close(handle.fd);
	return ret;
}

static struct drm_mtia_queue_get_state queue_state(uint32_t queue)
{
	struct drm_mtia_queue_get_state state = { .queue_id = queue };

	if (call(DRM_IOCTL_MTIA_QUEUE_GET_STATE, &state))
		state.state = ~0u;
	return state;
}

static uint32_t cmd_copy(void *buffer, uint64_t dst, uint64_t src, uint64_t size)
{
	struct {
		struct mtia_cmd_header header;
		struct mtia_pkt_copy copy;
	} cmd = {
		{ MTIA_CMD_MAGIC, MTIA_CMD_VERSION, 1, sizeof(cmd), 0 },
		{ { MTIA_PKT_COPY, 0, sizeof(cmd.copy) }, dst, src, size },
	};

	memcpy(buffer, &cmd, sizeof(cmd));
	return sizeof(cmd);
}

static uint32_t cmd_wait(void *buffer, uint64_t va, uint64_t value)
{
	struct {
		struct mtia_cmd_header header;
		struct mtia_pkt_wait wait;
	} cmd = {
		{ MTIA_CMD_MAGIC, MTIA_CMD_VERSION, 1, sizeof(cmd), 0 },
		{ { MTIA_PKT_WAIT, 0, sizeof(cmd.wait) }, va, value },
	};

	memcpy(buffer, &cmd, sizeof(cmd));
	return sizeof(cmd);
}

static void test_query(void)
{
	struct drm_mtia_device_info info;
	struct drm_mtia_fw_info fw;
	struct drm_mtia_dev_query args = { .type = DRM_MTIA_QUERY_DEVICE_INFO };
	int err;

	err = call(DRM_IOCTL_MTIA_DEV_QUERY, &args);
	ok(!err && args.size == sizeof(info), "query size %u", args.size);
	args.pointer = (uintptr_t)&info;
	err = call(DRM_IOCTL_MTIA_DEV_QUERY, &args);
	ok(!err && info.grid_rows && info.grid_cols, "%u x %u PEs, %u queues, %u VMs",
	   info.grid_rows, info.grid_cols, info.max_queues, info.max_vms);
	args = (struct drm_mtia_dev_query){ DRM_MTIA_QUERY_FW_INFO, sizeof(fw), (uintptr_t)&fw };
	err = call(DRM_IOCTL_MTIA_DEV_QUERY, &args);
	ok(!err && fw.state == MTIA_FW_READY, "firmware %.32s", fw.version);
	args.type = 99;
	ok(call(DRM_IOCTL_MTIA_DEV_QUERY, &args) == -EINVAL, "unknown query is EINVAL");
}

static bool is_zero(const uint8_t *p, size_t size)
{
	size_t i;

	for (i = 0; i < size; i++)
		if (p[i])
			return false;
	return true;
}

/* Copies through the device between two objects and compares. */
static void test_copy(uint32_t vm, uint32_t queue, const char *what, uint32_t from, uint32_t to,
		      uint64_t size)
{
	uint32_t src, dst, cmd, syncobj = syncobj_create();
	int err = 0, e[3], ret;
	uint64_t *s, *d, i;
	void *c;

	src = bo_create(size, from, 0, &e[0]);
	dst = bo_create(size, to, 0, &e[1]);
	cmd = bo_create(4 * KIB, DRM_MTIA_PLACE_VRAM, 0, &e[2]);
	s = bo_map(src, size);
	d = bo_map(dst, size);
	c = bo_map(cmd, 4 * KIB);
	if (e[0] || e[1] || e[2] || s == MAP_FAILED || d == MAP_FAILED || c == MAP_FAILED) {
		ok(false, "%s: objects %d %d %d", what, e[0], e[1], e[2]);
		return;
	}
	ok(is_zero((uint8_t *)s, size) && is_zero((uint8_t *)d, size), "%s: objects are zero", what);
	for (i = 0; i < size / 8; i++)
		s[i] = i * 0x9e3779b97f4a7c15ull + 1;
	err |= bind_op(vm, DRM_MTIA_VM_BIND_MAP, src, VA_SRC, size, DRM_MTIA_VM_BIND_READONLY);
	err |= bind_op(vm, DRM_MTIA_VM_BIND_MAP, dst, VA_DST, size, DRM_MTIA_VM_BIND_NOEXEC);
	err |= bind_op(vm, DRM_MTIA_VM_BIND_MAP, cmd, VA_CMD, 4 * KIB, 0);
	ok(!err, "%s: bind", what);
	ret = submit(queue, VA_CMD, cmd_copy(c, VA_DST, VA_SRC, size), syncobj, 0);
	ok(!ret, "%s: submit %d", what, ret);
	ret = wait_point(syncobj, 0, 10000000000ull);
	err = fence_error(syncobj);
	ok(!ret && err == 1, "%s: done, wait %d, fence %d", what, ret, err);
	ok(!memcmp(s, d, size), "%s: %" PRIu64 " KiB are equal", what, size / KIB);
	err = bind_op(vm, DRM_MTIA_VM_BIND_UNMAP_ALL_BO, src, 0, 0, 0);
	err |= bind_op(vm, DRM_MTIA_VM_BIND_UNMAP, 0, VA_DST, size, 0);
	err |= bind_op(vm, DRM_MTIA_VM_BIND_UNMAP, 0, VA_CMD, 4 * KIB, 0);
	ok(!err, "%s: unbind", what);
	munmap(s, size);
	munmap(d, size);
	munmap(c, 4 * KIB);
	call(DRM_IOCTL_GEM_CLOSE, &(struct drm_gem_close){ .handle = src });
	call(DRM_IOCTL_GEM_CLOSE, &(struct drm_gem_close){ .handle = dst });
	call(DRM_IOCTL_GEM_CLOSE, &(struct drm_gem_close){ .handle = cmd });
	call(DRM_IOCTL_SYNCOBJ_DESTROY, &(struct drm_syncobj_destroy){ .handle = syncobj });
}

static void test_nops(uint32_t queue)
{
	uint32_t syncobj = syncobj_create();
	enum { COUNT = 200 };
	uint64_t ns[COUNT];
	int i, err = 0;

	for (i = 0; i < COUNT && !err; i++) {
		uint64_t start = now_ns();

		err = submit(queue, 0, 0, syncobj, i + 1);
		err = err ?: wait_point(syncobj, i + 1, 5000000000ull);
		ns[i] = now_ns() - start;
	}
	ok(!err, "%d NOP jobs one by one: %d", i, err);
	qsort(ns, i, sizeof(*ns), compare_u64);
	printf("# NOP submit to wait: median %" PRIu64 " us, 99th %" PRIu64 " us\n",
	       ns[i / 2] / 1000, ns[i * 99 / 100] / 1000);
	for (i = 0; i < 1000 && !err; i++)
		err = submit(queue, 0, 0, syncobj, COUNT + i + 1);
	err = err ?: wait_point(syncobj, COUNT + i, 20000000000ull);
	ok(!err, "%d NOP jobs at once: %d", i, err);
}

static void test_partial(uint32_t vm, uint32_t queue)
{
	uint32_t bo, syncobj = syncobj_create(), cmd;
	uint64_t size = 6 * MIB, hole = VA_SRC + 2 * MIB + 64 * KIB;
	int err, ret;
	uint64_t *p;
	void *c;

	bo = bo_create(size, DRM_MTIA_PLACE_VRAM, DRM_MTIA_BO_CONTIGUOUS, &err);
	cmd = bo_create(4 * KIB, DRM_MTIA_PLACE_SYSTEM, 0, &ret);
	p = bo_map(bo, size);
	c = bo_map(cmd, 4 * KIB);
	if (err || ret || p == MAP_FAILED || c == MAP_FAILED) {
		ok(false, "partial: objects %d %d", err, ret);
		return;
	}
	p[0] = 0x1122334455667788;
	p[(size - 8) / 8] = 0x99aabbccddeeff00;
	err = bind_op(vm, DRM_MTIA_VM_BIND_MAP, bo, VA_SRC, size, 0);
	err |= bind_op(vm, DRM_MTIA_VM_BIND_MAP, cmd, VA_HOST, 4 * KIB, 0);
	ok(!err, "partial: bind");
	err = bind_op(vm, DRM_MTIA_VM_BIND_UNMAP, 0, hole, 4 * KIB, 0);
	ok(!err, "partial: hole in a huge page");
	ret = submit(queue, VA_HOST,
		     cmd_copy(c, VA_SRC + 64, VA_SRC + size - 8, 8), syncobj, 0);
	ret = ret ?: wait_point(syncobj, 0, 10000000000ull);
	ok(!ret && p[8] == 0x99aabbccddeeff00, "partial: rest still mapped: %d", ret);
	ret = submit(queue, VA_HOST, cmd_copy(c, hole, VA_SRC, 8), syncobj, 0);
	ret = ret ?: wait_point(syncobj, 0, 10000000000ull);
	ok(!ret && fence_error(syncobj) == -EIO, "partial: hole faults: %d, fence %d", ret,
	   fence_error(syncobj));
	struct drm_mtia_queue_get_state state = queue_state(queue);

	ok(state.state == DRM_MTIA_STATE_BANNED && state.reason == DRM_MTIA_REASON_MMU_FAULT &&
	   state.flags == DRM_MTIA_QUEUE_GUILTY && state.fault_va == hole,
	   "partial: state %u reason %u flags %u va 0x%llx cause 0x%x status %u", state.state,
	   state.reason, state.flags, state.fault_va, state.fault_cause, state.fault_status);
	ok(submit(queue, 0, 0, 0, 0) == -ECANCELED, "partial: banned queue takes no job");
	munmap(p, size);
	munmap(c, 4 * KIB);
	err = bind_op(vm, DRM_MTIA_VM_BIND_UNMAP_ALL_BO, bo, 0, 0, 0);
	err |= bind_op(vm, DRM_MTIA_VM_BIND_UNMAP_ALL_BO, cmd, 0, 0, 0);
	ok(!err, "partial: unbind");
	call(DRM_IOCTL_GEM_CLOSE, &(struct drm_gem_close){ .handle = bo });
	call(DRM_IOCTL_GEM_CLOSE, &(struct drm_gem_close){ .handle = cmd });
}

static void test_hang(uint32_t vm, uint32_t neighbour)
{
	uint32_t bo, queue, hung = syncobj_create(), behind = syncobj_create();
	uint32_t other = syncobj_create();
	struct drm_mtia_queue_get_state state;
	int err, ret, i;
	uint64_t start;
	void *p;

	bo = bo_create(64 * KIB, DRM_MTIA_PLACE_VRAM, 0, &err);
	p = bo_map(bo, 64 * KIB);
	queue = queue_create(vm, 500, &ret);
	if (err || ret || p == MAP_FAILED) {
		ok(false, "hang: objects %d %d", err, ret);
		return;
	}
	err = bind_op(vm, DRM_MTIA_VM_BIND_MAP, bo, VA_CMD, 64 * KIB, 0);
	start = now_ns();
	err = err ?: submit(queue, VA_CMD, cmd_wait(p, VA_CMD + 4096, 1), hung, 0);
	err = err ?: submit(queue, 0, 0, behind, 0);
	ok(!err, "hang: submit %d", err);
	for (i = 1; i <= 20 && !err; i++) {
		err = submit(neighbour, 0, 0, other, i);
		err = err ?: wait_point(other, i, 1000000000ull);
	}
	ok(!err && now_ns() - start < 500000000ull, "hang: neighbour goes on meanwhile: %d", err);
	ret = wait_point(hung, 0, 5000000000ull);
	ok(!ret && fence_error(hung) == -ETIME, "hang: ended after %" PRIu64 " ms, fence %d",
	   (now_ns() - start) / 1000000, fence_error(hung));
	ret = wait_point(behind, 0, 5000000000ull);
	ok(!ret && fence_error(behind) == -ECANCELED, "hang: the job behind it: fence %d",
	   fence_error(behind));
	state = queue_state(queue);
	ok(state.state == DRM_MTIA_STATE_BANNED && state.reason == DRM_MTIA_REASON_TIMEOUT &&
	   state.flags == DRM_MTIA_QUEUE_GUILTY, "hang: state %u reason %u flags %u", state.state,
	   state.reason, state.flags);
	err = submit(neighbour, 0, 0, other, 21);
	err = err ?: wait_point(other, 21, 1000000000ull);
	ok(!err, "hang: neighbour goes on afterwards: %d", err);
	err = call(DRM_IOCTL_MTIA_QUEUE_DESTROY, &(struct drm_mtia_queue_destroy){ .queue_id = queue });
	ok(!err, "hang: destroy");

	/* A job that runs when its queue is destroyed. */
	queue = queue_create(vm, 0, &ret);
	err = submit(queue, VA_CMD, cmd_wait(p, VA_CMD + 4096, 1), hung, 0);
	err = err ?: call(DRM_IOCTL_MTIA_QUEUE_DESTROY,
			  &(struct drm_mtia_queue_destroy){ .queue_id = queue });
	ret = wait_point(hung, 0, 1000000000ull);
	ok(!err && !ret && fence_error(hung) == -ECANCELED, "destroy with a job: %d, fence %d", err,
	   fence_error(hung));

	/* A job that waits for memory which the CPU writes. */
	queue = queue_create(vm, 0, &ret);
	err = submit(queue, VA_CMD, cmd_wait(p, VA_CMD + 4096, 7), hung, 0);
	ret = wait_point(hung, 0, 50000000ull);
	ok(!err && ret == -ETIME, "wait packet waits: %d", ret);
	*(volatile uint64_t *)((char *)p + 4096) = 7;
	ret = wait_point(hung, 0, 5000000000ull);
	ok(!ret && fence_error(hung) == 1, "wait packet ends: %d, fence %d", ret, fence_error(hung));
	bind_op(vm, DRM_MTIA_VM_BIND_UNMAP_ALL_BO, bo, 0, 0, 0);
	munmap(p, 64 * KIB);
}

static void test_errors(uint32_t vm, uint32_t queue)
{
	struct drm_mtia_vm_bind args = { .vm_id = vm, .flags = DRM_MTIA_VM_BIND_ASYNC };
	int err;

	ok(call(DRM_IOCTL_MTIA_VM_BIND, &args) == -EOPNOTSUPP, "asynchronous bind is EOPNOTSUPP");
	bo_create(1ull << 40, DRM_MTIA_PLACE_VRAM, 0, &err);
	ok(err == -ENOSPC, "1 TiB of VRAM: %d", err);
	bo_create(1ull << 40, DRM_MTIA_PLACE_SYSTEM, 0, &err);
	ok(err == -ENOMEM, "1 TiB of system memory: %d", err);
	bo_create(100, DRM_MTIA_PLACE_VRAM, 0, &err);
	ok(err == -EINVAL, "unaligned size: %d", err);
	err = bind_op(vm, DRM_MTIA_VM_BIND_MAP, 12345, VA_SRC, 4096, 0);
	ok(err == -ENOENT, "bind of no object: %d", err);
	err = bind_op(vm, DRM_MTIA_VM_BIND_UNMAP, 0, 0, 4096, 0);
	ok(err == -EINVAL, "unbind outside the VA range: %d", err);
	err = call(DRM_IOCTL_MTIA_VM_DESTROY, &(struct drm_mtia_vm_destroy){ .vm_id = vm });
	ok(err == -EBUSY, "destroy of a VM with queues: %d", err);
	ok(submit(queue, 4, 64, 0, 0) == -EINVAL, "unaligned command buffer");
	ok(submit(queue, VA_CMD, 1 << 20, 0, 0) == -E2BIG, "huge command buffer");
	ok(submit(99, 0, 0, 0, 0) == -ENOENT, "no such queue");
	ok(submit(queue, 0, 0, 4321, 0) == -ENOENT, "no such syncobj");
}

/* Writes a word to a file in sysfs. */
static int put(const char *path, const char *text)
{
	int file = open(path, O_WRONLY), err = 0;

	if (file < 0)
		return -errno;
	if (write(file, text, strlen(text)) < 0)
		err = -errno;
	close(file);
	return err;
}

/* Takes the device away while jobs run, memory is mapped and somebody waits. */
static void test_unbind(uint32_t vm, const char *address)
{
	uint32_t vram, system, queue, hung = syncobj_create(), behind = syncobj_create();
	struct drm_mtia_vm_create args = {};
	volatile uint64_t *v, *s;
	uint64_t start, size = 1 * MIB;
	int err, ret;
	pid_t child;

	vram = bo_create(size, DRM_MTIA_PLACE_VRAM, 0, &err);
	system = bo_create(size, DRM_MTIA_PLACE_SYSTEM, 0, &ret);
	v = bo_map(vram, size);
	s = bo_map(system, size);
	if (err || ret || v == MAP_FAILED || s == MAP_FAILED) {
		ok(false, "unbind: objects %d %d", err, ret);
		return;
	}
	v[0] = s[0] = 1;
	queue = queue_create(vm, 9000, &err);
	err = err ?: bind_op(vm, DRM_MTIA_VM_BIND_MAP, vram, VA_CMD, size, 0);
	err = err ?: bind_op(vm, DRM_MTIA_VM_BIND_MAP, system, VA_HOST, size, 0);
	err = err ?: submit(queue, VA_CMD, cmd_wait((void *)v, VA_CMD + 4096, 1), hung, 0);
	err = err ?: submit(queue, 0, 0, behind, 0);
	ok(!err, "unbind: jobs submitted: %d", err);

	child = fork();
	if (!child) {
		usleep(200000);
		_exit(put("/sys/bus/pci/drivers/mtia/unbind", address) ? 1 : 0);
	}
	start = now_ns();
	ret = wait_point(hung, 0, 8000000000ull);
	ok(!ret || ret == -ENODEV, "unbind: wait ends after %" PRIu64 " ms: %d",
	   (now_ns() - start) / 1000000, ret);
	waitpid(child, &err, 0);
	ok(!err, "unbind: went through, exit status %d", err);
	ok(call(DRM_IOCTL_MTIA_VM_CREATE, &args) == -ENODEV, "unbind: ioctls give ENODEV");
	v[0] = 2;
	s[0] = 3;
	ok(v[1000] == v[1000] && s[1000] == s[1000], "unbind: mappings can be touched");
	ok(open(node, O_RDWR) < 0, "unbind: no node: %s", strerror(errno));
}

int main(int argc, char **argv)
{
	struct drm_mtia_vm_create vm = {};
	const char *address = argc > 2 && !strcmp(argv[1], "--unbind") ? argv[2] : NULL;
	uint32_t queue;
	int err;

	/* A device that was bound again may not be number 0. */
	for (int i = 0; i < 16; i++) {
		snprintf(node, sizeof(node), "/dev/accel/accel%d", i);
		if (!access(node, F_OK))
			break;
	}
	if (argc == 2)
		snprintf(node, sizeof(node), "%s", argv[1]);

	fd = open(node, O_RDWR | O_CLOEXEC);
	if (fd < 0) {
		printf("Bail out! %s: %s\n", node, strerror(errno));
		return 1;
	}

	test_query();
	err = call(DRM_IOCTL_MTIA_VM_CREATE, &vm);
	ok(!err && vm.vm_id, "VM %u: %d", vm.vm_id, err);
	if (address) {
		test_unbind(vm.vm_id, address);
		printf("1..%u\n", tests);
		return failed ? 1 : 0;
	}
	queue = queue_create(vm.vm_id, 0, &err);
	ok(!err && queue, "queue %u: %d", queue, err);
	test_nops(queue);
	test_copy(vm.vm_id, queue, "VRAM to VRAM", DRM_MTIA_PLACE_VRAM, DRM_MTIA_PLACE_VRAM, 5 * MIB);
	test_copy(vm.vm_id, queue, "system to VRAM", DRM_MTIA_PLACE_SYSTEM, DRM_MTIA_PLACE_VRAM,
		  64 * KIB);
	test_copy(vm.vm_id, queue, "VRAM to system", DRM_MTIA_PLACE_VRAM, DRM_MTIA_PLACE_SYSTEM,
		  64 * KIB);
	test_hang(vm.vm_id, queue);
	test_errors(vm.vm_id, queue);
	test_partial(vm.vm_id, queue);
	printf("1..%u\n", tests);

	return failed ? 1 : 0;
}
