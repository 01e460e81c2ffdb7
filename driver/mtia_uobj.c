// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Arrays of extensible objects in user memory.
 */
#include <drm/mtia_accel.h>
#include <linux/err.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "mtia_uobj.h"

/* No structure of this interface gets near this size, and zero checking is linear in it. */
#define MTIA_UOBJ_MAX_STRIDE 1024

/**
 * mtia_uobj_get_array() - Copy an array of objects from user memory.
 * @in: Where it is.
 * @min_stride: Size of the first version of an element.
 * @elem_size: Size of an element as this driver knows it.
 *
 * Bytes that user space does not have are zero; bytes that the driver does not know must be zero.
 *
 * Return: array of @in->count elements to be freed with kvfree(), NULL if there are none, or an
 * error pointer: -EINVAL stride too small, -E2BIG too many, too large or unknown bytes in use,
 * -EFAULT, -ENOMEM.
 */
void *mtia_uobj_get_array(const struct drm_mtia_obj_array *in, size_t min_stride, size_t elem_size)
{
	const void __user *src = u64_to_user_ptr(in->array);
	void *array;
	u32 i;
	int err;

	if (!in->count)
		return NULL;
	if (in->stride < min_stride)
		return ERR_PTR(-EINVAL);
	if (in->stride > MTIA_UOBJ_MAX_STRIDE || in->count > DRM_MTIA_MAX_ARRAY)
		return ERR_PTR(-E2BIG);

	array = kvmalloc_array(in->count, elem_size, GFP_KERNEL_ACCOUNT);
	if (!array)
		return ERR_PTR(-ENOMEM);

	for (i = 0; i < in->count; i++) {
		err = copy_struct_from_user(array + i * elem_size, elem_size,
					    src + (size_t)i * in->stride, in->stride);
		if (err) {
			kvfree(array);
			return ERR_PTR(err);
		}
	}

	return array;
}
