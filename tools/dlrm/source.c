// SPDX-License-Identifier: MIT
/* The published tables: read, joined, split into training and test rows, tokens numbered. */
#include "conversion.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int conv_no_memory(struct conversion *conv)
{
	return dlrm_fail(conv->error, -ENOMEM, "conversion: no memory");
}

/* Sebastiano Vigna's generator, as a hash of the row number: the split needs no state and no order.
 */
static uint64_t splitmix64(uint64_t x)
{
	x += 0x9e3779b97f4a7c15;
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
	x = (x ^ x >> 27) * 0x94d049bb133111eb;
	return x ^ x >> 31;
}

int conv_column(struct conversion *conv, const char *name, struct cell_ref *ref)
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

const char *conv_cell(const struct conversion *conv, struct cell_ref ref, uint32_t row)
{
	const struct dlrm_table *table = &conv->tables[ref.table];

	if (ref.table) {
		row = conv->joined[ref.table - 1][row];
		if (row == DLRM_NO_TOKEN)
			return "";
	}
	return table->cells[(size_t)row * table->columns + ref.column];
}

double conv_number(const struct conversion *conv, struct cell_ref ref, uint32_t row)
{
	const char *text = conv_cell(conv, ref, row);
	char *end;
	double value = strtod(text, &end);

	return end == text || *end || !isfinite(value) ? NAN : value;
}

int conv_required(struct conversion *conv, const char *name, struct cell_ref ref, uint32_t row,
		    double *value)
{
	*value = conv_number(conv, ref, row);
	if (isnan(*value))
		return dlrm_fail(conv->error, -EBADMSG, "%s line %u: %s: \"%.60s\" is not a number",
				 conv->schema.rows, row + 2, name, conv_cell(conv, ref, row));
	return 0;
}

static int read_tables(struct conversion *conv, const char *directory)
{
	for (unsigned int t = 0; t <= conv->schema.join_count; t++) {
		const char *file = t ? conv->schema.joins[t - 1].file : conv->schema.rows;
		char *path;
		int err;

		if (asprintf(&path, "%s/%s", directory, file) < 0)
			return conv_no_memory(conv);
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
	struct cell_ref ref = { 0 };
	int err;

	err = conv_column(conv, conv->schema.joins[j].column, &ref);
	if (err)
		return err;
	if (ref.table)
		return dlrm_fail(conv->error, -EINVAL, "schema: join on %s, which is not in %s",
				 conv->schema.joins[j].column, conv->schema.rows);
	conv->joined[j] = calloc(conv->rows, sizeof(uint32_t));
	if (!conv->joined[j])
		return conv_no_memory(conv);
	for (uint32_t l = 0; !err && l < table->rows; l++) {
		const char *key = table->cells[(size_t)l * table->columns];
		uint32_t id = dlrm_token_add(&keys, key, strlen(key));

		if (id == DLRM_NO_TOKEN)
			err = conv_no_memory(conv);
		else if (id != l)
			err = dlrm_fail(conv->error, -EBADMSG, "%s line %u: second line for %.60s",
					conv->schema.joins[j].file, l + 2, key);
	}
	for (uint32_t r = 0; !err && r < conv->rows; r++)
		conv->joined[j][r] = dlrm_token_find(&keys, conv_cell(conv, ref, r),
						     strlen(conv_cell(conv, ref, r)));
	dlrm_tokens_free(&keys);
	return err;
}

static int split_rows(struct conversion *conv)
{
	uint32_t train = 0, test;

	conv->test = calloc(conv->rows, sizeof(*conv->test));
	conv->order = calloc(conv->rows, sizeof(*conv->order));
	if (!conv->test || !conv->order)
		return conv_no_memory(conv);
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

int conv_vocabulary(struct conversion *conv, const char *column, struct vocabulary **out)
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
	err = conv_column(conv, column, &ref);
	if (err)
		return err;
	v = calloc(1, sizeof(*v));
	if (!v)
		return conv_no_memory(conv);
	v->next = conv->vocabularies;
	conv->vocabularies = v;
	strcpy(v->column, column);
	v->id = calloc(conv->rows, sizeof(*v->id));
	for (uint32_t r = 0; v->id && r < conv->rows; r++) {
		const char *token = conv_cell(conv, ref, r);

		v->id[r] = dlrm_token_add(&v->tokens, token, strlen(token));
		if (v->id[r] == DLRM_NO_TOKEN)
			return conv_no_memory(conv);
	}
	*out = v;
	return v->id ? 0 : conv_no_memory(conv);
}

void conv_add_to_crc(struct conversion *conv, const struct dlrm_tokens *tokens)
{
	for (uint32_t i = 0; i < tokens->count; i++) {
		const struct dlrm_token *token = &tokens->token[i];

		conv->crc = dlrm_crc32(conv->crc, token->text, token->length);
		conv->crc = dlrm_crc32(conv->crc, "\n", 1);
	}
}

int conv_read(struct conversion *conv, const char *directory)
{
	int err = read_tables(conv, directory);

	for (unsigned int j = 0; !err && j < conv->schema.join_count; j++)
		err = join_table(conv, j);
	return err ? err : split_rows(conv);
}

void conv_release(struct conversion *conv)
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
}
