/* SPDX-License-Identifier: GPL-2.0 */
/* What the control core's test programs (guest.c) and the tests share: a page in LPDDR. */
#ifndef MTIA_TESTS_SOC_GUEST_H
#define MTIA_TESTS_SOC_GUEST_H

#include "mtia/regs.h"

#define GUEST_PAGE 0x100000 /* offset into LPDDR; the stack follows it */
#define GUEST_STACK 0x8000
#define GUEST_ACCESSES 256

enum guest_program {
	GUEST_MONITOR, /* make the accesses the test asks for, one batch a mailbox ring */
	GUEST_IRQ,     /* handlers for doorbells (answer MSI 2) and timer (MSI 3) */
	GUEST_TRAP,    /* read where nothing is, without a handler */
	GUEST_HALT,    /* wfi, nothing enabled */
	GUEST_SPIN,    /* count */
	GUEST_MIX,     /* DMA on all channels, over and over */
};

#define GUEST_WRITE 0x100
#define GUEST_EXEC 0x200 /* jump there */
#define GUEST_AMOADD 0x400

struct guest_access {
	__u64 op; /* bytes | GUEST_WRITE */
	__u64 addr;
	__u64 value; /* written, or what was read */
	__u64 trap;  /* mcause + 1, 0 if it did not trap */
};

struct guest_page {
	__u64 program;
	__u64 done; /* batches */
	__u64 count;
	struct guest_access access[GUEST_ACCESSES];
	/* GUEST_IRQ */
	__u64 period; /* of the timer, 0 = off */
	__u64 timer_irqs, doorbell_irqs;
	__u64 doorbells; /* last set */
	__u64 tail;	 /* of the lowest of it */
	__u64 first_timer;
	/* GUEST_SPIN, GUEST_MIX */
	__u64 spins;
	__u64 trap; /* of the monitor, see struct guest_access */
};

#endif /* MTIA_TESTS_SOC_GUEST_H */
