// SPDX-License-Identifier: MIT
/*
 * The PEs as the rest of the chip sees them: control registers, what they reach (pe_fabric), and
 * their part of a quantum.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "soc.h"

#define PE_BIT(i) (UINT64_C(1) << (i))

/* ---- What a PE reaches ---- */

static enum mtia_fault_reason fabric_host_read(void *soc, unsigned int pe, uint64_t bus, void *buf,
					       size_t len)
{
	struct pe_block *b = soc;

	(void)pe;
	return soc_host_read(b->m, bus, buf, len);
}

static enum mtia_fault_reason fabric_host_write(void *soc, unsigned int pe, uint64_t bus,
						const void *buf, size_t len)
{
	struct pe_block *b = soc;

	(void)pe;
	return soc_host_write(b->m, bus, buf, len);
}

static uint32_t fabric_latency(void *soc, uint32_t target, const uint8_t *host, uint64_t bytes,
			       unsigned int access, uint64_t cycle)
{
	struct pe_block *b = soc;
	const struct mtia_model *m = b->m;
	uint64_t latency;

	if (target != MTIA_PTE_TARGET_LPDDR && target != MTIA_PTE_TARGET_SRAM)
		latency = SOC_LATENCY_HOST;
	else if (m->memsys.approx || m->memsys.cache)
		latency = memsys_latency(b, target, host, bytes, access, cycle);
	else
		latency = target == MTIA_PTE_TARGET_LPDDR ? SOC_LATENCY_LPDDR : SOC_LATENCY_SRAM;
	latency *= m->inject.slow;
	return latency < UINT32_MAX ? latency : UINT32_MAX;
}

static void fabric_fault(void *soc, unsigned int src, uint32_t asid, unsigned int access,
			 enum mtia_fault_reason reason, uint64_t va)
{
	struct pe_block *b = soc;

	mmu_fault(b->m, src, asid, access, reason, va);
}

static void fabric_stopped(void *soc, unsigned int pe, unsigned int status)
{
	struct pe_block *b = soc;

	b->m->running &= ~PE_BIT(pe);
	b->stuck_since = SOC_NEVER;
	if (subgrid_stopped(b->m, pe, status))
		return;
	if (status == MTIA_PE_FAULTED)
		b->m->ctrl.pe_fault |= PE_BIT(pe);
	else
		b->m->ctrl.pe_done |= PE_BIT(pe);
}

static struct mtia_pe *fabric_neighbour(void *soc, unsigned int pe)
{
	struct pe_block *b = soc;

	return pe < SOC_NR_PES ? b->m->pe[pe].pe : NULL;
}

/* ---- Life ---- */

int peblock_init(struct mtia_model *m)
{
	m->fabric = (struct pe_fabric){
		.translate = soc_translate,
		.latency = fabric_latency,
		.ecc = soc_ecc,
		.host_read = fabric_host_read,
		.host_write = fabric_host_write,
		.fault = fabric_fault,
		.stopped = fabric_stopped,
		.neighbour = fabric_neighbour,
	};
	m->pe_state = malloc(pe_state_size());
	if (!m->pe_state)
		return -ENOMEM;
	for (unsigned int i = 0; i < SOC_NR_PES; i++) {
		struct pe_block *b = &m->pe[i];
		struct pe_config config = {
			.index = i,
			.grid_cols = MTIA_GRID_COLS,
			.quantum = SOC_QUANTUM,
			.isa = m->isa,
			.caps = m->caps,
			.fi_outstanding = m->fi_outstanding,
			.fabric = &m->fabric,
			.soc = b,
			.icache = m->workers.icache[workers_of(m, i)],
		};

		b->m = m;
		b->index = i;
		b->stuck_since = SOC_NEVER;
		b->pe = pe_create(&config);
		if (!b->pe) {
			peblock_fini(m);
			return -ENOMEM;
		}
	}
	return 0;
}

void peblock_fini(struct mtia_model *m)
{
	for (unsigned int i = 0; i < SOC_NR_PES; i++) {
		pe_destroy(m->pe[i].pe);
		m->pe[i].pe = NULL;
	}
	free(m->pe_state);
	m->pe_state = NULL;
}

static void reset_pe(struct pe_block *b)
{
	pe_reset(b->pe);
	b->m->running &= ~PE_BIT(b->index);
	b->stuck_since = SOC_NEVER;
}

void peblock_reset_pes(struct mtia_model *m, uint64_t pes)
{
	for (; pes; pes &= pes - 1)
		reset_pe(&m->pe[__builtin_ctzll(pes)]);
}

void peblock_scrub_pes(struct mtia_model *m, uint64_t pes, uint64_t cycle)
{
	for (; pes; pes &= pes - 1) {
		struct pe_block *b = &m->pe[__builtin_ctzll(pes)];

		pe_scrub(b->pe);
		b->ready = cycle + SOC_SCRUB_CYCLES;
	}
}

void peblock_reset(struct mtia_model *m)
{
	for (unsigned int i = 0; i < SOC_NR_PES; i++) {
		struct pe_block *b = &m->pe[i];

		reset_pe(b);
		b->asid = b->subgrid = 0;
		memset(b->entry, 0, sizeof(b->entry));
		memset(b->arg, 0, sizeof(b->arg));
		b->group = 0;
		b->ready = 0;
	}
}

void peblock_power_on(struct mtia_model *m)
{
	for (unsigned int i = 0; i < SOC_NR_PES; i++) {
		pe_power_on(m->pe[i].pe);
		m->pe[i].last_asid = 0;
		m->pe[i].tlb_misses = 0;
	}
}

/* ---- Control registers ---- */

uint64_t peblock_group(uint32_t subgrid)
{
	unsigned int row0 = subgrid & 0xff, col0 = subgrid >> 8 & 0xff;
	unsigned int rows = subgrid >> 16 & 0xff, cols = subgrid >> 24;
	uint64_t line, group = 0;

	if (!rows || !cols || row0 + rows > MTIA_GRID_ROWS || col0 + cols > MTIA_GRID_COLS)
		return 0;
	line = ((UINT64_C(1) << cols) - 1) << col0;
	for (unsigned int row = row0; row < row0 + rows; row++)
		group |= line << (row * MTIA_GRID_COLS);
	return group;
}

int peblock_start(struct pe_block *b, uint64_t cycle)
{
	struct mtia_model *m = b->m;
	struct pe_launch launch = {
		.asid = b->asid,
		.row0 = b->subgrid,
		.col0 = b->subgrid >> 8,
		.rows = b->subgrid >> 16,
		.cols = b->subgrid >> 24,
	};
	int ret;

	memcpy(launch.entry, b->entry, sizeof(launch.entry));
	memcpy(launch.arg, b->arg, sizeof(launch.arg));
	if (cycle < b->ready)
		cycle = b->ready;
	if (!(peblock_group(b->subgrid) & PE_BIT(b->index)))
		return -EINVAL;
	ret = pe_start(b->pe, &launch, cycle);
	if (ret)
		return ret;
	b->group = peblock_group(b->subgrid);
	b->stuck_since = SOC_NEVER;
	m->running |= PE_BIT(b->index);
	m->ctrl.pe_started = true;
	m->ctrl.hart.stop_request = 1; /* the quantum ends at the next barrier */
	return 0;
}

static void start(struct pe_block *b)
{
	int ret = peblock_start(b, b->m->ctrl.hart.s.cycle);

	if (ret)
		soc_error(b->m, MTIA_ERR_GUEST,
			  MTIA_PA_PE_CTRL + b->index * 0x1000 + MTIA_PC_CTRL,
			  ret == -EBUSY ? "PE %u started while running" :
					  "PE %u started outside its sub-grid",
			  b->index);
}

static void write_ctrl(struct pe_block *b, uint32_t value)
{
	struct mtia_model *m = b->m;
	uint64_t reg = MTIA_PA_PE_CTRL + b->index * 0x1000 + MTIA_PC_CTRL;

	if (m->subgrids.claimed & PE_BIT(b->index)) {
		soc_error(m, MTIA_ERR_GUEST, reg, "PE %u belongs to a sub-grid", b->index);
		return;
	}
	if (value & MTIA_PC_RESET)
		reset_pe(b);
	if (value & MTIA_PC_SCRUB) {
		if (m->running & PE_BIT(b->index)) {
			soc_error(m, MTIA_ERR_GUEST, reg, "PE %u scrubbed while running", b->index);
		} else {
			peblock_scrub_pes(m, PE_BIT(b->index), m->ctrl.hart.s.cycle);
			b->last_asid = 0;
		}
	}
	if (value & MTIA_PC_START) {
		b->last_asid = b->asid < MTIA_MAX_ASIDS ? b->asid + 1 : MTIA_MAX_ASIDS + 1;
		start(b);
	}
}

/* The (64) registers that can be written. */
static uint64_t *stored_reg(struct pe_block *b, uint32_t offset)
{
	if (offset >= MTIA_PC_ENTRY(0) && offset < MTIA_PC_ENTRY(MTIA_CORES_PER_PE))
		return &b->entry[(offset - MTIA_PC_ENTRY(0)) / 8];
	if (offset >= MTIA_PC_ARG(0) && offset < MTIA_PC_ARG(4))
		return &b->arg[(offset - MTIA_PC_ARG(0)) / 8];
	return NULL;
}

static uint32_t debug_core(uint32_t offset)
{
	return (offset - MTIA_PC_DBG_CTRL(0)) / (MTIA_PC_DBG_CTRL(1) - MTIA_PC_DBG_CTRL(0));
}

/* The register that SELECT names; what is none reads as no register of the block does. */
static bool debug_read(struct pe_block *b, uint32_t core, uint64_t *value)
{
	return !pe_debug_read(b->pe, core, *pe_debug_select(b->pe, core), value);
}

static bool read32(struct pe_block *b, uint32_t offset, uint64_t *value)
{
	struct pe_status s;

	pe_get_status(b->pe, &s);
	switch (offset) {
	case MTIA_PC_CTRL: /* write only */
		*value = 0;
		return true;
	case MTIA_PC_STATUS:
		*value = s.status;
		return true;
	case MTIA_PC_ASID:
		*value = b->asid;
		return true;
	case MTIA_PC_SUBGRID:
		*value = b->subgrid;
		return true;
	case MTIA_PC_EXIT_CODE:
		*value = s.exit_code;
		return true;
	case MTIA_PC_FAULT_CORE:
		*value = s.fault_core;
		return true;
	case MTIA_PC_IRQ: /* write only */
		*value = 0;
		return true;
	case MTIA_PC_DBG_CTRL(0):
	case MTIA_PC_DBG_CTRL(1):
		*value = pe_debug_control(b->pe, debug_core(offset));
		return true;
	case MTIA_PC_DBG_STATUS(0):
	case MTIA_PC_DBG_STATUS(1):
		*value = pe_debug_status(b->pe, debug_core(offset));
		return true;
	case MTIA_PC_DBG_SELECT(0):
	case MTIA_PC_DBG_SELECT(1):
		*value = *pe_debug_select(b->pe, debug_core(offset));
		return true;
	default:
		return false;
	}
}

static bool read64(struct pe_block *b, uint32_t offset, uint64_t *value)
{
	const uint64_t *stored = stored_reg(b, offset);
	struct pe_status s;

	if (stored) {
		*value = *stored;
		return true;
	}
	pe_get_status(b->pe, &s); /* NOLINT: it takes &b->entry[...] for a possible NULL */
	switch (offset) {
	case MTIA_PC_FAULT_CAUSE:
		*value = s.fault_cause;
		return true;
	case MTIA_PC_FAULT_PC:
		*value = s.fault_pc;
		return true;
	case MTIA_PC_FAULT_TVAL:
		*value = s.fault_tval;
		return true;
	case MTIA_PC_FAULT_CYCLE:
		*value = s.fault_cycle;
		return true;
	case MTIA_PC_INSTRS(0):
	case MTIA_PC_INSTRS(1):
		*value = s.instrs[(offset - MTIA_PC_INSTRS(0)) / 8];
		return true;
	case MTIA_PC_BUSY_CYCLES:
		*value = s.busy_cycles;
		return true;
	default:
		return false;
	}
}

bool peblock_reg_read(struct mtia_model *m, unsigned int pe, uint32_t offset, unsigned int size,
		      uint64_t *value)
{
	if (size < 4)
		return false;
	if (size == 4 && read32(&m->pe[pe], offset, value))
		return true;
	if (size == 8 && (offset == MTIA_PC_DBG_DATA(0) || offset == MTIA_PC_DBG_DATA(1)))
		return debug_read(&m->pe[pe], debug_core(offset), value);
	if (!read64(&m->pe[pe], offset & ~7u, value))
		return false;
	*value = reg_part(*value, offset & 4, size);
	return true;
}

bool peblock_reg_write(struct mtia_model *m, unsigned int pe, uint32_t offset, uint64_t value,
		       unsigned int size)
{
	struct pe_block *b = &m->pe[pe];
	uint64_t *stored;

	if (size < 4)
		return false;
	if (size == 4) {
		switch (offset) {
		case MTIA_PC_CTRL:
			write_ctrl(b, value);
			return true;
		case MTIA_PC_ASID:
			b->asid = value;
			return true;
		case MTIA_PC_SUBGRID:
			b->subgrid = value;
			return true;
		case MTIA_PC_IRQ:
			pe_interrupt(b->pe, m->ctrl.hart.s.cycle);
			return true;
		case MTIA_PC_DBG_CTRL(0):
		case MTIA_PC_DBG_CTRL(1):
			pe_set_debug_control(b->pe, debug_core(offset), value,
					     m->ctrl.hart.s.cycle);
			return true;
		case MTIA_PC_DBG_SELECT(0):
		case MTIA_PC_DBG_SELECT(1):
			*pe_debug_select(b->pe, debug_core(offset)) = value;
			return true;
		}
	}
	if (size == 8 && (offset == MTIA_PC_DBG_DATA(0) || offset == MTIA_PC_DBG_DATA(1))) {
		uint32_t core = debug_core(offset);

		return !pe_debug_write(b->pe, core, *pe_debug_select(b->pe, core), value);
	}
	stored = stored_reg(b, offset & ~7u);
	if (!stored)
		return false;
	*stored = reg_merge(*stored, value, offset & 4, size);
	return true;
}

/* ---- Time ---- */

/*
 * Cycle at which the group of a stuck PE is a deadlock: SOC_NEVER while one of its PEs can still do
 * something by itself (or hangs by injection, which is no deadlock).
 */
static uint64_t deadlock_cycle(const struct mtia_model *m, uint64_t group, uint64_t stuck)
{
	uint64_t since = 0, left = group & m->running;

	if (left & ~stuck)
		return SOC_NEVER;
	for (; left; left &= left - 1) {
		const struct pe_block *b = &m->pe[__builtin_ctzll(left)];

		if (b->stuck_since > since)
			since = b->stuck_since;
	}
	return since + SOC_DEADLOCK_CYCLES;
}

/* Running PEs for which no event will come by itself. */
static uint64_t stuck_pes(const struct mtia_model *m)
{
	uint64_t stuck = 0;

	for (uint64_t left = m->running & ~m->inject.hung_pes; left; left &= left - 1) {
		unsigned int i = __builtin_ctzll(left);

		if (m->pe[i].stuck_since != SOC_NEVER)
			stuck |= PE_BIT(i);
	}
	return stuck;
}

uint64_t peblock_next_event(struct mtia_model *m)
{
	uint64_t next = SOC_NEVER, stuck = 0;

	for (uint64_t left = m->running & ~m->inject.hung_pes; left; left &= left - 1) {
		struct pe_block *b = &m->pe[__builtin_ctzll(left)];
		uint64_t event = pe_next_event(b->pe);

		if (event == PE_NEVER) {
			if (pe_debug_halted(b->pe)) { /* waits for the debugger */
				b->stuck_since = SOC_NEVER;
				continue;
			}
			if (b->stuck_since == SOC_NEVER)
				b->stuck_since = m->now;
			stuck |= PE_BIT(b->index);
			continue;
		}
		b->stuck_since = SOC_NEVER;
		if (event < next)
			next = event;
	}
	for (uint64_t left = stuck; left;) {
		uint64_t group = m->pe[__builtin_ctzll(left)].group;
		uint64_t event = deadlock_cycle(m, group, stuck);

		if (event < next)
			next = event;
		left &= ~(group | (left & -left));
	}
	return next;
}

static void call_deadlocks(struct mtia_model *m)
{
	uint64_t stuck = stuck_pes(m);

	while (stuck) {
		uint64_t group = m->pe[__builtin_ctzll(stuck)].group;

		if (deadlock_cycle(m, group, stuck_pes(m)) <= m->now) {
			for (uint64_t left = group & m->running; left; left &= left - 1) {
				struct pe_block *b = &m->pe[__builtin_ctzll(left)];

				pe_raise_deadlock(b->pe, m->now);
				pe_commit(b->pe);
			}
		}
		stuck &= ~(group | (stuck & -stuck));
	}
}

void peblock_advance(struct mtia_model *m, uint64_t end)
{
	uint64_t due = 0;

	if (!(m->running & ~m->inject.hung_pes))
		return;
	call_deadlocks(m);
	for (uint64_t left = m->running & ~m->inject.hung_pes; left; left &= left - 1) {
		unsigned int i = __builtin_ctzll(left);

		if (pe_next_event(m->pe[i].pe) < end)
			due |= PE_BIT(i);
	}
	if (!due)
		return;
	workers_run(m, due, end);
	for (uint64_t left = due; left; left &= left - 1)
		pe_commit(m->pe[__builtin_ctzll(left)].pe);
	mmu_merge_fills(m, due);
	memsys_barrier(m, due, m->now);
	ecc_barrier(m, due);
	workqueue_turn(m);
}
