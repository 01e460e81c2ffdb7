/* SPDX-License-Identifier: MIT */
/*
 * What fc_int8.c and matmul.c share: a PE's part of M, N and K, and reading together. PEs of a row
 * that need the same rows of A are a multicast group, those of a column that need the same columns
 * of the other operand another: a block is read once for all of a group.
 *
 * The order in which a PE reads is the same on all PEs of its groups up to where one of them has
 * nothing left: the PEs of a group may have shares of different sizes. So what the smallest share
 * needs is read together, and the rest by each for itself.
 */
#ifndef MTIA_PRODUCT_H
#define MTIA_PRODUCT_H

#include "mtia/pe_program.h"

enum { GROUP_A, GROUP_W };

#define BLOCK 2048u /* 64 rows of 32 bytes */

struct groups {
	/* Who reads A's and the other operand's blocks with this PE, as masks of columns and rows;
	 * 0: nobody. */
	uint32_t a_mask, w_mask;
	/* How often all of them need A: strips of columns that are kept; and the other one: steps of M. */
	uint32_t a_shared, w_shared;
};

static uint32_t min_u32(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static uint32_t div_up(uint32_t a, uint32_t b)
{
	return (a - 1) / b + 1;
}

/* A share [start, start + per) of 0 .. total, empty when beyond the end. */
static void share(uint32_t index, uint32_t per, uint32_t total, uint32_t *from, uint32_t *to)
{
	uint64_t start = (uint64_t)index * per;

	*from = start < total ? (uint32_t)start : total;
	*to = start + per < total ? (uint32_t)(start + per) : total;
}

static uint32_t out_bytes(uint32_t out)
{
	if (out == MTIA_FC_OUT_U8 || out == MTIA_FC_OUT_S8)
		return 1;
	return out == MTIA_FC_OUT_F16 || out == MTIA_FC_OUT_BF16 ? 2 : 4;
}

/* `count` bits, `step` apart, from bit `first` on; none for one alone. */
static uint32_t group_mask(uint32_t count, uint32_t step, uint32_t first)
{
	uint32_t mask = 0;

	for (uint32_t i = 0; count > 1 && i < count; i++)
		mask |= 1u << (i * step + first);
	return mask;
}

PE_INLINE void join_groups(const struct groups *g)
{
	if (g->a_mask)
		pe_issue(MTIA_OP_MC_JOIN, GROUP_A, MTIA_MC_ROW | g->a_mask << 8);
	if (g->w_mask)
		pe_issue(MTIA_OP_MC_JOIN, GROUP_W, MTIA_MC_COL | g->w_mask << 8);
}

/* A block of an operand: for all of its group, or for this PE. */
PE_INLINE void fetch(uint64_t va, uint32_t cb, uint32_t group, bool shared)
{
	if (shared) {
		pe_set(MTIA_CSR_GROUP, group);
		pe_issue(MTIA_OP_DMA_IN_MC, va, cb);
	} else {
		pe_issue(MTIA_OP_DMA_IN, va, cb);
	}
}

#endif /* MTIA_PRODUCT_H */
