// SPDX-License-Identifier: MIT
/* mtia run tbe: table-batched embedding on generated tables and bags. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mtia/ref.h"
#include "session.h"

struct tbe_data {
	struct mtia_table *tables;
	void *indices, *offsets;
	float *weights, *out, *want;
	uint64_t index_count, columns, bags;
	uint32_t index_bytes;
};

static void free_data(struct tbe_data *d, const struct tbe_options *o)
{
	for (uint64_t t = 0; d->tables && t < o->tables; t++)
		free((void *)d->tables[t].rows);
	free(d->tables);
	free(d->indices);
	free(d->offsets);
	free(d->weights);
	free(d->out);
	free(d->want);
}

static int no_memory(void)
{
	return mtia_error_set(-ENOMEM, "run tbe", "choose smaller tables",
			      "no memory for tables and bags of this size");
}

/* Rows of random bytes; scale and bias small enough for FP32 sums of any length here. */
static int make_table(struct mtia_table *t, const struct tbe_options *o, uint64_t *rng)
{
	size_t row = o->dim + 2 * sizeof(float);
	unsigned char *rows = malloc(o->rows * row + 8);

	t->rows = rows;
	t->row_count = o->rows;
	t->dim = o->dim;
	if (!rows)
		return no_memory();
	for (size_t i = 0; i < o->rows; i++) {
		unsigned char *r = rows + i * row;
		float tail[2];

		for (size_t b = 0; b < o->dim; b += 8) {
			uint64_t bits = random_next(rng);

			memcpy(r + b, &bits, 8);
		}
		tail[0] = (float)((random_next(rng) >> 40) + 1) * 0x1p-32f;
		tail[1] = (float)(random_next(rng) >> 40) * 0x1p-26f - 0.125f;
		memcpy(r + o->dim, tail, sizeof(tail));
	}
	return 0;
}

static void store_index(void *array, uint32_t bytes, uint64_t at, uint64_t value)
{
	if (bytes == 4)
		((int32_t *)array)[at] = value;
	else
		((int64_t *)array)[at] = value;
}

static int make_data(struct tbe_data *d, const struct tbe_options *o)
{
	uint64_t rng = o->seed;
	int ret = 0;

	memset(d, 0, sizeof(*d));
	d->index_bytes = o->index_bits == TBE_INDEX_64 ? 8 : 4;
	d->bags = o->tables * o->batch;
	d->index_count = d->bags * o->pooling;
	d->columns = o->tables * o->dim;
	if (d->index_bytes == 4 && d->index_count > INT32_MAX)
		return mtia_error_set(-EINVAL, "run tbe", "--index-bits 64",
				      "%llu indices need offsets of 64 bits",
				      (unsigned long long)d->index_count);
	d->tables = calloc(o->tables, sizeof(*d->tables));
	d->indices = malloc(d->index_count * d->index_bytes + 8);
	d->offsets = malloc((d->bags + 1) * d->index_bytes);
	d->weights = o->mode == TBE_WEIGHTED ? malloc((d->index_count + 1) * sizeof(float)) : NULL;
	d->out = calloc(o->batch * d->columns, sizeof(float));
	d->want = calloc(o->batch * d->columns, sizeof(float));
	if (!d->tables || !d->indices || !d->offsets || !d->out || !d->want ||
	    (o->mode == TBE_WEIGHTED && !d->weights))
		return no_memory();
	for (uint64_t t = 0; t < o->tables && !ret; t++)
		ret = make_table(&d->tables[t], o, &rng);
	for (uint64_t i = 0; i < d->index_count; i++)
		store_index(d->indices, d->index_bytes, i, random_next(&rng) % o->rows);
	for (uint64_t i = 0; i <= d->bags; i++)
		store_index(d->offsets, d->index_bytes, i, i * o->pooling);
	for (uint64_t i = 0; d->weights && i < d->index_count; i++)
		d->weights[i] = (float)(random_next(&rng) >> 40) * 0x1p-23f - 1.0f;
	return ret;
}

struct tbe_run {
	struct mtia_tbe_tables *tables;
	struct mtia_buffer *indices, *offsets, *weights, *out;
	uint64_t cycles;
	int64_t wall_ns;
	struct latencies latencies;
};

static int upload(struct session *s, const char *label, const void *data, uint64_t bytes,
		  struct mtia_buffer **out)
{
	int ret = session_buffer(s, label, MTIA_PLACE_VRAM, bytes ? bytes : 1, out);

	return ret ? ret : mtia_buffer_write(*out, 0, data, bytes);
}

static int prepare(struct session *s, struct tbe_run *r, const struct tbe_data *d,
		   const struct tbe_options *o)
{
	int ret = mtia_tbe_tables_create(s->context, d->tables, o->tables, &r->tables);

	if (!ret)
		ret = upload(s, "tbe indices", d->indices, d->index_count * d->index_bytes,
			     &r->indices);
	if (!ret)
		ret = upload(s, "tbe offsets", d->offsets, (d->bags + 1) * d->index_bytes,
			     &r->offsets);
	if (!ret && d->weights)
		ret = upload(s, "tbe weights", d->weights, d->index_count * sizeof(float),
			     &r->weights);
	if (!ret)
		ret = session_buffer(s, "tbe out", MTIA_PLACE_VRAM,
				     o->batch * d->columns * sizeof(float), &r->out);
	return ret;
}

static int run_jobs(struct session *s, struct tbe_run *r, const struct tbe_data *d,
		    const struct tbe_options *o)
{
	const struct mtia_tbe_desc desc = {
		.size = sizeof(desc), .tables = r->tables, .batch = o->batch,
		.pooling = o->mode == TBE_MEAN ? MTIA_POOL_MEAN : MTIA_POOL_SUM,
		.index_bytes = d->index_bytes, .index_count = d->index_count,
		.indices = r->indices, .offsets = r->offsets, .weights = r->weights, .out = r->out,
	};
	int64_t begin = mtia_now_ns();
	int ret = 0;

	for (uint64_t i = 0; i < o->repeat && !ret; i++) {
		int64_t start = mtia_now_ns();
		mtia_event event;

		ret = mtia_tbe_run(s->queue, &desc, NULL, 0, &event);
		if (!ret)
			ret = session_wait(s, event, &r->cycles);
		if (!ret)
			ret = latencies_add(&r->latencies, mtia_now_ns() - start);
	}
	r->wall_ns = mtia_now_ns() - begin;
	return ret;
}

static int compare(struct tbe_run *r, struct tbe_data *d, const struct tbe_options *o,
		   uint64_t *differing, uint64_t *first)
{
	const struct mtia_tbe_ref ref = {
		.tables = d->tables, .table_count = o->tables, .batch = o->batch,
		.pooling = o->mode == TBE_MEAN ? MTIA_POOL_MEAN : MTIA_POOL_SUM,
		.index_bytes = d->index_bytes, .index_count = d->index_count,
		.indices = d->indices, .offsets = d->offsets, .weights = d->weights,
		.out = d->want,
	};
	uint64_t count = o->batch * d->columns;
	int ret = mtia_buffer_read(r->out, 0, d->out, count * sizeof(float));

	if (ret)
		return ret;
	if (mtia_tbe_ref(&ref, NULL))
		return mtia_error_set(-EINVAL, "mtia_tbe_ref", NULL,
				      "the reference refuses this shape");
	*differing = 0;
	for (uint64_t i = 0; i < count; i++)
		if (memcmp(&d->out[i], &d->want[i], sizeof(float)))
			if (!(*differing)++)
				*first = i;
	return 0;
}

static void show(struct command *command, const struct session *s, struct tbe_run *r,
		 const struct tbe_data *d, const struct tbe_options *o, uint64_t differing)
{
	double rows = (double)d->index_count * o->repeat;
	double simulated = r->cycles ? rows * s->props.clock_hz / r->cycles : 0;
	static const char *const modes[] = { "sum", "mean", "weighted" };
	char wall[32], latency[32], bytes[32];
	struct json *j = &command->out;

	if (command->json) {
		begin_json(command);
		session_json(s, j);
		json_u64(j, "tables", o->tables);
		json_u64(j, "rows", o->rows);
		json_u64(j, "dim", o->dim);
		json_u64(j, "pooling", o->pooling);
		json_u64(j, "batch", o->batch);
		json_string(j, "mode", modes[o->mode]);
		json_u64(j, "index_bits", 8 * (uint64_t)d->index_bytes);
		json_u64(j, "seed", o->seed);
		json_u64(j, "jobs", o->repeat);
		json_u64(j, "table_bytes", mtia_tbe_tables_bytes(r->tables));
		json_u64(j, "device_cycles", r->cycles);
		json_double(j, "simulated_rows_per_second", simulated);
		json_i64(j, "wall_ns", r->wall_ns);
		json_double(j, "wall_rows_per_second", rows / (r->wall_ns / 1e9));
		json_double(j, "job_latency_p50_ns", latencies_at(&r->latencies, 0.5));
		if (o->check)
			json_u64(j, "values_differing", differing);
		else
			json_null(j, "values_differing");
		return;
	}
	printf("tbe %llu tables x %llu rows x %llu, %s of %llu, batch %llu, on %s, %llu job%s\n",
	       (unsigned long long)o->tables, (unsigned long long)o->rows,
	       (unsigned long long)o->dim, modes[o->mode], (unsigned long long)o->pooling,
	       (unsigned long long)o->batch, s->props.name, (unsigned long long)o->repeat,
	       o->repeat > 1 ? "s" : "");
	printf("  tables             %s of device memory\n",
	       bytes_text(mtia_tbe_tables_bytes(r->tables), bytes));
	printf("  device cycles      %llu (%.1f us at %.0f MHz)\n", (unsigned long long)r->cycles,
	       r->cycles * 1e6 / s->props.clock_hz, s->props.clock_hz / 1e6);
	printf("  simulated          %.1f million rows a second\n", simulated / 1e6);
	printf("  wall time          %s (%.2f million rows a second), job latency p50 %s\n",
	       time_text(r->wall_ns, wall), rows / (r->wall_ns / 1e3),
	       time_text(latencies_at(&r->latencies, 0.5), latency));
	if (o->check)
		printf("  check              %llu of %llu values differ from mtia_tbe_ref\n",
		       (unsigned long long)differing, (unsigned long long)o->batch * d->columns);
	else
		printf("  check              not done\n");
}

enum exit_code verb_run_tbe(struct command *command, const void *options)
{
	const struct tbe_options *o = options;
	uint64_t differing = 0, first = 0;
	struct tbe_run run = { 0 };
	struct tbe_data data;
	struct session s = { 0 };
	enum exit_code code = EXIT_OK;
	int ret;

	ret = make_data(&data, o);
	if (!ret)
		ret = session_open(&s, command, o->timeout_ms);
	if (!ret)
		ret = prepare(&s, &run, &data, o);
	if (!ret)
		ret = run_jobs(&s, &run, &data, o);
	if (!ret && o->check)
		ret = compare(&run, &data, o, &differing, &first);
	if (ret)
		code = fail_library(command, ret);
	else
		show(command, &s, &run, &data, o, differing);
	if (!ret && differing) {
		fprintf(stderr, "mtia: first difference at row %llu, column %llu\n",
			(unsigned long long)(first / data.columns),
			(unsigned long long)(first % data.columns));
		code = EXIT_MISMATCH;
	}
	latencies_free(&run.latencies);
	mtia_buffer_free(run.indices);
	mtia_buffer_free(run.offsets);
	mtia_buffer_free(run.weights);
	mtia_buffer_free(run.out);
	mtia_tbe_tables_free(run.tables);
	session_close(&s);
	free_data(&data, o);
	return code;
}
