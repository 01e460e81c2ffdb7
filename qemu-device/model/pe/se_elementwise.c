// SPDX-License-Identifier: MIT
/* SE element-wise: convert, quantise, dequantise, add, multiply, maximum, ReLU, lookup; by rows. */
#include <math.h>

#include "half.h"
#include "pe_internal.h"
#include "se_round.h"

static float as_float(uint32_t bits)
{
	float x;

	memcpy(&x, &bits, sizeof(x));
	return x;
}

static uint32_t as_bits(float x)
{
	uint32_t bits;

	memcpy(&bits, &x, sizeof(bits));
	return bits;
}

/* ---- Elements -------------------------------------------------------------------------------- */

static void load_floats(const struct simd_array *array, float *x, const uint8_t *src, uint32_t n,
			uint32_t type)
{
	if (type == MTIA_TYPE_F32)
		memcpy(x, src, 4 * (size_t)n);
	else
		array->widen(x, src, n, type == MTIA_TYPE_BF16);
}

static void store_floats(const struct simd_array *array, uint8_t *dst, const float *x, uint32_t n,
			 uint32_t type)
{
	if (type == MTIA_TYPE_F32)
		array->store(dst, x, n);
	else
		array->narrow(dst, x, n, type == MTIA_TYPE_BF16);
}

static void load_ints(int32_t *x, const uint8_t *src, uint32_t n, uint32_t type, bool is_signed)
{
	if (type == MTIA_TYPE_S32) {
		memcpy(x, src, 4 * (size_t)n);
		return;
	}
	for (uint32_t i = 0; i < n; i++)
		x[i] = is_signed ? (int8_t)src[i] : src[i];
}

static void relu(float *x, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		x[i] = x[i] <= 0 ? 0 : x[i];
}

/* ---- Convert --------------------------------------------------------------------------------- */

/*
 * x as an FP32 that rounds to BF16 as x itself would: what an FP32 cannot hold is kept as a last
 * bit that is set (rounding to odd). F16 needs none of this: what is not exact is beyond it.
 */
static float odd_float(int32_t x)
{
	uint32_t magnitude = x < 0 ? 0u - (uint32_t)x : (uint32_t)x, drop;

	if (magnitude >= 1u << 24) {
		drop = 8 - (uint32_t)__builtin_clz(magnitude);
		if (magnitude & ((1u << drop) - 1))
			magnitude = (magnitude >> drop | 1) << drop;
	}
	return x < 0 ? -(float)magnitude : (float)magnitude;
}

static void convert_ints(const struct simd_array *array, const struct pe_cmd *cmd, const int32_t *x,
			 uint8_t *out)
{
	uint32_t type = cmd_typed(cmd);
	int32_t lo = cmd->flags & MTIA_F_SIGNEDD ? -128 : 0, hi = lo + 255;
	float f[MTIA_SE_MAX_D];

	switch (type) {
	case MTIA_TYPE_S32:
		memcpy(out, x, 4 * (size_t)cmd->cols);
		return;
	case MTIA_TYPE_I8:
		for (uint32_t i = 0; i < cmd->cols; i++)
			out[i] = (uint8_t)(x[i] < lo ? lo : x[i] > hi ? hi : x[i]);
		return;
	case MTIA_TYPE_BF16:
		for (uint32_t i = 0; i < cmd->cols; i++)
			f[i] = odd_float(x[i]);
		break;
	default:
		for (uint32_t i = 0; i < cmd->cols; i++)
			f[i] = (float)x[i];
		break;
	}
	store_floats(array, out, f, cmd->cols, type);
}

static void convert(const struct simd_array *array, const struct pe_cmd *cmd, const uint8_t *src,
		    uint8_t *out)
{
	uint32_t from = cmd_type0(cmd), to = cmd_typed(cmd);
	union {
		int32_t s32[MTIA_SE_MAX_D];
		float f32[MTIA_SE_MAX_D];
	} x;

	if (from == MTIA_TYPE_I8 || from == MTIA_TYPE_S32) {
		load_ints(x.s32, src, cmd->cols, from, cmd->flags & MTIA_F_SIGNED0);
		convert_ints(array, cmd, x.s32, out);
		return;
	}
	load_floats(array, x.f32, src, cmd->cols, from);
	if (to != MTIA_TYPE_S32) {
		store_floats(array, out, x.f32, cmd->cols, to);
		return;
	}
	for (uint32_t i = 0; i < cmd->cols; i++) {
		int32_t v = se_rne(x.f32[i]);

		memcpy(out + 4 * (size_t)i, &v, sizeof(v));
	}
}

/* ---- Quantise, dequantise -------------------------------------------------------------------- */

/* Scale and zero point of column i of a row; step is 0 if one serves the whole row. */
struct quant {
	const uint8_t *param;
	uint32_t step;
};

static void load_quant(const struct quant *q, uint32_t i, float *scale, int32_t *zero_point)
{
	struct mtia_se_quant param;

	memcpy(&param, q->param + (size_t)i * q->step, sizeof(param));
	*scale = param.inv;
	*zero_point = param.zero_point;
}

static void quantise(const struct simd_array *array, const struct pe_cmd *cmd,
		     const struct quant *q, const uint8_t *src, uint8_t *out)
{
	int32_t lo = (int16_t)cmd->imm[2], hi = (int16_t)(cmd->imm[2] >> 16);
	int32_t zero_point[MTIA_SE_MAX_D];
	float x[MTIA_SE_MAX_D], inv;

	load_floats(array, x, src, cmd->cols, cmd_type0(cmd));
	for (uint32_t i = 0; i < cmd->cols; i++) {
		load_quant(q, i, &inv, &zero_point[i]);
		x[i] *= inv;
	}
	array->to_8(out, x, zero_point, cmd->cols, lo, hi);
}

static void dequantise(const struct simd_array *array, const struct pe_cmd *cmd,
		       const struct quant *q, const uint8_t *src, uint8_t *out)
{
	int32_t v[MTIA_SE_MAX_D], zp;
	float x[MTIA_SE_MAX_D], scale;

	load_ints(v, src, cmd->cols, MTIA_TYPE_I8, cmd->flags & MTIA_F_SIGNED0);
	for (uint32_t i = 0; i < cmd->cols; i++) {
		load_quant(q, i, &scale, &zp);
		x[i] = scale * (float)(int32_t)((uint32_t)v[i] - (uint32_t)zp);
	}
	store_floats(array, out, x, cmd->cols, cmd_typed(cmd));
}

/* ---- Two sources ----------------------------------------------------------------------------- */

static void binary_ints(uint32_t op, const uint8_t *a, const uint8_t *b, uint32_t n, uint8_t *out)
{
	for (uint32_t i = 0; i < n; i++, a += 4, b += 4, out += 4) {
		uint32_t x, y;

		memcpy(&x, a, sizeof(x));
		memcpy(&y, b, sizeof(y));
		if (op == MTIA_OP_SE_ADD)
			x += y;
		else if (op == MTIA_OP_SE_MUL)
			x *= y;
		else if ((int32_t)y > (int32_t)x)
			x = y;
		memcpy(out, &x, sizeof(x));
	}
}

static float maximum(float a, float b)
{
	if (a != a || b != b)
		return as_float(HALF_NAN_F32);
	if (a == b) /* +0 and -0: +0 */
		return as_float(as_bits(a) & as_bits(b));
	return a > b ? a : b;
}

/*
 * FP32 has more than twice the digits of FP16 and BF16 and two more, so rounding to it first does
 * not change the second rounding; but for products of BF16 that FP32 cannot hold as normal numbers.
 * Those are exact in binary64, and become a multiple of BF16's smallest number, 2^-133.
 */
static float product_bf16(float a, float b)
{
	double exact = (double)a * b, magnitude = fabs(exact);

	if (!(magnitude > 0 && magnitude < 0x1p-126))
		return a * b;
	return (float)copysign(nearbyint(magnitude * 0x1p133) * 0x1p-133, exact);
}

static void binary(const struct simd_array *array, const struct pe_cmd *cmd, const uint8_t *a,
		   const uint8_t *b, uint8_t *out)
{
	uint32_t type = cmd_type0(cmd), n = cmd->cols;
	float x[MTIA_SE_MAX_D], y[MTIA_SE_MAX_D];

	if (type == MTIA_TYPE_S32) {
		binary_ints(cmd->op, a, b, n, out);
		return;
	}
	load_floats(array, x, a, n, type);
	load_floats(array, y, b, n, type);
	if (cmd->op == MTIA_OP_SE_ADD)
		for (uint32_t i = 0; i < n; i++)
			x[i] += y[i];
	else if (cmd->op == MTIA_OP_SE_MAX)
		for (uint32_t i = 0; i < n; i++)
			x[i] = maximum(x[i], y[i]);
	else if (type == MTIA_TYPE_BF16)
		for (uint32_t i = 0; i < n; i++)
			x[i] = product_bf16(x[i], y[i]);
	else
		for (uint32_t i = 0; i < n; i++)
			x[i] *= y[i];
	if (cmd->flags & MTIA_F_RELU)
		relu(x, n);
	store_floats(array, out, x, n, type);
}

/* ---- Rows ------------------------------------------------------------------------------------ */

static void one_row(struct mtia_pe *pe, const struct pe_cmd *cmd, const uint8_t *a,
		    const uint8_t *b, const struct quant *q, uint8_t *out)
{
	const struct simd_array *array = pe->simd->array;
	float x[MTIA_SE_MAX_D];

	switch (cmd->op) {
	case MTIA_OP_SE_CONVERT:
		convert(array, cmd, a, out);
		break;
	case MTIA_OP_SE_QUANT:
		quantise(array, cmd, q, a, out);
		break;
	case MTIA_OP_SE_DEQUANT8:
		dequantise(array, cmd, q, a, out);
		break;
	case MTIA_OP_SE_RELU:
		load_floats(array, x, a, cmd->cols, cmd_type0(cmd));
		relu(x, cmd->cols);
		store_floats(array, out, x, cmd->cols, cmd_typed(cmd));
		break;
	case MTIA_OP_SE_LOOKUP:
		se_lut_row(pe, cmd, a, out);
		break;
	default:
		binary(array, cmd, a, b, out);
		break;
	}
}

/* All of a row is read before any of it is written. */
void se_elementwise(struct mtia_pe *pe, const struct pe_cmd *cmd)
{
	const struct pe_cb *dst = &pe->s.cb[cmd->cbd], *src0 = &pe->s.cb[cmd->cb0];
	const struct pe_cb *src1 = cmd->cb1 != PE_NO_CB ? &pe->s.cb[cmd->cb1] : NULL;
	uint32_t row0 = cmd->cols * type_bytes(cmd_type0(cmd));
	uint32_t row1 = cmd->cols * type_bytes(cmd_type1(cmd));
	uint32_t rowd = cmd->cols * type_bytes(cmd_typed(cmd));
	uint32_t pos0 = cb_src_pos(src0, cmd->off0), posd = cb_dst_pos(dst, cmd->offd), pos1 = 0;
	uint8_t copy0[4 * MTIA_SE_MAX_D], copy1[sizeof(struct mtia_se_quant) * MTIA_SE_MAX_D];
	uint8_t out[4 * MTIA_SE_MAX_D];
	const struct mtia_se_quant all = { as_float(cmd->imm[0]), (int32_t)cmd->imm[1] };
	struct quant q = { (const uint8_t *)&all, 0 };
	bool two = src1 && !(cmd->flags & (MTIA_F_PER_ROW | MTIA_F_PER_COL));
	const uint8_t *b = copy1;

	if (src1)
		pos1 = cb_src_pos(src1, cmd->off1);
	if (cmd->flags & MTIA_F_PER_COL) {
		q.step = sizeof(all);
		q.param = cb_gather(pe, src1, pos1, cmd->cols * sizeof(all), copy1);
	} else if (cmd->flags & MTIA_F_PER_ROW) {
		q.param = cb_gather(pe, src1, pos1, cmd->rows * sizeof(all), copy1);
	}
	for (uint32_t r = 0; r < cmd->rows; r++) {
		if (two)
			b = cb_gather(pe, src1, pos1, row1, copy1);
		one_row(pe, cmd, cb_gather(pe, src0, pos0, row0, copy0), b, &q, out);
		cb_scatter(pe, dst, posd, out, rowd);
		pos0 = cb_advance(src0, pos0, cmd->stride0);
		if (two && !(cmd->flags & MTIA_F_BCAST1))
			pos1 = cb_advance(src1, pos1, cmd->stride1);
		if (cmd->flags & MTIA_F_PER_ROW)
			q.param += sizeof(all);
		posd = cb_advance(dst, posd, cmd->stride_cb);
	}
}
