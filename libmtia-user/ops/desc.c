// SPDX-License-Identifier: MIT
/* Checks that every operator makes before it builds anything. */
#include <errno.h>
#include <string.h>
#include "desc.h"

int mtia_desc_take(const char *operation, const void *desc, void *out, size_t known, size_t least)
{
	const unsigned char *bytes = desc;
	uint32_t size;

	if (!desc)
		return mtia_error_set(-EINVAL, operation, NULL, "no descriptor was given");
	memcpy(&size, desc, sizeof(size));
	if (size < least)
		return mtia_error_set(-EINVAL, operation,
				      "set its size member to sizeof the structure",
				      "descriptor of %u bytes; the smallest is %zu", size, least);
	for (size_t i = known; i < size; i++) {
		if (bytes[i])
			return mtia_error_set(
				-EOPNOTSUPP, operation, "the program was built for a newer library",
				"descriptor sets byte %zu, this version knows %zu", i, known);
	}
	memset(out, 0, known);
	memcpy(out, desc, size < known ? size : known);
	return 0;
}

int mtia_tensor_check(const char *operation, const char *name, const struct mtia_buffer *buffer,
		      uint64_t offset, uint64_t rows, uint64_t bytes, uint64_t stride,
		      uint64_t align)
{
	uint64_t last, end;

	if (!buffer)
		return mtia_error_set(-EINVAL, operation, NULL, "no buffer for %s", name);
	if (offset % align || (rows > 1 && stride % align))
		return mtia_error_set(-EINVAL, operation, NULL,
				      "%s: offset %llu and stride %llu must be multiples of %llu",
				      name, (unsigned long long)offset, (unsigned long long)stride,
				      (unsigned long long)align);
	if (rows > 1 && stride < bytes)
		return mtia_error_set(-EINVAL, operation, NULL,
				      "%s: rows of %llu bytes cannot be %llu bytes apart", name,
				      (unsigned long long)bytes, (unsigned long long)stride);
	if (__builtin_mul_overflow(rows - 1, stride, &last) ||
	    __builtin_add_overflow(last, offset, &end) ||
	    __builtin_add_overflow(end, bytes, &end) || end > mtia_buffer_bytes(buffer))
		return mtia_error_set(-ERANGE, operation, NULL,
				      "%s: %llu rows of %llu bytes, %llu apart, from %llu on leave "
				      "its buffer of %llu bytes",
				      name, (unsigned long long)rows, (unsigned long long)bytes,
				      (unsigned long long)stride, (unsigned long long)offset,
				      (unsigned long long)mtia_buffer_bytes(buffer));
	return 0;
}

static int tensor_check(const char *operation, const char *name, struct mtia_tensor *t,
			uint64_t batch, uint64_t *batch_stride, uint64_t rows, uint64_t bytes,
			uint64_t align)
{
	uint64_t matrix, tight = (bytes + align - 1) & ~(align - 1);
	int ret;

	if (!t->stride)
		t->stride = tight;
	if (t->stride > UINT32_MAX || tight < bytes)
		return mtia_error_set(-EINVAL, operation, "divide the columns over several runs",
				      "%s: rows of %llu bytes, %llu apart: both must be below 4 GiB",
				      name, (unsigned long long)bytes,
				      (unsigned long long)t->stride);
	/* One matrix first: then its size is small enough to count with. */
	ret = mtia_tensor_check(operation, name, t->buffer, t->offset, rows, bytes, t->stride,
				align);
	if (ret || !batch_stride)
		return ret;
	matrix = rows * t->stride;
	if (!*batch_stride)
		*batch_stride = matrix;
	if (batch > 1 && *batch_stride < matrix)
		return mtia_error_set(-EINVAL, operation, NULL,
				      "%s: matrices of %llu bytes cannot be %llu bytes apart", name,
				      (unsigned long long)matrix,
				      (unsigned long long)*batch_stride);
	return mtia_tensor_check(operation, name, t->buffer, t->offset, batch,
				 (rows - 1) * t->stride + bytes, *batch_stride, align);
}

int mtia_operand_check(const char *operation, const char *name, struct mtia_tensor *tensor,
		       uint64_t batch, uint64_t *batch_stride, uint64_t rows, uint64_t bytes)
{
	return tensor_check(operation, name, tensor, batch, batch_stride, rows, bytes,
			    MTIA_ROW_ALIGN);
}

int mtia_result_check(const char *operation, const char *name, struct mtia_tensor *tensor,
		      uint64_t batch, uint64_t *batch_stride, uint64_t rows, uint64_t bytes)
{
	return tensor_check(operation, name, tensor, batch, batch_stride, rows, bytes,
			    MTIA_OUT_ALIGN);
}

uint64_t mtia_tensor_address(const struct mtia_tensor *tensor)
{
	return mtia_buffer_address(tensor->buffer) + tensor->offset;
}
