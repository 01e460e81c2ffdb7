// SPDX-License-Identifier: MIT
/* The vector unit: configuration, what instructions have in common, the elementwise ones. */
#include <string.h>

#include "rv_vec.h"

/* The kernels, an array by SEW each; NULL: there is none for this SEW. */
#define V(X, name, text, mask, match, format, shape, kernel, cost) \
	extern rv_vec_kernel *const rv_vk_##kernel[4];
RV_VEC_ROWS(V, )
#undef V

/* For instructions that are not by kernel. */
rv_vec_kernel *const rv_vk_none[4];

static const struct {
	enum rv_vec_shape shape;
	rv_vec_kernel *const *kernel;
} table[RV_NR_INSNS - RV_VEC_FIRST] = {
#define V(X, name, text, mask, match, format, shape, kernel, cost) \
	[RV_OP_##name - RV_VEC_FIRST] = { RV_SHAPE_##shape, rv_vk_##kernel },
	RV_VEC_ROWS(V, )
#undef V
};

static const struct {
	int8_t d, a, b;
	uint8_t flags;
} shapes[] = {
#define S(name, d, a, b, flags) [RV_SHAPE_##name] = { d, a, b, flags },
	RV_VEC_SHAPES(S)
#undef S
};

enum rv_vec_shape rv_vec_shape_of(unsigned int op)
{
	return table[op - RV_VEC_FIRST].shape;
}

/* ---- configuration ------------------------------------------------------------------------- */

bool rv_vtype_valid(uint64_t vtype)
{
	unsigned int sew = rv_vtype_sew(vtype);
	int lmul = rv_vtype_lmul(vtype);

	/* a fraction of a register holds at least one element of ELEN bits times that fraction */
	return vtype <= 0xff && sew <= 3 && lmul >= -3 && (lmul >= 0 || (int)sew <= 3 + lmul);
}

unsigned int rv_vtype_vlmax(uint64_t vtype)
{
	return rv_vlmax(rv_vtype_sew(vtype), rv_vtype_lmul(vtype));
}

static bool set_vl(struct rv_vec *v)
{
	enum rv_format format = rv_insns[v->op].format;
	unsigned int rd = v->vd, rs1 = v->vs1;
	struct rv_state *s = v->s;
	uint64_t avl, vtype;

	if (format == RV_FMT_VSETIVLI) {
		avl = rs1;
		vtype = rv_field(v->insn, 20, 10);
	} else {
		vtype = format == RV_FMT_VSETVL ? s->x[v->vs2] : rv_field(v->insn, 20, 11);
		avl = rs1 ? s->x[rs1] : rd ? UINT64_MAX : s->vl;
	}
	if (rv_vtype_valid(vtype)) {
		s->vtype = vtype;
		s->vl = rv_vtype_vlmax(vtype);
		if (avl < s->vl)
			s->vl = avl;
	} else {
		s->vtype = RV_VTYPE_VILL;
		s->vl = 0;
	}
	if (rd)
		s->x[rd] = s->vl;
	return true;
}

/* ---- cost ---------------------------------------------------------------------------------- */

unsigned int rv_vec_cost(unsigned int op, unsigned int vl, unsigned int width)
{
	unsigned int beats = ((vl << width) + RV_VLENB - 1) / RV_VLENB;
	unsigned int latency = rv_insns[op].cost - RV_COST_BASE;
	unsigned int beat = latency >= RV_COST_DIV ? latency : RV_COST_VEC_BEAT;

	switch (table[op - RV_VEC_FIRST].shape) {
	case RV_SHAPE_SETVL:
	case RV_SHAPE_TO_X:
	case RV_SHAPE_FROM_X:
	case RV_SHAPE_TO_F:
	case RV_SHAPE_FROM_F:
		return 0;
	case RV_SHAPE_MEM_STRIDE:		/* an element at a time */
	case RV_SHAPE_MEM_INDEX:
	case RV_SHAPE_GATHER:
	case RV_SHAPE_GATHER16:
	case RV_SHAPE_COMPRESS:
	case RV_SHAPE_FRED:
	case RV_SHAPE_FWRED:
		return vl ? (vl - 1) * RV_COST_VEC_BEAT : 0;
	default:
		return beats ? (beats - 1) * beat : 0;
	}
}

/* ---- legality ------------------------------------------------------------------------------ */

bool rv_vec_overlap_ok(unsigned int vd, int demul, int dw, unsigned int vs, int semul, int sw)
{
	unsigned int dn = rv_vec_regs(demul), sn = rv_vec_regs(semul);

	if (vd + dn <= vs || vs + sn <= vd || dw == sw)
		return true;
	if (dw < sw)
		return vd == vs;
	return semul >= 0 && vs + sn == vd + dn;
}

enum source { FROM_NONE, FROM_V, FROM_X, FROM_SIMM, FROM_UIMM, FROM_F };

static enum source source_b(enum rv_format format)
{
	switch (format) {
	case RV_FMT_VVV:
	case RV_FMT_V_V:
		return FROM_V;
	case RV_FMT_VVX:
	case RV_FMT_V_X:
		return FROM_X;
	case RV_FMT_VVI:
	case RV_FMT_V_I:
		return FROM_SIMM;
	case RV_FMT_VVU:
		return FROM_UIMM;
	case RV_FMT_VVF:
	case RV_FMT_V_F:
		return FROM_F;
	default:
		return FROM_NONE;
	}
}

static bool elementwise_legal(const struct rv_vec *v, enum source source)
{
	int sew = v->sew, lmul = v->lmul;
	int da = shapes[v->shape].a, db = shapes[v->shape].b, dd = shapes[v->shape].d;
	bool to_mask = shapes[v->shape].flags & RV_VEC_TO_MASK;
	int demul = to_mask ? 0 : lmul + dd, dw = to_mask ? -1 : sew + dd;

	if (sew + dd > 3 || sew + da > 3 || sew + da < 0)
		return false;
	if (!rv_vec_group(v->vs2, lmul + da) || !rv_vec_group(v->vd, demul) ||
	    !rv_vec_overlap_ok(v->vd, demul, dw, v->vs2, lmul + da, sew + da))
		return false;
	if (source == FROM_V && (!rv_vec_group(v->vs1, lmul + db) ||
				 !rv_vec_overlap_ok(v->vd, demul, dw, v->vs1, lmul + db, sew + db)))
		return false;
	/* A mask is read to the end: only a result that is one may take its place. */
	return v->vm || v->vd || to_mask;
}

/* ---- elementwise --------------------------------------------------------------------------- */

void rv_vec_commit(const struct rv_vec *v, unsigned int width, const void *results)
{
	const uint8_t *mask = rv_vec_mask(v);
	uint8_t *d = rv_vec_reg(v, v->vd);
	unsigned int i;

	if (!mask) {
		memcpy(d + (v->start << width), (const uint8_t *)results + (v->start << width),
		       (v->vl - v->start) << width);
		return;
	}
#define MERGE(type) do { \
	const type *from = results; \
	type *to = (type *)d; \
	for (i = v->start; i < v->vl; i++) \
		if (rv_vec_bit(mask, i)) \
			to[i] = from[i]; \
} while (0)
	switch (width) {
	case 0:
		MERGE(rv_u8);
		break;
	case 1:
		MERGE(rv_u16);
		break;
	case 2:
		MERGE(rv_u32);
		break;
	default:
		MERGE(rv_u64);
		break;
	}
#undef MERGE
}

void rv_vec_commit_mask(const struct rv_vec *v, const uint8_t *results)
{
	const uint8_t *mask = rv_vec_mask(v);
	uint8_t *d = rv_vec_reg(v, v->vd), byte = 0, keep = 0;
	unsigned int i;

	/* d may be the mask: its byte is written after its last bit was read */
	for (i = v->start; i < v->vl; i++) {
		if (!mask || rv_vec_bit(mask, i))
			byte |= results[i] << i % 8;
		else
			keep |= 1u << i % 8;
		if (i % 8 == 7 || i == v->vl - 1) {
			unsigned int first = i - i % 8 < v->start ? v->start % 8 : 0;

			keep |= ~(0xffu >> (7 - i % 8)) | ~(0xffu << first);
			d[i / 8] = (d[i / 8] & keep) | byte;
			byte = keep = 0;
		}
	}
}

/* A value as @n elements. */
static void splat(void *to, unsigned int width, unsigned int n, uint64_t value)
{
	rv_u16 *h = to;
	rv_u32 *w = to;
	rv_u64 *d = to;
	unsigned int i;

	switch (width) {
	case 0:
		memset(to, value, n);
		break;
	case 1:
		for (i = 0; i < n; i++)
			h[i] = value;
		break;
	case 2:
		for (i = 0; i < n; i++)
			w[i] = value;
		break;
	default:
		for (i = 0; i < n; i++)
			d[i] = value;
		break;
	}
}

static uint64_t scalar(const struct rv_vec *v, enum source source)
{
	switch (source) {
	case FROM_X:
		return v->s->x[v->vs1];
	case FROM_SIMM:
		return (int64_t)rv_sext(v->vs1, 5);
	case FROM_F:
		return rv_vec_scalar_f(v);
	default:
		return v->vs1;
	}
}

static bool elementwise(struct rv_vec *v, rv_vec_kernel *kernel)
{
	unsigned int flags = shapes[v->shape].flags, width = v->sew + shapes[v->shape].d, i;
	uint8_t results[RV_VEC_GROUP] __attribute__((aligned(64)));
	uint8_t scalars[RV_VEC_GROUP] __attribute__((aligned(64)));
	uint8_t carries[RV_VEC_GROUP] __attribute__((aligned(64)));
	enum source source = source_b(rv_insns[v->op].format);
	struct rv_vec_args args = {
		.d = results, .va = rv_vec_reg(v, v->vs2), .n = v->vl, .start = v->start,
		.vxsat = &v->s->vxsat, .vxrm = v->s->vxrm, .fflags = &v->s->fflags,
		.rm = v->s->frm,
	};

	/* carries are no mask, and every element is written */
	if ((flags & RV_VEC_CARRY) && !(flags & RV_VEC_TO_MASK) && !v->vm && !v->vd)
		return false;
	if (!kernel || !elementwise_legal(v, source))
		return false;
	if ((flags & RV_VEC_FLOAT) && !rv_vec_float_on(v->s))
		return false;
	if (v->start >= v->vl)
		return true;

	if (source == FROM_V) {
		args.vb = rv_vec_reg(v, v->vs1);
	} else if (source != FROM_NONE) {
		splat(scalars, v->sew + shapes[v->shape].b, v->vl, scalar(v, source));
		args.vb = scalars;
	}
	if (flags & RV_VEC_CARRY) {
		args.vc = carries;
		for (i = 0; i < v->vl; i++)
			carries[i] = !v->vm && rv_vec_bit(v->s->v[0], i);
		v->vm = true;
	} else if (flags & RV_VEC_READS_VD) {
		args.vc = rv_vec_reg(v, v->vd);
	}
	args.mask = rv_vec_mask(v);
	kernel(&args);
	if (flags & RV_VEC_TO_MASK)
		rv_vec_commit_mask(v, results);
	else
		rv_vec_commit(v, width, results);
	return true;
}

/* ---- dispatch ------------------------------------------------------------------------------ */

bool rv_vec_insn(struct rv_hart *h, unsigned int op, uint32_t insn, unsigned int *extra)
{
	rv_vec_kernel *const *kernel = table[op - RV_VEC_FIRST].kernel;
	struct rv_state *s = &h->s;
	struct rv_vec v = {
		.h = h, .s = s, .insn = insn, .op = op, .shape = table[op - RV_VEC_FIRST].shape,
		.vd = rv_rd(insn), .vs1 = rv_rs1(insn), .vs2 = rv_rs2(insn), .vm = rv_vm(insn),
		.vl = s->vl, .start = s->vstart,
	};
	unsigned int width;
	bool legal;

	if (!(s->mstatus & RV_MSTATUS_VS))
		return false;
	if (v.shape == RV_SHAPE_SETVL) {
		legal = set_vl(&v);
		width = 0;
	} else {
		if (s->vtype == RV_VTYPE_VILL)
			return false;
		v.sew = rv_vtype_sew(s->vtype);
		v.lmul = rv_vtype_lmul(s->vtype);
		v.vlmax = rv_vlmax(v.sew, v.lmul);
		width = v.sew + (shapes[v.shape].d > 0 || shapes[v.shape].a > 0);
		switch (v.shape) {
		case RV_SHAPE_RED:
		case RV_SHAPE_WRED:
		case RV_SHAPE_FRED:
		case RV_SHAPE_FWRED:
			legal = rv_vec_reduce(&v, kernel[v.sew]);
			break;
		case RV_SHAPE_LOGIC:
		case RV_SHAPE_CPOP:
		case RV_SHAPE_FIRST:
		case RV_SHAPE_SETFIRST:
		case RV_SHAPE_IOTA:
		case RV_SHAPE_ID:
			legal = rv_vec_mask_op(&v, kernel[0]);
			break;
		default:
			legal = shapes[v.shape].flags & RV_VEC_OTHER ? rv_vec_permute(&v) :
				elementwise(&v, kernel[v.sew]);
			break;
		}
	}
	if (!legal)
		return false;
	s->mstatus |= RV_MSTATUS_VS;
	s->vstart = 0;
	*extra = rv_vec_cost(op, v.vl, width);
	return true;
}
