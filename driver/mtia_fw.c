// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The control firmware: image checks, loading, boot, watchdog, crash record.
 *
 * The image is copied into the firmware region of LPDDR through BAR2 while the control core is in
 * reset; the core then starts at its entry with the address of the boot parameters in a0.
 *
 * Its heartbeat counts device time, which on a busy model passes much slower than the host's, and
 * not at all when nothing can happen any more. So it has stopped when device time passes without
 * it, or when neither moves.
 */
#include <drm/drm_drv.h>
#include <drm/drm_managed.h>
#include <kunit/visibility.h>
#include <linux/delay.h>
#include <linux/dma-mapping.h>
#include <linux/firmware.h>
#include <linux/iopoll.h>
#include <linux/module.h>

#include "mtia_compat.h"
#include "mtia_device.h"
#include "tests/mtia_test.h"

#define MTIA_FW_NAME "mtia/v1/mtia_ctrl.bin"

#define MTIA_FW_BOOT_TIMEOUT_MS 100
#define MTIA_FW_STOP_TIMEOUT_MS 10

/* Period of the heartbeat in device time, how many may be missing, how often to look. */
#define MTIA_FW_HEARTBEAT_MS 100
#define MTIA_FW_HEARTBEATS 4
#define MTIA_FW_WATCH_MS 1000

/* ABI minor from which on there are records of waits. */
#define MTIA_FW_WAIT_MINOR 4

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
VISIBLE_IF_KUNIT const char *mtia_fw_check_image(const u8 *data, size_t size,
						 struct mtia_fw_header *h)
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
EXPORT_SYMBOL_IF_KUNIT(mtia_fw_check_image);

static void mtia_fw_load(struct mtia_device *mdev)
{
	const u8 *data = mdev->fw.image;
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

/* The watchdog counts from here. */
static void mtia_fw_note_beat(struct mtia_device *mdev, u32 beat)
{
	struct mtia_fw *fw = &mdev->fw;

	fw->beat = beat;
	fw->beat_time = jiffies;
	fw->beat_cycles = mtia_read64(mdev, MTIA_REG_TIMESTAMP);
	fw->cycles = fw->beat_cycles;
}

/**
 * mtia_fw_start() - Load and start the firmware.
 * @mdev: Device, the chip in reset.
 *
 * Context: may sleep; never allocates.
 * Return: 0 when it is ready to take messages, or a negative error code with a message in the log.
 */
int mtia_fw_start(struct mtia_device *mdev)
{
	struct mtia_fw *fw = &mdev->fw;
	const struct mtia_fw_boot boot = {
		.magic = MTIA_FW_BOOT_MAGIC,
		.abi_major = MTIA_FW_ABI_MAJOR,
		.abi_minor = MTIA_FW_ABI_MINOR,
		.d2h_addr = mdev->mbox.dma,
		.log_addr = mtia_log_begin(mdev),
		.log_size = MTIA_LOG_SIZE,
		.mbox_vector = 0,
		.features = MTIA_FW_FEAT_REDUCTION,
		.heartbeat_ms = MTIA_FW_HEARTBEAT_MS,
	};
	u32 i, version;
	int err;

	/* Counts of the last owner's rings outlive the reset of the core. */
	mtia_write32(mdev, MTIA_REG_MBOX_H2D_TAIL, 0);
	mtia_write32(mdev, MTIA_REG_MBOX_D2H_HEAD, 0);
	for (i = 0; i < mdev->hw.num_cqs; i++)
		mtia_write32(mdev, MTIA_REG_CQ_HEAD(i), 0);

	mtia_fw_load(mdev);
	memcpy_toio(mdev->mem + MTIA_FW_BOOT_OFFSET, &boot, sizeof(boot));
	memset_io(mdev->mem + MTIA_FW_H2D_OFFSET, 0,
		  MTIA_H2D_SLOTS * sizeof(struct mtia_h2d_msg));
	/* What an earlier firmware left behind is not this one's. */
	memset_io(mdev->mem + MTIA_FW_CRASH_OFFSET, 0, sizeof(struct mtia_fw_crash));
	for (i = 0; i < mdev->hw.num_queues; i++)
		memset_io(mdev->mem + MTIA_FW_PES_OFFSET + i * MTIA_FW_PES_STRIDE, 0, sizeof(u64));
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
	mtia_fw_note_beat(mdev, mtia_read32(mdev, MTIA_REG_HEARTBEAT));

	return 0;
}

static void mtia_fw_look(struct mtia_device *mdev)
{
	u64 patience = (u64)MTIA_FW_HEARTBEATS * MTIA_FW_HEARTBEAT_MS;
	unsigned long limit = msecs_to_jiffies(mtia_device_scaled_ms(mdev, patience));
	u32 beat = mtia_read32(mdev, MTIA_REG_HEARTBEAT);
	u64 cycles = mtia_read64(mdev, MTIA_REG_TIMESTAMP);
	struct mtia_fw *fw = &mdev->fw;

	if (beat != fw->beat)
		mtia_fw_note_beat(mdev, beat);
	else if (time_after(jiffies, fw->beat_time + limit) &&
		 (cycles == fw->cycles ||
		  cycles - fw->beat_cycles > patience * (mdev->hw.clock_hz / MSEC_PER_SEC)))
		mtia_reset_request(mdev, MTIA_RESET_CORE, "firmware's heartbeat stopped");
	fw->cycles = cycles;
}

static void mtia_fw_watchdog(struct work_struct *work)
{
	struct mtia_device *mdev = container_of(work, struct mtia_device, fw.watchdog.work);
	bool cookie;
	int idx;
	u32 i;

	/* Who wakes the chip starts it again. */
	if (!mtia_pm_enter_if_awake(mdev, &idx))
		return;

	mtia_reset_watch(mdev);
	cookie = dma_fence_begin_signalling();
	/* Who resets the chip notes the first beat when it runs again. */
	down_read(&mdev->reset.rwsem);
	if (atomic_read(&mdev->state) == MTIA_STATE_READY) {
		mtia_fw_look(mdev);
		/* Interrupts may have been lost. */
		mtia_mbox_drain(mdev);
		for (i = 0; i < mdev->num_cqs; i++)
			mtia_cq_poll(&mdev->cqs[i]);
	}
	up_read(&mdev->reset.rwsem);
	dma_fence_end_signalling(cookie);
	mtia_fw_watch(mdev);
	mtia_pm_exit_if_awake(mdev, idx);
}

/**
 * mtia_fw_watch() - Look after the firmware's heartbeat from now on.
 * @mdev: Device; cancel @fw.watchdog to end it.
 */
void mtia_fw_watch(struct mtia_device *mdev)
{
	queue_delayed_work(mdev->reset.wq, &mdev->fw.watchdog, msecs_to_jiffies(MTIA_FW_WATCH_MS));
}

/**
 * mtia_fw_look_after_sleep() - Whether chip and firmware are what they were before runtime suspend.
 * @mdev: Device, just woken; nobody else uses it.
 * @reason: Out: a string constant, if there is to be a reset.
 *
 * Return: the reset that is needed, usually none.
 */
enum mtia_reset_tier mtia_fw_look_after_sleep(struct mtia_device *mdev, const char **reason)
{
	u64 boot = MTIA_FW_BOOT_OFFSET + offsetof(struct mtia_fw_boot, magic);
	u32 state;

	if (mtia_read32(mdev, MTIA_REG_ID) != MTIA_ID_MAGIC) {
		*reason = "chip does not answer after runtime suspend";
		return MTIA_RESET_DEVICE;
	}
	/* Written for the firmware that runs. */
	if (readl(mdev->mem + boot) != MTIA_FW_BOOT_MAGIC) {
		*reason = "device memory was lost in runtime suspend";
		return MTIA_RESET_DEVICE;
	}
	state = mtia_read32(mdev, MTIA_REG_CORE_STATE);
	if ((mtia_read32(mdev, MTIA_REG_FW_STATUS) & 0xff) != MTIA_FW_READY ||
	    (state != MTIA_CORE_RUNNING && state != MTIA_CORE_WAITING)) {
		*reason = "firmware does not run after runtime suspend";
		return MTIA_RESET_CORE;
	}
	mtia_fw_note_beat(mdev, mtia_read32(mdev, MTIA_REG_HEARTBEAT));

	return MTIA_RESET_NONE;
}

/* Return: a copy of the image in the file system, checked, with *@header filled; or an error. */
static const u8 *mtia_fw_read(struct mtia_device *mdev, struct mtia_fw_header *header)
{
	const struct firmware *file;
	const char *error;
	const u8 *image;
	int err;

	err = request_firmware(&file, MTIA_FW_NAME, mdev->drm.dev);
	if (err) {
		drm_err(&mdev->drm, "firmware %s cannot be loaded: %pe\n", MTIA_FW_NAME,
			ERR_PTR(err));
		return ERR_PTR(err);
	}

	error = mtia_fw_check_image(file->data, file->size, header);
	if (error) {
		drm_err(&mdev->drm, "firmware %s: %s\n", MTIA_FW_NAME, error);
		image = ERR_PTR(-EINVAL);
	} else {
		image = kvmemdup(file->data, header->image_size, GFP_KERNEL) ?: ERR_PTR(-ENOMEM);
	}
	release_firmware(file);

	return image;
}

static void mtia_fw_fini(struct drm_device *drm, void *arg)
{
	struct mtia_fw *fw = arg;

	kvfree(fw->image);
}

/**
 * mtia_fw_init() - Read the firmware from the file system.
 * @mdev: Device.
 *
 * Return: 0, or a negative error code with a message in the log.
 */
int mtia_fw_init(struct mtia_device *mdev)
{
	struct mtia_fw *fw = &mdev->fw;
	const u8 *image;

	INIT_DELAYED_WORK(&fw->watchdog, mtia_fw_watchdog);
	image = mtia_fw_read(mdev, &fw->header);
	if (IS_ERR(image))
		return PTR_ERR(image);
	fw->image = image;

	return drmm_add_action_or_reset(&mdev->drm, mtia_fw_fini, fw);
}

/**
 * mtia_fw_reload() - Read the firmware again and put it in place of the running one.
 * @mdev: Device.
 *
 * Context: may sleep; inside drm_dev_enter().
 * Return: 0, or a negative error code with a message in the log and the old one running.
 */
int mtia_fw_reload(struct mtia_device *mdev)
{
	struct mtia_fw_header header;
	const u8 *image;

	image = mtia_fw_read(mdev, &header);
	if (IS_ERR(image))
		return PTR_ERR(image);

	down_write(&mdev->reset.rwsem);
	mdev->fw.header = header;
	swap(mdev->fw.image, image);
	up_write(&mdev->reset.rwsem);
	kvfree(image);
	mtia_reset_request(mdev, MTIA_RESET_CORE, "new firmware");
	mtia_reset_wait(mdev);

	return mtia_device_status(mdev);
}

/**
 * mtia_fw_stop() - Put control core, PEs and DMA channels into reset.
 * @mdev: Device.
 *
 * After this the device reads and writes no memory of the host.
 *
 * Context: may sleep; never allocates.
 * Return: 0, or -EIO if the chip does not say that it is in reset.
 */
int mtia_fw_stop(struct mtia_device *mdev)
{
	unsigned int timeout_ms = mtia_device_scaled_ms(mdev, MTIA_FW_STOP_TIMEOUT_MS);
	u32 state;

	mtia_write32(mdev, MTIA_REG_CTRL, 0);
	/* Writes that the device made before its reset are here when this read returns. */
	if (!readl_poll_timeout(mdev->regs + MTIA_REG_CORE_STATE, state,
				state == MTIA_CORE_RESET || !~state, 100, timeout_ms * 1000) &&
	    state == MTIA_CORE_RESET)
		return 0;

	return -EIO;
}

/**
 * mtia_fw_read_wait() - Read how long the job in a queue slot has waited for what others had.
 * @mdev: Device.
 * @slot: Queue slot.
 * @wait: Out: the record; its job is 0 if nothing is known.
 *
 * Context: any; inside drm_dev_enter().
 */
void mtia_fw_read_wait(struct mtia_device *mdev, u32 slot, struct mtia_fw_wait *wait)
{
	const struct mtia_fw_wait __iomem *record = mdev->mem + MTIA_FW_WAIT_OFFSET;
	unsigned int tries = 3;

	memset(wait, 0, sizeof(*wait));
	if (mdev->fw.abi_minor < MTIA_FW_WAIT_MINOR)
		return;

	record += slot;
	do {
		wait->job = readq(&record->job);
		wait->since = readq(&record->since);
		/* Memory that is write-combined is read in any order. */
		rmb();
		wait->waited = readq(&record->waited);
		/* The same. */
		rmb();
		if (readq(&record->since) == wait->since && readq(&record->job) == wait->job)
			return;
	} while (--tries);
	wait->job = 0;
}

/**
 * mtia_fw_read_crash() - Read the firmware's crash record; it outlives the reset of the core.
 * @mdev: Device.
 * @crash: Out: the record; its magic is 0 if there is none.
 *
 * Context: any; inside drm_dev_enter().
 */
void mtia_fw_read_crash(struct mtia_device *mdev, struct mtia_fw_crash *crash)
{
	memcpy_fromio(crash, mdev->mem + MTIA_FW_CRASH_OFFSET, sizeof(*crash));
	if (crash->magic != MTIA_FW_CRASH_MAGIC)
		memset(crash, 0, sizeof(*crash));
}

/**
 * mtia_fw_print_crash() - Print the crash record.
 * @crash: As mtia_fw_read_crash() left it.
 * @p: Printer.
 */
void mtia_fw_print_crash(const struct mtia_fw_crash *crash, struct drm_printer *p)
{
	u32 i;

	if (!crash->magic) {
		drm_puts(p, "none\n");
		return;
	}
	drm_printf(p, "cycle %llu\nmcause %llu\nmepc 0x%llx\nmtval 0x%llx\n", crash->cycle,
		   crash->cause, crash->pc, crash->tval);
	for (i = 0; i < ARRAY_SIZE(crash->x); i++)
		drm_printf(p, "x%u 0x%llx\n", i, crash->x[i]);
}
