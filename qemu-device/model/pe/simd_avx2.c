// SPDX-License-Identifier: MIT
/*
 * DPE and SE on AVX2 + FMA + F16C. Bytes are widened to 16 bits before VPMADDWD: the 8-bit multiply-add of
 * this level saturates its 16-bit sums and would be wrong.
 */
#if defined(__x86_64__)
#include <immintrin.h>
#include <string.h>

#include "simd.h"
#include "simd_array.h"

#define TARGET __attribute__((target("avx2,fma,f16c")))

TARGET static inline __m256i widen(const uint8_t *p, bool is_signed)
{
	__m128i b = _mm_loadu_si128((const __m128i *)p);

	return is_signed ? _mm256_cvtepi8_epi16(b) : _mm256_cvtepu8_epi16(b);
}

/* In place, 8x8 dwords. */
TARGET static inline __attribute__((always_inline)) void transpose8(__m256i r[8])
{
	__m256i t[8], u[8];

	for (int i = 0; i < 4; i++) {
		t[2 * i] = _mm256_unpacklo_epi32(r[2 * i], r[2 * i + 1]);
		t[2 * i + 1] = _mm256_unpackhi_epi32(r[2 * i], r[2 * i + 1]);
	}
	for (int i = 0; i < 2; i++) {
		u[4 * i] = _mm256_unpacklo_epi64(t[4 * i], t[4 * i + 2]);
		u[4 * i + 1] = _mm256_unpackhi_epi64(t[4 * i], t[4 * i + 2]);
		u[4 * i + 2] = _mm256_unpacklo_epi64(t[4 * i + 1], t[4 * i + 3]);
		u[4 * i + 3] = _mm256_unpackhi_epi64(t[4 * i + 1], t[4 * i + 3]);
	}
	for (int i = 0; i < 4; i++) {
		r[i] = _mm256_permute2x128_si256(u[i], u[i + 4], 0x20);
		r[i + 4] = _mm256_permute2x128_si256(u[i], u[i + 4], 0x31);
	}
}

TARGET static void avx2_mml(int32_t *bank, const uint8_t *kept, const uint8_t *stream,
			    unsigned int m, unsigned int n, unsigned int k, bool kept_signed,
			    bool stream_signed)
{
	/* pairs[p][j]: elements 2p and 2p + 1 of kept row j, as 16-bit halves; 0 past n and k. */
	int32_t pairs[16][32] __attribute__((aligned(32)));
	int32_t broadcast[32][16] __attribute__((aligned(32)));
	uint8_t padded[32 * 32] __attribute__((aligned(32)));
	unsigned int used = (k + 1) / 2;

	if (n < 32 || k < 32) {
		memset(padded, 0, sizeof(padded));
		for (unsigned int j = 0; j < n; j++)
			memcpy(padded + 32 * j, kept + 32 * j, k);
		kept = padded;
	}
	for (unsigned int j = 0; j < 32; j += 8) {
		for (unsigned int half = 0; half < 2; half++) {
			__m256i r[8];

			for (unsigned int i = 0; i < 8; i++)
				r[i] = widen(kept + 32 * (j + i) + 16 * half, kept_signed);
			transpose8(r);
			for (unsigned int i = 0; i < 8; i++)
				_mm256_store_si256((__m256i *)&pairs[8 * half + i][j], r[i]);
		}
	}
	for (unsigned int i = 0; i < m; i++) {
		_mm256_store_si256((__m256i *)&broadcast[i][0],
				   widen(stream + 32 * i, stream_signed));
		_mm256_store_si256((__m256i *)&broadcast[i][8],
				   widen(stream + 32 * i + 16, stream_signed));
	}
	/* Two rows at a time share each load of pairs; an odd last row goes alone. */
	for (unsigned int i = 0; i < m; i += 2) {
		unsigned int second = i + 1 < m ? i + 1 : i;
		__m256i a[4], b[4];

		for (unsigned int v = 0; v < 4; v++) {
			a[v] = _mm256_load_si256((const __m256i *)(bank + 32 * i + 8 * v));
			b[v] = _mm256_load_si256((const __m256i *)(bank + 32 * second + 8 * v));
		}
		for (unsigned int p = 0; p < used; p++) {
			__m256i x = _mm256_set1_epi32(broadcast[i][p]);
			__m256i y = _mm256_set1_epi32(broadcast[second][p]);

			for (unsigned int v = 0; v < 4; v++) {
				__m256i w = _mm256_load_si256((const __m256i *)&pairs[p][8 * v]);

				a[v] = _mm256_add_epi32(a[v], _mm256_madd_epi16(w, x));
				b[v] = _mm256_add_epi32(b[v], _mm256_madd_epi16(w, y));
			}
		}
		for (unsigned int v = 0; v < 4; v++) {
			_mm256_store_si256((__m256i *)(bank + 32 * second + 8 * v), b[v]);
			_mm256_store_si256((__m256i *)(bank + 32 * i + 8 * v), a[v]);
		}
	}
}

TARGET static inline __m256 canonical(__m256 x)
{
	__m256 nan = _mm256_castsi256_ps(_mm256_set1_epi32(SIMD_NAN));

	return _mm256_blendv_ps(x, nan, _mm256_cmp_ps(x, x, _CMP_UNORD_Q));
}

/* Low or high halves of eight dwords. */
TARGET static inline __m256 half_of(__m256i x, bool high, bool bf16)
{
	if (bf16)
		return _mm256_castsi256_ps(high ? _mm256_and_si256(x, _mm256_set1_epi32(-0x10000)) :
						  _mm256_slli_epi32(x, 16));
	x = high ? _mm256_srli_epi32(x, 16) : _mm256_and_si256(x, _mm256_set1_epi32(0xffff));
	x = _mm256_permute4x64_epi64(_mm256_packus_epi32(x, x), 0xd8);
	return _mm256_cvtph_ps(_mm256_castsi256_si128(x));
}

TARGET static void avx2_mml_half(int32_t *bank, const uint8_t *kept, const uint8_t *stream,
				 unsigned int m, unsigned int n, unsigned int k, bool bf16)
{
	/* column[l][j]: element l of kept row j. */
	float column[16][32] __attribute__((aligned(32)));
	float x[32][16] __attribute__((aligned(32)));
	uint8_t padded[32 * 32] __attribute__((aligned(32)));
	__m256i live[4];

	if (n < 32) {
		memset(padded, 0, sizeof(padded));
		memcpy(padded, kept, 32 * (size_t)n);
		kept = padded;
	}
	for (unsigned int j = 0; j < 32; j += 8) {
		__m256i r[8];

		for (unsigned int i = 0; i < 8; i++)
			r[i] = _mm256_loadu_si256((const __m256i *)(kept + 32 * (j + i)));
		transpose8(r);
		for (unsigned int i = 0; i < 8; i++) {
			_mm256_store_ps(&column[2 * i][j], half_of(r[i], false, bf16));
			_mm256_store_ps(&column[2 * i + 1][j], half_of(r[i], true, bf16));
		}
		live[j / 8] = _mm256_cmpgt_epi32(
			_mm256_set1_epi32((int)n - (int)j),
			_mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
	}
	for (unsigned int i = 0; i < m; i++) {
		for (unsigned int h = 0; h < 2; h++) {
			__m128i v = _mm_loadu_si128(
				(const __m128i *)(stream + 32 * (size_t)i + 16 * h));

			_mm256_store_ps(&x[i][8 * h],
					bf16 ? _mm256_castsi256_ps(_mm256_slli_epi32(
						       _mm256_cvtepu16_epi32(v), 16)) :
					       _mm256_cvtph_ps(v));
		}
	}
	/* Two rows at a time share each load of a column; an odd last row goes alone. */
	for (unsigned int i = 0; i < m; i += 2) {
		unsigned int second = i + 1 < m ? i + 1 : i;
		float *to[2] = { (float *)(void *)(bank + 32 * (size_t)i),
				 (float *)(void *)(bank + 32 * (size_t)second) };
		__m256 a[4], b[4];

		for (unsigned int v = 0; v < 4; v++) {
			a[v] = _mm256_load_ps(to[0] + 8 * v);
			b[v] = _mm256_load_ps(to[1] + 8 * v);
		}
		for (unsigned int l = 0; l < k; l++) {
			__m256 s = _mm256_set1_ps(x[i][l]), t = _mm256_set1_ps(x[second][l]);

			for (unsigned int v = 0; v < 4; v++) {
				__m256 w = _mm256_load_ps(&column[l][8 * v]);

				a[v] = _mm256_fmadd_ps(s, w, a[v]);
				b[v] = _mm256_fmadd_ps(t, w, b[v]);
			}
		}
		for (unsigned int v = 0; v < 4; v++) {
			_mm256_maskstore_ps(to[1] + 8 * v, live[v], canonical(b[v]));
			_mm256_maskstore_ps(to[0] + 8 * v, live[v], canonical(a[v]));
		}
	}
}

TARGET static void avx2_add_f32(int32_t *x, const int32_t *y, unsigned int count)
{
	for (unsigned int i = 0; i < count; i += 8) {
		float *p = (float *)(void *)(x + i);
		const float *q = (const float *)(const void *)(y + i);

		_mm256_store_ps(p, canonical(_mm256_add_ps(_mm256_load_ps(p), _mm256_load_ps(q))));
	}
}

TARGET static inline __m256 product(const int32_t *bank, const struct simd_cols *cols,
				    unsigned int j, int32_t rowsum)
{
	__m256i raw = _mm256_load_si256((const __m256i *)(bank + j));
	__m256i zp = _mm256_load_si256((const __m256i *)(cols->zero_point + j));

	raw = _mm256_add_epi32(raw, _mm256_load_si256((const __m256i *)(cols->offset + j)));
	raw = _mm256_sub_epi32(raw, _mm256_mullo_epi32(zp, _mm256_set1_epi32(rowsum)));
	return _mm256_mul_ps(_mm256_cvtepi32_ps(raw), _mm256_load_ps(cols->scale + j));
}

TARGET static void avx2_requant(uint8_t dst[32], const int32_t *bank, const struct simd_cols *cols,
				int32_t rowsum, const struct simd_clamp *clamp)
{
	const __m256i zp = _mm256_set1_epi32(clamp->zero_point);
	const __m256i lo = _mm256_set1_epi32(clamp->min - clamp->zero_point);
	const __m256i hi = _mm256_set1_epi32(clamp->max - clamp->zero_point);
	int32_t v[32] __attribute__((aligned(32)));

	for (unsigned int j = 0; j < 32; j += 8) {
		__m256 p = product(bank, cols, j, rowsum);
		__m256i big = _mm256_castps_si256(
			_mm256_cmp_ps(p, _mm256_set1_ps(0x1p31f), _CMP_GE_OQ));
		__m256i num = _mm256_castps_si256(_mm256_cmp_ps(p, p, _CMP_ORD_Q));
		/* Out of range gives INT_MIN, right for the low side. */
		__m256i r = _mm256_cvtps_epi32(p);

		r = _mm256_blendv_epi8(r, _mm256_set1_epi32(INT32_MAX), big);
		r = _mm256_and_si256(r, num);
		r = _mm256_min_epi32(_mm256_max_epi32(r, lo), hi);
		_mm256_store_si256((__m256i *)(v + j), _mm256_add_epi32(r, zp));
	}
	for (unsigned int j = 0; j < 32; j++)
		dst[j] = (uint8_t)v[j];
}

TARGET static void avx2_dequant(float dst[32], const int32_t *bank, const struct simd_cols *cols,
				int32_t rowsum, bool relu)
{
	for (unsigned int j = 0; j < 32; j += 8) {
		__m256 p = product(bank, cols, j, rowsum);

		if (relu) {
			__m256 neg = _mm256_cmp_ps(p, _mm256_setzero_ps(), _CMP_LE_OQ);

			p = _mm256_andnot_ps(neg, p);
		}
		_mm256_storeu_ps(dst + j, canonical(p));
	}
}

TARGET static inline __m256 bytes_to_f32(const uint8_t *p)
{
	return _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)p)));
}

TARGET static void avx2_rows(uint8_t *acc, unsigned int d, const uint8_t *row, size_t stride,
			     unsigned int rows, const uint8_t *weights, bool init)
{
	float s[32], t[32];
	unsigned int i = 0;

	for (unsigned int r = 0; r < rows; r++) {
		float w = 1.0f, q[2];

		if (weights)
			memcpy(&w, weights + 4 * (size_t)r, 4);
		memcpy(q, row + r * stride + d, 8);
		s[r] = w * q[0];
		t[r] = w * q[1];
	}
	for (; i + 32 <= d; i += 32) {
		float *out = (float *)(void *)(acc + 4 * (size_t)i);
		__m256 a[4];

		for (unsigned int v = 0; v < 4; v++)
			a[v] = init ? _mm256_setzero_ps() : _mm256_loadu_ps(out + 8 * v);
		for (unsigned int r = 0; r < rows; r++) {
			const uint8_t *q = row + r * stride + i;
			__m256 sr = _mm256_set1_ps(s[r]), tr = _mm256_set1_ps(t[r]);

			for (unsigned int v = 0; v < 4; v++)
				a[v] = _mm256_fmadd_ps(sr, bytes_to_f32(q + 8 * v),
						       _mm256_add_ps(a[v], tr));
		}
		for (unsigned int v = 0; v < 4; v++)
			_mm256_storeu_ps(out + 8 * v, canonical(a[v]));
	}
	for (; i < d; i += 8) {
		unsigned int left = d - i < 8 ? d - i : 8;
		float edge[8] __attribute__((aligned(32))) = { 0 };
		__m256 a;

		if (!init)
			memcpy(edge, acc + 4 * (size_t)i, 4 * left);
		a = _mm256_load_ps(edge);
		for (unsigned int r = 0; r < rows; r++) {
			uint8_t q[8] = { 0 };

			memcpy(q, row + r * stride + i, left);
			a = _mm256_fmadd_ps(_mm256_set1_ps(s[r]), bytes_to_f32(q),
					    _mm256_add_ps(a, _mm256_set1_ps(t[r])));
		}
		_mm256_store_ps(edge, canonical(a));
		memcpy(acc + 4 * (size_t)i, edge, 4 * left);
	}
}

/* Elements i .. i + 7 of a row; `left` of them, if fewer. */
TARGET static inline __m256 load_row(const uint8_t *row, unsigned int i, unsigned int left, bool f16)
{
	uint8_t edge[32] = { 0 };
	size_t size = f16 ? 2 : 4;

	row += size * i;
	if (left < 8)
		row = memcpy(edge, row, size * left);
	if (f16)
		return _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)row));
	return _mm256_loadu_ps((const float *)(const void *)row);
}

TARGET static void avx2_rows_float(uint8_t *acc, unsigned int d, const uint8_t *row, size_t stride,
				   unsigned int rows, const uint8_t *weights, bool init, bool f16)
{
	for (unsigned int i = 0; i < d; i += 32) {
		unsigned int most = d - i < 32 ? d - i : 32, vectors = (most + 7) / 8;
		float sum[32] __attribute__((aligned(32))) = { 0 };
		__m256 a[4];

		if (!init)
			memcpy(sum, acc + 4 * (size_t)i, 4 * most);
		for (unsigned int v = 0; v < 4; v++)
			a[v] = _mm256_load_ps(sum + 8 * v);
		for (unsigned int r = 0; r < rows; r++, row += stride) {
			float w = 1.0f;

			if (weights)
				memcpy(&w, weights + 4 * (size_t)r, 4);
			for (unsigned int v = 0; v < vectors; v++)
				a[v] = _mm256_fmadd_ps(
					_mm256_set1_ps(w),
					load_row(row, i + 8 * v, most - 8 * v, f16), a[v]);
		}
		row -= rows * stride;
		for (unsigned int v = 0; v < 4; v++)
			_mm256_store_ps(sum + 8 * v, canonical(a[v]));
		memcpy(acc + 4 * (size_t)i, sum, 4 * most);
	}
}

TARGET static void avx2_scale(uint8_t *x, unsigned int d, float s)
{
	__m256 sv = _mm256_set1_ps(s);
	unsigned int i = 0;

	for (; i + 8 <= d; i += 8) {
		float *p = (float *)(void *)(x + 4 * (size_t)i);

		_mm256_storeu_ps(p, canonical(_mm256_mul_ps(_mm256_loadu_ps(p), sv)));
	}
	if (i < d) {
		float edge[8] __attribute__((aligned(32))) = { 0 };

		memcpy(edge, x + 4 * (size_t)i, 4 * (size_t)(d - i));
		_mm256_store_ps(edge, canonical(_mm256_mul_ps(_mm256_load_ps(edge), sv)));
		memcpy(x + 4 * (size_t)i, edge, 4 * (size_t)(d - i));
	}
}

TARGET static uint32_t avx2_rowsum(const uint8_t *row, size_t bytes, bool is_signed)
{
	/* A signed byte is its value with the top bit flipped, less 128. */
	const __m256i flip = _mm256_set1_epi8(is_signed ? -128 : 0);
	__m256i sum = _mm256_setzero_si256();
	uint64_t lanes[4], total;
	size_t i = 0;

	for (; i + 32 <= bytes; i += 32) {
		__m256i v = _mm256_loadu_si256((const __m256i *)(row + i));

		v = _mm256_xor_si256(v, flip);
		sum = _mm256_add_epi64(sum, _mm256_sad_epu8(v, _mm256_setzero_si256()));
	}
	_mm256_storeu_si256((__m256i *)lanes, sum);
	total = lanes[0] + lanes[1] + lanes[2] + lanes[3];
	for (; i < bytes; i++)
		total += is_signed ? row[i] ^ 0x80u : row[i];
	if (is_signed)
		total -= 128 * (uint64_t)bytes;
	return (uint32_t)total;
}

const struct pe_simd pe_simd_avx2 = {
	.name = "avx2",
	.array = &simd_array_avx2,
	.mml = avx2_mml,
	.mml_half = avx2_mml_half,
	.add_f32 = avx2_add_f32,
	.requant = avx2_requant,
	.dequant = avx2_dequant,
	.rows = avx2_rows,
	.rows_float = avx2_rows_float,
	.scale = avx2_scale,
	.rowsum = avx2_rowsum,
};
#endif
