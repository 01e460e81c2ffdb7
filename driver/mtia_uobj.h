/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef MTIA_UOBJ_H
#define MTIA_UOBJ_H

#include <linux/types.h>

struct drm_mtia_obj_array;

void *mtia_uobj_get_array(const struct drm_mtia_obj_array *in, size_t min_stride, size_t elem_size);

/**
 * MTIA_UOBJ_GET_ARRAY() - Copy an array of objects from user memory.
 * @in: &struct drm_mtia_obj_array.
 * @type: Type of an element as this driver knows it.
 * @last_v1: Last member of the first version of @type.
 *
 * Return: see mtia_uobj_get_array().
 */
#define MTIA_UOBJ_GET_ARRAY(in, type, last_v1) \
	((type *)mtia_uobj_get_array(in, offsetofend(type, last_v1), sizeof(type)))

#endif /* MTIA_UOBJ_H */
