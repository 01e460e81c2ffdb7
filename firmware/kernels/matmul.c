// SPDX-License-Identifier: MIT
/*
 * Matrix products of INT8, FP16 and BF16: batches of two run-time operands, and fully connected
 * layers of FP16 and BF16. The mapping is that of fc_int8.c. With MTIA_MATMUL_MULTICAST, PEs read
 * together, too: the parts of N lie along the rows of PEs, those of M, matrix after matrix, down
 * the columns.
 *
 * Core A moves blocks of 64 rows of 32 bytes of A and B. If B is K rows of N, it fetches 32 bytes'
 * worth of those rows, 64 columns wide, and MLU turns them into such a block.
 * Core B computes 64 x 64 tiles of C in the four banks, k ascending, and passes them on. It also
 * adds up the rows of B (and A) that zero points ask for, and makes the column parameters of SE.
 */
#include "product.h"

enum { CB_A, CB_B, CB_C, CB_COLS, CB_ROWSUM, CB_COLSUM, CB_RAW };

#define CB_C_SIZE	0x4000u
#define CB_SUM_SIZE	0x100u	/* 64 INT32 */
#define CB_RAW_SIZE	(4 * BLOCK)
#define STRIP_COLS	(64 * sizeof(struct mtia_se_col))

/* This PE's share and how it goes through local memory; the same on both cores. */
struct plan {
	uint32_t b0, b1, m0, m1, n0, n1, k0, k1;
	uint32_t es, out_es; /* bytes of an element of A and B, of C */
	uint32_t kstep, ksteps; /* elements in 32 bytes; steps of that */
	uint32_t n_hold;     /* columns of B kept at a time, multiple of 64 */
	bool keep;	     /* B stays for all m steps; else it is streamed again for each */
	bool first, last;    /* of the reduction chain */
	bool use_cols;	     /* SE needs column parameters */
	uint32_t a_size, b_size, cols_size, raw_size; /* CBs */
};

static bool make_plan(const struct mtia_matmul_args *args, uint32_t pos, uint32_t grid,
		      struct plan *p)
{
	uint32_t in_chain = pe_col(pos) % args->k_split;
	uint32_t group = pe_row(pos) * (pe_col(grid) / args->k_split) + pe_col(pos) / args->k_split;
	uint32_t blocks, strip, steps, strips = min_u32(args->n_per, 512) / 64;

	share(group / args->n_parts / args->m_parts, args->batch_per, args->batch, &p->b0, &p->b1);
	share(group / args->n_parts % args->m_parts, args->m_per, args->m, &p->m0, &p->m1);
	share(group % args->n_parts, args->n_per, args->n, &p->n0, &p->n1);
	share(in_chain, args->k_per, args->k, &p->k0, &p->k1);
	if (p->b0 == p->b1 || p->m0 == p->m1 || p->n0 == p->n1)
		return false;
	p->first = in_chain == 0;
	p->last = in_chain == args->k_split - 1;
	p->es = args->type == MTIA_TYPE_I8 ? 1 : 2;
	p->out_es = out_bytes(args->out);
	p->kstep = 32 / p->es;
	p->ksteps = (p->k1 - p->k0 + p->kstep - 1) / p->kstep;
	p->use_cols = args->type == MTIA_TYPE_I8 && args->out != MTIA_FC_OUT_S32 && p->last;
	strip = args->type == MTIA_TYPE_I8 ? STRIP_COLS : 64 * sizeof(float);
	p->raw_size = args->flags & MTIA_MATMUL_B_KN ? CB_RAW_SIZE : 0;
	blocks = (MTIA_KERNEL_CB_LIMIT - MTIA_PE_ARGS_SIZE - CB_C_SIZE - 2 * CB_SUM_SIZE -
		  p->raw_size - strips * strip) / BLOCK;

	/*
	 * Keep several 64-column strips of B and one m step of A, if both fit; else one strip. The
	 * strips decide the order of the tiles, so all PEs of a chain go by its largest share of K.
	 */
	steps = args->k_per / p->kstep;
	p->keep = true;
	p->n_hold = 64;
	if (blocks / steps > 2)
		p->n_hold = 64 * min_u32(blocks / steps - 1, strips);
	if (steps + 4 > blocks)
		p->keep = false;
	p->cols_size = p->n_hold / 64 * strip;
	p->b_size = p->keep ? p->n_hold / 64 * steps * BLOCK : blocks / 2 * BLOCK;
	p->a_size = blocks * BLOCK - p->b_size;
	return true;
}

static uint32_t place(uint32_t cb, uint32_t base, uint32_t size)
{
	pe_cb_init(cb, base, size);
	return base + size;
}

/* ---- Core A ------------------------------------------------------------------------------------ */

/* Those of a row have the same rows of A, those of a column and one matrix the same columns of B. */
static void make_groups(const struct mtia_matmul_args *args, const struct plan *p, uint32_t pos,
			struct groups *g)
{
	uint32_t first = pe_row(pos) / args->m_parts * args->m_parts;

	*g = (struct groups){ 0 };
	if (!(args->flags & MTIA_MATMUL_MULTICAST))
		return;
	g->a_mask = group_mask(args->n_parts, args->k_split, pe_col(pos) % args->k_split);
	g->w_mask = group_mask(args->m_parts, 1, first);
	g->a_shared = div_up(args->n - (args->n_parts - 1) * args->n_per, p->n_hold);
	g->w_shared = div_up(args->m - (args->m_parts - 1) * args->m_per, 64);
}

/* A block of `rows` rows of A or B at `va`, `ld` apart, `bytes` of them used. */
static inline void load_block(uint64_t va, uint32_t ld, uint32_t rows, uint32_t bytes, uint32_t cb,
			      uint32_t group, bool shared)
{
	pe_set(MTIA_CSR_ROWS, rows);
	pe_set(MTIA_CSR_COLS, bytes);
	pe_set(MTIA_CSR_STRIDE_MEM, ld);
	pe_set(MTIA_CSR_STRIDE_CB, 32);
	fetch(va, cb, group, shared);
}

/* `depth` rows of B, `cols` wide, at `va`: turned, they are a block of `cols` rows. */
static inline void load_turned(const struct mtia_matmul_args *args, const struct plan *p,
			       uint64_t va, uint32_t depth, uint32_t cols, bool shared)
{
	uint32_t row = 64 * p->es;

	pe_set(MTIA_CSR_ROWS, depth);
	pe_set(MTIA_CSR_COLS, cols * p->es);
	pe_set(MTIA_CSR_STRIDE_MEM, args->ldb);
	pe_set(MTIA_CSR_STRIDE_CB, row);
	fetch(va, CB_RAW, GROUP_W, shared);
	pe_set(MTIA_CSR_CB0, CB_RAW);
	pe_set(MTIA_CSR_STRIDE0, row);
	pe_set(MTIA_CSR_STRIDE_CB, 32);
	pe_set(MTIA_CSR_IMM0, p->es == 1 ? 3 : 4);
	pe_issue(MTIA_OP_MLU_TRANSPOSE, depth | (uint64_t)cols << 32, CB_B);
	pe_cb_push(CB_B, cols * 32);
	pe_cb_pop(CB_RAW, depth * row);
}

/* What a tile still needs of A and of B, and whether it is read together. */
struct need {
	bool a, b, share_a, share_b;
};

static void load_tile(const struct mtia_matmul_args *args, const struct plan *p, uint32_t b,
		      uint32_t m, uint32_t n, uint32_t cols, struct need need)
{
	uint64_t a = args->a + b * args->a_batch + (uint64_t)m * args->lda;
	uint64_t w = args->b + b * args->b_batch;
	uint32_t rows = min_u32(64, p->m1 - m);

	for (uint32_t k = p->k0; k < p->k1; k += p->kstep) {
		uint32_t depth = min_u32(p->kstep, p->k1 - k);
		uint64_t at = (uint64_t)k * p->es;

		if (need.a)
			load_block(a + at, args->lda, rows, depth * p->es, CB_A, GROUP_A,
				   need.share_a);
		if (need.b && (args->flags & MTIA_MATMUL_B_KN))
			load_turned(args, p, w + (uint64_t)k * args->ldb + (uint64_t)n * p->es,
				    depth, cols, need.share_b);
		else if (need.b)
			load_block(w + (uint64_t)n * args->ldb + at, args->ldb, cols,
				   depth * p->es, CB_B, GROUP_W, need.share_b);
	}
}

static void load_bias(const struct mtia_matmul_args *args, uint32_t n, uint32_t count)
{
	pe_set(MTIA_CSR_ROWS, 1);
	pe_set(MTIA_CSR_COLS, count * sizeof(float));
	pe_set(MTIA_CSR_STRIDE_MEM, 0);
	pe_set(MTIA_CSR_STRIDE_CB, 0);
	pe_issue(MTIA_OP_DMA_IN, args->bias + (uint64_t)n * sizeof(float), CB_COLS);
}

/* The columns of B that are kept at a time, from ns on, and all rows of A for them. */
static void load_strips(const struct mtia_matmul_args *args, const struct plan *p,
			const struct groups *g, uint32_t b, uint32_t ns)
{
	uint32_t ne = ns + min_u32(p->n_hold, p->n1 - ns);
	struct need need = {
		.share_a = g->a_mask && (ns - p->n0) / p->n_hold < g->a_shared,
	};

	if (args->bias && p->first)
		load_bias(args, ns, ne - ns);
	for (uint32_t m = p->m0; m < p->m1; m += 64) {
		need.b = m == p->m0 || !p->keep;
		need.share_b = g->w_mask && (p->keep || (m - p->m0) / 64 < g->w_shared);
		for (uint32_t n = ns; n < ne; n += 64) {
			need.a = n == ns;
			if (need.a || need.b)
				load_tile(args, p, b, m, n, min_u32(64, ne - n), need);
		}
	}
}

uint32_t core_a(const void *arg, uint32_t pos, uint32_t grid)
{
	const struct mtia_matmul_args *args = arg;
	uint32_t base = MTIA_PE_ARGS_SIZE;
	struct groups g;
	struct plan p;

	if (!make_plan(args, pos, grid, &p))
		return 0;
	base = place(CB_A, base, p.a_size);
	base = place(CB_B, base, p.b_size);
	base = place(CB_C, base, CB_C_SIZE);
	base = place(CB_COLS, base, p.cols_size);
	base = place(CB_ROWSUM, base, CB_SUM_SIZE);
	base = place(CB_COLSUM, base, CB_SUM_SIZE);
	if (p.raw_size)
		place(CB_RAW, base, p.raw_size);
	make_groups(args, &p, pos, &g);
	join_groups(&g);
	pe_gate_open();

	for (uint32_t b = p.b0; b < p.b1; b++) {
		for (uint32_t ns = p.n0; ns < p.n1; ns += p.n_hold)
			load_strips(args, &p, &g, b, ns);
	}
	return 0;
}

/* ---- Core B ------------------------------------------------------------------------------------ */

/* The tile being computed. */
struct tile {
	uint32_t rows, cols;	 /* 1 .. 64 */
	uint32_t n_off;		 /* of its columns in the strips that are held */
	uint32_t banks;		 /* the ones it reaches */
	uint32_t a_off, b_off;	 /* of the block of the current k step */
	uint32_t a_step, b_step; /* to the next k step; 0 while blocks are popped */
	bool pop_a, pop_b;
	bool rowsum, colsum;	 /* add up the rows of A, of B */
	bool make_cols;		 /* the first tile of its columns */
};

static void start_banks(const struct mtia_matmul_args *args, const struct plan *p,
			const struct tile *t)
{
	if (!args->bias || !p->first) {
		pe_set(MTIA_CSR_FLAGS, 0);
		pe_issue(MTIA_OP_RE_INIT, t->banks, 0);
		return;
	}
	pe_set(MTIA_CSR_FLAGS, MTIA_F_BIAS);
	pe_set(MTIA_CSR_CB0, CB_COLS);
	for (uint32_t half = 0; half < t->cols; half += 32) {
		pe_set(MTIA_CSR_OFF0, (t->n_off + half) * sizeof(float));
		pe_set(MTIA_CSR_N, min_u32(32, t->cols - half));
		pe_issue(MTIA_OP_RE_INIT, t->banks & (half ? 0xa : 0x5), 0);
	}
}

static void add_rows(uint32_t cb, uint32_t off, uint32_t rows, uint32_t depth, uint32_t sums,
		     uint32_t flags)
{
	pe_set(MTIA_CSR_CB0, cb);
	pe_set(MTIA_CSR_OFF0, off);
	pe_set(MTIA_CSR_OFFD, 0);
	pe_set(MTIA_CSR_STRIDE_CB, 32);
	pe_set(MTIA_CSR_FLAGS, flags);
	pe_issue(MTIA_OP_SE_ROWSUM, rows | (uint64_t)depth << 32, sums);
}

/* Four MMLs of one k step; only the banks that the tile reaches. */
static inline void multiply_step(const struct tile *t)
{
	uint64_t at = t->b_off | (uint64_t)t->a_off << 32;

	if (t->rows == 64 && t->cols == 64) {
		pe_issue(MTIA_OP_MML, 0, at);
		pe_issue(MTIA_OP_MML, 1, at + 1024);
		pe_issue(MTIA_OP_MML, 3, at + (1024ull << 32) + 1024);
		pe_issue(MTIA_OP_MML, 2, at + (1024ull << 32));
		return;
	}
	for (uint32_t bank = 0; bank < 4; bank++) {
		uint32_t mi = bank >> 1, ni = bank & 1;

		if (!(t->banks & 1u << bank))
			continue;
		pe_set(MTIA_CSR_M, min_u32(32, t->rows - 32 * mi));
		pe_set(MTIA_CSR_N, min_u32(32, t->cols - 32 * ni));
		pe_issue(MTIA_OP_MML, bank, at + ni * 1024 + ((uint64_t)mi * 1024 << 32));
	}
}

/* One tile's sum over this PE's K share. */
static void multiply_tile(const struct mtia_matmul_args *args, const struct plan *p, struct tile *t)
{
	uint32_t flags = MTIA_F_TYPE0(args->type) | MTIA_F_TYPE1(args->type);
	uint32_t a_flags = args->flags & MTIA_MATMUL_A_SIGNED ? MTIA_F_SIGNED0 : 0;
	uint32_t b_flags = args->flags & MTIA_MATMUL_B_SIGNED ? MTIA_F_SIGNED0 : 0;

	flags |= (a_flags ? MTIA_F_SIGNED1 : 0) | b_flags;
	for (uint32_t k = p->k0; k < p->k1; k += p->kstep) {
		uint32_t depth = min_u32(p->kstep, p->k1 - k) * p->es;
		uint32_t init = k == p->k0 ? MTIA_F_INIT : 0;

		if (t->rowsum)
			add_rows(CB_A, t->a_off, t->rows, depth, CB_ROWSUM, init | a_flags);
		if (t->colsum)
			add_rows(CB_B, t->b_off, t->cols, depth, CB_COLSUM, init | b_flags);
		if (t->rowsum || t->colsum || init) {
			pe_set(MTIA_CSR_CB0, CB_B);
			pe_set(MTIA_CSR_CB1, CB_A);
			pe_set(MTIA_CSR_OFF0, 0);
			pe_set(MTIA_CSR_OFF1, 0);
			pe_set(MTIA_CSR_M, 32);
			pe_set(MTIA_CSR_N, 32);
			pe_set(MTIA_CSR_FLAGS, flags);
		}
		pe_set(MTIA_CSR_K, depth);
		multiply_step(t);
		t->a_off += t->a_step;
		t->b_off += t->b_step;
		if (t->pop_a)
			pe_cb_pop(CB_A, t->rows * 32);
		if (t->pop_b)
			pe_cb_pop(CB_B, t->cols * 32);
	}
}

/* Without a zero point of A all columns have the same parameters. */
static bool one_col(const struct mtia_matmul_args *args)
{
	return !args->a_zero_point;
}

/* SE's parameters of one strip's columns, a push of STRIP_COLS whatever the strip's width. */
static void make_cols(const struct mtia_matmul_args *args, const struct tile *t)
{
	const int32_t *sum = NULL;
	struct mtia_se_col *col;

	if (t->colsum) {
		pe_cb_push(CB_COLSUM, CB_SUM_SIZE);
		sum = pe_cb_wait(CB_COLSUM, CB_SUM_SIZE);
	}
	col = (void *)(uintptr_t)pe_sync(MTIA_SYNC_CB_SPACE, CB_COLS, STRIP_COLS);
	for (uint32_t n = 0; n < (one_col(args) ? 1 : t->cols); n++) {
		uint32_t total = sum ? (uint32_t)sum[n] - (uint32_t)args->b_zero_point * args->k : 0;
		uint32_t *word = (uint32_t *)&col[n]; /* the scale's bits, no FP register */

		word[0] = args->scale;
		col[n].offset = (int32_t)-((uint32_t)args->a_zero_point * total);
		col[n].zero_point = args->b_zero_point;
		col[n].reserved = 0;
	}
	pe_cb_push(CB_COLS, STRIP_COLS);
	if (t->colsum)
		pe_cb_pop(CB_COLSUM, CB_SUM_SIZE);
}

/* How a finished bank leaves: the operation, and the CSRs that are the same for all of a tile. */
static inline void store_bank(const struct mtia_matmul_args *args, uint32_t bank)
{
	if (args->type != MTIA_TYPE_I8)
		pe_issue(MTIA_OP_SE_BANK, bank, CB_C);
	else if (args->out == MTIA_FC_OUT_S32)
		pe_issue(MTIA_OP_RE_STORE, bank, CB_C);
	else if (args->out == MTIA_FC_OUT_U8 || args->out == MTIA_FC_OUT_S8)
		pe_issue(MTIA_OP_SE_REQUANT, bank, CB_C);
	else
		pe_issue(MTIA_OP_SE_DEQUANT, bank, CB_C);
}

static void prepare_store(const struct mtia_matmul_args *args, const struct plan *p)
{
	bool bytes = p->out_es == 1;
	uint32_t flags = 0;

	if (args->out == MTIA_FC_OUT_F16)
		flags |= MTIA_F_TYPED(MTIA_TYPE_F16);
	else if (args->out == MTIA_FC_OUT_BF16)
		flags |= MTIA_F_TYPED(MTIA_TYPE_BF16);
	if (!bytes && args->out != MTIA_FC_OUT_S32 && (args->flags & MTIA_MATMUL_RELU))
		flags |= MTIA_F_RELU;
	if (args->type != MTIA_TYPE_I8) {
		flags |= bytes ? MTIA_F_QUANT : 0;
		pe_set(MTIA_CSR_IMM0, args->scale);
		pe_set(MTIA_CSR_IMM1, args->zero_point);
		pe_set(MTIA_CSR_IMM2, (uint16_t)args->lo | (uint32_t)args->hi << 16);
	} else {
		flags |= args->b_zero_point && args->out != MTIA_FC_OUT_S32 ? MTIA_F_ROWSUM : 0;
		flags |= one_col(args) ? MTIA_F_PER_TENSOR : 0;
		pe_set(MTIA_CSR_CB0, CB_COLS);
		pe_set(MTIA_CSR_CB1, CB_ROWSUM);
		pe_set(MTIA_CSR_IMM0, args->zero_point);
		pe_set(MTIA_CSR_IMM1, args->lo);
		pe_set(MTIA_CSR_IMM2, args->hi);
	}
	pe_set(MTIA_CSR_FLAGS, flags);
}

/* The finished tile through SE (or as it is) into CB_C, then to memory. */
static void store_tile(const struct mtia_matmul_args *args, const struct plan *p,
		       const struct tile *t, uint64_t c)
{
	uint32_t stride = 64 * p->out_es;

	prepare_store(args, p);
	pe_set(MTIA_CSR_STRIDE_CB, stride);
	for (uint32_t bank = 0; bank < 4; bank++) {
		uint32_t mi = bank >> 1, ni = bank & 1;

		if (!(t->banks & 1u << bank))
			continue;
		pe_set(MTIA_CSR_M, min_u32(32, t->rows - 32 * mi));
		pe_set(MTIA_CSR_N, min_u32(32, t->cols - 32 * ni));
		pe_set(MTIA_CSR_OFF0,
		       (t->n_off + (one_col(args) ? 0 : 32 * ni)) * sizeof(struct mtia_se_col));
		pe_set(MTIA_CSR_OFF1, 32 * mi * 4);
		pe_set(MTIA_CSR_OFFD, 32 * mi * stride + 32 * ni * p->out_es);
		store_bank(args, bank);
	}
	pe_cb_push(CB_C, t->rows * stride);
	pe_set(MTIA_CSR_ROWS, t->rows);
	pe_set(MTIA_CSR_COLS, t->cols * p->out_es);
	pe_set(MTIA_CSR_STRIDE_MEM, args->ldc);
	pe_issue(MTIA_OP_DMA_OUT, c, CB_C);
}

static void one_tile(const struct mtia_matmul_args *args, const struct plan *p, struct tile *t,
		     uint64_t c)
{
	bool is_float = args->type != MTIA_TYPE_I8;

	start_banks(args, p, t);
	multiply_tile(args, p, t);
	if (t->make_cols)
		make_cols(args, t);
	if (t->rowsum)
		pe_cb_push(CB_ROWSUM, t->rows * 4);
	if (!p->first) {
		if (is_float)
			pe_issue(MTIA_OP_RE_RECVF, t->banks, MTIA_DIR_EAST);
		else
			pe_issue(MTIA_OP_RE_RECV, t->banks, MTIA_DIR_EAST);
	}
	if (p->last)
		store_tile(args, p, t, c);
	else
		pe_issue(MTIA_OP_RE_SEND, t->banks, MTIA_DIR_EAST);
}

/* Columns [ns, ne) of one matrix, for all rows. */
static void strips(const struct mtia_matmul_args *args, const struct plan *p, uint32_t ns,
		   uint32_t ne, uint64_t c)
{
	bool sum_a = p->use_cols && args->b_zero_point;
	bool sum_b = p->use_cols && args->a_zero_point;

	for (uint32_t m = p->m0; m < p->m1; m += 64) {
		uint32_t rows = min_u32(64, p->m1 - m);

		for (uint32_t n = ns; n < ne; n += 64) {
			uint32_t cols = min_u32(64, ne - n);
			bool pop_a = n + 64 >= ne, pop_b = m + 64 >= p->m1 || !p->keep;
			struct tile t = {
				.rows = rows,
				.cols = cols,
				.n_off = n - ns,
				.banks = 1 | (cols > 32) << 1 | (rows > 32) << 2 |
					 (uint32_t)(rows > 32 && cols > 32) << 3,
				.a_step = pop_a ? 0 : rows * 32,
				.b_step = pop_b ? 0 : cols * 32,
				.b_off = pop_b ? 0 : (n - ns) / 64 * p->ksteps * BLOCK,
				.pop_a = pop_a,
				.pop_b = pop_b,
				.rowsum = sum_a && n == ns,
				.colsum = sum_b && m == p->m0,
				.make_cols = p->use_cols && m == p->m0,
			};

			one_tile(args, p, &t,
				 c + (uint64_t)m * args->ldc + (uint64_t)n * p->out_es);
		}
		if (sum_a)
			pe_cb_pop(CB_ROWSUM, rows * 4);
	}
}

uint32_t core_b(const void *arg, uint32_t pos, uint32_t grid)
{
	const struct mtia_matmul_args *args = arg;
	struct plan p;

	if (!make_plan(args, pos, grid, &p))
		return 0;
	pe_gate_wait();

	for (uint32_t b = p.b0; b < p.b1; b++) {
		for (uint32_t ns = p.n0; ns < p.n1; ns += p.n_hold) {
			uint32_t ne = min_u32(ns + p.n_hold, p.n1);

			strips(args, &p, ns, ne, args->c + b * args->c_batch);
			if (args->bias && p.first)
				pe_cb_pop(CB_COLS, (ne - ns) * sizeof(float));
			if (p.use_cols)
				pe_cb_pop(CB_COLS, (ne - ns + 63) / 64 * STRIP_COLS);
		}
	}
	return 0;
}
