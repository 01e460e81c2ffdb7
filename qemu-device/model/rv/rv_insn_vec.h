/* SPDX-License-Identifier: MIT */
/*
 * Rows of V (RVV 1.0) and Zvfh.
 *
 * RV_VEC_ROWS(V, X): V(X, name, text, mask, match, format, shape, kernel, cost)
 *	X: passed through, for whoever makes rows of another list from these
 *	format: where the second source comes from (RV_FMT_V*); shape: how wide operands are and how
 *	they may lie (RV_VEC_SHAPES in rv_vec.h); kernel: what is computed (rv_vk_* in rv_vec_*.c)
 *	cost: cycles on top of RV_COST_BASE for the first beat; the others: rv_vec_cost()
 *
 * Families are written once: OPI with the sources .vv .vx .vi, OPM with .vv .vx, OPF with .vv .vf.
 */
#ifndef MTIA_RV_INSN_VEC_H
#define MTIA_RV_INSN_VEC_H

#define RV_V_OP(f3, f6)		((uint32_t)(f6) << 26 | (f3) << 12 | 0x57u)
#define RV_V_ANY		0xfc00707fu	/* masked or not */
#define RV_V_VM			0xfe00707fu	/* bit 25 is part of the encoding */
#define RV_V_UNARY		0xfc0ff07fu	/* so is vs1 */
#define RV_V_UNMASKED		(1u << 25)

#define RV_VI_VV(V, X, N, t, f6, sh, k, c) \
	V(X, N##_VV, t ".vv", RV_V_ANY, RV_V_OP(0, f6), VVV, sh, k, c)
#define RV_VI_VX(V, X, N, t, f6, sh, k, c) \
	V(X, N##_VX, t ".vx", RV_V_ANY, RV_V_OP(4, f6), VVX, sh, k, c)
#define RV_VI_VI(V, X, N, t, f6, sh, k, c) \
	V(X, N##_VI, t ".vi", RV_V_ANY, RV_V_OP(3, f6), VVI, sh, k, c)
#define RV_VI_VU(V, X, N, t, f6, sh, k, c) \
	V(X, N##_VI, t ".vi", RV_V_ANY, RV_V_OP(3, f6), VVU, sh, k, c)
#define RV_VI_VV_VX(V, X, N, t, f6, sh, k, c) \
	RV_VI_VV(V, X, N, t, f6, sh, k, c) RV_VI_VX(V, X, N, t, f6, sh, k, c)
#define RV_VI_VX_VI(V, X, N, t, f6, sh, k, c) \
	RV_VI_VX(V, X, N, t, f6, sh, k, c) RV_VI_VI(V, X, N, t, f6, sh, k, c)
#define RV_VI_ALL(V, X, N, t, f6, sh, k, c) \
	RV_VI_VV(V, X, N, t, f6, sh, k, c) RV_VI_VX_VI(V, X, N, t, f6, sh, k, c)
/* shifts: the immediate is unsigned */
#define RV_VI_SHIFT(V, X, N, t, f6, sh, k, c) \
	RV_VI_VV_VX(V, X, N, t, f6, sh, k, c) RV_VI_VU(V, X, N, t, f6, sh, k, c)
#define RV_VI_NSHIFT(V, X, N, t, f6, sh, k, c) \
	V(X, N##_WV, t ".wv", RV_V_ANY, RV_V_OP(0, f6), VVV, sh, k, c) \
	V(X, N##_WX, t ".wx", RV_V_ANY, RV_V_OP(4, f6), VVX, sh, k, c) \
	V(X, N##_WI, t ".wi", RV_V_ANY, RV_V_OP(3, f6), VVU, sh, k, c)

#define RV_VF_VV(V, X, N, t, f6, sh, k, c) \
	V(X, N##_VV, t ".vv", RV_V_ANY, RV_V_OP(1, f6), VVV, sh, k, c)
#define RV_VF_VF(V, X, N, t, f6, sh, k, c) \
	V(X, N##_VF, t ".vf", RV_V_ANY, RV_V_OP(5, f6), VVF, sh, k, c)
#define RV_VF_BOTH(V, X, N, t, f6, sh, k, c) \
	RV_VF_VV(V, X, N, t, f6, sh, k, c) RV_VF_VF(V, X, N, t, f6, sh, k, c)
#define RV_VF_RED(V, X, N, t, f6, sh, k) \
	V(X, N##_VS, t ".vs", RV_V_ANY, RV_V_OP(1, f6), VVV, sh, k, RV_COST_FP)
#define RV_VF_CVT(V, X, N, t, vs1, sh, k) \
	V(X, N, t, RV_V_UNARY, RV_V_OP(1, 0x12) | (vs1) << 15, VV, sh, k, RV_COST_FP)
#define RV_VF_UNARY(V, X, N, t, vs1, k, c) \
	V(X, N, t, RV_V_UNARY, RV_V_OP(1, 0x13) | (vs1) << 15, VV, FSAME, k, c)

#define RV_VM_VV(V, X, N, t, f6, sh, k, c) \
	V(X, N##_VV, t ".vv", RV_V_ANY, RV_V_OP(2, f6), VVV, sh, k, c)
#define RV_VM_VX(V, X, N, t, f6, sh, k, c) \
	V(X, N##_VX, t ".vx", RV_V_ANY, RV_V_OP(6, f6), VVX, sh, k, c)
#define RV_VM_BOTH(V, X, N, t, f6, sh, k, c) \
	RV_VM_VV(V, X, N, t, f6, sh, k, c) RV_VM_VX(V, X, N, t, f6, sh, k, c)
#define RV_VM_WIDE(V, X, N, t, f6, k) \
	V(X, N##_WV, t ".wv", RV_V_ANY, RV_V_OP(2, f6), VVV, WIDE_W, k, 0) \
	V(X, N##_WX, t ".wx", RV_V_ANY, RV_V_OP(6, f6), VVX, WIDE_W, k, 0)
#define RV_VM_RED(V, X, N, t, f6, k) \
	V(X, N##_VS, t ".vs", RV_V_ANY, RV_V_OP(2, f6), VVV, RED, k, 0)
#define RV_VM_EXT(V, X, N, t, vs1, sh, k) \
	V(X, N, t, RV_V_UNARY, RV_V_OP(2, 0x12) | (vs1) << 15, VV, sh, k, 0)
#define RV_VM_LOGIC(V, X, N, t, f6, k) \
	V(X, N, t ".mm", RV_V_VM, RV_V_OP(2, f6) | RV_V_UNMASKED, VVV, LOGIC, k, 0)

/* With carry in: never masked, v0 is an operand. Without: never masked either. */
#define RV_VI_CARRY(V, X, N, t, f6, sh, k) \
	V(X, N##_VVM, t ".vvm", RV_V_VM, RV_V_OP(0, f6), VVV, sh, k, 0) \
	V(X, N##_VXM, t ".vxm", RV_V_VM, RV_V_OP(4, f6), VVX, sh, k, 0)
#define RV_VI_CARRY_I(V, X, N, t, f6, sh, k) \
	V(X, N##_VIM, t ".vim", RV_V_VM, RV_V_OP(3, f6), VVI, sh, k, 0)

#define RV_VEC_CONFIG_ROWS(V, X)								\
	V(X, VSETVLI,	"vsetvli",	0x8000707f, 0x00007057, VSETVLI, SETVL, none, 0)	\
	V(X, VSETIVLI,	"vsetivli",	0xc000707f, 0xc0007057, VSETIVLI, SETVL, none, 0)	\
	V(X, VSETVL,	"vsetvl",	0xfe00707f, 0x80007057, VSETVL, SETVL, none, 0)

#define RV_VEC_INT_ROWS(V, X)									\
	RV_VI_ALL(V, X, VADD, "vadd", 0x00, SAME, add, 0)					\
	RV_VI_VV_VX(V, X, VSUB, "vsub", 0x02, SAME, sub, 0)					\
	RV_VI_VX_VI(V, X, VRSUB, "vrsub", 0x03, SAME, rsub, 0)					\
	RV_VI_VV_VX(V, X, VMINU, "vminu", 0x04, SAME, minu, 0)					\
	RV_VI_VV_VX(V, X, VMIN, "vmin", 0x05, SAME, min, 0)					\
	RV_VI_VV_VX(V, X, VMAXU, "vmaxu", 0x06, SAME, maxu, 0)					\
	RV_VI_VV_VX(V, X, VMAX, "vmax", 0x07, SAME, max, 0)					\
	RV_VI_ALL(V, X, VAND, "vand", 0x09, SAME, and, 0)					\
	RV_VI_ALL(V, X, VOR, "vor", 0x0a, SAME, or, 0)						\
	RV_VI_ALL(V, X, VXOR, "vxor", 0x0b, SAME, xor, 0)					\
	RV_VI_CARRY(V, X, VADC, "vadc", 0x10, CARRY, adc)					\
	RV_VI_CARRY_I(V, X, VADC, "vadc", 0x10, CARRY, adc)					\
	RV_VI_CARRY(V, X, VMADC, "vmadc", 0x11, MCARRY, madc)					\
	RV_VI_CARRY_I(V, X, VMADC, "vmadc", 0x11, MCARRY, madc)					\
	RV_VI_ALL(V, X, VMADC, "vmadc", 0x11, MCARRY, madc, 0)					\
	RV_VI_CARRY(V, X, VSBC, "vsbc", 0x12, CARRY, sbc)					\
	RV_VI_CARRY(V, X, VMSBC, "vmsbc", 0x13, MCARRY, msbc)					\
	RV_VI_VV_VX(V, X, VMSBC, "vmsbc", 0x13, MCARRY, msbc, 0)				\
	RV_VI_CARRY(V, X, VMERGE, "vmerge", 0x17, CARRY, merge)					\
	RV_VI_CARRY_I(V, X, VMERGE, "vmerge", 0x17, CARRY, merge)				\
	V(X, VMV_V_V, "vmv.v.v", 0xfff0707f, RV_V_OP(0, 0x17) | RV_V_UNMASKED, V_V, SAME, copy, 0) \
	V(X, VMV_V_X, "vmv.v.x", 0xfff0707f, RV_V_OP(4, 0x17) | RV_V_UNMASKED, V_X, SAME, copy, 0) \
	V(X, VMV_V_I, "vmv.v.i", 0xfff0707f, RV_V_OP(3, 0x17) | RV_V_UNMASKED, V_I, SAME, copy, 0) \
	RV_VI_ALL(V, X, VMSEQ, "vmseq", 0x18, COMPARE, seq, 0)					\
	RV_VI_ALL(V, X, VMSNE, "vmsne", 0x19, COMPARE, sne, 0)					\
	RV_VI_VV_VX(V, X, VMSLTU, "vmsltu", 0x1a, COMPARE, sltu, 0)				\
	RV_VI_VV_VX(V, X, VMSLT, "vmslt", 0x1b, COMPARE, slt, 0)				\
	RV_VI_ALL(V, X, VMSLEU, "vmsleu", 0x1c, COMPARE, sleu, 0)				\
	RV_VI_ALL(V, X, VMSLE, "vmsle", 0x1d, COMPARE, sle, 0)					\
	RV_VI_VX_VI(V, X, VMSGTU, "vmsgtu", 0x1e, COMPARE, sgtu, 0)				\
	RV_VI_VX_VI(V, X, VMSGT, "vmsgt", 0x1f, COMPARE, sgt, 0)				\
	RV_VI_SHIFT(V, X, VSLL, "vsll", 0x25, SAME, sll, 0)					\
	RV_VI_SHIFT(V, X, VSRL, "vsrl", 0x28, SAME, srl, 0)					\
	RV_VI_SHIFT(V, X, VSRA, "vsra", 0x29, SAME, sra, 0)					\
	RV_VI_NSHIFT(V, X, VNSRL, "vnsrl", 0x2c, NARROW, nsrl, 0)				\
	RV_VI_NSHIFT(V, X, VNSRA, "vnsra", 0x2d, NARROW, nsra, 0)				\
	RV_VM_EXT(V, X, VZEXT_VF8, "vzext.vf8", 2, EXT8, zext8)					\
	RV_VM_EXT(V, X, VSEXT_VF8, "vsext.vf8", 3, EXT8, sext8)					\
	RV_VM_EXT(V, X, VZEXT_VF4, "vzext.vf4", 4, EXT4, zext4)					\
	RV_VM_EXT(V, X, VSEXT_VF4, "vsext.vf4", 5, EXT4, sext4)					\
	RV_VM_EXT(V, X, VZEXT_VF2, "vzext.vf2", 6, EXT2, zext2)					\
	RV_VM_EXT(V, X, VSEXT_VF2, "vsext.vf2", 7, EXT2, sext2)					\
	RV_VM_BOTH(V, X, VDIVU, "vdivu", 0x20, SAME, divu, RV_COST_DIV)				\
	RV_VM_BOTH(V, X, VDIV, "vdiv", 0x21, SAME, div, RV_COST_DIV)				\
	RV_VM_BOTH(V, X, VREMU, "vremu", 0x22, SAME, remu, RV_COST_DIV)				\
	RV_VM_BOTH(V, X, VREM, "vrem", 0x23, SAME, rem, RV_COST_DIV)				\
	RV_VM_BOTH(V, X, VMULHU, "vmulhu", 0x24, SAME, mulhu, RV_COST_MUL)			\
	RV_VM_BOTH(V, X, VMUL, "vmul", 0x25, SAME, mul, RV_COST_MUL)				\
	RV_VM_BOTH(V, X, VMULHSU, "vmulhsu", 0x26, SAME, mulhsu, RV_COST_MUL)			\
	RV_VM_BOTH(V, X, VMULH, "vmulh", 0x27, SAME, mulh, RV_COST_MUL)				\
	RV_VM_BOTH(V, X, VMADD, "vmadd", 0x29, MULADD, madd, RV_COST_MUL)			\
	RV_VM_BOTH(V, X, VNMSUB, "vnmsub", 0x2b, MULADD, nmsub, RV_COST_MUL)			\
	RV_VM_BOTH(V, X, VMACC, "vmacc", 0x2d, MULADD, macc, RV_COST_MUL)			\
	RV_VM_BOTH(V, X, VNMSAC, "vnmsac", 0x2f, MULADD, nmsac, RV_COST_MUL)			\
	RV_VM_BOTH(V, X, VWADDU, "vwaddu", 0x30, WIDE, waddu, 0)				\
	RV_VM_BOTH(V, X, VWADD, "vwadd", 0x31, WIDE, wadd, 0)					\
	RV_VM_BOTH(V, X, VWSUBU, "vwsubu", 0x32, WIDE, wsubu, 0)				\
	RV_VM_BOTH(V, X, VWSUB, "vwsub", 0x33, WIDE, wsub, 0)					\
	RV_VM_WIDE(V, X, VWADDU, "vwaddu", 0x34, waddu_w)					\
	RV_VM_WIDE(V, X, VWADD, "vwadd", 0x35, wadd_w)						\
	RV_VM_WIDE(V, X, VWSUBU, "vwsubu", 0x36, wsubu_w)					\
	RV_VM_WIDE(V, X, VWSUB, "vwsub", 0x37, wsub_w)						\
	RV_VM_BOTH(V, X, VWMULU, "vwmulu", 0x38, WIDE, wmulu, RV_COST_MUL)			\
	RV_VM_BOTH(V, X, VWMULSU, "vwmulsu", 0x3a, WIDE, wmulsu, RV_COST_MUL)			\
	RV_VM_BOTH(V, X, VWMUL, "vwmul", 0x3b, WIDE, wmul, RV_COST_MUL)				\
	RV_VM_BOTH(V, X, VWMACCU, "vwmaccu", 0x3c, WIDE_ADD, wmaccu, RV_COST_MUL)		\
	RV_VM_BOTH(V, X, VWMACC, "vwmacc", 0x3d, WIDE_ADD, wmacc, RV_COST_MUL)			\
	RV_VM_VX(V, X, VWMACCUS, "vwmaccus", 0x3e, WIDE_ADD, wmaccus, RV_COST_MUL)		\
	RV_VM_BOTH(V, X, VWMACCSU, "vwmaccsu", 0x3f, WIDE_ADD, wmaccsu, RV_COST_MUL)

#define RV_VEC_FIXED_ROWS(V, X)									\
	RV_VI_ALL(V, X, VSADDU, "vsaddu", 0x20, SAME, saddu, 0)					\
	RV_VI_ALL(V, X, VSADD, "vsadd", 0x21, SAME, sadd, 0)					\
	RV_VI_VV_VX(V, X, VSSUBU, "vssubu", 0x22, SAME, ssubu, 0)				\
	RV_VI_VV_VX(V, X, VSSUB, "vssub", 0x23, SAME, ssub, 0)					\
	RV_VI_VV_VX(V, X, VSMUL, "vsmul", 0x27, SAME, smul, RV_COST_MUL)			\
	RV_VI_SHIFT(V, X, VSSRL, "vssrl", 0x2a, SAME, ssrl, 0)					\
	RV_VI_SHIFT(V, X, VSSRA, "vssra", 0x2b, SAME, ssra, 0)					\
	RV_VI_NSHIFT(V, X, VNCLIPU, "vnclipu", 0x2e, NARROW, nclipu, 0)				\
	RV_VI_NSHIFT(V, X, VNCLIP, "vnclip", 0x2f, NARROW, nclip, 0)				\
	RV_VM_BOTH(V, X, VAADDU, "vaaddu", 0x08, SAME, aaddu, 0)				\
	RV_VM_BOTH(V, X, VAADD, "vaadd", 0x09, SAME, aadd, 0)					\
	RV_VM_BOTH(V, X, VASUBU, "vasubu", 0x0a, SAME, asubu, 0)				\
	RV_VM_BOTH(V, X, VASUB, "vasub", 0x0b, SAME, asub, 0)

#define RV_VEC_RED_ROWS(V, X)									\
	RV_VM_RED(V, X, VREDSUM, "vredsum", 0x00, redsum)					\
	RV_VM_RED(V, X, VREDAND, "vredand", 0x01, redand)					\
	RV_VM_RED(V, X, VREDOR, "vredor", 0x02, redor)						\
	RV_VM_RED(V, X, VREDXOR, "vredxor", 0x03, redxor)					\
	RV_VM_RED(V, X, VREDMINU, "vredminu", 0x04, redminu)					\
	RV_VM_RED(V, X, VREDMIN, "vredmin", 0x05, redmin)					\
	RV_VM_RED(V, X, VREDMAXU, "vredmaxu", 0x06, redmaxu)					\
	RV_VM_RED(V, X, VREDMAX, "vredmax", 0x07, redmax)					\
	V(X, VWREDSUMU_VS, "vwredsumu.vs", RV_V_ANY, RV_V_OP(0, 0x30), VVV, WRED, wredsumu, 0)	\
	V(X, VWREDSUM_VS, "vwredsum.vs", RV_V_ANY, RV_V_OP(0, 0x31), VVV, WRED, wredsum, 0)

#define RV_VEC_MASK_ROWS(V, X)									\
	RV_VM_LOGIC(V, X, VMANDN, "vmandn", 0x18, mandn)					\
	RV_VM_LOGIC(V, X, VMAND, "vmand", 0x19, mand)						\
	RV_VM_LOGIC(V, X, VMOR, "vmor", 0x1a, mor)						\
	RV_VM_LOGIC(V, X, VMXOR, "vmxor", 0x1b, mxor)						\
	RV_VM_LOGIC(V, X, VMORN, "vmorn", 0x1c, morn)						\
	RV_VM_LOGIC(V, X, VMNAND, "vmnand", 0x1d, mnand)					\
	RV_VM_LOGIC(V, X, VMNOR, "vmnor", 0x1e, mnor)						\
	RV_VM_LOGIC(V, X, VMXNOR, "vmxnor", 0x1f, mxnor)					\
	V(X, VCPOP_M, "vcpop.m", RV_V_UNARY, RV_V_OP(2, 0x10) | 16 << 15, X_V, CPOP, none, 0)	\
	V(X, VFIRST_M, "vfirst.m", RV_V_UNARY, RV_V_OP(2, 0x10) | 17 << 15, X_V, FIRST, none, 0) \
	V(X, VMSBF_M, "vmsbf.m", RV_V_UNARY, RV_V_OP(2, 0x14) | 1 << 15, VV, SETFIRST, none, 0)	\
	V(X, VMSOF_M, "vmsof.m", RV_V_UNARY, RV_V_OP(2, 0x14) | 2 << 15, VV, SETFIRST, none, 0)	\
	V(X, VMSIF_M, "vmsif.m", RV_V_UNARY, RV_V_OP(2, 0x14) | 3 << 15, VV, SETFIRST, none, 0)	\
	V(X, VIOTA_M, "viota.m", RV_V_UNARY, RV_V_OP(2, 0x14) | 16 << 15, VV, IOTA, none, 0)	\
	V(X, VID_V, "vid.v", 0xfdfff07f, RV_V_OP(2, 0x14) | 17 << 15, V_, ID, none, 0)

#define RV_VEC_PERM_ROWS(V, X)									\
	V(X, VMV_X_S, "vmv.x.s", 0xfe0ff07f, RV_V_OP(2, 0x10) | RV_V_UNMASKED, X_V, TO_X, none, 0) \
	V(X, VMV_S_X, "vmv.s.x", \
	  0xfff0707f, RV_V_OP(6, 0x10) | RV_V_UNMASKED, V_X, FROM_X, none, 0) \
	RV_VEC_MOVE_WHOLE(V, X, 1) RV_VEC_MOVE_WHOLE(V, X, 2)					\
	RV_VEC_MOVE_WHOLE(V, X, 4) RV_VEC_MOVE_WHOLE(V, X, 8)					\
	V(X, VFMV_F_S, "vfmv.f.s", 0xfe0ff07f, RV_V_OP(1, 0x10) | RV_V_UNMASKED, F_V, TO_F, none, 0) \
	V(X, VFMV_S_F, "vfmv.s.f", 0xfff0707f, RV_V_OP(5, 0x10) | RV_V_UNMASKED, V_F, FROM_F, none, 0) \
	RV_VI_VX(V, X, VSLIDEUP, "vslideup", 0x0e, SLIDEUP, none, 0)				\
	RV_VI_VU(V, X, VSLIDEUP, "vslideup", 0x0e, SLIDEUP, none, 0)				\
	RV_VI_VX(V, X, VSLIDEDOWN, "vslidedown", 0x0f, SLIDEDOWN, none, 0)			\
	RV_VI_VU(V, X, VSLIDEDOWN, "vslidedown", 0x0f, SLIDEDOWN, none, 0)			\
	RV_VM_VX(V, X, VSLIDE1UP, "vslide1up", 0x0e, SLIDE1UP, none, 0)				\
	RV_VM_VX(V, X, VSLIDE1DOWN, "vslide1down", 0x0f, SLIDE1DOWN, none, 0)			\
	RV_VF_VF(V, X, VFSLIDE1UP, "vfslide1up", 0x0e, FSLIDE1UP, none, 0)			\
	RV_VF_VF(V, X, VFSLIDE1DOWN, "vfslide1down", 0x0f, FSLIDE1DOWN, none, 0)		\
	RV_VI_VV(V, X, VRGATHER, "vrgather", 0x0c, GATHER, none, 0)				\
	RV_VI_VX(V, X, VRGATHER, "vrgather", 0x0c, GATHER_ONE, none, 0)				\
	RV_VI_VU(V, X, VRGATHER, "vrgather", 0x0c, GATHER_ONE, none, 0)				\
	RV_VI_VV(V, X, VRGATHEREI16, "vrgatherei16", 0x0e, GATHER16, none, 0)			\
	V(X, VCOMPRESS_VM, "vcompress.vm", RV_V_VM, RV_V_OP(2, 0x17) | RV_V_UNMASKED, VVV, \
	  COMPRESS, none, 0)
#define RV_VEC_MOVE_WHOLE(V, X, n)								\
	V(X, VMV##n##R_V, "vmv" #n "r.v", 0xfe0ff07f,						\
	  RV_V_OP(3, 0x27) | RV_V_UNMASKED | (n - 1) << 15, VV, MOVE_WHOLE, none, 0)

#define RV_VEC_FLOAT_ROWS(V, X)									\
	RV_VF_BOTH(V, X, VFADD, "vfadd", 0x00, FSAME, fadd, RV_COST_FP)				\
	RV_VF_BOTH(V, X, VFSUB, "vfsub", 0x02, FSAME, fsub, RV_COST_FP)				\
	RV_VF_VF(V, X, VFRSUB, "vfrsub", 0x27, FSAME, frsub, RV_COST_FP)			\
	RV_VF_BOTH(V, X, VFMIN, "vfmin", 0x04, FSAME, fmin, 0)					\
	RV_VF_BOTH(V, X, VFMAX, "vfmax", 0x06, FSAME, fmax, 0)					\
	RV_VF_BOTH(V, X, VFSGNJ, "vfsgnj", 0x08, FSAME, fsgnj, 0)				\
	RV_VF_BOTH(V, X, VFSGNJN, "vfsgnjn", 0x09, FSAME, fsgnjn, 0)				\
	RV_VF_BOTH(V, X, VFSGNJX, "vfsgnjx", 0x0a, FSAME, fsgnjx, 0)				\
	V(X, VFMERGE_VFM, "vfmerge.vfm", RV_V_VM, RV_V_OP(5, 0x17), VVF, FMERGE, fmerge, 0)	\
	V(X, VFMV_V_F, "vfmv.v.f", 0xfff0707f, RV_V_OP(5, 0x17) | RV_V_UNMASKED, V_F, FSAME, fcopy, 0) \
	RV_VF_BOTH(V, X, VMFEQ, "vmfeq", 0x18, FCOMPARE, feq, 0)				\
	RV_VF_BOTH(V, X, VMFLE, "vmfle", 0x19, FCOMPARE, fle, 0)				\
	RV_VF_BOTH(V, X, VMFLT, "vmflt", 0x1b, FCOMPARE, flt, 0)				\
	RV_VF_BOTH(V, X, VMFNE, "vmfne", 0x1c, FCOMPARE, fne, 0)				\
	RV_VF_VF(V, X, VMFGT, "vmfgt", 0x1d, FCOMPARE, fgt, 0)					\
	RV_VF_VF(V, X, VMFGE, "vmfge", 0x1f, FCOMPARE, fge, 0)					\
	RV_VF_BOTH(V, X, VFDIV, "vfdiv", 0x20, FSAME, fdiv, RV_COST_FDIV)			\
	RV_VF_VF(V, X, VFRDIV, "vfrdiv", 0x21, FSAME, frdiv, RV_COST_FDIV)			\
	RV_VF_BOTH(V, X, VFMUL, "vfmul", 0x24, FSAME, fmul, RV_COST_FP)				\
	RV_VF_BOTH(V, X, VFMADD, "vfmadd", 0x28, FMULADD, fmadd, RV_COST_FP)			\
	RV_VF_BOTH(V, X, VFNMADD, "vfnmadd", 0x29, FMULADD, fnmadd, RV_COST_FP)			\
	RV_VF_BOTH(V, X, VFMSUB, "vfmsub", 0x2a, FMULADD, fmsub, RV_COST_FP)			\
	RV_VF_BOTH(V, X, VFNMSUB, "vfnmsub", 0x2b, FMULADD, fnmsub, RV_COST_FP)			\
	RV_VF_BOTH(V, X, VFMACC, "vfmacc", 0x2c, FMULADD, fmacc, RV_COST_FP)			\
	RV_VF_BOTH(V, X, VFNMACC, "vfnmacc", 0x2d, FMULADD, fnmacc, RV_COST_FP)			\
	RV_VF_BOTH(V, X, VFMSAC, "vfmsac", 0x2e, FMULADD, fmsac, RV_COST_FP)			\
	RV_VF_BOTH(V, X, VFNMSAC, "vfnmsac", 0x2f, FMULADD, fnmsac, RV_COST_FP)			\
	RV_VF_BOTH(V, X, VFWADD, "vfwadd", 0x30, FWIDE, fwadd, RV_COST_FP)			\
	RV_VF_BOTH(V, X, VFWSUB, "vfwsub", 0x32, FWIDE, fwsub, RV_COST_FP)			\
	V(X, VFWADD_WV, "vfwadd.wv", RV_V_ANY, RV_V_OP(1, 0x34), VVV, FWIDE_W, fwadd_w, RV_COST_FP) \
	V(X, VFWADD_WF, "vfwadd.wf", RV_V_ANY, RV_V_OP(5, 0x34), VVF, FWIDE_W, fwadd_w, RV_COST_FP) \
	V(X, VFWSUB_WV, "vfwsub.wv", RV_V_ANY, RV_V_OP(1, 0x36), VVV, FWIDE_W, fwsub_w, RV_COST_FP) \
	V(X, VFWSUB_WF, "vfwsub.wf", RV_V_ANY, RV_V_OP(5, 0x36), VVF, FWIDE_W, fwsub_w, RV_COST_FP) \
	RV_VF_BOTH(V, X, VFWMUL, "vfwmul", 0x38, FWIDE, fwmul, RV_COST_FP)			\
	RV_VF_BOTH(V, X, VFWMACC, "vfwmacc", 0x3c, FWIDE_ADD, fwmacc, RV_COST_FP)		\
	RV_VF_BOTH(V, X, VFWNMACC, "vfwnmacc", 0x3d, FWIDE_ADD, fwnmacc, RV_COST_FP)		\
	RV_VF_BOTH(V, X, VFWMSAC, "vfwmsac", 0x3e, FWIDE_ADD, fwmsac, RV_COST_FP)		\
	RV_VF_BOTH(V, X, VFWNMSAC, "vfwnmsac", 0x3f, FWIDE_ADD, fwnmsac, RV_COST_FP)		\
	RV_VF_UNARY(V, X, VFSQRT_V, "vfsqrt.v", 0, fsqrt, RV_COST_FDIV)				\
	RV_VF_UNARY(V, X, VFRSQRT7_V, "vfrsqrt7.v", 4, frsqrt7, 0)				\
	RV_VF_UNARY(V, X, VFREC7_V, "vfrec7.v", 5, frec7, 0)					\
	RV_VF_UNARY(V, X, VFCLASS_V, "vfclass.v", 16, fclass, 0)				\
	RV_VF_CVT(V, X, VFCVT_XU_F_V, "vfcvt.xu.f.v", 0, FSAME, fcvt_xu_f)			\
	RV_VF_CVT(V, X, VFCVT_X_F_V, "vfcvt.x.f.v", 1, FSAME, fcvt_x_f)				\
	RV_VF_CVT(V, X, VFCVT_F_XU_V, "vfcvt.f.xu.v", 2, FSAME, fcvt_f_xu)			\
	RV_VF_CVT(V, X, VFCVT_F_X_V, "vfcvt.f.x.v", 3, FSAME, fcvt_f_x)				\
	RV_VF_CVT(V, X, VFCVT_RTZ_XU_F_V, "vfcvt.rtz.xu.f.v", 6, FSAME, fcvt_rtz_xu_f)		\
	RV_VF_CVT(V, X, VFCVT_RTZ_X_F_V, "vfcvt.rtz.x.f.v", 7, FSAME, fcvt_rtz_x_f)		\
	RV_VF_CVT(V, X, VFWCVT_XU_F_V, "vfwcvt.xu.f.v", 8, FWIDE, fwcvt_xu_f)			\
	RV_VF_CVT(V, X, VFWCVT_X_F_V, "vfwcvt.x.f.v", 9, FWIDE, fwcvt_x_f)			\
	RV_VF_CVT(V, X, VFWCVT_F_XU_V, "vfwcvt.f.xu.v", 10, FWIDE, fwcvt_f_xu)			\
	RV_VF_CVT(V, X, VFWCVT_F_X_V, "vfwcvt.f.x.v", 11, FWIDE, fwcvt_f_x)			\
	RV_VF_CVT(V, X, VFWCVT_F_F_V, "vfwcvt.f.f.v", 12, FWIDE, fwcvt_f_f)			\
	RV_VF_CVT(V, X, VFWCVT_RTZ_XU_F_V, "vfwcvt.rtz.xu.f.v", 14, FWIDE, fwcvt_rtz_xu_f)	\
	RV_VF_CVT(V, X, VFWCVT_RTZ_X_F_V, "vfwcvt.rtz.x.f.v", 15, FWIDE, fwcvt_rtz_x_f)		\
	RV_VF_CVT(V, X, VFNCVT_XU_F_W, "vfncvt.xu.f.w", 16, FNARROW, fncvt_xu_f)		\
	RV_VF_CVT(V, X, VFNCVT_X_F_W, "vfncvt.x.f.w", 17, FNARROW, fncvt_x_f)			\
	RV_VF_CVT(V, X, VFNCVT_F_XU_W, "vfncvt.f.xu.w", 18, FNARROW, fncvt_f_xu)		\
	RV_VF_CVT(V, X, VFNCVT_F_X_W, "vfncvt.f.x.w", 19, FNARROW, fncvt_f_x)			\
	RV_VF_CVT(V, X, VFNCVT_F_F_W, "vfncvt.f.f.w", 20, FNARROW, fncvt_f_f)			\
	RV_VF_CVT(V, X, VFNCVT_ROD_F_F_W, "vfncvt.rod.f.f.w", 21, FNARROW, fncvt_rod_f_f)	\
	RV_VF_CVT(V, X, VFNCVT_RTZ_XU_F_W, "vfncvt.rtz.xu.f.w", 22, FNARROW, fncvt_rtz_xu_f)	\
	RV_VF_CVT(V, X, VFNCVT_RTZ_X_F_W, "vfncvt.rtz.x.f.w", 23, FNARROW, fncvt_rtz_x_f)	\
	RV_VF_RED(V, X, VFREDUSUM, "vfredusum", 0x01, FRED, fredsum)				\
	RV_VF_RED(V, X, VFREDOSUM, "vfredosum", 0x03, FRED, fredsum)				\
	RV_VF_RED(V, X, VFREDMIN, "vfredmin", 0x05, FRED, fredmin)				\
	RV_VF_RED(V, X, VFREDMAX, "vfredmax", 0x07, FRED, fredmax)				\
	RV_VF_RED(V, X, VFWREDUSUM, "vfwredusum", 0x31, FWRED, fwredsum)			\
	RV_VF_RED(V, X, VFWREDOSUM, "vfwredosum", 0x33, FWRED, fwredsum)

/*
 * Memory. Width in funct3: 0, 5, 6, 7 for elements of 8, 16, 32, 64 bits. The rows without "seg"
 * are those of one field and come first; segments match the same bits but for nf.
 */
#define RV_V_WIDTH(bits)	((bits) == 8 ? 0u : (bits) == 16 ? 5u : (bits) == 32 ? 6u : 7u)
#define RV_V_MEM(op, bits, mop)	((op) | RV_V_WIDTH(bits) << 12 | (uint32_t)(mop) << 26)
#define RV_VL			0x07u
#define RV_VS			0x27u

#define RV_VEC_MEM_WIDTH(V, X, b)								\
	V(X, VLE##b, "vle" #b ".v", \
	  0xfdf0707f, RV_V_MEM(RV_VL, b, 0), VL, MEM_UNIT, none, RV_COST_LOAD) \
	V(X, VLE##b##FF, "vle" #b "ff.v", \
	  0xfdf0707f, RV_V_MEM(RV_VL, b, 0) | 16 << 20, VL, MEM_FF, none, RV_COST_LOAD) \
	V(X, VLSE##b, "vlse" #b ".v", \
	  0xfc00707f, RV_V_MEM(RV_VL, b, 2), VLS, MEM_STRIDE, none, RV_COST_LOAD) \
	V(X, VLUXEI##b, "vluxei" #b ".v", \
	  0xfc00707f, RV_V_MEM(RV_VL, b, 1), VLX, MEM_INDEX, none, RV_COST_LOAD) \
	V(X, VLOXEI##b, "vloxei" #b ".v", \
	  0xfc00707f, RV_V_MEM(RV_VL, b, 3), VLX, MEM_INDEX, none, RV_COST_LOAD) \
	V(X, VSE##b, "vse" #b ".v", 0xfdf0707f, RV_V_MEM(RV_VS, b, 0), VL, MEM_UNIT, none, 0)	\
	V(X, VSSE##b, "vsse" #b ".v", 0xfc00707f, RV_V_MEM(RV_VS, b, 2), VLS, MEM_STRIDE, none, 0) \
	V(X, VSUXEI##b, "vsuxei" #b ".v", \
	  0xfc00707f, RV_V_MEM(RV_VS, b, 1), VLX, MEM_INDEX, none, 0) \
	V(X, VSOXEI##b, "vsoxei" #b ".v", \
	  0xfc00707f, RV_V_MEM(RV_VS, b, 3), VLX, MEM_INDEX, none, 0) \
	V(X, VL1RE##b, "vl1re" #b ".v", \
	  0xfff0707f, RV_V_WHOLE(RV_VL, b, 1), VL, MEM_WHOLE, none, RV_COST_LOAD) \
	V(X, VL2RE##b, "vl2re" #b ".v", \
	  0xfff0707f, RV_V_WHOLE(RV_VL, b, 2), VL, MEM_WHOLE, none, RV_COST_LOAD) \
	V(X, VL4RE##b, "vl4re" #b ".v", \
	  0xfff0707f, RV_V_WHOLE(RV_VL, b, 4), VL, MEM_WHOLE, none, RV_COST_LOAD) \
	V(X, VL8RE##b, "vl8re" #b ".v", \
	  0xfff0707f, RV_V_WHOLE(RV_VL, b, 8), VL, MEM_WHOLE, none, RV_COST_LOAD)
#define RV_VEC_SEG_WIDTH(V, X, b)								\
	V(X, VLSEGE##b, "vlseg%ue" #b ".v", \
	  0x1df0707f, RV_V_MEM(RV_VL, b, 0), VL, MEM_UNIT, none, RV_COST_LOAD) \
	V(X, VLSEGE##b##FF, "vlseg%ue" #b "ff.v", \
	  0x1df0707f, RV_V_MEM(RV_VL, b, 0) | 16 << 20, VL, MEM_FF, none, RV_COST_LOAD) \
	V(X, VLSSEGE##b, "vlsseg%ue" #b ".v", \
	  0x1c00707f, RV_V_MEM(RV_VL, b, 2), VLS, MEM_STRIDE, none, RV_COST_LOAD) \
	V(X, VLUXSEGEI##b, "vluxseg%uei" #b ".v", \
	  0x1c00707f, RV_V_MEM(RV_VL, b, 1), VLX, MEM_INDEX, none, RV_COST_LOAD) \
	V(X, VLOXSEGEI##b, "vloxseg%uei" #b ".v", \
	  0x1c00707f, RV_V_MEM(RV_VL, b, 3), VLX, MEM_INDEX, none, RV_COST_LOAD) \
	V(X, VSSEGE##b, "vsseg%ue" #b ".v", \
	  0x1df0707f, RV_V_MEM(RV_VS, b, 0), VL, MEM_UNIT, none, 0) \
	V(X, VSSSEGE##b, "vssseg%ue" #b ".v", \
	  0x1c00707f, RV_V_MEM(RV_VS, b, 2), VLS, MEM_STRIDE, none, 0) \
	V(X, VSUXSEGEI##b, "vsuxseg%uei" #b ".v", \
	  0x1c00707f, RV_V_MEM(RV_VS, b, 1), VLX, MEM_INDEX, none, 0) \
	V(X, VSOXSEGEI##b, "vsoxseg%uei" #b ".v", \
	  0x1c00707f, RV_V_MEM(RV_VS, b, 3), VLX, MEM_INDEX, none, 0)
#define RV_V_WHOLE(op, bits, n)	(RV_V_MEM(op, bits, 0) | 8 << 20 | RV_V_UNMASKED | (n - 1u) << 29)

#define RV_VEC_MEM_ROWS(V, X)									\
	V(X, VLM, "vlm.v", 0xfff0707f, 0x02b00007, VL, MEM_MASK, none, RV_COST_LOAD)		\
	V(X, VSM, "vsm.v", 0xfff0707f, 0x02b00027, VL, MEM_MASK, none, 0)			\
	V(X, VS1R, "vs1r.v", 0xfff0707f, RV_V_WHOLE(RV_VS, 8, 1), VL, MEM_WHOLE, none, 0)	\
	V(X, VS2R, "vs2r.v", 0xfff0707f, RV_V_WHOLE(RV_VS, 8, 2), VL, MEM_WHOLE, none, 0)	\
	V(X, VS4R, "vs4r.v", 0xfff0707f, RV_V_WHOLE(RV_VS, 8, 4), VL, MEM_WHOLE, none, 0)	\
	V(X, VS8R, "vs8r.v", 0xfff0707f, RV_V_WHOLE(RV_VS, 8, 8), VL, MEM_WHOLE, none, 0)	\
	RV_VEC_MEM_WIDTH(V, X, 8) RV_VEC_MEM_WIDTH(V, X, 16)					\
	RV_VEC_MEM_WIDTH(V, X, 32) RV_VEC_MEM_WIDTH(V, X, 64)					\
	RV_VEC_SEG_WIDTH(V, X, 8) RV_VEC_SEG_WIDTH(V, X, 16)					\
	RV_VEC_SEG_WIDTH(V, X, 32) RV_VEC_SEG_WIDTH(V, X, 64)

#define RV_VEC_ROWS(V, X)									\
	RV_VEC_CONFIG_ROWS(V, X) RV_VEC_INT_ROWS(V, X) RV_VEC_FIXED_ROWS(V, X)			\
	RV_VEC_RED_ROWS(V, X) RV_VEC_MASK_ROWS(V, X) RV_VEC_PERM_ROWS(V, X)			\
	RV_VEC_FLOAT_ROWS(V, X) RV_VEC_MEM_ROWS(V, X)

/* The same as rows of RV_INSN_LIST. Each ends its block: what it costs is known when it has run. */
#define RV_VEC_TO_INSN(X, name, text, mask, match, format, shape, kernel, cost) \
	X(name, text, mask, match, format, cost, 1)
#define RV_VEC_LIST(X) RV_VEC_ROWS(RV_VEC_TO_INSN, X)

#endif /* MTIA_RV_INSN_VEC_H */
