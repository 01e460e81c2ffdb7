// SPDX-License-Identifier: MIT
/*
 * Fully connected layer: preparing weights, dividing the work over the sub-grid, one launch of the
 * PE program fc_int8, or of matmul for FP16 and BF16 (matmul.c). What the PEs then do is in
 * firmware/kernels/fc_int8.c and matmul.c.
 */
#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include "desc.h"
#include "launch.h"
#include "matmul.h"
#include "mtia/kernel_args.h"
#include "mtia/ops.h"
#include "mtia/pe.h"

struct mtia_fc_weights {
	struct mtia_program *program; /* INT8 */
	struct mtia_buffer *w;	  /* N rows of K, ldw bytes apart */
	struct mtia_buffer *cols; /* INT8: N x struct mtia_se_col; else N FP32 of bias, or NULL */
	uint32_t type;		  /* enum mtia_matmul */
	uint32_t n, k, ldw;
	int a_signed;
	int rowsum; /* some column's zero point is not 0 */
};

static uint32_t div_up(uint32_t a, uint32_t b)
{
	return a / b + (a % b != 0); /* NOLINT: a queue has rows and columns, M is not 0 */
}

static uint64_t round_row(uint64_t bytes)
{
	return (bytes + MTIA_ROW_ALIGN - 1) & ~(uint64_t)(MTIA_ROW_ALIGN - 1);
}

static int check_weights_int8(const struct mtia_fc_weights_desc *d)
{
	static const char op[] = "mtia_fc_weights_create";
	uint32_t channels = d->flags & MTIA_FC_WEIGHTS_PER_TENSOR ? 1 : d->n;
	int32_t lowest = d->flags & MTIA_FC_WEIGHTS_A_SIGNED ? -128 : 0;

	if (!d->scale)
		return mtia_error_set(-EINVAL, op, NULL, "INT8 weights need scales");
	if (d->bias_f32)
		return mtia_error_set(-EINVAL, op, NULL, "bias_f32 is for FP16 and BF16");
	if (d->a_zero_point < lowest || d->a_zero_point > lowest + 255)
		return mtia_error_set(-EINVAL, op, NULL, "a_zero_point %d is not %d .. %d",
				      d->a_zero_point, lowest, lowest + 255);
	for (uint32_t j = 0; j < channels; j++) {
		if (!isfinite(d->scale[j]))
			return mtia_error_set(-EINVAL, op, NULL, "scale[%u] is not finite", j);
		if (d->w_zero_point && (d->w_zero_point[j] < -128 || d->w_zero_point[j] > 127))
			return mtia_error_set(-EINVAL, op, NULL,
					      "w_zero_point[%u] = %d is not -128 .. 127", j,
					      d->w_zero_point[j]);
	}
	return 0;
}

static int check_weights_float(const struct mtia_fc_weights_desc *d)
{
	static const char op[] = "mtia_fc_weights_create";

	if (d->scale || d->bias || d->w_zero_point || d->a_zero_point || d->flags)
		return mtia_error_set(-EINVAL, op, NULL,
				      "scale, bias, zero points and flags are for INT8");
	return 0;
}

static int check_weights(const struct mtia_fc_weights_desc *d)
{
	static const char op[] = "mtia_fc_weights_create";

	if (d->flags & ~(MTIA_FC_WEIGHTS_PER_TENSOR | MTIA_FC_WEIGHTS_A_SIGNED))
		return mtia_error_set(-EOPNOTSUPP, op, NULL, "unknown flags 0x%x", d->flags);
	if (d->type > MTIA_MATMUL_BF16)
		return mtia_error_set(-EINVAL, op, NULL, "unknown type %u", d->type);
	if (!d->n || !d->k || !d->w)
		return mtia_error_set(-EINVAL, op, NULL,
				      "weights, N and K of at least 1 are needed (N = %u, K = %u)",
				      d->n, d->k);
	if (d->n > MTIA_MATMUL_MAX_MN)
		return mtia_error_set(-EINVAL, op, "divide the columns over several layers",
				      "N = %u: at most %u", d->n, MTIA_MATMUL_MAX_MN);
	if (round_row(d->k * (d->type == MTIA_MATMUL_INT8 ? 1ull : 2)) > UINT32_MAX)
		return mtia_error_set(-EINVAL, op, "divide K over several layers, and add",
				      "K = %u: rows of W must have less than 4 GiB", d->k);
	if (d->ldw && d->ldw < d->k)
		return mtia_error_set(-EINVAL, op, NULL, "ldw %zu is shorter than K = %u", d->ldw, d->k);
	return d->type == MTIA_MATMUL_INT8 ? check_weights_int8(d) : check_weights_float(d);
}

/* raw = acc - a_zp * (sum_k W - w_zp * K) - w_zp * rowsum + bias, see FBGEMM's reference. */
static void fold_columns(const struct mtia_fc_weights_desc *d, size_t ldw, struct mtia_se_col *cols)
{
	const int8_t *w = d->w;

	for (uint32_t j = 0; j < d->n; j++) {
		uint32_t channel = d->flags & MTIA_FC_WEIGHTS_PER_TENSOR ? 0 : j;
		int32_t zero_point = d->w_zero_point ? d->w_zero_point[channel] : 0;
		uint32_t sum = 0;

		for (uint32_t k = 0; k < d->k; k++)
			sum += (uint32_t)w[j * ldw + k];
		sum -= (uint32_t)zero_point * d->k;
		cols[j] = (struct mtia_se_col){
			.scale = d->scale[channel],
			.offset = (int32_t)((d->bias ? (uint32_t)d->bias[j] : 0) -
					    (uint32_t)d->a_zero_point * sum),
			.zero_point = zero_point,
		};
	}
}

/* What SE or RE is told about the columns; NULL if that is nothing. */
static int make_columns(const struct mtia_fc_weights_desc *d, size_t ldw, void **out, size_t *bytes)
{
	*bytes = d->n * (d->type == MTIA_MATMUL_INT8 ? sizeof(struct mtia_se_col) : sizeof(float));
	if (d->type != MTIA_MATMUL_INT8 && !d->bias_f32)
		*bytes = 0;
	*out = *bytes ? malloc(*bytes) : NULL;
	if (!*bytes)
		return 0;
	if (!*out)
		return -ENOMEM;
	if (d->type == MTIA_MATMUL_INT8)
		fold_columns(d, ldw, *out);
	else
		memcpy(*out, d->bias_f32, *bytes);
	return 0;
}

int mtia_fc_weights_create(struct mtia_context *context, const struct mtia_fc_weights_desc *desc,
			   struct mtia_fc_weights **out)
{
	struct mtia_fc_weights_desc d;
	struct mtia_fc_weights *weights;
	size_t ldw, row, cols_bytes;
	uint8_t *packed;
	void *cols = NULL;
	int ret;

	ret = mtia_desc_take("mtia_fc_weights_create", desc, &d, sizeof(d),
			     offsetof(struct mtia_fc_weights_desc, type));
	if (!ret)
		ret = check_weights(&d);
	if (ret)
		return ret;
	ldw = d.ldw ? d.ldw : d.k;
	row = d.k * (d.type == MTIA_MATMUL_INT8 ? (size_t)1 : 2);

	weights = calloc(1, sizeof(*weights));
	packed = calloc(d.n, round_row(row));
	if (!weights || !packed || make_columns(&d, ldw, &cols, &cols_bytes)) {
		ret = mtia_error_set(-ENOMEM, "mtia_fc_weights_create", NULL,
				     "no memory to lay out %u x %u weights", d.n, d.k);
		goto out_free;
	}
	weights->type = d.type;
	weights->n = d.n;
	weights->k = d.k;
	weights->ldw = round_row(row);
	weights->a_signed = !!(d.flags & MTIA_FC_WEIGHTS_A_SIGNED);
	for (uint32_t j = 0; j < d.n; j++) {
		uint32_t channel = d.flags & MTIA_FC_WEIGHTS_PER_TENSOR ? 0 : j;

		memcpy(packed + (size_t)j * weights->ldw,
		       (const uint8_t *)d.w + j * ldw * (row / d.k), row);
		weights->rowsum |= d.w_zero_point && d.w_zero_point[channel];
	}

	if (d.type == MTIA_MATMUL_INT8)
		ret = mtia_program_builtin(context, "fc_int8", &weights->program);
	if (!ret)
		ret = mtia_op_upload(context, "fc weights", packed, (uint64_t)d.n * weights->ldw,
				     &weights->w);
	if (!ret && cols)
		ret = mtia_op_upload(context, "fc columns", cols, cols_bytes, &weights->cols);
	if (!ret) {
		*out = weights;
		weights = NULL;
	}
out_free:
	free(packed);
	free(cols);
	mtia_fc_weights_free(weights);
	return ret;
}

void mtia_fc_weights_free(struct mtia_fc_weights *weights)
{
	if (!weights)
		return;
	mtia_buffer_free(weights->cols);
	mtia_buffer_free(weights->w);
	mtia_program_free(weights->program);
	free(weights);
}

/* How a launch divides M, N and K. */
struct division {
	uint32_t rows, cols;	/* of the sub-grid */
	uint32_t k_split;	/* neighbouring columns that share K */
	uint32_t m_per_row, n_per_group, k_per_col;
};

/*
 * Choose the division whose busiest PE has the least to multiply; a longer reduction chain must pay
 * for its hops. Deterministic: the first of equals.
 */
static int divide(uint32_t m, uint32_t n, uint32_t k, uint32_t max_rows, uint32_t max_cols,
		  uint32_t k_split, struct division *best)
{
	uint32_t tm = div_up(m, 64), tn = div_up(n, 64), tk = div_up(k, 32);
	uint64_t best_cost = UINT64_MAX;

	best->rows = tm < max_rows ? tm : max_rows;
	for (uint32_t split = 1; split <= max_cols; split++) {
		uint32_t groups = max_cols / split < tn ? max_cols / split : tn;
		uint64_t tiles, steps;

		if ((k_split && split != k_split) || (split > 1 && split > tk))
			continue;
		tiles = (uint64_t)div_up(tm, best->rows) * div_up(tn, groups);
		steps = tiles * (div_up(tk, split) + 4 * (split - 1));
		if (steps >= best_cost)
			continue;
		best_cost = steps;
		best->k_split = split;
		best->cols = groups * split;
		best->m_per_row = div_up(tm, best->rows) * 64;
		best->n_per_group = div_up(tn, groups) * 64;
		best->k_per_col = div_up(tk, split) * 32;
	}
	return best_cost == UINT64_MAX ? -EINVAL : 0;
}

static bool shares(uint32_t m, uint32_t n, uint32_t k, const struct division *d)
{
	uint32_t groups = div_up(n, d->n_per_group), rows = div_up(m, d->m_per_row);

	return ((uint64_t)m * (groups - 1) + (uint64_t)n * (rows - 1)) * k >= MTIA_MATMUL_SHARE_BYTES;
}

static int check_run(const struct mtia_fc_desc *d, struct mtia_matmul_args *output)
{
	static const char op[] = "mtia_fc_append";
	uint32_t element;
	int ret;

	if (d->flags & ~MTIA_FC_DESC_RELU)
		return mtia_error_set(-EOPNOTSUPP, op, NULL, "unknown flags 0x%x", d->flags);
	if (!d->weights || !d->m || d->m > MTIA_MATMUL_MAX_MN)
		return mtia_error_set(-EINVAL, op, d->m ? "divide the rows over several runs" : NULL,
				      "weights and M, 1 .. %u, are needed (M = %u)",
				      MTIA_MATMUL_MAX_MN, d->m);
	ret = mtia_matmul_output(op, d->weights->type, d->out, d->flags & MTIA_FC_DESC_RELU,
				 d->c_zero_point, d->c_scale, output);
	if (ret)
		return ret;
	if (d->lda > UINT32_MAX || d->ldc > UINT32_MAX)
		return mtia_error_set(-EINVAL, op, "divide the columns over several runs",
				      "lda %llu and ldc %llu must be below 4 GiB",
				      (unsigned long long)d->lda, (unsigned long long)d->ldc);
	element = d->weights->type == MTIA_MATMUL_INT8 ? 1 : 2;
	ret = mtia_tensor_check(op, "A", d->a, d->a_offset, d->m,
				(uint64_t)d->weights->k * element, d->lda, MTIA_ROW_ALIGN);
	return ret ? ret :
		     mtia_tensor_check(op, "C", d->c, d->c_offset, d->m,
				       (uint64_t)d->weights->n * mtia_dtype_bytes(d->out), d->ldc, 4);
}

static int append_float(struct mtia_cmd *cmd, struct mtia_queue *queue, const struct mtia_fc_desc *d,
			struct mtia_matmul_args *args)
{
	const struct mtia_fc_weights *weights = d->weights;

	args->a = mtia_buffer_address(d->a) + d->a_offset;
	args->b = mtia_buffer_address(weights->w);
	args->c = mtia_buffer_address(d->c) + d->c_offset;
	args->bias = weights->cols ? mtia_buffer_address(weights->cols) : 0;
	args->batch = 1;
	args->m = d->m, args->n = weights->n, args->k = weights->k;
	args->lda = d->lda & ~(uint64_t)(MTIA_ROW_ALIGN - 1);
	args->ldb = weights->ldw;
	args->ldc = d->ldc & ~3ull;
	args->type = weights->type;
	args->flags = d->flags & MTIA_FC_DESC_RELU ? MTIA_MATMUL_RELU : 0;
	return mtia_matmul_append(cmd, queue, "mtia_fc_append", args, d->k_split, 0,
				  (struct mtia_buffer *[]){d->a, weights->w, d->c, weights->cols},
				  4);
}

int mtia_fc_append(struct mtia_cmd *cmd, struct mtia_queue *queue, const struct mtia_fc_desc *desc)
{
	struct mtia_matmul_args output = { 0 };
	struct mtia_fc_weights *weights;
	struct mtia_fc_args args;
	struct division division;
	struct mtia_fc_desc d;
	uint32_t rows, cols;
	int ret;

	ret = mtia_desc_take("mtia_fc_append", desc, &d, sizeof(d),
			     offsetof(struct mtia_fc_desc, c_scale));
	if (!ret)
		ret = check_run(&d, &output);
	if (ret)
		return ret;
	weights = d.weights;
	if (weights->type != MTIA_MATMUL_INT8)
		return append_float(cmd, queue, &d, &output);
	mtia_queue_grid(queue, &rows, &cols);
	if (weights->rowsum && d.out != MTIA_OUT_S32) {
		if (d.k_split > 1)
			return mtia_error_set(-EINVAL, "mtia_fc_append", NULL,
					      "k_split %u: not with asymmetric weights, whose row sums stay in one PE",
					      d.k_split);
		d.k_split = 1;
	}
	if (divide(d.m, weights->n, weights->k, rows, cols, d.k_split, &division))
		return mtia_error_set(-EINVAL, "mtia_fc_append", NULL,
				      "k_split %u: at most %u columns and %u steps of K can share",
				      d.k_split, cols, div_up(weights->k, 32));

	args = (struct mtia_fc_args){
		.a = mtia_buffer_address(d.a) + d.a_offset,
		.w = mtia_buffer_address(weights->w),
		.c = mtia_buffer_address(d.c) + d.c_offset,
		.cols = mtia_buffer_address(weights->cols),
		.m = d.m,
		.n = weights->n,
		.k = weights->k,
		.lda = d.lda & ~(uint64_t)(MTIA_ROW_ALIGN - 1),
		.ldw = weights->ldw,
		.ldc = d.ldc & ~3ull,
		.m_per_row = division.m_per_row,
		.n_per_group = division.n_per_group,
		.k_per_col = division.k_per_col,
		.k_split = division.k_split,
		.out = d.out,
		.flags = MTIA_FC_W_SIGNED | (weights->a_signed ? MTIA_FC_A_SIGNED : 0) |
			 (weights->rowsum && d.out != MTIA_OUT_S32 ? MTIA_FC_ROWSUM : 0) |
			 (d.flags & MTIA_FC_DESC_RELU ? MTIA_FC_RELU : 0) |
			 (shares(d.m, weights->n, weights->k, &division) ? MTIA_FC_MULTICAST : 0),
		.zero_point = output.zero_point,
		.lo = output.lo,
		.hi = output.hi,
	};
	ret = mtia_cmd_launch(cmd, weights->program, division.rows, division.cols, &args,
			      sizeof(args));
	if (!ret)
		ret = mtia_cmd_use(cmd, weights->w);
	if (!ret)
		ret = mtia_cmd_use(cmd, weights->cols);
	if (!ret)
		ret = mtia_cmd_use(cmd, d.a);
	return ret ? ret : mtia_cmd_use(cmd, d.c);
}

MTIA_OP_RUN(fc, mtia_fc_desc)
