// SPDX-License-Identifier: MIT
/* Registers of the control core, MTIA_CC_* of regs.h. */
#include "soc.h"

uint32_t ctrl_irq_status(const struct mtia_model *m)
{
	const struct ctrl *c = &m->ctrl;

	return (c->doorbells ? MTIA_CC_IRQ_DOORBELL : 0) | (c->mbox_event ? MTIA_CC_IRQ_MBOX : 0) |
	       (c->pe_done | c->pe_fault ? MTIA_CC_IRQ_PE : 0) |
	       (c->dma_done ? MTIA_CC_IRQ_DMA : 0) |
	       (m->mmu.fault_count ? MTIA_CC_IRQ_FAULT : 0) |
	       (m->subgrids.event ? MTIA_CC_IRQ_SUBGRID : 0) |
	       (m->ecc.fault_count ? MTIA_CC_IRQ_ECC : 0);
}

/* The oldest fault record; zeroes if there is none. */
static struct fault_record oldest_fault(const struct mtia_model *m)
{
	struct fault_record none = { 0 };

	return m->mmu.fault_count ? m->mmu.fifo[m->mmu.fault_head] : none;
}

static bool read32(struct mtia_model *m, uint32_t offset, uint64_t *value)
{
	const struct ctrl *c = &m->ctrl;

	switch (offset) {
	case MTIA_CC_FW_STATUS:
		*value = m->shadow.fw_status;
		return true;
	case MTIA_CC_HEARTBEAT:
		*value = m->shadow.heartbeat;
		return true;
	case MTIA_CC_FW_VERSION:
		*value = m->shadow.fw_version;
		return true;
	case MTIA_CC_GRID:
		*value = MTIA_GRID_ROWS | MTIA_GRID_COLS << 8 | MTIA_CORES_PER_PE << 16;
		return true;
	case MTIA_CC_CLOCK_HZ:
		*value = MTIA_CLOCK_HZ;
		return true;
	case MTIA_CC_IRQ_STATUS:
		*value = ctrl_irq_status(m);
		return true;
	case MTIA_CC_IRQ_ENABLE:
		*value = c->irq_enable;
		return true;
	case MTIA_CC_MBOX_EVENT:
		*value = c->mbox_event;
		return true;
	case MTIA_CC_DMA_DONE:
		*value = c->dma_done;
		return true;
	case MTIA_CC_MBOX_H2D_TAIL:
		*value = c->mbox_h2d_tail;
		return true;
	case MTIA_CC_MBOX_D2H_HEAD:
		*value = c->mbox_d2h_head;
		return true;
	case MTIA_CC_TLB_ASID:
		*value = c->tlb_asid;
		return true;
	case MTIA_CC_FAULT_STATUS:
		*value = mmu_fault_status(m);
		return true;
	case MTIA_CC_FAULT_SRC:
		*value = oldest_fault(m).src;
		return true;
	case MTIA_CC_SRAM_MODE:
		*value = m->memsys.cache ? MTIA_SRAM_CACHE : MTIA_SRAM_SCRATCHPAD;
		return true;
	case MTIA_CC_CACHE_SHAPE:
		*value = MTIA_SRAM_SIZE / SOC_CACHE_LINES | SOC_CACHE_WAYS << 16;
		return true;
	case MTIA_CC_ECC_STATUS:
		*value = ecc_oldest(m).status;
		return true;
	case MTIA_CC_ECC_WHERE:
		*value = ecc_oldest(m).where;
		return true;
	case MTIA_CC_ECC_SCRUB_PERIOD:
		*value = m->ecc.period;
		return true;
	case MTIA_CC_ECC_POP: /* write only */
	case MTIA_CC_MSI:
	case MTIA_CC_FAULT_POP:
		*value = 0;
		return true;
	}
	if (offset >= MTIA_CC_CQ_HEAD(0) && offset < MTIA_CC_CQ_HEAD(MTIA_MAX_CQS)) {
		*value = c->cq_head[(offset - MTIA_CC_CQ_HEAD(0)) / 4];
		return true;
	}
	if (offset >= MTIA_CC_DB_TAIL(0) && offset < MTIA_CC_DB_TAIL(MTIA_MAX_QUEUES)) {
		*value = c->db_tail[(offset - MTIA_CC_DB_TAIL(0)) / 4];
		return true;
	}
	return false;
}

static bool read64(struct mtia_model *m, uint32_t offset, uint64_t *value)
{
	const struct ctrl *c = &m->ctrl;

	switch (offset) {
	case MTIA_CC_TIME:
		*value = c->hart.s.cycle;
		return true;
	case MTIA_CC_TIMECMP:
		*value = c->timecmp;
		return true;
	case MTIA_CC_LPDDR_SIZE:
		*value = m->lpddr_size;
		return true;
	case MTIA_CC_PE_ENABLED:
		*value = SOC_PE_ENABLED;
		return true;
	case MTIA_CC_DOORBELLS:
		*value = c->doorbells;
		return true;
	case MTIA_CC_PE_DONE:
		*value = c->pe_done;
		return true;
	case MTIA_CC_PE_FAULT:
		*value = c->pe_fault;
		return true;
	case MTIA_CC_ECC_ADDR:
		*value = ecc_oldest(m).addr;
		return true;
	case MTIA_CC_ECC_CORRECTED:
		*value = m->ecc.errors[MTIA_RAS_LPDDR_CORRECTED] +
			 m->ecc.errors[MTIA_RAS_SRAM_CORRECTED];
		return true;
	case MTIA_CC_ECC_UNCORRECTED:
		*value = m->ecc.errors[MTIA_RAS_LPDDR_UNCORRECTED] +
			 m->ecc.errors[MTIA_RAS_SRAM_UNCORRECTED];
		return true;
	case MTIA_CC_ECC_SCRUB_ADDR:
		*value = ecc_scrub_addr(m);
		return true;
	case MTIA_CC_CACHE_HITS:
		*value = m->memsys.hits;
		return true;
	case MTIA_CC_CACHE_MISSES:
		*value = m->memsys.misses;
		return true;
	case MTIA_CC_CACHE_WRITEBACKS:
		*value = m->memsys.writebacks;
		return true;
	case MTIA_CC_CACHE_BYPASSES:
		*value = m->memsys.bypassed;
		return true;
	case MTIA_CC_SG_EVENT:
		*value = m->subgrids.event;
		return true;
	case MTIA_CC_TLB_VA:
		*value = c->tlb_va;
		return true;
	case MTIA_CC_TLB_SIZE: /* write only */
		*value = 0;
		return true;
	case MTIA_CC_FAULT_VA:
		*value = oldest_fault(m).va;
		return true;
	}
	if (offset >= MTIA_CC_MMU_ROOT(0) && offset < MTIA_CC_MMU_ROOT(MTIA_MAX_ASIDS)) {
		*value = m->mmu.root[(offset - MTIA_CC_MMU_ROOT(0)) / 8];
		return true;
	}
	return false;
}

static bool in_subgrids(uint32_t offset)
{
	return offset >= MTIA_CC_SG(0) && offset < MTIA_CC_SG(MTIA_MAX_SUBGRIDS);
}

static bool in_work_queues(const struct mtia_model *m, uint32_t offset)
{
	return m->caps & MTIA_CAP_WORK_QUEUE && offset >= MTIA_CC_WQ(0) &&
	       offset < MTIA_CC_WQ(MTIA_MAX_SUBGRIDS);
}

uint64_t ctrl_reg_read(struct mtia_model *m, uint32_t offset, unsigned int size)
{
	uint64_t value = 0;

	if (offset >= MTIA_CC_DMA(0) && offset < MTIA_CC_DMA(MTIA_DMA_CHANNELS)) {
		uint32_t off = offset - MTIA_CC_DMA(0);

		if (dma_reg_read(m, off / 0x40, off % 0x40, size, &value))
			return value;
	} else if (in_subgrids(offset)) {
		if (subgrid_reg_read(m, offset - MTIA_CC_SG(0), size, &value))
			return value;
	} else if (in_work_queues(m, offset)) {
		if (workqueue_reg_read(m, offset - MTIA_CC_WQ(0), size, &value))
			return value;
	} else if (size >= 4) {
		if (size == 4 && read32(m, offset, &value))
			return value;
		if (read64(m, offset & ~7u, &value))
			return reg_part(value, offset & 4, size);
	}
	soc_error(m, MTIA_ERR_GUEST, MTIA_PA_CTRL + offset,
		  "control core: no register of %u bytes at 0x%x to read", size, offset);
	return 0;
}

static bool write32(struct mtia_model *m, uint32_t offset, uint32_t value)
{
	struct ctrl *c = &m->ctrl;

	switch (offset) {
	case MTIA_CC_FW_STATUS:
		m->shadow.fw_status = value;
		return true;
	case MTIA_CC_HEARTBEAT:
		m->shadow.heartbeat = value;
		return true;
	case MTIA_CC_FW_VERSION:
		m->shadow.fw_version = value;
		return true;
	case MTIA_CC_IRQ_ENABLE:
		c->irq_enable = value;
		return true;
	case MTIA_CC_MBOX_EVENT:
		c->mbox_event &= ~value;
		return true;
	case MTIA_CC_DMA_DONE:
		c->dma_done &= ~value;
		return true;
	case MTIA_CC_ECC_SCRUB_PERIOD:
		if (value > MTIA_ECC_MAX_PERIOD)
			return false;
		ecc_set_period(m, value);
		c->hart.stop_request = 1; /* there may be an event before the end of this run */
		return true;
	case MTIA_CC_ECC_POP:
		ecc_pop(m);
		return true;
	case MTIA_CC_SRAM_MODE:
		return value <= MTIA_SRAM_CACHE && memsys_set_cache(m, value == MTIA_SRAM_CACHE);
	case MTIA_CC_MSI:
		soc_raise_irq(m, value);
		return true;
	case MTIA_CC_TLB_ASID:
		c->tlb_asid = value;
		return true;
	case MTIA_CC_FAULT_POP:
		mmu_pop_fault(m);
		return true;
	default:
		return false;
	}
}

static bool write64(struct mtia_model *m, uint32_t offset, uint64_t value, unsigned int at,
		    unsigned int size)
{
	struct ctrl *c = &m->ctrl;

	switch (offset) {
	case MTIA_CC_TIMECMP:
		c->timecmp = reg_merge(c->timecmp, value, at, size);
		c->hart.stop_request = 1; /* the run up to the old time is void */
		return true;
	case MTIA_CC_DOORBELLS:
		c->doorbells &= ~reg_bits(value, at, size);
		return true;
	case MTIA_CC_PE_DONE:
		c->pe_done &= ~reg_bits(value, at, size);
		return true;
	case MTIA_CC_PE_FAULT:
		c->pe_fault &= ~reg_bits(value, at, size);
		return true;
	case MTIA_CC_SG_EVENT:
		m->subgrids.event &= ~reg_bits(value, at, size);
		return true;
	case MTIA_CC_TLB_VA:
		c->tlb_va = reg_merge(c->tlb_va, value, at, size);
		return true;
	case MTIA_CC_TLB_SIZE:
		c->tlb_size = reg_merge(c->tlb_size, value, at, size);
		if (size == 8 || at)
			mmu_invalidate(m, c->tlb_asid, c->tlb_va, c->tlb_size);
		return true;
	}
	if (offset >= MTIA_CC_MMU_ROOT(0) && offset < MTIA_CC_MMU_ROOT(MTIA_MAX_ASIDS)) {
		unsigned int asid = (offset - MTIA_CC_MMU_ROOT(0)) / 8;

		mmu_set_root(m, asid, reg_merge(m->mmu.root[asid], value, at, size));
		return true;
	}
	return false;
}

void ctrl_reg_write(struct mtia_model *m, uint32_t offset, uint64_t value, unsigned int size)
{
	bool known = false;

	if (offset >= MTIA_CC_DMA(0) && offset < MTIA_CC_DMA(MTIA_DMA_CHANNELS)) {
		uint32_t off = offset - MTIA_CC_DMA(0);

		known = dma_reg_write(m, off / 0x40, off % 0x40, value, size);
	} else if (in_subgrids(offset)) {
		known = subgrid_reg_write(m, offset - MTIA_CC_SG(0), value, size);
	} else if (in_work_queues(m, offset)) {
		known = workqueue_reg_write(m, offset - MTIA_CC_WQ(0), value, size);
	} else if (size >= 4) {
		known = (size == 4 && write32(m, offset, value)) ||
			write64(m, offset & ~7u, value, offset & 4, size);
	}
	if (!known)
		soc_error(m, MTIA_ERR_GUEST, MTIA_PA_CTRL + offset,
			  "control core: 0x%llx written to register 0x%x (%u bytes) is not allowed",
			  (unsigned long long)value, offset, size);
	ctrl_update_irqs(m);
}
