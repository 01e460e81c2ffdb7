// SPDX-License-Identifier: MIT
/* Quantisation of embedding rows and of activations. */
#include "mtia/ref.h"

#include <errno.h>

#include "exact.h"

static int quantize_row(const float *x, uint32_t dim, uint8_t *row)
{
	float min = x[0], max = x[0], range, scale, inverse;

	for (uint32_t j = 0; j < dim; j++) {
		if (!isfinite(x[j]))
			return -EINVAL;
		min = x[j] < min ? x[j] : min;
		max = x[j] > max ? x[j] : max;
	}
	range = max - min;
	if (!isfinite(range))
		return -EINVAL;
	scale = range / 255.0f;
	inverse = 255.0f / (range + 1e-8f);
	for (uint32_t j = 0; j < dim; j++)
		row[j] = round_to_u8((x[j] - min) * inverse, 0, 0, 255);
	memcpy(row + dim, &scale, sizeof(scale));
	memcpy(row + dim + 4, &min, sizeof(min));
	return 0;
}

int mtia_quantize_rowwise_u8(const float *x, size_t rows, uint32_t dim, size_t x_stride, void *out,
			     size_t out_stride)
{
	if (!x || !out || !dim || dim > 1024)
		return -EINVAL;
	if ((x_stride && x_stride < dim) || (out_stride && out_stride < (size_t)dim + 8))
		return -EINVAL;
	if (!x_stride)
		x_stride = dim;
	if (!out_stride)
		out_stride = (size_t)dim + 8;
	for (size_t i = 0; i < rows; i++) {
		int err = quantize_row(x + i * x_stride, dim, (uint8_t *)out + i * out_stride);

		if (err)
			return err;
	}
	return 0;
}

static bool quant_valid(float scale, int32_t zero_point)
{
	return scale > 0 && isfinite(scale) && isfinite(1.0f / scale) && zero_point >= 0 &&
	       zero_point <= 255;
}

/* Times the reciprocal, as FBGEMM does; ONNX divides, which differs at ties. */
int mtia_quantize_u8(const float *x, size_t count, float scale, int32_t zero_point, uint8_t *q)
{
	float inverse = 1.0f / scale;

	if (!quant_valid(scale, zero_point))
		return -EINVAL;
	for (size_t i = 0; i < count; i++) {
		if (isnan(x[i]))
			return -EINVAL;
		q[i] = round_to_u8(x[i] * inverse, zero_point, 0, 255);
	}
	return 0;
}

int mtia_dequantize_u8(const uint8_t *q, size_t count, float scale, int32_t zero_point, float *x)
{
	if (!quant_valid(scale, zero_point))
		return -EINVAL;
	for (size_t i = 0; i < count; i++)
		x[i] = scale * (float)((int32_t)q[i] - zero_point);
	return 0;
}
