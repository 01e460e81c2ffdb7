// SPDX-License-Identifier: MIT
/* SIMD engine: requantise, dequantise; row sums; which function an operation is. */
#include "half.h"
#include "pe_internal.h"
#include "timing.h"

static void set_col(struct simd_cols *cols, uint32_t n, const uint8_t *from)
{
	struct mtia_se_col col;

	memcpy(&col, from, sizeof(col));
	cols->scale[n] = col.scale;
	cols->offset[n] = col.offset;
	cols->zero_point[n] = col.zero_point;
}

static void set_all_cols(struct simd_cols *cols, const uint8_t *from)
{
	for (uint32_t n = 0; n < MTIA_DPE_TILE; n++)
		set_col(cols, n, from);
}

static void store_row(struct mtia_pe *pe, const struct pe_cmd *cmd, uint32_t pos, const float *row)
{
	const struct pe_cb *dst = &pe->s.cb[cmd->cbd];
	uint32_t type = cmd_typed(cmd);
	uint16_t half[MTIA_DPE_TILE];

	if (type == MTIA_TYPE_I8) {
		cb_scatter(pe, dst, pos, (const uint8_t *)row, 4 * cmd->n);
		return;
	}
	for (uint32_t n = 0; n < cmd->n; n++) {
		uint32_t bits;

		memcpy(&bits, &row[n], sizeof(bits));
		half[n] = type == MTIA_TYPE_F16 ? f16_from_f32(bits) : bf16_from_f32(bits);
	}
	cb_scatter(pe, dst, pos, (const uint8_t *)half, 2 * cmd->n);
}

static void bank_out(struct mtia_pe *pe, const struct pe_cmd *cmd)
{
	const struct pe_cb *dst = &pe->s.cb[cmd->cbd], *src = &pe->s.cb[cmd->cb0];
	uint32_t pos = cb_dst_pos(dst, cmd->offd);
	const struct simd_clamp clamp = { .zero_point = (int32_t)cmd->imm[0],
					  .min = (int32_t)cmd->imm[1],
					  .max = (int32_t)cmd->imm[2] };
	uint8_t copy[MTIA_DPE_TILE * sizeof(struct mtia_se_col)];
	int32_t rowsum[MTIA_DPE_TILE] = { 0 };
	struct simd_cols cols = { 0 };
	const uint8_t *params;

	params = cb_gather(pe, src, cb_src_pos(src, cmd->off0), cmd->need0 - cmd->off0, copy);
	if (cmd->flags & MTIA_F_PER_TENSOR)
		set_all_cols(&cols, params);
	else if (!(cmd->flags & MTIA_F_PER_ROW))
		for (uint32_t n = 0; n < cmd->n; n++)
			set_col(&cols, n, params + n * sizeof(struct mtia_se_col));
	if (cmd->flags & MTIA_F_ROWSUM) {
		const struct pe_cb *cb = &pe->s.cb[cmd->cb1];
		uint8_t sums[sizeof(rowsum)];

		memcpy(rowsum, cb_gather(pe, cb, cb_src_pos(cb, cmd->off1), 4 * cmd->m, sums),
		       4 * cmd->m);
	}
	for (uint32_t m = 0; m < cmd->m; m++) {
		const int32_t *acc = &pe->s.bank[cmd->bank][MTIA_DPE_TILE * m];
		union {
			uint8_t u8[MTIA_DPE_TILE];
			float f32[MTIA_DPE_TILE];
		} out;

		if (cmd->flags & MTIA_F_PER_ROW)
			set_all_cols(&cols, params + m * sizeof(struct mtia_se_col));
		if (cmd->op == MTIA_OP_SE_REQUANT) {
			pe->simd->requant(out.u8, acc, &cols, rowsum[m], &clamp);
			cb_scatter(pe, dst, pos, out.u8, cmd->n);
		} else {
			pe->simd->dequant(out.f32, acc, &cols, rowsum[m], cmd->flags & MTIA_F_RELU);
			store_row(pe, cmd, pos, out.f32);
		}
		pos = cb_advance(dst, pos, cmd->stride_cb);
	}
}

static void row_sums(struct mtia_pe *pe, const struct pe_cmd *cmd)
{
	const struct pe_cb *dst = &pe->s.cb[cmd->cbd], *src = &pe->s.cb[cmd->cb0];
	uint32_t at = cb_dst_pos(dst, cmd->offd), pos = cb_src_pos(src, cmd->off0);
	uint32_t sum[MTIA_SE_MAX_SUMS] = { 0 };
	uint8_t copy[MTIA_SE_MAX_SUM_BYTES];

	if (!(cmd->flags & MTIA_F_INIT))
		memcpy(sum, cb_gather(pe, dst, at, 4 * cmd->rows, copy), 4 * cmd->rows);
	for (uint32_t r = 0; r < cmd->rows; r++) {
		sum[r] += pe->simd->rowsum(cb_gather(pe, src, pos, cmd->cols, copy), cmd->cols,
					   cmd->flags & MTIA_F_SIGNED0);
		pos = cb_advance(src, pos, cmd->stride_cb);
	}
	cb_scatter(pe, dst, at, (const uint8_t *)sum, 4 * cmd->rows);
}

uint64_t se_start(struct mtia_pe *pe, const struct pe_cmd *cmd, uint64_t cycle)
{
	uint64_t work, written;

	switch (cmd->op) {
	case MTIA_OP_SE_ROWS:
		se_rows(pe, cmd);
		work = (uint64_t)cmd->cols * (cmd->rows ? cmd->rows : 1);
		written = cmd->cols;
		break;
	case MTIA_OP_SE_SCALE:
		se_scale(pe, cmd);
		work = written = cmd->cols;
		break;
	case MTIA_OP_SE_ROWSUM:
		row_sums(pe, cmd);
		work = (uint64_t)cmd->rows * cmd->cols;
		written = cmd->rows;
		break;
	case MTIA_OP_SE_BANK:
		se_bank(pe, cmd);
		work = written = cmd->m * cmd->n;
		break;
	case MTIA_OP_SE_REQUANT:
	case MTIA_OP_SE_DEQUANT:
		bank_out(pe, cmd);
		work = written = cmd->m * cmd->n;
		break;
	case MTIA_OP_SE_LUT_LOAD:
		work = se_lut_load(pe, cmd) / 4;
		written = 0;
		break;
	default:
		se_elementwise(pe, cmd);
		work = written = (uint64_t)cmd->rows * cmd->cols;
		break;
	}
	pe->s.counters.se_elements += written;
	return cycle + SE_SETUP + (work + SE_PER_CYCLE - 1) / SE_PER_CYCLE;
}
