// SPDX-License-Identifier: GPL-2.0
/* Matrix lines of add, multiply and the activations. arg: operation, x type, y type. */
#include <stdio.h>
#include "op_case.h"

static int run_binary(const struct op_test *test)
{
	uint32_t type = test->arg[1], bytes = mtia_dtype_bytes(type);
	bool wide = op_one_in(4);
	uint32_t rows = op_size(wide ? 20 : 150), cols = wide ? op_long() : op_size(200);
	bool relu = type != MTIA_DTYPE_S32 && op_one_in(2), bcast = op_one_in(2);
	void *a = op_values(type, (size_t)rows * cols, op_one_in(3));
	void *b = op_values(type, (size_t)(bcast ? 1 : rows) * cols, op_one_in(3));
	void *want = op_alloc((size_t)rows * cols * bytes);
	const struct mtia_binary_ref ref = {
		.op = test->arg[0],
		.type = type,
		.rows = rows,
		.cols = cols,
		.relu = relu,
		.bcast = bcast,
		.a = a,
		.b = b,
		.y = want,
	};
	struct op_tensor ta, tb, ty;
	mtia_event event;
	int ret;

	op_note(" %ux%u%s%s", rows, cols, relu ? " relu" : "", bcast ? " bcast" : "");
	ret = mtia_binary_ref(&ref);
	if (ret)
		return ret;
	op_input(&ta, 1, rows, (size_t)cols * bytes, a);
	op_input(&tb, 1, bcast ? 1 : rows, (size_t)cols * bytes, b);
	op_output(&ty, 1, rows, (size_t)cols * bytes);
	if (op_one_in(4))
		ty = ta; /* in place */
	const struct mtia_binary_desc d = {
		.size = sizeof(d),
		.op = ref.op,
		.type = type,
		.rows = rows,
		.cols = cols,
		.flags = (relu ? MTIA_BINARY_RELU : 0) | (bcast ? MTIA_BINARY_BCAST : 0),
		.a = ta.tensor,
		.b = tb.tensor,
		.y = ty.tensor,
	};
	ret = op_wait(mtia_binary_run(op_queue(0, 0), &d, NULL, 0, &event), &event, NULL);
	return ret ? ret : op_same(&ty, want);
}

/* FP16: all of them in one run, and random shapes of them in the others. */
static int run_activation(const struct op_test *test)
{
	static const uint32_t results[] = {MTIA_DTYPE_F32, MTIA_DTYPE_F16, MTIA_DTYPE_BF16,
					   MTIA_DTYPE_U8, MTIA_DTYPE_S8};
	uint32_t x_type = test->arg[1], y_type = results[op_rnd() % 5];
	bool relu = test->arg[0] == MTIA_ACT_RELU, all = x_type == MTIA_DTYPE_F16 && op_one_in(3);
	bool wide = !all && op_one_in(6);
	uint32_t rows = all ? 64 : op_size(wide ? 10 : 100);
	uint32_t cols = all ? 1024 : wide ? op_long() : op_size(300);
	void *x = op_values(x_type, (size_t)rows * cols, true), *want;
	struct op_tensor tx, ty;
	mtia_event event;
	int ret;

	if (relu)
		y_type = x_type;
	for (uint32_t i = 0; all && i < 65536; i++)
		((uint16_t *)x)[i] = i;
	want = op_alloc((size_t)rows * cols * mtia_dtype_bytes(y_type));
	const struct mtia_activation_ref ref = {
		.function = test->arg[0],
		.x_type = x_type,
		.y_type = y_type,
		.rows = rows,
		.cols = cols,
		.x = x,
		.y = want,
		.x_scale = (float)op_between(1, 2000) * 1e-4f,
		.y_scale = (float)op_between(1, 2000) * 1e-4f,
		.x_zero_point = x_type == MTIA_DTYPE_S8 ? (int32_t)op_between(0, 255) - 128
							: (int32_t)op_between(0, 255),
		.y_zero_point = y_type == MTIA_DTYPE_S8 ? (int32_t)op_between(0, 255) - 128
							: (int32_t)op_between(0, 255),
	};
	op_note(" to %s %ux%u", mtia_dtype_name(y_type), rows, cols);
	ret = mtia_activation_ref(&ref);
	if (ret)
		return ret;
	op_input(&tx, 1, rows, (size_t)cols * mtia_dtype_bytes(x_type), x);
	op_output(&ty, 1, rows, (size_t)cols * mtia_dtype_bytes(y_type));
	if (mtia_dtype_bytes(x_type) == mtia_dtype_bytes(y_type) && op_one_in(4))
		ty = tx; /* in place */
	const struct mtia_activation_desc d = {
		.size = sizeof(d),
		.function = ref.function,
		.x_type = x_type,
		.y_type = y_type,
		.rows = rows,
		.cols = cols,
		.x = tx.tensor,
		.y = ty.tensor,
		.x_scale = ref.x_scale,
		.y_scale = ref.y_scale,
		.x_zero_point = ref.x_zero_point,
		.y_zero_point = ref.y_zero_point,
	};
	ret = op_wait(mtia_activation_run(op_queue(0, 0), &d, NULL, 0, &event), &event, NULL);
	return ret ? ret : op_same(&ty, want);
}

int main(int argc, char **argv)
{
	static const char *const binary[] = {"add", "mul"};
	static const char *const activation[] = {"relu", "exp",	       "sigmoid", "tanh",
						 "gelu", "reciprocal", "sqrt"};
	static const uint32_t types[] = {MTIA_DTYPE_F32, MTIA_DTYPE_F16, MTIA_DTYPE_BF16,
					 MTIA_DTYPE_S32, MTIA_DTYPE_U8,	 MTIA_DTYPE_S8};

	for (uint32_t op = 0; op < 2; op++) {
		for (uint32_t i = 0; i < 4; i++) {
			struct op_test test = {.run = run_binary, .arg = {op, types[i]}};

			snprintf(test.key, sizeof(test.key), "%s %s rows", binary[op],
				 mtia_dtype_name(types[i]));
			op_add(&test);
		}
	}
	for (uint32_t f = 0; f < MTIA_ACTIVATIONS; f++) {
		for (uint32_t i = 0; i < 6; i++) {
			struct op_test test = {.run = run_activation, .arg = {f, types[i]}};

			if (types[i] == MTIA_DTYPE_S32 || (f == MTIA_ACT_RELU && i > 3))
				continue;
			snprintf(test.key, sizeof(test.key), "%s %s rows", activation[f],
				 mtia_dtype_name(types[i]));
			op_add(&test);
		}
	}
	return op_main(argc, argv, 6);
}
