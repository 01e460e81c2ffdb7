// SPDX-License-Identifier: MIT
/*
 * Running a PE program: find a sub-grid, put arguments and entry points into its PEs, start them,
 * collect how they ended. Launches that find no room wait in order of arrival, the first one
 * blocking the rest: a large launch is never starved by small ones.
 *
 * A PE's memory is zeroed when it is given back (and at boot), so what a client leaves behind is
 * gone before anyone else can run there, and every launch starts from zeroes.
 */
#include "fw.h"

static unsigned int pe_index(unsigned int row, unsigned int col)
{
	return row * MTIA_GRID_COLS + col;
}

static void start(struct fw *fw, struct fw_queue *q)
{
	const struct mtia_pkt_launch *launch = &q->packet.launch;
	const struct subgrid_rect *rect = &q->rect;
	struct fw_pe_start pe = {
		.asid = q->asid,
		.subgrid = rect->row | (uint32_t)rect->col << 8 | (uint32_t)rect->rows << 16 |
			   (uint32_t)rect->cols << 24,
		.args = q->packet.args,
		.args_size = launch->args_size,
	};

	for (unsigned int core = 0; core < MTIA_CORES_PER_PE; core++)
		pe.entry[core] = launch->program_va + q->program.entry[core];
	pe.arg[0] = MTIA_PE_ARGS_BASE;
	pe.arg[1] = launch->args_size;
	pe.arg[3] = rect->rows | (uint64_t)rect->cols << 16;

	q->pes = subgrid_mask(rect);
	q->pes_left = q->pes;
	q->state = FW_JOB_RUN;
	port_clear_pe_events(q->pes);
	/* Records of whoever ran here before are not this launch's. */
	dma_take_faults(fw);
	for (unsigned int row = 0; row < rect->rows; row++) {
		for (unsigned int col = 0; col < rect->cols; col++) {
			unsigned int index = pe_index(rect->row + row, rect->col + col);

			fw->pe_owner[index] = (uint8_t)fw_slot(fw, q);
			fw->pe_mmu_fault[index].status = 0;
			pe.arg[2] = row | (uint64_t)col << 16;
			port_pe_prepare(index, &pe);
		}
	}
	for (uint64_t m = q->pes; m; m &= m - 1)
		port_pe_start(lowest_bit(m));
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
	fifo_push(&fw->grid_waiters, fw_slot(fw, q));
}

void launch_retry_waiters(struct fw *fw)
{
	while (fw->grid_waiters.count) {
		struct fw_queue *q = &fw->queues[fw->grid_waiters.slot[0]];

		if (!subgrid_alloc(&fw->grid, q->packet.launch.rows, q->packet.launch.cols,
				   &q->rect))
			return;
		fifo_pop(&fw->grid_waiters);
		start(fw, q);
	}
}

void launch_stop(struct fw *fw, struct fw_queue *q)
{
	for (uint64_t m = q->pes; m; m &= m - 1) {
		unsigned int index = lowest_bit(m);

		port_pe_reset(index);
		fw->pe_owner[index] = FW_NO_OWNER;
	}
	port_clear_pe_events(q->pes);
	subgrid_free(&fw->grid, &q->rect);
	q->pes = 0;
	q->pes_left = 0;
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

static enum mtia_job_status status_of(uint64_t cause, const struct fw_mmu_fault *record)
{
	switch (cause) {
	case MTIA_CAUSE_FIELD:
	case MTIA_CAUSE_CB_RULE:
	case MTIA_CAUSE_LINK:
		return MTIA_JOB_PE_COMMAND;
	case MTIA_CAUSE_DEADLOCK:
		return MTIA_JOB_DEADLOCK;
	case MTIA_CAUSE_FI_FAULT:
		return MTIA_JOB_MMU_FAULT;
	default:
		/* Outside of both local memory and the MMU's range there is no record. */
		return memory_cause(cause) && record->status ? MTIA_JOB_MMU_FAULT :
							       MTIA_JOB_PE_EXCEPTION;
	}
}

static uint64_t where_of(unsigned int index, uint32_t core)
{
	return index / MTIA_GRID_COLS | (uint64_t)(index % MTIA_GRID_COLS) << 8 |
	       (uint64_t)(core & 0xff) << 16;
}

static void fail_fault(struct fw *fw, struct fw_queue *q, uint64_t faulted)
{
	const struct fw_mmu_fault *record;
	struct fw_pe_fault first = { .cycle = UINT64_MAX };
	unsigned int at = 0;
	uint64_t cause, reason = 0, access = 0;
	enum mtia_job_status status;

	for (uint64_t m = faulted; m; m &= m - 1) {
		unsigned int index = lowest_bit(m);
		struct fw_pe_fault fault;

		port_pe_fault(index, &fault);
		if (m == faulted || fault.cycle < first.cycle) {
			first = fault;
			at = index;
		}
	}
	record = &fw->pe_mmu_fault[at];
	status = status_of(first.cause, record);
	cause = first.cause << 16;
	if (memory_cause(first.cause) && record->status) {
		reason = record->status >> 8 & 0xff;
		access = record->status >> 16 & 0xff;
		cause |= reason | access << 8;
	}
	if (reason == MTIA_FAULT_HOST_BUS)
		status = MTIA_JOB_DMA_ERROR;
	launch_stop(fw, q);
	job_finish(fw, q, status, q->cmds.index);
	job_report_fault(fw, q, first.tval, where_of(at, first.core), cause, first.pc);
}

static void fail_exit(struct fw *fw, struct fw_queue *q, unsigned int index, uint32_t code)
{
	launch_stop(fw, q);
	job_finish(fw, q, MTIA_JOB_PE_EXIT, code);
	job_report_fault(fw, q, code, where_of(index, 0), 0, 0);
}

void launch_poll(struct fw *fw)
{
	uint64_t faulted = port_pe_faulted();
	uint64_t done = port_pe_done();

	port_clear_pe_events(faulted | done);
	if (faulted)
		dma_take_faults(fw);
	while (faulted) {
		unsigned int owner = fw->pe_owner[lowest_bit(faulted)];
		uint64_t pes = faulted & -faulted;

		if (owner != FW_NO_OWNER) {
			struct fw_queue *q = &fw->queues[owner];

			pes = q->pes;
			fail_fault(fw, q, faulted & pes);
		}
		faulted &= ~pes;
		done &= ~pes;
	}
	while (done) {
		unsigned int index = lowest_bit(done);
		unsigned int owner = fw->pe_owner[index];
		struct fw_queue *q;
		uint32_t code;

		done &= done - 1;
		if (owner == FW_NO_OWNER)
			continue;
		q = &fw->queues[owner];
		code = port_pe_exit_code(index);
		if (code) {
			done &= ~q->pes;
			fail_exit(fw, q, index, code);
			continue;
		}
		q->pes_left &= ~FW_BIT(index);
		if (!q->pes_left) {
			launch_stop(fw, q);
			q->state = FW_JOB_PACKET;
			fw->ready |= FW_BIT(owner);
		}
	}
}
