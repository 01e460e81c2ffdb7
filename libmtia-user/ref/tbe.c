// SPDX-License-Identifier: MIT
/* Table-batched embedding: INT8 rows as the device adds them up, FP32 rows as a baseline. */
#include "mtia/ref.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "exact.h"

struct bag {
	uint32_t table, b;
	uint64_t from, to; /* in indices */
};

static int64_t element(const void *array, uint64_t i, uint32_t bytes)
{
	return bytes == 4 ? ((const int32_t *)array)[i] : ((const int64_t *)array)[i];
}

static bool tbe_valid(const struct mtia_tbe_ref *tbe, uint32_t row_bytes_extra,
		      uint32_t value_bytes)
{
	uint64_t columns = 0;

	if (!tbe->tables || !tbe->table_count || !tbe->batch || !tbe->offsets || !tbe->out)
		return false;
	if (tbe->index_bytes != 4 && tbe->index_bytes != 8)
		return false;
	if (tbe->index_count && !tbe->indices)
		return false;
	if (tbe->pooling != MTIA_POOL_SUM && tbe->pooling != MTIA_POOL_MEAN)
		return false;
	if (tbe->weights && tbe->pooling != MTIA_POOL_SUM)
		return false;
	for (uint32_t t = 0; t < tbe->table_count; t++) {
		const struct mtia_table *table = &tbe->tables[t];

		if (!table->rows || !table->row_count || !table->dim || table->dim > 1024)
			return false;
		if (table->row_stride &&
		    table->row_stride < table->dim * value_bytes + row_bytes_extra)
			return false;
		columns += table->dim;
	}
	return !tbe->out_stride || tbe->out_stride >= columns;
}

static int bad_offsets(const struct mtia_tbe_ref *tbe, const struct bag *bag, int64_t from,
		       int64_t to, struct mtia_tbe_finding *finding)
{
	uint64_t position = (uint64_t)bag->table * tbe->batch + bag->b;

	if (finding) {
		*finding = (struct mtia_tbe_finding){
			.code = 2, .table = bag->table, .bag = bag->b, .position = position
		};
		snprintf(finding->text, sizeof(finding->text),
			 "table %" PRIu32 ", bag %" PRIu32 ": offsets %" PRId64 " to %" PRId64
			 " are no range within %" PRIu64 " indices",
			 bag->table, bag->b, from, to, tbe->index_count);
	}
	return -EINVAL;
}

static int bad_index(const struct mtia_tbe_ref *tbe, const struct bag *bag, uint64_t position,
		     int64_t value, struct mtia_tbe_finding *finding)
{
	if (finding) {
		*finding = (struct mtia_tbe_finding){ .code = 1,
						      .table = bag->table,
						      .bag = bag->b,
						      .position = position,
						      .value = value };
		snprintf(finding->text, sizeof(finding->text),
			 "table %" PRIu32 ", bag %" PRIu32 ": index %" PRId64 " (position %" PRIu64
			 ") is outside a table of %" PRIu64 " rows",
			 bag->table, bag->b, value, position,
			 tbe->tables[bag->table].row_count);
	}
	return -EINVAL;
}

/* The order of roundings is FBGEMM's: the bias first, then one fused multiply-add. */
MTIA_FMA_CLONES
static void add_row_u8(float *restrict acc, const uint8_t *restrict row, uint32_t dim, float weight)
{
	float scale = weight * load_f32(row + dim);
	float bias = weight * load_f32(row + dim + 4);

	for (uint32_t j = 0; j < dim; j++)
		acc[j] = fmaf(scale, (float)row[j], acc[j] + bias);
}

static void add_row_f32(float *restrict acc, const uint8_t *restrict row, uint32_t dim,
			float weight)
{
	const float *x = (const float *)row;

	for (uint32_t j = 0; j < dim; j++)
		acc[j] += weight * x[j];
}

typedef void (*add_row_fn)(float *acc, const uint8_t *row, uint32_t dim, float weight);

static int pool(const struct mtia_tbe_ref *tbe, const struct bag *bag, size_t stride,
		add_row_fn add_row, float *acc, struct mtia_tbe_finding *finding)
{
	const struct mtia_table *table = &tbe->tables[bag->table];

	memset(acc, 0, table->dim * sizeof(*acc));
	for (uint64_t l = bag->from; l < bag->to; l++) {
		int64_t index = element(tbe->indices, l, tbe->index_bytes);

		if (index < 0 || (uint64_t)index >= table->row_count)
			return bad_index(tbe, bag, l, index, finding);
		add_row(acc, (const uint8_t *)table->rows + (size_t)index * stride, table->dim,
			tbe->weights ? tbe->weights[l] : 1.0f);
	}
	if (tbe->pooling == MTIA_POOL_MEAN && bag->to > bag->from) {
		float share = 1.0f / (float)(bag->to - bag->from);

		for (uint32_t j = 0; j < table->dim; j++)
			acc[j] *= share;
	}
	return 0;
}

static int tbe_run(const struct mtia_tbe_ref *tbe, uint32_t row_bytes_extra, uint32_t value_bytes,
		   add_row_fn add_row, struct mtia_tbe_finding *finding)
{
	size_t out_stride = tbe->out_stride, column = 0;

	if (finding)
		finding->code = 0;
	if (!tbe_valid(tbe, row_bytes_extra, value_bytes))
		return -EINVAL;
	for (uint32_t t = 0; !tbe->out_stride && t < tbe->table_count; t++)
		out_stride += tbe->tables[t].dim;

	for (uint32_t t = 0; t < tbe->table_count; t++) {
		const struct mtia_table *table = &tbe->tables[t];
		size_t stride = table->row_stride;

		if (!stride)
			stride = (size_t)table->dim * value_bytes + row_bytes_extra;
		for (uint32_t b = 0; b < tbe->batch; b++) {
			uint64_t at = (uint64_t)t * tbe->batch + b;
			int64_t from = element(tbe->offsets, at, tbe->index_bytes);
			int64_t to = element(tbe->offsets, at + 1, tbe->index_bytes);
			struct bag bag = { t, b, (uint64_t)from, (uint64_t)to };
			int err;

			if (from < 0 || to < from || (uint64_t)to > tbe->index_count)
				return bad_offsets(tbe, &bag, from, to, finding);
			err = pool(tbe, &bag, stride, add_row,
				   (float *)tbe->out + b * out_stride + column,
				   finding);
			if (err)
				return err;
		}
		column += table->dim;
	}
	return 0;
}

int mtia_tbe_ref(const struct mtia_tbe_ref *tbe, struct mtia_tbe_finding *finding)
{
	return tbe_run(tbe, 8, 1, add_row_u8, finding);
}

int mtia_tbe_f32_ref(const struct mtia_tbe_ref *tbe, struct mtia_tbe_finding *finding)
{
	return tbe_run(tbe, 0, 4, add_row_f32, finding);
}
