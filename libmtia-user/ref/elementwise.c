// SPDX-License-Identifier: MIT
/* Element-wise operators: add, multiply, activations by exact comparison or by table. */
#include "mtia/ref.h"

#include <errno.h>

#include "../ops/lut.h"
#include "exact.h"
#include "mtia/pe.h"

/*
 * A sum or product of two FP16 or BF16 numbers, rounded to FP32 and then to their type, equals the
 * one rounding: FP32 has more than twice their digits and two more (and their exponents, BF16's
 * subnormal products aside, which one_rounding() takes through binary64).
 */
static float one_rounding(float a, float b, uint32_t op, uint32_t type)
{
	double exact, magnitude;
	float x;

	if (type != MTIA_DTYPE_BF16 || op != MTIA_BINARY_MUL)
		return op == MTIA_BINARY_ADD ? a + b : a * b;
	exact = (double)a * b; /* 16 digits and every exponent fit */
	magnitude = fabs(exact);
	x = (float)exact;
	if (magnitude >= 0x1p-126 || magnitude == 0 || !isfinite(exact))
		return x;
	/* Subnormal: in units of BF16's smallest, one rounding. */
	return copysignf((float)(rint(magnitude * 0x1p133) * 0x1p-133), a * b);
}

static float binary(const struct mtia_binary_ref *r, size_t a, size_t b)
{
	float x = one_rounding(load_float(r->a, a, r->type), load_float(r->b, b, r->type), r->op,
			       r->type);

	return r->relu ? relu_f32(x) : x;
}

int mtia_binary_ref(const struct mtia_binary_ref *r)
{
	size_t a_stride = r->a_stride ? r->a_stride : r->cols;
	size_t b_stride = r->bcast ? 0 : r->b_stride ? r->b_stride : r->cols;
	size_t y_stride = r->y_stride ? r->y_stride : r->cols;

	if (r->op > MTIA_BINARY_MUL || (!is_float(r->type) && r->type != MTIA_DTYPE_S32) ||
	    (r->relu && r->type == MTIA_DTYPE_S32) || !r->rows || !r->cols || !r->a || !r->b ||
	    !r->y)
		return -EINVAL;
	if (a_stride < r->cols || (!r->bcast && b_stride < r->cols) || y_stride < r->cols)
		return -EINVAL;
	for (size_t i = 0; i < r->rows; i++) {
		for (size_t j = 0; j < r->cols; j++) {
			size_t a = i * a_stride + j, b = i * b_stride + j, y = i * y_stride + j;

			if (r->type == MTIA_DTYPE_S32) {
				uint32_t p = ((const uint32_t *)r->a)[a];
				uint32_t q = ((const uint32_t *)r->b)[b];

				((uint32_t *)r->y)[y] = r->op == MTIA_BINARY_ADD ? p + q : p * q;
			} else {
				store_float(r->y, y, r->type, binary(r, a, b));
			}
		}
	}
	return 0;
}

/* ---- Activations
 * ------------------------------------------------------------------------------------- */

static float as_float(uint32_t bits)
{
	return load_f32(&bits);
}

/* Words of struct mtia_se_lut. */
enum {
	FLAGS,
	SEGMENTS,
	LO,
	INV_STEP,
	SHIFT,
	BASE,
	NEGATIVE,
	BELOW,
	SLOPE_BELOW,
	ABOVE,
	SLOPE_ABOVE
};
#define HEAD_WORDS (sizeof(struct mtia_se_lut) / 4)

static float outside(uint32_t value, uint32_t slope, float a)
{
	return as_float(slope) == 0 ? as_float(value) : fmaf(a, as_float(slope), as_float(value));
}

static float segment(const uint32_t *table, int64_t k, float u)
{
	const uint32_t *c = table + HEAD_WORDS;

	if (!(table[FLAGS] & MTIA_LUT_CUBIC)) {
		c += 2 * k;
		return fmaf(as_float(c[1]), u, as_float(c[0]));
	}
	c += 4 * k;
	return fmaf(fmaf(fmaf(as_float(c[3]), u, as_float(c[2])), u, as_float(c[1])), u,
		    as_float(c[0]));
}

static float look_up(const uint32_t *table, float x)
{
	int64_t segments = table[SEGMENTS], k;
	uint32_t flags = table[FLAGS], bits;
	float a = flags & (MTIA_LUT_ODD | MTIA_LUT_EVEN) ? fabsf(x) : x, u, y;

	if (isnan(x))
		return x;
	if (flags & MTIA_LUT_LOG && a < 0) {
		y = as_float(table[NEGATIVE]);
	} else {
		if (flags & MTIA_LUT_LOG) {
			memcpy(&bits, &a, sizeof(bits));
			bits = a == 0 ? 0 : bits;
			k = (int64_t)(bits >> table[SHIFT]) - table[BASE];
			u = (float)(bits & ((1u << table[SHIFT]) - 1)) /
			    (float)(1u << table[SHIFT]);
		} else {
			float t = (a - as_float(table[LO])) * as_float(table[INV_STEP]);

			k = t < 0 ? -1 : t >= (float)segments ? segments : (int64_t)t;
			u = t - (float)k;
		}
		y = k < 0	    ? outside(table[BELOW], table[SLOPE_BELOW], a)
		    : k >= segments ? outside(table[ABOVE], table[SLOPE_ABOVE], a)
				    : segment(table, k, u);
	}
	return flags & MTIA_LUT_ODD && signbit(x) ? -y : y;
}

static bool activation_valid(const struct mtia_activation_ref *r)
{
	if (r->function >= MTIA_ACTIVATIONS || !r->rows || !r->cols || !r->x || !r->y)
		return false;
	if ((r->x_stride && r->x_stride < r->cols) || (r->y_stride && r->y_stride < r->cols))
		return false;
	if (r->function == MTIA_ACT_RELU)
		return is_float(r->x_type) && r->x_type == r->y_type;
	if (is_8bit(r->x_type)) {
		if (!scale_valid(r->x_scale) || !zero_point_valid(r->x_zero_point, r->x_type))
			return false;
	} else if (!is_float(r->x_type)) {
		return false;
	}
	if (is_8bit(r->y_type))
		return scale_valid(r->y_scale) && zero_point_valid(r->y_zero_point, r->y_type);
	return is_float(r->y_type);
}

static float activate(const struct mtia_activation_ref *r, size_t at)
{
	size_t bytes;
	float x;

	if (is_8bit(r->x_type))
		x = (float)(load_8bit(r->x, at, r->x_type) - r->x_zero_point) * r->x_scale;
	else
		x = load_float(r->x, at, r->x_type);
	if (r->function == MTIA_ACT_RELU)
		return relu_f32(x);
	if (r->x_type == MTIA_DTYPE_F32 || r->x_type == MTIA_DTYPE_BF16)
		x = mtia_f32_from_f16(mtia_f16_from_f32(x));
	return look_up(mtia_lut(r->function, &bytes), x);
}

int mtia_activation_ref(const struct mtia_activation_ref *r)
{
	if (!activation_valid(r))
		return -EINVAL;
	for (size_t i = 0; i < r->rows; i++) {
		for (size_t j = 0; j < r->cols; j++) {
			float y = activate(r, i * (r->x_stride ? r->x_stride : r->cols) + j);
			size_t at = i * (r->y_stride ? r->y_stride : r->cols) + j;

			if (is_8bit(r->y_type))
				((uint8_t *)r->y)[at] =
					round_to_8(y * (1.0f / r->y_scale), r->y_zero_point,
						   lowest(r->y_type), highest(r->y_type));
			else
				store_float(r->y, at, r->y_type, y);
		}
	}
	return 0;
}
