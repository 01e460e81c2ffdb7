/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef MTIA_QUEUE_H
#define MTIA_QUEUE_H

#include <linux/timer.h>
#include <linux/workqueue.h>

#include <drm/gpu_scheduler.h>
#include <drm/mtia_accel.h>

#include "mtia_fence.h"
#include "mtia_slot.h"
#include "mtia_vram.h"

struct drm_file;
struct mtia_client;
struct mtia_cq;
struct mtia_device;
struct mtia_vm;

#define MTIA_QUEUE_MIN_JOBS 2
#define MTIA_QUEUE_MAX_JOBS 1024
#define MTIA_QUEUE_DEFAULT_JOBS 64
/* A fence must signal within bounded time; others can be waiting for it. */
#define MTIA_QUEUE_DEFAULT_TIMEOUT_MS 5000
#define MTIA_QUEUE_MAX_TIMEOUT_MS 9900

/**
 * struct mtia_queue_fault - What is known about the job that failed last.
 */
struct mtia_queue_fault {
	/** @seqno: Number of the job, 0 when none failed. */
	u64 seqno;
	/** @va: Faulting VA or trap value. */
	u64 va;
	/** @pc: Program counter of the core that stopped. */
	u64 pc;
	/** @cycle: Device cycle at which the PE stopped, 0 for no PE's fault. */
	u64 cycle;
	/** @pe: Row | column << 8 | core << 16; 0xff as row for no PE. */
	u32 pe;
	/** @packet: Index of the packet in the command buffer. */
	u32 packet;
	/** @cause: enum mtia_fault_reason | access << 8 | mcause << 16. */
	u32 cause;
	/** @status: enum mtia_job_status. */
	u32 status;
};

/**
 * struct mtia_queue - A queue of jobs.
 *
 * References are held by the file, by jobs and by lookups. The hardware side (slot, ring) ends when
 * the file gives the queue up; the software side ends with the last job.
 */
struct mtia_queue {
	/** @ref: References. */
	struct kref ref;
	/** @mdev: Device (DRM device referenced). */
	struct mtia_device *mdev;
	/** @vm: Address space (referenced; this is one of its queues until closed). */
	struct mtia_vm *vm;
	/** @client: Statistics (referenced). */
	struct mtia_client *client;
	/** @number: Its name, whatever slot it has; unique on the device. */
	u64 number;
	/**
	 * @slot: Hardware slot, 0 for none; changed under mtia_slots.lock and .state_lock, and
	 * taken away under @kill_lock.
	 */
	u32 slot;
	/** @turn: Its turn in a slot, or its wait for one. */
	struct mtia_turn turn;
	/** @all_node: Among the device's queues. */
	struct list_head all_node;
	/** @num_jobs: Ring slots, power of two. */
	u32 num_jobs;
	/** @timeout: Time limit of a job in jiffies. */
	long timeout;
	/** @ring: Submission ring. */
	struct mtia_vram_range ring;
	/** @shape: Priority | rows << 8 | columns << 16, as the firmware wants it. */
	u32 shape;
	/** @cq: Completion ring of the jobs that are in the hardware. */
	struct mtia_cq *cq;
	/** @entity: The only entity of the queue's scheduler. */
	struct drm_sched_entity entity;
	/** @submit_lock: Makes the order of arming jobs the order of pushing them. */
	struct mutex submit_lock;
	/** @kill_lock: One kill at a time. */
	struct mutex kill_lock;
	/** @in_hw: The firmware is to have the queue; changed under @reset.rwsem. */
	bool in_hw;
	/** @kill_work: Kills the queue after a fault; on the reset workqueue. */
	struct work_struct kill_work;
	/** @release_work: Frees the queue; the last reference can go in a scheduler's work. */
	struct work_struct release_work;

	/** @timeline: Scheduler and fences; its lock guards everything below. */
	struct mtia_timeline *timeline;
	/** @jobs: Fences of jobs under way (referenced), by sequence number modulo @num_jobs. */
	struct mtia_fence **jobs;
	/** @emitted: Jobs that went to the hardware; the last one's sequence number. */
	u64 emitted;
	/** @completed: Jobs whose fence was signalled. */
	u64 completed;
	/**
	 * @hw_base: Jobs that went to the hardware before the firmware was told of the queue last;
	 * it counts from there.
	 */
	u64 hw_base;
	/** @generation: Resets that lost jobs of the queue; jobs of an older one are cancelled. */
	u32 generation;
	/** @limit_timer: For the time limit of the oldest job under way, see mtia_limit.c. */
	struct timer_list limit_timer;
	/** @head_since: When the oldest job under way became the oldest, in jiffies. */
	unsigned long head_since;
	/** @head_put_off: By how much its time limit was put off, in jiffies. */
	unsigned long head_put_off;
	/** @head_waited: The waits that it was put off for, in cycles. */
	u64 head_waited;
	/** @bad_before: &struct mtia_cq.bad at that time. */
	u64 bad_before;
	/** @banned: Takes no more jobs. */
	bool banned;
	/** @reason: enum drm_mtia_queue_reason: why it was banned, or lost jobs in a reset. */
	u32 reason;
	/** @flags: enum drm_mtia_queue_state_flags. */
	u32 flags;
	/** @closed: Given up by its file. */
	bool closed;
	/** @dumped: A core dump was asked for. */
	bool dumped;
	/** @ended: All jobs were ended and no further one goes to the hardware. */
	bool ended;
	/** @end_error: Error for jobs that come after the end. */
	int end_error;
	/** @fault: The job that failed last. */
	struct mtia_queue_fault fault;
};

int mtia_queue_module_init(void);
void mtia_queue_module_exit(void);
void mtia_queue_flush(struct mtia_device *mdev);
void mtia_queue_release_later(struct work_struct *work);

struct mtia_queue *mtia_queue_lookup(struct drm_file *file, u32 id);
struct mtia_queue *mtia_queue_get_slot(struct mtia_device *mdev, u32 slot);
struct mtia_queue *mtia_queue_get_next(struct mtia_device *mdev, struct mtia_queue *queue);
int mtia_queue_recreate(struct mtia_queue *queue);
void mtia_queue_put(struct mtia_queue *queue);
int mtia_queue_status(struct mtia_queue *queue);
void mtia_queue_close(struct mtia_queue *queue);

/**
 * mtia_queue_refuses_locked() - Whether a queue is banned or closed.
 * @queue: Queue; its timeline's lock is held.
 *
 * Return: true if it takes no more jobs.
 */
static inline bool mtia_queue_refuses_locked(struct mtia_queue *queue)
{
	lockdep_assert_held(&queue->timeline->lock);

	return queue->banned || queue->closed;
}

int mtia_queue_create_ioctl(struct drm_device *drm, void *data, struct drm_file *file);
int mtia_queue_destroy_ioctl(struct drm_device *drm, void *data, struct drm_file *file);
int mtia_queue_get_state_ioctl(struct drm_device *drm, void *data, struct drm_file *file);
int mtia_queue_submit_ioctl(struct drm_device *drm, void *data, struct drm_file *file);

#endif /* MTIA_QUEUE_H */
