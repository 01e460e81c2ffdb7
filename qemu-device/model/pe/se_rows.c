// SPDX-License-Identifier: MIT
/* SIMD engine on rows of embedding tables: accumulate in any layout, scale. */
#include "half.h"
#include "pe_internal.h"

/* In the ring if it doesn't wrap, else in `copy`: for what is read, changed and put back. */
static uint8_t *writable(struct mtia_pe *pe, const struct pe_cb *cb, uint32_t pos, uint32_t bytes,
			 uint8_t *copy)
{
	return cb_gather(pe, cb, pos, bytes, copy) == copy ? copy : pe->s.ls + cb->base + pos;
}

/* Rows that are unpacked at a time: they stay in the host's first cache. */
#define UNPACK_ROWS 8u

/*
 * A row with an FP16 scale and bias as one of D bytes, FP32 scale, FP32 bias. The conversion is
 * exact, so that one kernel defines the bits of all quantised layouts.
 */
static void unpack(uint8_t *out, const uint8_t *row, uint32_t d, uint32_t layout)
{
	bool nibbles = layout != MTIA_ROW_I8_F16_FIRST;
	const uint8_t *q = layout == MTIA_ROW_I4_F16_LAST ? row : row + 4;
	const uint8_t *head = layout == MTIA_ROW_I4_F16_LAST ? row + d / 2 : row;
	uint16_t half[2];
	uint32_t f32[2];

	if (nibbles) {
		for (uint32_t i = 0; i < d / 2; i++) {
			out[2 * i] = q[i] & 15;
			out[2 * i + 1] = q[i] >> 4;
		}
	} else {
		memcpy(out, q, d);
	}
	memcpy(half, head, sizeof(half));
	f32[0] = f32_from_f16(half[0]);
	f32[1] = f32_from_f16(half[1]);
	memcpy(out + d, f32, sizeof(f32));
}

static void accumulate_packed(struct mtia_pe *pe, const struct pe_cmd *cmd, uint8_t *acc,
			      const uint8_t *row, uint32_t rows, const uint8_t *weights, bool fresh)
{
	uint32_t layout = cmd->flags / MTIA_F_ROW(1) & 7, stride = cmd->cols + 8;
	uint8_t wide[UNPACK_ROWS * (MTIA_SE_MAX_D + 8)];

	do {
		uint32_t count = rows < UNPACK_ROWS ? rows : UNPACK_ROWS;

		for (uint32_t r = 0; r < count; r++)
			unpack(wide + r * stride, row + (size_t)r * cmd->stride_cb, cmd->cols,
			       layout);
		pe->simd->rows(acc, cmd->cols, wide, stride, count, weights, fresh);
		row += (size_t)count * cmd->stride_cb;
		weights = weights ? weights + 4 * count : NULL;
		rows -= count;
		fresh = false;
	} while (rows);
}

/* Rows that lie behind each other; the accumulators go on, or start at +0. */
static void accumulate(struct mtia_pe *pe, const struct pe_cmd *cmd, uint8_t *acc,
		       const uint8_t *row, uint32_t rows, const uint8_t *weights, bool fresh)
{
	uint32_t layout = cmd->flags / MTIA_F_ROW(1) & 7;

	if (layout == MTIA_ROW_F32 || layout == MTIA_ROW_F16) {
		pe->simd->rows_float(acc, cmd->cols, row, cmd->stride_cb, rows, weights, fresh,
				     layout == MTIA_ROW_F16);
		return;
	}
	if (layout != MTIA_ROW_I8_F32_LAST) {
		accumulate_packed(pe, cmd, acc, row, rows, weights, fresh);
		return;
	}
	do {
		/* The tables' limit; more are v1+. */
		uint32_t count = rows < MTIA_SE_MAX_ROWS ? rows : MTIA_SE_MAX_ROWS;

		pe->simd->rows(acc, cmd->cols, row, cmd->stride_cb, count, weights, fresh);
		row += (size_t)count * cmd->stride_cb;
		weights = weights ? weights + 4 * count : NULL;
		rows -= count;
		fresh = false;
	} while (rows);
}

void se_rows(struct mtia_pe *pe, const struct pe_cmd *cmd)
{
	const struct pe_cb *dst = &pe->s.cb[cmd->cbd], *src = &pe->s.cb[cmd->cb0];
	uint32_t at = cb_dst_pos(dst, cmd->offd);
	uint32_t d = cmd->cols, bytes = se_row_bytes(cmd->flags, d);
	uint8_t acc_copy[4 * MTIA_SE_MAX_D], weight_copy[4 * MTIA_SE_MAX_ROWS_V1PLUS];
	uint8_t *acc = writable(pe, dst, at, 4 * d, acc_copy);
	const uint8_t *weights = NULL;
	bool fresh = cmd->flags & MTIA_F_INIT;
	uint32_t pos;

	if (cmd->flags & MTIA_F_WEIGHTED) {
		const struct pe_cb *cb = &pe->s.cb[cmd->cb1];

		weights = cb_gather(pe, cb, cb_src_pos(cb, cmd->off1), 4 * cmd->rows, weight_copy);
	}
	if (!cmd->rows) {
		accumulate(pe, cmd, acc, pe->s.ls, 0, NULL, fresh);
	} else {
		pos = cb_src_pos(src, cmd->off0);
		if (pos + (uint64_t)(cmd->rows - 1) * cmd->stride_cb + bytes <= src->size) {
			accumulate(pe, cmd, acc, pe->s.ls + src->base + pos, cmd->rows, weights,
				   fresh);
		} else {
			for (uint32_t r = 0; r < cmd->rows; r++) {
				uint8_t copy[4 * MTIA_SE_MAX_D];

				accumulate(pe, cmd, acc, cb_gather(pe, src, pos, bytes, copy), 1,
					   weights ? weights + 4 * r : NULL, fresh && !r);
				pos = cb_advance(src, pos, cmd->stride_cb);
			}
		}
	}
	cb_scatter(pe, dst, at, acc, 4 * d);
}

void se_scale(struct mtia_pe *pe, const struct pe_cmd *cmd)
{
	const struct pe_cb *dst = &pe->s.cb[cmd->cbd];
	uint32_t at = cb_dst_pos(dst, cmd->offd);
	uint8_t copy[4 * MTIA_SE_MAX_D];
	uint8_t *x = writable(pe, dst, at, 4 * cmd->cols, copy);
	float s;

	if (cmd->flags & MTIA_F_RECIP)
		s = 1.0f / (float)cmd->imm[0];
	else
		memcpy(&s, &cmd->imm[0], sizeof(s));
	pe->simd->scale(x, cmd->cols, s);
	cb_scatter(pe, dst, at, x, 4 * cmd->cols);
}
