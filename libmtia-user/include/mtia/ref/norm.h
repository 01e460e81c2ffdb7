/* SPDX-License-Identifier: MIT */
/* Reference results: layer normalisation, batched reduce-add. */
#ifndef MTIA_REF_NORM_H
#define MTIA_REF_NORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "mtia/ops/norm.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * The arithmetic of struct mtia_layernorm_desc. Strides in elements, 0 = tight. y may be x if they
 * have one type and stride.
 */
struct mtia_layernorm_ref {
	uint32_t rows, cols; /* >= 1 */
	uint32_t x_type, y_type;
	const void *x;
	void *y;
	size_t x_stride, y_stride;
	float epsilon;		   /* >= 0, finite */
	const float *gamma, *beta; /* cols each; both or none */
};
MTIA_API int mtia_layernorm_ref(const struct mtia_layernorm_ref *norm);

/* The arithmetic of struct mtia_reduce_add_desc. Strides in elements, 0 = tight. */
struct mtia_reduce_add_ref {
	uint32_t batch, rows, cols; /* >= 1 */
	uint32_t x_type, y_type;
	const void *x;
	void *y;
	size_t x_stride, x_batch, y_stride;
};
MTIA_API int mtia_reduce_add_ref(const struct mtia_reduce_add_ref *reduce);

#ifdef __cplusplus
}
#endif
#endif /* MTIA_REF_NORM_H */
