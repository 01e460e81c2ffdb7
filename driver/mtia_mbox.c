// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Mailbox: messages to and from the control firmware.
 *
 * Requests are posted writes into LPDDR, replies and events come into host memory. A call never
 * allocates, so that killing a queue and invalidating TLBs work in the fence-signalling path, and
 * is bounded in time: a firmware that does not answer makes for a reset, which ends every other
 * call too.
 */
#include <linux/dma-mapping.h>

#include "mtia_device.h"
#include "mtia_job.h"
#include "mtia_trace.h"

/* Replies take microseconds of device time; this is for a model that shares a CPU with others. */
#define MTIA_MBOX_TIMEOUT_MS 50

/* Under mbox->lock. Return: free slot, or NULL. */
static struct mtia_mbox_call *mtia_mbox_find_free(struct mtia_mbox *mbox)
{
	u32 i;

	for (i = 0; i < MTIA_MBOX_CALLS; i++) {
		if (!mbox->calls[i].seq)
			return &mbox->calls[i];
	}

	return NULL;
}

/* Takes a slot and writes the message. Return: false if all slots are taken. */
static bool mtia_mbox_post(struct mtia_device *mdev, u32 type, const u64 *args,
			   unsigned int num_args, struct mtia_mbox_call **out, int *error)
{
	struct mtia_mbox *mbox = &mdev->mbox;
	struct mtia_h2d_msg msg = { .type = type };
	struct mtia_mbox_call *call = NULL;
	unsigned long flags;
	u64 offset;

	mtia_assert_awake(mdev);
	memcpy(msg.arg, args, array_size(num_args, sizeof(*args)));

	spin_lock_irqsave(&mbox->lock, flags);
	*error = mbox->error;
	if (!*error)
		call = mtia_mbox_find_free(mbox);
	if (call) {
		if (!++mbox->next_seq)
			mbox->next_seq = 1;
		msg.seq = mbox->next_seq;
		call->seq = msg.seq;
		call->type = type;
		call->status = -MTIA_MBOX_CUT;
		call->arg0 = 0;
		reinit_completion(&call->done);

		offset = MTIA_FW_H2D_OFFSET + mbox->tail % MTIA_H2D_SLOTS * sizeof(msg);
		__iowrite64_copy(mdev->mem + offset, &msg, sizeof(msg) / sizeof(u64));
		/* Out of the write-combining buffer before the firmware hears of it. */
		wmb();
		trace_mtia_mbox_tx(mdev, &msg);
		mtia_write32(mdev, MTIA_REG_MBOX_H2D_TAIL, ++mbox->tail);
	}
	spin_unlock_irqrestore(&mbox->lock, flags);

	*out = call;

	return call || *error;
}

/* The second half of the time; looks meanwhile whether the firmware's main loop turns. */
static void mtia_mbox_wait_late(struct mtia_device *mdev, struct mtia_mbox_call *call,
				unsigned long timeout)
{
	u32 heartbeat = mtia_read32(mdev, MTIA_REG_HEARTBEAT);

	/* The reply may be here without its interrupt. */
	mtia_mbox_drain(mdev);
	if (wait_for_completion_timeout(&call->done, timeout))
		return;
	mtia_mbox_drain(mdev);
	if (completion_done(&call->done))
		return;
	if (mtia_read32(mdev, MTIA_REG_HEARTBEAT) == heartbeat)
		mtia_reset_request(mdev, MTIA_RESET_CORE,
				   "firmware does not answer, its heartbeat stopped");
	else
		mtia_reset_request(mdev, MTIA_RESET_CORE,
				   "firmware does not answer, its heartbeat goes on");
}

/**
 * mtia_mbox_call() - Send a message and wait for its reply.
 * @mdev: Device.
 * @type: MTIA_H2D_*.
 * @args: Arguments.
 * @num_args: How many, at most 7.
 * @reply: Out: first argument of the reply; may be NULL.
 *
 * Context: may sleep, never allocates; inside drm_dev_enter() and with @reset.rwsem held. Legal in
 * the fence-signalling path.
 * Return: 0, the firmware's error, -%MTIA_MBOX_CUT when a reset comes in between, -EIO when the
 * device is wedged, -ENODEV when it goes.
 */
int mtia_mbox_call(struct mtia_device *mdev, u32 type, const u64 *args, unsigned int num_args,
		   u64 *reply)
{
	struct mtia_mbox *mbox = &mdev->mbox;
	unsigned long timeout, flags;
	struct mtia_mbox_call *call;
	int status, error = 0;

	/* Probe has nobody to share with. */
	if (atomic_read(&mdev->state) != MTIA_STATE_BOOTING)
		lockdep_assert_held(&mdev->reset.rwsem);
	if (drm_WARN_ON_ONCE(&mdev->drm, num_args > ARRAY_SIZE(((struct mtia_h2d_msg *)NULL)->arg)))
		return -EINVAL;

	/* Each slot comes free within the same bound, so a full table is no reason to wait long. */
	timeout = msecs_to_jiffies(mtia_device_scaled_ms(mdev, MTIA_MBOX_TIMEOUT_MS));
	if (!wait_event_timeout(mbox->free_wq,
				mtia_mbox_post(mdev, type, args, num_args, &call, &error),
				2 * timeout)) {
		mtia_reset_request(mdev, MTIA_RESET_CORE, "mailbox slots do not come free");
		return -MTIA_MBOX_CUT;
	}
	if (error)
		return error;

	if (!wait_for_completion_timeout(&call->done, timeout / 2))
		mtia_mbox_wait_late(mdev, call, timeout / 2);

	spin_lock_irqsave(&mbox->lock, flags);
	status = call->status;
	if (reply)
		*reply = call->arg0;
	call->seq = 0;
	spin_unlock_irqrestore(&mbox->lock, flags);
	wake_up(&mbox->free_wq);

	return status;
}

static bool mtia_mbox_reply(struct mtia_device *mdev, const struct mtia_d2h_msg *msg)
{
	struct mtia_mbox *mbox = &mdev->mbox;
	bool found = false;
	u32 i;

	if (!msg->seq)
		return false;

	spin_lock(&mbox->lock);
	for (i = 0; i < MTIA_MBOX_CALLS; i++) {
		struct mtia_mbox_call *call = &mbox->calls[i];

		if (call->seq != msg->seq || call->type != msg->request ||
		    completion_done(&call->done))
			continue;
		call->status = msg->status > 0 || msg->status < -MAX_ERRNO ? -EIO : msg->status;
		call->arg0 = msg->arg[0];
		complete(&call->done);
		found = true;
		break;
	}
	/* Its caller has been told that a reset comes first. */
	found |= !!mbox->error;
	spin_unlock(&mbox->lock);

	return found;
}

static bool mtia_mbox_handle(struct mtia_device *mdev, const struct mtia_d2h_msg *msg)
{
	switch (msg->type) {
	case MTIA_D2H_REPLY:
		return mtia_mbox_reply(mdev, msg);
	case MTIA_D2H_FAULT:
		return mtia_job_fault(mdev, msg);
	case MTIA_D2H_MEMORY:
		if (msg->arg[0] & MTIA_ECC_UNCORRECTED)
			drm_err_ratelimited(&mdev->drm,
					    "uncorrectable memory error at 0x%llx, %llu so far\n",
					    msg->arg[1], msg->arg[3]);
		else
			dev_info_ratelimited(mdev->drm.dev,
					     "memory error at 0x%llx corrected, %llu so far\n",
					     msg->arg[1], msg->arg[2]);
		return true;
	case MTIA_D2H_PANIC:
		drm_err(&mdev->drm, "firmware panic: mcause %llu, mepc 0x%llx, mtval 0x%llx\n",
			msg->arg[0], msg->arg[1], msg->arg[2]);
		mtia_reset_request(mdev, MTIA_RESET_CORE, "firmware panic");
		return true;
	default:
		return false;
	}
}

/**
 * mtia_mbox_drain() - Handle all messages that the device has sent.
 * @mdev: Device.
 *
 * Context: any, also hard interrupt. Outside of interrupts, inside drm_dev_enter().
 */
void mtia_mbox_drain(struct mtia_device *mdev)
{
	struct mtia_mbox *mbox = &mdev->mbox;
	unsigned int budget = MTIA_D2H_SLOTS;
	unsigned long flags;
	u32 head;

	spin_lock_irqsave(&mbox->rx_lock, flags);
	head = mbox->head;
	while (budget--) {
		const struct mtia_d2h_msg *entry = &mbox->ring[mbox->head % MTIA_D2H_SLOTS];
		u32 phase = !(mbox->head / MTIA_D2H_SLOTS & 1);
		struct mtia_d2h_msg msg;

		if ((READ_ONCE(entry->phase) & 1) != phase)
			break;
		/* The rest of the entry is read after its phase. */
		dma_rmb();
		msg = *entry;
		mbox->head++;

		trace_mtia_mbox_rx(mdev, &msg);
		if (!mtia_mbox_handle(mdev, &msg)) {
			mbox->dropped++;
			drm_err_ratelimited(&mdev->drm,
					    "dropped firmware message type %u, seq %u\n",
					    msg.type, msg.seq);
		}
	}
	head = mbox->head - head;
	if (head)
		mtia_write32(mdev, MTIA_REG_MBOX_D2H_HEAD, mbox->head);
	spin_unlock_irqrestore(&mbox->rx_lock, flags);

	/* The same vector tells of text. */
	mtia_log_wake(&mdev->log);
}

/**
 * mtia_mbox_stop() - End all calls and refuse new ones.
 * @mdev: Device.
 * @error: What callers get.
 *
 * Context: any.
 */
void mtia_mbox_stop(struct mtia_device *mdev, int error)
{
	struct mtia_mbox *mbox = &mdev->mbox;
	unsigned long flags;
	u32 i;

	spin_lock_irqsave(&mbox->lock, flags);
	mbox->error = error;
	for (i = 0; i < MTIA_MBOX_CALLS; i++) {
		struct mtia_mbox_call *call = &mbox->calls[i];

		if (call->seq && !completion_done(&call->done)) {
			call->status = error;
			complete(&call->done);
		}
	}
	spin_unlock_irqrestore(&mbox->lock, flags);
	wake_up_all(&mbox->free_wq);
}

/**
 * mtia_mbox_reset() - Empty the ring and take calls again, unless the device is gone.
 * @mdev: Device, the chip in reset; no call is under way.
 */
void mtia_mbox_reset(struct mtia_device *mdev)
{
	struct mtia_mbox *mbox = &mdev->mbox;
	unsigned long flags;

	spin_lock_irqsave(&mbox->rx_lock, flags);
	memset(mbox->ring, 0, array_size(MTIA_D2H_SLOTS, sizeof(*mbox->ring)));
	mbox->head = 0;
	spin_unlock_irqrestore(&mbox->rx_lock, flags);

	/* Who takes the device away says so before it stops the mailbox. */
	spin_lock_irqsave(&mbox->lock, flags);
	mbox->tail = 0;
	mbox->error = atomic_read(&mdev->state) == MTIA_STATE_GONE ? -ENODEV : 0;
	spin_unlock_irqrestore(&mbox->lock, flags);
}

/**
 * mtia_mbox_init() - Allocate the device-to-host ring; it is managed by the PCI device.
 * @mdev: Device.
 *
 * Return: 0 or -ENOMEM.
 */
int mtia_mbox_init(struct mtia_device *mdev)
{
	struct mtia_mbox *mbox = &mdev->mbox;
	u32 i;

	spin_lock_init(&mbox->lock);
	spin_lock_init(&mbox->rx_lock);
	init_waitqueue_head(&mbox->free_wq);
	for (i = 0; i < MTIA_MBOX_CALLS; i++)
		init_completion(&mbox->calls[i].done);

	mbox->ring = dmam_alloc_coherent(mdev->drm.dev,
					 array_size(MTIA_D2H_SLOTS, sizeof(*mbox->ring)),
					 &mbox->dma, GFP_KERNEL);

	return mbox->ring ? 0 : -ENOMEM;
}
