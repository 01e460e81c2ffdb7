// SPDX-License-Identifier: GPL-2.0
/*
 * SE's lookup: random tables against the rule, the library's functions for every FP16, tables that
 * are refused, what waits for what.
 */
#define _GNU_SOURCE
#include "mtia/ref.h"
#include "../../libmtia-user/ops/lut.h"
#include "pe_se.h"

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

int main(void)
{
	static const char *const isa[] = {"auto", "scalar", "avx2"};
	static const char *const functions[] = {"relu", "exp",	"sigmoid",    "tanh",
						"gelu", "reciprocal", "sqrt"};
	static const char *const types[] = {"I8", "F16"}, *const results[] = {"I8", "F32"};

	for (unsigned int i = 0; i < 3; i++) {
		struct bench *b = bench_create(256, i);

		for (uint32_t t0 = 0; t0 < 2; t0++)
			for (uint32_t td = 0; td < 2; td++)
				tap_ok(test_lookup(b, t0, td ? MTIA_TYPE_F32 : 0),
				       "%s: LOOKUP %s to %s", isa[i], types[t0], results[td]);
		for (unsigned int f = MTIA_ACT_EXP; f < MTIA_ACTIVATIONS; f++)
			tap_ok(test_function(b, f), "%s: %s of every FP16", isa[i], functions[f]);
		if (!i) {
			test_bad_tables(b);
			test_slots(b);
		}
		bench_destroy(b);
	}
	return tap_done();
}
