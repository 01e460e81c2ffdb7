// SPDX-License-Identifier: MIT
/*
 * Virtual time: one quantum after the other, and none where nothing happens.
 *
 * A quantum (never over the end of the sensors' window): take what the host wrote; run the control
 * core, its timer and the DMA channels to the quantum's end (ctrl_advance, serial); advance the PEs
 * that have something to do (parallel); let their effects happen in PE order (serial). When the next
 * thing that can happen lies further off, time jumps to the quantum in which it happens.
 */
#include <errno.h>
#include <string.h>

#include "soc.h"

/* Quanta between two updates of the activity counters while a step is running. */
#define PUBLISH_QUANTA 256

static uint64_t round_up(uint64_t cycles)
{
	uint64_t rest = cycles % SOC_QUANTUM;

	return rest ? cycles + (SOC_QUANTUM - rest) : cycles;
}

static uint64_t min(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static void run_quantum(struct mtia_model *m, uint64_t end)
{
	uint64_t longest = m->running ? SOC_QUANTUM : SOC_LONG_QUANTUM;

	end = ctrl_advance(m, min(min(end, m->sensors.due), m->now + longest));
	peblock_advance(m, end);
	m->now = end;
	ctrl_update_irqs(m);
	shadow_publish(m);
}

/* Write as much of the result as the caller's structure has room for. */
static int give_result(struct mtia_model_step *to, struct mtia_model_step *from)
{
	size_t size = to->size;

	from->size = size;
	memcpy(to, from, size < sizeof(*from) ? size : sizeof(*from));
	return 0;
}

int mtia_model_step(struct mtia_model *m, uint64_t budget, struct mtia_model_step *result)
{
	uint64_t start = m->now, room = SOC_TIME_END - start, end;
	struct mtia_model_step r = { .next_event = UINT64_MAX };
	unsigned int quanta = 0;

	if (!result || result->size < sizeof(result->size))
		return -EINVAL;
	end = start + (budget < room ? min(round_up(budget), room) : room);
	for (;;) {
		uint64_t busy, timer, next;

		if (atomic_exchange(&m->stop, false)) {
			r.why = MTIA_STEP_STOPPED;
			break;
		}
		port_apply(m);
		busy = min(min(ctrl_next_run(m), dma_next_event(m)), peblock_next_event(m));
		timer = min(ctrl_next_timer(m), ecc_next_event(m));
		next = min(busy, timer);
		if (next < m->now)
			next = m->now;
		if (busy == SOC_NEVER && next >= end && next > m->now) {
			r.why = MTIA_STEP_IDLE;
			r.next_event = timer;
			break;
		}
		if (m->now >= end) {
			r.why = m->now < SOC_TIME_END ? MTIA_STEP_BUDGET : MTIA_STEP_IDLE;
			break;
		}
		if (next >= end) {
			m->now = end;
			continue;
		}
		m->now = next - next % SOC_QUANTUM;
		sensors_advance(m);
		run_quantum(m, end);
		if (++quanta % PUBLISH_QUANTA == 0)
			shadow_publish_counters(m);
	}
	sensors_advance(m);
	shadow_publish(m);
	shadow_publish_counters(m);
	r.cycles = m->now - start;
	r.now = m->now;
	return give_result(result, &r);
}

void mtia_model_stop(struct mtia_model *m)
{
	atomic_store(&m->stop, true);
}
