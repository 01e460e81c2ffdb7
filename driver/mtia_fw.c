// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The control firmware: image checks, loading, boot, log.
 *
 * The image is copied into the firmware region of LPDDR through BAR2 while the control core is in
 * reset; the core then starts at its entry with the address of the boot parameters in a0.
 */
#include <linux/ctype.h>
#include <linux/delay.h>
#include <linux/dma-mapping.h>
#include <linux/firmware.h>
#include <linux/iopoll.h>
#include <linux/module.h>

#include "mtia_compat.h"
#include "mtia_device.h"

#define MTIA_FW_NAME "mtia/v1/mtia_ctrl.bin"

#define MTIA_FW_BOOT_TIMEOUT_MS 100

MODULE_FIRMWARE(MTIA_FW_NAME);

static u32 mtia_fw_crc(const void *data, size_t size)
{
	return ~crc32c(~0, data, size);
}

/* Return: text saying what is wrong with section @i, or NULL. */
static const char *mtia_fw_check_section(const struct mtia_fw_header *h, u32 i)
{
	const struct mtia_fw_section *s = &h->sections[i];
	u32 end;

	if ((s->file_offset | s->load_offset) % 8)
		return "a section is not aligned to 8 bytes";
	if (s->file_size > s->mem_size || !s->mem_size)
		return "a section is larger in the file than in memory, or empty";
	if (check_add_overflow(s->load_offset, s->mem_size, &end) || end > MTIA_FW_IMAGE_LIMIT)
		return "a section does not fit the firmware region";
	if (s->file_size &&
	    (s->file_offset < sizeof(*h) ||
	     check_add_overflow(s->file_offset, s->file_size, &end) || end > h->image_size))
		return "a section lies outside the image";

	return NULL;
}

static const char *mtia_fw_check_sections(const struct mtia_fw_header *h)
{
	bool entry_ok = false;
	u32 i;

	if (!h->section_count || h->section_count > MTIA_FW_MAX_SECTIONS)
		return "number of sections out of range";

	for (i = 0; i < h->section_count; i++) {
		const struct mtia_fw_section *s = &h->sections[i];
		const char *error = mtia_fw_check_section(h, i);

		if (error)
			return error;
		if (h->entry_offset >= s->load_offset &&
		    h->entry_offset - s->load_offset < s->file_size)
			entry_ok = true;
	}

	return entry_ok ? NULL : "entry lies outside all sections";
}

/* Return: text saying what is wrong with the image, or NULL with *@h filled. */
static const char *mtia_fw_check_image(const u8 *data, size_t size, struct mtia_fw_header *h)
{
	struct mtia_fw_header zeroed;

	if (size < sizeof(*h))
		return "file is shorter than its header";
	if (size > MTIA_FW_MAX_SIZE)
		return "file is too large";

	memcpy(h, data, sizeof(*h));
	if (h->magic != MTIA_FW_MAGIC)
		return "not an MTIA firmware image (bad magic)";
	if (h->header_size != sizeof(*h))
		return "unknown header size";
	zeroed = *h;
	zeroed.header_crc = 0;
	if (mtia_fw_crc(&zeroed, sizeof(zeroed)) != h->header_crc)
		return "header checksum is wrong";
	if (h->abi_major != MTIA_FW_ABI_MAJOR)
		return "firmware speaks another ABI major than the driver";
	if (h->image_size < sizeof(*h) || h->image_size > size)
		return "file is truncated";
	if (mtia_fw_crc(data + sizeof(*h), h->image_size - sizeof(*h)) != h->payload_crc)
		return "payload checksum is wrong";
	if (strnlen(h->version, sizeof(h->version)) == sizeof(h->version))
		return "version text is not terminated";

	return mtia_fw_check_sections(h);
}

static void mtia_fw_load(struct mtia_device *mdev, const u8 *data)
{
	const struct mtia_fw_header *h = &mdev->fw.header;
	u32 i;

	for (i = 0; i < h->section_count; i++) {
		const struct mtia_fw_section *s = &h->sections[i];
		u8 __iomem *dst = mdev->mem + s->load_offset;

		memcpy_toio(dst, data + s->file_offset, s->file_size);
		memset_io(dst + s->file_size, 0, s->mem_size - s->file_size);
	}
}

static const char *mtia_fw_fail_text(u32 reason)
{
	switch (reason) {
	case MTIA_FW_FAIL_BOOT_MAGIC:
		return "boot parameters not found";
	case MTIA_FW_FAIL_ABI:
		return "driver's ABI not supported";
	case MTIA_FW_FAIL_RING:
		return "a ring's size or address is not usable";
	case MTIA_FW_FAIL_HW:
		return "chip not supported";
	default:
		return "unknown reason";
	}
}

static int mtia_fw_wait_ready(struct mtia_device *mdev)
{
	unsigned int timeout_ms = mtia_device_scaled_ms(mdev, MTIA_FW_BOOT_TIMEOUT_MS);
	u32 status;
	int err;

	err = readl_poll_timeout(mdev->regs + MTIA_REG_FW_STATUS, status,
				 (status & 0xff) >= MTIA_FW_READY, 1000, timeout_ms * 1000);
	switch (status & 0xff) {
	case MTIA_FW_READY:
		return 0;
	case MTIA_FW_FAILED:
		drm_err(&mdev->drm, "firmware refused to boot: %s (%u)\n",
			mtia_fw_fail_text(status >> 8), status >> 8);
		return -EIO;
	default:
		drm_err(&mdev->drm,
			"firmware did not get ready in %u ms: status 0x%x, core state %u, pc 0x%llx, cause %llu, tval 0x%llx\n",
			timeout_ms, status, mtia_read32(mdev, MTIA_REG_CORE_STATE),
			mtia_read64(mdev, MTIA_REG_CORE_PC), mtia_read64(mdev, MTIA_REG_CORE_CAUSE),
			mtia_read64(mdev, MTIA_REG_CORE_TVAL));
		return err ?: -EIO;
	}
}

static int mtia_fw_start(struct mtia_device *mdev)
{
	struct mtia_fw *fw = &mdev->fw;
	const struct mtia_fw_boot boot = {
		.magic = MTIA_FW_BOOT_MAGIC,
		.abi_major = MTIA_FW_ABI_MAJOR,
		.abi_minor = MTIA_FW_ABI_MINOR,
		.d2h_addr = mdev->mbox.dma,
		.log_addr = fw->log_dma,
		.log_size = MTIA_FW_LOG_SIZE,
		.mbox_vector = 0,
		.features = MTIA_FW_FEAT_REDUCTION,
	};
	u32 i, version;
	int err;

	/* Counts of the last owner's rings outlive the reset of the core. */
	mtia_write32(mdev, MTIA_REG_MBOX_H2D_TAIL, 0);
	mtia_write32(mdev, MTIA_REG_MBOX_D2H_HEAD, 0);
	for (i = 0; i < mdev->hw.num_cqs; i++)
		mtia_write32(mdev, MTIA_REG_CQ_HEAD(i), 0);

	memcpy_toio(mdev->mem + MTIA_FW_BOOT_OFFSET, &boot, sizeof(boot));
	memset_io(mdev->mem + MTIA_FW_H2D_OFFSET, 0,
		  MTIA_H2D_SLOTS * sizeof(struct mtia_h2d_msg));
	/* Image and parameters are in memory before the core runs. */
	wmb();

	mtia_write64(mdev, MTIA_REG_BOOT_PC, MTIA_PA_LPDDR + fw->header.entry_offset);
	mtia_write64(mdev, MTIA_REG_BOOT_ARG, MTIA_PA_LPDDR + MTIA_FW_BOOT_OFFSET);
	mtia_write32(mdev, MTIA_REG_CTRL, MTIA_CTRL_CORE_RUN);

	err = mtia_fw_wait_ready(mdev);
	if (err)
		return err;

	version = mtia_read32(mdev, MTIA_REG_FW_VERSION);
	if (version >> 16 != MTIA_FW_ABI_MAJOR) {
		drm_err(&mdev->drm, "running firmware speaks ABI %u.%u, driver %u.%u\n",
			version >> 16, version & 0xffff, MTIA_FW_ABI_MAJOR, MTIA_FW_ABI_MINOR);
		return -EPROTO;
	}
	fw->abi_minor = min_t(u32, version & 0xffff, MTIA_FW_ABI_MINOR);
	fw->features = fw->header.features & boot.features;

	return 0;
}

/**
 * mtia_fw_boot() - Load the firmware from the file system and start it.
 * @mdev: Device; its mailbox ring exists.
 *
 * Return: 0 when it is ready to take messages, or a negative error code with a message in the log.
 */
int mtia_fw_boot(struct mtia_device *mdev)
{
	struct mtia_fw *fw = &mdev->fw;
	const struct firmware *image;
	const char *error;
	int err;

	fw->log = dmam_alloc_coherent(mdev->drm.dev, sizeof(*fw->log) + MTIA_FW_LOG_SIZE,
				      &fw->log_dma, GFP_KERNEL);
	if (!fw->log)
		return -ENOMEM;

	err = request_firmware(&image, MTIA_FW_NAME, mdev->drm.dev);
	if (err) {
		drm_err(&mdev->drm, "firmware %s cannot be loaded: %pe\n", MTIA_FW_NAME,
			ERR_PTR(err));
		return err;
	}

	error = mtia_fw_check_image(image->data, image->size, &fw->header);
	if (error) {
		drm_err(&mdev->drm, "firmware %s: %s\n", MTIA_FW_NAME, error);
		err = -EINVAL;
	} else {
		mtia_fw_load(mdev, image->data);
		err = mtia_fw_start(mdev);
	}
	release_firmware(image);
	if (err)
		mtia_fw_stop(mdev);

	return err;
}

/**
 * mtia_fw_stop() - Put control core, PEs and DMA channels into reset.
 * @mdev: Device.
 *
 * After this the device reads and writes no memory of the host.
 */
void mtia_fw_stop(struct mtia_device *mdev)
{
	mtia_write32(mdev, MTIA_REG_CTRL, 0);
	/* Writes that the device made before its reset are here when this read returns. */
	mtia_read32(mdev, MTIA_REG_CTRL);
}

/**
 * mtia_fw_print_log() - Print the text that the log ring still has.
 * @mdev: Device.
 * @p: Printer.
 *
 * Context: inside drm_dev_enter(). The firmware may write meanwhile; a line can be torn then.
 */
void mtia_fw_print_log(struct mtia_device *mdev, struct drm_printer *p)
{
	const struct mtia_fw_log *log = mdev->fw.log;
	const char *text = (const char *)(log + 1);
	u64 written = READ_ONCE(log->written);
	u64 pos = written > MTIA_FW_LOG_SIZE ? written - MTIA_FW_LOG_SIZE : 0;
	char line[128];
	size_t len = 0;

	/* Text up to "written" was there before it. */
	dma_rmb();
	for (; pos < written; pos++) {
		char c = READ_ONCE(text[pos % MTIA_FW_LOG_SIZE]);

		if (c != '\n')
			line[len++] = isprint(c) ? c : '.';
		if (c == '\n' || len == sizeof(line) - 1) {
			line[len] = '\0';
			drm_printf(p, "%s\n", line);
			len = 0;
		}
	}
}
