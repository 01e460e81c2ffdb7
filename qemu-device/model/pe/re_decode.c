// SPDX-License-Identifier: MIT
/* Fields of RE's commands and their limits. */
#include "cp_decode.h"

void re_init_decode(struct pe_cmd *cmd, const uint64_t *csr, uint64_t rs1, uint64_t rs2)
{
	(void)rs2;
	cmd->banks = sat8(rs1);
	if (cmd->flags & MTIA_F_BIAS) {
		cmd->cb0 = sat8(CSR(CB0));
		cmd->off0 = sat32(CSR(OFF0));
		cmd->n = sat32(CSR(N));
	}
}

enum mtia_pe_field re_init_check(const struct mtia_pe *pe, struct pe_cmd *cmd)
{
	(void)pe;
	if (cmd->banks < 1 || cmd->banks > 15)
		return MTIA_FIELD_BANK;
	cp_use(cmd, USE_BANK, (uint32_t)cmd->banks << 4);
	if (!(cmd->flags & MTIA_F_BIAS))
		return 0;
	if (cmd->off0 > LS_SIZE)
		return MTIA_FIELD_OFF0;
	if (!tile_size(cmd->n))
		return MTIA_FIELD_N;
	cmd->need0 = extent(cmd->off0, 1, 0, 4 * cmd->n);
	cp_use(cmd, USE_READ, 1u << cmd->cb0);
	return 0;
}

void re_link_decode(struct pe_cmd *cmd, const uint64_t *csr, uint64_t rs1, uint64_t rs2)
{
	(void)csr;
	cmd->banks = sat8(rs1);
	cmd->dir = sat8(rs2);
}

enum mtia_pe_field re_link_check(const struct mtia_pe *pe, struct pe_cmd *cmd)
{
	(void)pe;
	if (cmd->banks < 1 || cmd->banks > 15)
		return MTIA_FIELD_BANK;
	if (cmd->dir > MTIA_DIR_SOUTH)
		return MTIA_FIELD_DIR;
	cp_use(cmd, USE_BANK, (uint32_t)cmd->banks << 4);
	cp_use(cmd, USE_LINK, 1u << (cmd->dir + (cmd->op == MTIA_OP_RE_SEND ? 0 : 2)));
	return 0;
}

void re_store_decode(struct pe_cmd *cmd, const uint64_t *csr, uint64_t rs1, uint64_t rs2)
{
	cmd->bank = sat8(rs1);
	cmd->cbd = sat8(rs2);
	cmd->offd = sat32(CSR(OFFD));
	cmd->m = sat32(CSR(M));
	cmd->n = sat32(CSR(N));
	cmd->stride_cb = sat32(CSR(STRIDE_CB));
}

enum mtia_pe_field re_store_check(const struct mtia_pe *pe, struct pe_cmd *cmd)
{
	(void)pe;
	if (cmd->bank >= MTIA_RE_BANKS)
		return MTIA_FIELD_BANK;
	if (cmd->offd > LS_SIZE)
		return MTIA_FIELD_OFFD;
	if (!tile_size(cmd->m))
		return MTIA_FIELD_M;
	if (!tile_size(cmd->n))
		return MTIA_FIELD_N;
	if (!stride_ok(&cmd->stride_cb, 4 * cmd->n) || !aligned(cmd->stride_cb, 4))
		return MTIA_FIELD_STRIDE_CB;
	cmd->needd = extent(cmd->offd, cmd->m, cmd->stride_cb, 4 * cmd->n);
	cp_use(cmd, USE_WRITE, 1u << cmd->cbd);
	cp_use(cmd, USE_BANK, 0x10u << cmd->bank);
	return 0;
}
