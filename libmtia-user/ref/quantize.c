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
		row[j] = round_to_8((x[j] - min) * inverse, 0, 0, 255);
	memcpy(row + dim, &scale, sizeof(scale));
	memcpy(row + dim + 4, &min, sizeof(min));
	return 0;
}

int mtia_quantize_rowwise_u8(const float *x, size_t rows, uint32_t dim, size_t x_stride, void *out,
			     size_t out_stride)
{
	if (!x || !out || !dim)
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

static int quantize_row_u4(const float *x, uint32_t dim, uint8_t *row)
{
	float min = x[0], max = x[0], range, scale, inverse;
	uint16_t bias, scale16;

	for (uint32_t j = 0; j < dim; j++) {
		if (!isfinite(x[j]))
			return -EINVAL;
		min = x[j] < min ? x[j] : min;
		max = x[j] > max ? x[j] : max;
	}
	bias = mtia_f16_from_f32(min);
	min = mtia_f32_from_f16(bias);
	range = max - min;
	scale16 = mtia_f16_from_f32(range == 0 ? 1.0f : range / 15.0f);
	scale = mtia_f32_from_f16(scale16);
	if (!isfinite(min) || !isfinite(scale))
		return -EINVAL;
	if (scale == 0 || isinf(1.0f / scale))
		scale = 1.0f;
	inverse = 1.0f / scale;
	scale16 = mtia_f16_from_f32(scale);
	memset(row, 0, dim / 2);
	for (uint32_t j = 0; j < dim; j++)
		row[j / 2] |= (uint8_t)(round_to_8((x[j] - min) * inverse, 0, 0, 15) << j % 2 * 4);
	memcpy(row + dim / 2, &scale16, sizeof(scale16));
	memcpy(row + dim / 2 + 2, &bias, sizeof(bias));
	return 0;
}

int mtia_quantize_rowwise_u4(const float *x, size_t rows, uint32_t dim, size_t x_stride, void *out,
			     size_t out_stride)
{
	uint32_t bytes = mtia_table_row_bytes(MTIA_TABLE_U4_F16_LAST, dim);

	if (!x || !out || !bytes)
		return -EINVAL;
	if ((x_stride && x_stride < dim) || (out_stride && out_stride < bytes))
		return -EINVAL;
	for (size_t i = 0; i < rows; i++) {
		int err = quantize_row_u4(x + i * (x_stride ? x_stride : dim), dim,
					  (uint8_t *)out + i * (out_stride ? out_stride : bytes));

		if (err)
			return err;
	}
	return 0;
}

static bool quant_valid(float scale, int32_t zero_point)
{
	return scale_valid(scale) && zero_point_valid(zero_point, MTIA_DTYPE_U8);
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
		q[i] = round_to_8(x[i] * inverse, zero_point, 0, 255);
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

/* ---- The device's operators
 * ------------------------------------------------------------------------ */

static bool params_valid(const struct mtia_quantize_ref *q, uint32_t type)
{
	const struct mtia_quant_param *params = q->per_row ? q->per_row : q->per_col;
	uint32_t count = q->per_row ? q->rows : q->cols;

	if (q->per_row && q->per_col)
		return false;
	if (!params) {
		params = &q->param;
		count = 1;
	}
	for (uint32_t i = 0; i < count; i++) {
		if (!scale_valid(params[i].scale) || !zero_point_valid(params[i].zero_point, type))
			return false;
	}
	return true;
}

static bool shape_valid(const struct mtia_quantize_ref *q)
{
	return q->rows && q->cols && q->x && q->y && (!q->x_stride || q->x_stride >= q->cols) &&
	       (!q->y_stride || q->y_stride >= q->cols);
}

static const struct mtia_quant_param *param(const struct mtia_quantize_ref *q, size_t row,
					    size_t col)
{
	return q->per_row ? &q->per_row[row] : q->per_col ? &q->per_col[col] : &q->param;
}

int mtia_quantize_ref(const struct mtia_quantize_ref *q)
{
	if (!is_float(q->x_type) || !is_8bit(q->y_type) || !shape_valid(q) ||
	    !params_valid(q, q->y_type))
		return -EINVAL;
	for (size_t i = 0; i < q->rows; i++) {
		for (size_t j = 0; j < q->cols; j++) {
			const struct mtia_quant_param *p = param(q, i, j);
			float x = load_float(q->x, i * (q->x_stride ? q->x_stride : q->cols) + j,
					     q->x_type);
			size_t at = i * (q->y_stride ? q->y_stride : q->cols) + j;

			((uint8_t *)q->y)[at] = round_to_8(x * (1.0f / p->scale), p->zero_point,
							   lowest(q->y_type), highest(q->y_type));
		}
	}
	return 0;
}

int mtia_dequantize_ref(const struct mtia_quantize_ref *q)
{
	if (!is_8bit(q->x_type) || !is_float(q->y_type) || !shape_valid(q) ||
	    !params_valid(q, q->x_type))
		return -EINVAL;
	for (size_t i = 0; i < q->rows; i++) {
		for (size_t j = 0; j < q->cols; j++) {
			const struct mtia_quant_param *p = param(q, i, j);
			int32_t x = load_8bit(q->x, i * (q->x_stride ? q->x_stride : q->cols) + j,
					      q->x_type);

			store_float(q->y, i * (q->y_stride ? q->y_stride : q->cols) + j, q->y_type,
				    p->scale * (float)(x - p->zero_point));
		}
	}
	return 0;
}

int mtia_rowwise_ref(const struct mtia_rowwise_ref *r)
{
	size_t x_stride = r->x_stride ? r->x_stride : r->cols;
	size_t y_stride = r->y_stride ? r->y_stride : r->cols + 8ul;

	if (!r->rows || !r->cols || !r->x || !r->y ||
	    !is_float(r->x_type) || x_stride < r->cols || y_stride < r->cols + 8ul)
		return -EINVAL;
	for (size_t i = 0; i < r->rows; i++) {
		uint8_t *row = (uint8_t *)r->y + i * y_stride;
		float min = load_float(r->x, i * x_stride, r->x_type), max = min, range, scale,
		      inverse;

		for (size_t j = 1; j < r->cols; j++) {
			float x = load_float(r->x, i * x_stride + j, r->x_type);

			min = minimum_number(min, x);
			max = maximum_number(max, x);
		}
		min = canonical(min);
		range = max - min;
		scale = canonical(range / 255.0f);
		inverse = 255.0f / (range + 1e-8f);
		for (size_t j = 0; j < r->cols; j++) {
			float x = load_float(r->x, i * x_stride + j, r->x_type);

			row[j] = round_to_8((x - min) * inverse, 0, 0, 255);
		}
		memcpy(row + r->cols, &scale, sizeof(scale));
		memcpy(row + r->cols + 4, &min, sizeof(min));
	}
	return 0;
}
