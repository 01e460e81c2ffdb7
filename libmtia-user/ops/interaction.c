// SPDX-License-Identifier: MIT
/* Dot interaction: checks, and one launch of interaction or interaction_blocks, PE programs. */
#include <errno.h>
#include <stdbool.h>
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
	uint64_t element = mtia_dtype_bytes(d->type), products, emb;
	int ret;

	if (d->flags)
		return mtia_error_set(-EOPNOTSUPP, op, NULL, "unknown flags 0x%x", d->flags);
	if (pe_type(d->type) == MTIA_TYPE_I8 || (d->y_type != d->type && d->y_type != MTIA_DTYPE_F32))
		return mtia_error_set(-EINVAL, op, NULL,
				      "type %u, y_type %u: F32, F16 or BF16, and y_type that or F32",
				      d->type, d->y_type);
	if (!d->batch || !d->features || !d->dim)
		return mtia_error_set(-EINVAL, op, NULL,
				      "batch = %u, features = %u, dim = %u: all at least 1", d->batch,
				      d->features, d->dim);
	if (__builtin_mul_overflow((uint64_t)d->features * d->dim, element, &emb))
		emb = UINT64_MAX; /* then it is refused for its size */
	products = (d->features + 1ull) * d->features / 2;
	ret = mtia_operand_check(op, "x", &d->x, 1, NULL, d->batch, d->dim * element);
	if (!ret)
		ret = mtia_operand_check(op, "emb", &d->emb, 1, NULL, d->batch,
					 emb);
	if (!ret)
		ret = mtia_result_check(op, "y", &d->y, 1, NULL, d->batch,
					(d->dim + products) * mtia_dtype_bytes(d->y_type));
	return ret;
}

static uint64_t round_row(uint64_t bytes)
{
	return (bytes + MTIA_ROW_ALIGN - 1) & ~(uint64_t)(MTIA_ROW_ALIGN - 1);
}

/* Does local memory hold a bag's vectors? Each lies on a row of its own there. */
static bool fits(const struct mtia_interaction_desc *d)
{
	uint64_t vector = d->dim * (uint64_t)mtia_dtype_bytes(d->type), pad = round_row(vector);
	uint64_t space = MTIA_INTERACTION_SPACE;

	if (d->dim > MTIA_SE_MAX_D || d->features > space)
		return false;
	if (d->type == MTIA_DTYPE_F32)
		space -= MTIA_INTERACTION_TURNED;
	/* As they are in memory, too, if they must be moved apart. */
	return (d->features + 1) * pad + (pad == vector ? 0 : round_row(d->features * vector)) <=
	       space;
}

int mtia_interaction_append(struct mtia_cmd *cmd, struct mtia_queue *queue,
			    const struct mtia_interaction_desc *desc)
{
	struct mtia_interaction_args args;
	struct mtia_interaction_desc d;
	uint32_t rows, cols, blocks;
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
	blocks = fits(&d) ? 0 : (d.features - 1) / MTIA_INTERACTION_ROWS + 1;
	mtia_op_grid(queue, blocks ? (uint64_t)d.batch * blocks : d.batch, &rows, &cols);
	return mtia_op_launch(cmd, blocks ? "interaction_blocks" : "interaction", queue, rows, cols,
			      &args, sizeof(args),
			      (struct mtia_buffer *[]){d.x.buffer, d.emb.buffer, d.y.buffer}, 3);
}

MTIA_OP_RUN(interaction, mtia_interaction_desc)
