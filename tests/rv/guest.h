/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A hart with plain memory around it, as the interpreter's tests need it. `dispatch` says which of
 * the two builds of the interpreter loop runs; a hart's rv_icache belongs to one of them.
 */
#ifndef MTIA_TESTS_RV_GUEST_H
#define MTIA_TESTS_RV_GUEST_H

#include "rv.h"

/* rv_exec.c built with -DRV_SWITCH -Drv_run=rv_run_switch */
enum rv_stop rv_run_switch(struct rv_hart *hart, uint64_t until_cycle);

typedef enum rv_stop (*rv_run_fn)(struct rv_hart *hart, uint64_t until_cycle);

#endif /* MTIA_TESTS_RV_GUEST_H */
