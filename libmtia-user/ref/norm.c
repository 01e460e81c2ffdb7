// SPDX-License-Identifier: MIT
/* Layer normalisation and reduce-add, in the vector core's order. */
#include "mtia/ref.h"

#include <errno.h>

#include "exact.h"

/* Sum of x[j], or of x[j]^2, over lanes and then down a tree. */
MTIA_FMA_CLONES
static float lane_sum(const float *x, uint32_t cols, bool squares)
{
	float s[MTIA_NORM_LANES] = { 0 };

	for (uint32_t j = 0; j < cols; j++) {
		float *lane = &s[j % MTIA_NORM_LANES];

		*lane = squares ? fmaf(x[j], x[j], *lane) : *lane + x[j];
	}
	for (uint32_t w = MTIA_NORM_LANES / 2; w; w /= 2) {
		for (uint32_t i = 0; i < w; i++)
			s[i] += s[i + w];
	}
	return s[0];
}

static void normalize(const struct mtia_layernorm_ref *r, float *d, size_t y)
{
	float mean = lane_sum(d, r->cols, false) / (float)r->cols, scale;

	for (uint32_t j = 0; j < r->cols; j++)
		d[j] -= mean;
	scale = 1.0f / sqrtf(lane_sum(d, r->cols, true) / (float)r->cols + r->epsilon);
	for (uint32_t j = 0; j < r->cols; j++) {
		float t = d[j] * scale;

		store_float(r->y, y + j, r->y_type,
			    r->gamma ? fmaf(t, r->gamma[j], r->beta[j]) : t);
	}
}

int mtia_layernorm_ref(const struct mtia_layernorm_ref *r)
{
	size_t x_stride = r->x_stride ? r->x_stride : r->cols;
	size_t y_stride = r->y_stride ? r->y_stride : r->cols;

	if (!r->rows || !r->cols || r->cols > MTIA_NORM_MAX_COLS || !r->x || !r->y ||
	    !is_float(r->x_type) || !is_float(r->y_type) || x_stride < r->cols ||
	    y_stride < r->cols || !(r->epsilon >= 0) || !isfinite(r->epsilon) ||
	    !r->gamma != !r->beta)
		return -EINVAL;
	for (size_t i = 0; i < r->rows; i++) {
		float row[MTIA_NORM_MAX_COLS];

		for (uint32_t j = 0; j < r->cols; j++)
			row[j] = load_float(r->x, i * x_stride + j, r->x_type);
		normalize(r, row, i * y_stride);
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
