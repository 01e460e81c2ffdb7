// SPDX-License-Identifier: MIT
/* mtia-dlrm-prepare: published tables to a prepared data set. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dataset.h"
#include "schema.h"

static int usage(void)
{
	fputs("usage: mtia-dlrm-prepare SCHEMA DIR OUTPUT\n"
	      "Converts the tables in DIR as the file SCHEMA says (tools/dlrm/schema.h).\n",
	      stderr);
	return 2;
}

static void describe(const struct dlrm_data *data)
{
	uint32_t positive = 0;

	for (uint32_t r = 0; r < data->rows; r++)
		positive += data->label[r];
	printf("%u rows: %u to train on, %u to test; %.1f %% positive\n", data->rows,
	       data->train_rows, data->test_rows, 100.0 * positive / data->rows);
	for (uint32_t t = 0; t < data->tables; t++) {
		const struct dlrm_feature *feature = &data->features[t];

		printf("  table %-24s %6u rows, %s", feature->name, feature->rows,
		       feature->kind == DLRM_ID ? "single id" : "bag");
		if (feature->kind == DLRM_BAG)
			printf(", %.1f ids a row", (double)feature->index_count / data->rows);
		putchar('\n');
	}
	for (uint32_t d = 0; d < data->dense_count; d++)
		printf("  dense %-24s mean %g, deviation %g\n", data->dense_features[d].name,
		       data->dense_features[d].mean, data->dense_features[d].deviation);
}

int main(int argc, char **argv)
{
	struct dlrm_data *data = NULL;
	struct dlrm_error error;
	char *schema = NULL;
	size_t size;
	void *image;
	int err;

	if (argc != 4)
		return usage();
	err = dlrm_read_file(argv[1], DLRM_MAX_SCHEMA, &schema, &size, &error);
	if (!err)
		err = dlrm_convert(argv[2], schema, &image, &size, &error);
	free(schema);
	/* Read back what was built, so that a file is never written that its reader refuses. */
	if (!err)
		err = dlrm_data_from_image(argv[3], image, size, &data, &error);
	if (!err)
		err = dlrm_write_file(argv[3], data->image, data->image_size, &error);
	if (!err)
		describe(data);
	else
		fprintf(stderr, "mtia-dlrm-prepare: %s\n", error.text);
	dlrm_data_free(data);
	return err ? 1 : 0;
}
