/* SPDX-License-Identifier: MIT */
/* A tab-separated table with a header of name:type, and the numbering of tokens. */
#ifndef MTIA_DLRM_TABLE_H
#define MTIA_DLRM_TABLE_H

#include "image.h"

struct dlrm_table {
	char *text; /* owns every cell */
	uint32_t rows, columns;
	char **header; /* [columns] names without their types */
	char **cells;  /* [rows][columns], NUL-terminated */
};

/* -errno of the file; -EBADMSG: no header, a line with another number of cells, a NUL byte. */
int dlrm_table_read(const char *path, struct dlrm_table *table, struct dlrm_error *error);
void dlrm_table_free(struct dlrm_table *table);

/* Numbers tokens from 0 in the order in which they are first seen. Keeps the pointers given. */
struct dlrm_token {
	const char *text; /* not NUL-terminated */
	size_t length;
};
struct dlrm_tokens {
	struct dlrm_token *token; /* [count] in order of number */
	uint32_t count, capacity;
	uint32_t *slots; /* hash table of number + 1, 2 * capacity entries */
};
#define DLRM_NO_TOKEN UINT32_MAX
/* The number of a token, seen before or not; DLRM_NO_TOKEN = no memory. */
uint32_t dlrm_token_add(struct dlrm_tokens *tokens, const char *text, size_t length);
/* The number of a token seen before, or DLRM_NO_TOKEN. */
uint32_t dlrm_token_find(const struct dlrm_tokens *tokens, const char *text, size_t length);
void dlrm_tokens_free(struct dlrm_tokens *tokens);

#endif /* MTIA_DLRM_TABLE_H */
