// SPDX-License-Identifier: GPL-2.0
/*
 * Atomic registers of the CP: what each operation does to a register of the own and of another PE, who
 * waits and is woken, what is refused, deadlocks, interrupts, and that nothing depends on how time
 * is cut or where a snapshot is taken.
 */
#include <errno.h>

#include "../unit/tap.h"
#include "pe_bench.h"

#define CSR_MSTATUS	0x300
#define CSR_MIE		0x304
#define CSR_MTVEC	0x305
#define CSR_TIME	0xc01
#define MRET		0x30200073
#define TVAL(op, low)	((low) | (uint64_t)(MTIA_PE_OP_SYNC | (op)) << 8)

static struct prog prog[BENCH_PES][MTIA_CORES_PER_PE];
static struct bench *b;

static void all_fresh(void)
{
	for (unsigned int pe = 0; pe < BENCH_PES; pe++)
		for (unsigned int core = 0; core < MTIA_CORES_PER_PE; core++)
			p_fresh(&prog[pe][core]);
}

/* Programs that say nothing end at once. */
static void start_all(struct bench *bench)
{
	for (unsigned int pe = 0; pe < BENCH_PES; pe++)
		bench_start(bench, pe, &prog[pe][0], &prog[pe][1], BENCH_ROWS, BENCH_COLS);
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

/* The result of an operation goes to local memory. */
static void atom(struct prog *p, unsigned int op, uint32_t id, uint32_t operand, uint32_t keep)
{
	p_sync(p, op, id, operand, A5);
	p_keep(p, A5, keep);
}

/* A core that interrupts find: the handler adds 1 to register 15 of the own PE and returns. */
static void timer_handler(struct prog *p)
{
	p_raw(p, 0x00000297);		/* auipc t0, 0 */
	p_raw(p, 0x01828293);		/* addi t0, t0, 24 */
	p_raw(p, 0x30529073);		/* csrw mtvec, t0 */
	p_raw(p, 0x0480006f);		/* j main, 72 bytes on */
	p_raw(p, 0x13);
	p_raw(p, 0x13);
	/* handler, 24 bytes behind the auipc: s10, s11 are its own */
	p_raw(p, 0x02000d37);		/* lui s10, MTIA_PE_REGS_BASE */
	p_raw(p, 0xfff00d93);		/* li s11, -1 */
	p_raw(p, 0x01bd3823);		/* sd s11, MTIA_PE_TIMECMP(0)(s10) */
	p_raw(p, 0x00f00d13);		/* li s10, 15 */
	p_raw(p, 0x00100d93);		/* li s11, 1 */
	p_raw(p, MTIA_CUSTOM0 | MTIA_F3_SYNC << 12 | 26 << 15 | 27 << 20 |
			 (uint32_t)MTIA_SYNC_ATOM_ADD << 25);
	p_raw(p, MRET);
	while (p->n < 21)
		p_raw(p, 0x13);
}

/* Interrupt core A in `cycles`. */
static void timer_in(struct prog *p, uint64_t cycles)
{
	p_csr_read(p, A5, CSR_TIME);
	p_li(p, A4, cycles);
	p_raw(p, 0x33 | A5 << 7 | A5 << 15 | A4 << 20);	/* add a5, a5, a4 */
	p_li(p, A4, MTIA_PE_REGS_BASE + MTIA_PE_TIMECMP(0));
	p_store(p, A5, A4, 0, 8);
	p_csr(p, CSR_MIE, RV_MIP_MTIP);
	p_raw(p, 0x30046073);		/* csrsi mstatus, MIE */
}

/* ---- What an operation does ------------------------------------------------------------------ */

static const struct {
	const char *what;
	unsigned int op;
	uint32_t before, operand, expected, after;
} operation[] = {
	{ "ADD", MTIA_SYNC_ATOM_ADD, 5, 7, 0, 12 },
	{ "ADD wraps", MTIA_SYNC_ATOM_ADD, 0xffffffff, 2, 0, 1 },
	{ "SWAP", MTIA_SYNC_ATOM_SWAP, 5, 0x80000000, 0, 0x80000000 },
	{ "AND", MTIA_SYNC_ATOM_AND, 0xff00ff00, 0x0ff00ff0, 0, 0x0f000f00 },
	{ "OR", MTIA_SYNC_ATOM_OR, 0xff00ff00, 0x0ff00ff0, 0, 0xfff0fff0 },
	{ "CAS of what is expected", MTIA_SYNC_ATOM_CAS, 0x87654321, 9, 0x87654321, 9 },
	{ "CAS of something else", MTIA_SYNC_ATOM_CAS, 0x87654321, 9, 0x87654320, 0x87654321 },
	{ "WAIT_EQ that holds", MTIA_SYNC_ATOM_WAIT_EQ, 0x80000001, 0x80000001, 0, 0x80000001 },
	{ "WAIT_GE that holds", MTIA_SYNC_ATOM_WAIT_GE, 8, 7, 0, 8 },
	{ "WAIT_GE of a counter that wrapped", MTIA_SYNC_ATOM_WAIT_GE, 3, 0xfffffff0, 0, 3 },
};

static void test_operations(uint32_t at, const char *where)
{
	for (unsigned int i = 0; i < sizeof(operation) / sizeof(operation[0]); i++) {
		struct prog *p;

		all_fresh();
		p = &prog[0][0];
		atom(p, MTIA_SYNC_ATOM_SWAP, at, operation[i].before, 0x1000);
		/* the upper half is not looked at */
		p_csr(p, MTIA_CSR_IMM0, operation[i].expected | 5ull << 32);
		p_sync(p, operation[i].op, at, operation[i].operand | 3ull << 32, A5);
		p_keep(p, A5, 0x1008);
		atom(p, MTIA_SYNC_ATOM_OR, at, 0, 0x1010);
		p_exit(p, 0);
		start_all(b);
		tap_ok(bench_run(b, 100000, 1, false) == BENCH_ALL_DONE && !word(0, 0x1000) &&
			       word(0, 0x1008) == (uint64_t)(int64_t)(int32_t)operation[i].before &&
			       word(0, 0x1010) == (uint64_t)(int64_t)(int32_t)operation[i].after,
		       "%s of %s", operation[i].what, where);
		bench_reset(b);
	}
}

static void test_registers(void)
{
	struct prog *p;
	bool ok = true;

	/* all of them, and core B has the same ones */
	all_fresh();
	p = &prog[0][0];
	for (unsigned int i = 0; i < MTIA_PE_ATOMS; i++)
		p_sync(p, MTIA_SYNC_ATOM_SWAP, MTIA_ATOM(i), 100 + i, ZERO);
	p_exit(p, 0);
	p = &prog[0][1];
	p_sync(p, MTIA_SYNC_ATOM_WAIT_EQ, MTIA_ATOM(15), 115, ZERO);
	for (unsigned int i = 0; i < MTIA_PE_ATOMS; i++)
		atom(p, MTIA_SYNC_ATOM_ADD, MTIA_ATOM_AT(0, 0, i), 1, 0x1000 + 8 * i);
	p_exit(p, 0);
	/* PE 3 looks at them when their PE has long been done */
	p = &prog[3][1];
	p_delay(p, 2000);
	for (unsigned int i = 0; i < MTIA_PE_ATOMS; i++)
		atom(p, MTIA_SYNC_ATOM_ADD, MTIA_ATOM_AT(0, 0, i), 1, 0x1000 + 8 * i);
	p_exit(p, 0);
	start_all(b);
	ok &= bench_run(b, 100000, 1, false) == BENCH_ALL_DONE;
	for (unsigned int i = 0; i < MTIA_PE_ATOMS; i++)
		ok &= word(0, 0x1000 + 8 * i) == 100 + i && word(3, 0x1000 + 8 * i) == 101 + i;
	tap_ok(ok, "16 registers, of both cores, and for others when the program has ended");

	/* a new launch finds zeros */
	all_fresh();
	p = &prog[0][0];
	for (unsigned int i = 0; i < MTIA_PE_ATOMS; i++)
		atom(p, MTIA_SYNC_ATOM_ADD, MTIA_ATOM(i), 0, 0x1000 + 8 * i);
	p_exit(p, 0);
	start_all(b);
	ok = bench_run(b, 100000, 1, false) == BENCH_ALL_DONE;
	for (unsigned int i = 0; i < MTIA_PE_ATOMS; i++)
		ok &= !word(0, 0x1000 + 8 * i);
	tap_ok(ok, "zero at launch");
	bench_reset(b);
}

/* ---- Waiting --------------------------------------------------------------------------------- */

static void test_waiting(void)
{
	struct prog *p, *q;

	/* cores of one PE: the waiter goes on in the cycle of the change */
	all_fresh();
	p = &prog[0][0];
	p_sync(p, MTIA_SYNC_ATOM_WAIT_EQ, MTIA_ATOM(3), 2, A5);
	p_csr_read(p, A3, CSR_TIME);
	p_keep(p, A5, 0x1000);
	p_keep(p, A3, 0x1008);
	p_exit(p, 0);
	q = &prog[0][1];
	p_delay(q, 300);
	p_sync(q, MTIA_SYNC_ATOM_ADD, MTIA_ATOM(3), 1, ZERO);
	p_delay(q, 300);
	p_sync(q, MTIA_SYNC_ATOM_ADD, MTIA_ATOM(3), 1, ZERO);
	p_csr_read(q, A3, CSR_TIME);
	p_keep(q, A3, 0x1010);
	p_exit(q, 0);
	start_all(b);
	tap_ok(bench_run(b, 100000, 1, false) == BENCH_ALL_DONE && word(0, 0x1000) == 2 &&
		       word(0, 0x1010) - word(0, 0x1008) + 2 <= 4,
	       "a core waits for the other one's second step, and no longer");
	bench_reset(b);

	/* the other way round, and a counter that has passed the value */
	all_fresh();
	p = &prog[0][1];
	p_sync(p, MTIA_SYNC_ATOM_WAIT_GE, MTIA_ATOM(0), 10, A5);
	p_keep(p, A5, 0x1000);
	p_exit(p, 0);
	q = &prog[0][0];
	p_delay(q, 100);
	for (unsigned int i = 0; i < 4; i++)
		p_sync(q, MTIA_SYNC_ATOM_ADD, MTIA_ATOM(0), 3, ZERO);
	p_exit(q, 0);
	start_all(b);
	tap_ok(bench_run(b, 100000, 1, false) == BENCH_ALL_DONE && word(0, 0x1000) == 12,
	       "WAIT_GE takes a value beyond");
	bench_reset(b);

	/* for another PE: local steps there, and a third PE's */
	all_fresh();
	for (unsigned int pe = 0; pe < 3; pe++) {
		p = &prog[pe][pe & 1];
		p_sync(p, MTIA_SYNC_ATOM_WAIT_GE, MTIA_ATOM_AT(1, 1, 4), 4 + pe, A5);
		p_keep(p, A5, 0x1000);
		p_sync(p, MTIA_SYNC_ATOM_ADD, MTIA_ATOM_AT(1, 1, 4), 1, ZERO);
		p_exit(p, 0);
	}
	p = &prog[3][0];
	for (unsigned int i = 0; i < 4; i++) {
		p_delay(p, 700);
		p_sync(p, MTIA_SYNC_ATOM_ADD, MTIA_ATOM(4), 1, ZERO);
	}
	p_sync(p, MTIA_SYNC_ATOM_WAIT_EQ, MTIA_ATOM(4), 7, ZERO);
	p_exit(p, 0);
	start_all(b);
	tap_ok(bench_run(b, 100000, 1, false) == BENCH_ALL_DONE && word(0, 0x1000) == 4 &&
		       word(1, 0x1000) == 5 && word(2, 0x1000) == 6,
	       "a chain of waits for another PE's register");
	bench_reset(b);

	/* all cores of all PEs count, both ways */
	all_fresh();
	for (unsigned int pe = 0; pe < BENCH_PES; pe++) {
		for (unsigned int core = 0; core < 2; core++) {
			p = &prog[pe][core];
			for (unsigned int i = 0; i < 20; i++)
				p_sync(p, MTIA_SYNC_ATOM_ADD,
				       MTIA_ATOM_AT(i % BENCH_ROWS, i / 2 % BENCH_COLS, 1), 1, ZERO);
			p_exit(p, 0);
		}
	}
	start_all(b);
	tap_ok(bench_run(b, 100000, 1, false) == BENCH_ALL_DONE, "eight cores count");
	all_fresh();
	bench_reset(b);
	/* one register, and what each of the eight saw is another number */
	for (unsigned int pe = 0; pe < BENCH_PES; pe++) {
		for (unsigned int core = 0; core < 2; core++) {
			p = &prog[pe][core];
			for (unsigned int i = 0; i < 20; i++)
				atom(p, MTIA_SYNC_ATOM_ADD, MTIA_ATOM_AT(0, 1, 1), 1,
				     0x1000 + 0x800 * core + 8 * i);
			p_exit(p, 0);
		}
	}
	start_all(b);
	if (bench_run(b, 100000, 1, false) == BENCH_ALL_DONE) {
		uint64_t seen[3] = { 0 }, twice = 0;

		for (unsigned int i = 0; i < BENCH_PES * 40; i++) {
			uint64_t x = word(i / 40, 0x1000 + 0x800 * (i / 20 % 2) + 8 * (i % 20));

			twice |= x >= 160 || (seen[x / 64] >> x % 64 & 1);
			if (x < 160)
				seen[x / 64] |= 1ull << x % 64;
		}
		tap_ok(!twice, "160 additions to one register: 160 different old values");
	} else {
		tap_ok(false, "160 additions to one register");
	}
	bench_reset(b);
}

/* ---- Refused --------------------------------------------------------------------------------- */

static void test_refused(void)
{
	static const struct {
		const char *what;
		unsigned int op;
		uint64_t id;
		uint64_t field;
	} bad[] = {
		{ "ADD to register 16", MTIA_SYNC_ATOM_ADD, 16, MTIA_FIELD_ATOM },
		{ "OR to register 256", MTIA_SYNC_ATOM_OR, 256, MTIA_FIELD_ATOM },
		{ "WAIT_EQ for register 255", MTIA_SYNC_ATOM_WAIT_EQ, 255, MTIA_FIELD_ATOM },
		{ "SWAP with register 2^32", MTIA_SYNC_ATOM_SWAP, 1ull << 32, MTIA_FIELD_ATOM },
		{ "CAS with register -1", MTIA_SYNC_ATOM_CAS, UINT64_MAX, MTIA_FIELD_ATOM },
		{ "AND with register 16 of PE (1,1)", MTIA_SYNC_ATOM_AND, MTIA_ATOM_AT(1, 1, 16),
		  MTIA_FIELD_ATOM },
		{ "ADD to PE (2,0)", MTIA_SYNC_ATOM_ADD, MTIA_ATOM_AT(2, 0, 0), MTIA_FIELD_PEER },
		{ "ADD to PE (0,2)", MTIA_SYNC_ATOM_ADD, MTIA_ATOM_AT(0, 2, 0), MTIA_FIELD_PEER },
		{ "WAIT_GE for PE (32767,255)", MTIA_SYNC_ATOM_WAIT_GE,
		  MTIA_ATOM_AT(32767u, 255u, 0), MTIA_FIELD_PEER },
		{ "SYNC 0x15", 0x15, 0, MTIA_FIELD_OP },
		{ "SYNC 0x17", 0x17, 0, MTIA_FIELD_OP },
		{ "SYNC 0x1a", 0x1a, 0, MTIA_FIELD_OP },
		{ "SYNC 0x7f", 0x7f, 0, MTIA_FIELD_OP },
	};

	for (unsigned int i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		all_fresh();
		p_sync(&prog[0][i & 1], bad[i].op, bad[i].id, 1, ZERO);
		p_exit(&prog[0][i & 1], 0);
		start_all(b);
		bench_run(b, 100000, 1, false);
		tap_ok(trapped(0, i & 1, MTIA_CAUSE_FIELD, TVAL(bad[i].op, bad[i].field)), "%s",
		       bad[i].what);
		bench_reset(b);
	}

	/* the grid's PE exists, but the sub-grid is one row */
	all_fresh();
	p_sync(&prog[0][0], MTIA_SYNC_ATOM_ADD, MTIA_ATOM_AT(1, 0, 0), 1, ZERO);
	bench_start(b, 0, &prog[0][0], &prog[0][1], 1, 2);
	bench_start(b, 1, &prog[1][0], &prog[1][1], 1, 2);
	bench_run(b, 100000, 1, false);
	tap_ok(trapped(0, 0, MTIA_CAUSE_FIELD, TVAL(MTIA_SYNC_ATOM_ADD, MTIA_FIELD_PEER)),
	       "a PE below the sub-grid");
	bench_reset(b);

	/* a PE that nobody started, which only a launch one by one can leave */
	all_fresh();
	p_sync(&prog[0][0], MTIA_SYNC_ATOM_ADD, MTIA_ATOM_AT(0, 1, 0), 1, ZERO);
	bench_start(b, 0, &prog[0][0], &prog[0][1], 1, 2);
	bench_run(b, 100000, 1, false);
	tap_ok(trapped(0, 0, MTIA_CAUSE_FIELD, TVAL(MTIA_SYNC_ATOM_ADD, MTIA_FIELD_PEER)),
	       "a PE without a program");
	bench_reset(b);

	/* a handler goes on behind what is refused, and nothing has happened */
	all_fresh();
	p_raw(&prog[0][0], 0x00000297);		/* auipc t0, 0 */
	p_raw(&prog[0][0], 0x02028293);		/* addi t0, t0, 32 */
	p_raw(&prog[0][0], 0x30529073);		/* csrw mtvec, t0 */
	p_li(&prog[0][0], A4, 16);
	p_li(&prog[0][0], A5, 1);
	p_raw(&prog[0][0], MTIA_CUSTOM0 | MTIA_F3_SYNC << 12 | A4 << 15 | A5 << 20 |
				   (uint32_t)MTIA_SYNC_ATOM_ADD << 25);
	p_exit(&prog[0][0], 1);
	p_csr_read(&prog[0][0], A3, 0x343);	/* mtval */
	p_keep(&prog[0][0], A3, 0x1000);
	p_exit(&prog[0][0], 0);
	start_all(b);
	tap_ok(bench_run(b, 100000, 1, false) == BENCH_ALL_DONE &&
		       word(0, 0x1000) == TVAL(MTIA_SYNC_ATOM_ADD, MTIA_FIELD_ATOM) &&
		       !status(0).exit_code,
	       "the trap is precise: a handler goes on");
	bench_reset(b);
}

/* ---- Deadlock -------------------------------------------------------------------------------- */

static void test_deadlock(void)
{
	all_fresh();
	p_sync(&prog[0][1], MTIA_SYNC_ATOM_WAIT_EQ, MTIA_ATOM(9), 1, ZERO);
	start_all(b);
	tap_ok(bench_run(b, 100000, 1, false) == BENCH_DEADLOCK &&
		       trapped(0, 1, MTIA_CAUSE_DEADLOCK, TVAL(MTIA_SYNC_ATOM_WAIT_EQ, 9)),
	       "a wait for ever names the register");
	bench_reset(b);

	/* four PEs, each holds its own lock and waits for the next one's */
	all_fresh();
	for (unsigned int pe = 0; pe < BENCH_PES; pe++) {
		unsigned int next = (pe + 1) % BENCH_PES;

		p_sync(&prog[pe][0], MTIA_SYNC_ATOM_SWAP, MTIA_ATOM(2), 1, ZERO);
		p_sync(&prog[pe][0], MTIA_SYNC_ATOM_WAIT_EQ,
		       MTIA_ATOM_AT(next / BENCH_COLS, next % BENCH_COLS, 2), 0, ZERO);
		p_sync(&prog[pe][0], MTIA_SYNC_ATOM_SWAP, MTIA_ATOM(2), 0, ZERO);
		p_exit(&prog[pe][0], 0);
	}
	start_all(b);
	tap_ok(bench_run(b, 100000, 1, false) == BENCH_DEADLOCK, "waits in a circle are a deadlock");
	for (unsigned int pe = 0; pe < BENCH_PES; pe++) {
		unsigned int next = (pe + 1) % BENCH_PES;

		tap_ok(trapped(pe, 0, MTIA_CAUSE_DEADLOCK,
			       TVAL(MTIA_SYNC_ATOM_WAIT_EQ, 2) |
				       (uint64_t)(next / BENCH_COLS) << 16 |
				       (uint64_t)(next % BENCH_COLS) << 24),
		       "PE %u names whose register it waits for", pe);
	}
	bench_reset(b);
}

/* ---- Interrupts ------------------------------------------------------------------------------ */

static void test_interrupts(void)
{
	static const unsigned int cycles[] = { 40, 100, 255, 256, 257, 300, 1000 };
	unsigned int bad = 0;

	/* a timer between, before and during remote additions: each happens once */
	for (unsigned int i = 0; i < sizeof(cycles) / sizeof(cycles[0]); i++) {
		struct prog *p = &prog[0][0];

		all_fresh();
		timer_handler(p);
		timer_in(p, cycles[i]);
		for (unsigned int n = 0; n < 8; n++)
			atom(p, MTIA_SYNC_ATOM_ADD, MTIA_ATOM_AT(0, 1, 1), 1, 0x1000 + 8 * n);
		atom(p, MTIA_SYNC_ATOM_OR, MTIA_ATOM(15), 0, 0x1040);
		p_exit(p, 0);
		start_all(b);
		bad += bench_run(b, 100000, 1, false) != BENCH_ALL_DONE || word(0, 0x1040) != 1;
		for (unsigned int n = 0; n < 8; n++)
			bad += word(0, 0x1000 + 8 * n) != n;
		bench_reset(b);
	}
	tap_u64(bad, 0, "an interrupt repeats no addition");

	/* a core that waits, for its own and for another PE's register, takes it and waits on */
	for (unsigned int remote = 0; remote < 2; remote++) {
		struct prog *p = &prog[0][0];

		for (unsigned int i = bad = 0; i < sizeof(cycles) / sizeof(cycles[0]); i++) {
			all_fresh();
			timer_handler(p);
			timer_in(p, cycles[i]);
			p_sync(p, MTIA_SYNC_ATOM_WAIT_EQ,
			       remote ? MTIA_ATOM_AT(1, 0, 7) : MTIA_ATOM(7), 5, A5);
			p_keep(p, A5, 0x1000);
			atom(p, MTIA_SYNC_ATOM_OR, MTIA_ATOM(15), 0, 0x1008);
			p_exit(p, 0);
			p = remote ? &prog[2][1] : &prog[0][1];
			p_delay(p, 3000);
			p_sync(p, MTIA_SYNC_ATOM_SWAP, MTIA_ATOM(7), 5, ZERO);
			p_exit(p, 0);
			p = &prog[0][0];
			start_all(b);
			bad += bench_run(b, 100000, 1, false) != BENCH_ALL_DONE ||
			       word(0, 0x1000) != 5 || word(0, 0x1008) != 1;
			bench_reset(b);
		}
		tap_u64(bad, 0, "a timer interrupts a wait for %s register, which goes on",
			remote ? "another PE's" : "an own");
	}

	/* the handler of the waiting core itself brings the value */
	all_fresh();
	timer_handler(&prog[0][0]);
	timer_in(&prog[0][0], 500);
	p_sync(&prog[0][0], MTIA_SYNC_ATOM_WAIT_EQ, MTIA_ATOM(15), 1, ZERO);
	p_exit(&prog[0][0], 0);
	start_all(b);
	tap_ok(bench_run(b, 100000, 1, false) == BENCH_ALL_DONE,
	       "a handler changes what its core waits for");
	bench_reset(b);
}

/* ---- Determinism, snapshots ------------------------------------------------------------------ */

/* A ticket lock on PE 3 around a counter, taken by all eight cores, and a barrier afterwards. */
static struct bench *locks(void)
{
	struct bench *bench = bench_create(128, MTIA_ISA_AUTO);
	const uint32_t ticket = MTIA_ATOM_AT(1, 1, 0), serving = MTIA_ATOM_AT(1, 1, 1),
		       count = MTIA_ATOM_AT(1, 0, 2), arrived = MTIA_ATOM_AT(0, 0, 3);

	all_fresh();
	for (unsigned int pe = 0; pe < BENCH_PES; pe++) {
		for (unsigned int core = 0; core < 2; core++) {
			struct prog *p = &prog[pe][core];

			if (!pe && !core) {
				timer_handler(p);
				timer_in(p, 1500);
			}
			for (unsigned int round = 0; round < 3; round++) {
				p_delay(p, 13 * pe + 50 * core + 7 * round);
				p_sync(p, MTIA_SYNC_ATOM_ADD, ticket, 1, A3);
				p_li(p, A4, serving);
				/* wait_eq a2 = serving, a3 */
				p_raw(p, MTIA_CUSTOM0 | MTIA_F3_SYNC << 12 | A2 << 7 | A4 << 15 |
						 A3 << 20 | (uint32_t)MTIA_SYNC_ATOM_WAIT_EQ << 25);
				atom(p, MTIA_SYNC_ATOM_OR, count, 0, 0x1000 + 0x100 * core);
				p_raw(p, 0x13 | A5 << 7 | A5 << 15 | 1 << 20); /* addi a5, a5, 1 */
				p_li(p, A4, count);
				p_raw(p, MTIA_CUSTOM0 | MTIA_F3_SYNC << 12 | A4 << 15 | A5 << 20 |
						 (uint32_t)MTIA_SYNC_ATOM_SWAP << 25);
				p_sync(p, MTIA_SYNC_ATOM_ADD, serving, 1, ZERO);
			}
			p_sync(p, MTIA_SYNC_ATOM_ADD, arrived, 1, ZERO);
			p_sync(p, MTIA_SYNC_ATOM_WAIT_GE, arrived, 2 * BENCH_PES, ZERO);
			atom(p, MTIA_SYNC_ATOM_OR, count, 0, 0x1200 + 0x100 * core);
			p_exit(p, 0);
		}
	}
	start_all(bench);
	return bench;
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
	uint64_t h = 0xcbf29ce484222325ull;
	struct pe_status st;

	for (unsigned int i = 0; i < BENCH_PES; i++) {
		h = fnv(h, pe_local_memory(bench->pe[i]), 0x2000);
		pe_get_status(bench->pe[i], &st);
		h = fnv(h, &st, sizeof(st));
	}
	return h;
}

static void test_determinism(void)
{
	struct bench *bench = locks();
	enum bench_end end = bench_run(bench, 1000000, 1, false);
	uint64_t want = hash(bench);
	unsigned int wrong = 0, refused, accepted;
	bool same = true;

	for (unsigned int pe = 0; pe < BENCH_PES; pe++)
		for (unsigned int core = 0; core < 2; core++)
			wrong += *(uint64_t *)(pe_local_memory(bench->pe[pe]) + 0x1200 +
					       0x100 * core) != 24;
	tap_ok(end == BENCH_ALL_DONE && !wrong,
	       "a ticket lock keeps eight cores apart, a barrier brings them together");
	bench_destroy(bench);
	for (unsigned int way = 1; way < 6; way++) {
		bench = locks();
		bench_run(bench, 1000000, way % 3 ? 1 : 4, way & 1);
		same &= hash(bench) == want;
		bench_destroy(bench);
	}
	tap_ok(same, "same values and cycles however time is cut and PEs are ordered");

	bench = locks();
	while (bench_run(bench, bench->quantum, 1, false) == BENCH_TIMEOUT)
		bench = bench_move(bench, &same);
	tap_ok(same && hash(bench) == want, "moved to other PEs at every barrier, it ends the same");
	bench_destroy(bench);

	/* Damaged where cores wait: refused, or a program that goes wrong; never out of bounds. */
	bench = locks();
	bench_run(bench, 10 * 128, 1, false);
	bench_damage(bench, 600, 20000, 3, &refused, &accepted);
	tap_ok(refused && accepted, "damaged states: %u refused, %u ran on", refused, accepted);
	bench_destroy(bench);
}

int main(void)
{
	b = bench_create(256, MTIA_ISA_AUTO);
	test_operations(MTIA_ATOM(6), "an own register");
	test_operations(MTIA_ATOM_AT(0, 0, 6), "an own register by position");
	test_operations(MTIA_ATOM_AT(1, 0, 6), "another PE's register");
	test_registers();
	test_waiting();
	test_refused();
	test_deadlock();
	test_interrupts();
	test_determinism();
	bench_destroy(b);
	return tap_done();
}
