// SPDX-License-Identifier: MIT
/*
 * Reduction engine: four accumulator banks and the one-way links to the east and the south.
 *
 * SEND puts tiles into the outbox; pe_commit() carries them into the neighbour's inbox. Outbox and
 * inbox together hold MTIA_RE_LINK_TILES at most: s.credit is what is left, as of the last barrier.
 */
#include "pe_internal.h"
#include "timing.h"

static void init(struct mtia_pe *pe, const struct pe_cmd *cmd)
{
	int32_t row[MTIA_DPE_TILE] = { 0 };

	if (cmd->flags & MTIA_F_BIAS) {
		const struct pe_cb *cb = &pe->s.cb[cmd->cb0];
		uint8_t copy[sizeof(row)];

		memcpy(row, cb_gather(pe, cb, cb_src_pos(cb, cmd->off0), 4 * cmd->n, copy),
		       4 * cmd->n);
	}
	for (uint32_t b = 0; b < MTIA_RE_BANKS; b++) {
		if (!(cmd->banks >> b & 1))
			continue;
		if (!(cmd->flags & MTIA_F_BIAS)) {
			memset(pe->s.bank[b], 0, sizeof(pe->s.bank[b]));
			continue;
		}
		for (uint32_t m = 0; m < MTIA_DPE_TILE; m++)
			memcpy(&pe->s.bank[b][MTIA_DPE_TILE * m], row, sizeof(row));
	}
}

static void send(struct mtia_pe *pe, const struct pe_cmd *cmd, uint64_t cycle)
{
	struct pe_link_queue *out = &pe->s.outbox[cmd->dir];

	for (uint32_t b = 0; b < MTIA_RE_BANKS; b++) {
		if (!(cmd->banks >> b & 1))
			continue;
		memcpy(out->tile[out->count++], pe->s.bank[b], sizeof(out->tile[0]));
		pe->s.credit[cmd->dir]--;
		pe->s.counters.re_tiles++;
	}
	pe_need_commit(pe, cycle);
}

static void receive(struct mtia_pe *pe, const struct pe_cmd *cmd, uint64_t cycle)
{
	struct pe_link_queue *in = &pe->s.inbox[cmd->dir];

	for (uint32_t b = 0; b < MTIA_RE_BANKS; b++) {
		const int32_t *tile = in->tile[in->head];
		int32_t *bank;

		if (!(cmd->banks >> b & 1))
			continue;
		bank = pe->s.bank[b];
		if (cmd->op == MTIA_OP_RE_RECVF)
			pe->simd->add_f32(bank, tile, TILE);
		else
			for (uint32_t i = 0; i < TILE; i++)
				bank[i] = (int32_t)((uint32_t)bank[i] + (uint32_t)tile[i]);
		in->head = (in->head + 1) % MTIA_RE_LINK_TILES;
		in->count--;
		pe->s.took[cmd->dir]++;
	}
	pe_need_commit(pe, cycle);
}

static void store(struct mtia_pe *pe, const struct pe_cmd *cmd)
{
	const struct pe_cb *cb = &pe->s.cb[cmd->cbd];
	uint32_t pos = cb_dst_pos(cb, cmd->offd);

	for (uint32_t m = 0; m < cmd->m; m++) {
		cb_scatter(pe, cb, pos,
			   (const uint8_t *)&pe->s.bank[cmd->bank][MTIA_DPE_TILE * m], 4 * cmd->n);
		pos = cb_advance(cb, pos, cmd->stride_cb);
	}
}

uint64_t re_start(struct mtia_pe *pe, const struct pe_cmd *cmd, uint64_t cycle)
{
	uint32_t tiles = (uint32_t)__builtin_popcount(cmd->banks);

	switch (cmd->op) {
	case MTIA_OP_RE_INIT:
		init(pe, cmd);
		return cycle + tiles * RE_INIT_CYCLES;
	case MTIA_OP_RE_SEND:
		send(pe, cmd, cycle);
		return cycle + tiles * RE_SEND_CYCLES;
	case MTIA_OP_RE_RECV:
	case MTIA_OP_RE_RECVF:
		receive(pe, cmd, cycle);
		return cycle + tiles * RE_RECV_CYCLES;
	default:
		store(pe, cmd);
		return cycle + RE_STORE_SETUP + cmd->m;
	}
}
