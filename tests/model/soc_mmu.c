// SPDX-License-Identifier: GPL-2.0
/* MMU, through a DMA channel: faults at every level, permissions, bad entries, TLB, records. */
#include <string.h>

#include "soc/machine.h"

#define ROOT (4 * MiB)
#define VA UINT64_C(0x8000001000)
#define LEAF (MTIA_PTE_VALID | MTIA_PTE_LEAF)
#define R MTIA_PTE_READ
#define W MTIA_PTE_WRITE
#define X MTIA_PTE_EXEC
#define TARGET(t) ((uint64_t)(t) << MTIA_PTE_TARGET_SHIFT)
#define DATA (24 * MiB) /* what VA leads to */

static uint64_t next_table;

/* Read (or write) 8 bytes at va in the ASID; the status without its low byte is the reason. */
static uint32_t touch(struct machine *mc, uint32_t asid, uint64_t va, bool write, uint64_t *value)
{
	struct dma_case dma = { .len = 8 };
	uint64_t scratch = MTIA_PA_LPDDR + 16 * MiB;
	uint32_t status;

	if (write) {
		memcpy(mc->lpddr + 16 * MiB, value, 8);
		dma.src = scratch;
		dma.dst = va;
		dma.dst_space = MTIA_SPACE_VIRT | asid << 8;
	} else {
		dma.src = va;
		dma.src_space = MTIA_SPACE_VIRT | asid << 8;
		dma.dst = scratch;
	}
	status = machine_dma(mc, 0, &dma);
	if (!write && status == MTIA_DMA_ST_DONE)
		memcpy(value, mc->lpddr + 16 * MiB, 8);
	return status == MTIA_DMA_ST_DONE ? MTIA_FAULT_NONE : status >> 8;
}

static uint64_t misses(struct machine *mc)
{
	return reg_read64(mc, MTIA_REG_COUNTER(MTIA_CNT_TLB_MISSES));
}

static void invalidate(struct machine *mc, uint32_t asid, uint64_t va, uint64_t size)
{
	cc_write(mc, MTIA_CC_TLB_ASID, asid);
	cc_write64(mc, MTIA_CC_TLB_VA, va);
	cc_write64(mc, MTIA_CC_TLB_SIZE, size);
}

static void drain(struct machine *mc)
{
	for (unsigned int i = 0; i < 16; i++)
		cc_write(mc, MTIA_CC_FAULT_POP, 1);
}

static void fresh(struct machine *mc)
{
	memset(mc->lpddr + ROOT, 0, 4 * MiB);
	next_table = ROOT + MTIA_PAGE_SIZE;
	pt_map(mc, ROOT, &next_table, VA, LEAF | R | W | DATA, false);
	cc_write64(mc, MTIA_CC_MMU_ROOT(1), ROOT | MTIA_MMU_ROOT_ENABLE);
	invalidate(mc, MTIA_TLB_ALL, 0, 0);
	drain(mc);
}

/* Table at a level of VA's path. */
static uint64_t table_at(struct machine *mc, unsigned int level)
{
	uint64_t table = ROOT;

	for (unsigned int l = 0; l < level; l++) {
		uint64_t pte;

		memcpy(&pte, mc->lpddr + table + 8 * MTIA_PT_INDEX(VA, l), 8);
		table = pte & MTIA_PTE_ADDR_MASK;
	}
	return table;
}

static void test_walk(struct machine *mc)
{
	uint64_t v = 0;

	fresh(mc);
	memcpy(mc->lpddr + DATA + 0x18, "abcdefgh", 8);
	tap_u64(touch(mc, 1, VA + 0x18, false, &v), MTIA_FAULT_NONE, "mapped page reads");
	tap_mem(&v, "abcdefgh", 8, "the right bytes");
	v = 77;
	tap_u64(touch(mc, 1, VA + 0xff8, true, &v), MTIA_FAULT_NONE, "mapped page is written");
	tap_mem(mc->lpddr + DATA + 0xff8, &v, 8, "at the right place");
	tap_u64(touch(mc, 1, VA + 0x1000, false, &v), MTIA_FAULT_UNMAPPED,
		"next page is not mapped");
	tap_u64(touch(mc, 1, VA - 8, false, &v), MTIA_FAULT_UNMAPPED, "nor the one before");
	tap_u64(touch(mc, 2, VA, false, &v), MTIA_FAULT_NO_CONTEXT, "nor anything in another ASID");
	tap_u64(touch(mc, 1, MTIA_VA_USER_MAX - 8, false, &v), MTIA_FAULT_UNMAPPED,
		"highest VA is walked");
	tap_u64(touch(mc, 1, MTIA_VA_USER_MAX, false, &v), MTIA_FAULT_BAD_ADDR, "2^48 is not");
	for (unsigned int level = 0; level < 4; level++) {
		fresh(mc);
		pt_set(mc, table_at(mc, level), VA, level, 0);
		tap_u64(touch(mc, 1, VA, false, &v), MTIA_FAULT_UNMAPPED,
			"entry missing at level %u", level);
	}
	fresh(mc);
	cc_write64(mc, MTIA_CC_MMU_ROOT(1), ROOT);
	tap_u64(touch(mc, 1, VA, false, &v), MTIA_FAULT_NO_CONTEXT, "root without ENABLE");
	cc_write64(mc, MTIA_CC_MMU_ROOT(1), LPDDR_SIZE | MTIA_MMU_ROOT_ENABLE);
	tap_u64(touch(mc, 1, VA, false, &v), MTIA_FAULT_BAD_PTE, "root behind LPDDR");
	cc_write64(mc, MTIA_CC_MMU_ROOT(1), (ROOT + 8) | MTIA_MMU_ROOT_ENABLE);
	tap_u64(touch(mc, 1, VA, false, &v), MTIA_FAULT_BAD_PTE, "misaligned root");
	cc_write64(mc, MTIA_CC_MMU_ROOT(1), UINT64_MAX);
	tap_u64(touch(mc, 1, VA, false, &v), MTIA_FAULT_BAD_PTE, "root of all ones");
}

static void test_entries(struct machine *mc)
{
	static const struct {
		const char *what;
		unsigned int level;
		uint64_t pte;
		enum mtia_fault_reason reason;
	} cases[] = {
		{"leaf at level 0", 0, LEAF | R | W, MTIA_FAULT_BAD_PTE},
		{"leaf at level 1", 1, LEAF | R | W, MTIA_FAULT_BAD_PTE},
		{"table pointer at level 3", 3, MTIA_PTE_VALID | DATA, MTIA_FAULT_BAD_PTE},
		{"table behind LPDDR", 1, MTIA_PTE_VALID | LPDDR_SIZE, MTIA_FAULT_BAD_PTE},
		{"table far behind LPDDR", 2, MTIA_PTE_VALID | MTIA_PTE_ADDR_MASK,
		 MTIA_FAULT_BAD_PTE},
		{"table pointer with permissions", 1, MTIA_PTE_VALID | R | ROOT,
		 MTIA_FAULT_BAD_PTE},
		{"table pointer with a target", 0, MTIA_PTE_VALID | TARGET(2) | ROOT,
		 MTIA_FAULT_BAD_PTE},
		{"table pointer with reserved bits", 2, MTIA_PTE_VALID | 1ull << 63 | ROOT,
		 MTIA_FAULT_BAD_PTE},
		{"leaf with bit 7", 3, LEAF | R | W | 1 << 7 | DATA, MTIA_FAULT_BAD_PTE},
		{"leaf with bit 11", 3, LEAF | R | W | 1 << 11 | DATA, MTIA_FAULT_BAD_PTE},
		{"leaf with bit 52", 3, LEAF | R | W | 1ull << 52 | DATA, MTIA_FAULT_BAD_PTE},
		{"leaf with target 3", 3, LEAF | R | W | TARGET(3) | DATA, MTIA_FAULT_BAD_PTE},
		{"leaf behind LPDDR", 3, LEAF | R | W | LPDDR_SIZE, MTIA_FAULT_BAD_PTE},
		{"leaf on the last page of LPDDR", 3, LEAF | R | W | (LPDDR_SIZE - 4096),
		 MTIA_FAULT_NONE},
		{"leaf behind SRAM", 3, LEAF | R | W | TARGET(1) | MTIA_SRAM_SIZE,
		 MTIA_FAULT_BAD_PTE},
		{"leaf on the last page of SRAM", 3,
		 LEAF | R | W | TARGET(1) | (MTIA_SRAM_SIZE - 4096), MTIA_FAULT_NONE},
		{"huge leaf", 2, LEAF | R | W | 32 * MiB, MTIA_FAULT_NONE},
		{"misaligned huge leaf", 2, LEAF | R | W | (32 * MiB + 4096), MTIA_FAULT_BAD_PTE},
		{"huge leaf at the end of LPDDR", 2, LEAF | R | W | (LPDDR_SIZE - 2 * MiB),
		 MTIA_FAULT_NONE},
		{"huge leaf behind LPDDR", 2, LEAF | R | W | LPDDR_SIZE, MTIA_FAULT_BAD_PTE},
		{"host leaf with no host behind", 3, LEAF | R | W | TARGET(2) | MTIA_PTE_ADDR_MASK,
		 MTIA_FAULT_HOST_BUS},
		{"host leaf", 3, LEAF | R | W | TARGET(2) | HOST_BASE, MTIA_FAULT_NONE},
		{"all ones", 3, UINT64_MAX, MTIA_FAULT_BAD_PTE},
	};
	uint64_t v;

	for (unsigned int i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		fresh(mc);
		pt_set(mc, table_at(mc, cases[i].level), VA, cases[i].level, cases[i].pte);
		tap_u64(touch(mc, 1, VA, false, &v), cases[i].reason, "%s", cases[i].what);
	}
}

static void test_permissions(struct machine *mc)
{
	static const uint64_t perms[] = { 0, R, W, R | W, X, R | X, W | X, R | W | X };
	uint64_t v = 1;

	for (unsigned int i = 0; i < 8; i++) {
		fresh(mc);
		pt_map(mc, ROOT, &next_table, VA, LEAF | perms[i] | DATA, false);
		tap_ok(touch(mc, 1, VA, false, &v) ==
				       (perms[i] & R ? MTIA_FAULT_NONE : MTIA_FAULT_PERM) &&
			       touch(mc, 1, VA, true, &v) ==
				       (perms[i] & W ? MTIA_FAULT_NONE : MTIA_FAULT_PERM),
		       "page with permissions %s%s%s", perms[i] & R ? "R" : "-",
		       perms[i] & W ? "W" : "-", perms[i] & X ? "X" : "-");
	}
	fresh(mc);
	pt_map(mc, ROOT, &next_table, VA, LEAF | W | DATA, false);
	touch(mc, 1, VA, true, &v);
	tap_u64(touch(mc, 1, VA, false, &v), MTIA_FAULT_PERM,
		"a cached translation keeps its permissions");
}

static void test_tlb(struct machine *mc)
{
	uint64_t v = 0, before, other = UINT64_C(0x9000000000);

	fresh(mc);
	memset(mc->lpddr + DATA, 1, 8192);
	memset(mc->lpddr + DATA + 8192, 2, 8192);
	touch(mc, 1, VA, false, &v);
	before = misses(mc);
	touch(mc, 1, VA + 64, false, &v);
	tap_u64(misses(mc), before, "second access hits");
	pt_map(mc, ROOT, &next_table, VA, LEAF | R | W | (DATA + 8192), false);
	touch(mc, 1, VA, false, &v);
	tap_u64(v & 0xff, 1, "a changed entry is not seen before it is invalidated");
	invalidate(mc, 1, VA + 4096, UINT64_C(1) << 40);
	touch(mc, 1, VA, false, &v);
	tap_u64(v & 0xff, 1, "not by a range above");
	invalidate(mc, 1, 0, VA);
	touch(mc, 1, VA, false, &v);
	tap_u64(v & 0xff, 1, "not by a range below");
	invalidate(mc, 2, VA, 4096);
	touch(mc, 1, VA, false, &v);
	tap_u64(v & 0xff, 1, "not by another ASID's range");
	invalidate(mc, 2, 0, 0);
	touch(mc, 1, VA, false, &v);
	tap_u64(v & 0xff, 1, "not by another whole ASID");
	invalidate(mc, 1, VA + 0x800, 1);
	touch(mc, 1, VA, false, &v);
	tap_u64(v & 0xff, 2, "one byte of the page is enough");
	pt_map(mc, ROOT, &next_table, VA, LEAF | R | W | DATA, false);
	invalidate(mc, 1, VA - 100, UINT64_MAX);
	touch(mc, 1, VA, false, &v);
	tap_u64(v & 0xff, 1, "a range over the end of the address space");
	pt_map(mc, ROOT, &next_table, VA, 0, false);
	tap_u64(touch(mc, 1, VA, false, &v), MTIA_FAULT_NONE, "an unmapped page is still there");
	invalidate(mc, 1, 0, 0);
	tap_u64(touch(mc, 1, VA, false, &v), MTIA_FAULT_UNMAPPED, "until its ASID is invalidated");
	drain(mc);
	pt_map(mc, ROOT, &next_table, VA, LEAF | R | W | (DATA + 8192), false);
	touch(mc, 1, VA, false, &v);
	pt_map(mc, ROOT, &next_table, VA, LEAF | R | W | DATA, false);
	invalidate(mc, MTIA_TLB_ALL, VA, 4096);
	touch(mc, 1, VA, false, &v);
	tap_u64(v & 0xff, 1, "a range in every ASID");
	cc_write(mc, MTIA_CC_TLB_SIZE, 4096);
	pt_map(mc, ROOT, &next_table, VA, LEAF | R | W | (DATA + 8192), false);
	touch(mc, 1, VA, false, &v);
	tap_u64(v & 0xff, 1, "the low half of TLB_SIZE does nothing alone");
	cc_write(mc, MTIA_CC_TLB_SIZE + 4, 0);
	touch(mc, 1, VA, false, &v);
	tap_u64(v & 0xff, 2, "the high half does it");

	/* two ASIDs, one VA */
	cc_write64(mc, MTIA_CC_MMU_ROOT(2), (ROOT + 2 * MiB) | MTIA_MMU_ROOT_ENABLE);
	next_table = ROOT + 2 * MiB + MTIA_PAGE_SIZE;
	pt_map(mc, ROOT + 2 * MiB, &next_table, VA, LEAF | R | DATA, false);
	touch(mc, 2, VA, false, &v);
	tap_u64(v & 0xff, 1, "another ASID sees its own page");
	touch(mc, 1, VA, false, &v);
	tap_u64(v & 0xff, 2, "and the first still its own");
	cc_write64(mc, MTIA_CC_MMU_ROOT(2), 0);
	tap_u64(touch(mc, 2, VA, false, &v), MTIA_FAULT_NO_CONTEXT,
		"a root that is gone is gone at once");
	drain(mc);

	/* huge pages */
	next_table = ROOT + MiB;
	pt_map(mc, ROOT, &next_table, other, LEAF | R | 32 * MiB, true);
	memset(mc->lpddr + 32 * MiB, 3, 2 * MiB);
	touch(mc, 1, other, false, &v);
	before = misses(mc);
	touch(mc, 1, other + 2 * MiB - 8, false, &v);
	tap_ok(misses(mc) == before && (v & 0xff) == 3, "one entry serves a huge page");
	pt_map(mc, ROOT, &next_table, other, 0, true);
	invalidate(mc, 1, other + 0x123000, 4096);
	tap_u64(touch(mc, 1, other, false, &v), MTIA_FAULT_UNMAPPED,
		"a range inside a huge page invalidates it");
	drain(mc);

	/* more pages than the TLB holds */
	fresh(mc);
	for (unsigned int i = 0; i < 3000; i++) {
		uint64_t mark = i;

		pt_map(mc, ROOT, &next_table, VA + i * 4096ull, LEAF | R | (DATA + i * 4096ull),
		       false);
		memcpy(mc->lpddr + DATA + i * 4096ull, &mark, 8);
	}
	before = 0;
	for (unsigned int i = 0; i < 6000; i += 7) {
		touch(mc, 1, VA + i % 3000 * 4096ull, false, &v);
		before += v != i % 3000;
	}
	tap_u64(before, 0, "many pages: each leads to its own memory");
	machine_stop(mc);
	machine_boot(mc, GUEST_MONITOR);
	tap_u64(cc_read64(mc, MTIA_CC_MMU_ROOT(1)), 0, "a core reset clears the roots");
	cc_write64(mc, MTIA_CC_MMU_ROOT(1), ROOT | MTIA_MMU_ROOT_ENABLE);
	pt_map(mc, ROOT, &next_table, VA, LEAF | R | (DATA + 4096), false);
	touch(mc, 1, VA, false, &v);
	tap_u64(v, 1, "and the TLB");
}

static void test_records(struct machine *mc)
{
	uint64_t v = 0;
	bool good = true;

	fresh(mc);
	tap_u64(cc_read(mc, MTIA_CC_FAULT_STATUS), 0, "no record at first");
	touch(mc, 1, VA + 0x1000, true, &v);
	tap_u64(cc_read(mc, MTIA_CC_FAULT_STATUS),
		MTIA_FAULT_VALID | MTIA_FAULT_UNMAPPED << 8 | MTIA_ACCESS_WRITE << 16 | 1u << 24,
		"record: reason, access, ASID");
	tap_u64(cc_read(mc, MTIA_CC_FAULT_SRC), MTIA_FAULT_SRC_DMA | 0, "record: source");
	tap_u64(cc_read64(mc, MTIA_CC_FAULT_VA), VA + 0x1000, "record: address");
	tap_u64(cc_read(mc, MTIA_CC_IRQ_STATUS) & MTIA_CC_IRQ_FAULT, MTIA_CC_IRQ_FAULT,
		"record: interrupt");
	cc_write(mc, MTIA_CC_FAULT_POP, 1);
	tap_u64(cc_read(mc, MTIA_CC_FAULT_STATUS) | cc_read(mc, MTIA_CC_FAULT_SRC) |
			(cc_read(mc, MTIA_CC_IRQ_STATUS) & MTIA_CC_IRQ_FAULT),
		0, "popped");
	cc_write(mc, MTIA_CC_FAULT_POP, 1);
	tap_u64(cc_read(mc, MTIA_CC_FAULT_STATUS), 0, "a pop of nothing is nothing");
	for (unsigned int i = 0; i < 20; i++)
		touch(mc, 1, VA + 0x10000 * (i + 1), false, &v);
	for (unsigned int i = 0; i < 16; i++) {
		uint32_t status = cc_read(mc, MTIA_CC_FAULT_STATUS);

		good &= (status & MTIA_FAULT_VALID) &&
			!!(status & MTIA_FAULT_LOST) == (i == 0) &&
			cc_read64(mc, MTIA_CC_FAULT_VA) == VA + 0x10000 * (i + 1);
		cc_write(mc, MTIA_CC_FAULT_POP, 1);
	}
	tap_ok(good, "of 20 faults the first 16 are kept, in order, and LOST says so");
	tap_u64(cc_read(mc, MTIA_CC_FAULT_STATUS), 0, "and no more");
}

int main(void)
{
	struct machine mc;

	machine_open(&mc, 1, LPDDR_SIZE);
	machine_boot(&mc, GUEST_MONITOR);
	test_walk(&mc);
	test_entries(&mc);
	test_permissions(&mc);
	test_tlb(&mc);
	test_records(&mc);
	tap_u64(mc.errors[MTIA_ERR_MODEL], 0, "no error of the model's own");
	machine_close(&mc);
	return tap_done();
}
