/* SPDX-License-Identifier: MIT */
/*
 * Layer normalisation, see mtia/ops/norm.h: what both cores know of it. PEs share the rows. Core A
 * brings them in as FP32, core B computes and sends the result out.
 *
 * A row is held if two of them, and gamma and beta, fit into local memory. A longer one comes a
 * chunk at a time, thrice: for the mean, for the variance, for the result; gamma and beta come along
 * the third time.
 */
#ifndef MTIA_LAYERNORM_H
#define MTIA_LAYERNORM_H

#include "float_tile.h"

enum { CB_X, CB_GAMMA, CB_BETA, CB_Y, CB_RAW_IN, CB_RAW_OUT };

#define SPACE	     (MTIA_KERNEL_CB_LIMIT - MTIA_PE_ARGS_SIZE)
#define BATCH_BYTES  0x2000u /* of rows fetched at a time, if there is room for several */
#define CHUNK_BYTES  (4 * TILE_COLS)
#define CHUNKS_AHEAD 4u /* of a row that is not held; of gamma and beta then */
#define PASSES	     3

struct plan {
	const struct mtia_layernorm_args *args;
	uint64_t from, to; /* rows of this PE */
	uint32_t batch;	   /* rows fetched at a time; 1 when a row is more than a tile */
	uint32_t slot;	   /* bytes of a tile's row as FP32 */
	uint32_t row;	   /* of a whole row */
	bool held;
};

/* Columns of the tile that begins at column `at`. */
PE_INLINE uint32_t tile_cols(const struct mtia_layernorm_args *args, uint64_t at)
{
	return tile_min(TILE_COLS, args->cols - (uint32_t)at);
}

PE_INLINE void make_plan(const struct mtia_layernorm_args *args, uint32_t pos, uint32_t grid,
			 struct plan *p)
{
	uint64_t pes = pe_row(grid) * pe_col(grid);
	uint64_t index = pe_row(pos) * pe_col(grid) + pe_col(pos);
	uint64_t row;

	p->args = args;
	p->from = args->rows * index / pes;
	p->to = args->rows * (index + 1) / pes;
	p->batch = 1;
	p->slot = CHUNK_BYTES;
	if (args->cols <= TILE_COLS) {
		p->slot = tile_slot(args->cols);
		p->batch = tile_min(TILE_ROWS, BATCH_BYTES / p->slot);
	}
	row = ((args->cols - 1) / TILE_COLS + 1ull) * p->slot;
	p->held = row * (args->gamma ? 4 : 2) + 4 * CHUNK_BYTES <= SPACE;
	p->row = p->held ? (uint32_t)row : CHUNK_BYTES;
}

#endif /* MTIA_LAYERNORM_H */
