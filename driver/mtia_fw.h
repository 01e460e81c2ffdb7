/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef MTIA_FW_H
#define MTIA_FW_H

#include <linux/types.h>
#include <linux/workqueue.h>

#include "mtia/fw_abi.h"

#include "mtia_reset.h"

struct drm_printer;
struct mtia_device;

/**
 * struct mtia_fw - The control firmware.
 */
struct mtia_fw {
	/** @image: The image, kept for resets: a reset cannot read files. */
	const u8 *image;
	/** @header: Its header, checked. */
	struct mtia_fw_header header;
	/** @abi_minor: Lower of the driver's and the image's minors. */
	u16 abi_minor;
	/** @features: MTIA_FW_FEAT_* that both sides have. */
	u64 features;

	/** @watchdog: Looks at the heartbeat; on the reset workqueue. */
	struct delayed_work watchdog;
	/** @beat: Heartbeat seen last. */
	u32 beat;
	/** @beat_time: When it was seen for the first time, in jiffies. */
	unsigned long beat_time;
	/** @beat_cycles: And in device time. */
	u64 beat_cycles;
	/** @cycles: Device time when the watchdog looked last. */
	u64 cycles;
};

int mtia_fw_init(struct mtia_device *mdev);
int mtia_fw_reload(struct mtia_device *mdev);
int mtia_fw_start(struct mtia_device *mdev);
int mtia_fw_stop(struct mtia_device *mdev);
enum mtia_reset_tier mtia_fw_look_after_sleep(struct mtia_device *mdev, const char **reason);
void mtia_fw_watch(struct mtia_device *mdev);
void mtia_fw_read_wait(struct mtia_device *mdev, u32 slot, struct mtia_fw_wait *wait);
void mtia_fw_read_crash(struct mtia_device *mdev, struct mtia_fw_crash *crash);
void mtia_fw_print_crash(const struct mtia_fw_crash *crash, struct drm_printer *p);

#endif /* MTIA_FW_H */
