// SPDX-License-Identifier: MIT
/*
 * Table-batched embedding, rows of every layout that SE_ROWS knows; tables may differ in it. Rows are
 * of up to MTIA_TBE_PIECE elements, which SE takes at a time; tbe_wide.c is for longer ones.
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
#include "tbe_rows.h"

uint32_t core_a(const void *arg, uint32_t pos, uint32_t grid)
{
	const struct mtia_tbe_args *args = arg;
	struct walk w;
	struct index_window x = { 0 };
	struct mtia_tbe_error seen = { 0 };
	struct mtia_tbe_table table = { 0 };
	uint32_t have_table = UINT32_MAX;

	if (!walk_start(&w, args, pos, grid, CB_OFFSET_A))
		return 0;
	init_buffers(args);
	pe_gate_open();

	pe_set(MTIA_CSR_STRIDE_MEM, 0);
	for (; w.bag < w.end; walk_next(&w)) {
		next_bag_a(&w, &table, &have_table, &seen);
		bring_rows(&w, &table, &x, &seen);
	}
	return finish(args, &seen, pos, grid);
}

/* ---- Core B: results ------------------------------------------------------------------------------- */

/* A bag whose sum waits in CB_ACC to be quantised. */
struct waiting {
	uint32_t dim; /* 0: there is none */
	uint64_t to;
};

/* The oldest sum in CB_ACC as bytes, scale and bias to memory. */
static PE_RARE void send_u8(const struct waiting *bag)
{
	struct pe_range r = PE_RANGE_NONE;
	struct u8_scale u;
	uint8_t *slot;

	widen(&r, bag->dim);
	u = scale_of(&r);
	slot = out_slot();
	store_scale(slot + bag->dim, &u);
	quantise(&u, bag->dim);
	send_slot(slot, bag->dim + 8, bag->to);
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
