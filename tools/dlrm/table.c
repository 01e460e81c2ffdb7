// SPDX-License-Identifier: MIT
#include "table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MAX_COLUMNS 256

/* Cuts `line` at its tabs into at most `limit` cells; returns how many there are. */
static uint32_t cut(char *line, char **cells, uint32_t limit)
{
	uint32_t count = 0;
	char *cell;

	line[strcspn(line, "\r")] = 0;
	while ((cell = strsep(&line, "\t"))) {
		if (count < limit)
			cells[count] = cell;
		count++;
	}
	return count;
}

static int parse(const char *path, struct dlrm_table *table, struct dlrm_error *error)
{
	char *next = table->text, *line = strsep(&next, "\n");
	char *header[MAX_COLUMNS];
	uint64_t lines = 0;

	table->columns = cut(line, header, MAX_COLUMNS);
	if (table->columns > MAX_COLUMNS)
		return dlrm_fail(error, -EBADMSG, "%s: more than %d columns", path, MAX_COLUMNS);
	for (uint32_t c = 0; c < table->columns; c++) {
		char *type = strchr(header[c], ':');

		if (!type || type == header[c])
			return dlrm_fail(error, -EBADMSG, "%s: header cell %u is not name:type",
					 path, c + 1);
		*type = 0;
	}
	for (char *at = next; at && *at; lines++) {
		at = strchr(at, '\n');
		at += at != NULL;
	}
	if (lines > DLRM_MAX_ROWS / MAX_COLUMNS)
		return dlrm_fail(error, -EBADMSG, "%s: more than %u lines", path,
				 DLRM_MAX_ROWS / MAX_COLUMNS);
	table->header = calloc(table->columns, sizeof(*table->header));
	table->cells = calloc(lines * table->columns + 1, sizeof(*table->cells));
	if (!table->header || !table->cells)
		return dlrm_fail(error, -ENOMEM, "%s: no memory", path);
	memcpy(table->header, header, table->columns * sizeof(*header));

	for (; table->rows < lines; table->rows++) {
		char **cells = table->cells + (size_t)table->rows * table->columns;
		uint32_t count = cut(strsep(&next, "\n"), cells, table->columns);

		if (count != table->columns)
			return dlrm_fail(error, -EBADMSG, "%s: line %u has %u cells, the header %u",
					 path, table->rows + 2, count, table->columns);
	}
	return 0;
}

int dlrm_table_read(const char *path, struct dlrm_table *table, struct dlrm_error *error)
{
	size_t size;
	int err;

	memset(table, 0, sizeof(*table));
	err = dlrm_read_file(path, 1ull << 30, &table->text, &size, error);
	if (err)
		return err;
	if (strlen(table->text) != size)
		err = dlrm_fail(error, -EBADMSG, "%s: NUL byte in the text", path);
	else
		err = parse(path, table, error);
	if (err)
		dlrm_table_free(table);
	return err;
}

void dlrm_table_free(struct dlrm_table *table)
{
	free(table->text);
	free(table->header);
	free(table->cells);
	memset(table, 0, sizeof(*table));
}

/* FNV-1a */
static uint32_t hash(const struct dlrm_token *token)
{
	uint32_t value = 0x811c9dc5;

	for (size_t i = 0; i < token->length; i++)
		value = (value ^ (uint8_t)token->text[i]) * 0x01000193u;
	return value ^ value >> 16;
}

static bool same(const struct dlrm_token *a, const struct dlrm_token *b)
{
	return a->length == b->length && !memcmp(a->text, b->text, a->length);
}

static uint32_t *slot_of(const struct dlrm_tokens *tokens, const struct dlrm_token *token)
{
	uint32_t mask = 2 * tokens->capacity - 1, at = hash(token) & mask;

	while (tokens->slots[at] && !same(&tokens->token[tokens->slots[at] - 1], token))
		at = (at + 1) & mask;
	return &tokens->slots[at];
}

static int grow(struct dlrm_tokens *tokens)
{
	uint32_t capacity = tokens->capacity ? 2 * tokens->capacity : 64;
	struct dlrm_token *token = realloc(tokens->token, capacity * sizeof(*token));
	uint32_t *slots;

	if (!token)
		return -ENOMEM;
	tokens->token = token;
	slots = calloc(2 * (size_t)capacity, sizeof(*slots));
	if (!slots)
		return -ENOMEM;
	free(tokens->slots);
	tokens->slots = slots;
	tokens->capacity = capacity;
	for (uint32_t i = 0; i < tokens->count; i++)
		*slot_of(tokens, &token[i]) = i + 1;
	return 0;
}

uint32_t dlrm_token_add(struct dlrm_tokens *tokens, const char *text, size_t length)
{
	struct dlrm_token token = { text, length };
	uint32_t *slot;

	if (tokens->count == tokens->capacity &&
	    (tokens->capacity >= DLRM_MAX_ROWS || grow(tokens)))
		return DLRM_NO_TOKEN;
	slot = slot_of(tokens, &token);
	if (!*slot) {
		tokens->token[tokens->count] = token;
		*slot = ++tokens->count;
	}
	return *slot - 1;
}

uint32_t dlrm_token_find(const struct dlrm_tokens *tokens, const char *text, size_t length)
{
	struct dlrm_token token = { text, length };
	uint32_t *slot = tokens->count ? slot_of(tokens, &token) : NULL;

	return slot && *slot ? *slot - 1 : DLRM_NO_TOKEN;
}

void dlrm_tokens_free(struct dlrm_tokens *tokens)
{
	free(tokens->token);
	free(tokens->slots);
	memset(tokens, 0, sizeof(*tokens));
}
