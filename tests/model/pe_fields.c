// SPDX-License-Identifier: GPL-2.0
/* What is illegal in a command, and which trap says so. */
#include "../unit/tap.h"
#include "pe_bench.h"

static struct prog a;
static struct bench *b;

static struct pe_status status(unsigned int pe)
{
	return bench_status(b, pe);
}

static bool trapped(uint32_t core, uint64_t cause, uint64_t tval)
{
	return bench_trapped(b, 0, core, cause, tval);
}

/* ---- Illegal fields -------------------------------------------------------------------------- */

/* Legal operands for every operation, all CBs of 0x1000 bytes with 0x800 in them. */
static void legal(struct prog *p)
{
	for (unsigned int i = 0; i < 4; i++) {
		p_init(p, i, 0x1000 + 0x1000 * i, 0x1000);
		p_issue(p, MTIA_OP_CB_PUSH, i, 0x800);
	}
	p_csr(p, MTIA_CSR_CB0, 0);
	p_csr(p, MTIA_CSR_CB1, 1);
	p_csr(p, MTIA_CSR_ROWS, 2);
	p_csr(p, MTIA_CSR_COLS, 64);
	p_csr(p, MTIA_CSR_STRIDE_MEM, 64);
	p_csr(p, MTIA_CSR_M, 8);
	p_csr(p, MTIA_CSR_N, 8);
	p_csr(p, MTIA_CSR_K, 8);
	p_csr(p, MTIA_CSR_IMM2, 255);
}

static const struct illegal {
	const char *what;
	unsigned int op;
	uint64_t rs1, rs2;
	unsigned int csr; /* 0 = none to change */
	uint64_t value;
	enum mtia_pe_field field; /* 0 = legal */
} illegal[] = {
	{"unknown operation 0x03", 0x03, 0, 0, 0, 0, MTIA_FIELD_OP},
	{"unknown operation 0x7f", 0x7f, 0, 0, 0, 0, MTIA_FIELD_OP},
	{"CB_INIT of CB 32", MTIA_OP_CB_INIT, 32, 32ull << 32, 0, 0, MTIA_FIELD_CBD},
	{"CB_INIT of CB 2^32", MTIA_OP_CB_INIT, 1ull << 32, 32ull << 32, 0, 0, MTIA_FIELD_CBD},
	{"CB_INIT of no bytes", MTIA_OP_CB_INIT, 1, 0, 0, 0, MTIA_FIELD_SIZE},
	{"CB_INIT of 48 bytes", MTIA_OP_CB_INIT, 1, 48ull << 32, 0, 0, MTIA_FIELD_SIZE},
	{"CB_INIT larger than memory", MTIA_OP_CB_INIT, 1, 0x20020ull << 32, 0, 0, MTIA_FIELD_SIZE},
	{"CB_INIT at 16", MTIA_OP_CB_INIT, 1, 16 | 32ull << 32, 0, 0, MTIA_FIELD_BASE},
	{"CB_INIT over the end", MTIA_OP_CB_INIT, 1, 0x1ffe0 | 64ull << 32, 0, 0, MTIA_FIELD_BASE},
	{"CB_INIT at 2^32 - 32", MTIA_OP_CB_INIT, 1, 0xffffffe0 | 64ull << 32, 0, 0,
	 MTIA_FIELD_BASE},
	{"POP of CB 33", MTIA_OP_CB_POP, 33, 1, 0, 0, MTIA_FIELD_CB0},
	{"POP of 2^40 bytes", MTIA_OP_CB_POP, 0, 1ull << 40, 0, 0, MTIA_FIELD_SIZE},
	{"PUSH of CB 255", MTIA_OP_CB_PUSH, 255, 1, 0, 0, MTIA_FIELD_CBD},
	{"PUSH of 0x20001 bytes", MTIA_OP_CB_PUSH, 0, 0x20001, 0, 0, MTIA_FIELD_SIZE},
	{"DMA_IN from VA + 16", MTIA_OP_DMA_IN, BENCH_BASE + 16, 2, 0, 0, MTIA_FIELD_ADDR},
	{"DMA_OUT to VA + 2", MTIA_OP_DMA_OUT, BENCH_BASE + 2, 2, 0, 0, MTIA_FIELD_ADDR},
	{"DMA_OUT to VA + 4 is legal", MTIA_OP_DMA_OUT, BENCH_BASE + 4, 2, 0, 0, 0},
	{"DMA_IN to CB 32", MTIA_OP_DMA_IN, BENCH_BASE, 32, 0, 0, MTIA_FIELD_CBD},
	{"DMA_OUT from CB 32", MTIA_OP_DMA_OUT, BENCH_BASE, 32, 0, 0, MTIA_FIELD_CB0},
	{"DMA_IN of 0 rows", MTIA_OP_DMA_IN, BENCH_BASE, 2, MTIA_CSR_ROWS, 0, MTIA_FIELD_ROWS},
	{"DMA_IN of 65536 rows", MTIA_OP_DMA_IN, BENCH_BASE, 2, MTIA_CSR_ROWS, 65536,
	 MTIA_FIELD_ROWS},
	{"DMA_IN of 2^32 + 1 rows", MTIA_OP_DMA_IN, BENCH_BASE, 2, MTIA_CSR_ROWS, (1ull << 32) + 1,
	 MTIA_FIELD_ROWS},
	{"DMA_IN of 0 columns", MTIA_OP_DMA_IN, BENCH_BASE, 2, MTIA_CSR_COLS, 0, MTIA_FIELD_COLS},
	{"DMA_OUT of 0x20001 columns", MTIA_OP_DMA_OUT, BENCH_BASE, 2, MTIA_CSR_COLS, 0x20001,
	 MTIA_FIELD_COLS},
	{"DMA_IN with a memory stride of 4", MTIA_OP_DMA_IN, BENCH_BASE, 2, MTIA_CSR_STRIDE_MEM, 4,
	 MTIA_FIELD_STRIDE_MEM},
	{"DMA_OUT with a memory stride of -2", MTIA_OP_DMA_OUT, BENCH_BASE + 64, 2,
	 MTIA_CSR_STRIDE_MEM, (uint64_t)-2, MTIA_FIELD_STRIDE_MEM},
	{"DMA_IN with a CB stride below a row", MTIA_OP_DMA_IN, BENCH_BASE, 2, MTIA_CSR_STRIDE_CB,
	 63, MTIA_FIELD_STRIDE_CB},
	{"DMA_IN with a CB stride of 2^32 + 64", MTIA_OP_DMA_IN, BENCH_BASE, 2, MTIA_CSR_STRIDE_CB,
	 (1ull << 32) + 64, MTIA_FIELD_STRIDE_CB},
	{"MML to bank 4", MTIA_OP_MML, 4, 0, 0, 0, MTIA_FIELD_BANK},
	{"MML with CB0 32", MTIA_OP_MML, 0, 0, MTIA_CSR_CB0, 32, MTIA_FIELD_CB0},
	{"MML with CB1 2^63", MTIA_OP_MML, 0, 0, MTIA_CSR_CB1, 1ull << 63, MTIA_FIELD_CB1},
	{"MML with OFF0 16", MTIA_OP_MML, 0, 0, MTIA_CSR_OFF0, 16, MTIA_FIELD_OFF0},
	{"MML with OFF0 + rs2 too large", MTIA_OP_MML, 0, 0xffffffe0, MTIA_CSR_OFF0, 64,
	 MTIA_FIELD_OFF0},
	{"MML with OFF1 beyond memory", MTIA_OP_MML, 0, 0x20020ull << 32, 0, 0, MTIA_FIELD_OFF1},
	{"MML with M 0", MTIA_OP_MML, 0, 0, MTIA_CSR_M, 0, MTIA_FIELD_M},
	{"MML with N 33", MTIA_OP_MML, 0, 0, MTIA_CSR_N, 33, MTIA_FIELD_N},
	{"MML with K 33", MTIA_OP_MML, 0, 0, MTIA_CSR_K, 33, MTIA_FIELD_K},
	{"MML of F16 and BF16", MTIA_OP_MML, 0, 0, MTIA_CSR_FLAGS,
	 MTIA_F_TYPE0(MTIA_TYPE_F16) | MTIA_F_TYPE1(MTIA_TYPE_BF16), MTIA_FIELD_TYPE},
	{"MML of F32", MTIA_OP_MML, 0, 0, MTIA_CSR_FLAGS,
	 MTIA_F_TYPE0(MTIA_TYPE_F32) | MTIA_F_TYPE1(MTIA_TYPE_F32), MTIA_FIELD_TYPE},
	{"MML of type 7", MTIA_OP_MML, 0, 0, MTIA_CSR_FLAGS, MTIA_F_TYPE0(7) | MTIA_F_TYPE1(7),
	 MTIA_FIELD_TYPE},
	{"MML of signed F16", MTIA_OP_MML, 0, 0, MTIA_CSR_FLAGS,
	 MTIA_F_TYPE0(MTIA_TYPE_F16) | MTIA_F_TYPE1(MTIA_TYPE_F16) | MTIA_F_SIGNED1,
	 MTIA_FIELD_FLAGS},
	{"MML with AUTO, without the feature", MTIA_OP_MML, 0, 0, MTIA_CSR_FLAGS, MTIA_F_AUTO,
	 MTIA_FIELD_FLAGS},
	{"MML with STRIDE0 48", MTIA_OP_MML, 0, 0, MTIA_CSR_STRIDE0, 48, MTIA_FIELD_STRIDE0},
	{"MML with STRIDE0 2^32 + 32", MTIA_OP_MML, 0, 0, MTIA_CSR_STRIDE0, (1ull << 32) + 32,
	 MTIA_FIELD_STRIDE0},
	{"MML with STRIDE1 16", MTIA_OP_MML, 0, 0, MTIA_CSR_STRIDE1, 16, MTIA_FIELD_STRIDE1},
	{"MML with STRIDE1 64 is legal", MTIA_OP_MML, 0, 0, MTIA_CSR_STRIDE1, 64, 0},
	{"MML with flag RELU", MTIA_OP_MML, 0, 0, MTIA_CSR_FLAGS, MTIA_F_RELU, MTIA_FIELD_FLAGS},
	{"MML with flag 2^32", MTIA_OP_MML, 0, 0, MTIA_CSR_FLAGS, 1ull << 32, MTIA_FIELD_FLAGS},
	{"RE_INIT of no bank", MTIA_OP_RE_INIT, 0, 0, 0, 0, MTIA_FIELD_BANK},
	{"RE_INIT of bank 4", MTIA_OP_RE_INIT, 16, 0, 0, 0, MTIA_FIELD_BANK},
	{"RE_INIT with flag INIT", MTIA_OP_RE_INIT, 1, 0, MTIA_CSR_FLAGS, MTIA_F_INIT,
	 MTIA_FIELD_FLAGS},
	{"RE_SEND of no bank", MTIA_OP_RE_SEND, 0, 0, 0, 0, MTIA_FIELD_BANK},
	{"RE_SEND to direction 2", MTIA_OP_RE_SEND, 1, 2, 0, 0, MTIA_FIELD_DIR},
	{"RE_RECV of direction 2^32", MTIA_OP_RE_RECV, 1, 1ull << 32, 0, 0, MTIA_FIELD_DIR},
	{"RE_RECVF of bank 4", MTIA_OP_RE_RECVF, 16, 0, 0, 0, MTIA_FIELD_BANK},
	{"RE_RECVF of direction 2", MTIA_OP_RE_RECVF, 1, 2, 0, 0, MTIA_FIELD_DIR},
	{"RE_STORE of bank 4", MTIA_OP_RE_STORE, 4, 2, 0, 0, MTIA_FIELD_BANK},
	{"RE_STORE to CB 32", MTIA_OP_RE_STORE, 0, 32, 0, 0, MTIA_FIELD_CBD},
	{"RE_STORE with a stride of 34", MTIA_OP_RE_STORE, 0, 2, MTIA_CSR_STRIDE_CB, 34,
	 MTIA_FIELD_STRIDE_CB},
	{"RE_STORE with OFFD beyond memory", MTIA_OP_RE_STORE, 0, 2, MTIA_CSR_OFFD, 0x20001,
	 MTIA_FIELD_OFFD},
	{"RE_STORE does not look at flags", MTIA_OP_RE_STORE, 0, 2, MTIA_CSR_FLAGS, MTIA_F_SIGNED0,
	 0},
	{"REQUANT with flag RELU", MTIA_OP_SE_REQUANT, 0, 2, MTIA_CSR_FLAGS, MTIA_F_RELU,
	 MTIA_FIELD_FLAGS},
	{"REQUANT with a zero point of 2^30 + 1", MTIA_OP_SE_REQUANT, 0, 2, MTIA_CSR_IMM0,
	 (1 << 30) + 1, MTIA_FIELD_IMM},
	{"REQUANT with minimum above maximum", MTIA_OP_SE_REQUANT, 0, 2, MTIA_CSR_IMM1, 256,
	 MTIA_FIELD_IMM},
	{"REQUANT with a maximum of 256", MTIA_OP_SE_REQUANT, 0, 2, MTIA_CSR_IMM2, 256,
	 MTIA_FIELD_IMM},
	{"REQUANT without ROWSUM does not look at CB1", MTIA_OP_SE_REQUANT, 0, 2, MTIA_CSR_CB1, 40,
	 0},
	{"REQUANT with M 33", MTIA_OP_SE_REQUANT, 0, 2, MTIA_CSR_M, 33, MTIA_FIELD_M},
	{"REQUANT with a stride below N", MTIA_OP_SE_REQUANT, 0, 2, MTIA_CSR_STRIDE_CB, 7,
	 MTIA_FIELD_STRIDE_CB},
	{"REQUANT per row and per tensor", MTIA_OP_SE_REQUANT, 0, 2, MTIA_CSR_FLAGS,
	 MTIA_F_PER_ROW | MTIA_F_PER_TENSOR, MTIA_FIELD_FLAGS},
	{"REQUANT to F16", MTIA_OP_SE_REQUANT, 0, 2, MTIA_CSR_FLAGS, MTIA_F_TYPED(MTIA_TYPE_F16),
	 MTIA_FIELD_FLAGS},
	{"DEQUANT to S32", MTIA_OP_SE_DEQUANT, 0, 2, MTIA_CSR_FLAGS, MTIA_F_TYPED(MTIA_TYPE_S32),
	 MTIA_FIELD_TYPE},
	{"DEQUANT to F16 with an odd stride", MTIA_OP_SE_DEQUANT, 0, 2, MTIA_CSR_STRIDE_CB, 33,
	 MTIA_FIELD_STRIDE_CB},
	{"DEQUANT with OFF0 beyond memory", MTIA_OP_SE_DEQUANT, 0, 2, MTIA_CSR_OFF0, 1ull << 40,
	 MTIA_FIELD_OFF0},
	{"BANK to S32", MTIA_OP_SE_BANK, 0, 2, MTIA_CSR_FLAGS, MTIA_F_TYPED(MTIA_TYPE_S32),
	 MTIA_FIELD_TYPE},
	{"BANK to quantised F16", MTIA_OP_SE_BANK, 0, 2, MTIA_CSR_FLAGS,
	 MTIA_F_QUANT | MTIA_F_TYPED(MTIA_TYPE_F16), MTIA_FIELD_TYPE},
	{"BANK with flag SIGNED0", MTIA_OP_SE_BANK, 0, 2, MTIA_CSR_FLAGS, MTIA_F_SIGNED0,
	 MTIA_FIELD_FLAGS},
	{"BANK of bank 4", MTIA_OP_SE_BANK, 4, 2, 0, 0, MTIA_FIELD_BANK},
	{"BANK with N 0", MTIA_OP_SE_BANK, 0, 2, MTIA_CSR_N, 0, MTIA_FIELD_N},
	{"BANK with a stride below a row", MTIA_OP_SE_BANK, 0, 2, MTIA_CSR_STRIDE_CB, 28,
	 MTIA_FIELD_STRIDE_CB},
	{"BANK with OFFD beyond memory", MTIA_OP_SE_BANK, 0, 2, MTIA_CSR_OFFD, 0x20001,
	 MTIA_FIELD_OFFD},
	{"BANK to CB 32", MTIA_OP_SE_BANK, 0, 32, 0, 0, MTIA_FIELD_CBD},
	{"ROWS: no row without INIT", MTIA_OP_SE_ROWS, 8ull << 32, 2, 0, 0, MTIA_FIELD_ROWS},
	{"ROWS: no row with INIT is legal", MTIA_OP_SE_ROWS, 8ull << 32, 2, MTIA_CSR_FLAGS,
	 MTIA_F_INIT, 0},
	{"ROWS: 33 rows", MTIA_OP_SE_ROWS, 33 | 8ull << 32, 2, 0, 0, MTIA_FIELD_ROWS},
	{"ROWS of layout 7", MTIA_OP_SE_ROWS, 1 | 8ull << 32, 2, MTIA_CSR_FLAGS, MTIA_F_ROW(7),
	 MTIA_FIELD_TYPE},
	{"ROWS of FP32 are legal", MTIA_OP_SE_ROWS, 2 | 8ull << 32, 2, MTIA_CSR_FLAGS,
	 MTIA_F_ROW(MTIA_ROW_F32), 0},
	{"ROWS of INT4: odd D", MTIA_OP_SE_ROWS, 2 | 7ull << 32, 2, MTIA_CSR_FLAGS,
	 MTIA_F_ROW(MTIA_ROW_I4_F16_LAST), MTIA_FIELD_D},
	{"ROWS of INT4 are legal", MTIA_OP_SE_ROWS, 2 | 8ull << 32, 2, MTIA_CSR_FLAGS,
	 MTIA_F_ROW(MTIA_ROW_I4_F16_FIRST), 0},
	{"ROWS of layout 6", MTIA_OP_SE_ROWS, 1 | 8ull << 32, 2, MTIA_CSR_FLAGS, MTIA_F_ROW(6),
	 MTIA_FIELD_TYPE},
	{"ROWS: D 0", MTIA_OP_SE_ROWS, 1, 2, 0, 0, MTIA_FIELD_D},
	{"ROWS: D 1025", MTIA_OP_SE_ROWS, 1 | 1025ull << 32, 2, 0, 0, MTIA_FIELD_D},
	{"ROWS: stride below a row", MTIA_OP_SE_ROWS, 2 | 8ull << 32, 2, MTIA_CSR_STRIDE_CB, 15,
	 MTIA_FIELD_STRIDE_CB},
	{"SCALE: D 2^32", MTIA_OP_SE_SCALE, 1ull << 32, 2, 0, 0, MTIA_FIELD_D},
	{"ROWSUM: 65 rows", MTIA_OP_SE_ROWSUM, 65 | 8ull << 32, 2, 0, 0, MTIA_FIELD_ROWS},
	{"ROWSUM: 4097 bytes", MTIA_OP_SE_ROWSUM, 1 | 4097ull << 32, 2, 0, 0, MTIA_FIELD_COLS},
	{"MLU of 2-bit elements", MTIA_OP_MLU_COPY, 2 | 8ull << 32, 2, MTIA_CSR_IMM0, 1,
	 MTIA_FIELD_IMM},
	{"MLU of 64-bit elements", MTIA_OP_MLU_COPY, 2 | 8ull << 32, 2, MTIA_CSR_IMM0, 6,
	 MTIA_FIELD_IMM},
	{"MLU with element size 2^32 + 3", MTIA_OP_MLU_COPY, 2 | 8ull << 32, 2, MTIA_CSR_IMM0,
	 (1ull << 32) + 3, MTIA_FIELD_IMM},
	{"MLU of no row", MTIA_OP_MLU_COPY, 8ull << 32, 2, MTIA_CSR_IMM0, 3, MTIA_FIELD_ROWS},
	{"MLU of 4097 rows", MTIA_OP_MLU_COPY, 4097 | 1ull << 32, 2, MTIA_CSR_IMM0, 3,
	 MTIA_FIELD_ROWS},
	{"MLU of no element", MTIA_OP_MLU_TRANSPOSE, 8, 2, MTIA_CSR_IMM0, 3, MTIA_FIELD_COLS},
	{"MLU of 32769 elements", MTIA_OP_MLU_TRANSPOSE, 1 | 32769ull << 32, 2, MTIA_CSR_IMM0, 3,
	 MTIA_FIELD_COLS},
	{"MLU of 16-bit elements does not look at IMM2", MTIA_OP_MLU_TRANSPOSE, 2 | 8ull << 32, 2,
	 MTIA_CSR_IMM0, 4, 0},
	{"MLU of 4-bit elements does", MTIA_OP_MLU_TRANSPOSE, 2 | 8ull << 32, 2, MTIA_CSR_IMM0, 2,
	 MTIA_FIELD_IMM},
	{"ROWSUM with flag BIAS", MTIA_OP_SE_ROWSUM, 1 | 8ull << 32, 2, MTIA_CSR_FLAGS, MTIA_F_BIAS,
	 MTIA_FIELD_FLAGS},
};

static void test_fields(void)
{
	for (unsigned int i = 0; i < sizeof(illegal) / sizeof(illegal[0]); i++) {
		const struct illegal *x = &illegal[i];
		uint64_t pc;
		bool ok;

		legal(p_fresh(&a));
		if (x->csr)
			p_csr(&a, x->csr, x->value);
		p_issue(&a, x->op, x->rs1, x->rs2);
		pc = BENCH_CODE + 4 * (a.n - 1);
		p_fence(&a);
		p_exit(&a, 0);
		bench_one(b, &a, NULL);
		if (x->field)
			ok = trapped(0, MTIA_CAUSE_FIELD, x->field | (uint64_t)x->op << 8) &&
			     status(0).fault_pc == pc;
		else
			ok = status(0).status == MTIA_PE_DONE;
		tap_ok(ok, "%s", x->what);
		bench_reset(b);
	}
	p_sync(p_fresh(&a), 4, 0, 0, ZERO);
	bench_one(b, &a, NULL);
	tap_ok(trapped(0, MTIA_CAUSE_FIELD, MTIA_FIELD_OP | (MTIA_PE_OP_SYNC | 4) << 8),
	       "unknown SYNC");
	bench_reset(b);
	p_sync(p_fresh(&a), MTIA_SYNC_CB_DATA, 32, 0, ZERO);
	bench_one(b, &a, NULL);
	tap_ok(trapped(0, MTIA_CAUSE_FIELD, MTIA_FIELD_CB0 | (MTIA_PE_OP_SYNC | 1) << 8),
	       "SYNC on CB 32");
	bench_reset(b);
	p_raw(p_fresh(&a), MTIA_CUSTOM0 | 5 << 12);
	bench_one(b, &a, NULL);
	tap_ok(trapped(0, 2, MTIA_CUSTOM0 | 5 << 12), "funct3 5 is an illegal instruction");
	bench_reset(b);
	p_csr(p_fresh(&a), 0x800 + MTIA_CSR_COUNT, 1);
	bench_one(b, &a, NULL);
	tap_ok(status(0).fault_cause == 2, "a CSR behind the command fields is illegal");
	bench_reset(b);
}

/* ---- CB rule, alignment ---------------------------------------------------------------------- */

static void test_cb_rule(void)
{
	legal(p_fresh(&a));
	p_issue(&a, MTIA_OP_CB_POP, 3, 0x1001);
	p_fence(&a);
	bench_one(b, &a, NULL);
	tap_ok(trapped(MTIA_PE_FAULT_CP, MTIA_CAUSE_CB_RULE, 3 | MTIA_OP_CB_POP << 8),
	       "POP of more than the CB's size");
	bench_reset(b);

	legal(p_fresh(&a));
	p_csr(&a, MTIA_CSR_ROWS, 65);
	p_issue(&a, MTIA_OP_DMA_IN, BENCH_BASE, 2);
	p_fence(&a);
	bench_one(b, &a, NULL);
	tap_ok(trapped(MTIA_PE_FAULT_CP, MTIA_CAUSE_CB_RULE, 2 | MTIA_OP_DMA_IN << 8),
	       "DMA_IN of more than the CB's size");
	bench_reset(b);

	legal(p_fresh(&a));
	p_csr(&a, MTIA_CSR_OFF1, 0x1000);
	p_issue(&a, MTIA_OP_MML, 0, 0);
	p_fence(&a);
	bench_one(b, &a, NULL);
	tap_ok(trapped(MTIA_PE_FAULT_CP, MTIA_CAUSE_CB_RULE, 1 | MTIA_OP_MML << 8),
	       "MML behind the end of the CB");
	bench_reset(b);

	legal(p_fresh(&a));
	p_sync(&a, MTIA_SYNC_CB_SPACE, 1, 0x1001, ZERO);
	bench_one(b, &a, NULL);
	tap_ok(trapped(0, MTIA_CAUSE_CB_RULE, 1 | (MTIA_PE_OP_SYNC | MTIA_SYNC_CB_SPACE) << 8),
	       "SYNC for more than the CB's size");
	bench_reset(b);

	legal(p_fresh(&a));
	p_issue(&a, MTIA_OP_CB_POP, 0, 8);
	p_issue(&a, MTIA_OP_MML, 0, 0);
	p_fence(&a);
	bench_one(b, &a, NULL);
	tap_ok(trapped(MTIA_PE_FAULT_CP, MTIA_CAUSE_FIELD, MTIA_FIELD_OFF0 | MTIA_OP_MML << 8),
	       "MML on a block that lies askew after an odd POP");
	bench_reset(b);
}

int main(void)
{
	b = bench_create(256, MTIA_ISA_AUTO);
	test_fields();
	test_cb_rule();
	bench_destroy(b);
	return tap_done();
}
