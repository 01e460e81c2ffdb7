// SPDX-License-Identifier: MIT
/* Queue slots and their rings in LPDDR. */
#include "fw.h"

#include <string.h>

/* arg: slot, asid, ring LPDDR offset, entries, cq id, priority | rows << 8 | cols << 16 */
int queue_create(struct fw *fw, const uint64_t arg[7])
{
	unsigned int priority = arg[5] & 0xff;
	unsigned int rows = arg[5] >> 8 & 0xff, cols = arg[5] >> 16 & 0xff;
	uint64_t entries = arg[3];
	struct fw_queue *q;

	if (arg[0] >= MTIA_MAX_QUEUES || arg[1] >= MTIA_MAX_ASIDS || arg[4] >= MTIA_MAX_CQS)
		return -FW_EINVAL;
	/* The driver's own queue and the address space without a root belong together. */
	if (!arg[0] != !arg[1])
		return -FW_EINVAL;
	if (entries < 2 || entries > 1024 || (entries & (entries - 1)) ||
	    arg[2] % sizeof(struct mtia_desc) ||
	    !fw_lpddr_range_ok(fw, arg[2], entries * sizeof(struct mtia_desc)))
		return -FW_EINVAL;
	if (arg[5] >> 24 || priority > 3)
		return -FW_EINVAL;
	if (arg[0] && (!rows || !cols || rows > fw->grid_rows || cols > fw->grid_cols))
		return -FW_EINVAL;
	if (!fw->cqs[arg[4]].used || (arg[1] && !(fw->contexts & FW_BIT(arg[1]))))
		return -FW_ENOENT;
	q = &fw->queues[arg[0]];
	if (q->used)
		return -FW_EEXIST;

	memset(q, 0, sizeof(*q));
	/* Jobs are counted from 1 again: what another queue left is of none of them. */
	port_pes((unsigned int)arg[0])->job = 0;
	q->used = true;
	q->asid = (uint8_t)arg[1];
	q->ring = arg[2];
	q->entries = (uint32_t)entries;
	q->cq = (uint8_t)arg[4];
	q->priority = (uint8_t)priority;
	q->rows = (uint8_t)rows;
	q->cols = (uint8_t)cols;
	q->channel = -1;
	line_report(fw, q);
	fw->by_priority[priority] |= FW_BIT(arg[0]);
	fw->cqs[q->cq].users++;
	fw->context_users[q->asid]++;
	return 0;
}

int queue_destroy(struct fw *fw, uint64_t slot)
{
	struct fw_queue *q;

	if (slot >= MTIA_MAX_QUEUES)
		return -FW_EINVAL;
	q = &fw->queues[slot];
	if (!q->used)
		return -FW_ENOENT;
	if (q->state == FW_JOB_COMPLETE && cq_post(fw, q))
		q->state = FW_JOB_NONE;
	if (q->state != FW_JOB_NONE && q->state != FW_JOB_COMPLETE)
		return -FW_EBUSY;
	q->used = false;
	fw->by_priority[q->priority] &= ~FW_BIT(slot);
	fw->ready &= ~FW_BIT(slot);
	fw->cqe_blocked &= ~FW_BIT(slot);
	fw->cqs[q->cq].users--;
	fw->context_users[q->asid]--;
	return 0;
}

void queue_take_doorbells(struct fw *fw)
{
	uint64_t rung = port_take_doorbells();

	while (rung) {
		unsigned int slot = lowest_bit(rung);
		struct fw_queue *q = &fw->queues[slot];
		uint32_t tail;

		rung &= rung - 1;
		if (!q->used)
			continue;
		tail = port_doorbell_tail(slot);
		if (tail - q->head > q->entries || tail - q->head < q->tail - q->head) {
			fw_log(fw, FW_LOG_ERROR, "queue %u: tail %u ignored, head %u tail %u of %u",
			       slot, tail, q->head, q->tail, q->entries);
			continue;
		}
		q->tail = tail;
		if (q->state == FW_JOB_NONE)
			fw->ready |= FW_BIT(slot);
	}
}

bool queue_fetch(struct fw_queue *q)
{
	uint64_t at = q->ring + (uint64_t)(q->head & (q->entries - 1)) * sizeof(q->desc);

	if (q->head == q->tail)
		return false;
	port_read_lpddr(&q->desc, at, sizeof(q->desc));
	q->head++;
	q->seqno++;
	q->t_start = port_time();
	q->waited = 0;
	return true;
}
