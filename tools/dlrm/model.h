/* SPDX-License-Identifier: MIT */
/*
 * A trained DLRM: FP32 weights as stored, and the INT8 form derived from them.
 *
 * INT8 form, the same on every machine:
 *	embedding rows	mtia_quantize_rowwise_u8(): dim bytes, FP32 scale, FP32 bias
 *	FC weights	per output channel, symmetric: w_scale = f32(max|w| / 127), 1 if that is 0;
 *			wq = rne(f32(w / w_scale))
 *	FC bias		rne(bias / (in_scale * w_scale)) in FP64, clamped to int32
 *	FC multiplier	f32(in_scale * w_scale) for FP32 output; for u8 that, divided by the next
 *			layer's in_scale, rounded to FP32 again
 * Constant once opened; any number of threads may read it.
 */
#ifndef MTIA_DLRM_MODEL_H
#define MTIA_DLRM_MODEL_H

#include "dataset.h"
#include "mtia/ops.h"

/*
 * One fully connected layer; fields as struct mtia_fc_weights_desc and struct mtia_fc_desc want
 * them: n = out, k = in, a_zero_point = in_zero_point, c_zero_point = out_zero_point. Weights are
 * symmetric (w_zero_point NULL).
 */
struct dlrm_layer {
	uint32_t in, out;
	bool relu;
	const float *weight, *bias; /* FP32: [out][in], [out] */
	float in_scale;
	int32_t in_zero_point;
	enum mtia_fc_out out_type; /* MTIA_OUT_U8, the last layer of an MLP MTIA_OUT_F32 */
	int32_t out_zero_point;	   /* of MTIA_OUT_U8: the next layer's in_zero_point */
	int8_t *weight_q;	   /* [out][in] */
	int32_t *bias_q;	   /* [out] */
	float *scale;		   /* [out] */
};

struct dlrm_mlp {
	uint32_t count;
	struct dlrm_layer layers[DLRM_MAX_LAYERS];
};

#define DLRM_MODEL_NAME "model.dlrm" /* beside DLRM_PREPARED_NAME in a data directory */

struct dlrm_model {
	const char *schema; /* NUL-terminated; for dlrm_data_open() */
	uint32_t vocabulary_crc;
	uint32_t tables, dense_count, dim;
	enum mtia_pooling pooling;
	const struct dlrm_feature *features;
	const struct dlrm_dense *dense_features;
	struct mtia_table table_f32[DLRM_MAX_TABLES]; /* dim floats, for mtia_tbe_f32_ref() */
	struct mtia_table table_q[DLRM_MAX_TABLES];   /* INT8, for mtia_tbe_tables_create() */
	struct dlrm_mlp bottom; /* dense_count -> dim */
	struct dlrm_mlp top;	/* dlrm_interaction_width() -> 1 */
	void *image, *derived;	/* own all of the above */
};

/* Columns of the interaction's result: dim + (tables + 1) * tables / 2. */
static inline uint32_t dlrm_interaction_width(const struct dlrm_model *model)
{
	return model->dim + (model->tables + 1) * model->tables / 2;
}

/*
 * Errors: -errno of the file system, -EBADMSG (truncated, corrupt, shapes that do not fit each
 * other, a weight that is not finite), -ENOMEM.
 */
int dlrm_model_open(const char *path, struct dlrm_model **out, struct dlrm_error *error);
void dlrm_model_free(struct dlrm_model *model);

/* Was the model trained for data of this meaning? -EINVAL names the first difference. */
int dlrm_model_check(const struct dlrm_model *model, const struct dlrm_data *data,
		     struct dlrm_error *error);

#endif /* MTIA_DLRM_MODEL_H */
