// SPDX-License-Identifier: MIT
/*
 * QUEUE_KILL: whatever the running job holds is taken from it (PEs reset, channel stopped, place in
 * a waiting line given up), and every job posted so far ends with the given status. The reply
 * follows the completions that found room. A launch that took too long is told where it was, in a
 * fault record. Nothing here waits for a program: the only thing that
 * can be late is a DMA channel that takes time to stop, and that is the device's own latency.
 */
#include "fw.h"

/* False: an aborted channel is still busy and kill_drained() will be called. */
static bool stop_running(struct fw *fw, struct fw_queue *q)
{
	switch (q->state) {
	case FW_JOB_DMA:
		return dma_cancel(fw, q);
	case FW_JOB_GRID: {
		line_leave(fw, &fw->grid_waiters, fw_slot(fw, q));
		launch_retry_waiters(fw);
		return true;
	}
	case FW_JOB_RUN:
		if (q->kill_status == MTIA_JOB_TIMEOUT)
			pestate_record(fw, q, FW_ANY_PE);
		launch_stop(fw, q);
		return true;
	case FW_JOB_AHEAD_DMA:
	case FW_JOB_AHEAD_HELD:
		return ahead_kill(fw, q);
	case FW_JOB_SLEEP:
		fw->sleeping &= ~FW_BIT(fw_slot(fw, q));
		return true;
	default:
		return true;
	}
}

/* Complete what the kill covers, as far as the host left room. */
static void flush(struct fw *fw, struct fw_queue *q)
{
	for (;;) {
		if (q->state == FW_JOB_NONE && q->seqno < q->kill_until)
			job_step(fw, q);
		else if (q->state == FW_JOB_COMPLETE)
			job_step(fw, q);
		else
			return;
		if (fw->cqe_blocked & FW_BIT(fw_slot(fw, q)))
			return;
	}
}

int kill_queue(struct fw *fw, uint64_t slot, uint64_t status, uint32_t seq)
{
	struct fw_queue *q;
	struct fw_spot spot;
	bool spotted;

	if (slot >= MTIA_MAX_QUEUES || status == MTIA_JOB_OK || status > MTIA_JOB_INTERNAL)
		return -FW_EINVAL;
	q = &fw->queues[slot];
	if (!q->used)
		return -FW_ENOENT;
	if (q->state == FW_JOB_DRAIN)
		return -FW_EBUSY;
	queue_take_doorbells(fw);
	q->kill_until = q->seqno + (q->tail - q->head);
	q->kill_status = (uint8_t)status;
	spotted = status == MTIA_JOB_TIMEOUT && launch_spot(fw, q, &spot);
	if (q->state != FW_JOB_NONE && q->state != FW_JOB_COMPLETE) {
		if (!stop_running(fw, q)) {
			q->state = FW_JOB_DRAIN;
			q->kill_seq = seq;
			return KILL_REPLY_LATER;
		}
		job_finish(fw, q, q->kill_status, q->cmds.index);
		if (spotted)
			job_report_fault(fw, q, 0, spot.where, 0, spot.pc, spot.cycle);
	}
	flush(fw, q);
	fw_log(fw, FW_LOG_INFO, "queue %u killed up to job %llu, status %u", (unsigned int)slot,
	       (unsigned long long)q->kill_until, (unsigned int)status);
	return 0;
}

void kill_drained(struct fw *fw, struct fw_queue *q)
{
	job_finish(fw, q, q->kill_status, q->cmds.index);
	flush(fw, q);
	mailbox_reply(fw, MTIA_H2D_QUEUE_KILL, q->kill_seq, 0, 0);
}
