// SPDX-License-Identifier: GPL-2.0
/* The model file and its INT8 form, on the committed model. usage: dlrm_model MODEL */
#include <math.h>

#include "dlrm_files.h"
#include "forward.h"
#include "metrics.h"
#include "mtia/ref.h"

static int open_model(const char *path, struct dlrm_error *error)
{
	struct dlrm_model *model = NULL;
	int err = dlrm_model_open(path, &model, error);

	dlrm_model_free(model);
	return err;
}

static void test_shapes(const struct dlrm_model *model)
{
	const struct dlrm_layer *last = &model->top.layers[model->top.count - 1];
	const struct dlrm_layer *first = &model->bottom.layers[0];

	tap_u64(model->bottom.layers[model->bottom.count - 1].out, model->dim,
		"the bottom MLP ends with a vector as wide as an embedding");
	tap_u64(model->top.layers[0].in, dlrm_interaction_width(model),
		"the top MLP takes what the interaction makes");
	tap_ok(last->out == 1 && last->out_type == MTIA_OUT_F32 && !last->relu,
	       "the last layer gives an FP32 logit without ReLU");
	tap_ok(first->relu && first->out_type == MTIA_OUT_U8 &&
		       first->out_zero_point == model->bottom.layers[1].in_zero_point,
	       "a hidden layer gives what the next one takes");
	tap_ok(model->bottom.layers[model->bottom.count - 1].relu,
	       "the bottom MLP ends with a ReLU");
}

/* Weights come back from INT8 within half a step of where they were. */
static void test_layer(const struct dlrm_layer *layer, float next_scale, const char *name)
{
	bool near = true, used = true, scales = true, bias = true;

	for (uint32_t j = 0; j < layer->out; j++) {
		const float *w = layer->weight + (size_t)j * layer->in;
		const int8_t *q = layer->weight_q + (size_t)j * layer->in;
		float step = 0;
		int most = 0;

		for (uint32_t k = 0; k < layer->in; k++)
			step = fmaxf(step, fabsf(w[k]) / 127);
		for (uint32_t k = 0; k < layer->in; k++) {
			near &= fabs(w[k] - (double)q[k] * step) <= step * 0.5001;
			most = abs(q[k]) > most ? abs(q[k]) : most;
		}
		used &= most == 127;
		scales &= fabs(layer->scale[j] / (layer->in_scale * step / next_scale) - 1) < 1e-6;
		bias &= fabs(layer->bias_q[j] * (double)layer->in_scale * step - layer->bias[j]) <=
			0.5001 * layer->in_scale * step;
	}
	tap_ok(near, "%s: INT8 weights are within half a step", name);
	tap_ok(used, "%s: every channel uses the range up to 127", name);
	tap_ok(scales, "%s: multipliers are in * weight / out scale", name);
	tap_ok(bias, "%s: INT32 biases are within half a step", name);
}

static void test_int8(const struct dlrm_model *model)
{
	const struct mtia_table *f = &model->table_f32[1], *q = &model->table_q[1];
	bool near = true;

	test_layer(&model->bottom.layers[0], model->bottom.layers[1].in_scale, "bottom 0");
	test_layer(&model->top.layers[model->top.count - 1], 1, "top, last");
	for (uint64_t r = 0; r < f->row_count; r++) {
		const float *x = (const float *)f->rows + r * f->dim;
		const uint8_t *row = (const uint8_t *)q->rows + r * (q->dim + 8);
		float scale, bias;

		memcpy(&scale, row + q->dim, 4);
		memcpy(&bias, row + q->dim + 4, 4);
		for (uint32_t j = 0; j < f->dim; j++)
			near &= fabs(row[j] * (double)scale + bias - x[j]) <= scale * 0.51 + 1e-7;
	}
	tap_ok(near, "embedding rows are within half a step");
}

/* Two rows of data that the model fits, made to measure; then data that it does not. */
static void test_fit(const struct dlrm_model *model)
{
	struct dlrm_feature features[DLRM_MAX_TABLES];
	struct dlrm_dense dense[DLRM_MAX_DENSE];
	struct dlrm_data data = { .tables = model->tables, .dense_count = model->dense_count,
				  .features = features, .dense_features = dense,
				  .vocabulary_crc = model->vocabulary_crc };
	struct dlrm_error error = { "" };

	memcpy(features, model->features, model->tables * sizeof(*features));
	memcpy(dense, model->dense_features, model->dense_count * sizeof(*dense));
	tap_ok(!dlrm_model_check(model, &data, &error), "a model fits data like its own");

	data.vocabulary_crc ^= 1;
	tap_ok(dlrm_model_check(model, &data, &error) == -EINVAL &&
		       strstr(error.text, "vocabulary"),
	       "another vocabulary: %s", error.text);
	data.vocabulary_crc ^= 1;
	features[1].rows++;
	tap_ok(dlrm_model_check(model, &data, &error) == -EINVAL && strstr(error.text, "table 1"),
	       "another table: %s", error.text);
	features[1].rows--;
	dense[0].name[0] ^= 1;
	tap_ok(dlrm_model_check(model, &data, &error) == -EINVAL && strstr(error.text, "dense"),
	       "another dense feature: %s", error.text);
	dense[0].name[0] ^= 1;
	data.tables--;
	tap_ok(dlrm_model_check(model, &data, &error) == -EINVAL && strstr(error.text, "tables"),
	       "fewer tables: %s", error.text);
}

/* Hand-made rows: id 0 everywhere, then the last id everywhere; the bag empty, then full. */
static void test_forward(struct dlrm_model *model)
{
	uint32_t id[DLRM_MAX_TABLES][2], bag_offset[3] = { 0, 0, 3 }, bag[3] = { 0, 5, 5 };
	float dense[2 * 64], together[2], alone[2], fp32[2], p[2];
	const struct dlrm_results both = { .logit = together, .probability = p };
	struct dlrm_data data = { .tables = model->tables, .dense_count = model->dense_count,
				  .rows = 2, .dense = dense, .features = model->features };
	int err;

	for (uint32_t i = 0; i < 2 * model->dense_count; i++)
		dense[i] = (float)i / 4 - 1;
	for (uint32_t t = 0; t < model->tables; t++) {
		struct dlrm_column *column = &data.columns[t];

		id[t][0] = 0;
		id[t][1] = model->features[t].rows - 1;
		column->feature = &model->features[t];
		column->id = model->features[t].kind == DLRM_ID ? id[t] : NULL;
		column->offset = bag_offset;
		column->index = bag;
	}
	err = dlrm_forward_int8(model, &data, 0, 2, &both);
	err |= dlrm_forward_int8(model, &data, 0, 1, &(struct dlrm_results){ .logit = &alone[0] });
	err |= dlrm_forward_int8(model, &data, 1, 1, &(struct dlrm_results){ .logit = &alone[1] });
	tap_ok(!err && !memcmp(together, alone, sizeof(alone)),
	       "a row's INT8 logit does not depend on its batch");
	err = dlrm_forward_f32(model, &data, 0, 2, fp32);
	tap_ok(!err && fabsf(fp32[0] - together[0]) < 0.2f && fabsf(fp32[1] - together[1]) < 0.2f,
	       "INT8 logits %g, %g are near FP32's %g, %g", together[0], together[1], fp32[0],
	       fp32[1]);
	tap_ok(dlrm_forward_int8(model, &data, 1, 2, &both) == -EINVAL &&
		       dlrm_forward_f32(model, &data, 3, 1, together) == -EINVAL &&
		       dlrm_forward_f32(model, &data, 0, 0, together) == -EINVAL,
	       "rows that are not there are refused");
	for (int i = 0; i < 2; i++) {
		double want = 1 / (1 + exp(-(double)together[i]));

		tap_ok(fabs(p[i] - want) < 2e-3, "its probability %g is near %g", p[i], want);
	}
}

static void test_contradictions(const struct dlrm_model *model, const char *image, size_t size)
{
	const char *schema_end = (const char *)model->dense_features +
				 model->dense_count * sizeof(*model->dense_features);
	size_t shapes = ((size_t)(schema_end - (const char *)model->image) + 7) & ~(size_t)7;
	size_t weight =
		(size_t)((const char *)model->bottom.layers[0].weight - (const char *)model->image);
	size_t row = (size_t)((const char *)model->table_f32[0].rows - (const char *)model->image);
	char *copy = malloc(size);
	const struct {
		size_t at;
		uint32_t value;
		const char *word, *what;
	} cases[] = {
		{ 32 + 8, 65, "range", "too many tables" },
		{ 32 + 8, 0, "range", "no tables" },
		{ 32 + 16, 1025, "range", "a dim of 1025" },
		{ 32 + 16, 17, "bottom MLP ends", "a dim that no layer has" },
		{ 32 + 20, 2, "range", "an unknown pooling" },
		{ 32 + 24, 17, "range", "too many layers" },
		{ 32 + 28, 0, "range", "no top layer" },
		{ shapes, 9, "takes 9", "a layer that takes more than it is given" },
		{ shapes + 4, 0, "width 0", "a layer of width 0" },
		{ shapes + 4, 70000, "width 70000", "a layer too wide" },
		{ shapes + 8, 0, "scale 0", "an input scale of 0" },
		{ shapes + 8, 0x7fc00000, "scale nan", "an input scale that is no number" },
		{ shapes + 12, 256, "zero point 256", "a zero point of 256" },
		{ weight, 0x7f800000, "inf", "a weight that is infinite" },
		{ row, 0x7fc00000, "nan", "an embedding that is no number" },
		{ row, 0x7f000000, "1.7", "an embedding beyond what sums can hold" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		memcpy(copy, image, size);
		memcpy(copy + cases[i].at, &cases[i].value, 4);
		reseal(copy, size);
		refused(open_model, copy, size, cases[i].word, cases[i].what);
	}
	memcpy(copy, image, size);
	((struct dlrm_file_header *)copy)->file_size = size - 8;
	reseal(copy, size - 8);
	refused(open_model, copy, size - 8, "add up", "a file without its last bias");
	free(copy);
}

int main(int argc, char **argv)
{
	struct dlrm_model *model = NULL;
	struct dlrm_error error = { "" };
	char *image;
	size_t size;

	if (argc != 2)
		return 2;
	scratch_make();
	if (!tap_ok(!dlrm_model_open(argv[1], &model, &error) &&
			    !dlrm_read_file(argv[1], DLRM_MAX_FILE, &image, &size, &error),
		    "the committed model is read %s", error.text))
		return tap_done();
	tap_ok(size < 2 << 20, "it has less than 2 MiB: %zu bytes", size);
	test_shapes(model);
	test_int8(model);
	test_fit(model);
	test_forward(model);
	test_broken(open_model, image, size);
	test_contradictions(model, image, size);
	/* Header and the start of the schema; every reading costs the whole file. */
	test_mutations(open_model, image, size, 72);
	tap_ok(open_model(scratch_path("none"), &error) == -ENOENT, "a file that is missing: %s",
	       error.text);
	tap_ok(open_model("/", &error) == -EISDIR, "a directory: %s", error.text);
	dlrm_model_free(model);
	free(image);
	tap_ok(!rmdir(scratch), "nothing is left in the directory");
	return tap_done();
}
