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
 * The scheduler's own timer is set when a job starts and cancelled when one ends, and with each job
 * that starts it begins anew, so that a queue that hangs would be found only when its client stops
 * submitting. It is not used. A queue's timer runs on while jobs come and go: what is oldest has
 * become so later than what the timer was set for, so the timer is never late. When it is over, it
 * is set for the oldest job there is then, or the scheduler is told to ask for that.
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

/* Softirq. */
static void mtia_limit_expired(struct timer_list *timer)
{
	struct mtia_queue *queue = container_of(timer, struct mtia_queue, limit_timer);
	unsigned long flags, left;
	bool over = false;

	spin_lock_irqsave(&queue->timeline->lock, flags);
	if (queue->completed != queue->emitted) {
		left = mtia_limit_left_locked(queue, 0);
		over = !left;
		if (!over)
			mod_timer(timer, jiffies + left);
	}
	spin_unlock_irqrestore(&queue->timeline->lock, flags);
	if (over)
		drm_sched_fault(&queue->timeline->sched);
}

/**
 * mtia_limit_init() - Set a queue's timer up.
 * @queue: Queue.
 */
void mtia_limit_init(struct mtia_queue *queue)
{
	timer_setup(&queue->limit_timer, mtia_limit_expired, 0);
}

/**
 * mtia_limit_fini() - Stop a queue's timer for ever.
 * @queue: Queue; its scheduler still exists.
 *
 * Context: may sleep.
 */
void mtia_limit_fini(struct mtia_queue *queue)
{
	timer_shutdown_sync(&queue->limit_timer);
}

/**
 * mtia_limit_watch_locked() - A job was started: see to it that the oldest one's limit is.
 * @queue: Queue; its timeline's lock is held.
 */
void mtia_limit_watch_locked(struct mtia_queue *queue)
{
	lockdep_assert_held(&queue->timeline->lock);

	if (queue->completed != queue->emitted && !timer_pending(&queue->limit_timer))
		mod_timer(&queue->limit_timer, jiffies + mtia_limit_left_locked(queue, 0));
}

/**
 * mtia_limit_look_locked() - Is a job's limit over? Looks again when that of the oldest one is.
 * @queue: Queue; its timeline's lock is held.
 * @is_head: The job is the oldest one under way.
 * @waited: Of mtia_limit_ask() for it; 0 if not known.
 *
 * Return: true if so, and the job will be ended.
 */
bool mtia_limit_look_locked(struct mtia_queue *queue, bool is_head, u64 waited)
{
	unsigned long left = mtia_limit_left_locked(queue, is_head ? waited : 0);
	bool over = is_head && !left;

	if (over)
		left = queue->timeout;
	mod_timer(&queue->limit_timer, jiffies + max(left, msecs_to_jiffies(MTIA_LIMIT_LOOK_MS)));

	return over;
}
