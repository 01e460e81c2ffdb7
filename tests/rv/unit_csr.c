// SPDX-License-Identifier: GPL-2.0
/* Unit tests of the interpreter: CSRs, custom CSRs and custom-0. */
#include "unit.h"

void test_csrs(void)
{
	static const struct {
		unsigned int csr;
		uint64_t write, read;
	} rows[] = {
		{ 0x300, UINT64_MAX, 0x8000000000007888 },                          /* mstatus: SD,
		FS, MPP, MPIE, MIE */
		{ 0x301, 0, UINT64_C(2) << 62 | 0x112d },		/* misa: 64, A C D F I M */
		{ 0x001, UINT64_MAX, 0x1f }, { 0x002, UINT64_MAX, 7 }, { 0x003, UINT64_MAX, 0xff },
		{ 0x304, UINT64_MAX, UINT64_C(0xffffffffffff0888) },	/* mie */
		{ 0x305, 0x12347, 0x12345 },                            /* mtvec: direct,
		vectored */
		{ 0x340, 0x123456789abcdef0, 0x123456789abcdef0 },	/* mscratch */
		{ 0x341, 0x10001, 0x10000 },				/* mepc */
		{ 0x342, UINT64_MAX, UINT64_MAX },			/* mcause */
		{ 0x343, 0x5555, 0x5555 },				/* mtval */
		{ 0x344, UINT64_MAX, 0 },				/* mip: not the guest's */
		{ 0xb00, 1000, 1001 },					/* mcycle counts on */
		{ 0xb02, 1000, 1000 },
		                                 /* minstret: what was written */
		{ 0x800, 7, 7 }, { 0x83f, 8, 8 }, { 0x840, 9, 9 }, { 0x8ff, 10, 10 },
		{ 0x7c0, 11, 11 },
	};
	static const struct {
		unsigned int csr;
		uint64_t read;
	} ids[] = { { 0xf11, 11 }, { 0xf12, 12 }, { 0xf13, 13 }, { 0xf14, 5 }, { 0xc00, 1 },
		    { 0xc01, 1 }, { 0xc02, 1 }, { 0xcc0, 0 } };
	static const unsigned int unknown[] = { 0x000, 0x004, 0x100, 0x302, 0x306, 0x3a0, 0x7a0,
						0x7bf,
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
	unit_u64(bad, 0, NAME("%zu CSRs keep what they should"), i + 0ul);

	for (i = bad = 0; i < sizeof(ids) / sizeof(*ids); i++) {
		PROGRAM(g, CODE, LI(T0, 1), CSRR(A0, ids[i].csr), CSRW(ids[i].csr, T0));
		again(g);
		g->hart.s.cycle = g->hart.s.instret = 0;
		to_end(g);
		bad += g->hart.s.x[A0] != ids[i].read ||
		       !halted_by(g, RV_CAUSE_ILLEGAL, CODE + 8, CSRW(ids[i].csr, T0));
	}
	unit_u64(bad, 0, NAME("%zu read-only CSRs read, and trap when written"), i + 0ul);

	for (i = bad = 0; i < sizeof(unknown) / sizeof(*unknown); i++) {
		insn = CSRR(A0, unknown[i]);
		PROGRAM(g, CODE, insn);
		again(g);
		to_end(g);
		bad += !halted_by(g, RV_CAUSE_ILLEGAL, CODE, insn);
	}
	unit_u64(bad, 0, NAME("%zu unknown CSRs are illegal instructions"), i + 0ul);

	PROGRAM(g, CODE, csrtype(RV_OP_CSRRWI, A0, 0x340, 21), csrtype(RV_OP_CSRRSI, A1, 0x340, 10),
		csrtype(RV_OP_CSRRCI, A2, 0x340, 3), csrtype(RV_OP_CSRRS, A3, 0x340, T0),
		csrtype(RV_OP_CSRRC, A4, 0x340, T1), csrtype(RV_OP_CSRRW, T0, 0x340, T0));
	again(g);
	g->hart.s.x[T0] = 0x100;
	g->hart.s.x[T1] = 4;
	g->hart.s.mscratch = 99;
	to_end(g);
	unit_ok(g->hart.s.x[A0] == 99 && g->hart.s.x[A1] == 21 && g->hart.s.x[A2] == 31 &&
		g->hart.s.x[A3] == 28 && g->hart.s.x[A4] == 0x11c && g->hart.s.x[T0] == 0x118 &&
		g->hart.s.mscratch == 0x100, NAME("csrrw, csrrs, csrrc and immediates"));
	guest_free(g);
}

void test_every_other(void)
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
			     (rv_insns[op].format == RV_FMT_CSR ||
			      rv_insns[op].format == RV_FMT_CSRI ?
				      0x340u << 20 : 0));
		again(g);
		retired = g->hart.s.instret;
		run(&g->hart, g->hart.s.cycle + 1);
		if (op == RV_OP_ECALL || op == RV_OP_EBREAK ?
			    !g->hart.s.halted || g->hart.s.halt_cause == RV_CAUSE_ILLEGAL :
			    g->hart.s.instret != retired + 1)
			bad++, fprintf(stderr, "#   not executed: %s\n", rv_insns[op].text);
	}
	unit_ok(n && !bad, NAME("%u of %u instructions that streams leave out executed"), n - bad,
		n);
	guest_free(g);
}

void test_custom_csrs(void)
{
	struct guest *g = guest_new();

	PROGRAM(g, CODE, csrtype(RV_OP_CSRRWI, A0, 0x803, 9), csrtype(RV_OP_CSRRSI, A1, 0x803, 6),
		CSRR(A2, 0x803), csrtype(RV_OP_CSRRW, A3, 0x803, A2));
	to_end(g);
	unit_ok(g->hart.s.custom_csr[3] == 15 && g->hart.s.x[A0] == 0 && g->hart.s.x[A1] == 9 &&
		g->hart.s.x[A3] == 15 && !g->csr_reads && !g->csr_writes,
		NAME("custom CSRs without a hook need no callback"));

	again(g);
	g->hart.custom_csr_hook = 8;
	to_end(g);
	unit_ok(g->csr[0x803] == 15 && g->csr_reads == 4 && g->csr_writes == 3 &&
		!g->hart.s.custom_csr[3],
		NAME("hooked custom CSRs go to the callbacks, csrr only reads"));
	PROGRAM(g, CODE, CSRW(0x803, T0), csrtype(RV_OP_CSRRWI, ZERO, 0x8ff, 4));
	again(g);
	to_end(g);
	unit_ok(g->csr[0x8ff] == 4 && g->csr_reads == 4 && g->csr_writes == 5,
		NAME("csrw only writes"));
	g->hart.custom_csr_hook = 0;

	PROGRAM(g, CODE, CSRW(0x7c1, T0), CSRR(A0, 0x7c1));
	again(g);
	g->hart.s.x[T0] = 42;
	g->stall_next = 1;
	unit_ok(run(&g->hart, UINT64_MAX) == RV_STOP_STALL && g->hart.s.pc == CODE &&
		!g->csr[0x7c1] && to_end(g) && g->hart.s.x[A0] == 42, NAME("a CSR write stalls"));

	PROGRAM(g, CODE, CSRR(A0, 0x7ff));
	again(g);
	to_end(g);
	unit_ok(halted_by(g, 25, CODE, CSRR(A0, 0x7ff)), NAME("a CSR callback's own fault cause"));
	guest_free(g);
}

void test_custom0(void)
{
	struct guest *g = guest_new();

	PROGRAM(g, CODE, LI(A0, 5), LI(A1, 6), CUSTOM(C0_ADD, 100, A2, A0, A1),
		CUSTOM(C0_ADD, 1, ZERO, A0, A1), ADDI(A3, ZERO, 1));
	to_end(g);
	unit_ok(g->hart.s.x[A2] == 111 && g->hart.s.x[0] == 0 && g->hart.s.x[32] == 0 &&
		g->customs == 2 && g->hart.s.x[A3] == 1, NAME("custom-0: operands and result"));
	unit_ok(g->hook_cycle == 3 && g->hook_pc == CODE + 12, NAME("a hook sees cycle and pc"));

	PROGRAM(g, CODE, LI(A0, 5), CUSTOM(C0_FAULT, 26, A2, A0, A0));
	again(g);
	to_end(g);
	unit_ok(halted_by(g, 26, CODE + 4, 5), NAME("custom-0: fault with its own cause"));
	PROGRAM(g, CODE, LI(A0, 5), CUSTOM(7, 0, A2, A0, A0));
	again(g);
	to_end(g);
	unit_ok(halted_by(g, RV_CAUSE_ILLEGAL, CODE + 4, CUSTOM(7, 0, A2, A0, A0)), NAME("custom-0: illegal"));

	PROGRAM(g, CODE, LI(A0, 5), CUSTOM(C0_STALL, 0, A2, A0, A0));
	again(g);
	g->customs = 0;
	g->stall_next = 2;
	unit_ok(run(&g->hart, UINT64_MAX) == RV_STOP_STALL && g->hart.s.pc == CODE + 4 &&
		run(&g->hart, UINT64_MAX) == RV_STOP_STALL && g->hart.s.pc == CODE + 4 &&
		to_end(g) &&
		g->customs == 3 && g->hart.s.x[A2] == 77,
		NAME("custom-0: stalled twice, then done"));

	PROGRAM(g, CODE, LI(A0, 50), CUSTOM(C0_SLOW, 0, ZERO, A0, ZERO), CSRR(A1, 0xb00));
	again(g);
	g->hart.s.cycle = 0;
	to_end(g);
	unit_u64(g->hart.s.x[A1], 52, NAME("a hook may add latency"));

	PROGRAM(g, CODE, CUSTOM(C0_STOP, 0, ZERO, ZERO, ZERO), LI(A0, 1));
	again(g);
	unit_ok(run(&g->hart, UINT64_MAX) == RV_STOP_REQUEST && g->hart.s.pc == CODE + 4 &&
		!g->hart.stop_request && to_end(g) && g->hart.s.x[A0] == 1,
		NAME("stop_request from a hook, then on"));

	PROGRAM(g, CODE, LI(A0, 1), CUSTOM(C0_FLUSH, 0, ZERO, ZERO, ZERO), LI(A1, 2));
	again(g);
	unit_ok(to_end(g) && g->hart.s.x[A1] == 2, NAME("a hook may flush the hart's own icache"));
	guest_free(g);
}
