/* SPDX-License-Identifier: MIT */
/* Reference results: conversions between FP32, FP16 and BF16. */
#ifndef MTIA_REF_FLOAT_H
#define MTIA_REF_FLOAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "mtia/ops/types.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * One rounding, nearest-even, to infinity beyond the largest number; subnormal numbers are kept;
 * every NaN becomes the canonical quiet one. To FP32 is exact. No errors.
 */
MTIA_API uint16_t mtia_f16_from_f32(float x);
MTIA_API float mtia_f32_from_f16(uint16_t x);
MTIA_API uint16_t mtia_bf16_from_f32(float x);
MTIA_API float mtia_f32_from_bf16(uint16_t x);

#ifdef __cplusplus
}
#endif
#endif /* MTIA_REF_FLOAT_H */
