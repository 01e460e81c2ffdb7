// SPDX-License-Identifier: MIT
/*
 * Built with -fno-tree-loop-distribute-patterns, or the compiler would turn these loops into calls
 * of themselves. Whole words where both ends allow it: descriptors and messages always do.
 */
#include "string.h"

#include <stdint.h>

void *memcpy(void *restrict dst, const void *restrict src, size_t size)
{
	uint8_t *d = dst;
	const uint8_t *s = src;

	if (((uintptr_t)d | (uintptr_t)s) % 8 == 0) {
		for (; size >= 8; size -= 8, d += 8, s += 8)
			*(uint64_t *)d = *(const uint64_t *)s;
	}
	while (size--)
		*d++ = *s++;
	return dst;
}

void *memmove(void *dst, const void *src, size_t size)
{
	uint8_t *d = dst;
	const uint8_t *s = src;

	if (d <= s)
		while (size--)
			*d++ = *s++;
	else
		while (size--)
			d[size] = s[size];
	return dst;
}

void *memset(void *dst, int value, size_t size)
{
	uint8_t *d = dst;
	uint64_t word = (uint8_t)value * 0x0101010101010101ull;

	if ((uintptr_t)d % 8 == 0) {
		for (; size >= 8; size -= 8, d += 8)
			*(uint64_t *)d = word;
	}
	while (size--)
		*d++ = (uint8_t)value;
	return dst;
}

int memcmp(const void *a, const void *b, size_t size)
{
	const uint8_t *x = a, *y = b;

	for (; size--; x++, y++)
		if (*x != *y)
			return *x - *y;
	return 0;
}
