// SPDX-License-Identifier: GPL-2.0 OR MIT
/**
 * DOC: Recovery
 *
 * What goes wrong costs as little as possible. In tiers:
 *
 * 0. A job ends with an error status: its fence gets -EIO, its queue goes on.
 * 1. A job faults on a PE or in the MMU, deadlocks or runs out of time: its fence gets -EIO or
 *    -ETIME, its queue is killed in the firmware and banned, later jobs of it get -ECANCELED. All
 *    other queues go on. See mtia_job.c.
 * 2. Part of the firmware's kill: the PEs that the job had are reset. No other queue ever has one
 *    of them, so nobody else notices.
 * 3. The firmware panics, its heartbeat stops or it does not answer in bounded time: control core,
 *    PEs and DMA channels are reset, the firmware is loaded again, address spaces and queues are
 *    created in it anew. Device memory keeps its contents, page tables included. Jobs that were in
 *    the hardware are lost: -ECANCELED, and the same for what their queues had been given behind
 *    them, which may have needed their results. Queues go on with what is submitted from now on.
 * 4. That fails, an administrator asks for it (sysfs), or PCIe reports an error that needs it: a
 *    function-level reset. Device memory loses its contents. An address space with a mapping of an
 *    object that may be there is banned, with its queues (VRAM_LOST); others are as after tier 3,
 *    on page tables that are written anew from what the driver knows of them. Objects stay, those
 *    in system memory with their contents.
 * 5. That fails several times, or the PCIe channel is gone for good: the device is wedged. All is
 *    signalled with -ENODEV, ioctls say -EIO, mappings of device memory lead to a dummy page,
 *    user space hears of it by a WEDGED uevent.
 *
 * Who was to blame is known in tiers 0 to 2 only. A queue that had been banned before a reset stays
 * banned; everybody else is innocent, and told so in QUEUE_GET_STATE.
 *
 * Requests come from any context, also hard interrupts, and coalesce to the highest tier. From the
 * request on no call to the firmware gets through, those under way end with -%MTIA_MBOX_CUT; one
 * work item does the rest. What the firmware has to know is noted down by the driver (contexts[],
 * queues[] with in_hw) in the same read section of @rwsem as the call that tells it, and before the
 * call: so a call that was cut short needs no second try, because a reset makes the firmware what
 * the notes say.
 *
 * Sleep is a reset of tier 3 in two halves: jobs under way end, the chip is stopped, and at the end
 * of sleep brought up. Nothing is lost, unless the power was; then it is one of tier 4, and what
 * had been moved to system memory before is there still.
 *
 * Nothing in a reset allocates or waits for those who do: fences depend on it. Read sections are
 * therefore short and neither allocate nor wait for a fence. The function-level reset is done
 * outside of @rwsem, because the PCI core has locks of its own, under which others allocate; fences
 * have been signalled by then. Who comes in between finds a firmware that takes no calls, and what
 * he writes to tables is written again.
 */
#include <drm/drm_drv.h>
#include <drm/drm_managed.h>
#include <kunit/visibility.h>
#include <linux/mm.h>

#include "mtia_coredump.h"
#include "mtia_device.h"
#include "mtia_job.h"
#include "mtia_mmu.h"
#include "mtia_queue.h"
#include "mtia_trace.h"
#include "tests/mtia_test.h"

/* Resets of the function that fail before the device is given up. */
#define MTIA_RESET_TRIES 3
/* The PCI core waits a minute for a function to come back. */
#define MTIA_RESET_TAKEN_MS 90000

static void mtia_reset_send_uevent(struct mtia_device *mdev)
{
	char event[] = "WEDGED=rebind,bus-reset";
	char *env[2] = { event };

	/* drm_dev_wedged_event() uses the primary minor, which an accel device does not have. */
	kobject_uevent_env(&mdev->drm.accel->kdev->kobj, KOBJ_CHANGE, env);
}

/*
 * Stops the schedulers of all queues in slots. Nobody gets a slot in a reset, but who is closed
 * loses it: that is looked for when this is called again.
 */
static void mtia_reset_park(struct mtia_device *mdev)
{
	struct mtia_queue **parked = mdev->reset.parked;
	u32 slot;

	lockdep_assert_held_write(&mdev->reset.rwsem);

	for (slot = 0; slot < MTIA_MAX_QUEUES; slot++) {
		struct mtia_queue *queue = mtia_queue_get_slot(mdev, slot);

		swap(queue, parked[slot]);
		if (parked[slot] && parked[slot] != queue)
			drm_sched_wqueue_stop(&parked[slot]->timeline->sched);
		if (!queue)
			continue;
		if (queue != parked[slot])
			drm_sched_wqueue_start(&queue->timeline->sched);
		mtia_queue_put(queue);
	}
}

static void mtia_reset_unpark(struct mtia_device *mdev)
{
	u32 slot;

	for (slot = 0; slot < MTIA_MAX_QUEUES; slot++) {
		struct mtia_queue *queue = mdev->reset.parked[slot];

		if (!queue)
			continue;
		mdev->reset.parked[slot] = NULL;
		drm_sched_wqueue_start(&queue->timeline->sched);
		mtia_queue_put(queue);
	}
}

/* The chip has let go of all jobs, and of its memory's contents if @vram. */
static void mtia_reset_lose(struct mtia_device *mdev, bool vram)
{
	u32 i;

	if (vram)
		atomic_inc(&mdev->reset.losses);
	for (i = 0; i < MTIA_MAX_QUEUES; i++) {
		if (mdev->reset.parked[i])
			mtia_job_lose(mdev->reset.parked[i]);
	}
}

/* From here to mtia_reset_ready() or mtia_reset_wedge() the chip does nothing. */
static void mtia_reset_quiesce(struct mtia_device *mdev)
{
	u32 i;

	lockdep_assert_held_write(&mdev->reset.rwsem);

	drm_warn(&mdev->drm, "reset (%s): core state %u, pc 0x%llx, cause %llu\n",
		 mdev->reset.reason, mtia_read32(mdev, MTIA_REG_CORE_STATE),
		 mtia_read64(mdev, MTIA_REG_CORE_PC), mtia_read64(mdev, MTIA_REG_CORE_CAUSE));

	mtia_reset_park(mdev);
	/* Who sees it and submits a job does so behind the reset. */
	atomic64_inc(&mdev->reset.epoch);
	/* Nothing may write to host memory once fences are signalled. */
	if (mtia_fw_stop(mdev))
		pci_clear_master(mdev->pdev);
	/* News of the old firmware: jobs that had ended before are no loss. */
	mtia_mbox_drain(mdev);
	for (i = 0; i < mdev->num_cqs; i++)
		mtia_cq_drain(&mdev->cqs[i]);
	mdev->reset.quiet = true;
}

/* Tells a firmware that knows nothing yet of address spaces and queues. */
static int mtia_reset_recreate(struct mtia_device *mdev)
{
	int err;
	u32 i;

	for (i = 0; i < MTIA_MAX_ASIDS; i++) {
		err = mdev->contexts[i] ? mtia_mmu_recreate(mdev->contexts[i]) : 0;
		if (err)
			return err;
	}
	for (i = 0; i < MTIA_MAX_QUEUES; i++) {
		err = mdev->reset.parked[i] ? mtia_queue_recreate(mdev->reset.parked[i]) : 0;
		if (err)
			return err;
	}

	return 0;
}

/* Resets the function, unless somebody has. @cookie: of the caller's signalling section. */
static int mtia_reset_function(struct mtia_device *mdev, bool *cookie)
{
	int err = 0;

	if (!mdev->reset.fresh) {
		up_write(&mdev->reset.rwsem);
		dma_fence_end_signalling(*cookie);
		err = mtia_pci_flr(mdev);
		*cookie = dma_fence_begin_signalling();
		down_write(&mdev->reset.rwsem);
		mtia_reset_park(mdev);
	}
	mdev->reset.fresh = false;
	mtia_reset_lose(mdev, !mdev->reset.saved);
	mdev->reset.saved = false;
	if (!err)
		mtia_mmu_rewrite_all(mdev);

	return err;
}

/* One attempt. Return: 0, or an error that a higher tier may help with. */
static int mtia_reset_try(struct mtia_device *mdev, int tier, bool *cookie)
{
	int err = 0;

	if (tier >= MTIA_RESET_DEVICE)
		err = mtia_reset_function(mdev, cookie);
	if (!err)
		err = mtia_fw_stop(mdev);
	if (!err)
		err = mtia_device_boot(mdev);

	return err ?: mtia_reset_recreate(mdev);
}

static void mtia_reset_wedge(struct mtia_device *mdev)
{
	if (atomic_cmpxchg(&mdev->state, MTIA_STATE_RESETTING, MTIA_STATE_WEDGED) !=
	    MTIA_STATE_RESETTING)
		return;

	mtia_mbox_stop(mdev, -EIO);
	mtia_fw_stop(mdev);
	pci_clear_master(mdev->pdev);
	mtia_job_end_all(mdev, -ENODEV, DRM_MTIA_REASON_DEVICE_RESET);
	mtia_log_wake(&mdev->log);
	drm_err(&mdev->drm, "out of service until it is bound again\n");
}

/*
 * Back in service, unless more was asked for meanwhile: who asks sets @wanted before it looks at
 * the state, so that one of both sees the other.
 */
static bool mtia_reset_ready(struct mtia_device *mdev)
{
	atomic_cmpxchg(&mdev->state, MTIA_STATE_RESETTING, MTIA_STATE_READY);

	return !atomic_read(&mdev->reset.wanted) ||
	       atomic_cmpxchg(&mdev->state, MTIA_STATE_READY, MTIA_STATE_RESETTING) ==
	       MTIA_STATE_GONE;
}

/* After an attempt of this tier failed, the failures-th in a row. Return: tier of the next one. */
VISIBLE_IF_KUNIT int mtia_reset_escalate(int tier, int failures, int wanted)
{
	if (failures > MTIA_RESET_TRIES)
		return MTIA_RESET_WEDGE;

	return max3(tier, wanted, (int)MTIA_RESET_DEVICE);
}
EXPORT_SYMBOL_IF_KUNIT(mtia_reset_escalate);

static void mtia_reset_run(struct mtia_device *mdev, bool *cookie)
{
	ktime_t begin = ktime_get();
	int tier, err, failures = 0;

	if (!mdev->reset.quiet) {
		/* All is as it was when it failed, but that firmware and PEs may run on. */
		mtia_coredump_device(mdev, mdev->reset.reason);
		mtia_reset_quiesce(mdev);
	}
	/* What was asked for up to here concerned the old firmware. */
	tier = atomic_xchg(&mdev->reset.wanted, MTIA_RESET_NONE);
	if (tier < MTIA_RESET_WEDGE)
		mtia_reset_lose(mdev, false);
	while (atomic_read(&mdev->state) == MTIA_STATE_RESETTING) {
		trace_mtia_reset(mdev, tier, mdev->reset.reason);
		if (tier >= MTIA_RESET_WEDGE) {
			mtia_reset_wedge(mdev);
			break;
		}
		err = mtia_reset_try(mdev, tier, cookie);
		if (!err && mtia_reset_ready(mdev)) {
			drm_info(&mdev->drm, "reset of tier %d done in %lld ms\n", tier,
				 ktime_ms_delta(ktime_get(), begin));
			break;
		}
		drm_err(&mdev->drm, "reset of tier %d failed: %pe\n", tier, ERR_PTR(err));
		tier = mtia_reset_escalate(tier, ++failures,
					   atomic_xchg(&mdev->reset.wanted, MTIA_RESET_NONE));
	}
	mdev->reset.quiet = false;
	mdev->reset.fresh = false;
	if (!mdev->reset.paused)
		mtia_reset_unpark(mdev);
}

static void mtia_reset_work(struct work_struct *work)
{
	struct mtia_device *mdev = container_of(work, struct mtia_device, reset.work);
	bool cookie, wedged = false;
	int idx;

	if (!drm_dev_enter(&mdev->drm, &idx))
		return;

	cookie = dma_fence_begin_signalling();
	down_write(&mdev->reset.rwsem);
	if (atomic_read(&mdev->state) == MTIA_STATE_RESETTING && !mdev->reset.taken) {
		mtia_reset_run(mdev, &cookie);
		wedged = atomic_read(&mdev->state) == MTIA_STATE_WEDGED;
	}
	up_write(&mdev->reset.rwsem);
	wake_up_all(&mdev->reset.done);
	mtia_slots_recheck(mdev);
	dma_fence_end_signalling(cookie);

	if (wedged) {
		/* What is touched next has no device behind it, see mtia_bo_vm_fault(). */
		unmap_mapping_range(mdev->drm.anon_inode->i_mapping, 0, 0, 1);
		mtia_reset_send_uevent(mdev);
	}
	drm_dev_exit(idx);
}

/**
 * mtia_reset_take() - Somebody else is going to reset the function: make it stand still.
 * @mdev: Device.
 * @reason: Why, a string constant.
 *
 * Context: may sleep. Not from works of @mtia_reset.wq. mtia_reset_give() must follow.
 * Return: false if it does so already, because it is out of service.
 */
bool mtia_reset_take(struct mtia_device *mdev, const char *reason)
{
	bool cookie, taken = false;

	/* Readers are let go. A reset that is under way ends, and may let new ones in. */
	if (atomic_cmpxchg(&mdev->state, MTIA_STATE_READY, MTIA_STATE_RESETTING) ==
	    MTIA_STATE_READY)
		mdev->reset.reason = reason;
	if (atomic_read(&mdev->state) == MTIA_STATE_RESETTING)
		mtia_mbox_stop(mdev, -MTIA_MBOX_CUT);

	cookie = dma_fence_begin_signalling();
	down_write(&mdev->reset.rwsem);
	if (atomic_cmpxchg(&mdev->state, MTIA_STATE_READY, MTIA_STATE_RESETTING) ==
	    MTIA_STATE_READY) {
		mdev->reset.reason = reason;
		mtia_mbox_stop(mdev, -MTIA_MBOX_CUT);
	}
	if (atomic_read(&mdev->state) == MTIA_STATE_RESETTING) {
		if (!mdev->reset.quiet)
			mtia_reset_quiesce(mdev);
		mtia_reset_lose(mdev, false);
		taken = true;
		mdev->reset.taken = true;
		mdev->reset.taken_at = jiffies;
	}
	up_write(&mdev->reset.rwsem);
	dma_fence_end_signalling(cookie);

	return taken;
}

/**
 * mtia_reset_give() - The function was reset, its configuration is as it was: go on.
 * @mdev: Device; if it was not taken nothing happens.
 * @tier: %MTIA_RESET_DEVICE, or %MTIA_RESET_WEDGE to give it up.
 *
 * Context: may sleep; returns when that is done. Not from works of @mtia_reset.wq.
 */
void mtia_reset_give(struct mtia_device *mdev, enum mtia_reset_tier tier)
{
	bool taken;

	down_write(&mdev->reset.rwsem);
	taken = mdev->reset.taken;
	mdev->reset.taken = false;
	mdev->reset.fresh = taken;
	up_write(&mdev->reset.rwsem);
	if (!taken)
		return;
	mtia_reset_request(mdev, tier, mdev->reset.reason);
	flush_work(&mdev->reset.work);
}

/**
 * mtia_reset_request() - Ask for a reset.
 * @mdev: Device.
 * @tier: At least what is needed.
 * @reason: Why, a string constant.
 *
 * Calls to the firmware end at once; the reset follows in a work item.
 *
 * Context: any, also hard interrupt.
 */
void mtia_reset_request(struct mtia_device *mdev, enum mtia_reset_tier tier, const char *reason)
{
	int old = atomic_read(&mdev->reset.wanted);
	int state;

	/* In probe nothing can be lost yet: the caller fails. */
	if (atomic_read(&mdev->state) == MTIA_STATE_BOOTING) {
		mtia_mbox_stop(mdev, -EIO);
		return;
	}

	while (old < tier && !atomic_try_cmpxchg(&mdev->reset.wanted, &old, tier))
		;
	state = atomic_cmpxchg(&mdev->state, MTIA_STATE_READY, MTIA_STATE_RESETTING);
	if (state == MTIA_STATE_READY)
		mdev->reset.reason = reason;
	if (state != MTIA_STATE_READY && state != MTIA_STATE_RESETTING)
		return;
	mtia_mbox_stop(mdev, -MTIA_MBOX_CUT);
	queue_work(mdev->reset.wq, &mdev->reset.work);
}

/**
 * mtia_reset_watch() - Give the device up if who took it for a reset has forgotten it.
 * @mdev: Device.
 *
 * As the PCI core does when it cannot reset a link. New jobs wait meanwhile, and have to end.
 *
 * Context: from works of @mtia_reset.wq.
 */
void mtia_reset_watch(struct mtia_device *mdev)
{
	unsigned long end = mdev->reset.taken_at + msecs_to_jiffies(MTIA_RESET_TAKEN_MS);
	bool late;

	down_write(&mdev->reset.rwsem);
	late = mdev->reset.taken && time_after(jiffies, end);
	if (late)
		mdev->reset.taken = false;
	up_write(&mdev->reset.rwsem);
	if (late)
		mtia_reset_request(mdev, MTIA_RESET_WEDGE, "a reset was begun and not finished");
}

/* Written before sleep and looked for after it, where the firmware will be loaded again. */
#define MTIA_RESET_MARK 0x6d656d6f72793f21ull

static bool mtia_reset_try_pause(struct mtia_device *mdev, bool saved)
{
	bool done;

	down_write(&mdev->reset.rwsem);
	done = !atomic_read(&mdev->reset.wanted) &&
	       atomic_cmpxchg(&mdev->state, MTIA_STATE_READY, MTIA_STATE_RESETTING) ==
	       MTIA_STATE_READY;
	if (done) {
		mtia_mbox_stop(mdev, -MTIA_MBOX_CUT);
		if (mtia_fw_stop(mdev))
			pci_clear_master(mdev->pdev);
		writeq(MTIA_RESET_MARK, mdev->mem + MTIA_FW_BOOT_OFFSET);
		mdev->reset.quiet = true;
		mdev->reset.taken = true;
		mdev->reset.saved = saved;
	}
	up_write(&mdev->reset.rwsem);

	return done;
}

/**
 * mtia_reset_pause() - Let the jobs end that are under way, then stop the chip: nothing is lost.
 * @mdev: Device.
 * @saved: Nothing is in device memory whose loss would matter.
 *
 * Jobs that were not started wait for mtia_reset_continue(), and so does who needs the firmware.
 *
 * Context: may sleep, as long as a job may take. Not from works of @mtia_reset.wq.
 * Return: 0 or -EBUSY.
 */
int mtia_reset_pause(struct mtia_device *mdev, bool saved)
{
	int tries = 3;
	u32 slot;

	do {
		down_write(&mdev->reset.rwsem);
		mdev->reset.paused = true;
		mtia_reset_park(mdev);
		up_write(&mdev->reset.rwsem);
		for (slot = 0; slot < MTIA_MAX_QUEUES; slot++) {
			struct mtia_queue *queue = mtia_queue_get_slot(mdev, slot);

			if (!queue)
				continue;
			mtia_job_wait_idle(queue);
			mtia_queue_put(queue);
		}
		/* They may have ended in a reset. */
		mtia_reset_wait(mdev);
		if (mtia_device_status(mdev) || mtia_reset_try_pause(mdev, saved)) {
			cancel_delayed_work_sync(&mdev->fw.watchdog);
			return 0;
		}
	} while (--tries);
	mtia_reset_continue(mdev);

	return -EBUSY;
}

/**
 * mtia_reset_continue() - End a pause, or an attempt of one.
 * @mdev: Device, its configuration as it was.
 *
 * Context: may sleep; returns when the device works. Not from works of @mtia_reset.wq.
 */
void mtia_reset_continue(struct mtia_device *mdev)
{
	bool asleep, kept = false;

	down_write(&mdev->reset.rwsem);
	asleep = mdev->reset.taken;
	mdev->reset.paused = false;
	if (asleep) {
		kept = readq(mdev->mem + MTIA_FW_BOOT_OFFSET) == MTIA_RESET_MARK;
		mdev->reset.taken = false;
		mdev->reset.fresh = true;
	} else {
		mtia_reset_unpark(mdev);
	}
	up_write(&mdev->reset.rwsem);
	mtia_slots_recheck(mdev);
	if (!asleep)
		return;

	pci_set_master(mdev->pdev);
	mdev->reset.reason = kept ? "end of sleep" : "end of sleep, device memory was lost";
	mtia_reset_request(mdev, kept ? MTIA_RESET_CORE : MTIA_RESET_DEVICE, mdev->reset.reason);
	flush_work(&mdev->reset.work);
	mtia_fw_watch(mdev);
}

static bool mtia_reset_over(struct mtia_device *mdev)
{
	switch (atomic_read(&mdev->state)) {
	case MTIA_STATE_RESETTING:
		return false;
	case MTIA_STATE_READY:
		return !atomic_read(&mdev->reset.wanted);
	default:
		return true;
	}
}

/**
 * mtia_reset_wait() - Wait until no reset is wanted or under way.
 * @mdev: Device.
 *
 * For callers that were cut short: the chip has let go of all memory then, and is what the driver
 * noted down, or out of service.
 *
 * Context: may sleep; bounded. Not from works of @mtia_reset.wq, nor in a read section.
 */
void mtia_reset_wait(struct mtia_device *mdev)
{
	wait_event(mdev->reset.done, mtia_reset_over(mdev));
	/* Whoever took the device out of service may be at it still. */
	down_read(&mdev->reset.rwsem);
	up_read(&mdev->reset.rwsem);
}

/**
 * mtia_reset_after() - What became of a call to the firmware that failed.
 * @mdev: Device.
 * @error: Result of the call, not 0.
 * @what: What has failed, a string constant; not used if the call was cut short.
 *
 * A firmware that refuses to let go of something is reset too.
 *
 * Context: as mtia_reset_wait().
 * Return: 0 if a reset made it so, else why the device does not work.
 */
int mtia_reset_after(struct mtia_device *mdev, int error, const char *what)
{
	if (error != -MTIA_MBOX_CUT)
		mtia_reset_request(mdev, MTIA_RESET_CORE, what);
	mtia_reset_wait(mdev);

	return mtia_device_status(mdev);
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
	INIT_WORK(&mdev->reset.work, mtia_reset_work);
	init_rwsem(&mdev->reset.rwsem);
	init_waitqueue_head(&mdev->reset.done);
	mdev->reset.wq = alloc_ordered_workqueue("mtia-reset", WQ_MEM_RECLAIM);
	if (!mdev->reset.wq)
		return -ENOMEM;

	return drmm_add_action_or_reset(&mdev->drm, mtia_reset_destroy_wq, mdev->reset.wq);
}
