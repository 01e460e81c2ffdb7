/* SPDX-License-Identifier: MIT */
/*
 * How commands are decoded and checked: shared by cp_decode.c and the units' *_decode.c files.
 *
 * A new operation is a row in cp_decode.c's table, and a decode and a check function in its unit's
 * file. decode() keeps fields as they are, only too large ones saturate: check() refuses them. It
 * looks at every field that the operation uses, in the order of the CSRs, registers first; sets the
 * needs and the masks; afterwards nothing in the command can make a unit leave local memory. It
 * works on the decoded form alone, so that commands of a snapshot go through the very same checks.
 */
#ifndef MTIA_MODEL_PE_CP_DECODE_H
#define MTIA_MODEL_PE_CP_DECODE_H

#include "pe_internal.h"

/* CB operands that an operation cannot be without. */
#define NEEDS_CB0 1u
#define NEEDS_CB1 2u
#define NEEDS_CBD 4u

/* The operation does not look at FLAGS. */
#define ANY_FLAGS UINT32_MAX

struct cp_op {
	enum pe_unit unit;
	uint8_t cbs;		/* NEEDS_* */
	uint32_t cb0_if, cb1_if; /* FLAGS with which it needs CB0, CB1 as well */
	uint32_t flags;		/* FLAGS it knows; any other is illegal */
	uint64_t caps;		/* MTIA_CAP_* without which it is an unknown operation */
	void (*decode)(struct pe_cmd *cmd, const uint64_t *csr, uint64_t rs1, uint64_t rs2);
	enum mtia_pe_field (*check)(const struct mtia_pe *pe, struct pe_cmd *cmd);
};

#define CSR(name) csr[MTIA_CSR_##name - MTIA_CSR_CB0]

static inline uint32_t sat32(uint64_t x)
{
	return x > UINT32_MAX ? UINT32_MAX : (uint32_t)x;
}

static inline uint8_t sat8(uint64_t x)
{
	return x > 0xfe ? 0xfe : (uint8_t)x;
}

/* Tight if 0; rows must not overlap. Bounded, so that sizes computed with it cannot overflow. */
static inline bool stride_ok(uint32_t *stride, uint32_t tight)
{
	if (!*stride)
		*stride = tight;
	return *stride >= tight && *stride <= LS_SIZE;
}

/* First byte behind `rows` rows of `row` bytes, the first one at `off`. */
static inline uint64_t extent(uint32_t off, uint32_t rows, uint32_t stride, uint32_t row)
{
	return off + (rows ? (uint64_t)(rows - 1) * stride + row : 0);
}

static inline bool tile_size(uint32_t x)
{
	return x >= 1 && x <= MTIA_DPE_TILE;
}

static inline bool aligned(uint64_t x, uint32_t to)
{
	return !(x & (to - 1));
}

/* cp_decode.c: what the command does to CBs, banks or links. */
void cp_use(struct pe_cmd *cmd, enum cp_class class, uint32_t bits);
/* Begins after those before it that have this too, but does not wait for their end. */
void cp_use_mc_order(struct pe_cmd *cmd);

/* fi_decode.c */
void dma_decode(struct pe_cmd *cmd, const uint64_t *csr, uint64_t rs1, uint64_t rs2);
enum mtia_pe_field dma_check(const struct mtia_pe *pe, struct pe_cmd *cmd);
void join_decode(struct pe_cmd *cmd, const uint64_t *csr, uint64_t rs1, uint64_t rs2);
enum mtia_pe_field join_check(const struct mtia_pe *pe, struct pe_cmd *cmd);

/* dpe_decode.c */
void mml_decode(struct pe_cmd *cmd, const uint64_t *csr, uint64_t rs1, uint64_t rs2);
enum mtia_pe_field mml_check(const struct mtia_pe *pe, struct pe_cmd *cmd);

/* mlu_decode.c */
void mlu_decode(struct pe_cmd *cmd, const uint64_t *csr, uint64_t rs1, uint64_t rs2);
enum mtia_pe_field mlu_check(const struct mtia_pe *pe, struct pe_cmd *cmd);

/* re_decode.c */
void re_init_decode(struct pe_cmd *cmd, const uint64_t *csr, uint64_t rs1, uint64_t rs2);
enum mtia_pe_field re_init_check(const struct mtia_pe *pe, struct pe_cmd *cmd);
void re_link_decode(struct pe_cmd *cmd, const uint64_t *csr, uint64_t rs1, uint64_t rs2);
enum mtia_pe_field re_link_check(const struct mtia_pe *pe, struct pe_cmd *cmd);
void re_store_decode(struct pe_cmd *cmd, const uint64_t *csr, uint64_t rs1, uint64_t rs2);
enum mtia_pe_field re_store_check(const struct mtia_pe *pe, struct pe_cmd *cmd);

/* se_decode.c */
void se_bank_decode(struct pe_cmd *cmd, const uint64_t *csr, uint64_t rs1, uint64_t rs2);
enum mtia_pe_field se_bank_check(const struct mtia_pe *pe, struct pe_cmd *cmd);
void se_float_bank_decode(struct pe_cmd *cmd, const uint64_t *csr, uint64_t rs1, uint64_t rs2);
enum mtia_pe_field se_float_bank_check(const struct mtia_pe *pe, struct pe_cmd *cmd);
void se_rows_decode(struct pe_cmd *cmd, const uint64_t *csr, uint64_t rs1, uint64_t rs2);
enum mtia_pe_field se_rows_check(const struct mtia_pe *pe, struct pe_cmd *cmd);
void se_scale_decode(struct pe_cmd *cmd, const uint64_t *csr, uint64_t rs1, uint64_t rs2);
enum mtia_pe_field se_scale_check(const struct mtia_pe *pe, struct pe_cmd *cmd);
enum mtia_pe_field se_rowsum_check(const struct mtia_pe *pe, struct pe_cmd *cmd);

/* se_elementwise_decode.c */
void se_elementwise_decode(struct pe_cmd *cmd, const uint64_t *csr, uint64_t rs1, uint64_t rs2);
enum mtia_pe_field se_elementwise_check(const struct mtia_pe *pe, struct pe_cmd *cmd);
void se_lut_load_decode(struct pe_cmd *cmd, const uint64_t *csr, uint64_t rs1, uint64_t rs2);
enum mtia_pe_field se_lut_load_check(const struct mtia_pe *pe, struct pe_cmd *cmd);

#endif /* MTIA_MODEL_PE_CP_DECODE_H */
