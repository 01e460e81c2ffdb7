// SPDX-License-Identifier: MIT
/*
 * Atomic registers of the CP: the core's operations on those of its own PE and, through FI, of the
 * others in the sub-grid.
 *
 * The own ones are there at once: the core is in step with everybody else. An operation on another
 * PE's is staged and made at the barrier, in PE order; the core goes on then. A WAIT there whose
 * condition does not hold yet costs nobody anything: the target keeps a bit for the PE that waits
 * and looks at what it waits for when one of its registers has changed.
 */
#include "pe_internal.h"

_Static_assert(MTIA_GRID_ROWS * MTIA_GRID_COLS <= 64, "struct pe_state's watchers are one word");

static bool is_wait(uint32_t op)
{
	return op == MTIA_SYNC_ATOM_WAIT_EQ || op == MTIA_SYNC_ATOM_WAIT_GE;
}

bool atom_is_op(uint32_t op)
{
	return (op >= MTIA_SYNC_ATOM_ADD && op <= MTIA_SYNC_ATOM_CAS) || is_wait(op);
}

static bool satisfied(uint32_t op, uint32_t value, uint32_t operand)
{
	return op == MTIA_SYNC_ATOM_WAIT_EQ ? value == operand : (int32_t)(value - operand) >= 0;
}

static uint32_t apply(uint32_t op, uint32_t old, uint32_t operand, uint32_t expected)
{
	switch (op) {
	case MTIA_SYNC_ATOM_ADD:
		return old + operand;
	case MTIA_SYNC_ATOM_SWAP:
		return operand;
	case MTIA_SYNC_ATOM_AND:
		return old & operand;
	case MTIA_SYNC_ATOM_OR:
		return old | operand;
	case MTIA_SYNC_ATOM_CAS:
		return old == expected ? operand : old;
	default:
		return old;
	}
}

static uint64_t extend(uint32_t value)
{
	return (uint64_t)(int64_t)(int32_t)value;
}

bool atom_holds(const struct mtia_pe *pe, uint32_t core)
{
	const struct pe_core *c = &pe->s.core[core];
	uint32_t op = wait_op(c);

	return is_wait(op) && c->peer == pe->index &&
	       satisfied(op, pe->s.atom[c->wait_id], c->wait_for);
}

/* ---- Other PEs' ------------------------------------------------------------------------------ */

/* The waiting core's instruction finds its result when it runs again, at the barrier. */
static void give(struct mtia_pe *pe, uint32_t core, uint32_t value, uint64_t barrier)
{
	pe->s.core[core].access = ACCESS_DONE;
	pe->s.core[core].access_val = extend(value);
	irq_update_wake(pe);
	pe_post(pe, barrier, EVENT_CORE, core);
}

/* Does the core wait for a register of @target that has not had the value yet? */
static bool watches(const struct mtia_pe *pe, uint32_t core, const struct mtia_pe *target)
{
	const struct pe_core *c = &pe->s.core[core];

	return pe->s.status == MTIA_PE_RUNNING && c->state == CORE_BLOCKED &&
	       c->access == ACCESS_NONE && is_wait(wait_op(c)) && c->peer == target->index;
}

void atom_wake_watchers(struct mtia_pe *pe, uint64_t barrier)
{
	struct pe_state *s = &pe->s;

	for (uint64_t left = s->watchers; left; left &= left - 1) {
		struct mtia_pe *who = pe_peer(pe, (uint32_t)__builtin_ctzll(left));
		bool waits = false;

		for (uint32_t core = 0; who && core < CORES; core++) {
			const struct pe_core *c = &who->s.core[core];
			uint32_t value;

			if (!watches(who, core, pe))
				continue;
			value = s->atom[c->wait_id];
			if (satisfied(wait_op(c), value, c->wait_for))
				give(who, core, value, barrier);
			else
				waits = true;
		}
		if (!waits)
			s->watchers &= ~(left & -left);
	}
}

void atom_commit(struct mtia_pe *pe, uint32_t core, uint64_t barrier)
{
	struct pe_core *c = &pe->s.core[core];
	struct mtia_pe *target = pe_peer(pe, c->peer);
	uint32_t op = wait_op(c), old, new;

	/* Only where PEs are started one by one. */
	if (!target) {
		pe_fault(pe, core, MTIA_CAUSE_FIELD, pe->hart[core].s.pc,
			 MTIA_FIELD_PEER | (uint64_t)c->wait << 8, barrier);
		return;
	}
	old = target->s.atom[c->wait_id];
	if (is_wait(op) && !satisfied(op, old, c->wait_for)) {
		/* From here on interrupts are taken again, and those that came meanwhile. */
		c->access = ACCESS_NONE;
		target->s.watchers |= UINT64_C(1) << pe->index;
		irq_deliver(pe, barrier);
		return;
	}
	new = apply(op, old, c->wait_for, (uint32_t)c->access_addr);
	give(pe, core, old, barrier);
	if (new == old)
		return;
	target->s.atom[c->wait_id] = new;
	pe_kick(target, barrier);
	atom_wake_watchers(target, barrier);
}

/* ---- The instruction ------------------------------------------------------------------------- */

/* Index of the PE that rs1 names and *index of the register there; 0 or the field that is wrong. */
static enum mtia_pe_field locate(const struct mtia_pe *pe, uint64_t id, uint32_t *peer,
				 uint8_t *index)
{
	const struct pe_launch *l = &pe->s.launch;
	uint32_t row = (uint32_t)(id >> 16) & 0x7fff, col = (uint32_t)(id >> 8) & 0xff;

	*index = (uint8_t)id;
	*peer = pe->index;
	if (id > UINT32_MAX || *index >= MTIA_PE_ATOMS || (id < MTIA_ATOM_REMOTE && id != *index))
		return MTIA_FIELD_ATOM;
	if (!(id & MTIA_ATOM_REMOTE))
		return 0;
	if (row >= l->rows || col >= l->cols)
		return MTIA_FIELD_PEER;
	*peer = (l->row0 + row) * pe->grid_cols + l->col0 + col;
	return 0;
}

enum rv_result atom_op(struct mtia_pe *pe, uint32_t core, uint32_t op, uint64_t id,
		       uint64_t operand, uint64_t *rd, struct rv_exc *exc)
{
	struct pe_state *s = &pe->s;
	struct pe_core *c = &s->core[core];
	struct rv_state *hart = &pe->hart[core].s;
	enum mtia_pe_field field;
	uint32_t peer, old;
	uint8_t index;

	if (c->access == ACCESS_DONE) {
		core_access_over(pe, core);
		*rd = c->access_val;
		return RV_OK;
	}
	field = locate(pe, id, &peer, &index);
	if (field) {
		exc->cause = MTIA_CAUSE_FIELD;
		exc->tval = (uint64_t)field | (uint64_t)(MTIA_PE_OP_SYNC | op) << 8;
		return RV_FAULT;
	}
	c->wait = (uint8_t)(MTIA_PE_OP_SYNC | op);
	c->wait_id = index;
	c->wait_for = (uint32_t)operand;
	c->peer = (uint8_t)peer;
	c->access_addr = (uint32_t)hart->custom_csr[MTIA_CSR_IMM0 - MTIA_CSR_CB0];
	if (peer != pe->index) {
		c->access = ACCESS_STAGED;
		c->state = CORE_BLOCKED;
		pe_stage(pe, hart->cycle, STAGED_ATOM, core);
		return RV_STALL;
	}
	if (is_wait(op) && !atom_holds(pe, core)) {
		c->state = CORE_BLOCKED;
		return RV_STALL;
	}
	old = s->atom[index];
	*rd = extend(old);
	s->atom[index] = apply(op, old, c->wait_for, (uint32_t)c->access_addr);
	if (s->atom[index] != old) {
		core_check(pe, core ^ 1, hart->cycle);
		if (s->watchers)
			pe_need_commit(pe, hart->cycle);
	}
	return RV_OK;
}
