// SPDX-License-Identifier: GPL-2.0 OR MIT
/**
 * DOC: Jobs
 *
 * A job goes to the hardware in run_job: one 64-byte descriptor into the ring, one doorbell, both
 * posted. It comes back as a completion entry, which is checked against the driver's own numbers
 * before a fence is signalled.
 *
 * Ending: a queue that faulted or ran out of time is banned (@reason), killed in the firmware and
 * ended: every job under way gets its fence signalled, the guilty one with -EIO or -ETIME, others
 * with -ECANCELED. Between the ban and the end, jobs that the scheduler brings are lined up behind
 * those under way without going to the hardware, because the fences of a queue must signal in
 * order: whoever waits for the last one takes it that the earlier ones are done.
 *
 * A fence is signalled only when the chip has let go of the job. When the firmware does not answer
 * that is after the chip was put into reset, see mtia_reset.c.
 *
 * Jobs are numbered from 1 in a queue. The firmware numbers them from 1 each time it is told of the
 * queue; the difference is @hw_base.
 */
#include <drm/drm_drv.h>
#include <kunit/visibility.h>

#include "mtia_coredump.h"
#include "mtia_device.h"
#include "mtia_job.h"
#include "mtia_limit.h"
#include "mtia_queue.h"
#include "mtia_trace.h"
#include "mtia_vm.h"
#include "tests/mtia_test.h"

/* ABI minor from which on a job can have a completion ring of its own. */
#define MTIA_JOB_CQ_MINOR 5

/* The first reason stays. */
static bool mtia_job_ban_locked(struct mtia_queue *queue, u32 reason, u32 flags)
{
	lockdep_assert_held(&queue->timeline->lock);

	if (queue->banned)
		return false;

	queue->banned = true;
	queue->reason = reason;
	queue->flags = flags;
	mtia_slots_recheck(queue->mdev);
	trace_mtia_queue_ban(queue, reason);

	return true;
}

/* Another job is now the oldest one under way. */
static void mtia_job_new_head_locked(struct mtia_queue *queue)
{
	mtia_limit_begin_locked(queue);
	queue->bad_before = READ_ONCE(queue->cq->bad);
}

/* Signals the oldest job under way. */
static void mtia_job_signal_locked(struct mtia_queue *queue, int error)
{
	struct mtia_fence **job = &queue->jobs[(queue->completed + 1) % queue->num_jobs];
	struct mtia_fence *fence = *job;

	lockdep_assert_held(&queue->timeline->lock);

	*job = NULL;
	queue->completed++;
	mtia_job_new_head_locked(queue);
	if (error)
		dma_fence_set_error(&fence->base, error);
	trace_mtia_job_done(queue, queue->completed, error);
	dma_fence_signal_locked(&fence->base);
	dma_fence_put(&fence->base);
	if (queue->completed == queue->emitted)
		mtia_slot_ran_dry(queue);
}

VISIBLE_IF_KUNIT int mtia_job_error(u8 status)
{
	switch (status) {
	case MTIA_JOB_OK:
		return 0;
	case MTIA_JOB_TIMEOUT:
		return -ETIME;
	case MTIA_JOB_KILLED:
		return -ECANCELED;
	default:
		return -EIO;
	}
}
EXPORT_SYMBOL_IF_KUNIT(mtia_job_error);

static void mtia_job_signal_all_locked(struct mtia_queue *queue, int error)
{
	while (queue->completed != queue->emitted) {
		bool guilty = queue->completed + 1 == queue->fault.seqno;

		mtia_job_signal_locked(queue, guilty ? mtia_job_error(queue->fault.status) :
							 error);
	}
}

static void mtia_job_end_locked(struct mtia_queue *queue, int error)
{
	mtia_job_signal_all_locked(queue, error);
	if (!queue->ended) {
		queue->ended = true;
		queue->end_error = error;
	}
}

/**
 * mtia_job_end() - End all jobs under way, but for the one that is to blame, with the same error.
 * @queue: Queue; the chip has let go of its jobs.
 * @error: Error, also for jobs that the scheduler brings later.
 */
void mtia_job_end(struct mtia_queue *queue, int error)
{
	unsigned long flags;

	spin_lock_irqsave(&queue->timeline->lock, flags);
	mtia_job_end_locked(queue, error);
	spin_unlock_irqrestore(&queue->timeline->lock, flags);
}
EXPORT_SYMBOL_IF_KUNIT(mtia_job_end);

/**
 * mtia_job_wait_idle() - Wait until no job is in the hardware.
 * @queue: Queue; its scheduler stands still.
 *
 * Context: may sleep, as long as a job may take. Not in the fence-signalling path.
 */
void mtia_job_wait_idle(struct mtia_queue *queue)
{
	struct dma_fence *last = NULL;
	unsigned long flags;

	spin_lock_irqsave(&queue->timeline->lock, flags);
	if (queue->completed != queue->emitted)
		last = dma_fence_get(&queue->jobs[queue->emitted % queue->num_jobs]->base);
	spin_unlock_irqrestore(&queue->timeline->lock, flags);
	if (last)
		dma_fence_wait(last, false);
	dma_fence_put(last);
}

/**
 * mtia_job_lose() - A reset has taken the jobs under way, the queue itself goes on.
 * @queue: Queue; its scheduler stands still, the chip is in reset.
 *
 * Unless it was to end anyway, or its memory was lost. If jobs were lost, those submitted behind
 * them are cancelled too.
 */
void mtia_job_lose(struct mtia_queue *queue)
{
	bool vm_lost = mtia_vm_is_lost(queue->vm);
	unsigned long flags;

	spin_lock_irqsave(&queue->timeline->lock, flags);
	if (vm_lost)
		mtia_job_ban_locked(queue, DRM_MTIA_REASON_VRAM_LOST, DRM_MTIA_QUEUE_INNOCENT);
	if (mtia_queue_refuses_locked(queue)) {
		mtia_job_end_locked(queue, -ECANCELED);
	} else if (queue->completed != queue->emitted) {
		mtia_job_signal_all_locked(queue, -ECANCELED);
		WRITE_ONCE(queue->generation, queue->generation + 1);
		queue->reason = DRM_MTIA_REASON_DEVICE_RESET;
		queue->flags = DRM_MTIA_QUEUE_INNOCENT;
	}
	queue->hw_base = queue->emitted;
	spin_unlock_irqrestore(&queue->timeline->lock, flags);
}

static bool mtia_job_any(struct mtia_queue *queue)
{
	unsigned long flags;
	bool busy;

	spin_lock_irqsave(&queue->timeline->lock, flags);
	busy = queue->completed != queue->emitted;
	spin_unlock_irqrestore(&queue->timeline->lock, flags);

	return busy;
}

/* Leaves a core dump, once, of a queue that was banned for a job of its own. Under kill_lock. */
static void mtia_job_dump(struct mtia_queue *queue)
{
	unsigned long flags;
	bool guilty;
	int idx;

	spin_lock_irqsave(&queue->timeline->lock, flags);
	guilty = queue->flags & DRM_MTIA_QUEUE_GUILTY && !queue->dumped;
	queue->dumped |= guilty;
	spin_unlock_irqrestore(&queue->timeline->lock, flags);

	/* Out of the hardware, slot and ring are another's. */
	if (guilty && queue->in_hw && drm_dev_enter(&queue->mdev->drm, &idx)) {
		/* A fault message was sent before the completion but may wait for a vector. */
		mtia_mbox_drain(queue->mdev);
		mtia_coredump_queue(queue);
		drm_dev_exit(idx);
	}
}

/**
 * mtia_job_kill() - Stop a queue in the firmware and end its jobs.
 * @queue: Queue, banned or closed.
 * @status: What the firmware is to report for its jobs.
 *
 * Context: may sleep. In the fence-signalling path.
 * Return: 0, or a negative error code if there will be a reset, or was: the jobs end in that, when
 * the chip has been stopped.
 */
int mtia_job_kill(struct mtia_queue *queue, enum mtia_job_status status)
{
	u64 args[] = { 0, status };
	struct mtia_device *mdev = queue->mdev;
	int idx, err = 0;
	bool cookie;

	cookie = dma_fence_begin_signalling();
	mutex_lock(&queue->kill_lock);
	args[0] = queue->slot;
	if (mtia_job_any(queue) && drm_dev_enter(&mdev->drm, &idx)) {
		down_read(&mdev->reset.rwsem);
		/* A reset may have ended them meanwhile. */
		if (queue->in_hw && mtia_job_any(queue))
			err = mtia_mbox_call(mdev, MTIA_H2D_QUEUE_KILL, args, ARRAY_SIZE(args),
					     NULL);
		up_read(&mdev->reset.rwsem);
		if (err && err != -MTIA_MBOX_CUT)
			mtia_reset_request(mdev, MTIA_RESET_CORE, "firmware did not kill a queue");
		/* Jobs that had ended on their own before the kill. */
		mtia_cq_drain(queue->cq);
		drm_dev_exit(idx);
	}
	if (!err) {
		mtia_job_dump(queue);
		mtia_job_end(queue, -ECANCELED);
	}
	mutex_unlock(&queue->kill_lock);
	dma_fence_end_signalling(cookie);

	return err;
}

/**
 * mtia_job_kill_work() - &struct mtia_queue.kill_work: kills a queue that faulted.
 * @work: Work item; holds a reference of its queue.
 */
void mtia_job_kill_work(struct work_struct *work)
{
	struct mtia_queue *queue = container_of(work, struct mtia_queue, kill_work);

	mtia_job_kill(queue, MTIA_JOB_KILLED);
	mtia_pm_release(queue->mdev);
	mtia_queue_put(queue);
}

/* Bans a queue and has it killed. May be called from hard interrupts. */
static void mtia_job_blame_locked(struct mtia_queue *queue, u32 reason, u32 flags)
{
	if (!mtia_job_ban_locked(queue, reason, flags))
		return;

	/* In its slot, or called by a job: there is a reference. */
	kref_get(&queue->ref);
	/* If the chip sleeps, no job is under way, and it will not be touched. */
	mtia_pm_hold(queue->mdev);
	if (!queue_work(queue->mdev->reset.wq, &queue->kill_work)) {
		mtia_pm_release(queue->mdev);
		mtia_queue_put(queue);
	}
}

/*
 * Why a queue is banned after a job with this status; NONE: it goes on, as after a program that
 * gave up by itself (PE_EXIT), for instance over a bag index outside its table.
 */
VISIBLE_IF_KUNIT u32 mtia_job_reason(u8 status)
{
	switch (status) {
	case MTIA_JOB_MMU_FAULT:
		return DRM_MTIA_REASON_MMU_FAULT;
	case MTIA_JOB_PE_EXCEPTION:
	case MTIA_JOB_PE_COMMAND:
	case MTIA_JOB_DMA_ERROR:
	case MTIA_JOB_DEADLOCK:
		return DRM_MTIA_REASON_JOB_FAULT;
	case MTIA_JOB_TIMEOUT:
		return DRM_MTIA_REASON_TIMEOUT;
	default:
		return DRM_MTIA_REASON_NONE;
	}
}
EXPORT_SYMBOL_IF_KUNIT(mtia_job_reason);

/*
 * A job behind the one that its queue is banned for. The firmware runs on until it is told to kill
 * the queue, so some of these do end well; which ones would depend on chance.
 */
static bool mtia_job_is_victim_locked(struct mtia_queue *queue, u64 seqno)
{
	lockdep_assert_held(&queue->timeline->lock);

	return queue->flags & DRM_MTIA_QUEUE_GUILTY && seqno > queue->fault.seqno;
}

/* Records a job's failure; a fault message has told more about the same job. */
static void mtia_job_record_locked(struct mtia_queue *queue, const struct mtia_cqe *cqe)
{
	u32 reason = mtia_job_reason(cqe->status);
	u64 seqno = queue->hw_base + cqe->seqno;

	if (queue->fault.seqno != seqno)
		queue->fault = (struct mtia_queue_fault){
			.seqno = seqno,
			.pe = 0xff,
			.packet = cqe->detail,
		};
	queue->fault.status = cqe->status;
	if (reason != DRM_MTIA_REASON_NONE)
		mtia_job_blame_locked(queue, reason, DRM_MTIA_QUEUE_GUILTY);
}

/**
 * mtia_job_complete() - Handle a completion entry.
 * @queue: Queue in the entry's slot; the caller holds queues_lock.
 * @cqe: Copy of the entry.
 *
 * Context: any, also hard interrupt.
 * Return: false if it is not about the job that has to end next.
 */
bool mtia_job_complete(struct mtia_queue *queue, const struct mtia_cqe *cqe)
{
	int error = mtia_job_error(cqe->status);
	unsigned long flags;
	bool ok;

	spin_lock_irqsave(&queue->timeline->lock, flags);
	ok = queue->completed != queue->emitted &&
	     cqe->seqno == queue->completed + 1 - queue->hw_base;
	if (ok) {
		if (cqe->t_end > cqe->t_start)
			atomic64_add(mtia_device_cycles_to_ns(queue->mdev,
							      cqe->t_end - cqe->t_start),
				     &queue->client->busy_ns);
		if (mtia_job_is_victim_locked(queue, queue->completed + 1))
			error = -ECANCELED;
		else if (error && cqe->status != MTIA_JOB_KILLED)
			mtia_job_record_locked(queue, cqe);
		mtia_job_signal_locked(queue, error);
	} else {
		/* Ended by the driver while the firmware was at it. */
		ok = queue->ended && cqe->seqno &&
		     cqe->seqno <= queue->emitted - queue->hw_base;
	}
	spin_unlock_irqrestore(&queue->timeline->lock, flags);

	return ok;
}
EXPORT_SYMBOL_IF_KUNIT(mtia_job_complete);

/**
 * mtia_job_fault() - Handle a fault message.
 * @mdev: Device.
 * @msg: MTIA_D2H_FAULT.
 *
 * Context: any, also hard interrupt.
 * Return: false if it fits no queue and job.
 */
bool mtia_job_fault(struct mtia_device *mdev, const struct mtia_d2h_msg *msg)
{
	const u64 *arg = msg->arg;
	u32 slot = arg[MTIA_FAULT_ARG_QUEUE] & 0xffff;
	u32 asid = arg[MTIA_FAULT_ARG_QUEUE] >> 16 & 0xffff;
	struct mtia_queue_fault fault = {
		.seqno = arg[MTIA_FAULT_ARG_SEQNO],
		.va = arg[MTIA_FAULT_ARG_ADDR],
		.pc = arg[MTIA_FAULT_ARG_PC],
		.cycle = MTIA_FAULT_CYCLE(msg),
		.pe = lower_32_bits(arg[MTIA_FAULT_ARG_WHERE]),
		.packet = upper_32_bits(arg[MTIA_FAULT_ARG_WHERE]),
		.cause = arg[MTIA_FAULT_ARG_CAUSE],
		.status = arg[MTIA_FAULT_ARG_QUEUE] >> 32 & 0xff,
	};
	struct mtia_queue *queue;
	unsigned long flags;
	u64 number = 0;
	bool ok = false;
	u32 why;

	if (slot >= mdev->hw.num_queues)
		return false;

	read_lock_irqsave(&mdev->queues_lock, flags);
	queue = mdev->queues[slot];
	if (queue && mtia_vm_asid(queue->vm) == asid) {
		spin_lock(&queue->timeline->lock);
		number = queue->number;
		ok = fault.seqno && fault.seqno <= queue->emitted - queue->hw_base;
		fault.seqno += queue->hw_base;
		if (ok && !mtia_job_is_victim_locked(queue, fault.seqno)) {
			trace_mtia_fault(queue, &fault);
			queue->fault = fault;
			why = mtia_job_reason(fault.status);
			if (why != DRM_MTIA_REASON_NONE)
				mtia_job_blame_locked(queue, why, DRM_MTIA_QUEUE_GUILTY);
			if (fault.status == MTIA_JOB_MMU_FAULT)
				mtia_vm_record_fault(queue->vm, fault.va, fault.cause);
		}
		spin_unlock(&queue->timeline->lock);
	}
	read_unlock_irqrestore(&mdev->queues_lock, flags);

	if (ok)
		drm_dbg(&mdev->drm,
			"queue %llu job %llu: status %u, va 0x%llx, pc 0x%llx, pe 0x%x, cause 0x%x, cycle %llu\n",
			number, fault.seqno, fault.status, fault.va, fault.pc, fault.pe,
			fault.cause, fault.cycle);

	return ok;
}

/**
 * mtia_job_end_all() - End all jobs of all queues; the chip has been stopped.
 * @mdev: Device.
 * @error: Error of the fences.
 * @reason: enum drm_mtia_queue_reason.
 *
 * Context: may sleep. In the fence-signalling path.
 */
void mtia_job_end_all(struct mtia_device *mdev, int error, u32 reason)
{
	bool cookie = dma_fence_begin_signalling();
	unsigned long flags;
	struct mtia_queue *queue = NULL;

	while ((queue = mtia_queue_get_next(mdev, queue))) {
		spin_lock_irqsave(&queue->timeline->lock, flags);
		mtia_job_ban_locked(queue, reason, DRM_MTIA_QUEUE_INNOCENT);
		spin_unlock_irqrestore(&queue->timeline->lock, flags);
		mtia_job_end(queue, error);
	}
	dma_fence_end_signalling(cookie);
}

/**
 * mtia_job_ban_vm() - Ban all queues of an address space.
 * @vm: Address space, banned.
 * @reason: enum drm_mtia_queue_reason.
 *
 * Context: any but hard interrupt. In the fence-signalling path.
 */
void mtia_job_ban_vm(struct mtia_vm *vm, u32 reason)
{
	struct mtia_queue *queue = NULL;
	unsigned long flags;

	while ((queue = mtia_queue_get_next(vm->mdev, queue))) {
		if (queue->vm != vm)
			continue;
		spin_lock_irqsave(&queue->timeline->lock, flags);
		mtia_job_blame_locked(queue, reason, DRM_MTIA_QUEUE_INNOCENT);
		spin_unlock_irqrestore(&queue->timeline->lock, flags);
	}
}

/*
 * Who submits gets the completion on the same CPU, often before it has begun to wait. A queue
 * changes its ring only while nothing of it is in the hardware, as completions of different rings
 * have no order.
 */
static void mtia_job_choose_cq_locked(struct mtia_queue *queue, const struct mtia_job *job)
{
	if (queue->mdev->fw.abi_minor >= MTIA_JOB_CQ_MINOR)
		WRITE_ONCE(queue->cq, mtia_irq_near_cq(queue->mdev, job->cpu));
}

/* Writes a descriptor and rings; posted writes only. */
static void mtia_job_emit_locked(struct mtia_queue *queue, struct mtia_job *job)
{
	struct mtia_device *mdev = queue->mdev;
	u64 number = queue->emitted - queue->hw_base;
	struct mtia_desc desc = {
		.type = job->cmd_size ? MTIA_DESC_EXEC : MTIA_DESC_NOP,
		.flags = mdev->fw.abi_minor >= MTIA_JOB_CQ_MINOR ? MTIA_DESC_CQ(queue->cq->id) : 0,
		.seqno = number,
		.arg = { job->cmd_va, job->cmd_size },
	};
	u64 offset = queue->ring.offset + (number - 1) % queue->num_jobs * sizeof(desc);

	mtia_assert_awake(mdev);
	trace_mtia_job_run(queue, queue->emitted, job->cmd_va, job->cmd_size);
	__iowrite64_copy(mdev->mem + offset, &desc, sizeof(desc) / sizeof(u64));
	/* Out of the write-combining buffer before the doorbell. */
	wmb();
	mtia_write32(mdev, MTIA_DOORBELL(queue->slot), lower_32_bits(number));
}

static struct dma_fence *mtia_job_prepare(struct drm_sched_job *sched_job,
					  struct drm_sched_entity *entity)
{
	bool cookie = dma_fence_begin_signalling();
	struct dma_fence *fence;

	fence = mtia_slot_prepare(container_of(sched_job, struct mtia_job, base)->queue);
	dma_fence_end_signalling(cookie);

	return fence;
}

/*
 * A job that is refused gets its fence all the same, and at once signalled: it is what keeps the
 * scheduler's memory for the scheduler's own fence, see struct mtia_timeline.
 */
static struct dma_fence *mtia_job_run(struct drm_sched_job *sched_job)
{
	struct mtia_job *job = container_of(sched_job, struct mtia_job, base);
	struct mtia_queue *queue = job->queue;
	struct mtia_device *mdev = queue->mdev;
	struct dma_fence *fence = &job->fence->base;
	unsigned long flags;
	bool in_device, first;
	int idx;

	in_device = drm_dev_enter(&mdev->drm, &idx);
	spin_lock_irqsave(&queue->timeline->lock, flags);
	first = queue->completed == queue->emitted;
	if (first) {
		mtia_job_choose_cq_locked(queue, job);
		mtia_job_new_head_locked(queue);
	}
	queue->emitted++;
	mtia_fence_init(job->fence, queue->emitted);
	job->emitted = true;
	queue->jobs[queue->emitted % queue->num_jobs] = job->fence;
	/* One reference for @jobs, one for the scheduler, one for the job. */
	dma_fence_get(fence);
	dma_fence_get(fence);
	if (queue->ended || (first && (mtia_queue_refuses_locked(queue) ||
				       mtia_vm_status(queue->vm))) ||
	    job->generation != queue->generation)
		mtia_job_signal_locked(queue, queue->ended ? queue->end_error : -ECANCELED);
	/* Without the device, unplug ends this job with the others; wedged, the reset does. */
	else if (in_device && !mtia_queue_refuses_locked(queue) && !mtia_device_status(mdev) &&
		 !drm_WARN_ON_ONCE(&mdev->drm, !queue->slot))
		mtia_job_emit_locked(queue, job);
	mtia_limit_watch_locked(queue);
	spin_unlock_irqrestore(&queue->timeline->lock, flags);
	mtia_slot_started(queue);
	if (in_device)
		drm_dev_exit(idx);

	return fence;
}

static enum drm_gpu_sched_stat mtia_job_timedout(struct drm_sched_job *sched_job)
{
	struct mtia_job *job = container_of(sched_job, struct mtia_job, base);
	struct mtia_queue *queue = job->queue;
	bool cookie = dma_fence_begin_signalling();
	bool blame = false, is_head, over, lost;
	struct mtia_device *mdev = queue->mdev;
	unsigned long flags;
	u64 waited = 0;
	u32 put_off;
	int idx;

	if (drm_dev_enter(&mdev->drm, &idx)) {
		/* The job may have ended without its interrupt. */
		mtia_mbox_drain(mdev);
		mtia_cq_poll(READ_ONCE(queue->cq));
		if (job->emitted)
			waited = mtia_limit_ask(queue, job->fence->base.seqno);
		drm_dev_exit(idx);
	}

	spin_lock_irqsave(&queue->timeline->lock, flags);
	/* The timer can be one that was set for an earlier job. */
	is_head = job->emitted && job->fence->base.seqno == queue->completed + 1;
	over = mtia_limit_look_locked(queue, is_head, waited);
	put_off = jiffies_to_msecs(queue->head_put_off);
	if (over) {
		/* It may have ended, and the chip lost track of that. */
		lost = READ_ONCE(queue->cq->bad) != queue->bad_before ||
		       mtia_limit_was_put_off_locked(queue);
		blame = mtia_job_ban_locked(queue, DRM_MTIA_REASON_TIMEOUT,
					    lost ? DRM_MTIA_QUEUE_INNOCENT :
						   DRM_MTIA_QUEUE_GUILTY);
		if (blame)
			queue->fault = (struct mtia_queue_fault){
				.seqno = queue->completed + 1,
				.pe = 0xff,
				.status = MTIA_JOB_TIMEOUT,
			};
	}
	spin_unlock_irqrestore(&queue->timeline->lock, flags);
	trace_mtia_job_timedout(queue, job->fence->base.seqno, blame, put_off);

	if (blame) {
		drm_dbg(&mdev->drm, "queue %llu: job %llu exceeded its time limit\n",
			queue->number, queue->fault.seqno);
		mtia_job_kill(queue, MTIA_JOB_TIMEOUT);
	}

	dma_fence_end_signalling(cookie);

	/*
	 * Signalled or not, the scheduler has to have it again: it is also who frees it. This waits
	 * for run_job, which signals fences, so it is no part of what has to happen for a fence.
	 */
	mtia_sched_reinsert(sched_job);

	return DRM_GPU_SCHED_STAT_NO_HANG;
}

static void mtia_job_free(struct drm_sched_job *sched_job)
{
	struct mtia_job *job = container_of(sched_job, struct mtia_job, base);

	drm_sched_job_cleanup(sched_job);
	if (job->emitted)
		dma_fence_put(&job->fence->base);
	else
		mtia_fence_free_unused(job->fence);
	mtia_room_release(job->queue->mdev);
	mtia_pm_release(job->queue->mdev);
	mtia_queue_put(job->queue);
	kfree(job);
}

const struct drm_sched_backend_ops mtia_job_sched_ops = {
	.prepare_job = mtia_job_prepare,
	.run_job = mtia_job_run,
	.timedout_job = mtia_job_timedout,
	.free_job = mtia_job_free,
};
