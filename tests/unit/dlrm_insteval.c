// SPDX-License-Identifier: GPL-2.0
/*
 * The committed model on the real test set, on the host: is it as good as it must be, and as good
 * as the trainer (another implementation, in FP64 and numpy) said? usage: dlrm_insteval DIR LOG
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <unistd.h>

#include "forward.h"
#include "metrics.h"
#include "tap.h"

#define BATCH 256

struct figures {
	double auc, log_loss;
};

static bool logged(const char *path, const char *what, struct figures *figures)
{
	FILE *file = fopen(path, "r");
	bool found = false;
	char line[256];

	while (file && fgets(line, sizeof(line), file)) {
		size_t length = strlen(what);

		if (!strncmp(line, what, length))
			found = sscanf(line + length, ": auc %lf log-loss %lf", &figures->auc,
				       &figures->log_loss) == 2;
	}
	if (file)
		fclose(file);
	return found;
}

static void as_logged(const char *path, const char *what, struct figures got, double tolerance)
{
	struct figures want = { 0 };
	bool found = logged(path, what, &want);

	tap_ok(found && fabs(got.auc - want.auc) < tolerance &&
		       fabs(got.log_loss - want.log_loss) < tolerance,
	       "%s: AUC %.5f, log-loss %.5f, the trainer logged %.5f, %.5f", what, got.auc,
	       got.log_loss, want.auc, want.log_loss);
}

static void test_data(const struct dlrm_data *data)
{
	static const uint32_t rows[] = { 2972, 1128, 14, 2, 4, 6, 1128 };
	bool sized = data->tables == 7;
	uint32_t positive = 0;

	for (uint32_t t = 0; sized && t < 7; t++)
		sized = data->features[t].rows == rows[t];
	for (uint32_t r = 0; r < data->rows; r++)
		positive += data->label[r];
	tap_ok(sized, "six single ids and one bag, with InstEval's numbers of levels");
	tap_u64(data->rows, 73421, "rows");
	tap_u64(positive, 16921 + 15754, "ratings of 4 and 5");
	tap_u64(data->test_rows, 7321, "test rows");
}

static int forward(const struct dlrm_model *model, const struct dlrm_data *data,
		   bool int8, uint32_t batch, float *logit)
{
	int err = 0;

	for (uint32_t r = 0; !err && r < data->test_rows; r += batch) {
		uint32_t left = data->test_rows - r, count = left < batch ? left : batch;

		if (int8)
			err = dlrm_forward_int8(model, data, data->train_rows + r, count,
						&(struct dlrm_results){ .logit = logit + r });
		else
			err = dlrm_forward_f32(model, data, data->train_rows + r, count, logit + r);
	}
	return err;
}

static struct figures measure(const struct dlrm_data *data, const float *logit)
{
	const uint8_t *label = data->label + data->train_rows;

	return (struct figures){ dlrm_auc(logit, label, data->test_rows),
				 dlrm_log_loss(logit, label, data->test_rows) };
}

static void test_quality(struct dlrm_model *model, const struct dlrm_data *data, const char *log)
{
	float *logit = calloc(data->test_rows, sizeof(*logit));
	float *other = calloc(data->test_rows, sizeof(*other));
	struct figures baseline, fp32, int8;

	dlrm_data_baseline(data, logit);
	for (uint32_t r = 0; r < data->test_rows; r++)
		logit[r] = logf(logit[r] / (1 - logit[r]));
	baseline = measure(data, logit);
	as_logged(log, "test baseline", baseline, 1e-4);

	tap_ok(!forward(model, data, false, BATCH, logit), "FP32 forward pass over the test rows");
	fp32 = measure(data, logit);
	as_logged(log, "test fp32", fp32, 1e-4);

	tap_ok(!forward(model, data, true, BATCH, logit),
	       "INT8 forward pass over the test rows");
	int8 = measure(data, logit);
	as_logged(log, "test int8", int8, 2e-4);
	tap_ok(!forward(model, data, true, 1000, other) &&
		       !memcmp(logit, other, data->test_rows * sizeof(*logit)),
	       "INT8 logits are the same bits in batches of another size");

	tap_ok(fp32.auc >= baseline.auc + 0.01,
	       "FP32 is %.4f above the lecturer's mean (0.01 wanted)", fp32.auc - baseline.auc);
	tap_ok(fabs(int8.auc - fp32.auc) <= 0.005, "INT8 is %.5f from FP32 (0.005 allowed)",
	       int8.auc - fp32.auc);
	free(logit);
	free(other);
}

int main(int argc, char **argv)
{
	struct dlrm_model *model = NULL;
	struct dlrm_data *data = NULL, *converted = NULL;
	struct dlrm_error error = { "" };
	char path[512], tables[512];

	if (argc != 3)
		return 2;
	snprintf(path, sizeof(path), "%s/" DLRM_MODEL_NAME, argv[1]);
	if (!tap_ok(!dlrm_data_open(argv[1], NULL, &data, &error), "the data set is read %s",
		    error.text) ||
	    !tap_ok(!dlrm_model_open(path, &model, &error), "the model is read %s", error.text) ||
	    !tap_ok(!dlrm_model_check(model, data, &error), "they fit each other %s", error.text))
		return tap_done();
	test_data(data);
	test_quality(model, data, argv[2]);

	/* The published tables and the schema that the model carries are enough. */
	snprintf(path, sizeof(path), "%s/insteval.inter", argv[1]);
	strcpy(tables, P_tmpdir "/mtia-insteval-XXXXXX");
	if (mkdtemp(tables)) {
		char absolute[4096], link[600];

		snprintf(link, sizeof(link), "%s/insteval.inter", tables);
		tap_ok(realpath(path, absolute) && !symlink(absolute, link) &&
			       !dlrm_data_open(tables, model->schema, &converted, &error) &&
			       converted->image_size == data->image_size &&
			       !memcmp(converted->image, data->image, data->image_size),
		       "converting the tables with the model's schema gives the same data set");
		unlink(link);
		rmdir(tables);
	}
	dlrm_data_free(converted);
	dlrm_data_free(data);
	dlrm_model_free(model);
	return tap_done();
}
