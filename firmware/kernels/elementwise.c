// SPDX-License-Identifier: MIT
/*
 * Element-wise operators: a tile goes through one to three SE operations, each from one CB into the
 * next. Core A fetches tiles, two ahead; core B issues the operations and writes the results. What
 * the operations are is the library's business.
 */
#include "mtia/pe_program.h"

enum { CB_X, CB_SECOND, CB_STAGE0, CB_STAGE1, CB_Y, CB_LUT };

static uint32_t min_u32(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static uint32_t round32(uint32_t bytes)
{
	return (bytes + 31) & ~31u;
}

struct tile {
	uint64_t number, end; /* this PE's next one, and behind its last one */
	uint32_t down;	      /* tiles in a column of them */
	uint32_t row, col, rows, cols;
	bool new_cols;	      /* not the columns of the PE's tile before */
};

static void first(const struct mtia_elementwise_args *args, uint32_t pos, uint32_t grid,
		  struct tile *t)
{
	uint64_t pe = pe_row(pos) * pe_col(grid) + pe_col(pos), pes = pe_row(grid) * pe_col(grid);
	uint64_t total;

	t->down = (args->rows - 1) / args->tile_rows + 1;
	total = (uint64_t)t->down * ((args->cols - 1) / args->tile_cols + 1);
	t->number = total * pe / pes;
	t->end = total * (pe + 1) / pes;
	t->col = UINT32_MAX;
}

static bool next(const struct mtia_elementwise_args *args, struct tile *t)
{
	uint32_t col;

	if (t->number == t->end)
		return false;
	col = (uint32_t)(t->number / t->down) * args->tile_cols;
	t->row = (uint32_t)(t->number % t->down) * args->tile_rows;
	t->new_cols = col != t->col;
	t->col = col;
	t->rows = min_u32(args->tile_rows, args->rows - t->row);
	t->cols = min_u32(args->tile_cols, args->cols - col);
	t->number++;
	return true;
}

static uint32_t kind(const struct mtia_elementwise_args *args)
{
	return args->kind & ~MTIA_ELEMENTWISE_INVERT;
}

/*
 * Bytes that one row of second operands takes in its CB: always the same, so that it never wraps
 * and core B can work on it.
 */
static uint32_t slot(const struct mtia_elementwise_args *args)
{
	switch (kind(args)) {
	case MTIA_ELEMENTWISE_PER_ROW:
		return round32(args->tile_rows * sizeof(struct mtia_se_quant));
	case MTIA_ELEMENTWISE_PER_COL:
		return round32(args->tile_cols * sizeof(struct mtia_se_quant));
	default:
		return round32(args->tile_cols * args->x_bytes);
	}
}

static void fetch(uint64_t from, uint32_t cb, uint32_t rows, uint32_t bytes, uint32_t stride,
		  uint32_t cb_stride)
{
	pe_set(MTIA_CSR_ROWS, rows);
	pe_set(MTIA_CSR_COLS, bytes);
	pe_set(MTIA_CSR_STRIDE_MEM, stride);
	pe_set(MTIA_CSR_STRIDE_CB, cb_stride);
	pe_issue(MTIA_OP_DMA_IN, from, cb);
}

/* Is the second operand of this tile another one than of the tile before? */
static bool new_second(const struct mtia_elementwise_args *args, const struct tile *t)
{
	switch (kind(args)) {
	case MTIA_ELEMENTWISE_NONE:
		return false;
	case MTIA_ELEMENTWISE_BCAST:
	case MTIA_ELEMENTWISE_PER_COL:
		return t->new_cols;
	default:
		return true;
	}
}

static void fetch_second(const struct mtia_elementwise_args *args, const struct tile *t)
{
	const uint32_t param = sizeof(struct mtia_se_quant);

	switch (kind(args)) {
	case MTIA_ELEMENTWISE_TENSOR:
		fetch(args->second + (uint64_t)t->row * args->second_stride +
			      (uint64_t)t->col * args->x_bytes,
		      CB_SECOND, t->rows, t->cols * args->x_bytes, args->second_stride, 0);
		break;
	case MTIA_ELEMENTWISE_BCAST:
		fetch(args->second + (uint64_t)t->col * args->x_bytes, CB_SECOND, 1,
		      t->cols * args->x_bytes, 0, slot(args));
		break;
	case MTIA_ELEMENTWISE_PER_ROW:
		fetch(args->second + (uint64_t)t->row * param, CB_SECOND, 1, t->rows * param, 0,
		      slot(args));
		break;
	case MTIA_ELEMENTWISE_PER_COL:
		fetch(args->second + (uint64_t)t->col * param, CB_SECOND, 1, t->cols * param, 0,
		      slot(args));
		break;
	}
}

static uint32_t init_cb(uint32_t cb, uint32_t base, uint32_t bytes)
{
	pe_cb_init(cb, base, round32(bytes));
	return base + round32(bytes);
}

uint32_t core_a(const void *arg, uint32_t pos, uint32_t grid)
{
	const struct mtia_elementwise_args *args = arg;
	uint32_t base = MTIA_PE_ARGS_SIZE, elements = args->tile_rows * args->tile_cols;
	struct tile t;

	base = init_cb(CB_X, base, 2 * elements * args->x_bytes);
	if (kind(args) == MTIA_ELEMENTWISE_TENSOR)
		base = init_cb(CB_SECOND, base, 2 * elements * args->x_bytes);
	else if (kind(args) != MTIA_ELEMENTWISE_NONE)
		base = init_cb(CB_SECOND, base, 2 * slot(args));
	for (uint32_t i = 0; i + 1 < args->stages; i++)
		base = init_cb(CB_STAGE0 + i, base, elements * args->stage[i].bytes);
	base = init_cb(CB_Y, base, 2 * elements * args->stage[args->stages - 1].bytes);
	if (args->lut_bytes) {
		init_cb(CB_LUT, base, args->lut_bytes);
		fetch(args->lut, CB_LUT, 1, args->lut_bytes, 0, 0);
	}
	pe_gate_open();

	for (first(args, pos, grid, &t); next(args, &t);) {
		fetch(args->x + (uint64_t)t.row * args->x_stride + (uint64_t)t.col * args->x_bytes,
		      CB_X, t.rows, t.cols * args->x_bytes, args->x_stride, 0);
		if (new_second(args, &t))
			fetch_second(args, &t);
	}
	return 0;
}

static void issue(uint32_t op, uint64_t shape, uint32_t dst)
{
	switch (op) {
	case MTIA_OP_SE_CONVERT:
		pe_issue(MTIA_OP_SE_CONVERT, shape, dst);
		break;
	case MTIA_OP_SE_QUANT:
		pe_issue(MTIA_OP_SE_QUANT, shape, dst);
		break;
	case MTIA_OP_SE_DEQUANT8:
		pe_issue(MTIA_OP_SE_DEQUANT8, shape, dst);
		break;
	case MTIA_OP_SE_ADD:
		pe_issue(MTIA_OP_SE_ADD, shape, dst);
		break;
	case MTIA_OP_SE_MUL:
		pe_issue(MTIA_OP_SE_MUL, shape, dst);
		break;
	case MTIA_OP_SE_MAX:
		pe_issue(MTIA_OP_SE_MAX, shape, dst);
		break;
	case MTIA_OP_SE_RELU:
		pe_issue(MTIA_OP_SE_RELU, shape, dst);
		break;
	default: /* slot 0 */
		pe_issue(MTIA_OP_SE_LOOKUP, shape, dst);
		break;
	}
}

/* All stages of one tile; its first operands are given up, its result is pushed. */
static void stages(const struct mtia_elementwise_args *args, const struct tile *t)
{
	uint32_t src = CB_X, bytes = args->x_bytes, elements = t->rows * t->cols;

	for (uint32_t i = 0; i < args->stages; i++) {
		const struct mtia_elementwise_stage *stage = &args->stage[i];
		uint32_t dst = i + 1 < args->stages ? CB_STAGE0 + i : CB_Y;

		pe_set(MTIA_CSR_CB0, src);
		pe_set(MTIA_CSR_FLAGS, stage->flags);
		pe_set(MTIA_CSR_IMM0, stage->imm[0]);
		pe_set(MTIA_CSR_IMM1, stage->imm[1]);
		pe_set(MTIA_CSR_IMM2, stage->imm[2]);
		issue(stage->op, t->rows | (uint64_t)t->cols << 32, dst);
		pe_cb_pop(src, elements * bytes);
		pe_cb_push(dst, elements * stage->bytes);
		src = dst;
		bytes = stage->bytes;
	}
}

/* SE multiplies: scales become reciprocals, correctly rounded. */
static void invert(struct mtia_se_quant *params, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		params[i].inv = 1.0f / params[i].inv;
}

uint32_t core_b(const void *arg, uint32_t pos, uint32_t grid)
{
	const struct mtia_elementwise_args *args = arg;
	uint32_t y_bytes = args->stage[args->stages - 1].bytes;
	bool held = false; /* a row of second operands, over tiles */
	struct tile t;

	pe_gate_wait();
	if (args->lut_bytes) {
		pe_set(MTIA_CSR_CB0, CB_LUT);
		pe_issue(MTIA_OP_SE_LUT_LOAD, 0, 0);
	}
	pe_set(MTIA_CSR_CB1, CB_SECOND);
	pe_set(MTIA_CSR_STRIDE_MEM, args->y_stride);
	for (first(args, pos, grid, &t); next(args, &t);) {
		bool row = kind(args) > MTIA_ELEMENTWISE_TENSOR;

		if (row && new_second(args, &t)) {
			if (held)
				pe_cb_pop(CB_SECOND, slot(args));
			held = true;
			if (args->kind & MTIA_ELEMENTWISE_INVERT)
				invert((struct mtia_se_quant *)pe_cb_wait(CB_SECOND, slot(args)),
				       kind(args) == MTIA_ELEMENTWISE_PER_ROW ? t.rows : t.cols);
		}
		stages(args, &t);
		if (kind(args) == MTIA_ELEMENTWISE_TENSOR)
			pe_cb_pop(CB_SECOND, t.rows * t.cols * args->x_bytes);
		pe_set(MTIA_CSR_ROWS, t.rows);
		pe_set(MTIA_CSR_COLS, t.cols * y_bytes);
		pe_issue(MTIA_OP_DMA_OUT,
			 args->y + (uint64_t)t.row * args->y_stride + (uint64_t)t.col * y_bytes,
			 CB_Y);
	}
	return 0;
}
