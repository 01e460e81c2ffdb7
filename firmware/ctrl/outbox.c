// SPDX-License-Identifier: MIT
/*
 * Everything the firmware writes to host memory leaves through one DMA channel in the order it was
 * produced: completions, messages, then log text when nothing else waits. A vector is raised when
 * its entry has left, so the host that takes the interrupt finds the entry.
 */
#include "fw.h"

#include <string.h>

unsigned int outbox_room(const struct fw *fw)
{
	return FW_OUTBOX_SIZE - (fw->outbox_tail - fw->outbox_head);
}

/* The caller has looked at outbox_room(); size <= 64. */
void outbox_push(struct fw *fw, uint64_t addr, const void *data, uint32_t size, int vector)
{
	struct fw_host_write *entry = &fw->outbox[fw->outbox_tail % FW_OUTBOX_SIZE];

	entry->addr = addr;
	entry->size = size;
	entry->vector = vector;
	memcpy(entry->data, data, size);
	fw->outbox_tail++;
	outbox_kick(fw);
}

static void start(uint64_t addr, const void *data, uint64_t size)
{
	struct fw_dma dma = {
		.src = port_phys(data),
		.src_space = MTIA_SPACE_PHYS,
		.dst = addr,
		.dst_space = MTIA_SPACE_HOST,
		.size = size,
	};

	port_dma_start(FW_CH_OUTBOX, &dma);
}

static uint32_t lower(uint64_t a, uint64_t b)
{
	return (uint32_t)(a < b ? a : b);
}

void outbox_kick(struct fw *fw)
{
	if (fw->out_busy != FW_OUT_IDLE)
		return;
	if (fw->outbox_head != fw->outbox_tail) {
		const struct fw_host_write *entry = &fw->outbox[fw->outbox_head % FW_OUTBOX_SIZE];

		fw->out_busy = FW_OUT_MESSAGE;
		start(entry->addr, entry->data, entry->size);
	} else if (fw->log_sent != fw->log_written) {
		uint64_t from = fw->log_sent % FW_LOG_SIZE;
		uint64_t to = fw->log_sent % fw->boot.log_size;

		fw->log_chunk = lower(fw->log_written - fw->log_sent, FW_LOG_SIZE - from);
		fw->log_chunk = lower(fw->log_chunk, fw->boot.log_size - to);
		fw->out_busy = FW_OUT_LOG_TEXT;
		start(fw->boot.log_addr + sizeof(struct mtia_fw_log) + to, &fw->log_text[from],
		      fw->log_chunk);
	}
}

void outbox_done(struct fw *fw)
{
	uint64_t addr;
	bool failed = (port_dma_status(FW_CH_OUTBOX, &addr) & 0xff) != MTIA_DMA_ST_DONE;

	switch (fw->out_busy) {
	case FW_OUT_MESSAGE: {
		const struct fw_host_write *entry = &fw->outbox[fw->outbox_head % FW_OUTBOX_SIZE];

		/* A host that refuses its own rings' memory is beyond being told so. */
		if (!failed && entry->vector >= 0)
			port_msi((unsigned int)entry->vector);
		fw->outbox_head++;
		fw->out_busy = FW_OUT_IDLE;
		fw->ready |= fw->cqe_blocked;
		fw->cqe_blocked = 0;
		break;
	}
	case FW_OUT_LOG_TEXT:
		fw->log_sent += fw->log_chunk;
		fw->log_count = fw->log_sent;
		fw->out_busy = FW_OUT_LOG_COUNT;
		start(fw->boot.log_addr, &fw->log_count, sizeof(fw->log_count));
		return;
	case FW_OUT_LOG_COUNT:
		if (!failed && fw->log_announced)
			port_msi(fw->boot.mbox_vector);
		fw->out_busy = FW_OUT_IDLE;
		break;
	case FW_OUT_IDLE:
		return;
	}
	outbox_kick(fw);
}

void outbox_drain(struct fw *fw, uint64_t deadline)
{
	uint64_t addr;

	while (fw->out_busy != FW_OUT_IDLE && port_time() < deadline)
		if ((port_dma_status(FW_CH_OUTBOX, &addr) & 0xff) != MTIA_DMA_ST_BUSY)
			outbox_done(fw);
}
