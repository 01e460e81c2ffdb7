// SPDX-License-Identifier: GPL-2.0
/* Unit tests of the interpreter: Budgets, windows, configuration, the disassembler. */
#include <errno.h>

#include "unit.h"

void test_budget(void)
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
			bad += run(&g->hart, until) != RV_STOP_BUDGET ||
			g->hart.s.instret != before;
		}
		to_end(g);
		bad += memcmp(&g->hart.s, &whole, sizeof(whole)) != 0;
	}
	unit_u64(bad, 0, NAME("any cut of a run gives the same state, and no cut overshoots"));
	unit_u64(whole.cycle, 2 + 3 * (20 + 2 + 3 + 1 + 1) + 2 + 1 + RV_COST_TRAP,
		 NAME("cycles are the sum of the costs"));

	again(g);
	g->hart.s.cycle = g->hart.s.instret = 0;
	g->hart.s.x[SP] = RAM;
	for (until = 0; run(&g->hart, g->hart.s.cycle + 1) == RV_STOP_BUDGET; until++)
		bad += g->hart.s.instret != until + 1;
	unit_ok(!bad && until == whole.instret, NAME("cycle + 1 steps one instruction"));

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
		unit_ok(!memcmp(&other->hart.s, &whole, sizeof(whole)),
			NAME("state saved and loaded in the middle"));
		guest_free(other);
	}

	PROGRAM(g, CODE, itype(RV_OP_JALR, ZERO, A0, 0));
	again(g);
	g->hart.s.x[A0] = CODE;
	g->hart.stop_request = 1;
	unit_ok(run(&g->hart, UINT64_MAX) == RV_STOP_REQUEST && !g->hart.s.x[A1],
		NAME("stop_request before the first instruction"));
	guest_free(g);
}

void test_windows(void)
{
	static uint8_t mem[64];
	struct guest *g = guest_new();
	struct rv_config cfg = config(g), bad_cfg;
	struct rv_bus half = rig_bus;
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
	bad_cfg.windows[1] = (struct rv_window){ .base = RAM + RAM_SIZE - 1, .size = 8,
						 .host = mem };
	bad += rv_init(&hart, &bad_cfg) != -EINVAL;
	bad_cfg.windows[1] = (struct rv_window){ .base = RAM - 8, .size = 9, .host = mem };
	bad += rv_init(&hart, &bad_cfg) != -EINVAL;
	bad_cfg.windows[1] = (struct rv_window){ .base = UINT64_MAX - 6, .size = 8, .host = mem };
	bad += rv_init(&hart, &bad_cfg) != -EINVAL;
	bad_cfg.windows[1] = (struct rv_window){ .base = 8, .size = 8, .host = mem, .perms = RV_X };
	bad += rv_init(&hart, &bad_cfg) != -EINVAL;
	bad_cfg.windows[1] = (struct rv_window){ .base = 8, .size = 0, .host = mem };
	bad += rv_init(&hart, &bad_cfg) != -EINVAL;
	unit_u64(bad, 0, NAME("bad configurations are refused"));

	memset(g->ram, 0xab, RAM_SIZE);
	PROGRAM(g, CODE, stype(RV_OP_SB, A0, ZERO, -1), itype(RV_OP_LBU, A1, A0, -1),
		stype(RV_OP_SW, A0, ZERO, -5), itype(RV_OP_LD, A2, A0, -9),
		itype(RV_OP_LH, A3, A0, -1));
	again(g);
	g->hart.s.x[A0] = RAM + RAM_SIZE;
	to_end(g);
	unit_ok(g->hart.s.x[A1] == 0 && g->hart.s.x[A2] == UINT64_C(0x00000000abababab) &&
		halted_by(g, RV_CAUSE_LOAD_MISALIGNED, CODE + 16, RAM + RAM_SIZE - 1),
		NAME("the last bytes of a window, misaligned, and one byte beyond"));

	v = 0x1122334455667788;
	memcpy(g->rom, &v, 8);
	PROGRAM(g, CODE, itype(RV_OP_LW, A1, A0, 3), stype(RV_OP_SW, A0, A1, 0));
	again(g);
	g->hart.s.x[A0] = ROM;
	to_end(g);
	unit_ok(g->hart.s.x[A1] == 0x22334455 && halted_by(g, 24, CODE + 4, ROM + 1),
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
	unit_ok(!bad && g->hart.s.x[A1] == 12345 && !g->fetches &&
		halted_by(g, RV_CAUSE_LOAD_MISALIGNED, 0x3008, UINT64_MAX - 1),
		NAME("code fetched from a window; accesses don't wrap around"));
	guest_free(g);
}

void test_disasm(void)
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
		{ 0x00c5f553, 4, "fadd.s fa0,fa1,fa2" },
		{ 0x1a209043, 4, "fmadd.d ft0,ft1,ft2,ft3,rtz" },
		{ 0xc4053553, 4, "fcvt.w.h a0,fa0,rup" }, { 0xd2357553, 4, "fcvt.d.lu fa0,a0" },
		{ 0xe00d8553, 4, "fmv.x.w a0,fs11" },	{ 0xf4058453, 4, "fmv.h.x fs0,a1" },
		{ 0xa2c58553, 4, "fle.d a0,fa1,fa2" },	{ 0x24c5a553, 4, "fsgnjx.h fa0,fa1,fa2" },
		{ 0xffc12507, 4, "flw fa0,-4(sp)" },	{ 0xa904, 2, "fsd fs1,16(a0)" },
		{ 0xe0051553, 4, "fclass.s a0,fa0" },	{ 0x58054553, 4, "fsqrt.s fa0,fa0,rmm" },
		{ 0x2508, 2, "fld fa0,8(a0)" },		{ 0x00c5d553, 4, ".insn 0x00c5d553" },
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
	unit_u64(bad, 0, "disassembly of %u instructions", i);
}
