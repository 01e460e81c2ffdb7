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

static bool from_x(struct rv_vec *v)
{
	if (v->start < v->vl)
		memcpy(rv_vec_reg(v, v->vd), &v->s->x[v->vs1], 1u << v->sew);
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

bool rv_vec_permute(struct rv_vec *v)
{
	switch (v->shape) {
	case RV_SHAPE_TO_X:
		return to_x(v);
	case RV_SHAPE_FROM_X:
		return from_x(v);
	default:
		return move_whole(v);
	}
}
