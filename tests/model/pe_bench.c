// SPDX-License-Identifier: GPL-2.0
/* Test bench of the processing element, see pe_bench.h. */
#include <stdio.h>

#include "pe_bench.h"

static uint64_t seed = 0x9e3779b97f4a7c15ull;

uint64_t bench_random(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed * 0x2545f4914f6cdd1dull;
}

/* ---- Fabric ---------------------------------------------------------------------------------- */

struct region {
	uint64_t va;
	uint64_t size;
	uint32_t perms, target;
	uint8_t *host;
};

static enum mtia_fault_reason translate(void *soc, uint32_t asid, uint64_t va, unsigned int access,
					struct pe_page *page)
{
	struct bench *b = soc;
	const uint32_t r = 1 << MTIA_ACCESS_READ, w = 1 << MTIA_ACCESS_WRITE,
		       x = 1 << MTIA_ACCESS_EXEC;
	const struct region map[] = {
		{BENCH_BASE, BENCH_SIZE, r | w, MTIA_PTE_TARGET_LPDDR, b->mem},
		{BENCH_CODE, BENCH_CODE_SIZE, r | x, MTIA_PTE_TARGET_LPDDR, b->code},
		{BENCH_SRAM, BENCH_SMALL, r | w, MTIA_PTE_TARGET_SRAM, b->sram},
		{BENCH_RO, BENCH_SMALL, r, MTIA_PTE_TARGET_LPDDR, b->ro},
		{BENCH_HOST, BENCH_SMALL, r | w, MTIA_PTE_TARGET_HOST, NULL},
		{BENCH_BAD_HOST, BENCH_SMALL, r | w, MTIA_PTE_TARGET_HOST, NULL},
	};

	if (asid != 1)
		return MTIA_FAULT_NO_CONTEXT;
	for (unsigned int i = 0; i < sizeof(map) / sizeof(map[0]); i++) {
		uint64_t off = va - map[i].va;
		uint64_t size = i == 0 && b->huge ? 1u << MTIA_HUGE_SHIFT : MTIA_PAGE_SIZE;

		if (off >= map[i].size)
			continue;
		if (b->unmapped_page && (va & ~0xfffull) == b->unmapped_page)
			return MTIA_FAULT_UNMAPPED;
		if (!(map[i].perms >> access & 1))
			return MTIA_FAULT_PERM;
		off &= ~(size - 1);
		page->va = map[i].va + off;
		page->size = size;
		page->target = map[i].target;
		page->host = map[i].host ? map[i].host + off : NULL;
		page->bus = map[i].va == BENCH_BAD_HOST ? 0xbad000 : BENCH_BUS + off;
		return MTIA_FAULT_NONE;
	}
	return MTIA_FAULT_UNMAPPED;
}

/* What the chip's own are without contention. */
static uint32_t latency(void *soc, uint32_t target, const uint8_t *host, uint64_t bytes,
			unsigned int access, uint64_t cycle)
{
	(void)soc;
	(void)host;
	(void)bytes;
	(void)access;
	(void)cycle;
	return target == MTIA_PTE_TARGET_LPDDR ? 200 : target == MTIA_PTE_TARGET_SRAM ? 100 : 800;
}

static enum mtia_fault_reason host_read(void *soc, unsigned int pe, uint64_t bus, void *buf,
					size_t len)
{
	struct bench *b = soc;

	(void)pe;
	if (bus < BENCH_BUS || bus - BENCH_BUS > BENCH_SMALL - len)
		return MTIA_FAULT_HOST_BUS;
	memcpy(buf, b->host + (bus - BENCH_BUS), len);
	b->host_reads++;
	return MTIA_FAULT_NONE;
}

static enum mtia_fault_reason host_write(void *soc, unsigned int pe, uint64_t bus, const void *buf,
					 size_t len)
{
	struct bench *b = soc;

	(void)pe;
	if (bus < BENCH_BUS || bus - BENCH_BUS > BENCH_SMALL - len)
		return MTIA_FAULT_HOST_BUS;
	memcpy(b->host + (bus - BENCH_BUS), buf, len);
	b->host_writes++;
	return MTIA_FAULT_NONE;
}

static void fault(void *soc, unsigned int src, uint32_t asid, unsigned int access,
		  enum mtia_fault_reason reason, uint64_t va)
{
	struct bench *b = soc;

	b->fault = (struct bench_fault){b->fault.count + 1, src, access, asid, reason, va};
}

static void stopped(void *soc, unsigned int pe, unsigned int status)
{
	struct bench *b = soc;

	(void)pe;
	(void)status;
	b->stops++;
}

static struct mtia_pe *neighbour(void *soc, unsigned int pe)
{
	struct bench *b = soc;

	return pe < BENCH_PES ? b->pe[pe] : NULL;
}

static const struct pe_fabric fabric = {
	.translate = translate,
	.latency = latency,
	.host_read = host_read,
	.host_write = host_write,
	.fault = fault,
	.stopped = stopped,
	.neighbour = neighbour,
};

static void *must(void *p)
{
	if (!p) {
		fprintf(stderr, "out of memory\n");
		exit(1);
	}
	return p;
}

static struct bench *create(uint32_t quantum, unsigned int isa, uint64_t caps,
			    uint32_t fi_outstanding)
{
	struct bench *b = must(calloc(1, sizeof(*b)));

	b->quantum = quantum;
	b->mem = must(calloc(1, BENCH_SIZE));
	b->code = must(calloc(1, BENCH_CODE_SIZE));
	b->sram = must(calloc(1, BENCH_SMALL));
	b->ro = must(calloc(1, BENCH_SMALL));
	b->host = must(calloc(1, BENCH_SMALL));
	b->icache = must(rv_icache_create(64));
	for (unsigned int i = 0; i < BENCH_PES; i++) {
		struct pe_config config = {.index = i,
					   .grid_cols = BENCH_COLS,
					   .quantum = quantum,
					   .isa = isa,
					   .caps = caps,
					   .fi_outstanding = fi_outstanding,
					   .fabric = &fabric,
					   .soc = b,
					   .icache = b->icache};

		b->pe[i] = must(pe_create(&config));
	}
	return b;
}

struct bench *bench_create_caps(uint32_t quantum, unsigned int isa, uint64_t caps)
{
	return create(quantum, isa, caps, 0);
}

struct bench *bench_create_fi(uint32_t quantum, uint64_t caps, uint32_t fi_outstanding)
{
	return create(quantum, MTIA_ISA_AUTO, caps, fi_outstanding);
}

struct bench *bench_create(uint32_t quantum, unsigned int isa)
{
	return bench_create_caps(quantum, isa, 0);
}

void bench_destroy(struct bench *b)
{
	for (unsigned int i = 0; i < BENCH_PES; i++)
		pe_destroy(b->pe[i]);
	rv_icache_destroy(b->icache);
	free(b->mem);
	free(b->code);
	free(b->sram);
	free(b->ro);
	free(b->host);
	free(b);
}

void bench_reset(struct bench *b)
{
	for (unsigned int i = 0; i < BENCH_PES; i++) {
		pe_reset(b->pe[i]);
		pe_scrub(b->pe[i]);
	}
	b->code_used = 0;
	b->fault = (struct bench_fault){0};
	b->host_reads = b->host_writes = b->stops = 0;
	b->unmapped_page = 0;
}

enum bench_end bench_run(struct bench *b, uint64_t cycles, unsigned int slices, bool reverse)
{
	uint64_t end = b->now + cycles;

	while (b->now < end) {
		bool running = false, faulted = false, alive = false;
		struct pe_status st;

		for (unsigned int i = 0; i < BENCH_PES; i++) {
			pe_get_status(b->pe[i], &st);
			running |= st.status == MTIA_PE_RUNNING;
			faulted |= st.status == MTIA_PE_FAULTED;
			alive |= pe_next_event(b->pe[i]) != PE_NEVER;
		}
		if (!running)
			return faulted ? BENCH_SOME_FAULTED : BENCH_ALL_DONE;
		if (faulted)
			return BENCH_SOME_FAULTED;
		if (!alive) {
			for (unsigned int i = 0; i < BENCH_PES; i++) {
				pe_raise_deadlock(b->pe[i], b->now);
				pe_commit(b->pe[i]);
			}
			return BENCH_DEADLOCK;
		}
		for (unsigned int s = 1; s <= slices; s++)
			for (unsigned int i = 0; i < BENCH_PES; i++)
				pe_advance(b->pe[reverse ? BENCH_PES - 1 - i : i],
					   b->now + (uint64_t)b->quantum * s / slices);
		b->now += b->quantum;
		for (unsigned int i = 0; i < BENCH_PES; i++)
			pe_commit(b->pe[i]);
	}
	return BENCH_TIMEOUT;
}

/* ---- Assembler ------------------------------------------------------------------------------- */

void p_raw(struct prog *p, uint32_t insn)
{
	if (p->n == PROG_MAX) {
		fprintf(stderr, "test program too long\n");
		exit(1);
	}
	p->code[p->n++] = insn;
}

static uint32_t i_type(uint32_t op, unsigned int f3, unsigned int rd, unsigned int rs1, int32_t imm)
{
	return op | rd << 7 | f3 << 12 | rs1 << 15 | (uint32_t)imm << 20;
}

void p_li(struct prog *p, unsigned int rd, uint64_t value)
{
	int64_t v = (int64_t)value;
	int32_t lo;

	if (v >= -2048 && v < 2048) {
		p_raw(p, i_type(0x13, 0, rd, ZERO, (int32_t)v));
		return;
	}
	lo = (int32_t)(v & 0xfff) - (v & 0x800 ? 4096 : 0);
	if (v == (int32_t)v) {
		p_raw(p, 0x37 | rd << 7 | ((uint32_t)v - (uint32_t)lo)); /* lui */
		p_raw(p, i_type(0x1b, 0, rd, rd, lo)); /* addiw */
		return;
	}
	p_li(p, rd, (uint64_t)(((int64_t)(value - (uint64_t)(int64_t)lo)) >> 12));
	p_raw(p, i_type(0x13, 1, rd, rd, 12)); /* slli */
	if (lo)
		p_raw(p, i_type(0x13, 0, rd, rd, lo));
}

void p_csr(struct prog *p, unsigned int csr, uint64_t value)
{
	p_li(p, T0, value);
	p_raw(p, i_type(0x73, 1, ZERO, T0, (int32_t)csr));
}

void p_csr_read(struct prog *p, unsigned int rd, unsigned int csr)
{
	p_raw(p, i_type(0x73, 2, rd, ZERO, (int32_t)csr));
}

static void p_custom(struct prog *p, unsigned int f3, unsigned int f7, unsigned int rd)
{
	p_raw(p, MTIA_CUSTOM0 | rd << 7 | f3 << 12 | (unsigned int)A4 << 15 |
			 (unsigned int)A5 << 20 | f7 << 25);
}

void p_issue(struct prog *p, unsigned int op, uint64_t rs1, uint64_t rs2)
{
	p_li(p, A4, rs1);
	p_li(p, A5, rs2);
	p_custom(p, MTIA_F3_ISSUE, op, ZERO);
}

void p_sync(struct prog *p, unsigned int op, uint64_t rs1, uint64_t rs2, unsigned int rd)
{
	p_li(p, A4, rs1);
	p_li(p, A5, rs2);
	p_custom(p, MTIA_F3_SYNC, op, rd);
}

void p_fence(struct prog *p)
{
	p_sync(p, MTIA_SYNC_FENCE, 0, 0, ZERO);
}

void p_exit(struct prog *p, uint32_t code)
{
	p_li(p, A4, code);
	p_custom(p, MTIA_F3_EXIT, 0, ZERO);
}

static unsigned int log2_size(unsigned int size)
{
	return (unsigned int)__builtin_ctz(size);
}

void p_load(struct prog *p, unsigned int rd, unsigned int base, int off, unsigned int size)
{
	p_raw(p, i_type(0x03, log2_size(size), rd, base, off));
}

void p_store(struct prog *p, unsigned int rs, unsigned int base, int off, unsigned int size)
{
	uint32_t imm = (uint32_t)off;

	p_raw(p, 0x23 | (imm & 0x1f) << 7 | log2_size(size) << 12 | base << 15 | rs << 20 |
			 (imm >> 5 & 0x7f) << 25);
}

void p_keep(struct prog *p, unsigned int rs, uint32_t addr)
{
	p_li(p, T1, addr);
	p_store(p, rs, T1, 0, 8);
}

void p_delay(struct prog *p, unsigned int instructions)
{
	while (instructions--)
		p_raw(p, 0x13);
}

void p_init(struct prog *p, unsigned int cb, uint32_t base, uint32_t size)
{
	p_issue(p, MTIA_OP_CB_INIT, cb, base | (uint64_t)size << 32);
}

static uint64_t place(struct bench *b, struct prog *p)
{
	uint64_t at = BENCH_CODE + b->code_used;

	if (!p->n)
		p_exit(p, 0);
	if (b->code_used + 4 * p->n > BENCH_CODE_SIZE) {
		fprintf(stderr, "code memory is full\n");
		exit(1);
	}
	memcpy(b->code + b->code_used, p->code, 4 * p->n);
	b->code_used += 4 * p->n;
	return at;
}

void bench_start(struct bench *b, unsigned int pe, struct prog *pa, struct prog *pb,
		 unsigned int rows, unsigned int cols)
{
	struct pe_launch launch = {.asid = 1, .rows = (uint8_t)rows, .cols = (uint8_t)cols};

	launch.entry[0] = place(b, pa);
	launch.entry[1] = place(b, pb);
	pe_flush_tlb(b->pe[pe]);
	if (pe_start(b->pe[pe], &launch, b->now)) {
		fprintf(stderr, "PE %u does not start\n", pe);
		exit(1);
	}
}

enum bench_end bench_one(struct bench *b, struct prog *pa, struct prog *pb)
{
	static struct prog nothing;

	nothing.n = 0;
	bench_start(b, 0, pa, pb ? pb : &nothing, 1, 1);
	return bench_run(b, 2000000, 1, false);
}

struct pe_status bench_status(struct bench *b, unsigned int pe)
{
	struct pe_status st;

	pe_get_status(b->pe[pe], &st);
	return st;
}

uint64_t bench_word(struct bench *b, unsigned int pe, uint32_t addr)
{
	uint64_t x;

	memcpy(&x, bench_ls(b, pe) + addr, 8);
	return x;
}

bool bench_trapped(struct bench *b, unsigned int pe, uint32_t core, uint64_t cause, uint64_t tval)
{
	struct pe_status st = bench_status(b, pe);

	if (st.status == MTIA_PE_FAULTED && st.fault_core == core && st.fault_cause == cause &&
	    st.fault_tval == tval)
		return true;
	fprintf(stderr,
		"#   PE %u status %u core %u cause %llu tval 0x%llx, want core %u cause %llu 0x%llx\n", pe,
		st.status, st.fault_core, (unsigned long long)st.fault_cause,
		(unsigned long long)st.fault_tval, core, (unsigned long long)cause,
		(unsigned long long)tval);
	return false;
}

struct bench *bench_move(struct bench *from, bool *same)
{
	struct bench *to = bench_create(from->quantum, MTIA_ISA_AUTO);
	size_t size = pe_state_size();
	uint8_t *state = malloc(size), *again = malloc(size);

	memcpy(to->mem, from->mem, BENCH_SIZE);
	memcpy(to->code, from->code, BENCH_CODE_SIZE);
	memcpy(to->sram, from->sram, BENCH_SMALL);
	memcpy(to->host, from->host, BENCH_SMALL);
	to->now = from->now;
	for (unsigned int pe = 0; pe < BENCH_PES; pe++) {
		pe_save(from->pe[pe], state);
		*same &= !pe_load(to->pe[pe], state, size);
		pe_save(to->pe[pe], again);
		*same &= !memcmp(again, state, size);
	}
	free(state);
	free(again);
	bench_destroy(from);
	return to;
}

void bench_damage(struct bench *b, uint32_t near, uint32_t far, unsigned int quanta,
		  unsigned int *refused, unsigned int *accepted)
{
	size_t size = pe_state_size();
	uint8_t *state[BENCH_PES], *bad = malloc(size);

	*refused = *accepted = 0;
	for (unsigned int pe = 0; pe < BENCH_PES; pe++) {
		state[pe] = malloc(size);
		pe_save(b->pe[pe], state[pe]);
	}
	for (unsigned int round = 0; round < 3000; round++) {
		unsigned int pe = round % BENCH_PES;

		memcpy(bad, state[pe], size);
		for (unsigned int i = bench_range(1, 3); i--;)
			bad[bench_range(0, round & 1 ? near : far)] = (uint8_t)bench_random();
		if (pe_load(b->pe[pe], bad, size))
			++*refused;
		else
			++*accepted;
		if (pe == BENCH_PES - 1)
			bench_run(b, (uint64_t)quanta * b->quantum, 1, false);
	}
	for (unsigned int pe = 0; pe < BENCH_PES; pe++)
		free(state[pe]);
	free(bad);
}
