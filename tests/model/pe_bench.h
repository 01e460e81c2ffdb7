/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Test bench of the processing element: up to 2 x 2 PEs on a flat memory, programs assembled on the
 * spot. A barrier loop like the SoC's runs them.
 */
#ifndef MTIA_TESTS_PE_BENCH_H
#define MTIA_TESTS_PE_BENCH_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "mtia_model.h"
#include "model/pe/pe.h"
#include "model/rv/rv.h"

/* ---- Memory ---------------------------------------------------------------------------------- */

#define BENCH_BASE 0x200000000ull /* LPDDR: read, write */
#define BENCH_SIZE 0x400000u
#define BENCH_CODE 0x300000000ull /* read, exec */
#define BENCH_CODE_SIZE 0x40000u
#define BENCH_SRAM 0x400000000ull /* SRAM target: read, write */
#define BENCH_RO 0x500000000ull /* read */
#define BENCH_HOST 0x600000000ull /* host memory over the bus */
#define BENCH_SMALL 0x10000u /* size of the three above */
#define BENCH_BAD_HOST 0x700000000ull /* mapped, but the bus refuses */
#define BENCH_BUS 0x8000000000ull

#define BENCH_ROWS 2
#define BENCH_COLS 2
#define BENCH_PES (BENCH_ROWS * BENCH_COLS)

struct bench_fault {
	unsigned int count, src, access, asid;
	enum mtia_fault_reason reason;
	uint64_t va;
};

struct bench {
	uint8_t *mem, *code, *sram, *ro, *host;
	struct mtia_pe *pe[BENCH_PES];
	struct rv_icache *icache;
	uint32_t quantum;
	uint64_t now;
	uint64_t unmapped_page; /* VA of one page of BENCH_BASE taken out of the map, 0 = none */
	bool huge; /* BENCH_BASE is mapped by 2 MiB pages */
	unsigned int host_reads, host_writes, stops;
	struct bench_fault fault;
	uint32_t code_used;
};

/* Exits on out of memory: a test cannot go on. PEs without optional features, or with MTIA_CAP_*. */
struct bench *bench_create(uint32_t quantum, unsigned int isa);
struct bench *bench_create_caps(uint32_t quantum, unsigned int isa, uint64_t caps);
/* And with so many DMA transfers in flight a PE. */
struct bench *bench_create_fi(uint32_t quantum, uint64_t caps, uint32_t fi_outstanding);
void bench_destroy(struct bench *bench);

enum bench_end { BENCH_ALL_DONE, BENCH_SOME_FAULTED, BENCH_DEADLOCK, BENCH_TIMEOUT };
/*
 * Barrier loop until no PE runs, nothing can go on, or `cycles` passed. `slices` cuts each quantum
 * into that many calls; `reverse` advances the PEs in the other order.
 */
enum bench_end bench_run(struct bench *bench, uint64_t cycles, unsigned int slices, bool reverse);
/* All of the above's PEs stopped and reset, memory kept; code space is free again. */
void bench_reset(struct bench *bench);

/* ---- Programs -------------------------------------------------------------------------------- */

#define PROG_MAX 16384

struct prog {
	uint32_t code[PROG_MAX];
	unsigned int n;
};

enum {
	ZERO = 0,
	RA = 1,
	SP = 2,
	T0 = 5,
	T1 = 6,
	T2 = 7,
	S0 = 8,
	S1 = 9,
	A0 = 10,
	A1,
	A2,
	A3,
	A4,
	A5
};

static inline struct prog *p_fresh(struct prog *p)
{
	p->n = 0;
	return p;
}

void p_raw(struct prog *p, uint32_t insn);
void p_li(struct prog *p, unsigned int rd, uint64_t value);
void p_csr(struct prog *p, unsigned int csr, uint64_t value);
void p_csr_read(struct prog *p, unsigned int rd, unsigned int csr);
void p_issue(struct prog *p, unsigned int op, uint64_t rs1, uint64_t rs2);
void p_sync(struct prog *p, unsigned int op, uint64_t rs1, uint64_t rs2, unsigned int rd);
void p_fence(struct prog *p);
void p_exit(struct prog *p, uint32_t code);
void p_load(struct prog *p, unsigned int rd, unsigned int base, int off, unsigned int size);
void p_store(struct prog *p, unsigned int rs, unsigned int base, int off, unsigned int size);
/* Copy `rd` to local memory at `addr` (clobbers T1). */
void p_keep(struct prog *p, unsigned int rs, uint32_t addr);
void p_delay(struct prog *p, unsigned int instructions);
void p_init(struct prog *p, unsigned int cb, uint32_t base, uint32_t size);

/* Put programs into code memory; an empty one just exits. */
void bench_start(struct bench *bench, unsigned int pe, struct prog *a, struct prog *b,
		 unsigned int rows, unsigned int cols);
/* One PE alone: load, start at the current barrier, run, return how it ended. */
enum bench_end bench_one(struct bench *bench, struct prog *a, struct prog *b);

static inline uint8_t *bench_ls(struct bench *bench, unsigned int pe)
{
	return pe_local_memory(bench->pe[pe]);
}

struct pe_status bench_status(struct bench *bench, unsigned int pe);
/* 8 bytes of local memory. */
uint64_t bench_word(struct bench *bench, unsigned int pe, uint32_t addr);
/* Whether the PE stopped with this; says on standard error what it did instead. */
bool bench_trapped(struct bench *bench, unsigned int pe, uint32_t core, uint64_t cause, uint64_t tval);
/*
 * A bench with all of this one's memory and state; this one is destroyed. *same becomes false if a
 * state is refused or does not save to the same bytes.
 */
struct bench *bench_move(struct bench *bench, bool *same);
/*
 * Bytes of the PEs' states changed at random, 3000 times, 1 to 3 each, all in the first `far` and every
 * second time in the first `near` of them; between the rounds all PEs run for some quanta.
 */
void bench_damage(struct bench *bench, uint32_t near, uint32_t far, unsigned int quanta,
		  unsigned int *refused, unsigned int *accepted);

uint64_t bench_random(void);
static inline uint32_t bench_range(uint32_t from, uint32_t to) /* inclusive */
{
	return from + (uint32_t)(bench_random() % ((uint64_t)to - from + 1));
}

#endif /* MTIA_TESTS_PE_BENCH_H */
