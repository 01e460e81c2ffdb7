// SPDX-License-Identifier: MIT
/* SE's arithmetic on arrays on AVX-512 (F, BW, DQ, VL): sixteen elements a step, the last by mask. */
#if defined(__x86_64__)
#include <immintrin.h>
#include <string.h>

#include "simd.h"
#include "simd_array.h"

#define TARGET __attribute__((target("avx2,fma,f16c,avx512f,avx512bw,avx512dq,avx512vl")))

TARGET static inline __mmask16 live(unsigned int left)
{
	return left < 16 ? (__mmask16)((1u << left) - 1) : 0xffff;
}

TARGET static inline __m512 canonical(__m512 x)
{
	return _mm512_mask_mov_ps(x, _mm512_cmp_ps_mask(x, x, _CMP_UNORD_Q),
				  _mm512_castsi512_ps(_mm512_set1_epi32(SIMD_NAN)));
}

TARGET static void avx512_widen(float *x, const uint8_t *src, unsigned int n, bool bf16)
{
	for (unsigned int i = 0; i < n; i += 16) {
		__m256i half = _mm256_maskz_loadu_epi16(live(n - i), src + 2 * (size_t)i);
		__m512 v = bf16 ? _mm512_castsi512_ps(_mm512_slli_epi32(
					  _mm512_cvtepu16_epi32(half), 16)) :
				  _mm512_cvtph_ps(half);

		_mm512_mask_storeu_ps(x + i, live(n - i), canonical(v));
	}
}

TARGET static inline __m256i to_bf16(__m512 x)
{
	__m512i bits = _mm512_castps_si512(x);
	__m512i odd = _mm512_and_si512(_mm512_srli_epi32(bits, 16), _mm512_set1_epi32(1));
	__m512i round = _mm512_add_epi32(odd, _mm512_set1_epi32(0x7fff));
	__mmask16 num = _mm512_cmp_ps_mask(x, x, _CMP_ORD_Q);

	bits = _mm512_mask_add_epi32(bits, num, bits, round);
	return _mm512_cvtepi32_epi16(_mm512_srli_epi32(bits, 16));
}

TARGET static void avx512_narrow(uint8_t *dst, const float *x, unsigned int n, bool bf16)
{
	for (unsigned int i = 0; i < n; i += 16) {
		__m512 v = canonical(_mm512_maskz_loadu_ps(live(n - i), x + i));
		__m256i half = bf16 ? to_bf16(v) : _mm512_cvtps_ph(v, _MM_FROUND_TO_NEAREST_INT);

		_mm256_mask_storeu_epi16(dst + 2 * (size_t)i, live(n - i), half);
	}
}

TARGET static void avx512_store(uint8_t *dst, const float *x, unsigned int n)
{
	for (unsigned int i = 0; i < n; i += 16)
		_mm512_mask_storeu_ps(dst + 4 * (size_t)i, live(n - i),
				      canonical(_mm512_maskz_loadu_ps(live(n - i), x + i)));
}

TARGET static void avx512_to_8(uint8_t *dst, const float *x, const int32_t *zero_point,
			       unsigned int n, int32_t lo, int32_t hi)
{
	const __m512i top = _mm512_set1_epi32(INT32_MAX);

	for (unsigned int i = 0; i < n; i += 16) {
		__m512 v = _mm512_maskz_loadu_ps(live(n - i), x + i);
		__m512i zp = _mm512_maskz_loadu_epi32(live(n - i), zero_point + i);
		__mmask16 big = _mm512_cmp_ps_mask(v, _mm512_set1_ps(0x1p31f), _CMP_GE_OQ);
		__mmask16 num = _mm512_cmp_ps_mask(v, v, _CMP_ORD_Q);
		/* Out of range gives INT_MIN, right for the low side. */
		__m512i r = _mm512_mask_mov_epi32(_mm512_maskz_cvtps_epi32(num, v), big, top);
		__m512i sum = _mm512_add_epi32(r, zp);
		/* A sum that wraps has another sign than both; it saturates: far outside either way. */
		__mmask16 wrapped = _mm512_movepi32_mask(_mm512_and_si512(
			_mm512_xor_si512(r, sum), _mm512_xor_si512(zp, sum)));

		sum = _mm512_mask_mov_epi32(sum, wrapped,
					    _mm512_xor_si512(_mm512_srai_epi32(r, 31), top));
		sum = _mm512_max_epi32(sum, _mm512_set1_epi32(lo));
		sum = _mm512_min_epi32(sum, _mm512_set1_epi32(hi));
		_mm_mask_storeu_epi8(dst + i, live(n - i), _mm512_cvtepi32_epi8(sum));
	}
}

/* Where an input lies: its segment, how far inside, or on which side of all of them. */
struct place {
	__m512i k;
	__m512 u;
	__mmask16 below, above;
};

TARGET static inline struct place place_log(const struct mtia_se_lut *h, __m512 a)
{
	const __m128i shift = _mm_cvtsi32_si128((int)h->shift);
	const __m512i segments = _mm512_set1_epi32((int)h->segments);
	const __m512i base = _mm512_set1_epi32((int)h->base);
	__mmask16 zero = _mm512_cmp_ps_mask(a, _mm512_setzero_ps(), _CMP_EQ_OQ);
	__m512i bits = _mm512_mask_mov_epi32(_mm512_castps_si512(a), zero,
					     _mm512_setzero_si512());
	__m512i k = _mm512_srl_epi32(bits, shift);
	__m512i rest = _mm512_and_si512(bits, _mm512_set1_epi32((1 << h->shift) - 1));
	struct place p;

	p.below = _mm512_cmplt_epu32_mask(k, base);
	p.k = _mm512_sub_epi32(k, base);
	p.above = _mm512_mask_cmpge_epu32_mask((__mmask16)~p.below, p.k, segments);
	p.u = _mm512_mul_ps(_mm512_cvtepi32_ps(rest),
			    _mm512_set1_ps(1.0f / (float)(1u << h->shift)));
	return p;
}

TARGET static inline struct place place_linear(const struct mtia_se_lut *h, __m512 a)
{
	__m512 t = _mm512_mul_ps(_mm512_sub_ps(a, _mm512_set1_ps(h->lo)),
				 _mm512_set1_ps(h->inv_step));
	struct place p;

	p.below = _mm512_cmp_ps_mask(t, _mm512_setzero_ps(), _CMP_LT_OQ);
	p.above = _mm512_cmp_ps_mask(t, _mm512_set1_ps((float)h->segments), _CMP_GE_OQ);
	p.k = _mm512_cvttps_epi32(t);
	p.u = _mm512_sub_ps(t, _mm512_cvtepi32_ps(p.k));
	return p;
}

TARGET static inline __m512 gather(__mmask16 mask, __m512i index, const float *from)
{
	return _mm512_mask_i32gather_ps(_mm512_setzero_ps(), mask, index, from, 4);
}

TARGET static inline __m512 outside(float value, float slope, __m512 a)
{
	return slope == 0 ? _mm512_set1_ps(value) :
			    _mm512_fmadd_ps(a, _mm512_set1_ps(slope), _mm512_set1_ps(value));
}

TARGET static inline __m512 evaluate(const struct pe_lut *lut, __m512 x, __mmask16 mask)
{
	const struct mtia_se_lut *h = &lut->head;
	const __m512 sign = _mm512_set1_ps(-0.0f);
	__mmask16 nan = _mm512_cmp_ps_mask(x, x, _CMP_UNORD_Q), inside;
	__m512 a = h->flags & (MTIA_LUT_ODD | MTIA_LUT_EVEN) ? _mm512_andnot_ps(sign, x) : x, y;
	struct place p = h->flags & MTIA_LUT_LOG ? place_log(h, a) : place_linear(h, a);

	inside = (__mmask16)(mask & ~(nan | p.below | p.above));
	if (h->flags & MTIA_LUT_LOG) /* these have nowhere to look */
		inside &= (__mmask16)~_mm512_cmp_ps_mask(a, _mm512_setzero_ps(), _CMP_LT_OQ);
	if (h->flags & MTIA_LUT_CUBIC) {
		__m512i at = _mm512_slli_epi32(p.k, 2);

		y = gather(inside, at, lut->c + 3);
		y = _mm512_fmadd_ps(y, p.u, gather(inside, at, lut->c + 2));
		y = _mm512_fmadd_ps(y, p.u, gather(inside, at, lut->c + 1));
		y = _mm512_fmadd_ps(y, p.u, gather(inside, at, lut->c));
	} else {
		__m512i at = _mm512_slli_epi32(p.k, 1);

		y = _mm512_fmadd_ps(gather(inside, at, lut->c + 1), p.u,
				    gather(inside, at, lut->c));
	}
	y = _mm512_mask_mov_ps(y, p.above, outside(h->above, h->slope_above, a));
	y = _mm512_mask_mov_ps(y, p.below, outside(h->below, h->slope_below, a));
	if (h->flags & MTIA_LUT_LOG)
		y = _mm512_mask_mov_ps(y, _mm512_cmp_ps_mask(a, _mm512_setzero_ps(), _CMP_LT_OQ),
				       _mm512_set1_ps(h->negative));
	if (h->flags & MTIA_LUT_ODD)
		y = _mm512_xor_ps(y, _mm512_and_ps(x, sign));
	return _mm512_mask_mov_ps(y, nan, x);
}

TARGET static void avx512_lookup(float *x, unsigned int n, const struct pe_lut *lut)
{
	for (unsigned int i = 0; i < n; i += 16) {
		__m512 v = _mm512_maskz_loadu_ps(live(n - i), x + i);

		_mm512_mask_storeu_ps(x + i, live(n - i), evaluate(lut, v, live(n - i)));
	}
}

const struct simd_array simd_array_avx512 = {
	.widen = avx512_widen,
	.narrow = avx512_narrow,
	.store = avx512_store,
	.to_8 = avx512_to_8,
	.lookup = avx512_lookup,
};
#endif
