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
 *	7 sigmoid	p = 1 / (1 + exp(-logit))
 *
 * 1, 3 and 6 are the device's and come in through struct dlrm_device; 2, 4, 5 and 7 are the host's.
 * The composition exists once, so the device and the reference differ in the three calls alone, and
 * a difference found in one of them is that operator's.
 */
#ifndef MTIA_DLRM_FORWARD_H
#define MTIA_DLRM_FORWARD_H

#include "model.h"

/* Where TBE and FC run. Each returns 0 or a negative error, which the forward pass hands back. */
struct dlrm_device {
	void *context;
	/* offsets[tables * batch + 1], indices[index_count]; out [batch][tables * dim], tight. */
	int (*tbe)(void *context, uint32_t batch, const int32_t *indices, uint64_t index_count,
		   const int32_t *offsets, float *out);
	/* All layers of model->bottom or model->top: in [batch][in of the first], out [batch][out
	 * of the last], both tight.
	 */
	int (*mlp)(void *context, const struct dlrm_mlp *mlp, uint32_t batch, const uint8_t *in,
		   float *out);
};

/*
 * Rows first .. first + count - 1 of data; logit[count]. Model and data must have passed
 * dlrm_model_check(). -EINVAL for rows out of range, -ENOMEM.
 */
int dlrm_forward_int8(const struct dlrm_model *model, const struct dlrm_data *data, uint32_t first,
		      uint32_t count, const struct dlrm_device *device, float *logit);
int dlrm_forward_f32(const struct dlrm_model *model, const struct dlrm_data *data, uint32_t first,
		     uint32_t count, float *logit);

/* The bit-exact reference of a device; context is the model. */
int dlrm_tbe_ref(void *context, uint32_t batch, const int32_t *indices, uint64_t index_count,
		 const int32_t *offsets, float *out);
int dlrm_mlp_ref(void *context, const struct dlrm_mlp *mlp, uint32_t batch, const uint8_t *in,
		 float *out);

float dlrm_sigmoid(float logit);

#endif /* MTIA_DLRM_FORWARD_H */
