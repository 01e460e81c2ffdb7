// SPDX-License-Identifier: GPL-2.0
/* Core B of sim_norm.pe. */
#include <riscv_vector.h>

#include "mtia/pe_program.h"

#include "sim_norm.h"

static float sum(const float *x, uint32_t n)
{
	vfloat32m1_t total = __riscv_vfmv_s_f_f32m1(0, 1);

	for (size_t vl; n; n -= vl, x += vl) {
		vl = __riscv_vsetvl_e32m4(n);
		total = __riscv_vfredosum_vs_f32m4_f32m1(__riscv_vle32_v_f32m4(x, vl), total, vl);
	}
	return __riscv_vfmv_f_s_f32m1_f32(total);
}

static float square_sum(const float *x, uint32_t n, float mean)
{
	vfloat32m1_t total = __riscv_vfmv_s_f_f32m1(0, 1);

	for (size_t vl; n; n -= vl, x += vl) {
		vfloat32m4_t d;

		vl = __riscv_vsetvl_e32m4(n);
		d = __riscv_vfsub_vf_f32m4(__riscv_vle32_v_f32m4(x, vl), mean, vl);
		total = __riscv_vfredosum_vs_f32m4_f32m1(__riscv_vfmul_vv_f32m4(d, d, vl), total, vl);
	}
	return __riscv_vfmv_f_s_f32m1_f32(total);
}

static float root(float x)
{
	__asm__("fsqrt.s %0, %0" : "+f"(x));
	return x;
}

static void normalise(float *to, const float *x, uint32_t n)
{
	float mean = sum(x, n) / (float)n;
	float scale = 1 / root(square_sum(x, n, mean) / (float)n + NORM_EPS);

	for (size_t vl; n; n -= vl, x += vl, to += vl) {
		vfloat32m4_t d;

		vl = __riscv_vsetvl_e32m4(n);
		d = __riscv_vfsub_vf_f32m4(__riscv_vle32_v_f32m4(x, vl), mean, vl);
		__riscv_vse32_v_f32m4(to, __riscv_vfmul_vf_f32m4(d, scale, vl), vl);
	}
}

uint32_t core_b(const void *raw, uint32_t pos, uint32_t grid)
{
	const struct norm_args *args = raw;
	float *out = (float *)(uintptr_t)args->out;

	(void)pos, (void)grid;
	pe_gate_wait();
	for (uint32_t row = 0; row < args->rows; row++, out += args->cols) {
		const float *x = (const float *)(uintptr_t)args->in + (uint64_t)row * args->cols;

		if (args->mode == NORM_LOCAL)
			x = pe_cb_wait(0, 4 * args->cols);
		normalise(out, x, args->cols);
		if (args->mode == NORM_LOCAL)
			pe_cb_pop(0, 4 * args->cols);
	}
	return 0;
}
