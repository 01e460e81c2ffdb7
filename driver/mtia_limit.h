/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef MTIA_LIMIT_H
#define MTIA_LIMIT_H

#include <linux/types.h>

struct mtia_queue;

void mtia_limit_begin_locked(struct mtia_queue *queue);
u64 mtia_limit_ask(struct mtia_queue *queue, u64 seqno);
unsigned long mtia_limit_left_locked(struct mtia_queue *queue, u64 waited);
bool mtia_limit_was_put_off_locked(struct mtia_queue *queue);
void mtia_limit_init(struct mtia_queue *queue);
void mtia_limit_fini(struct mtia_queue *queue);
void mtia_limit_watch_locked(struct mtia_queue *queue);
bool mtia_limit_look_locked(struct mtia_queue *queue, bool is_head, u64 waited);

#endif /* MTIA_LIMIT_H */
