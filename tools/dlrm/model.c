// SPDX-License-Identifier: MIT
#include "model.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "mtia/ref.h"

static int check_layer(const char *name, const char *mlp, uint32_t number,
		       const struct dlrm_layer_shape *shape, uint32_t in, struct dlrm_error *error)
{
	if (shape->in != in)
		return dlrm_fail(error, -EBADMSG, "%s: %s layer %u takes %u values and is given %u",
				 name, mlp, number, shape->in, in);
	if (!shape->in || shape->in > MTIA_FC_EXACT_K || !shape->out || shape->out > DLRM_MAX_WIDTH)
		return dlrm_fail(error, -EBADMSG, "%s: %s layer %u has width %u", name, mlp, number,
				 shape->out);
	if (!(shape->in_scale >= 1e-30f && shape->in_scale <= 1e30f) || shape->in_zero_point > 255)
		return dlrm_fail(error, -EBADMSG,
				 "%s: %s layer %u has input scale %g, zero point %u", name, mlp,
				 number, shape->in_scale, shape->in_zero_point);
	return 0;
}

/* Shapes of one MLP, from `in` values to `out`. */
static int read_shapes(const char *name, const char *what, struct dlrm_mlp *mlp,
		       const struct dlrm_layer_shape *shapes, uint32_t in, uint32_t out,
		       struct dlrm_error *error)
{
	for (uint32_t l = 0; l < mlp->count; l++) {
		struct dlrm_layer *layer = &mlp->layers[l];
		bool last = l + 1 == mlp->count;
		int err = check_layer(name, what, l, &shapes[l], in, error);

		if (err)
			return err;
		in = shapes[l].out;
		layer->in = shapes[l].in;
		layer->out = shapes[l].out;
		layer->in_scale = shapes[l].in_scale;
		layer->in_zero_point = (int32_t)shapes[l].in_zero_point;
		layer->out_type = last ? MTIA_OUT_F32 : MTIA_OUT_U8;
		layer->out_zero_point = last ? 0 : (int32_t)shapes[l + 1].in_zero_point;
	}
	if (in != out)
		return dlrm_fail(error, -EBADMSG, "%s: %s MLP ends with %u values, not %u", name,
				 what, in, out);
	return 0;
}

static int check_finite(const char *name, const char *what, const float *x, uint64_t count,
			struct dlrm_error *error)
{
	for (uint64_t i = 0; i < count; i++) {
		/* The bound keeps every product and range that is formed later finite. */
		if (!(fabsf(x[i]) <= 1e18f))
			return dlrm_fail(error, -EBADMSG, "%s: %s: value %" PRIu64 " is %g", name,
					 what, i, x[i]);
	}
	return 0;
}

static void layer_sections(struct dlrm_cursor *cursor, struct dlrm_mlp *mlp)
{
	for (uint32_t l = 0; l < mlp->count; l++) {
		struct dlrm_layer *layer = &mlp->layers[l];

		layer->weight = dlrm_section(cursor, layer->out, 4ull * layer->in);
		layer->bias = dlrm_section(cursor, layer->out, 4);
	}
}

static int check_weights(const char *name, const struct dlrm_model *model, struct dlrm_error *error)
{
	const struct dlrm_mlp *mlps[] = { &model->bottom, &model->top };
	int err = 0;

	for (uint32_t t = 0; !err && t < model->tables; t++)
		err = check_finite(name, model->features[t].name, model->table_f32[t].rows,
				   model->table_f32[t].row_count * model->dim, error);
	for (int m = 0; m < 2; m++) {
		for (uint32_t l = 0; !err && l < mlps[m]->count; l++) {
			const struct dlrm_layer *layer = &mlps[m]->layers[l];

			err = check_finite(name, m ? "top weights" : "bottom weights",
					   layer->weight, (uint64_t)layer->in * layer->out, error);
			if (!err)
				err = check_finite(name, m ? "top bias" : "bottom bias",
						   layer->bias, layer->out, error);
		}
	}
	return err;
}

static int parse(const char *name, struct dlrm_model *model, size_t size, struct dlrm_error *error)
{
	const struct dlrm_model_header *header = model->image;
	struct dlrm_cursor cursor = { .image = model->image, .size = size };
	const struct dlrm_layer_shape *shapes;
	const char *schema;
	int err;

	err = dlrm_image_check(name, model->image, size, DLRM_MODEL_MAGIC, sizeof(*header), error);
	if (err)
		return err;
	if (!header->tables || header->tables > DLRM_MAX_TABLES || !header->dense ||
	    header->dense > DLRM_MAX_DENSE || !header->schema_size ||
	    header->schema_size > DLRM_MAX_SCHEMA || !header->dim || header->dim > DLRM_MAX_DIM ||
	    header->pooling > DLRM_POOL_MEAN || !header->bottom_layers ||
	    header->bottom_layers > DLRM_MAX_LAYERS || !header->top_layers ||
	    header->top_layers > DLRM_MAX_LAYERS)
		return dlrm_fail(error, -EBADMSG, "%s: a count in the header is out of its range",
				 name);
	model->vocabulary_crc = header->vocabulary_crc;
	model->tables = header->tables;
	model->dense_count = header->dense;
	model->dim = header->dim;
	model->pooling = header->pooling == DLRM_POOL_MEAN ? MTIA_POOL_MEAN : MTIA_POOL_SUM;
	model->bottom.count = header->bottom_layers;
	model->top.count = header->top_layers;

	dlrm_section(&cursor, sizeof(*header), 1);
	schema = dlrm_section(&cursor, header->schema_size, 1);
	model->features = dlrm_section(&cursor, model->tables, sizeof(*model->features));
	model->dense_features = dlrm_section(&cursor, model->dense_count,
					     sizeof(*model->dense_features));
	shapes = dlrm_section(&cursor, model->bottom.count + model->top.count, sizeof(*shapes));
	if (cursor.bad)
		return dlrm_fail(error, -EBADMSG, "%s: counts in the header do not fit the file",
				 name);
	err = dlrm_features_check(name, model->features, model->tables, model->dense_features,
				  model->dense_count, error);
	if (!err)
		err = read_shapes(name, "bottom", &model->bottom, shapes, model->dense_count,
				  model->dim, error);
	if (!err)
		err = read_shapes(name, "top", &model->top, shapes + model->bottom.count,
				  dlrm_interaction_width(model), 1, error);
	if (err)
		return err;
	for (uint32_t t = 0; t < model->tables; t++)
		model->table_f32[t] = (struct mtia_table){
			.rows = dlrm_section(&cursor, model->features[t].rows, 4ull * model->dim),
			.row_count = model->features[t].rows,
			.dim = model->dim,
			.layout = MTIA_TABLE_F32,
		};
	layer_sections(&cursor, &model->bottom);
	layer_sections(&cursor, &model->top);
	if (!dlrm_sections_end(&cursor))
		return dlrm_fail(error, -EBADMSG, "%s: shapes do not add up to the file", name);
	err = check_weights(name, model, error);
	if (err)
		return err;
	model->schema = strndup(schema, header->schema_size);
	return model->schema ? 0 : dlrm_fail(error, -ENOMEM, "%s: no memory", name);
}

/* ---- INT8 ------------------------------------------------------------------------------------ */

static void quantize_column(struct dlrm_layer *layer, uint32_t j, float out_scale)
{
	const float *w = layer->weight + (size_t)j * layer->in;
	int8_t *q = layer->weight_q + (size_t)j * layer->in;
	float most = 0, w_scale;
	double bias;

	for (uint32_t k = 0; k < layer->in; k++)
		most = fabsf(w[k]) > most ? fabsf(w[k]) : most;
	w_scale = most / 127.0f;
	if (w_scale == 0)
		w_scale = 1;
	for (uint32_t k = 0; k < layer->in; k++) {
		/* A subnormal scale rounds coarsely: the quotient may leave the range. */
		float x = rintf(w[k] / w_scale);

		q[k] = (int8_t)(x > 127 ? 127 : x < -127 ? -127 : x);
	}
	bias = rint(layer->bias[j] / ((double)layer->in_scale * w_scale));
	layer->bias_q[j] = bias > INT32_MAX   ? INT32_MAX
			   : bias < INT32_MIN ? INT32_MIN
					      : (int32_t)bias;
	layer->scale[j] = layer->in_scale * w_scale;
	if (layer->out_type == MTIA_OUT_U8)
		layer->scale[j] /= out_scale;
}

static size_t padded(size_t size)
{
	return (size + 7) & ~(size_t)7;
}

static size_t layer_bytes(const struct dlrm_layer *layer)
{
	return padded((size_t)layer->in * layer->out) + 2 * padded(layer->out * sizeof(int32_t));
}

static char *derive_mlp(struct dlrm_mlp *mlp, bool last_relu, char *at)
{
	for (uint32_t l = 0; l < mlp->count; l++) {
		struct dlrm_layer *layer = &mlp->layers[l];
		bool last = l + 1 == mlp->count;

		layer->relu = !last || last_relu;
		layer->weight_q = (int8_t *)at;
		at += padded((size_t)layer->in * layer->out);
		layer->bias_q = (int32_t *)at;
		at += padded(layer->out * sizeof(int32_t));
		layer->scale = (float *)at;
		at += padded(layer->out * sizeof(float));
		for (uint32_t j = 0; j < layer->out; j++)
			quantize_column(layer, j, last ? 1 : mlp->layers[l + 1].in_scale);
	}
	return at;
}

static int derive(const char *name, struct dlrm_model *model, struct dlrm_error *error)
{
	size_t size = 0;
	char *at;

	for (uint32_t t = 0; t < model->tables; t++)
		size += padded(model->table_f32[t].row_count * (model->dim + 8ull));
	for (uint32_t l = 0; l < model->bottom.count; l++)
		size += layer_bytes(&model->bottom.layers[l]);
	for (uint32_t l = 0; l < model->top.count; l++)
		size += layer_bytes(&model->top.layers[l]);
	at = model->derived = calloc(size, 1);
	if (!at)
		return dlrm_fail(error, -ENOMEM, "%s: no memory for the INT8 form", name);

	for (uint32_t t = 0; t < model->tables; t++) {
		struct mtia_table *table = &model->table_q[t];

		*table = model->table_f32[t];
		table->rows = at;
		table->layout = MTIA_TABLE_U8_F32_LAST;
		if (mtia_quantize_rowwise_u8(model->table_f32[t].rows, table->row_count, table->dim,
					     0, at, 0))
			return dlrm_fail(error, -EBADMSG, "%s: %s cannot be quantised", name,
					 model->features[t].name);
		at += padded(table->row_count * (table->dim + 8ull));
	}
	at = derive_mlp(&model->bottom, true, at);
	derive_mlp(&model->top, false, at);
	return 0;
}

/* The multipliers of an accepted model are finite, whatever its scales. */
static int check_scales(const char *name, const struct dlrm_mlp *mlp, struct dlrm_error *error)
{
	for (uint32_t l = 0; l < mlp->count; l++) {
		for (uint32_t j = 0; j < mlp->layers[l].out; j++) {
			if (!isfinite(mlp->layers[l].scale[j]))
				return dlrm_fail(error, -EBADMSG,
						 "%s: layer %u: multiplier of column %u is %g",
						 name, l, j, mlp->layers[l].scale[j]);
		}
	}
	return 0;
}

int dlrm_model_open(const char *path, struct dlrm_model **out, struct dlrm_error *error)
{
	struct dlrm_model *model;
	char *image;
	size_t size;
	int err;

	err = dlrm_read_file(path, DLRM_MAX_FILE, &image, &size, error);
	if (err)
		return err;
	model = calloc(1, sizeof(*model));
	if (!model) {
		free(image);
		return dlrm_fail(error, -ENOMEM, "%s: no memory", path);
	}
	model->image = image;
	err = parse(path, model, size, error);
	if (!err)
		err = derive(path, model, error);
	if (!err)
		err = check_scales(path, &model->bottom, error);
	if (!err)
		err = check_scales(path, &model->top, error);
	if (err)
		dlrm_model_free(model);
	else
		*out = model;
	return err;
}

void dlrm_model_free(struct dlrm_model *model)
{
	if (!model)
		return;
	free((char *)model->schema);
	free(model->derived);
	free(model->image);
	free(model);
}

int dlrm_model_check(const struct dlrm_model *model, const struct dlrm_data *data,
		     struct dlrm_error *error)
{
	if (model->tables != data->tables || model->dense_count != data->dense_count)
		return dlrm_fail(error, -EINVAL,
				 "model and data differ: %u tables and %u dense features, data has "
				 "%u and %u",
				 model->tables, model->dense_count, data->tables,
				 data->dense_count);
	for (uint32_t t = 0; t < model->tables; t++) {
		const struct dlrm_feature *a = &model->features[t], *b = &data->features[t];

		if (strcmp(a->name, b->name) || a->rows != b->rows || a->kind != b->kind)
			return dlrm_fail(error, -EINVAL,
					 "model and data differ: table %u is %s (%u rows%s), data "
					 "has %s (%u rows%s)",
					 t, a->name, a->rows, a->kind == DLRM_BAG ? ", bag" : "",
					 b->name, b->rows, b->kind == DLRM_BAG ? ", bag" : "");
	}
	for (uint32_t d = 0; d < model->dense_count; d++) {
		if (strcmp(model->dense_features[d].name, data->dense_features[d].name))
			return dlrm_fail(
				error, -EINVAL,
				"model and data differ: dense feature %u is %s, data has %s", d,
				model->dense_features[d].name, data->dense_features[d].name);
	}
	if (model->vocabulary_crc != data->vocabulary_crc)
		return dlrm_fail(error, -EINVAL,
				 "model and data differ: vocabulary %08x, data has %08x (tables of "
				 "another version?)",
				 model->vocabulary_crc, data->vocabulary_crc);
	return 0;
}
