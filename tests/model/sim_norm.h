/* SPDX-License-Identifier: GPL-2.0 */
/* Arguments of sim_norm.pe, a PE program that normalises rows of FP32 on core B's vector unit. */
#ifndef MTIA_SIM_NORM_H
#define MTIA_SIM_NORM_H

#include "mtia/types.h"

#define NORM_MAX_COLS	1024

enum norm_mode {
	NORM_LOCAL,		/* DMA brings rows in, vectors work in local memory */
	NORM_FAR,		/* vectors load and store LPDDR themselves, element by element */
	NORM_ON_CORE_A,		/* core A executes a vector instruction: illegal */
};

/* y = (x - mean) / sqrt(variance + NORM_EPS) of each row; sums in element order. */
#define NORM_EPS	1e-5f

struct norm_args {
	__u64 in, out;		/* rows of cols FP32 */
	__u32 rows, cols;
	__u32 mode;		/* enum norm_mode */
	__u32 reserved;
};
MTIA_ASSERT_SIZE(struct norm_args, 32);

#endif /* MTIA_SIM_NORM_H */
