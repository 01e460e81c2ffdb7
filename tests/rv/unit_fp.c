// SPDX-License-Identifier: GPL-2.0
/* Unit tests of the interpreter: floating point's state, and what makes it trap. */
#include "rv_fp.h"
#include "unit.h"

#define CSR_FFLAGS	0x001
#define CSR_FRM		0x002
#define CSR_FCSR	0x003
#define CSR_MSTATUS	0x300
#define DYN		(RV_RM_DYN << 12)
#define FS(g)		((g)->hart.s.mstatus & RV_MSTATUS_FS)

static bool is_fp(enum rv_op op)
{
	return rv_insns[op].format >= RV_FMT_FL && rv_insns[op].format <= RV_FMT_FXRM;
}

void test_fp_state(void)
{
	struct guest *g = guest_new();
	unsigned int op, n = 0, alive = 0, dirty = 0, i;
	static const unsigned int csrs[] = { CSR_FFLAGS, CSR_FRM, CSR_FCSR };

	for (op = 0; op < RV_NR_INSNS; op++) {
		uint32_t insn = rv_insns[op].match;

		if (!is_fp(op))
			continue;
		n++;
		/* x0 + 0 as an address is nowhere; so is the first window's base */
		if (rv_insns[op].format == RV_FMT_FL || rv_insns[op].format == RV_FMT_FS)
			insn |= A0 << 15;
		put(g, CODE, insn);
		again(g);
		g->hart.s.x[A0] = RAM;
		g->hart.s.mstatus = 0;
		run(&g->hart, g->hart.s.cycle + 1);
		alive += !g->hart.s.halted || g->hart.s.halt_cause != RV_CAUSE_ILLEGAL ||
			 g->hart.s.halt_tval != insn || g->hart.s.f[0];
		again(g);
		g->hart.s.x[A0] = RAM;
		dirty += FS(g) == RV_MSTATUS_FS_INITIAL;
		run(&g->hart, g->hart.s.cycle + 1);
		dirty += !g->hart.s.halted && FS(g) == RV_MSTATUS_FS;
	}
	unit_ok(n > 90 && !alive, NAME("FS off: all %u floating-point instructions are illegal"), n);
	unit_u64(dirty, 2 * n, NAME("FS is initial at reset, and dirty after any of them"));

	for (i = alive = 0; i < 3; i++) {
		PROGRAM(g, CODE, CSRW(CSR_MSTATUS, ZERO), CSRR(A0, csrs[i]));
		again(g);
		to_end(g);
		alive += !halted_by(g, RV_CAUSE_ILLEGAL, CODE + 4, CSRR(A0, csrs[i]));
	}
	unit_u64(alive, 0, NAME("FS off: fflags, frm and fcsr are illegal"));

	PROGRAM(g, CODE, CSRR(A0, CSR_MSTATUS), csrtype(RV_OP_CSRRWI, ZERO, CSR_FRM, 3),
		CSRR(A1, CSR_MSTATUS), csrtype(RV_OP_CSRRWI, ZERO, CSR_FFLAGS, 21), CSRR(A2, CSR_FCSR));
	again(g);
	to_end(g);
	unit_ok(g->hart.s.x[A0] == 0x3800 && g->hart.s.x[A1] == 0x8000000000007800 &&
		g->hart.s.x[A2] == (3 << 5 | 21), NAME("writing frm makes FS dirty and sets SD"));

	PROGRAM(g, CODE, csrtype(RV_OP_CSRRWI, ZERO, CSR_FFLAGS, 9),
		rtype(RV_OP_FMV_W_X, 5, A0, 0));
	to_end(g);
	again(g);
	unit_ok(!g->hart.s.f[5] && !g->hart.s.frm && !g->hart.s.fflags &&
		FS(g) == RV_MSTATUS_FS_INITIAL, NAME("reset clears f registers, frm and fflags"));
	guest_free(g);
}

void test_fp_traps(void)
{
	struct guest *g = guest_new();
	uint32_t dynamic = rtype(RV_OP_FADD_S, 1, 2, 3) | DYN, fixed = rtype(RV_OP_FADD_S, 1, 2, 3);
	unsigned int rm, bad = 0;

	for (rm = 0; rm < 8; rm++) {
		PROGRAM(g, CODE, csrtype(RV_OP_CSRRWI, ZERO, CSR_FRM, rm), fixed, dynamic);
		again(g);
		to_end(g);
		if (rm <= RV_RM_RMM)
			bad += !halted_by(g, RV_CAUSE_BREAKPOINT, CODE + 12, CODE + 12);
		else
			bad += !halted_by(g, RV_CAUSE_ILLEGAL, CODE + 8, dynamic);
	}
	unit_u64(bad, 0, NAME("frm 5, 6, 7: illegal where the instruction asks for frm, only there"));

	for (rm = 5; rm < 7; rm++) {
		PROGRAM(g, CODE, fixed | rm << 12);
		again(g);
		to_end(g);
		bad += !halted_by(g, RV_CAUSE_ILLEGAL, CODE, fixed | rm << 12);
	}
	unit_u64(bad, 0, NAME("rounding modes 5 and 6 in the instruction are illegal"));

	/* loads and stores off the first window */
	PROGRAM(g, CODE, itype(RV_OP_FLW, 1, A0, 4));
	again(g);
	g->hart.s.x[A0] = DEV + 4096;
	to_end(g);
	unit_ok(halted_by(g, RV_CAUSE_LOAD_FAULT, CODE, DEV + 4100) && !g->hart.s.f[1],
		NAME("flw: load fault"));
	PROGRAM(g, CODE, itype(RV_OP_FLD, 1, A0, 4));
	again(g);
	g->hart.s.x[A0] = DEV;
	to_end(g);
	unit_ok(halted_by(g, RV_CAUSE_LOAD_MISALIGNED, CODE, DEV + 4), NAME("fld: misaligned"));
	PROGRAM(g, CODE, stype(RV_OP_FSD, A0, 1, 2));
	again(g);
	g->hart.s.x[A0] = DEV;
	to_end(g);
	unit_ok(halted_by(g, RV_CAUSE_STORE_MISALIGNED, CODE, DEV + 2), NAME("fsd: misaligned"));

	PROGRAM(g, CODE, itype(RV_OP_FLD, 1, A0, 8), itype(RV_OP_FLW, 2, A0, 8),
		itype(RV_OP_FLH, 3, A0, 8), stype(RV_OP_FSW, A0, 1, 16), stype(RV_OP_FSH, A0, 1, 24));
	again(g);
	g->hart.s.x[A0] = DEV;
	memset(g->dev, 0xee, sizeof(g->dev));
	g->dev[1] = 0x0123456789abcdef;
	g->stall_next = 1;
	unit_ok(run(&g->hart, UINT64_MAX) == RV_STOP_STALL && g->hart.s.pc == CODE && to_end(g) &&
		g->hart.s.f[1] == 0x0123456789abcdef && g->hart.s.f[2] == 0xffffffff89abcdef &&
		g->hart.s.f[3] == 0xffffffffffffcdef && g->dev[2] == 0xeeeeeeee89abcdef &&
		g->dev[3] == 0xeeeeeeeeeeeecdef, NAME("loads and stores on the bus, boxed, and a stall"));
	guest_free(g);
}

void test_fp_values(void)
{
	struct guest *g = guest_new();

	/* 1.0f in a register with a broken box counts as a NaN; moves and stores take it as it is */
	PROGRAM(g, CODE, rtype(RV_OP_FCLASS_S, A0, 1, 0), rtype(RV_OP_FMV_X_W, A1, 1, 0),
		rtype(RV_OP_FSGNJ_S, 2, 1, 1), rtype(RV_OP_FSGNJN_D, 3, 1, 1),
		rtype(RV_OP_FADD_S, 4, 1, 1) | DYN);
	again(g);
	g->hart.s.f[1] = 0xfffffffe3f800000;
	to_end(g);
	unit_ok(g->hart.s.x[A0] == 1 << RV_FCLASS_QNAN && g->hart.s.x[A1] == 0x3f800000 &&
		g->hart.s.f[2] == 0xffffffff7fc00000 && g->hart.s.f[3] == 0x7ffffffe3f800000 &&
		g->hart.s.f[4] == 0xffffffff7fc00000 && !g->hart.s.fflags,
		NAME("a value without its box is the canonical NaN"));

	/* 1 / 3 in two modes: flags stay, results differ in the last bit; and what it costs */
	PROGRAM(g, CODE, rtype(RV_OP_FDIV_D, 3, 1, 2) | RV_RM_RDN << 12,
		rtype(RV_OP_FDIV_D, 4, 1, 2) | RV_RM_RUP << 12, rtype(RV_OP_FADD_D, 5, 1, 1),
		rtype(RV_OP_FCVT_WU_D, A0, 6, 0) | RV_RM_RTZ << 12);
	again(g);
	g->hart.s.cycle = 0;
	g->hart.s.f[1] = 0x3ff0000000000000;
	g->hart.s.f[2] = 0x4008000000000000;
	g->hart.s.f[6] = 0x41efffffffe00000;	/* 2^32 - 1 */
	to_end(g);
	unit_ok(g->hart.s.f[3] == 0x3fd5555555555555 && g->hart.s.f[4] == 0x3fd5555555555556 &&
		g->hart.s.f[5] == 0x4000000000000000 && g->hart.s.x[A0] == UINT64_MAX &&
		g->hart.s.fflags == RV_FFLAG_NX, NAME("rounding, flags, and words sign-extended"));
	unit_u64(g->hart.s.cycle, 2 * (RV_COST_BASE + RV_COST_FDIV) + 2 * (RV_COST_BASE + RV_COST_FP) +
		 RV_COST_TRAP, NAME("cycles of divisions, a sum and a conversion"));
	guest_free(g);
}

/* Loaded states: one wrong member each. */
void test_state_valid(void)
{
	struct guest *g = guest_new();
	struct rv_state good, bad;
	unsigned int i, wrong = 0;

	PROGRAM(g, CODE, csrtype(RV_OP_CSRRWI, ZERO, CSR_FCSR, 31), rtype(RV_OP_FADD_D, 1, 2, 3));
	again(g);
	to_end(g);
	good = g->hart.s;
	for (i = 0; i < 12; i++) {
		bad = good;
		switch (i) {
		case 0:
			bad.x[0] = 1;
			break;
		case 1:
			bad.x[32] = 1;
			break;
		case 2:
			bad.pc |= 1;
			break;
		case 3:
			bad.mepc = 1;
			break;
		case 4:
			bad.mtvec = 2;
			break;
		case 5:
			bad.resv_size = 2;
			break;
		case 6:
			bad.mstatus |= UINT64_C(1) << 40;
			break;
		case 7:
			bad.fflags = 32;
			break;
		case 8:
			bad.frm = 8;
			break;
		case 9:
			bad.waiting = 2;
			break;
		case 10:
			bad.halted = 2;
			break;
		default:
			bad.vfield = 1;		/* no V here */
			break;
		}
		wrong += rv_state_valid(&g->hart, &bad);
	}
	unit_ok(rv_state_valid(&g->hart, &good) && !wrong,
		NAME("a hart's own state is valid, %u others are not"),
		i);
	guest_free(g);
}
