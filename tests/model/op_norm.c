// SPDX-License-Identifier: GPL-2.0
/* Matrix lines of LayerNorm, batched reduce-add and dot interaction. arg: x type, y type. */
#include <stdio.h>
#include "op_case.h"

/* Longer than what local memory takes. */
#define LONG_ROW 40000

static int run_layernorm(const struct op_test *test)
{
	uint32_t x_type = test->arg[0], y_type = test->arg[1], rows = op_size(100);
	uint32_t cols = op_size(1500);

	if (op_one_in(3)) {
		rows = op_size(4);
		cols = op_between(1000, LONG_ROW);
	}
	void *x = op_values(x_type, (size_t)rows * cols, op_one_in(6));
	void *want = op_alloc((size_t)rows * cols * mtia_dtype_bytes(y_type));
	float *gamma = op_one_in(2) ? op_values(MTIA_DTYPE_F32, cols, false) : NULL;
	float *beta = gamma ? op_values(MTIA_DTYPE_F32, cols, false) : NULL;
	const struct mtia_layernorm_ref ref = {
		.rows = rows,
		.cols = cols,
		.x_type = x_type,
		.y_type = y_type,
		.x = x,
		.y = want,
		.epsilon = op_one_in(4) ? 0 : 1e-5f,
		.gamma = gamma,
		.beta = beta,
	};
	struct op_tensor tx, ty;
	mtia_event event;
	int ret;

	op_note(" %ux%u%s", rows, cols, gamma ? " gamma, beta" : "");
	ret = mtia_layernorm_ref(&ref);
	if (ret)
		return ret;
	op_input(&tx, 1, rows, (size_t)cols * mtia_dtype_bytes(x_type), x);
	op_output(&ty, 1, rows, (size_t)cols * mtia_dtype_bytes(y_type));
	if (x_type == y_type && op_one_in(4))
		ty = tx; /* in place */
	const struct mtia_layernorm_desc d = {
		.size = sizeof(d),
		.rows = rows,
		.cols = cols,
		.x_type = x_type,
		.y_type = y_type,
		.x = tx.tensor,
		.y = ty.tensor,
		.epsilon = ref.epsilon,
		.gamma = gamma ? op_buffer(gamma, cols * 4ul) : NULL,
		.beta = gamma ? op_buffer(beta, cols * 4ul) : NULL,
	};
	ret = op_wait(mtia_layernorm_run(op_queue(0, 0), &d, NULL, 0, &event), &event, NULL);
	return ret ? ret : op_same(&ty, want);
}

static int run_reduce_add(const struct op_test *test)
{
	uint32_t x_type = test->arg[0], y_type = test->arg[1], batch = op_size(30);
	uint32_t rows = op_size(op_one_in(4) ? 400 : 60), cols = op_size(op_one_in(4) ? 2000 : 150);

	if (op_one_in(5)) {
		bool tall = op_one_in(2);

		batch = op_between(1, 3);
		rows = tall ? op_long() : op_between(1, 9);
		cols = tall ? op_between(1, 40) : op_long();
	}
	void *x = op_values(x_type, (size_t)batch * rows * cols, op_one_in(6));
	void *want = op_alloc((size_t)batch * cols * mtia_dtype_bytes(y_type));
	const struct mtia_reduce_add_ref ref = {
		.batch = batch,
		.rows = rows,
		.cols = cols,
		.x_type = x_type,
		.y_type = y_type,
		.x = x,
		.y = want,
	};
	struct op_tensor tx, ty;
	mtia_event event;
	int ret;

	op_note(" %u of %ux%u", batch, rows, cols);
	ret = mtia_reduce_add_ref(&ref);
	if (ret)
		return ret;
	op_input(&tx, batch, rows, (size_t)cols * mtia_dtype_bytes(x_type), x);
	op_output(&ty, 1, batch, (size_t)cols * mtia_dtype_bytes(y_type));
	const struct mtia_reduce_add_desc d = {
		.size = sizeof(d),
		.batch = batch,
		.rows = rows,
		.cols = cols,
		.x_type = x_type,
		.y_type = y_type,
		.x = tx.tensor,
		.x_batch = tx.batch_stride,
		.y = ty.tensor,
	};
	ret = op_wait(mtia_reduce_add_run(op_queue(0, 0), &d, NULL, 0, &event), &event, NULL);
	return ret ? ret : op_same(&ty, want);
}

static int run_interaction(const struct op_test *test)
{
	uint32_t x_type = test->arg[0], y_type = test->arg[1], batch = op_size(40);
	uint32_t features = op_one_in(5) ? op_between(1, 70) : op_between(1, 27);
	uint32_t dim = op_size(op_one_in(5) ? 300 : 64), bytes = mtia_dtype_bytes(x_type), width;

	/* A bag that local memory does not take: large in both, long vectors, many vectors. */
	if (op_one_in(4)) {
		batch = op_between(1, 3);
		features = op_between(1, 300);
		dim = op_one_in(2) ? op_between(1, 1024) : 8 * op_between(1, 128);
		if (op_one_in(3)) {
			features = op_between(1, 40);
			dim = op_long();
		} else if (op_one_in(2)) {
			batch = 1;
			features = op_between(900, 2100);
			dim = op_between(1, 40);
		}
	}
	width = dim + (features + 1) * features / 2;
	void *x = op_values(x_type, (size_t)batch * dim, op_one_in(6));
	void *emb = op_values(x_type, (size_t)batch * features * dim, false);
	void *want = op_alloc((size_t)batch * width * mtia_dtype_bytes(y_type));
	const struct mtia_interaction_ref ref = {
		.batch = batch,
		.features = features,
		.dim = dim,
		.x = x,
		.emb = emb,
		.out = want,
		.type = x_type,
		.y_type = y_type,
	};
	struct op_tensor tx, te, ty;
	mtia_event event;
	int ret;

	op_note(" batch %u, %u features of %u", batch, features, dim);
	ret = mtia_interaction_ref(&ref);
	if (ret)
		return ret;
	op_input(&tx, 1, batch, (size_t)dim * bytes, x);
	op_input(&te, 1, batch, (size_t)features * dim * bytes, emb);
	op_output(&ty, 1, batch, (size_t)width * mtia_dtype_bytes(y_type));
	const struct mtia_interaction_desc d = {
		.size = sizeof(d),
		.batch = batch,
		.features = features,
		.dim = dim,
		.type = x_type,
		.y_type = y_type,
		.x = tx.tensor,
		.emb = te.tensor,
		.y = ty.tensor,
	};
	ret = op_wait(mtia_interaction_run(op_queue(0, 0), &d, NULL, 0, &event), &event, NULL);
	return ret ? ret : op_same(&ty, want);
}

static void add(const char *op, int (*run)(const struct op_test *), uint32_t x, uint32_t y)
{
	struct op_test test = {.run = run, .arg = {x, y}};

	snprintf(test.key, sizeof(test.key), "%s %s %s", op, mtia_dtype_name(x),
		 mtia_dtype_name(y));
	op_add(&test);
}

int main(int argc, char **argv)
{
	static const uint32_t types[] = {MTIA_DTYPE_F32, MTIA_DTYPE_F16, MTIA_DTYPE_BF16};

	for (int i = 0; i < 9; i++) {
		uint32_t x = types[i / 3], y = types[i % 3];

		add("layernorm", run_layernorm, x, y);
		add("reduce-add", run_reduce_add, x, y);
		if (x == y || y == MTIA_DTYPE_F32)
			add("interaction", run_interaction, x, y);
	}
	return op_main(argc, argv, 5);
}
