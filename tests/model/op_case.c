// SPDX-License-Identifier: GPL-2.0
#include "op_case.h"

#include <errno.h>
#include <stdlib.h>
#include "../unit/tap.h"

#define NOISE 0xb6

struct mtia_context *op_context;

static struct op_test *tests;
static size_t test_count;
static uint64_t rng;
static char note[240];

/* What a case made; all gone at its end. */
static struct {
	void *memory[256];
	struct mtia_buffer *buffers[160];
	struct mtia_queue *queue;
	size_t memory_count, buffer_count;
} made;

__attribute__((noreturn)) static void die(const char *what)
{
	struct mtia_error e = {.size = sizeof(e)};

	mtia_error_last(&e);
	fprintf(stderr, "# %s: %s\n", what, e.message);
	exit(1);
}

uint32_t op_rnd(void)
{
	rng ^= rng << 13;
	rng ^= rng >> 7;
	rng ^= rng << 17;
	return (rng * 0x2545f4914f6cdd1dull) >> 32;
}

uint32_t op_between(uint32_t lo, uint32_t hi)
{
	return lo + op_rnd() % (hi - lo + 1);
}

bool op_one_in(uint32_t n)
{
	return op_rnd() % n == 0;
}

uint32_t op_size(uint32_t most)
{
	static const uint32_t edges[] = {1, 2, 15, 16, 17, 31, 32, 33, 63, 64, 65, 128, 129};
	uint32_t size;

	switch (op_rnd() % 4) {
	case 0:
		size = edges[op_rnd() % (sizeof(edges) / sizeof(*edges))];
		return size < most ? size : most;
	case 1:
		return op_between(1, most < 8 ? most : 8);
	default:
		return op_between(1, most);
	}
}

uint32_t op_long(void)
{
	static const uint32_t lengths[] = {1023, 1024, 1025, 2047, 2048, 2050,
					   8191, 8192, 8193, 16383, 20000};

	return lengths[op_rnd() % (sizeof(lengths) / sizeof(*lengths))];
}

void op_note(const char *fmt, ...)
{
	size_t used = strlen(note);
	va_list args;

	va_start(args, fmt);
	vsnprintf(note + used, sizeof(note) - used, fmt, args);
	va_end(args);
}

void *op_alloc(size_t bytes)
{
	void *memory = calloc(bytes ? bytes : 1, 1);

	if (!memory || made.memory_count == sizeof(made.memory) / sizeof(*made.memory))
		die("no memory");
	made.memory[made.memory_count++] = memory;
	return memory;
}

static float wild_value(void)
{
	static const uint32_t odd[] = {0x7f800000, 0xff800000, 0x7fc00000, 0xffc00001, 0x80000000,
				       0x00000001, 0x00400000, 0x33000000, 0x387fc000, 0x7f7fffff,
				       0x477ff000, 0xc77fe000, 0x42b17218};
	float x;

	memcpy(&x, &odd[op_rnd() % (sizeof(odd) / sizeof(*odd))], sizeof(x));
	return x;
}

static float value(bool wild)
{
	float x = (float)(int32_t)op_rnd() * 0x1p-30f; /* -2 .. 2 */

	if (wild && op_one_in(16))
		return wild_value();
	return op_one_in(8) ? x * 64 : op_one_in(8) ? x * 0x1p-12f : x;
}

void *op_values(enum mtia_dtype type, size_t count, bool wild)
{
	uint8_t *values = op_alloc(count * mtia_dtype_bytes(type));

	for (size_t i = 0; i < count; i++) {
		float x;

		switch (type) {
		case MTIA_DTYPE_U8:
		case MTIA_DTYPE_S8:
			values[i] = op_rnd();
			break;
		case MTIA_DTYPE_S32:
			((uint32_t *)values)[i] = op_rnd();
			break;
		case MTIA_DTYPE_F32:
			x = value(wild);
			memcpy(values + i * 4, &x, sizeof(x));
			break;
		case MTIA_DTYPE_F16:
			((uint16_t *)values)[i] = mtia_f16_from_f32(value(wild));
			break;
		case MTIA_DTYPE_BF16:
			((uint16_t *)values)[i] = mtia_bf16_from_f32(value(wild));
			break;
		}
	}
	return values;
}

static struct mtia_buffer *create(size_t bytes, const void *data)
{
	const struct mtia_buffer_desc desc = {.size = sizeof(desc), .bytes = bytes ? bytes : 1};
	struct mtia_buffer **b = &made.buffers[made.buffer_count];

	if (made.buffer_count == sizeof(made.buffers) / sizeof(*made.buffers) ||
	    mtia_buffer_create(op_context, &desc, b))
		die("no buffer");
	made.buffer_count++;
	if (bytes && mtia_buffer_write(*b, 0, data, bytes))
		die("cannot write a buffer");
	return *b;
}

struct mtia_buffer *op_buffer(const void *data, size_t bytes)
{
	return create(bytes, data);
}

static uint8_t *row_of(const struct op_tensor *t, uint8_t *image, size_t b, size_t i)
{
	return image + t->tensor.offset + b * t->batch_stride + i * t->tensor.stride;
}

static void layout(struct op_tensor *t, size_t batch, size_t rows, size_t row_bytes, size_t align,
		   const void *host)
{
	size_t row = (row_bytes + align - 1) / align * align;

	*t = (struct op_tensor){.batch = batch, .rows = rows, .row_bytes = row_bytes};
	t->tensor.stride = row + align * (op_rnd() % 3);
	t->tensor.offset = align * (op_rnd() % 3);
	t->batch_stride = rows * t->tensor.stride + align * (op_rnd() % 3);
	t->bytes = t->tensor.offset + batch * t->batch_stride + align;
	t->image = op_alloc(t->bytes);
	memset(t->image, NOISE, t->bytes);
	for (size_t b = 0; host && b < batch; b++) {
		for (size_t i = 0; i < rows; i++)
			memcpy(row_of(t, t->image, b, i),
			       (const uint8_t *)host + (b * rows + i) * row_bytes, row_bytes);
	}
	t->tensor.buffer = create(t->bytes, t->image);
}

void op_input(struct op_tensor *t, size_t batch, size_t rows, size_t row_bytes, const void *host)
{
	layout(t, batch, rows, row_bytes, MTIA_ROW_ALIGN, host);
}

void op_output(struct op_tensor *t, size_t batch, size_t rows, size_t row_bytes)
{
	layout(t, batch, rows, row_bytes, MTIA_OUT_ALIGN, NULL);
}

int op_same(struct op_tensor *t, const void *want)
{
	uint8_t *got = op_alloc(t->bytes);

	if (mtia_buffer_read(t->tensor.buffer, 0, got, t->bytes))
		die("cannot read a result");
	for (size_t b = 0; b < t->batch; b++) {
		for (size_t i = 0; i < t->rows; i++)
			memcpy(row_of(t, t->image, b, i),
			       (const uint8_t *)want + (b * t->rows + i) * t->row_bytes,
			       t->row_bytes);
	}
	for (size_t at = 0; at < t->bytes; at++) {
		size_t in = at - t->tensor.offset, row = in % t->batch_stride / t->tensor.stride;
		size_t column = in % t->batch_stride % t->tensor.stride;

		if (got[at] == t->image[at])
			continue;
		if (at >= t->tensor.offset && row < t->rows && column < t->row_bytes)
			fprintf(stderr, "# matrix %zu row %zu byte %zu: got 0x%02x, want 0x%02x\n",
				in / t->batch_stride, row, column, got[at], t->image[at]);
		else
			fprintf(stderr, "# byte %zu, outside the rows, was written: 0x%02x\n", at,
				got[at]);
		return 1;
	}
	return 0;
}

struct mtia_queue *op_queue(uint32_t rows, uint32_t cols)
{
	const struct mtia_queue_desc desc = {
		.size = sizeof(desc),
		.rows = rows ? rows : op_between(1, 8),
		.cols = cols ? cols : op_between(1, 8),
	};

	if (made.queue)
		mtia_queue_free(made.queue);
	made.queue = NULL;
	if (mtia_queue_create(op_context, &desc, &made.queue))
		die("no queue");
	op_note(" grid %ux%u", desc.rows, desc.cols);
	return made.queue;
}

int op_wait(int ret, const mtia_event *event, struct mtia_job_result *result)
{
	return ret ? ret : mtia_event_wait(op_context, event, 1, 0, MTIA_FOREVER, result);
}

static void clean(void)
{
	if (made.queue)
		mtia_queue_free(made.queue);
	for (size_t i = 0; i < made.buffer_count; i++)
		mtia_buffer_free(made.buffers[i]);
	for (size_t i = 0; i < made.memory_count; i++)
		free(made.memory[i]);
	memset(&made, 0, sizeof(made));
	note[0] = 0;
}

void op_add(const struct op_test *test)
{
	tests = realloc(tests, (test_count + 1) * sizeof(*tests));
	if (!tests)
		die("no memory");
	tests[test_count++] = *test;
}

static void seed(const char *key, unsigned int number)
{
	rng = 0xcbf29ce484222325ull ^ number;
	for (; *key; key++)
		rng = (rng ^ (unsigned char)*key) * 0x100000001b3ull;
	rng |= 1;
	for (int i = 0; i < 8; i++)
		op_rnd();
}

static void run(const struct op_test *test, unsigned int first, unsigned int last)
{
	for (unsigned int number = first; number < last; number++) {
		struct mtia_error e = {.size = sizeof(e)};
		int ret;

		seed(test->key, number);
		ret = test->run(test);
		if (ret) {
			tap_ok(false, "matrix %s: case %u:%s", test->key, number, note);
			if (ret < 0)
				mtia_error_last(&e);
			fprintf(stderr, "# %s case %u:%s: %s %s\n", test->key, number, note,
				ret < 0 ? mtia_errname(ret) : "differs", e.message);
			clean();
			return;
		}
		clean();
	}
	tap_ok(true, "matrix %s: %u shapes", test->key, last - first);
}

int op_main(int argc, char **argv, unsigned int cases)
{
	const char *prefix = argc > 2 ? argv[2] : "";
	struct mtia_device *device;
	unsigned int first = 0;

	if (argc > 1)
		cases = strtoul(argv[1], NULL, 0);
	if (argc > 3) {
		first = strtoul(argv[3], NULL, 0);
		cases = first + 1;
	}
	if (mtia_device_open(NULL, &device) || mtia_context_create(device, &op_context))
		die("no device");
	for (size_t i = 0; i < test_count; i++) {
		if (!strncmp(tests[i].key, prefix, strlen(prefix)))
			run(&tests[i], first, cases);
	}
	mtia_context_free(op_context);
	mtia_device_free(device);
	free(tests);
	return tap_done();
}
