// SPDX-License-Identifier: GPL-2.0 OR MIT
/**
 * DOC: Life of the device
 *
 * Hardware things (BARs, vectors, coherent rings) are managed by the PCI device and die with
 * remove; software things are managed by the DRM device, which open files keep alive. Whatever
 * touches hardware or coherent rings does so inside drm_dev_enter(), which fails once remove has
 * begun; for hardware, that is part of mtia_pm_enter(), see mtia_pm.c.
 *
 * Remove first stops the chip, then ends all jobs, then waits for those inside. The order matters:
 * ending jobs gives their memory free, and waiting first would wait for jobs that nobody ends.
 */

/**
 * DOC: Locking
 *
 * From outer to inner:
 *
 * ======================== ======================================================================
 * mtia_log_reader.lock     one read of a stream of the firmware's log at a time
 * mtia_log.lock            level and readers of that log; held over a call to the firmware
 * drm_dev_enter() (SRCU)   hardware is there
 * mtia_pm_enter()          hardware is awake; no lock, but waits for who wakes the chip
 * mtia_queue.submit_lock   one submission at a time: the order of arming is the order of pushing
 * mtia_vm.lock             one change of a VM's mappings at a time; held while binds are waited for
 * mtia_room.turn           who waits for memory
 * dma_resv                 VM's (shared by its exclusive BOs), then others; ww mutexes
 * mtia_vram.lock           the buddy allocator
 * mtia_pm.lock             whether the chip sleeps, what user space has mapped of it
 * mtia_mmu.lock            page tables; held over a call to the firmware
 * mtia_slots.lock          who has a slot of the chip; held over calls to the firmware
 * mtia_queue.kill_lock     one kill at a time; held over a call to the firmware
 * mtia_reset.rwsem         written: the chip is being reset; read: it is talked to
 * mtia_slots.state_lock    whose turn in a slot it is, and fences of those who wait for one
 * mtia_cq.lock             head of a completion ring (hard interrupt)
 * mtia_mbox.rx_lock        head of the device-to-host ring (hard interrupt)
 * mtia_device.tables_lock  list of all page tables
 * mtia_device.queues_lock  which queue is in which slot (read: hard interrupt)
 * mtia_mbox.lock           calls under way (hard interrupt)
 * mtia_timeline.lock       jobs under way, state and fault record of a queue, its fences (hard
 *                          interrupt)
 * mtia_vm.state_lock       state and fault record of a VM (hard interrupt)
 * ======================== ======================================================================
 *
 * In the fence-signalling path, which is prepare_job and run_job of queues, run_job of binds,
 * timedout_job, the kill work, the work that gives slots, the reset and handlers of completions,
 * only mtia_mmu.lock and what is below it may be taken, and nothing allocates. Of these, the two of
 * queues take spinlocks only, as the reset waits for them.
 */
#include <drm/drm_drv.h>
#include <drm/drm_managed.h>
#include <drm/mtia_accel.h>
#include <linux/math64.h>

#include "mtia_compat.h"
#include "mtia_coredump.h"
#include "mtia_device.h"
#include "mtia_job.h"
#include "mtia_ttm.h"

/* Whatever the chip says about its speed, no wait of the driver is longer or shorter than this. */
#define MTIA_WAIT_MIN_MS 4000
#define MTIA_WAIT_MAX_MS 8000

/**
 * mtia_device_scaled_ms() - Stretch a time that bounds the device by how slow it says it may be.
 * @mdev: Device.
 * @ms: Time for the chip at its nominal speed.
 *
 * Return: milliseconds.
 */
unsigned int mtia_device_scaled_ms(struct mtia_device *mdev, unsigned int ms)
{
	return clamp((u64)ms * mdev->hw.time_scale, MTIA_WAIT_MIN_MS, MTIA_WAIT_MAX_MS);
}

/**
 * mtia_device_cycles_to_ns() - Device time.
 * @mdev: Device.
 * @cycles: Cycles of the core clock.
 *
 * Return: nanoseconds, U64_MAX if they are more.
 */
u64 mtia_device_cycles_to_ns(struct mtia_device *mdev, u64 cycles)
{
	/* The device can say anything, and a division whose result has no room is a trap of x86. */
	if (div_u64(cycles, mdev->hw.clock_hz) >= U64_MAX / NSEC_PER_SEC)
		return U64_MAX;

	return mul_u64_u32_div(cycles, NSEC_PER_SEC, mdev->hw.clock_hz);
}

/**
 * mtia_device_status() - Whether the device takes work.
 * @mdev: Device.
 *
 * During a reset it does: what needs the hardware waits.
 *
 * Return: 0, -EIO when it is wedged, -ENODEV when it is gone.
 */
int mtia_device_status(struct mtia_device *mdev)
{
	switch (atomic_read(&mdev->state)) {
	case MTIA_STATE_READY:
	case MTIA_STATE_RESETTING:
		return 0;
	case MTIA_STATE_WEDGED:
		return -EIO;
	default:
		return -ENODEV;
	}
}

static void mtia_device_destroy_wq(struct drm_device *drm, void *wq)
{
	destroy_workqueue(wq);
}

static int mtia_device_init_software(struct mtia_device *mdev)
{
	struct drm_device *drm = &mdev->drm;
	int err;

	rwlock_init(&mdev->queues_lock);
	spin_lock_init(&mdev->tables_lock);
	INIT_LIST_HEAD(&mdev->tables);
	INIT_LIST_HEAD(&mdev->all_queues);
	err = mtia_slots_init(mdev);
	if (err)
		return err;

	/*
	 * A job goes to the hardware as soon as its submitter leaves the kernel or sleeps, on the
	 * same CPU: waking another one takes longer than a short job.
	 */
	mdev->submit_wq = alloc_workqueue("mtia-submit",
					  WQ_MEM_RECLAIM | WQ_HIGHPRI | WQ_PERCPU, 0);
	if (!mdev->submit_wq)
		return -ENOMEM;
	err = drmm_add_action_or_reset(drm, mtia_device_destroy_wq, mdev->submit_wq);
	if (err)
		return err;

	/* Binds of different VMs have nothing to do with each other; each waits for the chip. */
	mdev->bind_wq = alloc_workqueue("mtia-bind", WQ_MEM_RECLAIM | WQ_UNBOUND, 0);
	if (!mdev->bind_wq)
		return -ENOMEM;
	err = drmm_add_action_or_reset(drm, mtia_device_destroy_wq, mdev->bind_wq);
	if (err)
		return err;

	err = mtia_pm_init(mdev);
	if (err)
		return err;

	err = mtia_reset_init(mdev);
	if (err)
		return err;

	err = mtia_coredump_init(mdev);
	if (err)
		return err;

	return mtia_ttm_init(mdev);
}

/**
 * mtia_device_boot() - Start the firmware, to where it knows the completion rings and what to log.
 * @mdev: Device, its chip in reset; the firmware's image is loaded.
 *
 * Context: may sleep; never allocates. In probe, or with @reset.rwsem held for writing.
 * Return: 0, or a negative error code with a message in the log.
 */
int mtia_device_boot(struct mtia_device *mdev)
{
	u64 now;
	int err;

	mtia_mbox_reset(mdev);
	mtia_cq_reset(mdev);
	err = mtia_fw_start(mdev);
	if (err)
		return err;

	err = mtia_mbox_call(mdev, MTIA_H2D_PING, NULL, 0, &now);
	if (err) {
		drm_err(&mdev->drm, "firmware is ready but does not answer: %pe\n", ERR_PTR(err));
		return err;
	}

	err = mtia_log_restore(mdev);

	return err ?: mtia_cq_start(mdev);
}

/**
 * mtia_device_init() - Bring the chip up to where it takes work.
 * @mdev: Device, zeroed but for @drm and @pdev.
 *
 * Return: 0, or a negative error code with the chip in reset.
 */
int mtia_device_init(struct mtia_device *mdev)
{
	int err;

	err = mtia_pci_init(mdev);
	if (err)
		return err;

	err = mtia_peer_init(mdev);
	if (err)
		return err;

	err = mtia_device_init_software(mdev);
	if (err)
		return err;

	err = mtia_irq_alloc(mdev);
	if (err)
		return err;

	err = mtia_mbox_init(mdev);
	if (err)
		return err;

	err = mtia_cq_init(mdev);
	if (err)
		return err;

	err = mtia_fw_init(mdev);
	if (err)
		return err;

	err = mtia_log_init(mdev);
	if (err)
		return err;

	err = mtia_irq_request(mdev);
	if (err)
		return err;

	err = mtia_device_boot(mdev);
	if (err)
		goto err_stop_fw;

	err = mtia_pci_save(mdev);
	if (err)
		goto err_stop_fw;

	atomic_set(&mdev->state, MTIA_STATE_READY);
	mtia_fw_watch(mdev);
	drm_info(&mdev->drm,
		 "MTIA rev 0x%04x: %ux%u PEs, %llu MiB LPDDR, %u vectors, firmware %s (ABI %u.%u)\n",
		 mdev->hw.revision, mdev->hw.rows, mdev->hw.cols, mdev->hw.lpddr_size >> 20,
		 mdev->irq.num_vectors, mdev->fw.header.version, MTIA_FW_ABI_MAJOR,
		 mdev->fw.abi_minor);

	return 0;

err_stop_fw:
	mtia_fw_stop(mdev);
	mtia_irq_release(mdev);
	return err;
}

/**
 * mtia_device_stop() - Stop the chip for good: it neither runs a job nor writes to memory any more.
 * @mdev: Device.
 *
 * Jobs have not ended when this returns.
 */
void mtia_device_stop(struct mtia_device *mdev)
{
	atomic_set(&mdev->state, MTIA_STATE_GONE);
	mtia_mbox_stop(mdev, -ENODEV);
	mtia_log_wake(&mdev->log);
	/* A reset that is under way sees the state and goes no further. */
	cancel_work_sync(&mdev->reset.work);
	cancel_delayed_work_sync(&mdev->fw.watchdog);

	down_write(&mdev->reset.rwsem);
	mtia_fw_stop(mdev);
	pci_clear_master(mdev->pdev);
	up_write(&mdev->reset.rwsem);
	wake_up_all(&mdev->reset.done);
}

/**
 * mtia_device_unplug() - Take the device from its users.
 * @mdev: Device, registered.
 *
 * Open files, mappings and fences survive, hardware is not touched any more when this returns.
 */
void mtia_device_unplug(struct mtia_device *mdev)
{
	mtia_device_stop(mdev);

	/* No job may be left behind that ends only with the chip's help. */
	mtia_job_end_all(mdev, -ENODEV, DRM_MTIA_REASON_DEVICE_RESET);
	mtia_slots_recheck(mdev);

	/* Waits for those inside drm_dev_enter(), removes user mappings and the node. */
	drm_dev_unplug(&mdev->drm);

	/* Those inside may have made a queue meanwhile. */
	mtia_job_end_all(mdev, -ENODEV, DRM_MTIA_REASON_DEVICE_RESET);
	mtia_coredump_stop(mdev);
	mtia_irq_release(mdev);
	mtia_peer_end_all(mdev);
	mtia_ttm_unplug(mdev);
}
