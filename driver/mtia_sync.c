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

static int mtia_sync_init_one(struct drm_file *file, const struct drm_mtia_obj_array *in, u32 i,
			      struct mtia_sync *sync)
{
	int err = mtia_uobj_get(in, i, &sync->args, sizeof(sync->args));

	if (!err)
		err = mtia_sync_check(&sync->args);
	if (err || !(sync->args.flags & DRM_MTIA_SYNC_SIGNAL))
		return err;

	sync->syncobj = drm_syncobj_find(file, sync->args.handle);
	if (!sync->syncobj)
		return -ENOENT;
	if (sync->args.flags & DRM_MTIA_SYNC_TIMELINE) {
		sync->chain = dma_fence_chain_alloc();
		if (!sync->chain)
			return -ENOMEM;
	}

	return 0;
}

/**
 * mtia_sync_init() - Copy an array of syncs, check it, and look up what is to be signalled.
 * @file: Open file.
 * @in: Array of &struct drm_mtia_sync in user memory.
 * @earlier: Syncs of the job before in the same call, or NULL.
 * @syncs: Out; undone by mtia_sync_fini().
 *
 * Return: 0 or a negative error code, with nothing to undo.
 */
int mtia_sync_init(struct drm_file *file, const struct drm_mtia_obj_array *in,
		   const struct mtia_syncs *earlier, struct mtia_syncs *syncs)
{
	u32 i;
	int err;

	*syncs = (struct mtia_syncs){ .earlier = earlier };
	err = MTIA_UOBJ_CHECK(in, struct drm_mtia_sync, timeline_value);
	if (err || !in->count)
		return err;

	syncs->array = kvcalloc(in->count, sizeof(*syncs->array), GFP_KERNEL_ACCOUNT);
	if (!syncs->array)
		return -ENOMEM;
	syncs->count = in->count;
	for (i = 0; i < syncs->count; i++) {
		err = mtia_sync_init_one(file, in, i, &syncs->array[i]);
		if (err) {
			mtia_sync_fini(syncs);
			return err;
		}
	}

	return 0;
}

/**
 * mtia_sync_fini() - Free what mtia_sync_init() got and mtia_sync_publish() did not use.
 * @syncs: Syncs.
 */
void mtia_sync_fini(struct mtia_syncs *syncs)
{
	u32 i;

	for (i = 0; i < syncs->count; i++) {
		dma_fence_chain_free(syncs->array[i].chain);
		if (syncs->array[i].syncobj)
			drm_syncobj_put(syncs->array[i].syncobj);
	}
	kvfree(syncs->array);
	*syncs = (struct mtia_syncs){};
}

/* Does an earlier job of the same call signal what a sync waits for? */
static bool mtia_sync_is_ordered(const struct mtia_syncs *earlier, const struct drm_mtia_sync *args,
				 const struct drm_syncobj *syncobj)
{
	bool timeline = args->flags & DRM_MTIA_SYNC_TIMELINE;
	u32 i;

	for (; earlier; earlier = earlier->earlier) {
		for (i = 0; i < earlier->count; i++) {
			const struct mtia_sync *sync = &earlier->array[i];

			if (sync->syncobj == syncobj && !!sync->chain == timeline &&
			    sync->args.timeline_value >= args->timeline_value)
				return true;
		}
	}

	return false;
}

static int mtia_sync_add_dep(struct drm_file *file, const struct drm_mtia_sync *args,
			     const struct mtia_syncs *earlier, struct drm_sched_job *job)
{
	struct drm_syncobj *syncobj = drm_syncobj_find(file, args->handle);
	struct dma_fence *fence;
	bool ordered;
	int err;

	if (!syncobj)
		return -ENOENT;

	ordered = mtia_sync_is_ordered(earlier, args, syncobj);
	drm_syncobj_put(syncobj);

	/*
	 * Jobs of one queue run in order, so what an earlier job of this call signals needs no
	 * waiting, and has no fence to wait for yet. On a timeline, others can have added points
	 * before that one; those are waited for.
	 */
	if (ordered && !(args->flags & DRM_MTIA_SYNC_TIMELINE))
		return 0;
	err = drm_syncobj_find_fence(file, args->handle, args->timeline_value, 0, &fence);
	if (err)
		return ordered && err == -EINVAL ? 0 : err;

	return drm_sched_job_add_dependency(job, fence);
}

/**
 * mtia_sync_add_deps() - Make a job wait for its syncs.
 * @file: Open file.
 * @syncs: Syncs of the job.
 * @job: Job, not armed yet.
 *
 * Return: 0 or a negative error code; -EINVAL for a syncobj or point that has no fence yet.
 */
int mtia_sync_add_deps(struct drm_file *file, const struct mtia_syncs *syncs,
		       struct drm_sched_job *job)
{
	u32 i;
	int err;

	for (i = 0; i < syncs->count; i++) {
		if (syncs->array[i].args.flags & DRM_MTIA_SYNC_SIGNAL)
			continue;
		err = mtia_sync_add_dep(file, &syncs->array[i].args, syncs->earlier, job);
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

	for (i = 0; i < syncs->count; i++) {
		struct mtia_sync *sync = &syncs->array[i];

		if (sync->chain) {
			drm_syncobj_add_point(sync->syncobj, sync->chain, fence,
					      sync->args.timeline_value);
			sync->chain = NULL;
		} else if (sync->syncobj) {
			drm_syncobj_replace_fence(sync->syncobj, fence);
		}
	}
}
