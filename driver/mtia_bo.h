/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef MTIA_BO_H
#define MTIA_BO_H

#include <drm/mtia_accel.h>
#include <drm/ttm/ttm_bo.h>

struct drm_device;
struct drm_file;
struct drm_printer;
struct mtia_device;
struct mtia_room_wait;
struct mtia_vm;

/* Longest label, without NUL. */
#define MTIA_BO_MAX_LABEL 63

/**
 * struct mtia_bo - Buffer object.
 */
struct mtia_bo {
	/** @ttm: TTM object with the GEM object inside. */
	struct ttm_buffer_object ttm;
	/** @flags: enum drm_mtia_bo_flags, as created. */
	u32 flags;
	/** @placement: enum drm_mtia_placement, as created. */
	u32 placement;
	/**
	 * @mem_type: Of the TTM resource, which itself is only there under the reservation lock;
	 * written under it.
	 */
	u32 mem_type;
	/** @exports: Exports that are alive. They can outlive the handle, which GEM goes by. */
	atomic_t exports;
	/** @attached: Devices attached to @dma_buf; under the lock. */
	u32 attached;
	/** @dma_buf: The export, while devices are attached to it; under the lock. */
	struct dma_buf *dma_buf;
	/** @peer_link: In &struct mtia_peers.bos while others may reach it through BAR2. */
	struct list_head peer_link;
	/** @mapped_link: In &struct mtia_pm.mapped while user space may have it mapped in BAR2. */
	struct list_head mapped_link;
	/** @stale: Imported, and moved since its bus addresses were got; under the lock. */
	bool stale;
	/**
	 * @vm_root: Object that carries the reservation lock of the only VM that may map this one
	 * (referenced), or NULL.
	 */
	struct drm_gem_object *vm_root;
	/** @label: Name for debugging, or NULL; written under the reservation lock. */
	char __rcu *label;
};

/**
 * ttm_to_mtia_bo() - TTM object to ours.
 * @tbo: TTM object.
 *
 * Return: the object that embeds @tbo.
 */
static inline struct mtia_bo *ttm_to_mtia_bo(struct ttm_buffer_object *tbo)
{
	return container_of(tbo, struct mtia_bo, ttm);
}

/**
 * gem_to_mtia_bo() - GEM object to ours.
 * @gem: GEM object, not the root object of a VM.
 *
 * Return: the object that embeds @gem.
 */
static inline struct mtia_bo *gem_to_mtia_bo(struct drm_gem_object *gem)
{
	return container_of(gem, struct mtia_bo, ttm.base);
}

struct mtia_bo *mtia_bo_alloc_import(struct mtia_device *mdev, u64 size, struct dma_resv *resv);
int mtia_bo_make_room(struct mtia_device *mdev, u64 size);
u32 mtia_bo_current_placement(struct mtia_bo *bo);
int mtia_bo_restore(struct mtia_bo *bo, const struct mtia_room_wait *wait);
void mtia_bo_print_all(struct drm_device *drm, struct drm_printer *p);
void mtia_bo_show_fdinfo(struct drm_printer *p, struct drm_file *file);

int mtia_bo_create_ioctl(struct drm_device *drm, void *data, struct drm_file *file);
int mtia_bo_mmap_offset_ioctl(struct drm_device *drm, void *data, struct drm_file *file);
int mtia_bo_info_ioctl(struct drm_device *drm, void *data, struct drm_file *file);
int mtia_bo_wait_ioctl(struct drm_device *drm, void *data, struct drm_file *file);
int mtia_bo_set_label_ioctl(struct drm_device *drm, void *data, struct drm_file *file);

#endif /* MTIA_BO_H */
