// SPDX-License-Identifier: GPL-2.0 OR MIT
/**
 * DOC: Memory errors
 *
 * LPDDR and SRAM correct a wrong bit and notice two; the chip counts both, for each of the two. The
 * counts are files below "ras" of the PCI device and are read from the chip, or, as they do
 * not change while it sleeps, from what was kept of them; what they mean is in
 * driver/sysfs-driver-mtia.txt. They begin anew with the chip: power-on and function-level reset.
 * Where the kernel has DRM's RAS netlink family they are there as well, in two nodes.
 *
 * A job that reads a word with two wrong bits ends with -EIO and costs its queue, no more.
 */
#ifdef MTIA_HAVE_DRM_RAS
#include <drm/drm_ras.h>
#endif
#include <linux/sysfs.h>

#include "mtia_device.h"

/**
 * struct mtia_ras_attr - A count.
 */
struct mtia_ras_attr {
	/** @base: Its file. */
	struct device_attribute base;
	/** @counter: Which one. */
	enum mtia_ras counter;
};

static ssize_t mtia_ras_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	const struct mtia_ras_attr *ras = container_of(attr, struct mtia_ras_attr, base);
	u64 value;
	int err;

	err = mtia_pm_read(dev_get_drvdata(dev), MTIA_PM_RAS + ras->counter, &value);

	return err ?: sysfs_emit(buf, "%llu\n", value);
}

#define MTIA_RAS_ATTR(name, which)                                              \
	static struct mtia_ras_attr mtia_ras_##name = {                         \
		.base = __ATTR(name, 0444, mtia_ras_show, NULL),                \
		.counter = MTIA_RAS_##which,                                    \
	}

MTIA_RAS_ATTR(lpddr_corrected, LPDDR_CORRECTED);
MTIA_RAS_ATTR(lpddr_uncorrected, LPDDR_UNCORRECTED);
MTIA_RAS_ATTR(sram_corrected, SRAM_CORRECTED);
MTIA_RAS_ATTR(sram_uncorrected, SRAM_UNCORRECTED);

static struct attribute *mtia_ras_attrs[] = {
	&mtia_ras_lpddr_corrected.base.attr,
	&mtia_ras_lpddr_uncorrected.base.attr,
	&mtia_ras_sram_corrected.base.attr,
	&mtia_ras_sram_uncorrected.base.attr,
	NULL
};

static umode_t mtia_ras_is_visible(struct kobject *kobj, struct attribute *attr, int n)
{
	struct mtia_device *mdev = dev_get_drvdata(kobj_to_dev(kobj));

	return mtia_device_has_sensors(mdev) ? attr->mode : 0;
}

static const struct attribute_group mtia_ras_group = {
	.name = "ras",
	.attrs = mtia_ras_attrs,
	.is_visible = mtia_ras_is_visible,
};

/* Attributes of the PCI device; the driver core adds and removes them. */
const struct attribute_group *mtia_dev_groups[] = {
	&mtia_ras_group,
	NULL
};

#ifdef MTIA_HAVE_DRM_RAS

/* Error ids of both nodes. */
enum mtia_ras_block {
	MTIA_RAS_BLOCK_LPDDR = 1,
	MTIA_RAS_BLOCK_SRAM,
};

/**
 * struct mtia_ras_node - A kind of error.
 */
struct mtia_ras_node {
	/** @base: Node of DRM's RAS. */
	struct drm_ras_node base;
	/** @mdev: Device. */
	struct mtia_device *mdev;
	/** @lpddr: Counter of LPDDR. */
	enum mtia_ras lpddr;
	/** @sram: Counter of SRAM. */
	enum mtia_ras sram;
};

static int mtia_ras_query(struct drm_ras_node *base, u32 id, const char **name, u32 *value)
{
	struct mtia_ras_node *node = container_of(base, struct mtia_ras_node, base);
	bool lpddr = id == MTIA_RAS_BLOCK_LPDDR;
	u64 count;
	int err;

	err = mtia_pm_read(node->mdev, MTIA_PM_RAS + (lpddr ? node->lpddr : node->sram), &count);
	if (err)
		return err;

	*name = lpddr ? "lpddr" : "sram";
	*value = min_t(u64, count, U32_MAX);

	return 0;
}

static void mtia_ras_unregister(void *node)
{
	drm_ras_node_unregister(node);
}

static int mtia_ras_register(struct mtia_device *mdev, const char *name, enum mtia_ras lpddr,
			     enum mtia_ras sram)
{
	struct device *dev = mdev->drm.dev;
	struct mtia_ras_node *node;
	int err;

	node = devm_kzalloc(dev, sizeof(*node), GFP_KERNEL);
	if (!node)
		return -ENOMEM;

	node->mdev = mdev;
	node->lpddr = lpddr;
	node->sram = sram;
	node->base.device_name = dev_name(dev);
	node->base.node_name = name;
	node->base.type = DRM_RAS_NODE_TYPE_ERROR_COUNTER;
	node->base.error_counter_range.first = MTIA_RAS_BLOCK_LPDDR;
	node->base.error_counter_range.last = MTIA_RAS_BLOCK_SRAM;
	node->base.query_error_counter = mtia_ras_query;
	err = drm_ras_node_register(&node->base);

	return err ?: devm_add_action_or_reset(dev, mtia_ras_unregister, &node->base);
}

/**
 * mtia_ras_init() - Offer the counts by netlink; that ends with the PCI device.
 * @mdev: Device, in service.
 *
 * Return: 0 or a negative error code.
 */
int mtia_ras_init(struct mtia_device *mdev)
{
	int err;

	if (!mtia_device_has_sensors(mdev))
		return 0;

	err = mtia_ras_register(mdev, "correctable-errors", MTIA_RAS_LPDDR_CORRECTED,
				MTIA_RAS_SRAM_CORRECTED);

	return err ?: mtia_ras_register(mdev, "uncorrectable-errors", MTIA_RAS_LPDDR_UNCORRECTED,
					MTIA_RAS_SRAM_UNCORRECTED);
}

#else

int mtia_ras_init(struct mtia_device *mdev)
{
	return 0;
}

#endif
