/* SPDX-License-Identifier: GPL-2.0 */
/*
 * For tests of SE's element-wise operations: numbers of every type, computed in binary64, exactly or
 * rounded to odd, and rounded once; commands of random shapes. Shares nothing with the model.
 */
#ifndef MTIA_TESTS_PE_SE_H
#define MTIA_TESTS_PE_SE_H

#include <math.h>

#include "pe_ring.h"

#define RUNS 40

enum { CB_A, CB_B, CB_OUT };

/* ---- Numbers --------------------------------------------------------------------------------- */

static inline uint32_t size_of(uint32_t type)
{
	static const uint8_t bytes[] = {1, 2, 2, 4, 4};

	return bytes[type];
}

static inline bool is_float(uint32_t type)
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
static inline double rounded(double x, uint32_t type)
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
static inline uint32_t code(double x, uint32_t type)
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

static inline double value(uint32_t bits, uint32_t type, bool is_signed)
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
static inline double sum(double a, double b)
{
	double s = a + b, v = s - a, error = (a - (s - v)) + (b - v);
	uint64_t bits;

	if (!isfinite(s) || error == 0)
		return s;
	memcpy(&bits, &s, sizeof(bits));
	return bits & 1 ? s : nextafter(s, error > 0 ? INFINITY : -INFINITY);
}

static inline double relu(double x)
{
	return x > 0 || x != x ? x : 0.0;
}

static inline int32_t to_s32(double x)
{
	x = nearbyint(x);
	return x != x ? 0 : x >= 0x1p31 ? INT32_MAX : x < -0x1p31 ? INT32_MIN : (int32_t)x;
}

static inline uint8_t to_8(double x, int32_t zp, int32_t lo, int32_t hi)
{
	int64_t v = (int64_t)to_s32(x) + zp;

	return (uint8_t)(v < lo ? lo : v > hi ? hi : v);
}

static inline float random_float(void)
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

static inline uint32_t random_element(uint32_t type)
{
	if (!is_float(type) || bench_range(0, 3) == 0)
		return (uint32_t)bench_random() >> (bench_range(0, 1) ? 0 : bench_range(0, 31));
	return code(rounded(random_float(), type), type);
}

/* ---- One command ----------------------------------------------------------------------------- */

struct shape {
	uint32_t rows, cols, off0, off1, offd, s0, s1, sd;
};

static inline struct shape random_shape(void)
{
	struct shape s = {.rows = bench_range(1, 64)};
	uint32_t most = 7000 / s.rows;

	s.cols = bench_range(1, most > MTIA_SE_MAX_D ? MTIA_SE_MAX_D : most);
	s.off0 = bench_range(0, 60);
	s.off1 = bench_range(0, 60);
	s.offd = bench_range(0, 60);
	return s;
}

static inline uint32_t stride_of(uint32_t tight)
{
	return tight + (bench_range(0, 1) ? 0 : bench_range(0, 9));
}

static inline void set_bytes(unsigned int cb, uint64_t off, uint32_t x, uint32_t bytes)
{
	for (uint32_t i = 0; i < bytes; i++)
		want[at(cb, off + i)] = (uint8_t)(x >> 8 * i);
}

static inline uint32_t fetch(unsigned int cb, uint64_t off, uint32_t bytes)
{
	uint32_t x = 0;

	get(cb, off, &x, bytes);
	return x;
}

static inline uint32_t source(const struct shape *s, unsigned int cb, uint32_t type, uint32_t r,
		       uint32_t c)
{
	uint32_t off = cb == CB_A ? s->off0 + r * s->s0 : s->off1 + r * s->s1;

	return fetch(cb, off + c * size_of(type), size_of(type));
}

static inline void fill(const struct shape *s, unsigned int cb, uint32_t type, uint32_t rows)
{
	uint32_t off = cb == CB_A ? s->off0 : s->off1, stride = cb == CB_A ? s->s0 : s->s1;

	for (uint32_t r = 0; r < rows; r++)
		for (uint32_t c = 0; c < s->cols; c++)
			set_bytes(cb, off + r * stride + c * size_of(type), random_element(type),
				  size_of(type));
}

static inline void result(const struct shape *s, uint32_t type, uint32_t r, uint32_t c, uint32_t bits)
{
	put(CB_OUT, s->offd + r * s->sd + c * size_of(type), &bits, size_of(type));
}

/* Rings for source 0 and the result, and their CSRs. */
static inline void set_up(struct prog *p, struct shape *s, uint32_t t0, uint32_t td)
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

static inline uint64_t rs1_of(const struct shape *s)
{
	return s->rows | (uint64_t)s->cols << 32;
}

/* Plain rings for a test that makes its own command: 16 bytes in CB_A. */
static inline void rings(struct prog *p, uint32_t table_size)
{
	p->n = 0;
	p_init(p, CB_A, 0, 64);
	p_init(p, CB_B, 0xa000, table_size);
	p_init(p, CB_OUT, 0x14000, 256);
	p_issue(p, MTIA_OP_CB_PUSH, CB_A, 16);
}

#endif /* MTIA_TESTS_PE_SE_H */
