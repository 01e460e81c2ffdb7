/* SPDX-License-Identifier: MIT */
/* Reference results: element-wise operators. */
#ifndef MTIA_REF_ELEMENTWISE_H
#define MTIA_REF_ELEMENTWISE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "mtia/ops/elementwise.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The arithmetic of struct mtia_binary_desc. Strides in elements, 0 = tight. y may be a or b. */
struct mtia_binary_ref {
	uint32_t op, type;
	uint32_t rows, cols; /* >= 1 */
	bool relu;	     /* floats only */
	bool bcast;	     /* b is one row */
	const void *a, *b;
	void *y;
	size_t a_stride, b_stride, y_stride;
};
MTIA_API int mtia_binary_ref(const struct mtia_binary_ref *binary);

/* The arithmetic of struct mtia_activation_desc. */
struct mtia_activation_ref {
	uint32_t function; /* enum mtia_activation */
	uint32_t x_type, y_type;
	uint32_t rows, cols; /* >= 1 */
	const void *x;
	void *y;
	size_t x_stride, y_stride;
	float x_scale, y_scale;
	int32_t x_zero_point, y_zero_point;
};
MTIA_API int mtia_activation_ref(const struct mtia_activation_ref *act);

#ifdef __cplusplus
}
#endif
#endif /* MTIA_REF_ELEMENTWISE_H */
