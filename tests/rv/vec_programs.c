// SPDX-License-Identifier: GPL-2.0
/*
 * Loops for a vectorising compiler, as programs.c: same source for guest and host, same output.
 * Nothing depends on the order of floating-point operations but what the source says.
 */
#include "program.h"

#define N 1003		/* no multiple of anything */

static float fa[N], fb[N], fc[N];
static double da[N], db[N];
static int8_t ba[N], bb[N];
static int16_t ha[N];
static int32_t wa[N], wb[N];
static uint32_t index_of[N];
static uint64_t la[N], lb[N];
static _Float16 xa[N], xb[N];

static void fill(void)
{
	int i;

	for (i = 0; i < N; i++) {
		uint64_t r = rng();

		fa[i] = (float)(int32_t)r / 65536.0f;
		fb[i] = (float)(int16_t)(r >> 16) / 256.0f;
		fc[i] = (float)i;
		da[i] = (double)(int64_t)r / 3;
		db[i] = (double)(int32_t)(r >> 20) * 0.1;
		ba[i] = (int8_t)(r >> 8);
		bb[i] = (int8_t)(r >> 40);
		ha[i] = (int16_t)(r >> 24);
		wa[i] = (int32_t)(r >> 5);
		wb[i] = (int32_t)(r >> 30);
		index_of[i] = (uint32_t)((r >> 33) % N);
		la[i] = r;
		lb[i] = r * 77 + 1;
		xa[i] = (_Float16)((int)(r & 1023) - 500);
		xb[i] = (_Float16)((int)(r >> 10 & 63) + 1);
	}
}

static uint64_t hash(const void *p, size_t n)
{
	const uint8_t *b = p;
	uint64_t h = 1469598103934665603u;

	while (n--)
		h = (h ^ *b++) * 1099511628211u;
	return h;
}

static uint64_t prog_saxpy(void)
{
	int i;

	for (i = 0; i < N; i++)
		fb[i] = 2.5f * fa[i] + fb[i];
	return hash(fb, sizeof(fb));
}

static uint64_t prog_dot(void)
{
	float sum = 0;
	double wide = 0;
	int i;

	for (i = 0; i < N; i++)
		sum += fa[i] * fb[i];
	for (i = 0; i < N; i++)
		wide += da[i] * db[i];
	return hash(&sum, sizeof(sum)) ^ hash(&wide, sizeof(wide)) * 3;
}

static uint64_t prog_gather(void)
{
	int i;

	for (i = 0; i < N; i++)
		fc[i] = fa[index_of[i]];
	for (i = 0; i < N; i++)
		la[i] = lb[index_of[i]] + index_of[i];
	return hash(fc, sizeof(fc)) ^ hash(la, sizeof(la));
}

static uint64_t prog_bytes(void)
{
	int32_t sum = 0, dot = 0;
	int i;

	for (i = 0; i < N; i++)
		sum += ba[i];
	for (i = 0; i < N; i++)
		dot += ba[i] * bb[i];
	for (i = 0; i < N; i++) {
		int v = ba[i] + bb[i];

		ba[i] = (int8_t)(v > 127 ? 127 : v < -128 ? -128 : v);
	}
	return hash(ba, sizeof(ba)) + (uint64_t)(int64_t)sum * 31 + (uint64_t)(int64_t)dot;
}

static float root(float x)
{
#ifdef __riscv
	asm("fsqrt.s %0, %0" : "+f"(x));
	return x;
#else
	return __builtin_sqrtf(x);
#endif
}

static uint64_t prog_layernorm(void)
{
	float sum = 0, squares = 0, mean, scale;
	int i;

	for (i = 0; i < N; i++)
		sum += fa[i];
	mean = sum / N;
	for (i = 0; i < N; i++)
		squares += (fa[i] - mean) * (fa[i] - mean);
	scale = 1 / root(squares / N + 1e-5f);
	for (i = 0; i < N; i++)
		fc[i] = (fa[i] - mean) * scale * fb[i];
	return hash(fc, sizeof(fc));
}

static uint64_t prog_divide(void)
{
	int i;

	for (i = 0; i < N; i++)
		wa[i] = wb[i] ? wa[i] / (wb[i] | 1) : 7;
	for (i = 0; i < N; i++)
		la[i] = la[i] % (lb[i] | 1);
	for (i = 0; i < N; i++)
		da[i] = da[i] / (db[i] * db[i] + 1);
	return hash(wa, sizeof(wa)) ^ hash(la, sizeof(la)) ^ hash(da, sizeof(da));
}

static uint64_t prog_convert(void)
{
	int i;

	for (i = 0; i < N; i++)
		fc[i] = (float)ha[i] * 0.125f;
	for (i = 0; i < N; i++)
		wa[i] = (int32_t)(fb[i] * 3.0f);
	for (i = 0; i < N; i++)
		db[i] = (double)fa[i] + wb[i];
	for (i = 0; i < N; i++)
		fb[i] = (float)db[i];
	for (i = 0; i < N; i++)
		ha[i] = (int16_t)(wa[i] >> 3);
	return hash(fc, sizeof(fc)) ^ hash(wa, sizeof(wa)) ^ hash(fb, sizeof(fb)) * 5 ^
	       hash(ha, sizeof(ha)) * 7;
}

/* Structures of two and three members: segments and strides. */
static uint64_t prog_interleave(void)
{
	static struct {
		int32_t a, b, c;
	} triple[N / 3];
	int i;

	for (i = 0; i < N / 3; i++) {
		triple[i].a = wa[i];
		triple[i].b = wa[i] ^ wb[i];
		triple[i].c = wb[i] * 3;
	}
	for (i = 0; i < N / 3; i++)
		wa[i] = triple[i].a + triple[i].b * triple[i].c;
	for (i = 0; i < N / 2; i++)
		la[i] = lb[2 * i] - lb[2 * i + 1];
	return hash(triple, sizeof(triple)) ^ hash(wa, sizeof(wa)) ^ hash(la, sizeof(la));
}

static uint64_t prog_select(void)
{
	int32_t least = INT32_MAX, most = INT32_MIN;
	uint32_t set = 0;
	int i;

	for (i = 0; i < N; i++)
		if (wa[i] > wb[i])
			wb[i] = wa[i] - 1;
	for (i = 0; i < N; i++)
		least = wa[i] < least ? wa[i] : least;
	for (i = 0; i < N; i++)
		most = wb[i] > most ? wb[i] : most;
	for (i = 0; i < N; i++)
		set += la[i] > lb[i];
	for (i = 0; i < N; i++)
		if (fa[i] < fb[i])
			fc[i] = fa[i] * fb[i];
	return hash(wb, sizeof(wb)) + (uint64_t)(int64_t)least * 3 + (uint64_t)(int64_t)most * 5 +
	       set + hash(fc, sizeof(fc));
}

static uint64_t prog_half(void)
{
	static float wide[N];
	int i;

	for (i = 0; i < N; i++)
		xa[i] = xa[i] * xb[i];
	for (i = 0; i < N; i++)
		xa[i] = xa[i] + xb[i];
	for (i = 0; i < N; i++)
		wide[i] = (float)xa[i];
	for (i = 0; i < N; i++)
		xb[i] = (_Float16)(wide[i] * 0.37f);
	return hash(xa, sizeof(xa)) ^ hash(xb, sizeof(xb)) * 3 ^ hash(wide, sizeof(wide));
}

int main(void)
{
	static const struct {
		const char *name;
		uint64_t (*run)(void);
	} programs[] = {
		{ "saxpy", prog_saxpy }, { "dot", prog_dot }, { "gather", prog_gather },
		{ "bytes", prog_bytes }, { "layernorm", prog_layernorm },
		{ "divide", prog_divide }, { "convert", prog_convert },
		{ "interleave", prog_interleave }, { "select", prog_select },
		{ "half", prog_half },
	};
	unsigned int i;

	for (i = 0; i < sizeof(programs) / sizeof(*programs); i++) {
		rng_state = UINT64_C(88172645463325252) + i;
		fill();
		print(programs[i].name, programs[i].run());
	}
	return 0;
}
