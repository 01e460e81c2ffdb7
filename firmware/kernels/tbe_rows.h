/* SPDX-License-Identifier: MIT */
/* Of tbe.c and tbe_wide.c, core A: CBs, indices, one DMA a row, what was wrong with the input. */
#ifndef MTIA_TBE_ROWS_H
#define MTIA_TBE_ROWS_H

#include "tbe_walk.h"

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
	pe_cb_init(CB_LIVE, base, CB_LIVE_SIZE);
	base += CB_LIVE_SIZE;
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

PE_INLINE void init_buffers(const struct mtia_tbe_args *args)
{
	uint32_t base = MTIA_PE_ARGS_SIZE;

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
}

/* Go to the current bag: its table, its indices. */
PE_INLINE void next_bag_a(struct walk *w, struct mtia_tbe_table *table, uint32_t *have_table,
			  struct mtia_tbe_error *seen)
{
	const struct mtia_tbe_args *args = w->args;

	if (w->bag >= w->window_end) {
		uint64_t total = (uint64_t)args->table_count * args->batch;
		uint64_t first = w->bag & ~(uint64_t)(WINDOW - 1);
		uint32_t count = window_count(first, total + 1, WINDOW + 1);
		uint64_t from = args->offsets + first * args->index_bytes;

		walk_drop_window(w);
		fetch(from, count * args->index_bytes, OFFSET_WINDOW, CB_OFFSET_B);
		fetch(from, count * args->index_bytes, OFFSET_WINDOW, CB_OFFSET_A);
		walk_window(w);
	}
	if (w->table != *have_table) {
		uint64_t from = args->tables + (uint64_t)w->table * sizeof(*table);

		fetch(from, sizeof(*table), sizeof(*table), CB_TABLE_B);
		fetch(from, sizeof(*table), sizeof(*table), CB_TABLE_A);
		*table = *(const struct mtia_tbe_table *)pe_cb_wait(CB_TABLE_A, sizeof(*table));
		pe_cb_pop(CB_TABLE_A, sizeof(*table));
		*have_table = w->table;
	}
	walk_range(w);
	if (w->bad_offsets)
		report(seen, MTIA_TBE_EXIT_OFFSETS, w, w->bag, 0);
}

/* The rows of the current bag's indices, of a table or a piece of one. */
PE_INLINE void bring_rows(const struct walk *w, const struct mtia_tbe_table *table,
			  struct index_window *x, struct mtia_tbe_error *seen)
{
	for (uint64_t i = w->from; i < w->to;) {
		uint64_t end;

		if (i < x->first || i >= x->end)
			next_index_window(w->args, x, i);
		end = w->to < x->end ? w->to : x->end;
		pe_set(MTIA_CSR_ROWS, 1);
		pe_set(MTIA_CSR_COLS, table->row_bytes);
		pe_set(MTIA_CSR_STRIDE_CB, row_bytes(table));
		issue_rows(w, table, x, seen, i, end);
		i = end;
	}
}

/* Send out what was wrong; the exit code. */
PE_INLINE uint32_t finish(const struct mtia_tbe_args *args, struct mtia_tbe_error *seen,
			  uint32_t pos, uint32_t grid)
{
	if (seen->code && (!(args->flags & MTIA_TBE_REPAIR) || args->flags & MTIA_TBE_COUNT))
		send_error(args, seen, pos, grid);
	return args->flags & MTIA_TBE_REPAIR ? 0 : seen->code;
}

#endif /* MTIA_TBE_ROWS_H */
