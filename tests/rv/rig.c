// SPDX-License-Identifier: GPL-2.0
/*
 * See rig.h. The device counts what it is asked and can stall, fault, interrupt and take its
 * time.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rig.h"

rv_run_fn run;
const char *dispatch;

static bool stalls(struct guest *g)
{
	if (g->stall_every && ++g->stall_count % g->stall_every == 0)
		return true;
	if (!g->stall_next)
		return false;
	g->stall_next--;
	return true;
}

static uint64_t *reg_at(struct guest *g, uint64_t addr)
{
	return addr - DEV < sizeof(g->dev) ? &g->dev[(addr - DEV) / 8] : NULL;
}

static enum rv_result dev_load(void *ctx, uint64_t addr, unsigned int size, uint64_t *val,
			       struct rv_exc *exc)
{
	struct guest *g = ctx;
	uint64_t *reg = reg_at(g, addr);

	(void)size, (void)exc;
	g->loads++;
	if (!reg)
		return RV_FAULT;
	if (stalls(g))
		return RV_STALL;
	*val = 0;
	memcpy(val, (uint8_t *)reg + addr % 8, size);
	return RV_OK;
}

static enum rv_result dev_store(void *ctx, uint64_t addr, unsigned int size, uint64_t val,
				struct rv_exc *exc)
{
	struct guest *g = ctx;
	uint64_t *reg = reg_at(g, addr);

	g->stores++;
	g->hook_cycle = g->hart.s.cycle;
	g->hook_pc = g->hart.s.pc;
	if (!reg) {
		exc->tval = addr + 1;
		exc->cause = 24;
		return RV_FAULT;
	}
	if (stalls(g))
		return RV_STALL;
	memcpy((uint8_t *)reg + addr % 8, &val, size);
	if (addr == DEV + 56)		/* register 7: interrupt lines */
		g->hart.s.mip = val;
	return RV_OK;
}

static enum rv_result dev_amo(void *ctx, uint64_t addr, unsigned int size, enum rv_amo op,
			      uint64_t operand, uint64_t *old, struct rv_exc *exc)
{
	struct guest *g = ctx;
	uint64_t *reg = reg_at(g, addr), expected = *old;

	(void)exc;
	g->amos++;
	if (!reg)
		return RV_FAULT;
	if (stalls(g))
		return RV_STALL;
	*old = 0;
	memcpy(old, reg, size);
	if (op == RV_AMO_SC) {
		bool same = *old == expected;

		*old = !same;
		if (same)
			memcpy(reg, &operand, size);
	} else if (op != RV_AMO_LR) {
		uint64_t new = rv_amo_apply(op, size, *old, operand);

		memcpy(reg, &new, size);
	}
	return RV_OK;
}

static enum rv_result dev_fetch(void *ctx, uint64_t vaddr, uint64_t *key, const void **host,
				struct rv_exc *exc)
{
	struct guest *g = ctx;

	(void)exc;
	g->fetches++;
	if (g->fetch_fail && vaddr == g->fetch_fail)
		return g->fetch_result;
	/* the last page and page 0 of the address space are code, too */
	if (vaddr == 0 || vaddr == UINT64_MAX - 4095)
		vaddr = vaddr ? CODE + CODE_SIZE - 4096 : CODE + CODE_SIZE - 8192;
	if (vaddr - CODE >= CODE_SIZE)
		return RV_FAULT;
	*key = vaddr;
	*host = g->code + (vaddr - CODE);
	return RV_OK;
}

static enum rv_result dev_csr_read(void *ctx, unsigned int csr, uint64_t *val, struct rv_exc *exc)
{
	struct guest *g = ctx;

	g->csr_reads++;
	if (csr == 0x7ff) {
		exc->cause = 25;
		return RV_FAULT;
	}
	if (stalls(g))
		return RV_STALL;
	*val = g->csr[csr];
	return RV_OK;
}

static enum rv_result dev_csr_write(void *ctx, unsigned int csr, uint64_t val, struct rv_exc *exc)
{
	struct guest *g = ctx;

	(void)exc;
	g->csr_writes++;
	if (stalls(g))
		return RV_STALL;
	g->csr[csr] = val;
	return RV_OK;
}

static enum rv_result dev_custom0(void *ctx, struct rv_hart *hart, unsigned int funct3,
				  unsigned int funct7, uint64_t rs1, uint64_t rs2, uint64_t *rd,
				  struct rv_exc *exc)
{
	struct guest *g = ctx;

	g->customs++;
	g->hook_cycle = hart->s.cycle;
	g->hook_pc = hart->s.pc;
	switch (funct3) {
	case C0_ADD:
		*rd = rs1 + rs2 + funct7;
		return RV_OK;
	case C0_STALL:
		if (stalls(g))
			return RV_STALL;
		*rd = 77;
		return RV_OK;
	case C0_IRQ:
		hart->s.mip |= RV_MIP_MEIP;
		return RV_OK;
	case C0_SLOW:
		hart->s.cycle += rs1;
		return RV_OK;
	case C0_FLUSH:
		rv_flush_icache(hart);
		return RV_OK;
	case C0_STOP:
		hart->stop_request = 1;
		return RV_OK;
	case C0_FAULT:
		exc->cause = funct7;
		exc->tval = rs1;
		return RV_FAULT;
	default:
		return RV_FAULT;	/* as it came: illegal instruction */
	}
}

const struct rv_bus rig_bus = {
	dev_load, dev_store, dev_amo, dev_fetch, dev_csr_read, dev_csr_write, dev_custom0,
};

struct rv_config config(struct guest *g)
{
	return (struct rv_config){
		.bus = &rig_bus, .ctx = g, .icache = g->ic, .hartid = 5,
		.mvendorid = 11, .marchid = 12, .mimpid = 13, .nwindows = 2,
		.windows = {
			{ .base = RAM, .size = RAM_SIZE, .host = g->ram, .perms = RV_R | RV_W },
			{ .base = ROM, .size = ROM_SIZE, .host = g->rom, .perms = RV_R },
		},
	};
}

struct guest *guest_new(void)
{
	struct guest *g = calloc(1, sizeof(*g));
	struct rv_config cfg;

	if (!g)
		exit(1);
	g->ic = rv_icache_create(4);
	cfg = config(g);
	if (!g->ic || rv_init(&g->hart, &cfg))
		exit(1);
	rv_reset(&g->hart, CODE);
	return g;
}

void guest_free(struct guest *g)
{
	rv_fini(&g->hart);
	rv_icache_destroy(g->ic);
	free(g);
}

void put(struct guest *g, uint64_t addr, uint32_t insn)
{
	memcpy(g->code + (addr - CODE), &insn, 4);
}

bool to_end(struct guest *g)
{
	return run(&g->hart, UINT64_MAX) == RV_STOP_HALT;
}

bool halted_by(struct guest *g, uint64_t cause, uint64_t pc, uint64_t tval)
{
	struct rv_state *s = &g->hart.s;
	bool same = s->halted && s->halt_cause == cause && s->halt_pc == pc && s->halt_tval == tval;

	if (!same)
		fprintf(stderr, "#   halted %u, cause %llu, pc 0x%llx, tval 0x%llx\n", s->halted,
			(unsigned long long)s->halt_cause, (unsigned long long)s->halt_pc,
			(unsigned long long)s->halt_tval);
	return same;
}

void again(struct guest *g)
{
	g->hart.s.mip = 0;
	rv_reset(&g->hart, CODE);
}
