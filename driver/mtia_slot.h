/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef MTIA_SLOT_H
#define MTIA_SLOT_H

#include <linux/dma-fence.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/workqueue.h>

#include <drm/mtia_accel.h>

struct mtia_device;
struct mtia_mmu;
struct mtia_queue;

/**
 * struct mtia_slots - Who has a queue slot of the chip, and who an ASID.
 */
struct mtia_slots {
	/** @lock: Guards who has what, and the next three; held over calls to the firmware. */
	struct mutex lock;
	/** @free_queues: Free queue slots, a bit each; never slot 0. */
	u64 free_queues;
	/** @free_asids: Free ASIDs, a bit each; never ASID 0. */
	u64 free_asids;
	/** @idle_mmus: Address spaces with an ASID and no queue in a slot, longest so first. */
	struct list_head idle_mmus;

	/** @wq: Runs @work. In the fence-signalling path. */
	struct workqueue_struct *wq;
	/** @work: Gives slots to those who wait. */
	struct work_struct work;

	/** @state_lock: Guards what follows and all &struct mtia_turn; lock of their fences. */
	spinlock_t state_lock;
	/** @queues: Queues in slots, the one whose last job is longest ago first. */
	struct list_head queues;
	/** @waiting: Queues with a job that waits for its turn, by priority, longest so first. */
	struct list_head waiting[DRM_MTIA_PRIORITY_REALTIME + 1];
	/** @num_waiting: How many; also read without the lock. */
	u32 num_waiting;
	/** @num_yielding: Those of them that have a slot still. */
	u32 num_yielding;
	/** @passed: Turns in a row that were given past one who waits longer. */
	u32 passed;
	/** @recheck: Somebody who waits may not have to any more. */
	bool recheck;
};

/**
 * struct mtia_turn - A queue's turn in a slot, or its wait for one.
 */
struct mtia_turn {
	/** @node: Among the queues in slots. */
	struct list_head node;
	/** @wait_node: Among those that wait; empty if it does not. */
	struct list_head wait_node;
	/** @fence: Signalled at the end of a wait; the scheduler has the only reference. */
	struct dma_fence fence;
	/** @context: Context of the fence. */
	u64 context;
	/** @waits: Waits so far, the fence's number. */
	u64 waits;
	/** @since: When the turn, or the wait, began, in jiffies. */
	unsigned long since;
	/** @used: When the last job was started, in jiffies. */
	unsigned long used;
	/** @jobs: Jobs that were started in this turn. */
	u32 jobs;
	/** @open: Jobs may be started. */
	bool open;
	/** @starting: A job is about to go to the hardware. */
	bool starting;
	/** @yields: It waits, in a slot. */
	bool yields;
};

int mtia_slots_init(struct mtia_device *mdev);
void mtia_slots_recheck(struct mtia_device *mdev);
void mtia_slot_init(struct mtia_queue *queue);
struct dma_fence *mtia_slot_prepare(struct mtia_queue *queue);
void mtia_slot_started(struct mtia_queue *queue);
void mtia_slot_ran_dry(struct mtia_queue *queue);
int mtia_slot_leave(struct mtia_queue *queue);
int mtia_slot_leave_mmu(struct mtia_mmu *mmu);

#endif /* MTIA_SLOT_H */
