// SPDX-License-Identifier: MIT
/* Instructions on masks: one bit an element, the lowest first. */
#include <string.h>

#include "rv_vec.h"

/* Logic is done on all bits; only those of the body are kept. */
#define LOGIC(name, expr) \
static void name##_k(struct rv_vec_args *args) \
{ \
	const rv_u64 *pa = args->va, *pb = args->vb; \
	rv_u64 *d = args->d; \
	unsigned int i; \
	for (i = 0; i < RV_VLEN / 64; i++) { \
		uint64_t a = pa[i], b = pb[i]; \
		d[i] = (expr); \
	} \
} \
rv_vec_kernel *const rv_vk_##name[4] = { name##_k };

LOGIC(mandn, a & ~b)
LOGIC(mand, a & b)
LOGIC(mor, a | b)
LOGIC(mxor, a ^ b)
LOGIC(morn, a | ~b)
LOGIC(mnand, ~(a & b))
LOGIC(mnor, ~(a | b))
LOGIC(mxnor, ~(a ^ b))

static bool logic(struct rv_vec *v, rv_vec_kernel *kernel)
{
	uint64_t results[RV_VLEN / 64];
	struct rv_vec_args args = {
		.d = results, .va = rv_vec_reg(v, v->vs2), .vb = rv_vec_reg(v, v->vs1),
	};
	rv_u64 *d = (rv_u64 *)rv_vec_reg(v, v->vd);
	unsigned int i;

	kernel(&args);
	for (i = v->start / 64; i * 64 < v->vl; i++) {
		uint64_t body = UINT64_MAX;

		if (i * 64 < v->start)
			body &= UINT64_MAX << v->start % 64;
		if (v->vl - i * 64 < 64)
			body &= ~(UINT64_MAX << v->vl % 64);
		d[i] = (d[i] & ~body) | (results[i] & body);
	}
	return true;
}

/* Active elements whose bit in vs2 is set. */
static bool set_at(const struct rv_vec *v, unsigned int i)
{
	return rv_vec_bit(rv_vec_reg(v, v->vs2), i) && (v->vm || rv_vec_bit(v->s->v[0], i));
}

static bool count(struct rv_vec *v)
{
	uint64_t n = 0;
	unsigned int i;

	if (v->start)
		return false;
	for (i = 0; i < v->vl; i++)
		n += set_at(v, i);
	if (v->vd)
		v->s->x[v->vd] = n;
	return true;
}

static bool first(struct rv_vec *v)
{
	unsigned int i;

	if (v->start)
		return false;
	for (i = 0; i < v->vl && !set_at(v, i); i++)
		;
	if (v->vd)
		v->s->x[v->vd] = i < v->vl ? i : UINT64_MAX;
	return true;
}

/* Before, at, and up to and including the first that is set. */
static bool set_first(struct rv_vec *v)
{
	uint8_t results[RV_VEC_GROUP];
	bool seen = false;
	unsigned int i;

	if (v->start || v->vd == v->vs2 || (!v->vm && !v->vd))
		return false;
	for (i = 0; i < v->vl; i++) {
		bool here = !seen && set_at(v, i);

		results[i] = v->op == RV_OP_VMSOF_M ? here :
			     v->op == RV_OP_VMSIF_M ? !seen : !seen && !here;
		seen |= here;
	}
	if (v->vl)
		rv_vec_commit_mask(v, results);
	return true;
}

static void put(void *results, unsigned int width, unsigned int i, unsigned int value)
{
	uint64_t wide = value;

	memcpy((uint8_t *)results + (i << width), &wide, 1u << width);
}

/* Counts of set elements before this one; or the element's number. */
static bool number(struct rv_vec *v)
{
	uint8_t results[RV_VEC_GROUP] __attribute__((aligned(64)));
	bool iota = v->shape == RV_SHAPE_IOTA;
	unsigned int i, n = 0;

	if (!rv_vec_group(v->vd, v->lmul) || (!v->vm && !v->vd))
		return false;
	if (iota && (v->start || (v->vs2 - v->vd) % 32 < rv_vec_regs(v->lmul)))
		return false;
	for (i = 0; i < v->vl; i++) {
		put(results, v->sew, i, iota ? n : i);
		n += iota && set_at(v, i);
	}
	if (v->start < v->vl)
		rv_vec_commit(v, v->sew, results);
	return true;
}

bool rv_vec_mask_op(struct rv_vec *v, rv_vec_kernel *kernel)
{
	switch (v->shape) {
	case RV_SHAPE_LOGIC:
		return logic(v, kernel);
	case RV_SHAPE_CPOP:
		return count(v);
	case RV_SHAPE_FIRST:
		return first(v);
	case RV_SHAPE_SETFIRST:
		return set_first(v);
	default:
		return number(v);
	}
}
