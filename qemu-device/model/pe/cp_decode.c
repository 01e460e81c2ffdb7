// SPDX-License-Identifier: MIT
/*
 * From CSRs and registers to a checked command: the table of all operations, the CP's own ones, and
 * what a command must wait for.
 */
#include "cp_decode.h"

/* ---- CB bookkeeping -------------------------------------------------------------------------- */

static void cb_init_decode(struct pe_cmd *cmd, const uint64_t *csr, uint64_t rs1, uint64_t rs2)
{
	(void)csr;
	cmd->cbd = sat8(rs1);
	cmd->base = (uint32_t)rs2;
	cmd->bytes = (uint32_t)(rs2 >> 32);
}

static enum mtia_pe_field cb_init_check(const struct mtia_pe *pe, struct pe_cmd *cmd)
{
	(void)pe;
	if (cmd->bytes < MTIA_CB_ALIGN || cmd->bytes > LS_SIZE ||
	    !aligned(cmd->bytes, MTIA_CB_ALIGN))
		return MTIA_FIELD_SIZE;
	if (cmd->base > LS_SIZE - cmd->bytes || !aligned(cmd->base, MTIA_CB_ALIGN))
		return MTIA_FIELD_BASE;
	cp_use(cmd, USE_POP, 1u << cmd->cbd);
	cp_use(cmd, USE_PUSH, 1u << cmd->cbd);
	return 0;
}

static void cb_move_decode(struct pe_cmd *cmd, const uint64_t *csr, uint64_t rs1, uint64_t rs2)
{
	(void)csr;
	if (cmd->op == MTIA_OP_CB_POP)
		cmd->cb0 = sat8(rs1);
	else
		cmd->cbd = sat8(rs1);
	cmd->bytes = sat32(rs2);
}

static enum mtia_pe_field cb_move_check(const struct mtia_pe *pe, struct pe_cmd *cmd)
{
	(void)pe;
	if (cmd->bytes > LS_SIZE)
		return MTIA_FIELD_SIZE;
	if (cmd->op == MTIA_OP_CB_POP) {
		cmd->need0 = cmd->bytes;
		cp_use(cmd, USE_POP, 1u << cmd->cb0);
	} else {
		cmd->needd = cmd->bytes;
		cp_use(cmd, USE_PUSH, 1u << cmd->cbd);
	}
	return 0;
}

/* ---- All operations -------------------------------------------------------------------------- */

static const struct cp_op operations[] = {
	[MTIA_OP_CB_INIT] = { .unit = UNIT_CP, .cbs = NEEDS_CBD, .flags = ANY_FLAGS,
			      .decode = cb_init_decode, .check = cb_init_check },
	[MTIA_OP_CB_POP] = { .unit = UNIT_CP, .cbs = NEEDS_CB0, .flags = ANY_FLAGS,
			     .decode = cb_move_decode, .check = cb_move_check },
	[MTIA_OP_CB_PUSH] = { .unit = UNIT_CP, .cbs = NEEDS_CBD, .flags = ANY_FLAGS,
			      .decode = cb_move_decode, .check = cb_move_check },

	[MTIA_OP_DMA_IN] = { .unit = UNIT_FI, .cbs = NEEDS_CBD, .flags = ANY_FLAGS,
			     .decode = dma_decode, .check = dma_check },
	[MTIA_OP_DMA_OUT] = { .unit = UNIT_FI, .cbs = NEEDS_CB0, .flags = ANY_FLAGS,
			      .decode = dma_decode, .check = dma_check },
	[MTIA_OP_DMA_IN_MC] = { .unit = UNIT_FI, .cbs = NEEDS_CBD, .flags = ANY_FLAGS,
				.decode = dma_decode, .check = dma_check },
	[MTIA_OP_DMA_GATHER] = { .unit = UNIT_FI, .cbs = NEEDS_CB0 | NEEDS_CBD, .flags = ANY_FLAGS,
				 .caps = MTIA_CAP_GATHER,
				 .decode = dma_decode, .check = dma_check },
	[MTIA_OP_MC_JOIN] = { .unit = UNIT_CP, .flags = ANY_FLAGS,
			      .decode = join_decode, .check = join_check },

	[MTIA_OP_MML] = { .unit = UNIT_DPE, .cbs = NEEDS_CB0 | NEEDS_CB1,
			  .flags = MTIA_F_SIGNED0 | MTIA_F_SIGNED1 | MTIA_F_TYPE0(7) |
				   MTIA_F_TYPE1(7) | MTIA_F_AUTO,
			  .decode = mml_decode, .check = mml_check },

	[MTIA_OP_RE_INIT] = { .unit = UNIT_RE, .cb0_if = MTIA_F_BIAS, .flags = MTIA_F_BIAS,
			      .decode = re_init_decode, .check = re_init_check },
	[MTIA_OP_RE_SEND] = { .unit = UNIT_RE, .flags = ANY_FLAGS,
			      .decode = re_link_decode, .check = re_link_check },
	[MTIA_OP_RE_RECV] = { .unit = UNIT_RE, .flags = ANY_FLAGS,
			      .decode = re_link_decode, .check = re_link_check },
	[MTIA_OP_RE_RECVF] = { .unit = UNIT_RE, .flags = ANY_FLAGS,
			       .decode = re_link_decode, .check = re_link_check },
	[MTIA_OP_RE_STORE] = { .unit = UNIT_RE, .cbs = NEEDS_CBD, .flags = ANY_FLAGS,
			       .decode = re_store_decode, .check = re_store_check },

	[MTIA_OP_SE_REQUANT] = { .unit = UNIT_SE, .cbs = NEEDS_CB0 | NEEDS_CBD,
				 .cb1_if = MTIA_F_ROWSUM,
				 .flags = MTIA_F_ROWSUM | MTIA_F_PER_ROW | MTIA_F_PER_TENSOR,
				 .decode = se_bank_decode, .check = se_bank_check },
	[MTIA_OP_SE_DEQUANT] = { .unit = UNIT_SE, .cbs = NEEDS_CB0 | NEEDS_CBD,
				 .cb1_if = MTIA_F_ROWSUM,
				 .flags = MTIA_F_ROWSUM | MTIA_F_RELU | MTIA_F_PER_ROW |
					  MTIA_F_PER_TENSOR | MTIA_F_TYPED(7),
				 .decode = se_bank_decode, .check = se_bank_check },
	[MTIA_OP_SE_BANK] = { .unit = UNIT_SE, .cbs = NEEDS_CBD,
			      .flags = MTIA_F_RELU | MTIA_F_QUANT | MTIA_F_TYPED(7),
			      .decode = se_float_bank_decode, .check = se_float_bank_check },
	[MTIA_OP_SE_ROWS] = { .unit = UNIT_SE, .cbs = NEEDS_CB0 | NEEDS_CBD,
			      .cb1_if = MTIA_F_WEIGHTED,
			      .flags = MTIA_F_WEIGHTED | MTIA_F_INIT | MTIA_F_ROW(7),
			      .decode = se_rows_decode, .check = se_rows_check },
	[MTIA_OP_SE_SCALE] = { .unit = UNIT_SE, .cbs = NEEDS_CBD, .flags = MTIA_F_RECIP,
			       .decode = se_scale_decode, .check = se_scale_check },
	[MTIA_OP_SE_ROWSUM] = { .unit = UNIT_SE, .cbs = NEEDS_CB0 | NEEDS_CBD,
				.flags = MTIA_F_INIT | MTIA_F_SIGNED0,
				.decode = se_rows_decode, .check = se_rowsum_check },

#define ELEMENTWISE(needs, known)                                                             \
	{ .unit = UNIT_SE, .cbs = NEEDS_CB0 | NEEDS_CBD | (needs),                            \
	  .cb1_if = MTIA_F_PER_ROW | MTIA_F_PER_COL, .flags = MTIA_F_TYPED(7) | (known),      \
	  .decode = se_elementwise_decode, .check = se_elementwise_check }
#define TWO_SOURCES                                                                           \
	ELEMENTWISE(NEEDS_CB1, MTIA_F_TYPE0(7) | MTIA_F_TYPE1(7) | MTIA_F_RELU | MTIA_F_BCAST1)
	[MTIA_OP_SE_CONVERT] = ELEMENTWISE(0, MTIA_F_TYPE0(7) | MTIA_F_SIGNED0 | MTIA_F_SIGNEDD),
	[MTIA_OP_SE_QUANT] = ELEMENTWISE(0, MTIA_F_TYPE0(7) | MTIA_F_SIGNEDD | MTIA_F_PER_ROW |
						    MTIA_F_PER_COL),
	[MTIA_OP_SE_DEQUANT8] = ELEMENTWISE(0, MTIA_F_TYPE0(7) | MTIA_F_SIGNED0 | MTIA_F_PER_ROW |
						       MTIA_F_PER_COL),
	[MTIA_OP_SE_ADD] = TWO_SOURCES,
	[MTIA_OP_SE_MUL] = TWO_SOURCES,
	[MTIA_OP_SE_MAX] = TWO_SOURCES,
	[MTIA_OP_SE_RELU] = ELEMENTWISE(0, MTIA_F_TYPE0(7)),
	[MTIA_OP_SE_LOOKUP] = ELEMENTWISE(0, MTIA_F_TYPE0(7) | MTIA_F_SIGNED0 | MTIA_F_SIGNEDD),
	[MTIA_OP_SE_LUT_LOAD] = { .unit = UNIT_SE, .cbs = NEEDS_CB0, .flags = ANY_FLAGS,
				  .decode = se_lut_load_decode, .check = se_lut_load_check },

	[MTIA_OP_MLU_COPY] = { .unit = UNIT_MLU, .cbs = NEEDS_CB0 | NEEDS_CBD, .flags = ANY_FLAGS,
			       .decode = mlu_decode, .check = mlu_check },
	[MTIA_OP_MLU_TRANSPOSE] = { .unit = UNIT_MLU, .cbs = NEEDS_CB0 | NEEDS_CBD,
				    .flags = ANY_FLAGS,
				    .decode = mlu_decode, .check = mlu_check },
};

/* NULL: this PE doesn't know it. */
static const struct cp_op *operation(const struct mtia_pe *pe, uint32_t op)
{
	const struct cp_op *row;

	if (op >= sizeof(operations) / sizeof(operations[0]))
		return NULL;
	row = &operations[op];
	return row->check && !(row->caps & ~pe->caps) ? row : NULL;
}

enum mtia_pe_field cp_decode(const struct mtia_pe *pe, struct pe_cmd *cmd, const uint64_t *csr,
			     uint32_t op, uint64_t rs1, uint64_t rs2)
{
	const struct cp_op *row = operation(pe, op);

	if (!row)
		return MTIA_FIELD_OP;
	cmd->op = (uint8_t)op;
	cmd->cb0 = PE_NO_CB;
	cmd->cb1 = PE_NO_CB;
	cmd->cbd = PE_NO_CB;
	cmd->banks = 0;
	cmd->flags = sat32(CSR(FLAGS));
	row->decode(cmd, csr, rs1, rs2);
	return cp_check(pe, cmd);
}

/* A decoded command names the CBs that it needs; does a loaded one? */
static bool cb_ok(uint8_t cb, bool needed)
{
	return needed ? cb < MTIA_PE_CBS : cb == PE_NO_CB;
}

enum mtia_pe_field cp_check(const struct mtia_pe *pe, struct pe_cmd *cmd)
{
	const struct cp_op *row = operation(pe, cmd->op);

	if (!row)
		return MTIA_FIELD_OP;
	memset(&cmd->uses, 0, sizeof(cmd->uses));
	memset(&cmd->conflicts, 0, sizeof(cmd->conflicts));
	memset(&cmd->waiting, 0, sizeof(cmd->waiting));
	cmd->need0 = 0;
	cmd->need1 = 0;
	cmd->needd = 0;
	cmd->unit = (uint8_t)row->unit;
	if (cmd->flags & ~row->flags)
		return MTIA_FIELD_FLAGS;
	if (!cb_ok(cmd->cb0, (row->cbs & NEEDS_CB0) || (cmd->flags & row->cb0_if)))
		return MTIA_FIELD_CB0;
	if (!cb_ok(cmd->cb1, (row->cbs & NEEDS_CB1) || (cmd->flags & row->cb1_if)))
		return MTIA_FIELD_CB1;
	if (!cb_ok(cmd->cbd, row->cbs & NEEDS_CBD))
		return MTIA_FIELD_CBD;
	return row->check(pe, cmd);
}

/* ---- What waits for what --------------------------------------------------------------------- */

void cp_use(struct pe_cmd *cmd, enum cp_class class, uint32_t bits)
{
	static const uint16_t against[] = {
		[USE_READ] = 1 << USE_POP | 1 << USE_OUT,
		[USE_POP] = 1 << USE_READ | 1 << USE_POP | 1 << USE_OUT,
		[USE_OUT] = 1 << USE_READ | 1 << USE_POP,
		[USE_WRITE] = 1 << USE_WRITE | 1 << USE_PUSH | 1 << USE_IN,
		[USE_PUSH] = 1 << USE_WRITE | 1 << USE_PUSH | 1 << USE_IN,
		[USE_IN] = 1 << USE_WRITE | 1 << USE_PUSH,
		[USE_LINK] = 1 << USE_LINK,
	};

	cp_mask_set(&cmd->uses, class, bits);
	cp_mask_set(&cmd->waiting, class, bits);
	if (class == USE_BANK) {
		/*
		 * MMLs on one bank follow each other through the pipeline; all else waits. LOOKUPs
		 * of a slot don't hinder each other.
		 */
		uint32_t mml = bits & 0xf, other = bits >> 4 & 0xf;
		uint32_t lookup = bits >> 8 & 3, load = bits >> 10 & 3;

		cp_mask_set(&cmd->conflicts, USE_BANK,
			    (mml | other) << 4 | other | (lookup | load) << 10 | load << 8);
		return;
	}
	for (uint32_t c = against[class]; c; c &= c - 1)
		cp_mask_set(&cmd->conflicts, (enum cp_class)__builtin_ctz(c), bits);
	/*
	 * DMAs on one side of a CB run side by side, but must start in order, or their data would
	 * change places: a waiting one holds up younger ones as PUSH or POP would.
	 */
	if (class == USE_IN)
		cp_mask_set(&cmd->waiting, USE_PUSH, bits);
	else if (class == USE_OUT)
		cp_mask_set(&cmd->waiting, USE_POP, bits);
}

void cp_use_mc_order(struct pe_cmd *cmd)
{
	cp_mask_set(&cmd->waiting, USE_LINK, CP_MC_ORDER);
	cp_mask_set(&cmd->conflicts, USE_LINK, CP_MC_ORDER);
}
