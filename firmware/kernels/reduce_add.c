// SPDX-License-Identifier: MIT
/* Core A of batched reduce-add: blocks of rows into local memory. */
#include "reduce_add.h"

static uint32_t place(uint32_t cb, uint32_t base, uint32_t size)
{
	pe_cb_init(cb, base, size);
	return base + size;
}

uint32_t core_a(const void *arg, uint32_t pos, uint32_t grid)
{
	const struct mtia_reduce_add_args *args = arg;
	uint32_t base = MTIA_PE_ARGS_SIZE;
	struct plan p;

	make_plan(args, pos, grid, &p);
	if (p.from == p.to)
		return 0;
	base = place(CB_X, base, 3 * p.block * p.slot);
	base = place(CB_SUM, base, 2 * p.slot);
	/* Two blocks, two results of elements of two bytes. */
	base = place(CB_RAW_IN, base, p.block * p.slot);
	place(CB_RAW_OUT, base, p.slot);
	for (uint64_t number = p.from; number < p.to; number++) {
		struct item item = item_at(&p, number);

		for (uint64_t row = 0; row < args->rows; row += p.block) {
			const struct float_tile t = {
				.va = item.x + row * args->x_stride,
				.stride = args->x_stride,
				.type = args->type,
				.rows = tile_min(p.block, args->rows - (uint32_t)row),
				.cols = item.cols,
				.slot = p.slot,
			};

			tile_in(&t, CB_X, CB_RAW_IN);
			/* A block takes the same space always, so that none wraps. */
			if (t.rows < p.block)
				pe_cb_push(CB_X, (p.block - t.rows) * p.slot);
		}
	}
	return 0;
}
