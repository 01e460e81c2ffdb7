// SPDX-License-Identifier: MIT
/*
 * mtia run dlrm: the recommender over every test row. Embedding bags and fully connected layers are
 * jobs on the device; dlrm_forward_int8() (tools/dlrm) does the rest and calls back here for them.
 * The reference goes first, batch by batch, and every result of the device is compared with its.
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

/* One MLP on the device: its weights and the buffers between its layers. */
struct device_mlp {
	struct mtia_fc_weights *weights[DLRM_MAX_LAYERS];
	struct mtia_buffer *at[DLRM_MAX_LAYERS + 1]; /* at[i] is the input of layer i */
	uint64_t stride[DLRM_MAX_LAYERS + 1];
	struct mtia_cmd *cmd;
	uint8_t *padded; /* host copy of the input with the device's row stride */
};

struct dlrm_run {
	struct session session;
	const struct dlrm_model *model;
	struct dlrm_data *data;
	uint32_t batch;
	uint64_t most_indices;
	struct mtia_tbe_tables *tables;
	struct mtia_buffer *indices, *offsets, *emb;
	struct device_mlp mlps[2]; /* bottom, top */
	/* The reference's results for the batch at hand, recorded while it ran. */
	float *want_emb, *want_mlp[2];

	struct latencies latencies;
	uint64_t cycles, jobs, differing;
	int64_t device_ns;
};

static int submit_and_wait(struct dlrm_run *r, struct mtia_cmd *cmd)
{
	int64_t start = mtia_now_ns();
	mtia_event event;
	int ret = mtia_submit(r->session.queue, cmd, NULL, 0, &event);

	if (!ret)
		ret = session_wait(&r->session, event, &r->cycles);
	if (!ret)
		ret = latencies_add(&r->latencies, mtia_now_ns() - start);
	r->device_ns += mtia_now_ns() - start;
	r->jobs++;
	return ret;
}

static void count_differences(struct dlrm_run *r, const float *got, const float *want, size_t count)
{
	for (size_t i = 0; i < count; i++)
		r->differing += memcmp(&got[i], &want[i], sizeof(float)) != 0;
}

/* ---- The reference, recorded ---------------------------------------------------------------- */

static int record_tbe(void *context, uint32_t batch, const int32_t *indices, uint64_t index_count,
		      const int32_t *offsets, float *out)
{
	struct dlrm_run *r = context;
	int ret = dlrm_tbe_ref((void *)r->model, batch, indices, index_count, offsets, out);

	memcpy(r->want_emb, out, (size_t)batch * r->model->tables * r->model->dim * sizeof(*out));
	return ret;
}

static int record_mlp(void *context, const struct dlrm_mlp *mlp, uint32_t batch, const uint8_t *in,
		      float *out)
{
	struct dlrm_run *r = context;
	int ret = dlrm_mlp_ref((void *)r->model, mlp, batch, in, out);

	memcpy(r->want_mlp[mlp == &r->model->top], out,
	       (size_t)batch * mlp->layers[mlp->count - 1].out * sizeof(*out));
	return ret;
}

/* ---- The device ----------------------------------------------------------------------------- */

static int run_tbe(void *context, uint32_t batch, const int32_t *indices, uint64_t index_count,
		   const int32_t *offsets, float *out)
{
	struct dlrm_run *r = context;
	const struct dlrm_model *model = r->model;
	size_t values = (size_t)batch * model->tables * model->dim;
	const struct mtia_tbe_desc desc = {
		.size = sizeof(desc), .tables = r->tables, .batch = batch,
		.pooling = model->pooling, .index_bytes = 4, .index_count = index_count,
		.indices = r->indices, .offsets = r->offsets, .out = r->emb,
	};
	struct mtia_cmd *cmd;
	int ret = mtia_buffer_write(r->indices, 0, indices, index_count * sizeof(*indices));

	if (!ret)
		ret = mtia_buffer_write(r->offsets, 0, offsets,
					((size_t)model->tables * batch + 1) * sizeof(*offsets));
	if (!ret)
		ret = mtia_cmd_create(r->session.context, &cmd);
	if (ret)
		return ret;
	ret = mtia_tbe_append(cmd, r->session.queue, &desc);
	if (!ret)
		ret = submit_and_wait(r, cmd);
	mtia_cmd_free(cmd);
	if (!ret)
		ret = mtia_buffer_read(r->emb, 0, out, values * sizeof(*out));
	if (!ret)
		count_differences(r, out, r->want_emb, values);
	return ret;
}

static int run_mlp(void *context, const struct dlrm_mlp *mlp, uint32_t batch, const uint8_t *in,
		   float *out)
{
	struct dlrm_run *r = context;
	struct device_mlp *d = &r->mlps[mlp == &r->model->top];
	uint32_t width = mlp->layers[0].in, last = mlp->layers[mlp->count - 1].out;
	int ret = 0;

	for (uint32_t i = 0; i < batch; i++)
		memcpy(d->padded + i * d->stride[0], in + (size_t)i * width, width);
	ret = mtia_buffer_write(d->at[0], 0, d->padded, batch * d->stride[0]);
	mtia_cmd_reset(d->cmd);
	for (uint32_t i = 0; i < mlp->count && !ret; i++) {
		const struct dlrm_layer *layer = &mlp->layers[i];
		const struct mtia_fc_desc desc = {
			.size = sizeof(desc), .flags = layer->relu ? MTIA_FC_DESC_RELU : 0,
			.weights = d->weights[i], .m = batch, .out = layer->out_type,
			.a = d->at[i], .lda = d->stride[i],
			.c = d->at[i + 1], .ldc = d->stride[i + 1],
			.c_zero_point = layer->out_zero_point,
		};

		ret = mtia_fc_append(d->cmd, r->session.queue, &desc);
	}
	if (!ret)
		ret = submit_and_wait(r, d->cmd);
	if (!ret)
		ret = mtia_buffer_read(d->at[mlp->count], 0, out,
				       (size_t)batch * last * sizeof(*out));
	if (!ret)
		count_differences(r, out, r->want_mlp[mlp == &r->model->top], (size_t)batch * last);
	return ret;
}

static int prepare_mlp(struct dlrm_run *r, struct device_mlp *d, const struct dlrm_mlp *mlp)
{
	int ret = mtia_cmd_create(r->session.context, &d->cmd);

	for (uint32_t i = 0; i <= mlp->count && !ret; i++) {
		uint32_t width = i ? mlp->layers[i - 1].out : mlp->layers[0].in;
		bool is_f32 = i == mlp->count;

		d->stride[i] = is_f32 ? width * sizeof(float) :
					((uint64_t)width + MTIA_ROW_ALIGN - 1) /
						MTIA_ROW_ALIGN * MTIA_ROW_ALIGN;
		/* What the host reads comes to its own memory by posted writes. */
		ret = session_buffer(&r->session, "mlp layer",
				     is_f32 ? MTIA_PLACE_SYSTEM : MTIA_PLACE_VRAM,
				     r->batch * d->stride[i], &d->at[i]);
	}
	for (uint32_t i = 0; i < mlp->count && !ret; i++) {
		const struct dlrm_layer *layer = &mlp->layers[i];
		const struct mtia_fc_weights_desc weights = {
			.size = sizeof(weights), .n = layer->out, .k = layer->in,
			.w = layer->weight_q, .scale = layer->scale, .bias = layer->bias_q,
			.a_zero_point = layer->in_zero_point,
		};

		ret = mtia_fc_weights_create(r->session.context, &weights, &d->weights[i]);
	}
	if (ret)
		return ret;
	d->padded = calloc(r->batch, d->stride[0]);
	return d->padded ? 0 : mtia_error_set(-ENOMEM, "run dlrm", NULL, "out of memory");
}

static int prepare(struct dlrm_run *r)
{
	const struct dlrm_model *model = r->model;
	uint64_t emb = (uint64_t)r->batch * model->tables * model->dim;
	int ret;

	/* The largest batch sets the size of the buffers. */
	for (uint32_t at = 0; at < r->data->test_rows; at += r->batch) {
		uint32_t left = r->data->test_rows - at;
		uint64_t count = dlrm_data_index_count(r->data, r->data->train_rows + at,
						       left < r->batch ? left : r->batch);

		r->most_indices = count > r->most_indices ? count : r->most_indices;
	}
	r->want_emb = malloc(emb * sizeof(float));
	r->want_mlp[0] = malloc((uint64_t)r->batch * model->dim * sizeof(float));
	r->want_mlp[1] = malloc(r->batch * sizeof(float));
	if (!r->want_emb || !r->want_mlp[0] || !r->want_mlp[1])
		return mtia_error_set(-ENOMEM, "run dlrm", "a smaller --batch", "out of memory");
	ret = mtia_tbe_tables_create(r->session.context, model->table_q, model->tables, &r->tables);
	if (!ret)
		ret = session_buffer(&r->session, "indices", MTIA_PLACE_VRAM,
				     r->most_indices * sizeof(int32_t) + 1, &r->indices);
	if (!ret)
		ret = session_buffer(&r->session, "offsets", MTIA_PLACE_VRAM,
				     ((uint64_t)model->tables * r->batch + 1) * sizeof(int32_t),
				     &r->offsets);
	if (!ret)
		ret = session_buffer(&r->session, "embeddings", MTIA_PLACE_SYSTEM,
				     emb * sizeof(float), &r->emb);
	if (!ret)
		ret = prepare_mlp(r, &r->mlps[0], &model->bottom);
	if (!ret)
		ret = prepare_mlp(r, &r->mlps[1], &model->top);
	return ret;
}

static void finish(struct dlrm_run *r)
{
	for (int m = 0; m < 2; m++) {
		for (uint32_t i = 0; i < DLRM_MAX_LAYERS; i++)
			mtia_fc_weights_free(r->mlps[m].weights[i]);
		for (uint32_t i = 0; i <= DLRM_MAX_LAYERS; i++)
			mtia_buffer_free(r->mlps[m].at[i]);
		mtia_cmd_free(r->mlps[m].cmd);
		free(r->mlps[m].padded);
	}
	mtia_buffer_free(r->indices);
	mtia_buffer_free(r->offsets);
	mtia_buffer_free(r->emb);
	mtia_tbe_tables_free(r->tables);
	session_close(&r->session);
	latencies_free(&r->latencies);
	free(r->want_emb);
	free(r->want_mlp[0]);
	free(r->want_mlp[1]);
}

/* ---- The whole test set --------------------------------------------------------------------- */

struct scores {
	uint32_t rows, batches;
	float *device, *reference, *f32, *baseline; /* logits; the baseline has probabilities */
	const uint8_t *label;
	uint64_t differing_logits;
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
	const struct dlrm_device device = { .context = r, .tbe = run_tbe, .mlp = run_mlp };
	const struct dlrm_device reference = {
		.context = r, .tbe = record_tbe, .mlp = record_mlp,
	};
	struct progress progress = { .tty = isatty(STDERR_FILENO) };
	int ret = 0;

	progress.next_ns = mtia_now_ns() + (progress.tty ? 200000000ll : 3000000000ll);
	for (uint32_t at = 0; at < s->rows && !ret; at += r->batch) {
		uint32_t count = s->rows - at < r->batch ? s->rows - at : r->batch;
		uint32_t first = r->data->train_rows + at;

		ret = dlrm_forward_int8(r->model, r->data, first, count, &reference,
					s->reference + at);
		if (!ret)
			ret = dlrm_forward_int8(r->model, r->data, first, count, &device,
						s->device + at);
		if (!ret)
			ret = dlrm_forward_f32(r->model, r->data, first, count, s->f32 + at);
		s->batches++;
		show_progress(&progress, at + count, s->rows);
	}
	if (progress.shown)
		fprintf(stderr, "\r\033[K");
	for (uint32_t i = 0; i < s->rows && !ret; i++)
		s->differing_logits += memcmp(&s->device[i], &s->reference[i], sizeof(float)) != 0;
	return ret;
}

static int scores_init(struct scores *s, const struct dlrm_data *data, uint64_t limit)
{
	uint32_t all = data->test_rows;

	s->rows = limit && limit < all ? limit : all;
	s->label = data->label + data->train_rows;
	s->device = calloc(all, sizeof(float));
	s->reference = calloc(all, sizeof(float));
	s->f32 = calloc(all, sizeof(float));
	s->baseline = calloc(all, sizeof(float));
	if (!s->device || !s->reference || !s->f32 || !s->baseline)
		return mtia_error_set(-ENOMEM, "run dlrm", NULL, "out of memory");
	return dlrm_data_baseline(data, s->baseline);
}

static void scores_free(struct scores *s)
{
	free(s->device);
	free(s->reference);
	free(s->f32);
	free(s->baseline);
}

/* ---- Report --------------------------------------------------------------------------------- */

#define HOST_WORK "quantisation of FC inputs, dot interaction, sigmoid"

struct quality {
	const char *key, *name;
	double auc, log_loss; /* log_loss NAN: none */
};

static void judge(const struct scores *s, struct quality q[4])
{
	float *logit = s->baseline; /* turned into logits after its AUC is known */

	q[0] = (struct quality){ "device_int8", "device INT8",
				 dlrm_auc(s->device, s->label, s->rows),
				 dlrm_log_loss(s->device, s->label, s->rows) };
	q[1] = (struct quality){ "host_int8", "host INT8 reference",
				 dlrm_auc(s->reference, s->label, s->rows),
				 dlrm_log_loss(s->reference, s->label, s->rows) };
	q[2] = (struct quality){ "host_f32", "host FP32", dlrm_auc(s->f32, s->label, s->rows),
				 dlrm_log_loss(s->f32, s->label, s->rows) };
	q[3] = (struct quality){ "baseline", "mean of the row's id", 0, 0 };
	q[3].auc = dlrm_auc(s->baseline, s->label, s->rows);
	for (uint32_t i = 0; i < s->rows; i++)
		logit[i] = logf(s->baseline[i] / (1 - s->baseline[i]));
	q[3].log_loss = dlrm_log_loss(logit, s->label, s->rows);
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
	json_object(j, "quality");
	for (int i = 0; i < 4; i++) {
		json_object(j, q[i].key);
		json_double(j, "auc", q[i].auc);
		json_double(j, "log_loss", q[i].log_loss);
		json_end_object(j);
	}
	json_end_object(j);
	json_u64(j, "values_differing", r->differing + s->differing_logits);
	json_double(j, "job_latency_p50_ns", latencies_at(&r->latencies, 0.5));
	json_double(j, "job_latency_p99_ns", latencies_at(&r->latencies, 0.99));
	json_u64(j, "device_cycles", r->cycles);
	json_i64(j, "device_wall_ns", r->device_ns);
	json_i64(j, "wall_ns", wall_ns);
	json_string(j, "on_device", "embedding bags, fully connected layers");
	json_string(j, "on_host", HOST_WORK);
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
	printf("  differ from the reference    %" PRIu64 " values\n",
	       r->differing + s->differing_logits);
	printf("  job latency p50, p99         %s, %s\n",
	       time_text(latencies_at(&r->latencies, 0.5), a),
	       time_text(latencies_at(&r->latencies, 0.99), b));
	printf("  device                       %" PRIu64 " cycles (%.2f ms at %.0f MHz), %s wall\n",
	       r->cycles, r->cycles * 1e3 / r->session.props.clock_hz,
	       r->session.props.clock_hz / 1e6, time_text(r->device_ns, a));
	printf("  wall time                    %s\n", time_text(wall_ns, a));
	printf("  on the host                  " HOST_WORK "\n");
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
	if (run.differing + scores.differing_logits) {
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
