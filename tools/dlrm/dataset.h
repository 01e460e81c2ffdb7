/* SPDX-License-Identifier: MIT */
/*
 * A prepared data set in memory: rows with a label, dense values, single ids and bags of ids.
 * Constant once opened; any number of threads may read it.
 */
#ifndef MTIA_DLRM_DATASET_H
#define MTIA_DLRM_DATASET_H

#include "format.h"
#include "image.h"

#define DLRM_PREPARED_NAME "dataset.dlrm" /* in a directory: the prepared form, used first */

struct dlrm_column {
	const struct dlrm_feature *feature;
	const uint32_t *id;	/* DLRM_ID: one a row, else NULL */
	const uint32_t *offset; /* DLRM_BAG: rows + 1, else NULL */
	const uint32_t *index;
};

struct dlrm_data {
	const char *schema; /* NUL-terminated copy */
	uint32_t vocabulary_crc;
	uint32_t tables, dense_count;
	uint32_t rows, train_rows, test_rows; /* test rows are rows train_rows .. rows - 1 */
	uint32_t baseline;		      /* a column of kind DLRM_ID */
	const struct dlrm_feature *features;  /* [tables] */
	const struct dlrm_dense *dense_features; /* [dense_count] */
	struct dlrm_column columns[DLRM_MAX_TABLES];
	const uint8_t *label;		      /* [rows] */
	const float *dense;		      /* [rows][dense_count] */
	void *image;			      /* owns all of the above */
	size_t image_size;
};

/*
 * `path` is a prepared file, a directory that holds one (DLRM_PREPARED_NAME), or a directory with
 * the published tables, which are then converted in memory as `schema` says (text in the form of
 * schema.h; a trained model carries the one it needs; NULL = refuse tables). Errors: -errno of the
 * file system, -EBADMSG (truncated, corrupt, or contradicting itself), -EINVAL (schema), -ENOMEM.
 */
int dlrm_data_open(const char *path, const char *schema, struct dlrm_data **out,
		   struct dlrm_error *error);
/* Takes over `image`, also when it fails. `name` is for messages. */
int dlrm_data_from_image(const char *name, void *image, size_t size, struct dlrm_data **out,
			 struct dlrm_error *error);
void dlrm_data_free(struct dlrm_data *data);

/*
 * Indices of rows first .. first + count - 1 in the layout of mtia_tbe_desc, int32: bag (t, b) is
 * indices[offsets[t * count + b]] .. . An id is a bag of one.
 *
 * dlrm_data_index_count: how many indices that makes (rows must be in range).
 * dlrm_data_bags: fills offsets[tables * count + 1] and indices[that many].
 */
uint64_t dlrm_data_index_count(const struct dlrm_data *data, uint32_t first, uint32_t count);
void dlrm_data_bags(const struct dlrm_data *data, uint32_t first, uint32_t count, int32_t *offsets,
		    int32_t *indices);

/*
 * The baseline: for each test row the smoothed mean label of the training rows with the same id in
 * column `baseline`: (sum + 5 * overall) / (rows + 5). score[test_rows].
 */
int dlrm_data_baseline(const struct dlrm_data *data, float *score);

#endif /* MTIA_DLRM_DATASET_H */
