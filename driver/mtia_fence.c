// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Fences.
 *
 * Anybody can hold a fence for any time: a sync_file outlives queue, file and device. A fence
 * therefore needs its timeline only, and a timeline pins the module, whose code a fence's
 * operations are. What others hold is the scheduler's fence, which has a reference of ours and
 * reads the scheduler's name: the scheduler is part of the timeline for that. Names are also read
 * under RCU, so memory is freed after a grace period.
 */
#include <kunit/visibility.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "mtia_compat.h"
#include "mtia_fence.h"

static const char *mtia_fence_driver_name(struct dma_fence *fence)
{
	return "mtia";
}

static const char *mtia_fence_timeline_name(struct dma_fence *fence)
{
	return container_of(fence, struct mtia_fence, base)->timeline->name;
}

static void mtia_fence_release(struct dma_fence *base)
{
	struct mtia_fence *fence = container_of(base, struct mtia_fence, base);
	struct mtia_timeline *timeline = fence->timeline;

	/* The module can go with the timeline; its exit waits for those who are in here. */
	rcu_read_lock();
	dma_fence_free(base);
	mtia_timeline_put(timeline);
	rcu_read_unlock();
}

static const struct dma_fence_ops mtia_fence_ops = {
#ifndef MTIA_HAVE_FENCE_INIT64
	.use_64bit_seqno = true,
#endif
	.get_driver_name = mtia_fence_driver_name,
	.get_timeline_name = mtia_fence_timeline_name,
	.release = mtia_fence_release,
};

/**
 * mtia_timeline_create() - Create a timeline.
 * @name: Format of its name, with what follows.
 *
 * Return: the timeline, or NULL.
 */
struct mtia_timeline *mtia_timeline_create(const char *name, ...)
{
	struct mtia_timeline *timeline = kzalloc(sizeof(*timeline), GFP_KERNEL_ACCOUNT);
	va_list args;

	if (!timeline)
		return NULL;

	kref_init(&timeline->ref);
	spin_lock_init(&timeline->lock);
	timeline->context = dma_fence_context_alloc(1);
	va_start(args, name);
	vsnprintf(timeline->name, sizeof(timeline->name), name, args);
	va_end(args);
	__module_get(THIS_MODULE);

	return timeline;
}
EXPORT_SYMBOL_IF_KUNIT(mtia_timeline_create);

static void mtia_timeline_release(struct kref *ref)
{
	struct mtia_timeline *timeline = container_of(ref, struct mtia_timeline, ref);

	kfree_rcu(timeline, rcu);
	module_put(THIS_MODULE);
}

/**
 * mtia_timeline_put() - Drop a reference.
 * @timeline: Timeline.
 *
 * Context: any.
 */
void mtia_timeline_put(struct mtia_timeline *timeline)
{
	kref_put(&timeline->ref, mtia_timeline_release);
}
EXPORT_SYMBOL_IF_KUNIT(mtia_timeline_put);

/**
 * mtia_fence_alloc() - Allocate the fence of a job, before the job is committed.
 * @timeline: Timeline of its queue.
 *
 * Return: a fence that is not initialised yet, or NULL.
 */
struct mtia_fence *mtia_fence_alloc(struct mtia_timeline *timeline)
{
	struct mtia_fence *fence = kzalloc(sizeof(*fence), GFP_KERNEL_ACCOUNT);

	if (!fence)
		return NULL;

	kref_get(&timeline->ref);
	fence->timeline = timeline;

	return fence;
}
EXPORT_SYMBOL_IF_KUNIT(mtia_fence_alloc);

/**
 * mtia_fence_free_unused() - Free a fence that was never initialised.
 * @fence: Fence.
 */
void mtia_fence_free_unused(struct mtia_fence *fence)
{
	mtia_timeline_put(fence->timeline);
	kfree(fence);
}

/**
 * mtia_fence_init() - Make it a fence.
 * @fence: Allocated fence.
 * @seqno: Number of the job in its queue.
 *
 * Context: any; allocates nothing.
 */
void mtia_fence_init(struct mtia_fence *fence, u64 seqno)
{
	dma_fence_init64(&fence->base, &mtia_fence_ops, &fence->timeline->lock,
			 fence->timeline->context, seqno);
}
EXPORT_SYMBOL_IF_KUNIT(mtia_fence_init);
