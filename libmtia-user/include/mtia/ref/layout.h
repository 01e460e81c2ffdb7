/* SPDX-License-Identifier: MIT */
/* Reference results: layout operators. */
#ifndef MTIA_REF_LAYOUT_H
#define MTIA_REF_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "mtia/ops/layout.h"

#ifdef __cplusplus
extern "C" {
#endif

/* struct mtia_concat_desc on host memory. Strides in bytes, 0 = tight. */
struct mtia_concat_ref_input {
	const void *x;
	size_t stride;
	uint32_t cols; /* >= 1 */
};
struct mtia_concat_ref {
	uint32_t element_bits; /* 4, 8, 16, 32 */
	uint32_t rows;	       /* >= 1 */
	uint32_t input_count;  /* >= 1 */
	const struct mtia_concat_ref_input *inputs;
	void *y;
	size_t y_stride;
};
MTIA_API int mtia_concat_ref(const struct mtia_concat_ref *concat);

/* struct mtia_transpose_desc on host memory. Strides in bytes, 0 = tight. */
struct mtia_transpose_ref {
	uint32_t element_bits;
	uint32_t batch, rows, cols; /* >= 1 */
	const void *x;
	void *y;
	size_t x_stride, y_stride;
	size_t x_batch, y_batch; /* 0 = rows (cols) * stride */
};
MTIA_API int mtia_transpose_ref(const struct mtia_transpose_ref *transpose);

#ifdef __cplusplus
}
#endif
#endif /* MTIA_REF_LAYOUT_H */
