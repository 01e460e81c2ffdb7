/* SPDX-License-Identifier: MIT */
/*
 * Tables of SE's approximated functions, made by lut.py when the library is built: struct
 * mtia_se_lut and its segments (uapi mtia/pe.h) as LUT_LOAD reads them.
 */
#ifndef MTIA_OPS_LUT_H
#define MTIA_OPS_LUT_H

#include <stddef.h>
#include <stdint.h>
#include "mtia/ops/elementwise.h"

/* The table of a function; NULL for MTIA_ACT_RELU, which needs none, and for no function. */
const uint32_t *mtia_lut(enum mtia_activation function, size_t *bytes);

extern const uint32_t mtia_lut_exp[], mtia_lut_sigmoid[], mtia_lut_tanh[], mtia_lut_gelu[];
extern const uint32_t mtia_lut_reciprocal[], mtia_lut_sqrt[];

#endif /* MTIA_OPS_LUT_H */
