// SPDX-License-Identifier: MIT
/* DLRM's dot interaction: pairwise dot products of the dense vector and the pooled embeddings. */
#include "mtia/ref.h"

#include <errno.h>
#include <stdlib.h>

#include "exact.h"

struct types {
	uint32_t in, out;
};

/* v: features + 1 rows of dim; the products go to element `at` of out and on. */
MTIA_FMA_CLONES
static void interact(const float *v, uint32_t features, uint32_t dim, struct types types, void *out,
		     size_t at)
{
	for (size_t i = 1; i <= features; i++) {
		for (size_t j = 0; j < i; j++) {
			float acc = 0;

			for (size_t k = 0; k < dim; k++)
				acc = fmaf(v[i * dim + k], v[j * dim + k], acc);
			store_float(out, at++, types.out, acc);
		}
	}
}

int mtia_interaction_ref(const struct mtia_interaction_ref *it)
{
	size_t x_stride, emb_stride, out_stride, emb_columns, out_columns;
	struct types types = {it->type, it->y_type};
	uint32_t bytes;
	float *v;

	if (!types.in && !types.out)
		types = (struct types){MTIA_DTYPE_F32, MTIA_DTYPE_F32};
	if (!it->batch || !it->dim || !it->features || !it->x || !it->emb || !it->out ||
	    !is_float(types.in) || (types.out != types.in && types.out != MTIA_DTYPE_F32))
		return -EINVAL;
	emb_columns = (size_t)it->features * it->dim;
	out_columns = it->dim + ((size_t)it->features + 1) * it->features / 2;
	x_stride = it->x_stride ? it->x_stride : it->dim;
	emb_stride = it->emb_stride ? it->emb_stride : emb_columns;
	out_stride = it->out_stride ? it->out_stride : out_columns;
	if (x_stride < it->dim || emb_stride < emb_columns || out_stride < out_columns)
		return -EINVAL;
	v = calloc(it->dim + emb_columns, sizeof(*v));
	if (!v)
		return -ENOMEM;
	bytes = mtia_dtype_bytes(types.in);
	for (size_t b = 0; b < it->batch; b++) {
		for (size_t k = 0; k < it->dim; k++)
			v[k] = load_float(it->x, b * x_stride + k, types.in);
		for (size_t k = 0; k < emb_columns; k++)
			v[it->dim + k] = load_float(it->emb, b * emb_stride + k, types.in);
		if (types.in == types.out)
			memcpy((uint8_t *)it->out + b * out_stride * bytes,
			       (const uint8_t *)it->x + b * x_stride * bytes,
			       (size_t)it->dim * bytes);
		else
			for (size_t k = 0; k < it->dim; k++)
				store_float(it->out, b * out_stride + k, types.out, v[k]);
		interact(v, it->features, it->dim, types, it->out, b * out_stride + it->dim);
	}
	free(v);
	return 0;
}
