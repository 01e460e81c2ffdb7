// SPDX-License-Identifier: MIT
/* Quantise, dequantise, dynamic row-wise quantise. */
#include <errno.h>
#include "desc.h"
#include "launch.h"
#include "mtia/ops.h"
#include "rows.h"

_Static_assert(sizeof(struct mtia_quant_param) == sizeof(struct mtia_se_quant), "as SE reads it");

#define GRANULARITY (MTIA_QUANT_PER_ROW | MTIA_QUANT_PER_COL)

/* Parameters: immediate, or where the PE program finds one a row or a column. */
static int take_params(struct mtia_rows *r, const struct mtia_quantize_desc *d, uint32_t type)
{
	uint32_t count = d->flags & MTIA_QUANT_PER_ROW ? d->rows : d->cols;
	int ret;

	if (!(d->flags & GRANULARITY))
		return mtia_quant_check(r->operation, "param", d->param.scale, d->param.zero_point,
					type);
	if (d->flags == GRANULARITY)
		return mtia_error_set(-EINVAL, r->operation, NULL,
				      "parameters are per row or per column, not both");
	ret = mtia_tensor_check(r->operation, "params", d->params, d->params_offset, 1,
				(uint64_t)count * sizeof(struct mtia_quant_param), 0,
				MTIA_ROW_ALIGN);
	if (ret)
		return ret;
	r->args.second = mtia_buffer_address(d->params) + d->params_offset;
	r->args.kind = d->flags & MTIA_QUANT_PER_ROW ? MTIA_ELEMENTWISE_PER_ROW
						     : MTIA_ELEMENTWISE_PER_COL;
	r->buffers[2] = d->params;
	return 0;
}

static uint32_t per_flags(const struct mtia_quantize_desc *d)
{
	return (d->flags & MTIA_QUANT_PER_ROW ? MTIA_F_PER_ROW : 0) |
	       (d->flags & MTIA_QUANT_PER_COL ? MTIA_F_PER_COL : 0);
}

static int take(const char *op, const struct mtia_quantize_desc *desc, bool back,
		struct mtia_quantize_desc *d, struct mtia_rows *r)
{
	int ret = mtia_desc_take(op, desc, d, sizeof(*d), sizeof(*d));

	if (ret)
		return ret;
	if (d->flags & ~GRANULARITY)
		return mtia_error_set(-EOPNOTSUPP, op, NULL, "unknown flags 0x%x", d->flags);
	if (!mtia_is_float(back ? d->y_type : d->x_type) ||
	    !mtia_is_8bit(back ? d->x_type : d->y_type))
		return mtia_error_set(-EINVAL, op, NULL,
				      "%s to %s: %s of f32, f16 or bf16 and u8 or s8",
				      mtia_dtype_name(d->x_type), mtia_dtype_name(d->y_type),
				      back ? "the reverse" : "one");
	ret = mtia_rows_begin(r, op, d->rows, d->cols, "x", &d->x, d->x_type, &d->y, d->y_type);
	return ret ? ret : take_params(r, d, back ? d->x_type : d->y_type);
}

int mtia_quantize_append(struct mtia_cmd *cmd, struct mtia_queue *queue,
			 const struct mtia_quantize_desc *desc)
{
	struct mtia_elementwise_stage *stage;
	struct mtia_quantize_desc d;
	struct mtia_rows r;
	int ret = take("mtia_quantize_append", desc, false, &d, &r);

	if (ret)
		return ret;
	stage = mtia_rows_stage(&r, MTIA_OP_SE_QUANT,
				MTIA_F_TYPE0(mtia_pe_type(d.x_type)) | per_flags(&d), d.y_type);
	if (d.flags & GRANULARITY) {
		r.args.kind |= MTIA_ELEMENTWISE_INVERT;
	} else {
		stage->imm[0] = mtia_f32_bits(1.0f / d.param.scale);
		stage->imm[1] = (uint32_t)d.param.zero_point;
	}
	stage->imm[2] = (uint16_t)mtia_lowest(d.y_type) | (uint32_t)mtia_highest(d.y_type) << 16;
	return mtia_rows_launch(&r, cmd, queue);
}

MTIA_OP_RUN(quantize, mtia_quantize_desc)

int mtia_dequantize_append(struct mtia_cmd *cmd, struct mtia_queue *queue,
			   const struct mtia_quantize_desc *desc)
{
	struct mtia_elementwise_stage *stage;
	struct mtia_quantize_desc d;
	struct mtia_rows r;
	int ret = take("mtia_dequantize_append", desc, true, &d, &r);

	if (ret)
		return ret;
	stage = mtia_rows_stage(&r, MTIA_OP_SE_DEQUANT8,
				per_flags(&d) |
					(d.x_type == MTIA_DTYPE_S8 ? MTIA_F_SIGNED0 : 0),
				d.y_type);
	if (!(d.flags & GRANULARITY)) {
		stage->imm[0] = mtia_f32_bits(d.param.scale);
		stage->imm[1] = (uint32_t)d.param.zero_point;
	}
	return mtia_rows_launch(&r, cmd, queue);
}

MTIA_OP_RUN(dequantize, mtia_quantize_desc)

int mtia_rowwise_append(struct mtia_cmd *cmd, struct mtia_queue *queue,
			const struct mtia_rowwise_desc *desc)
{
	static const char op[] = "mtia_rowwise_append";
	struct mtia_rowwise_args args;
	struct mtia_rowwise_desc d;
	uint32_t rows, cols;
	int ret;

	ret = mtia_desc_take(op, desc, &d, sizeof(d), sizeof(d));
	if (ret)
		return ret;
	if (d.flags || d.reserved)
		return mtia_error_set(-EOPNOTSUPP, op, NULL, "unknown flags 0x%x, 0x%x", d.flags,
				      d.reserved);
	if (!d.rows || !d.cols)
		return mtia_error_set(-EINVAL, op, NULL, "rows = %u, cols = %u: both at least 1",
				      d.rows, d.cols);
	if (!mtia_is_float(d.x_type))
		return mtia_error_set(-EINVAL, op, NULL, "type %s: f32, f16 or bf16",
				      mtia_dtype_name(d.x_type));
	ret = mtia_operand_check(op, "x", &d.x, 1, NULL, d.rows,
				 (uint64_t)d.cols * mtia_dtype_bytes(d.x_type));
	if (!ret)
		ret = mtia_result_check(op, "y", &d.y, 1, NULL, d.rows, d.cols + 8ull);
	if (ret)
		return ret;
	args = (struct mtia_rowwise_args){
		.x = mtia_tensor_address(&d.x),
		.y = mtia_tensor_address(&d.y),
		.rows = d.rows,
		.cols = d.cols,
		.x_stride = d.rows > 1 ? (uint32_t)d.x.stride : 0,
		.y_stride = d.rows > 1 ? (uint32_t)d.y.stride : 0,
		.type = mtia_pe_type(d.x_type),
	};
	/* Two cores a PE, a row each. */
	mtia_op_grid(queue, (d.rows + 1ull) / 2, &rows, &cols);
	return mtia_op_launch(cmd, "rowwise", queue, rows, cols, &args, sizeof(args),
			      (struct mtia_buffer *[]){ d.x.buffer, d.y.buffer }, 2);
}

MTIA_OP_RUN(rowwise, mtia_rowwise_desc)
