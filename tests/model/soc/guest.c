// SPDX-License-Identifier: GPL-2.0
/* Test programs for the control core, all in one image that is loaded where LPDDR begins. */
#include "guest.h"

#define MIE_TIMER (1ull << 7)
#define MIE_EXTERNAL (1ull << 11)
#define MSTATUS_MIE (1ull << 3)

#define csr_write(csr, value)                                                                      \
	__asm__ volatile("csrw " #csr ", %0" : : "r"((__u64)(value)) : "memory")
#define csr_read(csr)                                                                              \
	({                                                                                         \
		__u64 v_;                                                                          \
		__asm__ volatile("csrr %0, " #csr : "=r"(v_) : : "memory");                        \
		v_;                                                                                \
	})

static volatile __u32 *reg32(__u64 pa)
{
	return (volatile __u32 *)pa;
}

static volatile __u64 *reg64(__u64 pa)
{
	return (volatile __u64 *)pa;
}

#define CC32(offset) (*reg32(MTIA_PA_CTRL + (offset)))
#define CC64(offset) (*reg64(MTIA_PA_CTRL + (offset)))

__attribute__((naked, section(".text.start"), used)) static void start(void)
{
	__asm__ volatile("li t0, %0\n"
			 "add sp, a0, t0\n"
			 "j guest_main\n"
			 :
			 : "i"(GUEST_STACK));
}

/* ---- Monitor ---- */

/* Notes the cause and goes on behind the access; a jump that failed goes back to its caller. */
__attribute__((interrupt("machine"), aligned(4))) static void monitor_trap(void)
{
	struct guest_page *page = (struct guest_page *)csr_read(mscratch);
	__u64 cause = csr_read(mcause), pc = csr_read(mepc);

	page->trap = cause + 1;
	if (cause == 1)
		csr_write(mepc, page->spins);
	else
		csr_write(mepc, pc + ((*(volatile __u16 *)pc & 3) == 3 ? 4 : 2));
}

static void jump(struct guest_page *page, __u64 to)
{
	__asm__ volatile("la t0, 1f\n"
			 "sd t0, %0\n"
			 "jalr ra, %1\n"
			 "1:\n"
			 : "=m"(page->spins)
			 : "r"(to)
			 : "ra", "t0", "memory");
}

static void access(struct guest_page *page, struct guest_access *a)
{
	page->trap = 0;
	switch (a->op) {
	case 1:
		a->value = *(volatile __u8 *)a->addr;
		break;
	case 2:
		a->value = *(volatile __u16 *)a->addr;
		break;
	case 4:
		a->value = *reg32(a->addr);
		break;
	case 8:
		a->value = *reg64(a->addr);
		break;
	case 1 | GUEST_WRITE:
		*(volatile __u8 *)a->addr = a->value;
		break;
	case 2 | GUEST_WRITE:
		*(volatile __u16 *)a->addr = a->value;
		break;
	case 4 | GUEST_WRITE:
		*reg32(a->addr) = a->value;
		break;
	case 8 | GUEST_WRITE:
		*reg64(a->addr) = a->value;
		break;
	case 8 | GUEST_AMOADD:
		a->value = __atomic_fetch_add((__u64 *)a->addr, a->value, __ATOMIC_RELAXED);
		break;
	case GUEST_EXEC:
		jump(page, a->addr);
		break;
	}
	__asm__ volatile("" ::: "memory");
	a->trap = *(volatile __u64 *)&page->trap;
}

static void monitor(struct guest_page *page)
{
	csr_write(mscratch, page);
	csr_write(mtvec, monitor_trap);
	CC32(MTIA_CC_IRQ_ENABLE) = MTIA_CC_IRQ_MBOX;
	csr_write(mie, MIE_EXTERNAL);
	for (;;) {
		__u32 event;

		__asm__ volatile("wfi" ::: "memory");
		event = CC32(MTIA_CC_MBOX_EVENT);
		if (!event)
			continue;
		CC32(MTIA_CC_MBOX_EVENT) = event;
		for (__u64 i = 0; i < page->count && i < GUEST_ACCESSES; i++)
			access(page, &page->access[i]);
		page->done++;
	}
}

/* ---- Interrupts ---- */

__attribute__((interrupt("machine"), aligned(4))) static void irq_handler(void)
{
	struct guest_page *page = (struct guest_page *)csr_read(mscratch);

	if (csr_read(mcause) << 1 == 7 << 1) {
		if (!page->timer_irqs++)
			page->first_timer = CC64(MTIA_CC_TIME);
		CC64(MTIA_CC_TIMECMP) += page->period;
		CC32(MTIA_CC_MSI) = 3;
		return;
	}
	page->doorbells = CC64(MTIA_CC_DOORBELLS);
	CC64(MTIA_CC_DOORBELLS) = page->doorbells;
	for (unsigned int q = 0; q < MTIA_MAX_QUEUES; q++) {
		if (page->doorbells >> q & 1) {
			page->tail = CC32(MTIA_CC_DB_TAIL(q));
			break;
		}
	}
	page->doorbell_irqs++;
	CC32(MTIA_CC_MSI) = 2;
}

static void irq(struct guest_page *page)
{
	csr_write(mscratch, page);
	csr_write(mtvec, irq_handler);
	CC32(MTIA_CC_IRQ_ENABLE) = MTIA_CC_IRQ_DOORBELL;
	if (page->period)
		CC64(MTIA_CC_TIMECMP) = CC64(MTIA_CC_TIME) + page->period;
	csr_write(mie, MIE_TIMER | MIE_EXTERNAL);
	csr_write(mstatus, MSTATUS_MIE);
	for (;;)
		__asm__ volatile("wfi" ::: "memory");
}

/* ---- Activity ---- */

static void mix(struct guest_page *page)
{
	for (__u64 i = 0;; i++) {
		__u32 at = MTIA_CC_DMA(i % MTIA_DMA_CHANNELS);

		*(volatile __u64 *)&page->spins = i;
		if ((CC32(at + MTIA_DMA_STATUS) & 0xff) == MTIA_DMA_ST_BUSY)
			continue;
		CC64(at + MTIA_DMA_SRC) = MTIA_PA_SRAM + (i * 64 & 0xfffc0);
		CC64(at + MTIA_DMA_DST) = MTIA_PA_SRAM + 0x200000 + (i * 64 & 0xfffc0);
		CC64(at + MTIA_DMA_LEN) = 100 + (i * 32 & 0x1ffff);
		CC32(at + MTIA_DMA_SRC_SPACE) = MTIA_SPACE_PHYS;
		CC32(at + MTIA_DMA_DST_SPACE) = MTIA_SPACE_PHYS;
		CC32(at + MTIA_DMA_CTRL) = MTIA_DMA_START;
	}
}

__attribute__((used)) void guest_main(struct guest_page *page)
{
	switch (page->program) {
	case GUEST_MONITOR:
		monitor(page);
		break;
	case GUEST_IRQ:
		irq(page);
		break;
	case GUEST_TRAP:
		(void)*reg64(0x50000000);
		break;
	case GUEST_SPIN:
		for (;;)
			(*(volatile __u64 *)&page->spins)++;
	case GUEST_MIX:
		mix(page);
		break;
	}
	for (;;)
		__asm__ volatile("wfi");
}
