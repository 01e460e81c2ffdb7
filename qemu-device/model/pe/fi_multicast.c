// SPDX-License-Identifier: MIT
/*
 * Multicast: one read of memory for the PEs of a group, which lie in one row or one column.
 *
 * A transfer begins on each member by itself, as soon as its CB has room, and is told to the others
 * at the barrier. The last member to come starts the read, which the first of the group (the leader)
 * makes as if it were its own DMA_IN; when the bytes are there, at the next barrier, they go to the
 * CBs of all. So between the members lie two barriers more than in a DMA_IN.
 *
 * The n-th transfers of a group belong together. A PE begins its DMA_IN_MCs in program order, also
 * those of different groups: members that issue them in one order can't wait for each other in a
 * circle for want of flights.
 */
#include "pe_internal.h"
#include "timing.h"

static uint32_t own_position(const struct mtia_pe *pe, bool column)
{
	const struct pe_launch *l = &pe->s.launch;

	return column ? pe->index / pe->grid_cols - l->row0 : pe->index % pe->grid_cols - l->col0;
}

/* Member at position n of the row or column; NULL if it has no part in this launch. */
static struct mtia_pe *member(const struct mtia_pe *pe, const struct pe_group *g, uint32_t n)
{
	const struct pe_launch *l = &pe->s.launch;
	uint32_t row = pe->index / pe->grid_cols, col = pe->index % pe->grid_cols;

	if (g->column)
		row = l->row0 + n;
	else
		col = l->col0 + n;
	return pe_peer(pe, row * pe->grid_cols + col);
}

/* A member's transfer that is under way; NULL if it has not begun that one. */
static struct pe_cmd *transfer(struct mtia_pe *pe, uint32_t group, uint32_t seq, uint32_t *index)
{
	struct pe_cmd *cmd;

	*index = pe->s.group[group].cmd[seq % MTIA_FI_OUTSTANDING];
	if (pe->s.status != MTIA_PE_RUNNING || *index >= PE_CMDS)
		return NULL;
	cmd = &pe->s.cmd[*index];
	return cmd->op == MTIA_OP_DMA_IN_MC && (cmd->state == CMD_READY || cmd->state == CMD_RUNNING) &&
		       cmd->group == group && cmd->seq == seq ? cmd : NULL;
}

bool mc_leads(const struct mtia_pe *pe, const struct pe_cmd *cmd)
{
	const struct pe_group *g = &pe->s.group[cmd->group];

	return own_position(pe, g->column) == (uint32_t)__builtin_ctz(g->mask);
}

enum mtia_pe_field mc_join_check(const struct mtia_pe *pe, const struct pe_cmd *cmd)
{
	const struct pe_launch *l = &pe->s.launch;
	uint32_t size = cmd->dir == MTIA_MC_COL ? l->rows : l->cols;
	uint32_t own = own_position(pe, cmd->dir == MTIA_MC_COL);

	if (cmd->group >= MTIA_FI_GROUPS)
		return MTIA_FIELD_GROUP;
	if (cmd->dir > MTIA_MC_COL || cmd->m > UINT8_MAX || (size < 8 && cmd->m >> size) ||
	    own > 7 || !(cmd->m >> own & 1))
		return MTIA_FIELD_MASK;
	return 0;
}

void mc_join(struct mtia_pe *pe, const struct pe_cmd *cmd)
{
	pe->s.group[cmd->group] = (struct pe_group){
		.joined = 1,
		.column = cmd->dir == MTIA_MC_COL,
		.mask = (uint8_t)cmd->m,
	};
}

bool mc_group_valid(const struct mtia_pe *pe, const struct pe_group *g)
{
	struct pe_cmd join = { .dir = g->column ? MTIA_MC_COL : MTIA_MC_ROW, .m = g->mask };

	return g->joined <= 1 && g->column <= 1 && (!g->joined || !mc_join_check(pe, &join));
}

void mc_start(struct mtia_pe *pe, uint32_t index, uint64_t cycle)
{
	struct pe_cmd *cmd = &pe->s.cmd[index];
	struct pe_group *g = &pe->s.group[cmd->group];

	cmd->seq = g->begun++;
	g->cmd[cmd->seq % MTIA_FI_OUTSTANDING] = (uint8_t)index;
	g->flights++;
	pe_stage(pe, cycle, STAGED_MC, index);
}

/* They disagree: a fault for each that has come. Not from here, where those may be committed already. */
static void disagree(struct mtia_pe *pe, const struct pe_cmd *cmd, uint64_t barrier)
{
	const struct pe_group *g = &pe->s.group[cmd->group];

	for (uint32_t left = g->mask; left; left &= left - 1) {
		struct mtia_pe *peer = member(pe, g, (uint32_t)__builtin_ctz(left));
		uint32_t index;

		if (peer && transfer(peer, cmd->group, cmd->seq, &index))
			pe_post(peer, barrier, EVENT_GROUP, index);
	}
}

static bool agree(const struct pe_group *g, const struct pe_cmd *cmd, const struct pe_group *g2,
		  const struct pe_cmd *cmd2)
{
	return g2->joined && g2->column == g->column && g2->mask == g->mask && cmd2->va == cmd->va &&
	       cmd2->rows == cmd->rows && cmd2->cols == cmd->cols &&
	       cmd2->stride_mem == cmd->stride_mem;
}

void mc_commit(struct mtia_pe *pe, uint32_t index, uint64_t barrier)
{
	struct pe_cmd *cmd = &pe->s.cmd[index];
	const struct pe_group *g = &pe->s.group[cmd->group];
	uint64_t beats = (cmd->cols + FI_BYTES_PER_CYCLE - 1) / FI_BYTES_PER_CYCLE * (uint64_t)cmd->rows;
	struct mtia_pe *leader = NULL;
	uint32_t first = 0;
	uint64_t taken = 0;
	bool all = true;

	cmd->state = CMD_READY;
	for (uint32_t left = g->mask; left; left &= left - 1) {
		struct mtia_pe *peer = member(pe, g, (uint32_t)__builtin_ctz(left));
		struct pe_cmd *other = peer ? transfer(peer, cmd->group, cmd->seq, &index) : NULL;

		if (!other || other->state != CMD_READY) {
			all = false;
			continue;
		}
		if (!agree(g, cmd, &peer->s.group[cmd->group], other)) {
			disagree(pe, cmd, barrier);
			return;
		}
		if (!leader) {
			leader = peer;
			first = index;
		}
	}
	if (!all || !leader)
		return;
	for (uint32_t left = g->mask; left; left &= left - 1) {
		struct mtia_pe *peer = member(pe, g, (uint32_t)__builtin_ctz(left));
		struct pe_cmd *other = transfer(peer, cmd->group, cmd->seq, &index);
		uint64_t *port = &peer->s.fi_read_free;

		other->state = CMD_RUNNING;
		if (peer == leader) /* its port is taken when it reads */
			continue;
		if (*port < barrier + FI_SETUP)
			*port = barrier + FI_SETUP;
		*port += beats;
		if (taken < *port)
			taken = *port;
	}
	leader->s.cmd[first].taken = taken;
	pe_post(leader, barrier, EVENT_MC, first);
}

/* One row from ring to ring; rows may wrap in either. */
static void copy_row(uint8_t *to, const struct pe_cb *to_cb, uint32_t to_pos, const uint8_t *from,
		     const struct pe_cb *from_cb, uint32_t from_pos, uint32_t len)
{
	while (len) {
		uint32_t n = len;

		if (n > to_cb->size - to_pos)
			n = to_cb->size - to_pos;
		if (n > from_cb->size - from_pos)
			n = from_cb->size - from_pos;
		memcpy(to + to_cb->base + to_pos, from + from_cb->base + from_pos, n);
		to_pos = cb_advance(to_cb, to_pos, n);
		from_pos = cb_advance(from_cb, from_pos, n);
		len -= n;
	}
}

void mc_deliver(struct mtia_pe *pe, const struct pe_cmd *cmd, uint64_t barrier)
{
	const struct pe_group *g = &pe->s.group[cmd->group];
	const struct pe_cb *from = &pe->s.cb[cmd->cbd];

	for (uint32_t left = g->mask & (g->mask - 1); left; left &= left - 1) {
		struct mtia_pe *peer = member(pe, g, (uint32_t)__builtin_ctz(left));
		uint32_t index, from_pos = cmd->ring_pos, to_pos;
		const struct pe_cmd *other = NULL;
		const struct pe_cb *to;

		if (peer)
			other = transfer(peer, cmd->group, cmd->seq, &index);
		/* a member that has stopped, or of a forged snapshot */
		if (!other || other->state != CMD_RUNNING || other->rows != cmd->rows ||
		    other->cols != cmd->cols)
			continue;
		to = &peer->s.cb[other->cbd];
		to_pos = other->ring_pos;
		for (uint32_t row = 0; row < cmd->rows; row++) {
			copy_row(peer->s.ls, to, to_pos, pe->s.ls, from, from_pos, cmd->cols);
			from_pos = cb_advance(from, from_pos, cmd->stride_cb);
			to_pos = cb_advance(to, to_pos, other->stride_cb);
		}
		pe_post(peer, barrier, EVENT_DONE, index);
	}
}
