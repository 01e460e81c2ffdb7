// SPDX-License-Identifier: MIT
/*
 * From CSRs and registers to a checked command. cp_check() works on the decoded form, so that
 * commands of a snapshot go through the very same checks.
 */
#include "pe_internal.h"

static uint32_t sat32(uint64_t x)
{
	return x > UINT32_MAX ? UINT32_MAX : (uint32_t)x;
}

static uint8_t sat8(uint64_t x)
{
	return x > 0xfe ? 0xfe : (uint8_t)x;
}

/* Fields are kept as they are, only too large ones saturate: cp_check() refuses them. */
enum mtia_pe_field cp_decode(struct pe_cmd *cmd, const uint64_t *csr, uint32_t op, uint64_t rs1,
			     uint64_t rs2)
{
#define CSR(name) csr[MTIA_CSR_##name - MTIA_CSR_CB0]
	uint64_t flags = CSR(FLAGS);

	cmd->op = (uint8_t)op;
	cmd->cb0 = PE_NO_CB;
	cmd->cb1 = PE_NO_CB;
	cmd->cbd = PE_NO_CB;
	cmd->banks = 0;
	cmd->flags = sat32(flags);

	switch (op) {
	case MTIA_OP_CB_INIT:
		cmd->cbd = sat8(rs1);
		cmd->base = (uint32_t)rs2;
		cmd->bytes = (uint32_t)(rs2 >> 32);
		break;
	case MTIA_OP_CB_POP:
		cmd->cb0 = sat8(rs1);
		cmd->bytes = sat32(rs2);
		break;
	case MTIA_OP_CB_PUSH:
		cmd->cbd = sat8(rs1);
		cmd->bytes = sat32(rs2);
		break;
	case MTIA_OP_DMA_IN:
	case MTIA_OP_DMA_OUT:
		cmd->va = rs1;
		if (op == MTIA_OP_DMA_IN)
			cmd->cbd = sat8(rs2);
		else
			cmd->cb0 = sat8(rs2);
		cmd->rows = sat32(CSR(ROWS));
		cmd->cols = sat32(CSR(COLS));
		cmd->stride_mem = (int64_t)CSR(STRIDE_MEM);
		cmd->stride_cb = sat32(CSR(STRIDE_CB));
		break;
	case MTIA_OP_MML:
		cmd->bank = sat8(rs1);
		cmd->cb0 = sat8(CSR(CB0));
		cmd->cb1 = sat8(CSR(CB1));
		cmd->off0 = sat32((uint64_t)sat32(CSR(OFF0)) + (uint32_t)rs2);
		cmd->off1 = sat32((uint64_t)sat32(CSR(OFF1)) + (rs2 >> 32));
		cmd->m = sat32(CSR(M));
		cmd->n = sat32(CSR(N));
		cmd->k = sat32(CSR(K));
		break;
	case MTIA_OP_RE_INIT:
		cmd->banks = sat8(rs1);
		if (flags & MTIA_F_BIAS) {
			cmd->cb0 = sat8(CSR(CB0));
			cmd->off0 = sat32(CSR(OFF0));
			cmd->n = sat32(CSR(N));
		}
		break;
	case MTIA_OP_RE_SEND:
	case MTIA_OP_RE_RECV:
		cmd->banks = sat8(rs1);
		cmd->dir = sat8(rs2);
		break;
	case MTIA_OP_RE_STORE:
	case MTIA_OP_SE_REQUANT:
	case MTIA_OP_SE_DEQUANT:
		cmd->bank = sat8(rs1);
		cmd->cbd = sat8(rs2);
		cmd->offd = sat32(CSR(OFFD));
		cmd->m = sat32(CSR(M));
		cmd->n = sat32(CSR(N));
		cmd->stride_cb = sat32(CSR(STRIDE_CB));
		if (op == MTIA_OP_RE_STORE)
			break;
		cmd->cb0 = sat8(CSR(CB0));
		cmd->off0 = sat32(CSR(OFF0));
		if (flags & MTIA_F_ROWSUM) {
			cmd->cb1 = sat8(CSR(CB1));
			cmd->off1 = sat32(CSR(OFF1));
		}
		cmd->imm[0] = (uint32_t)CSR(IMM0);
		cmd->imm[1] = (uint32_t)CSR(IMM1);
		cmd->imm[2] = (uint32_t)CSR(IMM2);
		break;
	case MTIA_OP_SE_ROWS:
	case MTIA_OP_SE_ROWSUM:
		cmd->rows = (uint32_t)rs1;
		cmd->cols = (uint32_t)(rs1 >> 32);
		cmd->cbd = sat8(rs2);
		cmd->offd = sat32(CSR(OFFD));
		cmd->cb0 = sat8(CSR(CB0));
		cmd->off0 = sat32(CSR(OFF0));
		cmd->stride_cb = sat32(CSR(STRIDE_CB));
		if (op == MTIA_OP_SE_ROWS && (flags & MTIA_F_WEIGHTED)) {
			cmd->cb1 = sat8(CSR(CB1));
			cmd->off1 = sat32(CSR(OFF1));
		}
		break;
	case MTIA_OP_SE_SCALE:
		cmd->cols = sat32(rs1);
		cmd->cbd = sat8(rs2);
		cmd->offd = sat32(CSR(OFFD));
		cmd->imm[0] = (uint32_t)CSR(IMM0);
		break;
	default:
		return MTIA_FIELD_OP;
	}
	return cp_check(cmd);
#undef CSR
}

/* Tight if 0; rows must not overlap. Bounded, so that sizes computed with it cannot overflow. */
static bool stride_ok(struct pe_cmd *cmd, uint32_t tight)
{
	if (!cmd->stride_cb)
		cmd->stride_cb = tight;
	return cmd->stride_cb >= tight && cmd->stride_cb <= LS_SIZE;
}

static uint64_t extent(uint32_t off, uint32_t rows, uint32_t stride, uint32_t row)
{
	return off + (rows ? (uint64_t)(rows - 1) * stride + row : 0);
}

static bool tile_size(uint32_t x)
{
	return x >= 1 && x <= MTIA_DPE_TILE;
}

static bool aligned(uint64_t x, uint32_t to)
{
	return !(x & (to - 1));
}

/* Operations that look at FLAGS, and what they know of it: any other bit is illegal. */
static bool flags_ok(uint32_t op, uint32_t flags)
{
	switch (op) {
	case MTIA_OP_MML:
		return !(flags & ~(MTIA_F_SIGNED0 | MTIA_F_SIGNED1));
	case MTIA_OP_RE_INIT:
		return !(flags & ~MTIA_F_BIAS);
	case MTIA_OP_SE_REQUANT:
		return !(flags & ~MTIA_F_ROWSUM);
	case MTIA_OP_SE_DEQUANT:
		return !(flags & ~(MTIA_F_ROWSUM | MTIA_F_RELU));
	case MTIA_OP_SE_ROWS:
		return !(flags & ~(MTIA_F_WEIGHTED | MTIA_F_INIT));
	case MTIA_OP_SE_SCALE:
		return !(flags & ~MTIA_F_RECIP);
	case MTIA_OP_SE_ROWSUM:
		return !(flags & ~(MTIA_F_INIT | MTIA_F_SIGNED0));
	default:
		return true;
	}
}

/* CB operands that an operation cannot be without (a decoded one has them; a loaded one?). */
#define NEEDS_CB0 1u
#define NEEDS_CB1 2u
#define NEEDS_CBD 4u

static uint32_t cbs_needed(uint32_t op, uint32_t flags)
{
	switch (op) {
	case MTIA_OP_CB_POP:
	case MTIA_OP_DMA_OUT:
		return NEEDS_CB0;
	case MTIA_OP_CB_INIT:
	case MTIA_OP_CB_PUSH:
	case MTIA_OP_DMA_IN:
	case MTIA_OP_RE_STORE:
	case MTIA_OP_SE_SCALE:
		return NEEDS_CBD;
	case MTIA_OP_MML:
		return NEEDS_CB0 | NEEDS_CB1;
	case MTIA_OP_RE_INIT:
		return flags & MTIA_F_BIAS ? NEEDS_CB0 : 0;
	case MTIA_OP_SE_REQUANT:
	case MTIA_OP_SE_DEQUANT:
		return NEEDS_CB0 | NEEDS_CBD | (flags & MTIA_F_ROWSUM ? NEEDS_CB1 : 0);
	case MTIA_OP_SE_ROWS:
		return NEEDS_CB0 | NEEDS_CBD | (flags & MTIA_F_WEIGHTED ? NEEDS_CB1 : 0);
	case MTIA_OP_SE_ROWSUM:
		return NEEDS_CB0 | NEEDS_CBD;
	default:
		return 0;
	}
}

static void use(struct pe_cmd *cmd, enum cp_class class, uint32_t bits)
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
		/* MMLs on one bank follow each other through the pipeline; all else waits. */
		uint32_t mml = bits & 0xf, other = bits >> 4;

		cp_mask_set(&cmd->conflicts, USE_BANK, (mml | other) << 4 | other);
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

/*
 * Every field that the operation uses, in the order of the CSRs, registers first. On success the
 * needs and masks are set, and nothing in the command can make a unit leave local memory.
 */
enum mtia_pe_field cp_check(struct pe_cmd *cmd)
{
	uint32_t op = cmd->op, needs, row;

	memset(&cmd->uses, 0, sizeof(cmd->uses));
	memset(&cmd->conflicts, 0, sizeof(cmd->conflicts));
	memset(&cmd->waiting, 0, sizeof(cmd->waiting));
	cmd->need0 = 0;
	cmd->need1 = 0;
	cmd->needd = 0;
	if (!flags_ok(op, cmd->flags))
		return MTIA_FIELD_FLAGS;
	needs = cbs_needed(op, cmd->flags);
	if ((needs & NEEDS_CB0) ? cmd->cb0 >= MTIA_PE_CBS : cmd->cb0 != PE_NO_CB)
		return MTIA_FIELD_CB0;
	if ((needs & NEEDS_CB1) ? cmd->cb1 >= MTIA_PE_CBS : cmd->cb1 != PE_NO_CB)
		return MTIA_FIELD_CB1;
	if ((needs & NEEDS_CBD) ? cmd->cbd >= MTIA_PE_CBS : cmd->cbd != PE_NO_CB)
		return MTIA_FIELD_CBD;

	switch (op) {
	case MTIA_OP_CB_INIT:
		cmd->unit = UNIT_CP;
		if (cmd->bytes < MTIA_CB_ALIGN || cmd->bytes > LS_SIZE ||
		    !aligned(cmd->bytes, MTIA_CB_ALIGN))
			return MTIA_FIELD_SIZE;
		if (cmd->base > LS_SIZE - cmd->bytes || !aligned(cmd->base, MTIA_CB_ALIGN))
			return MTIA_FIELD_BASE;
		use(cmd, USE_POP, 1u << cmd->cbd);
		use(cmd, USE_PUSH, 1u << cmd->cbd);
		return 0;
	case MTIA_OP_CB_POP:
	case MTIA_OP_CB_PUSH:
		cmd->unit = UNIT_CP;
		if (cmd->bytes > LS_SIZE)
			return MTIA_FIELD_SIZE;
		if (op == MTIA_OP_CB_POP) {
			cmd->need0 = cmd->bytes;
			use(cmd, USE_POP, 1u << cmd->cb0);
		} else {
			cmd->needd = cmd->bytes;
			use(cmd, USE_PUSH, 1u << cmd->cbd);
		}
		return 0;
	case MTIA_OP_DMA_IN:
	case MTIA_OP_DMA_OUT:
		cmd->unit = UNIT_FI;
		row = op == MTIA_OP_DMA_IN ? MTIA_FI_ALIGN_IN : MTIA_FI_ALIGN_OUT;
		if (!aligned(cmd->va, row))
			return MTIA_FIELD_ADDR;
		if (cmd->rows < 1 || cmd->rows > 65535)
			return MTIA_FIELD_ROWS;
		if (cmd->cols < 1 || cmd->cols > LS_SIZE)
			return MTIA_FIELD_COLS;
		if (!aligned((uint64_t)cmd->stride_mem, row))
			return MTIA_FIELD_STRIDE_MEM;
		if (!stride_ok(cmd, cmd->cols))
			return MTIA_FIELD_STRIDE_CB;
		if (op == MTIA_OP_DMA_IN) {
			cmd->needd = (uint64_t)cmd->rows * cmd->stride_cb;
			use(cmd, USE_IN, 1u << cmd->cbd);
		} else {
			cmd->need0 = (uint64_t)cmd->rows * cmd->stride_cb;
			use(cmd, USE_OUT, 1u << cmd->cb0);
		}
		/* More than local memory never runs: CB_RULE. */
		cmd->bytes = sat32(cmd->need0 + cmd->needd);
		return 0;
	case MTIA_OP_MML:
		cmd->unit = UNIT_DPE;
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
		use(cmd, USE_READ, 1u << cmd->cb0 | 1u << cmd->cb1);
		use(cmd, USE_BANK, 1u << cmd->bank);
		return 0;
	case MTIA_OP_RE_INIT:
		cmd->unit = UNIT_RE;
		if (cmd->banks < 1 || cmd->banks > 15)
			return MTIA_FIELD_BANK;
		use(cmd, USE_BANK, (uint32_t)cmd->banks << 4);
		if (!(cmd->flags & MTIA_F_BIAS))
			return 0;
		if (cmd->off0 > LS_SIZE)
			return MTIA_FIELD_OFF0;
		if (!tile_size(cmd->n))
			return MTIA_FIELD_N;
		cmd->need0 = extent(cmd->off0, 1, 0, 4 * cmd->n);
		use(cmd, USE_READ, 1u << cmd->cb0);
		return 0;
	case MTIA_OP_RE_SEND:
	case MTIA_OP_RE_RECV:
		cmd->unit = UNIT_RE;
		if (cmd->banks < 1 || cmd->banks > 15)
			return MTIA_FIELD_BANK;
		if (cmd->dir > MTIA_DIR_SOUTH)
			return MTIA_FIELD_DIR;
		use(cmd, USE_BANK, (uint32_t)cmd->banks << 4);
		use(cmd, USE_LINK, 1u << (cmd->dir + (op == MTIA_OP_RE_RECV ? 2 : 0)));
		return 0;
	case MTIA_OP_RE_STORE:
	case MTIA_OP_SE_REQUANT:
	case MTIA_OP_SE_DEQUANT:
		cmd->unit = op == MTIA_OP_RE_STORE ? UNIT_RE : UNIT_SE;
		row = cmd->n * (op == MTIA_OP_SE_REQUANT ? 1 : 4);
		if (cmd->bank >= MTIA_RE_BANKS)
			return MTIA_FIELD_BANK;
		if (op != MTIA_OP_RE_STORE && cmd->off0 > LS_SIZE)
			return MTIA_FIELD_OFF0;
		if (cmd->cb1 != PE_NO_CB && cmd->off1 > LS_SIZE)
			return MTIA_FIELD_OFF1;
		if (cmd->offd > LS_SIZE)
			return MTIA_FIELD_OFFD;
		if (!tile_size(cmd->m))
			return MTIA_FIELD_M;
		if (!tile_size(cmd->n))
			return MTIA_FIELD_N;
		if (!stride_ok(cmd, row) ||
		    (op != MTIA_OP_SE_REQUANT && !aligned(cmd->stride_cb, 4)))
			return MTIA_FIELD_STRIDE_CB;
		if (op == MTIA_OP_SE_REQUANT) {
			int32_t zp = (int32_t)cmd->imm[0], lo = (int32_t)cmd->imm[1],
				hi = (int32_t)cmd->imm[2];

			if (zp < -MTIA_SE_MAX_ZERO_POINT || zp > MTIA_SE_MAX_ZERO_POINT ||
			    lo < -128 || hi > 255 || lo > hi)
				return MTIA_FIELD_IMM;
		}
		cmd->needd = extent(cmd->offd, cmd->m, cmd->stride_cb, row);
		use(cmd, USE_WRITE, 1u << cmd->cbd);
		use(cmd, USE_BANK, 0x10u << cmd->bank);
		if (op == MTIA_OP_RE_STORE)
			return 0;
		if (cmd->flags & MTIA_F_ROWSUM) {
			cmd->need1 = extent(cmd->off1, 1, 0, 4 * cmd->m);
			use(cmd, USE_READ, 1u << cmd->cb1);
		}
		cmd->need0 = extent(cmd->off0, 1, 0, sizeof(struct mtia_se_col) * cmd->n);
		use(cmd, USE_READ, 1u << cmd->cb0);
		return 0;
	case MTIA_OP_SE_ROWS:
	case MTIA_OP_SE_ROWSUM:
		cmd->unit = UNIT_SE;
		if (cmd->off0 > LS_SIZE)
			return MTIA_FIELD_OFF0;
		if (cmd->cb1 != PE_NO_CB && cmd->off1 > LS_SIZE)
			return MTIA_FIELD_OFF1;
		if (cmd->offd > LS_SIZE)
			return MTIA_FIELD_OFFD;
		if (op == MTIA_OP_SE_ROWS) {
			if (cmd->rows > MTIA_SE_MAX_ROWS ||
			    (!cmd->rows && !(cmd->flags & MTIA_F_INIT)))
				return MTIA_FIELD_ROWS;
			if (cmd->cols < 1 || cmd->cols > MTIA_SE_MAX_D)
				return MTIA_FIELD_D;
			row = cmd->cols + 8;
		} else {
			if (cmd->rows < 1 || cmd->rows > MTIA_SE_MAX_SUMS)
				return MTIA_FIELD_ROWS;
			if (cmd->cols < 1 || cmd->cols > MTIA_SE_MAX_SUM_BYTES)
				return MTIA_FIELD_COLS;
			row = cmd->cols;
		}
		if (!stride_ok(cmd, row))
			return MTIA_FIELD_STRIDE_CB;
		cmd->need0 = cmd->rows ? extent(cmd->off0, cmd->rows, cmd->stride_cb, row) : 0;
		use(cmd, USE_READ, 1u << cmd->cb0);
		if (op == MTIA_OP_SE_ROWS && (cmd->flags & MTIA_F_WEIGHTED)) {
			cmd->need1 = extent(cmd->off1, 1, 0, 4 * cmd->rows);
			use(cmd, USE_READ, 1u << cmd->cb1);
		}
		cmd->needd = extent(cmd->offd, 1, 0,
				    4 * (op == MTIA_OP_SE_ROWS ? cmd->cols : cmd->rows));
		use(cmd, USE_WRITE, 1u << cmd->cbd);
		return 0;
	case MTIA_OP_SE_SCALE:
		cmd->unit = UNIT_SE;
		if (cmd->offd > LS_SIZE)
			return MTIA_FIELD_OFFD;
		if (cmd->cols < 1 || cmd->cols > MTIA_SE_MAX_D)
			return MTIA_FIELD_D;
		cmd->needd = extent(cmd->offd, 1, 0, 4 * cmd->cols);
		use(cmd, USE_WRITE, 1u << cmd->cbd);
		return 0;
	default:
		return MTIA_FIELD_OP;
	}
}
