// SPDX-License-Identifier: MIT
/*
 * ECC of LPDDR and SRAM: SEC-DED over words of 8 bytes, error records, the background scrubber.
 *
 * Memory holds what was written to it, always; what is wrong with a word is in a short table, so 64 GiB
 * cost nothing. A word with one bad bit reads as it should, is counted, recorded and repaired. One with
 * two reads as an error to whoever asked (poison) until all of it is written anew.
 *
 * While PEs advance, the table stands still: they note what they met in their struct pe_block, and the
 * notes are taken in at the barrier in order of index. The scrubber's place is a function of time, so
 * it is an event only where it will meet a bad word.
 */
#include <string.h>

#include "soc.h"

#define SCRUB_BYTES 4096

static uint64_t scrub_pages(const struct mtia_model *m)
{
	return (m->lpddr_size + MTIA_SRAM_SIZE) / SCRUB_BYTES;
}

/* ---- Addresses ---- */

static bool offset_in(const uint8_t *p, const uint8_t *memory, uint64_t size, uint64_t *offset)
{
	*offset = (uint64_t)(p - memory);
	return p >= memory && *offset < size;
}

/* Device physical address of memory that has ECC; 0: it has none. */
static uint64_t phys_of(const struct mtia_model *m, const uint8_t *p)
{
	uint64_t offset;

	if (offset_in(p, m->lpddr, m->lpddr_size, &offset))
		return MTIA_PA_LPDDR + offset;
	if (offset_in(p, m->sram, MTIA_SRAM_SIZE, &offset))
		return MTIA_PA_SRAM + offset;
	return 0;
}

static bool in_lpddr(const struct mtia_model *m, uint64_t pa)
{
	return pa - MTIA_PA_LPDDR < m->lpddr_size;
}

static bool protected(const struct mtia_model *m, uint64_t pa)
{
	return in_lpddr(m, pa) || pa - MTIA_PA_SRAM < MTIA_SRAM_SIZE;
}

/* The scrubber's order: LPDDR, then SRAM. */
static uint64_t page_of(const struct mtia_model *m, uint64_t pa)
{
	return (in_lpddr(m, pa) ? pa - MTIA_PA_LPDDR : m->lpddr_size + (pa - MTIA_PA_SRAM)) /
	       SCRUB_BYTES;
}

/*
 * Column of the check matrix for a data bit: values of 8 bits with three ones, then with five, in
 * ascending order. An odd number of ones in the syndrome is one bad bit, an even number two.
 */
static unsigned int column(unsigned int bit)
{
	for (unsigned int ones = 3; ones <= 5; ones += 2) {
		for (unsigned int v = 1; v < 256; v++) {
			if (__builtin_popcount(v) == (int)ones && bit-- == 0)
				return v;
		}
	}
	return 0;
}

/* ---- The table ---- */

static void arm(struct mtia_model *m)
{
	m->fabric.ecc_armed = m->ecc.count != 0;
}

static void drop(struct mtia_model *m, unsigned int i)
{
	struct ecc *ecc = &m->ecc;

	ecc->word[i] = ecc->word[--ecc->count];
	ecc->word[ecc->count] = (struct ecc_word){ 0 };
	arm(m);
}

/* Pages done since it began. */
static uint64_t scrubbed(const struct mtia_model *m, uint64_t cycle)
{
	const struct ecc *ecc = &m->ecc;

	return ecc->period && cycle > ecc->scrub_from ? (cycle - ecc->scrub_from) / ecc->period : 0;
}

bool ecc_inject(struct mtia_model *m, uint64_t pa, unsigned int bit0, unsigned int bit1)
{
	struct ecc *ecc = &m->ecc;
	struct ecc_word word = { .addr = pa & ~UINT64_C(7), .bits = bit0 == bit1 ? 1 : 2 };
	unsigned int i;

	if (!protected(m, pa) || bit0 >= 64 || bit1 >= 64)
		return false;
	word.syndrome = column(bit0) ^ (word.bits == 2 ? column(bit1) : 0);
	for (i = 0; i < ecc->count && ecc->word[i].addr != word.addr; i++)
		;
	if (i == SOC_ECC_WORDS)
		return false;
	if (!ecc->count)
		ecc->scrub_seen = scrubbed(m, m->now);
	ecc->word[i] = word;
	if (i == ecc->count)
		ecc->count++;
	arm(m);
	/* Code that PEs hold on to is looked at anew. */
	mmu_invalidate(m, MTIA_TLB_ALL, 0, 0);
	return true;
}

void ecc_clear(struct mtia_model *m)
{
	memset(m->ecc.word, 0, sizeof(m->ecc.word));
	m->ecc.count = 0;
	arm(m);
}

/* ---- Records ---- */

static void record(struct mtia_model *m, const struct ecc_word *word, uint32_t source)
{
	struct ecc *ecc = &m->ecc;
	struct ecc_record *r;
	uint32_t channel = in_lpddr(m, word->addr) ?
				   memsys_channel(word->addr - MTIA_PA_LPDDR) :
				   MTIA_ECC_SRAM | memsys_slice(word->addr - MTIA_PA_SRAM);

	ecc->errors[(in_lpddr(m, word->addr) ? MTIA_RAS_LPDDR_CORRECTED : MTIA_RAS_SRAM_CORRECTED) +
		    (word->bits != 1)]++;
	if (ecc->fault_count == SOC_ECC_FIFO) {
		ecc->lost = true;
		return;
	}
	r = &ecc->fifo[(ecc->fault_head + ecc->fault_count++) % SOC_ECC_FIFO];
	r->status = MTIA_ECC_VALID | (word->bits == 2 ? MTIA_ECC_UNCORRECTED : 0) | source << 8;
	r->where = word->syndrome | channel << 8;
	r->addr = word->addr;
}

/* Word i was read: repaired and gone, or poison, which is told once. True: gone. */
static bool met(struct mtia_model *m, unsigned int i, uint32_t source)
{
	struct ecc_word *word = &m->ecc.word[i];

	if (word->bits == 1) {
		record(m, word, source);
		drop(m, i);
		return true;
	}
	if (!word->told)
		record(m, word, source);
	word->told = true;
	return false;
}

/* ---- Accesses ---- */

static bool overlaps(const struct ecc_word *word, uint64_t pa, uint64_t bytes)
{
	return word->addr < pa + bytes && pa < word->addr + 8;
}

uint64_t ecc_read(struct mtia_model *m, struct pe_block *b, const uint8_t *host, uint64_t bytes,
		  uint32_t source)
{
	uint64_t pa = phys_of(m, host), good = bytes;

	if (!pa)
		return bytes;
	for (unsigned int i = 0; i < m->ecc.count;) {
		const struct ecc_word *word = &m->ecc.word[i];

		if (word->rewritten || !overlaps(word, pa, bytes)) {
			i++;
			continue;
		}
		if (word->bits == 2) {
			uint64_t before = word->addr > pa ? word->addr - pa : 0;

			good = before < good ? before : good;
		}
		if (b)
			b->ecc_met |= UINT64_C(1) << i;
		if (b || !met(m, i, source))
			i++;
	}
	return good;
}

static void drop_rewritten(struct mtia_model *m)
{
	for (unsigned int i = 0; i < m->ecc.count;) {
		if (m->ecc.word[i].rewritten)
			drop(m, i);
		else
			i++;
	}
}

static void rewrite(struct mtia_model *m, const uint8_t *host, uint64_t bytes)
{
	uint64_t pa = phys_of(m, host);

	for (unsigned int i = 0; pa && i < m->ecc.count; i++) {
		struct ecc_word *word = &m->ecc.word[i];

		if (word->addr >= pa && word->addr + 8 <= pa + bytes)
			word->rewritten = true;
	}
}

void ecc_write(struct mtia_model *m, const uint8_t *host, uint64_t bytes)
{
	rewrite(m, host, bytes);
	drop_rewritten(m);
}

uint64_t soc_ecc(void *soc, const uint8_t *host, uint64_t bytes, unsigned int access)
{
	struct pe_block *b = soc;

	if (access != MTIA_ACCESS_WRITE)
		return ecc_read(b->m, b, host, bytes, 0);
	/* Places in the table stand still until the barrier: notes name them. */
	rewrite(b->m, host, bytes);
	return bytes;
}

void ecc_barrier(struct mtia_model *m, uint64_t pes)
{
	/* Addresses first: a word that is repaired moves the others in the table. */
	uint64_t addr[SOC_ECC_WORDS];

	if (!m->ecc.count)
		return;
	for (unsigned int i = 0; i < m->ecc.count; i++)
		addr[i] = m->ecc.word[i].addr;
	for (; pes; pes &= pes - 1) {
		struct pe_block *b = &m->pe[__builtin_ctzll(pes)];

		for (; b->ecc_met; b->ecc_met &= b->ecc_met - 1) {
			unsigned int n = __builtin_ctzll(b->ecc_met), i;

			for (i = 0; i < m->ecc.count && m->ecc.word[i].addr != addr[n]; i++)
				;
			if (i < m->ecc.count)
				met(m, i, MTIA_ECC_SRC_PE | b->index);
		}
	}
	drop_rewritten(m);
}

/* ---- Scrubber ---- */

void ecc_set_period(struct mtia_model *m, uint32_t cycles)
{
	m->ecc.period = cycles;
	m->ecc.scrub_from = m->ctrl.hart.s.cycle;
	m->ecc.scrub_seen = 0;
}

uint64_t ecc_scrub_addr(const struct mtia_model *m)
{
	uint64_t at = scrubbed(m, m->ctrl.hart.s.cycle) % scrub_pages(m) * SCRUB_BYTES;

	return at < m->lpddr_size ? MTIA_PA_LPDDR + at : MTIA_PA_SRAM + (at - m->lpddr_size);
}

/* Number of the scrub, counted from 0, that next covers a word after `done` of them. */
static uint64_t next_scrub(const struct mtia_model *m, const struct ecc_word *word, uint64_t done)
{
	uint64_t pages = scrub_pages(m);

	return done + (page_of(m, word->addr) + pages - done % pages) % pages;
}

uint64_t ecc_next_event(const struct mtia_model *m)
{
	const struct ecc *ecc = &m->ecc;
	uint64_t next = SOC_NEVER;

	if (!ecc->period)
		return SOC_NEVER;
	for (unsigned int i = 0; i < ecc->count; i++) {
		uint64_t at;

		if (ecc->word[i].told)
			continue;
		at = ecc->scrub_from +
		     (next_scrub(m, &ecc->word[i], ecc->scrub_seen) + 1) * ecc->period;
		if (at < next)
			next = at;
	}
	return next;
}

void ecc_advance(struct mtia_model *m, uint64_t cycle)
{
	struct ecc *ecc = &m->ecc;

	while (ecc_next_event(m) <= cycle) {
		uint64_t seen = ecc->scrub_seen, first = SOC_NEVER;

		for (unsigned int i = 0; i < ecc->count; i++) {
			uint64_t n = next_scrub(m, &ecc->word[i], seen);

			if (!ecc->word[i].told && n < first)
				first = n;
		}
		for (unsigned int i = 0; i < ecc->count;)
			if (next_scrub(m, &ecc->word[i], seen) != first ||
			    !met(m, i, MTIA_ECC_SRC_SCRUB))
				i++;
		ecc->scrub_seen = first + 1;
	}
}

/* ---- Registers, reset, state ---- */

void ecc_pop(struct mtia_model *m)
{
	struct ecc *ecc = &m->ecc;

	if (!ecc->fault_count)
		return;
	ecc->fifo[ecc->fault_head] = (struct ecc_record){ 0 };
	ecc->fault_head = (ecc->fault_head + 1) % SOC_ECC_FIFO;
	ecc->fault_count--;
	ecc->lost = false;
}

struct ecc_record ecc_oldest(const struct mtia_model *m)
{
	struct ecc_record r = m->ecc.fifo[m->ecc.fault_head];

	if (m->ecc.fault_count && m->ecc.lost)
		r.status |= MTIA_ECC_LOST;
	return r;
}

void ecc_reset(struct mtia_model *m)
{
	struct ecc *ecc = &m->ecc;

	memset(ecc->fifo, 0, sizeof(ecc->fifo));
	ecc->fault_head = ecc->fault_count = 0;
	ecc->lost = false;
	ecc->period = 0;
	ecc->scrub_from = ecc->scrub_seen = 0;
	for (unsigned int i = 0; i < SOC_NR_PES; i++)
		m->pe[i].ecc_met = 0;
	/* Bad words stay bad: memory keeps its contents, too. */
	for (unsigned int i = 0; i < ecc->count; i++)
		ecc->word[i].told = false;
}

bool ecc_state_valid(const struct mtia_model *m)
{
	const struct ecc *ecc = &m->ecc;

	if (ecc->count > SOC_ECC_WORDS || ecc->fault_head >= SOC_ECC_FIFO ||
	    ecc->fault_count > SOC_ECC_FIFO || ecc->period > MTIA_ECC_MAX_PERIOD ||
	    ecc->scrub_from > m->now + SOC_LONG_QUANTUM ||
	    ecc->scrub_seen > scrubbed(m, m->now + SOC_LONG_QUANTUM))
		return false;
	for (unsigned int i = 0; i < ecc->count; i++)
		if (!protected(m, ecc->word[i].addr) || ecc->word[i].addr % 8 ||
		    ecc->word[i].bits < 1 || ecc->word[i].bits > 2)
			return false;
	return true;
}
