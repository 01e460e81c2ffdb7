/* SPDX-License-Identifier: MIT */
/* Element-wise operators: add, multiply, activations. */
#ifndef MTIA_OPS_ELEMENTWISE_H
#define MTIA_OPS_ELEMENTWISE_H

#include "mtia/ops/types.h"

#ifdef __cplusplus
extern "C" {
#endif

enum mtia_binary_op {
	MTIA_BINARY_ADD = 0,
	MTIA_BINARY_MUL = 1,
};

#define MTIA_BINARY_RELU  (1u << 0) /* max(result, +0), a NaN stays; floats only */
#define MTIA_BINARY_BCAST (1u << 1) /* b is one row, for all rows of a */

/*
 * y = a op b, all of one type: F32, F16, BF16 (the exact result rounded once) or S32 (modulo 2^32).
 * y may be a or b itself (same offset and stride; not b with BCAST).
 */
struct mtia_binary_desc {
	uint32_t size, flags; /* MTIA_BINARY_* */
	uint32_t op;	      /* enum mtia_binary_op */
	uint32_t type;	      /* MTIA_DTYPE_F32, _F16, _BF16, _S32 */
	uint32_t rows, cols;  /* >= 1 */
	struct mtia_tensor a, b, y;
};
MTIA_API int mtia_binary_append(struct mtia_cmd *cmd, struct mtia_queue *queue,
				const struct mtia_binary_desc *desc);
MTIA_API int mtia_binary_run(struct mtia_queue *queue, const struct mtia_binary_desc *desc,
			     const mtia_event *deps, size_t dep_count, mtia_event *event);

enum mtia_activation {
	MTIA_ACT_RELU = 0,
	MTIA_ACT_EXP = 1,
	MTIA_ACT_SIGMOID = 2,
	MTIA_ACT_TANH = 3,
	MTIA_ACT_GELU = 4, /* x * Phi(x), the exact form */
	MTIA_ACT_RECIPROCAL = 5,
	MTIA_ACT_SQRT = 6,
};
#define MTIA_ACTIVATIONS 7

/*
 * y = f(x).
 *
 * RELU: x and y of one type, F32, F16 or BF16: max(x, +0), a NaN stays.
 * The others look f up in a table, with linear or cubic interpolation (libmtia-user/ops/lut.c; the
 * steps are those of struct mtia_se_lut, uapi mtia/pe.h):
 *	x: F16; U8, S8: f32((f32)(x - x_zero_point) * x_scale); F32, BF16: rounded to F16 first
 *	v = table(x), FP32
 *	y: F32: v; F16, BF16: v rounded; U8, S8: clamp(rne(f32(v * f32(1 / y_scale))) + zero point);
 *	   rne saturates, a NaN counts as 0
 * mtia_activation_error() has the bound of |v - f(x)| that the tests prove for every FP16 x.
 * y may be x itself (same offset and stride) if their elements have one size.
 */
struct mtia_activation_desc {
	uint32_t size, flags; /* flags 0 */
	uint32_t function;    /* enum mtia_activation */
	uint32_t x_type, y_type; /* enum mtia_dtype but S32 */
	uint32_t rows, cols;  /* >= 1 */
	uint32_t reserved;
	struct mtia_tensor x, y;
	float x_scale, y_scale; /* of 8-bit types: > 0, it and its reciprocal finite */
	int32_t x_zero_point, y_zero_point; /* within the 8-bit type's range */
};
MTIA_API int mtia_activation_append(struct mtia_cmd *cmd, struct mtia_queue *queue,
				    const struct mtia_activation_desc *desc);
MTIA_API int mtia_activation_run(struct mtia_queue *queue, const struct mtia_activation_desc *desc,
				 const mtia_event *deps, size_t dep_count, mtia_event *event);

/* |v - f(x)| <= absolute + relative * |f(x)| wherever f(x) is finite and a normal FP32 or 0. */
struct mtia_activation_error {
	double absolute, relative;
};
MTIA_API int mtia_activation_error(enum mtia_activation function,
				   struct mtia_activation_error *out);

#ifdef __cplusplus
}
#endif
#endif /* MTIA_OPS_ELEMENTWISE_H */
