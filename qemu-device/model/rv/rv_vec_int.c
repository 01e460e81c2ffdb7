// SPDX-License-Identifier: MIT
/* Integer arithmetic: the loops. a is vs2, b is vs1 or the scalar, c the old vd or a carry. */
#include <stddef.h>

#include "rv_vec.h"

/*
 * Types in an expression: T, S element, unsigned and signed; U, wide enough that products don't
 * turn into signed int; TW, SW twice as wide.
 */
#define TYPES(t, s, u, tw, sw) \
	typedef t T __attribute__((unused)); \
	typedef s S __attribute__((unused)); \
	typedef u U __attribute__((unused)); \
	typedef tw TW __attribute__((unused)); \
	typedef sw SW __attribute__((unused))
#define TYPES8	TYPES(uint8_t, int8_t, uint32_t, uint16_t, int16_t)
#define TYPES16	TYPES(uint16_t, int16_t, uint32_t, uint32_t, int32_t)
#define TYPES32	TYPES(uint32_t, int32_t, uint32_t, uint64_t, int64_t)
#define TYPES64	TYPES(uint64_t, int64_t, uint64_t, unsigned __int128, __int128)

/*
 * KERNEL: element width N, and the types in memory of d, a, b, c. Loops ignore start and mask:
 * what is computed in vain is not committed.
 */
#define KERNEL(name, N, TD, TA, TB, TC, expr) \
static void name##_##N(struct rv_vec_args *args) \
{ \
	TYPES##N; \
	TD *restrict d = args->d; \
	const TA *restrict pa = args->va; \
	const TB *restrict pb = args->vb; \
	const TC *restrict pc = args->vc; \
	size_t i, n = args->n; \
	(void)pa, (void)pb, (void)pc; \
	for (i = 0; i < n; i++) \
		d[i] = (expr); \
}

#define a	pa[i]
#define b	pb[i]
#define c	pc[i]

#define TABLE(name) \
	rv_vec_kernel *const rv_vk_##name[4] = { name##_8, name##_16, name##_32, name##_64 };
#define TABLE_W(name) \
	rv_vec_kernel *const rv_vk_##name[4] = { name##_8, name##_16, name##_32, NULL };

#define SAME(name, expr) \
	KERNEL(name, 8, rv_u8, rv_u8, rv_u8, rv_u8, expr) \
	KERNEL(name, 16, rv_u16, rv_u16, rv_u16, rv_u16, expr) \
	KERNEL(name, 32, rv_u32, rv_u32, rv_u32, rv_u32, expr) \
	KERNEL(name, 64, rv_u64, rv_u64, rv_u64, rv_u64, expr) \
	TABLE(name)

/* c: a byte */
#define CARRY(name, expr) \
	KERNEL(name, 8, rv_u8, rv_u8, rv_u8, rv_u8, expr) \
	KERNEL(name, 16, rv_u16, rv_u16, rv_u16, rv_u8, expr) \
	KERNEL(name, 32, rv_u32, rv_u32, rv_u32, rv_u8, expr) \
	KERNEL(name, 64, rv_u64, rv_u64, rv_u64, rv_u8, expr) \
	TABLE(name)

/* d: a byte */
#define TO_MASK(name, expr) \
	KERNEL(name, 8, rv_u8, rv_u8, rv_u8, rv_u8, expr) \
	KERNEL(name, 16, rv_u8, rv_u16, rv_u16, rv_u8, expr) \
	KERNEL(name, 32, rv_u8, rv_u32, rv_u32, rv_u8, expr) \
	KERNEL(name, 64, rv_u8, rv_u64, rv_u64, rv_u8, expr) \
	TABLE(name)

#define WIDE(name, expr) \
	KERNEL(name, 8, rv_u16, rv_u8, rv_u8, rv_u16, expr) \
	KERNEL(name, 16, rv_u32, rv_u16, rv_u16, rv_u32, expr) \
	KERNEL(name, 32, rv_u64, rv_u32, rv_u32, rv_u64, expr) \
	TABLE_W(name)

#define WIDE_W(name, expr) \
	KERNEL(name, 8, rv_u16, rv_u16, rv_u8, rv_u8, expr) \
	KERNEL(name, 16, rv_u32, rv_u32, rv_u16, rv_u8, expr) \
	KERNEL(name, 32, rv_u64, rv_u64, rv_u32, rv_u8, expr) \
	TABLE_W(name)

#define NARROW(name, expr) \
	KERNEL(name, 8, rv_u8, rv_u16, rv_u8, rv_u8, expr) \
	KERNEL(name, 16, rv_u16, rv_u32, rv_u16, rv_u8, expr) \
	KERNEL(name, 32, rv_u32, rv_u64, rv_u32, rv_u8, expr) \
	TABLE_W(name)

SAME(add, a + b)
SAME(sub, a - b)
SAME(rsub, b - a)
SAME(minu, a < b ? a : b)
SAME(min, (S)a < (S)b ? a : b)
SAME(maxu, a > b ? a : b)
SAME(max, (S)a > (S)b ? a : b)
SAME(and, a & b)
SAME(or, a | b)
SAME(xor, a ^ b)
SAME(copy, b)
SAME(sll, (U)a << (b & (8 * sizeof(T) - 1)))
SAME(srl, a >> (b & (8 * sizeof(T) - 1)))
SAME(sra, (S)a >> (b & (8 * sizeof(T) - 1)))

CARRY(adc, a + b + c)
CARRY(sbc, a - b - c)
CARRY(merge, c ? b : a)
TO_MASK(madc, (T)(a + b) < a || (c && (T)(a + b) == (T)-1))
TO_MASK(msbc, a < b || (c && a == b))

TO_MASK(seq, a == b)
TO_MASK(sne, a != b)
TO_MASK(sltu, a < b)
TO_MASK(slt, (S)a < (S)b)
TO_MASK(sleu, a <= b)
TO_MASK(sle, (S)a <= (S)b)
TO_MASK(sgtu, a > b)
TO_MASK(sgt, (S)a > (S)b)

/* Division by zero gives all ones, the remainder the dividend; MIN / -1 wraps. */
SAME(divu, b ? a / b : (T)-1)
SAME(div, !b ? (T)-1 : (S)b == -1 ? -(U)a : (T)((S)a / (S)b))
SAME(remu, b ? a % b : a)
SAME(rem, !b ? a : (S)b == -1 ? 0 : (T)((S)a % (S)b))

SAME(mul, (U)a * (U)b)
SAME(mulhu, (TW)((TW)a * (TW)b) >> 8 * sizeof(T))
SAME(mulhsu, ((SW)(S)a * (SW)b) >> 8 * sizeof(T))
SAME(mulh, ((SW)(S)a * (SW)(S)b) >> 8 * sizeof(T))
SAME(madd, (U)b * (U)c + a)
SAME(nmsub, a - (U)b * (U)c)
SAME(macc, (U)b * (U)a + c)
SAME(nmsac, c - (U)b * (U)a)

WIDE(waddu, (TW)a + (TW)b)
WIDE(wadd, (TW)(S)a + (TW)(S)b)
WIDE(wsubu, (TW)a - (TW)b)
WIDE(wsub, (TW)(S)a - (TW)(S)b)
WIDE_W(waddu_w, a + b)
WIDE_W(wadd_w, a + (TW)(S)b)
WIDE_W(wsubu_w, a - b)
WIDE_W(wsub_w, a - (TW)(S)b)
WIDE(wmulu, (TW)a * (TW)b)
WIDE(wmulsu, (SW)(S)a * (SW)b)
WIDE(wmul, (SW)(S)a * (SW)(S)b)
WIDE(wmaccu, c + (TW)a * (TW)b)
WIDE(wmacc, c + (TW)((SW)(S)a * (SW)(S)b))
WIDE(wmaccus, c + (TW)((SW)(S)a * (SW)b))
WIDE(wmaccsu, c + (TW)((SW)a * (SW)(S)b))

NARROW(nsrl, a >> (b & (16 * sizeof(T) - 1)))
NARROW(nsra, (SW)a >> (b & (16 * sizeof(T) - 1)))

#define EXTEND(k, N, TD, TA, signed_type) \
	KERNEL(zext##k, N, TD, TA, rv_u8, rv_u8, a) \
	KERNEL(sext##k, N, TD, TA, rv_u8, rv_u8, (S)(signed_type)a)

EXTEND(2, 16, rv_u16, rv_u8, int8_t)
EXTEND(2, 32, rv_u32, rv_u16, int16_t)
EXTEND(2, 64, rv_u64, rv_u32, int32_t)
EXTEND(4, 32, rv_u32, rv_u8, int8_t)
EXTEND(4, 64, rv_u64, rv_u16, int16_t)
EXTEND(8, 64, rv_u64, rv_u8, int8_t)

rv_vec_kernel *const rv_vk_zext2[4] = { NULL, zext2_16, zext2_32, zext2_64 };
rv_vec_kernel *const rv_vk_sext2[4] = { NULL, sext2_16, sext2_32, sext2_64 };
rv_vec_kernel *const rv_vk_zext4[4] = { NULL, NULL, zext4_32, zext4_64 };
rv_vec_kernel *const rv_vk_sext4[4] = { NULL, NULL, sext4_32, sext4_64 };
rv_vec_kernel *const rv_vk_zext8[4] = { NULL, NULL, NULL, zext8_64 };
rv_vec_kernel *const rv_vk_sext8[4] = { NULL, NULL, NULL, sext8_64 };
