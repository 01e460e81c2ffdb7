/* SPDX-License-Identifier: MIT */
/* Fully connected layers (GEMM with static weights): INT8, FP16, BF16. */
#ifndef MTIA_OPS_FC_H
#define MTIA_OPS_FC_H

#include "mtia/ops/types.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Operand types of matrix products. */
enum mtia_matmul {
	MTIA_MATMUL_INT8 = 0, /* INT32 accumulation */
	MTIA_MATMUL_F16 = 1,  /* FP32 accumulation */
	MTIA_MATMUL_BF16 = 2,
};

/* INT8 sums are modulo 2^32. Up to this K, 255 * 128 * K fits in s32: nothing can overflow. */
#define MTIA_FC_EXACT_K 65793u
/* M and N, at most: 32-bit counters that go in steps of 64. K: rows have less than 4 GiB. */
#define MTIA_MATMUL_MAX_MN 0xffffffc0u

/*
 * Prepared weights: W[N x K], row-major, one row an output column.
 *
 * INT8: A is u8, W is s8.
 * raw[i][j] = sum_k (A[i][k] - a_zero_point) * (W[j][k] - w_zero_point[j]) + bias[j]    (mod 2^32)
 * u8 out    = clamp(rne(f32(raw * scale[j])) + c_zero_point, relu ? c_zero_point : 0, 255)
 * s8 out    = the same with -128 .. 127
 * f32 out   = f32(raw * scale[j]), relu ? max(., 0); f16, bf16 out: that, rounded once more
 * s32 out   = raw without bias and zero points: the plain sum of A[i][k] * W[j][k]
 *
 * F16, BF16: A and W are of that type.
 * acc[i][j] = bias_f32[j] or +0, then acc = fma(A[i][k], W[j][k], acc), k ascending, FP32
 *             With k_split > 1 each share of K has its own accumulator, see struct mtia_fc_desc.
 * f32 out   = acc, relu ? max(., 0); f16, bf16 out: that, rounded; a NaN stays NaN
 * u8, s8 out = clamp(rne(f32(acc * f32(1 / c_scale))) + c_zero_point, lo, hi), lo and hi as above;
 *             rne saturates, a NaN counts as 0
 */
struct mtia_fc_weights_desc {
	uint32_t size, flags;	/* MTIA_FC_WEIGHTS_* */
	uint32_t n, k;		/* >= 1 */
	const void *w;		/* N rows of K, ldw apart */
	size_t ldw;		/* elements; 0 = k */
	/* INT8: N finite multipliers: a_scale * w_scale[j], and for 8 bits out / c_scale. */
	const float *scale;
	const int32_t *bias;	/* INT8: N, or NULL */
	const int32_t *w_zero_point; /* INT8: N, -128 .. 127, or NULL for symmetric weights */
	int32_t a_zero_point;	/* INT8: 0 .. 255, or -128 .. 127 with A_SIGNED */
	uint32_t type;		/* enum mtia_matmul */
	const float *bias_f32;	/* F16, BF16: N, or NULL */
};
#define MTIA_FC_WEIGHTS_PER_TENSOR (1u << 0) /* scale and w_zero_point have one element for all */
#define MTIA_FC_WEIGHTS_A_SIGNED   (1u << 1) /* INT8: A is s8 */

struct mtia_fc_weights;
MTIA_API int mtia_fc_weights_create(struct mtia_context *context,
				    const struct mtia_fc_weights_desc *desc,
				    struct mtia_fc_weights **out);
MTIA_API void mtia_fc_weights_free(struct mtia_fc_weights *weights);

enum mtia_fc_out {
	MTIA_OUT_U8 = MTIA_DTYPE_U8,
	MTIA_OUT_F32 = MTIA_DTYPE_F32,
	MTIA_OUT_S32 = MTIA_DTYPE_S32, /* INT8 only */
	MTIA_OUT_S8 = MTIA_DTYPE_S8,
	MTIA_OUT_F16 = MTIA_DTYPE_F16,
	MTIA_OUT_BF16 = MTIA_DTYPE_BF16,
};

#define MTIA_FC_DESC_RELU (1u << 0)

/*
 * k_split: that many neighbouring columns of PEs share K and add their partial sums over the
 * reduction network. 0 = the planner's choice: any for INT8, whose sums are exact; always 1 for F16
 * and BF16, whose result depends on it:
 *
 *	share = ceil(ceil(K / 16) / k_split) * 16
 *	part[c] = the fma chain over k = c * share .. min(K, (c + 1) * share) - 1, from +0; part[0]
 *		  from the bias. A share may be empty.
 *	acc = part[0]; acc = f32(part[c] + acc) for c = 1 .. k_split - 1
 *
 * 1 <= k_split <= columns of the queue's sub-grid and ceil(K / 16) (INT8: ceil(K / 32)).
 */
struct mtia_fc_desc {
	uint32_t size, flags; /* MTIA_FC_DESC_* */
	struct mtia_fc_weights *weights;
	uint32_t m; /* rows of A and C, >= 1 */
	uint32_t out; /* enum mtia_fc_out */
	struct mtia_buffer *a;	/* M rows of K, lda bytes apart; offset and lda multiples of 32 */
	uint64_t a_offset, lda;
	struct mtia_buffer *c;	/* M rows of N elements, ldc bytes apart; multiples of 4 */
	uint64_t c_offset, ldc;
	int32_t c_zero_point;	/* u8, s8 output: within its range */
	uint32_t k_split;
	float c_scale;		/* F16, BF16 to u8, s8: > 0, it and its reciprocal finite */
};
/* Append one launch that fits the queue's sub-grid. -ERANGE: a tensor leaves its buffer. */
MTIA_API int mtia_fc_append(struct mtia_cmd *cmd, struct mtia_queue *queue,
			    const struct mtia_fc_desc *desc);
MTIA_API int mtia_fc_run(struct mtia_queue *queue, const struct mtia_fc_desc *desc,
			 const mtia_event *deps, size_t dep_count, mtia_event *event);

#ifdef __cplusplus
}
#endif
#endif /* MTIA_OPS_FC_H */
