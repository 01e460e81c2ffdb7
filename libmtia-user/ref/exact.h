/* SPDX-License-Identifier: MIT */
/*
 * Rounding that the references must not leave to the compiler. They are built with
 * -ffp-contract=off, so that a * b + c is two roundings; fmaf() is where one is meant.
 */
#ifndef MTIA_REF_EXACT_H
#define MTIA_REF_EXACT_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include "mtia/ops/types.h"
#include "mtia/ref/float.h"

#ifdef __FAST_MATH__
#error "the references need IEEE arithmetic: build without -ffast-math"
#endif

/*
 * fmaf() is exact with and without the instruction; a clone for CPUs that have it only saves the
 * call. Sanitizers instrument the resolver, which runs before they are ready.
 */
#if defined(__x86_64__) && !defined(__SANITIZE_ADDRESS__)
#define MTIA_FMA_CLONES __attribute__((target_clones("fma", "default")))
#else
#define MTIA_FMA_CLONES
#endif

/* zero_point + rne(x), clamped to [lo, hi] within -128 .. 255, its low byte. A NaN counts as 0. */
static inline uint8_t round_to_8(float x, int32_t zero_point, int32_t lo, int32_t hi)
{
	/* Beyond this the result is clamped whatever the zero point, and the conversion is safe. */
	const float limit = 65536.0f;
	int32_t q;

	x = isnan(x) ? 0 : x > limit ? limit : x < -limit ? -limit : x;
	q = (int32_t)rintf(x) + zero_point;
	return (uint8_t)(q < lo ? lo : q > hi ? hi : q);
}

/* A row's scale and bias follow its D bytes, so they have no alignment. */
static inline float load_f32(const void *at)
{
	float x;

	memcpy(&x, at, sizeof(x));
	return x;
}

static inline float load_f16(const void *at)
{
	uint16_t x;

	memcpy(&x, at, sizeof(x));
	return mtia_f32_from_f16(x);
}

/* Every NaN that an operator writes is this one, whatever the host's arithmetic made of it. */
static inline float canonical(float x)
{
	const uint32_t nan = 0x7fc00000;

	return isnan(x) ? load_f32(&nan) : x;
}

/* max(x, +0) of the device: a NaN stays, -0 becomes +0. */
static inline float relu_f32(float x)
{
	return x > 0 || isnan(x) ? x : 0.0f;
}

/* IEEE 754-2019 minimumNumber, maximumNumber, as RISC-V has them: -0 < +0, NaN only of two NaNs. */
static inline float minimum_number(float a, float b)
{
	if (isnan(a) || isnan(b))
		return isnan(a) ? b : a;
	return a < b || (a == b && signbit(a)) ? a : b;
}

static inline float maximum_number(float a, float b)
{
	if (isnan(a) || isnan(b))
		return isnan(a) ? b : a;
	return a > b || (a == b && !signbit(a)) ? a : b;
}

static inline bool is_float(uint32_t type)
{
	return type == MTIA_DTYPE_F32 || type == MTIA_DTYPE_F16 || type == MTIA_DTYPE_BF16;
}

static inline bool is_8bit(uint32_t type)
{
	return type == MTIA_DTYPE_U8 || type == MTIA_DTYPE_S8;
}

static inline int32_t lowest(uint32_t type)
{
	return type == MTIA_DTYPE_S8 ? -128 : 0;
}

static inline int32_t highest(uint32_t type)
{
	return type == MTIA_DTYPE_S8 ? 127 : 255;
}

/* Element i of an array of F32, F16, BF16. */
static inline float load_float(const void *array, size_t i, uint32_t type)
{
	if (type == MTIA_DTYPE_F32)
		return ((const float *)array)[i];
	if (type == MTIA_DTYPE_F16)
		return mtia_f32_from_f16(((const uint16_t *)array)[i]);
	return mtia_f32_from_bf16(((const uint16_t *)array)[i]);
}

static inline void store_float(void *array, size_t i, uint32_t type, float x)
{
	if (type == MTIA_DTYPE_F32)
		((float *)array)[i] = canonical(x);
	else if (type == MTIA_DTYPE_F16)
		((uint16_t *)array)[i] = mtia_f16_from_f32(x);
	else
		((uint16_t *)array)[i] = mtia_bf16_from_f32(x);
}

/* Element i of an array of U8, S8. */
static inline int32_t load_8bit(const void *array, size_t i, uint32_t type)
{
	return type == MTIA_DTYPE_S8 ? ((const int8_t *)array)[i] : ((const uint8_t *)array)[i];
}

static inline bool scale_valid(float scale)
{
	return scale > 0 && isfinite(scale) && isfinite(1.0f / scale);
}

static inline bool zero_point_valid(int32_t zero_point, uint32_t type)
{
	return zero_point >= lowest(type) && zero_point <= highest(type);
}

#endif /* MTIA_REF_EXACT_H */
