// SPDX-License-Identifier: GPL-2.0
/*
 * Operators on the chip model against their references, bit for bit: fixed shapes at every edge of
 * the mapping, then random ones. Seeds are fixed, so a failure is found again by its name.
 *
 * usage: ops [RANDOM_CASES]	(MTIA_BACKEND=sim in the environment)
 */
#include <errno.h>
#include <stdlib.h>
#include "mtia/ops.h"
#include "mtia/ref.h"
#include "mtia/regs.h"
#include "../unit/tap.h"

static struct mtia_device *device;
static struct mtia_context *context;
static uint64_t rng = 1;

static uint32_t rnd(void)
{
	rng ^= rng << 13;
	rng ^= rng >> 7;
	rng ^= rng << 17;
	return (rng * 0x2545f4914f6cdd1dull) >> 32;
}

static uint32_t between(uint32_t lo, uint32_t hi)
{
	return lo + rnd() % (hi - lo + 1);
}

static struct mtia_buffer *buffer(uint64_t bytes, const void *data)
{
	const struct mtia_buffer_desc desc = { .size = sizeof(desc), .bytes = bytes ? bytes : 1 };
	struct mtia_buffer *b = NULL;

	if (mtia_buffer_create(context, &desc, &b) ||
	    (data && mtia_buffer_write(b, 0, data, bytes))) {
		struct mtia_error e = { .size = sizeof(e) };

		mtia_error_last(&e);
		fprintf(stderr, "# cannot set up: %s\n", e.message);
		exit(1);
	}
	return b;
}

static bool finish(int ret, const mtia_event *event)
{
	struct mtia_error e = { .size = sizeof(e) };

	if (!ret)
		ret = mtia_event_wait(context, event, 1, 0, MTIA_FOREVER, NULL);
	if (!ret)
		return true;
	mtia_error_last(&e);
	fprintf(stderr, "# %s: %s\n", mtia_errname(ret), e.message);
	return false;
}

/* First difference, for the log. */
static bool same(const void *got, const void *want, uint32_t m, uint32_t n, uint32_t element)
{
	for (uint32_t i = 0; i < m; i++) {
		for (uint32_t j = 0; j < n; j++) {
			size_t at = ((size_t)i * n + j) * element;

			if (memcmp((const char *)got + at, (const char *)want + at, element)) {
				uint32_t g = 0, w = 0;

				memcpy(&g, (const char *)got + at, element);
				memcpy(&w, (const char *)want + at, element);
				fprintf(stderr, "# [%u][%u]: got 0x%x, want 0x%x\n", i, j, g, w);
				return false;
			}
		}
	}
	return true;
}

struct fc_case {
	uint32_t m, n, k;
	enum mtia_fc_out out;
	bool relu, bias, asymmetric;
	uint32_t rows, cols, k_split;
	uint64_t read; /* bytes that the PEs must have read, 0 = whatever */
};

static uint64_t bytes_read(void)
{
	uint64_t values[MTIA_NUM_COUNTERS] = { 0 };
	size_t count = MTIA_NUM_COUNTERS;

	mtia_device_counters(device, values, &count);
	return values[MTIA_CNT_FI_READ_BYTES];
}

static const char *const out_name[] = { "u8", "f32", "s32" };

static void run_fc(const struct fc_case *t)
{
	static const uint32_t out_bytes[] = { 1, 4, 4 };
	uint32_t lda = (t->k + 31) & ~31u, es = out_bytes[t->out];
	uint32_t ldc = (t->n * es + 3 + 4 * (rnd() % 3)) & ~3u;
	uint8_t *a = calloc(t->m, lda), *tight = malloc((size_t)t->m * t->n * es);
	uint8_t *want = malloc((size_t)t->m * t->n * es), *raw = malloc((size_t)t->m * ldc);
	int8_t *w = malloc((size_t)t->n * t->k);
	float *scale = malloc(t->n * sizeof(float));
	int32_t *bias = malloc(t->n * sizeof(int32_t)), *wzp = malloc(t->n * sizeof(int32_t));
	int32_t azp = between(0, 255), czp = between(0, 255);
	const struct mtia_queue_desc qd = { .size = sizeof(qd), .rows = t->rows, .cols = t->cols };
	struct mtia_fc_weights *weights = NULL;
	struct mtia_queue *queue = NULL;
	struct mtia_buffer *ba, *bc;
	mtia_event event = { 0 };
	uint64_t read;
	bool good;

	for (uint32_t i = 0; i < t->m; i++)
		for (uint32_t k = 0; k < lda; k++) /* garbage behind K must not matter */
			a[(size_t)i * lda + k] = rnd();
	for (size_t i = 0; i < (size_t)t->n * t->k; i++)
		w[i] = rnd();
	for (uint32_t j = 0; j < t->n; j++) {
		scale[j] = (float)between(1, 1000) * 1e-6f;
		bias[j] = (int32_t)rnd() >> 12;
		wzp[j] = (int32_t)between(0, 40) - 20;
	}
	ba = buffer((uint64_t)t->m * lda, a);
	bc = buffer((uint64_t)t->m * ldc, NULL);

	const struct mtia_fc_weights_desc wd = {
		.size = sizeof(wd), .n = t->n, .k = t->k, .w = w, .scale = scale,
		.bias = t->bias ? bias : NULL, .w_zero_point = t->asymmetric ? wzp : NULL,
		.a_zero_point = azp,
	};
	const struct mtia_fc_ref ref = {
		.m = t->m, .n = t->n, .k = t->k, .a = a, .lda = lda, .w = w, .scale = scale,
		.bias = wd.bias, .w_zero_point = wd.w_zero_point, .a_zero_point = azp,
		.c_zero_point = czp, .relu = t->relu, .out = t->out, .c = want,
	};
	good = !mtia_fc_ref(&ref) && !mtia_queue_create(context, &qd, &queue) &&
	       !mtia_fc_weights_create(context, &wd, &weights);
	const struct mtia_fc_desc d = {
		.size = sizeof(d), .flags = t->relu ? MTIA_FC_DESC_RELU : 0, .weights = weights,
		.m = t->m, .out = t->out, .a = ba, .lda = lda, .c = bc, .ldc = ldc,
		.c_zero_point = czp, .k_split = t->k_split,
	};
	read = bytes_read();
	good = good && finish(mtia_fc_run(queue, &d, NULL, 0, &event), &event);
	read = bytes_read() - read;
	if (good && t->read && read != t->read) {
		fprintf(stderr, "# %llu bytes read, not %llu\n", (unsigned long long)read,
			(unsigned long long)t->read);
		good = false;
	}
	good = good && !mtia_buffer_read(bc, 0, raw, (size_t)t->m * ldc);
	for (uint32_t i = 0; good && i < t->m; i++)
		memcpy(tight + (size_t)i * t->n * es, raw + (size_t)i * ldc, (size_t)t->n * es);
	good = good && same(tight, want, t->m, t->n, es);
	tap_ok(good, "fc %ux%ux%u %s%s%s%s grid %ux%u k_split %u", t->m, t->k, t->n, out_name[t->out],
	       t->relu ? " relu" : "", t->bias ? " bias" : "", t->asymmetric ? " asymmetric" : "",
	       t->rows, t->cols, t->k_split);

	mtia_fc_weights_free(weights);
	mtia_buffer_free(ba);
	mtia_buffer_free(bc);
	mtia_queue_free(queue);
	free(a), free(tight), free(want), free(raw), free(w), free(scale), free(bias), free(wzp);
}

static const struct fc_case fc_cases[] = {
	{ 1, 1, 1, MTIA_OUT_U8, .rows = 1, .cols = 1 },
	{ 1, 1, 1, MTIA_OUT_S32, .relu = false },
	{ 32, 32, 32, MTIA_OUT_S32, .rows = 1, .cols = 1 },
	{ 64, 64, 32, MTIA_OUT_S32, .rows = 1, .cols = 1 },
	{ 64, 64, 64, MTIA_OUT_U8, .relu = true, .bias = true },
	{ 33, 31, 33, MTIA_OUT_U8, .bias = true },
	{ 65, 65, 65, MTIA_OUT_F32, .bias = true, .relu = true },
	{ 128, 128, 512, MTIA_OUT_U8, .bias = true },
	{ 100, 200, 300, MTIA_OUT_F32, .bias = true, .asymmetric = true },
	{ 64, 64, 1600, MTIA_OUT_S32, .rows = 1, .cols = 1 }, /* W does not fit local memory */
	{ 130, 70, 2000, MTIA_OUT_U8, .rows = 1, .cols = 1, .bias = true },
	{ 128, 64, 256, MTIA_OUT_S32, .rows = 1, .cols = 2, .k_split = 2 },
	{ 70, 130, 100, MTIA_OUT_U8, .bias = true, .k_split = 4 },
	{ 512, 256, 1024, MTIA_OUT_U8, .rows = 4, .cols = 4, .k_split = 2, .bias = true }, /* the paper's */
	/* Shares of K that differ: the chain's PEs must go through the tiles in one order. */
	{ 130, 512, 352, MTIA_OUT_S32, .rows = 1, .cols = 2, .k_split = 2 },
	{ 256, 1, 512, MTIA_OUT_F32, .bias = true },
	{ 1, 1024, 479, MTIA_OUT_U8, .relu = true, .bias = true },
	{ 600, 640, 96, MTIA_OUT_U8, .rows = 2, .cols = 2, .bias = true, .asymmetric = true },
	/*
	 * Rows and columns of PEs read together: A once a strip of columns that a PE keeps (two here, one
	 * in the second), W once, and every PE its columns' scales. Alone they would read 16 MiB and 6 MiB.
	 */
	{ 512, 1024, 1024, MTIA_OUT_U8, .bias = true,
	  .read = 2 * 512 * 1024 + 1024 * 1024 + 8 * 1024 * 16 },
	{ 512, 512, 1024, MTIA_OUT_S32, .bias = true, .k_split = 1,
	  .read = 512 * 1024 + 512 * 1024 },
	/* The last row's and the last column's PEs have less to do, and the others go on alone. */
	{ 832, 576, 1504, MTIA_OUT_U8, .bias = true, .k_split = 1 },
	{ 832, 576, 480, MTIA_OUT_F32, .rows = 3, .cols = 5, .relu = true },
	{ 500, 450, 700, MTIA_OUT_U8, .rows = 3, .cols = 5, .asymmetric = true },
	{ 450, 700, 1000, MTIA_OUT_S32, .rows = 2, .cols = 8, .k_split = 2 },
	{ 300, 200, 3000, MTIA_OUT_U8, .rows = 2, .cols = 6, .bias = true, .k_split = 3 },
	{ 65, 65, 2000, MTIA_OUT_F32, .rows = 2, .cols = 2, .bias = true, .k_split = 1 },
};

/* Products of two run-time operands that PEs read together; op_fc.c has the small ones. */
struct bmm_case {
	uint32_t batch, m, n, k, type, flags;
	uint32_t rows, cols;
	uint64_t read; /* as of fc_case */
};

static void run_bmm(const struct bmm_case *t)
{
	uint32_t es = t->type == MTIA_MATMUL_INT8 ? 1 : 2;
	bool turned = t->flags & MTIA_BMM_B_KN;
	size_t a_bytes = (size_t)t->batch * t->m * t->k * es, c_count = (size_t)t->batch * t->m * t->n;
	size_t b_bytes = (size_t)t->batch * t->n * t->k * es;
	uint8_t *a = malloc(a_bytes), *b = malloc(b_bytes);
	float *want = malloc(c_count * 4), *got = malloc(c_count * 4);
	const struct mtia_queue_desc qd = { .size = sizeof(qd), .rows = t->rows, .cols = t->cols };
	struct mtia_buffer *ba, *bb, *bc = buffer(c_count * 4, NULL);
	struct mtia_queue *queue = NULL;
	mtia_event event = { 0 };
	uint64_t read;
	bool good;

	/* Halves between 2^-8 and 2^-4, of either type. */
	for (size_t i = 0; i < a_bytes; i++)
		a[i] = es == 2 && i % 2 ? (t->type == MTIA_MATMUL_F16 ? 0x20 : 0x3c) | (rnd() & 0x83)
					: rnd();
	for (size_t i = 0; i < b_bytes; i++)
		b[i] = es == 2 && i % 2 ? (t->type == MTIA_MATMUL_F16 ? 0x20 : 0x3c) | (rnd() & 0x83)
					: rnd();
	ba = buffer(a_bytes, a);
	bb = buffer(b_bytes, b);
	const struct mtia_bmm_ref ref = {
		.type = t->type, .out = MTIA_OUT_F32, .batch = t->batch, .m = t->m, .n = t->n,
		.k = t->k, .a = a, .b = b, .c = want, .b_kn = turned, .scale = 0.5f,
		.b_signed = t->flags & MTIA_BMM_B_SIGNED,
	};
	/* Rows without padding: sizes are such that they are aligned. */
	const struct mtia_bmm_desc d = {
		.size = sizeof(d), .flags = t->flags, .type = t->type, .out = MTIA_OUT_F32,
		.batch = t->batch, .m = t->m, .n = t->n, .k = t->k, .a = { ba }, .b = { bb },
		.c = { bc }, .scale = 0.5f,
	};
	good = !mtia_bmm_ref(&ref) && !mtia_queue_create(context, &qd, &queue);
	read = bytes_read();
	good = good && finish(mtia_bmm_run(queue, &d, NULL, 0, &event), &event);
	read = bytes_read() - read;
	if (good && t->read && read != t->read) {
		fprintf(stderr, "# %llu bytes read, not %llu\n", (unsigned long long)read,
			(unsigned long long)t->read);
		good = false;
	}
	good = good && !mtia_buffer_read(bc, 0, got, c_count * 4) &&
	       same(got, want, t->batch * t->m, t->n, 4);
	tap_ok(good, "bmm %u of %ux%ux%u type %u flags %u grid %ux%u", t->batch, t->m, t->k, t->n,
	       t->type, t->flags, t->rows, t->cols);
	mtia_queue_free(queue);
	mtia_buffer_free(ba);
	mtia_buffer_free(bb);
	mtia_buffer_free(bc);
	free(a), free(b), free(want), free(got);
}

static const struct bmm_case bmm_cases[] = {
	/* A once a strip of columns that a PE keeps, here of 64, of which it has two; B once. */
	{ 1, 512, 1024, 512, MTIA_MATMUL_F16, .read = 2 * (2 * 512 + 1024) * 512 },
	{ 1, 512, 1024, 128, MTIA_MATMUL_BF16, MTIA_BMM_B_KN, .read = 2 * (512 + 1024) * 128 },
	/* Two matrices, one above the other on the PEs. */
	{ 2, 256, 512, 256, MTIA_MATMUL_F16, .read = 2 * 2 * (256 + 512) * 256 },
	/* The last PEs of rows and columns have less to do. B is not kept in the first. */
	{ 1, 320, 288, 1504, MTIA_MATMUL_BF16, .rows = 3, .cols = 4 },
	{ 3, 480, 416, 192, MTIA_MATMUL_F16, MTIA_BMM_B_KN, .rows = 7, .cols = 3 },
	{ 3, 416, 672, 992, MTIA_MATMUL_INT8, MTIA_BMM_B_SIGNED, .rows = 8, .cols = 6 },
	{ 2, 832, 288, 2016, MTIA_MATMUL_INT8, MTIA_BMM_B_KN, .rows = 5, .cols = 8 },
};

struct tbe_case {
	uint32_t tables, batch, max_rows, max_dim, max_bag;
	bool same_dim, mean, weighted, wide;
	uint32_t rows, cols;
};

static void run_tbe(const struct tbe_case *t)
{
	struct mtia_table *tables = calloc(t->tables, sizeof(*tables));
	uint32_t bags = t->tables * t->batch, columns = 0, ib = t->wide ? 8 : 4, dim;
	int64_t *offsets = calloc(bags + 1, 8), *indices;
	int32_t *offsets32 = calloc(bags + 1, 4), *indices32;
	float *weights, *want, *got;
	const struct mtia_queue_desc qd = { .size = sizeof(qd), .rows = t->rows, .cols = t->cols };
	struct mtia_tbe_tables *dt = NULL;
	struct mtia_queue *queue = NULL;
	struct mtia_buffer *bi, *bo, *bw, *out;
	struct mtia_tbe_finding finding;
	mtia_event event = { 0 };
	uint64_t n = 0;
	bool good;

	dim = between(1, t->max_dim);
	for (uint32_t i = 0; i < t->tables; i++) {
		uint32_t d = t->same_dim ? dim : between(1, t->max_dim);
		uint64_t rows = between(1, t->max_rows);
		float *x = malloc(rows * d * sizeof(float));
		void *q = malloc(rows * (d + 8));

		for (uint64_t j = 0; j < rows * d; j++)
			x[j] = ((float)(int32_t)rnd()) * 1e-9f;
		if (mtia_quantize_rowwise_u8(x, rows, d, 0, q, 0))
			exit(1);
		free(x);
		tables[i] = (struct mtia_table){ .rows = q, .row_count = rows, .dim = d };
		columns += d;
	}
	for (uint32_t g = 0; g < bags; g++) {
		offsets[g] = n;
		n += rnd() % 4 ? between(0, t->max_bag) : 0;
	}
	offsets[bags] = n;
	indices = calloc(n + 1, 8);
	indices32 = calloc(n + 1, 4);
	weights = calloc(n + 1, sizeof(float));
	for (uint32_t g = 0; g < bags; g++)
		for (int64_t i = offsets[g]; i < offsets[g + 1]; i++)
			indices[i] = rnd() % tables[g / t->batch].row_count;
	for (uint32_t g = 0; g <= bags; g++)
		offsets32[g] = offsets[g];
	for (uint64_t i = 0; i < n; i++) {
		indices32[i] = indices[i];
		weights[i] = (float)(int32_t)rnd() * 1e-9f;
	}
	want = calloc((size_t)t->batch * columns, sizeof(float));
	got = calloc((size_t)t->batch * columns, sizeof(float));
	bi = buffer(n * ib, t->wide ? (void *)indices : indices32);
	bo = buffer((bags + 1ull) * ib, t->wide ? (void *)offsets : offsets32);
	bw = buffer(n * 4, weights);
	out = buffer((uint64_t)t->batch * columns * 4, NULL);

	const struct mtia_tbe_ref ref = {
		.tables = tables, .table_count = t->tables, .batch = t->batch,
		.pooling = t->mean ? MTIA_POOL_MEAN : MTIA_POOL_SUM, .index_bytes = 8,
		.index_count = n, .indices = indices, .offsets = offsets,
		.weights = t->weighted ? weights : NULL, .out = want,
	};
	good = !mtia_tbe_ref(&ref, &finding) && !mtia_queue_create(context, &qd, &queue) &&
	       !mtia_tbe_tables_create(context, tables, t->tables, &dt);
	const struct mtia_tbe_desc d = {
		.size = sizeof(d), .tables = dt, .batch = t->batch, .pooling = ref.pooling,
		.index_bytes = ib, .index_count = n, .indices = bi, .offsets = bo,
		.weights = t->weighted ? bw : NULL, .out = out,
	};
	good = good && finish(mtia_tbe_run(queue, &d, NULL, 0, &event), &event) &&
	       !mtia_buffer_read(out, 0, got, (size_t)t->batch * columns * 4) &&
	       same(got, want, t->batch, columns, 4);
	tap_ok(good, "tbe %u tables, batch %u, dim %s%u, bags to %u%s%s, s%u, grid %ux%u", t->tables,
	       t->batch, t->same_dim ? "" : "to ", t->same_dim ? dim : t->max_dim, t->max_bag,
	       t->mean ? ", mean" : "", t->weighted ? ", weighted" : "", ib * 8, t->rows, t->cols);

	mtia_tbe_tables_free(dt);
	mtia_queue_free(queue);
	mtia_buffer_free(bi);
	mtia_buffer_free(bo);
	mtia_buffer_free(bw);
	mtia_buffer_free(out);
	for (uint32_t i = 0; i < t->tables; i++)
		free((void *)tables[i].rows);
	free(tables), free(offsets), free(offsets32), free(indices), free(indices32);
	free(weights), free(want), free(got);
}

static const struct tbe_case tbe_cases[] = {
	{ 1, 1, 1, 1, 1, .rows = 1, .cols = 1 },
	{ 1, 1, 10, 64, 0, .same_dim = false }, /* every bag empty */
	{ 1, 4, 100, 64, 5, .same_dim = true, .rows = 1, .cols = 1 },
	{ 3, 20, 50, 48, 40, .mean = true },
	{ 3, 20, 50, 48, 40, .weighted = true, .wide = true },
	{ 2, 3, 20, 1024, 70, .weighted = true, .rows = 1, .cols = 1 },
	{ 7, 100, 300, 130, 9, .wide = true },
	{ 1, 2, 400, 32, 2000, .weighted = true, .rows = 1, .cols = 1 }, /* bags over many windows */
	{ 26, 64, 1000, 16, 3, .same_dim = true, .mean = true },
};

/* What the tables or the descriptor do not go with costs nothing. */
static void refuse_tbe(struct mtia_queue *queue, struct mtia_tbe_desc d)
{
	uint8_t rows[64] = { 0 };
	struct mtia_table tables[2] = {
		{ .rows = rows, .row_count = 1, .dim = 16, .layout = MTIA_TABLE_F16 },
		{ .rows = rows, .row_count = 1, .dim = 8, .layout = MTIA_TABLE_F16 },
	};
	const struct mtia_tbe_desc good = d;
	struct mtia_tbe_tables *floats, *widths;
	mtia_event event;

	if (mtia_tbe_tables_create(context, tables, 1, &floats) ||
	    mtia_tbe_tables_create(context, tables, 2, &widths))
		exit(1);
	d.flags = 2;
	tap_ok(mtia_tbe_run(queue, &d, NULL, 0, &event) == -EOPNOTSUPP, "unknown flag is refused");
	d = good;
	d.pooling = 3;
	tap_ok(mtia_tbe_run(queue, &d, NULL, 0, &event) == -EOPNOTSUPP, "unknown pooling is refused");
	d = good;
	d.bounds = 4;
	tap_ok(mtia_tbe_run(queue, &d, NULL, 0, &event) == -EOPNOTSUPP,
	       "an unknown bounds mode is refused");
	d = good;
	d.out_type = 3;
	tap_ok(mtia_tbe_run(queue, &d, NULL, 0, &event) == -EOPNOTSUPP,
	       "an unknown output is refused");
	d = good;
	d.weights = d.out;
	d.pooling = MTIA_POOL_MEAN;
	tap_ok(mtia_tbe_run(queue, &d, NULL, 0, &event) == -EINVAL, "a weighted mean is refused");
	d.pooling = MTIA_POOL_NONE;
	tap_ok(mtia_tbe_run(queue, &d, NULL, 0, &event) == -EINVAL,
	       "weights without pooling are refused");
	d = good;
	d.pooling = MTIA_POOL_NONE;
	d.tables = widths;
	tap_ok(mtia_tbe_run(queue, &d, NULL, 0, &event) == -EINVAL,
	       "without pooling, tables of different dimensions are refused");
	d.tables = floats;
	d.out_type = MTIA_TBE_OUT_U8;
	tap_ok(mtia_tbe_run(queue, &d, NULL, 0, &event) == -EINVAL,
	       "and FP16 rows as they are, too");
	d = good;
	d.pooling = MTIA_POOL_NONE;
	tap_ok(mtia_tbe_run(queue, &d, NULL, 0, &event) == -ERANGE,
	       "without pooling the output has a row an index");
	d = good;
	d.out_type = MTIA_TBE_OUT_F16;
	d.out_stride = 30;
	tap_ok(mtia_tbe_run(queue, &d, NULL, 0, &event) == -EINVAL,
	       "rows of output that DMA cannot reach are refused");
	mtia_tbe_tables_free(widths);
	mtia_tbe_tables_free(floats);
}

/* What 32 bits cannot count is refused by its size, before a row is looked at. */
static void refuse_long_rows(struct mtia_table table)
{
	static const struct {
		uint32_t layout, dim, count;
		const char *says;
	} bad[] = {
		{ MTIA_TABLE_F32, 0, 1, "dimension 0" },
		{ MTIA_TABLE_F32, 1u << 30, 1, "rows of 1073741824 elements" },
		/* 4 bytes less than 4 GiB, but not in pieces. */
		{ MTIA_TABLE_F32, (1u << 30) - 1, 1, "rows of 1073741823 elements" },
		{ MTIA_TABLE_U8_F32_LAST, UINT32_MAX, 1, "rows of 4294967295 elements" },
		{ MTIA_TABLE_F16, 600000000, 2, "output rows of 1200000000 columns" },
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct mtia_error e = { .size = sizeof(e) };
		struct mtia_tbe_tables *none;
		struct mtia_table tables[2];

		table.layout = bad[i].layout;
		table.dim = bad[i].dim;
		tables[0] = tables[1] = table;
		tap_ok(mtia_tbe_tables_create(context, tables, bad[i].count, &none) == -EINVAL &&
			       !mtia_error_last(&e) && strstr(e.message, bad[i].says),
		       "refused: %s", bad[i].says);
	}
}

/* Corrections are counted over all PEs, for one of them too, and gone with the next run. */
static void corrections(struct mtia_tbe_desc d)
{
	const struct mtia_queue_desc one = { .size = sizeof(one), .rows = 1, .cols = 1 };
	int32_t indices[5] = { -9, 1, 4, 77, 2 }, offsets[4] = { 0, 3, 2, 4 };
	struct mtia_tbe_finding finding;
	struct mtia_queue *queues[2];
	mtia_event event;
	bool good;

	mtia_buffer_write(d.indices, 0, indices, sizeof(indices));
	mtia_buffer_write(d.offsets, 0, offsets, sizeof(offsets));
	if (mtia_queue_create(context, NULL, &queues[0]) ||
	    mtia_queue_create(context, &one, &queues[1]))
		exit(1);
	for (int i = 0; i < 2; i++) {
		/* Bags 0 .. 3, 3 .. 3, 2 .. 5: indices -9, 4 and again 4, 77. */
		d.bounds = MTIA_BOUNDS_WARNING;
		good = finish(mtia_tbe_run(queues[i], &d, NULL, 0, &event), &event) &&
		       !mtia_tbe_finding(d.tables, &finding);
		tap_ok(good && finding.code == 1 && finding.bag == 0 && finding.value == -9 &&
			       finding.bad_offsets == 2 && finding.bad_indices == 4,
		       "%s: %s, %d offsets and %d indices corrected", i ? "one PE" : "all PEs",
		       finding.text, (int)finding.bad_offsets, (int)finding.bad_indices);
		d.bounds = MTIA_BOUNDS_IGNORE;
		good = finish(mtia_tbe_run(queues[i], &d, NULL, 0, &event), &event) &&
		       !mtia_tbe_finding(d.tables, &finding);
		tap_ok(good && !finding.code && !finding.bad_offsets && !finding.bad_indices,
		       "IGNORE tells nothing: %s", finding.text);
		d.bounds = MTIA_BOUNDS_FATAL;
		good = !mtia_tbe_run(queues[i], &d, NULL, 0, &event) &&
		       mtia_event_wait(context, &event, 1, 0, MTIA_FOREVER, NULL) == MTIA_EJOB &&
		       !mtia_tbe_finding(d.tables, &finding);
		tap_ok(good && finding.code && !finding.bad_offsets && !finding.bad_indices,
		       "FATAL counts nothing: %s", finding.text);
		mtia_queue_free(queues[i]);
	}
}

/* A bad index ends the job with a named finding; the next job is not harmed. */
static void bad_indices(void)
{
	float x[4 * 16] = { 1 };
	uint8_t q[4 * 24];
	struct mtia_table table = { .rows = q, .row_count = 4, .dim = 16 };
	int32_t offsets[4] = { 0, 2, 4, 5 }, indices[5] = { 0, 1, 3, 4, 2 };
	struct mtia_tbe_tables *tables;
	struct mtia_queue *queue;
	struct mtia_buffer *bi, *bo, *out;
	struct mtia_tbe_finding finding;
	struct mtia_job_result result;
	mtia_event event;

	mtia_quantize_rowwise_u8(x, 4, 16, 0, q, 0);
	if (mtia_tbe_tables_create(context, &table, 1, &tables) ||
	    mtia_queue_create(context, NULL, &queue))
		exit(1);
	bi = buffer(sizeof(indices), indices);
	bo = buffer(sizeof(offsets), offsets);
	out = buffer(3 * 16 * 4, NULL);
	struct mtia_tbe_desc d = {
		.size = sizeof(d), .tables = tables, .batch = 3, .index_bytes = 4, .index_count = 5,
		.indices = bi, .offsets = bo, .out = out,
	};

	tap_ok(!mtia_tbe_run(queue, &d, NULL, 0, &event) &&
		       mtia_event_wait(context, &event, 1, 0, MTIA_FOREVER, &result) == MTIA_EJOB &&
		       result.status == MTIA_JOB_PE_EXIT,
	       "an index outside its table ends the job with PE_EXIT");
	mtia_tbe_finding(tables, &finding);
	tap_ok(finding.code == 1 && finding.table == 0 && finding.bag == 1 && finding.position == 3 &&
		       finding.value == 4,
	       "and is found: %s", finding.text);
	indices[3] = -1;
	mtia_buffer_write(bi, 0, indices, sizeof(indices));
	tap_ok(!mtia_tbe_run(queue, &d, NULL, 0, &event) &&
		       mtia_event_wait(context, &event, 1, 0, MTIA_FOREVER, NULL) == MTIA_EJOB,
	       "a negative index, too");
	indices[3] = 0;
	offsets[1] = 6;
	mtia_buffer_write(bi, 0, indices, sizeof(indices));
	mtia_buffer_write(bo, 0, offsets, sizeof(offsets));
	tap_ok(!mtia_tbe_run(queue, &d, NULL, 0, &event) &&
		       mtia_event_wait(context, &event, 1, 0, MTIA_FOREVER, NULL) == MTIA_EJOB &&
		       !mtia_tbe_finding(tables, &finding) && finding.code == 2,
	       "offsets beyond the indices: %s", finding.text);
	offsets[1] = 2;
	offsets[3] = 4;
	mtia_buffer_write(bo, 0, offsets, sizeof(offsets));
	tap_ok(!mtia_tbe_run(queue, &d, NULL, 0, &event) &&
		       mtia_event_wait(context, &event, 1, 0, MTIA_FOREVER, NULL) == MTIA_EJOB &&
		       !mtia_tbe_finding(tables, &finding) && finding.code == 2 && finding.bag == 2,
	       "offsets that end before the indices: %s", finding.text);
	d.bounds = MTIA_BOUNDS_NONE;
	tap_ok(finish(mtia_tbe_run(queue, &d, NULL, 0, &event), &event), "are allowed unchecked");
	d.bounds = MTIA_BOUNDS_FATAL;
	offsets[3] = 5;
	mtia_buffer_write(bo, 0, offsets, sizeof(offsets));
	tap_ok(finish(mtia_tbe_run(queue, &d, NULL, 0, &event), &event), "the next good job works");

	refuse_tbe(queue, d);
	d.out_offset = 4;
	tap_ok(mtia_tbe_run(queue, &d, NULL, 0, &event) == -ERANGE, "output beyond its buffer is refused");
	d.out_offset = 0;
	corrections(d);
	mtia_tbe_tables_free(tables);
	table.layout = MTIA_TABLE_U4_F16_LAST;
	table.dim = 15;
	table.row_stride = 0;
	tap_ok(mtia_tbe_tables_create(context, &table, 1, &tables) == -EINVAL,
	       "INT4 rows of odd length are refused");
	table.layout = MTIA_TABLE_F32 + 1;
	tap_ok(mtia_tbe_tables_create(context, &table, 1, &tables) == -EOPNOTSUPP,
	       "an unknown layout, too");
	refuse_long_rows(table);
	mtia_queue_free(queue);
	mtia_buffer_free(bi);
	mtia_buffer_free(bo);
	mtia_buffer_free(out);
}

int main(int argc, char **argv)
{
	unsigned int random = argc > 1 ? atoi(argv[1]) : 40;

	if (mtia_device_open(NULL, &device) || mtia_context_create(device, &context)) {
		struct mtia_error e = { .size = sizeof(e) };

		mtia_error_last(&e);
		fprintf(stderr, "# no device: %s %s\n", e.message, e.hint);
		return 1;
	}
	for (size_t i = 0; i < sizeof(fc_cases) / sizeof(fc_cases[0]); i++)
		run_fc(&fc_cases[i]);
	for (size_t i = 0; i < sizeof(bmm_cases) / sizeof(bmm_cases[0]); i++)
		run_bmm(&bmm_cases[i]);
	for (size_t i = 0; i < sizeof(tbe_cases) / sizeof(tbe_cases[0]); i++)
		run_tbe(&tbe_cases[i]);
	for (unsigned int i = 0; i < random; i++) {
		struct fc_case fc = {
			.m = between(1, 200), .n = between(1, 300), .k = between(1, 700),
			.out = rnd() % 3, .relu = rnd() & 1, .bias = rnd() & 1,
			.asymmetric = rnd() % 4 == 0, .rows = between(1, 8), .cols = between(1, 8),
		};
		struct tbe_case tbe = {
			between(1, 9), between(1, 40), between(1, 500), between(1, 200), between(0, 80),
			.same_dim = rnd() & 1, .mean = rnd() % 3 == 0, .wide = rnd() & 1,
			.rows = between(1, 8), .cols = between(1, 8),
		};

		tbe.weighted = !tbe.mean && (rnd() & 1);
		run_fc(&fc);
		run_tbe(&tbe);
	}
	bad_indices();
	mtia_context_free(context);
	mtia_device_free(device);
	return tap_done();
}
