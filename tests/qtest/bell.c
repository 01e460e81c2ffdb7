// SPDX-License-Identifier: GPL-2.0
/*
 * A control-core program for the qtests, in place of firmware. It runs from LPDDR offset 0. For
 * each value V written to doorbell 0 it copies V to host memory at BOOT_ARG by DMA, puts the
 * channel's final status into LPDDR (BELL_STATUS), raises vector V & 0xff and counts (BELL_COUNT).
 * V = BELL_HANG: it never comes back.
 */
#include "bell.h"
#include "mtia/regs.h"

#define REG32(offset) (*(volatile uint32_t *)(MTIA_PA_CTRL + (offset)))
#define REG64(offset) (*(volatile uint64_t *)(MTIA_PA_CTRL + (offset)))
#define MEM64(offset) (*(volatile uint64_t *)(MTIA_PA_LPDDR + (offset)))

/* a0 comes from BOOT_ARG and stays; the stack is the 4 KiB below BELL_STACK. */
__attribute__((naked, section(".start"))) void _start(void)
{
	__asm__ volatile("li sp, %0\n\tj bell_run" : : "i"(MTIA_PA_LPDDR + BELL_STACK));
}

static uint32_t copy_to_host(uint64_t bus)
{
	uint32_t status;

	REG64(MTIA_CC_DMA(0) + MTIA_DMA_SRC) = MTIA_PA_LPDDR + BELL_VALUE;
	REG64(MTIA_CC_DMA(0) + MTIA_DMA_DST) = bus;
	REG64(MTIA_CC_DMA(0) + MTIA_DMA_LEN) = 4;
	REG32(MTIA_CC_DMA(0) + MTIA_DMA_SRC_SPACE) = MTIA_SPACE_PHYS;
	REG32(MTIA_CC_DMA(0) + MTIA_DMA_DST_SPACE) = MTIA_SPACE_HOST;
	REG32(MTIA_CC_DMA(0) + MTIA_DMA_CTRL) = MTIA_DMA_START;
	do
		status = REG32(MTIA_CC_DMA(0) + MTIA_DMA_STATUS);
	while ((status & 0xff) == MTIA_DMA_ST_BUSY);
	return status;
}

__attribute__((noreturn, used)) void bell_run(uint64_t bus)
{
	uint64_t count = 0;

	MEM64(BELL_COUNT) = 0;
	REG32(MTIA_CC_IRQ_ENABLE) = MTIA_CC_IRQ_DOORBELL;
	/* mie.MEIE: wfi ends when the line rises. mstatus.MIE stays off: no trap. */
	__asm__ volatile("csrw mie, %0" : : "r"(1 << 11));
	for (;;) {
		uint64_t rung = REG64(MTIA_CC_DOORBELLS);
		uint32_t value;

		if (!rung) {
			__asm__ volatile("wfi");
			continue;
		}
		REG64(MTIA_CC_DOORBELLS) = rung;
		value = REG32(MTIA_CC_DB_TAIL(0));
		while (value == BELL_HANG)
			;
		MEM64(BELL_VALUE) = value;
		MEM64(BELL_STATUS) = copy_to_host(bus);
		REG32(MTIA_CC_MSI) = value & 0xff;
		MEM64(BELL_COUNT) = ++count;
	}
}
