// SPDX-License-Identifier: GPL-2.0
/* What the references refuse, and the corners that no oracle defines. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "mtia/ref.h"
#include "tap.h"

static const uint8_t a[4] = { 1, 2, 3, 255 };
static const int8_t w[4] = { 1, -1, 127, -128 };
static const float scale[2] = { 1, 0.5f };
static int32_t c[4];

static struct mtia_fc_ref fc_valid(void)
{
	return (struct mtia_fc_ref){.m = 2, .n = 2, .k = 2, .a = a, .w = w, .scale = scale, .c = c};
}

#define FC_BAD(member, value) \
	do { \
		struct mtia_fc_ref fc = fc_valid(); \
		fc.member = value; \
		tap_ok(mtia_fc_ref(&fc) == -EINVAL, "fc refuses " #member " = " #value); \
	} while (0)

static void test_fc(void)
{
	static const float no_number[2] = { 1, NAN }, infinite[2] = { 1, INFINITY };
	static const int32_t zero_points[2] = { 0, 128 };
	static const float huge[2] = { 3e38f, -3e38f };
	struct mtia_fc_ref fc = fc_valid();
	uint8_t result[4];

	tap_ok(mtia_fc_ref(&fc) == 0, "fc takes what the cases below spoil");
	FC_BAD(m, 0);
	FC_BAD(n, 0);
	FC_BAD(k, 0);
	FC_BAD(a, NULL);
	FC_BAD(w, NULL);
	FC_BAD(c, NULL);
	FC_BAD(scale, NULL);
	FC_BAD(scale, no_number);
	FC_BAD(scale, infinite);
	FC_BAD(lda, 1);
	FC_BAD(ldw, 1);
	FC_BAD(ldc, 1);
	FC_BAD(out, 6);
	FC_BAD(type, 3);
	FC_BAD(a_zero_point, -1);
	FC_BAD(a_zero_point, 256);
	FC_BAD(c_zero_point, -1);
	FC_BAD(c_zero_point, 256);
	FC_BAD(w_zero_point, zero_points);
	fc = fc_valid();
	fc.out = MTIA_OUT_S32;
	fc.scale = NULL;
	tap_ok(mtia_fc_ref(&fc) == 0 && c[0] == -1 && c[1] == 127 - 256,
	       "fc to s32 needs no scale");
	fc = fc_valid();
	fc.scale = huge;
	fc.c = result;
	tap_ok(mtia_fc_ref(&fc) == 0 && result[0] == 0 && result[1] == 255 && result[3] == 255,
	       "fc saturates products beyond FP32 and int32");
}

static void test_fc_deepest(void)
{
	uint8_t *deep_a = malloc(MTIA_FC_EXACT_K + 1);
	int8_t *deep_w = malloc(MTIA_FC_EXACT_K + 1);
	struct mtia_fc_ref fc = { .m = 1, .n = 1, .k = MTIA_FC_EXACT_K, .a = deep_a, .w = deep_w,
				  .out = MTIA_OUT_S32, .c = c };
	float result = 1;

	memset(deep_a, 255, MTIA_FC_EXACT_K + 1);
	memset(deep_w, -128, MTIA_FC_EXACT_K + 1);
	tap_ok(mtia_fc_ref(&fc) == 0 && c[0] == -255 * 128 * (int32_t)MTIA_FC_EXACT_K,
	       "fc of the largest K that cannot overflow, with the largest products, is exact");
	fc.k++;
	tap_ok(mtia_fc_ref(&fc) == 0 &&
		       c[0] == (int32_t)(-255u * 128u * (MTIA_FC_EXACT_K + 1)) && c[0] > 0,
	       "and one step on it is that modulo 2^32");
	fc.out = MTIA_OUT_F32;
	fc.scale = scale;
	fc.a_zero_point = 255;
	fc.c = &result;
	tap_ok(mtia_fc_ref(&fc) == 0 && result == 0, "its zero point takes it all away again");
	free(deep_a);
	free(deep_w);
}

/* ---- TBE ------------------------------------------------------------------------------------- */

static uint8_t rows[3 * 12]; /* three rows of D = 4 */
static const struct mtia_table table = { .rows = rows, .row_count = 3, .dim = 4 };
static const int32_t indices[4] = { 0, 1, 2, 0 };
static const int32_t offsets[3] = { 0, 2, 4 };
static float out[8];

static struct mtia_tbe_ref tbe_valid(void)
{
	return (struct mtia_tbe_ref){ .tables = &table, .table_count = 1, .batch = 2,
				      .index_bytes = 4, .index_count = 4, .indices = indices,
				      .offsets = offsets, .out = out };
}

#define TBE_BAD(member, value) \
	do { \
		struct mtia_tbe_ref tbe = tbe_valid(); \
		tbe.member = value; \
		tap_ok(mtia_tbe_ref(&tbe, NULL) == -EINVAL, "tbe refuses " #member " = " #value); \
	} while (0)

static void table_bad(struct mtia_table changed, const char *what)
{
	struct mtia_tbe_ref tbe = tbe_valid();

	tbe.tables = &changed;
	tap_ok(mtia_tbe_ref(&tbe, NULL) == -EINVAL, "tbe refuses a table with %s", what);
}

static void index_bad(const int32_t *changed, int64_t value, uint64_t position, uint32_t bag)
{
	struct mtia_tbe_finding finding = { 0 };
	struct mtia_tbe_ref tbe = tbe_valid();
	int err;

	tbe.indices = changed;
	err = mtia_tbe_ref(&tbe, &finding);
	tap_ok(err == -EINVAL && finding.code == 1 && finding.table == 0 && finding.bag == bag &&
		       finding.position == position && finding.value == value && finding.text[0],
	       "tbe names index %lld at position %llu: %s", (long long)value,
	       (unsigned long long)position, finding.text);
}

static void offsets_bad(const int32_t *changed, uint32_t bag, const char *what)
{
	struct mtia_tbe_finding finding = { 0 };
	struct mtia_tbe_ref tbe = tbe_valid();
	int err;

	tbe.offsets = changed;
	err = mtia_tbe_ref(&tbe, &finding);
	tap_ok(err == -EINVAL && finding.code == 2 && finding.bag == bag && finding.text[0],
	       "tbe names offsets that %s: %s", what, finding.text);
}

static void test_tbe(void)
{
	static const int32_t beyond[4] = { 0, 1, 3, 0 }, pruned[4] = { 0, -1, 2, 0 };
	static const int32_t decrease[3] = { 2, 0, 4 }, negative[3] = { -1, 2, 4 };
	static const int32_t leave[3] = { 0, 2, 5 };
	static const int64_t far[4] = { 0, 1, 0x100000000, 0 }, far_offsets[3] = { 0, 2, 4 };
	static const float weights[4] = { 1, 1, 1, 1 };
	struct mtia_tbe_finding finding = { .code = 7 };
	struct mtia_tbe_ref tbe = tbe_valid();
	struct mtia_table changed;

	tap_ok(mtia_tbe_ref(&tbe, &finding) == 0 && finding.code == 0,
	       "tbe takes what the cases below spoil");
	TBE_BAD(tables, NULL);
	TBE_BAD(table_count, 0);
	TBE_BAD(batch, 0);
	TBE_BAD(offsets, NULL);
	TBE_BAD(indices, NULL);
	TBE_BAD(out, NULL);
	TBE_BAD(index_bytes, 2);
	TBE_BAD(pooling, 3);
	TBE_BAD(bounds, 4);
	TBE_BAD(out_type, 3);
	TBE_BAD(out_stride, 3);
	tbe.weights = weights;
	tbe.pooling = MTIA_POOL_MEAN;
	tap_ok(mtia_tbe_ref(&tbe, NULL) == -EINVAL, "tbe refuses weights with mean");

	changed = table, changed.rows = NULL, table_bad(changed, "no rows");
	changed = table, changed.row_count = 0, table_bad(changed, "0 rows");
	changed = table, changed.dim = 0, table_bad(changed, "D = 0");
	changed = table, changed.dim = UINT32_MAX, table_bad(changed, "rows of 4 GiB");
	changed = table, changed.row_stride = 11, table_bad(changed, "rows that overlap");

	index_bad(beyond, 3, 2, 1);
	index_bad(pruned, -1, 1, 0);
	offsets_bad(decrease, 0, "decrease");
	offsets_bad(negative, 0, "are negative");
	offsets_bad(leave, 1, "leave the indices");
	tbe = tbe_valid();
	tbe.index_bytes = 8;
	tbe.indices = far;
	tbe.offsets = far_offsets;
	tap_ok(mtia_tbe_ref(&tbe, &finding) == -EINVAL && finding.value == 0x100000000,
	       "tbe does not cut a 64-bit index to 32 bits");
}

/* ---- Quantisation, interaction --------------------------------------------------------------- */

static void test_quantize(void)
{
	static const float odd[3][2] = { { 1, NAN }, { 1, INFINITY }, { -3e38f, 3e38f } };
	static const char *const names[] = { "a NaN", "an infinity", "a range beyond FP32" };
	static const float extremes[4] = { -INFINITY, INFINITY, -3e38f, 3e38f };
	static const uint8_t wanted[4] = { 0, 255, 0, 255 };
	static const float not_number[1] = { NAN };
	uint8_t q[64];
	float x[4];

	for (int i = 0; i < 3; i++)
		tap_ok(mtia_quantize_rowwise_u8(odd[i], 1, 2, 0, q, 0) == -EINVAL,
		       "row-wise quantisation refuses %s", names[i]);
	tap_ok(mtia_quantize_rowwise_u8(extremes, 1, 0, 0, q, 0) == -EINVAL,
	       "row-wise quantisation refuses D = 0");
	tap_ok(mtia_quantize_rowwise_u8(scale, 1, 2, 1, q, 0) == -EINVAL &&
		       mtia_quantize_rowwise_u8(scale, 1, 2, 0, q, 9) == -EINVAL,
	       "row-wise quantisation refuses strides below a row");
	tap_ok(mtia_quantize_u8(extremes, 4, 0.1f, 10, q) == 0 && !memcmp(q, wanted, 4),
	       "quantisation saturates infinities and the largest numbers");
	tap_ok(mtia_quantize_u8(not_number, 1, 0.1f, 10, q) == -EINVAL,
	       "quantisation refuses a NaN");
	tap_ok(mtia_quantize_u8(scale, 2, 0, 10, q) == -EINVAL &&
		       mtia_quantize_u8(scale, 2, -1, 10, q) == -EINVAL &&
		       mtia_quantize_u8(scale, 2, INFINITY, 10, q) == -EINVAL &&
		       mtia_quantize_u8(scale, 2, 1e-45f, 10, q) == -EINVAL &&
		       mtia_quantize_u8(scale, 2, NAN, 10, q) == -EINVAL,
	       "quantisation refuses scales that are 0, negative, not finite, or have no "
	       "reciprocal");
	tap_ok(mtia_quantize_u8(scale, 2, 1, -1, q) == -EINVAL &&
		       mtia_dequantize_u8(wanted, 2, 1, 256, x) == -EINVAL,
	       "quantisation refuses zero points outside 0 .. 255");
}

static void test_interaction(void)
{
	struct mtia_interaction_ref it = { .batch = 1, .features = 1, .dim = 1, .x = scale,
					   .emb = scale, .out = out };

	tap_ok(mtia_interaction_ref(&it) == 0 && out[0] == 1 && out[1] == 1,
	       "interaction of 1 and 1");
	it.features = 0;
	tap_ok(mtia_interaction_ref(&it) == -EINVAL, "interaction refuses 0 features");
	it.features = 1;
	it.out_stride = 1;
	tap_ok(mtia_interaction_ref(&it) == -EINVAL,
	       "interaction refuses an output stride below a row");
}

static void test_f32(void)
{
	static const float values[8] = { 1, 2, 3, 4, 5, 6, 7, 8 }, bias[1] = { -12 };
	const struct mtia_table floats = { .rows = values, .row_count = 2, .dim = 4,
					   .layout = MTIA_TABLE_F32 };
	static const int32_t both[2] = { 1, 0 }, bag[2] = { 0, 2 };
	struct mtia_tbe_ref tbe = { .tables = &floats, .table_count = 1, .batch = 1,
				    .pooling = MTIA_POOL_MEAN, .index_bytes = 4, .index_count = 2,
				    .indices = both, .offsets = bag, .out = out };

	tap_ok(mtia_tbe_f32_ref(&tbe, NULL) == 0 && out[0] == 3 && out[3] == 6,
	       "FP32 table: mean of two rows");
	tap_ok(mtia_fc_f32_ref(1, 1, 2, values, values + 2, bias, false, out) == 0 && out[0] == -1,
	       "FP32 layer");
	tap_ok(mtia_fc_f32_ref(1, 1, 2, values, values + 2, bias, true, out) == 0 && out[0] == 0,
	       "FP32 layer with ReLU");
	tap_ok(mtia_fc_f32_ref(0, 1, 2, values, values, bias, true, out) == -EINVAL,
	       "FP32 layer refuses no rows");
}

int main(void)
{
	test_fc();
	test_fc_deepest();
	test_tbe();
	test_quantize();
	test_interaction();
	test_f32();
	return tap_done();
}
