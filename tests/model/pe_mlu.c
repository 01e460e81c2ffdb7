// SPDX-License-Identifier: GPL-2.0
/* MLU: copies and transposes of random shapes on rings that wrap, against an element at a time. */
#include "pe_ring.h"

#define RUNS 250

enum { CB_SRC, CB_DST };

/* Element `i` of the row that begins at byte `off`. */
static uint32_t element(uint64_t off, uint32_t i, uint32_t bits)
{
	uint32_t x = 0;

	if (bits == 4)
		return want[at(CB_SRC, off + i / 2)] >> (i % 2 ? 4 : 0) & 15;
	get(CB_SRC, off + (uint64_t)i * bits / 8, &x, bits / 8);
	return x;
}

static void set_element(uint64_t off, uint32_t i, uint32_t bits, uint32_t x)
{
	uint8_t *byte;

	if (bits != 4) {
		put(CB_DST, off + (uint64_t)i * bits / 8, &x, bits / 8);
		return;
	}
	byte = &want[space_at(CB_DST, off + i / 2)];
	*byte = (uint8_t)(i % 2 ? (*byte & 0x0f) | x << 4 : (*byte & 0xf0) | x);
}

static uint32_t bytes(uint32_t elements, uint32_t bits)
{
	return (elements * bits + 7) / 8;
}

static bool test(struct bench *b, bool turn, uint32_t log2_bits)
{
	uint32_t bits = 1u << log2_bits;

	for (unsigned int i = 0; i < RUNS; i++) {
		uint32_t rows = bench_range(1, i % 4 ? 40 : 200), cols = bench_range(1, 60);
		uint32_t first0 = bits == 4 ? bench_range(0, 1) : 0;
		uint32_t firstd = bits == 4 ? bench_range(0, 1) : 0;
		uint32_t src_row, dst_row, s0, sd, off0 = bench_range(0, 50), offd, dst_rows;
		struct pe_counters before_c, after_c;
		static struct prog p;
		static uint8_t before[LS];

		if (bench_range(0, 1)) {
			uint32_t t = rows;

			rows = cols;
			cols = t;
		}
		offd = bench_range(0, 50);
		dst_rows = turn ? cols : rows;
		src_row = bytes(cols + first0, bits);
		dst_row = bytes((turn ? rows : cols) + firstd, bits);
		s0 = src_row + (i % 3 ? bench_range(0, 6) : 0);
		sd = dst_row + (i % 5 ? bench_range(0, 6) : 0);
		p.n = 0;
		scramble();
		memcpy(before, want, LS);
		make_ring(&p, CB_SRC, 0x0, 0xf000, off0 + (rows - 1) * s0 + src_row,
			  bench_range(0, 99), 1);
		make_ring(&p, CB_DST, 0xf000, 0x10000, bench_range(0, 300),
			  offd + (dst_rows - 1) * sd + dst_row, 1);
		p_csr(&p, MTIA_CSR_CB0, CB_SRC);
		p_csr(&p, MTIA_CSR_OFF0, off0);
		p_csr(&p, MTIA_CSR_OFFD, offd);
		p_csr(&p, MTIA_CSR_STRIDE0, s0 == src_row ? 0 : s0);
		p_csr(&p, MTIA_CSR_STRIDE_CB, sd == dst_row ? 0 : sd);
		p_csr(&p, MTIA_CSR_IMM0, log2_bits);
		p_csr(&p, MTIA_CSR_IMM1, bits == 4 ? first0 : 77);
		p_csr(&p, MTIA_CSR_IMM2, bits == 4 ? firstd : 77);
		p_csr(&p, MTIA_CSR_FLAGS, bench_random());
		p_issue(&p, turn ? MTIA_OP_MLU_TRANSPOSE : MTIA_OP_MLU_COPY,
			rows | (uint64_t)cols << 32, CB_DST);
		for (uint32_t r = 0; r < rows; r++)
			for (uint32_t c = 0; c < cols; c++)
				set_element(offd + (uint64_t)(turn ? c : r) * sd,
					    firstd + (turn ? r : c), bits,
					    element(off0 + (uint64_t)r * s0, first0 + c, bits));
		pe_get_counters(b->pe[0], &before_c);
		if (!run(b, &p, before))
			return false;
		pe_get_counters(b->pe[0], &after_c);
		if (after_c.mlu_bytes - before_c.mlu_bytes != (uint64_t)dst_rows * dst_row)
			return false;
	}
	return true;
}

/* Cycles of one command on CBs of 32 KiB. */
static uint64_t cycles(struct bench *b, unsigned int op, uint32_t rows, uint32_t cols)
{
	static struct prog p;
	struct pe_status st;

	p.n = 0;
	p_init(&p, CB_SRC, 0, 0x8000);
	p_init(&p, CB_DST, 0x8000, 0x10000);
	p_issue(&p, MTIA_OP_CB_PUSH, CB_SRC, 0x8000);
	p_csr(&p, MTIA_CSR_CB0, CB_SRC);
	p_csr(&p, MTIA_CSR_IMM0, 3);
	if (rows)
		p_issue(&p, op, rows | (uint64_t)cols << 32, CB_DST);
	p_fence(&p);
	p_exit(&p, 0);
	bench_one(b, &p, NULL);
	pe_get_status(b->pe[0], &st);
	bench_reset(b);
	return st.status == MTIA_PE_DONE ? st.busy_cycles : 0;
}

/* A row a cycle on whichever side has more of them. */
static void test_time(struct bench *b)
{
	uint64_t none = cycles(b, 0, 0, 0), few = cycles(b, MTIA_OP_MLU_COPY, 4, 64);
	uint64_t many = cycles(b, MTIA_OP_MLU_COPY, 260, 64);
	uint64_t turned = cycles(b, MTIA_OP_MLU_TRANSPOSE, 4, 256);

	tap_ok(few > none && many == few + 256, "64 bytes of a row a cycle (%llu, %llu, %llu)",
	       (unsigned long long)none, (unsigned long long)few, (unsigned long long)many);
	tap_ok(turned >= none + 256, "a transpose writes a row a cycle (%llu)",
	       (unsigned long long)turned);
}

/* Rows that overlap, and a result larger than its CB. */
static void test_rules(struct bench *b)
{
	static const struct {
		const char *what;
		unsigned int csr;
		uint64_t value, rs1, cause, tval;
	} rule[] = {
		{"STRIDE0 below a row", MTIA_CSR_STRIDE0, 15, 2 | 16ull << 32, MTIA_CAUSE_FIELD,
		 MTIA_FIELD_STRIDE0},
		{"STRIDE_CB below a row", MTIA_CSR_STRIDE_CB, 1, 2 | 16ull << 32, MTIA_CAUSE_FIELD,
		 MTIA_FIELD_STRIDE_CB},
		{"OFF0 beyond memory", MTIA_CSR_OFF0, 0x20001, 2 | 16ull << 32, MTIA_CAUSE_FIELD,
		 MTIA_FIELD_OFF0},
		{"OFFD beyond memory", MTIA_CSR_OFFD, 1ull << 33, 2 | 16ull << 32, MTIA_CAUSE_FIELD,
		 MTIA_FIELD_OFFD},
		{"a result larger than its CB", MTIA_CSR_STRIDE0, 0, 2 | 4096ull << 32,
		 MTIA_CAUSE_CB_RULE, CB_DST},
	};

	for (unsigned int i = 0; i < sizeof(rule) / sizeof(rule[0]); i++) {
		static struct prog p;
		struct pe_status st;

		p.n = 0;
		p_init(&p, CB_SRC, 0, 0x4000);
		p_init(&p, CB_DST, 0x4000, 0x1000);
		p_issue(&p, MTIA_OP_CB_PUSH, CB_SRC, 0x4000);
		p_csr(&p, MTIA_CSR_CB0, CB_SRC);
		p_csr(&p, MTIA_CSR_IMM0, 3);
		p_csr(&p, rule[i].csr, rule[i].value);
		p_issue(&p, MTIA_OP_MLU_TRANSPOSE, rule[i].rs1, CB_DST);
		p_fence(&p);
		bench_one(b, &p, NULL);
		pe_get_status(b->pe[0], &st);
		tap_ok(st.fault_cause == rule[i].cause &&
			       st.fault_tval == (rule[i].tval | MTIA_OP_MLU_TRANSPOSE << 8),
		       "%s", rule[i].what);
		bench_reset(b);
	}
}

int main(void)
{
	struct bench *b = bench_create(256, MTIA_ISA_AUTO);

	for (uint32_t log2_bits = 2; log2_bits <= 5; log2_bits++)
		for (unsigned int turn = 0; turn < 2; turn++)
			tap_ok(test(b, turn, log2_bits), "%s of %u-bit elements",
			       turn ? "transpose" : "copy", 1u << log2_bits);
	test_time(b);
	test_rules(b);
	bench_destroy(b);
	return tap_done();
}
