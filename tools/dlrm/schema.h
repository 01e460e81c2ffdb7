/* SPDX-License-Identifier: MIT */
/*
 * Which columns of which published tables make the features: data, so that another data set needs
 * no other code. Text, one statement a line, `#` starts a comment:
 *
 *	rows FILE			the table with one rating a line; first statement
 *	join FILE COLUMN		a table with facts about COLUMN's tokens: its first column
 *	label COLUMN >= NUMBER		1 if so, else 0; required
 *	baseline COLUMN			the id whose mean label is the baseline; required
 *	id COLUMN			single id; its table has a row for each token
 *	set COLUMN			multi-hot bag: the tokens of a token_seq column
 *	history COLUMN by KEY		multi-hot bag: COLUMN of the other training rows with this KEY
 *	  [before COLUMN2]		only rows with a smaller number in COLUMN2, oldest first
 *	  [limit N]			at most the newest N of them
 *	dense COLUMN			the number in the column; the mean where there is none
 *	count COLUMN			dense: log(1 + other training rows with the same token)
 *
 * Tables are tab-separated with a header of name:type (RecBole's atomic files: token, token_seq,
 * float). Tokens are numbered in the order in which they first appear, row by row, over all rows.
 * Ids come before bags in the model's order of tables.
 *
 * Split: row r (from 0, in file order) is a test row if splitmix64(r) % 10 == 0 (source.c). Nothing
 * is taken from test rows but the list of tokens: histories, counts, means and deviations come
 * from the training part.
 */
#ifndef MTIA_DLRM_SCHEMA_H
#define MTIA_DLRM_SCHEMA_H

#include "image.h"

#define DLRM_MAX_JOINS	8
#define DLRM_MAX_FEATURES (DLRM_MAX_TABLES + DLRM_MAX_DENSE)

enum dlrm_source {
	DLRM_FROM_ID,
	DLRM_FROM_SET,
	DLRM_FROM_HISTORY,
	DLRM_FROM_NUMBER,
	DLRM_FROM_COUNT,
};

struct dlrm_schema_feature {
	enum dlrm_source source;
	char column[DLRM_NAME_SIZE];
	char key[DLRM_NAME_SIZE];    /* history */
	char before[DLRM_NAME_SIZE]; /* history; "" = no order */
	uint32_t limit;		     /* history; 0 = none */
	unsigned int line;
};

struct dlrm_schema {
	char rows[DLRM_NAME_SIZE];
	struct {
		char file[DLRM_NAME_SIZE], column[DLRM_NAME_SIZE];
	} joins[DLRM_MAX_JOINS];
	unsigned int join_count;
	char label[DLRM_NAME_SIZE];
	double threshold;
	char baseline[DLRM_NAME_SIZE];
	struct dlrm_schema_feature features[DLRM_MAX_FEATURES];
	unsigned int feature_count;
};

/* -EINVAL names line and mistake. File names may not leave the directory. */
int dlrm_schema_parse(const char *text, struct dlrm_schema *schema, struct dlrm_error *error);

/*
 * Reads the published tables in `directory` and builds the image of a data set (format.h); caller
 * frees. -errno, -EINVAL (schema), -EBADMSG (a table contradicts its header or the schema).
 */
int dlrm_convert(const char *directory, const char *schema, void **image, size_t *size,
		 struct dlrm_error *error);

#endif /* MTIA_DLRM_SCHEMA_H */
