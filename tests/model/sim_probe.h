/* SPDX-License-Identifier: GPL-2.0 */
/* Arguments and output of sim_probe.c. */
#ifndef MTIA_SIM_PROBE_H
#define MTIA_SIM_PROBE_H

#include "mtia/types.h"

enum probe_mode {
	PROBE_HELLO,
	PROBE_SPIN,
	PROBE_ILLEGAL,
	PROBE_STORE,
	PROBE_LOAD,
	PROBE_EXIT,
	PROBE_INTERRUPTS,
};

struct probe_args {
	__u64 out;  /* struct probe_out a PE, row-major */
	__u64 addr; /* of STORE, LOAD */
	__u32 mode; /* enum probe_mode */
	__u32 value;
	__u32 only; /* 0: every PE; n: the n-th alone, the others leave at once */
	__u32 reserved;
};
MTIA_ASSERT_SIZE(struct probe_args, 32);

struct probe_out {
	__u64 dirt; /* what local memory held at start, ORed; INTERRUPTS: sum of the main loop */
	__u32 pos, grid; /* INTERRUPTS: grid = exceptions */
	__u32 value; /* INTERRUPTS: timer interrupts, 0 if the handler's sum is wrong */
	__u32 reserved;
};
MTIA_ASSERT_SIZE(struct probe_out, 24);

#endif /* MTIA_SIM_PROBE_H */
