// SPDX-License-Identifier: GPL-2.0
/*
 * The interface as it was published: sizes, offsets and ioctl numbers never change. Fields of 8
 * bytes lie at multiples of 8 and no structure has implicit padding (build.mk compiles with
 * -Wpadded), so that 32-bit programs see the same.
 */
#include "mtia_test.h"

#define SIZE(type, bytes) { #type, sizeof(struct drm_mtia_##type), bytes }
#define FIELD(type, field, bytes) \
	{ #type "." #field, offsetof(struct drm_mtia_##type, field), bytes }
#define NUMBER(name, nr, type)                                                       \
	{ #name, DRM_IOCTL_MTIA_##name,                                              \
	  3u << 30 | (__u32)sizeof(struct drm_mtia_##type) << 16 | 'd' << 8 | (0x40 + (nr)) }

struct golden {
	const char *what;
	__u64 is, golden;
};

static const struct golden sizes[] = {
	SIZE(obj_array, 16),	SIZE(sync, 16),		 SIZE(dev_query, 16),
	SIZE(device_info, 96),	SIZE(mem_region, 24),	 SIZE(fw_info, 72),
	SIZE(queue_info, 16),	SIZE(timestamp, 16),	 SIZE(bo_create, 40),
	SIZE(bo_mmap_offset, 16), SIZE(bo_info, 32),	 SIZE(bo_wait, 16),
	SIZE(vm_create, 24),	SIZE(vm_destroy, 8),	 SIZE(vm_bind_op, 40),
	SIZE(vm_bind, 40),	SIZE(vm_get_state, 32),	 SIZE(queue_create, 48),
	SIZE(queue_destroy, 8), SIZE(job, 32),		 SIZE(queue_submit, 24),
	SIZE(queue_get_state, 72), SIZE(bo_set_label, 16),
};

static const struct golden offsets[] = {
	FIELD(obj_array, stride, 0),
	FIELD(obj_array, count, 4),
	FIELD(obj_array, array, 8),
	FIELD(sync, flags, 0),
	FIELD(sync, handle, 4),
	FIELD(sync, timeline_value, 8),
	FIELD(dev_query, type, 0),
	FIELD(dev_query, size, 4),
	FIELD(dev_query, pointer, 8),
	FIELD(device_info, hw_version, 0),
	FIELD(device_info, hw_revision, 4),
	FIELD(device_info, grid_rows, 8),
	FIELD(device_info, grid_cols, 12),
	FIELD(device_info, pe_enabled, 16),
	FIELD(device_info, va_start, 32),
	FIELD(device_info, va_end, 40),
	FIELD(device_info, page_sizes, 48),
	FIELD(device_info, sram_size, 56),
	FIELD(device_info, pe_local_size, 64),
	FIELD(device_info, timestamp_freq_hz, 72),
	FIELD(device_info, max_queues, 80),
	FIELD(device_info, max_vms, 84),
	FIELD(device_info, features, 88),
	FIELD(mem_region, type, 0),
	FIELD(mem_region, pad, 4),
	FIELD(mem_region, size, 8),
	FIELD(mem_region, used, 16),
	FIELD(fw_info, abi_major, 0),
	FIELD(fw_info, abi_minor, 4),
	FIELD(fw_info, features, 8),
	FIELD(fw_info, build_id, 16),
	FIELD(fw_info, state, 36),
	FIELD(fw_info, version, 40),
	FIELD(queue_info, max_jobs, 0),
	FIELD(queue_info, default_timeout_ms, 4),
	FIELD(queue_info, max_timeout_ms, 8),
	FIELD(queue_info, max_cmd_size, 12),
	FIELD(timestamp, device_cycles, 0),
	FIELD(timestamp, host_ns, 8),
	FIELD(bo_create, size, 0),
	FIELD(bo_create, placement, 8),
	FIELD(bo_create, flags, 12),
	FIELD(bo_create, exclusive_vm_id, 16),
	FIELD(bo_create, handle, 20),
	FIELD(bo_create, reserved, 24),
	FIELD(bo_mmap_offset, handle, 0),
	FIELD(bo_mmap_offset, pad, 4),
	FIELD(bo_mmap_offset, offset, 8),
	FIELD(bo_info, handle, 0),
	FIELD(bo_info, flags, 4),
	FIELD(bo_info, size, 8),
	FIELD(bo_info, placement, 16),
	FIELD(bo_info, current_placement, 20),
	FIELD(bo_info, imported, 24),
	FIELD(bo_info, pad, 28),
	FIELD(bo_wait, handle, 0),
	FIELD(bo_wait, flags, 4),
	FIELD(bo_wait, timeout_ns, 8),
	FIELD(vm_create, flags, 0),
	FIELD(vm_create, vm_id, 4),
	FIELD(vm_create, user_va_start, 8),
	FIELD(vm_create, user_va_size, 16),
	FIELD(vm_destroy, vm_id, 0),
	FIELD(vm_destroy, pad, 4),
	FIELD(vm_bind_op, op, 0),
	FIELD(vm_bind_op, flags, 4),
	FIELD(vm_bind_op, bo_handle, 8),
	FIELD(vm_bind_op, pad, 12),
	FIELD(vm_bind_op, bo_offset, 16),
	FIELD(vm_bind_op, va, 24),
	FIELD(vm_bind_op, size, 32),
	FIELD(vm_bind, vm_id, 0),
	FIELD(vm_bind, flags, 4),
	FIELD(vm_bind, ops, 8),
	FIELD(vm_bind, syncs, 24),
	FIELD(vm_get_state, vm_id, 0),
	FIELD(vm_get_state, state, 4),
	FIELD(vm_get_state, fault_va, 8),
	FIELD(vm_get_state, fault_count, 16),
	FIELD(vm_get_state, fault_status, 20),
	FIELD(vm_get_state, reason, 24),
	FIELD(vm_get_state, pad, 28),
	FIELD(queue_create, vm_id, 0),
	FIELD(queue_create, flags, 4),
	FIELD(queue_create, pe_rows, 8),
	FIELD(queue_create, pe_cols, 10),
	FIELD(queue_create, priority, 12),
	FIELD(queue_create, pad, 13),
	FIELD(queue_create, max_jobs, 16),
	FIELD(queue_create, job_timeout_ms, 20),
	FIELD(queue_create, queue_id, 24),
	FIELD(queue_create, pad2, 28),
	FIELD(queue_create, reserved, 32),
	FIELD(queue_destroy, queue_id, 0),
	FIELD(queue_destroy, pad, 4),
	FIELD(job, cmd_va, 0),
	FIELD(job, cmd_size, 8),
	FIELD(job, flags, 12),
	FIELD(job, syncs, 16),
	FIELD(queue_submit, queue_id, 0),
	FIELD(queue_submit, flags, 4),
	FIELD(queue_submit, jobs, 8),
	FIELD(queue_get_state, queue_id, 0),
	FIELD(queue_get_state, state, 4),
	FIELD(queue_get_state, reason, 8),
	FIELD(queue_get_state, flags, 12),
	FIELD(queue_get_state, fault_va, 16),
	FIELD(queue_get_state, fault_seqno, 24),
	FIELD(queue_get_state, fault_pc, 32),
	FIELD(queue_get_state, fault_pe, 40),
	FIELD(queue_get_state, fault_packet, 44),
	FIELD(queue_get_state, fault_status, 48),
	FIELD(queue_get_state, fault_cause, 52),
	FIELD(queue_get_state, reset_epoch, 56),
	FIELD(queue_get_state, fault_cycle, 64),
	FIELD(bo_set_label, handle, 0),
	FIELD(bo_set_label, length, 4),
	FIELD(bo_set_label, label, 8),
};

static const struct golden numbers[] = {
	NUMBER(DEV_QUERY, 0, dev_query),
	NUMBER(BO_CREATE, 1, bo_create),
	NUMBER(BO_MMAP_OFFSET, 2, bo_mmap_offset),
	NUMBER(BO_INFO, 3, bo_info),
	NUMBER(BO_WAIT, 4, bo_wait),
	NUMBER(VM_CREATE, 5, vm_create),
	NUMBER(VM_DESTROY, 6, vm_destroy),
	NUMBER(VM_BIND, 7, vm_bind),
	NUMBER(VM_GET_STATE, 8, vm_get_state),
	NUMBER(QUEUE_CREATE, 9, queue_create),
	NUMBER(QUEUE_DESTROY, 10, queue_destroy),
	NUMBER(QUEUE_SUBMIT, 11, queue_submit),
	NUMBER(QUEUE_GET_STATE, 12, queue_get_state),
	NUMBER(BO_SET_LABEL, 13, bo_set_label),
};

static void check(struct __test_metadata *_metadata, const struct golden *table, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++) {
		EXPECT_EQ(table[i].golden, table[i].is) {
			TH_LOG("%s", table[i].what);
		}
	}
}

TEST(structure_sizes)
{
	size_t i;

	check(_metadata, sizes, ARRAY_SIZE(sizes));
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		EXPECT_EQ(0, sizes[i].is % 8) {
			TH_LOG("%s", sizes[i].what);
		}
	}
}

TEST(field_offsets)
{
	check(_metadata, offsets, ARRAY_SIZE(offsets));
}

TEST(ioctl_numbers)
{
	check(_metadata, numbers, ARRAY_SIZE(numbers));
}

TEST(values_that_programs_contain)
{
	EXPECT_EQ(1, DRM_MTIA_PLACE_VRAM);
	EXPECT_EQ(2, DRM_MTIA_PLACE_SYSTEM);
	EXPECT_EQ(1, DRM_MTIA_BO_NO_MMAP);
	EXPECT_EQ(2, DRM_MTIA_BO_CONTIGUOUS);
	EXPECT_EQ(4, DRM_MTIA_BO_CACHE_WC);
	EXPECT_EQ(1, DRM_MTIA_SYNC_SIGNAL);
	EXPECT_EQ(2, DRM_MTIA_SYNC_TIMELINE);
	EXPECT_EQ(5, DRM_MTIA_QUERY_COUNTERS);
	EXPECT_EQ(3, DRM_MTIA_VM_BIND_SYNC_ONLY);
	EXPECT_EQ(1, DRM_MTIA_VM_BIND_READONLY);
	EXPECT_EQ(2, DRM_MTIA_VM_BIND_NOEXEC);
	EXPECT_EQ(1, DRM_MTIA_VM_BIND_ASYNC);
	EXPECT_EQ(1, DRM_MTIA_STATE_BANNED);
	EXPECT_EQ(3, DRM_MTIA_PRIORITY_REALTIME);
	EXPECT_EQ(5, DRM_MTIA_REASON_VRAM_LOST);
	EXPECT_EQ(1, DRM_MTIA_QUEUE_GUILTY);
	EXPECT_EQ(2, DRM_MTIA_QUEUE_INNOCENT);
	EXPECT_EQ(4096, DRM_MTIA_MAX_ARRAY);
}

TEST_HARNESS_MAIN
