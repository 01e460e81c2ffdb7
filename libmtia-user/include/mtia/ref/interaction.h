/* SPDX-License-Identifier: MIT */
/* Reference results: DLRM's dot interaction. */
#ifndef MTIA_REF_INTERACTION_H
#define MTIA_REF_INTERACTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "mtia/ops/interaction.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * The arithmetic of struct mtia_interaction_desc. Strides in elements, 0 = tight.
 */
struct mtia_interaction_ref {
	uint32_t batch, features, dim; /* >= 1 */
	const void *x;	 /* batch rows of dim */
	const void *emb; /* batch rows of features * dim */
	void *out;
	size_t x_stride, emb_stride, out_stride;
	/* Both 0 means FP32. Else MTIA_DTYPE_F32, _F16, _BF16; y_type = type or F32. */
	uint32_t type, y_type;
};
MTIA_API int mtia_interaction_ref(const struct mtia_interaction_ref *it);

#ifdef __cplusplus
}
#endif
#endif /* MTIA_REF_INTERACTION_H */
