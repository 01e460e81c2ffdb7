/* SPDX-License-Identifier: MIT */
/* Taking size-prefixed descriptors of any version, for the operators. */
#ifndef MTIA_OPS_DESC_H
#define MTIA_OPS_DESC_H

#include <stddef.h>
#include <stdint.h>
#include "mtia/ops/types.h"

/*
 * Copy a caller's descriptor of `size` bytes (its first member) into `out` of `known` bytes.
 * Shorter ones, down to `least`, are filled with zeros; a longer one must end in zeros
 * (-EOPNOTSUPP).
 */
int mtia_desc_take(const char *operation, const void *desc, void *out, size_t known, size_t least);

/* -ERANGE unless rows x bytes, stride apart, lie inside the buffer from offset on. */
int mtia_tensor_check(const char *operation, const char *name, const struct mtia_buffer *buffer,
		      uint64_t offset, uint64_t rows, uint64_t bytes, uint64_t stride,
		      uint64_t align);

/*
 * Check a struct mtia_tensor of `batch` matrices of `rows` rows of `bytes`, as an operand (offset,
 * stride and *batch_stride multiples of MTIA_ROW_ALIGN) or a result (MTIA_OUT_ALIGN), and fill in
 * the defaults of its stride and of *batch_stride. batch_stride is NULL if there is one matrix.
 */
int mtia_operand_check(const char *operation, const char *name, struct mtia_tensor *tensor,
		       uint64_t batch, uint64_t *batch_stride, uint64_t rows, uint64_t bytes);
int mtia_result_check(const char *operation, const char *name, struct mtia_tensor *tensor,
		      uint64_t batch, uint64_t *batch_stride, uint64_t rows, uint64_t bytes);

/* The address of its first row. */
uint64_t mtia_tensor_address(const struct mtia_tensor *tensor);

#endif /* MTIA_OPS_DESC_H */
