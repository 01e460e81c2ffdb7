// SPDX-License-Identifier: MIT
/*
 * Table-batched embedding with rows of any length: tbe.c for sets of tables of which one has rows
 * that SE does not take at once. Such a row lies in pieces (struct mtia_tbe_table), each of which
 * is treated like a row of a table of its own: core A brings a bag's first pieces in, then its
 * second ones, and so on, core B sums them up and sends each sum to its columns. A sum's order is
 * that of the bag, so pieces change no bit.
 *
 * A pooled bag that leaves as bytes needs the range of all of its sums before the first byte. They
 * would not fit into local memory, so its pieces come twice: for the range, then to be quantised.
 */
#include "tbe_results.h"
#include "tbe_rows.h"

static uint32_t piece_bytes(uint32_t layout, uint32_t dim)
{
	switch (layout) {
	case MTIA_ROW_I8_F32_LAST:
		return dim + 8;
	case MTIA_ROW_I8_F16_FIRST:
		return dim + 4;
	case MTIA_ROW_F16:
		return dim * 2;
	case MTIA_ROW_F32:
		return dim * 4;
	default:
		return dim / 2 + 4;
	}
}

/* The piece of a table that begins at element `at`, as a table. */
static void piece_at(const struct mtia_tbe_table *whole, uint32_t at, struct mtia_tbe_table *piece)
{
	uint32_t left = whole->dim - at;

	*piece = *whole;
	piece->row_bytes = piece_bytes(whole->layout, MTIA_TBE_PIECE);
	piece->rows_va += (uint64_t)(at / MTIA_TBE_PIECE) * row_bytes(piece);
	piece->dim = left < MTIA_TBE_PIECE ? left : MTIA_TBE_PIECE;
	piece->row_bytes = piece_bytes(whole->layout, piece->dim);
	piece->out_column += at;
}

static bool is_twice(const struct mtia_tbe_args *args)
{
	return args->flags & MTIA_TBE_U8 && !(args->flags & MTIA_TBE_NO_POOLING);
}

/* ---- Core A --------------------------------------------------------------------------------- */

uint32_t core_a(const void *arg, uint32_t pos, uint32_t grid)
{
	const struct mtia_tbe_args *args = arg;
	struct walk w;
	struct index_window x = { 0 };
	struct mtia_tbe_error seen = { 0 }, again = { 0 };
	struct mtia_tbe_table table = { 0 }, piece;
	uint32_t have_table = UINT32_MAX;

	if (!walk_start(&w, args, pos, grid, CB_OFFSET_A))
		return 0;
	init_buffers(args);
	pe_gate_open();

	pe_set(MTIA_CSR_STRIDE_MEM, 0);
	for (; w.bag < w.end; walk_next(&w)) {
		next_bag_a(&w, &table, &have_table, &seen);
		for (uint32_t left = is_twice(args) ? 2 : 1, at; left; left--) {
			for (at = 0; at < table.dim; at += MTIA_TBE_PIECE) {
				/* An index is looked at with every piece, and found bad once. */
				bool first = !at && (left == 2 || !is_twice(args));

				piece_at(&table, at, &piece);
				bring_rows(&w, &piece, &x, first ? &seen : &again);
			}
		}
	}
	return finish(args, &seen, pos, grid);
}

/* ---- Core B --------------------------------------------------------------------------------- */

static void use_piece(struct sums *s, const struct mtia_tbe_table *whole, uint32_t at)
{
	piece_at(whole, at, &s->table);
	use_table(s);
}

static void sum_piece(struct sums *s, const struct mtia_tbe_table *whole, uint32_t at,
		      const struct walk *w)
{
	use_piece(s, whole, at);
	sum_bag(s, w->from, w->to, s->args->flags & MTIA_TBE_SKIP);
}

static void send_pieces(struct sums *s, const struct mtia_tbe_table *whole, const struct walk *w)
{
	for (uint32_t at = 0; at < whole->dim; at += MTIA_TBE_PIECE) {
		sum_piece(s, whole, at, w);
		if (s->args->flags & MTIA_TBE_F16)
			send_f16(s, out_address(s, w));
		else
			send_plain(s, out_address(s, w));
	}
}

/* SE is busy with a sum while this core looks at the one before. */
static struct pe_range range_of_pieces(struct sums *s, const struct mtia_tbe_table *whole,
				       const struct walk *w)
{
	struct pe_range r = PE_RANGE_NONE;
	uint32_t waiting = 0;

	for (uint32_t at = 0; at < whole->dim; at += MTIA_TBE_PIECE) {
		sum_piece(s, whole, at, w);
		pe_cb_push(CB_ACC, ACC_SLOT);
		if (waiting) {
			widen(&r, waiting);
			pe_cb_pop(CB_ACC, ACC_SLOT);
		}
		waiting = s->table.dim;
	}
	widen(&r, waiting);
	pe_cb_pop(CB_ACC, ACC_SLOT);
	return r;
}

static void send_pieces_u8(struct sums *s, const struct mtia_tbe_table *whole, const struct walk *w)
{
	struct pe_range r = range_of_pieces(s, whole, w);
	struct u8_scale u = scale_of(&r);

	for (uint32_t at = 0; at < whole->dim; at += MTIA_TBE_PIECE) {
		uint8_t *slot = out_slot();
		uint32_t bytes;

		sum_piece(s, whole, at, w);
		pe_cb_push(CB_ACC, ACC_SLOT);
		bytes = s->table.dim;
		if (at + bytes == whole->dim) {
			store_scale(slot + bytes, &u);
			bytes += 8;
		}
		quantise(&u, s->table.dim);
		send_slot(slot, bytes, out_address(s, w));
	}
}

/* Bytes of `elements` of a quantised row. */
static uint32_t data_bytes(uint32_t layout, uint32_t elements)
{
	bool is_i4 = layout == MTIA_ROW_I4_F16_LAST || layout == MTIA_ROW_I4_F16_FIRST;

	return is_i4 ? elements / 2 : elements;
}

/* Of a row as its table has it, scale and bias lie with the first piece or the last one. */
static void place_bytes(struct sums *s, const struct mtia_tbe_table *whole, uint32_t at)
{
	uint32_t layout = whole->layout, before = data_bytes(layout, at);
	bool first = layout == MTIA_ROW_I8_F16_FIRST || layout == MTIA_ROW_I4_F16_FIRST;

	s->out = s->args->out + before;
	s->skip = 0;
	s->bytes = s->table.row_bytes;
	if (first && at) {
		s->skip = s->bytes - data_bytes(layout, s->table.dim);
		s->out += s->skip;
		s->bytes -= s->skip;
	} else if (!first && at + s->table.dim < whole->dim) {
		s->bytes = data_bytes(layout, s->table.dim);
	}
}

static void send_rows_of_pieces(struct sums *s, const struct mtia_tbe_table *whole,
				const struct walk *w, uint64_t later)
{
	uint64_t element = s->args->flags & MTIA_TBE_F16 ? 2 : 4;

	for (uint32_t at = 0; at < whole->dim; at += MTIA_TBE_PIECE) {
		use_piece(s, whole, at);
		s->out = s->args->out + at * element;
		if (s->args->flags & MTIA_TBE_U8)
			place_bytes(s, whole, at);
		send_rows(s, w->from, w->to, later);
	}
}

/* Go to the current bag: its table, its indices. */
static void next_bag(struct walk *w, struct mtia_tbe_table *table, uint32_t *have_table)
{
	if (w->bag >= w->window_end) {
		walk_drop_window(w);
		walk_window(w);
	}
	if (w->table != *have_table) {
		*table = *(const struct mtia_tbe_table *)pe_cb_wait(CB_TABLE_B, sizeof(*table));
		pe_cb_pop(CB_TABLE_B, sizeof(*table));
		*have_table = w->table;
	}
	walk_range(w);
}

uint32_t core_b(const void *arg, uint32_t pos, uint32_t grid)
{
	const struct mtia_tbe_args *args = arg;
	bool no_pooling = args->flags & MTIA_TBE_NO_POOLING;
	struct sums s = { .args = args, .cb = args->flags & NOT_PLAIN ? CB_ACC : CB_OUT };
	struct mtia_tbe_table table = { 0 };
	uint32_t have_table = UINT32_MAX;
	uint64_t later = UINT64_MAX;
	struct walk w;

	if (!walk_start(&w, args, pos, grid, CB_OFFSET_B))
		return 0;
	pe_gate_wait();

	if (no_pooling && args->flags & MTIA_TBE_REPAIR)
		later = first_of_later_bags(args, w.end);
	pe_set(MTIA_CSR_CB0, CB_ROWS);
	pe_set(MTIA_CSR_CB1, CB_WEIGHT);
	pe_set(MTIA_CSR_ROWS, 1);
	pe_set(MTIA_CSR_STRIDE_MEM, no_pooling ? args->out_stride : 0);
	for (; w.bag < w.end; walk_next(&w)) {
		next_bag(&w, &table, &have_table);
		if (no_pooling)
			send_rows_of_pieces(&s, &table, &w, later);
		else if (args->flags & MTIA_TBE_U8)
			send_pieces_u8(&s, &table, &w);
		else
			send_pieces(&s, &table, &w);
	}
	return 0;
}
