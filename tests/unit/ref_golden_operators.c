// SPDX-License-Identifier: GPL-2.0
/* The references against generate_operators.py's vectors: bit for bit, activations within their bound. */
#include <math.h>
#include <stdlib.h>

#include "golden.h"
#include "mtia/ref.h"
#include "tap.h"

static uint32_t number(const struct golden *c, const char *name)
{
	return (uint32_t)golden_int(c, name);
}

static const char *type_of(uint32_t type)
{
	static const char *const names[] = { "u8", "f32", "s32", "s8", "u16", "u16" };

	return names[type];
}

static bool starts(const struct golden *c, const char *prefix)
{
	return !strncmp(c->name, prefix, strlen(prefix));
}

/* ---- matmul ------------------------------------------------------------------------------------ */

static void fc_case(const struct golden *c)
{
	size_t m = number(c, "m"), n = number(c, "n"), k = number(c, "k");
	uint32_t out = number(c, "out");
	size_t bytes = m * n * mtia_dtype_bytes(out);
	void *got = malloc(bytes);
	const struct mtia_fc_ref fc = {
		.m = m, .n = n, .k = k, .type = number(c, "type"), .out = out,
		.relu = golden_int(c, "relu"), .k_split = number(c, "k_split"),
		.c_zero_point = golden_int(c, "c_zero_point"),
		.c_scale = *(const float *)golden_array(c, "c_scale", "f32", 1),
		.a = golden_array(c, "a", "u16", m * k), .w = golden_array(c, "w", "u16", n * k),
		.bias_f32 = golden_optional(c, "bias", "f32", n), .c = got,
	};

	tap_ok(!mtia_fc_ref(&fc) && !memcmp(got, golden_array(c, "c", type_of(out), m * n), bytes),
	       "%s", c->name);
	free(got);
}

static void bmm_case(const struct golden *c)
{
	size_t batch = number(c, "batch"), m = number(c, "m"), n = number(c, "n"), k = number(c, "k");
	bool a_signed = golden_int(c, "a_signed"), b_signed = golden_int(c, "b_signed");
	uint32_t out = number(c, "out");
	size_t bytes = batch * m * n * mtia_dtype_bytes(out);
	void *got = malloc(bytes);
	const struct mtia_bmm_ref bmm = {
		.out = out, .batch = batch, .m = m, .n = n, .k = k, .a_signed = a_signed,
		.b_signed = b_signed, .b_kn = golden_int(c, "b_kn"),
		.a = golden_array(c, "a", a_signed ? "s8" : "u8", batch * m * k),
		.b = golden_array(c, "b", b_signed ? "s8" : "u8", batch * n * k),
		.a_zero_point = golden_int(c, "a_zero_point"),
		.b_zero_point = golden_int(c, "b_zero_point"),
		.c_zero_point = golden_int(c, "c_zero_point"),
		.scale = *(const float *)golden_array(c, "scale", "f32", 1), .c = got,
	};

	tap_ok(!mtia_bmm_ref(&bmm) &&
		       !memcmp(got, golden_array(c, "c", type_of(out), batch * m * n), bytes),
	       "%s", c->name);
	free(got);
}

static void matmul_case(const struct golden *c)
{
	if (starts(c, "fc"))
		fc_case(c);
	else
		bmm_case(c);
}

/* ---- TBE --------------------------------------------------------------------------------------- */

/* FP16 is the FP32 result rounded once; the rounding has vectors of its own, see convert. */
static void tbe_f16(const struct golden *c, struct mtia_tbe_ref tbe)
{
	size_t count = golden_bytes(c, "out") / 4;
	const float *want = golden_array(c, "out", "f32", count);
	uint16_t *got = calloc(count, sizeof(*got));
	bool same;

	tbe.out = got;
	tbe.out_type = MTIA_TBE_OUT_F16;
	same = !mtia_tbe_ref(&tbe, NULL);
	for (size_t i = 0; i < count; i++)
		same = same && got[i] == mtia_f16_from_f32(want[i]);
	tap_ok(same, "tbe %s to f16", c->name);
	free(got);
}

/* Unpooled rows as they are. */
static void tbe_copy(const struct golden *c, struct mtia_tbe_ref tbe)
{
	size_t bytes = mtia_table_row_bytes(tbe.tables->layout, tbe.tables->dim);
	uint8_t *got = malloc(tbe.index_count * bytes);
	const int64_t *indices = tbe.indices;
	bool same;

	tbe.out = got;
	tbe.out_type = MTIA_TBE_OUT_U8;
	same = !mtia_tbe_ref(&tbe, NULL);
	for (size_t i = 0; i < tbe.index_count; i++)
		same = same && !memcmp(got + i * bytes,
				       (const uint8_t *)tbe.tables->rows + (size_t)indices[i] * bytes,
				       bytes);
	tap_ok(same, "tbe %s as they are", c->name);
	free(got);
}

static void tbe_case(const struct golden *c)
{
	size_t rows = number(c, "rows"), dim = number(c, "dim"), batch = number(c, "batch");
	size_t count = golden_bytes(c, "indices") / 8, bytes = golden_bytes(c, "out");
	struct mtia_table table = {
		.row_count = rows, .dim = dim, .layout = number(c, "layout"),
		.rows = golden_array(c, "packed", "u8",
				     rows * mtia_table_row_bytes(golden_int(c, "layout"), dim)),
	};
	uint32_t out_type = number(c, "out_type");
	void *got = malloc(bytes), *packed = malloc(golden_bytes(c, "packed"));
	const float *x = golden_optional(c, "x", "f32", rows * dim);
	const struct mtia_tbe_ref tbe = {
		.tables = &table, .table_count = 1, .batch = batch, .pooling = number(c, "pooling"),
		.index_bytes = 8, .index_count = count,
		.indices = golden_array(c, "indices", "s64", count),
		.offsets = golden_array(c, "offsets", "s64", batch + 1),
		.weights = golden_optional(c, "weights", "f32", count), .out = got,
		.out_type = out_type, .pruned = golden_int(c, "pruned"),
	};

	tap_ok(!mtia_tbe_ref(&tbe, NULL) &&
		       !memcmp(got,
			       golden_array(c, "out", out_type ? "u8" : "f32",
					    out_type ? bytes : bytes / 4),
			       bytes),
	       "tbe %s", c->name);
	if (out_type == MTIA_TBE_OUT_F32)
		tbe_f16(c, tbe);
	if (tbe.pooling == MTIA_POOL_NONE && table.layout < MTIA_TABLE_F16)
		tbe_copy(c, tbe);
	if (x)
		tap_ok(!mtia_quantize_rowwise_u4(x, rows, dim, 0, packed, 0) &&
			       !memcmp(packed, table.rows, golden_bytes(c, "packed")),
		       "4-bit rows of %s", c->name);
	free(packed);
	free(got);
}

/* ---- Activations ------------------------------------------------------------------------------- */

static void activation_case(const struct golden *c)
{
	size_t count = golden_bytes(c, "x") / 2, beyond = 0;
	const int64_t *bits = golden_array(c, "y", "s64", count);
	float *y = malloc(count * sizeof(*y));
	const struct mtia_activation_ref ref = {
		.function = number(c, "function"), .x_type = MTIA_DTYPE_F16,
		.y_type = MTIA_DTYPE_F32, .rows = 1, .cols = count,
		.x = golden_array(c, "x", "u16", count), .y = y,
	};
	struct mtia_activation_error bound;
	bool runs = !mtia_activation_ref(&ref) && !mtia_activation_error(ref.function, &bound);

	for (size_t i = 0; runs && i < count; i++) {
		double exact;

		memcpy(&exact, &bits[i], sizeof(exact));
		beyond += !(fabs(y[i] - exact) <= bound.absolute + bound.relative * fabs(exact));
	}
	tap_ok(runs && !beyond, "activation %s: %zu of %zu beyond the bound", c->name, beyond, count);
	free(y);
}

/* ---- The rest ---------------------------------------------------------------------------------- */

static void convert_case(const struct golden *c)
{
	size_t count = golden_bytes(c, "x") / 4, differ = 0;
	const float *x = golden_array(c, "x", "f32", count);
	const uint16_t *f16 = golden_array(c, "f16", "u16", count);
	const uint16_t *bf16 = golden_array(c, "bf16", "u16", count);

	for (size_t i = 0; i < count; i++)
		differ += mtia_f16_from_f32(x[i]) != f16[i] || mtia_bf16_from_f32(x[i]) != bf16[i];
	tap_u64(differ, 0, "%zu conversions", count);
}

static void binary_case(const struct golden *c)
{
	size_t rows = number(c, "rows"), cols = number(c, "cols");
	const char *type = type_of(number(c, "type"));
	size_t bytes = golden_bytes(c, "y");
	void *y = malloc(bytes);
	const struct mtia_binary_ref ref = {
		.op = number(c, "op"), .type = number(c, "type"), .rows = rows, .cols = cols,
		.a = golden_array(c, "a", type, rows * cols),
		.b = golden_array(c, "b", type, rows * cols), .y = y,
	};

	tap_ok(!mtia_binary_ref(&ref) && !memcmp(y, golden_array(c, "y", type, rows * cols), bytes),
	       "%s", c->name);
	free(y);
}

static void quantize_case(const struct golden *c)
{
	size_t rows = number(c, "rows"), cols = number(c, "cols"), axis = number(c, "axis");
	size_t count = axis == 0 ? rows : axis == 1 ? cols : 1;
	const float *scale = golden_array(c, "scale", "f32", count);
	const int32_t *zero = golden_array(c, "zero", "s32", count);
	struct mtia_quant_param params[16];
	uint32_t type = number(c, "type");
	uint8_t q[400];
	float back[400];
	struct mtia_quantize_ref ref = {
		.rows = rows, .cols = cols, .x_type = MTIA_DTYPE_F32, .y_type = type,
		.x = golden_array(c, "x", "f32", rows * cols), .y = q,
		.per_row = axis == 0 ? params : NULL, .per_col = axis == 1 ? params : NULL,
	};

	for (size_t i = 0; i < count; i++)
		params[i] = (struct mtia_quant_param){ scale[i], zero[i] };
	ref.param = params[0];
	tap_ok(!mtia_quantize_ref(&ref) &&
		       !memcmp(q, golden_array(c, "q", type_of(type), rows * cols), rows * cols),
	       "%s", c->name);
	ref.x_type = type, ref.y_type = MTIA_DTYPE_F32, ref.x = q, ref.y = back;
	tap_ok(!mtia_dequantize_ref(&ref) &&
		       !memcmp(back, golden_array(c, "back", "f32", rows * cols), rows * cols * 4),
	       "%s and back", c->name);
}

static void layout_case(const struct golden *c)
{
	uint32_t bits = number(c, "bits"), rows = number(c, "rows"), cols = number(c, "cols");
	size_t concat_bytes = golden_bytes(c, "concat"), bytes = golden_bytes(c, "transpose");
	const void *x = golden_array(c, "x", "u8", golden_bytes(c, "x"));
	const struct mtia_concat_ref_input in[2] = {
		{ .x = x, .cols = cols },
		{ .x = golden_array(c, "z", "u8", golden_bytes(c, "z")), .cols = number(c, "cols2") },
	};
	uint8_t y[256];
	const struct mtia_concat_ref concat = { .element_bits = bits, .rows = rows,
						.input_count = 2, .inputs = in, .y = y };
	const struct mtia_transpose_ref transpose = { .element_bits = bits, .batch = 1, .rows = rows,
						      .cols = cols, .x = x, .y = y };

	tap_ok(!mtia_concat_ref(&concat) &&
		       !memcmp(y, golden_array(c, "concat", "u8", concat_bytes), concat_bytes),
	       "concat %s", c->name);
	tap_ok(!mtia_transpose_ref(&transpose) &&
		       !memcmp(y, golden_array(c, "transpose", "u8", bytes), bytes),
	       "transpose %s", c->name);
}

static void norm_case(const struct golden *c)
{
	size_t rows = number(c, "rows"), cols = number(c, "cols"), bytes = rows * cols * 4;
	float *y = malloc(bytes);
	struct mtia_layernorm_ref ref = {
		.rows = rows, .cols = cols, .x_type = MTIA_DTYPE_F32, .y_type = MTIA_DTYPE_F32,
		.x = golden_array(c, "x", "f32", rows * cols), .y = y,
		.epsilon = *(const float *)golden_array(c, "epsilon", "f32", 1),
	};

	tap_ok(!mtia_layernorm_ref(&ref) &&
		       !memcmp(y, golden_array(c, "plain", "f32", rows * cols), bytes),
	       "%s", c->name);
	ref.gamma = golden_array(c, "gamma", "f32", cols);
	ref.beta = golden_array(c, "beta", "f32", cols);
	tap_ok(!mtia_layernorm_ref(&ref) &&
		       !memcmp(y, golden_array(c, "y", "f32", rows * cols), bytes),
	       "%s with gamma and beta", c->name);
	free(y);
}

static void reduce_case(const struct golden *c)
{
	size_t batch = number(c, "batch"), rows = number(c, "rows"), cols = number(c, "cols");
	float *y = malloc(batch * cols * 4);
	const struct mtia_reduce_add_ref ref = {
		.batch = batch, .rows = rows, .cols = cols, .x_type = MTIA_DTYPE_F32,
		.y_type = MTIA_DTYPE_F32, .x = golden_array(c, "x", "f32", batch * rows * cols), .y = y,
	};

	tap_ok(!mtia_reduce_add_ref(&ref) &&
		       !memcmp(y, golden_array(c, "y", "f32", batch * cols), batch * cols * 4),
	       "%s", c->name);
	free(y);
}

/* FP16 and BF16, to FP32 and to themselves. */
static void half_norm_case(const struct golden *c)
{
	size_t rows = number(c, "rows"), cols = number(c, "cols"), count = rows * cols;
	void *y = malloc(count * 4);
	struct mtia_layernorm_ref ref = {
		.rows = rows, .cols = cols, .x_type = number(c, "type"), .y_type = MTIA_DTYPE_F32,
		.x = golden_array(c, "x", "u16", count), .y = y,
		.epsilon = *(const float *)golden_array(c, "epsilon", "f32", 1),
		.gamma = golden_array(c, "gamma", "f32", cols),
		.beta = golden_array(c, "beta", "f32", cols),
	};

	tap_ok(!mtia_layernorm_ref(&ref) &&
		       !memcmp(y, golden_array(c, "wide", "f32", count), count * 4),
	       "%s to FP32", c->name);
	ref.y_type = ref.x_type;
	tap_ok(!mtia_layernorm_ref(&ref) &&
		       !memcmp(y, golden_array(c, "narrow", "u16", count), count * 2),
	       "%s", c->name);
	free(y);
}

static void half_reduce_case(const struct golden *c)
{
	size_t batch = number(c, "batch"), rows = number(c, "rows"), cols = number(c, "cols");
	size_t count = batch * cols;
	void *y = malloc(count * 4);
	struct mtia_reduce_add_ref ref = {
		.batch = batch, .rows = rows, .cols = cols, .x_type = number(c, "type"),
		.y_type = MTIA_DTYPE_F32, .x = golden_array(c, "x", "u16", batch * rows * cols), .y = y,
	};

	tap_ok(!mtia_reduce_add_ref(&ref) &&
		       !memcmp(y, golden_array(c, "wide", "f32", count), count * 4),
	       "%s to FP32", c->name);
	ref.y_type = ref.x_type;
	tap_ok(!mtia_reduce_add_ref(&ref) &&
		       !memcmp(y, golden_array(c, "narrow", "u16", count), count * 2),
	       "%s", c->name);
	free(y);
}

static void rowwise_case(const struct golden *c)
{
	size_t rows = number(c, "rows"), cols = number(c, "cols"), bytes = rows * (cols + 8);
	uint8_t *y = malloc(bytes);
	const struct mtia_rowwise_ref ref = { .rows = rows, .cols = cols, .x_type = MTIA_DTYPE_F32,
					      .x = golden_array(c, "x", "f32", rows * cols), .y = y };

	tap_ok(!mtia_rowwise_ref(&ref) && !memcmp(y, golden_array(c, "y", "u8", bytes), bytes), "%s",
	       c->name);
	free(y);
}

static void interaction_case(const struct golden *c)
{
	size_t batch = number(c, "batch"), features = number(c, "features"), dim = number(c, "dim");
	size_t width = dim + (features + 1) * features / 2;
	float *out = malloc(batch * width * 4);
	struct mtia_interaction_ref ref = {
		.batch = batch, .features = features, .dim = dim, .type = number(c, "type"),
		.y_type = MTIA_DTYPE_F32, .x = golden_array(c, "x", "u16", batch * dim),
		.emb = golden_array(c, "emb", "u16", batch * features * dim), .out = out,
	};

	tap_ok(!mtia_interaction_ref(&ref) &&
		       !memcmp(out, golden_array(c, "wide", "f32", batch * width), batch * width * 4),
	       "%s to FP32", c->name);
	ref.y_type = ref.type;
	tap_ok(!mtia_interaction_ref(&ref) &&
		       !memcmp(out, golden_array(c, "narrow", "u16", batch * width), batch * width * 2),
	       "%s", c->name);
	free(out);
}

static void operator_case(const struct golden *c)
{
	static const struct {
		const char *prefix;
		void (*run)(const struct golden *c);
	} kinds[] = {
		{ "convert", convert_case },   { "binary", binary_case },
		{ "quantize", quantize_case }, { "layout", layout_case },
		{ "norm", norm_case },	       { "reduce", reduce_case },
		{ "half_norm", half_norm_case }, { "half_reduce", half_reduce_case },
		{ "rowwise", rowwise_case },   { "interaction", interaction_case },
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		if (starts(c, kinds[i].prefix)) {
			kinds[i].run(c);
			return;
		}
	}
	tap_ok(false, "nothing reads case %s", c->name);
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
	each("tests/golden/matmul.golden", matmul_case);
	each("tests/golden/tbe_rows.golden", tbe_case);
	each("tests/golden/activation.golden", activation_case);
	each("tests/golden/operators.golden", operator_case);
	return tap_done();
}
