/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * What KUnit tests call that is static otherwise. Their files are built where the kernel has KUnit.
 */
#ifndef MTIA_TEST_H
#define MTIA_TEST_H

#include <linux/types.h>

#include <drm/mtia_accel.h>

#include "mtia/fw_abi.h"

#if IS_ENABLED(CONFIG_KUNIT)
const char *mtia_fw_check_image(const u8 *data, size_t size, struct mtia_fw_header *h);
int mtia_reset_escalate(int tier, int failures, int wanted);
int mtia_job_error(u8 status);
u32 mtia_job_reason(u8 status);
int mtia_sync_check(const struct drm_mtia_sync *sync);
#endif

#endif /* MTIA_TEST_H */
