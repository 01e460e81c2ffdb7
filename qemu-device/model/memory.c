// SPDX-License-Identifier: MIT
/* The physical memory map. */
#include <string.h>

#include "soc.h"

uint8_t *memory_at(struct mtia_model *m, uint64_t pa, uint64_t *left)
{
	uint64_t off;

	off = pa - MTIA_PA_LPDDR;
	if (off < m->lpddr_size) {
		*left = m->lpddr_size - off;
		return m->lpddr + off;
	}
	off = pa - MTIA_PA_SRAM;
	if (off < MTIA_SRAM_SIZE && !m->memsys.cache) {
		*left = MTIA_SRAM_SIZE - off;
		return m->sram + off;
	}
	off = pa - MTIA_PA_PE_LOCAL;
	if (off < SOC_NR_PES * MTIA_PA_PE_STRIDE && off % MTIA_PA_PE_STRIDE < MTIA_PE_LOCAL_SIZE) {
		uint64_t at = off % MTIA_PA_PE_STRIDE;

		*left = MTIA_PE_LOCAL_SIZE - at;
		return pe_local_memory(m->pe[off / MTIA_PA_PE_STRIDE].pe) + at;
	}
	return NULL;
}

uint8_t *memory_of_leaf(struct mtia_model *m, uint64_t pte)
{
	uint64_t addr = pte & MTIA_PTE_ADDR_MASK;

	switch ((pte & MTIA_PTE_TARGET_MASK) >> MTIA_PTE_TARGET_SHIFT) {
	case MTIA_PTE_TARGET_LPDDR:
		return m->lpddr + addr;
	case MTIA_PTE_TARGET_SRAM:
		return m->sram + addr;
	default:
		return NULL;
	}
}

bool memory_is_zero(const uint8_t *p, size_t n)
{
	return !n || (!p[0] && !memcmp(p, p + 1, n - 1));
}

/*
 * Zero without committing: pages the host has never written are backed by its zero page, and
 * reading leaves them so. A 64 GiB chip must not cost 64 GiB because a driver clears its buffers.
 */
void memory_zero(uint8_t *p, size_t n)
{
	while (n) {
		size_t part = 4096 - (uintptr_t)p % 4096;

		if (part > n)
			part = n;
		if (!memory_is_zero(p, part))
			memset(p, 0, part);
		p += part;
		n -= part;
	}
}
