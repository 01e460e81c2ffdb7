// SPDX-License-Identifier: MIT
/*
 * Command Processor: two queues, the dependency check, what runs.
 *
 * A waiting command starts when
 *  - nothing older in its own queue and nothing that runs conflicts with it (struct cp_mask),
 *  - its CBs hold what it reads and have room for what it writes, so that it can finish,
 *  - its unit is free.
 * Anything else in the queue may overtake it. There is no order between the two queues but through
 * level and space; that is how a producer and a consumer core share a CB.
 */
#include "pe_internal.h"

static inline bool overlaps(const struct cp_mask *a, const struct cp_mask *b)
{
	uint64_t any = 0;

	for (unsigned int i = 0; i < CP_MASK_WORDS; i++)
		any |= a->w[i] & b->w[i];
	return any;
}

static inline void merge(struct cp_mask *a, const struct cp_mask *b)
{
	for (unsigned int i = 0; i < CP_MASK_WORDS; i++)
		a->w[i] |= b->w[i];
}

static void running_add(struct pe_state *s, const struct cp_mask *uses)
{
	for (unsigned int i = 0; i < CP_MASK_WORDS; i++)
		for (uint64_t bits = uses->w[i]; bits; bits &= bits - 1)
			s->running_count[64 * i + (unsigned int)__builtin_ctzll(bits)]++;
	merge(&s->running, uses);
}

static void running_remove(struct pe_state *s, const struct cp_mask *uses)
{
	for (unsigned int i = 0; i < CP_MASK_WORDS; i++)
		for (uint64_t bits = uses->w[i]; bits; bits &= bits - 1)
			if (!--s->running_count[64 * i + (unsigned int)__builtin_ctzll(bits)])
				s->running.w[i] &= ~(bits & -bits);
}

void cp_cmd_fault(struct mtia_pe *pe, const struct pe_cmd *cmd, uint64_t cause, uint64_t tval,
		  uint64_t cycle)
{
	pe_fault(pe, MTIA_PE_FAULT_CP, cause, cmd->pc, tval, cycle);
}

static bool level_ok(struct mtia_pe *pe, const struct pe_cmd *cmd, uint8_t id, uint64_t need,
		     uint64_t have, uint64_t cycle)
{
	const struct pe_cb *cb = &pe->s.cb[id];

	if (!cb->size)
		return false;
	if (need > cb->size) {
		cp_cmd_fault(pe, cmd, MTIA_CAUSE_CB_RULE, (uint64_t)id | (uint64_t)cmd->op << 8,
			     cycle);
		return false;
	}
	return need <= have;
}

/* Do the CBs allow it? May end in a fault: the caller looks at the status. */
static bool cbs_ready(struct mtia_pe *pe, const struct pe_cmd *cmd, uint64_t cycle)
{
	const struct pe_state *s = &pe->s;
	const struct pe_cb *cb;

	if (cmd->op == MTIA_OP_CB_INIT)
		return true;
	if (cmd->op == MTIA_OP_MC_JOIN)
		return !s->group[cmd->group].flights;
	if (cmd->cb0 != PE_NO_CB) {
		cb = &s->cb[cmd->cb0];
		if (!level_ok(pe, cmd, cmd->cb0, cmd->need0,
			      cb->level - (cmd->op == MTIA_OP_DMA_OUT ? cb->out_flight : 0), cycle))
			return false;
	}
	if (cmd->cb1 != PE_NO_CB) {
		cb = &s->cb[cmd->cb1];
		if (!level_ok(pe, cmd, cmd->cb1, cmd->need1, cb->level, cycle))
			return false;
	}
	if (cmd->cbd != PE_NO_CB) {
		cb = &s->cb[cmd->cbd];
		if (!level_ok(pe, cmd, cmd->cbd, cmd->needd,
			      cb->size - cb->level - (cmd_inbound(cmd) ? cb->in_flight : 0), cycle))
			return false;
		if (cmd_inbound(cmd) && cb->in_flight && cb->in_kind != cmd_in_kind(cmd))
			return false;
	}
	if (cmd->op == MTIA_OP_DMA_IN_MC && !s->group[cmd->group].joined) {
		cp_cmd_fault(pe, cmd, MTIA_CAUSE_FIELD,
			     MTIA_FIELD_GROUP | (uint64_t)cmd->op << 8, cycle);
		return false;
	}
	if (cmd->op == MTIA_OP_SE_LOOKUP || cmd->op == MTIA_OP_SE_LUT_LOAD) {
		uint64_t need;
		enum mtia_pe_field field = se_lut_ready(pe, cmd, &need);

		if (field) {
			cp_cmd_fault(pe, cmd, MTIA_CAUSE_FIELD,
				     (uint64_t)field | (uint64_t)cmd->op << 8, cycle);
			return false;
		}
		return level_ok(pe, cmd, cmd->cb0, need, s->cb[cmd->cb0].level, cycle);
	}
	if (cmd->op == MTIA_OP_MML) {
		/* Pointers may have moved by odd amounts: blocks must lie aligned all the same. */
		uint64_t field = 0;

		if (s->cb[cmd->cb0].rpos % MTIA_CB_ALIGN)
			field = MTIA_FIELD_OFF0;
		else if (s->cb[cmd->cb1].rpos % MTIA_CB_ALIGN)
			field = MTIA_FIELD_OFF1;
		if (field) {
			cp_cmd_fault(pe, cmd, MTIA_CAUSE_FIELD, field | (uint64_t)cmd->op << 8,
				     cycle);
			return false;
		}
	}
	return true;
}

static bool unit_free(const struct mtia_pe *pe, uint32_t unit, uint64_t cycle)
{
	const struct pe_state *s = &pe->s;

	switch (unit) {
	case UNIT_FI:
		return s->fi_running < pe->fi_limit;
	case UNIT_DPE:
		return cycle >= s->dpe_free;
	case UNIT_RE:
		return !s->re_busy;
	case UNIT_SE:
		return !s->se_busy;
	case UNIT_MLU:
		return !s->mlu_busy;
	default:
		return true;
	}
}

static bool unit_ready(const struct mtia_pe *pe, const struct pe_cmd *cmd, uint64_t cycle)
{
	return unit_free(pe, cmd->unit, cycle) &&
	       (cmd->unit != UNIT_RE || re_can_start(pe, cmd));
}

/* Does any unit that this queue waits for have room? If not there is no use in looking. */
static bool units_free(const struct mtia_pe *pe, const struct pe_queue *queue, uint64_t cycle)
{
	for (uint32_t unit = 0; unit < UNIT_COUNT; unit++)
		if (queue->units[unit] && unit_free(pe, unit, cycle))
			return true;
	return false;
}

static inline bool can_start(struct mtia_pe *pe, const struct pe_cmd *cmd, uint64_t cycle)
{
	return unit_ready(pe, cmd, cycle) && !overlaps(&cmd->conflicts, &pe->s.running) &&
	       cbs_ready(pe, cmd, cycle);
}

static bool front_ready(struct mtia_pe *pe, uint32_t core, uint64_t cycle)
{
	const struct pe_queue *queue = &pe->s.queue[core];

	for (uint32_t bits = queue->front; bits; bits &= bits - 1) {
		const struct pe_cmd *cmd = &pe->s.cmd[queue->order[__builtin_ctz(bits)]];

		if (can_start(pe, cmd, cycle))
			return true;
	}
	return false;
}

static void finish(struct mtia_pe *pe, uint32_t index)
{
	struct pe_state *s = &pe->s;

	s->cmd[index].state = CMD_FREE;
	s->free_cmds |= UINT64_C(1) << index;
	s->core[s->cmd[index].core].pending--;
}

static void run_bookkeeping(struct mtia_pe *pe, const struct pe_cmd *cmd)
{
	struct pe_cb *cb;

	switch (cmd->op) {
	case MTIA_OP_CB_INIT:
		cb = &pe->s.cb[cmd->cbd];
		*cb = (struct pe_cb){ .base = cmd->base, .size = cmd->bytes };
		dpe_forget(pe, cmd->cbd);
		break;
	case MTIA_OP_CB_POP:
		cb_pop(&pe->s.cb[cmd->cb0], cmd->bytes);
		break;
	case MTIA_OP_CB_PUSH:
		cb_push(&pe->s.cb[cmd->cbd], cmd->bytes);
		break;
	case MTIA_OP_MC_JOIN:
		mc_join(pe, cmd);
		break;
	}
}

/* Returns true if it has already ended. */
static bool start(struct mtia_pe *pe, uint32_t index, uint64_t cycle)
{
	struct pe_state *s = &pe->s;
	struct pe_cmd *cmd = &s->cmd[index];
	uint64_t end;

	if (cmd->unit == UNIT_CP) {
		run_bookkeeping(pe, cmd);
		finish(pe, index);
		return true;
	}
	cmd->state = CMD_RUNNING;
	running_add(s, &cmd->uses);
	switch (cmd->unit) {
	case UNIT_FI:
		s->fi_running++;
		fi_start(pe, index, cycle);
		return false;
	case UNIT_DPE:
		end = dpe_start(pe, cmd, cycle);
		pe_post(pe, s->dpe_free, EVENT_DPE, 0);
		break;
	case UNIT_RE:
		s->re_busy = 1;
		end = re_start(pe, cmd, cycle);
		break;
	case UNIT_MLU:
		s->mlu_busy = 1;
		end = mlu_start(pe, cmd, cycle);
		break;
	default:
		s->se_busy = 1;
		end = se_start(pe, cmd, cycle);
		break;
	}
	pe_post(pe, end, EVENT_DONE, index);
	return false;
}

void cp_complete(struct mtia_pe *pe, uint32_t index, uint64_t cycle)
{
	struct pe_state *s = &pe->s;
	struct pe_cmd *cmd = &s->cmd[index];
	uint32_t core = cmd->core;

	if (cmd->state != CMD_RUNNING && cmd->state != CMD_STAGED)
		return;
	running_remove(s, &cmd->uses);
	switch (cmd->unit) {
	case UNIT_FI:
		s->fi_running--;
		fi_done(pe, cmd);
		break;
	case UNIT_RE:
		s->re_busy = 0;
		break;
	case UNIT_SE:
		s->se_busy = 0;
		break;
	case UNIT_MLU:
		s->mlu_busy = 0;
		break;
	}
	finish(pe, index);
	irq_raise(pe, MTIA_PE_IRQ_CMD(core), cycle);
}

/* Start what can start in one queue; true if bookkeeping was done, which may let others go. */
static bool scan(struct mtia_pe *pe, uint32_t core, uint64_t cycle)
{
	struct pe_state *s = &pe->s;
	struct pe_queue *queue = &s->queue[core];
	struct cp_mask older = { { 0 } };
	uint32_t kept = 0, front = 0;
	bool moved = false, look = true;

	for (uint32_t i = 0; i < queue->count; i++) {
		uint32_t index = queue->order[i];
		struct pe_cmd *cmd = &s->cmd[index];
		bool free = !overlaps(&cmd->conflicts, &older);

		if (look && free && can_start(pe, cmd, cycle)) {
			queue->units[cmd->unit]--;
			if (start(pe, index, cycle))
				moved = true;
			else
				look = units_free(pe, queue, cycle);
		} else {
			front |= (uint32_t)free << kept;
			merge(&older, &cmd->waiting);
			queue->order[kept++] = (uint8_t)index;
		}
		look &= s->status == MTIA_PE_RUNNING;
	}
	queue->count = (uint8_t)kept;
	queue->front = (uint16_t)front;
	return moved;
}

void cp_run(struct mtia_pe *pe, uint64_t cycle)
{
	struct pe_state *s = &pe->s;
	bool again;

	do {
		again = false;
		for (uint32_t i = 0; i < CORES && s->status == MTIA_PE_RUNNING; i++) {
			uint32_t core = (s->turn + i) % CORES;

			if (front_ready(pe, core, cycle) && scan(pe, core, cycle))
				again = true;
		}
	} while (again && s->status == MTIA_PE_RUNNING);
	s->turn = (s->turn + 1) % CORES;
	for (uint32_t core = 0; core < CORES && s->status == MTIA_PE_RUNNING; core++)
		core_check(pe, core, cycle);
}

static bool over_the_edge(const struct mtia_pe *pe, const struct pe_cmd *cmd)
{
	const struct pe_launch *l = &pe->s.launch;
	uint32_t row = pe->index / pe->grid_cols - l->row0;
	uint32_t col = pe->index % pe->grid_cols - l->col0;

	if (cmd->op == MTIA_OP_RE_SEND)
		return cmd->dir == MTIA_DIR_EAST ? col + 1 >= l->cols : row + 1 >= l->rows;
	return cmd->dir == MTIA_DIR_EAST ? col == 0 : row == 0;
}

enum rv_result cp_issue(struct mtia_pe *pe, uint32_t core, uint32_t op, uint64_t rs1, uint64_t rs2,
			uint64_t cycle, struct rv_exc *exc)
{
	struct pe_state *s = &pe->s;
	struct pe_queue *queue = &s->queue[core];
	struct rv_state *hart = &pe->hart[core].s;
	enum mtia_pe_field field;
	struct pe_cmd *cmd;
	struct cp_mask older = { { 0 } };
	uint32_t index;
	bool free, ready;

	if (queue->count == MTIA_CP_QUEUE_DEPTH || !s->free_cmds) {
		s->core[core].state = CORE_BLOCKED;
		s->core[core].wait = WAIT_QUEUE;
		return RV_STALL;
	}
	index = (uint32_t)__builtin_ctzll(s->free_cmds);
	cmd = &s->cmd[index];
	field = cp_decode(pe, cmd, hart->custom_csr, op, rs1, rs2);
	if (field) {
		exc->cause = MTIA_CAUSE_FIELD;
		exc->tval = (uint64_t)field | (uint64_t)op << 8;
		return RV_FAULT;
	}
	if (cp_mask_get(&cmd->uses, USE_LINK) && over_the_edge(pe, cmd)) {
		exc->cause = MTIA_CAUSE_LINK;
		exc->tval = (uint64_t)cmd->dir | (uint64_t)op << 8;
		return RV_FAULT;
	}
	cmd->core = (uint8_t)core;
	cmd->pc = hart->pc;
	s->free_cmds &= ~(UINT64_C(1) << index);
	s->core[core].pending++;
	if (op == MTIA_OP_MML && (cmd->flags & MTIA_F_AUTO))
		mml_step(hart->custom_csr);

	/* Everything that waits has been looked at; only the newcomer can be ready. */
	for (uint32_t i = 0; i < queue->count; i++)
		merge(&older, &s->cmd[queue->order[i]].waiting);
	free = !overlaps(&cmd->conflicts, &older);
	ready = free && can_start(pe, cmd, cycle);
	if (ready) {
		if (start(pe, index, cycle))
			cp_run(pe, cycle);
	} else {
		cmd->state = CMD_WAITING;
		queue->units[cmd->unit]++;
		queue->front |= (uint16_t)((uint32_t)free << queue->count);
		queue->order[queue->count++] = (uint8_t)index;
	}
	return RV_OK;
}

bool cp_cb_settled(const struct mtia_pe *pe, uint32_t core, uint32_t cb)
{
	const struct pe_queue *queue = &pe->s.queue[core];

	for (uint32_t i = 0; i < queue->count; i++) {
		const struct cp_mask *uses = &pe->s.cmd[queue->order[i]].uses;

		if ((cp_mask_get(uses, USE_POP) | cp_mask_get(uses, USE_PUSH)) >> cb & 1)
			return false;
	}
	return true;
}

/*
 * Of a loaded state, trust only what was checked. A wrong one may make a program fail, but not make
 * a unit leave local memory or a count wrap.
 */
bool cp_restore(struct mtia_pe *pe)
{
	struct pe_state *s = &pe->s;
	uint64_t in_flight[MTIA_PE_CBS] = { 0 }, out_flight[MTIA_PE_CBS] = { 0 };
	uint32_t flights[MTIA_FI_GROUPS] = { 0 };
	uint32_t pending[CORES] = { 0 }, re = 0, se = 0, mlu = 0, fi = 0;
	uint64_t used = 0, seen = 0;

	memset(&s->running, 0, sizeof(s->running));
	memset(s->running_count, 0, sizeof(s->running_count));
	if (s->turn >= CORES)
		return false;
	for (uint32_t i = 0; i < MTIA_PE_CBS; i++) {
		const struct pe_cb *cb = &s->cb[i];

		if (cb->size > LS_SIZE || cb->base > LS_SIZE - cb->size || cb->level > cb->size ||
		    cb->size % MTIA_CB_ALIGN || cb->base % MTIA_CB_ALIGN ||
		    (cb->size ? cb->rpos >= cb->size || cb->rptr % cb->size != cb->rpos :
				cb->rpos || cb->rptr) || cb->out_flight > cb->level ||
		    cb->in_flight > cb->size - cb->level)
			return false;
	}
	for (uint32_t i = 0; i < PE_CMDS; i++) {
		struct pe_cmd *cmd = &s->cmd[i];

		if (cmd->state == CMD_FREE)
			continue;
		used |= UINT64_C(1) << i;
		if (cmd->state > CMD_READY || cmd->core >= CORES || cp_check(pe, cmd) ||
		    (cmd->state == CMD_READY && cmd->op != MTIA_OP_DMA_IN_MC))
			return false;
		pending[cmd->core]++;
		if (cmd->state == CMD_WAITING)
			continue;
		if (cmd->unit == UNIT_CP || (cmd->state == CMD_STAGED && cmd->unit != UNIT_FI))
			return false;
		running_add(s, &cmd->uses);
		re += cmd->unit == UNIT_RE;
		se += cmd->unit == UNIT_SE;
		mlu += cmd->unit == UNIT_MLU;
		fi += cmd->unit == UNIT_FI;
		if (cmd->unit == UNIT_FI) {
			uint8_t id = cmd_inbound(cmd) ? cmd->cbd : cmd->cb0;

			if (cmd->ring_pos >= s->cb[id].size || cmd->bytes > s->cb[id].size)
				return false;
			(cmd_inbound(cmd) ? in_flight : out_flight)[id] += cmd->bytes;
			if (cmd_inbound(cmd) && s->cb[id].in_kind != cmd_in_kind(cmd))
				return false;
			if (cmd->op == MTIA_OP_DMA_IN_MC)
				flights[cmd->group]++;
			if (cmd->op == MTIA_OP_DMA_GATHER && s->cb[cmd->cb0].size < cmd->need0)
				return false;
		}
	}
	for (uint32_t i = 0; i < MTIA_PE_CBS; i++)
		if (in_flight[i] != s->cb[i].in_flight || out_flight[i] != s->cb[i].out_flight)
			return false;
	for (uint32_t i = 0; i < MTIA_FI_GROUPS; i++)
		if (flights[i] != s->group[i].flights || (flights[i] && !s->group[i].joined) ||
		    !mc_group_valid(pe, &s->group[i]))
			return false;
	if (s->free_cmds != ~used || re != s->re_busy || se != s->se_busy ||
	    mlu != s->mlu_busy || re > 1 || se > 1 || mlu > 1 ||
	    fi != s->fi_running || fi > pe->fi_limit)
		return false;
	for (uint32_t core = 0; core < CORES; core++) {
		struct pe_queue *queue = &s->queue[core];
		struct cp_mask older = { { 0 } };

		memset(queue->units, 0, sizeof(queue->units));
		queue->front = 0;
		if (queue->count > MTIA_CP_QUEUE_DEPTH || pending[core] != s->core[core].pending)
			return false;
		for (uint32_t i = 0; i < queue->count; i++) {
			uint32_t index = queue->order[i];

			if (index >= PE_CMDS || seen >> index & 1 ||
			    s->cmd[index].state != CMD_WAITING || s->cmd[index].core != core)
				return false;
			seen |= UINT64_C(1) << index;
			queue->units[s->cmd[index].unit]++;
			if (!overlaps(&s->cmd[index].conflicts, &older))
				queue->front |= (uint16_t)(1u << i);
			merge(&older, &s->cmd[index].waiting);
		}
	}
	for (uint32_t i = 0; i < PE_CMDS; i++)
		if (s->cmd[i].state == CMD_WAITING && !(seen >> i & 1))
			return false;
	return true;
}
