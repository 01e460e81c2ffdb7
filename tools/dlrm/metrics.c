// SPDX-License-Identifier: MIT
#include "metrics.h"

#include <math.h>
#include <stdlib.h>

struct scored {
	float score;
	uint8_t label;
};

static int by_score(const void *a, const void *b)
{
	float x = ((const struct scored *)a)->score, y = ((const struct scored *)b)->score;

	return (x > y) - (x < y);
}

double dlrm_auc(const float *score, const uint8_t *label, size_t count)
{
	struct scored *rows = malloc((count ? count : 1) * sizeof(*rows));
	/* Counts stay below 2^53, so that these sums are exact: twice U, to keep the halves whole.
	 */
	double twice_u = 0, positives = 0, negatives = 0;

	if (!rows)
		return NAN;
	for (size_t i = 0; i < count; i++) {
		if (isnan(score[i])) {
			free(rows);
			return NAN;
		}
		rows[i] = (struct scored){ score[i], label[i] != 0 };
	}
	qsort(rows, count, sizeof(*rows), by_score);
	for (size_t i = 0; i < count;) {
		double tied[2] = { 0, 0 };
		size_t first = i;

		for (; i < count && rows[i].score == rows[first].score; i++)
			tied[rows[i].label]++;
		twice_u += tied[1] * (2 * negatives + tied[0]);
		negatives += tied[0];
		positives += tied[1];
	}
	free(rows);
	if (positives == 0 || negatives == 0)
		return NAN;
	return twice_u / (2 * positives * negatives);
}

double dlrm_log_loss(const float *logit, const uint8_t *label, size_t count)
{
	double sum = 0;

	if (!count)
		return NAN;
	for (size_t i = 0; i < count; i++) {
		/* -log sigmoid(z) = log(1 + exp(-z)), z > 0 on the right side of zero */
		double z = label[i] ? logit[i] : -(double)logit[i];

		sum += z > 0 ? log1p(exp(-z)) : log1p(exp(z)) - z;
	}
	return sum / (double)count;
}
