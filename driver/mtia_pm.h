/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef MTIA_PM_H
#define MTIA_PM_H

#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/pm.h>
#include <linux/types.h>

#include "mtia/regs.h"

struct mtia_bo;
struct mtia_device;

/**
 * enum mtia_pm_kept - What can be read without waking the chip.
 */
enum mtia_pm_kept {
	/** @MTIA_PM_TEMP: %MTIA_REG_TEMP. */
	MTIA_PM_TEMP,
	/** @MTIA_PM_POWER: %MTIA_REG_POWER. */
	MTIA_PM_POWER,
	/** @MTIA_PM_ENERGY: %MTIA_REG_ENERGY. */
	MTIA_PM_ENERGY,
	/** @MTIA_PM_PE_CLOCK: %MTIA_REG_PE_CLOCK. */
	MTIA_PM_PE_CLOCK,
	/** @MTIA_PM_RAS: First one of enum mtia_ras. */
	MTIA_PM_RAS,
	/** @MTIA_PM_NUM_KEPT: How many there are. */
	MTIA_PM_NUM_KEPT = MTIA_PM_RAS + MTIA_RAS_SRAM_UNCORRECTED + 1,
};

/**
 * struct mtia_pm - Runtime power management.
 */
struct mtia_pm {
	/** @lock: Guards @kept and @mapped; @asleep is written under it. */
	struct mutex lock;
	/** @asleep: The function is in D3hot, or about to be: nobody may touch it. */
	bool asleep;
	/** @mapped: Objects that user space may have mapped in BAR2. */
	struct list_head mapped;
	/** @kept: What the chip said when it was put to sleep, by enum mtia_pm_kept. */
	u64 kept[MTIA_PM_NUM_KEPT];
};

extern const struct dev_pm_ops mtia_pm_ops;

int mtia_pm_init(struct mtia_device *mdev);
void mtia_pm_start(struct mtia_device *mdev);
void mtia_pm_stop(struct mtia_device *mdev);

bool mtia_pm_enter(struct mtia_device *mdev, int *idx);
void mtia_pm_exit(struct mtia_device *mdev, int idx);
bool mtia_pm_enter_if_awake(struct mtia_device *mdev, int *idx);
void mtia_pm_exit_if_awake(struct mtia_device *mdev, int idx);
void mtia_pm_hold(struct mtia_device *mdev);
void mtia_pm_release(struct mtia_device *mdev);

int mtia_pm_read(struct mtia_device *mdev, enum mtia_pm_kept what, u64 *value);
void mtia_pm_note_mapped(struct mtia_bo *bo);
void mtia_pm_forget_mapped(struct mtia_bo *bo);

#endif /* MTIA_PM_H */
