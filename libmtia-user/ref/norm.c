// SPDX-License-Identifier: MIT
/* Layer normalisation and reduce-add, in the vector core's order. */
#include "mtia/ref.h"

#include <errno.h>

#include "exact.h"

/* A row of the operand, from element `at` on. */
struct row {
	const struct mtia_layernorm_ref *norm;
	size_t at;
};

static float element(const struct row *row, size_t j)
{
	return load_float(row->norm->x, row->at + j, row->norm->x_type);
}

/* Lanes on lanes, down a tree. */
static float across(float *s)
{
	for (uint32_t w = MTIA_NORM_LANES / 2; w; w /= 2) {
		for (uint32_t i = 0; i < w; i++)
			s[i] += s[i + w];
	}
	return s[0];
}

static float sum_of(const struct row *row)
{
	float s[MTIA_NORM_LANES] = { 0 };

	for (size_t j = 0; j < row->norm->cols; j++)
		s[j % MTIA_NORM_LANES] += element(row, j);
	return across(s);
}

/* Of (x[j] - mean)^2. */
MTIA_FMA_CLONES
static float squares_of(const struct row *row, float mean)
{
	float s[MTIA_NORM_LANES] = { 0 };

	for (size_t j = 0; j < row->norm->cols; j++) {
		float d = element(row, j) - mean, *lane = &s[j % MTIA_NORM_LANES];

		*lane = fmaf(d, d, *lane);
	}
	return across(s);
}

static void normalize(const struct row *row, size_t y)
{
	const struct mtia_layernorm_ref *r = row->norm;
	float cols = (float)r->cols, mean = sum_of(row) / cols;
	float scale = 1.0f / sqrtf(squares_of(row, mean) / cols + r->epsilon);

	for (size_t j = 0; j < r->cols; j++) {
		float d = element(row, j) - mean, t = d * scale;

		store_float(r->y, y + j, r->y_type,
			    r->gamma ? fmaf(t, r->gamma[j], r->beta[j]) : t);
	}
}

int mtia_layernorm_ref(const struct mtia_layernorm_ref *r)
{
	size_t x_stride = r->x_stride ? r->x_stride : r->cols;
	size_t y_stride = r->y_stride ? r->y_stride : r->cols;

	if (!r->rows || !r->cols || !r->x || !r->y || !is_float(r->x_type) ||
	    !is_float(r->y_type) || x_stride < r->cols || y_stride < r->cols ||
	    !(r->epsilon >= 0) || !isfinite(r->epsilon) || !r->gamma != !r->beta)
		return -EINVAL;
	for (size_t i = 0; i < r->rows; i++) {
		const struct row row = { r, i * x_stride };

		normalize(&row, i * y_stride);
	}
	return 0;
}

int mtia_reduce_add_ref(const struct mtia_reduce_add_ref *r)
{
	size_t x_stride = r->x_stride ? r->x_stride : r->cols;
	size_t x_batch = r->x_batch ? r->x_batch : r->rows * x_stride;
	size_t y_stride = r->y_stride ? r->y_stride : r->cols;

	if (!r->batch || !r->rows || !r->cols || !r->x || !r->y || !is_float(r->x_type) ||
	    !is_float(r->y_type) || x_stride < r->cols || x_batch < r->rows * x_stride ||
	    y_stride < r->cols)
		return -EINVAL;
	for (size_t b = 0; b < r->batch; b++) {
		for (size_t j = 0; j < r->cols; j++) {
			float acc = 0;

			for (size_t i = 0; i < r->rows; i++)
				acc += load_float(r->x, b * x_batch + i * x_stride + j, r->x_type);
			store_float(r->y, b * y_stride + j, r->y_type, acc);
		}
	}
	return 0;
}
