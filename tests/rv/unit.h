/* SPDX-License-Identifier: GPL-2.0 */
/* The unit tests, one function a subject; their cases are counted together by unit.c. */
#ifndef MTIA_TESTS_RV_UNIT_H
#define MTIA_TESTS_RV_UNIT_H

#include <stdio.h>
#include <string.h>

#include "rig.h"

/* Report a case: tap_ok() and tap_u64() of tests/unit/tap.h, counted in one place. */
bool unit_ok(bool pass, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
bool unit_u64(uint64_t got, uint64_t want, const char *fmt, ...) __attribute__((format(printf, 3,
										       4)));

void test_csrs(void);
void test_every_other(void);
void test_custom_csrs(void);
void test_custom0(void);
void test_fp_state(void);
void test_fp_traps(void);
void test_fp_values(void);
void test_state_valid(void);
void test_vector(void);
void test_traps(void);
void test_interrupts(void);
void test_stalls(void);
void test_icache(void);
void test_straddle(void);
void test_lr_sc(void);
void test_budget(void);
void test_windows(void);
void test_disasm(void);

#endif /* MTIA_TESTS_RV_UNIT_H */
