// SPDX-License-Identifier: MIT
/*
 * Batched matrix products, and the launch of the PE program matmul: dividing batch, M, N and K over
 * the sub-grid. What the PEs then do is in firmware/kernels/matmul.c.
 */
#include <errno.h>
#include <math.h>
#include <string.h>
#include "desc.h"
#include "matmul.h"
#include "mtia/ops.h"
#include "mtia/pe.h"

_Static_assert((int)MTIA_MATMUL_INT8 == MTIA_TYPE_I8 && (int)MTIA_MATMUL_F16 == MTIA_TYPE_F16 &&
		       (int)MTIA_MATMUL_BF16 == MTIA_TYPE_BF16,
	       "operand types are the chip's");

static uint32_t div_up(uint32_t a, uint32_t b)
{
	return a / b + (a % b != 0); /* NOLINT: a queue has rows and columns, no size is 0 */
}

static uint32_t min_u32(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

/* How a launch divides its work: parts of batch, M and N, and columns that share K. */
struct division {
	uint32_t batch, m, n, k_split;
	uint64_t steps, blocks; /* of the busiest PE: k steps of 64 x 64 tiles; blocks of A and B */
	int shared; /* PEs read together: MTIA_MATMUL_MULTICAST */
};

static int better(const struct division *a, const struct division *b)
{
	if (a->steps != b->steps)
		return a->steps < b->steps;
	if (a->shared != b->shared)
		return a->shared;
	return a->blocks < b->blocks;
}

/* If the parts of N fit along a row of PEs, the others down a column, and there is much to share. */
static int shares(const struct mtia_matmul_args *args, struct mtia_queue *queue,
		  const struct division *d)
{
	uint64_t again = (uint64_t)args->m * (d->n - 1) + (uint64_t)args->n * (d->m - 1);
	uint32_t rows, cols;
	uint64_t bytes;

	mtia_queue_grid(queue, &rows, &cols);
	if (d->n * d->k_split > cols || d->batch * d->m > rows)
		return 0;
	if (__builtin_mul_overflow(again, (uint64_t)args->k * args->batch, &bytes))
		return 1;
	return bytes >= MTIA_MATMUL_SHARE_BYTES / (args->type == MTIA_TYPE_I8 ? 1 : 2);
}

/* A division into these parts, if it is better than the best so far. */
static void consider(const struct mtia_matmul_args *args, struct mtia_queue *queue,
		     struct division d, uint32_t k_steps, struct division *best)
{
	uint64_t rows = div_up(div_up(args->m, 64), d.m), cols = div_up(div_up(args->n, 64), d.n);
	uint64_t matrices = div_up(args->batch, d.batch);

	d.steps = matrices * rows * cols * (div_up(k_steps, d.k_split) + 4 * (d.k_split - 1));
	d.blocks = matrices * (rows + cols);
	d.shared = shares(args, queue, &d);
	if (better(&d, best))
		*best = d;
}

/*
 * Choose the division whose busiest PE has the least to multiply, then one whose PEs read together,
 * then the least to fetch; a longer reduction chain must pay for its hops. Deterministic: the first
 * of equals.
 */
static void divide_groups(const struct mtia_matmul_args *args, struct mtia_queue *queue,
			  uint32_t split, uint32_t k_steps, struct division *best)
{
	uint32_t tm = div_up(args->m, 64), tn = div_up(args->n, 64), rows, cols, groups;

	mtia_queue_grid(queue, &rows, &cols);
	groups = rows * (cols / split);
	for (uint32_t batch = 1; batch <= min_u32(args->batch, groups); batch++) {
		for (uint32_t m = 1; m <= min_u32(tm, groups / batch); m++) {
			struct division d = {
				.batch = batch,
				.m = m,
				.n = min_u32(tn, groups / batch / m),
				.k_split = split,
			};

			consider(args, queue, d, k_steps, best);
			if (d.n <= cols / split)
				continue;
			d.n = cols / split; /* along a row of PEs */
			consider(args, queue, d, k_steps, best);
		}
	}
}

int mtia_matmul_append(struct mtia_cmd *cmd, struct mtia_queue *queue, const char *operation,
		       struct mtia_matmul_args *args, uint32_t k_split, int split,
		       struct mtia_buffer *const *buffers, size_t buffer_count)
{
	struct division best = {1, 1, 1, 1, .steps = UINT64_MAX};
	uint32_t kstep = args->type == MTIA_TYPE_I8 ? 32 : 16, k_steps = div_up(args->k, kstep);
	uint32_t rows, cols, most, groups, in_row;

	mtia_queue_grid(queue, &rows, &cols);
	most = min_u32(cols, k_steps);
	if (k_split > most)
		return mtia_error_set(-EINVAL, operation, NULL,
				      "k_split %u: at most %u columns and %u steps of K can share",
				      k_split, cols, k_steps);
	if (!k_split && !split)
		k_split = 1;
	for (uint32_t s = k_split ? k_split : 1; s <= (k_split ? k_split : most); s++)
		divide_groups(args, queue, s, k_steps, &best);
	args->k_split = best.k_split;
	args->batch_per = div_up(args->batch, best.batch);
	args->m_per = div_up(div_up(args->m, 64), best.m) * 64;
	args->n_per = div_up(div_up(args->n, 64), best.n) * 64;
	args->k_per = div_up(k_steps, best.k_split) * kstep;
	args->m_parts = div_up(args->m, args->m_per);
	args->n_parts = div_up(args->n, args->n_per);
	groups = div_up(args->batch, args->batch_per) * args->m_parts * args->n_parts;
	in_row = best.shared ? args->n_parts : min_u32(cols / best.k_split, groups);
	args->flags |= best.shared ? MTIA_MATMUL_MULTICAST : 0;
	return mtia_op_launch(cmd, "matmul", queue, div_up(groups, in_row), in_row * best.k_split,
			      args, sizeof(*args), buffers, buffer_count);
}

int mtia_matmul_output(const char *operation, uint32_t type, uint32_t out, int relu,
		       int32_t c_zero_point, float c_scale, struct mtia_matmul_args *args)
{
	int32_t lowest = out == MTIA_OUT_S8 ? -128 : 0, highest = out == MTIA_OUT_S8 ? 127 : 255;
	int bytes = out == MTIA_OUT_U8 || out == MTIA_OUT_S8;
	float inverse = 1.0f / c_scale;

	if (out > MTIA_OUT_BF16 || (out == MTIA_OUT_S32 && type != MTIA_MATMUL_INT8))
		return mtia_error_set(-EINVAL, operation, "choose f32",
				      "output %u (%s): not one that products of %s have", out,
				      mtia_dtype_name(out),
				      type == MTIA_MATMUL_INT8 ? "int8" :
				      type == MTIA_MATMUL_F16 ? "f16" : "bf16");
	if (bytes && (c_zero_point < lowest || c_zero_point > highest))
		return mtia_error_set(-EINVAL, operation, NULL, "c_zero_point %d is not %d .. %d",
				      c_zero_point, lowest, highest);
	if (bytes && type != MTIA_MATMUL_INT8) {
		if (!(c_scale > 0) || !isfinite(c_scale) || !isfinite(inverse))
			return mtia_error_set(-EINVAL, operation, NULL,
					      "c_scale %g: it and its reciprocal must be positive "
					      "and finite",
					      (double)c_scale);
		memcpy(&args->scale, &inverse, sizeof(args->scale));
	}
	args->out = out;
	args->zero_point = c_zero_point;
	args->lo = relu ? c_zero_point : lowest;
	args->hi = highest;
	return 0;
}

/* ---- Batched products ------------------------------------------------------------------------ */

#define BMM_FLAGS (MTIA_BMM_RELU | MTIA_BMM_B_KN | MTIA_BMM_A_SIGNED | MTIA_BMM_B_SIGNED)

static int check_zero_point(const char *name, int32_t zero_point, int is_signed)
{
	int32_t lowest = is_signed ? -128 : 0;

	if (zero_point >= lowest && zero_point <= lowest + 255)
		return 0;
	return mtia_error_set(-EINVAL, "mtia_bmm_append", NULL, "%s %d is not %d .. %d", name,
			      zero_point, lowest, lowest + 255);
}

static int check_int8(const struct mtia_bmm_desc *d)
{
	static const char op[] = "mtia_bmm_append";
	int a_signed = !!(d->flags & MTIA_BMM_A_SIGNED), b_signed = !!(d->flags & MTIA_BMM_B_SIGNED);
	int ret;

	if (d->out == MTIA_OUT_S32)
		return 0;
	if (!isfinite(d->scale))
		return mtia_error_set(-EINVAL, op, NULL, "scale must be finite");
	ret = check_zero_point("a_zero_point", d->a_zero_point, a_signed);
	if (!ret)
		ret = check_zero_point("b_zero_point", d->b_zero_point, b_signed);
	if (!ret && d->k_split > 1 && (d->a_zero_point || d->b_zero_point))
		return mtia_error_set(-EINVAL, op, NULL,
				      "k_split %u: not with zero points, whose sums stay in one PE",
				      d->k_split);
	return ret;
}

static int check_bmm(struct mtia_bmm_desc *d)
{
	static const char op[] = "mtia_bmm_append";
	uint64_t element = d->type == MTIA_MATMUL_INT8 ? 1 : 2;
	int turned = !!(d->flags & MTIA_BMM_B_KN), ret = 0;

	if (d->flags & ~BMM_FLAGS)
		return mtia_error_set(-EOPNOTSUPP, op, NULL, "unknown flags 0x%x", d->flags);
	if (d->type > MTIA_MATMUL_BF16)
		return mtia_error_set(-EINVAL, op, NULL, "unknown type %u", d->type);
	if (!d->batch || !d->m || !d->n || !d->k || d->m > MTIA_MATMUL_MAX_MN ||
	    d->n > MTIA_MATMUL_MAX_MN)
		return mtia_error_set(-EINVAL, op, "divide rows and columns over several runs",
				      "batch = %u, M = %u, N = %u, K = %u: all at least 1, M and N "
				      "at most %u",
				      d->batch, d->m, d->n, d->k, MTIA_MATMUL_MAX_MN);
	if (d->type == MTIA_MATMUL_INT8)
		ret = check_int8(d);
	else if (d->flags & (MTIA_BMM_A_SIGNED | MTIA_BMM_B_SIGNED))
		ret = mtia_error_set(-EINVAL, op, NULL, "signed operands are INT8");
	if (!ret)
		ret = mtia_operand_check(op, "A", &d->a, d->batch, &d->a_batch, d->m,
					 d->k * element);
	if (!ret)
		ret = mtia_operand_check(op, "B", &d->b, d->batch, &d->b_batch,
					 turned ? d->k : d->n, (turned ? d->n : d->k) * element);
	if (!ret)
		ret = mtia_result_check(op, "C", &d->c, d->batch, &d->c_batch, d->m,
					(uint64_t)d->n * mtia_dtype_bytes(d->out));
	return ret;
}

int mtia_bmm_append(struct mtia_cmd *cmd, struct mtia_queue *queue, const struct mtia_bmm_desc *desc)
{
	static const char op[] = "mtia_bmm_append";
	struct mtia_matmul_args args = { 0 };
	struct mtia_bmm_desc d;
	int ret, relu, sums;

	ret = mtia_desc_take(op, desc, &d, sizeof(d), sizeof(d));
	if (ret)
		return ret;
	relu = !!(d.flags & MTIA_BMM_RELU);
	ret = mtia_matmul_output(op, d.type, d.out, relu, d.c_zero_point, d.c_scale, &args);
	if (!ret)
		ret = check_bmm(&d);
	if (ret)
		return ret;
	args.a = mtia_tensor_address(&d.a);
	args.b = mtia_tensor_address(&d.b);
	args.c = mtia_tensor_address(&d.c);
	args.a_batch = d.a_batch, args.b_batch = d.b_batch, args.c_batch = d.c_batch;
	args.batch = d.batch, args.m = d.m, args.n = d.n, args.k = d.k;
	args.lda = d.a.stride, args.ldb = d.b.stride, args.ldc = d.c.stride;
	args.type = d.type;
	args.flags = (d.flags & MTIA_BMM_A_SIGNED ? MTIA_MATMUL_A_SIGNED : 0) |
		     (d.flags & MTIA_BMM_B_SIGNED ? MTIA_MATMUL_B_SIGNED : 0) |
		     (d.flags & MTIA_BMM_B_KN ? MTIA_MATMUL_B_KN : 0) |
		     (relu ? MTIA_MATMUL_RELU : 0);
	if (d.type == MTIA_MATMUL_INT8 && d.out != MTIA_OUT_S32) {
		memcpy(&args.scale, &d.scale, sizeof(args.scale));
		args.a_zero_point = d.a_zero_point;
		args.b_zero_point = d.b_zero_point;
	}
	sums = args.a_zero_point || args.b_zero_point;
	return mtia_matmul_append(cmd, queue, op, &args, d.k_split,
				  d.type == MTIA_MATMUL_INT8 && !sums,
				  (struct mtia_buffer *[]){d.a.buffer, d.b.buffer, d.c.buffer}, 3);
}

MTIA_OP_RUN(bmm, mtia_bmm_desc)
