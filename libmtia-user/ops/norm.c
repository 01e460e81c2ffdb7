// SPDX-License-Identifier: MIT
/* Layer normalisation, batched reduce-add: checks, and one launch of a PE program each. */
#include <errno.h>
#include <math.h>
#include "desc.h"
#include "launch.h"
#include "mtia/ops.h"
#include "rows.h"

/*
 * Columns of a result that a PE works on at a time. Wider ones would leave room for few rows at a
 * time; narrower ones are not worth a PE more.
 */
#define MOST_COLS  256u
#define LEAST_COLS 32u

static int check_types(const char *op, uint32_t x_type, uint32_t y_type)
{
	if (mtia_is_float(x_type) && mtia_is_float(y_type))
		return 0;
	return mtia_error_set(-EINVAL, op, NULL, "types %s, %s: f32, f16 or bf16",
			      mtia_dtype_name(x_type), mtia_dtype_name(y_type));
}

/* ---- Layer normalisation --------------------------------------------------------------------- */

static int check_parameter(const char *op, const char *name, const struct mtia_buffer *buffer,
			   uint64_t offset, uint32_t cols)
{
	return mtia_tensor_check(op, name, buffer, offset, 1, cols * 4ull, 0, MTIA_ROW_ALIGN);
}

static int check_layernorm(const char *op, struct mtia_layernorm_desc *d)
{
	int ret;

	if (d->flags || d->reserved)
		return mtia_error_set(-EOPNOTSUPP, op, NULL, "unknown flags 0x%x, 0x%x", d->flags,
				      d->reserved);
	if (!d->rows || !d->cols)
		return mtia_error_set(-EINVAL, op, NULL, "rows = %u, cols = %u: both at least 1",
				      d->rows, d->cols);
	if (!(d->epsilon >= 0) || !isfinite(d->epsilon))
		return mtia_error_set(-EINVAL, op, NULL, "epsilon %g must be finite and not negative",
				      (double)d->epsilon);
	if (!d->gamma != !d->beta)
		return mtia_error_set(-EINVAL, op, NULL, "%s without %s: both or none",
				      d->gamma ? "gamma" : "beta", d->gamma ? "beta" : "gamma");
	ret = check_types(op, d->x_type, d->y_type);
	if (!ret)
		ret = mtia_operand_check(op, "x", &d->x, 1, NULL, d->rows,
					 (uint64_t)d->cols * mtia_dtype_bytes(d->x_type));
	if (!ret)
		ret = mtia_result_check(op, "y", &d->y, 1, NULL, d->rows,
					(uint64_t)d->cols * mtia_dtype_bytes(d->y_type));
	if (!ret && d->gamma)
		ret = check_parameter(op, "gamma", d->gamma, d->gamma_offset, d->cols);
	if (!ret && d->beta)
		ret = check_parameter(op, "beta", d->beta, d->beta_offset, d->cols);
	return ret;
}

int mtia_layernorm_append(struct mtia_cmd *cmd, struct mtia_queue *queue,
			  const struct mtia_layernorm_desc *desc)
{
	static const char op[] = "mtia_layernorm_append";
	struct mtia_layernorm_args args;
	struct mtia_layernorm_desc d;
	uint32_t rows, cols;
	int ret;

	ret = mtia_desc_take(op, desc, &d, sizeof(d), sizeof(d));
	if (!ret)
		ret = check_layernorm(op, &d);
	if (ret)
		return ret;
	args = (struct mtia_layernorm_args){
		.x = mtia_tensor_address(&d.x),
		.y = mtia_tensor_address(&d.y),
		.gamma = d.gamma ? mtia_buffer_address(d.gamma) + d.gamma_offset : 0,
		.beta = d.beta ? mtia_buffer_address(d.beta) + d.beta_offset : 0,
		.rows = d.rows,
		.cols = d.cols,
		/* One row has no stride to speak of; it need not be aligned. */
		.x_stride = d.rows > 1 ? (uint32_t)d.x.stride : 0,
		.y_stride = d.rows > 1 ? (uint32_t)d.y.stride : 0,
		.type = mtia_pe_type(d.x_type),
		.out = mtia_pe_type(d.y_type),
		.epsilon = d.epsilon,
	};
	mtia_op_grid(queue, d.rows, &rows, &cols);
	return mtia_op_launch(cmd, "layernorm", queue, rows, cols, &args, sizeof(args),
			      (struct mtia_buffer *[]){ d.x.buffer, d.y.buffer, d.gamma, d.beta }, 4);
}

MTIA_OP_RUN(layernorm, mtia_layernorm_desc)

/* ---- Batched reduce-add ---------------------------------------------------------------------- */

static int check_reduce_add(const char *op, struct mtia_reduce_add_desc *d)
{
	int ret;

	if (d->flags || d->reserved)
		return mtia_error_set(-EOPNOTSUPP, op, NULL, "unknown flags 0x%x, 0x%x", d->flags,
				      d->reserved);
	ret = check_types(op, d->x_type, d->y_type);
	if (!ret)
		ret = mtia_operand_check(op, "x", &d->x, d->batch, &d->x_batch, d->rows,
					 (uint64_t)d->cols * mtia_dtype_bytes(d->x_type));
	if (!ret)
		ret = mtia_result_check(op, "y", &d->y, 1, NULL, d->batch,
					(uint64_t)d->cols * mtia_dtype_bytes(d->y_type));
	return ret;
}

static uint64_t items(const struct mtia_reduce_add_args *args)
{
	return (uint64_t)args->batch * ((args->cols - 1) / args->tile_cols + 1);
}

/* Wide, then narrower until every PE has an item. */
static void choose_tile(struct mtia_reduce_add_args *args, uint64_t pes)
{
	args->tile_cols = args->cols < MOST_COLS ? args->cols : MOST_COLS;
	while (items(args) < pes && args->tile_cols > LEAST_COLS)
		args->tile_cols =
			(args->tile_cols / 2 + LEAST_COLS - 1) / LEAST_COLS * LEAST_COLS;
}

int mtia_reduce_add_append(struct mtia_cmd *cmd, struct mtia_queue *queue,
			   const struct mtia_reduce_add_desc *desc)
{
	static const char op[] = "mtia_reduce_add_append";
	struct mtia_reduce_add_args args;
	struct mtia_reduce_add_desc d;
	uint32_t rows, cols;
	int ret;

	ret = mtia_desc_take(op, desc, &d, sizeof(d), sizeof(d));
	if (ret)
		return ret;
	if (!d.batch || !d.rows || !d.cols)
		return mtia_error_set(-EINVAL, op, NULL,
				      "batch = %u, rows = %u, cols = %u: each at least 1", d.batch,
				      d.rows, d.cols);
	ret = check_reduce_add(op, &d);
	if (ret)
		return ret;
	args = (struct mtia_reduce_add_args){
		.x = mtia_tensor_address(&d.x),
		.y = mtia_tensor_address(&d.y),
		.x_batch = d.batch > 1 ? d.x_batch : 0,
		.batch = d.batch,
		.rows = d.rows,
		.cols = d.cols,
		.x_stride = d.rows > 1 ? (uint32_t)d.x.stride : 0,
		.y_stride = d.batch > 1 ? (uint32_t)d.y.stride : 0,
		.type = mtia_pe_type(d.x_type),
		.out = mtia_pe_type(d.y_type),
	};
	mtia_queue_grid(queue, &rows, &cols);
	choose_tile(&args, (uint64_t)rows * cols);
	mtia_op_grid(queue, items(&args), &rows, &cols);
	return mtia_op_launch(cmd, "reduce_add", queue, rows, cols, &args, sizeof(args),
			      (struct mtia_buffer *[]){ d.x.buffer, d.y.buffer }, 2);
}

MTIA_OP_RUN(reduce_add, mtia_reduce_add_desc)
