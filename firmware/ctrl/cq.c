// SPDX-License-Identifier: MIT
/*
 * Completion rings. An entry is written only where the host's consumer count says there is room:
 * a host that does not read stalls its own queues, and loses nothing.
 */
#include "fw.h"

static bool power_of_two(uint64_t v)
{
	return v && !(v & (v - 1));
}

/* arg: ring id, bus address, entries, vector */
int cq_create(struct fw *fw, const uint64_t arg[7])
{
	struct fw_cq *cq;

	if (arg[0] >= MTIA_MAX_CQS || !arg[1] || arg[1] % sizeof(struct mtia_cqe) ||
	    !power_of_two(arg[2]) || arg[2] < 16 || arg[2] > 32768 ||
	    arg[1] > UINT64_MAX - arg[2] * sizeof(struct mtia_cqe) || arg[3] >= MTIA_MAX_VECTORS)
		return -FW_EINVAL;
	cq = &fw->cqs[arg[0]];
	if (cq->used)
		return -FW_EEXIST;
	/* A count left over from an earlier ring would make this one look full or lapped. */
	if (port_cq_head((unsigned int)arg[0]))
		return -FW_EINVAL;
	*cq = (struct fw_cq){
		.used = true,
		.addr = arg[1],
		.entries = (uint32_t)arg[2],
		.vector = (uint32_t)arg[3],
	};
	return 0;
}

int cq_destroy(struct fw *fw, uint64_t id)
{
	if (id >= MTIA_MAX_CQS)
		return -FW_EINVAL;
	if (!fw->cqs[id].used)
		return -FW_ENOENT;
	if (fw->cqs[id].users)
		return -FW_EBUSY;
	fw->cqs[id].used = false;
	return 0;
}

/* Entries of the outbox that completions leave to messages. */
#define OUTBOX_FOR_MESSAGES 16

bool cq_post(struct fw *fw, struct fw_queue *q)
{
	/* A job does not keep its ring; that of the queue stays for as long as the queue. */
	unsigned int id = fw->cqs[q->job_cq].used ? q->job_cq : q->cq;
	struct fw_cq *cq = &fw->cqs[id];
	uint32_t used = cq->tail - port_cq_head(id);
	struct mtia_cqe cqe = {
		.seqno = q->seqno,
		.t_start = q->t_start,
		.t_end = q->t_end,
		.queue = (uint16_t)fw_slot(fw, q),
		.status = q->status,
		.phase = !(cq->tail / cq->entries & 1),
		.detail = q->detail,
	};

	/* used > entries: a count the host cannot have reached; as good as full */
	if (used >= cq->entries || outbox_room(fw) <= OUTBOX_FOR_MESSAGES)
		return false;
	outbox_push(fw, cq->addr + (uint64_t)(cq->tail % cq->entries) * sizeof(cqe), &cqe,
		    sizeof(cqe), (int)cq->vector);
	cq->tail++;
	return true;
}
