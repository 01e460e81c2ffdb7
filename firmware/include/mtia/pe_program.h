/* SPDX-License-Identifier: MIT */
/*
 * What the author of a PE program includes: one function an instruction of uapi/mtia/pe.h.
 *
 * A program defines core_a() and core_b(); both get the launch arguments' address in local memory
 * and return an exit code (0 = fine). kernels/entry.S sets up stacks and leaves by EXIT.
 */
#ifndef MTIA_PE_PROGRAM_H
#define MTIA_PE_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "mtia/pe.h"
#include "mtia/kernel_args.h"

#define PE_INLINE static inline __attribute__((always_inline))
/* Apart from the common case's code, which has to come through the instruction cache, line by line. */
#define PE_RARE __attribute__((noinline, section(".text.rare")))

uint32_t core_a(const void *args, uint32_t pos, uint32_t grid);
uint32_t core_b(const void *args, uint32_t pos, uint32_t grid);

#define pe_row(pos)	((pos) & 0xffff)
#define pe_col(pos)	((pos) >> 16)

/* Issue a command: operands in rs1 and rs2, the rest from the CSRs as they are now. */
#define pe_issue(op, rs1, rs2)                                                                   \
	__asm__ volatile(".insn r 0x0b, 0, %0, x0, %1, %2"                                       \
			 :                                                                       \
			 : "i"(op), "r"((uint64_t)(rs1)), "r"((uint64_t)(rs2))                   \
			 : "memory")

#define pe_sync(op, rs1, rs2)                                                                    \
	({                                                                                       \
		uint64_t pe_sync_rd;                                                             \
		__asm__ volatile(".insn r 0x0b, 1, %1, %0, %2, %3"                               \
				 : "=r"(pe_sync_rd)                                              \
				 : "i"(op), "r"((uint64_t)(rs1)), "r"((uint64_t)(rs2))           \
				 : "memory");                                                    \
		pe_sync_rd;                                                                      \
	})

#define pe_set(csr, value)                                                                       \
	__asm__ volatile("csrw %0, %1" : : "i"(csr), "rK"((uint64_t)(value)) : "memory")

#define pe_get(csr)                                                                              \
	({                                                                                       \
		uint64_t pe_get_value;                                                           \
		__asm__ volatile("csrr %0, %1" : "=r"(pe_get_value) : "i"(csr) : "memory");      \
		pe_get_value;                                                                    \
	})

/* CSRs of traps, for pe_get() and pe_set(). */
enum {
	PE_MSTATUS = 0x300,
	PE_MIE = 0x304,
	PE_MTVEC = 0x305,
	PE_MEPC = 0x341,
	PE_MCAUSE = 0x342,
	PE_MTVAL = 0x343,
};

/*
 * Registers of the own PE, by their offset: pe_reg64(MTIA_PE_TIMECMP(0)) = ... A handler is a
 * function with __attribute__((interrupt("machine"), aligned(4))), its address goes to mtvec.
 */
#define pe_reg32(offset) (*(volatile uint32_t *)(uintptr_t)(MTIA_PE_REGS_BASE + (offset)))
#define pe_reg64(offset) (*(volatile uint64_t *)(uintptr_t)(MTIA_PE_REGS_BASE + (offset)))

PE_INLINE void pe_cb_init(uint32_t cb, uint32_t base, uint32_t size)
{
	pe_issue(MTIA_OP_CB_INIT, cb, base | (uint64_t)size << 32);
}

PE_INLINE void pe_cb_pop(uint32_t cb, uint32_t bytes)
{
	pe_issue(MTIA_OP_CB_POP, cb, bytes);
}

PE_INLINE void pe_cb_push(uint32_t cb, uint32_t bytes)
{
	pe_issue(MTIA_OP_CB_PUSH, cb, bytes);
}

/* The FP32 with these bits, without a way to the image's constants. */
PE_INLINE float pe_f32(uint32_t bits)
{
	float x;

	__asm__("fmv.w.x %0, %1" : "=f"(x) : "r"(bits));
	return x;
}

/* Wait for data; the address of the CB's oldest byte. */
PE_INLINE const void *pe_cb_wait(uint32_t cb, uint32_t bytes)
{
	return (const void *)(uintptr_t)pe_sync(MTIA_SYNC_CB_DATA, cb, bytes);
}

PE_INLINE void pe_fence(void)
{
	pe_sync(MTIA_SYNC_FENCE, 0, 0);
}

/*
 * One-time meeting of the two cores: A sets the CBs up and opens the gate, B waits at it: an atomic
 * register of the PE, zero at launch and then nobody else's.
 */
#define PE_GATE MTIA_ATOM(MTIA_PE_ATOMS - 1)

PE_INLINE void pe_gate_open(void)
{
	pe_fence();
	pe_sync(MTIA_SYNC_ATOM_SWAP, PE_GATE, 1);
}

PE_INLINE void pe_gate_wait(void)
{
	pe_sync(MTIA_SYNC_ATOM_WAIT_EQ, PE_GATE, 1);
}

#endif /* MTIA_PE_PROGRAM_H */
