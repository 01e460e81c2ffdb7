// SPDX-License-Identifier: MIT
/*
 * The control core: a hart with its memories, its wires, and its share of a quantum.
 *
 * LPDDR and SRAM are windows of the hart; registers and PE local memories are behind the bus. An
 * access to a register block always works (what is not a register reads 0 and counts as a guest
 * error); an access to no block at all traps.
 */
#include <errno.h>
#include <string.h>

#include "soc.h"

#define CTRL_ICACHE_PAGES 64

/* ---- Bus ---- */

static enum rv_result bus_load(void *ctx, uint64_t addr, unsigned int size, uint64_t *val,
			       struct rv_exc *exc)
{
	struct mtia_model *m = ctx;
	uint64_t left;
	uint8_t *p;

	(void)exc;
	if (addr - MTIA_PA_CTRL < MTIA_PA_CTRL_SIZE) {
		m->ctrl.hart.s.cycle += SOC_CTRL_REG_CYCLES;
		*val = ctrl_reg_read(m, addr - MTIA_PA_CTRL, size);
		return RV_OK;
	}
	if (addr - MTIA_PA_PE_CTRL < SOC_NR_PES * 0x1000) {
		uint64_t off = addr - MTIA_PA_PE_CTRL;

		m->ctrl.hart.s.cycle += SOC_PE_REG_CYCLES * m->inject.slow;
		if (!peblock_reg_read(m, off / 0x1000, off % 0x1000, size, val)) {
			*val = 0;
			soc_error(m, MTIA_ERR_GUEST, addr, "control core: no PE register at 0x%llx",
				  (unsigned long long)addr);
		}
		return RV_OK;
	}
	p = memory_at(m, addr, &left);
	if (!p || left < size)
		return RV_FAULT;
	m->ctrl.hart.s.cycle += SOC_PE_LOCAL_CYCLES;
	*val = 0;
	memcpy(val, p, size);
	return RV_OK;
}

static enum rv_result bus_store(void *ctx, uint64_t addr, unsigned int size, uint64_t val,
				struct rv_exc *exc)
{
	struct mtia_model *m = ctx;
	uint64_t left;
	uint8_t *p;

	(void)exc;
	if (addr - MTIA_PA_CTRL < MTIA_PA_CTRL_SIZE) {
		ctrl_reg_write(m, addr - MTIA_PA_CTRL, val, size);
		m->ctrl.hart.s.cycle += SOC_CTRL_REG_CYCLES;
		return RV_OK;
	}
	if (addr - MTIA_PA_PE_CTRL < SOC_NR_PES * 0x1000) {
		uint64_t off = addr - MTIA_PA_PE_CTRL;

		if (!peblock_reg_write(m, off / 0x1000, off % 0x1000, val, size))
			soc_error(
				m, MTIA_ERR_GUEST, addr,
				"control core: 0x%llx written to PE register 0x%llx is not allowed",
				(unsigned long long)val, (unsigned long long)addr);
		m->ctrl.hart.s.cycle += SOC_PE_REG_CYCLES * m->inject.slow;
		return RV_OK;
	}
	p = memory_at(m, addr, &left);
	if (!p || left < size)
		return RV_FAULT;
	m->ctrl.hart.s.cycle += SOC_PE_LOCAL_CYCLES;
	memcpy(p, &val, size);
	return RV_OK;
}

/* Atomics work on memory only. */
static enum rv_result bus_amo(void *ctx, uint64_t addr, unsigned int size, enum rv_amo op,
			      uint64_t operand, uint64_t *old, struct rv_exc *exc)
{
	struct mtia_model *m = ctx;
	uint64_t left, was = 0, value;
	uint8_t *p = memory_at(m, addr, &left);

	(void)exc;
	if (!p || left < size)
		return RV_FAULT;
	m->ctrl.hart.s.cycle += SOC_PE_LOCAL_CYCLES;
	memcpy(&was, p, size);
	if (op == RV_AMO_LR) {
		*old = was;
		return RV_OK;
	}
	if (op == RV_AMO_SC) {
		bool held = !memcmp(&was, old, size);

		if (held)
			memcpy(p, &operand, size);
		*old = !held;
		return RV_OK;
	}
	value = rv_amo_apply(op, size, was, operand);
	memcpy(p, &value, size);
	*old = was;
	return RV_OK;
}

/* Code runs from LPDDR, which is a window. */
static enum rv_result bus_fetch(void *ctx, uint64_t vaddr, uint64_t *phys_key, const void **host,
				struct rv_exc *exc)
{
	(void)ctx, (void)vaddr, (void)phys_key, (void)host, (void)exc;
	return RV_FAULT;
}

static enum rv_result bus_csr_read(void *ctx, unsigned int csr, uint64_t *val, struct rv_exc *exc)
{
	(void)ctx, (void)csr, (void)val, (void)exc;
	return RV_FAULT;
}

static enum rv_result bus_csr_write(void *ctx, unsigned int csr, uint64_t val, struct rv_exc *exc)
{
	(void)ctx, (void)csr, (void)val, (void)exc;
	return RV_FAULT;
}

static enum rv_result bus_custom0(void *ctx, struct rv_hart *hart, unsigned int funct3,
				  unsigned int funct7, uint64_t rs1, uint64_t rs2, uint64_t *rd,
				  struct rv_exc *exc)
{
	(void)ctx, (void)hart, (void)funct3, (void)funct7, (void)rs1, (void)rs2, (void)rd,
		(void)exc;
	return RV_FAULT;
}

static const struct rv_bus ctrl_bus = {
	.load = bus_load,
	.store = bus_store,
	.amo = bus_amo,
	.fetch = bus_fetch,
	.csr_read = bus_csr_read,
	.csr_write = bus_csr_write,
	.custom0 = bus_custom0,
};

/* ---- Life ---- */

int ctrl_init(struct mtia_model *m)
{
	struct rv_config config = {
		.bus = &ctrl_bus,
		.ctx = m,
		.windows = {
			{ .base = MTIA_PA_LPDDR, .size = m->lpddr_size, .host = m->lpddr,
			  .perms = RV_R | RV_W | RV_X, .phys = MTIA_PA_LPDDR },
			{ .base = MTIA_PA_SRAM, .size = MTIA_SRAM_SIZE, .host = m->sram,
			  .perms = RV_R | RV_W },
		},
		.nwindows = 2,
	};
	int ret;

	m->ctrl.icache = rv_icache_create(CTRL_ICACHE_PAGES);
	if (!m->ctrl.icache)
		return -ENOMEM;
	config.icache = m->ctrl.icache;
	ret = rv_init(&m->ctrl.hart, &config);
	if (ret)
		rv_icache_destroy(m->ctrl.icache);
	else
		/* No custom CSR belongs to this core: all go to the bus, which refuses. */
		m->ctrl.hart.custom_csr_hook = UINT64_MAX;
	return ret;
}

void ctrl_fini(struct mtia_model *m)
{
	rv_fini(&m->ctrl.hart);
	rv_icache_destroy(m->ctrl.icache);
}

void ctrl_reset(struct mtia_model *m)
{
	struct ctrl *c = &m->ctrl;

	c->run = false;
	c->pe_started = false;
	c->timecmp = UINT64_MAX;
	c->irq_enable = 0;
	c->doorbells = 0;
	c->pe_done = c->pe_fault = 0;
	c->mbox_event = 0;
	c->dma_done = 0;
	memset(c->db_tail, 0, sizeof(c->db_tail));
	c->tlb_asid = 0;
	c->tlb_va = c->tlb_size = 0;
	c->hart.s.mip = 0;
	c->hart.stop_request = 0;
	rv_reset(&c->hart, 0);
	atomic_store(&m->shadow.fw_status, 0);
	atomic_store(&m->shadow.heartbeat, 0);
	atomic_store(&m->shadow.fw_version, 0);
}

void ctrl_start(struct mtia_model *m, uint64_t pc, uint64_t arg)
{
	struct rv_hart *hart = &m->ctrl.hart;

	rv_reset(hart, pc);
	hart->s.x[10] = arg;
	if (hart->s.cycle < m->now)
		hart->s.cycle = m->now;
	m->ctrl.run = true;
}

uint32_t ctrl_core_state(const struct mtia_model *m)
{
	const struct rv_state *s = &m->ctrl.hart.s;

	if (!m->ctrl.run)
		return MTIA_CORE_RESET;
	if (s->halted)
		return MTIA_CORE_HALTED;
	return s->waiting && !(s->mip & s->mie) ? MTIA_CORE_WAITING : MTIA_CORE_RUNNING;
}

/* ---- Time ---- */

void ctrl_update_irqs(struct mtia_model *m)
{
	struct rv_state *s = &m->ctrl.hart.s;
	uint64_t mip = 0;

	if (s->cycle >= m->ctrl.timecmp)
		mip |= RV_MIP_MTIP;
	if (ctrl_irq_status(m) & m->ctrl.irq_enable)
		mip |= RV_MIP_MEIP;
	s->mip = mip;
}

/* The core would execute instructions, if it were given time. */
static bool can_run(const struct mtia_model *m)
{
	return ctrl_core_state(m) == MTIA_CORE_RUNNING && !m->inject.hang_control;
}

/* The timer can wake the core. */
static bool timer_armed(const struct mtia_model *m)
{
	return ctrl_core_state(m) == MTIA_CORE_WAITING && !m->inject.hang_control &&
	       (m->ctrl.hart.s.mie & RV_MIP_MTIP) && m->ctrl.timecmp < SOC_TIME_END;
}

uint64_t ctrl_next_run(const struct mtia_model *m)
{
	if (!can_run(m))
		return SOC_NEVER;
	return m->ctrl.hart.s.cycle > m->now ? m->ctrl.hart.s.cycle : m->now;
}

uint64_t ctrl_next_timer(const struct mtia_model *m)
{
	return timer_armed(m) ? m->ctrl.timecmp : SOC_NEVER;
}

static uint64_t barrier_after(uint64_t cycle)
{
	return (cycle | (SOC_QUANTUM - 1)) + 1;
}

/* Let the core run up to @until at most; its clock moves there whether it can run or not. */
static void run_core(struct mtia_model *m, uint64_t until)
{
	struct rv_hart *hart = &m->ctrl.hart;

	while (hart->s.cycle < until) {
		enum rv_stop stop = RV_STOP_WFI;

		if (can_run(m))
			stop = rv_run(hart, until);
		switch (stop) {
		case RV_STOP_BUDGET:
		case RV_STOP_REQUEST: /* registers that time depends on have changed */
			return;
		case RV_STOP_HALT:
			soc_error(m, MTIA_ERR_GUEST, hart->s.halt_pc,
				  "control core halted: cause %llu at 0x%llx, tval 0x%llx",
				  (unsigned long long)hart->s.halt_cause,
				  (unsigned long long)hart->s.halt_pc,
				  (unsigned long long)hart->s.halt_tval);
			break;
		case RV_STOP_STALL: /* the bus above never says so */
		case RV_STOP_WFI:
			if (hart->s.cycle < until)
				hart->s.cycle = until;
			break;
		}
	}
}

uint64_t ctrl_advance(struct mtia_model *m, uint64_t end)
{
	struct rv_state *s = &m->ctrl.hart.s;

	m->ctrl.pe_started = false;
	if (s->cycle < m->now)
		s->cycle = m->now;
	ctrl_update_irqs(m);
	while (s->cycle < end) {
		uint64_t until = end, dma = dma_next_event(m);

		if (dma < until)
			until = dma;
		if (ecc_next_event(m) < until)
			until = ecc_next_event(m);
		if (m->ctrl.timecmp > s->cycle && m->ctrl.timecmp < until)
			until = m->ctrl.timecmp;
		/* Nothing left to do before the end: a long quantum need not be. */
		if (until == end && !can_run(m) && end > barrier_after(s->cycle)) {
			end = barrier_after(s->cycle);
			until = end;
		}
		run_core(m, until);
		dma_advance(m, s->cycle);
		ecc_advance(m, s->cycle);
		ctrl_update_irqs(m);
		if (m->ctrl.pe_started) {
			m->ctrl.pe_started = false;
			if (end > barrier_after(s->cycle))
				end = barrier_after(s->cycle);
		}
	}
	return end;
}
