// SPDX-License-Identifier: GPL-2.0
/*
 * PE program of the simulator tests: does one thing, right or wrong, as its arguments say. Also
 * used by hand with mtia-sim.
 */
#include "mtia/pe_program.h"

#include "sim_probe.h"

#define SCAN_FROM 0x1000u  /* behind the arguments */
#define SCAN_TO	  0x1c000u /* below the stacks */

/* Zero if local memory is clean; leaves it dirty for whoever comes next. */
static uint64_t scan_and_soil(void)
{
	volatile uint64_t *words = (volatile uint64_t *)(uintptr_t)SCAN_FROM;
	uint64_t seen = 0;

	for (uint32_t i = 0; i < (SCAN_TO - SCAN_FROM) / 8; i++) {
		seen |= words[i];
		words[i] = 0xa5a5a5a5a5a5a5a5ull;
	}
	return seen;
}

/* Of INTERRUPTS; behind the arguments, where a program's own data may be. */
static volatile struct {
	double sum;
	uint64_t next;
	uint32_t ticks, traps;
} *const shared = (void *)(uintptr_t)SCAN_FROM;

#define PERIOD 300

/*
 * The compiler saves what it uses, F registers included. (A constant would come from the program's
 * image, 200 cycles away.)
 */
__attribute__((interrupt("machine"), aligned(4))) static void handler(void)
{
	if (pe_get(PE_MCAUSE) >> 63) {
		shared->ticks++;
		shared->sum += shared->ticks;
		shared->next += PERIOD;
		pe_reg64(MTIA_PE_TIMECMP(0)) = shared->next;
	} else {
		shared->traps++;
		pe_set(PE_MEPC, pe_get(PE_MEPC) + 4);
	}
}

static void interrupts(volatile struct probe_out *out, uint32_t rounds)
{
	double sum = 0;

	shared->next = pe_reg64(MTIA_PE_TIME) + PERIOD;
	pe_reg64(MTIA_PE_TIMECMP(0)) = shared->next;
	pe_set(PE_MTVEC, (uintptr_t)handler);
	pe_set(PE_MIE, 1 << 7);
	pe_set(PE_MSTATUS, 1 << 13 | 1 << 3);
	for (uint32_t i = 0; i < rounds; i++) {
		sum += i;
		if (i % 1000 == 999)
			__asm__ volatile(".word 0" : : : "memory");
	}
	pe_set(PE_MIE, 0);
	pe_set(PE_MTVEC, 0);
	out->dirt = (uint64_t)sum;
	out->grid = shared->traps;
	out->value = shared->ticks;
	if ((uint64_t)shared->sum * 2 != shared->ticks * (shared->ticks + 1ull))
		out->value = 0;
}

uint32_t core_a(const void *raw, uint32_t pos, uint32_t grid)
{
	const struct probe_args *args = raw;
	uint32_t index = pe_row(pos) * (grid >> 16) + pe_col(pos);
	volatile struct probe_out *out = (volatile struct probe_out *)(uintptr_t)args->out + index;
	volatile uint64_t *far = (volatile uint64_t *)(uintptr_t)args->addr;

	if (args->only && index + 1 != args->only)
		return 0;
	switch (args->mode) {
	case PROBE_HELLO:
		out->dirt = scan_and_soil();
		out->pos = pos;
		out->grid = grid;
		out->value = args->value;
		return 0;
	case PROBE_SPIN:
		for (;;)
			;
	case PROBE_ILLEGAL:
		__asm__ volatile(".word 0");
		return 0;
	case PROBE_STORE:
		*far = args->value;
		return 0;
	case PROBE_LOAD:
		out->value = (uint32_t)*far;
		return 0;
	case PROBE_EXIT:
		return args->value;
	case PROBE_INTERRUPTS:
		interrupts(out, args->value);
		return 0;
	}
	return 255;
}

uint32_t core_b(const void *args, uint32_t pos, uint32_t grid)
{
	(void)args;
	(void)pos;
	(void)grid;
	return 0;
}
