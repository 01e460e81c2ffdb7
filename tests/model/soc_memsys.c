// SPDX-License-Identifier: GPL-2.0
/* The memory system in time: contention, SRAM as a cache; results never depend on either. */
#include <stdlib.h>
#include <string.h>

#include "soc/pe_machine.h"

#define WORK 4096 /* bytes a PE copies */

struct outcome {
	uint64_t end, busy, hash;
	uint64_t hits, misses, writebacks;
	uint8_t data[64 * WORK];
};

static uint64_t busy(struct machine *mc)
{
	return reg_read64(mc, MTIA_REG_COUNTER(MTIA_CNT_PE_BUSY_CYCLES));
}

/* PEs of the mask copy WORK bytes each, LPDDR or SRAM to LPDDR, `rounds` times over. */
static void work(struct machine *mc, uint64_t pes, uint64_t src, unsigned int rounds)
{
	for (unsigned int round = 0; round < rounds; round++) {
		unsigned int added = 0;

		for (uint64_t left = pes; left; left &= left - 1) {
			unsigned int pe = __builtin_ctzll(left);
			struct pe_job job = {
				.core = { PE_ECHO, PE_LEAVE },
				.arg = { WORK, src + pe * WORK, PE_DATA + 8 * MiB + pe * WORK, 0 },
			};

			pe_launch_add(mc, pe, &job);
			if (++added % 16 == 0)
				monitor_run(mc);
		}
		if (added % 16)
			monitor_run(mc);
		if (!pe_wait(mc, pes, 1000000))
			tap_ok(false, "round %u ends", round);
		pe_events(mc);
	}
}

#define SG(off) (MTIA_PA_CTRL + MTIA_CC_SG(0) + (off))

/* PEs of a sub-grid all read and write the same 32 KiB at the same time; busy cycles of each. */
static uint64_t burst(struct machine *mc, unsigned int rows, unsigned int cols)
{
	uint64_t before = busy(mc);
	uint64_t arg[4] = { 8 * WORK, PE_DATA, PE_DATA + 8 * MiB, 0 };

	monitor_add(mc, 4 | GUEST_WRITE, SG(MTIA_SG_RECT), PE_SUBGRID(0, 0, rows, cols));
	monitor_add(mc, 4 | GUEST_WRITE, SG(MTIA_SG_ASID), PE_ASID);
	monitor_add(mc, 8 | GUEST_WRITE, SG(MTIA_SG_ENTRY(0)), pe_entry(PE_ECHO));
	monitor_add(mc, 8 | GUEST_WRITE, SG(MTIA_SG_ENTRY(1)), pe_entry(PE_LEAVE));
	for (unsigned int n = 0; n < 4; n++)
		monitor_add(mc, 8 | GUEST_WRITE, SG(MTIA_SG_ARG(n)), arg[n]);
	monitor_add(mc, 4 | GUEST_WRITE, SG(MTIA_SG_CTRL), MTIA_SG_CLAIM | MTIA_SG_START);
	monitor_run(mc);
	for (unsigned int i = 0; i < 100 && !cc_read64(mc, MTIA_CC_SG_EVENT); i++)
		machine_run(mc, 4096);
	tap_u64(monitor_read(mc, 4, SG(MTIA_SG_STATUS), NULL), MTIA_SG_DONE, "%u x %u PEs at once",
		rows, cols);
	monitor_write(mc, 4, SG(MTIA_SG_CTRL), MTIA_SG_RELEASE, NULL);
	return (busy(mc) - before) / (rows * cols);
}

static void run(struct outcome *out, unsigned int workers, enum mtia_model_timing timing, bool cache,
		unsigned int rounds)
{
	struct machine mc;

	memset(out, 0, sizeof(*out));
	machine_open_timing(&mc, workers, LPDDR_SIZE, timing);
	pe_machine_boot(&mc);
	pattern_fill(mc.lpddr + PE_DATA_OFFSET, 64 * WORK, 6);
	if (cache)
		cc_write(&mc, MTIA_CC_SRAM_MODE, MTIA_SRAM_CACHE);
	work(&mc, UINT64_MAX, PE_DATA, rounds);
	if (!cache)
		burst(&mc, 8, 8);
	out->end = reg_read64(&mc, MTIA_REG_TIMESTAMP);
	out->busy = busy(&mc);
	out->hash = mtia_model_state_hash(mc.model, 0, LPDDR_SIZE);
	out->hits = cc_read64(&mc, MTIA_CC_CACHE_HITS);
	out->misses = cc_read64(&mc, MTIA_CC_CACHE_MISSES);
	out->writebacks = cc_read64(&mc, MTIA_CC_CACHE_WRITEBACKS);
	memcpy(out->data, mc.lpddr + PE_DATA_OFFSET + 8 * MiB, sizeof(out->data));
	tap_u64(mc.errors[MTIA_ERR_MODEL] + mc.errors[MTIA_ERR_GUEST], 0, "no errors");
	machine_close(&mc);
}

static void test_contention(void)
{
	struct outcome *free_of = malloc(sizeof(*free_of)), *one = malloc(sizeof(*one));
	struct outcome *more = malloc(sizeof(*more));

	run(free_of, 1, MTIA_TIMING_FUNCTIONAL, false, 2);
	run(one, 1, MTIA_TIMING_APPROX, false, 2);
	tap_mem(one->data, free_of->data, sizeof(one->data), "contention changes no result");
	tap_ok(one->busy > free_of->busy, "but cycles: %llu of 64 PEs, without it %llu",
	       (unsigned long long)one->busy, (unsigned long long)free_of->busy);
	for (unsigned int workers = 2; workers <= 4; workers += 2) {
		run(more, workers, MTIA_TIMING_APPROX, false, 2);
		tap_ok(more->end == one->end && more->busy == one->busy && more->hash == one->hash,
		       "%u workers: same cycles and state", workers);
	}
	free(free_of);
	free(one);
	free(more);
}

/* The more PEs ask for the same memory at once, the longer each waits. */
static void test_crowd(void)
{
	uint64_t alone[2], crowd[2], row[2];

	for (unsigned int timing = 0; timing < 2; timing++) {
		struct machine mc;

		machine_open_timing(&mc, 1, LPDDR_SIZE, (enum mtia_model_timing)timing);
		pe_machine_boot(&mc);
		alone[timing] = burst(&mc, 1, 1);
		row[timing] = burst(&mc, 1, 8);
		crowd[timing] = burst(&mc, 8, 8);
		machine_close(&mc);
	}
	/* Effects wait for barriers, so a launch that begins elsewhere in a quantum ends elsewhere. */
	tap_ok(row[0] - alone[0] + 128 < 256 && crowd[0] - alone[0] + 128 < 256,
	       "functional: each takes %llu cycles, of 8 %llu, of 64 %llu",
	       (unsigned long long)alone[0], (unsigned long long)row[0],
	       (unsigned long long)crowd[0]);
	tap_ok(alone[1] >= alone[0] && alone[1] < 2 * alone[0], "contention: one alone %llu",
	       (unsigned long long)alone[1]);
	tap_ok(row[1] > alone[1] && crowd[1] > 3 * row[1], "each of 8: %llu, each of 64: %llu",
	       (unsigned long long)row[1], (unsigned long long)crowd[1]);
}

static void test_cache(void)
{
	struct outcome *plain = malloc(sizeof(*plain)), *cached = malloc(sizeof(*cached));
	struct outcome *more = malloc(sizeof(*more));
	uint64_t lines = 64 * WORK / 512;

	run(plain, 1, MTIA_TIMING_FUNCTIONAL, false, 3);
	run(cached, 1, MTIA_TIMING_FUNCTIONAL, true, 3);
	tap_mem(cached->data, plain->data, sizeof(plain->data), "a cache changes no result");
	tap_u64(plain->hits + plain->misses, 0, "a scratchpad counts neither hits nor misses");
	tap_u64(cached->misses, 2 * lines, "first round: every line misses, read and written");
	tap_u64(cached->hits, 4 * lines, "the others hit");
	tap_u64(cached->writebacks, 0, "nothing was displaced");
	tap_ok(cached->busy != plain->busy, "cycles differ: %llu, %llu without",
	       (unsigned long long)cached->busy, (unsigned long long)plain->busy);
	run(cached, 1, MTIA_TIMING_APPROX, true, 3);
	run(more, 4, MTIA_TIMING_APPROX, true, 3);
	tap_ok(more->hash == cached->hash && more->end == cached->end && more->hits == cached->hits,
	       "with contention, 4 workers: same state, cycles, hits");
	tap_mem(cached->data, plain->data, sizeof(plain->data), "and the same result");
	free(plain);
	free(cached);
	free(more);
}

static void test_switch(void)
{
	struct pe_job spin = { .core = { PE_SPIN, PE_SPIN } };
	struct pe_job load = { .core = { PE_LOAD, PE_LEAVE }, .arg = { 0, PE_SRAM } };
	struct dma_case dma = { .src = MTIA_PA_LPDDR + PE_DATA_OFFSET,
				.dst = MTIA_PA_LPDDR + PE_DATA_OFFSET + 8 * MiB, .len = 4096 };
	struct machine mc;
	uint32_t errors;

	machine_open(&mc, 1, LPDDR_SIZE);
	pe_machine_boot(&mc);
	tap_u64(cc_read(&mc, MTIA_CC_SRAM_MODE), MTIA_SRAM_SCRATCHPAD, "a scratchpad at first");
	tap_u64(cc_read(&mc, MTIA_CC_CACHE_SHAPE), 512 | 8 << 16, "shape of the cache");
	mc.sram[0] = 9;
	pe_launch(&mc, 0, &load);
	pe_wait(&mc, 1, 100000);
	tap_u64(monitor_read(&mc, 4, PE_REG(0, MTIA_PC_EXIT_CODE), NULL), 9, "a PE reads it");
	pe_events(&mc);
	pe_launch(&mc, 1, &spin);
	errors = reg_read(&mc, MTIA_REG_ERR_COUNT);
	cc_write(&mc, MTIA_CC_SRAM_MODE, MTIA_SRAM_CACHE);
	tap_ok(cc_read(&mc, MTIA_CC_SRAM_MODE) == MTIA_SRAM_SCRATCHPAD && mc.sram[0] == 9 &&
		       reg_read(&mc, MTIA_REG_ERR_COUNT) == errors + 1,
	       "no switch while a PE runs");
	pe_ctrl(&mc, 1, MTIA_PC_RESET);
	cc_write(&mc, MTIA_CC_SRAM_MODE, 2);
	tap_u64(cc_read(&mc, MTIA_CC_SRAM_MODE), MTIA_SRAM_SCRATCHPAD, "no other mode");
	cc_write(&mc, MTIA_CC_SRAM_MODE, MTIA_SRAM_CACHE);
	tap_u64(cc_read(&mc, MTIA_CC_SRAM_MODE), MTIA_SRAM_CACHE, "switched");
	pe_launch(&mc, 0, &load);
	pe_wait(&mc, 1, 100000);
	tap_u64(cc_read(&mc, MTIA_CC_FAULT_STATUS) >> 8 & 0xff, MTIA_FAULT_BAD_PTE,
		"SRAM's addresses are nobody's, also those in a TLB");
	cc_write(&mc, MTIA_CC_FAULT_POP, 1);
	pe_events(&mc);
	tap_u64(machine_dma(&mc, 0, &dma), MTIA_DMA_ST_DONE, "a channel goes through the cache");
	tap_u64(cc_read64(&mc, MTIA_CC_CACHE_MISSES), 16, "8 lines read, 8 written");
	machine_dma(&mc, 0, &dma);
	tap_u64(cc_read64(&mc, MTIA_CC_CACHE_HITS), 16, "and hits the second time");
	dma.dst = MTIA_PA_SRAM;
	tap_u64(machine_dma(&mc, 0, &dma), MTIA_DMA_ST_ERROR | MTIA_FAULT_BAD_ADDR << 8,
		"but finds no SRAM");
	cc_write(&mc, MTIA_CC_SRAM_MODE, MTIA_SRAM_SCRATCHPAD);
	tap_u64(mc.sram[0], 0, "back: what the scratchpad held is lost");
	cc_write(&mc, MTIA_CC_SRAM_MODE, MTIA_SRAM_CACHE);
	machine_dma(&mc, 0, &dma);
	machine_stop(&mc);
	machine_boot(&mc, GUEST_MONITOR);
	tap_u64(cc_read(&mc, MTIA_CC_SRAM_MODE), MTIA_SRAM_SCRATCHPAD, "a reset ends the cache");
	machine_close(&mc);
}

/* More lines than the cache has: the oldest are written back. */
static void test_displaced(void)
{
	struct machine mc;
	struct dma_case fill = { .dst = MTIA_PA_LPDDR + 64 * MiB, .len = 160 * MiB, .fill = true };

	machine_open(&mc, 1, 256 * MiB);
	pe_machine_boot(&mc);
	cc_write(&mc, MTIA_CC_SRAM_MODE, MTIA_SRAM_CACHE);
	tap_u64(machine_dma(&mc, 3, &fill), MTIA_DMA_ST_DONE, "160 MiB through a cache of 128");
	tap_u64(cc_read64(&mc, MTIA_CC_CACHE_WRITEBACKS), 32 * MiB / 512, "32 are written back");
	machine_close(&mc);
}

/* A snapshot in the middle has the future of the run that it was taken from. */
static void test_snapshot(void)
{
	struct machine a, b;
	size_t size = 0;
	void *stream;
	uint64_t hash[2];

	machine_open_timing(&a, 1, LPDDR_SIZE, MTIA_TIMING_APPROX);
	machine_open_timing(&b, 2, LPDDR_SIZE, MTIA_TIMING_APPROX);
	pe_machine_boot(&a);
	cc_write(&a, MTIA_CC_SRAM_MODE, MTIA_SRAM_CACHE);
	pattern_fill(a.lpddr + PE_DATA_OFFSET, 64 * WORK, 6);
	work(&a, 0xffff, PE_DATA, 1);
	for (unsigned int pe = 0; pe < 8; pe++) {
		struct pe_job job = { .core = { PE_ECHO, PE_COUNT },
				      .arg = { WORK, PE_DATA, PE_DATA + 8 * MiB + pe * WORK, 0 } };

		pe_launch_add(&a, pe, &job);
	}
	monitor_run(&a);
	mtia_model_save(a.model, NULL, &size);
	stream = malloc(size);
	tap_u64(mtia_model_save(a.model, stream, &size), 0, "saved in the middle");
	memcpy(b.lpddr, a.lpddr, LPDDR_SIZE);
	memcpy(b.sram, a.sram, MTIA_SRAM_SIZE);
	tap_u64(mtia_model_load(b.model, stream, size), 0, "loaded");
	for (unsigned int i = 0; i < 2; i++) {
		struct mtia_model_step r = { .size = sizeof(r) };

		mtia_model_step((i ? &b : &a)->model, 200000, &r);
		hash[i] = mtia_model_state_hash((i ? &b : &a)->model, 0, LPDDR_SIZE);
	}
	tap_u64(hash[1], hash[0], "same future");
	machine_close(&b);
	machine_open(&b, 1, LPDDR_SIZE);
	tap_ok(mtia_model_load(b.model, stream, size) != 0, "a model of other timing refuses it");
	machine_close(&a);
	machine_close(&b);
	free(stream);
}

int main(void)
{
	test_contention();
	test_crowd();
	test_cache();
	test_switch();
	test_displaced();
	test_snapshot();
	return tap_done();
}
