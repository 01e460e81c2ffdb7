// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Device memory: a buddy allocator over LPDDR, for buffer objects through TTM and for page tables
 * and rings directly, and one over SRAM, for buffer objects. The CPU reaches all of it through
 * BAR2, so there is no "visible" part.
 *
 * What the kernel allocates comes from the top, so that it does not split the large blocks that
 * buffer objects are mapped with.
 */
#include <drm/drm_managed.h>
#include <kunit/visibility.h>
#include <linux/sizes.h>

#include "mtia_bo.h"
#include "mtia_device.h"
#include "mtia_ttm.h"

static struct mtia_vram *to_mtia_vram(struct ttm_resource_manager *man)
{
	return container_of(man, struct mtia_vram, man);
}

static struct mtia_vram_resource *to_mtia_vram_resource(struct ttm_resource *res)
{
	return container_of(res, struct mtia_vram_resource, base);
}

static int mtia_vram_alloc(struct ttm_resource_manager *man, struct ttm_buffer_object *tbo,
			   const struct ttm_place *place, struct ttm_resource **res)
{
	struct mtia_vram *vram = to_mtia_vram(man);
	struct mtia_vram_resource *vres;
	unsigned long flags = 0;
	int err;

	if (tbo->base.size > vram->size)
		return -ENOSPC;

	vres = kzalloc(sizeof(*vres), GFP_KERNEL_ACCOUNT);
	if (!vres)
		return -ENOMEM;

	INIT_LIST_HEAD(&vres->blocks);
	ttm_resource_init(tbo, place, &vres->base);
	if (place->flags & TTM_PL_FLAG_CONTIGUOUS)
		flags |= GPU_BUDDY_CONTIGUOUS_ALLOCATION;

	mutex_lock(&vram->lock);
	err = gpu_buddy_alloc_blocks(&vram->mm, 0, vram->size, vres->base.size, SZ_4K,
				     &vres->blocks, flags);
	mutex_unlock(&vram->lock);
	if (err) {
		ttm_resource_fini(man, &vres->base);
		kfree(vres);
		/* A contiguous object whose size, rounded up, exceeds the memory gives -EINVAL. */
		return err == -EINVAL ? -ENOSPC : err;
	}

	*res = &vres->base;
	return 0;
}

static void mtia_vram_free(struct ttm_resource_manager *man, struct ttm_resource *res)
{
	struct mtia_vram *vram = to_mtia_vram(man);
	struct mtia_vram_resource *vres = to_mtia_vram_resource(res);

	mutex_lock(&vram->lock);
	gpu_buddy_free_list(&vram->mm, &vres->blocks, 0);
	mutex_unlock(&vram->lock);

	ttm_resource_fini(man, res);
	kfree(vres);
}

static const struct ttm_resource_manager_func mtia_vram_func = {
	.alloc = mtia_vram_alloc,
	.free = mtia_vram_free,
};

/**
 * mtia_vram_used() - Bytes in use, by clients and, of LPDDR, page tables and rings.
 * @vram: Manager.
 *
 * Return: bytes.
 */
u64 mtia_vram_used(struct mtia_vram *vram)
{
	u64 used;

	mutex_lock(&vram->lock);
	used = vram->size - vram->mm.avail;
	mutex_unlock(&vram->lock);

	return used;
}
EXPORT_SYMBOL_IF_KUNIT(mtia_vram_used);

/**
 * mtia_vram_alloc_range() - Allocate contiguous LPDDR for the kernel.
 * @mdev: Device.
 * @size: Bytes; a power of two and at least 4 KiB, which is also the alignment.
 * @range: Out.
 *
 * The content is undefined.
 *
 * Context: may sleep, may evict buffer objects that are not locked.
 * Return: 0, -ENOSPC, -ENOMEM or -ERESTARTSYS.
 */
int mtia_vram_alloc_range(struct mtia_device *mdev, u64 size, struct mtia_vram_range *range)
{
	struct mtia_vram *vram = &mdev->vram;
	struct gpu_buddy_block *block;
	u32 tries = 3;
	int err;

	INIT_LIST_HEAD(&range->blocks);
	do {
		mutex_lock(&vram->lock);
		err = gpu_buddy_alloc_blocks(&vram->mm, 0, vram->size, size, size, &range->blocks,
					     GPU_BUDDY_TOPDOWN_ALLOCATION);
		mutex_unlock(&vram->lock);
	} while (err == -ENOSPC && tries-- && !mtia_bo_make_room(mdev, size));
	if (err)
		return err;

	block = list_first_entry(&range->blocks, struct gpu_buddy_block, link);
	range->offset = vram->base + gpu_buddy_block_offset(block);

	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(mtia_vram_alloc_range);

/**
 * mtia_vram_free_range() - Free LPDDR of the kernel.
 * @mdev: Device.
 * @range: Range, or one with an empty list.
 */
void mtia_vram_free_range(struct mtia_device *mdev, struct mtia_vram_range *range)
{
	struct mtia_vram *vram = &mdev->vram;

	mutex_lock(&vram->lock);
	gpu_buddy_free_list(&vram->mm, &range->blocks, 0);
	mutex_unlock(&vram->lock);
}
EXPORT_SYMBOL_IF_KUNIT(mtia_vram_free_range);

/**
 * mtia_vram_clear() - Zero the LPDDR or SRAM of a buffer object.
 * @mdev: Device.
 * @res: Its resource.
 *
 * Context: may sleep; inside drm_dev_enter().
 */
void mtia_vram_clear(struct mtia_device *mdev, struct ttm_resource *res)
{
	struct mtia_vram_cursor cursor;
	u64 left = res->size;

	mtia_assert_awake(mdev);
	mtia_vram_cursor_init(mdev, res, 0, &cursor);
	while (left) {
		u64 bytes = min3(left, cursor.left, (u64)SZ_1M);

		memset_io(mdev->mem + cursor.offset, 0, bytes);
		left -= bytes;
		if (left)
			mtia_vram_cursor_advance(&cursor, bytes);
		cond_resched();
	}
	/* Zeros are in memory before a job or another CPU can see it. */
	wmb();
}

static void mtia_vram_cursor_set(struct mtia_vram_cursor *cursor, u64 skip)
{
	cursor->offset = cursor->base + gpu_buddy_block_offset(cursor->block) + skip;
	cursor->left = gpu_buddy_block_size(cursor->mm, cursor->block) - skip;
}

/**
 * mtia_vram_cursor_init() - Find a byte of a buffer object.
 * @mdev: Device.
 * @res: Resource of the object, in LPDDR or SRAM; it does not move meanwhile.
 * @start: Byte of the object, inside it.
 * @cursor: Out.
 */
void mtia_vram_cursor_init(struct mtia_device *mdev, struct ttm_resource *res, u64 start,
			   struct mtia_vram_cursor *cursor)
{
	struct mtia_vram *vram = res->mem_type == MTIA_PL_SRAM ? &mdev->sram : &mdev->vram;
	struct mtia_vram_resource *vres = to_mtia_vram_resource(res);

	cursor->mm = &vram->mm;
	cursor->base = vram->base;
	list_for_each_entry(cursor->block, &vres->blocks, link) {
		u64 size = gpu_buddy_block_size(cursor->mm, cursor->block);

		if (start < size)
			break;
		start -= size;
	}
	mtia_vram_cursor_set(cursor, start);
}

/**
 * mtia_vram_cursor_advance() - Go on in a buffer object.
 * @cursor: Cursor.
 * @bytes: How far, at most @cursor->left; not to the end of the object.
 */
void mtia_vram_cursor_advance(struct mtia_vram_cursor *cursor, u64 bytes)
{
	if (bytes < cursor->left) {
		cursor->offset += bytes;
		cursor->left -= bytes;
	} else {
		cursor->block = list_next_entry(cursor->block, link);
		mtia_vram_cursor_set(cursor, 0);
	}
}

static void mtia_vram_fini(struct drm_device *drm, void *arg)
{
	struct mtia_device *mdev = to_mtia_device(drm);
	struct mtia_vram *vram = arg;

	ttm_resource_manager_set_used(&vram->man, false);
	if (ttm_resource_manager_evict_all(&mdev->ttm, &vram->man))
		return;

	gpu_buddy_fini(&vram->mm);
	ttm_resource_manager_cleanup(&vram->man);
	ttm_set_driver_manager(&mdev->ttm, vram->mem_type, NULL);
}

static int mtia_vram_init_one(struct mtia_device *mdev, struct mtia_vram *vram, u32 mem_type,
			      u64 base, u64 size)
{
	int err;

	vram->base = base;
	vram->size = size;
	vram->mem_type = mem_type;
	err = drmm_mutex_init(&mdev->drm, &vram->lock);
	if (err)
		return err;

	err = gpu_buddy_init(&vram->mm, vram->size, SZ_4K);
	if (err)
		return err;

	vram->man.func = &mtia_vram_func;
	ttm_resource_manager_init(&vram->man, &mdev->ttm, vram->size);
	ttm_set_driver_manager(&mdev->ttm, mem_type, &vram->man);
	ttm_resource_manager_set_used(&vram->man, true);

	return drmm_add_action_or_reset(&mdev->drm, mtia_vram_fini, vram);
}

/**
 * mtia_vram_init() - Set up the managers of LPDDR and SRAM.
 * @mdev: Device; its sizes are known and TTM is initialised.
 *
 * Return: 0 or -ENOMEM.
 */
int mtia_vram_init(struct mtia_device *mdev)
{
	int err;

	err = mtia_vram_init_one(mdev, &mdev->vram, MTIA_PL_VRAM, MTIA_FW_REGION_SIZE,
				 mdev->hw.lpddr_size - MTIA_FW_REGION_SIZE);
	if (err || !mdev->hw.sram_size)
		return err;

	return mtia_vram_init_one(mdev, &mdev->sram, MTIA_PL_SRAM, mdev->hw.lpddr_size,
				  mdev->hw.sram_size);
}
