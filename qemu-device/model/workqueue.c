// SPDX-License-Identifier: MIT
/*
 * Work queues of sub-grids, MTIA_CC_WQ() of regs.h: PEs go on with the next launch by themselves.
 *
 * The engines of a sub-grid's PEs all do the same at the same time, so there is one struct
 * work_queue for them. The first launch that waits has been asked for at once, so whenever one
 * waits, its request is held: there is no state of its own for that.
 */
#include <string.h>

#include "soc.h"

static bool runs(const struct subgrid *sg)
{
	return sg->state == MTIA_SG_RUNNING;
}

/* The oldest launch that waits, or NULL. */
static struct wq_slot *waiting(struct subgrid *sg)
{
	uint32_t at = sg->wq.ended + runs(sg);

	return at < sg->wq.count ? &sg->wq.slot[at] : NULL;
}

uint32_t workqueue_room(const struct mtia_model *m, const struct subgrid *sg)
{
	if (!(m->caps & MTIA_CAP_WORK_QUEUE) || sg->state == MTIA_SG_FREE)
		return 0;
	return SOC_WQ_DEPTH - sg->wq.count;
}

void workqueue_empty(struct subgrid *sg)
{
	memset(&sg->wq, 0, sizeof(sg->wq));
}

/* ---- Requests ---- */

static const uint8_t *request_at(struct mtia_model *m, uint64_t desc)
{
	uint64_t offset = (desc & MTIA_WQ_ADDR_MASK) - MTIA_PA_LPDDR;

	return offset < m->lpddr_size ? m->lpddr + offset : NULL;
}

/* Read @bytes at @from for all PEs; returns when they are there, *bad if it is poison. */
static uint64_t read_memory(struct mtia_model *m, const struct subgrid *sg, void *to,
			    const uint8_t *from, uint32_t bytes, uint64_t cycle, bool *bad)
{
	uint64_t latency = SOC_LATENCY_LPDDR;

	if (ecc_read(m, NULL, from, bytes,
		     MTIA_ECC_SRC_PE | (uint32_t)__builtin_ctzll(sg->pes)) < bytes)
		*bad = true;
	memcpy(to, from, bytes);
	if (!m->memsys.cache)
		latency += memsys_dma(m, from, bytes, false, cycle);
	return cycle + latency * m->inject.slow + SOC_ARGS_CYCLES(bytes);
}

/* The engines ask for the request of the first launch that waits, if one does. */
static void fetch(struct mtia_model *m, struct subgrid *sg, uint64_t cycle)
{
	const struct wq_slot *slot = waiting(sg);
	struct work_queue *wq = &sg->wq;
	const uint8_t *args;
	bool poison = false;

	if (!slot)
		return;
	wq->ready = read_memory(m, sg, &wq->request, request_at(m, slot->desc),
				sizeof(wq->request), cycle, &poison);
	wq->refused = 0;
	if (!poison && wq->request.args_size) {
		args = subgrid_args(m, wq->request.args_addr, wq->request.args_size);
		if (args)
			wq->ready = read_memory(m, sg, wq->args, args, wq->request.args_size,
						wq->ready, &poison);
		else
			wq->refused = MTIA_WQ_BAD_REQUEST;
	}
	if (wq->request.arg_pos > 0xf)
		wq->refused = MTIA_WQ_BAD_REQUEST;
	if (poison)
		wq->refused = MTIA_WQ_POISON;
}

/* ---- Launches ---- */

/* The oldest that has not ended does so; those behind it are lost if it failed. */
static void end(struct mtia_model *m, struct subgrid *sg, enum mtia_wq_state how)
{
	struct work_queue *wq = &sg->wq;

	wq->slot[wq->ended++].state = how;
	if (how != MTIA_WQ_DONE) {
		while (wq->ended < wq->count)
			wq->slot[wq->ended++].state = MTIA_WQ_FLUSHED;
	}
	subgrid_tell(m, sg);
}

/* Nothing runs and a launch waits: it begins, or is refused. The PEs are free from @cycle on. */
static void begin(struct mtia_model *m, struct subgrid *sg, uint64_t cycle)
{
	struct work_queue *wq = &sg->wq;
	const struct mtia_wq_request *request = &wq->request;

	if (wq->refused) {
		sg->state = MTIA_SG_FAILED;
		end(m, sg, wq->refused);
		return;
	}
	memcpy(sg->entry, request->entry, sizeof(sg->entry));
	memcpy(sg->arg, request->arg, sizeof(sg->arg));
	sg->args_addr = request->args_addr;
	sg->args_size = request->args_size;
	sg->arg_pos = request->arg_pos;
	sg->start_cycle = cycle + SOC_SCRUB_CYCLES;
	if (sg->start_cycle < wq->ready)
		sg->start_cycle = wq->ready;
	sg->start_cycle += SOC_ARGS_CYCLES(sg->args_size);
	peblock_reset_pes(m, sg->pes);
	peblock_scrub_pes(m, sg->pes, cycle);
	wq->slot[wq->ended].state = MTIA_WQ_RUNNING;
	wq->slot[wq->ended].began = sg->start_cycle;
	subgrid_run(m, sg, wq->args);
	fetch(m, sg, sg->start_cycle);
}

void workqueue_started(struct mtia_model *m, struct subgrid *sg)
{
	workqueue_empty(sg);
	if (!(m->caps & MTIA_CAP_WORK_QUEUE))
		return;
	sg->wq.count = 1;
	sg->wq.slot[0] = (struct wq_slot){ .state = MTIA_WQ_RUNNING, .began = sg->start_cycle };
}

/* Cycle in which the last of the entry's PEs that have left did so. */
static uint64_t last_left(const struct mtia_model *m, const struct subgrid *sg)
{
	uint64_t last = 0;

	for (uint64_t left = sg->pes & ~m->running; left; left &= left - 1) {
		struct pe_status s;

		pe_get_status(m->pe[__builtin_ctzll(left)].pe, &s);
		if (s.busy_cycles > last)
			last = s.busy_cycles;
	}
	return sg->start_cycle + last;
}

void workqueue_ended(struct mtia_model *m, struct subgrid *sg)
{
	struct work_queue *wq = &sg->wq;

	if (wq->ended == wq->count)
		return; /* no such feature */
	wq->slot[wq->ended].ended = last_left(m, sg);
	end(m, sg, sg->state == MTIA_SG_DONE ? MTIA_WQ_DONE : MTIA_WQ_FAILED);
	if (waiting(sg))
		m->subgrids.turn |= UINT64_C(1) << (sg - m->subgrids.entry);
}

void workqueue_turn(struct mtia_model *m)
{
	for (; m->subgrids.turn; m->subgrids.turn &= m->subgrids.turn - 1) {
		struct subgrid *sg = &m->subgrids.entry[__builtin_ctzll(m->subgrids.turn)];

		/* Behind the barrier that all PEs have reached. */
		_Static_assert(SOC_SCRUB_CYCLES >= SOC_QUANTUM, "a launch begins in the future");
		begin(m, sg, last_left(m, sg) + 2 * subgrid_hops(sg));
	}
}

static enum mtia_sg_refusal push(struct mtia_model *m, struct subgrid *sg, uint64_t desc)
{
	uint64_t cycle = m->ctrl.hart.s.cycle + subgrid_hops(sg);
	struct work_queue *wq = &sg->wq;
	uint32_t before = sg->wq.count;

	if (sg->state == MTIA_SG_FREE || sg->state == MTIA_SG_FAILED)
		return MTIA_SG_ERR_STATE;
	if (!(desc >> MTIA_WQ_TAG_SHIFT) || !request_at(m, desc) ||
	    desc & ~MTIA_WQ_ADDR_MASK & ((UINT64_C(1) << MTIA_WQ_TAG_SHIFT) - 1))
		return MTIA_SG_ERR_ARGS;
	if (before == SOC_WQ_DEPTH)
		return MTIA_SG_ERR_QUEUE;
	wq->slot[wq->count++] = (struct wq_slot){ .desc = desc };
	if (before > wq->ended + runs(sg))
		return MTIA_SG_ERR_NONE; /* its turn to be asked for comes later */
	fetch(m, sg, cycle);
	if (!runs(sg))
		begin(m, sg, cycle);
	return MTIA_SG_ERR_NONE;
}

static bool pop(struct subgrid *sg)
{
	struct work_queue *wq = &sg->wq;

	if (!wq->ended)
		return false;
	wq->ended--;
	wq->count--;
	memmove(wq->slot, wq->slot + 1, wq->count * sizeof(wq->slot[0]));
	memset(&wq->slot[wq->count], 0, sizeof(wq->slot[0]));
	return true;
}

/* ---- Registers ---- */

static bool read64(const struct work_queue *wq, uint32_t offset, uint64_t *value)
{
	uint32_t i = (offset - MTIA_WQ_SLOT(0)) / 8;

	_Static_assert(SOC_WQ_DEPTH <= MTIA_WQ_MAX_DEPTH, "what software is told");
	switch (offset) {
	case MTIA_WQ_PUSH: /* write only */
	case MTIA_WQ_POP:
		*value = 0;
		return true;
	case MTIA_WQ_BEGAN:
		*value = wq->slot[0].began;
		return true;
	case MTIA_WQ_ENDED:
		*value = wq->slot[0].ended;
		return true;
	}
	if (offset < MTIA_WQ_SLOT(0) || i >= MTIA_WQ_MAX_DEPTH)
		return false;
	*value = i < SOC_WQ_DEPTH ? wq->slot[i].desc | wq->slot[i].state : 0;
	return true;
}

bool workqueue_reg_read(const struct mtia_model *m, uint32_t offset, unsigned int size,
			uint64_t *value)
{
	const struct work_queue *wq = &m->subgrids.entry[offset / 0x80].wq;

	offset %= 0x80;
	if (size < 4 || !read64(wq, offset & ~7u, value))
		return false;
	*value = reg_part(*value, offset & 4, size);
	return true;
}

bool workqueue_reg_write(struct mtia_model *m, uint32_t offset, uint64_t value, unsigned int size)
{
	unsigned int n = offset / 0x80;
	struct subgrid *sg = &m->subgrids.entry[n];

	offset %= 0x80;
	if (offset == MTIA_WQ_POP && size >= 4)
		return pop(sg);
	if (offset != MTIA_WQ_PUSH || size != 8)
		return false;
	sg->refusal = push(m, sg, value);
	/* That a launch in front has failed is no mistake: nobody can know it before. */
	if (sg->refusal && sg->state != MTIA_SG_FAILED)
		soc_error(m, MTIA_ERR_GUEST, MTIA_PA_CTRL + MTIA_CC_WQ(n) + MTIA_WQ_PUSH,
			  "sub-grid %u: launch 0x%llx not queued, reason %u", n,
			  (unsigned long long)value, sg->refusal);
	return true;
}

/* ---- State from a stream ---- */

static bool slot_valid(struct mtia_model *m, const struct subgrid *sg, uint32_t i)
{
	const struct work_queue *wq = &sg->wq;
	const struct wq_slot *slot = &wq->slot[i];

	if (i >= wq->count)
		return !slot->desc && !slot->state;
	if (slot->desc & MTIA_WQ_STATE_MASK)
		return false;
	if (i < wq->ended)
		return slot->state >= MTIA_WQ_DONE && slot->state <= MTIA_WQ_POISON;
	if (i == wq->ended && runs(sg))
		return slot->state == MTIA_WQ_RUNNING;
	return slot->state == MTIA_WQ_WAITING && request_at(m, slot->desc);
}

bool workqueue_state_valid(struct mtia_model *m)
{
	for (unsigned int n = 0; n < MTIA_MAX_SUBGRIDS; n++) {
		const struct subgrid *sg = &m->subgrids.entry[n];
		const struct work_queue *wq = &sg->wq;

		/* Nothing waits unless something runs, which is the queue's. */
		if (wq->count > SOC_WQ_DEPTH || wq->ended > wq->count ||
		    (wq->ended < wq->count) != runs(sg) || (sg->state == MTIA_SG_FREE && wq->count))
			return false;
		for (unsigned int i = 0; i < SOC_WQ_DEPTH; i++)
			if (!slot_valid(m, sg, i))
				return false;
		if (wq->refused && wq->refused != MTIA_WQ_BAD_REQUEST &&
		    wq->refused != MTIA_WQ_POISON)
			return false;
		/* Later than any request comes: memory that is slow and asked for by others. */
		if (wq->ready > m->now + (UINT64_C(1) << 43))
			return false;
		if (!wq->refused && (wq->request.args_size > MTIA_PE_ARGS_SIZE ||
				     wq->request.arg_pos > 0xf))
			return false;
	}
	return true;
}
