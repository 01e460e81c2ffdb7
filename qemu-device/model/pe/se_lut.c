// SPDX-License-Identifier: MIT
/* SE's functions by table: loading, checking and evaluating a struct mtia_se_lut. */
#include <math.h>

#include "half.h"
#include "pe_internal.h"
#include "se_round.h"

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

static uint32_t bits_of(float x)
{
	uint32_t bits;

	memcpy(&bits, &x, sizeof(bits));
	return bits;
}

static float outside(float value, float slope, float a)
{
	return slope == 0 ? value : fmaf(a, slope, value);
}

static float evaluate(const struct pe_lut *lut, float x)
{
	const struct mtia_se_lut *h = &lut->head;
	bool negative = bits_of(x) >> 31;
	float a = x, u, y;
	int64_t k;

	if (x != x)
		return x;
	if (h->flags & (MTIA_LUT_ODD | MTIA_LUT_EVEN))
		a = fabsf(x);
	if (h->flags & MTIA_LUT_LOG) {
		uint32_t bits = a == 0 ? 0 : bits_of(a);

		k = (int64_t)(bits >> h->shift) - h->base;
		u = ldexpf((float)(bits & ((1u << h->shift) - 1)), -(int)h->shift);
	} else {
		float t = (a - h->lo) * h->inv_step;

		k = t < 0 ? -1 : t >= (float)h->segments ? h->segments : (int64_t)t;
		u = t - (float)k;
	}
	if ((h->flags & MTIA_LUT_LOG) && a < 0) {
		y = h->negative;
	} else if (k < 0) {
		y = outside(h->below, h->slope_below, a);
	} else if (k >= h->segments) {
		y = outside(h->above, h->slope_above, a);
	} else if (h->flags & MTIA_LUT_CUBIC) {
		const float *c = &lut->c[4 * k];

		y = fmaf(fmaf(fmaf(c[3], u, c[2]), u, c[1]), u, c[0]);
	} else {
		y = fmaf(lut->c[2 * k + 1], u, lut->c[2 * k]);
	}
	return (h->flags & MTIA_LUT_ODD) && negative ? -y : y;
}

void se_lut_row(const struct mtia_pe *pe, const struct pe_cmd *cmd, const uint8_t *src,
		uint8_t *out)
{
	const struct pe_lut *lut = &pe->s.lut[cmd->slot];
	bool from_8 = cmd_type0(cmd) == MTIA_TYPE_I8, to_8 = cmd_typed(cmd) == MTIA_TYPE_I8;
	int32_t lo = cmd->flags & MTIA_F_SIGNEDD ? -128 : 0;
	int32_t zp_in = (int16_t)cmd->imm[1], zp_out = (int16_t)(cmd->imm[1] >> 16);
	float scale, inv;

	memcpy(&scale, &cmd->imm[0], sizeof(scale));
	memcpy(&inv, &cmd->imm[2], sizeof(inv));
	for (uint32_t c = 0; c < cmd->cols; c++) {
		uint32_t bits;
		float x, y;

		if (from_8) {
			int32_t q = cmd->flags & MTIA_F_SIGNED0 ? (int8_t)src[c] : src[c];

			x = (float)(q - zp_in) * scale;
		} else {
			uint16_t half;

			memcpy(&half, src + 2 * (size_t)c, sizeof(half));
			bits = f32_from_f16(half);
			memcpy(&x, &bits, sizeof(x));
		}
		y = evaluate(lut, x);
		if (to_8) {
			out[c] = se_to_8(y * inv, zp_out, lo, lo + 255);
		} else {
			bits = y != y ? HALF_NAN_F32 : bits_of(y);
			memcpy(out + 4 * (size_t)c, &bits, sizeof(bits));
		}
	}
}
