// SPDX-License-Identifier: MIT
/*
 * Concatenation along the columns. A piece of the result, some rows and a range of their bytes, is
 * put together in local memory: core A fetches what the inputs have of it, from the 32 bytes on
 * that it begins in; core B has MLU copy each part to its place and writes the piece out.
 */
#include "mtia/pe_program.h"

enum { CB_IN, CB_OUT, CB_ZERO };

/* Two pieces of parts that begin up to 31 bytes too early. */
#define CB_IN_SIZE	(2 * (MTIA_CONCAT_PIECE + 64 * MTIA_CONCAT_GROUP))
#define CB_OUT_SIZE	(2 * MTIA_CONCAT_PIECE)
#define CB_ZERO_SIZE	MTIA_CONCAT_GROUP /* a byte a row, never written */

/* The part that one input has of a piece. */
struct part {
	uint32_t input;	   /* the next to look at */
	uint64_t column;   /* of y, where it begins */
	uint64_t x;	   /* address of the first 32 bytes */
	uint32_t bytes;	   /* of a row, from there */
	uint32_t from, to; /* elements: first one behind x, first one in the piece */
	uint32_t count;	   /* elements */
};

struct piece {
	uint64_t number, step, end; /* this PE's next */
	uint32_t row, rows;
	uint64_t begin, behind; /* columns of y */
	struct part part;
};

static uint64_t min_u64(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t bytes_of(const struct mtia_concat_args *args, uint64_t elements)
{
	return ((elements << args->log2_bits) + 7) / 8;
}

static uint64_t chunks(const struct mtia_concat_args *args)
{
	return (bytes_of(args, args->total - args->from) - 1) / args->chunk + 1;
}

static void first(const struct mtia_concat_args *args, uint32_t pos, uint32_t grid, struct piece *p)
{
	p->number = pe_row(pos) * pe_col(grid) + pe_col(pos);
	p->step = pe_row(grid) * pe_col(grid);
	p->end = chunks(args) * ((args->rows - 1) / args->group + 1);
}

static bool next_piece(const struct mtia_concat_args *args, struct piece *p)
{
	uint64_t per_chunk = (uint64_t)args->chunk * 8 >> args->log2_bits, across = chunks(args);

	if (p->number >= p->end)
		return false;
	p->begin = args->from + p->number % across * per_chunk;
	p->behind = min_u64(p->begin + per_chunk, args->total);
	p->row = (uint32_t)(p->number / across) * args->group;
	p->rows = (uint32_t)min_u64(args->group, args->rows - p->row);
	p->part = (struct part){ 0 };
	p->number += p->step;
	return true;
}

static bool next_part(const struct mtia_concat_args *args, struct piece *p)
{
	struct part *part = &p->part;

	while (part->input < args->inputs && part->column < p->behind) {
		const struct mtia_concat_part *input = &args->input[part->input++];
		uint64_t start = part->column, end = start + input->cols, from, byte;

		part->column = end;
		if (end <= p->begin)
			continue;
		/* Elements of the input that lie in the piece, and the 32 bytes they begin in. */
		from = start < p->begin ? p->begin - start : 0;
		end = min_u64(end, p->behind) - start;
		byte = (from << args->log2_bits) / 8 & ~31ull;
		part->x = input->x + (uint64_t)p->row * input->stride + byte;
		part->bytes = (uint32_t)(bytes_of(args, end) - byte);
		part->from = (uint32_t)(from - (byte * 8 >> args->log2_bits));
		part->to = (uint32_t)(start + from - p->begin);
		part->count = (uint32_t)(end - from);
		return true;
	}
	return false;
}

uint32_t core_a(const void *arg, uint32_t pos, uint32_t grid)
{
	const struct mtia_concat_args *args = arg;
	uint32_t base = MTIA_PE_ARGS_SIZE;
	struct piece p;

	pe_cb_init(CB_IN, base, CB_IN_SIZE);
	base += CB_IN_SIZE;
	pe_cb_init(CB_OUT, base, CB_OUT_SIZE);
	base += CB_OUT_SIZE;
	pe_cb_init(CB_ZERO, base, CB_ZERO_SIZE);
	pe_cb_push(CB_ZERO, CB_ZERO_SIZE);
	pe_gate_open();

	pe_set(MTIA_CSR_STRIDE_CB, 0);
	for (first(args, pos, grid, &p); next_piece(args, &p);) {
		pe_set(MTIA_CSR_ROWS, p.rows);
		while (next_part(args, &p)) {
			pe_set(MTIA_CSR_COLS, p.part.bytes);
			pe_set(MTIA_CSR_STRIDE_MEM, args->input[p.part.input - 1].stride);
			pe_issue(MTIA_OP_DMA_IN, p.part.x, CB_IN);
		}
	}
	return 0;
}

/* `count` elements of each row, the first one `from` behind its row's start, to `to`. */
static void copy(const struct mtia_concat_args *args, uint32_t rows, uint32_t count, uint32_t cb,
		 uint32_t stride, uint32_t from, uint32_t to)
{
	pe_set(MTIA_CSR_CB0, cb);
	pe_set(MTIA_CSR_STRIDE0, stride);
	pe_set(MTIA_CSR_OFF0, (from << args->log2_bits) / 8);
	pe_set(MTIA_CSR_OFFD, (to << args->log2_bits) / 8);
	pe_set(MTIA_CSR_IMM1, from % 2);
	pe_set(MTIA_CSR_IMM2, to % 2);
	pe_issue(MTIA_OP_MLU_COPY, rows | (uint64_t)count << 32, CB_OUT);
}

uint32_t core_b(const void *arg, uint32_t pos, uint32_t grid)
{
	const struct mtia_concat_args *args = arg;
	struct piece p;

	pe_gate_wait();
	pe_set(MTIA_CSR_STRIDE_CB, args->chunk);
	pe_set(MTIA_CSR_STRIDE_MEM, args->y_stride);
	pe_set(MTIA_CSR_IMM0, args->log2_bits);
	for (first(args, pos, grid, &p); next_piece(args, &p);) {
		uint32_t count = (uint32_t)(p.behind - p.begin);

		while (next_part(args, &p)) {
			copy(args, p.rows, p.part.count, CB_IN, p.part.bytes, p.part.from,
			     p.part.to);
			pe_cb_pop(CB_IN, p.rows * p.part.bytes);
		}
		/* A row of 4-bit elements that ends inside a byte ends in a zero nibble. */
		if (args->log2_bits == 2 && count % 2)
			copy(args, p.rows, 1, CB_ZERO, 1, 0, count);
		pe_cb_push(CB_OUT, p.rows * args->chunk);
		pe_set(MTIA_CSR_ROWS, p.rows);
		pe_set(MTIA_CSR_COLS, bytes_of(args, count));
		pe_issue(MTIA_OP_DMA_OUT,
			 args->y + (uint64_t)p.row * args->y_stride +
				 bytes_of(args, p.begin - args->from),
			 CB_OUT);
	}
	return 0;
}
