// SPDX-License-Identifier: GPL-2.0
/*
 * Floating point of rv_fp.h against two oracles that share nothing with it:
 *
 * - "exact": the operation in a wider format (binary128; x87 for the root) rounded towards zero, with
 *   the last bit set if that was inexact; then the neighbours in the format under test are found by
 *   search, and the rounding mode chooses between them. All modes, all formats.
 * - "host": the host's own binary32 and binary64 under fesetround(), with its flags.
 *
 * usage: fp [ROUNDS [SEED]]
 */
#include <fenv.h>
#include <math.h>
#include <stdlib.h>

#include "rv_fp.h"
#include "../unit/tap.h"

#pragma GCC diagnostic ignored "-Wunknown-pragmas"
#pragma STDC FENV_ACCESS ON

typedef __float128 wide;

#define ROUNDS	40000

static uint64_t rng_state;

static uint64_t rnd(void)
{
	uint64_t z = rng_state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static unsigned int below(unsigned int n)
{
	return rnd() % n;
}

struct format {
	unsigned int width, frac;
	int bias;
	uint64_t inf;
};

static const struct format formats[] = {
	{ 16, 10, 15, 0x7c00 },
	{ 32, 23, 127, 0x7f800000 },
	{ 64, 52, 1023, UINT64_C(0x7ff0000000000000) },
};

static const struct format *f;		/* the one under test */

static uint64_t sign_bit(void)
{
	return UINT64_C(1) << (f->width - 1);
}

static bool neg(uint64_t a)
{
	return a & sign_bit();
}

static uint64_t mag(uint64_t a)
{
	return a & (sign_bit() - 1);
}

static bool nan_(uint64_t a)
{
	return mag(a) > f->inf;
}

static bool snan(uint64_t a)
{
	return nan_(a) && !(a >> (f->frac - 1) & 1);
}

static uint64_t canonical(void)
{
	return f->inf | UINT64_C(1) << (f->frac - 1);
}

/* Power of two, exact; no library function, whose modes one would have to trust. */
static wide two_to(int e)
{
	wide v = 1;

	for (; e > 0; e--)
		v *= 2;
	for (; e < 0; e++)
		v /= 2;
	return v;
}

static wide powers[6000];		/* of 2^(i - 3000) */

/* The value of a magnitude; infinity counts as the number after the greatest. */
static wide value(uint64_t m)
{
	uint64_t frac = m & ((UINT64_C(1) << f->frac) - 1);
	int e = m >> f->frac;

	if (!e)
		return (wide)frac * powers[3000 + 1 - f->bias - (int)f->frac];
	return (wide)(frac | UINT64_C(1) << f->frac) * powers[3000 + e - f->bias - (int)f->frac];
}

/*
 * x > 0 (its last bit sticky), to the format; *exact, and whether it is tiny after rounding with
 * unbounded exponent.
 */
static uint64_t round_to(wide x, bool negative, unsigned int rm, uint32_t *flags)
{
	uint64_t lo = 0, hi = f->inf, mid;
	wide low, high, middle, top;
	bool up;
	int scale;

	top = value(f->inf);
	for (scale = 0; x >= 2 * top; scale++)		/* far above: only the fact counts */
		x /= 2;
	while (hi - lo > 1) {
		mid = lo + (hi - lo) / 2;
		if (value(mid) <= x)
			lo = mid;
		else
			hi = mid;
	}
	if (x >= top)
		lo = f->inf;
	low = value(lo);
	if (lo < f->inf && x == low)
		return lo;
	high = value(lo + 1);
	middle = (low + high) / 2;
	switch (rm) {
	case RV_RM_RTZ:
		up = false;
		break;
	case RV_RM_RDN:
		up = negative;
		break;
	case RV_RM_RUP:
		up = !negative;
		break;
	case RV_RM_ODD:
		up = !(lo & 1);
		break;
	case RV_RM_RMM:
		up = x >= middle;
		break;
	default:
		up = x > middle || (x == middle && (lo & 1));
		break;
	}
	if (lo >= f->inf || (lo == f->inf - 1 && up)) {
		*flags |= RV_FFLAG_OF | RV_FFLAG_NX;
		switch (rm) {
		case RV_RM_RTZ:
		case RV_RM_ODD:
			return f->inf - 1;
		case RV_RM_RDN:
			return negative ? f->inf : f->inf - 1;
		case RV_RM_RUP:
			return negative ? f->inf - 1 : f->inf;
		default:
			return f->inf;
		}
	}
	*flags |= RV_FFLAG_NX;
	if (lo < UINT64_C(1) << f->frac) {
		/* tiny unless the full precision just below 2^emin rounds up to it */
		wide unit = powers[3000 - f->bias - (int)f->frac];	/* half a subnormal step */
		wide edge = value(UINT64_C(1) << f->frac), last = edge - unit;
		bool reaches;

		switch (rm) {
		case RV_RM_RTZ:
		case RV_RM_ODD:
			reaches = false;
			break;
		case RV_RM_RDN:
			reaches = negative && x > last;
			break;
		case RV_RM_RUP:
			reaches = !negative && x > last;
			break;
		default:	/* `last` is odd, so a tie goes up in either mode */
			reaches = x >= last + unit / 2;
			break;
		}
		if (!reaches)
			*flags |= RV_FFLAG_UF;
	}
	return lo + up;
}

static wide signed_value(uint64_t a)
{
	return neg(a) ? -value(mag(a)) : value(mag(a));
}

/* A binary128 whose last bit is set if the host found the operation inexact. */
static wide sticky(wide x)
{
	unsigned __int128 bits;

	memcpy(&bits, &x, sizeof(bits));
	bits |= !!fetestexcept(FE_INEXACT);
	memcpy(&x, &bits, sizeof(x));
	return x;
}

enum op { ADD, SUB, MUL, DIV, SQRT, FMA, NR_OPS };

static const char *const op_name[] = { "add", "sub", "mul", "div", "sqrt", "fma" };

/* Root of a number that is not negative: digit by digit would be our own way; this is the x87's. */
static wide root(wide a)
{
	/* x87 has 64 bits, and a's format has at most 53 */
	wide result = sqrtl(a);

	if (fetestexcept(FE_INEXACT)) {
		/* between this and its successor in 64 bits */
		unsigned __int128 bits;

		memcpy(&bits, &result, sizeof(bits));
		bits |= 1;
		memcpy(&result, &bits, sizeof(result));
	}
	return result;
}

static uint64_t exact(enum op op, const uint64_t in[3], unsigned int rm, uint32_t *flags)
{
	uint64_t a = in[0], b = in[1], c = in[2], infinite = f->inf;
	bool inf_a, inf_b, inf_c, product_neg = neg(a) != neg(b), negative;
	unsigned int n = op == SQRT ? 1 : op == FMA ? 3 : 2, i;
	volatile wide va, vb, vc, r;	/* no operation may move to where flags and mode are others */
	wide x;

	if (op == SUB) {
		op = ADD;
		if (!nan_(b))
			b ^= sign_bit();
		product_neg = !product_neg;
	}
	inf_a = mag(a) == f->inf, inf_b = mag(b) == f->inf, inf_c = mag(c) == f->inf;
	if (op == FMA && ((inf_a && !mag(b)) || (inf_b && !mag(a))))
		goto invalid;
	for (i = 0; i < n; i++)
		if (snan(in[i]))
			goto invalid;
	for (i = 0; i < n; i++)
		if (nan_(in[i]))
			return canonical();
	switch (op) {
	case ADD:
		if (inf_a && inf_b && neg(a) != neg(b))
			goto invalid;
		if (inf_a || inf_b)
			return inf_a ? a : b;
		break;
	case MUL:
		if ((inf_a && !mag(b)) || (inf_b && !mag(a)))
			goto invalid;
		if (inf_a || inf_b)
			return infinite | (product_neg ? sign_bit() : 0);
		break;
	case DIV:
		if ((inf_a && inf_b) || (!mag(a) && !mag(b)))
			goto invalid;
		if (!inf_a && !mag(b))
			*flags |= RV_FFLAG_DZ;
		if (inf_a || !mag(b))
			return infinite | (product_neg ? sign_bit() : 0);
		if (inf_b)
			return product_neg ? sign_bit() : 0;
		break;
	case SQRT:
		if (!mag(a))
			return a;
		if (neg(a))
			goto invalid;
		if (inf_a)
			return a;
		break;
	default:
		if ((inf_a || inf_b) && inf_c && neg(c) != product_neg)
			goto invalid;
		if (inf_a || inf_b)
			return infinite | (product_neg ? sign_bit() : 0);
		if (inf_c)
			return c;
		break;
	}

	va = signed_value(a);
	vb = signed_value(b);
	vc = signed_value(c);
	fesetround(FE_TOWARDZERO);
	feclearexcept(FE_ALL_EXCEPT);
	switch (op) {
	case ADD:
		r = va + vb;
		break;
	case MUL:
		r = va * vb;
		break;
	case DIV:
		r = va / vb;
		break;
	case SQRT:
		r = root(va);
		break;
	default:
		r = va * vb + vc;
		break;
	}
	x = sticky(r);
	fesetround(FE_TONEAREST);
	if (x == 0) {
		if (op == ADD)
			negative = neg(a) == neg(b) ? neg(a) : rm == RV_RM_RDN;
		else if (op == FMA)
			negative = product_neg == neg(c) ? neg(c) : rm == RV_RM_RDN;
		else
			negative = product_neg;
		return negative ? sign_bit() : 0;
	}
	negative = x < 0;
	return round_to(negative ? -x : x, negative, rm, flags) | (negative ? sign_bit() : 0);
invalid:
	*flags |= RV_FFLAG_NV;
	return canonical();
}

static uint64_t ours(enum op op, const uint64_t in[3], unsigned int rm, uint32_t *flags)
{
#define CASES(N)										\
	switch (op) {										\
	case ADD:										\
		return rv_f##N##_add(in[0], in[1], rm, flags);					\
	case SUB:										\
		return rv_f##N##_sub(in[0], in[1], rm, flags);					\
	case MUL:										\
		return rv_f##N##_mul(in[0], in[1], rm, flags);					\
	case DIV:										\
		return rv_f##N##_div(in[0], in[1], rm, flags);					\
	case SQRT:										\
		return rv_f##N##_sqrt(in[0], rm, flags);					\
	default:										\
		return rv_f##N##_fma(in[0], in[1], in[2], rm, flags);				\
	}
	if (f->width == 16)
		CASES(16)
	if (f->width == 32)
		CASES(32)
	CASES(64)
}

#define HOST(N, type, SQRT_, FMA_)								\
static uint64_t host_##N(enum op op, const uint64_t in[3])					\
{												\
	uint##N##_t bits[3] = { in[0], in[1], in[2] };						\
	volatile type v[3], r;									\
												\
	memcpy((void *)v, bits, sizeof(bits));							\
	switch (op) {										\
	case ADD:										\
		r = v[0] + v[1];								\
		break;										\
	case SUB:										\
		r = v[0] - v[1];								\
		break;										\
	case MUL:										\
		r = v[0] * v[1];								\
		break;										\
	case DIV:										\
		r = v[0] / v[1];								\
		break;										\
	case SQRT:										\
		r = SQRT_(v[0]);								\
		break;										\
	default:										\
		r = FMA_(v[0], v[1], v[2]);							\
		break;										\
	}											\
	memcpy(bits, (void *)&r, sizeof(r));							\
	return bits[0];										\
}

HOST(32, float, sqrtf, fmaf)
HOST(64, double, sqrt, fma)

/* What the host's hardware says; RISC-V's NaN for any NaN. */
static uint64_t host(enum op op, const uint64_t in[3], unsigned int rm, uint32_t *flags)
{
	static const int mode[] = { FE_TONEAREST, FE_TOWARDZERO, FE_DOWNWARD, FE_UPWARD };
	uint64_t r;
	int raised;

	fesetround(mode[rm]);
	feclearexcept(FE_ALL_EXCEPT);
	r = f->width == 32 ? host_32(op, in) : host_64(op, in);
	raised = fetestexcept(FE_ALL_EXCEPT);
	fesetround(FE_TONEAREST);
	/* the one difference: infinity times zero plus a quiet NaN, where IEEE 754 lets one choose */
	if (op == FMA && nan_(in[2]) && ((mag(in[0]) == f->inf && !mag(in[1])) ||
					 (mag(in[1]) == f->inf && !mag(in[0]))))
		raised |= FE_INVALID;
	*flags |= (raised & FE_INEXACT ? RV_FFLAG_NX : 0) |
		  (raised & FE_UNDERFLOW ? RV_FFLAG_UF : 0) |
		  (raised & FE_OVERFLOW ? RV_FFLAG_OF : 0) |
		  (raised & FE_DIVBYZERO ? RV_FFLAG_DZ : 0) |
		  (raised & FE_INVALID ? RV_FFLAG_NV : 0);
	return nan_(r) ? canonical() : r;
}

/* Operands: anything, near each other's exponent, and the ends of every range. */
static uint64_t operand(uint64_t near)
{
	uint64_t v = rnd() & ((sign_bit() << 1) - 1), frac = (UINT64_C(1) << f->frac) - 1;
	uint64_t one = (uint64_t)f->bias << f->frac;
	int step;

	switch (below(8)) {
	case 0: {
		const uint64_t special[] = {
			0, 1, 2, frac, frac + 1, frac + 2, one, one - 1, one + 1, f->inf - 1,
			f->inf, f->inf + 1, canonical(), canonical() | 1, f->inf - frac - 1,
			one + ((uint64_t)f->frac << f->frac), one + (UINT64_C(1) << f->frac),
			(frac + 1) / 2, one - ((uint64_t)f->frac << f->frac),
		};

		v = special[below(sizeof(special) / sizeof(*special))];
		return v | (below(2) ? sign_bit() : 0);
	}
	case 1:		/* few bits set: exact results and ties */
		return v & ~(frac >> (1 + below(f->frac > 12 ? 12 : f->frac - 1)));
	case 2:
	case 3:		/* an exponent near that of the other operand */
		step = (int)below(9) - 4;
		return (v & (frac | sign_bit())) |
		       ((mag(near) + ((uint64_t)(int64_t)step << f->frac)) % f->inf & ~frac);
	case 4:		/* near one */
		return (v & (frac | sign_bit())) | (one + ((uint64_t)below(4) << f->frac));
	case 5:		/* small: products and quotients underflow */
		return (v & (frac | sign_bit())) |
		       ((one / 2 + ((uint64_t)below(f->frac * 2) << f->frac)) & ~frac);
	default:
		return v;
	}
}

static bool same(const char *oracle, enum op op, const uint64_t in[3], unsigned int rm, uint64_t got,
		 uint64_t want, uint32_t got_flags, uint32_t want_flags)
{
	static unsigned int told;

	if (got == want && got_flags == want_flags)
		return true;
	if (told++ < 20)
		fprintf(stderr,
			"#   f%u %s rm %u of %llx %llx %llx: %llx flags %02x, %s %llx %02x\n",
			f->width, op_name[op], rm, (unsigned long long)in[0],
			(unsigned long long)in[1], (unsigned long long)in[2],
			(unsigned long long)got, got_flags, oracle, (unsigned long long)want,
			want_flags);
	return false;
}

static void check_arithmetic(unsigned int rounds)
{
	static const unsigned int modes[] = { 0, 1, 2, 3, 4, RV_RM_ODD };
	unsigned int op, i, m, bad, bad_host, bad_fast;

	for (op = 0; op < NR_OPS; op++) {
		bad = bad_host = bad_fast = 0;
		for (i = 0; i < rounds; i++) {
			uint64_t in[3], got, want;
			uint32_t flags, want_flags;

			in[0] = operand(rnd());
			in[1] = operand(in[0]);
			in[2] = operand(rnd());
			if (op == FMA && below(2)) {	/* near the product */
				flags = RV_FFLAG_NX;
				in[2] = operand(ours(MUL, in, RV_RM_RNE, &flags));
				if (below(4) == 0)
					in[2] = ours(MUL, in, RV_RM_RNE, &flags) ^ sign_bit();
			}
			for (m = 0; m < 6; m++) {
				flags = want_flags = 0;
				got = ours(op, in, modes[m], &flags);
				/* the oracle is slow: one mode a round, by turns */
				if (i % 6 == m) {
					want = exact(op, in, modes[m], &want_flags);
					bad += !same("exact", op, in, modes[m], got, want, flags,
						     want_flags);
				}
				if (m < 4 && f->width != 16) {
					want_flags = 0;
					want = host(op, in, modes[m], &want_flags);
					bad_host += !same("host", op, in, modes[m], got, want,
							  flags, want_flags);
				}
				/* with NX set, the host's FPU may do it: same bits, same flags */
				want = got;
				want_flags = flags | RV_FFLAG_NX;
				flags = RV_FFLAG_NX;
				got = ours(op, in, modes[m], &flags);
				bad_fast += !same("without NX", op, in, modes[m], got, want, flags,
						  want_flags);
			}
		}
		tap_ok(!bad, "f%u %s: %u of all modes and odd as rounded from wider", f->width,
		       op_name[op], rounds);
		if (f->width != 16)
			tap_ok(!bad_host, "f%u %s: %u x 4 modes as the host's FPU", f->width,
			       op_name[op], rounds);
		tap_ok(!bad_fast, "f%u %s: the same with the inexact flag set before", f->width,
		       op_name[op]);
	}
}

/* ---- Comparisons, classes, conversions ------------------------------------------------------- */

#define BY_WIDTH(call16, call32, call64)	\
	(f->width == 16 ? (call16) : f->width == 32 ? (call32) : (call64))

static void check_compare(unsigned int rounds)
{
	unsigned int i, k, bad = 0, bad_minmax = 0, bad_class = 0;

	for (i = 0; i < rounds; i++) {
		uint64_t a = operand(rnd()), b = below(4) ? operand(a) : a, got, want;
		bool nan = nan_(a) || nan_(b), sig = snan(a) || snan(b);
		wide va = signed_value(a), vb = signed_value(b);

		for (k = 0; k < 5; k++) {
			uint32_t flags = 0, want_flags = 0;
			bool r, w;

			switch (k) {
			case 0:
				r = BY_WIDTH(rv_f16_eq(a, b, &flags), rv_f32_eq(a, b, &flags),
					     rv_f64_eq(a, b, &flags));
				w = !nan && va == vb;
				break;
			case 1:
				r = BY_WIDTH(rv_f16_lt(a, b, &flags), rv_f32_lt(a, b, &flags),
					     rv_f64_lt(a, b, &flags));
				w = !nan && va < vb;
				break;
			case 2:
				r = BY_WIDTH(rv_f16_le(a, b, &flags), rv_f32_le(a, b, &flags),
					     rv_f64_le(a, b, &flags));
				w = !nan && va <= vb;
				break;
			case 3:
				r = BY_WIDTH(rv_f16_lt_quiet(a, b, &flags),
					     rv_f32_lt_quiet(a, b, &flags),
					     rv_f64_lt_quiet(a, b, &flags));
				w = !nan && va < vb;
				break;
			default:
				r = BY_WIDTH(rv_f16_le_quiet(a, b, &flags),
					     rv_f32_le_quiet(a, b, &flags),
					     rv_f64_le_quiet(a, b, &flags));
				w = !nan && va <= vb;
				break;
			}
			if (sig || (nan && (k == 1 || k == 2)))
				want_flags = RV_FFLAG_NV;
			bad += r != w || flags != want_flags;
		}
		for (k = 0; k < 2; k++) {
			uint32_t flags = 0;

			if (k)
				got = BY_WIDTH(rv_f16_max(a, b, &flags), rv_f32_max(a, b, &flags),
					       rv_f64_max(a, b, &flags));
			else
				got = BY_WIDTH(rv_f16_min(a, b, &flags), rv_f32_min(a, b, &flags),
					       rv_f64_min(a, b, &flags));
			if (nan_(a))
				want = nan_(b) ? canonical() : b;
			else if (nan_(b))
				want = a;
			else if (va == vb)
				want = (neg(a) == !!k) ? b : a;
			else
				want = (va < vb) == !k ? a : b;
			bad_minmax += got != want || flags != (sig ? RV_FFLAG_NV : 0);
		}
		got = BY_WIDTH(rv_f16_classify(a), rv_f32_classify(a), rv_f64_classify(a));
		if (nan_(a))
			want = snan(a) ? RV_FCLASS_SNAN : RV_FCLASS_QNAN;
		else if (mag(a) == f->inf)
			want = neg(a) ? 0 : 7;
		else if (!mag(a))
			want = neg(a) ? 3 : 4;
		else if (mag(a) < UINT64_C(1) << f->frac)
			want = neg(a) ? 2 : 5;
		else
			want = neg(a) ? 1 : 6;
		bad_class += got != want;
	}
	tap_ok(!bad, "f%u: %u comparisons of each kind", f->width, rounds);
	tap_ok(!bad_minmax, "f%u: %u minima and maxima", f->width, rounds);
	tap_ok(!bad_class, "f%u: %u classes", f->width, rounds);
}

/* The integer that v rounds to; exact in binary128. */
static wide integral(wide v, unsigned int rm)
{
	bool negative = v < 0;
	wide a = negative ? -v : v, whole, rest;

	if (a >= powers[3000 + 100])
		return v;
	fesetround(FE_TOWARDZERO);
	whole = (wide)(unsigned __int128)a;
	fesetround(FE_TONEAREST);
	rest = a - whole;
	if ((rm == RV_RM_RMM && rest >= (wide)0.5) || (rm == RV_RM_RDN && negative && rest != 0) ||
	    (rm == RV_RM_RUP && !negative && rest != 0) ||
	    (rm == RV_RM_ODD && rest != 0 && !((unsigned __int128)whole & 1)) ||
	    (rm == RV_RM_RNE && (rest > (wide)0.5 ||
				 (rest == (wide)0.5 && ((unsigned __int128)whole & 1)))))
		whole += 1;
	return negative ? -whole : whole;
}

static void check_integers(unsigned int rounds)
{
	static const unsigned int widths[] = { 8, 16, 32, 64 };
	unsigned int i, k, bad_to = 0, bad_from = 0;

	for (i = 0; i < rounds; i++) {
		unsigned int rm = below(6), width = widths[below(4)];
		uint64_t a = operand(rnd()), v, got, want, most = UINT64_MAX >> (64 - width);
		bool is_signed = below(2), negative;
		wide least = 0, x, greatest;
		uint32_t flags = 0, want_flags = 0;

		rm = rm == 5 ? RV_RM_ODD : rm;
		if (below(2)) {		/* an exponent of the integers */
			k = below(width + 3);
			a = (a & ((UINT64_C(1) << f->frac) - 1)) | (a & sign_bit()) |
			    (uint64_t)(f->bias - 2 + (f->width == 16 ? (int)k % 17 : (int)k))
			    << f->frac;
			if (below(4) == 0)
				a |= ((UINT64_C(1) << f->frac) - 1) & ~UINT64_C(3);
		}
		if (is_signed) {
			most >>= 1;
			least = -(wide)most - 1;
		}
		greatest = most;
		if (nan_(a) || mag(a) == f->inf) {
			want = neg(a) && !nan_(a) ? (uint64_t)(is_signed ? -most - 1 : 0) : most;
			want_flags = RV_FFLAG_NV;
		} else {
			x = integral(signed_value(a), rm);
			if (x > greatest) {
				want = most;
				want_flags = RV_FFLAG_NV;
			} else if (x < least) {
				want = is_signed ? -most - 1 : 0;
				want_flags = RV_FFLAG_NV;
			} else {
				want = x < 0 ? -(uint64_t)-x : (uint64_t)x;
				want_flags = x == signed_value(a) ? 0 : RV_FFLAG_NX;
			}
		}
		got = BY_WIDTH(rv_f16_to_int(a, is_signed, width, rm, &flags),
			       rv_f32_to_int(a, is_signed, width, rm, &flags),
			       rv_f64_to_int(a, is_signed, width, rm, &flags));
		if (got != want || flags != want_flags) {
			if (bad_to++ < 10)
				fprintf(stderr, "#   f%u %llx to %s%u, rm %u: %llx %02x, want %llx %02x\n",
					f->width, (unsigned long long)a, is_signed ? "s" : "u", width,
					rm, (unsigned long long)got, flags,
					(unsigned long long)want, want_flags);
		}

		v = rnd() >> below(64);
		v = below(4) ? v : (UINT64_C(1) << below(64)) - below(3);
		if (is_signed && below(2))
			v = -v;
		negative = is_signed && v >> 63;
		flags = want_flags = 0;
		got = BY_WIDTH(rv_f16_from_int(v, is_signed, rm, &flags),
			       rv_f32_from_int(v, is_signed, rm, &flags),
			       rv_f64_from_int(v, is_signed, rm, &flags));
		want = v ? round_to((wide)(negative ? -v : v), negative, rm, &want_flags) : 0;
		want |= negative ? sign_bit() : 0;
		if (got != want || flags != want_flags) {
			if (bad_from++ < 10)
				fprintf(stderr, "#   f%u from %s %llx, rm %u: %llx %02x, want %llx %02x\n",
					f->width, is_signed ? "s64" : "u64", (unsigned long long)v, rm,
					(unsigned long long)got, flags, (unsigned long long)want,
					want_flags);
		}
	}
	tap_ok(!bad_to, "f%u: %u conversions to integers of 8, 16, 32, 64 bits", f->width, rounds);
	tap_ok(!bad_from, "f%u: %u conversions from 64-bit integers", f->width, rounds);
}

static uint64_t our_convert(unsigned int from, unsigned int to, uint64_t a, unsigned int rm,
			    uint32_t *flags)
{
	if (from == 16)
		return to == 32 ? rv_f16_to_f32(a, flags) : rv_f16_to_f64(a, flags);
	if (from == 32)
		return to == 16 ? rv_f32_to_f16(a, rm, flags) : rv_f32_to_f64(a, flags);
	return to == 16 ? rv_f64_to_f16(a, rm, flags) : rv_f64_to_f32(a, rm, flags);
}

static void check_convert(const struct format *from, const struct format *to, unsigned int rounds)
{
	unsigned int i, bad = 0;

	for (i = 0; i < rounds; i++) {
		unsigned int rm = below(6);
		uint32_t flags = 0, want_flags = 0;
		uint64_t a, got, want;
		bool negative, nan, sig, inf;
		wide x = 0;

		rm = rm == 5 ? RV_RM_ODD : rm;
		f = from;
		a = operand(rnd());
		if (to->width < from->width && below(2)) {
			/* round the target's range, and its subnormal numbers */
			int e = from->bias - to->bias + (int)below(2 * to->bias + 4) - 13;

			a = (a & (sign_bit() | ((UINT64_C(1) << f->frac) - 1))) |
			    (uint64_t)e << f->frac;
			if (below(3) == 0)
				a &= ~((UINT64_C(1) << (from->frac - to->frac - 1)) - 1);
		}
		got = our_convert(from->width, to->width, a, rm, &flags);
		negative = neg(a);
		nan = nan_(a);
		sig = snan(a);
		inf = mag(a) == f->inf;
		if (!nan && !inf)
			x = value(mag(a));
		f = to;
		if (nan) {
			want = canonical();
			want_flags = sig ? RV_FFLAG_NV : 0;
		} else {
			want = inf ? f->inf : x != 0 ? round_to(x, negative, rm, &want_flags) : 0;
			want |= negative ? sign_bit() : 0;
		}
		bad += got != want || flags != want_flags;
	}
	tap_ok(!bad, "f%u to f%u: %u conversions", from->width, to->width, rounds);
}

int main(int argc, char **argv)
{
	unsigned int rounds = argc > 1 ? strtoul(argv[1], NULL, 0) : ROUNDS, i, j;

	rng_state = argc > 2 ? strtoull(argv[2], NULL, 0) : 754;
	for (i = 0; i < 6000; i++)
		powers[i] = two_to((int)i - 3000);
	for (i = 0; i < 3; i++) {
		f = &formats[i];
		check_arithmetic(rounds);
		check_compare(rounds);
		check_integers(rounds);
		for (j = 0; j < 3; j++)
			if (j != i)
				check_convert(&formats[i], &formats[j], rounds);
	}
	return tap_done();
}
