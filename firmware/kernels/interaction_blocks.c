// SPDX-License-Identifier: MIT
/*
 * DLRM's dot interaction of bags of any size, see interaction.c for those that local memory holds.
 * A block, MTIA_INTERACTION_ROWS of i of a bag, is a PE's work. Its products are done in panels, a
 * range of j each, and the vectors come a chunk of k at a time: those of the i's (CB_I), and of 32
 * j's after the other (CB_J). All accumulators of a panel go on from chunk to chunk, so k ascends
 * and the bits are those of one chain.
 *
 * FP16 and BF16: DPE, a bank of RE for 32 j's. FP32: SE accumulates rows k of the panel's turned
 * chunk (CB_T), weighted with v_i[k], into CB_Z.
 *
 * A finished panel lies in CB_Z and leaves row by row, for the results of i begin where those of
 * i - 1 end. DMA writes from multiples of 4 on, so with results of two bytes every other pair of
 * rows begins amid four of them. Such a row leaves one product to its next panel ("carry"), and its
 * first product ("head") leaves with the last one of the row before; the first row's of a block,
 * whose row before another PE may have, by a store of the core.
 */
#include "mtia/pe_program.h"

enum { CB_I, CB_J, CB_T, CB_RAW, CB_Z, CB_HEAD, CB_Y };

#define ROWS		MTIA_INTERACTION_ROWS
#define COLS		32u	/* j's at a time */
#define CHUNK		512u	/* bytes of a vector; of FP32 half as many, for there is CB_T */
#define PANEL		128u	/* j's; of FP32 half as many */
#define T_STRIDE	256u
#define T_SLOT		0x4000u
#define Z_BEFORE	4u	/* bytes before a row of results of two bytes: the carry is the last of them */
#define Z_AROUND	32u	/* before and behind it */
#define CB_RAW_SIZE	0x2000u
#define RAW_BYTES	(CB_RAW_SIZE / 2 - 64) /* of vectors fetched together */
#define HEAD_STRIDE	4u
#define CB_HEAD_SIZE	(2 * ROWS * HEAD_STRIDE)
#define Y_SLOT		0x400u

struct plan {
	uint64_t blocks, next, end, step; /* of a bag; this PE's */
	bool is_f32, aligned; /* every vector begins at a multiple of 32 */
	uint32_t period;      /* log2: so many vectors have a multiple of 32 bytes */
	uint32_t es, out_es; /* bytes of an element of x and emb, of y */
	uint32_t vector;     /* bytes of one */
	uint32_t chunk, pad; /* bytes of it that come at a time, and their place */
	uint32_t panel;
	uint32_t z_before, z_stride;
};

/* A block. Row 0 has no products. */
struct block {
	uint64_t x, emb, y;
	uint32_t i0, i1;
};

static uint32_t min_u32(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static uint32_t bytes_of(uint32_t type)
{
	return type == MTIA_TYPE_F32 ? 4 : 2;
}

static void make_plan(const struct mtia_interaction_args *args, uint32_t pos, uint32_t grid,
		      struct plan *p)
{
	p->blocks = (args->features - 1) / ROWS + 1;
	p->next = pe_row(pos) * pe_col(grid) + pe_col(pos);
	p->step = pe_row(grid) * pe_col(grid);
	p->end = args->batch * p->blocks;
	p->is_f32 = args->type == MTIA_TYPE_F32;
	p->es = bytes_of(args->type);
	p->out_es = bytes_of(args->out);
	p->vector = args->dim * p->es;
	p->aligned = p->vector % 32 == 0;
	for (p->period = 0; p->vector % (32u >> p->period); p->period++)
		;
	p->chunk = min_u32(p->vector, p->is_f32 ? CHUNK / 2 : CHUNK);
	p->pad = (p->chunk + 31) & ~31u;
	p->panel = p->is_f32 ? PANEL / 2 : PANEL;
	p->z_before = p->out_es == 2 ? Z_BEFORE : 0;
	p->z_stride = p->panel * p->out_es + (p->out_es == 2 ? Z_AROUND : 0);
}

static bool next_block(const struct mtia_interaction_args *args, struct plan *p, struct block *b)
{
	uint64_t bag = p->next / p->blocks;

	if (p->next >= p->end)
		return false;
	b->x = args->x + bag * args->x_stride;
	b->emb = args->emb + bag * args->emb_stride;
	b->y = args->y + bag * args->y_stride;
	b->i0 = (uint32_t)(p->next % p->blocks) * ROWS + 1;
	b->i1 = min_u32(b->i0 + ROWS, args->features + 1);
	p->next += p->step;
	return true;
}

/* Behind the last j of the panel that begins with p0: of the longest row, at most. */
static uint32_t panel_end(const struct plan *p, const struct block *b, uint32_t p0)
{
	return p0 + min_u32(p->panel, b->i1 - 1 - p0);
}

static uint32_t chunk_bytes(const struct plan *p, uint32_t at)
{
	return min_u32(p->chunk, p->vector - at);
}

/* ---- Core A --------------------------------------------------------------------------------- */

static void fetch(uint64_t va, uint32_t rows, uint32_t bytes, uint64_t stride, uint32_t stride_cb,
		  uint32_t cb)
{
	pe_set(MTIA_CSR_ROWS, rows);
	pe_set(MTIA_CSR_COLS, bytes);
	pe_set(MTIA_CSR_STRIDE_MEM, stride);
	pe_set(MTIA_CSR_STRIDE_CB, stride_cb);
	pe_issue(MTIA_OP_DMA_IN, va, cb);
}

/* The oldest `raw` bytes in CB_RAW: rows that begin `skip` in, `stride` apart, to their places. */
static void spread(const struct plan *p, uint32_t rows, uint32_t skip, uint32_t bytes,
		   uint32_t stride, uint32_t stride_cb, uint32_t cb, uint32_t raw)
{
	pe_set(MTIA_CSR_CB0, CB_RAW);
	pe_set(MTIA_CSR_OFF0, skip);
	pe_set(MTIA_CSR_STRIDE0, stride);
	pe_set(MTIA_CSR_STRIDE_CB, stride_cb);
	pe_set(MTIA_CSR_IMM0, p->es == 4 ? 5 : 4);
	pe_issue(MTIA_OP_MLU_COPY, rows | (uint64_t)(bytes / p->es) << 32, cb);
	pe_cb_pop(CB_RAW, raw);
}

/* Embeddings that do not begin at multiples of 32, all of each: they lie behind each other. */
static void fetch_whole(const struct plan *p, uint64_t from, uint32_t rows, uint32_t cb)
{
	uint32_t bytes = p->vector, most = bytes < RAW_BYTES ? RAW_BYTES / bytes : 1, n;

	for (; rows; rows -= n, from += n * bytes) {
		uint32_t skip = from % 32, raw;

		n = min_u32(rows, most);
		raw = skip + n * bytes;
		fetch(from - skip, 1, raw, 0, 0, CB_RAW);
		spread(p, n, skip, bytes, bytes, p->pad, cb, raw);
		pe_cb_push(cb, n * p->pad);
	}
}

/* `bytes` of each: every 2^period-th one begins at the same place within 32 bytes. */
static void fetch_some(const struct plan *p, uint64_t from, uint32_t rows, uint32_t bytes,
		       uint32_t cb)
{
	uint64_t stride = (uint64_t)p->vector << p->period;
	uint32_t most = RAW_BYTES / (bytes + 31), n;

	for (uint32_t i = 0; i < rows && !(i >> p->period); i++, from += p->vector) {
		uint32_t skip = from % 32, raw = skip + bytes;
		uint64_t at = from - skip;

		for (uint32_t r = i; r < rows; r += n << p->period, at += n * stride) {
			n = min_u32(most, ((rows - r - 1) >> p->period) + 1);
			fetch(at, n, raw, stride, 0, CB_RAW);
			pe_set(MTIA_CSR_OFFD, r * p->pad);
			spread(p, n, skip, bytes, raw, p->pad << p->period, cb, n * raw);
		}
	}
	pe_set(MTIA_CSR_OFFD, 0);
	pe_cb_push(cb, rows * p->pad);
}

/* The chunk from `at` on of vectors v0 up to v1 to `cb`. */
static void fetch_vectors(const struct plan *p, const struct block *b, uint32_t v0, uint32_t v1,
			  uint32_t at, uint32_t cb)
{
	uint32_t bytes = chunk_bytes(p, at), rows;
	uint64_t from;

	if (!v0) {
		fetch(b->x + at, 1, bytes, 0, p->pad, cb);
		v0 = 1;
	}
	rows = v1 - v0;
	from = b->emb + (uint64_t)(v0 - 1) * p->vector;
	if (!rows)
		return;
	if (p->aligned)
		fetch(from + at, rows, bytes, rows > 1 ? p->vector : 0, p->pad, cb);
	else if (bytes == p->vector)
		fetch_whole(p, from, rows, cb);
	else
		fetch_some(p, from + at, rows, bytes, cb);
}

static void fetch_panel(const struct plan *p, const struct block *b, uint32_t p0, uint32_t p1)
{
	for (uint64_t at = 0; at < p->vector; at += p->chunk) {
		fetch_vectors(p, b, b->i0, b->i1, at, CB_I);
		for (uint32_t j = p0; j < p1; j += COLS)
			fetch_vectors(p, b, j, j + min_u32(COLS, p1 - j), at, CB_J);
	}
}

static uint32_t place(uint32_t cb, uint32_t base, uint32_t size)
{
	pe_cb_init(cb, base, size);
	return base + size;
}

uint32_t core_a(const void *arg, uint32_t pos, uint32_t grid)
{
	const struct mtia_interaction_args *args = arg;
	uint32_t base = MTIA_PE_ARGS_SIZE;
	struct block b;
	struct plan p;

	make_plan(args, pos, grid, &p);
	/* Two blocks and slots of all. */
	base = place(CB_I, base, 2 * ROWS * p.pad);
	base = place(CB_J, base, 2 * COLS * p.pad);
	base = place(CB_Z, base, 2 * ROWS * p.z_stride);
	base = place(CB_RAW, base, CB_RAW_SIZE);
	base = place(CB_HEAD, base, CB_HEAD_SIZE);
	base = place(CB_Y, base, 2 * Y_SLOT);
	if (p.is_f32)
		place(CB_T, base, 2 * T_SLOT);
	pe_gate_open();

	while (next_block(args, &p, &b)) {
		for (uint64_t at = 0; b.i0 == 1 && at < p.vector; at += p.chunk)
			fetch_vectors(&p, &b, 0, 1, at, CB_J);
		for (uint32_t p0 = 0, p1; p0 < b.i1 - 1; p0 = p1) {
			p1 = panel_end(&p, &b, p0);
			fetch_panel(&p, &b, p0, p1);
		}
	}
	return 0;
}

/* ---- Core B: products ----------------------------------------------------------------------- */

static uint32_t z_offset(const struct plan *p, uint32_t row, uint32_t col)
{
	return row * p->z_stride + p->z_before + col * p->out_es;
}

/* A chunk of a panel: DPE. */
static void multiply_half(const struct mtia_interaction_args *args, const struct plan *p,
			  const struct block *b, uint32_t cols, uint32_t bytes)
{
	uint32_t rows = b->i1 - b->i0;

	pe_set(MTIA_CSR_FLAGS, MTIA_F_TYPE0(args->type) | MTIA_F_TYPE1(args->type));
	pe_set(MTIA_CSR_CB0, CB_J);
	pe_set(MTIA_CSR_CB1, CB_I);
	pe_set(MTIA_CSR_OFF0, 0);
	pe_set(MTIA_CSR_OFF1, 0);
	pe_set(MTIA_CSR_STRIDE0, p->pad);
	pe_set(MTIA_CSR_STRIDE1, p->pad);
	pe_set(MTIA_CSR_M, rows);
	for (uint32_t col = 0; col < cols; col += COLS) {
		uint32_t n = min_u32(COLS, cols - col);

		pe_set(MTIA_CSR_N, n);
		pe_set(MTIA_CSR_K, 32);
		for (uint32_t at = 0; at < bytes; at += 32) {
			if (bytes - at < 32)
				pe_set(MTIA_CSR_K, bytes - at);
			pe_issue(MTIA_OP_MML, col / COLS, at | (uint64_t)at << 32);
		}
		pe_cb_pop(CB_J, n * p->pad);
	}
	pe_cb_pop(CB_I, rows * p->pad);
}

/* The banks that `cols` columns reach. */
static uint32_t banks(uint32_t cols)
{
	return (1u << ((cols - 1) / COLS + 1)) - 1;
}

static void store_banks(const struct mtia_interaction_args *args, const struct plan *p,
			const struct block *b, uint32_t p0, uint32_t cols)
{
	pe_set(MTIA_CSR_FLAGS, MTIA_F_TYPED(args->out));
	pe_set(MTIA_CSR_M, b->i1 - b->i0);
	pe_set(MTIA_CSR_STRIDE_CB, p->z_stride);
	for (uint32_t col = 0; col < cols; col += COLS) {
		pe_set(MTIA_CSR_N, min_u32(COLS, cols - col));
		pe_set(MTIA_CSR_OFFD, z_offset(p, 0, col));
		pe_issue(MTIA_OP_SE_BANK, col / COLS, CB_Z);
	}
	if (p0 || p->out_es != 2)
		return;
	pe_set(MTIA_CSR_N, 1);
	pe_set(MTIA_CSR_OFFD, 0);
	pe_set(MTIA_CSR_STRIDE_CB, HEAD_STRIDE);
	pe_issue(MTIA_OP_SE_BANK, 0, CB_HEAD);
	pe_cb_push(CB_HEAD, ROWS * HEAD_STRIDE);
}

/* A chunk of a panel: SE. */
static void multiply_f32(const struct plan *p, const struct block *b, uint32_t cols, uint32_t bytes,
			 bool first)
{
	uint32_t rows = b->i1 - b->i0, depth = bytes / 4;

	pe_set(MTIA_CSR_CB0, CB_J);
	pe_set(MTIA_CSR_OFF0, 0);
	pe_set(MTIA_CSR_STRIDE0, p->pad);
	pe_set(MTIA_CSR_STRIDE_CB, T_STRIDE);
	pe_set(MTIA_CSR_IMM0, 5);
	for (uint32_t col = 0; col < cols; col += COLS) {
		uint32_t n = min_u32(COLS, cols - col);

		pe_set(MTIA_CSR_OFFD, 4 * col);
		pe_issue(MTIA_OP_MLU_TRANSPOSE, n | (uint64_t)depth << 32, CB_T);
		pe_cb_pop(CB_J, n * p->pad);
	}
	pe_cb_push(CB_T, T_SLOT);

	pe_set(MTIA_CSR_CB0, CB_T);
	pe_set(MTIA_CSR_CB1, CB_I);
	for (uint32_t r = 0; r < rows; r++) {
		pe_set(MTIA_CSR_OFFD, z_offset(p, r, 0));
		for (uint32_t at = 0; at < depth; at += MTIA_SE_MAX_ROWS) {
			uint32_t some = min_u32(MTIA_SE_MAX_ROWS, depth - at);

			pe_set(MTIA_CSR_FLAGS, MTIA_F_WEIGHTED | MTIA_F_ROW(MTIA_ROW_F32) |
					       (first && !at ? MTIA_F_INIT : 0));
			pe_set(MTIA_CSR_OFF0, T_STRIDE * at);
			pe_set(MTIA_CSR_OFF1, r * p->pad + 4 * at);
			pe_issue(MTIA_OP_SE_ROWS, some | (uint64_t)cols << 32, CB_Z);
		}
	}
	pe_cb_pop(CB_T, T_SLOT);
	pe_cb_pop(CB_I, rows * p->pad);
}

/* The products of a panel into CB_Z's space. */
static void multiply_panel(const struct mtia_interaction_args *args, const struct plan *p,
			   const struct block *b, uint32_t p0, uint32_t p1)
{
	uint32_t cols = p1 - p0;

	if (!p->is_f32) {
		pe_set(MTIA_CSR_FLAGS, 0);
		pe_issue(MTIA_OP_RE_INIT, banks(cols), 0);
	}
	for (uint64_t at = 0; at < p->vector; at += p->chunk) {
		if (p->is_f32)
			multiply_f32(p, b, cols, chunk_bytes(p, at), !at);
		else
			multiply_half(args, p, b, cols, chunk_bytes(p, at));
	}
	if (!p->is_f32)
		store_banks(args, p, b, p0, cols);
}

/* ---- Core B: results ------------------------------------------------------------------------ */

/* The first result of i among those of its bag. */
static uint64_t start_of(const struct mtia_interaction_args *args, uint64_t i)
{
	return args->dim + i * (i - 1) / 2;
}

/* Do i's results begin amid four bytes? */
static bool is_odd(const struct mtia_interaction_args *args, const struct plan *p, uint32_t i)
{
	return p->out_es == 2 && start_of(args, i) % 2;
}

static void copy_element(const struct plan *p, uint32_t rows, uint32_t cb, uint32_t from,
			 uint32_t to)
{
	pe_set(MTIA_CSR_CB0, cb);
	pe_set(MTIA_CSR_OFF0, from);
	pe_set(MTIA_CSR_OFFD, to);
	pe_set(MTIA_CSR_STRIDE0, p->z_stride);
	pe_set(MTIA_CSR_STRIDE_CB, p->z_stride);
	pe_set(MTIA_CSR_IMM0, 4);
	pe_issue(MTIA_OP_MLU_COPY, rows | 1ull << 32, CB_Z);
}

/* Heads go behind the rows that end in this panel. */
static void append_heads(const struct mtia_interaction_args *args, const struct plan *p,
			 const struct block *b, uint32_t p0, uint32_t p1)
{
	uint32_t i = b->i0 > p0 ? b->i0 : p0 + 1;
	uint64_t next = start_of(args, i + 1);

	for (; i <= p1 && i + 1 < b->i1; i++, next += i) {
		if (next % 2)
			copy_element(p, 1, CB_HEAD, (i + 1 - b->i0) * HEAD_STRIDE,
				     z_offset(p, i - b->i0, i - p0));
	}
}

/*
 * The oldest panel in CB_Z to memory, row by row: products [from, till), which begin `at` bytes
 * into its slot. A row's DMA uses up all up to where the next one's begin, for a POP would wait
 * until it is done. Only first rows are empty.
 */
static void send_rows(const struct mtia_interaction_args *args, const struct plan *p,
		      const struct block *b, uint32_t p0, uint32_t p1)
{
	uint32_t half = p->out_es == 2, slot = ROWS * p->z_stride, row_end = p->z_stride, gone = 0;
	/* A row that begins amid four bytes leaves from its carry on, or behind its head. */
	uint32_t shift = p0 ? -2u : 2, i1 = b->i1, es = p->out_es;
	uint64_t start = start_of(args, b->i0);
	uint32_t at = p->z_before + (half & start ? shift : 0), behind;

	pe_set(MTIA_CSR_ROWS, 1);
	pe_set(MTIA_CSR_STRIDE_MEM, 0);
	for (uint32_t i = b->i0; i < i1; i++, row_end += p->z_stride, at = behind) {
		bool odd = half & start, next_odd = half & (start + i) && i + 1 < i1;
		uint32_t from = p0, till = i < p1 ? i : p1;

		behind = i + 1 < i1 ? row_end + p->z_before + (next_odd ? shift : 0) : slot;
		if (odd) {
			from = p0 ? p0 - 1 : 1;
			till -= i > p1;
		}
		till += next_odd && i <= p1;
		if (i > p0 && from < till) {
			if (gone < at)
				pe_cb_pop(CB_Z, at - gone);
			gone = behind;
			pe_set(MTIA_CSR_COLS, (till - from) * es);
			pe_set(MTIA_CSR_STRIDE_CB, behind - at);
			pe_issue(MTIA_OP_DMA_OUT, b->y + (start + from) * es, CB_Z);
		}
		start += i;
	}
	if (gone < slot)
		pe_cb_pop(CB_Z, slot - gone);
}

/* The panel in CB_Z's space to memory. */
static void send_panel(const struct mtia_interaction_args *args, const struct plan *p,
		       const struct block *b, uint32_t p0, uint32_t p1)
{
	if (p->out_es == 2)
		append_heads(args, p, b, p0, p1);
	/* A slot whatever it holds, so that no row wraps. */
	pe_cb_push(CB_Z, ROWS * p->z_stride);
	if (p->out_es == 2 && p1 < b->i1 - 1)
		copy_element(p, b->i1 - b->i0, CB_Z, z_offset(p, 0, p->panel - 1), Z_BEFORE - 2);
	send_rows(args, p, b, p0, p1);
}

/* x itself, in chunks. */
static void send_x(const struct mtia_interaction_args *args, const struct plan *p,
		   const struct block *b)
{
	for (uint64_t at = 0; at < p->vector; at += p->chunk) {
		uint32_t count = chunk_bytes(p, at) / p->es, cb = CB_J, slot = p->pad;

		if (args->type != args->out) {
			pe_set(MTIA_CSR_CB0, CB_J);
			pe_set(MTIA_CSR_OFF0, 0);
			pe_set(MTIA_CSR_OFFD, 0);
			pe_set(MTIA_CSR_STRIDE_CB, 0);
			pe_set(MTIA_CSR_FLAGS, MTIA_F_TYPE0(args->type) | MTIA_F_TYPED(args->out));
			pe_issue(MTIA_OP_SE_CONVERT, 1 | (uint64_t)count << 32, CB_Y);
			pe_cb_push(CB_Y, Y_SLOT);
			pe_cb_pop(CB_J, p->pad);
			cb = CB_Y;
			slot = Y_SLOT;
		}
		pe_set(MTIA_CSR_ROWS, 1);
		pe_set(MTIA_CSR_COLS, count * p->out_es);
		pe_set(MTIA_CSR_STRIDE_MEM, 0);
		pe_set(MTIA_CSR_STRIDE_CB, slot);
		pe_issue(MTIA_OP_DMA_OUT, b->y + at / p->es * p->out_es, cb);
	}
}

/* The first row's head, and the heads are done with. */
static void finish_heads(const struct mtia_interaction_args *args, const struct plan *p,
			 const struct block *b)
{
	const uint16_t *head;

	if (p->out_es != 2)
		return;
	if (is_odd(args, p, b->i0)) {
		head = pe_cb_wait(CB_HEAD, ROWS * HEAD_STRIDE);
		*(volatile uint16_t *)(b->y + start_of(args, b->i0) * 2) = *head;
	}
	pe_cb_pop(CB_HEAD, ROWS * HEAD_STRIDE);
}

uint32_t core_b(const void *arg, uint32_t pos, uint32_t grid)
{
	const struct mtia_interaction_args *args = arg;
	struct block b;
	struct plan p;

	make_plan(args, pos, grid, &p);
	pe_gate_wait();
	while (next_block(args, &p, &b)) {
		if (b.i0 == 1)
			send_x(args, &p, &b);
		for (uint32_t p0 = 0, p1; p0 < b.i1 - 1; p0 = p1) {
			p1 = panel_end(&p, &b, p0);
			multiply_panel(args, &p, &b, p0, p1);
			send_panel(args, &p, &b, p0, p1);
		}
		finish_heads(args, &p, &b);
	}
	return 0;
}
