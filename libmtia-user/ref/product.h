/* SPDX-License-Identifier: MIT */
/* The matrix product that FC and batched matmul share. */
#ifndef MTIA_REF_PRODUCT_H
#define MTIA_REF_PRODUCT_H

#include "mtia/ref/fc.h"

/*
 * As mtia_fc_ref(), of checked arguments with their strides filled in; W may be u8, too. -ENOMEM if
 * a row of floats finds no memory.
 */
int mtia_ref_product(const struct mtia_fc_ref *fc, bool w_signed);

/* What FC and batched matmul check alike. */
bool mtia_ref_product_valid(const struct mtia_fc_ref *fc);

#endif /* MTIA_REF_PRODUCT_H */
