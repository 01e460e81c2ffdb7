// SPDX-License-Identifier: MIT
/* Waiting for jobs, and saying how they ended. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"
#include "mtia/pe.h"
#include "queue.h"
#include "simhost.h" /* names of what firmware and chip report */

#define MAX_EVENTS 4096u

const char *mtia_job_status_name(uint32_t status)
{
	if (status == MTIA_JOB_UNRECORDED)
		return "UNRECORDED";
	return simhost_status_name(status);
}

/* In the words that firmware and chip have for it, if they recorded anything. */
static const char *what_happened(const struct mtia_job_result *r, char *buf, size_t size)
{
	const struct simhost_fault record = {
		.status = r->status,
		.reason = r->reason,
		.access = r->access,
		.mcause = r->mcause,
		.addr = r->address,
	};

	if (r->reason || r->mcause || r->status == MTIA_JOB_PE_EXIT)
		return simhost_fault_what(&record, buf, size);
	switch (r->status) {
	case MTIA_JOB_MMU_FAULT:
	case MTIA_JOB_DMA_ERROR:
		return "memory fault";
	case MTIA_JOB_BAD_BUFFER:
		return "the command buffer cannot be read or is none";
	case MTIA_JOB_BAD_PACKET:
		return "a packet is unknown or malformed";
	case MTIA_JOB_BAD_PROGRAM:
		return "not a PE program";
	case MTIA_JOB_NO_RESOURCE:
		return "larger than the queue's sub-grid or the chip";
	case MTIA_JOB_PE_EXCEPTION:
		return "a core trapped";
	case MTIA_JOB_PE_COMMAND:
		return "a command with an illegal field or against a CB rule";
	case MTIA_JOB_TIMEOUT:
		return "over its time limit";
	case MTIA_JOB_KILLED:
		return "ended with its queue";
	case MTIA_JOB_DEADLOCK:
		return "every core waits and nothing can wake one";
	case MTIA_JOB_UNRECORDED:
		return "a later failure took the fault record";
	case MTIA_JOB_OK:
		return "done";
	default:
		return "the firmware lost track of it";
	}
}

const char *mtia_job_result_text(const struct mtia_job_result *r, char *buf, size_t size)
{
	char what[128];
	size_t used = 0;

#define ADD(...) \
	(used += used < size ? (size_t)snprintf(buf + used, size - used, __VA_ARGS__) : 0)
	if (!size)
		return buf;
	if (!r->ended) {
		ADD("not ended");
		return buf;
	}
	ADD("%s (%s)", mtia_job_status_name(r->status), what_happened(r, what, sizeof(what)));
	if (r->status == MTIA_JOB_OK || r->status == MTIA_JOB_KILLED ||
	    r->status == MTIA_JOB_UNRECORDED)
		return buf;
	if (r->pe_row >= 0)
		ADD(" on PE %d,%d", r->pe_row, r->pe_col);
	if (r->pe_row >= 0 && r->status != MTIA_JOB_PE_EXIT)
		ADD(" %s, pc 0x%llx",
		    r->core == 0 ? "core A" : r->core == 1 ? "core B" : "command",
		    (unsigned long long)r->pc);
	if (r->cycle)
		ADD(", cycle %llu", (unsigned long long)r->cycle);
	ADD(", packet %u", r->packet);
#undef ADD
	return buf;
}

/* The queue of each event, each with a reference; NULL for "no job". */
static int take_events(struct mtia_context *context, const mtia_event *events, size_t count,
		       struct queue_point *points)
{
	for (size_t i = 0; i < count; i++) {
		points[i] = (struct queue_point){ NULL, events[i].seq };
		if (!events[i].queue_id && !events[i].seq)
			continue;
		points[i].queue = queue_find(context, events[i].queue_id);
		if (!points[i].queue)
			return fail(-ENOENT, "mtia_event_wait", NULL,
				    "the context has no queue %llu",
				    (unsigned long long)events[i].queue_id);
	}
	return 0;
}

struct tally {
	size_t ended;	/* how many have */
	size_t failed;	/* index of the first that failed, or count */
	struct mtia_job_result failure;
};

/* Without `ask`, what is not yet known to have ended counts as not ended. */
static int look(const struct queue_point *points, size_t count, bool ask,
		struct mtia_job_result *results, struct tally *tally)
{
	struct mtia_job_result result;

	*tally = (struct tally){ .failed = count };
	for (size_t i = 0; i < count; i++) {
		int ret = 0;

		memset(&result, 0, sizeof(result));
		if (points[i].queue)
			ret = queue_result(points[i].queue, points[i].seq, ask, &result);
		else
			result = (struct mtia_job_result){ .ended = 1, .pe_row = -1, .pe_col = -1 };
		if (ret)
			return ret;
		tally->ended += result.ended;
		if (result.ended && result.status != MTIA_JOB_OK && tally->failed == count) {
			tally->failed = i;
			tally->failure = result;
		}
		if (results)
			results[i] = result;
	}
	return 0;
}

static int wait_points(struct mtia_context *context, const mtia_event *events,
		       struct queue_point *points, size_t count, bool any, int64_t deadline_ns,
		       struct mtia_job_result *results)
{
	struct queue_point *open = points + count; /* room for as many */
	struct tally tally;
	size_t want = any ? 1 : count;
	char text[200];
	int ret;

	/* One call of the device, the wait, is all that the usual case costs. */
	ret = look(points, count, false, results, &tally);
	if (ret)
		return ret;
	if (tally.ended < want) {
		size_t pending = 0;

		for (size_t i = 0; i < count; i++)
			if (points[i].queue)
				open[pending++] = points[i];
		ret = context->device->ops->wait(context->device, open, pending, any, deadline_ns);
		if (ret && ret != -ETIME)
			return ret;
		for (size_t i = 0; !ret && !any && i < pending; i++)
			queue_reached(open[i].queue, open[i].seq);
		ret = look(points, count, ret || any, results, &tally);
		if (ret)
			return ret;
	}
	if (tally.ended < want)
		return fail(-ETIME, "mtia_event_wait", NULL, "%zu of %zu jobs have not ended",
			    count - tally.ended, count);
	if (tally.failed == count)
		return 0;
	mtia_job_result_text(&tally.failure, text, sizeof(text));
	ret = fail(MTIA_EJOB, "job", NULL, "job %llu of queue %llu: %s",
		   (unsigned long long)events[tally.failed].seq,
		   (unsigned long long)events[tally.failed].queue_id, text);
	error_device(context->device);
	error_job(&events[tally.failed], &tally.failure);
	return ret;
}

int mtia_event_wait(struct mtia_context *context, const mtia_event *events, size_t count,
		    uint32_t flags, int64_t deadline_ns, struct mtia_job_result *results)
{
	static const char op[] = "mtia_event_wait";
	struct queue_point *points;
	int ret;

	if (!context || (count && !events))
		return fail(-EINVAL, op, NULL, "an argument is NULL");
	if (flags & ~MTIA_WAIT_ANY)
		return fail(-EOPNOTSUPP, op, NULL, "unknown flags 0x%x", flags);
	if (count > MAX_EVENTS)
		return fail(-E2BIG, op, NULL, "%zu events; at most %u", count, MAX_EVENTS);
	if (results)
		memset(results, 0, count * sizeof(*results));
	if (!count)
		return 0;
	points = calloc(2 * count, sizeof(*points));
	if (!points)
		return fail(-ENOMEM, op, NULL, "out of memory");
	ret = take_events(context, events, count, points);
	if (!ret)
		ret = wait_points(context, events, points, count, flags & MTIA_WAIT_ANY,
				  deadline_ns, results);
	for (size_t i = 0; i < count; i++)
		mtia_queue_free(points[i].queue);
	free(points);
	return ret;
}
