// SPDX-License-Identifier: MIT
/* Memory layout unit: copy and transpose of rows of 4-, 8-, 16- and 32-bit elements. */
#include "pe_internal.h"
#include "timing.h"

/* Source and destination as plain memory; strides in bytes, first: element in a row's first byte. */
struct layout {
	const uint8_t *src;
	uint8_t *dst;
	uint32_t src_stride, dst_stride;
	uint32_t src_first, dst_first;
	uint32_t rows, cols; /* of the source */
	uint32_t log2_bits;
};

static uint32_t row_bytes(uint32_t elements, uint32_t first, uint32_t log2_bits)
{
	return (((elements + first) << log2_bits) + 7) / 8;
}

static uint8_t nibble(const uint8_t *row, uint32_t i)
{
	return i % 2 ? row[i / 2] >> 4 : row[i / 2] & 15;
}

static void set_nibble(uint8_t *row, uint32_t i, uint8_t value)
{
	if (i % 2)
		row[i / 2] = (uint8_t)((row[i / 2] & 15) | value << 4);
	else
		row[i / 2] = (uint8_t)((row[i / 2] & 0xf0) | value);
}

static void copy(const struct layout *l)
{
	uint32_t bytes = (l->cols << l->log2_bits) / 8;

	for (uint32_t r = 0; r < l->rows; r++) {
		const uint8_t *src = l->src + (size_t)r * l->src_stride;
		uint8_t *dst = l->dst + (size_t)r * l->dst_stride;

		if (l->src_first || l->dst_first) {
			for (uint32_t c = 0; c < l->cols; c++)
				set_nibble(dst, l->dst_first + c, nibble(src, l->src_first + c));
			continue;
		}
		/* CBs may share memory; then the order is that of the rows. */
		memmove(dst, src, bytes);
		if (l->log2_bits == 2 && l->cols % 2)
			set_nibble(dst, l->cols - 1, nibble(src, l->cols - 1));
	}
}

/* By way of a variable: CBs may share memory. Constant sizes, so that each memcpy() is one move. */
static inline __attribute__((always_inline)) void turn(const struct layout *l, size_t size)
{
	/* Squares of rows and columns small enough to stay in the host's first-level cache. */
	for (uint32_t c0 = 0; c0 < l->cols; c0 += 32) {
		uint32_t c1 = c0 + 32 < l->cols ? c0 + 32 : l->cols;

		for (uint32_t r = 0; r < l->rows; r++)
			for (uint32_t c = c0; c < c1; c++) {
				uint32_t x;

				memcpy(&x, l->src + (size_t)r * l->src_stride + c * size, size);
				memcpy(l->dst + (size_t)c * l->dst_stride + r * size, &x, size);
			}
	}
}

static void transpose(const struct layout *l)
{
	switch (l->log2_bits) {
	case 2:
		for (uint32_t r = 0; r < l->rows; r++)
			for (uint32_t c = 0; c < l->cols; c++)
				set_nibble(l->dst + (size_t)c * l->dst_stride, l->dst_first + r,
					   nibble(l->src + (size_t)r * l->src_stride,
						  l->src_first + c));
		break;
	case 3:
		turn(l, 1);
		break;
	case 4:
		turn(l, 2);
		break;
	default:
		turn(l, 4);
		break;
	}
}

static uint64_t beats(uint32_t rows, uint32_t bytes)
{
	return (uint64_t)rows * ((bytes + MLU_BYTES_PER_CYCLE - 1) / MLU_BYTES_PER_CYCLE);
}

uint64_t mlu_start(struct mtia_pe *pe, const struct pe_cmd *cmd, uint64_t cycle)
{
	const struct pe_cb *src = &pe->s.cb[cmd->cb0], *dst = &pe->s.cb[cmd->cbd];
	bool turned = cmd->op == MTIA_OP_MLU_TRANSPOSE;
	uint32_t rows = turned ? cmd->cols : cmd->rows, cols = turned ? cmd->rows : cmd->cols;
	uint32_t at = cb_dst_pos(dst, cmd->offd), in, out;
	size_t src_bytes = cmd->need0 - cmd->off0, dst_bytes = cmd->needd - cmd->offd;
	uint8_t src_copy[LS_SIZE], dst_copy[LS_SIZE];
	struct layout l = {
		.src_stride = cmd->stride0, .dst_stride = cmd->stride_cb,
		.src_first = cmd->imm[1], .dst_first = cmd->imm[2],
		.rows = cmd->rows, .cols = cmd->cols, .log2_bits = cmd->imm[0],
	};

	l.src = cb_gather(pe, src, cb_src_pos(src, cmd->off0), src_bytes, src_copy);
	/* With what is there: gaps between rows and nibbles beside them stay. */
	if (cb_gather(pe, dst, at, dst_bytes, dst_copy) == dst_copy)
		l.dst = dst_copy;
	else
		l.dst = pe->s.ls + dst->base + at;
	if (turned)
		transpose(&l);
	else
		copy(&l);
	cb_scatter(pe, dst, at, l.dst, dst_bytes);

	in = row_bytes(cmd->cols, l.src_first, l.log2_bits);
	out = row_bytes(cols, l.dst_first, l.log2_bits);
	pe->s.counters.mlu_bytes += (uint64_t)rows * out;
	if (beats(cmd->rows, in) > beats(rows, out))
		return cycle + MLU_SETUP + beats(cmd->rows, in);
	return cycle + MLU_SETUP + beats(rows, out);
}
