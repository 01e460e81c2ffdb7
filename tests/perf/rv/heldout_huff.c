// SPDX-License-Identifier: GPL-2.0
/*
 * Held out (no fast path was tuned on it): build a Huffman code, encode and decode a text with
 * it.
 */
#include <stdint.h>

#ifndef ROUNDS
#define ROUNDS 80
#endif

#define N 4096

static uint8_t text[N], back[N], bits[N * 2];
static uint32_t weight[512], code[256];
static int16_t left[512], right[512], parent[512];
static uint8_t length[256];

static uint32_t seed = 1;

static uint32_t rng(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 17;
	seed ^= seed << 5;
	return seed;
}

static int smallest(int n, int skip)
{
	int i, best = -1;

	for (i = 0; i < n; i++)
		if (i != skip && weight[i] && parent[i] < 0 &&
		    (best < 0 || weight[i] < weight[best]))
			best = i;
	return best;
}

static int build(void)
{
	int n = 256, i;

	for (i = 0; i < 512; i++) {
		weight[i] = 0;
		parent[i] = left[i] = right[i] = -1;
	}
	for (i = 0; i < N; i++)
		weight[text[i]]++;
	for (;;) {
		int a = smallest(n, -1), b = smallest(n, a);

		if (b < 0)
			break;
		weight[n] = weight[a] + weight[b];
		left[n] = a;
		right[n] = b;
		parent[a] = parent[b] = n++;
	}
	for (i = 0; i < 256; i++) {
		int p = i;

		code[i] = length[i] = 0;
		while (parent[p] >= 0) {
			code[i] |= (uint32_t)(right[parent[p]] == p) << length[i]++;
			p = parent[p];
		}
	}
	return n - 1;
}

int main(void)
{
	uint32_t sum = 0, round, i, pos, bad = 0;

	for (round = 0; round < ROUNDS; round++) {
		int root, node;

		for (i = 0; i < N; i++) {
			uint32_t r = rng();

			text[i] = 'a' + (__builtin_ctz(r | 0x100000) + (r >> 28)) % 26;
		}
		root = build();
		for (i = 0; i < sizeof(bits); i++)
			bits[i] = 0;
		for (i = pos = 0; i < N; i++) {
			int k = length[text[i]];

			while (k--) {
				bits[pos >> 3] |= (code[text[i]] >> k & 1) << (pos & 7);
				pos++;
			}
		}
		sum = sum * 31 + pos;
		for (i = pos = 0, node = root; i < N; pos++) {
			node = bits[pos >> 3] >> (pos & 7) & 1 ? right[node] : left[node];
			if (left[node] < 0) {
				back[i++] = node;
				node = root;
			}
		}
		for (i = 0; i < N; i++)
			bad += back[i] != text[i];
	}
	return bad ? -1 : (int)(sum & 0x7fffffff);
}
