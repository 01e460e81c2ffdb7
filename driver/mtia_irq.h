/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef MTIA_IRQ_H
#define MTIA_IRQ_H

#include <linux/types.h>

struct mtia_device;

/**
 * struct mtia_irq - Interrupt vectors.
 */
struct mtia_irq {
	/** @num_vectors: Vectors in use: 1, or 2 + completion rings. */
	u32 num_vectors;
	/** @num_requested: Vectors that have their handler, for the way back. */
	u32 num_requested;
	/** @near_cqs: For each CPU, the completion ring whose interrupt arrives there. */
	u8 *near_cqs;
};

int mtia_irq_alloc(struct mtia_device *mdev);
int mtia_irq_request(struct mtia_device *mdev);
void mtia_irq_release(struct mtia_device *mdev);
u32 mtia_irq_cq_vector(struct mtia_device *mdev, u32 cq);
struct mtia_cq *mtia_irq_near_cq(struct mtia_device *mdev, unsigned int cpu);

#endif /* MTIA_IRQ_H */
