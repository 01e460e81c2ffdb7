// SPDX-License-Identifier: MIT
/* Table-batched embedding: bags, bounds, pooling. How a row is read is in tbe_rows.c. */
#include "mtia/ref.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "exact.h"
#include "tbe_rows.h"

struct bag {
	uint32_t table, b;
	uint64_t from, to; /* in indices */
};

static int64_t element(const void *array, uint64_t i, uint32_t bytes)
{
	return bytes == 4 ? ((const int32_t *)array)[i] : ((const int64_t *)array)[i];
}

/* Bytes of a table's part of an output row. */
static uint64_t out_bytes(const struct mtia_tbe_ref *tbe, const struct mtia_table *table)
{
	switch (tbe->out_type) {
	case MTIA_TBE_OUT_F32:
		return table->dim * 4ull;
	case MTIA_TBE_OUT_F16:
		return table->dim * 2ull;
	default:
		return tbe->pooling == MTIA_POOL_NONE
			       ? mtia_table_row_bytes(table->layout, table->dim)
			       : table->dim + 8ull;
	}
}

static uint64_t out_row(const struct mtia_tbe_ref *tbe)
{
	uint64_t bytes = 0;

	if (tbe->pooling == MTIA_POOL_NONE)
		return out_bytes(tbe, tbe->tables);
	for (uint32_t t = 0; t < tbe->table_count; t++)
		bytes += out_bytes(tbe, &tbe->tables[t]);
	return bytes;
}

static uint32_t out_element(const struct mtia_tbe_ref *tbe)
{
	return tbe->out_type == MTIA_TBE_OUT_F32 ? 4 : tbe->out_type == MTIA_TBE_OUT_F16 ? 2 : 1;
}

static bool table_valid(const struct mtia_tbe_ref *tbe, const struct mtia_table *table)
{
	uint32_t bytes = mtia_table_row_bytes(table->layout, table->dim);

	if (!table->rows || !table->row_count || !bytes || table->reserved)
		return false;
	if (table->row_stride && table->row_stride < bytes)
		return false;
	if (tbe->pooling != MTIA_POOL_NONE)
		return true;
	if (table->dim != tbe->tables[0].dim)
		return false;
	return tbe->out_type != MTIA_TBE_OUT_U8 ||
	       (table->layout == tbe->tables[0].layout && table->layout < MTIA_TABLE_F16);
}

static bool tbe_valid(const struct mtia_tbe_ref *tbe)
{
	if (!tbe->tables || !tbe->table_count || !tbe->batch || !tbe->offsets || !tbe->out)
		return false;
	if (tbe->index_bytes != 4 && tbe->index_bytes != 8)
		return false;
	if (tbe->index_count && !tbe->indices)
		return false;
	if (tbe->pooling > MTIA_POOL_NONE || tbe->bounds > MTIA_BOUNDS_NONE ||
	    tbe->out_type > MTIA_TBE_OUT_U8)
		return false;
	if (tbe->weights && tbe->pooling != MTIA_POOL_SUM)
		return false;
	for (uint32_t t = 0; t < tbe->table_count; t++) {
		if (!table_valid(tbe, &tbe->tables[t]))
			return false;
	}
	return !tbe->out_stride || tbe->out_stride * out_element(tbe) >= out_row(tbe);
}

/* Corrections are counted, the first is described; without correction it is the end. */
static int note(const struct mtia_tbe_ref *tbe, const struct mtia_tbe_finding *what,
		struct mtia_tbe_finding *finding)
{
	bool fixed = tbe->bounds == MTIA_BOUNDS_WARNING || tbe->bounds == MTIA_BOUNDS_IGNORE;
	uint64_t bad_offsets, bad_indices;

	if (finding && tbe->bounds != MTIA_BOUNDS_IGNORE) {
		bad_offsets = finding->bad_offsets + (fixed && what->code == 2);
		bad_indices = finding->bad_indices + (fixed && what->code == 1);
		if (!finding->code)
			*finding = *what;
		finding->bad_offsets = bad_offsets;
		finding->bad_indices = bad_indices;
	}
	return fixed ? 0 : -EINVAL;
}

static int bad_offsets(const struct mtia_tbe_ref *tbe, const struct bag *bag, int64_t from,
		       int64_t to, struct mtia_tbe_finding *finding)
{
	struct mtia_tbe_finding what = {
		.code = 2,
		.table = bag->table,
		.bag = bag->b,
		.position = (uint64_t)bag->table * tbe->batch + bag->b,
	};

	snprintf(what.text, sizeof(what.text),
		 "table %" PRIu32 ", bag %" PRIu32 ": offsets %" PRId64 " to %" PRId64
		 " are no range within %" PRIu64 " indices, or end before them",
		 bag->table, bag->b, from, to, tbe->index_count);
	return note(tbe, &what, finding);
}

static int bad_index(const struct mtia_tbe_ref *tbe, const struct bag *bag, uint64_t position,
		     int64_t value, struct mtia_tbe_finding *finding)
{
	struct mtia_tbe_finding what = {
		.code = 1,
		.table = bag->table,
		.bag = bag->b,
		.position = position,
		.value = value,
	};

	snprintf(what.text, sizeof(what.text),
		 "table %" PRIu32 ", bag %" PRIu32 ": index %" PRId64 " (position %" PRIu64
		 ") is outside a table of %" PRIu64 " rows",
		 bag->table, bag->b, value, position, tbe->tables[bag->table].row_count);
	return note(tbe, &what, finding);
}

static uint64_t clamp(int64_t x, uint64_t lo, uint64_t hi)
{
	return x < 0 || (uint64_t)x < lo ? lo : (uint64_t)x > hi ? hi : (uint64_t)x;
}

/* Where bag (t, b) begins and ends, corrected if the mode says so. */
static int find_bag(const struct mtia_tbe_ref *tbe, uint32_t t, uint32_t b, struct bag *bag,
		    struct mtia_tbe_finding *finding)
{
	uint64_t at = (uint64_t)t * tbe->batch + b, n = tbe->index_count;
	int64_t from = element(tbe->offsets, at, tbe->index_bytes);
	int64_t to = element(tbe->offsets, at + 1, tbe->index_bytes);
	bool last = at + 1 == (uint64_t)tbe->table_count * tbe->batch;
	bool bad = from < 0 || to < from || (uint64_t)to > n;

	*bag = (struct bag){t, b, (uint64_t)from, (uint64_t)to};
	if (tbe->bounds != MTIA_BOUNDS_NONE)
		bad |= last && (uint64_t)to != n;
	if (!bad)
		return 0;
	bag->from = clamp(from, 0, n);
	bag->to = last ? n : clamp(to, bag->from, n);
	return bad_offsets(tbe, bag, from, to, finding);
}

/* The row that index l names; *row = NULL for a pruned one. */
static int find_row(const struct mtia_tbe_ref *tbe, const struct bag *bag, uint64_t l,
		    const uint8_t **row, struct mtia_tbe_finding *finding)
{
	const struct mtia_table *table = &tbe->tables[bag->table];
	int64_t index = element(tbe->indices, l, tbe->index_bytes);
	size_t stride = table->row_stride;
	int ret = 0;

	*row = NULL;
	if (index == -1 && tbe->pruned)
		return 0;
	if (index < 0 || (uint64_t)index >= table->row_count) {
		ret = bad_index(tbe, bag, l, index, finding);
		index = 0;
	}
	if (!stride)
		stride = mtia_table_row_bytes(table->layout, table->dim);
	*row = (const uint8_t *)table->rows + (size_t)index * stride;
	return ret;
}

static void write_out(const struct mtia_tbe_ref *tbe, const float *acc, uint32_t dim, uint8_t *out)
{
	if (tbe->out_type == MTIA_TBE_OUT_U8) {
		mtia_ref_quantize_bag(acc, dim, out);
		return;
	}
	for (uint32_t j = 0; j < dim; j++)
		store_float(out, j,
			    tbe->out_type == MTIA_TBE_OUT_F32 ? MTIA_DTYPE_F32 : MTIA_DTYPE_F16,
			    acc[j]);
}

/* acc has room for a row. */
static int pool(const struct mtia_tbe_ref *tbe, const struct bag *bag, float *acc, uint8_t *out,
		struct mtia_tbe_finding *finding)
{
	const struct mtia_table *table = &tbe->tables[bag->table];
	add_row_fn add_row = mtia_ref_add_row(table->layout);

	memset(acc, 0, table->dim * sizeof(*acc));
	for (uint64_t l = bag->from; l < bag->to; l++) {
		const uint8_t *row;
		int ret = find_row(tbe, bag, l, &row, finding);

		if (ret)
			return ret;
		if (row)
			add_row(acc, row, table->dim, tbe->weights ? tbe->weights[l] : 1.0f);
	}
	if (tbe->pooling == MTIA_POOL_MEAN && bag->to > bag->from) {
		float share = 1.0f / (float)(bag->to - bag->from);

		for (uint32_t j = 0; j < table->dim; j++)
			acc[j] *= share;
	}
	write_out(tbe, acc, table->dim, out);
	return 0;
}

/* MTIA_POOL_NONE: out is the output's first row. */
static int copy_rows(const struct mtia_tbe_ref *tbe, const struct bag *bag, float *acc,
		     uint8_t *out, uint64_t out_stride, struct mtia_tbe_finding *finding)
{
	const struct mtia_table *table = &tbe->tables[bag->table];

	for (uint64_t l = bag->from; l < bag->to; l++) {
		uint8_t *to = out + l * out_stride;
		const uint8_t *row;
		int ret = find_row(tbe, bag, l, &row, finding);

		if (ret)
			return ret;
		if (tbe->out_type == MTIA_TBE_OUT_U8) {
			memset(to, 0, out_bytes(tbe, table));
			if (row)
				memcpy(to, row, out_bytes(tbe, table));
			continue;
		}
		memset(acc, 0, table->dim * sizeof(*acc));
		if (row)
			mtia_ref_add_row(table->layout)(acc, row, table->dim, 1.0f);
		write_out(tbe, acc, table->dim, to);
	}
	return 0;
}

int mtia_tbe_ref(const struct mtia_tbe_ref *tbe, struct mtia_tbe_finding *finding)
{
	uint64_t out_stride, column = 0;
	uint32_t widest = 1;
	float *acc;
	int ret = 0;

	if (finding)
		*finding = (struct mtia_tbe_finding){ 0 };
	if (!tbe_valid(tbe))
		return -EINVAL;
	out_stride = tbe->out_stride ? tbe->out_stride * out_element(tbe) : out_row(tbe);

	for (uint32_t t = 0; t < tbe->table_count; t++)
		widest = tbe->tables[t].dim > widest ? tbe->tables[t].dim : widest;
	acc = malloc(widest * sizeof(*acc));
	if (!acc)
		return -ENOMEM;
	for (uint32_t t = 0; t < tbe->table_count && !ret; t++) {
		for (uint32_t b = 0; b < tbe->batch && !ret; b++) {
			uint8_t *out = tbe->out;
			struct bag bag;

			ret = find_bag(tbe, t, b, &bag, finding);
			if (!ret && tbe->pooling == MTIA_POOL_NONE)
				ret = copy_rows(tbe, &bag, acc, out, out_stride, finding);
			else if (!ret)
				ret = pool(tbe, &bag, acc, out + b * out_stride + column, finding);
		}
		column += out_bytes(tbe, &tbe->tables[t]);
	}
	free(acc);
	return ret;
}

int mtia_tbe_f32_ref(const struct mtia_tbe_ref *tbe, struct mtia_tbe_finding *finding)
{
	uint64_t columns = 0, column = 0;

	if (finding)
		*finding = (struct mtia_tbe_finding){ 0 };
	if (!tbe_valid(tbe) || tbe->pooling > MTIA_POOL_MEAN || tbe->out_type || tbe->bounds ||
	    tbe->pruned)
		return -EINVAL;
	for (uint32_t t = 0; t < tbe->table_count; t++) {
		if (tbe->tables[t].layout != MTIA_TABLE_F32)
			return -EINVAL;
		columns += tbe->tables[t].dim;
	}
	columns = tbe->out_stride ? tbe->out_stride : columns;
	for (uint32_t t = 0; t < tbe->table_count; t++) {
		uint32_t dim = tbe->tables[t].dim;

		for (uint32_t b = 0; b < tbe->batch; b++) {
			float *acc = (float *)tbe->out + b * columns + column;
			struct bag bag;
			int ret = find_bag(tbe, t, b, &bag, finding);

			memset(acc, 0, dim * sizeof(*acc));
			for (uint64_t l = bag.from; !ret && l < bag.to; l++) {
				float w = tbe->weights ? tbe->weights[l] : 1.0f;
				const uint8_t *row;

				ret = find_row(tbe, &bag, l, &row, finding);
				for (uint32_t j = 0; !ret && j < dim; j++)
					acc[j] += w * load_f32(row + 4ul * j);
			}
			if (ret)
				return ret;
			for (uint32_t j = 0; tbe->pooling == MTIA_POOL_MEAN && j < dim; j++)
				acc[j] *= bag.to > bag.from ? 1.0f / (float)(bag.to - bag.from) : 1;
		}
		column += dim;
	}
	return 0;
}
