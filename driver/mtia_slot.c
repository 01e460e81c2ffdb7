// SPDX-License-Identifier: GPL-2.0 OR MIT
/**
 * DOC: Slots
 *
 * The chip has a fixed number of queue slots and of ASIDs; there can be more queues and more
 * address spaces. A queue gets a slot, and its address space an ASID, when a job of it can run.
 * Both keep what they have until somebody else needs it:
 *
 * - A slot is taken from an idle queue of the lowest priority, from the one whose last job is
 *   longest ago; but if that is not long ago, from the one whose last job is the latest. Its ring
 *   stays where it is.
 * - An ASID is taken from the address space that is longest without a queue in a slot. There is
 *   always one, as not more slots than ASIDs are used. The firmware empties the TLB of an ASID
 *   that it is told of.
 * - When no queue in a slot is idle, the job waits until one has run dry.
 *
 * Of those who wait, the one of the highest priority is next, and among equals the one that waits
 * longest; but after a number of turns that were given past the one that waits longest of all, it
 * is next.
 *
 * So that a queue with an endless stream of jobs does not keep its slot for ever, its turn ends
 * while others wait: at once for one of higher priority, for an equal one after some jobs and time,
 * for one of lower priority after more time. A queue whose turn is over starts no further job; it
 * runs dry, and waits like the others, but gets on in the slot that it has if nobody took it.
 *
 * The scheduler asks in prepare_job, and gets a fence if the job has to wait. Slots change hands in
 * a work item of its own: only that, and who closes a queue or an address space, talks to the
 * firmware, and waits for a reset that is under way. Schedulers never do, as a reset waits for
 * those of queues in slots. A queue without a slot has nothing in the chip, and a reset need not
 * know of it: nobody gets a slot in a reset, nor while the device is going to sleep.
 */
#include <drm/drm_drv.h>
#include <drm/drm_managed.h>
#include <linux/bitops.h>

#include "mtia_device.h"
#include "mtia_queue.h"
#include "mtia_slot.h"
#include "mtia_trace.h"
#include "mtia_vm.h"

/*
 * A turn while equals wait: this many jobs and at least that time, so that changing slots costs
 * little; but not more than the second time, for jobs that are long.
 */
#define MTIA_TURN_JOBS 16
#define MTIA_TURN_MIN_MS 20
#define MTIA_TURN_MAX_MS 500
/* When a queue counts as not in use. */
#define MTIA_SLOT_UNUSED_MS 1000
/* Turns that can be given past one who waits longer but has lower priority. */
#define MTIA_TURNS_PASSED 8

static const char *mtia_slot_fence_driver_name(struct dma_fence *fence)
{
	return "mtia";
}

static const char *mtia_slot_fence_timeline_name(struct dma_fence *fence)
{
	return container_of(fence, struct mtia_queue, turn.fence)->timeline->name;
}

static void mtia_slot_fence_release(struct dma_fence *fence)
{
	/* Part of the queue, which outlives its jobs and with them the waits of its scheduler. */
}

static const struct dma_fence_ops mtia_slot_fence_ops = {
#ifndef MTIA_HAVE_FENCE_INIT64
	.use_64bit_seqno = true,
#endif
	.get_driver_name = mtia_slot_fence_driver_name,
	.get_timeline_name = mtia_slot_fence_timeline_name,
	.release = mtia_slot_fence_release,
};

static u32 mtia_slot_priority(const struct mtia_queue *queue)
{
	return queue->shape & 0xff;
}

/* ---- Who is next: under state_lock ---- */

static bool mtia_slot_is_idle(struct mtia_queue *queue)
{
	bool idle;

	lockdep_assert_held(&queue->mdev->slots.state_lock);

	spin_lock(&queue->timeline->lock);
	idle = !queue->turn.starting && queue->completed == queue->emitted;
	spin_unlock(&queue->timeline->lock);

	return idle;
}

/* A job that will not go to the hardware needs no slot. */
static bool mtia_slot_needs_none(struct mtia_queue *queue)
{
	bool refuses;

	if (mtia_device_status(queue->mdev) || mtia_vm_status(queue->vm))
		return true;
	spin_lock(&queue->timeline->lock);
	refuses = mtia_queue_refuses_locked(queue) || queue->ended;
	spin_unlock(&queue->timeline->lock);

	return refuses;
}

static struct dma_fence *mtia_slot_wait(struct mtia_queue *queue)
{
	struct mtia_slots *slots = &queue->mdev->slots;
	struct mtia_turn *turn = &queue->turn;

	dma_fence_init64(&turn->fence, &mtia_slot_fence_ops, &slots->state_lock, turn->context,
			 ++turn->waits);
	turn->open = false;
	turn->since = jiffies;
	turn->yields = queue->slot;
	slots->num_yielding += turn->yields;
	list_add_tail(&turn->wait_node, &slots->waiting[mtia_slot_priority(queue)]);
	WRITE_ONCE(slots->num_waiting, slots->num_waiting + 1);

	return &turn->fence;
}

static void mtia_slot_end_yielding(struct mtia_queue *queue)
{
	queue->mdev->slots.num_yielding -= queue->turn.yields;
	queue->turn.yields = false;
}

/* Ends a wait: the scheduler asks again. */
static void mtia_slot_wake(struct mtia_queue *queue)
{
	struct mtia_slots *slots = &queue->mdev->slots;

	mtia_slot_end_yielding(queue);
	list_del_init(&queue->turn.wait_node);
	WRITE_ONCE(slots->num_waiting, slots->num_waiting - 1);
	if (!slots->num_waiting)
		slots->passed = 0;
	dma_fence_signal_locked(&queue->turn.fence);
}

/* Return: the one that waits longest, or NULL. */
static struct mtia_queue *mtia_slot_oldest(struct mtia_slots *slots)
{
	struct mtia_queue *queue, *oldest = NULL;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(slots->waiting); i++) {
		queue = list_first_entry_or_null(&slots->waiting[i], struct mtia_queue,
						 turn.wait_node);
		if (queue && (!oldest || time_before(queue->turn.since, oldest->turn.since)))
			oldest = queue;
	}

	return oldest;
}

/* Return: the one whose turn it is, or NULL. */
static struct mtia_queue *mtia_slot_next(struct mtia_slots *slots)
{
	int i;

	if (slots->passed >= MTIA_TURNS_PASSED)
		return mtia_slot_oldest(slots);
	for (i = ARRAY_SIZE(slots->waiting) - 1; i >= 0; i--) {
		if (!list_empty(&slots->waiting[i]))
			return list_first_entry(&slots->waiting[i], struct mtia_queue,
						turn.wait_node);
	}

	return NULL;
}

static void mtia_slot_begin_turn(struct mtia_queue *queue)
{
	struct mtia_slots *slots = &queue->mdev->slots;
	struct mtia_queue *oldest = mtia_slot_oldest(slots);

	if (mtia_slot_priority(oldest) < mtia_slot_priority(queue))
		slots->passed++;
	else
		slots->passed = 0;
	queue->turn.since = jiffies;
	queue->turn.jobs = 0;
	queue->turn.open = true;
	/* The job that waits: until it is there the queue is not idle. */
	queue->turn.starting = true;
	mtia_slot_wake(queue);
}

static unsigned int mtia_slot_ms(const struct mtia_queue *queue)
{
	return jiffies_to_msecs(jiffies - queue->turn.since);
}

/* For a queue in a slot that is about to start a job. */
static bool mtia_slot_turn_is_over(struct mtia_queue *queue)
{
	struct mtia_slots *slots = &queue->mdev->slots;
	struct mtia_queue *next = mtia_slot_next(slots);
	unsigned int ms = mtia_slot_ms(queue);

	/* What it was woken for it may do. */
	if (!next || !queue->turn.jobs)
		return false;
	/* One for each that has none is enough, unless they take long to run dry. */
	if (slots->num_waiting <= 2 * slots->num_yielding &&
	    mtia_slot_ms(mtia_slot_oldest(slots)) < MTIA_TURN_MAX_MS)
		return false;
	if (mtia_slot_priority(next) > mtia_slot_priority(queue) || ms >= MTIA_TURN_MAX_MS)
		return true;

	return mtia_slot_priority(next) == mtia_slot_priority(queue) &&
	       ms >= MTIA_TURN_MIN_MS && queue->turn.jobs >= MTIA_TURN_JOBS;
}

static bool mtia_slot_is_better_victim(struct mtia_queue *queue, struct mtia_queue *victim)
{
	return (!victim || mtia_slot_priority(queue) < mtia_slot_priority(victim)) &&
	       mtia_slot_is_idle(queue);
}

/* Return: whose slot to take, or NULL if all are busy. */
static struct mtia_queue *mtia_slot_victim(struct mtia_slots *slots)
{
	struct mtia_queue *queue, *victim = NULL;

	list_for_each_entry(queue, &slots->queues, turn.node) {
		if (mtia_slot_is_better_victim(queue, victim))
			victim = queue;
	}
	if (!victim ||
	    time_after(jiffies, victim->turn.used + msecs_to_jiffies(MTIA_SLOT_UNUSED_MS)))
		return victim;

	/* All are in use. If they take turns, the one that had the last one needs it last. */
	victim = NULL;
	list_for_each_entry_reverse(queue, &slots->queues, turn.node) {
		if (mtia_slot_is_better_victim(queue, victim))
			victim = queue;
	}

	return victim;
}

/**
 * mtia_slot_prepare() - Ask for a slot for a queue's next job.
 * @queue: Queue.
 *
 * Context: prepare_job only. In the fence-signalling path.
 * Return: NULL if it has one, or needs none because the job will not go to the hardware; otherwise
 * a fence, referenced, behind which to ask again.
 */
struct dma_fence *mtia_slot_prepare(struct mtia_queue *queue)
{
	struct mtia_slots *slots = &queue->mdev->slots;
	struct mtia_turn *turn = &queue->turn;
	struct dma_fence *fence = NULL;
	unsigned long flags;

	spin_lock_irqsave(&slots->state_lock, flags);
	if (!mtia_slot_needs_none(queue)) {
		if (turn->open && !mtia_slot_turn_is_over(queue)) {
			turn->starting = true;
			turn->jobs++;
			turn->used = jiffies;
			list_move_tail(&turn->node, &slots->queues);
		} else {
			fence = mtia_slot_wait(queue);
		}
	}
	spin_unlock_irqrestore(&slots->state_lock, flags);
	if (fence)
		queue_work(slots->wq, &slots->work);

	return fence;
}

/**
 * mtia_slot_started() - The job that mtia_slot_prepare() let go was started, or has ended.
 * @queue: Queue.
 *
 * Context: run_job only.
 */
void mtia_slot_started(struct mtia_queue *queue)
{
	struct mtia_slots *slots = &queue->mdev->slots;
	unsigned long flags;
	bool idle;

	spin_lock_irqsave(&slots->state_lock, flags);
	queue->turn.starting = false;
	idle = mtia_slot_is_idle(queue);
	spin_unlock_irqrestore(&slots->state_lock, flags);
	if (idle)
		mtia_slot_ran_dry(queue);
}

/**
 * mtia_slot_ran_dry() - The last one of a queue's jobs has ended; its slot can be taken.
 * @queue: Queue.
 *
 * Context: any, also hard interrupt.
 */
void mtia_slot_ran_dry(struct mtia_queue *queue)
{
	struct mtia_slots *slots = &queue->mdev->slots;

	/* Who begins to wait after this looks at the queue after it, too. */
	if (READ_ONCE(slots->num_waiting))
		queue_work(slots->wq, &slots->work);
}

/* ---- Changing hands: under lock ---- */

/* A call that a reset cut short needs nothing: the reset does what was noted down. */
static void mtia_slot_check(struct mtia_device *mdev, int err, const char *what)
{
	if (err && err != -MTIA_MBOX_CUT)
		mtia_reset_request(mdev, MTIA_RESET_CORE, what);
}

static void mtia_slot_set_queue(struct mtia_device *mdev, u32 slot, struct mtia_queue *queue)
{
	unsigned long flags;

	write_lock_irqsave(&mdev->queues_lock, flags);
	mdev->queues[slot] = queue;
	write_unlock_irqrestore(&mdev->queues_lock, flags);
}

/*
 * Takes a queue without jobs out of its slot; its kill_lock and @reset.rwsem are held. @in_device:
 * inside drm_dev_enter(). Return: 0 or the error of the firmware.
 */
static int mtia_slot_take_queue(struct mtia_queue *queue, bool in_device)
{
	const u64 args[] = { queue->slot };
	struct mtia_device *mdev = queue->mdev;
	struct mtia_slots *slots = &mdev->slots;
	struct mtia_mmu *mmu = &queue->vm->mmu;
	unsigned long flags;
	int err = 0;

	queue->in_hw = false;
	if (in_device) {
		err = mtia_mbox_call(mdev, MTIA_H2D_QUEUE_DESTROY, args, ARRAY_SIZE(args), NULL);
		/* Behind that there is no news of its jobs any more that another could be told. */
		mtia_cq_drain(queue->cq);
	}
	mtia_slot_set_queue(mdev, queue->slot, NULL);
	slots->free_queues |= BIT_ULL(queue->slot);
	if (!--mmu->num_slots)
		list_add_tail(&mmu->idle_node, &slots->idle_mmus);

	spin_lock_irqsave(&slots->state_lock, flags);
	queue->slot = 0;
	queue->turn.open = false;
	mtia_slot_end_yielding(queue);
	list_del_init(&queue->turn.node);
	spin_unlock_irqrestore(&slots->state_lock, flags);

	return err;
}

/* Takes the ASID of an address space that no queue in a slot uses. Otherwise as above. */
static int mtia_slot_take_asid(struct mtia_mmu *mmu, bool in_device)
{
	const u64 args[] = { mmu->asid };
	struct mtia_device *mdev = mmu->mdev;
	int err = 0;

	mdev->contexts[mmu->asid] = NULL;
	if (in_device)
		err = mtia_mbox_call(mdev, MTIA_H2D_CTX_DESTROY, args, ARRAY_SIZE(args), NULL);
	mdev->slots.free_asids |= BIT_ULL(mmu->asid);
	mmu->asid = 0;
	list_del_init(&mmu->idle_node);

	return err;
}

static void mtia_slot_give_asid(struct mtia_mmu *mmu)
{
	struct mtia_device *mdev = mmu->mdev;
	struct mtia_slots *slots = &mdev->slots;

	if (!slots->free_asids)
		mtia_slot_check(mdev,
				mtia_slot_take_asid(list_first_entry(&slots->idle_mmus,
								     struct mtia_mmu, idle_node),
						    true),
				"firmware did not destroy a context");
	mmu->asid = __ffs64(slots->free_asids);
	slots->free_asids &= ~BIT_ULL(mmu->asid);
	mdev->contexts[mmu->asid] = mmu;
	mtia_slot_check(mdev, mtia_mmu_recreate(mmu), "firmware did not create a context");
}

static void mtia_slot_give_queue(struct mtia_queue *queue)
{
	struct mtia_device *mdev = queue->mdev;
	struct mtia_slots *slots = &mdev->slots;
	struct mtia_mmu *mmu = &queue->vm->mmu;
	unsigned long flags;

	if (!mmu->asid)
		mtia_slot_give_asid(mmu);
	list_del_init(&mmu->idle_node);
	mmu->num_slots++;

	spin_lock_irqsave(&slots->state_lock, flags);
	queue->slot = __ffs64(slots->free_queues);
	list_add_tail(&queue->turn.node, &slots->queues);
	spin_unlock_irqrestore(&slots->state_lock, flags);
	slots->free_queues &= ~BIT_ULL(queue->slot);
	queue->cq = &mdev->cqs[queue->slot % mdev->num_cqs];
	spin_lock_irqsave(&queue->timeline->lock, flags);
	queue->hw_base = queue->emitted;
	spin_unlock_irqrestore(&queue->timeline->lock, flags);
	mtia_slot_set_queue(mdev, queue->slot, queue);
	queue->in_hw = true;
	mtia_slot_check(mdev, mtia_queue_recreate(queue), "firmware did not create a queue");
	trace_mtia_slot(queue);
}

/* Gives a queue a slot, of @victim if that is not NULL. Return: false if it is no time for that. */
static bool mtia_slot_switch(struct mtia_queue *queue, struct mtia_queue *victim)
{
	struct mtia_device *mdev = queue->mdev;
	bool now;
	int idx;

	if (!drm_dev_enter(&mdev->drm, &idx))
		return false;
	if (victim)
		mutex_lock(&victim->kill_lock);
	down_read(&mdev->reset.rwsem);
	now = atomic_read(&mdev->state) == MTIA_STATE_READY && !mdev->reset.paused;
	if (now) {
		if (victim)
			mtia_slot_check(mdev, mtia_slot_take_queue(victim, true),
					"firmware did not destroy a queue");
		mtia_slot_give_queue(queue);
	}
	up_read(&mdev->reset.rwsem);
	if (victim)
		mutex_unlock(&victim->kill_lock);
	drm_dev_exit(idx);

	return now;
}

static void mtia_slot_wake_those_who_need_none(struct mtia_slots *slots)
{
	struct mtia_queue *queue, *next;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(slots->waiting); i++) {
		list_for_each_entry_safe(queue, next, &slots->waiting[i], turn.wait_node) {
			if (mtia_slot_needs_none(queue))
				mtia_slot_wake(queue);
		}
	}
}

/* Ends one wait. Return: false if there is none, or none that can end now. */
static bool mtia_slot_serve(struct mtia_slots *slots)
{
	struct mtia_queue *queue, *victim = NULL;
	unsigned long flags;
	bool served = false;

	spin_lock_irqsave(&slots->state_lock, flags);
	if (slots->recheck) {
		slots->recheck = false;
		mtia_slot_wake_those_who_need_none(slots);
	}
	queue = mtia_slot_next(slots);
	if (queue && mtia_slot_needs_none(queue)) {
		mtia_slot_wake(queue);
		served = true;
	} else if (queue && queue->slot) {
		mtia_slot_begin_turn(queue);
		served = true;
	} else if (queue && !slots->free_queues) {
		victim = mtia_slot_victim(slots);
		if (victim)
			victim->turn.open = false;
		else
			queue = NULL;
	}
	spin_unlock_irqrestore(&slots->state_lock, flags);
	if (served || !queue)
		return served;

	/* It waits, so a job keeps it; a queue in a slot goes through mtia_slot_leave(). */
	if (!mtia_slot_switch(queue, victim))
		return false;
	spin_lock_irqsave(&slots->state_lock, flags);
	mtia_slot_begin_turn(queue);
	spin_unlock_irqrestore(&slots->state_lock, flags);

	return true;
}

static void mtia_slots_work(struct work_struct *work)
{
	struct mtia_slots *slots = container_of(work, struct mtia_slots, work);
	bool cookie = dma_fence_begin_signalling();
	bool served;

	do {
		/* Binds and closing queues wait for one turn at most. */
		mutex_lock(&slots->lock);
		served = mtia_slot_serve(slots);
		mutex_unlock(&slots->lock);
	} while (served);
	dma_fence_end_signalling(cookie);
}

/**
 * mtia_slots_recheck() - Look again at all who wait for a slot.
 * @mdev: Device; the state of it, of a VM or of a queue has changed.
 *
 * Context: any, also hard interrupt.
 */
void mtia_slots_recheck(struct mtia_device *mdev)
{
	struct mtia_slots *slots = &mdev->slots;

	/* Who does not see it is under way to wait, and will be looked at in any case. */
	WRITE_ONCE(slots->recheck, true);
	queue_work(slots->wq, &slots->work);
}

/**
 * mtia_slot_leave() - Take a queue that was closed out of its slot, if it has one.
 * @queue: Queue; its jobs have ended.
 *
 * Context: may sleep, for a bounded time. In the fence-signalling path.
 * Return: 0, or the error of the firmware, for mtia_reset_after(): its ring is free behind that.
 */
int mtia_slot_leave(struct mtia_queue *queue)
{
	struct mtia_device *mdev = queue->mdev;
	struct mtia_slots *slots = &mdev->slots;
	bool cookie, in_device;
	int idx, err = 0;

	cookie = dma_fence_begin_signalling();
	in_device = drm_dev_enter(&mdev->drm, &idx);
	mutex_lock(&slots->lock);
	if (queue->slot) {
		mutex_lock(&queue->kill_lock);
		down_read(&mdev->reset.rwsem);
		err = mtia_slot_take_queue(queue, in_device);
		up_read(&mdev->reset.rwsem);
		mutex_unlock(&queue->kill_lock);
	}
	mutex_unlock(&slots->lock);
	if (in_device)
		drm_dev_exit(idx);
	dma_fence_end_signalling(cookie);
	/* Its jobs, if it waits, and those who wait for what it had. */
	mtia_slots_recheck(mdev);

	return err;
}

/**
 * mtia_slot_leave_mmu() - Take the ASID of an address space that was closed, if it has one.
 * @mmu: Page tables; no queue uses them.
 *
 * Context: may sleep, for a bounded time.
 * Return: 0, or the error of the firmware, for mtia_reset_after(): what was mapped, and the tables,
 * are free behind that.
 */
int mtia_slot_leave_mmu(struct mtia_mmu *mmu)
{
	struct mtia_device *mdev = mmu->mdev;
	struct mtia_slots *slots = &mdev->slots;
	bool in_device;
	int idx, err = 0;

	in_device = drm_dev_enter(&mdev->drm, &idx);
	mutex_lock(&slots->lock);
	if (mmu->asid) {
		down_read(&mdev->reset.rwsem);
		err = mtia_slot_take_asid(mmu, in_device);
		up_read(&mdev->reset.rwsem);
	}
	mutex_unlock(&slots->lock);
	if (in_device)
		drm_dev_exit(idx);

	return err;
}

/**
 * mtia_slot_init() - A new queue has no slot.
 * @queue: Queue.
 */
void mtia_slot_init(struct mtia_queue *queue)
{
	INIT_LIST_HEAD(&queue->turn.node);
	INIT_LIST_HEAD(&queue->turn.wait_node);
	queue->turn.context = dma_fence_context_alloc(1);
	/* Until it has a slot nothing comes by it. */
	queue->cq = &queue->mdev->cqs[0];
}

static void mtia_slots_destroy_wq(struct drm_device *drm, void *wq)
{
	destroy_workqueue(wq);
}

/**
 * mtia_slots_init() - Nobody has a slot or an ASID.
 * @mdev: Device; its shape is known.
 *
 * Return: 0 or -ENOMEM.
 */
int mtia_slots_init(struct mtia_device *mdev)
{
	struct mtia_slots *slots = &mdev->slots;
	int err;
	u32 i;

	/* Not more than ASIDs, so that whoever has a slot can have an ASID. */
	slots->free_queues = GENMASK_ULL(min(mdev->hw.num_queues, mdev->hw.num_asids) - 1, 1);
	slots->free_asids = GENMASK_ULL(mdev->hw.num_asids - 1, 1);
	INIT_LIST_HEAD(&slots->idle_mmus);
	spin_lock_init(&slots->state_lock);
	INIT_LIST_HEAD(&slots->queues);
	for (i = 0; i < ARRAY_SIZE(slots->waiting); i++)
		INIT_LIST_HEAD(&slots->waiting[i]);
	INIT_WORK(&slots->work, mtia_slots_work);
	err = drmm_mutex_init(&mdev->drm, &slots->lock);
	if (err)
		return err;
	slots->wq = alloc_ordered_workqueue("mtia-slots", WQ_MEM_RECLAIM);
	if (!slots->wq)
		return -ENOMEM;

	return drmm_add_action_or_reset(&mdev->drm, mtia_slots_destroy_wq, slots->wq);
}
