// SPDX-License-Identifier: GPL-2.0 OR MIT
/**
 * DOC: Page tables
 *
 * Tables lie in LPDDR, where the walker reads them without crossing the link, and are written
 * through BAR2 with posted writes. Reading them back would stall, so a copy of every entry is kept
 * in system memory; walks, splits and unmaps look at that only.
 *
 * A change is made in three steps, so that several of them can be all or nothing:
 *
 * - prepare adds the tables that the change needs and splits huge leaves that it will cut. Neither
 *   alters what an address translates to, so nothing has to be undone when it fails.
 * - map and unmap write leaves and cannot fail. While changes of one call are under way no table
 *   goes away, so what an early prepare found is still there for a late map.
 * - commit unlinks tables that are empty and invalidates the TLB; release frees them after that.
 *
 * Changes are numbered in the order of their prepares, and take effect in that order. Any number of
 * them can be prepared and not written yet, waiting for something. A table that one of them will
 * need is not unlinked before, however empty: it has the number of the last change that wants it.
 * map, unmap and commit neither allocate nor wait for anything but the firmware, so that they can
 * be on the way to a fence.
 *
 * The TLB holds valid translations only, so that mapping what was unmapped needs no invalidation.
 */
#include <drm/drm_drv.h>
#include <drm/ttm/ttm_tt.h>
#include <kunit/visibility.h>
#include <linux/sizes.h>

#include "mtia_bo.h"
#include "mtia_device.h"
#include "mtia_mmu.h"

#define MTIA_LEAF_LEVEL (MTIA_PT_LEVELS - 1)
#define MTIA_HUGE_LEVEL (MTIA_PT_LEVELS - 2)
#define MTIA_HUGE_SIZE BIT_ULL(MTIA_HUGE_SHIFT)

/* Bytes that an entry of a level covers. */
static u64 mtia_pt_span(u32 level)
{
	return BIT_ULL(39 - 9 * level);
}

static void mtia_mmu_mark(struct mtia_mmu_change *change, u64 va, u64 size)
{
	if (!change->flush_end) {
		change->flush_start = va;
		change->flush_end = va + size;
		return;
	}
	change->flush_start = min(change->flush_start, va);
	change->flush_end = max(change->flush_end, va + size);
}

static void mtia_pt_set(struct mtia_mmu *mmu, struct mtia_mmu_change *change, struct mtia_pt *pt,
			u32 index, u64 entry)
{
	u64 old = pt->entries[index];

	lockdep_assert_held(&mmu->lock);
	/* Or a rewrite could bring back what was here before. */
	lockdep_assert_held_read(&mmu->mdev->reset.rwsem);
	mtia_assert_awake(mmu->mdev);

	if (old == entry)
		return;

	if (old & MTIA_PTE_VALID)
		mtia_mmu_mark(change, pt->va + index * mtia_pt_span(pt->level),
			      mtia_pt_span(pt->level));
	pt->used += !!(entry & MTIA_PTE_VALID);
	pt->used -= !!(old & MTIA_PTE_VALID);
	pt->entries[index] = entry;
	writeq(entry, mmu->mdev->mem + pt->range.offset + index * sizeof(entry));

	if (!pt->used && pt->parent && list_empty(&pt->node))
		list_add(&pt->node, &mmu->empty);
	else if (pt->used)
		list_del_init(&pt->node);
}

static void mtia_pt_free(struct mtia_device *mdev, struct mtia_pt *pt)
{
	if (!list_empty(&pt->all)) {
		down_read(&mdev->reset.rwsem);
		spin_lock(&mdev->tables_lock);
		list_del(&pt->all);
		spin_unlock(&mdev->tables_lock);
		up_read(&mdev->reset.rwsem);
	}
	mtia_vram_free_range(mdev, &pt->range);
	kfree(pt->children);
	kfree(pt->entries);
	kfree(pt);
}

static struct mtia_pt *mtia_pt_alloc(struct mtia_device *mdev, u32 level, u64 va)
{
	struct mtia_pt *pt;
	int err;

	pt = kzalloc(sizeof(*pt), GFP_KERNEL_ACCOUNT);
	if (!pt)
		return ERR_PTR(-ENOMEM);

	pt->level = level;
	pt->va = va;
	INIT_LIST_HEAD(&pt->all);
	INIT_LIST_HEAD(&pt->node);
	INIT_LIST_HEAD(&pt->range.blocks);
	pt->entries = kcalloc(MTIA_PT_ENTRIES, sizeof(*pt->entries), GFP_KERNEL_ACCOUNT);
	if (level != MTIA_LEAF_LEVEL)
		pt->children = kcalloc(MTIA_PT_ENTRIES, sizeof(*pt->children), GFP_KERNEL_ACCOUNT);
	if (!pt->entries || (level != MTIA_LEAF_LEVEL && !pt->children)) {
		mtia_pt_free(mdev, pt);
		return ERR_PTR(-ENOMEM);
	}

	err = mtia_vram_alloc_range(mdev, MTIA_PAGE_SIZE, &pt->range);
	if (err) {
		mtia_pt_free(mdev, pt);
		return ERR_PTR(err);
	}

	down_read(&mdev->reset.rwsem);
	memset_io(mdev->mem + pt->range.offset, 0, MTIA_PAGE_SIZE);
	spin_lock(&mdev->tables_lock);
	list_add(&pt->all, &mdev->tables);
	spin_unlock(&mdev->tables_lock);
	up_read(&mdev->reset.rwsem);

	return pt;
}

/* Return: table that covers @va, of @level or as far down as there is one. */
static struct mtia_pt *mtia_mmu_find_deepest(struct mtia_mmu *mmu, u64 va, u32 level)
{
	struct mtia_pt *pt = mmu->root;
	struct mtia_pt *child;

	lockdep_assert_held(&mmu->lock);

	while (pt->level < level) {
		child = pt->children[MTIA_PT_INDEX(va, pt->level)];
		if (!child)
			break;
		pt = child;
	}

	return pt;
}

/* Puts a table below an entry; if that is a huge leaf, its pages stay mapped as they are. */
static void mtia_mmu_link(struct mtia_mmu *mmu, struct mtia_mmu_change *change,
			  struct mtia_pt *parent, struct mtia_pt *pt)
{
	u32 index = MTIA_PT_INDEX(pt->va, parent->level);
	u64 old = parent->entries[index];
	u32 i;

	down_read(&mmu->mdev->reset.rwsem);
	pt->parent = parent;
	list_add(&pt->node, &mmu->empty);
	if (old & MTIA_PTE_VALID) {
		for (i = 0; i < MTIA_PT_ENTRIES; i++)
			mtia_pt_set(mmu, change, pt, i, old + (u64)i * MTIA_PAGE_SIZE);
	}
	/* Entries before the pointer to them. */
	wmb();
	parent->children[index] = pt;
	mtia_pt_set(mmu, change, parent, index, pt->range.offset | MTIA_PTE_VALID);
	up_read(&mmu->mdev->reset.rwsem);
}

/*
 * Makes sure that there are tables down to @level for @va until the change is written. Only the
 * caller adds tables, and nobody unlinks one with the change's number, so that what was found stays
 * while the lock is dropped to allocate.
 */
static int mtia_mmu_ensure(struct mtia_mmu *mmu, struct mtia_mmu_change *change, u64 va, u32 level)
{
	struct mtia_pt *pt = NULL, *next;

	for (;;) {
		mutex_lock(&mmu->lock);
		if (pt)
			mtia_mmu_link(mmu, change, mtia_mmu_find_deepest(mmu, va, level), pt);
		pt = mtia_mmu_find_deepest(mmu, va, level);
		pt->needed_by = change->number;
		mutex_unlock(&mmu->lock);
		if (pt->level == level)
			return 0;

		next = mtia_pt_alloc(mmu->mdev, pt->level + 1,
				     ALIGN_DOWN(va, mtia_pt_span(pt->level)));
		if (IS_ERR(next))
			return PTR_ERR(next);
		pt = next;
	}
}

/*
 * Bus, LPDDR or SRAM address of a page of an object, with its target, and how far it goes on from
 * there.
 */
static u64 mtia_mmu_page(struct mtia_mmu *mmu, struct mtia_bo *bo, u64 offset, u64 *left)
{
	u32 place = mtia_bo_current_placement(bo);
	struct mtia_vram_cursor cursor;

	if (place == DRM_MTIA_PLACE_SYSTEM) {
		*left = MTIA_PAGE_SIZE;
		return bo->ttm.ttm->dma_address[offset >> PAGE_SHIFT] |
		       (u64)MTIA_PTE_TARGET_HOST << MTIA_PTE_TARGET_SHIFT;
	}

	mtia_vram_cursor_init(mmu->mdev, bo->ttm.resource, offset, &cursor);
	*left = cursor.left;
	if (place == DRM_MTIA_PLACE_SRAM)
		return (cursor.offset - mmu->mdev->sram.base) |
		       (u64)MTIA_PTE_TARGET_SRAM << MTIA_PTE_TARGET_SHIFT;

	return cursor.offset | (u64)MTIA_PTE_TARGET_LPDDR << MTIA_PTE_TARGET_SHIFT;
}

/* Whether the huge page at @va, all of it in the mapping, can be one leaf. */
static bool mtia_mmu_is_huge(struct mtia_mmu *mmu, struct mtia_bo *bo, u64 offset)
{
	u64 left;
	u64 page = mtia_mmu_page(mmu, bo, offset, &left);

	return left >= MTIA_HUGE_SIZE && IS_ALIGNED(page & MTIA_PTE_ADDR_MASK, MTIA_HUGE_SIZE);
}

/**
 * mtia_mmu_prepare_map() - Get everything that mtia_mmu_map() will need.
 * @mmu: Page tables.
 * @change: Change.
 * @va: First address, page aligned.
 * @size: Bytes, page aligned.
 * @bo: Object; reservation lock held.
 * @bo_offset: First byte of the object.
 *
 * Return: 0, -ENOMEM or -ENOSPC; tables that were added meanwhile go with mtia_mmu_cancel().
 */
int mtia_mmu_prepare_map(struct mtia_mmu *mmu, struct mtia_mmu_change *change, u64 va, u64 size,
			 struct mtia_bo *bo, u64 bo_offset)
{
	u64 end = va + size;
	u64 next;
	int err;

	for (; va < end; bo_offset += next - va, va = next) {
		bool whole;

		next = min(ALIGN_DOWN(va, MTIA_HUGE_SIZE) + MTIA_HUGE_SIZE, end);
		whole = next - va == MTIA_HUGE_SIZE;
		err = mtia_mmu_ensure(mmu, change, va,
				      whole && mtia_mmu_is_huge(mmu, bo, bo_offset) ?
					      MTIA_HUGE_LEVEL : MTIA_LEAF_LEVEL);
		if (err)
			return err;
	}

	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(mtia_mmu_prepare_map);

/**
 * mtia_mmu_prepare_unmap() - Get everything that mtia_mmu_unmap() will need.
 * @mmu: Page tables.
 * @change: Change.
 * @va: First address, page aligned.
 * @size: Bytes, page aligned.
 *
 * Only huge leaves at the two ends can have to be cut. They need not be there yet: an earlier
 * change, or an earlier part of this one, may map them.
 *
 * Return: 0, -ENOMEM or -ENOSPC; tables that were added meanwhile go with mtia_mmu_cancel().
 */
int mtia_mmu_prepare_unmap(struct mtia_mmu *mmu, struct mtia_mmu_change *change, u64 va, u64 size)
{
	int err = 0;

	if (!IS_ALIGNED(va, MTIA_HUGE_SIZE))
		err = mtia_mmu_ensure(mmu, change, va, MTIA_LEAF_LEVEL);
	if (!err && !IS_ALIGNED(va + size, MTIA_HUGE_SIZE))
		err = mtia_mmu_ensure(mmu, change, va + size - 1, MTIA_LEAF_LEVEL);

	return err;
}
EXPORT_SYMBOL_IF_KUNIT(mtia_mmu_prepare_unmap);

/**
 * mtia_mmu_map() - Map a part of an object, replacing what was there.
 * @mmu: Page tables, prepared; their lock held.
 * @change: Change.
 * @va: First address, page aligned.
 * @size: Bytes, page aligned.
 * @bo: Object; its reservation lock, or a fence in it, keeps it where it is.
 * @bo_offset: First byte of the object.
 * @prot: MTIA_PTE_READ, WRITE, EXEC.
 *
 * Context: inside drm_dev_enter(). Neither allocates nor waits.
 */
void mtia_mmu_map(struct mtia_mmu *mmu, struct mtia_mmu_change *change, u64 va, u64 size,
		  struct mtia_bo *bo, u64 bo_offset, u64 prot)
{
	u64 end = va + size;
	struct mtia_pt *pt;

	down_read(&mmu->mdev->reset.rwsem);
	prot |= MTIA_PTE_VALID | MTIA_PTE_LEAF;
	while (va < end) {
		u64 left, next, page, bytes;

		page = mtia_mmu_page(mmu, bo, bo_offset, &left);
		pt = mtia_mmu_find_deepest(mmu, va, MTIA_LEAF_LEVEL);
		if (pt->level != MTIA_LEAF_LEVEL) {
			/* Prepared without a table for small pages: the leaf is huge. */
			mtia_pt_set(mmu, change, pt, MTIA_PT_INDEX(va, MTIA_HUGE_LEVEL),
				    page | prot);
			va += MTIA_HUGE_SIZE;
			bo_offset += MTIA_HUGE_SIZE;
			continue;
		}

		next = min3(ALIGN_DOWN(va, MTIA_HUGE_SIZE) + MTIA_HUGE_SIZE, end, va + left);
		for (bytes = next - va; va < next; va += MTIA_PAGE_SIZE, page += MTIA_PAGE_SIZE)
			mtia_pt_set(mmu, change, pt, MTIA_PT_INDEX(va, MTIA_LEAF_LEVEL),
				    page | prot);
		bo_offset += bytes;
	}
	up_read(&mmu->mdev->reset.rwsem);
}
EXPORT_SYMBOL_IF_KUNIT(mtia_mmu_map);

/**
 * mtia_mmu_unmap() - Remove all mappings of a range.
 * @mmu: Page tables, prepared; their lock held.
 * @change: Change.
 * @va: First address, page aligned.
 * @size: Bytes, page aligned.
 *
 * Context: inside drm_dev_enter(). Neither allocates nor waits.
 */
void mtia_mmu_unmap(struct mtia_mmu *mmu, struct mtia_mmu_change *change, u64 va, u64 size)
{
	u64 end = va + size;

	down_read(&mmu->mdev->reset.rwsem);
	while (va < end) {
		struct mtia_pt *pt = mmu->root;
		u32 index = MTIA_PT_INDEX(va, 0);

		while (pt->children && pt->children[index]) {
			pt = pt->children[index];
			index = MTIA_PT_INDEX(va, pt->level);
		}
		mtia_pt_set(mmu, change, pt, index, 0);
		/* Also skips what has no table at all. */
		va = ALIGN_DOWN(va, mtia_pt_span(pt->level)) + mtia_pt_span(pt->level);
	}
	up_read(&mmu->mdev->reset.rwsem);
}
EXPORT_SYMBOL_IF_KUNIT(mtia_mmu_unmap);

/* Takes empty tables out that no change wants any more. */
static void mtia_mmu_unlink_empty(struct mtia_mmu *mmu, struct mtia_mmu_change *change, u64 done)
{
	struct mtia_pt *pt;
	LIST_HEAD(needed);

	/* An unlinked table can leave its parent empty, which then follows on the same list. */
	while (!list_empty(&mmu->empty)) {
		u32 index;

		pt = list_first_entry(&mmu->empty, struct mtia_pt, node);
		if (pt->needed_by > done) {
			list_move(&pt->node, &needed);
			continue;
		}
		index = MTIA_PT_INDEX(pt->va, pt->parent->level);
		list_move(&pt->node, &change->unlinked);
		pt->parent->children[index] = NULL;
		mtia_pt_set(mmu, change, pt->parent, index, 0);
	}
	list_splice(&needed, &mmu->empty);
}

/**
 * mtia_mmu_begin() - Begin a change, which follows all others.
 * @mmu: Page tables.
 * @change: Out.
 *
 * Ends with mtia_mmu_commit() and mtia_mmu_release(), or with mtia_mmu_cancel().
 */
void mtia_mmu_begin(struct mtia_mmu *mmu, struct mtia_mmu_change *change)
{
	*change = (struct mtia_mmu_change){ .number = ++mmu->last_number };
	INIT_LIST_HEAD(&change->unlinked);
}
EXPORT_SYMBOL_IF_KUNIT(mtia_mmu_begin);

/**
 * mtia_mmu_commit() - Make a change take effect that was written.
 * @mmu: Page tables; their lock held.
 * @change: Change; all earlier ones were committed or cancelled.
 *
 * Context: may sleep, never allocates; inside drm_dev_enter(). Legal in the fence-signalling path.
 * Return: 0, or an error for mtia_reset_after(): memory that was unmapped may be reused after that
 * only.
 */
int mtia_mmu_commit(struct mtia_mmu *mmu, struct mtia_mmu_change *change)
{
	struct mtia_device *mdev = mmu->mdev;
	u64 args[] = { 0, change->flush_start, change->flush_end - change->flush_start };
	int err = 0;

	/* Nobody gets or loses an ASID meanwhile: with none, the TLB knows nothing of it. */
	mutex_lock(&mdev->slots.lock);
	args[0] = mmu->asid;
	down_read(&mdev->reset.rwsem);
	mmu->done = max(mmu->done, change->number);
	mtia_mmu_unlink_empty(mmu, change, mmu->done);

	/* Tables are up to date before anything that can make the device look at them. */
	wmb();
	if (change->flush_end && mmu->asid)
		err = mtia_mbox_call(mdev, MTIA_H2D_TLB_INV, args, ARRAY_SIZE(args), NULL);
	up_read(&mdev->reset.rwsem);
	mutex_unlock(&mdev->slots.lock);

	return err;
}

/**
 * mtia_mmu_release() - Free what a committed change left over.
 * @mmu: Page tables.
 * @change: Change.
 */
void mtia_mmu_release(struct mtia_mmu *mmu, struct mtia_mmu_change *change)
{
	struct mtia_pt *pt, *next;

	list_for_each_entry_safe(pt, next, &change->unlinked, node)
		mtia_pt_free(mmu->mdev, pt);
	INIT_LIST_HEAD(&change->unlinked);
}

/**
 * mtia_mmu_finish() - Commit a change and free what it left over.
 * @mmu: Page tables.
 * @change: Change; all earlier ones were committed or cancelled.
 *
 * Memory that was unmapped must not be reused before this returns.
 *
 * Context: may sleep; inside drm_dev_enter(). Not in the fence-signalling path.
 * Return: 0, or a negative error code if the device died over it; nothing is mapped then.
 */
int mtia_mmu_finish(struct mtia_mmu *mmu, struct mtia_mmu_change *change)
{
	struct mtia_device *mdev = mmu->mdev;
	int err;

	mutex_lock(&mmu->lock);
	err = mtia_mmu_commit(mmu, change);
	mutex_unlock(&mmu->lock);
	/* A reset leaves no TLB with anything in it. */
	if (err)
		err = mtia_reset_after(mdev, err, "firmware did not invalidate a TLB");
	mtia_mmu_release(mmu, change);

	return err;
}
EXPORT_SYMBOL_IF_KUNIT(mtia_mmu_finish);

/**
 * mtia_mmu_cancel() - Give up a change of which nothing was written.
 * @mmu: Page tables.
 * @change: Change, the last one that was begun; earlier ones may not be written yet.
 *
 * Context: may sleep; inside drm_dev_enter(). Not in the fence-signalling path.
 */
void mtia_mmu_cancel(struct mtia_mmu *mmu, struct mtia_mmu_change *change)
{
	struct mtia_pt *pt, *up;

	mutex_lock(&mmu->lock);
	/* What it wanted can be wanted by those before it. Tables above become empty in turn. */
	list_for_each_entry(pt, &mmu->empty, node) {
		for (up = pt; up; up = up->parent)
			up->needed_by = min(up->needed_by, change->number - 1);
	}
	mutex_unlock(&mmu->lock);
	mmu->last_number--;
	change->number = 0;

	mtia_mmu_finish(mmu, change);
}
EXPORT_SYMBOL_IF_KUNIT(mtia_mmu_cancel);

/**
 * mtia_mmu_rewrite_all() - Write all page tables anew, after device memory lost its contents.
 * @mdev: Device; its chip is in reset, @reset.rwsem held for writing.
 */
void mtia_mmu_rewrite_all(struct mtia_device *mdev)
{
	struct mtia_pt *pt;

	lockdep_assert_held_write(&mdev->reset.rwsem);

	list_for_each_entry(pt, &mdev->tables, all)
		__iowrite64_copy(mdev->mem + pt->range.offset, pt->entries, MTIA_PT_ENTRIES);
	/* In memory before the firmware is told of a root. */
	wmb();
}

/**
 * mtia_mmu_recreate() - Make an address space known to the firmware.
 * @mmu: Page tables; in contexts[].
 *
 * Context: inside drm_dev_enter(), with @reset.rwsem held. Neither allocates nor waits for others.
 * Return: 0 or the error of the call.
 */
int mtia_mmu_recreate(struct mtia_mmu *mmu)
{
	const u64 args[] = { mmu->asid, mmu->root->range.offset };

	return mtia_mbox_call(mmu->mdev, MTIA_H2D_CTX_CREATE, args, ARRAY_SIZE(args), NULL);
}

/**
 * mtia_mmu_init() - Create an empty address space.
 * @mmu: Page tables.
 * @mdev: Device.
 *
 * The chip hears of it when it is needed, see mtia_slot.c.
 *
 * Context: may sleep; inside drm_dev_enter(). Waits for the end of a reset.
 * Return: 0, -ENOSPC when there is no device memory left, or another negative error code.
 */
int mtia_mmu_init(struct mtia_mmu *mmu, struct mtia_device *mdev)
{
	struct mtia_pt *root;

	mmu->mdev = mdev;
	INIT_LIST_HEAD(&mmu->empty);
	INIT_LIST_HEAD(&mmu->idle_node);
	/* Whose address space began in a reset would lose what is mapped before the end of it. */
	mtia_reset_wait(mdev);
	root = mtia_pt_alloc(mdev, 0, 0);
	if (IS_ERR(root))
		return PTR_ERR(root);
	mmu->root = root;

	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(mtia_mmu_init);

/**
 * mtia_mmu_stop() - Take an address space from the hardware; no queue uses it.
 * @mmu: Page tables.
 *
 * What it mapped can be reused when this returns.
 *
 * Context: may sleep.
 */
void mtia_mmu_stop(struct mtia_mmu *mmu)
{
	int err = mtia_slot_leave_mmu(mmu);

	if (err)
		mtia_reset_after(mmu->mdev, err, "firmware did not destroy a context");
}

/**
 * mtia_mmu_fini() - Free all tables; mtia_mmu_stop() was called.
 * @mmu: Page tables.
 *
 * Context: may sleep; touches no hardware.
 */
void mtia_mmu_fini(struct mtia_mmu *mmu)
{
	struct mtia_pt *pt = mmu->root;
	u32 i = 0;

	/* Down to the first child, free a table that has none left, go on in its parent. */
	while (pt) {
		struct mtia_pt *parent = pt->parent;

		while (pt->children && i < MTIA_PT_ENTRIES && !pt->children[i])
			i++;
		if (pt->children && i < MTIA_PT_ENTRIES) {
			pt = pt->children[i];
			i = 0;
			continue;
		}
		if (parent) {
			i = MTIA_PT_INDEX(pt->va, parent->level);
			parent->children[i] = NULL;
		}
		mtia_pt_free(mmu->mdev, pt);
		pt = parent;
	}
	mmu->root = NULL;
}
EXPORT_SYMBOL_IF_KUNIT(mtia_mmu_fini);
