// SPDX-License-Identifier: MIT
/*
 * Transpose of a batch of matrices. Core A fetches tiles, core B has MLU turn each and writes it
 * back. Neither touches an element.
 */
#include "mtia/pe_program.h"

enum { CB_IN, CB_OUT, CB_ZERO };

#define CB_SIZE		(2 * MTIA_TRANSPOSE_TILE)
#define CB_ZERO_SIZE	512u /* a byte a row of a tile, never written */

struct tile {
	uint64_t number, step, end; /* in the order of kernel_args.h; this PE's next */
	uint32_t rows, cols;	    /* of x */
	uint64_t x, y;		    /* addresses */
};

static uint32_t min_u32(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static uint32_t bytes_of(const struct mtia_transpose_args *args, uint32_t elements)
{
	return ((elements << args->log2_bits) + 7) / 8;
}

static uint32_t tiles(const struct mtia_transpose_args *args, uint32_t elements)
{
	return (elements - 1) / args->tile + 1;
}

static void first(const struct mtia_transpose_args *args, uint32_t pos, uint32_t grid,
		  struct tile *t)
{
	t->number = pe_row(pos) * pe_col(grid) + pe_col(pos);
	t->step = pe_row(grid) * pe_col(grid);
	t->end = (uint64_t)args->batch * tiles(args, args->rows) * tiles(args, args->cols);
}

static bool locate(const struct mtia_transpose_args *args, struct tile *t)
{
	uint32_t down = tiles(args, args->rows), across = tiles(args, args->cols);
	uint64_t b, r, c;

	if (t->number >= t->end)
		return false;
	c = t->number % across * args->tile;
	r = t->number / across % down * args->tile;
	b = t->number / across / down;
	t->rows = min_u32(args->tile, args->rows - (uint32_t)r);
	t->cols = min_u32(args->tile, args->cols - (uint32_t)c);
	t->x = args->x + b * args->x_batch + r * args->x_stride + (c << args->log2_bits) / 8;
	t->y = args->y + b * args->y_batch + c * args->y_stride + (r << args->log2_bits) / 8;
	t->number += t->step;
	return true;
}

uint32_t core_a(const void *arg, uint32_t pos, uint32_t grid)
{
	const struct mtia_transpose_args *args = arg;
	struct tile t;

	pe_cb_init(CB_IN, MTIA_PE_ARGS_SIZE, CB_SIZE);
	pe_cb_init(CB_OUT, MTIA_PE_ARGS_SIZE + CB_SIZE, CB_SIZE);
	pe_cb_init(CB_ZERO, MTIA_PE_ARGS_SIZE + 2 * CB_SIZE, CB_ZERO_SIZE);
	pe_cb_push(CB_ZERO, CB_ZERO_SIZE);
	pe_gate_open();

	pe_set(MTIA_CSR_STRIDE_MEM, args->x_stride);
	pe_set(MTIA_CSR_STRIDE_CB, bytes_of(args, args->tile));
	for (first(args, pos, grid, &t); locate(args, &t);) {
		pe_set(MTIA_CSR_ROWS, t.rows);
		pe_set(MTIA_CSR_COLS, bytes_of(args, t.cols));
		pe_issue(MTIA_OP_DMA_IN, t.x, CB_IN);
	}
	return 0;
}

/* A row of 4-bit elements that ends inside a byte ends in a zero nibble. */
static void end_rows(const struct mtia_transpose_args *args, const struct tile *t, uint32_t stride)
{
	if (args->log2_bits != 2 || t->rows % 2 == 0)
		return;
	pe_set(MTIA_CSR_CB0, CB_ZERO);
	pe_set(MTIA_CSR_STRIDE0, 1);
	pe_set(MTIA_CSR_OFFD, t->rows / 2);
	pe_set(MTIA_CSR_IMM2, 1);
	pe_issue(MTIA_OP_MLU_COPY, t->cols | 1ull << 32, CB_OUT);
	pe_set(MTIA_CSR_CB0, CB_IN);
	pe_set(MTIA_CSR_STRIDE0, stride);
	pe_set(MTIA_CSR_OFFD, 0);
	pe_set(MTIA_CSR_IMM2, 0);
}

uint32_t core_b(const void *arg, uint32_t pos, uint32_t grid)
{
	const struct mtia_transpose_args *args = arg;
	uint32_t stride = bytes_of(args, args->tile);
	struct tile t;

	pe_gate_wait();
	pe_set(MTIA_CSR_CB0, CB_IN);
	pe_set(MTIA_CSR_STRIDE0, stride);
	pe_set(MTIA_CSR_STRIDE_CB, stride);
	pe_set(MTIA_CSR_IMM0, args->log2_bits);
	pe_set(MTIA_CSR_STRIDE_MEM, args->y_stride);
	for (first(args, pos, grid, &t); locate(args, &t);) {
		pe_issue(MTIA_OP_MLU_TRANSPOSE, t.rows | (uint64_t)t.cols << 32, CB_OUT);
		end_rows(args, &t, stride);
		pe_cb_pop(CB_IN, t.rows * stride);
		pe_cb_push(CB_OUT, t.cols * stride);
		pe_set(MTIA_CSR_ROWS, t.cols);
		pe_set(MTIA_CSR_COLS, bytes_of(args, t.rows));
		pe_issue(MTIA_OP_DMA_OUT, t.y, CB_OUT);
	}
	return 0;
}
