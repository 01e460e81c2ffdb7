/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef MTIA_FENCE_H
#define MTIA_FENCE_H

#include <linux/dma-fence.h>
#include <linux/kref.h>
#include <linux/rcupdate.h>
#include <linux/spinlock.h>

#include <drm/gpu_scheduler.h>

/**
 * struct mtia_timeline - What the fences of a queue, or of a VM's binds, have in common and need to
 * the end.
 */
struct mtia_timeline {
	/** @ref: References of the queue or VM and its fences. */
	struct kref ref;
	/**
	 * @sched: Scheduler of the queue or VM. Its fences read its name at any time; each of them
	 * has a reference of the hardware fence below, and that one of the timeline.
	 */
	struct drm_gpu_scheduler sched;
	/** @lock: Lock of the fences; also guards the queue's jobs under way, see mtia_queue.h. */
	spinlock_t lock;
	/** @context: Fence context. */
	u64 context;
	/** @name: Name for debugging. */
	char name[32];
	/** @rcu: Freeing. */
	struct rcu_head rcu;
};

/**
 * struct mtia_fence - Fence of a job in the hardware, or of a bind.
 */
struct mtia_fence {
	/** @base: Fence; initialised when the job goes to the hardware or the bind was executed. */
	struct dma_fence base;
	/** @timeline: Timeline (referenced). */
	struct mtia_timeline *timeline;
};

__printf(1, 2) struct mtia_timeline *mtia_timeline_create(const char *name, ...);
void mtia_timeline_put(struct mtia_timeline *timeline);

struct mtia_fence *mtia_fence_alloc(struct mtia_timeline *timeline);
void mtia_fence_free_unused(struct mtia_fence *fence);
void mtia_fence_init(struct mtia_fence *fence, u64 seqno);

#endif /* MTIA_FENCE_H */
