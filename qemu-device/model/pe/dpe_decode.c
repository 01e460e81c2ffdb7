// SPDX-License-Identifier: MIT
/* Fields of DPE's command and their limits. */
#include "cp_decode.h"

void mml_decode(struct pe_cmd *cmd, const uint64_t *csr, uint64_t rs1, uint64_t rs2)
{
	cmd->bank = sat8(rs1);
	cmd->cb0 = sat8(CSR(CB0));
	cmd->cb1 = sat8(CSR(CB1));
	cmd->off0 = sat32((uint64_t)sat32(CSR(OFF0)) + (uint32_t)rs2);
	cmd->off1 = sat32((uint64_t)sat32(CSR(OFF1)) + (rs2 >> 32));
	cmd->m = sat32(CSR(M));
	cmd->n = sat32(CSR(N));
	cmd->k = sat32(CSR(K));
	cmd->stride0 = sat32(CSR(STRIDE0));
	cmd->stride1 = sat32(CSR(STRIDE1));
}

void mml_step(uint64_t *csr)
{
	CSR(OFF0) = (uint32_t)(CSR(OFF0) + CSR(AUTO0));
	CSR(OFF1) = (uint32_t)(CSR(OFF1) + CSR(AUTO1));
}

static enum mtia_pe_field types_check(const struct mtia_pe *pe, const struct pe_cmd *cmd)
{
	uint32_t type = cmd_type0(cmd);

	if ((cmd->flags & MTIA_F_AUTO) && !(pe->caps & MTIA_CAP_MML_AUTO))
		return MTIA_FIELD_FLAGS;
	if (type != cmd_type1(cmd) || type > MTIA_TYPE_BF16)
		return MTIA_FIELD_TYPE;
	if (type == MTIA_TYPE_I8)
		return 0;
	if (cmd->flags & (MTIA_F_SIGNED0 | MTIA_F_SIGNED1))
		return MTIA_FIELD_FLAGS;
	return cmd->k % 2 ? MTIA_FIELD_K : 0;
}

enum mtia_pe_field mml_check(const struct mtia_pe *pe, struct pe_cmd *cmd)
{
	enum mtia_pe_field field;

	if (cmd->bank >= MTIA_RE_BANKS)
		return MTIA_FIELD_BANK;
	if (cmd->off0 > LS_SIZE || !aligned(cmd->off0, MTIA_CB_ALIGN))
		return MTIA_FIELD_OFF0;
	if (cmd->off1 > LS_SIZE || !aligned(cmd->off1, MTIA_CB_ALIGN))
		return MTIA_FIELD_OFF1;
	if (!tile_size(cmd->m))
		return MTIA_FIELD_M;
	if (!tile_size(cmd->n))
		return MTIA_FIELD_N;
	if (!tile_size(cmd->k))
		return MTIA_FIELD_K;
	field = types_check(pe, cmd);
	if (field)
		return field;
	if (!stride_ok(&cmd->stride0, 32) || !aligned(cmd->stride0, MTIA_CB_ALIGN))
		return MTIA_FIELD_STRIDE0;
	if (!stride_ok(&cmd->stride1, 32) || !aligned(cmd->stride1, MTIA_CB_ALIGN))
		return MTIA_FIELD_STRIDE1;
	cmd->need0 = extent(cmd->off0, cmd->n, cmd->stride0, 32);
	cmd->need1 = extent(cmd->off1, cmd->m, cmd->stride1, 32);
	cp_use(cmd, USE_READ, 1u << cmd->cb0 | 1u << cmd->cb1);
	cp_use(cmd, USE_BANK, 1u << cmd->bank);
	return 0;
}
