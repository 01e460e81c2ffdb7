/* SPDX-License-Identifier: MIT */
/* Reference results: quantisation of embedding rows and of activations. */
#ifndef MTIA_REF_QUANTIZE_H
#define MTIA_REF_QUANTIZE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "mtia/ops/quantize.h"

#ifdef __cplusplus
extern "C" {
#endif

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
 * Row-wise 4-bit quantisation (FBGEMM FloatOrHalfToFusedNBitRowwiseQuantizedSBHalf): dim / 2 bytes,
 * low nibble first, FP16 scale, FP16 bias: a row of MTIA_TABLE_U4_F16_LAST.
 *
 *	bias = f16(min); range = f32(max - bias); scale = range == 0 ? 1 : f16(f32(range / 15))
 *	scale == 0, or 1 / scale infinite: scale = 1
 *	q[j] = clamp(rne(f32(f32(x[j] - bias) * f32(1 / scale))), 0, 15)
 *
 * dim even; x_stride in elements, out_stride in bytes (0 = dim / 2 + 4). -EINVAL as above, and if
 * the bias or the scale is beyond FP16.
 */
MTIA_API int mtia_quantize_rowwise_u4(const float *x, size_t rows, uint32_t dim, size_t x_stride,
				      void *out, size_t out_stride);

/*
 * The arithmetic of struct mtia_quantize_desc, for mtia_quantize_run() and mtia_dequantize_run().
 * Strides in elements, 0 = tight.
 */
struct mtia_quantize_ref {
	uint32_t rows, cols; /* >= 1 */
	uint32_t x_type, y_type;
	const void *x;
	void *y;
	size_t x_stride, y_stride;
	struct mtia_quant_param param;		/* or: */
	const struct mtia_quant_param *per_row; /* rows; each as `param` must be */
	const struct mtia_quant_param *per_col; /* cols; not both */
};
MTIA_API int mtia_quantize_ref(const struct mtia_quantize_ref *q);
MTIA_API int mtia_dequantize_ref(const struct mtia_quantize_ref *q);

/* The arithmetic of struct mtia_rowwise_desc: any input. y_stride in bytes. */
struct mtia_rowwise_ref {
	uint32_t rows, cols; /* >= 1 */
	uint32_t x_type;     /* MTIA_DTYPE_F32, _F16, _BF16 */
	const void *x;
	void *y;
	size_t x_stride, y_stride;
};
MTIA_API int mtia_rowwise_ref(const struct mtia_rowwise_ref *r);

#ifdef __cplusplus
}
#endif
#endif /* MTIA_REF_QUANTIZE_H */
