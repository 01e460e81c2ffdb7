// SPDX-License-Identifier: GPL-2.0
/*
 * What qemu's user mode can't show: traps, CSRs, interrupts, wfi, stalls, the instruction cache,
 * budgets, windows. Every case runs with both dispatch builds.
 */
#include <errno.h>
#include <stdlib.h>

#include "encode.h"
#include "guest.h"
#include "../unit/tap.h"

#define CODE		0x10000		/* 16 pages of code, fetched over the bus */
#define CODE_SIZE	0x10000
#define HANDLER		(CODE + 0x800)
#define RAM		0x40000		/* window 0 */
#define RAM_SIZE	0x1000
#define ROM		0x50000		/* window 1, read only */
#define ROM_SIZE	64
#define DEV		0x90000000	/* device on the bus: 8 registers of 8 bytes */

enum { ZERO, RA, SP, GP, TP, T0, T1, T2, S0, S1, A0, A1, A2, A3, A4, A5 };

enum { C0_ADD, C0_FAULT, C0_STALL, C0_IRQ, C0_SLOW, C0_FLUSH, C0_STOP };

struct guest {
	struct rv_hart hart;
	struct rv_icache *ic;
	uint8_t code[CODE_SIZE];
	uint8_t ram[RAM_SIZE] __attribute__((aligned(8)));
	uint8_t rom[ROM_SIZE] __attribute__((aligned(8)));
	uint64_t dev[8];
	uint64_t csr[4096];
	unsigned int loads, stores, amos, fetches, customs, csr_reads, csr_writes;
	unsigned int stall_next;	/* so many accesses stall first */
	uint64_t fetch_fail;		/* page whose fetch fails or stalls */
	enum rv_result fetch_result;
	uint64_t hook_cycle, hook_pc;
};

static rv_run_fn run;
static const char *dispatch;

static bool stalls(struct guest *g)
{
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
	default:
		exc->cause = 26;
		exc->tval = rs1;
		return funct7 ? RV_FAULT : (*exc = (struct rv_exc){ RV_CAUSE_ILLEGAL, 1 }, RV_FAULT);
	}
}

static const struct rv_bus bus = {
	dev_load, dev_store, dev_amo, dev_fetch, dev_csr_read, dev_csr_write, dev_custom0,
};

static struct rv_config config(struct guest *g)
{
	return (struct rv_config){
		.bus = &bus, .ctx = g, .icache = g->ic, .hartid = 5, .mvendorid = 11, .marchid = 12,
		.mimpid = 13, .nwindows = 2,
		.windows = {
			{ .base = RAM, .size = RAM_SIZE, .host = g->ram, .perms = RV_R | RV_W },
			{ .base = ROM, .size = ROM_SIZE, .host = g->rom, .perms = RV_R },
		},
	};
}

static struct guest *guest_new(void)
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

static void guest_free(struct guest *g)
{
	rv_fini(&g->hart);
	rv_icache_destroy(g->ic);
	free(g);
}

static void put(struct guest *g, uint64_t addr, uint32_t insn)
{
	memcpy(g->code + (addr - CODE), &insn, 4);
}

/* A program: words, then ebreak. */
#define PROGRAM(g, addr, ...) do { \
	const uint32_t words_[] = { __VA_ARGS__, EBREAK }; \
	memcpy((g)->code + ((addr) - CODE), words_, sizeof(words_)); \
} while (0)

#define EBREAK			rv_insns[RV_OP_EBREAK].match
#define ECALL			rv_insns[RV_OP_ECALL].match
#define MRET			rv_insns[RV_OP_MRET].match
#define WFI			rv_insns[RV_OP_WFI].match
#define FENCE_I			rv_insns[RV_OP_FENCE_I].match
#define LI(rd, imm)		itype(RV_OP_ADDI, rd, ZERO, imm)
#define ADDI(rd, rs1, imm)	itype(RV_OP_ADDI, rd, rs1, imm)
#define CSRW(csr, rs1)		csrtype(RV_OP_CSRRW, ZERO, csr, rs1)
#define CSRR(rd, csr)		csrtype(RV_OP_CSRRS, rd, csr, ZERO)
#define CUSTOM(f3, f7, rd, rs1, rs2) \
	(rtype(RV_OP_CUSTOM0, rd, rs1, rs2) | (f3) << 12 | (uint32_t)(f7) << 25)
#define NAME(what)		"%s: " what, dispatch

/* Run to the final ebreak (or whatever halts it). */
static bool to_end(struct guest *g)
{
	return run(&g->hart, UINT64_MAX) == RV_STOP_HALT;
}

static bool halted_by(struct guest *g, uint64_t cause, uint64_t pc, uint64_t tval)
{
	struct rv_state *s = &g->hart.s;
	bool same = s->halted && s->halt_cause == cause && s->halt_pc == pc && s->halt_tval == tval;

	if (!same)
		fprintf(stderr, "#   halted %u, cause %llu, pc 0x%llx, tval 0x%llx\n", s->halted,
			(unsigned long long)s->halt_cause, (unsigned long long)s->halt_pc,
			(unsigned long long)s->halt_tval);
	return same;
}

static void again(struct guest *g)
{
	g->hart.s.mip = 0;
	rv_reset(&g->hart, CODE);
}

static void test_csrs(void)
{
	static const struct {
		unsigned int csr;
		uint64_t write, read;
	} rows[] = {
		{ 0x300, UINT64_MAX, 0x1888 },				/* mstatus: MPP, MPIE, MIE */
		{ 0x301, 0, UINT64_C(2) << 62 | 0x1105 },		/* misa: 64, A C I M */
		{ 0x304, UINT64_MAX, UINT64_C(0xffffffffffff0888) },	/* mie */
		{ 0x305, 0x12347, 0x12345 },				/* mtvec: direct, vectored */
		{ 0x340, 0x123456789abcdef0, 0x123456789abcdef0 },	/* mscratch */
		{ 0x341, 0x10001, 0x10000 },				/* mepc */
		{ 0x342, UINT64_MAX, UINT64_MAX },			/* mcause */
		{ 0x343, 0x5555, 0x5555 },				/* mtval */
		{ 0x344, UINT64_MAX, 0 },				/* mip: not the guest's */
		{ 0xb00, 1000, 1001 },					/* mcycle counts on */
		{ 0xb02, 1000, 1000 },					/* minstret: what was written */
		{ 0x800, 7, 7 }, { 0x83f, 8, 8 }, { 0x840, 9, 9 }, { 0x8ff, 10, 10 },
		{ 0x7c0, 11, 11 },
	};
	static const struct {
		unsigned int csr;
		uint64_t read;
	} ids[] = { { 0xf11, 11 }, { 0xf12, 12 }, { 0xf13, 13 }, { 0xf14, 5 }, { 0xc00, 1 },
		    { 0xc01, 1 }, { 0xc02, 1 }, { 0xcc0, 0 } };
	static const unsigned int unknown[] = { 0x000, 0x003, 0x100, 0x302, 0x306, 0x3a0, 0x7a0, 0x7bf,
						0x900, 0xb03, 0xc03, 0xcbf, 0xd00, 0xf15, 0xfff };
	struct guest *g = guest_new();
	unsigned int i, bad = 0;
	uint32_t insn;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		PROGRAM(g, CODE, CSRW(rows[i].csr, T0), CSRR(A0, rows[i].csr),
			CSRW(0x305, ZERO));
		again(g);
		g->hart.s.x[T0] = rows[i].write;
		if (!to_end(g) || g->hart.s.x[A0] != rows[i].read)
			bad++, fprintf(stderr, "#   csr 0x%x: 0x%llx\n", rows[i].csr,
				       (unsigned long long)g->hart.s.x[A0]);
	}
	tap_u64(bad, 0, NAME("%zu CSRs keep what they should"), i + 0ul);

	for (i = bad = 0; i < sizeof(ids) / sizeof(*ids); i++) {
		PROGRAM(g, CODE, LI(T0, 1), CSRR(A0, ids[i].csr), CSRW(ids[i].csr, T0));
		again(g);
		g->hart.s.cycle = g->hart.s.instret = 0;
		to_end(g);
		bad += g->hart.s.x[A0] != ids[i].read ||
		       !halted_by(g, RV_CAUSE_ILLEGAL, CODE + 8, CSRW(ids[i].csr, T0));
	}
	tap_u64(bad, 0, NAME("%zu read-only CSRs read, and trap when written"), i + 0ul);

	for (i = bad = 0; i < sizeof(unknown) / sizeof(*unknown); i++) {
		insn = CSRR(A0, unknown[i]);
		PROGRAM(g, CODE, insn);
		again(g);
		to_end(g);
		bad += !halted_by(g, RV_CAUSE_ILLEGAL, CODE, insn);
	}
	tap_u64(bad, 0, NAME("%zu unknown CSRs are illegal instructions"), i + 0ul);

	PROGRAM(g, CODE, csrtype(RV_OP_CSRRWI, A0, 0x340, 21), csrtype(RV_OP_CSRRSI, A1, 0x340, 10),
		csrtype(RV_OP_CSRRCI, A2, 0x340, 3), csrtype(RV_OP_CSRRS, A3, 0x340, T0),
		csrtype(RV_OP_CSRRC, A4, 0x340, T1), csrtype(RV_OP_CSRRW, T0, 0x340, T0));
	again(g);
	g->hart.s.x[T0] = 0x100;
	g->hart.s.x[T1] = 4;
	g->hart.s.mscratch = 99;
	to_end(g);
	tap_ok(g->hart.s.x[A0] == 99 && g->hart.s.x[A1] == 21 && g->hart.s.x[A2] == 31 &&
	       g->hart.s.x[A3] == 28 && g->hart.s.x[A4] == 0x11c && g->hart.s.x[T0] == 0x118 &&
	       g->hart.s.mscratch == 0x100, NAME("csrrw, csrrs, csrrc and immediates"));
	guest_free(g);
}

/* Streams cover user mode; nothing of the rest may be left out here. */
static void test_every_other(void)
{
	struct guest *g = guest_new();
	unsigned int op, n = 0, bad = 0;

	for (op = 0; op < RV_NR_INSNS; op++) {
		uint64_t retired;

		if (!not_in_streams(op))
			continue;
		n++;
		/* the CSR forms get mscratch */
		put(g, CODE, rv_insns[op].match |
			     (rv_insns[op].format == RV_FMT_CSR || rv_insns[op].format == RV_FMT_CSRI ?
				      0x340u << 20 : 0));
		again(g);
		retired = g->hart.s.instret;
		run(&g->hart, g->hart.s.cycle + 1);
		if (op == RV_OP_ECALL || op == RV_OP_EBREAK ?
			    !g->hart.s.halted || g->hart.s.halt_cause == RV_CAUSE_ILLEGAL :
			    g->hart.s.instret != retired + 1)
			bad++, fprintf(stderr, "#   not executed: %s\n", rv_insns[op].text);
	}
	tap_ok(n && !bad, NAME("all %u instructions that streams leave out"), n);
	guest_free(g);
}

static void test_custom_csrs(void)
{
	struct guest *g = guest_new();

	PROGRAM(g, CODE, csrtype(RV_OP_CSRRWI, A0, 0x803, 9), csrtype(RV_OP_CSRRSI, A1, 0x803, 6),
		CSRR(A2, 0x803), csrtype(RV_OP_CSRRW, A3, 0x803, A2));
	to_end(g);
	tap_ok(g->hart.s.custom_csr[3] == 15 && g->hart.s.x[A0] == 0 && g->hart.s.x[A1] == 9 &&
	       g->hart.s.x[A3] == 15 && !g->csr_reads && !g->csr_writes,
	       NAME("custom CSRs without a hook need no callback"));

	again(g);
	g->hart.custom_csr_hook = 8;
	to_end(g);
	tap_ok(g->csr[0x803] == 15 && g->csr_reads == 4 && g->csr_writes == 3 &&
	       !g->hart.s.custom_csr[3], NAME("hooked custom CSRs go to the callbacks, csrr only reads"));
	PROGRAM(g, CODE, CSRW(0x803, T0), csrtype(RV_OP_CSRRWI, ZERO, 0x8ff, 4));
	again(g);
	to_end(g);
	tap_ok(g->csr[0x8ff] == 4 && g->csr_reads == 4 && g->csr_writes == 5,
	       NAME("csrw only writes"));
	g->hart.custom_csr_hook = 0;

	PROGRAM(g, CODE, CSRW(0x7c1, T0), CSRR(A0, 0x7c1));
	again(g);
	g->hart.s.x[T0] = 42;
	g->stall_next = 1;
	tap_ok(run(&g->hart, UINT64_MAX) == RV_STOP_STALL && g->hart.s.pc == CODE &&
	       !g->csr[0x7c1] && to_end(g) && g->hart.s.x[A0] == 42, NAME("a CSR write stalls"));

	PROGRAM(g, CODE, CSRR(A0, 0x7ff));
	again(g);
	to_end(g);
	tap_ok(halted_by(g, 25, CODE, CSRR(A0, 0x7ff)), NAME("a CSR callback's own fault cause"));
	guest_free(g);
}

static void test_custom0(void)
{
	struct guest *g = guest_new();

	PROGRAM(g, CODE, LI(A0, 5), LI(A1, 6), CUSTOM(C0_ADD, 100, A2, A0, A1),
		CUSTOM(C0_ADD, 1, ZERO, A0, A1), ADDI(A3, ZERO, 1));
	to_end(g);
	tap_ok(g->hart.s.x[A2] == 111 && g->hart.s.x[0] == 0 && g->hart.s.x[32] == 0 &&
	       g->customs == 2 && g->hart.s.x[A3] == 1, NAME("custom-0: operands and result"));
	tap_ok(g->hook_cycle == 3 && g->hook_pc == CODE + 12, NAME("a hook sees cycle and pc"));

	PROGRAM(g, CODE, LI(A0, 5), CUSTOM(7, 1, A2, A0, A0));
	again(g);
	to_end(g);
	tap_ok(halted_by(g, 26, CODE + 4, 5), NAME("custom-0: fault with its own cause"));
	PROGRAM(g, CODE, LI(A0, 5), CUSTOM(7, 0, A2, A0, A0));
	again(g);
	to_end(g);
	tap_ok(halted_by(g, RV_CAUSE_ILLEGAL, CODE + 4, 1), NAME("custom-0: illegal"));

	PROGRAM(g, CODE, LI(A0, 5), CUSTOM(C0_STALL, 0, A2, A0, A0));
	again(g);
	g->customs = 0;
	g->stall_next = 2;
	tap_ok(run(&g->hart, UINT64_MAX) == RV_STOP_STALL && g->hart.s.pc == CODE + 4 &&
	       run(&g->hart, UINT64_MAX) == RV_STOP_STALL && g->hart.s.pc == CODE + 4 && to_end(g) &&
	       g->customs == 3 && g->hart.s.x[A2] == 77, NAME("custom-0: stalled twice, then done"));

	PROGRAM(g, CODE, LI(A0, 50), CUSTOM(C0_SLOW, 0, ZERO, A0, ZERO), CSRR(A1, 0xb00));
	again(g);
	g->hart.s.cycle = 0;
	to_end(g);
	tap_u64(g->hart.s.x[A1], 52, NAME("a hook may add latency"));

	PROGRAM(g, CODE, CUSTOM(C0_STOP, 0, ZERO, ZERO, ZERO), LI(A0, 1));
	again(g);
	tap_ok(run(&g->hart, UINT64_MAX) == RV_STOP_REQUEST && g->hart.s.pc == CODE + 4 &&
	       !g->hart.stop_request && to_end(g) && g->hart.s.x[A0] == 1,
	       NAME("stop_request from a hook, then on"));

	PROGRAM(g, CODE, LI(A0, 1), CUSTOM(C0_FLUSH, 0, ZERO, ZERO, ZERO), LI(A1, 2));
	again(g);
	tap_ok(to_end(g) && g->hart.s.x[A1] == 2, NAME("a hook may flush the hart's own icache"));
	guest_free(g);
}

static void test_traps(void)
{
	struct guest *g = guest_new();
	uint64_t retired;

	PROGRAM(g, CODE, LI(A0, 1), ECALL);
	to_end(g);
	tap_ok(halted_by(g, RV_CAUSE_ECALL_M, CODE + 4, 0) && g->hart.s.instret == 1 &&
	       run(&g->hart, UINT64_MAX) == RV_STOP_HALT, NAME("ecall without a handler halts"));
	tap_u64(g->hart.s.cycle, RV_COST_BASE + RV_COST_TRAP, NAME("cost of a trap"));

	PROGRAM(g, CODE, 0xffffffff);
	again(g);
	to_end(g);
	tap_ok(halted_by(g, RV_CAUSE_ILLEGAL, CODE, 0xffffffff), NAME("illegal, 4 bytes"));
	PROGRAM(g, CODE, 0x00010000);
	again(g);
	to_end(g);
	tap_ok(halted_by(g, RV_CAUSE_ILLEGAL, CODE, 0), NAME("illegal, 2 bytes"));
	PROGRAM(g, CODE, 0x00019002);
	again(g);
	to_end(g);
	tap_ok(halted_by(g, RV_CAUSE_BREAKPOINT, CODE, CODE), NAME("c.ebreak"));

	PROGRAM(g, CODE, utype(RV_OP_LUI, A0, 0x123), itype(RV_OP_LD, A1, A0, 8));
	again(g);
	g->hart.s.x[A1] = 3;
	to_end(g);
	tap_ok(halted_by(g, RV_CAUSE_LOAD_FAULT, CODE + 4, 0x123008) && g->hart.s.x[A1] == 3,
	       NAME("load fault"));
	PROGRAM(g, CODE, utype(RV_OP_LUI, A0, 0x123), stype(RV_OP_SW, A0, A1, 4));
	again(g);
	to_end(g);
	tap_ok(halted_by(g, 24, CODE + 4, 0x123005), NAME("store fault, cause from the bus"));
	PROGRAM(g, CODE, itype(RV_OP_LW, A1, A0, 2));
	again(g);
	g->hart.s.x[A0] = DEV;
	g->loads = 0;
	to_end(g);
	tap_ok(halted_by(g, RV_CAUSE_LOAD_MISALIGNED, CODE, DEV + 2) && !g->loads,
	       NAME("misaligned load on the bus"));
	PROGRAM(g, CODE, stype(RV_OP_SD, A0, A1, 4));
	again(g);
	g->hart.s.x[A0] = DEV;
	g->stores = 0;
	to_end(g);
	tap_ok(halted_by(g, RV_CAUSE_STORE_MISALIGNED, CODE, DEV + 4) && !g->stores,
	       NAME("misaligned store on the bus"));
	PROGRAM(g, CODE, rtype(RV_OP_AMOADD_W, A1, A0, A0));
	again(g);
	g->hart.s.x[A0] = RAM + 2;
	to_end(g);
	tap_ok(halted_by(g, RV_CAUSE_STORE_MISALIGNED, CODE, RAM + 2),
	       NAME("misaligned atomic in a window"));
	PROGRAM(g, CODE, rtype(RV_OP_LR_D, A1, A0, 0));
	again(g);
	g->hart.s.x[A0] = RAM + 4;
	to_end(g);
	tap_ok(halted_by(g, RV_CAUSE_LOAD_MISALIGNED, CODE, RAM + 4), NAME("misaligned lr"));
	PROGRAM(g, CODE, itype(RV_OP_JALR, RA, A0, 1));
	again(g);
	g->hart.s.x[A0] = 0x777000;
	to_end(g);
	tap_ok(halted_by(g, RV_CAUSE_FETCH_FAULT, 0x777000, 0x777000) &&
	       g->hart.s.x[RA] == CODE + 4, NAME("jump to nowhere faults there, bit 0 dropped"));

	/* with a handler: it reads the cause, skips the instruction and returns */
	PROGRAM(g, CODE, CSRW(0x305, A0), csrtype(RV_OP_CSRRSI, ZERO, 0x300, 8), ECALL, LI(A4, 4),
		CSRR(A5, 0x300), CSRW(0x305, ZERO));
	PROGRAM(g, HANDLER, CSRR(A1, 0x342), CSRR(A2, 0x341), CSRR(A3, 0x300), ADDI(T0, A2, 4),
		CSRW(0x341, T0), MRET);
	again(g);
	g->hart.s.x[A0] = HANDLER | 1;
	retired = g->hart.s.instret;
	to_end(g);
	tap_ok(halted_by(g, RV_CAUSE_BREAKPOINT, CODE + 24, CODE + 24) &&
	       g->hart.s.x[A1] == RV_CAUSE_ECALL_M && g->hart.s.x[A2] == CODE + 8 &&
	       g->hart.s.x[A3] == 0x1880 && g->hart.s.x[A4] == 4 && g->hart.s.x[A5] == 0x1888,
	       NAME("trap and mret: cause, mepc, MIE stacked and restored"));
	tap_u64(g->hart.s.instret - retired, 11, NAME("a trapping instruction does not retire"));

	/* a handler that isn't there: each attempt costs time, so the budget ends it */
	PROGRAM(g, CODE, CSRW(0x305, A0), ECALL);
	again(g);
	g->hart.s.x[A0] = 0x777000;
	g->hart.s.cycle = 0;
	tap_ok(run(&g->hart, 5000) == RV_STOP_BUDGET && g->hart.s.cycle < 5000 + RV_COST_TRAP,
	       NAME("a trap loop does not hang"));
	guest_free(g);
}

static void test_interrupts(void)
{
	struct guest *g = guest_new();
	unsigned int i, bad = 0;
	static const struct {
		uint64_t mip;
		unsigned int cause;
	} order[] = {
		{ UINT64_MAX, 11 }, { ~UINT64_C(0x800), 3 }, { ~UINT64_C(0x808), 7 },
		{ ~UINT64_C(0x888), 16 }, { UINT64_C(1) << 63, 63 }, { 1 << 20 | 1 << 18, 18 },
	};

	for (i = 0; i < sizeof(order) / sizeof(*order); i++) {
		again(g);
		g->hart.s.mie = UINT64_C(0xffffffffffff0888);
		g->hart.s.mstatus = RV_MSTATUS_MIE;
		g->hart.s.mip = order[i].mip;
		to_end(g);
		bad += !halted_by(g, RV_CAUSE_INTERRUPT | order[i].cause, CODE, 0);
	}
	tap_u64(bad, 0, NAME("priority of interrupts"));

	PROGRAM(g, CODE, LI(A0, 1), LI(A1, 2));
	PROGRAM(g, HANDLER + 4 * RV_IRQ_TIMER, LI(A2, 3), CSRW(0x305, ZERO));
	again(g);
	g->hart.s.mie = g->hart.s.mip = RV_MIP_MTIP;
	g->hart.s.mtvec = HANDLER | 1;
	run(&g->hart, g->hart.s.cycle + 1);
	tap_ok(g->hart.s.x[A0] == 1 && !g->hart.s.mcause, NAME("nothing is taken with MIE clear"));
	g->hart.s.mstatus = RV_MSTATUS_MIE;
	to_end(g);
	tap_ok(g->hart.s.x[A2] == 3 && g->hart.s.x[A1] == 0 && g->hart.s.mepc == CODE + 4 &&
	       g->hart.s.mcause == (RV_CAUSE_INTERRUPT | RV_IRQ_TIMER) &&
	       !(g->hart.s.mstatus & RV_MSTATUS_MIE), NAME("vectored interrupt, MIE cleared"));

	/* raised by the hart's own store, and by a custom instruction: taken before the next one */
	PROGRAM(g, CODE, stype(RV_OP_SD, A0, A1, 56), LI(A2, 1));
	again(g);
	g->hart.s.x[A0] = DEV;
	g->hart.s.x[A1] = RV_MIP_MEIP;
	g->hart.s.mie = RV_MIP_MEIP;
	g->hart.s.mstatus = RV_MSTATUS_MIE;
	to_end(g);
	tap_ok(halted_by(g, RV_CAUSE_INTERRUPT | RV_IRQ_EXT, CODE + 4, 0) && !g->hart.s.x[A2],
	       NAME("interrupt from a store is taken at once"));
	PROGRAM(g, CODE, CUSTOM(C0_IRQ, 0, ZERO, ZERO, ZERO), LI(A2, 1));
	again(g);
	g->hart.s.mie = RV_MIP_MEIP;
	g->hart.s.mstatus = RV_MSTATUS_MIE;
	to_end(g);
	tap_ok(halted_by(g, RV_CAUSE_INTERRUPT | RV_IRQ_EXT, CODE + 4, 0) && !g->hart.s.x[A2],
	       NAME("interrupt from custom-0 is taken at once"));
	PROGRAM(g, CODE, csrtype(RV_OP_CSRRSI, ZERO, 0x300, 8), LI(A2, 1));
	again(g);
	g->hart.s.mie = g->hart.s.mip = RV_MIP_MSIP;
	to_end(g);
	tap_ok(halted_by(g, RV_CAUSE_INTERRUPT | RV_IRQ_SOFT, CODE + 4, 0),
	       NAME("setting MIE lets a pending interrupt in"));

	/* wfi */
	PROGRAM(g, CODE, WFI, LI(A2, 1));
	again(g);
	g->hart.s.mie = RV_MIP_MSIP;
	g->hart.s.mstatus = RV_MSTATUS_MIE;
	tap_ok(run(&g->hart, UINT64_MAX) == RV_STOP_WFI && g->hart.s.pc == CODE + 4 &&
	       run(&g->hart, UINT64_MAX) == RV_STOP_WFI, NAME("wfi parks the hart"));
	g->hart.s.mip = RV_MIP_MTIP;
	tap_ok(run(&g->hart, UINT64_MAX) == RV_STOP_WFI, NAME("an interrupt not enabled does not wake"));
	g->hart.s.mip = RV_MIP_MSIP;
	to_end(g);
	tap_ok(halted_by(g, RV_CAUSE_INTERRUPT | RV_IRQ_SOFT, CODE + 4, 0),
	       NAME("wfi wakes into the handler"));
	again(g);
	g->hart.s.mie = RV_MIP_MSIP;
	run(&g->hart, UINT64_MAX);
	g->hart.s.mip = RV_MIP_MSIP;
	tap_ok(to_end(g) && g->hart.s.x[A2] == 1 &&
	       halted_by(g, RV_CAUSE_BREAKPOINT, CODE + 8, CODE + 8),
	       NAME("with MIE clear wfi wakes and goes on"));
	again(g);
	g->hart.s.mie = g->hart.s.mip = RV_MIP_MSIP;
	tap_ok(to_end(g) && g->hart.s.x[A2] == 1, NAME("wfi with one pending is a nop"));
	guest_free(g);
}

static void test_stalls(void)
{
	static const uint32_t insns[] = { 0x0085b603 /* ld a2, 8(a1) */, 0x00a5b423 /* sd a0, 8(a1) */,
					  0x00a5b62f /* amoadd.d a2, a0, (a1) */,
					  0x1005b62f /* lr.d a2, (a1) */ };
	struct guest *g = guest_new();
	unsigned int i, bad = 0;

	for (i = 0; i < 4; i++) {
		uint64_t cycle;

		PROGRAM(g, CODE, LI(A0, 9), insns[i], LI(A3, 1));
		again(g);
		g->hart.s.x[A1] = DEV;
		g->dev[0] = g->dev[1] = 5;
		g->stall_next = 1;
		bad += run(&g->hart, UINT64_MAX) != RV_STOP_STALL || g->hart.s.pc != CODE + 4;
		cycle = g->hart.s.cycle;
		bad += g->dev[0] != 5 || g->dev[1] != 5 || g->hart.s.x[A2];
		g->hart.s.cycle += 100;		/* the owner's clock goes on */
		bad += !to_end(g) || g->hart.s.x[A3] != 1 || g->hart.s.cycle < cycle + 100 ||
		       g->hart.s.x[A2] != (i == 1 ? 0 : 5) ||
		       g->dev[i == 1] != (i == 1 ? 9 : i == 2 ? 14 : 5);
	}
	tap_u64(bad, 0, NAME("load, store, atomic and lr stall and are retried"));

	again(g);
	g->hart.s.x[A1] = DEV;
	g->hart.s.mie = RV_MIP_MEIP;
	g->hart.s.mstatus = RV_MSTATUS_MIE;
	g->stall_next = 1;
	run(&g->hart, UINT64_MAX);
	g->hart.s.mip = RV_MIP_MEIP;
	to_end(g);
	tap_ok(halted_by(g, RV_CAUSE_INTERRUPT | RV_IRQ_EXT, CODE + 4, 0),
	       NAME("an interrupt comes before the retry"));

	again(g);
	g->fetch_fail = CODE;
	g->fetch_result = RV_STALL;
	tap_ok(run(&g->hart, UINT64_MAX) == RV_STOP_STALL && g->hart.s.pc == CODE &&
	       (g->fetch_fail = 0, to_end(g)), NAME("a fetch stalls"));
	guest_free(g);
}

static void test_icache(void)
{
	struct guest *g = guest_new(), *other = guest_new();
	struct rv_config cfg = config(g);
	struct rv_icache_stats stats;
	struct rv_hart second;
	uint64_t made;
	unsigned int i;

	/* a loop that a store by someone else changes */
	PROGRAM(g, CODE, ADDI(A0, A0, 1), itype(RV_OP_JALR, ZERO, A5, 0));
	again(g);
	g->hart.s.x[A5] = CODE;
	run(&g->hart, g->hart.s.cycle + 30);
	i = g->hart.s.x[A0];
	put(g, CODE, ADDI(A0, A0, 100));
	run(&g->hart, g->hart.s.cycle + 30);
	tap_ok(i == 10 && g->hart.s.x[A0] == 20, NAME("changed code runs on unchanged"));

	/* a second hart fetches now and sees the new code; the first still runs the old */
	if (rv_init(&second, &cfg))
		exit(1);
	rv_reset(&second, CODE);
	second.s.x[A5] = CODE;
	run(&second, 30);
	run(&g->hart, g->hart.s.cycle + 30);
	tap_ok(second.s.x[A0] == 1000 && g->hart.s.x[A0] == 30,
	       NAME("another hart sees the new code, this one not yet"));
	rv_icache_get_stats(g->ic, &stats);
	tap_u64(stats.pages, 2, NAME("two versions of a page are kept"));
	rv_flush_icache(&g->hart);
	run(&g->hart, g->hart.s.cycle + 30);
	rv_icache_get_stats(g->ic, &stats);
	tap_ok(g->hart.s.x[A0] == 1030 && stats.pages == 1,
	       NAME("after the flush the new code runs and the old version is gone"));
	rv_fini(&second);

	/* code that changes itself: a store, then fence.i or not */
	for (i = 0; i < 2; i++) {
		PROGRAM(g, CODE, stype(RV_OP_SW, A1, A2, 0), i ? FENCE_I : LI(A3, 0), LI(A0, 1));
		again(g);
		memset(&g->hart.windows[1], 0, sizeof(g->hart.windows[1]));
		cfg.windows[1] = (struct rv_window){ .base = CODE, .size = CODE_SIZE,
						     .host = g->code, .perms = RV_R | RV_W };
		rv_set_windows(&g->hart, cfg.windows, 2);
		g->hart.s.x[A1] = CODE + 8;
		g->hart.s.x[A2] = LI(A0, 2);
		to_end(g);
		tap_u64(g->hart.s.x[A0], i + 1, NAME("self-modifying code %s fence.i"),
			i ? "with" : "without");
	}

	/* launching the same program again decodes nothing */
	PROGRAM(g, CODE, LI(A0, 1), LI(A1, 2));
	again(g);
	to_end(g);
	rv_icache_get_stats(g->ic, &stats);
	made = stats.insns_decoded;
	for (i = 0; i < 5000; i++) {
		again(g);
		to_end(g);
	}
	rv_icache_get_stats(g->ic, &stats);
	tap_u64(stats.insns_decoded - made, 0, NAME("5000 launches of a program decode nothing"));

	/* more pages than the cache keeps: bounded, least recently used first */
	for (i = 0; i < 16; i++)
		put(other, CODE + i * 4096, EBREAK);
	for (i = 0; i < 64; i++) {
		rv_reset(&other->hart, CODE + (i % 16) * 4096);
		run(&other->hart, UINT64_MAX);
		rv_flush_icache(&other->hart);
	}
	rv_icache_get_stats(other->ic, &stats);
	tap_ok(stats.pages == 4 && stats.pages_idle == 4 && stats.evicted == 60,
	       NAME("pages no hart uses are bounded (%u kept, %llu evicted)"), stats.pages,
	       (unsigned long long)stats.evicted);
	guest_free(g);
	guest_free(other);
}

static void test_straddle(void)
{
	struct guest *g = guest_new();
	uint64_t at = CODE + 0x1000 - 2;

	PROGRAM(g, at, ADDI(A0, ZERO, 7), ADDI(A0, A0, 1));
	rv_reset(&g->hart, at);
	tap_ok(to_end(g) && g->hart.s.x[A0] == 8, NAME("an instruction on two pages"));

	rv_reset(&g->hart, at);
	g->fetch_fail = CODE + 0x1000;
	g->fetch_result = RV_FAULT;
	to_end(g);
	tap_ok(halted_by(g, RV_CAUSE_FETCH_FAULT, at, CODE + 0x1000),
	       NAME("fault on the second page: mepc the instruction, tval the page"));
	rv_reset(&g->hart, at);
	g->fetch_result = RV_STALL;
	tap_ok(run(&g->hart, UINT64_MAX) == RV_STOP_STALL && g->hart.s.pc == at &&
	       (g->fetch_fail = 0, to_end(g)) && g->hart.s.x[A0] == 8,
	       NAME("stall on the second page"));

	/* the second page changes; the first is the same memory */
	put(g, CODE + 0x1002, ADDI(A0, A0, 2));
	put(g, at, ADDI(A0, ZERO, 0x123));
	rv_reset(&g->hart, at);
	tap_ok(to_end(g) && g->hart.s.x[A0] == 0x125, NAME("both halves are fetched anew"));

	/* two of them in one run, in turn */
	put(g, CODE + 0x1000 - 2, ADDI(A0, A0, 1));
	put(g, CODE + 0x1002, jtype(rv_insns[RV_OP_JAL].match, 0x2000 - 2 - 0x1002));
	put(g, CODE + 0x2000 - 2, ADDI(A0, A0, 16));
	put(g, CODE + 0x2002, ADDI(A1, A1, -1));
	put(g, CODE + 0x2006, btype(rv_insns[RV_OP_BEQ].match | A1 << 15, 8));
	put(g, CODE + 0x200a, jtype(rv_insns[RV_OP_JAL].match, 0x1000 - 2 - 0x200a));
	put(g, CODE + 0x200e, EBREAK);
	rv_reset(&g->hart, at);
	g->hart.s.x[A1] = 5;
	tap_ok(to_end(g) && g->hart.s.x[A0] == 5 * 17, NAME("two such instructions in a loop"));

	/* from the last halfword of the address space to address 0 */
	PROGRAM(g, CODE + CODE_SIZE - 8192 + 2, ADDI(A0, A0, 1));
	put(g, CODE + CODE_SIZE - 4096 + 4094 - 2, 0);
	{
		uint32_t insn = ADDI(A0, ZERO, 40);

		memcpy(g->code + CODE_SIZE - 2, &insn, 2);
		memcpy(g->code + CODE_SIZE - 8192, (uint8_t *)&insn + 2, 2);
	}
	rv_reset(&g->hart, UINT64_MAX - 1);
	tap_ok(to_end(g) && g->hart.s.x[A0] == 41 && g->hart.s.halt_pc == 6,
	       NAME("pc wraps from the end of the address space to 0"));
	guest_free(g);
}

static void test_lr_sc(void)
{
	struct guest *g = guest_new();
	uint64_t v;
	unsigned int i;

	for (i = 0; i < 2; i++) {
		uint64_t addr = i ? DEV : RAM;
		uint8_t *mem = i ? (uint8_t *)g->dev : g->ram;
		const char *where = i ? "on the bus" : "in a window";

		v = 5;
		memcpy(mem, &v, 8);
		PROGRAM(g, CODE, rtype(RV_OP_LR_D, A1, A0, 0), rtype(RV_OP_SC_D, A2, A0, T0),
			rtype(RV_OP_SC_D, A3, A0, T1));
		again(g);
		g->hart.s.x[A0] = addr;
		g->hart.s.x[T0] = 6;
		g->hart.s.x[T1] = 7;
		to_end(g);
		memcpy(&v, mem, 8);
		tap_ok(g->hart.s.x[A1] == 5 && g->hart.s.x[A2] == 0 && g->hart.s.x[A3] == 1 && v == 6,
		       NAME("lr, sc, sc again %s"), where);

		PROGRAM(g, CODE, rtype(RV_OP_LR_W, A1, A0, 0), stype(RV_OP_SW, A0, T1, 0),
			rtype(RV_OP_SC_W, A2, A0, T0));
		again(g);
		g->hart.s.x[A0] = addr;
		g->hart.s.x[T1] = 8;
		to_end(g);
		memcpy(&v, mem, 8);
		tap_ok(g->hart.s.x[A2] == 1 && v == 8, NAME("a store between makes sc fail %s"), where);

		PROGRAM(g, CODE, rtype(RV_OP_LR_D, A1, A0, 0), rtype(RV_OP_SC_W, A2, A0, T0));
		again(g);
		g->hart.s.x[A0] = addr;
		to_end(g);
		tap_ok(g->hart.s.x[A2] == 1, NAME("sc of another size fails %s"), where);
	}

	PROGRAM(g, CODE, rtype(RV_OP_LR_D, A1, A0, 0), ECALL);
	PROGRAM(g, HANDLER, rtype(RV_OP_SC_D, A2, A0, T0), CSRW(0x305, ZERO));
	again(g);
	g->hart.s.x[A0] = RAM;
	g->hart.s.mtvec = HANDLER;
	to_end(g);
	tap_ok(g->hart.s.x[A2] == 1, NAME("a trap ends the reservation"));
	guest_free(g);
}

static void test_budget(void)
{
	/* mixed costs: div, load, taken branch, a loop of three rounds */
	const uint32_t program[] = {
		LI(A0, 3), LI(A1, 100), rtype(RV_OP_DIV, A2, A1, A0), itype(RV_OP_LD, A3, SP, 0),
		rtype(RV_OP_MUL, A4, A2, A1), ADDI(A0, A0, -1),
		btype(rv_insns[RV_OP_BNE].match | A0 << 15, -16), CUSTOM(C0_ADD, 0, A5, A2, A3),
		EBREAK,
	};
	struct guest *g = guest_new();
	unsigned int until, bad = 0;
	struct rv_state whole;

	memcpy(g->code, program, sizeof(program));
	again(g);
	g->hart.s.x[SP] = RAM;
	to_end(g);
	whole = g->hart.s;
	for (until = 1; until < 120; until++) {
		uint64_t before;

		again(g);
		g->hart.s.cycle = g->hart.s.instret = 0;
		g->hart.s.x[SP] = RAM;
		if (run(&g->hart, until) == RV_STOP_BUDGET) {
			bad += g->hart.s.cycle < until || g->hart.s.cycle >= until + 20;
			before = g->hart.s.instret;
			bad += run(&g->hart, until) != RV_STOP_BUDGET || g->hart.s.instret != before;
		}
		to_end(g);
		bad += memcmp(&g->hart.s, &whole, sizeof(whole)) != 0;
	}
	tap_u64(bad, 0, NAME("any cut of a run gives the same state, and no cut overshoots"));
	tap_u64(whole.cycle, 2 + 3 * (20 + 2 + 3 + 1 + 1) + 2 + 1 + RV_COST_TRAP,
		NAME("cycles are the sum of the costs"));

	again(g);
	g->hart.s.cycle = g->hart.s.instret = 0;
	g->hart.s.x[SP] = RAM;
	for (until = 0; run(&g->hart, g->hart.s.cycle + 1) == RV_STOP_BUDGET; until++)
		bad += g->hart.s.instret != until + 1;
	tap_ok(!bad && until == whole.instret, NAME("cycle + 1 steps one instruction"));

	/* half in one hart, the state copied, half in another */
	{
		struct guest *other = guest_new();

		again(g);
		g->hart.s.cycle = g->hart.s.instret = 0;
		g->hart.s.x[SP] = RAM;
		run(&g->hart, 50);
		memcpy(other->code, g->code, CODE_SIZE);
		memcpy(&other->hart.s, &g->hart.s, sizeof(g->hart.s));
		rv_flush_icache(&other->hart);
		to_end(other);
		tap_ok(!memcmp(&other->hart.s, &whole, sizeof(whole)),
		       NAME("state saved and loaded in the middle"));
		guest_free(other);
	}

	PROGRAM(g, CODE, itype(RV_OP_JALR, ZERO, A0, 0));
	again(g);
	g->hart.s.x[A0] = CODE;
	g->hart.stop_request = 1;
	tap_ok(run(&g->hart, UINT64_MAX) == RV_STOP_REQUEST && !g->hart.s.x[A1],
	       NAME("stop_request before the first instruction"));
	guest_free(g);
}

static void test_windows(void)
{
	static uint8_t mem[64];
	struct guest *g = guest_new();
	struct rv_config cfg = config(g), bad_cfg;
	struct rv_bus half = bus;
	struct rv_hart hart;
	unsigned int bad = 0;
	uint64_t v;

	half.custom0 = NULL;
	bad_cfg = cfg;
	bad_cfg.bus = &half;
	bad += rv_init(&hart, &bad_cfg) != -EINVAL;
	bad_cfg = cfg;
	bad_cfg.icache = NULL;
	bad += rv_init(&hart, &bad_cfg) != -EINVAL;
	bad_cfg = cfg;
	bad_cfg.nwindows = RV_MAX_WINDOWS + 1;
	bad += rv_init(&hart, &bad_cfg) != -EINVAL;
	bad_cfg = cfg;
	bad_cfg.windows[1] = (struct rv_window){ .base = RAM + RAM_SIZE - 1, .size = 8, .host = mem };
	bad += rv_init(&hart, &bad_cfg) != -EINVAL;
	bad_cfg.windows[1] = (struct rv_window){ .base = RAM - 8, .size = 9, .host = mem };
	bad += rv_init(&hart, &bad_cfg) != -EINVAL;
	bad_cfg.windows[1] = (struct rv_window){ .base = UINT64_MAX - 6, .size = 8, .host = mem };
	bad += rv_init(&hart, &bad_cfg) != -EINVAL;
	bad_cfg.windows[1] = (struct rv_window){ .base = 8, .size = 8, .host = mem, .perms = RV_X };
	bad += rv_init(&hart, &bad_cfg) != -EINVAL;
	bad_cfg.windows[1] = (struct rv_window){ .base = 8, .size = 0, .host = mem };
	bad += rv_init(&hart, &bad_cfg) != -EINVAL;
	tap_u64(bad, 0, NAME("bad configurations are refused"));

	memset(g->ram, 0xab, RAM_SIZE);
	PROGRAM(g, CODE, stype(RV_OP_SB, A0, ZERO, -1), itype(RV_OP_LBU, A1, A0, -1),
		stype(RV_OP_SW, A0, ZERO, -5), itype(RV_OP_LD, A2, A0, -9),
		itype(RV_OP_LH, A3, A0, -1));
	again(g);
	g->hart.s.x[A0] = RAM + RAM_SIZE;
	to_end(g);
	tap_ok(g->hart.s.x[A1] == 0 && g->hart.s.x[A2] == UINT64_C(0x00000000abababab) &&
	       halted_by(g, RV_CAUSE_LOAD_MISALIGNED, CODE + 16, RAM + RAM_SIZE - 1),
	       NAME("the last bytes of a window, misaligned, and one byte beyond"));

	v = 0x1122334455667788;
	memcpy(g->rom, &v, 8);
	PROGRAM(g, CODE, itype(RV_OP_LW, A1, A0, 3), stype(RV_OP_SW, A0, A1, 0));
	again(g);
	g->hart.s.x[A0] = ROM;
	to_end(g);
	tap_ok(g->hart.s.x[A1] == 0x22334455 && halted_by(g, 24, CODE + 4, ROM + 1),
	       NAME("a store to a read-only window goes to the bus"));

	/* code in a window, and a window at the end of the address space */
	cfg.nwindows = 3;
	cfg.windows[1] = (struct rv_window){ .base = 0x3000, .size = 4096, .host = g->code,
					     .perms = RV_X, .phys = 0x700000 };
	cfg.windows[2] = (struct rv_window){ .base = UINT64_MAX - 63, .size = 64, .host = mem,
					     .perms = RV_R | RV_W };
	bad = rv_set_windows(&g->hart, cfg.windows, 3) != 0;
	PROGRAM(g, CODE, stype(RV_OP_SD, ZERO, A0, -8), itype(RV_OP_LD, A1, ZERO, -8),
		itype(RV_OP_LW, A2, ZERO, -2));
	g->fetches = 0;
	again(g);
	rv_reset(&g->hart, 0x3000);
	g->hart.s.x[A0] = 12345;
	to_end(g);
	tap_ok(!bad && g->hart.s.x[A1] == 12345 && !g->fetches &&
	       halted_by(g, RV_CAUSE_LOAD_MISALIGNED, 0x3008, UINT64_MAX - 1),
	       NAME("code fetched from a window; accesses don't wrap around"));
	guest_free(g);
}

static void test_disasm(void)
{
	static const struct {
		uint32_t insn;
		int len;
		const char *text;
	} rows[] = {
		{ 0xfff50513, 4, "addi a0,a0,-1" },	{ 0x157d, 2, "addi a0,a0,-1" },
		{ 0x00b50533, 4, "add a0,a0,a1" },	{ 0xfe000ee3, 4, "beq zero,zero,0xffc" },
		{ 0x12345537, 4, "lui a0,0x12345" },	{ 0x0000006f, 4, "jal zero,0x1000" },
		{ 0xff853583, 4, "ld a1,-8(a0)" },	{ 0xfeb53c23, 4, "sd a1,-8(a0)" },
		{ 0x43f55593, 4, "srai a1,a0,0x3f" },	{ 0x00b6252f, 4, "amoadd.w a0,a1,(a2)" },
		{ 0x1405352f, 4, "lr.d.aq a0,(a0)" },	{ 0x34011073, 4, "csrrw zero,0x340,sp" },
		{ 0x3400d073, 4, "csrrwi zero,0x340,1" }, { 0x30200073, 4, "mret" },
		{ 0x02c5850b, 4, ".insn r 0x0b, 0, 1, a0, a1, a2" },
		{ 0xffffffff, 4, ".insn 0xffffffff" },	{ 0x0000, 2, ".insn 0x0000" },
	};
	unsigned int i, bad = 0;
	char buf[64], tiny[4];

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		int len = rv_disasm(buf, sizeof(buf), rows[i].insn, 0x1000);

		if (len != rows[i].len || strcmp(buf, rows[i].text))
			bad++, fprintf(stderr, "#   got '%s', want '%s'\n", buf, rows[i].text);
	}
	rv_disasm(tiny, sizeof(tiny), 0xfff50513, 0);
	bad += strcmp(tiny, "add") != 0;
	tap_u64(bad, 0, "disassembly of %u instructions", i);
}

int main(void)
{
	unsigned int i;

	for (i = 0; i < 2; i++) {
		run = i ? rv_run_switch : rv_run;
		dispatch = i ? "switch" : "goto";
		test_csrs();
		test_every_other();
		test_custom_csrs();
		test_custom0();
		test_traps();
		test_interrupts();
		test_stalls();
		test_icache();
		test_straddle();
		test_lr_sc();
		test_budget();
		test_windows();
	}
	test_disasm();
	return tap_done();
}
