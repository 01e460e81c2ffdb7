/* SPDX-License-Identifier: MIT */
/*
 * A conversion in progress: the published tables joined and split (source.c), bags made from them
 * (bags.c), dense values and the image (convert.c). Private to these three files.
 */
#ifndef MTIA_DLRM_CONVERSION_H
#define MTIA_DLRM_CONVERSION_H

#include "schema.h"
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
	uint32_t *joined[DLRM_MAX_JOINS]; /* [rows] line in the joined table, or DLRM_NO_TOKEN */
	uint32_t rows, train_rows;
	bool *test;	 /* [rows] */
	uint32_t *order; /* [rows] row in the file of each output row */
	struct vocabulary *vocabularies;
	uint32_t crc; /* of the vocabularies, in order of tables */
	char *image;
	size_t size, capacity;
};

int conv_no_memory(struct conversion *conv); /* reports and returns -ENOMEM */

/* Reads and joins all tables of conv->schema and splits the rows. -errno, -EINVAL, -EBADMSG. */
int conv_read(struct conversion *conv, const char *directory);
void conv_release(struct conversion *conv);

/* Rows are given by their number in the file. */
int conv_column(struct conversion *conv, const char *name, struct cell_ref *ref);
/* "" if the joined table has no line for this row. */
const char *conv_cell(const struct conversion *conv, struct cell_ref ref, uint32_t row);
/* NAN if the cell holds no finite number: published tables have empty cells and "unknown". */
double conv_number(const struct conversion *conv, struct cell_ref ref, uint32_t row);
/* For columns in which a row cannot do without one. */
int conv_required(struct conversion *conv, const char *name, struct cell_ref ref, uint32_t row,
		  double *value);
int conv_vocabulary(struct conversion *conv, const char *column, struct vocabulary **out);
void conv_add_to_crc(struct conversion *conv, const struct dlrm_tokens *tokens);

/* Fill bags whose `offset` is allocated and zero; the caller frees both arrays, also on failure. */
int conv_make_set(struct conversion *conv, const struct dlrm_schema_feature *feature,
		  struct bags *bags);
int conv_make_history(struct conversion *conv, const struct dlrm_schema_feature *feature,
		      struct bags *bags);

#endif /* MTIA_DLRM_CONVERSION_H */
