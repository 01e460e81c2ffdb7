// SPDX-License-Identifier: MIT
/*
 * Faults that a test or an operator asks for, one row each: its name, how it is armed, how it is taken
 * back. Where a fault bites is where its state is looked at; each of these places costs nothing but a
 * comparison while nothing is armed.
 */
#include <errno.h>
#include <string.h>

#include "soc.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define MSTATUS_MIE (UINT64_C(1) << 3)
#define MSTATUS_MPIE (UINT64_C(1) << 7)
#define CAUSE_ILLEGAL 2

struct fault {
	struct mtia_model_fault_info info;
	int (*arm)(struct mtia_model *m, uint64_t arg0, uint64_t arg1);
	void (*clear)(struct mtia_model *m); /* NULL: it is over at once */
};

/* ---- PEs, control core, DMA ---- */

static int arm_hang_pe(struct mtia_model *m, uint64_t pe, uint64_t unused)
{
	(void)unused;
	if (pe >= SOC_NR_PES)
		return -EINVAL;
	m->inject.hung_pes |= UINT64_C(1) << pe;
	return 0;
}

static void clear_hang_pe(struct mtia_model *m)
{
	m->inject.hung_pes = 0;
}

static int arm_hang_control(struct mtia_model *m, uint64_t unused0, uint64_t unused1)
{
	(void)unused0, (void)unused1;
	m->inject.hang_control = true;
	return 0;
}

static void clear_hang_control(struct mtia_model *m)
{
	m->inject.hang_control = false;
}

/* As if its next instruction were illegal. */
static int arm_panic_control(struct mtia_model *m, uint64_t unused0, uint64_t unused1)
{
	struct rv_state *s = &m->ctrl.hart.s;

	(void)unused0, (void)unused1;
	if (!m->ctrl.run || s->halted)
		return -EBUSY;
	s->waiting = 0;
	s->resv_size = 0;
	if (!s->mtvec) {
		s->halted = 1;
		s->halt_cause = CAUSE_ILLEGAL;
		s->halt_pc = s->pc;
		s->halt_tval = 0;
		return 0;
	}
	s->mepc = s->pc;
	s->mcause = CAUSE_ILLEGAL;
	s->mtval = 0;
	s->mstatus = (s->mstatus & ~(MSTATUS_MIE | MSTATUS_MPIE)) |
		     (s->mstatus & MSTATUS_MIE ? MSTATUS_MPIE : 0);
	s->pc = s->mtvec & ~UINT64_C(3);
	return 0;
}

static int arm_stall_dma(struct mtia_model *m, uint64_t channel, uint64_t unused)
{
	(void)unused;
	if (channel >= MTIA_DMA_CHANNELS)
		return -EINVAL;
	m->inject.stalled_dma |= 1u << channel;
	return 0;
}

static void clear_stall_dma(struct mtia_model *m)
{
	for (unsigned int c = 0; c < MTIA_DMA_CHANNELS; c++)
		if (m->inject.stalled_dma >> c & 1 && m->dma[c].due < m->now)
			m->dma[c].due = m->now;
	m->inject.stalled_dma = 0;
}

static int arm_slow(struct mtia_model *m, uint64_t factor, uint64_t unused)
{
	(void)unused;
	if (factor < 1 || factor > SOC_MAX_SLOW)
		return -EINVAL;
	m->inject.slow = factor;
	return 0;
}

static void clear_slow(struct mtia_model *m)
{
	m->inject.slow = 1;
}

/* ---- Interrupts and completions ---- */

static int arm_drop_irq(struct mtia_model *m, uint64_t count, uint64_t unused)
{
	(void)unused;
	m->inject.drop_irqs = count;
	return 0;
}

static void clear_drop_irq(struct mtia_model *m)
{
	m->inject.drop_irqs = 0;
}

static int arm_duplicate_irq(struct mtia_model *m, uint64_t count, uint64_t unused)
{
	(void)unused;
	m->inject.duplicate_irqs = count;
	return 0;
}

static void clear_duplicate_irq(struct mtia_model *m)
{
	m->inject.duplicate_irqs = 0;
}

static int arm_corrupt_cqe(struct mtia_model *m, uint64_t bits, uint64_t word)
{
	if (word >= ARRAY_SIZE(m->inject.held))
		return -EINVAL;
	m->inject.corrupt = bits;
	m->inject.corrupt_word = word;
	return 0;
}

static void clear_corrupt_cqe(struct mtia_model *m)
{
	m->inject.corrupt = 0;
}

static int arm_reorder_cqe(struct mtia_model *m, uint64_t count, uint64_t unused)
{
	(void)unused;
	m->inject.reorder = count;
	return 0;
}

bool inject_hold_cqe(struct mtia_model *m, uint64_t bus, const void *cqe)
{
	struct inject *inject = &m->inject;

	if (inject->holding || !inject->reorder)
		return false;
	inject->reorder--;
	inject->holding = true;
	inject->held_bus = bus;
	memcpy(inject->held, cqe, sizeof(inject->held));
	return true;
}

void inject_release_cqe(struct mtia_model *m)
{
	struct inject *inject = &m->inject;

	if (!inject->holding)
		return;
	inject->holding = false;
	/* It was announced as written long ago; if the host refuses now, nobody is told. */
	m->ops.dma_write(m->opaque, inject->held_bus, inject->held, sizeof(inject->held));
}

static void clear_reorder_cqe(struct mtia_model *m)
{
	m->inject.reorder = 0;
	inject_release_cqe(m);
}

/* ---- Memory ---- */

static int arm_ecc_ce(struct mtia_model *m, uint64_t pa, uint64_t bit)
{
	return ecc_inject(m, pa, bit < 64 ? bit : 64, bit < 64 ? bit : 64) ? 0 : -EINVAL;
}

static int arm_ecc_ue(struct mtia_model *m, uint64_t pa, uint64_t bits)
{
	unsigned int bit0 = bits & 0xff, bit1 = bits >> 8 & 0xff;

	if (!bits)
		bit1 = 1; /* any two will do */
	return bits >> 16 || bit0 == bit1 || !ecc_inject(m, pa, bit0, bit1) ? -EINVAL : 0;
}

static int arm_fail_walk(struct mtia_model *m, uint64_t asid, uint64_t va)
{
	if (asid >= MTIA_MAX_ASIDS || va >= MTIA_VA_USER_MAX)
		return -EINVAL;
	m->inject.fail_walk = true;
	m->inject.walk_asid = asid;
	m->inject.walk_va = va & ~(uint64_t)(MTIA_PAGE_SIZE - 1);
	mmu_invalidate(m, asid, m->inject.walk_va, MTIA_PAGE_SIZE);
	return 0;
}

static void clear_fail_walk(struct mtia_model *m)
{
	m->inject.fail_walk = false;
}

/* ---- The table ---- */

static const struct fault faults[] = {
	{ { MTIA_INJECT_HANG_PE, "hang-pe", "PE", NULL, "a PE makes no progress, whatever resets it" },
	  arm_hang_pe, clear_hang_pe },
	{ { MTIA_INJECT_HANG_CONTROL, "hang-control", NULL, NULL,
	    "the control core stops, until its reset" },
	  arm_hang_control, clear_hang_control },
	{ { MTIA_INJECT_PANIC_CONTROL, "panic-control", NULL, NULL,
	    "the control core takes an illegal instruction now" },
	  arm_panic_control, NULL },
	{ { MTIA_INJECT_STALL_DMA, "stall-dma", "CHANNEL", NULL, "a DMA channel moves nothing" },
	  arm_stall_dma, clear_stall_dma },
	{ { MTIA_INJECT_SLOW, "slow", "FACTOR", NULL,
	    "memory, network and DMA take so many times longer" },
	  arm_slow, clear_slow },
	{ { MTIA_INJECT_DROP_IRQ, "drop-irq", "COUNT", NULL, "the next interrupts do not arrive" },
	  arm_drop_irq, clear_drop_irq },
	{ { MTIA_INJECT_DUPLICATE_IRQ, "duplicate-irq", "COUNT", NULL,
	    "the next interrupts arrive twice" },
	  arm_duplicate_irq, clear_duplicate_irq },
	{ { MTIA_INJECT_CORRUPT_CQE, "corrupt-cqe", "BITS", "WORD",
	    "bits flip in the next completion" },
	  arm_corrupt_cqe, clear_corrupt_cqe },
	{ { MTIA_INJECT_REORDER_CQE, "reorder-cqe", "COUNT", NULL,
	    "each of the next completions arrives after the one behind it" },
	  arm_reorder_cqe, clear_reorder_cqe },
	{ { MTIA_INJECT_ECC_CE, "ecc-ce", "ADDRESS", "BIT",
	    "one wrong bit at a device physical address: corrected when read" },
	  arm_ecc_ce, ecc_clear },
	{ { MTIA_INJECT_ECC_UE, "ecc-ue", "ADDRESS", "BITS",
	    "two wrong bits (first | second << 8): poison until written" },
	  arm_ecc_ue, ecc_clear },
	{ { MTIA_INJECT_FAIL_WALK, "fail-walk", "ASID", "VA",
	    "walks for a page end with a bad entry" },
	  arm_fail_walk, clear_fail_walk },
};

const struct mtia_model_fault_info *mtia_model_fault_info(unsigned int index)
{
	return index < ARRAY_SIZE(faults) ? &faults[index].info : NULL;
}

static int clear(struct mtia_model *m, uint64_t which)
{
	bool known = !which;

	for (unsigned int i = 0; i < ARRAY_SIZE(faults); i++) {
		if (which && faults[i].info.fault != which)
			continue;
		known = true;
		if (faults[i].clear)
			faults[i].clear(m);
	}
	return known ? 0 : -EINVAL;
}

int mtia_model_inject(struct mtia_model *m, enum mtia_model_fault fault, uint64_t arg0,
		      uint64_t arg1)
{
	if (fault == MTIA_INJECT_CLEAR)
		return clear(m, arg0);
	for (unsigned int i = 0; i < ARRAY_SIZE(faults); i++)
		if (faults[i].info.fault == fault)
			return faults[i].arm(m, arg0, arg1);
	return -EINVAL;
}

void inject_reset(struct mtia_model *m)
{
	m->inject = (struct inject){ .slow = 1 };
	ecc_clear(m);
}

bool inject_state_valid(const struct mtia_model *m)
{
	const struct inject *inject = &m->inject;

	return inject->corrupt_word < ARRAY_SIZE(inject->held) && inject->slow >= 1 &&
	       inject->slow <= SOC_MAX_SLOW && !(inject->stalled_dma >> MTIA_DMA_CHANNELS) &&
	       inject->walk_asid < MTIA_MAX_ASIDS;
}
