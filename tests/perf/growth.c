// SPDX-License-Identifier: GPL-2.0
/*
 * Cost grows as the work does, on the simulator: twice M, K, N of an FC or twice the bags of a TBE is at
 * most 2.2 times the device cycles. And a device with 64 GiB starts quickly and small.
 *
 * usage: growth [big]	(MTIA_BACKEND=sim)
 *
 * Without `big` it prints TAP; cycles are the model's, so the same on every machine. With it, the largest
 * sizes (4096 in each of M, K, N; a million bags) and the host's time as well, one JSON line.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../unit/tap.h"
#include "mtia/ops.h"

#define LIMIT 2.2

static struct mtia_context *context;
static struct mtia_queue *queue;

static void die(const char *what)
{
	struct mtia_error e = { .size = sizeof(e) };

	mtia_error_last(&e);
	printf("Bail out! %s: %s %s\n", what, e.message, e.hint);
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

struct cost {
	double cycles, seconds;
};

static struct cost wait_for(mtia_event event, int64_t start)
{
	struct mtia_job_result result;

	if (mtia_event_wait(context, &event, 1, 0, MTIA_FOREVER, &result))
		die("wait");
	return (struct cost){ .cycles = (double)(result.t_end - result.t_start),
			      .seconds = (double)(mtia_now_ns() - start) * 1e-9 };
}

static struct cost fc(uint32_t m, uint32_t n, uint32_t k)
{
	int8_t *w = malloc((size_t)n * k);
	uint8_t *a = malloc((size_t)m * k);
	float *scale = malloc(n * sizeof(*scale));
	struct mtia_fc_weights *weights;
	struct mtia_buffer *ba, *bc;
	mtia_event event;
	struct cost cost;
	int64_t start;

	for (size_t i = 0; i < (size_t)n * k; i++)
		w[i] = (int8_t)(i * 2654435761u >> 13);
	for (size_t i = 0; i < (size_t)m * k; i++)
		a[i] = (uint8_t)(i * 2246822519u >> 11);
	for (uint32_t i = 0; i < n; i++)
		scale[i] = 1e-4f;
	const struct mtia_fc_weights_desc wd = {
		.size = sizeof(wd), .n = n, .k = k, .w = w, .scale = scale, .a_zero_point = 128,
	};
	if (mtia_fc_weights_create(context, &wd, &weights))
		die("weights");
	ba = buffer((uint64_t)m * k, a);
	bc = buffer((uint64_t)m * n, NULL);
	const struct mtia_fc_desc d = {
		.size = sizeof(d), .weights = weights, .m = m, .a = ba, .lda = k, .c = bc,
		.ldc = n, .c_zero_point = 128,
	};
	start = mtia_now_ns();
	if (mtia_fc_run(queue, &d, NULL, 0, &event))
		die("fc");
	cost = wait_for(event, start);
	mtia_fc_weights_free(weights);
	mtia_buffer_free(ba);
	mtia_buffer_free(bc);
	free(w);
	free(a);
	free(scale);
	return cost;
}

#define TABLES 8
#define ROWS 4096
#define DIM 64
#define POOLING 8

static struct cost tbe(uint32_t bags)
{
	static uint8_t rows[ROWS * (DIM + 8)];
	uint32_t batch = bags / TABLES;
	size_t n = (size_t)bags * POOLING;
	int32_t *indices = malloc(n * 4), *offsets = malloc(((size_t)bags + 1) * 4);
	struct mtia_table tables[TABLES];
	struct mtia_tbe_tables *device_tables;
	struct mtia_buffer *bi, *bo, *out;
	mtia_event event;
	struct cost cost;
	int64_t start;

	for (size_t i = 0; i < n; i++)
		indices[i] = (int32_t)((uint32_t)i * 2654435761u >> 20);
	for (uint32_t g = 0; g <= bags; g++)
		offsets[g] = (int32_t)(g * POOLING);
	for (int t = 0; t < TABLES; t++)
		tables[t] = (struct mtia_table){ .rows = rows, .row_count = ROWS, .dim = DIM };
	if (mtia_tbe_tables_create(context, tables, TABLES, &device_tables))
		die("tables");
	bi = buffer(n * 4, indices);
	bo = buffer(((uint64_t)bags + 1) * 4, offsets);
	out = buffer((uint64_t)bags * DIM * 4, NULL);
	const struct mtia_tbe_desc d = {
		.size = sizeof(d), .tables = device_tables, .batch = batch, .index_bytes = 4,
		.index_count = n, .indices = bi, .offsets = bo, .out = out,
	};
	start = mtia_now_ns();
	if (mtia_tbe_run(queue, &d, NULL, 0, &event))
		die("tbe");
	cost = wait_for(event, start);
	mtia_tbe_tables_free(device_tables);
	mtia_buffer_free(bi);
	mtia_buffer_free(bo);
	mtia_buffer_free(out);
	free(indices);
	free(offsets);
	return cost;
}

static void grows(struct cost small, struct cost large, const char *what, unsigned int from)
{
	double ratio = large.cycles / small.cycles;

	tap_ok(ratio <= LIMIT, "%s %u -> %u: %.0f -> %.0f cycles, %.2f times", what, from, 2 * from,
	       small.cycles, large.cycles, ratio);
}

static long resident_kib(void)
{
	FILE *f = fopen("/proc/self/statm", "r");
	long total = 0, resident = -1;

	if (f) {
		if (fscanf(f, "%ld %ld", &total, &resident) != 2)
			resident = -1;
		fclose(f);
	}
	return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

static double cpu_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec * 1e-6;
}

/*
 * From nothing to a queue: model, firmware booted. CPU time of all threads, and the quickest of
 * some: a busy machine is no defect.
 */
static void start_large(void)
{
	double best = 1e9;
	long rss = resident_kib(), grown = 0;

	setenv("MTIA_SIM_LPDDR_MIB", "65536", 1);
	for (int i = 0; i < 7; i++) {
		struct mtia_device *device;
		double ms, start = cpu_ms();

		if (mtia_device_open(NULL, &device) || mtia_context_create(device, &context) ||
		    mtia_queue_create(context, NULL, &queue))
			die("64 GiB device");
		ms = cpu_ms() - start;
		best = ms < best ? ms : best;
		grown = resident_kib() - rss > grown ? resident_kib() - rss : grown;
		mtia_queue_free(queue);
		mtia_context_free(context);
		mtia_device_free(device);
	}
	unsetenv("MTIA_SIM_LPDDR_MIB");
	tap_ok(grown < 100 * 1024, "device of 64 GiB: %ld KiB resident", grown);
	tap_ok(best < 50, "ready in %.1f ms of CPU time", best);
}

static void check(void)
{
	for (unsigned int size = 256; size <= 1024; size *= 2) {
		struct cost base = fc(size, size, size);

		grows(base, fc(2 * size, size, size), "FC, M", size);
		grows(base, fc(size, 2 * size, size), "FC, N", size);
		grows(base, fc(size, size, 2 * size), "FC, K", size);
	}
	for (unsigned int bags = 4096; bags <= 131072; bags *= 2)
		grows(tbe(bags), tbe(2 * bags), "TBE, bags", bags);
}

static double least(double a, double b)
{
	return a < b ? a : b;
}

/* The quicker of two, a busy machine is no defect. */
static struct cost quick(struct cost a, struct cost b)
{
	return (struct cost){ .cycles = a.cycles, .seconds = least(a.seconds, b.seconds) };
}

static struct cost quick_fc(uint32_t m, uint32_t n, uint32_t k)
{
	return quick(fc(m, n, k), fc(m, n, k));
}

static void big(void)
{
	struct cost m = quick_fc(2048, 4096, 4096), n = quick_fc(4096, 2048, 4096);
	struct cost k = quick_fc(4096, 4096, 2048), cube = quick_fc(4096, 4096, 4096);
	struct cost half = quick(tbe(500000), tbe(500000)), bags = quick(tbe(1000000), tbe(1000000));

	printf("{\"measure\":\"growth\",\"fc_4096_seconds\":%.3f,\"fc_4096_cycles\":%.0f,"
	       "\"fc_cycles_ratio\":%.3f,\"fc_seconds_ratio\":%.3f,\"bags_1m_seconds\":%.3f,"
	       "\"bags_1m_cycles\":%.0f,\"bags_cycles_ratio\":%.3f,\"bags_seconds_ratio\":%.3f}\n",
	       cube.seconds, cube.cycles, cube.cycles / least(m.cycles, least(n.cycles, k.cycles)),
	       cube.seconds / least(m.seconds, least(n.seconds, k.seconds)), bags.seconds, bags.cycles,
	       bags.cycles / half.cycles, bags.seconds / half.seconds);
}

int main(int argc, char **argv)
{
	bool large = argc > 1 && !strcmp(argv[1], "big");
	struct mtia_device *device;

	if (argc > 1 && !large) {
		fprintf(stderr, "usage: growth [big]\n");
		return 2;
	}
	if (!large)
		start_large();
	if (mtia_device_open(NULL, &device) || mtia_context_create(device, &context) ||
	    mtia_queue_create(context, NULL, &queue))
		die("device");
	if (large)
		big();
	else
		check();
	mtia_queue_free(queue);
	mtia_context_free(context);
	mtia_device_free(device);
	return large ? 0 : tap_done();
}
