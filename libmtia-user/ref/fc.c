// SPDX-License-Identifier: MIT
/* Fully connected layers: the operator, and the FP32 one that accuracy is compared with. */
#include "mtia/ref.h"

#include <errno.h>

#include "exact.h"
#include "product.h"

static bool fc_valid(const struct mtia_fc_ref *fc)
{
	uint32_t channels = fc->per_tensor ? 1 : fc->n;

	if (!mtia_ref_product_valid(fc))
		return false;
	if ((fc->lda && fc->lda < fc->k) || (fc->ldw && fc->ldw < fc->k))
		return false;
	if (fc->type != MTIA_MATMUL_INT8 || fc->out == MTIA_OUT_S32)
		return true;
	if (!fc->scale)
		return false;
	for (uint32_t j = 0; j < channels; j++) {
		if (!isfinite(fc->scale[j]))
			return false;
		if (fc->w_zero_point && !zero_point_valid(fc->w_zero_point[j], MTIA_DTYPE_S8))
			return false;
	}
	return true;
}

int mtia_fc_ref(const struct mtia_fc_ref *fc)
{
	struct mtia_fc_ref filled = *fc;

	if (!fc_valid(fc))
		return -EINVAL;
	filled.lda = fc->lda ? fc->lda : fc->k;
	filled.ldw = fc->ldw ? fc->ldw : fc->k;
	filled.ldc = fc->ldc ? fc->ldc : fc->n;
	return mtia_ref_product(&filled, true);
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
