// SPDX-License-Identifier: MIT
/* Conversions between floating-point types, on the bits: the host need not have the types. */
#include "exact.h"

static uint32_t bits_of(float x)
{
	uint32_t bits;

	memcpy(&bits, &x, sizeof(bits));
	return bits;
}

/* Drop `shift` bits, nearest-even. */
static uint32_t drop(uint32_t x, uint32_t shift)
{
	uint32_t odd = x >> shift & 1;

	return (x + ((1u << (shift - 1)) - 1) + odd) >> shift;
}

uint16_t mtia_f16_from_f32(float x)
{
	uint32_t bits = bits_of(x), sign = bits >> 16 & 0x8000, magnitude = bits & 0x7fffffff;
	uint32_t exponent = magnitude >> 23;

	if (magnitude > 0x7f800000)
		return 0x7e00;
	if (magnitude >= 0x47800000) /* 2^16 */
		return (uint16_t)(sign | 0x7c00);
	if (exponent < 102) /* below 2^-25, half of the smallest */
		return (uint16_t)sign;
	if (exponent < 113) /* subnormal: the mantissa in units of 2^-24 */
		return (uint16_t)(sign | drop((magnitude & 0x7fffff) | 0x800000, 126 - exponent));
	return (uint16_t)(sign |
			  drop(magnitude - (112u << 23), 13)); /* a carry may reach infinity */
}

float mtia_f32_from_f16(uint16_t x)
{
	uint32_t exponent = x >> 10 & 31, mantissa = x & 0x3ff, bits;
	float magnitude;

	if (exponent == 31) {
		bits = mantissa ? 0x7fc00000 : (uint32_t)(x & 0x8000) << 16 | 0x7f800000;
		return load_f32(&bits);
	}
	if (!exponent) {
		magnitude = (float)mantissa * 0x1p-24f;
		return x & 0x8000 ? -magnitude : magnitude;
	}
	bits = (uint32_t)(x & 0x8000) << 16 | (exponent + 112) << 23 | mantissa << 13;
	return load_f32(&bits);
}

uint16_t mtia_bf16_from_f32(float x)
{
	uint32_t bits = bits_of(x);

	if ((bits & 0x7fffffff) > 0x7f800000)
		return 0x7fc0;
	return (uint16_t)(bits >> 31 << 15 | drop(bits & 0x7fffffff, 16));
}

float mtia_f32_from_bf16(uint16_t x)
{
	uint32_t bits = (uint32_t)x << 16;

	return canonical(load_f32(&bits));
}
