// SPDX-License-Identifier: GPL-2.0
/*
 * FP16 and BF16 against the value of every code in double precision, where each is exact, and
 * rounding against the nearest of two neighbours, at and around every point where it turns.
 */
#include <math.h>

#include "../unit/tap.h"
#include "model/pe/half.h"
#include "pe_bench.h"

struct format {
	const char *name;
	unsigned int mantissa; /* bits */
	int bias;
	uint16_t inf, nan;
	uint32_t (*widen)(uint16_t half);
	uint16_t (*narrow)(uint32_t bits);
};

static const struct format formats[] = {
	{"f16", 10, 15, 0x7c00, 0x7e00, f32_from_f16, f16_from_f32},
	{"bf16", 7, 127, 0x7f80, 0x7fc0, f32_from_bf16, bf16_from_f32},
};

static double value_of(const struct format *f, uint16_t half)
{
	int exponent = (half & 0x7fff) >> f->mantissa;
	int mantissa = half & ((1 << f->mantissa) - 1);
	double magnitude;

	/* Infinity's code has the value that the next binade would start with: right for rounding. */
	if (!exponent)
		magnitude = ldexp(mantissa, 1 - f->bias - (int)f->mantissa);
	else
		magnitude = ldexp(mantissa + (1 << f->mantissa),
				  exponent - f->bias - (int)f->mantissa);
	return half & 0x8000 ? -magnitude : magnitude;
}

static double value_of_f32(uint32_t bits)
{
	float x;

	memcpy(&x, &bits, sizeof(x));
	return x;
}

static uint32_t bits_of(float x)
{
	uint32_t bits;

	memcpy(&bits, &x, sizeof(bits));
	return bits;
}

/* The nearest code by search among all of them. */
static uint16_t nearest(const struct format *f, uint32_t bits)
{
	double x = fabs(value_of_f32(bits));
	uint16_t sign = bits >> 16 & 0x8000, lo = 0, hi = f->inf;
	double below, above;

	if (isnan(x))
		return f->nan;
	if (x >= value_of(f, f->inf))
		return sign | f->inf;
	while (hi - lo > 1) { /* value(lo) <= x < value(hi) */
		uint16_t mid = (uint16_t)((lo + hi) / 2);

		if (value_of(f, mid) <= x)
			lo = mid;
		else
			hi = mid;
	}
	below = x - value_of(f, lo);
	above = value_of(f, hi) - x;
	if (above < below || (above == below && (lo & 1)))
		lo = hi;
	return sign | lo;
}

static void check_codes(const struct format *f)
{
	unsigned int wrong = 0, back = 0;

	for (uint32_t code = 0; code < 65536; code++) {
		uint16_t half = (uint16_t)code, magnitude = half & 0x7fff;
		uint32_t bits = f->widen(half);
		double x = value_of_f32(bits);
		bool ok;

		if (magnitude > f->inf)
			ok = bits == HALF_NAN_F32;
		else if (magnitude == f->inf)
			ok = isinf(x) && !!signbit(x) == half >> 15;
		else
			ok = x == value_of(f, half) && !!signbit(x) == half >> 15;
		wrong += !ok;
		back += f->narrow(bits) != (magnitude > f->inf ? f->nan : half);
	}
	tap_ok(!wrong, "%s: all 65536 codes widen to their value (%u wrong)", f->name, wrong);
	tap_ok(!back, "%s: and come back, NaN as the canonical one (%u wrong)", f->name, back);
}

static bool narrows(const struct format *f, uint32_t bits)
{
	uint16_t want = nearest(f, bits), got = f->narrow(bits);

	if (want != got)
		printf("# %s: %08x became %04x, not %04x\n", f->name, bits, got, want);
	return want == got;
}

static void check_rounding(const struct format *f)
{
	static const uint32_t special[] = {
		0x7f800001, 0x7fc00000, 0x7fffffff, 0x7f7fffff, 0x7f800000,
		0x00000001, 0x007fffff, 0x00800000, 0x00000000};
	unsigned int wrong = 0;

	/* Between a code and the next one up lies the point where rounding turns; it is an FP32. */
	for (uint32_t code = 0; code < f->inf && wrong < 8; code++) {
		double half_way = (value_of(f, (uint16_t)code) + value_of(f, (uint16_t)(code + 1))) / 2;
		uint32_t bits = bits_of((float)half_way);

		for (uint32_t sign = 0; sign < 2; sign++)
			for (int d = -2; d <= 2; d++)
				wrong += !narrows(f, (bits + (uint32_t)d) | sign << 31);
	}
	tap_ok(!wrong, "%s: rounds to nearest even at every turning point", f->name);
	wrong = 0;
	for (unsigned int i = 0; i < sizeof(special) / sizeof(special[0]); i++)
		wrong += !narrows(f, special[i]) + !narrows(f, special[i] | 1u << 31);
	for (unsigned int i = 0; i < 1000000 && wrong < 8; i++)
		wrong += !narrows(f, (uint32_t)bench_random());
	tap_ok(!wrong, "%s: rounds a million random FP32 and the special ones", f->name);
}

int main(void)
{
	for (unsigned int i = 0; i < 2; i++) {
		check_codes(&formats[i]);
		check_rounding(&formats[i]);
	}
	return tap_done();
}
