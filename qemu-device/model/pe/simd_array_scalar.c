// SPDX-License-Identifier: MIT
/* The definition of SE's arithmetic on arrays, in plain C. */
#include <math.h>
#include <string.h>

#include "half.h"
#include "se_round.h"
#include "simd_array.h"

static uint32_t bits_of(float x)
{
	uint32_t bits;

	memcpy(&bits, &x, sizeof(bits));
	return bits;
}

static void scalar_widen(float *x, const uint8_t *src, unsigned int n, bool bf16)
{
	for (unsigned int i = 0; i < n; i++) {
		uint16_t half;
		uint32_t bits;

		memcpy(&half, src + 2 * (size_t)i, sizeof(half));
		bits = bf16 ? f32_from_bf16(half) : f32_from_f16(half);
		memcpy(&x[i], &bits, sizeof(bits));
	}
}

static void scalar_narrow(uint8_t *dst, const float *x, unsigned int n, bool bf16)
{
	for (unsigned int i = 0; i < n; i++) {
		uint16_t half = bf16 ? bf16_from_f32(bits_of(x[i])) : f16_from_f32(bits_of(x[i]));

		memcpy(dst + 2 * (size_t)i, &half, sizeof(half));
	}
}

static void scalar_store(uint8_t *dst, const float *x, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		uint32_t bits = x[i] != x[i] ? HALF_NAN_F32 : bits_of(x[i]);

		memcpy(dst + 4 * (size_t)i, &bits, sizeof(bits));
	}
}

static void scalar_to_8(uint8_t *dst, const float *x, const int32_t *zero_point, unsigned int n,
			int32_t lo, int32_t hi)
{
	for (unsigned int i = 0; i < n; i++)
		dst[i] = se_to_8(x[i], zero_point[i], lo, hi);
}

static float outside(float value, float slope, float a)
{
	return slope == 0 ? value : fmaf(a, slope, value);
}

static float evaluate(const struct pe_lut *lut, float x)
{
	const struct mtia_se_lut *h = &lut->head;
	bool negative = bits_of(x) >> 31;
	float a = x, u, y;
	int64_t k;

	if (x != x)
		return x;
	if (h->flags & (MTIA_LUT_ODD | MTIA_LUT_EVEN))
		a = fabsf(x);
	if (h->flags & MTIA_LUT_LOG) {
		uint32_t bits = a == 0 ? 0 : bits_of(a);

		k = (int64_t)(bits >> h->shift) - h->base;
		u = ldexpf((float)(bits & ((1u << h->shift) - 1)), -(int)h->shift);
	} else {
		float t = (a - h->lo) * h->inv_step;

		k = t < 0 ? -1 : t >= (float)h->segments ? h->segments : (int64_t)t;
		u = t - (float)k;
	}
	if ((h->flags & MTIA_LUT_LOG) && a < 0) {
		y = h->negative;
	} else if (k < 0) {
		y = outside(h->below, h->slope_below, a);
	} else if (k >= h->segments) {
		y = outside(h->above, h->slope_above, a);
	} else if (h->flags & MTIA_LUT_CUBIC) {
		const float *c = &lut->c[4 * k];

		y = fmaf(fmaf(fmaf(c[3], u, c[2]), u, c[1]), u, c[0]);
	} else {
		y = fmaf(lut->c[2 * k + 1], u, lut->c[2 * k]);
	}
	return (h->flags & MTIA_LUT_ODD) && negative ? -y : y;
}

static void scalar_lookup(float *x, unsigned int n, const struct pe_lut *lut)
{
	for (unsigned int i = 0; i < n; i++)
		x[i] = evaluate(lut, x[i]);
}

const struct simd_array simd_array_scalar = {
	.widen = scalar_widen,
	.narrow = scalar_narrow,
	.store = scalar_store,
	.to_8 = scalar_to_8,
	.lookup = scalar_lookup,
};
