// SPDX-License-Identifier: MIT
/* Queues: descriptors into the ring, doorbell, completions back. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "simhost_internal.h"

static int queue_attach(struct simhost_queue *q)
{
	uint64_t arg[7] = { q->slot,
			    q->vm ? q->vm->asid : 0,
			    q->ring,
			    q->entries,
			    CQ_ID,
			    q->priority | (uint64_t)q->rows << 8 | (uint64_t)q->cols << 16 };

	return simhost_call(q->sh, MTIA_H2D_QUEUE_CREATE, arg, NULL);
}

static uint64_t ring_bytes(unsigned int entries)
{
	uint64_t bytes = entries * sizeof(struct mtia_desc);

	return (bytes + MTIA_PAGE_SIZE - 1) & ~(uint64_t)(MTIA_PAGE_SIZE - 1);
}

int queue_open(struct simhost *sh, struct simhost_vm *vm, unsigned int slot,
	       const struct simhost_queue_config *config, struct simhost_queue **out)
{
	struct simhost_queue *q = calloc(1, sizeof(*q));
	int err;

	if (!q)
		return simhost_fail(sh, -ENOMEM, "out of memory");
	q->sh = sh;
	q->vm = vm;
	q->slot = slot;
	q->entries = config->entries ? config->entries : 64;
	q->rows = config->rows ? config->rows : sh->rows;
	q->cols = config->cols ? config->cols : sh->cols;
	q->priority = config->priority;
	err = arena_alloc(&sh->arenas[SIMHOST_MEM_LPDDR], ring_bytes(q->entries), MTIA_PAGE_SIZE,
			  &q->ring);
	if (err) {
		free(q);
		return simhost_fail(sh, -ENOMEM, "no LPDDR left for a queue ring");
	}
	err = queue_attach(q);
	if (err) {
		queue_free(q);
		return err;
	}
	sh->queues[slot] = q;
	if (vm)
		vm->queues++;
	*out = q;
	return 0;
}

void queue_free(struct simhost_queue *q)
{
	arena_free(&q->sh->arenas[SIMHOST_MEM_LPDDR], q->ring, ring_bytes(q->entries));
	free(q);
}

int simhost_queue_create(struct simhost_vm *vm, const struct simhost_queue_config *config,
			 struct simhost_queue **out)
{
	struct simhost *sh = vm->sh;

	if (config->size < sizeof(*config) || config->entries > 1024 || config->entries == 1 ||
	    (config->entries & (config->entries - 1)) || config->rows > sh->rows ||
	    config->cols > sh->cols || config->priority > 3)
		return simhost_fail(sh, -EINVAL, "queue of %u entries on %u x %u PEs",
				    config->entries, config->rows, config->cols);
	for (unsigned int slot = 1; slot < MTIA_MAX_QUEUES; slot++)
		if (!sh->queues[slot])
			return queue_open(sh, vm, slot, config, out);
	return simhost_fail(sh, -ENOSPC, "all queue slots are in use");
}

static void finish(struct simhost_queue *q, const struct simhost_completion *done)
{
	q->completed = done->seqno;
	q->history[done->seqno % SIMHOST_HISTORY] = *done;
}

void queue_complete(struct simhost *sh, const struct mtia_cqe *cqe)
{
	struct simhost_queue *q;
	struct simhost_completion done = {
		.seqno = cqe->seqno,
		.t_start = cqe->t_start,
		.t_end = cqe->t_end,
		.status = cqe->status,
		.detail = cqe->detail,
	};

	if (cqe->queue >= MTIA_MAX_QUEUES || !sh->queues[cqe->queue]) {
		sh->bad_input++;
		return;
	}
	q = sh->queues[cqe->queue];
	/* Queues are in order: anything but the next one is not a completion of ours. */
	if (cqe->seqno != q->completed + 1 || cqe->seqno > q->submitted) {
		sh->bad_input++;
		return;
	}
	finish(q, &done);
}

/* The device will not finish these any more. */
void queue_abandon(struct simhost_queue *q)
{
	q->dead = true;
	while (q->completed < q->submitted) {
		struct simhost_completion done = {
			.seqno = q->completed + 1,
			.status = MTIA_JOB_KILLED,
			.detail = MTIA_NO_PACKET,
		};

		finish(q, &done);
	}
}

int simhost_queue_kill(struct simhost_queue *q, enum mtia_job_status status)
{
	uint64_t arg[7] = { q->slot, status };
	int err;

	if (q->dead)
		return 0;
	err = simhost_call(q->sh, MTIA_H2D_QUEUE_KILL, arg, NULL);
	/* The completions are in the ring before the reply; polling took both. */
	return err;
}

int simhost_queue_destroy(struct simhost_queue *q)
{
	struct simhost *sh = q->sh;
	uint64_t arg[7] = { q->slot };
	int err = 0;

	if (!q->vm)
		return simhost_fail(sh, -EINVAL, "the driver's own queue is not destroyed");
	if (!q->dead && sh->state == SIMHOST_READY) {
		if (q->completed < q->submitted)
			err = simhost_queue_kill(q, MTIA_JOB_KILLED);
		if (!err)
			err = simhost_call(sh, MTIA_H2D_QUEUE_DESTROY, arg, NULL);
		if (err)
			return err;
	}
	sh->queues[q->slot] = NULL;
	q->vm->queues--;
	queue_free(q);
	return 0;
}

unsigned int simhost_queue_slot(const struct simhost_queue *q)
{
	return q->slot;
}

struct simhost_queue *simhost_kernel_queue(struct simhost *sh)
{
	return sh->queues[0];
}

int simhost_submit_desc(struct simhost_queue *q, const struct mtia_desc *desc, uint64_t *seqno)
{
	struct simhost *sh = q->sh;
	struct mtia_desc *ring = arena_cpu(&sh->arenas[SIMHOST_MEM_LPDDR], q->ring);

	if (sh->state != SIMHOST_READY)
		return -EIO;
	if (q->dead)
		return simhost_fail(sh, -ECANCELED, "the queue did not survive a restart");
	if (q->submitted - q->completed >= q->entries)
		return simhost_fail(sh, -EAGAIN, "the ring is full of unfinished jobs");
	ring[q->submitted % q->entries] = *desc;
	q->submitted++;
	if (seqno)
		*seqno = q->submitted;
	sh->ops.mmio_write(sh->model, MTIA_DOORBELL(q->slot), (uint32_t)q->submitted, 4);
	return 0;
}

int simhost_submit(struct simhost_queue *q, uint64_t cmd_va, uint64_t cmd_size, uint64_t *seqno)
{
	struct mtia_desc desc = {
		.type = MTIA_DESC_EXEC,
		.seqno = q->submitted + 1,
		.arg = { cmd_va, cmd_size },
	};

	return simhost_submit_desc(q, &desc, seqno);
}

int simhost_wait(struct simhost_queue *q, uint64_t seqno, uint64_t budget,
		 struct simhost_completion *out)
{
	struct simhost *sh = q->sh;

	if (!seqno || seqno > q->submitted)
		return simhost_fail(sh, -ENOENT, "job %llu was never submitted",
				    (unsigned long long)seqno);
	while (q->completed < seqno) {
		uint64_t cycles;
		int err;

		if (!budget)
			return simhost_fail(sh, -ETIME, "job %llu has not finished",
					    (unsigned long long)seqno);
		err = simhost_run(sh, budget, &cycles);
		if (err)
			return err;
		budget -= cycles < budget ? cycles : budget;
	}
	if (q->completed - seqno >= SIMHOST_HISTORY)
		return simhost_fail(sh, -ENODATA, "job %llu finished too long ago",
				    (unsigned long long)seqno);
	if (out)
		*out = q->history[seqno % SIMHOST_HISTORY];
	return 0;
}

uint64_t simhost_queue_completed(const struct simhost_queue *q)
{
	return q->completed;
}

int simhost_queue_fault(const struct simhost_queue *q, struct simhost_fault *out)
{
	if (!q->has_fault)
		return -ENODATA;
	*out = q->fault;
	return 0;
}
