// SPDX-License-Identifier: GPL-2.0
/* Unit tests of the interpreter: what streams of vector instructions (vec_diff.c) can't show. */
#include <stdlib.h>

#include "unit.h"

#define CSR_VSTART	0x008
#define CSR_MSTATUS	0x300
#define CSR_MISA	0x301
#define VS(g)		((g)->hart.s.mstatus & RV_MSTATUS_VS)

/* vtype of LMUL 1 << lmul, SEW 8 << sew */
#define VTYPE(sew, lmul)	((sew) << 3 | (lmul))
/* vl is the most there can be */
#define VSETVLI(vtype)		(rv_insns[RV_OP_VSETVLI].match | T0 << 7 | (vtype) << 20)
#define UNMASKED		(1u << 25)
#define VOP(op, vd, vs2, vs1)	(rtype(op, vd, vs1, vs2) | UNMASKED)
#define VMEM(op, vd)		(rtype(op, vd, A0, 0) | UNMASKED)

static const unsigned int csrs[] = { 8, 9, 0xa, 0xf, 0xc20, 0xc21, 0xc22 };

#define NCSRS	(sizeof(csrs) / sizeof(*csrs))

static struct guest *vector_guest(void)
{
	struct guest *g = guest_new();
	struct rv_config cfg = config(g);

	rv_fini(&g->hart);
	cfg.vector = true;
	if (rv_init(&g->hart, &cfg))
		exit(1);
	rv_reset(&g->hart, CODE);
	return g;
}

/* Vector instructions and CSRs that are legal here, with VS as @vs. */
static unsigned int legal(struct guest *g, uint64_t vs)
{
	unsigned int op, i, n = 0;

	for (op = RV_VEC_FIRST; op < RV_NR_INSNS; op++) {
		uint32_t insn = rv_insns[op].match | (1u << 25 & ~rv_insns[op].mask);

		put(g, CODE, insn);
		again(g);
		g->hart.s.mstatus = (g->hart.s.mstatus & ~RV_MSTATUS_VS) | vs;
		run(&g->hart, g->hart.s.cycle + 1);
		n += !g->hart.s.halted || g->hart.s.halt_cause != RV_CAUSE_ILLEGAL ||
		     g->hart.s.halt_tval != insn;
	}
	for (i = 0; i < NCSRS; i++) {
		put(g, CODE, CSRR(A1, csrs[i]));
		again(g);
		g->hart.s.mstatus = (g->hart.s.mstatus & ~RV_MSTATUS_VS) | vs;
		run(&g->hart, g->hart.s.cycle + 1);
		n += !g->hart.s.halted;
	}
	return n;
}

static void test_presence(void)
{
	struct guest *g = guest_new(), *v = vector_guest();

	unit_u64(legal(g, 0), 0, NAME("no V: %u instructions and %zu CSRs are illegal"),
		 RV_NR_INSNS - RV_VEC_FIRST, NCSRS);
	PROGRAM(g, CODE, CSRW(CSR_MSTATUS, A0), CSRR(A1, CSR_MSTATUS), CSRR(A2, CSR_MISA));
	again(g);
	g->hart.s.x[A0] = UINT64_MAX;
	to_end(g);
	unit_ok(!(g->hart.s.x[A1] & RV_MSTATUS_VS) && !(g->hart.s.x[A2] >> ('V' - 'A') & 1),
		NAME("no V: mstatus.VS stays 0, misa has none"));

	unit_u64(legal(v, 0), 0, NAME("VS off: %u instructions and %zu CSRs are illegal"),
		 RV_NR_INSNS - RV_VEC_FIRST, NCSRS);
	PROGRAM(v, CODE, CSRR(A1, CSR_MSTATUS), VSETVLI(0), CSRR(A2, CSR_MSTATUS),
		CSRR(A3, CSR_MISA));
	again(v);
	to_end(v);
	unit_ok((v->hart.s.x[A1] & RV_MSTATUS_VS) == RV_MSTATUS_VS_INITIAL &&
		(v->hart.s.x[A2] & RV_MSTATUS_VS) == RV_MSTATUS_VS && v->hart.s.x[A2] >> 63 &&
		(v->hart.s.x[A3] >> ('V' - 'A') & 1) && v->hart.s.x[T0] == RV_VLENB,
		NAME("VS is initial at reset and dirty after use, misa has V"));
	guest_free(g);
	guest_free(v);
}

/* @insn with the most elements of vtype: cycles it takes. */
static uint64_t cost(struct guest *g, unsigned int vtype, uint32_t insn)
{
	uint64_t start;

	put(g, CODE, VSETVLI(vtype));
	put(g, CODE + 4, insn);
	put(g, CODE + 8, EBREAK);
	again(g);
	g->hart.s.x[A0] = RAM;
	start = g->hart.s.cycle;
	run(&g->hart, start + 1);
	start = g->hart.s.cycle;
	run(&g->hart, start + 1);
	return g->hart.s.halted ? 0 : g->hart.s.cycle - start;
}

static void test_cost(void)
{
	struct guest *g = vector_guest();
	uint32_t add = VOP(RV_OP_VADD_VV, 8, 16, 24), div = VOP(RV_OP_VDIV_VV, 8, 16, 24);
	uint32_t widen = VOP(RV_OP_VWADD_VV, 8, 16, 24), load = VMEM(RV_OP_VLE32, 8);
	uint32_t strided = VMEM(RV_OP_VLSE32, 8), seg = VMEM(RV_OP_VLSEGE32, 8) | 1u << 29;

	unit_ok(cost(g, VTYPE(0, 0), add) == 1 && cost(g, VTYPE(3, 0), add) == 1 &&
		cost(g, VTYPE(2, 3), add) == 8 && cost(g, VTYPE(1, 1), widen) == 4,
		NAME("a beat of 64 bytes of the widest operand is a cycle"));
	unit_ok(cost(g, VTYPE(2, 1), div) == 2 * RV_COST_DIV + 1, NAME("division is not pipelined"));
	unit_ok(cost(g, VTYPE(2, 2), load) == 5 && cost(g, VTYPE(2, 2), strided) == 65 &&
		cost(g, VTYPE(2, 1), seg) == 5, NAME("strided loads take a cycle an element"));
	guest_free(g);
}

/* Two fields of eight elements, one by one from a device of 64 bytes. */
static void segment_program(struct guest *g)
{
	unsigned int i;

	for (i = 0; i < 8; i++)
		g->dev[i] = (uint64_t)(2 * i + 1) << 32 | (2 * i);
	PROGRAM(g, CODE, rv_insns[RV_OP_VSETIVLI].match | 8 << 15 | VTYPE(2, 0) << 20,
		VMEM(RV_OP_VLSEGE32, 8) | 1u << 29);
	again(g);
	g->hart.s.x[A0] = DEV;
}

static bool segment_loaded(const struct guest *g)
{
	unsigned int i, wrong = 0;

	for (i = 0; i < 8; i++) {
		uint32_t even, odd;

		memcpy(&even, g->hart.s.v[8] + 4 * i, 4);
		memcpy(&odd, g->hart.s.v[9] + 4 * i, 4);
		wrong += even != 2 * i || odd != 2 * i + 1;
	}
	return !wrong && !g->hart.s.vstart && !g->hart.s.vfield;
}

static void test_stall(void)
{
	struct guest *g = vector_guest();
	unsigned int stalls = 0, wrong = 0;
	uint64_t instret;

	segment_program(g);
	instret = g->hart.s.instret;
	g->stall_every = 2;
	g->loads = 0;
	while (run(&g->hart, UINT64_MAX) == RV_STOP_STALL && ++stalls < 100) {
		struct rv_state saved = g->hart.s;

		/* as many fields as stalls are loaded; a copy of the state goes on as well */
		wrong += saved.vstart != stalls / 2 || saved.vfield != stalls % 2 ||
			 saved.pc != CODE + 4 || !rv_state_valid(&g->hart, &saved);
		memset(&g->hart.s, 0xa5, sizeof(g->hart.s));
		g->hart.s = saved;
	}
	unit_ok(stalls == 15 && !wrong, NAME("a load that stalls is taken up where it stopped"));
	unit_ok(segment_loaded(g) && g->loads == 16 + stalls && g->hart.s.instret == instret + 2,
		NAME("every field was loaded once"));

	/* an interrupt between a stall and its retry: the handler sees vstart, returns, all is loaded */
	PROGRAM(g, HANDLER, CSRR(A1, CSR_VSTART), LI(A2, 0), csrtype(RV_OP_CSRRW, ZERO, 0x304, A2),
		MRET);
	segment_program(g);
	g->hart.s.mtvec = HANDLER;
	g->hart.s.mie = RV_MIP_MEIP;
	g->hart.s.mstatus |= RV_MSTATUS_MIE;
	g->stall_count = 0;
	for (stalls = 0; stalls < 7 && run(&g->hart, UINT64_MAX) == RV_STOP_STALL; stalls++)
		;
	g->stall_every = 0;
	wrong = g->hart.s.vstart != 3 || g->hart.s.vfield != 1;
	g->hart.s.mip = RV_MIP_MEIP;
	run(&g->hart, g->hart.s.cycle + 1);
	wrong += g->hart.s.vfield != 0;
	g->hart.s.mtvec = 0;
	to_end(g);
	unit_ok(!wrong && g->hart.s.x[A1] == 3 && segment_loaded(g),
		NAME("an interrupt in the middle of it does no harm"));
	guest_free(g);
}

static void test_fault(void)
{
	struct guest *g = vector_guest();
	uint64_t tval = DEV + sizeof(g->dev);
	uint32_t got[3];

	/* the ninth element is past the device */
	memset(g->dev, 0x11, sizeof(g->dev));
	PROGRAM(g, CODE, VSETVLI(VTYPE(2, 0)), VMEM(RV_OP_VLE32, 8), VMEM(RV_OP_VLE32FF, 9));
	again(g);
	g->hart.s.x[A0] = DEV + 32;
	memset(g->hart.s.v[8], 0x22, RV_VLENB);
	to_end(g);
	memcpy(got, g->hart.s.v[8] + 28, 12);
	unit_ok(halted_by(g, RV_CAUSE_LOAD_FAULT, CODE + 4, tval) && g->hart.s.vstart == 8 &&
		got[0] == 0x11111111 && got[1] == 0x22222222,
		NAME("a load that faults says where, and has done what came before"));
	g->hart.s.halted = 0;
	g->hart.s.vstart = 0;
	g->hart.s.pc = CODE + 8;
	to_end(g);
	unit_ok(g->hart.s.halt_cause == RV_CAUSE_BREAKPOINT && g->hart.s.vl == 8,
		NAME("fault-only-first shortens vl instead"));
	/* a misaligned element: in RAM it works, on the bus it traps */
	again(g);
	g->hart.s.x[A0] = DEV + 2;
	to_end(g);
	unit_ok(halted_by(g, RV_CAUSE_LOAD_MISALIGNED, CODE + 4, DEV + 2) && !g->hart.s.vstart,
		NAME("misaligned elements trap on the bus"));
	again(g);
	g->hart.s.x[A0] = RAM + 2;
	to_end(g);
	unit_ok(g->hart.s.halt_cause == RV_CAUSE_BREAKPOINT, NAME("and load from RAM"));
	guest_free(g);
}

static void test_vector_state_valid(void)
{
	struct guest *g = vector_guest(), *scalar = guest_new();
	struct rv_state good, bad;
	unsigned int i, wrong = 0;

	PROGRAM(g, CODE, VSETVLI(VTYPE(1, 1)), csrtype(RV_OP_CSRRWI, ZERO, CSR_VSTART, 5));
	again(g);
	to_end(g);
	good = g->hart.s;
	for (i = 0; i < 10; i++) {
		bad = good;
		switch (i) {
		case 0:
			bad.vl = 65;
			break;
		case 1:
			bad.vtype = VTYPE(3, 7);	/* SEW 64 in half a register */
			break;
		case 2:
			bad.vtype = VTYPE(0, 4);
			break;
		case 3:
			bad.vtype = VTYPE(4, 0);
			break;
		case 4:
			bad.vtype |= 0x100;
			break;
		case 5:
			bad.vtype = RV_VTYPE_VILL;	/* with vl */
			break;
		case 6:
			bad.vstart = RV_VLEN;
			break;
		case 7:
			bad.vxrm = 4;
			break;
		case 8:
			bad.vxsat = 2;
			break;
		default:
			bad.vfield = 8;
			break;
		}
		wrong += rv_state_valid(&g->hart, &bad);
	}
	unit_ok(rv_state_valid(&g->hart, &good) && !wrong && !rv_state_valid(&scalar->hart, &good),
		NAME("a vector state is valid, %u others and that of a hart without V are not"), i);
	rv_reset(&g->hart, CODE);
	for (i = 0; i < RV_VLENB * 32; i++)
		wrong += g->hart.s.v[i / RV_VLENB][i % RV_VLENB] != 0;
	unit_ok(!wrong && g->hart.s.vtype == RV_VTYPE_VILL && !g->hart.s.vl && !g->hart.s.vstart,
		NAME("reset clears it"));
	guest_free(g);
	guest_free(scalar);
}

void test_vector(void)
{
	test_presence();
	test_cost();
	test_stall();
	test_fault();
	test_vector_state_valid();
}
