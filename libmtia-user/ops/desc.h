/* SPDX-License-Identifier: MIT */
/* Taking size-prefixed descriptors of any version, for the operators. */
#ifndef MTIA_OPS_DESC_H
#define MTIA_OPS_DESC_H

#include <stddef.h>
#include <stdint.h>
#include "mtia/mtia.h"

/*
 * Copy a caller's descriptor of `size` bytes (its first member) into `out` of `known` bytes. Shorter
 * ones, down to `least`, are filled with zeros; a longer one must end in zeros (-EOPNOTSUPP).
 */
int mtia_desc_take(const char *operation, const void *desc, void *out, size_t known, size_t least);

/* -ERANGE unless rows x bytes, stride apart, lie inside the buffer from offset on. */
int mtia_tensor_check(const char *operation, const char *name, const struct mtia_buffer *buffer,
		      uint64_t offset, uint64_t rows, uint64_t bytes, uint64_t stride,
		      uint64_t align);

#endif /* MTIA_OPS_DESC_H */
