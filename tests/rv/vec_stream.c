// SPDX-License-Identifier: GPL-2.0
/*
 * Generator of random streams of vector instructions. Operands are mostly, not always, such that
 * the instruction is legal under the configuration at that point, which the generator follows.
 *
 * x1..x4 are left alone; x8 points to the data, x9 holds addresses, x7 strides and lengths.
 */
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "encode.h"
#include "vec_stream.h"

enum { DATA = 8, ADDR = 9, TEMP = 7 };

enum { CSR_FFLAGS = 1, CSR_FRM, CSR_FCSR, CSR_VSTART = 8, CSR_VXSAT, CSR_VXRM, CSR_VCSR = 15,
       CSR_VL = 0xc20, CSR_VTYPE, CSR_VLENB };

struct gen {
	struct vec_stream *s;
	uint64_t rng;
	unsigned int n;
	unsigned int sew;		/* as vtype has it now, unless it may be ill */
	int lmul;
	bool ill;
	bool started;			/* vstart may not be 0, but less than vl */
	bool faulted;			/* and not less than the elements of a register */
};

static uint64_t rnd(struct gen *g)
{
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

static void emit(struct gen *g, uint32_t insn)
{
	memcpy(g->s->code + g->n, &insn, 4);
	g->n += 4;
}

static unsigned int any_rd(struct gen *g)
{
	unsigned int reg;

	do
		reg = below(g, 32);
	while ((reg && reg < 5) || reg == DATA || reg == ADDR);
	return reg;
}

static unsigned int any_rs(struct gen *g)
{
	unsigned int reg = below(g, 32);

	return reg && reg < 5 ? 0 : reg;
}

static void load_imm(struct gen *g, unsigned int rd, uint32_t value)
{
	emit(g, utype(RV_OP_LUI, rd, (value + 0x800) >> 12));
	emit(g, itype(RV_OP_ADDI, rd, rd, value & 0xfff));
}

static unsigned int regs(int emul)
{
	return emul > 0 ? 1u << (emul > 3 ? 3 : emul) : 1;
}

/* A register; mostly one where a group may start. */
static unsigned int any_group(struct gen *g, int emul)
{
	unsigned int reg = below(g, 32);

	return one_in(g, 12) ? reg : reg & ~(regs(emul) - 1);
}

static void configure(struct gen *g)
{
	static const int8_t lmuls[] = { 0, 0, 0, 1, 1, 2, 2, 3, -1, -2, -3 };
	unsigned int rd = any_rd(g), rs1 = 0, vtype;

	g->sew = below(g, 4);
	do
		g->lmul = lmuls[below(g, sizeof(lmuls))];
	while (g->lmul < 0 && (int)g->sew > 3 + g->lmul);
	vtype = (g->lmul & 7) | g->sew << 3 | below(g, 4) << 6;
	g->ill = one_in(g, 40);
	if (g->ill) {
		vtype = below(g, 1024);
		/* elements wider than LMUL * ELEN: qemu has them since 9.0, as it may */
		if ((vtype & 7) > 4 && (vtype >> 3 & 7) > (vtype & 7) - 5)
			vtype |= 0x100;
	}
	if (one_in(g, 3)) {
		rs1 = 0;			/* the most there can be, or (rd is 0) as it was */
		if (!rd && one_in(g, 2))
			rd = 5;
	} else if (one_in(g, 5)) {
		rs1 = 5 + below(g, 3);		/* whatever it holds */
	} else {
		rs1 = TEMP;
		emit(g, itype(RV_OP_ADDI, TEMP, 0, below(g, one_in(g, 3) ? 1100 : 72)));
	}
	switch (below(g, 4)) {
	case 0:
		emit(g, rv_insns[RV_OP_VSETIVLI].match | rd << 7 | below(g, 32) << 15 | vtype << 20);
		break;
	case 1:
		if (rs1 == TEMP) {
			emit(g, itype(RV_OP_ADDI, 6, 0, vtype));
			emit(g, rtype(RV_OP_VSETVL, rd, rs1, 6));
			break;
		}
		/* fall through */
	default:
		emit(g, rv_insns[RV_OP_VSETVLI].match | rd << 7 | rs1 << 15 | vtype << 20);
		break;
	}
}

static bool is_memory(enum rv_op op)
{
	enum rv_format format = rv_insns[op].format;

	return format == RV_FMT_VL || format == RV_FMT_VLS || format == RV_FMT_VLX;
}

static bool is_config(enum rv_op op)
{
	return op == RV_OP_VSETVLI || op == RV_OP_VSETIVLI || op == RV_OP_VSETVL;
}

static uint32_t any_mask(struct gen *g, enum rv_op op)
{
	return (rv_insns[op].mask >> 25 & 1) || one_in(g, 3) ? 0 : 1u << 25;
}

/*
 * Before version 8, qemu gets these wrong: it leaves vstart as it was (of whole registers only
 * where it is past them), and does not look at vill.
 */
static bool spared(const struct gen *g, enum rv_op op)
{
	switch (op) {
	case RV_OP_VMV_X_S:
	case RV_OP_VMV_S_X:
	case RV_OP_VFMV_F_S:
	case RV_OP_VFMV_S_F:
	case RV_OP_VSLIDEUP_VX:
	case RV_OP_VSLIDEUP_VI:
		return g->started;
	case RV_OP_VMV1R_V:
	case RV_OP_VMV2R_V:
	case RV_OP_VMV4R_V:
	case RV_OP_VMV8R_V:
		return g->ill || g->faulted;
	default:
		return false;
	}
}

static bool own_rounding(enum rv_op op)
{
	switch (op) {
	case RV_OP_VFCVT_RTZ_XU_F_V:
	case RV_OP_VFCVT_RTZ_X_F_V:
	case RV_OP_VFWCVT_RTZ_XU_F_V:
	case RV_OP_VFWCVT_RTZ_X_F_V:
	case RV_OP_VFNCVT_RTZ_XU_F_W:
	case RV_OP_VFNCVT_RTZ_X_F_W:
	case RV_OP_VFNCVT_ROD_F_F_W:
		return true;
	default:
		return false;
	}
}

/*
 * Before version 8, qemu aborts when it translates an instruction with a rounding mode of its own
 * and has not yet met one with that of frm in the same piece of code, which ends with a page.
 */
static void use_frm(struct gen *g)
{
	emit(g, csrtype(RV_OP_CSRRWI, 0, CSR_FRM, below(g, 5)));
	while ((g->s->in.code_offset + g->n + 4) % 4096 < 8)
		emit(g, itype(RV_OP_ADDI, 0, 0, 0));
	emit(g, rtype(RV_OP_FADD_S, below(g, 32), below(g, 32), below(g, 32)) | 7 << 12);
}

/* Do groups of any size that start here have a register in common? */
static bool near(unsigned int a, unsigned int b)
{
	return a - b + 7 < 15;
}

/* Are vs1 and vs2 of different widths (a mask counts as one)? */
static bool two_widths(enum rv_op op)
{
	switch (op) {
	case RV_OP_VWREDSUM_VS:
	case RV_OP_VWREDSUMU_VS:
	case RV_OP_VFWREDOSUM_VS:
	case RV_OP_VFWREDUSUM_VS:
	case RV_OP_VRGATHEREI16_VV:
	case RV_OP_VCOMPRESS_VM:
		return true;
	default:
		return strstr(rv_insns[op].text, ".wv");
	}
}

/*
 * Source operands of different widths in one register, a mask among them, are reserved: qemu traps
 * on them since 10.0, the interpreter does not.
 */
static bool mixed(enum rv_op op, uint32_t insn)
{
	const struct rv_insn_info *info = &rv_insns[op];
	unsigned int vd = rv_rd(insn), vs1 = rv_rs1(insn), vs2 = rv_rs2(insn);

	/* the wide sum of a widening multiply-add is a source */
	if ((!strncmp(info->text, "vw", 2) || !strncmp(info->text, "vfw", 3)) &&
	    (strstr(info->text, "mac") || strstr(info->text, "msac")) &&
	    (near(vd, vs2) || (info->format == RV_FMT_VVV && near(vd, vs1))))
		return true;
	switch ((enum rv_format)info->format) {
	case RV_FMT_VVV:
		return (!rv_vm(insn) && (!vs1 || !vs2)) || (two_widths(op) && near(vs1, vs2));
	case RV_FMT_VVX:
	case RV_FMT_VVI:
	case RV_FMT_VVU:
	case RV_FMT_VVF:
	case RV_FMT_VV:
	case RV_FMT_X_V:
		return !rv_vm(insn) && !vs2;
	case RV_FMT_VLX:
		return (!rv_vm(insn) && !vs2) ||
		       ((info->match & 0x7f) == 0x27 &&
			((!rv_vm(insn) && !vd) || near(vd, vs2)));
	default:	/* of memory, stores matter */
		return (info->match & 0x7f) == 0x27 && !rv_vm(insn) && !vd;
	}
}

/* Everything that is neither configuration nor memory. */
static void arithmetic(struct gen *g)
{
	enum rv_op op = RV_VEC_FIRST + below(g, RV_NR_INSNS - RV_VEC_FIRST);
	const struct rv_insn_info *info;
	int emul = g->lmul + (one_in(g, 3) ? 1 : 0);	/* some operands are twice as wide */
	uint32_t insn;

	while (is_memory(op) || is_config(op) || spared(g, op))
		op = RV_VEC_FIRST + below(g, RV_NR_INSNS - RV_VEC_FIRST);
	if (own_rounding(op))
		use_frm(g);
	info = &rv_insns[op];
	insn = info->match | any_mask(g, op);
	if (info->format == RV_FMT_X_V)
		insn |= any_rd(g) << 7;
	else
		insn |= any_group(g, emul) << 7;
	if (!(info->mask >> 15 & 31)) {
		if (info->format == RV_FMT_VVV || info->format == RV_FMT_V_V)
			insn |= any_group(g, g->lmul) << 15;
		else
			insn |= (info->format == RV_FMT_VVX || info->format == RV_FMT_V_X ?
				 any_rs(g) : below(g, 32)) << 15;
	}
	if (!(info->mask >> 20 & 31))
		insn |= any_group(g, emul) << 20;
	if (!mixed(op, insn))
		emit(g, insn);
}

static void load_addr(struct gen *g, unsigned int room)
{
	unsigned int off = below(g, VEC_WINDOW - room + 1);

	if (one_in(g, 6))
		off = VEC_WINDOW - below(g, 300);
	if (g->s->aligned || !one_in(g, 3))
		off &= ~7u;
	load_imm(g, ADDR, VEC_DATA + offsetof(struct vec_data, window) + off);
}

/*
 * False: vstart after a fault may be past vl (whole registers), or qemu before version 8 does not
 * notice in time that vl has changed (fault only first).
 */
static bool memory(struct gen *g)
{
	enum rv_op op = RV_VEC_FIRST + below(g, RV_NR_INSNS - RV_VEC_FIRST);
	const struct rv_insn_info *info;
	unsigned int width, vs2 = 0, n, i;
	uint32_t insn;
	int emul;

	while (!is_memory(op))
		op = RV_VEC_FIRST + below(g, RV_NR_INSNS - RV_VEC_FIRST);
	info = &rv_insns[op];
	width = rv_field(info->match, 12, 3);
	width = width ? width - 4 : 0;
	emul = g->lmul + (int)width - (int)g->sew;
	insn = info->match | any_mask(g, op) | ADDR << 15;
	if (!(info->mask >> 29))	/* a segment; that of one field is another row */
		insn |= (one_in(g, 3) ? 1 + below(g, 7) : 1) << 29;
	switch ((enum rv_format)info->format) {
	case RV_FMT_VLS:
		i = one_in(g, 2) ? (unsigned int)(1 + below(g, 4)) << width : below(g, 200);
		if (g->s->aligned)
			i &= ~7u;
		/* stores backwards would get at what is in front of the window */
		emit(g, itype(RV_OP_ADDI, TEMP, 0, (info->match & 0x7f) == 7 && one_in(g, 3) ?
			      -(int)i : (int)i));
		load_addr(g, one_in(g, 2) ? 2048 : 64);
		insn |= (one_in(g, 8) ? 0 : TEMP) << 20;
		emul = g->lmul + (int)width - (int)g->sew;
		insn |= any_group(g, emul) << 7;
		break;
	case RV_FMT_VLX:
		n = regs(emul);
		vs2 = any_group(g, emul) & ~(n - 1);
		load_imm(g, ADDR, VEC_DATA + offsetof(struct vec_data, indices) + width * VEC_INDICES);
		for (i = 0; i < n; i += 4)
			emit(g, rv_insns[n >= 4 ? RV_OP_VL4RE8 : n == 2 ? RV_OP_VL2RE8 : RV_OP_VL1RE8]
				.match | (vs2 + i) << 7 | ADDR << 15);
		load_addr(g, 2048);
		insn |= vs2 << 20 | any_group(g, g->lmul) << 7;
		break;
	default:
		load_addr(g, 256);
		/*
		 * Fault only first: over the edge of the page only by whole elements, and segments not
		 * at all. Which fields are loaded there is left open, and qemu 10.0 aborts.
		 */
		if ((info->match >> 20 & 31) == 16)
			emit(g, itype(RV_OP_ANDI, ADDR, ADDR, -8));
		if (!(info->mask >> 29) && (info->match >> 20 & 31) == 16)
			load_imm(g, ADDR, VEC_DATA + offsetof(struct vec_data, window) +
				 8 * below(g, (VEC_WINDOW - 512) / 8));
		if (info->mask >> 29 && (info->match >> 20 & 31) == 8)
			emul = __builtin_ctz(rv_nf(info->match) + 1);
		insn |= any_group(g, emul) << 7;
		break;
	}
	if (!mixed(op, insn))
		emit(g, insn);
	return !(info->mask >> 20 & 31) || !(info->match >> 20 & 31);
}

static void csr(struct gen *g)
{
	static const unsigned int readable[] = {
		CSR_VSTART, CSR_VXSAT, CSR_VXRM, CSR_VCSR, CSR_VL, CSR_VTYPE, CSR_VLENB, CSR_FCSR,
	};

	switch (below(g, 8)) {
	case 0:
		emit(g, csrtype(RV_OP_CSRRWI, any_rd(g), CSR_VXRM, below(g, 4)));
		break;
	case 1:
		emit(g, csrtype(RV_OP_CSRRWI, any_rd(g), CSR_VXSAT, below(g, 2)));
		break;
	case 2:
		emit(g, csrtype(RV_OP_CSRRWI, any_rd(g), CSR_VCSR, below(g, 8)));
		break;
	case 3:
		emit(g, csrtype(RV_OP_CSRRWI, any_rd(g), CSR_FRM, below(g, one_in(g, 8) ? 8 : 5)));
		break;
	case 4:
		emit(g, csrtype(RV_OP_CSRRWI, any_rd(g), CSR_FFLAGS, below(g, 32)));
		break;
	default:
		emit(g, csrtype(RV_OP_CSRRS, any_rd(g), readable[below(g, 8)], 0));
		break;
	}
}

static void body(struct gen *g, unsigned int units)
{
	while (units--) {
		switch (below(g, 20)) {
		case 0:
		case 1:
		case 2:
			configure(g);
			break;
		case 3:
			csr(g);
			break;
		case 4:
			emit(g, itype(RV_OP_ADDI, any_rd(g), any_rs(g), rnd(g)));
			break;
		case 5:
		case 6:
		case 7:
		case 8:
			g->started = g->faulted = true;
			if (memory(g) && one_in(g, 6))	/* with what a fault left there */
				arithmetic(g);
			emit(g, csrtype(RV_OP_CSRRWI, any_rd(g), CSR_VSTART, 0));
			g->started = g->faulted = false;
			break;
		case 9:
			/* below vl: where it is not, qemu does not always write it back to 0 */
			emit(g, rv_insns[RV_OP_VSETVLI].match | 5 << 7 | g->sew << 23 |
				(g->lmul & 7) << 20 | below(g, 4) << 26);
			g->ill = false;
			emit(g, csrtype(RV_OP_CSRRWI, 0, CSR_VSTART, below(g, 8)));
			g->started = true;
			arithmetic(g);
			g->started = false;
			emit(g, csrtype(RV_OP_CSRRWI, any_rd(g), CSR_VSTART, 0));
			break;
		default:
			arithmetic(g);
			break;
		}
	}
}

/* Zeros, ones, ends of ranges, subnormal numbers, infinities, NaNs, and moderate numbers. */
static uint64_t any_float(struct gen *g)
{
	static const uint16_t f16[] = {
		0, 1, 0x3ff, 0x400, 0x7bff, 0x7c00, 0x7c01, 0x7e00, 0x3c00, 0x3bff, 0x0200, 0x5800,
	};
	static const uint32_t f32[] = {
		0, 1, 0x7fffff, 0x800000, 0x7f7fffff, 0x7f800000, 0x7f800001, 0x7fc00000, 0x3f800000,
		0x4f000000, 0x477fe000, 0x477ff000, 0x33000000, 0x387fe000, 0x00200000, 0x7e800001,
	};
	static const uint64_t f64[] = {
		0, 1, 0xfffffffffffff, 0x10000000000000, 0x7fefffffffffffff, 0x7ff0000000000000,
		0x7ff0000000000001, 0x7ff8000000000000, 0x3ff0000000000000, 0x41dfffffffc00000,
		0x47efffffe0000000, 0x380fffffc0000000, 0x36a0000000000000, 0x4000000000000,
	};
	uint64_t v = rnd(g), r = 0;
	unsigned int i;

	switch (below(g, 6)) {
	case 0:
		for (i = 0; i < 64; i += 16)
			r |= (uint64_t)f16[below(g, sizeof(f16) / sizeof(*f16))] << i;
		return r | (v & 0x8000800080008000);
	case 1:
		for (i = 0; i < 64; i += 32)
			r |= (uint64_t)f32[below(g, sizeof(f32) / sizeof(*f32))] << i;
		return r | (v & 0x8000000080000000);
	case 2:
		return f64[below(g, sizeof(f64) / sizeof(*f64))] | (v & UINT64_C(1) << 63);
	case 3:
		return (v & 0x8fff8fff8fff8fff) | 0x3000300030003000;
	case 4:
		return (v & 0x83ffffff83ffffff) | 0x3c0000003c000000;
	default:
		return (v & 0x803fffffffffffff) | 0x3fc0000000000000;
	}
}

static uint64_t any_value(struct gen *g)
{
	static const uint64_t corner[] = {
		0, 1, UINT64_MAX, INT64_MAX, (uint64_t)INT64_MIN, 0x8000000080000000,
		0x7fffffff7fffffff, 0x8000800080008000, 0x7fff7fff7fff7fff, 0x8080808080808080,
		0x7f7f7f7f7f7f7f7f, 0x0102030405060708, 0x0001000200030004,
	};
	uint64_t v = rnd(g);

	switch (below(g, 10)) {
	case 3:
	case 4:
	case 5:
	case 6:
		return any_float(g);
	case 0:
		return corner[below(g, sizeof(corner) / sizeof(*corner))];
	case 1:
		return v >> below(g, 64);
	case 2:
		return v & 0x0f0f0f0f0f0f0f0f;
	default:
		return v;
	}
}

static void prologue(struct gen *g)
{
	unsigned int i;

	emit(g, itype(RV_OP_ADDI, DATA, 10, 0));
	emit(g, csrtype(RV_OP_CSRRWI, 0, CSR_VSTART, 0));
	emit(g, itype(RV_OP_LD, ADDR, DATA, offsetof(struct vec_data, vcsr)));
	emit(g, csrtype(RV_OP_CSRRW, 0, CSR_VCSR, ADDR));
	emit(g, itype(RV_OP_LD, ADDR, DATA, offsetof(struct vec_data, fcsr)));
	emit(g, csrtype(RV_OP_CSRRW, 0, CSR_FCSR, ADDR));
	emit(g, itype(RV_OP_ADDI, ADDR, DATA, offsetof(struct vec_data, v)));
	for (i = 0; i < 32; i += 8) {
		emit(g, rv_insns[RV_OP_VL8RE8].match | i << 7 | ADDR << 15);
		emit(g, itype(RV_OP_ADDI, ADDR, ADDR, 512));
	}
	for (i = 0; i < 32; i++)
		emit(g, itype(RV_OP_FLD, i, DATA, offsetof(struct vec_data, fregs) + 8 * i));
	for (i = 5; i < 32; i++)
		if (i != DATA)
			emit(g, itype(RV_OP_LD, i, DATA, offsetof(struct vec_data, regs) + 8 * i));
}

static void epilogue(struct gen *g)
{
	static const struct {
		unsigned int csr, offset;
	} save[] = {
		{ CSR_VL, offsetof(struct vec_data, regs) },
		{ CSR_VTYPE, offsetof(struct vec_data, vtype) },
		{ CSR_VCSR, offsetof(struct vec_data, vcsr) },
		{ CSR_VSTART, offsetof(struct vec_data, vstart) },
		{ CSR_FCSR, offsetof(struct vec_data, fcsr) },
	};
	unsigned int i;

	for (i = 5; i < 32; i++)
		if (i != DATA)
			emit(g, stype(RV_OP_SD, DATA, i, offsetof(struct vec_data, regs) + 8 * i));
	for (i = 0; i < 32; i++)
		emit(g, stype(RV_OP_FSD, DATA, i, offsetof(struct vec_data, fregs) + 8 * i));
	for (i = 0; i < sizeof(save) / sizeof(*save); i++) {
		emit(g, csrtype(RV_OP_CSRRS, ADDR, save[i].csr, 0));
		emit(g, stype(RV_OP_SD, DATA, ADDR, save[i].offset));
	}
	emit(g, csrtype(RV_OP_CSRRWI, 0, CSR_VSTART, 0));
	emit(g, itype(RV_OP_ADDI, ADDR, DATA, offsetof(struct vec_data, v)));
	for (i = 0; i < 32; i += 8) {
		emit(g, rv_insns[RV_OP_VS8R].match | i << 7 | ADDR << 15);
		emit(g, itype(RV_OP_ADDI, ADDR, ADDR, 512));
	}
	emit(g, utype(RV_OP_LUI, ADDR, VEC_RETURN >> 12));
	emit(g, itype(RV_OP_LD, ADDR, ADDR, 0));
	emit(g, itype(RV_OP_JALR, 0, ADDR, 0));
}

static void fill(struct gen *g, void *p, unsigned int size)
{
	unsigned int i;

	for (i = 0; i < size; i += 8) {
		uint64_t v = any_value(g);

		memcpy((uint8_t *)p + i, &v, 8);
	}
}

void vec_stream_make(struct vec_stream *s, uint64_t seed)
{
	struct gen gen = { .s = s, .rng = seed }, *g = &gen;
	struct vec_data *data = &s->in.data;
	unsigned int i, w;

	memset(s, 0, sizeof(*s));
	s->aligned = one_in(g, 3);
	s->in.code_offset = below(g, 1024) * 4;
	fill(g, data->window, sizeof(data->window));
	fill(g, data->regs, sizeof(data->regs));
	fill(g, data->v, sizeof(data->v));
	for (i = 0; i < 32; i++)
		data->fregs[i] = any_value(g) | (one_in(g, 2) ? 0 : ~UINT64_C(0xffffffff));
	for (w = 0; w < 4; w++)
		for (i = 0; i < (unsigned int)VEC_INDICES >> w; i++) {
			uint64_t index = below(g, 1500);

			if (one_in(g, 64))
				index = rnd(g);
			if (s->aligned)
				index &= ~UINT64_C(7);
			memcpy(data->indices[w] + (i << w), &index, 1u << w);
		}
	data->vcsr = below(g, 8);
	data->fcsr = below(g, 5) << 5 | (one_in(g, 2) ? below(g, 32) : 0);

	prologue(g);
	/* vl is not what the stream before left */
	emit(g, rv_insns[RV_OP_VSETVLI].match | 5 << 7);
	configure(g);
	body(g, 10 + below(g, 40));
	epilogue(g);
	s->in.code_size = g->n;
}
