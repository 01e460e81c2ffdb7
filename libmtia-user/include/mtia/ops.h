/* SPDX-License-Identifier: MIT */
/*
 * Operators: recommendation-model layers as PE programs.
 *
 * Weights and tables are static in inference, so operators that have them take two steps: prepare
 * once (lay the weights out in device memory, fold what is constant), run often. A run is appended
 * to a command buffer (*_append), or submitted as a job of its own (*_run). The arithmetic of each
 * is that of its *_ref() in mtia/ref.h, bit for bit.
 *
 * Returns 0 or a negative MTIA_E* / errno value; mtia_error_last() has the sentence. Descriptors
 * start with `size` and `flags`; members are only appended, zero is the default, an unknown
 * non-zero tail gives -EOPNOTSUPP; reserved members are 0. -EINVAL: a member breaks its rule;
 * -ERANGE: a tensor leaves its buffer. Nothing is appended then.
 *
 * Shapes: every dimension is any number from 1 on. Nothing of the chip's units limits them, only
 * memory and counters of 32 bits: rows, and the strides between them, have less than 4 GiB; M and N
 * of a product see mtia/ops/fc.h, tables mtia/ops/tbe.h, inputs of a concatenation
 * mtia/ops/layout.h. The error then names the size, and what to do.
 *
 * Tensors that a run reads or writes must stay as they are until its job has ended.
 *
 * Threads: prepared objects are constant after creation; runs of the same object from several
 * threads are fine as long as they write different buffers. Objects keep their context alive.
 */
#ifndef MTIA_OPS_H
#define MTIA_OPS_H

#include "mtia/ops/elementwise.h"
#include "mtia/ops/fc.h"
#include "mtia/ops/interaction.h"
#include "mtia/ops/layout.h"
#include "mtia/ops/matmul.h"
#include "mtia/ops/norm.h"
#include "mtia/ops/quantize.h"
#include "mtia/ops/tbe.h"
#include "mtia/ops/types.h"

#endif /* MTIA_OPS_H */
