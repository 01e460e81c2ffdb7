// SPDX-License-Identifier: MIT
/* Fields of SE's commands and their limits. */
#include "cp_decode.h"

/* ---- On an accumulator bank ------------------------------------------------------------------ */

void se_bank_decode(struct pe_cmd *cmd, const uint64_t *csr, uint64_t rs1, uint64_t rs2)
{
	re_store_decode(cmd, csr, rs1, rs2);
	cmd->cb0 = sat8(CSR(CB0));
	cmd->off0 = sat32(CSR(OFF0));
	if (cmd->flags & MTIA_F_ROWSUM) {
		cmd->cb1 = sat8(CSR(CB1));
		cmd->off1 = sat32(CSR(OFF1));
	}
	cmd->imm[0] = (uint32_t)CSR(IMM0);
	cmd->imm[1] = (uint32_t)CSR(IMM1);
	cmd->imm[2] = (uint32_t)CSR(IMM2);
}

static bool clamp_ok(const struct pe_cmd *cmd)
{
	int32_t zp = (int32_t)cmd->imm[0], lo = (int32_t)cmd->imm[1], hi = (int32_t)cmd->imm[2];

	return zp >= -MTIA_SE_MAX_ZERO_POINT && zp <= MTIA_SE_MAX_ZERO_POINT && lo >= -128 &&
	       hi <= 255 && lo <= hi;
}

enum mtia_pe_field se_bank_check(const struct mtia_pe *pe, struct pe_cmd *cmd)
{
	bool requant = cmd->op == MTIA_OP_SE_REQUANT;
	uint32_t per = cmd->flags & (MTIA_F_PER_ROW | MTIA_F_PER_TENSOR);
	uint32_t type = cmd_typed(cmd), element, params;

	(void)pe;
	if (per == (MTIA_F_PER_ROW | MTIA_F_PER_TENSOR))
		return MTIA_FIELD_FLAGS;
	if (cmd->bank >= MTIA_RE_BANKS)
		return MTIA_FIELD_BANK;
	if (cmd->off0 > LS_SIZE)
		return MTIA_FIELD_OFF0;
	if (cmd->cb1 != PE_NO_CB && cmd->off1 > LS_SIZE)
		return MTIA_FIELD_OFF1;
	if (cmd->offd > LS_SIZE)
		return MTIA_FIELD_OFFD;
	if (!tile_size(cmd->m))
		return MTIA_FIELD_M;
	if (!tile_size(cmd->n))
		return MTIA_FIELD_N;
	if (type > MTIA_TYPE_BF16)
		return MTIA_FIELD_TYPE;
	element = requant ? 1 : type ? type_bytes(type) : 4;
	if (!stride_ok(&cmd->stride_cb, element * cmd->n) || !aligned(cmd->stride_cb, element))
		return MTIA_FIELD_STRIDE_CB;
	if (requant && !clamp_ok(cmd))
		return MTIA_FIELD_IMM;
	cmd->needd = extent(cmd->offd, cmd->m, cmd->stride_cb, element * cmd->n);
	cp_use(cmd, USE_WRITE, 1u << cmd->cbd);
	cp_use(cmd, USE_BANK, 0x10u << cmd->bank);
	if (cmd->flags & MTIA_F_ROWSUM) {
		cmd->need1 = extent(cmd->off1, 1, 0, 4 * cmd->m);
		cp_use(cmd, USE_READ, 1u << cmd->cb1);
	}
	params = per == MTIA_F_PER_TENSOR ? 1 : per ? cmd->m : cmd->n;
	cmd->need0 = extent(cmd->off0, 1, 0, params * (uint32_t)sizeof(struct mtia_se_col));
	cp_use(cmd, USE_READ, 1u << cmd->cb0);
	return 0;
}

/* A bank of FP32: MTIA_OP_SE_BANK. */
void se_float_bank_decode(struct pe_cmd *cmd, const uint64_t *csr, uint64_t rs1, uint64_t rs2)
{
	re_store_decode(cmd, csr, rs1, rs2);
	cmd->imm[0] = (uint32_t)CSR(IMM0);
	cmd->imm[1] = (uint32_t)CSR(IMM1);
	cmd->imm[2] = (uint32_t)CSR(IMM2);
}

enum mtia_pe_field se_float_bank_check(const struct mtia_pe *pe, struct pe_cmd *cmd)
{
	bool quant = cmd->flags & MTIA_F_QUANT;
	uint32_t type = cmd_typed(cmd), element;
	int32_t zp = (int32_t)cmd->imm[1];
	int16_t lo = (int16_t)cmd->imm[2], hi = (int16_t)(cmd->imm[2] >> 16);

	(void)pe;
	if (cmd->bank >= MTIA_RE_BANKS)
		return MTIA_FIELD_BANK;
	if (cmd->offd > LS_SIZE)
		return MTIA_FIELD_OFFD;
	if (!tile_size(cmd->m))
		return MTIA_FIELD_M;
	if (!tile_size(cmd->n))
		return MTIA_FIELD_N;
	if (quant ? type : type > MTIA_TYPE_F32)
		return MTIA_FIELD_TYPE;
	element = quant || type ? type_bytes(type) : 4;
	if (!stride_ok(&cmd->stride_cb, element * cmd->n) || !aligned(cmd->stride_cb, element))
		return MTIA_FIELD_STRIDE_CB;
	if (quant && (zp < -MTIA_SE_MAX_ZERO_POINT || zp > MTIA_SE_MAX_ZERO_POINT || lo < -128 ||
		      hi > 255 || lo > hi))
		return MTIA_FIELD_IMM;
	cmd->needd = extent(cmd->offd, cmd->m, cmd->stride_cb, element * cmd->n);
	cp_use(cmd, USE_WRITE, 1u << cmd->cbd);
	cp_use(cmd, USE_BANK, 0x10u << cmd->bank);
	return 0;
}

/* ---- Rows ------------------------------------------------------------------------------------ */

void se_rows_decode(struct pe_cmd *cmd, const uint64_t *csr, uint64_t rs1, uint64_t rs2)
{
	cmd->rows = (uint32_t)rs1;
	cmd->cols = (uint32_t)(rs1 >> 32);
	cmd->cbd = sat8(rs2);
	cmd->offd = sat32(CSR(OFFD));
	cmd->cb0 = sat8(CSR(CB0));
	cmd->off0 = sat32(CSR(OFF0));
	cmd->stride_cb = sat32(CSR(STRIDE_CB));
	if (cmd->flags & MTIA_F_WEIGHTED) {
		cmd->cb1 = sat8(CSR(CB1));
		cmd->off1 = sat32(CSR(OFF1));
	}
}

static bool is_int4(uint32_t flags)
{
	uint32_t layout = flags / MTIA_F_ROW(1) & 7;

	return layout == MTIA_ROW_I4_F16_LAST || layout == MTIA_ROW_I4_F16_FIRST;
}

enum mtia_pe_field se_rows_check(const struct mtia_pe *pe, struct pe_cmd *cmd)
{
	uint32_t row, limit = MTIA_SE_MAX_ROWS;

	if (pe->caps & MTIA_CAP_SE_ROWS128)
		limit = MTIA_SE_MAX_ROWS_V1PLUS;
	if (cmd->off0 > LS_SIZE)
		return MTIA_FIELD_OFF0;
	if (cmd->cb1 != PE_NO_CB && cmd->off1 > LS_SIZE)
		return MTIA_FIELD_OFF1;
	if (cmd->offd > LS_SIZE)
		return MTIA_FIELD_OFFD;
	if (cmd->rows > limit || (!cmd->rows && !(cmd->flags & MTIA_F_INIT)))
		return MTIA_FIELD_ROWS;
	if (cmd->cols < 1 || cmd->cols > MTIA_SE_MAX_D || (is_int4(cmd->flags) && cmd->cols & 1))
		return MTIA_FIELD_D;
	row = se_row_bytes(cmd->flags, cmd->cols);
	if (!row)
		return MTIA_FIELD_TYPE;
	if (!stride_ok(&cmd->stride_cb, row))
		return MTIA_FIELD_STRIDE_CB;
	cmd->need0 = cmd->rows ? extent(cmd->off0, cmd->rows, cmd->stride_cb, row) : 0;
	cp_use(cmd, USE_READ, 1u << cmd->cb0);
	if (cmd->flags & MTIA_F_WEIGHTED) {
		cmd->need1 = extent(cmd->off1, 1, 0, 4 * cmd->rows);
		cp_use(cmd, USE_READ, 1u << cmd->cb1);
	}
	cmd->needd = extent(cmd->offd, 1, 0, 4 * cmd->cols);
	cp_use(cmd, USE_WRITE, 1u << cmd->cbd);
	return 0;
}

enum mtia_pe_field se_rowsum_check(const struct mtia_pe *pe, struct pe_cmd *cmd)
{
	(void)pe;
	if (cmd->off0 > LS_SIZE)
		return MTIA_FIELD_OFF0;
	if (cmd->offd > LS_SIZE)
		return MTIA_FIELD_OFFD;
	if (cmd->rows < 1 || cmd->rows > MTIA_SE_MAX_SUMS)
		return MTIA_FIELD_ROWS;
	if (cmd->cols < 1 || cmd->cols > MTIA_SE_MAX_SUM_BYTES)
		return MTIA_FIELD_COLS;
	if (!stride_ok(&cmd->stride_cb, cmd->cols))
		return MTIA_FIELD_STRIDE_CB;
	cmd->need0 = extent(cmd->off0, cmd->rows, cmd->stride_cb, cmd->cols);
	cp_use(cmd, USE_READ, 1u << cmd->cb0);
	cmd->needd = extent(cmd->offd, 1, 0, 4 * cmd->rows);
	cp_use(cmd, USE_WRITE, 1u << cmd->cbd);
	return 0;
}

void se_scale_decode(struct pe_cmd *cmd, const uint64_t *csr, uint64_t rs1, uint64_t rs2)
{
	cmd->cols = sat32(rs1);
	cmd->cbd = sat8(rs2);
	cmd->offd = sat32(CSR(OFFD));
	cmd->imm[0] = (uint32_t)CSR(IMM0);
}

enum mtia_pe_field se_scale_check(const struct mtia_pe *pe, struct pe_cmd *cmd)
{
	(void)pe;
	if (cmd->offd > LS_SIZE)
		return MTIA_FIELD_OFFD;
	if (cmd->cols < 1 || cmd->cols > MTIA_SE_MAX_D)
		return MTIA_FIELD_D;
	cmd->needd = extent(cmd->offd, 1, 0, 4 * cmd->cols);
	cp_use(cmd, USE_WRITE, 1u << cmd->cbd);
	return 0;
}
