// SPDX-License-Identifier: GPL-2.0
/*
 * References without an oracle of their own in tests/golden: what they refuse, corners, and the
 * activations against the host's double-precision functions, whose error is far below the bounds.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "mtia/ref.h"
#include "tap.h"

static uint16_t h(float x)
{
	return mtia_f16_from_f32(x);
}

static void test_float(void)
{
	static const struct {
		float x;
		uint16_t f16, bf16;
	} cases[] = {
		{0, 0, 0},
		{-0.0f, 0x8000, 0x8000},
		{1, 0x3c00, 0x3f80},
		{-2, 0xc000, 0xc000},
		{65504, 0x7bff, 0x4780},
		{65519.99f, 0x7bff, 0x4780},
		{65520, 0x7c00, 0x4780},
		{0x1p-24f, 1, 0x3380},
		{0x1p-25f, 0, 0x3300},
		{0x1.8p-24f, 2, 0x33c0},
		{0x1.000002p-25f, 1, 0x3300},
		{0x1.ff8p-15f, 0x3ff, 0x3880},
		{0x1.ffep-15f, 0x400, 0x3880},
		{0x1.002p0f, 0x3c00, 0x3f80},
		{0x1.006p0f, 0x3c02, 0x3f80},
		{0x1.01p0f, 0x3c04, 0x3f80},
		{0x1.03p0f, 0x3c0c, 0x3f82},
		{3.4e38f, 0x7c00, 0x7f80},
		{0x1p-149f, 0, 0},
		{0x1.8p-133f, 0, 2},
		{INFINITY, 0x7c00, 0x7f80},
		{-INFINITY, 0xfc00, 0xff80},
		{-NAN, 0x7e00, 0x7fc0},
	};
	unsigned int differ = 0;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		tap_ok(mtia_f16_from_f32(cases[i].x) == cases[i].f16 &&
			       mtia_bf16_from_f32(cases[i].x) == cases[i].bf16,
		       "%a is %04x in FP16 and %04x in BF16, got %04x and %04x", cases[i].x,
		       cases[i].f16, cases[i].bf16, mtia_f16_from_f32(cases[i].x),
		       mtia_bf16_from_f32(cases[i].x));
	for (uint32_t x = 0; x < 0x10000; x++) {
		bool nan16 = (x & 0x7fff) > 0x7c00, nan = (x & 0x7fff) > 0x7f80;

		differ += mtia_f16_from_f32(mtia_f32_from_f16(x)) != (nan16 ? 0x7e00 : x);
		differ += mtia_bf16_from_f32(mtia_f32_from_bf16(x)) != (nan ? 0x7fc0 : x);
	}
	tap_u64(differ, 0, "every FP16 and BF16 number comes back from FP32");
	tap_ok(!strcmp(mtia_dtype_name(MTIA_DTYPE_BF16), "bf16") &&
		       mtia_dtype_bytes(MTIA_DTYPE_F16) == 2 && !mtia_dtype_bytes(9) &&
		       !strcmp(mtia_dtype_name(9), "?"),
	       "names and sizes of types");
}

/* ---- Activations ----------------------------------------------------------------------------- */

static double exact(uint32_t function, double x)
{
	switch (function) {
	case MTIA_ACT_EXP:
		return exp(x);
	case MTIA_ACT_SIGMOID:
		return x < 0 ? exp(x) / (1 + exp(x)) : 1 / (1 + exp(-x));
	case MTIA_ACT_TANH:
		return tanh(x);
	case MTIA_ACT_GELU:
		return x == -INFINITY ? 0 : x * erfc(-x / sqrt(2)) / 2;
	case MTIA_ACT_RECIPROCAL:
		return 1 / x;
	default:
		return sqrt(x);
	}
}

static void test_activation(uint32_t function, const char *name)
{
	static uint16_t x[0x10000];
	static float y[0x10000];
	struct mtia_activation_ref ref = {
		.function = function,
		.x_type = MTIA_DTYPE_F16,
		.y_type = MTIA_DTYPE_F32,
		.rows = 256,
		.cols = 256,
		.x = x,
		.y = y,
	};
	struct mtia_activation_error bound;
	double absolute = 0, relative = 0;
	unsigned int beyond = 0, special = 0;
	uint32_t where = 0, bits;

	for (uint32_t i = 0; i < 0x10000; i++)
		x[i] = i;
	if (mtia_activation_ref(&ref) || mtia_activation_error(function, &bound)) {
		tap_ok(false, "%s runs", name);
		return;
	}
	for (uint32_t i = 0; i < 0x10000; i++) {
		double f = exact(function, mtia_f32_from_f16(i)), error = fabs(y[i] - f);

		memcpy(&bits, &y[i], sizeof(bits));
		if (isnan(f)) {
			special += bits != 0x7fc00000;
		} else if (isinf((float)f)) {
			special += y[i] != (float)f;
		} else {
			if (!(error <= bound.absolute + bound.relative * fabs(f))) {
				where = i;
				beyond++;
			}
			absolute = error > absolute ? error : absolute;
			if (fabs(f) >= 0x1p-126)
				relative = error / fabs(f) > relative ? error / fabs(f) : relative;
		}
	}
	tap_ok(!beyond, "%s: of every FP16 number within %.2g + %.2g |f|: at most %.3g, %.3g |f|",
	       name, bound.absolute, bound.relative, absolute, relative);
	if (beyond)
		fprintf(stderr, "# %u beyond, such as %04x: %a, exact %a\n", beyond, where,
			y[where], exact(function, mtia_f32_from_f16(where)));
	tap_u64(special, 0, "%s: NaN and infinity where the function has them", name);
}

static void test_activations(void)
{
	static const float x[3] = {-1, NAN, 2};
	static const uint8_t q[2] = {0, 255};
	uint8_t got[3];
	float y[3];
	struct mtia_activation_ref ref = {
		.x_type = MTIA_DTYPE_F32,
		.y_type = MTIA_DTYPE_F32,
		.rows = 1,
		.cols = 3,
		.x = x,
		.y = y,
	};

	test_activation(MTIA_ACT_EXP, "exp");
	test_activation(MTIA_ACT_SIGMOID, "sigmoid");
	test_activation(MTIA_ACT_TANH, "tanh");
	test_activation(MTIA_ACT_GELU, "gelu");
	test_activation(MTIA_ACT_RECIPROCAL, "reciprocal");
	test_activation(MTIA_ACT_SQRT, "sqrt");
	tap_ok(!mtia_activation_ref(&ref) && y[0] == 0 && !signbit(y[0]) && isnan(y[1]) &&
		       y[2] == 2,
	       "relu keeps a NaN");
	ref.function = MTIA_ACT_SQRT;
	ref.y_type = MTIA_DTYPE_U8;
	ref.y = got;
	ref.y_scale = 1.0f / 64;
	ref.y_zero_point = 3;
	tap_ok(!mtia_activation_ref(&ref) && got[0] == 3 && got[1] == 3 && got[2] == 94,
	       "sqrt to u8: a NaN counts as 0");
	ref.x_type = MTIA_DTYPE_U8;
	ref.x = q;
	ref.cols = 2;
	ref.x_scale = 0.25f;
	ref.x_zero_point = 255;
	ref.function = MTIA_ACT_SIGMOID;
	ref.y_zero_point = 0;
	tap_ok(!mtia_activation_ref(&ref) && got[0] == 0 && got[1] == 32, "sigmoid of u8 to u8");
	ref.x_scale = 0;
	tap_ok(mtia_activation_ref(&ref) == -EINVAL, "activations refuse a scale of 0");
	ref.x_type = MTIA_DTYPE_S32;
	tap_ok(mtia_activation_ref(&ref) == -EINVAL, "activations refuse s32");
	ref.function = MTIA_ACTIVATIONS;
	tap_ok(mtia_activation_ref(&ref) == -EINVAL &&
		       mtia_activation_error(MTIA_ACT_RELU + 7, NULL) == -EINVAL,
	       "no such activation");
}

/* ---- Matrix products ------------------------------------------------------------------------- */

static void test_products(void)
{
	/* 2^24 + 1 - 2^24: the order shows. */
	const uint16_t a[32] = {h(4096), h(1), h(-4096), [16] = h(1)};
	const uint16_t w[32] = {h(4096), h(1), h(4096), [16] = h(1)};
	const float bias[1] = {0.5f};
	float c[4];
	uint8_t q[4];
	struct mtia_fc_ref fc = {.m = 1,
				 .n = 1,
				 .k = 32,
				 .a = a,
				 .w = w,
				 .c = c,
				 .out = MTIA_OUT_F32,
				 .type = MTIA_MATMUL_F16};

	tap_ok(!mtia_fc_ref(&fc) && c[0] == 1, "FP16 fc: k ascending, FP32 sums");
	fc.bias_f32 = bias;
	tap_ok(!mtia_fc_ref(&fc) && c[0] == 1, "the bias comes first");
	fc.k_split = 2;
	tap_ok(!mtia_fc_ref(&fc) && c[0] == 1, "two shares of K");
	fc.k_split = 3;
	tap_ok(mtia_fc_ref(&fc) == -EINVAL, "three of two steps are refused");
	fc.k_split = 0;
	fc.c = q;
	fc.out = MTIA_OUT_S8;
	tap_ok(mtia_fc_ref(&fc) == -EINVAL, "FP16 fc to s8 needs a scale");
	fc.c_scale = 0.25f;
	fc.c_zero_point = -100;
	tap_ok(!mtia_fc_ref(&fc) && (int8_t)q[0] == -96, "FP16 fc to s8");
	fc.out = MTIA_OUT_S32;
	tap_ok(mtia_fc_ref(&fc) == -EINVAL, "FP16 fc to s32 is refused");

	static const uint8_t ua[6] = {1, 2, 3, 4, 5, 255}, ub[6] = {1, 10, 2, 20, 3, 30};
	int32_t s[4];
	struct mtia_bmm_ref bmm = {.out = MTIA_OUT_S32,
				   .batch = 1,
				   .m = 2,
				   .n = 2,
				   .k = 3,
				   .a = ua,
				   .b = ub,
				   .c = s,
				   .b_kn = true};

	tap_ok(!mtia_bmm_ref(&bmm) && s[0] == 14 && s[1] == 140 && s[2] == 4 + 10 + 765 &&
		       s[3] == 40 + 100 + 7650,
	       "bmm of u8, B of K rows");
	bmm.a_signed = true;
	tap_ok(!mtia_bmm_ref(&bmm) && s[2] == 4 + 10 - 3, "bmm of s8 and u8");
	bmm.out = MTIA_OUT_F32;
	bmm.c = c;
	bmm.scale = 0.5f;
	bmm.a_zero_point = 1;
	bmm.b_zero_point = 2;
	tap_ok(!mtia_bmm_ref(&bmm) && c[0] == 0.5f * (0 * -1 + 1 * 0 + 2 * 1),
	       "bmm with zero points");
	bmm.lda = 2;
	tap_ok(mtia_bmm_ref(&bmm) == -EINVAL, "bmm refuses a stride below a row");
	bmm.lda = 0;
	bmm.batch = 0;
	tap_ok(mtia_bmm_ref(&bmm) == -EINVAL, "bmm refuses no matrices");
	bmm.batch = 1;
	bmm.scale = NAN;
	tap_ok(mtia_bmm_ref(&bmm) == -EINVAL, "bmm refuses a NaN as scale");
}

/* ---- TBE ---------------------------------------------------------------------------------------
 */

static void test_tbe(void)
{
	float rows[3 * 2] = {1, 2, 10, 20, 100, 200}, out[8], *scale;
	struct mtia_table table = {
		.rows = rows, .row_count = 3, .dim = 2, .layout = MTIA_TABLE_F32};
	int32_t offsets[4] = {0, 2, 1, 3}, indices[4] = {1, -1, 7, 2};
	struct mtia_tbe_finding finding;
	uint8_t packed[4 * 10];
	struct mtia_tbe_ref tbe = {
		.tables = &table,
		.table_count = 1,
		.batch = 3,
		.index_bytes = 4,
		.index_count = 4,
		.indices = indices,
		.offsets = offsets,
		.out = out,
		.bounds = MTIA_BOUNDS_WARNING,
	};

	/* Bags 0..2, 2..2 (was 2..1), 1..4 (was 1..3): indices 1 0 | | 0 0 2. */
	tap_ok(!mtia_tbe_ref(&tbe, &finding) && out[0] == 11 && out[2] == 0 && out[4] == 102,
	       "WARNING corrects offsets and indices");
	tap_ok(finding.code == 1 && finding.position == 1 && finding.value == -1 &&
		       finding.bad_offsets == 2 && finding.bad_indices == 3,
	       "names the first and counts: %s, %d offsets, %d indices", finding.text,
	       (int)finding.bad_offsets, (int)finding.bad_indices);
	tbe.pruned = true;
	tap_ok(!mtia_tbe_ref(&tbe, &finding) && out[0] == 10 && out[4] == 101 &&
		       finding.code == 2 && finding.bag == 1 && finding.bad_indices == 1,
	       "pruned rows are no bad indices");
	tbe.pooling = MTIA_POOL_MEAN;
	tap_ok(!mtia_tbe_ref(&tbe, NULL) && out[0] == 5, "but count in the mean");
	tbe.bounds = MTIA_BOUNDS_IGNORE;
	tap_ok(!mtia_tbe_ref(&tbe, &finding) && out[0] == 5 && !finding.code &&
		       !finding.bad_offsets,
	       "IGNORE corrects and tells nobody");
	tbe.bounds = MTIA_BOUNDS_FATAL;
	tap_ok(mtia_tbe_ref(&tbe, &finding) == -EINVAL && finding.code == 2 && finding.bag == 1,
	       "FATAL refuses the same: %s", finding.text);
	offsets[2] = 2;
	indices[2] = 0;
	tap_ok(mtia_tbe_ref(&tbe, &finding) == -EINVAL && finding.code == 2 && finding.bag == 2,
	       "FATAL refuses offsets that end before the indices");
	tbe.bounds = MTIA_BOUNDS_NONE;
	tap_ok(!mtia_tbe_ref(&tbe, &finding), "NONE takes them");
	indices[2] = 3;
	tap_ok(mtia_tbe_ref(&tbe, &finding) == -EINVAL && finding.code == 1,
	       "NONE does not leave the table");
	indices[2] = 0;
	tbe.pooling = MTIA_POOL_NONE;
	tap_ok(!mtia_tbe_ref(&tbe, NULL) && out[0] == 10 && out[2] == 0 && out[4] == 1,
	       "no pooling: a row an index, zeros for a pruned one");
	tbe.out_type = MTIA_TBE_OUT_U8;
	tap_ok(mtia_tbe_ref(&tbe, NULL) == -EINVAL, "no pooling: FP32 rows are no bytes");
	tbe.pooling = MTIA_POOL_SUM;
	tbe.out = packed;
	scale = out;
	tap_ok(!mtia_tbe_ref(&tbe, NULL) && packed[0] == 0 && packed[1] == 255 &&
		       (memcpy(scale, packed + 2, 8), scale[0] == 10.0f / 255 && scale[1] == 10),
	       "pooled to u8 with scale and bias");
	table.layout = MTIA_TABLE_U4_F16_LAST;
	table.dim = 3;
	tap_ok(mtia_tbe_ref(&tbe, NULL) == -EINVAL && !mtia_table_row_bytes(table.layout, 3) &&
		       mtia_table_row_bytes(table.layout, 4) == 6,
	       "an odd number of 4-bit elements is refused");
}

/* ---- The rest ----------------------------------------------------------------------------------
 */

static void test_quantize(void)
{
	static const float x[4] = {NAN, -0.0f, 0.0f, 3}, none[2] = {NAN, -NAN};
	static const struct mtia_quant_param two[2] = {{1, 0}, {0.5f, 5}};
	uint8_t y[24], u4[6];
	float tail[2], back[4];
	struct mtia_quantize_ref q = {
		.rows = 2,
		.cols = 2,
		.x_type = MTIA_DTYPE_F32,
		.y_type = MTIA_DTYPE_S8,
		.x = x,
		.y = y,
		.per_row = two,
	};
	struct mtia_rowwise_ref r = {
		.rows = 1, .cols = 4, .x_type = MTIA_DTYPE_F32, .x = x, .y = y};
	uint32_t bits;

	tap_ok(!mtia_quantize_ref(&q) && y[0] == 0 && y[2] == 5 && y[3] == 11, "quantise per row");
	q.per_row = NULL;
	q.per_col = two;
	tap_ok(!mtia_quantize_ref(&q) && y[1] == 5 && y[3] == 11 && y[2] == 0,
	       "quantise per column");
	q.x_type = MTIA_DTYPE_S8, q.y_type = MTIA_DTYPE_F32, q.x = y, q.y = back;
	tap_ok(!mtia_dequantize_ref(&q) && back[3] == 3 && back[1] == 0, "and back");
	tap_ok(mtia_quantize_ref(&q) == -EINVAL, "quantise refuses the wrong way round");
	q.per_row = two;
	tap_ok(mtia_dequantize_ref(&q) == -EINVAL, "per row and per column is refused");
	tap_ok(!mtia_rowwise_ref(&r) && y[0] == 0 && y[3] == 255 &&
		       (memcpy(tail, y + 4, 8), tail[1] == 0 && signbit(tail[1])),
	       "row-wise: a NaN is left out of the range, -0 is below +0");
	r.x = none;
	r.cols = 2;
	tap_ok(!mtia_rowwise_ref(&r) && (memcpy(&bits, y + 6, 4), bits == 0x7fc00000),
	       "row-wise: NaN alone gives the canonical one");
	r.cols = 0;
	tap_ok(mtia_rowwise_ref(&r) == -EINVAL, "row-wise refuses no columns");
	tap_ok(!mtia_quantize_rowwise_u4((const float[]){0, 15, 7, 8}, 1, 4, 0, u4, 0) &&
		       u4[0] == 0xf0 && u4[1] == 0x87 && u4[2] == 0 && u4[3] == 0x3c,
	       "4-bit rows: low nibble first, scale 1");
	tap_ok(mtia_quantize_rowwise_u4(x, 1, 4, 0, u4, 0) == -EINVAL &&
		       mtia_quantize_rowwise_u4(tail, 1, 1, 0, u4, 0) == -EINVAL,
	       "4-bit rows refuse a NaN and an odd length");
}

static void test_elementwise(void)
{
	uint16_t a[2] = {0x0080, 0x3f80}, b[2] = {0x3fc0, 0xbf80}, y[2];
	uint32_t s[2] = {0xffffffff, 3}, t[2] = {2, 5}, u[2];
	struct mtia_binary_ref r = {.op = MTIA_BINARY_MUL,
				    .type = MTIA_DTYPE_BF16,
				    .rows = 1,
				    .cols = 2,
				    .a = a,
				    .b = b,
				    .y = y};

	tap_ok(!mtia_binary_ref(&r) && y[0] == 0x00c0 && y[1] == 0xbf80, "BF16 products");
	a[0] = 0x0001, b[0] = 0x3fc0; /* 1.5 of the smallest: a tie, to even */
	tap_ok(!mtia_binary_ref(&r) && y[0] == 0x0002, "BF16 subnormal product rounds once");
	r.op = MTIA_BINARY_ADD, r.relu = true, r.bcast = true;
	tap_ok(!mtia_binary_ref(&r) && y[1] == 0 && y[0] == 0x3fc0, "BF16 sum with ReLU");
	r.type = MTIA_DTYPE_S32;
	tap_ok(mtia_binary_ref(&r) == -EINVAL, "ReLU of s32 is refused");
	r.relu = false, r.op = MTIA_BINARY_MUL, r.a = s, r.b = t, r.y = u;
	tap_ok(!mtia_binary_ref(&r) && u[0] == 0xfffffffe && u[1] == 15, "s32 products wrap");
	r.op = 2;
	tap_ok(mtia_binary_ref(&r) == -EINVAL, "no such operation");
	r.op = 0, r.y_stride = 1;
	tap_ok(mtia_binary_ref(&r) == -EINVAL, "element-wise refuses a stride below a row");
}

static void test_layout(void)
{
	static const uint8_t x[3] = {0x21, 0x03, 0x54}, z[2] = {0x65, 0x87};
	const struct mtia_concat_ref_input in[2] = {{x, 0, 3}, {z, 0, 4}};
	uint8_t y[8];
	struct mtia_concat_ref c = {
		.element_bits = 4, .rows = 1, .input_count = 2, .inputs = in, .y = y};
	struct mtia_transpose_ref t = {
		.element_bits = 4, .batch = 1, .rows = 1, .cols = 3, .x = x, .y = y};

	memset(y, 0xff, sizeof(y));
	tap_ok(!mtia_concat_ref(&c) && y[0] == 0x21 && y[1] == 0x53 && y[2] == 0x76 &&
		       y[3] == 0x08 && y[4] == 0xff,
	       "concat of 3 and 4 nibbles");
	c.element_bits = 12;
	tap_ok(mtia_concat_ref(&c) == -EINVAL, "concat refuses 12-bit elements");
	c.element_bits = 8, c.input_count = 0;
	tap_ok(mtia_concat_ref(&c) == -EINVAL, "concat refuses no inputs");
	memset(y, 0xff, sizeof(y));
	tap_ok(!mtia_transpose_ref(&t) && y[0] == 1 && y[1] == 2 && y[2] == 3 && y[3] == 0xff,
	       "transpose of a row of nibbles");
	t.element_bits = 8, t.rows = 2, t.cols = 1, t.x_stride = 2;
	tap_ok(!mtia_transpose_ref(&t) && y[0] == 0x21 && y[1] == 0x54,
	       "transpose of strided bytes");
	t.x_stride = 0, t.batch = 0;
	tap_ok(mtia_transpose_ref(&t) == -EINVAL, "transpose refuses no matrices");
}

static void test_norm(void)
{
	static const float x[4] = {1, 3, 5, 7}, one[4] = {1, 1, 1, 1};
	float y[4];
	struct mtia_layernorm_ref n = {.rows = 2,
				       .cols = 2,
				       .x_type = MTIA_DTYPE_F32,
				       .y_type = MTIA_DTYPE_F32,
				       .x = x,
				       .y = y};
	struct mtia_reduce_add_ref r = {.batch = 1,
					.rows = 2,
					.cols = 2,
					.x_type = MTIA_DTYPE_F32,
					.y_type = MTIA_DTYPE_F32,
					.x = x,
					.y = y};

	tap_ok(!mtia_layernorm_ref(&n) && y[0] == -1 && y[1] == 1 && y[2] == -1,
	       "LayerNorm of two");
	n.gamma = one;
	tap_ok(mtia_layernorm_ref(&n) == -EINVAL, "LayerNorm refuses gamma without beta");
	n.beta = one;
	tap_ok(!mtia_layernorm_ref(&n) && y[0] == 0 && y[1] == 2, "LayerNorm with gamma and beta");
	n.epsilon = -1;
	tap_ok(mtia_layernorm_ref(&n) == -EINVAL, "LayerNorm refuses a negative epsilon");
	tap_ok(!mtia_reduce_add_ref(&r) && y[0] == 6 && y[1] == 10, "reduce-add of two rows");
	r.x_type = MTIA_DTYPE_U8;
	tap_ok(mtia_reduce_add_ref(&r) == -EINVAL, "reduce-add refuses u8");
}

static void test_interaction(void)
{
	const uint16_t x[2] = {h(1), h(2)}, emb[2] = {h(3), h(4)};
	uint16_t half[3];
	float out[3];
	struct mtia_interaction_ref it = {.batch = 1,
					  .features = 1,
					  .dim = 2,
					  .x = x,
					  .emb = emb,
					  .out = half,
					  .type = MTIA_DTYPE_F16,
					  .y_type = MTIA_DTYPE_F16};

	tap_ok(!mtia_interaction_ref(&it) && half[1] == h(2) && half[2] == h(11),
	       "FP16 interaction");
	it.out = out, it.y_type = MTIA_DTYPE_F32;
	tap_ok(!mtia_interaction_ref(&it) && out[0] == 1 && out[2] == 11, "FP16 to FP32");
	it.y_type = MTIA_DTYPE_BF16;
	tap_ok(mtia_interaction_ref(&it) == -EINVAL, "FP16 to BF16 is refused");
}

int main(void)
{
	test_float();
	test_activations();
	test_products();
	test_tbe();
	test_quantize();
	test_elementwise();
	test_layout();
	test_norm();
	test_interaction();
	return tap_done();
}
