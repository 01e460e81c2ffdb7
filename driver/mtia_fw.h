/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef MTIA_FW_H
#define MTIA_FW_H

#include <linux/types.h>

#include "mtia/fw_abi.h"

struct drm_printer;
struct mtia_device;

/* Bytes of text that the log ring keeps. */
#define MTIA_FW_LOG_SIZE 0x10000

/**
 * struct mtia_fw - The control firmware.
 */
struct mtia_fw {
	/** @header: Header of the running image, checked. */
	struct mtia_fw_header header;
	/** @abi_minor: Lower of the driver's and the image's minors. */
	u16 abi_minor;
	/** @features: MTIA_FW_FEAT_* that both sides have. */
	u64 features;
	/** @log: Log ring in host memory, written by the device; text follows the header. */
	struct mtia_fw_log *log;
	/** @log_dma: Bus address of @log. */
	dma_addr_t log_dma;
};

int mtia_fw_boot(struct mtia_device *mdev);
void mtia_fw_stop(struct mtia_device *mdev);
void mtia_fw_print_log(struct mtia_device *mdev, struct drm_printer *p);

#endif /* MTIA_FW_H */
