// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Registers that a person looks at: in debugfs and in core dumps.
 */
#include "mtia_device.h"

static const struct {
	const char *name;
	u32 reg;
	bool wide;
} mtia_regs[MTIA_NUM_SHOWN_REGS] = {
	{ "id", MTIA_REG_ID },
	{ "version", MTIA_REG_VERSION },
	{ "hw_rev", MTIA_REG_HW_REV },
	{ "grid", MTIA_REG_GRID },
	{ "time_scale", MTIA_REG_TIME_SCALE },
	{ "timestamp", MTIA_REG_TIMESTAMP, true },
	{ "ctrl", MTIA_REG_CTRL },
	{ "fw_status", MTIA_REG_FW_STATUS },
	{ "heartbeat", MTIA_REG_HEARTBEAT },
	{ "fw_version", MTIA_REG_FW_VERSION },
	{ "core_state", MTIA_REG_CORE_STATE },
	{ "core_pc", MTIA_REG_CORE_PC, true },
	{ "core_cause", MTIA_REG_CORE_CAUSE, true },
	{ "core_tval", MTIA_REG_CORE_TVAL, true },
	{ "err_count", MTIA_REG_ERR_COUNT },
	{ "err_class", MTIA_REG_ERR_CLASS },
	{ "err_addr", MTIA_REG_ERR_ADDR, true },
};

/**
 * mtia_regs_read() - Read the registers that are shown to people.
 * @mdev: Device.
 * @values: Out: one value each.
 *
 * Context: any; inside drm_dev_enter().
 */
void mtia_regs_read(struct mtia_device *mdev, u64 values[MTIA_NUM_SHOWN_REGS])
{
	unsigned int i;

	for (i = 0; i < MTIA_NUM_SHOWN_REGS; i++)
		values[i] = mtia_regs[i].wide ? mtia_read64(mdev, mtia_regs[i].reg) :
						mtia_read32(mdev, mtia_regs[i].reg);
}

/**
 * mtia_regs_print() - Print what mtia_regs_read() read.
 * @values: Values.
 * @p: Printer.
 */
void mtia_regs_print(const u64 values[MTIA_NUM_SHOWN_REGS], struct drm_printer *p)
{
	unsigned int i;

	for (i = 0; i < MTIA_NUM_SHOWN_REGS; i++)
		drm_printf(p, "%-12s 0x%llx\n", mtia_regs[i].name, values[i]);
}
