/* SPDX-License-Identifier: MIT */
/*
 * Reference results: what each operator of mtia/ops.h computes, bit for bit, in plain C.
 *
 * The arithmetic is that of FBGEMM's CPU reference (RefImplementations.cc, QuantUtils.cc), named
 * at each function. f32(x) rounds to binary32, nearest-even; rne(x) is the nearest even integer;
 * fma has one rounding. The rounding mode must be the default one. tests/golden checks every
 * function against oracles that share no code with it.
 *
 * All functions are pure: they read their inputs, write their output, keep no state and may run in
 * any number of threads. They return 0, or -EINVAL for arguments outside the ranges given here
 * (then the output is unspecified). Inputs and output must not overlap. Strides of 0 mean "tight".
 */
#ifndef MTIA_REF_H
#define MTIA_REF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "mtia/ops.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Largest K for which 255 * 128 * K fits in int32. */
#define MTIA_FC_MAX_K	65793u

/*
 * Fully connected, u8 activations times s8 weights (FBGEMM requantize_u8acc32_ref).
 *
 *	acc[i][j] = sum_k A[i][k] * W[j][k]						s32, exact
 *	raw[i][j] = sum_k (A[i][k] - a_zero_point) * (W[j][k] - w_zero_point[j]) + bias[j]  mod 2^32
 *	MTIA_OUT_U8   C = clamp(rne(f32(f32(raw) * scale[j])) + c_zero_point, lo, 255)
 *		      lo = relu ? c_zero_point : 0
 *	MTIA_OUT_F32  C = f32(f32(raw) * scale[j]), with relu: C > 0 ? C : +0
 *	MTIA_OUT_S32  C = acc (scale, bias, zero points and relu have no part in it)
 */
struct mtia_fc_ref {
	uint32_t m, n, k;	     /* m, n >= 1; 1 <= k <= MTIA_FC_MAX_K */
	const uint8_t *a;	     /* M rows of K, lda apart */
	size_t lda;		     /* elements >= k, or 0 */
	const int8_t *w;	     /* N rows of K, ldw apart: row j makes output column j */
	size_t ldw;		     /* elements >= k, or 0 */
	const float *scale;	     /* N finite multipliers; not read for MTIA_OUT_S32 */
	const int32_t *bias;	     /* N, or NULL */
	const int32_t *w_zero_point; /* N, each -128 .. 127, or NULL for 0 */
	int32_t a_zero_point;	     /* 0 .. 255 */
	int32_t c_zero_point;	     /* 0 .. 255, MTIA_OUT_U8 only */
	bool relu;
	uint32_t out;		     /* enum mtia_fc_out: type of C's elements */
	void *c;		     /* M rows of N elements, ldc apart */
	size_t ldc;		     /* elements >= n, or 0 */
};
MTIA_API int mtia_fc_ref(const struct mtia_fc_ref *fc);

/*
 * Table-batched embedding over INT8 rows (FBGEMM EmbeddingSpMDM_ref, FP32 scale and bias last).
 *
 *	bag (t, b) = indices[offsets[t * batch + b]] .. indices[offsets[t * batch + b + 1]]
 *	for l in the bag, in order:  w = weights ? weights[l] : 1
 *		acc[j] = fma(f32(w * scale), q[j], f32(acc[j] + f32(w * bias)))  from +0
 *	MTIA_POOL_MEAN, bag not empty:  acc[j] = f32(acc[j] * f32(1.0f / length))
 *	out[b][sum of dim of tables before t + j] = acc[j]; an empty bag gives +0
 *
 * -EINVAL also for weights with MTIA_POOL_MEAN, an index outside its table (-1 included), offsets
 * that decrease, are negative or go beyond index_count. The last two fill `finding`,
 * which may be NULL. Rows need no alignment.
 */
struct mtia_tbe_ref {
	const struct mtia_table *tables; /* dim 1 .. 1024, row_stride 0 or >= dim + 8 */
	uint32_t table_count;		 /* >= 1 */
	uint32_t batch;			 /* >= 1 */
	uint32_t pooling;		 /* enum mtia_pooling */
	uint32_t index_bytes;		 /* 4 or 8: indices and offsets are int32_t or int64_t */
	uint64_t index_count;
	const void *indices;		 /* index_count; may be NULL if that is 0 */
	const void *offsets;		 /* table_count * batch + 1 */
	const float *weights;		 /* index_count, or NULL */
	float *out;			 /* batch rows, out_stride apart */
	size_t out_stride;		 /* elements >= sum of dim, or 0 */
};
MTIA_API int mtia_tbe_ref(const struct mtia_tbe_ref *tbe, struct mtia_tbe_finding *finding);

/*
 * Row-wise quantisation (FBGEMM FloatOrHalfToFused8BitRowwiseQuantizedSBFloat, on the CPU): one
 * row of `dim` values becomes dim bytes q, FP32 scale, FP32 bias.
 *
 *	range = f32(max - min); scale = f32(range / 255); bias = min
 *	q[j] = rne(f32(f32(x[j] - min) * f32(255 / f32(range + 1e-8f))))
 *
 * x_stride in elements, out_stride in bytes (0 = dim + 8). -EINVAL for a NaN or an infinity, and
 * for a range that is not finite.
 */
MTIA_API int mtia_quantize_rowwise_u8(const float *x, size_t rows, uint32_t dim, size_t x_stride,
				      void *out, size_t out_stride);

/*
 * Per-tensor quantisation (FBGEMM Quantize, Dequantize).
 *
 *	q = clamp(zero_point + rne(f32(x * f32(1 / scale))), 0, 255)
 *	x = f32(scale * (q - zero_point))
 *
 * scale > 0, scale and its reciprocal finite; zero_point 0 .. 255. -EINVAL for a NaN; infinities
 * saturate.
 */
MTIA_API int mtia_quantize_u8(const float *x, size_t count, float scale, int32_t zero_point,
			      uint8_t *q);
MTIA_API int mtia_dequantize_u8(const uint8_t *q, size_t count, float scale, int32_t zero_point,
				float *x);

/*
 * DLRM's dot interaction. With v_0 = x[b], v_i = emb[b][(i - 1) * dim ..], i = 1 .. features:
 *
 *	out[b] = x[b], then v_i . v_j for (i, j) = (1,0), (2,0), (2,1), (3,0) ...
 *	v_i . v_j: acc = fma(v_i[k], v_j[k], acc), k ascending, from +0
 *
 * out has dim + (features + 1) * features / 2 columns. dim >= 1; features 1 .. 1024. Strides in
 * elements, 0 = tight.
 */
struct mtia_interaction_ref {
	uint32_t batch, features, dim;
	const float *x;	  /* batch rows of dim */
	const float *emb; /* batch rows of features * dim */
	float *out;
	size_t x_stride, emb_stride, out_stride;
};
MTIA_API int mtia_interaction_ref(const struct mtia_interaction_ref *it);

/*
 * FP32 peers of the two INT8 operators, for the accuracy baseline only: no device computes them and
 * nothing is bit-exact with them.
 *
 * fc: C[i][j] = sum_k A[i][k] * W[j][k] (multiply, then add, k ascending) + bias[j], then relu.
 * tbe: as mtia_tbe_ref() with rows of dim floats (row_stride 0 or >= 4 * dim, 4-byte aligned),
 * acc = acc + w * x.
 */
MTIA_API int mtia_fc_f32_ref(uint32_t m, uint32_t n, uint32_t k, const float *a, const float *w,
		    const float *bias, bool relu, float *c);
MTIA_API int mtia_tbe_f32_ref(const struct mtia_tbe_ref *tbe, struct mtia_tbe_finding *finding);

#ifdef __cplusplus
}
#endif
#endif /* MTIA_REF_H */
