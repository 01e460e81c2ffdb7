/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef MTIA_DMABUF_H
#define MTIA_DMABUF_H

struct dma_buf;
struct drm_device;
struct drm_gem_object;
struct mtia_bo;
struct ttm_operation_ctx;

struct dma_buf *mtia_dmabuf_export(struct drm_gem_object *gem, int flags);
struct drm_gem_object *mtia_dmabuf_import(struct drm_device *drm, struct dma_buf *dma_buf);
int mtia_dmabuf_map(struct mtia_bo *bo);
void mtia_dmabuf_unmap(struct mtia_bo *bo);
int mtia_dmabuf_forget(struct mtia_bo *bo, struct ttm_operation_ctx *ctx);
void mtia_dmabuf_moved(struct mtia_bo *bo);

#endif /* MTIA_DMABUF_H */
