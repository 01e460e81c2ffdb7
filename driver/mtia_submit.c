// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * QUEUE_SUBMIT.
 *
 * All jobs of a call or none: whatever can fail is done for all of them before the first one is
 * armed, and nothing after that can fail.
 */
#include <drm/drm_drv.h>
#include <drm/drm_exec.h>
#include <linux/overflow.h>

#include "mtia/cmd.h"

#include "mtia_compat.h"
#include "mtia_device.h"
#include "mtia_job.h"
#include "mtia_queue.h"
#include "mtia_sync.h"
#include "mtia_uobj.h"
#include "mtia_vm.h"

/**
 * struct mtia_submit_job - What a call collects for a job.
 */
struct mtia_submit_job {
	/** @job: Job. */
	struct mtia_job *job;
	/** @syncs: Its syncs. */
	struct mtia_syncs syncs;
};

/**
 * struct mtia_submit - What a call collects.
 */
struct mtia_submit {
	/** @file: Open file. */
	struct drm_file *file;
	/** @queue: Queue (referenced). */
	struct mtia_queue *queue;
	/** @jobs: Jobs; those from @num_jobs on do not exist yet. */
	struct mtia_submit_job *jobs;
	/** @num_jobs: Jobs that exist. */
	u32 num_jobs;
	/** @num_syncs: Syncs of all of them, which bounds a call's memory. */
	u64 num_syncs;
};

static int mtia_submit_check(const struct drm_mtia_job *args, struct mtia_vm *vm)
{
	if (args->flags)
		return -EINVAL;
	/* Only the syncs. */
	if (!args->cmd_size)
		return args->cmd_va ? -EINVAL : 0;
	if (!IS_ALIGNED(args->cmd_va, MTIA_CMD_ALIGN) ||
	    !IS_ALIGNED(args->cmd_size, MTIA_CMD_ALIGN) ||
	    args->cmd_size < sizeof(struct mtia_cmd_header))
		return -EINVAL;
	if (args->cmd_size > MTIA_CMD_MAX_SIZE)
		return -E2BIG;
	if (!drm_gpuvm_range_valid(&vm->base, args->cmd_va, args->cmd_size))
		return -EINVAL;

	return 0;
}

/* Makes the job; on error there is none. */
static int mtia_submit_add_job(struct mtia_submit *submit, const struct drm_mtia_job *args)
{
	struct mtia_submit_job *this = &submit->jobs[submit->num_jobs];
	struct mtia_queue *queue = submit->queue;
	struct mtia_job *job;
	int err;

	err = mtia_submit_check(args, queue->vm);
	if (err)
		return err;

	submit->num_syncs += args->syncs.count;
	if (submit->num_syncs > DRM_MTIA_MAX_ARRAY)
		return -E2BIG;
	err = mtia_sync_init(submit->file, &args->syncs,
			     submit->num_jobs ? &this[-1].syncs : NULL, &this->syncs);
	if (err)
		return err;

	job = kzalloc(sizeof(*job), GFP_KERNEL_ACCOUNT);
	if (!job) {
		err = -ENOMEM;
		goto err_fini_syncs;
	}
	job->cmd_va = args->cmd_va;
	job->cmd_size = args->cmd_size;
	job->fence = mtia_fence_alloc(queue->timeline);
	if (!job->fence) {
		err = -ENOMEM;
		goto err_free_job;
	}

	err = drm_sched_job_init(&job->base, &queue->entity, 1, submit->file,
				 submit->file->client_id);
	if (err)
		goto err_free_fence;

	err = mtia_sync_add_deps(submit->file, &this->syncs, &job->base);
	if (err)
		goto err_cleanup_job;

	kref_get(&queue->ref);
	job->queue = queue;
	this->job = job;
	submit->num_jobs++;

	return 0;

err_cleanup_job:
	drm_sched_job_cleanup(&job->base);
err_free_fence:
	mtia_fence_free_unused(job->fence);
err_free_job:
	kfree(job);
err_fini_syncs:
	mtia_sync_fini(&this->syncs);
	return err;
}

/* The point of no return for all jobs. */
static void mtia_submit_push(struct mtia_submit *submit, struct drm_gpuvm_exec *exec)
{
	u32 i;

	for (i = 0; i < submit->num_jobs; i++) {
		struct mtia_job *job = submit->jobs[i].job;
		struct dma_fence *fence;

		job->generation = READ_ONCE(submit->queue->generation);
		job->cpu = raw_smp_processor_id();
		mtia_room_hold(submit->queue->mdev);
		mtia_pm_hold(submit->queue->mdev);
		drm_sched_job_arm(&job->base);
		fence = dma_fence_get(&job->base.s_fence->finished);
		/* Fences of a queue signal in order, so the last one stands for all. */
		if (i == submit->num_jobs - 1)
			drm_gpuvm_exec_resv_add_fence(exec, fence, DMA_RESV_USAGE_BOOKKEEP,
						      DMA_RESV_USAGE_WRITE);
		drm_sched_entity_push_job(&job->base);
		mtia_sync_publish(&submit->jobs[i].syncs, fence);
		dma_fence_put(fence);
	}
}

static int mtia_submit_run(struct mtia_submit *submit)
{
	struct mtia_queue *queue = submit->queue;
	struct drm_gpuvm_exec exec = {
		.vm = &queue->vm->base,
		.flags = DRM_EXEC_INTERRUPTIBLE_WAIT,
		.num_fences = 1,
	};
	int idx, err;

	if (!mtia_pm_enter(queue->mdev, &idx))
		return -ENODEV;
	err = mutex_lock_interruptible(&queue->submit_lock);
	if (err)
		goto out;

	/* A ban after this is seen by the jobs when they run. */
	err = mtia_queue_status(queue);
	if (!err)
		err = mtia_vm_lock_for_jobs(queue->vm, &exec);
	if (!err) {
		/* Jobs of a queue run in order, so the first one waits for all. */
		err = mtia_vm_add_implicit_deps(queue->vm, &submit->jobs[0].job->base);
		if (!err)
			mtia_submit_push(submit, &exec);
		drm_gpuvm_exec_unlock(&exec);
	}
	mutex_unlock(&queue->submit_lock);
out:
	mtia_pm_exit(queue->mdev, idx);

	return err;
}

static void mtia_submit_free_jobs(struct mtia_submit *submit)
{
	u32 i;

	for (i = 0; i < submit->num_jobs; i++) {
		struct mtia_job *job = submit->jobs[i].job;

		drm_sched_job_cleanup(&job->base);
		mtia_fence_free_unused(job->fence);
		mtia_queue_put(job->queue);
		kfree(job);
	}
}

static int mtia_submit(struct mtia_submit *submit, const struct drm_mtia_obj_array *in)
{
	u32 i;
	int err;

	err = MTIA_UOBJ_CHECK(in, struct drm_mtia_job, syncs);
	if (err)
		return err;
	if (!in->count)
		return -EINVAL;

	submit->jobs = kvcalloc(in->count, sizeof(*submit->jobs), GFP_KERNEL_ACCOUNT);
	if (!submit->jobs)
		return -ENOMEM;

	for (i = 0; i < in->count && !err; i++) {
		struct drm_mtia_job args;

		err = mtia_uobj_get(in, i, &args, sizeof(args));
		if (!err)
			err = mtia_submit_add_job(submit, &args);
	}
	if (!err)
		err = mtia_submit_run(submit);
	if (err)
		mtia_submit_free_jobs(submit);

	for (i = 0; i < submit->num_jobs; i++)
		mtia_sync_fini(&submit->jobs[i].syncs);
	kvfree(submit->jobs);

	return err;
}

/**
 * mtia_queue_submit_ioctl() - DRM_IOCTL_MTIA_QUEUE_SUBMIT.
 * @drm: DRM device.
 * @data: &struct drm_mtia_queue_submit.
 * @file: Open file.
 *
 * Return: 0 or a negative error code; on error no job was queued.
 */
int mtia_queue_submit_ioctl(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct drm_mtia_queue_submit *args = data;
	struct mtia_submit submit = { .file = file };
	int err;

	if (args->flags)
		return -EINVAL;

	submit.queue = mtia_queue_lookup(file, args->queue_id);
	if (!submit.queue)
		return -ENOENT;

	err = mtia_submit(&submit, &args->jobs);
	mtia_queue_put(submit.queue);

	return err;
}
