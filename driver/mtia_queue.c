// SPDX-License-Identifier: GPL-2.0 OR MIT
/**
 * DOC: Queues
 *
 * A queue is a ring in LPDDR that the firmware schedules, and one scheduler with one entity in
 * front of it which holds jobs back until what they wait for is done and a ring slot is free
 * (credits). Sharing the chip among queues is the firmware's task; a scheduler for all queues would
 * make one queue's full ring everybody's.
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
 */
#include <drm/drm_drv.h>
#include <linux/log2.h>

#include "mtia_device.h"
#include "mtia_queue.h"
#include "mtia_trace.h"
#include "mtia_vm.h"

/* Frees queues of all devices; a queue can outlive its device. */
static struct workqueue_struct *mtia_queue_release_wq;

/**
 * mtia_queue_module_init() - Set up what all queues share.
 *
 * Return: 0 or -ENOMEM.
 */
int mtia_queue_module_init(void)
{
	mtia_queue_release_wq = alloc_workqueue("mtia-release", WQ_UNBOUND, 0);

	return mtia_queue_release_wq ? 0 : -ENOMEM;
}

/**
 * mtia_queue_module_exit() - Undo mtia_queue_module_init().
 */
void mtia_queue_module_exit(void)
{
	destroy_workqueue(mtia_queue_release_wq);
	/* The last fence may have let the module go a moment ago, see mtia_fence_release(). */
	synchronize_rcu();
}

/**
 * mtia_queue_flush() - Wait until queues that can be freed are.
 * @mdev: Device.
 *
 * For the end of a file: nothing of it pins the module then, unless others hold its fences or jobs
 * still wait for others.
 */
void mtia_queue_flush(struct mtia_device *mdev)
{
	flush_workqueue(mdev->submit_wq);
	flush_workqueue(mtia_queue_release_wq);
}

static bool mtia_queue_closed_locked(struct mtia_queue *queue)
{
	lockdep_assert_held(&queue->timeline->lock);

	return queue->reason != DRM_MTIA_REASON_NONE || queue->closed;
}

/* The first reason stays. */
static bool mtia_queue_ban_locked(struct mtia_queue *queue, u32 reason, u32 flags)
{
	lockdep_assert_held(&queue->timeline->lock);

	if (queue->reason != DRM_MTIA_REASON_NONE)
		return false;

	queue->reason = reason;
	queue->flags = flags;
	trace_mtia_queue_ban(queue, reason);

	return true;
}

/* Signals the oldest job under way. */
static void mtia_queue_signal_locked(struct mtia_queue *queue, int error)
{
	struct mtia_fence **job = &queue->jobs[(queue->completed + 1) % queue->num_jobs];
	struct mtia_fence *fence = *job;

	lockdep_assert_held(&queue->timeline->lock);

	*job = NULL;
	queue->completed++;
	queue->head_since = jiffies;
	if (error)
		dma_fence_set_error(&fence->base, error);
	trace_mtia_job_done(queue, queue->completed, error);
	dma_fence_signal_locked(&fence->base);
	dma_fence_put(&fence->base);
}

static int mtia_queue_error(u8 status)
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

/*
 * Ends all jobs under way with @error, but for the one that is to blame, which has its own. From
 * now on jobs end in run_job with @error.
 */
static void mtia_queue_end(struct mtia_queue *queue, int error)
{
	unsigned long flags;

	spin_lock_irqsave(&queue->timeline->lock, flags);
	while (queue->completed != queue->emitted) {
		bool guilty = queue->completed + 1 == queue->fault.seqno;

		mtia_queue_signal_locked(queue, guilty ? mtia_queue_error(queue->fault.status) :
							 error);
	}
	if (!queue->ended) {
		queue->ended = true;
		queue->end_error = error;
	}
	spin_unlock_irqrestore(&queue->timeline->lock, flags);
}

static bool mtia_queue_busy(struct mtia_queue *queue)
{
	unsigned long flags;
	bool busy;

	spin_lock_irqsave(&queue->timeline->lock, flags);
	busy = queue->completed != queue->emitted;
	spin_unlock_irqrestore(&queue->timeline->lock, flags);

	return busy;
}

/*
 * Stops a queue that takes no more jobs in the firmware and ends those under way. Does nothing for
 * a queue that was ended before.
 */
static void mtia_queue_kill(struct mtia_queue *queue, enum mtia_job_status status)
{
	const u64 args[] = { queue->slot, status };
	struct mtia_device *mdev = queue->mdev;
	bool cookie;
	int idx;

	cookie = dma_fence_begin_signalling();
	mutex_lock(&queue->kill_lock);
	if (queue->in_hw && mtia_queue_busy(queue) && drm_dev_enter(&mdev->drm, &idx)) {
		int err = mtia_mbox_call(mdev, MTIA_H2D_QUEUE_KILL, args, ARRAY_SIZE(args), NULL);

		/* On a dead or vanishing chip the end comes from there, for all queues. */
		if (err && err != -EIO && err != -ENODEV)
			mtia_reset_declare_dead(mdev, "firmware refused to kill a queue");
		/* Jobs that had ended on their own before the kill. */
		mtia_cq_drain(queue->cq);
		drm_dev_exit(idx);
	}
	mtia_queue_end(queue, -ECANCELED);
	mutex_unlock(&queue->kill_lock);
	dma_fence_end_signalling(cookie);
}

static void mtia_queue_kill_work(struct work_struct *work)
{
	struct mtia_queue *queue = container_of(work, struct mtia_queue, kill_work);

	mtia_queue_kill(queue, MTIA_JOB_KILLED);
	mtia_queue_put(queue);
}

/* Bans a queue for a job of its own and has it killed. May be called from hard interrupts. */
static void mtia_queue_blame_locked(struct mtia_queue *queue, u32 reason)
{
	if (!mtia_queue_ban_locked(queue, reason, DRM_MTIA_QUEUE_GUILTY))
		return;

	/* In its slot, or called by a job: there is a reference. */
	kref_get(&queue->ref);
	if (!queue_work(queue->mdev->reset.wq, &queue->kill_work))
		mtia_queue_put(queue);
}

/* Why a queue is banned after a job with this status; NONE: it goes on. */
static u32 mtia_queue_reason(u8 status)
{
	switch (status) {
	case MTIA_JOB_MMU_FAULT:
		return DRM_MTIA_REASON_MMU_FAULT;
	case MTIA_JOB_PE_EXCEPTION:
	case MTIA_JOB_PE_COMMAND:
	case MTIA_JOB_PE_EXIT:
	case MTIA_JOB_DMA_ERROR:
	case MTIA_JOB_DEADLOCK:
		return DRM_MTIA_REASON_JOB_FAULT;
	case MTIA_JOB_TIMEOUT:
		return DRM_MTIA_REASON_TIMEOUT;
	default:
		return DRM_MTIA_REASON_NONE;
	}
}

/*
 * A job behind the one that its queue is banned for. The firmware runs on until it is told to kill
 * the queue, so some of these do end well; which ones would depend on chance.
 */
static bool mtia_queue_is_victim_locked(struct mtia_queue *queue, u64 seqno)
{
	lockdep_assert_held(&queue->timeline->lock);

	return queue->flags & DRM_MTIA_QUEUE_GUILTY && seqno > queue->fault.seqno;
}

/* Records a job's failure; a fault message has told more about the same job. */
static void mtia_queue_record_locked(struct mtia_queue *queue, const struct mtia_cqe *cqe)
{
	u32 reason = mtia_queue_reason(cqe->status);

	if (queue->fault.seqno != cqe->seqno)
		queue->fault = (struct mtia_queue_fault){
			.seqno = cqe->seqno,
			.pe = 0xff,
			.packet = cqe->detail,
		};
	queue->fault.status = cqe->status;
	if (reason != DRM_MTIA_REASON_NONE)
		mtia_queue_blame_locked(queue, reason);
}

/**
 * mtia_queue_complete() - Handle a completion entry.
 * @queue: Queue in the entry's slot; the caller holds queues_lock.
 * @cqe: Copy of the entry.
 *
 * Context: any, also hard interrupt.
 * Return: false if it is not about the job that has to end next.
 */
bool mtia_queue_complete(struct mtia_queue *queue, const struct mtia_cqe *cqe)
{
	int error = mtia_queue_error(cqe->status);
	unsigned long flags;
	bool ok;

	spin_lock_irqsave(&queue->timeline->lock, flags);
	ok = queue->completed != queue->emitted && cqe->seqno == queue->completed + 1;
	if (ok) {
		if (cqe->t_end > cqe->t_start)
			atomic64_add(mtia_device_cycles_to_ns(queue->mdev,
							      cqe->t_end - cqe->t_start),
				     &queue->client->busy_ns);
		if (mtia_queue_is_victim_locked(queue, cqe->seqno))
			error = -ECANCELED;
		else if (error && cqe->status != MTIA_JOB_KILLED)
			mtia_queue_record_locked(queue, cqe);
		mtia_queue_signal_locked(queue, error);
	} else {
		/* Ended by the driver while the firmware was at it. */
		ok = queue->ended && cqe->seqno && cqe->seqno <= queue->emitted;
	}
	spin_unlock_irqrestore(&queue->timeline->lock, flags);

	return ok;
}

/**
 * mtia_queue_fault() - Handle a fault message.
 * @mdev: Device.
 * @arg: Arguments of MTIA_D2H_FAULT.
 *
 * Context: any, also hard interrupt.
 * Return: false if it fits no queue and job.
 */
bool mtia_queue_fault(struct mtia_device *mdev, const u64 *arg)
{
	u32 slot = arg[MTIA_FAULT_ARG_QUEUE] & 0xffff;
	u32 asid = arg[MTIA_FAULT_ARG_QUEUE] >> 16 & 0xffff;
	const struct mtia_queue_fault fault = {
		.seqno = arg[MTIA_FAULT_ARG_SEQNO],
		.va = arg[MTIA_FAULT_ARG_ADDR],
		.pc = arg[MTIA_FAULT_ARG_PC],
		.pe = lower_32_bits(arg[MTIA_FAULT_ARG_WHERE]),
		.packet = upper_32_bits(arg[MTIA_FAULT_ARG_WHERE]),
		.cause = arg[MTIA_FAULT_ARG_CAUSE],
		.status = arg[MTIA_FAULT_ARG_QUEUE] >> 32 & 0xff,
	};
	struct mtia_queue *queue;
	unsigned long flags;
	bool ok = false;
	u32 why;

	if (slot >= mdev->hw.num_queues)
		return false;

	read_lock_irqsave(&mdev->queues_lock, flags);
	queue = mdev->queues[slot];
	if (queue && mtia_vm_asid(queue->vm) == asid) {
		spin_lock(&queue->timeline->lock);
		ok = fault.seqno && fault.seqno <= queue->emitted;
		if (ok && !mtia_queue_is_victim_locked(queue, fault.seqno)) {
			trace_mtia_fault(queue, &fault);
			queue->fault = fault;
			why = mtia_queue_reason(fault.status);
			if (why != DRM_MTIA_REASON_NONE)
				mtia_queue_blame_locked(queue, why);
			if (fault.status == MTIA_JOB_MMU_FAULT)
				mtia_vm_record_fault(queue->vm, fault.va, fault.cause);
		}
		spin_unlock(&queue->timeline->lock);
	}
	read_unlock_irqrestore(&mdev->queues_lock, flags);

	if (ok)
		drm_dbg(&mdev->drm,
			"queue slot %u job %llu: status %u, va 0x%llx, pc 0x%llx, pe 0x%x, cause 0x%x\n",
			slot, fault.seqno, fault.status, fault.va, fault.pc, fault.pe, fault.cause);

	return ok;
}

/* Takes the queue in a slot, if there is one: it keeps a reference until it has left the slot. */
static struct mtia_queue *mtia_queue_get_slot(struct mtia_device *mdev, u32 slot)
{
	struct mtia_queue *queue;
	unsigned long flags;

	read_lock_irqsave(&mdev->queues_lock, flags);
	queue = mdev->queues[slot];
	if (queue)
		kref_get(&queue->ref);
	read_unlock_irqrestore(&mdev->queues_lock, flags);

	return queue;
}

/**
 * mtia_queue_end_all() - End all jobs of all queues; the chip has been stopped.
 * @mdev: Device.
 * @error: Error of the fences.
 * @reason: enum drm_mtia_queue_reason.
 *
 * Context: may sleep. In the fence-signalling path.
 */
void mtia_queue_end_all(struct mtia_device *mdev, int error, u32 reason)
{
	bool cookie = dma_fence_begin_signalling();
	unsigned long flags;
	u32 slot;

	for (slot = 0; slot < MTIA_MAX_QUEUES; slot++) {
		struct mtia_queue *queue = mtia_queue_get_slot(mdev, slot);

		if (!queue)
			continue;
		spin_lock_irqsave(&queue->timeline->lock, flags);
		mtia_queue_ban_locked(queue, reason, DRM_MTIA_QUEUE_INNOCENT);
		spin_unlock_irqrestore(&queue->timeline->lock, flags);
		mtia_queue_end(queue, error);
		mtia_queue_put(queue);
	}
	dma_fence_end_signalling(cookie);
}

/* Writes a descriptor and rings; posted writes only. */
static void mtia_queue_emit_locked(struct mtia_queue *queue, struct mtia_job *job)
{
	struct mtia_device *mdev = queue->mdev;
	struct mtia_desc desc = {
		.type = job->cmd_size ? MTIA_DESC_EXEC : MTIA_DESC_NOP,
		.seqno = queue->emitted,
		.arg = { job->cmd_va, job->cmd_size },
	};
	u64 offset = queue->ring.offset + (queue->emitted - 1) % queue->num_jobs * sizeof(desc);

	__iowrite64_copy(mdev->mem + offset, &desc, sizeof(desc) / sizeof(u64));
	/* Out of the write-combining buffer before the doorbell. */
	wmb();
	mtia_write32(mdev, MTIA_DOORBELL(queue->slot), lower_32_bits(queue->emitted));
}

/*
 * The scheduler starts the clock anew with each job it runs, so that a queue that hangs would be
 * found out only when its client stops submitting. Set it to what the oldest job has left.
 */
static void mtia_queue_fix_timeout(struct mtia_queue *queue, unsigned long head_since)
{
	unsigned long end = head_since + queue->timeout;

	drm_sched_resume_timeout(&queue->sched, time_after(end, jiffies) ? end - jiffies : 0);
}

static struct dma_fence *mtia_queue_run_job(struct drm_sched_job *sched_job)
{
	struct mtia_job *job = container_of(sched_job, struct mtia_job, base);
	struct mtia_queue *queue = job->queue;
	struct mtia_device *mdev = queue->mdev;
	struct dma_fence *fence = &job->fence->base;
	unsigned long flags, head_since;
	bool in_device, first;
	int idx;

	in_device = drm_dev_enter(&mdev->drm, &idx);
	spin_lock_irqsave(&queue->timeline->lock, flags);
	first = queue->completed == queue->emitted;
	if (queue->ended || (first && mtia_queue_closed_locked(queue))) {
		fence = ERR_PTR(queue->ended ? queue->end_error : -ECANCELED);
	} else {
		if (first)
			queue->head_since = jiffies;
		queue->emitted++;
		mtia_fence_init(job->fence, queue->emitted);
		job->emitted = true;
		queue->jobs[queue->emitted % queue->num_jobs] = job->fence;
		/* One reference for the ring, one for the scheduler, one for the job. */
		dma_fence_get(fence);
		dma_fence_get(fence);
		trace_mtia_job_run(queue, queue->emitted, job->cmd_va, job->cmd_size);
		/* Without the device, unplug ends this job with the others. */
		if (in_device && !mtia_queue_closed_locked(queue))
			mtia_queue_emit_locked(queue, job);
	}
	head_since = queue->head_since;
	spin_unlock_irqrestore(&queue->timeline->lock, flags);
	if (in_device)
		drm_dev_exit(idx);

	if (!first)
		mtia_queue_fix_timeout(queue, head_since);

	return fence;
}

static enum drm_gpu_sched_stat mtia_queue_timedout_job(struct drm_sched_job *sched_job)
{
	struct mtia_job *job = container_of(sched_job, struct mtia_job, base);
	struct mtia_queue *queue = job->queue;
	bool cookie = dma_fence_begin_signalling();
	struct mtia_device *mdev = queue->mdev;
	unsigned long flags;
	bool blame = false;
	int idx;

	/* The job may have ended without its interrupt. */
	if (drm_dev_enter(&mdev->drm, &idx)) {
		mtia_mbox_drain(mdev);
		mtia_cq_drain(queue->cq);
		drm_dev_exit(idx);
	}

	spin_lock_irqsave(&queue->timeline->lock, flags);
	/* The timer can be one that was set for an earlier job; an eighth is for its inaccuracy. */
	if (job->emitted && job->fence->base.seqno == queue->completed + 1 &&
	    time_after_eq(jiffies, queue->head_since + queue->timeout - queue->timeout / 8)) {
		blame = mtia_queue_ban_locked(queue, DRM_MTIA_REASON_TIMEOUT,
					      DRM_MTIA_QUEUE_GUILTY);
		if (blame)
			queue->fault = (struct mtia_queue_fault){
				.seqno = queue->completed + 1,
				.pe = 0xff,
				.status = MTIA_JOB_TIMEOUT,
			};
	}
	spin_unlock_irqrestore(&queue->timeline->lock, flags);
	trace_mtia_job_timedout(queue, job->fence->base.seqno, blame);

	if (blame) {
		drm_dbg(&mdev->drm, "queue slot %u: job %llu exceeded its time limit\n",
			queue->slot, queue->fault.seqno);
		mtia_queue_kill(queue, MTIA_JOB_TIMEOUT);
	}

	/* Signalled or not, the scheduler has to have it again: it is also who frees it. */
	mtia_sched_reinsert(sched_job);
	dma_fence_end_signalling(cookie);

	return DRM_GPU_SCHED_STAT_NO_HANG;
}

static void mtia_queue_free_job(struct drm_sched_job *sched_job)
{
	struct mtia_job *job = container_of(sched_job, struct mtia_job, base);

	drm_sched_job_cleanup(sched_job);
	if (job->emitted)
		dma_fence_put(&job->fence->base);
	else
		mtia_fence_free_unused(job->fence);
	mtia_queue_put(job->queue);
	kfree(job);
}

static const struct drm_sched_backend_ops mtia_queue_sched_ops = {
	.run_job = mtia_queue_run_job,
	.timedout_job = mtia_queue_timedout_job,
	.free_job = mtia_queue_free_job,
};

/* Takes the queue from the firmware; its slot and ring can be used again afterwards. */
static void mtia_queue_leave_hw(struct mtia_queue *queue)
{
	const u64 args[] = { queue->slot };
	struct mtia_device *mdev = queue->mdev;
	int idx;

	mutex_lock(&queue->kill_lock);
	if (queue->in_hw && drm_dev_enter(&mdev->drm, &idx)) {
		int err = mtia_mbox_call(mdev, MTIA_H2D_QUEUE_DESTROY, args, ARRAY_SIZE(args),
					 NULL);

		if (err && err != -EIO && err != -ENODEV)
			mtia_reset_declare_dead(mdev, "firmware refused to destroy a queue");
		mtia_cq_drain(queue->cq);
		drm_dev_exit(idx);
	}
	queue->in_hw = false;
	mutex_unlock(&queue->kill_lock);
}

static void mtia_queue_set_slot(struct mtia_device *mdev, u32 slot, struct mtia_queue *queue)
{
	unsigned long flags;

	write_lock_irqsave(&mdev->queues_lock, flags);
	mdev->queues[slot] = queue;
	write_unlock_irqrestore(&mdev->queues_lock, flags);
}

/* Gives slot and ring back. */
static void mtia_queue_free_slot(struct mtia_queue *queue)
{
	struct mtia_device *mdev = queue->mdev;

	mtia_queue_set_slot(mdev, queue->slot, NULL);
	mtia_vram_free_range(mdev, &queue->ring);
	ida_free(&mdev->slots, queue->slot);
	mtia_vm_remove_queue(queue->vm);
}

/**
 * mtia_queue_close() - End a queue that its file gives up.
 * @queue: Queue; the file's reference is dropped.
 *
 * Jobs that have not ended do so with -ECANCELED. Those that still wait for others stay with the
 * scheduler until that is over, and the queue's software side with them.
 */
void mtia_queue_close(struct mtia_queue *queue)
{
	unsigned long flags;

	spin_lock_irqsave(&queue->timeline->lock, flags);
	queue->closed = true;
	spin_unlock_irqrestore(&queue->timeline->lock, flags);

	mtia_queue_kill(queue, MTIA_JOB_KILLED);
	mtia_queue_leave_hw(queue);
	mtia_queue_free_slot(queue);
	mtia_queue_put(queue);
}

static void mtia_queue_release_work(struct work_struct *work)
{
	struct mtia_queue *queue = container_of(work, struct mtia_queue, release_work);
	struct mtia_timeline *timeline = queue->timeline;
	struct mtia_device *mdev = queue->mdev;

	drm_sched_entity_destroy(&queue->entity);
	drm_sched_fini(&queue->sched);

	mtia_vm_put(queue->vm);
	mtia_client_put(queue->client);
	mutex_destroy(&queue->submit_lock);
	mutex_destroy(&queue->kill_lock);
	kvfree(queue->jobs);
	kfree(queue);
	drm_dev_put(&mdev->drm);
	/* Last: it pins the module. */
	mtia_timeline_put(timeline);
}

static void mtia_queue_release(struct kref *ref)
{
	struct mtia_queue *queue = container_of(ref, struct mtia_queue, ref);

	queue_work(mtia_queue_release_wq, &queue->release_work);
}

/**
 * mtia_queue_put() - Drop a reference.
 * @queue: Queue.
 *
 * Context: any.
 */
void mtia_queue_put(struct mtia_queue *queue)
{
	kref_put(&queue->ref, mtia_queue_release);
}

/**
 * mtia_queue_lookup() - Find a queue of a file.
 * @file: Open file.
 * @id: Id.
 *
 * Return: the queue with a reference, or NULL.
 */
struct mtia_queue *mtia_queue_lookup(struct drm_file *file, u32 id)
{
	struct mtia_file *mfile = file->driver_priv;
	struct mtia_queue *queue;

	xa_lock(&mfile->queues);
	queue = xa_load(&mfile->queues, id);
	if (queue)
		kref_get(&queue->ref);
	xa_unlock(&mfile->queues);

	return queue;
}

/**
 * mtia_queue_status() - Whether a queue takes jobs.
 * @queue: Queue.
 *
 * Return: 0, -ECANCELED when it is banned or closed, -EIO or -ENODEV for the device.
 */
int mtia_queue_status(struct mtia_queue *queue)
{
	int err = mtia_device_status(queue->mdev);
	unsigned long flags;

	if (err)
		return err;

	spin_lock_irqsave(&queue->timeline->lock, flags);
	err = mtia_queue_closed_locked(queue) ? -ECANCELED : 0;
	spin_unlock_irqrestore(&queue->timeline->lock, flags);

	return err;
}

static int mtia_queue_check_args(struct mtia_device *mdev,
				 const struct drm_mtia_queue_create *args)
{
	if (args->flags || args->pad[0] || args->pad[1] || args->pad[2] || args->pad2 ||
	    args->reserved[0] || args->reserved[1])
		return -EINVAL;
	if (args->priority > DRM_MTIA_PRIORITY_REALTIME)
		return -EINVAL;
	if (!args->pe_rows != !args->pe_cols || args->pe_rows > mdev->hw.rows ||
	    args->pe_cols > mdev->hw.cols)
		return -EINVAL;
	if (args->max_jobs && (!is_power_of_2(args->max_jobs) ||
			       args->max_jobs < MTIA_QUEUE_MIN_JOBS ||
			       args->max_jobs > MTIA_QUEUE_MAX_JOBS))
		return -EINVAL;
	if (args->priority > DRM_MTIA_PRIORITY_NORMAL && !capable(CAP_SYS_NICE))
		return -EACCES;

	return 0;
}

static int mtia_queue_init_sched(struct mtia_queue *queue)
{
	struct mtia_device *mdev = queue->mdev;
	struct drm_gpu_scheduler *scheds[] = { &queue->sched };
	const struct drm_sched_init_args args = {
		.ops = &mtia_queue_sched_ops,
		.submit_wq = mdev->submit_wq,
		.timeout_wq = mdev->reset.wq,
		.num_rqs = 1,
		.credit_limit = queue->num_jobs,
		.timeout = queue->timeout,
		.name = queue->timeline->name,
		.dev = mdev->drm.dev,
	};
	int err;

	err = drm_sched_init(&queue->sched, &args);
	if (err)
		return err;

	/* The highest level is the only run queue there is. */
	err = drm_sched_entity_init(&queue->entity, DRM_SCHED_PRIORITY_KERNEL, scheds, 1, NULL);
	if (err)
		drm_sched_fini(&queue->sched);

	return err;
}

static int mtia_queue_enter_hw(struct mtia_queue *queue, const struct drm_mtia_queue_create *args)
{
	struct mtia_device *mdev = queue->mdev;
	u32 rows = args->pe_rows ?: mdev->hw.rows;
	u32 cols = args->pe_cols ?: mdev->hw.cols;
	const u64 msg[] = {
		queue->slot,
		mtia_vm_asid(queue->vm),
		queue->ring.offset,
		queue->num_jobs,
		queue->cq->id,
		args->priority | rows << 8 | cols << 16,
	};
	int err;

	memset_io(mdev->mem + queue->ring.offset, 0, queue->num_jobs * sizeof(struct mtia_desc));
	mtia_queue_set_slot(mdev, queue->slot, queue);

	mutex_lock(&queue->kill_lock);
	err = mtia_mbox_call(mdev, MTIA_H2D_QUEUE_CREATE, msg, ARRAY_SIZE(msg), NULL);
	queue->in_hw = !err;
	mutex_unlock(&queue->kill_lock);

	return err;
}

/* Return: the queue with one reference and in its slot, or an error pointer. */
static struct mtia_queue *mtia_queue_create(struct mtia_device *mdev, struct drm_file *file,
					    struct mtia_vm *vm,
					    const struct drm_mtia_queue_create *args)
{
	u32 timeout_ms = args->job_timeout_ms ?: MTIA_QUEUE_DEFAULT_TIMEOUT_MS;
	struct mtia_file *mfile = file->driver_priv;
	struct mtia_queue *queue;
	int err;

	queue = kzalloc(sizeof(*queue), GFP_KERNEL_ACCOUNT);
	if (!queue)
		return ERR_PTR(-ENOMEM);

	kref_init(&queue->ref);
	queue->mdev = mdev;
	queue->num_jobs = args->max_jobs ?: MTIA_QUEUE_DEFAULT_JOBS;
	queue->timeout = msecs_to_jiffies(min(timeout_ms, MTIA_QUEUE_MAX_TIMEOUT_MS));
	mutex_init(&queue->submit_lock);
	mutex_init(&queue->kill_lock);
	INIT_WORK(&queue->kill_work, mtia_queue_kill_work);
	INIT_WORK(&queue->release_work, mtia_queue_release_work);

	queue->jobs = kvcalloc(queue->num_jobs, sizeof(*queue->jobs), GFP_KERNEL_ACCOUNT);
	if (!queue->jobs) {
		err = -ENOMEM;
		goto err_free;
	}

	err = ida_alloc_range(&mdev->slots, 1, mdev->hw.num_queues - 1, GFP_KERNEL);
	if (err < 0)
		goto err_free;
	queue->slot = err;
	queue->cq = &mdev->cqs[queue->slot % mdev->num_cqs];

	err = mtia_vram_alloc_range(mdev, max_t(u64, queue->num_jobs * sizeof(struct mtia_desc),
						SZ_4K), &queue->ring);
	if (err)
		goto err_free_slot;

	queue->timeline = mtia_timeline_create(file->client_id, queue->slot);
	if (!queue->timeline) {
		err = -ENOMEM;
		goto err_free_ring;
	}

	err = mtia_queue_init_sched(queue);
	if (err)
		goto err_put_timeline;

	err = mtia_vm_add_queue(vm);
	if (err)
		goto err_fini_sched;

	/* From here on the queue frees itself. */
	queue->vm = mtia_vm_get(vm);
	queue->client = mfile->client;
	kref_get(&queue->client->ref);
	drm_dev_get(&mdev->drm);

	err = mtia_queue_enter_hw(queue, args);
	if (err) {
		mtia_queue_close(queue);
		return ERR_PTR(err);
	}

	return queue;

err_fini_sched:
	drm_sched_entity_destroy(&queue->entity);
	drm_sched_fini(&queue->sched);
err_put_timeline:
	mtia_timeline_put(queue->timeline);
err_free_ring:
	mtia_vram_free_range(mdev, &queue->ring);
err_free_slot:
	ida_free(&mdev->slots, queue->slot);
err_free:
	kvfree(queue->jobs);
	mutex_destroy(&queue->submit_lock);
	mutex_destroy(&queue->kill_lock);
	kfree(queue);
	return ERR_PTR(err);
}

/**
 * mtia_queue_create_ioctl() - DRM_IOCTL_MTIA_QUEUE_CREATE.
 * @drm: DRM device.
 * @data: &struct drm_mtia_queue_create.
 * @file: Open file.
 *
 * Return: 0 or a negative error code.
 */
int mtia_queue_create_ioctl(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct mtia_device *mdev = to_mtia_device(drm);
	struct mtia_file *mfile = file->driver_priv;
	struct drm_mtia_queue_create *args = data;
	struct mtia_queue *queue;
	struct mtia_vm *vm;
	int idx, err;

	err = mtia_queue_check_args(mdev, args);
	if (err)
		return err;

	err = mtia_device_status(mdev);
	if (err)
		return err;

	vm = mtia_vm_lookup(file, args->vm_id);
	if (!vm)
		return -ENOENT;

	if (drm_dev_enter(drm, &idx)) {
		queue = mtia_queue_create(mdev, file, vm, args);
		drm_dev_exit(idx);
	} else {
		queue = ERR_PTR(-ENODEV);
	}
	mtia_vm_put(vm);
	if (IS_ERR(queue))
		return PTR_ERR(queue);

	err = xa_alloc(&mfile->queues, &args->queue_id, queue, XA_LIMIT(1, MTIA_MAX_IDS),
		       GFP_KERNEL_ACCOUNT);
	if (err)
		mtia_queue_close(queue);

	return err == -EBUSY ? -ENOSPC : err;
}

/**
 * mtia_queue_destroy_ioctl() - DRM_IOCTL_MTIA_QUEUE_DESTROY.
 * @drm: DRM device.
 * @data: &struct drm_mtia_queue_destroy.
 * @file: Open file.
 *
 * Return: 0 or a negative error code.
 */
int mtia_queue_destroy_ioctl(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct mtia_file *mfile = file->driver_priv;
	struct drm_mtia_queue_destroy *args = data;
	struct mtia_queue *queue;

	if (args->pad)
		return -EINVAL;

	queue = xa_erase(&mfile->queues, args->queue_id);
	if (!queue)
		return -ENOENT;

	mtia_queue_close(queue);

	return 0;
}

/**
 * mtia_queue_get_state_ioctl() - DRM_IOCTL_MTIA_QUEUE_GET_STATE.
 * @drm: DRM device.
 * @data: &struct drm_mtia_queue_get_state.
 * @file: Open file.
 *
 * Return: 0 or a negative error code.
 */
int mtia_queue_get_state_ioctl(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct mtia_device *mdev = to_mtia_device(drm);
	struct drm_mtia_queue_get_state *args = data;
	struct mtia_queue_fault fault;
	struct mtia_queue *queue;
	unsigned long flags;
	int idx;

	if (args->flags)
		return -EINVAL;

	queue = mtia_queue_lookup(file, args->queue_id);
	if (!queue)
		return -ENOENT;

	/* The fault message was sent before the completion but may wait for another vector. */
	if (drm_dev_enter(drm, &idx)) {
		mtia_mbox_drain(mdev);
		drm_dev_exit(idx);
	}

	spin_lock_irqsave(&queue->timeline->lock, flags);
	args->state = mtia_queue_closed_locked(queue) ? DRM_MTIA_STATE_BANNED : DRM_MTIA_STATE_OK;
	args->reason = queue->reason;
	args->flags = queue->flags;
	fault = queue->fault;
	spin_unlock_irqrestore(&queue->timeline->lock, flags);

	args->fault_va = fault.va;
	args->fault_seqno = fault.seqno;
	args->fault_pc = fault.pc;
	args->fault_pe = fault.seqno ? fault.pe : 0xff;
	args->fault_packet = fault.packet;
	args->fault_status = fault.status;
	args->fault_cause = fault.cause;
	args->reset_epoch = atomic64_read(&mdev->reset.epoch);
	mtia_queue_put(queue);

	return 0;
}
