// SPDX-License-Identifier: GPL-2.0
/*
 * Random bytes as code: whatever a guest does, the interpreter survives it, and all its builds and
 * all ways to cut a run agree to the last bit.
 *
 * usage: fuzz [PROGRAMS [SEED]]
 *
 * Code is half nonsense and half legal instructions, writes over itself, sets its own trap vector,
 * and talks to a bus that answers, faults, stalls, raises interrupts, adds latency and flushes the
 * instruction cache by the number of the call.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "guest.h"
#include "../unit/tap.h"

#define PROGRAMS	4000
#define CYCLES		6000
#define MEM_SIZE	0x3000

struct guest {
	struct rv_hart hart;
	uint8_t mem[MEM_SIZE] __attribute__((aligned(8)));
	uint64_t calls;
	uint64_t seed;
};

static uint64_t mix(uint64_t z)
{
	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

/* What the bus does on this call; the same sequence in every run of a program. */
static enum rv_result whim(struct guest *g, uint64_t *val, struct rv_exc *exc)
{
	uint64_t z = mix(g->seed + ++g->calls * UINT64_C(0x9e3779b97f4a7c15));

	*val = mix(z);
	switch (z & 31) {
	case 0:
		return RV_STALL;
	case 1:
		exc->cause = z >> 8 & 63;
		exc->tval = z;
		return RV_FAULT;
	case 2:
		return RV_FAULT;
	case 3:
		g->hart.s.cycle += z >> 8 & 31;
		return RV_OK;
	case 4:
		g->hart.s.mip = z >> 8;
		return RV_OK;
	case 5:
		rv_flush_icache(&g->hart);
		return RV_OK;
	case 6:
		g->hart.stop_request = 1;
		return RV_OK;
	default:
		return RV_OK;
	}
}

static enum rv_result on_load(void *ctx, uint64_t addr, unsigned int size, uint64_t *val,
			      struct rv_exc *exc)
{
	(void)addr, (void)size;
	return whim(ctx, val, exc);
}

static enum rv_result on_store(void *ctx, uint64_t addr, unsigned int size, uint64_t val,
			       struct rv_exc *exc)
{
	(void)addr, (void)size;
	return whim(ctx, &val, exc);
}

static enum rv_result on_amo(void *ctx, uint64_t addr, unsigned int size, enum rv_amo op,
			     uint64_t operand, uint64_t *old, struct rv_exc *exc)
{
	(void)addr, (void)size, (void)op, (void)operand;
	return whim(ctx, old, exc);
}

static enum rv_result on_fetch(void *ctx, uint64_t vaddr, uint64_t *key, const void **host,
			       struct rv_exc *exc)
{
	struct guest *g = ctx;
	uint64_t page = vaddr / 4096 % 4, val;

	/* mostly there, at many addresses */
	if (page * 4096 >= MEM_SIZE && (vaddr >> 14 & 1))
		return RV_FAULT;
	*key = page % 3 * 4096;
	*host = g->mem + *key;
	return (vaddr >> 12 & 15) == 15 ? whim(g, &val, exc) : RV_OK;
}

static enum rv_result on_csr_read(void *ctx, unsigned int csr, uint64_t *val, struct rv_exc *exc)
{
	(void)csr;
	return whim(ctx, val, exc);
}

static enum rv_result on_csr_write(void *ctx, unsigned int csr, uint64_t val, struct rv_exc *exc)
{
	(void)csr;
	return whim(ctx, &val, exc);
}

static enum rv_result on_custom0(void *ctx, struct rv_hart *hart, unsigned int funct3,
				 unsigned int funct7, uint64_t rs1, uint64_t rs2, uint64_t *rd,
				 struct rv_exc *exc)
{
	(void)hart, (void)funct3, (void)funct7, (void)rs1, (void)rs2;
	return whim(ctx, rd, exc);
}

static const struct rv_bus bus = {
	on_load, on_store, on_amo, on_fetch, on_csr_read, on_csr_write, on_custom0,
};

static bool has_vector(uint64_t seed)
{
	return mix(seed + 2) & 1;
}

static void make(struct guest *g, uint64_t seed)
{
	uint64_t z = seed;
	unsigned int i = 0;

	unsigned int insns = has_vector(seed) ? RV_NR_INSNS : RV_VEC_FIRST;

	memset(g, 0, sizeof(*g));
	g->seed = seed;
	while (i <= MEM_SIZE - 4) {
		unsigned int op = (z = mix(z + 1)) % (insns + 40);
		uint32_t word = mix(z);
		unsigned int len = 4;

		if (op < insns)
			word = (word & ~rv_insns[op].mask) | rv_insns[op].match;
		else if (op < insns + 30)
			len = 2;
		/* CSRs that exist, often */
		if (op >= RV_OP_CSRRW && op <= RV_OP_CSRRCI && (z & 3 << 20)) {
			static const uint16_t csrs[] = { 0x300, 0x304, 0x305, 0x340, 0x341, 0x342,
							 0x344, 0x801, 0x802, 0x7c0, 0xcc0, 0xb00 };

			word = (word & 0xfffff) | (uint32_t)csrs[(z >> 24) % 12] << 20;
		}
		memcpy(g->mem + i, &word, len);
		i += len;
	}
}

struct end {
	struct rv_state state;
	uint64_t calls;
	uint8_t mem[MEM_SIZE];
};

static bool run(rv_run_fn fn, struct rv_icache *ic, uint64_t seed, uint64_t slice, struct end *end)
{
	static struct guest guest;
	struct guest *g = &guest;
	struct rv_config cfg = {
		.bus = &bus, .ctx = g, .icache = ic, .nwindows = 2,
		.windows = { { .base = 0x1000, .size = 0x2000, .host = g->mem + 0x1000,
			       .perms = RV_R | RV_W },
			     { .base = 0, .size = 0x1000, .host = g->mem, .perms = RV_R | RV_W } },
	};
	unsigned int i, idle = 0;

	cfg.vector = has_vector(seed);
	make(g, seed);
	if (rv_init(&g->hart, &cfg))
		return false;
	rv_reset(&g->hart, mix(seed) % MEM_SIZE);
	g->hart.custom_csr_hook = 2;
	if (cfg.vector) {
		g->hart.s.vtype = (mix(seed) & 3) << 3 | (mix(seed) >> 2 & 3);
		g->hart.s.vl = mix(seed) >> 4 & 7;
		memset(g->hart.s.v, mix(seed) >> 8, sizeof(g->hart.s.v));
	}
	g->hart.s.mtvec = mix(seed + 1) & 0x2ffd;
	for (i = 1; i < 32; i++)
		g->hart.s.x[i] = mix(seed + i) >> (i & 1 ? 50 : i);
	while (g->hart.s.cycle < CYCLES && idle < 200) {
		uint64_t until = slice ? g->hart.s.cycle + slice : CYCLES;
		enum rv_stop stop = fn(&g->hart, until < CYCLES ? until : CYCLES);

		if (stop == RV_STOP_HALT)
			break;
		if (stop == RV_STOP_STALL)
			idle++;
		if (stop == RV_STOP_WFI) {
			idle++;
			g->hart.s.mip ^= UINT64_MAX;
			g->hart.s.mie |= RV_MIP_MSIP;
		}
	}
	rv_fini(&g->hart);
	end->state = g->hart.s;
	end->calls = g->calls;
	memcpy(end->mem, g->mem, MEM_SIZE);
	return true;
}

static bool same(const struct end *a, const struct end *b)
{
	return !memcmp(&a->state, &b->state, sizeof(a->state)) && a->calls == b->calls &&
	       !memcmp(a->mem, b->mem, MEM_SIZE);
}

int main(int argc, char **argv)
{
	unsigned int programs = argc > 1 ? strtoul(argv[1], NULL, 0) : PROGRAMS, i, n = 0;
	uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 0) : 1, insns = 0, calls = 0;
	static const struct {
		rv_run_fn fn;
		uint64_t slice;
		const char *name;
	} ways[] = { { rv_run_switch, 0, "switch" }, { rv_run, 1, "computed goto, single steps" },
		     { rv_run, 17, "computed goto, slices" },
		     { rv_run_switch, 101, "switch, slices" } };
	unsigned int differ[4] = { 0 };
	struct rv_icache *ic = rv_icache_create(2), *ic_switch = rv_icache_create(2);
	static struct end first, other;

	for (i = 0; i < programs; i++) {
		unsigned int w;

		if (!run(rv_run, ic, seed + i * 1000, 0, &first))
			break;
		insns += first.state.instret;
		calls += first.calls;
		for (w = 0; w < 4; w++) {
			if (run(ways[w].fn, ways[w].fn == rv_run ? ic : ic_switch, seed + i * 1000,
				ways[w].slice, &other) && same(&first, &other))
				continue;
			if (!differ[w]++)
				fprintf(stderr, "#   seed %" PRIu64 ", %s: pc 0x%" PRIx64 " cycle %"
					PRIu64 " calls %" PRIu64 ", not pc 0x%" PRIx64 " cycle %"
					PRIu64 " calls %" PRIu64 "\n", seed + i * 1000,
					ways[w].name, other.state.pc, other.state.cycle,
					other.calls, first.state.pc,
					first.state.cycle, first.calls);
		}
		n++;
	}
	tap_ok(n == programs && insns > programs * 100ul && calls > programs,
	       "%u programs of random bytes: %" PRIu64 " instructions, %" PRIu64 " callbacks", n,
	       insns,
	       calls);
	for (i = 0; i < 4; i++)
		tap_ok(!differ[i], "%s: same state, memory and callbacks (%u differ)", ways[i].name,
		       differ[i]);
	rv_icache_destroy(ic);
	rv_icache_destroy(ic_switch);
	return tap_done();
}
