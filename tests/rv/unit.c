// SPDX-License-Identifier: GPL-2.0
/*
 * What qemu's user mode can't show: traps, CSRs, interrupts, wfi, stalls, the instruction cache,
 * budgets, windows. Every case runs with both dispatch builds.
 */
#include "unit.h"
#include "../unit/tap.h"

bool unit_ok(bool pass, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	tap_line(pass, fmt, args);
	va_end(args);
	return pass;
}

bool unit_u64(uint64_t got, uint64_t want, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	tap_line(got == want, fmt, args);
	va_end(args);
	if (got != want)
		fprintf(stderr, "#   got %llu, want %llu\n", (unsigned long long)got,
			(unsigned long long)want);
	return got == want;
}

int main(void)
{
	unsigned int i;

	for (i = 0; i < 2; i++) {
		run = i ? rv_run_switch : rv_run;
		dispatch = i ? "switch" : "goto";
		test_csrs();
		test_every_other();
		test_custom_csrs();
		test_custom0();
		test_fp_state();
		test_fp_traps();
		test_fp_values();
		test_state_valid();
		test_vector();
		test_traps();
		test_interrupts();
		test_stalls();
		test_icache();
		test_straddle();
		test_lr_sc();
		test_budget();
		test_windows();
	}
	test_disasm();
	return tap_done();
}
