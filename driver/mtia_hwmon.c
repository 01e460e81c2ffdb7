// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Sensors: temperature, power, energy, clock. The chip works them out (uapi/mtia/regs.h); nothing
 * is computed or kept here, and there is no limit to set.
 */
#include <drm/drm_drv.h>
#include <linux/hwmon.h>
#include <linux/hwmon-sysfs.h>

#include "mtia_device.h"
#include "mtia_hwmon.h"

#if IS_REACHABLE(CONFIG_HWMON)

/* Return: 0 with the register's value, or -ENODEV. */
static int mtia_hwmon_read_reg(struct mtia_device *mdev, u32 reg, bool wide, u64 *value)
{
	int idx;

	if (!drm_dev_enter(&mdev->drm, &idx))
		return -ENODEV;
	*value = wide ? mtia_read64(mdev, reg) : mtia_read32(mdev, reg);
	drm_dev_exit(idx);

	/* What a link that is down gives; no sensor shows that much. */
	return *value == (wide ? U64_MAX : U32_MAX) ? -ENODEV : 0;
}

static umode_t mtia_hwmon_is_visible(const void *data, enum hwmon_sensor_types type, u32 attr,
				     int channel)
{
	return 0444;
}

static int mtia_hwmon_read(struct device *dev, enum hwmon_sensor_types type, u32 attr, int channel,
			   long *value)
{
	struct mtia_device *mdev = dev_get_drvdata(dev);
	u64 raw = 0;
	int err = 0;

	switch (type) {
	case hwmon_temp:
		if (attr == hwmon_temp_input)
			err = mtia_hwmon_read_reg(mdev, MTIA_REG_TEMP, false, &raw);
		else
			raw = MTIA_TEMP_CRIT_MC;
		break;
	case hwmon_power:
		if (attr == hwmon_power_input)
			err = mtia_hwmon_read_reg(mdev, MTIA_REG_POWER, false, &raw);
		else
			raw = MTIA_POWER_MAX_MW;
		raw *= 1000;
		break;
	case hwmon_energy:
		err = mtia_hwmon_read_reg(mdev, MTIA_REG_ENERGY, true, &raw);
		break;
	default:
		return -EOPNOTSUPP;
	}
	*value = raw;

	return err;
}

static int mtia_hwmon_read_string(struct device *dev, enum hwmon_sensor_types type, u32 attr,
				  int channel, const char **text)
{
	*text = type == hwmon_temp ? "chip" : "board";

	return 0;
}

/* Clocks are no sensors of the hwmon core. */
static ssize_t freq1_input_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	u64 value;
	int err;

	err = mtia_hwmon_read_reg(dev_get_drvdata(dev), MTIA_REG_PE_CLOCK, false, &value);

	return err ?: sysfs_emit(buf, "%llu\n", value);
}
static DEVICE_ATTR_RO(freq1_input);

static ssize_t freq1_label_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "pe\n");
}
static DEVICE_ATTR_RO(freq1_label);

static struct attribute *mtia_hwmon_attrs[] = {
	&dev_attr_freq1_input.attr,
	&dev_attr_freq1_label.attr,
	NULL
};
ATTRIBUTE_GROUPS(mtia_hwmon);

static const struct hwmon_ops mtia_hwmon_ops = {
	.is_visible = mtia_hwmon_is_visible,
	.read = mtia_hwmon_read,
	.read_string = mtia_hwmon_read_string,
};

static const struct hwmon_channel_info *const mtia_hwmon_channels[] = {
	HWMON_CHANNEL_INFO(temp, HWMON_T_INPUT | HWMON_T_CRIT | HWMON_T_LABEL),
	HWMON_CHANNEL_INFO(power, HWMON_P_INPUT | HWMON_P_RATED_MAX | HWMON_P_LABEL),
	HWMON_CHANNEL_INFO(energy, HWMON_E_INPUT | HWMON_E_LABEL),
	NULL
};

static const struct hwmon_chip_info mtia_hwmon_chip = {
	.ops = &mtia_hwmon_ops,
	.info = mtia_hwmon_channels,
};

/**
 * mtia_hwmon_init() - Show the sensors; they go with the PCI device.
 * @mdev: Device, in service.
 *
 * Return: 0 or a negative error code.
 */
int mtia_hwmon_init(struct mtia_device *mdev)
{
	struct device *hwmon;

	if (!mtia_device_has_sensors(mdev))
		return 0;

	hwmon = devm_hwmon_device_register_with_info(mdev->drm.dev, "mtia", mdev, &mtia_hwmon_chip,
						     mtia_hwmon_groups);

	return PTR_ERR_OR_ZERO(hwmon);
}

#else

int mtia_hwmon_init(struct mtia_device *mdev)
{
	return 0;
}

#endif
