// SPDX-License-Identifier: MIT
/* Concatenate, transpose: checks, and one launch of the PE program of that name. */
#include <errno.h>
#include <stdio.h>
#include "desc.h"
#include "launch.h"
#include "mtia/kernel_args.h"
#include "mtia/ops.h"

static int log2_bits(uint32_t element_bits)
{
	switch (element_bits) {
	case 4:
		return 2;
	case 8:
		return 3;
	case 16:
		return 4;
	case 32:
		return 5;
	}
	return -1;
}

static uint64_t row_bytes(uint64_t elements, uint32_t element_bits)
{
	return (elements * element_bits + 7) / 8;
}

/* ---- Concatenate ----------------------------------------------------------------------------- */

/* Check an input, fill in its defaults. */
static int take_input(const struct mtia_concat_desc *d, uint32_t i, struct mtia_concat_input *input)
{
	static const char op[] = "mtia_concat_append";
	char name[24];

	*input = d->inputs[i];
	snprintf(name, sizeof(name), "inputs[%02u]", i);
	if (!input->cols)
		return mtia_error_set(-EINVAL, op, NULL, "%s has no columns", name);
	return mtia_operand_check(op, name, &input->x, 1, NULL, d->rows,
				  row_bytes(input->cols, d->element_bits));
}

static int check_concat(struct mtia_concat_desc *d)
{
	static const char op[] = "mtia_concat_append";
	uint64_t total = 0;
	int ret = 0;

	if (d->flags)
		return mtia_error_set(-EOPNOTSUPP, op, NULL, "unknown flags 0x%x", d->flags);
	if (log2_bits(d->element_bits) < 0)
		return mtia_error_set(-EINVAL, op, NULL, "element_bits %u is not 4, 8, 16 or 32",
				      d->element_bits);
	if (!d->rows || !d->inputs || !d->input_count)
		return mtia_error_set(-EINVAL, op, NULL,
				      "rows = %u, input_count = %u: both at least 1, and inputs",
				      d->rows, d->input_count);
	for (uint32_t i = 0; i < d->input_count && !ret; i++) {
		struct mtia_concat_input input;

		ret = take_input(d, i, &input);
		total += input.cols;
	}
	return ret ? ret :
		     mtia_result_check(op, "y", &d->y, 1, NULL, d->rows,
				       row_bytes(total, d->element_bits));
}

/* Pieces as large as local memory takes, but no fewer than there are PEs if it can be. */
static void divide_concat(struct mtia_queue *queue, struct mtia_concat_args *args, uint64_t bytes,
			  uint32_t *rows, uint32_t *cols)
{
	uint64_t tight = (bytes + 31) & ~31ull, chunks, pes, each;

	args->chunk = tight < 4096 ? tight : 4096;
	args->group = MTIA_CONCAT_PIECE / args->chunk; /* NOLINT: a row has bytes */
	if (args->group > MTIA_CONCAT_GROUP)
		args->group = MTIA_CONCAT_GROUP;
	chunks = (bytes + args->chunk - 1) / args->chunk;
	mtia_queue_grid(queue, rows, cols);
	pes = (uint64_t)*rows * *cols;
	each = (args->rows * chunks + pes - 1) / pes; /* rows of chunks a PE */
	if (args->group > each)
		args->group = each;
	mtia_op_grid(queue, chunks * ((args->rows - 1) / args->group + 1), rows, cols);
}

/*
 * What one launch takes: up to MTIA_CONCAT_INPUTS of the inputs that are left. It begins at element
 * `from` of the first of them, and ends where another launch can begin, for DMA writes from
 * multiples of 4 bytes on. All three are moved on to what is left.
 */
static int append_part(struct mtia_cmd *cmd, struct mtia_queue *queue, struct mtia_concat_desc *d,
		       uint64_t *y, uint64_t *from)
{
	uint32_t bits = d->element_bits, rows, cols, used = 0;
	struct mtia_buffer *buffers[MTIA_CONCAT_INPUTS + 1] = { d->y.buffer };
	struct mtia_concat_args args = {
		.y = *y,
		.from = *from,
		.y_stride = d->y.stride,
		.rows = d->rows,
		.log2_bits = log2_bits(bits),
	};
	uint64_t begin = 0;
	int ret;

	for (; args.inputs < MTIA_CONCAT_INPUTS && args.inputs < d->input_count; args.inputs++) {
		struct mtia_concat_input input;

		ret = take_input(d, args.inputs, &input);
		if (ret)
			return ret;
		args.input[args.inputs] = (struct mtia_concat_part){
			.x = mtia_tensor_address(&input.x),
			.stride = (uint32_t)input.x.stride,
			.cols = input.cols,
		};
		args.total += input.cols;
		buffers[args.inputs + 1] = input.x.buffer;
	}
	if (args.inputs < d->input_count)
		args.total -= (args.total - args.from) % (MTIA_OUT_ALIGN * 8 / bits);
	divide_concat(queue, &args, row_bytes(args.total - args.from, bits), &rows, &cols);
	ret = mtia_op_launch(cmd, "concat", queue, rows, cols, &args, sizeof(args), buffers,
			     args.inputs + 1);
	while (used < args.inputs && begin + args.input[used].cols <= args.total)
		begin += args.input[used++].cols;
	*y += row_bytes(args.total - args.from, bits);
	d->inputs += used;
	d->input_count -= used;
	*from = args.total - begin;
	return ret;
}

int mtia_concat_append(struct mtia_cmd *cmd, struct mtia_queue *queue,
		       const struct mtia_concat_desc *desc)
{
	struct mtia_concat_desc d;
	uint64_t from = 0, y;
	int ret;

	ret = mtia_desc_take("mtia_concat_append", desc, &d, sizeof(d), sizeof(d));
	if (!ret)
		ret = check_concat(&d);
	if (ret)
		return ret;
	y = mtia_tensor_address(&d.y);
	while (d.input_count && !ret)
		ret = append_part(cmd, queue, &d, &y, &from);
	return ret;
}

MTIA_OP_RUN(concat, mtia_concat_desc)

/* ---- Transpose ------------------------------------------------------------------------------- */

int mtia_transpose_append(struct mtia_cmd *cmd, struct mtia_queue *queue,
			  const struct mtia_transpose_desc *desc)
{
	static const char op[] = "mtia_transpose_append";
	/* Sides of tiles, by log2 of an element's bits: rows of 64 to 256 bytes, 8 to 16 KiB. */
	static const uint32_t tile[] = {[2] = 128, [3] = 128, [4] = 64, [5] = 64};
	struct mtia_transpose_args args;
	struct mtia_transpose_desc d;
	uint32_t rows, cols;
	int ret, bits;

	ret = mtia_desc_take(op, desc, &d, sizeof(d), sizeof(d));
	if (ret)
		return ret;
	bits = log2_bits(d.element_bits);
	if (d.flags)
		return mtia_error_set(-EOPNOTSUPP, op, NULL, "unknown flags 0x%x", d.flags);
	if (bits < 0)
		return mtia_error_set(-EINVAL, op, NULL, "element_bits %u is not 4, 8, 16 or 32",
				      d.element_bits);
	if (!d.batch || !d.rows || !d.cols)
		return mtia_error_set(-EINVAL, op, NULL,
				      "batch = %u, rows = %u, cols = %u: all at least 1", d.batch,
				      d.rows, d.cols);
	ret = mtia_operand_check(op, "x", &d.x, d.batch, &d.x_batch, d.rows,
				 row_bytes(d.cols, d.element_bits));
	if (!ret)
		ret = mtia_result_check(op, "y", &d.y, d.batch, &d.y_batch, d.cols,
					row_bytes(d.rows, d.element_bits));
	if (ret)
		return ret;
	args = (struct mtia_transpose_args){
		.x = mtia_tensor_address(&d.x),
		.y = mtia_tensor_address(&d.y),
		.x_batch = d.x_batch,
		.y_batch = d.y_batch,
		.batch = d.batch,
		.rows = d.rows,
		.cols = d.cols,
		.x_stride = d.x.stride,
		.y_stride = d.y.stride,
		.log2_bits = bits,
		.tile = tile[bits],
	};
	mtia_op_grid(queue,
		     (uint64_t)d.batch * ((d.rows - 1) / args.tile + 1) *
			     ((d.cols - 1) / args.tile + 1),
		     &rows, &cols);
	return mtia_op_launch(cmd, "transpose", queue, rows, cols, &args, sizeof(args),
			      (struct mtia_buffer *[]){d.x.buffer, d.y.buffer}, 2);
}

MTIA_OP_RUN(transpose, mtia_transpose_desc)
