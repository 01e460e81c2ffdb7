// SPDX-License-Identifier: GPL-2.0 OR MIT
/* KUnit: what a sync may say. */
#include <kunit/test.h>

#include "mtia_test.h"

#define SIGNAL DRM_MTIA_SYNC_SIGNAL
#define TIMELINE DRM_MTIA_SYNC_TIMELINE

static void mtia_sync_test_check(struct kunit *test)
{
	static const struct {
		struct drm_mtia_sync sync;
		int err;
	} cases[] = {
		{ { 0, 1, 0 }, 0 },
		{ { SIGNAL, 1, 0 }, 0 },
		{ { TIMELINE, 1, 0 }, 0 },
		{ { TIMELINE, 1, U64_MAX }, 0 },
		{ { TIMELINE | SIGNAL, 1, 1 }, 0 },
		{ { TIMELINE | SIGNAL, 1, U64_MAX }, 0 },
		/* A point is a timeline's, and 0 is none to signal. */
		{ { 0, 1, 1 }, -EINVAL },
		{ { SIGNAL, 1, U64_MAX }, -EINVAL },
		{ { TIMELINE | SIGNAL, 1, 0 }, -EINVAL },
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(cases); i++)
		KUNIT_EXPECT_EQ_MSG(test, mtia_sync_check(&cases[i].sync), cases[i].err,
				    "case %u", i);
	for (i = 0; i < 32; i++) {
		const struct drm_mtia_sync sync = {
			.flags = BIT(i),
			.timeline_value = BIT(i) == TIMELINE,
		};

		KUNIT_EXPECT_EQ_MSG(test, mtia_sync_check(&sync),
				    BIT(i) & (SIGNAL | TIMELINE) ? 0 : -EINVAL, "flag %u", i);
	}
}

static struct kunit_case mtia_sync_test_cases[] = {
	KUNIT_CASE(mtia_sync_test_check),
	{}
};

static struct kunit_suite mtia_sync_test_suite = {
	.name = "mtia_sync",
	.test_cases = mtia_sync_test_cases,
};

kunit_test_suite(mtia_sync_test_suite);
