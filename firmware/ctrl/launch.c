// SPDX-License-Identifier: MIT
/*
 * Running a PE program: find a sub-grid, describe the launch to the hardware, which starts all PEs at
 * once, and learn how it ended. The sub-grid table's entry of a launch is its queue's slot. Launches
 * that find no room wait in a line (line.c), the first one blocking the rest: a large launch is never
 * starved by small ones.
 *
 * Every launch starts from zeroes: the hardware scrubs its PEs first.
 */
#include "fw.h"

static void start(struct fw *fw, struct fw_queue *q)
{
	const struct mtia_pkt_launch *packet = &q->packet.launch;
	const struct subgrid_rect *rect = &q->rect;
	struct fw_launch launch = {
		.asid = q->asid,
		.rect = subgrid_rect_word(rect),
		.arg = { MTIA_PE_ARGS_BASE, packet->args_size, 0,
			 rect->rows | (uint64_t)rect->cols << 16 },
		.arg_pos = 1u << 2,
		.args_size = packet->args_size,
		.args = q->packet.args,
	};
	uint32_t answer;

	for (unsigned int core = 0; core < MTIA_CORES_PER_PE; core++)
		launch.entry[core] = packet->program_va + q->program.entry[core];
	q->pes = subgrid_mask(rect);
	q->state = FW_JOB_RUN;
	/* Records of whoever ran here before are not this launch's. */
	dma_take_faults(fw);
	fw->pe_faults &= ~q->pes;
	answer = port_subgrid_start(fw_slot(fw, q), &launch);
	if (answer & 0xff) {
		fw_log(fw, FW_LOG_ERROR, "queue %u: sub-grid %x refused, reason %u", fw_slot(fw, q),
		       launch.rect, answer & 0xff);
		launch_stop(fw, q);
		job_finish(fw, q, MTIA_JOB_INTERNAL, q->cmds.index);
	} else if (answer) {
		ahead_started(fw, q, answer >> 8);
	}
}

void launch_place(struct fw *fw, struct fw_queue *q)
{
	const struct mtia_pkt_launch *launch = &q->packet.launch;
	enum mtia_job_status status = cmdbuf_check_program(&q->program, launch);

	if (status != MTIA_JOB_OK) {
		job_finish(fw, q, status, q->cmds.index);
		return;
	}
	if (!fw->grid_waiters.count &&
	    subgrid_alloc(&fw->grid, launch->rows, launch->cols, &q->rect)) {
		start(fw, q);
		return;
	}
	q->state = FW_JOB_GRID;
	line_join(fw, &fw->grid_waiters, fw_slot(fw, q));
	launch_retry_waiters(fw);
}

void launch_retry_waiters(struct fw *fw)
{
	while (fw->grid_waiters.count) {
		struct fw_queue *q = &fw->queues[fw->grid_waiters.slot[0]];

		if (!subgrid_alloc(&fw->grid, q->packet.launch.rows, q->packet.launch.cols,
				   &q->rect))
			return;
		line_next(fw, &fw->grid_waiters);
		start(fw, q);
	}
}

void launch_stop(struct fw *fw, struct fw_queue *q)
{
	port_subgrid_stop(fw_slot(fw, q));
	subgrid_free(&fw->grid, &q->rect);
	q->pes = 0;
	launch_retry_waiters(fw);
}

static bool memory_cause(uint64_t cause)
{
	switch (cause) {
	case 1:	 /* instruction, load, store access fault */
	case 5:
	case 7:
	case 12: /* instruction, load, store page fault */
	case 13:
	case 15:
	case MTIA_CAUSE_FI_FAULT:
		return true;
	default:
		return false;
	}
}

static enum mtia_job_status status_of(uint64_t cause, bool recorded)
{
	switch (cause) {
	case MTIA_CAUSE_FIELD:
	case MTIA_CAUSE_CB_RULE:
	case MTIA_CAUSE_LINK:
	case MTIA_CAUSE_GROUP:
		return MTIA_JOB_PE_COMMAND;
	case MTIA_CAUSE_DEADLOCK:
		return MTIA_JOB_DEADLOCK;
	case MTIA_CAUSE_FI_FAULT:
		return MTIA_JOB_MMU_FAULT;
	default:
		/* Outside of both local memory and the MMU's range there is no record. */
		return memory_cause(cause) && recorded ? MTIA_JOB_MMU_FAULT :
							 MTIA_JOB_PE_EXCEPTION;
	}
}

static uint64_t where_of(unsigned int index, uint32_t core)
{
	return index / MTIA_GRID_COLS | (uint64_t)(index % MTIA_GRID_COLS) << 8 |
	       (uint64_t)(core & 0xff) << 16;
}

bool launch_spot(struct fw *fw, const struct fw_queue *q, struct fw_spot *spot)
{
	bool runs = q->state == FW_JOB_RUN || fw_looks_ahead(q);
	uint64_t left = runs ? port_subgrid_left(fw_slot(fw, q)) : 0;
	unsigned int pe;
	uint32_t core;

	if (!left)
		return false;
	pe = lowest_bit(left);
	port_pe_position(pe, &core, &spot->pc);
	spot->where = where_of(pe, core);
	spot->cycle = port_time();
	return true;
}

static void fail_fault(struct fw *fw, struct fw_queue *q, uint64_t faulted)
{
	struct fw_pe_fault first = { .cycle = UINT64_MAX };
	unsigned int at = 0;
	uint64_t cause, reason = 0, access = 0;
	enum mtia_job_status status;
	bool recorded;

	for (uint64_t m = faulted; m; m &= m - 1) {
		unsigned int index = lowest_bit(m);
		struct fw_pe_fault fault;

		port_pe_fault(index, &fault);
		if (m == faulted || fault.cycle < first.cycle) {
			first = fault;
			at = index;
		}
	}
	recorded = fw->pe_faults & FW_BIT(at);
	status = status_of(first.cause, recorded);
	cause = first.cause << 16;
	if (memory_cause(first.cause) && recorded) {
		reason = fw->pe_mmu_fault[at].status >> 8 & 0xff;
		access = fw->pe_mmu_fault[at].status >> 16 & 0xff;
		cause |= reason | access << 8;
	}
	if (reason == MTIA_FAULT_HOST_BUS || reason == MTIA_FAULT_POISON)
		status = MTIA_JOB_DMA_ERROR;
	pestate_record(fw, q, at);
	launch_stop(fw, q);
	job_finish(fw, q, status, q->cmds.index);
	job_report_fault(fw, q, first.tval, where_of(at, first.core), cause, first.pc, first.cycle);
}

static void fail_exit(struct fw *fw, struct fw_queue *q, uint64_t exited)
{
	unsigned int index = lowest_bit(exited);
	uint32_t code = port_pe_exit_code(index);

	launch_stop(fw, q);
	job_finish(fw, q, MTIA_JOB_PE_EXIT, code);
	job_report_fault(fw, q, code, where_of(index, 0), 0, 0, 0);
}

void launch_failed(struct fw *fw, struct fw_queue *q)
{
	uint64_t faulted = port_subgrid_faulted(fw_slot(fw, q));

	if (faulted)
		fail_fault(fw, q, faulted);
	else
		fail_exit(fw, q, port_subgrid_exited(fw_slot(fw, q)));
}

void launch_poll(struct fw *fw)
{
	uint64_t events = port_subgrid_events();

	port_clear_subgrid_events(events);
	dma_take_faults(fw);
	for (; events; events &= events - 1) {
		unsigned int slot = lowest_bit(events);
		struct fw_queue *q = &fw->queues[slot];
		uint64_t faulted, exited;

		if (q->state != FW_JOB_RUN) {
			ahead_poll(fw, q);
			continue;
		}
		faulted = port_subgrid_faulted(slot);
		exited = port_subgrid_exited(slot);
		if (faulted) {
			fail_fault(fw, q, faulted);
		} else if (exited) {
			fail_exit(fw, q, exited);
		} else {
			launch_stop(fw, q);
			q->state = FW_JOB_PACKET;
			fw->ready |= FW_BIT(slot);
		}
	}
}
