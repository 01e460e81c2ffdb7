// SPDX-License-Identifier: MIT
/* Rows of embedding tables in all layouts, and the quantised form of a pooled bag. */
#include "tbe_rows.h"

#include "exact.h"

/* The order of roundings is FBGEMM's: the bias first, then one fused multiply-add. */
MTIA_FMA_CLONES
static void add_u8(float *restrict acc, const uint8_t *restrict q, uint32_t dim, float scale,
		   float bias)
{
	for (uint32_t j = 0; j < dim; j++)
		acc[j] = fmaf(scale, (float)q[j], acc[j] + bias);
}

MTIA_FMA_CLONES
static void add_u4(float *restrict acc, const uint8_t *restrict q, uint32_t dim, float scale,
		   float bias)
{
	for (uint32_t j = 0; j < dim; j++)
		acc[j] = fmaf(scale, (float)(q[j / 2] >> j % 2 * 4 & 15), acc[j] + bias);
}

static void add_u8_f32_last(float *acc, const uint8_t *row, uint32_t dim, float w)
{
	add_u8(acc, row, dim, w * load_f32(row + dim), w * load_f32(row + dim + 4));
}

static void add_u8_f16_first(float *acc, const uint8_t *row, uint32_t dim, float w)
{
	add_u8(acc, row + 4, dim, w * load_f16(row), w * load_f16(row + 2));
}

static void add_u4_f16_last(float *acc, const uint8_t *row, uint32_t dim, float w)
{
	const uint8_t *tail = row + dim / 2;

	add_u4(acc, row, dim, w * load_f16(tail), w * load_f16(tail + 2));
}

static void add_u4_f16_first(float *acc, const uint8_t *row, uint32_t dim, float w)
{
	add_u4(acc, row + 4, dim, w * load_f16(row), w * load_f16(row + 2));
}

MTIA_FMA_CLONES
static void add_f16(float *acc, const uint8_t *row, uint32_t dim, float w)
{
	for (uint32_t j = 0; j < dim; j++)
		acc[j] = fmaf(w, load_f16(row + 2ul * j), acc[j]);
}

MTIA_FMA_CLONES
static void add_f32(float *acc, const uint8_t *row, uint32_t dim, float w)
{
	for (uint32_t j = 0; j < dim; j++)
		acc[j] = fmaf(w, load_f32(row + 4ul * j), acc[j]);
}

add_row_fn mtia_ref_add_row(enum mtia_table_layout layout)
{
	static const add_row_fn functions[] = {
		[MTIA_TABLE_U8_F32_LAST] = add_u8_f32_last,
		[MTIA_TABLE_U8_F16_FIRST] = add_u8_f16_first,
		[MTIA_TABLE_U4_F16_LAST] = add_u4_f16_last,
		[MTIA_TABLE_U4_F16_FIRST] = add_u4_f16_first,
		[MTIA_TABLE_F16] = add_f16,
		[MTIA_TABLE_F32] = add_f32,
	};

	return functions[layout];
}

void mtia_ref_quantize_bag(const float *acc, uint32_t dim, uint8_t *out)
{
	float lo = acc[0], hi = acc[0], scale, inverse;

	for (uint32_t j = 1; j < dim; j++) {
		lo = minimum_number(lo, acc[j]);
		hi = maximum_number(hi, acc[j]);
	}
	lo = canonical(lo);
	scale = canonical((hi - lo) / 255.0f);
	inverse = 255.0f / (scale * 255.0f + 1e-8f);
	for (uint32_t j = 0; j < dim; j++)
		out[j] = round_to_8((acc[j] - lo) * inverse, 0, 0, 255);
	memcpy(out + dim, &scale, sizeof(scale));
	memcpy(out + dim + 4, &lo, sizeof(lo));
}
