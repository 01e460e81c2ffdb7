/* SPDX-License-Identifier: MIT */
/*
 * Operators: recommendation-model layers as PE programs.
 *
 * Weights and tables are static in inference, so each operator has two steps: prepare once (lay the
 * weights out in device memory, fold what is constant), run often. A run appends one launch to a
 * command buffer (*_append), or is submitted as a job of its own (*_run). The arithmetic is that of
 * mtia_fc_ref() and mtia_tbe_ref() in mtia/ref.h, bit for bit.
 *
 * Returns 0 or a negative MTIA_E* / errno value; mtia_error_last() has the sentence. Descriptors
 * start with `size` and `flags`; members are only appended, zero is the default, an unknown
 * non-zero tail gives -EOPNOTSUPP.
 *
 * Threads: prepared objects are constant after creation; runs of the same object from several
 * threads are fine as long as they write different buffers. Objects keep their context alive.
 */
#ifndef MTIA_OPS_H
#define MTIA_OPS_H

#include <stddef.h>
#include <stdint.h>
#include "mtia/mtia.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Device memory rows of INT8 operands start at multiples of this (v1 has no unaligned DMA). */
#define MTIA_ROW_ALIGN 32

/* ---- Fully connected ------------------------------------------------------------------------------ */

/*
 * Prepared INT8 weights: W[N x K], row-major, one row an output column.
 *
 * raw[i][j] = sum_k (A[i][k] - a_zero_point) * (W[j][k] - w_zero_point[j]) + bias[j]    (s32)
 * u8 out    = clamp(rne(f32(raw * scale[j])) + c_zero_point, relu ? c_zero_point : 0, 255)
 * f32 out   = f32(raw * scale[j]), relu ? max(., 0)
 * s32 out   = raw without bias and zero points: the plain sum of A[i][k] * W[j][k]
 */
struct mtia_fc_weights_desc {
	uint32_t size, flags;	/* flags 0 */
	uint32_t n, k;		/* >= 1; k <= 65793, so that s32 cannot overflow */
	const int8_t *w;	/* N rows of K, ldw apart */
	size_t ldw;		/* elements; 0 = k */
	const float *scale;	/* N multipliers: a_scale * w_scale[j] / c_scale (u8), or without c_scale (f32) */
	const int32_t *bias;	/* N, or NULL */
	const int32_t *w_zero_point; /* N, or NULL for symmetric weights */
	int32_t a_zero_point;	/* 0 .. 255 */
};
struct mtia_fc_weights;
MTIA_API int mtia_fc_weights_create(struct mtia_context *context,
				    const struct mtia_fc_weights_desc *desc,
				    struct mtia_fc_weights **out);
MTIA_API void mtia_fc_weights_free(struct mtia_fc_weights *weights);

enum mtia_fc_out { MTIA_OUT_U8 = 0, MTIA_OUT_F32 = 1, MTIA_OUT_S32 = 2 };

#define MTIA_FC_DESC_RELU (1u << 0)

struct mtia_fc_desc {
	uint32_t size, flags; /* MTIA_FC_DESC_* */
	struct mtia_fc_weights *weights;
	uint32_t m; /* rows of A and C, >= 1 */
	uint32_t out; /* enum mtia_fc_out */
	struct mtia_buffer *a;	/* u8, M rows of K, lda bytes apart; offset and lda multiples of 32 */
	uint64_t a_offset, lda;
	struct mtia_buffer *c;	/* M rows of N elements, ldc bytes apart; multiples of 4 */
	uint64_t c_offset, ldc;
	int32_t c_zero_point;	/* u8 output */
	uint32_t k_split;	/* PEs that share K over the reduction network; 0 = planner's choice */
};
/* Append one launch that fits the queue's sub-grid. -ERANGE: a tensor leaves its buffer. */
MTIA_API int mtia_fc_append(struct mtia_cmd *cmd, struct mtia_queue *queue,
			    const struct mtia_fc_desc *desc);
MTIA_API int mtia_fc_run(struct mtia_queue *queue, const struct mtia_fc_desc *desc,
			 const mtia_event *deps, size_t dep_count, mtia_event *event);

/* ---- Table-batched embedding ------------------------------------------------------------------------- */

/* One table of INT8 rows as the host has it: D bytes, FP32 scale, FP32 bias, row_stride apart. */
struct mtia_table {
	const void *rows;
	uint64_t row_count; /* >= 1 */
	uint32_t dim;	    /* D, 1 .. 1024 */
	uint32_t row_stride; /* bytes; 0 = D + 8 */
};

/* Tables copied to device memory, each row padded to MTIA_ROW_ALIGN. */
struct mtia_tbe_tables;
MTIA_API int mtia_tbe_tables_create(struct mtia_context *context, const struct mtia_table *tables,
				    uint32_t table_count, struct mtia_tbe_tables **out);
MTIA_API void mtia_tbe_tables_free(struct mtia_tbe_tables *tables);
MTIA_API uint64_t mtia_tbe_tables_bytes(const struct mtia_tbe_tables *tables); /* device memory */

enum mtia_pooling { MTIA_POOL_SUM = 0, MTIA_POOL_MEAN = 1 };

/*
 * out[b][column of t ...] = pooled rows of table t for the bag indices[offsets[t * batch + b]] ..
 * indices[offsets[t * batch + b + 1]]; empty bags give zeros. Weights go with SUM only.
 */
struct mtia_tbe_desc {
	uint32_t size, flags; /* flags 0 */
	struct mtia_tbe_tables *tables;
	uint32_t batch;	      /* >= 1 */
	uint32_t pooling;     /* enum mtia_pooling */
	uint32_t index_bytes; /* 4 or 8, signed; indices and offsets */
	uint32_t reserved;
	uint64_t index_count;
	struct mtia_buffer *indices; /* offsets of all four inputs: multiples of 32 */
	uint64_t indices_offset;
	struct mtia_buffer *offsets; /* table_count * batch + 1 */
	uint64_t offsets_offset;
	struct mtia_buffer *weights; /* index_count FP32, or NULL */
	uint64_t weights_offset;
	struct mtia_buffer *out;     /* batch rows of FP32, out_stride bytes apart; multiples of 4 */
	uint64_t out_offset, out_stride; /* stride 0 = tight */
};
MTIA_API int mtia_tbe_append(struct mtia_cmd *cmd, struct mtia_queue *queue,
			     const struct mtia_tbe_desc *desc);
MTIA_API int mtia_tbe_run(struct mtia_queue *queue, const struct mtia_tbe_desc *desc,
			  const mtia_event *deps, size_t dep_count, mtia_event *event);

/*
 * What was wrong with the inputs of the newest run on these tables whose job ended with
 * MTIA_JOB_PE_EXIT; code 0 = nothing recorded. Call after the job has ended.
 */
struct mtia_tbe_finding {
	uint32_t code;	/* 1 index outside its table, 2 offsets decrease or leave the index array */
	uint32_t table, bag; /* t, b */
	uint64_t position;   /* in indices (code 1) or offsets (code 2) */
	int64_t value;	     /* the index */
	char text[160];	     /* the same as a sentence */
};
MTIA_API int mtia_tbe_finding(struct mtia_tbe_tables *tables, struct mtia_tbe_finding *out);

#ifdef __cplusplus
}
#endif
#endif /* MTIA_OPS_H */
