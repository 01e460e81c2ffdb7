// SPDX-License-Identifier: MIT
/* Core B of batched reduce-add: the sums, a register group of columns after the other. */
#include <riscv_vector.h>

#include "reduce_add.h"

/* sum += rows of x, or = +0 and them, one after the other. */
static void add_block(float *sum, const float *x, uint32_t rows, uint32_t cols, uint32_t slot,
		      bool first)
{
	for (size_t vl; cols; cols -= vl, x += vl, sum += vl) {
		const float *row = x;
		vfloat32m8_t s;

		vl = __riscv_vsetvl_e32m8(cols);
		s = first ? __riscv_vfmv_v_f_f32m8(0, vl) : __riscv_vle32_v_f32m8(sum, vl);
		for (uint32_t r = 0; r < rows; r++, row += slot / 4)
			s = __riscv_vfadd_vv_f32m8(s, __riscv_vle32_v_f32m8(row, vl), vl);
		__riscv_vse32_v_f32m8(sum, s, vl);
	}
}

uint32_t core_b(const void *arg, uint32_t pos, uint32_t grid)
{
	const struct mtia_reduce_add_args *args = arg;
	struct plan p;

	make_plan(args, pos, grid, &p);
	for (uint64_t number = p.from; number < p.to; number++) {
		struct item item = item_at(&p, number);
		float *sum = (float *)(uintptr_t)pe_sync(MTIA_SYNC_CB_SPACE, CB_SUM, p.slot);
		const struct float_tile t = {
			.va = item.y,
			.type = args->out,
			.rows = 1,
			.cols = item.cols,
			.slot = p.slot,
		};

		for (uint64_t row = 0; row < args->rows; row += p.block) {
			uint32_t rows = tile_min(p.block, args->rows - (uint32_t)row);

			add_block(sum, pe_cb_wait(CB_X, rows * p.slot), rows, item.cols, p.slot,
				  !row);
			pe_cb_pop(CB_X, p.block * p.slot);
		}
		pe_cb_push(CB_SUM, p.slot);
		tile_out(&t, CB_SUM, CB_RAW_OUT);
	}
	return 0;
}
