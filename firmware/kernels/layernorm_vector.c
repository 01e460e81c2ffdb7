// SPDX-License-Identifier: MIT
/*
 * Core B of layer normalisation. A row's sums are in the order of mtia/ops/norm.h: a register group
 * of 64 lanes, which goes on from chunk to chunk of a row, and a tree across it at the end.
 */
#include <riscv_vector.h>

#include "layernorm.h"

#define LANES 64u

PE_INLINE vfloat32m4_t add_up(vfloat32m4_t s, const float *x, uint32_t n)
{
#pragma clang loop unroll_count(4)
	for (; n >= LANES; n -= LANES, x += LANES)
		s = __riscv_vfadd_vv_f32m4(s, __riscv_vle32_v_f32m4(x, LANES), LANES);
	/* Lanes behind the row's end keep what they hold. */
	return n ? __riscv_vfadd_vv_f32m4_tu(s, s, __riscv_vle32_v_f32m4(x, n), n) : s;
}

/* Of (x - mean)^2. */
PE_INLINE vfloat32m4_t add_squares(vfloat32m4_t s, const float *x, uint32_t n, float mean)
{
	vfloat32m4_t d;

#pragma clang loop unroll_count(4)
	for (; n >= LANES; n -= LANES, x += LANES) {
		d = __riscv_vfsub_vf_f32m4(__riscv_vle32_v_f32m4(x, LANES), mean, LANES);
		s = __riscv_vfmacc_vv_f32m4(s, d, d, LANES);
	}
	if (!n)
		return s;
	d = __riscv_vfsub_vf_f32m4(__riscv_vle32_v_f32m4(x, n), mean, n);
	return __riscv_vfmacc_vv_f32m4_tu(s, d, d, n);
}

/* Halves on halves, down to one lane. */
PE_INLINE float across(vfloat32m4_t lanes)
{
	vfloat32m2_t by32 = __riscv_vfadd_vv_f32m2(__riscv_vget_v_f32m4_f32m2(lanes, 0),
						   __riscv_vget_v_f32m4_f32m2(lanes, 1), 32);
	vfloat32m1_t s = __riscv_vfadd_vv_f32m1(__riscv_vget_v_f32m2_f32m1(by32, 0),
						__riscv_vget_v_f32m2_f32m1(by32, 1), 16);

	s = __riscv_vfadd_vv_f32m1(s, __riscv_vslidedown_vx_f32m1(s, 8, 8), 8);
	s = __riscv_vfadd_vv_f32m1(s, __riscv_vslidedown_vx_f32m1(s, 4, 4), 4);
	s = __riscv_vfadd_vv_f32m1(s, __riscv_vslidedown_vx_f32m1(s, 2, 2), 2);
	s = __riscv_vfadd_vv_f32m1(s, __riscv_vslidedown_vx_f32m1(s, 1, 1), 1);
	return __riscv_vfmv_f_s_f32m1_f32(s);
}

struct moments {
	float mean, scale;
};

/* y = (x - mean) * scale, and with gamma fma(y, gamma, beta). */
PE_INLINE void apply(float *y, const float *x, uint32_t n, struct moments m, const float *gamma,
		     const float *beta)
{
	for (size_t vl; n; n -= vl, x += vl, y += vl) {
		vfloat32m8_t t;

		vl = __riscv_vsetvl_e32m8(n);
		t = __riscv_vfsub_vf_f32m8(__riscv_vle32_v_f32m8(x, vl), m.mean, vl);
		t = __riscv_vfmul_vf_f32m8(t, m.scale, vl);
		if (gamma) {
			t = __riscv_vfmadd_vv_f32m8(t, __riscv_vle32_v_f32m8(gamma, vl),
						    __riscv_vle32_v_f32m8(beta, vl), vl);
			gamma += vl;
			beta += vl;
		}
		__riscv_vse32_v_f32m8(y, t, vl);
	}
}

PE_INLINE float root(float x)
{
	__asm__("fsqrt.s %0, %0" : "+f"(x));
	return x;
}

PE_INLINE float mean_of(const struct mtia_layernorm_args *args, vfloat32m4_t sums)
{
	return across(sums) / (float)args->cols;
}

PE_INLINE float scale_of(const struct mtia_layernorm_args *args, vfloat32m4_t squares)
{
	return 1 / root(across(squares) / (float)args->cols + args->epsilon);
}

PE_INLINE vfloat32m4_t zero(void)
{
	return __riscv_vfmv_v_f_f32m4(0, LANES);
}

/* Of each parameter, so many bytes that are not used up; NULL if there are none. */
PE_INLINE const float *parameter(const struct plan *p, uint32_t cb, uint32_t bytes)
{
	return p->args->gamma ? pe_cb_wait(cb, bytes) : NULL;
}

PE_INLINE float *space(uint32_t bytes)
{
	return (float *)(uintptr_t)pe_sync(MTIA_SYNC_CB_SPACE, CB_Y, bytes);
}

/* A tile of results, in the space that CB_Y has for it, on its way. */
static void send(const struct plan *p, uint64_t row, uint32_t rows, uint64_t at)
{
	const struct mtia_layernorm_args *args = p->args;
	const struct float_tile t = {
		.va = args->y + row * args->y_stride + at * tile_bytes_of(args->out),
		.stride = args->y_stride,
		.type = args->out,
		.rows = rows,
		.cols = tile_cols(args, at),
		.slot = p->slot,
	};

	pe_cb_push(CB_Y, rows * p->slot);
	tile_out(&t, CB_Y, CB_RAW_OUT);
}

static struct moments moments_of(const struct plan *p, const float *x)
{
	uint32_t cols = p->args->cols;
	struct moments m;

	m.mean = mean_of(p->args, add_up(zero(), x, cols));
	m.scale = scale_of(p->args, add_squares(zero(), x, cols, m.mean));
	return m;
}

/* Rows that are a tile together. */
static void short_rows(const struct plan *p, uint64_t row, uint32_t rows, const float *gamma,
		       const float *beta)
{
	const float *x = pe_cb_wait(CB_X, rows * p->row);
	float *y = space(rows * p->row);

	for (uint32_t i = 0; i < rows; i++, x += p->row / 4, y += p->row / 4)
		apply(y, x, p->args->cols, moments_of(p, x), gamma, beta);
	send(p, row, rows, 0);
}

/* A row of several tiles. */
static void long_row(const struct plan *p, uint64_t row, const float *gamma, const float *beta)
{
	const float *x = pe_cb_wait(CB_X, p->row);
	struct moments m = moments_of(p, x);

	for (uint64_t at = 0; at < p->args->cols; at += TILE_COLS) {
		apply(space(CHUNK_BYTES), x + at, tile_cols(p->args, at), m,
		      gamma ? gamma + at : NULL, beta ? beta + at : NULL);
		send(p, row, 1, at);
	}
}

static void held(const struct plan *p)
{
	const float *gamma = parameter(p, CB_GAMMA, p->row), *beta = parameter(p, CB_BETA, p->row);

	for (uint64_t row = p->from; row < p->to; row += p->batch) {
		uint32_t rows = p->to - row < p->batch ? (uint32_t)(p->to - row) : p->batch;

		if (p->args->cols <= TILE_COLS)
			short_rows(p, row, rows, gamma, beta);
		else
			long_row(p, row, gamma, beta);
		pe_cb_pop(CB_X, rows * p->row);
	}
}

static void streamed_row(const struct plan *p, uint64_t row)
{
	const struct mtia_layernorm_args *args = p->args;
	vfloat32m4_t s = zero();
	struct moments m;

	for (uint64_t at = 0; at < args->cols; at += TILE_COLS) {
		s = add_up(s, pe_cb_wait(CB_X, CHUNK_BYTES), tile_cols(args, at));
		pe_cb_pop(CB_X, CHUNK_BYTES);
	}
	m.mean = mean_of(args, s);
	s = zero();
	for (uint64_t at = 0; at < args->cols; at += TILE_COLS) {
		s = add_squares(s, pe_cb_wait(CB_X, CHUNK_BYTES), tile_cols(args, at), m.mean);
		pe_cb_pop(CB_X, CHUNK_BYTES);
	}
	m.scale = scale_of(args, s);
	for (uint64_t at = 0; at < args->cols; at += TILE_COLS) {
		apply(space(CHUNK_BYTES), pe_cb_wait(CB_X, CHUNK_BYTES), tile_cols(args, at), m,
		      parameter(p, CB_GAMMA, CHUNK_BYTES), parameter(p, CB_BETA, CHUNK_BYTES));
		send(p, row, 1, at);
		pe_cb_pop(CB_X, CHUNK_BYTES);
		if (args->gamma) {
			pe_cb_pop(CB_GAMMA, CHUNK_BYTES);
			pe_cb_pop(CB_BETA, CHUNK_BYTES);
		}
	}
}

uint32_t core_b(const void *arg, uint32_t pos, uint32_t grid)
{
	struct plan p;

	make_plan(arg, pos, grid, &p);
	if (p.held && p.from < p.to)
		held(&p);
	for (uint64_t row = p.from; !p.held && row < p.to; row++)
		streamed_row(&p, row);
	return 0;
}
