// SPDX-License-Identifier: GPL-2.0
/* SE's element-wise operations, every type and granularity, on rings that wrap; their fields. */
#include "pe_se.h"

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
/* ---- Fields ---------------------------------------------------------------------------------- */

/* One wrong at a time; the trap is precise. */
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
}

int main(void)
{
	static const char *const isa[] = {"auto", "scalar", "avx2"};

	for (unsigned int i = 0; i < 3; i++) {
		struct bench *b = bench_create(256, i);

		test_all(b, isa[i]);
		if (!i)
			test_fields(b);
		bench_destroy(b);
	}
	return tap_done();
}
