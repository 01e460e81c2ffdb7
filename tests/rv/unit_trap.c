// SPDX-License-Identifier: GPL-2.0
/* Unit tests of the interpreter: Traps, interrupts, wfi, stalls, LR and SC. */
#include "unit.h"

void test_traps(void)
{
	struct guest *g = guest_new();
	uint64_t retired;

	PROGRAM(g, CODE, LI(A0, 1), ECALL);
	to_end(g);
	unit_ok(halted_by(g, RV_CAUSE_ECALL_M, CODE + 4, 0) && g->hart.s.instret == 1 &&
		run(&g->hart, UINT64_MAX) == RV_STOP_HALT, NAME("ecall without a handler halts"));
	unit_u64(g->hart.s.cycle, RV_COST_BASE + RV_COST_TRAP, NAME("cost of a trap"));

	PROGRAM(g, CODE, 0xffffffff);
	again(g);
	to_end(g);
	unit_ok(halted_by(g, RV_CAUSE_ILLEGAL, CODE, 0xffffffff), NAME("illegal, 4 bytes"));
	PROGRAM(g, CODE, 0x00010000);
	again(g);
	to_end(g);
	unit_ok(halted_by(g, RV_CAUSE_ILLEGAL, CODE, 0), NAME("illegal, 2 bytes"));
	PROGRAM(g, CODE, 0x00019002);
	again(g);
	to_end(g);
	unit_ok(halted_by(g, RV_CAUSE_BREAKPOINT, CODE, CODE), NAME("c.ebreak"));

	PROGRAM(g, CODE, utype(RV_OP_LUI, A0, 0x123), itype(RV_OP_LD, A1, A0, 8));
	again(g);
	g->hart.s.x[A1] = 3;
	to_end(g);
	unit_ok(halted_by(g, RV_CAUSE_LOAD_FAULT, CODE + 4, 0x123008) && g->hart.s.x[A1] == 3,
		NAME("load fault"));
	PROGRAM(g, CODE, utype(RV_OP_LUI, A0, 0x123), stype(RV_OP_SW, A0, A1, 4));
	again(g);
	to_end(g);
	unit_ok(halted_by(g, 24, CODE + 4, 0x123005), NAME("store fault, cause from the bus"));
	PROGRAM(g, CODE, itype(RV_OP_LW, A1, A0, 2));
	again(g);
	g->hart.s.x[A0] = DEV;
	g->loads = 0;
	to_end(g);
	unit_ok(halted_by(g, RV_CAUSE_LOAD_MISALIGNED, CODE, DEV + 2) && !g->loads,
		NAME("misaligned load on the bus"));
	PROGRAM(g, CODE, stype(RV_OP_SD, A0, A1, 4));
	again(g);
	g->hart.s.x[A0] = DEV;
	g->stores = 0;
	to_end(g);
	unit_ok(halted_by(g, RV_CAUSE_STORE_MISALIGNED, CODE, DEV + 4) && !g->stores,
		NAME("misaligned store on the bus"));
	PROGRAM(g, CODE, rtype(RV_OP_AMOADD_W, A1, A0, A0));
	again(g);
	g->hart.s.x[A0] = RAM + 2;
	to_end(g);
	unit_ok(halted_by(g, RV_CAUSE_STORE_MISALIGNED, CODE, RAM + 2),
		NAME("misaligned atomic in a window"));
	PROGRAM(g, CODE, rtype(RV_OP_LR_D, A1, A0, 0));
	again(g);
	g->hart.s.x[A0] = RAM + 4;
	to_end(g);
	unit_ok(halted_by(g, RV_CAUSE_LOAD_MISALIGNED, CODE, RAM + 4), NAME("misaligned lr"));
	PROGRAM(g, CODE, itype(RV_OP_JALR, RA, A0, 1));
	again(g);
	g->hart.s.x[A0] = 0x777000;
	to_end(g);
	unit_ok(halted_by(g, RV_CAUSE_FETCH_FAULT, 0x777000, 0x777000) &&
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
	unit_ok(halted_by(g, RV_CAUSE_BREAKPOINT, CODE + 24, CODE + 24) &&
		g->hart.s.x[A1] == RV_CAUSE_ECALL_M && g->hart.s.x[A2] == CODE + 8 &&
		g->hart.s.x[A3] == 0x3880 && g->hart.s.x[A4] == 4 && g->hart.s.x[A5] == 0x3888,
		NAME("trap and mret: cause, mepc, MIE stacked and restored"));
	unit_u64(g->hart.s.instret - retired, 11, NAME("a trapping instruction does not retire"));

	/* a handler that isn't there: each attempt costs time, so the budget ends it */
	PROGRAM(g, CODE, CSRW(0x305, A0), ECALL);
	again(g);
	g->hart.s.x[A0] = 0x777000;
	g->hart.s.cycle = 0;
	unit_ok(run(&g->hart, 5000) == RV_STOP_BUDGET && g->hart.s.cycle < 5000 + RV_COST_TRAP,
		NAME("a trap loop does not hang"));
	guest_free(g);
}

void test_interrupts(void)
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
	unit_u64(bad, 0, NAME("priority of interrupts"));

	PROGRAM(g, CODE, LI(A0, 1), LI(A1, 2));
	PROGRAM(g, HANDLER + 4 * RV_IRQ_TIMER, LI(A2, 3), CSRW(0x305, ZERO));
	again(g);
	g->hart.s.mie = g->hart.s.mip = RV_MIP_MTIP;
	g->hart.s.mtvec = HANDLER | 1;
	run(&g->hart, g->hart.s.cycle + 1);
	unit_ok(g->hart.s.x[A0] == 1 && !g->hart.s.mcause, NAME("nothing is taken with MIE clear"));
	g->hart.s.mstatus = RV_MSTATUS_MIE;
	to_end(g);
	unit_ok(g->hart.s.x[A2] == 3 && g->hart.s.x[A1] == 0 && g->hart.s.mepc == CODE + 4 &&
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
	unit_ok(halted_by(g, RV_CAUSE_INTERRUPT | RV_IRQ_EXT, CODE + 4, 0) && !g->hart.s.x[A2],
		NAME("interrupt from a store is taken at once"));
	PROGRAM(g, CODE, CUSTOM(C0_IRQ, 0, ZERO, ZERO, ZERO), LI(A2, 1));
	again(g);
	g->hart.s.mie = RV_MIP_MEIP;
	g->hart.s.mstatus = RV_MSTATUS_MIE;
	to_end(g);
	unit_ok(halted_by(g, RV_CAUSE_INTERRUPT | RV_IRQ_EXT, CODE + 4, 0) && !g->hart.s.x[A2],
		NAME("interrupt from custom-0 is taken at once"));
	PROGRAM(g, CODE, csrtype(RV_OP_CSRRSI, ZERO, 0x300, 8), LI(A2, 1));
	again(g);
	g->hart.s.mie = g->hart.s.mip = RV_MIP_MSIP;
	to_end(g);
	unit_ok(halted_by(g, RV_CAUSE_INTERRUPT | RV_IRQ_SOFT, CODE + 4, 0),
		NAME("setting MIE lets a pending interrupt in"));

	/* wfi */
	PROGRAM(g, CODE, WFI, LI(A2, 1));
	again(g);
	g->hart.s.mie = RV_MIP_MSIP;
	g->hart.s.mstatus = RV_MSTATUS_MIE;
	unit_ok(run(&g->hart, UINT64_MAX) == RV_STOP_WFI && g->hart.s.pc == CODE + 4 &&
		run(&g->hart, UINT64_MAX) == RV_STOP_WFI, NAME("wfi parks the hart"));
	g->hart.s.mip = RV_MIP_MTIP;
	unit_ok(run(&g->hart, UINT64_MAX) == RV_STOP_WFI,
		NAME("an interrupt not enabled does not wake"));
	g->hart.s.mip = RV_MIP_MSIP;
	to_end(g);
	unit_ok(halted_by(g, RV_CAUSE_INTERRUPT | RV_IRQ_SOFT, CODE + 4, 0),
		NAME("wfi wakes into the handler"));
	again(g);
	g->hart.s.mie = RV_MIP_MSIP;
	run(&g->hart, UINT64_MAX);
	g->hart.s.mip = RV_MIP_MSIP;
	unit_ok(to_end(g) && g->hart.s.x[A2] == 1 &&
		halted_by(g, RV_CAUSE_BREAKPOINT, CODE + 8, CODE + 8),
		NAME("with MIE clear wfi wakes and goes on"));
	again(g);
	g->hart.s.mie = g->hart.s.mip = RV_MIP_MSIP;
	unit_ok(to_end(g) && g->hart.s.x[A2] == 1, NAME("wfi with one pending is a nop"));
	guest_free(g);
}

void test_stalls(void)
{
	static const uint32_t insns[] = { 0x0085b603 /* ld a2, 8(a1) */, 0x00a5b423 /* sd a0,
					  8(a1) */,
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
	unit_u64(bad, 0, NAME("load, store, atomic and lr stall and are retried"));

	again(g);
	g->hart.s.x[A1] = DEV;
	g->hart.s.mie = RV_MIP_MEIP;
	g->hart.s.mstatus = RV_MSTATUS_MIE;
	g->stall_next = 1;
	run(&g->hart, UINT64_MAX);
	g->hart.s.mip = RV_MIP_MEIP;
	to_end(g);
	unit_ok(halted_by(g, RV_CAUSE_INTERRUPT | RV_IRQ_EXT, CODE + 4, 0),
		NAME("an interrupt comes before the retry"));

	again(g);
	g->fetch_fail = CODE;
	g->fetch_result = RV_STALL;
	unit_ok(run(&g->hart, UINT64_MAX) == RV_STOP_STALL && g->hart.s.pc == CODE &&
		(g->fetch_fail = 0, to_end(g)), NAME("a fetch stalls"));
	guest_free(g);
}

void test_lr_sc(void)
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
		unit_ok(g->hart.s.x[A1] == 5 && g->hart.s.x[A2] == 0 && g->hart.s.x[A3] == 1 &&
			v == 6,
			NAME("lr, sc, sc again %s"), where);

		PROGRAM(g, CODE, rtype(RV_OP_LR_W, A1, A0, 0), stype(RV_OP_SW, A0, T1, 0),
			rtype(RV_OP_SC_W, A2, A0, T0));
		again(g);
		g->hart.s.x[A0] = addr;
		g->hart.s.x[T1] = 8;
		to_end(g);
		memcpy(&v, mem, 8);
		unit_ok(g->hart.s.x[A2] == 1 && v == 8, NAME("a store between makes sc fail %s"),
			where);

		PROGRAM(g, CODE, rtype(RV_OP_LR_D, A1, A0, 0), rtype(RV_OP_SC_W, A2, A0, T0));
		again(g);
		g->hart.s.x[A0] = addr;
		to_end(g);
		unit_ok(g->hart.s.x[A2] == 1, NAME("sc of another size fails %s"), where);
	}

	PROGRAM(g, CODE, rtype(RV_OP_LR_D, A1, A0, 0), ECALL);
	PROGRAM(g, HANDLER, rtype(RV_OP_SC_D, A2, A0, T0), CSRW(0x305, ZERO));
	again(g);
	g->hart.s.x[A0] = RAM;
	g->hart.s.mtvec = HANDLER;
	to_end(g);
	unit_ok(g->hart.s.x[A2] == 1, NAME("a trap ends the reservation"));
	guest_free(g);
}
