// SPDX-License-Identifier: MIT
/* Decoder table of 32-bit instructions, and the expansion of compressed ones. */
#include "rv_fp.h"
#include "rv_insn.h"

const struct rv_insn_info rv_insns[RV_NR_INSNS] = {
#define X(name, text, mask, match, format, cost, ends) \
	[RV_OP_##name] = { text, mask, match, RV_FMT_##format, RV_COST_BASE + (cost), ends },
	RV_INSN_LIST(X)
#undef X
};

/* Rounding modes 5 and 6 are reserved where there is one. */
static bool rounding_exists(uint32_t insn, enum rv_format format)
{
	unsigned int rm = rv_rm_field(insn);

	switch (format) {
	case RV_FMT_F4:
	case RV_FMT_F2RM:
	case RV_FMT_F1RM:
	case RV_FMT_FXRM:
	case RV_FMT_XFRM:
		return rm <= RV_RM_RMM || rm == RV_RM_DYN;
	default:
		return true;
	}
}

enum rv_op rv_lookup(uint32_t insn)
{
	unsigned int i;

	for (i = 0; i < RV_NR_INSNS; i++)
		if ((insn & rv_insns[i].mask) == rv_insns[i].match)
			return rounding_exists(insn, rv_insns[i].format) ? i : RV_OP_UNKNOWN;
	return RV_OP_UNKNOWN;
}

enum rv_cformat {
	CIW, CL_W, CL_D, CS_W, CS_D, CI, CLI, CI16, CLUI, CBSH, CBI, CA, CJ, CB, CSLLI, CI_LW,
	CI_LD,
	CJR, CMV, CNONE, CR, CSS_W, CSS_D,
};

static const struct {
	const char *name;
	uint16_t mask, match, nonzero;
	uint8_t format;
	uint32_t base;
} cinsns[RV_NR_CINSNS] = {
#define X(name, mask, match, nonzero, format, base) \
	[RV_##name] = { #name, mask, match, nonzero, format, base },
	RV_CINSN_LIST(X)
#undef X
};

enum rv_cop rv_lookup_c(uint16_t insn)
{
	unsigned int i;

	for (i = 0; i < RV_NR_CINSNS; i++)
		if ((insn & cinsns[i].mask) == cinsns[i].match &&
		    (!cinsns[i].nonzero || (insn & cinsns[i].nonzero)))
			break;
	return i;
}

const char *rv_cop_name(enum rv_cop cop)
{
	return cop < RV_NR_CINSNS ? cinsns[cop].name : "?";
}

static uint32_t enc_r(uint32_t base, unsigned int rd, unsigned int rs1, unsigned int rs2)
{
	return base | rd << 7 | rs1 << 15 | rs2 << 20;
}

static uint32_t enc_i(uint32_t base, unsigned int rd, unsigned int rs1, int32_t imm)
{
	return base | rd << 7 | rs1 << 15 | (uint32_t)imm << 20;
}

static uint32_t enc_s(uint32_t base, unsigned int rs1, unsigned int rs2, uint32_t imm)
{
	return base | (imm & 0x1f) << 7 | rs1 << 15 | rs2 << 20 | (imm >> 5 & 0x7f) << 25;
}

static uint32_t enc_b(uint32_t base, unsigned int rs1, int32_t imm)
{
	uint32_t u = imm;

	return base | (u >> 11 & 1) << 7 | (u >> 1 & 0xf) << 8 | rs1 << 15 |
	       (u >> 5 & 0x3f) << 25 | (u >> 12 & 1) << 31;
}

static uint32_t enc_j(uint32_t base, int32_t imm)
{
	uint32_t u = imm;

	return base | (u >> 12 & 0xff) << 12 | (u >> 11 & 1) << 20 | (u >> 1 & 0x3ff) << 21 |
	       (u >> 20 & 1) << 31;
}

uint32_t rv_expand_c(uint16_t insn)
{
	enum rv_cop cop = rv_lookup_c(insn);
	uint32_t c = insn, base;
	unsigned int rd, rs2, rdp, rs1p;
	int32_t imm6;

	if (cop == RV_COP_UNKNOWN)
		return 0;
	base = cinsns[cop].base;
	rd = rv_field(c, 7, 5);			/* also rs1 of CI, CR */
	rs2 = rv_field(c, 2, 5);
	rdp = 8 + rv_field(c, 2, 3);		/* rd' or rs2', x8..x15 */
	rs1p = 8 + rv_field(c, 7, 3);
	imm6 = rv_sext(rv_field(c, 12, 1) << 5 | rs2, 6);

	switch ((enum rv_cformat)cinsns[cop].format) {
	case CIW:
		return enc_i(base, rdp, 2, rv_field(c, 7, 4) << 6 | rv_field(c, 11, 2) << 4 |
					   rv_field(c, 5, 1) << 3 | rv_field(c, 6, 1) << 2);
	case CL_W:
		return enc_i(base, rdp, rs1p, rv_field(c, 5, 1) << 6 | rv_field(c, 10, 3) << 3 |
					      rv_field(c, 6, 1) << 2);
	case CL_D:
		return enc_i(base, rdp, rs1p, rv_field(c, 5, 2) << 6 | rv_field(c, 10, 3) << 3);
	case CS_W:
		return enc_s(base, rs1p, rdp, rv_field(c, 5, 1) << 6 | rv_field(c, 10, 3) << 3 |
					      rv_field(c, 6, 1) << 2);
	case CS_D:
		return enc_s(base, rs1p, rdp, rv_field(c, 5, 2) << 6 | rv_field(c, 10, 3) << 3);
	case CI:
		return enc_i(base, rd, rd, imm6);
	case CLI:
		return enc_i(base, rd, 0, imm6);
	case CI16:
		return enc_i(base, 2, 2, rv_sext(rv_field(c, 12, 1) << 9 | rv_field(c, 3, 2) << 7 |
						 rv_field(c, 5, 1) << 6 | rv_field(c, 2, 1) << 5 |
						 rv_field(c, 6, 1) << 4, 10));
	case CLUI:
		return base | rd << 7 | (uint32_t)imm6 << 12;
	case CBSH:
		return enc_i(base, rs1p, rs1p, imm6 & 0x3f);
	case CBI:
		return enc_i(base, rs1p, rs1p, imm6);
	case CA:
		return enc_r(base, rs1p, rs1p, rdp);
	case CJ:
		return enc_j(base, rv_sext(rv_field(c, 12, 1) << 11 | rv_field(c, 8, 1) << 10 |
					   rv_field(c, 9, 2) << 8 | rv_field(c, 6, 1) << 7 |
					   rv_field(c, 7, 1) << 6 | rv_field(c, 2, 1) << 5 |
					   rv_field(c, 11, 1) << 4 | rv_field(c, 3, 3) << 1, 12));
	case CB:
		return enc_b(base, rs1p, rv_sext(rv_field(c, 12, 1) << 8 | rv_field(c, 5, 2) << 6 |
						 rv_field(c, 2, 1) << 5 | rv_field(c, 10, 2) << 3 |
						 rv_field(c, 3, 2) << 1, 9));
	case CSLLI:
		return enc_i(base, rd, rd, imm6 & 0x3f);
	case CI_LW:
		return enc_i(base, rd, 2, rv_field(c, 2, 2) << 6 | rv_field(c, 12, 1) << 5 |
					  rv_field(c, 4, 3) << 2);
	case CI_LD:
		return enc_i(base, rd, 2, rv_field(c, 2, 3) << 6 | rv_field(c, 12, 1) << 5 |
					  rv_field(c, 5, 2) << 3);
	case CJR:
		return base | rd << 15;
	case CMV:
		return enc_r(base, rd, 0, rs2);
	case CR:
		return enc_r(base, rd, rd, rs2);
	case CNONE:
		return base;
	case CSS_W:
		return enc_s(base, 2, rs2, rv_field(c, 7, 2) << 6 | rv_field(c, 9, 4) << 2);
	case CSS_D:
		return enc_s(base, 2, rs2, rv_field(c, 7, 3) << 6 | rv_field(c, 10, 3) << 3);
	}
	return 0;
}
