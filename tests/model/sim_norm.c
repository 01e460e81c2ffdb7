// SPDX-License-Identifier: GPL-2.0
/* Core A of sim_norm.pe: brings rows in, one at a time. Core B: sim_norm_vector.c. */
#include "mtia/pe_program.h"

#include "sim_norm.h"

#define ROW_BASE 0x2000u

uint32_t core_a(const void *raw, uint32_t pos, uint32_t grid)
{
	const struct norm_args *args = raw;

	(void)pos, (void)grid;
	if (args->mode == NORM_ON_CORE_A)
		__asm__ volatile(".insn i 0x57, 7, t0, x0, 0xd0");	/* vsetvli t0, x0, e32, m1 */
	pe_cb_init(0, ROW_BASE, 4 * NORM_MAX_COLS);
	pe_gate_open();
	for (uint32_t row = 0; args->mode == NORM_LOCAL && row < args->rows; row++) {
		pe_set(MTIA_CSR_ROWS, 1);
		pe_set(MTIA_CSR_COLS, 4 * args->cols);
		pe_issue(MTIA_OP_DMA_IN, args->in + 4ull * args->cols * row, 0);
	}
	return 0;
}
