// SPDX-License-Identifier: MIT
/* Fields of FI's commands and their limits. */
#include "cp_decode.h"

void dma_decode(struct pe_cmd *cmd, const uint64_t *csr, uint64_t rs1, uint64_t rs2)
{
	cmd->va = rs1;
	if (cmd_inbound(cmd))
		cmd->cbd = sat8(rs2);
	else
		cmd->cb0 = sat8(rs2);
	cmd->rows = sat32(CSR(ROWS));
	cmd->cols = sat32(CSR(COLS));
	cmd->stride_mem = (int64_t)CSR(STRIDE_MEM);
	cmd->stride_cb = sat32(CSR(STRIDE_CB));
	cmd->group = cmd->op == MTIA_OP_DMA_IN_MC ? sat8(CSR(GROUP)) : 0;
	if (cmd->op == MTIA_OP_DMA_GATHER) {
		cmd->cb0 = sat8(CSR(CB0));
		cmd->off0 = sat32(CSR(OFF0));
	}
}

enum mtia_pe_field dma_check(const struct mtia_pe *pe, struct pe_cmd *cmd)
{
	bool in = cmd_inbound(cmd);
	uint32_t align = in ? MTIA_FI_ALIGN_IN : MTIA_FI_ALIGN_OUT;

	if (!aligned(cmd->va, align))
		return MTIA_FIELD_ADDR;
	if (fi_is_peer(cmd->va) && !fi_peer_inside(pe, cmd->va))
		return MTIA_FIELD_PEER;
	if (cmd->op == MTIA_OP_DMA_GATHER && cmd->off0 > LS_SIZE)
		return MTIA_FIELD_OFF0;
	if (cmd->rows < 1 || cmd->rows > 65535)
		return MTIA_FIELD_ROWS;
	if (cmd->cols < 1 || cmd->cols > LS_SIZE)
		return MTIA_FIELD_COLS;
	if (!aligned((uint64_t)cmd->stride_mem, align))
		return MTIA_FIELD_STRIDE_MEM;
	if (!stride_ok(&cmd->stride_cb, cmd->cols))
		return MTIA_FIELD_STRIDE_CB;
	if (cmd->group >= MTIA_FI_GROUPS)
		return MTIA_FIELD_GROUP;
	if (cmd->op == MTIA_OP_DMA_IN_MC)
		cp_use_mc_order(cmd);
	if (in) {
		cmd->needd = (uint64_t)cmd->rows * cmd->stride_cb;
		cp_use(cmd, USE_IN, 1u << cmd->cbd);
	} else {
		cmd->need0 = (uint64_t)cmd->rows * cmd->stride_cb;
		cp_use(cmd, USE_OUT, 1u << cmd->cb0);
	}
	/* More than local memory never runs: CB_RULE. */
	cmd->bytes = sat32(cmd->need0 + cmd->needd);
	if (cmd->op == MTIA_OP_DMA_GATHER) {
		cmd->need0 = cmd->off0 + 4ull * cmd->rows; /* the indices */
		cp_use(cmd, USE_READ, 1u << cmd->cb0);
	}
	return 0;
}

void join_decode(struct pe_cmd *cmd, const uint64_t *csr, uint64_t rs1, uint64_t rs2)
{
	(void)csr;
	cmd->group = sat8(rs1);
	cmd->dir = (uint8_t)rs2;
	cmd->m = sat32(rs2 >> 8);
}

enum mtia_pe_field join_check(const struct mtia_pe *pe, struct pe_cmd *cmd)
{
	cp_use_mc_order(cmd);
	return mc_join_check(pe, cmd);
}
