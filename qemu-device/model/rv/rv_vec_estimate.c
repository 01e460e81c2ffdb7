// SPDX-License-Identifier: MIT
/*
 * vfrec7 and vfrsqrt7: estimates with 7 bits of fraction. The specification gives tables; each
 * entry is the exact function at the middle of the interval that the leading bits of the operand
 * leave open, rounded to nearest, and so computed here. (All 256 were compared with what qemu
 * gives.)
 */
#include "rv_vec.h"

#define FRAC_BITS	7

/* 1 / x for x in [1, 2), i its leading 7 bits: the result less a half, times 256. */
static unsigned int reciprocal(unsigned int i)
{
	unsigned int x = 2 * i + 257;		/* the middle, times 256 */

	return (2 * 65536 + x) / (2 * x) - 128;
}

/* The same for 1 / sqrt(x), x in [1, 4), @i the leading 6 bits of its fraction. */
static unsigned int reciprocal_sqrt(unsigned int i, bool odd)
{
	unsigned int x = (2 * i + 129) << !odd;	/* the middle, times 128 */
	unsigned int k = 127;

	/* the largest k with (k + 127.5) / 256 at most 1 / sqrt(x) */
	while (k && (2 * k + 255) * (2 * k + 255) * x > 1u << 25)
		k--;
	return k;
}

struct parts {
	uint64_t sign, frac;
	int exp;
	bool zero;
};

static uint64_t pack(const struct rv_vec_float *f, uint64_t sign, uint64_t exp, uint64_t frac)
{
	return sign << (f->exp_bits + f->frac_bits) | exp << f->frac_bits | frac;
}

/* Of a subnormal number: the exponent it would have had with a leading one. */
static struct parts unpack(const struct rv_vec_float *f, uint64_t a)
{
	uint64_t mask = (UINT64_C(1) << f->frac_bits) - 1;
	struct parts p = {
		.sign = a >> (f->exp_bits + f->frac_bits), .frac = a & mask,
		.exp = a >> f->frac_bits & ((1u << f->exp_bits) - 1),
	};

	p.zero = !p.exp && !p.frac;
	if (!p.exp && p.frac) {
		while (!(p.frac >> (f->frac_bits - 1))) {
			p.frac <<= 1;
			p.exp--;
		}
		p.frac = p.frac << 1 & mask;
	}
	return p;
}

/* Is it a NaN? Raises the flag for a signalling one. */
static bool is_nan(const struct rv_vec_float *f, uint64_t a, uint32_t *flags)
{
	uint64_t infinity = pack(f, 0, (1u << f->exp_bits) - 1, 0);

	a &= ~(UINT64_C(1) << (f->exp_bits + f->frac_bits));
	if (a <= infinity)
		return false;
	if (!(a >> (f->frac_bits - 1) & 1))
		*flags |= RV_FFLAG_NV;
	return true;
}

uint64_t rv_vec_rsqrt7(const struct rv_vec_float *f, uint64_t a, uint32_t *flags)
{
	unsigned int top = (1u << f->exp_bits) - 1, bias = top / 2;
	struct parts p;
	uint64_t frac;

	if (is_nan(f, a, flags))
		return f->nan;
	p = unpack(f, a);
	if (p.zero) {
		*flags |= RV_FFLAG_DZ;
		return pack(f, p.sign, top, 0);
	}
	if (p.sign) {
		*flags |= RV_FFLAG_NV;
		return f->nan;
	}
	if (p.exp == (int)top)
		return 0;
	frac = reciprocal_sqrt(p.frac >> (f->frac_bits - 6), p.exp & 1);
	return pack(f, 0, ((int)(3 * bias) - 1 - p.exp) / 2, frac << (f->frac_bits - FRAC_BITS));
}

/* 1 / a past the largest number: that, or infinity, as if it had been rounded. */
static uint64_t overflow(const struct rv_vec_float *f, uint64_t sign, enum rv_rm rm,
			 uint32_t *flags)
{
	uint64_t infinity = pack(f, sign, (1u << f->exp_bits) - 1, 0);

	*flags |= RV_FFLAG_OF | RV_FFLAG_NX;
	if (rm == RV_RM_RTZ || (rm == RV_RM_RDN && !sign) || (rm == RV_RM_RUP && sign))
		return infinity - 1;
	return infinity;
}

uint64_t rv_vec_rec7(const struct rv_vec_float *f, uint64_t a, enum rv_rm rm, uint32_t *flags)
{
	unsigned int top = (1u << f->exp_bits) - 1, bias = top / 2;
	struct parts p;
	uint64_t frac;
	int exp;

	if (is_nan(f, a, flags))
		return f->nan;
	p = unpack(f, a);
	if (p.zero) {
		*flags |= RV_FFLAG_DZ;
		return pack(f, p.sign, top, 0);
	}
	if (p.exp == (int)top)
		return pack(f, p.sign, 0, 0);
	if (p.exp < -1)
		return overflow(f, p.sign, rm, flags);
	frac = (uint64_t)reciprocal(p.frac >> (f->frac_bits - FRAC_BITS)) <<
	       (f->frac_bits - FRAC_BITS);
	exp = (int)(2 * bias) - 1 - p.exp;
	if (exp <= 0) {		/* 0 or -1: subnormal */
		frac = (frac | UINT64_C(1) << f->frac_bits) >> (1 - exp);
		exp = 0;
	}
	return pack(f, p.sign, exp, frac);
}
