/* SPDX-License-Identifier: MIT */
/* Table-batched embedding (TBE). */
#ifndef MTIA_OPS_TBE_H
#define MTIA_OPS_TBE_H

#include "mtia/ops/types.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * How a row of D elements lies in memory. U8 and U4 elements q stand for scale * q + bias. "Last"
 * is FBGEMM's fused row-wise format, "first" that of its TBE inference kernels. Element 0 of U4 is
 * the low nibble of byte 0; D must be even.
 */
enum mtia_table_layout {
	MTIA_TABLE_U8_F32_LAST = 0,  /* D bytes | FP32 scale | FP32 bias: D + 8 bytes */
	MTIA_TABLE_U8_F16_FIRST = 1, /* FP16 scale | FP16 bias | D bytes: D + 4 */
	MTIA_TABLE_U4_F16_LAST = 2,  /* D / 2 bytes | FP16 scale | FP16 bias: D / 2 + 4 */
	MTIA_TABLE_U4_F16_FIRST = 3, /* FP16 scale | FP16 bias | D / 2 bytes: D / 2 + 4 */
	MTIA_TABLE_F16 = 4,	     /* D FP16 */
	MTIA_TABLE_F32 = 5,	     /* D FP32 */
};
/*
 * Bytes of a row without padding; 0 if there is no such layout, D does not go with it, or a row had
 * 4 GiB.
 */
MTIA_API uint32_t mtia_table_row_bytes(enum mtia_table_layout layout, uint32_t dim);

/* One table as the host has it. Rows need no alignment. */
struct mtia_table {
	const void *rows;
	uint64_t row_count; /* >= 1 */
	uint32_t dim;	    /* D, >= 1 */
	uint32_t row_stride; /* bytes; 0 = mtia_table_row_bytes() */
	uint32_t layout;    /* enum mtia_table_layout */
	uint32_t reserved;  /* 0 */
};

/*
 * Tables copied to device memory, each row padded to MTIA_ROW_ALIGN. Layouts and D may differ; a
 * row, padded, has less than 4 GiB, an output row of all tables less than 2^30 elements. A row of
 * more than 1024 elements is laid out in pieces of so many, each padded, with scale and bias.
 */
struct mtia_tbe_tables;
MTIA_API int mtia_tbe_tables_create(struct mtia_context *context, const struct mtia_table *tables,
				    uint32_t table_count, struct mtia_tbe_tables **out);
MTIA_API void mtia_tbe_tables_free(struct mtia_tbe_tables *tables);
MTIA_API uint64_t mtia_tbe_tables_bytes(const struct mtia_tbe_tables *tables); /* device memory */

enum mtia_pooling {
	MTIA_POOL_SUM = 0,
	MTIA_POOL_MEAN = 1,
	MTIA_POOL_NONE = 2, /* no pooling: an output row an index */
};

/*
 * What becomes of bad input (FBGEMM's bounds_check_indices; an index is bad unless 0 <= index <
 * rows of its table, or it is -1 with MTIA_TBE_PRUNED). n = index_count.
 *
 * FATAL: 0 <= offsets[g] <= offsets[g + 1] <= n, offsets[last] == n and good indices, or the job
 *   ends with MTIA_JOB_PE_EXIT, the output unspecified, and mtia_tbe_finding() names one violation.
 * WARNING: the input is taken as if offsets[last] = n; bag g = from clamp(offsets[g], 0, n) to
 *   clamp(offsets[g + 1], that, n), from the offsets as given (FBGEMM's CPU code lets a corrected
 *   offset move the next bag's start; its GPU code has no order); a bad index is 0.
 *   mtia_tbe_finding() names the first correction in the order of bags, then of positions (a bag's
 *   offsets before its indices), and counts them all.
 * IGNORE: the same, nothing named or counted.
 * NONE: nothing is corrected, and offsets[last] < n is allowed; else as FATAL (FBGEMM's kernel
 *   proper fails, too).
 */
enum mtia_bounds {
	MTIA_BOUNDS_FATAL = 0,
	MTIA_BOUNDS_WARNING = 1,
	MTIA_BOUNDS_IGNORE = 2,
	MTIA_BOUNDS_NONE = 3,
};

/*
 * SUM, MEAN: MTIA_TBE_OUT_U8 is D bytes q, FP32 scale, FP32 bias a bag, tight: table t begins at
 * byte sum of (D + 8) of the tables before. With lo, hi the least and greatest acc (IEEE
 * minimumNumber, maximumNumber: -0 < +0, NaN ignored unless all are):
 *	scale = f32(f32(hi - lo) / 255), bias = lo
 *	inv = f32(255 / f32(f32(scale * 255) + 1e-8f))
 *	q = clamp(rne(f32(f32(acc - lo) * inv)), 0, 255); a NaN counts as 0
 * NONE: a copy of the row as its table has it, without padding, for tables of one quantised layout.
 */
enum mtia_tbe_out {
	MTIA_TBE_OUT_F32 = 0,
	MTIA_TBE_OUT_F16 = 1, /* the FP32 result rounded */
	MTIA_TBE_OUT_U8 = 2,
};

#define MTIA_TBE_PRUNED (1u << 0) /* -1 is a pruned row: adds nothing, counts in MEAN's length */

/*
 * SUM, MEAN: out[b][column of t ...] = pooled rows of table t for the bag indices[offsets[g]] ..
 * indices[offsets[g + 1] - 1], g = t * batch + b; empty bags give zeros. Weights go with SUM only.
 * NONE: out[l] = row indices[l] of the table whose bag holds l, for l = 0 .. index_count - 1; all
 * tables have one D; a pruned row gives zeros; rows that no bag holds are not written. After offsets
 * that decrease were corrected, several bags may hold l: then the last of them counts.
 * The arithmetic is that of mtia_tbe_ref().
 */
struct mtia_tbe_desc {
	uint32_t size, flags; /* MTIA_TBE_PRUNED */
	struct mtia_tbe_tables *tables;
	uint32_t batch;	      /* >= 1 */
	uint32_t pooling;     /* enum mtia_pooling */
	uint32_t index_bytes; /* 4 or 8, signed; indices and offsets */
	uint32_t bounds;      /* enum mtia_bounds */
	uint64_t index_count; /* with MEAN below 2^32 */
	struct mtia_buffer *indices; /* offsets of all four inputs: multiples of 32 */
	uint64_t indices_offset;
	struct mtia_buffer *offsets; /* table_count * batch + 1 */
	uint64_t offsets_offset;
	struct mtia_buffer *weights; /* index_count FP32, or NULL */
	uint64_t weights_offset;
	struct mtia_buffer *out;     /* rows, out_stride bytes apart; multiples of 4 */
	uint64_t out_offset, out_stride; /* stride 0 = tight, rounded up to a multiple of 4 */
	uint32_t out_type;	     /* enum mtia_tbe_out */
	uint32_t reserved;
};
MTIA_API int mtia_tbe_append(struct mtia_cmd *cmd, struct mtia_queue *queue,
			     const struct mtia_tbe_desc *desc);
MTIA_API int mtia_tbe_run(struct mtia_queue *queue, const struct mtia_tbe_desc *desc,
			  const mtia_event *deps, size_t dep_count, mtia_event *event);

/*
 * What was wrong with the inputs of the newest run on these tables: one that ended with
 * MTIA_JOB_PE_EXIT, or one with MTIA_BOUNDS_WARNING; code 0 = nothing recorded. Call after the job
 * has ended, and before the next run on these tables is submitted.
 */
struct mtia_tbe_finding {
	/* 1 index outside its table, 2 offsets decrease, leave the indices or end before them */
	uint32_t code;
	uint32_t table, bag; /* t, b */
	uint64_t position;   /* in indices (code 1) or offsets (code 2) */
	int64_t value;	     /* the index */
	char text[160];	     /* the same as a sentence */
	/* MTIA_BOUNDS_WARNING: how many bags and indices were corrected; else 0. */
	uint64_t bad_offsets, bad_indices;
};
MTIA_API int mtia_tbe_finding(struct mtia_tbe_tables *tables, struct mtia_tbe_finding *out);

#ifdef __cplusplus
}
#endif
#endif /* MTIA_OPS_TBE_H */
