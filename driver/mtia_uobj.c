// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Arrays of extensible objects in user memory.
 */
#include <drm/mtia_accel.h>
#include <linux/uaccess.h>

#include "mtia_uobj.h"

/* No structure of this interface gets near this size, and zero checking is linear in it. */
#define MTIA_UOBJ_MAX_STRIDE 1024

/**
 * mtia_uobj_check() - Check an array of objects in user memory.
 * @in: Where it is.
 * @min_stride: Size of the first version of an element.
 *
 * Return: 0, -EINVAL stride too small, -E2BIG too many or too large.
 */
int mtia_uobj_check(const struct drm_mtia_obj_array *in, size_t min_stride)
{
	if (!in->count)
		return 0;
	if (in->stride < min_stride)
		return -EINVAL;
	if (in->stride > MTIA_UOBJ_MAX_STRIDE || in->count > DRM_MTIA_MAX_ARRAY)
		return -E2BIG;

	return 0;
}

/**
 * mtia_uobj_get() - Copy one object of an array from user memory.
 * @in: Array, checked by mtia_uobj_check().
 * @i: Index, below @in->count.
 * @elem: Out: object.
 * @elem_size: Size of an object as this driver knows it.
 *
 * Bytes that user space does not have are zero; bytes that the driver does not know must be zero.
 *
 * Return: 0, -E2BIG unknown bytes in use, -EFAULT.
 */
int mtia_uobj_get(const struct drm_mtia_obj_array *in, u32 i, void *elem, size_t elem_size)
{
	return copy_struct_from_user(elem, elem_size,
				     u64_to_user_ptr(in->array) + (size_t)i * in->stride,
				     in->stride);
}
