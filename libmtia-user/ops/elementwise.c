// SPDX-License-Identifier: MIT
/* Add, multiply, activations. */
#include <errno.h>
#include "desc.h"
#include "launch.h"
#include "lut.h"
#include "mtia/ops.h"
#include "rows.h"

/* ---- Add, multiply --------------------------------------------------------------------------- */

int mtia_binary_append(struct mtia_cmd *cmd, struct mtia_queue *queue,
		       const struct mtia_binary_desc *desc)
{
	static const char op[] = "mtia_binary_append";
	struct mtia_binary_desc d;
	struct mtia_rows r;
	bool bcast;
	int ret;

	ret = mtia_desc_take(op, desc, &d, sizeof(d), sizeof(d));
	if (ret)
		return ret;
	if (d.flags & ~(MTIA_BINARY_RELU | MTIA_BINARY_BCAST))
		return mtia_error_set(-EOPNOTSUPP, op, NULL, "unknown flags 0x%x", d.flags);
	if (d.op > MTIA_BINARY_MUL)
		return mtia_error_set(-EINVAL, op, NULL, "operation %u is not known", d.op);
	if (!mtia_is_float(d.type) && d.type != MTIA_DTYPE_S32)
		return mtia_error_set(-EINVAL, op, NULL, "type %s: f32, f16, bf16 or s32",
				      mtia_dtype_name(d.type));
	if ((d.flags & MTIA_BINARY_RELU) && d.type == MTIA_DTYPE_S32)
		return mtia_error_set(-EINVAL, op, NULL, "RELU is defined for floats only");
	bcast = d.flags & MTIA_BINARY_BCAST;
	ret = mtia_rows_begin(&r, op, d.rows, d.cols, "a", &d.a, d.type, &d.y, d.type);
	if (!ret)
		ret = mtia_operand_check(op, "b", &d.b, 1, NULL, bcast ? 1 : d.rows,
					 (uint64_t)d.cols * r.args.x_bytes);
	if (ret)
		return ret;
	r.args.second = mtia_tensor_address(&d.b);
	r.args.second_stride = d.rows > 1 ? (uint32_t)d.b.stride : 0;
	r.args.kind = bcast ? MTIA_ELEMENTWISE_BCAST : MTIA_ELEMENTWISE_TENSOR;
	r.buffers[2] = d.b.buffer;
	mtia_rows_stage(&r, d.op == MTIA_BINARY_ADD ? MTIA_OP_SE_ADD : MTIA_OP_SE_MUL,
			MTIA_F_TYPE0(mtia_pe_type(d.type)) | MTIA_F_TYPE1(mtia_pe_type(d.type)) |
				(d.flags & MTIA_BINARY_RELU ? MTIA_F_RELU : 0) |
				(bcast ? MTIA_F_BCAST1 : 0),
			d.type);
	return mtia_rows_launch(&r, cmd, queue);
}

MTIA_OP_RUN(binary, mtia_binary_desc)

/* ---- Activations ----------------------------------------------------------------------------- */

static int check_types(const struct mtia_activation_desc *d, const char *op)
{
	bool x_ok = mtia_is_float(d->x_type) || mtia_is_8bit(d->x_type);
	bool y_ok = mtia_is_float(d->y_type) || mtia_is_8bit(d->y_type);
	int ret = 0;

	if (d->function == MTIA_ACT_RELU) {
		if (!mtia_is_float(d->x_type) || d->x_type != d->y_type)
			return mtia_error_set(-EINVAL, op, NULL,
					      "relu of %s to %s: both of one type, f32, f16 or bf16",
					      mtia_dtype_name(d->x_type),
					      mtia_dtype_name(d->y_type));
		return 0;
	}
	if (!x_ok || !y_ok)
		return mtia_error_set(-EINVAL, op, NULL,
				      "types %s, %s: f32, f16, bf16, u8 or s8",
				      mtia_dtype_name(d->x_type), mtia_dtype_name(d->y_type));
	if (mtia_is_8bit(d->x_type))
		ret = mtia_quant_check(op, "x", d->x_scale, d->x_zero_point, d->x_type);
	if (!ret && mtia_is_8bit(d->y_type))
		ret = mtia_quant_check(op, "y", d->y_scale, d->y_zero_point, d->y_type);
	return ret;
}

/* The table's input is FP16 or 8 bits, its result FP32 or 8 bits: SE converts around it. */
static void look_up(struct mtia_rows *r, const struct mtia_activation_desc *d)
{
	struct mtia_elementwise_stage *stage;
	bool from_8 = mtia_is_8bit(d->x_type), to_8 = mtia_is_8bit(d->y_type);

	if (d->x_type == MTIA_DTYPE_F32 || d->x_type == MTIA_DTYPE_BF16)
		mtia_rows_stage(r, MTIA_OP_SE_CONVERT, MTIA_F_TYPE0(mtia_pe_type(d->x_type)),
				MTIA_DTYPE_F16);
	stage = mtia_rows_stage(r, MTIA_OP_SE_LOOKUP,
				MTIA_F_TYPE0(from_8 ? MTIA_TYPE_I8 : MTIA_TYPE_F16) |
					(d->x_type == MTIA_DTYPE_S8 ? MTIA_F_SIGNED0 : 0),
				to_8 ? d->y_type : MTIA_DTYPE_F32);
	if (from_8) {
		stage->imm[0] = mtia_f32_bits(d->x_scale);
		stage->imm[1] = (uint16_t)d->x_zero_point;
	}
	if (to_8) {
		stage->imm[1] |= (uint32_t)d->y_zero_point << 16;
		stage->imm[2] = mtia_f32_bits(1.0f / d->y_scale);
	} else if (d->y_type != MTIA_DTYPE_F32) {
		mtia_rows_stage(r, MTIA_OP_SE_CONVERT, MTIA_F_TYPE0(MTIA_TYPE_F32), d->y_type);
	}
}

int mtia_activation_append(struct mtia_cmd *cmd, struct mtia_queue *queue,
			   const struct mtia_activation_desc *desc)
{
	static const char op[] = "mtia_activation_append";
	struct mtia_activation_desc d;
	struct mtia_buffer *lut = NULL;
	const uint32_t *table;
	struct mtia_rows r;
	size_t bytes;
	int ret;

	ret = mtia_desc_take(op, desc, &d, sizeof(d), sizeof(d));
	if (ret)
		return ret;
	if (d.flags || d.reserved)
		return mtia_error_set(-EOPNOTSUPP, op, NULL, "unknown flags 0x%x, 0x%x", d.flags,
				      d.reserved);
	if (d.function >= MTIA_ACTIVATIONS)
		return mtia_error_set(-EINVAL, op, NULL, "function %u is not known", d.function);
	ret = check_types(&d, op);
	if (!ret)
		ret = mtia_rows_begin(&r, op, d.rows, d.cols, "x", &d.x, d.x_type, &d.y,
				      d.y_type);
	if (ret)
		return ret;
	table = mtia_lut(d.function, &bytes);
	if (!table) {
		mtia_rows_stage(&r, MTIA_OP_SE_RELU, MTIA_F_TYPE0(mtia_pe_type(d.x_type)),
				d.y_type);
		return mtia_rows_launch(&r, cmd, queue);
	}
	look_up(&r, &d);
	ret = mtia_op_upload(mtia_queue_context(queue), "activation table", table, bytes, &lut);
	if (ret)
		return ret;
	r.args.lut = mtia_buffer_address(lut);
	r.args.lut_bytes = (uint32_t)bytes;
	r.buffers[3] = lut;
	ret = mtia_rows_launch(&r, cmd, queue);
	mtia_buffer_free(lut); /* the command buffer holds it now */
	return ret;
}

MTIA_OP_RUN(activation, mtia_activation_desc)
