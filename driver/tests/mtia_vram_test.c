// SPDX-License-Identifier: GPL-2.0 OR MIT
/* KUnit: accounting of device memory, with the real allocator and without a device. */
#include <kunit/test.h>
#include <linux/prandom.h>
#include <linux/sizes.h>

#include "../mtia_device.h"

#define SIZE SZ_64M
#define RANGES 64

static struct mtia_device *fake_device(struct kunit *test)
{
	struct mtia_device *mdev = kunit_kzalloc(test, sizeof(*mdev), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, mdev);
	mutex_init(&mdev->vram.lock);
	mdev->vram.base = MTIA_FW_REGION_SIZE;
	mdev->vram.size = SIZE;
	KUNIT_ASSERT_EQ(test, gpu_buddy_init(&mdev->vram.mm, SIZE, SZ_4K), 0);

	return mdev;
}

static void mtia_vram_test_ranges(struct kunit *test)
{
	struct mtia_device *mdev = fake_device(test);
	struct mtia_vram_range *range;
	struct rnd_state rnd;
	u64 *size, used = 0;
	u32 i, k, overlaps = 0;

	range = kunit_kcalloc(test, RANGES, sizeof(*range), GFP_KERNEL);
	size = kunit_kcalloc(test, RANGES, sizeof(*size), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, range);
	KUNIT_ASSERT_NOT_NULL(test, size);
	prandom_seed_state(&rnd, 1);
	KUNIT_EXPECT_EQ(test, mtia_vram_used(&mdev->vram), 0);
	for (i = 0; i < RANGES; i++) {
		size[i] = SZ_4K << prandom_u32_state(&rnd) % 7;
		KUNIT_ASSERT_EQ(test, mtia_vram_alloc_range(mdev, size[i], &range[i]), 0);
		used += size[i];
		KUNIT_EXPECT_EQ(test, mtia_vram_used(&mdev->vram), used);
		KUNIT_EXPECT_EQ(test, (range[i].offset - mdev->vram.base) % size[i], 0);
		KUNIT_EXPECT_GE(test, range[i].offset, mdev->vram.base);
		KUNIT_EXPECT_LE(test, range[i].offset + size[i], mdev->vram.base + SIZE);
		for (k = 0; k < i; k++)
			overlaps += range[i].offset < range[k].offset + size[k] &&
				    range[k].offset < range[i].offset + size[i];
	}
	KUNIT_EXPECT_EQ(test, overlaps, 0);
	for (i = 0; i < RANGES; i++) {
		k = i * 7 % RANGES;
		mtia_vram_free_range(mdev, &range[k]);
		used -= size[k];
		KUNIT_EXPECT_EQ(test, mtia_vram_used(&mdev->vram), used);
	}
	/* All in one piece again. */
	KUNIT_ASSERT_EQ(test, mtia_vram_alloc_range(mdev, SIZE, &range[0]), 0);
	KUNIT_EXPECT_EQ(test, mtia_vram_used(&mdev->vram), SIZE);
	mtia_vram_free_range(mdev, &range[0]);
	/* Freeing what was never allocated is nothing. */
	INIT_LIST_HEAD(&range[1].blocks);
	mtia_vram_free_range(mdev, &range[1]);
	KUNIT_EXPECT_EQ(test, mtia_vram_used(&mdev->vram), 0);
	gpu_buddy_fini(&mdev->vram.mm);
}

/* What the kernel takes comes from the top. */
static void mtia_vram_test_from_the_top(struct kunit *test)
{
	struct mtia_device *mdev = fake_device(test);
	struct mtia_vram_range range;

	KUNIT_ASSERT_EQ(test, mtia_vram_alloc_range(mdev, SZ_4K, &range), 0);
	KUNIT_EXPECT_EQ(test, range.offset, mdev->vram.base + SIZE - SZ_4K);
	mtia_vram_free_range(mdev, &range);
	gpu_buddy_fini(&mdev->vram.mm);
}

static struct kunit_case mtia_vram_test_cases[] = {
	KUNIT_CASE(mtia_vram_test_ranges),
	KUNIT_CASE(mtia_vram_test_from_the_top),
	{}
};

static struct kunit_suite mtia_vram_test_suite = {
	.name = "mtia_vram",
	.test_cases = mtia_vram_test_cases,
};

kunit_test_suite(mtia_vram_test_suite);
