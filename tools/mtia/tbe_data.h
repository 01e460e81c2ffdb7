/* SPDX-License-Identifier: MIT */
/* Tables and bags of mtia run tbe, made from its options. */
#ifndef MTIA_CLI_TBE_DATA_H
#define MTIA_CLI_TBE_DATA_H

#include "cli.h"
#include "mtia/ops.h"

struct tbe_data {
	struct mtia_table *tables;
	void *indices, *offsets;
	float *weights; /* NULL: none */
	uint64_t index_count, bags;
	uint32_t index_bytes;
	/* The output: rows of row_bytes, out_stride apart, of elements of `element` bytes. */
	uint64_t out_rows, row_bytes, out_stride;
	uint32_t element;
	unsigned char *out, *want;
};

/* 0, or the library's error; free in any case. Same options and seed, same data. */
int tbe_data_make(struct tbe_data *d, const struct tbe_options *o);
void tbe_data_free(struct tbe_data *d, const struct tbe_options *o);

#endif /* MTIA_CLI_TBE_DATA_H */
