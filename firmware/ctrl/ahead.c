// SPDX-License-Identifier: MIT
/*
 * Launches put into the work queue of their sub-grid while an earlier one runs there (v1+): the PEs
 * go on with them by themselves, and the time to decode a packet, fetch a header and describe a
 * launch is not theirs. Only launches of the same shape that follow each other in one command buffer:
 * so they are of one owner, and packets still take effect in order. Whatever else comes next waits
 * until all of them have ended and is then taken the usual way, failures of looking ahead included.
 * So is everything as soon as another queue waits for PEs that would be next: none may keep them by
 * being quick.
 *
 * A queue that looks ahead holds its sub-grid from start() of launch.c to drained() here. It looks
 * at one packet an event: its own launch has begun, a header has come, a report. A report that comes
 * while a header is on its way is read after that. If nothing was put behind START's launch, that
 * ends as on v1.
 */
#include "fw.h"

static struct fw_ahead *ahead_of(struct fw *fw, const struct fw_queue *q)
{
	return &fw->ahead[fw_slot(fw, q)];
}

/* The sub-grid has been given back, or is about to be: nothing is ahead any more. */
static void forget(struct fw_ahead *a)
{
	a->count = a->room = 0;
	a->pushed = a->over = false;
}

/* Everything put ahead has ended well: go on the usual way. */
static void drained(struct fw *fw, struct fw_queue *q)
{
	forget(ahead_of(fw, q));
	launch_stop(fw, q);
	q->state = FW_JOB_PACKET;
	fw->ready |= FW_BIT(fw_slot(fw, q));
}

/* Nothing can be put ahead now. */
static void hold(struct fw *fw, struct fw_queue *q)
{
	struct fw_ahead *a = ahead_of(fw, q);

	q->state = FW_JOB_AHEAD_HELD;
	if (!a->count) {
		drained(fw, q);
	} else if (!a->pushed) {
		/* The only launch: its end needs no report, the event will do. */
		forget(a);
		q->state = FW_JOB_RUN;
	}
}

static bool fits(const struct fw_queue *q)
{
	const struct mtia_pkt_launch *launch = &q->packet.launch;

	return q->packet.opcode == MTIA_PKT_LAUNCH && launch->rows == q->rect.rows &&
	       launch->cols == q->rect.cols && launch->program_size >= sizeof(q->program);
}

/* The packet that was looked at is for the usual way. */
static void leave(struct fw *fw, struct fw_queue *q)
{
	struct fw_ahead *a = ahead_of(fw, q);

	q->cmds = a->before;
	a->over = true;
	hold(fw, q);
}

/* What comes next? */
static void look(struct fw *fw, struct fw_queue *q)
{
	struct fw_ahead *a = ahead_of(fw, q);

	if (!a->room || !line_lets_pass(fw, &fw->grid_waiters, fw_slot(fw, q))) {
		hold(fw, q);
		return;
	}
	a->before = q->cmds;
	if (cmdbuf_next(&q->cmds, &q->packet) != CMDBUF_PACKET || !fits(q)) {
		leave(fw, q);
		return;
	}
	q->dma = (struct fw_dma){
		.src = q->packet.launch.program_va,
		.src_space = MTIA_SPACE_VIRT | (uint32_t)q->asid << 8,
		.dst = port_phys(&q->program),
		.dst_space = MTIA_SPACE_PHYS,
		.size = sizeof(q->program),
	};
	dma_request(fw, q, FW_DMA_AHEAD);
	q->state = FW_JOB_AHEAD_DMA;
}

void ahead_started(struct fw *fw, struct fw_queue *q, unsigned int room)
{
	struct fw_ahead *a = ahead_of(fw, q);

	a->packet[0] = q->cmds.index;
	a->count = 1;
	/* A place of request[] is free again when its launch has begun. */
	a->room = room < MTIA_WQ_MAX_DEPTH ? room : MTIA_WQ_MAX_DEPTH - 1;
	look(fw, q);
}

static bool push(struct fw *fw, struct fw_queue *q)
{
	const struct mtia_pkt_launch *packet = &q->packet.launch;
	struct fw_ahead *a = ahead_of(fw, q);
	struct mtia_wq_request *request = &a->request[a->slot];

	*request = (struct mtia_wq_request){
		.arg = { MTIA_PE_ARGS_BASE, packet->args_size, 0,
			 packet->rows | (uint64_t)packet->cols << 16 },
		.args_addr = port_phys(q->packet.args),
		.args_size = packet->args_size,
		.arg_pos = 1u << 2,
	};
	for (unsigned int core = 0; core < MTIA_CORES_PER_PE; core++)
		request->entry[core] = packet->program_va + q->program.entry[core];
	/* Refused if the launch in front has failed, which its report will say. */
	if (port_work_push(fw_slot(fw, q), request, q->cmds.index + 1))
		return false;
	a->slot = (a->slot + 1) % MTIA_WQ_MAX_DEPTH;
	a->packet[a->count++] = q->cmds.index;
	a->room--;
	a->pushed = true;
	return true;
}

/* The oldest launch did not end well: so the job ends, and what is behind it never begins. */
static void failed(struct fw *fw, struct fw_queue *q, enum mtia_wq_state how)
{
	unsigned int slot = fw_slot(fw, q);
	struct fw_ahead *a = ahead_of(fw, q);

	q->cmds.index = a->packet[0];
	dma_take_faults(fw); /* its event may not have been seen yet */
	if (how == MTIA_WQ_FAILED) {
		launch_failed(fw, q);
		forget(a);
		return;
	}
	forget(a);
	/* Poison in memory of the firmware's own, or a request that it got wrong. */
	fw_log(fw, FW_LOG_ERROR, "queue %u: launch of packet %u refused, state %u", slot,
	       q->cmds.index, how);
	launch_stop(fw, q);
	job_finish(fw, q, how == MTIA_WQ_POISON ? MTIA_JOB_DMA_ERROR : MTIA_JOB_INTERNAL,
		   q->cmds.index);
	if (how == MTIA_WQ_POISON)
		job_report_fault(fw, q, 0, FW_WHERE_NO_PE, MTIA_FAULT_POISON, 0, 0);
}

/* Take in what has ended; false: not well, and the job is over. */
static bool take_reports(struct fw *fw, struct fw_queue *q)
{
	struct fw_ahead *a = ahead_of(fw, q);

	while (a->count) {
		enum mtia_wq_state how = port_work_oldest(fw_slot(fw, q));

		if (how < MTIA_WQ_DONE)
			break;
		if (how != MTIA_WQ_DONE) {
			failed(fw, q, how);
			return false;
		}
		port_work_pop(fw_slot(fw, q));
		a->count--;
		a->room++;
		for (unsigned int i = 0; i < a->count; i++)
			a->packet[i] = a->packet[i + 1];
	}
	return true;
}

void ahead_poll(struct fw *fw, struct fw_queue *q)
{
	const struct fw_ahead *a = ahead_of(fw, q);

	if (q->state != FW_JOB_AHEAD_HELD || !take_reports(fw, q))
		return;
	if (!a->over)
		look(fw, q);
	else if (!a->count)
		drained(fw, q);
}

void ahead_header(struct fw *fw, struct fw_queue *q, bool good)
{
	if (!take_reports(fw, q))
		return;
	if (good && cmdbuf_check_program(&q->program, &q->packet.launch) == MTIA_JOB_OK &&
	    push(fw, q))
		look(fw, q);
	else
		leave(fw, q);
}

bool ahead_kill(struct fw *fw, struct fw_queue *q)
{
	bool reading = q->state == FW_JOB_AHEAD_DMA;
	struct fw_ahead *a = ahead_of(fw, q);

	if (a->count) {
		q->cmds.index = a->packet[0];
		if (q->kill_status == MTIA_JOB_TIMEOUT)
			pestate_record(fw, q, FW_ANY_PE);
	}
	forget(a);
	launch_stop(fw, q);
	return !reading || dma_cancel(fw, q);
}
