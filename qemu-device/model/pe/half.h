/* SPDX-License-Identifier: MIT */
/*
 * FP16 and BF16 to FP32 and back, on bit patterns: the host's compiler need not have the types, and
 * its rounding mode does not matter.
 *
 * To FP32 is exact. From FP32 there is one rounding, to nearest even: beyond the largest number to
 * infinity, subnormal numbers are kept. Every NaN, either way, becomes the canonical quiet one.
 */
#ifndef MTIA_MODEL_PE_HALF_H
#define MTIA_MODEL_PE_HALF_H

#include <stdint.h>

#define HALF_NAN_F32	0x7fc00000u
#define HALF_NAN_F16	0x7e00u
#define HALF_NAN_BF16	0x7fc0u
#define HALF_INF_F32	0x7f800000u

static inline uint32_t f32_from_f16(uint16_t half)
{
	uint32_t sign = (uint32_t)(half & 0x8000) << 16, magnitude = half & 0x7fffu;
	uint32_t shift;

	if (magnitude >= 0x7c00)
		return magnitude > 0x7c00 ? HALF_NAN_F32 : sign | HALF_INF_F32;
	if (magnitude >= 0x400)
		return sign | ((magnitude << 13) + ((127u - 15) << 23));
	if (!magnitude)
		return sign;
	/* Subnormal: magnitude * 2^-24. Its top bit becomes the implicit one. */
	shift = (uint32_t)__builtin_clz(magnitude) - 8;
	return sign | ((magnitude << shift) + ((127u - 2 - shift) << 23));
}

static inline uint32_t f32_from_bf16(uint16_t half)
{
	uint32_t bits = (uint32_t)half << 16;

	return (bits & 0x7fffffff) > HALF_INF_F32 ? HALF_NAN_F32 : bits;
}

/* x without its low `bits` bits, 1 .. 31, rounded to nearest even. */
static inline uint32_t half_round(uint32_t x, uint32_t bits)
{
	uint32_t rest = x & ((1u << bits) - 1), half = 1u << (bits - 1);

	x >>= bits;
	return x + (rest > half || (rest == half && (x & 1)));
}

static inline uint16_t f16_from_f32(uint32_t bits)
{
	uint32_t sign = bits >> 16 & 0x8000, magnitude = bits & 0x7fffffff;
	uint32_t exponent = magnitude >> 23;

	if (magnitude > HALF_INF_F32)
		return HALF_NAN_F16;
	if (exponent >= 127 + 16)
		return (uint16_t)(sign | 0x7c00);
	/* Normal: a carry out of the mantissa counts the exponent up, at the top to infinity. */
	if (exponent > 127 - 15)
		return (uint16_t)(sign | half_round(magnitude - ((127u - 15) << 23), 13));
	if (exponent < 127 - 25) /* below half of the smallest number */
		return (uint16_t)sign;
	/* Subnormal: in units of 2^-24. */
	magnitude = (magnitude & 0x7fffff) | 0x800000;
	return (uint16_t)(sign | half_round(magnitude, 126 - exponent));
}

static inline uint16_t bf16_from_f32(uint32_t bits)
{
	if ((bits & 0x7fffffff) > HALF_INF_F32)
		return HALF_NAN_BF16;
	return (uint16_t)half_round(bits, 16);
}

#endif /* MTIA_MODEL_PE_HALF_H */
