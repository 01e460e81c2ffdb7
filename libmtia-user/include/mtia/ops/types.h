/* SPDX-License-Identifier: MIT */
/* What all operators share: element types, tensors in device memory, alignment. */
#ifndef MTIA_OPS_TYPES_H
#define MTIA_OPS_TYPES_H

#include <stddef.h>
#include <stdint.h>
#include "mtia/mtia.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Device memory rows of operands start at multiples of this (v1 has no unaligned DMA). */
#define MTIA_ROW_ALIGN 32
/* Rows of results start at multiples of this. */
#define MTIA_OUT_ALIGN 4

/*
 * Types of elements. F16 is IEEE-754 binary16, BF16 the upper half of a binary32; host memory has
 * them as uint16_t. All are little-endian.
 *
 * Every conversion between floating-point types rounds once, nearest-even, to infinity beyond the
 * largest number; subnormal numbers are kept; a NaN result of any operator is the canonical quiet
 * one: 0x7fc00000, 0x7e00, 0x7fc0 (BF16). So BF16 is rounded as torch does, not as FBGEMM does.
 */
enum mtia_dtype {
	MTIA_DTYPE_U8 = 0,
	MTIA_DTYPE_F32 = 1,
	MTIA_DTYPE_S32 = 2,
	MTIA_DTYPE_S8 = 3,
	MTIA_DTYPE_F16 = 4,
	MTIA_DTYPE_BF16 = 5,
};
MTIA_API const char *mtia_dtype_name(enum mtia_dtype type); /* "u8"; "?" for none of them */
MTIA_API uint32_t mtia_dtype_bytes(enum mtia_dtype type);   /* 0 for none of them */

/*
 * Rows in device memory. Operands: offset and stride are multiples of MTIA_ROW_ALIGN; results: of
 * MTIA_OUT_ALIGN. stride 0 = the row's bytes, rounded up to that; it must be below 4 GiB. Bytes
 * between rows are neither used nor changed. Operands and results of one run must not overlap,
 * unless the operator says otherwise.
 */
struct mtia_tensor {
	struct mtia_buffer *buffer;
	uint64_t offset, stride; /* bytes */
};

#ifdef __cplusplus
}
#endif
#endif /* MTIA_OPS_TYPES_H */
