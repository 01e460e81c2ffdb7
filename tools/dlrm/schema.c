// SPDX-License-Identifier: MIT
/* The schema's text to a list of features; the grammar is in schema.h. */
#include "schema.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MAX_WORDS 8

struct line {
	unsigned int number;
	unsigned int words;
	char *word[MAX_WORDS + 1];
};

#define bad_line(error, line, fmt, ...) \
	dlrm_fail(error, -EINVAL, "schema line %u: " fmt, (line)->number, ##__VA_ARGS__)

static int copy_name(const struct line *line, char *name, const char *word,
		     struct dlrm_error *error)
{
	if (strlen(word) >= DLRM_NAME_SIZE)
		return bad_line(error, line, "%.60s is longer than %d characters", word,
				DLRM_NAME_SIZE - 1);
	strcpy(name, word);
	return 0;
}

static int copy_file(const struct line *line, char *name, const char *word,
		     struct dlrm_error *error)
{
	if (strchr(word, '/') || word[0] == '.')
		return bad_line(error, line, "%.60s: a file of the data's own directory is wanted",
				word);
	return copy_name(line, name, word, error);
}

static int number(const struct line *line, const char *word, double *value,
		  struct dlrm_error *error)
{
	char *end;

	*value = strtod(word, &end);
	if (end == word || *end || !isfinite(*value))
		return bad_line(error, line, "%.60s is not a number", word);
	return 0;
}

/* history COLUMN by KEY [before COLUMN2] [limit N] */
static int parse_history(const struct line *line, struct dlrm_schema_feature *feature,
			 struct dlrm_error *error)
{
	unsigned int at = 4;
	double limit;
	int err;

	if (line->words < 4 || strcmp(line->word[2], "by"))
		return bad_line(error, line, "expected: history COLUMN by KEY");
	err = copy_name(line, feature->key, line->word[3], error);
	if (!err && at + 1 < line->words && !strcmp(line->word[at], "before")) {
		err = copy_name(line, feature->before, line->word[at + 1], error);
		at += 2;
	}
	if (!err && at + 1 < line->words && !strcmp(line->word[at], "limit")) {
		err = number(line, line->word[at + 1], &limit, error);
		if (!err && !(limit >= 1 && limit <= 1 << 20 && limit == floor(limit)))
			err = bad_line(error, line, "limit %s is not 1 to %d", line->word[at + 1],
				       1 << 20);
		if (!err)
			feature->limit = (uint32_t)limit;
		at += 2;
	}
	if (!err && at != line->words)
		err = bad_line(error, line, "%.60s is not expected here", line->word[at]);
	return err;
}

static const struct {
	const char *word;
	enum dlrm_source source;
} sources[] = {
	{"id", DLRM_FROM_ID},	     {"set", DLRM_FROM_SET},	 {"history", DLRM_FROM_HISTORY},
	{"dense", DLRM_FROM_NUMBER}, {"count", DLRM_FROM_COUNT},
};

static int parse_feature(const struct line *line, struct dlrm_schema *schema,
			 struct dlrm_error *error)
{
	struct dlrm_schema_feature *feature = &schema->features[schema->feature_count];
	unsigned int s;
	int err;

	for (s = 0; s < sizeof(sources) / sizeof(*sources); s++) {
		if (!strcmp(line->word[0], sources[s].word))
			break;
	}
	if (s == sizeof(sources) / sizeof(*sources))
		return bad_line(error, line, "unknown statement %.60s", line->word[0]);
	if (schema->feature_count == DLRM_MAX_FEATURES)
		return bad_line(error, line, "more than %d features", DLRM_MAX_FEATURES);
	if (line->words < 2 || (line->words > 2 && sources[s].source != DLRM_FROM_HISTORY))
		return bad_line(error, line, "expected: %s COLUMN", line->word[0]);
	feature->source = sources[s].source;
	feature->line = line->number;
	err = copy_name(line, feature->column, line->word[1], error);
	if (!err && feature->source == DLRM_FROM_HISTORY)
		err = parse_history(line, feature, error);
	schema->feature_count += !err;
	return err;
}

static int parse_line(const struct line *line, struct dlrm_schema *schema, struct dlrm_error *error)
{
	const char *verb = line->word[0];

	if (strcmp(verb, "rows") && !schema->rows[0])
		return bad_line(error, line, "expected first: rows FILE");
	if (!strcmp(verb, "rows")) {
		if (line->words != 2 || schema->rows[0])
			return bad_line(error, line, "expected once: rows FILE");
		return copy_file(line, schema->rows, line->word[1], error);
	}
	if (!strcmp(verb, "join")) {
		unsigned int j = schema->join_count;
		int err;

		if (line->words != 3 || j == DLRM_MAX_JOINS)
			return bad_line(error, line, "expected at most %d times: join FILE COLUMN",
					DLRM_MAX_JOINS);
		err = copy_file(line, schema->joins[j].file, line->word[1], error);
		if (!err)
			err = copy_name(line, schema->joins[j].column, line->word[2], error);
		schema->join_count += !err;
		return err;
	}
	if (!strcmp(verb, "label")) {
		int err;

		if (line->words != 4 || strcmp(line->word[2], ">=") || schema->label[0])
			return bad_line(error, line, "expected once: label COLUMN >= NUMBER");
		err = number(line, line->word[3], &schema->threshold, error);
		return err ? err : copy_name(line, schema->label, line->word[1], error);
	}
	if (!strcmp(verb, "baseline")) {
		if (line->words != 2 || schema->baseline[0])
			return bad_line(error, line, "expected once: baseline COLUMN");
		return copy_name(line, schema->baseline, line->word[1], error);
	}
	return parse_feature(line, schema, error);
}

static int split_line(char *text, struct line *line, struct dlrm_error *error)
{
	char *save = NULL;

	text[strcspn(text, "#")] = 0;
	line->words = 0;
	for (char *word = strtok_r(text, " \t\r", &save); word;
	     word = strtok_r(NULL, " \t\r", &save)) {
		if (line->words == MAX_WORDS)
			return bad_line(error, line, "more than %d words", MAX_WORDS);
		line->word[line->words++] = word;
	}
	return 0;
}

int dlrm_schema_parse(const char *text, struct dlrm_schema *schema, struct dlrm_error *error)
{
	struct line line = { 0 };
	char *copy, *next, *at;
	int err = 0;

	memset(schema, 0, sizeof(*schema));
	if (strlen(text) > DLRM_MAX_SCHEMA)
		return dlrm_fail(error, -EINVAL, "schema: longer than %d bytes", DLRM_MAX_SCHEMA);
	copy = next = strdup(text);
	if (!copy)
		return dlrm_fail(error, -ENOMEM, "schema: no memory");
	while (!err && (at = strsep(&next, "\n"))) {
		line.number++;
		err = split_line(at, &line, error);
		if (!err && line.words)
			err = parse_line(&line, schema, error);
	}
	free(copy);
	if (!err && !(schema->rows[0] && schema->label[0] && schema->baseline[0]))
		err = dlrm_fail(error, -EINVAL, "schema: rows, label and baseline are required");
	return err;
}
