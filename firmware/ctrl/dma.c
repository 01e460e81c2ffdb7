// SPDX-License-Identifier: MIT
/*
 * DMA channels for jobs. Each transfer has a channel of its own; small ones (what a job needs to go
 * on) never queue behind bulk data, and bulk data moves in chunks, so that more copies than
 * channels take turns, those of higher priority first.
 */
#include "fw.h"

static struct fw_line *waiters(struct fw *fw, enum fw_dma_purpose purpose)
{
	return purpose == FW_DMA_BULK ? &fw->bulk_waiters : &fw->small_waiters;
}

static void start(struct fw *fw, unsigned int channel, unsigned int slot)
{
	struct fw_queue *q = &fw->queues[slot];
	struct fw_dma chunk = q->dma;

	if (chunk.size > FW_BULK_CHUNK)
		chunk.size = FW_BULK_CHUNK;
	q->dma_size = chunk.size;
	q->channel = (int)channel;
	fw->channel_owner[channel] = (uint8_t)slot;
	dma_take_faults(fw); /* an aborted transfer's, if any */
	fw->dma_mmu_fault[channel].status = 0;
	port_clear_dma_done(1u << channel);
	port_dma_start(channel, &chunk);
}

static void dispatch(struct fw *fw)
{
	for (unsigned int c = FW_CH_SMALL; c < MTIA_DMA_CHANNELS; c++) {
		struct fw_line *line = c < FW_CH_BULK ? &fw->small_waiters : &fw->bulk_waiters;

		if (line->count && fw->channel_owner[c] == FW_NO_OWNER)
			start(fw, c, line_next(fw, line));
	}
}

/* 0 if there is none. */
static unsigned int free_channel(const struct fw *fw, bool bulk)
{
	unsigned int end = bulk ? MTIA_DMA_CHANNELS : FW_CH_BULK;

	for (unsigned int c = bulk ? FW_CH_BULK : FW_CH_SMALL; c < end; c++)
		if (fw->channel_owner[c] == FW_NO_OWNER)
			return c;
	return 0;
}

/* q->dma is filled in. */
void dma_request(struct fw *fw, struct fw_queue *q, enum fw_dma_purpose purpose)
{
	struct fw_line *line = waiters(fw, purpose);
	unsigned int channel = line->count ? 0 : free_channel(fw, purpose == FW_DMA_BULK);

	q->state = FW_JOB_DMA;
	q->dma_purpose = purpose;
	if (channel) {
		start(fw, channel, fw_slot(fw, q));
		return;
	}
	line_join(fw, line, fw_slot(fw, q));
	dispatch(fw);
}

bool dma_cancel(struct fw *fw, struct fw_queue *q)
{
	uint64_t addr;

	if (q->channel < 0) {
		line_leave(fw, waiters(fw, q->dma_purpose), fw_slot(fw, q));
		return true;
	}
	port_dma_abort((unsigned int)q->channel);
	if ((port_dma_status((unsigned int)q->channel, &addr) & 0xff) == MTIA_DMA_ST_BUSY)
		return false;
	port_clear_dma_done(1u << q->channel);
	fw->channel_owner[q->channel] = FW_NO_OWNER;
	q->channel = -1;
	dispatch(fw);
	return true;
}

void dma_take_faults(struct fw *fw)
{
	struct fw_mmu_fault fault;

	while (port_pop_fault(&fault)) {
		if (fault.status & MTIA_FAULT_LOST)
			fw_log(fw, FW_LOG_WARN, "MMU fault records were lost");
		if (fault.src & MTIA_FAULT_SRC_DMA) {
			if ((fault.src & 0xff) < MTIA_DMA_CHANNELS)
				fw->dma_mmu_fault[fault.src & 0xff] = fault;
		} else if ((fault.src & 0xff) < MTIA_MAX_PES) {
			/* The first one is the cause, later ones its consequences. */
			if (!(fw->pe_faults & FW_BIT(fault.src & 0xff)))
				fw->pe_mmu_fault[fault.src & 0xff] = fault;
			fw->pe_faults |= FW_BIT(fault.src & 0xff);
		}
	}
}

static void finished(struct fw *fw, unsigned int channel)
{
	struct fw_queue *q;
	struct fw_mmu_fault record;
	uint64_t addr = 0;
	uint32_t status;

	if (fw->channel_owner[channel] == FW_NO_OWNER)
		return;
	status = port_dma_status(channel, &addr);
	if ((status & 0xff) == MTIA_DMA_ST_BUSY)
		return;
	q = &fw->queues[fw->channel_owner[channel]];
	fw->channel_owner[channel] = FW_NO_OWNER;
	q->channel = -1;
	record = fw->dma_mmu_fault[channel];
	if (q->state == FW_JOB_DRAIN)
		kill_drained(fw, q);
	else
		job_dma_done(fw, q, status, addr, &record);
}

void dma_poll(struct fw *fw)
{
	uint32_t done = port_dma_done();

	port_clear_dma_done(done);
	dma_take_faults(fw);
	while (done) {
		unsigned int channel = lowest_bit(done);

		done &= done - 1;
		if (channel == FW_CH_OUTBOX)
			outbox_done(fw);
		else if (channel < MTIA_DMA_CHANNELS)
			finished(fw, channel);
	}
	dispatch(fw);
}
