/* SPDX-License-Identifier: GPL-2.0 */
/* Arguments and output of sim_locks.c. */
#ifndef MTIA_SIM_LOCKS_H
#define MTIA_SIM_LOCKS_H

#include "mtia/types.h"

enum locks_mode {
	LOCKS_COUNT,	   /* both cores of all PEs count under one lock, and each PE's under its own */
	LOCKS_WRONG_ORDER, /* every PE takes its own lock, then the next one's */
	LOCKS_MULTICAST,   /* rows and columns share what they read; copied to `out` */
	LOCKS_ALONE,	   /* the same bytes by DMA_IN */
	LOCKS_SHIFT,	   /* each PE's block goes to its eastern neighbour's memory, then to `out` */
	LOCKS_OUTSIDE,	   /* PE (0,0) adds to a register just outside the sub-grid */
};

#define LOCKS_BLOCK	1024u /* bytes of a transfer */
#define LOCKS_BLOCKS	6u    /* of a row and of a column, each */

struct locks_args {
	__u64 out;     /* COUNT: struct locks_out a core; else bytes, see locks_bytes() */
	__u64 counter; /* COUNT: of all, in memory */
	__u64 data;    /* what is read */
	__u32 mode, rounds;
};
MTIA_ASSERT_SIZE(struct locks_args, 32);

struct locks_out {
	__u64 all; /* counter behind the barrier */
	__u64 own; /* of this PE */
};
MTIA_ASSERT_SIZE(struct locks_out, 16);

#endif /* MTIA_SIM_LOCKS_H */
