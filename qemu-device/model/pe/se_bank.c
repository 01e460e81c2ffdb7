// SPDX-License-Identifier: MIT
/* SE on a bank of FP32: ReLU, then as FP32, FP16, BF16 or quantised to 8 bits. */
#include "half.h"
#include "pe_internal.h"
#include "se_round.h"

static uint8_t quantise(float x, const struct pe_cmd *cmd)
{
	float inv;

	memcpy(&inv, &cmd->imm[0], sizeof(inv));
	return se_to_8(x * inv, (int32_t)cmd->imm[1], (int16_t)cmd->imm[2],
		       (int16_t)(cmd->imm[2] >> 16));
}

void se_bank(struct mtia_pe *pe, const struct pe_cmd *cmd)
{
	const struct pe_cb *dst = &pe->s.cb[cmd->cbd];
	uint32_t type = cmd_typed(cmd), pos = cb_dst_pos(dst, cmd->offd);
	uint32_t bytes = cmd->n * (cmd->flags & MTIA_F_QUANT			   ? 1 :
				   type == MTIA_TYPE_F16 || type == MTIA_TYPE_BF16 ? 2 : 4);

	for (uint32_t m = 0; m < cmd->m; m++) {
		const int32_t *row = &pe->s.bank[cmd->bank][MTIA_DPE_TILE * m];
		union {
			uint8_t u8[MTIA_DPE_TILE];
			uint16_t u16[MTIA_DPE_TILE];
			uint32_t u32[MTIA_DPE_TILE];
		} out;

		for (uint32_t n = 0; n < cmd->n; n++) {
			uint32_t bits;
			float x;

			memcpy(&x, &row[n], sizeof(x));
			if ((cmd->flags & MTIA_F_RELU) && x <= 0.0f)
				x = 0.0f;
			memcpy(&bits, &x, sizeof(bits));
			if (cmd->flags & MTIA_F_QUANT)
				out.u8[n] = quantise(x, cmd);
			else if (type == MTIA_TYPE_F16)
				out.u16[n] = f16_from_f32(bits);
			else if (type == MTIA_TYPE_BF16)
				out.u16[n] = bf16_from_f32(bits);
			else
				out.u32[n] = x != x ? HALF_NAN_F32 : bits;
		}
		cb_scatter(pe, dst, pos, out.u8, bytes);
		pos = cb_advance(dst, pos, cmd->stride_cb);
	}
}
