// SPDX-License-Identifier: GPL-2.0
/*
 * SE's element-wise operations and lookup, every type, on rings that wrap. The oracle computes in
 * binary64, exactly or rounded to odd, and rounds once; it shares nothing with the model.
 */
#define _GNU_SOURCE
#include <math.h>

#include "mtia/ref.h"
#include "../../libmtia-user/ops/lut.h"
#include "pe_ring.h"

#define RUNS 40

enum { CB_A, CB_B, CB_OUT };

/* ---- Numbers --------------------------------------------------------------------------------- */

static uint32_t size_of(uint32_t type)
{
	static const uint8_t bytes[] = {1, 2, 2, 4, 4};

	return bytes[type];
}

static bool is_float(uint32_t type)
{
	return type >= MTIA_TYPE_F16 && type <= MTIA_TYPE_F32;
}

static const struct format {
	int digits, lowest, highest; /* exponents of the smallest unit and of overflow */
	uint32_t nan;
} formats[] = {
	[MTIA_TYPE_F16] = {11, -24, 16, 0x7e00},
	[MTIA_TYPE_BF16] = {8, -133, 128, 0x7fc0},
	[MTIA_TYPE_F32] = {24, -149, 128, 0x7fc00000},
};

/* One rounding, nearest-even. */
static double rounded(double x, uint32_t type)
{
	const struct format *f = &formats[type];
	int exponent;

	if (x == 0 || !isfinite(x))
		return x;
	frexp(x, &exponent);
	exponent -= f->digits;
	if (exponent < f->lowest)
		exponent = f->lowest;
	x = ldexp(nearbyint(ldexp(x, -exponent)), exponent);
	return fabs(x) >= ldexp(1, f->highest) ? copysign(INFINITY, x) : x;
}

/* Of a value that the type has. */
static uint32_t code(double x, uint32_t type)
{
	float f = (float)x;
	_Float16 half = (_Float16)x;
	uint32_t bits;
	uint16_t code16;

	if (x != x)
		return formats[type].nan;
	memcpy(&bits, &f, sizeof(bits));
	memcpy(&code16, &half, sizeof(code16));
	return type == MTIA_TYPE_F16 ? code16 : type == MTIA_TYPE_BF16 ? bits >> 16 : bits;
}

static double value(uint32_t bits, uint32_t type, bool is_signed)
{
	uint16_t code16 = (uint16_t)bits;
	_Float16 half;
	float f;

	switch (type) {
	case MTIA_TYPE_I8:
		return is_signed ? (int8_t)bits : (uint8_t)bits;
	case MTIA_TYPE_S32:
		return (int32_t)bits;
	case MTIA_TYPE_F16:
		memcpy(&half, &code16, sizeof(half));
		return (double)half;
	case MTIA_TYPE_BF16:
		bits <<= 16;
		break;
	}
	memcpy(&f, &bits, sizeof(f));
	return f;
}

/* The sum, rounded to odd where binary64 does not hold it: then the next rounding is right. */
static double sum(double a, double b)
{
	double s = a + b, v = s - a, error = (a - (s - v)) + (b - v);
	uint64_t bits;

	if (!isfinite(s) || error == 0)
		return s;
	memcpy(&bits, &s, sizeof(bits));
	return bits & 1 ? s : nextafter(s, error > 0 ? INFINITY : -INFINITY);
}

static double relu(double x)
{
	return x > 0 || x != x ? x : 0.0;
}

static int32_t to_s32(double x)
{
	x = nearbyint(x);
	return x != x ? 0 : x >= 0x1p31 ? INT32_MAX : x < -0x1p31 ? INT32_MIN : (int32_t)x;
}

static uint8_t to_8(double x, int32_t zp, int32_t lo, int32_t hi)
{
	int64_t v = (int64_t)to_s32(x) + zp;

	return (uint8_t)(v < lo ? lo : v > hi ? hi : v);
}

static float random_float(void)
{
	static const uint32_t odd[] = {0x7f800000, 0xff800000, 0x7fc00000, 0xff812345, 0x80000000,
				       0, 1, 0x007fffff, 0x4f000000, 0xcf000000, 0x7f7fffff};
	float x = (float)(int32_t)bench_random() * 0x1p-28f;
	uint32_t bits;

	switch (bench_range(0, 7)) {
	case 0:
		bits = (uint32_t)bench_random();
		break;
	case 1:
		bits = odd[bench_range(0, sizeof(odd) / sizeof(*odd) - 1)];
		break;
	case 2:
		return nearbyintf(x * 64) / 2;
	case 3:
		return x * 0x1p-66f; /* products are subnormal */
	default:
		return x;
	}
	memcpy(&x, &bits, sizeof(x));
	return x;
}

static uint32_t random_element(uint32_t type)
{
	if (!is_float(type) || bench_range(0, 3) == 0)
		return (uint32_t)bench_random() >> (bench_range(0, 1) ? 0 : bench_range(0, 31));
	return code(rounded(random_float(), type), type);
}

/* ---- One command ----------------------------------------------------------------------------- */

struct shape {
	uint32_t rows, cols, off0, off1, offd, s0, s1, sd;
};

static struct shape random_shape(void)
{
	struct shape s = {.rows = bench_range(1, 64)};
	uint32_t most = 7000 / s.rows;

	s.cols = bench_range(1, most > MTIA_SE_MAX_D ? MTIA_SE_MAX_D : most);
	s.off0 = bench_range(0, 60);
	s.off1 = bench_range(0, 60);
	s.offd = bench_range(0, 60);
	return s;
}

static uint32_t stride_of(uint32_t tight)
{
	return tight + (bench_range(0, 1) ? 0 : bench_range(0, 9));
}

static void set_bytes(unsigned int cb, uint64_t off, uint32_t x, uint32_t bytes)
{
	for (uint32_t i = 0; i < bytes; i++)
		want[at(cb, off + i)] = (uint8_t)(x >> 8 * i);
}

static uint32_t fetch(unsigned int cb, uint64_t off, uint32_t bytes)
{
	uint32_t x = 0;

	get(cb, off, &x, bytes);
	return x;
}

static uint32_t source(const struct shape *s, unsigned int cb, uint32_t type, uint32_t r,
		       uint32_t c)
{
	uint32_t off = cb == CB_A ? s->off0 + r * s->s0 : s->off1 + r * s->s1;

	return fetch(cb, off + c * size_of(type), size_of(type));
}

static void fill(const struct shape *s, unsigned int cb, uint32_t type, uint32_t rows)
{
	uint32_t off = cb == CB_A ? s->off0 : s->off1, stride = cb == CB_A ? s->s0 : s->s1;

	for (uint32_t r = 0; r < rows; r++)
		for (uint32_t c = 0; c < s->cols; c++)
			set_bytes(cb, off + r * stride + c * size_of(type), random_element(type),
				  size_of(type));
}

static void result(const struct shape *s, uint32_t type, uint32_t r, uint32_t c, uint32_t bits)
{
	put(CB_OUT, s->offd + r * s->sd + c * size_of(type), &bits, size_of(type));
}

/* Rings for source 0 and the result, and their CSRs. */
static void set_up(struct prog *p, struct shape *s, uint32_t t0, uint32_t td)
{
	uint32_t row0 = s->cols * size_of(t0), rowd = s->cols * size_of(td);

	s->s0 = stride_of(row0);
	s->sd = stride_of(rowd);
	p->n = 0;
	scramble();
	make_ring(p, CB_A, 0, 0xa000, s->off0 + (s->rows - 1) * s->s0 + row0, bench_range(0, 64),
		  1);
	make_ring(p, CB_OUT, 0x14000, 0xa000, bench_range(0, 64),
		  s->offd + (s->rows - 1) * s->sd + rowd, 1);
	p_csr(p, MTIA_CSR_CB0, CB_A);
	p_csr(p, MTIA_CSR_OFF0, s->off0);
	p_csr(p, MTIA_CSR_OFFD, s->offd);
	p_csr(p, MTIA_CSR_STRIDE0, s->s0 == row0 ? 0 : s->s0);
	p_csr(p, MTIA_CSR_STRIDE_CB, s->sd == rowd ? 0 : s->sd);
	fill(s, CB_A, t0, s->rows);
}

static uint64_t rs1_of(const struct shape *s)
{
	return s->rows | (uint64_t)s->cols << 32;
}

static bool test_convert(struct bench *b, uint32_t t0, uint32_t td)
{
	for (unsigned int i = 0; i < RUNS; i++) {
		struct shape s = random_shape();
		bool sign0 = bench_range(0, 1), signd = bench_range(0, 1);
		static struct prog p;
		static uint8_t before[LS];

		set_up(&p, &s, t0, td);
		memcpy(before, want, LS);
		p_csr(&p, MTIA_CSR_FLAGS,
		      MTIA_F_TYPE0(t0) | MTIA_F_TYPED(td) | (sign0 ? MTIA_F_SIGNED0 : 0) |
			      (signd ? MTIA_F_SIGNEDD : 0));
		p_issue(&p, MTIA_OP_SE_CONVERT, rs1_of(&s), CB_OUT);
		for (uint32_t r = 0; r < s.rows; r++) {
			for (uint32_t c = 0; c < s.cols; c++) {
				double x = value(source(&s, CB_A, t0, r, c), t0, sign0);
				int32_t lo = signd ? -128 : 0;
				uint32_t bits;

				if (td == MTIA_TYPE_I8)
					bits = to_8(x, 0, lo, lo + 255);
				else if (td == MTIA_TYPE_S32)
					bits = (uint32_t)to_s32(x);
				else
					bits = code(rounded(x, td), td);
				result(&s, td, r, c, bits);
			}
		}
		if (!run(b, &p, before))
			return false;
	}
	return true;
}

/* The parameters of QUANT and DEQUANT8: scalars, or an array in CB1. */
struct params {
	uint32_t flags;
	float scale;
	int32_t zp;
};

static void set_params(struct prog *p, struct shape *s, struct params *q)
{
	uint32_t count = q->flags & MTIA_F_PER_ROW ? s->rows : q->flags ? s->cols : 0;

	q->scale = bench_range(0, 9) ? ldexpf((float)bench_range(1, 4000), -12) : random_float();
	q->zp = (int32_t)bench_range(0, 300) - 150;
	p_csr(p, MTIA_CSR_CB1, count ? CB_B : 40);
	p_csr(p, MTIA_CSR_OFF1, s->off1);
	if (!count)
		return;
	make_ring(p, CB_B, 0xa000, 0xa000, s->off1 + 8 * count, bench_range(0, 64), 1);
	for (uint32_t i = 0; i < count; i++) {
		float scale = bench_range(0, 9) ? ldexpf((float)bench_range(1, 4000), -12) :
						  random_float();
		uint32_t bits;

		memcpy(&bits, &scale, sizeof(bits));
		set_bytes(CB_B, s->off1 + 8 * i, bits, 4);
		/* In memory nothing limits a zero point. */
		set_bytes(CB_B, s->off1 + 8 * i + 4,
			  bench_range(0, 9) ? bench_range(0, 255) : (uint32_t)bench_random(), 4);
	}
}

static void get_param(const struct shape *s, const struct params *q, uint32_t r, uint32_t c,
		      double *scale, int32_t *zp)
{
	uint32_t off = s->off1 + 8 * (q->flags & MTIA_F_PER_ROW ? r : c);

	*scale = q->flags ? value(fetch(CB_B, off, 4), MTIA_TYPE_F32, false) : q->scale;
	*zp = q->flags ? (int32_t)fetch(CB_B, off + 4, 4) : q->zp;
}

static const uint32_t granularity[] = {0, MTIA_F_PER_ROW, MTIA_F_PER_COL};

static bool test_quant(struct bench *b, uint32_t t0)
{
	for (unsigned int i = 0; i < RUNS; i++) {
		struct shape s = random_shape();
		struct params q = {.flags = granularity[i % 3]};
		int32_t lo = (int32_t)bench_range(0, 255) - 128;
		int32_t hi = lo + (int32_t)bench_range(0, (uint32_t)(255 - lo));
		uint32_t bits;
		static struct prog p;
		static uint8_t before[LS];

		set_up(&p, &s, t0, MTIA_TYPE_I8);
		set_params(&p, &s, &q);
		memcpy(before, want, LS);
		memcpy(&bits, &q.scale, sizeof(bits));
		p_csr(&p, MTIA_CSR_IMM0, bits);
		p_csr(&p, MTIA_CSR_IMM1, (uint64_t)(int64_t)q.zp);
		p_csr(&p, MTIA_CSR_IMM2, (uint16_t)lo | (uint32_t)hi << 16);
		p_csr(&p, MTIA_CSR_FLAGS, MTIA_F_TYPE0(t0) | q.flags);
		p_issue(&p, MTIA_OP_SE_QUANT, rs1_of(&s), CB_OUT);
		for (uint32_t r = 0; r < s.rows; r++) {
			for (uint32_t c = 0; c < s.cols; c++) {
				double x = value(source(&s, CB_A, t0, r, c), t0, false), inv;
				int32_t zp;

				get_param(&s, &q, r, c, &inv, &zp);
				result(&s, MTIA_TYPE_I8, r, c,
				       to_8(rounded(x * inv, MTIA_TYPE_F32), zp, lo, hi));
			}
		}
		if (!run(b, &p, before))
			return false;
	}
	return true;
}

static bool test_dequant(struct bench *b, uint32_t td)
{
	for (unsigned int i = 0; i < RUNS; i++) {
		struct shape s = random_shape();
		struct params q = {.flags = granularity[i % 3]};
		bool sign = bench_range(0, 1);
		uint32_t bits;
		static struct prog p;
		static uint8_t before[LS];

		set_up(&p, &s, MTIA_TYPE_I8, td);
		set_params(&p, &s, &q);
		memcpy(before, want, LS);
		memcpy(&bits, &q.scale, sizeof(bits));
		p_csr(&p, MTIA_CSR_IMM0, bits);
		p_csr(&p, MTIA_CSR_IMM1, (uint32_t)q.zp);
		p_csr(&p, MTIA_CSR_FLAGS,
		      MTIA_F_TYPED(td) | q.flags | (sign ? MTIA_F_SIGNED0 : 0));
		p_issue(&p, MTIA_OP_SE_DEQUANT8, rs1_of(&s), CB_OUT);
		for (uint32_t r = 0; r < s.rows; r++) {
			for (uint32_t c = 0; c < s.cols; c++) {
				double x = value(source(&s, CB_A, 0, r, c), 0, sign), scale;
				int32_t zp, diff;

				get_param(&s, &q, r, c, &scale, &zp);
				diff = (int32_t)((uint32_t)(int32_t)x - (uint32_t)zp);
				x = rounded(scale * rounded(diff, MTIA_TYPE_F32), MTIA_TYPE_F32);
				result(&s, td, r, c, code(rounded(x, td), td));
			}
		}
		if (!run(b, &p, before))
			return false;
	}
	return true;
}

static uint32_t combine(uint32_t op, uint32_t type, uint32_t a, uint32_t b, bool clip)
{
	double x = value(a, type, true), y = value(b, type, true), z;

	if (type == MTIA_TYPE_S32) {
		if (op == MTIA_OP_SE_ADD)
			return a + b;
		return op == MTIA_OP_SE_MUL ? a * b : (int32_t)a > (int32_t)b ? a : b;
	}
	if (op == MTIA_OP_SE_ADD)
		z = sum(x, y);
	else if (op == MTIA_OP_SE_MUL)
		z = x * y;
	else if (x != x || y != y)
		z = NAN;
	else if (x == 0 && y == 0)
		z = signbit(x) && signbit(y) ? -0.0 : 0.0;
	else
		z = x > y ? x : y;
	z = rounded(z, type);
	return code(clip ? relu(z) : z, type);
}

static bool test_binary(struct bench *b, uint32_t op, uint32_t type)
{
	for (unsigned int i = 0; i < RUNS; i++) {
		struct shape s = random_shape();
		bool bcast = bench_range(0, 1);
		bool clip = type != MTIA_TYPE_S32 && bench_range(0, 1);
		uint32_t rows1 = bcast ? 1 : s.rows, row1 = s.cols * size_of(type);
		static struct prog p;
		static uint8_t before[LS];

		set_up(&p, &s, type, type);
		s.s1 = stride_of(row1);
		make_ring(&p, CB_B, 0xa000, 0xa000, s.off1 + (rows1 - 1) * s.s1 + row1,
			  bench_range(0, 64), 1);
		fill(&s, CB_B, type, rows1);
		/* Neighbours in magnitude, where sums cancel and round. */
		for (uint32_t c = 0; c < s.cols; c += 3)
			set_bytes(CB_B, s.off1 + c * size_of(type),
				  source(&s, CB_A, type, 0, c) ^ 1u << bench_range(0, 31),
				  size_of(type));
		memcpy(before, want, LS);
		p_csr(&p, MTIA_CSR_CB1, CB_B);
		p_csr(&p, MTIA_CSR_OFF1, s.off1);
		p_csr(&p, MTIA_CSR_STRIDE1, s.s1 == row1 ? 0 : s.s1);
		p_csr(&p, MTIA_CSR_FLAGS,
		      MTIA_F_TYPE0(type) | MTIA_F_TYPE1(type) | MTIA_F_TYPED(type) |
			      (bcast ? MTIA_F_BCAST1 : 0) | (clip ? MTIA_F_RELU : 0));
		p_issue(&p, op, rs1_of(&s), CB_OUT);
		for (uint32_t r = 0; r < s.rows; r++)
			for (uint32_t c = 0; c < s.cols; c++)
				result(&s, type, r, c,
				       combine(op, type, source(&s, CB_A, type, r, c),
					       source(&s, CB_B, type, bcast ? 0 : r, c), clip));
		if (!run(b, &p, before))
			return false;
	}
	return true;
}

static bool test_relu(struct bench *b, uint32_t type)
{
	for (unsigned int i = 0; i < RUNS; i++) {
		struct shape s = random_shape();
		static struct prog p;
		static uint8_t before[LS];

		set_up(&p, &s, type, type);
		memcpy(before, want, LS);
		p_csr(&p, MTIA_CSR_FLAGS, MTIA_F_TYPE0(type) | MTIA_F_TYPED(type));
		p_issue(&p, MTIA_OP_SE_RELU, rs1_of(&s), CB_OUT);
		for (uint32_t r = 0; r < s.rows; r++)
			for (uint32_t c = 0; c < s.cols; c++)
				result(&s, type, r, c,
				       code(relu(value(source(&s, CB_A, type, r, c), type, false)),
					    type));
		if (!run(b, &p, before))
			return false;
	}
	return true;
}

/* ---- Lookup ---------------------------------------------------------------------------------- */

struct table {
	struct mtia_se_lut head;
	float c[4 * MTIA_SE_LUT_SEGMENTS];
};

static size_t table_bytes(const struct table *t)
{
	return sizeof(t->head) + 4 * t->head.segments * (t->head.flags & MTIA_LUT_CUBIC ? 4 : 2);
}

static void random_table(struct table *t)
{
	static const uint32_t symmetry[] = {0, MTIA_LUT_ODD, MTIA_LUT_EVEN};
	bool log = bench_range(0, 1);

	memset(t, 0, sizeof(*t));
	t->head.flags = symmetry[bench_range(0, 2)] | (log ? MTIA_LUT_LOG : 0) |
			(bench_range(0, 1) ? MTIA_LUT_CUBIC : 0);
	t->head.segments = bench_range(0, 1) ? bench_range(1, 512) : bench_range(1, 9);
	if (log) {
		t->head.shift = bench_range(1, 23);
		t->head.base = (bench_range(100, 130) << 23) >> t->head.shift;
		t->head.negative = random_float();
	} else {
		t->head.lo = (float)((int32_t)bench_range(0, 100) - 50);
		t->head.inv_step = ldexpf((float)bench_range(1, 100), -5);
	}
	t->head.below = random_float();
	t->head.above = random_float();
	t->head.slope_below = bench_range(0, 1) ? random_float() : -0.0f;
	t->head.slope_above = bench_range(0, 1) ? random_float() : 0;
	for (unsigned int i = 0; i < 4 * MTIA_SE_LUT_SEGMENTS; i++)
		t->c[i] = bench_range(0, 20) ? ldexpf((float)bench_range(0, 999), -7) :
					       random_float();
}

static float look_up(const struct table *t, float x)
{
	const struct mtia_se_lut *h = &t->head;
	float a = h->flags & (MTIA_LUT_ODD | MTIA_LUT_EVEN) ? fabsf(x) : x, y, u;
	double k;

	if (isnan(x))
		return x;
	if (h->flags & MTIA_LUT_LOG) {
		float positive = a == 0 ? 0.0f : a;
		uint32_t bits;

		memcpy(&bits, &positive, sizeof(bits));
		k = floor(bits / exp2(h->shift)) - h->base;
		u = (float)(bits % (1u << h->shift) / exp2(h->shift));
	} else {
		float t_ = (a - h->lo) * h->inv_step;

		k = floorf(t_);
		u = t_ - floorf(t_);
	}
	if (h->flags & MTIA_LUT_LOG && a < 0) {
		y = h->negative;
	} else if (k < 0) {
		y = h->slope_below == 0 ? h->below : fmaf(a, h->slope_below, h->below);
	} else if (k >= h->segments) {
		y = h->slope_above == 0 ? h->above : fmaf(a, h->slope_above, h->above);
	} else {
		int step = h->flags & MTIA_LUT_CUBIC ? 4 : 2;
		const float *c = t->c + step * (int)k;

		y = c[step - 1];
		for (int i = step - 2; i >= 0; i--)
			y = fmaf(y, u, c[i]);
	}
	return h->flags & MTIA_LUT_ODD && signbit(x) ? -y : y;
}

/* The table goes into CB_B, which is the tightest or the loosest that holds it. */
static void load_table(struct prog *p, const struct table *t, uint32_t slot)
{
	uint32_t off = bench_range(0, 60), bytes = (uint32_t)table_bytes(t);

	make_ring(p, CB_B, 0xa000, 0xa000, off + bytes, bench_range(0, 64), 1);
	for (uint32_t i = 0; i < bytes; i++)
		want[at(CB_B, off + i)] = ((const uint8_t *)t)[i];
	p_csr(p, MTIA_CSR_OFF0, off);
	p_csr(p, MTIA_CSR_CB0, CB_B);
	p_issue(p, MTIA_OP_SE_LUT_LOAD, slot, 0);
}

static bool test_lookup(struct bench *b, uint32_t t0, uint32_t td)
{
	for (unsigned int i = 0; i < 4 * RUNS; i++) {
		struct shape s = random_shape();
		bool sign0 = bench_range(0, 1), signd = bench_range(0, 1);
		uint32_t slot = bench_range(0, 1), scale_bits, inv_bits;
		int32_t zp0 = (int32_t)bench_range(0, 400) - 200, lo = signd ? -128 : 0;
		int32_t zpd = (int32_t)bench_range(0, 400) - 200;
		float scale = ldexpf((float)bench_range(1, 999), -10);
		float inv = bench_range(0, 9) ? ldexpf((float)bench_range(1, 99), -5) :
						random_float();
		static struct table t;
		static struct prog p;
		static uint8_t before[LS];

		random_table(&t);
		memcpy(&scale_bits, &scale, sizeof(scale_bits));
		memcpy(&inv_bits, &inv, sizeof(inv_bits));
		set_up(&p, &s, t0, td);
		load_table(&p, &t, slot);
		memcpy(before, want, LS);
		p_csr(&p, MTIA_CSR_CB0, CB_A);
		p_csr(&p, MTIA_CSR_OFF0, s.off0);
		p_csr(&p, MTIA_CSR_IMM0, scale_bits);
		p_csr(&p, MTIA_CSR_IMM1, (uint16_t)zp0 | (uint32_t)zpd << 16);
		p_csr(&p, MTIA_CSR_IMM2, inv_bits);
		p_csr(&p, MTIA_CSR_FLAGS,
		      MTIA_F_TYPE0(t0) | MTIA_F_TYPED(td) | (sign0 ? MTIA_F_SIGNED0 : 0) |
			      (signd ? MTIA_F_SIGNEDD : 0));
		p_issue(&p, MTIA_OP_SE_LOOKUP, rs1_of(&s) | slot << 24, CB_OUT);
		for (uint32_t r = 0; r < s.rows; r++) {
			for (uint32_t c = 0; c < s.cols; c++) {
				double x = value(source(&s, CB_A, t0, r, c), t0, sign0);
				float y;

				if (t0 == MTIA_TYPE_I8)
					x = rounded((x - zp0) * (double)scale, MTIA_TYPE_F32);
				y = look_up(&t, (float)x);
				result(&s, td, r, c,
				       td ? code(y, MTIA_TYPE_F32) :
					    to_8(rounded((double)y * inv, MTIA_TYPE_F32), zpd, lo,
						 lo + 255));
			}
		}
		if (!run(b, &p, before))
			return false;
	}
	return true;
}

static double exact(enum mtia_activation f, double x)
{
	switch (f) {
	case MTIA_ACT_EXP:
		return exp(x);
	case MTIA_ACT_SIGMOID:
		return 1 / (1 + exp(-x));
	case MTIA_ACT_TANH:
		return tanh(x);
	case MTIA_ACT_GELU:
		return x == -INFINITY ? 0 : x * erfc(-x * M_SQRT1_2) / 2;
	case MTIA_ACT_RECIPROCAL:
		return 1 / x;
	default:
		return sqrt(x);
	}
}

/* Every FP16, 4096 a launch: the library's reference bit for bit, and its bound. */
static bool test_function(struct bench *b, enum mtia_activation function)
{
	enum { COUNT = 4096 };
	struct mtia_activation_error error;
	size_t bytes;
	const uint32_t *lut = mtia_lut(function, &bytes);

	if (mtia_activation_error(function, &error))
		return false;
	for (uint32_t first = 0; first < 0x10000; first += COUNT) {
		uint16_t x[COUNT];
		float y[COUNT];
		const struct mtia_activation_ref ref = {
			.function = function,
			.x_type = MTIA_DTYPE_F16,
			.y_type = MTIA_DTYPE_F32,
			.rows = 1,
			.cols = COUNT,
			.x = x,
			.y = y,
		};
		static struct prog p;
		static uint8_t before[LS];

		for (uint32_t i = 0; i < COUNT; i++)
			x[i] = (uint16_t)(first + i);
		if (mtia_activation_ref(&ref))
			return false;
		p.n = 0;
		memset(want, 0, LS);
		memcpy(want, x, sizeof(x));
		memcpy(want + 0xa000, lut, bytes);
		memcpy(before, want, LS);
		memcpy(want + 0x14000, y, sizeof(y));
		p_init(&p, CB_A, 0, 2 * COUNT);
		p_init(&p, CB_B, 0xa000, ((uint32_t)bytes + 31) & ~31u);
		p_init(&p, CB_OUT, 0x14000, 4 * COUNT);
		p_issue(&p, MTIA_OP_CB_PUSH, CB_A, 2 * COUNT);
		p_issue(&p, MTIA_OP_CB_PUSH, CB_B, bytes);
		p_csr(&p, MTIA_CSR_CB0, CB_B);
		p_issue(&p, MTIA_OP_SE_LUT_LOAD, 1, 0);
		p_csr(&p, MTIA_CSR_CB0, CB_A);
		p_csr(&p, MTIA_CSR_FLAGS,
		      MTIA_F_TYPE0(MTIA_TYPE_F16) | MTIA_F_TYPED(MTIA_TYPE_F32));
		p_issue(&p, MTIA_OP_SE_LOOKUP, COUNT / 1024 | 1u << 24 | 1024ull << 32, CB_OUT);
		if (!run(b, &p, before))
			return false;
		for (uint32_t i = 0; i < COUNT; i++) {
			double real = exact(function, value(x[i], MTIA_TYPE_F16, false));

			if (fabs(real) <= 0x1.fffffep127 && (real == 0 || fabs(real) >= 0x1p-126) &&
			    !(fabs(y[i] - real) <= error.absolute + error.relative * fabs(real))) {
				fprintf(stderr, "# 0x%04x: %g, should be %g\n", x[i], (double)y[i],
					real);
				return false;
			}
		}
	}
	return true;
}

/* ---- What is refused, and what waits --------------------------------------------------------- */

static bool faulted(struct bench *b, struct prog *p, uint64_t cause, uint64_t tval)
{
	struct pe_status st;
	enum bench_end end;

	p_fence(p);
	p_exit(p, 0);
	end = bench_one(b, p, NULL);
	pe_get_status(b->pe[0], &st);
	bench_reset(b);
	if (end == BENCH_SOME_FAULTED && st.fault_core == MTIA_PE_FAULT_CP &&
	    st.fault_cause == cause && st.fault_tval == tval)
		return true;
	fprintf(stderr, "# end %d core %u cause %llu tval 0x%llx\n", end, st.fault_core,
		(unsigned long long)st.fault_cause, (unsigned long long)st.fault_tval);
	return false;
}

static void good_table(struct table *t)
{
	memset(t, 0, sizeof(*t));
	t->head.segments = 3;
	t->head.inv_step = 1;
	for (int i = 0; i < 6; i++)
		t->c[i] = (float)i;
}

static void lookup(struct prog *p, uint32_t slot)
{
	p_csr(p, MTIA_CSR_CB0, CB_A);
	p_csr(p, MTIA_CSR_OFF0, 0);
	p_csr(p, MTIA_CSR_FLAGS, MTIA_F_TYPE0(MTIA_TYPE_F16) | MTIA_F_TYPED(MTIA_TYPE_F32));
	p_issue(p, MTIA_OP_SE_LOOKUP, 1 | slot << 24 | 8ull << 32, CB_OUT);
}

static void rings(struct prog *p, uint32_t table_size)
{
	p->n = 0;
	p_init(p, CB_A, 0, 64);
	p_init(p, CB_B, 0xa000, table_size);
	p_init(p, CB_OUT, 0x14000, 256);
	p_issue(p, MTIA_OP_CB_PUSH, CB_A, 16);
}

static void test_bad_tables(struct bench *b)
{
	const uint64_t tval = MTIA_FIELD_LUT | MTIA_OP_SE_LUT_LOAD << 8;
	static const struct {
		const char *what;
		uint32_t word, value;
	} bad[] = {
		{"an unknown flag", 0, 16},
		{"odd and even", 0, MTIA_LUT_ODD | MTIA_LUT_EVEN},
		{"no segment", 1, 0},
		{"513 segments", 1, 513},
		{"an infinite start", 2, 0x7f800000},
		{"a step of 0", 3, 0x7f800000},
		{"an infinite step", 3, 0},
		{"a negative step", 3, 0xbf800000},
		{"NaN as step", 3, 0x7fc00000},
		{"a shift without LOG", 4, 3},
		{"a base without LOG", 5, 3},
		{"LOG with shift 0", 0, MTIA_LUT_LOG},
		{"reserved words", 13, 1},
	};
	static struct prog p;
	struct table t;

	for (unsigned int i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		good_table(&t);
		memcpy((uint32_t *)&t.head + bad[i].word, &bad[i].value, 4);
		rings(&p, 0x4000);
		memcpy(bench_ls(b, 0) + 0xa000, &t, sizeof(t));
		p_issue(&p, MTIA_OP_CB_PUSH, CB_B, 0x4000);
		p_csr(&p, MTIA_CSR_CB0, CB_B);
		p_issue(&p, MTIA_OP_SE_LUT_LOAD, 0, 0);
		tap_ok(faulted(b, &p, MTIA_CAUSE_FIELD, tval), "a table with %s is refused",
		       bad[i].what);
	}
	good_table(&t);
	t.head.flags = MTIA_LUT_LOG;
	t.head.shift = 24;
	rings(&p, 0x4000);
	memcpy(bench_ls(b, 0) + 0xa000, &t, sizeof(t));
	p_issue(&p, MTIA_OP_CB_PUSH, CB_B, 0x4000);
	p_csr(&p, MTIA_CSR_CB0, CB_B);
	p_issue(&p, MTIA_OP_SE_LUT_LOAD, 0, 0);
	tap_ok(faulted(b, &p, MTIA_CAUSE_FIELD, tval), "a table with LOG and shift 24 is refused");

	good_table(&t);
	t.head.segments = 5; /* 64 + 40 bytes */
	rings(&p, 96);
	memcpy(bench_ls(b, 0) + 0xa000, &t, sizeof(t));
	p_issue(&p, MTIA_OP_CB_PUSH, CB_B, 96);
	p_csr(&p, MTIA_CSR_CB0, CB_B);
	p_issue(&p, MTIA_OP_SE_LUT_LOAD, 0, 0);
	tap_ok(faulted(b, &p, MTIA_CAUSE_CB_RULE, CB_B | MTIA_OP_SE_LUT_LOAD << 8),
	       "a table larger than its CB is refused");
}

static void test_slots(struct bench *b)
{
	const uint64_t empty = MTIA_FIELD_SLOT | MTIA_OP_SE_LOOKUP << 8;
	static struct prog p;
	struct pe_status st;
	struct table t;
	uint32_t y[8];
	uint8_t *state = malloc(pe_state_size()), *head;
	enum bench_end end;

	rings(&p, 0x4000);
	lookup(&p, 1);
	tap_ok(faulted(b, &p, MTIA_CAUSE_FIELD, empty), "LOOKUP in a slot that was never loaded");

	/* The header is there, the segments are not: LUT_LOAD waits, LOOKUP waits behind it. */
	good_table(&t);
	t.head.below = 7.5f;
	rings(&p, 0x4000);
	memcpy(bench_ls(b, 0) + 0xa000, &t, sizeof(t));
	p_issue(&p, MTIA_OP_CB_PUSH, CB_B, 64);
	p_csr(&p, MTIA_CSR_CB0, CB_B);
	p_issue(&p, MTIA_OP_SE_LUT_LOAD, 1, 0);
	lookup(&p, 1);
	p_delay(&p, 50);
	p_issue(&p, MTIA_OP_CB_PUSH, CB_B, 24);
	p_fence(&p);
	p_exit(&p, 0);
	for (int i = 0; i < 8; i++)
		((uint16_t *)bench_ls(b, 0))[i] = i & 1 ? 0xbc00 : 0x3c00; /* 1, -1 */
	end = bench_one(b, &p, NULL);
	memcpy(y, bench_ls(b, 0) + 0x14000, sizeof(y));
	tap_ok(end == BENCH_ALL_DONE && y[0] == 0x40000000 && y[1] == 0x40f00000,
	       "LUT_LOAD waits for its segments, LOOKUP for LUT_LOAD");

	/* Without reset or scrub: the next launch of the PE. */
	pe_save(b->pe[0], state);
	rings(&p, 0x4000);
	b->code_used = 0;
	lookup(&p, 1);
	tap_ok(faulted(b, &p, MTIA_CAUSE_FIELD, empty), "a launch begins with empty slots");

	tap_ok(!pe_load(b->pe[0], state, pe_state_size()), "a state with a table is loaded");
	head = memmem(state, pe_state_size(), &t.head, sizeof(t.head));
	if (head) {
		head[4] = 0xff; /* 1023 segments */
		head[5] = 3;
	}
	tap_ok(head && pe_load(b->pe[0], state, pe_state_size()) < 0,
	       "a state with an illegal table is refused");
	pe_get_status(b->pe[0], &st);
	tap_u64(st.status, MTIA_PE_IDLE, "the PE is idle then");
	free(state);
	bench_reset(b);

	rings(&p, 0x4000);
	memcpy(bench_ls(b, 0) + 0xa000, &t, sizeof(t));
	p_issue(&p, MTIA_OP_CB_PUSH, CB_B, 87); /* a byte too few, for ever */
	p_csr(&p, MTIA_CSR_CB0, CB_B);
	p_issue(&p, MTIA_OP_SE_LUT_LOAD, 1, 0);
	p_exit(&p, 0);
	end = bench_one(b, &p, NULL);
	pe_get_status(b->pe[0], &st);
	tap_ok(end == BENCH_DEADLOCK && st.fault_cause == MTIA_CAUSE_DEADLOCK &&
		       st.fault_tval == (MTIA_OP_SE_LUT_LOAD << 8 | CB_B),
	       "a table that never comes: the deadlock names its CB");
	bench_reset(b);
}

/* Fields, one wrong at a time; the trap is precise. */
static void test_fields(struct bench *b)
{
#define T0(t) MTIA_F_TYPE0(MTIA_TYPE_##t)
#define T1(t) MTIA_F_TYPE1(MTIA_TYPE_##t)
#define TD(t) MTIA_F_TYPED(MTIA_TYPE_##t)
#define F32S (T0(F32) | T1(F32) | TD(F32))
	static const uint64_t rs1 = 2 | 8ull << 32;
	static const struct {
		const char *what;
		uint32_t op, flags;
		uint64_t rs1;
		uint32_t csr;
		uint64_t value;
		uint32_t field;
	} bad[] = {
		{"CONVERT of 0 rows", MTIA_OP_SE_CONVERT, TD(F32), 8ull << 32, 0, 0,
		 MTIA_FIELD_ROWS},
		{"CONVERT of 65 rows", MTIA_OP_SE_CONVERT, TD(F32), 65 | 1ull << 32, 0, 0,
		 MTIA_FIELD_ROWS},
		{"CONVERT of 0 elements", MTIA_OP_SE_CONVERT, TD(F32), 1, 0, 0, MTIA_FIELD_D},
		{"CONVERT of 1025 elements", MTIA_OP_SE_CONVERT, TD(F32), 1 | 1025ull << 32, 0, 0,
		 MTIA_FIELD_D},
		{"CONVERT of F32 to I8", MTIA_OP_SE_CONVERT, T0(F32), rs1, 0, 0, MTIA_FIELD_TYPE},
		{"CONVERT of type 5", MTIA_OP_SE_CONVERT, MTIA_F_TYPE0(5) | TD(F32), rs1, 0, 0,
		 MTIA_FIELD_TYPE},
		{"CONVERT to type 7", MTIA_OP_SE_CONVERT, MTIA_F_TYPED(7), rs1, 0, 0,
		 MTIA_FIELD_TYPE},
		{"CONVERT with RELU", MTIA_OP_SE_CONVERT, TD(F32) | MTIA_F_RELU, rs1, 0, 0,
		 MTIA_FIELD_FLAGS},
		{"CONVERT from beyond memory", MTIA_OP_SE_CONVERT, TD(F32), rs1, MTIA_CSR_OFF0,
		 0x20001, MTIA_FIELD_OFF0},
		{"CONVERT to beyond memory", MTIA_OP_SE_CONVERT, TD(F32), rs1, MTIA_CSR_OFFD,
		 1ull << 40, MTIA_FIELD_OFFD},
		{"CONVERT with source rows that overlap", MTIA_OP_SE_CONVERT, TD(F32), rs1,
		 MTIA_CSR_STRIDE0, 7, MTIA_FIELD_STRIDE0},
		{"CONVERT with result rows that overlap", MTIA_OP_SE_CONVERT, TD(F32), rs1,
		 MTIA_CSR_STRIDE_CB, 31, MTIA_FIELD_STRIDE_CB},
		{"CONVERT with a stride of 2^32", MTIA_OP_SE_CONVERT, TD(F32), rs1,
		 MTIA_CSR_STRIDE0, 1ull << 32, MTIA_FIELD_STRIDE0},
		{"CONVERT from CB 32", MTIA_OP_SE_CONVERT, TD(F32), rs1, MTIA_CSR_CB0, 32,
		 MTIA_FIELD_CB0},
		{"QUANT of S32", MTIA_OP_SE_QUANT, T0(S32), rs1, 0, 0, MTIA_FIELD_TYPE},
		{"QUANT to F16", MTIA_OP_SE_QUANT, T0(F32) | TD(F16), rs1, 0, 0, MTIA_FIELD_TYPE},
		{"QUANT per row and column", MTIA_OP_SE_QUANT,
		 T0(F32) | MTIA_F_PER_ROW | MTIA_F_PER_COL, rs1, 0, 0, MTIA_FIELD_FLAGS},
		{"QUANT per tensor by flag", MTIA_OP_SE_QUANT, T0(F32) | MTIA_F_PER_TENSOR, rs1, 0,
		 0, MTIA_FIELD_FLAGS},
		{"QUANT with minimum above maximum", MTIA_OP_SE_QUANT, T0(F32), rs1, MTIA_CSR_IMM2,
		 5 | 4 << 16, MTIA_FIELD_IMM},
		{"QUANT with a maximum of 256", MTIA_OP_SE_QUANT, T0(F32), rs1, MTIA_CSR_IMM2,
		 256 << 16, MTIA_FIELD_IMM},
		{"QUANT with a minimum of -129", MTIA_OP_SE_QUANT, T0(F32), rs1, MTIA_CSR_IMM2,
		 (uint16_t)-129, MTIA_FIELD_IMM},
		{"QUANT with a zero point of 2^30 + 1", MTIA_OP_SE_QUANT, T0(F32), rs1,
		 MTIA_CSR_IMM1, (1 << 30) + 1, MTIA_FIELD_IMM},
		{"QUANT per row from CB 33", MTIA_OP_SE_QUANT, T0(F32) | MTIA_F_PER_ROW, rs1,
		 MTIA_CSR_CB1, 33, MTIA_FIELD_CB1},
		{"QUANT per row from beyond memory", MTIA_OP_SE_QUANT, T0(F32) | MTIA_F_PER_ROW,
		 rs1, MTIA_CSR_OFF1, 0x20001, MTIA_FIELD_OFF1},
		{"DEQUANT8 of F16", MTIA_OP_SE_DEQUANT8, T0(F16) | TD(F32), rs1, 0, 0,
		 MTIA_FIELD_TYPE},
		{"DEQUANT8 to S32", MTIA_OP_SE_DEQUANT8, TD(S32), rs1, 0, 0, MTIA_FIELD_TYPE},
		{"ADD of F32 and F16", MTIA_OP_SE_ADD, T0(F32) | T1(F16) | TD(F32), rs1, 0, 0,
		 MTIA_FIELD_TYPE},
		{"MUL of F16 to F32", MTIA_OP_SE_MUL, T0(F16) | T1(F16) | TD(F32), rs1, 0, 0,
		 MTIA_FIELD_TYPE},
		{"MAX of I8", MTIA_OP_SE_MAX, 0, rs1, 0, 0, MTIA_FIELD_TYPE},
		{"ADD of S32 with RELU", MTIA_OP_SE_ADD, T0(S32) | T1(S32) | TD(S32) | MTIA_F_RELU,
		 rs1, 0, 0, MTIA_FIELD_FLAGS},
		{"ADD with CB1 40", MTIA_OP_SE_ADD, F32S, rs1, MTIA_CSR_CB1, 40, MTIA_FIELD_CB1},
		{"ADD with rows of source 1 that overlap", MTIA_OP_SE_ADD, F32S, rs1,
		 MTIA_CSR_STRIDE1, 31, MTIA_FIELD_STRIDE1},
		{"RELU of S32", MTIA_OP_SE_RELU, T0(S32) | TD(S32), rs1, 0, 0, MTIA_FIELD_TYPE},
		{"RELU of F32 to F16", MTIA_OP_SE_RELU, T0(F32) | TD(F16), rs1, 0, 0,
		 MTIA_FIELD_TYPE},
		{"LOOKUP of F32", MTIA_OP_SE_LOOKUP, T0(F32) | TD(F32), rs1, 0, 0,
		 MTIA_FIELD_TYPE},
		{"LOOKUP to F16", MTIA_OP_SE_LOOKUP, T0(F16) | TD(F16), rs1, 0, 0,
		 MTIA_FIELD_TYPE},
		{"LOOKUP in slot 2", MTIA_OP_SE_LOOKUP, T0(F16) | TD(F32), rs1 | 2 << 24, 0, 0,
		 MTIA_FIELD_SLOT},
		{"LUT_LOAD to slot 2", MTIA_OP_SE_LUT_LOAD, 0, 2, 0, 0, MTIA_FIELD_SLOT},
		{"LUT_LOAD to slot 2^32", MTIA_OP_SE_LUT_LOAD, 0, 1ull << 32, 0, 0,
		 MTIA_FIELD_SLOT},
		{"LUT_LOAD from beyond memory", MTIA_OP_SE_LUT_LOAD, 0, 0, MTIA_CSR_OFF0, 0x20001,
		 MTIA_FIELD_OFF0},
	};
	static struct prog p;
	struct pe_status st;

	for (unsigned int i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		rings(&p, 0x4000);
		p_csr(&p, MTIA_CSR_CB1, CB_B);
		p_csr(&p, MTIA_CSR_FLAGS, bad[i].flags);
		if (bad[i].csr)
			p_csr(&p, bad[i].csr, bad[i].value);
		p_issue(&p, bad[i].op, bad[i].rs1, CB_OUT);
		p_exit(&p, 0);
		bench_one(b, &p, NULL);
		pe_get_status(b->pe[0], &st);
		tap_ok(st.status == MTIA_PE_FAULTED && st.fault_core == 0 &&
			       st.fault_cause == MTIA_CAUSE_FIELD &&
			       st.fault_tval == (bad[i].field | bad[i].op << 8),
		       "%s traps", bad[i].what);
		bench_reset(b);
	}
}

static void test_all(struct bench *b, const char *isa)
{
	static const char *const names[] = {"I8", "F16", "BF16", "F32", "S32"};
	static const char *const ops[] = {"ADD", "MUL", "MAX"};

	for (uint32_t t0 = 0; t0 <= MTIA_TYPE_S32; t0++)
		for (uint32_t td = 0; td <= MTIA_TYPE_S32; td++)
			if (td || !is_float(t0))
				tap_ok(test_convert(b, t0, td), "%s: CONVERT %s to %s", isa,
				       names[t0], names[td]);
	for (uint32_t t = MTIA_TYPE_F16; t <= MTIA_TYPE_F32; t++) {
		tap_ok(test_quant(b, t), "%s: QUANT %s", isa, names[t]);
		tap_ok(test_dequant(b, t), "%s: DEQUANT8 to %s", isa, names[t]);
		tap_ok(test_relu(b, t), "%s: RELU %s", isa, names[t]);
	}
	for (uint32_t op = 0; op < 3; op++)
		for (uint32_t t = MTIA_TYPE_F16; t <= MTIA_TYPE_S32; t++)
			tap_ok(test_binary(b, MTIA_OP_SE_ADD + op, t), "%s: %s %s", isa, ops[op],
			       names[t]);
	for (uint32_t t0 = 0; t0 < 2; t0++)
		for (uint32_t td = 0; td < 2; td++)
			tap_ok(test_lookup(b, t0, td ? MTIA_TYPE_F32 : 0), "%s: LOOKUP %s to %s",
			       isa, names[t0], td ? "F32" : "I8");
}

int main(void)
{
	static const char *const isa[] = {"auto", "scalar", "avx2"};
	static const char *const functions[] = {"relu", "exp",	"sigmoid",    "tanh",
						"gelu", "reciprocal", "sqrt"};

	for (unsigned int i = 0; i < 3; i++) {
		struct bench *b = bench_create(256, i);

		test_all(b, isa[i]);
		for (unsigned int f = MTIA_ACT_EXP; f < MTIA_ACTIVATIONS; f++)
			tap_ok(test_function(b, f), "%s: %s of every FP16", isa[i], functions[f]);
		if (!i) {
			test_fields(b);
			test_bad_tables(b);
			test_slots(b);
		}
		bench_destroy(b);
	}
	return tap_done();
}
