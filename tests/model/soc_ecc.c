// SPDX-License-Identifier: GPL-2.0
/* Bad memory: corrected and poisoned words, records, scrubber, who notices and who does not. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "soc/pe_machine.h"

#define LPDDR(offset) (MTIA_PA_LPDDR + (offset))

static int inject(struct machine *mc, enum mtia_model_fault fault, uint64_t arg0, uint64_t arg1)
{
	return mtia_model_inject(mc->model, fault, arg0, arg1);
}

static uint64_t corrected(struct machine *mc)
{
	return cc_read64(mc, MTIA_CC_ECC_CORRECTED);
}

static uint64_t uncorrected(struct machine *mc)
{
	return cc_read64(mc, MTIA_CC_ECC_UNCORRECTED);
}

/* A PE copies 4096 bytes from PE_DATA to 1 MiB behind it. */
static void copy(struct machine *mc, unsigned int pe)
{
	struct pe_job job = { .core = { PE_ECHO, PE_LEAVE },
			      .arg = { 4096, PE_DATA, PE_DATA + MiB, 0 } };

	pe_launch(mc, pe, &job);
	pe_wait(mc, UINT64_C(1) << pe, 100000);
	pe_events(mc);
}

static uint32_t fault_reason(struct machine *mc)
{
	uint32_t reason = cc_read(mc, MTIA_CC_FAULT_STATUS) >> 8 & 0xff;

	cc_write(mc, MTIA_CC_FAULT_POP, 1);
	return reason;
}

static void test_corrected(struct machine *mc)
{
	uint32_t where;

	pattern_fill(mc->lpddr + PE_DATA_OFFSET, 4096, 1);
	tap_u64(cc_read(mc, MTIA_CC_ECC_STATUS), 0, "no record at first");
	tap_ok(!inject(mc, MTIA_INJECT_ECC_CE, LPDDR(PE_DATA_OFFSET + 1003), 5), "one bad bit");
	machine_run(mc, 100000);
	tap_u64(corrected(mc), 0, "nobody knows before somebody reads");
	copy(mc, 3);
	tap_u64(pe_status_of(mc, 3), MTIA_PE_DONE, "a PE that reads it");
	tap_mem(mc->lpddr + PE_DATA_OFFSET + MiB, mc->lpddr + PE_DATA_OFFSET, 4096,
		"gets what was written");
	tap_u64(corrected(mc), 1, "counted");
	tap_u64(reg_read64(mc, MTIA_REG_RAS(MTIA_RAS_LPDDR_CORRECTED)), 1, "for the host, too");
	tap_u64(cc_read(mc, MTIA_CC_IRQ_STATUS), MTIA_CC_IRQ_ECC, "and told by interrupt");
	tap_u64(cc_read(mc, MTIA_CC_ECC_STATUS), MTIA_ECC_VALID | 3 << 8, "its record: PE 3");
	tap_u64(cc_read64(mc, MTIA_CC_ECC_ADDR), LPDDR(PE_DATA_OFFSET + 1000), "the word");
	where = cc_read(mc, MTIA_CC_ECC_WHERE);
	tap_ok(__builtin_popcount(where & 0xff) % 2 == 1 && where >> 8 < 16,
	       "syndrome 0x%x of one bit, channel %u", where & 0xff, where >> 8);
	cc_write(mc, MTIA_CC_ECC_POP, 1);
	tap_u64(cc_read(mc, MTIA_CC_IRQ_STATUS), 0, "POP ends it");
	copy(mc, 3);
	tap_u64(corrected(mc), 1, "it was repaired: the second read finds nothing");
	inject(mc, MTIA_INJECT_ECC_CE, LPDDR(PE_DATA_OFFSET), 63);
	for (unsigned int i = 0; i < 4; i++) {
		struct pe_job job = { .core = { PE_LOAD, PE_LEAVE }, .arg = { 0, PE_DATA } };

		pe_launch_add(mc, 10 + i, &job);
	}
	monitor_run(mc);
	pe_wait(mc, 0xf << 10, 100000);
	pe_events(mc);
	tap_u64(corrected(mc), 2, "four cores load a bad word: corrected once");
	cc_write(mc, MTIA_CC_ECC_POP, 1);
}

static void test_poison(struct machine *mc)
{
	struct pe_job load = { .core = { PE_LOAD, PE_LEAVE }, .arg = { 0, PE_DATA + 2048 } };
	struct dma_case dma = { .src = LPDDR(PE_DATA_OFFSET), .len = 4096,
				.dst = LPDDR(PE_DATA_OFFSET + 2 * MiB) };
	struct dma_case repair = { .dst = LPDDR(PE_DATA_OFFSET + 2048), .len = 4, .fill = true };

	tap_ok(!inject(mc, MTIA_INJECT_ECC_UE, LPDDR(PE_DATA_OFFSET + 2048), 3 | 40 << 8),
	       "two bad bits");
	memset(mc->lpddr + PE_DATA_OFFSET + MiB, 0, 4096);
	copy(mc, 4);
	tap_u64(pe_status_of(mc, 4), MTIA_PE_FAULTED, "a PE that reads it faults");
	tap_u64(monitor_read(mc, 8, PE_REG(4, MTIA_PC_FAULT_TVAL), NULL), PE_DATA + 2048,
		"at its address");
	tap_u64(fault_reason(mc), MTIA_FAULT_POISON, "by name");
	tap_u64(uncorrected(mc), 1, "counted");
	tap_u64(reg_read64(mc, MTIA_REG_RAS(MTIA_RAS_LPDDR_UNCORRECTED)), 1, "for the host, too");
	tap_u64(cc_read(mc, MTIA_CC_ECC_STATUS), MTIA_ECC_VALID | MTIA_ECC_UNCORRECTED | 4 << 8,
		"its record: PE 4");
	tap_u64(__builtin_popcount(cc_read(mc, MTIA_CC_ECC_WHERE) & 0xff) % 2, 0,
		"syndrome of two bits");
	cc_write(mc, MTIA_CC_ECC_POP, 1);
	pe_launch(mc, 5, &load);
	pe_wait(mc, 1 << 5, 100000);
	pe_events(mc);
	tap_u64(fault_reason(mc), MTIA_FAULT_POISON, "a core's own load faults, too");
	tap_u64(uncorrected(mc), 1, "the word is counted once");
	load.arg[1] = PE_DATA + 2056;
	pe_launch(mc, 6, &load);
	pe_wait(mc, 1 << 6, 100000);
	pe_events(mc);
	tap_u64(pe_status_of(mc, 6), MTIA_PE_DONE, "its neighbour is well");
	tap_u64(machine_dma(mc, 2, &dma), MTIA_DMA_ST_ERROR | MTIA_FAULT_POISON << 8,
		"a DMA channel fails");
	tap_u64(cc_read64(mc, MTIA_CC_DMA(2) + MTIA_DMA_FAULT_ADDR),
		LPDDR(PE_DATA_OFFSET + 2048), "at its address");
	tap_mem(mc->lpddr + PE_DATA_OFFSET + 2 * MiB, mc->lpddr + PE_DATA_OFFSET, 2048,
		"what came before was moved");
	machine_dma(mc, 1, &repair);
	tap_u64(machine_dma(mc, 2, &dma), MTIA_DMA_ST_ERROR | MTIA_FAULT_POISON << 8,
		"half a word written: still poison");
	repair.len = 8;
	machine_dma(mc, 1, &repair);
	tap_u64(machine_dma(mc, 2, &dma), MTIA_DMA_ST_DONE, "all of it written: good");

	/* PEs write memory, too. */
	inject(mc, MTIA_INJECT_ECC_UE, LPDDR(PE_DATA_OFFSET + MiB + 64), 0);
	copy(mc, 7);
	dma.src = LPDDR(PE_DATA_OFFSET + MiB);
	tap_u64(machine_dma(mc, 2, &dma), MTIA_DMA_ST_DONE, "a PE's write repairs as well");
	/* SRAM */
	inject(mc, MTIA_INJECT_ECC_UE, MTIA_PA_SRAM + 512 * 5, 0);
	dma.src = MTIA_PA_SRAM;
	tap_u64(machine_dma(mc, 2, &dma), MTIA_DMA_ST_ERROR | MTIA_FAULT_POISON << 8, "SRAM");
	tap_u64(cc_read(mc, MTIA_CC_ECC_WHERE) >> 8, MTIA_ECC_SRAM | 5, "its slice is told");
	tap_u64(reg_read64(mc, MTIA_REG_RAS(MTIA_RAS_SRAM_UNCORRECTED)), 1, "counted as SRAM's");
	cc_write(mc, MTIA_CC_ECC_POP, 1);
	inject(mc, MTIA_INJECT_CLEAR, MTIA_INJECT_ECC_UE, 0);
	tap_u64(machine_dma(mc, 2, &dma), MTIA_DMA_ST_DONE, "taken back");
}

static void test_tables(struct machine *mc)
{
	struct pe_job load = { .core = { PE_LOAD, PE_LEAVE }, .arg = { 0, PE_DATA } };
	struct pe_job leave = { .core = { PE_LEAVE, PE_LEAVE } };

	cc_write(mc, MTIA_CC_TLB_ASID, PE_ASID);
	cc_write64(mc, MTIA_CC_TLB_SIZE, 0);
	inject(mc, MTIA_INJECT_ECC_UE, LPDDR(PE_ROOT + 8 * MTIA_PT_INDEX(PE_DATA, 0)), 0);
	pe_launch(mc, 8, &load);
	pe_wait(mc, 1 << 8, 100000);
	pe_events(mc);
	tap_u64(fault_reason(mc), MTIA_FAULT_POISON, "a page table's entry");
	tap_u64(cc_read(mc, MTIA_CC_ECC_STATUS) & MTIA_ECC_UNCORRECTED, MTIA_ECC_UNCORRECTED,
		"is recorded");
	cc_write(mc, MTIA_CC_ECC_POP, 1);
	inject(mc, MTIA_INJECT_CLEAR, 0, 0);
	inject(mc, MTIA_INJECT_ECC_UE, LPDDR(2 * MiB + 8), 0);
	pe_launch(mc, 8, &leave);
	pe_wait(mc, 1 << 8, 100000);
	pe_events(mc);
	tap_u64(fault_reason(mc), MTIA_FAULT_POISON, "code");
	cc_write(mc, MTIA_CC_ECC_POP, 1);
	inject(mc, MTIA_INJECT_CLEAR, 0, 0);
	pe_launch(mc, 8, &leave);
	pe_wait(mc, 1 << 8, 100000);
	pe_events(mc);
	tap_u64(pe_status_of(mc, 8), MTIA_PE_DONE, "taken back: all is well");
}

/* Period 100: the page at offset o is read in cycle (o / 4096 + 1) * 100 after the start. */
static void test_scrub(struct machine *mc)
{
	struct mtia_model_step r = { .size = sizeof(r) };
	uint64_t start, ce = corrected(mc), ue = uncorrected(mc), pages;

	cc_write(mc, MTIA_CC_ECC_SCRUB_PERIOD, 100);
	start = cc_read64(mc, MTIA_CC_TIME);
	tap_u64(cc_read(mc, MTIA_CC_ECC_SCRUB_PERIOD), 100, "scrubber on");
	inject(mc, MTIA_INJECT_ECC_CE, LPDDR(8000 * 4096 + 16), 1);
	inject(mc, MTIA_INJECT_ECC_UE, LPDDR(12000 * 4096), 0);
	mtia_model_step(mc->model, 600000, &r);
	tap_ok(corrected(mc) == ce && r.why == MTIA_STEP_IDLE && r.next_event > start + 790000 &&
		       r.next_event < start + 801000,
	       "not there yet: idle until then");
	mtia_model_step(mc->model, 850000, &r);
	tap_u64(corrected(mc), ce + 1, "the bad bit was found");
	tap_ok(cc_read64(mc, MTIA_CC_ECC_SCRUB_ADDR) > LPDDR(8000 * 4096) &&
		       cc_read64(mc, MTIA_CC_ECC_SCRUB_ADDR) < LPDDR(8400 * 4096),
	       "its address is behind it");
	tap_u64(cc_read(mc, MTIA_CC_ECC_STATUS), MTIA_ECC_VALID | MTIA_ECC_SRC_SCRUB << 8,
		"by the scrubber");
	cc_write(mc, MTIA_CC_ECC_POP, 1);
	mtia_model_step(mc->model, 500000, &r);
	tap_u64(uncorrected(mc), ue + 1, "poison is found before anybody reads it");
	cc_write(mc, MTIA_CC_ECC_POP, 1);
	pages = (LPDDR_SIZE + MTIA_SRAM_SIZE) / 4096;
	inject(mc, MTIA_INJECT_ECC_CE, MTIA_PA_SRAM + 4096, 0);
	inject(mc, MTIA_INJECT_ECC_CE, LPDDR(64), 0);
	mtia_model_step(mc->model, 2 * pages * 100, &r);
	tap_u64(corrected(mc), ce + 3, "SRAM has its turn, and the first page again");
	tap_u64(reg_read64(mc, MTIA_REG_RAS(MTIA_RAS_SRAM_CORRECTED)), 1, "counted as SRAM's");
	tap_u64(uncorrected(mc), ue + 1, "what is known is not told again");
	tap_ok(r.now - start < 3 * pages * 100, "idle time was skipped to get there");
	cc_write(mc, MTIA_CC_ECC_POP, 1);
	cc_write(mc, MTIA_CC_ECC_POP, 1);
	cc_write(mc, MTIA_CC_ECC_SCRUB_PERIOD, 0);
	inject(mc, MTIA_INJECT_ECC_CE, LPDDR(64), 0);
	mtia_model_step(mc->model, 2 * pages * 100, &r);
	tap_u64(corrected(mc), ce + 3, "off");
	inject(mc, MTIA_INJECT_CLEAR, 0, 0);
}

static void test_limits(struct machine *mc)
{
	unsigned int records = 0;
	size_t size = 0;

	tap_ok(inject(mc, MTIA_INJECT_ECC_CE, MTIA_PA_CTRL, 0) == -EINVAL &&
		       inject(mc, MTIA_INJECT_ECC_CE, LPDDR(LPDDR_SIZE), 0) == -EINVAL &&
		       inject(mc, MTIA_INJECT_ECC_CE, LPDDR(0), 64) == -EINVAL &&
		       inject(mc, MTIA_INJECT_ECC_UE, LPDDR(0), 7 | 7 << 8) == -EINVAL,
	       "no memory, no such bit, twice the same bit");
	for (unsigned int i = 0; i < 64; i++)
		if (inject(mc, MTIA_INJECT_ECC_CE, LPDDR(PE_DATA_OFFSET + 8 * i), i))
			tap_ok(false, "word %u", i);
	tap_ok(inject(mc, MTIA_INJECT_ECC_CE, LPDDR(PE_DATA_OFFSET + 4000), 0) == -EINVAL,
	       "64 words at a time");
	tap_ok(!inject(mc, MTIA_INJECT_ECC_UE, LPDDR(PE_DATA_OFFSET), 0), "a known one may get worse");
	tap_u64(mtia_model_save(mc->model, NULL, &size), 0, "size of a snapshot");
	inject(mc, MTIA_INJECT_ECC_CE, LPDDR(PE_DATA_OFFSET), 0);
	copy(mc, 9);
	while (cc_read(mc, MTIA_CC_ECC_STATUS)) {
		if (!records++)
			tap_ok(cc_read(mc, MTIA_CC_ECC_STATUS) & MTIA_ECC_LOST,
			       "more than 16 records: LOST");
		cc_write(mc, MTIA_CC_ECC_POP, 1);
	}
	tap_u64(records, 16, "the oldest are kept");
}

/* The same with 4 workers and from a snapshot: state, counts, cycles. */
static uint64_t crowd(unsigned int workers, bool snapshot)
{
	struct machine mc, other;
	uint64_t hash;

	machine_open(&mc, workers, LPDDR_SIZE);
	pe_machine_boot(&mc);
	cc_write(&mc, MTIA_CC_ECC_SCRUB_PERIOD, 50);
	for (unsigned int i = 0; i < 16; i++)
		inject(&mc, i % 3 ? MTIA_INJECT_ECC_CE : MTIA_INJECT_ECC_UE,
		       LPDDR(PE_DATA_OFFSET + i * 2048), i % 3 ? i : 0);
	if (snapshot) {
		size_t size = 0;
		void *stream;

		mtia_model_save(mc.model, NULL, &size);
		stream = malloc(size);
		mtia_model_save(mc.model, stream, &size);
		machine_open(&other, workers, LPDDR_SIZE);
		memcpy(other.lpddr, mc.lpddr, LPDDR_SIZE);
		if (mtia_model_load(other.model, stream, size))
			tap_ok(false, "load");
		other.batches = mc.batches;
		other.next = other.page->access;
		free(stream);
		machine_close(&mc);
		mc = other;
		/* The host's window of the model is `other`'s. */
	}
	for (unsigned int pe = 0; pe < 16; pe++) {
		struct pe_job job = { .core = { PE_ECHO, PE_COUNT },
				      .arg = { 2048, PE_DATA + pe * 2048, PE_DATA + MiB + pe * 2048, 0 } };

		pe_launch_add(&mc, pe, &job);
	}
	monitor_run(&mc);
	pe_wait(&mc, 0xffff, 1000000);
	hash = mtia_model_state_hash(mc.model, 0, LPDDR_SIZE);
	machine_close(&mc);
	return hash;
}

int main(void)
{
	struct machine mc;
	uint64_t one;

	machine_open(&mc, 1, LPDDR_SIZE);
	pe_machine_boot(&mc);
	test_corrected(&mc);
	test_poison(&mc);
	test_tables(&mc);
	test_scrub(&mc);
	test_limits(&mc);
	tap_u64(mc.errors[MTIA_ERR_MODEL], 0, "no error of the model's own");
	machine_close(&mc);
	one = crowd(1, false);
	tap_u64(crowd(4, false), one, "same state with 4 workers");
	tap_u64(crowd(2, true), one, "and from a snapshot");
	return tap_done();
}
