/* SPDX-License-Identifier: MIT */
/*
 * Rows of F, D and Zfh for RV_INSN_LIST (rv_insn.h): three formats, one macro.
 * RV_FP_FORMAT: S, s: suffix; fmt: bits 26..25; M, m: suffix of moves
 * to and from integer registers.
 */
#ifndef MTIA_RV_INSN_FP_H
#define MTIA_RV_INSN_FP_H

#define RV_FP_FORMAT(X, S, s, fmt, M, m)							\
	X(FMADD_##S,	"fmadd." s,	0x0600007f, 0x00000043 | (fmt) << 25, F4,	RV_COST_FP, 0)	\
	X(FMSUB_##S,	"fmsub." s,	0x0600007f, 0x00000047 | (fmt) << 25, F4,	RV_COST_FP, 0)	\
	X(FNMSUB_##S,	"fnmsub." s,	0x0600007f, 0x0000004b | (fmt) << 25, F4,	RV_COST_FP, 0)	\
	X(FNMADD_##S,	"fnmadd." s,	0x0600007f, 0x0000004f | (fmt) << 25, F4,	RV_COST_FP, 0)	\
	X(FADD_##S,	"fadd." s,	0xfe00007f, 0x00000053 | (fmt) << 25, F2RM,	RV_COST_FP, 0)	\
	X(FSUB_##S,	"fsub." s,	0xfe00007f, 0x08000053 | (fmt) << 25, F2RM,	RV_COST_FP, 0)	\
	X(FMUL_##S,	"fmul." s,	0xfe00007f, 0x10000053 | (fmt) << 25, F2RM,	RV_COST_FP, 0)	\
	X(FDIV_##S,	"fdiv." s,	0xfe00007f, 0x18000053 | (fmt) << 25, F2RM,	RV_COST_FDIV, 0) \
	X(FSQRT_##S,	"fsqrt." s,	0xfff0007f, 0x58000053 | (fmt) << 25, F1RM,	RV_COST_FDIV, 0) \
	X(FSGNJ_##S,	"fsgnj." s,	0xfe00707f, 0x20000053 | (fmt) << 25, F2,	0, 0)		\
	X(FSGNJN_##S,	"fsgnjn." s,	0xfe00707f, 0x20001053 | (fmt) << 25, F2,	0, 0)		\
	X(FSGNJX_##S,	"fsgnjx." s,	0xfe00707f, 0x20002053 | (fmt) << 25, F2,	0, 0)		\
	X(FMIN_##S,	"fmin." s,	0xfe00707f, 0x28000053 | (fmt) << 25, F2,	0, 0)		\
	X(FMAX_##S,	"fmax." s,	0xfe00707f, 0x28001053 | (fmt) << 25, F2,	0, 0)		\
	X(FLE_##S,	"fle." s,	0xfe00707f, 0xa0000053 | (fmt) << 25, XF2,	0, 0)		\
	X(FLT_##S,	"flt." s,	0xfe00707f, 0xa0001053 | (fmt) << 25, XF2,	0, 0)		\
	X(FEQ_##S,	"feq." s,	0xfe00707f, 0xa0002053 | (fmt) << 25, XF2,	0, 0)		\
	X(FCLASS_##S,	"fclass." s,	0xfff0707f, 0xe0001053 | (fmt) << 25, XF,	0, 0)		\
	X(FMV_X_##M,	"fmv.x." m,	0xfff0707f, 0xe0000053 | (fmt) << 25, XF,	0, 0)		\
	X(FMV_##M##_X,	"fmv." m ".x",	0xfff0707f, 0xf0000053 | (fmt) << 25, FX,	0, 0)		\
	X(FCVT_W_##S,	"fcvt.w." s,	0xfff0007f, 0xc0000053 | (fmt) << 25, XFRM,	RV_COST_FP, 0)	\
	X(FCVT_WU_##S,	"fcvt.wu." s,	0xfff0007f, 0xc0100053 | (fmt) << 25, XFRM,	RV_COST_FP, 0)	\
	X(FCVT_L_##S,	"fcvt.l." s,	0xfff0007f, 0xc0200053 | (fmt) << 25, XFRM,	RV_COST_FP, 0)	\
	X(FCVT_LU_##S,	"fcvt.lu." s,	0xfff0007f, 0xc0300053 | (fmt) << 25, XFRM,	RV_COST_FP, 0)	\
	X(FCVT_##S##_W,	"fcvt." s ".w",	0xfff0007f, 0xd0000053 | (fmt) << 25, FXRM,	RV_COST_FP, 0)	\
	X(FCVT_##S##_WU, "fcvt." s ".wu", 0xfff0007f, 0xd0100053 | (fmt) << 25, FXRM,	RV_COST_FP, 0)	\
	X(FCVT_##S##_L,	"fcvt." s ".l",	0xfff0007f, 0xd0200053 | (fmt) << 25, FXRM,	RV_COST_FP, 0)	\
	X(FCVT_##S##_LU, "fcvt." s ".lu", 0xfff0007f, 0xd0300053 | (fmt) << 25, FXRM,	RV_COST_FP, 0)

/* Everything that exists in 4 bytes only. */
#define RV_FP_LIST(X)										\
	RV_FP_FORMAT(X, S, "s", 0, W, "w")							\
	RV_FP_FORMAT(X, D, "d", 1, D, "d")							\
	RV_FP_FORMAT(X, H, "h", 2, H, "h")							\
	X(FCVT_S_D,	"fcvt.s.d",	0xfff0007f, 0x40100053, F1RM,	RV_COST_FP, 0)		\
	X(FCVT_D_S,	"fcvt.d.s",	0xfff0007f, 0x42000053, F1RM,	RV_COST_FP, 0)		\
	X(FCVT_S_H,	"fcvt.s.h",	0xfff0007f, 0x40200053, F1RM,	RV_COST_FP, 0)		\
	X(FCVT_H_S,	"fcvt.h.s",	0xfff0007f, 0x44000053, F1RM,	RV_COST_FP, 0)		\
	X(FCVT_D_H,	"fcvt.d.h",	0xfff0007f, 0x42200053, F1RM,	RV_COST_FP, 0)		\
	X(FCVT_H_D,	"fcvt.h.d",	0xfff0007f, 0x44100053, F1RM,	RV_COST_FP, 0)

/* Loads and stores, which have compressed forms. */
#define RV_FP_MEMORY_LIST(X)									\
	X(FLH,		"flh",		0x0000707f, 0x00001007, FL,	RV_COST_LOAD, 0)	\
	X(FLW,		"flw",		0x0000707f, 0x00002007, FL,	RV_COST_LOAD, 0)	\
	X(FLD,		"fld",		0x0000707f, 0x00003007, FL,	RV_COST_LOAD, 0)	\
	X(FSH,		"fsh",		0x0000707f, 0x00001027, FS,	0, 0)			\
	X(FSW,		"fsw",		0x0000707f, 0x00002027, FS,	0, 0)			\
	X(FSD,		"fsd",		0x0000707f, 0x00003027, FS,	0, 0)

#endif /* MTIA_RV_INSN_FP_H */
