// SPDX-License-Identifier: MIT
/* Element-wise operators: tensors, stages, tiles, one launch of the PE program `elementwise`. */
#include <errno.h>
#include <math.h>
#include <string.h>
#include "desc.h"
#include "launch.h"
#include "rows.h"

/* Below this many elements a tile costs more to start than to work on. */
#define LEAST_TILE 256u

enum mtia_type mtia_pe_type(uint32_t dtype)
{
	switch (dtype) {
	case MTIA_DTYPE_F32:
		return MTIA_TYPE_F32;
	case MTIA_DTYPE_F16:
		return MTIA_TYPE_F16;
	case MTIA_DTYPE_BF16:
		return MTIA_TYPE_BF16;
	case MTIA_DTYPE_S32:
		return MTIA_TYPE_S32;
	default:
		return MTIA_TYPE_I8;
	}
}

bool mtia_is_float(uint32_t dtype)
{
	return dtype == MTIA_DTYPE_F32 || dtype == MTIA_DTYPE_F16 || dtype == MTIA_DTYPE_BF16;
}

bool mtia_is_8bit(uint32_t dtype)
{
	return dtype == MTIA_DTYPE_U8 || dtype == MTIA_DTYPE_S8;
}

int32_t mtia_lowest(uint32_t dtype)
{
	return dtype == MTIA_DTYPE_S8 ? -128 : 0;
}

int32_t mtia_highest(uint32_t dtype)
{
	return dtype == MTIA_DTYPE_S8 ? 127 : 255;
}

uint32_t mtia_f32_bits(float x)
{
	uint32_t bits;

	memcpy(&bits, &x, sizeof(bits));
	return bits;
}

int mtia_quant_check(const char *operation, const char *name, float scale, int32_t zero_point,
		     uint32_t dtype)
{
	if (!(scale > 0) || !isfinite(scale) || !isfinite(1.0f / scale))
		return mtia_error_set(-EINVAL, operation, NULL,
				      "%s: its scale %g must be positive, it and its reciprocal finite",
				      name, (double)scale);
	if (zero_point < mtia_lowest(dtype) || zero_point > mtia_highest(dtype))
		return mtia_error_set(-EINVAL, operation, NULL, "%s: zero point %d is not %d .. %d",
				      name, zero_point, mtia_lowest(dtype), mtia_highest(dtype));
	return 0;
}

int mtia_rows_begin(struct mtia_rows *r, const char *operation, uint32_t rows, uint32_t cols,
		    const char *x_name, struct mtia_tensor *x, uint32_t x_type,
		    struct mtia_tensor *y, uint32_t y_type)
{
	int ret;

	if (!rows || !cols)
		return mtia_error_set(-EINVAL, operation, NULL,
				      "rows = %u, cols = %u: both at least 1", rows, cols);
	ret = mtia_operand_check(operation, x_name, x, 1, NULL, rows,
				 (uint64_t)cols * mtia_dtype_bytes(x_type));
	if (!ret)
		ret = mtia_result_check(operation, "y", y, 1, NULL, rows,
					(uint64_t)cols * mtia_dtype_bytes(y_type));
	*r = (struct mtia_rows){
		.operation = operation,
		.args = {
			.x = ret ? 0 : mtia_tensor_address(x),
			.y = ret ? 0 : mtia_tensor_address(y),
			.rows = rows,
			.cols = cols,
			/* One row has no stride to speak of; it need not be aligned. */
			.x_stride = rows > 1 ? (uint32_t)x->stride : 0,
			.y_stride = rows > 1 ? (uint32_t)y->stride : 0,
			.x_bytes = mtia_dtype_bytes(x_type),
		},
		.buffers = { x->buffer, y->buffer },
	};
	return ret;
}

struct mtia_elementwise_stage *mtia_rows_stage(struct mtia_rows *r, enum mtia_pe_op op,
					       uint32_t flags, uint32_t type)
{
	struct mtia_elementwise_stage *stage = &r->args.stage[r->args.stages++];

	*stage = (struct mtia_elementwise_stage){
		.op = op,
		.flags = flags | MTIA_F_TYPED(mtia_pe_type(type)) |
			 (type == MTIA_DTYPE_S8 ? MTIA_F_SIGNEDD : 0),
		.bytes = mtia_dtype_bytes(type),
	};
	return stage;
}

static uint64_t tiles(const struct mtia_elementwise_args *args)
{
	return ((args->rows - 1ull) / args->tile_rows + 1) *
	       ((args->cols - 1ull) / args->tile_cols + 1);
}

/* Half of it, as a multiple of `of`. */
static uint32_t halve(uint32_t size, uint32_t of)
{
	return (size / 2 + of - 1) / of * of;
}

/*
 * As large as they may be, then smaller until every PE has one. Tiles begin at multiples of 32
 * elements of a row, and of four rows: so everything that is fetched is aligned.
 */
static void choose_tiles(struct mtia_elementwise_args *args, uint64_t pes)
{
	args->tile_cols = args->cols < MTIA_SE_MAX_D ? args->cols : MTIA_SE_MAX_D;
	args->tile_rows = MTIA_ELEMENTWISE_TILE / args->tile_cols;
	if (args->tile_rows > 64)
		args->tile_rows = 64;
	args->tile_rows = args->tile_rows / 4 * 4;
	if (args->tile_rows > args->rows)
		args->tile_rows = args->rows;
	while (tiles(args) < pes && args->tile_rows * args->tile_cols > LEAST_TILE) {
		if (args->tile_rows > 4)
			args->tile_rows = halve(args->tile_rows, 4);
		else if (args->tile_cols > 32)
			args->tile_cols = halve(args->tile_cols, 32);
		else
			break;
	}
}

int mtia_rows_launch(struct mtia_rows *r, struct mtia_cmd *cmd, struct mtia_queue *queue)
{
	uint32_t rows, cols;

	mtia_queue_grid(queue, &rows, &cols);
	choose_tiles(&r->args, (uint64_t)rows * cols);
	mtia_op_grid(queue, tiles(&r->args), &rows, &cols);
	return mtia_op_launch(cmd, "elementwise", queue, rows, cols, &r->args, sizeof(r->args),
			      r->buffers, MTIA_ROWS_BUFFERS);
}
