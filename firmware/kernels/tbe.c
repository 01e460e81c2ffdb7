// SPDX-License-Identifier: MIT
/*
 * Table-batched embedding, rows of every layout that SE_ROWS knows; tables may differ in it.
 *
 * The paper gives no mapping; this one follows its split of the cores and v1's cost: core A computes
 * one address and issues one DMA for every row, core B has SE add up to 32 rows an instruction (128
 * with MTIA_CAP_SE_ROWS128), and the two are ordered by the levels of the row buffer alone.
 *
 * Indices, offsets and weights are read in windows of fixed absolute position (multiples of WINDOW
 * elements), so that every DMA is aligned and both cores know where windows begin without talking.
 *
 * A bad index uses row 0 and bad offsets make an empty bag; both are recorded and end the program
 * with a code, after all bags are done. With REPAIR offsets are clamped, and the program ends well.
 * Of pruned rows core A brings none; core B sees from the indices which those are. So both cores
 * always agree on how many rows there are.
 */
#include "tbe_results.h"

/* ---- Core A: addresses and DMA -------------------------------------------------------------------- */

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
	if (args->flags & MTIA_TBE_SKIP)
		fetch(args->indices + x->first * args->index_bytes, count * args->index_bytes, room,
		      CB_INDEX_B);
	fetch(args->indices + x->first * args->index_bytes, count * args->index_bytes, room, CB_INDEX);
	x->data = (const uint8_t *)pe_cb_wait(CB_INDEX, room) - x->first * args->index_bytes;
}

/* All corrections are counted, the first finding is described. */
static PE_RARE void report(struct mtia_tbe_error *seen, uint32_t code, const struct walk *w,
			   uint64_t position, int64_t value)
{
	if (code == MTIA_TBE_EXIT_OFFSETS)
		seen->bad_offsets++;
	else
		seen->bad_indices++;
	if (seen->code)
		return;
	seen->code = code;
	seen->table = w->table;
	seen->bag = w->b;
	seen->position = position;
	seen->value = value;
}

/* Put the record into local memory through its CB's space and send it out. */
static PE_RARE void send_error(const struct mtia_tbe_args *args, struct mtia_tbe_error *seen,
			       uint32_t pos, uint32_t grid)
{
	struct mtia_tbe_error *out = (struct mtia_tbe_error *)(uintptr_t)pe_sync(
		MTIA_SYNC_CB_SPACE, CB_ERROR, sizeof(*out));
	uint64_t to = args->error;

	if (args->flags & MTIA_TBE_COUNT) {
		to += (pe_row(pos) * pe_col(grid) + pe_col(pos)) * sizeof(*out);
		seen->records = pe_row(grid) * pe_col(grid);
	} else {
		seen->records = 1;
		seen->bad_offsets = 0;
		seen->bad_indices = 0;
	}
	*out = *seen;
	pe_cb_push(CB_ERROR, sizeof(*out));
	pe_set(MTIA_CSR_ROWS, 1);
	pe_set(MTIA_CSR_COLS, sizeof(*out));
	pe_set(MTIA_CSR_STRIDE_CB, 0);
	pe_issue(MTIA_OP_DMA_OUT, to, CB_ERROR);
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
				if (*index == -1 && skip)                                         \
					continue;                                                 \
				report(seen, MTIA_TBE_EXIT_INDEX, w,                              \
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
	bool skip = w->args->flags & MTIA_TBE_SKIP;

	if (w->args->index_bytes == 4)
		ISSUE_ROWS(int32_t);
	else
		ISSUE_ROWS(int64_t);
}

/* Buffers that only some runs need. */
static PE_RARE void init_more(const struct mtia_tbe_args *args, uint32_t base)
{
	pe_cb_init(CB_INDEX_B, base, CB_INDEX_SIZE);
	base += CB_INDEX_SIZE;
	pe_cb_init(CB_LEAST, base, CB_LEAST_SIZE);
	base += CB_LEAST_SIZE;
	if (!(args->flags & NOT_PLAIN)) {
		pe_cb_init(CB_OUT, base, CB_OUT_SIZE);
		return;
	}
	pe_cb_init(CB_ACC, base, CB_ACC_SIZE);
	base += CB_ACC_SIZE;
	pe_cb_init(CB_SHIFTED, base, CB_SHIFTED_SIZE);
	base += CB_SHIFTED_SIZE;
	pe_cb_init(CB_OUT, base, CB_OUT_SLOTS);
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

	/* Constants of 64 bits would each come from the image, see README.md: have them computed. */
	__asm__("" : "+r"(base));
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
	pe_cb_init(CB_ERROR, base, CB_ERROR_SIZE);
	base += CB_ERROR_SIZE;
	if (args->flags & (NOT_PLAIN | MTIA_TBE_SKIP))
		init_more(args, base);
	else
		pe_cb_init(CB_OUT, base, CB_OUT_SIZE);
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
	if (seen.code && (!(args->flags & MTIA_TBE_REPAIR) || args->flags & MTIA_TBE_COUNT))
		send_error(args, &seen, pos, grid);
	return args->flags & MTIA_TBE_REPAIR ? 0 : seen.code;
}

/* ---- Core B: results ------------------------------------------------------------------------------- */

/* Where a bag's result goes. */
PE_INLINE uint64_t out_address(const struct sums *s, const struct walk *w)
{
	uint64_t row = s->args->out + (uint64_t)w->b * s->args->out_stride, column = s->table.out_column;

	if (s->args->flags & MTIA_TBE_F16)
		return row + column * 2;
	if (s->args->flags & MTIA_TBE_U8)
		return row + column + w->table * 8ull;
	return row + column * 4;
}

/* A bag of any kind, from its rows to memory. */
static PE_RARE void send_result(struct sums *s, const struct walk *w, uint64_t later,
				struct waiting *waiting)
{
	if (s->args->flags & MTIA_TBE_NO_POOLING) {
		send_rows(s, w->from, w->to, later);
		return;
	}
	sum_bag(s, w->from, w->to, s->args->flags & MTIA_TBE_SKIP);
	if (!(s->args->flags & NOT_PLAIN)) {
		send_plain(s, out_address(s, w));
		return;
	}
	if (s->args->flags & MTIA_TBE_F16) {
		send_f16(s, out_address(s, w));
		return;
	}
	/* SE is busy with this sum while this core looks at the one before. */
	if (waiting->dim)
		send_u8(waiting);
	pe_cb_push(CB_ACC, ACC_SLOT);
	*waiting = (struct waiting){ s->table.dim, out_address(s, w) };
}

/* Go to the current bag: its table, its indices. */
PE_INLINE void next_bag(struct sums *s, struct walk *w, uint32_t *have_table)
{
	if (w->bag >= w->window_end) {
		walk_drop_window(w);
		walk_window(w);
	}
	if (w->table != *have_table) {
		take_table(s);
		*have_table = w->table;
	}
	walk_range(w);
}

static PE_RARE void any_bags(struct walk *w)
{
	const struct mtia_tbe_args *args = w->args;
	struct sums s = { .args = args, .cb = CB_OUT };
	struct waiting waiting = { 0 };
	uint64_t later = UINT64_MAX;
	uint32_t have_table = UINT32_MAX;

	if (args->flags & MTIA_TBE_NO_POOLING) {
		if (args->flags & MTIA_TBE_REPAIR)
			later = first_of_later_bags(args, w->end);
		pe_set(MTIA_CSR_ROWS, 1);
		pe_set(MTIA_CSR_STRIDE_MEM, args->out_stride);
	}
	if (args->flags & (MTIA_TBE_F16 | MTIA_TBE_U8))
		s.cb = CB_ACC;
	for (; w->bag < w->end; walk_next(w)) {
		next_bag(&s, w, &have_table);
		send_result(&s, w, later, &waiting);
	}
	if (waiting.dim)
		send_u8(&waiting);
}

uint32_t core_b(const void *arg, uint32_t pos, uint32_t grid)
{
	const struct mtia_tbe_args *args = arg;
	struct sums s = { .args = args, .cb = CB_OUT };
	uint32_t have_table = UINT32_MAX;
	struct walk w;

	if (!walk_start(&w, args, pos, grid, CB_OFFSET_B))
		return 0;
	pe_gate_wait();

	pe_set(MTIA_CSR_CB0, CB_ROWS);
	pe_set(MTIA_CSR_CB1, CB_WEIGHT);
	pe_set(MTIA_CSR_ROWS, 1);
	pe_set(MTIA_CSR_STRIDE_MEM, 0);
	if (args->flags & (NOT_PLAIN | MTIA_TBE_SKIP)) {
		struct walk any = w;

		any_bags(&any);
		return 0;
	}
	/* The same for the common case, in registers. */
	for (; w.bag < w.end; walk_next(&w)) {
		next_bag(&s, &w, &have_table);
		sum_bag(&s, w.from, w.to, false);
		send_plain(&s, args->out + (uint64_t)w.b * args->out_stride +
				       s.table.out_column * 4ull);
	}
	return 0;
}
