// SPDX-License-Identifier: GPL-2.0
/*
 * Generator of random streams. Encodings come from the interpreter's instruction list; whether they
 * mean what the list says is what the other implementation is for.
 *
 * Three registers are set aside, others a stream each time: `base` points to the middle of the data
 * window and makes addresses, `ptr` holds computed addresses, `count` counts loops down. All other
 * registers are fair game for every instruction.
 */
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "encode.h"
#include "stream.h"

#define MIDDLE		(STREAM_WINDOW / 2)
#define OFF_REGS	((int)offsetof(struct stream_data, regs) - MIDDLE)
#define OFF_FREGS	((int)offsetof(struct stream_data, fregs) - MIDDLE)
#define OFF_FCSR	((int)offsetof(struct stream_data, fcsr) - MIDDLE)
#define OFF_RETURN	((int)offsetof(struct stream_data, return_to) - MIDDLE)
#define OFF_NOBODY	((int)offsetof(struct stream_data, nobody) - MIDDLE)

#define MAX_PENDING	16

struct gen {
	struct stream *s;
	uint64_t rng;
	unsigned int n;			/* bytes of code so far */
	unsigned int base, ptr, count;
};

static uint64_t rnd(struct gen *g)
{
	/* splitmix64 */
	uint64_t z = g->rng += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static unsigned int below(struct gen *g, unsigned int n)
{
	return rnd(g) % n;
}

static bool one_in(struct gen *g, unsigned int n)
{
	return !below(g, n);
}

static void emit16(struct gen *g, uint16_t insn)
{
	memcpy(g->s->code + g->n, &insn, 2);
	g->n += 2;
}

static void emit(struct gen *g, uint32_t insn)
{
	memcpy(g->s->code + g->n, &insn, 4);
	g->n += 4;
}

static bool reserved(const struct gen *g, unsigned int reg)
{
	return reg == g->base || reg == g->ptr || reg == g->count;
}

/* A register that may be written. */
static unsigned int any_rd(struct gen *g)
{
	unsigned int reg;

	do
		reg = below(g, 32);
	while (reserved(g, reg));
	return reg;
}

/*
 * What floating point trips over: zeros, subnormal numbers, ends of the ranges, infinities, NaNs of
 * both kinds, ones and halves and integers' limits, narrower values with and without their box.
 */
static uint64_t any_float(struct gen *g)
{
	static const uint64_t f16[] = {
		0, 1, 0x3ff, 0x400, 0x401, 0x7bff, 0x7c00, 0x7c01, 0x7e00, 0x7fff, 0x3c00, 0x3c01,
		0x3bff, 0x3800, 0x3e00, 0x4000, 0x5c00, 0x0200, 0x57ff,
	};
	static const uint64_t f32[] = {
		0, 1, 0x7fffff, 0x800000, 0x800001, 0x7f7fffff, 0x7f800000, 0x7f800001, 0x7fc00000,
		0x7fffffff, 0x3f800000, 0x3f800001, 0x3f7fffff, 0x3f000000, 0x3fc00000, 0x4f000000,
		0x4effffff, 0x4f800000, 0x5f000000, 0x5f800000, 0x477fe000, 0x477ff000, 0x33000000,
		0x387fe000, 0x387ff000, 0x20000000, 0x5fffffff,
	};
	static const uint64_t f64[] = {
		0, 1, 0xfffffffffffff, 0x10000000000000, 0x10000000000001, 0x7fefffffffffffff,
		0x7ff0000000000000, 0x7ff0000000000001, 0x7ff8000000000000, 0x7fffffffffffffff,
		0x3ff0000000000000, 0x3ff0000000000001, 0x3fefffffffffffff, 0x3fe0000000000000,
		0x3ff8000000000000, 0x41dfffffffc00000, 0x41e0000000000000, 0x41dfffffffe00000,
		0x43e0000000000000, 0x43f0000000000000, 0x43dfffffffffffff, 0x47efffffe0000000,
		0x47effffff0000000, 0x380fffffc0000000, 0x36a0000000000000, 0x40effc0000000000,
		0x40effe0000000000, 0x3f0ffc0000000000, 0x2000000000000000, 0x5fffffffffffffff,
	};
	uint64_t v = rnd(g);

	switch (below(g, 12)) {
	case 0:
		return ~UINT64_C(0xffff) | f16[below(g, sizeof(f16) / sizeof(*f16))] | (v & 0x8000);
	case 1:
		return v | ~UINT64_C(0xffff);
	case 2:		/* moderate: sums and products of it are numbers */
		return (v & 0x83ff) | (10 + below(g, 10)) << 10 | ~UINT64_C(0xffff);
	case 3:
		return ~UINT64_C(0xffffffff) | f32[below(g, sizeof(f32) / sizeof(*f32))] |
		       (v & 0x80000000);
	case 4:
		return v | ~UINT64_C(0xffffffff);
	case 5:
		return (v & 0x807fffff) | (110 + below(g, 40)) << 23 | ~UINT64_C(0xffffffff);
	case 6:
		return f64[below(g, sizeof(f64) / sizeof(*f64))] | (v & UINT64_C(1) << 63);
	case 7:
		return (v & 0x800fffffffffffff) | (uint64_t)(1000 + below(g, 70)) << 52;
	case 8:		/* few bits: exact results and ties */
		return ((v & 0xffe0000000000000) >> below(g, 2) * 32) |
		       (below(g, 2) ? ~UINT64_C(0xffffffff) : 0);
	case 9:		/* the box is broken */
		return v & ~(UINT64_C(1) << (16 + below(g, 48)));
	default:
		return v;
	}
}

static uint64_t any_value(struct gen *g)
{
	static const uint64_t corner[] = {
		0, 1, 2, UINT64_MAX, UINT64_MAX - 1, INT64_MAX, (uint64_t)INT64_MIN,
		(uint64_t)INT64_MIN + 1, INT32_MAX, (uint64_t)(int64_t)INT32_MIN, 0x80000000,
		UINT32_MAX, 0x100000000, 0xffffffff00000000, 0xff, 0xffff, 0x8000, 0x80,
		0x5555555555555555, 0xaaaaaaaaaaaaaaaa, 31, 32, 63, 64,
	};
	uint64_t v = rnd(g);

	switch (below(g, 8)) {
	case 6:
	case 7:
		return any_float(g);
	case 0:
	case 1:
		return corner[below(g, sizeof(corner) / sizeof(*corner))];
	case 2:
		return (int64_t)(int32_t)v;
	case 3:
		return v >> below(g, 64);
	case 4:
		return UINT64_C(1) << below(g, 64);
	default:
		return v;
	}
}

/* An offset from base at which `size` bytes lie in the window. */
static int any_offset(struct gen *g, unsigned int size, bool align)
{
	int off = (int)below(g, STREAM_WINDOW - size + 1);

	if (one_in(g, 16))		/* the very end */
		off = STREAM_WINDOW - size;
	if (align || !one_in(g, 4))
		off &= -(int)size;
	return off - MIDDLE;
}

/*
 * Where LR and SC go: whether an SC may succeed after an LR of the other size is not specified, so
 * words and doublewords never share an address.
 */
static int reserved_offset(struct gen *g, bool wide)
{
	return (any_offset(g, 16, true) & ~15) + (wide ? 8 : 0);
}

static unsigned int access_size(enum rv_op op)
{
	return 1u << (rv_insns[op].match >> 12 & 3);
}

/* fflags, frm and fcsr, the CSRs of user mode; frm never gets a value that traps. */
static void csr(struct gen *g, enum rv_op op)
{
	static const unsigned int any_csr[] = { 1, 2, 3 };
	unsigned int rd = any_rd(g);

	switch (op) {
	case RV_OP_CSRRWI:
		if (one_in(g, 2))	/* a mode; of fcsr only flags fit */
			emit(g, csrtype(op, rd, 2, below(g, 5)));
		else
			emit(g, csrtype(op, rd, one_in(g, 2) ? 1 : 3, below(g, 32)));
		break;
	case RV_OP_CSRRW:
	case RV_OP_CSRRC:
		/* cleared bits of a mode that exists are a mode that exists */
		emit(g, csrtype(op, rd, op == RV_OP_CSRRW ? 1 : any_csr[below(g, 3)], below(g, 32)));
		break;
	case RV_OP_CSRRCI:
		emit(g, csrtype(op, rd, any_csr[below(g, 3)], below(g, 32)));
		break;
	default:
		if (one_in(g, 2))
			emit(g, csrtype(op, rd, any_csr[below(g, 3)], 0));
		else
			emit(g, csrtype(op, rd, 1, below(g, 32)));
		break;
	}
}

static uint32_t rounding(struct gen *g)
{
	return (one_in(g, 2) ? 7 : below(g, 5)) << 12;
}

/* A 32-bit instruction that is no jump and no system instruction. */
static void plain(struct gen *g)
{
	enum rv_op op = below(g, RV_VEC_FIRST);
	const struct rv_insn_info *info = &rv_insns[op];
	bool align = g->s->aligned;
	int off;

	switch ((enum rv_format)info->format) {
	case RV_FMT_R:
		emit(g, rtype(op, any_rd(g), below(g, 32), below(g, 32)));
		break;
	case RV_FMT_I:
		emit(g, itype(op, any_rd(g), below(g, 32), rnd(g)));
		break;
	case RV_FMT_SH6:
		emit(g, itype(op, any_rd(g), below(g, 32), below(g, 64)));
		break;
	case RV_FMT_SH5:
		emit(g, itype(op, any_rd(g), below(g, 32), below(g, 32)));
		break;
	case RV_FMT_U:
		emit(g, info->match | any_rd(g) << 7 | (uint32_t)rnd(g) << 12);
		break;
	case RV_FMT_L:
		emit(g, itype(op, any_rd(g), g->base, any_offset(g, access_size(op), align)));
		break;
	case RV_FMT_S:
		emit(g, stype(op, g->base, below(g, 32), any_offset(g, access_size(op), align)));
		break;
	case RV_FMT_CSR:
	case RV_FMT_CSRI:
		csr(g, op);
		break;
	case RV_FMT_FL:
		emit(g, itype(op, below(g, 32), g->base, any_offset(g, access_size(op), align)));
		break;
	case RV_FMT_FS:
		emit(g, stype(op, g->base, below(g, 32), any_offset(g, access_size(op), align)));
		break;
	case RV_FMT_F4:
		emit(g, rtype(op, below(g, 32), below(g, 32), below(g, 32)) | below(g, 32) << 27 |
			rounding(g));
		break;
	case RV_FMT_F2RM:
		emit(g, rtype(op, below(g, 32), below(g, 32), below(g, 32)) | rounding(g));
		break;
	case RV_FMT_F1RM:
	case RV_FMT_FXRM:
		emit(g, rtype(op, below(g, 32), below(g, 32), 0) | rounding(g));
		break;
	case RV_FMT_F2:
		emit(g, rtype(op, below(g, 32), below(g, 32), below(g, 32)));
		break;
	case RV_FMT_FX:
		emit(g, rtype(op, below(g, 32), below(g, 32), 0));
		break;
	case RV_FMT_XFRM:
		emit(g, rtype(op, any_rd(g), below(g, 32), 0) | rounding(g));
		break;
	case RV_FMT_XF2:
		emit(g, rtype(op, any_rd(g), below(g, 32), below(g, 32)));
		break;
	case RV_FMT_XF:
		emit(g, rtype(op, any_rd(g), below(g, 32), 0));
		break;
	case RV_FMT_AMO:
	case RV_FMT_LR:
		off = any_offset(g, access_size(op), true);
		if (op == RV_OP_LR_W || op == RV_OP_SC_W)
			off = reserved_offset(g, false);
		else if (op == RV_OP_LR_D || op == RV_OP_SC_D)
			off = reserved_offset(g, true);
		emit(g, itype(RV_OP_ADDI, g->ptr, g->base, off));
		emit(g, rtype(op, any_rd(g), g->ptr,
			      info->format == RV_FMT_LR ? 0 : below(g, 32)) | below(g, 4) << 25);
		break;
	case RV_FMT_NONE:
		if (op == RV_OP_FENCE)
			emit(g, info->match | below(g, 256) << 20);
		else if (op == RV_OP_FENCE_I && one_in(g, 4))
			emit(g, info->match);
		break;
	default:
		break;
	}
}

/* LR, perhaps something between, SC to the same place (or not). */
static void reserve(struct gen *g)
{
	bool wide = one_in(g, 2);
	int off = reserved_offset(g, wide);

	emit(g, itype(RV_OP_ADDI, g->ptr, g->base, off));
	emit(g, rtype(wide ? RV_OP_LR_D : RV_OP_LR_W, any_rd(g), g->ptr, 0) | below(g, 4) << 25);
	if (one_in(g, 4))
		emit(g, stype(RV_OP_SB, g->base, below(g, 32), one_in(g, 2) ? off : -MIDDLE));
	if (one_in(g, 4))
		emit(g, itype(RV_OP_ADDI, g->ptr, g->base, reserved_offset(g, wide)));
	emit(g, rtype(wide ? RV_OP_SC_D : RV_OP_SC_W, any_rd(g), g->ptr, below(g, 32)) |
		below(g, 4) << 25);
	if (one_in(g, 4))	/* there is no reservation now */
		emit(g, rtype(RV_OP_SC_W, any_rd(g), g->ptr, below(g, 32)));
}

static const uint16_t c_jumps[] = { RV_C_J, RV_C_BEQZ, RV_C_BNEZ, RV_C_JR, RV_C_JALR, RV_C_EBREAK };

static uint16_t c_bits(struct gen *g, enum rv_cop cop)
{
	static const uint16_t mask_match[RV_NR_CINSNS][2] = {
#define X(name, mask, match, nonzero, format, base)	[RV_##name] = { mask, match },
		RV_CINSN_LIST(X)
#undef X
	};

	return (rnd(g) & ~mask_match[cop][0]) | mask_match[cop][1];
}

/* A compressed instruction that is no jump; false if what came out can't be used here. */
static bool compressed(struct gen *g)
{
	enum rv_cop cop = below(g, RV_NR_CINSNS);
	uint16_t insn = c_bits(g, cop);
	uint32_t full = rv_expand_c(insn);
	enum rv_op op = rv_lookup(full);
	unsigned int i;

	for (i = 0; i < sizeof(c_jumps) / sizeof(*c_jumps); i++)
		if (rv_lookup_c(insn) == c_jumps[i])
			return false;
	if (op == RV_OP_UNKNOWN)
		return false;
	/* Offsets are positive and below 512, so they stay in the window. */
	switch ((enum rv_format)rv_insns[op].format) {
	case RV_FMT_S:
	case RV_FMT_FS:
	case RV_FMT_FL:
		if (rv_rs1(full) != g->base)
			return false;
		break;
	case RV_FMT_L:
		if (rv_rs1(full) != g->base || reserved(g, rv_rd(full)))
			return false;
		break;
	default:
		if (reserved(g, rv_rd(full)))
			return false;
		break;
	}
	emit16(g, insn);
	return true;
}

/* A forward jump whose target is not known yet. */
struct pending {
	enum { BRANCH, JAL, JALR, C_BRANCH, C_JUMP, C_INDIRECT } kind;
	unsigned int at;	/* what offsets count from */
	unsigned int units;	/* to go until the target */
};

static void jump(struct gen *g, struct pending *p)
{
	p->at = g->n;
	p->units = below(g, 6);
	switch (below(g, 7)) {
	case 0:
	case 1:
		p->kind = BRANCH;
		emit(g, rv_insns[RV_OP_BEQ + below(g, 6)].match | below(g, 32) << 15 |
			below(g, 32) << 20);
		break;
	case 2:
		p->kind = JAL;
		emit(g, rv_insns[RV_OP_JAL].match | any_rd(g) << 7);
		break;
	case 3:
		p->kind = JALR;
		emit(g, rv_insns[RV_OP_AUIPC].match | g->ptr << 7);
		emit(g, itype(RV_OP_JALR, any_rd(g), g->ptr, 0));
		break;
	case 4:
		p->kind = C_BRANCH;
		emit16(g, (one_in(g, 2) ? 0xc001 : 0xe001) | below(g, 8) << 7);
		break;
	case 5:
		p->kind = C_JUMP;
		emit16(g, 0xa001);
		break;
	default:
		p->kind = C_INDIRECT;
		emit(g, rv_insns[RV_OP_AUIPC].match | g->ptr << 7);
		emit(g, itype(RV_OP_ADDI, g->ptr, g->ptr, 0));
		if (g->ptr == 1 || reserved(g, 1))
			emit16(g, 0x8002 | g->ptr << 7);
		else
			emit16(g, (one_in(g, 2) ? 0x8002 : 0x9002) | g->ptr << 7);
		break;
	}
}

static void land(struct gen *g, const struct pending *p)
{
	uint8_t *code = g->s->code + p->at;
	int imm = g->n - p->at;
	uint32_t insn, u = imm;
	uint16_t half;

	switch (p->kind) {
	case BRANCH:
		memcpy(&insn, code, 4);
		insn = btype(insn, imm);
		memcpy(code, &insn, 4);
		break;
	case JAL:
		memcpy(&insn, code, 4);
		insn = jtype(insn, imm);
		memcpy(code, &insn, 4);
		break;
	case JALR:
	case C_INDIRECT:
		memcpy(&insn, code + 4, 4);
		insn |= u << 20;
		memcpy(code + 4, &insn, 4);
		break;
	case C_BRANCH:
		memcpy(&half, code, 2);
		half |= (u >> 8 & 1) << 12 | (u >> 3 & 3) << 10 | (u >> 6 & 3) << 5 |
			(u >> 1 & 3) << 3 | (u >> 5 & 1) << 2;
		memcpy(code, &half, 2);
		break;
	case C_JUMP:
		memcpy(&half, code, 2);
		half |= (u >> 11 & 1) << 12 | (u >> 4 & 1) << 11 | (u >> 8 & 3) << 9 |
			(u >> 10 & 1) << 8 | (u >> 6 & 1) << 7 | (u >> 7 & 1) << 6 |
			(u >> 1 & 7) << 3 | (u >> 5 & 1) << 2;
		memcpy(code, &half, 2);
		break;
	}
}

static void sequence(struct gen *g, unsigned int units, bool in_loop)
{
	struct pending pending[MAX_PENDING];
	unsigned int i, npending = 0;

	while (units--) {
		for (i = 0; i < npending;) {
			if (pending[i].units--) {
				i++;
			} else {
				land(g, &pending[i]);
				pending[i] = pending[--npending];
			}
		}
		switch (below(g, 16)) {
		case 0:
		case 1:
			if (npending < MAX_PENDING)
				jump(g, &pending[npending++]);
			break;
		case 2:
			reserve(g);
			break;
		case 3:
		case 4:
		case 5:
		case 6:
		case 7:
			for (i = 0; i < 8 && !compressed(g); i++)
				;
			break;
		case 8:
			if (!in_loop && g->n < STREAM_MAX_CODE / 4 && one_in(g, 2)) {
				unsigned int top;

				/* A jump over the loop's head would leave its count to chance. */
				for (i = 0; i < npending; i++)
					land(g, &pending[i]);
				npending = 0;
				emit(g, itype(RV_OP_ADDI, g->count, 0, 1 + below(g, 5)));
				top = g->n;
				sequence(g, 1 + below(g, 12), true);
				emit(g, itype(RV_OP_ADDI, g->count, g->count, -1));
				emit(g, btype(rv_insns[RV_OP_BNE].match | g->count << 15,
					      (int)top - (int)g->n));
				break;
			}
			/* fall through */
		default:
			plain(g);
			break;
		}
	}
	for (i = 0; i < npending; i++)
		land(g, &pending[i]);
}

void stream_make(struct stream *s, uint64_t seed)
{
	struct gen gen = { .s = s, .rng = seed }, *g = &gen;
	unsigned int i;

	memset(s, 0, sizeof(*s));
	s->aligned = one_in(g, 3);
	/* sp and x8..x15 are the bases that compressed loads and stores can have. */
	switch (below(g, 4)) {
	case 0:
		g->base = 2;
		break;
	case 1:
		g->base = 1 + below(g, 31);
		break;
	default:
		g->base = 8 + below(g, 8);
		break;
	}
	do {
		g->ptr = 1 + below(g, 31);
		g->count = 1 + below(g, 31);
	} while (g->ptr == g->base || g->count == g->base || g->ptr == g->count);

	for (i = 0; i < STREAM_WINDOW; i += 8) {
		uint64_t v = any_value(g);

		memcpy(s->in.data.window + i, &v, 8);
	}
	for (i = 1; i < 32; i++)
		s->in.data.regs[i] = any_value(g);
	for (i = 0; i < 32; i++)
		s->in.data.fregs[i] = any_float(g);
	s->in.data.fcsr = below(g, 5) << 5 | (one_in(g, 2) ? below(g, 32) : 0);

	/* a0 is the middle of the window; "sc" drops a reservation of the stream before */
	emit(g, itype(RV_OP_ADDI, g->base, 10, 0));
	emit(g, itype(RV_OP_ADDI, g->ptr, g->base, OFF_NOBODY));
	emit(g, rtype(RV_OP_SC_W, 0, g->ptr, 0));
	emit(g, itype(RV_OP_LD, g->ptr, g->base, OFF_FCSR));
	emit(g, csrtype(RV_OP_CSRRW, 0, 3, g->ptr));
	for (i = 0; i < 32; i++)
		emit(g, itype(RV_OP_FLD, i, g->base, OFF_FREGS + 8 * (int)i));
	for (i = 1; i < 32; i++)
		if (i != g->base)
			emit(g, itype(RV_OP_LD, i, g->base, OFF_REGS + 8 * (int)i));

	sequence(g, 10 + below(g, 60), false);

	for (i = 1; i < 32; i++)
		emit(g, stype(RV_OP_SD, g->base, i, OFF_REGS + 8 * (int)i));
	for (i = 0; i < 32; i++)
		emit(g, stype(RV_OP_FSD, g->base, i, OFF_FREGS + 8 * (int)i));
	emit(g, csrtype(RV_OP_CSRRS, g->ptr, 3, 0));
	emit(g, stype(RV_OP_SD, g->base, g->ptr, OFF_FCSR));
	emit(g, itype(RV_OP_LD, g->ptr, g->base, OFF_RETURN));
	emit(g, itype(RV_OP_JALR, 0, g->ptr, 0));

	s->in.code_size = g->n;
	s->in.code_offset = below(g, 4096) & ~1u;
}
