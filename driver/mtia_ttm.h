/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef MTIA_TTM_H
#define MTIA_TTM_H

#include <drm/ttm/ttm_placement.h>
#include <linux/atomic.h>
#include <linux/mutex.h>
#include <linux/types.h>
#include <linux/wait.h>

struct mtia_bo;
struct mtia_device;

#define MTIA_PL_VRAM TTM_PL_VRAM
#define MTIA_PL_TT TTM_PL_TT
#define MTIA_PL_SRAM TTM_PL_PRIV

/**
 * struct mtia_room - Who keeps memory from being evicted.
 */
struct mtia_room {
	/** @queue: Woken when @changes changes. */
	wait_queue_head_t queue;
	/** @holders: Jobs that are submitted; moves under way, which keep their object locked. */
	atomic_t holders;
	/** @changes: How often one of them has ended so far; wraps. */
	atomic_t changes;
	/** @turn: One at a time waits for memory and takes what others leave. */
	struct mutex turn;
};

/**
 * struct mtia_room_wait - One caller's attempts to get memory.
 */
struct mtia_room_wait {
	/** @deadline: When to give up, in jiffies. */
	unsigned long deadline;
	/** @changes: &struct mtia_room.changes before the attempt. */
	int changes;
	/** @alone: Attempts that failed with nobody to wait for. */
	u32 alone;
	/** @my_turn: &struct mtia_room.turn is held. */
	bool my_turn;
};

void mtia_room_begin(struct mtia_device *mdev, struct mtia_room_wait *wait);
bool mtia_room_retry(struct mtia_device *mdev, struct mtia_room_wait *wait, int *err);
void mtia_room_hold(struct mtia_device *mdev);
void mtia_room_release(struct mtia_device *mdev);

void mtia_ttm_share(struct mtia_bo *bo);
int mtia_ttm_init(struct mtia_device *mdev);
void mtia_ttm_unplug(struct mtia_device *mdev);

#endif /* MTIA_TTM_H */
