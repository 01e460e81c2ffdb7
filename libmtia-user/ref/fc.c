// SPDX-License-Identifier: MIT
/* Fully connected layers: the INT8 operator, and the FP32 one that accuracy is compared with. */
#include "mtia/ref.h"

#include <errno.h>

#include "exact.h"

static bool fc_valid(const struct mtia_fc_ref *fc)
{
	if (!fc->m || !fc->n || !fc->k || fc->k > MTIA_FC_MAX_K || !fc->a || !fc->w || !fc->c)
		return false;
	if ((fc->lda && fc->lda < fc->k) || (fc->ldw && fc->ldw < fc->k) ||
	    (fc->ldc && fc->ldc < fc->n))
		return false;
	if (fc->out == MTIA_OUT_S32)
		return true;
	if (fc->out != MTIA_OUT_U8 && fc->out != MTIA_OUT_F32)
		return false;
	if (!fc->scale || fc->a_zero_point < 0 || fc->a_zero_point > 255)
		return false;
	if (fc->out == MTIA_OUT_U8 && (fc->c_zero_point < 0 || fc->c_zero_point > 255))
		return false;
	for (uint32_t j = 0; j < fc->n; j++) {
		if (!isfinite(fc->scale[j]))
			return false;
		if (fc->w_zero_point &&
		    (fc->w_zero_point[j] < -128 || fc->w_zero_point[j] > 127))
			return false;
	}
	return true;
}

/* Exact for k <= MTIA_FC_MAX_K. */
static int32_t dot(const uint8_t *a, const int8_t *w, uint32_t k)
{
	int32_t acc = 0;

	for (uint32_t i = 0; i < k; i++)
		acc += (int32_t)a[i] * w[i];
	return acc;
}

static int32_t sum_u8(const uint8_t *a, uint32_t k)
{
	int32_t sum = 0;

	for (uint32_t i = 0; i < k; i++)
		sum += a[i];
	return sum;
}

static int32_t sum_s8(const int8_t *w, uint32_t k)
{
	int32_t sum = 0;

	for (uint32_t i = 0; i < k; i++)
		sum += w[i];
	return sum;
}

static void store(const struct mtia_fc_ref *fc, size_t at, uint32_t j, int32_t raw)
{
	float x = (float)raw * fc->scale[j];

	if (fc->out == MTIA_OUT_U8) {
		int32_t lo = fc->relu ? fc->c_zero_point : 0;

		((uint8_t *)fc->c)[at] = round_to_u8(x, fc->c_zero_point, lo, 255);
	} else {
		((float *)fc->c)[at] = fc->relu && !(x > 0) ? 0.0f : x;
	}
}

int mtia_fc_ref(const struct mtia_fc_ref *fc)
{
	size_t lda, ldw, ldc;

	if (!fc_valid(fc))
		return -EINVAL;
	lda = fc->lda ? fc->lda : fc->k;
	ldw = fc->ldw ? fc->ldw : fc->k;
	ldc = fc->ldc ? fc->ldc : fc->n;

	for (uint32_t j = 0; j < fc->n; j++) {
		const int8_t *w = (const int8_t *)fc->w + j * ldw;
		int64_t w_zero = fc->w_zero_point ? fc->w_zero_point[j] : 0;
		int64_t column = (int64_t)sum_s8(w, fc->k) - w_zero * fc->k;
		int64_t offset = (fc->bias ? fc->bias[j] : 0) - fc->a_zero_point * column;

		for (uint32_t i = 0; i < fc->m; i++) {
			const uint8_t *a = (const uint8_t *)fc->a + i * lda;
			int32_t acc = dot(a, w, fc->k);
			size_t at = i * ldc + j;
			int64_t raw;

			if (fc->out == MTIA_OUT_S32) {
				((int32_t *)fc->c)[at] = acc;
				continue;
			}
			raw = acc + offset - (w_zero ? w_zero * sum_u8(a, fc->k) : 0);
			store(fc, at, j, (int32_t)(uint32_t)raw);
		}
	}
	return 0;
}

int mtia_fc_f32_ref(uint32_t m, uint32_t n, uint32_t k, const float *a, const float *w,
		    const float *bias, bool relu, float *c)
{
	if (!m || !n || !k || !a || !w || !c)
		return -EINVAL;
	for (size_t i = 0; i < m; i++) {
		for (size_t j = 0; j < n; j++) {
			float acc = 0;

			for (size_t l = 0; l < k; l++)
				acc += a[i * k + l] * w[j * k + l];
			if (bias)
				acc += bias[j];
			c[i * n + j] = relu && !(acc > 0) ? 0.0f : acc;
		}
	}
	return 0;
}
