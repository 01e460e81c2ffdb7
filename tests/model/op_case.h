/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Property tests of operators on the device: random shapes, compared bit for bit with the
 *reference.
 *
 * A program op_<group>.c has a table of struct op_test, one a line of the support matrix
 * (tests/matrix.table), and calls op_main(). Each test's cases draw everything from op_rnd(), which
 *is seeded from the key and the case's number, so a failure is run again alone:
 *
 *	MTIA_BACKEND=sim build/tests/model/op_fc [CASES [KEY-PREFIX [CASE]]]
 *
 * A case: fill host arrays, compute `want` with *_ref(), make device tensors (op_input(),
 *op_output(); strides and offsets are random, the bytes around rows are noise), run, op_same()
 *(rows as wanted, noise untouched). Memory from op_alloc(), tensors and queues are freed by the
 *harness.
 */
#ifndef MTIA_TESTS_OP_CASE_H
#define MTIA_TESTS_OP_CASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "mtia/ops.h"
#include "mtia/ref.h"

struct op_test {
	char key[80]; /* "OP TYPE VARIANT" as in tests/matrix.table */
	/* One case; describes its shape with op_note(). 0, or the library's error. */
	int (*run)(const struct op_test *test);
	uint32_t arg[6]; /* the test's own */
};

/* For a program whose tests are generated: add one to the table that op_main() runs. */
void op_add(const struct op_test *test);
int op_main(int argc, char **argv, unsigned int cases);

extern struct mtia_context *op_context;

uint32_t op_rnd(void);
uint32_t op_between(uint32_t lo, uint32_t hi);
/* Small sizes often, `most` sometimes, and the edges of tiles. */
uint32_t op_size(uint32_t most);
/* A length around those from which a row goes through local memory in pieces, and far beyond. */
uint32_t op_long(void);
bool op_one_in(uint32_t n);

void *op_alloc(size_t bytes); /* zeroed */
/* `count` random elements. wild: infinities, NaN, subnormal and huge numbers among them. */
void *op_values(enum mtia_dtype type, size_t count, bool wild);

/* batch matrices of rows of row_bytes; host arrays are tight. */
struct op_tensor {
	struct mtia_tensor tensor;
	uint64_t batch_stride;
	size_t batch, rows, row_bytes, bytes;
	uint8_t *image; /* of the whole buffer */
};
void op_input(struct op_tensor *t, size_t batch, size_t rows, size_t row_bytes, const void *host);
void op_output(struct op_tensor *t, size_t batch, size_t rows, size_t row_bytes);
/* 0 if the device left `want` in the rows and nothing elsewhere; else says what, and 1. */
int op_same(struct op_tensor *t, const void *want);
/* A plain buffer that starts with `bytes` of data. */
struct mtia_buffer *op_buffer(const void *data, size_t bytes);

/* A queue of a random sub-grid, or of the given one. */
struct mtia_queue *op_queue(uint32_t rows, uint32_t cols);
/* Wait for what *_run() returned. */
int op_wait(int ret, const mtia_event *event, struct mtia_job_result *result);

__attribute__((format(printf, 1, 2))) void op_note(const char *fmt, ...);

#endif /* MTIA_TESTS_OP_CASE_H */
