// SPDX-License-Identifier: MIT
/* Fixed point: saturating, averaging and scaling arithmetic. Loops as in rv_vec_int.c. */
#include <stddef.h>

#include "rv_vec.h"

#define TYPES(t, s, tw, sw) \
	typedef t T __attribute__((unused)); \
	typedef s S __attribute__((unused)); \
	typedef tw TW __attribute__((unused)); \
	typedef sw SW __attribute__((unused))
#define TYPES8	TYPES(uint8_t, int8_t, uint16_t, int16_t)
#define TYPES16	TYPES(uint16_t, int16_t, uint32_t, int32_t)
#define TYPES32	TYPES(uint32_t, int32_t, uint64_t, int64_t)
#define TYPES64	TYPES(uint64_t, int64_t, unsigned __int128, __int128)

#define SMAX	((S)(((T)-1) >> 1))
#define SMIN	((S)(-SMAX - 1))

/* What vxrm adds to @v >> @shift, by the bits that go and the last that stays (section 3.8). */
static inline unsigned int increment(unsigned int vxrm, uint64_t v, unsigned int shift)
{
	bool half, rest, odd;

	if (!shift)
		return 0;
	half = v >> (shift - 1) & 1;
	rest = shift > 1 && v << (65 - shift);
	odd = shift < 64 && (v >> shift & 1);
	switch (vxrm) {
	case 0:		/* to nearest, ties up */
		return half;
	case 1:		/* to nearest, ties to even */
		return half && (rest || odd);
	case 2:		/* down */
		return 0;
	default:	/* to odd */
		return !odd && (half || rest);
	}
}

/* The last argument is a block for active elements: it sets d[i], and sat if that saturated. */
#define KERNEL(name, N, TD, TA, TB, ...) \
static void name##_##N(struct rv_vec_args *args) \
{ \
	TYPES##N; \
	TD *restrict d = args->d; \
	const TA *restrict pa = args->va; \
	const TB *restrict pb = args->vb; \
	unsigned int vxrm = args->vxrm; \
	size_t i, n = args->n; \
	uint32_t sat = 0; \
	(void)vxrm; \
	if (!args->mask) { \
		for (i = args->start; i < n; i++) \
			__VA_ARGS__ \
	} else { \
		for (i = args->start; i < n; i++) \
			if (rv_vec_bit(args->mask, i)) \
				__VA_ARGS__ \
	} \
	if (sat) \
		*args->vxsat = 1; \
}

#define SAME(name, ...) \
	KERNEL(name, 8, rv_u8, rv_u8, rv_u8, __VA_ARGS__) \
	KERNEL(name, 16, rv_u16, rv_u16, rv_u16, __VA_ARGS__) \
	KERNEL(name, 32, rv_u32, rv_u32, rv_u32, __VA_ARGS__) \
	KERNEL(name, 64, rv_u64, rv_u64, rv_u64, __VA_ARGS__) \
	rv_vec_kernel *const rv_vk_##name[4] = { name##_8, name##_16, name##_32, name##_64 };

#define NARROW(name, ...) \
	KERNEL(name, 8, rv_u8, rv_u16, rv_u8, __VA_ARGS__) \
	KERNEL(name, 16, rv_u16, rv_u32, rv_u16, __VA_ARGS__) \
	KERNEL(name, 32, rv_u32, rv_u64, rv_u32, __VA_ARGS__) \
	rv_vec_kernel *const rv_vk_##name[4] = { name##_8, name##_16, name##_32, NULL };

SAME(saddu, {
	T r = pa[i] + pb[i];
	bool over = r < pa[i];

	d[i] = over ? (T)-1 : r;
	sat |= over;
})

SAME(ssubu, {
	bool under = pa[i] < pb[i];

	d[i] = under ? 0 : pa[i] - pb[i];
	sat |= under;
})

/* Signed overflow: operands agree (differ) in sign, the result does not (agrees with neither). */
SAME(sadd, {
	T a = pa[i], b = pb[i], r = a + b;
	bool over = (S)(T)(~(a ^ b) & (a ^ r)) < 0;

	d[i] = over ? (S)a < 0 ? SMIN : SMAX : (S)r;
	sat |= over;
})

SAME(ssub, {
	T a = pa[i], b = pb[i], r = a - b;
	bool over = (S)(T)((a ^ b) & (a ^ r)) < 0;

	d[i] = over ? (S)a < 0 ? SMIN : SMAX : (S)r;
	sat |= over;
})

/* A sum or difference has one bit more than its operands; the lowest two decide on rounding. */
#define AVERAGE(expr) { \
	TW v = (TW)(expr); \
	d[i] = (T)(v >> 1) + increment(vxrm, (uint64_t)v & 3, 1); \
}
SAME(aaddu, AVERAGE((TW)pa[i] + (TW)pb[i]))
SAME(asubu, AVERAGE((TW)pa[i] - (TW)pb[i]))
SAME(aadd, AVERAGE((SW)(S)pa[i] + (SW)(S)pb[i]))
SAME(asub, AVERAGE((SW)(S)pa[i] - (SW)(S)pb[i]))

/* Only MIN * MIN does not fit; rounding up never gets it there. */
SAME(smul, {
	const unsigned int shift = 8 * sizeof(T) - 1;
	SW v = (SW)(S)pa[i] * (SW)(S)pb[i];
	bool over = (S)pa[i] == SMIN && (S)pb[i] == SMIN;

	d[i] = over ? SMAX : (S)((v >> shift) + increment(vxrm, (uint64_t)v, shift));
	sat |= over;
})

SAME(ssrl, {
	unsigned int shift = pb[i] & (8 * sizeof(T) - 1);

	d[i] = (pa[i] >> shift) + increment(vxrm, pa[i], shift);
})

SAME(ssra, {
	unsigned int shift = pb[i] & (8 * sizeof(T) - 1);

	d[i] = ((S)pa[i] >> shift) + increment(vxrm, (uint64_t)(int64_t)(S)pa[i], shift);
})

NARROW(nclipu, {
	unsigned int shift = pb[i] & (16 * sizeof(T) - 1);
	TW v = (pa[i] >> shift) + increment(vxrm, pa[i], shift);
	bool over = v > (T)-1;

	d[i] = over ? (T)-1 : (T)v;
	sat |= over;
})

NARROW(nclip, {
	unsigned int shift = pb[i] & (16 * sizeof(T) - 1);
	SW v = ((SW)pa[i] >> shift) + (SW)increment(vxrm, (uint64_t)(int64_t)(SW)pa[i], shift);
	bool over = v > SMAX || v < SMIN;

	d[i] = over ? v < 0 ? SMIN : SMAX : (S)v;
	sat |= over;
})
