// SPDX-License-Identifier: MIT
/*
 * Interrupts of a PE: machine timers, software interrupts, and the interrupt controller (IC), all
 * behind the register window of uapi/mtia/pe.h. The paper names a machine timer and a PLIC; which
 * sources there are, the registers and every number are invented.
 *
 * When a core gets an interrupt must not depend on how far it happened to run ahead of the other
 * core and of the units. A blocked core is woken at the cycle; the timer it set itself comes at
 * its cycle; the rest a running core sees where it is in step with the others anyway: at its custom
 * instructions and register accesses, and at every barrier (irq_see()).
 */
#include "pe_internal.h"
#include "timing.h"

#define SOURCES		((1u << MTIA_PE_IRQS) - 2) /* 1 .. MTIA_PE_IRQS - 1 */

void irq_reset(struct mtia_pe *pe)
{
	struct pe_irq *irq = &pe->s.irq;

	memset(irq, 0, sizeof(*irq));
	for (uint32_t core = 0; core < CORES; core++)
		irq->timecmp[core] = irq->seen_timecmp[core] = irq->seen_quantum[core] = PE_NEVER;
	irq->wake_at = PE_NEVER;
}

/* The source a claim would give: highest priority, then lowest number; 0 if there is none. */
static uint32_t best_source(const struct pe_irq *irq, uint32_t core)
{
	uint32_t left = irq->pending & irq->enable[core] & ~irq->active, best = 0;
	uint8_t above = irq->threshold[core];

	for (; left; left &= left - 1) {
		uint32_t source = (uint32_t)__builtin_ctz(left);

		if (irq->priority[source] > above) {
			above = irq->priority[source];
			best = source;
		}
	}
	return best;
}

uint64_t irq_lines(const struct mtia_pe *pe, uint32_t core, uint64_t cycle)
{
	const struct pe_irq *irq = &pe->s.irq;
	uint64_t mip = 0;

	if (irq->soft >> core & 1)
		mip |= RV_MIP_MSIP;
	if (cycle >= irq->timecmp[core])
		mip |= RV_MIP_MTIP;
	if (best_source(irq, core))
		mip |= RV_MIP_MEIP;
	return mip;
}

static void look(struct mtia_pe *pe, uint32_t core)
{
	struct rv_state *hart = &pe->hart[core].s;
	struct pe_irq *irq = &pe->s.irq;

	irq->seen_quantum[core] = hart->cycle / pe->quantum;
	irq->seen_timecmp[core] = irq->timecmp[core];
	hart->mip = irq_lines(pe, core, hart->cycle);
}

void irq_see(struct mtia_pe *pe, uint32_t core)
{
	/* how far it may run, irq_before_run(), depends on its timer */
	if (pe->s.irq.seen_timecmp[core] != pe->s.irq.timecmp[core])
		pe->hart[core].stop_request = 1;
	look(pe, core);
}

uint64_t irq_before_run(struct mtia_pe *pe, uint32_t core, uint64_t until)
{
	struct rv_state *hart = &pe->hart[core].s;
	struct pe_irq *irq = &pe->s.irq;
	uint64_t timer;

	/*
	 * No interrupt between an access that was made already and its instruction, which a handler's
	 * own access would find in its place.
	 */
	if (pe->s.core[core].access) {
		hart->mip = 0;
		return until;
	}
	if (irq->seen_quantum[core] != hart->cycle / pe->quantum)
		look(pe, core);
	timer = irq->seen_timecmp[core];
	if (timer <= hart->cycle)
		hart->mip |= RV_MIP_MTIP;
	return timer > hart->cycle && timer < until ? timer : until;
}

/* What gets this core going, as mip bits: interrupts it enabled; none during an access to others. */
static uint64_t wakers(const struct mtia_pe *pe, uint32_t core)
{
	const struct pe_core *c = &pe->s.core[core];
	const struct rv_state *hart = &pe->hart[core].s;

	if (c->state != CORE_BLOCKED || c->access != ACCESS_NONE)
		return 0;
	return c->wait == MTIA_PE_OP_WFI || (hart->mstatus & RV_MSTATUS_MIE) ? hart->mie : 0;
}

void irq_update_wake(struct mtia_pe *pe)
{
	struct pe_irq *irq = &pe->s.irq;

	irq->wake_at = PE_NEVER;
	for (uint32_t core = 0; core < CORES; core++)
		if ((wakers(pe, core) & RV_MIP_MTIP) && irq->timecmp[core] < irq->wake_at)
			irq->wake_at = irq->timecmp[core];
}

void irq_deliver(struct mtia_pe *pe, uint64_t cycle)
{
	for (uint32_t core = 0; core < CORES; core++) {
		uint64_t time = pe->hart[core].s.cycle > cycle ? pe->hart[core].s.cycle : cycle;

		if (irq_lines(pe, core, time) & wakers(pe, core))
			core_wake(pe, core, cycle);
	}
	irq_update_wake(pe);
}

void irq_blocked(struct mtia_pe *pe, uint32_t core)
{
	uint64_t cycle = pe->hart[core].s.cycle;

	if (irq_lines(pe, core, cycle) & wakers(pe, core))
		core_wake(pe, core, cycle);
	irq_update_wake(pe);
}

void irq_raise(struct mtia_pe *pe, uint32_t source, uint64_t cycle)
{
	struct pe_irq *irq = &pe->s.irq;

	irq->pending |= 1u << source;
	if ((irq->enable[0] | irq->enable[1]) >> source & 1)
		irq_deliver(pe, cycle);
}

void pe_interrupt(struct mtia_pe *pe, uint64_t cycle)
{
	struct pe_state *s = &pe->s;

	if (s->status != MTIA_PE_RUNNING || s->irq.ctrl_posted)
		return;
	s->irq.ctrl_posted = 1;
	pe_post(pe, cycle > s->now ? cycle : s->now, EVENT_IRQ, MTIA_PE_IRQ_CTRL);
}

static uint32_t claim(struct pe_irq *irq, uint32_t core)
{
	uint32_t source = best_source(irq, core);

	if (source) {
		irq->pending &= ~(1u << source);
		irq->active |= 1u << source;
	}
	return source;
}

/* Register at `offset`: 64-bit ones at both of their halves. */
static bool read_reg(struct mtia_pe *pe, uint32_t offset, unsigned int size, uint64_t cycle,
		     uint64_t *val)
{
	struct pe_irq *irq = &pe->s.irq;
	uint64_t wide;

	switch (offset & ~7u) {
	case MTIA_PE_TIMECMP(0):
	case MTIA_PE_TIMECMP(1):
		wide = irq->timecmp[(offset - MTIA_PE_TIMECMP(0)) / 8];
		break;
	case MTIA_PE_TIME:
		wide = cycle;
		break;
	default:
		if (size != 4)
			return false;
		switch (offset) {
		case MTIA_PE_SOFT(0):
		case MTIA_PE_SOFT(1):
			*val = irq->soft >> (offset - MTIA_PE_SOFT(0)) / 4 & 1;
			return true;
		case MTIA_PE_IC_PENDING:
			*val = irq->pending;
			return true;
		case MTIA_PE_IC_ENABLE(0):
		case MTIA_PE_IC_ENABLE(1):
			*val = irq->enable[(offset - MTIA_PE_IC_ENABLE(0)) / 4];
			return true;
		case MTIA_PE_IC_THRESHOLD(0):
		case MTIA_PE_IC_THRESHOLD(1):
			*val = irq->threshold[(offset - MTIA_PE_IC_THRESHOLD(0)) / 4];
			return true;
		case MTIA_PE_IC_CLAIM(0):
		case MTIA_PE_IC_CLAIM(1):
			*val = claim(irq, (offset - MTIA_PE_IC_CLAIM(0)) / 4);
			return true;
		}
		if (offset - MTIA_PE_IC_PRIORITY(1) < 4 * (MTIA_PE_IRQS - 1)) {
			*val = irq->priority[(offset - MTIA_PE_IC_PRIORITY(0)) / 4];
			return true;
		}
		return false;
	}
	*val = size == 8 ? wide : (uint32_t)(wide >> 8 * (offset & 4));
	return size >= 4;
}

static bool write_reg(struct mtia_pe *pe, uint32_t offset, unsigned int size, uint64_t val)
{
	struct pe_irq *irq = &pe->s.irq;
	uint64_t *wide;

	switch (offset & ~7u) {
	case MTIA_PE_TIMECMP(0):
	case MTIA_PE_TIMECMP(1):
		wide = &irq->timecmp[(offset - MTIA_PE_TIMECMP(0)) / 8];
		if (size == 8)
			*wide = val;
		else if (size == 4)
			memcpy((uint8_t *)wide + (offset & 4), &val, 4);
		return size >= 4;
	}
	if (size != 4)
		return false;
	switch (offset) {
	case MTIA_PE_SOFT(0):
	case MTIA_PE_SOFT(1):
		irq->soft &= ~(1u << (offset - MTIA_PE_SOFT(0)) / 4);
		irq->soft |= (uint32_t)(val & 1) << (offset - MTIA_PE_SOFT(0)) / 4;
		return true;
	case MTIA_PE_IC_ENABLE(0):
	case MTIA_PE_IC_ENABLE(1):
		irq->enable[(offset - MTIA_PE_IC_ENABLE(0)) / 4] = (uint32_t)val & SOURCES;
		return true;
	case MTIA_PE_IC_THRESHOLD(0):
	case MTIA_PE_IC_THRESHOLD(1):
		irq->threshold[(offset - MTIA_PE_IC_THRESHOLD(0)) / 4] =
			val & MTIA_PE_IC_PRIORITIES;
		return true;
	case MTIA_PE_IC_CLAIM(0):
	case MTIA_PE_IC_CLAIM(1):
		if (val < MTIA_PE_IRQS)
			irq->active &= ~(1u << val);
		return true;
	}
	if (offset - MTIA_PE_IC_PRIORITY(1) < 4 * (MTIA_PE_IRQS - 1)) {
		irq->priority[(offset - MTIA_PE_IC_PRIORITY(0)) / 4] = val & MTIA_PE_IC_PRIORITIES;
		return true;
	}
	return false;
}

bool irq_load(struct mtia_pe *pe, uint32_t core, uint32_t offset, unsigned int size, uint64_t *val)
{
	struct rv_state *hart = &pe->hart[core].s;

	if (!read_reg(pe, offset, size, hart->cycle, val))
		return false;
	irq_see(pe, core); /* a claim lowers lines */
	hart->cycle += PE_REG_CYCLES;
	return true;
}

bool irq_store(struct mtia_pe *pe, uint32_t core, uint32_t offset, unsigned int size, uint64_t val)
{
	struct rv_hart *hart = &pe->hart[core];

	if (!write_reg(pe, offset, size, val))
		return false;
	irq_see(pe, core);
	irq_deliver(pe, hart->s.cycle);
	hart->s.cycle += PE_REG_CYCLES;
	return true;
}

bool irq_valid(struct mtia_pe *pe)
{
	struct pe_irq *irq = &pe->s.irq;
	uint64_t wake_at = irq->wake_at;

	for (uint32_t core = 0; core < CORES; core++)
		if ((irq->enable[core] & ~SOURCES) || irq->threshold[core] > MTIA_PE_IC_PRIORITIES)
			return false;
	for (uint32_t source = 0; source < MTIA_PE_IRQS; source++)
		if (irq->priority[source] > (source ? MTIA_PE_IC_PRIORITIES : 0))
			return false;
	if (((irq->pending | irq->active) & ~SOURCES) || irq->soft >= 1u << CORES ||
	    irq->ctrl_posted > 1)
		return false;
	irq_update_wake(pe);
	return irq->wake_at == wake_at &&
	       (pe->s.status != MTIA_PE_RUNNING || wake_at >= pe->s.now);
}
