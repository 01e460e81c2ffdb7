/* SPDX-License-Identifier: MIT */
/* The four functions a freestanding compiler expects; there is no C library on the control core. */
#ifndef MTIA_FW_STRING_H
#define MTIA_FW_STRING_H

#include <stddef.h>

void *memcpy(void *restrict dst, const void *restrict src, size_t size);
void *memmove(void *dst, const void *src, size_t size);
void *memset(void *dst, int value, size_t size);
int memcmp(const void *a, const void *b, size_t size);

#endif /* MTIA_FW_STRING_H */
