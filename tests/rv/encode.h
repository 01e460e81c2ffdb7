/* SPDX-License-Identifier: GPL-2.0 */
/* Instruction words from operands, for tests that write code. */
#ifndef MTIA_TESTS_RV_ENCODE_H
#define MTIA_TESTS_RV_ENCODE_H

#include "rv_insn.h"

static inline uint32_t itype(enum rv_op op, unsigned int rd, unsigned int rs1, int imm)
{
	return rv_insns[op].match | rd << 7 | rs1 << 15 | (uint32_t)imm << 20;
}

static inline uint32_t rtype(enum rv_op op, unsigned int rd, unsigned int rs1, unsigned int rs2)
{
	return rv_insns[op].match | rd << 7 | rs1 << 15 | rs2 << 20;
}

static inline uint32_t stype(enum rv_op op, unsigned int rs1, unsigned int rs2, int imm)
{
	uint32_t u = imm;

	return rv_insns[op].match | (u & 31) << 7 | rs1 << 15 | rs2 << 20 | (u >> 5 & 127) << 25;
}

static inline uint32_t btype(uint32_t insn, int imm)
{
	uint32_t u = imm;

	return insn | (u >> 11 & 1) << 7 | (u >> 1 & 15) << 8 | (u >> 5 & 63) << 25 |
	       (u >> 12 & 1) << 31;
}

static inline uint32_t jtype(uint32_t insn, int imm)
{
	uint32_t u = imm;

	return insn | (u >> 12 & 255) << 12 | (u >> 11 & 1) << 20 | (u >> 1 & 1023) << 21 |
	       (u >> 20 & 1) << 31;
}

static inline uint32_t utype(enum rv_op op, unsigned int rd, uint32_t imm20)
{
	return rv_insns[op].match | rd << 7 | imm20 << 12;
}

/* imm: the register, or the 5-bit value of the *I forms */
static inline uint32_t csrtype(enum rv_op op, unsigned int rd, unsigned int csr, unsigned int imm)
{
	return rv_insns[op].match | rd << 7 | imm << 15 | csr << 20;
}

#endif /* MTIA_TESTS_RV_ENCODE_H */
