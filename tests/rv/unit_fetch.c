// SPDX-License-Identifier: GPL-2.0
/* Unit tests of the interpreter: Fetching: the instruction cache, instructions on two pages. */
#include <stdlib.h>

#include "unit.h"

void test_icache(void)
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
	unit_ok(i == 10 && g->hart.s.x[A0] == 20, NAME("changed code runs on unchanged"));

	/* a second hart fetches now and sees the new code; the first still runs the old */
	if (rv_init(&second, &cfg))
		exit(1);
	rv_reset(&second, CODE);
	second.s.x[A5] = CODE;
	run(&second, 30);
	run(&g->hart, g->hart.s.cycle + 30);
	unit_ok(second.s.x[A0] == 1000 && g->hart.s.x[A0] == 30,
		NAME("another hart sees the new code, this one not yet"));
	rv_icache_get_stats(g->ic, &stats);
	unit_u64(stats.pages, 2, NAME("two versions of a page are kept"));
	rv_flush_icache(&g->hart);
	run(&g->hart, g->hart.s.cycle + 30);
	rv_icache_get_stats(g->ic, &stats);
	unit_ok(g->hart.s.x[A0] == 1030 && stats.pages == 1,
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
		unit_u64(g->hart.s.x[A0], i + 1, NAME("self-modifying code %s fence.i"),
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
	unit_u64(stats.insns_decoded - made, 0, NAME("5000 launches of a program decode nothing"));

	/* more pages than the cache keeps: bounded, least recently used first */
	for (i = 0; i < 16; i++)
		put(other, CODE + i * 4096, EBREAK);
	for (i = 0; i < 64; i++) {
		rv_reset(&other->hart, CODE + (i % 16) * 4096);
		run(&other->hart, UINT64_MAX);
		rv_flush_icache(&other->hart);
	}
	rv_icache_get_stats(other->ic, &stats);
	unit_ok(stats.pages == 4 && stats.pages_idle == 4 && stats.evicted == 60,
		NAME("pages no hart uses are bounded (%u kept, %llu evicted)"), stats.pages,
		(unsigned long long)stats.evicted);
	guest_free(g);
	guest_free(other);
}

void test_straddle(void)
{
	struct guest *g = guest_new();
	uint64_t at = CODE + 0x1000 - 2;

	PROGRAM(g, at, ADDI(A0, ZERO, 7), ADDI(A0, A0, 1));
	rv_reset(&g->hart, at);
	unit_ok(to_end(g) && g->hart.s.x[A0] == 8, NAME("an instruction on two pages"));

	rv_reset(&g->hart, at);
	g->fetch_fail = CODE + 0x1000;
	g->fetch_result = RV_FAULT;
	to_end(g);
	unit_ok(halted_by(g, RV_CAUSE_FETCH_FAULT, at, CODE + 0x1000),
		NAME("fault on the second page: mepc the instruction, tval the page"));
	rv_reset(&g->hart, at);
	g->fetch_result = RV_STALL;
	unit_ok(run(&g->hart, UINT64_MAX) == RV_STOP_STALL && g->hart.s.pc == at &&
		(g->fetch_fail = 0, to_end(g)) && g->hart.s.x[A0] == 8,
		NAME("stall on the second page"));

	/* the second page changes; the first is the same memory */
	put(g, CODE + 0x1002, ADDI(A0, A0, 2));
	put(g, at, ADDI(A0, ZERO, 0x123));
	rv_reset(&g->hart, at);
	unit_ok(to_end(g) && g->hart.s.x[A0] == 0x125, NAME("both halves are fetched anew"));

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
	unit_ok(to_end(g) && g->hart.s.x[A0] == 5 * 17, NAME("two such instructions in a loop"));

	/* from the last halfword of the address space to address 0 */
	PROGRAM(g, CODE + CODE_SIZE - 8192 + 2, ADDI(A0, A0, 1));
	put(g, CODE + CODE_SIZE - 4096 + 4094 - 2, 0);
	{
		uint32_t insn = ADDI(A0, ZERO, 40);

		memcpy(g->code + CODE_SIZE - 2, &insn, 2);
		memcpy(g->code + CODE_SIZE - 8192, (uint8_t *)&insn + 2, 2);
	}
	rv_reset(&g->hart, UINT64_MAX - 1);
	unit_ok(to_end(g) && g->hart.s.x[A0] == 41 && g->hart.s.halt_pc == 6,
		NAME("pc wraps from the end of the address space to 0"));
	guest_free(g);
}
