// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * TTM glue: where buffer objects live and how the CPU reaches them.
 *
 * When LPDDR is full, the object that was used least recently and is idle moves to system memory.
 * Every VM that maps it learns of that (drm_gpuvm_bo_gem_evict()) and moves it back, or maps it
 * where it is, before its next job, see mtia_vm_lock_for_jobs(). Until then its page table entries
 * lead to memory that can be another client's. Nobody follows them: an object only moves when no
 * job of a VM that maps it is under way, and no later job goes to the hardware before they were
 * written anew.
 *
 * The CPU copies, through BAR2.
 *
 * Objects in SRAM stay there: what does not fit is refused.
 */
#include <drm/drm_drv.h>
#include <drm/drm_gpuvm.h>
#include <drm/drm_managed.h>
#include <drm/ttm/ttm_tt.h>
#include <linux/highmem.h>
#include <linux/mm.h>

#include "mtia_bo.h"
#include "mtia_compat.h"
#include "mtia_device.h"
#include "mtia_dmabuf.h"
#include "mtia_trace.h"
#include "mtia_ttm.h"

/* Longer than any job may take. */
#define MTIA_ROOM_WAIT_MS 12000
/* Attempts when somebody else may hold the lock of what could be evicted, for a moment. */
#define MTIA_ROOM_ALONE 16

static struct mtia_device *ttm_to_mtia_device(struct ttm_device *ttm)
{
	return container_of(ttm, struct mtia_device, ttm);
}

/**
 * struct mtia_tt - Pages of an object.
 */
struct mtia_tt {
	/** @base: TTM's part. */
	struct ttm_tt base;
	/** @shared: Other devices were given the pages; reservation lock. */
	bool shared;
	/** @kept: They may still use them, though the device is gone. */
	bool kept;
};

/**
 * mtia_ttm_share() - Give an object's pages to another device.
 * @bo: Object, in system memory; reservation lock held.
 *
 * The pages stay until the object goes, also when the device is unplugged.
 */
void mtia_ttm_share(struct mtia_bo *bo)
{
	container_of(bo->ttm.ttm, struct mtia_tt, base)->shared = true;
}

static struct ttm_tt *mtia_ttm_tt_create(struct ttm_buffer_object *tbo, u32 page_flags)
{
	struct mtia_bo *bo = ttm_to_mtia_bo(tbo);
	enum ttm_caching caching = ttm_cached;
	struct mtia_tt *tt;

	if (bo->flags & DRM_MTIA_BO_CACHE_WC)
		caching = ttm_write_combined;

	tt = kzalloc(sizeof(*tt), GFP_KERNEL_ACCOUNT);
	if (!tt)
		return NULL;

	/* The kind of tt that has bus addresses. */
	if (ttm_sg_tt_init(&tt->base, tbo, page_flags, caching)) {
		kfree(tt);
		return NULL;
	}

	return &tt->base;
}

/* What another device exported has no pages of its own. */
static int mtia_ttm_tt_populate(struct ttm_device *ttm, struct ttm_tt *tt,
				struct ttm_operation_ctx *ctx)
{
	return tt->page_flags & TTM_TT_FLAG_EXTERNAL ? 0 : ttm_pool_alloc(&ttm->pool, tt, ctx);
}

static void mtia_ttm_tt_unpopulate(struct ttm_device *ttm, struct ttm_tt *tt)
{
	struct mtia_tt *mtt = container_of(tt, struct mtia_tt, base);

	if (tt->page_flags & TTM_TT_FLAG_EXTERNAL)
		return;
	if (mtt->shared && drm_dev_is_unplugged(&ttm_to_mtia_device(ttm)->drm))
		mtt->kept = true;
	else
		ttm_pool_free(&ttm->pool, tt);
}

static void mtia_ttm_tt_destroy(struct ttm_device *ttm, struct ttm_tt *tt)
{
	struct mtia_tt *mtt = container_of(tt, struct mtia_tt, base);

	if (mtt->kept)
		ttm_pool_free(&ttm->pool, tt);
	ttm_tt_fini(tt);
	kfree(mtt);
}

/* System memory is the last resort: what is there stays. */
static bool mtia_ttm_tt_has_room(struct ttm_resource_manager *man, u64 size)
{
	return size <= man->size && ttm_resource_manager_usage(man) <= man->size - size;
}

/* Where TTM would try in vain it would say so in the log, and users decide how often. */
static bool mtia_ttm_eviction_valuable(struct ttm_buffer_object *tbo,
				       const struct ttm_place *place)
{
	struct mtia_device *mdev = ttm_to_mtia_device(tbo->bdev);

	if (tbo->resource->mem_type != MTIA_PL_VRAM || !ttm_bo_eviction_valuable(tbo, place))
		return false;
	/* Freed where it is. */
	if (tbo->deleted || drm_dev_is_unplugged(&mdev->drm))
		return true;
	if (!mtia_ttm_tt_has_room(&mdev->tt_man, tbo->base.size))
		return false;

	/* Jobs are waited for with no lock held, see mtia_room_retry(). */
	return !atomic_read(&mdev->room.holders) ||
	       dma_resv_test_signaled(tbo->base.resv, DMA_RESV_USAGE_BOOKKEEP);
}

static void mtia_ttm_evict_flags(struct ttm_buffer_object *tbo, struct ttm_placement *placement)
{
	static const struct ttm_place system = { .mem_type = MTIA_PL_TT };
	struct mtia_device *mdev = ttm_to_mtia_device(tbo->bdev);

	placement->placement = &system;
	placement->num_placement = 1;
	/* Nobody will want it back: freed as soon as it is idle. */
	if (drm_dev_is_unplugged(&mdev->drm))
		placement->num_placement = 0;
}

/* Between LPDDR and the pages of an object that is idle. */
static void mtia_ttm_copy(struct mtia_device *mdev, struct ttm_resource *vram, struct ttm_tt *tt,
			  bool to_vram)
{
	struct mtia_vram_cursor cursor;
	u32 i;

	mtia_assert_awake(mdev);
	mtia_vram_cursor_init(mdev, vram, 0, &cursor);
	for (i = 0; i < tt->num_pages; i++) {
		void __iomem *mem = mdev->mem + cursor.offset;
		void *page = kmap_local_page(tt->pages[i]);

		if (to_vram)
			memcpy_toio(mem, page, PAGE_SIZE);
		else
			memcpy_fromio(page, mem, PAGE_SIZE);
		kunmap_local(page);
		if (i + 1 < tt->num_pages)
			mtia_vram_cursor_advance(&cursor, PAGE_SIZE);
		cond_resched();
	}
	/* In memory before a job can see it. */
	wmb();
}

static bool mtia_ttm_is_new(struct ttm_buffer_object *tbo)
{
	return tbo->resource->mem_type == TTM_PL_SYSTEM && tbo->ttm &&
	       !ttm_tt_is_populated(tbo->ttm) &&
	       !(tbo->ttm->page_flags & TTM_TT_FLAG_SWAPPED);
}

/* Between having bus addresses (TT) and not having any. */
static int mtia_ttm_move_import(struct ttm_buffer_object *tbo, struct ttm_operation_ctx *ctx,
				struct ttm_resource *new_mem)
{
	int err;

	err = ttm_bo_wait_ctx(tbo, ctx);
	if (err)
		return err;

	drm_gpuvm_bo_gem_evict(&tbo->base, true);
	if (new_mem->mem_type == MTIA_PL_TT)
		err = mtia_dmabuf_map(ttm_to_mtia_bo(tbo));
	else
		mtia_dmabuf_unmap(ttm_to_mtia_bo(tbo));
	if (!err)
		ttm_bo_move_null(tbo, new_mem);

	return err;
}

static int mtia_ttm_do_move(struct ttm_buffer_object *tbo, struct ttm_operation_ctx *ctx,
			    struct ttm_resource *new_mem, struct ttm_place *hop)
{
	struct mtia_device *mdev = ttm_to_mtia_device(tbo->bdev);
	struct ttm_resource *old_mem = tbo->resource;
	int idx, err;

	if (tbo->base.import_attach)
		return mtia_ttm_move_import(tbo, ctx, new_mem);

	/* Without content yet. Pages of system memory are allocated zeroed. */
	if (!old_mem || mtia_ttm_is_new(tbo)) {
		if (new_mem->mem_type == MTIA_PL_VRAM || new_mem->mem_type == MTIA_PL_SRAM) {
			mtia_room_hold(mdev);
			mtia_vram_clear(mdev, new_mem);
			mtia_room_release(mdev);
		}
		if (old_mem)
			ttm_bo_move_sync_cleanup(tbo, new_mem);
		else
			ttm_bo_move_null(tbo, new_mem);
		return 0;
	}

	/* Pages that were swapped out are brought back first. */
	if ((old_mem->mem_type == TTM_PL_SYSTEM && new_mem->mem_type == MTIA_PL_VRAM) ||
	    (old_mem->mem_type == MTIA_PL_VRAM && new_mem->mem_type == TTM_PL_SYSTEM)) {
		hop->mem_type = MTIA_PL_TT;
		return -EMULTIHOP;
	}
	if (old_mem->mem_type == MTIA_PL_SRAM || new_mem->mem_type == MTIA_PL_SRAM ||
	    (old_mem->mem_type == MTIA_PL_VRAM && new_mem->mem_type == MTIA_PL_VRAM))
		return -EOPNOTSUPP;

	err = ttm_bo_wait_ctx(tbo, ctx);
	if (err)
		return err;

	drm_gpuvm_bo_gem_evict(&tbo->base, true);
	mtia_dmabuf_moved(ttm_to_mtia_bo(tbo));
	trace_mtia_bo_move(mdev, tbo->base.size, old_mem->mem_type, new_mem->mem_type);
	if (old_mem->mem_type != MTIA_PL_VRAM && new_mem->mem_type != MTIA_PL_VRAM) {
		ttm_bo_move_null(tbo, new_mem);
		return 0;
	}

	mtia_room_hold(mdev);
	/* Without the device its memory cannot be read; all who could ask for it are refused. */
	if (drm_dev_enter(&mdev->drm, &idx)) {
		bool to_vram = new_mem->mem_type == MTIA_PL_VRAM;

		mtia_ttm_copy(mdev, to_vram ? new_mem : old_mem, tbo->ttm, to_vram);
		drm_dev_exit(idx);
	}
	ttm_bo_move_sync_cleanup(tbo, new_mem);
	mtia_room_release(mdev);

	return 0;
}

static int mtia_ttm_move(struct ttm_buffer_object *tbo, bool evict, struct ttm_operation_ctx *ctx,
			 struct ttm_resource *new_mem, struct ttm_place *hop)
{
	int err;

	err = mtia_ttm_do_move(tbo, ctx, new_mem, hop);
	if (!err)
		WRITE_ONCE(ttm_to_mtia_bo(tbo)->mem_type, new_mem->mem_type);

	return err;
}

static int mtia_ttm_io_mem_reserve(struct ttm_device *ttm, struct ttm_resource *res)
{
	struct mtia_device *mdev = ttm_to_mtia_device(ttm);

	switch (res->mem_type) {
	case TTM_PL_SYSTEM:
	case MTIA_PL_TT:
		return 0;
	case MTIA_PL_VRAM:
	case MTIA_PL_SRAM:
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

/* ptrace and /proc/<pid>/mem on a mapping of LPDDR or SRAM. */
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
	.ttm_tt_populate = mtia_ttm_tt_populate,
	.ttm_tt_unpopulate = mtia_ttm_tt_unpopulate,
	.ttm_tt_destroy = mtia_ttm_tt_destroy,
	.eviction_valuable = mtia_ttm_eviction_valuable,
	.evict_flags = mtia_ttm_evict_flags,
	.move = mtia_ttm_move,
	.io_mem_reserve = mtia_ttm_io_mem_reserve,
	.io_mem_pfn = mtia_ttm_io_mem_pfn,
	.access_memory = mtia_ttm_access_memory,
};

/*
 * Memory that jobs use cannot be evicted, so getting some can mean to wait for them. That is done
 * here, between attempts, with no lock held: a job may itself wait for a CPU that wants to touch
 * an object (a fault takes its lock).
 */

/**
 * mtia_room_begin() - Before the first attempt to get memory.
 * @mdev: Device.
 * @wait: Out.
 */
void mtia_room_begin(struct mtia_device *mdev, struct mtia_room_wait *wait)
{
	*wait = (struct mtia_room_wait){ .changes = atomic_read(&mdev->room.changes) };
}

static bool mtia_room_wait(struct mtia_device *mdev, struct mtia_room_wait *wait, int *err)
{
	struct mtia_room *room = &mdev->room;
	int before = wait->changes;
	long left;

	if (drm_dev_is_unplugged(&mdev->drm))
		return false;
	if (!wait->my_turn) {
		left = mutex_lock_interruptible(&room->turn);
		if (left) {
			*err = left;
			return false;
		}
		wait->my_turn = true;
		wait->deadline = jiffies + msecs_to_jiffies(MTIA_ROOM_WAIT_MS);
	}

	left = wait->deadline - jiffies;
	if (left <= 0)
		return false;
	if (!atomic_read(&room->holders) && before == atomic_read(&room->changes)) {
		cond_resched();
		return wait->alone++ < MTIA_ROOM_ALONE;
	}

	left = wait_event_interruptible_timeout(room->queue, atomic_read(&room->changes) != before,
						left);
	wait->changes = atomic_read(&room->changes);
	if (left < 0)
		*err = left;

	return left > 0;
}

/**
 * mtia_room_retry() - After an attempt to get memory: should there be another one?
 * @mdev: Device.
 * @wait: From mtia_room_begin().
 * @err: Result of the attempt; replaced when waiting was interrupted.
 *
 * To be called until it returns false.
 *
 * Context: may sleep; no reservation lock held.
 * Return: true to try again.
 */
bool mtia_room_retry(struct mtia_device *mdev, struct mtia_room_wait *wait, int *err)
{
	bool again = false;

	if (*err == -ENOSPC || *err == -ENOMEM || *err == -EBUSY)
		again = mtia_room_wait(mdev, wait, err);
	if (*err == -EBUSY)
		*err = -ENOSPC;
	if (!again && wait->my_turn)
		mutex_unlock(&mdev->room.turn);

	return again;
}

/**
 * mtia_room_hold() - A job is submitted, or a move begins.
 * @mdev: Device.
 */
void mtia_room_hold(struct mtia_device *mdev)
{
	atomic_inc(&mdev->room.holders);
}

/**
 * mtia_room_release() - A job is freed, or a move has ended.
 * @mdev: Device.
 */
void mtia_room_release(struct mtia_device *mdev)
{
	atomic_dec(&mdev->room.holders);
	atomic_inc(&mdev->room.changes);
	wake_up(&mdev->room.queue);
}

/* Manager of system memory: pages have no place, so it only counts. */
static int mtia_ttm_tt_alloc(struct ttm_resource_manager *man, struct ttm_buffer_object *tbo,
			     const struct ttm_place *place, struct ttm_resource **res)
{
	struct ttm_resource *tt;

	if (!mtia_ttm_tt_has_room(man, tbo->base.size))
		return -ENOSPC;

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

	init_waitqueue_head(&mdev->room.queue);
	err = drmm_mutex_init(drm, &mdev->room.turn);
	if (err)
		return err;

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
