/* SPDX-License-Identifier: MIT */
/* Batched matrix products of two run-time operands: INT8, FP16, BF16. */
#ifndef MTIA_OPS_MATMUL_H
#define MTIA_OPS_MATMUL_H

#include "mtia/ops/fc.h"

#ifdef __cplusplus
extern "C" {
#endif

#define MTIA_BMM_RELU	  (1u << 0)
#define MTIA_BMM_B_KN	  (1u << 1) /* B is K rows of N (as torch.bmm); else N rows of K */
#define MTIA_BMM_A_SIGNED (1u << 2) /* INT8 operands are u8 unless said otherwise */
#define MTIA_BMM_B_SIGNED (1u << 3)

/* MTIA_FC_EXACT_K if both operands are u8: 255 * 255 * K fits in s32. */
#define MTIA_BMM_EXACT_K_U8U8 33025u

/*
 * C[b] = A[b] * B[b], b = 0 .. batch - 1.
 *
 * INT8: raw = sum_k (A[b][i][k] - a_zero_point) * (B[b][j][k] - b_zero_point)      (s32, mod 2^32)
 *   u8, s8, f32, f16, bf16, s32 out as of struct mtia_fc_weights_desc, with the one `scale` and no
 *   bias; s32 out is the sum without zero points.
 * F16, BF16: as there, without bias; k_split as in struct mtia_fc_desc.
 */
struct mtia_bmm_desc {
	uint32_t size, flags; /* MTIA_BMM_* */
	uint32_t type;	      /* enum mtia_matmul */
	uint32_t out;	      /* enum mtia_fc_out */
	uint32_t batch, m, n, k; /* >= 1 */
	struct mtia_tensor a; /* M rows of K */
	struct mtia_tensor b; /* N rows of K, or with B_KN K rows of N */
	struct mtia_tensor c; /* M rows of N */
	/* Bytes from one matrix to the next, aligned like the strides; 0 = rows * stride. */
	uint64_t a_batch, b_batch, c_batch;
	float scale;	      /* INT8 to anything but s32: a_scale * b_scale (/ c_scale); finite */
	int32_t a_zero_point, b_zero_point; /* INT8: within the operand's range */
	int32_t c_zero_point; /* u8, s8 output */
	float c_scale;	      /* F16, BF16 to u8, s8 */
	uint32_t k_split;     /* 0 = planner's choice (1 for F16, BF16) */
};
MTIA_API int mtia_bmm_append(struct mtia_cmd *cmd, struct mtia_queue *queue,
			     const struct mtia_bmm_desc *desc);
MTIA_API int mtia_bmm_run(struct mtia_queue *queue, const struct mtia_bmm_desc *desc,
			  const mtia_event *deps, size_t dep_count, mtia_event *event);

#ifdef __cplusplus
}
#endif
#endif /* MTIA_OPS_MATMUL_H */
