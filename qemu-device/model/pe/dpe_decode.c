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
}

enum mtia_pe_field mml_check(const struct mtia_pe *pe, struct pe_cmd *cmd)
{
	(void)pe;
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
	cmd->need0 = extent(cmd->off0, cmd->n, 32, 32);
	cmd->need1 = extent(cmd->off1, cmd->m, 32, 32);
	cp_use(cmd, USE_READ, 1u << cmd->cb0 | 1u << cmd->cb1);
	cp_use(cmd, USE_BANK, 1u << cmd->bank);
	return 0;
}
