// SPDX-License-Identifier: MIT
/*
 * Floating point: unpack, compute on integers with a sticky last bit, round once. One body serves
 * all formats; the compiler makes three of it. At the end the cases the host's FPU may do.
 */
#include <math.h>
#include <string.h>

#include "rv_fp.h"

#define ALWAYS_INLINE	inline __attribute__((always_inline))
#define likely(x)	__builtin_expect(!!(x), 1)

typedef unsigned __int128 u128;

struct format {
	unsigned int width, ebits, fbits;
};

#define F16	((struct format){ 16, 5, 10 })
#define F32	((struct format){ 32, 8, 23 })
#define F64	((struct format){ 64, 11, 52 })

enum kind { ZERO, FINITE, INFINITE, QUIET, SIGNALLING };

/* FINITE: sig * 2^(exp - LEAD), with bit LEAD of sig the highest set. */
#define LEAD	62

struct num {
	enum kind kind;
	bool neg;
	int exp;
	uint64_t sig;
};

static ALWAYS_INLINE int bias_of(struct format f)
{
	return (1 << (f.ebits - 1)) - 1;
}

static ALWAYS_INLINE unsigned int top_exponent(struct format f)
{
	return (1u << f.ebits) - 1;
}

static ALWAYS_INLINE uint64_t infinity(struct format f)
{
	return (uint64_t)top_exponent(f) << f.fbits;
}

static ALWAYS_INLINE uint64_t canonical_nan(struct format f)
{
	return infinity(f) | UINT64_C(1) << (f.fbits - 1);
}

static ALWAYS_INLINE uint64_t with_sign(struct format f, bool neg, uint64_t magnitude)
{
	return neg ? magnitude | UINT64_C(1) << (f.width - 1) : magnitude;
}

static ALWAYS_INLINE struct num unpack(struct format f, uint64_t a)
{
	uint64_t frac = a & ((UINT64_C(1) << f.fbits) - 1);
	unsigned int e = a >> f.fbits & top_exponent(f);
	struct num n = { .kind = FINITE, .neg = a >> (f.width - 1) & 1 };
	int shift;

	if (e == top_exponent(f)) {
		n.kind = !frac ? INFINITE : frac >> (f.fbits - 1) ? QUIET : SIGNALLING;
	} else if (e) {
		n.exp = (int)e - bias_of(f);
		n.sig = (frac | UINT64_C(1) << f.fbits) << (LEAD - f.fbits);
	} else if (frac) {
		shift = __builtin_clzll(frac) - (63 - LEAD);
		n.exp = 1 - bias_of(f) - (shift - (int)(LEAD - f.fbits));
		n.sig = frac << shift;
	} else {
		n.kind = ZERO;
	}
	return n;
}

static ALWAYS_INLINE bool is_nan(struct num n)
{
	return n.kind >= QUIET;
}

/* Shift right; bits that go out leave a one behind. */
static ALWAYS_INLINE uint64_t shift_jam(uint64_t v, unsigned int n)
{
	if (!n)
		return v;
	return n < 64 ? v >> n | !!(v << (64 - n)) : !!v;
}

static ALWAYS_INLINE u128 shift_jam128(u128 v, unsigned int n)
{
	if (!n)
		return v;
	return n < 128 ? v >> n | !!(v << (128 - n)) : !!v;
}

/* @sig with its low @drop bits rounded away, which may carry into bit LEAD + 1. */
static ALWAYS_INLINE uint64_t round_off(uint64_t sig, unsigned int drop, bool neg, enum rv_rm rm)
{
	uint64_t unit = UINT64_C(1) << drop, rest = sig & (unit - 1), half = unit >> 1;
	bool up = false;

	sig -= rest;
	switch (rm) {
	case RV_RM_RNE:
		up = rest > half || (rest == half && (sig & unit));
		break;
	case RV_RM_RMM:
		up = rest >= half;
		break;
	case RV_RM_RDN:
		up = neg && rest;
		break;
	case RV_RM_RUP:
		up = !neg && rest;
		break;
	case RV_RM_ODD:
		return rest ? sig | unit : sig;
	default:
		break;
	}
	return up ? sig + unit : sig;
}

/* The bits of sig * 2^(exp - LEAD); bit LEAD is the highest set, bit 0 may be sticky. */
static ALWAYS_INLINE uint64_t pack(struct format f, bool neg, int exp, uint64_t sig, enum rv_rm rm,
				   uint32_t *flags)
{
	unsigned int drop = LEAD - f.fbits;
	uint64_t rounded, mask = (UINT64_C(1) << drop) - 1;
	int e = exp + bias_of(f);
	bool tiny, to_inf;

	if (e < 1) {
		/* tiny: still below the smallest normal number after rounding to full precision */
		tiny = e < 0 || !(round_off(sig, drop, neg, rm) >> (LEAD + 1));
		sig = shift_jam(sig, 1 - e);
		rounded = round_off(sig, drop, neg, rm);
		if (sig & mask)
			*flags |= RV_FFLAG_NX | (tiny ? RV_FFLAG_UF : 0);
		return with_sign(f, neg, rounded >> drop);
	}
	rounded = round_off(sig, drop, neg, rm);
	if (e + (int)(rounded >> (LEAD + 1)) >= (int)top_exponent(f)) {
		*flags |= RV_FFLAG_OF | RV_FFLAG_NX;
		to_inf = rm == RV_RM_RNE || rm == RV_RM_RMM || rm == (neg ? RV_RM_RDN : RV_RM_RUP);
		return with_sign(f, neg, infinity(f) - !to_inf);
	}
	if (sig & mask)
		*flags |= RV_FFLAG_NX;
	/* the leading one, or the two of a carry, adds to the exponent */
	return with_sign(f, neg, ((uint64_t)(e - 1) << f.fbits) + (rounded >> drop));
}

/* The same of any sig but 0, in units of 2^(exp - LEAD). */
static ALWAYS_INLINE uint64_t pack_any(struct format f, bool neg, int exp, uint64_t sig,
				       enum rv_rm rm, uint32_t *flags)
{
	int shift = __builtin_clzll(sig) - (63 - LEAD);

	return shift < 0 ? pack(f, neg, exp + 1, shift_jam(sig, 1), rm, flags) :
			   pack(f, neg, exp - shift, sig << shift, rm, flags);
}

static ALWAYS_INLINE uint64_t invalid(struct format f, uint32_t *flags)
{
	*flags |= RV_FFLAG_NV;
	return canonical_nan(f);
}

static ALWAYS_INLINE uint64_t nan_result(struct format f, bool signalling, uint32_t *flags)
{
	if (signalling)
		*flags |= RV_FFLAG_NV;
	return canonical_nan(f);
}

static ALWAYS_INLINE uint64_t zero_sum(struct format f, enum rv_rm rm)
{
	return with_sign(f, rm == RV_RM_RDN, 0);
}

static ALWAYS_INLINE uint64_t soft_add(struct format f, uint64_t abits, uint64_t bbits,
				       enum rv_rm rm, uint32_t *flags)
{
	struct num a = unpack(f, abits), b = unpack(f, bbits), t;
	uint64_t sig;

	if (is_nan(a) || is_nan(b))
		return nan_result(f, a.kind == SIGNALLING || b.kind == SIGNALLING, flags);
	if (a.kind == INFINITE)
		return b.kind == INFINITE && a.neg != b.neg ? invalid(f, flags) : abits;
	if (b.kind == INFINITE)
		return bbits;
	if (a.kind == ZERO && b.kind == ZERO)
		return a.neg == b.neg ? abits : zero_sum(f, rm);
	if (a.kind == ZERO)
		return bbits;
	if (b.kind == ZERO)
		return abits;
	if (a.exp < b.exp || (a.exp == b.exp && a.sig < b.sig)) {
		t = a;
		a = b;
		b = t;
	}
	sig = shift_jam(b.sig, a.exp - b.exp);
	if (a.neg == b.neg)
		return pack_any(f, a.neg, a.exp, a.sig + sig, rm, flags);
	if (a.sig == sig)
		return zero_sum(f, rm);
	return pack_any(f, a.neg, a.exp, a.sig - sig, rm, flags);
}

static ALWAYS_INLINE uint64_t soft_mul(struct format f, uint64_t abits, uint64_t bbits,
				       enum rv_rm rm, uint32_t *flags)
{
	struct num a = unpack(f, abits), b = unpack(f, bbits);
	bool neg = a.neg != b.neg;
	u128 product;

	if (is_nan(a) || is_nan(b))
		return nan_result(f, a.kind == SIGNALLING || b.kind == SIGNALLING, flags);
	if (a.kind == INFINITE || b.kind == INFINITE)
		return a.kind == ZERO || b.kind == ZERO ? invalid(f, flags) :
							  with_sign(f, neg, infinity(f));
	if (a.kind == ZERO || b.kind == ZERO)
		return with_sign(f, neg, 0);
	product = (u128)a.sig * b.sig;
	return pack_any(f, neg, a.exp + b.exp, shift_jam128(product, LEAD), rm, flags);
}

static ALWAYS_INLINE uint64_t soft_div(struct format f, uint64_t abits, uint64_t bbits,
				       enum rv_rm rm, uint32_t *flags)
{
	struct num a = unpack(f, abits), b = unpack(f, bbits);
	bool neg = a.neg != b.neg;
	unsigned int shift;
	uint64_t q;
	u128 n;

	if (is_nan(a) || is_nan(b))
		return nan_result(f, a.kind == SIGNALLING || b.kind == SIGNALLING, flags);
	if (a.kind == b.kind && (a.kind == INFINITE || a.kind == ZERO))
		return invalid(f, flags);
	if (a.kind == INFINITE)
		return with_sign(f, neg, infinity(f));
	if (a.kind == ZERO || b.kind == INFINITE)
		return with_sign(f, neg, 0);
	if (b.kind == ZERO) {
		*flags |= RV_FFLAG_DZ;
		return with_sign(f, neg, infinity(f));
	}
	shift = a.sig < b.sig;
	n = (u128)a.sig << (LEAD + shift);
	q = n / b.sig;
	q |= q * (u128)b.sig != n;
	return pack(f, neg, a.exp - b.exp - (int)shift, q, rm, flags);
}

/* Floor of the root of 2^124 <= n < 2^126. The host's root is a start; what comes out is exact. */
static uint64_t integer_root(u128 n)
{
	uint64_t root = (uint64_t)sqrt((double)n);

	root = (root + (uint64_t)(n / root)) / 2;
	while ((u128)root * root > n)
		root--;
	while ((u128)(root + 1) * (root + 1) <= n)
		root++;
	return root;
}

static ALWAYS_INLINE uint64_t soft_sqrt(struct format f, uint64_t abits, enum rv_rm rm,
					uint32_t *flags)
{
	struct num a = unpack(f, abits);
	unsigned int odd = a.exp & 1;
	uint64_t root;
	u128 n;

	if (is_nan(a))
		return nan_result(f, a.kind == SIGNALLING, flags);
	if (a.kind == ZERO || (a.kind == INFINITE && !a.neg))
		return abits;
	if (a.neg)
		return invalid(f, flags);
	n = (u128)a.sig << (LEAD + odd);
	root = integer_root(n);		/* its bit LEAD is set */
	root |= (u128)root * root != n;
	return pack(f, false, (a.exp - (int)odd) / 2, root, rm, flags);
}

static ALWAYS_INLINE uint64_t soft_fma(struct format f, uint64_t abits, uint64_t bbits,
				       uint64_t cbits, enum rv_rm rm, uint32_t *flags)
{
	struct num a = unpack(f, abits), b = unpack(f, bbits), c = unpack(f, cbits);
	bool neg = a.neg != b.neg, snan = a.kind == SIGNALLING || b.kind == SIGNALLING || c.kind == SIGNALLING;
	u128 product, addend, sum;
	int exp, shift;

	if ((a.kind == INFINITE && b.kind == ZERO) || (a.kind == ZERO && b.kind == INFINITE))
		return invalid(f, flags);
	if (is_nan(a) || is_nan(b) || is_nan(c))
		return nan_result(f, snan, flags);
	if (a.kind == INFINITE || b.kind == INFINITE)
		return c.kind == INFINITE && c.neg != neg ? invalid(f, flags) :
						       with_sign(f, neg, infinity(f));
	if (c.kind == INFINITE)
		return cbits;
	if (a.kind == ZERO || b.kind == ZERO) {
		if (c.kind == ZERO)
			return neg == c.neg ? cbits : zero_sum(f, rm);
		return cbits;
	}

	/* in units of 2^(exp - 126); the product's highest bit is 125 or, after the shift, 126 */
	product = (u128)a.sig * b.sig << 1;
	exp = a.exp + b.exp + 1;
	if (!(product >> 126)) {
		product <<= 1;
		exp--;
	}
	sum = product;
	if (c.kind != ZERO) {
		addend = (u128)c.sig << (126 - LEAD);
		if (exp >= c.exp) {
			addend = shift_jam128(addend, exp - c.exp);
		} else {
			product = shift_jam128(product, c.exp - exp);
			exp = c.exp;
		}
		if (neg == c.neg) {
			sum = product + addend;
		} else if (product == addend) {
			return zero_sum(f, rm);
		} else if (product > addend) {
			sum = product - addend;
		} else {
			sum = addend - product;
			neg = c.neg;
		}
	}
	shift = sum >> 64 ? __builtin_clzll(sum >> 64) : 64 + __builtin_clzll(sum);
	/* highest bit to 126, then the upper 64 bits with the rest sticky */
	if (shift)
		sum <<= shift - 1;
	else
		sum = shift_jam128(sum, 1);
	return pack(f, neg, exp - (shift - 1), shift_jam128(sum, 126 - LEAD), rm, flags);
}

/* -1, 0, 1 as a is less than, equal to, greater than b; neither is a NaN. */
static ALWAYS_INLINE int order(struct format f, uint64_t a, uint64_t b)
{
	uint64_t sign = UINT64_C(1) << (f.width - 1);
	int64_t ia = a & sign ? -(int64_t)(a & (sign - 1)) : (int64_t)a;
	int64_t ib = b & sign ? -(int64_t)(b & (sign - 1)) : (int64_t)b;

	return (ia > ib) - (ia < ib);
}

static ALWAYS_INLINE uint64_t min_max(struct format f, uint64_t abits, uint64_t bbits, bool max,
				      uint32_t *flags)
{
	enum kind a = unpack(f, abits).kind, b = unpack(f, bbits).kind;
	int o;

	if (a == SIGNALLING || b == SIGNALLING)
		*flags |= RV_FFLAG_NV;
	if (a >= QUIET)
		return b >= QUIET ? canonical_nan(f) : bbits;
	if (b >= QUIET)
		return abits;
	o = order(f, abits, bbits);
	if (!o)		/* the same, or zeros of two signs */
		return max ? abits & bbits : abits | bbits;
	return (o < 0) != max ? abits : bbits;
}

enum relation { EQ, LT, LE };

static ALWAYS_INLINE bool compare(struct format f, uint64_t abits, uint64_t bbits,
				  enum relation rel, bool quiet, uint32_t *flags)
{
	enum kind a = unpack(f, abits).kind, b = unpack(f, bbits).kind;
	int o;

	if (a >= QUIET || b >= QUIET) {
		if (!quiet || a == SIGNALLING || b == SIGNALLING)
			*flags |= RV_FFLAG_NV;
		return false;
	}
	o = order(f, abits, bbits);
	return rel == EQ ? !o : rel == LT ? o < 0 : o <= 0;
}

static ALWAYS_INLINE unsigned int classify(struct format f, uint64_t bits)
{
	struct num n = unpack(f, bits);

	switch (n.kind) {
	case SIGNALLING:
		return RV_FCLASS_SNAN;
	case QUIET:
		return RV_FCLASS_QNAN;
	case INFINITE:
		return n.neg ? RV_FCLASS_NEG_INF : RV_FCLASS_POS_INF;
	case ZERO:
		return n.neg ? RV_FCLASS_NEG_ZERO : RV_FCLASS_POS_ZERO;
	default:
		if (n.exp < 1 - bias_of(f))
			return n.neg ? RV_FCLASS_NEG_SUBNORMAL : RV_FCLASS_POS_SUBNORMAL;
		return n.neg ? RV_FCLASS_NEG_NORMAL : RV_FCLASS_POS_NORMAL;
	}
}

static ALWAYS_INLINE uint64_t to_int(struct format f, uint64_t bits, bool is_signed,
				     unsigned int width, enum rv_rm rm, uint32_t *flags)
{
	uint64_t most = UINT64_MAX >> (64 - width), limit, whole;
	struct num n = unpack(f, bits);
	bool neg = n.neg && !is_nan(n);
	u128 fixed;			/* magnitude with 62 bits of fraction, the last one sticky */

	if (n.kind == ZERO)
		return 0;
	if (is_signed)
		most >>= 1;
	limit = !neg ? most : is_signed ? most + 1 : 0;	/* greatest magnitude */
	if (n.kind == FINITE && n.exp < 64) {
		fixed = n.exp >= 0 ? (u128)n.sig << n.exp : shift_jam(n.sig, -n.exp);
		/* the whole part alone may use all of 64 bits, so it is rounded by its last two */
		whole = fixed >> LEAD;
		fixed &= ((u128)1 << LEAD) - 1;
		if (fixed) {
			uint64_t low = (whole & 1) << LEAD | (uint64_t)fixed;
			uint64_t up = round_off(low, LEAD, neg, rm) >> LEAD;

			if (whole == UINT64_MAX && up == 2)
				goto out_of_range;
			whole += up - (whole & 1);
		}
		if (whole <= limit) {
			if (fixed)
				*flags |= RV_FFLAG_NX;
			return neg ? -whole : whole;
		}
	}
out_of_range:
	*flags |= RV_FFLAG_NV;
	return neg ? -limit : most;
}

static ALWAYS_INLINE uint64_t from_int(struct format f, uint64_t v, bool is_signed, enum rv_rm rm,
				       uint32_t *flags)
{
	bool neg = is_signed && v >> 63;

	if (!v)
		return 0;
	return pack_any(f, neg, LEAD, neg ? -v : v, rm, flags);
}

static ALWAYS_INLINE uint64_t convert(struct format from, struct format to, uint64_t bits,
				      enum rv_rm rm, uint32_t *flags)
{
	struct num n = unpack(from, bits);

	switch (n.kind) {
	case QUIET:
	case SIGNALLING:
		return nan_result(to, n.kind == SIGNALLING, flags);
	case INFINITE:
		return with_sign(to, n.neg, infinity(to));
	case ZERO:
		return with_sign(to, n.neg, 0);
	default:
		return pack(to, n.neg, n.exp, n.sig, rm, flags);
	}
}

/* ---- The host's FPU ------------------------------------------------------------------------- */

/*
 * fast_N(): may the host do it? Operands are normal or zero, so no flag comes from them but DZ,
 * which division rules out, and NX is set already. What is left is overflow and underflow:
 * settled_N() says that the result is neither infinite nor near the subnormal numbers.
 */
#define FAST(N, uN, type, FRAC, EXPS)								\
static ALWAYS_INLINE type host_##N(uN a)							\
{												\
	type v;											\
												\
	memcpy(&v, &a, sizeof(v));								\
	return v;										\
}												\
												\
static ALWAYS_INLINE uN bits_##N(type v)							\
{												\
	uN a;											\
												\
	memcpy(&a, &v, sizeof(a));								\
	return a;										\
}												\
												\
static ALWAYS_INLINE bool normal_##N(uN a)							\
{												\
	return (((a >> (FRAC)) + 1) & (EXPS)) > 1;						\
}												\
												\
static ALWAYS_INLINE bool plain_##N(uN a)							\
{												\
	return normal_##N(a) || !(uN)(a << 1);							\
}												\
												\
static ALWAYS_INLINE bool fast_##N(enum rv_rm rm, uint32_t flags)				\
{												\
	return rm == RV_RM_RNE && (flags & RV_FFLAG_NX);					\
}												\
												\
static ALWAYS_INLINE bool settled_##N(uN a)							\
{												\
	return (((a >> (FRAC)) + 1) & (EXPS)) > 2;						\
}

FAST(32, uint32_t, float, 23, 0xff)
FAST(64, uint64_t, double, 52, 0x7ff)

#define HOST_OPS(N, uN, FMA, SQRT)								\
uN rv_f##N##_add(uN a, uN b, enum rv_rm rm, uint32_t *flags)					\
{												\
	if (likely(fast_##N(rm, *flags) && plain_##N(a) && plain_##N(b))) {			\
		uN r = bits_##N(host_##N(a) + host_##N(b));					\
												\
		/* a sum of zero is exact, and its sign is that of rounding to nearest */	\
		if (likely(settled_##N(r) || !(uN)(r << 1)))					\
			return r;								\
	}											\
	return soft_add(F##N, a, b, rm, flags);							\
}												\
												\
uN rv_f##N##_sub(uN a, uN b, enum rv_rm rm, uint32_t *flags)					\
{												\
	/* the sign of a NaN makes no difference to a sum */					\
	return rv_f##N##_add(a, b ^ RV_F##N##_SIGN, rm, flags);					\
}												\
												\
uN rv_f##N##_mul(uN a, uN b, enum rv_rm rm, uint32_t *flags)					\
{												\
	if (likely(fast_##N(rm, *flags) && plain_##N(a) && plain_##N(b))) {			\
		uN r = bits_##N(host_##N(a) * host_##N(b));					\
												\
		if (likely(settled_##N(r)))							\
			return r;								\
	}											\
	return soft_mul(F##N, a, b, rm, flags);							\
}												\
												\
uN rv_f##N##_div(uN a, uN b, enum rv_rm rm, uint32_t *flags)					\
{												\
	if (likely(fast_##N(rm, *flags) && normal_##N(a) && normal_##N(b))) {			\
		uN r = bits_##N(host_##N(a) / host_##N(b));					\
												\
		if (likely(settled_##N(r)))							\
			return r;								\
	}											\
	return soft_div(F##N, a, b, rm, flags);							\
}												\
												\
uN rv_f##N##_sqrt(uN a, enum rv_rm rm, uint32_t *flags)						\
{												\
	if (likely(fast_##N(rm, *flags) && normal_##N(a) && !(a & RV_F##N##_SIGN)))		\
		return bits_##N(SQRT(host_##N(a)));						\
	return soft_sqrt(F##N, a, rm, flags);							\
}												\
												\
uN rv_f##N##_fma(uN a, uN b, uN c, enum rv_rm rm, uint32_t *flags)				\
{												\
	if (likely(fast_##N(rm, *flags) && plain_##N(a) && plain_##N(b) && plain_##N(c))) {	\
		uN r = bits_##N(FMA(host_##N(a), host_##N(b), host_##N(c)));			\
												\
		if (likely(settled_##N(r)))							\
			return r;								\
	}											\
	return soft_fma(F##N, a, b, c, rm, flags);						\
}

HOST_OPS(32, uint32_t, fmaf, sqrtf)
HOST_OPS(64, uint64_t, fma, sqrt)

/* ---- All names ------------------------------------------------------------------------------ */

uint16_t rv_f16_add(uint16_t a, uint16_t b, enum rv_rm rm, uint32_t *flags)
{
	return soft_add(F16, a, b, rm, flags);
}

uint16_t rv_f16_sub(uint16_t a, uint16_t b, enum rv_rm rm, uint32_t *flags)
{
	return soft_add(F16, a, b ^ RV_F16_SIGN, rm, flags);
}

uint16_t rv_f16_mul(uint16_t a, uint16_t b, enum rv_rm rm, uint32_t *flags)
{
	return soft_mul(F16, a, b, rm, flags);
}

uint16_t rv_f16_div(uint16_t a, uint16_t b, enum rv_rm rm, uint32_t *flags)
{
	return soft_div(F16, a, b, rm, flags);
}

uint16_t rv_f16_sqrt(uint16_t a, enum rv_rm rm, uint32_t *flags)
{
	return soft_sqrt(F16, a, rm, flags);
}

uint16_t rv_f16_fma(uint16_t a, uint16_t b, uint16_t c, enum rv_rm rm, uint32_t *flags)
{
	return soft_fma(F16, a, b, c, rm, flags);
}

#define SOFT_OPS(N, uN)										\
uN rv_f##N##_min(uN a, uN b, uint32_t *flags)							\
{												\
	return min_max(F##N, a, b, false, flags);						\
}												\
												\
uN rv_f##N##_max(uN a, uN b, uint32_t *flags)							\
{												\
	return min_max(F##N, a, b, true, flags);						\
}												\
												\
bool rv_f##N##_eq(uN a, uN b, uint32_t *flags)							\
{												\
	return compare(F##N, a, b, EQ, true, flags);						\
}												\
												\
bool rv_f##N##_lt(uN a, uN b, uint32_t *flags)							\
{												\
	return compare(F##N, a, b, LT, false, flags);						\
}												\
												\
bool rv_f##N##_le(uN a, uN b, uint32_t *flags)							\
{												\
	return compare(F##N, a, b, LE, false, flags);						\
}												\
												\
bool rv_f##N##_lt_quiet(uN a, uN b, uint32_t *flags)						\
{												\
	return compare(F##N, a, b, LT, true, flags);						\
}												\
												\
bool rv_f##N##_le_quiet(uN a, uN b, uint32_t *flags)						\
{												\
	return compare(F##N, a, b, LE, true, flags);						\
}												\
												\
unsigned int rv_f##N##_classify(uN a)								\
{												\
	return classify(F##N, a);								\
}												\
												\
uint64_t rv_f##N##_to_int(uN a, bool is_signed, unsigned int width, enum rv_rm rm,		\
			  uint32_t *flags)							\
{												\
	return to_int(F##N, a, is_signed, width, rm, flags);					\
}												\
												\
uN rv_f##N##_from_int(uint64_t v, bool is_signed, enum rv_rm rm, uint32_t *flags)		\
{												\
	return from_int(F##N, v, is_signed, rm, flags);						\
}

SOFT_OPS(16, uint16_t)
SOFT_OPS(32, uint32_t)
SOFT_OPS(64, uint64_t)

uint32_t rv_f16_to_f32(uint16_t a, uint32_t *flags)
{
	return convert(F16, F32, a, RV_RM_RNE, flags);
}

uint64_t rv_f16_to_f64(uint16_t a, uint32_t *flags)
{
	return convert(F16, F64, a, RV_RM_RNE, flags);
}

uint64_t rv_f32_to_f64(uint32_t a, uint32_t *flags)
{
	return convert(F32, F64, a, RV_RM_RNE, flags);
}

uint16_t rv_f32_to_f16(uint32_t a, enum rv_rm rm, uint32_t *flags)
{
	return convert(F32, F16, a, rm, flags);
}

uint16_t rv_f64_to_f16(uint64_t a, enum rv_rm rm, uint32_t *flags)
{
	return convert(F64, F16, a, rm, flags);
}

uint32_t rv_f64_to_f32(uint64_t a, enum rv_rm rm, uint32_t *flags)
{
	return convert(F64, F32, a, rm, flags);
}
