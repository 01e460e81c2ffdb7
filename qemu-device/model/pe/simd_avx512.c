// SPDX-License-Identifier: MIT
/*
 * DPE and SE on AVX-512 with VNNI. VPDPBUSD multiplies unsigned by signed bytes and sums four of
 * them into 32 bits without saturation, so two of the four cases of signedness need a correction:
 *	u * u = u * (u' ^ 0x80) + 128 * u	with the sum of the streamed row
 *	s * s = (s' ^ 0x80) * s - 128 * s	with the sum of the kept row
 * All of it modulo 2^32, hence exact.
 */
#if defined(__x86_64__)
#include <immintrin.h>
#include <string.h>

#include "simd.h"
#include "simd_array.h"

#define TARGET __attribute__((target("avx2,fma,avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")))

/* out[p][j] = dword p of row j, rows j .. j + 15 of 32 bytes. */
TARGET static inline __attribute__((always_inline)) void transpose16(const uint8_t *rows, __m512i out[8])
{
	__m512i r[8], t[8];

	/* Quarter q of r[i]: row i + 4q in its low, and in r[i + 4] its high 16 bytes. */
	for (int i = 0; i < 4; i++) {
		__m512i a = _mm512_castsi256_si512(
			_mm256_loadu_si256((const __m256i *)(rows + 32 * i)));
		__m512i b = _mm512_castsi256_si512(
			_mm256_loadu_si256((const __m256i *)(rows + 32 * (i + 8))));

		a = _mm512_inserti64x4(
			a, _mm256_loadu_si256((const __m256i *)(rows + 32 * (i + 4))), 1);
		b = _mm512_inserti64x4(
			b, _mm256_loadu_si256((const __m256i *)(rows + 32 * (i + 12))), 1);
		r[i] = _mm512_shuffle_i32x4(a, b, 0x88);
		r[i + 4] = _mm512_shuffle_i32x4(a, b, 0xdd);
	}
	/* 4x4 dword transposes inside the quarters. */
	for (int h = 0; h < 8; h += 4) {
		t[h] = _mm512_unpacklo_epi32(r[h], r[h + 1]);
		t[h + 1] = _mm512_unpackhi_epi32(r[h], r[h + 1]);
		t[h + 2] = _mm512_unpacklo_epi32(r[h + 2], r[h + 3]);
		t[h + 3] = _mm512_unpackhi_epi32(r[h + 2], r[h + 3]);
		out[h] = _mm512_unpacklo_epi64(t[h], t[h + 2]);
		out[h + 1] = _mm512_unpackhi_epi64(t[h], t[h + 2]);
		out[h + 2] = _mm512_unpacklo_epi64(t[h + 1], t[h + 3]);
		out[h + 3] = _mm512_unpackhi_epi64(t[h + 1], t[h + 3]);
	}
}

TARGET static inline int32_t dword(const uint8_t *p)
{
	int32_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

/*
 * kept8: the kept block by dwords, lanes are columns. Four rows share the loads of it. Inlined four
 * times, once for each case of signedness, so that the choice costs nothing inside.
 */
TARGET static inline __attribute__((always_inline)) void
stream_rows(int32_t *bank, __m512i kept8[8][2], const uint8_t *stream, unsigned int m,
	    bool swap, uint8_t flip_stream, const __m512i col_fix[2], bool row_fix, __mmask32 keep)
{
	for (unsigned int i = 0; i < m; i += 4) {
		__m512i acc[4][2];
		uint8_t x[4][32] __attribute__((aligned(32)));
		unsigned int live = m - i < 4 ? m - i : 4;

		for (unsigned int r = 0; r < 4; r++) {
			unsigned int row = i + (r < live ? r : 0);
			__m256i v = _mm256_loadu_si256((const __m256i *)(stream + 32 * row));
			int32_t fix = 0;

			if (flip_stream)
				v = _mm256_xor_si256(v, _mm256_set1_epi8(-128));
			_mm256_store_si256((__m256i *)x[r], v);
			if (row_fix) {
				__m256i sad = _mm256_sad_epu8(_mm256_maskz_mov_epi8(keep, v),
							      _mm256_setzero_si256());
				__m128i s = _mm_add_epi64(_mm256_castsi256_si128(sad),
							  _mm256_extracti128_si256(sad, 1));

				fix = 128 * (_mm_cvtsi128_si32(s) + _mm_extract_epi32(s, 2));
			}
			for (unsigned int h = 0; h < 2; h++) {
				acc[r][h] = _mm512_load_si512(bank + 32 * row + 16 * h);
				acc[r][h] = _mm512_add_epi32(acc[r][h], col_fix[h]);
				if (row_fix)
					acc[r][h] = _mm512_add_epi32(acc[r][h],
								     _mm512_set1_epi32(fix));
			}
		}
		for (unsigned int p = 0; p < 8; p++) {
			for (unsigned int r = 0; r < 4; r++) {
				__m512i b = _mm512_set1_epi32(dword(&x[r][4 * p]));

				for (unsigned int h = 0; h < 2; h++)
					acc[r][h] = swap ?
						_mm512_dpbusd_epi32(acc[r][h], kept8[p][h], b) :
						_mm512_dpbusd_epi32(acc[r][h], b, kept8[p][h]);
			}
		}
		for (unsigned int r = 0; r < live; r++)
			for (unsigned int h = 0; h < 2; h++)
				_mm512_store_si512(bank + 32 * (i + r) + 16 * h, acc[r][h]);
	}
}

TARGET static void avx512_mml(int32_t *bank, const uint8_t *kept, const uint8_t *stream,
			      unsigned int m, unsigned int n, unsigned int k, bool kept_signed,
			      bool stream_signed)
{
	const __mmask32 keep = k < 32 ? (1u << k) - 1 : 0xffffffffu;
	uint8_t padded[32 * 32] __attribute__((aligned(64)));
	__m512i kept8[8][2], fix[2];

	/* Both unsigned: columns past n get row sums in this form, so they must not be touched. */
	if (n < 32 || k < 32 || (!kept_signed && !stream_signed)) {
		const __m256i flip = _mm256_set1_epi8(!kept_signed && !stream_signed ? -128 : 0);

		memset(padded, 0, sizeof(padded));
		for (unsigned int j = 0; j < n; j++) {
			__m256i v = _mm256_loadu_si256((const __m256i *)(kept + 32 * j));

			v = _mm256_maskz_mov_epi8(keep, _mm256_xor_si256(v, flip));
			_mm256_store_si256((__m256i *)(padded + 32 * j), v);
		}
		kept = padded;
	}
	for (unsigned int h = 0; h < 2; h++) {
		__m512i out[8];

		transpose16(kept + 512 * h, out);
		for (unsigned int p = 0; p < 8; p++)
			kept8[p][h] = out[p];
		fix[h] = _mm512_setzero_si512();
	}
	if (kept_signed && stream_signed) {
		for (unsigned int h = 0; h < 2; h++) {
			__m512i sum = _mm512_setzero_si512();

			for (unsigned int p = 0; p < 8; p++)
				sum = _mm512_dpbusd_epi32(sum, _mm512_set1_epi8(1), kept8[p][h]);
			fix[h] = _mm512_sub_epi32(_mm512_setzero_si512(),
						  _mm512_slli_epi32(sum, 7));
		}
		stream_rows(bank, kept8, stream, m, false, 0x80, fix, false, keep);
	} else if (kept_signed) {
		stream_rows(bank, kept8, stream, m, false, 0, fix, false, keep);
	} else if (stream_signed) {
		stream_rows(bank, kept8, stream, m, true, 0, fix, false, keep);
	} else {
		int32_t saved[32][32];

		if (n == 32) {
			stream_rows(bank, kept8, stream, m, false, 0, fix, true, keep);
			return;
		}
		for (unsigned int i = 0; i < m; i++)
			memcpy(saved[i], bank + 32 * i + n, 4 * (32 - n));
		stream_rows(bank, kept8, stream, m, false, 0, fix, true, keep);
		for (unsigned int i = 0; i < m; i++)
			memcpy(bank + 32 * i + n, saved[i], 4 * (32 - n));
	}
}

TARGET static inline __m512 canonical(__m512 x)
{
	__mmask16 nan = _mm512_cmp_ps_mask(x, x, _CMP_UNORD_Q);

	return _mm512_mask_mov_ps(x, nan, _mm512_castsi512_ps(_mm512_set1_epi32(SIMD_NAN)));
}

/* Low or high halves of sixteen dwords. */
TARGET static inline __m512 half_of(__m512i x, bool high, bool bf16)
{
	if (bf16)
		return _mm512_castsi512_ps(high ? _mm512_and_si512(x, _mm512_set1_epi32(-0x10000)) :
						  _mm512_slli_epi32(x, 16));
	return _mm512_cvtph_ps(_mm512_cvtepi32_epi16(high ? _mm512_srli_epi32(x, 16) : x));
}

TARGET static void avx512_mml_half(int32_t *bank, const uint8_t *kept, const uint8_t *stream,
				   unsigned int m, unsigned int n, unsigned int k, bool bf16)
{
	const __mmask16 live[2] = { n < 16 ? (__mmask16)((1u << n) - 1) : 0xffff,
				    n > 16 ? (__mmask16)((1u << (n - 16)) - 1) : 0 };
	/* column[l][j]: element l of kept row j. */
	float column[16][32] __attribute__((aligned(64)));
	float x[4][16] __attribute__((aligned(64)));
	uint8_t padded[32 * 32] __attribute__((aligned(64)));

	if (n < 32) {
		memset(padded, 0, sizeof(padded));
		memcpy(padded, kept, 32 * (size_t)n);
		kept = padded;
	}
	for (unsigned int h = 0; h < 2; h++) {
		__m512i out[8];

		transpose16(kept + 512 * h, out);
		for (unsigned int p = 0; p < 8; p++) {
			_mm512_store_ps(&column[2 * p][16 * h], half_of(out[p], false, bf16));
			_mm512_store_ps(&column[2 * p + 1][16 * h], half_of(out[p], true, bf16));
		}
	}
	/* Four rows share each load of a column; past the last one the fourth ones go nowhere. */
	for (unsigned int i = 0; i < m; i += 4) {
		unsigned int rows = m - i < 4 ? m - i : 4;
		__m512 acc[4][2];

		for (unsigned int r = 0; r < 4; r++) {
			unsigned int row = i + (r < rows ? r : 0);
			__m256i v = _mm256_loadu_si256(
				(const __m256i *)(stream + 32 * (size_t)row));

			_mm512_store_ps(x[r], bf16 ? _mm512_castsi512_ps(_mm512_slli_epi32(
							     _mm512_cvtepu16_epi32(v), 16)) :
						     _mm512_cvtph_ps(v));
			for (unsigned int h = 0; h < 2; h++)
				acc[r][h] = _mm512_load_ps(bank + 32 * row + 16 * h);
		}
		for (unsigned int l = 0; l < k; l++) {
			__m512 lo = _mm512_load_ps(&column[l][0]);
			__m512 hi = _mm512_load_ps(&column[l][16]);

			for (unsigned int r = 0; r < 4; r++) {
				__m512 s = _mm512_set1_ps(x[r][l]);

				acc[r][0] = _mm512_fmadd_ps(s, lo, acc[r][0]);
				acc[r][1] = _mm512_fmadd_ps(s, hi, acc[r][1]);
			}
		}
		for (unsigned int r = 0; r < rows; r++)
			for (unsigned int h = 0; h < 2; h++)
				_mm512_mask_store_ps(bank + 32 * (i + r) + 16 * h, live[h],
						     canonical(acc[r][h]));
	}
}

TARGET static void avx512_add_f32(int32_t *x, const int32_t *y, unsigned int count)
{
	for (unsigned int i = 0; i < count; i += 16)
		_mm512_store_ps(x + i, canonical(_mm512_add_ps(_mm512_load_ps(x + i),
							       _mm512_load_ps(y + i))));
}

TARGET static inline __m512 product(const int32_t *bank, const struct simd_cols *cols,
				    unsigned int j, int32_t rowsum)
{
	__m512i raw = _mm512_load_si512(bank + j);

	raw = _mm512_add_epi32(raw, _mm512_load_si512(cols->offset + j));
	raw = _mm512_sub_epi32(raw, _mm512_mullo_epi32(_mm512_load_si512(cols->zero_point + j),
						       _mm512_set1_epi32(rowsum)));
	return _mm512_mul_ps(_mm512_cvtepi32_ps(raw), _mm512_load_ps(cols->scale + j));
}

TARGET static void avx512_requant(uint8_t dst[32], const int32_t *bank,
				  const struct simd_cols *cols, int32_t rowsum,
				  const struct simd_clamp *clamp)
{
	const __m512i zp = _mm512_set1_epi32(clamp->zero_point);
	const __m512i lo = _mm512_set1_epi32(clamp->min - clamp->zero_point);
	const __m512i hi = _mm512_set1_epi32(clamp->max - clamp->zero_point);

	for (unsigned int j = 0; j < 32; j += 16) {
		__m512 p = product(bank, cols, j, rowsum);
		__mmask16 big = _mm512_cmp_ps_mask(p, _mm512_set1_ps(0x1p31f), _CMP_GE_OQ);
		__mmask16 num = _mm512_cmp_ps_mask(p, p, _CMP_ORD_Q);
		/* Out of range gives INT_MIN, right for the low side. */
		__m512i r = _mm512_maskz_cvtps_epi32(num, p);

		r = _mm512_mask_mov_epi32(r, big, _mm512_set1_epi32(INT32_MAX));
		r = _mm512_min_epi32(_mm512_max_epi32(r, lo), hi);
		_mm_storeu_si128((__m128i *)(dst + j),
				 _mm512_cvtepi32_epi8(_mm512_add_epi32(r, zp)));
	}
}

TARGET static void avx512_dequant(float dst[32], const int32_t *bank, const struct simd_cols *cols,
				  int32_t rowsum, bool relu)
{
	for (unsigned int j = 0; j < 32; j += 16) {
		__m512 p = product(bank, cols, j, rowsum);

		if (relu) {
			__mmask16 neg = _mm512_cmp_ps_mask(p, _mm512_setzero_ps(), _CMP_LE_OQ);

			p = _mm512_mask_mov_ps(p, neg, _mm512_setzero_ps());
		}
		_mm512_storeu_ps(dst + j, canonical(p));
	}
}

TARGET static inline __m512 bytes_to_f32(__m128i q)
{
	return _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(q));
}

TARGET static void avx512_rows(uint8_t *acc, unsigned int d, const uint8_t *row, size_t stride,
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
	for (; i + 64 <= d; i += 64) {
		uint8_t *out = acc + 4 * (size_t)i;
		__m512 a[4];

		for (unsigned int v = 0; v < 4; v++)
			a[v] = init ? _mm512_setzero_ps() : _mm512_loadu_ps(out + 64 * v);
		for (unsigned int r = 0; r < rows; r++) {
			const uint8_t *q = row + r * stride + i;
			__m512 sr = _mm512_set1_ps(s[r]), tr = _mm512_set1_ps(t[r]);

			for (unsigned int v = 0; v < 4; v++) {
				__m128i b = _mm_loadu_si128((const __m128i *)(q + 16 * v));

				a[v] = _mm512_fmadd_ps(sr, bytes_to_f32(b),
						       _mm512_add_ps(a[v], tr));
			}
		}
		for (unsigned int v = 0; v < 4; v++)
			_mm512_storeu_ps(out + 64 * v, canonical(a[v]));
	}
	for (; i < d; i += 16) {
		__mmask16 mask = d - i < 16 ? (__mmask16)((1u << (d - i)) - 1) : 0xffff;
		uint8_t *out = acc + 4 * (size_t)i;
		__m512 a = init ? _mm512_setzero_ps() : _mm512_maskz_loadu_ps(mask, out);

		for (unsigned int r = 0; r < rows; r++) {
			__m128i b = _mm_maskz_loadu_epi8(mask, row + r * stride + i);

			a = _mm512_fmadd_ps(_mm512_set1_ps(s[r]), bytes_to_f32(b),
					    _mm512_add_ps(a, _mm512_set1_ps(t[r])));
		}
		_mm512_mask_storeu_ps(out, mask, canonical(a));
	}
}

/* Elements i .. i + 15 of a row, those of `mask`. */
TARGET static inline __m512 load_row(const uint8_t *row, unsigned int i, __mmask16 mask, bool f16)
{
	if (f16)
		return _mm512_cvtph_ps(_mm256_maskz_loadu_epi16(mask, row + 2 * (size_t)i));
	return _mm512_maskz_loadu_ps(mask, row + 4 * (size_t)i);
}

TARGET static void avx512_rows_float(uint8_t *acc, unsigned int d, const uint8_t *row,
				     size_t stride, unsigned int rows, const uint8_t *weights,
				     bool init, bool f16)
{
	for (unsigned int i = 0; i < d; i += 64) {
		uint64_t live = d - i < 64 ? (UINT64_C(1) << (d - i)) - 1 : UINT64_MAX;
		unsigned int vectors = d - i < 64 ? (d - i + 15) / 16 : 4;
		uint8_t *out = acc + 4 * (size_t)i;
		__m512 a[4];

		for (unsigned int v = 0; v < vectors; v++)
			a[v] = init ? _mm512_setzero_ps() :
				      _mm512_maskz_loadu_ps((__mmask16)(live >> 16 * v),
							    out + 64 * v);
		for (unsigned int r = 0; r < rows; r++, row += stride) {
			float w = 1.0f;

			if (weights)
				memcpy(&w, weights + 4 * (size_t)r, 4);
			for (unsigned int v = 0; v < vectors; v++)
				a[v] = _mm512_fmadd_ps(_mm512_set1_ps(w),
						       load_row(row, i + 16 * v,
								(__mmask16)(live >> 16 * v), f16),
						       a[v]);
		}
		row -= rows * stride;
		for (unsigned int v = 0; v < vectors; v++)
			_mm512_mask_storeu_ps(out + 64 * v, (__mmask16)(live >> 16 * v),
					      canonical(a[v]));
	}
}

TARGET static void avx512_scale(uint8_t *x, unsigned int d, float s)
{
	__m512 sv = _mm512_set1_ps(s);

	for (unsigned int i = 0; i < d; i += 16, x += 64) {
		__mmask16 mask = d - i < 16 ? (__mmask16)((1u << (d - i)) - 1) : 0xffff;
		__m512 v = _mm512_mul_ps(_mm512_maskz_loadu_ps(mask, x), sv);

		_mm512_mask_storeu_ps(x, mask, canonical(v));
	}
}

TARGET static uint32_t avx512_rowsum(const uint8_t *row, size_t bytes, bool is_signed)
{
	/* A signed byte is its value with the top bit flipped, less 128. */
	const __m512i flip = _mm512_set1_epi8(is_signed ? -128 : 0);
	__m512i sum = _mm512_setzero_si512();
	uint64_t total;

	for (size_t i = 0; i < bytes; i += 64) {
		size_t left = bytes - i;
		__mmask64 mask = left < 64 ? (UINT64_C(1) << left) - 1 : UINT64_MAX;
		__m512i v = _mm512_maskz_loadu_epi8(mask, row + i);

		v = _mm512_maskz_mov_epi8(mask, _mm512_xor_si512(v, flip));
		sum = _mm512_add_epi64(sum, _mm512_sad_epu8(v, _mm512_setzero_si512()));
	}
	total = (uint64_t)_mm512_reduce_add_epi64(sum);
	if (is_signed)
		total -= 128 * (uint64_t)bytes;
	return (uint32_t)total;
}

const struct pe_simd pe_simd_avx512 = {
	.name = "avx512",
	.array = &simd_array_avx512,
	.mml = avx512_mml,
	.mml_half = avx512_mml_half,
	.add_f32 = avx512_add_f32,
	.requant = avx512_requant,
	.dequant = avx512_dequant,
	.rows = avx512_rows,
	.rows_float = avx512_rows_float,
	.scale = avx512_scale,
	.rowsum = avx512_rowsum,
};
#endif
