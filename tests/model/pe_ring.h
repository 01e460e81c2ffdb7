/* SPDX-License-Identifier: GPL-2.0 */
/*
 * For tests of operations: `want`, local memory as it should be, rings in it that have been used
 * before, and a run that compares. Included by one file a program.
 */
#ifndef MTIA_TESTS_PE_RING_H
#define MTIA_TESTS_PE_RING_H

#include "../unit/tap.h"
#include "pe_bench.h"

#define LS MTIA_PE_LOCAL_SIZE

/* What local memory should look like, and the rings as the test set them up. */
static uint8_t want[LS];
static struct ring {
	uint32_t base, size, rpos, level;
} ring[MTIA_PE_CBS];

static inline uint32_t at(unsigned int cb, uint64_t off) /* address of the byte `off` behind rptr */
{
	return ring[cb].base + (uint32_t)((ring[cb].rpos + off) % ring[cb].size);
}

static inline uint32_t space_at(unsigned int cb, uint64_t off)
{
	return at(cb, ring[cb].level + off);
}

static inline void get(unsigned int cb, uint64_t off, void *to, size_t n)
{
	for (size_t i = 0; i < n; i++)
		((uint8_t *)to)[i] = want[at(cb, off + i)];
}

static inline void put(unsigned int cb, uint64_t off, const void *from, size_t n)
{
	for (size_t i = 0; i < n; i++)
		want[space_at(cb, off + i)] = ((const uint8_t *)from)[i];
}

/*
 * A ring in [base, base + most) that has been used before, holding `level` bytes and with room for
 * `space` more; its pointers are multiples of `align`.
 */
static inline void make_ring(struct prog *p, unsigned int cb, uint32_t base, uint32_t most,
			     uint32_t level, uint32_t space, uint32_t align)
{
	struct ring *r = &ring[cb];
	uint32_t least = (level + space + 31) & ~31u;

	if (least < 32)
		least = 32;
	r->size = bench_range(0, 1) ? least : least + (bench_range(0, most - least) & ~31u);
	r->base = base + (bench_range(0, most - r->size) & ~31u);
	r->rpos = bench_range(0, r->size - 1) & ~(align - 1);
	r->level = level;
	p_init(p, cb, r->base, r->size);
	p_issue(p, MTIA_OP_CB_PUSH, cb, r->rpos);
	p_issue(p, MTIA_OP_CB_POP, cb, r->rpos);
	p_issue(p, MTIA_OP_CB_PUSH, cb, level);
}

static inline void scramble(void)
{
	for (uint32_t i = 0; i < LS; i++)
		want[i] = (uint8_t)bench_random();
}

/* Start with `want` as local memory, run, compare with what `want` is then. */
static inline bool run(struct bench *b, struct prog *p, uint8_t *before)
{
	struct pe_status st;
	enum bench_end end;
	bool same;

	p_fence(p);
	p_exit(p, 0);
	memcpy(bench_ls(b, 0), before, LS);
	end = bench_one(b, p, NULL);
	pe_get_status(b->pe[0], &st);
	if (end != BENCH_ALL_DONE)
		fprintf(stderr, "# end %d cause %llu tval 0x%llx\n", end,
			(unsigned long long)st.fault_cause, (unsigned long long)st.fault_tval);
	same = end == BENCH_ALL_DONE && !memcmp(bench_ls(b, 0), want, LS);
	for (uint32_t i = 0; end == BENCH_ALL_DONE && !same && i < LS; i++) {
		if (bench_ls(b, 0)[i] != want[i]) {
			fprintf(stderr, "# first difference at 0x%x\n", i);
			break;
		}
	}
	bench_reset(b);
	return same;
}

#endif /* MTIA_TESTS_PE_RING_H */
