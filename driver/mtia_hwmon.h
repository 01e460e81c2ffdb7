/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef MTIA_HWMON_H
#define MTIA_HWMON_H

struct mtia_device;

int mtia_hwmon_init(struct mtia_device *mdev);

#endif /* MTIA_HWMON_H */
