/* SPDX-License-Identifier: MIT */
/* Reference results: fully connected layers. */
#ifndef MTIA_REF_FC_H
#define MTIA_REF_FC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "mtia/ops/fc.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Fully connected: the arithmetic of struct mtia_fc_weights_desc (FBGEMM requantize_u8acc32_ref for
 * INT8).
 *
 * INT8
 *	acc[i][j] = sum_k A[i][k] * W[j][k]					s32, mod 2^32
 *	raw[i][j] = sum_k (A[i][k] - a_zero_point) * (W[j][k] - w_zero_point[j]) + bias[j]  mod 2^32
 *	MTIA_OUT_U8   C = clamp(rne(f32(f32(raw) * scale[j])) + c_zero_point, lo, 255)
 *		      lo = relu ? c_zero_point : 0
 *	MTIA_OUT_S8   the same, lo = relu ? c_zero_point : -128, and 127
 *	MTIA_OUT_F32  C = f32(f32(raw) * scale[j]), with relu: C > 0 ? C : +0
 *	MTIA_OUT_F16, MTIA_OUT_BF16: that, rounded
 *	MTIA_OUT_S32  C = acc (scale, bias, zero points and relu have no part in it)
 * F16, BF16: as there, with k_split as in struct mtia_fc_desc.
 */
struct mtia_fc_ref {
	uint32_t m, n, k;	     /* >= 1 */
	const void *a;		     /* M rows of K, lda apart */
	size_t lda;		     /* elements >= k, or 0 */
	const void *w;		     /* N rows of K, ldw apart: row j makes output column j */
	size_t ldw;		     /* elements >= k, or 0 */
	const float *scale;	     /* INT8: N finite multipliers; not read for MTIA_OUT_S32 */
	const int32_t *bias;	     /* N, or NULL */
	const int32_t *w_zero_point; /* N, each -128 .. 127, or NULL for 0 */
	int32_t a_zero_point;	     /* 0 .. 255; -128 .. 127 if a_signed */
	int32_t c_zero_point;	     /* of U8 0 .. 255, of S8 -128 .. 127 */
	bool relu;
	uint32_t out;		     /* enum mtia_fc_out: type of C's elements */
	void *c;		     /* M rows of N elements, ldc apart */
	size_t ldc;		     /* elements >= n, or 0 */
	uint32_t type;		     /* enum mtia_matmul */
	bool a_signed;		     /* INT8 */
	bool per_tensor;	     /* scale and w_zero_point have one element */
	const float *bias_f32;	     /* F16, BF16: N, or NULL */
	float c_scale;		     /* F16, BF16 to 8 bits: > 0, it and its reciprocal finite */
	uint32_t k_split;	     /* F16, BF16: 0 (means 1) .. ceil(k / 16) */
};
MTIA_API int mtia_fc_ref(const struct mtia_fc_ref *fc);

/*
 * FP32 peer, for the accuracy baseline only: no device computes it, nothing is bit-exact with it.
 * C[i][j] = sum_k A[i][k] * W[j][k] (multiply, then add, k ascending) + bias[j], then relu.
 */
MTIA_API int mtia_fc_f32_ref(uint32_t m, uint32_t n, uint32_t k, const float *a, const float *w,
			     const float *bias, bool relu, float *c);

#ifdef __cplusplus
}
#endif
#endif /* MTIA_REF_FC_H */
