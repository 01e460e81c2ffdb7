/* SPDX-License-Identifier: MIT */
/* Reference results: batched matrix products. */
#ifndef MTIA_REF_MATMUL_H
#define MTIA_REF_MATMUL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "mtia/ops/matmul.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The arithmetic of struct mtia_bmm_desc. Strides in elements. */
struct mtia_bmm_ref {
	uint32_t type;		 /* enum mtia_matmul */
	uint32_t out;		 /* enum mtia_fc_out */
	uint32_t batch, m, n, k; /* >= 1 */
	bool a_signed, b_signed; /* INT8 */
	bool b_kn;		 /* B is K rows of N, else N rows of K */
	bool relu;
	const void *a, *b;
	void *c;
	size_t lda, ldb, ldc;		    /* >= a row, or 0 */
	size_t a_batch, b_batch, c_batch;   /* from matrix to matrix, >= rows * stride; 0 = that */
	float scale;			    /* INT8, not for MTIA_OUT_S32: finite */
	int32_t a_zero_point, b_zero_point; /* INT8: within the operand's range */
	int32_t c_zero_point;
	float c_scale;
	uint32_t k_split;
};
MTIA_API int mtia_bmm_ref(const struct mtia_bmm_ref *bmm);

#ifdef __cplusplus
}
#endif
#endif /* MTIA_REF_MATMUL_H */
