/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef MTIA_TTM_H
#define MTIA_TTM_H

#include <drm/ttm/ttm_placement.h>
#include <linux/types.h>

struct mtia_device;

#define MTIA_PL_VRAM TTM_PL_VRAM
#define MTIA_PL_TT TTM_PL_TT

int mtia_ttm_init(struct mtia_device *mdev);
void mtia_ttm_unplug(struct mtia_device *mdev);

#endif /* MTIA_TTM_H */
