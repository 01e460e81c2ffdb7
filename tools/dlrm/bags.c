// SPDX-License-Identifier: MIT
/* Multi-hot features: sets that a table lists, and histories taken from the training rows. */
#include "conversion.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int bag_append(struct conversion *conv, struct bags *bags, uint32_t index)
{
	if (bags->count == bags->capacity) {
		uint64_t capacity = bags->capacity ? 2 * bags->capacity : 1 << 16;
		uint32_t *grown;

		if (capacity > DLRM_MAX_ROWS)
			return dlrm_fail(conv->error, -EINVAL,
					 "a bag feature has more than %u indices",
					 DLRM_MAX_ROWS / 2);
		grown = realloc(bags->index, capacity * sizeof(*grown));
		if (!grown)
			return conv_no_memory(conv);
		bags->index = grown;
		bags->capacity = capacity;
	}
	bags->index[bags->count++] = index;
	return 0;
}

int conv_make_set(struct conversion *conv, const struct dlrm_schema_feature *feature,
		    struct bags *bags)
{
	struct dlrm_tokens tokens = { 0 };
	struct cell_ref ref;
	int err;

	err = conv_column(conv, feature->column, &ref);
	/* Numbered in file order, as every vocabulary is; bags are written in output order. */
	for (int pass = 0; !err && pass < 2; pass++) {
		for (uint32_t r = 0; !err && r < conv->rows; r++) {
			const char *word = conv_cell(conv, ref, pass ? conv->order[r] : r);

			for (size_t length; !err && *word; word += length) {
				uint32_t id;

				word += strspn(word, " ");
				length = strcspn(word, " ");
				if (!length)
					break;
				id = dlrm_token_add(&tokens, word, length);
				if (id == DLRM_NO_TOKEN)
					err = conv_no_memory(conv);
				else if (pass)
					err = bag_append(conv, bags, id);
			}
			if (pass)
				bags->offset[r + 1] = (uint32_t)bags->count;
		}
	}
	if (!err && !tokens.count)
		err = dlrm_fail(conv->error, -EBADMSG, "%s: every set is empty", feature->column);
	conv_add_to_crc(conv, &tokens);
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
int conv_make_history(struct conversion *conv, const struct dlrm_schema_feature *feature,
			struct bags *bags)
{
	struct past *past = calloc(conv->train_rows, sizeof(*past));
	struct vocabulary *value, *key;
	struct key_range *ranges = NULL;
	struct cell_ref before = { 0 };
	int err;

	if (!past)
		return conv_no_memory(conv);
	err = conv_vocabulary(conv, feature->column, &value);
	if (!err)
		err = conv_vocabulary(conv, feature->key, &key);
	if (!err && feature->before[0])
		err = conv_column(conv, feature->before, &before);
	if (err)
		goto free;
	ranges = calloc(key->tokens.count, sizeof(*ranges));
	if (!ranges) {
		err = conv_no_memory(conv);
		goto free;
	}
	for (uint32_t i = 0; !err && i < conv->train_rows; i++) {
		uint32_t row = conv->order[i];

		past[i] = (struct past){ .key = key->id[row], .row = row };
		if (feature->before[0])
			err = conv_required(conv, feature->before, before, row, &past[i].when);
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
			err = conv_required(conv, feature->before, before, self.row, &self.when);
		if (!err)
			err = row_history(conv, feature, past, ranges[key->id[self.row]], &self,
					  value->id, bags);
		bags->offset[r + 1] = (uint32_t)bags->count;
	}
	conv_add_to_crc(conv, &value->tokens);
	bags->table_rows = value->tokens.count;
free:
	free(past);
	free(ranges);
	return err;
}
