/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef MTIA_JOB_H
#define MTIA_JOB_H

#include <linux/types.h>

#include <drm/gpu_scheduler.h>

#include "mtia/fw_abi.h"

struct mtia_device;
struct mtia_fence;
struct mtia_queue;
struct mtia_vm;

/**
 * struct mtia_job - A job.
 */
struct mtia_job {
	/** @base: Scheduler's part. */
	struct drm_sched_job base;
	/** @queue: Queue (referenced). */
	struct mtia_queue *queue;
	/** @fence: Fence of the hardware. */
	struct mtia_fence *fence;
	/** @emitted: @fence is initialised. */
	bool emitted;
	/** @generation: The queue's when it was submitted. */
	u32 generation;
	/** @cpu: Where it was submitted. */
	unsigned int cpu;
	/** @cmd_va: Command buffer, 0 for none. */
	u64 cmd_va;
	/** @cmd_size: Its size in bytes. */
	u32 cmd_size;
};

extern const struct drm_sched_backend_ops mtia_job_sched_ops;

bool mtia_job_complete(struct mtia_queue *queue, const struct mtia_cqe *cqe);
bool mtia_job_fault(struct mtia_device *mdev, const struct mtia_d2h_msg *msg);
int mtia_job_kill(struct mtia_queue *queue, enum mtia_job_status status);
void mtia_job_kill_work(struct work_struct *work);
void mtia_job_end(struct mtia_queue *queue, int error);
void mtia_job_ban_vm(struct mtia_vm *vm, u32 reason);
void mtia_job_wait_idle(struct mtia_queue *queue);
void mtia_job_lose(struct mtia_queue *queue);
void mtia_job_end_all(struct mtia_device *mdev, int error, u32 reason);

#endif /* MTIA_JOB_H */
