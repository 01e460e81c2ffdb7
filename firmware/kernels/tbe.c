// SPDX-License-Identifier: MIT
/*
 * Table-batched embedding, rows of every layout that SE_ROWS knows; tables may differ in it.
 *
 * The paper gives no mapping; this one follows its split of the cores and v1's cost: core A computes
 * one address and issues one DMA for every row, core B has SE add up to 32 rows an instruction, and
 * the two are ordered by the levels of the row buffer alone.
 *
 * Indices, offsets and weights are read in windows of fixed absolute position (multiples of WINDOW
 * elements), so that every DMA is aligned and both cores know where windows begin without talking.
 *
 * A bad index uses row 0 and bad offsets make an empty bag; both are recorded and end the program
 * with a code, after all bags are done. With REPAIR offsets are clamped and nothing is recorded. So both cores always agree on how many rows there are.
 */
#include "mtia/pe_program.h"

enum { CB_ROWS, CB_INDEX, CB_OFFSET_A, CB_OFFSET_B, CB_WEIGHT, CB_TABLE_A, CB_TABLE_B, CB_OUT, CB_ERROR };

/*
 * Elements of one fetch of indices, offsets, weights. A window takes the same room in its CB
 * whatever it holds, so that it never wraps around and a core can read it as an array.
 */
#define WINDOW		256u
#define OFFSET_WINDOW	(WINDOW * 8 + 32) /* one more than WINDOW: a bag's end is the next one's start */
#define WEIGHT_WINDOW	(WINDOW * 4)
#define CB_INDEX_SIZE	(2 * WINDOW * 8)
#define CB_OFFSET_SIZE	OFFSET_WINDOW
#define CB_WEIGHT_SIZE	(4 * WEIGHT_WINDOW)
#define CB_TABLE_SIZE	(2 * sizeof(struct mtia_tbe_table))
#define CB_OUT_SIZE	0x8000u
#define CB_ERROR_SIZE	32u

_Static_assert(MTIA_PE_ARGS_SIZE + MTIA_TBE_ROW_CB_MAX + CB_INDEX_SIZE + 2 * CB_OFFSET_SIZE +
		       CB_WEIGHT_SIZE + 2 * CB_TABLE_SIZE + CB_OUT_SIZE + CB_ERROR_SIZE <=
		       MTIA_KERNEL_CB_LIMIT, "local memory is full");

/* The bags of this PE, in order, and where their indices are. */
struct walk {
	const struct mtia_tbe_args *args;
	uint64_t bag, end; /* g */
	uint32_t table, b;
	uint32_t offset_cb;
	uint64_t window_end; /* first bag beyond the window of offsets held */
	const void *window;  /* its offsets; NULL before the first */
	uint64_t from, to; /* indices of the current bag */
	bool bad_offsets;
};

static int64_t element(const void *array, uint64_t i, uint32_t bytes)
{
	return bytes == 4 ? ((const int32_t *)array)[i] : ((const int64_t *)array)[i];
}

static bool walk_start(struct walk *w, const struct mtia_tbe_args *args, uint32_t pos, uint32_t grid,
		       uint32_t offset_cb)
{
	uint32_t rows = grid & 0xffff, cols = grid >> 16;
	uint32_t pe = pe_row(pos) * cols + pe_col(pos), pes = rows * cols;
	uint64_t total = (uint64_t)args->table_count * args->batch;
	uint64_t quot = total / pes, rest = total % pes;

	/* total * pe / pes without overflow */
	*w = (struct walk){ .args = args, .offset_cb = offset_cb };
	w->bag = quot * pe + rest * pe / pes;
	w->end = quot * (pe + 1) + rest * (pe + 1) / pes;
	w->table = w->bag / args->batch;
	w->b = w->bag % args->batch;
	return w->bag < w->end;
}

/* Offsets of the current bag, checked: both cores come to the same from and to. */
static void walk_range(struct walk *w)
{
	const struct mtia_tbe_args *args = w->args;
	uint64_t first = w->bag & ~(uint64_t)(WINDOW - 1);
	int64_t from = element(w->window, w->bag - first, args->index_bytes);
	int64_t to = element(w->window, w->bag - first + 1, args->index_bytes);

	bool last = w->bag + 1 == (uint64_t)args->table_count * args->batch;

	if (args->flags & MTIA_TBE_REPAIR) {
		int64_t n = args->index_count;

		from = from < 0 ? 0 : from < n ? from : n;
		to = last || to > n ? n : to < from ? from : to;
		w->from = from;
		w->to = to;
		return;
	}
	w->bad_offsets = from < 0 || to < from || (uint64_t)to > args->index_count ||
			 (last && args->flags & MTIA_TBE_EXACT && (uint64_t)to != args->index_count);
	w->from = w->bad_offsets ? 0 : from;
	w->to = w->bad_offsets ? 0 : to;
}

static void walk_next(struct walk *w)
{
	w->bag++;
	if (++w->b == w->args->batch) {
		w->b = 0;
		w->table++;
	}
}

/* Wait for the window of offsets that holds the current bag. */
static void walk_window(struct walk *w)
{
	w->window = pe_cb_wait(w->offset_cb, OFFSET_WINDOW);
	w->window_end = (w->bag & ~(uint64_t)(WINDOW - 1)) + WINDOW;
}

static void walk_drop_window(struct walk *w)
{
	if (w->window)
		pe_cb_pop(w->offset_cb, OFFSET_WINDOW);
}

/* Fetch `bytes` contiguous bytes, which take `room` bytes of the CB. */
static void fetch(uint64_t from, uint32_t bytes, uint32_t room, uint32_t cb)
{
	pe_set(MTIA_CSR_ROWS, 1);
	pe_set(MTIA_CSR_COLS, bytes);
	pe_set(MTIA_CSR_STRIDE_CB, room);
	pe_issue(MTIA_OP_DMA_IN, from, cb);
}

/* Elements of the window that starts at `first` in an array of `total`. */
static uint32_t window_count(uint64_t first, uint64_t total, uint32_t most)
{
	return total - first < most ? total - first : most;
}

/* Bytes of one row in the row buffer: rows keep the DMA's alignment. */
static uint32_t row_bytes(const struct mtia_tbe_table *t)
{
	return (t->row_bytes + 31u) & ~31u;
}

/* ---- Core A: addresses and DMA -------------------------------------------------------------------- */

struct index_window {
	uint64_t first, end; /* indices held; end = 0 before the first window */
	const void *data;    /* of index 0, as if all were there: any value, NULL too */
};

/* Replace the window held by the one with index `i`. */
static void next_index_window(const struct mtia_tbe_args *args, struct index_window *x, uint64_t i)
{
	uint32_t room = WINDOW * args->index_bytes, count;

	if (x->end)
		pe_cb_pop(CB_INDEX, room);
	x->first = i & ~(uint64_t)(WINDOW - 1);
	count = window_count(x->first, args->index_count, WINDOW);
	x->end = x->first + count;
	if (args->weights)
		fetch(args->weights + x->first * 4, count * 4, WEIGHT_WINDOW, CB_WEIGHT);
	fetch(args->indices + x->first * args->index_bytes, count * args->index_bytes, room, CB_INDEX);
	x->data = (const uint8_t *)pe_cb_wait(CB_INDEX, room) - x->first * args->index_bytes;
}

static void report(struct mtia_tbe_error *seen, uint32_t code, const struct walk *w,
		   uint64_t position, int64_t value)
{
	if (seen->code || w->args->flags & MTIA_TBE_REPAIR)
		return;
	*seen = (struct mtia_tbe_error){
		.code = code, .table = w->table, .bag = w->b, .position = position, .value = value,
	};
}

/* Put the record into local memory through its CB's space and send it out. */
static void send_error(const struct mtia_tbe_args *args, const struct mtia_tbe_error *seen)
{
	struct mtia_tbe_error *out = (struct mtia_tbe_error *)(uintptr_t)pe_sync(
		MTIA_SYNC_CB_SPACE, CB_ERROR, sizeof(*out));

	*out = *seen;
	pe_cb_push(CB_ERROR, sizeof(*out));
	pe_set(MTIA_CSR_ROWS, 1);
	pe_set(MTIA_CSR_COLS, sizeof(*out));
	pe_set(MTIA_CSR_STRIDE_CB, 0);
	pe_issue(MTIA_OP_DMA_OUT, args->error, CB_ERROR);
}

/* One DMA a row for the indices i .. end of a window; 4-byte and 8-byte loops are the same code. */
#define ISSUE_ROWS(type)                                                                          \
	do {                                                                                      \
		const type *index = (const type *)x->data + i;                                    \
		const type *stop = (const type *)x->data + end;                                   \
                                                                                                  \
		for (; index < stop; index++) {                                                   \
			uint64_t row = (uint64_t)(int64_t)*index;                                 \
                                                                                                  \
			if (__builtin_expect(row >= rows, 0)) {                                   \
				report(seen, MTIA_TBE_EXIT_INDEX, w,                           \
				       index - (const type *)x->data, *index);                    \
				row = 0;                                                          \
			}                                                                         \
			pe_issue(MTIA_OP_DMA_IN, base + row * stride, CB_ROWS);                   \
		}                                                                                 \
	} while (0)

static void issue_rows(const struct walk *w, const struct mtia_tbe_table *t, struct index_window *x,
		       struct mtia_tbe_error *seen, uint64_t i, uint64_t end)
{
	uint64_t base = t->rows_va, rows = t->rows, stride = t->row_stride;

	if (w->args->index_bytes == 4)
		ISSUE_ROWS(int32_t);
	else
		ISSUE_ROWS(int64_t);
}

uint32_t core_a(const void *arg, uint32_t pos, uint32_t grid)
{
	const struct mtia_tbe_args *args = arg;
	struct walk w;
	struct index_window x = { 0 };
	struct mtia_tbe_error seen = { 0 };
	struct mtia_tbe_table table = { 0 };
	uint32_t base = MTIA_PE_ARGS_SIZE;
	uint64_t total = (uint64_t)args->table_count * args->batch;
	uint32_t have_table = UINT32_MAX;

	if (!walk_start(&w, args, pos, grid, CB_OFFSET_A))
		return 0;

	pe_cb_init(CB_ROWS, base, args->row_cb_size);
	base += MTIA_TBE_ROW_CB_MAX;
	pe_cb_init(CB_INDEX, base, CB_INDEX_SIZE);
	base += CB_INDEX_SIZE;
	pe_cb_init(CB_OFFSET_A, base, CB_OFFSET_SIZE);
	base += CB_OFFSET_SIZE;
	pe_cb_init(CB_OFFSET_B, base, CB_OFFSET_SIZE);
	base += CB_OFFSET_SIZE;
	pe_cb_init(CB_WEIGHT, base, CB_WEIGHT_SIZE);
	base += CB_WEIGHT_SIZE;
	pe_cb_init(CB_TABLE_A, base, CB_TABLE_SIZE);
	base += CB_TABLE_SIZE;
	pe_cb_init(CB_TABLE_B, base, CB_TABLE_SIZE);
	base += CB_TABLE_SIZE;
	pe_cb_init(CB_OUT, base, CB_OUT_SIZE);
	base += CB_OUT_SIZE;
	pe_cb_init(CB_ERROR, base, CB_ERROR_SIZE);
	pe_gate_open();

	pe_set(MTIA_CSR_STRIDE_MEM, 0);
	for (; w.bag < w.end; walk_next(&w)) {
		if (w.bag >= w.window_end) {
			uint64_t first = w.bag & ~(uint64_t)(WINDOW - 1);
			uint32_t count = window_count(first, total + 1, WINDOW + 1);
			uint64_t from = args->offsets + first * args->index_bytes;

			walk_drop_window(&w);
			fetch(from, count * args->index_bytes, OFFSET_WINDOW, CB_OFFSET_B);
			fetch(from, count * args->index_bytes, OFFSET_WINDOW, CB_OFFSET_A);
			walk_window(&w);
		}
		if (w.table != have_table) {
			uint64_t from = args->tables + (uint64_t)w.table * sizeof(table);

			fetch(from, sizeof(table), sizeof(table), CB_TABLE_B);
			fetch(from, sizeof(table), sizeof(table), CB_TABLE_A);
			table = *(const struct mtia_tbe_table *)pe_cb_wait(CB_TABLE_A, sizeof(table));
			pe_cb_pop(CB_TABLE_A, sizeof(table));
			have_table = w.table;
		}
		walk_range(&w);
		if (w.bad_offsets)
			report(&seen, MTIA_TBE_EXIT_OFFSETS, &w, w.bag, 0);

		for (uint64_t i = w.from; i < w.to;) {
			uint64_t end;

			if (i < x.first || i >= x.end)
				next_index_window(args, &x, i);
			end = w.to < x.end ? w.to : x.end;
			pe_set(MTIA_CSR_ROWS, 1);
			pe_set(MTIA_CSR_COLS, table.row_bytes);
			pe_set(MTIA_CSR_STRIDE_CB, row_bytes(&table));
			issue_rows(&w, &table, &x, &seen, i, end);
			i = end;
		}
	}
	if (seen.code)
		send_error(args, &seen);
	return seen.code;
}

/* ---- Core B: accumulate ---------------------------------------------------------------------------- */

uint32_t core_b(const void *arg, uint32_t pos, uint32_t grid)
{
	const struct mtia_tbe_args *args = arg;
	struct walk w;
	struct mtia_tbe_table table = { 0 };
	uint32_t have_table = UINT32_MAX, stride = 0, most = 0, layout = 0;
	uint64_t weights_first = 0, weights_end = 0; /* indices whose weights are held */

	if (!walk_start(&w, args, pos, grid, CB_OFFSET_B))
		return 0;
	pe_gate_wait();

	pe_set(MTIA_CSR_CB0, CB_ROWS);
	pe_set(MTIA_CSR_CB1, CB_WEIGHT);
	pe_set(MTIA_CSR_ROWS, 1);
	pe_set(MTIA_CSR_STRIDE_MEM, 0);
	for (; w.bag < w.end; walk_next(&w)) {
		uint32_t init = MTIA_F_INIT, weighted = args->weights ? MTIA_F_WEIGHTED : 0;

		if (w.bag >= w.window_end) {
			walk_drop_window(&w);
			walk_window(&w);
		}
		if (w.table != have_table) {
			table = *(const struct mtia_tbe_table *)pe_cb_wait(CB_TABLE_B, sizeof(table));
			pe_cb_pop(CB_TABLE_B, sizeof(table));
			have_table = w.table;
			stride = row_bytes(&table);
			/* Wide rows of FP16 and FP32: no more than the row buffer holds. */
			most = args->row_cb_size / stride;
			if (most > MTIA_SE_MAX_ROWS)
				most = MTIA_SE_MAX_ROWS;
			layout = MTIA_F_ROW((uint32_t)table.layout);
			pe_set(MTIA_CSR_COLS, table.dim * 4);
		}
		walk_range(&w);

		pe_set(MTIA_CSR_STRIDE_CB, stride);
		for (uint64_t i = w.from; i < w.to;) {
			uint64_t rows = w.to - i;

			if (rows > most)
				rows = most;
			if (weighted) {
				if (i < weights_first || i >= weights_end) {
					if (weights_end)
						pe_cb_pop(CB_WEIGHT, WEIGHT_WINDOW);
					weights_first = i & ~(uint64_t)(WINDOW - 1);
					weights_end = weights_first +
						      window_count(weights_first, args->index_count,
								   WINDOW);
				}
				if (rows > weights_end - i)
					rows = weights_end - i;
				pe_set(MTIA_CSR_OFF1, (i - weights_first) * 4);
			}
			pe_set(MTIA_CSR_FLAGS, init | weighted | layout);
			pe_issue(MTIA_OP_SE_ROWS, rows | (uint64_t)table.dim << 32, CB_OUT);
			pe_cb_pop(CB_ROWS, rows * stride);
			init = 0;
			i += rows;
		}
		if (init) { /* empty bag */
			pe_set(MTIA_CSR_FLAGS, MTIA_F_INIT | layout);
			pe_issue(MTIA_OP_SE_ROWS, (uint64_t)table.dim << 32, CB_OUT);
		} else if (args->flags & MTIA_TBE_MEAN) {
			pe_set(MTIA_CSR_FLAGS, MTIA_F_RECIP);
			pe_set(MTIA_CSR_IMM0, w.to - w.from);
			pe_issue(MTIA_OP_SE_SCALE, table.dim, CB_OUT);
		}
		pe_cb_push(CB_OUT, table.dim * 4);
		pe_set(MTIA_CSR_STRIDE_CB, 0);
		pe_issue(MTIA_OP_DMA_OUT,
			 args->out + (uint64_t)w.b * args->out_stride + table.out_column * 4ull, CB_OUT);
	}
	return 0;
}
