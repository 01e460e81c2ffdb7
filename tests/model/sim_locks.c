// SPDX-License-Identifier: GPL-2.0
/* PE program of sim_atomics: locks, barriers, multicast and neighbours' memory over a whole sub-grid. */
#include "mtia/pe_atomics.h"
#include "sim_locks.h"

#define LOCK	MTIA_ATOM_AT(0, 0, 0) /* and 1 */
#define ARRIVED	MTIA_ATOM_AT(0, 0, 2)
#define OWN	MTIA_ATOM(4)	      /* and 5 */
#define OF(row, col) MTIA_ATOM_AT(row, col, 6) /* and 7 */

#define CB_BASE	0x2000u
#define CB_SIZE	0x2000u

#define CORES	2u /* of a PE */

/* Behind the arguments; zero at launch. */
static volatile uint64_t *const counted = (void *)(uintptr_t)0x1000;

static uint32_t pes(uint32_t grid)
{
	return (grid & 0xffff) * (grid >> 16);
}

static uint32_t index_of(uint32_t pos, uint32_t grid)
{
	return pe_row(pos) * (grid >> 16) + pe_col(pos);
}

/* Neither counter is added to atomically: only the locks keep the cores apart. */
static void count(const struct locks_args *args, uint32_t pos, uint32_t grid, uint32_t core)
{
	volatile uint64_t *all = (volatile uint64_t *)(uintptr_t)args->counter;
	struct locks_out *out = (struct locks_out *)(uintptr_t)args->out;
	uint32_t members = CORES * pes(grid);

	for (uint32_t i = 0; i < args->rounds; i++) {
		pe_lock(LOCK);
		*all = *all + 1;
		pe_unlock(LOCK);
		for (uint32_t n = 0; n < 5; n++) {
			pe_lock(OWN);
			*counted = *counted + 1;
			pe_unlock(OWN);
		}
		pe_barrier(ARRIVED, members);
	}
	out += CORES * index_of(pos, grid) + core;
	out->all = *all;
	out->own = *counted;
}

static void wrong_order(uint32_t pos, uint32_t grid)
{
	uint32_t cols = grid >> 16, next = (index_of(pos, grid) + 1) % pes(grid);

	pe_lock(OF(pe_row(pos), pe_col(pos)));
	pe_barrier(ARRIVED, pes(grid));
	pe_lock(OF(next / cols, next % cols));
	pe_unlock(OF(next / cols, next % cols));
	pe_unlock(OF(pe_row(pos), pe_col(pos)));
}

static void read_shared(const struct locks_args *args, uint32_t pos, uint32_t grid)
{
	uint64_t row = args->data + pe_row(pos) * LOCKS_BLOCKS * LOCKS_BLOCK;
	uint64_t col = args->data + (64 + pe_col(pos)) * LOCKS_BLOCKS * LOCKS_BLOCK;
	bool alone = args->mode == LOCKS_ALONE;

	pe_cb_init(0, CB_BASE, CB_SIZE);
	pe_cb_init(1, CB_BASE + CB_SIZE, CB_SIZE);
	if (!alone) {
		pe_issue(MTIA_OP_MC_JOIN, 0, MTIA_MC_ROW | ((1u << (grid >> 16)) - 1) << 8);
		pe_issue(MTIA_OP_MC_JOIN, 1, MTIA_MC_COL | ((1u << (grid & 0xffff)) - 1) << 8);
	}
	pe_set(MTIA_CSR_ROWS, 4);
	pe_set(MTIA_CSR_COLS, LOCKS_BLOCK / 4);
	pe_set(MTIA_CSR_STRIDE_MEM, LOCKS_BLOCK / 4);
	for (uint32_t i = 0; i < LOCKS_BLOCKS; i++) {
		if (alone) {
			pe_issue(MTIA_OP_DMA_IN, row + i * LOCKS_BLOCK, 0);
			pe_issue(MTIA_OP_DMA_IN, col + i * LOCKS_BLOCK, 1);
			continue;
		}
		pe_set(MTIA_CSR_GROUP, 0);
		pe_issue(MTIA_OP_DMA_IN_MC, row + i * LOCKS_BLOCK, 0);
		pe_set(MTIA_CSR_GROUP, 1);
		pe_issue(MTIA_OP_DMA_IN_MC, col + i * LOCKS_BLOCK, 1);
	}
}

static void write_shared(const struct locks_args *args, uint32_t pos, uint32_t grid)
{
	uint64_t out = args->out + index_of(pos, grid) * 2 * LOCKS_BLOCKS * LOCKS_BLOCK;

	pe_set(MTIA_CSR_ROWS, 1);
	pe_set(MTIA_CSR_COLS, LOCKS_BLOCK);
	for (uint32_t i = 0; i < 2 * LOCKS_BLOCKS; i++)
		pe_issue(MTIA_OP_DMA_OUT, out + i * LOCKS_BLOCK, i & 1);
	pe_fence();
}

/* Memory -> own CB 0 -> CB 1's place in the neighbour's local memory -> memory. */
static void shift(const struct locks_args *args, uint32_t pos, uint32_t grid)
{
	uint32_t index = index_of(pos, grid), east = (pe_col(pos) + 1) % (grid >> 16);

	pe_cb_init(0, CB_BASE, CB_SIZE);
	pe_cb_init(1, CB_BASE + CB_SIZE, CB_SIZE);
	pe_set(MTIA_CSR_ROWS, 1);
	pe_set(MTIA_CSR_COLS, LOCKS_BLOCK);
	pe_issue(MTIA_OP_DMA_IN, args->data + index * LOCKS_BLOCK, 0);
	pe_issue(MTIA_OP_DMA_OUT, MTIA_PE_PEER((uint64_t)pe_row(pos), east) + CB_BASE + CB_SIZE, 0);
	pe_fence();
	pe_barrier(ARRIVED, pes(grid));
	pe_cb_push(1, LOCKS_BLOCK);
	pe_issue(MTIA_OP_DMA_OUT, args->out + index * LOCKS_BLOCK, 1);
	pe_fence();
}

uint32_t core_a(const void *raw, uint32_t pos, uint32_t grid)
{
	const struct locks_args *args = raw;

	switch (args->mode) {
	case LOCKS_COUNT:
		count(args, pos, grid, 0);
		return 0;
	case LOCKS_WRONG_ORDER:
		wrong_order(pos, grid);
		return 0;
	case LOCKS_MULTICAST:
	case LOCKS_ALONE:
		read_shared(args, pos, grid);
		return 0;
	case LOCKS_SHIFT:
		shift(args, pos, grid);
		return 0;
	case LOCKS_OUTSIDE:
		if (!pos)
			pe_atom_add(MTIA_ATOM_AT(0, grid >> 16, 0), 1);
		return 0;
	}
	return 255;
}

uint32_t core_b(const void *raw, uint32_t pos, uint32_t grid)
{
	const struct locks_args *args = raw;

	if (args->mode == LOCKS_COUNT)
		count(args, pos, grid, 1);
	else if (args->mode == LOCKS_MULTICAST || args->mode == LOCKS_ALONE)
		write_shared(args, pos, grid);
	return 0;
}
