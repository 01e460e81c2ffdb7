/* SPDX-License-Identifier: MIT */
/* Rows of embedding tables: adding one to a bag, and writing a bag's result. */
#ifndef MTIA_REF_TBE_ROWS_H
#define MTIA_REF_TBE_ROWS_H

#include "mtia/ref/tbe.h"

typedef void (*add_row_fn)(float *acc, const uint8_t *row, uint32_t dim, float weight);

/* acc += weight * row, in the order of roundings of mtia_tbe_ref(). */
add_row_fn mtia_ref_add_row(enum mtia_table_layout layout);

/* dim bytes q, FP32 scale, FP32 bias: MTIA_TBE_OUT_U8. */
void mtia_ref_quantize_bag(const float *acc, uint32_t dim, uint8_t *out);

#endif /* MTIA_REF_TBE_ROWS_H */
