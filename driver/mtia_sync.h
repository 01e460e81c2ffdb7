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
 * struct mtia_sync - A syncobj to wait for or to signal.
 */
struct mtia_sync {
	/** @args: As user space gave it. */
	struct drm_mtia_sync args;
	/** @syncobj: To signal (referenced), or NULL. */
	struct drm_syncobj *syncobj;
	/** @chain: Memory for the point to signal on a timeline, or NULL. */
	struct dma_fence_chain *chain;
};

/**
 * struct mtia_syncs - Syncs of one job.
 */
struct mtia_syncs {
	/** @earlier: Those of the job before it in the same call, or NULL. */
	const struct mtia_syncs *earlier;
	/** @array: All of them, those to signal looked up and with their memory. */
	struct mtia_sync *array;
	/** @count: Elements of @array. */
	u32 count;
};

int mtia_sync_init(struct drm_file *file, const struct drm_mtia_obj_array *in,
		   const struct mtia_syncs *earlier, struct mtia_syncs *syncs);
void mtia_sync_fini(struct mtia_syncs *syncs);
int mtia_sync_add_deps(struct drm_file *file, const struct mtia_syncs *syncs,
		       struct drm_sched_job *job);
void mtia_sync_publish(struct mtia_syncs *syncs, struct dma_fence *fence);

#endif /* MTIA_SYNC_H */
