// SPDX-License-Identifier: GPL-2.0
/*
 * A PE program compiled for core B's vector unit (sim_norm_vector.c) on the model: bit for bit what
 * the host computes in the same order; and core A has no such unit.
 */
#include <math.h>

#include "mtia/pe.h"
#include "sim_fixture.h"
#include "sim_norm.h"

#define OUT_OFFSET (1u << 20)

static struct simhost_buffer program;

static void normalise(float *to, const float *x, uint32_t n)
{
	float sum = 0, squares = 0, mean, scale;

	for (uint32_t i = 0; i < n; i++)
		sum += x[i];
	mean = sum / (float)n;
	for (uint32_t i = 0; i < n; i++)
		squares += (x[i] - mean) * (x[i] - mean);
	scale = 1 / sqrtf(squares / (float)n + NORM_EPS);
	for (uint32_t i = 0; i < n; i++)
		to[i] = (x[i] - mean) * scale;
}

static int run(struct client *c, enum norm_mode mode, uint32_t rows, uint32_t cols,
	       uint32_t *detail)
{
	struct norm_args args = {
		.in = DATA_VA, .out = DATA_VA + OUT_OFFSET, .rows = rows, .cols = cols,
		.mode = mode,
	};
	struct mtia_pkt_launch *p;

	begin(c);
	p = packet(c, MTIA_PKT_LAUNCH, sizeof(*p) + sizeof(args));
	p->program_va = PROGRAM_VA;
	p->program_size = (uint32_t)program.size;
	p->rows = 1;
	p->cols = 1;
	p->args_size = sizeof(args);
	memcpy(p + 1, &args, sizeof(args));
	return finish(c, submit(c), detail);
}

static void check(struct client *c, enum norm_mode mode, uint32_t rows, uint32_t cols,
		  const char *name)
{
	float *in = c->data.cpu, want[NORM_MAX_COLS];
	const float *out = (const float *)((const uint8_t *)c->data.cpu + OUT_OFFSET);
	uint32_t seed = cols, wrong = 0, detail = 0;

	for (uint32_t i = 0; i < rows * cols; i++) {
		seed = seed * 1664525 + 1013904223;
		in[i] = (float)(int32_t)seed / 65536 / 1024;
	}
	memset((uint8_t *)c->data.cpu + OUT_OFFSET, 0xff, 4ull * rows * cols);
	tap_u64((uint64_t)run(c, mode, rows, cols, &detail), MTIA_JOB_OK, "%s, %u x %u", name, rows,
		cols);
	for (uint32_t row = 0; row < rows; row++) {
		normalise(want, in + row * cols, cols);
		for (uint32_t i = 0; i < cols; i++)
			wrong += memcmp(&want[i], &out[row * cols + i], 4) != 0;
	}
	tap_u64(wrong, 0, "elements that are not what the host computes");
}

int main(int argc, char **argv)
{
	struct simhost *sh;
	struct client c;
	struct simhost_fault fault = { 0 };
	uint32_t detail = 0;
	char text[256];

	fixture_init(argc, argv);
	if (argc < 4) {
		printf("Bail out! usage: sim_vector MODEL FIRMWARE PROGRAM\n");
		return 1;
	}
	sh = device_open();
	program_load(sh, argv[3], &program);
	client_open(&c, sh, 0, 0);
	program_map(&c, &program, PROGRAM_VA);
	check(&c, NORM_LOCAL, 1, 1, "from local memory");
	check(&c, NORM_LOCAL, 5, 80, "from local memory");
	check(&c, NORM_LOCAL, 3, NORM_MAX_COLS, "from local memory");
	check(&c, NORM_FAR, 2, 77, "from LPDDR, element by element");
	tap_u64((uint64_t)run(&c, NORM_ON_CORE_A, 1, 1, &detail), MTIA_JOB_PE_EXCEPTION,
		"a vector instruction on core A");
	simhost_queue_fault(c.queue, &fault);
	tap_ok(fault.on_pe && fault.mcause == 2, "is illegal: %s",
	       simhost_fault_text(&fault, text, sizeof(text)));
	check(&c, NORM_FAR, 1, 16, "and the next launch is fine");
	simhost_vm_unmap(c.vm, PROGRAM_VA, program.size);
	client_close(&c);
	simhost_buffer_free(sh, &program);
	simhost_close(sh);
	return tap_done();
}
