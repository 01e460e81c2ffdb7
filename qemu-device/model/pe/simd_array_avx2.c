// SPDX-License-Identifier: MIT
/* SE's arithmetic on arrays on AVX2 + FMA + F16C: eight elements a step, the last ones in plain C. */
#if defined(__x86_64__)
#include <immintrin.h>
#include <string.h>

#include "simd.h"
#include "simd_array.h"

#define TARGET __attribute__((target("avx2,fma,f16c")))

/* mask ? b : a, by the masks' sign bits. */
TARGET static inline __m256i select32(__m256i a, __m256i b, __m256i mask)
{
	return _mm256_castps_si256(_mm256_blendv_ps(
		_mm256_castsi256_ps(a), _mm256_castsi256_ps(b), _mm256_castsi256_ps(mask)));
}

TARGET static inline __m256 canonical(__m256 x)
{
	return _mm256_blendv_ps(x, _mm256_castsi256_ps(_mm256_set1_epi32(SIMD_NAN)),
				_mm256_cmp_ps(x, x, _CMP_UNORD_Q));
}

TARGET static void avx2_widen(float *x, const uint8_t *src, unsigned int n, bool bf16)
{
	unsigned int i = 0;

	for (; i + 8 <= n; i += 8) {
		__m128i half = _mm_loadu_si128((const __m128i *)(src + 2 * (size_t)i));
		__m256 v = bf16 ? _mm256_castsi256_ps(_mm256_slli_epi32(
					  _mm256_cvtepu16_epi32(half), 16)) :
				  _mm256_cvtph_ps(half);

		_mm256_storeu_ps(x + i, canonical(v));
	}
	simd_array_scalar.widen(x + i, src + 2 * (size_t)i, n - i, bf16);
}

/* x is no signalling NaN. */
TARGET static inline __m128i to_bf16(__m256 x)
{
	__m256i bits = _mm256_castps_si256(x);
	__m256i odd = _mm256_and_si256(_mm256_srli_epi32(bits, 16), _mm256_set1_epi32(1));
	__m256i round = _mm256_add_epi32(odd, _mm256_set1_epi32(0x7fff));
	__m256i num = _mm256_castps_si256(_mm256_cmp_ps(x, x, _CMP_ORD_Q));

	bits = _mm256_srli_epi32(_mm256_add_epi32(bits, _mm256_and_si256(round, num)), 16);
	bits = _mm256_permute4x64_epi64(_mm256_packus_epi32(bits, bits), 0x88);
	return _mm256_castsi256_si128(bits);
}

TARGET static void avx2_narrow(uint8_t *dst, const float *x, unsigned int n, bool bf16)
{
	unsigned int i = 0;

	for (; i + 8 <= n; i += 8) {
		__m256 v = canonical(_mm256_loadu_ps(x + i));

		_mm_storeu_si128((__m128i *)(dst + 2 * (size_t)i),
				 bf16 ? to_bf16(v) :
					_mm256_cvtps_ph(v, _MM_FROUND_TO_NEAREST_INT));
	}
	simd_array_scalar.narrow(dst + 2 * (size_t)i, x + i, n - i, bf16);
}

TARGET static void avx2_store(uint8_t *dst, const float *x, unsigned int n)
{
	unsigned int i = 0;

	for (; i + 8 <= n; i += 8)
		_mm256_storeu_si256((__m256i *)(dst + 4 * (size_t)i),
				    _mm256_castps_si256(canonical(_mm256_loadu_ps(x + i))));
	simd_array_scalar.store(dst + 4 * (size_t)i, x + i, n - i);
}

TARGET static void avx2_to_8(uint8_t *dst, const float *x, const int32_t *zero_point,
			     unsigned int n, int32_t lo, int32_t hi)
{
	const __m256i top = _mm256_set1_epi32(INT32_MAX);
	/* The low byte of each dword, in both halves. */
	const __m256i pick = _mm256_setr_epi8(0, 4, 8, 12, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1,
					      -1, -1, 0, 4, 8, 12, -1, -1, -1, -1, -1, -1, -1, -1,
					      -1, -1, -1, -1);
	unsigned int i = 0;

	for (; i + 8 <= n; i += 8) {
		__m256 v = _mm256_loadu_ps(x + i);
		__m256i zp = _mm256_loadu_si256((const __m256i *)(zero_point + i));
		__m256i big = _mm256_castps_si256(
			_mm256_cmp_ps(v, _mm256_set1_ps(0x1p31f), _CMP_GE_OQ));
		__m256i num = _mm256_castps_si256(_mm256_cmp_ps(v, v, _CMP_ORD_Q));
		/* Out of range gives INT_MIN, right for the low side. */
		__m256i r = select32(_mm256_and_si256(_mm256_cvtps_epi32(v), num), top, big), sum;
		uint32_t low, high;

		/* A sum that wraps has another sign than both; it saturates. */
		sum = _mm256_add_epi32(r, zp);
		sum = select32(sum, _mm256_xor_si256(_mm256_srai_epi32(r, 31), top),
			       _mm256_and_si256(_mm256_xor_si256(r, sum),
						_mm256_xor_si256(zp, sum)));
		sum = _mm256_max_epi32(sum, _mm256_set1_epi32(lo));
		sum = _mm256_min_epi32(sum, _mm256_set1_epi32(hi));
		sum = _mm256_shuffle_epi8(sum, pick);
		low = (uint32_t)_mm256_cvtsi256_si32(sum);
		high = (uint32_t)_mm_cvtsi128_si32(_mm256_extracti128_si256(sum, 1));
		memcpy(dst + i, &low, sizeof(low));
		memcpy(dst + i + 4, &high, sizeof(high));
	}
	simd_array_scalar.to_8(dst + i, x + i, zero_point + i, n - i, lo, hi);
}

/* Where an input lies: its segment, how far inside, or on which side of all of them. */
struct place {
	__m256i k, below, above;
	__m256 u;
};

TARGET static inline struct place place_log(const struct mtia_se_lut *h, __m256 a)
{
	const __m256i flip = _mm256_set1_epi32(INT32_MIN); /* to compare without sign */
	const __m256i last = _mm256_set1_epi32((int)h->segments - 1);
	const __m256i base = _mm256_set1_epi32((int)h->base);
	__m256i zero = _mm256_castps_si256(_mm256_cmp_ps(a, _mm256_setzero_ps(), _CMP_EQ_OQ));
	__m256i bits = _mm256_andnot_si256(zero, _mm256_castps_si256(a));
	__m256i k = _mm256_srl_epi32(bits, _mm_cvtsi32_si128((int)h->shift));
	__m256i rest = _mm256_and_si256(bits, _mm256_set1_epi32((1 << h->shift) - 1));
	struct place p;

	p.below = _mm256_cmpgt_epi32(_mm256_xor_si256(base, flip), _mm256_xor_si256(k, flip));
	p.k = _mm256_sub_epi32(k, base);
	p.above = _mm256_andnot_si256(p.below, _mm256_cmpgt_epi32(_mm256_xor_si256(p.k, flip),
								  _mm256_xor_si256(last, flip)));
	p.u = _mm256_mul_ps(_mm256_cvtepi32_ps(rest),
			    _mm256_set1_ps(1.0f / (float)(1u << h->shift)));
	return p;
}

TARGET static inline struct place place_linear(const struct mtia_se_lut *h, __m256 a)
{
	__m256 t = _mm256_mul_ps(_mm256_sub_ps(a, _mm256_set1_ps(h->lo)),
				 _mm256_set1_ps(h->inv_step));
	struct place p;

	p.below = _mm256_castps_si256(_mm256_cmp_ps(t, _mm256_setzero_ps(), _CMP_LT_OQ));
	p.above = _mm256_castps_si256(
		_mm256_cmp_ps(t, _mm256_set1_ps((float)h->segments), _CMP_GE_OQ));
	p.k = _mm256_cvttps_epi32(t);
	p.u = _mm256_sub_ps(t, _mm256_cvtepi32_ps(p.k));
	return p;
}

TARGET static inline __m256 gather(__m256i mask, __m256i index, const float *from)
{
	return _mm256_mask_i32gather_ps(_mm256_setzero_ps(), from, index,
					_mm256_castsi256_ps(mask), 4);
}

TARGET static inline __m256 outside(float value, float slope, __m256 a)
{
	return slope == 0 ? _mm256_set1_ps(value) :
			    _mm256_fmadd_ps(a, _mm256_set1_ps(slope), _mm256_set1_ps(value));
}

TARGET static inline __m256 evaluate(const struct pe_lut *lut, __m256 x)
{
	const struct mtia_se_lut *h = &lut->head;
	const __m256 sign = _mm256_set1_ps(-0.0f);
	__m256 nan = _mm256_cmp_ps(x, x, _CMP_UNORD_Q), negative = _mm256_setzero_ps(), y;
	__m256 a = h->flags & (MTIA_LUT_ODD | MTIA_LUT_EVEN) ? _mm256_andnot_ps(sign, x) : x;
	struct place p = h->flags & MTIA_LUT_LOG ? place_log(h, a) : place_linear(h, a);
	__m256i inside;

	if (h->flags & MTIA_LUT_LOG)
		negative = _mm256_cmp_ps(a, _mm256_setzero_ps(), _CMP_LT_OQ);
	inside = _mm256_or_si256(_mm256_or_si256(p.below, p.above),
				 _mm256_castps_si256(_mm256_or_ps(nan, negative)));
	inside = _mm256_xor_si256(inside, _mm256_set1_epi32(-1));
	if (h->flags & MTIA_LUT_CUBIC) {
		__m256i at = _mm256_slli_epi32(p.k, 2);

		y = gather(inside, at, lut->c + 3);
		y = _mm256_fmadd_ps(y, p.u, gather(inside, at, lut->c + 2));
		y = _mm256_fmadd_ps(y, p.u, gather(inside, at, lut->c + 1));
		y = _mm256_fmadd_ps(y, p.u, gather(inside, at, lut->c));
	} else {
		__m256i at = _mm256_slli_epi32(p.k, 1);

		y = _mm256_fmadd_ps(gather(inside, at, lut->c + 1), p.u,
				    gather(inside, at, lut->c));
	}
	y = _mm256_blendv_ps(y, outside(h->above, h->slope_above, a),
			     _mm256_castsi256_ps(p.above));
	y = _mm256_blendv_ps(y, outside(h->below, h->slope_below, a),
			     _mm256_castsi256_ps(p.below));
	y = _mm256_blendv_ps(y, _mm256_set1_ps(h->negative), negative);
	if (h->flags & MTIA_LUT_ODD)
		y = _mm256_xor_ps(y, _mm256_and_ps(x, sign));
	return _mm256_blendv_ps(y, x, nan);
}

TARGET static void avx2_lookup(float *x, unsigned int n, const struct pe_lut *lut)
{
	unsigned int i = 0;

	for (; i + 8 <= n; i += 8)
		_mm256_storeu_ps(x + i, evaluate(lut, _mm256_loadu_ps(x + i)));
	simd_array_scalar.lookup(x + i, n - i, lut);
}

const struct simd_array simd_array_avx2 = {
	.widen = avx2_widen,
	.narrow = avx2_narrow,
	.store = avx2_store,
	.to_8 = avx2_to_8,
	.lookup = avx2_lookup,
};
#endif
