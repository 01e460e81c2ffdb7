// SPDX-License-Identifier: GPL-2.0
/*
 * Host time of what PE programs do most, per command (SE element-wise: per element): MML from local
 * memory, embedding rows, plain bookkeeping. Prints a table; compare runs on one machine only.
 */
#include <stdio.h>
#include <time.h>

#include "model/pe/simd.h"
#include "pe_bench.h"

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void kernels(unsigned int isa)
{
	static int32_t bank[1024] __attribute__((aligned(64)));
	static uint8_t a[1024], b[1024], rows[32 * 96];
	const struct pe_simd *s = pe_simd_select(isa);
	const unsigned int n = 200000;
	double t = now();

	for (unsigned int i = 0; i < n; i++)
		s->mml(bank, a, b, 32, 32, 32, true, false);
	t = now() - t;
	printf("%-8s mml u8*s8        %7.1f ns  %6.1f GMAC/s\n", s->name, t / n * 1e9,
	       32768.0 * n / t * 1e-9);
	t = now();
	for (unsigned int i = 0; i < n; i++)
		s->mml(bank, a, b, 32, 32, 32, true, true);
	t = now() - t;
	printf("%-8s mml s8*s8        %7.1f ns  %6.1f GMAC/s\n", s->name, t / n * 1e9,
	       32768.0 * n / t * 1e-9);
	t = now();
	for (unsigned int i = 0; i < n; i++)
		s->rows(a, 64, rows, 96, 20, NULL, true);
	t = now() - t;
	printf("%-8s rows D=64        %7.1f ns a row\n", s->name, t / n / 20 * 1e9);
}

/* Emit a loop: body n times, S0 counts. */
static unsigned int loop_begin(struct prog *p, unsigned int n)
{
	p_li(p, S0, n);
	return p->n;
}

static void loop_end(struct prog *p, unsigned int top)
{
	int32_t off = ((int32_t)top - (int32_t)(p->n + 1)) * 4;
	uint32_t imm = (uint32_t)off;

	p_raw(p, 0x13 | S0 << 7 | S0 << 15 | 0xfffu << 20); /* addi s0, s0, -1 */
	p_raw(p, 0x63 | (imm >> 11 & 1) << 7 | (imm >> 1 & 0xf) << 8 | 1 << 12 | S0 << 15 |
			 (imm >> 5 & 0x3f) << 25 | (imm >> 12 & 1) << 31);
}

static void report(const char *what, struct bench *b, double t, double per)
{
	struct pe_status st;

	pe_get_status(b->pe[0], &st);
	printf("%-28s %7.2f ns  %7.2f cycles  %5.1f instructions", what, t / per * 1e9,
	       (double)st.busy_cycles / per, (double)(st.instrs[0] + st.instrs[1]) / per);
	printf("%s\n", st.status == MTIA_PE_DONE ? "" : "  NOT DONE");
}

static void run(const char *what, struct bench *b, struct prog *pa, struct prog *pb, double per)
{
	double t;

	bench_start(b, 0, pa, pb, 1, 1);
	t = now();
	bench_run(b, 1000000000, 1, false);
	report(what, b, now() - t, per);
	bench_reset(b);
	pa->n = pb->n = 0;
}

/* SE element-wise, 8 rows of 1024 elements from local memory. */
static void elementwise(struct bench *b, unsigned int isa)
{
#define FLAGS(t0, t1, td)                                                                          \
	(MTIA_F_TYPE0(MTIA_TYPE_##t0) | MTIA_F_TYPE1(MTIA_TYPE_##t1) |                           \
	 MTIA_F_TYPED(MTIA_TYPE_##td))
	static const struct {
		const char *what;
		uint32_t op, flags;
	} ops[] = {
		{"CONVERT F32 to F16", MTIA_OP_SE_CONVERT, FLAGS(F32, I8, F16)},
		{"CONVERT F16 to F32", MTIA_OP_SE_CONVERT, FLAGS(F16, I8, F32)},
		{"CONVERT F32 to BF16", MTIA_OP_SE_CONVERT, FLAGS(F32, I8, BF16)},
		{"QUANT F32", MTIA_OP_SE_QUANT, FLAGS(F32, I8, I8)},
		{"QUANT F32 per column", MTIA_OP_SE_QUANT, FLAGS(F32, I8, I8) | MTIA_F_PER_COL},
		{"DEQUANT8 to F32", MTIA_OP_SE_DEQUANT8, FLAGS(I8, I8, F32)},
		{"ADD F32", MTIA_OP_SE_ADD, FLAGS(F32, F32, F32)},
		{"MUL BF16", MTIA_OP_SE_MUL, FLAGS(BF16, BF16, BF16)},
		{"RELU F32", MTIA_OP_SE_RELU, FLAGS(F32, I8, F32)},
		{"LOOKUP F16 to F32", MTIA_OP_SE_LOOKUP, FLAGS(F16, I8, F32)},
		{"LOOKUP I8 to I8", MTIA_OP_SE_LOOKUP, FLAGS(I8, I8, I8)},
	};
	static const char *const names[] = {"auto", "scalar", "avx2", "avx512"};
	const struct mtia_se_lut head = {
		.flags = MTIA_LUT_CUBIC, .segments = 128, .lo = -4, .inv_step = 16};
	const unsigned int n = 100;
	static struct prog a, c;

	for (unsigned int i = 0; i < sizeof(ops) / sizeof(*ops); i++) {
		char what[64];
		unsigned int top;

		for (uint32_t k = 0; k < 0x8000; k += 4) {
			float x = (float)(int32_t)bench_random() * 0x1p-29f;

			memcpy(bench_ls(b, 0) + k, &x, 4);
		}
		memcpy(bench_ls(b, 0) + 0x10000, &head, sizeof(head));
		p_init(&a, 0, 0, 0x8000);
		p_init(&a, 1, 0x8000, 0x8000);
		p_init(&a, 2, 0x10000, 0x8000);
		p_issue(&a, MTIA_OP_CB_PUSH, 0, 0x8000);
		p_issue(&a, MTIA_OP_CB_PUSH, 1, 0x8000);
		p_issue(&a, MTIA_OP_CB_PUSH, 2, 0x1000);
		p_csr(&a, MTIA_CSR_CB0, 2);
		p_issue(&a, MTIA_OP_SE_LUT_LOAD, 0, 0);
		p_fence(&a);
		p_init(&a, 2, 0x10000, 0x8000);
		p_csr(&a, MTIA_CSR_CB0, 0);
		p_csr(&a, MTIA_CSR_CB1, 1);
		p_csr(&a, MTIA_CSR_FLAGS, ops[i].flags);
		p_csr(&a, MTIA_CSR_IMM0, 0x41800000);
		p_csr(&a, MTIA_CSR_IMM2, 255 << 16);
		top = loop_begin(&a, n);
		p_issue(&a, ops[i].op, 8 | 1024ull << 32, 2);
		loop_end(&a, top);
		p_exit(&a, 0);
		snprintf(what, sizeof(what), "%s %s", names[isa], ops[i].what);
		run(what, b, &a, &c, 8192.0 * n);
	}
}

/* With any argument: only the PE, not the bare arithmetic. */
int main(int argc, char **argv)
{
	static struct prog a, c;
	struct bench *b = bench_create(256, MTIA_ISA_AUTO);
	const unsigned int n = 100000;
	unsigned int top;

	(void)argv;
	for (unsigned int isa = MTIA_ISA_SCALAR; argc == 1 && isa <= MTIA_ISA_AVX512; isa++)
		kernels(isa);
	for (unsigned int isa = MTIA_ISA_SCALAR; argc == 1 && isa <= MTIA_ISA_AVX512; isa++) {
		struct bench *level = bench_create(256, isa);

		elementwise(level, isa);
		bench_destroy(level);
	}
	b->huge = true;

	/* FC's inner loop with everything in local memory. */
	p_init(&a, 0, 0x1000, 0x1000);
	p_init(&a, 1, 0x2000, 0x1000);
	p_issue(&a, MTIA_OP_CB_PUSH, 0, 0x1000);
	p_issue(&a, MTIA_OP_CB_PUSH, 1, 0x1000);
	p_csr(&a, MTIA_CSR_CB1, 1);
	p_csr(&a, MTIA_CSR_M, 32);
	p_csr(&a, MTIA_CSR_N, 32);
	p_csr(&a, MTIA_CSR_K, 32);
	p_csr(&a, MTIA_CSR_FLAGS, MTIA_F_SIGNED0);
	top = loop_begin(&a, n);
	for (unsigned int i = 0; i < 4; i++)
		p_issue(&a, MTIA_OP_MML, i, 1024 * (i & 1) | (uint64_t)(i >> 1) << 42);
	loop_end(&a, top);
	p_exit(&a, 0);
	run("MML", b, &a, &c, 4.0 * n);

	/* The same, one row: what is left is the command. */
	p_init(&a, 0, 0x1000, 0x1000);
	p_init(&a, 1, 0x2000, 0x1000);
	p_issue(&a, MTIA_OP_CB_PUSH, 0, 0x1000);
	p_issue(&a, MTIA_OP_CB_PUSH, 1, 0x1000);
	p_csr(&a, MTIA_CSR_CB1, 1);
	p_csr(&a, MTIA_CSR_M, 1);
	p_csr(&a, MTIA_CSR_N, 1);
	p_csr(&a, MTIA_CSR_K, 1);
	top = loop_begin(&a, n);
	for (unsigned int i = 0; i < 4; i++)
		p_issue(&a, MTIA_OP_MML, i, 0);
	loop_end(&a, top);
	p_exit(&a, 0);
	run("MML 1x1x1", b, &a, &c, 4.0 * n);

	p_init(&a, 0, 0x1000, 0x1000);
	top = loop_begin(&a, n);
	p_issue(&a, MTIA_OP_CB_PUSH, 0, 64);
	p_issue(&a, MTIA_OP_CB_POP, 0, 64);
	loop_end(&a, top);
	p_exit(&a, 0);
	run("PUSH, POP", b, &a, &c, 2.0 * n);

	/* Embedding bags of 20 rows of 72 bytes; core A fetches them, core B adds them up. */
	p_init(&a, 0, 0x1000, 32 * 1536);
	p_init(&a, 1, 0x11000, 0x4000);
	p_csr(&a, MTIA_CSR_ROWS, 1);
	p_csr(&a, MTIA_CSR_COLS, 72);
	p_csr(&a, MTIA_CSR_STRIDE_CB, 96);
	p_li(&a, S1, BENCH_BASE);
	p_li(&a, A5, 0);
	top = loop_begin(&a, n * 20 / 10);
	for (unsigned int i = 0; i < 10; i++) {
		p_delay(&a, 12); /* address arithmetic */
		p_raw(&a, MTIA_CUSTOM0 | S1 << 15 | A5 << 20 | (uint32_t)MTIA_OP_DMA_IN << 25);
	}
	loop_end(&a, top);
	p_exit(&a, 0);
	p_sync(&c, MTIA_SYNC_CB_SPACE, 1, 1, ZERO);
	p_csr(&c, MTIA_CSR_STRIDE_CB, 96);
	p_csr(&c, MTIA_CSR_ROWS, 1);
	p_csr(&c, MTIA_CSR_COLS, 256);
	top = loop_begin(&c, n);
	p_csr(&c, MTIA_CSR_STRIDE_CB, 96);
	p_csr(&c, MTIA_CSR_FLAGS, MTIA_F_INIT);
	p_issue(&c, MTIA_OP_SE_ROWS, 20 | 64ull << 32, 1);
	p_issue(&c, MTIA_OP_CB_POP, 0, 20 * 96);
	p_issue(&c, MTIA_OP_CB_PUSH, 1, 256);
	p_csr(&c, MTIA_CSR_STRIDE_CB, 0);
	p_issue(&c, MTIA_OP_DMA_OUT, BENCH_BASE + 0x100000, 1);
	loop_end(&c, top);
	p_exit(&c, 0);
	run("TBE row (cached)", b, &a, &c, 20.0 * n);
	bench_destroy(b);
	return 0;
}
