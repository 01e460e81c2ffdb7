// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Completion rings.
 *
 * What the device writes is untrusted: queue and sequence number are checked against the driver's
 * own state before a fence is touched, and what does not fit is counted and dropped. A job whose
 * completion was dropped runs into its time limit like one that never completed, for which it is
 * not blamed.
 */
#include <linux/dma-mapping.h>

#include "mtia_device.h"
#include "mtia_job.h"
#include "mtia_trace.h"

/*
 * The firmware holds completions back while the ring is full, so the size is no limit for the
 * queues behind it.
 */
#define MTIA_CQ_ENTRIES 4096

/* How far behind a broken entry is looked for a good one. */
#define MTIA_CQ_LOOK_AHEAD 16

static bool mtia_cq_is_new(struct mtia_cq *cq, u32 number)
{
	u8 phase = !(number / MTIA_CQ_ENTRIES & 1);

	return (READ_ONCE(cq->ring[number % MTIA_CQ_ENTRIES].phase) & 1) == phase;
}

/* Must be called under @cq->lock. Return: false if the entry does not fit any job. */
static bool mtia_cq_handle(struct mtia_cq *cq, const struct mtia_cqe *cqe)
{
	struct mtia_device *mdev = cq->mdev;
	struct mtia_queue *queue;
	bool ok = false;

	lockdep_assert_held(&cq->lock);

	if (cqe->queue >= mdev->hw.num_queues)
		return false;

	read_lock(&mdev->queues_lock);
	queue = mdev->queues[cqe->queue];
	if (queue)
		ok = mtia_job_complete(queue, cqe);
	read_unlock(&mdev->queues_lock);

	return ok;
}

/**
 * mtia_cq_drain() - Handle all new entries.
 * @cq: Ring.
 *
 * Context: any, also hard interrupt. Outside of interrupts, inside drm_dev_enter().
 */
void mtia_cq_drain(struct mtia_cq *cq)
{
	struct mtia_device *mdev = cq->mdev;
	unsigned int budget = MTIA_CQ_ENTRIES;
	unsigned long flags;
	bool cookie;
	u32 head;

	cookie = dma_fence_begin_signalling();
	spin_lock_irqsave(&cq->lock, flags);
	head = cq->head;
	while (budget-- && mtia_cq_is_new(cq, cq->head)) {
		struct mtia_cqe cqe;

		/* The rest of the entry is read after its phase. */
		dma_rmb();
		cqe = cq->ring[cq->head++ % MTIA_CQ_ENTRIES];

		trace_mtia_cqe(mdev, cq->id, &cqe);
		if (!mtia_cq_handle(cq, &cqe)) {
			cq->bad++;
			drm_err_ratelimited(&mdev->drm,
					    "CQ %u: completion of queue slot %u, job %llu fits no job\n",
					    cq->id, cqe.queue, cqe.seqno);
		}
	}
	head = cq->head - head;
	if (head)
		mtia_write32(mdev, MTIA_REG_CQ_HEAD(cq->id), cq->head);
	spin_unlock_irqrestore(&cq->lock, flags);
	dma_fence_end_signalling(cookie);
}

/* Entries are written in order: one that is not there while a later one is will not come. */
static bool mtia_cq_skip(struct mtia_cq *cq)
{
	unsigned long flags;
	bool skip = false;
	u32 i;

	spin_lock_irqsave(&cq->lock, flags);
	for (i = 1; i <= MTIA_CQ_LOOK_AHEAD && !skip; i++)
		skip = mtia_cq_is_new(cq, cq->head + i);
	/* It can have come between the two looks. */
	dma_rmb();
	skip = skip && !mtia_cq_is_new(cq, cq->head);
	if (skip) {
		drm_err_ratelimited(&cq->mdev->drm, "CQ %u: entry %u was never written\n", cq->id,
				    cq->head);
		cq->head++;
		cq->bad++;
	}
	spin_unlock_irqrestore(&cq->lock, flags);

	return skip;
}

/**
 * mtia_cq_poll() - Handle all new entries, also when an interrupt or an entry was lost.
 * @cq: Ring.
 *
 * Context: as mtia_cq_drain().
 */
void mtia_cq_poll(struct mtia_cq *cq)
{
	do {
		mtia_cq_drain(cq);
	} while (mtia_cq_skip(cq));
}

/**
 * mtia_cq_init() - Allocate the rings; they are managed by the PCI device.
 * @mdev: Device.
 *
 * Return: 0 or -ENOMEM.
 */
int mtia_cq_init(struct mtia_device *mdev)
{
	u32 i;

	for (i = 0; i < mdev->num_cqs; i++) {
		struct mtia_cq *cq = &mdev->cqs[i];

		cq->mdev = mdev;
		cq->id = i;
		spin_lock_init(&cq->lock);
		cq->ring = dmam_alloc_coherent(mdev->drm.dev,
					       array_size(MTIA_CQ_ENTRIES, sizeof(*cq->ring)),
					       &cq->dma, GFP_KERNEL);
		if (!cq->ring)
			return -ENOMEM;
	}

	return 0;
}

/**
 * mtia_cq_reset() - Empty all rings; the chip is in reset.
 * @mdev: Device.
 */
void mtia_cq_reset(struct mtia_device *mdev)
{
	unsigned long flags;
	u32 i;

	for (i = 0; i < mdev->num_cqs; i++) {
		struct mtia_cq *cq = &mdev->cqs[i];

		spin_lock_irqsave(&cq->lock, flags);
		memset(cq->ring, 0, array_size(MTIA_CQ_ENTRIES, sizeof(*cq->ring)));
		cq->head = 0;
		spin_unlock_irqrestore(&cq->lock, flags);
	}
}

/**
 * mtia_cq_start() - Make the rings known to the firmware.
 * @mdev: Device.
 *
 * Return: 0 or a negative error code.
 */
int mtia_cq_start(struct mtia_device *mdev)
{
	u32 i;

	for (i = 0; i < mdev->num_cqs; i++) {
		const u64 args[] = { i, mdev->cqs[i].dma, MTIA_CQ_ENTRIES,
				     mtia_irq_cq_vector(mdev, i) };
		int err = mtia_mbox_call(mdev, MTIA_H2D_CQ_CREATE, args, ARRAY_SIZE(args), NULL);

		if (err) {
			drm_err(&mdev->drm, "completion ring %u refused: %pe\n", i, ERR_PTR(err));
			return err;
		}
	}

	return 0;
}
