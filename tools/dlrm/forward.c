// SPDX-License-Identifier: MIT
#include "forward.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "mtia/ref.h"

/* What one batch needs between the steps. */
struct batch {
	uint32_t count;
	uint64_t index_count;
	int32_t *offsets, *indices;
	float *emb, *x, *joined, *logit, *probability;
	uint8_t *quantised; /* input of either MLP */
};

static void batch_free(struct batch *batch)
{
	free(batch->offsets);
	free(batch->indices);
	free(batch->emb);
	free(batch->x);
	free(batch->joined);
	free(batch->logit);
	free(batch->probability);
	free(batch->quantised);
}

static int batch_init(struct batch *batch, const struct dlrm_model *model,
		      const struct dlrm_data *data, uint32_t first, uint32_t count)
{
	uint32_t width = dlrm_interaction_width(model);
	uint32_t widest = width > model->dense_count ? width : model->dense_count;

	*batch = (struct batch){ .count = count };
	if (!count || first > data->rows || count > data->rows - first)
		return -EINVAL;
	batch->index_count = dlrm_data_index_count(data, first, count);
	if (batch->index_count > INT32_MAX)
		return -EINVAL;
	batch->offsets = calloc((size_t)model->tables * count + 1, sizeof(*batch->offsets));
	batch->indices = calloc(batch->index_count + 1, sizeof(*batch->indices));
	batch->emb = calloc((size_t)count * model->tables * model->dim, sizeof(*batch->emb));
	batch->x = calloc((size_t)count * model->dim, sizeof(*batch->x));
	batch->joined = calloc((size_t)count * width, sizeof(*batch->joined));
	batch->logit = calloc(count, sizeof(*batch->logit));
	batch->probability = calloc(count, sizeof(*batch->probability));
	batch->quantised = calloc((size_t)count * widest, 1);
	if (!batch->offsets || !batch->indices || !batch->emb || !batch->x || !batch->joined ||
	    !batch->logit || !batch->probability || !batch->quantised) {
		batch_free(batch);
		return -ENOMEM;
	}
	dlrm_data_bags(data, first, count, batch->offsets, batch->indices);
	return 0;
}

static int join(const struct dlrm_model *model, const struct batch *batch)
{
	return mtia_interaction_ref(&(struct mtia_interaction_ref){
		.batch = batch->count, .features = model->tables, .dim = model->dim,
		.x = batch->x, .emb = batch->emb, .out = batch->joined,
	});
}

/* ---- INT8 ------------------------------------------------------------------------------------ */

static int pool(const struct dlrm_model *model, const struct batch *batch)
{
	return mtia_tbe_ref(&(struct mtia_tbe_ref){
		.tables = model->table_q, .table_count = model->tables, .batch = batch->count,
		.pooling = model->pooling, .index_bytes = 4, .index_count = batch->index_count,
		.indices = batch->indices, .offsets = batch->offsets, .out = batch->emb,
	}, NULL);
}

static uint32_t widest(const struct dlrm_mlp *mlp)
{
	uint32_t width = 1;

	for (uint32_t l = 0; l < mlp->count; l++)
		width = mlp->layers[l].out > width ? mlp->layers[l].out : width;
	return width;
}

static int run_mlp(const struct dlrm_mlp *mlp, const struct batch *batch, const float *in, float *out)
{
	size_t room = (size_t)batch->count * widest(mlp);
	uint8_t *hidden = calloc(2, room); /* two halves in turn */
	const struct dlrm_layer *layer = &mlp->layers[0];
	const uint8_t *a = batch->quantised;
	int err = hidden ? 0 : -ENOMEM;

	if (!err)
		err = mtia_quantize_ref(&(struct mtia_quantize_ref){
			.rows = batch->count, .cols = layer->in,
			.x_type = MTIA_DTYPE_F32, .y_type = MTIA_DTYPE_U8,
			.x = in, .y = batch->quantised,
			.param = {layer->in_scale, layer->in_zero_point},
		});
	for (uint32_t l = 0; !err && l < mlp->count; l++) {
		uint8_t *next = hidden + (l & 1) * room;

		layer = &mlp->layers[l];
		err = mtia_fc_ref(&(struct mtia_fc_ref){
			.m = batch->count, .n = layer->out, .k = layer->in, .a = a,
			.w = layer->weight_q, .scale = layer->scale, .bias = layer->bias_q,
			.a_zero_point = layer->in_zero_point, .c_zero_point = layer->out_zero_point,
			.relu = layer->relu, .out = layer->out_type,
			.c = layer->out_type == MTIA_OUT_F32 ? (void *)out : next,
		});
		a = next;
	}
	free(hidden);
	return err;
}

static int sigmoid(const struct batch *batch)
{
	return mtia_activation_ref(&(struct mtia_activation_ref){
		.function = MTIA_ACT_SIGMOID, .x_type = MTIA_DTYPE_F32, .y_type = MTIA_DTYPE_F32,
		.rows = batch->count, .cols = 1, .x = batch->logit, .y = batch->probability,
	});
}

static void give(float *to, const float *from, size_t count)
{
	if (to)
		memcpy(to, from, count * sizeof(*to));
}

int dlrm_forward_int8(const struct dlrm_model *model, const struct dlrm_data *data, uint32_t first,
		      uint32_t count, const struct dlrm_results *results)
{
	struct batch batch;
	int err;

	err = batch_init(&batch, model, data, first, count);
	if (err)
		return err;
	err = pool(model, &batch);
	if (!err)
		err = run_mlp(&model->bottom, &batch,
			      data->dense + (size_t)first * data->dense_count, batch.x);
	if (!err)
		err = join(model, &batch);
	if (!err)
		err = run_mlp(&model->top, &batch, batch.joined, batch.logit);
	if (!err)
		err = sigmoid(&batch);
	if (!err) {
		give(results->emb, batch.emb, (size_t)count * model->tables * model->dim);
		give(results->x, batch.x, (size_t)count * model->dim);
		give(results->joined, batch.joined, (size_t)count * dlrm_interaction_width(model));
		give(results->logit, batch.logit, count);
		give(results->probability, batch.probability, count);
	}
	batch_free(&batch);
	return err;
}

/* ---- FP32 ------------------------------------------------------------------------------------ */

static int mlp_f32(const struct dlrm_mlp *mlp, uint32_t batch, const float *in, float *out)
{
	size_t room = (size_t)batch * widest(mlp);
	float *hidden = calloc(2 * room, sizeof(*hidden));
	int err = hidden ? 0 : -ENOMEM;

	for (uint32_t l = 0; !err && l < mlp->count; l++) {
		const struct dlrm_layer *layer = &mlp->layers[l];
		float *next = l + 1 == mlp->count ? out : hidden + (l & 1) * room;

		err = mtia_fc_f32_ref(batch, layer->out, layer->in, in, layer->weight, layer->bias,
				      layer->relu, next);
		in = next;
	}
	free(hidden);
	return err;
}

int dlrm_forward_f32(const struct dlrm_model *model, const struct dlrm_data *data, uint32_t first,
		     uint32_t count, float *logit)
{
	struct batch batch;
	int err;

	err = batch_init(&batch, model, data, first, count);
	if (err)
		return err;
	err = mtia_tbe_f32_ref(&(struct mtia_tbe_ref){
		.tables = model->table_f32, .table_count = model->tables, .batch = count,
		.pooling = model->pooling, .index_bytes = 4, .index_count = batch.index_count,
		.indices = batch.indices, .offsets = batch.offsets, .out = batch.emb,
	}, NULL);
	if (!err)
		err = mlp_f32(&model->bottom, count,
			      data->dense + (size_t)first * data->dense_count, batch.x);
	if (!err)
		err = join(model, &batch);
	if (!err)
		err = mlp_f32(&model->top, count, batch.joined, logit);
	batch_free(&batch);
	return err;
}
