/* SPDX-License-Identifier: MIT */
/*
 * Batched reduce-add, see mtia/ops/norm.h: what both cores know of it. The work is cut into items,
 * some columns of the result of one matrix, which the PEs share. Core A brings the rows of an item
 * in, a block of them at a time as FP32; core B adds them up.
 */
#ifndef MTIA_REDUCE_ADD_H
#define MTIA_REDUCE_ADD_H

#include "float_tile.h"

enum { CB_X, CB_SUM, CB_RAW_IN, CB_RAW_OUT };

#define BLOCK_BYTES 0x4000u /* of rows brought in at a time */

struct plan {
	const struct mtia_reduce_add_args *args;
	uint64_t from, to;  /* items of this PE */
	uint32_t per_batch; /* items of a matrix */
	uint32_t block;	    /* rows brought in at a time */
	uint32_t slot;	    /* bytes of an item's row as FP32 */
};

struct item {
	uint64_t x, y;
	uint32_t cols;
};

PE_INLINE void make_plan(const struct mtia_reduce_add_args *args, uint32_t pos, uint32_t grid,
			 struct plan *p)
{
	uint64_t pes = pe_row(grid) * pe_col(grid);
	uint64_t index = pe_row(pos) * pe_col(grid) + pe_col(pos), items;

	p->args = args;
	p->per_batch = (args->cols - 1) / args->tile_cols + 1;
	items = (uint64_t)args->batch * p->per_batch;
	/* Not items * index / pes, which may overflow. */
	p->from = items / pes * index + items % pes * index / pes;
	p->to = items / pes * (index + 1) + items % pes * (index + 1) / pes;
	p->slot = tile_slot(args->tile_cols);
	p->block = tile_min(TILE_ROWS, BLOCK_BYTES / p->slot);
}

PE_INLINE struct item item_at(const struct plan *p, uint64_t number)
{
	const struct mtia_reduce_add_args *args = p->args;
	uint64_t b = number / p->per_batch, col = number % p->per_batch * args->tile_cols;

	return (struct item){
		.x = args->x + b * args->x_batch + col * tile_bytes_of(args->type),
		.y = args->y + b * args->y_stride + col * tile_bytes_of(args->out),
		.cols = tile_min(args->tile_cols, args->cols - (uint32_t)col),
	};
}

#endif /* MTIA_REDUCE_ADD_H */
