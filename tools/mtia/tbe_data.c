// SPDX-License-Identifier: MIT
/* Tables, bags and what a run leaves of them, for mtia run tbe. */
#include "tbe_data.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "mtia/ref.h"

static int no_memory(void)
{
	return mtia_error_set(-ENOMEM, "run tbe", "choose smaller tables",
			      "no memory for tables and bags of this size");
}

static bool is_int4(uint32_t layout)
{
	return layout == MTIA_TABLE_U4_F16_LAST || layout == MTIA_TABLE_U4_F16_FIRST;
}

/* With --mixed-dim a quarter, a half, three quarters, all of --dim, in turn. */
static void shape_table(struct mtia_table *t, uint64_t index, const struct tbe_options *o)
{
	uint64_t dim = o->dim;

	if (o->mixed_dim)
		dim = dim * (index % 4 + 1) / 4;
	t->layout = o->layout == TBE_LAYOUT_MIXED ? index % TBE_LAYOUT_MIXED : o->layout;
	t->dim = dim ? dim : 1;
	if (o->layout == TBE_LAYOUT_MIXED && t->dim > 1)
		t->dim &= ~1u; /* INT4 needs it, and unpooled rows one dimension */
	if (o->mixed_dim && is_int4(t->layout))
		t->dim += t->dim & 1;
	t->row_count = o->rows;
}

/* Between -1 and 1, 24 bits. */
static float fraction(uint64_t *rng)
{
	return (float)(random_next(rng) >> 40) * 0x1p-23f - 1.0f;
}

/* Scale and bias of a row, so small that FP32 holds sums of any length here. */
static void set_header(unsigned char *row, const struct mtia_table *t, uint64_t *rng)
{
	float scale = (float)((random_next(rng) >> 40) + 1) * 0x1p-32f;
	float bias = fraction(rng) * 0.125f, f32[2] = { scale, bias };
	const uint16_t f16[2] = { mtia_f16_from_f32(scale * 16), mtia_f16_from_f32(bias) };

	switch (t->layout) {
	case MTIA_TABLE_U8_F32_LAST:
		memcpy(row + t->dim, f32, sizeof(f32));
		break;
	case MTIA_TABLE_U4_F16_LAST:
		memcpy(row + t->dim / 2, f16, sizeof(f16));
		break;
	default:
		memcpy(row, f16, sizeof(f16));
	}
}

static void fill_row(unsigned char *row, size_t bytes, const struct mtia_table *t, uint64_t *rng)
{
	if (t->layout < MTIA_TABLE_F16) {
		for (size_t i = 0; i < bytes; i += 8) {
			uint64_t bits = random_next(rng);

			memcpy(row + i, &bits, bytes - i < 8 ? bytes - i : 8);
		}
		set_header(row, t, rng);
		return;
	}
	for (uint32_t j = 0; j < t->dim; j++) {
		float x = fraction(rng);
		uint16_t half = mtia_f16_from_f32(x);

		if (t->layout == MTIA_TABLE_F32)
			memcpy(row + j * sizeof(x), &x, sizeof(x));
		else
			memcpy(row + j * sizeof(half), &half, sizeof(half));
	}
}

static int make_table(struct mtia_table *t, uint64_t *rng)
{
	size_t bytes = mtia_table_row_bytes(t->layout, t->dim);
	unsigned char *rows;

	if (!bytes)
		return mtia_error_set(-EINVAL, "run tbe", "choose an even --dim",
				      "rows of 4-bit elements need an even number of them, not %u",
				      t->dim);
	rows = malloc(t->row_count * bytes);
	t->rows = rows;
	if (!rows)
		return no_memory();
	for (uint64_t i = 0; i < t->row_count; i++)
		fill_row(rows + i * bytes, bytes, t, rng);
	return 0;
}

static void store(void *array, uint32_t bytes, uint64_t at, int64_t value)
{
	if (bytes == 4)
		((int32_t *)array)[at] = (int32_t)value;
	else
		((int64_t *)array)[at] = value;
}

/* An index outside every table, and an offset out of order. */
static void spoil(struct tbe_data *d, const struct tbe_options *o, uint64_t *rng)
{
	int64_t beyond = (int64_t)(o->rows + random_next(rng) % 1000);

	if (!d->index_count)
		return;
	if (d->index_bytes == 4 && beyond > INT32_MAX)
		beyond = -2;
	store(d->indices, d->index_bytes, random_next(rng) % d->index_count, beyond);
	store(d->offsets, d->index_bytes, random_next(rng) % (d->bags + 1),
	      (int64_t)(random_next(rng) % (d->index_count + 1)));
}

static void make_bags(struct tbe_data *d, const struct tbe_options *o, uint64_t *rng)
{
	for (uint64_t i = 0; i < d->index_count; i++) {
		bool pruned = o->pruned && random_next(rng) % 100 < o->pruned;

		store(d->indices, d->index_bytes, i,
		      pruned ? -1 : (int64_t)(random_next(rng) % o->rows));
	}
	for (uint64_t i = 0; i <= d->bags; i++)
		store(d->offsets, d->index_bytes, i, (int64_t)(i * o->pooling));
	for (uint64_t i = 0; i < o->bad; i++)
		spoil(d, o, rng);
	for (uint64_t i = 0; d->weights && i < d->index_count; i++)
		d->weights[i] = fraction(rng);
}

/* How the output lies, see struct mtia_tbe_desc. */
static void shape_output(struct tbe_data *d, const struct tbe_options *o)
{
	bool none = o->mode == TBE_NONE;
	const struct mtia_table *first = &d->tables[0];

	d->element = o->out == MTIA_TBE_OUT_F32 ? 4 : o->out == MTIA_TBE_OUT_F16 ? 2 : 1;
	d->out_rows = none ? d->index_count : o->batch;
	if (none) {
		d->row_bytes = (uint64_t)first->dim * d->element;
		if (o->out == MTIA_TBE_OUT_U8)
			d->row_bytes = mtia_table_row_bytes(first->layout, first->dim);
	}
	for (uint64_t t = 0; t < o->tables && !none; t++)
		d->row_bytes += (uint64_t)d->tables[t].dim * d->element +
				(o->out == MTIA_TBE_OUT_U8 ? 2 * sizeof(float) : 0);
	d->out_stride = (d->row_bytes + MTIA_OUT_ALIGN - 1) / MTIA_OUT_ALIGN * MTIA_OUT_ALIGN;
}

int tbe_data_make(struct tbe_data *d, const struct tbe_options *o)
{
	uint64_t rng = o->seed;
	int ret = 0;

	memset(d, 0, sizeof(*d));
	d->index_bytes = o->index_bits == TBE_INDEX_64 ? 8 : 4;
	d->bags = o->tables * o->batch;
	d->index_count = d->bags * o->pooling;
	if (d->index_bytes == 4 && d->index_count > INT32_MAX)
		return mtia_error_set(-EINVAL, "run tbe", "--index-bits 64",
				      "%llu indices need offsets of 64 bits",
				      (unsigned long long)d->index_count);
	d->tables = calloc(o->tables, sizeof(*d->tables));
	if (!d->tables)
		return no_memory();
	for (uint64_t t = 0; t < o->tables; t++)
		shape_table(&d->tables[t], t, o);
	shape_output(d, o);
	d->indices = malloc(d->index_count * d->index_bytes + 8);
	d->offsets = malloc((d->bags + 1) * d->index_bytes);
	d->weights = o->mode == TBE_WEIGHTED ? malloc((d->index_count + 1) * sizeof(float)) : NULL;
	d->out = calloc(d->out_rows + 1, d->out_stride);
	d->want = calloc(d->out_rows + 1, d->out_stride);
	if (!d->indices || !d->offsets || !d->out || !d->want ||
	    (o->mode == TBE_WEIGHTED && !d->weights))
		return no_memory();
	for (uint64_t t = 0; t < o->tables && !ret; t++)
		ret = make_table(&d->tables[t], &rng);
	if (!ret)
		make_bags(d, o, &rng);
	return ret;
}

void tbe_data_free(struct tbe_data *d, const struct tbe_options *o)
{
	for (uint64_t t = 0; d->tables && t < o->tables; t++)
		free((void *)d->tables[t].rows);
	free(d->tables);
	free(d->indices);
	free(d->offsets);
	free(d->weights);
	free(d->out);
	free(d->want);
}
