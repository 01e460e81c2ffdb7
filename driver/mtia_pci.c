// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * BARs, bus settings, resets of the function and errors of the link.
 */
#include <drm/drm_drv.h>
#include <drm/drm_managed.h>
#include <linux/dma-mapping.h>

#include "mtia_device.h"

/* Length that BAR2 must have: checked against the sizes the chip itself reports. */
static int mtia_pci_check_mem(struct mtia_device *mdev)
{
	resource_size_t have = pci_resource_len(mdev->pdev, MTIA_BAR_MEM);
	u64 want;

	if (check_add_overflow(mdev->hw.lpddr_size, mdev->hw.sram_size, &want) || have < want) {
		drm_err(&mdev->drm,
			"BAR2 has %llu MiB but LPDDR and SRAM need %llu MiB; was it resized?\n",
			(u64)have >> 20, want >> 20);
		return -ENODEV;
	}

	return 0;
}

static int mtia_pci_read_hw(struct mtia_device *mdev)
{
	struct drm_device *drm = &mdev->drm;
	struct mtia_hw *hw = &mdev->hw;
	u32 id = mtia_read32(mdev, MTIA_REG_ID);
	u32 value;

	if (id != MTIA_ID_MAGIC) {
		drm_err(drm, "BAR0 does not start with the MTIA id (0x%08x)\n", id);
		return -ENODEV;
	}

	hw->version = mtia_read32(mdev, MTIA_REG_VERSION);
	if (hw->version >> 16 != MTIA_REGS_MAJOR) {
		drm_err(drm, "register interface %u.%u is not supported, driver speaks %u.x\n",
			hw->version >> 16, hw->version & 0xffff, MTIA_REGS_MAJOR);
		return -ENODEV;
	}

	hw->revision = mtia_read32(mdev, MTIA_REG_HW_REV);
	value = mtia_read32(mdev, MTIA_REG_GRID);
	hw->rows = value & 0xff;
	hw->cols = value >> 8 & 0xff;
	hw->lpddr_size = mtia_read64(mdev, MTIA_REG_LPDDR_SIZE);
	hw->sram_size = mtia_read64(mdev, MTIA_REG_SRAM_SIZE);
	hw->pe_local_size = mtia_read32(mdev, MTIA_REG_PE_LOCAL_SIZE);
	hw->clock_hz = mtia_read32(mdev, MTIA_REG_CLOCK_HZ);
	value = mtia_read32(mdev, MTIA_REG_LIMITS);
	hw->num_queues = min(value & 0xffff, MTIA_MAX_QUEUES);
	hw->num_asids = min(value >> 16, MTIA_MAX_ASIDS);
	value = mtia_read32(mdev, MTIA_REG_LIMITS2);
	hw->num_cqs = min(value & 0xffff, MTIA_MAX_CQS);
	hw->num_vectors = min(value >> 16, MTIA_MAX_VECTORS);
	hw->pe_enabled = mtia_read64(mdev, MTIA_REG_PE_ENABLED);
	hw->caps = mtia_read64(mdev, MTIA_REG_CAPS);
	hw->time_scale = max(mtia_read32(mdev, MTIA_REG_TIME_SCALE), 1u);

	if (!hw->rows || !hw->cols || hw->rows * hw->cols > MTIA_MAX_PES || !hw->clock_hz ||
	    hw->num_queues < 2 || hw->num_asids < 2 || !hw->num_cqs || !hw->num_vectors ||
	    hw->lpddr_size < 4 * MTIA_FW_REGION_SIZE || hw->lpddr_size % SZ_2M) {
		drm_err(drm,
			"implausible chip: %ux%u PEs, %u Hz, %u queues, %u ASIDs, %u CQs, %u vectors, LPDDR 0x%llx\n",
			hw->rows, hw->cols, hw->clock_hz, hw->num_queues, hw->num_asids,
			hw->num_cqs, hw->num_vectors, hw->lpddr_size);
		return -ENODEV;
	}

	return 0;
}

/**
 * mtia_pci_init() - Enable the function, map its BARs and read what chip it is.
 * @mdev: Device.
 *
 * Everything is managed by the PCI device and goes away after remove.
 *
 * Return: 0 or a negative error code, with a message in the log.
 */
int mtia_pci_init(struct mtia_device *mdev)
{
	struct pci_dev *pdev = mdev->pdev;
	int err;

	err = pcim_enable_device(pdev);
	if (err) {
		drm_err(&mdev->drm, "PCI function cannot be enabled: %pe\n", ERR_PTR(err));
		return err;
	}

	if (pci_resource_len(pdev, MTIA_BAR_REGS) < MTIA_BAR0_SIZE) {
		drm_err(&mdev->drm, "BAR0 has %llu bytes, needs %u\n",
			(u64)pci_resource_len(pdev, MTIA_BAR_REGS), MTIA_BAR0_SIZE);
		return -ENODEV;
	}

	err = pcim_request_all_regions(pdev, "mtia");
	if (err) {
		drm_err(&mdev->drm, "BARs are in use: %pe\n", ERR_PTR(err));
		return err;
	}

	mdev->regs = pcim_iomap(pdev, MTIA_BAR_REGS, 0);
	if (!mdev->regs)
		return -ENOMEM;

	err = mtia_pci_read_hw(mdev);
	if (err)
		return err;

	err = mtia_pci_check_mem(mdev);
	if (err)
		return err;

	mdev->mem_phys = pci_resource_start(pdev, MTIA_BAR_MEM);
	mdev->mem = devm_ioremap_wc(&pdev->dev, mdev->mem_phys,
				    mdev->hw.lpddr_size + mdev->hw.sram_size);
	if (!mdev->mem) {
		drm_err(&mdev->drm, "no address space left to map %llu MiB of device memory\n",
			(mdev->hw.lpddr_size + mdev->hw.sram_size) >> 20);
		return -ENOMEM;
	}

	err = dma_set_mask_and_coherent(&pdev->dev, DMA_BIT_MASK(64));
	if (err) {
		drm_err(&mdev->drm, "no usable DMA addressing: %pe\n", ERR_PTR(err));
		return err;
	}

	/* A previous owner may have left the control core running. */
	mtia_write32(mdev, MTIA_REG_CTRL, 0);
	mtia_read32(mdev, MTIA_REG_CTRL);
	pci_set_master(pdev);

	return 0;
}

static void mtia_pci_free_config(struct drm_device *drm, void *config)
{
	kfree(config);
}

/**
 * mtia_pci_save() - Keep the configuration for resets of the function.
 * @mdev: Device, its vectors set up.
 *
 * Return: 0 or -ENOMEM.
 */
int mtia_pci_save(struct mtia_device *mdev)
{
	pci_save_state(mdev->pdev);
	mdev->config = pci_store_saved_state(mdev->pdev);
	if (!mdev->config)
		return -ENOMEM;

	return drmm_add_action_or_reset(&mdev->drm, mtia_pci_free_config, mdev->config);
}

/* After a reset of the function: its configuration, and whether it is there again. */
static int mtia_pci_restore(struct mtia_device *mdev)
{
	int err = pci_load_saved_state(mdev->pdev, mdev->config);

	if (err)
		return err;
	pci_restore_state(mdev->pdev);
	pci_set_master(mdev->pdev);

	return mtia_read32(mdev, MTIA_REG_ID) == MTIA_ID_MAGIC ? 0 : -ENODEV;
}

/**
 * mtia_pci_flr() - Function-level reset.
 * @mdev: Device; nobody uses it.
 *
 * Not pci_reset_function(), which would call mtia_pci_reset_prepare().
 *
 * Context: may sleep. Takes locks of the PCI core, under which others allocate.
 * Return: 0 with the configuration as it was, or a negative error code.
 */
int mtia_pci_flr(struct mtia_device *mdev)
{
	int err = pcie_reset_flr(mdev->pdev, PCI_RESET_DO_RESET);

	return err ?: mtia_pci_restore(mdev);
}

/* The PCI core resets the function, for instance because of sysfs; it restores what it saved. */
static void mtia_pci_reset_prepare(struct pci_dev *pdev)
{
	mtia_reset_take(pci_get_drvdata(pdev), "the function is reset");
}

static void mtia_pci_reset_done(struct pci_dev *pdev)
{
	/* It was off when the core saved the configuration, if the chip did not stop otherwise. */
	pci_set_master(pdev);
	mtia_reset_give(pci_get_drvdata(pdev), MTIA_RESET_DEVICE);
}

/*
 * An error that stopped nothing, or one that froze the link: then it is reset, and the function
 * with it. Either way other functions' drivers are asked too, and the reset can be theirs.
 */
static pci_ers_result_t mtia_pci_error_detected(struct pci_dev *pdev, pci_channel_state_t state)
{
	struct mtia_device *mdev = pci_get_drvdata(pdev);

	switch (state) {
	case pci_channel_io_normal:
		return PCI_ERS_RESULT_CAN_RECOVER;
	case pci_channel_io_frozen:
		mtia_reset_take(mdev, "PCIe error");
		return PCI_ERS_RESULT_NEED_RESET;
	default:
		mtia_reset_take(mdev, "PCIe channel failed");
		mtia_reset_give(mdev, MTIA_RESET_WEDGE);
		return PCI_ERS_RESULT_DISCONNECT;
	}
}

/* What was lost is not known, but a chip that lost something important shows it. */
static pci_ers_result_t mtia_pci_mmio_enabled(struct pci_dev *pdev)
{
	struct mtia_device *mdev = pci_get_drvdata(pdev);

	if (mtia_read32(mdev, MTIA_REG_ID) == MTIA_ID_MAGIC &&
	    (mtia_read32(mdev, MTIA_REG_FW_STATUS) & 0xff) == MTIA_FW_READY)
		return PCI_ERS_RESULT_RECOVERED;

	mtia_reset_take(mdev, "PCIe error");

	return PCI_ERS_RESULT_NEED_RESET;
}

static pci_ers_result_t mtia_pci_slot_reset(struct pci_dev *pdev)
{
	struct mtia_device *mdev = pci_get_drvdata(pdev);
	int err;

	/* Somebody else's driver may have asked for it. */
	mtia_reset_take(mdev, "PCIe slot was reset");
	err = mtia_pci_restore(mdev);
	if (!err)
		return PCI_ERS_RESULT_RECOVERED;

	drm_err(&mdev->drm, "the function is not there after a reset of its slot: %pe\n",
		ERR_PTR(err));
	mtia_reset_give(mdev, MTIA_RESET_WEDGE);

	return PCI_ERS_RESULT_DISCONNECT;
}

static void mtia_pci_resume(struct pci_dev *pdev)
{
	mtia_reset_give(pci_get_drvdata(pdev), MTIA_RESET_DEVICE);
}

static void mtia_pci_cor_error_detected(struct pci_dev *pdev)
{
	struct mtia_device *mdev = pci_get_drvdata(pdev);

	atomic_inc(&mdev->link_errors);
}

const struct pci_error_handlers mtia_pci_error_handlers = {
	.error_detected = mtia_pci_error_detected,
	.mmio_enabled = mtia_pci_mmio_enabled,
	.slot_reset = mtia_pci_slot_reset,
	.resume = mtia_pci_resume,
	.cor_error_detected = mtia_pci_cor_error_detected,
	.reset_prepare = mtia_pci_reset_prepare,
	.reset_done = mtia_pci_reset_done,
};
