/* SPDX-License-Identifier: MIT */
/* Operators of the vector core: layer normalisation, batched reduce-add. FP32 arithmetic. */
#ifndef MTIA_OPS_NORM_H
#define MTIA_OPS_NORM_H

#include "mtia/ops/types.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Orders of sums are invented; they are what a vector core does well.
 *
 * The sum of a row is added up in MTIA_NORM_LANES lanes, a register group of VLEN 512 and LMUL 4:
 *
 *	s[i] = +0; for j = i, i + 64, i + 128 ... below the row's length: s[i] = f32(s[i] + x[j])
 *	for w = 32, 16, 8, 4, 2, 1: for i < w: s[i] = f32(s[i] + s[i + w])
 *	sum = s[0]
 */
#define MTIA_NORM_LANES 64u

/*
 * Layer normalisation of each row, D = cols, F = FP32, x converted to it:
 *
 *	mean = f32(sum of x[j] / (F)D)
 *	d[j] = f32(x[j] - mean)
 *	var  = f32(sum of d[j]^2 / (F)D), as the sum above but s[i] = fma(d[j], d[j], s[i])
 *	r    = f32(1 / f32(sqrt(f32(var + epsilon))))
 *	t[j] = f32(d[j] * r)
 *	y[j] = gamma ? fma(t[j], gamma[j], beta[j]) : t[j], rounded to y's type
 *
 * y may be x itself (same offset and stride) if they have one type.
 */
struct mtia_layernorm_desc {
	uint32_t size, flags; /* flags 0 */
	uint32_t rows, cols;  /* >= 1 */
	uint32_t x_type, y_type; /* MTIA_DTYPE_F32, _F16, _BF16 */
	struct mtia_tensor x, y;
	float epsilon;	      /* >= 0, finite */
	uint32_t reserved;    /* 0 */
	struct mtia_buffer *gamma, *beta; /* cols FP32 each, from MTIA_ROW_ALIGN on; both or none */
	uint64_t gamma_offset, beta_offset;
};
MTIA_API int mtia_layernorm_append(struct mtia_cmd *cmd, struct mtia_queue *queue,
				   const struct mtia_layernorm_desc *desc);
MTIA_API int mtia_layernorm_run(struct mtia_queue *queue, const struct mtia_layernorm_desc *desc,
				const mtia_event *deps, size_t dep_count, mtia_event *event);

/*
 * Batched reduce-add: y[b][j] = sum over r of x[b][r][j], in FP32:
 *	acc = +0; for r = 0 .. rows - 1: acc = f32(acc + x[b][r][j]); rounded to y's type
 */
struct mtia_reduce_add_desc {
	uint32_t size, flags; /* flags 0 */
	uint32_t batch, rows, cols; /* >= 1 */
	uint32_t x_type, y_type; /* MTIA_DTYPE_F32, _F16, _BF16 */
	uint32_t reserved;    /* 0 */
	struct mtia_tensor x; /* a matrix: rows of cols elements */
	struct mtia_tensor y; /* batch rows of cols elements */
	uint64_t x_batch;     /* bytes from matrix to matrix, multiple of 32; 0 = rows * stride */
};
MTIA_API int mtia_reduce_add_append(struct mtia_cmd *cmd, struct mtia_queue *queue,
				    const struct mtia_reduce_add_desc *desc);
MTIA_API int mtia_reduce_add_run(struct mtia_queue *queue, const struct mtia_reduce_add_desc *desc,
				 const mtia_event *deps, size_t dep_count, mtia_event *event);

#ifdef __cplusplus
}
#endif
#endif /* MTIA_OPS_NORM_H */
