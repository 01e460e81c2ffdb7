// SPDX-License-Identifier: MIT
/*
 * mtia run dlrm: the recommender over every test row, every operator of it on the device, a batch
 * in one command buffer. dlrm_forward_int8() (tools/dlrm) is the reference; what the steps leave in
 * device memory is read back and compared with its results, so a difference is one operator's.
 */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../dlrm/dataset.h"
#include "../dlrm/forward.h"
#include "../dlrm/metrics.h"
#include "../dlrm/model.h"
#include "dlrm_files.h"
#include "mtia/ops.h"
#include "session.h"

/* Rows of a tensor in device memory; operands' rows begin at multiples of MTIA_ROW_ALIGN. */
struct rows {
	struct mtia_buffer *buffer;
	uint64_t stride;
	uint32_t columns;
};

struct device_mlp {
	struct mtia_fc_weights *weights[DLRM_MAX_LAYERS];
	struct rows at[DLRM_MAX_LAYERS + 1]; /* at[i] is the input of layer i */
};

struct dlrm_run {
	struct session session;
	const struct dlrm_model *model;
	struct dlrm_data *data;
	uint32_t batch;
	uint64_t most_indices;
	int32_t *host_indices, *host_offsets;
	uint8_t *host_rows; /* room for the rows of any tensor */
	struct mtia_tbe_tables *tables;
	struct mtia_buffer *indices, *offsets;
	struct rows dense, emb, joined, probability;
	struct device_mlp mlps[2]; /* bottom, top */
	struct mtia_cmd *cmd;
	struct dlrm_results want; /* of the batch at hand */

	uint64_t sram_bytes; /* of the buffers */
	struct latencies latencies;
	uint64_t cycles, jobs, differing;
	int64_t device_ns;
};

static const struct dlrm_mlp *mlp_of(const struct dlrm_run *r, int which)
{
	return which ? &r->model->top : &r->model->bottom;
}

static const struct rows *output(const struct dlrm_run *r, int which)
{
	return &r->mlps[which].at[mlp_of(r, which)->count];
}

static struct mtia_tensor tensor(const struct rows *rows)
{
	return (struct mtia_tensor){ .buffer = rows->buffer, .stride = rows->stride };
}

/* ---- A batch, step by step as in tools/dlrm/forward.h --------------------------------------- */

static int append_tbe(struct dlrm_run *r, uint32_t batch, uint64_t index_count)
{
	const struct mtia_tbe_desc desc = {
		.size = sizeof(desc), .tables = r->tables, .batch = batch,
		.pooling = r->model->pooling, .index_bytes = 4, .index_count = index_count,
		.indices = r->indices, .offsets = r->offsets,
		.out = r->emb.buffer, .out_stride = r->emb.stride,
	};

	return mtia_tbe_append(r->cmd, r->session.queue, &desc);
}

/* The quantisation of its input, then all layers of an MLP. */
static int append_mlp(struct dlrm_run *r, int which, uint32_t batch, const struct rows *in)
{
	const struct dlrm_mlp *mlp = mlp_of(r, which);
	struct device_mlp *d = &r->mlps[which];
	const struct mtia_quantize_desc quantize = {
		.size = sizeof(quantize), .rows = batch, .cols = in->columns,
		.x_type = MTIA_DTYPE_F32, .y_type = MTIA_DTYPE_U8,
		.x = tensor(in), .y = tensor(&d->at[0]),
		.param = { mlp->layers[0].in_scale, mlp->layers[0].in_zero_point },
	};
	int ret = mtia_quantize_append(r->cmd, r->session.queue, &quantize);

	for (uint32_t i = 0; i < mlp->count && !ret; i++) {
		const struct dlrm_layer *layer = &mlp->layers[i];
		const struct mtia_fc_desc desc = {
			.size = sizeof(desc), .flags = layer->relu ? MTIA_FC_DESC_RELU : 0,
			.weights = d->weights[i], .m = batch, .out = layer->out_type,
			.a = d->at[i].buffer, .lda = d->at[i].stride,
			.c = d->at[i + 1].buffer, .ldc = d->at[i + 1].stride,
			.c_zero_point = layer->out_zero_point,
		};

		ret = mtia_fc_append(r->cmd, r->session.queue, &desc);
	}
	return ret;
}

static int append_interaction(struct dlrm_run *r, uint32_t batch)
{
	const struct mtia_interaction_desc desc = {
		.size = sizeof(desc), .batch = batch, .features = r->model->tables,
		.dim = r->model->dim, .type = MTIA_DTYPE_F32, .y_type = MTIA_DTYPE_F32,
		.x = tensor(output(r, 0)), .emb = tensor(&r->emb), .y = tensor(&r->joined),
	};

	return mtia_interaction_append(r->cmd, r->session.queue, &desc);
}

static int append_sigmoid(struct dlrm_run *r, uint32_t batch)
{
	const struct mtia_activation_desc desc = {
		.size = sizeof(desc), .function = MTIA_ACT_SIGMOID,
		.x_type = MTIA_DTYPE_F32, .y_type = MTIA_DTYPE_F32, .rows = batch, .cols = 1,
		.x = tensor(output(r, 1)), .y = tensor(&r->probability),
	};

	return mtia_activation_append(r->cmd, r->session.queue, &desc);
}

static int write_inputs(struct dlrm_run *r, uint32_t first, uint32_t batch, uint64_t index_count)
{
	size_t offsets = (size_t)r->model->tables * batch + 1, row = r->dense.columns * sizeof(float);
	const float *dense = r->data->dense + (size_t)first * r->data->dense_count;
	int ret;

	dlrm_data_bags(r->data, first, batch, r->host_offsets, r->host_indices);
	for (uint32_t i = 0; i < batch; i++)
		memcpy(r->host_rows + i * r->dense.stride, dense + (size_t)i * r->dense.columns, row);
	ret = mtia_buffer_write(r->indices, 0, r->host_indices, index_count * sizeof(int32_t));
	if (!ret)
		ret = mtia_buffer_write(r->offsets, 0, r->host_offsets, offsets * sizeof(int32_t));
	if (!ret)
		ret = mtia_buffer_write(r->dense.buffer, 0, r->host_rows, batch * r->dense.stride);
	return ret;
}

static int submit_and_wait(struct dlrm_run *r)
{
	int64_t start = mtia_now_ns();
	mtia_event event;
	int ret = mtia_submit(r->session.queue, r->cmd, NULL, 0, &event);

	if (!ret)
		ret = session_wait(&r->session, event, &r->cycles);
	if (!ret)
		ret = latencies_add(&r->latencies, mtia_now_ns() - start);
	r->device_ns += mtia_now_ns() - start;
	r->jobs++;
	return ret;
}

/* Read `batch` rows back, tight into `got` unless it is NULL, and count what differs. */
static int compare(struct dlrm_run *r, const struct rows *rows, uint32_t batch, const float *want,
		   float *got)
{
	int ret = mtia_buffer_read(rows->buffer, 0, r->host_rows, batch * rows->stride);

	for (uint32_t i = 0; i < batch && !ret; i++) {
		const uint8_t *row = r->host_rows + i * rows->stride;

		for (uint32_t c = 0; c < rows->columns; c++)
			r->differing += memcmp(row + c * sizeof(float), &want[c], sizeof(float)) != 0;
		if (got)
			memcpy(got + (size_t)i * rows->columns, row, rows->columns * sizeof(float));
		want += rows->columns;
	}
	return ret;
}

static int run_batch(struct dlrm_run *r, uint32_t first, uint32_t batch, float *logit, float *p)
{
	uint64_t index_count = dlrm_data_index_count(r->data, first, batch);
	int ret = write_inputs(r, first, batch, index_count);

	mtia_cmd_reset(r->cmd);
	if (!ret)
		ret = append_tbe(r, batch, index_count);
	if (!ret)
		ret = append_mlp(r, 0, batch, &r->dense);
	if (!ret)
		ret = append_interaction(r, batch);
	if (!ret)
		ret = append_mlp(r, 1, batch, &r->joined);
	if (!ret)
		ret = append_sigmoid(r, batch);
	if (!ret)
		ret = submit_and_wait(r);
	if (!ret)
		ret = compare(r, &r->emb, batch, r->want.emb, NULL);
	if (!ret)
		ret = compare(r, output(r, 0), batch, r->want.x, NULL);
	if (!ret)
		ret = compare(r, &r->joined, batch, r->want.joined, NULL);
	if (!ret)
		ret = compare(r, output(r, 1), batch, r->want.logit, logit);
	return ret ? ret : compare(r, &r->probability, batch, r->want.probability, p);
}

/* ---- What all batches share ------------------------------------------------------------------ */

/* What only the device is after lies in SRAM where it fits. */
static int make_rows(struct dlrm_run *r, const char *label, uint32_t placement, uint32_t columns,
		     uint32_t element, struct rows *rows)
{
	uint64_t bytes = (uint64_t)columns * element;

	rows->columns = columns;
	rows->stride = (bytes + MTIA_ROW_ALIGN - 1) & ~(uint64_t)(MTIA_ROW_ALIGN - 1);
	bytes = r->batch * rows->stride;
	if (placement == MTIA_PLACE_SRAM)
		return session_buffer_near(&r->session, label, bytes, &r->sram_bytes, &rows->buffer);
	return session_buffer(&r->session, label, placement, bytes, &rows->buffer);
}

static int prepare_mlp(struct dlrm_run *r, int which)
{
	const struct dlrm_mlp *mlp = mlp_of(r, which);
	struct device_mlp *d = &r->mlps[which];
	int ret = make_rows(r, "mlp input", MTIA_PLACE_SRAM, mlp->layers[0].in, 1, &d->at[0]);

	for (uint32_t i = 0; i < mlp->count && !ret; i++) {
		const struct dlrm_layer *layer = &mlp->layers[i];
		const struct mtia_fc_weights_desc weights = {
			.size = sizeof(weights), .n = layer->out, .k = layer->in,
			.w = layer->weight_q, .scale = layer->scale, .bias = layer->bias_q,
			.a_zero_point = layer->in_zero_point,
		};

		ret = make_rows(r, "mlp layer", MTIA_PLACE_SRAM, layer->out,
				mtia_dtype_bytes((enum mtia_dtype)layer->out_type), &d->at[i + 1]);
		if (!ret)
			ret = mtia_fc_weights_create(r->session.context, &weights, &d->weights[i]);
	}
	return ret;
}

static int allocate(struct dlrm_run *r)
{
	const struct dlrm_model *model = r->model;
	uint32_t emb = model->tables * model->dim, width = dlrm_interaction_width(model);
	uint32_t widest = model->dense_count;

	/* The largest batch sets the size of the buffers. */
	for (uint32_t at = 0; at < r->data->test_rows; at += r->batch) {
		uint32_t left = r->data->test_rows - at;
		uint64_t count = dlrm_data_index_count(r->data, r->data->train_rows + at,
						       left < r->batch ? left : r->batch);

		r->most_indices = count > r->most_indices ? count : r->most_indices;
	}
	widest = emb > widest ? emb : widest;
	widest = width > widest ? width : widest;
	r->host_indices = calloc(r->most_indices + 1, sizeof(int32_t));
	r->host_offsets = calloc((size_t)model->tables * r->batch + 1, sizeof(int32_t));
	r->host_rows = calloc(r->batch, widest * sizeof(float) + MTIA_ROW_ALIGN);
	r->want.emb = calloc((size_t)r->batch * emb, sizeof(float));
	r->want.x = calloc((size_t)r->batch * model->dim, sizeof(float));
	r->want.joined = calloc((size_t)r->batch * width, sizeof(float));
	r->want.logit = calloc(r->batch, sizeof(float));
	r->want.probability = calloc(r->batch, sizeof(float));
	if (r->host_indices && r->host_offsets && r->host_rows && r->want.emb && r->want.x &&
	    r->want.joined && r->want.logit && r->want.probability)
		return 0;
	return mtia_error_set(-ENOMEM, "run dlrm", "a smaller --batch", "out of memory");
}

static int prepare(struct dlrm_run *r)
{
	const struct dlrm_model *model = r->model;
	int ret = allocate(r);

	if (!ret)
		ret = mtia_cmd_create(r->session.context, &r->cmd);
	if (!ret)
		ret = mtia_tbe_tables_create(r->session.context, model->table_q, model->tables,
					     &r->tables);
	if (!ret)
		ret = session_buffer(&r->session, "indices", MTIA_PLACE_VRAM,
				     r->most_indices * sizeof(int32_t) + 1, &r->indices);
	if (!ret)
		ret = session_buffer(&r->session, "offsets", MTIA_PLACE_VRAM,
				     ((uint64_t)model->tables * r->batch + 1) * sizeof(int32_t),
				     &r->offsets);
	if (!ret)
		ret = make_rows(r, "dense", MTIA_PLACE_SRAM, model->dense_count, sizeof(float),
				&r->dense);
	if (!ret)
		ret = make_rows(r, "embeddings", MTIA_PLACE_SRAM, model->tables * model->dim,
				sizeof(float), &r->emb);
	if (!ret)
		ret = prepare_mlp(r, 0);
	if (!ret)
		ret = make_rows(r, "interaction", MTIA_PLACE_SRAM, dlrm_interaction_width(model),
				sizeof(float), &r->joined);
	if (!ret)
		ret = prepare_mlp(r, 1);
	/* What the host is after comes to its own memory by posted writes. */
	if (!ret)
		ret = make_rows(r, "probabilities", MTIA_PLACE_SYSTEM, 1, sizeof(float),
				&r->probability);
	return ret;
}

static void finish(struct dlrm_run *r)
{
	for (int m = 0; m < 2; m++) {
		for (uint32_t i = 0; i < DLRM_MAX_LAYERS; i++)
			mtia_fc_weights_free(r->mlps[m].weights[i]);
		for (uint32_t i = 0; i <= DLRM_MAX_LAYERS; i++)
			mtia_buffer_free(r->mlps[m].at[i].buffer);
	}
	mtia_buffer_free(r->indices);
	mtia_buffer_free(r->offsets);
	mtia_buffer_free(r->dense.buffer);
	mtia_buffer_free(r->emb.buffer);
	mtia_buffer_free(r->joined.buffer);
	mtia_buffer_free(r->probability.buffer);
	mtia_tbe_tables_free(r->tables);
	mtia_cmd_free(r->cmd);
	session_close(&r->session);
	latencies_free(&r->latencies);
	free(r->host_indices);
	free(r->host_offsets);
	free(r->host_rows);
	free(r->want.emb);
	free(r->want.x);
	free(r->want.joined);
	free(r->want.logit);
	free(r->want.probability);
}

/* ---- The whole test set --------------------------------------------------------------------- */

/* Of one way to predict: what ranks the rows, and what their loss is computed from. */
struct predictions {
	float *score, *logit;
};

struct scores {
	uint32_t rows, batches;
	struct predictions device, reference; /* probabilities, logits */
	struct predictions f32;		      /* logits */
	struct predictions baseline;	      /* probabilities */
	const uint8_t *label;
};

struct progress {
	bool tty, shown;
	int64_t next_ns;
};

static void show_progress(struct progress *p, uint32_t done, uint32_t rows)
{
	int64_t now = mtia_now_ns();

	if (now < p->next_ns)
		return;
	p->next_ns = now + (p->tty ? 200000000ll : 3000000000ll);
	p->shown |= p->tty;
	fprintf(stderr, p->tty ? "\rdlrm: %u of %u rows" : "dlrm: %u of %u rows\n", done, rows);
}

static int score_rows(struct dlrm_run *r, struct scores *s)
{
	struct progress progress = { .tty = isatty(STDERR_FILENO) };
	int ret = 0;

	progress.next_ns = mtia_now_ns() + (progress.tty ? 200000000ll : 3000000000ll);
	for (uint32_t at = 0; at < s->rows && !ret; at += r->batch) {
		uint32_t count = s->rows - at < r->batch ? s->rows - at : r->batch;
		uint32_t first = r->data->train_rows + at;

		ret = dlrm_forward_int8(r->model, r->data, first, count, &r->want);
		if (!ret) {
			memcpy(s->reference.score + at, r->want.probability, count * sizeof(float));
			memcpy(s->reference.logit + at, r->want.logit, count * sizeof(float));
			ret = run_batch(r, first, count, s->device.logit + at,
					s->device.score + at);
		}
		if (!ret)
			ret = dlrm_forward_f32(r->model, r->data, first, count, s->f32.logit + at);
		s->batches++;
		show_progress(&progress, at + count, s->rows);
	}
	if (progress.shown)
		fprintf(stderr, "\r\033[K");
	return ret;
}

static int scores_init(struct scores *s, const struct dlrm_data *data, uint64_t limit)
{
	struct predictions *all[] = { &s->device, &s->reference, &s->f32, &s->baseline };

	s->rows = limit && limit < data->test_rows ? limit : data->test_rows;
	s->label = data->label + data->train_rows;
	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		all[i]->logit = calloc(data->test_rows, sizeof(float));
		/* FP32 has no probabilities: its logits rank the rows alike. */
		all[i]->score = all[i] == &s->f32 ? all[i]->logit :
						    calloc(data->test_rows, sizeof(float));
		if (!all[i]->logit || !all[i]->score)
			return mtia_error_set(-ENOMEM, "run dlrm", NULL, "out of memory");
	}
	return dlrm_data_baseline(data, s->baseline.score);
}

static void scores_free(struct scores *s)
{
	free(s->device.score);
	free(s->device.logit);
	free(s->reference.score);
	free(s->reference.logit);
	free(s->f32.logit);
	free(s->baseline.score);
	free(s->baseline.logit);
}

/* ---- Report --------------------------------------------------------------------------------- */

struct quality {
	const char *key, *name;
	double auc, log_loss; /* log_loss NAN: none */
};

static struct quality judge_one(const char *key, const char *name, const struct scores *s,
				const struct predictions *p)
{
	return (struct quality){ key, name, dlrm_auc(p->score, s->label, s->rows),
				 dlrm_log_loss(p->logit, s->label, s->rows) };
}

static void judge(const struct scores *s, struct quality q[4])
{
	for (uint32_t i = 0; i < s->rows; i++)
		s->baseline.logit[i] = logf(s->baseline.score[i] / (1 - s->baseline.score[i]));
	q[0] = judge_one("device_int8", "device INT8", s, &s->device);
	q[1] = judge_one("host_int8", "host INT8 reference", s, &s->reference);
	q[2] = judge_one("host_f32", "host FP32", s, &s->f32);
	q[3] = judge_one("baseline", "mean of the row's id", s, &s->baseline);
}

static void show_json(struct command *command, struct dlrm_run *r, const struct scores *s,
		      const struct quality *q, const char *data, const char *model, int64_t wall_ns)
{
	struct json *j = &command->out;

	begin_json(command);
	session_json(&r->session, j);
	json_string(j, "data", data);
	json_string(j, "model", model);
	json_u64(j, "rows", s->rows);
	json_u64(j, "batch", r->batch);
	json_u64(j, "batches", s->batches);
	json_u64(j, "jobs", r->jobs);
	json_u64(j, "sram_bytes", r->sram_bytes);
	json_object(j, "quality");
	for (int i = 0; i < 4; i++) {
		json_object(j, q[i].key);
		json_double(j, "auc", q[i].auc);
		json_double(j, "log_loss", q[i].log_loss);
		json_end_object(j);
	}
	json_end_object(j);
	json_u64(j, "values_differing", r->differing);
	json_double(j, "job_latency_p50_ns", latencies_at(&r->latencies, 0.5));
	json_double(j, "job_latency_p99_ns", latencies_at(&r->latencies, 0.99));
	json_u64(j, "device_cycles", r->cycles);
	json_i64(j, "device_wall_ns", r->device_ns);
	json_i64(j, "wall_ns", wall_ns);
}

static void show_text(struct dlrm_run *r, const struct scores *s, const struct quality *q,
		      int64_t wall_ns)
{
	char a[32], b[32];

	printf("dlrm on %s (%s), %u tables, dimension %u\n", r->session.props.name,
	       r->session.props.fw_version, r->model->tables, r->model->dim);
	printf("  %-28s %10s %10s\n", "", "AUC", "log-loss");
	for (int i = 0; i < 4; i++)
		printf("  %-28s %10.6f %10.6f\n", q[i].name, q[i].auc, q[i].log_loss);
	printf("  rows, batches, jobs          %u, %u of %u, %" PRIu64 "\n", s->rows, s->batches,
	       r->batch, r->jobs);
	printf("  tensors in SRAM              %s\n", bytes_text(r->sram_bytes, a));
	printf("  differ from the reference    %" PRIu64 " values\n", r->differing);
	printf("  job latency p50, p99         %s, %s\n",
	       time_text(latencies_at(&r->latencies, 0.5), a),
	       time_text(latencies_at(&r->latencies, 0.99), b));
	printf("  device                       %" PRIu64 " cycles (%.2f ms at %.0f MHz), %s wall\n",
	       r->cycles, r->cycles * 1e3 / r->session.props.clock_hz,
	       r->session.props.clock_hz / 1e6, time_text(r->device_ns, a));
	printf("  wall time                    %s\n", time_text(wall_ns, a));
}

/* ---- Files ---------------------------------------------------------------------------------- */

static enum exit_code file_error(struct command *command, int ret, const struct dlrm_error *error,
				 const char *hint)
{
	return fail_with(command, ret == -ENOMEM ? EXIT_NO_MEMORY : EXIT_BAD_FILE,
			 mtia_errname(ret), hint, "%s", error->text);
}

static enum exit_code open_files(struct command *command, const struct dlrm_options *o,
				 char data_path[4096], char model_path[4096],
				 struct dlrm_model **model, struct dlrm_data **data)
{
	struct dlrm_error error = { { 0 } };
	char hint[256];
	int ret;

	if (o->data && access(o->data, F_OK))
		return fail_with(command, EXIT_BAD_FILE, mtia_errname(-errno), NULL,
				 "cannot open the data set %.150s: %s", o->data, strerror(errno));
	if (o->data)
		snprintf(data_path, 4096, "%s", o->data);
	else if (!dlrm_default_data(data_path))
		return fail_with(command, EXIT_BAD_FILE, "ENOENT", "give one with --data",
				 "no data set was built: %.150s does not exist", data_path);
	if (o->model) {
		snprintf(model_path, 4096, "%s", o->model);
	} else if (!dlrm_default_model(data_path, model_path)) {
		dlrm_training_hint(data_path, hint);
		return fail_with(command, EXIT_BAD_FILE, "ENOENT", hint,
				 "no weights belong to this data set: %.150s does not exist",
				 model_path);
	}
	ret = dlrm_model_open(model_path, model, &error);
	if (ret)
		return file_error(command, ret, &error, "train it again with tools/dlrm/train.py");
	ret = dlrm_data_open(data_path, (*model)->schema, data, &error);
	if (ret)
		return file_error(command, ret, &error, NULL);
	ret = dlrm_model_check(*model, *data, &error);
	if (ret)
		return file_error(command, ret, &error,
				  "weights and data must have the same origin");
	return EXIT_OK;
}

enum exit_code verb_run_dlrm(struct command *command, const void *options)
{
	const struct dlrm_options *o = options;
	char data_path[4096], model_path[4096];
	struct dlrm_model *model = NULL;
	struct dlrm_data *data = NULL;
	struct dlrm_run run = { 0 };
	struct scores scores = { 0 };
	struct quality quality[4];
	int64_t begin = mtia_now_ns();
	enum exit_code code;
	int ret;

	code = open_files(command, o, data_path, model_path, &model, &data);
	if (code)
		goto out;
	run.model = model;
	run.data = data;
	/* NOLINTNEXTLINE: open_files() sets it unless it fails */
	run.batch = o->batch < data->test_rows ? o->batch : data->test_rows;
	ret = session_open(&run.session, command, 0);
	if (!ret)
		ret = prepare(&run);
	if (!ret)
		ret = scores_init(&scores, data, o->limit);
	if (!ret)
		ret = score_rows(&run, &scores);
	if (ret) {
		code = fail_library(command, ret);
		goto out;
	}
	judge(&scores, quality);
	if (command->json)
		show_json(command, &run, &scores, quality, data_path, model_path,
			  mtia_now_ns() - begin);
	else
		show_text(&run, &scores, quality, mtia_now_ns() - begin);
	if (run.differing) {
		fprintf(stderr, "mtia: results of the device differ from the reference\n");
		code = EXIT_MISMATCH;
	}
out:
	finish(&run);
	scores_free(&scores);
	dlrm_data_free(data);
	dlrm_model_free(model);
	return code;
}
