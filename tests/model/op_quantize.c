// SPDX-License-Identifier: GPL-2.0
/* Matrix lines of quantise, dequantise, row-wise quantise. arg: x type, y type, granularity. */
#include <stdio.h>
#include "op_case.h"

enum { TENSOR, ROW, COL };

static bool is_8bit(uint32_t type)
{
	return type == MTIA_DTYPE_U8 || type == MTIA_DTYPE_S8;
}

static int run_quantize(const struct op_test *test)
{
	uint32_t x_type = test->arg[0], y_type = test->arg[1], kind = test->arg[2];
	bool back = is_8bit(x_type);
	bool wide = op_one_in(4);
	uint32_t rows = op_size(wide ? 20 : 150), cols = wide ? op_long() : op_size(200);
	uint32_t count = kind == ROW ? rows : kind == COL ? cols : 1, type = back ? x_type : y_type;
	struct mtia_quant_param *params = op_alloc(count * sizeof(*params));
	uint32_t element = mtia_dtype_bytes(y_type);
	void *x = op_values(x_type, (size_t)rows * cols, op_one_in(3));
	void *want = op_alloc((size_t)rows * cols * element);
	struct op_tensor tx, ty;
	mtia_event event;
	int ret;

	for (uint32_t i = 0; i < count; i++) {
		params[i].scale = (float)op_between(1, 3000) * 1e-5f;
		params[i].zero_point =
			(int32_t)op_between(0, 255) - (type == MTIA_DTYPE_S8 ? 128 : 0);
	}
	const struct mtia_quantize_ref ref = {
		.rows = rows,
		.cols = cols,
		.x_type = x_type,
		.y_type = y_type,
		.x = x,
		.y = want,
		.param = params[0],
		.per_row = kind == ROW ? params : NULL,
		.per_col = kind == COL ? params : NULL,
	};
	op_note(" %ux%u", rows, cols);
	ret = back ? mtia_dequantize_ref(&ref) : mtia_quantize_ref(&ref);
	if (ret)
		return ret;
	op_input(&tx, 1, rows, (size_t)cols * mtia_dtype_bytes(x_type), x);
	op_output(&ty, 1, rows, (size_t)cols * element);
	const struct mtia_quantize_desc d = {
		.size = sizeof(d),
		.rows = rows,
		.cols = cols,
		.x_type = x_type,
		.y_type = y_type,
		.flags = kind == ROW   ? MTIA_QUANT_PER_ROW
			 : kind == COL ? MTIA_QUANT_PER_COL
				       : 0,
		.x = tx.tensor,
		.y = ty.tensor,
		.param = kind == TENSOR ? params[0] : (struct mtia_quant_param){ 0 },
		.params = kind == TENSOR ? NULL : op_buffer(params, count * sizeof(*params)),
	};
	struct mtia_queue *queue = op_queue(0, 0);

	ret = back ? mtia_dequantize_run(queue, &d, NULL, 0, &event)
		   : mtia_quantize_run(queue, &d, NULL, 0, &event);
	ret = op_wait(ret, &event, NULL);
	return ret ? ret : op_same(&ty, want);
}

static int run_rowwise(const struct op_test *test)
{
	uint32_t type = test->arg[0], rows = op_size(150), cols = op_size(200);
	struct op_tensor tx, ty;
	mtia_event event;
	void *x, *want;
	int ret;

	if (op_one_in(3)) {
		cols = op_long();
		rows = op_between(1, 20);
	}
	x = op_values(type, (size_t)rows * cols, op_one_in(3));
	want = op_alloc((size_t)rows * (cols + 8));
	const struct mtia_rowwise_ref ref = {
		.rows = rows, .cols = cols, .x_type = type, .x = x, .y = want};

	op_note(" %ux%u", rows, cols);
	ret = mtia_rowwise_ref(&ref);
	if (ret)
		return ret;
	op_input(&tx, 1, rows, (size_t)cols * mtia_dtype_bytes(type), x);
	op_output(&ty, 1, rows, cols + 8ul);
	const struct mtia_rowwise_desc d = {
		.size = sizeof(d),
		.rows = rows,
		.cols = cols,
		.x_type = type,
		.x = tx.tensor,
		.y = ty.tensor,
	};
	ret = op_wait(mtia_rowwise_run(op_queue(0, 0), &d, NULL, 0, &event), &event, NULL);
	return ret ? ret : op_same(&ty, want);
}

int main(int argc, char **argv)
{
	static const uint32_t floats[] = {MTIA_DTYPE_F32, MTIA_DTYPE_F16, MTIA_DTYPE_BF16};
	static const uint32_t bytes[] = {MTIA_DTYPE_U8, MTIA_DTYPE_S8};
	static const char *const kinds[] = {"per-tensor", "per-row", "per-col"};

	for (int back = 0; back < 2; back++) {
		for (int i = 0; i < 18; i++) {
			uint32_t f = floats[i % 3], b = bytes[i / 3 % 2];
			struct op_test test = {
				.run = run_quantize,
				.arg = {back ? b : f, back ? f : b, i / 6},
			};

			snprintf(test.key, sizeof(test.key), "%s %s %s-%s",
				 back ? "dequantize" : "quantize", mtia_dtype_name(test.arg[0]),
				 mtia_dtype_name(test.arg[1]), kinds[i / 6]);
			op_add(&test);
		}
	}
	for (int i = 0; i < 3; i++) {
		struct op_test test = {.run = run_rowwise, .arg = {floats[i]}};

		snprintf(test.key, sizeof(test.key), "rowwise %s u8-f32-last",
			 mtia_dtype_name(floats[i]));
		op_add(&test);
	}
	return op_main(argc, argv, 6);
}
