// SPDX-License-Identifier: GPL-2.0
/* Matrix lines of fully connected layers and batched products. arg: type, out, per tensor. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "op_case.h"

static const char *const type_name[] = {"int8", "f16", "bf16"};

static enum mtia_dtype operand(uint32_t type, bool is_signed)
{
	if (type == MTIA_MATMUL_INT8)
		return is_signed ? MTIA_DTYPE_S8 : MTIA_DTYPE_U8;
	return type == MTIA_MATMUL_F16 ? MTIA_DTYPE_F16 : MTIA_DTYPE_BF16;
}

static int32_t zero_point(enum mtia_dtype type)
{
	return type == MTIA_DTYPE_S8 ? (int32_t)op_between(0, 255) - 128
				     : (int32_t)op_between(0, 255);
}

/* Of 8-bit products over K: most results fall into 8 bits. */
static float multiplier(uint32_t k)
{
	return (float)op_between(300, 3000) * 1e-3f * 60 / (11000 * sqrtf((float)k));
}

/* Mostly the planner's; otherwise what the sub-grid and K allow. */
static uint32_t k_split(uint32_t k, uint32_t cols, uint32_t step)
{
	uint32_t most = (k + step - 1) / step;

	return op_one_in(2) ? 0 : op_between(1, most < cols ? most : cols);
}

/* A K beyond the one that cannot overflow, or a long one, for few rows and columns. */
static bool is_deep(uint32_t *m, uint32_t *n, uint32_t *k)
{
	if (!op_one_in(12))
		return false;
	*m = op_between(1, 5);
	*n = op_between(1, 5);
	*k = op_one_in(2) ? op_between(MTIA_FC_EXACT_K, MTIA_FC_EXACT_K + 4000) : op_long();
	return true;
}

/* 8-bit elements of which all products are as large as they can be, and of one sign. */
static void fill_extreme(void *values, bool is_signed, size_t count)
{
	memset(values, is_signed ? 0x80 : 0xff, count);
}

static int run_fc(const struct op_test *test)
{
	uint32_t type = test->arg[0], out = test->arg[1];
	bool int8 = type == MTIA_MATMUL_INT8, a_signed = int8 && op_one_in(3);
	bool asymmetric = int8 && op_one_in(3), big = op_one_in(6), wild = op_one_in(6);
	uint32_t m = op_size(big ? 300 : 90), n = op_size(big ? 300 : 90),
		 k = op_size(big ? 900 : 200);
	bool deep = is_deep(&m, &n, &k);
	uint32_t channels = test->arg[2] ? 1 : n, cols = op_between(1, 8);
	uint32_t element = mtia_dtype_bytes(out), bytes = int8 ? 1 : 2;
	enum mtia_dtype a_type = operand(type, a_signed), w_type = operand(type, true);
	void *a = op_values(a_type, (size_t)m * k, wild),
	     *w = op_values(w_type, (size_t)n * k, wild);
	float *scale = op_alloc(channels * sizeof(float)),
	      *bias_f32 = op_values(MTIA_DTYPE_F32, n, 0);
	int32_t *bias = op_values(MTIA_DTYPE_S32, n, 0),
		*wzp = op_alloc(channels * sizeof(int32_t));
	void *want = op_alloc((size_t)m * n * element);
	struct mtia_fc_weights *weights;
	struct op_tensor ta, tc;
	mtia_event event;
	int ret;

	if (int8 && deep && wild) {
		fill_extreme(a, a_signed, (size_t)m * k);
		fill_extreme(w, true, (size_t)n * k);
	}
	for (uint32_t j = 0; j < channels; j++) {
		scale[j] = op_one_in(20) ? -multiplier(k) : multiplier(k);
		wzp[j] = (int32_t)op_between(0, 255) - 128;
	}
	for (uint32_t j = 0; j < n; j++)
		bias[j] >>= 12;

	struct mtia_fc_ref ref = {
		.m = m,
		.n = n,
		.k = k,
		.a = a,
		.w = w,
		.c = want,
		.out = out,
		.type = type,
		.relu = op_one_in(2),
		.c_zero_point = zero_point(out),
		.a_signed = a_signed,
		.a_zero_point = int8 ? zero_point(a_type) : 0,
		.per_tensor = test->arg[2],
		.c_scale = int8 ? 0 : (float)op_between(1, 50) * 0.01f,
		.k_split = k_split(k, cols, int8 ? 32 : 16),
	};
	if (int8) {
		ref.scale = scale;
		ref.bias = op_one_in(2) ? bias : NULL;
		ref.w_zero_point = asymmetric ? wzp : NULL;
		ref.k_split = asymmetric ? 0 : ref.k_split;
	} else {
		ref.bias_f32 = op_one_in(2) ? bias_f32 : NULL;
	}
	op_note(" %ux%ux%u%s%s%s%s k_split %u", m, k, n, ref.relu ? " relu" : "",
		ref.bias || ref.bias_f32 ? " bias" : "", a_signed ? " s8" : "",
		asymmetric ? " asymmetric" : "", ref.k_split);
	const struct mtia_fc_weights_desc wd = {
		.size = sizeof(wd),
		.n = n,
		.k = k,
		.w = w,
		.type = type,
		.scale = ref.scale,
		.bias = ref.bias,
		.w_zero_point = ref.w_zero_point,
		.bias_f32 = ref.bias_f32,
		.a_zero_point = ref.a_zero_point,
		.flags = (ref.per_tensor ? MTIA_FC_WEIGHTS_PER_TENSOR : 0) |
			 (a_signed ? MTIA_FC_WEIGHTS_A_SIGNED : 0),
	};
	struct mtia_queue *queue = op_queue(0, cols);

	ret = mtia_fc_ref(&ref);
	if (!ret)
		ret = mtia_fc_weights_create(op_context, &wd, &weights);
	if (ret)
		return ret;
	op_input(&ta, 1, m, (size_t)k * bytes, a);
	op_output(&tc, 1, m, (size_t)n * element);
	const struct mtia_fc_desc d = {
		.size = sizeof(d),
		.flags = ref.relu ? MTIA_FC_DESC_RELU : 0,
		.weights = weights,
		.m = m,
		.out = out,
		.a = ta.tensor.buffer,
		.a_offset = ta.tensor.offset,
		.lda = ta.tensor.stride,
		.c = tc.tensor.buffer,
		.c_offset = tc.tensor.offset,
		.ldc = tc.tensor.stride,
		.c_zero_point = ref.c_zero_point,
		.c_scale = ref.c_scale,
		.k_split = ref.k_split,
	};
	ret = op_wait(mtia_fc_run(queue, &d, NULL, 0, &event), &event, NULL);
	mtia_fc_weights_free(weights);
	return ret ? ret : op_same(&tc, want);
}

static int run_bmm(const struct op_test *test)
{
	bool int8 = test->arg[0] == MTIA_MATMUL_INT8, wild = op_one_in(6), big = op_one_in(6);
	uint32_t type = test->arg[0], out = test->arg[1],
		 batch = op_between(1, op_one_in(4) && !big ? 20 : 4);
	/* Big: strips of B that local memory does not keep. */
	uint32_t m = op_size(big ? 200 : 90), n = op_size(big ? 200 : 90),
		 k = op_size(big ? 2000 : 200), cols = op_between(1, 8);
	bool deep = is_deep(&m, &n, &k);
	uint32_t element = mtia_dtype_bytes(out), bytes = int8 ? 1 : 2;
	bool a_signed = int8 && op_one_in(2), b_signed = int8 && op_one_in(2);
	enum mtia_dtype a_type = operand(type, a_signed), b_type = operand(type, b_signed);
	void *a = op_values(a_type, (size_t)batch * m * k, wild);
	void *b = op_values(b_type, (size_t)batch * n * k, wild);
	void *want = op_alloc((size_t)batch * m * n * element);
	struct op_tensor ta, tb, tc;
	mtia_event event;
	int ret;

	if (int8 && deep && wild) {
		fill_extreme(a, a_signed, (size_t)batch * m * k);
		fill_extreme(b, b_signed, (size_t)batch * n * k);
	}
	const struct mtia_bmm_ref ref = {
		.type = type,
		.out = out,
		.batch = batch,
		.m = m,
		.n = n,
		.k = k,
		.a = a,
		.b = b,
		.c = want,
		.a_signed = a_signed,
		.b_signed = b_signed,
		.b_kn = test->arg[2],
		.relu = op_one_in(2),
		.scale = multiplier(k),
		.c_zero_point = zero_point(out),
		.a_zero_point = int8 && op_one_in(2) ? zero_point(a_type) : 0,
		.b_zero_point = int8 && op_one_in(2) ? zero_point(b_type) : 0,
		.c_scale = int8 ? 0 : (float)op_between(1, 50) * 0.01f,
		.k_split = int8 ? 0 : k_split(k, cols, 16),
	};
	op_note(" %u of %ux%ux%u%s%s%s k_split %u", batch, m, k, n, ref.relu ? " relu" : "",
		a_signed ? " s8" : "", b_signed ? " * s8" : "", ref.k_split);
	ret = mtia_bmm_ref(&ref);
	if (ret)
		return ret;
	op_input(&ta, batch, m, (size_t)k * bytes, a);
	op_input(&tb, batch, ref.b_kn ? k : n, (size_t)(ref.b_kn ? n : k) * bytes, b);
	op_output(&tc, batch, m, (size_t)n * element);
	const struct mtia_bmm_desc d = {
		.size = sizeof(d),
		.type = type,
		.out = out,
		.batch = batch,
		.m = m,
		.n = n,
		.k = k,
		.flags = (ref.relu ? MTIA_BMM_RELU : 0) | (ref.b_kn ? MTIA_BMM_B_KN : 0) |
			 (a_signed ? MTIA_BMM_A_SIGNED : 0) | (b_signed ? MTIA_BMM_B_SIGNED : 0),
		.a = ta.tensor,
		.b = tb.tensor,
		.c = tc.tensor,
		.a_batch = ta.batch_stride,
		.b_batch = tb.batch_stride,
		.c_batch = tc.batch_stride,
		.scale = ref.scale,
		.a_zero_point = ref.a_zero_point,
		.b_zero_point = ref.b_zero_point,
		.c_zero_point = ref.c_zero_point,
		.c_scale = ref.c_scale,
		.k_split = ref.k_split,
	};
	ret = op_wait(mtia_bmm_run(op_queue(0, cols), &d, NULL, 0, &event), &event, NULL);
	return ret ? ret : op_same(&tc, want);
}

static void add(const char *op, int (*run)(const struct op_test *), uint32_t type, uint32_t out,
		uint32_t arg, const char *suffix)
{
	struct op_test test = {.run = run, .arg = {type, out, arg}};

	snprintf(test.key, sizeof(test.key), "%s %s %s%s", op, type_name[type],
		 mtia_dtype_name(out), suffix);
	op_add(&test);
}

int main(int argc, char **argv)
{
	static const char *const scales[] = {"-per-channel", "-per-tensor"};
	static const char *const layouts[] = {"-nk", "-kn"};

	for (uint32_t type = MTIA_MATMUL_INT8; type <= MTIA_MATMUL_BF16; type++) {
		for (uint32_t out = MTIA_OUT_U8; out <= MTIA_OUT_BF16; out++) {
			if (out == MTIA_OUT_S32 && type != MTIA_MATMUL_INT8)
				continue;
			if (type != MTIA_MATMUL_INT8 || out == MTIA_OUT_S32)
				add("fc", run_fc, type, out, 0, "");
			for (uint32_t i = 0;
			     type == MTIA_MATMUL_INT8 && out != MTIA_OUT_S32 && i < 2; i++)
				add("fc", run_fc, type, out, i, scales[i]);
			for (uint32_t i = 0; i < 2; i++)
				add("bmm", run_bmm, type, out, i, layouts[i]);
		}
	}
	return op_main(argc, argv, 12);
}
