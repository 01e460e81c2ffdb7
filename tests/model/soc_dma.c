// SPDX-License-Identifier: GPL-2.0
/* DMA channels: every pair of spaces, fills, faults, abort, time, order against interrupts. */
#include <string.h>

#include "soc/machine.h"

#define ROOT (4 * MiB) /* page tables of ASID 3 */
#define VA UINT64_C(0x123456000000)
#define RW (MTIA_PTE_VALID | MTIA_PTE_LEAF | MTIA_PTE_READ | MTIA_PTE_WRITE)
#define TARGET(t) ((uint64_t)(t) << MTIA_PTE_TARGET_SHIFT)
#define VIRT(asid) (MTIA_SPACE_VIRT | (asid) << 8)
#define PLACE_SIZE 0x30000 /* three pieces of 64 KiB */

/* Somewhere bytes can be, how a channel names it, and where the test sees them. */
struct place {
	const char *name;
	uint64_t addr;
	uint32_t space;
	uint8_t *bytes;
	bool small; /* local memory holds less */
};

static uint32_t error(enum mtia_fault_reason reason)
{
	return MTIA_DMA_ST_ERROR | (uint32_t)reason << 8;
}

/* Two stretches of VA over LPDDR pages in reverse order are no memory a pointer could follow, so
 * virtual places are contiguous here; scattered pages are test_scattered()'s. */
static unsigned int places(struct machine *mc, bool second, struct place *out)
{
	uint64_t half = second ? PLACE_SIZE : 0, next = ROOT + MTIA_PAGE_SIZE + (second ? MiB : 0);
	unsigned int n = 0;

	out[n++] = (struct place){ "LPDDR", MTIA_PA_LPDDR + 16 * MiB + half + 5, MTIA_SPACE_PHYS,
				   mc->lpddr + 16 * MiB + half + 5, false };
	out[n++] = (struct place){ "SRAM", MTIA_PA_SRAM + 8 * MiB + half + 3, MTIA_SPACE_PHYS,
				   mc->sram + 8 * MiB + half + 3, false };
	out[n++] = (struct place){ "host", HOST_BASE + half + 9, MTIA_SPACE_HOST,
				   mc->host + half + 9, false };
	for (uint64_t off = 0; off < PLACE_SIZE; off += MTIA_PAGE_SIZE) {
		pt_map(mc, ROOT, &next, VA + half + off,
		       RW | TARGET(MTIA_PTE_TARGET_LPDDR) | (20 * MiB + half + off), false);
		pt_map(mc, ROOT, &next, VA + MiB + half + off,
		       RW | TARGET(MTIA_PTE_TARGET_SRAM) | (20 * MiB + half + off), false);
		pt_map(mc, ROOT, &next, VA + 2 * MiB + half + off,
		       RW | TARGET(MTIA_PTE_TARGET_HOST) | (HOST_BASE + 0x80000 + half + off),
		       false);
	}
	out[n++] = (struct place){ "VA over LPDDR", VA + half + 1, VIRT(3),
				   mc->lpddr + 20 * MiB + half + 1, false };
	out[n++] = (struct place){ "VA over SRAM", VA + MiB + half, VIRT(3),
				   mc->sram + 20 * MiB + half, false };
	out[n++] = (struct place){ "VA over host", VA + 2 * MiB + half + 7, VIRT(3),
				   mc->host + 0x80000 + half + 7, false };
	out[n++] = (struct place){ "PE local memory",
				   MTIA_PA_PE_LOCAL + (second ? 37 : 2) * MTIA_PA_PE_STRIDE + 64,
				   MTIA_SPACE_PHYS, NULL, true };
	return n;
}

static void map_root(struct machine *mc)
{
	cc_write64(mc, MTIA_CC_MMU_ROOT(3), ROOT | MTIA_MMU_ROOT_ENABLE);
}

/* Local memory has no pointer outside: it is filled and looked at through another channel. */
static void local_copy(struct machine *mc, const struct place *p, uint8_t *buf, size_t n, bool in)
{
	struct dma_case dma = { .len = n };
	uint64_t pa = MTIA_PA_LPDDR + 40 * MiB;

	dma.src = in ? pa : p->addr;
	dma.dst = in ? p->addr : pa;
	if (in)
		memcpy(mc->lpddr + 40 * MiB, buf, n);
	machine_dma(mc, 7, &dma);
	if (!in)
		memcpy(buf, mc->lpddr + 40 * MiB, n);
}

static void test_pairs(struct machine *mc)
{
	static uint8_t want[PLACE_SIZE], got[PLACE_SIZE];
	struct place from[8], to[8];
	unsigned int n = places(mc, false, from);

	places(mc, true, to);
	map_root(mc);
	for (unsigned int i = 0; i < n; i++) {
		for (unsigned int j = 0; j < n; j++) {
			size_t len = from[i].small || to[j].small ? 0x1fe00 : PLACE_SIZE - 4096;
			struct dma_case dma = {
				.src = from[i].addr,
				.src_space = from[i].space,
				.dst = to[j].addr,
				.dst_space = to[j].space,
				.len = len,
			};
			uint32_t status;

			pattern_fill(want, len, i * 16 + j);
			if (from[i].bytes)
				memcpy(from[i].bytes, want, len);
			else
				local_copy(mc, &from[i], want, len, true);
			if (to[j].bytes)
				to[j].bytes[len] = 0xee;
			status = machine_dma(mc, (i + j) % 7, &dma);
			if (to[j].bytes)
				memcpy(got, to[j].bytes, len);
			else
				local_copy(mc, &to[j], got, len, false);
			tap_ok(status == MTIA_DMA_ST_DONE && !memcmp(want, got, len) &&
				       (!to[j].bytes || to[j].bytes[len] == 0xee),
			       "%zu bytes from %s to %s", len, from[i].name, to[j].name);
		}
	}
}

static void test_fills(struct machine *mc)
{
	static const size_t lens[] = { 1, 7, 8, 4097, 0x20003 };
	static uint8_t want[PLACE_SIZE];
	struct place to[8];
	unsigned int n = places(mc, false, to);

	for (unsigned int j = 0; j < n; j++) {
		for (unsigned int k = 0; k < sizeof(lens) / sizeof(lens[0]); k++) {
			uint64_t pattern = k == 3 ? 0 : 0x0123456789abcdef;
			struct dma_case dma = {
				.dst = to[j].addr,
				.dst_space = to[j].space,
				.len = lens[k],
				.pattern = pattern,
				.fill = true,
			};

			if (!to[j].bytes)
				continue;
			memset(to[j].bytes, 0x77, lens[k] + 1);
			for (size_t b = 0; b < lens[k]; b++)
				want[b] = pattern >> (b % 8 * 8);
			want[lens[k]] = 0x77;
			tap_ok(machine_dma(mc, k, &dma) == MTIA_DMA_ST_DONE &&
				       !memcmp(to[j].bytes, want, lens[k] + 1),
			       "fill of %zu bytes of %s", lens[k], to[j].name);
		}
	}
}

/* Pages in reverse order, and a huge page among small ones. */
static void test_scattered(struct machine *mc)
{
	static uint8_t want[16 * 4096];
	uint64_t root = 6 * MiB, next = root + MTIA_PAGE_SIZE, va = UINT64_C(0x7fffffe00000);
	struct dma_case dma = {
		.src = MTIA_PA_LPDDR + 16 * MiB,
		.dst = va + 100,
		.dst_space = VIRT(9),
		.len = 16 * 4096 - 200,
	};
	uint8_t *at;

	for (unsigned int i = 0; i < 16; i++)
		pt_map(mc, root, &next, va + i * 4096, RW | (24 * MiB + (15 - i) * 4096), false);
	cc_write64(mc, MTIA_CC_MMU_ROOT(9), root | MTIA_MMU_ROOT_ENABLE);
	pattern_fill(mc->lpddr + 16 * MiB, dma.len, 5);
	tap_u64(machine_dma(mc, 0, &dma), MTIA_DMA_ST_DONE, "scattered pages: done");
	for (unsigned int i = 0; i < 16; i++)
		memcpy(want + i * 4096, mc->lpddr + 24 * MiB + (15 - i) * 4096, 4096);
	tap_mem(want + 100, mc->lpddr + 16 * MiB, dma.len, "scattered pages: content");

	pt_map(mc, root, &next, UINT64_C(0x200000000), RW | 32 * MiB, true);
	dma.dst = UINT64_C(0x200000000) + 2 * MiB - 5000;
	dma.len = 5000;
	at = mc->lpddr + 34 * MiB - 5000;
	tap_u64(machine_dma(mc, 0, &dma), MTIA_DMA_ST_DONE, "huge page: done");
	tap_mem(at, mc->lpddr + 16 * MiB, 5000, "huge page: up to its last byte");
	dma.len = 5001;
	tap_u64(machine_dma(mc, 0, &dma), error(MTIA_FAULT_UNMAPPED), "and not a byte further");
	tap_u64(cc_read64(mc, MTIA_CC_DMA(0) + MTIA_DMA_FAULT_ADDR), UINT64_C(0x200200000),
		"FAULT_ADDR is the first address behind it");
	cc_write(mc, MTIA_CC_FAULT_POP, 1);
}

static void test_faults(struct machine *mc)
{
	static const struct {
		const char *what;
		struct dma_case dma;
		enum mtia_fault_reason reason;
		uint64_t addr;
	} cases[] = {
		{"length 0",
		 {.src = MTIA_PA_LPDDR, .dst = MTIA_PA_SRAM, .len = 0},
		 MTIA_FAULT_BAD_ADDR,
		 MTIA_PA_SRAM},
		{"length above 2^40",
		 {.src = MTIA_PA_LPDDR, .dst = MTIA_PA_SRAM, .len = (1ull << 40) + 1},
		 MTIA_FAULT_BAD_ADDR,
		 MTIA_PA_SRAM},
		{"length 2^64 - 1",
		 {.src = MTIA_PA_LPDDR, .dst = MTIA_PA_SRAM, .len = -1ull},
		 MTIA_FAULT_BAD_ADDR,
		 MTIA_PA_SRAM},
		{"source nowhere",
		 {.src = 0x1000, .dst = MTIA_PA_SRAM, .len = 8},
		 MTIA_FAULT_BAD_ADDR,
		 0x1000},
		{"destination nowhere",
		 {.src = MTIA_PA_SRAM, .dst = 0, .len = 8},
		 MTIA_FAULT_BAD_ADDR,
		 0},
		{"destination in registers",
		 {.src = MTIA_PA_SRAM, .dst = MTIA_PA_CTRL, .len = 8},
		 MTIA_FAULT_BAD_ADDR,
		 MTIA_PA_CTRL},
		{"over the end of SRAM",
		 {.src = MTIA_PA_LPDDR + 16 * MiB,
		  .dst = MTIA_PA_SRAM + MTIA_SRAM_SIZE - 4,
		  .len = 8},
		 MTIA_FAULT_BAD_ADDR,
		 MTIA_PA_SRAM + MTIA_SRAM_SIZE},
		{"over the end of LPDDR",
		 {.src = MTIA_PA_LPDDR + LPDDR_SIZE - 100, .dst = MTIA_PA_SRAM, .len = 101},
		 MTIA_FAULT_BAD_ADDR,
		 MTIA_PA_LPDDR + LPDDR_SIZE},
		{"over the end of local memory",
		 {.src = MTIA_PA_LPDDR + 16 * MiB, .dst = MTIA_PA_PE_LOCAL + 0x1fff0, .len = 17},
		 MTIA_FAULT_BAD_ADDR,
		 MTIA_PA_PE_LOCAL + 0x20000},
		{"around 2^64",
		 {.src = -8ull, .src_space = MTIA_SPACE_HOST, .dst = MTIA_PA_SRAM, .len = 64},
		 MTIA_FAULT_HOST_BUS,
		 -8ull},
		{"physical around 2^64",
		 {.src = -8ull, .dst = MTIA_PA_SRAM, .len = 64},
		 MTIA_FAULT_BAD_ADDR,
		 -8ull},
		{"unknown space",
		 {.src = MTIA_PA_SRAM, .dst = MTIA_PA_SRAM, .dst_space = 3, .len = 64},
		 MTIA_FAULT_BAD_ADDR,
		 MTIA_PA_SRAM},
		{"host read refused",
		 {.src = 0x1000, .src_space = MTIA_SPACE_HOST, .dst = MTIA_PA_SRAM, .len = 64},
		 MTIA_FAULT_HOST_BUS,
		 0x1000},
		{"host write refused",
		 {.src = MTIA_PA_SRAM, .dst = 0x1000, .dst_space = MTIA_SPACE_HOST, .len = 64},
		 MTIA_FAULT_HOST_BUS,
		 0x1000},
		{"no such ASID",
		 {.src = VA, .src_space = VIRT(64), .dst = MTIA_PA_SRAM, .len = 64},
		 MTIA_FAULT_NO_CONTEXT,
		 VA},
		{"ASID of all ones",
		 {.src = VA, .src_space = VIRT(0xffffff), .dst = MTIA_PA_SRAM, .len = 64},
		 MTIA_FAULT_NO_CONTEXT,
		 VA},
		{"VA beyond 48 bits",
		 {.src = 1ull << 48, .src_space = VIRT(3), .dst = MTIA_PA_SRAM, .len = 64},
		 MTIA_FAULT_BAD_ADDR,
		 1ull << 48},
	};

	map_root(mc);
	for (unsigned int i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		unsigned int ch = i % MTIA_DMA_CHANNELS;
		bool virt = (cases[i].dma.src_space & 0xff) == MTIA_SPACE_VIRT;
		uint32_t status = machine_dma(mc, ch, &cases[i].dma);
		uint64_t addr = cc_read64(mc, MTIA_CC_DMA(ch) + MTIA_DMA_FAULT_ADDR);

		tap_ok(status == error(cases[i].reason) && addr == cases[i].addr,
		       "%s: reason %u at 0x%llx", cases[i].what, status >> 8,
		       (unsigned long long)addr);
		if (!!(cc_read(mc, MTIA_CC_FAULT_STATUS) & MTIA_FAULT_VALID) != virt)
			tap_ok(false, "%s: a fault record exactly for virtual addresses",
			       cases[i].what);
		cc_write(mc, MTIA_CC_FAULT_POP, 1);
	}
	tap_u64(cc_read(mc, MTIA_CC_DMA_DONE), 0xff, "every channel told its end");
	cc_write(mc, MTIA_CC_DMA_DONE, 0xf0);
	tap_u64(cc_read(mc, MTIA_CC_DMA_DONE), 0x0f, "DMA_DONE is cleared by ones");
	tap_u64(cc_read(mc, MTIA_CC_IRQ_STATUS), MTIA_CC_IRQ_DMA, "and is an interrupt");
}

/* What was moved before the fault stays moved. */
static void test_partial(struct machine *mc)
{
	struct dma_case dma = {
		.src = MTIA_PA_LPDDR + 16 * MiB,
		.dst = MTIA_PA_SRAM + MTIA_SRAM_SIZE - 0x18000,
		.len = 0x20000,
	};

	pattern_fill(mc->lpddr + 16 * MiB, 0x20000, 11);
	tap_u64(machine_dma(mc, 1, &dma), error(MTIA_FAULT_BAD_ADDR), "copy that runs out of SRAM");
	tap_mem(mc->sram + MTIA_SRAM_SIZE - 0x18000, mc->lpddr + 16 * MiB, 0x18000,
		"moved what there was room for");
}

static void test_time_and_abort(struct machine *mc)
{
	struct dma_case dma = {
		.src = MTIA_PA_LPDDR + 16 * MiB,
		.dst = MTIA_PA_SRAM,
		.len = 16 * MiB,
	};
	uint64_t t0, t1, moved = 0;

	t0 = reg_read64(mc, MTIA_REG_TIMESTAMP);
	machine_dma(mc, 2, &dma);
	t1 = reg_read64(mc, MTIA_REG_TIMESTAMP);
	tap_ok(t1 - t0 > 262144 && t1 - t0 < 290000, "16 MiB take 64 bytes a cycle (%llu cycles)",
	       (unsigned long long)(t1 - t0));
	dma.dst = HOST_BASE;
	dma.dst_space = MTIA_SPACE_HOST;
	dma.len = MiB;
	t0 = reg_read64(mc, MTIA_REG_TIMESTAMP);
	machine_dma(mc, 2, &dma);
	t1 = reg_read64(mc, MTIA_REG_TIMESTAMP);
	tap_ok(t1 - t0 > 52428 && t1 - t0 < 65000, "1 MiB over PCIe 20 a cycle (%llu cycles)",
	       (unsigned long long)(t1 - t0));

	memset(mc->sram, 0, 16 * MiB);
	memset(mc->lpddr + 16 * MiB, 0x42, 16 * MiB);
	dma = (struct dma_case){ MTIA_PA_LPDDR + 16 * MiB, MTIA_PA_SRAM, 16 * MiB, 0, 0, 0, false };
	tap_u64(machine_dma_start(mc, 2, &dma), MTIA_DMA_ST_BUSY, "a long copy is busy");
	tap_u64(machine_dma_start(mc, 2, &dma), MTIA_DMA_ST_BUSY, "starting it again");
	tap_u64(reg_read(mc, MTIA_REG_ERR_CLASS), MTIA_ERR_GUEST, "is a guest error");
	cc_write(mc, MTIA_CC_DMA_DONE, 0xff);
	cc_write(mc, MTIA_CC_DMA(2) + MTIA_DMA_CTRL, MTIA_DMA_ABORT);
	tap_u64(cc_read(mc, MTIA_CC_DMA(2) + MTIA_DMA_STATUS), MTIA_DMA_ST_ERROR,
		"abort ends it without a reason");
	tap_u64(cc_read(mc, MTIA_CC_DMA_DONE), 4, "and tells its end");
	while (moved < 16 * MiB && mc->sram[moved])
		moved += 4096;
	tap_ok(moved > 0 && moved < 16 * MiB, "part of it was moved");
	machine_run(mc, 1000000);
	tap_u64(mc->sram[moved], 0, "and nothing after the abort");
	tap_u64(machine_dma(mc, 2, &dma), MTIA_DMA_ST_DONE, "the channel can be used again");

	machine_dma_start(mc, 3, &dma);
	machine_stop(mc);
	memset(mc->sram, 0, 16 * MiB);
	machine_run(mc, 1000000);
	tap_u64(mc->sram[16 * MiB - 1] + mc->sram[8 * MiB], 0, "a core reset stops the channels");
	machine_boot(mc, GUEST_MONITOR);
	tap_u64(cc_read(mc, MTIA_CC_DMA(3) + MTIA_DMA_STATUS), MTIA_DMA_ST_IDLE,
		"and makes them idle");
}

/* Copies on all channels at once share nothing. */
static void test_parallel(struct machine *mc)
{
	bool good = true;

	pattern_fill(mc->lpddr + 16 * MiB, 8 * MiB, 3);
	memset(mc->sram, 0, 8 * MiB);
	for (unsigned int c = 0; c < 8; c++) {
		struct dma_case dma = { MTIA_PA_LPDDR + 16 * MiB + c * MiB, MTIA_PA_SRAM + c * MiB,
					MiB, 0, 0, 0, false };

		machine_dma_start(mc, c, &dma);
	}
	machine_run(mc, 1000000);
	for (unsigned int c = 0; c < 8; c++)
		good &= cc_read(mc, MTIA_CC_DMA(c) + MTIA_DMA_STATUS) == MTIA_DMA_ST_DONE;
	tap_ok(good, "eight channels at once");
	tap_mem(mc->sram, mc->lpddr + 16 * MiB, 8 * MiB, "eight channels: content");
}

static void test_host_order(struct machine *mc)
{
	struct dma_case dma = { .dst = HOST_BASE, .dst_space = MTIA_SPACE_HOST, .len = 32,
				.src = MTIA_PA_LPDDR + 16 * MiB };
	uint64_t before = reg_read64(mc, MTIA_REG_COUNTER(MTIA_CNT_HOST_WRITES)),
		 cqe[4] = {1, 2, 3, 4};

	memcpy(mc->lpddr + 16 * MiB, cqe, 32);
	memset(mc->host, 0, 64);
	machine_dma(mc, 0, &dma);
	cc_write(mc, MTIA_CC_MSI, 17);
	tap_u64(mc->irqs[17], 1, "MSI arrives");
	tap_u64(mc->last_irq_seen, 1, "behind the data written before it");
	tap_u64(reg_read64(mc, MTIA_REG_COUNTER(MTIA_CNT_HOST_WRITES)), before + 1,
		"32 bytes are one posted write");
	mtia_model_inject(mc->model, MTIA_INJECT_CORRUPT_CQE, 0xff00, 3);
	machine_dma(mc, 0, &dma);
	cqe[3] ^= 0xff00;
	tap_mem(mc->host, cqe, 32, "CORRUPT_CQE flips what was asked");
	machine_dma(mc, 0, &dma);
	cqe[3] ^= 0xff00;
	tap_mem(mc->host, cqe, 32, "once");
	mc->host_refuses = 1;
	tap_u64(machine_dma(mc, 0, &dma), error(MTIA_FAULT_HOST_BUS), "a refused write is told");
	tap_u64(reg_read(mc, MTIA_REG_ERR_CLASS), MTIA_ERR_HOST, "as the host's error");
	tap_u64(machine_dma(mc, 0, &dma), MTIA_DMA_ST_DONE, "the next one works");
}

int main(void)
{
	struct machine mc;

	machine_open(&mc, 1, LPDDR_SIZE);
	machine_boot(&mc, GUEST_MONITOR);
	test_pairs(&mc);
	test_fills(&mc);
	test_scattered(&mc);
	test_faults(&mc);
	test_partial(&mc);
	test_parallel(&mc);
	test_host_order(&mc);
	test_time_and_abort(&mc);
	tap_u64(mc.errors[MTIA_ERR_MODEL], 0, "no error of the model's own");
	machine_close(&mc);
	return tap_done();
}
