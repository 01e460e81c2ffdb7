// SPDX-License-Identifier: MIT
/* Dot-product engine: one block kept, the other streamed past it, result into an RE bank. */
#include "pe_internal.h"
#include "timing.h"

#define ROW 32 /* bytes of a block's row */

/* `rows` rows, one behind the other: in place if they lie so, else in `copy`. */
static const uint8_t *block(const struct mtia_pe *pe, const struct pe_cb *cb, uint32_t off,
			    uint32_t rows, uint32_t stride, uint8_t *copy)
{
	uint32_t pos = cb_src_pos(cb, off);

	if (stride == ROW || rows == 1)
		return cb_gather(pe, cb, pos, ROW * rows, copy);
	for (uint32_t r = 0; r < rows; r++) {
		/* Base, size, offsets and strides are multiples of a row: none wraps inside. */
		memcpy(copy + ROW * r, pe->s.ls + cb->base + pos, ROW);
		pos = cb_advance(cb, pos, stride);
	}
	return copy;
}

/* Does DPE hold the block from the last MML? It does from now on. */
static bool held(struct mtia_pe *pe, uint32_t operand, uint8_t cb, uint32_t off, uint32_t rows,
		 uint32_t stride)
{
	struct pe_dpe_block *b = &pe->s.dpe_block[operand];
	uint64_t at = pe->s.cb[cb].rptr + off;
	bool hit = b->rows >= rows && b->cb == cb && b->at == at && b->stride == stride;

	if (hit)
		pe->s.counters.dpe_hits++;
	else
		*b = (struct pe_dpe_block){
			.at = at, .stride = stride, .cb = cb, .rows = (uint8_t)rows
		};
	return hit;
}

void dpe_forget(struct mtia_pe *pe, uint32_t cb)
{
	for (uint32_t i = 0; i < 2; i++)
		if (pe->s.dpe_block[i].cb == cb)
			pe->s.dpe_block[i].rows = 0;
}

uint64_t dpe_start(struct mtia_pe *pe, const struct pe_cmd *cmd, uint64_t cycle)
{
	const struct pe_cb *cb0 = &pe->s.cb[cmd->cb0], *cb1 = &pe->s.cb[cmd->cb1];
	uint32_t type = cmd_type0(cmd), cycles = cmd->m;
	uint8_t kept_copy[TILE], stream_copy[TILE];
	const uint8_t *kept, *stream;

	kept = block(pe, cb0, cmd->off0, cmd->n, cmd->stride0, kept_copy);
	stream = block(pe, cb1, cmd->off1, cmd->m, cmd->stride1, stream_copy);
	if (type == MTIA_TYPE_I8) {
		pe->simd->mml(pe->s.bank[cmd->bank], kept, stream, cmd->m, cmd->n, cmd->k,
			      cmd->flags & MTIA_F_SIGNED0, cmd->flags & MTIA_F_SIGNED1);
		pe->s.counters.dpe_macs += (uint64_t)cmd->m * cmd->n * cmd->k;
	} else {
		pe->simd->mml_half(pe->s.bank[cmd->bank], kept, stream, cmd->m, cmd->n, cmd->k / 2,
				   type == MTIA_TYPE_BF16);
		pe->s.counters.dpe_macs += (uint64_t)cmd->m * cmd->n * cmd->k / 2;
	}
	pe->s.counters.dpe_mmls++;
	if (!held(pe, 0, cmd->cb0, cmd->off0, cmd->n, cmd->stride0) && cmd->n > cycles)
		cycles = cmd->n;
	held(pe, 1, cmd->cb1, cmd->off1, cmd->m, cmd->stride1);
	pe->s.dpe_free = cycle + cycles;
	return cycle + cycles + DPE_PIPELINE;
}
