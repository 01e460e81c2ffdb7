// SPDX-License-Identifier: MIT
/* Matrix products: INT8 with INT32 accumulation, FP16 and BF16 with FP32 accumulation. */
#include "product.h"

#include <errno.h>
#include <stdlib.h>

#include "exact.h"

bool mtia_ref_product_valid(const struct mtia_fc_ref *fc)
{
	if (!fc->m || !fc->n || !fc->k || !fc->a || !fc->w || !fc->c)
		return false;
	if (fc->type > MTIA_MATMUL_BF16 || fc->out > MTIA_OUT_BF16 || (fc->ldc && fc->ldc < fc->n))
		return false;
	if (is_8bit(fc->out) && !zero_point_valid(fc->c_zero_point, fc->out))
		return false;
	if (fc->type == MTIA_MATMUL_INT8)
		return fc->out == MTIA_OUT_S32 ||
		       zero_point_valid(fc->a_zero_point,
					fc->a_signed ? MTIA_DTYPE_S8 : MTIA_DTYPE_U8);
	return fc->out != MTIA_OUT_S32 && fc->k_split <= (fc->k + 15ull) / 16 &&
	       (!is_8bit(fc->out) || scale_valid(fc->c_scale));
}

/* Sums are modulo 2^32: exact for k <= MTIA_FC_EXACT_K (both u8: MTIA_BMM_EXACT_K_U8U8). */
static int32_t dot(const void *a, bool a_signed, const void *w, bool w_signed, uint32_t k)
{
	const uint8_t *au = a, *wu = w;
	const int8_t *as = a, *ws = w;
	uint32_t acc = 0;

	if (a_signed && w_signed) {
		for (uint32_t i = 0; i < k; i++)
			acc += (uint32_t)((int32_t)as[i] * ws[i]);
	} else if (a_signed) {
		for (uint32_t i = 0; i < k; i++)
			acc += (uint32_t)((int32_t)as[i] * wu[i]);
	} else if (w_signed) {
		for (uint32_t i = 0; i < k; i++)
			acc += (uint32_t)((int32_t)au[i] * ws[i]);
	} else {
		for (uint32_t i = 0; i < k; i++)
			acc += (uint32_t)((int32_t)au[i] * wu[i]);
	}
	return (int32_t)acc;
}

static int32_t sum(const void *x, bool is_signed, uint32_t k)
{
	uint32_t sum = 0;

	for (uint32_t i = 0; i < k; i++)
		sum += (uint32_t)(is_signed ? ((const int8_t *)x)[i] : ((const uint8_t *)x)[i]);
	return (int32_t)sum;
}

static void store(const struct mtia_fc_ref *fc, size_t at, float x)
{
	int32_t lo = fc->relu ? fc->c_zero_point : lowest(fc->out);

	if (is_8bit(fc->out))
		((uint8_t *)fc->c)[at] = round_to_8(x, fc->c_zero_point, lo, highest(fc->out));
	else
		store_float(fc->c, at, fc->out, fc->relu ? relu_f32(x) : x);
}

static void product_int8(const struct mtia_fc_ref *fc, bool w_signed)
{
	for (uint32_t j = 0; j < fc->n; j++) {
		const int8_t *w = (const int8_t *)fc->w + j * fc->ldw;
		uint32_t channel = fc->per_tensor ? 0 : j;
		int64_t w_zero = fc->w_zero_point ? fc->w_zero_point[channel] : 0;
		int64_t column = (int64_t)sum(w, w_signed, fc->k) - w_zero * fc->k;
		int64_t offset = (fc->bias ? fc->bias[j] : 0) - fc->a_zero_point * column;

		for (uint32_t i = 0; i < fc->m; i++) {
			const int8_t *a = (const int8_t *)fc->a + i * fc->lda;
			int32_t acc = dot(a, fc->a_signed, w, w_signed, fc->k);
			size_t at = i * fc->ldc + j;
			int64_t raw;

			if (fc->out == MTIA_OUT_S32) {
				((int32_t *)fc->c)[at] = acc;
				continue;
			}
			raw = acc + offset - (w_zero ? w_zero * sum(a, fc->a_signed, fc->k) : 0);
			store(fc, at, (float)(int32_t)(uint32_t)raw * fc->scale[channel]);
		}
	}
}

/* The fma chains of four columns at a time, which do not wait for each other. */
MTIA_FMA_CLONES
static void chains(const float *a, const float *w, size_t ldw, uint32_t from, uint32_t to,
		   float acc[4])
{
	float c0 = acc[0], c1 = acc[1], c2 = acc[2], c3 = acc[3];

	for (uint32_t k = from; k < to; k++) {
		c0 = fmaf(a[k], w[k], c0);
		c1 = fmaf(a[k], w[ldw + k], c1);
		c2 = fmaf(a[k], w[2 * ldw + k], c2);
		c3 = fmaf(a[k], w[3 * ldw + k], c3);
	}
	acc[0] = c0, acc[1] = c1, acc[2] = c2, acc[3] = c3;
}

/* Columns j .. j + 3 of row i; w holds their weights (zeros behind the last column). */
static void float_columns(const struct mtia_fc_ref *fc, uint32_t i, uint32_t j, const float *a,
			  const float *w)
{
	uint32_t split = fc->k_split ? fc->k_split : 1;
	uint64_t share = ((fc->k + 15ull) / 16 + split - 1) / split * 16;
	float acc[4] = { 0 };

	for (uint32_t t = 0; fc->bias_f32 && t < 4 && j + t < fc->n; t++)
		acc[t] = fc->bias_f32[j + t];
	for (uint64_t c = 0; c < split; c++) {
		uint32_t from = c * share < fc->k ? (uint32_t)(c * share) : fc->k;
		uint32_t to = (c + 1) * share < fc->k ? (uint32_t)((c + 1) * share) : fc->k;
		float part[4] = { 0 };

		if (!c) {
			chains(a, w, fc->k, from, to, acc);
			continue;
		}
		chains(a, w, fc->k, from, to, part);
		for (uint32_t t = 0; t < 4; t++)
			acc[t] = part[t] + acc[t];
	}
	for (uint32_t t = 0; t < 4 && j + t < fc->n; t++) {
		float x = is_8bit(fc->out) ? acc[t] * (1.0f / fc->c_scale) : acc[t];

		store(fc, i * fc->ldc + j + t, x);
	}
}

static int product_float(const struct mtia_fc_ref *fc)
{
	uint32_t type = fc->type == MTIA_MATMUL_F16 ? MTIA_DTYPE_F16 : MTIA_DTYPE_BF16;
	float *a = malloc((size_t)fc->m * fc->k * sizeof(*a)), *w = calloc(fc->k, 4 * sizeof(*w));

	if (!a || !w) {
		free(a), free(w);
		return -ENOMEM;
	}
	for (size_t i = 0; i < fc->m; i++) {
		for (size_t k = 0; k < fc->k; k++)
			a[i * fc->k + k] = load_float(fc->a, i * fc->lda + k, type);
	}
	for (uint32_t j = 0; j < fc->n; j += 4) {
		for (size_t t = 0; t < 4; t++) {
			for (size_t k = 0; k < fc->k; k++)
				w[t * fc->k + k] =
					j + t < fc->n
						? load_float(fc->w, (j + t) * fc->ldw + k, type)
						: 0;
		}
		for (uint32_t i = 0; i < fc->m; i++)
			float_columns(fc, i, j, a + (size_t)i * fc->k, w);
	}
	free(a), free(w);
	return 0;
}

int mtia_ref_product(const struct mtia_fc_ref *fc, bool w_signed)
{
	if (fc->type != MTIA_MATMUL_INT8)
		return product_float(fc);
	product_int8(fc, w_signed);
	return 0;
}
