// SPDX-License-Identifier: MIT
/* Dot interaction: checks, and one launch of the PE program interaction. */
#include <errno.h>
#include "desc.h"
#include "launch.h"
#include "mtia/kernel_args.h"
#include "mtia/ops.h"
#include "mtia/pe.h"

static uint32_t pe_type(uint32_t type)
{
	switch (type) {
	case MTIA_DTYPE_F16:
		return MTIA_TYPE_F16;
	case MTIA_DTYPE_BF16:
		return MTIA_TYPE_BF16;
	case MTIA_DTYPE_F32:
		return MTIA_TYPE_F32;
	}
	return MTIA_TYPE_I8;
}

static int check(struct mtia_interaction_desc *d)
{
	static const char op[] = "mtia_interaction_append";
	uint64_t element = mtia_dtype_bytes(d->type), products;
	int ret;

	if (d->flags)
		return mtia_error_set(-EOPNOTSUPP, op, NULL, "unknown flags 0x%x", d->flags);
	if (pe_type(d->type) == MTIA_TYPE_I8 || (d->y_type != d->type && d->y_type != MTIA_DTYPE_F32))
		return mtia_error_set(-EINVAL, op, NULL,
				      "type %u, y_type %u: F32, F16 or BF16, and y_type that or F32",
				      d->type, d->y_type);
	if (!d->batch || !d->features || d->features > MTIA_INTERACTION_MAX_FEATURES || !d->dim ||
	    d->dim > MTIA_INTERACTION_MAX_DIM)
		return mtia_error_set(-EINVAL, op, NULL,
				      "batch = %u, features = %u, dim = %u: at least 1, features at "
				      "most %u, dim at most %u",
				      d->batch, d->features, d->dim, MTIA_INTERACTION_MAX_FEATURES,
				      MTIA_INTERACTION_MAX_DIM);
	products = (d->features + 1ull) * d->features / 2;
	ret = mtia_operand_check(op, "x", &d->x, 1, NULL, d->batch, d->dim * element);
	if (!ret)
		ret = mtia_operand_check(op, "emb", &d->emb, 1, NULL, d->batch,
					 (uint64_t)d->features * d->dim * element);
	if (!ret)
		ret = mtia_result_check(op, "y", &d->y, 1, NULL, d->batch,
					(d->dim + products) * mtia_dtype_bytes(d->y_type));
	return ret;
}

int mtia_interaction_append(struct mtia_cmd *cmd, struct mtia_queue *queue,
			    const struct mtia_interaction_desc *desc)
{
	struct mtia_interaction_args args;
	struct mtia_interaction_desc d;
	uint32_t rows, cols;
	int ret;

	ret = mtia_desc_take("mtia_interaction_append", desc, &d, sizeof(d), sizeof(d));
	if (!ret)
		ret = check(&d);
	if (ret)
		return ret;
	args = (struct mtia_interaction_args){
		.x = mtia_tensor_address(&d.x),
		.emb = mtia_tensor_address(&d.emb),
		.y = mtia_tensor_address(&d.y),
		.x_stride = d.x.stride,
		.emb_stride = d.emb.stride,
		.y_stride = d.y.stride,
		.batch = d.batch,
		.features = d.features,
		.dim = d.dim,
		.type = pe_type(d.type),
		.out = pe_type(d.y_type),
	};
	mtia_op_grid(queue, d.batch, &rows, &cols);
	return mtia_op_launch(cmd, "interaction", queue, rows, cols, &args, sizeof(args),
			      (struct mtia_buffer *[]){d.x.buffer, d.emb.buffer, d.y.buffer}, 3);
}

MTIA_OP_RUN(interaction, mtia_interaction_desc)
