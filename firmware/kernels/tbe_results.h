/* SPDX-License-Identifier: MIT */
/* Of tbe.c and tbe_wide.c, core B: a bag's sum; how it or a row becomes what the output holds. */
#ifndef MTIA_TBE_RESULTS_H
#define MTIA_TBE_RESULTS_H

#include "mtia/pe_range.h"
#include "tbe_walk.h"

struct sums {
	const struct mtia_tbe_args *args;
	struct mtia_tbe_table table;
	uint32_t stride;    /* of rows in the row buffer */
	uint32_t most;	    /* rows of one SE_ROWS */
	uint32_t layout;    /* its flag */
	uint32_t cb;	    /* where a sum goes */
	uint64_t weights_first, weights_end; /* indices whose weights are held */
	/* NO_POOLING: where row 0's result goes; U8: which bytes of a row in the row buffer do. */
	uint64_t out;
	uint32_t skip, bytes;
	struct index_window x; /* SKIP */
};

/* What core B makes of a table, or of a piece of one. */
PE_INLINE void use_table(struct sums *s)
{
	const struct mtia_tbe_args *args = s->args;
	uint32_t half;

	s->stride = row_bytes(&s->table);
	/* Wide rows of FP16 and FP32: no more than the row buffer holds. */
	s->most = args->row_cb_size / s->stride;
	if (s->most > MTIA_SE_MAX_ROWS) {
		/* More at a time (v1+) if as many can come meanwhile. */
		half = s->most / 2;
		s->most = MTIA_SE_MAX_ROWS;
		if (args->flags & MTIA_TBE_ROWS128 && half > s->most)
			s->most = half < MTIA_SE_MAX_ROWS_V1PLUS ? half : MTIA_SE_MAX_ROWS_V1PLUS;
	}
	s->layout = MTIA_F_ROW((uint32_t)s->table.layout);
	pe_set(MTIA_CSR_COLS, s->table.dim * 4);
}

/* The next table, once it is there. */
PE_INLINE void take_table(struct sums *s)
{
	s->table = *(const struct mtia_tbe_table *)pe_cb_wait(CB_TABLE_B, sizeof(s->table));
	pe_cb_pop(CB_TABLE_B, sizeof(s->table));
	use_table(s);
	s->out = s->args->out;
	s->skip = 0;
	s->bytes = s->table.row_bytes;
}

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

/* Core A fetches the same windows in the same order, see next_index_window(). */
PE_INLINE void need_weights(struct sums *s, uint64_t i)
{
	if (i >= s->weights_first && i < s->weights_end)
		return;
	if (s->weights_end)
		pe_cb_pop(CB_WEIGHT, WEIGHT_WINDOW);
	s->weights_first = i & ~(uint64_t)(WINDOW - 1);
	s->weights_end = s->weights_first +
			 window_count(s->weights_first, s->args->index_count, WINDOW);
}

static PE_RARE void need_indices(struct sums *s, uint64_t i)
{
	uint32_t bytes = s->args->index_bytes, room = WINDOW * bytes;

	if (i >= s->x.first && i < s->x.end)
		return;
	if (s->x.end)
		pe_cb_pop(CB_INDEX_B, room);
	s->x.first = i & ~(uint64_t)(WINDOW - 1);
	s->x.end = s->x.first + window_count(s->x.first, s->args->index_count, WINDOW);
	s->x.data = (const uint8_t *)pe_cb_wait(CB_INDEX_B, room) - s->x.first * bytes;
}

static bool pruned(const struct sums *s, uint64_t i)
{
	return element(s->x.data, i, s->args->index_bytes) == -1;
}

/*
 * How many rows come for the indices from i up to *next, or to where the window of indices ends.
 * The weights of those rows go to CB_LIVE, one behind the other.
 */
static PE_RARE uint32_t live_rows(struct sums *s, uint64_t i, uint64_t *next)
{
	const float *weight;
	uint32_t rows = 0;
	float *live;

	need_indices(s, i);
	if (*next > s->x.end)
		*next = s->x.end;
	if (!s->args->weights) {
		for (; i < *next; i++)
			rows += !pruned(s, i);
		return rows;
	}
	weight = (const float *)pe_cb_wait(CB_WEIGHT, WEIGHT_WINDOW) + (i - s->weights_first);
	live = (float *)(uintptr_t)pe_sync(MTIA_SYNC_CB_SPACE, CB_LIVE, LIVE_SLOT);
	for (; i < *next; i++, weight++) {
		if (!pruned(s, i))
			live[rows++] = *weight;
	}
	if (rows)
		pe_cb_push(CB_LIVE, LIVE_SLOT);
	return rows;
}

/* Indices `from` up to `to`, a bag's, at the write pointer of s->cb. */
PE_INLINE void sum_bag(struct sums *s, uint64_t from, uint64_t to, bool skip)
{
	const struct mtia_tbe_args *args = s->args;
	uint32_t init = MTIA_F_INIT, weighted = args->weights ? MTIA_F_WEIGHTED : 0;

	pe_set(MTIA_CSR_STRIDE_CB, s->stride);
	if (skip && weighted) {
		pe_set(MTIA_CSR_CB1, CB_LIVE);
		pe_set(MTIA_CSR_OFF1, 0);
	}
	for (uint64_t i = from, next; i < to; i = next) {
		uint64_t rows = to - i;

		if (rows > s->most)
			rows = s->most;
		if (weighted) {
			need_weights(s, i);
			if (rows > s->weights_end - i)
				rows = s->weights_end - i;
		}
		next = i + rows;
		if (skip) {
			rows = live_rows(s, i, &next);
			if (!rows)
				continue;
		}
		if (weighted && !skip)
			pe_set(MTIA_CSR_OFF1, (i - s->weights_first) * 4);
		pe_set(MTIA_CSR_FLAGS, init | weighted | s->layout);
		pe_issue(MTIA_OP_SE_ROWS, rows | (uint64_t)s->table.dim << 32, s->cb);
		pe_cb_pop(CB_ROWS, rows * s->stride);
		if (weighted && skip)
			pe_cb_pop(CB_LIVE, LIVE_SLOT);
		init = 0;
	}
	if (init) { /* no rows */
		pe_set(MTIA_CSR_FLAGS, MTIA_F_INIT | s->layout);
		pe_issue(MTIA_OP_SE_ROWS, (uint64_t)s->table.dim << 32, s->cb);
	} else if (args->flags & MTIA_TBE_MEAN) {
		pe_set(MTIA_CSR_FLAGS, MTIA_F_RECIP);
		pe_set(MTIA_CSR_IMM0, to - from);
		pe_issue(MTIA_OP_SE_SCALE, s->table.dim, s->cb);
	}
}

/* The FP32 at CB_OUT's write pointer to memory, as they are. */
PE_INLINE void send_plain(const struct sums *s, uint64_t to)
{
	pe_cb_push(CB_OUT, s->table.dim * 4);
	pe_set(MTIA_CSR_STRIDE_CB, 0);
	pe_issue(MTIA_OP_DMA_OUT, to, CB_OUT);
}

/*
 * DMA writes from multiples of 4 on. A table's part of an output row may begin elsewhere: then this
 * many bytes are left to the core's stores.
 */
static uint32_t head_of(uint64_t to)
{
	return -to % MTIA_FI_ALIGN_OUT;
}

/* The slot with `bytes` that was last pushed to CB_OUT, to memory; if it has a head, it is at `slot`. */
static PE_RARE void send_slot(const uint8_t *slot, uint32_t bytes, uint64_t to)
{
	uint32_t head = head_of(to);

	if (head) {
		if (head > bytes)
			head = bytes;
		pe_fence(); /* also for what the slot holds */
		for (uint32_t i = 0; i < head; i++)
			((volatile uint8_t *)to)[i] = slot[i];
		pe_cb_pop(CB_OUT, head);
	}
	if (bytes > head) {
		pe_set(MTIA_CSR_COLS, bytes - head);
		pe_set(MTIA_CSR_STRIDE_CB, OUT_SLOT - head);
		pe_issue(MTIA_OP_DMA_OUT, to + head, CB_OUT);
	} else {
		pe_cb_pop(CB_OUT, OUT_SLOT - head);
	}
}

static uint8_t *out_slot(void)
{
	return (uint8_t *)(uintptr_t)pe_sync(MTIA_SYNC_CB_SPACE, CB_OUT, OUT_SLOT);
}

/* The sum at CB_ACC's write pointer, rounded, to memory. */
static PE_RARE void send_f16(const struct sums *s, uint64_t to)
{
	const uint8_t *slot = head_of(to) ? out_slot() : NULL;

	pe_cb_push(CB_ACC, ACC_SLOT);
	pe_set(MTIA_CSR_CB0, CB_ACC);
	pe_set(MTIA_CSR_STRIDE_CB, 0);
	pe_set(MTIA_CSR_FLAGS, MTIA_F_TYPE0(MTIA_TYPE_F32) | MTIA_F_TYPED(MTIA_TYPE_F16));
	pe_issue(MTIA_OP_SE_CONVERT, 1 | (uint64_t)s->table.dim << 32, CB_OUT);
	pe_set(MTIA_CSR_CB0, CB_ROWS);
	pe_cb_pop(CB_ACC, ACC_SLOT);
	pe_cb_push(CB_OUT, OUT_SLOT);
	send_slot(slot, s->table.dim * 2, to);
}

static void store_f32(void *at, float x)
{
	__builtin_memcpy(at, &x, sizeof(x));
}

/* The oldest sum in CB_ACC widens a range. */
PE_INLINE void widen(struct pe_range *r, uint32_t dim)
{
	const float *sum = pe_cb_wait(CB_ACC, ACC_SLOT);

	if (dim < PE_RANGE_LEAST_VECTOR)
		pe_range_widen(r, sum, dim);
	else
		pe_range_widen_vector(r, sum, dim);
}

/* See enum mtia_tbe_out. */
struct u8_scale {
	float scale, bias;
	uint32_t inverse_bits;
};

PE_INLINE struct u8_scale scale_of(const struct pe_range *r)
{
	const float steps = pe_f32(0x437f0000), tiny = pe_f32(0x322bcc77); /* 255, 1e-8f */
	struct u8_scale u = { .scale = (r->max - r->min) / steps, .bias = r->min };

	store_f32(&u.inverse_bits, steps / (u.scale * steps + tiny));
	return u;
}

/* The oldest sum in CB_ACC as bytes into a slot of CB_OUT. */
PE_INLINE void quantise(const struct u8_scale *u, uint32_t dim)
{
	float *least = (float *)(uintptr_t)pe_sync(MTIA_SYNC_CB_SPACE, CB_LEAST, LEAST_SLOT);

	*least = -u->bias;
	pe_cb_push(CB_LEAST, LEAST_SLOT);

	/* An element a row: one number is added to all of them. */
	pe_set(MTIA_CSR_CB0, CB_ACC);
	pe_set(MTIA_CSR_CB1, CB_LEAST);
	pe_set(MTIA_CSR_OFF1, 0);
	pe_set(MTIA_CSR_STRIDE_CB, 0);
	pe_set(MTIA_CSR_FLAGS, MTIA_F_TYPE0(MTIA_TYPE_F32) | MTIA_F_TYPE1(MTIA_TYPE_F32) |
				       MTIA_F_TYPED(MTIA_TYPE_F32) | MTIA_F_BCAST1);
	for (uint32_t at = 0; at < dim; at += ADD_ROWS) {
		uint32_t rows = dim - at < ADD_ROWS ? dim - at : ADD_ROWS;

		pe_set(MTIA_CSR_OFF0, at * 4);
		pe_set(MTIA_CSR_OFFD, at * 4);
		pe_issue(MTIA_OP_SE_ADD, rows | 1ull << 32, CB_SHIFTED);
	}
	pe_cb_pop(CB_ACC, ACC_SLOT);
	pe_cb_pop(CB_LEAST, LEAST_SLOT);
	pe_cb_push(CB_SHIFTED, ACC_SLOT);

	pe_set(MTIA_CSR_CB0, CB_SHIFTED);
	pe_set(MTIA_CSR_OFF0, 0);
	pe_set(MTIA_CSR_OFFD, 0);
	pe_set(MTIA_CSR_FLAGS, MTIA_F_TYPE0(MTIA_TYPE_F32));
	pe_set(MTIA_CSR_IMM0, u->inverse_bits);
	pe_set(MTIA_CSR_IMM1, 0);
	pe_set(MTIA_CSR_IMM2, 255u << 16);
	pe_issue(MTIA_OP_SE_QUANT, 1 | (uint64_t)dim << 32, CB_OUT);
	pe_cb_pop(CB_SHIFTED, ACC_SLOT);
	pe_cb_push(CB_OUT, OUT_SLOT);
	pe_set(MTIA_CSR_CB0, CB_ROWS);
	pe_set(MTIA_CSR_CB1, CB_WEIGHT);
}

PE_INLINE void store_scale(uint8_t *at, const struct u8_scale *u)
{
	store_f32(at, u->scale);
	store_f32(at + 4, u->bias);
}

/* ---- No pooling --------------------------------------------------------------------------------- */

/* The least of count >= 1 offsets of `bits` bits. */
#define LEAST_OFFSET(bits, least, offsets, count)                                                 \
	__asm__ volatile(".option push\n\t"                                                       \
			 ".option arch, +v\n\t"                                                   \
			 "vsetvli t0, zero, e" #bits ", m8, ta, ma\n\t"                           \
			 "vmv.v.x v8, %[out]\n"                                                   \
			 "1:\n\t"                                                                 \
			 "vsetvli t0, %[left], e" #bits ", m8, tu, ma\n\t"                        \
			 "vle" #bits ".v v16, (%[x])\n\t"                                         \
			 "vmin.vv v8, v8, v16\n\t"                                                \
			 "sub %[left], %[left], t0\n\t"                                           \
			 "slli t0, t0, %[shift]\n\t"                                              \
			 "add %[x], %[x], t0\n\t"                                                 \
			 "bnez %[left], 1b\n\t"                                                   \
			 "vsetvli t0, zero, e" #bits ", m8, ta, ma\n\t"                           \
			 "vredmin.vs v8, v8, v8\n\t"                                              \
			 "vmv.x.s %[out], v8\n\t"                                                 \
			 ".option pop"                                                            \
			 : [out] "+r"(least), [x] "+r"(offsets), [left] "+r"(count)               \
			 : [shift] "i"((bits) == 32 ? 2 : 3)                                      \
			 : "t0", "memory")

/*
 * With corrected offsets that decrease, several bags hold an index; its output row is the last
 * one's. Those of later PEs together hold all from the least of their starts on.
 */
static PE_RARE uint64_t first_of_later_bags(const struct mtia_tbe_args *args, uint64_t bag)
{
	uint64_t total = (uint64_t)args->table_count * args->batch, next;
	int64_t least = args->index_bytes == 4 ? INT32_MAX : INT64_MAX;

	for (; bag < total; bag = next) {
		uint64_t first = bag & ~(uint64_t)(WINDOW - 1), count;
		uint32_t bytes = args->index_bytes, held = window_count(first, total, WINDOW);
		const uint8_t *offsets;

		fetch(args->offsets + first * bytes, held * bytes, ACC_SLOT, CB_ACC);
		offsets = (const uint8_t *)pe_cb_wait(CB_ACC, ACC_SLOT) + (bag - first) * bytes;
		next = first + held;
		count = next - bag;
		if (bytes == 4)
			LEAST_OFFSET(32, least, offsets, count);
		else
			LEAST_OFFSET(64, least, offsets, count);
		pe_cb_pop(CB_ACC, ACC_SLOT);
	}
	return clamp(least, 0, args->index_count);
}

/* Rows of quantised tables as they are, from the row buffer to output row `l` on. */
static PE_RARE void copy_rows(const struct sums *s, uint64_t l, uint32_t rows, uint32_t wanted)
{
	uint32_t at_once = s->skip ? 1 : wanted;

	pe_set(MTIA_CSR_ROWS, at_once);
	pe_set(MTIA_CSR_COLS, s->bytes);
	pe_set(MTIA_CSR_STRIDE_CB, s->stride - s->skip);
	for (uint32_t i = 0; i < wanted; i += at_once) {
		if (s->skip)
			pe_cb_pop(CB_ROWS, s->skip);
		pe_issue(MTIA_OP_DMA_OUT, s->out + (l + i) * s->args->out_stride, CB_ROWS);
	}
	if (rows > wanted)
		pe_cb_pop(CB_ROWS, (rows - wanted) * s->stride);
}

static PE_RARE void zero_row(const struct sums *s, uint64_t l)
{
	uint32_t words = (s->bytes + 3u) / 4;

	pe_set(MTIA_CSR_ROWS, 1);
	pe_set(MTIA_CSR_COLS, s->bytes);
	pe_set(MTIA_CSR_STRIDE_CB, ACC_SLOT);
	pe_set(MTIA_CSR_FLAGS, MTIA_F_INIT | MTIA_F_ROW((uint32_t)MTIA_ROW_F32));
	pe_issue(MTIA_OP_SE_ROWS, (uint64_t)words << 32, CB_ACC);
	pe_cb_push(CB_ACC, ACC_SLOT);
	pe_issue(MTIA_OP_DMA_OUT, s->out + l * s->args->out_stride, CB_ACC);
}

/* Rows as FP32 or FP16: each a sum of one row, or of none. */
static PE_RARE void send_sums(const struct sums *s, uint64_t l, uint32_t rows, bool live)
{
	uint32_t dim = s->table.dim, bytes = dim * 4, cb = CB_ACC;

	pe_set(MTIA_CSR_STRIDE_CB, s->stride);
	pe_set(MTIA_CSR_FLAGS, MTIA_F_INIT | s->layout);
	for (uint32_t i = 0; i < rows; i++) {
		pe_set(MTIA_CSR_OFF0, i * s->stride);
		pe_set(MTIA_CSR_OFFD, i * bytes);
		pe_issue(MTIA_OP_SE_ROWS, (live ? 1 : 0) | (uint64_t)dim << 32, CB_ACC);
	}
	pe_set(MTIA_CSR_OFF0, 0);
	pe_set(MTIA_CSR_OFFD, 0);
	pe_cb_push(CB_ACC, rows * bytes);
	if (live)
		pe_cb_pop(CB_ROWS, rows * s->stride);
	if (s->args->flags & MTIA_TBE_F16) {
		pe_set(MTIA_CSR_CB0, CB_ACC);
		pe_set(MTIA_CSR_STRIDE_CB, 0);
		pe_set(MTIA_CSR_FLAGS, MTIA_F_TYPE0(MTIA_TYPE_F32) | MTIA_F_TYPED(MTIA_TYPE_F16));
		pe_issue(MTIA_OP_SE_CONVERT, rows | (uint64_t)dim << 32, CB_OUT);
		pe_set(MTIA_CSR_CB0, CB_ROWS);
		pe_cb_pop(CB_ACC, rows * bytes);
		bytes = dim * 2;
		pe_cb_push(CB_OUT, rows * bytes);
		cb = CB_OUT;
	}
	pe_set(MTIA_CSR_ROWS, rows);
	pe_set(MTIA_CSR_COLS, bytes);
	pe_set(MTIA_CSR_STRIDE_CB, bytes);
	pe_issue(MTIA_OP_DMA_OUT, s->out + l * s->args->out_stride, cb);
}

/* The indices of a bag, a row each; from `later` on they are other bags'. */
static PE_RARE void send_rows(struct sums *s, uint64_t from, uint64_t to, uint64_t later)
{
	uint32_t most = s->most;

	/* A slot of sums at a time, which SE_CONVERT takes at once. */
	if (!(s->args->flags & MTIA_TBE_U8) && most > MTIA_SE_MAX_D / s->table.dim)
		most = MTIA_SE_MAX_D / s->table.dim;
	if (most > CONVERT_ROWS)
		most = CONVERT_ROWS;
	for (uint64_t l = from, next; l < to; l = next) {
		uint32_t wanted, rows;
		bool live = true;

		next = to - l > most ? l + most : to;
		if (s->args->flags & MTIA_TBE_SKIP) {
			need_indices(s, l);
			if (next > s->x.end)
				next = s->x.end;
			live = !pruned(s, l);
			for (uint64_t i = l + 1; i < next; i++) {
				if (pruned(s, i) == live)
					next = i;
			}
		}
		rows = next - l;
		wanted = l >= later ? 0 : later - l < rows ? later - l : rows;
		if (live && s->args->flags & MTIA_TBE_U8) {
			copy_rows(s, l, rows, wanted);
			continue;
		}
		if (wanted && !(s->args->flags & MTIA_TBE_U8))
			send_sums(s, l, wanted, live);
		for (uint32_t i = 0; i < wanted && s->args->flags & MTIA_TBE_U8; i++)
			zero_row(s, l + i);
		if (live && rows > wanted)
			pe_cb_pop(CB_ROWS, (rows - wanted) * s->stride);
	}
}

#endif /* MTIA_TBE_RESULTS_H */
