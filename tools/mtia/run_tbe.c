// SPDX-License-Identifier: MIT
/* mtia run tbe: table-batched embedding on generated tables and bags. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mtia/ref.h"
#include "session.h"
#include "tbe_data.h"

static const uint32_t poolings[] = {
	[TBE_SUM] = MTIA_POOL_SUM,
	[TBE_MEAN] = MTIA_POOL_MEAN,
	[TBE_WEIGHTED] = MTIA_POOL_SUM,
	[TBE_NONE] = MTIA_POOL_NONE,
};

struct tbe_run {
	struct mtia_tbe_tables *tables;
	struct mtia_buffer *indices, *offsets, *weights, *out;
	uint64_t cycles;
	int64_t wall_ns;
	struct latencies latencies;
	struct mtia_tbe_finding finding; /* of the last job */
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
				     d->out_rows ? d->out_rows * d->out_stride : 1, &r->out);
	return ret;
}

static int run_jobs(struct session *s, struct tbe_run *r, const struct tbe_data *d,
		    const struct tbe_options *o)
{
	const struct mtia_tbe_desc desc = {
		.size = sizeof(desc), .flags = o->pruned ? MTIA_TBE_PRUNED : 0,
		.tables = r->tables, .batch = o->batch, .pooling = poolings[o->mode],
		.index_bytes = d->index_bytes, .index_count = d->index_count,
		.indices = r->indices, .offsets = r->offsets, .weights = r->weights, .out = r->out,
		.out_stride = d->out_stride, .out_type = o->out, .bounds = o->bounds,
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

/* Values that differ; what no bag holds is as it was: zero in both. */
static int compare(struct tbe_run *r, struct tbe_data *d, const struct tbe_options *o,
		   uint64_t *differing, uint64_t *first)
{
	const struct mtia_tbe_ref ref = {
		.tables = d->tables, .table_count = o->tables, .batch = o->batch,
		.pooling = poolings[o->mode], .index_bytes = d->index_bytes,
		.index_count = d->index_count, .indices = d->indices, .offsets = d->offsets,
		.weights = d->weights, .out = d->want, .out_stride = d->out_stride / d->element,
		.out_type = o->out, .bounds = o->bounds, .pruned = o->pruned > 0,
	};
	struct mtia_tbe_finding want;
	int ret = 0;

	if (d->out_rows)
		ret = mtia_buffer_read(r->out, 0, d->out, d->out_rows * d->out_stride);
	if (ret)
		return ret;
	if (mtia_tbe_ref(&ref, &want))
		return mtia_error_set(-EINVAL, "mtia_tbe_ref", NULL,
				      "the reference refuses this shape");
	*differing = want.bad_offsets != r->finding.bad_offsets ||
		     want.bad_indices != r->finding.bad_indices;
	for (uint64_t i = 0; i < d->out_rows * d->out_stride; i += d->element)
		if (memcmp(&d->out[i], &d->want[i], d->element))
			if (!(*differing)++)
				*first = i;
	return 0;
}

static void show(struct command *command, const struct session *s, struct tbe_run *r,
		 const struct tbe_data *d, const struct tbe_options *o, uint64_t differing)
{
	double rows = (double)d->index_count * o->repeat;
	double simulated = r->cycles ? rows * s->props.clock_hz / r->cycles : 0;
	const char *mode = tbe_modes[o->mode];
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
		json_string(j, "layout", tbe_layouts[o->layout]);
		json_string(j, "mode", mode);
		json_string(j, "out", tbe_outs[o->out]);
		json_string(j, "bounds", tbe_bounds[o->bounds]);
		json_u64(j, "index_bits", 8 * (uint64_t)d->index_bytes);
		json_u64(j, "seed", o->seed);
		json_u64(j, "jobs", o->repeat);
		json_u64(j, "table_bytes", mtia_tbe_tables_bytes(r->tables));
		json_u64(j, "corrected_offsets", r->finding.bad_offsets);
		json_u64(j, "corrected_indices", r->finding.bad_indices);
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
	printf("tbe %llu tables x %llu rows x %llu of %s, %s of %llu to %s, batch %llu, on %s, "
	       "%llu job%s\n",
	       (unsigned long long)o->tables, (unsigned long long)o->rows,
	       (unsigned long long)o->dim, tbe_layouts[o->layout], mode,
	       (unsigned long long)o->pooling, tbe_outs[o->out], (unsigned long long)o->batch,
	       s->props.name, (unsigned long long)o->repeat, o->repeat > 1 ? "s" : "");
	printf("  tables             %s of device memory\n",
	       bytes_text(mtia_tbe_tables_bytes(r->tables), bytes));
	if (r->finding.code)
		printf("  corrected          %llu offsets, %llu indices; first: %s\n",
		       (unsigned long long)r->finding.bad_offsets,
		       (unsigned long long)r->finding.bad_indices, r->finding.text);
	printf("  device cycles      %llu (%.1f us at %.0f MHz)\n", (unsigned long long)r->cycles,
	       r->cycles * 1e6 / s->props.clock_hz, s->props.clock_hz / 1e6);
	printf("  simulated          %.1f million rows a second\n", simulated / 1e6);
	printf("  wall time          %s (%.2f million rows a second), job latency p50 %s\n",
	       time_text(r->wall_ns, wall), rows / (r->wall_ns / 1e3),
	       time_text(latencies_at(&r->latencies, 0.5), latency));
	if (o->check)
		printf("  check              %llu of %llu values differ from mtia_tbe_ref\n",
		       (unsigned long long)differing,
		       (unsigned long long)(d->out_rows * d->row_bytes / d->element));
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

	ret = tbe_data_make(&data, o);
	if (!ret)
		ret = session_open(&s, command, o->timeout_ms);
	if (!ret)
		ret = prepare(&s, &run, &data, o);
	if (!ret)
		ret = run_jobs(&s, &run, &data, o);
	if (run.tables && (!ret || ret == MTIA_EJOB) && mtia_tbe_finding(run.tables, &run.finding))
		run.finding.code = 0;
	if (ret == MTIA_EJOB && run.finding.code)
		warn(command, "%s; --bounds warning corrects what is bad", run.finding.text);
	if (!ret && o->check)
		ret = compare(&run, &data, o, &differing, &first);
	if (ret)
		code = fail_library(command, ret);
	else
		show(command, &s, &run, &data, o, differing);
	if (!ret && differing) {
		fprintf(stderr, "mtia: first difference at row %llu, column %llu\n",
			(unsigned long long)(first / data.out_stride),
			(unsigned long long)(first % data.out_stride / data.element));
		code = EXIT_MISMATCH;
	}
	latencies_free(&run.latencies);
	mtia_buffer_free(run.indices);
	mtia_buffer_free(run.offsets);
	mtia_buffer_free(run.weights);
	mtia_buffer_free(run.out);
	mtia_tbe_tables_free(run.tables);
	session_close(&s);
	tbe_data_free(&data, o);
	return code;
}
