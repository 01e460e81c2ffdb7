// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * KUnit: time limits of jobs that wait for others, on a queue that no device has. What the firmware
 * says of waits is untrusted: whatever it is, a job's time is over at some time.
 */
#include <kunit/test.h>

#include "../mtia_device.h"
#include "../mtia_limit.h"
#include "../mtia_queue.h"
#include "mtia_test.h"

#define LIMIT_MS 1000
/* Jiffies that may pass meanwhile, or be given by rounding. */
#define SOON msecs_to_jiffies(200)

struct fake {
	struct mtia_device mdev;
	struct mtia_queue queue;
	u64 waited;
};

static int fake_init(struct kunit *test)
{
	struct fake *fake = kunit_kzalloc(test, sizeof(*fake), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, fake);
	fake->mdev.hw.clock_hz = MTIA_CLOCK_HZ;
	fake->mdev.hw.time_scale = 1;
	fake->queue.mdev = &fake->mdev;
	fake->queue.timeout = msecs_to_jiffies(LIMIT_MS);
	fake->queue.emitted = 1;
	fake->queue.timeline = mtia_timeline_create("mtia-test");
	KUNIT_ASSERT_NOT_NULL(test, fake->queue.timeline);
	test->priv = fake;
	spin_lock_irq(&fake->queue.timeline->lock);
	mtia_limit_begin_locked(&fake->queue);
	spin_unlock_irq(&fake->queue.timeline->lock);

	return 0;
}

static void fake_exit(struct kunit *test)
{
	struct fake *fake = test->priv;

	if (fake && fake->queue.timeline)
		mtia_timeline_put(fake->queue.timeline);
}

/* Time passes, of which the job waits @wait_ms as the firmware says. Return: what is left. */
static unsigned long fake_pass(struct kunit *test, unsigned long ms, u64 wait_ms)
{
	struct fake *fake = test->priv;
	unsigned long left;

	fake->waited += wait_ms * (MTIA_CLOCK_HZ / MSEC_PER_SEC);
	spin_lock_irq(&fake->queue.timeline->lock);
	fake->queue.head_since -= msecs_to_jiffies(ms);
	left = mtia_limit_left_locked(&fake->queue, fake->waited);
	spin_unlock_irq(&fake->queue.timeline->lock);

	return left;
}

static void fake_expect(struct kunit *test, unsigned long want_ms, unsigned long left)
{
	KUNIT_EXPECT_LE(test, left, msecs_to_jiffies(want_ms) + SOON);
	KUNIT_EXPECT_GE(test, left + SOON, msecs_to_jiffies(want_ms));
}

static void mtia_limit_test_of_its_own(struct kunit *test)
{
	fake_expect(test, 1000, fake_pass(test, 0, 0));
	fake_expect(test, 600, fake_pass(test, 400, 0));
	KUNIT_EXPECT_EQ(test, 0, fake_pass(test, 600, 0));
	KUNIT_EXPECT_EQ(test, 0, fake_pass(test, 100000, 0));
}

static void mtia_limit_test_waits_do_not_count(struct kunit *test)
{
	unsigned int i;

	fake_expect(test, 800, fake_pass(test, 5200, 5000));
	fake_expect(test, 800, fake_pass(test, 1000, 1000));
	for (i = 0; i < 20; i++)
		fake_expect(test, 800, fake_pass(test, 900, 900));
	fake_expect(test, 300, fake_pass(test, 500, 0));
	KUNIT_EXPECT_EQ(test, 0, fake_pass(test, 500, 0));
}

/* A slow chip: a wait may have been longer, but not longer than all the time. */
static void mtia_limit_test_slow_clock(struct kunit *test)
{
	struct fake *fake = test->priv;

	fake->mdev.hw.time_scale = 16;
	fake_expect(test, 600, fake_pass(test, 2000, 100));
	fake_expect(test, 1000, fake_pass(test, 3000, 1000));
	KUNIT_EXPECT_EQ(test, 0, fake_pass(test, 1000, 0));
}

static void mtia_limit_test_next_job(struct kunit *test)
{
	struct fake *fake = test->priv;

	fake_expect(test, 1000, fake_pass(test, 5000, 5000));
	spin_lock_irq(&fake->queue.timeline->lock);
	mtia_limit_begin_locked(&fake->queue);
	spin_unlock_irq(&fake->queue.timeline->lock);
	fake->waited = 0;
	KUNIT_EXPECT_EQ(test, 0, fake_pass(test, 1000, 0));
	/* None is under way. */
	fake->queue.completed = fake->queue.emitted;
	fake_expect(test, 1000, fake_pass(test, 1000, 0));
}

static void mtia_limit_test_lies(struct kunit *test)
{
	struct fake *fake = test->priv;

	/* More than there was. */
	fake_expect(test, 1000, fake_pass(test, 900, 100000));
	KUNIT_EXPECT_EQ(test, 0, fake_pass(test, 1000, 0));
	/* Less than before. */
	fake->waited = 1;
	KUNIT_EXPECT_EQ(test, 0, fake_pass(test, 1000, 0));
	fake->waited = U64_MAX;
	fake_pass(test, 100, 0);
	KUNIT_EXPECT_EQ(test, 0, fake_pass(test, 1000, 0));
	KUNIT_EXPECT_EQ(test, 0, fake_pass(test, 1000, 0));
}

/* A job that only ever waits, as is said anew each time. */
static void mtia_limit_test_not_for_ever(struct kunit *test)
{
	struct fake *fake = test->priv;
	unsigned long left = 1;
	bool put_off = false;
	unsigned int i;

	for (i = 0; i < 10000 && left; i++) {
		left = fake_pass(test, LIMIT_MS, LIMIT_MS);
		spin_lock_irq(&fake->queue.timeline->lock);
		put_off = mtia_limit_was_put_off_locked(&fake->queue);
		spin_unlock_irq(&fake->queue.timeline->lock);
	}
	KUNIT_EXPECT_EQ(test, left, 0);
	KUNIT_EXPECT_TRUE(test, put_off);
	KUNIT_EXPECT_LE(test, 3600, i);
	KUNIT_EXPECT_GE(test, 3700, i);
}

static struct kunit_case mtia_limit_test_cases[] = {
	KUNIT_CASE(mtia_limit_test_of_its_own),
	KUNIT_CASE(mtia_limit_test_waits_do_not_count),
	KUNIT_CASE(mtia_limit_test_slow_clock),
	KUNIT_CASE(mtia_limit_test_next_job),
	KUNIT_CASE(mtia_limit_test_lies),
	KUNIT_CASE(mtia_limit_test_not_for_ever),
	{}
};

static struct kunit_suite mtia_limit_test_suite = {
	.name = "mtia_limit",
	.init = fake_init,
	.exit = fake_exit,
	.test_cases = mtia_limit_test_cases,
};

kunit_test_suite(mtia_limit_test_suite);
