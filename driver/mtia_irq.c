// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Interrupt vectors.
 *
 * Vector 0 is the mailbox, 1 faults and RAS, 2 and up one completion ring each. With a single
 * vector everything arrives there and each ring is looked at, which costs a read of host memory:
 * no handler reads a register, because whether there is news is told by phase bits. An interrupt
 * that finds nothing is no stranger's, its news was taken by an earlier one or by a poll.
 *
 * Completions are handled in the hard interrupt: signalling a fence needs nothing that sleeps, and
 * a trip through an interrupt thread would double the latency of a short job.
 */
#include <drm/drm_managed.h>
#include <linux/cpumask.h>
#include <linux/interrupt.h>

#include "mtia_device.h"

#define MTIA_VEC_MBOX 0
#define MTIA_VEC_CQ 2

/* What arrives when the chip goes to sleep is looked at when it is awake again, see mtia_pm.c. */
static bool mtia_irq_is_late(struct mtia_device *mdev)
{
	return READ_ONCE(mdev->pm.asleep);
}

static irqreturn_t mtia_irq_mbox(int irq, void *arg)
{
	if (!mtia_irq_is_late(arg))
		mtia_mbox_drain(arg);

	return IRQ_HANDLED;
}

static irqreturn_t mtia_irq_cq(int irq, void *arg)
{
	struct mtia_cq *cq = arg;

	if (!mtia_irq_is_late(cq->mdev))
		mtia_cq_drain(cq);

	return IRQ_HANDLED;
}

static irqreturn_t mtia_irq_all(int irq, void *arg)
{
	struct mtia_device *mdev = arg;
	u32 i;

	if (mtia_irq_is_late(mdev))
		return IRQ_HANDLED;
	mtia_mbox_drain(mdev);
	for (i = 0; i < mdev->num_cqs; i++)
		mtia_cq_drain(&mdev->cqs[i]);

	return IRQ_HANDLED;
}

/**
 * mtia_irq_cq_vector() - Logical vector of a completion ring.
 * @mdev: Device.
 * @cq: Number of the ring.
 *
 * Return: the vector that the firmware has to raise.
 */
u32 mtia_irq_cq_vector(struct mtia_device *mdev, u32 cq)
{
	return mdev->irq.num_vectors == 1 ? MTIA_VEC_MBOX : MTIA_VEC_CQ + cq;
}

/**
 * mtia_irq_near_cq() - The completion ring whose interrupt arrives at a CPU.
 * @mdev: Device.
 * @cpu: CPU.
 *
 * Context: any.
 * Return: the ring.
 */
struct mtia_cq *mtia_irq_near_cq(struct mtia_device *mdev, unsigned int cpu)
{
	return &mdev->cqs[mdev->irq.near_cqs[cpu]];
}

static void mtia_irq_find_near_cqs(struct mtia_device *mdev)
{
	const struct cpumask *cpus;
	unsigned int cpu;
	u32 i;

	for (i = 0; mdev->irq.num_vectors > 1 && i < mdev->num_cqs; i++) {
		cpus = pci_irq_get_affinity(mdev->pdev, MTIA_VEC_CQ + i);
		if (!cpus)
			continue;
		for_each_cpu(cpu, cpus)
			mdev->irq.near_cqs[cpu] = i;
	}
}

/**
 * mtia_irq_alloc() - Reserve vectors and decide how many completion rings there are.
 * @mdev: Device.
 *
 * Vectors are managed by the PCI device.
 *
 * Return: 0 or a negative error code.
 */
int mtia_irq_alloc(struct mtia_device *mdev)
{
	struct irq_affinity affinity = { .pre_vectors = MTIA_VEC_CQ };
	u32 cqs = min3(num_online_cpus(), mdev->hw.num_cqs, (u32)MTIA_MAX_CQS);
	int num = -ENOSPC;

	mdev->irq.near_cqs = drmm_kcalloc(&mdev->drm, nr_cpu_ids, sizeof(*mdev->irq.near_cqs),
					  GFP_KERNEL);
	if (!mdev->irq.near_cqs)
		return -ENOMEM;

	if (mdev->hw.num_vectors > MTIA_VEC_CQ) {
		cqs = min(cqs, mdev->hw.num_vectors - MTIA_VEC_CQ);
		num = pci_alloc_irq_vectors_affinity(mdev->pdev, MTIA_VEC_CQ + 1, MTIA_VEC_CQ + cqs,
						     PCI_IRQ_MSIX | PCI_IRQ_AFFINITY, &affinity);
	}
	if (num < 0) {
		num = pci_alloc_irq_vectors(mdev->pdev, 1, 1, PCI_IRQ_MSIX);
		if (num < 0) {
			drm_err(&mdev->drm, "no MSI-X vector: %pe\n", ERR_PTR(num));
			return num;
		}
		cqs = 1;
		drm_info(&mdev->drm, "one MSI-X vector only, completions share it\n");
	} else {
		cqs = num - MTIA_VEC_CQ;
	}

	mdev->irq.num_vectors = num;
	mdev->num_cqs = cqs;
	mtia_irq_find_near_cqs(mdev);

	return 0;
}

/**
 * mtia_irq_request() - Install the handlers; rings must exist.
 * @mdev: Device.
 *
 * Return: 0 or a negative error code, with nothing installed.
 */
int mtia_irq_request(struct mtia_device *mdev)
{
	struct mtia_irq *irq = &mdev->irq;
	const char *name = dev_name(mdev->drm.dev);
	u32 i;
	int err;

	for (i = 0; i < irq->num_vectors; i++) {
		if (irq->num_vectors == 1)
			err = pci_request_irq(mdev->pdev, i, mtia_irq_all, NULL, mdev,
					      "mtia-%s", name);
		else if (i < MTIA_VEC_CQ)
			err = pci_request_irq(mdev->pdev, i, mtia_irq_mbox, NULL, mdev,
					      "mtia-%s-%s", name,
					      i == MTIA_VEC_MBOX ? "mbox" : "fault");
		else
			err = pci_request_irq(mdev->pdev, i, mtia_irq_cq, NULL,
					      &mdev->cqs[i - MTIA_VEC_CQ], "mtia-%s-cq%u", name,
					      i - MTIA_VEC_CQ);
		if (err) {
			drm_err(&mdev->drm, "vector %u cannot be requested: %pe\n", i,
				ERR_PTR(err));
			mtia_irq_release(mdev);
			return err;
		}
		irq->num_requested = i + 1;
	}

	return 0;
}

/**
 * mtia_irq_release() - Remove the handlers and wait for those that run.
 * @mdev: Device.
 */
void mtia_irq_release(struct mtia_device *mdev)
{
	struct mtia_irq *irq = &mdev->irq;

	while (irq->num_requested) {
		u32 i = --irq->num_requested;

		if (irq->num_vectors > 1 && i >= MTIA_VEC_CQ)
			pci_free_irq(mdev->pdev, i, &mdev->cqs[i - MTIA_VEC_CQ]);
		else
			pci_free_irq(mdev->pdev, i, mdev);
	}
}
