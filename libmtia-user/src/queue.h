/* SPDX-License-Identifier: MIT */
/* What queue.c offers to event.c. */
#ifndef MTIA_LIB_QUEUE_H
#define MTIA_LIB_QUEUE_H

#include "internal.h"

/* With a reference (mtia_queue_free() drops it), or NULL. */
struct mtia_queue *queue_find(struct mtia_context *context, uint64_t id);
/* Take note of jobs that have ended. queue->lock is held. */
int queue_retire(struct mtia_queue *queue);
/* Take note that jobs up to seq have ended, which somebody has waited for. */
void queue_reached(struct mtia_queue *queue, uint64_t seq);
/*
 * What is known of a job; out->ended = 0 while it is not done. With `ask` the device is asked when
 * that is not known, else out->ended may be 0 for one that is done. -ENOENT, -ENODATA.
 */
int queue_result(struct mtia_queue *queue, uint64_t seq, bool ask, struct mtia_job_result *out);

#endif /* MTIA_LIB_QUEUE_H */
