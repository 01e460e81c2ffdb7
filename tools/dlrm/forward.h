/* SPDX-License-Identifier: MIT */
/*
 * The forward pass, layer by layer (DLRM, facebookresearch/dlrm dlrm_s_pytorch.py):
 *
 *	1 TBE		indices, offsets of the rows (dlrm_data_bags)	-> emb f32 [B][tables * dim]
 *			one call over all tables, model->pooling
 *	2 quantise	dense f32 [B][dense_count], bottom.layers[0].in_scale/in_zero_point -> u8
 *	3 bottom MLP	FC per layer: u8 -> u8 ... -> f32		-> x f32 [B][dim], ReLU
 *	4 interaction	x, emb						-> r f32 [B][width]
 *	5 quantise	r with top.layers[0].in_scale/in_zero_point	-> u8
 *	6 top MLP	FC per layer: u8 -> u8 ... -> f32		-> logit f32 [B][1], no ReLU
 *	7 sigmoid	p, approximated as mtia_activation_run() does	-> p f32 [B][1]
 *
 * The INT8 one is the bit-exact reference of what `mtia run dlrm` has the device do; the FP32 one,
 * without the two quantisations and the sigmoid, is the baseline of its accuracy.
 */
#ifndef MTIA_DLRM_FORWARD_H
#define MTIA_DLRM_FORWARD_H

#include "model.h"

/* Where a step's results go, tight; NULL: nowhere. */
struct dlrm_results {
	float *emb;	    /* 1: [B][tables * dim] */
	float *x;	    /* 3: [B][dim] */
	float *joined;	    /* 4: [B][dlrm_interaction_width()] */
	float *logit;	    /* 6: [B] */
	float *probability; /* 7: [B] */
};

/*
 * Rows first .. first + count - 1 of data. Model and data must have passed dlrm_model_check().
 * -EINVAL for rows out of range, -ENOMEM.
 */
int dlrm_forward_int8(const struct dlrm_model *model, const struct dlrm_data *data, uint32_t first,
		      uint32_t count, const struct dlrm_results *results);
int dlrm_forward_f32(const struct dlrm_model *model, const struct dlrm_data *data, uint32_t first,
		     uint32_t count, float *logit);

#endif /* MTIA_DLRM_FORWARD_H */
