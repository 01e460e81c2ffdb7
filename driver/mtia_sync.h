/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef MTIA_SYNC_H
#define MTIA_SYNC_H

#include <linux/types.h>

#include <drm/mtia_accel.h>

struct dma_fence;
struct dma_fence_chain;
struct drm_file;
struct drm_sched_job;
struct drm_syncobj;

/**
 * struct mtia_sync_signal - A syncobj to signal.
 */
struct mtia_sync_signal {
	/** @syncobj: Syncobj (referenced). */
	struct drm_syncobj *syncobj;
	/** @chain: Memory for the point of a timeline, NULL for a binary syncobj. */
	struct dma_fence_chain *chain;
	/** @point: Point of a timeline. */
	u64 point;
};

/**
 * struct mtia_syncs - Syncs of one job.
 */
struct mtia_syncs {
	/** @array: As user space gave them, or NULL. */
	struct drm_mtia_sync *array;
	/** @signals: Those to signal, all looked up and with their memory. */
	struct mtia_sync_signal *signals;
	/** @count: Elements of @array. */
	u32 count;
	/** @num_signals: Elements of @signals. */
	u32 num_signals;
};

int mtia_sync_init(struct drm_file *file, const struct drm_mtia_obj_array *in,
		   struct mtia_syncs *syncs);
void mtia_sync_fini(struct mtia_syncs *syncs);
bool mtia_sync_signals(const struct mtia_syncs *syncs, struct drm_syncobj *syncobj, u64 point,
		       bool timeline);
int mtia_sync_add_deps(struct drm_file *file, const struct mtia_syncs *syncs,
		       const struct mtia_syncs *const *earlier, u32 num_earlier,
		       struct drm_sched_job *job);
void mtia_sync_publish(struct mtia_syncs *syncs, struct dma_fence *fence);

#endif /* MTIA_SYNC_H */
