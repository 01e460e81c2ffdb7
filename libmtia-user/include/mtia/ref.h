/* SPDX-License-Identifier: MIT */
/*
 * Reference results: what each operator of mtia/ops.h computes, bit for bit, in plain C.
 *
 * The arithmetic of the INT8 layers, embeddings and quantisation is that of FBGEMM's CPU reference
 * (RefImplementations.cc, QuantUtils.cc), named at each function. f32(x) rounds to binary32,
 * nearest-even; rne(x) is the nearest even integer; fma has one rounding. The rounding mode must be
 * the default one. tests/golden checks every function against oracles that share no code with it.
 *
 * All functions are pure: they read their inputs, write their output, keep no state and may run in
 * any number of threads. They return 0, or -EINVAL for arguments outside the ranges given here
 * (then the output is unspecified). Inputs and output must not overlap. Strides of 0 mean "tight".
 */
#ifndef MTIA_REF_H
#define MTIA_REF_H

#include "mtia/ops.h"
#include "mtia/ref/elementwise.h"
#include "mtia/ref/fc.h"
#include "mtia/ref/float.h"
#include "mtia/ref/interaction.h"
#include "mtia/ref/layout.h"
#include "mtia/ref/matmul.h"
#include "mtia/ref/norm.h"
#include "mtia/ref/quantize.h"
#include "mtia/ref/tbe.h"

#endif /* MTIA_REF_H */
