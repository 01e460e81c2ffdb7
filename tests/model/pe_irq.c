// SPDX-License-Identifier: GPL-2.0
/*
 * Interrupts, handlers and the debug block of a PE: who gets them, at which cycle, what a blocked
 * core does, and that neither time's cuts nor a snapshot changes anything.
 */
#include <errno.h>

#include "../unit/tap.h"
#include "pe_bench.h"

static struct prog a, c;
static struct bench *b;

#define CSR_FCSR	0x003
#define CSR_MSTATUS	0x300
#define CSR_MIE		0x304
#define CSR_MTVEC	0x305
#define CSR_MEPC	0x341
#define CSR_MCAUSE	0x342
#define CSR_MTVAL	0x343
#define CSR_MIP		0x344
#define CSR_TIME	0xc01

#define EBREAK		0x00100073
#define MRET		0x30200073
#define WFI		0x10500073
#define CSRW(csr, rs)	(0x1073 | (rs) << 15 | (uint32_t)(csr) << 20)
#define CSRSI(csr, imm)	(0x6073 | (imm) << 15 | (uint32_t)(csr) << 20)
#define CSRCI(csr, imm)	(0x7073 | (imm) << 15 | (uint32_t)(csr) << 20)
#define ADDI(rd, rs, i)	(0x13 | (rd) << 7 | (rs) << 15 | (uint32_t)(i) << 20)
#define ADD(rd, p, q)	(0x33 | (rd) << 7 | (p) << 15 | (q) << 20)
#define BEQZ_BACK(rs, n) (0x63 | (rs) << 15 | bits_of_branch(-4 * (n)))

#define REG(name)	(MTIA_PE_REGS_BASE + (name))
#define SPIN		2000	/* instructions of a wait that should not be needed to its end */

/* Registers that only handlers use, so that they may interrupt anything. */
enum { H0 = 24, H1, H2 };

static uint32_t bits_of_branch(int off)
{
	uint32_t u = (uint32_t)off;

	return (u >> 11 & 1) << 7 | (u >> 1 & 15) << 8 | (u >> 5 & 63) << 25 | (u >> 12 & 1) << 31;
}

static struct pe_status status(void)
{
	return bench_status(b, 0);
}

static uint64_t word(uint32_t addr)
{
	return bench_word(b, 0, addr);
}

/* Time goes on for PE 0, whether or not it has something to do. */
static void quanta(unsigned int n)
{
	while (n--) {
		pe_advance(b->pe[0], b->now += b->quantum);
		pe_commit(b->pe[0]);
	}
}

/* Handler's code comes between these; mtvec points to it and main goes on behind it. */
static unsigned int handler_begin(struct prog *p)
{
	p_raw(p, 0x17 | T2 << 7); /* auipc t2, 0 */
	p_raw(p, ADDI(T2, T2, 16));
	p_raw(p, CSRW(CSR_MTVEC, T2));
	p_raw(p, 0);
	return p->n;
}

static void handler_end(struct prog *p, unsigned int begin)
{
	uint32_t off;

	p_raw(p, MRET);
	off = 4 * (p->n - begin + 1);
	p->code[begin - 1] = 0x6f | (off >> 12 & 0xff) << 12 | (off >> 11 & 1) << 20 |
			     (off >> 1 & 0x3ff) << 21;
}

/* In a handler: local memory at `addr` = CSR. */
static void h_keep_csr(struct prog *p, unsigned int csr, uint32_t addr)
{
	p_csr_read(p, H0, csr);
	p_li(p, H1, addr);
	p_store(p, H0, H1, 0, 8);
}

static void reg_write(struct prog *p, uint32_t reg, unsigned int size, uint64_t value)
{
	p_li(p, A4, REG(reg));
	p_li(p, A5, value);
	p_store(p, A5, A4, 0, size);
}

static void reg_keep(struct prog *p, uint32_t reg, unsigned int size, uint32_t addr)
{
	p_li(p, A4, REG(reg));
	p_load(p, A5, A4, 0, size);
	p_keep(p, A5, addr);
}

/* mie, then mstatus.MIE */
static void enable(struct prog *p, uint64_t mie)
{
	p_csr(p, CSR_MIE, mie);
	p_raw(p, CSRSI(CSR_MSTATUS, 8));
}

/* Until a handler sets S1. */
static void spin(struct prog *p)
{
	p_raw(p, ADDI(S0, S0, 1));
	p_raw(p, BEQZ_BACK(S1, 1));
}

#define IRQ(n)	(UINT64_C(1) << 63 | (n))

/* ---- Timer ----------------------------------------------------------------------------------- */

/* TIMECMP of this core = time + cycles; the deadline goes to local memory at addr. */
static void timer_in(struct prog *p, unsigned int core, uint64_t cycles, uint32_t addr)
{
	p_li(p, A4, REG(MTIA_PE_TIMECMP(core)));
	p_li(p, A2, cycles);
	p_csr_read(p, A5, CSR_TIME);
	p_raw(p, ADD(A5, A5, A2));
	p_store(p, A5, A4, 0, 8);
	p_keep(p, A5, addr);
}

static void timer_handler(struct prog *p)
{
	unsigned int begin = handler_begin(p);

	h_keep_csr(p, CSR_TIME, 0x1000);
	h_keep_csr(p, CSR_MCAUSE, 0x1008);
	h_keep_csr(p, CSR_MIP, 0x1010);
	p_li(p, H1, REG(MTIA_PE_TIMECMP(0)));
	p_li(p, H0, UINT64_MAX);
	p_store(p, H0, H1, 0, 8);
	h_keep_csr(p, CSR_MIP, 0x1018);
	p_raw(p, ADDI(S1, S1, 1));
	handler_end(p, begin);
}

static void test_timer(void)
{
	static const unsigned int waits[] = { 60, 127, 128, 129, 1000, 20000 };
	unsigned int i, bad = 0;

	for (i = 0; i < sizeof(waits) / sizeof(*waits); i++) {
		uint64_t late;

		timer_handler(p_fresh(&a));
		timer_in(&a, 0, waits[i], 0x1020);
		enable(&a, RV_MIP_MTIP);
		spin(&a);
		p_exit(&a, 0);
		if (bench_one(b, &a, NULL) != BENCH_ALL_DONE)
			bad++;
		/* the loop's longest step, then trap entry */
		late = word(0x1000) - word(0x1020);
		bad += late < RV_COST_TRAP || late > RV_COST_TRAP + 2;
		bad += word(0x1008) != IRQ(7) || word(0x1010) != RV_MIP_MTIP || word(0x1018);
		bench_reset(b);
	}
	tap_u64(bad, 0, "timer interrupts of a busy core come at their cycle");

	for (i = bad = 0; i < sizeof(waits) / sizeof(*waits); i++) {
		uint64_t late;

		/* wfi with MIE clear goes on behind; with it set, the handler comes first */
		timer_in(p_fresh(&a), 0, waits[i], 0x1020);
		p_csr(&a, CSR_MIE, RV_MIP_MTIP);
		p_raw(&a, WFI);
		p_csr_read(&a, A5, CSR_TIME);
		p_keep(&a, A5, 0x1000);
		p_exit(&a, 0);
		bad += bench_one(b, &a, NULL) != BENCH_ALL_DONE;
		late = word(0x1000) - word(0x1020);
		bad += late > 1;
		bench_reset(b);
		timer_handler(p_fresh(&a));
		timer_in(&a, 0, waits[i], 0x1020);
		enable(&a, RV_MIP_MTIP);
		p_raw(&a, WFI);
		p_keep(&a, S1, 0x1028);
		p_exit(&a, 0);
		bad += bench_one(b, &a, NULL) != BENCH_ALL_DONE || word(0x1028) != 1 ||
		       word(0x1000) - word(0x1020) > RV_COST_TRAP + 1;
		bench_reset(b);
	}
	tap_u64(bad, 0, "wfi ends at the timer's cycle, with and without a handler");

	/* the other core sets it, of a core that sleeps already; earlier than what was set before */
	timer_handler(p_fresh(&a));
	reg_write(&a, MTIA_PE_TIMECMP(0), 8, 1000000);
	enable(&a, RV_MIP_MTIP);
	p_raw(&a, WFI);
	p_exit(&a, 0);
	p_delay(p_fresh(&c), 500);
	timer_in(&c, 0, 300, 0x1030);
	p_exit(&c, 0);
	tap_ok(bench_one(b, &a, &c) == BENCH_ALL_DONE && word(0x1000) - word(0x1030) < 8,
	       "the other core sets an earlier time");
	bench_reset(b);

	/* by halves, and polled without any interrupt */
	reg_write(p_fresh(&a), MTIA_PE_TIMECMP(0) + 4, 4, 0);
	reg_write(&a, MTIA_PE_TIMECMP(0), 4, 0x12345678);
	reg_keep(&a, MTIA_PE_TIMECMP(0), 8, 0x1000);
	reg_keep(&a, MTIA_PE_TIMECMP(0) + 4, 4, 0x1008);
	reg_keep(&a, MTIA_PE_TIMECMP(1), 8, 0x1010);
	timer_in(&a, 0, 50, 0x1018);
	p_csr_read(&a, S0, CSR_MIP);
	p_delay(&a, 60);
	p_csr_read(&a, S1, CSR_MIP);
	p_keep(&a, S0, 0x1020);
	p_keep(&a, S1, 0x1028);
	p_li(&a, A4, REG(MTIA_PE_TIME));
	p_csr_read(&a, S0, CSR_TIME);
	p_load(&a, A5, A4, 0, 8);
	p_keep(&a, S0, 0x1030);
	p_keep(&a, A5, 0x1038);
	p_exit(&a, 0);
	tap_ok(bench_one(b, &a, NULL) == BENCH_ALL_DONE && word(0x1000) == 0x12345678 &&
	       !word(0x1008) && word(0x1010) == UINT64_MAX && !word(0x1020) &&
	       word(0x1028) == RV_MIP_MTIP && word(0x1038) - word(0x1030) <= 2,
	       "TIMECMP by halves, mip polled, TIME is the time CSR");
	bench_reset(b);
}

/* ---- Software interrupts, interrupt controller ----------------------------------------------- */

/* Claims, keeps the source at 0x1000 + 8 * count, completes; S1 counts. */
static void claim_handler(struct prog *p, unsigned int core)
{
	unsigned int begin = handler_begin(p);

	p_li(p, H1, REG(MTIA_PE_IC_CLAIM(core)));
	p_load(p, H0, H1, 0, 4);
	p_raw(p, 0x00000013 | 1 << 12 | H2 << 7 | S1 << 15 | 3 << 20); /* slli h2, s1, 3 */
	p_store(p, H0, H1, 0, 4);
	p_li(p, H1, 0x1000);
	p_raw(p, ADD(H1, H1, H2));
	p_store(p, H0, H1, 0, 8);
	p_raw(p, ADDI(S1, S1, 1));
	handler_end(p, begin);
}

static void ic_enable(struct prog *p, unsigned int core, unsigned int source, unsigned int priority)
{
	reg_write(p, MTIA_PE_IC_PRIORITY(source), 4, priority);
	reg_write(p, MTIA_PE_IC_ENABLE(core), 4, 1u << source);
}

static void test_sources(void)
{
	unsigned int begin;

	/* core B interrupts core A, which spins; the handler clears it */
	begin = handler_begin(p_fresh(&a));
	h_keep_csr(&a, CSR_MCAUSE, 0x1000);
	h_keep_csr(&a, CSR_TIME, 0x1008);
	p_li(&a, H1, REG(MTIA_PE_SOFT(0)));
	p_store(&a, ZERO, H1, 0, 4);
	p_raw(&a, ADDI(S1, S1, 1));
	handler_end(&a, begin);
	enable(&a, RV_MIP_MSIP);
	spin(&a);
	p_exit(&a, 0);
	p_delay(p_fresh(&c), 700);
	p_csr_read(&c, A5, CSR_TIME);
	p_keep(&c, A5, 0x1010);
	reg_write(&c, MTIA_PE_SOFT(0), 4, 3);
	reg_keep(&c, MTIA_PE_SOFT(0), 4, 0x1018);
	reg_keep(&c, MTIA_PE_SOFT(1), 4, 0x1020);
	p_exit(&c, 0);
	tap_ok(bench_one(b, &a, &c) == BENCH_ALL_DONE && word(0x1000) == IRQ(3) &&
	       word(0x1008) - word(0x1010) <= 2 * b->quantum && word(0x1018) == 1 && !word(0x1020),
	       "a software interrupt from the other core, within two exchanges");
	bench_reset(b);

	/* a command's end, to a core that sleeps */
	claim_handler(p_fresh(&a), 0);
	ic_enable(&a, 0, MTIA_PE_IRQ_CMD(0), 1);
	enable(&a, RV_MIP_MEIP);
	p_init(&a, 1, 0x2000, 0x1000);
	p_csr(&a, MTIA_CSR_ROWS, 1);
	p_csr(&a, MTIA_CSR_COLS, 0x800);
	p_issue(&a, MTIA_OP_DMA_IN, BENCH_BASE, 1);
	p_raw(&a, WFI);
	p_sync(&a, MTIA_SYNC_CB_LEVEL, 1, 0, A5);
	p_keep(&a, A5, 0x1040);
	p_keep(&a, S1, 0x1048);
	reg_keep(&a, MTIA_PE_IC_PENDING, 4, 0x1050);
	p_exit(&a, 0);
	tap_ok(bench_one(b, &a, NULL) == BENCH_ALL_DONE && word(0x1000) == MTIA_PE_IRQ_CMD(0) &&
	       word(0x1040) == 0x800 && word(0x1048) == 1 && !word(0x1050),
	       "a command's end interrupts the core that issued it, asleep");
	bench_reset(b);

	/* the control core's, to core B, twice: once claimed, once more while claimed */
	claim_handler(p_fresh(&c), 1);
	ic_enable(&c, 1, MTIA_PE_IRQ_CTRL, 2);
	enable(&c, RV_MIP_MEIP);
	p_raw(&c, WFI);
	p_raw(&c, CSRCI(CSR_MSTATUS, 8));
	p_keep(&c, S1, 0x1040);
	p_exit(&c, 0);
	bench_start(b, 0, p_fresh(&a), &c, 1, 1);
	quanta(10);
	tap_u64(pe_next_event(b->pe[0]), PE_NEVER, "wfi without a source: nothing will come by itself");
	pe_interrupt(b->pe[0], b->now + 5);
	pe_interrupt(b->pe[0], b->now + 6);
	tap_ok(bench_run(b, 100000, 1, false) == BENCH_ALL_DONE &&
	       word(0x1000) == MTIA_PE_IRQ_CTRL && word(0x1040) == 1,
	       "MTIA_PC_IRQ wakes core B; two that meet are one");
	pe_interrupt(b->pe[0], b->now);
	bench_reset(b);

	/* priorities, threshold, claim and completion, all polled */
	reg_write(p_fresh(&a), MTIA_PE_IC_PRIORITY(MTIA_PE_IRQ_CMD(0)), 4, 3);
	reg_write(&a, MTIA_PE_IC_PRIORITY(MTIA_PE_IRQ_CTRL), 4, 0xff);
	reg_keep(&a, MTIA_PE_IC_PRIORITY(MTIA_PE_IRQ_CTRL), 4, 0x1000);
	reg_write(&a, MTIA_PE_IC_ENABLE(0), 4, UINT32_MAX);
	reg_keep(&a, MTIA_PE_IC_ENABLE(0), 4, 0x1008);
	reg_write(&a, MTIA_PE_IC_THRESHOLD(0), 4, 3);
	p_delay(&a, 4 * SPIN);			/* MTIA_PC_IRQ comes */
	p_init(&a, 1, 0x2000, 0x1000);
	p_csr(&a, MTIA_CSR_ROWS, 1);
	p_csr(&a, MTIA_CSR_COLS, 64);
	p_issue(&a, MTIA_OP_DMA_IN, BENCH_BASE, 1);
	p_fence(&a);
	reg_keep(&a, MTIA_PE_IC_PENDING, 4, 0x1010);
	reg_keep(&a, MTIA_PE_IC_CLAIM(0), 4, 0x1018);	/* CTRL, priority 7 */
	reg_keep(&a, MTIA_PE_IC_CLAIM(0), 4, 0x1020);	/* CMD is not above the threshold */
	p_csr_read(&a, A5, CSR_MIP);
	p_keep(&a, A5, 0x1028);
	reg_write(&a, MTIA_PE_IC_THRESHOLD(0), 4, 2);
	p_csr_read(&a, A5, CSR_MIP);
	p_keep(&a, A5, 0x1030);
	reg_keep(&a, MTIA_PE_IC_CLAIM(0), 4, 0x1038);	/* CMD */
	reg_keep(&a, MTIA_PE_IC_CLAIM(0), 4, 0x1040);	/* none */
	p_issue(&a, MTIA_OP_DMA_IN, BENCH_BASE, 1);
	p_fence(&a);
	reg_keep(&a, MTIA_PE_IC_CLAIM(0), 4, 0x1048);	/* pending again, but claimed */
	reg_write(&a, MTIA_PE_IC_CLAIM(0), 4, 99);
	reg_write(&a, MTIA_PE_IC_CLAIM(0), 4, MTIA_PE_IRQ_CMD(0));
	reg_keep(&a, MTIA_PE_IC_CLAIM(0), 4, 0x1050);	/* CMD */
	p_exit(&a, 0);
	bench_start(b, 0, &a, p_fresh(&c), 1, 1);
	bench_run(b, 10 * b->quantum, 1, false);
	pe_interrupt(b->pe[0], b->now);
	tap_ok(bench_run(b, 200000, 1, false) == BENCH_ALL_DONE && word(0x1000) == 7 &&
	       word(0x1008) == 0xe && word(0x1010) == (1u << 1 | 1u << 3) && word(0x1018) == 3 &&
	       !word(0x1020) && !word(0x1028) && word(0x1030) == RV_MIP_MEIP && word(0x1038) == 1 &&
	       !word(0x1040) && !word(0x1048) && word(0x1050) == 1,
	       "priorities, threshold, claim, completion");
	bench_reset(b);
}

/* ---- Blocked cores, handlers, bad accesses --------------------------------------------------- */

static void test_blocked(void)
{
	unsigned int begin;

	/* the handler pushes what the interrupted SYNC waits for */
	begin = handler_begin(p_fresh(&a));
	p_li(&a, H1, REG(MTIA_PE_TIMECMP(0)));
	p_li(&a, H0, UINT64_MAX);
	p_store(&a, H0, H1, 0, 8);
	h_keep_csr(&a, CSR_MEPC, 0x1000);
	p_li(&a, H0, 1);
	p_li(&a, H1, 64);
	p_raw(&a, MTIA_CUSTOM0 | MTIA_F3_ISSUE << 12 | H0 << 15 | H1 << 20 |
			  (uint32_t)MTIA_OP_CB_PUSH << 25);
	p_raw(&a, ADDI(S1, S1, 1));
	handler_end(&a, begin);
	p_init(&a, 1, 0x2000, 0x1000);
	timer_in(&a, 0, 3000, 0x1008);
	enable(&a, RV_MIP_MTIP);
	p_sync(&a, MTIA_SYNC_CB_DATA, 1, 64, A5);
	p_keep(&a, A5, 0x1010);
	p_csr_read(&a, A5, CSR_TIME);
	p_keep(&a, A5, 0x1018);
	p_exit(&a, 0);
	tap_ok(bench_one(b, &a, NULL) == BENCH_ALL_DONE && word(0x1010) == 0x2000 &&
	       word(0x1018) - word(0x1008) < 40 && word(0x1000) > BENCH_CODE,
	       "a blocked SYNC is interrupted, and repeated after the handler");
	bench_reset(b);

	/* loads of host memory wait for an exchange; a timer that comes meanwhile finds them done */
	for (unsigned int wait = 20; wait < 400; wait += 20) {
		begin = handler_begin(p_fresh(&a));
		p_li(&a, H1, REG(MTIA_PE_TIMECMP(0)));
		p_li(&a, H0, UINT64_MAX);
		p_store(&a, H0, H1, 0, 8);
		p_li(&a, H1, BENCH_HOST + 8);
		p_load(&a, H0, H1, 0, 8);
		p_li(&a, H1, 0x1000);
		p_store(&a, H0, H1, 0, 8);
		p_raw(&a, ADDI(S1, S1, 1));
		handler_end(&a, begin);
		p_li(&a, S0, BENCH_HOST);
		timer_in(&a, 0, wait, 0x1010);
		enable(&a, RV_MIP_MTIP);
		p_load(&a, A5, S0, 0, 8);
		p_keep(&a, A5, 0x1008);
		spin(&a);
		p_exit(&a, 0);
		memset(b->host, 0x11, 8);
		memset(b->host + 8, 0x22, 8);
		if (bench_one(b, &a, NULL) != BENCH_ALL_DONE ||
		    word(0x1000) != 0x2222222222222222 || word(0x1008) != 0x1111111111111111) {
			tap_ok(false, "timer after %u cycles: a load and its handler's each get their own",
			       wait);
			return;
		}
		bench_reset(b);
	}
	tap_ok(true, "an interrupt around a load of host memory: each load gets its own value");

	/* exceptions reach the handler, which skips the instruction */
	begin = handler_begin(p_fresh(&a));
	h_keep_csr(&a, CSR_MCAUSE, 0x1000);
	h_keep_csr(&a, CSR_MTVAL, 0x1008);
	p_csr_read(&a, H0, CSR_MEPC);
	p_raw(&a, ADDI(H0, H0, 4));
	p_raw(&a, CSRW(CSR_MEPC, H0));
	p_raw(&a, ADDI(S1, S1, 1));
	handler_end(&a, begin);
	p_issue(&a, 0x7f, 0, 0);
	p_keep(&a, S1, 0x1010);
	p_exit(&a, 7);
	tap_ok(bench_one(b, &a, NULL) == BENCH_ALL_DONE && word(0x1000) == MTIA_CAUSE_FIELD &&
	       word(0x1008) == (MTIA_FIELD_OP | 0x7f << 8) && word(0x1010) == 1 &&
	       status().exit_code == 7, "an illegal command traps to the program's handler");
	bench_reset(b);
}

static void test_bad_access(void)
{
	static const struct {
		uint32_t reg, size;
		bool write;
	} rows[] = {
		{ 0x028, 4, false }, { 0xff8, 8, false }, { MTIA_PE_SOFT(0), 8, false },
		{ MTIA_PE_SOFT(0), 2, false }, { MTIA_PE_TIMECMP(0), 2, false },
		{ MTIA_PE_IC_PRIORITY(0), 4, false }, { MTIA_PE_IC_PRIORITY(MTIA_PE_IRQS), 4, false },
		{ MTIA_PE_IC_CLAIM(0), 8, false }, { MTIA_PE_TIME, 8, true }, { MTIA_PE_TIME, 4, true },
		{ MTIA_PE_IC_PENDING, 4, true }, { MTIA_PE_IC_PRIORITY(0), 4, true },
		{ MTIA_PE_IC_PRIORITY(MTIA_PE_IRQS), 4, true }, { MTIA_PE_TIMECMP(1), 1, true },
		{ MTIA_PE_IC_ENABLE(0), 8, true }, { 0x1000, 4, true }, { 0x1000, 4, false },
	};
	unsigned int i, bad = 0;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		p_li(p_fresh(&a), A4, REG(rows[i].reg));
		if (rows[i].write)
			p_store(&a, A4, A4, 0, rows[i].size);
		else
			p_load(&a, A5, A4, 0, rows[i].size);
		p_exit(&a, 0);
		if (bench_one(b, &a, NULL) != BENCH_SOME_FAULTED ||
		    status().fault_cause != (rows[i].write ? RV_CAUSE_STORE_FAULT :
							     RV_CAUSE_LOAD_FAULT) ||
		    status().fault_tval != REG(rows[i].reg))
			bad++, fprintf(stderr, "#   register 0x%x, %u bytes\n", rows[i].reg,
				       rows[i].size);
		bench_reset(b);
	}
	tap_u64(bad, 0, "%u accesses to what is no such register trap", i);

	/* floating point works from the first instruction on */
	p_li(p_fresh(&a), A4, 0x40490fdb);
	p_raw(&a, 0xf0000053 | 1 << 7 | A4 << 15);	/* fmv.w.x f1, a4 */
	p_raw(&a, 0x1010f0d3);				/* fmul.s f1, f1, f1 */
	p_raw(&a, 0xe0000053 | A5 << 7 | 1 << 15);	/* fmv.x.w a5, f1 */
	p_keep(&a, A5, 0x1000);
	p_csr_read(&a, A5, CSR_FCSR);
	p_keep(&a, A5, 0x1008);
	p_exit(&a, 0);
	tap_ok(bench_one(b, &a, NULL) == BENCH_ALL_DONE && word(0x1000) == 0x411de9e7 &&
	       word(0x1008) == 1, "floating point from the first instruction on");
	bench_reset(b);
}

/* ---- Debug block ----------------------------------------------------------------------------- */

static uint64_t reg_of(unsigned int core, uint32_t reg)
{
	uint64_t v = 0xdeadbeef;

	if (pe_debug_read(b->pe[0], core, reg, &v))
		tap_ok(false, "register 0x%x can be read", reg);
	return v;
}

static void test_debug(void)
{
	struct mtia_pe *pe = b->pe[0];
	uint64_t pc, count, v;
	unsigned int i;

	spin(p_fresh(&a));
	p_keep(&a, S0, 0x1000);
	p_keep(&a, A3, 0x1008);
	p_exit(&a, 3);
	p_init(p_fresh(&c), 1, 0x2000, 0x1000);
	p_exit(&c, 0);
	bench_start(b, 0, &a, &c, 1, 1);
	bench_run(b, 10 * b->quantum, 1, false);
	tap_ok(!pe_debug_status(pe, 0) && pe_debug_write(pe, 0, MTIA_DBG_REG_X(S1), 1) == -EBUSY,
	       "a running core: no write");
	pe_set_debug_control(pe, 0, MTIA_DBG_HALT, b->now);
	count = reg_of(0, MTIA_DBG_REG_X(S0));
	tap_ok(pe_debug_status(pe, 0) == MTIA_DBG_HALTED && pe_debug_halted(pe) &&
	       pe_next_event(pe) == PE_NEVER && pe_debug_status(pe, 1) == MTIA_DBG_OFF,
	       "halted: nothing will come by itself; the other core ended meanwhile");
	quanta(50);
	tap_u64(reg_of(0, MTIA_DBG_REG_X(S0)), count, "a halted core counts no more");

	pc = reg_of(0, MTIA_DBG_REG_PC);
	for (i = 0; i < 6; i++) {
		pe_set_debug_control(pe, 0, MTIA_DBG_HALT | MTIA_DBG_STEP, b->now);
		if (!(pe_debug_control(pe, 0) & MTIA_DBG_STEP))
			break;
		quanta(1);
		if (pe_debug_status(pe, 0) != MTIA_DBG_HALTED ||
		    reg_of(0, MTIA_DBG_REG_PC) != BENCH_CODE + ((pc - BENCH_CODE) ^ (i % 2 ? 0 : 4)))
			break;
	}
	tap_ok(i == 6 && reg_of(0, MTIA_DBG_REG_X(S0)) == count + 3, "six steps: three times round");

	tap_ok(!pe_debug_write(pe, 0, MTIA_DBG_REG_X(S1), 1) &&
	       !pe_debug_write(pe, 0, MTIA_DBG_REG_X(A3), 0x1234567890) &&
	       !pe_debug_write(pe, 0, MTIA_DBG_REG_F(31), 77) &&
	       reg_of(0, MTIA_DBG_REG_F(31)) == 77 &&
	       !pe_debug_write(pe, 0, MTIA_DBG_REG_CSR(CSR_MEPC), 0x4001) &&
	       reg_of(0, MTIA_DBG_REG_CSR(CSR_MEPC)) == 0x4000 &&
	       !pe_debug_write(pe, 0, MTIA_DBG_REG_CSR(MTIA_CSR_IMM0), 5) &&
	       reg_of(0, MTIA_DBG_REG_CSR(MTIA_CSR_IMM0)) == 5, "x, f and CSRs are written");
	tap_ok(pe_debug_write(pe, 0, MTIA_DBG_REG_X(0), 1) == -EINVAL &&
	       pe_debug_write(pe, 0, MTIA_DBG_REG_CSR(CSR_TIME), 1) == -EINVAL &&
	       pe_debug_write(pe, 0, 0x41, 1) == -EINVAL && pe_debug_read(pe, 0, 0x41, &v) == -EINVAL &&
	       pe_debug_read(pe, 0, 0x2000, &v) == -EINVAL &&
	       pe_debug_read(pe, 0, UINT32_MAX, &v) == -EINVAL &&
	       pe_debug_read(pe, 0, MTIA_DBG_REG_CSR(0x105), &v) == -EINVAL,
	       "what is no register, or not writable, is refused");
	tap_ok(pe_debug_write(pe, 1, MTIA_DBG_REG_V(31, 7), 0x7777) == -EBUSY &&
	       pe_debug_read(pe, 0, MTIA_DBG_REG_V(0, 0), &v) == -EINVAL &&
	       pe_debug_write(pe, 0, MTIA_DBG_REG_V(0, 0), 1) == -EINVAL &&
	       !pe_debug_read(pe, 1, MTIA_DBG_REG_V(31, 7), &v) && !v,
	       "vector registers are core B's, and written while halted only");
	pe_set_debug_control(pe, 1, MTIA_DBG_HALT, b->now);
	tap_ok(!pe_debug_write(pe, 1, MTIA_DBG_REG_V(31, 7), 0x7777) &&
	       !pe_debug_write(pe, 1, MTIA_DBG_REG_V(0, 0), 0x1111) &&
	       reg_of(1, MTIA_DBG_REG_V(31, 7)) == 0x7777 && !reg_of(1, MTIA_DBG_REG_V(31, 6)) &&
	       reg_of(1, MTIA_DBG_REG_V(0, 0)) == 0x1111 &&
	       pe_debug_write(pe, 1, MTIA_DBG_REG_V(31, 8), 1) == -EINVAL, "first and last part");
	pe_set_debug_control(pe, 1, 0, b->now);
	pe_set_debug_control(pe, 0, 0, b->now);
	tap_ok(bench_run(b, 100000, 1, false) == BENCH_ALL_DONE && word(0x1008) == 0x1234567890 &&
	       status().exit_code == 3, "let go, it goes on with what was written");
	bench_reset(b);

	/* halted from the start, and an ebreak */
	p_li(p_fresh(&a), S0, 1);
	p_raw(&a, EBREAK);
	p_li(&a, S0, 2);
	p_keep(&a, S0, 0x1000);
	p_exit(&a, 0);
	pe_set_debug_control(pe, 0, MTIA_DBG_HALT | MTIA_DBG_EBREAK, b->now);
	bench_start(b, 0, &a, p_fresh(&c), 1, 1);
	quanta(4);
	tap_ok(reg_of(0, MTIA_DBG_REG_PC) == BENCH_CODE && !reg_of(0, MTIA_DBG_REG_X(S0)),
	       "HALT before the start: not one instruction");
	pe_set_debug_control(pe, 0, MTIA_DBG_EBREAK, b->now);
	quanta(4);
	tap_ok(pe_debug_status(pe, 0) == (MTIA_DBG_HALTED | MTIA_DBG_BREAK) &&
	       reg_of(0, MTIA_DBG_REG_PC) == BENCH_CODE + 4 && status().status == MTIA_PE_RUNNING &&
	       reg_of(0, MTIA_DBG_REG_X(S0)) == 1, "ebreak halts there, and is no fault");
	pe_debug_write(pe, 0, MTIA_DBG_REG_PC, BENCH_CODE + 8);
	pe_set_debug_control(pe, 0, 0, b->now);
	tap_ok(bench_run(b, 100000, 1, false) == BENCH_ALL_DONE && word(0x1000) == 2,
	       "past the ebreak it goes on");
	bench_reset(b);
	tap_ok(!pe_debug_control(pe, 0), "reset clears the debug control");
	p_raw(p_fresh(&a), EBREAK);
	tap_ok(bench_one(b, &a, NULL) == BENCH_SOME_FAULTED &&
	       status().fault_cause == RV_CAUSE_BREAKPOINT, "without EBREAK set it is a fault");
	bench_reset(b);

	/* a blocked core: out of it by pc; not while memory is on its way */
	p_init(p_fresh(&a), 1, 0x2000, 0x1000);
	p_sync(&a, MTIA_SYNC_CB_DATA, 1, 64, A5);
	p_li(&a, S0, 9);
	p_keep(&a, S0, 0x1000);
	p_exit(&a, 0);
	bench_start(b, 0, &a, p_fresh(&c), 1, 1);
	quanta(4);
	pe_set_debug_control(pe, 0, MTIA_DBG_HALT, b->now);
	i = pe_debug_status(pe, 0);
	v = reg_of(0, MTIA_DBG_REG_PC) + 4;
	pe_debug_write(pe, 0, MTIA_DBG_REG_PC, v);
	pe_set_debug_control(pe, 0, 0, b->now);
	tap_ok(i == (MTIA_DBG_HALTED | MTIA_DBG_BLOCKED) &&
	       bench_run(b, 100000, 1, false) == BENCH_ALL_DONE && word(0x1000) == 9,
	       "a blocked core is halted, and led past its SYNC");
	bench_reset(b);
}

/* ---- Time and snapshots ---------------------------------------------------------------------- */

/* Two cores that interrupt each other by timers, SOFT and commands; a log of causes and times. */
static void busy_pair(void)
{
	for (unsigned int core = 0; core < 2; core++) {
		struct prog *p = p_fresh(core ? &c : &a);
		uint32_t log = core ? 0x4000 : 0x3000;
		unsigned int begin = handler_begin(p);

		p_li(p, H1, REG(MTIA_PE_SOFT(core)));
		p_store(p, ZERO, H1, 0, 4);
		p_li(p, H1, REG(MTIA_PE_IC_CLAIM(core)));
		p_load(p, H0, H1, 0, 4);
		p_store(p, H0, H1, 0, 4);
		p_csr_read(p, H0, CSR_TIME);
		p_raw(p, ADDI(H2, H0, 331 + 60 * core));
		p_li(p, H1, REG(MTIA_PE_TIMECMP(core)));
		p_store(p, H2, H1, 0, 8);
		p_store(p, H0, S0, 0, 8);
		p_csr_read(p, H0, CSR_MCAUSE);
		p_store(p, H0, S0, 8, 8);
		p_raw(p, ADDI(S0, S0, 16));
		/* every other time, poke the other core */
		p_raw(p, 0x7013 | H2 << 7 | S0 << 15 | 16 << 20);	/* andi h2, s0, 16 */
		p_raw(p, 0x63 | H2 << 15 | bits_of_branch(5 * 4));
		p_li(p, H2, 1);
		p_li(p, H1, REG(MTIA_PE_SOFT(core ^ 1)));
		p_store(p, H2, H1, 0, 4);
		handler_end(p, begin);
		p_li(p, S0, log);
		ic_enable(p, core, MTIA_PE_IRQ_CMD(core), 1);
		reg_write(p, MTIA_PE_TIMECMP(core), 8, 100 + 57 * core);
		p_init(p, core, 0x8000 + 0x1000 * core, 0x1000);
		p_csr(p, MTIA_CSR_ROWS, 4);
		p_csr(p, MTIA_CSR_COLS, 64);
		enable(p, RV_MIP_MSIP | RV_MIP_MTIP | RV_MIP_MEIP);
		for (unsigned int i = 0; i < 12; i++) {
			p_issue(p, MTIA_OP_DMA_IN, BENCH_BASE + 0x1000 * i, core);
			p_raw(p, i % 3 ? (uint32_t)WFI : 0x13);
			p_delay(p, 37 * i);
			p_sync(p, MTIA_SYNC_CB_DATA, core, 256, A5);
			p_issue(p, MTIA_OP_CB_POP, core, 256);
		}
		p_raw(p, CSRCI(CSR_MSTATUS, 8));
		p_exit(p, 0);
	}
}

/* Where main logs what it reads, 8 bytes each, apart from the handler. */
enum { LOG = 18 };

static void log_a5(struct prog *p)
{
	p_store(p, A5, LOG, 0, 8);
	p_raw(p, ADDI(LOG, LOG, 8));
}

/*
 * A handler as above that logs at 0x3000 or 0x6000, and a main program of random deeds: everything
 * by which cores see and disturb each other. The timer comes again and again: no wfi is for ever.
 */
static void random_core(struct prog *p, unsigned int core)
{
	unsigned int begin = handler_begin(p_fresh(p)), other = core ^ 1;

	p_li(p, H1, REG(MTIA_PE_SOFT(core)));
	p_store(p, ZERO, H1, 0, 4);
	p_li(p, H1, REG(MTIA_PE_IC_CLAIM(core)));
	p_load(p, H2, H1, 0, 4);
	p_store(p, H2, H1, 0, 4);
	p_csr_read(p, H0, CSR_TIME);
	p_store(p, H0, S0, 0, 8);
	p_raw(p, ADDI(H0, H0, bench_range(500, 1500)));
	p_li(p, H1, REG(MTIA_PE_TIMECMP(core)));
	p_store(p, H0, H1, 0, 8);
	p_csr_read(p, H0, CSR_MCAUSE);
	p_raw(p, ADD(H0, H0, H2));
	p_store(p, H0, S0, 8, 8);
	p_raw(p, ADDI(S0, S0, 16));
	handler_end(p, begin);

	p_li(p, S0, core ? 0x6000 : 0x3000);
	p_li(p, LOG, core ? 0xa000 : 0x9000);
	reg_write(p, MTIA_PE_IC_PRIORITY(MTIA_PE_IRQ_CMD(core)), 4, bench_range(1, 7));
	reg_write(p, MTIA_PE_IC_ENABLE(core), 4, bench_range(0, 15));
	reg_write(p, MTIA_PE_TIMECMP(core), 8, bench_range(1, 2000));
	p_init(p, core, 0xc000 + 0x1000 * core, 0x1000);
	p_csr(p, MTIA_CSR_ROWS, 4);
	p_csr(p, MTIA_CSR_COLS, 64);
	enable(p, RV_MIP_MSIP | RV_MIP_MTIP | RV_MIP_MEIP);
	for (unsigned int i = 0; i < 40; i++) {
		switch (bench_range(0, 10)) {
		case 0:
		case 1:
			p_delay(p, bench_range(1, 200));
			break;
		case 2:
			reg_write(p, MTIA_PE_SOFT(other), 4, 1);
			break;
		case 3:
			reg_write(p, MTIA_PE_SOFT(bench_range(0, 1)), 4, bench_range(0, 1));
			break;
		case 4:
			p_issue(p, MTIA_OP_DMA_IN, BENCH_BASE + 0x1000 * i, core);
			p_delay(p, bench_range(0, 150));
			p_sync(p, MTIA_SYNC_CB_DATA, core, 256, A5);
			log_a5(p);
			p_issue(p, MTIA_OP_CB_POP, core, 256);
			break;
		case 5:
			p_raw(p, WFI);
			break;
		case 6: {
			static const uint32_t shared[] = {
				MTIA_PE_SOFT(0), MTIA_PE_SOFT(1), MTIA_PE_IC_PENDING,
				MTIA_PE_IC_CLAIM(0), MTIA_PE_IC_ENABLE(1), MTIA_PE_TIME,
			};

			p_li(p, A4, REG(shared[bench_range(0, 5)]));
			p_load(p, A5, A4, 0, 4);
			log_a5(p);
			break;
		}
		case 7:
			p_li(p, A4, REG(MTIA_PE_TIMECMP(bench_range(0, 1))));
			p_csr_read(p, A5, CSR_TIME);
			p_raw(p, ADDI(A5, A5, bench_range(0, 300)));
			p_store(p, A5, A4, 0, 8);
			break;
		case 8:
			p_li(p, A4, BENCH_HOST + 8 * bench_range(0, 63));
			p_load(p, A5, A4, 0, 8);
			log_a5(p);
			break;
		case 9:
			p_csr_read(p, A5, bench_range(0, 1) ? CSR_MIP : CSR_TIME);
			log_a5(p);
			break;
		default:
			reg_write(p, MTIA_PE_IC_ENABLE(bench_range(0, 1)), 4, bench_range(0, 15));
			reg_write(p, MTIA_PE_IC_THRESHOLD(bench_range(0, 1)), 4, bench_range(0, 3));
			reg_write(p, MTIA_PE_IC_CLAIM(bench_range(0, 1)), 4, bench_range(1, 3));
			break;
		}
	}
	p_raw(p, CSRCI(CSR_MSTATUS, 8));
	p_exit(p, 0);
}

static bool pair_done(struct bench *bench, unsigned int slices)
{
	return bench_run(bench, 200000, slices, slices == 3) == BENCH_ALL_DONE;
}

static void test_same(void)
{
	static uint8_t first[MTIA_PE_LOCAL_SIZE];
	size_t size = pe_state_size();
	uint8_t *state = malloc(size), *again = malloc(size);
	unsigned int slices, cut, entries = 0, bad = 0;
	uint64_t cycles = 0;

	for (slices = 1; slices <= 4; slices++) {
		busy_pair();
		bench_start(b, 0, &a, &c, 1, 1);
		bad += !pair_done(b, slices);
		if (slices == 1) {
			memcpy(first, bench_ls(b, 0), sizeof(first));
			cycles = status().busy_cycles;
			while (word(0x3000 + 16 * entries) && word(0x4000 + 16 * entries))
				entries++;
		}
		bad += status().busy_cycles != cycles ||
		       memcmp(first, bench_ls(b, 0), sizeof(first)) != 0;
		bench_destroy(b);
		b = bench_create(128, MTIA_ISA_SCALAR);
	}
	tap_ok(!bad && entries > 20, "two cores that interrupt each other %u times: the same "
	       "however a quantum is cut", entries);

	for (cut = 1, bad = 0; cut < 40; cut += 2) {
		busy_pair();
		bench_start(b, 0, &a, &c, 1, 1);
		bench_run(b, cut * b->quantum, 1, false);
		pe_save(b->pe[0], state);
		if (pe_load(b->pe[0], state, size)) {
			bad++;
			fprintf(stderr, "#   refused after %u quanta\n", cut);
		}
		pe_save(b->pe[0], again);
		bad += memcmp(state, again, size) != 0;
		bad += !pair_done(b, 1) || memcmp(first, bench_ls(b, 0), sizeof(first)) != 0;
		bench_destroy(b);
		b = bench_create(128, MTIA_ISA_SCALAR);
	}
	tap_u64(bad, 0, "the same from a snapshot at any of %u exchanges", cut / 2);
	free(state);
	free(again);
}

#define PAIRS	200

static void test_random(void)
{
	static uint8_t first[MTIA_PE_LOCAL_SIZE];
	size_t size = pe_state_size();
	uint8_t *state = malloc(size);
	unsigned int pair, way, bad = 0, unfinished = 0, interrupts = 0;
	uint64_t cycles = 0;

	for (pair = 0; pair < PAIRS; pair++) {
		random_core(&a, 0);
		random_core(&c, 1);
		for (way = 0; way < 5; way++) {
			enum bench_end end;
			unsigned int n = 0;

			bench_destroy(b);
			b = bench_create(128, MTIA_ISA_SCALAR);
			memset(b->host, 0x5a, 512);
			bench_start(b, 0, &a, &c, 1, 1);
			if (way < 4) {
				end = bench_run(b, 400000, way + 1, way & 1);
			} else {
				do {	/* through a snapshot at every exchange */
					pe_save(b->pe[0], state);
					bad += !!pe_load(b->pe[0], state, size);
					end = bench_run(b, b->quantum, 1, false);
				} while (end == BENCH_TIMEOUT && ++n < 4000);
			}
			unfinished += end != BENCH_ALL_DONE;
			if (!way) {
				memcpy(first, bench_ls(b, 0), sizeof(first));
				cycles = status().busy_cycles;
				for (n = 0x3000; word(n); n += 16)
					interrupts++;
				for (n = 0x6000; word(n); n += 16)
					interrupts++;
			}
			if (status().busy_cycles != cycles ||
			    memcmp(first, bench_ls(b, 0), sizeof(first))) {
				bad++;
				fprintf(stderr, "#   pair %u, way %u\n", pair, way);
			}
		}
	}
	tap_u64(unfinished, 0, "%u random pairs end", PAIRS);
	tap_ok(!bad && interrupts > 20 * PAIRS, "with %u interrupts: in all ways to cut time, and "
	       "through snapshots, the same", interrupts);
	free(state);
}

int main(void)
{
	b = bench_create(128, MTIA_ISA_SCALAR);
	test_timer();
	test_sources();
	test_blocked();
	test_bad_access();
	test_debug();
	bench_destroy(b);
	b = bench_create(128, MTIA_ISA_SCALAR);
	test_same();
	test_random();
	bench_destroy(b);
	return tap_done();
}
