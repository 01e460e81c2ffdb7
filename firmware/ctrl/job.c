// SPDX-License-Identifier: MIT
/*
 * A job from descriptor to completion: copy the command buffer, take its packets in order, each
 * started when the one before has finished. Failing is always the job's own end; the queue goes on
 * with the next one, and whether its owner is banned is the driver's decision.
 */
#include "fw.h"

/* How often a WAIT packet looks at memory that nobody signals through us, in cycles. */
#define SLEEP_FIRST 8000ull   /* 10 us */
#define SLEEP_MOST  800000ull /* 1 ms */

/* Packets and descriptors one queue may handle before the others get their turn. */
#define STEPS_A_TURN 8

void job_finish(struct fw *fw, struct fw_queue *q, enum mtia_job_status status, uint32_t detail)
{
	q->status = (uint8_t)status;
	q->detail = detail;
	q->t_end = port_time();
	q->state = FW_JOB_COMPLETE;
	fw->ready |= FW_BIT(fw_slot(fw, q));
}

void job_report_fault(struct fw *fw, struct fw_queue *q, uint64_t addr, uint64_t where,
		      uint64_t cause, uint64_t pc, uint64_t cycle)
{
	uint64_t arg[6];
	uint32_t packet = q->desc.type == MTIA_DESC_EXEC ? q->cmds.index : MTIA_NO_PACKET;

	arg[MTIA_FAULT_ARG_QUEUE] =
		fw_slot(fw, q) | (uint64_t)q->asid << 16 | (uint64_t)q->status << 32;
	arg[MTIA_FAULT_ARG_SEQNO] = q->seqno;
	arg[MTIA_FAULT_ARG_ADDR] = addr;
	arg[MTIA_FAULT_ARG_WHERE] = where | (uint64_t)packet << 32;
	arg[MTIA_FAULT_ARG_CAUSE] = cause;
	arg[MTIA_FAULT_ARG_PC] = pc;
	mailbox_fault(fw, arg, cycle);
	fw_log(fw, FW_LOG_INFO, "queue %u job %llu: status %u at %llx, cause %llx, cycle %llu",
	       fw_slot(fw, q), (unsigned long long)q->seqno, q->status, (unsigned long long)addr,
	       (unsigned long long)cause, (unsigned long long)cycle);
}

static bool phys_ok(const struct fw *fw, uint64_t addr, uint64_t size)
{
	if (addr >= MTIA_PA_LPDDR)
		return fw_lpddr_range_ok(fw, addr - MTIA_PA_LPDDR, size);
	return addr >= MTIA_PA_SRAM && size <= MTIA_SRAM_SIZE &&
	       addr - MTIA_PA_SRAM <= MTIA_SRAM_SIZE - size;
}

static bool driver_range_ok(const struct fw *fw, uint64_t space, uint64_t addr, uint64_t size)
{
	if (!size || size > FW_BIT(40))
		return false;
	if (space == MTIA_SPACE_HOST)
		return addr <= UINT64_MAX - size;
	return space == MTIA_SPACE_PHYS && phys_ok(fw, addr, size);
}

/* COPY and FILL of the driver's queue, the only ones that name physical addresses. */
static bool start_driver_dma(struct fw *fw, struct fw_queue *q)
{
	uint64_t src_space = q->desc.arg[3] & 0xff, dst_space = q->desc.arg[3] >> 8;
	bool fill = q->desc.type == MTIA_DESC_FILL;

	if (!driver_range_ok(fw, dst_space, q->desc.arg[1], q->desc.arg[2]))
		return false;
	if (fill ? src_space != 0 : !driver_range_ok(fw, src_space, q->desc.arg[0], q->desc.arg[2]))
		return false;
	q->dma = (struct fw_dma){
		.dst = q->desc.arg[1],
		.dst_space = (uint32_t)dst_space,
		.size = q->desc.arg[2],
		.fill = fill,
	};
	if (fill) {
		q->dma.pattern = q->desc.arg[0];
	} else {
		q->dma.src = q->desc.arg[0];
		q->dma.src_space = (uint32_t)src_space;
	}
	dma_request(fw, q, FW_DMA_BULK);
	return true;
}

static uint32_t virt(const struct fw_queue *q)
{
	return MTIA_SPACE_VIRT | (uint32_t)q->asid << 8;
}

static void read_virt(struct fw *fw, struct fw_queue *q, void *to, uint64_t va, uint64_t size,
		      enum fw_dma_purpose purpose)
{
	q->dma = (struct fw_dma){
		.src = va,
		.src_space = virt(q),
		.dst = port_phys(to),
		.dst_space = MTIA_SPACE_PHYS,
		.size = size,
	};
	dma_request(fw, q, purpose);
}

static void write_word(struct fw *fw, struct fw_queue *q, uint64_t va, uint64_t value)
{
	q->word = value;
	q->dma = (struct fw_dma){
		.src = port_phys(&q->word),
		.src_space = MTIA_SPACE_PHYS,
		.dst = va,
		.dst_space = virt(q),
		.size = sizeof(q->word),
	};
	dma_request(fw, q, FW_DMA_WORD);
}

static void start_exec(struct fw *fw, struct fw_queue *q)
{
	uint64_t va = q->desc.arg[0], size = q->desc.arg[1];

	q->cmds.index = MTIA_NO_PACKET;
	if (va % MTIA_CMD_ALIGN || size % MTIA_CMD_ALIGN ||
	    size < sizeof(struct mtia_cmd_header) || size > MTIA_CMD_MAX_SIZE ||
	    va > MTIA_VA_USER_MAX - size) {
		job_finish(fw, q, MTIA_JOB_BAD_BUFFER, MTIA_NO_PACKET);
		return;
	}
	read_virt(fw, q, port_command_copy(fw_slot(fw, q)), va, size, FW_DMA_COMMANDS);
}

/* The completion ring that the descriptor asks for; false: there is none, or a flag is unknown. */
static bool take_flags(const struct fw *fw, struct fw_queue *q)
{
	uint32_t flags = q->desc.flags;

	q->job_cq = q->cq;
	if (!flags)
		return true;
	if (flags > MTIA_DESC_CQ(MTIA_MAX_CQS - 1) || !fw->cqs[flags - MTIA_DESC_CQ(0)].used)
		return false;
	q->job_cq = (uint8_t)(flags - MTIA_DESC_CQ(0));
	return true;
}

static void start_job(struct fw *fw, struct fw_queue *q)
{
	bool driver = fw_slot(fw, q) == 0;
	bool flags_ok = take_flags(fw, q);

	if (q->seqno <= q->kill_until) {
		job_finish(fw, q, q->kill_status, MTIA_NO_PACKET);
		return;
	}
	if (flags_ok && q->desc.seqno == q->seqno) {
		switch (q->desc.type) {
		case MTIA_DESC_NOP:
			job_finish(fw, q, MTIA_JOB_OK, 0);
			return;
		case MTIA_DESC_EXEC:
			if (driver)
				break;
			start_exec(fw, q);
			return;
		case MTIA_DESC_COPY:
		case MTIA_DESC_FILL:
			if (driver && start_driver_dma(fw, q))
				return;
			break;
		}
	}
	fw_log(fw, FW_LOG_ERROR, "queue %u: bad descriptor, type %u seqno %llu, expected %llu",
	       fw_slot(fw, q), q->desc.type, (unsigned long long)q->desc.seqno,
	       (unsigned long long)q->seqno);
	job_finish(fw, q, MTIA_JOB_BAD_PACKET, MTIA_NO_PACKET);
}

static void start_launch(struct fw *fw, struct fw_queue *q)
{
	const struct mtia_pkt_launch *launch = &q->packet.launch;

	if (launch->rows > q->rows || launch->cols > q->cols ||
	    !subgrid_can_ever_fit(&fw->grid, launch->rows, launch->cols)) {
		job_finish(fw, q, MTIA_JOB_NO_RESOURCE, q->cmds.index);
	} else if (launch->program_size < sizeof(q->program)) {
		job_finish(fw, q, MTIA_JOB_BAD_PROGRAM, q->cmds.index);
	} else {
		read_virt(fw, q, &q->program, launch->program_va, sizeof(q->program),
			  FW_DMA_PROGRAM);
	}
}

static void start_packet(struct fw *fw, struct fw_queue *q)
{
	switch (q->packet.opcode) {
	case MTIA_PKT_NOP:
		return; /* still in PACKET: the next one follows */
	case MTIA_PKT_LAUNCH:
		start_launch(fw, q);
		return;
	case MTIA_PKT_COPY:
		q->dma = (struct fw_dma){
			.src = q->packet.copy.src,
			.src_space = virt(q),
			.dst = q->packet.copy.dst,
			.dst_space = virt(q),
			.size = q->packet.copy.size,
		};
		dma_request(fw, q, FW_DMA_BULK);
		return;
	case MTIA_PKT_FILL:
		q->dma = (struct fw_dma){
			.dst = q->packet.fill.dst,
			.dst_space = virt(q),
			.size = q->packet.fill.size,
			.pattern = q->packet.fill.pattern,
			.fill = true,
		};
		dma_request(fw, q, FW_DMA_BULK);
		return;
	case MTIA_PKT_SIGNAL:
		write_word(fw, q, q->packet.signal.va, q->packet.signal.value);
		return;
	case MTIA_PKT_WAIT:
		q->backoff = SLEEP_FIRST;
		read_virt(fw, q, &q->word, q->packet.wait.va, sizeof(q->word), FW_DMA_WAIT);
		return;
	case MTIA_PKT_TIMESTAMP:
		write_word(fw, q, q->packet.timestamp.va, port_time());
		return;
	}
}

static void next_packet(struct fw *fw, struct fw_queue *q)
{
	switch (cmdbuf_next(&q->cmds, &q->packet)) {
	case CMDBUF_PACKET:
		start_packet(fw, q);
		break;
	case CMDBUF_END:
		job_finish(fw, q, MTIA_JOB_OK, 0);
		break;
	case CMDBUF_BAD:
		job_finish(fw, q, MTIA_JOB_BAD_PACKET, q->cmds.index);
		break;
	}
}

void job_step(struct fw *fw, struct fw_queue *q)
{
	uint64_t bit = FW_BIT(fw_slot(fw, q));

	for (unsigned int n = 0; n < STEPS_A_TURN; n++) {
		switch (q->state) {
		case FW_JOB_NONE:
			if (!queue_fetch(q)) {
				fw->ready &= ~bit;
				return;
			}
			start_job(fw, q);
			break;
		case FW_JOB_PACKET:
			next_packet(fw, q);
			break;
		case FW_JOB_COMPLETE:
			if (!cq_post(fw, q)) {
				fw->cqe_blocked |= bit;
				fw->ready &= ~bit;
				return;
			}
			q->state = FW_JOB_NONE;
			break;
		case FW_JOB_DMA:
		case FW_JOB_GRID:
		case FW_JOB_RUN:
		case FW_JOB_SLEEP:
		case FW_JOB_DRAIN:
		case FW_JOB_AHEAD_DMA:
		case FW_JOB_AHEAD_HELD:
			fw->ready &= ~bit;
			return;
		}
	}
	fw->ready |= bit;
}

static void dma_failed(struct fw *fw, struct fw_queue *q, uint32_t status, uint64_t addr,
		       const struct fw_mmu_fault *record)
{
	uint64_t reason = status >> 8 & 0xff;
	bool user = fw_slot(fw, q) != 0;
	uint64_t access = record->status & MTIA_FAULT_VALID ? record->status >> 16 & 0xff :
							      MTIA_ACCESS_READ;

	job_finish(fw, q,
		   user && reason != MTIA_FAULT_HOST_BUS && reason != MTIA_FAULT_POISON ?
			   MTIA_JOB_MMU_FAULT :
			   MTIA_JOB_DMA_ERROR,
		   user ? q->cmds.index : MTIA_NO_PACKET);
	job_report_fault(fw, q, addr, FW_WHERE_NO_PE, reason | access << 8, 0, 0);
}

static void go_on(struct fw *fw, struct fw_queue *q)
{
	if (q->desc.type == MTIA_DESC_EXEC) {
		q->state = FW_JOB_PACKET;
		fw->ready |= FW_BIT(fw_slot(fw, q));
	} else {
		job_finish(fw, q, MTIA_JOB_OK, 0);
	}
}

static void bulk_done(struct fw *fw, struct fw_queue *q)
{
	q->dma.size -= q->dma_size;
	if (!q->dma.size) {
		go_on(fw, q);
		return;
	}
	/* The chunk size is a multiple of 8, so a pattern keeps its phase. */
	q->dma.src += q->dma_size;
	q->dma.dst += q->dma_size;
	dma_request(fw, q, FW_DMA_BULK);
}

static void wait_read(struct fw *fw, struct fw_queue *q)
{
	if (q->word >= q->packet.wait.value) {
		go_on(fw, q);
		return;
	}
	q->state = FW_JOB_SLEEP;
	q->wake_at = port_time() + q->backoff;
	q->backoff = q->backoff * 2 > SLEEP_MOST ? SLEEP_MOST : q->backoff * 2;
	fw->sleeping |= FW_BIT(fw_slot(fw, q));
}

void job_dma_done(struct fw *fw, struct fw_queue *q, uint32_t status, uint64_t fault_addr,
		  const struct fw_mmu_fault *record)
{
	enum mtia_job_status opened;

	if ((status & 0xff) != MTIA_DMA_ST_DONE) {
		if (q->dma_purpose == FW_DMA_AHEAD)
			ahead_header(fw, q, false);
		else
			dma_failed(fw, q, status, fault_addr, record);
		return;
	}
	switch (q->dma_purpose) {
	case FW_DMA_COMMANDS:
		opened = cmdbuf_open(&q->cmds, port_command_copy(fw_slot(fw, q)), q->desc.arg[1]);
		if (opened != MTIA_JOB_OK)
			job_finish(fw, q, opened, MTIA_NO_PACKET);
		else
			go_on(fw, q);
		break;
	case FW_DMA_PROGRAM:
		launch_place(fw, q);
		break;
	case FW_DMA_BULK:
		bulk_done(fw, q);
		break;
	case FW_DMA_WORD:
		job_wake_sleepers(fw);
		go_on(fw, q);
		break;
	case FW_DMA_WAIT:
		wait_read(fw, q);
		break;
	case FW_DMA_AHEAD:
		ahead_header(fw, q, true);
		break;
	}
}

static void look_again(struct fw *fw, unsigned int slot)
{
	struct fw_queue *q = &fw->queues[slot];

	fw->sleeping &= ~FW_BIT(slot);
	read_virt(fw, q, &q->word, q->packet.wait.va, sizeof(q->word), FW_DMA_WAIT);
}

void job_wake_sleepers(struct fw *fw)
{
	for (uint64_t m = fw->sleeping; m; m &= m - 1)
		look_again(fw, lowest_bit(m));
}

void job_sleep_timers(struct fw *fw, uint64_t now)
{
	for (uint64_t m = fw->sleeping; m; m &= m - 1) {
		unsigned int slot = lowest_bit(m);

		if (fw->queues[slot].wake_at <= now)
			look_again(fw, slot);
	}
}
