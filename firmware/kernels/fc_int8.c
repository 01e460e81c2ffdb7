// SPDX-License-Identifier: MIT
/*
 * Fully connected layer, INT8: the mapping of the paper's section 4.
 *
 * Core A moves blocks: for every 64 rows of A and 64 columns of C it fetches 64 x 32 byte blocks of
 * A (once per m step) and of W (in the first m pass only, when the W slice fits local memory).
 * PEs of a row need the same rows of A, those of a column the same columns of W: with
 * MTIA_FC_MULTICAST they read them together, once.
 * Core B computes: per 64 x 64 tile of C it clears the four banks, issues four MMLs a k step (2 x 2
 * blocking, so that each 32 x 32 block is used twice), pops what is used up, and passes the tile to
 * the neighbour or, as the last of its reduction chain, through SE to memory.
 * The cores meet once, at the start; after that only the CBs' levels order them.
 */
#include "product.h"

enum { CB_A, CB_W, CB_C, CB_COLS, CB_ROWSUM };

#define CB_C_SIZE	0x4000u
#define CB_ROWSUM_SIZE	0x100u

/* This PE's share and how it goes through local memory; the same on both cores. */
struct plan {
	uint32_t m0, m1, n0, n1, k0, k1;
	uint32_t ksteps;
	uint32_t n_hold; /* columns of W kept at a time, multiple of 64 */
	bool keep_w;	 /* W stays for all m steps; else it is streamed again for each */
	bool first, last; /* of the reduction chain */
	uint32_t a_size, w_size, cols_size; /* CBs */
	uint32_t es;	 /* bytes of an output element */
};

/*
 * The PEs whose share is not empty read together, as often as the last of them, whose share may be
 * smaller, goes through its own.
 */
static void make_groups(const struct mtia_fc_args *args, const struct plan *p, uint32_t pos,
			uint32_t grid, struct groups *g)
{
	uint32_t in_chain = pe_col(pos) % args->k_split;
	uint32_t groups = min_u32((grid >> 16) / args->k_split, div_up(args->n, args->n_per_group));
	uint32_t rows = min_u32(grid & 0xffff, div_up(args->m, args->m_per_row));

	*g = (struct groups){ 0 };
	if (!(args->flags & MTIA_FC_MULTICAST))
		return;
	g->a_mask = group_mask(groups, args->k_split, in_chain);
	g->w_mask = group_mask(rows, 1, 0);
	g->a_shared = div_up(args->n - (groups - 1) * args->n_per_group, p->n_hold);
	g->w_shared = div_up(args->m - (rows - 1) * args->m_per_row, 64);
}

static bool make_plan(const struct mtia_fc_args *args, uint32_t pos, struct plan *p)
{
	uint32_t in_chain = pe_col(pos) % args->k_split;
	uint32_t blocks, steps;

	share(pe_row(pos), args->m_per_row, args->m, &p->m0, &p->m1);
	share(pe_col(pos) / args->k_split, args->n_per_group, args->n, &p->n0, &p->n1);
	share(in_chain, args->k_per_col, args->k, &p->k0, &p->k1);
	p->first = in_chain == 0;
	p->last = in_chain == args->k_split - 1;
	if (p->m0 == p->m1 || p->n0 == p->n1)
		return false;

	p->ksteps = (p->k1 - p->k0 + 31) / 32;
	p->es = out_bytes(args->out);
	/* what follows must be the same on all PEs: not of the own share */
	p->cols_size = min_u32(args->n_per_group, 512) * sizeof(struct mtia_se_col);
	blocks = (MTIA_KERNEL_CB_LIMIT - MTIA_PE_ARGS_SIZE - CB_C_SIZE - CB_ROWSUM_SIZE -
		  p->cols_size) / BLOCK;

	/*
	 * Keep several 64-column strips of W and one m step of A, if both fit; else one strip. The
	 * strips decide the order of the tiles, so all PEs of a chain, or a multicast group, go by the
	 * largest share of K.
	 */
	steps = args->k_per_col / 32;
	p->keep_w = true;
	p->n_hold = 64;
	if (blocks / steps > 2)
		p->n_hold = 64 * min_u32(blocks / steps - 1, 8);
	if (steps + 4 > blocks)
		p->keep_w = false;
	p->w_size = p->keep_w ? p->n_hold / 64 * steps * BLOCK : blocks / 2 * BLOCK;
	p->a_size = blocks * BLOCK - p->w_size;
	return true;
}

uint32_t core_a(const void *arg, uint32_t pos, uint32_t grid)
{
	const struct mtia_fc_args *args = arg;
	struct plan p;
	uint32_t base = MTIA_PE_ARGS_SIZE, strip = 0;
	struct groups g;

	if (!make_plan(args, pos, &p))
		return 0;
	make_groups(args, &p, pos, grid, &g);
	join_groups(&g);

	pe_cb_init(CB_A, base, p.a_size);
	base += p.a_size;
	pe_cb_init(CB_W, base, p.w_size);
	base += p.w_size;
	pe_cb_init(CB_C, base, CB_C_SIZE);
	base += CB_C_SIZE;
	pe_cb_init(CB_COLS, base, p.cols_size);
	base += p.cols_size;
	pe_cb_init(CB_ROWSUM, base, CB_ROWSUM_SIZE);
	pe_gate_open();

	for (uint32_t ns = p.n0; ns < p.n1; ns += p.n_hold, strip++) {
		uint32_t ne = min_u32(ns + p.n_hold, p.n1);
		bool share_a = g.a_mask && strip < g.a_shared;

		if (p.last && args->out != MTIA_FC_OUT_S32) {
			pe_set(MTIA_CSR_ROWS, 1);
			pe_set(MTIA_CSR_COLS, (ne - ns) * sizeof(struct mtia_se_col));
			pe_set(MTIA_CSR_STRIDE_MEM, 0);
			pe_set(MTIA_CSR_STRIDE_CB, 0);
			pe_issue(MTIA_OP_DMA_IN,
				 args->cols + (uint64_t)ns * sizeof(struct mtia_se_col), CB_COLS);
		}
		pe_set(MTIA_CSR_STRIDE_CB, 32);
		for (uint32_t m = p.m0; m < p.m1; m += 64) {
			uint32_t rows = min_u32(64, p.m1 - m);
			bool share_w = g.w_mask && (p.keep_w || (m - p.m0) / 64 < g.w_shared);

			for (uint32_t n = ns; n < ne; n += 64) {
				uint32_t cols = min_u32(64, ne - n);
				bool need_a = n == ns, need_w = m == p.m0 || !p.keep_w;
				uint64_t a = args->a + (uint64_t)m * args->lda + p.k0;
				uint64_t w = args->w + (uint64_t)n * args->ldw + p.k0;

				if (!need_a && !need_w)
					continue;
				for (uint32_t k = p.k0; k < p.k1; k += 32, a += 32, w += 32) {
					pe_set(MTIA_CSR_COLS, min_u32(32, p.k1 - k));
					if (need_a) {
						pe_set(MTIA_CSR_ROWS, rows);
						pe_set(MTIA_CSR_STRIDE_MEM, args->lda);
						fetch(a, CB_A, GROUP_A, share_a);
					}
					if (need_w) {
						pe_set(MTIA_CSR_ROWS, cols);
						pe_set(MTIA_CSR_STRIDE_MEM, args->ldw);
						fetch(w, CB_W, GROUP_W, share_w);
					}
				}
			}
		}
	}
	return 0;
}

/* Position in the two operand CBs of the tile being computed. */
struct operands {
	uint32_t rows, cols;	   /* of the tile, 1 .. 64 */
	uint32_t a_off, w_off;	   /* of the block of the current k step */
	uint32_t a_step, w_step;   /* to the next k step; 0 while blocks are popped */
	uint32_t a_block, w_block; /* bytes of one block */
};

/* Four MMLs of one k step; only the banks that the tile reaches. */
static inline void multiply_step(const struct operands *o, uint32_t banks)
{
	uint64_t at = o->w_off | (uint64_t)o->a_off << 32;

	if (banks == 0xf && o->rows == 64 && o->cols == 64) {
		pe_issue(MTIA_OP_MML, 0, at);
		pe_issue(MTIA_OP_MML, 1, at + 1024);
		pe_issue(MTIA_OP_MML, 2, at + (1024ull << 32));
		pe_issue(MTIA_OP_MML, 3, at + (1024ull << 32) + 1024);
		return;
	}
	for (uint32_t bank = 0; bank < 4; bank++) {
		uint32_t mi = bank >> 1, ni = bank & 1;

		if (!(banks & 1u << bank))
			continue;
		pe_set(MTIA_CSR_M, min_u32(32, o->rows - 32 * mi));
		pe_set(MTIA_CSR_N, min_u32(32, o->cols - 32 * ni));
		pe_issue(MTIA_OP_MML, bank, at + ni * 1024 + ((uint64_t)mi * 1024 << 32));
	}
}

/* The finished tile: through SE (or as it is) into CB_C, then to memory. */
static void store_tile(const struct mtia_fc_args *args, const struct plan *p, uint32_t m, uint32_t n,
		       uint32_t n_base, uint32_t rows, uint32_t cols, uint32_t banks)
{
	uint32_t stride = 64 * p->es, flags = 0;

	pe_set(MTIA_CSR_STRIDE_CB, stride);
	pe_set(MTIA_CSR_CB0, CB_COLS);
	pe_set(MTIA_CSR_CB1, CB_ROWSUM);
	if (args->flags & MTIA_FC_ROWSUM)
		flags |= MTIA_F_ROWSUM;
	if ((args->flags & MTIA_FC_RELU) && p->es > 1)
		flags |= MTIA_F_RELU;
	if (args->out == MTIA_FC_OUT_F16)
		flags |= MTIA_F_TYPED(MTIA_TYPE_F16);
	else if (args->out == MTIA_FC_OUT_BF16)
		flags |= MTIA_F_TYPED(MTIA_TYPE_BF16);
	pe_set(MTIA_CSR_FLAGS, args->out == MTIA_FC_OUT_S32 ? 0 : flags);
	pe_set(MTIA_CSR_IMM0, args->zero_point);
	pe_set(MTIA_CSR_IMM1, args->lo);
	pe_set(MTIA_CSR_IMM2, args->hi);
	for (uint32_t bank = 0; bank < 4; bank++) {
		uint32_t mi = bank >> 1, ni = bank & 1;

		if (!(banks & 1u << bank))
			continue;
		pe_set(MTIA_CSR_M, min_u32(32, rows - 32 * mi));
		pe_set(MTIA_CSR_N, min_u32(32, cols - 32 * ni));
		pe_set(MTIA_CSR_OFF0, (n - n_base + 32 * ni) * sizeof(struct mtia_se_col));
		pe_set(MTIA_CSR_OFF1, 32 * mi * 4);
		pe_set(MTIA_CSR_OFFD, 32 * mi * stride + 32 * ni * p->es);
		if (args->out == MTIA_FC_OUT_S32)
			pe_issue(MTIA_OP_RE_STORE, bank, CB_C);
		else if (p->es == 1)
			pe_issue(MTIA_OP_SE_REQUANT, bank, CB_C);
		else
			pe_issue(MTIA_OP_SE_DEQUANT, bank, CB_C);
	}
	pe_cb_push(CB_C, rows * stride);
	pe_set(MTIA_CSR_ROWS, rows);
	pe_set(MTIA_CSR_COLS, cols * p->es);
	pe_set(MTIA_CSR_STRIDE_MEM, args->ldc);
	pe_issue(MTIA_OP_DMA_OUT, args->c + (uint64_t)m * args->ldc + (uint64_t)n * p->es, CB_C);
}

/* One tile's sum over this PE's K share. */
static void multiply_tile(const struct mtia_fc_args *args, const struct plan *p, struct operands *o,
			  uint32_t banks, bool pop_a, bool pop_w, bool rowsum)
{
	uint32_t mml_flags = (args->flags & MTIA_FC_W_SIGNED ? MTIA_F_SIGNED0 : 0) |
			     (args->flags & MTIA_FC_A_SIGNED ? MTIA_F_SIGNED1 : 0);

	for (uint32_t k = p->k0; k < p->k1; k += 32) {
		uint32_t depth = min_u32(32, p->k1 - k);

		if (rowsum) {
			pe_set(MTIA_CSR_CB0, CB_A);
			pe_set(MTIA_CSR_OFF0, o->a_off);
			pe_set(MTIA_CSR_OFFD, 0);
			pe_set(MTIA_CSR_STRIDE_CB, 32);
			pe_set(MTIA_CSR_FLAGS, (k == p->k0 ? MTIA_F_INIT : 0) |
					       (args->flags & MTIA_FC_A_SIGNED ? MTIA_F_SIGNED0 : 0));
			pe_issue(MTIA_OP_SE_ROWSUM, o->rows | (uint64_t)depth << 32, CB_ROWSUM);
		}
		if (rowsum || k == p->k0) {
			pe_set(MTIA_CSR_CB0, CB_W);
			pe_set(MTIA_CSR_CB1, CB_A);
			pe_set(MTIA_CSR_OFF0, 0);
			pe_set(MTIA_CSR_OFF1, 0);
			pe_set(MTIA_CSR_M, 32);
			pe_set(MTIA_CSR_N, 32);
			pe_set(MTIA_CSR_FLAGS, mml_flags);
		}
		pe_set(MTIA_CSR_K, depth);
		multiply_step(o, banks);
		o->a_off += o->a_step;
		o->w_off += o->w_step;
		if (pop_a)
			pe_cb_pop(CB_A, o->a_block);
		if (pop_w)
			pe_cb_pop(CB_W, o->w_block);
	}
}

uint32_t core_b(const void *arg, uint32_t pos, uint32_t grid)
{
	const struct mtia_fc_args *args = arg;
	struct plan p;

	(void)grid;
	if (!make_plan(args, pos, &p))
		return 0;
	pe_gate_wait();

	for (uint32_t ns = p.n0; ns < p.n1; ns += p.n_hold) {
		uint32_t ne = min_u32(ns + p.n_hold, p.n1);
		bool use_cols = p.last && args->out != MTIA_FC_OUT_S32;

		for (uint32_t m = p.m0; m < p.m1; m += 64) {
			uint32_t rows = min_u32(64, p.m1 - m);
			bool last_m = m + 64 >= p.m1;

			for (uint32_t n = ns; n < ne; n += 64) {
				uint32_t cols = min_u32(64, ne - n);
				bool last_n = n + 64 >= ne;
				bool pop_w = last_m || !p.keep_w;
				bool rowsum = (args->flags & MTIA_FC_ROWSUM) && n == ns;
				uint32_t banks = 1 | (cols > 32) << 1 | (rows > 32) << 2 |
						 (uint32_t)(rows > 32 && cols > 32) << 3;
				struct operands o = {
					.rows = rows,
					.cols = cols,
					.a_block = rows * 32,
					.w_block = cols * 32,
					.a_step = last_n ? 0 : rows * 32,
					.w_step = pop_w ? 0 : cols * 32,
					.w_off = pop_w ? 0 : (n - ns) / 64 * p.ksteps * BLOCK,
				};

				pe_set(MTIA_CSR_FLAGS, 0);
				pe_issue(MTIA_OP_RE_INIT, banks, 0);
				multiply_tile(args, &p, &o, banks, last_n, pop_w, rowsum);
				if (rowsum)
					pe_cb_push(CB_ROWSUM, rows * 4);
				if (!p.first)
					pe_issue(MTIA_OP_RE_RECV, banks, MTIA_DIR_EAST);
				if (p.last)
					store_tile(args, &p, m, n, ns, rows, cols, banks);
				else
					pe_issue(MTIA_OP_RE_SEND, banks, MTIA_DIR_EAST);
			}
			if (args->flags & MTIA_FC_ROWSUM)
				pe_cb_pop(CB_ROWSUM, rows * 4);
		}
		if (use_cols)
			pe_cb_pop(CB_COLS, (ne - ns) * sizeof(struct mtia_se_col));
	}
	return 0;
}
