// SPDX-License-Identifier: GPL-2.0 OR MIT
/**
 * DOC: Sharing with other devices
 *
 * Export: an object that others attach to moves to system memory when they map it, and its jobs use
 * it there while an importer that cannot follow moves has it pinned. An importer that can is told
 * of each move; the object goes back to LPDDR for the next job, like one that was evicted. Others
 * do not reach LPDDR itself: BAR2 is offered to no peer. On kernels without
 * CONFIG_DMABUF_MOVE_NOTIFY, like Debian's, no importer can follow, and all pin.
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
	attach->peer2peer = false;

	/* What is in SRAM stays there. */
	return gem_to_mtia_bo(dma_buf->priv)->placement & DRM_MTIA_PLACE_SRAM ? -EOPNOTSUPP : 0;
}

static int mtia_dmabuf_pin(struct dma_buf_attachment *attach)
{
	struct mtia_bo *bo = gem_to_mtia_bo(attach->dmabuf->priv);
	int err;

	err = mtia_dmabuf_to_system(bo);
	if (!err)
		ttm_bo_pin(&bo->ttm);

	return err;
}

static void mtia_dmabuf_unpin(struct dma_buf_attachment *attach)
{
	ttm_bo_unpin(&gem_to_mtia_bo(attach->dmabuf->priv)->ttm);
}

static struct sg_table *mtia_dmabuf_map_attachment(struct dma_buf_attachment *attach,
						   enum dma_data_direction dir)
{
	struct mtia_bo *bo = gem_to_mtia_bo(attach->dmabuf->priv);
	struct sg_table *sgt;
	int err;

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
	dma_unmap_sgtable(attach->dev, sgt, dir, DMA_ATTR_SKIP_CPU_SYNC);
	sg_free_table(sgt);
	kfree(sgt);
}

static const struct dma_buf_ops mtia_dmabuf_ops = {
	.attach = mtia_dmabuf_attach,
	.pin = mtia_dmabuf_pin,
	.unpin = mtia_dmabuf_unpin,
	.map_dma_buf = mtia_dmabuf_map_attachment,
	.unmap_dma_buf = mtia_dmabuf_unmap_attachment,
	.release = drm_gem_dmabuf_release,
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
	if (!IS_ERR(dma_buf))
		dma_buf->ops = &mtia_dmabuf_ops;

	return dma_buf;
}

/**
 * mtia_dmabuf_moved() - Tell importers that an exported object moves.
 * @bo: Object; reservation lock held.
 */
void mtia_dmabuf_moved(struct mtia_bo *bo)
{
	if (bo->ttm.base.dma_buf && !bo->ttm.base.import_attach)
		dma_buf_invalidate_mappings(bo->ttm.base.dma_buf);
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
