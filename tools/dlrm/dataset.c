// SPDX-License-Identifier: MIT
#include "dataset.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "schema.h"

static int check_column(const char *name, const struct dlrm_data *data,
			const struct dlrm_column *column, struct dlrm_error *error)
{
	const struct dlrm_feature *feature = column->feature;
	const uint32_t *value = column->id ? column->id : column->index;
	/* NOLINTNEXTLINE: every column has a feature */
	uint64_t count = column->id ? data->rows : feature->index_count;

	if (column->offset) {
		uint32_t last = 0;

		for (uint32_t r = 0; r <= data->rows; r++) {
			if (column->offset[r] < last || (!r && column->offset[r]))
				return dlrm_fail(error, -EBADMSG,
						 "%s: %s: offsets decrease at row %u", name,
						 feature->name, r);
			last = column->offset[r];
		}
		if (last != count)
			return dlrm_fail(error, -EBADMSG,
					 "%s: %s: offsets end at %u of %" PRIu64 " indices", name,
					 feature->name, last, count);
	}
	for (uint64_t i = 0; i < count; i++) {
		/* NOLINTNEXTLINE: a column has ids or indices */
		if (value[i] >= feature->rows)
			return dlrm_fail(error, -EBADMSG,
					 "%s: %s: index %u is outside a table of %u rows", name,
					 feature->name, value[i], feature->rows);
	}
	return 0;
}

static int check_values(const char *name, const struct dlrm_data *data, struct dlrm_error *error)
{
	for (uint32_t r = 0; r < data->rows; r++) {
		if (data->label[r] > 1)
			return dlrm_fail(error, -EBADMSG, "%s: row %u has label %u", name, r,
					 data->label[r]);
	}
	for (uint64_t i = 0; i < (uint64_t)data->rows * data->dense_count; i++) {
		if (!isfinite(data->dense[i]))
			return dlrm_fail(error, -EBADMSG,
					 "%s: row %" PRIu64 " has a dense value %g", name,
					 i / data->dense_count, data->dense[i]);
	}
	for (uint32_t t = 0; t < data->tables; t++) {
		int err = check_column(name, data, &data->columns[t], error);

		if (err)
			return err;
	}
	return 0;
}

static int parse(const char *name, struct dlrm_data *data, struct dlrm_error *error)
{
	const struct dlrm_data_header *header = data->image;
	struct dlrm_cursor cursor = { .image = data->image, .size = data->image_size };
	const char *schema;
	int err;

	err = dlrm_image_check(name, data->image, data->image_size, DLRM_DATA_MAGIC,
			       sizeof(*header), error);
	if (err)
		return err;
	if (!header->tables || header->tables > DLRM_MAX_TABLES || !header->dense ||
	    header->dense > DLRM_MAX_DENSE || !header->schema_size ||
	    header->schema_size > DLRM_MAX_SCHEMA || header->baseline >= header->tables ||
	    !header->train_rows || header->train_rows > DLRM_MAX_ROWS || !header->test_rows ||
	    header->test_rows > DLRM_MAX_ROWS)
		return dlrm_fail(error, -EBADMSG, "%s: a count in the header is out of its range",
				 name);
	data->vocabulary_crc = header->vocabulary_crc;
	data->tables = header->tables;
	data->dense_count = header->dense;
	data->train_rows = header->train_rows;
	data->test_rows = header->test_rows;
	data->rows = header->train_rows + header->test_rows;
	data->baseline = header->baseline;

	dlrm_section(&cursor, sizeof(*header), 1);
	schema = dlrm_section(&cursor, header->schema_size, 1);
	data->features = dlrm_section(&cursor, data->tables, sizeof(*data->features));
	data->dense_features =
		dlrm_section(&cursor, data->dense_count, sizeof(*data->dense_features));
	data->label = dlrm_section(&cursor, data->rows, 1);
	data->dense = dlrm_section(&cursor, (uint64_t)data->rows, 4ull * data->dense_count);
	for (uint32_t t = 0; !cursor.bad && t < data->tables; t++) {
		struct dlrm_column *column = &data->columns[t];

		column->feature = &data->features[t];
		if (column->feature->kind == DLRM_BAG) {
			column->offset = dlrm_section(&cursor, data->rows + 1ull, 4);
			column->index = dlrm_section(&cursor, column->feature->index_count, 4);
		} else {
			column->id = dlrm_section(&cursor, data->rows, 4);
		}
	}
	if (!dlrm_sections_end(&cursor))
		return dlrm_fail(error, -EBADMSG,
				 "%s: counts in the header do not add up to the file", name);
	err = dlrm_features_check(name, data->features, data->tables, data->dense_features,
				  data->dense_count, error);
	if (err)
		return err;
	if (data->features[data->baseline].kind != DLRM_ID)
		return dlrm_fail(error, -EBADMSG, "%s: the baseline's feature %s is no id", name,
				 data->features[data->baseline].name);
	err = check_values(name, data, error);
	if (err)
		return err;
	data->schema = strndup(schema, header->schema_size);
	return data->schema ? 0 : dlrm_fail(error, -ENOMEM, "%s: no memory", name);
}

int dlrm_data_from_image(const char *name, void *image, size_t size, struct dlrm_data **out,
			 struct dlrm_error *error)
{
	struct dlrm_data *data = calloc(1, sizeof(*data));
	int err;

	if (!data) {
		free(image);
		return dlrm_fail(error, -ENOMEM, "%s: no memory", name);
	}
	data->image = image;
	data->image_size = size;
	err = parse(name, data, error);
	if (err)
		dlrm_data_free(data);
	else
		*out = data;
	return err;
}

static int open_prepared(const char *path, struct dlrm_data **out, struct dlrm_error *error)
{
	char *image;
	size_t size;
	int err;

	err = dlrm_read_file(path, DLRM_MAX_FILE, &image, &size, error);
	return err ? err : dlrm_data_from_image(path, image, size, out, error);
}

int dlrm_data_open(const char *path, const char *schema, struct dlrm_data **out,
		   struct dlrm_error *error)
{
	struct stat st;
	char *prepared;
	void *image;
	size_t size;
	int err;

	if (stat(path, &st)) {
		err = -errno;
		return dlrm_fail(error, err, "%s: %s", path, strerror(-err));
	}
	if (!S_ISDIR(st.st_mode))
		return open_prepared(path, out, error);

	if (asprintf(&prepared, "%s/" DLRM_PREPARED_NAME, path) < 0)
		return dlrm_fail(error, -ENOMEM, "%s: no memory", path);
	err = stat(prepared, &st) ? -ENOENT : open_prepared(prepared, out, error);
	free(prepared);
	if (err != -ENOENT)
		return err;
	if (!schema)
		return dlrm_fail(error, -ENOENT, "%s: no " DLRM_PREPARED_NAME " and no schema to "
				 "convert tables with", path);
	err = dlrm_convert(path, schema, &image, &size, error);
	return err ? err : dlrm_data_from_image(path, image, size, out, error);
}

void dlrm_data_free(struct dlrm_data *data)
{
	if (!data)
		return;
	free((char *)data->schema);
	free(data->image);
	free(data);
}

uint64_t dlrm_data_index_count(const struct dlrm_data *data, uint32_t first, uint32_t count)
{
	uint64_t total = 0;

	for (uint32_t t = 0; t < data->tables; t++) {
		const struct dlrm_column *column = &data->columns[t];

		total += column->id ? count : column->offset[first + count] - column->offset[first];
	}
	return total;
}

void dlrm_data_bags(const struct dlrm_data *data, uint32_t first, uint32_t count, int32_t *offsets,
		    int32_t *indices)
{
	uint32_t at = 0;

	*offsets++ = 0;
	for (uint32_t t = 0; t < data->tables; t++) {
		const struct dlrm_column *column = &data->columns[t];

		for (uint32_t r = first; r < first + count; r++) {
			uint32_t from = column->id ? r : column->offset[r];
			uint32_t to = column->id ? r + 1 : column->offset[r + 1];
			const uint32_t *value = column->id ? column->id : column->index;

			while (from < to)
				indices[at++] = (int32_t)value[from++];
			*offsets++ = (int32_t)at;
		}
	}
}

int dlrm_data_baseline(const struct dlrm_data *data, float *score)
{
	const double prior_rows = 5;
	const struct dlrm_column *column = &data->columns[data->baseline];
	uint32_t *count = calloc(column->feature->rows, sizeof(*count));
	uint32_t *sum = calloc(column->feature->rows, sizeof(*sum));
	double overall = 0;
	int err = 0;

	if (!count || !sum) {
		err = -ENOMEM;
		goto free;
	}
	for (uint32_t r = 0; r < data->train_rows; r++) {
		count[column->id[r]]++;
		sum[column->id[r]] += data->label[r];
		overall += data->label[r];
	}
	overall /= data->train_rows;
	for (uint32_t r = data->train_rows; r < data->rows; r++) {
		uint32_t id = column->id[r];

		score[r - data->train_rows] =
			(float)((sum[id] + prior_rows * overall) / (count[id] + prior_rows));
	}
free:
	free(count);
	free(sum);
	return err;
}
