// SPDX-License-Identifier: GPL-2.0
/* The host references against the golden vectors, bit for bit. */
#include <stdlib.h>

#include "golden.h"
#include "mtia/ref.h"
#include "tap.h"

/* Every output sits in a frame of these bytes, so that a write past its end shows. */
#define FRAME 64

struct framed {
	uint8_t *data;
	size_t size;
};

static struct framed frame(size_t size)
{
	struct framed f = { malloc(size + 2 * FRAME), size };

	memset(f.data, 0xa5, size + 2 * FRAME);
	f.data += FRAME;
	return f;
}

static bool unframe(struct framed f)
{
	bool whole = true;

	for (size_t i = 0; i < FRAME; i++)
		whole &= f.data[-1 - (ptrdiff_t)i] == 0xa5 && f.data[f.size + i] == 0xa5;
	free(f.data - FRAME);
	return whole;
}

/* Rows of `width` bytes copied `stride` bytes apart; gaps hold a byte that would spoil a sum. */
static void *spread(const void *data, size_t rows, size_t width, size_t stride)
{
	uint8_t *wide = malloc(rows * stride);

	memset(wide, 0x7e, rows * stride);
	for (size_t i = 0; i < rows; i++)
		memcpy(wide + i * stride, (const uint8_t *)data + i * width, width);
	return wide;
}

static void fc_case(const struct golden *c)
{
	size_t m = (size_t)golden_int(c, "m"), n = (size_t)golden_int(c, "n");
	size_t k = (size_t)golden_int(c, "k");
	uint32_t out = (uint32_t)golden_int(c, "out");
	const char *type = out == MTIA_OUT_U8 ? "u8" : out == MTIA_OUT_F32 ? "f32" : "s32";
	size_t element = out == MTIA_OUT_U8 ? 1 : 4;
	const void *want = golden_array(c, "c", type, m * n);
	struct mtia_fc_ref fc = {
		.m = (uint32_t)m, .n = (uint32_t)n, .k = (uint32_t)k,
		.a = golden_array(c, "a", "u8", m * k), .w = golden_array(c, "w", "s8", n * k),
		.scale = golden_array(c, "scale", "f32", n),
		.bias = golden_optional(c, "bias", "s32", n),
		.w_zero_point = golden_optional(c, "w_zero_point", "s32", n),
		.a_zero_point = (int32_t)golden_int(c, "a_zero_point"),
		.c_zero_point = (int32_t)golden_int(c, "c_zero_point"),
		.relu = golden_int(c, "relu"), .out = out,
	};
	struct framed result = frame(m * n * element);
	struct framed wide = frame(m * (n + 3) * element);
	void *a, *w, *expected;
	int err;

	fc.c = result.data;
	err = mtia_fc_ref(&fc);
	tap_ok(!err && !memcmp(result.data, want, result.size), "fc %s", c->name);

	/* The same with every stride wider than its row. */
	fc.a = a = spread(fc.a, m, k, k + 5);
	fc.w = w = spread(fc.w, n, k, k + 9);
	fc.lda = k + 5;
	fc.ldw = k + 9;
	fc.ldc = n + 3;
	fc.c = wide.data;
	expected = spread(want, m, n * element, (n + 3) * element);
	for (size_t i = 0; i < m; i++)
		memset((uint8_t *)expected + (i * (n + 3) + n) * element, 0xa5, 3 * element);
	err = mtia_fc_ref(&fc);
	tap_ok(!err && !memcmp(wide.data, expected, wide.size), "fc %s, strided", c->name);
	if (!unframe(result) || !unframe(wide))
		tap_ok(false, "fc %s writes outside its result", c->name);
	free(a);
	free(w);
	free(expected);
}

static void tbe_case(const struct golden *c)
{
	size_t count = (size_t)golden_int(c, "tables"), batch = (size_t)golden_int(c, "batch");
	size_t index_bytes = (size_t)golden_int(c, "index_bytes");
	const char *type = index_bytes == 4 ? "s32" : "s64";
	size_t index_count = golden_bytes(c, "indices") / index_bytes, columns = 0;
	const int32_t *rows = golden_array(c, "rows", "s32", count);
	const int32_t *dims = golden_array(c, "dims", "s32", count);
	const uint8_t *packed = golden_array(c, "packed", "u8", golden_bytes(c, "packed"));
	struct mtia_table *tables = calloc(count, sizeof(*tables));
	void **wide = calloc(count, sizeof(*wide));
	struct mtia_tbe_finding finding;
	struct mtia_tbe_ref tbe = {
		.tables = tables, .table_count = (uint32_t)count, .batch = (uint32_t)batch,
		.pooling = (uint32_t)golden_int(c, "pooling"), .index_bytes = (uint32_t)index_bytes,
		.index_count = index_count,
		.indices = golden_array(c, "indices", type, index_count),
		.offsets = golden_array(c, "offsets", type, count * batch + 1),
		.weights = golden_optional(c, "weights", "f32", index_count),
	};
	struct framed result;
	const float *want;
	int err;

	for (size_t t = 0; t < count; t++) {
		tables[t] = (struct mtia_table){ .rows = packed, .row_count = (uint64_t)rows[t],
						 .dim = (uint32_t)dims[t] };
		packed += (size_t)rows[t] * ((size_t)dims[t] + 8);
		columns += (size_t)dims[t];
	}
	want = golden_array(c, "out", "f32", batch * columns);
	result = frame(batch * columns * sizeof(float));
	tbe.out = (float *)result.data;
	err = mtia_tbe_ref(&tbe, &finding);
	tap_ok(!err && !memcmp(result.data, want, result.size), "tbe %s", c->name);
	if (!unframe(result))
		tap_ok(false, "tbe %s writes outside its result", c->name);

	/* Rows padded as in device memory, output rows apart, no finding asked for. */
	for (size_t t = 0; t < count; t++) {
		tables[t].row_stride = (tables[t].dim + 8 + 31) & ~31u;
		wide[t] = spread(tables[t].rows, tables[t].row_count, tables[t].dim + 8,
				 tables[t].row_stride);
		tables[t].rows = wide[t];
	}
	result = frame(batch * (columns + 5) * sizeof(float));
	tbe.out = (float *)result.data;
	tbe.out_stride = columns + 5;
	err = mtia_tbe_ref(&tbe, NULL);
	for (size_t b = 0; b < batch; b++)
		err |= memcmp((const float *)tbe.out + b * tbe.out_stride, want + b * columns,
			      columns * sizeof(float));
	tap_ok(!err, "tbe %s, strided", c->name);
	if (!unframe(result))
		tap_ok(false, "tbe %s writes outside its strided result", c->name);
	for (size_t t = 0; t < count; t++)
		free(wide[t]);
	free(wide);
	free(tables);
}

static void rowwise_case(const struct golden *c)
{
	size_t rows = (size_t)golden_int(c, "rows"), dim = (size_t)golden_int(c, "dim");
	const float *x = golden_array(c, "x", "f32", rows * dim);
	struct framed result = frame(rows * (dim + 8));
	int err;

	err = mtia_quantize_rowwise_u8(x, rows, (uint32_t)dim, 0, result.data, 0);
	tap_ok(!err, "quantize %s is accepted", c->name);
	tap_mem(result.data, golden_array(c, "packed", "u8", result.size), result.size,
		"quantize %s", c->name);
	if (!unframe(result))
		tap_ok(false, "quantize %s writes outside its result", c->name);
}

static void per_tensor_case(const struct golden *c)
{
	size_t count = golden_bytes(c, "x") / sizeof(float);
	const float *scale = golden_array(c, "scale", "f32", 1);
	const float *x = golden_array(c, "x", "f32", count);
	int32_t zero_point = (int32_t)golden_int(c, "zero_point");
	uint8_t *q = calloc(count, 1);
	float *back = calloc(count, sizeof(*back));
	int err;

	err = mtia_quantize_u8(x, count, *scale, zero_point, q);
	tap_ok(!err && !memcmp(q, golden_array(c, "q", "u8", count), count), "quantize %s",
	       c->name);
	err = mtia_dequantize_u8(q, count, *scale, zero_point, back);
	tap_ok(!err && !memcmp(back, golden_array(c, "back", "f32", count), count * sizeof(*back)),
	       "dequantize %s", c->name);
	free(q);
	free(back);
}

static void quantize_case(const struct golden *c)
{
	if (!strncmp(c->name, "rowwise", 7))
		rowwise_case(c);
	else
		per_tensor_case(c);
}

static void interaction_case(const struct golden *c)
{
	size_t batch = (size_t)golden_int(c, "batch"), features = (size_t)golden_int(c, "features");
	size_t dim = (size_t)golden_int(c, "dim"), width = dim + (features + 1) * features / 2;
	struct framed result = frame(batch * width * sizeof(float));
	struct mtia_interaction_ref it = {
		.batch = (uint32_t)batch, .features = (uint32_t)features, .dim = (uint32_t)dim,
		.x = golden_array(c, "x", "f32", batch * dim),
		.emb = golden_array(c, "emb", "f32", batch * features * dim),
		.out = (float *)result.data,
	};

	tap_ok(!mtia_interaction_ref(&it) &&
		       !memcmp(result.data, golden_array(c, "out", "f32", batch * width),
			       result.size),
	       "interaction %s", c->name);
	if (!unframe(result))
		tap_ok(false, "interaction %s writes outside its result", c->name);
}

static void each(const char *path, void (*run)(const struct golden *c))
{
	struct golden *cases = golden_read(path);

	for (const struct golden *c = cases; c; c = c->next)
		run(c);
	golden_free(cases);
}

int main(void)
{
	each("tests/golden/fc.golden", fc_case);
	each("tests/golden/tbe.golden", tbe_case);
	each("tests/golden/quantize.golden", quantize_case);
	each("tests/golden/interaction.golden", interaction_case);
	return tap_done();
}
