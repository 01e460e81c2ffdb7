// SPDX-License-Identifier: GPL-2.0
/*
 * Between PEs: loads, stores and DMA to other PEs' local memory; multicast groups, which read once. What
 * is refused and how it is told, order, deadlock, and that neither time's cuts nor a snapshot
 * changes anything.
 */
#include <errno.h>

#include "../unit/tap.h"
#include "pe_bench.h"

#define PEER(row, col) ((uint64_t)MTIA_PE_PEER(row, col))
#define LS_DATA	0x4000u	/* what tests write there themselves */
#define LS_CB	0x8000u	/* CBs from here on */

static struct prog prog[BENCH_PES][MTIA_CORES_PER_PE];
static struct bench *b;

static void all_fresh(void)
{
	for (unsigned int pe = 0; pe < BENCH_PES; pe++)
		for (unsigned int core = 0; core < MTIA_CORES_PER_PE; core++)
			prog[pe][core].n = 0;
}

/* Programs that say nothing end at once. */
static enum bench_end run_all(void)
{
	for (unsigned int pe = 0; pe < BENCH_PES; pe++)
		bench_start(b, pe, &prog[pe][0], &prog[pe][1], BENCH_ROWS, BENCH_COLS);
	return bench_run(b, 400000, 1, false);
}

static struct pe_status status(unsigned int pe)
{
	return bench_status(b, pe);
}

static uint64_t word(unsigned int pe, uint32_t addr)
{
	return bench_word(b, pe, addr);
}

static bool trapped(unsigned int pe, uint32_t core, uint64_t cause, uint64_t tval)
{
	return bench_trapped(b, pe, core, cause, tval);
}

static struct pe_counters counters(unsigned int pe)
{
	struct pe_counters c;

	pe_get_counters(b->pe[pe], &c);
	return c;
}

static void fill_memory(struct bench *bench)
{
	for (unsigned int i = 0; i < BENCH_SIZE; i++)
		bench->mem[i] = (uint8_t)(i * 2654435761u >> 13);
	for (unsigned int i = 0; i < BENCH_SMALL; i++)
		bench->sram[i] = bench->host[i] = (uint8_t)(i * 40503u >> 5);
}

/* ---- Loads and stores ------------------------------------------------------------------------ */

static void load(struct prog *p, uint64_t addr, unsigned int size, uint32_t keep)
{
	p_li(p, A4, addr);
	p_load(p, A5, A4, 0, size);
	p_keep(p, A5, keep);
}

static void store(struct prog *p, uint64_t addr, unsigned int size, uint64_t value)
{
	p_li(p, A4, addr);
	p_li(p, A5, value);
	p_store(p, A5, A4, 0, size);
}

static void test_cores(void)
{
	static const struct {
		const char *what;
		uint64_t addr;
	} outside[] = {
		{ "(2,0)", PEER(2, 0) },
		{ "(0,2)", PEER(0, 2) },
		{ "(0,15)", PEER(0, 15) },
		{ "(15,15)", PEER(15, 15) },
		{ "(1,1), behind its memory", PEER(1, 1) + MTIA_PE_LOCAL_SIZE },
		{ "(0,0), before the window", PEER(0, 0) - 8 },
		{ "behind the window", PEER(16, 0) },
	};
	bool ok = true;

	all_fresh();
	for (unsigned int i = 0; i < 4; i++) {
		store(&prog[0][0], PEER(1, 1) + LS_DATA + 16 * i, 1u << i, 0x8182838485868788ull);
		load(&prog[2][1], PEER(0, 1) + LS_DATA + 16 * i, 1u << i, 0x1000 + 8 * i);
	}
	/* the very last bytes, and the own memory the long way */
	store(&prog[0][0], PEER(1, 1) + MTIA_PE_LOCAL_SIZE - 8, 8, 77);
	store(&prog[0][0], PEER(0, 0) + LS_DATA, 8, 78);
	load(&prog[0][0], PEER(0, 0) + LS_DATA, 8, 0x1000);
	p_exit(&prog[0][0], 0);
	p_exit(&prog[2][1], 0);
	for (unsigned int i = 0; i < 64; i++)
		bench_ls(b, 1)[LS_DATA + i] = (uint8_t)(0x70 + i);
	ok &= run_all() == BENCH_ALL_DONE;
	for (unsigned int i = 0; i < 4; i++)
		ok &= word(3, LS_DATA + 16 * i) ==
		      (0x8182838485868788ull & (i < 3 ? (1ull << 8 * (1u << i)) - 1 : UINT64_MAX));
	ok &= word(3, MTIA_PE_LOCAL_SIZE - 8) == 77 && word(0, 0x1000) == 78 && word(0, LS_DATA) == 78;
	ok &= word(2, 0x1000) == 0x70 && word(2, 0x1008) == 0xffffffffffff8180ull &&
	      word(2, 0x1010) == 0xffffffff93929190ull && word(2, 0x1018) == 0xa7a6a5a4a3a2a1a0ull;
	tap_ok(ok, "loads and stores of 1 to 8 bytes in other PEs' memory");
	bench_reset(b);

	for (unsigned int i = 0; i < sizeof(outside) / sizeof(outside[0]); i++) {
		for (unsigned int write = 0; write < 2; write++) {
			all_fresh();
			if (write)
				store(&prog[3][1], outside[i].addr, 4, 1);
			else
				load(&prog[3][1], outside[i].addr, 4, 0x1000);
			p_exit(&prog[3][1], 0);
			run_all();
			tap_ok(trapped(3, 1, write ? 7 : 5, outside[i].addr) && !b->fault.count,
			       "a %s at %s traps", write ? "store" : "load", outside[i].what);
			bench_reset(b);
		}
	}
	all_fresh();
	p_li(&prog[0][0], A4, PEER(1, 0));
	p_raw(&prog[0][0], 0x0000202f | A4 << 15);	/* amoadd.w zero, zero, (a4) */
	run_all();
	tap_ok(trapped(0, 0, 7, PEER(1, 0)), "RISC-V's atomics there trap");
	bench_reset(b);
	all_fresh();
	p_li(&prog[0][0], A4, PEER(1, 0));
	p_raw(&prog[0][0], 0x67 | A4 << 15);		/* jr a4 */
	run_all();
	tap_ok(trapped(0, 0, 1, PEER(1, 0)), "a jump there traps");
	bench_reset(b);
}

/* ---- DMA ------------------------------------------------------------------------------------- */

static void shape(struct prog *p, uint32_t rows, uint32_t cols, int64_t stride_mem,
		  uint32_t stride_cb)
{
	p_csr(p, MTIA_CSR_ROWS, rows);
	p_csr(p, MTIA_CSR_COLS, cols);
	p_csr(p, MTIA_CSR_STRIDE_MEM, (uint64_t)stride_mem);
	p_csr(p, MTIA_CSR_STRIDE_CB, stride_cb);
}

static void test_dma(void)
{
	struct prog *p;
	bool ok = true;
	uint64_t polls = 0;

	/* in, with strides and over the end of the ring; out likewise */
	all_fresh();
	p = &prog[0][0];
	p_init(p, 0, LS_CB, 0x400);
	p_issue(p, MTIA_OP_CB_PUSH, 0, 0x380);
	p_issue(p, MTIA_OP_CB_POP, 0, 0x380);
	shape(p, 5, 64, 96, 80);
	p_issue(p, MTIA_OP_DMA_IN, PEER(1, 1) + LS_DATA, 0);
	shape(p, 2, 80, 128, 96);
	p_issue(p, MTIA_OP_DMA_OUT, PEER(1, 0) + LS_DATA + 4, 0);
	p_fence(p);
	p_exit(p, 0);
	for (unsigned int i = 0; i < 0x1000; i++)
		bench_ls(b, 3)[LS_DATA + i] = (uint8_t)(i * 7 + 3);
	ok &= run_all() == BENCH_ALL_DONE;
	for (unsigned int r = 0; r < 5; r++)
		for (unsigned int i = 0; i < 64; i++)
			ok &= bench_ls(b, 0)[LS_CB + (0x380 + 80 * r + i) % 0x400] ==
			      bench_ls(b, 3)[LS_DATA + 96 * r + i];
	tap_ok(ok, "DMA_IN from another PE, rows and strides");
	for (unsigned int r = 0; r < 2; r++)
		for (unsigned int i = 0; i < 80; i++)
			ok &= bench_ls(b, 2)[LS_DATA + 4 + 128 * r + i] ==
			      bench_ls(b, 0)[LS_CB + (0x380 + 96 * r + i) % 0x400];
	tap_ok(ok, "DMA_OUT to another PE");
	tap_ok(counters(0).fi_peer_bytes == 5 * 64 + 2 * 80 && !counters(0).fi_read_bytes &&
		       !counters(0).fi_write_bytes,
	       "counted as what they are, not as memory's");
	bench_reset(b);

	/* data, then a flag: who sees the flag sees the data, in memory and in local memory */
	all_fresh();
	p = &prog[0][0];
	p_init(p, 0, LS_CB, 0x4000);
	p_issue(p, MTIA_OP_CB_PUSH, 0, 0x3000);
	shape(p, 1, 0x1000, 0, 0);
	p_issue(p, MTIA_OP_DMA_OUT, BENCH_BASE, 0);
	p_issue(p, MTIA_OP_DMA_OUT, PEER(0, 1) + LS_DATA, 0);
	shape(p, 1, 4, 0, 0);
	p_issue(p, MTIA_OP_DMA_OUT, PEER(0, 1) + 0x1000, 0);
	p_fence(p);
	p_exit(p, 0);
	memset(bench_ls(b, 0) + LS_CB, 0x5a, 0x4000);
	p = &prog[1][1];
	p_li(p, A4, 0x1000);
	p_load(p, A5, A4, 0, 4);
	p_raw(p, 0xfe078ee3);				/* beqz a5, -4 */
	load(p, LS_DATA + 0xff8, 8, 0x1008);
	load(p, BENCH_BASE + 0xff8, 8, 0x1010);
	p_exit(p, 0);
	ok = run_all() == BENCH_ALL_DONE && word(1, 0x1008) == 0x5a5a5a5a5a5a5a5aull &&
	     word(1, 0x1010) == 0x5a5a5a5a5a5a5a5aull;
	polls = status(1).instrs[1];
	tap_ok(ok && polls > 100, "writes of a PE complete in order (a flag polled %llu times)",
	       (unsigned long long)polls / 2);
	bench_reset(b);

	all_fresh();
	p = &prog[0][0];
	p_init(p, 0, LS_CB, 0x1000);
	shape(p, 1, 64, 0, 0);
	p_issue(p, MTIA_OP_DMA_IN, PEER(0, 2), 0);
	run_all();
	tap_ok(trapped(0, 0, MTIA_CAUSE_FIELD, MTIA_FIELD_PEER | MTIA_OP_DMA_IN << 8),
	       "DMA_IN from outside the sub-grid");
	bench_reset(b);
	all_fresh();
	p = &prog[0][1];
	p_init(p, 0, LS_CB, 0x1000);
	p_issue(p, MTIA_OP_CB_PUSH, 0, 0x1000);
	shape(p, 1, 64, 0, 0);
	p_issue(p, MTIA_OP_DMA_OUT, PEER(3, 0), 0);
	run_all();
	tap_ok(trapped(0, 1, MTIA_CAUSE_FIELD, MTIA_FIELD_PEER | MTIA_OP_DMA_OUT << 8),
	       "DMA_OUT to outside the sub-grid");
	bench_reset(b);
	/* it begins inside, and a row leaves the memory, or the sub-grid */
	for (unsigned int i = 0; i < 2; i++) {
		uint64_t from = PEER(1, 1) + MTIA_PE_LOCAL_SIZE - 64;

		all_fresh();
		p = &prog[0][0];
		p_init(p, 0, LS_CB, 0x1000);
		shape(p, 2, i ? 32 : 128, i ? (int64_t)MTIA_PE_PEER_STRIDE : 128, 0);
		p_issue(p, MTIA_OP_DMA_IN, from, 0);
		p_fence(p);
		run_all();
		tap_ok(trapped(0, MTIA_PE_FAULT_CP, MTIA_CAUSE_FI_FAULT,
			       i ? from + MTIA_PE_PEER_STRIDE : from + 64) &&
			       b->fault.count == 1 && b->fault.reason == MTIA_FAULT_BAD_ADDR,
		       "a DMA_IN that leaves %s", i ? "the sub-grid" : "local memory");
		bench_reset(b);
	}
}

/* ---- Multicast ------------------------------------------------------------------------------- */

static void join(struct prog *p, unsigned int group, unsigned int kind, unsigned int mask)
{
	p_issue(p, MTIA_OP_MC_JOIN, group, kind | (uint64_t)mask << 8);
}

static void multicast(struct prog *p, unsigned int group, uint64_t va, unsigned int cb)
{
	p_csr(p, MTIA_CSR_GROUP, group);
	p_issue(p, MTIA_OP_DMA_IN_MC, va, cb);
}

static void test_groups(void)
{
	static const struct {
		const char *what;
		uint64_t va;
	} from[] = {
		{ "LPDDR", BENCH_BASE + 0x1000 },
		{ "SRAM", BENCH_SRAM + 0x100 },
		{ "host memory", BENCH_HOST + 0x200 },
		{ "a PE's local memory", PEER(1, 1) + LS_DATA },
	};

	for (unsigned int i = 0; i < 8; i++) {
		bool column = i & 1, ok = true;
		unsigned int other = column ? 2 : 1;
		const uint8_t *memory[] = { b->mem + 0x1000, b->sram + 0x100, b->host + 0x200,
					    bench_ls(b, 3) + LS_DATA };

		for (unsigned int pe = 0; pe < BENCH_PES; pe++)
			pe_power_on(b->pe[pe]);
		for (unsigned int n = 0; n < 0x400; n++)
			bench_ls(b, 3)[LS_DATA + n] = (uint8_t)(n * 5);
		all_fresh();
		for (unsigned int n = 0; n < 2; n++) {
			struct prog *p = &prog[n ? other : 0][n];

			if (n)
				p_delay(p, 700);
			p_init(p, 3, LS_CB + 0x1000 * n, 0x400);
			p_issue(p, MTIA_OP_CB_PUSH, 3, 0x300 + 0x20 * n);
			p_issue(p, MTIA_OP_CB_POP, 3, 0x300 + 0x20 * n);
			join(p, 5, column ? MTIA_MC_COL : MTIA_MC_ROW, 3);
			shape(p, 4, 96, 128, n ? 0 : 160);
			multicast(p, 5, from[i / 2].va, 3);
			p_fence(p);
			p_sync(p, MTIA_SYNC_CB_LEVEL, 3, 0, A5);
			p_keep(p, A5, 0x1000);
			p_exit(p, 0);
		}
		ok &= run_all() == BENCH_ALL_DONE && word(0, 0x1000) == 4 * 160 &&
		      word(other, 0x1000) == 4 * 96;
		for (unsigned int r = 0; r < 4; r++) {
			for (unsigned int c = 0; c < 96; c++) {
				uint8_t want = memory[i / 2][128 * r + c];

				ok &= bench_ls(b, 0)[LS_CB + (0x300 + 160 * r + c) % 0x400] == want;
				ok &= bench_ls(b, other)[LS_CB + 0x1000 +
							 (0x320 + 96 * r + c) % 0x400] == want;
			}
		}
		tap_ok(ok, "one %s of two gets %s, each into its own CB", column ? "column" : "row",
		       from[i / 2].what);
		tap_ok(counters(0).fi_read_bytes == (i < 6 ? 384 : 0) &&
			       counters(0).fi_peer_bytes == (i < 6 ? 0 : 384) &&
			       !counters(0).fi_multicast_bytes &&
			       !counters(other).fi_read_bytes && !counters(other).fi_peer_bytes &&
			       counters(other).fi_multicast_bytes == 384 &&
			       b->host_reads == (i / 2 == 2 ? 4 : 0),
		       "read once");
		bench_reset(b);
	}
}

static void test_refused(void)
{
	static const struct {
		const char *what;
		uint64_t group, rs2;
		enum mtia_pe_field field;
	} bad[] = {
		{ "group 8", 8, 1 << 8, MTIA_FIELD_GROUP },
		{ "group 2^32", 1ull << 32, 1 << 8, MTIA_FIELD_GROUP },
		{ "kind 2", 0, 2 | 1 << 8, MTIA_FIELD_MASK },
		{ "an empty mask", 0, MTIA_MC_ROW, MTIA_FIELD_MASK },
		{ "a mask without the own position", 0, MTIA_MC_COL | 2 << 8, MTIA_FIELD_MASK },
		{ "a mask beyond the sub-grid", 0, MTIA_MC_ROW | 5 << 8, MTIA_FIELD_MASK },
		{ "a mask of 2^24", 0, 1 << 8 | 1ull << 32, MTIA_FIELD_MASK },
	};
	static const struct {
		const char *what;
		uint64_t va;
		uint32_t rows, cols, stride;
		unsigned int mask;
	} other[] = {
		{ "VA", BENCH_BASE + 32, 2, 64, 64, 3 },
		{ "ROWS", BENCH_BASE, 3, 64, 64, 3 },
		{ "COLS", BENCH_BASE, 2, 32, 64, 3 },
		{ "STRIDE_MEM", BENCH_BASE, 2, 64, 96, 3 },
		{ "the mask", BENCH_BASE, 2, 64, 64, 2 },
	};

	for (unsigned int i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		all_fresh();
		p_issue(&prog[0][0], MTIA_OP_MC_JOIN, bad[i].group, bad[i].rs2);
		p_exit(&prog[0][0], 0);
		run_all();
		tap_ok(trapped(0, 0, MTIA_CAUSE_FIELD, bad[i].field | MTIA_OP_MC_JOIN << 8),
		       "MC_JOIN with %s", bad[i].what);
		bench_reset(b);
	}
	for (unsigned int i = 0; i < 2; i++) {
		struct prog *p = &prog[0][1];

		all_fresh();
		p_init(p, 0, LS_CB, 0x1000);
		shape(p, 1, 64, 0, 0);
		multicast(p, i ? 8 : 7, BENCH_BASE, 0);
		p_fence(p);
		run_all();
		tap_ok(trapped(0, i ? 1 : MTIA_PE_FAULT_CP, MTIA_CAUSE_FIELD,
			       MTIA_FIELD_GROUP | MTIA_OP_DMA_IN_MC << 8),
		       "DMA_IN_MC of %s", i ? "group 8" : "a group that was not joined");
		bench_reset(b);
	}
	for (unsigned int i = 0; i < sizeof(other) / sizeof(other[0]); i++) {
		all_fresh();
		for (unsigned int pe = 0; pe < 2; pe++) {
			struct prog *p = &prog[pe][0];

			p_init(p, 0, LS_CB, 0x1000);
			join(p, 1, MTIA_MC_ROW, pe ? other[i].mask : 3);
			if (pe)
				shape(p, other[i].rows, other[i].cols, other[i].stride, 0);
			else
				shape(p, 2, 64, 64, 0);
			p_delay(p, 500 * pe);
			/* a member alone has its data before the other's comes */
			multicast(p, 1, pe ? other[i].va : BENCH_BASE, 0);
			p_fence(p);
			p_exit(p, 0);
		}
		run_all();
		/* a group of one does not wait for anybody: only the one that looks at it can tell */
		tap_ok(i == 4 ? status(0).status != MTIA_PE_DONE :
				trapped(0, MTIA_PE_FAULT_CP, MTIA_CAUSE_GROUP,
					1 | MTIA_OP_DMA_IN_MC << 8) &&
					trapped(1, MTIA_PE_FAULT_CP, MTIA_CAUSE_GROUP,
						1 | MTIA_OP_DMA_IN_MC << 8),
		       "members that disagree in %s", other[i].what);
		bench_reset(b);
	}

	/* the page is not there: one fault, of the member that reads */
	all_fresh();
	for (unsigned int pe = 0; pe < 2; pe++) {
		struct prog *p = &prog[pe][0];

		p_init(p, 0, LS_CB, 0x2000);
		join(p, 0, MTIA_MC_ROW, 3);
		shape(p, 2, 64, 4096, 0);
		multicast(p, 0, BENCH_BASE, 0);
		p_fence(p);
		p_exit(p, 0);
	}
	b->unmapped_page = BENCH_BASE + 4096;
	run_all();
	tap_ok(trapped(0, MTIA_PE_FAULT_CP, MTIA_CAUSE_FI_FAULT, BENCH_BASE + 4096) &&
		       b->fault.count == 1 && b->fault.va == BENCH_BASE + 4096 &&
		       b->fault.access == MTIA_ACCESS_READ,
	       "an MMU fault of a group is one");
	bench_reset(b);

	/* the other member never comes */
	all_fresh();
	p_init(&prog[3][1], 6, LS_CB, 0x1000);
	join(&prog[3][1], 2, MTIA_MC_COL, 3);
	shape(&prog[3][1], 1, 64, 0, 0);
	multicast(&prog[3][1], 2, BENCH_BASE, 6);
	p_exit(&prog[3][1], 0);
	tap_ok(run_all() == BENCH_DEADLOCK &&
		       trapped(3, MTIA_PE_FAULT_CP, MTIA_CAUSE_DEADLOCK, 6 | MTIA_OP_DMA_IN_MC << 8),
	       "a member that never comes is a deadlock");
	bench_reset(b);
}

/* ---- Gather ---------------------------------------------------------------------------------- */

static void test_gather(void)
{
	static const uint64_t from[] = { BENCH_BASE + 0x1000, BENCH_SRAM, BENCH_HOST, PEER(0, 1) };
	struct bench *plain = b;
	uint32_t index[16];
	struct prog *p;
	bool ok;

	b = bench_create_fi(256, MTIA_CAP_GATHER, 0);
	fill_memory(b);
	for (unsigned int i = 0; i < 4; i++) {
		const uint8_t *memory[] = { b->mem + 0x1000, b->sram, b->host, bench_ls(b, 1) };

		/* indices and rows both run over the end of their ring */
		all_fresh();
		p = &prog[0][0];
		p_init(p, 0, LS_CB, 64);
		p_issue(p, MTIA_OP_CB_PUSH, 0, 62);
		p_issue(p, MTIA_OP_CB_POP, 0, 42);
		p_issue(p, MTIA_OP_CB_PUSH, 0, 40);
		p_init(p, 1, LS_CB + 0x1000, 0x800);
		p_issue(p, MTIA_OP_CB_PUSH, 1, 0x700);
		p_issue(p, MTIA_OP_CB_POP, 1, 0x700);
		p_csr(p, MTIA_CSR_CB0, 0);
		p_csr(p, MTIA_CSR_OFF0, 4);
		shape(p, 12, 72, 96, 80);
		p_issue(p, MTIA_OP_DMA_GATHER, from[i], 1);
		p_issue(p, MTIA_OP_CB_POP, 0, 60); /* waits: the indices are still read */
		p_issue(p, MTIA_OP_CB_PUSH, 0, 60);
		p_fence(p);
		p_sync(p, MTIA_SYNC_CB_LEVEL, 1, 0, A5);
		p_keep(p, A5, 0x1000);
		p_exit(p, 0);
		for (unsigned int n = 0; n < 12; n++) {
			index[n] = bench_range(0, 400);
			for (unsigned int c = 0; c < 4; c++)
				bench_ls(b, 0)[LS_CB + (42 + 4 + 4 * n + c) % 64] =
					(uint8_t)(index[n] >> 8 * c);
		}
		for (unsigned int n = 0; n < 0x10000; n++)
			bench_ls(b, 1)[n] = (uint8_t)(n * 11 >> 2);
		ok = run_all() == BENCH_ALL_DONE && word(0, 0x1000) == 12 * 80;
		for (unsigned int n = 0; n < 12; n++)
			for (unsigned int c = 0; c < 72; c++)
				ok &= bench_ls(b, 0)[LS_CB + 0x1000 + (0x700 + 80 * n + c) % 0x800] ==
				      memory[i][96 * index[n] + c];
		tap_ok(ok, "DMA_GATHER of 12 rows by index, source %u", i);
		bench_reset(b);
	}
	tap_ok(counters(0).fi_read_bytes == 3 * 12 * 72 && counters(0).fi_peer_bytes == 12 * 72,
	       "counted");

	/* a row that is not there; more indices than the CB can hold; indices that never come */
	for (unsigned int i = 0; i < 3; i++) {
		all_fresh();
		p = &prog[0][1];
		p_init(p, 4, LS_CB, 64);
		if (i < 2)
			p_issue(p, MTIA_OP_CB_PUSH, 4, 64);
		p_init(p, 1, LS_CB + 0x1000, 0x800);
		p_csr(p, MTIA_CSR_CB0, 4);
		shape(p, i == 1 ? 17 : 16, 32, 4096, 0);
		p_issue(p, MTIA_OP_DMA_GATHER, BENCH_BASE, 1);
		p_fence(p);
		for (unsigned int n = 0; n < 16; n++)
			memcpy(bench_ls(b, 0) + LS_CB + 4 * n, &(uint32_t){ n * n }, 4);
		if (!i)
			b->unmapped_page = BENCH_BASE + 81 * 4096;
		run_all();
		if (!i)
			tap_ok(trapped(0, MTIA_PE_FAULT_CP, MTIA_CAUSE_FI_FAULT,
				       BENCH_BASE + 81 * 4096) && b->fault.count == 1,
			       "a row that is not mapped, by its own address");
		else
			tap_ok(trapped(0, MTIA_PE_FAULT_CP,
				       i == 1 ? MTIA_CAUSE_CB_RULE : MTIA_CAUSE_DEADLOCK,
				       4 | MTIA_OP_DMA_GATHER << 8),
			       "%s", i == 1 ? "more indices than their CB holds" :
					      "indices that never come");
		bench_reset(b);
	}
	for (unsigned int i = 0; i < 2; i++) {
		all_fresh();
		p = &prog[0][0];
		p_csr(p, MTIA_CSR_CB0, i ? 0 : 32);
		p_csr(p, MTIA_CSR_OFF0, i ? 0x20001 : 0);
		shape(p, 1, 32, 0, 0);
		p_issue(p, MTIA_OP_DMA_GATHER, BENCH_BASE, 1);
		run_all();
		tap_ok(trapped(0, 0, MTIA_CAUSE_FIELD, (i ? MTIA_FIELD_OFF0 : MTIA_FIELD_CB0) |
							       MTIA_OP_DMA_GATHER << 8),
		       "%s", i ? "indices beyond local memory" : "indices in CB 32");
		bench_reset(b);
	}
	bench_destroy(b);
	b = plain;
	all_fresh();
	p_issue(&prog[0][0], MTIA_OP_DMA_GATHER, BENCH_BASE, 1);
	run_all();
	tap_ok(trapped(0, 0, MTIA_CAUSE_FIELD, MTIA_FIELD_OP | MTIA_OP_DMA_GATHER << 8),
	       "v1 does not know DMA_GATHER");
	bench_reset(b);
}

/* ---- Transfers in flight --------------------------------------------------------------------- */

static void test_limit(void)
{
	struct bench *sixteen = b;
	uint64_t cycles[17];
	bool ok = true;

	for (unsigned int limit = 1; limit <= 16; limit++) {
		struct prog *p = &prog[0][0];

		b = bench_create_fi(256, 0, limit);
		fill_memory(b);
		all_fresh();
		p_init(p, 0, LS_CB, 0x2000);
		shape(p, 1, 64, 0, 0);
		for (unsigned int i = 0; i < 64; i++)
			p_issue(p, MTIA_OP_DMA_IN, BENCH_BASE + 64 * i, 0);
		p_fence(p);
		p_csr_read(p, A5, 0xc01);
		p_keep(p, A5, 0x1000);
		p_exit(p, 0);
		ok &= run_all() == BENCH_ALL_DONE && !memcmp(bench_ls(b, 0) + LS_CB, b->mem, 64 * 64);
		cycles[limit] = word(0, 0x1000);
		/* so many at a time, 200 cycles each */
		ok &= cycles[limit] > 64 / limit * 200;
		bench_destroy(b);
	}
	for (unsigned int limit = 2; limit <= 16; limit++)
		ok &= cycles[limit] < cycles[limit - 1];
	b = sixteen;
	tap_ok(ok, "64 reads with 1 to 16 transfers in flight: %llu to %llu cycles, the same bytes",
	       (unsigned long long)cycles[1], (unsigned long long)cycles[16]);
	tap_ok(!pe_create(&(struct pe_config){ .grid_cols = 1, .quantum = 128, .fi_outstanding = 17 }),
	       "17 are refused");
}

/* ---- At random, in order --------------------------------------------------------------------- */

#define STREAMS	3	/* row group, column group, the PE alone; a CB each, and one for two of them */
#define STEPS	60

/*
 * All PEs take the same walk through three kinds of transfers, at their own pace, and consume what
 * comes by copying it to memory; 16 KiB of it each, compared with what they should have got.
 */
static struct {
	unsigned int stream, cb;
	uint32_t rows, cols, off;
} step[STEPS];

static uint64_t source(unsigned int i, unsigned int pe)
{
	/* what a row shares depends on the row alone, and so on */
	unsigned int who = step[i].stream == 0 ? pe / BENCH_COLS :
			   step[i].stream == 1 ? 2 + pe % BENCH_COLS : 4 + pe;

	return 0x1000 * who + step[i].off;
}

static struct bench *walk(unsigned int delay)
{
	struct bench *bench = bench_create(128, MTIA_ISA_AUTO);

	fill_memory(bench);
	all_fresh();
	for (unsigned int pe = 0; pe < BENCH_PES; pe++) {
		struct prog *p = &prog[pe][0], *q = &prog[pe][1];
		uint32_t out = 0;

		for (unsigned int cb = 0; cb < 2; cb++)
			p_init(p, cb, LS_CB + 0x1000 * cb, 0x800);
		join(p, 0, MTIA_MC_ROW, 3);
		join(p, 1, MTIA_MC_COL, 3);
		for (unsigned int i = 0; i < STEPS; i++) {
			shape(p, step[i].rows, step[i].cols, 128, 0);
			if (step[i].stream < 2) {
				multicast(p, step[i].stream, BENCH_BASE + source(i, pe), step[i].cb);
			} else {
				p_issue(p, MTIA_OP_DMA_IN, BENCH_BASE + source(i, pe), step[i].cb);
			}
			p_delay(p, (pe * 7 + i) * delay % 90);
			/* the other core sends it on */
			shape(q, step[i].rows, step[i].cols, step[i].cols, 0);
			p_issue(q, MTIA_OP_DMA_OUT,
				BENCH_BASE + 0x100000 + 0x10000 * pe + out, step[i].cb);
			p_delay(q, (pe * 13 + i) * delay % 150);
			out += step[i].rows * step[i].cols;
		}
		p_fence(q);
		p_exit(p, 0);
		p_exit(q, 0);
		bench_start(bench, pe, p, q, BENCH_ROWS, BENCH_COLS);
	}
	return bench;
}

static bool arrived(const struct bench *bench)
{
	bool ok = true;

	for (unsigned int pe = 0; pe < BENCH_PES; pe++) {
		const uint8_t *out = bench->mem + 0x100000 + 0x10000 * pe;

		for (unsigned int i = 0; i < STEPS; i++) {
			for (unsigned int r = 0; r < step[i].rows; r++, out += step[i].cols)
				ok &= !memcmp(out, bench->mem + source(i, pe) + 128 * r,
					      step[i].cols);
		}
	}
	return ok;
}

static uint64_t fnv(uint64_t h, const void *data, size_t n)
{
	const uint8_t *p = data;

	while (n--)
		h = (h ^ *p++) * 0x100000001b3ull;
	return h;
}

static uint64_t hash(struct bench *bench)
{
	uint64_t h = fnv(0xcbf29ce484222325ull, bench->mem, 0x200000);
	struct pe_counters counters;
	struct pe_status st;

	for (unsigned int i = 0; i < BENCH_PES; i++) {
		h = fnv(h, pe_local_memory(bench->pe[i]), 0x10000);
		pe_get_status(bench->pe[i], &st);
		pe_get_counters(bench->pe[i], &counters);
		h = fnv(h, &st, sizeof(st));
		h = fnv(h, &counters, sizeof(counters));
	}
	return h;
}

static void damage(void)
{
	struct bench *bench = walk(1);
	unsigned int refused, accepted;

	bench_run(bench, 20 * 128, 1, false);
	bench_damage(bench, 20000, 20000, 4, &refused, &accepted);
	tap_ok(refused && accepted, "damaged states: %u refused, %u ran on", refused, accepted);
	bench_destroy(bench);
}

static void test_walk(void)
{
	struct bench *bench;
	unsigned int wrong = 0;
	uint64_t want;
	bool same = true;

	for (unsigned int round = 0; round < 20; round++) {
		for (unsigned int i = 0; i < STEPS; i++) {
			step[i].stream = bench_range(0, STREAMS - 1);
			step[i].cb = bench_range(0, 1);
			step[i].rows = bench_range(1, 4);
			step[i].cols = 4 * bench_range(1, 32);
			step[i].off = 32 * bench_range(0, 60);
		}
		bench = walk(round % 5);
		wrong += bench_run(bench, 400000, 1, false) != BENCH_ALL_DONE || !arrived(bench);
		bench_destroy(bench);
	}
	tap_u64(wrong, 0, "walks of row groups, column groups and single PEs through shared CBs");

	bench = walk(3);
	bench_run(bench, 400000, 1, false);
	want = hash(bench);
	bench_destroy(bench);
	for (unsigned int way = 1; way < 6; way++) {
		bench = walk(3);
		bench_run(bench, 400000, way % 3 ? 1 : 4, way & 1);
		same &= hash(bench) == want;
		bench_destroy(bench);
	}
	tap_ok(same, "the same however time is cut and PEs are ordered");

	bench = walk(3);
	while (bench_run(bench, bench->quantum, 1, false) == BENCH_TIMEOUT)
		bench = bench_move(bench, &same);
	tap_ok(same && hash(bench) == want, "moved to other PEs at every barrier, it ends the same");
	bench_destroy(bench);
	damage();
}

int main(void)
{
	b = bench_create(256, MTIA_ISA_AUTO);
	fill_memory(b);
	test_cores();
	test_dma();
	test_groups();
	test_refused();
	test_gather();
	test_limit();
	test_walk();
	bench_destroy(b);
	return tap_done();
}
