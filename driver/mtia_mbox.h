/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef MTIA_MBOX_H
#define MTIA_MBOX_H

#include <linux/completion.h>
#include <linux/spinlock.h>
#include <linux/wait.h>

#include "mtia/fw_abi.h"

struct mtia_device;

/*
 * Messages that can wait for their reply at once. Below both rings' sizes, so neither overflows:
 * a reply frees its request's slot in one ring and was the only thing that used the other.
 */
#define MTIA_MBOX_CALLS 16

/* Error of a call that a reset cut short, or that came after the reset was asked for. */
#define MTIA_MBOX_CUT ESHUTDOWN

/**
 * struct mtia_mbox_call - A message that waits for its reply.
 */
struct mtia_mbox_call {
	/** @done: Reply is here, or will never come. */
	struct completion done;
	/** @seq: Sequence number; 0 when the slot is free. */
	u32 seq;
	/** @type: MTIA_H2D_* of the request. */
	u32 type;
	/** @status: Result. */
	int status;
	/** @arg0: First argument of the reply. */
	u64 arg0;
};

/**
 * struct mtia_mbox - Messages to and from the control firmware.
 */
struct mtia_mbox {
	/** @lock: Guards the calls, @tail, @next_seq and @error. */
	spinlock_t lock;
	/** @calls: Messages under way. */
	struct mtia_mbox_call calls[MTIA_MBOX_CALLS];
	/** @free_wq: Wakes callers that found all slots of @calls taken. */
	wait_queue_head_t free_wq;
	/** @tail: Messages written to the host-to-device ring since boot. */
	u32 tail;
	/** @next_seq: Next sequence number. */
	u32 next_seq;
	/** @error: Not 0: no message gets through any more, callers get this error. */
	int error;

	/** @rx_lock: Guards @head, @dropped and @ring; taken from hard interrupts, before @lock. */
	spinlock_t rx_lock;
	/** @ring: Device-to-host ring. */
	struct mtia_d2h_msg *ring;
	/** @dma: Bus address of @ring. */
	dma_addr_t dma;
	/** @head: Messages consumed since boot. */
	u32 head;
	/** @dropped: Messages dropped because they made no sense. */
	u64 dropped;
};

int mtia_mbox_init(struct mtia_device *mdev);
void mtia_mbox_reset(struct mtia_device *mdev);
void mtia_mbox_stop(struct mtia_device *mdev, int error);
void mtia_mbox_drain(struct mtia_device *mdev);
int mtia_mbox_call(struct mtia_device *mdev, u32 type, const u64 *args, unsigned int num_args,
		   u64 *reply);

#endif /* MTIA_MBOX_H */
