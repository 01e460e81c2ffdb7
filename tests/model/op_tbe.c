// SPDX-License-Identifier: GPL-2.0
/*
 * Matrix lines of table-batched embedding. arg: layout, pooling, weighted, out type, pruned, bounds.
 * The lines of pruned rows and of bounds draw pooling and output.
 */
#include <stdio.h>
#include <errno.h>
#include <string.h>
#include "op_case.h"

enum { LAYOUT, POOLING, WEIGHTED, OUT, PRUNED, BOUNDS };
#define LAYOUTS 6
#define ANY	99
#define MIXED LAYOUTS

static const char *const layout_name[] = {
	"u8-f32-last", "u8-f16-first", "u4-f16-last", "u4-f16-first", "f16", "f32", "mixed"};
static const char *const out_name[] = {"f32", "f16", "u8"};
static const uint32_t out_bytes[] = {4, 2, 1};

static void quantised_header(uint8_t *scale, uint8_t *bias, bool f32)
{
	float s = (float)op_between(1, 1000) * 1e-4f, b = (float)(int32_t)op_rnd() * 0x1p-30f;
	uint16_t half;

	if (f32) {
		memcpy(scale, &s, 4);
		memcpy(bias, &b, 4);
		return;
	}
	half = mtia_f16_from_f32(s);
	memcpy(scale, &half, 2);
	half = mtia_f16_from_f32(b);
	memcpy(bias, &half, 2);
}

/* Any bytes are a row of quantised elements; the scale and the bias are sensible numbers. */
static void make_table(struct mtia_table *t)
{
	uint32_t bytes = mtia_table_row_bytes(t->layout, t->dim);
	uint32_t count = t->row_count * t->dim;
	uint8_t *rows;

	t->row_stride = bytes + (op_one_in(3) ? op_between(0, 9) * 4 : 0);
	if (t->layout >= MTIA_TABLE_F16) {
		t->row_stride = 0;
		t->rows = op_values(t->layout == MTIA_TABLE_F16 ? MTIA_DTYPE_F16 : MTIA_DTYPE_F32,
				    count, false);
		return;
	}
	rows = op_values(MTIA_DTYPE_U8, t->row_count * t->row_stride, false);
	for (uint64_t i = 0; i < t->row_count; i++) {
		uint8_t *row = rows + i * t->row_stride;

		switch (t->layout) {
		case MTIA_TABLE_U8_F32_LAST:
			quantised_header(row + t->dim, row + t->dim + 4, true);
			break;
		case MTIA_TABLE_U4_F16_LAST:
			quantised_header(row + t->dim / 2, row + t->dim / 2 + 2, false);
			break;
		default:
			quantised_header(row, row + 2, false);
		}
	}
	t->rows = rows;
}

static int64_t *make_offsets(const struct op_test *test, uint32_t bags, uint64_t *count)
{
	int64_t *offsets = op_alloc((bags + 1ul) * 8);
	uint32_t longest = op_one_in(6) ? 150 : op_between(0, 40);
	uint64_t n = 0;

	for (uint32_t g = 0; g < bags; g++) {
		offsets[g] = n;
		n += op_one_in(4) ? 0 : op_between(0, longest);
	}
	offsets[bags] = n;
	*count = n;
	if (test->arg[BOUNDS] == MTIA_BOUNDS_NONE)
		*count += op_between(0, 5);
	if (test->arg[BOUNDS] == MTIA_BOUNDS_WARNING || test->arg[BOUNDS] == MTIA_BOUNDS_IGNORE) {
		for (uint32_t g = 0; g <= bags; g++)
			offsets[g] += op_one_in(10) ? (int64_t)op_between(0, 40) - 20 : 0;
	}
	return offsets;
}

static int64_t *make_indices(const struct op_test *test, const struct mtia_table *tables,
			     uint32_t batch, uint32_t bags, const int64_t *offsets, uint64_t count)
{
	bool repaired =
		test->arg[BOUNDS] == MTIA_BOUNDS_WARNING || test->arg[BOUNDS] == MTIA_BOUNDS_IGNORE;
	int64_t *indices = op_alloc((count + 1) * 8);
	uint32_t g = 0;

	for (uint64_t l = 0; l < count; l++) {
		while (g + 1 < bags && offsets[g + 1] <= (int64_t)l)
			g++;
		/* Repaired offsets move bags to other tables; then some are outside, too. */
		indices[l] = op_rnd() % tables[g / batch].row_count;
		if (repaired && op_one_in(12))
			indices[l] = (int64_t)op_between(0, 2000) - 1000;
		if (test->arg[PRUNED] && op_one_in(4))
			indices[l] = -1;
	}
	return indices;
}

static struct mtia_buffer *integers(const int64_t *values, uint64_t count, uint32_t bytes)
{
	int32_t *narrow = op_alloc(count * 4);

	for (uint64_t i = 0; i < count; i++)
		narrow[i] = values[i];
	return bytes == 8 ? op_buffer(values, count * 8) : op_buffer(narrow, count * 4);
}

static int same_finding(struct mtia_tbe_tables *tables, const struct mtia_tbe_finding *want)
{
	struct mtia_tbe_finding got;
	int ret = mtia_tbe_finding(tables, &got);

	if (ret)
		return ret;
	if (got.code == want->code && got.table == want->table && got.bag == want->bag &&
	    got.position == want->position && got.value == want->value &&
	    got.bad_offsets == want->bad_offsets && got.bad_indices == want->bad_indices)
		return 0;
	fprintf(stderr, "# found %s, %u offsets, %u indices; expected %s, %u, %u\n", got.text,
		(unsigned int)got.bad_offsets, (unsigned int)got.bad_indices, want->text,
		(unsigned int)want->bad_offsets, (unsigned int)want->bad_indices);
	return 1;
}

/* What a line leaves open, and what of that the operator has. */
static struct op_test draw(const struct op_test *line)
{
	struct op_test test = *line;

	if (test.arg[POOLING] != ANY)
		return test;
	test.arg[POOLING] = op_between(MTIA_POOL_SUM, MTIA_POOL_NONE);
	test.arg[WEIGHTED] = test.arg[POOLING] == MTIA_POOL_SUM && op_one_in(2);
	test.arg[OUT] = op_between(MTIA_TBE_OUT_F32, MTIA_TBE_OUT_U8);
	if (test.arg[OUT] == MTIA_TBE_OUT_U8 && test.arg[POOLING] == MTIA_POOL_NONE &&
	    test.arg[LAYOUT] >= MTIA_TABLE_F16)
		test.arg[OUT] = MTIA_TBE_OUT_F16;
	test.arg[PRUNED] |= op_one_in(4);
	op_note(" %s%s%s %s", (const char *[]){"sum", "mean", "none"}[test.arg[POOLING]],
		test.arg[WEIGHTED] ? " weighted" : "", test.arg[PRUNED] ? " pruned" : "",
		out_name[test.arg[OUT]]);
	return test;
}

static int run_tbe(const struct op_test *line)
{
	const struct op_test drawn = draw(line), *test = &drawn;
	bool wide = op_one_in(4); /* a table has rows that SE does not take at once */
	uint32_t count = op_between(1, op_one_in(4) && !wide ? 12 : 3), batch = op_size(wide ? 5 : 40);
	uint32_t bags = count * batch, index_bytes = op_one_in(2) ? 4 : 8, row = 0, rows;
	uint32_t widest = wide ? op_rnd() % count : count;
	uint32_t most = op_one_in(8) ? 1024 : 140, out = test->arg[OUT];
	bool none = test->arg[POOLING] == MTIA_POOL_NONE;
	struct mtia_table *tables = op_alloc(count * sizeof(*tables));
	struct mtia_tbe_finding found;
	struct mtia_tbe_tables *device;
	int64_t *offsets, *indices;
	struct op_tensor result;
	mtia_event event;
	uint64_t n;
	void *want;
	int ret;

	for (uint32_t t = 0; t < count; t++) {
		tables[t].layout =
			test->arg[LAYOUT] == MIXED ? op_rnd() % LAYOUTS : test->arg[LAYOUT];
		tables[t].dim = t == widest ? op_long() : op_size(most);
		if (none)
			tables[t].dim = t ? tables[0].dim : wide ? op_long() : tables[t].dim;
		if (test->arg[LAYOUT] == MIXED || tables[t].layout == MTIA_TABLE_U4_F16_LAST ||
		    tables[t].layout == MTIA_TABLE_U4_F16_FIRST)
			tables[t].dim += tables[t].dim & 1;
		tables[t].row_count = op_size(wide ? 30 : 300);
		make_table(&tables[t]);
		if (none)
			row = out == MTIA_TBE_OUT_U8
				      ? mtia_table_row_bytes(tables[t].layout, tables[t].dim)
				      : tables[t].dim * out_bytes[out];
		else
			row += out == MTIA_TBE_OUT_U8 ? tables[t].dim + 8
						      : tables[t].dim * out_bytes[out];
	}
	offsets = make_offsets(test, bags, &n);
	indices = make_indices(test, tables, batch, bags, offsets, n);
	float *weights = test->arg[WEIGHTED] ? op_values(MTIA_DTYPE_F32, n, false) : NULL;

	rows = none ? n : batch;
	if (!rows)
		return 0; /* nothing to compare; other cases have indices */
	op_output(&result, 1, rows, row);
	want = op_alloc((size_t)rows * row);
	memset(want, result.image[0], (size_t)rows * row);
	op_note(" %u tables of to %u%s, batch %u, %u indices of %u bytes", count, most,
		wide ? " and a wide one" : "", batch,
		(unsigned int)n, index_bytes);
	const struct mtia_tbe_ref ref = {
		.tables = tables,
		.table_count = count,
		.batch = batch,
		.pooling = test->arg[POOLING],
		.index_bytes = 8,
		.index_count = n,
		.indices = indices,
		.offsets = offsets,
		.weights = weights,
		.out = want,
		.out_type = out,
		.bounds = test->arg[BOUNDS],
		.pruned = test->arg[PRUNED],
	};
	ret = mtia_tbe_ref(&ref, &found);
	if (!ret)
		ret = mtia_tbe_tables_create(op_context, tables, count, &device);
	if (ret)
		return ret;
	const struct mtia_tbe_desc d = {
		.size = sizeof(d),
		.flags = test->arg[PRUNED] ? MTIA_TBE_PRUNED : 0,
		.tables = device,
		.batch = batch,
		.pooling = test->arg[POOLING],
		.index_bytes = index_bytes,
		.bounds = test->arg[BOUNDS],
		.index_count = n,
		.indices = integers(indices, n, index_bytes),
		.offsets = integers(offsets, bags + 1ul, index_bytes),
		.weights = weights ? op_buffer(weights, n * 4) : NULL,
		.out = result.tensor.buffer,
		.out_offset = result.tensor.offset,
		.out_stride = result.tensor.stride,
		.out_type = out,
	};
	ret = op_wait(mtia_tbe_run(op_queue(0, 0), &d, NULL, 0, &event), &event, NULL);
	if (!ret)
		ret = op_same(&result, want);
	if (!ret && test->arg[BOUNDS] == MTIA_BOUNDS_WARNING)
		ret = same_finding(device, &found);
	mtia_tbe_tables_free(device);
	return ret;
}

static void add(struct op_test test, const char *variant)
{
	snprintf(test.key, sizeof(test.key), "tbe %s %s", layout_name[test.arg[LAYOUT]], variant);
	test.run = run_tbe;
	op_add(&test);
}

int main(int argc, char **argv)
{
	static const char *const pooling[] = {"sum", "mean", "none", "weighted"};
	static const char *const bounds[] = {"bounds-fatal", "bounds-warning", "bounds-ignore",
					     "bounds-none"};
	char variant[40];

	for (uint32_t layout = 0; layout <= MIXED; layout++) {
		for (uint32_t p = 0; p < 4; p++) {
			for (uint32_t out = 0; out < 3; out++) {
				if (p == MTIA_POOL_NONE && out == MTIA_TBE_OUT_U8 &&
				    layout >= MTIA_TABLE_F16)
					continue;
				snprintf(variant, sizeof(variant), "%s-%s", pooling[p],
					 out_name[out]);
				add((struct op_test){.arg = {layout, p == 3 ? MTIA_POOL_SUM : p,
							     p == 3, out}},
				    variant);
			}
		}
		add((struct op_test){.arg = {layout, ANY, 0, 0, 1}}, "pruned");
		for (uint32_t mode = 0; mode < 4; mode++)
			add((struct op_test){.arg = {layout, ANY, 0, 0, 0, mode}}, bounds[mode]);
	}
	return op_main(argc, argv, 8);
}
