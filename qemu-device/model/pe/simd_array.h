/* SPDX-License-Identifier: MIT */
/*
 * The arithmetic of SE's element-wise operations on arrays, at the ISA levels of simd.h and under
 * its rules: all compute the scalar one's bits. src and dst may lie anywhere; nothing past n
 * elements is read or written.
 */
#ifndef MTIA_MODEL_PE_SIMD_ARRAY_H
#define MTIA_MODEL_PE_SIMD_ARRAY_H

#include <stdbool.h>
#include <stdint.h>

#include "mtia/pe.h"

/* A table of SE. head.segments == 0: the slot is empty. */
struct pe_lut {
	struct mtia_se_lut head;
	float c[4 * MTIA_SE_LUT_SEGMENTS]; /* by segment: 2 (linear) or 4 (cubic) */
};

struct simd_array {
	/* FP16 or BF16 to FP32 and back, see half.h. */
	void (*widen)(float *x, const uint8_t *src, unsigned int n, bool bf16);
	void (*narrow)(uint8_t *dst, const float *x, unsigned int n, bool bf16);
	/* FP32, its NaNs made canonical. */
	void (*store)(uint8_t *dst, const float *x, unsigned int n);
	/* rne(x) + zero point, clamped to lo .. hi within -128 .. 255: see se_to_8(). */
	void (*to_8)(uint8_t *dst, const float *x, const int32_t *zero_point, unsigned int n,
		     int32_t lo, int32_t hi);
	/* x = table(x), of a table that se_lut_valid() has passed. */
	void (*lookup)(float *x, unsigned int n, const struct pe_lut *lut);
};

extern const struct simd_array simd_array_scalar, simd_array_avx2, simd_array_avx512;

#endif /* MTIA_MODEL_PE_SIMD_ARRAY_H */
