/* SPDX-License-Identifier: MIT */
/* Quantise, dequantise, dynamic row-wise quantise. */
#ifndef MTIA_OPS_QUANTIZE_H
#define MTIA_OPS_QUANTIZE_H

#include "mtia/ops/types.h"

#ifdef __cplusplus
extern "C" {
#endif

/* scale > 0, it and its reciprocal finite; zero_point within the 8-bit type's range. */
struct mtia_quant_param {
	float scale;
	int32_t zero_point;
};

#define MTIA_QUANT_PER_ROW (1u << 0) /* `params` has one element a row */
#define MTIA_QUANT_PER_COL (1u << 1) /* or one a column */

/*
 * Quantise: x F32, F16 or BF16, y U8 or S8 (FBGEMM Quantize; times the reciprocal):
 *	y = clamp(zero_point + rne(f32(f32(x) * f32(1 / scale))), lo, hi)
 *	rne saturates to s32; a NaN counts as 0
 * Dequantise: x U8 or S8, y F32, F16 or BF16:
 *	y = f32(scale * (f32)(x - zero_point)), then rounded to y's type
 *
 * With PER_ROW or PER_COL params lie in device memory (from MTIA_ROW_ALIGN on); what they hold is
 * not checked: a scale outside the rule gives an unspecified result. Else `param` serves all.
 */
struct mtia_quantize_desc {
	uint32_t size, flags; /* MTIA_QUANT_* */
	uint32_t rows, cols;  /* >= 1 */
	uint32_t x_type, y_type; /* enum mtia_dtype */
	struct mtia_tensor x, y;
	struct mtia_quant_param param;
	struct mtia_buffer *params; /* struct mtia_quant_param [rows] or [cols] */
	uint64_t params_offset;
};
MTIA_API int mtia_quantize_append(struct mtia_cmd *cmd, struct mtia_queue *queue,
				  const struct mtia_quantize_desc *desc);
MTIA_API int mtia_quantize_run(struct mtia_queue *queue, const struct mtia_quantize_desc *desc,
			       const mtia_event *deps, size_t dep_count, mtia_event *event);
MTIA_API int mtia_dequantize_append(struct mtia_cmd *cmd, struct mtia_queue *queue,
				    const struct mtia_quantize_desc *desc);
MTIA_API int mtia_dequantize_run(struct mtia_queue *queue, const struct mtia_quantize_desc *desc,
				 const mtia_event *deps, size_t dep_count, mtia_event *event);

/*
 * Dynamic row-wise quantise: a row of x becomes a row of MTIA_TABLE_U8_F32_LAST, cols + 8 bytes, as
 * mtia_quantize_rowwise_u8() makes it:
 *	range = f32(max - min); scale = f32(range / 255); bias = min
 *	q[j] = clamp(rne(f32(f32(x[j] - min) * f32(255 / f32(range + 1e-8f)))), 0, 255), NaN: 0
 * min and max are IEEE minimumNumber, maximumNumber: -0 < +0, a NaN is ignored unless all are.
 */
struct mtia_rowwise_desc {
	uint32_t size, flags; /* flags 0 */
	uint32_t rows, cols;  /* >= 1 */
	uint32_t x_type;      /* MTIA_DTYPE_F32, _F16, _BF16 */
	uint32_t reserved;
	struct mtia_tensor x, y;
};
MTIA_API int mtia_rowwise_append(struct mtia_cmd *cmd, struct mtia_queue *queue,
				 const struct mtia_rowwise_desc *desc);
MTIA_API int mtia_rowwise_run(struct mtia_queue *queue, const struct mtia_rowwise_desc *desc,
			      const mtia_event *deps, size_t dep_count, mtia_event *event);

#ifdef __cplusplus
}
#endif
#endif /* MTIA_OPS_QUANTIZE_H */
