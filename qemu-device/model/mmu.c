// SPDX-License-Identifier: MIT
/*
 * MMU: four-level walk in LPDDR, one TLB for the chip, fault records.
 *
 * The TLB caches for real: a leaf stays until it is invalidated or displaced, whatever the tables
 * say by then, so a missing invalidation shows. PEs keep translations on top of it (pe.h), and look
 * here from several threads while it stands still; what they find on a walk they note, and the
 * notes are taken in at the barrier in PE order. So its contents, and the count of misses, do not
 * depend on the number of workers.
 */
#include <string.h>

#include "soc.h"

#define HUGE_SIZE (UINT64_C(1) << MTIA_HUGE_SHIFT)
#define TAG_VALID (UINT64_C(1) << 63)
#define TAG_ASID_SHIFT 40 /* above 36 bits of page number */
#define PTE_PERMS (MTIA_PTE_READ | MTIA_PTE_WRITE | MTIA_PTE_EXEC)
#define PTE_KNOWN \
	(MTIA_PTE_VALID | PTE_PERMS | MTIA_PTE_LEAF | MTIA_PTE_TARGET_MASK | MTIA_PTE_ADDR_MASK)

/* ---- TLB ---- */

static uint64_t tag_of(uint32_t asid, uint64_t va, unsigned int shift)
{
	return TAG_VALID | (uint64_t)asid << TAG_ASID_SHIFT | va >> shift;
}

/* All bits count: programs and buffers like round addresses, which must not share a slot. */
static unsigned int slot_of(uint64_t tag, unsigned int slots)
{
	return (tag * UINT64_C(0x9e3779b97f4a7c15) >> 40) % slots;
}

static struct tlb_entry *tlb_slot(struct mmu *mmu, uint64_t tag, bool huge)
{
	return huge ? &mmu->huge[slot_of(tag, SOC_TLB_HUGE)] :
		      &mmu->page[slot_of(tag, SOC_TLB_PAGES)];
}

static bool tlb_find(struct mmu *mmu, uint32_t asid, uint64_t va, uint64_t *pte, bool *huge)
{
	for (unsigned int h = 0; h < 2; h++) {
		uint64_t tag = tag_of(asid, va, h ? MTIA_HUGE_SHIFT : MTIA_PAGE_SHIFT);
		const struct tlb_entry *e = tlb_slot(mmu, tag, h);

		if (e->tag == tag) {
			*pte = e->pte;
			*huge = h;
			return true;
		}
	}
	return false;
}

static void tlb_fill(struct mmu *mmu, uint32_t asid, uint64_t va, uint64_t pte, bool huge)
{
	uint64_t tag = tag_of(asid, va, huge ? MTIA_HUGE_SHIFT : MTIA_PAGE_SHIFT);
	struct tlb_entry *e = tlb_slot(mmu, tag, huge);

	e->tag = tag;
	e->pte = pte;
}

static uint32_t entry_asid(const struct tlb_entry *e)
{
	return (e->tag & ~TAG_VALID) >> TAG_ASID_SHIFT;
}

static uint64_t entry_va(const struct tlb_entry *e, unsigned int shift)
{
	return (e->tag & ((UINT64_C(1) << TAG_ASID_SHIFT) - 1)) << shift;
}

static void invalidate_array(struct tlb_entry *e, unsigned int n, unsigned int shift, uint32_t asid,
			     uint64_t va, uint64_t size)
{
	for (; n; n--, e++) {
		uint64_t first = entry_va(e, shift), last = first + (UINT64_C(1) << shift) - 1;

		if (!e->tag || (asid != MTIA_TLB_ALL && entry_asid(e) != asid))
			continue;
		/* va + size - 1 may be beyond 2^64: compared by distance */
		if (size && (last < va || (first > va && first - va >= size)))
			continue;
		e->tag = 0;
	}
}

static void flush_pes(struct mtia_model *m)
{
	for (unsigned int i = 0; i < SOC_NR_PES; i++)
		pe_flush_tlb(m->pe[i].pe);
}

void mmu_invalidate(struct mtia_model *m, uint32_t asid, uint64_t va, uint64_t size)
{
	invalidate_array(m->mmu.page, SOC_TLB_PAGES, MTIA_PAGE_SHIFT, asid, va, size);
	invalidate_array(m->mmu.huge, SOC_TLB_HUGE, MTIA_HUGE_SHIFT, asid, va, size);
	flush_pes(m);
}

/* Roots are not cached: a context that ends is unreachable at once, its entries stay. */
void mmu_set_root(struct mtia_model *m, unsigned int asid, uint64_t root)
{
	m->mmu.root[asid] = root;
	flush_pes(m);
}

void mmu_reset(struct mtia_model *m)
{
	struct mmu *mmu = &m->mmu;

	memset(mmu->root, 0, sizeof(mmu->root));
	memset(mmu->page, 0, sizeof(mmu->page));
	memset(mmu->huge, 0, sizeof(mmu->huge));
	memset(mmu->fifo, 0, sizeof(mmu->fifo));
	mmu->fault_head = mmu->fault_count = 0;
	mmu->fault_lost = false;
	for (unsigned int i = 0; i < SOC_NR_PES; i++)
		m->pe[i].nfills = 0;
	flush_pes(m);
}

/* ---- Walk ---- */

/* A leaf that can be used without another look: everything but permissions. */
static bool leaf_valid(const struct mtia_model *m, uint64_t pte, bool huge)
{
	uint64_t addr = pte & MTIA_PTE_ADDR_MASK, size = huge ? HUGE_SIZE : MTIA_PAGE_SIZE;
	uint64_t limit;

	if ((pte & ~PTE_KNOWN) || !(pte & MTIA_PTE_VALID) || !(pte & MTIA_PTE_LEAF) ||
	    addr % size)
		return false;
	switch ((pte & MTIA_PTE_TARGET_MASK) >> MTIA_PTE_TARGET_SHIFT) {
	case MTIA_PTE_TARGET_LPDDR:
		limit = m->lpddr_size;
		break;
	case MTIA_PTE_TARGET_SRAM:
		limit = m->memsys.cache ? 0 : MTIA_SRAM_SIZE;
		break;
	case MTIA_PTE_TARGET_HOST:
		return true;
	default:
		return false;
	}
	return addr < limit && limit - addr >= size;
}

static bool table_valid(const struct mtia_model *m, uint64_t offset)
{
	return offset % MTIA_PAGE_SIZE == 0 && offset < m->lpddr_size;
}

static enum mtia_fault_reason walk(struct mtia_model *m, struct pe_block *b, uint64_t table,
				   uint64_t va, uint64_t *leaf, bool *huge)
{
	for (unsigned int level = 0; level < MTIA_PT_LEVELS; level++) {
		const uint64_t *entries;
		uint64_t pte;

		if (!table_valid(m, table))
			return MTIA_FAULT_BAD_PTE;
		entries = (const uint64_t *)(m->lpddr + table);
		if (m->ecc.count &&
		    !ecc_read(m, b, (const uint8_t *)&entries[MTIA_PT_INDEX(va, level)], 8,
			      MTIA_ECC_SRC_WALK))
			return MTIA_FAULT_POISON;
		/* The host may be writing it; eight bytes are seen whole. */
		pte = __atomic_load_n(&entries[MTIA_PT_INDEX(va, level)], __ATOMIC_RELAXED);
		if (!(pte & MTIA_PTE_VALID))
			return MTIA_FAULT_UNMAPPED;
		if (pte & MTIA_PTE_LEAF) {
			*huge = level == MTIA_PT_LEVELS - 2;
			*leaf = pte;
			if (level < MTIA_PT_LEVELS - 2 || !leaf_valid(m, pte, *huge))
				return MTIA_FAULT_BAD_PTE;
			return MTIA_FAULT_NONE;
		}
		if (pte & ~(MTIA_PTE_VALID | MTIA_PTE_ADDR_MASK))
			return MTIA_FAULT_BAD_PTE;
		table = pte & MTIA_PTE_ADDR_MASK;
	}
	return MTIA_FAULT_BAD_PTE; /* a table pointer at the last level */
}

static bool allowed(uint64_t pte, unsigned int access)
{
	switch (access) {
	case MTIA_ACCESS_READ:
		return pte & MTIA_PTE_READ;
	case MTIA_ACCESS_WRITE:
		return pte & MTIA_PTE_WRITE;
	default:
		return pte & MTIA_PTE_EXEC;
	}
}

/* Common part; *missed: the leaf came from a walk and belongs into the TLB. @b: for a PE, or NULL. */
static enum mtia_fault_reason lookup(struct mtia_model *m, struct pe_block *b, uint32_t asid,
				     uint64_t va, unsigned int access, uint64_t *pte, bool *huge,
				     bool *missed)
{
	enum mtia_fault_reason reason;
	uint64_t root;

	*missed = false;
	if (va >= MTIA_VA_USER_MAX)
		return MTIA_FAULT_BAD_ADDR;
	root = asid < MTIA_MAX_ASIDS ? m->mmu.root[asid] : 0;
	if (!(root & MTIA_MMU_ROOT_ENABLE))
		return MTIA_FAULT_NO_CONTEXT;
	if (!tlb_find(&m->mmu, asid, va, pte, huge)) {
		*missed = true;
		if (m->inject.fail_walk && asid == m->inject.walk_asid &&
		    va - m->inject.walk_va < MTIA_PAGE_SIZE)
			return MTIA_FAULT_BAD_PTE;
		reason = walk(m, b, root & ~MTIA_MMU_ROOT_ENABLE, va, pte, huge);
		if (reason != MTIA_FAULT_NONE)
			return reason;
	}
	return allowed(*pte, access) ? MTIA_FAULT_NONE : MTIA_FAULT_PERM;
}

enum mtia_fault_reason mmu_translate(struct mtia_model *m, uint32_t asid, uint64_t va,
				     unsigned int access, uint64_t *pte, uint64_t *offset,
				     uint64_t *left)
{
	enum mtia_fault_reason reason;
	bool huge, missed;
	uint64_t size;

	reason = lookup(m, NULL, asid, va, access, pte, &huge, &missed);
	if (missed)
		m->mmu.misses++;
	if (reason != MTIA_FAULT_NONE)
		return reason;
	if (missed)
		tlb_fill(&m->mmu, asid, va, *pte, huge);
	size = huge ? HUGE_SIZE : MTIA_PAGE_SIZE;
	*offset = va % size;
	*left = size - *offset;
	return MTIA_FAULT_NONE;
}

enum mtia_fault_reason soc_translate(void *soc, uint32_t asid, uint64_t va, unsigned int access,
				     struct pe_page *page)
{
	struct pe_block *b = soc;
	enum mtia_fault_reason reason;
	bool huge, missed;
	uint64_t pte;

	reason = lookup(b->m, b, asid, va, access, &pte, &huge, &missed);
	if (missed)
		b->tlb_misses++;
	if (reason != MTIA_FAULT_NONE)
		return reason;
	if (missed && b->nfills < SOC_TLB_FILLS)
		b->fill[b->nfills++] =
			(struct tlb_fill){ .va = va, .pte = pte, .asid = asid, .huge = huge };
	page->size = huge ? HUGE_SIZE : MTIA_PAGE_SIZE;
	page->va = va & ~(page->size - 1);
	page->target = (pte & MTIA_PTE_TARGET_MASK) >> MTIA_PTE_TARGET_SHIFT;
	page->host = memory_of_leaf(b->m, pte);
	page->bus = page->target == MTIA_PTE_TARGET_HOST ? pte & MTIA_PTE_ADDR_MASK : 0;
	/* Cores keep whole pages of code; a bad one is found here. */
	if (access == MTIA_ACCESS_EXEC && b->m->ecc.count && page->host &&
	    ecc_read(b->m, b, page->host, page->size, 0) < page->size)
		return MTIA_FAULT_POISON;
	return MTIA_FAULT_NONE;
}

void mmu_merge_fills(struct mtia_model *m, uint64_t pes)
{
	for (; pes; pes &= pes - 1) {
		struct pe_block *b = &m->pe[__builtin_ctzll(pes)];

		for (unsigned int i = 0; i < b->nfills; i++)
			tlb_fill(&m->mmu, b->fill[i].asid, b->fill[i].va, b->fill[i].pte,
				 b->fill[i].huge);
		b->nfills = 0;
	}
}

/* ---- Fault records ---- */

void mmu_fault(struct mtia_model *m, uint32_t src, uint32_t asid, unsigned int access,
	       enum mtia_fault_reason reason, uint64_t va)
{
	struct mmu *mmu = &m->mmu;
	struct fault_record *r;

	if (mmu->fault_count == SOC_FAULT_FIFO) {
		mmu->fault_lost = true;
		return;
	}
	r = &mmu->fifo[(mmu->fault_head + mmu->fault_count) % SOC_FAULT_FIFO];
	r->status = MTIA_FAULT_VALID | (uint32_t)reason << 8 | (access & 0xff) << 16 |
		    (asid & 0xff) << 24;
	r->src = src;
	r->va = va;
	mmu->fault_count++;
}

void mmu_pop_fault(struct mtia_model *m)
{
	struct mmu *mmu = &m->mmu;

	if (!mmu->fault_count)
		return;
	mmu->fifo[mmu->fault_head] = (struct fault_record){ 0 };
	mmu->fault_head = (mmu->fault_head + 1) % SOC_FAULT_FIFO;
	mmu->fault_count--;
	mmu->fault_lost = false;
}

uint32_t mmu_fault_status(const struct mtia_model *m)
{
	if (!m->mmu.fault_count)
		return 0;
	return m->mmu.fifo[m->mmu.fault_head].status | (m->mmu.fault_lost ? MTIA_FAULT_LOST : 0);
}

/* ---- State from a stream ---- */

static bool entries_valid(const struct mtia_model *m, const struct tlb_entry *e, unsigned int n,
			  bool huge)
{
	unsigned int shift = huge ? MTIA_HUGE_SHIFT : MTIA_PAGE_SHIFT;

	for (unsigned int i = 0; i < n; i++) {
		if (!e[i].tag)
			continue;
		if (entry_asid(&e[i]) >= MTIA_MAX_ASIDS ||
		    tag_of(entry_asid(&e[i]), entry_va(&e[i], shift), shift) != e[i].tag ||
		    entry_va(&e[i], shift) >= MTIA_VA_USER_MAX ||
		    slot_of(e[i].tag, n) != i || !leaf_valid(m, e[i].pte, huge))
			return false;
	}
	return true;
}

bool mmu_state_valid(const struct mtia_model *m)
{
	return entries_valid(m, m->mmu.page, SOC_TLB_PAGES, false) &&
	       entries_valid(m, m->mmu.huge, SOC_TLB_HUGE, true) &&
	       m->mmu.fault_head < SOC_FAULT_FIFO && m->mmu.fault_count <= SOC_FAULT_FIFO;
}
