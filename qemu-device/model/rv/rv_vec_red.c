// SPDX-License-Identifier: MIT
/*
 * Reductions: element 0 of vs1 and the active elements of vs2 become element 0 of vd, the rest of
 * which keeps its value. Always in element order.
 */
#include <stddef.h>
#include <string.h>

#include "rv_vec.h"

#define REDUCE(name, N, TD, TA, expr) \
static void name##_##N(struct rv_vec_args *args) \
{ \
	const TA *pa = args->va; \
	const TD *pb = args->vb; \
	TD *d = args->d, r = pb[0]; \
	size_t i; \
	for (i = 0; i < args->n; i++) { \
		if (rv_vec_active(args, i)) { \
			TA a = pa[i]; \
			r = (expr); \
		} \
	} \
	d[0] = r; \
}

#define ALL(name, expr) \
	REDUCE(name, 8, rv_u8, rv_u8, expr) \
	REDUCE(name, 16, rv_u16, rv_u16, expr) \
	REDUCE(name, 32, rv_u32, rv_u32, expr) \
	REDUCE(name, 64, rv_u64, rv_u64, expr) \
	rv_vec_kernel *const rv_vk_##name[4] = { name##_8, name##_16, name##_32, name##_64 };

ALL(redsum, r + a)
ALL(redand, r & a)
ALL(redor, r | a)
ALL(redxor, r ^ a)
ALL(redminu, a < r ? a : r)
ALL(redmaxu, a > r ? a : r)

#define ALL_SIGNED(name, op) \
	REDUCE(name, 8, rv_u8, rv_u8, (int8_t)a op (int8_t)r ? a : r) \
	REDUCE(name, 16, rv_u16, rv_u16, (int16_t)a op (int16_t)r ? a : r) \
	REDUCE(name, 32, rv_u32, rv_u32, (int32_t)a op (int32_t)r ? a : r) \
	REDUCE(name, 64, rv_u64, rv_u64, (int64_t)a op (int64_t)r ? a : r) \
	rv_vec_kernel *const rv_vk_##name[4] = { name##_8, name##_16, name##_32, name##_64 };

ALL_SIGNED(redmin, <)
ALL_SIGNED(redmax, >)

REDUCE(wredsumu, 8, rv_u16, rv_u8, r + a)
REDUCE(wredsumu, 16, rv_u32, rv_u16, r + a)
REDUCE(wredsumu, 32, rv_u64, rv_u32, r + a)
REDUCE(wredsum, 8, rv_u16, rv_u8, r + (int8_t)a)
REDUCE(wredsum, 16, rv_u32, rv_u16, r + (int16_t)a)
REDUCE(wredsum, 32, rv_u64, rv_u32, r + (int64_t)(int32_t)a)
rv_vec_kernel *const rv_vk_wredsumu[4] = { wredsumu_8, wredsumu_16, wredsumu_32, NULL };
rv_vec_kernel *const rv_vk_wredsum[4] = { wredsum_8, wredsum_16, wredsum_32, NULL };

bool rv_vec_reduce(struct rv_vec *v, rv_vec_kernel *kernel)
{
	bool is_float = v->shape == RV_SHAPE_FRED || v->shape == RV_SHAPE_FWRED;
	bool wide = v->shape == RV_SHAPE_WRED || v->shape == RV_SHAPE_FWRED;
	unsigned int width = v->sew + wide;
	struct rv_vec_args args = {
		.va = rv_vec_reg(v, v->vs2), .vb = rv_vec_reg(v, v->vs1), .n = v->vl,
		.mask = rv_vec_mask(v), .fflags = &v->s->fflags, .rm = v->s->frm,
	};
	uint64_t result = 0;

	args.d = &result;
	/* scalars may overlap what they like, the mask included */
	if (!kernel || v->start || !rv_vec_group(v->vs2, v->lmul))
		return false;
	if (is_float && !rv_vec_float_on(v->s))
		return false;
	if (!v->vl)
		return true;
	kernel(&args);
	memcpy(rv_vec_reg(v, v->vd), &result, 1u << width);
	return true;
}
