// SPDX-License-Identifier: GPL-2.0
/*
 * memcpy of many sizes and alignments, words where both sides are aligned, then a sum over it
 * all.
 */
#include <stddef.h>
#include <stdint.h>

#ifndef ROUNDS
#define ROUNDS 40000
#endif

static uint8_t src[32768] __attribute__((aligned(8)));
static uint8_t dst[32768] __attribute__((aligned(8)));

__attribute__((noinline)) static void copy(uint8_t *d, const uint8_t *s, size_t n)
{
	if ((((uintptr_t)d | (uintptr_t)s) & 7) == 0) {
		uint64_t *dw = (uint64_t *)d;
		const uint64_t *sw = (const uint64_t *)s;

		for (; n >= 32; n -= 32, dw += 4, sw += 4) {
			uint64_t a = sw[0], b = sw[1], c = sw[2], e = sw[3];

			dw[0] = a;
			dw[1] = b;
			dw[2] = c;
			dw[3] = e;
		}
		for (; n >= 8; n -= 8)
			*dw++ = *sw++;
		d = (uint8_t *)dw;
		s = (const uint8_t *)sw;
	}
	while (n--) {
		*d++ = *s++;
		asm volatile("" ::: "memory");	/* keep it a byte loop */
	}
}

int main(void)
{
	uint64_t sum = 0;
	uint32_t i;

	for (i = 0; i < sizeof(src); i++)
		src[i] = i * 7 + (i >> 8);
	for (i = 0; i < ROUNDS; i++) {
		copy(dst, src, 4096 + (i & 0xff8));
		copy(dst + 8192 + (i & 3), src + 64 + (i & 7), 40 + (i & 63));
		copy(dst + 16384, src + 16384, 1024);
	}
	for (i = 0; i < sizeof(dst); i += 8)
		sum = sum * 31 + *(uint64_t *)(dst + i);
	return sum & 0x7fffffff;
}
