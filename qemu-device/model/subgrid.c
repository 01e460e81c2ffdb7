// SPDX-License-Identifier: MIT
/*
 * Sub-grids: which PEs are whose, and the launch of a program on all PEs of one at once.
 *
 * The table keeps owners apart without the firmware's help: an entry gets PEs that are nobody's, clean
 * of what another address space left, and while it has them nobody else starts or resets them.
 */
#include <string.h>

#include "soc.h"

#define ACTIONS (MTIA_SG_KILL | MTIA_SG_RELEASE | MTIA_SG_CLAIM | MTIA_SG_SCRUB | MTIA_SG_START)

static uint64_t bit(unsigned int n)
{
	return UINT64_C(1) << n;
}

/* As after a reset, but for the registers that software writes. */
static void forget_launch(struct mtia_model *m, struct subgrid *sg)
{
	sg->faulted = sg->exited = sg->start_cycle = 0;
	m->subgrids.event &= ~bit(sg - m->subgrids.entry);
}

void subgrid_tell(struct mtia_model *m, struct subgrid *sg)
{
	m->subgrids.event |= bit(sg - m->subgrids.entry);
}

void subgrid_reset(struct mtia_model *m)
{
	memset(&m->subgrids, 0, sizeof(m->subgrids));
}

/* ---- Actions ---- */

static void kill(struct mtia_model *m, struct subgrid *sg)
{
	peblock_reset_pes(m, sg->pes);
	forget_launch(m, sg);
	workqueue_empty(sg);
	if (sg->state != MTIA_SG_FREE)
		sg->state = MTIA_SG_CLAIMED;
}

static void release(struct mtia_model *m, struct subgrid *sg)
{
	kill(m, sg);
	m->subgrids.claimed &= ~sg->pes;
	sg->pes = 0;
	sg->state = MTIA_SG_FREE;
}

static enum mtia_sg_refusal claim(struct mtia_model *m, struct subgrid *sg)
{
	uint64_t pes = peblock_group(sg->rect), foreign = 0;

	if (sg->state != MTIA_SG_FREE)
		return MTIA_SG_ERR_STATE;
	if (!pes || pes & ~SOC_PE_ENABLED)
		return MTIA_SG_ERR_RECT;
	if (sg->asid >= MTIA_MAX_ASIDS)
		return MTIA_SG_ERR_ASID;
	if (pes & m->subgrids.claimed)
		return MTIA_SG_ERR_OVERLAP;
	if (pes & m->running)
		return MTIA_SG_ERR_BUSY;
	for (uint64_t left = pes; left; left &= left - 1) {
		struct pe_block *b = &m->pe[__builtin_ctzll(left)];

		if (b->last_asid && b->last_asid != sg->asid + 1)
			foreign |= bit(b->index);
		b->last_asid = sg->asid + 1;
	}
	peblock_reset_pes(m, pes);
	peblock_scrub_pes(m, foreign, m->ctrl.hart.s.cycle);
	sg->pes = pes;
	sg->state = MTIA_SG_CLAIMED;
	m->subgrids.claimed |= pes;
	return MTIA_SG_ERR_NONE;
}

static enum mtia_sg_refusal scrub(struct mtia_model *m, struct subgrid *sg)
{
	if (sg->state == MTIA_SG_FREE)
		return MTIA_SG_ERR_STATE;
	if (sg->pes & m->running)
		return MTIA_SG_ERR_BUSY;
	peblock_scrub_pes(m, sg->pes, m->ctrl.hart.s.cycle);
	return MTIA_SG_ERR_NONE;
}

uint64_t subgrid_hops(const struct subgrid *sg)
{
	return MTIA_SG_HOP_CYCLES * ((sg->rect >> 16 & 0xff) + (sg->rect >> 24));
}

/* Cycle in which a launch begins that is broadcast now, see regs.h. */
static uint64_t start_cycle(const struct mtia_model *m, const struct subgrid *sg)
{
	uint64_t cycle = m->ctrl.hart.s.cycle + subgrid_hops(sg);

	if (sg->args_size)
		cycle += SOC_LATENCY_LPDDR;
	for (uint64_t left = sg->pes; left; left &= left - 1) {
		const struct pe_block *b = &m->pe[__builtin_ctzll(left)];

		if (b->ready > cycle)
			cycle = b->ready;
	}
	return cycle + SOC_ARGS_CYCLES(sg->args_size);
}

static void start_pe(struct mtia_model *m, const struct subgrid *sg, struct pe_block *b,
		     const uint8_t *args)
{
	uint64_t row = b->index / MTIA_GRID_COLS - (sg->rect & 0xff);
	uint64_t col = b->index % MTIA_GRID_COLS - (sg->rect >> 8 & 0xff);

	b->asid = sg->asid;
	b->subgrid = sg->rect;
	memcpy(b->entry, sg->entry, sizeof(b->entry));
	for (unsigned int n = 0; n < 4; n++)
		b->arg[n] = sg->arg[n] + (sg->arg_pos >> n & 1 ? row | col << 16 : 0);
	if (sg->args_size)
		memcpy(pe_local_memory(b->pe) + MTIA_PE_ARGS_BASE, args, sg->args_size);
	if (peblock_start(b, sg->start_cycle))
		soc_error(m, MTIA_ERR_MODEL, b->index, "PE %u of a sub-grid did not start",
			  b->index);
}

const uint8_t *subgrid_args(struct mtia_model *m, uint64_t addr, uint32_t size)
{
	const uint8_t *args = NULL;
	uint64_t left = 0;

	/* A PE's own memory is no source: it may be one of those being reset. */
	if (addr - MTIA_PA_LPDDR < m->lpddr_size || addr - MTIA_PA_SRAM < MTIA_SRAM_SIZE)
		args = memory_at(m, addr, &left);
	return args && size <= MTIA_PE_ARGS_SIZE && left >= size && addr % 8 == 0 ? args : NULL;
}

void subgrid_run(struct mtia_model *m, struct subgrid *sg, const uint8_t *args)
{
	sg->state = MTIA_SG_RUNNING;
	for (uint64_t left = sg->pes; left; left &= left - 1)
		start_pe(m, sg, &m->pe[__builtin_ctzll(left)], args);
}

static enum mtia_sg_refusal start(struct mtia_model *m, struct subgrid *sg)
{
	const uint8_t *args = NULL;

	if (sg->state == MTIA_SG_FREE)
		return MTIA_SG_ERR_STATE;
	if (sg->pes & m->running)
		return MTIA_SG_ERR_BUSY;
	if (sg->args_size) {
		args = subgrid_args(m, sg->args_addr, sg->args_size);
		if (!args)
			return MTIA_SG_ERR_ARGS;
	}
	if (sg->arg_pos > 0xf)
		return MTIA_SG_ERR_ARGS;
	peblock_reset_pes(m, sg->pes);
	forget_launch(m, sg);
	sg->start_cycle = start_cycle(m, sg);
	subgrid_run(m, sg, args);
	workqueue_started(m, sg);
	return MTIA_SG_ERR_NONE;
}

static void write_ctrl(struct mtia_model *m, struct subgrid *sg, uint32_t value)
{
	sg->refusal = MTIA_SG_ERR_NONE;
	if (value & MTIA_SG_KILL)
		kill(m, sg);
	if (value & MTIA_SG_RELEASE)
		release(m, sg);
	if (value & MTIA_SG_CLAIM)
		sg->refusal = claim(m, sg);
	if (value & MTIA_SG_SCRUB && !sg->refusal)
		sg->refusal = scrub(m, sg);
	if (value & MTIA_SG_START && !sg->refusal)
		sg->refusal = start(m, sg);
	if (sg->refusal)
		soc_error(m, MTIA_ERR_GUEST,
			  MTIA_PA_CTRL + MTIA_CC_SG(sg - m->subgrids.entry) + MTIA_SG_CTRL,
			  "sub-grid %u: action 0x%x refused, reason %u",
			  (unsigned int)(sg - m->subgrids.entry), value, sg->refusal);
}

bool subgrid_stopped(struct mtia_model *m, unsigned int pe, unsigned int status)
{
	struct pe_status s;
	struct subgrid *sg;

	if (!(m->subgrids.claimed & bit(pe)))
		return false;
	for (sg = m->subgrids.entry; !(sg->pes & bit(pe)); sg++)
		;
	pe_get_status(m->pe[pe].pe, &s);
	if (status == MTIA_PE_FAULTED)
		sg->faulted |= bit(pe);
	else if (s.exit_code)
		sg->exited |= bit(pe);
	if (sg->state != MTIA_SG_RUNNING)
		return true;
	if (sg->faulted | sg->exited)
		sg->state = MTIA_SG_FAILED;
	else if (!(sg->pes & m->running))
		sg->state = MTIA_SG_DONE;
	else
		return true;
	subgrid_tell(m, sg);
	workqueue_ended(m, sg);
	return true;
}

/* ---- Registers ---- */

static bool read32(const struct mtia_model *m, const struct subgrid *sg, uint32_t offset,
		   uint64_t *value)
{
	switch (offset) {
	case MTIA_SG_RECT:
		*value = sg->rect;
		return true;
	case MTIA_SG_ASID:
		*value = sg->asid;
		return true;
	case MTIA_SG_CTRL: /* write only */
		*value = 0;
		return true;
	case MTIA_SG_STATUS:
		*value = sg->state | sg->refusal << 8 | workqueue_room(m, sg) << 16;
		return true;
	case MTIA_SG_ARGS_SIZE:
		*value = sg->args_size;
		return true;
	case MTIA_SG_ARG_POS:
		*value = sg->arg_pos;
		return true;
	default:
		return false;
	}
}

/* The (64) registers that can be written. */
static uint64_t *stored_reg(struct subgrid *sg, uint32_t offset)
{
	switch (offset) {
	case MTIA_SG_ENTRY(0):
	case MTIA_SG_ENTRY(1):
		return &sg->entry[(offset - MTIA_SG_ENTRY(0)) / 8];
	case MTIA_SG_ARG(0):
	case MTIA_SG_ARG(1):
	case MTIA_SG_ARG(2):
	case MTIA_SG_ARG(3):
		return &sg->arg[(offset - MTIA_SG_ARG(0)) / 8];
	case MTIA_SG_ARGS_ADDR:
		return &sg->args_addr;
	default:
		return NULL;
	}
}

static bool read64(const struct mtia_model *m, const struct subgrid *sg, uint32_t offset,
		   uint64_t *value)
{
	const uint64_t *stored = stored_reg((struct subgrid *)sg, offset);

	if (stored) {
		*value = *stored;
		return true;
	}
	switch (offset) {
	case MTIA_SG_PES:
		*value = sg->pes;
		return true;
	case MTIA_SG_FAULTED:
		*value = sg->faulted;
		return true;
	case MTIA_SG_EXITED:
		*value = sg->exited;
		return true;
	case MTIA_SG_LEFT:
		*value = sg->pes & m->running;
		return true;
	case MTIA_SG_START_CYCLE:
		*value = sg->start_cycle;
		return true;
	default:
		return false;
	}
}

bool subgrid_reg_read(const struct mtia_model *m, uint32_t offset, unsigned int size,
		      uint64_t *value)
{
	const struct subgrid *sg = &m->subgrids.entry[offset / 0x80];

	offset %= 0x80;
	if (size == 4 && read32(m, sg, offset, value))
		return true;
	if (size < 4 || !read64(m, sg, offset & ~7u, value))
		return false;
	*value = reg_part(*value, offset & 4, size);
	return true;
}

bool subgrid_reg_write(struct mtia_model *m, uint32_t offset, uint64_t value, unsigned int size)
{
	struct subgrid *sg = &m->subgrids.entry[offset / 0x80];
	uint64_t *stored;

	offset %= 0x80;
	if (size == 4) {
		switch (offset) {
		case MTIA_SG_RECT:
		case MTIA_SG_ASID:
			if (sg->state != MTIA_SG_FREE)
				return false;
			*(offset == MTIA_SG_RECT ? &sg->rect : &sg->asid) = value;
			return true;
		case MTIA_SG_CTRL:
			if (value & ~(uint64_t)ACTIONS)
				return false;
			write_ctrl(m, sg, value);
			return true;
		case MTIA_SG_ARGS_SIZE:
			sg->args_size = value;
			return true;
		case MTIA_SG_ARG_POS:
			sg->arg_pos = value;
			return true;
		}
	}
	stored = size < 4 ? NULL : stored_reg(sg, offset & ~7u);
	if (!stored)
		return false;
	*stored = reg_merge(*stored, value, offset & 4, size);
	return true;
}

/* ---- State from a stream ---- */

bool subgrid_state_valid(const struct mtia_model *m)
{
	uint64_t claimed = 0;

	for (unsigned int n = 0; n < MTIA_MAX_SUBGRIDS; n++) {
		const struct subgrid *sg = &m->subgrids.entry[n];

		if (sg->state > MTIA_SG_FAILED || sg->refusal > MTIA_SG_ERR_QUEUE ||
		    (sg->state == MTIA_SG_FREE ? sg->pes != 0 :
						 !sg->pes || sg->pes != peblock_group(sg->rect)) ||
		    sg->pes & claimed || (sg->pes && sg->asid >= MTIA_MAX_ASIDS) ||
		    (sg->faulted | sg->exited) & ~sg->pes)
			return false;
		claimed |= sg->pes;
	}
	return claimed == m->subgrids.claimed;
}
