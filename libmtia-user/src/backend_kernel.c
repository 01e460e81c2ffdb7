// SPDX-License-Identifier: MIT
/*
 * The kernel driver's side of the library: ioctls of drm/mtia_accel.h, syncobj timelines.
 * drmIoctl() restarts calls that a signal interrupted; deadlines are absolute, so a restart changes
 * nothing.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <xf86drm.h>

#include "drm/mtia_accel.h"
#include "internal.h"

#define DRIVER_MAJOR 1

struct kernel_device {
	struct mtia_device base;
	int fd;
};

static int fd_of(const struct mtia_device *device)
{
	return ((const struct kernel_device *)device)->fd;
}

/* `code` is a negative errno that `operation` gave. */
static int ioctl_error(const struct mtia_device *device, const char *operation, int code)
{
	const char *hint = NULL;
	int ret;

	if (code == -ENODEV || code == -EIO)
		hint = "'dmesg | grep mtia' tells why; jobs and buffers of this device are gone";
	else if (code == -EOPNOTSUPP)
		hint = "the driver is older than this library";
	ret = fail(code == -ENODEV || code == -EIO ? MTIA_ELOST : code, operation, hint, "%s: %s",
		   operation, mtia_strerror(code));
	error_device(device);
	return ret;
}

#define DO_IOCTL(device, id, arg)                                                                 \
	(drmIoctl(fd_of(device), DRM_IOCTL_MTIA_##id, arg) ?                                      \
		 ioctl_error(device, "DRM_MTIA_" #id, -errno) :                                   \
		 0)

static int query(struct mtia_device *device, uint32_t type, void *data, uint32_t size)
{
	struct drm_mtia_dev_query q = { .type = type, .size = size, .pointer = (uintptr_t)data };

	memset(data, 0, size);
	return DO_IOCTL(device, DEV_QUERY, &q);
}

static int query_memory(struct mtia_device *device, struct mtia_device_props *out)
{
	struct drm_mtia_mem_region regions[8];
	int ret = query(device, DRM_MTIA_QUERY_MEM_REGIONS, regions, sizeof(regions));

	for (size_t i = 0; !ret && i < ARRAY_SIZE(regions); i++)
		if (regions[i].type == DRM_MTIA_PLACE_VRAM) {
			out->vram_bytes = regions[i].size;
			out->vram_used_bytes = regions[i].used;
		}
	return ret;
}

static int kernel_props(struct mtia_device *device, struct mtia_device_props *out)
{
	struct drm_mtia_device_info info;
	struct drm_mtia_queue_info queue;
	struct drm_mtia_fw_info fw;
	int ret = query(device, DRM_MTIA_QUERY_DEVICE_INFO, &info, sizeof(info));

	if (!ret)
		ret = query(device, DRM_MTIA_QUERY_QUEUE_INFO, &queue, sizeof(queue));
	if (!ret)
		ret = query(device, DRM_MTIA_QUERY_FW_INFO, &fw, sizeof(fw));
	if (!ret)
		ret = query_memory(device, out);
	if (ret)
		return ret;
	out->hw_version = info.hw_version;
	out->hw_revision = info.hw_revision;
	out->grid_rows = info.grid_rows;
	out->grid_cols = info.grid_cols;
	out->pe_enabled = info.pe_enabled[0];
	out->va_start = info.va_start;
	out->va_end = info.va_end;
	out->sram_bytes = info.sram_size;
	out->pe_local_bytes = info.pe_local_size;
	out->clock_hz = info.timestamp_freq_hz;
	out->features = info.features;
	out->max_queues = info.max_queues;
	out->max_contexts = info.max_vms;
	out->max_jobs = queue.max_jobs;
	out->max_cmd_bytes = queue.max_cmd_size;
	out->default_timeout_ms = queue.default_timeout_ms;
	out->max_timeout_ms = queue.max_timeout_ms;
	out->fw_abi_major = fw.abi_major;
	out->fw_abi_minor = fw.abi_minor;
	out->fw_state = fw.state;
	out->fw_features = fw.features;
	memcpy(out->fw_build_id, fw.build_id, sizeof(out->fw_build_id));
	snprintf(out->fw_version, sizeof(out->fw_version), "%.31s", fw.version);
	return 0;
}

static int kernel_counters(struct mtia_device *device, uint64_t values[MTIA_NUM_COUNTERS])
{
	return query(device, DRM_MTIA_QUERY_COUNTERS, values, MTIA_NUM_COUNTERS * sizeof(*values));
}

static int kernel_timestamp(struct mtia_device *device, uint64_t *cycles, int64_t *host_ns)
{
	struct drm_mtia_timestamp stamp;
	int ret = query(device, DRM_MTIA_QUERY_TIMESTAMP, &stamp, sizeof(stamp));

	if (!ret) {
		*cycles = stamp.device_cycles;
		*host_ns = stamp.host_ns;
	}
	return ret;
}

static void kernel_close(struct mtia_device *device)
{
	close(fd_of(device));
	free(device);
}

/* ---- Memory --------------------------------------------------------------------------------- */

static int kernel_vm_create(struct mtia_context *context)
{
	struct drm_mtia_vm_create create = { 0 };
	int ret = DO_IOCTL(context->device, VM_CREATE, &create);

	context->vm_id = create.vm_id;
	return ret;
}

static void kernel_vm_destroy(struct mtia_context *context)
{
	struct drm_mtia_vm_destroy destroy = { .vm_id = context->vm_id };

	drmIoctl(fd_of(context->device), DRM_IOCTL_MTIA_VM_DESTROY, &destroy);
}

static void bo_close(struct mtia_buffer *buffer)
{
	struct drm_gem_close close = { .handle = buffer->handle };

	drmIoctl(fd_of(buffer->context->device), DRM_IOCTL_GEM_CLOSE, &close);
}

static int vm_bind(struct mtia_buffer *buffer, struct drm_mtia_vm_bind_op *op)
{
	struct drm_mtia_vm_bind bind = {
		.vm_id = buffer->context->vm_id,
		.ops = { .stride = sizeof(*op), .count = 1, .array = (uintptr_t)op },
	};

	op->va = buffer->va;
	op->size = buffer->mapped_bytes;
	return drmIoctl(fd_of(buffer->context->device), DRM_IOCTL_MTIA_VM_BIND, &bind) ? -errno : 0;
}

static int kernel_buffer_create(struct mtia_buffer *buffer, const char *label)
{
	static const uint32_t placement[] = {
		[MTIA_PLACE_VRAM] = DRM_MTIA_PLACE_VRAM,
		[MTIA_PLACE_SYSTEM] = DRM_MTIA_PLACE_SYSTEM,
		[MTIA_PLACE_SRAM] = DRM_MTIA_PLACE_SRAM,
	};
	struct mtia_device *device = buffer->context->device;
	struct drm_mtia_bo_create create = {
		.size = buffer->mapped_bytes,
		.placement = placement[buffer->placement],
		.exclusive_vm_id = buffer->context->vm_id,
	};
	struct drm_mtia_vm_bind_op map = { .op = DRM_MTIA_VM_BIND_MAP };
	struct drm_mtia_bo_set_label set = { .length = strlen(label), .label = (uintptr_t)label };
	int ret = DO_IOCTL(device, BO_CREATE, &create);

	if (ret)
		return ret;
	buffer->handle = create.handle;
	if (set.length) {
		set.handle = create.handle;
		/* Only for debugging: a driver without it changes nothing. */
		drmIoctl(fd_of(device), DRM_IOCTL_MTIA_BO_SET_LABEL, &set);
	}
	map.bo_handle = create.handle;
	if (buffer->flags & (MTIA_BUFFER_READONLY | MTIA_BUFFER_EXEC))
		map.flags |= DRM_MTIA_VM_BIND_READONLY;
	if (!(buffer->flags & MTIA_BUFFER_EXEC))
		map.flags |= DRM_MTIA_VM_BIND_NOEXEC;
	ret = vm_bind(buffer, &map);
	if (ret) {
		bo_close(buffer);
		return ioctl_error(device, "DRM_MTIA_VM_BIND", ret);
	}
	return 0;
}

static void kernel_buffer_destroy(struct mtia_buffer *buffer)
{
	struct drm_mtia_vm_bind_op unmap = { .op = DRM_MTIA_VM_BIND_UNMAP };

	if (buffer->cpu)
		munmap(buffer->cpu, buffer->mapped_bytes);
	vm_bind(buffer, &unmap);
	bo_close(buffer);
}

static int kernel_buffer_map(struct mtia_buffer *buffer, void **cpu)
{
	struct mtia_device *device = buffer->context->device;
	struct drm_mtia_bo_mmap_offset offset = { .handle = buffer->handle };
	int ret = DO_IOCTL(device, BO_MMAP_OFFSET, &offset);

	if (ret)
		return ret;
	*cpu = mmap(NULL, buffer->mapped_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd_of(device),
		    offset.offset);
	if (*cpu != MAP_FAILED)
		return 0;
	*cpu = NULL;
	return ioctl_error(device, "mmap", -errno);
}

/* ---- Queues --------------------------------------------------------------------------------- */

static int kernel_queue_create(struct mtia_queue *queue, const struct mtia_queue_desc *desc)
{
	static const uint8_t priority[] = {
		[MTIA_QUEUE_NORMAL] = DRM_MTIA_PRIORITY_NORMAL,
		[MTIA_QUEUE_LOW] = DRM_MTIA_PRIORITY_LOW,
		[MTIA_QUEUE_HIGH] = DRM_MTIA_PRIORITY_HIGH,
		[MTIA_QUEUE_REALTIME] = DRM_MTIA_PRIORITY_REALTIME,
	};
	struct mtia_device *device = queue->context->device;
	struct drm_mtia_queue_create create = {
		.vm_id = queue->context->vm_id,
		.pe_rows = desc->rows,
		.pe_cols = desc->cols,
		.priority = priority[desc->priority],
		.max_jobs = desc->max_jobs,
		.job_timeout_ms = desc->timeout_ms,
	};
	struct drm_mtia_queue_destroy destroy = { 0 };
	int ret = DO_IOCTL(device, QUEUE_CREATE, &create);

	if (ret)
		return ret;
	queue->kernel_id = create.queue_id;
	if (!drmSyncobjCreate(fd_of(device), 0, &queue->syncobj) &&
	    !drmSyncobjCreate(fd_of(device), 0, &queue->newest.syncobj))
		return 0;
	ret = ioctl_error(device, "DRM_SYNCOBJ_CREATE", -errno);
	if (queue->syncobj)
		drmSyncobjDestroy(fd_of(device), queue->syncobj);
	destroy.queue_id = create.queue_id;
	drmIoctl(fd_of(device), DRM_IOCTL_MTIA_QUEUE_DESTROY, &destroy);
	return ret;
}

static void kernel_queue_destroy(struct mtia_queue *queue)
{
	struct drm_mtia_queue_destroy destroy = { .queue_id = queue->kernel_id };
	int fd = fd_of(queue->context->device);

	drmIoctl(fd, DRM_IOCTL_MTIA_QUEUE_DESTROY, &destroy);
	drmSyncobjDestroy(fd, queue->syncobj);
	drmSyncobjDestroy(fd, queue->newest.syncobj);
}

/* Called with queue->lock held. */
static int kernel_submit(struct mtia_queue *queue, uint64_t cmd_va, uint32_t cmd_bytes,
			 const struct queue_point *deps, size_t dep_count, uint64_t seq)
{
	struct mtia_device *device = queue->context->device;
	struct drm_mtia_sync few[18], *syncs = few;
	struct drm_mtia_job job = { .cmd_va = cmd_va, .cmd_size = cmd_bytes };
	struct drm_mtia_queue_submit submit = {
		.queue_id = queue->kernel_id,
		.jobs = { .stride = sizeof(job), .count = 1, .array = (uintptr_t)&job },
	};
	bool newest = !queue->newest.waiters;
	size_t count = dep_count;
	int ret = 0;

	if (dep_count + 2 > ARRAY_SIZE(few))
		syncs = calloc(dep_count + 2, sizeof(*syncs));
	if (!syncs)
		return fail(-ENOMEM, "mtia_submit", NULL, "out of memory");
	for (size_t i = 0; i < dep_count; i++)
		syncs[i] = (struct drm_mtia_sync){
			.flags = DRM_MTIA_SYNC_TIMELINE,
			.handle = deps[i].queue->syncobj,
			.timeline_value = deps[i].seq,
		};
	syncs[count++] = (struct drm_mtia_sync){
		.flags = DRM_MTIA_SYNC_SIGNAL | DRM_MTIA_SYNC_TIMELINE,
		.handle = queue->syncobj,
		.timeline_value = seq,
	};
	if (newest)
		syncs[count++] = (struct drm_mtia_sync){ .flags = DRM_MTIA_SYNC_SIGNAL,
							 .handle = queue->newest.syncobj };
	job.syncs = (struct drm_mtia_obj_array){ .stride = sizeof(*syncs), .count = count,
						 .array = (uintptr_t)syncs };
	if (drmIoctl(fd_of(device), DRM_IOCTL_MTIA_QUEUE_SUBMIT, &submit)) {
		ret = -errno;
		if (ret != -ECANCELED) /* the caller has the story of the ban */
			ret = ioctl_error(device, "DRM_MTIA_QUEUE_SUBMIT", ret);
	} else if (newest) {
		queue->newest.seq = seq;
	}
	if (syncs != few)
		free(syncs);
	return ret;
}

/* Return: false if the job is not the newest one any more. */
static bool wait_newest(struct mtia_queue *queue, uint64_t seq, int64_t deadline_ns, int *ret)
{
	struct kernel_newest *newest = &queue->newest;
	bool is_newest;

	pthread_mutex_lock(&queue->lock);
	is_newest = newest->seq == seq;
	newest->waiters += is_newest;
	pthread_mutex_unlock(&queue->lock);
	if (!is_newest)
		return false;

	*ret = drmSyncobjWait(fd_of(queue->context->device), &newest->syncobj, 1, deadline_ns, 0,
			      NULL);
	pthread_mutex_lock(&queue->lock);
	newest->waiters--;
	pthread_mutex_unlock(&queue->lock);
	return true;
}

static int kernel_wait(struct mtia_device *device, const struct queue_point *points, size_t count,
		       bool any, int64_t deadline_ns)
{
	uint32_t few_handles[16], *handles = few_handles;
	uint64_t few_values[16], *values = few_values;
	int ret = 0;

	if (count == 1 && wait_newest(points[0].queue, points[0].seq, deadline_ns, &ret))
		return !ret || ret == -ETIME ? ret :
					       ioctl_error(device, "DRM_SYNCOBJ_WAIT", ret);
	if (count > ARRAY_SIZE(few_handles)) {
		handles = calloc(count, sizeof(*handles));
		values = calloc(count, sizeof(*values));
	}
	if (!handles || !values)
		ret = fail(-ENOMEM, "mtia_event_wait", NULL, "out of memory");
	for (size_t i = 0; !ret && i < count; i++) {
		handles[i] = points[i].queue->syncobj;
		values[i] = points[i].seq;
	}
	if (!ret)
		ret = drmSyncobjTimelineWait(fd_of(device), handles, values, count, deadline_ns,
					     any ? 0 : DRM_SYNCOBJ_WAIT_FLAGS_WAIT_ALL, NULL);
	if (handles != few_handles) {
		free(handles);
		free(values);
	}
	return !ret || ret == -ETIME || ret == -ENOMEM ?
		       ret :
		       ioctl_error(device, "DRM_SYNCOBJ_TIMELINE_WAIT", ret);
}

static int kernel_completed(struct mtia_queue *queue, uint64_t *seq)
{
	struct mtia_device *device = queue->context->device;

	if (drmSyncobjQuery(fd_of(device), &queue->syncobj, seq, 1))
		return ioctl_error(device, "DRM_SYNCOBJ_QUERY", -errno);
	return 0;
}

static int kernel_fault(struct mtia_queue *queue, uint64_t seq, struct queue_fault *out)
{
	struct drm_mtia_queue_get_state state = { .queue_id = queue->kernel_id };
	struct mtia_job_result *r = &out->result;
	int ret = DO_IOCTL(queue->context->device, QUEUE_GET_STATE, &state);
	bool on_pe = (state.fault_pe & 0xff) != 0xff;

	(void)seq; /* the driver keeps one record a queue */
	memset(out, 0, sizeof(*out));
	if (ret)
		return ret;
	out->banned = state.state != DRM_MTIA_STATE_OK;
	out->reset_epoch = state.reset_epoch;
	out->seq = state.fault_seqno;
	if (!out->seq)
		return 0;
	r->ended = 1;
	r->status = state.fault_status;
	r->packet = state.fault_packet;
	r->pe_row = on_pe ? (int)(state.fault_pe & 0xff) : -1;
	r->pe_col = on_pe ? (int)(state.fault_pe >> 8 & 0xff) : -1;
	r->core = on_pe ? state.fault_pe >> 16 & 0xff : 0;
	r->reason = state.fault_cause & 0xff;
	r->access = state.fault_cause >> 8 & 0xff;
	r->mcause = state.fault_cause >> 16;
	r->address = state.fault_va;
	r->pc = state.fault_pc;
	r->cycle = state.fault_cycle;
	return 0;
}

static const struct backend_ops kernel_ops = {
	.close = kernel_close,
	.props = kernel_props,
	.counters = kernel_counters,
	.timestamp = kernel_timestamp,
	.vm_create = kernel_vm_create,
	.vm_destroy = kernel_vm_destroy,
	.buffer_create = kernel_buffer_create,
	.buffer_destroy = kernel_buffer_destroy,
	.buffer_map = kernel_buffer_map,
	.queue_create = kernel_queue_create,
	.queue_destroy = kernel_queue_destroy,
	.submit = kernel_submit,
	.wait = kernel_wait,
	.completed = kernel_completed,
	.fault = kernel_fault,
};

/* ---- Open ----------------------------------------------------------------------------------- */

static int check_driver(struct kernel_device *device)
{
	drmVersionPtr version = drmGetVersion(device->fd);
	struct mtia_device_props *props = &device->base.props;
	int ret = 0;

	if (!version)
		return errno == ENOTTY || errno == EINVAL ?
			       fail(MTIA_ENODRIVER, "DRM_IOCTL_VERSION", NULL,
				    "the node is not one of a DRM driver") :
			       ioctl_error(&device->base, "DRM_IOCTL_VERSION", -errno);
	snprintf(props->driver_name, sizeof(props->driver_name), "%.15s", version->name);
	snprintf(props->driver_version, sizeof(props->driver_version), "%u.%u.%u",
		 version->version_major & 0xffff, version->version_minor & 0xffff,
		 version->version_patchlevel & 0xffff);
	if (strcmp(props->driver_name, "mtia"))
		ret = fail(MTIA_ENODRIVER, "DRM_IOCTL_VERSION", NULL,
			   "the node belongs to the driver %s", props->driver_name);
	else if (version->version_major != DRIVER_MAJOR)
		ret = fail(MTIA_EVERSION, "DRM_IOCTL_VERSION",
			   "use library and driver of one release",
			   "the driver's interface is %s, this library knows %u",
			   props->driver_version, DRIVER_MAJOR);
	drmFreeVersion(version);
	return ret;
}

int kernel_open(const struct mtia_device_info *info, struct mtia_device **out)
{
	struct kernel_device *device = calloc(1, sizeof(*device));
	int ret;

	if (!device)
		return fail(-ENOMEM, "open", NULL, "out of memory");
	device->fd = kernel_open_node(info);
	if (device->fd < 0) {
		ret = errno == ENOENT || errno == ENXIO ? -ENODEV : -errno;
		ret = fail(ret, "open", "'mtia list' tells more", "%s: %s", info->node,
			   mtia_strerror(ret));
		free(device);
		return ret;
	}
	ret = check_driver(device);
	if (!ret)
		ret = device_init(&device->base, &kernel_ops, info);
	if (ret) {
		close(device->fd);
		free(device);
		return ret;
	}
	*out = &device->base;
	return 0;
}
