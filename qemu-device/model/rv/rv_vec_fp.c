// SPDX-License-Identifier: MIT
/*
 * Floating point: the loops. Inactive elements raise no flags, so they are left out. a is vs2, b is
 * vs1 or the scalar, c the old vd or, of vfmerge, the mask's byte.
 *
 * An expression is a macro of the element's width N, and of the doubled one M where there is one.
 */
#include <stddef.h>

#include "rv_vec.h"

typedef uint8_t T8;
typedef uint16_t T16;
typedef uint32_t T32;
typedef uint64_t T64;

#define KERNEL(name, N, TD, TA, TB, TC, expr) \
static void name##_##N(struct rv_vec_args *args) \
{ \
	TD *restrict d = args->d; \
	const TA *restrict pa = args->va; \
	const TB *restrict pb = args->vb; \
	const TC *restrict pc = args->vc; \
	enum rv_rm rm = args->rm; \
	uint32_t *fl = args->fflags; \
	size_t i; \
	(void)pa, (void)pb, (void)pc, (void)rm, (void)fl; \
	for (i = args->start; i < args->n; i++) \
		if (rv_vec_active(args, i)) \
			d[i] = (expr); \
}

#define a	pa[i]
#define b	pb[i]
#define c	pc[i]

/* By SEW: which there are depends on where floats are among the operands. */
#define TABLE(name) \
	rv_vec_kernel *const rv_vk_##name[4] = { NULL, name##_16, name##_32, name##_64 };
#define TABLE_F_W(name) \
	rv_vec_kernel *const rv_vk_##name[4] = { NULL, name##_16, name##_32, NULL };
#define TABLE_I_W(name) \
	rv_vec_kernel *const rv_vk_##name[4] = { name##_8, name##_16, name##_32, NULL };

#define SAME(name, E) \
	KERNEL(name, 16, rv_u16, rv_u16, rv_u16, rv_u16, E(16)) \
	KERNEL(name, 32, rv_u32, rv_u32, rv_u32, rv_u32, E(32)) \
	KERNEL(name, 64, rv_u64, rv_u64, rv_u64, rv_u64, E(64)) \
	TABLE(name)

#define COMPARE(name, E) \
	KERNEL(name, 16, rv_u8, rv_u16, rv_u16, rv_u8, E(16)) \
	KERNEL(name, 32, rv_u8, rv_u32, rv_u32, rv_u8, E(32)) \
	KERNEL(name, 64, rv_u8, rv_u64, rv_u64, rv_u8, E(64)) \
	TABLE(name)

#define WIDE(name, E) \
	KERNEL(name, 16, rv_u32, rv_u16, rv_u16, rv_u32, E(16, 32)) \
	KERNEL(name, 32, rv_u64, rv_u32, rv_u32, rv_u64, E(32, 64)) \
	TABLE_F_W(name)

#define WIDE_W(name, E) \
	KERNEL(name, 16, rv_u32, rv_u32, rv_u16, rv_u32, E(16, 32)) \
	KERNEL(name, 32, rv_u64, rv_u64, rv_u32, rv_u64, E(32, 64)) \
	TABLE_F_W(name)

/* to floats from integers half as wide, and to integers from floats twice as wide */
#define WIDE_I(name, E) \
	KERNEL(name, 8, rv_u16, rv_u8, rv_u8, rv_u8, E(8, 16)) \
	KERNEL(name, 16, rv_u32, rv_u16, rv_u8, rv_u8, E(16, 32)) \
	KERNEL(name, 32, rv_u64, rv_u32, rv_u8, rv_u8, E(32, 64)) \
	TABLE_I_W(name)

#define NARROW_I(name, E) \
	KERNEL(name, 8, rv_u8, rv_u16, rv_u8, rv_u8, E(8, 16)) \
	KERNEL(name, 16, rv_u16, rv_u32, rv_u8, rv_u8, E(16, 32)) \
	KERNEL(name, 32, rv_u32, rv_u64, rv_u8, rv_u8, E(32, 64)) \
	TABLE_I_W(name)

#define NARROW(name, E) \
	KERNEL(name, 16, rv_u16, rv_u32, rv_u8, rv_u8, E(16, 32)) \
	KERNEL(name, 32, rv_u32, rv_u64, rv_u8, rv_u8, E(32, 64)) \
	TABLE_F_W(name)

#define SIGN(N)		RV_F##N##_SIGN
#define ADD(N)		rv_f##N##_add(a, b, rm, fl)
#define SUB(N)		rv_f##N##_sub(a, b, rm, fl)
#define RSUB(N)		rv_f##N##_sub(b, a, rm, fl)
#define MUL(N)		rv_f##N##_mul(a, b, rm, fl)
#define DIV(N)		rv_f##N##_div(a, b, rm, fl)
#define RDIV(N)		rv_f##N##_div(b, a, rm, fl)
#define MIN(N)		rv_f##N##_min(a, b, fl)
#define MAX(N)		rv_f##N##_max(a, b, fl)
#define SGNJ(N)		((a & ~SIGN(N)) | (b & SIGN(N)))
#define SGNJN(N)	((a & ~SIGN(N)) | (~b & SIGN(N)))
#define SGNJX(N)	(a ^ (b & SIGN(N)))
#define COPY(N)		b
#define SQRT(N)		rv_f##N##_sqrt(a, rm, fl)
#define CLASS(N)	((T##N)1 << rv_f##N##_classify(a))

SAME(fadd, ADD)
SAME(fsub, SUB)
SAME(frsub, RSUB)
SAME(fmul, MUL)
SAME(fdiv, DIV)
SAME(frdiv, RDIV)
SAME(fmin, MIN)
SAME(fmax, MAX)
SAME(fsgnj, SGNJ)
SAME(fsgnjn, SGNJN)
SAME(fsgnjx, SGNJX)
SAME(fcopy, COPY)
SAME(fsqrt, SQRT)
SAME(fclass, CLASS)

KERNEL(fmerge, 16, rv_u16, rv_u16, rv_u16, rv_u8, c ? b : a)
KERNEL(fmerge, 32, rv_u32, rv_u32, rv_u32, rv_u8, c ? b : a)
KERNEL(fmerge, 64, rv_u64, rv_u64, rv_u64, rv_u8, c ? b : a)
TABLE(fmerge)

/* *acc, *sac: the product is of vs1 and vs2, and vd is added; *add, *sub: of vs1 and vd */
#define MACC(N)		rv_f##N##_fma(b, a, c, rm, fl)
#define NMACC(N)	rv_f##N##_fma(b ^ SIGN(N), a, c ^ SIGN(N), rm, fl)
#define MSAC(N)		rv_f##N##_fma(b, a, c ^ SIGN(N), rm, fl)
#define NMSAC(N)	rv_f##N##_fma(b ^ SIGN(N), a, c, rm, fl)
#define MADD(N)		rv_f##N##_fma(b, c, a, rm, fl)
#define NMADD(N)	rv_f##N##_fma(b ^ SIGN(N), c, a ^ SIGN(N), rm, fl)
#define MSUB(N)		rv_f##N##_fma(b, c, a ^ SIGN(N), rm, fl)
#define NMSUB(N)	rv_f##N##_fma(b ^ SIGN(N), c, a, rm, fl)

SAME(fmacc, MACC)
SAME(fnmacc, NMACC)
SAME(fmsac, MSAC)
SAME(fnmsac, NMSAC)
SAME(fmadd, MADD)
SAME(fnmadd, NMADD)
SAME(fmsub, MSUB)
SAME(fnmsub, NMSUB)

#define EQ(N)		rv_f##N##_eq(a, b, fl)
#define NE(N)		!rv_f##N##_eq(a, b, fl)
#define LT(N)		rv_f##N##_lt(a, b, fl)
#define LE(N)		rv_f##N##_le(a, b, fl)
#define GT(N)		rv_f##N##_lt(b, a, fl)
#define GE(N)		rv_f##N##_le(b, a, fl)

COMPARE(feq, EQ)
COMPARE(fne, NE)
COMPARE(flt, LT)
COMPARE(fle, LE)
COMPARE(fgt, GT)
COMPARE(fge, GE)

#define UP(N, M, v)	rv_f##N##_to_f##M(v, fl)
#define WADD(N, M)	rv_f##M##_add(UP(N, M, a), UP(N, M, b), rm, fl)
#define WSUB(N, M)	rv_f##M##_sub(UP(N, M, a), UP(N, M, b), rm, fl)
#define WMUL(N, M)	rv_f##M##_mul(UP(N, M, a), UP(N, M, b), rm, fl)
#define WADD_W(N, M)	rv_f##M##_add(a, UP(N, M, b), rm, fl)
#define WSUB_W(N, M)	rv_f##M##_sub(a, UP(N, M, b), rm, fl)
#define WMACC(N, M)	rv_f##M##_fma(UP(N, M, b), UP(N, M, a), c, rm, fl)
#define WNMACC(N, M)	rv_f##M##_fma(UP(N, M, b) ^ SIGN(M), UP(N, M, a), c ^ SIGN(M), rm, fl)
#define WMSAC(N, M)	rv_f##M##_fma(UP(N, M, b), UP(N, M, a), c ^ SIGN(M), rm, fl)
#define WNMSAC(N, M)	rv_f##M##_fma(UP(N, M, b) ^ SIGN(M), UP(N, M, a), c, rm, fl)

WIDE(fwadd, WADD)
WIDE(fwsub, WSUB)
WIDE(fwmul, WMUL)
WIDE_W(fwadd_w, WADD_W)
WIDE_W(fwsub_w, WSUB_W)
WIDE(fwmacc, WMACC)
WIDE(fwnmacc, WNMACC)
WIDE(fwmsac, WMSAC)
WIDE(fwnmsac, WNMSAC)

/* Conversions. I: what the source is as a signed integer. */
#define I(N, v)		((uint64_t)(int64_t)(int##N##_t)(v))
#define XU_F(N)		rv_f##N##_to_int(a, false, N, rm, fl)
#define X_F(N)		rv_f##N##_to_int(a, true, N, rm, fl)
#define RTZ_XU_F(N)	rv_f##N##_to_int(a, false, N, RV_RM_RTZ, fl)
#define RTZ_X_F(N)	rv_f##N##_to_int(a, true, N, RV_RM_RTZ, fl)
#define F_XU(N)		rv_f##N##_from_int(a, false, rm, fl)
#define F_X(N)		rv_f##N##_from_int(I(N, a), true, rm, fl)

SAME(fcvt_xu_f, XU_F)
SAME(fcvt_x_f, X_F)
SAME(fcvt_rtz_xu_f, RTZ_XU_F)
SAME(fcvt_rtz_x_f, RTZ_X_F)
SAME(fcvt_f_xu, F_XU)
SAME(fcvt_f_x, F_X)

#define W_XU_F(N, M)		rv_f##N##_to_int(a, false, M, rm, fl)
#define W_X_F(N, M)		rv_f##N##_to_int(a, true, M, rm, fl)
#define W_RTZ_XU_F(N, M)	rv_f##N##_to_int(a, false, M, RV_RM_RTZ, fl)
#define W_RTZ_X_F(N, M)		rv_f##N##_to_int(a, true, M, RV_RM_RTZ, fl)
#define W_F_XU(N, M)		rv_f##M##_from_int(a, false, rm, fl)
#define W_F_X(N, M)		rv_f##M##_from_int(I(N, a), true, rm, fl)
#define W_F_F(N, M)		UP(N, M, a)

WIDE(fwcvt_xu_f, W_XU_F)
WIDE(fwcvt_x_f, W_X_F)
WIDE(fwcvt_rtz_xu_f, W_RTZ_XU_F)
WIDE(fwcvt_rtz_x_f, W_RTZ_X_F)
WIDE_I(fwcvt_f_xu, W_F_XU)
WIDE_I(fwcvt_f_x, W_F_X)
WIDE(fwcvt_f_f, W_F_F)

#define N_XU_F(N, M)		rv_f##M##_to_int(a, false, N, rm, fl)
#define N_X_F(N, M)		rv_f##M##_to_int(a, true, N, rm, fl)
#define N_RTZ_XU_F(N, M)	rv_f##M##_to_int(a, false, N, RV_RM_RTZ, fl)
#define N_RTZ_X_F(N, M)		rv_f##M##_to_int(a, true, N, RV_RM_RTZ, fl)
#define N_F_XU(N, M)		rv_f##N##_from_int(a, false, rm, fl)
#define N_F_X(N, M)		rv_f##N##_from_int(I(M, a), true, rm, fl)
#define N_F_F(N, M)		rv_f##M##_to_f##N(a, rm, fl)
#define N_ROD_F_F(N, M)		rv_f##M##_to_f##N(a, RV_RM_ODD, fl)

NARROW_I(fncvt_xu_f, N_XU_F)
NARROW_I(fncvt_x_f, N_X_F)
NARROW_I(fncvt_rtz_xu_f, N_RTZ_XU_F)
NARROW_I(fncvt_rtz_x_f, N_RTZ_X_F)
NARROW(fncvt_f_xu, N_F_XU)
NARROW(fncvt_f_x, N_F_X)
NARROW(fncvt_f_f, N_F_F)
NARROW(fncvt_rod_f_f, N_ROD_F_F)

static const struct rv_vec_float format16 = { 5, 10, RV_F16_NAN };
static const struct rv_vec_float format32 = { 8, 23, RV_F32_NAN };
static const struct rv_vec_float format64 = { 11, 52, RV_F64_NAN };

#define RSQRT7(N)	rv_vec_rsqrt7(&format##N, a, fl)
#define REC7(N)		rv_vec_rec7(&format##N, a, rm, fl)
SAME(frsqrt7, RSQRT7)
SAME(frec7, REC7)

/* Reductions: r is what there is so far, in element order also where the order is free. */
#define REDUCE(name, N, M, TD, TA, expr) \
static void name##_##N(struct rv_vec_args *args) \
{ \
	const TA *pa = args->va; \
	TD r = *(const TD *)args->vb; \
	enum rv_rm rm = args->rm; \
	uint32_t *fl = args->fflags; \
	size_t i; \
	(void)rm; \
	for (i = 0; i < args->n; i++) \
		if (rv_vec_active(args, i)) \
			r = (expr); \
	*(TD *)args->d = r; \
}

#define REDUCE_ALL(name, E) \
	REDUCE(name, 16, 16, rv_u16, rv_u16, E(16)) \
	REDUCE(name, 32, 32, rv_u32, rv_u32, E(32)) \
	REDUCE(name, 64, 64, rv_u64, rv_u64, E(64)) \
	TABLE(name)

#define RED_SUM(N)	rv_f##N##_add(r, a, rm, fl)
#define RED_MIN(N)	rv_f##N##_min(r, a, fl)
#define RED_MAX(N)	rv_f##N##_max(r, a, fl)
REDUCE_ALL(fredsum, RED_SUM)
REDUCE_ALL(fredmin, RED_MIN)
REDUCE_ALL(fredmax, RED_MAX)

REDUCE(fwredsum, 16, 32, rv_u32, rv_u16, rv_f32_add(r, UP(16, 32, a), rm, fl))
REDUCE(fwredsum, 32, 64, rv_u64, rv_u32, rv_f64_add(r, UP(32, 64, a), rm, fl))
TABLE_F_W(fwredsum)
