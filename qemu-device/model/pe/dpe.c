// SPDX-License-Identifier: MIT
/* Dot-product engine: one block kept, the other streamed past it, result into an RE bank. */
#include "pe_internal.h"
#include "timing.h"

uint64_t dpe_start(struct mtia_pe *pe, const struct pe_cmd *cmd, uint64_t cycle)
{
	const struct pe_cb *cb0 = &pe->s.cb[cmd->cb0], *cb1 = &pe->s.cb[cmd->cb1];
	uint8_t kept_copy[TILE], stream_copy[TILE];
	const uint8_t *kept, *stream;

	kept = cb_gather(pe, cb0, cb_src_pos(cb0, cmd->off0), 32 * cmd->n, kept_copy);
	stream = cb_gather(pe, cb1, cb_src_pos(cb1, cmd->off1), 32 * cmd->m, stream_copy);
	pe->simd->mml(pe->s.bank[cmd->bank], kept, stream, cmd->m, cmd->n, cmd->k,
		      cmd->flags & MTIA_F_SIGNED0, cmd->flags & MTIA_F_SIGNED1);
	pe->s.counters.dpe_macs += (uint64_t)cmd->m * cmd->n * cmd->k;
	pe->s.dpe_free = cycle + cmd->m;
	return cycle + cmd->m + DPE_PIPELINE;
}
