// SPDX-License-Identifier: MIT
/* Fields of SE's element-wise and lookup commands and their limits. */
#include "cp_decode.h"

#define PER (MTIA_F_PER_ROW | MTIA_F_PER_COL)

static bool two_sources(uint32_t op)
{
	return op == MTIA_OP_SE_ADD || op == MTIA_OP_SE_MUL || op == MTIA_OP_SE_MAX;
}

void se_elementwise_decode(struct pe_cmd *cmd, const uint64_t *csr, uint64_t rs1, uint64_t rs2)
{
	cmd->rows = (uint32_t)rs1;
	cmd->slot = 0;
	if (cmd->op == MTIA_OP_SE_LOOKUP) {
		cmd->rows = (uint32_t)rs1 & 0xffffff;
		cmd->slot = (uint8_t)(rs1 >> 24);
	}
	cmd->cols = (uint32_t)(rs1 >> 32);
	cmd->cbd = sat8(rs2);
	cmd->offd = sat32(CSR(OFFD));
	cmd->cb0 = sat8(CSR(CB0));
	cmd->off0 = sat32(CSR(OFF0));
	if (two_sources(cmd->op) || (cmd->flags & PER)) {
		cmd->cb1 = sat8(CSR(CB1));
		cmd->off1 = sat32(CSR(OFF1));
	}
	cmd->stride_cb = sat32(CSR(STRIDE_CB));
	cmd->stride0 = sat32(CSR(STRIDE0));
	cmd->stride1 = two_sources(cmd->op) ? sat32(CSR(STRIDE1)) : 0;
	for (uint32_t i = 0; i < 3; i++)
		cmd->imm[i] = (uint32_t)csr[MTIA_CSR_IMM0 - MTIA_CSR_CB0 + i];
}

static bool is_float(uint32_t type)
{
	return type == MTIA_TYPE_F16 || type == MTIA_TYPE_BF16 || type == MTIA_TYPE_F32;
}

static bool types_ok(const struct pe_cmd *cmd)
{
	uint32_t t0 = cmd_type0(cmd), t1 = cmd_type1(cmd), td = cmd_typed(cmd);

	switch (cmd->op) {
	case MTIA_OP_SE_CONVERT:
		if (t0 > MTIA_TYPE_S32 || td > MTIA_TYPE_S32)
			return false;
		return td != MTIA_TYPE_I8 || t0 == MTIA_TYPE_I8 || t0 == MTIA_TYPE_S32;
	case MTIA_OP_SE_QUANT:
		return is_float(t0) && td == MTIA_TYPE_I8;
	case MTIA_OP_SE_DEQUANT8:
		return t0 == MTIA_TYPE_I8 && is_float(td);
	case MTIA_OP_SE_RELU:
		return is_float(t0) && td == t0;
	case MTIA_OP_SE_LOOKUP:
		return (t0 == MTIA_TYPE_F16 || t0 == MTIA_TYPE_I8) &&
		       (td == MTIA_TYPE_F32 || td == MTIA_TYPE_I8);
	default:
		return (is_float(t0) || t0 == MTIA_TYPE_S32) && t1 == t0 && td == t0;
	}
}

/* QUANT's scalars: the limits of REQUANT. */
static bool quant_ok(const struct pe_cmd *cmd)
{
	int32_t zp = (int32_t)cmd->imm[1];
	int16_t lo = (int16_t)cmd->imm[2], hi = (int16_t)(cmd->imm[2] >> 16);

	return lo >= -128 && hi <= 255 && lo <= hi &&
	       ((cmd->flags & PER) ||
		(zp >= -MTIA_SE_MAX_ZERO_POINT && zp <= MTIA_SE_MAX_ZERO_POINT));
}

enum mtia_pe_field se_elementwise_check(const struct mtia_pe *pe, struct pe_cmd *cmd)
{
	uint32_t row0, row1, rowd;

	(void)pe;
	if ((cmd->flags & PER) == PER ||
	    ((cmd->flags & MTIA_F_RELU) && cmd_typed(cmd) == MTIA_TYPE_S32))
		return MTIA_FIELD_FLAGS;
	if (cmd->off0 > LS_SIZE)
		return MTIA_FIELD_OFF0;
	if (cmd->cb1 != PE_NO_CB && cmd->off1 > LS_SIZE)
		return MTIA_FIELD_OFF1;
	if (cmd->offd > LS_SIZE)
		return MTIA_FIELD_OFFD;
	if (cmd->rows < 1 || cmd->rows > MTIA_SE_MAX_SUMS)
		return MTIA_FIELD_ROWS;
	if (cmd->cols < 1 || cmd->cols > MTIA_SE_MAX_D)
		return MTIA_FIELD_D;
	if (cmd->slot >= MTIA_SE_LUTS)
		return MTIA_FIELD_SLOT;
	if (!types_ok(cmd))
		return MTIA_FIELD_TYPE;
	row0 = cmd->cols * type_bytes(cmd_type0(cmd));
	row1 = cmd->cols * type_bytes(cmd_type1(cmd));
	rowd = cmd->cols * type_bytes(cmd_typed(cmd));
	if (!stride_ok(&cmd->stride_cb, rowd))
		return MTIA_FIELD_STRIDE_CB;
	if (!stride_ok(&cmd->stride0, row0))
		return MTIA_FIELD_STRIDE0;
	if (two_sources(cmd->op) && !stride_ok(&cmd->stride1, row1))
		return MTIA_FIELD_STRIDE1;
	if (cmd->op == MTIA_OP_SE_QUANT && !quant_ok(cmd))
		return MTIA_FIELD_IMM;

	cmd->need0 = extent(cmd->off0, cmd->rows, cmd->stride0, row0);
	cp_use(cmd, USE_READ, 1u << cmd->cb0);
	if (cmd->cb1 != PE_NO_CB) {
		if (cmd->flags & PER)
			cmd->need1 = extent(cmd->off1, 1, 0,
					    (uint32_t)sizeof(struct mtia_se_quant) *
						    (cmd->flags & MTIA_F_PER_ROW ? cmd->rows :
										   cmd->cols));
		else
			cmd->need1 = extent(cmd->off1, cmd->flags & MTIA_F_BCAST1 ? 1 : cmd->rows,
					    cmd->stride1, row1);
		cp_use(cmd, USE_READ, 1u << cmd->cb1);
	}
	cmd->needd = extent(cmd->offd, cmd->rows, cmd->stride_cb, rowd);
	cp_use(cmd, USE_WRITE, 1u << cmd->cbd);
	if (cmd->op == MTIA_OP_SE_LOOKUP)
		cp_use(cmd, USE_BANK, 0x100u << cmd->slot);
	return 0;
}

void se_lut_load_decode(struct pe_cmd *cmd, const uint64_t *csr, uint64_t rs1, uint64_t rs2)
{
	(void)rs2;
	cmd->slot = sat8(rs1);
	cmd->cb0 = sat8(CSR(CB0));
	cmd->off0 = sat32(CSR(OFF0));
}

enum mtia_pe_field se_lut_load_check(const struct mtia_pe *pe, struct pe_cmd *cmd)
{
	(void)pe;
	if (cmd->slot >= MTIA_SE_LUTS)
		return MTIA_FIELD_SLOT;
	if (cmd->off0 > LS_SIZE)
		return MTIA_FIELD_OFF0;
	/* Of the header: it tells how much follows, see se_lut_ready(). */
	cmd->need0 = extent(cmd->off0, 1, 0, sizeof(struct mtia_se_lut));
	cp_use(cmd, USE_READ, 1u << cmd->cb0);
	cp_use(cmd, USE_BANK, 0x400u << cmd->slot);
	return 0;
}
