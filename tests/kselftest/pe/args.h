/* SPDX-License-Identifier: GPL-2.0 */
/* Launch arguments of the PE programs that the kselftests run. */
#ifndef MTIA_KSELFTEST_PE_ARGS_H
#define MTIA_KSELFTEST_PE_ARGS_H

#include <mtia/types.h>

/*
 * sum: PE p of the sub-grid (row-major) takes rows p * rows .. of 64 words each, adds its own
 * number and `add` to every word and writes them to out. DMA in by core A, sums and DMA out by B.
 */
struct sum_args {
	__u64 in, out; /* multiples of 32 */
	__u32 rows;    /* of each PE, 1 .. 64 */
	__u32 add;
};
#define SUM_ROW_WORDS 64

/* probe: core A of every PE does one thing; core B leaves at once. */
enum probe_op {
	PROBE_EXIT,    /* leave with code `value` */
	PROBE_LOAD,    /* *(u64 *)out = *(u64 *)va, by load and store */
	PROBE_STORE,   /* *(u64 *)va = value */
	PROBE_DMA_IN,  /* 32 bytes from va by FI, then from there to out */
	PROBE_DMA_OUT, /* 32 bytes of `value` to va by FI */
	PROBE_JUMP,    /* call va */
	PROBE_SPIN,    /* never leave */
	PROBE_HOLD,    /* PE 0: *(u64 *)out = 1, and stay until *(u64 *)va is not 0; others leave */
	PROBE_ILLEGAL, /* an illegal instruction */
	PROBE_FIELD,   /* a command with an illegal field */
	PROBE_STARVE,  /* wait for data that nobody sends */
	PROBE_SEND,    /* a sum to the PE in the east, over the edge of a sub-grid one wide */
	PROBE_OVERRUN, /* take more from a CB than it can hold */
	PROBE_STAIN,   /* fill local memory behind the arguments with `value` */
	PROBE_SCAN,    /* *(u64 *)(out + 8 * PE) = words of local memory there that are not 0 */
};

struct probe_args {
	__u32 op;
	__u32 reserved;
	__u64 va, out, value;
};

#endif /* MTIA_KSELFTEST_PE_ARGS_H */
