// SPDX-License-Identifier: GPL-2.0
/* Matrix lines of concatenate and transpose. arg: bits of an element. */
#include <stdio.h>
#include "op_case.h"

static size_t row_bytes(uint32_t bits, uint32_t elements)
{
	return ((size_t)elements * bits + 7) / 8;
}

static int run_concat(const struct op_test *test)
{
	uint32_t bits = test->arg[0], rows = op_size(100), total = 0;
	bool many = op_one_in(5); /* more than one launch takes */
	uint32_t count = op_one_in(5) || many ? op_between(1, many ? 300 : 64) : op_between(1, 6);
	struct mtia_concat_ref_input *host = op_alloc(count * sizeof(*host));
	struct mtia_concat_input *inputs = op_alloc(count * sizeof(*inputs));
	struct op_tensor tx, ty;
	mtia_event event;
	void *want;
	int ret;

	for (uint32_t i = 0; i < count; i++) {
		uint32_t cols = op_size(count > 6 ? 40 : 200), seen = op_rnd() % 64;
		size_t bytes;
		void *x;

		/* Narrow ones, so that many lie in a word; and an input again, for there are few buffers. */
		if (many && op_one_in(2))
			cols = op_between(1, 3);
		if (!many && op_one_in(10))
			cols = op_long();
		if (i >= 64) {
			host[i] = host[seen];
			inputs[i] = inputs[seen];
			total += inputs[i].cols;
			continue;
		}
		bytes = row_bytes(bits, cols);
		x = op_values(MTIA_DTYPE_U8, rows * bytes, false);
		op_input(&tx, 1, rows, bytes, x);
		host[i] = (struct mtia_concat_ref_input){.x = x, .cols = cols};
		inputs[i] = (struct mtia_concat_input){.x = tx.tensor, .cols = cols};
		total += cols;
	}
	want = op_alloc(rows * row_bytes(bits, total));
	const struct mtia_concat_ref ref = {.element_bits = bits,
					    .rows = rows,
					    .input_count = count,
					    .inputs = host,
					    .y = want};

	op_note(" %u inputs, %ux%u", count, rows, total);
	ret = mtia_concat_ref(&ref);
	if (ret)
		return ret;
	op_output(&ty, 1, rows, row_bytes(bits, total));
	const struct mtia_concat_desc d = {
		.size = sizeof(d),
		.element_bits = bits,
		.rows = rows,
		.input_count = count,
		.inputs = inputs,
		.y = ty.tensor,
	};
	ret = op_wait(mtia_concat_run(op_queue(0, 0), &d, NULL, 0, &event), &event, NULL);
	return ret ? ret : op_same(&ty, want);
}

static int run_transpose(const struct op_test *test)
{
	uint32_t bits = test->arg[0], batch = op_between(1, 5),
		 rows = op_size(op_one_in(4) ? 700 : 130);
	uint32_t cols = op_size(op_one_in(4) ? 700 : 130);
	if (op_one_in(8)) {
		rows = op_long();
		cols = op_between(1, 40);
	} else if (op_one_in(8)) {
		rows = op_between(1, 40);
		cols = op_long();
	}
	size_t x_bytes = row_bytes(bits, cols), y_bytes = row_bytes(bits, rows);
	void *x = op_values(MTIA_DTYPE_U8, batch * rows * x_bytes, false);
	void *want = op_alloc(batch * cols * y_bytes);
	const struct mtia_transpose_ref ref = {.element_bits = bits,
					       .batch = batch,
					       .rows = rows,
					       .cols = cols,
					       .x = x,
					       .y = want};
	struct op_tensor tx, ty;
	mtia_event event;
	int ret;

	op_note(" %u of %ux%u", batch, rows, cols);
	ret = mtia_transpose_ref(&ref);
	if (ret)
		return ret;
	op_input(&tx, batch, rows, x_bytes, x);
	op_output(&ty, batch, cols, y_bytes);
	const struct mtia_transpose_desc d = {
		.size = sizeof(d),
		.element_bits = bits,
		.batch = batch,
		.rows = rows,
		.cols = cols,
		.x = tx.tensor,
		.y = ty.tensor,
		.x_batch = tx.batch_stride,
		.y_batch = ty.batch_stride,
	};
	ret = op_wait(mtia_transpose_run(op_queue(0, 0), &d, NULL, 0, &event), &event, NULL);
	return ret ? ret : op_same(&ty, want);
}

int main(int argc, char **argv)
{
	static const uint32_t bits[] = {4, 8, 16, 32};

	for (int i = 0; i < 8; i++) {
		struct op_test test = {.run = i / 4 ? run_transpose : run_concat,
				       .arg = {bits[i % 4]}};

		snprintf(test.key, sizeof(test.key), "%s %u-bit rows",
			 i / 4 ? "transpose" : "concat", bits[i % 4]);
		op_add(&test);
	}
	return op_main(argc, argv, 12);
}
