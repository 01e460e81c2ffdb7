// SPDX-License-Identifier: MIT
/* SE's functions by table: checking and loading a struct mtia_se_lut, looking a row up. */
#include <math.h>

#include "pe_internal.h"

#define KNOWN_FLAGS (MTIA_LUT_CUBIC | MTIA_LUT_LOG | MTIA_LUT_ODD | MTIA_LUT_EVEN)

bool se_lut_valid(const struct mtia_se_lut *head)
{
	if ((head->flags & ~KNOWN_FLAGS) || !head->segments ||
	    head->segments > MTIA_SE_LUT_SEGMENTS ||
	    ((head->flags & MTIA_LUT_ODD) && (head->flags & MTIA_LUT_EVEN)))
		return false;
	for (uint32_t i = 0; i < sizeof(head->reserved) / 4; i++)
		if (head->reserved[i])
			return false;
	if (head->flags & MTIA_LUT_LOG)
		return head->shift >= 1 && head->shift <= 23;
	/* So that t is a number for every input that is one. */
	return !head->shift && !head->base && isfinite(head->lo) && isfinite(head->inv_step) &&
	       head->inv_step > 0;
}

static uint32_t segment_words(const struct mtia_se_lut *head)
{
	return head->flags & MTIA_LUT_CUBIC ? 4 : 2;
}

static void read_head(const struct mtia_pe *pe, const struct pe_cmd *cmd, struct mtia_se_lut *head)
{
	const struct pe_cb *cb = &pe->s.cb[cmd->cb0];
	uint8_t copy[sizeof(*head)];

	memcpy(head, cb_gather(pe, cb, cb_src_pos(cb, cmd->off0), sizeof(*head), copy),
	       sizeof(*head));
}

enum mtia_pe_field se_lut_ready(const struct mtia_pe *pe, const struct pe_cmd *cmd, uint64_t *need)
{
	struct mtia_se_lut head;

	*need = cmd->need0;
	if (cmd->op == MTIA_OP_SE_LOOKUP)
		return pe->s.lut[cmd->slot].head.segments ? 0 : MTIA_FIELD_SLOT;
	read_head(pe, cmd, &head);
	if (!se_lut_valid(&head))
		return MTIA_FIELD_LUT;
	*need += 4 * (uint64_t)head.segments * segment_words(&head);
	return 0;
}

uint32_t se_lut_load(struct mtia_pe *pe, const struct pe_cmd *cmd)
{
	const struct pe_cb *cb = &pe->s.cb[cmd->cb0];
	struct pe_lut *lut = &pe->s.lut[cmd->slot];
	uint8_t copy[sizeof(lut->c)];
	uint32_t pos = cb_src_pos(cb, cmd->off0), bytes;

	read_head(pe, cmd, &lut->head);
	bytes = 4 * lut->head.segments * segment_words(&lut->head);
	pos = cb_advance(cb, pos, sizeof(lut->head));
	memcpy(lut->c, cb_gather(pe, cb, pos, bytes, copy), bytes);
	return bytes + (uint32_t)sizeof(lut->head);
}

void se_lut_row(const struct mtia_pe *pe, const struct pe_cmd *cmd, const uint8_t *src,
		uint8_t *out)
{
	int32_t zp_in = (int16_t)cmd->imm[1], zp_out = (int16_t)(cmd->imm[1] >> 16);
	const struct simd_array *array = pe->simd->array;
	int32_t zero_point[MTIA_SE_MAX_D];
	uint32_t n = cmd->cols;
	float x[MTIA_SE_MAX_D], scale, inv;

	memcpy(&scale, &cmd->imm[0], sizeof(scale));
	memcpy(&inv, &cmd->imm[2], sizeof(inv));
	if (cmd_type0(cmd) == MTIA_TYPE_I8)
		for (uint32_t i = 0; i < n; i++) {
			int32_t q = cmd->flags & MTIA_F_SIGNED0 ? (int8_t)src[i] : src[i];

			x[i] = (float)(q - zp_in) * scale;
		}
	else
		array->widen(x, src, n, false);
	array->lookup(x, n, &pe->s.lut[cmd->slot]);
	if (cmd_typed(cmd) == MTIA_TYPE_I8) {
		int32_t lo = cmd->flags & MTIA_F_SIGNEDD ? -128 : 0;

		for (uint32_t i = 0; i < n; i++) {
			x[i] *= inv;
			zero_point[i] = zp_out;
		}
		array->to_8(out, x, zero_point, n, lo, lo + 255);
	} else {
		array->store(out, x, n);
	}
}
