// SPDX-License-Identifier: MIT
/* A PE's life, its events, and the two phases of a quantum. */
#include <errno.h>
#include <stdlib.h>
#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

#include "pe_internal.h"

/* ---- Events ---------------------------------------------------------------------------------- */

void pe_post(struct mtia_pe *pe, uint64_t time, enum pe_event_kind kind, uint32_t arg)
{
	struct pe_state *s = &pe->s;
	uint32_t at;

	if (s->ev_tail == PE_EVENTS) {
		/* Never full (see PE_EVENTS); a forged snapshot loses an event, no more. */
		if (!s->ev_head)
			return;
		memmove(s->ev, s->ev + s->ev_head, (s->ev_tail - s->ev_head) * sizeof(s->ev[0]));
		s->ev_tail -= s->ev_head;
		s->ev_head = 0;
	}
	for (at = s->ev_tail++; at > s->ev_head && s->ev[at - 1].time > time; at--)
		s->ev[at] = s->ev[at - 1];
	s->ev[at] = (struct pe_event){ .time = time, .kind = kind, .arg = arg };
}

void pe_events_at(struct mtia_pe *pe, uint64_t time)
{
	struct pe_state *s = &pe->s;

	s->now = time;
	while (pe_next_queued(pe) <= time && s->status == MTIA_PE_RUNNING) {
		struct pe_event ev = s->ev[s->ev_head++];
		const struct pe_cmd *cmd;

		switch (ev.kind) {
		case EVENT_DONE:
			cp_complete(pe, ev.arg, time);
			break;
		case EVENT_FI:
			fi_data(pe, ev.arg, time);
			break;
		case EVENT_CORE:
			core_wake(pe, ev.arg, time);
			break;
		case EVENT_KICK:
			s->kicked = 0;
			break;
		case EVENT_IRQ:
			s->irq.ctrl_posted = 0;
			irq_raise(pe, ev.arg, time);
			break;
		case EVENT_MC:
			fi_read(pe, ev.arg, time);
			break;
		case EVENT_GROUP:
			cmd = &s->cmd[ev.arg];
			if (cmd->state == CMD_READY)
				cp_cmd_fault(pe, cmd, MTIA_CAUSE_GROUP,
					     cmd->group | (uint64_t)cmd->op << 8, time);
			break;
		}
	}
	if (s->irq.wake_at <= time)
		irq_deliver(pe, time);
	if (s->ev_head == s->ev_tail)
		s->ev_head = s->ev_tail = 0;
	if (s->status == MTIA_PE_RUNNING)
		cp_run(pe, time);
}

/* ---- What waits for the barrier -------------------------------------------------------------- */

void pe_need_commit(struct mtia_pe *pe, uint64_t time)
{
	uint64_t barrier = barrier_after(pe, time);

	if (pe->s.commit_at > barrier)
		pe->s.commit_at = barrier;
}

void pe_stage(struct mtia_pe *pe, uint64_t time, enum staged_kind kind, uint32_t arg)
{
	struct pe_state *s = &pe->s;

	s->staged[s->staged_count++] =
		(struct pe_staged){ .time = time, .kind = kind, .arg = arg };
	pe_need_commit(pe, time);
}

static void stop(struct mtia_pe *pe, uint32_t status, uint64_t cycle)
{
	struct pe_state *s = &pe->s;

	s->status = status;
	s->stop_cycle = cycle;
	s->stopped = 1;
	if (s->now < cycle)
		s->now = cycle;
	s->counters.busy_cycles += cycle - s->start_cycle;
	pe_need_commit(pe, cycle);
}

/* The first fault counts. */
void pe_fault(struct mtia_pe *pe, uint32_t core, uint64_t cause, uint64_t pc, uint64_t tval,
	      uint64_t cycle)
{
	struct pe_state *s = &pe->s;

	if (s->status != MTIA_PE_RUNNING)
		return;
	s->fault_core = core;
	s->fault_cause = cause;
	s->fault_pc = pc;
	s->fault_tval = tval;
	s->fault_cycle = cycle;
	stop(pe, MTIA_PE_FAULTED, cycle);
}

void pe_mmu_fault(struct mtia_pe *pe, uint32_t src, unsigned int access,
		  enum mtia_fault_reason reason, uint64_t va)
{
	struct pe_state *s = &pe->s;

	if (s->status != MTIA_PE_RUNNING)
		return;
	s->mmu_fault = reason;
	s->mmu_src = src;
	s->mmu_access = access;
	s->mmu_va = va;
}

bool pe_finished(struct mtia_pe *pe, uint64_t cycle)
{
	for (uint32_t core = 0; core < CORES; core++)
		if (pe->s.core[core].state != CORE_DONE)
			return false;
	stop(pe, MTIA_PE_DONE, cycle);
	return true;
}

/* ---- Advance --------------------------------------------------------------------------------- */

static void advance(struct mtia_pe *pe, uint64_t until)
{
	struct pe_state *s = &pe->s;

	while (s->status == MTIA_PE_RUNNING) {
		uint64_t limit = until < s->commit_at ? until : s->commit_at;
		uint64_t next = pe_next_time(pe), time = PE_NEVER;
		uint32_t core = 0;

		for (uint32_t i = CORES; i-- > 0;) {
			if (core_runs(&s->core[i]) && pe->hart[i].s.cycle <= time) {
				time = pe->hart[i].s.cycle;
				core = i;
			}
		}
		if (next <= time) {
			if (next >= limit)
				break;
			pe_events_at(pe, next);
			continue;
		}
		if (time >= limit)
			break;
		/* Run ahead, but not over a barrier: that bound must not depend on `until`. */
		next = barrier_after(pe, time);
		core_run(pe, core, next < limit ? next : limit);
	}
	if (s->status == MTIA_PE_RUNNING) {
		uint64_t limit = until < s->commit_at ? until : s->commit_at;

		if (s->now < limit)
			s->now = limit;
	}
}

void pe_advance(struct mtia_pe *pe, uint64_t until)
{
	if (pe->s.status != MTIA_PE_RUNNING || pe_next_event(pe) >= until) {
		if (pe->s.status == MTIA_PE_RUNNING && pe->s.now < until &&
		    pe->s.commit_at == PE_NEVER)
			pe->s.now = until;
		return;
	}
#if defined(__x86_64__)
	/* A host program built with -ffast-math flushes denormals; our results must not follow. */
	unsigned int csr = _mm_getcsr();

	_mm_setcsr(0x1f80);
	advance(pe, until);
	_mm_setcsr(csr);
#else
	advance(pe, until);
#endif
}

uint64_t pe_next_event(const struct mtia_pe *pe)
{
	const struct pe_state *s = &pe->s;
	uint64_t next = pe_next_time(pe);

	if (s->status != MTIA_PE_RUNNING)
		return PE_NEVER;
	for (uint32_t core = 0; core < CORES; core++)
		if (core_runs(&s->core[core]) && pe->hart[core].s.cycle < next)
			next = pe->hart[core].s.cycle;
	return next;
}

/* ---- Commit ---------------------------------------------------------------------------------- */

/* Neighbour to the east/south (forward) or west/north in the grid, inside this PE's sub-grid. */
static struct mtia_pe *neighbour(const struct mtia_pe *pe, unsigned int dir, bool forward)
{
	const struct pe_launch *l = &pe->s.launch;
	uint32_t row = pe->index / pe->grid_cols, col = pe->index % pe->grid_cols;
	uint32_t step = dir == MTIA_DIR_EAST ? 1 : pe->grid_cols;

	if (forward) {
		if (dir == MTIA_DIR_EAST ? col + 1 >= (uint32_t)l->col0 + l->cols :
					   row + 1 >= (uint32_t)l->row0 + l->rows)
			return NULL;
		return pe->fabric->neighbour(pe->soc, pe->index + step);
	}
	if (dir == MTIA_DIR_EAST ? col <= l->col0 : row <= l->row0)
		return NULL;
	return pe->fabric->neighbour(pe->soc, pe->index - step);
}

struct mtia_pe *pe_peer(const struct mtia_pe *pe, uint32_t index)
{
	struct mtia_pe *peer = pe->fabric->neighbour(pe->soc, index);
	const struct pe_launch *a = &pe->s.launch, *b;

	if (!peer || peer->s.status == MTIA_PE_IDLE)
		return NULL;
	b = &peer->s.launch;
	return a->asid == b->asid && a->row0 == b->row0 && a->col0 == b->col0 &&
	       a->rows == b->rows && a->cols == b->cols ? peer : NULL;
}

void pe_kick(struct mtia_pe *pe, uint64_t barrier)
{
	if (pe->s.status != MTIA_PE_RUNNING || pe->s.kicked)
		return;
	pe->s.kicked = 1;
	pe_post(pe, barrier > pe->s.now ? barrier : pe->s.now, EVENT_KICK, 0);
}

static void set_credit(struct mtia_pe *pe, unsigned int dir, const struct mtia_pe *to)
{
	pe->s.credit[dir] = to ? MTIA_RE_LINK_TILES - to->s.inbox[dir].count : 0;
}

static void commit_links(struct mtia_pe *pe, uint64_t barrier)
{
	struct pe_state *s = &pe->s;

	for (unsigned int dir = 0; dir < 2; dir++) {
		struct pe_link_queue *out = &s->outbox[dir];
		struct mtia_pe *to = out->count ? neighbour(pe, dir, true) : NULL;
		struct mtia_pe *from = s->took[dir] ? neighbour(pe, dir, false) : NULL;

		for (uint32_t i = 0; i < out->count && to; i++) {
			struct pe_link_queue *in = &to->s.inbox[dir];
			uint32_t at = (in->head + in->count) % MTIA_RE_LINK_TILES;

			if (in->count == MTIA_RE_LINK_TILES)
				break;
			memcpy(in->tile[at], out->tile[i], sizeof(in->tile[0]));
			in->asid[at] = s->launch.asid;
			in->count++;
		}
		if (to) {
			set_credit(pe, dir, to);
			pe_kick(to, barrier);
		}
		out->count = 0;
		s->took[dir] = 0;
		if (from) {
			set_credit(from, dir, pe);
			pe_kick(from, barrier);
		}
	}
}

void pe_commit(struct mtia_pe *pe)
{
	struct pe_state *s = &pe->s;
	uint64_t barrier = s->commit_at;

	if (barrier == PE_NEVER)
		return;
	/* In order of time; a core that ran ahead may have come before an event of FI. */
	for (uint32_t i = 1; i < s->staged_count; i++) {
		struct pe_staged item = s->staged[i];
		uint32_t at = i;

		for (; at && s->staged[at - 1].time > item.time; at--)
			s->staged[at] = s->staged[at - 1];
		s->staged[at] = item;
	}
	for (uint32_t i = 0; i < s->staged_count; i++) {
		const struct pe_staged *item = &s->staged[i];

		/* Of what came after a fault, nothing happens. */
		if (s->status == MTIA_PE_FAULTED && item->time > s->fault_cycle)
			break;
		if (item->kind == STAGED_FI)
			fi_commit(pe, item->arg);
		else if (item->kind == STAGED_ATOM)
			atom_commit(pe, item->arg, barrier);
		else if (item->kind == STAGED_MC)
			mc_commit(pe, item->arg, barrier);
		else
			core_commit(pe, item->arg, barrier);
		if (s->status == MTIA_PE_FAULTED && s->fault_cycle == barrier)
			break;
	}
	s->staged_count = 0;
	if (s->watchers)
		atom_wake_watchers(pe, barrier);
	commit_links(pe, barrier);
	s->commit_at = PE_NEVER;
	if (s->mmu_fault) {
		pe->fabric->fault(pe->soc, s->mmu_src, s->launch.asid, s->mmu_access,
				  (enum mtia_fault_reason)s->mmu_fault, s->mmu_va);
		s->mmu_fault = 0;
	}
	if (s->stopped) {
		s->stopped = 0;
		pe->fabric->stopped(pe->soc, pe->index, s->status);
	}
}

/* ---- Life ------------------------------------------------------------------------------------ */

/* Both harts and all of the CP as they are before a launch. */
static void clear_run_state(struct mtia_pe *pe)
{
	struct pe_state *s = &pe->s;

	irq_reset(pe);
	for (uint32_t core = 0; core < CORES; core++)
		pe->hart[core].s.mip = 0;
	memset(s->core, 0, sizeof(s->core));
	memset(s->queue, 0, sizeof(s->queue));
	memset(s->cmd, 0, sizeof(s->cmd));
	memset(s->cb, 0, sizeof(s->cb));
	memset(s->atom, 0, sizeof(s->atom));
	memset(s->group, 0, sizeof(s->group));
	s->watchers = 0;
	memset(&s->running, 0, sizeof(s->running));
	memset(s->running_count, 0, sizeof(s->running_count));
	s->free_cmds = UINT64_MAX;
	s->ev_head = s->ev_tail = 0;
	s->turn = 0;
	s->fi_running = 0;
	s->fi_read_free = s->fi_write_free = s->fi_write_last = 0;
	s->dpe_free = 0;
	memset(s->dpe_block, 0, sizeof(s->dpe_block));
	s->re_busy = s->se_busy = s->mlu_busy = 0;
	s->kicked = 0;
	for (uint32_t slot = 0; slot < MTIA_SE_LUTS; slot++)
		s->lut[slot].head = (struct mtia_se_lut){ 0 };
	s->commit_at = PE_NEVER;
	s->staged_count = 0;
	s->stopped = 0;
	s->mmu_fault = 0;
	for (unsigned int dir = 0; dir < 2; dir++) {
		s->took[dir] = 0;
		s->outbox[dir].count = 0;
		s->credit[dir] = 0;
	}
}

/* The sender's idea of what fits has to follow when an inbox is emptied from outside. */
static void tell_senders(struct mtia_pe *pe)
{
	for (unsigned int dir = 0; dir < 2; dir++) {
		struct mtia_pe *from = neighbour(pe, dir, false);

		if (from && neighbour(from, dir, true) == pe) {
			set_credit(from, dir, pe);
			pe_kick(from, from->s.now);
		}
	}
}

struct mtia_pe *pe_create(const struct pe_config *config)
{
	struct rv_config rv = {
		.bus = &pe_core_bus,
		.icache = config->icache,
		.windows = { { .base = MTIA_PE_LS_BASE, .size = LS_SIZE, .perms = RV_R | RV_W } },
		.nwindows = 1,
	};
	const uintptr_t align = _Alignof(struct mtia_pe);
	struct mtia_pe *pe;
	void *memory;

	if (!config->fabric || !config->grid_cols ||
	    config->index >= MTIA_GRID_ROWS * MTIA_GRID_COLS ||
	    config->fi_outstanding > MTIA_FI_OUTSTANDING || config->quantum < 32 ||
	    config->quantum > 65536 || (config->quantum & (config->quantum - 1)))
		return NULL;
	/* As after pe_power_on(), by pages that nobody has touched: clearing 64 PEs takes long. */
	memory = calloc(1, sizeof(*pe) + align - 1);
	if (!memory)
		return NULL;
	pe = (void *)(((uintptr_t)memory + align - 1) & ~(align - 1));
	pe->memory = memory;
	pe->simd = pe_simd_select(config->isa);
	pe->fabric = config->fabric;
	pe->soc = config->soc;
	pe->index = config->index;
	pe->grid_cols = config->grid_cols;
	pe->quantum = config->quantum;
	pe->caps = config->caps;
	pe->fi_limit = config->fi_outstanding ? config->fi_outstanding : MTIA_FI_OUTSTANDING;
	rv.windows[0].host = pe->s.ls;
	for (uint32_t core = 0; core < CORES; core++) {
		pe->core_ctx[core] = (struct pe_core_ctx){ .pe = pe, .index = core };
		rv.ctx = &pe->core_ctx[core];
		rv.vector = core == VECTOR_CORE;
		rv.hartid = CORES * (uint64_t)pe->index + core;
		if (rv_init(&pe->hart[core], &rv)) {
			if (core)
				rv_fini(&pe->hart[0]);
			free(memory);
			return NULL;
		}
		/* The command fields need no callback; their neighbours are illegal. */
		pe->hart[core].custom_csr_hook = ~((UINT64_C(1) << MTIA_CSR_COUNT) - 1);
	}
	clear_run_state(pe);
	return pe;
}

void pe_destroy(struct mtia_pe *pe)
{
	if (!pe)
		return;
	for (uint32_t core = 0; core < CORES; core++)
		rv_fini(&pe->hart[core]);
	free(pe->memory);
}

uint8_t *pe_local_memory(struct mtia_pe *pe)
{
	return pe->s.ls;
}

/* Tiles of another address space must not be added to this one's results. */
static void drop_foreign_tiles(struct pe_link_queue *in, uint32_t asid)
{
	uint32_t count = in->count;

	while (count-- && in->asid[in->head] != asid) {
		in->head = (in->head + 1) % MTIA_RE_LINK_TILES;
		in->count--;
	}
}

int pe_start(struct mtia_pe *pe, const struct pe_launch *launch, uint64_t cycle)
{
	struct pe_state *s = &pe->s;
	struct pe_core debug[CORES];
	uint32_t row = pe->index / pe->grid_cols, col = pe->index % pe->grid_cols;

	if (s->status == MTIA_PE_RUNNING)
		return -EBUSY;
	if (row < launch->row0 || row >= (uint32_t)launch->row0 + launch->rows ||
	    col < launch->col0 || col >= (uint32_t)launch->col0 + launch->cols ||
	    (uint32_t)launch->col0 + launch->cols > pe->grid_cols)
		return -EINVAL;
	if (cycle < s->now)
		cycle = s->now;
	for (uint32_t core = 0; core < CORES; core++)
		debug[core] = s->core[core];
	clear_run_state(pe);
	memset(&s->launch, 0, sizeof(s->launch));
	s->launch.asid = launch->asid;
	s->launch.row0 = launch->row0;
	s->launch.col0 = launch->col0;
	s->launch.rows = launch->rows;
	s->launch.cols = launch->cols;
	memcpy(s->launch.entry, launch->entry, sizeof(launch->entry));
	memcpy(s->launch.arg, launch->arg, sizeof(launch->arg));
	s->now = s->start_cycle = cycle;
	s->stop_cycle = 0;
	s->status = MTIA_PE_RUNNING;
	s->fault_core = 0;
	s->fault_cause = s->fault_pc = s->fault_tval = s->fault_cycle = 0;
	s->counters.launches++;
	pe_flush_tlb(pe);
	for (unsigned int dir = 0; dir < 2; dir++)
		drop_foreign_tiles(&s->inbox[dir], launch->asid);
	for (unsigned int dir = 0; dir < 2; dir++)
		set_credit(pe, dir, neighbour(pe, dir, true));
	tell_senders(pe);
	for (uint32_t core = 0; core < CORES; core++) {
		struct rv_hart *hart = &pe->hart[core];

		rv_reset(hart, launch->entry[core]);
		hart->s.cycle = cycle;
		for (unsigned int i = 0; i < 4; i++)
			hart->s.x[10 + i] = launch->arg[i];
		s->core[core].state = CORE_RUN;
		s->core[core].debug = debug[core].debug & (MTIA_DBG_HALT | MTIA_DBG_EBREAK);
		s->core[core].debug_select = debug[core].debug_select;
		s->core[core].start_instret = hart->s.instret;
	}
	return 0;
}

void pe_reset(struct mtia_pe *pe)
{
	struct pe_state *s = &pe->s;

	if (s->status == MTIA_PE_RUNNING)
		s->counters.busy_cycles += s->now - s->start_cycle;
	clear_run_state(pe);
	for (unsigned int dir = 0; dir < 2; dir++)
		s->inbox[dir].count = s->inbox[dir].head = 0;
	s->status = MTIA_PE_IDLE;
	s->fault_core = 0;
	s->fault_cause = s->fault_pc = s->fault_tval = s->fault_cycle = 0;
	tell_senders(pe);
	pe_flush_tlb(pe);
}

void pe_scrub(struct mtia_pe *pe)
{
	memset(pe->s.ls, 0, sizeof(pe->s.ls));
	memset(pe->s.bank, 0, sizeof(pe->s.bank));
	memset(pe->s.lut, 0, sizeof(pe->s.lut));
	memset(pe->s.inbox[0].tile, 0, sizeof(pe->s.inbox[0].tile));
	memset(pe->s.inbox[1].tile, 0, sizeof(pe->s.inbox[1].tile));
}

void pe_power_on(struct mtia_pe *pe)
{
	memset(&pe->s, 0, sizeof(pe->s));
	clear_run_state(pe);
	pe_flush_tlb(pe);
	for (uint32_t core = 0; core < CORES; core++) {
		rv_reset(&pe->hart[core], 0);
		pe->hart[core].s.cycle = 0;
		pe->hart[core].s.instret = 0;
	}
}

void pe_flush_tlb(struct mtia_pe *pe)
{
	memset(pe->tlb_page, 0, sizeof(pe->tlb_page));
	memset(pe->tlb_huge, 0, sizeof(pe->tlb_huge));
	for (uint32_t core = 0; core < CORES; core++)
		rv_flush_icache(&pe->hart[core]);
}

/* ---- What the outside may know --------------------------------------------------------------- */

/* First CB whose level or space a waiting command lacks, else any it names. */
static uint32_t lacking_cb(const struct pe_state *s, const struct pe_cmd *cmd)
{
	if (cmd->cb0 != PE_NO_CB && s->cb[cmd->cb0].level < cmd->need0)
		return cmd->cb0;
	if (cmd->cb1 != PE_NO_CB && s->cb[cmd->cb1].level < cmd->need1)
		return cmd->cb1;
	return cmd->cbd != PE_NO_CB ? cmd->cbd : cmd->cb0; /* LUT_LOAD: behind its header */
}

/* What a blocked core waits for, as MTIA_CAUSE_DEADLOCK tells it. */
static uint64_t waits_for(const struct mtia_pe *pe, const struct pe_core *c)
{
	const struct pe_launch *l = &pe->s.launch;
	uint32_t op = wait_op(c), id = PE_NO_CB;
	uint64_t row = c->peer / pe->grid_cols - l->row0, col = c->peer % pe->grid_cols - l->col0;

	if (atom_is_op(op))
		return (uint64_t)c->wait << 8 | c->wait_id | (row & 0xff) << 16 |
		       (col & 0xff) << 24;
	if (op > MTIA_SYNC_FENCE && op <= MTIA_SYNC_CB_LEVEL)
		id = c->wait_id;
	return (uint64_t)c->wait << 8 | id;
}

void pe_raise_deadlock(struct mtia_pe *pe, uint64_t cycle)
{
	struct pe_state *s = &pe->s;

	if (s->status != MTIA_PE_RUNNING)
		return;
	if (cycle < s->now)
		cycle = s->now;
	for (uint32_t i = 0; i < PE_CMDS; i++) {
		const struct pe_cmd *cmd = &s->cmd[i];

		if (cmd->state == CMD_READY) {
			cp_cmd_fault(pe, cmd, MTIA_CAUSE_DEADLOCK, (uint64_t)cmd->op << 8 | cmd->cbd,
				     cycle);
			return;
		}
	}
	for (uint32_t core = 0; core < CORES; core++) {
		if (s->queue[core].count) {
			const struct pe_cmd *cmd = &s->cmd[s->queue[core].order[0]];

			cp_cmd_fault(pe, cmd, MTIA_CAUSE_DEADLOCK,
				     (uint64_t)cmd->op << 8 | lacking_cb(s, cmd), cycle);
			return;
		}
	}
	for (uint32_t core = 0; core < CORES; core++) {
		const struct pe_core *c = &s->core[core];

		if (c->state == CORE_BLOCKED) {
			pe_fault(pe, core, MTIA_CAUSE_DEADLOCK, pe->hart[core].s.pc,
				 waits_for(pe, c), cycle);
			return;
		}
	}
	pe_fault(pe, 0, MTIA_CAUSE_DEADLOCK, pe->hart[0].s.pc, PE_NO_CB, cycle);
}

void pe_get_status(const struct mtia_pe *pe, struct pe_status *status)
{
	const struct pe_state *s = &pe->s;

	memset(status, 0, sizeof(*status));
	status->status = s->status;
	status->fault_core = s->fault_core;
	status->fault_cause = s->fault_cause;
	status->fault_pc = s->fault_pc;
	status->fault_tval = s->fault_tval;
	status->fault_cycle = s->fault_cycle;
	for (uint32_t core = 0; core < CORES; core++) {
		status->exit_code |= s->core[core].exit_code;
		if (s->status != MTIA_PE_IDLE)
			status->instrs[core] =
				pe->hart[core].s.instret - s->core[core].start_instret;
	}
	if (s->status == MTIA_PE_RUNNING)
		status->busy_cycles = s->now - s->start_cycle;
	else if (s->status != MTIA_PE_IDLE)
		status->busy_cycles = s->stop_cycle - s->start_cycle;
}

void pe_get_counters(const struct mtia_pe *pe, struct pe_counters *counters)
{
	*counters = pe->s.counters;
	counters->instrs = pe->hart[0].s.instret + pe->hart[1].s.instret;
	if (pe->s.status == MTIA_PE_RUNNING)
		counters->busy_cycles += pe->s.now - pe->s.start_cycle;
}
