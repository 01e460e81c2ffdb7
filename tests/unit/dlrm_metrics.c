// SPDX-License-Identifier: GPL-2.0
/* AUC and log-loss on cases small enough to count by hand, and against the definition. */
#include <math.h>

#include "metrics.h"
#include "tap.h"

static bool near(double got, double want)
{
	return fabs(got - want) <= 1e-12;
}

/* The definition: over all pairs of a positive and a negative. */
static double auc_by_pairs(const float *score, const uint8_t *label, size_t count)
{
	double won = 0, pairs = 0;

	for (size_t i = 0; i < count; i++) {
		for (size_t j = 0; j < count; j++) {
			if (!label[i] || label[j])
				continue;
			pairs++;
			won += score[i] > score[j] ? 1 : score[i] == score[j] ? 0.5 : 0;
		}
	}
	return won / pairs;
}

static void test_random(unsigned int levels)
{
	uint8_t label[500];
	float score[500];
	uint32_t state = 12345 + levels;

	for (size_t i = 0; i < 500; i++) {
		state = state * 1664525 + 1013904223;
		score[i] = (float)(state >> 16 & 0xffff);
		score[i] = floorf(score[i] * (float)levels / 65536.0f) - (float)(levels / 2);
		state = state * 1664525 + 1013904223;
		label[i] = state >> 31;
	}
	tap_ok(near(dlrm_auc(score, label, 500), auc_by_pairs(score, label, 500)),
	       "auc of 500 rows with %u different scores is the share of pairs won", levels);
}

int main(void)
{
	static const uint8_t label[4] = { 0, 1, 0, 1 }, ones[4] = { 1, 1, 1, 1 };
	static const float perfect[4] = { -1, 2, 0, 3 }, reversed[4] = { 1, -2, 0, -3 };
	static const float tied[4] = { 5, 5, 5, 5 }, one_wrong[4] = { 0.5f, 1, 2, 3 };
	static const float signed_zero[2] = { -0.0f, 0.0f }, bad[4] = { 1, NAN, 2, 3 };
	static const float logits[2] = { 0, 0 }, sure[2] = { -200, 200 };

	tap_ok(dlrm_auc(perfect, label, 4) == 1, "auc of a perfect order is 1");
	tap_ok(dlrm_auc(reversed, label, 4) == 0, "auc of a reversed order is 0");
	tap_ok(dlrm_auc(tied, label, 4) == 0.5, "auc of equal scores is a half");
	tap_ok(dlrm_auc(one_wrong, label, 4) == 0.75, "auc with one of four pairs wrong is 0.75");
	tap_ok(dlrm_auc(signed_zero, label, 2) == 0.5, "auc takes -0 and +0 as a tie");
	tap_ok(isnan(dlrm_auc(tied, ones, 4)), "auc of one class is no number");
	tap_ok(isnan(dlrm_auc(bad, label, 4)), "auc of a NaN score is no number");
	tap_ok(isnan(dlrm_auc(tied, label, 0)), "auc of nothing is no number");
	test_random(2);
	test_random(20);
	test_random(60000);

	tap_ok(near(dlrm_log_loss(logits, label, 2), log(2)), "log-loss of a coin is log 2");
	tap_ok(near(dlrm_log_loss(sure, label, 2), 0), "log-loss of being sure and right is 0");
	tap_ok(near(dlrm_log_loss(sure, ones, 2), 100),
	       "log-loss of a logit of -200 and wrong is 200");
	tap_ok(isnan(dlrm_log_loss(logits, label, 0)), "log-loss of nothing is no number");
	return tap_done();
}
