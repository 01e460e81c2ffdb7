// SPDX-License-Identifier: GPL-2.0
/*
 * Operators on the simulator next to what the same host core does with the same job: INT8 FC next
 * to OpenBLAS SGEMM, TBE next to a plain C loop with the same result. One JSON line a measure.
 *
 * usage: operators fc|tbe [REPEATS]	(MTIA_BACKEND=sim; pin it to one core)
 *
 * Both sides alternate within one run, and the median of each is taken, so that a busy machine
 * slows both. Wall time from submit to the event, everything the simulator does included.
 */
#include <cblas.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "mtia/ops.h"
#include "mtia/ref.h"

static struct mtia_context *context;
static struct mtia_queue *queue;
static struct mtia_device *device;

static void die(const char *what)
{
	struct mtia_error e = { .size = sizeof(e) };

	mtia_error_last(&e);
	fprintf(stderr, "%s: %s %s\n", what, e.message, e.hint);
	exit(1);
}

static struct mtia_buffer *buffer(uint64_t bytes, const void *data)
{
	const struct mtia_buffer_desc desc = { .size = sizeof(desc), .bytes = bytes };
	struct mtia_buffer *b;

	if (mtia_buffer_create(context, &desc, &b) ||
	    (data && mtia_buffer_write(b, 0, data, bytes)))
		die("buffer");
	return b;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *values, int n)
{
	qsort(values, n, sizeof(*values), by_value);
	return values[n / 2];
}

static double seconds_since(int64_t start)
{
	return (double)(mtia_now_ns() - start) * 1e-9;
}

static uint64_t cycles_now(void)
{
	uint64_t cycles = 0;

	mtia_device_timestamp(device, &cycles, NULL);
	return cycles;
}

static int bench_fc(int repeats)
{
	enum { SIZE = 1024 };
	uint8_t *a = malloc(SIZE * SIZE), *want = malloc(SIZE * SIZE), *got = malloc(SIZE * SIZE);
	int8_t *w = malloc(SIZE * SIZE);
	float *fa = malloc(sizeof(float) * SIZE * SIZE), *fb = malloc(sizeof(float) * SIZE * SIZE);
	float *fc = malloc(sizeof(float) * SIZE * SIZE), *scale = malloc(sizeof(float) * SIZE);
	double ours[64], peer[64], macs = (double)SIZE * SIZE * SIZE;
	struct mtia_fc_weights *weights;
	struct mtia_buffer *ba, *bc;
	uint64_t cycles = 0;

	srand(1);
	for (int i = 0; i < SIZE * SIZE; i++) {
		a[i] = rand();
		w[i] = rand();
		fa[i] = a[i];
		fb[i] = w[i];
	}
	for (int i = 0; i < SIZE; i++)
		scale[i] = 1e-4f;
	ba = buffer(SIZE * SIZE, a);
	bc = buffer(SIZE * SIZE, NULL);
	const struct mtia_fc_weights_desc wd = {
		.size = sizeof(wd), .n = SIZE, .k = SIZE, .w = w, .scale = scale, .a_zero_point = 128,
	};
	if (mtia_fc_weights_create(context, &wd, &weights))
		die("weights");
	const struct mtia_fc_desc d = {
		.size = sizeof(d), .weights = weights, .m = SIZE, .a = ba, .lda = SIZE, .c = bc,
		.ldc = SIZE, .c_zero_point = 128,
	};
	for (int r = 0; r < repeats; r++) {
		uint64_t before = cycles_now();
		mtia_event event;
		int64_t start = mtia_now_ns();

		if (mtia_fc_run(queue, &d, NULL, 0, &event) ||
		    mtia_event_wait(context, &event, 1, 0, MTIA_FOREVER, NULL))
			die("fc");
		ours[r] = seconds_since(start);
		cycles = cycles_now() - before;
		start = mtia_now_ns();
		cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, SIZE, SIZE, SIZE, 1.0f, fa, SIZE,
			    fb, SIZE, 0.0f, fc, SIZE);
		peer[r] = seconds_since(start);
	}
	const struct mtia_fc_ref ref = {
		.m = SIZE, .n = SIZE, .k = SIZE, .a = a, .w = w, .scale = scale, .a_zero_point = 128,
		.c_zero_point = 128, .out = MTIA_OUT_U8, .c = want,
	};
	if (mtia_fc_ref(&ref) || mtia_buffer_read(bc, 0, got, SIZE * SIZE))
		die("reference");
	if (memcmp(got, want, SIZE * SIZE)) {
		fprintf(stderr, "fc: result differs from the reference\n");
		return 8;
	}
	printf("{\"measure\":\"fc_int8_1024_macs_per_second\",\"ours\":%.0f,\"peer\":%.0f,\"cycles\":%llu}\n",
	       macs / median(ours, repeats), macs / median(peer, repeats), (unsigned long long)cycles);
	return 0;
}

/* The peer: what a programmer would write in plain C for these rows. */
static void host_tbe(const struct mtia_table *tables, int table_count, int batch, int dim,
		     const int32_t *indices, const int32_t *offsets, float *out)
{
	for (int t = 0; t < table_count; t++) {
		for (int b = 0; b < batch; b++) {
			float acc[64] = { 0 };

			for (int i = offsets[t * batch + b]; i < offsets[t * batch + b + 1]; i++) {
				const uint8_t *row = (const uint8_t *)tables[t].rows +
						     (size_t)indices[i] * (dim + 8);
				float scale, bias;

				memcpy(&scale, row + dim, 4);
				memcpy(&bias, row + dim + 4, 4);
				for (int j = 0; j < dim; j++)
					acc[j] = fmaf(scale, row[j], acc[j] + bias);
			}
			memcpy(out + (size_t)b * table_count * dim + t * dim, acc, dim * sizeof(float));
		}
	}
}

static int bench_tbe(int repeats)
{
	enum { TABLES = 64, ROWS = 100000, DIM = 64, POOLING = 20, BATCH = 256 };
	struct mtia_table tables[TABLES];
	size_t n = (size_t)TABLES * BATCH * POOLING, out_bytes = (size_t)BATCH * TABLES * DIM * 4;
	int32_t *indices = malloc(n * 4), *offsets = malloc((TABLES * BATCH + 1) * 4);
	float *want = malloc(out_bytes), *got = malloc(out_bytes);
	struct mtia_tbe_tables *device_tables;
	struct mtia_buffer *bi, *bo, *out;
	double ours[64], peer[64];
	uint64_t cycles = 0;

	srand(1);
	for (int t = 0; t < TABLES; t++) {
		uint8_t *rows = malloc((size_t)ROWS * (DIM + 8));

		for (size_t r = 0; r < ROWS; r++) {
			uint8_t *row = rows + r * (DIM + 8);
			float tail[2] = { 0.001f + (float)(r % 97) * 1e-5f, -0.1f };

			for (int j = 0; j < DIM; j++)
				row[j] = (uint8_t)(r * 31 + j * 7 + t);
			memcpy(row + DIM, tail, 8);
		}
		tables[t] = (struct mtia_table){ .rows = rows, .row_count = ROWS, .dim = DIM };
	}
	for (size_t i = 0; i < n; i++)
		indices[i] = ((unsigned int)rand() * 7919u) % ROWS;
	for (int g = 0; g <= TABLES * BATCH; g++)
		offsets[g] = g * POOLING;
	if (mtia_tbe_tables_create(context, tables, TABLES, &device_tables))
		die("tables");
	bi = buffer(n * 4, indices);
	bo = buffer((TABLES * BATCH + 1) * 4, offsets);
	out = buffer(out_bytes, NULL);
	const struct mtia_tbe_desc d = {
		.size = sizeof(d), .tables = device_tables, .batch = BATCH, .index_bytes = 4,
		.index_count = n, .indices = bi, .offsets = bo, .out = out,
	};
	for (int r = 0; r < repeats; r++) {
		uint64_t before = cycles_now();
		mtia_event event;
		int64_t start = mtia_now_ns();

		if (mtia_tbe_run(queue, &d, NULL, 0, &event) ||
		    mtia_event_wait(context, &event, 1, 0, MTIA_FOREVER, NULL))
			die("tbe");
		ours[r] = seconds_since(start);
		cycles = cycles_now() - before;
		start = mtia_now_ns();
		host_tbe(tables, TABLES, BATCH, DIM, indices, offsets, want);
		peer[r] = seconds_since(start);
	}
	if (mtia_buffer_read(out, 0, got, out_bytes))
		die("read");
	if (memcmp(got, want, out_bytes)) {
		fprintf(stderr, "tbe: result differs from the host loop's\n");
		return 8;
	}
	printf("{\"measure\":\"tbe_int8_rows_per_second\",\"ours\":%.0f,\"peer\":%.0f,\"cycles\":%llu}\n",
	       (double)n / median(ours, repeats), (double)n / median(peer, repeats),
	       (unsigned long long)cycles);
	return 0;
}

int main(int argc, char **argv)
{
	int repeats = argc > 2 ? atoi(argv[2]) : 5;

	if (argc < 2 || repeats < 1 || repeats > 64) {
		fprintf(stderr, "usage: operators fc|tbe [REPEATS 1..64]\n");
		return 2;
	}
	if (mtia_device_open(NULL, &device) || mtia_context_create(device, &context) ||
	    mtia_queue_create(context, NULL, &queue))
		die("device");
	if (!strcmp(argv[1], "fc"))
		return bench_fc(repeats);
	if (!strcmp(argv[1], "tbe"))
		return bench_tbe(repeats);
	fprintf(stderr, "operators: unknown measure '%s'; fc or tbe\n", argv[1]);
	return 2;
}
