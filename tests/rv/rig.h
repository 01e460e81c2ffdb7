/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The rig of the interpreter's unit tests: one hart with code, RAM, ROM and a device around it.
 * Every case runs with both dispatch builds.
 */
#ifndef MTIA_TESTS_RV_RIG_H
#define MTIA_TESTS_RV_RIG_H

#include "encode.h"
#include "guest.h"

#define CODE		0x10000		/* 16 pages of code, fetched over the bus */
#define CODE_SIZE	0x10000
#define HANDLER		(CODE + 0x800)
#define RAM		0x40000		/* window 0 */
#define RAM_SIZE	0x1000
#define ROM		0x50000		/* window 1, read only */
#define ROM_SIZE	64
#define DEV		0x90000000	/* device on the bus: 8 registers of 8 bytes */

enum { ZERO, RA, SP, GP, TP, T0, T1, T2, S0, S1, A0, A1, A2, A3, A4, A5 };

enum { C0_ADD, C0_FAULT, C0_STALL, C0_IRQ, C0_SLOW, C0_FLUSH, C0_STOP };

struct guest {
	struct rv_hart hart;
	struct rv_icache *ic;
	uint8_t code[CODE_SIZE];
	uint8_t ram[RAM_SIZE] __attribute__((aligned(8)));
	uint8_t rom[ROM_SIZE] __attribute__((aligned(8)));
	uint64_t dev[8];
	uint64_t csr[4096];
	unsigned int loads, stores, amos, fetches, customs, csr_reads, csr_writes;
	unsigned int stall_next;	/* so many accesses stall first */
	unsigned int stall_every;	/* n: every n-th access stalls; 0: none */
	unsigned int stall_count;
	uint64_t fetch_fail;		/* page whose fetch fails or stalls */
	enum rv_result fetch_result;
	uint64_t hook_cycle, hook_pc;
};

extern const struct rv_bus rig_bus;

/* The build under test, and its name. */
extern rv_run_fn run;
extern const char *dispatch;

struct rv_config config(struct guest *g);
struct guest *guest_new(void);
void guest_free(struct guest *g);

/* Write an instruction. */
void put(struct guest *g, uint64_t addr, uint32_t insn);

/* Run to the final ebreak (or whatever halts it). */
bool to_end(struct guest *g);
bool halted_by(struct guest *g, uint64_t cause, uint64_t pc, uint64_t tval);

/* Back to the first instruction, no interrupt raised. */
void again(struct guest *g);

/* A program: words, then ebreak. */
#define PROGRAM(g, addr, ...) do { \
	const uint32_t words_[] = { __VA_ARGS__, EBREAK }; \
	memcpy((g)->code + ((addr) - CODE), words_, sizeof(words_)); \
} while (0)

#define EBREAK			rv_insns[RV_OP_EBREAK].match
#define ECALL			rv_insns[RV_OP_ECALL].match
#define MRET			rv_insns[RV_OP_MRET].match
#define WFI			rv_insns[RV_OP_WFI].match
#define FENCE_I			rv_insns[RV_OP_FENCE_I].match
#define LI(rd, imm)		itype(RV_OP_ADDI, rd, ZERO, imm)
#define ADDI(rd, rs1, imm)	itype(RV_OP_ADDI, rd, rs1, imm)
#define CSRW(csr, rs1)		csrtype(RV_OP_CSRRW, ZERO, csr, rs1)
#define CSRR(rd, csr)		csrtype(RV_OP_CSRRS, rd, csr, ZERO)
#define CUSTOM(f3, f7, rd, rs1, rs2) \
	(rtype(RV_OP_CUSTOM0, rd, rs1, rs2) | (f3) << 12 | (uint32_t)(f7) << 25)
#define NAME(what)		"%s: " what, dispatch

#endif /* MTIA_TESTS_RV_RIG_H */
