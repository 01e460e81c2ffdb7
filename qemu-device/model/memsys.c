// SPDX-License-Identifier: MIT
/*
 * The memory system in time: network, SRAM slices, LPDDR channels, and SRAM as a cache of LPDDR.
 *
 * It moves no byte. Memory is where it is whatever happens here, so results are the same with either
 * timing and either use of SRAM; only cycles and counters differ.
 *
 * While PEs advance, everything here stands still; a PE finds how long the queues were at the last
 * barrier, adds what it has asked for itself since, and notes it in its struct pe_block. The notes
 * are taken in at the barrier, PE by PE in order of index: the same for any number of workers. DMA
 * channels run between quanta and act at once.
 *
 * So requests of one quantum wait for those of quanta before and for the PE's own, not for each
 * other: what is too little for them is there for the next, and bandwidth is right on the average.
 *
 * Invented: all of the below but sizes and rates. Addresses are interleaved 512 bytes at a time with
 * a hash of higher bits, so that power-of-two strides spread. Channel c hangs on the network's row c / 2,
 * slice s on row s / 8; a request travels its PE's column, then that row.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "soc.h"

#define GRANULE_SHIFT 9 /* interleave, and the cache's line */
#define GRANULE (1u << GRANULE_SHIFT)

/* Rates in bytes a cycle as fractions (paper Table I: 800 GB/s, 176 GB/s; section 3: 64 bytes). */
#define SLICE_NUM 25u /* 64 slices: 1000 / 64 = 15.6 */
#define SLICE_DEN 390u
#define CHANNEL_NUM 4u /* 16 channels: 220 / 16 = 13.75 */
#define CHANNEL_DEN 55u
#define LINK_BYTES 64u

#define CACHE_LOOKUP_CYCLES 20
#define TAG_VALID (1u << 31)
#define TAG_DIRTY (1u << 30)
#define TAG_LINE (TAG_DIRTY - 1)

/* A queue so long that nobody would wait for it is a bug or a forged snapshot. */
#define MAX_BACKLOG (UINT64_C(1) << 32)

/* ---- Where an address lies ---- */

static unsigned int channel_of(uint64_t offset)
{
	uint64_t g = offset >> GRANULE_SHIFT;

	return (g ^ g >> 4 ^ g >> 9) % SOC_LPDDR_CHANNELS;
}

static unsigned int slice_of(uint64_t offset)
{
	uint64_t g = offset >> GRANULE_SHIFT;

	return (g ^ g >> 6 ^ g >> 13) % SOC_SRAM_SLICES;
}

unsigned int memsys_channel(uint64_t lpddr_offset)
{
	return channel_of(lpddr_offset);
}

unsigned int memsys_slice(uint64_t sram_offset)
{
	return slice_of(sram_offset);
}

/* ---- Load of the resources, in bytes ---- */

static uint64_t cycles_of(unsigned int resource, uint64_t bytes)
{
	if (resource < MEM_SLICE(0))
		return (bytes * CHANNEL_NUM + CHANNEL_DEN - 1) / CHANNEL_DEN;
	if (resource < MEM_ROW(0))
		return (bytes * SLICE_NUM + SLICE_DEN - 1) / SLICE_DEN;
	return (bytes + LINK_BYTES - 1) / LINK_BYTES;
}

static void add(struct mem_load *load, unsigned int resource, uint32_t bytes)
{
	load->bytes[resource] += bytes;
	load->used[resource / 64] |= UINT64_C(1) << resource % 64;
}

/* Set index of a line; sets are spread over the slices as the interleave is. */
static uint32_t set_of(uint32_t line)
{
	return (line ^ line >> 15) % SOC_CACHE_SETS;
}

static int find_way(const struct memsys *ms, uint32_t line)
{
	const uint32_t *tag = &ms->tag[set_of(line) * SOC_CACHE_WAYS];

	for (unsigned int way = 0; way < SOC_CACHE_WAYS; way++)
		if ((tag[way] & ~TAG_DIRTY) == (TAG_VALID | line))
			return (int)way;
	return -1;
}

/* A line was used: into the cache; what it displaces (first in, first out) is written back. */
static void touch(struct memsys *ms, uint32_t line, bool dirty, struct mem_load *load)
{
	uint32_t set = set_of(line);
	uint32_t *tag = &ms->tag[set * SOC_CACHE_WAYS];
	int way = find_way(ms, line);

	if (way < 0) {
		way = ms->next_way[set];
		ms->next_way[set] = (way + 1) % SOC_CACHE_WAYS;
		if (tag[way] & TAG_DIRTY) {
			ms->writebacks++;
			add(load, MEM_CHANNEL(channel_of((uint64_t)(tag[way] & TAG_LINE)
							 << GRANULE_SHIFT)),
			    GRANULE);
		}
		tag[way] = TAG_VALID | line;
	}
	if (dirty)
		tag[way] |= TAG_DIRTY;
}

/*
 * One piece of a request, inside a granule. Returns the latency without waiting; *load gets the
 * bytes, @note what the cache is to hear at the barrier (NULL: it hears it now).
 */
static uint32_t piece(struct mtia_model *m, unsigned int column, uint32_t target, uint64_t offset,
		      uint32_t bytes, bool write, struct mem_load *load, struct mem_notes *note)
{
	struct memsys *ms = &m->memsys;
	unsigned int row, slice = slice_of(offset);
	uint32_t latency = SOC_LATENCY_SRAM, line = offset >> GRANULE_SHIFT;

	if (target == MTIA_PTE_TARGET_SRAM) {
		add(load, MEM_SLICE(slice), bytes);
		row = slice / 8;
	} else if (!ms->cache) {
		unsigned int channel = channel_of(offset);

		latency = SOC_LATENCY_LPDDR;
		add(load, MEM_CHANNEL(channel), bytes);
		row = channel / 2;
	} else {
		bool hit = find_way(ms, line) >= 0;

		add(load, MEM_SLICE(slice), bytes);
		row = slice / 8;
		latency += CACHE_LOOKUP_CYCLES;
		if (!hit) {
			latency += SOC_LATENCY_LPDDR;
			add(load, MEM_CHANNEL(channel_of(offset)), GRANULE);
		}
		if (!note) {
			*(hit ? &ms->hits : &ms->misses) += 1;
			touch(ms, line, write, load);
		} else if (note->count < SOC_MEM_NOTES) {
			note->line[note->count++] = line | (write ? TAG_DIRTY : 0);
			*(hit ? &note->hits : &note->misses) += 1;
		} else {
			note->bypassed++;
		}
	}
	if (column < MTIA_GRID_COLS)
		add(load, MEM_COLUMN(column), bytes);
	add(load, MEM_ROW(row), bytes);
	return latency;
}

static uint32_t request(struct mtia_model *m, unsigned int column, uint32_t target, uint64_t offset,
			uint64_t bytes, bool write, struct mem_load *load, struct mem_notes *note)
{
	uint32_t latency = 0;

	while (bytes) {
		uint64_t part = GRANULE - offset % GRANULE;
		uint32_t one;

		if (part > bytes)
			part = bytes;
		one = piece(m, column, target, offset, part, write, load, note);
		if (one > latency)
			latency = one;
		offset += part;
		bytes -= part;
	}
	return latency;
}

/* How long what @load asks for waits behind what is under way at @cycle. */
static uint64_t waiting(const struct memsys *ms, const struct mem_load *own,
			const struct mem_load *load, uint64_t cycle)
{
	uint64_t longest = 0;

	for (unsigned int word = 0; word < MEM_WORDS; word++) {
		for (uint64_t left = load->used[word]; left; left &= left - 1) {
			unsigned int r = word * 64 + __builtin_ctzll(left);
			uint64_t wait = ms->free_at[r] > cycle ? ms->free_at[r] - cycle : 0;

			wait += cycles_of(r, own->bytes[r] + load->bytes[r]) -
				cycles_of(r, load->bytes[r]);
			if (wait > longest)
				longest = wait;
		}
	}
	return longest;
}

static void take_load(struct memsys *ms, const struct mem_load *load, uint64_t from)
{
	for (unsigned int word = 0; word < MEM_WORDS; word++) {
		for (uint64_t left = load->used[word]; left; left &= left - 1) {
			unsigned int r = word * 64 + __builtin_ctzll(left);

			if (ms->free_at[r] < from)
				ms->free_at[r] = from;
			ms->free_at[r] += cycles_of(r, load->bytes[r]);
		}
	}
}

static void merge(struct mem_load *into, const struct mem_load *load)
{
	for (unsigned int word = 0; word < MEM_WORDS; word++) {
		for (uint64_t left = load->used[word]; left; left &= left - 1) {
			unsigned int r = word * 64 + __builtin_ctzll(left);

			into->bytes[r] += load->bytes[r];
		}
		into->used[word] |= load->used[word];
	}
}

/* ---- PEs ---- */

static void forget(struct mem_notes *note)
{
	note->count = note->hits = note->misses = note->bypassed = 0;
	memset(&note->load, 0, sizeof(note->load));
}

static uint64_t offset_of(const struct mtia_model *m, uint32_t target, const uint8_t *host)
{
	return host - (target == MTIA_PTE_TARGET_LPDDR ? m->lpddr : m->sram);
}

uint32_t memsys_latency(struct pe_block *b, uint32_t target, const uint8_t *host, uint64_t bytes,
			unsigned int access, uint64_t cycle)
{
	struct mtia_model *m = b->m;
	struct mem_load load = { .used = { 0 } };
	uint64_t offset, latency;

	offset = offset_of(m, target, host);
	latency = request(m, b->index % MTIA_GRID_COLS, target, offset, bytes,
			  access == MTIA_ACCESS_WRITE, &load, &b->notes);
	if (m->memsys.approx) {
		latency += waiting(&m->memsys, &b->notes.load, &load, cycle);
		merge(&b->notes.load, &load);
	}
	return latency < UINT32_MAX ? latency : UINT32_MAX;
}

void memsys_barrier(struct mtia_model *m, uint64_t pes, uint64_t from)
{
	struct memsys *ms = &m->memsys;

	if (!ms->approx && !ms->cache)
		return;
	for (; pes; pes &= pes - 1) {
		struct mem_notes *note = &m->pe[__builtin_ctzll(pes)].notes;

		for (unsigned int i = 0; i < note->count; i++)
			touch(ms, note->line[i] & TAG_LINE, note->line[i] & TAG_DIRTY, &note->load);
		ms->hits += note->hits;
		ms->misses += note->misses;
		ms->bypassed += note->bypassed;
		if (ms->approx)
			take_load(ms, &note->load, from);
		forget(note);
	}
}

/* ---- DMA channels ---- */

uint64_t memsys_dma(struct mtia_model *m, const uint8_t *host, uint64_t bytes, bool write,
		    uint64_t cycle)
{
	static const struct mem_load none;
	struct memsys *ms = &m->memsys;
	struct mem_load load = { .used = { 0 } };
	uint32_t target;
	uint64_t wait;

	if (!ms->approx && !ms->cache)
		return 0;
	if (host >= m->lpddr && host < m->lpddr + m->lpddr_size)
		target = MTIA_PTE_TARGET_LPDDR;
	else if (host >= m->sram && host < m->sram + MTIA_SRAM_SIZE)
		target = MTIA_PTE_TARGET_SRAM;
	else
		return 0; /* a PE's local memory */
	request(m, MTIA_GRID_COLS, target, offset_of(m, target, host), bytes, write, &load, NULL);
	if (!ms->approx)
		return 0;
	wait = waiting(ms, &none, &load, cycle);
	take_load(ms, &load, cycle);
	return wait;
}

/* ---- SRAM's use ---- */

bool memsys_set_cache(struct mtia_model *m, bool cache)
{
	struct memsys *ms = &m->memsys;

	if (cache == ms->cache)
		return true;
	if (m->running)
		return false;
	for (unsigned int c = 0; c < MTIA_DMA_CHANNELS; c++)
		if (m->dma[c].status == MTIA_DMA_ST_BUSY)
			return false;
	ms->cache = cache;
	memset(ms->tag, 0, SOC_CACHE_LINES * sizeof(ms->tag[0]));
	memset(ms->next_way, 0, SOC_CACHE_SETS);
	/* What the scratchpad held is gone, and so are translations to it. */
	memory_zero(m->sram, MTIA_SRAM_SIZE);
	mmu_invalidate(m, MTIA_TLB_ALL, 0, 0);
	return true;
}

/* ---- Life ---- */

int memsys_init(struct mtia_model *m, bool approx)
{
	m->memsys.approx = approx;
	m->memsys.tag = calloc(SOC_CACHE_LINES, sizeof(m->memsys.tag[0]));
	m->memsys.next_way = calloc(SOC_CACHE_SETS, 1);
	if (m->memsys.tag && m->memsys.next_way)
		return 0;
	memsys_fini(m);
	return -ENOMEM;
}

void memsys_fini(struct mtia_model *m)
{
	free(m->memsys.tag);
	free(m->memsys.next_way);
	m->memsys.tag = NULL;
	m->memsys.next_way = NULL;
}

/* SRAM is a scratchpad after a reset, and keeps what it held unless it was a cache. */
void memsys_reset(struct mtia_model *m)
{
	struct memsys *ms = &m->memsys;

	memset(ms->free_at, 0, sizeof(ms->free_at));
	ms->hits = ms->misses = ms->writebacks = ms->bypassed = 0;
	for (unsigned int i = 0; i < SOC_NR_PES; i++)
		forget(&m->pe[i].notes);
	/* A state that was refused leaves tags without a cache. */
	memory_zero((uint8_t *)ms->tag, SOC_CACHE_LINES * sizeof(ms->tag[0]));
	memory_zero(ms->next_way, SOC_CACHE_SETS);
	if (ms->cache)
		memory_zero(m->sram, MTIA_SRAM_SIZE);
	ms->cache = false;
}

bool memsys_state_valid(const struct mtia_model *m)
{
	const struct memsys *ms = &m->memsys;
	uint64_t lines = m->lpddr_size >> GRANULE_SHIFT;

	for (unsigned int r = 0; r < MEM_RESOURCES; r++)
		if (ms->free_at[r] > m->now && ms->free_at[r] - m->now > MAX_BACKLOG)
			return false;
	for (uint32_t i = 0; i < SOC_CACHE_LINES; i++) {
		uint32_t tag = ms->tag[i];

		if (tag && (!ms->cache || !(tag & TAG_VALID) || (tag & TAG_LINE) >= lines ||
			    set_of(tag & TAG_LINE) != i / SOC_CACHE_WAYS))
			return false;
	}
	for (uint32_t i = 0; i < SOC_CACHE_SETS; i++)
		if (ms->next_way[i] >= SOC_CACHE_WAYS)
			return false;
	return true;
}
