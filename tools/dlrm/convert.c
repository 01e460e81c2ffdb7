// SPDX-License-Identifier: MIT
/*
 * Published tables to a data set's image, as a schema says. What is learnt here (histories, counts,
 * means) comes from the training rows alone.
 */
#include "conversion.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dataset.h"

/* ---- Dense values ---------------------------------------------------------------------------- */

/* values[rows] in output order, before standardising; NAN where there is no number. */
static int raw_dense(struct conversion *conv, const struct dlrm_schema_feature *feature,
		     double *values)
{
	struct vocabulary *v = NULL;
	struct cell_ref ref = { 0 };
	uint32_t *count = NULL;
	int err;

	if (feature->source == DLRM_FROM_COUNT)
		err = conv_vocabulary(conv, feature->column, &v);
	else
		err = conv_column(conv, feature->column, &ref);
	if (!err && v) {
		count = calloc(v->tokens.count, sizeof(*count));
		err = count ? 0 : conv_no_memory(conv);
	}
	for (uint32_t i = 0; !err && v && i < conv->train_rows; i++)
		count[v->id[conv->order[i]]]++;
	for (uint32_t i = 0; !err && i < conv->rows; i++) {
		uint32_t row = conv->order[i];

		if (v)
			values[i] = log1p(count[v->id[row]] - (conv->test[row] ? 0 : 1));
		else
			values[i] = conv_number(conv, ref, row);
	}
	free(count);
	return err;
}

/* One column of dense[rows][stride]; a missing number becomes the mean, which is 0. */
static int make_dense(struct conversion *conv, const struct dlrm_schema_feature *feature,
		      float *dense, uint32_t stride, struct dlrm_dense *record)
{
	double *values = calloc(conv->rows, sizeof(*values));
	double sum = 0, squares = 0, known = 0, mean, deviation;
	int err;

	if (!values)
		return conv_no_memory(conv);
	err = raw_dense(conv, feature, values);
	if (err)
		goto free;
	for (uint32_t i = 0; i < conv->train_rows; i++) {
		if (!isnan(values[i])) {
			sum += values[i];
			known++;
		}
	}
	mean = known ? sum / known : 0;
	for (uint32_t i = 0; i < conv->train_rows; i++) {
		if (!isnan(values[i]))
			squares += (values[i] - mean) * (values[i] - mean);
	}
	deviation = known ? sqrt(squares / known) : 0;
	if (!(deviation > 1e-30))
		deviation = 1;
	for (uint32_t i = 0; i < conv->rows; i++)
		dense[(size_t)i * stride] =
			isnan(values[i]) ? 0 : (float)((values[i] - mean) / deviation);
	snprintf(record->name, sizeof(record->name), "%s%.40s",
		 feature->source == DLRM_FROM_COUNT ? "count " : "", feature->column);
	record->mean = (float)mean;
	record->deviation = (float)deviation;
	if (!isfinite(record->mean) || !isfinite(record->deviation) || !(record->deviation > 0))
		err = dlrm_fail(conv->error, -EBADMSG, "%s: values leave the range of FP32",
				feature->column);
free:
	free(values);
	return err;
}

/* ---- Writing --------------------------------------------------------------------------------- */

/* Room for a section at the end of the image, zeroed; NULL = no memory. Moves the image. */
static void *section(struct conversion *conv, uint64_t count, size_t element)
{
	size_t start = (conv->size + 7) & ~(size_t)7, end = start + count * element;
	size_t padded = (end + 7) & ~(size_t)7;

	if (padded > conv->capacity) {
		size_t capacity = padded + padded / 2;
		char *grown = realloc(conv->image, capacity);

		if (!grown)
			return NULL;
		memset(grown + conv->capacity, 0, capacity - conv->capacity);
		conv->image = grown;
		conv->capacity = capacity;
	}
	conv->size = end;
	return conv->image + start;
}

static int append(struct conversion *conv, const void *data, uint64_t count, size_t element)
{
	void *at = section(conv, count, element);

	if (!at)
		return conv_no_memory(conv);
	if (count)
		memcpy(at, data, count * element);
	return 0;
}

static bool is_table(const struct dlrm_schema_feature *feature)
{
	return feature->source == DLRM_FROM_ID || feature->source == DLRM_FROM_SET ||
	       feature->source == DLRM_FROM_HISTORY;
}

static int write_head(struct conversion *conv, const char *text, struct dlrm_data_header *header,
		      size_t *features_at)
{
	const struct dlrm_schema *schema = &conv->schema;
	char *at;

	for (unsigned int i = 0; i < schema->feature_count; i++) {
		if (is_table(&schema->features[i]))
			header->tables++;
		else
			header->dense++;
	}
	if (!header->tables || header->tables > DLRM_MAX_TABLES || !header->dense ||
	    header->dense > DLRM_MAX_DENSE)
		return dlrm_fail(
			conv->error, -EINVAL,
			"schema: %u tables and %u dense features; 1 to %d and 1 to %d are allowed",
			header->tables, header->dense, DLRM_MAX_TABLES, DLRM_MAX_DENSE);
	header->schema_size = (uint32_t)strlen(text);
	header->train_rows = conv->train_rows;
	header->test_rows = conv->rows - conv->train_rows;
	if (!section(conv, 1, sizeof(*header)))
		return conv_no_memory(conv);
	if (append(conv, text, header->schema_size, 1))
		return -ENOMEM;
	at = section(conv, header->tables, sizeof(struct dlrm_feature));
	if (!at)
		return conv_no_memory(conv);
	*features_at = (size_t)(at - conv->image);
	return 0;
}

static int write_dense(struct conversion *conv, uint32_t count)
{
	struct dlrm_dense *records = calloc(count, sizeof(*records));
	float *dense = calloc((size_t)conv->rows * count, sizeof(*dense));
	uint8_t *label = calloc(conv->rows, sizeof(*label));
	const struct dlrm_schema *schema = &conv->schema;
	struct cell_ref ref = { 0 };
	uint32_t d = 0;
	int err;

	if (!records || !dense || !label) {
		err = conv_no_memory(conv);
		goto free;
	}
	err = conv_column(conv, schema->label, &ref);
	for (uint32_t i = 0; !err && i < conv->rows; i++) {
		double value;

		err = conv_required(conv, schema->label, ref, conv->order[i], &value);
		label[i] = !err && value >= schema->threshold;
	}
	for (unsigned int i = 0; !err && i < schema->feature_count; i++) {
		if (is_table(&schema->features[i]))
			continue;
		err = make_dense(conv, &schema->features[i], dense + d, count, &records[d]);
		d++;
	}
	if (!err)
		err = append(conv, records, count, sizeof(*records));
	if (!err)
		err = append(conv, label, conv->rows, 1);
	if (!err)
		err = append(conv, dense, (uint64_t)conv->rows * count, sizeof(*dense));
free:
	free(records);
	free(dense);
	free(label);
	return err;
}

static int write_id(struct conversion *conv, const struct dlrm_schema_feature *feature,
		    struct dlrm_feature *record)
{
	struct vocabulary *v;
	uint32_t *at;
	int err;

	err = conv_vocabulary(conv, feature->column, &v);
	if (err)
		return err;
	conv_add_to_crc(conv, &v->tokens);
	at = section(conv, conv->rows, sizeof(*at));
	if (!at)
		return conv_no_memory(conv);
	for (uint32_t i = 0; i < conv->rows; i++)
		at[i] = v->id[conv->order[i]];
	record->rows = v->tokens.count;
	record->kind = DLRM_ID;
	snprintf(record->name, sizeof(record->name), "%s", feature->column);
	return 0;
}

static int write_bag(struct conversion *conv, const struct dlrm_schema_feature *feature,
		     struct dlrm_feature *record)
{
	struct bags bags = { .offset = calloc(conv->rows + 1ul, sizeof(uint32_t)) };
	int err;

	if (!bags.offset)
		return conv_no_memory(conv);
	if (feature->source == DLRM_FROM_SET)
		err = conv_make_set(conv, feature, &bags);
	else
		err = conv_make_history(conv, feature, &bags);
	if (err)
		goto free;
	err = append(conv, bags.offset, conv->rows + 1ull, sizeof(uint32_t));
	if (!err)
		err = append(conv, bags.index, bags.count, sizeof(uint32_t));
	record->rows = bags.table_rows;
	record->kind = DLRM_BAG;
	record->index_count = bags.count;
	snprintf(record->name, sizeof(record->name), "%s%.38s",
		 feature->source == DLRM_FROM_HISTORY ? "history " : "", feature->column);
free:
	free(bags.offset);
	free(bags.index);
	return err;
}

static int write_tables(struct conversion *conv, struct dlrm_data_header *header,
			size_t features_at)
{
	const struct dlrm_schema *schema = &conv->schema;
	uint32_t t = 0;
	int err = 0;

	header->baseline = UINT32_MAX;
	/* Ids first, then bags, each in the schema's order. */
	for (int bags = 0; bags < 2; bags++) {
		for (unsigned int i = 0; !err && i < schema->feature_count; i++) {
			const struct dlrm_schema_feature *feature = &schema->features[i];
			struct dlrm_feature record = { 0 };

			if (!is_table(feature) || bags != (feature->source != DLRM_FROM_ID))
				continue;
			if (bags)
				err = write_bag(conv, feature, &record);
			else
				err = write_id(conv, feature, &record);
			if (!bags && !strcmp(feature->column, schema->baseline))
				header->baseline = t;
			memcpy(conv->image + features_at + t++ * sizeof(record), &record,
			       sizeof(record));
		}
	}
	if (!err && header->baseline == UINT32_MAX)
		err = dlrm_fail(conv->error, -EINVAL,
				"schema: the baseline %s is not one of the ids", schema->baseline);
	return err;
}

int dlrm_convert(const char *directory, const char *schema, void **image, size_t *size,
		 struct dlrm_error *error)
{
	struct conversion *conv = calloc(1, sizeof(*conv));
	struct dlrm_data_header header = { 0 };
	size_t features_at = 0;
	int err;

	if (!conv)
		return dlrm_fail(error, -ENOMEM, "conversion: no memory");
	conv->error = error;
	err = dlrm_schema_parse(schema, &conv->schema, error);
	if (!err)
		err = conv_read(conv, directory);
	if (!err)
		err = write_head(conv, schema, &header, &features_at);
	if (!err)
		err = write_dense(conv, header.dense);
	if (!err)
		err = write_tables(conv, &header, features_at);
	if (!err) {
		header.vocabulary_crc = conv->crc;
		memcpy(conv->image, &header, sizeof(header));
		conv->size = (conv->size + 7) & ~(size_t)7;
		dlrm_image_seal(conv->image, conv->size, DLRM_DATA_MAGIC, sizeof(header));
		*image = conv->image;
		*size = conv->size;
		conv->image = NULL;
	}
	conv_release(conv);
	free(conv->image);
	free(conv);
	return err;
}
