/* SPDX-License-Identifier: MIT */
/* Tiles of FP32, FP16 or BF16 in memory, as FP32 in local memory: bringing them in and out. */
#ifndef MTIA_FLOAT_TILE_H
#define MTIA_FLOAT_TILE_H

#include "mtia/pe_program.h"

#define TILE_ROWS MTIA_SE_MAX_SUMS /* at most: what SE converts at a time */
#define TILE_COLS MTIA_SE_MAX_D

struct float_tile {
	uint64_t va;	     /* of its first element */
	uint32_t stride;     /* bytes from row to row in memory */
	uint32_t type;	     /* MTIA_TYPE_F32, _F16, _BF16 in memory */
	uint32_t rows, cols; /* 1 .. TILE_ROWS, 1 .. TILE_COLS */
	uint32_t slot;	     /* bytes from row to row as FP32, even */
};

PE_INLINE uint32_t tile_min(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

PE_INLINE uint32_t tile_bytes_of(uint32_t type)
{
	return type == MTIA_TYPE_F32 ? 4 : 2;
}

/* Bytes of a row as FP32, so that the next one begins where a vector register would. */
PE_INLINE uint32_t tile_slot(uint32_t cols)
{
	return (4 * cols + 63) & ~63u;
}

PE_INLINE void tile_dma(const struct float_tile *t)
{
	pe_set(MTIA_CSR_ROWS, t->rows);
	pe_set(MTIA_CSR_COLS, t->cols * tile_bytes_of(t->type));
	pe_set(MTIA_CSR_STRIDE_MEM, t->stride);
	pe_set(MTIA_CSR_STRIDE_CB, t->type == MTIA_TYPE_F32 ? t->slot : t->slot / 2);
}

/* Append it to CB `cb`, by way of CB `raw` if its type is not FP32: slot / 2 bytes a row. */
PE_INLINE void tile_in(const struct float_tile *t, uint32_t cb, uint32_t raw)
{
	tile_dma(t);
	if (t->type == MTIA_TYPE_F32) {
		pe_issue(MTIA_OP_DMA_IN, t->va, cb);
		return;
	}
	pe_issue(MTIA_OP_DMA_IN, t->va, raw);
	pe_set(MTIA_CSR_CB0, raw);
	pe_set(MTIA_CSR_STRIDE0, t->slot / 2);
	pe_set(MTIA_CSR_STRIDE_CB, t->slot);
	pe_set(MTIA_CSR_FLAGS, MTIA_F_TYPE0(t->type) | MTIA_F_TYPED(MTIA_TYPE_F32));
	pe_issue(MTIA_OP_SE_CONVERT, t->rows | (uint64_t)t->cols << 32, cb);
	pe_cb_push(cb, t->rows * t->slot);
	pe_cb_pop(raw, t->rows * (t->slot / 2));
}

/* The oldest rows * slot bytes of CB `cb` to memory, likewise; they are used up. */
PE_INLINE void tile_out(const struct float_tile *t, uint32_t cb, uint32_t raw)
{
	if (t->type != MTIA_TYPE_F32) {
		pe_set(MTIA_CSR_CB0, cb);
		pe_set(MTIA_CSR_STRIDE0, t->slot);
		pe_set(MTIA_CSR_STRIDE_CB, t->slot / 2);
		pe_set(MTIA_CSR_FLAGS, MTIA_F_TYPE0(MTIA_TYPE_F32) | MTIA_F_TYPED(t->type));
		pe_issue(MTIA_OP_SE_CONVERT, t->rows | (uint64_t)t->cols << 32, raw);
		pe_cb_push(raw, t->rows * (t->slot / 2));
		pe_cb_pop(cb, t->rows * t->slot);
		cb = raw;
	}
	tile_dma(t);
	pe_issue(MTIA_OP_DMA_OUT, t->va, cb);
}

#endif /* MTIA_FLOAT_TILE_H */
