// SPDX-License-Identifier: GPL-2.0 OR MIT
/**
 * DOC: Queues
 *
 * A queue is a ring in LPDDR that the firmware schedules, and one scheduler with one entity in
 * front of it which holds jobs back until what they wait for is done and a ring slot is free
 * (credits). Sharing the chip among queues is the firmware's task; a scheduler for all queues would
 * make one queue's full ring everybody's.
 */
#include <drm/drm_drv.h>
#include <linux/log2.h>

#include "mtia_device.h"
#include "mtia_job.h"
#include "mtia_limit.h"
#include "mtia_queue.h"
#include "mtia_trace.h"
#include "mtia_vm.h"

/* Frees queues, binds and VMs of all devices; they can outlive their device. */
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
 * mtia_queue_release_later() - Free something outside of a scheduler's works.
 * @work: Work that frees.
 *
 * Context: any.
 */
void mtia_queue_release_later(struct work_struct *work)
{
	queue_work(mtia_queue_release_wq, work);
}

/**
 * mtia_queue_flush() - Wait until queues and binds that can be freed are.
 * @mdev: Device.
 *
 * For the end of a file: nothing of it pins the module then, unless others hold its fences or jobs
 * still wait for others.
 */
void mtia_queue_flush(struct mtia_device *mdev)
{
	flush_workqueue(mdev->submit_wq);
	flush_workqueue(mdev->bind_wq);
	flush_workqueue(mtia_queue_release_wq);
	/* With the last bind a VM can go. */
	flush_workqueue(mtia_queue_release_wq);
}

/* Takes the queue from the firmware; its ring can be used again afterwards. */
static void mtia_queue_leave_hw(struct mtia_queue *queue)
{
	int err = mtia_slot_leave(queue);

	if (err)
		mtia_reset_after(queue->mdev, err, "firmware did not destroy a queue");
}

/* Makes the queue one of the device's, or makes it one no more. */
static void mtia_queue_list(struct mtia_queue *queue, bool add)
{
	struct mtia_device *mdev = queue->mdev;
	unsigned long flags;

	write_lock_irqsave(&mdev->queues_lock, flags);
	if (add)
		list_add_tail(&queue->all_node, &mdev->all_queues);
	else
		list_del(&queue->all_node);
	write_unlock_irqrestore(&mdev->queues_lock, flags);
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
	struct mtia_device *mdev = queue->mdev;
	unsigned long flags;
	bool in_device;
	int idx;

	in_device = mtia_pm_enter(mdev, &idx);
	spin_lock_irqsave(&queue->timeline->lock, flags);
	queue->closed = true;
	spin_unlock_irqrestore(&queue->timeline->lock, flags);

	if (mtia_job_kill(queue, MTIA_JOB_KILLED)) {
		/* The chip has let go of its jobs when that is over. */
		mtia_reset_wait(mdev);
		mtia_job_end(queue, -ECANCELED);
	}
	mtia_queue_leave_hw(queue);
	mtia_vram_free_range(mdev, &queue->ring);
	mtia_vm_remove_queue(queue->vm);
	mtia_queue_put(queue);
	if (in_device)
		mtia_pm_exit(mdev, idx);
}

static void mtia_queue_release_work(struct work_struct *work)
{
	struct mtia_queue *queue = container_of(work, struct mtia_queue, release_work);
	struct mtia_timeline *timeline = queue->timeline;
	struct mtia_device *mdev = queue->mdev;

	mtia_queue_list(queue, false);
	drm_sched_entity_destroy(&queue->entity);
	mtia_limit_fini(queue);
	drm_sched_fini(&timeline->sched);

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

	mtia_queue_release_later(&queue->release_work);
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
 * mtia_queue_get_slot() - Find the queue in a hardware slot.
 * @mdev: Device.
 * @slot: Slot.
 *
 * Return: the queue with a reference, or NULL.
 */
struct mtia_queue *mtia_queue_get_slot(struct mtia_device *mdev, u32 slot)
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
 * mtia_queue_get_next() - Go through all queues of a device.
 * @mdev: Device.
 * @queue: Queue from the previous call, whose reference is dropped; NULL to begin.
 *
 * Return: the next queue with a reference, or NULL at the end.
 */
struct mtia_queue *mtia_queue_get_next(struct mtia_device *mdev, struct mtia_queue *queue)
{
	struct mtia_queue *next = queue;
	unsigned long flags;

	read_lock_irqsave(&mdev->queues_lock, flags);
	/* With a reference it is still in the list. */
	next = list_prepare_entry(queue, &mdev->all_queues, all_node);
	list_for_each_entry_continue(next, &mdev->all_queues, all_node) {
		if (kref_get_unless_zero(&next->ref))
			break;
	}
	if (list_entry_is_head(next, &mdev->all_queues, all_node))
		next = NULL;
	read_unlock_irqrestore(&mdev->queues_lock, flags);
	if (queue)
		mtia_queue_put(queue);

	return next;
}

/**
 * mtia_queue_status() - Whether a queue takes jobs.
 * @queue: Queue.
 *
 * Return: 0, -ECANCELED when it or its VM is banned or closed, -EIO or -ENODEV for the device.
 */
int mtia_queue_status(struct mtia_queue *queue)
{
	int err = mtia_device_status(queue->mdev);
	unsigned long flags;

	if (err)
		return err;
	if (mtia_vm_status(queue->vm))
		return -ECANCELED;

	spin_lock_irqsave(&queue->timeline->lock, flags);
	err = mtia_queue_refuses_locked(queue) ? -ECANCELED : 0;
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
	struct drm_gpu_scheduler *scheds[] = { &queue->timeline->sched };
	const struct drm_sched_init_args args = {
		.ops = &mtia_job_sched_ops,
		.submit_wq = mdev->submit_wq,
		.timeout_wq = mdev->reset.wq,
		.num_rqs = 1,
		.credit_limit = queue->num_jobs,
		/* Time limits are kept in mtia_limit.c. */
		.timeout = MAX_SCHEDULE_TIMEOUT,
		.name = queue->timeline->name,
		.dev = mdev->drm.dev,
	};
	int err;

	err = drm_sched_init(&queue->timeline->sched, &args);
	if (err)
		return err;

	/* The highest level is the only run queue there is. */
	err = drm_sched_entity_init(&queue->entity, DRM_SCHED_PRIORITY_KERNEL, scheds, 1, NULL);
	if (err)
		drm_sched_fini(&queue->timeline->sched);

	return err;
}

/**
 * mtia_queue_recreate() - Make a queue known to the firmware, with nothing in it.
 * @queue: Queue; no job of it is in the hardware, and its scheduler brings none.
 *
 * Context: inside drm_dev_enter(), with @reset.rwsem held. Neither allocates nor waits for others.
 * Return: 0, also for one that has left the hardware, or the error of the call.
 */
int mtia_queue_recreate(struct mtia_queue *queue)
{
	const u64 args[] = {
		queue->slot,
		mtia_vm_asid(queue->vm),
		queue->ring.offset,
		queue->num_jobs,
		queue->cq->id,
		queue->shape,
	};
	struct mtia_device *mdev = queue->mdev;

	if (!queue->in_hw)
		return 0;
	memset_io(mdev->mem + queue->ring.offset, 0, queue->num_jobs * sizeof(struct mtia_desc));

	return mtia_mbox_call(mdev, MTIA_H2D_QUEUE_CREATE, args, ARRAY_SIZE(args), NULL);
}

/* Return: the queue with one reference, or an error pointer. */
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
	queue->number = atomic64_inc_return(&mdev->last_queue);
	mtia_slot_init(queue);
	mtia_limit_init(queue);
	queue->num_jobs = args->max_jobs ?: MTIA_QUEUE_DEFAULT_JOBS;
	queue->shape = args->priority | (args->pe_rows ?: mdev->hw.rows) << 8 |
		       (args->pe_cols ?: mdev->hw.cols) << 16;
	queue->timeout = msecs_to_jiffies(min(timeout_ms, MTIA_QUEUE_MAX_TIMEOUT_MS));
	mutex_init(&queue->submit_lock);
	mutex_init(&queue->kill_lock);
	INIT_WORK(&queue->kill_work, mtia_job_kill_work);
	INIT_WORK(&queue->release_work, mtia_queue_release_work);

	queue->jobs = kvcalloc(queue->num_jobs, sizeof(*queue->jobs), GFP_KERNEL_ACCOUNT);
	if (!queue->jobs) {
		err = -ENOMEM;
		goto err_free;
	}

	err = mtia_vram_alloc_range(mdev, max_t(u64, queue->num_jobs * sizeof(struct mtia_desc),
						SZ_4K), &queue->ring);
	if (err)
		goto err_free;

	queue->timeline = mtia_timeline_create("mtia-client%llu-queue%llu", file->client_id,
					       queue->number);
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
	mtia_queue_list(queue, true);

	return queue;

err_fini_sched:
	drm_sched_entity_destroy(&queue->entity);
	drm_sched_fini(&queue->timeline->sched);
err_put_timeline:
	mtia_timeline_put(queue->timeline);
err_free_ring:
	mtia_vram_free_range(mdev, &queue->ring);
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

	if (mtia_vm_is_lost(vm)) {
		queue = ERR_PTR(-ECANCELED);
	} else if (mtia_pm_enter(mdev, &idx)) {
		queue = mtia_queue_create(mdev, file, vm, args);
		mtia_pm_exit(mdev, idx);
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
	if (mtia_pm_enter_if_awake(mdev, &idx)) {
		mtia_mbox_drain(mdev);
		mtia_pm_exit_if_awake(mdev, idx);
	}

	/* A reset looks at queues in slots only. */
	if (mtia_vm_is_lost(queue->vm))
		mtia_job_ban_vm(queue->vm, DRM_MTIA_REASON_VRAM_LOST);

	spin_lock_irqsave(&queue->timeline->lock, flags);
	args->state = mtia_queue_refuses_locked(queue) ? DRM_MTIA_STATE_BANNED : DRM_MTIA_STATE_OK;
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
	args->fault_cycle = fault.cycle;
	args->reset_epoch = atomic64_read(&mdev->reset.epoch);
	mtia_queue_put(queue);

	return 0;
}
