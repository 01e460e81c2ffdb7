// SPDX-License-Identifier: MIT
/*
 * Queues and submission. A job's command buffer is copied into the queue's own ring of device
 * memory, between a TIMESTAMP in front and a TIMESTAMP and a SIGNAL behind: a job whose slot
 * carries its number reached its end, any other one failed, whatever the fence says.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../ops/desc.h"
#include "internal.h"
#include "mtia/cmd.h"
#include "queue.h"

#define RING_ALIGN   64u
#define MAX_DEPS     4096u

static struct job *job_of(struct mtia_queue *queue, uint64_t seq)
{
	return &queue->jobs[(seq - 1) % MTIA_HISTORY];
}

/* ---- Creation ------------------------------------------------------------------------------- */

static int create_memory(struct mtia_queue *queue)
{
	struct mtia_buffer_desc ring = {
		.size = sizeof(ring), .bytes = CMD_RING_BYTES, .placement = MTIA_PLACE_VRAM,
		.flags = MTIA_BUFFER_READONLY, .label = "command ring",
	};
	struct mtia_buffer_desc slots = {
		.size = sizeof(slots), .bytes = MTIA_HISTORY * sizeof(struct job_slot),
		.placement = MTIA_PLACE_SYSTEM, .label = "job slots",
	};
	void *cpu;
	int ret;

	queue->jobs = calloc(MTIA_HISTORY, sizeof(*queue->jobs));
	if (!queue->jobs)
		return fail(-ENOMEM, "mtia_queue_create", NULL, "out of memory");
	ret = mtia_buffer_create(queue->context, &ring, &queue->ring);
	if (!ret)
		ret = mtia_buffer_map(queue->ring, &cpu);
	if (ret)
		return ret;
	queue->ring_cpu = cpu;
	ret = mtia_buffer_create(queue->context, &slots, &queue->slots);
	if (!ret)
		ret = mtia_buffer_map(queue->slots, &cpu);
	if (!ret)
		queue->slots_cpu = cpu;
	return ret;
}

static void free_memory(struct mtia_queue *queue)
{
	mtia_buffer_free(queue->ring);
	mtia_buffer_free(queue->slots);
	free(queue->jobs);
}

static int check_desc(struct mtia_queue_desc *d, const struct mtia_device_props *props)
{
	static const char op[] = "mtia_queue_create";

	if (d->flags || d->reserved)
		return fail(-EOPNOTSUPP, op, NULL, "unknown flags 0x%x", d->flags);
	if (!d->rows != !d->cols || d->rows > props->grid_rows || d->cols > props->grid_cols)
		return fail(-EINVAL, op, NULL, "a sub-grid of %u x %u in a grid of %u x %u",
			    d->rows, d->cols, props->grid_rows, props->grid_cols);
	if (d->priority > MTIA_QUEUE_REALTIME)
		return fail(-EINVAL, op, NULL, "no such priority: %u", d->priority);
	if (!d->max_jobs)
		d->max_jobs = props->max_jobs < 64 ? props->max_jobs : 64;
	if (d->max_jobs < 2 || d->max_jobs > props->max_jobs || d->max_jobs & (d->max_jobs - 1))
		return fail(-EINVAL, op, NULL, "max_jobs %u is not a power of two in 2 .. %u",
			    d->max_jobs, props->max_jobs);
	if (d->timeout_ms > props->max_timeout_ms)
		return fail(-EINVAL, op, NULL, "a time limit of %u ms; the device allows %u",
			    d->timeout_ms, props->max_timeout_ms);
	return 0;
}

int mtia_queue_create(struct mtia_context *context, const struct mtia_queue_desc *desc,
		      struct mtia_queue **out)
{
	const struct mtia_queue_desc defaults = { .size = sizeof(defaults) };
	struct mtia_queue_desc d;
	struct mtia_queue *queue;
	int ret;

	if (!context || !out)
		return fail(-EINVAL, "mtia_queue_create", NULL, "an argument is NULL");
	*out = NULL;
	ret = mtia_desc_take("mtia_queue_create", desc ? desc : &defaults, &d, sizeof(d), 8);
	if (!ret)
		ret = check_desc(&d, &context->device->props);
	if (ret)
		return ret;
	queue = calloc(1, sizeof(*queue));
	if (!queue)
		return fail(-ENOMEM, "mtia_queue_create", NULL, "out of memory");
	atomic_init(&queue->refs, 1);
	queue->context = context;
	queue->rows = d.rows ? d.rows : context->device->props.grid_rows;
	queue->cols = d.cols ? d.cols : context->device->props.grid_cols;
	queue->timeout_ms = d.timeout_ms ? d.timeout_ms : context->device->props.default_timeout_ms;
	ret = create_memory(queue);
	if (!ret)
		ret = context->device->ops->queue_create(queue, &d);
	if (ret) {
		free_memory(queue);
		free(queue);
		return ret;
	}
	pthread_mutex_init(&queue->lock, NULL);
	context_get(context);
	pthread_mutex_lock(&context->lock);
	queue->id = ++context->last_queue_id;
	queue->next = context->queues;
	context->queues = queue;
	pthread_mutex_unlock(&context->lock);
	*out = queue;
	return 0;
}

void mtia_queue_free(struct mtia_queue *queue)
{
	struct mtia_context *context;
	struct mtia_queue **link;
	bool last;

	if (!queue)
		return;
	context = queue->context;
	/* Under the lock, so that queue_find() cannot revive what is going away. */
	pthread_mutex_lock(&context->lock);
	last = atomic_fetch_sub(&queue->refs, 1) == 1;
	if (last) {
		for (link = &context->queues; *link != queue; link = &(*link)->next)
			;
		*link = queue->next;
	}
	pthread_mutex_unlock(&context->lock);
	if (!last)
		return;
	context->device->ops->queue_destroy(queue);
	while (queue->ended < queue->submitted)
		job_refs_drop(&job_of(queue, ++queue->ended)->refs);
	free_memory(queue);
	pthread_mutex_destroy(&queue->lock);
	free(queue);
	mtia_context_free(context);
}

struct mtia_queue *queue_find(struct mtia_context *context, uint64_t id)
{
	struct mtia_queue *queue;

	pthread_mutex_lock(&context->lock);
	for (queue = context->queues; queue && queue->id != id; queue = queue->next)
		;
	if (queue)
		atomic_fetch_add(&queue->refs, 1);
	pthread_mutex_unlock(&context->lock);
	return queue;
}

struct mtia_context *mtia_queue_context(struct mtia_queue *queue)
{
	return queue->context;
}

void mtia_queue_grid(const struct mtia_queue *queue, uint32_t *rows, uint32_t *cols)
{
	*rows = queue->rows;
	*cols = queue->cols;
}

int mtia_queue_status(struct mtia_queue *queue, struct mtia_queue_status *out)
{
	struct mtia_queue_status status = { 0 };
	struct queue_fault fault;
	int ret;

	if (!queue)
		return fail(-EINVAL, "mtia_queue_status", NULL, "queue is NULL");
	ret = queue->context->device->ops->fault(queue, 0, &fault);
	if (ret)
		return ret;
	pthread_mutex_lock(&queue->lock);
	ret = queue_retire(queue);
	status.submitted = queue->submitted;
	status.ended = queue->ended;
	pthread_mutex_unlock(&queue->lock);
	status.banned = fault.banned;
	status.reset_epoch = fault.reset_epoch;
	return ret ? ret : desc_write(out, &status, sizeof(status), "mtia_queue_status");
}

/* ---- Ending --------------------------------------------------------------------------------- */

/* The device counts packets with the one that submission puts in front. */
static void count_as_built(struct mtia_job_result *result)
{
	if (result->packet >= CMD_PROLOGUE_PACKETS)
		result->packet -= CMD_PROLOGUE_PACKETS;
}

/*
 * How job seq ended. What runs behind the job that a queue is banned for may or may not come to its
 * end, as chance has it: all of it counts as killed.
 */
static void judge(struct mtia_queue *queue, uint64_t seq)
{
	struct job_slot *slot = &queue->slots_cpu[(seq - 1) % MTIA_HISTORY];
	struct mtia_job_result *result = &job_of(queue, seq)->result;
	struct queue_fault fault = { 0 };

	*result = (struct mtia_job_result){ .ended = 1, .pe_row = -1, .pe_col = -1 };
	if (queue->banned_by) {
		result->status = MTIA_JOB_KILLED;
		return;
	}
	if (__atomic_load_n(&slot->done, __ATOMIC_ACQUIRE) == seq) {
		result->status = MTIA_JOB_OK;
		result->t_start = slot->t_start;
		result->t_end = slot->t_end;
		return;
	}
	if (queue->context->device->ops->fault(queue, seq, &fault))
		fault.seq = 0;
	if (fault.seq == seq) {
		*result = fault.result;
		result->ended = 1;
		count_as_built(result);
	} else if (fault.banned && fault.seq < seq) {
		result->status = MTIA_JOB_KILLED;
	} else {
		result->status = MTIA_JOB_UNRECORDED;
	}
	if (fault.banned && fault.seq <= seq)
		queue->banned_by = fault.seq ? fault.seq : seq;
}

/* All jobs up to this one have ended; under the queue's lock. */
static void retire(struct mtia_queue *queue, uint64_t completed)
{
	while (queue->ended < completed && queue->ended < queue->submitted) {
		judge(queue, queue->ended + 1);
		queue->ended++;
		job_refs_drop(&job_of(queue, queue->ended)->refs);
	}
}

int queue_retire(struct mtia_queue *queue)
{
	uint64_t completed;
	int ret;

	if (queue->ended == queue->submitted)
		return 0;
	ret = queue->context->device->ops->completed(queue, &completed);
	if (!ret)
		retire(queue, completed);
	return ret;
}

void queue_reached(struct mtia_queue *queue, uint64_t seq)
{
	pthread_mutex_lock(&queue->lock);
	retire(queue, seq);
	pthread_mutex_unlock(&queue->lock);
}

int queue_result(struct mtia_queue *queue, uint64_t seq, bool ask, struct mtia_job_result *out)
{
	int ret = 0;

	memset(out, 0, sizeof(*out));
	pthread_mutex_lock(&queue->lock);
	if (!seq || seq > queue->submitted)
		ret = fail(-ENOENT, "event", NULL, "queue %llu has no job %llu",
			   (unsigned long long)queue->id, (unsigned long long)seq);
	else if (queue->submitted - seq >= MTIA_HISTORY)
		ret = fail(-ENODATA, "event", NULL,
			   "job %llu of queue %llu ended too long ago to remember",
			   (unsigned long long)seq, (unsigned long long)queue->id);
	else if (ask && seq > queue->ended)
		ret = queue_retire(queue);
	if (!ret && seq <= queue->ended)
		*out = job_of(queue, seq)->result;
	pthread_mutex_unlock(&queue->lock);
	return ret;
}

/* ---- Submission ----------------------------------------------------------------------------- */

/*
 * First byte of `bytes` in the command ring, or -EAGAIN. In use is what lies between the oldest
 * job's start and ring_head; when those are equal, all of it.
 */
static int ring_place(struct mtia_queue *queue, uint32_t bytes, uint32_t *at)
{
	uint32_t head = queue->ring_head, tail;

	if (queue->submitted - queue->ended >= MTIA_HISTORY)
		return -EAGAIN;
	*at = 0;
	if (queue->ended == queue->submitted)
		return 0;
	tail = job_of(queue, queue->ended + 1)->ring_start;
	if (head > tail && CMD_RING_BYTES - head < bytes)
		return tail > bytes ? 0 : -EAGAIN;
	*at = head;
	return head > tail || tail - head > bytes ? 0 : -EAGAIN;
}

/* Header, prologue, what was built, epilogue. */
static uint32_t ring_write(struct mtia_queue *queue, const struct mtia_cmd *cmd, uint32_t at,
			   uint64_t seq)
{
	uint64_t slot = queue->slots->va + (seq - 1) % MTIA_HISTORY * sizeof(struct job_slot);
	uint32_t body = cmd->bytes - sizeof(struct mtia_cmd_header);
	struct {
		struct mtia_cmd_header header;
		struct mtia_pkt_timestamp start;
	} front = {
		.header = { .magic = MTIA_CMD_MAGIC, .version = MTIA_CMD_VERSION,
			    .packet_count = cmd->packets + CMD_PROLOGUE_PACKETS +
					    CMD_EPILOGUE_PACKETS,
			    .size = cmd->bytes + CMD_PROLOGUE_BYTES + CMD_EPILOGUE_BYTES },
		.start = { .hdr = { .opcode = MTIA_PKT_TIMESTAMP, .size = sizeof(front.start) },
			   .va = slot + offsetof(struct job_slot, t_start) },
	};
	struct {
		struct mtia_pkt_timestamp end;
		struct mtia_pkt_signal done;
	} back = {
		.end = { .hdr = { .opcode = MTIA_PKT_TIMESTAMP, .size = sizeof(back.end) },
			 .va = slot + offsetof(struct job_slot, t_end) },
		.done = { .hdr = { .opcode = MTIA_PKT_SIGNAL, .size = sizeof(back.done) },
			  .va = slot + offsetof(struct job_slot, done), .value = seq },
	};
	_Static_assert(sizeof(front) == sizeof(struct mtia_cmd_header) + CMD_PROLOGUE_BYTES, "");
	_Static_assert(sizeof(back) == CMD_EPILOGUE_BYTES, "");
	uint8_t *to = queue->ring_cpu + at;

	memcpy(to, &front, sizeof(front));
	memcpy(to + sizeof(front), cmd->data + sizeof(struct mtia_cmd_header), body);
	memcpy(to + sizeof(front) + body, &back, sizeof(back));
	return sizeof(front) + body + sizeof(back);
}

/* Queues that `deps` name, with a reference each; jobs of `queue` itself need no waiting. */
static int take_deps(struct mtia_queue *queue, const mtia_event *deps, size_t count,
		     struct queue_point *points, size_t *taken)
{
	*taken = 0;
	for (size_t i = 0; i < count; i++) {
		struct mtia_queue *other;
		bool known;

		if ((!deps[i].queue_id && !deps[i].seq) || deps[i].queue_id == queue->id)
			continue;
		other = queue_find(queue->context, deps[i].queue_id);
		if (other) {
			points[*taken] = (struct queue_point){ other, deps[i].seq };
			(*taken)++;
			pthread_mutex_lock(&other->lock);
			known = deps[i].seq && deps[i].seq <= other->submitted;
			pthread_mutex_unlock(&other->lock);
		}
		if (!other || !known)
			return fail(-ENOENT, "mtia_submit", NULL,
				    "dependency %zu: queue %llu has no job %llu", i,
				    (unsigned long long)deps[i].queue_id,
				    (unsigned long long)deps[i].seq);
	}
	return 0;
}

static int banned_error(struct mtia_queue *queue)
{
	struct queue_fault fault = { 0 };
	char text[160] = "its fault record is gone";

	if (!queue->context->device->ops->fault(queue, 0, &fault) && fault.seq) {
		count_as_built(&fault.result);
		mtia_job_result_text(&fault.result, text, sizeof(text));
	}
	return fail(MTIA_EBANNED, "mtia_submit", "create a new queue",
		    "queue %llu was stopped by its job %llu: %s", (unsigned long long)queue->id,
		    (unsigned long long)fault.seq, text);
}

/* Called and left with queue->lock held; releases it while waiting. */
static int wait_for_oldest(struct mtia_queue *queue)
{
	struct queue_point oldest = { queue, queue->ended + 1 };
	int ret;

	pthread_mutex_unlock(&queue->lock);
	ret = queue->context->device->ops->wait(queue->context->device, &oldest, 1, false,
						MTIA_FOREVER);
	pthread_mutex_lock(&queue->lock);
	return ret ? ret : queue_retire(queue);
}

static int submit_locked(struct mtia_queue *queue, const struct mtia_cmd *cmd,
			 const struct queue_point *deps, size_t dep_count, uint64_t *seq)
{
	uint32_t most = cmd->bytes + CMD_PROLOGUE_BYTES + CMD_EPILOGUE_BYTES;
	struct job_refs refs;
	uint32_t at, bytes;
	struct job *job;
	int ret;

	ret = job_refs_copy(&refs, &cmd->refs);
	if (!ret)
		ret = queue_retire(queue);
	while (!ret) {
		ret = ring_place(queue, most, &at);
		if (!ret) {
			bytes = ring_write(queue, cmd, at, queue->submitted + 1);
			ret = queue->context->device->ops->submit(queue, queue->ring->va + at,
								  bytes, deps, dep_count,
								  queue->submitted + 1);
			if (!ret)
				break;
		}
		if (ret == -EAGAIN && queue->ended < queue->submitted)
			ret = wait_for_oldest(queue);
	}
	if (ret) {
		job_refs_drop(&refs);
		return ret == -ECANCELED ? banned_error(queue) : ret;
	}
	*seq = ++queue->submitted;
	job = job_of(queue, *seq);
	job->refs = refs;
	job->ring_start = at;
	job->ring_end = (at + bytes + RING_ALIGN - 1) & ~(RING_ALIGN - 1);
	queue->ring_head = job->ring_end;
	return 0;
}

int mtia_submit(struct mtia_queue *queue, struct mtia_cmd *cmd, const mtia_event *deps,
		size_t dep_count, mtia_event *event)
{
	static const char op[] = "mtia_submit";
	struct queue_point few[16], *points = few;
	const void *data;
	size_t bytes, taken = 0;
	uint64_t seq = 0;
	int ret;

	if (!queue || !cmd || (dep_count && !deps))
		return fail(-EINVAL, op, NULL, "an argument is NULL");
	if (cmd->context != queue->context)
		return fail(-EINVAL, op, NULL, "builder and queue belong to different contexts");
	if (dep_count > MAX_DEPS)
		return fail(-E2BIG, op, NULL, "%zu dependencies; at most %u", dep_count, MAX_DEPS);
	ret = mtia_cmd_data(cmd, &data, &bytes);
	if (ret)
		return ret;
	if (dep_count > ARRAY_SIZE(few))
		points = calloc(dep_count, sizeof(*points));
	if (!points)
		return fail(-ENOMEM, op, NULL, "out of memory");
	ret = take_deps(queue, deps, dep_count, points, &taken);
	if (!ret) {
		pthread_mutex_lock(&queue->lock);
		ret = submit_locked(queue, cmd, points, taken, &seq);
		pthread_mutex_unlock(&queue->lock);
	}
	for (size_t i = 0; i < taken; i++)
		mtia_queue_free(points[i].queue);
	if (points != few)
		free(points);
	if (!ret && event)
		*event = (mtia_event){ queue->id, seq };
	return ret;
}
