// SPDX-License-Identifier: MIT
/*
 * Table-batched embedding: tables in device memory, one launch of the PE program tbe over the
 * queue's whole sub-grid, or of tbe_wide if rows are long. What the PEs then do is in
 * firmware/kernels/tbe.c and tbe_wide.c.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "desc.h"
#include "launch.h"
#include "mtia/kernel_args.h"
#include "mtia/ops.h"
#include "mtia/pe.h"
#include "mtia/regs.h"

struct mtia_tbe_tables {
	struct mtia_program *program;
	struct mtia_buffer *rows;	 /* all tables, rows padded */
	struct mtia_buffer *descriptors; /* struct mtia_tbe_table each */
	struct mtia_buffer *error;	 /* struct mtia_tbe_error, one for each PE of the device */
	uint32_t table_count;
	uint32_t columns;     /* elements in an output row */
	uint32_t row_cb_size; /* what the program's row buffer should be */
	uint32_t dim;	      /* of all tables; 0: they differ */
	uint32_t layout;      /* of all tables, quantised; NO_LAYOUT: they differ, or are not */
	bool rows128;	      /* MTIA_CAP_SE_ROWS128 */
};

#define NO_LAYOUT UINT32_MAX

/* The layouts of the interface are those of the device. */
_Static_assert((int)MTIA_TABLE_U8_F32_LAST == MTIA_ROW_I8_F32_LAST &&
		       (int)MTIA_TABLE_U8_F16_FIRST == MTIA_ROW_I8_F16_FIRST &&
		       (int)MTIA_TABLE_U4_F16_LAST == MTIA_ROW_I4_F16_LAST &&
		       (int)MTIA_TABLE_U4_F16_FIRST == MTIA_ROW_I4_F16_FIRST &&
		       (int)MTIA_TABLE_F16 == MTIA_ROW_F16 && (int)MTIA_TABLE_F32 == MTIA_ROW_F32,
	       "layouts differ");

_Static_assert(MTIA_TBE_PIECE == MTIA_SE_MAX_D, "what SE_ROWS takes");

/* Bytes in device memory of a piece, of a row: struct mtia_tbe_table. */
static uint32_t piece_bytes(const struct mtia_table *t, uint32_t dim)
{
	return (mtia_table_row_bytes(t->layout, dim) + MTIA_ROW_ALIGN - 1) & ~(MTIA_ROW_ALIGN - 1u);
}

static uint64_t device_row(const struct mtia_table *t)
{
	uint64_t whole = t->dim / MTIA_TBE_PIECE;

	return whole * piece_bytes(t, MTIA_TBE_PIECE) + piece_bytes(t, t->dim % MTIA_TBE_PIECE);
}

static uint32_t element_bits(uint32_t layout)
{
	switch (layout) {
	case MTIA_TABLE_U4_F16_LAST:
	case MTIA_TABLE_U4_F16_FIRST:
		return 4;
	case MTIA_TABLE_F16:
		return 16;
	case MTIA_TABLE_F32:
		return 32;
	default:
		return 8;
	}
}

static int check_table(const struct mtia_table *t, uint32_t index)
{
	static const char op[] = "mtia_tbe_tables_create";
	uint32_t bytes;

	if (!t->rows || !t->row_count)
		return mtia_error_set(-EINVAL, op, NULL, "table %u has no rows", index);
	if (t->layout > MTIA_TABLE_F32 || t->reserved)
		return mtia_error_set(-EOPNOTSUPP, op, NULL, "table %u: layout %u is not supported",
				      index, t->layout);
	if (!t->dim)
		return mtia_error_set(-EINVAL, op, NULL, "table %u: dimension 0: at least 1", index);
	if (t->dim % 2 && element_bits(t->layout) == 4)
		return mtia_error_set(-EINVAL, op, "pad each row with one element",
				      "table %u: INT4 needs an even dimension, not %u", index,
				      t->dim);
	bytes = mtia_table_row_bytes(t->layout, t->dim);
	if (!bytes || device_row(t) > UINT32_MAX)
		return mtia_error_set(-EINVAL, op, "make it several tables of some columns each",
				      "table %u: rows of %u elements have 4 GiB or more", index,
				      t->dim);
	if (t->row_stride && t->row_stride < bytes)
		return mtia_error_set(-EINVAL, op, NULL,
				      "table %u: rows of %u bytes cannot be %u bytes apart", index,
				      bytes, t->row_stride);
	return 0;
}

/*
 * The row buffer holds a whole number of rows, so that none wraps around its end. With rows of
 * different sizes they may wrap, which costs a little.
 */
static uint32_t row_buffer_size(const struct mtia_table *tables, uint32_t count)
{
	uint32_t row = device_row(&tables[0]);

	for (uint32_t t = 0; t < count; t++) {
		if (tables[t].dim > MTIA_TBE_PIECE || device_row(&tables[t]) != row)
			return MTIA_TBE_ROW_CB_MAX;
	}
	return MTIA_TBE_ROW_CB_MAX / row * row;
}

/* One row of a table, piece by piece. */
static void lay_out(const struct mtia_table *t, const char *from, unsigned char *to)
{
	bool first = t->layout == MTIA_TABLE_U8_F16_FIRST || t->layout == MTIA_TABLE_U4_F16_FIRST;
	uint64_t bytes = mtia_table_row_bytes(t->layout, t->dim);
	uint64_t bits = element_bits(t->layout), data = t->dim * bits / 8, header = bytes - data;
	const char *elements = from + (first ? header : 0);

	for (uint32_t at = 0; at < t->dim; at += MTIA_TBE_PIECE) {
		uint32_t dim = t->dim - at < MTIA_TBE_PIECE ? t->dim - at : MTIA_TBE_PIECE;

		memcpy(to + (first ? header : 0), elements + at * bits / 8, dim * bits / 8);
		/* Scale and bias */
		memcpy(to + (first ? 0 : dim * bits / 8), from + (first ? 0 : data), header);
		to += piece_bytes(t, dim);
	}
}

static int copy_rows(struct mtia_buffer *buffer, uint64_t offset, const struct mtia_table *t)
{
	uint32_t bytes = mtia_table_row_bytes(t->layout, t->dim);
	uint32_t from = t->row_stride ? t->row_stride : bytes;
	uint64_t stride = device_row(t), chunk;
	unsigned char *rows;
	int ret = 0;

	/* Rows a copy, so that memory use stays small. */
	chunk = stride < 1u << 20 ? (1u << 20) / stride : 1;
	rows = calloc(chunk, stride);
	if (!rows)
		return mtia_error_set(-ENOMEM, "mtia_tbe_tables_create", NULL, "no memory to copy rows");
	for (uint64_t done = 0; done < t->row_count && !ret; done += chunk) {
		uint64_t count = t->row_count - done < chunk ? t->row_count - done : chunk;

		for (uint64_t i = 0; i < count; i++)
			lay_out(t, (const char *)t->rows + (done + i) * from, rows + i * stride);
		ret = mtia_buffer_write(buffer, offset + done * stride, rows, count * stride);
	}
	free(rows);
	return ret;
}

static int create_buffer(struct mtia_context *context, const char *label, uint64_t bytes,
			 uint32_t flags, struct mtia_buffer **out)
{
	const struct mtia_buffer_desc desc = {
		.size = sizeof(desc), .flags = flags, .bytes = bytes, .label = label,
	};

	return mtia_buffer_create(context, &desc, out);
}

static int fill_tables(struct mtia_tbe_tables *self, const struct mtia_table *tables,
		       struct mtia_tbe_table *descriptors)
{
	uint64_t base = mtia_buffer_address(self->rows), offset = 0;

	for (uint32_t t = 0; t < self->table_count; t++) {
		int ret = copy_rows(self->rows, offset, &tables[t]);

		if (ret)
			return ret;
		descriptors[t] = (struct mtia_tbe_table){
			.rows_va = base + offset,
			.rows = tables[t].row_count,
			.row_stride = (uint32_t)device_row(&tables[t]),
			.dim = tables[t].dim,
			.out_column = self->columns,
			.layout = tables[t].layout,
		};
		if (tables[t].dim <= MTIA_TBE_PIECE)
			descriptors[t].row_bytes =
				mtia_table_row_bytes(tables[t].layout, tables[t].dim);
		self->columns += tables[t].dim;
		if (tables[t].dim != self->dim)
			self->dim = 0;
		if (tables[t].layout != self->layout)
			self->layout = NO_LAYOUT;
		offset += tables[t].row_count * device_row(&tables[t]);
	}
	return mtia_buffer_write(self->descriptors, 0, descriptors,
				 self->table_count * sizeof(*descriptors));
}

int mtia_tbe_tables_create(struct mtia_context *context, const struct mtia_table *tables,
			   uint32_t table_count, struct mtia_tbe_tables **out)
{
	static const char op[] = "mtia_tbe_tables_create";
	struct mtia_tbe_table *descriptors;
	struct mtia_device_props props = { .size = sizeof(props) };
	struct mtia_tbe_tables *self;
	uint64_t bytes = 0, columns = 0;
	bool wide = false;
	int ret;

	if (!tables || !table_count)
		return mtia_error_set(-EINVAL, op, NULL, "no tables");
	for (uint32_t t = 0; t < table_count; t++) {
		uint64_t size;

		ret = check_table(&tables[t], t);
		if (ret)
			return ret;
		if (__builtin_mul_overflow(tables[t].row_count, device_row(&tables[t]), &size) ||
		    __builtin_add_overflow(bytes, size, &bytes))
			return mtia_error_set(-EINVAL, op, NULL, "table %u: %llu rows are too many", t,
					      (unsigned long long)tables[t].row_count);
		columns += tables[t].dim;
		wide |= tables[t].dim > MTIA_TBE_PIECE;
	}
	/* As FP32, and as bytes with a scale and a bias a table. */
	if (columns > UINT32_MAX / 4 || columns + 8ull * table_count > UINT32_MAX - 3)
		return mtia_error_set(-EINVAL, op, "put some of the tables into a set of their own",
				      "output rows of %llu columns have 4 GiB or more",
				      (unsigned long long)columns);
	ret = mtia_device_props(mtia_context_device(context), &props);
	if (ret)
		return ret;

	self = calloc(1, sizeof(*self));
	descriptors = calloc(table_count, sizeof(*descriptors));
	if (!self || !descriptors) {
		free(self);
		free(descriptors);
		return mtia_error_set(-ENOMEM, op, NULL, "no memory for %u tables", table_count);
	}
	self->table_count = table_count;
	self->row_cb_size = row_buffer_size(tables, table_count);
	self->dim = tables[0].dim;
	self->layout = tables[0].layout < MTIA_TABLE_F16 ? tables[0].layout : NO_LAYOUT;
	self->rows128 = props.features & MTIA_CAP_SE_ROWS128;
	ret = mtia_program_builtin(context, wide ? "tbe_wide" : "tbe", &self->program);
	if (!ret)
		ret = create_buffer(context, "tbe rows", bytes, MTIA_BUFFER_READONLY, &self->rows);
	if (!ret)
		ret = create_buffer(context, "tbe tables", table_count * sizeof(*descriptors),
				    MTIA_BUFFER_READONLY, &self->descriptors);
	if (!ret)
		ret = create_buffer(context, "tbe finding",
				    (uint64_t)props.grid_rows * props.grid_cols *
					    sizeof(struct mtia_tbe_error),
				    0, &self->error);
	if (!ret)
		ret = fill_tables(self, tables, descriptors);
	free(descriptors);
	if (ret) {
		mtia_tbe_tables_free(self);
		return ret;
	}
	*out = self;
	return 0;
}

void mtia_tbe_tables_free(struct mtia_tbe_tables *tables)
{
	if (!tables)
		return;
	mtia_buffer_free(tables->error);
	mtia_buffer_free(tables->descriptors);
	mtia_buffer_free(tables->rows);
	mtia_program_free(tables->program);
	free(tables);
}

uint64_t mtia_tbe_tables_bytes(const struct mtia_tbe_tables *tables)
{
	return mtia_buffer_bytes(tables->rows) + mtia_buffer_bytes(tables->descriptors) +
	       mtia_buffer_bytes(tables->error);
}

static const char run_op[] = "mtia_tbe_append";

/* What the descriptor asks for, by itself and of these tables. */
static int check_kind(const struct mtia_tbe_desc *d)
{
	if (d->flags & ~MTIA_TBE_PRUNED || d->reserved)
		return mtia_error_set(-EOPNOTSUPP, run_op, NULL, "unknown flags 0x%x, 0x%x",
				      d->flags & ~MTIA_TBE_PRUNED, d->reserved);
	if (d->pooling > MTIA_POOL_NONE || d->bounds > MTIA_BOUNDS_NONE ||
	    d->out_type > MTIA_TBE_OUT_U8)
		return mtia_error_set(-EOPNOTSUPP, run_op, NULL,
				      "pooling %u, bounds %u, out_type %u: at most %u, %u, %u are known",
				      d->pooling, d->bounds, d->out_type, MTIA_POOL_NONE,
				      MTIA_BOUNDS_NONE, MTIA_TBE_OUT_U8);
	if (!d->tables || !d->batch)
		return mtia_error_set(-EINVAL, run_op, NULL,
				      "tables and batch >= 1 are needed (batch = %u)", d->batch);
	if (d->index_bytes != 4 && d->index_bytes != 8)
		return mtia_error_set(-EINVAL, run_op, NULL, "indices of %u bytes: 4 or 8",
				      d->index_bytes);
	if (d->weights && d->pooling != MTIA_POOL_SUM)
		return mtia_error_set(-EINVAL, run_op, "weighted bags are summed",
				      "weights are not defined for %s pooling",
				      d->pooling == MTIA_POOL_MEAN ? "mean" : "no");
	if (d->pooling != MTIA_POOL_NONE)
		return 0;
	if (!d->tables->dim)
		return mtia_error_set(-EINVAL, run_op, "put tables of another width into a run of their own",
				      "without pooling all tables must have one dimension");
	if (d->out_type == MTIA_TBE_OUT_U8 && d->tables->layout == NO_LAYOUT)
		return mtia_error_set(-EINVAL, run_op, "choose FP32 or FP16 output",
				      "rows as they are need tables of one quantised layout");
	return 0;
}

/* Bytes of an output row. */
static uint64_t out_row(const struct mtia_tbe_desc *d)
{
	const struct mtia_tbe_tables *t = d->tables;
	uint64_t columns = d->pooling == MTIA_POOL_NONE ? t->dim : t->columns;

	if (d->out_type == MTIA_TBE_OUT_F32)
		return columns * 4;
	if (d->out_type == MTIA_TBE_OUT_F16)
		return columns * 2;
	if (d->pooling == MTIA_POOL_NONE)
		return mtia_table_row_bytes(t->layout, t->dim);
	return columns + 8ull * t->table_count;
}

static int check_run(struct mtia_tbe_desc *d)
{
	uint64_t bags, row, rows;
	int ret = check_kind(d);

	if (ret)
		return ret;
	if (d->pooling == MTIA_POOL_MEAN && d->index_count > UINT32_MAX)
		return mtia_error_set(-EINVAL, run_op, "divide the batch over several runs",
				      "%llu indices: the length of a bag to average has 32 bits",
				      (unsigned long long)d->index_count);
	if (d->index_count > UINT64_MAX / 8)
		return mtia_error_set(-EINVAL, run_op, NULL, "%llu indices are too many",
				      (unsigned long long)d->index_count);
	bags = (uint64_t)d->tables->table_count * d->batch;
	row = out_row(d);
	if (!d->out_stride)
		d->out_stride = (row + 3) & ~3ull;
	if (d->out_stride > UINT32_MAX)
		return mtia_error_set(-EINVAL, run_op, "divide the tables over several runs",
				      "out: rows %llu bytes apart: it must be below 4 GiB",
				      (unsigned long long)d->out_stride);
	ret = mtia_tensor_check(run_op, "offsets", d->offsets, d->offsets_offset, 1,
				(bags + 1) * d->index_bytes, 0, MTIA_ROW_ALIGN);
	if (!ret && d->index_count)
		ret = mtia_tensor_check(run_op, "indices", d->indices, d->indices_offset, 1,
					d->index_count * d->index_bytes, 0, MTIA_ROW_ALIGN);
	if (!ret && d->index_count && d->weights)
		ret = mtia_tensor_check(run_op, "weights", d->weights, d->weights_offset, 1,
					d->index_count * 4, 0, MTIA_ROW_ALIGN);
	rows = d->pooling == MTIA_POOL_NONE ? d->index_count : d->batch;
	if (ret)
		return ret;
	/* Without indices and pooling nothing is written, but there is an output. */
	return mtia_tensor_check(run_op, "out", d->out, d->out_offset, rows ? rows : 1,
				 rows ? row : 0, d->out_stride, MTIA_OUT_ALIGN);
}

static uint32_t kernel_flags(const struct mtia_tbe_desc *d)
{
	static const uint32_t pooling[] = {
		[MTIA_POOL_SUM] = 0,
		[MTIA_POOL_MEAN] = MTIA_TBE_MEAN,
		[MTIA_POOL_NONE] = MTIA_TBE_NO_POOLING,
	};
	static const uint32_t bounds[] = {
		[MTIA_BOUNDS_FATAL] = MTIA_TBE_EXACT,
		[MTIA_BOUNDS_WARNING] = MTIA_TBE_REPAIR | MTIA_TBE_COUNT,
		[MTIA_BOUNDS_IGNORE] = MTIA_TBE_REPAIR,
		[MTIA_BOUNDS_NONE] = 0,
	};
	static const uint32_t out[] = {
		[MTIA_TBE_OUT_F32] = 0,
		[MTIA_TBE_OUT_F16] = MTIA_TBE_F16,
		[MTIA_TBE_OUT_U8] = MTIA_TBE_U8,
	};

	return pooling[d->pooling] | bounds[d->bounds] | out[d->out_type] |
	       (d->flags & MTIA_TBE_PRUNED ? MTIA_TBE_SKIP : 0) |
	       (d->tables->rows128 ? MTIA_TBE_ROWS128 : 0);
}

int mtia_tbe_append(struct mtia_cmd *cmd, struct mtia_queue *queue, const struct mtia_tbe_desc *desc)
{
	struct mtia_tbe_tables *tables;
	struct mtia_tbe_args args;
	struct mtia_tbe_desc d;
	uint32_t rows, cols, records = 1;
	int ret;

	ret = mtia_desc_take(run_op, desc, &d, sizeof(d),
			     offsetof(struct mtia_tbe_desc, out_type));
	if (!ret)
		ret = check_run(&d);
	if (ret)
		return ret;
	tables = d.tables;
	mtia_queue_grid(queue, &rows, &cols);
	args = (struct mtia_tbe_args){
		.tables = mtia_buffer_address(tables->descriptors),
		.indices = d.indices ? mtia_buffer_address(d.indices) + d.indices_offset : 0,
		.offsets = mtia_buffer_address(d.offsets) + d.offsets_offset,
		.weights = d.weights ? mtia_buffer_address(d.weights) + d.weights_offset : 0,
		.out = mtia_buffer_address(d.out) + d.out_offset,
		.error = mtia_buffer_address(tables->error),
		.index_count = d.index_count,
		.table_count = tables->table_count,
		.batch = d.batch,
		.index_bytes = d.index_bytes,
		.out_stride = d.out_stride,
		.flags = kernel_flags(&d),
		.row_cb_size = tables->row_cb_size,
	};
	if (args.flags & MTIA_TBE_COUNT)
		records = rows * cols;
	/* Zeros, and the number of records, which is the upper half of a word. */
	ret = mtia_cmd_fill(cmd, tables->error, 0, records * sizeof(struct mtia_tbe_error),
			    (uint64_t)records << 32);
	if (!ret)
		ret = mtia_cmd_launch(cmd, tables->program, rows, cols, &args, sizeof(args));
	if (!ret)
		ret = mtia_cmd_use(cmd, tables->rows);
	if (!ret)
		ret = mtia_cmd_use(cmd, tables->descriptors);
	if (!ret && d.indices)
		ret = mtia_cmd_use(cmd, d.indices);
	if (!ret)
		ret = mtia_cmd_use(cmd, d.offsets);
	if (!ret && d.weights)
		ret = mtia_cmd_use(cmd, d.weights);
	return ret ? ret : mtia_cmd_use(cmd, d.out);
}

MTIA_OP_RUN(tbe, mtia_tbe_desc)

static void describe(const struct mtia_tbe_error *error, struct mtia_tbe_finding *out)
{
	out->code = error->code;
	out->table = error->table;
	out->bag = error->bag;
	out->position = error->position;
	out->value = error->value;
	if (error->code == MTIA_TBE_EXIT_INDEX)
		snprintf(out->text, sizeof(out->text),
			 "table %u, bag %u: index %lld at position %llu is outside the table",
			 error->table, error->bag, (long long)error->value,
			 (unsigned long long)error->position);
	else
		snprintf(out->text, sizeof(out->text),
			 "table %u, bag %u: its offsets decrease, leave the indices or end before them",
			 error->table, error->bag);
}

int mtia_tbe_finding(struct mtia_tbe_tables *tables, struct mtia_tbe_finding *out)
{
	uint64_t most = mtia_buffer_bytes(tables->error) / sizeof(struct mtia_tbe_error), count = 1;
	struct mtia_tbe_finding found = { .text = "nothing was recorded" };

	/* PE after PE takes bag after bag: the first one's finding is the first. */
	for (uint64_t i = 0; i < count; i++) {
		struct mtia_tbe_error error;
		int ret = mtia_buffer_read(tables->error, i * sizeof(error), &error, sizeof(error));

		if (ret)
			return ret;
		if (!i) /* as the device wrote it, so not taken for granted */
			count = error.records < most ? error.records : most;
		if (error.code != MTIA_TBE_EXIT_INDEX && error.code != MTIA_TBE_EXIT_OFFSETS)
			continue;
		if (!found.code)
			describe(&error, &found);
		found.bad_offsets += error.bad_offsets;
		found.bad_indices += error.bad_indices;
	}
	*out = found;
	return 0;
}
