/* SPDX-License-Identifier: MIT */
/*
 * Locks and barriers for PE programs, on the atomic registers of the CP (uapi/mtia/pe.h).
 *
 * A register is named by MTIA_ATOM(index), of the own PE, or MTIA_ATOM_AT(row, col, index), of a PE
 * of the launch. All are zero at launch, which is "free" and "nobody has come". Who waits costs the
 * other core and the other PEs nothing, and waits that can never end are reported as the deadlock
 * they are. Any core may use all of this; two cores of one PE are two participants.
 *
 * None of it waits for commands that the core has issued: pe_fence() first, where what they wrote
 * is to be seen by the others.
 */
#ifndef MTIA_PE_ATOMICS_H
#define MTIA_PE_ATOMICS_H

#include "mtia/pe_program.h"

/* The register's value before; see enum mtia_pe_sync. */
PE_INLINE uint32_t pe_atom_add(uint32_t atom, uint32_t by)
{
	return (uint32_t)pe_sync(MTIA_SYNC_ATOM_ADD, atom, by);
}

PE_INLINE uint32_t pe_atom_swap(uint32_t atom, uint32_t value)
{
	return (uint32_t)pe_sync(MTIA_SYNC_ATOM_SWAP, atom, value);
}

PE_INLINE uint32_t pe_atom_and(uint32_t atom, uint32_t bits)
{
	return (uint32_t)pe_sync(MTIA_SYNC_ATOM_AND, atom, bits);
}

PE_INLINE uint32_t pe_atom_or(uint32_t atom, uint32_t bits)
{
	return (uint32_t)pe_sync(MTIA_SYNC_ATOM_OR, atom, bits);
}

/* `value` if it held `expected`. Uses CSR IMM0. */
PE_INLINE uint32_t pe_atom_cas(uint32_t atom, uint32_t expected, uint32_t value)
{
	pe_set(MTIA_CSR_IMM0, expected);
	return (uint32_t)pe_sync(MTIA_SYNC_ATOM_CAS, atom, value);
}

/* Wait until it is `value`, or, of a counter that may wrap, at least that; what it was then. */
PE_INLINE uint32_t pe_atom_wait(uint32_t atom, uint32_t value)
{
	return (uint32_t)pe_sync(MTIA_SYNC_ATOM_WAIT_EQ, atom, value);
}

PE_INLINE uint32_t pe_atom_wait_for(uint32_t atom, uint32_t at_least)
{
	return (uint32_t)pe_sync(MTIA_SYNC_ATOM_WAIT_GE, atom, at_least);
}

/*
 * Ticket lock in two registers, `atom` (the next ticket) and the one behind it (whose turn it is):
 * whoever asks first is served first. Not recursive.
 */
PE_INLINE void pe_lock(uint32_t atom)
{
	pe_atom_wait(atom + 1, pe_atom_add(atom, 1));
}

PE_INLINE void pe_unlock(uint32_t atom)
{
	pe_atom_add(atom + 1, 1);
}

/*
 * Barrier of `members` cores, again and again, in one register that is used for nothing else: it
 * counts who has come. Good for 2^31 arrivals a launch.
 */
PE_INLINE void pe_barrier(uint32_t atom, uint32_t members)
{
	uint32_t before = pe_atom_add(atom, 1);

	pe_atom_wait_for(atom, before - before % members + members);
}

#endif /* MTIA_PE_ATOMICS_H */
