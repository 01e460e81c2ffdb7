/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef MTIA_UOBJ_H
#define MTIA_UOBJ_H

#include <linux/types.h>

struct drm_mtia_obj_array;

int mtia_uobj_check(const struct drm_mtia_obj_array *in, size_t min_stride);
int mtia_uobj_get(const struct drm_mtia_obj_array *in, u32 i, void *elem, size_t elem_size);

/**
 * MTIA_UOBJ_CHECK() - Check an array of objects in user memory.
 * @in: &struct drm_mtia_obj_array.
 * @type: Type of an object as this driver knows it.
 * @last_v1: Last member of the first version of @type.
 *
 * Return: see mtia_uobj_check().
 */
#define MTIA_UOBJ_CHECK(in, type, last_v1) mtia_uobj_check(in, offsetofend(type, last_v1))

#endif /* MTIA_UOBJ_H */
