// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Peer-to-peer: other devices that reach an exported object where it is, through BAR2.
 *
 * They are told before it is elsewhere, and use it no more once their jobs under way have ended,
 * for which a move waits. The same holds before BAR2 itself goes away: when the device is removed,
 * and when it is put to sleep. A reset of the function cannot wait for others, whose jobs can be
 * waiting for this device; what they read meanwhile is undefined.
 */
#include <linux/dma-buf.h>
#include <linux/dma-resv.h>
#include <linux/scatterlist.h>

#include "mtia_bo.h"
#include "mtia_compat.h"
#include "mtia_device.h"
#include "mtia_peer.h"

/**
 * mtia_peer_init() - Offer BAR2 to other devices, if the kernel can.
 * @mdev: Device, its PCI function enabled.
 *
 * Return: 0 or -ENOMEM.
 */
int mtia_peer_init(struct mtia_device *mdev)
{
	int err;

	spin_lock_init(&mdev->peers.lock);
	INIT_LIST_HEAD(&mdev->peers.bos);

	err = pcim_p2pdma_init(mdev->pdev);
	if (err)
		return err == -EOPNOTSUPP ? 0 : err;
	mdev->peers.provider = pcim_p2pdma_provider(mdev->pdev, MTIA_BAR_MEM);

	return 0;
}

/**
 * mtia_peer_reaches() - Whether a device can reach BAR2.
 * @mdev: Device that has the BAR.
 * @dev: The other one.
 *
 * Return: true if what lies between them lets it.
 */
bool mtia_peer_reaches(struct mtia_device *mdev, struct device *dev)
{
	return mdev->peers.provider && pci_p2pdma_distance(mdev->pdev, dev, false) >= 0;
}

/* Return: how many ranges the object has in BAR2; with @ranges not NULL they are filled in. */
static size_t mtia_peer_fill(struct mtia_device *mdev, struct mtia_bo *bo, struct phys_vec *ranges)
{
	struct ttm_resource *res = bo->ttm.resource;
	struct mtia_vram_cursor cursor;
	u64 left = res->size;
	size_t count = 0;

	mtia_vram_cursor_init(mdev, res, 0, &cursor);
	while (left) {
		u64 bytes = min(left, cursor.left);

		if (ranges) {
			ranges[count].paddr = mdev->mem_phys + cursor.offset;
			ranges[count].len = bytes;
		}
		count++;
		left -= bytes;
		if (left)
			mtia_vram_cursor_advance(&cursor, bytes);
	}

	return count;
}

/**
 * mtia_peer_map() - Give another device the bus addresses of an object in LPDDR or SRAM.
 * @bo: Object; reservation lock held.
 * @attach: Attachment of a device that reaches BAR2.
 * @dir: Direction.
 *
 * Context: inside drm_dev_enter().
 * Return: the addresses, good until mtia_peer_forget(), or an error pointer.
 */
struct sg_table *mtia_peer_map(struct mtia_bo *bo, struct dma_buf_attachment *attach,
			       enum dma_data_direction dir)
{
	struct mtia_device *mdev = to_mtia_device(bo->ttm.base.dev);
	size_t count = mtia_peer_fill(mdev, bo, NULL);
	struct mtia_peers *peers = &mdev->peers;
	struct phys_vec *ranges;
	struct sg_table *sgt;

	ranges = kvmalloc_array(count, sizeof(*ranges), GFP_KERNEL);
	if (!ranges)
		return ERR_PTR(-ENOMEM);

	mtia_peer_fill(mdev, bo, ranges);
	sgt = dma_buf_phys_vec_to_sgt(attach, peers->provider, ranges, count,
				      bo->ttm.resource->size, dir);
	kvfree(ranges);
	if (!IS_ERR(sgt)) {
		spin_lock(&peers->lock);
		list_move(&bo->peer_link, &peers->bos);
		spin_unlock(&peers->lock);
	}

	return sgt;
}

/**
 * mtia_peer_mapped() - Whether addresses are from mtia_peer_map().
 * @sgt: Addresses.
 *
 * Return: false if they are of pages.
 */
bool mtia_peer_mapped(struct sg_table *sgt)
{
	return !sg_page(sgt->sgl);
}

/**
 * mtia_peer_forget() - Nobody uses the addresses of an object any more.
 * @bo: Object; all who have them were told and have no job under way, or it is freed.
 */
void mtia_peer_forget(struct mtia_bo *bo)
{
	struct mtia_peers *peers = &to_mtia_device(bo->ttm.base.dev)->peers;

	spin_lock(&peers->lock);
	list_del_init(&bo->peer_link);
	spin_unlock(&peers->lock);
}

/* Return: an object with a reference, or NULL. */
static struct mtia_bo *mtia_peer_next(struct mtia_peers *peers)
{
	struct mtia_bo *bo;

	spin_lock(&peers->lock);
	do {
		bo = list_first_entry_or_null(&peers->bos, struct mtia_bo, peer_link);
		if (bo)
			list_del_init(&bo->peer_link);
	} while (bo && !kref_get_unless_zero(&bo->ttm.base.refcount));
	spin_unlock(&peers->lock);

	return bo;
}

/**
 * mtia_peer_end_all() - Let no other device reach BAR2 any more.
 * @mdev: Device; no new addresses are given out, and all jobs of all devices end.
 *
 * Context: may sleep, as long as others' jobs may take.
 */
void mtia_peer_end_all(struct mtia_device *mdev)
{
	struct mtia_bo *bo;

	while ((bo = mtia_peer_next(&mdev->peers))) {
		struct dma_resv *resv = bo->ttm.base.resv;

		dma_resv_lock(resv, NULL);
		dma_resv_wait_timeout(resv, DMA_RESV_USAGE_BOOKKEEP, false, MAX_SCHEDULE_TIMEOUT);
		if (bo->attached)
			dma_buf_invalidate_mappings(bo->dma_buf);
		dma_resv_unlock(resv);
		drm_gem_object_put(&bo->ttm.base);
	}
}
