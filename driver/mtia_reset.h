/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef MTIA_RESET_H
#define MTIA_RESET_H

#include <linux/workqueue.h>

struct mtia_device;

/**
 * struct mtia_reset - Recovery.
 */
struct mtia_reset {
	/**
	 * @wq: Runs time limits of jobs, kills of faulted queues and @dead_work, one at a time, so
	 * that they need no lock among each other. In the fence-signalling path.
	 */
	struct workqueue_struct *wq;
	/** @dead_work: Ends all jobs after the device was declared dead. */
	struct work_struct dead_work;
	/** @dead_reason: Why, a string constant. */
	const char *dead_reason;
	/** @epoch: Times that work was lost in a reset since probe. */
	atomic64_t epoch;
};

int mtia_reset_init(struct mtia_device *mdev);
void mtia_reset_wait_dead(struct mtia_device *mdev);
void mtia_reset_declare_dead(struct mtia_device *mdev, const char *reason);

#endif /* MTIA_RESET_H */
