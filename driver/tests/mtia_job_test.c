// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * KUnit: completions, on a queue that no device has. What they say is untrusted: only the job that
 * has to end next can end.
 */
#include <kunit/device.h>
#include <kunit/test.h>

#include "../mtia_device.h"
#include "../mtia_job.h"
#include "../mtia_queue.h"
#include "mtia_test.h"

#define SLOTS 4

struct fake {
	struct mtia_device mdev;
	struct mtia_client client;
	struct mtia_cq cq;
	struct mtia_queue queue;
	struct mtia_fence *jobs[SLOTS];
	atomic_t kills;
};

static void fake_no_release(struct kref *ref)
{
}

static void fake_kill_work(struct work_struct *work)
{
	struct mtia_queue *queue = container_of(work, struct mtia_queue, kill_work);
	struct fake *fake = container_of(queue, struct fake, queue);

	atomic_inc(&fake->kills);
	kref_put(&queue->ref, fake_no_release);
}

static void fake_slots_work(struct work_struct *work)
{
}

static int fake_init(struct kunit *test)
{
	struct fake *fake = kunit_kzalloc(test, sizeof(*fake), GFP_KERNEL);
	struct device *dev = kunit_device_register(test, "mtia-test");

	KUNIT_ASSERT_NOT_NULL(test, fake);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, dev);
	fake->mdev.drm.dev = dev;
	fake->mdev.hw.clock_hz = MTIA_CLOCK_HZ;
	fake->mdev.reset.wq = alloc_ordered_workqueue("mtia-test", 0);
	KUNIT_ASSERT_NOT_NULL(test, fake->mdev.reset.wq);
	/* Nobody waits for a slot. */
	fake->mdev.slots.wq = fake->mdev.reset.wq;
	INIT_WORK(&fake->mdev.slots.work, fake_slots_work);
	kref_init(&fake->queue.ref);
	fake->queue.mdev = &fake->mdev;
	fake->queue.client = &fake->client;
	fake->queue.cq = &fake->cq;
	fake->queue.slot = 1;
	fake->queue.num_jobs = SLOTS;
	fake->queue.jobs = fake->jobs;
	INIT_WORK(&fake->queue.kill_work, fake_kill_work);
	fake->queue.timeline = mtia_timeline_create("mtia-test");
	KUNIT_ASSERT_NOT_NULL(test, fake->queue.timeline);
	test->priv = fake;

	return 0;
}

static void fake_exit(struct kunit *test)
{
	struct fake *fake = test->priv;

	if (!fake)
		return;
	if (fake->queue.timeline) {
		mtia_job_end(&fake->queue, -ECANCELED);
		mtia_timeline_put(fake->queue.timeline);
	}
	if (fake->mdev.reset.wq)
		destroy_workqueue(fake->mdev.reset.wq);
}

/* A job in the hardware; its fence with a reference for the caller. */
static struct dma_fence *fake_emit(struct kunit *test)
{
	struct fake *fake = test->priv;
	struct mtia_queue *queue = &fake->queue;
	struct mtia_fence *fence = mtia_fence_alloc(queue->timeline);

	KUNIT_ASSERT_NOT_NULL(test, fence);
	KUNIT_ASSERT_LT(test, queue->emitted - queue->completed, SLOTS);
	mtia_fence_init(fence, ++queue->emitted);
	queue->jobs[queue->emitted % SLOTS] = fence;

	return dma_fence_get(&fence->base);
}

static bool fake_complete(struct kunit *test, u64 seqno, u8 status)
{
	const struct mtia_cqe cqe = {
		.seqno = seqno,
		.t_start = 1000,
		.t_end = 1800,
		.queue = 1,
		.status = status,
	};
	struct fake *fake = test->priv;

	return mtia_job_complete(&fake->queue, &cqe);
}

/* How a fence ended: 1, an error, or 0 while it has not; drops the reference. */
static int fake_status(struct dma_fence *fence)
{
	int status = dma_fence_get_status(fence);

	dma_fence_put(fence);

	return status;
}

static void mtia_job_test_in_order(struct kunit *test)
{
	struct fake *fake = test->priv;
	struct dma_fence *fence[3];
	u64 round, i;

	for (round = 0; round < 5; round++) {
		for (i = 0; i < 3; i++)
			fence[i] = fake_emit(test);
		for (i = 0; i < 3; i++)
			KUNIT_EXPECT_TRUE(test,
					  fake_complete(test, round * 3 + i + 1, MTIA_JOB_OK));
		for (i = 0; i < 3; i++)
			KUNIT_EXPECT_EQ(test, fake_status(fence[i]), 1);
	}
	KUNIT_EXPECT_EQ(test, fake->queue.completed, 15);
	/* 800 cycles each. */
	KUNIT_EXPECT_EQ(test, atomic64_read(&fake->client.busy_ns), 15 * 1000);
	KUNIT_EXPECT_EQ(test, fake->queue.reason, DRM_MTIA_REASON_NONE);
}

static void mtia_job_test_others_are_refused(struct kunit *test)
{
	static const u64 wrong[] = { 0, 2, 3, 4, 5, BIT_ULL(32) + 1, BIT_ULL(63) + 1, U64_MAX };
	struct fake *fake = test->priv;
	struct dma_fence *first, *second;
	u32 i;

	KUNIT_EXPECT_FALSE(test, fake_complete(test, 0, MTIA_JOB_OK));
	KUNIT_EXPECT_FALSE(test, fake_complete(test, 1, MTIA_JOB_OK));
	first = fake_emit(test);
	second = fake_emit(test);
	for (i = 0; i < ARRAY_SIZE(wrong); i++)
		KUNIT_EXPECT_FALSE_MSG(test, fake_complete(test, wrong[i], MTIA_JOB_MMU_FAULT),
				       "job %llu", wrong[i]);
	KUNIT_EXPECT_EQ(test, fake->queue.completed, 0);
	KUNIT_EXPECT_EQ(test, fake->queue.reason, DRM_MTIA_REASON_NONE);
	KUNIT_EXPECT_FALSE(test, dma_fence_is_signaled(first));
	KUNIT_EXPECT_TRUE(test, fake_complete(test, 1, MTIA_JOB_OK));
	KUNIT_EXPECT_FALSE(test, fake_complete(test, 1, MTIA_JOB_OK));
	KUNIT_EXPECT_EQ(test, fake_status(first), 1);
	KUNIT_EXPECT_EQ(test, fake_status(second), 0);
}

static void mtia_job_test_time_that_runs_back(struct kunit *test)
{
	const struct mtia_cqe cqe = { .seqno = 1, .t_start = 10, .t_end = 5, .queue = 1 };
	struct dma_fence *fence = fake_emit(test);
	struct fake *fake = test->priv;

	KUNIT_EXPECT_TRUE(test, mtia_job_complete(&fake->queue, &cqe));
	KUNIT_EXPECT_EQ(test, atomic64_read(&fake->client.busy_ns), 0);
	KUNIT_EXPECT_EQ(test, fake_status(fence), 1);
}

static void mtia_job_test_time_far_ahead(struct kunit *test)
{
	static const u64 ends[] = { U64_MAX, BIT_ULL(63), U64_MAX / 5 * 4 };
	struct mtia_cqe cqe = { .queue = 1 };
	struct fake *fake = test->priv;
	struct dma_fence *fence;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(ends); i++) {
		fence = fake_emit(test);
		cqe.seqno = i + 1;
		cqe.t_end = ends[i];
		KUNIT_EXPECT_TRUE(test, mtia_job_complete(&fake->queue, &cqe));
		KUNIT_EXPECT_EQ(test, fake_status(fence), 1);
	}
}

/* A fault costs the queue; a job behind it is cancelled however it ended. */
static void mtia_job_test_fault(struct kunit *test)
{
	struct dma_fence *good = fake_emit(test), *bad = fake_emit(test), *victim = fake_emit(test);
	struct fake *fake = test->priv;

	KUNIT_EXPECT_TRUE(test, fake_complete(test, 1, MTIA_JOB_OK));
	KUNIT_EXPECT_TRUE(test, fake_complete(test, 2, MTIA_JOB_MMU_FAULT));
	KUNIT_EXPECT_TRUE(test, fake_complete(test, 3, MTIA_JOB_OK));
	flush_workqueue(fake->mdev.reset.wq);
	KUNIT_EXPECT_EQ(test, atomic_read(&fake->kills), 1);
	KUNIT_EXPECT_EQ(test, kref_read(&fake->queue.ref), 1);
	KUNIT_EXPECT_EQ(test, fake->queue.reason, DRM_MTIA_REASON_MMU_FAULT);
	KUNIT_EXPECT_EQ(test, fake->queue.flags, DRM_MTIA_QUEUE_GUILTY);
	KUNIT_EXPECT_EQ(test, fake->queue.fault.seqno, 2);
	KUNIT_EXPECT_EQ(test, fake->queue.fault.status, MTIA_JOB_MMU_FAULT);
	KUNIT_EXPECT_EQ(test, fake_status(good), 1);
	KUNIT_EXPECT_EQ(test, fake_status(bad), -EIO);
	KUNIT_EXPECT_EQ(test, fake_status(victim), -ECANCELED);
}

static void mtia_job_test_exit_code(struct kunit *test)
{
	struct dma_fence *bad = fake_emit(test), *next = fake_emit(test);
	struct fake *fake = test->priv;

	KUNIT_EXPECT_TRUE(test, fake_complete(test, 1, MTIA_JOB_PE_EXIT));
	KUNIT_EXPECT_TRUE(test, fake_complete(test, 2, MTIA_JOB_OK));
	flush_workqueue(fake->mdev.reset.wq);
	KUNIT_EXPECT_EQ(test, atomic_read(&fake->kills), 0);
	KUNIT_EXPECT_EQ(test, fake->queue.reason, DRM_MTIA_REASON_NONE);
	KUNIT_EXPECT_EQ(test, fake_status(bad), -EIO);
	KUNIT_EXPECT_EQ(test, fake_status(next), 1);
}

/* Ended by the driver: completions that come late are known, and change nothing. */
static void mtia_job_test_after_the_end(struct kunit *test)
{
	struct dma_fence *first = fake_emit(test), *second = fake_emit(test);
	struct fake *fake = test->priv;

	mtia_job_end(&fake->queue, -ENODEV);
	KUNIT_EXPECT_TRUE(test, fake_complete(test, 1, MTIA_JOB_OK));
	KUNIT_EXPECT_TRUE(test, fake_complete(test, 2, MTIA_JOB_MMU_FAULT));
	KUNIT_EXPECT_FALSE(test, fake_complete(test, 0, MTIA_JOB_OK));
	KUNIT_EXPECT_FALSE(test, fake_complete(test, 3, MTIA_JOB_OK));
	KUNIT_EXPECT_EQ(test, fake->queue.completed, 2);
	KUNIT_EXPECT_EQ(test, fake->queue.reason, DRM_MTIA_REASON_NONE);
	KUNIT_EXPECT_EQ(test, fake_status(first), -ENODEV);
	KUNIT_EXPECT_EQ(test, fake_status(second), -ENODEV);
}

/* What each status means for the job's fence and for its queue. */
static void mtia_job_test_status(struct kunit *test)
{
	static const struct {
		int error;
		u32 reason;
	} want[] = {
		[MTIA_JOB_OK] = { 0, DRM_MTIA_REASON_NONE },
		[MTIA_JOB_BAD_BUFFER] = { -EIO, DRM_MTIA_REASON_NONE },
		[MTIA_JOB_BAD_PACKET] = { -EIO, DRM_MTIA_REASON_NONE },
		[MTIA_JOB_BAD_PROGRAM] = { -EIO, DRM_MTIA_REASON_NONE },
		[MTIA_JOB_NO_RESOURCE] = { -EIO, DRM_MTIA_REASON_NONE },
		[MTIA_JOB_MMU_FAULT] = { -EIO, DRM_MTIA_REASON_MMU_FAULT },
		[MTIA_JOB_PE_EXCEPTION] = { -EIO, DRM_MTIA_REASON_JOB_FAULT },
		[MTIA_JOB_PE_COMMAND] = { -EIO, DRM_MTIA_REASON_JOB_FAULT },
		[MTIA_JOB_PE_EXIT] = { -EIO, DRM_MTIA_REASON_NONE },
		[MTIA_JOB_DMA_ERROR] = { -EIO, DRM_MTIA_REASON_JOB_FAULT },
		[MTIA_JOB_TIMEOUT] = { -ETIME, DRM_MTIA_REASON_TIMEOUT },
		[MTIA_JOB_KILLED] = { -ECANCELED, DRM_MTIA_REASON_NONE },
		[MTIA_JOB_DEADLOCK] = { -EIO, DRM_MTIA_REASON_JOB_FAULT },
		[MTIA_JOB_INTERNAL] = { -EIO, DRM_MTIA_REASON_NONE },
	};
	u32 i;

	for (i = 0; i <= U8_MAX; i++) {
		KUNIT_EXPECT_EQ_MSG(test, mtia_job_error(i),
				    i < ARRAY_SIZE(want) ? want[i].error : -EIO, "status %u", i);
		KUNIT_EXPECT_EQ_MSG(test, mtia_job_reason(i),
				    i < ARRAY_SIZE(want) ? want[i].reason : DRM_MTIA_REASON_NONE,
				    "status %u", i);
	}
}

static struct kunit_case mtia_job_test_cases[] = {
	KUNIT_CASE(mtia_job_test_in_order),
	KUNIT_CASE(mtia_job_test_others_are_refused),
	KUNIT_CASE(mtia_job_test_time_that_runs_back),
	KUNIT_CASE(mtia_job_test_time_far_ahead),
	KUNIT_CASE(mtia_job_test_fault),
	KUNIT_CASE(mtia_job_test_exit_code),
	KUNIT_CASE(mtia_job_test_after_the_end),
	KUNIT_CASE(mtia_job_test_status),
	{}
};

static struct kunit_suite mtia_job_test_suite = {
	.name = "mtia_job",
	.init = fake_init,
	.exit = fake_exit,
	.test_cases = mtia_job_test_cases,
};

kunit_test_suite(mtia_job_test_suite);
