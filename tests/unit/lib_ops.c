// SPDX-License-Identifier: GPL-2.0
/* What operators share before they launch: tensors checked, defaults filled in, a sub-grid chosen.
 */
#include "lib_fake.h"
#include "../../libmtia-user/ops/desc.h"
#include "../../libmtia-user/ops/launch.h"
#include "tap.h"

static struct fake *f;
static struct mtia_context *context;
static struct mtia_buffer *buffer; /* 4096 bytes */

struct shape {
	uint64_t offset, stride, batch_stride, batch, rows, bytes;
};

static int check(const struct shape *s, bool result, struct mtia_tensor *t, uint64_t *batch_stride)
{
	*t = (struct mtia_tensor){.buffer = buffer, .offset = s->offset, .stride = s->stride};
	*batch_stride = s->batch_stride;
	return (result ? mtia_result_check : mtia_operand_check)("test", "x", t, s->batch,
								 batch_stride, s->rows, s->bytes);
}

static void refused(struct shape s, bool result, int error, const char *what)
{
	struct mtia_tensor t;
	uint64_t batch_stride;
	int ret = check(&s, result, &t, &batch_stride);

	tap_ok(ret == error, "%s: %s", what, mtia_errname(ret));
}

static void tensors(void)
{
	struct mtia_tensor t;
	uint64_t batch_stride;

	tap_ok(!check(&(struct shape){.batch = 2, .rows = 3, .bytes = 33}, false, &t,
		      &batch_stride) &&
		       t.stride == 64 && batch_stride == 192,
	       "an operand's rows begin at multiples of 32");
	tap_ok(!check(&(struct shape){.batch = 2, .rows = 3, .bytes = 33}, true, &t,
		      &batch_stride) &&
		       t.stride == 36 && batch_stride == 108,
	       "a result's at multiples of 4");
	tap_ok(!check(&(struct shape){4096 - 32, 0, 0, 1, 1, 32}, false, &t, &batch_stride) &&
		       mtia_tensor_address(&t) == mtia_buffer_address(buffer) + 4096 - 32,
	       "the last row of a buffer");
	refused((struct shape){4096 - 32, 0, 0, 1, 1, 33}, false, -ERANGE, "a byte behind it");
	refused((struct shape){0, 64, 0, 1, 65, 32}, false, -ERANGE, "a row behind it");
	refused((struct shape){0, 64, 1024, 5, 1, 32}, false, -ERANGE, "a matrix behind it");
	refused((struct shape){16, 0, 0, 1, 1, 32}, false, -EINVAL, "an operand at 16");
	refused((struct shape){2, 0, 0, 1, 1, 32}, true, -EINVAL, "a result at 2");
	refused((struct shape){0, 48, 0, 1, 2, 32}, false, -EINVAL, "an operand's stride of 48");
	refused((struct shape){0, 32, 0, 1, 2, 33}, false, -EINVAL, "rows that overlap");
	refused((struct shape){0, 32, 32, 2, 2, 32}, false, -EINVAL, "matrices that overlap");
	refused((struct shape){0, 32, 80, 2, 2, 32}, false, -EINVAL, "a matrix at 80");
	refused((struct shape){0, 1ull << 32, 0, 1, 1, 32}, false, -EINVAL, "a stride of 4 GiB");
	refused((struct shape){0, 0, 0, 1, 1, UINT64_MAX}, false, -EINVAL, "rows of 2^64 bytes");
	refused((struct shape){0, 0, 0, 1, 1ull << 62, 32}, false, -ERANGE, "2^62 rows");
	refused((struct shape){0, 0, 1ull << 63, 3, 1, 32}, false, -ERANGE, "matrices 2^63 apart");
	refused((struct shape){UINT64_MAX & ~31ull, 0, 0, 1, 1, 64}, false, -ERANGE,
		"an offset that wraps");
}

static void grids(void)
{
	static const struct {
		uint64_t units;
		uint32_t rows, cols;
	} cases[] = {
		{1, 1, 1},  {3, 1, 3},	{4, 1, 4},    {7, 1, 4},	  {8, 2, 4},
		{11, 2, 4}, {12, 3, 4}, {1000, 3, 4}, {UINT64_MAX, 3, 4},
	};
	const struct mtia_queue_desc desc = {.size = sizeof(desc), .rows = 3, .cols = 4};
	struct mtia_queue *queue;

	if (mtia_queue_create(context, &desc, &queue)) {
		tap_ok(false, "a queue");
		return;
	}
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		uint32_t rows, cols;

		mtia_op_grid(queue, cases[i].units, &rows, &cols);
		tap_ok(rows == cases[i].rows && cols == cases[i].cols,
		       "%llu units on 3x4 PEs take %ux%u", (unsigned long long)cases[i].units, rows,
		       cols);
	}
	mtia_queue_free(queue);
}

static void uploads(void)
{
	struct mtia_buffer *up = NULL;
	uint32_t back = 0;

	tap_ok(!mtia_op_upload(context, "four", "abcd", 4, &up) &&
		       !mtia_buffer_read(up, 0, &back, 4) && !memcmp(&back, "abcd", 4),
	       "an upload");
	mtia_buffer_free(up);
	f->fail_buffer = -ENOSPC;
	tap_ok(mtia_op_upload(context, "four", "abcd", 4, &up) == -ENOSPC,
	       "one that finds no memory");
	f->fail_buffer = 0;
}

int main(void)
{
	const struct mtia_buffer_desc desc = {.size = sizeof(desc), .bytes = 4096};

	f = fake_new();
	if (mtia_context_create(&f->base, &context) || mtia_buffer_create(context, &desc, &buffer))
		return 1;
	tensors();
	grids();
	uploads();
	mtia_buffer_free(buffer);
	mtia_context_free(context);
	tap_u64(f->live_vms + f->live_buffers + f->live_queues, 0, "nothing is left at the end");
	free(f);
	return tap_done();
}
