// SPDX-License-Identifier: MIT
/*
 * Lines of queues whose jobs wait for PEs or for a DMA channel that others have: higher priority
 * first, equals in order of arrival. Who has waited for long is passed by none any more, so that
 * every wait ends: those in front of it by then have a time limit each.
 *
 * The host is told how long a job has waited, because its time limit is not for that. A job that
 * finds free what it needs does not come here, and most have no record.
 */
#include "fw.h"

/* Seconds after which none passes. A launch can take longer than that, so it is not often. */
#define PATIENCE 2ull

static bool passes(const struct fw *fw, unsigned int slot, unsigned int other, uint64_t now)
{
	const struct fw_queue *q = &fw->queues[slot], *waiter = &fw->queues[other];

	return q->priority > waiter->priority &&
	       now - waiter->wait_since < PATIENCE * fw->clock_hz;
}

void line_report(struct fw *fw, const struct fw_queue *q)
{
	struct mtia_fw_wait *record = port_wait(fw_slot(fw, q));

	/* The host may look at any time: see struct mtia_fw_wait. */
	if (record->job != q->seqno)
		__atomic_store_n(&record->job, 0, __ATOMIC_RELEASE);
	__atomic_store_n(&record->waited, q->waited, __ATOMIC_RELEASE);
	__atomic_store_n(&record->since, q->waits ? q->wait_since : 0, __ATOMIC_RELEASE);
	__atomic_store_n(&record->job, q->seqno, __ATOMIC_RELEASE);
}

void line_join(struct fw *fw, struct fw_line *line, unsigned int slot)
{
	struct fw_queue *q = &fw->queues[slot];
	/* A queue waits for one thing at a time, so a line of all slots cannot overflow. */
	unsigned int at = line->count++;

	q->waits = true;
	q->wait_since = port_time();
	while (at && passes(fw, slot, line->slot[at - 1], q->wait_since)) {
		line->slot[at] = line->slot[at - 1];
		at--;
	}
	line->slot[at] = (uint8_t)slot;
	line_report(fw, q);
}

unsigned int line_next(struct fw *fw, struct fw_line *line)
{
	unsigned int slot = line->slot[0];

	line_leave(fw, line, slot);
	return slot;
}

void line_leave(struct fw *fw, struct fw_line *line, unsigned int slot)
{
	struct fw_queue *q = &fw->queues[slot];
	unsigned int n = 0;

	for (unsigned int i = 0; i < line->count; i++)
		if (line->slot[i] != slot)
			line->slot[n++] = line->slot[i];
	line->count = n;
	q->waits = false;
	q->waited += port_time() - q->wait_since;
	line_report(fw, q);
}

bool line_lets_pass(const struct fw *fw, const struct fw_line *line, unsigned int slot)
{
	return !line->count || passes(fw, slot, line->slot[0], port_time());
}
