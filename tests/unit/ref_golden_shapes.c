// SPDX-License-Identifier: GPL-2.0
/* The references against generate_shapes.py's vectors, bit for bit: long rows, bounds, relu. */
#include <errno.h>
#include <stdlib.h>

#include "golden.h"
#include "mtia/ref.h"
#include "tap.h"

static uint32_t number(const struct golden *c, const char *name)
{
	return (uint32_t)golden_int(c, name);
}

static bool starts(const struct golden *c, const char *prefix)
{
	return !strncmp(c->name, prefix, strlen(prefix));
}

static void tbe_case(const struct golden *c)
{
	size_t rows = number(c, "rows"), batch = number(c, "batch"), bytes = golden_bytes(c, "out");
	size_t count = golden_bytes(c, "indices") / 8;
	struct mtia_table table = {
		.row_count = rows, .dim = number(c, "dim"), .layout = number(c, "layout"),
	};
	struct mtia_tbe_ref tbe = {
		.tables = &table, .table_count = 1, .batch = batch, .index_bytes = 8,
		.index_count = count, .indices = golden_array(c, "indices", "s64", count),
		.offsets = golden_array(c, "offsets", "s64", batch + 1),
		.out_type = number(c, "out_type"),
	};
	const char *type = tbe.out_type ? "u8" : "f32";
	void *got = malloc(bytes);

	table.rows = golden_array(c, "packed", "u8",
				  rows * mtia_table_row_bytes(table.layout, table.dim));
	tbe.out = got;
	tap_ok(!mtia_tbe_ref(&tbe, NULL) &&
		       !memcmp(got, golden_array(c, "out", type, tbe.out_type ? bytes : bytes / 4),
			       bytes),
	       "%s, %u elements a row", c->name, table.dim);
	free(got);
}

static void bounds_case(const struct golden *c)
{
	const int32_t *rows = golden_array(c, "rows", "s32", 2);
	size_t batch = number(c, "batch"), bytes = golden_bytes(c, "out");
	size_t dim = number(c, "dim"), count = golden_bytes(c, "indices") / 8;
	const float *packed = golden_array(c, "packed", "f32", (rows[0] + rows[1]) * dim);
	struct mtia_table tables[2] = {
		{ .rows = packed, .row_count = rows[0], .dim = dim, .layout = MTIA_TABLE_F32 },
		{ .rows = packed + rows[0] * dim, .row_count = rows[1], .dim = dim,
		  .layout = MTIA_TABLE_F32 },
	};
	bool fails = golden_int(c, "fails");
	void *got = calloc(1, bytes);
	const struct mtia_tbe_ref tbe = {
		.tables = tables, .table_count = 2, .batch = batch, .index_bytes = 8,
		.index_count = count, .indices = golden_array(c, "indices", "s64", count),
		.offsets = golden_array(c, "offsets", "s64", 2 * batch + 1), .out = got,
		.pooling = number(c, "pooling"), .bounds = number(c, "mode"),
	};
	struct mtia_tbe_finding f;
	int ret = mtia_tbe_ref(&tbe, &f);

	tap_ok(ret == (fails ? -EINVAL : 0) && f.code == number(c, "code") &&
		       f.table == number(c, "table") && f.bag == number(c, "bag") &&
		       f.position == (uint64_t)golden_int(c, "position") &&
		       f.value == golden_int(c, "value") &&
		       f.bad_offsets == (uint64_t)golden_int(c, "bad_offsets") &&
		       f.bad_indices == (uint64_t)golden_int(c, "bad_indices") &&
		       (fails || !memcmp(got, golden_array(c, "out", "f32", bytes / 4), bytes)),
	       "%s", c->name);
	free(got);
}

static void rowwise_case(const struct golden *c)
{
	size_t rows = number(c, "rows"), cols = number(c, "cols"), bytes = rows * (cols + 8);
	uint8_t *y = malloc(bytes);
	const struct mtia_rowwise_ref ref = { .rows = rows, .cols = cols, .x_type = number(c, "type"),
					      .x = golden_array(c, "x", "u16", rows * cols), .y = y };

	tap_ok(!mtia_rowwise_ref(&ref) && !memcmp(y, golden_array(c, "y", "u8", bytes), bytes),
	       "%s of %zu", c->name, cols);
	free(y);
}

static void interaction_case(const struct golden *c)
{
	size_t features = number(c, "features"), dim = number(c, "dim");
	size_t width = dim + (features + 1) * features / 2;
	float *y = malloc(width * 4);
	const struct mtia_interaction_ref ref = {
		.batch = 1, .features = features, .dim = dim, .type = number(c, "type"),
		.y_type = MTIA_DTYPE_F32, .x = golden_array(c, "x", "u16", dim),
		.emb = golden_array(c, "emb", "u16", features * dim), .out = y,
	};

	tap_ok(!mtia_interaction_ref(&ref) &&
		       !memcmp(y, golden_array(c, "y", "f32", width), width * 4),
	       "%s of %zu", c->name, dim);
	free(y);
}

static void norm_case(const struct golden *c)
{
	size_t cols = number(c, "cols");
	float *y = malloc(cols * 4);
	const struct mtia_layernorm_ref ref = {
		.rows = 1, .cols = cols, .x_type = number(c, "type"), .y_type = MTIA_DTYPE_F32,
		.x = golden_array(c, "x", "u16", cols), .y = y,
		.epsilon = *(const float *)golden_array(c, "epsilon", "f32", 1),
	};

	tap_ok(!mtia_layernorm_ref(&ref) &&
		       !memcmp(y, golden_array(c, "y", "f32", cols), cols * 4),
	       "%s of %zu", c->name, cols);
	free(y);
}

static void relu_case(const struct golden *c)
{
	size_t bytes = golden_bytes(c, "y");
	void *y = malloc(bytes);
	const struct mtia_activation_ref ref = {
		.function = MTIA_ACT_RELU, .x_type = number(c, "type"), .y_type = number(c, "type"),
		.rows = number(c, "rows"), .cols = number(c, "cols"),
		.x = golden_array(c, "x", "u8", bytes), .y = y,
	};

	tap_ok(!mtia_activation_ref(&ref) && !memcmp(y, golden_array(c, "y", "u8", bytes), bytes),
	       "%s", c->name);
	free(y);
}

int main(void)
{
	static const struct {
		const char *prefix;
		void (*run)(const struct golden *c);
	} kinds[] = {
		{ "tbe_", tbe_case }, { "bounds_", bounds_case }, { "rowwise", rowwise_case },
		{ "interaction", interaction_case }, { "norm", norm_case }, { "relu_", relu_case },
	};
	struct golden *cases = golden_read("tests/golden/shapes.golden");

	for (const struct golden *c = cases; c; c = c->next) {
		bool known = false;

		for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
			if (!starts(c, kinds[i].prefix))
				continue;
			known = true;
			kinds[i].run(c);
		}
		if (!known)
			tap_ok(false, "%s is no case of this program", c->name);
	}
	golden_free(cases);
	return tap_done();
}
