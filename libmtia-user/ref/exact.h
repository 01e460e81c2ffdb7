/* SPDX-License-Identifier: MIT */
/*
 * Rounding that the references must not leave to the compiler. They are built with
 * -ffp-contract=off, so that a * b + c is two roundings; fmaf() is where one is meant.
 */
#ifndef MTIA_REF_EXACT_H
#define MTIA_REF_EXACT_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

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

/* zero_point + rne(x), clamped to [lo, hi] within 0 .. 255. x may be infinite, not NaN. */
static inline uint8_t round_to_u8(float x, int32_t zero_point, int32_t lo, int32_t hi)
{
	/* Beyond this the result is clamped whatever the zero point, and the conversion is safe. */
	const float limit = 65536.0f;
	int32_t q;

	x = x > limit ? limit : x < -limit ? -limit : x;
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

#endif /* MTIA_REF_EXACT_H */
