// SPDX-License-Identifier: GPL-2.0
/*
 * Floating point: a matrix product in single precision, bodies under gravity in double precision, and
 * quantisation of what comes out, in the shares of a numerical program.
 */
#include <stdint.h>

#ifndef ROUNDS
#define ROUNDS 300
#endif

#define N	32
#define BODIES	8

static float a[N][N], b[N][N], c[N][N];
static double place[BODIES][3], speed[BODIES][3], mass[BODIES];

static void product(void)
{
	int i, j, k;

	for (i = 0; i < N; i++) {
		for (j = 0; j < N; j++) {
			float sum = 0;

			for (k = 0; k < N; k++)
				sum += a[i][k] * b[k][j];
			c[i][j] = sum;
		}
	}
}

static double root(double x)
{
#ifdef __riscv
	double r;

	__asm__("fsqrt.d %0, %1" : "=f"(r) : "f"(x));
	return r;
#else
	return __builtin_sqrt(x);
#endif
}

static void step(double dt)
{
	int i, j, d;

	for (i = 0; i < BODIES; i++) {
		for (j = i + 1; j < BODIES; j++) {
			double delta[3], square = 0.01, pull;

			for (d = 0; d < 3; d++) {
				delta[d] = place[i][d] - place[j][d];
				square += delta[d] * delta[d];
			}
			pull = dt / (square * root(square));
			for (d = 0; d < 3; d++) {
				speed[i][d] -= delta[d] * mass[j] * pull;
				speed[j][d] += delta[d] * mass[i] * pull;
			}
		}
	}
	for (i = 0; i < BODIES; i++)
		for (d = 0; d < 3; d++)
			place[i][d] += dt * speed[i][d];
}

static uint32_t quantise(void)
{
	uint32_t sum = 0;
	int i, j;

	for (i = 0; i < N; i++) {
		for (j = 0; j < N; j++) {
			int32_t q = (int32_t)(c[i][j] * 17.3f);

			q = q > 127 ? 127 : q < -128 ? -128 : q;
			sum = sum * 31 + (uint32_t)q;
			a[i][j] = (float)q * (1.0f / 128) + (float)(place[j % BODIES][i % 3] * 1e-3);
		}
	}
	return sum;
}

int main(void)
{
	uint32_t sum = 0, seed = 1;
	int i, j, round;

	for (i = 0; i < N; i++) {
		for (j = 0; j < N; j++) {
			seed = seed * 1664525 + 1013904223;
			a[i][j] = (float)(int32_t)seed * (1.0f / 2147483648.0f);
			b[j][i] = (float)(seed >> 8) * (1.0f / 16777216.0f) - 0.5f;
		}
	}
	for (i = 0; i < BODIES; i++) {
		mass[i] = 1.0 + i * 0.25;
		for (j = 0; j < 3; j++)
			place[i][j] = (double)((i * 7 + j * 5) % 11) - 5.0;
	}
	for (round = 0; round < ROUNDS; round++) {
		product();
		for (i = 0; i < 40; i++)
			step(0.001);
		sum = sum * 7 + quantise();
	}
	return sum & 0x7fffffff;
}
