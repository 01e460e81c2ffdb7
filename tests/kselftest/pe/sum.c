// SPDX-License-Identifier: GPL-2.0
/* Adds to the rows of a matrix; both cores and two circular buffers at work. */
#include "args.h"
#include "mtia/pe_program.h"

#define ROW_BYTES (SUM_ROW_WORDS * 4)
#define CB_IN	  0
#define CB_OUT	  1

static uint32_t number(uint32_t pos, uint32_t grid)
{
	return pe_row(pos) * pe_col(grid) + pe_col(pos);
}

uint32_t core_a(const void *raw, uint32_t pos, uint32_t grid)
{
	const struct sum_args *args = raw;
	uint64_t in = args->in + (uint64_t)number(pos, grid) * args->rows * ROW_BYTES;

	pe_cb_init(CB_IN, 0x1000, 8 * ROW_BYTES);
	pe_cb_init(CB_OUT, 0x2000, 8 * ROW_BYTES);
	pe_gate_open();
	pe_set(MTIA_CSR_ROWS, 1);
	pe_set(MTIA_CSR_COLS, ROW_BYTES);
	pe_set(MTIA_CSR_STRIDE_MEM, 0);
	pe_set(MTIA_CSR_STRIDE_CB, 0);
	for (uint32_t row = 0; row < args->rows; row++)
		pe_issue(MTIA_OP_DMA_IN, in + row * ROW_BYTES, CB_IN);
	return 0;
}

uint32_t core_b(const void *raw, uint32_t pos, uint32_t grid)
{
	const struct sum_args *args = raw;
	uint32_t add = args->add + number(pos, grid);
	uint64_t out = args->out + (uint64_t)number(pos, grid) * args->rows * ROW_BYTES;

	pe_gate_wait();
	pe_set(MTIA_CSR_ROWS, 1);
	pe_set(MTIA_CSR_COLS, ROW_BYTES);
	pe_set(MTIA_CSR_STRIDE_MEM, 0);
	pe_set(MTIA_CSR_STRIDE_CB, 0);
	for (uint32_t row = 0; row < args->rows; row++) {
		const uint32_t *from = pe_cb_wait(CB_IN, ROW_BYTES);
		volatile uint32_t *to = (volatile uint32_t *)(uintptr_t)pe_sync(
			MTIA_SYNC_CB_SPACE, CB_OUT, ROW_BYTES);

		for (unsigned int i = 0; i < SUM_ROW_WORDS; i++)
			to[i] = from[i] + add;
		pe_cb_push(CB_OUT, ROW_BYTES);
		pe_cb_pop(CB_IN, ROW_BYTES);
		pe_issue(MTIA_OP_DMA_OUT, out + row * ROW_BYTES, CB_OUT);
	}
	return 0;
}
