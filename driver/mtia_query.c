// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * DEV_QUERY.
 */
#include <drm/mtia_accel.h>
#include <linux/uaccess.h>

#include "mtia/cmd.h"

#include "mtia_device.h"
#include "mtia_queue.h"

/* Largest answer, so that every one can be made in the same place. */
union mtia_query_answer {
	struct drm_mtia_device_info device;
	struct drm_mtia_mem_region regions[3];
	struct drm_mtia_fw_info fw;
	struct drm_mtia_queue_info queue;
	struct drm_mtia_timestamp timestamp;
	u64 counters[MTIA_NUM_COUNTERS];
};

static void mtia_query_device(struct mtia_device *mdev, struct drm_mtia_device_info *info)
{
	const struct mtia_hw *hw = &mdev->hw;

	*info = (struct drm_mtia_device_info){
		.hw_version = hw->version,
		.hw_revision = hw->revision,
		.grid_rows = hw->rows,
		.grid_cols = hw->cols,
		.pe_enabled = { hw->pe_enabled },
		.va_start = MTIA_VA_USER_MIN,
		.va_end = MTIA_VA_USER_MAX,
		.page_sizes = BIT_ULL(MTIA_PAGE_SHIFT) | BIT_ULL(MTIA_HUGE_SHIFT),
		.sram_size = hw->sram_size,
		.pe_local_size = hw->pe_local_size,
		.timestamp_freq_hz = hw->clock_hz,
		.max_queues = MTIA_MAX_IDS,
		.max_vms = MTIA_MAX_IDS,
		.features = hw->caps,
	};
}

static void mtia_query_regions(struct mtia_device *mdev, struct drm_mtia_mem_region *regions)
{
	regions[0] = (struct drm_mtia_mem_region){
		.type = DRM_MTIA_PLACE_VRAM,
		.size = mdev->vram.size,
		.used = mtia_vram_used(&mdev->vram),
	};
	regions[1] = (struct drm_mtia_mem_region){
		.type = DRM_MTIA_PLACE_SYSTEM,
		.used = ttm_resource_manager_usage(&mdev->tt_man),
	};
	regions[2] = (struct drm_mtia_mem_region){
		.type = DRM_MTIA_PLACE_SRAM,
		.size = mdev->sram.size,
		.used = mdev->sram.size ? mtia_vram_used(&mdev->sram) : 0,
	};
}

static int mtia_query_fw(struct mtia_device *mdev, struct drm_mtia_fw_info *info)
{
	const struct mtia_fw *fw = &mdev->fw;
	int idx;

	if (!mtia_pm_enter(mdev, &idx))
		return -ENODEV;

	info->abi_major = MTIA_FW_ABI_MAJOR;
	info->abi_minor = fw->abi_minor;
	info->features = fw->features;
	info->state = mtia_read32(mdev, MTIA_REG_FW_STATUS) & 0xff;
	memcpy(info->build_id, fw->header.build_id, sizeof(info->build_id));
	strscpy(info->version, fw->header.version, sizeof(info->version));
	mtia_pm_exit(mdev, idx);

	return 0;
}

static int mtia_query_timestamp(struct mtia_device *mdev, struct drm_mtia_timestamp *timestamp)
{
	int idx;

	if (!mtia_pm_enter(mdev, &idx))
		return -ENODEV;

	preempt_disable();
	timestamp->host_ns = ktime_get_ns();
	timestamp->device_cycles = mtia_read64(mdev, MTIA_REG_TIMESTAMP);
	preempt_enable();
	mtia_pm_exit(mdev, idx);

	return 0;
}

static int mtia_query_counters(struct mtia_device *mdev, u64 *counters)
{
	int i, idx;

	if (!mtia_pm_enter(mdev, &idx))
		return -ENODEV;

	for (i = 0; i < MTIA_NUM_COUNTERS; i++)
		counters[i] = mtia_read64(mdev, MTIA_REG_COUNTER(i));
	mtia_pm_exit(mdev, idx);

	return 0;
}

/* Return: bytes of the answer, or a negative error code. */
static int mtia_query_answer(struct mtia_device *mdev, u32 type, bool size_only,
			     union mtia_query_answer *answer)
{
	int err = 0;
	u32 size;

	switch (type) {
	case DRM_MTIA_QUERY_DEVICE_INFO:
		size = sizeof(answer->device);
		mtia_query_device(mdev, &answer->device);
		break;
	case DRM_MTIA_QUERY_MEM_REGIONS:
		size = sizeof(answer->regions);
		mtia_query_regions(mdev, answer->regions);
		break;
	case DRM_MTIA_QUERY_FW_INFO:
		size = sizeof(answer->fw);
		if (!size_only)
			err = mtia_query_fw(mdev, &answer->fw);
		break;
	case DRM_MTIA_QUERY_QUEUE_INFO:
		size = sizeof(answer->queue);
		answer->queue = (struct drm_mtia_queue_info){
			.max_jobs = MTIA_QUEUE_MAX_JOBS,
			.default_timeout_ms = MTIA_QUEUE_DEFAULT_TIMEOUT_MS,
			.max_timeout_ms = MTIA_QUEUE_MAX_TIMEOUT_MS,
			.max_cmd_size = MTIA_CMD_MAX_SIZE,
		};
		break;
	case DRM_MTIA_QUERY_TIMESTAMP:
		size = sizeof(answer->timestamp);
		if (!size_only)
			err = mtia_query_timestamp(mdev, &answer->timestamp);
		break;
	case DRM_MTIA_QUERY_COUNTERS:
		size = sizeof(answer->counters);
		if (!size_only)
			err = mtia_query_counters(mdev, answer->counters);
		break;
	default:
		return -EINVAL;
	}

	return err ?: size;
}

/**
 * mtia_query_ioctl() - DRM_IOCTL_MTIA_DEV_QUERY.
 * @drm: DRM device.
 * @data: &struct drm_mtia_dev_query.
 * @file: Open file.
 *
 * Return: 0 or a negative error code.
 */
int mtia_query_ioctl(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct drm_mtia_dev_query *args = data;
	void __user *to = u64_to_user_ptr(args->pointer);
	union mtia_query_answer answer = {};
	u32 want = args->size;
	int have;

	have = mtia_query_answer(to_mtia_device(drm), args->type, !to, &answer);
	if (have < 0)
		return have;

	args->size = have;
	if (!to)
		return 0;
	if (copy_to_user(to, &answer, min_t(u32, want, have)))
		return -EFAULT;
	if (want > have && clear_user(to + have, want - have))
		return -EFAULT;

	return 0;
}
