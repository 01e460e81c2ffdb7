/* SPDX-License-Identifier: MIT */
/*
 * The arithmetic of DPE and SE on the host's vector units.
 *
 * Three tables compute the same function, bit for bit: scalar is the definition, AVX2 and AVX-512
 * (F, BW, DQ, VL, VNNI) are checked against it. All need MXCSR at its default (round to nearest
 * even, no flush to zero); pe_advance() sees to that. A NaN result is always 0x7fc00000, because
 * the payload that x86 would give depends on the order of operands.
 *
 * Pointers into local memory may have any alignment.
 */
#ifndef MTIA_MODEL_PE_SIMD_H
#define MTIA_MODEL_PE_SIMD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct simd_array;

#define SIMD_NAN 0x7fc00000u

/* Column parameters of REQUANT and DEQUANT, split by member; entries past N are 0. */
struct simd_cols {
	float scale[32] __attribute__((aligned(64)));
	int32_t offset[32] __attribute__((aligned(64)));
	int32_t zero_point[32] __attribute__((aligned(64)));
};

struct simd_clamp {
	int32_t zero_point; /* |.| <= 2^30 */
	int32_t min, max;   /* -128 .. 255, min <= max */
};

struct pe_simd {
	const char *name;
	const struct simd_array *array; /* simd_array.h */
	/*
	 * bank[i][j] += sum over l < k of stream[i][l] * kept[j][l], i < m, j < n, modulo 2^32; all
	 * three have rows of 32 elements and bank is aligned to 64 bytes. Reads m rows of stream
	 * and n rows of kept, whole.
	 */
	void (*mml)(int32_t *bank, const uint8_t *kept, const uint8_t *stream, unsigned int m,
		    unsigned int n, unsigned int k, bool kept_signed, bool stream_signed);
	/*
	 * The same of rows of 16 FP16 or BF16; bank holds FP32. For l = 0 .. k - 1, in this order:
	 * bank[i][j] = fma(stream[i][l], kept[j][l], bank[i][j]). Elements past n are not touched.
	 */
	void (*mml_half)(int32_t *bank, const uint8_t *kept, const uint8_t *stream, unsigned int m,
			 unsigned int n, unsigned int k, bool bf16);
	/* FP32, both aligned: x[i] = f32(x[i] + y[i]); count is a multiple of 16. */
	void (*add_f32)(int32_t *x, const int32_t *y, unsigned int count);
	/*
	 * One row of 32 accumulators (aligned), all 32 results written.
	 * REQUANT rounds the FP32 product to nearest even; products outside the s32 range saturate
	 * and NaN counts as 0; then + zero_point, clamp, low 8 bits.
	 */
	void (*requant)(uint8_t dst[32], const int32_t *bank, const struct simd_cols *cols,
			int32_t rowsum, const struct simd_clamp *clamp);
	/* relu: -0 and negative become +0, NaN stays. */
	void (*dequant)(float dst[32], const int32_t *bank, const struct simd_cols *cols,
			int32_t rowsum, bool relu);
	/*
	 * acc[0..d) over `rows` (<= 32) rows of d bytes + FP32 scale + FP32 bias, `stride` bytes
	 * apart; weights: FP32 a row, or NULL for 1. With init acc starts at +0.
	 */
	void (*rows)(uint8_t *acc, unsigned int d, const uint8_t *row, size_t stride,
		     unsigned int rows, const uint8_t *weights, bool init);
	/*
	 * The same over any number of rows of d FP32 (or FP16), with one step a row: acc[j] =
	 * fma(w, row[j], acc[j]).
	 */
	void (*rows_float)(uint8_t *acc, unsigned int d, const uint8_t *row, size_t stride,
			   unsigned int rows, const uint8_t *weights, bool init, bool f16);
	/* x[0..d) FP32 *= s */
	void (*scale)(uint8_t *x, unsigned int d, float s);
	/* Sum of bytes, modulo 2^32. */
	uint32_t (*rowsum)(const uint8_t *row, size_t bytes, bool is_signed);
};

extern const struct pe_simd pe_simd_scalar, pe_simd_avx2, pe_simd_avx512;

/* Best table this host runs, no better than @isa (MTIA_ISA_*, AUTO = no cap). Never NULL. */
const struct pe_simd *pe_simd_select(unsigned int isa);

#endif /* MTIA_MODEL_PE_SIMD_H */
