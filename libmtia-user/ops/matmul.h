/* SPDX-License-Identifier: MIT */
/* The PE program matmul: what FC of FP16 and BF16 and batched products share. */
#ifndef MTIA_OPS_MATMUL_LAUNCH_H
#define MTIA_OPS_MATMUL_LAUNCH_H

#include "launch.h"
#include "mtia/kernel_args.h"

/*
 * Append one launch of `args`, whose division (batch_per .. k_split) is filled in: k_split 0 leaves
 * K to the planner, `split` tells whether it may share it. `operation` is for errors; -EINVAL: so
 * many columns cannot share K.
 */
int mtia_matmul_append(struct mtia_cmd *cmd, struct mtia_queue *queue, const char *operation,
		       struct mtia_matmul_args *args, uint32_t k_split, int split,
		       struct mtia_buffer *const *buffers, size_t buffer_count);

/*
 * Reading together makes a block wait for the slowest PE of its group and for two exchanges among
 * PEs, some 500 cycles that a small product cannot hide: only if LPDDR would be busy as long with
 * what is not read again, so many bytes.
 */
#define MTIA_MATMUL_SHARE_BYTES 131072u

/*
 * What FC and batched products check and convert alike: the output type `out` (enum mtia_fc_out) of
 * operands of `type` (enum mtia_matmul), its zero point and scale. Fills in args->out, zero_point,
 * lo, hi and, for floats to 8 bits, scale.
 */
int mtia_matmul_output(const char *operation, uint32_t type, uint32_t out, int relu,
		       int32_t c_zero_point, float c_scale, struct mtia_matmul_args *args);

#endif /* MTIA_OPS_MATMUL_LAUNCH_H */
