// SPDX-License-Identifier: GPL-2.0 OR MIT
/**
 * DOC: Time limits
 *
 * A job's time limit is for what it does itself. What it waits for by its own doing counts, as the
 * value of a WAIT packet; that others have the PEs or the DMA channels it needs does not: nobody's
 * work makes another's job run out of time. Only the firmware knows of such waits. It writes them
 * down in device memory (&struct mtia_fw_wait), where the driver looks when a limit is over, and
 * nowhere else; the limit is then put off. A firmware that writes nothing down has jobs whose waits
 * count.
 *
 * The firmware counts cycles, and the limit is one of the host's clock. At worst a cycle takes
 * &struct mtia_hw.time_scale times as long as it should, so that much is allowed for, but no more
 * than all that has passed: whenever the driver looks, what was before is over and done with. So a
 * job that hangs after it has waited is found at its limit, or, where time passes slowly in the
 * chip, at twice that.
 *
 * What the firmware says is not relied on: a number that does not change puts a limit off once. A
 * wait that has not ended counts only while another queue has a job in the chip, since somebody has
 * what is waited for; that job has a limit too, and the firmware lets none pass who waits for long,
 * so every wait ends. All waits of a job together put its limit off by MTIA_LIMIT_MAX_WAIT_MS at
 * most. After that it ends like one that the chip lost: unblamed.
 *
 * Nothing counts when the chip stands still, because no job is in it: before it sleeps jobs end, in
 * a reset they are lost, and a job that waits for a slot has no timer yet.
 */
#include <kunit/visibility.h>
#include <linux/math64.h>

#include "mtia_device.h"
#include "mtia_limit.h"
#include "mtia_queue.h"

/* More than a job waits for on a chip that is not given up by everybody else. */
#define MTIA_LIMIT_MAX_WAIT_MS (3600 * MSEC_PER_SEC)
/* Who waits is not looked after more often, however short its limit. */
#define MTIA_LIMIT_LOOK_MS 10

/**
 * mtia_limit_begin_locked() - Another job is now the oldest one under way.
 * @queue: Queue; its timeline's lock is held.
 */
void mtia_limit_begin_locked(struct mtia_queue *queue)
{
	queue->head_since = jiffies;
	queue->head_put_off = 0;
	queue->head_waited = 0;
}
EXPORT_SYMBOL_IF_KUNIT(mtia_limit_begin_locked);

/* Has another queue a job in the chip? */
static bool mtia_limit_others_work(struct mtia_queue *queue)
{
	struct mtia_device *mdev = queue->mdev;
	unsigned long flags;
	bool work = false;
	u32 slot;

	read_lock_irqsave(&mdev->queues_lock, flags);
	for (slot = 0; slot < MTIA_MAX_QUEUES && !work; slot++) {
		struct mtia_queue *other = mdev->queues[slot];

		if (!other || other == queue)
			continue;
		spin_lock(&other->timeline->lock);
		work = other->completed != other->emitted;
		spin_unlock(&other->timeline->lock);
	}
	read_unlock_irqrestore(&mdev->queues_lock, flags);

	return work;
}

/**
 * mtia_limit_ask() - Look up how long a job has waited for what others had.
 * @queue: Queue.
 * @seqno: Its oldest job under way, or one that was.
 *
 * Context: inside drm_dev_enter(); without the timeline's lock.
 * Return: cycles of the device so far, as far as they are believed; without meaning if it is not
 * the oldest job any more.
 */
u64 mtia_limit_ask(struct mtia_queue *queue, u64 seqno)
{
	struct mtia_device *mdev = queue->mdev;
	struct mtia_fw_wait wait;
	bool others_work;
	u64 now;

	/* Before its record is read: a wait that has begun since then is of no length. */
	others_work = mtia_limit_others_work(queue);
	mtia_fw_read_wait(mdev, queue->slot, &wait);
	if (!wait.job || wait.job != seqno - READ_ONCE(queue->hw_base))
		return 0;
	now = mtia_read64(mdev, MTIA_REG_TIMESTAMP);
	if (wait.since && now > wait.since && others_work)
		wait.waited += now - wait.since;

	return wait.waited;
}

/* Jiffies that so many cycles took at most. */
static unsigned long mtia_limit_cycles_to_jiffies(struct mtia_device *mdev, u64 cycles)
{
	u64 ms = div_u64(mtia_device_cycles_to_ns(mdev, cycles), NSEC_PER_MSEC) + 1;

	ms = min_t(u64, ms, MTIA_LIMIT_MAX_WAIT_MS) * mdev->hw.time_scale;

	return msecs_to_jiffies(min_t(u64, ms, MTIA_LIMIT_MAX_WAIT_MS));
}

/**
 * mtia_limit_was_put_off_locked() - Whether a job's limit was put off as far as any can be.
 * @queue: Queue; its timeline's lock is held.
 *
 * Return: true if its oldest job is not to blame for being over its limit.
 */
bool mtia_limit_was_put_off_locked(struct mtia_queue *queue)
{
	return queue->head_put_off >= msecs_to_jiffies(MTIA_LIMIT_MAX_WAIT_MS);
}
EXPORT_SYMBOL_IF_KUNIT(mtia_limit_was_put_off_locked);

/**
 * mtia_limit_left_locked() - How much of its limit the oldest job has left.
 * @queue: Queue; its timeline's lock is held.
 * @waited: Of mtia_limit_ask(); 0 if not known.
 *
 * Return: jiffies, 0 if its time is over.
 */
unsigned long mtia_limit_left_locked(struct mtia_queue *queue, u64 waited)
{
	unsigned long ran = jiffies - queue->head_since - queue->head_put_off;
	unsigned long more;

	lockdep_assert_held(&queue->timeline->lock);

	if (queue->completed == queue->emitted)
		return queue->timeout;
	if (waited > queue->head_waited && !mtia_limit_was_put_off_locked(queue)) {
		more = mtia_limit_cycles_to_jiffies(queue->mdev, waited - queue->head_waited);
		more = min(more, ran);
		queue->head_put_off += more;
		queue->head_waited = waited;
		ran -= more;
	}

	return ran < queue->timeout ? queue->timeout - ran : 0;
}
EXPORT_SYMBOL_IF_KUNIT(mtia_limit_left_locked);

/**
 * mtia_limit_set_timer() - Let the scheduler ask for the oldest job when its limit is over.
 * @queue: Queue.
 * @left: What its oldest job has left.
 *
 * The scheduler starts the clock anew with each job it runs, so that a queue that hangs would be
 * found out only when its client stops submitting.
 */
void mtia_limit_set_timer(struct mtia_queue *queue, unsigned long left)
{
	drm_sched_resume_timeout(&queue->timeline->sched, left);
}

/**
 * mtia_limit_set_next_timer() - The same, from timedout_job.
 * @queue: Queue.
 * @left: What its oldest job has left.
 *
 * Behind timedout_job the scheduler starts the clock by itself, with what it takes for the limit.
 * For a job that is started next, too, which is asked for too early then, at worst.
 */
void mtia_limit_set_next_timer(struct mtia_queue *queue, unsigned long left)
{
	struct drm_gpu_scheduler *sched = &queue->timeline->sched;

	spin_lock(&sched->job_list_lock);
	sched->timeout = max(left, msecs_to_jiffies(MTIA_LIMIT_LOOK_MS));
	spin_unlock(&sched->job_list_lock);
}
