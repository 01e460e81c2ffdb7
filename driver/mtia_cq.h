/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef MTIA_CQ_H
#define MTIA_CQ_H

#include <linux/spinlock.h>
#include <linux/types.h>

struct mtia_cqe;
struct mtia_device;

/**
 * struct mtia_cq - Completion ring in host memory, written by the device.
 */
struct mtia_cq {
	/** @mdev: Device. */
	struct mtia_device *mdev;
	/** @id: Number of the ring. */
	u32 id;
	/** @lock: Guards @head and @bad; taken from hard interrupts. */
	spinlock_t lock;
	/** @ring: Entries. */
	struct mtia_cqe *ring;
	/** @dma: Bus address of @ring. */
	dma_addr_t dma;
	/** @head: Entries consumed since the ring was created. */
	u32 head;
	/** @bad: Entries dropped because they made no sense. */
	u64 bad;
};

int mtia_cq_init(struct mtia_device *mdev);
void mtia_cq_reset(struct mtia_device *mdev);
int mtia_cq_start(struct mtia_device *mdev);
void mtia_cq_drain(struct mtia_cq *cq);
void mtia_cq_poll(struct mtia_cq *cq);

#endif /* MTIA_CQ_H */
