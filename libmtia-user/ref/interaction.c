// SPDX-License-Identifier: MIT
/* DLRM's dot interaction: pairwise dot products of the dense vector and the pooled embeddings. */
#include "mtia/ref.h"

#include <errno.h>

#include "exact.h"

MTIA_FMA_CLONES
static void interact(const float *x, const float *emb, uint32_t features, uint32_t dim, float *out)
{
	memcpy(out, x, dim * sizeof(*out));
	out += dim;
	for (uint32_t i = 1; i <= features; i++) {
		const float *vi = emb + (size_t)(i - 1) * dim;

		for (uint32_t j = 0; j < i; j++) {
			const float *vj = j ? emb + (size_t)(j - 1) * dim : x;
			float acc = 0;

			for (uint32_t k = 0; k < dim; k++)
				acc = fmaf(vi[k], vj[k], acc);
			*out++ = acc;
		}
	}
}

int mtia_interaction_ref(const struct mtia_interaction_ref *it)
{
	size_t x_stride, emb_stride, out_stride, emb_columns, out_columns;

	if (!it->batch || !it->dim || !it->features || it->features > 1024 || !it->x || !it->emb ||
	    !it->out)
		return -EINVAL;
	emb_columns = (size_t)it->features * it->dim;
	out_columns = it->dim + ((size_t)it->features + 1) * it->features / 2;
	x_stride = it->x_stride ? it->x_stride : it->dim;
	emb_stride = it->emb_stride ? it->emb_stride : emb_columns;
	out_stride = it->out_stride ? it->out_stride : out_columns;
	if (x_stride < it->dim || emb_stride < emb_columns || out_stride < out_columns)
		return -EINVAL;
	for (size_t b = 0; b < it->batch; b++)
		interact((const float *)it->x + b * x_stride, (const float *)it->emb + b * emb_stride,
			 it->features, it->dim, (float *)it->out + b * out_stride);
	return 0;
}
