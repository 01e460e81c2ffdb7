// SPDX-License-Identifier: MIT
/*
 * The debug block: halt, step and inspect a core from outside, between quanta. Contract:
 * MTIA_PC_DBG_* in uapi/mtia/regs.h. Units and the other core go on while a core is halted.
 */
#include <errno.h>

#include "pe_internal.h"

uint32_t pe_debug_status(const struct mtia_pe *pe, uint32_t core)
{
	const struct pe_core *c = &pe->s.core[core];
	uint32_t status = 0;

	if ((c->debug & MTIA_DBG_HALT) && !(c->debug & MTIA_DBG_STEP))
		status |= MTIA_DBG_HALTED;
	if (c->state == CORE_BLOCKED)
		status |= MTIA_DBG_BLOCKED;
	if (c->state == CORE_OFF || c->state == CORE_DONE)
		status |= MTIA_DBG_OFF;
	if (c->debug & DEBUG_BREAK)
		status |= MTIA_DBG_BREAK;
	return status;
}

uint32_t pe_debug_control(const struct mtia_pe *pe, uint32_t core)
{
	return pe->s.core[core].debug & (MTIA_DBG_HALT | MTIA_DBG_EBREAK | MTIA_DBG_STEP);
}

void pe_set_debug_control(struct mtia_pe *pe, uint32_t core, uint32_t value, uint64_t cycle)
{
	struct pe_core *c = &pe->s.core[core];
	bool ran = core_runs(c);

	c->debug = (c->debug & DEBUG_BREAK) | (value & (MTIA_DBG_HALT | MTIA_DBG_EBREAK));
	if (value & MTIA_DBG_HALT)
		c->debug |= value & MTIA_DBG_STEP;
	else
		c->debug &= (uint8_t)~DEBUG_BREAK;
	/* its clock stood still meanwhile */
	if (!ran && core_runs(c))
		core_wake(pe, core, cycle > pe->s.now ? cycle : pe->s.now);
}

bool pe_debug_halted(const struct mtia_pe *pe)
{
	for (uint32_t core = 0; core < CORES; core++) {
		const struct pe_core *c = &pe->s.core[core];

		if (c->state != CORE_OFF && c->state != CORE_DONE && (c->debug & MTIA_DBG_HALT))
			return true;
	}
	return false;
}

uint32_t *pe_debug_select(struct mtia_pe *pe, uint32_t core)
{
	return &pe->s.core[core].debug_select;
}

/* Is `reg` a 64-bit part of a vector register, on a core that has them? Then which register. */
static bool is_vector(const struct mtia_pe *pe, uint32_t core, uint32_t reg, uint32_t *n,
		      uint32_t *byte)
{
	_Static_assert(RV_VLENB == 64, "eight parts a register");
	*n = (reg - MTIA_DBG_REG_V(0, 0)) / 8;
	*byte = (reg - MTIA_DBG_REG_V(0, 0)) % 8 * 8;
	return pe->hart[core].vector && *n < 32;
}

int pe_debug_read(const struct mtia_pe *pe, uint32_t core, uint32_t reg, uint64_t *val)
{
	const struct rv_state *s = &pe->hart[core].s;
	uint32_t n, byte;

	if (is_vector(pe, core, reg, &n, &byte)) {
		memcpy(val, &s->v[n][byte], sizeof(*val));
		return 0;
	}
	if (reg < MTIA_DBG_REG_X(32)) {
		*val = s->x[reg - MTIA_DBG_REG_X(0)];
		return 0;
	}
	if (reg >= MTIA_DBG_REG_F(0) && reg < MTIA_DBG_REG_F(32)) {
		*val = s->f[reg - MTIA_DBG_REG_F(0)];
		return 0;
	}
	if (reg == MTIA_DBG_REG_PC) {
		*val = s->pc;
		return 0;
	}
	if (reg >= MTIA_DBG_REG_CSR(0) && reg < MTIA_DBG_REG_CSR(0x1000))
		return rv_csr_peek(&pe->hart[core], reg - MTIA_DBG_REG_CSR(0), val) ? 0 : -EINVAL;
	return -EINVAL;
}

int pe_debug_write(struct mtia_pe *pe, uint32_t core, uint32_t reg, uint64_t val)
{
	struct rv_state *s = &pe->hart[core].s;
	uint32_t n, byte;

	if (!(pe_debug_status(pe, core) & MTIA_DBG_HALTED))
		return -EBUSY;
	if (is_vector(pe, core, reg, &n, &byte)) {
		memcpy(&s->v[n][byte], &val, sizeof(val));
		return 0;
	}
	if (reg > MTIA_DBG_REG_X(0) && reg < MTIA_DBG_REG_X(32)) {
		s->x[reg - MTIA_DBG_REG_X(0)] = val;
		return 0;
	}
	if (reg >= MTIA_DBG_REG_F(0) && reg < MTIA_DBG_REG_F(32)) {
		s->f[reg - MTIA_DBG_REG_F(0)] = val;
		return 0;
	}
	if (reg == MTIA_DBG_REG_PC) {
		struct pe_core *c = &pe->s.core[core];

		/* An access under way belongs to the instruction at the pc. */
		if (c->access != ACCESS_NONE || c->state == CORE_EXITING)
			return -EBUSY;
		s->pc = val & ~UINT64_C(1);
		s->waiting = 0;
		s->resv_size = 0;
		s->vstart = 0; /* of the instruction it leaves */
		s->vfield = 0;
		if (c->state == CORE_BLOCKED)
			core_wake(pe, core, pe->s.now);
		return 0;
	}
	if (reg >= MTIA_DBG_REG_CSR(0) && reg < MTIA_DBG_REG_CSR(0x1000)) {
		if (!rv_csr_poke(&pe->hart[core], reg - MTIA_DBG_REG_CSR(0), val))
			return -EINVAL;
		irq_deliver(pe, pe->s.now);
		return 0;
	}
	return -EINVAL;
}

/* After an ebreak that found no handler: halted there, if the debugger wants it so. */
bool debug_break(struct mtia_pe *pe, uint32_t core)
{
	struct pe_core *c = &pe->s.core[core];
	struct rv_state *s = &pe->hart[core].s;

	if (!(c->debug & MTIA_DBG_EBREAK) || s->halt_cause != RV_CAUSE_BREAKPOINT)
		return false;
	s->halted = 0;
	s->halt_cause = s->halt_pc = s->halt_tval = 0;
	c->debug = MTIA_DBG_EBREAK | MTIA_DBG_HALT | DEBUG_BREAK;
	return true;
}
