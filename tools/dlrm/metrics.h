/* SPDX-License-Identifier: MIT */
/* How good predictions are. Exact in FP64; deterministic for given inputs. */
#ifndef MTIA_DLRM_METRICS_H
#define MTIA_DLRM_METRICS_H

#include <stddef.h>
#include <stdint.h>

/*
 * Area under the ROC curve: the probability that a positive row scores above a negative one, ties
 * counting half (Mann-Whitney U / (P * N)). label is 0 or 1. NAN if a class is empty, a score is
 * NaN, or memory ran out.
 */
double dlrm_auc(const float *score, const uint8_t *label, size_t count);

/*
 * Mean of -log p(label), natural logarithm, straight from logits, so that a confident one is no
 * log(0). NAN for count 0.
 */
double dlrm_log_loss(const float *logit, const uint8_t *label, size_t count);

#endif /* MTIA_DLRM_METRICS_H */
