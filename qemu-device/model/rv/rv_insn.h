/* SPDX-License-Identifier: MIT */
/*
 * The instruction lists. One row an instruction; enum, decoder table, disassembler and the tests'
 * coverage all come from these rows.
 *
 * RV_INSN_LIST: X(name, text, mask, match, format, cost, ends); RV_BASE_LIST are the rows whose
 * handlers exist for both lengths, as compressed instructions can stand for them.
 *	cost: cycles on top of RV_COST_BASE; ends: nothing after it belongs to the same block.
 */
#ifndef MTIA_RV_INSN_H
#define MTIA_RV_INSN_H

#include "rv.h"
#include "rv_insn_fp.h"
#include "rv_insn_vec.h"

#define RV_BASE_LIST(X)									\
	RV_FP_MEMORY_LIST(X)								\
	/* RV64I */									\
	X(LUI,		"lui",		0x0000007f, 0x00000037, U,	0, 0)		\
	X(AUIPC,	"auipc",	0x0000007f, 0x00000017, U,	0, 0)		\
	X(JAL,		"jal",		0x0000007f, 0x0000006f, J,	RV_COST_TAKEN, 1)	\
	X(JALR,		"jalr",		0x0000707f, 0x00000067, JR,	RV_COST_TAKEN, 1)	\
	X(BEQ,		"beq",		0x0000707f, 0x00000063, B,	0, 1)		\
	X(BNE,		"bne",		0x0000707f, 0x00001063, B,	0, 1)		\
	X(BLT,		"blt",		0x0000707f, 0x00004063, B,	0, 1)		\
	X(BGE,		"bge",		0x0000707f, 0x00005063, B,	0, 1)		\
	X(BLTU,		"bltu",		0x0000707f, 0x00006063, B,	0, 1)		\
	X(BGEU,		"bgeu",		0x0000707f, 0x00007063, B,	0, 1)		\
	X(LB,		"lb",		0x0000707f, 0x00000003, L,	RV_COST_LOAD, 0)	\
	X(LH,		"lh",		0x0000707f, 0x00001003, L,	RV_COST_LOAD, 0)	\
	X(LW,		"lw",		0x0000707f, 0x00002003, L,	RV_COST_LOAD, 0)	\
	X(LD,		"ld",		0x0000707f, 0x00003003, L,	RV_COST_LOAD, 0)	\
	X(LBU,		"lbu",		0x0000707f, 0x00004003, L,	RV_COST_LOAD, 0)	\
	X(LHU,		"lhu",		0x0000707f, 0x00005003, L,	RV_COST_LOAD, 0)	\
	X(LWU,		"lwu",		0x0000707f, 0x00006003, L,	RV_COST_LOAD, 0)	\
	X(SB,		"sb",		0x0000707f, 0x00000023, S,	0, 0)		\
	X(SH,		"sh",		0x0000707f, 0x00001023, S,	0, 0)		\
	X(SW,		"sw",		0x0000707f, 0x00002023, S,	0, 0)		\
	X(SD,		"sd",		0x0000707f, 0x00003023, S,	0, 0)		\
	X(ADDI,		"addi",		0x0000707f, 0x00000013, I,	0, 0)		\
	X(SLTI,		"slti",		0x0000707f, 0x00002013, I,	0, 0)		\
	X(SLTIU,	"sltiu",	0x0000707f, 0x00003013, I,	0, 0)		\
	X(XORI,		"xori",		0x0000707f, 0x00004013, I,	0, 0)		\
	X(ORI,		"ori",		0x0000707f, 0x00006013, I,	0, 0)		\
	X(ANDI,		"andi",		0x0000707f, 0x00007013, I,	0, 0)		\
	X(SLLI,		"slli",		0xfc00707f, 0x00001013, SH6,	0, 0)		\
	X(SRLI,		"srli",		0xfc00707f, 0x00005013, SH6,	0, 0)		\
	X(SRAI,		"srai",		0xfc00707f, 0x40005013, SH6,	0, 0)		\
	X(ADDIW,	"addiw",	0x0000707f, 0x0000001b, I,	0, 0)		\
	X(SLLIW,	"slliw",	0xfe00707f, 0x0000101b, SH5,	0, 0)		\
	X(SRLIW,	"srliw",	0xfe00707f, 0x0000501b, SH5,	0, 0)		\
	X(SRAIW,	"sraiw",	0xfe00707f, 0x4000501b, SH5,	0, 0)		\
	X(ADD,		"add",		0xfe00707f, 0x00000033, R,	0, 0)		\
	X(SUB,		"sub",		0xfe00707f, 0x40000033, R,	0, 0)		\
	X(SLL,		"sll",		0xfe00707f, 0x00001033, R,	0, 0)		\
	X(SLT,		"slt",		0xfe00707f, 0x00002033, R,	0, 0)		\
	X(SLTU,		"sltu",		0xfe00707f, 0x00003033, R,	0, 0)		\
	X(XOR,		"xor",		0xfe00707f, 0x00004033, R,	0, 0)		\
	X(SRL,		"srl",		0xfe00707f, 0x00005033, R,	0, 0)		\
	X(SRA,		"sra",		0xfe00707f, 0x40005033, R,	0, 0)		\
	X(OR,		"or",		0xfe00707f, 0x00006033, R,	0, 0)		\
	X(AND,		"and",		0xfe00707f, 0x00007033, R,	0, 0)		\
	/* M, 64-bit */									\
	X(MUL,		"mul",		0xfe00707f, 0x02000033, R,	RV_COST_MUL, 0)	\
	X(MULH,		"mulh",		0xfe00707f, 0x02001033, R,	RV_COST_MUL, 0)	\
	X(MULHSU,	"mulhsu",	0xfe00707f, 0x02002033, R,	RV_COST_MUL, 0)	\
	X(MULHU,	"mulhu",	0xfe00707f, 0x02003033, R,	RV_COST_MUL, 0)	\
	X(DIV,		"div",		0xfe00707f, 0x02004033, R,	RV_COST_DIV, 0)	\
	X(DIVU,		"divu",		0xfe00707f, 0x02005033, R,	RV_COST_DIV, 0)	\
	X(REM,		"rem",		0xfe00707f, 0x02006033, R,	RV_COST_DIV, 0)	\
	X(REMU,		"remu",		0xfe00707f, 0x02007033, R,	RV_COST_DIV, 0)	\
	X(ADDW,		"addw",		0xfe00707f, 0x0000003b, R,	0, 0)		\
	X(SUBW,		"subw",		0xfe00707f, 0x4000003b, R,	0, 0)		\
	X(SLLW,		"sllw",		0xfe00707f, 0x0000103b, R,	0, 0)		\
	X(SRLW,		"srlw",		0xfe00707f, 0x0000503b, R,	0, 0)		\
	X(SRAW,		"sraw",		0xfe00707f, 0x4000503b, R,	0, 0)		\
	/* M, 32-bit */									\
	X(MULW,		"mulw",		0xfe00707f, 0x0200003b, R,	RV_COST_MUL, 0)	\
	X(DIVW,		"divw",		0xfe00707f, 0x0200403b, R,	RV_COST_DIV, 0)	\
	X(DIVUW,	"divuw",	0xfe00707f, 0x0200503b, R,	RV_COST_DIV, 0)	\
	X(REMW,		"remw",		0xfe00707f, 0x0200603b, R,	RV_COST_DIV, 0)	\
	X(REMUW,	"remuw",	0xfe00707f, 0x0200703b, R,	RV_COST_DIV, 0)	\
	/* memory order: the hart is in order, so fence itself does nothing */		\
	X(FENCE,	"fence",	0x0000707f, 0x0000000f, NONE,	0, 0)		\
	X(FENCE_I,	"fence.i",	0x0000707f, 0x0000100f, NONE,	0, 1)		\
	/* system */									\
	X(ECALL,	"ecall",	0xffffffff, 0x00000073, NONE,	0, 1)		\
	X(EBREAK,	"ebreak",	0xffffffff, 0x00100073, NONE,	0, 1)		\
	X(MRET,		"mret",		0xffffffff, 0x30200073, NONE,	RV_COST_TAKEN, 1)	\
	X(WFI,		"wfi",		0xffffffff, 0x10500073, NONE,	0, 1)		\
	X(CSRRW,	"csrrw",	0x0000707f, 0x00001073, CSR,	0, 0)		\
	X(CSRRS,	"csrrs",	0x0000707f, 0x00002073, CSR,	0, 0)		\
	X(CSRRC,	"csrrc",	0x0000707f, 0x00003073, CSR,	0, 0)		\
	X(CSRRWI,	"csrrwi",	0x0000707f, 0x00005073, CSRI,	0, 0)		\
	X(CSRRSI,	"csrrsi",	0x0000707f, 0x00006073, CSRI,	0, 0)		\
	X(CSRRCI,	"csrrci",	0x0000707f, 0x00007073, CSRI,	0, 0)		\
	/* A; aq and rl change nothing on an in-order hart */				\
	X(LR_W,		"lr.w",		0xf9f0707f, 0x1000202f, LR,	RV_COST_LOAD, 0)	\
	X(SC_W,		"sc.w",		0xf800707f, 0x1800202f, AMO,	RV_COST_AMO, 0)	\
	X(AMOSWAP_W,	"amoswap.w",	0xf800707f, 0x0800202f, AMO,	RV_COST_AMO, 0)	\
	X(AMOADD_W,	"amoadd.w",	0xf800707f, 0x0000202f, AMO,	RV_COST_AMO, 0)	\
	X(AMOXOR_W,	"amoxor.w",	0xf800707f, 0x2000202f, AMO,	RV_COST_AMO, 0)	\
	X(AMOAND_W,	"amoand.w",	0xf800707f, 0x6000202f, AMO,	RV_COST_AMO, 0)	\
	X(AMOOR_W,	"amoor.w",	0xf800707f, 0x4000202f, AMO,	RV_COST_AMO, 0)	\
	X(AMOMIN_W,	"amomin.w",	0xf800707f, 0x8000202f, AMO,	RV_COST_AMO, 0)	\
	X(AMOMAX_W,	"amomax.w",	0xf800707f, 0xa000202f, AMO,	RV_COST_AMO, 0)	\
	X(AMOMINU_W,	"amominu.w",	0xf800707f, 0xc000202f, AMO,	RV_COST_AMO, 0)	\
	X(AMOMAXU_W,	"amomaxu.w",	0xf800707f, 0xe000202f, AMO,	RV_COST_AMO, 0)	\
	X(LR_D,		"lr.d",		0xf9f0707f, 0x1000302f, LR,	RV_COST_LOAD, 0)	\
	X(SC_D,		"sc.d",		0xf800707f, 0x1800302f, AMO,	RV_COST_AMO, 0)	\
	X(AMOSWAP_D,	"amoswap.d",	0xf800707f, 0x0800302f, AMO,	RV_COST_AMO, 0)	\
	X(AMOADD_D,	"amoadd.d",	0xf800707f, 0x0000302f, AMO,	RV_COST_AMO, 0)	\
	X(AMOXOR_D,	"amoxor.d",	0xf800707f, 0x2000302f, AMO,	RV_COST_AMO, 0)	\
	X(AMOAND_D,	"amoand.d",	0xf800707f, 0x6000302f, AMO,	RV_COST_AMO, 0)	\
	X(AMOOR_D,	"amoor.d",	0xf800707f, 0x4000302f, AMO,	RV_COST_AMO, 0)	\
	X(AMOMIN_D,	"amomin.d",	0xf800707f, 0x8000302f, AMO,	RV_COST_AMO, 0)	\
	X(AMOMAX_D,	"amomax.d",	0xf800707f, 0xa000302f, AMO,	RV_COST_AMO, 0)	\
	X(AMOMINU_D,	"amominu.d",	0xf800707f, 0xc000302f, AMO,	RV_COST_AMO, 0)	\
	X(AMOMAXU_D,	"amomaxu.d",	0xf800707f, 0xe000302f, AMO,	RV_COST_AMO, 0)	\
	/* the PE's own: see uapi/mtia/pe.h */						\
	X(CUSTOM0,	"custom0",	0x0000007f, 0x0000000b, CUST,	0, 0)

#define RV_INSN_LIST(X) RV_BASE_LIST(X) RV_FP_LIST(X) RV_VEC_LIST(X)

/*
 * Compressed instructions of RV64GC. The first matching row counts.
 * X(name, mask, match, nonzero, format, base)
 *	nonzero: bits of which one must be set (0: no condition); format: how operands lie, and what
 *	they become; base: the 32-bit instruction without operands.
 */
#define RV_CINSN_LIST(X)								\
	X(C_ADDI4SPN,	0xe003, 0x0000, 0x1fe0, CIW,	0x00000013)			\
	X(C_FLD,	0xe003, 0x2000, 0,	CL_D,	0x00003007)			\
	X(C_LW,		0xe003, 0x4000, 0,	CL_W,	0x00002003)			\
	X(C_LD,		0xe003, 0x6000, 0,	CL_D,	0x00003003)			\
	X(C_FSD,	0xe003, 0xa000, 0,	CS_D,	0x00003027)			\
	X(C_SW,		0xe003, 0xc000, 0,	CS_W,	0x00002023)			\
	X(C_SD,		0xe003, 0xe000, 0,	CS_D,	0x00003023)			\
	X(C_NOP,	0xef83, 0x0001, 0,	CI,	0x00000013)			\
	X(C_ADDI,	0xe003, 0x0001, 0,	CI,	0x00000013)			\
	X(C_ADDIW,	0xe003, 0x2001, 0x0f80, CI,	0x0000001b)			\
	X(C_LI,		0xe003, 0x4001, 0,	CLI,	0x00000013)			\
	X(C_ADDI16SP,	0xef83, 0x6101, 0x107c, CI16,	0x00000013)			\
	X(C_LUI,	0xe003, 0x6001, 0x107c, CLUI,	0x00000037)			\
	X(C_SRLI,	0xec03, 0x8001, 0,	CBSH,	0x00005013)			\
	X(C_SRAI,	0xec03, 0x8401, 0,	CBSH,	0x40005013)			\
	X(C_ANDI,	0xec03, 0x8801, 0,	CBI,	0x00007013)			\
	X(C_SUB,	0xfc63, 0x8c01, 0,	CA,	0x40000033)			\
	X(C_XOR,	0xfc63, 0x8c21, 0,	CA,	0x00004033)			\
	X(C_OR,		0xfc63, 0x8c41, 0,	CA,	0x00006033)			\
	X(C_AND,	0xfc63, 0x8c61, 0,	CA,	0x00007033)			\
	X(C_SUBW,	0xfc63, 0x9c01, 0,	CA,	0x4000003b)			\
	X(C_ADDW,	0xfc63, 0x9c21, 0,	CA,	0x0000003b)			\
	X(C_J,		0xe003, 0xa001, 0,	CJ,	0x0000006f)			\
	X(C_BEQZ,	0xe003, 0xc001, 0,	CB,	0x00000063)			\
	X(C_BNEZ,	0xe003, 0xe001, 0,	CB,	0x00001063)			\
	X(C_SLLI,	0xe003, 0x0002, 0,	CSLLI,	0x00001013)			\
	X(C_FLDSP,	0xe003, 0x2002, 0,	CI_LD,	0x00003007)			\
	X(C_LWSP,	0xe003, 0x4002, 0x0f80, CI_LW,	0x00002003)			\
	X(C_LDSP,	0xe003, 0x6002, 0x0f80, CI_LD,	0x00003003)			\
	X(C_JR,		0xf07f, 0x8002, 0x0f80, CJR,	0x00000067)			\
	X(C_MV,		0xf003, 0x8002, 0x007c, CMV,	0x00000033)			\
	X(C_EBREAK,	0xffff, 0x9002, 0,	CNONE,	0x00100073)			\
	X(C_JALR,	0xf07f, 0x9002, 0x0f80, CJR,	0x000000e7)			\
	X(C_ADD,	0xf003, 0x9002, 0x007c, CR,	0x00000033)			\
	X(C_FSDSP,	0xe003, 0xa002, 0,	CSS_D,	0x00003027)			\
	X(C_SWSP,	0xe003, 0xc002, 0,	CSS_W,	0x00002023)			\
	X(C_SDSP,	0xe003, 0xe002, 0,	CSS_D,	0x00003023)

enum rv_op {
#define X(name, text, mask, match, format, cost, ends)	RV_OP_##name,
	RV_INSN_LIST(X)
#undef X
	RV_NR_INSNS,
	RV_OP_UNKNOWN = RV_NR_INSNS,
	RV_VEC_FIRST = RV_OP_VSETVLI,	/* to the end: the vector unit's */
};

enum rv_cop {
#define X(name, mask, match, nonzero, format, base)	RV_##name,
	RV_CINSN_LIST(X)
#undef X
	RV_NR_CINSNS,
	RV_COP_UNKNOWN = RV_NR_CINSNS,
};

enum rv_format {
	RV_FMT_R, RV_FMT_I, RV_FMT_SH6, RV_FMT_SH5, RV_FMT_L, RV_FMT_S, RV_FMT_B, RV_FMT_U,
	RV_FMT_J,
	RV_FMT_JR, RV_FMT_LR, RV_FMT_AMO, RV_FMT_CSR, RV_FMT_CSRI, RV_FMT_CUST, RV_FMT_NONE,
	/*
	 * Floating point. FL: load, FS: store, F4: fused. Else the letters are the register files,
	 * destination first (F2, F1: F alone), 2: two sources, RM: with a rounding mode.
	 */
	RV_FMT_FL, RV_FMT_FS, RV_FMT_F4, RV_FMT_F2RM, RV_FMT_F1RM, RV_FMT_F2, RV_FMT_XF2, RV_FMT_XF,
	RV_FMT_FX, RV_FMT_XFRM, RV_FMT_FXRM,
	/*
	 * Vector. V, then the sources: vs2 if there are two, then V vs1, X, F registers, I signed
	 * and U unsigned immediate; V_*: only the last; X_V: to an X register. L: memory, S with a
	 * stride, X with indices.
	 */
	RV_FMT_VSETVLI, RV_FMT_VSETIVLI, RV_FMT_VSETVL, RV_FMT_VVV, RV_FMT_VVX, RV_FMT_VVI,
	RV_FMT_VVU, RV_FMT_VVF, RV_FMT_VV, RV_FMT_V_, RV_FMT_V_V, RV_FMT_V_X, RV_FMT_V_I,
	RV_FMT_V_F, RV_FMT_X_V, RV_FMT_F_V, RV_FMT_VL, RV_FMT_VLS, RV_FMT_VLX,
};

struct rv_insn_info {
	const char *text;
	uint32_t mask, match;
	uint8_t format;		/* enum rv_format */
	uint8_t cost;		/* whole cost, RV_COST_BASE included */
	bool ends;
};

extern const struct rv_insn_info rv_insns[RV_NR_INSNS];

/* Which instruction a 32-bit encoding is; RV_OP_UNKNOWN if none of the list. */
enum rv_op rv_lookup(uint32_t insn);

/* Which compressed instruction; RV_COP_UNKNOWN if none. Name as the row says ("C_ADDI"). */
enum rv_cop rv_lookup_c(uint16_t insn);
const char *rv_cop_name(enum rv_cop cop);

/* The 32-bit instruction that a compressed one stands for; 0 (which is illegal) if it is none. */
uint32_t rv_expand_c(uint16_t insn);

/* Length in bytes from the first halfword. */
static inline unsigned int rv_insn_len(uint32_t insn)
{
	return (insn & 3) == 3 ? 4 : 2;
}

static inline unsigned int rv_field(uint32_t insn, unsigned int lsb, unsigned int width)
{
	return (insn >> lsb) & ((1u << width) - 1);
}

static inline int32_t rv_sext(uint32_t v, unsigned int width)
{
	uint32_t sign = 1u << (width - 1);

	return (int32_t)((v ^ sign) - sign);
}

static inline unsigned int rv_rd(uint32_t insn)
{
	return rv_field(insn, 7, 5);
}

static inline unsigned int rv_rs1(uint32_t insn)
{
	return rv_field(insn, 15, 5);
}

static inline unsigned int rv_rs2(uint32_t insn)
{
	return rv_field(insn, 20, 5);
}

static inline unsigned int rv_rs3(uint32_t insn)
{
	return rv_field(insn, 27, 5);
}

/* Fields of a vector load or store, less one; and whether an instruction is not masked. */
static inline unsigned int rv_nf(uint32_t insn)
{
	return rv_field(insn, 29, 3);
}

static inline bool rv_vm(uint32_t insn)
{
	return rv_field(insn, 25, 1);
}

/* Rounding mode of floating-point instructions that have one. */
static inline unsigned int rv_rm_field(uint32_t insn)
{
	return rv_field(insn, 12, 3);
}

static inline int32_t rv_imm_i(uint32_t insn)
{
	return rv_sext(insn >> 20, 12);
}

static inline int32_t rv_imm_s(uint32_t insn)
{
	return rv_sext(rv_field(insn, 25, 7) << 5 | rv_field(insn, 7, 5), 12);
}

static inline int32_t rv_imm_b(uint32_t insn)
{
	return rv_sext(rv_field(insn, 31, 1) << 12 | rv_field(insn, 7, 1) << 11 |
		       rv_field(insn, 25, 6) << 5 | rv_field(insn, 8, 4) << 1, 13);
}

static inline int32_t rv_imm_j(uint32_t insn)
{
	return rv_sext(rv_field(insn, 31, 1) << 20 | rv_field(insn, 12, 8) << 12 |
		       rv_field(insn, 20, 1) << 11 | rv_field(insn, 21, 10) << 1, 21);
}

#endif /* MTIA_RV_INSN_H */
