// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * TTM glue: where buffer objects live and how the CPU reaches them.
 *
 * Objects do not move yet: what does not fit gives -ENOSPC instead of evicting another client's
 * object, which eviction_valuable() tells TTM. Placement masks, the move callback and the mapping
 * side of the VM are shaped for eviction to be added without a change of interface.
 */
#include <drm/drm_managed.h>
#include <drm/ttm/ttm_tt.h>
#include <linux/mm.h>

#include "mtia_bo.h"
#include "mtia_compat.h"
#include "mtia_device.h"
#include "mtia_ttm.h"

static struct mtia_device *ttm_to_mtia_device(struct ttm_device *ttm)
{
	return container_of(ttm, struct mtia_device, ttm);
}

static struct ttm_tt *mtia_ttm_tt_create(struct ttm_buffer_object *tbo, u32 page_flags)
{
	struct mtia_bo *bo = ttm_to_mtia_bo(tbo);
	enum ttm_caching caching = ttm_cached;
	struct ttm_tt *tt;

	if (bo->flags & DRM_MTIA_BO_CACHE_WC)
		caching = ttm_write_combined;

	tt = kzalloc(sizeof(*tt), GFP_KERNEL_ACCOUNT);
	if (!tt)
		return NULL;

	/* The kind of tt that has bus addresses. */
	if (ttm_sg_tt_init(tt, tbo, page_flags, caching)) {
		kfree(tt);
		return NULL;
	}

	return tt;
}

static void mtia_ttm_tt_destroy(struct ttm_device *ttm, struct ttm_tt *tt)
{
	ttm_tt_fini(tt);
	kfree(tt);
}

static bool mtia_ttm_eviction_valuable(struct ttm_buffer_object *tbo,
				       const struct ttm_place *place)
{
	return false;
}

static void mtia_ttm_evict_flags(struct ttm_buffer_object *tbo, struct ttm_placement *placement)
{
	/* Only objects on their way out get here: they need no other place. */
	placement->num_placement = 0;
}

static int mtia_ttm_move(struct ttm_buffer_object *tbo, bool evict, struct ttm_operation_ctx *ctx,
			 struct ttm_resource *new_mem, struct ttm_place *hop)
{
	if (tbo->resource)
		return -EOPNOTSUPP;

	/* Pages of system memory are allocated zeroed. */
	if (new_mem->mem_type == MTIA_PL_VRAM)
		mtia_vram_clear(ttm_to_mtia_device(tbo->bdev), new_mem);
	ttm_bo_move_null(tbo, new_mem);

	return 0;
}

static int mtia_ttm_io_mem_reserve(struct ttm_device *ttm, struct ttm_resource *res)
{
	struct mtia_device *mdev = ttm_to_mtia_device(ttm);

	switch (res->mem_type) {
	case TTM_PL_SYSTEM:
	case MTIA_PL_TT:
		return 0;
	case MTIA_PL_VRAM:
		res->bus.offset = mdev->mem_phys;
		res->bus.is_iomem = true;
		res->bus.caching = ttm_write_combined;
		return 0;
	default:
		return -EINVAL;
	}
}

static unsigned long mtia_ttm_io_mem_pfn(struct ttm_buffer_object *tbo, unsigned long page_offset)
{
	struct mtia_device *mdev = ttm_to_mtia_device(tbo->bdev);
	struct mtia_vram_cursor cursor;

	mtia_vram_cursor_init(mdev, tbo->resource, (u64)page_offset << PAGE_SHIFT, &cursor);

	return PHYS_PFN(mdev->mem_phys + cursor.offset);
}

/* ptrace and /proc/<pid>/mem on a mapping of VRAM. */
static int mtia_ttm_access_memory(struct ttm_buffer_object *tbo, unsigned long offset, void *buf,
				  int len, int write)
{
	struct mtia_device *mdev = ttm_to_mtia_device(tbo->bdev);
	struct mtia_vram_cursor cursor;
	int idx, done = 0;

	if (!drm_dev_enter(&mdev->drm, &idx))
		return -EIO;

	mtia_vram_cursor_init(mdev, tbo->resource, offset, &cursor);
	while (done < len) {
		size_t bytes = min_t(u64, len - done, cursor.left);

		if (write)
			memcpy_toio(mdev->mem + cursor.offset, buf + done, bytes);
		else
			memcpy_fromio(buf + done, mdev->mem + cursor.offset, bytes);
		done += bytes;
		if (done < len)
			mtia_vram_cursor_advance(&cursor, bytes);
	}
	drm_dev_exit(idx);

	return len;
}

static const struct ttm_device_funcs mtia_ttm_funcs = {
	.ttm_tt_create = mtia_ttm_tt_create,
	.ttm_tt_destroy = mtia_ttm_tt_destroy,
	.eviction_valuable = mtia_ttm_eviction_valuable,
	.evict_flags = mtia_ttm_evict_flags,
	.move = mtia_ttm_move,
	.io_mem_reserve = mtia_ttm_io_mem_reserve,
	.io_mem_pfn = mtia_ttm_io_mem_pfn,
	.access_memory = mtia_ttm_access_memory,
};

/* Manager of system memory: pages have no place, so it only counts. */
static int mtia_ttm_tt_alloc(struct ttm_resource_manager *man, struct ttm_buffer_object *tbo,
			     const struct ttm_place *place, struct ttm_resource **res)
{
	struct ttm_resource *tt;

	if (tbo->base.size > man->size ||
	    ttm_resource_manager_usage(man) > man->size - tbo->base.size)
		return -ENOMEM;

	tt = kzalloc(sizeof(*tt), GFP_KERNEL_ACCOUNT);
	if (!tt)
		return -ENOMEM;

	ttm_resource_init(tbo, place, tt);
	*res = tt;

	return 0;
}

static void mtia_ttm_tt_free(struct ttm_resource_manager *man, struct ttm_resource *res)
{
	ttm_resource_fini(man, res);
	kfree(res);
}

static const struct ttm_resource_manager_func mtia_ttm_tt_func = {
	.alloc = mtia_ttm_tt_alloc,
	.free = mtia_ttm_tt_free,
};

static void mtia_ttm_tt_fini(struct drm_device *drm, void *arg)
{
	struct mtia_device *mdev = arg;

	ttm_resource_manager_set_used(&mdev->tt_man, false);
	if (ttm_resource_manager_evict_all(&mdev->ttm, &mdev->tt_man))
		return;

	ttm_resource_manager_cleanup(&mdev->tt_man);
	ttm_set_driver_manager(&mdev->ttm, MTIA_PL_TT, NULL);
}

static int mtia_ttm_tt_init(struct mtia_device *mdev)
{
	struct sysinfo si;

	/* TTM gives all its devices together half of the memory. */
	si_meminfo(&si);
	mdev->tt_man.use_tt = true;
	mdev->tt_man.func = &mtia_ttm_tt_func;
	ttm_resource_manager_init(&mdev->tt_man, &mdev->ttm, (u64)si.totalram * si.mem_unit / 2);
	ttm_set_driver_manager(&mdev->ttm, MTIA_PL_TT, &mdev->tt_man);
	ttm_resource_manager_set_used(&mdev->tt_man, true);

	return drmm_add_action_or_reset(&mdev->drm, mtia_ttm_tt_fini, mdev);
}

static void mtia_ttm_fini(struct drm_device *drm, void *arg)
{
	struct mtia_device *mdev = arg;

	ttm_device_fini(&mdev->ttm);
}

/**
 * mtia_ttm_init() - Set up memory management.
 * @mdev: Device; the size of its memory is known.
 *
 * Return: 0 or a negative error code.
 */
int mtia_ttm_init(struct mtia_device *mdev)
{
	struct drm_device *drm = &mdev->drm;
	int err;

	err = ttm_device_init(&mdev->ttm, &mtia_ttm_funcs, drm->dev, drm->anon_inode->i_mapping,
			      drm->vma_offset_manager, 0);
	if (err)
		return err;

	err = drmm_add_action_or_reset(drm, mtia_ttm_fini, mdev);
	if (err)
		return err;

	err = mtia_ttm_tt_init(mdev);
	if (err)
		return err;

	return mtia_vram_init(mdev);
}

/**
 * mtia_ttm_unplug() - Give bus addresses of all pages back.
 * @mdev: Device, unplugged: user mappings are gone and will only see dummy pages.
 */
void mtia_ttm_unplug(struct mtia_device *mdev)
{
	ttm_device_clear_dma_mappings(&mdev->ttm);
}
