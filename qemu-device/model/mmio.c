// SPDX-License-Identifier: MIT
/*
 * BAR0: the register block the host sees. Reads give shadows, writes go to the port; neither ever
 * waits for the device, which takes the port's contents when its next quantum begins.
 *
 * Writes are kept in a form that cannot grow: of each doorbell and mailbox count only the last
 * value matters, and of CORE_RUN only whether it fell and where it stands. What a reset voids is
 * voided when the host writes the reset, so their order is kept too.
 */
#include <errno.h>
#include <string.h>

#include "soc.h"

int port_init(struct mtia_model *m)
{
	return -pthread_mutex_init(&m->port.lock, NULL);
}

void port_fini(struct mtia_model *m)
{
	pthread_mutex_destroy(&m->port.lock);
}

void port_power_on(struct mtia_model *m)
{
	struct port *p = &m->port;
	struct shadow *s = &m->shadow;

	pthread_mutex_lock(&p->lock);
	p->dirty = false;
	p->run = p->reset = false;
	p->start_pc = p->start_arg = 0;
	p->rung = 0;
	memset(p->doorbell, 0, sizeof(p->doorbell));
	p->mbox_event = 0;
	p->mbox_h2d_tail = p->mbox_d2h_head = 0;
	memset(p->cq_head, 0, sizeof(p->cq_head));
	s->ctrl = 0;
	s->boot_pc = s->boot_arg = 0;
	s->resetting = false;
	for (unsigned int i = 0; i < MTIA_NUM_COUNTERS; i++)
		s->counter[i] = 0;
	s->err_count = s->err_class = 0;
	s->err_addr = 0;
	s->logged = 0;
	pthread_mutex_unlock(&p->lock);
	memset(m->ctrl.cq_head, 0, sizeof(m->ctrl.cq_head));
	m->ctrl.mbox_h2d_tail = m->ctrl.mbox_d2h_head = 0;
}

void port_apply(struct mtia_model *m)
{
	struct port *p = &m->port;
	struct ctrl *c = &m->ctrl;
	bool reset, start;
	uint64_t pc, arg;

	if (!atomic_load_explicit(&p->dirty, memory_order_acquire))
		return;
	/* Two rounds: the reset happens outside the lock, before what came after it. */
	pthread_mutex_lock(&p->lock);
	reset = p->reset;
	pthread_mutex_unlock(&p->lock);
	if (reset) {
		soc_core_reset(m);
		shadow_publish(m);
	}

	pthread_mutex_lock(&p->lock);
	/* A reset written meanwhile resets what is in reset: it is done too. */
	if (reset) {
		p->reset = false;
		m->shadow.resetting = false;
	}
	start = !p->reset && p->run && !c->run;
	pc = p->start_pc;
	arg = p->start_arg;
	if (!p->reset) {
		c->doorbells |= p->rung;
		c->mbox_event |= p->mbox_event;
		memcpy(c->db_tail, p->doorbell, sizeof(c->db_tail));
		p->rung = 0;
		p->mbox_event = 0;
		c->mbox_h2d_tail = p->mbox_h2d_tail;
		c->mbox_d2h_head = p->mbox_d2h_head;
		memcpy(c->cq_head, p->cq_head, sizeof(c->cq_head));
	}
	p->dirty = p->reset;
	pthread_mutex_unlock(&p->lock);

	if (start)
		ctrl_start(m, pc, arg);
	ctrl_update_irqs(m);
}

/* ---- Shadows ---- */

void shadow_publish(struct mtia_model *m)
{
	struct shadow *s = &m->shadow;
	const struct rv_state *core = &m->ctrl.hart.s;
	uint32_t state = ctrl_core_state(m);
	bool halted = state == MTIA_CORE_HALTED;

	/* The details first: who sees HALTED may read why. */
	atomic_store_explicit(&s->core_pc, halted ? core->halt_pc : core->pc, memory_order_relaxed);
	atomic_store_explicit(&s->core_cause, halted ? core->halt_cause : 0, memory_order_relaxed);
	atomic_store_explicit(&s->core_tval, halted ? core->halt_tval : 0, memory_order_relaxed);
	atomic_store_explicit(&s->timestamp, m->now, memory_order_relaxed);
	atomic_store_explicit(&s->core_state, state, memory_order_release);
}

void shadow_publish_counters(struct mtia_model *m)
{
	uint64_t value[MTIA_NUM_COUNTERS] = {
		[MTIA_CNT_CTRL_INSTRS] = m->ctrl.hart.s.instret,
		[MTIA_CNT_DMA_BYTES] = m->dma_bytes,
		[MTIA_CNT_HOST_READS] = m->host_reads,
		[MTIA_CNT_HOST_READ_BYTES] = m->host_read_bytes,
		[MTIA_CNT_HOST_WRITES] = m->host_writes,
		[MTIA_CNT_HOST_WRITE_BYTES] = m->host_write_bytes,
		[MTIA_CNT_TLB_MISSES] = m->mmu.misses,
	};

	for (unsigned int i = 0; i < SOC_NR_PES; i++) {
		struct pe_counters c;

		pe_get_counters(m->pe[i].pe, &c);
		value[MTIA_CNT_PE_INSTRS] += c.instrs;
		value[MTIA_CNT_PE_BUSY_CYCLES] += c.busy_cycles;
		value[MTIA_CNT_DPE_MACS] += c.dpe_macs;
		value[MTIA_CNT_SE_ELEMENTS] += c.se_elements;
		value[MTIA_CNT_RE_TILES] += c.re_tiles;
		value[MTIA_CNT_FI_READ_BYTES] += c.fi_read_bytes;
		value[MTIA_CNT_FI_WRITE_BYTES] += c.fi_write_bytes;
		value[MTIA_CNT_LAUNCHES] += c.launches;
		value[MTIA_CNT_DPE_MMLS] += c.dpe_mmls;
		value[MTIA_CNT_DPE_CACHE_HITS] += c.dpe_hits;
		value[MTIA_CNT_MLU_BYTES] += c.mlu_bytes;
		value[MTIA_CNT_FI_PEER_BYTES] += c.fi_peer_bytes;
		value[MTIA_CNT_FI_MULTICAST_BYTES] += c.fi_multicast_bytes;
		value[MTIA_CNT_TLB_MISSES] += m->pe[i].tlb_misses;
	}
	for (unsigned int i = 0; i < MTIA_NUM_COUNTERS; i++)
		if (i != MTIA_CNT_MMIO_READS)
			atomic_store_explicit(&m->shadow.counter[i], value[i],
					      memory_order_relaxed);
	for (unsigned int i = 0; i < MTIA_NUM_RAS; i++)
		atomic_store_explicit(&m->shadow.ras[i], m->ecc.errors[i], memory_order_relaxed);
	sensors_publish(m);
}

/* ---- Reads ---- */

/* What the firmware wrote; nothing of it is true any more once the host has asked for a reset. */
static uint32_t firmware_word(const struct shadow *s, const _Atomic uint32_t *word)
{
	/* In this order: the words are cleared before the flag is. */
	return atomic_load(&s->resetting) ? 0 : atomic_load(word);
}

static bool read32(struct mtia_model *m, uint64_t offset, uint32_t *value)
{
	struct shadow *s = &m->shadow;

	switch (offset) {
	case MTIA_REG_ID:
		*value = MTIA_ID_MAGIC;
		return true;
	case MTIA_REG_VERSION:
		*value = MTIA_REGS_MAJOR << 16 | MTIA_REGS_MINOR;
		return true;
	case MTIA_REG_HW_REV:
		*value = SOC_HW_REV;
		return true;
	case MTIA_REG_GRID:
		*value = MTIA_GRID_ROWS | MTIA_GRID_COLS << 8 | MTIA_CORES_PER_PE << 16;
		return true;
	case MTIA_REG_PE_LOCAL_SIZE:
		*value = MTIA_PE_LOCAL_SIZE;
		return true;
	case MTIA_REG_CLOCK_HZ:
		*value = MTIA_CLOCK_HZ;
		return true;
	case MTIA_REG_LIMITS:
		*value = MTIA_MAX_QUEUES | MTIA_MAX_ASIDS << 16;
		return true;
	case MTIA_REG_LIMITS2:
		*value = MTIA_MAX_CQS | MTIA_MAX_VECTORS << 16;
		return true;
	case MTIA_REG_TIME_SCALE:
		*value = SOC_TIME_SCALE;
		return true;
	case MTIA_REG_TEMP:
		*value = s->temp;
		return true;
	case MTIA_REG_POWER:
		*value = s->power;
		return true;
	case MTIA_REG_PE_CLOCK:
		*value = s->pe_clock;
		return true;
	case MTIA_REG_CTRL:
		*value = s->ctrl;
		return true;
	case MTIA_REG_FW_STATUS:
		*value = firmware_word(s, &s->fw_status);
		return true;
	case MTIA_REG_HEARTBEAT:
		*value = firmware_word(s, &s->heartbeat);
		return true;
	case MTIA_REG_FW_VERSION:
		*value = firmware_word(s, &s->fw_version);
		return true;
	case MTIA_REG_CORE_STATE:
		*value = s->core_state;
		return true;
	case MTIA_REG_ERR_COUNT:
		*value = s->err_count;
		return true;
	case MTIA_REG_ERR_CLASS:
		*value = s->err_class;
		return true;
	case MTIA_REG_MBOX_H2D_TAIL:
	case MTIA_REG_MBOX_D2H_HEAD:
		*value = 0; /* write only */
		return true;
	}
	if ((offset >= MTIA_REG_CQ_HEAD(0) && offset < MTIA_REG_CQ_HEAD(MTIA_MAX_CQS)) ||
	    (offset >= MTIA_DOORBELL(0) && offset < MTIA_DOORBELL(MTIA_MAX_QUEUES) &&
	     offset % 0x1000 == 0)) {
		*value = 0; /* write only */
		return true;
	}
	return false;
}

static bool read64(struct mtia_model *m, uint64_t offset, uint64_t *value)
{
	struct shadow *s = &m->shadow;

	switch (offset) {
	case MTIA_REG_LPDDR_SIZE:
		*value = m->lpddr_size;
		return true;
	case MTIA_REG_SRAM_SIZE:
		*value = MTIA_SRAM_SIZE;
		return true;
	case MTIA_REG_PE_ENABLED:
		*value = SOC_PE_ENABLED;
		return true;
	case MTIA_REG_CAPS:
		*value = m->caps;
		return true;
	case MTIA_REG_TIMESTAMP:
		*value = s->timestamp;
		return true;
	case MTIA_REG_ENERGY:
		*value = s->energy;
		return true;
	case MTIA_REG_BOOT_PC:
		*value = s->boot_pc;
		return true;
	case MTIA_REG_BOOT_ARG:
		*value = s->boot_arg;
		return true;
	case MTIA_REG_CORE_PC:
		*value = s->core_pc;
		return true;
	case MTIA_REG_CORE_CAUSE:
		*value = s->core_cause;
		return true;
	case MTIA_REG_CORE_TVAL:
		*value = s->core_tval;
		return true;
	case MTIA_REG_ERR_ADDR:
		*value = s->err_addr;
		return true;
	}
	if (offset >= MTIA_REG_RAS(0) && offset < MTIA_REG_RAS(MTIA_NUM_RAS)) {
		*value = s->ras[(offset - MTIA_REG_RAS(0)) / 8];
		return true;
	}
	if (offset >= MTIA_REG_COUNTER(0) && offset < MTIA_REG_COUNTER(MTIA_NUM_COUNTERS)) {
		*value = s->counter[(offset - MTIA_REG_COUNTER(0)) / 8];
		return true;
	}
	return false;
}

static bool access_allowed(uint64_t offset, unsigned int size)
{
	return (size == 4 || size == 8) && offset % size == 0 && offset < MTIA_BAR0_SIZE;
}

uint64_t mtia_model_mmio_read(struct mtia_model *m, uint64_t offset, unsigned int size)
{
	uint64_t value64;
	uint32_t value32;

	atomic_fetch_add_explicit(&m->shadow.counter[MTIA_CNT_MMIO_READS], 1,
				  memory_order_relaxed);
	if (access_allowed(offset, size)) {
		if (size == 4 && read32(m, offset, &value32))
			return value32;
		if (read64(m, offset & ~UINT64_C(7), &value64))
			return reg_part(value64, offset & 4, size);
	}
	soc_count_error(m, MTIA_ERR_GUEST, offset);
	return 0;
}

/* ---- Writes ---- */

static void write_ctrl(struct mtia_model *m, uint32_t value)
{
	struct port *p = &m->port;
	bool run = value & MTIA_CTRL_CORE_RUN;

	if (!run && p->run) {
		p->reset = true;
		m->shadow.resetting = true;
		p->rung = 0;
		memset(p->doorbell, 0, sizeof(p->doorbell));
		p->mbox_event = 0;
	} else if (run && !p->run) {
		p->start_pc = m->shadow.boot_pc;
		p->start_arg = m->shadow.boot_arg;
	}
	p->run = run;
	m->shadow.ctrl = run ? MTIA_CTRL_CORE_RUN : 0;
}

enum write_result { WRITE_BAD, WRITE_DONE, WRITE_KICK };

/* With the port's lock held. */
static enum write_result port_write(struct mtia_model *m, uint64_t offset, uint64_t value,
				    unsigned int size)
{
	struct port *p = &m->port;
	struct shadow *s = &m->shadow;
	_Atomic uint64_t *boot;

	switch (offset & ~UINT64_C(7)) {
	case MTIA_REG_BOOT_PC:
	case MTIA_REG_BOOT_ARG:
		boot = (offset & ~UINT64_C(7)) == MTIA_REG_BOOT_PC ? &s->boot_pc : &s->boot_arg;
		*boot = reg_merge(*boot, value, offset & 4, size);
		return WRITE_DONE;
	}
	if (size != 4)
		return WRITE_BAD;
	switch (offset) {
	case MTIA_REG_CTRL:
		if (value & ~(uint64_t)MTIA_CTRL_CORE_RUN)
			return WRITE_BAD;
		write_ctrl(m, value);
		break;
	case MTIA_REG_MBOX_H2D_TAIL:
		p->mbox_h2d_tail = value;
		p->mbox_event |= 1;
		break;
	case MTIA_REG_MBOX_D2H_HEAD:
		p->mbox_d2h_head = value;
		p->mbox_event |= 2;
		break;
	default:
		if (offset >= MTIA_REG_CQ_HEAD(0) && offset < MTIA_REG_CQ_HEAD(MTIA_MAX_CQS)) {
			p->cq_head[(offset - MTIA_REG_CQ_HEAD(0)) / 4] = value;
			p->dirty = true;
			return WRITE_DONE; /* interrupts nobody: no work */
		}
		if (offset >= MTIA_DOORBELL(0) && offset < MTIA_DOORBELL(MTIA_MAX_QUEUES) &&
		    offset % 0x1000 == 0) {
			unsigned int q = (offset - MTIA_DOORBELL(0)) / 0x1000;

			if (!p->run)
				return WRITE_DONE; /* doorbells are in reset */
			p->doorbell[q] = value;
			p->rung |= UINT64_C(1) << q;
			break;
		}
		return WRITE_BAD;
	}
	atomic_store_explicit(&p->dirty, true, memory_order_release);
	return WRITE_KICK;
}

void mtia_model_mmio_write(struct mtia_model *m, uint64_t offset, uint64_t value, unsigned int size)
{
	enum write_result result = WRITE_BAD;

	if (size == 4)
		value = (uint32_t)value;
	if (access_allowed(offset, size)) {
		pthread_mutex_lock(&m->port.lock);
		result = port_write(m, offset, value, size);
		pthread_mutex_unlock(&m->port.lock);
	}
	if (result == WRITE_BAD)
		soc_error(m, MTIA_ERR_GUEST, offset,
			  "host wrote 0x%llx (%u bytes) to BAR0 + 0x%llx",
			  (unsigned long long)value, size, (unsigned long long)offset);
	else if (result == WRITE_KICK && m->ops.kick)
		m->ops.kick(m->opaque);
}
