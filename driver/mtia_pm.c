// SPDX-License-Identifier: GPL-2.0 OR MIT
/**
 * DOC: Power management
 *
 * Runtime: with nothing to do for a while the function goes to D3hot, where the chip stands still
 * and keeps all it has: registers, memory, the firmware as it was. The driver has neither to tell
 * the firmware anything nor to save anything, and the way back is one write to its configuration,
 * a look whether the chip is what it was, and no more. Power is not taken from it (D3cold).
 *
 * What keeps the chip awake:
 *
 * - Calls that touch it: mtia_pm_enter() in place of drm_dev_enter(). Before any lock that is taken
 *   on the way to a fence, and before reservation locks: waking may allocate.
 * - A job, from its submission until it is freed, also while it waits for others; an asynchronous
 *   bind; the kill of a queue: mtia_pm_hold(). So the fence-signalling path never wakes the chip,
 *   and need not ask whether it sleeps.
 * - A device that is attached to an exported object: it may use BAR2, or make the object move,
 *   under locks where it is too late to wake anybody.
 * - A reset that is wanted or under way.
 *
 * What does not: open files, memory that is mapped, waiting for fences, imported objects, readers
 * of the firmware's log. Mappings of BAR2 are removed before the chip sleeps; who touches one
 * faults, which wakes it. Sensors and counts of errors are read from what was kept of them. What
 * only looks for news neither wakes the chip nor keeps it from sleeping, see
 * mtia_pm_enter_if_awake(): from a chip that sleeps there is none.
 *
 * A chip that does not come back as it was is reset, like one that fails at work: who woke it waits
 * for that where he would wait for any reset.
 *
 * Rejected: to hold the chip awake while BAR2 is mapped. Clients map their command buffers for as
 * long as they live.
 *
 * Rejected: to stop the firmware, as for system sleep. It would have to be loaded, started and told
 * of address spaces and queues before the next job, which takes longer than most jobs do.
 *
 * System sleep: the PCI core wakes the chip before, see mtia_reset.c for the rest.
 */
#include <drm/drm_drv.h>
#include <drm/drm_managed.h>
#include <drm/drm_vma_manager.h>
#include <linux/interrupt.h>
#include <linux/pm.h>
#include <linux/pm_runtime.h>
#include <linux/sched/mm.h>
#include <linux/suspend.h>

#include "mtia_bo.h"
#include "mtia_compat.h"
#include "mtia_device.h"
#include "mtia_peer.h"
#include "mtia_pm.h"

/* Longer than the pauses of who works with the device, shorter than anybody would notice. */
#define MTIA_PM_DELAY_MS 100

static const struct {
	u32 reg;
	bool wide;
} mtia_pm_kept_regs[MTIA_PM_NUM_KEPT] = {
	[MTIA_PM_TEMP] = { MTIA_REG_TEMP },
	[MTIA_PM_POWER] = { MTIA_REG_POWER },
	[MTIA_PM_ENERGY] = { MTIA_REG_ENERGY, true },
	[MTIA_PM_PE_CLOCK] = { MTIA_REG_PE_CLOCK },
	[MTIA_PM_RAS + MTIA_RAS_LPDDR_CORRECTED] = {
		MTIA_REG_RAS(MTIA_RAS_LPDDR_CORRECTED), true },
	[MTIA_PM_RAS + MTIA_RAS_LPDDR_UNCORRECTED] = {
		MTIA_REG_RAS(MTIA_RAS_LPDDR_UNCORRECTED), true },
	[MTIA_PM_RAS + MTIA_RAS_SRAM_CORRECTED] = {
		MTIA_REG_RAS(MTIA_RAS_SRAM_CORRECTED), true },
	[MTIA_PM_RAS + MTIA_RAS_SRAM_UNCORRECTED] = {
		MTIA_REG_RAS(MTIA_RAS_SRAM_UNCORRECTED), true },
};

#ifdef CONFIG_LOCKDEP
static struct lockdep_map mtia_pm_map = STATIC_LOCKDEP_MAP_INIT("mtia_pm", &mtia_pm_map);

static void mtia_pm_begin(void)
{
	lock_map_acquire(&mtia_pm_map);
}

static void mtia_pm_end(void)
{
	lock_map_release(&mtia_pm_map);
}
#else
static void mtia_pm_begin(void)
{
}

static void mtia_pm_end(void)
{
}
#endif

/* Waking may allocate, even if it does not on this machine: firmware of the platform, the bus. */
static void mtia_pm_prime_lockdep(void)
{
	mtia_pm_begin();
	fs_reclaim_acquire(GFP_KERNEL);
	fs_reclaim_release(GFP_KERNEL);
	mtia_pm_end();
}

/* ---- Who keeps it awake ---- */

/**
 * mtia_pm_enter() - Begin to use the chip: drm_dev_enter(), and wake it.
 * @mdev: Device.
 * @idx: Out: for mtia_pm_exit().
 *
 * Context: may sleep. No reservation lock is held, nor any other one that is taken on the way to a
 * fence.
 * Return: false if the device is gone, or cannot be woken.
 */
bool mtia_pm_enter(struct mtia_device *mdev, int *idx)
{
	mtia_pm_begin();
	mtia_pm_end();

	if (!drm_dev_enter(&mdev->drm, idx))
		return false;
	if (!pm_runtime_resume_and_get(mdev->drm.dev))
		return true;
	drm_dev_exit(*idx);

	return false;
}

/**
 * mtia_pm_exit() - End what mtia_pm_enter() began.
 * @mdev: Device.
 * @idx: From mtia_pm_enter().
 */
void mtia_pm_exit(struct mtia_device *mdev, int idx)
{
	mtia_pm_release(mdev);
	drm_dev_exit(idx);
}

/**
 * mtia_pm_enter_if_awake() - Use the chip if it does not sleep.
 * @mdev: Device.
 * @idx: Out: for mtia_pm_exit_if_awake().
 *
 * Context: any.
 * Return: false if it is gone, or sleeps.
 */
bool mtia_pm_enter_if_awake(struct mtia_device *mdev, int *idx)
{
	int got;

	if (!drm_dev_enter(&mdev->drm, idx))
		return false;
	got = pm_runtime_get_if_active(mdev->drm.dev);
	/* Nobody manages it, in system sleep or in a kernel without: it stays as it is. */
	if (got < 0) {
		pm_runtime_get_noresume(mdev->drm.dev);
		got = true;
	}
	if (!got)
		drm_dev_exit(*idx);

	return got;
}

/**
 * mtia_pm_exit_if_awake() - End what mtia_pm_enter_if_awake() began; the chip was not in use by it.
 * @mdev: Device.
 * @idx: From mtia_pm_enter_if_awake().
 */
void mtia_pm_exit_if_awake(struct mtia_device *mdev, int idx)
{
	pm_runtime_put(mdev->drm.dev);
	drm_dev_exit(idx);
}

/**
 * mtia_pm_hold() - Keep the chip awake beyond mtia_pm_exit(), or beyond another hold.
 * @mdev: Device; the chip is awake, or what holds it will not touch it.
 *
 * Context: any, also hard interrupt.
 */
void mtia_pm_hold(struct mtia_device *mdev)
{
	pm_runtime_get_noresume(mdev->drm.dev);
}

/**
 * mtia_pm_release() - End what mtia_pm_hold() began.
 * @mdev: Device, which may have been unplugged meanwhile.
 *
 * Context: any.
 */
void mtia_pm_release(struct mtia_device *mdev)
{
	pm_runtime_put_autosuspend(mdev->drm.dev);
}

/* ---- What can be had while it sleeps ---- */

/* All ones, of either width, is what a link that is down gives: none of these gets there. */
static u64 mtia_pm_ask(struct mtia_device *mdev, enum mtia_pm_kept what)
{
	u32 narrow;

	if (mtia_pm_kept_regs[what].wide)
		return mtia_read64(mdev, mtia_pm_kept_regs[what].reg);
	narrow = mtia_read32(mdev, mtia_pm_kept_regs[what].reg);

	return narrow == U32_MAX ? U64_MAX : narrow;
}

/**
 * mtia_pm_read() - Read a register, or, while the chip sleeps, what it was before.
 * @mdev: Device that has sensors.
 * @what: Which one.
 * @value: Out.
 *
 * Neither wakes the chip nor keeps it from sleeping.
 *
 * Context: may sleep.
 * Return: 0, or -ENODEV if the device is gone or does not answer.
 */
int mtia_pm_read(struct mtia_device *mdev, enum mtia_pm_kept what, u64 *value)
{
	struct mtia_pm *pm = &mdev->pm;
	int idx;

	if (!drm_dev_enter(&mdev->drm, &idx))
		return -ENODEV;
	mutex_lock(&pm->lock);
	*value = pm->asleep ? pm->kept[what] : mtia_pm_ask(mdev, what);
	mutex_unlock(&pm->lock);
	drm_dev_exit(idx);

	return *value == U64_MAX ? -ENODEV : 0;
}

/**
 * mtia_pm_note_mapped() - User space is about to have pages of BAR2.
 * @bo: Object, in LPDDR or SRAM; reservation lock held, the chip is awake.
 */
void mtia_pm_note_mapped(struct mtia_bo *bo)
{
	struct mtia_pm *pm = &to_mtia_device(bo->ttm.base.dev)->pm;

	dma_resv_assert_held(bo->ttm.base.resv);

	if (!list_empty(&bo->mapped_link))
		return;
	mutex_lock(&pm->lock);
	list_add(&bo->mapped_link, &pm->mapped);
	mutex_unlock(&pm->lock);
}

/**
 * mtia_pm_forget_mapped() - Nobody maps an object any more.
 * @bo: Object, about to be freed.
 */
void mtia_pm_forget_mapped(struct mtia_bo *bo)
{
	struct mtia_pm *pm = &to_mtia_device(bo->ttm.base.dev)->pm;

	mutex_lock(&pm->lock);
	list_del_init(&bo->mapped_link);
	mutex_unlock(&pm->lock);
}

/* ---- Going to sleep and back ---- */

/* Nobody can fault meanwhile: that waits until the chip is awake again. */
static void mtia_pm_unmap_all(struct mtia_device *mdev)
{
	struct mtia_bo *bo, *next;

	list_for_each_entry_safe(bo, next, &mdev->pm.mapped, mapped_link) {
		list_del_init(&bo->mapped_link);
		drm_vma_node_unmap(&bo->ttm.base.vma_node, mdev->drm.anon_inode->i_mapping);
	}
}

/* From here on whoever reads a sensor takes what was kept, and interrupts are not looked at. */
static void mtia_pm_fall_asleep(struct mtia_device *mdev)
{
	struct mtia_pm *pm = &mdev->pm;
	u32 i;

	mutex_lock(&pm->lock);
	mtia_pm_unmap_all(mdev);
	for (i = 0; i < MTIA_PM_NUM_KEPT; i++)
		pm->kept[i] = mtia_device_has_sensors(mdev) ? mtia_pm_ask(mdev, i) : U64_MAX;
	WRITE_ONCE(pm->asleep, true);
	mutex_unlock(&pm->lock);
	for (i = 0; i < mdev->irq.num_requested; i++)
		synchronize_irq(pci_irq_vector(mdev->pdev, i));
	/* Out of write-combining buffers while there is somebody to take it. */
	wmb();
}

static void mtia_pm_wake_up(struct mtia_device *mdev)
{
	u32 i;

	mutex_lock(&mdev->pm.lock);
	WRITE_ONCE(mdev->pm.asleep, false);
	mutex_unlock(&mdev->pm.lock);
	if (mtia_device_status(mdev))
		return;

	/* Interrupts that were not looked at. */
	mtia_mbox_drain(mdev);
	for (i = 0; i < mdev->num_cqs; i++)
		mtia_cq_drain(&mdev->cqs[i]);
	mtia_fw_watch(mdev);
}

static bool mtia_pm_resetting(struct mtia_device *mdev)
{
	return atomic_read(&mdev->state) == MTIA_STATE_RESETTING;
}

static int mtia_pm_runtime_suspend(struct device *dev)
{
	struct mtia_device *mdev = pci_get_drvdata(to_pci_dev(dev));
	bool busy = mtia_pm_resetting(mdev);

	mtia_pm_begin();
	if (!busy) {
		mtia_pm_fall_asleep(mdev);
		/* By a handler before that; whoever else could ask for one keeps the chip awake. */
		busy = mtia_pm_resetting(mdev);
		if (busy)
			mtia_pm_wake_up(mdev);
	}
	mtia_pm_end();
	if (busy) {
		pm_runtime_mark_last_busy(dev);
		return -EBUSY;
	}
	/* If it runs, it sees that the chip sleeps. */
	cancel_delayed_work(&mdev->fw.watchdog);

	return 0;
}

/* What is asked for here goes on in the background. */
static int mtia_pm_runtime_resume(struct device *dev)
{
	struct mtia_device *mdev = pci_get_drvdata(to_pci_dev(dev));
	enum mtia_reset_tier tier = MTIA_RESET_NONE;
	const char *reason;

	mtia_pm_begin();
	mtia_pm_wake_up(mdev);
	if (!mtia_device_status(mdev) && !pci_dev_is_disconnected(mdev->pdev))
		tier = mtia_fw_look_after_sleep(mdev, &reason);
	if (tier != MTIA_RESET_NONE)
		mtia_reset_request(mdev, tier, reason);
	mtia_pm_end();

	return 0;
}

/* All devices work still, and none gets new jobs. */
static int mtia_pm_prepare(struct device *dev)
{
	mtia_peer_end_all(pci_get_drvdata(to_pci_dev(dev)));

	return 0;
}

/*
 * System sleep. In suspend-to-idle the function is in D3hot, where its memory keeps its contents.
 * Deeper ones take the power: all that can go to system memory does; what is in SRAM cannot.
 */
static int mtia_pm_suspend(struct device *dev)
{
	struct mtia_device *mdev = pci_get_drvdata(to_pci_dev(dev));
	bool deep = pm_suspend_target_state != PM_SUSPEND_TO_IDLE;
	int err = 0;

	if (deep && !mtia_device_status(mdev))
		err = ttm_resource_manager_evict_all(&mdev->ttm, &mdev->vram.man);

	return err ?: mtia_reset_pause(mdev, deep && !mtia_vram_used(&mdev->sram));
}

static int mtia_pm_resume(struct device *dev)
{
	mtia_reset_continue(pci_get_drvdata(to_pci_dev(dev)));

	return 0;
}

const struct dev_pm_ops mtia_pm_ops = {
	.prepare = pm_sleep_ptr(mtia_pm_prepare),
	SYSTEM_SLEEP_PM_OPS(mtia_pm_suspend, mtia_pm_resume)
	RUNTIME_PM_OPS(mtia_pm_runtime_suspend, mtia_pm_runtime_resume, NULL)
};

/**
 * mtia_pm_init() - Set up power management; the chip stays awake until mtia_pm_start().
 * @mdev: Device.
 *
 * Return: 0 or -ENOMEM.
 */
int mtia_pm_init(struct mtia_device *mdev)
{
	INIT_LIST_HEAD(&mdev->pm.mapped);
	mtia_pm_prime_lockdep();

	return drmm_mutex_init(&mdev->drm, &mdev->pm.lock);
}

/**
 * mtia_pm_start() - Let the chip sleep when it has nothing to do; user space can say no.
 * @mdev: Device, in service; in probe, for which the PCI core holds it awake.
 */
void mtia_pm_start(struct mtia_device *mdev)
{
	struct device *dev = mdev->drm.dev;

	/* It answers at once, and is looked at before it is used. */
	mdev->pdev->d3hot_delay = 0;
	pci_d3cold_disable(mdev->pdev);
	pm_runtime_set_autosuspend_delay(dev, MTIA_PM_DELAY_MS);
	pm_runtime_use_autosuspend(dev);
	pm_runtime_allow(dev);
	pm_runtime_put_autosuspend(dev);
}

/**
 * mtia_pm_stop() - Undo mtia_pm_start(): the chip stays awake.
 * @mdev: Device; in remove, for which the PCI core has woken it.
 */
void mtia_pm_stop(struct mtia_device *mdev)
{
	struct device *dev = mdev->drm.dev;

	pm_runtime_get_noresume(dev);
	pm_runtime_forbid(dev);
	pm_runtime_dont_use_autosuspend(dev);
	pci_d3cold_enable(mdev->pdev);
}
