/* SPDX-License-Identifier: MIT */
/*
 * User API of the mtia DRM-accel driver (/dev/accel/accelN).
 */
#ifndef _UAPI_MTIA_ACCEL_H_
#define _UAPI_MTIA_ACCEL_H_

#if defined(__KERNEL__)
#include <drm/drm.h>
#else
#include <drm.h> /* from libdrm: -I of `pkg-config --cflags libdrm` */
#endif

#if defined(__cplusplus)
extern "C" {
#endif

/**
 * DOC: Introduction
 *
 * - Every structure is a multiple of 8 bytes, has the same layout for 32- and 64-bit user space,
 *   and is only ever extended at its end; zero in a new field means the old behaviour.
 * - Unknown flags, non-zero padding and non-zero reserved fields give -EINVAL.
 * - Arrays are passed as &struct drm_mtia_obj_array with an element stride, so that their elements
 *   can grow too: bytes an older kernel does not know must be zero (-E2BIG otherwise).
 * - Handles and ids (buffer objects, VMs, queues) belong to one open file and are never 0.
 * - Timeouts are absolute CLOCK_MONOTONIC nanoseconds. -EINTR never means half done: the same
 *   arguments can be used again.
 * - Errors: -ENOENT unknown handle or id; -EINVAL bad argument; -EFAULT bad pointer; -E2BIG too
 *   many or too long; -ENOSPC device memory or ids used up; -ENOMEM system memory;
 *   -EACCES privilege missing; -EOPNOTSUPP known but not offered by this driver version;
 *   -ECANCELED queue or VM was banned; -ETIME timeout passed; -ENODEV device is gone; -EIO device
 *   is dead after a failed reset.
 *
 * A job is a command buffer (format: mtia/cmd.h) at a VA of the queue's VM. The kernel does not
 * read it; the device's MMU confines what it can reach to what the VM maps.
 */

/** enum drm_mtia_ioctl_id - ioctl numbers behind DRM_COMMAND_BASE. */
enum drm_mtia_ioctl_id {
	/** @DRM_MTIA_DEV_QUERY: &struct drm_mtia_dev_query. */
	DRM_MTIA_DEV_QUERY = 0,
	/** @DRM_MTIA_BO_CREATE: &struct drm_mtia_bo_create. */
	DRM_MTIA_BO_CREATE,
	/** @DRM_MTIA_BO_MMAP_OFFSET: &struct drm_mtia_bo_mmap_offset. */
	DRM_MTIA_BO_MMAP_OFFSET,
	/** @DRM_MTIA_BO_INFO: &struct drm_mtia_bo_info. */
	DRM_MTIA_BO_INFO,
	/** @DRM_MTIA_BO_WAIT: &struct drm_mtia_bo_wait. */
	DRM_MTIA_BO_WAIT,
	/** @DRM_MTIA_VM_CREATE: &struct drm_mtia_vm_create. */
	DRM_MTIA_VM_CREATE,
	/** @DRM_MTIA_VM_DESTROY: &struct drm_mtia_vm_destroy. */
	DRM_MTIA_VM_DESTROY,
	/** @DRM_MTIA_VM_BIND: &struct drm_mtia_vm_bind. */
	DRM_MTIA_VM_BIND,
	/** @DRM_MTIA_VM_GET_STATE: &struct drm_mtia_vm_get_state. */
	DRM_MTIA_VM_GET_STATE,
	/** @DRM_MTIA_QUEUE_CREATE: &struct drm_mtia_queue_create. */
	DRM_MTIA_QUEUE_CREATE,
	/** @DRM_MTIA_QUEUE_DESTROY: &struct drm_mtia_queue_destroy. */
	DRM_MTIA_QUEUE_DESTROY,
	/** @DRM_MTIA_QUEUE_SUBMIT: &struct drm_mtia_queue_submit. */
	DRM_MTIA_QUEUE_SUBMIT,
	/** @DRM_MTIA_QUEUE_GET_STATE: &struct drm_mtia_queue_get_state. */
	DRM_MTIA_QUEUE_GET_STATE,
	/** @DRM_MTIA_BO_SET_LABEL: &struct drm_mtia_bo_set_label. */
	DRM_MTIA_BO_SET_LABEL,
};

/**
 * struct drm_mtia_obj_array - Array of objects in user memory.
 */
struct drm_mtia_obj_array {
	/** @stride: Bytes from one element to the next; at least the first version's size. */
	__u32 stride;
	/** @count: Number of elements, at most DRM_MTIA_MAX_ARRAY. */
	__u32 count;
	/** @array: User pointer to the first element; ignored when @count is 0. */
	__u64 array;
};

#define DRM_MTIA_MAX_ARRAY 4096

/** enum drm_mtia_sync_flags - Flags of &struct drm_mtia_sync. */
enum drm_mtia_sync_flags {
	/** @DRM_MTIA_SYNC_SIGNAL: Signal it when done; without it, wait for it before. */
	DRM_MTIA_SYNC_SIGNAL = 1 << 0,
	/** @DRM_MTIA_SYNC_TIMELINE: It is a point of a timeline syncobj. */
	DRM_MTIA_SYNC_TIMELINE = 1 << 1,
};

/**
 * struct drm_mtia_sync - One wait or signal operation on a syncobj.
 */
struct drm_mtia_sync {
	/** @flags: Combination of &enum drm_mtia_sync_flags. */
	__u32 flags;
	/** @handle: Syncobj handle. */
	__u32 handle;
	/** @timeline_value: Point; 0 without DRM_MTIA_SYNC_TIMELINE, not 0 to signal one. */
	__u64 timeline_value;
};

/** enum drm_mtia_dev_query_type - What DEV_QUERY can tell. */
enum drm_mtia_dev_query_type {
	/** @DRM_MTIA_QUERY_DEVICE_INFO: &struct drm_mtia_device_info. */
	DRM_MTIA_QUERY_DEVICE_INFO = 0,
	/** @DRM_MTIA_QUERY_MEM_REGIONS: array of &struct drm_mtia_mem_region. */
	DRM_MTIA_QUERY_MEM_REGIONS,
	/** @DRM_MTIA_QUERY_FW_INFO: &struct drm_mtia_fw_info. */
	DRM_MTIA_QUERY_FW_INFO,
	/** @DRM_MTIA_QUERY_QUEUE_INFO: &struct drm_mtia_queue_info. */
	DRM_MTIA_QUERY_QUEUE_INFO,
	/** @DRM_MTIA_QUERY_TIMESTAMP: &struct drm_mtia_timestamp. */
	DRM_MTIA_QUERY_TIMESTAMP,
	/** @DRM_MTIA_QUERY_COUNTERS: array of __u64, index = enum mtia_counter in mtia/regs.h. */
	DRM_MTIA_QUERY_COUNTERS,
};

/**
 * struct drm_mtia_dev_query - Ask for one kind of information.
 */
struct drm_mtia_dev_query {
	/** @type: One of &enum drm_mtia_dev_query_type. */
	__u32 type;
	/**
	 * @size: In: bytes at @pointer. Out: bytes this kernel has. A shorter buffer gets a prefix,
	 * a longer one is zero-filled.
	 */
	__u32 size;
	/** @pointer: User buffer, or 0 to ask for the size only. */
	__u64 pointer;
};

/**
 * struct drm_mtia_device_info - Shape of the device.
 */
struct drm_mtia_device_info {
	/** @hw_version: Register interface, major << 16 | minor. */
	__u32 hw_version;
	/** @hw_revision: 0x0100 for MTIA v1. */
	__u32 hw_revision;
	/** @grid_rows: Rows of the PE grid. */
	__u32 grid_rows;
	/** @grid_cols: Columns of the PE grid. */
	__u32 grid_cols;
	/** @pe_enabled: Bitmap of usable PEs, row-major with 8 columns; second word reserved. */
	__u64 pe_enabled[2];
	/** @va_start: First address a VM can map. */
	__u64 va_start;
	/** @va_end: First address beyond. */
	__u64 va_end;
	/** @page_sizes: Bitmap of page sizes, bit n = 2^n bytes; the smallest is the granule. */
	__u64 page_sizes;
	/** @sram_size: On-chip SRAM in bytes. */
	__u64 sram_size;
	/** @pe_local_size: Local memory of a PE in bytes. */
	__u64 pe_local_size;
	/** @timestamp_freq_hz: Rate of device timestamps. */
	__u64 timestamp_freq_hz;
	/**
	 * @max_queues: Queues that can exist at once in an open file. Those of all files share the
	 * hardware's slots: a queue has one while it has jobs to run.
	 */
	__u32 max_queues;
	/** @max_vms: VMs that can exist at once in an open file; they share the ASIDs likewise. */
	__u32 max_vms;
	/** @features: MTIA_CAP_* of mtia/regs.h. */
	__u64 features;
};

/**
 * struct drm_mtia_mem_region - One kind of memory.
 */
struct drm_mtia_mem_region {
	/** @type: One of &enum drm_mtia_placement. */
	__u32 type;
	/** @pad: Zero. */
	__u32 pad;
	/** @size: Bytes a client may use in all; 0 = no limit of its own. */
	__u64 size;
	/** @used: Bytes in use by everybody. */
	__u64 used;
};

/**
 * struct drm_mtia_fw_info - The running firmware.
 */
struct drm_mtia_fw_info {
	/** @abi_major: ABI the driver and firmware speak. */
	__u32 abi_major;
	/** @abi_minor: Lower of the two sides' minors. */
	__u32 abi_minor;
	/** @features: MTIA_FW_FEAT_* in use. */
	__u64 features;
	/** @build_id: SHA-1 sized build id of the image. */
	__u8 build_id[20];
	/** @state: enum mtia_fw_state of mtia/fw_abi.h. */
	__u32 state;
	/** @version: Text, NUL-terminated. */
	char version[32];
};

/**
 * struct drm_mtia_queue_info - Limits of queues.
 */
struct drm_mtia_queue_info {
	/** @max_jobs: Largest ring. */
	__u32 max_jobs;
	/** @default_timeout_ms: Time limit of a job when the queue asks for none. */
	__u32 default_timeout_ms;
	/** @max_timeout_ms: Longest a queue can ask for. */
	__u32 max_timeout_ms;
	/** @max_cmd_size: Largest command buffer in bytes. */
	__u32 max_cmd_size;
};

/**
 * struct drm_mtia_timestamp - Device time next to the host's.
 */
struct drm_mtia_timestamp {
	/** @device_cycles: Device timestamp. */
	__u64 device_cycles;
	/** @host_ns: CLOCK_MONOTONIC read right before. */
	__u64 host_ns;
};

/** enum drm_mtia_placement - Where a buffer object may live (bit mask). */
enum drm_mtia_placement {
	/** @DRM_MTIA_PLACE_VRAM: LPDDR of the device. */
	DRM_MTIA_PLACE_VRAM = 1 << 0,
	/** @DRM_MTIA_PLACE_SYSTEM: System memory, DMA-mapped. */
	DRM_MTIA_PLACE_SYSTEM = 1 << 1,
	/**
	 * @DRM_MTIA_PLACE_SRAM: On-chip SRAM, and nowhere else: not together with others. -ENOSPC
	 * when it is full; what is there is not evicted.
	 */
	DRM_MTIA_PLACE_SRAM = 1 << 2,
};

/** enum drm_mtia_bo_flags - Flags of BO_CREATE. */
enum drm_mtia_bo_flags {
	/** @DRM_MTIA_BO_NO_MMAP: The CPU will never map it. */
	DRM_MTIA_BO_NO_MMAP = 1 << 0,
	/** @DRM_MTIA_BO_CONTIGUOUS: One range of device memory. */
	DRM_MTIA_BO_CONTIGUOUS = 1 << 1,
	/** @DRM_MTIA_BO_CACHE_WC: Map system memory write-combined; DRM_MTIA_PLACE_SYSTEM only. */
	DRM_MTIA_BO_CACHE_WC = 1 << 2,
};

/**
 * struct drm_mtia_bo_create - Create a buffer object; its content is zero.
 */
struct drm_mtia_bo_create {
	/** @size: Bytes, multiple of the page size. */
	__u64 size;
	/** @placement: Mask of &enum drm_mtia_placement, VRAM preferred. */
	__u32 placement;
	/** @flags: Mask of &enum drm_mtia_bo_flags. */
	__u32 flags;
	/** @exclusive_vm_id: 0, or the only VM that will map it: cheaper, not exportable. */
	__u32 exclusive_vm_id;
	/** @handle: Out: GEM handle. */
	__u32 handle;
	/** @reserved: Must be 0. */
	__u64 reserved[2];
};

/**
 * struct drm_mtia_bo_mmap_offset - Ask for the offset to mmap() on the device file.
 */
struct drm_mtia_bo_mmap_offset {
	/** @handle: GEM handle. */
	__u32 handle;
	/** @pad: Must be 0. */
	__u32 pad;
	/** @offset: Out. */
	__u64 offset;
};

/**
 * struct drm_mtia_bo_info - What a buffer object is.
 */
struct drm_mtia_bo_info {
	/** @handle: GEM handle. */
	__u32 handle;
	/** @flags: Out: as created. */
	__u32 flags;
	/** @size: Out: bytes. */
	__u64 size;
	/** @placement: Out: as created. */
	__u32 placement;
	/** @current_placement: Out: where it is now. */
	__u32 current_placement;
	/** @imported: Out: 1 for a dma-buf of somebody else. */
	__u32 imported;
	/** @pad: Must be 0. */
	__u32 pad;
};

/** enum drm_mtia_bo_wait_flags - Flags of BO_WAIT. */
enum drm_mtia_bo_wait_flags {
	/** @DRM_MTIA_BO_WAIT_WRITE_ONLY: Wait for writers only. */
	DRM_MTIA_BO_WAIT_WRITE_ONLY = 1 << 0,
};

/**
 * struct drm_mtia_bo_wait - Wait until no submitted job or asynchronous bind uses a buffer object.
 */
struct drm_mtia_bo_wait {
	/** @handle: GEM handle. */
	__u32 handle;
	/** @flags: Mask of &enum drm_mtia_bo_wait_flags. */
	__u32 flags;
	/** @timeout_ns: Absolute CLOCK_MONOTONIC; the past = poll. */
	__s64 timeout_ns;
};

/**
 * struct drm_mtia_vm_create - Create an address space.
 */
struct drm_mtia_vm_create {
	/** @flags: Must be 0. */
	__u32 flags;
	/** @vm_id: Out. */
	__u32 vm_id;
	/** @user_va_start: First VA user space will map; 0 with @user_va_size 0 = all. */
	__u64 user_va_start;
	/** @user_va_size: Bytes of that range. */
	__u64 user_va_size;
};

/**
 * struct drm_mtia_vm_destroy - Destroy an address space; -EBUSY while queues use it.
 */
struct drm_mtia_vm_destroy {
	/** @vm_id: Id. */
	__u32 vm_id;
	/** @pad: Must be 0. */
	__u32 pad;
};

/** enum drm_mtia_vm_bind_op_type - Operations of VM_BIND. */
enum drm_mtia_vm_bind_op_type {
	/** @DRM_MTIA_VM_BIND_MAP: Map a part of a BO, replacing what was there. */
	DRM_MTIA_VM_BIND_MAP = 0,
	/** @DRM_MTIA_VM_BIND_UNMAP: Unmap a range; holes in it are fine. */
	DRM_MTIA_VM_BIND_UNMAP,
	/** @DRM_MTIA_VM_BIND_UNMAP_ALL_BO: Unmap every mapping of a BO. */
	DRM_MTIA_VM_BIND_UNMAP_ALL_BO,
	/** @DRM_MTIA_VM_BIND_SYNC_ONLY: Only the syncs. */
	DRM_MTIA_VM_BIND_SYNC_ONLY,
};

/** enum drm_mtia_vm_bind_op_flags - Flags of one operation. */
enum drm_mtia_vm_bind_op_flags {
	/** @DRM_MTIA_VM_BIND_READONLY: The device may not write. */
	DRM_MTIA_VM_BIND_READONLY = 1 << 0,
	/** @DRM_MTIA_VM_BIND_NOEXEC: PE cores may not fetch instructions. */
	DRM_MTIA_VM_BIND_NOEXEC = 1 << 1,
};

/**
 * struct drm_mtia_vm_bind_op - One operation of VM_BIND.
 */
struct drm_mtia_vm_bind_op {
	/** @op: &enum drm_mtia_vm_bind_op_type. */
	__u32 op;
	/** @flags: Mask of &enum drm_mtia_vm_bind_op_flags; MAP only. */
	__u32 flags;
	/** @bo_handle: GEM handle for MAP and UNMAP_ALL_BO, else 0. */
	__u32 bo_handle;
	/** @pad: Must be 0. */
	__u32 pad;
	/** @bo_offset: MAP: first byte of the BO, page aligned. */
	__u64 bo_offset;
	/** @va: First VA, page aligned. */
	__u64 va;
	/** @size: Bytes, page aligned, not 0 for MAP and UNMAP. */
	__u64 size;
};

/** enum drm_mtia_vm_bind_flags - Flags of VM_BIND. */
enum drm_mtia_vm_bind_flags {
	/**
	 * @DRM_MTIA_VM_BIND_ASYNC: Return at once; do it when the syncs to wait for are done, and
	 * signal the others then. (since driver 1.1)
	 */
	DRM_MTIA_VM_BIND_ASYNC = 1 << 0,
};

/**
 * struct drm_mtia_vm_bind - Change mappings, all operations in their order or, on error, none.
 *
 * Whatever can fail fails in the call, asynchronous or not: arguments, memory, syncs (-EINVAL for a
 * syncobj or point to wait for that has no fence yet).
 *
 * The binds of a VM take effect in the order of their calls, whatever each of them waits for. A
 * synchronous call therefore waits for all asynchronous ones before it; -EINTR means that it did
 * nothing yet. It is done when it returns.
 *
 * An asynchronous bind is done when its syncs signal: from then on the device sees the new
 * mappings, and those removed hold no memory any more. Nothing else waits for it. A job that needs
 * the new mappings has to wait for such a sync, and a bind has to wait for the jobs that use what
 * it removes; jobs that do neither see the old mappings or the new ones. Until it is done,
 * DRM_MTIA_BO_WAIT counts it as a user of the objects that it maps or unmaps and of those that only
 * this VM may map.
 *
 * A bind that was accepted fails only if the device fails, or goes, under it: the fence has the
 * error, and the VM is banned (struct drm_mtia_vm_get_state.reason), because its mappings are not
 * known any more: binds of it, and jobs of its queues, end with -ECANCELED. A bind whose VM is
 * destroyed before its time is not done and ends with -ECANCELED. An error of a fence that it
 * waits for does not stop it.
 */
struct drm_mtia_vm_bind {
	/** @vm_id: Id. */
	__u32 vm_id;
	/** @flags: Mask of &enum drm_mtia_vm_bind_flags. */
	__u32 flags;
	/** @ops: Array of &struct drm_mtia_vm_bind_op; may be empty. */
	struct drm_mtia_obj_array ops;
	/**
	 * @syncs: Array of &struct drm_mtia_sync, to wait for before any operation and to signal
	 * after the last one; must be empty unless asynchronous.
	 */
	struct drm_mtia_obj_array syncs;
};

/** enum drm_mtia_state - State of a VM or queue. */
enum drm_mtia_state {
	/** @DRM_MTIA_STATE_OK: Usable. */
	DRM_MTIA_STATE_OK = 0,
	/** @DRM_MTIA_STATE_BANNED: Takes no more work; destroy it. */
	DRM_MTIA_STATE_BANNED,
};

/**
 * struct drm_mtia_vm_get_state - State of an address space and its newest fault.
 */
struct drm_mtia_vm_get_state {
	/** @vm_id: Id. */
	__u32 vm_id;
	/** @state: Out: &enum drm_mtia_state. */
	__u32 state;
	/** @fault_va: Out: address of the newest fault. */
	__u64 fault_va;
	/** @fault_count: Out: faults so far. */
	__u32 fault_count;
	/** @fault_status: Out: enum mtia_fault_reason | access << 8 (mtia/regs.h). */
	__u32 fault_status;
	/** @reason: Out: &enum drm_mtia_queue_reason. (since driver 1.1) */
	__u32 reason;
	/** @pad: Out: 0. */
	__u32 pad;
};

/**
 * enum drm_mtia_priority - Priority of a queue.
 *
 * Where several queues want the same processing elements, copy engines or hardware slots, the
 * highest is next and equals take turns. What runs is not taken off: the turn of a launch comes
 * when another one ends, that of a copy behind 4 MiB of another one. A launch of higher priority
 * that needs more processing elements than are free keeps those free that there are.
 */
enum drm_mtia_priority {
	/** @DRM_MTIA_PRIORITY_LOW: Below normal. */
	DRM_MTIA_PRIORITY_LOW = 0,
	/** @DRM_MTIA_PRIORITY_NORMAL: Default. */
	DRM_MTIA_PRIORITY_NORMAL,
	/** @DRM_MTIA_PRIORITY_HIGH: Needs CAP_SYS_NICE. */
	DRM_MTIA_PRIORITY_HIGH,
	/** @DRM_MTIA_PRIORITY_REALTIME: Needs CAP_SYS_NICE. */
	DRM_MTIA_PRIORITY_REALTIME,
};

/**
 * struct drm_mtia_queue_create - Create a queue.
 */
struct drm_mtia_queue_create {
	/** @vm_id: Address space of its jobs. */
	__u32 vm_id;
	/** @flags: Must be 0. */
	__u32 flags;
	/** @pe_rows: Largest sub-grid its launches use, rows; 0 with @pe_cols 0 = whole grid. */
	__u16 pe_rows;
	/** @pe_cols: Largest sub-grid, columns. */
	__u16 pe_cols;
	/** @priority: &enum drm_mtia_priority. */
	__u8 priority;
	/** @pad: Must be 0. */
	__u8 pad[3];
	/** @max_jobs: Ring slots, power of two, 2 .. 1024; 0 = 64. */
	__u32 max_jobs;
	/**
	 * @job_timeout_ms: Time limit of a job; 0 = default; clamped to the device's maximum. It is
	 * not for what a job waits for because other queues have it: PEs and DMA channels.
	 */
	__u32 job_timeout_ms;
	/** @queue_id: Out. */
	__u32 queue_id;
	/** @pad2: Must be 0. */
	__u32 pad2;
	/** @reserved: Must be 0. */
	__u64 reserved[2];
};

/**
 * struct drm_mtia_queue_destroy - Destroy a queue; its unfinished jobs end with -ECANCELED.
 */
struct drm_mtia_queue_destroy {
	/** @queue_id: Id. */
	__u32 queue_id;
	/** @pad: Must be 0. */
	__u32 pad;
};

/**
 * struct drm_mtia_job - One job of QUEUE_SUBMIT.
 */
struct drm_mtia_job {
	/** @cmd_va: Command buffer, multiple of 8; 0 with @cmd_size 0 = only the syncs. */
	__u64 cmd_va;
	/** @cmd_size: Bytes. */
	__u32 cmd_size;
	/** @flags: Must be 0. */
	__u32 flags;
	/** @syncs: Array of &struct drm_mtia_sync. */
	struct drm_mtia_obj_array syncs;
};

/**
 * struct drm_mtia_queue_submit - Queue jobs in order, all of them or none.
 */
struct drm_mtia_queue_submit {
	/** @queue_id: Id. */
	__u32 queue_id;
	/** @flags: Must be 0. */
	__u32 flags;
	/** @jobs: Array of &struct drm_mtia_job; not empty. */
	struct drm_mtia_obj_array jobs;
};

/** enum drm_mtia_queue_reason - Why a queue or VM was banned, or a queue lost jobs. */
enum drm_mtia_queue_reason {
	/** @DRM_MTIA_REASON_NONE: It was not, and lost none in a reset of the device. */
	DRM_MTIA_REASON_NONE = 0,
	/** @DRM_MTIA_REASON_TIMEOUT: A job took too long. */
	DRM_MTIA_REASON_TIMEOUT,
	/** @DRM_MTIA_REASON_MMU_FAULT: A job touched what its VM does not map. */
	DRM_MTIA_REASON_MMU_FAULT,
	/** @DRM_MTIA_REASON_JOB_FAULT: A PE trapped or waited for ever on a job's mistake. */
	DRM_MTIA_REASON_JOB_FAULT,
	/**
	 * @DRM_MTIA_REASON_DEVICE_RESET: The device was reset while jobs of it were under way:
	 * those and the ones behind them ended with -ECANCELED. With DRM_MTIA_STATE_OK it takes new
	 * ones.
	 */
	DRM_MTIA_REASON_DEVICE_RESET,
	/** @DRM_MTIA_REASON_VRAM_LOST: Its memory lost its contents. */
	DRM_MTIA_REASON_VRAM_LOST,
};

/** enum drm_mtia_queue_state_flags - Flags of QUEUE_GET_STATE. */
enum drm_mtia_queue_state_flags {
	/** @DRM_MTIA_QUEUE_GUILTY: Its own job was the cause. */
	DRM_MTIA_QUEUE_GUILTY = 1 << 0,
	/** @DRM_MTIA_QUEUE_INNOCENT: Somebody else's was. */
	DRM_MTIA_QUEUE_INNOCENT = 1 << 1,
};

/**
 * struct drm_mtia_queue_get_state - State of a queue.
 */
struct drm_mtia_queue_get_state {
	/** @queue_id: Id. */
	__u32 queue_id;
	/** @state: Out: &enum drm_mtia_state. */
	__u32 state;
	/** @reason: Out: &enum drm_mtia_queue_reason. */
	__u32 reason;
	/** @flags: In: 0. Out: &enum drm_mtia_queue_state_flags. */
	__u32 flags;
	/** @fault_va: Out: faulting VA, or the trap value. */
	__u64 fault_va;
	/** @fault_seqno: Out: number of the job in this queue, from 1, that failed last. */
	__u64 fault_seqno;
	/** @fault_pc: Out: program counter of the core that stopped. */
	__u64 fault_pc;
	/** @fault_pe: Out: row | column << 8 | core << 16; 0xff as row = no PE. */
	__u32 fault_pe;
	/** @fault_packet: Out: index of the packet in the command buffer. */
	__u32 fault_packet;
	/** @fault_status: Out: enum mtia_job_status of that job (mtia/fw_abi.h). */
	__u32 fault_status;
	/** @fault_cause: Out: enum mtia_fault_reason | access << 8 | mcause << 16. */
	__u32 fault_cause;
	/** @reset_epoch: Out: device resets that lost work since probe. */
	__u64 reset_epoch;
	/** @fault_cycle: Out: device cycle at which the PE stopped; 0 = no PE's fault. */
	__u64 fault_cycle;
};

/**
 * struct drm_mtia_bo_set_label - Give a buffer object a name for debugging.
 */
struct drm_mtia_bo_set_label {
	/** @handle: GEM handle. */
	__u32 handle;
	/** @length: Bytes at @label without NUL, at most 63; 0 removes it. */
	__u32 length;
	/** @label: User pointer to text. */
	__u64 label;
};

#define DRM_IOCTL_MTIA_DEV_QUERY \
	DRM_IOWR(DRM_COMMAND_BASE + DRM_MTIA_DEV_QUERY, struct drm_mtia_dev_query)
#define DRM_IOCTL_MTIA_BO_CREATE \
	DRM_IOWR(DRM_COMMAND_BASE + DRM_MTIA_BO_CREATE, struct drm_mtia_bo_create)
#define DRM_IOCTL_MTIA_BO_MMAP_OFFSET \
	DRM_IOWR(DRM_COMMAND_BASE + DRM_MTIA_BO_MMAP_OFFSET, struct drm_mtia_bo_mmap_offset)
#define DRM_IOCTL_MTIA_BO_INFO \
	DRM_IOWR(DRM_COMMAND_BASE + DRM_MTIA_BO_INFO, struct drm_mtia_bo_info)
#define DRM_IOCTL_MTIA_BO_WAIT \
	DRM_IOWR(DRM_COMMAND_BASE + DRM_MTIA_BO_WAIT, struct drm_mtia_bo_wait)
#define DRM_IOCTL_MTIA_VM_CREATE \
	DRM_IOWR(DRM_COMMAND_BASE + DRM_MTIA_VM_CREATE, struct drm_mtia_vm_create)
#define DRM_IOCTL_MTIA_VM_DESTROY \
	DRM_IOWR(DRM_COMMAND_BASE + DRM_MTIA_VM_DESTROY, struct drm_mtia_vm_destroy)
#define DRM_IOCTL_MTIA_VM_BIND \
	DRM_IOWR(DRM_COMMAND_BASE + DRM_MTIA_VM_BIND, struct drm_mtia_vm_bind)
#define DRM_IOCTL_MTIA_VM_GET_STATE \
	DRM_IOWR(DRM_COMMAND_BASE + DRM_MTIA_VM_GET_STATE, struct drm_mtia_vm_get_state)
#define DRM_IOCTL_MTIA_QUEUE_CREATE \
	DRM_IOWR(DRM_COMMAND_BASE + DRM_MTIA_QUEUE_CREATE, struct drm_mtia_queue_create)
#define DRM_IOCTL_MTIA_QUEUE_DESTROY \
	DRM_IOWR(DRM_COMMAND_BASE + DRM_MTIA_QUEUE_DESTROY, struct drm_mtia_queue_destroy)
#define DRM_IOCTL_MTIA_QUEUE_SUBMIT \
	DRM_IOWR(DRM_COMMAND_BASE + DRM_MTIA_QUEUE_SUBMIT, struct drm_mtia_queue_submit)
#define DRM_IOCTL_MTIA_QUEUE_GET_STATE \
	DRM_IOWR(DRM_COMMAND_BASE + DRM_MTIA_QUEUE_GET_STATE, struct drm_mtia_queue_get_state)
#define DRM_IOCTL_MTIA_BO_SET_LABEL \
	DRM_IOWR(DRM_COMMAND_BASE + DRM_MTIA_BO_SET_LABEL, struct drm_mtia_bo_set_label)

#if defined(__cplusplus)
}
#endif

#endif /* _UAPI_MTIA_ACCEL_H_ */
