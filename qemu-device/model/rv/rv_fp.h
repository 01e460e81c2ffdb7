/* SPDX-License-Identifier: MIT */
/*
 * Floating point on bit patterns: binary16, binary32 and binary64 as the F, D, Zfh and V extensions
 * define them. Every result that is a NaN is the canonical one (but see rv_fN_min/max: none is
 * either); tininess is detected after rounding; subnormal numbers are kept.
 *
 * @rm: how to round; the five modes of RISC-V, and round-to-odd, which vfncvt.rod asks for.
 * @flags: RV_FFLAG_* that the operation raises are ORed in, never cleared.
 *
 * All functions are pure but for *flags, and exact on any host: integer arithmetic decides. Where
 * the host's own FPU gives the same bits and flags it is used: binary32 and binary64, rounding to
 * nearest even, normal numbers (or zero), and RV_FFLAG_NX already in *flags, so that the one flag
 * which is costly to find out can't change. The host's rounding mode must be to nearest.
 */
#ifndef MTIA_RV_FP_H
#define MTIA_RV_FP_H

#include <stdbool.h>
#include <stdint.h>

/* Bits of fflags. */
enum {
	RV_FFLAG_NX = 1,	/* inexact */
	RV_FFLAG_UF = 2,	/* underflow */
	RV_FFLAG_OF = 4,	/* overflow */
	RV_FFLAG_DZ = 8,	/* division by zero */
	RV_FFLAG_NV = 16,	/* invalid */
};

/* Rounding modes; 0..4 are encodings of frm and of the instruction's rm field. */
enum rv_rm {
	RV_RM_RNE = 0,	/* to nearest, ties to even */
	RV_RM_RTZ = 1,	/* towards zero */
	RV_RM_RDN = 2,	/* down */
	RV_RM_RUP = 3,	/* up */
	RV_RM_RMM = 4,	/* to nearest, ties away from zero */
	RV_RM_DYN = 7,	/* in an instruction: what frm says. Not for the functions here */
	RV_RM_ODD = 8,	/* cut, and set the last bit if anything was cut. No encoding of its own */
};

/* rv_fN_classify(): bit number of the class, as fclass numbers them. */
enum rv_fclass {
	RV_FCLASS_NEG_INF, RV_FCLASS_NEG_NORMAL, RV_FCLASS_NEG_SUBNORMAL, RV_FCLASS_NEG_ZERO,
	RV_FCLASS_POS_ZERO, RV_FCLASS_POS_SUBNORMAL, RV_FCLASS_POS_NORMAL, RV_FCLASS_POS_INF,
	RV_FCLASS_SNAN, RV_FCLASS_QNAN,
};

#define RV_F16_NAN	UINT16_C(0x7e00)
#define RV_F32_NAN	UINT32_C(0x7fc00000)
#define RV_F64_NAN	UINT64_C(0x7ff8000000000000)

#define RV_F16_SIGN	UINT16_C(0x8000)
#define RV_F32_SIGN	UINT32_C(0x80000000)
#define RV_F64_SIGN	UINT64_C(0x8000000000000000)

/*
 * For N = 16, 32, 64 with uN = uintN_t:
 *
 * rv_fN_add, _sub, _mul, _div, _sqrt
 * rv_fN_fma: a * b + c, one rounding. The other fused forms flip signs of a and c first. Infinity
 *	times zero is invalid even if c is a quiet NaN.
 * rv_fN_min, _max: minimumNumber and maximumNumber: -0 < +0, of a number and a NaN the number, of
 *	two NaNs the canonical one; a signalling NaN is invalid.
 * rv_fN_eq (quiet), rv_fN_lt, rv_fN_le (signalling), rv_fN_lt_quiet, rv_fN_le_quiet
 * rv_fN_classify: enum rv_fclass
 * rv_fN_to_int: to a signed (unsigned) integer of @width bits (1..64). Out of range and infinity
 *	saturate, a NaN counts as +infinity; those are invalid and not inexact. The result is the
 *	integer's 64-bit form: sign-extended if signed, else zero-extended.
 * rv_fN_from_int: from a 64-bit value, signed or not; narrower ones are extended by the caller.
 */
#define RV_FP_DECLARE(N, uN)									\
	uN rv_f##N##_add(uN a, uN b, enum rv_rm rm, uint32_t *flags);				\
	uN rv_f##N##_sub(uN a, uN b, enum rv_rm rm, uint32_t *flags);				\
	uN rv_f##N##_mul(uN a, uN b, enum rv_rm rm, uint32_t *flags);				\
	uN rv_f##N##_div(uN a, uN b, enum rv_rm rm, uint32_t *flags);				\
	uN rv_f##N##_sqrt(uN a, enum rv_rm rm, uint32_t *flags);				\
	uN rv_f##N##_fma(uN a, uN b, uN c, enum rv_rm rm, uint32_t *flags);			\
	uN rv_f##N##_min(uN a, uN b, uint32_t *flags);						\
	uN rv_f##N##_max(uN a, uN b, uint32_t *flags);						\
	bool rv_f##N##_eq(uN a, uN b, uint32_t *flags);						\
	bool rv_f##N##_lt(uN a, uN b, uint32_t *flags);						\
	bool rv_f##N##_le(uN a, uN b, uint32_t *flags);						\
	bool rv_f##N##_lt_quiet(uN a, uN b, uint32_t *flags);					\
	bool rv_f##N##_le_quiet(uN a, uN b, uint32_t *flags);					\
	unsigned int rv_f##N##_classify(uN a);							\
	uint64_t rv_f##N##_to_int(uN a, bool is_signed, unsigned int width, enum rv_rm rm,	\
				  uint32_t *flags);						\
	uN rv_f##N##_from_int(uint64_t v, bool is_signed, enum rv_rm rm, uint32_t *flags);

RV_FP_DECLARE(16, uint16_t)
RV_FP_DECLARE(32, uint32_t)
RV_FP_DECLARE(64, uint64_t)

/* Conversions between formats; those to a wider one are exact (a signalling NaN is invalid). */
uint32_t rv_f16_to_f32(uint16_t a, uint32_t *flags);
uint64_t rv_f16_to_f64(uint16_t a, uint32_t *flags);
uint64_t rv_f32_to_f64(uint32_t a, uint32_t *flags);
uint16_t rv_f32_to_f16(uint32_t a, enum rv_rm rm, uint32_t *flags);
uint16_t rv_f64_to_f16(uint64_t a, enum rv_rm rm, uint32_t *flags);
uint32_t rv_f64_to_f32(uint64_t a, enum rv_rm rm, uint32_t *flags);

#endif /* MTIA_RV_FP_H */
