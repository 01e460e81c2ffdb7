// SPDX-License-Identifier: MIT
/* Fields of MLU's commands and their limits. */
#include "cp_decode.h"

void mlu_decode(struct pe_cmd *cmd, const uint64_t *csr, uint64_t rs1, uint64_t rs2)
{
	cmd->rows = (uint32_t)rs1;
	cmd->cols = (uint32_t)(rs1 >> 32);
	cmd->cbd = sat8(rs2);
	cmd->cb0 = sat8(CSR(CB0));
	cmd->off0 = sat32(CSR(OFF0));
	cmd->offd = sat32(CSR(OFFD));
	cmd->stride_cb = sat32(CSR(STRIDE_CB));
	cmd->stride0 = sat32(CSR(STRIDE0));
	cmd->imm[0] = sat32(CSR(IMM0));
	cmd->imm[1] = cmd->imm[0] == 2 ? sat32(CSR(IMM1)) : 0;
	cmd->imm[2] = cmd->imm[0] == 2 ? sat32(CSR(IMM2)) : 0;
}

/* Bytes of a row of `elements`, the first one `first` elements behind its first byte's start. */
static uint32_t row_bytes(const struct pe_cmd *cmd, uint32_t elements, uint32_t first)
{
	return (((elements + first) << cmd->imm[0]) + 7) / 8;
}

enum mtia_pe_field mlu_check(const struct mtia_pe *pe, struct pe_cmd *cmd)
{
	bool turn = cmd->op == MTIA_OP_MLU_TRANSPOSE;
	uint32_t rows = turn ? cmd->cols : cmd->rows, cols = turn ? cmd->rows : cmd->cols;
	uint32_t src_row, dst_row;

	(void)pe;
	if (cmd->off0 > LS_SIZE)
		return MTIA_FIELD_OFF0;
	if (cmd->offd > LS_SIZE)
		return MTIA_FIELD_OFFD;
	if (cmd->rows < 1 || cmd->rows > MTIA_MLU_MAX_ROWS)
		return MTIA_FIELD_ROWS;
	if (cmd->cols < 1 || cmd->cols > MTIA_MLU_MAX_COLS)
		return MTIA_FIELD_COLS;
	if (cmd->imm[0] < 2 || cmd->imm[0] > 5 || cmd->imm[1] > 1 || cmd->imm[2] > 1 ||
	    (cmd->imm[0] != 2 && (cmd->imm[1] || cmd->imm[2])))
		return MTIA_FIELD_IMM;
	src_row = row_bytes(cmd, cmd->cols, cmd->imm[1]);
	dst_row = row_bytes(cmd, cols, cmd->imm[2]);
	if (!stride_ok(&cmd->stride_cb, dst_row))
		return MTIA_FIELD_STRIDE_CB;
	if (!stride_ok(&cmd->stride0, src_row))
		return MTIA_FIELD_STRIDE0;
	cmd->need0 = extent(cmd->off0, cmd->rows, cmd->stride0, src_row);
	cmd->needd = extent(cmd->offd, rows, cmd->stride_cb, dst_row);
	cp_use(cmd, USE_READ, 1u << cmd->cb0);
	cp_use(cmd, USE_WRITE, 1u << cmd->cbd);
	return 0;
}
