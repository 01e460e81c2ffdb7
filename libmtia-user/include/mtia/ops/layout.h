/* SPDX-License-Identifier: MIT */
/* Layout operators: concatenate, transpose. No element is changed. */
#ifndef MTIA_OPS_LAYOUT_H
#define MTIA_OPS_LAYOUT_H

#include "mtia/ops/types.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Elements of 4, 8, 16 or 32 bits. A row of 4-bit elements begins at a byte, element 0 in its low
 * nibble; behind an odd number of them the rest of the last byte is not used, and 0 in results.
 */

struct mtia_concat_input {
	struct mtia_tensor x; /* rows of cols elements */
	uint32_t cols;	      /* >= 1 */
	uint32_t reserved;
};
/*
 * y[r] = x_0[r], x_1[r], ...: along the columns. The same tensor may be given several times. A job
 * holds some 3,600 inputs (-E2BIG: its command buffer is full): put more together in steps.
 */
struct mtia_concat_desc {
	uint32_t size, flags; /* flags 0 */
	uint32_t element_bits;
	uint32_t rows;	      /* >= 1, of all tensors */
	uint32_t input_count; /* >= 1 */
	uint32_t reserved;
	const struct mtia_concat_input *inputs; /* read during the call */
	struct mtia_tensor y; /* rows of the sum of cols */
};
MTIA_API int mtia_concat_append(struct mtia_cmd *cmd, struct mtia_queue *queue,
				const struct mtia_concat_desc *desc);
MTIA_API int mtia_concat_run(struct mtia_queue *queue, const struct mtia_concat_desc *desc,
			     const mtia_event *deps, size_t dep_count, mtia_event *event);

/* y[b][c][r] = x[b][r][c]. */
struct mtia_transpose_desc {
	uint32_t size, flags; /* flags 0 */
	uint32_t element_bits;
	uint32_t batch, rows, cols; /* >= 1 */
	struct mtia_tensor x; /* a matrix: rows of cols elements */
	struct mtia_tensor y; /* cols rows of rows elements */
	/* Bytes from one matrix to the next, aligned like the strides; 0 = rows (cols) * stride. */
	uint64_t x_batch, y_batch;
};
MTIA_API int mtia_transpose_append(struct mtia_cmd *cmd, struct mtia_queue *queue,
				   const struct mtia_transpose_desc *desc);
MTIA_API int mtia_transpose_run(struct mtia_queue *queue, const struct mtia_transpose_desc *desc,
				const mtia_event *deps, size_t dep_count, mtia_event *event);

#ifdef __cplusplus
}
#endif
#endif /* MTIA_OPS_LAYOUT_H */
