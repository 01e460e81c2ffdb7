/* SPDX-License-Identifier: MIT */
/* Reference results: table-batched embedding. */
#ifndef MTIA_REF_TBE_H
#define MTIA_REF_TBE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "mtia/ops/tbe.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Table-batched embedding (FBGEMM EmbeddingSpMDM_ref, EmbeddingSpMDMNBit_ref): all layouts,
 * pooling, bounds modes and outputs of struct mtia_tbe_desc.
 *
 *	bag (t, b) = indices[offsets[t * batch + b]] .. indices[offsets[t * batch + b + 1]]
 *	for l in the bag, in order, pruned rows skipped:  w = weights ? weights[l] : 1
 *		acc[j] = fma(f32(w * scale), q[j], f32(acc[j] + f32(w * bias)))  from +0
 *		F16, F32 rows: acc[j] = fma(w, x[j], acc[j])
 *	MTIA_POOL_MEAN, bag not empty:  acc[j] = f32(acc[j] * f32(1.0f / length)), with pruned rows
 *	out[b][sum of dim of tables before t + j] = acc[j]; an empty bag gives +0
 *	MTIA_POOL_NONE: each index is a bag of its own, out[l] its row
 *
 * FP16 scale and bias are converted to FP32 first. -EINVAL also for weights with MEAN or NONE, and
 * with MTIA_BOUNDS_FATAL or _NONE for bad indices and offsets; `finding` (may be NULL) is filled as
 * mtia_tbe_finding() does, with the first violation or correction.
 */
struct mtia_tbe_ref {
	const struct mtia_table *tables;
	uint32_t table_count;		 /* >= 1 */
	uint32_t batch;			 /* >= 1 */
	uint32_t pooling;		 /* enum mtia_pooling */
	uint32_t index_bytes;		 /* 4 or 8: indices and offsets are int32_t or int64_t */
	uint64_t index_count;
	const void *indices;		 /* index_count; may be NULL if that is 0 */
	const void *offsets;		 /* table_count * batch + 1 */
	const float *weights;		 /* index_count, or NULL */
	void *out;			 /* rows of out_type, out_stride apart */
	size_t out_stride;		 /* elements (OUT_U8: bytes) >= a row, or 0 */
	uint32_t out_type;		 /* enum mtia_tbe_out */
	uint32_t bounds;		 /* enum mtia_bounds */
	bool pruned;			 /* MTIA_TBE_PRUNED */
};
MTIA_API int mtia_tbe_ref(const struct mtia_tbe_ref *tbe, struct mtia_tbe_finding *finding);

/*
 * FP32 peer, for the accuracy baseline only: SUM or MEAN of FP32 rows by multiply, then add: acc =
 * acc + w * x. Tables are MTIA_TABLE_F32; output, bounds and pruning are at their defaults.
 */
MTIA_API int mtia_tbe_f32_ref(const struct mtia_tbe_ref *tbe, struct mtia_tbe_finding *finding);

#ifdef __cplusplus
}
#endif
#endif /* MTIA_REF_TBE_H */
