// SPDX-License-Identifier: MIT
/* The device's rings in host memory (nothing in them is trusted), and requests to the firmware. */
#include <errno.h>
#include <string.h>

#include "simhost_internal.h"

static void take_message(struct simhost *sh, const struct mtia_d2h_msg *msg)
{
	uint64_t slot;

	switch (msg->type) {
	case MTIA_D2H_REPLY:
		/* A reply that comes after its caller gave up carries an old seq. */
		if (msg->seq == sh->seq && !sh->reply_valid) {
			sh->reply = *msg;
			sh->reply_valid = true;
		}
		break;
	case MTIA_D2H_FAULT:
		slot = msg->arg[MTIA_FAULT_ARG_QUEUE] & 0xffff;
		if (slot < MTIA_MAX_QUEUES && sh->queues[slot]) {
			fault_decode(msg, &sh->queues[slot]->fault);
			sh->queues[slot]->has_fault = true;
		} else {
			sh->bad_input++;
		}
		break;
	case MTIA_D2H_MEMORY:
		sh->memory = (struct simhost_memory){
			.uncorrected_now = msg->arg[0] & MTIA_ECC_UNCORRECTED,
			.addr = msg->arg[1],
			.channel = msg->arg[0] >> 40 & 0xffff,
			.corrected = msg->arg[2],
			.uncorrected = msg->arg[3],
		};
		break;
	case MTIA_D2H_PANIC:
		sh->state = SIMHOST_FW_PANIC;
		simhost_fail(sh, -EIO, "firmware panic: mcause %llu at 0x%llx, mtval 0x%llx",
			     (unsigned long long)msg->arg[0], (unsigned long long)msg->arg[1],
			     (unsigned long long)msg->arg[2]);
		break;
	default:
		sh->bad_input++;
		break;
	}
}

static void messages_poll(struct simhost *sh)
{
	const struct mtia_d2h_msg *ring = sh->d2h.cpu;
	uint32_t before = sh->d2h_head;

	for (;;) {
		const struct mtia_d2h_msg *entry = &ring[sh->d2h_head % MTIA_D2H_SLOTS];
		uint32_t phase = !(sh->d2h_head / MTIA_D2H_SLOTS & 1);
		struct mtia_d2h_msg msg;

		if ((__atomic_load_n(&entry->phase, __ATOMIC_ACQUIRE) & 1) != phase)
			break;
		msg = *entry;
		sh->d2h_head++;
		sh->events++;
		take_message(sh, &msg);
	}
	if (sh->d2h_head != before)
		sh->ops.mmio_write(sh->model, MTIA_REG_MBOX_D2H_HEAD, sh->d2h_head, 4);
}

static void completions_poll(struct simhost *sh)
{
	const struct mtia_cqe *ring = sh->cq.cpu;
	uint32_t before = sh->cq_head;

	for (;;) {
		const struct mtia_cqe *entry = &ring[sh->cq_head % CQ_ENTRIES];
		uint8_t phase = !(sh->cq_head / CQ_ENTRIES & 1);
		struct mtia_cqe cqe;

		if ((__atomic_load_n(&entry->phase, __ATOMIC_ACQUIRE) & 1) != phase)
			break;
		cqe = *entry;
		sh->cq_head++;
		sh->events++;
		queue_complete(sh, &cqe);
	}
	if (sh->cq_head != before)
		sh->ops.mmio_write(sh->model, MTIA_REG_CQ_HEAD(CQ_ID), sh->cq_head, 4);
}

void rings_poll(struct simhost *sh)
{
	/* Messages first: a fault record precedes its job's completion. */
	messages_poll(sh);
	completions_poll(sh);
}

int simhost_call(struct simhost *sh, enum mtia_h2d_type type, const uint64_t arg[7],
		 struct mtia_d2h_msg *reply)
{
	struct mtia_h2d_msg *ring =
		arena_cpu(&sh->arenas[SIMHOST_MEM_LPDDR], MTIA_FW_H2D_OFFSET);
	struct mtia_h2d_msg *msg = &ring[sh->h2d_tail % MTIA_H2D_SLOTS];
	uint64_t left = sh->call_cycles;

	if (sh->state != SIMHOST_READY)
		return -EIO; /* the sentence that made it so stays */
	msg->type = type;
	msg->seq = ++sh->seq;
	for (unsigned int i = 0; i < 7; i++)
		msg->arg[i] = arg ? arg[i] : 0;
	sh->reply_valid = false;
	sh->ops.mmio_write(sh->model, MTIA_REG_MBOX_H2D_TAIL, ++sh->h2d_tail, 4);
	while (!sh->reply_valid) {
		uint64_t cycles;
		int err = simhost_run(sh, left, &cycles);

		if (err)
			return err;
		left -= cycles < left ? cycles : left;
		if (!sh->reply_valid && !left) {
			sh->state = SIMHOST_FW_HUNG;
			return simhost_fail(sh, -ETIME, "firmware did not answer request %d", type);
		}
	}
	if (sh->reply.request != type)
		return simhost_fail(sh, -EIO, "reply to request %d instead of %d",
				    sh->reply.request, type);
	if (reply)
		*reply = sh->reply;
	if (sh->reply.status)
		return simhost_fail(sh, sh->reply.status, "firmware refused request %d: %s", type,
				    strerror(-sh->reply.status));
	return 0;
}
