/* SPDX-License-Identifier: GPL-2.0 */
/* What the interpreter's tests share: its two builds, and who covers which instruction. */
#ifndef MTIA_TESTS_RV_GUEST_H
#define MTIA_TESTS_RV_GUEST_H

#include "rv_insn.h"

/*
 * rv_exec.c built with -DRV_SWITCH -Drv_run=rv_run_switch. Decoded pages belong to one of the two
 * builds, so an rv_icache must not serve both.
 */
enum rv_stop rv_run_switch(struct rv_hart *hart, uint64_t until_cycle);

typedef enum rv_stop (*rv_run_fn)(struct rv_hart *hart, uint64_t until_cycle);

/* User mode has no such instructions, or not with the same result: the unit test runs them. */
static inline bool not_in_streams(enum rv_op op)
{
	switch (op) {
	case RV_OP_ECALL:
	case RV_OP_EBREAK:
	case RV_OP_MRET:
	case RV_OP_WFI:
	case RV_OP_CUSTOM0:
		return true;
	default:
		return false;
	}
}

#endif /* MTIA_TESTS_RV_GUEST_H */
