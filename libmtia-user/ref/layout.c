// SPDX-License-Identifier: MIT
/* Layout operators, element by element. */
#include "mtia/ref.h"

#include <errno.h>

#include "exact.h"

static bool bits_valid(uint32_t bits)
{
	return bits == 4 || bits == 8 || bits == 16 || bits == 32;
}

static size_t row_bytes(uint32_t bits, uint64_t elements)
{
	return (elements * bits + 7) / 8;
}

/* Element `from` of one row to element `to` of another, whose other nibble stays. */
static void move(const uint8_t *x, uint64_t from, uint8_t *y, uint64_t to, uint32_t bits)
{
	uint32_t shift = to % 2 * 4;

	if (bits == 4)
		y[to / 2] = (uint8_t)((y[to / 2] & 0xf0 >> shift) |
				      (x[from / 2] >> from % 2 * 4 & 15) << shift);
	else
		memcpy(y + to * (bits / 8), x + from * (bits / 8), bits / 8);
}

int mtia_concat_ref(const struct mtia_concat_ref *r)
{
	uint64_t total = 0;
	size_t y_stride;

	if (!bits_valid(r->element_bits) || !r->rows || !r->input_count || !r->inputs || !r->y)
		return -EINVAL;
	for (uint32_t i = 0; i < r->input_count; i++) {
		const struct mtia_concat_ref_input *in = &r->inputs[i];

		if (!in->x || !in->cols ||
		    (in->stride && in->stride < row_bytes(r->element_bits, in->cols)))
			return -EINVAL;
		total += in->cols;
	}
	y_stride = r->y_stride ? r->y_stride : row_bytes(r->element_bits, total);
	if (y_stride < row_bytes(r->element_bits, total))
		return -EINVAL;
	for (size_t row = 0; row < r->rows; row++) {
		uint8_t *y = (uint8_t *)r->y + row * y_stride;
		uint64_t at = 0;

		memset(y, 0, row_bytes(r->element_bits, total));
		for (uint32_t i = 0; i < r->input_count; i++) {
			const struct mtia_concat_ref_input *in = &r->inputs[i];
			size_t stride =
				in->stride ? in->stride : row_bytes(r->element_bits, in->cols);

			for (uint64_t j = 0; j < in->cols; j++)
				move((const uint8_t *)in->x + row * stride, j, y, at++,
				     r->element_bits);
		}
	}
	return 0;
}

int mtia_transpose_ref(const struct mtia_transpose_ref *r)
{
	size_t x_row = row_bytes(r->element_bits, r->cols),
	       y_row = row_bytes(r->element_bits, r->rows);
	size_t x_stride = r->x_stride ? r->x_stride : x_row;
	size_t y_stride = r->y_stride ? r->y_stride : y_row;
	size_t x_batch = r->x_batch ? r->x_batch : r->rows * x_stride;
	size_t y_batch = r->y_batch ? r->y_batch : r->cols * y_stride;

	if (!bits_valid(r->element_bits) || !r->batch || !r->rows || !r->cols || !r->x || !r->y ||
	    x_stride < x_row || y_stride < y_row || x_batch < r->rows * x_stride ||
	    y_batch < r->cols * y_stride)
		return -EINVAL;
	for (size_t b = 0; b < r->batch; b++) {
		const uint8_t *x = (const uint8_t *)r->x + b * x_batch;
		uint8_t *y = (uint8_t *)r->y + b * y_batch;

		for (size_t j = 0; j < r->cols; j++) {
			memset(y + j * y_stride, 0, y_row);
			for (size_t i = 0; i < r->rows; i++)
				move(x + i * x_stride, j, y + j * y_stride, i, r->element_bits);
		}
	}
	return 0;
}
