// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Syncobjs to wait for and to signal.
 *
 * Everything that can fail is done before a job is committed: mtia_sync_init() looks up and
 * allocates, mtia_sync_publish() cannot fail.
 */
#include <drm/drm_syncobj.h>
#include <drm/gpu_scheduler.h>
#include <kunit/visibility.h>
#include <linux/dma-fence-chain.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "mtia_sync.h"
#include "mtia_uobj.h"
#include "tests/mtia_test.h"

VISIBLE_IF_KUNIT int mtia_sync_check(const struct drm_mtia_sync *sync)
{
	if (sync->flags & ~(DRM_MTIA_SYNC_SIGNAL | DRM_MTIA_SYNC_TIMELINE))
		return -EINVAL;
	if (!(sync->flags & DRM_MTIA_SYNC_TIMELINE) && sync->timeline_value)
		return -EINVAL;
	if (sync->flags & DRM_MTIA_SYNC_TIMELINE && sync->flags & DRM_MTIA_SYNC_SIGNAL &&
	    !sync->timeline_value)
		return -EINVAL;

	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(mtia_sync_check);

static int mtia_sync_init_signal(struct drm_file *file, const struct drm_mtia_sync *sync,
				 struct mtia_sync_signal *signal)
{
	signal->syncobj = drm_syncobj_find(file, sync->handle);
	if (!signal->syncobj)
		return -ENOENT;

	signal->point = sync->timeline_value;
	if (sync->flags & DRM_MTIA_SYNC_TIMELINE) {
		signal->chain = dma_fence_chain_alloc();
		if (!signal->chain)
			return -ENOMEM;
	}

	return 0;
}

/**
 * mtia_sync_init() - Copy an array of syncs, check it, and look up what is to be signalled.
 * @file: Open file.
 * @in: Array of &struct drm_mtia_sync in user memory.
 * @syncs: Out; undone by mtia_sync_fini().
 *
 * Return: 0 or a negative error code, with nothing to undo.
 */
int mtia_sync_init(struct drm_file *file, const struct drm_mtia_obj_array *in,
		   struct mtia_syncs *syncs)
{
	u32 i, num_signals = 0;
	int err;

	*syncs = (struct mtia_syncs){};
	syncs->array = MTIA_UOBJ_GET_ARRAY(in, struct drm_mtia_sync, timeline_value);
	if (IS_ERR(syncs->array)) {
		err = PTR_ERR(syncs->array);
		syncs->array = NULL;
		return err;
	}
	if (!syncs->array)
		return 0;

	syncs->count = in->count;
	for (i = 0; i < syncs->count; i++) {
		err = mtia_sync_check(&syncs->array[i]);
		if (err)
			goto err_fini;
		if (syncs->array[i].flags & DRM_MTIA_SYNC_SIGNAL)
			num_signals++;
	}
	if (!num_signals)
		return 0;

	syncs->signals = kvcalloc(num_signals, sizeof(*syncs->signals), GFP_KERNEL_ACCOUNT);
	if (!syncs->signals) {
		err = -ENOMEM;
		goto err_fini;
	}
	for (i = 0; i < syncs->count; i++) {
		if (!(syncs->array[i].flags & DRM_MTIA_SYNC_SIGNAL))
			continue;
		/* Counted first: fini drops whatever a failing call has got. */
		err = mtia_sync_init_signal(file, &syncs->array[i],
					    &syncs->signals[syncs->num_signals++]);
		if (err)
			goto err_fini;
	}

	return 0;

err_fini:
	mtia_sync_fini(syncs);
	return err;
}

/**
 * mtia_sync_fini() - Free what mtia_sync_init() got and mtia_sync_publish() did not use.
 * @syncs: Syncs.
 */
void mtia_sync_fini(struct mtia_syncs *syncs)
{
	u32 i;

	for (i = 0; i < syncs->num_signals; i++) {
		dma_fence_chain_free(syncs->signals[i].chain);
		if (syncs->signals[i].syncobj)
			drm_syncobj_put(syncs->signals[i].syncobj);
	}
	kvfree(syncs->signals);
	kvfree(syncs->array);
	*syncs = (struct mtia_syncs){};
}

/**
 * mtia_sync_signals() - Whether a job signals what another one of the same call waits for.
 * @syncs: Syncs of the earlier job.
 * @syncobj: Waited for.
 * @point: Point waited for.
 * @timeline: Whether it is a point of a timeline.
 *
 * Return: true if so.
 */
bool mtia_sync_signals(const struct mtia_syncs *syncs, struct drm_syncobj *syncobj, u64 point,
		       bool timeline)
{
	u32 i;

	for (i = 0; i < syncs->num_signals; i++) {
		const struct mtia_sync_signal *signal = &syncs->signals[i];

		if (signal->syncobj == syncobj && !!signal->chain == timeline &&
		    signal->point >= point)
			return true;
	}

	return false;
}

static int mtia_sync_add_dep(struct drm_file *file, const struct drm_mtia_sync *sync,
			     const struct mtia_syncs *const *earlier, u32 num_earlier,
			     struct drm_sched_job *job)
{
	struct drm_syncobj *syncobj = drm_syncobj_find(file, sync->handle);
	bool timeline = sync->flags & DRM_MTIA_SYNC_TIMELINE;
	struct dma_fence *fence;
	bool ordered = false;
	u32 i;
	int err;

	if (!syncobj)
		return -ENOENT;

	for (i = 0; i < num_earlier && !ordered; i++)
		ordered = mtia_sync_signals(earlier[i], syncobj, sync->timeline_value, timeline);
	drm_syncobj_put(syncobj);

	/*
	 * Jobs of one queue run in order, so what an earlier job of this call signals needs no
	 * waiting, and has no fence to wait for yet. On a timeline, others can have added points
	 * before that one; those are waited for.
	 */
	if (ordered && !timeline)
		return 0;
	err = drm_syncobj_find_fence(file, sync->handle, sync->timeline_value, 0, &fence);
	if (err)
		return ordered && err == -EINVAL ? 0 : err;

	return drm_sched_job_add_dependency(job, fence);
}

/**
 * mtia_sync_add_deps() - Make a job wait for its syncs.
 * @file: Open file.
 * @syncs: Syncs of the job.
 * @earlier: Syncs of the jobs before it in the same call.
 * @num_earlier: Number of @earlier.
 * @job: Job, not armed yet.
 *
 * Return: 0 or a negative error code; -EINVAL for a syncobj or point that has no fence yet.
 */
int mtia_sync_add_deps(struct drm_file *file, const struct mtia_syncs *syncs,
		       const struct mtia_syncs *const *earlier, u32 num_earlier,
		       struct drm_sched_job *job)
{
	u32 i;
	int err;

	for (i = 0; i < syncs->count; i++) {
		if (syncs->array[i].flags & DRM_MTIA_SYNC_SIGNAL)
			continue;
		err = mtia_sync_add_dep(file, &syncs->array[i], earlier, num_earlier, job);
		if (err)
			return err;
	}

	return 0;
}

/**
 * mtia_sync_publish() - Give the syncobjs their fence.
 * @syncs: Syncs.
 * @fence: Fence.
 */
void mtia_sync_publish(struct mtia_syncs *syncs, struct dma_fence *fence)
{
	u32 i;

	for (i = 0; i < syncs->num_signals; i++) {
		struct mtia_sync_signal *signal = &syncs->signals[i];

		if (signal->chain) {
			drm_syncobj_add_point(signal->syncobj, signal->chain, fence, signal->point);
			signal->chain = NULL;
		} else {
			drm_syncobj_replace_fence(signal->syncobj, fence);
		}
	}
}
