// SPDX-License-Identifier: MIT
/*
 * The definition of DPE's and SE's arithmetic, in plain C, and the choice of a faster one.
 * Built with -ffp-contract=off: an fma happens where fmaf() stands and nowhere else.
 */
#if defined(__x86_64__)
#include <cpuid.h>
#endif
#include <math.h>
#include <string.h>

#include "mtia_model.h"
#include "half.h"
#include "se_round.h"
#include "simd.h"
#include "simd_array.h"

static float canonical(float x)
{
	const uint32_t nan = SIMD_NAN;

	if (x != x)
		memcpy(&x, &nan, sizeof(x));
	return x;
}

static float load_f32(const uint8_t *p)
{
	float x;

	memcpy(&x, p, sizeof(x));
	return x;
}

static void store_f32(uint8_t *p, float x)
{
	memcpy(p, &x, sizeof(x));
}

static void scalar_mml(int32_t *bank, const uint8_t *kept, const uint8_t *stream, unsigned int m,
		       unsigned int n, unsigned int k, bool kept_signed, bool stream_signed)
{
	for (unsigned int i = 0; i < m; i++) {
		for (unsigned int j = 0; j < n; j++) {
			uint32_t sum = (uint32_t)bank[32 * i + j];

			for (unsigned int l = 0; l < k; l++) {
				int a = kept[32 * j + l], b = stream[32 * i + l];

				if (kept_signed)
					a = (int8_t)a;
				if (stream_signed)
					b = (int8_t)b;
				sum += (uint32_t)(a * b);
			}
			bank[32 * i + j] = (int32_t)sum;
		}
	}
}

static float widen(const uint8_t *p, bool bf16)
{
	uint32_t bits;
	uint16_t half;
	float x;

	memcpy(&half, p, sizeof(half));
	bits = bf16 ? f32_from_bf16(half) : f32_from_f16(half);
	memcpy(&x, &bits, sizeof(x));
	return x;
}

static void scalar_mml_half(int32_t *bank, const uint8_t *kept, const uint8_t *stream,
			    unsigned int m, unsigned int n, unsigned int k, bool bf16)
{
	for (unsigned int i = 0; i < m; i++) {
		for (unsigned int j = 0; j < n; j++) {
			uint8_t *acc = (uint8_t *)&bank[32 * i + j];
			float sum = load_f32(acc);

			for (unsigned int l = 0; l < k; l++)
				sum = fmaf(widen(stream + 32 * i + 2 * l, bf16),
					   widen(kept + 32 * j + 2 * l, bf16), sum);
			store_f32(acc, canonical(sum));
		}
	}
}

static void scalar_add_f32(int32_t *x, const int32_t *y, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++) {
		uint8_t *p = (uint8_t *)&x[i];

		store_f32(p, canonical(load_f32(p) + load_f32((const uint8_t *)&y[i])));
	}
}

static int32_t raw_value(int32_t acc, const struct simd_cols *cols, unsigned int j, int32_t rowsum)
{
	return (int32_t)((uint32_t)acc + (uint32_t)cols->offset[j] -
			 (uint32_t)cols->zero_point[j] * (uint32_t)rowsum);
}

static void scalar_requant(uint8_t dst[32], const int32_t *bank, const struct simd_cols *cols,
			   int32_t rowsum, const struct simd_clamp *clamp)
{
	for (unsigned int j = 0; j < 32; j++) {
		float p = (float)raw_value(bank[j], cols, j, rowsum) * cols->scale[j];

		dst[j] = se_to_8(p, clamp->zero_point, clamp->min, clamp->max);
	}
}

static void scalar_dequant(float dst[32], const int32_t *bank, const struct simd_cols *cols,
			   int32_t rowsum, bool relu)
{
	for (unsigned int j = 0; j < 32; j++) {
		float x = (float)raw_value(bank[j], cols, j, rowsum) * cols->scale[j];

		if (relu && x <= 0.0f)
			x = 0.0f;
		dst[j] = canonical(x);
	}
}

static void scalar_rows(uint8_t *acc, unsigned int d, const uint8_t *row, size_t stride,
			unsigned int rows, const uint8_t *weights, bool init)
{
	if (init)
		memset(acc, 0, 4 * (size_t)d);
	for (unsigned int r = 0; r < rows; r++, row += stride) {
		float w = weights ? load_f32(weights + 4 * (size_t)r) : 1.0f;
		float s = w * load_f32(row + d);
		float t = w * load_f32(row + d + 4);

		for (unsigned int i = 0; i < d; i++) {
			float sum = load_f32(acc + 4 * (size_t)i) + t;

			store_f32(acc + 4 * (size_t)i, fmaf(s, (float)row[i], sum));
		}
	}
	for (unsigned int i = 0; i < d; i++)
		store_f32(acc + 4 * (size_t)i, canonical(load_f32(acc + 4 * (size_t)i)));
}

static void scalar_rows_float(uint8_t *acc, unsigned int d, const uint8_t *row, size_t stride,
			      unsigned int rows, const uint8_t *weights, bool init, bool f16)
{
	for (unsigned int i = 0; i < d; i++) {
		float sum = init ? 0.0f : load_f32(acc + 4 * (size_t)i);

		for (unsigned int r = 0; r < rows; r++) {
			const uint8_t *p = row + r * stride + (f16 ? 2 : 4) * (size_t)i;

			sum = fmaf(weights ? load_f32(weights + 4 * (size_t)r) : 1.0f,
				   f16 ? widen(p, false) : load_f32(p), sum);
		}
		store_f32(acc + 4 * (size_t)i, canonical(sum));
	}
}

static void scalar_scale(uint8_t *x, unsigned int d, float s)
{
	for (unsigned int i = 0; i < d; i++, x += 4)
		store_f32(x, canonical(load_f32(x) * s));
}

static uint32_t scalar_rowsum(const uint8_t *row, size_t bytes, bool is_signed)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < bytes; i++)
		sum += is_signed ? (uint32_t)(int32_t)(int8_t)row[i] : row[i];
	return sum;
}

const struct pe_simd pe_simd_scalar = {
	.name = "scalar",
	.array = &simd_array_scalar,
	.mml = scalar_mml,
	.mml_half = scalar_mml_half,
	.add_f32 = scalar_add_f32,
	.requant = scalar_requant,
	.dequant = scalar_dequant,
	.rows = scalar_rows,
	.rows_float = scalar_rows_float,
	.scale = scalar_scale,
	.rowsum = scalar_rowsum,
};

#if defined(__x86_64__)
/* Not every compiler's __builtin_cpu_supports() knows it. */
static bool has_f16c(void)
{
	unsigned int eax, ebx, ecx, edx;

	return __get_cpuid(1, &eax, &ebx, &ecx, &edx) && (ecx & bit_F16C);
}
#endif

const struct pe_simd *pe_simd_select(unsigned int isa)
{
#if defined(__x86_64__)
	bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
		    has_f16c();
	bool avx512 = avx2 && __builtin_cpu_supports("avx512f") &&
		      __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
		      __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vnni");

	if (isa == MTIA_ISA_AUTO)
		isa = MTIA_ISA_AVX512;
	if (isa >= MTIA_ISA_AVX512 && avx512)
		return &pe_simd_avx512;
	if (isa >= MTIA_ISA_AVX2 && avx2)
		return &pe_simd_avx2;
#else
	(void)isa;
#endif
	return &pe_simd_scalar;
}
