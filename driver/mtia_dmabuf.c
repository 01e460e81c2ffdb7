// SPDX-License-Identifier: GPL-2.0 OR MIT
/**
 * DOC: Sharing with other devices
 *
 * Export: a device that can follow moves and reaches BAR2 uses an object where it is, see
 * mtia_peer.c. For one that doesn't reach it the object moves to system memory when it is mapped,
 * and goes back to LPDDR for the next job of its own, like one that was evicted; the importer is
 * told of each move. For one that cannot follow, the object stays in system memory while it is
 * pinned, and its jobs use it there. On kernels without CONFIG_DMABUF_MOVE_NOTIFY, like Debian's
 * 6.12, no importer can follow, and all pin.
 *
 * Import: an object without pages of its own. It has bus addresses (system placement) from the
 * first use until the exporter moves it; then they are stale, and replaced before the next job.
 *
 * Jobs of VMs that map a shared object wait for the fences that other drivers left in it, and leave
 * theirs, see mtia_submit.c.
 */
#include <drm/drm_gpuvm.h>
#include <drm/drm_prime.h>
#include <drm/ttm/ttm_tt.h>
#include <linux/dma-buf.h>
#include <linux/module.h>

#include "mtia_bo.h"
#include "mtia_compat.h"
#include "mtia_device.h"
#include "mtia_dmabuf.h"
#include "mtia_peer.h"

/* Moves an exported object to where other devices reach it. */
static int mtia_dmabuf_to_system(struct mtia_bo *bo)
{
	struct ttm_operation_ctx ctx = { .interruptible = true };
	struct ttm_place place = { .mem_type = MTIA_PL_TT };
	struct ttm_placement where = { .placement = &place, .num_placement = 1 };

	return ttm_bo_validate(&bo->ttm, &where, &ctx);
}

static int mtia_dmabuf_attach(struct dma_buf *dma_buf, struct dma_buf_attachment *attach)
{
	struct mtia_bo *bo = gem_to_mtia_bo(dma_buf->priv);
	struct mtia_device *mdev = to_mtia_device(bo->ttm.base.dev);
	int idx;

	if (!mtia_pm_enter(mdev, &idx))
		return -ENODEV;
	if (attach->peer2peer && !mtia_peer_reaches(mdev, attach->dev))
		attach->peer2peer = false;

	/* What is in SRAM stays there. */
	if (bo->placement & DRM_MTIA_PLACE_SRAM && !attach->peer2peer) {
		mtia_pm_exit(mdev, idx);
		return -EOPNOTSUPP;
	}

	dma_resv_lock(dma_buf->resv, NULL);
	bo->dma_buf = dma_buf;
	bo->attached++;
	dma_resv_unlock(dma_buf->resv);
	/* Mapping is done under the lock, where it is too late to wake the chip. */
	mtia_pm_hold(mdev);
	mtia_pm_exit(mdev, idx);

	return 0;
}

/* Who is attached has a reference of the dma-buf; under the lock it cannot get past here. */
static void mtia_dmabuf_detach(struct dma_buf *dma_buf, struct dma_buf_attachment *attach)
{
	struct mtia_bo *bo = gem_to_mtia_bo(dma_buf->priv);

	dma_resv_lock(dma_buf->resv, NULL);
	bo->attached--;
	dma_resv_unlock(dma_buf->resv);
	mtia_pm_release(to_mtia_device(bo->ttm.base.dev));
}

static int mtia_dmabuf_pin(struct dma_buf_attachment *attach)
{
	struct mtia_bo *bo = gem_to_mtia_bo(attach->dmabuf->priv);
	int err;

	if (bo->placement & DRM_MTIA_PLACE_SRAM)
		return -EOPNOTSUPP;

	err = mtia_dmabuf_to_system(bo);
	if (!err)
		ttm_bo_pin(&bo->ttm);

	return err;
}

static void mtia_dmabuf_unpin(struct dma_buf_attachment *attach)
{
	ttm_bo_unpin(&gem_to_mtia_bo(attach->dmabuf->priv)->ttm);
}

static bool mtia_dmabuf_in_device(struct mtia_bo *bo)
{
	struct ttm_resource *res = bo->ttm.resource;

	return res && (res->mem_type == MTIA_PL_VRAM || res->mem_type == MTIA_PL_SRAM);
}

static struct sg_table *mtia_dmabuf_map_attachment(struct dma_buf_attachment *attach,
						   enum dma_data_direction dir)
{
	struct mtia_bo *bo = gem_to_mtia_bo(attach->dmabuf->priv);
	struct sg_table *sgt;
	int idx, err;

	if (attach->peer2peer && mtia_dmabuf_in_device(bo)) {
		if (!drm_dev_enter(bo->ttm.base.dev, &idx))
			return ERR_PTR(-ENODEV);
		sgt = mtia_peer_map(bo, attach, dir);
		drm_dev_exit(idx);
		return sgt;
	}

	if (!bo->ttm.pin_count) {
		err = mtia_dmabuf_to_system(bo);
		if (err)
			return ERR_PTR(err);
	}
	if (!bo->ttm.ttm || !ttm_tt_is_populated(bo->ttm.ttm))
		return ERR_PTR(-ENODEV);

	sgt = drm_prime_pages_to_sg(bo->ttm.base.dev, bo->ttm.ttm->pages, bo->ttm.ttm->num_pages);
	if (IS_ERR(sgt))
		return sgt;

	err = dma_map_sgtable(attach->dev, sgt, dir, DMA_ATTR_SKIP_CPU_SYNC);
	if (err) {
		sg_free_table(sgt);
		kfree(sgt);
		return ERR_PTR(err);
	}
	mtia_ttm_share(bo);

	return sgt;
}

static void mtia_dmabuf_unmap_attachment(struct dma_buf_attachment *attach, struct sg_table *sgt,
					 enum dma_data_direction dir)
{
	if (mtia_peer_mapped(sgt)) {
		dma_buf_free_sgt(attach, sgt, dir);
		return;
	}

	dma_unmap_sgtable(attach->dev, sgt, dir, DMA_ATTR_SKIP_CPU_SYNC);
	sg_free_table(sgt);
	kfree(sgt);
}

static void mtia_dmabuf_release(struct dma_buf *dma_buf)
{
	atomic_dec(&gem_to_mtia_bo(dma_buf->priv)->exports);
	drm_gem_dmabuf_release(dma_buf);
}

static const struct dma_buf_ops mtia_dmabuf_ops = {
	.attach = mtia_dmabuf_attach,
	.detach = mtia_dmabuf_detach,
	.pin = mtia_dmabuf_pin,
	.unpin = mtia_dmabuf_unpin,
	.map_dma_buf = mtia_dmabuf_map_attachment,
	.unmap_dma_buf = mtia_dmabuf_unmap_attachment,
	.release = mtia_dmabuf_release,
	.mmap = drm_gem_dmabuf_mmap,
};

/**
 * mtia_dmabuf_export() - &struct drm_gem_object_funcs.export
 * @gem: Object.
 * @flags: Flags of the file descriptor.
 *
 * Return: the dma-buf, or -EPERM for an object that belongs to one VM.
 */
struct dma_buf *mtia_dmabuf_export(struct drm_gem_object *gem, int flags)
{
	struct dma_buf *dma_buf;

	if (gem_to_mtia_bo(gem)->vm_root)
		return ERR_PTR(-EPERM);

	dma_buf = drm_gem_prime_export(gem, flags);
	if (IS_ERR(dma_buf))
		return dma_buf;

	dma_buf->ops = &mtia_dmabuf_ops;
	atomic_inc(&gem_to_mtia_bo(gem)->exports);

	return dma_buf;
}

/**
 * mtia_dmabuf_moved() - Tell importers that an exported object moves.
 * @bo: Object, idle; reservation lock held.
 *
 * Not by the GEM object's dma-buf: that is forgotten with the last handle, which importers outlive.
 */
void mtia_dmabuf_moved(struct mtia_bo *bo)
{
	if (bo->attached)
		dma_buf_invalidate_mappings(bo->dma_buf);
	mtia_peer_forget(bo);
}

/*
 * The exporter moves an imported object, with its lock held and all fences in it signalled or to
 * be waited for: no job may start with the old addresses. They are given back before the next one.
 */
static void mtia_dmabuf_invalidate(struct dma_buf_attachment *attach)
{
	struct drm_gem_object *gem = attach->importer_priv;

	gem_to_mtia_bo(gem)->stale = true;
	drm_gpuvm_bo_gem_evict(gem, true);
}

/**
 * mtia_dmabuf_forget() - Give bus addresses of an imported object back that the exporter has moved.
 * @bo: Object; reservation lock held.
 * @ctx: How to wait for fences in it.
 *
 * Return: 0 or a negative error code, then nothing has changed.
 */
int mtia_dmabuf_forget(struct mtia_bo *bo, struct ttm_operation_ctx *ctx)
{
	struct ttm_place nowhere = { .mem_type = TTM_PL_SYSTEM };
	struct ttm_placement where = { .placement = &nowhere, .num_placement = 1 };
	int err;

	if (!bo->stale)
		return 0;

	err = ttm_bo_validate(&bo->ttm, &where, ctx);
	if (!err)
		bo->stale = false;

	return err;
}

static const struct dma_buf_attach_ops mtia_dmabuf_attach_ops = {
	.allow_peer2peer = true,
	.invalidate_mappings = mtia_dmabuf_invalidate,
};

/**
 * mtia_dmabuf_map() - Get bus addresses of an imported object.
 * @bo: Object; reservation lock held; its array of addresses is there.
 *
 * Return: 0 or a negative error code.
 */
int mtia_dmabuf_map(struct mtia_bo *bo)
{
	struct dma_buf_attachment *attach = bo->ttm.base.import_attach;
	struct ttm_tt *tt = bo->ttm.ttm;
	struct sg_table *sgt;
	int err;

	sgt = dma_buf_map_attachment(attach, DMA_BIDIRECTIONAL);
	if (IS_ERR(sgt))
		return PTR_ERR(sgt);

	err = drm_prime_sg_to_dma_addr_array(sgt, tt->dma_address, tt->num_pages);
	if (err) {
		dma_buf_unmap_attachment(attach, sgt, DMA_BIDIRECTIONAL);
		return err;
	}
	bo->ttm.sg = sgt;

	return 0;
}

/**
 * mtia_dmabuf_unmap() - Give bus addresses of an imported object back.
 * @bo: Object, idle; reservation lock held.
 */
void mtia_dmabuf_unmap(struct mtia_bo *bo)
{
	if (!bo->ttm.sg)
		return;

	dma_buf_unmap_attachment(bo->ttm.base.import_attach, bo->ttm.sg, DMA_BIDIRECTIONAL);
	bo->ttm.sg = NULL;
}

/**
 * mtia_dmabuf_import() - &struct drm_driver.gem_prime_import
 * @drm: DRM device.
 * @dma_buf: What to import.
 *
 * Return: the object, or an error pointer.
 */
struct drm_gem_object *mtia_dmabuf_import(struct drm_device *drm, struct dma_buf *dma_buf)
{
	struct mtia_device *mdev = to_mtia_device(drm);
	struct dma_buf_attachment *attach;
	struct drm_gem_object *gem;
	struct mtia_bo *bo;
	int err;

	if (dma_buf->ops == &mtia_dmabuf_ops) {
		gem = dma_buf->priv;
		if (gem->dev == drm) {
			drm_gem_object_get(gem);
			return gem;
		}
	}
	if (!dma_buf->size || !IS_ALIGNED(dma_buf->size, MTIA_PAGE_SIZE))
		return ERR_PTR(-EINVAL);
	err = mtia_device_status(mdev);
	if (err)
		return ERR_PTR(err);

	bo = mtia_bo_alloc_import(mdev, dma_buf->size, dma_buf->resv);
	if (IS_ERR(bo))
		return ERR_CAST(bo);

	gem = &bo->ttm.base;
	attach = dma_buf_dynamic_attach(dma_buf, drm->dev, &mtia_dmabuf_attach_ops, gem);
	if (IS_ERR(attach)) {
		drm_gem_object_put(gem);
		return ERR_CAST(attach);
	}
	get_dma_buf(dma_buf);
	gem->import_attach = attach;

	return gem;
}

/* Written so that it means the same before and after the macro took a string. */
MODULE_INFO(import_ns, "DMA_BUF");
