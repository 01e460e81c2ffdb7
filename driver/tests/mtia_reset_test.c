// SPDX-License-Identifier: GPL-2.0 OR MIT
/* KUnit: which reset follows one that failed. */
#include <kunit/test.h>

#include "../mtia_reset.h"
#include "mtia_test.h"

static const int tiers[] = { MTIA_RESET_CORE, MTIA_RESET_DEVICE, MTIA_RESET_WEDGE };
static const int wishes[] = { MTIA_RESET_NONE, MTIA_RESET_CORE, MTIA_RESET_DEVICE,
			      MTIA_RESET_WEDGE };

/* Whatever fails: never less than what failed, nor than what was asked for meanwhile. */
static void mtia_reset_test_never_lower(struct kunit *test)
{
	u32 t, w;
	int failures, next;

	for (t = 0; t < ARRAY_SIZE(tiers); t++) {
		for (w = 0; w < ARRAY_SIZE(wishes); w++) {
			for (failures = 1; failures < 10; failures++) {
				next = mtia_reset_escalate(tiers[t], failures, wishes[w]);
				KUNIT_EXPECT_GE(test, next, tiers[t]);
				KUNIT_EXPECT_GE(test, next, wishes[w]);
				KUNIT_EXPECT_GE(test, next, (int)MTIA_RESET_DEVICE);
				KUNIT_EXPECT_LE(test, next, (int)MTIA_RESET_WEDGE);
			}
		}
	}
}

/* The control core once, the function three times, then the end; each tier leads there. */
static void mtia_reset_test_ends(struct kunit *test)
{
	u32 t;

	for (t = 0; t < ARRAY_SIZE(tiers); t++) {
		int tier = tiers[t], failures = 0;

		while (tier != MTIA_RESET_WEDGE && failures < 10) {
			failures++;
			tier = mtia_reset_escalate(tier, failures, MTIA_RESET_NONE);
			KUNIT_EXPECT_EQ(test, tier, failures < 4 ? (int)MTIA_RESET_DEVICE :
								   (int)MTIA_RESET_WEDGE);
		}
		KUNIT_EXPECT_EQ(test, failures, tiers[t] == MTIA_RESET_WEDGE ? 0 : 4);
	}
}

static void mtia_reset_test_wishes(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, mtia_reset_escalate(MTIA_RESET_CORE, 1, MTIA_RESET_CORE),
			(int)MTIA_RESET_DEVICE);
	KUNIT_EXPECT_EQ(test, mtia_reset_escalate(MTIA_RESET_CORE, 1, MTIA_RESET_WEDGE),
			(int)MTIA_RESET_WEDGE);
	KUNIT_EXPECT_EQ(test, mtia_reset_escalate(MTIA_RESET_WEDGE, 1, MTIA_RESET_CORE),
			(int)MTIA_RESET_WEDGE);
}

static struct kunit_case mtia_reset_test_cases[] = {
	KUNIT_CASE(mtia_reset_test_never_lower),
	KUNIT_CASE(mtia_reset_test_ends),
	KUNIT_CASE(mtia_reset_test_wishes),
	{}
};

static struct kunit_suite mtia_reset_test_suite = {
	.name = "mtia_reset",
	.test_cases = mtia_reset_test_cases,
};

kunit_test_suite(mtia_reset_test_suite);
