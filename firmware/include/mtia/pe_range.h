/* SPDX-License-Identifier: MIT */
/* Least and greatest of FP32 in local memory, for programs that quantise. */
#ifndef MTIA_PE_RANGE_H
#define MTIA_PE_RANGE_H

#include "mtia/pe_program.h"

struct pe_range {
	float min, max;
};

/* Of no number: both are NaN, which the first number replaces. */
#define PE_RANGE_NONE		{ pe_f32(0x7fc00000), pe_f32(0x7fc00000) }
/* Elements; below, vectors take longer than they save (about 90 cycles to begin and end). */
#define PE_RANGE_LEAST_VECTOR	32u

/* IEEE minimumNumber and maximumNumber: they pass over a NaN, and -0 < +0. */
PE_INLINE float pe_minimum_number(float a, float b)
{
	float min;

	__asm__("fmin.s %0, %1, %2" : "=f"(min) : "f"(a), "f"(b));
	return min;
}

PE_INLINE float pe_maximum_number(float a, float b)
{
	float max;

	__asm__("fmax.s %0, %1, %2" : "=f"(max) : "f"(a), "f"(b));
	return max;
}

/* Widen a range so that it has count >= 1 numbers. Either core. */
static inline void pe_range_widen(struct pe_range *r, const float *x, uint32_t count)
{
	float min = r->min, max = r->max;
	const float *end = x + count;

	while (end - x >= 8) {
		/* Four cycles an element: two of FLW, one each of FMIN and FMAX. */
#pragma GCC unroll 8
		for (uint32_t k = 0; k < 8; k++) {
			min = pe_minimum_number(min, x[k]);
			max = pe_maximum_number(max, x[k]);
		}
		x += 8;
	}
	while (x < end) {
		min = pe_minimum_number(min, *x);
		max = pe_maximum_number(max, *x++);
	}
	r->min = min;
	r->max = max;
}

/* The same with vectors: core B only. */
static inline void pe_range_widen_vector(struct pe_range *r, const float *x, uint32_t count)
{
	uint64_t left = count;

	/* 128 elements an instruction; behind the last ones the accumulators keep what they hold. */
	__asm__ volatile(".option push\n\t"
			 ".option arch, +v\n\t"
			 "vsetvli t0, zero, e32, m8, ta, ma\n\t"
			 "vfmv.v.f v8, %[min]\n\t"
			 "vfmv.v.f v16, %[max]\n"
			 "1:\n\t"
			 "vsetvli t0, %[left], e32, m8, tu, ma\n\t"
			 "vle32.v v24, (%[x])\n\t"
			 "vfmin.vv v8, v8, v24\n\t"
			 "vfmax.vv v16, v16, v24\n\t"
			 "sub %[left], %[left], t0\n\t"
			 "slli t0, t0, 2\n\t"
			 "add %[x], %[x], t0\n\t"
			 "bnez %[left], 1b\n\t"
			 /* A reduction goes element by element: halve to one register before. */
			 "vsetvli t0, zero, e32, m4, ta, ma\n\t"
			 "vfmin.vv v8, v8, v12\n\t"
			 "vfmax.vv v16, v16, v20\n\t"
			 "vsetvli t0, zero, e32, m2, ta, ma\n\t"
			 "vfmin.vv v8, v8, v10\n\t"
			 "vfmax.vv v16, v16, v18\n\t"
			 "vsetvli t0, zero, e32, m1, ta, ma\n\t"
			 "vfmin.vv v8, v8, v9\n\t"
			 "vfmax.vv v16, v16, v17\n\t"
			 "vfredmin.vs v8, v8, v8\n\t"
			 "vfredmax.vs v16, v16, v16\n\t"
			 "vfmv.f.s %[min], v8\n\t"
			 "vfmv.f.s %[max], v16\n\t"
			 ".option pop"
			 : [min] "+f"(r->min), [max] "+f"(r->max), [x] "+r"(x), [left] "+r"(left)
			 :
			 : "t0", "memory");
}

#endif /* MTIA_PE_RANGE_H */
