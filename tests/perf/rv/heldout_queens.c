// SPDX-License-Identifier: GPL-2.0
/* Held out: recursion (n queens), a sieve, and a heap sort of 64-bit keys. */
#include <stdint.h>

#ifndef ROUNDS
#define ROUNDS 80
#endif

static uint8_t sieve[20000];
static uint64_t heap[3000];

__attribute__((noinline)) static uint32_t queens(uint32_t all, uint32_t cols, uint32_t d1,
						 uint32_t d2)
{
	uint32_t free = all & ~(cols | d1 | d2), n = 0;

	if (cols == all)
		return 1;
	while (free) {
		uint32_t bit = free & -free;

		free ^= bit;
		n += queens(all, cols | bit, (d1 | bit) << 1, (d2 | bit) >> 1);
	}
	return n;
}

static uint32_t primes(void)
{
	uint32_t i, j, n = 0;

	for (i = 0; i < sizeof(sieve); i++)
		sieve[i] = 1;
	for (i = 2; i < sizeof(sieve); i++) {
		if (!sieve[i])
			continue;
		n++;
		for (j = i * i; j < sizeof(sieve); j += i)
			sieve[j] = 0;
	}
	return n;
}

static void sift(uint32_t i, uint32_t n)
{
	uint64_t v = heap[i];

	for (;;) {
		uint32_t c = 2 * i + 1;

		if (c >= n)
			break;
		if (c + 1 < n && heap[c + 1] > heap[c])
			c++;
		if (heap[c] <= v)
			break;
		heap[i] = heap[c];
		i = c;
	}
	heap[i] = v;
}

static uint64_t heapsort(uint64_t seed)
{
	uint32_t n = sizeof(heap) / sizeof(*heap), i;
	uint64_t sum = 0;

	for (i = 0; i < n; i++) {
		seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
		heap[i] = seed;
	}
	for (i = n / 2; i-- > 0;)
		sift(i, n);
	for (i = n; i-- > 1;) {
		uint64_t t = heap[0];

		heap[0] = heap[i];
		heap[i] = t;
		sift(0, i);
	}
	for (i = 0; i < n; i++)
		sum = sum * 131 + (heap[i] >> 40) + (i && heap[i - 1] > heap[i]);
	return sum;
}

int main(void)
{
	uint64_t sum = 0;
	int i;

	for (i = 0; i < ROUNDS; i++) {
		sum = sum * 7 + queens(0xff, 0, 0, 0);
		sum = sum * 7 + primes();
		sum = sum * 7 + heapsort(i + 1);
	}
	return sum & 0x7fffffff;
}
