// SPDX-License-Identifier: GPL-2.0
/*
 * The rules of a PE: order of commands, waiting, faults, links, deadlock, and that nothing depends on
 * how time is cut or where a snapshot is taken. What is illegal is in pe_fields.c.
 */
#include <errno.h>

#include "../unit/tap.h"
#include "pe_bench.h"

static struct prog a, c;
static struct bench *b;

static struct pe_status status(unsigned int pe)
{
	return bench_status(b, pe);
}

static uint64_t word(uint32_t addr)
{
	return bench_word(b, 0, addr);
}

static bool trapped(uint32_t core, uint64_t cause, uint64_t tval)
{
	return bench_trapped(b, 0, core, cause, tval);
}

/* ---- Order and waiting ----------------------------------------------------------------------- */

static void test_order(void)
{
	struct pe_status st;

	/* Three memories of different latency into one CB, slowest first. */
	memset(b->host, 1, 64);
	memset(b->mem, 2, 64);
	memset(b->sram, 3, 64);
	p_init(p_fresh(&a), 0, 0x1000, 0x400);
	p_csr(&a, MTIA_CSR_ROWS, 1);
	p_csr(&a, MTIA_CSR_COLS, 64);
	p_issue(&a, MTIA_OP_DMA_IN, BENCH_HOST, 0);
	p_issue(&a, MTIA_OP_DMA_IN, BENCH_BASE, 0);
	p_issue(&a, MTIA_OP_DMA_IN, BENCH_SRAM, 0);
	p_sync(&a, MTIA_SYNC_CB_DATA, 0, 64, A0);
	p_load(&a, A1, A0, 0, 1);
	p_keep(&a, A1, 0x100);
	p_fence(&a);
	p_exit(&a, 0);
	bench_one(b, &a, NULL);
	tap_u64(word(0x100), 1, "level rises with the first DMA of a CB, not with the fastest");
	tap_ok(bench_ls(b, 0)[0x1000] == 1 && bench_ls(b, 0)[0x1040] == 2 &&
		       bench_ls(b, 0)[0x1080] == 3,
	       "DMAs into one CB lie in order of issue");
	bench_reset(b);

	/* A large DMA waits for space; a small one behind it would fit, but must not overtake. */
	memset(b->mem, 4, 0x300);
	memset(b->mem + 0x1000, 5, 64);
	p_init(p_fresh(&a), 0, 0x1000, 0x400);
	p_issue(&a, MTIA_OP_CB_PUSH, 0, 0x200);
	p_csr(&a, MTIA_CSR_ROWS, 1);
	p_csr(&a, MTIA_CSR_COLS, 0x300);
	p_issue(&a, MTIA_OP_DMA_IN, BENCH_BASE, 0);
	p_csr(&a, MTIA_CSR_COLS, 64);
	p_issue(&a, MTIA_OP_DMA_IN, BENCH_BASE + 0x1000, 0);
	p_exit(&a, 0);
	p_delay(p_fresh(&c), 1000);
	p_sync(&c, MTIA_SYNC_CB_LEVEL, 0, 0, A0);
	p_keep(&c, A0, 0x100);
	p_issue(&c, MTIA_OP_CB_POP, 0, 0x200);
	p_sync(&c, MTIA_SYNC_CB_DATA, 0, 0x340, A0);
	p_keep(&c, A0, 0x108);
	p_exit(&c, 0);
	bench_one(b, &a, &c);
	tap_u64(word(0x100), 0x200, "a small DMA does not overtake a large one on its CB");
	tap_ok(status(0).status == MTIA_PE_DONE && bench_ls(b, 0)[0x1200] == 4 &&
		       bench_ls(b, 0)[0x1100] == 5,
	       "both find their place when the other core pops");
	tap_u64(word(0x108), 0x1200, "CB_DATA gives the address of the read pointer");
	bench_reset(b);

	/* What waits on one CB doesn't hold up another CB or unit. */
	p_init(p_fresh(&a), 0, 0x1000, 0x400);
	p_init(&a, 1, 0x2000, 0x400);
	p_csr(&a, MTIA_CSR_ROWS, 1);
	p_csr(&a, MTIA_CSR_COLS, 64);
	p_issue(&a, MTIA_OP_CB_POP, 0, 64);
	p_issue(&a, MTIA_OP_DMA_IN, BENCH_BASE, 1);
	p_sync(&a, MTIA_SYNC_CB_DATA, 1, 64, ZERO);
	p_csr_read(&a, A0, MTIA_CSR_PENDING);
	p_keep(&a, A0, 0x100);
	p_issue(&a, MTIA_OP_CB_PUSH, 0, 64);
	p_fence(&a);
	p_csr_read(&a, A0, MTIA_CSR_PENDING);
	p_keep(&a, A0, 0x108);
	p_exit(&a, 0);
	bench_one(b, &a, NULL);
	tap_ok(status(0).status == MTIA_PE_DONE && word(0x100) == 1 && word(0x108) == 0,
	       "a blocked POP does not hold up a DMA on another CB");
	bench_reset(b);

	/* POP must wait for the MML that still reads: the space is not handed to the next DMA. */
	memset(b->mem, 1, 1024);
	memset(b->mem + 4096, 9, 1024);
	p_init(p_fresh(&a), 0, 0x1000, 1024);
	p_init(&a, 1, 0x2000, 4096);
	p_csr(&a, MTIA_CSR_ROWS, 1);
	p_csr(&a, MTIA_CSR_COLS, 1024);
	p_issue(&a, MTIA_OP_DMA_IN, BENCH_BASE, 0);
	p_csr(&a, MTIA_CSR_CB1, 0);
	p_csr(&a, MTIA_CSR_M, 32);
	p_csr(&a, MTIA_CSR_N, 32);
	p_csr(&a, MTIA_CSR_K, 32);
	for (unsigned int i = 0; i < 4; i++)
		p_issue(&a, MTIA_OP_MML, i, 0);
	p_issue(&a, MTIA_OP_CB_POP, 0, 1024);
	p_issue(&a, MTIA_OP_DMA_IN, BENCH_BASE + 4096, 0);
	p_issue(&a, MTIA_OP_RE_STORE, 3, 1);
	p_fence(&a);
	p_exit(&a, 0);
	bench_one(b, &a, NULL);
	tap_ok((uint32_t)word(0x2000) == 32 && (uint32_t)word(0x2000 + 4092) == 32 &&
		       bench_ls(b, 0)[0x1000] == 9,
	       "POP waits for readers, DMA for the POP");
	bench_reset(b);

	/* SE writes, PUSH, DMA_OUT of one core: a chain without any SYNC. */
	p_init(p_fresh(&a), 0, 0x1000, 256);
	p_csr(&a, MTIA_CSR_ROWS, 1);
	p_csr(&a, MTIA_CSR_COLS, 64);
	p_csr(&a, MTIA_CSR_FLAGS, MTIA_F_INIT);
	for (unsigned int i = 0; i < 12; i++) {
		p_issue(&a, MTIA_OP_SE_ROWS, 16ull << 32, 0);
		p_issue(&a, MTIA_OP_CB_PUSH, 0, 64);
		p_issue(&a, MTIA_OP_DMA_OUT, BENCH_BASE + 64 * i, 0);
	}
	p_exit(&a, 7);
	memset(b->mem, 0xaa, 1024);
	bench_one(b, &a, NULL);
	st = status(0);
	tap_ok(st.status == MTIA_PE_DONE && b->mem[0] == 0 && b->mem[12 * 64 - 1] == 0 &&
		       b->mem[12 * 64] == 0xaa,
	       "SE, PUSH, DMA_OUT in a ring four deep");
	tap_u64(st.exit_code, 7, "exit code");
	bench_reset(b);

	/* The consumer may be first: a CB that is not there yet is waited for. */
	p_sync(p_fresh(&c), MTIA_SYNC_CB_DATA, 0, 64, A0);
	p_keep(&c, A0, 0x100);
	p_issue(&c, MTIA_OP_CB_POP, 0, 64);
	p_exit(&c, 2);
	p_delay(p_fresh(&a), 300);
	p_init(&a, 0, 0x1000, 0x400);
	p_issue(&a, MTIA_OP_CB_PUSH, 0, 64);
	p_exit(&a, 5);
	bench_one(b, &a, &c);
	tap_ok(status(0).status == MTIA_PE_DONE && word(0x100) == 0x1000,
	       "a consumer waits for a CB that the other core has not initialised yet");
	tap_u64(status(0).exit_code, 7, "exit codes are ORed");
	bench_reset(b);
}

static void test_queue(void)
{
	/* 16 commands wait; the 17th stalls its core until the other one makes room. */
	p_init(p_fresh(&a), 0, 0x1000, 0x400);
	for (unsigned int i = 0; i < MTIA_CP_QUEUE_DEPTH; i++)
		p_issue(&a, MTIA_OP_CB_POP, 0, 32);
	p_li(&a, A0, 1);
	p_keep(&a, A0, 0x100);
	p_issue(&a, MTIA_OP_CB_POP, 0, 32);
	p_keep(&a, A0, 0x108);
	p_exit(&a, 0);
	p_delay(p_fresh(&c), 2000);
	p_li(&c, T1, 0x100);
	p_load(&c, A0, T1, 0, 8);
	p_load(&c, A1, T1, 8, 8);
	p_keep(&c, A0, 0x110);
	p_keep(&c, A1, 0x118);
	for (unsigned int i = 0; i < MTIA_CP_QUEUE_DEPTH + 1; i++)
		p_issue(&c, MTIA_OP_CB_PUSH, 0, 32);
	p_exit(&c, 0);
	bench_one(b, &a, &c);
	tap_u64(word(0x110), 1, "16 commands fit the queue");
	tap_u64(word(0x118), 0, "the 17th stalls the core");
	tap_ok(status(0).status == MTIA_PE_DONE && word(0x108) == 1,
	       "and goes on when there is room");
	bench_reset(b);
}

static void test_sync(void)
{
	p_init(p_fresh(&a), 0, 0x1000, 0x400);
	p_issue(&a, MTIA_OP_CB_PUSH, 0, 0x300);
	p_sync(&a, MTIA_SYNC_CB_LEVEL, 0, 0, A0);
	p_keep(&a, A0, 0x100);
	p_issue(&a, MTIA_OP_CB_POP, 0, 0x280);
	p_sync(&a, MTIA_SYNC_CB_SPACE, 0, 0x380, A0);
	p_keep(&a, A0, 0x108);
	p_issue(&a, MTIA_OP_CB_PUSH, 0, 0x180);
	p_sync(&a, MTIA_SYNC_CB_SPACE, 0, 0, A0);
	p_keep(&a, A0, 0x110);
	p_csr_read(&a, A0, MTIA_CSR_CORE);
	p_keep(&a, A0, 0x118);
	p_exit(&a, 0);
	p_csr_read(p_fresh(&c), A0, MTIA_CSR_CORE);
	p_keep(&c, A0, 0x120);
	p_csr_read(&c, A0, MTIA_CSR_PE_GRID);
	p_keep(&c, A0, 0x128);
	p_csr_read(&c, A0, MTIA_CSR_PE_POS);
	p_keep(&c, A0, 0x130);
	p_exit(&c, 0);
	bench_one(b, &a, &c);
	tap_u64(word(0x100), 0x300, "CB_LEVEL sees this core's PUSH");
	tap_u64(word(0x108), 0x1300, "CB_SPACE gives the write pointer");
	tap_u64(word(0x110), 0x1080, "which wraps around");
	tap_ok(word(0x118) == 0 && word(0x120) == 1, "each core knows which it is");
	tap_ok(word(0x128) == (1 | 1 << 16) && word(0x130) == 0, "grid and position");
	bench_reset(b);
}

/* ---- Memory ---------------------------------------------------------------------------------- */

static bool recorded(unsigned int src, unsigned int access, enum mtia_fault_reason reason,
		     uint64_t va)
{
	return b->fault.count == 1 && b->fault.src == src && b->fault.access == access &&
	       b->fault.reason == reason && b->fault.va == va && b->fault.asid == 1;
}

static void dma_fault(const char *what, unsigned int op, uint64_t va, uint32_t rows, uint64_t bad,
		      enum mtia_fault_reason reason)
{
	uint64_t pc;

	p_init(p_fresh(&a), 0, 0x1000, 0x8000);
	p_issue(&a, MTIA_OP_CB_PUSH, 0, op == MTIA_OP_DMA_OUT ? 0x4000 : 0);
	p_csr(&a, MTIA_CSR_ROWS, rows);
	p_csr(&a, MTIA_CSR_COLS, 64);
	p_csr(&a, MTIA_CSR_STRIDE_MEM, 0x800);
	p_issue(&a, op, va, 0);
	pc = BENCH_CODE + 4 * (a.n - 1);
	p_exit(&a, 0);
	p_raw(p_fresh(&c), 0x6f); /* j . */
	bench_one(b, &a, &c);
	tap_ok(trapped(MTIA_PE_FAULT_CP, MTIA_CAUSE_FI_FAULT, bad) && status(0).fault_pc == pc &&
		       recorded(MTIA_FAULT_SRC_FI,
				op == MTIA_OP_DMA_IN ? MTIA_ACCESS_READ : MTIA_ACCESS_WRITE, reason,
				bad) &&
		       b->stops == 1,
	       "%s", what);
	bench_reset(b);
}

static void core_fault(const char *what, uint32_t insn, uint64_t addr, uint64_t cause,
		       unsigned int access, enum mtia_fault_reason reason)
{
	p_li(p_fresh(&c), A0, addr);
	p_raw(&c, insn);
	p_exit(&c, 0);
	p_raw(p_fresh(&a), 0x6f); /* j . */
	bench_one(b, &a, &c);
	tap_ok(trapped(1, cause, addr) &&
		       (reason ? recorded(1 << 8, access, reason, addr) : !b->fault.count),
	       "%s", what);
	bench_reset(b);
}

static void test_memory(void)
{
	const uint32_t ld = 0x00053583, sd = 0x00b53023, jr = 0x00050067; /* of a0 */
	uint64_t x = 0x1122334455667788;

	dma_fault("DMA_IN from unmapped memory", MTIA_OP_DMA_IN, BENCH_BASE - 64, 1,
		  BENCH_BASE - 64, MTIA_FAULT_UNMAPPED);
	dma_fault("DMA_OUT to read-only memory", MTIA_OP_DMA_OUT, BENCH_RO, 1, BENCH_RO,
		  MTIA_FAULT_PERM);
	dma_fault("DMA_IN from local memory's addresses", MTIA_OP_DMA_IN, 0x1000, 1, 0x1000,
		  MTIA_FAULT_BAD_ADDR);
	dma_fault("DMA_IN from beyond the VA range", MTIA_OP_DMA_IN, 1ull << 48, 1, 1ull << 48,
		  MTIA_FAULT_BAD_ADDR);
	dma_fault("DMA_IN from host memory that the bus refuses", MTIA_OP_DMA_IN, BENCH_BAD_HOST, 1,
		  BENCH_BAD_HOST, MTIA_FAULT_HOST_BUS);
	dma_fault("DMA_OUT to host memory that the bus refuses", MTIA_OP_DMA_OUT, BENCH_BAD_HOST, 1,
		  BENCH_BAD_HOST, MTIA_FAULT_HOST_BUS);
	b->unmapped_page = BENCH_BASE + 0x1000;
	dma_fault("DMA_IN that runs into a hole", MTIA_OP_DMA_IN, BENCH_BASE, 8,
		  BENCH_BASE + 0x1000, MTIA_FAULT_UNMAPPED);
	b->unmapped_page = BENCH_BASE + 0x1000;
	dma_fault("DMA_OUT that runs into a hole", MTIA_OP_DMA_OUT, BENCH_BASE, 8,
		  BENCH_BASE + 0x1000, MTIA_FAULT_UNMAPPED);
	core_fault("load from unmapped memory", ld, BENCH_BASE - 8, 5, MTIA_ACCESS_READ,
		   MTIA_FAULT_UNMAPPED);
	core_fault("store to read-only memory", sd, BENCH_RO, 7, MTIA_ACCESS_WRITE,
		   MTIA_FAULT_PERM);
	core_fault("store to host memory that the bus refuses", sd, BENCH_BAD_HOST, 7,
		   MTIA_ACCESS_WRITE, MTIA_FAULT_HOST_BUS);
	core_fault("load from host memory that the bus refuses", ld, BENCH_BAD_HOST, 5,
		   MTIA_ACCESS_READ, MTIA_FAULT_HOST_BUS);
	core_fault("jump into data", jr, BENCH_BASE, 1, MTIA_ACCESS_EXEC, MTIA_FAULT_PERM);
	core_fault("jump into host memory", jr, BENCH_HOST, 1, MTIA_ACCESS_EXEC, MTIA_FAULT_PERM);
	core_fault("load between local and virtual memory: no MMU record", ld, 0x20000, 5, 0, 0);
	core_fault("jump into local memory: no MMU record", jr, 0x1000, 1, 0, 0);
	core_fault("AMO on virtual memory: access fault", 0x00b5352f /* amoadd.d a0, a1, (a0) */,
		   BENCH_BASE, 7, 0, 0);

	/* A core sees its own stores, in every kind of memory. */
	memset(b->mem, 0, 64);
	memset(b->host, 0, 64);
	p_fresh(&a);
	for (unsigned int i = 0; i < 3; i++) {
		static const uint64_t where[] = {BENCH_BASE + 8, BENCH_SRAM + 8, BENCH_HOST + 8};

		p_li(&a, S0, where[i]);
		p_li(&a, A0, x);
		p_store(&a, A0, S0, 0, 8);
		p_load(&a, A1, S0, 0, 8);
		p_load(&a, A2, S0, 4, 2);
		p_keep(&a, A1, 0x100 + 16 * i);
		p_keep(&a, A2, 0x108 + 16 * i);
	}
	p_li(&a, S0, 0x200);
	p_li(&a, A1, 5);
	p_raw(&a, 0x00b4352f); /* amoadd.d a0, a1, (s0) */
	p_raw(&a, 0x00b4352f);
	p_exit(&a, 0);
	bench_one(b, &a, NULL);
	tap_ok(status(0).status == MTIA_PE_DONE && word(0x100) == x && word(0x110) == x &&
		       word(0x120) == x && word(0x108) == 0x3344,
	       "loads see stores to LPDDR, SRAM, host");
	tap_ok(!memcmp(b->mem + 8, &x, 8) && !memcmp(b->sram + 8, &x, 8) &&
		       !memcmp(b->host + 8, &x, 8) && b->host_writes == 1 && b->host_reads == 2,
	       "and memory holds them, written once");
	tap_u64(word(0x200), 10, "AMO on local memory");
	bench_reset(b);

	/* DMA_OUT, FENCE, DMA_IN of the same place: the fence means memory has it. */
	p_init(p_fresh(&a), 0, 0x1000, 0x100);
	p_init(&a, 1, 0x2000, 0x100);
	p_csr(&a, MTIA_CSR_ROWS, 1);
	p_csr(&a, MTIA_CSR_COLS, 64);
	p_li(&a, A0, x);
	p_keep(&a, A0, 0x1000);
	p_issue(&a, MTIA_OP_CB_PUSH, 0, 64);
	p_issue(&a, MTIA_OP_DMA_OUT, BENCH_SRAM + 0x100, 0);
	p_fence(&a);
	p_issue(&a, MTIA_OP_DMA_IN, BENCH_SRAM + 0x100, 1);
	p_fence(&a);
	p_exit(&a, 0);
	bench_one(b, &a, NULL);
	tap_u64(word(0x2000), x, "DMA_OUT, FENCE, DMA_IN");
	bench_reset(b);
}

/* ---- Links ----------------------------------------------------------------------------------- */

/* Fill banks 0..3 with value, value + 1, .. everywhere. */
static void fill_banks(struct prog *p, int32_t value)
{
	p_init(p, 8, 0x8000, 0x400);
	for (unsigned int i = 0; i < 128; i++) {
		p_li(p, A0, (uint32_t)(value + (int32_t)i / 32));
		p_li(p, T1, 0x8000 + 4 * i);
		p_store(p, A0, T1, 0, 4);
	}
	p_issue(p, MTIA_OP_CB_PUSH, 8, 512);
	p_csr(p, MTIA_CSR_CB0, 8);
	p_csr(p, MTIA_CSR_N, 32);
	p_csr(p, MTIA_CSR_M, 32);
	p_csr(p, MTIA_CSR_FLAGS, MTIA_F_BIAS);
	for (unsigned int i = 0; i < 4; i++) {
		p_csr(p, MTIA_CSR_OFF0, 128 * i);
		p_issue(p, MTIA_OP_RE_INIT, 1 << i, 0);
	}
}

#define ROUNDS 5

static void test_links(void)
{
	static const struct {
		unsigned int pe, op, dir;
		const char *what;
	} edge[] = {
		{1, MTIA_OP_RE_SEND, MTIA_DIR_EAST, "SEND over the east edge"},
		{2, MTIA_OP_RE_SEND, MTIA_DIR_SOUTH, "SEND over the south edge"},
		{2, MTIA_OP_RE_RECV, MTIA_DIR_EAST, "RECV over the west edge"},
		{1, MTIA_OP_RE_RECV, MTIA_DIR_SOUTH, "RECV over the north edge"},
	};
	struct pe_counters before, after;
	static struct prog nothing;

	for (unsigned int i = 0; i < 4; i++) {
		struct pe_status st;

		p_issue(p_fresh(&a), edge[i].op, 1, edge[i].dir);
		bench_start(b, edge[i].pe, &a, p_fresh(&nothing), 2, 2);
		bench_run(b, 100000, 1, false);
		st = status(edge[i].pe);
		tap_ok(st.fault_cause == MTIA_CAUSE_LINK && st.fault_core == 0 &&
			       st.fault_tval == (edge[i].dir | edge[i].op << 8),
		       "%s", edge[i].what);
		bench_reset(b);
	}

	/*
	 * 0 -> 1 -> 3 (east, south): PE 3 waits at a word in its local memory before it takes any
	 * tile, and PE 0 sends more of them than both links and PE 1's banks hold.
	 */
	pe_get_counters(b->pe[0], &before);
	p_fresh(&a);
	for (int i = 0; i < ROUNDS; i++) {
		fill_banks(&a, 100 * (i + 1));
		p_issue(&a, MTIA_OP_RE_SEND, 0xf, MTIA_DIR_EAST);
		p_fence(&a);
	}
	p_exit(&a, 0);
	bench_start(b, 0, &a, p_fresh(&nothing), 2, 2);
	p_fresh(&a);
	for (int i = 0; i < ROUNDS; i++) {
		fill_banks(&a, 1000);
		p_issue(&a, MTIA_OP_RE_RECV, 0xf, MTIA_DIR_EAST);
		/* two by two, highest first: order of messages is order of commands */
		p_issue(&a, MTIA_OP_RE_SEND, 0xc, MTIA_DIR_SOUTH);
		p_issue(&a, MTIA_OP_RE_SEND, 0x3, MTIA_DIR_SOUTH);
		p_fence(&a);
	}
	p_exit(&a, 0);
	bench_start(b, 1, &a, p_fresh(&nothing), 2, 2);
	p_fresh(&a);
	p_li(&a, S0, 0x7f0);
	p_load(&a, A0, S0, 0, 8);
	p_raw(&a, 0xfe050ee3); /* beqz a0, -4 */
	p_init(&a, 9, 0xa000, 0x4000);
	p_csr(&a, MTIA_CSR_ROWS, 1);
	for (unsigned int i = 0; i < ROUNDS; i++) {
		fill_banks(&a, 0);
		p_issue(&a, MTIA_OP_RE_RECV, 0xf, MTIA_DIR_SOUTH);
		p_csr(&a, MTIA_CSR_COLS, 4096);
		for (unsigned int k = 0; k < 4; k++) {
			p_issue(&a, MTIA_OP_RE_STORE, k, 9);
			p_issue(&a, MTIA_OP_CB_PUSH, 9, 4096);
			p_issue(&a, MTIA_OP_DMA_OUT, BENCH_BASE + 0x10000 + 0x4000 * i + 4096 * k,
				9);
		}
		p_fence(&a);
	}
	p_exit(&a, 0);
	bench_start(b, 3, &a, p_fresh(&nothing), 2, 2);
	bench_run(b, 20000, 1, false);
	tap_ok(status(0).status == MTIA_PE_RUNNING && pe_next_event(b->pe[0]) == PE_NEVER &&
		       status(1).status == MTIA_PE_RUNNING && pe_next_event(b->pe[1]) == PE_NEVER,
	       "SEND waits when the link is full, at no cost");
	bench_ls(b, 3)[0x7f0] = 1;
	tap_ok(bench_run(b, 200000, 1, false) == BENCH_ALL_DONE, "a reduction chain of three ends");
	for (unsigned int i = 0; i < ROUNDS; i++) {
		bool ok = true;

		for (unsigned int k = 0; k < 4; k++) {
			/* PE 3's bank k gets the (k)th message: banks 2, 3, 0, 1 of PE 1. */
			int32_t from = (int32_t)((k + 2) % 4), want, got[1024];

			want = (int32_t)k + 1000 + from + 100 * ((int32_t)i + 1) + from;
			memcpy(got, b->mem + 0x10000 + 0x4000 * i + 4096 * k, sizeof(got));
			for (unsigned int e = 0; e < 1024; e++)
				ok &= got[e] == want;
		}
		tap_ok(ok, "sums of round %u", i);
	}
	pe_get_counters(b->pe[0], &after);
	tap_u64(after.re_tiles - before.re_tiles, 4 * ROUNDS, "tiles counted");
	bench_reset(b);

	/* Another address space's tile is not added to anything. */
	fill_banks(p_fresh(&a), 5);
	p_issue(&a, MTIA_OP_RE_SEND, 1, MTIA_DIR_EAST);
	p_exit(&a, 0);
	bench_start(b, 0, &a, p_fresh(&nothing), 1, 2);
	bench_run(b, 10000, 1, false);
	{
		struct pe_launch launch = {
			.asid = 2, .rows = 1, .cols = 2, .entry = {BENCH_CODE, BENCH_CODE}};
		uint64_t next;

		pe_start(b->pe[1], &launch, b->now);
		pe_advance(b->pe[1], b->now + b->quantum);
		pe_commit(b->pe[1]);
		next = pe_next_event(b->pe[1]);
		tap_ok(next == PE_NEVER && status(1).status == MTIA_PE_FAULTED,
		       "another ASID's tile dropped, its code not reachable");
		tap_u64(b->fault.reason, MTIA_FAULT_NO_CONTEXT, "no context");
	}
	bench_reset(b);
}

/* ---- Deadlock -------------------------------------------------------------------------------- */

static void test_deadlock(void)
{
	static struct prog nothing;

	p_init(p_fresh(&a), 4, 0x1000, 0x400);
	p_issue(&a, MTIA_OP_CB_POP, 4, 64);
	p_fence(&a);
	tap_ok(bench_one(b, &a, NULL) == BENCH_DEADLOCK &&
		       trapped(MTIA_PE_FAULT_CP, MTIA_CAUSE_DEADLOCK, 4 | MTIA_OP_CB_POP << 8),
	       "deadlock names the command and the CB");
	bench_reset(b);

	p_init(p_fresh(&a), 6, 0x1000, 0x400);
	p_sync(&a, MTIA_SYNC_CB_DATA, 6, 64, ZERO);
	tap_ok(bench_one(b, &a, NULL) == BENCH_DEADLOCK &&
		       trapped(0, MTIA_CAUSE_DEADLOCK,
			       6 | (MTIA_PE_OP_SYNC | MTIA_SYNC_CB_DATA) << 8),
	       "deadlock names the SYNC and the CB");
	bench_reset(b);

	p_issue(p_fresh(&a), MTIA_OP_CB_PUSH, 7, 64);
	p_exit(&a, 0);
	tap_ok(bench_one(b, &a, NULL) == BENCH_DEADLOCK &&
		       trapped(MTIA_PE_FAULT_CP, MTIA_CAUSE_DEADLOCK, 7 | MTIA_OP_CB_PUSH << 8),
	       "a CB that nobody initialises is a deadlock, not a hang");
	bench_reset(b);

	p_raw(p_fresh(&a), 0x10500073); /* wfi */
	tap_ok(bench_one(b, &a, NULL) == BENCH_DEADLOCK &&
		       trapped(0, MTIA_CAUSE_DEADLOCK, 0xff | MTIA_PE_OP_WFI << 8),
	       "wfi never ends");
	bench_reset(b);

	p_issue(p_fresh(&a), MTIA_OP_RE_RECV, 1, MTIA_DIR_EAST);
	p_exit(&a, 0);
	bench_start(b, 1, &a, p_fresh(&nothing), 1, 2);
	bench_start(b, 0, p_fresh(&a), p_fresh(&nothing), 1, 2);
	tap_ok(bench_run(b, 100000, 1, false) == BENCH_DEADLOCK &&
		       status(1).fault_tval == (0xff | MTIA_OP_RE_RECV << 8) &&
		       status(0).status == MTIA_PE_DONE,
	       "RECV without a SEND");
	bench_reset(b);
}

/* ---- Life ------------------------------------------------------------------------------------ */

static void test_life(void)
{
	struct pe_launch launch = {
		.asid = 1, .row0 = 1, .rows = 1, .cols = 1, .entry = {BENCH_CODE, BENCH_CODE}};
	struct pe_counters counters;
	static struct prog nothing;

	tap_ok(pe_start(b->pe[0], &launch, b->now) == -EINVAL, "a sub-grid without this PE");
	p_raw(p_fresh(&a), 0x6f); /* j . */
	bench_start(b, 0, &a, p_fresh(&nothing), 1, 1);
	launch.row0 = 0;
	tap_ok(pe_start(b->pe[0], &launch, b->now) == -EBUSY, "start while running");
	tap_ok(bench_run(b, 5000, 1, false) == BENCH_TIMEOUT, "an endless loop runs");
	memset(bench_ls(b, 0), 0xee, MTIA_PE_LOCAL_SIZE);
	pe_reset(b->pe[0]);
	tap_ok(status(0).status == MTIA_PE_IDLE && pe_next_event(b->pe[0]) == PE_NEVER &&
		       bench_ls(b, 0)[77] == 0xee,
	       "reset stops it and keeps local memory");
	pe_scrub(b->pe[0]);
	tap_ok(bench_ls(b, 0)[77] == 0 && bench_ls(b, 0)[MTIA_PE_LOCAL_SIZE - 1] == 0,
	       "scrub zeroes local memory");
	p_keep(p_fresh(&a), A0, 0x100);
	p_keep(&a, A0 + 3, 0x108);
	p_exit(&a, 0);
	b->code_used = 0;
	memcpy(b->code, a.code, 4 * a.n);
	launch.arg[0] = 0x1234567890;
	launch.arg[3] = 99;
	pe_start(b->pe[0], &launch, b->now);
	bench_run(b, 5000, 1, false);
	tap_ok(word(0x100) == 0x1234567890 && word(0x108) == 99,
	       "a0..a3 are the launch's arguments");
	pe_power_on(b->pe[0]);
	pe_get_counters(b->pe[0], &counters);
	tap_ok(!counters.instrs && !counters.launches && !counters.busy_cycles &&
		       status(0).status == MTIA_PE_IDLE && !word(0x100),
	       "power-on clears all of it");
	bench_reset(b);
}

/* ---- Time and snapshots ---------------------------------------------------------------------- */

/* Four PEs, all units, both cores, links in both directions: PE 0's tiles go east, then south. */
static void start_mixture(struct bench *bench)
{
	for (unsigned int pe = 0; pe < BENCH_PES; pe++) {
		bool east_edge = pe % BENCH_COLS == BENCH_COLS - 1;

		p_fresh(&a);
		p_init(&a, 0, 0x1000, 0x1000);
		p_init(&a, 1, 0x2000, 0x1000);
		p_init(&a, 2, 0x3000, 0x2000);
		p_init(&a, 3, 0x5000, 0x1000);
		p_csr(&a, MTIA_CSR_ROWS, 32);
		p_csr(&a, MTIA_CSR_COLS, 32);
		p_csr(&a, MTIA_CSR_STRIDE_MEM, 96);
		for (unsigned int i = 0; i < 12; i++) {
			p_delay(&a, 7 * pe + i);
			p_issue(&a, MTIA_OP_DMA_IN, BENCH_BASE + 0x2000 * i + 32 * pe, 0);
			p_issue(&a, MTIA_OP_DMA_IN, (i & 1 ? BENCH_SRAM : BENCH_HOST) + 32 * i, 1);
		}
		p_exit(&a, 1);
		p_fresh(&c);
		p_csr(&c, MTIA_CSR_CB1, 1);
		p_csr(&c, MTIA_CSR_M, 32);
		p_csr(&c, MTIA_CSR_N, 32);
		p_csr(&c, MTIA_CSR_K, 32);
		p_csr(&c, MTIA_CSR_ROWS, 32);
		p_csr(&c, MTIA_CSR_COLS, 128);
		p_csr(&c, MTIA_CSR_STRIDE_MEM, 128);
		p_issue(&c, MTIA_OP_RE_INIT, 0xf, 0);
		for (unsigned int i = 0; i < 12; i++) {
			unsigned int recv = i & 1 ? MTIA_OP_RE_RECVF : MTIA_OP_RE_RECV;
			uint32_t type = i & 2 ? MTIA_TYPE_F16 : MTIA_TYPE_BF16;

			p_csr(&c, MTIA_CSR_FLAGS,
			      i & 1 ? MTIA_F_TYPE0(type) | MTIA_F_TYPE1(type) : MTIA_F_SIGNED0);
			p_issue(&c, MTIA_OP_MML, i % 4, 0);
			p_csr(&c, MTIA_CSR_IMM0, 2 + i % 4);
			p_issue(&c, i & 1 ? MTIA_OP_MLU_TRANSPOSE : MTIA_OP_MLU_COPY,
				12 | 20ull << 32, 3);
			p_csr(&c, MTIA_CSR_FLAGS, MTIA_F_RELU);
			p_issue(&c, MTIA_OP_CB_POP, 0, 1024);
			p_issue(&c, MTIA_OP_CB_POP, 1, 1024);
			if (pe % BENCH_COLS)
				p_issue(&c, recv, 1 << i % 4, MTIA_DIR_EAST);
			if (pe >= BENCH_COLS)
				p_issue(&c, recv, 1 << i % 4, MTIA_DIR_SOUTH);
			if (!east_edge)
				p_issue(&c, MTIA_OP_RE_SEND, 1 << i % 4, MTIA_DIR_EAST);
			if (pe < BENCH_COLS)
				p_issue(&c, MTIA_OP_RE_SEND, 1 << i % 4, MTIA_DIR_SOUTH);
			p_issue(&c, i & 1 ? MTIA_OP_SE_BANK : MTIA_OP_RE_STORE, i % 4, 2);
			p_issue(&c, MTIA_OP_CB_PUSH, 2, 4096);
			p_issue(&c, MTIA_OP_DMA_OUT,
				BENCH_BASE + 0x100000 * (pe + 1) % 0x400000 + 0x20000 + 0x1000 * i,
				2);
			p_li(&c, A0, BENCH_BASE + 0x3f0000 + 8 * pe);
			p_store(&c, A0, A0, 0, 8);
			p_load(&c, A1, A0, 0, 8);
		}
		p_exit(&c, 2);
		bench_start(bench, pe, &a, &c, BENCH_ROWS, BENCH_COLS);
	}
}

static uint64_t fnv(uint64_t h, const void *data, size_t n)
{
	for (size_t i = 0; i < n; i++)
		h = (h ^ ((const uint8_t *)data)[i]) * 0x100000001b3ull;
	return h;
}

static uint64_t mixture_hash(struct bench *bench)
{
	uint64_t h = fnv(0xcbf29ce484222325ull, bench->mem, BENCH_SIZE);
	struct pe_counters counters;
	struct pe_status st;

	for (unsigned int i = 0; i < BENCH_PES; i++) {
		h = fnv(h, pe_local_memory(bench->pe[i]), MTIA_PE_LOCAL_SIZE);
		pe_get_status(bench->pe[i], &st);
		pe_get_counters(bench->pe[i], &counters);
		h = fnv(h, &st, sizeof(st));
		h = fnv(h, &counters, sizeof(counters));
	}
	return h;
}

static struct bench *mixture(unsigned int isa)
{
	struct bench *bench = bench_create(256, isa);

	for (unsigned int i = 0; i < BENCH_SIZE; i++)
		bench->mem[i] = (uint8_t)(i * 2654435761u >> 13);
	for (unsigned int i = 0; i < BENCH_SMALL; i++)
		bench->sram[i] = bench->host[i] = (uint8_t)(i * 40503u >> 5);
	start_mixture(bench);
	return bench;
}

static void test_determinism(void)
{
	static const struct {
		unsigned int isa, slices;
		bool reverse;
		const char *what;
	} way[] = {
		{MTIA_ISA_AUTO, 2, false, "quanta cut in 2"},
		{MTIA_ISA_AUTO, 8, false, "quanta cut in 8"},
		{MTIA_ISA_AUTO, 1, true, "PEs in reverse order"},
		{MTIA_ISA_AUTO, 4, true, "both"},
		{MTIA_ISA_SCALAR, 1, false, "scalar arithmetic"},
		{MTIA_ISA_AVX2, 1, false, "AVX2 arithmetic at most"},
	};
	struct bench *bench = mixture(MTIA_ISA_AUTO);
	enum bench_end end = bench_run(bench, 1000000, 1, false);
	uint64_t want = mixture_hash(bench), cycles = bench->now;

	tap_ok(end == BENCH_ALL_DONE, "a mixture of everything on four PEs ends");
	tap_ok(cycles > 5 * 256, "after many quanta (%llu cycles)", (unsigned long long)cycles);
	bench_destroy(bench);
	for (unsigned int i = 0; i < sizeof(way) / sizeof(way[0]); i++) {
		bench = mixture(way[i].isa);
		bench_run(bench, 1000000, way[i].slices, way[i].reverse);
		tap_u64(mixture_hash(bench), want, "same memory, counters and cycles: %s",
			way[i].what);
		bench_destroy(bench);
	}
}

static void test_snapshot(void)
{
	size_t size = pe_state_size();
	uint8_t *state[BENCH_PES], *bad = malloc(size);
	struct bench *bench;
	unsigned int refused = 0, accepted = 0;
	uint64_t want;
	bool same = true;

	for (unsigned int i = 0; i < BENCH_PES; i++)
		state[i] = malloc(size);
	bench = mixture(MTIA_ISA_AUTO);
	bench_run(bench, 1000000, 1, false);
	want = mixture_hash(bench);
	bench_destroy(bench);

	/* At every barrier of the run: carry all of it over to another set of PEs. */
	bench = mixture(MTIA_ISA_AUTO);
	while (bench_run(bench, bench->quantum, 1, false) == BENCH_TIMEOUT)
		bench = bench_move(bench, &same);
	tap_ok(same, "a loaded state is accepted and saves to the same bytes");
	tap_u64(mixture_hash(bench), want, "a run that moves house at every barrier ends the same");
	bench_destroy(bench);

	/* Stopped in the middle: core B's store is on its way when core A does what is illegal. */
	bench = bench_create(256, MTIA_ISA_AUTO);
	p_delay(p_fresh(&a), 40);
	p_raw(&a, 0);
	p_li(p_fresh(&c), S0, BENCH_BASE);
	p_store(&c, S0, S0, 0, 8);
	p_exit(&c, 0);
	bench_start(bench, 0, &a, &c, 1, 1);
	tap_ok(bench_run(bench, 1000, 1, false) == BENCH_SOME_FAULTED &&
		       !memcmp(bench->mem, &(uint64_t){BENCH_BASE}, 8),
	       "a store before the other core's fault happens");
	pe_save(bench->pe[0], bad);
	tap_ok(!pe_load(bench->pe[0], bad, size), "a faulted PE can be saved and loaded");
	bench_destroy(bench);

	/* Bytes changed at random: refused, or at worst a program that goes wrong. */
	bench = mixture(MTIA_ISA_AUTO);
	bench_run(bench, 10 * 256, 1, false);
	for (unsigned int i = 0; i < BENCH_PES; i++)
		pe_save(bench->pe[i], state[i]);
	/* What is checked lies in front; the bulk behind it is tiles and local memory. */
	for (unsigned int round = 0; round < 3000; round++) {
		unsigned int pe = round % BENCH_PES, flips = bench_range(1, 4);

		memcpy(bad, state[pe], size);
		for (unsigned int i = 0; i < flips; i++)
			bad[bench_range(0, round % 8 ? 24000 : (uint32_t)size - 1)] =
				(uint8_t)bench_random();
		if (pe_load(bench->pe[pe], bad, size)) {
			refused++;
			same &= status(0).status == MTIA_PE_IDLE;
		} else {
			accepted++;
		}
		if (round % BENCH_PES == BENCH_PES - 1)
			bench_run(bench, 256 * 3, 1, false);
	}
	tap_ok(refused && accepted, "damaged states: %u refused, %u ran on", refused, accepted);
	tap_ok(pe_load(bench->pe[0], state[0], size - 1) == -EINVAL &&
		       pe_next_event(bench->pe[0]) == PE_NEVER,
	       "a truncated state is refused, the PE is idle");
	bench_destroy(bench);
	for (unsigned int i = 0; i < BENCH_PES; i++)
		free(state[i]);
	free(bad);
}

int main(void)
{
	b = bench_create(256, MTIA_ISA_AUTO);
	test_order();
	test_queue();
	test_sync();
	test_memory();
	test_links();
	test_deadlock();
	test_life();
	test_determinism();
	test_snapshot();
	bench_destroy(b);
	return tap_done();
}
