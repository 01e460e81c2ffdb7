/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef MTIA_RESET_H
#define MTIA_RESET_H

#include <linux/rwsem.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "mtia/regs.h"

struct mtia_device;
struct mtia_queue;

/**
 * enum mtia_reset_tier - What a reset resets; a higher one includes the lower ones.
 *
 * Tiers 0 to 2 (a job's error, a queue's kill, the reset of its PEs) are not resets of the device:
 * the firmware does them, see mtia_job.c.
 */
enum mtia_reset_tier {
	/** @MTIA_RESET_NONE: Nothing is wanted. */
	MTIA_RESET_NONE = 0,
	/** @MTIA_RESET_CORE: Control core, PEs and DMA channels; memory keeps its contents. */
	MTIA_RESET_CORE = 3,
	/** @MTIA_RESET_DEVICE: All of the function; memory loses its contents. */
	MTIA_RESET_DEVICE = 4,
	/** @MTIA_RESET_WEDGE: Nothing helps: out of service until it is bound again. */
	MTIA_RESET_WEDGE = 5,
};

/**
 * struct mtia_reset - Recovery.
 */
struct mtia_reset {
	/**
	 * @wq: Runs time limits of jobs, kills of faulted queues, the firmware's watchdog and
	 * @work, one at a time, so that they need no lock among each other. In the fence-signalling
	 * path.
	 */
	struct workqueue_struct *wq;
	/** @work: Does what is @wanted. */
	struct work_struct work;
	/**
	 * @rwsem: Read by whoever talks to the firmware, with what the driver notes down about it,
	 * or accesses device memory; written by a reset, which finds both in step.
	 */
	struct rw_semaphore rwsem;
	/** @wanted: enum mtia_reset_tier, the highest one asked for. */
	atomic_t wanted;
	/** @reason: Why the first one of them was asked for, a string constant. */
	const char *reason;
	/** @done: Woken when a reset is over. */
	wait_queue_head_t done;
	/** @epoch: Times that work was lost in a reset since probe. */
	atomic64_t epoch;
	/** @losses: Times that device memory lost its contents since probe. */
	atomic_t losses;
	/** @quiet: Schedulers and chip stand still; @rwsem, as all that follows. */
	bool quiet;
	/** @taken: By somebody else than @work, between mtia_reset_take() and mtia_reset_give(). */
	bool taken;
	/** @taken_at: Since when, in jiffies. */
	unsigned long taken_at;
	/** @fresh: The function was reset by somebody else; its configuration is as it was. */
	bool fresh;
	/** @paused: The device sleeps, or is about to: schedulers stay parked after a reset. */
	bool paused;
	/** @saved: Nothing is in device memory whose loss would matter. */
	bool saved;
	/** @parked: Queues (referenced) whose schedulers stand still, during a reset. */
	struct mtia_queue *parked[MTIA_MAX_QUEUES];
};

int mtia_reset_init(struct mtia_device *mdev);
void mtia_reset_request(struct mtia_device *mdev, enum mtia_reset_tier tier, const char *reason);
void mtia_reset_wait(struct mtia_device *mdev);
bool mtia_reset_take(struct mtia_device *mdev, const char *reason);
void mtia_reset_give(struct mtia_device *mdev, enum mtia_reset_tier tier);
int mtia_reset_pause(struct mtia_device *mdev, bool saved);
void mtia_reset_continue(struct mtia_device *mdev);
void mtia_reset_watch(struct mtia_device *mdev);
int mtia_reset_after(struct mtia_device *mdev, int error, const char *what);

#endif /* MTIA_RESET_H */
