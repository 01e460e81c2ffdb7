/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef MTIA_LOG_H
#define MTIA_LOG_H

#include <linux/mutex.h>
#include <linux/types.h>
#include <linux/wait.h>

#include "mtia/fw_abi.h"

struct drm_printer;
struct mtia_device;

/* Bytes of text that a ring has room for. */
#define MTIA_LOG_SIZE 0x10000

/**
 * struct mtia_log_ring - Text of one start of the firmware, in host memory, written by the device.
 */
struct mtia_log_ring {
	/** @text: Its header; MTIA_LOG_SIZE bytes of text follow. */
	struct mtia_fw_log *text;
	/** @dma: Bus address of @text. */
	dma_addr_t dma;
	/** @start: Position of its first byte: text that all earlier starts have written. */
	u64 start;
};

/**
 * struct mtia_log - The firmware's log.
 */
struct mtia_log {
	/** @rings: Of the last two starts; what came before a reset can be read after it. */
	struct mtia_log_ring rings[2];
	/** @cur: Index of the newer one; changed with @reset.rwsem held for writing. */
	u32 cur;
	/** @wq: Readers that wait for text. */
	wait_queue_head_t wq;
	/** @lock: One at a time tells the firmware what is wanted. */
	struct mutex lock;
	/**
	 * @level: What is worth a line, 0 error .. 3 debug; changed with @lock and, for reading,
	 * @reset.rwsem held, as @readers.
	 */
	u32 level;
	/** @readers: Open streams. */
	u32 readers;
};

extern const struct file_operations mtia_log_stream_fops;

int mtia_log_init(struct mtia_device *mdev);
dma_addr_t mtia_log_begin(struct mtia_device *mdev);
int mtia_log_restore(struct mtia_device *mdev);
int mtia_log_set_level(struct mtia_device *mdev, u64 level);
void mtia_log_wake(struct mtia_log *log);
void mtia_log_print(const struct mtia_fw_log *ring, struct drm_printer *p);
void mtia_log_print_all(struct mtia_device *mdev, struct drm_printer *p);

#endif /* MTIA_LOG_H */
