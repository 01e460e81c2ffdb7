/* SPDX-License-Identifier: MIT */
/*
 * Arguments of the PE programs in firmware/kernels/, written by libmtia-user's operators. One
 * structure a program; every PE of a launch gets the same copy and finds its share of the work from
 * its position. All addresses are VAs.
 */
#ifndef MTIA_KERNEL_ARGS_H
#define MTIA_KERNEL_ARGS_H

#include "mtia/types.h"

/*
 * fc_int8: C[M x N] = epilogue(A[M x K] * W[N x K]^T), INT8 with INT32 accumulation.
 *
 * Mapping (paper section 4): rows of PEs split M; columns split N, and in groups of k_split
 * neighbouring columns K, whose partial sums run west to east over the reduction network. M and N
 * are cut in multiples of 64, K in multiples of 32.
 */
struct mtia_fc_args {
	__u64 a;	/* M rows of K bytes, lda apart; multiple of 32 */
	__u64 w;	/* N rows of K bytes, ldw apart; multiple of 32 */
	__u64 c;	/* M rows of N elements, ldc apart; multiple of 4 */
	__u64 cols;	/* N x struct mtia_se_col (pe.h); multiple of 32; unused for raw output */
	__u32 m, n, k;	/* >= 1 */
	__u32 lda, ldw; /* bytes, multiples of 32, >= K */
	__u32 ldc;	/* bytes, multiple of 4 */
	__u32 m_per_row, n_per_group, k_per_col; /* shares: multiples of 64, 64, 32 */
	__u32 k_split;	/* columns that share one N range, divides the launch's columns */
	__u32 out;	/* MTIA_FC_OUT_* */
	__u32 flags;	/* MTIA_FC_* */
	__s32 zero_point, lo, hi; /* 8 bits out: added after rounding, then the clamp */
	__u32 reserved;
};
MTIA_ASSERT_SIZE(struct mtia_fc_args, 96);

#define MTIA_FC_OUT_U8		0
#define MTIA_FC_OUT_F32		1
#define MTIA_FC_OUT_S32		2 /* the accumulators */
#define MTIA_FC_OUT_S8		3
#define MTIA_FC_OUT_F16		4
#define MTIA_FC_OUT_BF16	5

#define MTIA_FC_A_SIGNED	(1u << 0)
#define MTIA_FC_W_SIGNED	(1u << 1)
#define MTIA_FC_ROWSUM		(1u << 2) /* some column's zero point is not 0; k_split must be 1 */
#define MTIA_FC_RELU		(1u << 3) /* float output; for 8 bits it is in lo */
#define MTIA_FC_MULTICAST	(1u << 4) /* rows of PEs share reads of A, columns those of W */

/*
 * matmul: C[b] = epilogue(A[b] * B[b]^T), b < batch; INT8 with INT32, FP16 and BF16 with FP32
 * accumulation. Fully connected layers of FP16 and BF16 are a batch of one with a bias.
 *
 * Groups of k_split neighbouring columns of PEs share K; group g, counted along the rows, computes
 * part (g / n_parts / m_parts, g / n_parts % m_parts, g % n_parts) of batch, M and N. M and N are
 * cut in multiples of 64, K in multiples of 32 bytes. An element of A and B has es bytes.
 */
struct mtia_matmul_args {
	__u64 a;	/* M rows of K, lda apart; multiple of 32 */
	__u64 b;	/* N rows of K, or with MTIA_MATMUL_B_KN K rows of N, ldb apart; multiple of 32 */
	__u64 c;	/* M rows of N, ldc apart; multiple of 4 */
	__u64 bias;	/* N FP32, multiple of 32; 0 = none; not for INT8 */
	__u64 a_batch, b_batch, c_batch; /* bytes from one matrix to the next, multiples of 32, 32, 4 */
	__u32 batch, m, n, k; /* >= 1 */
	__u32 lda, ldb, ldc; /* bytes, multiples of 32, 32, 4 */
	__u32 batch_per, m_per, n_per, k_per; /* shares: any, multiples of 64, 64, 32 / es */
	__u32 m_parts, n_parts, k_split;
	__u32 type;	/* MTIA_TYPE_I8, _F16, _BF16 (pe.h) of A and B */
	__u32 out;	/* MTIA_FC_OUT_*; S32 for INT8 only */
	__u32 flags;	/* MTIA_MATMUL_* */
	__u32 scale;	/* FP32 bits: INT8: of every product; floats to 8 bits: 1 / c_scale */
	__s32 a_zero_point, b_zero_point; /* INT8, not for S32 out; with one k_split must be 1 */
	__s32 zero_point, lo, hi; /* 8 bits out */
	__u32 reserved;
};
MTIA_ASSERT_SIZE(struct mtia_matmul_args, 152);

#define MTIA_MATMUL_A_SIGNED	(1u << 0)
#define MTIA_MATMUL_B_SIGNED	(1u << 1)
#define MTIA_MATMUL_B_KN	(1u << 2)
#define MTIA_MATMUL_RELU	(1u << 3) /* of float output; for 8 bits it is in lo */
/* Rows of PEs share reads of A, columns those of B: a row has the n_parts, columns batch * m_parts. */
#define MTIA_MATMUL_MULTICAST	(1u << 4)

/*
 * transpose: y[b][c][r] = x[b][r][c], elements of 4, 8, 16 or 32 bits. Tiles of `tile` x `tile`
 * elements, counted b, r, c, go round the PEs.
 */
struct mtia_transpose_args {
	__u64 x;	/* rows of cols elements, x_stride apart; multiple of 32 */
	__u64 y;	/* cols rows of rows elements, y_stride apart; multiple of 4 */
	__u64 x_batch, y_batch; /* bytes from one matrix to the next, multiples of 32, 4 */
	__u32 batch, rows, cols; /* >= 1 */
	__u32 x_stride, y_stride; /* bytes, multiples of 32, 4 */
	__u32 log2_bits; /* of an element, 2 .. 5 */
	__u32 tile;	/* elements of its side: a row has a multiple of 32 bytes */
	__u32 reserved;
};
MTIA_ASSERT_SIZE(struct mtia_transpose_args, 64);

#define MTIA_TRANSPOSE_TILE	0x4000u /* bytes of a tile, at most */

/*
 * concat: row r of y = row r of all inputs, one behind the other, from element `from` on, which the
 * first input has. Pieces of `group` rows times `chunk` bytes of y go round the PEs.
 */
#define MTIA_CONCAT_INPUTS	64
struct mtia_concat_args {
	__u64 y;	/* rows of total - from elements, y_stride apart; multiple of 4 */
	__u64 from, total; /* elements; total: of all inputs, or less */
	__u32 y_stride; /* bytes, multiple of 4 */
	__u32 rows;	/* >= 1 */
	__u32 log2_bits; /* of an element, 2 .. 5 */
	__u32 group;	/* rows */
	__u32 chunk;	/* bytes, multiple of 32; group * chunk <= MTIA_CONCAT_PIECE */
	__u32 inputs;	/* 1 .. MTIA_CONCAT_INPUTS */
	struct mtia_concat_part {
		__u64 x;      /* rows of cols elements, stride apart; multiple of 32 */
		__u32 stride; /* bytes, multiple of 32 */
		__u32 cols;   /* >= 1 */
	} input[MTIA_CONCAT_INPUTS];
};
MTIA_ASSERT_SIZE(struct mtia_concat_args, 1072);

#define MTIA_CONCAT_GROUP	64u	/* rows of a piece, at most */
#define MTIA_CONCAT_PIECE	0x4000u /* bytes of a piece, at most */

/*
 * interaction: y[b] = x[b], then v_i . v_j for j < i, see mtia/ops/interaction.h. Types are
 * MTIA_TYPE_F32, _F16, _BF16 (pe.h). PE p of P takes bags batch * p / P and on.
 *
 * interaction_blocks: the same of bags that are large. PE p takes blocks p, p + P ... of them all, bag
 * after bag: one is the products of i = MTIA_INTERACTION_ROWS * n + 1 and on with all of their j.
 */
#define MTIA_INTERACTION_ROWS	32u /* of a block */
/* Local memory that interaction has for what of a bag has to be there at once: its vectors ... */
#define MTIA_INTERACTION_SPACE	0x11800u
#define MTIA_INTERACTION_TURNED	0x5000u /* ... and if they are FP32 this, for some that are turned */

struct mtia_interaction_args {
	__u64 x;   /* batch rows of dim, x_stride apart; multiple of 32 */
	__u64 emb; /* batch rows of features * dim, emb_stride apart; multiple of 32 */
	__u64 y;   /* batch rows, y_stride apart; multiple of 4 */
	__u32 x_stride, emb_stride, y_stride; /* bytes, multiples of 32, 32, 4 */
	__u32 batch, features, dim; /* >= 1 */
	__u32 type; /* of x and emb */
	__u32 out;  /* of y: type or MTIA_TYPE_F32 */
};
MTIA_ASSERT_SIZE(struct mtia_interaction_args, 56);

/*
 * tbe, tbe_wide: table-batched embedding over rows of any layout that SE_ROWS knows (pe.h).
 *
 * Bag g = t * batch + b. PE p of P takes bags g0 = total * p / P up to total * (p + 1) / P.
 *
 * tbe_wide takes rows of more than MTIA_TBE_PIECE elements, too. Those lie in device memory in pieces
 * of so many elements, the last one of the rest, one behind the other, each from a multiple of 32 on:
 * a row of that layout with the elements of the piece; of quantised ones each with scale and bias.
 */
struct mtia_tbe_table {
	__u64 rows_va;	  /* first row; multiple of 32 */
	__u64 rows;	  /* number of rows, >= 1 */
	__u32 row_stride; /* bytes, multiple of 32: row_bytes rounded up, or the sum of the pieces */
	__u32 dim;	  /* D, >= 1; for tbe at most MTIA_TBE_PIECE */
	__u32 out_column; /* first element of this table in an output row */
	__u16 layout;	  /* enum mtia_se_row */
	__u16 row_bytes;  /* tbe: of a row of D elements in this layout; tbe_wide does not look at it */
};
MTIA_ASSERT_SIZE(struct mtia_tbe_table, 32);

#define MTIA_TBE_PIECE	1024u /* elements: what SE_ROWS takes */

struct mtia_tbe_args {
	__u64 tables;	   /* table_count x struct mtia_tbe_table; multiple of 32 */
	__u64 indices;	   /* index_count integers; multiple of 32 */
	__u64 offsets;	   /* table_count * batch + 1 integers; multiple of 32 */
	__u64 weights;	   /* index_count FP32; multiple of 32; 0 = unweighted */
	/*
	 * batch rows, out_stride apart; multiple of 4. FP32, or with F16 that, or with U8 bytes, FP32
	 * scale and bias a bag, tables tight. With NO_POOLING index_count rows: U8 means as they are.
	 */
	__u64 out;
	__u64 error;	   /* struct mtia_tbe_error, with COUNT one a PE, code 0 before; multiple of 32 */
	__u64 index_count;
	__u32 table_count;
	__u32 batch;
	__u32 index_bytes; /* 4 or 8, signed, also for offsets */
	__u32 out_stride;  /* bytes, multiple of 4 */
	__u32 flags;	   /* MTIA_TBE_* */
	__u32 row_cb_size; /* bytes of the row buffer: multiple of the tables' CB row if they have one */
};
MTIA_ASSERT_SIZE(struct mtia_tbe_args, 80);

#define MTIA_TBE_MEAN		(1u << 0)
#define MTIA_TBE_REPAIR		(1u << 1) /* MTIA_BOUNDS_IGNORE, _WARNING: correct */
#define MTIA_TBE_EXACT		(1u << 2) /* MTIA_BOUNDS_FATAL: the last offset is index_count */
#define MTIA_TBE_COUNT		(1u << 3) /* MTIA_BOUNDS_WARNING: every PE records what it corrected */
#define MTIA_TBE_SKIP		(1u << 4) /* index -1 has no row */
#define MTIA_TBE_NO_POOLING	(1u << 5) /* an output row an index; all tables have one dim */
#define MTIA_TBE_F16		(1u << 6) /* output */
#define MTIA_TBE_U8		(1u << 7) /* output; with NO_POOLING tables have one quantised layout */
#define MTIA_TBE_ROWS128	(1u << 8) /* MTIA_CAP_SE_ROWS128 */

/*
 * Exit codes of tbe; the record at args.error says where: a PE's first finding in the order of
 * its bags. Without COUNT the PEs share one record.
 */
#define MTIA_TBE_EXIT_INDEX	1 /* index outside its table */
#define MTIA_TBE_EXIT_OFFSETS	2 /* offsets decrease or leave the index array */

struct mtia_tbe_error {
	__u32 code;
	__u32 table;
	__u32 bag;	/* b */
	__u32 records;	/* how many there are from args.error on, also if nothing was found */
	__u64 position; /* in indices, or g */
	__s64 value;	/* what stood there */
	__u64 bad_offsets, bad_indices; /* COUNT: how many bags and indices; else 0 */
};
MTIA_ASSERT_SIZE(struct mtia_tbe_error, 48);

/*
 * elementwise: y = the stages, one after the other, of x and for the first one of a second operand.
 * Tiles of tile_rows x tile_cols elements, counted down the rows of one column of tiles, then the
 * next; PE p of P takes tiles total * p / P and on. A stage is one SE operation (pe.h) that goes
 * over a tile; what FLAGS and IMM hold comes from here.
 */
struct mtia_elementwise_stage {
	__u32 op;	/* MTIA_OP_SE_CONVERT .. _RELU, _LOOKUP */
	__u32 flags;	/* MTIA_F_*; the first one's types 0 and 1 are those of x and second */
	__u32 imm[3];
	__u32 bytes;	/* of an element of its result */
};

#define MTIA_ELEMENTWISE_STAGES	3

struct mtia_elementwise_args {
	__u64 x;	/* rows of cols elements, x_stride apart; multiple of 32 */
	__u64 y;	/* rows of cols elements, y_stride apart; multiple of 4; may be x or second */
	__u64 second;	/* MTIA_ELEMENTWISE_*; multiple of 32 */
	__u64 lut;	/* struct mtia_se_lut and its segments, for LOOKUP; multiple of 32 */
	__u32 rows, cols; /* >= 1 */
	__u32 x_stride, y_stride, second_stride; /* bytes, multiples of 32, 4, 32 */
	/* 1 .. 64 and a multiple of 4, 1 .. 1024 and of 32, unless all rows, columns are in one */
	__u32 tile_rows, tile_cols;
	__u32 x_bytes;	/* of an element */
	__u32 lut_bytes; /* 0 = no table */
	__u32 kind;	/* MTIA_ELEMENTWISE_*, of second */
	__u32 stages;	/* 1 .. MTIA_ELEMENTWISE_STAGES */
	struct mtia_elementwise_stage stage[MTIA_ELEMENTWISE_STAGES];
	__u32 reserved;
};
MTIA_ASSERT_SIZE(struct mtia_elementwise_args, 152);

#define MTIA_ELEMENTWISE_TILE	4096u /* elements of a tile, at most */

#define MTIA_ELEMENTWISE_NONE	 0 /* no second operand */
#define MTIA_ELEMENTWISE_TENSOR	 1 /* elements as x's, second_stride apart */
#define MTIA_ELEMENTWISE_BCAST	 2 /* one row of elements as x's */
#define MTIA_ELEMENTWISE_PER_ROW 3 /* struct mtia_se_quant, one a row */
#define MTIA_ELEMENTWISE_PER_COL 4 /* one a column */
#define MTIA_ELEMENTWISE_INVERT	 8 /* PER_ROW, PER_COL: it holds scales, their reciprocals are used */

/*
 * rowwise: each row of floats becomes cols bytes, FP32 scale, FP32 bias, see struct
 * mtia_rowwise_desc. PE p of P takes rows total * p / P and on; its cores share them.
 */
struct mtia_rowwise_args {
	__u64 x;	/* rows of cols elements, x_stride apart; multiple of 32 */
	__u64 y;	/* rows of cols + 8 bytes, y_stride apart; multiple of 4 */
	__u32 rows, cols; /* >= 1 */
	__u32 x_stride, y_stride; /* bytes, multiples of 32, 4 */
	__u32 type;	/* of x: MTIA_TYPE_F32, _F16, _BF16 (pe.h) */
	__u32 reserved;
};
MTIA_ASSERT_SIZE(struct mtia_rowwise_args, 40);

/*
 * layernorm: see struct mtia_layernorm_desc. PE p of P takes rows rows * p / P and on.
 */
struct mtia_layernorm_args {
	__u64 x;	/* rows of cols elements, x_stride apart; multiple of 32 */
	__u64 y;	/* rows of cols elements, y_stride apart; multiple of 4; may be x */
	__u64 gamma, beta; /* cols FP32 each, multiples of 32; 0, 0 = none */
	__u32 rows, cols; /* >= 1 */
	__u32 x_stride, y_stride; /* bytes, multiples of 32, 4 */
	__u32 type, out; /* of x, y: MTIA_TYPE_F32, _F16, _BF16 (pe.h) */
	float epsilon;
	__u32 reserved;
};
MTIA_ASSERT_SIZE(struct mtia_layernorm_args, 64);

/*
 * reduce_add: see struct mtia_reduce_add_desc. An item is tile_cols columns of y of one matrix,
 * counted along the columns, then the batch. PE p of P takes items total * p / P and on.
 */
struct mtia_reduce_add_args {
	__u64 x;	/* rows of cols elements, x_stride apart; multiple of 32 */
	__u64 y;	/* batch rows of cols elements, y_stride apart; multiple of 4 */
	__u64 x_batch;	/* bytes from one matrix to the next, multiple of 32 */
	__u32 batch, rows, cols; /* >= 1 */
	__u32 x_stride, y_stride; /* bytes, multiples of 32, 4 */
	__u32 type, out; /* of x, y: MTIA_TYPE_F32, _F16, _BF16 (pe.h) */
	__u32 tile_cols; /* 1 .. 1024, and a multiple of 32 unless all columns are in one */
};
MTIA_ASSERT_SIZE(struct mtia_reduce_add_args, 56);

/* Bytes of local memory a PE program may give to CBs, from MTIA_PE_ARGS_SIZE up. */
#define MTIA_KERNEL_CB_LIMIT	0x1e000u /* stacks of both cores lie above */
/* Row buffer of tbe: what is left after its other CBs. */
#define MTIA_TBE_ROW_CB_MAX	0x11000u

#endif /* MTIA_KERNEL_ARGS_H */
