// SPDX-License-Identifier: GPL-2.0 OR MIT
/**
 * DOC: Recovery
 *
 * What goes wrong costs as little as possible:
 *
 * - A job that ends with an error status: its fence gets -EIO, its queue goes on.
 * - A job that faults on a PE or in the MMU, deadlocks or runs out of time: its fence gets -EIO
 *   or -ETIME, its queue is killed in the firmware and banned, later jobs of it get -ECANCELED.
 *   All other queues go on. See mtia_queue.c.
 * - A firmware that panics or does not answer within bounded time: the chip is put into reset,
 *   every fence is signalled, the device refuses everything with -EIO until it is unbound and bound
 *   again; user space hears of it by a WEDGED uevent.
 *
 * Resetting the control core under living contexts, instead of the last step, is not done: the
 * tables and rings it would need are all there (they lie in LPDDR and in shadows), the order of
 * work is not yet.
 */
#include <drm/drm_drv.h>
#include <drm/drm_managed.h>

#include "mtia_device.h"
#include "mtia_job.h"
#include "mtia_queue.h"
#include "mtia_trace.h"

static void mtia_reset_send_uevent(struct mtia_device *mdev)
{
	char event[] = "WEDGED=rebind";
	char *env[2] = { event };

	/* drm_dev_wedged_event() uses the primary minor, which an accel device does not have. */
	kobject_uevent_env(&mdev->drm.accel->kdev->kobj, KOBJ_CHANGE, env);
}

static void mtia_reset_dead_work(struct work_struct *work)
{
	struct mtia_device *mdev = container_of(work, struct mtia_device, reset.dead_work);
	int idx;

	if (!drm_dev_enter(&mdev->drm, &idx))
		return;

	drm_err(&mdev->drm, "device is dead (%s): core state %u, pc 0x%llx, cause %llu\n",
		mdev->reset.dead_reason, mtia_read32(mdev, MTIA_REG_CORE_STATE),
		mtia_read64(mdev, MTIA_REG_CORE_PC), mtia_read64(mdev, MTIA_REG_CORE_CAUSE));

	/* Nothing may write to host memory once fences are signalled. */
	mtia_fw_stop(mdev);
	pci_clear_master(mdev->pdev);
	atomic64_inc(&mdev->reset.epoch);
	mtia_job_end_all(mdev, -EIO, DRM_MTIA_REASON_DEVICE_RESET);
	mtia_reset_send_uevent(mdev);
	drm_dev_exit(idx);
}

/**
 * mtia_reset_declare_dead() - Take the device out of service.
 * @mdev: Device.
 * @reason: Why, a string constant.
 *
 * Calls to the firmware end at once; jobs and everything else follow in a work item.
 *
 * Context: any, also hard interrupt.
 */
void mtia_reset_declare_dead(struct mtia_device *mdev, const char *reason)
{
	if (atomic_cmpxchg(&mdev->state, MTIA_STATE_READY, MTIA_STATE_DEAD) == MTIA_STATE_READY) {
		trace_mtia_dead(mdev, reason);
		mdev->reset.dead_reason = reason;
		queue_work(mdev->reset.wq, &mdev->reset.dead_work);
	}
	/* In probe there is no state to change yet, and the caller sees the error. */
	mtia_mbox_stop(mdev, atomic_read(&mdev->state) == MTIA_STATE_GONE ? -ENODEV : -EIO);
}

/**
 * mtia_reset_wait_dead() - Wait until a dead chip has been stopped.
 * @mdev: Device; a call to its firmware has failed.
 *
 * Afterwards the chip uses no memory any more.
 *
 * Context: may sleep. Not from works of @mtia_reset.wq.
 */
void mtia_reset_wait_dead(struct mtia_device *mdev)
{
	flush_work(&mdev->reset.dead_work);
}

static void mtia_reset_destroy_wq(struct drm_device *drm, void *wq)
{
	destroy_workqueue(wq);
}

/**
 * mtia_reset_init() - Set up recovery.
 * @mdev: Device.
 *
 * Return: 0 or -ENOMEM.
 */
int mtia_reset_init(struct mtia_device *mdev)
{
	INIT_WORK(&mdev->reset.dead_work, mtia_reset_dead_work);
	mdev->reset.wq = alloc_ordered_workqueue("mtia-reset", WQ_MEM_RECLAIM);
	if (!mdev->reset.wq)
		return -ENOMEM;

	return drmm_add_action_or_reset(&mdev->drm, mtia_reset_destroy_wq, mdev->reset.wq);
}
