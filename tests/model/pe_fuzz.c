// SPDX-License-Identifier: GPL-2.0
/*
 * Commands with fields drawn at random, most of them nearly legal: each runs, traps, faults or
 * waits for ever, and changes nothing outside its CBs. (The sanitized build watches the model's own
 * buffers.) Every operation that one PE can carry out alone must have got through some of the time.
 */
#include "../unit/tap.h"
#include "pe_bench.h"

#define PROGRAMS 30000
#define CBS 4 /* at 0, 0x1000, 0x2000, 0x3000 */
#define LS MTIA_PE_LOCAL_SIZE

static const uint8_t operations[] = {
	MTIA_OP_CB_INIT,    MTIA_OP_CB_POP,	MTIA_OP_CB_PUSH,     MTIA_OP_DMA_IN,
	MTIA_OP_DMA_OUT,    MTIA_OP_MML,	MTIA_OP_RE_INIT,     MTIA_OP_RE_STORE,
	MTIA_OP_SE_REQUANT, MTIA_OP_SE_DEQUANT, MTIA_OP_SE_BANK,     MTIA_OP_SE_ROWS,
	MTIA_OP_SE_SCALE,   MTIA_OP_SE_ROWSUM,	MTIA_OP_SE_CONVERT,  MTIA_OP_SE_QUANT,
	MTIA_OP_SE_DEQUANT8, MTIA_OP_SE_ADD,	MTIA_OP_SE_MUL,	     MTIA_OP_SE_MAX,
	MTIA_OP_SE_RELU,    MTIA_OP_SE_LOOKUP,	MTIA_OP_SE_LUT_LOAD, MTIA_OP_MLU_COPY,
	MTIA_OP_MLU_TRANSPOSE, MTIA_OP_DMA_IN_MC,  MTIA_OP_MC_JOIN,  MTIA_OP_DMA_GATHER,
};
#define OPERATIONS (sizeof(operations) / sizeof(*operations))

static bool one_in(uint32_t n)
{
	return bench_range(1, n) == 1;
}

/* A field: small, at an edge, or anything. */
static uint64_t field(uint32_t small)
{
	static const uint64_t edges[] = {0, 1, 31, 32, 33, 64, 65, 1024, 1025, 4096, 4097, 0x1ffff,
					 0x20000, 0x20001, UINT32_MAX, 1ull << 32, UINT64_MAX};

	if (one_in(25))
		return edges[bench_range(0, sizeof(edges) / sizeof(*edges) - 1)];
	if (one_in(60))
		return bench_random() >> bench_range(0, 63);
	return bench_range(0, small);
}

static uint64_t flags(unsigned int op)
{
	uint64_t f = 0;

	if (one_in(20))
		return bench_random() >> bench_range(36, 63);
	if (op >= MTIA_OP_SE_CONVERT && op <= MTIA_OP_SE_LOOKUP) {
		uint32_t t = bench_range(0, 4), d = one_in(2) ? t : bench_range(0, 4);

		f = MTIA_F_TYPE0(t) | MTIA_F_TYPED(d);
		if (op >= MTIA_OP_SE_ADD && op <= MTIA_OP_SE_MAX)
			f |= MTIA_F_TYPE1(t) | (one_in(3) ? MTIA_F_BCAST1 : 0);
		else if (op == MTIA_OP_SE_QUANT || op == MTIA_OP_SE_DEQUANT8)
			f |= one_in(3) ? MTIA_F_PER_ROW : one_in(2) ? MTIA_F_PER_COL : 0;
		if (op == MTIA_OP_SE_QUANT && !one_in(5))
			f &= ~(uint64_t)MTIA_F_TYPED(7);
		else if (op == MTIA_OP_SE_DEQUANT8 && !one_in(5))
			f &= ~(uint64_t)MTIA_F_TYPE0(7);
		if (op == MTIA_OP_SE_LOOKUP && !one_in(5))
			f = MTIA_F_TYPE0(bench_range(0, 1)) |
			    MTIA_F_TYPED(one_in(2) ? MTIA_TYPE_F32 : MTIA_TYPE_I8);
	} else if (op == MTIA_OP_MML && one_in(2)) {
		f = MTIA_F_TYPE0(1) | MTIA_F_TYPE1(1);
	} else if (op == MTIA_OP_SE_REQUANT || op == MTIA_OP_SE_DEQUANT) {
		f = one_in(3) ? MTIA_F_PER_ROW : one_in(2) ? MTIA_F_PER_TENSOR : 0;
		f |= one_in(2) ? MTIA_F_ROWSUM : 0;
	} else if (op == MTIA_OP_SE_ROWS) {
		f = (one_in(2) ? MTIA_F_INIT : 0) | (one_in(2) ? MTIA_F_WEIGHTED : 0) |
		    MTIA_F_ROW(bench_range(0, 5));
	}
	return f;
}

static void command(struct prog *p, unsigned int op)
{
	uint64_t rs1 = field(3), rs2 = bench_range(0, CBS - 1);

	for (unsigned int csr = MTIA_CSR_CB0; csr <= MTIA_CSR_STRIDE1; csr++) {
		uint32_t small = 40;

		if (csr <= MTIA_CSR_CB1)
			small = CBS - 1;
		else if (csr == MTIA_CSR_STRIDE_MEM || csr == MTIA_CSR_STRIDE_CB ||
			 csr >= MTIA_CSR_STRIDE0)
			small = one_in(3) ? 200 : 0;
		if (csr == MTIA_CSR_FLAGS)
			p_csr(p, csr, flags(op));
		else if (csr >= MTIA_CSR_M && csr <= MTIA_CSR_K && !one_in(15))
			p_csr(p, csr, bench_range(1, 16) * 2);
		else
			p_csr(p, csr, field(small));
	}
	if (op == MTIA_OP_MML) { /* what is multiplied lies at multiples of 32 */
		p_csr(p, MTIA_CSR_OFF0, 32 * field(3));
		p_csr(p, MTIA_CSR_OFF1, 32 * field(3));
		p_csr(p, MTIA_CSR_STRIDE0, 32 * field(3));
		p_csr(p, MTIA_CSR_STRIDE1, 32 * field(3));
		rs2 = one_in(4) ? 32 * field(2) | 32 * field(2) << 32 : 0;
	} else if (op == MTIA_OP_CB_INIT) {
		rs2 = 32 * field(100) | 32 * field(200) << 32;
	} else if (op <= MTIA_OP_CB_PUSH) {
		rs2 = field(200);
	} else if (op == MTIA_OP_MC_JOIN) {
		rs1 = field(MTIA_FI_GROUPS - 1);
		rs2 = bench_range(0, 1) | (one_in(3) ? field(3) : 1) << 8;
	} else if (op >= MTIA_OP_DMA_IN && op <= MTIA_OP_DMA_GATHER) {
		rs1 = BENCH_BASE + 32 * field(100);
		if (op != MTIA_OP_DMA_OUT && one_in(4)) /* the own memory, the long way */
			rs1 = MTIA_PE_PEER(0, 0) + 0x4000 + 32 * field(100);
		p_csr(p, MTIA_CSR_STRIDE_MEM, 32 * field(9));
		p_csr(p, MTIA_CSR_GROUP, one_in(3) ? field(9) : 0);
	} else if (op >= MTIA_OP_SE_ROWS && op != MTIA_OP_SE_LUT_LOAD) {
		rs1 = (uint32_t)field(9) | (uint64_t)(uint32_t)field(60) << 32;
		if (op == MTIA_OP_SE_SCALE)
			rs1 = field(60);
		else if (op == MTIA_OP_SE_LOOKUP)
			rs1 |= (uint64_t)bench_range(0, one_in(9) ? 255 : 1) << 24;
	}
	if (op == MTIA_OP_SE_QUANT || op == MTIA_OP_SE_REQUANT || op == MTIA_OP_SE_BANK) {
		p_csr(p, MTIA_CSR_IMM1, op == MTIA_OP_SE_REQUANT ? field(9) : bench_range(0, 90));
		p_csr(p, MTIA_CSR_IMM2, op == MTIA_OP_SE_REQUANT ? 100 : bench_range(0, 200) << 16);
	} else if (op >= MTIA_OP_MLU_COPY) {
		p_csr(p, MTIA_CSR_IMM0, one_in(9) ? field(9) : bench_range(2, 5));
		p_csr(p, MTIA_CSR_IMM1, bench_range(0, one_in(9) ? 2 : 1));
		p_csr(p, MTIA_CSR_IMM2, bench_range(0, one_in(9) ? 2 : 1));
	}
	p_issue(p, op, rs1, rs2);
}

/* Random bytes, and a table that LUT_LOAD accepts where it finds one most of the time. */
static void fill(uint8_t *ls)
{
	const struct mtia_se_lut head = {.flags = bench_range(0, 3),
					 .segments = bench_range(1, 30),
					 .inv_step = 1,
					 .shift = 0};
	struct mtia_se_lut log = head;

	for (uint32_t i = 0; i < LS; i += 8) {
		uint64_t x = bench_random();

		memcpy(ls + i, &x, sizeof(x));
	}
	log.shift = 20;
	memcpy(ls, head.flags & MTIA_LUT_LOG ? &log : &head, sizeof(head));
}

static bool inside(const uint32_t *size, uint32_t at)
{
	return at < CBS * 0x1000 && at % 0x1000 < size[at / 0x1000];
}

int main(void)
{
	static uint8_t before[LS];
	static struct prog p;
	unsigned int escaped = 0;
	unsigned int finished[OPERATIONS] = {0}, ends[4] = {0};

	for (unsigned int isa = 0; isa < 3; isa++) {
		struct bench *b = bench_create_caps(256, isa, MTIA_CAP_GATHER);

		for (unsigned int i = 0; i < PROGRAMS / 3; i++) {
			unsigned int which = bench_range(0, OPERATIONS - 1);
			bool table = operations[which] == MTIA_OP_SE_LUT_LOAD ||
				     (operations[which] == MTIA_OP_SE_LOOKUP && !one_in(9));
			enum bench_end end;
			uint32_t size[CBS];

			p.n = 0;
			for (uint32_t cb = 0; cb < CBS; cb++) {
				size[cb] = 32 * bench_range(table ? 30 : 1, 128);
				p_init(&p, cb, 0x1000 * cb, size[cb]);
				p_issue(&p, MTIA_OP_CB_PUSH, cb,
					one_in(3) ? size[cb] : bench_range(size[cb] / 2, size[cb]));
				if (operations[which] == MTIA_OP_MML)
					p_issue(&p, MTIA_OP_CB_POP, cb, one_in(9));
				else if (!table)
					p_issue(&p, MTIA_OP_CB_POP, cb, bench_range(0, 32));
			}
			if (operations[which] == MTIA_OP_SE_LOOKUP && table) {
				p_csr(&p, MTIA_CSR_CB0, 0);
				p_issue(&p, MTIA_OP_SE_LUT_LOAD, bench_range(0, 1), 0);
				p_fence(&p);
			}
			if (operations[which] == MTIA_OP_DMA_IN_MC)
				p_issue(&p, MTIA_OP_MC_JOIN, 0, bench_range(0, 1) | 1 << 8);
			command(&p, operations[which]);
			if (operations[which] == MTIA_OP_SE_LUT_LOAD && !one_in(5)) {
				p.n -= 4; /* the issue itself; then the same at the table */
				p_csr(&p, MTIA_CSR_CB0, 0);
				p_csr(&p, MTIA_CSR_OFF0, 0);
				p_issue(&p, MTIA_OP_SE_LUT_LOAD, bench_range(0, 1), 0);
			}
			p_fence(&p);
			p_exit(&p, 0);
			fill(before);
			memcpy(bench_ls(b, 0), before, LS);
			end = bench_one(b, &p, NULL);
			for (uint32_t at = 0; at < LS; at += 32)
				if (!inside(size, at) && memcmp(before + at, bench_ls(b, 0) + at, 32)) {
					fprintf(stderr, "# program %u: 0x%x changed by 0x%02x\n", i, at,
						operations[which]);
					escaped++;
					break;
				}
			ends[end]++;
			finished[which] += end == BENCH_ALL_DONE;
			bench_reset(b);
		}
		bench_destroy(b);
	}
	tap_ok(!ends[BENCH_TIMEOUT],
	       "%u programs: %u done, %u faulted, %u waited for ever, %u timed out",
	       PROGRAMS / 3 * 3, ends[BENCH_ALL_DONE], ends[BENCH_SOME_FAULTED],
	       ends[BENCH_DEADLOCK], ends[BENCH_TIMEOUT]);
	tap_u64(escaped, 0, "commands that changed something outside CBs");
	for (unsigned int i = 0; i < OPERATIONS; i++)
		tap_ok(finished[i] >= 20, "operation 0x%02x was carried out %u times",
		       operations[i], finished[i]);
	return tap_done();
}
