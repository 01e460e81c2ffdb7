// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Sensors: temperature, power, energy, clock. The chip works them out (uapi/mtia/regs.h); nothing
 * is computed here, and there is no limit to set. A chip that sleeps is not woken for them, see
 * mtia_pm_read().
 */
#include <linux/hwmon.h>
#include <linux/hwmon-sysfs.h>

#include "mtia_device.h"
#include "mtia_hwmon.h"

#if IS_REACHABLE(CONFIG_HWMON)

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
			err = mtia_pm_read(mdev, MTIA_PM_TEMP, &raw);
		else
			raw = MTIA_TEMP_CRIT_MC;
		break;
	case hwmon_power:
		if (attr == hwmon_power_input)
			err = mtia_pm_read(mdev, MTIA_PM_POWER, &raw);
		else
			raw = MTIA_POWER_MAX_MW;
		raw *= 1000;
		break;
	case hwmon_energy:
		err = mtia_pm_read(mdev, MTIA_PM_ENERGY, &raw);
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

	err = mtia_pm_read(dev_get_drvdata(dev), MTIA_PM_PE_CLOCK, &value);

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
