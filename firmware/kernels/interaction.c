// SPDX-License-Identifier: MIT
/*
 * DLRM's dot interaction: y[b] = x[b], then v_i . v_j for all j < i, with v_0 = x[b] and v_i the
 * i-th embedding of the bag. Bags are divided over the PEs. A bag fits into local memory; for larger
 * ones there is interaction_blocks.c.
 *
 * Core A brings the vectors of a bag into local memory (CB_V), each on 32 bytes of its own: straight
 * from memory if they lie so there, else the bytes as they are, which MLU then spreads.
 *
 * Core B makes the products of a block of i with blocks of j, row by row of a matrix (CB_Z): FP16
 * and BF16 by DPE; FP32 by SE, which accumulates rows k of the turned block of j (CB_T), weighted
 * with v_i[k]. Then MLU strings the first i products of each row i together (CB_Y), as they leave.
 */
#include "mtia/pe_program.h"

enum { CB_V, CB_RAW, CB_Z, CB_Y, CB_T };

#define CB_Y_SIZE	0x4000u
#define Y_CHUNK		0x1000u	/* bytes of results to wait for before they leave */
#define Z_BYTES		0x4000u /* of a block of products */
#define J_BYTES		MTIA_INTERACTION_TURNED /* of a block of j */
#define VECTOR_SPACE	MTIA_INTERACTION_SPACE

_Static_assert(MTIA_PE_ARGS_SIZE + CB_Y_SIZE + 2 * Z_BYTES + VECTOR_SPACE <= MTIA_KERNEL_CB_LIMIT,
	       "local memory is full");

struct plan {
	uint32_t b0, b1;
	uint32_t es, out_es;  /* bytes of an element of x and emb, of y */
	uint32_t vector, pad; /* bytes of a vector, in memory and here */
	uint32_t z_stride;    /* bytes of a row of products */
	uint32_t rows, cols;  /* of a block: i, j */
	bool aligned;	      /* every vector does begin at a multiple of 32 */
	uint32_t v_size, raw_size; /* CBs */
};

static uint32_t min_u32(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static uint32_t max_u32(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

static uint32_t round32(uint32_t x)
{
	return (x + 31) & ~31u;
}

static uint32_t bytes_of(uint32_t type)
{
	return type == MTIA_TYPE_F32 ? 4 : 2;
}

static bool make_plan(const struct mtia_interaction_args *args, uint32_t pos, uint32_t grid,
		      struct plan *p)
{
	uint32_t pe = pe_row(pos) * pe_col(grid) + pe_col(pos), pes = pe_row(grid) * pe_col(grid);
	uint32_t bag, turned;

	p->b0 = (uint64_t)args->batch * pe / pes;
	p->b1 = (uint64_t)args->batch * (pe + 1) / pes;
	p->es = bytes_of(args->type);
	p->out_es = bytes_of(args->out);
	p->vector = args->dim * p->es;
	p->pad = round32(p->vector);
	p->aligned = p->pad == p->vector;
	p->z_stride = round32(args->features * p->out_es);
	p->rows = max_u32(1, min_u32(32, Z_BYTES / p->z_stride));
	p->cols = min_u32(32, J_BYTES / p->pad);
	turned = args->type == MTIA_TYPE_F32 ? J_BYTES : 0;

	/* Two bags, so that one comes while the other is worked on; or one. */
	bag = (args->features + 1) * p->pad;
	p->raw_size = p->aligned ? 0 : round32(args->features * p->vector);
	p->v_size = 2 * bag + p->raw_size + turned <= VECTOR_SPACE ? 2 * bag : bag;
	return p->b0 < p->b1;
}

static uint32_t place(uint32_t cb, uint32_t base, uint32_t size)
{
	if (size)
		pe_cb_init(cb, base, size);
	return base + size;
}

/* The blocks of both cores: rows i of [i0, i1), for them columns j of [j0, j1). Row 0 has none. */
static uint32_t end_i(const struct mtia_interaction_args *args, const struct plan *p, uint32_t i0)
{
	return min_u32(i0 + p->rows, args->features + 1);
}

static uint32_t end_j(const struct plan *p, uint32_t i1, uint32_t j0)
{
	return min_u32(j0 + p->cols, i1 - 1);
}

/* ---- Core A ------------------------------------------------------------------------------------ */

static void fetch(uint64_t va, uint32_t rows, uint32_t bytes, uint32_t stride_cb, uint32_t cb)
{
	pe_set(MTIA_CSR_ROWS, rows);
	pe_set(MTIA_CSR_COLS, bytes);
	pe_set(MTIA_CSR_STRIDE_MEM, rows > 1 ? bytes : 0);
	pe_set(MTIA_CSR_STRIDE_CB, stride_cb);
	pe_issue(MTIA_OP_DMA_IN, va, cb);
}

static void fetch_bag(const struct mtia_interaction_args *args, const struct plan *p, uint64_t x,
		      uint64_t emb)
{
	fetch(x, 1, p->vector, p->pad, CB_V);
	if (p->aligned) {
		fetch(emb, args->features, p->vector, p->pad, CB_V);
		return;
	}
	fetch(emb, 1, args->features * p->vector, 0, CB_RAW);
	pe_set(MTIA_CSR_CB0, CB_RAW);
	pe_set(MTIA_CSR_OFF0, 0);
	pe_set(MTIA_CSR_STRIDE0, p->vector);
	pe_set(MTIA_CSR_STRIDE_CB, p->pad);
	pe_set(MTIA_CSR_IMM0, p->es == 4 ? 5 : 4);
	pe_issue(MTIA_OP_MLU_COPY, args->features | (uint64_t)args->dim << 32, CB_V);
	pe_cb_push(CB_V, args->features * p->pad);
	pe_cb_pop(CB_RAW, args->features * p->vector);
}

uint32_t core_a(const void *arg, uint32_t pos, uint32_t grid)
{
	const struct mtia_interaction_args *args = arg;
	uint32_t base = MTIA_PE_ARGS_SIZE;
	struct plan p;

	if (!make_plan(args, pos, grid, &p))
		return 0;
	base = place(CB_Y, base, CB_Y_SIZE);
	base = place(CB_Z, base, 2 * p.rows * p.z_stride);
	base = place(CB_V, base, p.v_size);
	base = place(CB_RAW, base, p.raw_size);
	if (args->type == MTIA_TYPE_F32)
		place(CB_T, base, round32(args->dim * p.cols * 4));
	pe_gate_open();

	for (uint32_t b = p.b0; b < p.b1; b++) {
		fetch_bag(args, &p, args->x + (uint64_t)b * args->x_stride,
			  args->emb + (uint64_t)b * args->emb_stride);
	}
	return 0;
}

/* ---- Core B ------------------------------------------------------------------------------------ */

/* What has been pushed into CB_Y and not sent yet, and where it goes. */
struct results {
	uint64_t y;
	uint32_t bytes;
};

static void push_results(struct results *r, uint32_t bytes)
{
	pe_cb_push(CB_Y, bytes);
	r->bytes += bytes;
}

static void send(struct results *r, uint32_t bytes)
{
	if (!bytes)
		return;
	pe_set(MTIA_CSR_ROWS, 1);
	pe_set(MTIA_CSR_COLS, bytes);
	pe_set(MTIA_CSR_STRIDE_MEM, 0);
	pe_set(MTIA_CSR_STRIDE_CB, 0);
	pe_issue(MTIA_OP_DMA_OUT, r->y, CB_Y);
	r->y += bytes;
	r->bytes -= bytes;
}

/* x itself, which begins CB_V. */
static void put_x(const struct mtia_interaction_args *args, const struct plan *p, struct results *r)
{
	pe_set(MTIA_CSR_CB0, CB_V);
	pe_set(MTIA_CSR_OFF0, 0);
	pe_set(MTIA_CSR_OFFD, 0);
	pe_set(MTIA_CSR_STRIDE0, 0);
	pe_set(MTIA_CSR_STRIDE_CB, 0);
	if (args->type == args->out) {
		pe_set(MTIA_CSR_IMM0, p->es == 4 ? 5 : 4);
		pe_issue(MTIA_OP_MLU_COPY, 1 | (uint64_t)args->dim << 32, CB_Y);
	} else {
		pe_set(MTIA_CSR_FLAGS, MTIA_F_TYPE0(args->type) | MTIA_F_TYPED(args->out));
		pe_issue(MTIA_OP_SE_CONVERT, 1 | (uint64_t)args->dim << 32, CB_Y);
	}
	push_results(r, args->dim * p->out_es);
}

/* Products of the vectors at i_off of CB_V with those at j_off. */
struct block {
	uint32_t i_off, rows;
	uint32_t j_off, cols;
	uint32_t z_off; /* of the first product in CB_Z */
	uint32_t bank;	/* the next */
};

static void multiply_half(const struct mtia_interaction_args *args, const struct plan *p,
			  struct block *k)
{
	uint32_t bank = k->bank++ % MTIA_RE_BANKS;

	pe_set(MTIA_CSR_FLAGS, 0);
	pe_issue(MTIA_OP_RE_INIT, 1u << bank, 0);
	pe_set(MTIA_CSR_FLAGS, MTIA_F_TYPE0(args->type) | MTIA_F_TYPE1(args->type));
	pe_set(MTIA_CSR_CB0, CB_V);
	pe_set(MTIA_CSR_CB1, CB_V);
	pe_set(MTIA_CSR_OFF0, k->j_off);
	pe_set(MTIA_CSR_OFF1, k->i_off);
	pe_set(MTIA_CSR_STRIDE0, p->pad);
	pe_set(MTIA_CSR_STRIDE1, p->pad);
	pe_set(MTIA_CSR_M, k->rows);
	pe_set(MTIA_CSR_N, k->cols);
	pe_set(MTIA_CSR_K, 32);
	for (uint32_t at = 0; at < p->vector; at += 32) {
		if (p->vector - at < 32)
			pe_set(MTIA_CSR_K, p->vector - at);
		pe_issue(MTIA_OP_MML, bank, at | (uint64_t)at << 32);
	}
	pe_set(MTIA_CSR_FLAGS, MTIA_F_TYPED(args->out));
	pe_set(MTIA_CSR_OFFD, k->z_off);
	pe_set(MTIA_CSR_STRIDE_CB, p->z_stride);
	pe_issue(MTIA_OP_SE_BANK, bank, CB_Z);
}

static void multiply_f32(const struct mtia_interaction_args *args, const struct plan *p,
			 struct block *k)
{
	pe_set(MTIA_CSR_CB0, CB_V);
	pe_set(MTIA_CSR_OFF0, k->j_off);
	pe_set(MTIA_CSR_OFFD, 0);
	pe_set(MTIA_CSR_STRIDE0, p->pad);
	pe_set(MTIA_CSR_STRIDE_CB, 4 * k->cols);
	pe_set(MTIA_CSR_IMM0, 5);
	pe_issue(MTIA_OP_MLU_TRANSPOSE, k->cols | (uint64_t)args->dim << 32, CB_T);
	pe_cb_push(CB_T, 4 * k->cols * args->dim);
	pe_set(MTIA_CSR_CB0, CB_T);
	pe_set(MTIA_CSR_CB1, CB_V);
	for (uint32_t r = 0; r < k->rows; r++) {
		pe_set(MTIA_CSR_OFFD, k->z_off + r * p->z_stride);
		for (uint32_t at = 0; at < args->dim; at += MTIA_SE_MAX_ROWS) {
			uint32_t rows = min_u32(MTIA_SE_MAX_ROWS, args->dim - at);

			pe_set(MTIA_CSR_FLAGS, MTIA_F_WEIGHTED | MTIA_F_ROW(MTIA_ROW_F32) |
					       (at ? 0 : MTIA_F_INIT));
			pe_set(MTIA_CSR_OFF0, 4 * k->cols * at);
			pe_set(MTIA_CSR_OFF1, k->i_off + r * p->pad + 4 * at);
			pe_issue(MTIA_OP_SE_ROWS, rows | (uint64_t)k->cols << 32, CB_Z);
		}
	}
	pe_cb_pop(CB_T, 4 * k->cols * args->dim);
}

/* The first i products of each row i. */
static void put_rows(const struct plan *p, uint32_t i0, uint32_t i1, struct results *r)
{
	for (uint32_t i = i0; i < i1; i++) {
		pe_set(MTIA_CSR_CB0, CB_Z);
		pe_set(MTIA_CSR_OFF0, (i - i0) * p->z_stride);
		pe_set(MTIA_CSR_OFFD, 0);
		pe_set(MTIA_CSR_STRIDE0, 0);
		pe_set(MTIA_CSR_STRIDE_CB, 0);
		pe_set(MTIA_CSR_IMM0, p->out_es == 4 ? 5 : 4);
		pe_issue(MTIA_OP_MLU_COPY, 1 | (uint64_t)i << 32, CB_Y);
		push_results(r, i * p->out_es);
		if (r->bytes >= Y_CHUNK)
			send(r, r->bytes & ~3u);
	}
}

static void bag(const struct mtia_interaction_args *args, const struct plan *p, uint64_t y)
{
	struct results r = { .y = y };
	struct block k = { 0 };

	put_x(args, p, &r);
	for (uint32_t i0 = 1, i1; i0 <= args->features; i0 = i1) {
		i1 = end_i(args, p, i0);
		k.rows = i1 - i0;
		k.i_off = i0 * p->pad;
		for (uint32_t j0 = 0, j1; j0 < i1 - 1; j0 = j1) {
			j1 = end_j(p, i1, j0);
			k.cols = j1 - j0;
			k.j_off = j0 * p->pad;
			k.z_off = j0 * p->out_es;
			if (args->type == MTIA_TYPE_F32)
				multiply_f32(args, p, &k);
			else
				multiply_half(args, p, &k);
		}
		pe_cb_push(CB_Z, k.rows * p->z_stride);
		put_rows(p, i0, i1, &r);
		pe_cb_pop(CB_Z, k.rows * p->z_stride);
	}
	send(&r, r.bytes);
	pe_cb_pop(CB_V, (args->features + 1) * p->pad);
}

uint32_t core_b(const void *arg, uint32_t pos, uint32_t grid)
{
	const struct mtia_interaction_args *args = arg;
	struct plan p;

	if (!make_plan(args, pos, grid, &p))
		return 0;
	pe_gate_wait();
	for (uint32_t b = p.b0; b < p.b1; b++)
		bag(args, &p, args->y + (uint64_t)b * args->y_stride);
	return 0;
}
