// SPDX-License-Identifier: MIT
/*
 * Dynamic row-wise quantisation. Both cores do the same, each on rows, CBs and a half of local
 * memory of its own: the core finds minimum and maximum, SE converts, shifts and quantises. Core B
 * does it with vectors and takes more of the rows.
 *
 * A row of up to HELD elements is in local memory while it is worked on. A longer one comes twice,
 * a chunk at a time: for its range, then to be quantised.
 *
 * SE has no operation that adds one number to a row. Its row accumulate does: a row of zeros with
 * scale 0 and bias b adds b to each accumulator.
 */
#include "mtia/pe_program.h"
#include "mtia/pe_range.h"

/* CBs of core A; core B's are CB_COUNT behind. */
enum { CB_X, CB_F32, CB_ZERO, CB_Y, CB_COUNT };

#define CHUNK	    1024u /* elements: what SE takes */
#define CHUNK_BYTES 4096u /* of them as FP32 */
#define HALF	    ((MTIA_KERNEL_CB_LIMIT - MTIA_PE_ARGS_SIZE) / 2)
#define X_BYTES	    0x4000u /* of rows fetched at a time, if a row is not longer */
#define Y_BYTES	    8224u   /* of results written at a time */
#define HELD	    8192u   /* elements */
#define AHEAD	    6u	    /* chunks of a longer row that may be on their way */
#define Y_SLOT	    (CHUNK + 32u) /* of a chunk of results, and behind the last one scale and bias */
#define ROW_CYCLES  270u    /* of a row of one element */
#define VECTOR_CYCLES 90u   /* to begin and end with vectors */

struct plan {
	const struct mtia_rowwise_args *args;
	uint32_t cb;		   /* first of this core's */
	uint64_t from, to;	   /* its rows */
	uint32_t element;	   /* bytes */
	uint32_t x_slot, y_slot;   /* bytes of a row, or of a long one's chunk, in CB_X, CB_Y */
	uint32_t batch;		   /* rows fetched and written at a time */
	uint32_t zero_tail;	   /* offset of the zeros for a row's last chunk, in CB_ZERO */
	uint32_t tail;		   /* elements of that */
	bool vector;
	uint8_t *bias[2];	   /* behind zeros for a whole, for the last chunk */
};

static uint32_t min_u32(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static uint32_t round32(uint32_t bytes)
{
	return (bytes + 31) & ~31u;
}

PE_INLINE void make_plan(const struct mtia_rowwise_args *args, uint32_t pos, uint32_t grid,
			 uint32_t core, struct plan *p)
{
	uint64_t pes = pe_row(grid) * pe_col(grid);
	uint64_t index = pe_row(pos) * pe_col(grid) + pe_col(pos), middle;
	/* Cycles of a row, times four: what comes with it, then four or a quarter an element. */
	uint64_t cost_a = 4 * ROW_CYCLES + 16ull * args->cols, cost_b = cost_a;
	uint32_t base = MTIA_PE_ARGS_SIZE + core * HALF, size, x_size, y_size;

	p->args = args;
	p->cb = core * CB_COUNT;
	p->vector = core == 1 && args->cols >= PE_RANGE_LEAST_VECTOR;
	if (args->cols >= PE_RANGE_LEAST_VECTOR)
		cost_b = 4ull * (ROW_CYCLES + VECTOR_CYCLES) + args->cols;
	p->from = args->rows * index / pes;
	p->to = args->rows * (index + 1) / pes;
	middle = p->from + (p->to - p->from) * cost_b / (cost_a + cost_b);
	if (core)
		p->from = middle;
	else
		p->to = middle;
	p->element = args->type == MTIA_TYPE_F32 ? 4 : 2;
	p->tail = (args->cols - 1) % CHUNK + 1;
	p->zero_tail = CHUNK + 32;
	if (args->cols <= HELD) {
		p->x_slot = round32(args->cols * p->element);
		p->y_slot = round32(args->cols + 8);
		p->batch = min_u32(X_BYTES / p->x_slot, Y_BYTES / p->y_slot);
		p->batch = p->batch ? min_u32(p->batch, 64) : 1;
		/* Two batches of X, but for the longest of these rows, of which one is all that fits. */
		x_size = p->batch * p->x_slot * (p->x_slot > X_BYTES ? 1 : 2);
		y_size = 2 * p->batch * p->y_slot;
	} else {
		p->x_slot = CHUNK * p->element;
		p->y_slot = Y_SLOT;
		p->batch = 1;
		x_size = AHEAD * p->x_slot;
		y_size = 2 * p->y_slot;
	}

	pe_cb_init(p->cb + CB_X, base, x_size);
	base += x_size;
	pe_cb_init(p->cb + CB_F32, base, 2 * CHUNK_BYTES);
	base += 2 * CHUNK_BYTES;
	pe_cb_init(p->cb + CB_Y, base, y_size);
	base += y_size;
	/* Zero and scale 0 from the launch on; only the biases are written. */
	size = 2 * (CHUNK + 32);
	pe_cb_init(p->cb + CB_ZERO, base, size);
	pe_cb_push(p->cb + CB_ZERO, size);
	p->bias[0] = (uint8_t *)(uintptr_t)(base + CHUNK + 4);
	p->bias[1] = (uint8_t *)(uintptr_t)(base + p->zero_tail + p->tail + 4);
}

static void store_f32(void *at, float x)
{
	__builtin_memcpy(at, &x, sizeof(x));
}

static void fetch(const struct plan *p, uint64_t row)
{
	const struct mtia_rowwise_args *args = p->args;

	if (row >= p->to)
		return;
	pe_set(MTIA_CSR_ROWS, p->to - row < p->batch ? p->to - row : p->batch);
	pe_set(MTIA_CSR_COLS, args->cols * p->element);
	pe_set(MTIA_CSR_STRIDE_MEM, args->x_stride);
	pe_set(MTIA_CSR_STRIDE_CB, p->x_slot);
	pe_issue(MTIA_OP_DMA_IN, args->x + row * args->x_stride, p->cb + CB_X);
}

/* A chunk of the oldest row in CB_X as FP32 into CB_F32. */
PE_INLINE void convert(const struct plan *p, uint32_t from, uint32_t count)
{
	pe_set(MTIA_CSR_CB0, p->cb + CB_X);
	pe_set(MTIA_CSR_OFF0, from * p->element);
	pe_set(MTIA_CSR_OFFD, 0);
	pe_set(MTIA_CSR_STRIDE_CB, 0);
	pe_set(MTIA_CSR_FLAGS, MTIA_F_TYPE0(p->args->type) | MTIA_F_TYPED(MTIA_TYPE_F32));
	pe_issue(MTIA_OP_SE_CONVERT, 1 | (uint64_t)count << 32, p->cb + CB_F32);
}

PE_INLINE void widen(const struct plan *p, struct pe_range *r, const float *x, uint32_t count)
{
	if (p->vector)
		pe_range_widen_vector(r, x, count);
	else
		pe_range_widen(r, x, count);
}

static struct pe_range row_range(const struct plan *p)
{
	struct pe_range r = PE_RANGE_NONE;
	uint32_t cols = p->args->cols;
	const void *x = pe_cb_wait(p->cb + CB_X, p->x_slot);

	if (p->args->type == MTIA_TYPE_F32) {
		widen(p, &r, x, cols);
		return r;
	}
	for (uint32_t at = 0; at < cols; at += CHUNK) {
		uint32_t count = min_u32(CHUNK, cols - at);

		if (!at) {
			convert(p, at, count);
			pe_cb_push(p->cb + CB_F32, CHUNK_BYTES);
		}
		if (at + CHUNK < cols) {
			convert(p, at + CHUNK, min_u32(CHUNK, cols - at - CHUNK));
			pe_cb_push(p->cb + CB_F32, CHUNK_BYTES);
		}
		widen(p, &r, pe_cb_wait(p->cb + CB_F32, CHUNK_BYTES), count);
		pe_cb_pop(p->cb + CB_F32, CHUNK_BYTES);
	}
	return r;
}

static void begin_quantise(const struct plan *p, float min)
{
	/* Once CB_F32 is empty, SE is done with the row before and its bias. */
	pe_sync(MTIA_SYNC_CB_SPACE, p->cb + CB_F32, 2 * CHUNK_BYTES);
	store_f32(p->bias[0], -min);
	store_f32(p->bias[1], -min);
}

/* The chunk in CB_F32's space, less min, times the inverse, to `at` of CB_Y's space. */
PE_INLINE void quantise_chunk(const struct plan *p, uint32_t inverse_bits, uint32_t count,
			      bool last, uint32_t at)
{
	pe_set(MTIA_CSR_CB0, p->cb + CB_ZERO);
	pe_set(MTIA_CSR_OFF0, last ? p->zero_tail : 0);
	pe_set(MTIA_CSR_FLAGS, 0);
	pe_issue(MTIA_OP_SE_ROWS, 1 | (uint64_t)count << 32, p->cb + CB_F32);
	pe_cb_push(p->cb + CB_F32, CHUNK_BYTES);

	pe_set(MTIA_CSR_CB0, p->cb + CB_F32);
	pe_set(MTIA_CSR_OFF0, 0);
	pe_set(MTIA_CSR_OFFD, at);
	pe_set(MTIA_CSR_FLAGS, MTIA_F_TYPE0(MTIA_TYPE_F32));
	pe_set(MTIA_CSR_IMM0, inverse_bits);
	pe_set(MTIA_CSR_IMM1, 0);
	pe_set(MTIA_CSR_IMM2, 255u << 16);
	pe_issue(MTIA_OP_SE_QUANT, 1 | (uint64_t)count << 32, p->cb + CB_Y);
	pe_cb_pop(p->cb + CB_F32, CHUNK_BYTES);
}

/* q = rne((x - min) * inverse) of the oldest row in CB_X, at the start of CB_Y's space. */
PE_INLINE void quantise(const struct plan *p, float min, float inverse)
{
	uint32_t cols = p->args->cols, inverse_bits;

	store_f32(&inverse_bits, inverse);
	begin_quantise(p, min);
	for (uint32_t at = 0; at < cols; at += CHUNK) {
		bool last = at + CHUNK >= cols;
		uint32_t count = last ? p->tail : CHUNK;

		convert(p, at, count);
		quantise_chunk(p, inverse_bits, count, last, at);
	}
}

static void one_row(const struct plan *p)
{
	struct pe_range r = row_range(p);
	float range = r.max - r.min;
	uint8_t *y = (uint8_t *)(uintptr_t)pe_sync(MTIA_SYNC_CB_SPACE, p->cb + CB_Y, p->y_slot);

	store_f32(y + p->args->cols, range / 255.0f);
	store_f32(y + p->args->cols + 4, r.min);
	quantise(p, r.min, 255.0f / (range + 1e-8f));
	pe_cb_pop(p->cb + CB_X, p->x_slot);
	pe_cb_push(p->cb + CB_Y, p->y_slot);
}

/* Rows out of CB_Y. */
static void send(const struct plan *p, uint32_t rows, uint32_t bytes, uint64_t to)
{
	pe_set(MTIA_CSR_ROWS, rows);
	pe_set(MTIA_CSR_COLS, bytes);
	pe_set(MTIA_CSR_STRIDE_MEM, p->args->y_stride);
	pe_set(MTIA_CSR_STRIDE_CB, p->y_slot);
	pe_issue(MTIA_OP_DMA_OUT, to, p->cb + CB_Y);
}

/* ---- Rows that are not held ----------------------------------------------------------------- */

/* What comes next into CB_X: chunk after chunk of a row, twice, then of the next one. */
struct chunks {
	uint64_t row, at;
	bool again;
};

static void bring(const struct plan *p, struct chunks *next)
{
	const struct mtia_rowwise_args *args = p->args;
	uint64_t left = args->cols - next->at;

	if (next->row >= p->to)
		return;
	pe_set(MTIA_CSR_ROWS, 1);
	pe_set(MTIA_CSR_COLS, (left < CHUNK ? left : CHUNK) * p->element);
	pe_set(MTIA_CSR_STRIDE_MEM, 0);
	pe_set(MTIA_CSR_STRIDE_CB, p->x_slot);
	pe_issue(MTIA_OP_DMA_IN, args->x + next->row * args->x_stride + next->at * p->element,
		 p->cb + CB_X);
	next->at += CHUNK;
	if (next->at < args->cols)
		return;
	next->at = 0;
	next->row += next->again;
	next->again = !next->again;
}

/* Elements of the chunk from `at` on. */
static uint32_t chunk(const struct plan *p, uint64_t at)
{
	return p->args->cols - at < CHUNK ? p->tail : CHUNK;
}

static struct pe_range long_range(const struct plan *p, struct chunks *next)
{
	struct pe_range r = PE_RANGE_NONE;
	bool is_f32 = p->args->type == MTIA_TYPE_F32;
	uint32_t cb = p->cb + (is_f32 ? CB_X : CB_F32);

	for (uint64_t at = 0; at < p->args->cols; at += CHUNK) {
		if (!is_f32) {
			convert(p, 0, chunk(p, at));
			pe_cb_push(cb, CHUNK_BYTES);
			pe_cb_pop(p->cb + CB_X, p->x_slot);
			bring(p, next);
		}
		widen(p, &r, pe_cb_wait(cb, CHUNK_BYTES), chunk(p, at));
		pe_cb_pop(cb, CHUNK_BYTES);
		if (is_f32)
			bring(p, next);
	}
	return r;
}

static void long_row(const struct plan *p, struct chunks *next, uint64_t y)
{
	struct pe_range r = long_range(p, next);
	float range = r.max - r.min, inverse = 255.0f / (range + 1e-8f);
	uint32_t inverse_bits;

	store_f32(&inverse_bits, inverse);
	begin_quantise(p, r.min);
	for (uint64_t at = 0; at < p->args->cols; at += CHUNK) {
		uint32_t count = chunk(p, at), bytes = count;
		bool last = at + CHUNK >= p->args->cols;

		convert(p, 0, count);
		pe_cb_pop(p->cb + CB_X, p->x_slot);
		bring(p, next);
		if (last) {
			uint8_t *to = (uint8_t *)(uintptr_t)pe_sync(MTIA_SYNC_CB_SPACE, p->cb + CB_Y,
								    Y_SLOT);

			store_f32(to + count, range / 255.0f);
			store_f32(to + count + 4, r.min);
			bytes += 8;
		}
		quantise_chunk(p, inverse_bits, count, last, 0);
		pe_cb_push(p->cb + CB_Y, Y_SLOT);
		send(p, 1, bytes, y + at);
	}
}

/* With a plan of its own, so that the other one stays in registers. */
static PE_RARE void long_rows(const struct mtia_rowwise_args *args, uint32_t pos, uint32_t grid,
			      uint32_t core)
{
	struct chunks next = { 0 };
	struct plan p;

	make_plan(args, pos, grid, core, &p);
	next.row = p.from;
	for (uint32_t i = 0; i < AHEAD; i++)
		bring(&p, &next);
	for (uint64_t row = p.from; row < p.to; row++)
		long_row(&p, &next, args->y + row * args->y_stride);
}

/* ---- All rows ------------------------------------------------------------------------------- */

static uint32_t run(const struct mtia_rowwise_args *args, uint32_t pos, uint32_t grid,
		    uint32_t core)
{
	struct plan p;

	if (args->cols > HELD) {
		long_rows(args, pos, grid, core);
		return 0;
	}
	make_plan(args, pos, grid, core, &p);
	fetch(&p, p.from);
	for (uint64_t row = p.from; row < p.to; row += p.batch) {
		uint32_t rows = p.to - row < p.batch ? (uint32_t)(p.to - row) : p.batch;

		fetch(&p, row + p.batch);
		for (uint32_t i = 0; i < rows; i++)
			one_row(&p);
		send(&p, rows, args->cols + 8, args->y + row * args->y_stride);
	}
	return 0;
}

uint32_t core_a(const void *arg, uint32_t pos, uint32_t grid)
{
	return run(arg, pos, grid, 0);
}

uint32_t core_b(const void *arg, uint32_t pos, uint32_t grid)
{
	return run(arg, pos, grid, 1);
}
