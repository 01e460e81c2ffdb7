// SPDX-License-Identifier: MIT
/* Text of one instruction, in the assembler's syntax without aliases. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "rv_insn.h"

static const char *const xname[32] = {
	"zero", "ra", "sp", "gp", "tp", "t0", "t1", "t2", "s0", "s1", "a0", "a1", "a2", "a3", "a4",
	"a5", "a6", "a7", "s2", "s3", "s4", "s5", "s6", "s7", "s8", "s9", "s10", "s11", "t3", "t4",
	"t5", "t6",
};

static const char *const fname[32] = {
	"ft0", "ft1", "ft2", "ft3", "ft4", "ft5", "ft6", "ft7", "fs0", "fs1", "fa0", "fa1", "fa2",
	"fa3", "fa4", "fa5", "fa6", "fa7", "fs2", "fs3", "fs4", "fs5", "fs6", "fs7", "fs8", "fs9",
	"fs10", "fs11", "ft8", "ft9", "ft10", "ft11",
};

/* Floating point: operands as the format has them, the rounding mode unless it is frm's. */
static void disasm_fp(char *buf, size_t n, uint32_t insn, const struct rv_insn_info *info)
{
	static const char *const mode[8] = {
		",rne", ",rtz", ",rdn", ",rup", ",rmm", "", "", "",
	};
	const char *fd = fname[rv_rd(insn)], *f1 = fname[rv_rs1(insn)], *f2 = fname[rv_rs2(insn)];
	const char *xd = xname[rv_rd(insn)], *x1 = xname[rv_rs1(insn)], *t = info->text;
	const char *rm = mode[rv_rm_field(insn)];

	switch ((enum rv_format)info->format) {
	case RV_FMT_FL:
		snprintf(buf, n, "%s %s,%" PRId32 "(%s)", t, fd, rv_imm_i(insn), x1);
		break;
	case RV_FMT_FS:
		snprintf(buf, n, "%s %s,%" PRId32 "(%s)", t, f2, rv_imm_s(insn), x1);
		break;
	case RV_FMT_F4:
		snprintf(buf, n, "%s %s,%s,%s,%s%s", t, fd, f1, f2, fname[rv_rs3(insn)], rm);
		break;
	case RV_FMT_F2RM:
		snprintf(buf, n, "%s %s,%s,%s%s", t, fd, f1, f2, rm);
		break;
	case RV_FMT_F1RM:
		snprintf(buf, n, "%s %s,%s%s", t, fd, f1, rm);
		break;
	case RV_FMT_F2:
		snprintf(buf, n, "%s %s,%s,%s", t, fd, f1, f2);
		break;
	case RV_FMT_XF2:
		snprintf(buf, n, "%s %s,%s,%s", t, xd, f1, f2);
		break;
	case RV_FMT_XF:
		snprintf(buf, n, "%s %s,%s", t, xd, f1);
		break;
	case RV_FMT_FX:
		snprintf(buf, n, "%s %s,%s", t, fd, x1);
		break;
	case RV_FMT_XFRM:
		snprintf(buf, n, "%s %s,%s%s", t, xd, f1, rm);
		break;
	default:
		snprintf(buf, n, "%s %s,%s%s", t, fd, x1, rm);
		break;
	}
}

/* Vector: the mask comes last, a carry in as well. */
static void disasm_vec(char *buf, size_t n, uint32_t insn, const struct rv_insn_info *info)
{
	static const char *const lmul[8] = { "m1", "m2", "m4", "m8", "?", "mf8", "mf4", "mf2" };
	unsigned int vd = rv_rd(insn), vs1 = rv_rs1(insn), vs2 = rv_rs2(insn), vtype;
	const char *x1 = xname[vs1], *f1 = fname[vs1], *mask = rv_vm(insn) ? "" : ",v0.t";
	char t[24];

	snprintf(t, sizeof(t), info->text, rv_nf(insn) + 1);
	switch ((enum rv_format)info->format) {
	case RV_FMT_VSETVLI:
	case RV_FMT_VSETIVLI:
		vtype = rv_field(insn, 20, info->format == RV_FMT_VSETVLI ? 11 : 10);
		snprintf(buf, n, "%s %s,", t, xname[vd]);
		if (info->format == RV_FMT_VSETVLI)
			snprintf(buf + strlen(buf), n - strlen(buf), "%s", x1);
		else
			snprintf(buf + strlen(buf), n - strlen(buf), "%u", vs1);
		if (vtype > 0xff || vtype >> 3 & 4 || (vtype & 7) == 4)
			snprintf(buf + strlen(buf), n - strlen(buf), ",0x%x", vtype);
		else
			snprintf(buf + strlen(buf), n - strlen(buf), ",e%u,%s,%s,%s",
				 8u << (vtype >> 3 & 3), lmul[vtype & 7],
				 vtype & 0x40 ? "ta" : "tu", vtype & 0x80 ? "ma" : "mu");
		break;
	case RV_FMT_VSETVL:
		snprintf(buf, n, "%s %s,%s,%s", t, xname[vd], x1, xname[vs2]);
		break;
	case RV_FMT_VVV:
		snprintf(buf, n, "%s v%u,v%u,v%u%s", t, vd, vs2, vs1, mask);
		break;
	case RV_FMT_VVX:
		snprintf(buf, n, "%s v%u,v%u,%s%s", t, vd, vs2, x1, mask);
		break;
	case RV_FMT_VVI:
		snprintf(buf, n, "%s v%u,v%u,%" PRId32 "%s", t, vd, vs2, rv_sext(vs1, 5), mask);
		break;
	case RV_FMT_VVU:
		snprintf(buf, n, "%s v%u,v%u,%u%s", t, vd, vs2, vs1, mask);
		break;
	case RV_FMT_VVF:
		snprintf(buf, n, "%s v%u,v%u,%s%s", t, vd, vs2, f1, mask);
		break;
	case RV_FMT_VV:
		snprintf(buf, n, "%s v%u,v%u%s", t, vd, vs2, mask);
		break;
	case RV_FMT_V_:
		snprintf(buf, n, "%s v%u%s", t, vd, mask);
		break;
	case RV_FMT_V_V:
		snprintf(buf, n, "%s v%u,v%u", t, vd, vs1);
		break;
	case RV_FMT_V_X:
		snprintf(buf, n, "%s v%u,%s", t, vd, x1);
		break;
	case RV_FMT_V_I:
		snprintf(buf, n, "%s v%u,%" PRId32, t, vd, rv_sext(vs1, 5));
		break;
	case RV_FMT_V_F:
		snprintf(buf, n, "%s v%u,%s", t, vd, f1);
		break;
	case RV_FMT_X_V:
		snprintf(buf, n, "%s %s,v%u%s", t, xname[vd], vs2, mask);
		break;
	case RV_FMT_F_V:
		snprintf(buf, n, "%s %s,v%u", t, fname[vd], vs2);
		break;
	case RV_FMT_VLS:
		snprintf(buf, n, "%s v%u,(%s),%s%s", t, vd, x1, xname[vs2], mask);
		break;
	case RV_FMT_VLX:
		snprintf(buf, n, "%s v%u,(%s),v%u%s", t, vd, x1, vs2, mask);
		break;
	default:
		snprintf(buf, n, "%s v%u,(%s)%s", t, vd, x1, mask);
		break;
	}
}

int rv_disasm(char *buf, size_t n, uint32_t insn, uint64_t pc)
{
	static const char *const order[4] = { "", ".rl", ".aq", ".aqrl" };
	unsigned int len = rv_insn_len(insn);
	uint32_t raw = len == 4 ? insn : (insn & 0xffff);
	const struct rv_insn_info *info;
	const char *rd, *rs1, *rs2, *t;
	enum rv_op op;

	insn = len == 4 ? insn : rv_expand_c(raw);
	op = rv_lookup(insn);
	if (op == RV_OP_UNKNOWN) {
		snprintf(buf, n, ".insn 0x%0*" PRIx32, len == 4 ? 8 : 4, raw);
		return len;
	}
	info = &rv_insns[op];
	t = info->text;
	rd = xname[rv_rd(insn)];
	rs1 = xname[rv_rs1(insn)];
	rs2 = xname[rv_rs2(insn)];
	switch ((enum rv_format)info->format) {
	case RV_FMT_R:
		snprintf(buf, n, "%s %s,%s,%s", t, rd, rs1, rs2);
		break;
	case RV_FMT_I:
		snprintf(buf, n, "%s %s,%s,%" PRId32, t, rd, rs1, rv_imm_i(insn));
		break;
	case RV_FMT_SH6:
		snprintf(buf, n, "%s %s,%s,0x%x", t, rd, rs1, rv_field(insn, 20, 6));
		break;
	case RV_FMT_SH5:
		snprintf(buf, n, "%s %s,%s,0x%x", t, rd, rs1, rv_field(insn, 20, 5));
		break;
	case RV_FMT_L:
	case RV_FMT_JR:
		snprintf(buf, n, "%s %s,%" PRId32 "(%s)", t, rd, rv_imm_i(insn), rs1);
		break;
	case RV_FMT_S:
		snprintf(buf, n, "%s %s,%" PRId32 "(%s)", t, rs2, rv_imm_s(insn), rs1);
		break;
	case RV_FMT_B:
		snprintf(buf, n, "%s %s,%s,0x%" PRIx64, t, rs1, rs2, pc + (int64_t)rv_imm_b(insn));
		break;
	case RV_FMT_U:
		snprintf(buf, n, "%s %s,0x%x", t, rd, rv_field(insn, 12, 20));
		break;
	case RV_FMT_J:
		snprintf(buf, n, "%s %s,0x%" PRIx64, t, rd, pc + (int64_t)rv_imm_j(insn));
		break;
	case RV_FMT_LR:
		snprintf(buf, n, "%s%s %s,(%s)", t, order[rv_field(insn, 25, 2)], rd, rs1);
		break;
	case RV_FMT_AMO:
		snprintf(buf, n, "%s%s %s,%s,(%s)", t, order[rv_field(insn, 25, 2)], rd, rs2, rs1);
		break;
	case RV_FMT_CSR:
		snprintf(buf, n, "%s %s,0x%x,%s", t, rd, insn >> 20, rs1);
		break;
	case RV_FMT_CSRI:
		snprintf(buf, n, "%s %s,0x%x,%u", t, rd, insn >> 20, rv_rs1(insn));
		break;
	case RV_FMT_CUST:
		snprintf(buf, n, ".insn r 0x0b, %u, %u, %s, %s, %s", rv_field(insn, 12, 3),
			 insn >> 25, rd, rs1, rs2);
		break;
	case RV_FMT_NONE:
		snprintf(buf, n, "%s", t);
		break;
	default:
		if (op >= RV_VEC_FIRST)
			disasm_vec(buf, n, insn, info);
		else
			disasm_fp(buf, n, insn, info);
		break;
	}
	return len;
}
