// SPDX-License-Identifier: MIT
/* Snapshots: the PE's plain state and both harts', checked before any of it is used again. */
#include <errno.h>

#include "pe_internal.h"

#define SNAPSHOT_MAGIC 0x5350454du /* "MEPS" */

/* struct pe_state, then each hart's struct rv_state; no padding between or behind them. */
#define HART_OFFSET(core) (sizeof(struct pe_state) + (core) * sizeof(struct rv_state))
#define SNAPSHOT_SIZE	  HART_OFFSET(CORES)

size_t pe_state_size(void)
{
	return SNAPSHOT_SIZE;
}

void pe_save(const struct mtia_pe *pe, void *buf)
{
	const uint32_t head[2] = { SNAPSHOT_MAGIC, SNAPSHOT_SIZE };
	uint8_t *out = buf;

	memcpy(out, &pe->s, sizeof(pe->s));
	memcpy(out + offsetof(struct pe_state, magic), head, sizeof(head));
	for (uint32_t core = 0; core < CORES; core++)
		memcpy(out + HART_OFFSET(core), &pe->hart[core].s, sizeof(struct rv_state));
}

static bool valid_core(const struct mtia_pe *pe, uint32_t core)
{
	const struct pe_state *s = &pe->s;
	const struct rv_state *hart = &pe->hart[core].s;
	const struct pe_core *c = &s->core[core];

	if (c->state > CORE_DONE || c->access > ACCESS_DONE ||
	    c->wait_id >= (atom_is_op(wait_op(c)) ? MTIA_PE_ATOMS : MTIA_PE_CBS))
		return false;
	if ((c->debug & ~(MTIA_DBG_HALT | MTIA_DBG_EBREAK | MTIA_DBG_STEP | DEBUG_BREAK)) ||
	    ((c->debug & MTIA_DBG_STEP) && !(c->debug & MTIA_DBG_HALT)))
		return false;
	/*
	 * Between quanta an access has been made or not begun, and nothing lies in the past: it
	 * would have to be caught up with. (A fault stops everything wherever it was.)
	 */
	if (s->status == MTIA_PE_RUNNING &&
	    (c->access == ACCESS_STAGED || (core_runs(c) && hart->cycle < s->now)))
		return false;
	return rv_state_valid(&pe->hart[core], hart);
}

static bool valid(struct mtia_pe *pe)
{
	struct pe_state *s = &pe->s;
	const struct pe_launch *l = &s->launch;
	uint32_t row = pe->index / pe->grid_cols, col = pe->index % pe->grid_cols;

	if (s->magic != SNAPSHOT_MAGIC || s->bytes != SNAPSHOT_SIZE ||
	    s->status > MTIA_PE_FAULTED)
		return false;
	if (s->status == MTIA_PE_RUNNING &&
	    (row < l->row0 || row >= (uint32_t)l->row0 + l->rows || col < l->col0 ||
	     col >= (uint32_t)l->col0 + l->cols || (uint32_t)l->col0 + l->cols > pe->grid_cols))
		return false;
	if (s->commit_at != PE_NEVER || s->staged_count || s->stopped || s->mmu_fault)
		return false;
	for (uint32_t core = 0; core < CORES; core++)
		if (!valid_core(pe, core))
			return false;
	for (unsigned int dir = 0; dir < 2; dir++)
		if (s->took[dir] || s->outbox[dir].count ||
		    s->inbox[dir].count > MTIA_RE_LINK_TILES ||
		    s->inbox[dir].head >= MTIA_RE_LINK_TILES ||
		    s->credit[dir] > MTIA_RE_LINK_TILES)
			return false;
	for (uint32_t slot = 0; slot < MTIA_SE_LUTS; slot++)
		if (s->lut[slot].head.segments && !se_lut_valid(&s->lut[slot].head))
			return false;
	if (s->ev_tail > PE_EVENTS || s->ev_head > s->ev_tail)
		return false;
	for (uint32_t i = s->ev_head; i < s->ev_tail; i++) {
		const struct pe_event *ev = &s->ev[i];

		if (ev->kind >= EVENT_KINDS ||
		    ev->arg >= (ev->kind == EVENT_CORE ? CORES :
				ev->kind == EVENT_IRQ ? MTIA_PE_IRQS : PE_CMDS) ||
		    (ev->time < s->now && s->status == MTIA_PE_RUNNING) ||
		    (i > s->ev_head && ev->time < ev[-1].time))
			return false;
	}
	return irq_valid(pe) && cp_restore(pe);
}

int pe_load(struct mtia_pe *pe, const void *buf, size_t size)
{
	const uint8_t *in = buf;

	pe_power_on(pe);
	if (size != SNAPSHOT_SIZE)
		return -EINVAL;
	memcpy(&pe->s, in, sizeof(pe->s));
	for (uint32_t core = 0; core < CORES; core++)
		memcpy(&pe->hart[core].s, in + HART_OFFSET(core), sizeof(struct rv_state));
	if (!valid(pe)) {
		pe_power_on(pe);
		return -EINVAL;
	}
	pe_flush_tlb(pe);
	return 0;
}
