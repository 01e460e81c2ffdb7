// SPDX-License-Identifier: MIT
/*
 * What a launch's PEs were doing when it failed, for the host's core dump: written to LPDDR before the
 * PEs are reset, because the host has no other way to see them. All of this is for the one who
 * looks for a bug; nothing depends on it.
 */
#include "fw.h"

void pestate_record(struct fw *fw, struct fw_queue *q, unsigned int shown)
{
	struct mtia_fw_pes *record = port_pes(fw_slot(fw, q));
	unsigned int ahead = fw->ahead[fw_slot(fw, q)].count;

	/* The host may look at any time: what it finds under a job's number is complete. */
	__atomic_store_n(&record->job, 0, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	record->cycle = port_time();
	record->pes = q->pes;
	record->rect = subgrid_rect_word(&q->rect);
	record->behind = ahead ? ahead - 1 : 0;
	for (uint64_t m = q->pes; m; m &= m - 1) {
		unsigned int pe = lowest_bit(m);

		port_pe_state(pe, &record->pe[pe]);
		for (unsigned int core = 0; core < MTIA_CORES_PER_PE; core++)
			port_pe_core(pe, core, &record->pe[pe].core[core]);
		if (shown == FW_ANY_PE && record->pe[pe].status == MTIA_PE_RUNNING)
			shown = pe;
	}
	if (shown == FW_ANY_PE)
		shown = lowest_bit(q->pes);
	record->shown = shown;
	for (unsigned int core = 0; core < MTIA_CORES_PER_PE; core++)
		port_pe_registers(shown, core, record->x[core]);
	__atomic_store_n(&record->job, q->seqno, __ATOMIC_RELEASE);
}
