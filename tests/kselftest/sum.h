/* SPDX-License-Identifier: GPL-2.0 */
/* A job that all PEs and their DMA have a part in, and whose results are looked at. */
#ifndef MTIA_KSELFTEST_SUM_H
#define MTIA_KSELFTEST_SUM_H

#include "mtia_test.h"
#include "pe/args.h"

/* A mapped object, and where the client has it. */
struct sum_place {
	const struct buf *buf;
	__u64 va;
};

/* Sums of a row for each PE; program is PROGRAM(sum), at VA_PROGRAM. */
static inline void client_sums(struct __test_metadata *_metadata, struct client *c,
			       const struct buf *program, struct sum_place from,
			       struct sum_place to)
{
	struct sum_args args = { .in = from.va, .out = to.va, .rows = 1, .add = 7 };
	const volatile __u32 *in = from.buf->map, *out = to.buf->map;
	__u32 i, wrong = 0;
	struct cmds cmds;

	cmds_begin(&cmds);
	cmds_launch(&cmds, VA_PROGRAM, program->size, 8, 8, &args, sizeof(args));
	EXPECT_EQ(0, client_run(_metadata, c, &cmds));
	for (i = 0; i < 64 * SUM_ROW_WORDS; i++)
		wrong += out[i] != in[i] + 7 + i / SUM_ROW_WORDS;
	EXPECT_EQ(0, wrong);
}

#endif /* MTIA_KSELFTEST_SUM_H */
