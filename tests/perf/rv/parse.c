// SPDX-License-Identifier: GPL-2.0
/*
 * The firmware's kind of loop: walk a command buffer of packets (header word with type and length),
 * check every bound, dispatch on the type, keep a few tables.
 */
#include <stdint.h>

#ifndef ROUNDS
#define ROUNDS 3000
#endif

enum { PKT_NOP, PKT_LAUNCH, PKT_COPY, PKT_FILL, PKT_WAIT, PKT_SIGNAL, PKT_STAMP, PKT_TYPES };

static uint32_t buffer[4096];
static uint64_t timeline[16], copied, filled;
static uint32_t launches[64], errors;

static uint32_t seed = 12345;

static uint32_t rng(void)
{
	seed = seed * 1664525 + 1013904223;
	return seed >> 8;
}

static uint32_t make(void)
{
	static const uint8_t words[PKT_TYPES] = { 0, 6, 5, 4, 2, 2, 1 };
	uint32_t n = 0;

	while (n + 8 < 4096) {
		uint32_t type = rng() % (PKT_TYPES + 1), len, i;

		len = type < PKT_TYPES ? words[type] : 1;
		buffer[n++] = type | len << 8 | 0xa5u << 24;
		for (i = 0; i < len; i++)
			buffer[n++] = rng();
	}
	return n;
}

static uint64_t word64(const uint32_t *p)
{
	return p[0] | (uint64_t)p[1] << 32;
}

__attribute__((noinline)) static int packet(const uint32_t *p, uint32_t type, uint32_t len)
{
	uint64_t a, b;

	switch (type) {
	case PKT_NOP:
		return 0;
	case PKT_LAUNCH:
		if (len != 6)
			return -1;
		a = word64(p);
		launches[(a >> 3) & 63] += (p[2] & 7) * (p[3] & 7);
		return a % 97 == 0 ? -2 : 0;
	case PKT_COPY:
		a = word64(p);
		b = word64(p + 2);
		if (len != 5 || a + p[4] < a || b + p[4] < b)
			return -1;
		copied += p[4];
		return 0;
	case PKT_FILL:
		if (len != 4 || (p[0] & 3))
			return -3;
		filled += p[3];
		return 0;
	case PKT_WAIT:
		return timeline[p[0] & 15] >= p[1] ? 0 : 1;
	case PKT_SIGNAL:
		if (timeline[p[0] & 15] < p[1])
			timeline[p[0] & 15] = p[1];
		return 0;
	case PKT_STAMP:
		return 0;
	default:
		return -4;
	}
}

static void parse(uint32_t n)
{
	uint32_t i = 0;

	while (i < n) {
		uint32_t head = buffer[i++], len = head >> 8 & 0xff;

		if (head >> 24 != 0xa5 || len > n - i || packet(buffer + i, head & 0xff, len) < 0)
			errors++;
		i += len;
	}
}

int main(void)
{
	uint64_t sum;
	uint32_t i, n = make();

	for (i = 0; i < ROUNDS; i++)
		parse(n);
	sum = copied + filled + errors;
	for (i = 0; i < 64; i++)
		sum = sum * 33 + launches[i];
	return sum & 0x7fffffff;
}
