/* SPDX-License-Identifier: MIT */
/* Of tbe.c and tbe_wide.c: what both cores know of local memory, how they walk through the bags. */
#ifndef MTIA_TBE_WALK_H
#define MTIA_TBE_WALK_H

#include "mtia/pe_program.h"

enum {
	CB_ROWS, CB_INDEX, CB_OFFSET_A, CB_OFFSET_B, CB_WEIGHT, CB_TABLE_A, CB_TABLE_B, CB_OUT, CB_ERROR,
	CB_INDEX_B, /* SKIP: core B's copy */
	CB_LIVE,    /* SKIP: weights without those of pruned rows */
	/* Output that is not a bag's FP32 sum as it is: */
	CB_ACC,	    /* the sum */
	CB_SHIFTED, /* U8: less the least element */
	CB_LEAST,   /* U8: what that one is, negated */
};

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
#define CB_ERROR_SIZE	64u
#define CB_LEAST_SIZE	64u
#define LIVE_SLOT	(MTIA_SE_MAX_ROWS_V1PLUS * 4u) /* of one SE_ROWS */
#define CB_LIVE_SIZE	(2 * LIVE_SLOT)

/*
 * How CB_OUT's room is divided unless a bag's FP32 sum goes out as it is: slots of one size, so that
 * none wraps around and core B can work on it.
 */
#define ACC_SLOT	(MTIA_SE_MAX_D * 4u)
#define OUT_SLOT	(MTIA_SE_MAX_D * 2u) /* FP16; bytes, scale and bias need less */
#define CB_ACC_SIZE	(4 * ACC_SLOT)
#define CB_SHIFTED_SIZE ACC_SLOT
#define CB_OUT_SLOTS	(4 * OUT_SLOT)
#define LEAST_SLOT	32u
#define ADD_ROWS	64u /* rows of one SE_ADD */
#define CONVERT_ROWS	64u /* of one SE_CONVERT */

_Static_assert(CB_ACC_SIZE + CB_SHIFTED_SIZE + CB_OUT_SLOTS <= CB_OUT_SIZE, "no room for results");
_Static_assert(MTIA_PE_ARGS_SIZE + MTIA_TBE_ROW_CB_MAX + 2 * CB_INDEX_SIZE + 2 * CB_OFFSET_SIZE +
		       CB_WEIGHT_SIZE + 2 * CB_TABLE_SIZE + CB_OUT_SIZE + CB_ERROR_SIZE +
		       CB_LEAST_SIZE + CB_LIVE_SIZE <= MTIA_KERNEL_CB_LIMIT, "local memory is full");

/* Outputs for which core B has more to do than to send a bag's sum. */
#define NOT_PLAIN	(MTIA_TBE_F16 | MTIA_TBE_U8 | MTIA_TBE_NO_POOLING)

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

PE_INLINE int64_t clamp(int64_t x, int64_t lo, int64_t hi)
{
	return x < lo ? lo : x > hi ? hi : x;
}

/* Offsets of the current bag, checked: both cores come to the same from and to. */
PE_INLINE void walk_range(struct walk *w)
{
	const struct mtia_tbe_args *args = w->args;
	uint64_t first = w->bag & ~(uint64_t)(WINDOW - 1);
	int64_t from = element(w->window, w->bag - first, args->index_bytes);
	int64_t to = element(w->window, w->bag - first + 1, args->index_bytes);

	bool last = w->bag + 1 == (uint64_t)args->table_count * args->batch;

	if (args->flags & MTIA_TBE_REPAIR) {
		w->from = clamp(from, 0, args->index_count);
		w->to = clamp(last ? (int64_t)args->index_count : to, w->from, args->index_count);
		w->bad_offsets = w->from != (uint64_t)from || w->to != (uint64_t)to;
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

struct index_window {
	uint64_t first, end; /* indices held; end = 0 before the first window */
	const void *data;    /* of index 0, as if all were there: any value, NULL too */
};

#endif /* MTIA_TBE_WALK_H */
