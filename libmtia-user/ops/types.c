// SPDX-License-Identifier: MIT
/* Element types and row layouts. */
#include "mtia/ops.h"

static const struct {
	const char *name;
	uint32_t bytes;
} types[] = {
	[MTIA_DTYPE_U8] = {"u8", 1}, [MTIA_DTYPE_F32] = {"f32", 4}, [MTIA_DTYPE_S32] = {"s32", 4},
	[MTIA_DTYPE_S8] = {"s8", 1}, [MTIA_DTYPE_F16] = {"f16", 2}, [MTIA_DTYPE_BF16] = {"bf16", 2},
};

const char *mtia_dtype_name(enum mtia_dtype type)
{
	return (size_t)type < sizeof(types) / sizeof(*types) ? types[type].name : "?";
}

uint32_t mtia_dtype_bytes(enum mtia_dtype type)
{
	return (size_t)type < sizeof(types) / sizeof(*types) ? types[type].bytes : 0;
}

uint32_t mtia_table_row_bytes(enum mtia_table_layout layout, uint32_t dim)
{
	uint64_t bytes = 0;

	switch (layout) {
	case MTIA_TABLE_U8_F32_LAST:
		bytes = dim + 8ull;
		break;
	case MTIA_TABLE_U8_F16_FIRST:
		bytes = dim + 4ull;
		break;
	case MTIA_TABLE_U4_F16_LAST:
	case MTIA_TABLE_U4_F16_FIRST:
		bytes = dim % 2 ? 0 : dim / 2 + 4ull;
		break;
	case MTIA_TABLE_F16:
		bytes = dim * 2ull;
		break;
	case MTIA_TABLE_F32:
		bytes = dim * 4ull;
		break;
	}
	return dim && bytes <= UINT32_MAX ? (uint32_t)bytes : 0;
}
