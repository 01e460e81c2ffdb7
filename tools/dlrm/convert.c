// SPDX-License-Identifier: MIT
/*
 * Published tables to a data set's image, as a schema says. What is learnt here (histories, counts,
 * means) comes from the training rows alone.
 */
#define _GNU_SOURCE
#include "schema.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dataset.h"
#include "table.h"

/* One column as ids, made at its first use. */
struct vocabulary {
	char column[DLRM_NAME_SIZE];
	struct dlrm_tokens tokens;
	uint32_t *id; /* [rows] */
	struct vocabulary *next;
};

struct cell_ref {
	unsigned int table; /* 0 = rows, 1 + j = join j */
	uint32_t column;
};

struct bags {
	uint32_t *offset; /* [rows + 1] in output order */
	uint32_t *index;
	uint64_t count, capacity;
	uint32_t table_rows;
};

struct conversion {
	struct dlrm_schema schema;
	struct dlrm_error *error;
	struct dlrm_table tables[1 + DLRM_MAX_JOINS];
	uint32_t *joined[DLRM_MAX_JOINS]; /* [rows]: line in the joined table, DLRM_NO_TOKEN = none */
	uint32_t rows, train_rows;
	bool *test;	 /* [rows] */
	uint32_t *order; /* [rows] row in the file of each output row */
	struct vocabulary *vocabularies;
	uint32_t crc; /* of the vocabularies, in order of tables */
	char *image;
	size_t size, capacity;
};

static int no_memory(struct conversion *conv)
{
	return dlrm_fail(conv->error, -ENOMEM, "conversion: no memory");
}

/* ---- Reading ------------------------------------------------------------------------------------- */

/* Sebastiano Vigna's generator, as a hash of the row number: the split needs no state and no order. */
static uint64_t splitmix64(uint64_t x)
{
	x += 0x9e3779b97f4a7c15;
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
	x = (x ^ x >> 27) * 0x94d049bb133111eb;
	return x ^ x >> 31;
}

static int find_column(struct conversion *conv, const char *name, struct cell_ref *ref)
{
	for (unsigned int t = 0; t <= conv->schema.join_count; t++) {
		/* A joined table's first column is the key: it exists in the rows already. */
		for (uint32_t c = t ? 1 : 0; c < conv->tables[t].columns; c++) {
			if (!strcmp(conv->tables[t].header[c], name)) {
				*ref = (struct cell_ref){ t, c };
				return 0;
			}
		}
	}
	return dlrm_fail(conv->error, -EINVAL, "schema: no table has a column %s", name);
}

/* "" if the joined table has no line for this row. */
static const char *cell(const struct conversion *conv, struct cell_ref ref, uint32_t row)
{
	const struct dlrm_table *table = &conv->tables[ref.table];

	if (ref.table) {
		row = conv->joined[ref.table - 1][row];
		if (row == DLRM_NO_TOKEN)
			return "";
	}
	return table->cells[(size_t)row * table->columns + ref.column];
}

/* NAN if the cell holds no finite number: published tables have empty cells and "unknown". */
static double number(const struct conversion *conv, struct cell_ref ref, uint32_t row)
{
	const char *text = cell(conv, ref, row);
	char *end;
	double value = strtod(text, &end);

	return end == text || *end || !isfinite(value) ? NAN : value;
}

/* For columns in which a row cannot do without one. */
static int required(struct conversion *conv, const char *name, struct cell_ref ref, uint32_t row,
		    double *value)
{
	*value = number(conv, ref, row);
	if (isnan(*value))
		return dlrm_fail(conv->error, -EBADMSG, "%s line %u: %s: \"%.60s\" is not a number",
				 conv->schema.rows, row + 2, name, cell(conv, ref, row));
	return 0;
}

static int read_tables(struct conversion *conv, const char *directory)
{
	for (unsigned int t = 0; t <= conv->schema.join_count; t++) {
		const char *file = t ? conv->schema.joins[t - 1].file : conv->schema.rows;
		char *path;
		int err;

		if (asprintf(&path, "%s/%s", directory, file) < 0)
			return no_memory(conv);
		err = dlrm_table_read(path, &conv->tables[t], conv->error);
		if (!err && !conv->tables[t].rows)
			err = dlrm_fail(conv->error, -EBADMSG, "%s: no rows", path);
		free(path);
		if (err)
			return err;
	}
	conv->rows = conv->tables[0].rows;
	return 0;
}

static int join_table(struct conversion *conv, unsigned int j)
{
	const struct dlrm_table *table = &conv->tables[1 + j];
	struct dlrm_tokens keys = { 0 };
	struct cell_ref ref;
	int err;

	err = find_column(conv, conv->schema.joins[j].column, &ref);
	if (err)
		return err;
	if (ref.table)
		return dlrm_fail(conv->error, -EINVAL, "schema: join on %s, which is not in %s",
				 conv->schema.joins[j].column, conv->schema.rows);
	conv->joined[j] = calloc(conv->rows, sizeof(uint32_t));
	if (!conv->joined[j])
		return no_memory(conv);
	for (uint32_t l = 0; !err && l < table->rows; l++) {
		const char *key = table->cells[(size_t)l * table->columns];
		uint32_t id = dlrm_token_add(&keys, key, strlen(key));

		if (id == DLRM_NO_TOKEN)
			err = no_memory(conv);
		else if (id != l)
			err = dlrm_fail(conv->error, -EBADMSG, "%s line %u: second line for %.60s",
					conv->schema.joins[j].file, l + 2, key);
	}
	for (uint32_t r = 0; !err && r < conv->rows; r++)
		conv->joined[j][r] = dlrm_token_find(&keys, cell(conv, ref, r),
						     strlen(cell(conv, ref, r)));
	dlrm_tokens_free(&keys);
	return err;
}

static int split_rows(struct conversion *conv)
{
	uint32_t train = 0, test;

	conv->test = calloc(conv->rows, sizeof(*conv->test));
	conv->order = calloc(conv->rows, sizeof(*conv->order));
	if (!conv->test || !conv->order)
		return no_memory(conv);
	for (uint32_t r = 0; r < conv->rows; r++) {
		conv->test[r] = splitmix64(r) % 10 == 0;
		conv->train_rows += !conv->test[r];
	}
	if (!conv->train_rows || conv->train_rows == conv->rows)
		return dlrm_fail(conv->error, -EBADMSG, "%s: %u rows are too few to split",
				 conv->schema.rows, conv->rows);
	test = conv->train_rows;
	for (uint32_t r = 0; r < conv->rows; r++)
		conv->order[conv->test[r] ? test++ : train++] = r;
	return 0;
}

static int vocabulary_of(struct conversion *conv, const char *column, struct vocabulary **out)
{
	struct vocabulary *v;
	struct cell_ref ref;
	int err;

	for (v = conv->vocabularies; v; v = v->next) {
		if (!strcmp(v->column, column)) {
			*out = v;
			return 0;
		}
	}
	err = find_column(conv, column, &ref);
	if (err)
		return err;
	v = calloc(1, sizeof(*v));
	if (!v)
		return no_memory(conv);
	v->next = conv->vocabularies;
	conv->vocabularies = v;
	strcpy(v->column, column);
	v->id = calloc(conv->rows, sizeof(*v->id));
	for (uint32_t r = 0; v->id && r < conv->rows; r++) {
		const char *token = cell(conv, ref, r);

		v->id[r] = dlrm_token_add(&v->tokens, token, strlen(token));
		if (v->id[r] == DLRM_NO_TOKEN)
			return no_memory(conv);
	}
	*out = v;
	return v->id ? 0 : no_memory(conv);
}

static void add_to_crc(struct conversion *conv, const struct dlrm_tokens *tokens)
{
	for (uint32_t i = 0; i < tokens->count; i++) {
		const struct dlrm_token *token = &tokens->token[i];

		conv->crc = dlrm_crc32(conv->crc, token->text, token->length);
		conv->crc = dlrm_crc32(conv->crc, "\n", 1);
	}
}

/* ---- Bags ---------------------------------------------------------------------------------------- */

static int bag_append(struct conversion *conv, struct bags *bags, uint32_t index)
{
	if (bags->count == bags->capacity) {
		uint64_t capacity = bags->capacity ? 2 * bags->capacity : 1 << 16;
		uint32_t *grown;

		if (capacity > DLRM_MAX_ROWS)
			return dlrm_fail(conv->error, -EINVAL, "a bag feature has more than %u indices",
					 DLRM_MAX_ROWS / 2);
		grown = realloc(bags->index, capacity * sizeof(*grown));
		if (!grown)
			return no_memory(conv);
		bags->index = grown;
		bags->capacity = capacity;
	}
	bags->index[bags->count++] = index;
	return 0;
}

static int make_set(struct conversion *conv, const struct dlrm_schema_feature *feature,
		    struct bags *bags)
{
	struct dlrm_tokens tokens = { 0 };
	struct cell_ref ref;
	int err;

	err = find_column(conv, feature->column, &ref);
	/* Numbered in file order, as every vocabulary is; bags are written in output order. */
	for (int pass = 0; !err && pass < 2; pass++) {
		for (uint32_t r = 0; !err && r < conv->rows; r++) {
			const char *word = cell(conv, ref, pass ? conv->order[r] : r);

			for (size_t length; !err && *word; word += length) {
				uint32_t id;

				word += strspn(word, " ");
				length = strcspn(word, " ");
				if (!length)
					break;
				id = dlrm_token_add(&tokens, word, length);
				if (id == DLRM_NO_TOKEN)
					err = no_memory(conv);
				else if (pass)
					err = bag_append(conv, bags, id);
			}
			if (pass)
				bags->offset[r + 1] = (uint32_t)bags->count;
		}
	}
	if (!err && !tokens.count)
		err = dlrm_fail(conv->error, -EBADMSG, "%s: every set is empty", feature->column);
	add_to_crc(conv, &tokens);
	bags->table_rows = tokens.count;
	dlrm_tokens_free(&tokens);
	return err;
}

struct past {
	uint32_t key;
	double when;
	uint32_t row;
};

static int by_key_and_time(const void *a, const void *b)
{
	const struct past *x = a, *y = b;

	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	if (x->when != y->when)
		return x->when < y->when ? -1 : 1;
	return (x->row > y->row) - (x->row < y->row);
}

/* The part of the sorted training rows that has this row's key. */
struct key_range {
	uint32_t first, end;
};

static int row_history(struct conversion *conv, const struct dlrm_schema_feature *feature,
		       const struct past *past, struct key_range range, const struct past *self,
		       const uint32_t *id, struct bags *bags)
{
	uint32_t end = range.end, first = range.first, others;
	int err = 0;

	if (feature->before[0]) {
		while (end > first && !(past[end - 1].when < self->when))
			end--;
	}
	others = end - first;
	for (uint32_t i = first; i < end; i++)
		others -= past[i].row == self->row;
	for (uint32_t i = first; !err && i < end; i++) {
		if (past[i].row == self->row)
			continue;
		if (!feature->limit || others <= feature->limit)
			err = bag_append(conv, bags, id[past[i].row]);
		others--;
	}
	return err;
}

/* history COLUMN by KEY: shares the numbering of COLUMN's ids. */
static int make_history(struct conversion *conv, const struct dlrm_schema_feature *feature,
			struct bags *bags)
{
	struct past *past = calloc(conv->train_rows, sizeof(*past));
	struct vocabulary *value, *key;
	struct key_range *ranges = NULL;
	struct cell_ref before = { 0 };
	int err;

	if (!past)
		return no_memory(conv);
	err = vocabulary_of(conv, feature->column, &value);
	if (!err)
		err = vocabulary_of(conv, feature->key, &key);
	if (!err && feature->before[0])
		err = find_column(conv, feature->before, &before);
	if (err)
		goto free;
	ranges = calloc(key->tokens.count, sizeof(*ranges));
	if (!ranges)
		err = no_memory(conv);
	for (uint32_t i = 0; !err && i < conv->train_rows; i++) {
		uint32_t row = conv->order[i];

		past[i] = (struct past){ .key = key->id[row], .row = row };
		if (feature->before[0])
			err = required(conv, feature->before, before, row, &past[i].when);
	}
	if (err)
		goto free;
	qsort(past, conv->train_rows, sizeof(*past), by_key_and_time);
	for (uint32_t i = 0; i < conv->train_rows; i++) {
		struct key_range *range = &ranges[past[i].key];

		if (!range->end)
			range->first = i;
		range->end = i + 1;
	}
	for (uint32_t r = 0; !err && r < conv->rows; r++) {
		struct past self = { .row = conv->order[r] };

		if (feature->before[0])
			err = required(conv, feature->before, before, self.row, &self.when);
		if (!err)
			err = row_history(conv, feature, past, ranges[key->id[self.row]], &self,
					  value->id, bags);
		bags->offset[r + 1] = (uint32_t)bags->count;
	}
	add_to_crc(conv, &value->tokens);
	bags->table_rows = value->tokens.count;
free:
	free(past);
	free(ranges);
	return err;
}

/* ---- Dense values ----------------------------------------------------------------------------------- */

/* values[rows] in output order, before standardising; NAN where there is no number. */
static int raw_dense(struct conversion *conv, const struct dlrm_schema_feature *feature,
		     double *values)
{
	struct vocabulary *v = NULL;
	struct cell_ref ref = { 0 };
	uint32_t *count = NULL;
	int err;

	if (feature->source == DLRM_FROM_COUNT)
		err = vocabulary_of(conv, feature->column, &v);
	else
		err = find_column(conv, feature->column, &ref);
	if (!err && v) {
		count = calloc(v->tokens.count, sizeof(*count));
		err = count ? 0 : no_memory(conv);
	}
	for (uint32_t i = 0; !err && v && i < conv->train_rows; i++)
		count[v->id[conv->order[i]]]++;
	for (uint32_t i = 0; !err && i < conv->rows; i++) {
		uint32_t row = conv->order[i];

		if (v)
			values[i] = log1p(count[v->id[row]] - (conv->test[row] ? 0 : 1));
		else
			values[i] = number(conv, ref, row);
	}
	free(count);
	return err;
}

/* One column of dense[rows][stride]; a missing number becomes the mean, which is 0. */
static int make_dense(struct conversion *conv, const struct dlrm_schema_feature *feature, float *dense,
		      uint32_t stride, struct dlrm_dense *record)
{
	double *values = calloc(conv->rows, sizeof(*values));
	double sum = 0, squares = 0, known = 0, mean, deviation;
	int err;

	if (!values)
		return no_memory(conv);
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

/* ---- Writing ---------------------------------------------------------------------------------------- */

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
		return no_memory(conv);
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
		return dlrm_fail(conv->error, -EINVAL,
				 "schema: %u tables and %u dense features; 1 to %d and 1 to %d are allowed",
				 header->tables, header->dense, DLRM_MAX_TABLES, DLRM_MAX_DENSE);
	header->schema_size = (uint32_t)strlen(text);
	header->train_rows = conv->train_rows;
	header->test_rows = conv->rows - conv->train_rows;
	if (!section(conv, 1, sizeof(*header)))
		return no_memory(conv);
	if (append(conv, text, header->schema_size, 1))
		return -ENOMEM;
	at = section(conv, header->tables, sizeof(struct dlrm_feature));
	if (!at)
		return no_memory(conv);
	*features_at = (size_t)(at - conv->image);
	return 0;
}

static int write_dense(struct conversion *conv, uint32_t count)
{
	struct dlrm_dense *records = calloc(count, sizeof(*records));
	float *dense = calloc((size_t)conv->rows * count, sizeof(*dense));
	uint8_t *label = calloc(conv->rows, sizeof(*label));
	const struct dlrm_schema *schema = &conv->schema;
	struct cell_ref ref;
	uint32_t d = 0;
	int err;

	err = records && dense && label ? 0 : no_memory(conv);
	if (!err)
		err = find_column(conv, schema->label, &ref);
	for (uint32_t i = 0; !err && i < conv->rows; i++) {
		double value;

		err = required(conv, schema->label, ref, conv->order[i], &value);
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

	err = vocabulary_of(conv, feature->column, &v);
	if (err)
		return err;
	add_to_crc(conv, &v->tokens);
	at = section(conv, conv->rows, sizeof(*at));
	if (!at)
		return no_memory(conv);
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
		return no_memory(conv);
	if (feature->source == DLRM_FROM_SET)
		err = make_set(conv, feature, &bags);
	else
		err = make_history(conv, feature, &bags);
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

static int write_tables(struct conversion *conv, struct dlrm_data_header *header, size_t features_at)
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
		err = dlrm_fail(conv->error, -EINVAL, "schema: the baseline %s is not one of the ids",
				schema->baseline);
	return err;
}

static void conversion_free(struct conversion *conv)
{
	struct vocabulary *v;

	while ((v = conv->vocabularies)) {
		conv->vocabularies = v->next;
		dlrm_tokens_free(&v->tokens);
		free(v->id);
		free(v);
	}
	for (unsigned int t = 0; t <= DLRM_MAX_JOINS; t++)
		dlrm_table_free(&conv->tables[t]);
	for (unsigned int j = 0; j < DLRM_MAX_JOINS; j++)
		free(conv->joined[j]);
	free(conv->test);
	free(conv->order);
	free(conv->image);
	free(conv);
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
		err = read_tables(conv, directory);
	for (unsigned int j = 0; !err && j < conv->schema.join_count; j++)
		err = join_table(conv, j);
	if (!err)
		err = split_rows(conv);
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
	conversion_free(conv);
	return err;
}
