/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef MTIA_COREDUMP_H
#define MTIA_COREDUMP_H

struct mtia_device;
struct mtia_queue;

int mtia_coredump_init(struct mtia_device *mdev);
void mtia_coredump_stop(struct mtia_device *mdev);
void mtia_coredump_queue(struct mtia_queue *queue);
void mtia_coredump_device(struct mtia_device *mdev, const char *reason);

#endif /* MTIA_COREDUMP_H */
