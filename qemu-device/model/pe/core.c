// SPDX-License-Identifier: MIT
/*
 * Glue between the interpreter and the PE: address map, CSRs, instructions.
 *
 * A core runs ahead of units and of the other core until it does something they can see (a custom
 * instruction or CSR). Then it must not be later than anybody else: settle() plays events up to its
 * cycle, and sends the core back (RV_STALL, state unchanged) while the other core is behind.
 * Plain loads and stores of local memory are not ordered that way, hence seen by the other core at
 * the latest at the next barrier.
 */
#include "pe_internal.h"

/* Is this core, at `cycle`, the next one to act? Core A first if both are at the same cycle. */
static bool settle(struct mtia_pe *pe, uint32_t core, uint64_t cycle)
{
	struct pe_state *s = &pe->s;
	uint32_t other = core ^ 1;

	for (;;) {
		uint64_t next = pe_next_time(pe);

		if (s->status != MTIA_PE_RUNNING)
			return false;
		if (core_runs(&s->core[other])) {
			uint64_t behind = pe->hart[other].s.cycle;

			if (behind < cycle || (behind == cycle && other < core))
				return false;
		}
		if (next > cycle) {
			s->now = cycle;
			if (pe->hart[core].s.mie)
				irq_see(pe, core);
			return true;
		}
		pe_events_at(pe, next);
	}
}

static void block(struct mtia_pe *pe, uint32_t core, uint8_t wait)
{
	pe->s.core[core].state = CORE_BLOCKED;
	pe->s.core[core].wait = wait;
}

void core_wake(struct mtia_pe *pe, uint32_t core, uint64_t cycle)
{
	struct rv_state *hart = &pe->hart[core].s;

	pe->s.core[core].state = CORE_RUN;
	if (hart->cycle < cycle)
		hart->cycle = cycle;
	pe->s.irq.seen_quantum[core] = PE_NEVER; /* it looks when it runs: all are in step then */
	if (pe->s.irq.wake_at != PE_NEVER)
		irq_update_wake(pe);
}

/* What a SYNC waits for. Faults of the rule "asks more than the size" are the instruction's. */
static bool sync_holds(const struct mtia_pe *pe, uint32_t core)
{
	const struct pe_core *c = &pe->s.core[core];
	const struct pe_cb *cb = &pe->s.cb[c->wait_id];

	if (atom_is_op(wait_op(c)))
		return atom_holds(pe, core);
	switch (wait_op(c)) {
	case MTIA_SYNC_FENCE:
		return !c->pending;
	case MTIA_SYNC_CB_DATA:
		return cp_cb_settled(pe, core, c->wait_id) && cb->size &&
		       (c->wait_for > cb->size || cb->level >= c->wait_for);
	case MTIA_SYNC_CB_SPACE:
		return cp_cb_settled(pe, core, c->wait_id) && cb->size &&
		       (c->wait_for > cb->size || cb->size - cb->level >= c->wait_for);
	default:
		return cp_cb_settled(pe, core, c->wait_id);
	}
}

void core_check(struct mtia_pe *pe, uint32_t core, uint64_t cycle)
{
	struct pe_core *c = &pe->s.core[core];
	bool go;

	if (c->state == CORE_EXITING) {
		if (!c->pending) {
			c->state = CORE_DONE;
			pe_finished(pe, cycle);
		}
		return;
	}
	if (c->state != CORE_BLOCKED)
		return;
	if (c->wait == WAIT_QUEUE)
		go = pe->s.queue[core].count < MTIA_CP_QUEUE_DEPTH;
	else if (c->wait == WAIT_MEMORY || c->wait == MTIA_PE_OP_WFI)
		go = false;
	else
		go = sync_holds(pe, core);
	if (go)
		core_wake(pe, core, cycle);
}

static enum rv_result sync_op(struct mtia_pe *pe, uint32_t core, uint32_t op, uint64_t id,
			      uint64_t bytes, uint64_t *rd, struct rv_exc *exc)
{
	struct pe_core *c = &pe->s.core[core];
	const struct pe_cb *cb;
	uint64_t name = (uint64_t)(MTIA_PE_OP_SYNC | op) << 8;

	if (atom_is_op(op))
		return atom_op(pe, core, op, id, bytes, rd, exc);
	if (op > MTIA_SYNC_CB_LEVEL) {
		exc->cause = MTIA_CAUSE_FIELD;
		exc->tval = MTIA_FIELD_OP | name;
		return RV_FAULT;
	}
	if (op != MTIA_SYNC_FENCE && id >= MTIA_PE_CBS) {
		exc->cause = MTIA_CAUSE_FIELD;
		exc->tval = MTIA_FIELD_CB0 | name;
		return RV_FAULT;
	}
	c->wait = (uint8_t)(MTIA_PE_OP_SYNC | op);
	c->wait_id = op == MTIA_SYNC_FENCE ? 0 : (uint8_t)id;
	c->wait_for = bytes > UINT32_MAX ? UINT32_MAX : (uint32_t)bytes;
	if (!sync_holds(pe, core)) {
		c->state = CORE_BLOCKED;
		return RV_STALL;
	}
	cb = &pe->s.cb[c->wait_id];
	switch (op) {
	case MTIA_SYNC_FENCE:
		*rd = 0;
		return RV_OK;
	case MTIA_SYNC_CB_LEVEL:
		*rd = cb->level;
		return RV_OK;
	default:
		if (c->wait_for > cb->size) {
			exc->cause = MTIA_CAUSE_CB_RULE;
			exc->tval = id | name;
			return RV_FAULT;
		}
		*rd = MTIA_PE_LS_BASE + cb->base +
		      (op == MTIA_SYNC_CB_DATA ? cb->rpos : cb_dst_pos(cb, 0));
		return RV_OK;
	}
}

static enum rv_result bus_custom0(void *ctx, struct rv_hart *hart, unsigned int funct3,
				  unsigned int funct7, uint64_t rs1, uint64_t rs2, uint64_t *rd,
				  struct rv_exc *exc)
{
	const struct pe_core_ctx *me = ctx;
	struct mtia_pe *pe = me->pe;
	struct pe_core *c = &pe->s.core[me->index];

	if (funct3 > MTIA_F3_EXIT)
		return RV_FAULT;
	if (!settle(pe, me->index, hart->s.cycle))
		return RV_STALL;
	switch (funct3) {
	case MTIA_F3_ISSUE:
		return cp_issue(pe, me->index, funct7, rs1, rs2, hart->s.cycle, exc);
	case MTIA_F3_SYNC:
		return sync_op(pe, me->index, funct7, rs1, rs2, rd, exc);
	default:
		/* Never retired: the core stays at this instruction for good. */
		c->exit_code = (uint32_t)rs1;
		c->state = CORE_EXITING;
		core_check(pe, me->index, hart->s.cycle);
		return RV_STALL;
	}
}

static enum rv_result bus_csr_read(void *ctx, unsigned int csr, uint64_t *val, struct rv_exc *exc)
{
	const struct pe_core_ctx *me = ctx;
	struct mtia_pe *pe = me->pe;
	const struct pe_launch *l = &pe->s.launch;
	uint64_t row = pe->index / pe->grid_cols - l->row0;
	uint64_t col = pe->index % pe->grid_cols - l->col0;

	(void)exc;
	switch (csr) {
	case MTIA_CSR_PE_POS:
		*val = row | col << 16;
		return RV_OK;
	case MTIA_CSR_PE_GRID:
		*val = (uint64_t)l->rows | (uint64_t)l->cols << 16;
		return RV_OK;
	case MTIA_CSR_CORE:
		*val = me->index;
		return RV_OK;
	case MTIA_CSR_PENDING:
		if (!settle(pe, me->index, pe->hart[me->index].s.cycle))
			return RV_STALL;
		*val = pe->s.core[me->index].pending;
		return RV_OK;
	default:
		return RV_FAULT;
	}
}

static enum rv_result bus_csr_write(void *ctx, unsigned int csr, uint64_t val, struct rv_exc *exc)
{
	(void)ctx;
	(void)csr;
	(void)val;
	(void)exc;
	return RV_FAULT;
}

static enum rv_result mmu_fault_now(struct mtia_pe *pe, uint32_t core, unsigned int access,
				    enum mtia_fault_reason reason, uint64_t va, uint64_t cycle)
{
	static const uint64_t cause[] = {
		[MTIA_ACCESS_READ] = RV_CAUSE_LOAD_FAULT,
		[MTIA_ACCESS_WRITE] = RV_CAUSE_STORE_FAULT,
		[MTIA_ACCESS_EXEC] = RV_CAUSE_FETCH_FAULT,
	};

	pe_mmu_fault(pe, pe->index | core << 8, access, reason, va);
	pe_fault(pe, core, cause[access], pe->hart[core].s.pc, va, cycle);
	return RV_STALL;
}

/*
 * An MMU fault ends the launch at once: no handler of the program sees it. While the core is ahead
 * of the others it waits first, so that what happens before the fault does not depend on who ran
 * ahead of whom.
 */
static enum rv_result mmu_fault(struct mtia_pe *pe, uint32_t core, unsigned int access,
				enum mtia_fault_reason reason, uint64_t va, uint64_t cycle)
{
	if (!settle(pe, core, cycle))
		return RV_STALL;
	return mmu_fault_now(pe, core, access, reason, va, cycle);
}

/* Access that only pe_commit() can make: wait at this instruction, which then finds it done. */
static enum rv_result stage_access(struct mtia_pe *pe, uint32_t core, uint64_t addr,
				   unsigned int size, bool write, uint64_t val)
{
	struct pe_core *c = &pe->s.core[core];
	uint64_t cycle = pe->hart[core].s.cycle;

	c->access = ACCESS_STAGED;
	c->access_write = write;
	c->access_size = (uint8_t)size;
	c->access_addr = addr;
	c->access_val = val;
	block(pe, core, WAIT_MEMORY);
	pe_stage(pe, cycle, STAGED_CORE, core);
	pe_post(pe, barrier_after(pe, cycle), EVENT_CORE, core);
	return RV_STALL;
}

void core_access_over(struct mtia_pe *pe, uint32_t core)
{
	pe->s.core[core].access = ACCESS_NONE;
	irq_see(pe, core);
	pe->hart[core].stop_request = 1; /* its timer counts again, see irq_before_run() */
}

static enum rv_result bus_load(void *ctx, uint64_t addr, unsigned int size, uint64_t *val,
			       struct rv_exc *exc)
{
	const struct pe_core_ctx *me = ctx;
	struct mtia_pe *pe = me->pe;
	struct pe_core *c = &pe->s.core[me->index];
	struct rv_state *hart = &pe->hart[me->index].s;
	enum mtia_fault_reason reason;
	struct pe_tlb_entry where;
	uint64_t left;

	(void)exc;
	if (addr - MTIA_PE_REGS_BASE < MTIA_PE_REGS_SIZE) {
		if (!settle(pe, me->index, hart->cycle))
			return RV_STALL;
		return irq_load(pe, me->index, (uint32_t)(addr - MTIA_PE_REGS_BASE), size, val) ?
			RV_OK : RV_FAULT;
	}
	if (addr < MTIA_VA_USER_MIN && !fi_peer_mapped(pe, addr))
		return RV_FAULT;
	if (c->access == ACCESS_DONE) {
		core_access_over(pe, me->index);
		*val = c->access_val;
		return RV_OK;
	}
	reason = fi_translate(pe, addr, MTIA_ACCESS_READ, &where, &left);
	if (reason)
		return mmu_fault(pe, me->index, MTIA_ACCESS_READ, reason, addr, hart->cycle);
	if (!where.host)
		return stage_access(pe, me->index, addr, size, false, 0);
	if (fi_good_bytes(pe, where.host, size, MTIA_ACCESS_READ) < size)
		return mmu_fault(pe, me->index, MTIA_ACCESS_READ, MTIA_FAULT_POISON, addr,
				 hart->cycle);
	*val = 0;
	memcpy(val, where.host, size);
	hart->cycle += pe->fabric->latency(pe->soc, where.target, where.host, size,
					   MTIA_ACCESS_READ, hart->cycle);
	return RV_OK;
}

static enum rv_result bus_store(void *ctx, uint64_t addr, unsigned int size, uint64_t val,
				struct rv_exc *exc)
{
	const struct pe_core_ctx *me = ctx;
	struct mtia_pe *pe = me->pe;
	struct pe_core *c = &pe->s.core[me->index];
	enum mtia_fault_reason reason;
	struct pe_tlb_entry where;
	uint64_t left;

	(void)exc;
	if (addr - MTIA_PE_REGS_BASE < MTIA_PE_REGS_SIZE) {
		if (!settle(pe, me->index, pe->hart[me->index].s.cycle))
			return RV_STALL;
		return irq_store(pe, me->index, (uint32_t)(addr - MTIA_PE_REGS_BASE), size, val) ?
			RV_OK : RV_FAULT;
	}
	if (addr < MTIA_VA_USER_MIN && !fi_peer_mapped(pe, addr))
		return RV_FAULT;
	if (c->access == ACCESS_DONE) {
		core_access_over(pe, me->index);
		return RV_OK;
	}
	reason = fi_translate(pe, addr, MTIA_ACCESS_WRITE, &where, &left);
	if (reason)
		return mmu_fault(pe, me->index, MTIA_ACCESS_WRITE, reason, addr,
				 pe->hart[me->index].s.cycle);
	return stage_access(pe, me->index, addr, size, true, val);
}

/* Atomics work in local memory, which is a window. Over the fabric there are none: access fault. */
static enum rv_result bus_amo(void *ctx, uint64_t addr, unsigned int size, enum rv_amo op,
			      uint64_t operand, uint64_t *old, struct rv_exc *exc)
{
	(void)ctx;
	(void)addr;
	(void)size;
	(void)op;
	(void)operand;
	(void)old;
	(void)exc;
	return RV_FAULT;
}

static enum rv_result bus_fetch(void *ctx, uint64_t vaddr, uint64_t *phys_key, const void **host,
				struct rv_exc *exc)
{
	const struct pe_core_ctx *me = ctx;
	struct mtia_pe *pe = me->pe;
	enum mtia_fault_reason reason;
	struct pe_tlb_entry where;
	uint64_t left;

	(void)exc;
	if (vaddr < MTIA_VA_USER_MIN)
		return RV_FAULT;
	reason = fi_translate(pe, vaddr, MTIA_ACCESS_EXEC, &where, &left);
	/* Code lives on the device: the I-cache doesn't fetch over PCIe. */
	if (!reason && !where.host)
		reason = MTIA_FAULT_BAD_ADDR;
	if (reason)
		return mmu_fault(pe, me->index, MTIA_ACCESS_EXEC, reason, vaddr,
				 pe->hart[me->index].s.cycle);
	*phys_key = (uint64_t)(uintptr_t)where.host;
	*host = where.host;
	return RV_OK;
}

const struct rv_bus pe_core_bus = {
	.load = bus_load,
	.store = bus_store,
	.amo = bus_amo,
	.fetch = bus_fetch,
	.csr_read = bus_csr_read,
	.csr_write = bus_csr_write,
	.custom0 = bus_custom0,
};

void core_run(struct mtia_pe *pe, uint32_t core, uint64_t until)
{
	struct rv_hart *hart = &pe->hart[core];
	struct pe_core *c = &pe->s.core[core];
	uint64_t begin = hart->s.cycle;
	enum rv_stop why;

	until = irq_before_run(pe, core, until);
	if (c->debug & MTIA_DBG_STEP)
		until = begin + 1;
	why = rv_run(hart, until);
	if ((c->debug & MTIA_DBG_STEP) && hart->s.cycle != begin)
		c->debug &= (uint8_t)~MTIA_DBG_STEP;
	switch (why) {
	case RV_STOP_HALT:
		if (debug_break(pe, core))
			break;
		/* Stays halted, and comes back here, until the others have caught up. */
		if (settle(pe, core, hart->s.cycle))
			pe_fault(pe, core, hart->s.halt_cause, hart->s.halt_pc, hart->s.halt_tval,
				 hart->s.cycle);
		break;
	case RV_STOP_WFI:
		block(pe, core, MTIA_PE_OP_WFI);
		break;
	default:
		break;
	}
	if (c->state == CORE_BLOCKED)
		irq_blocked(pe, core);
}

void core_commit(struct mtia_pe *pe, uint32_t core, uint64_t barrier)
{
	struct pe_core *c = &pe->s.core[core];
	unsigned int access = c->access_write ? MTIA_ACCESS_WRITE : MTIA_ACCESS_READ;
	enum mtia_fault_reason reason;
	struct pe_tlb_entry where;
	uint64_t left;

	reason = fi_translate(pe, c->access_addr, access, &where, &left);
	if (reason == MTIA_FAULT_NONE && where.host &&
	    fi_good_bytes(pe, where.host, c->access_size, access) < c->access_size)
		reason = MTIA_FAULT_POISON;
	if (reason == MTIA_FAULT_NONE) {
		if (!where.host)
			reason = fi_far(pe, &where, &c->access_val, c->access_size,
					c->access_write);
		else if (c->access_write)
			memcpy(where.host, &c->access_val, c->access_size);
		else
			memcpy(&c->access_val, where.host, c->access_size);
	}
	if (reason)
		mmu_fault_now(pe, core, access, reason, c->access_addr, barrier);
	else
		c->access = ACCESS_DONE;
}
