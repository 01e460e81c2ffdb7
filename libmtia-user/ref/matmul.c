// SPDX-License-Identifier: MIT
/* Batched matrix products: one product a matrix, B turned round first if it is K rows of N. */
#include "mtia/ref.h"

#include <errno.h>
#include <stdlib.h>

#include "exact.h"
#include "product.h"

struct plan {
	size_t lda, ldb, ldc, a_batch, b_batch, c_batch;
	uint32_t b_rows, b_cols, bytes;
};

static bool plan(const struct mtia_bmm_ref *bmm, struct plan *p)
{
	bool int8 = bmm->type == MTIA_MATMUL_INT8;

	p->b_rows = bmm->b_kn ? bmm->k : bmm->n;
	p->b_cols = bmm->b_kn ? bmm->n : bmm->k;
	p->bytes = int8 ? 1 : 2;
	p->lda = bmm->lda ? bmm->lda : bmm->k;
	p->ldb = bmm->ldb ? bmm->ldb : p->b_cols;
	p->ldc = bmm->ldc ? bmm->ldc : bmm->n;
	p->a_batch = bmm->a_batch ? bmm->a_batch : bmm->m * p->lda;
	p->b_batch = bmm->b_batch ? bmm->b_batch : p->b_rows * p->ldb;
	p->c_batch = bmm->c_batch ? bmm->c_batch : bmm->m * p->ldc;
	if (!bmm->batch || p->lda < bmm->k || p->ldb < p->b_cols || p->ldc < bmm->n ||
	    p->a_batch < bmm->m * p->lda || p->b_batch < p->b_rows * p->ldb ||
	    p->c_batch < bmm->m * p->ldc)
		return false;
	return !int8 || bmm->out == MTIA_OUT_S32 ||
	       (isfinite(bmm->scale) &&
		zero_point_valid(bmm->b_zero_point, bmm->b_signed ? MTIA_DTYPE_S8 : MTIA_DTYPE_U8));
}

static void turn(const uint8_t *b, size_t ldb, uint32_t k, uint32_t n, uint32_t bytes, uint8_t *out)
{
	for (size_t j = 0; j < n; j++) {
		for (size_t i = 0; i < k; i++)
			memcpy(out + (j * k + i) * bytes, b + (i * ldb + j) * bytes, bytes);
	}
}

int mtia_bmm_ref(const struct mtia_bmm_ref *bmm)
{
	uint32_t element = mtia_dtype_bytes(bmm->out);
	struct mtia_fc_ref one = {
		.m = bmm->m,
		.n = bmm->n,
		.k = bmm->k,
		.a = bmm->a,
		.w = bmm->b,
		.c = bmm->c,
		.scale = &bmm->scale,
		.w_zero_point = &bmm->b_zero_point,
		.per_tensor = true,
		.a_zero_point = bmm->a_zero_point,
		.c_zero_point = bmm->c_zero_point,
		.relu = bmm->relu,
		.out = bmm->out,
		.type = bmm->type,
		.a_signed = bmm->a_signed,
		.c_scale = bmm->c_scale,
		.k_split = bmm->k_split,
	};
	uint8_t *turned = NULL;
	struct plan p;
	int ret = 0;

	if (!mtia_ref_product_valid(&one) || !plan(bmm, &p))
		return -EINVAL;
	one.lda = p.lda, one.ldw = bmm->b_kn ? bmm->k : p.ldb, one.ldc = p.ldc;
	if (bmm->b_kn) {
		turned = malloc((size_t)bmm->n * bmm->k * p.bytes);
		if (!turned)
			return -ENOMEM;
	}
	for (size_t b = 0; b < bmm->batch && !ret; b++) {
		const uint8_t *matrix = (const uint8_t *)bmm->b + b * p.b_batch * p.bytes;

		if (turned)
			turn(matrix, p.ldb, bmm->k, bmm->n, p.bytes, turned);
		one.a = (const uint8_t *)bmm->a + b * p.a_batch * p.bytes;
		one.w = turned ? turned : matrix;
		one.c = (uint8_t *)bmm->c + b * p.c_batch * element;
		ret = mtia_ref_product(&one, bmm->b_signed);
	}
	free(turned);
	return ret;
}
