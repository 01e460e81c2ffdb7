/* SPDX-License-Identifier: MIT */
/* DLRM's dot interaction. */
#ifndef MTIA_OPS_INTERACTION_H
#define MTIA_OPS_INTERACTION_H

#include "mtia/ops/types.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * With v_0 = x[b], v_i = emb[b][(i - 1) * dim ..], i = 1 .. features:
 *
 *	y[b] = x[b], then v_i . v_j for (i, j) = (1,0), (2,0), (2,1), (3,0) ...
 *	v_i . v_j: acc = fma(v_i[k], v_j[k], acc), k ascending, FP32, from +0; rounded to y's type
 *
 * x and emb have one type. F16 and BF16 are DPE's own; F32 is SE's, which accumulates rows, k in the
 * same order. y has dim + (features + 1) * features / 2 columns; its type is x's or F32, and x is
 * converted to it.
 */
struct mtia_interaction_desc {
	uint32_t size, flags; /* flags 0 */
	uint32_t batch, features, dim; /* >= 1 */
	uint32_t type;	 /* of x and emb: MTIA_DTYPE_F32, _F16, _BF16 */
	uint32_t y_type;
	uint32_t reserved;
	struct mtia_tensor x;	/* batch rows of dim */
	struct mtia_tensor emb; /* batch rows of features * dim, as TBE leaves them */
	struct mtia_tensor y;
};
MTIA_API int mtia_interaction_append(struct mtia_cmd *cmd, struct mtia_queue *queue,
				     const struct mtia_interaction_desc *desc);
MTIA_API int mtia_interaction_run(struct mtia_queue *queue,
				  const struct mtia_interaction_desc *desc, const mtia_event *deps,
				  size_t dep_count, mtia_event *event);

#ifdef __cplusplus
}
#endif
#endif /* MTIA_OPS_INTERACTION_H */
