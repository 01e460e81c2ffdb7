/* SPDX-License-Identifier: MIT */
/* Operators that the PE program `elementwise` carries out. */
#ifndef MTIA_OPS_ROWS_H
#define MTIA_OPS_ROWS_H

#include <stdbool.h>
#include "mtia/kernel_args.h"
#include "mtia/ops/types.h"
#include "mtia/pe.h"

#define MTIA_ROWS_BUFFERS 4

/* A launch in the making: the caller fills in kind, second, lut and stages. */
struct mtia_rows {
	const char *operation; /* for errors */
	struct mtia_elementwise_args args;
	struct mtia_buffer *buffers[MTIA_ROWS_BUFFERS]; /* x, y, second, lut */
};

/* Check and take x, which errors call x_name, and y: rows x cols of the given types. */
int mtia_rows_begin(struct mtia_rows *r, const char *operation, uint32_t rows, uint32_t cols,
		    const char *x_name, struct mtia_tensor *x, uint32_t x_type,
		    struct mtia_tensor *y, uint32_t y_type);
/* One stage more; `type` (enum mtia_dtype) is its result's. */
struct mtia_elementwise_stage *mtia_rows_stage(struct mtia_rows *r, enum mtia_pe_op op,
					       uint32_t flags, uint32_t type);
/* Choose tiles and sub-grid, append the launch. */
int mtia_rows_launch(struct mtia_rows *r, struct mtia_cmd *cmd, struct mtia_queue *queue);

/* A type as FLAGS has it; and which sign an 8-bit one has. */
enum mtia_type mtia_pe_type(uint32_t dtype);
bool mtia_is_float(uint32_t dtype);
bool mtia_is_8bit(uint32_t dtype);
/* The range of an 8-bit type. */
int32_t mtia_lowest(uint32_t dtype);
int32_t mtia_highest(uint32_t dtype);

/* > 0, it and its reciprocal finite; the zero point within the type's range. Else -EINVAL. */
int mtia_quant_check(const char *operation, const char *name, float scale, int32_t zero_point,
		     uint32_t dtype);
uint32_t mtia_f32_bits(float x);

#endif /* MTIA_OPS_ROWS_H */
