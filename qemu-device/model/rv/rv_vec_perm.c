// SPDX-License-Identifier: MIT
/* Moves of elements to other places, other registers and other register files. */
#include <string.h>

#include "rv_vec.h"

static bool to_x(struct rv_vec *v)
{
	const uint8_t *from = rv_vec_reg(v, v->vs2);
	uint64_t value = 0;
	unsigned int unused = 64 - (8u << v->sew);

	memcpy(&value, from, 1u << v->sew);
	if (v->vd)
		v->s->x[v->vd] = (int64_t)(value << unused) >> unused;
	return true;
}

static bool to_f(struct rv_vec *v)
{
	uint64_t value = UINT64_MAX;	/* NaN boxing */

	if (!v->sew || !rv_vec_float_on(v->s))
		return false;
	memcpy(&value, rv_vec_reg(v, v->vs2), 1u << v->sew);
	v->s->f[v->vd] = value;
	return true;
}

static bool to_first(struct rv_vec *v, uint64_t value)
{
	if (v->start < v->vl)
		memcpy(rv_vec_reg(v, v->vd), &value, 1u << v->sew);
	return true;
}

/* vstart counts elements of SEW, whatever the registers held. */
static bool move_whole(struct rv_vec *v)
{
	unsigned int n = v->vs1 + 1, from = v->start << v->sew;

	if ((v->vd | v->vs2) & (n - 1))
		return false;
	if (from < n * RV_VLENB)
		memmove(rv_vec_reg(v, v->vd) + from, rv_vec_reg(v, v->vs2) + from,
			n * RV_VLENB - from);
	return true;
}

/* Source and destination are groups of LMUL; the mask survives. */
static bool legal(const struct rv_vec *v)
{
	return rv_vec_group(v->vd, v->lmul) && rv_vec_group(v->vs2, v->lmul) && (v->vm || v->vd);
}

/* Element i goes to i + offset; what is below the offset stays. */
static bool slide_up(struct rv_vec *v, uint64_t offset)
{
	uint8_t results[RV_VEC_GROUP];
	unsigned int by;

	if (!legal(v) || v->vd == v->vs2)
		return false;
	if (offset >= v->vl)
		return true;
	by = offset;
	if (v->start < by)
		v->start = by;
	memcpy(results + (by << v->sew), rv_vec_reg(v, v->vs2), (v->vl - by) << v->sew);
	if (v->start < v->vl)
		rv_vec_commit(v, v->sew, results);
	return true;
}

/* Element i + offset goes to i; past the end of the group there are zeros. */
static bool slide_down(struct rv_vec *v, uint64_t offset)
{
	uint8_t results[RV_VEC_GROUP] = { 0 };
	unsigned int by = offset < v->vlmax ? offset : v->vlmax;

	if (!legal(v))
		return false;
	memcpy(results, rv_vec_reg(v, v->vs2) + (by << v->sew), (v->vlmax - by) << v->sew);
	if (v->start < v->vl)
		rv_vec_commit(v, v->sew, results);
	return true;
}

/* By one, with a scalar where an element is missing. */
static bool slide1(struct rv_vec *v, uint64_t value, bool up)
{
	uint8_t results[RV_VEC_GROUP];
	const uint8_t *from = rv_vec_reg(v, v->vs2);
	unsigned int size = 1u << v->sew;

	if (!legal(v) || (up && v->vd == v->vs2))
		return false;
	if (v->start >= v->vl)
		return true;
	memcpy(up ? results + size : results, up ? from : from + size, (v->vl - 1) * size);
	memcpy(up ? results : results + (v->vl - 1) * size, &value, size);
	rv_vec_commit(v, v->sew, results);
	return true;
}

/* Element @index of vs2 as element @i of results; 0 if there is none. */
static void pick(const struct rv_vec *v, uint8_t *results, unsigned int i, uint64_t index)
{
	unsigned int size = 1u << v->sew;

	if (index < v->vlmax)
		memcpy(results + i * size, rv_vec_reg(v, v->vs2) + index * size, size);
	else
		memset(results + i * size, 0, size);
}

static bool gather(struct rv_vec *v, bool half)
{
	unsigned int width = half ? 1 : v->sew, i;
	int emul = v->lmul + (int)width - (int)v->sew;
	const uint8_t *indices = rv_vec_reg(v, v->vs1);
	uint8_t results[RV_VEC_GROUP];

	if (!legal(v) || v->vd == v->vs2 || !rv_vec_group(v->vs1, emul) ||
	    (v->vd < v->vs1 + rv_vec_regs(emul) && v->vs1 < v->vd + rv_vec_regs(v->lmul)))
		return false;
	for (i = v->start; i < v->vl; i++) {
		uint64_t index = 0;

		memcpy(&index, indices + (i << width), 1u << width);
		pick(v, results, i, index);
	}
	if (v->start < v->vl)
		rv_vec_commit(v, v->sew, results);
	return true;
}

/* The same element everywhere. */
static bool gather_one(struct rv_vec *v, uint64_t index)
{
	uint8_t results[RV_VEC_GROUP];
	unsigned int i;

	if (!legal(v) || v->vd == v->vs2)
		return false;
	for (i = v->start; i < v->vl; i++)
		pick(v, results, i, index);
	if (v->start < v->vl)
		rv_vec_commit(v, v->sew, results);
	return true;
}

/* The elements whose bit in vs1 is set, one after the other. */
static bool compress(struct rv_vec *v)
{
	uint8_t results[RV_VEC_GROUP];
	unsigned int i, n = 0;

	if (v->start || !legal(v) || v->vd == v->vs2 ||
	    v->vs1 - v->vd < rv_vec_regs(v->lmul))
		return false;
	for (i = 0; i < v->vl; i++)
		if (rv_vec_bit(rv_vec_reg(v, v->vs1), i))
			pick(v, results, n++, i);
	v->vl = n;
	if (n)
		rv_vec_commit(v, v->sew, results);
	return true;
}

static bool with_float(struct rv_vec *v)
{
	return v->sew && rv_vec_float_on(v->s);
}

bool rv_vec_permute(struct rv_vec *v)
{
	bool immediate = rv_insns[v->op].format == RV_FMT_VVU;
	uint64_t x = immediate ? v->vs1 : v->s->x[v->vs1];

	switch (v->shape) {
	case RV_SHAPE_TO_X:
		return to_x(v);
	case RV_SHAPE_TO_F:
		return to_f(v);
	case RV_SHAPE_FROM_X:
		return to_first(v, x);
	case RV_SHAPE_FROM_F:
		return with_float(v) && to_first(v, rv_vec_scalar_f(v));
	case RV_SHAPE_SLIDEUP:
		return slide_up(v, x);
	case RV_SHAPE_SLIDEDOWN:
		return slide_down(v, x);
	case RV_SHAPE_SLIDE1UP:
		return slide1(v, x, true);
	case RV_SHAPE_SLIDE1DOWN:
		return slide1(v, x, false);
	case RV_SHAPE_FSLIDE1UP:
		return with_float(v) && slide1(v, rv_vec_scalar_f(v), true);
	case RV_SHAPE_FSLIDE1DOWN:
		return with_float(v) && slide1(v, rv_vec_scalar_f(v), false);
	case RV_SHAPE_GATHER:
		return gather(v, false);
	case RV_SHAPE_GATHER16:
		return gather(v, true);
	case RV_SHAPE_GATHER_ONE:
		return gather_one(v, x);
	case RV_SHAPE_COMPRESS:
		return compress(v);
	default:
		return move_whole(v);
	}
}
