// SPDX-License-Identifier: GPL-2.0
/*
 * Speed of the RISC-V interpreter: instructions a second on one core, by CPU time.
 *
 * usage: rv_bench [--quick] [--slice CYCLES] [WORKLOAD]	prints one JSON line
 *
 * --slice: call rv_run() for so many cycles at a time, as a scheduler of many harts does.
 *
 * Every workload is the same C source built for RV64IMAC (float: RV64GC) and for the host; both must
 * give the same value. "mix" and "heldout" are harmonic means (equal shares of instructions) of the tuned and the
 * held-out workloads. Each figure is the median of the runs.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../rv/fault_bus.h"

#define MEM_SIZE	(1u << 20)
#define LOAD_ADDR	0x10000
#define MAX_RUNS	5

#define WORKLOAD(name) \
	int native_##name(void); \
	extern const uint8_t rv_##name##_start[], rv_##name##_end[];
WORKLOAD(core)
WORKLOAD(copy)
WORKLOAD(parse)
WORKLOAD(heldout_huff)
WORKLOAD(heldout_queens)
WORKLOAD(float)
#undef WORKLOAD

enum group { MIX, HELDOUT, ALONE };

static const struct workload {
	const char *name;
	enum group group;
	int (*native)(void);
	const uint8_t *start, *end;
} workloads[] = {
#define WORKLOAD(name, group) \
	{ #name, group, native_##name, rv_##name##_start, rv_##name##_end },
	WORKLOAD(core, MIX)
	WORKLOAD(copy, MIX)
	WORKLOAD(parse, MIX)
	WORKLOAD(heldout_huff, HELDOUT)
	WORKLOAD(heldout_queens, HELDOUT)
	WORKLOAD(float, ALONE)
#undef WORKLOAD
};

static double cpu_seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return ts.tv_sec + ts.tv_nsec * 1e-9;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* One run from reset to the final ebreak; false if it ended any other way or with another value. */
static bool run(const struct workload *w, struct rv_icache *ic, uint8_t *mem, int want,
		uint64_t slice, uint64_t *insns, uint64_t *cycles, double *seconds)
{
	struct rv_config cfg = {
		.bus = &fault_bus,
		.icache = ic,
		.nwindows = 1,
		.windows = { { .size = MEM_SIZE, .host = mem, .perms = RV_R | RV_W | RV_X } },
	};
	struct rv_hart hart;
	enum rv_stop stop;
	double begin;

	memset(mem, 0, MEM_SIZE);
	memcpy(mem + LOAD_ADDR, w->start, w->end - w->start);
	if (rv_init(&hart, &cfg))
		return false;
	rv_reset(&hart, LOAD_ADDR);
	begin = cpu_seconds();
	do
		stop = rv_run(&hart, slice ? hart.s.cycle + slice : UINT64_MAX);
	while (stop == RV_STOP_BUDGET);
	*seconds = cpu_seconds() - begin;
	*insns = hart.s.instret;
	*cycles = hart.s.cycle;
	rv_fini(&hart);
	if (stop != RV_STOP_HALT || hart.s.halt_cause != RV_CAUSE_BREAKPOINT ||
	    (int)hart.s.x[10] != want) {
		fprintf(stderr, "%s: stop %d, cause %" PRIu64 " at 0x%" PRIx64 ", tval 0x%" PRIx64
			", result %d, want %d\n", w->name, stop, hart.s.halt_cause, hart.s.halt_pc,
			hart.s.halt_tval, (int)hart.s.x[10], want);
		return false;
	}
	return true;
}

int main(int argc, char **argv)
{
	struct rv_icache *ic = rv_icache_create(64);
	double inverse[3] = { 0 };
	unsigned int i, j, runs = MAX_RUNS, n[3] = { 0 };
	uint8_t *mem = malloc(MEM_SIZE);
	const char *only = NULL;
	uint64_t slice = 0;

	for (i = 1; i < (unsigned int)argc; i++) {
		if (!strcmp(argv[i], "--quick"))
			runs = 1;
		else if (!strcmp(argv[i], "--slice") && i + 1 < (unsigned int)argc)
			slice = strtoull(argv[++i], NULL, 0);
		else
			only = argv[i];
	}
	if (!ic || !mem)
		return 1;
	printf("{\"bench\":\"rv\",\"runs\":%u,\"slice\":%" PRIu64 ",\"workloads\":[", runs, slice);
	for (i = 0; i < sizeof(workloads) / sizeof(*workloads); i++) {
		const struct workload *w = &workloads[i];
		double seconds[MAX_RUNS], native, mips;
		uint64_t insns = 0, cycles = 0;
		int want;

		if (only && strcmp(only, w->name))
			continue;
		native = cpu_seconds();
		want = w->native();
		native = cpu_seconds() - native;
		for (j = 0; j < runs; j++)
			if (!run(w, ic, mem, want, slice, &insns, &cycles, &seconds[j]))
				return 1;
		qsort(seconds, runs, sizeof(*seconds), by_value);
		mips = insns / seconds[runs / 2] / 1e6;
		inverse[w->group] += 1 / mips;
		n[w->group]++;
		printf("%s{\"name\":\"%s\",\"insns\":%" PRIu64 ",\"cycles\":%" PRIu64
		       ",\"seconds\":%.4f,\"mips\":%.1f,\"native_seconds\":%.4f}",
		       n[0] + n[1] + n[2] > 1 ? "," : "", w->name, insns, cycles, seconds[runs / 2], mips,
		       native);
	}
	printf("]");
	if (n[MIX])
		printf(",\"mix_mips\":%.1f", n[MIX] / inverse[MIX]);
	if (n[HELDOUT])
		printf(",\"heldout_mips\":%.1f", n[HELDOUT] / inverse[HELDOUT]);
	printf("}\n");
	free(mem);
	rv_icache_destroy(ic);
	return 0;
}
