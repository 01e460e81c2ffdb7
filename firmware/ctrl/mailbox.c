// SPDX-License-Identifier: MIT
/* Host-to-device requests and device-to-host messages. */
#include "fw.h"

static unsigned int d2h_room(const struct fw *fw)
{
	uint32_t used = fw->d2h_tail - port_d2h_head();

	return used >= MTIA_D2H_SLOTS ? 0 : MTIA_D2H_SLOTS - used;
}

static void send(struct fw *fw, struct mtia_d2h_msg *msg)
{
	msg->phase = !(fw->d2h_tail / MTIA_D2H_SLOTS & 1);
	outbox_push(fw, fw->boot.d2h_addr + fw->d2h_tail % MTIA_D2H_SLOTS * sizeof(*msg), msg,
		    sizeof(*msg), (int)fw->boot.mbox_vector);
	fw->d2h_tail++;
}

void mailbox_reply(struct fw *fw, uint32_t request, uint32_t seq, int32_t status, uint64_t arg0)
{
	struct mtia_d2h_msg msg = {
		.type = MTIA_D2H_REPLY,
		.request = (uint16_t)request,
		.seq = seq,
		.status = status,
		.arg = { arg0 },
	};

	send(fw, &msg);
}

void mailbox_fault(struct fw *fw, const uint64_t arg[6], uint64_t cycle)
{
	struct mtia_d2h_msg msg = {
		.type = MTIA_D2H_FAULT,
		.seq = (uint32_t)cycle,
		.status = (int32_t)(cycle >> 32),
	};

	if (d2h_room(fw) <= FW_D2H_RESERVED || outbox_room(fw) <= FW_D2H_RESERVED) {
		fw->faults_dropped++;
		fw_log(fw, FW_LOG_WARN, "fault message dropped, %u so far", fw->faults_dropped);
		return;
	}
	for (unsigned int i = 0; i < 6; i++)
		msg.arg[i] = arg[i];
	send(fw, &msg);
}

void mailbox_memory_errors(struct fw *fw)
{
	struct fw_memory_error error;

	while (port_pop_memory_error(&error)) {
		bool bad = error.status & MTIA_ECC_UNCORRECTED;
		struct mtia_d2h_msg msg = {
			.type = MTIA_D2H_MEMORY,
			.arg = { error.status | (uint64_t)error.where << 32, error.addr,
				 error.corrected, error.uncorrected },
		};

		fw_log(fw, bad ? FW_LOG_ERROR : FW_LOG_WARN,
		       "memory: %u wrong bits at %llx, syndrome and channel %x",
		       bad ? 2 : 1, (unsigned long long)error.addr, error.where);
		if (d2h_room(fw) > FW_D2H_RESERVED && outbox_room(fw) > FW_D2H_RESERVED)
			send(fw, &msg);
	}
}

/* Takes the last entries as well: nothing follows. */
void mailbox_panic(struct fw *fw, uint64_t cause, uint64_t pc, uint64_t tval)
{
	struct mtia_d2h_msg msg = { .type = MTIA_D2H_PANIC, .arg = { cause, pc, tval } };

	if (d2h_room(fw) && outbox_room(fw))
		send(fw, &msg);
}

static int log_level(struct fw *fw, uint64_t level, uint64_t announce)
{
	if (level > FW_LOG_DEBUG || announce > 1)
		return -FW_EINVAL;
	fw->log_level = (unsigned int)level;
	fw->log_announced = announce;
	return 0;
}

static void handle(struct fw *fw, const struct mtia_h2d_msg *msg)
{
	uint64_t arg[7], arg0 = 0;
	int status;

	for (unsigned int i = 0; i < 7; i++)
		arg[i] = msg->arg[i];
	switch (msg->type) {
	case MTIA_H2D_PING:
		arg0 = port_time();
		status = 0;
		break;
	case MTIA_H2D_CQ_CREATE:
		status = cq_create(fw, arg);
		break;
	case MTIA_H2D_CQ_DESTROY:
		status = cq_destroy(fw, arg[0]);
		break;
	case MTIA_H2D_CTX_CREATE:
		status = context_create(fw, arg[0], arg[1]);
		break;
	case MTIA_H2D_CTX_DESTROY:
		status = context_destroy(fw, arg[0]);
		break;
	case MTIA_H2D_QUEUE_CREATE:
		status = queue_create(fw, arg);
		break;
	case MTIA_H2D_QUEUE_DESTROY:
		status = queue_destroy(fw, arg[0]);
		break;
	case MTIA_H2D_QUEUE_KILL:
		status = kill_queue(fw, arg[0], arg[1], msg->seq);
		break;
	case MTIA_H2D_TLB_INV:
		status = context_tlb_invalidate(fw, arg[0], arg[1], arg[2]);
		break;
	case MTIA_H2D_LOG_LEVEL:
		status = log_level(fw, arg[0], arg[1]);
		break;
	default:
		status = -FW_EINVAL;
		break;
	}
	if (status != KILL_REPLY_LATER)
		mailbox_reply(fw, msg->type, msg->seq, status, arg0);
	/* After the reply, which would otherwise leave behind the text. */
	fw_log(fw, status < 0 ? FW_LOG_WARN : FW_LOG_DEBUG,
	       "request %u (%llx %llx %llx %llx %llx %llx): %d", msg->type,
	       (unsigned long long)arg[0], (unsigned long long)arg[1], (unsigned long long)arg[2],
	       (unsigned long long)arg[3], (unsigned long long)arg[4], (unsigned long long)arg[5],
	       status);
}

void mailbox_poll(struct fw *fw)
{
	uint32_t tail;

	port_take_mbox();
	tail = port_h2d_tail();
	if (tail - fw->h2d_head > MTIA_H2D_SLOTS) {
		fw_log(fw, FW_LOG_ERROR, "mailbox tail %u ignored, head %u", tail, fw->h2d_head);
		return;
	}
	while (fw->h2d_head != tail) {
		struct mtia_h2d_msg msg;

		/*
		 * Deferred KILL replies need an entry each as well, at most one for each channel
		 * that can be stopping. The host makes room by moving its D2H head, an event.
		 */
		fw->mailbox_blocked = d2h_room(fw) <= MTIA_DMA_CHANNELS ||
				      outbox_room(fw) <= MTIA_DMA_CHANNELS;
		if (fw->mailbox_blocked)
			return;
		port_read_lpddr(&msg,
				MTIA_FW_H2D_OFFSET +
					fw->h2d_head % MTIA_H2D_SLOTS * sizeof(msg),
				sizeof(msg));
		fw->h2d_head++;
		handle(fw, &msg);
	}
	fw->mailbox_blocked = false;
}
