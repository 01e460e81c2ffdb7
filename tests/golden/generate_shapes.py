#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Generate shapes.golden, as generate.py does for its files: rows that no unit of the chip takes at
once, what becomes of bad indices and offsets, relu.

usage: generate_shapes.py [DIR]      needs python3-numpy, python3-torch (Debian)

Oracles:
  TBE, long rows      as generate_operators.py has them: torch for layouts 0, 2, 5, exact arithmetic
                      for all; generation fails where they differ
  row-wise, long rows torch quantized::embedding_bag_byte_prepack
  interaction         exact rational arithmetic rounded once for each fma
  LayerNorm           numpy float32 in the header's order, within 1e-5 of binary64
  bounds              the rules of enum mtia_bounds, from integers in Python; sums as above
  relu                numpy maximum, torch relu (BF16)
"""

import os
import sys

import numpy as np
import torch

from generate import F32, File, exact_sum, rng, torch_sum
from generate_operators import (BF16, F16, OUT, bag_sum, chain, from_bf16, halves, layernorm, oracle,
                                pooled_u8, rows_of)

LONG = 1026  # elements: one piece of 1024, and some
FATAL, WARNING, IGNORE, NONE = range(4)


def long_rows(file):
    part = np.array([0, 2, 3], np.int64)
    ids = np.array([1, 0, 1], np.int64)
    bags = [slice(0, 2), slice(2, 3)]
    for layout in range(6):
        if layout == 0:
            values = rng.normal(0, 1, (2, LONG)).astype(F32)
            packed = torch.ops.quantized.embedding_bag_byte_prepack(torch.from_numpy(values)).numpy()
            out = exact_sum(packed, LONG, ids, part, None)
            if not np.array_equal(out.view(np.uint32), torch_sum(packed, ids, part, None).view(
                    np.uint32)):
                sys.exit("layout 0: torch differs")
        else:
            rows = rows_of(layout, 2, LONG)
            packed = rows[0]
            out = np.stack([bag_sum(layout, rows[1], ids[bag], None, LONG) for bag in bags])
            oracle(f"layout {layout}", layout, packed, ids, part, None, LONG, out)
        for out_type, result in ((0, out), (2, np.stack([pooled_u8(acc) for acc in out]))):
            if out_type and layout:
                continue
            file.case(f"tbe_{layout}_{'u8' if out_type else 'f32'}", layout=layout, rows=2, dim=LONG,
                      batch=2, out_type=out_type, packed=packed, indices=ids, offsets=part,
                      out=result)


def long_rowwise(file):
    bits, values = halves((1, 8194), F16, 2.0)
    packed = torch.ops.quantized.embedding_bag_byte_prepack(torch.from_numpy(values)).numpy()
    file.case("rowwise", type=OUT["f16"], rows=1, cols=8194, x=bits, y=packed)


def long_vectors(file):
    bits, values = halves((3, LONG), BF16)
    dots = [chain(values[i], values[j], 0) for i in range(1, 3) for j in range(i)]
    file.case("interaction", type=OUT["bf16"], batch=1, features=2, dim=LONG, x=bits[0], emb=bits[1:],
              y=np.concatenate([values[0], np.array(dots, F32)]))


def long_norm(file):
    bits, x = halves((1, 2050), F16, 3.0)
    gamma, beta = np.ones(2050, F32), np.zeros(2050, F32)
    file.case("norm", type=OUT["f16"], rows=1, cols=2050, epsilon=np.array([1e-5], F32), x=bits,
              y=layernorm(x, gamma, beta)[0])


# ---- Bounds ------------------------------------------------------------------------------------------


def walk(mode, rows, batch, ids, offsets):
    """Corrected bags as lists of (position, index), and the findings in order."""
    n, bags, found = len(ids), [], []
    count = len(rows) * batch
    for g in range(count):
        start, stop = int(offsets[g]), int(offsets[g + 1])
        good = 0 <= start <= stop <= n and (mode == NONE or g + 1 < count or stop == n)
        if not good:
            found.append((2, g // batch, g % batch, g, 0))
            start = min(max(start, 0), n)
            stop = n if g + 1 == count else min(max(stop, start), n)
        bag = []
        for position in range(start, stop):
            index = int(ids[position])
            if not 0 <= index < rows[g // batch]:
                found.append((1, g // batch, g % batch, position, index))
                index = 0
            bag.append((position, index))
        bags.append(bag)
    return bags, found


def bounds_case(file, name, mode, pooling, ids, offsets, tables):
    rows, batch, dim = [len(t) for t in tables], 3, tables[0].shape[1]
    bags, found = walk(mode, rows, batch, ids, offsets)
    fails = bool(found) and mode in (FATAL, NONE)
    first = found[0] if found and mode != IGNORE else (0, 0, 0, 0, 0)
    counted = found if mode == WARNING else []
    if pooling == 2:
        out = np.zeros((len(ids), dim), F32)
        for g, bag in enumerate(bags):
            for position, index in bag:
                out[position] = tables[g // batch][index]
    else:
        out = np.zeros((batch, 2 * dim), F32)
        for g, bag in enumerate(bags):
            t, b = divmod(g, batch)
            out[b, t * dim:(t + 1) * dim] = bag_sum(5, tables[t], [i for _, i in bag], None, dim)
    file.case(name, mode=mode, pooling=pooling, batch=batch, dim=dim, rows=np.array(rows, np.int32),
              fails=fails, code=first[0], table=first[1], bag=first[2], position=first[3],
              value=first[4], bad_offsets=sum(f[0] == 2 for f in counted),
              bad_indices=sum(f[0] == 1 for f in counted),
              packed=np.concatenate([t.reshape(-1) for t in tables]), indices=ids, offsets=offsets,
              out=out)


def bounds(file):
    tables = [rng.normal(0, 1, (count, 3)).astype(F32) for count in (4, 2)]
    good_ids = np.array([0, 3, 1, 2, 2, 0, 1, 1, 0, 1], np.int64)
    good_offsets = np.array([0, 2, 2, 5, 7, 9, 10], np.int64)
    spoiled = {
        "good": (good_ids, good_offsets),
        "index": (np.r_[good_ids[:3], 4, good_ids[4:8], -1, good_ids[9:]], good_offsets),
        "table": (np.r_[good_ids[:6], 3, good_ids[7:]], good_offsets),  # a row of the other table
        "decrease": (good_ids, np.array([0, 4, 2, 5, 7, 9, 10], np.int64)),
        "negative": (good_ids, np.array([-1, 2, 2, 5, 7, 9, 10], np.int64)),
        "beyond": (good_ids, np.array([0, 2, 12, 5, 7, 9, 10], np.int64)),
        "short": (good_ids, np.array([0, 2, 2, 5, 7, 9, 9], np.int64)),
        "both": (np.r_[9, good_ids[1:]], np.array([0, 3, 2, 2, 8, 7, 11], np.int64)),
    }
    for what, (ids, offsets) in spoiled.items():
        for mode, mode_name in enumerate(("fatal", "warning", "ignore", "none")):
            for pooling, pooling_name in ((0, "sum"), (2, "rows")):
                bounds_case(file, f"bounds_{what}_{mode_name}_{pooling_name}", mode, pooling, ids,
                            offsets, tables)


def relu(file):
    x = np.array([-3.5, -1e-40, -0.0, 0.0, 1e-40, 2.25, np.inf, -np.inf], F32)
    x = np.concatenate([x, rng.normal(0, 1, 24).astype(F32)]).reshape(2, 16)
    clamp = lambda t: np.where(t > 0, t, 0)  # +0 of -0
    half = x.astype(np.float16)
    bits = (x.view(np.uint32) >> 16).astype(np.uint16)
    brain = torch.relu(torch.from_numpy(from_bf16(bits))).numpy()
    raw = lambda t: np.ascontiguousarray(t).view(np.uint8)
    file.case("relu_f32", type=OUT["f32"], rows=2, cols=16, x=raw(x), y=raw(clamp(x).astype(F32)))
    file.case("relu_f16", type=OUT["f16"], rows=2, cols=16, x=raw(half),
              y=raw(clamp(half).astype(np.float16)))
    file.case("relu_bf16", type=OUT["bf16"], rows=2, cols=16, x=raw(bits),
              y=raw((clamp(brain).astype(F32).view(np.uint32) >> 16).astype(np.uint16)))


def main():
    directory = sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.abspath(__file__))
    file = File(directory, "shapes")
    for make in (long_rows, long_rowwise, long_vectors, long_norm, bounds, relu):
        make(file)
    file.write()


if __name__ == "__main__":
    main()
