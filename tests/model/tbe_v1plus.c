// SPDX-License-Identifier: GPL-2.0
/*
 * SE_ROWS of 128 rows: the embedding program uses them where the capability is, and only there. Same
 * results; the accumulators of a long bag are written a quarter as often.
 *
 * usage: tbe_v1plus	(MTIA_BACKEND=sim in the environment)
 */
#include <stdlib.h>
#include "mtia/ops.h"
#include "mtia/ref.h"
#include "mtia/regs.h"
#include "../unit/tap.h"

enum { ROWS = 50, DIM = 8, BATCH = 64, BAG = 256, COUNT = BATCH * BAG };

#define QUANTUM 128 /* of device time, see mtia_model_step() */

static uint8_t rows[ROWS * (DIM + 8)];
static const struct mtia_table table = { .rows = rows, .row_count = ROWS, .dim = DIM };
static int32_t indices[COUNT], offsets[BATCH + 1];
static float weights[COUNT], want[BATCH * DIM];

struct run {
	uint64_t features, cycles, elements;
	float out[BATCH * DIM];
};

static void need(int ret, const char *what)
{
	struct mtia_error e = { .size = sizeof(e) };

	if (!ret)
		return;
	mtia_error_last(&e);
	fprintf(stderr, "# %s: %s\n", what, e.message);
	exit(1);
}

static struct mtia_buffer *upload(struct mtia_context *context, const void *data, size_t bytes)
{
	const struct mtia_buffer_desc desc = { .size = sizeof(desc), .bytes = bytes };
	struct mtia_buffer *b;

	need(mtia_buffer_create(context, &desc, &b), "buffer");
	if (data)
		need(mtia_buffer_write(b, 0, data, bytes), "write");
	return b;
}

static uint64_t elements(struct mtia_device *device)
{
	uint64_t values[MTIA_NUM_COUNTERS] = { 0 };
	size_t count = MTIA_NUM_COUNTERS;

	need(mtia_device_counters(device, values, &count), "counters");
	return values[MTIA_CNT_SE_ELEMENTS];
}

static void run(const char *v1plus, struct run *r)
{
	struct mtia_device_props props = { .size = sizeof(props) };
	struct mtia_tbe_tables *tables;
	struct mtia_job_result result;
	struct mtia_context *context;
	struct mtia_device *device;
	struct mtia_queue *queue;
	struct mtia_tbe_desc d = { .size = sizeof(d), .batch = BATCH, .index_bytes = 4,
				   .index_count = COUNT };
	mtia_event event;

	setenv("MTIA_SIM_V1PLUS", v1plus, 1);
	need(mtia_device_open(NULL, &device), "device");
	need(mtia_device_props(device, &props), "props");
	need(mtia_context_create(device, &context), "context");
	need(mtia_queue_create(context, NULL, &queue), "queue");
	need(mtia_tbe_tables_create(context, &table, 1, &tables), "tables");
	d.tables = tables;
	d.indices = upload(context, indices, sizeof(indices));
	d.offsets = upload(context, offsets, sizeof(offsets));
	d.weights = upload(context, weights, sizeof(weights));
	d.out = upload(context, NULL, sizeof(r->out));
	r->features = props.features;
	r->elements = elements(device);
	need(mtia_tbe_run(queue, &d, NULL, 0, &event), "run");
	need(mtia_event_wait(context, &event, 1, 0, MTIA_FOREVER, &result), "wait");
	r->elements = elements(device) - r->elements;
	r->cycles = result.t_end - result.t_start;
	need(mtia_buffer_read(d.out, 0, r->out, sizeof(r->out)), "read");
	mtia_buffer_free(d.out);
	mtia_buffer_free(d.weights);
	mtia_buffer_free(d.offsets);
	mtia_buffer_free(d.indices);
	mtia_tbe_tables_free(tables);
	mtia_queue_free(queue);
	mtia_context_free(context);
	mtia_device_free(device);
}

int main(void)
{
	float x[ROWS * DIM];
	struct run v1, plus;
	const struct mtia_tbe_ref ref = { .tables = &table, .table_count = 1, .batch = BATCH,
					  .index_bytes = 4, .index_count = COUNT,
					  .indices = indices, .offsets = offsets,
					  .weights = weights, .out = want };

	srand(1);
	for (int i = 0; i < ROWS * DIM; i++)
		x[i] = (float)rand() * 0x1p-31f - 0.5f;
	need(mtia_quantize_rowwise_u8(x, ROWS, DIM, 0, rows, 0), "rows");
	for (int i = 0; i < COUNT; i++) {
		indices[i] = rand() % ROWS;
		weights[i] = (float)rand() * 0x1p-31f;
	}
	for (int b = 0; b <= BATCH; b++)
		offsets[b] = b * BAG;
	need(mtia_tbe_ref(&ref, NULL), "reference");

	run("0", &v1);
	run("1", &plus);
	tap_ok(!(v1.features & MTIA_CAP_SE_ROWS128) && plus.features & MTIA_CAP_SE_ROWS128,
	       "the capability is off by default");
	tap_ok(!memcmp(v1.out, want, sizeof(want)), "v1: as the reference");
	tap_ok(!memcmp(plus.out, want, sizeof(want)), "128 rows at a time: as the reference");
	tap_u64(v1.elements, BATCH * DIM * (BAG / 32), "v1: accumulators written every 32 rows");
	tap_u64(plus.elements, BATCH * DIM * (BAG / 128), "v1+: every 128 rows");
	/*
	 * The firmware looks for launches to put behind this one, which shifts by a quantum when it
	 * sees the end.
	 */
	tap_ok(plus.cycles <= v1.cycles + QUANTUM, "and no slower: %llu cycles, v1 %llu",
	       (unsigned long long)plus.cycles, (unsigned long long)v1.cycles);
	return tap_done();
}
