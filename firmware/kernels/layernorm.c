// SPDX-License-Identifier: MIT
/* Core A of layer normalisation: rows, gamma and beta into local memory. */
#include "layernorm.h"

static uint32_t place(uint32_t cb, uint32_t base, uint32_t size)
{
	pe_cb_init(cb, base, size);
	return base + size;
}

static void place_all(const struct plan *p)
{
	uint32_t row = p->held ? p->row : CHUNKS_AHEAD * CHUNK_BYTES, base = MTIA_PE_ARGS_SIZE;

	base = place(CB_X, base, 2 * p->batch * row);
	if (p->args->gamma) {
		base = place(CB_GAMMA, base, row);
		base = place(CB_BETA, base, row);
	}
	base = place(CB_Y, base, 2 * p->batch * p->slot);
	/* Two tiles of elements of two bytes each. */
	base = place(CB_RAW_IN, base, p->batch * p->slot);
	place(CB_RAW_OUT, base, p->batch * p->slot);
}

static void bring(const struct plan *p, uint64_t va, uint32_t type, uint32_t rows, uint64_t at,
		  uint32_t cb)
{
	const struct float_tile t = {
		.va = va + at * tile_bytes_of(type),
		.stride = p->args->x_stride,
		.type = type,
		.rows = rows,
		.cols = tile_cols(p->args, at),
		/* A row's last tile takes as much as the others. */
		.slot = p->slot,
	};

	tile_in(&t, cb, CB_RAW_IN);
}

static void bring_parameters(const struct plan *p, uint64_t at)
{
	if (!p->args->gamma)
		return;
	bring(p, p->args->gamma, MTIA_TYPE_F32, 1, at, CB_GAMMA);
	bring(p, p->args->beta, MTIA_TYPE_F32, 1, at, CB_BETA);
}

uint32_t core_a(const void *arg, uint32_t pos, uint32_t grid)
{
	const struct mtia_layernorm_args *args = arg;
	uint32_t cols = args->cols;
	struct plan p;

	make_plan(args, pos, grid, &p);
	if (p.from == p.to)
		return 0;
	place_all(&p);
	for (uint64_t row = p.from; row < p.to; row += p.batch) {
		uint32_t rows = p.to - row < p.batch ? (uint32_t)(p.to - row) : p.batch;
		uint64_t x = args->x + row * args->x_stride;

		for (uint32_t pass = p.held ? PASSES - 1 : 0; pass < PASSES; pass++) {
			for (uint64_t at = 0; at < cols; at += TILE_COLS) {
				bring(&p, x, args->type, rows, at, CB_X);
				if (pass == PASSES - 1 && (!p.held || row == p.from))
					bring_parameters(&p, at);
			}
		}
	}
	return 0;
}
