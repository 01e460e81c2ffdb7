#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Generate the golden vectors of this folder from oracles that share no code with the references.

usage: generate.py [DIR]        needs python3-numpy and python3-torch (Debian); CI needs neither

Oracles:
  FC accumulators   numpy FP64 GEMM of the integers, exact below 2^53
  FC u8             FBGEMM's formula in numpy float32 on those; cases marked `oracle qnnpack` are
                    also what torch's quantized::linear gives (engine qnnpack), or generation fails
  TBE sum           torch quantized::embedding_bag_byte_rowwise_offsets, bit-exact with FBGEMM's CPU
                    reference, and exact rational arithmetic rounded once for each fma
  TBE mean          those sums times f32(1 / length)
  row-wise u8       torch quantized::embedding_bag_byte_prepack
  quantise          torch.quantize_per_tensor
  dequantise        numpy float32
  interaction       exact rational arithmetic rounded once for each fma

A file is text: `case NAME` starts a case, `KEY = INTEGER` or `KEY TYPE HEX` (little-endian bytes of
an array) are its fields. All inputs are drawn from a fixed seed or written out here.
"""

import os
import sys
from fractions import Fraction

import numpy as np
import torch

torch.backends.quantized.engine = "qnnpack"
torch.set_num_threads(1)
F32 = np.float32
rng = np.random.default_rng(20231017)
TYPES = {"uint8": "u8", "int8": "s8", "uint16": "u16", "int32": "s32", "int64": "s64", "float32": "f32"}


class File:
    def __init__(self, directory, name):
        self.path = os.path.join(directory, name + ".golden")
        self.lines = [f"# {name}: made by generate.py, see there"]

    def case(self, name, **fields):
        self.lines.append(f"case {name}")
        for key, value in fields.items():
            if isinstance(value, np.ndarray):
                data = np.ascontiguousarray(value)
                self.lines.append(f"{key} {TYPES[data.dtype.name]} {data.tobytes().hex()}")
            else:
                self.lines.append(f"{key} = {int(value)}")

    def write(self):
        with open(self.path, "w", encoding="ascii") as file:
            file.write("\n".join(self.lines) + "\n")
        print(f"{self.path}: {os.path.getsize(self.path)} bytes")


# ---- Exact arithmetic --------------------------------------------------------------------------------


def round_f32(exact):
    """A rational to binary32, nearest-even, without double rounding: to odd in binary64 first."""
    near = float(exact)
    if Fraction(near) != exact and int(np.float64(near).view(np.uint64)) & 1 == 0:
        near = float(np.nextafter(near, np.inf if exact > Fraction(near) else -np.inf))
    return F32(near)


def fma(a, b, c):
    exact = Fraction(float(a)) * Fraction(float(b)) + Fraction(float(c))
    return round_f32(exact) if exact else F32(F32(a) * F32(b) + F32(c))


# ---- FC ------------------------------------------------------------------------------------------------

U8, FLOAT, S32 = 0, 1, 2


def fc_expected(a, w, scale, bias, a_zp, w_zp, c_zp, relu, out):
    acc = a.astype(np.float64) @ w.astype(np.float64).T
    if out == S32:
        return acc.astype(np.int32)
    raw = (a.astype(np.float64) - a_zp) @ (w.astype(np.float64) - w_zp[:, None]).T + bias
    assert raw.min() >= -2**31 and raw.max() < 2**31
    product = raw.astype(np.int64).astype(np.int32).astype(F32) * scale
    if out == FLOAT:
        return np.maximum(product, F32(0)) if relu else product
    rounded = np.rint(product).astype(np.float64) + c_zp
    return np.clip(rounded, c_zp if relu else 0, 255).astype(np.uint8)


def fc_case(file, name, a, w, scale, bias=None, a_zp=0, w_zp=None, c_zp=0, relu=False, out=U8):
    (m, k), n = a.shape, len(w)
    scale = np.broadcast_to(np.asarray(scale, F32), (n,))
    no_bias, no_zp = np.zeros(n, np.int32), np.zeros(n, np.int32)
    expected = fc_expected(a, w, scale, no_bias if bias is None else bias, a_zp,
                           no_zp if w_zp is None else w_zp, c_zp, relu, out)
    arrays = {}
    if bias is not None:
        arrays["bias"] = bias.astype(np.int32)
    if w_zp is not None:
        arrays["w_zero_point"] = w_zp.astype(np.int32)
    file.case(name, m=m, n=n, k=k, out=out, relu=relu, a_zero_point=a_zp, c_zero_point=c_zp, a=a, w=w,
              scale=scale, **arrays, c=expected)


def activations(m, k):
    return rng.integers(0, 256, (m, k), dtype=np.uint8)


def weights(n, k):
    return rng.integers(-128, 128, (n, k)).astype(np.int8)


def fc_multipliers(n, k):
    """Such that most results land inside 0 .. 255."""
    return (rng.uniform(0.5, 2, n) / (np.sqrt(k) * 128 * 74 / 60)).astype(F32)


def fc_qnnpack(file, name, m, n, k, a_zp, c_zp, relu, per_channel):
    """A case that torch's qnnpack computes as well."""
    a_scale = F32(rng.uniform(0.005, 0.02))
    count = n if per_channel else 1
    w_scale = rng.uniform(0.002, 0.01, count).astype(F32)
    c_scale = F32(np.sqrt(k) * 74 * 74 * a_scale * w_scale.mean() / 50)
    # qnnpack wants symmetric weights above -128.
    w = rng.integers(-127, 128, (n, k)).astype(np.int8)
    a = activations(m, k)
    bias = rng.integers(-20000, 20001, n)
    bias_f = (bias * (a_scale * w_scale)).astype(F32)

    x = torch._make_per_tensor_quantized_tensor(torch.from_numpy(a), float(a_scale), a_zp)
    if per_channel:
        wq = torch._make_per_channel_quantized_tensor(
            torch.from_numpy(w), torch.from_numpy(w_scale.astype(np.float64)),
            torch.zeros(n, dtype=torch.long), 0)
    else:
        wq = torch._make_per_tensor_quantized_tensor(torch.from_numpy(w), float(w_scale[0]), 0)
    packed = torch.ops.quantized.linear_prepack(wq, torch.from_numpy(bias_f))
    linear = torch.ops.quantized.linear_relu if relu else torch.ops.quantized.linear
    got = linear(x, packed, float(c_scale), c_zp).int_repr().numpy()

    scale = np.broadcast_to(a_scale * w_scale / c_scale, (n,)).astype(F32)
    bias_q = np.rint(bias_f / np.broadcast_to(a_scale * w_scale, (n,))).astype(np.int32)
    want = fc_expected(a, w, scale, bias_q, a_zp, np.zeros(n, np.int32), c_zp, relu, U8)
    if not np.array_equal(got, want):
        sys.exit(f"{name}: qnnpack differs from FBGEMM's formula in {np.sum(got != want)} of {got.size}")
    fc_case(file, name, a, w, scale, bias_q, a_zp, None, c_zp, relu, U8)


def fc(directory):
    file = File(directory, "fc")
    every = np.arange(256, dtype=np.uint8)[:, None]
    plus, minus = np.array([[1]], np.int8), np.array([[-1]], np.int8)
    # Products end in .5 at every odd value: up, down, and through the zero point.
    fc_case(file, "ties_positive", every, plus, 0.5)
    fc_case(file, "ties_negative", every, minus, 0.5, c_zp=128)
    fc_case(file, "ties_odd_zero_point", every, plus, 0.5, a_zp=127, c_zp=101)
    fc_case(file, "ties_relu", every, plus, 0.5, a_zp=128, c_zp=17, relu=True)
    fc_case(file, "ties_quarter", every, np.array([[1], [2], [3], [-3]], np.int8), 0.25, c_zp=64)
    fc_case(file, "negative_multiplier", every, plus, -0.5, a_zp=200, c_zp=100)
    fc_case(file, "zero_multiplier", every[:8], plus, 0.0, c_zp=77)
    fc_case(file, "saturate_both_ends", every, np.array([[127], [-128]], np.int8), 3.0, c_zp=100)
    # The accumulator needs more than FP32's 24 bits: the conversion rounds.
    big = np.full((2, 1100), 255, np.uint8)
    big[1, ::2] = 253
    big_w = np.full((2, 1100), 127, np.int8)
    big_w[1, :3] = -128
    for out, what in ((U8, "u8"), (FLOAT, "f32"), (S32, "s32")):
        fc_case(file, f"accumulator_above_2_24_{what}", big, big_w, 1.9e-6, out=out)
    bias = np.array([2**31 - 1 - 255 * 127, -2**31], np.int64)
    fc_case(file, "bias_at_the_ends", np.array([[255]], np.uint8), np.array([[127], [0]], np.int8),
            1e-7, bias=bias, c_zp=128, out=FLOAT)
    for m, n, k in ((1, 1, 1), (3, 7, 5), (33, 31, 64), (2, 5, 513), (1, 4, 288), (5, 65, 33)):
        for out, what in ((U8, "u8"), (FLOAT, "f32"), (S32, "s32"))[:1 if m == 33 else 3]:
            fc_case(file, f"random_{m}x{n}x{k}_{what}", activations(m, k), weights(n, k),
                    fc_multipliers(n, k), rng.integers(-5000, 5000, n),
                    int(rng.integers(0, 256)), None, int(rng.integers(0, 256)), bool(m & 1), out)
    shape = 9, 34, 70
    m, n, k = shape
    fc_case(file, "weight_zero_point_per_tensor", activations(m, k), weights(n, k),
            fc_multipliers(n, k), rng.integers(-5000, 5000, n), 131, np.full(n, -9), 120)
    fc_case(file, "weight_zero_point_per_channel", activations(m, k), weights(n, k),
            fc_multipliers(n, k), rng.integers(-5000, 5000, n), 131, rng.integers(-128, 128, n), 120)
    fc_case(file, "weight_zero_point_f32_relu", activations(m, k), weights(n, k),
            fc_multipliers(n, k), None, 3, rng.integers(-128, 128, n), 0, True, FLOAT)
    for i, (relu, per_channel) in enumerate(((0, 0), (1, 0), (0, 1), (1, 1))):
        kind = ("channel" if per_channel else "tensor") + ("_relu" if relu else "")
        fc_qnnpack(file, f"qnnpack_per_{kind}", 6 + i, 24 + 3 * i, 40 + 19 * i, 119 + i, 60 + i,
                   bool(relu), bool(per_channel))
    file.write()


# ---- TBE -----------------------------------------------------------------------------------------------

SUM, MEAN = 0, 1


def torch_sum(rows, indices, offsets, weights_):
    """One table: bags of offsets[b] .. offsets[b + 1]."""
    index_type = torch.int64 if indices.dtype == np.int64 else torch.int32
    return torch.ops.quantized.embedding_bag_byte_rowwise_offsets(
        torch.from_numpy(rows), torch.from_numpy(indices).to(index_type),
        torch.from_numpy(offsets).to(index_type), False, 0, False,
        None if weights_ is None else torch.from_numpy(weights_), None, True).numpy()


def exact_sum(rows, dim, indices, offsets, weights_):
    out = np.zeros((len(offsets) - 1, dim), F32)
    for b in range(len(offsets) - 1):
        for l in range(offsets[b], offsets[b + 1]):
            row = rows[indices[l]]
            scale, bias = row[dim:].view(F32)
            if weights_ is not None:
                scale, bias = F32(weights_[l] * scale), F32(weights_[l] * bias)
            for j in range(dim):
                out[b, j] = fma(scale, F32(row[j]), F32(out[b, j] + bias))
    return out


def tbe_case(file, name, tables, batch, lengths, pooling=SUM, weighted=False, index=np.int32):
    """tables: (rows, dim) each; lengths: one a bag, table-major."""
    packed, per_table = [], []
    for count, dim in tables:
        values = rng.normal(0, 1, (count, dim)).astype(F32)
        packed.append(torch.ops.quantized.embedding_bag_byte_prepack(
            torch.from_numpy(values)).numpy())
    offsets = np.r_[0, np.cumsum(lengths)].astype(index)
    indices = np.concatenate([rng.integers(0, tables[g // batch][0], n)
                              for g, n in enumerate(lengths)] + [[]]).astype(index)
    weights_ = rng.uniform(-2, 2, len(indices)).astype(F32) if weighted else None
    for t, (count, dim) in enumerate(tables):
        first, end = offsets[t * batch], offsets[(t + 1) * batch]
        part = offsets[t * batch:(t + 1) * batch + 1] - first
        ids = indices[first:end]
        w = None if weights_ is None else weights_[first:end]
        total = exact_sum(packed[t], dim, ids, part, w)
        got = torch_sum(packed[t], ids, part, w)
        if not np.array_equal(total.view(np.uint32), got.view(np.uint32)):
            sys.exit(f"{name}: torch differs from exact arithmetic in table {t} (D={dim}): "
                     f"{np.sum(total.view(np.uint32) != got.view(np.uint32))} of {total.size}")
        if pooling == MEAN:
            size = np.diff(part).astype(F32)
            share = np.where(size > 0, F32(1) / np.maximum(size, F32(1)), F32(1)).astype(F32)
            total = (total * share[:, None]).astype(F32)
        per_table.append(total)
    arrays = {} if weights_ is None else {"weights": weights_}
    file.case(name, tables=len(tables), batch=batch, pooling=pooling,
              index_bytes=np.dtype(index).itemsize,
              rows=np.array([r for r, _ in tables], np.int32),
              dims=np.array([d for _, d in tables], np.int32),
              packed=np.concatenate([p.ravel() for p in packed]), indices=indices, offsets=offsets,
              **arrays, out=np.concatenate(per_table, 1))


def lengths_of(bags, most):
    return rng.integers(0, most + 1, bags)


def tbe(directory):
    file = File(directory, "tbe")
    tbe_case(file, "one_row", [(1, 8)], 1, [1])
    tbe_case(file, "all_bags_empty", [(3, 8), (2, 16)], 3, [0] * 6)
    tbe_case(file, "all_bags_empty_mean", [(3, 8)], 2, [0, 0], MEAN)
    tbe_case(file, "empty_first_middle_last", [(5, 16)], 6, [0, 3, 0, 0, 2, 0])
    tbe_case(file, "same_row_again", [(1, 16)], 2, [40, 7])
    for dim in (1, 2, 3, 4, 7, 12, 16, 31, 32, 33, 64, 100, 128):
        tbe_case(file, f"dim_{dim}", [(8, dim)], 3, lengths_of(3, 12))
    tbe_case(file, "dim_1024", [(2, 1024)], 1, [5])
    tbe_case(file, "bags_longer_than_32", [(40, 16)], 3, [31, 33, 97])
    for index, bits in ((np.int32, 32), (np.int64, 64)):
        tables = [(9, 16), (20, 64), (1, 8), (12, 24)]
        for what, pooling, weighted in (("sum", SUM, False), ("mean", MEAN, False),
                                        ("weighted", SUM, True)):
            tbe_case(file, f"four_tables_{what}_s{bits}", tables, 3, lengths_of(12, 10), pooling,
                     weighted, index)
    file.write()


# ---- Quantisation ----------------------------------------------------------------------------------------


def rowwise_case(file, name, values):
    values = np.asarray(values, F32)
    packed = torch.ops.quantized.embedding_bag_byte_prepack(torch.from_numpy(values)).numpy()
    file.case(f"rowwise_{name}", rows=values.shape[0], dim=values.shape[1], x=values, packed=packed)


def per_tensor_case(file, name, values, scale, zero_point):
    values, scale = np.asarray(values, F32), F32(scale)
    q = torch.quantize_per_tensor(torch.from_numpy(values), float(scale), zero_point, torch.quint8)
    q = q.int_repr().numpy()
    back = scale * (q.astype(np.int32) - zero_point).astype(F32)
    file.case(f"per_tensor_{name}", zero_point=zero_point, scale=np.array([scale]), x=values, q=q,
              back=back)


def quantize(directory):
    file = File(directory, "quantize")
    rowwise_case(file, "random", rng.normal(0, 1, (12, 64)))
    rowwise_case(file, "constant", [[0.1] * 8, [0.0] * 8, [-3.5] * 8])
    rowwise_case(file, "one_element", [[0.25], [-7.0]])
    rowwise_case(file, "tiny_range", 1 + rng.uniform(0, 1e-6, (4, 16)))
    rowwise_case(file, "subnormal", rng.uniform(0, 1e-40, (2, 16)))
    rowwise_case(file, "large", rng.normal(0, 1e30, (4, 16)))
    rowwise_case(file, "ties", [np.r_[0, 255, np.arange(30) + 0.5]])
    per_tensor_case(file, "ties", (np.arange(-60, 520) + 0.5) / 2, 0.5, 13)
    per_tensor_case(file, "random", rng.normal(0, 3, 300), 0.023529412, 117)
    per_tensor_case(file, "reciprocal_not_division", rng.integers(-400, 800, 300) * 0.0117, 0.0039, 90)
    per_tensor_case(file, "saturate", [-1e6, 1e6, -1.29, 1.27, 1.28, 0.0, -0.0], 0.01, 128)
    file.write()


def interaction_case(file, name, batch, features, dim, values):
    x, emb = values(batch, dim), values(batch, features * dim)
    out = np.zeros((batch, dim + features * (features + 1) // 2), F32)
    for b in range(batch):
        vectors = np.concatenate([x[b], emb[b]]).reshape(features + 1, dim)
        result = list(x[b])
        for i in range(1, features + 1):
            for j in range(i):
                acc = F32(0)
                for k in range(dim):
                    acc = fma(vectors[i][k], vectors[j][k], acc)
                result.append(acc)
        out[b] = result
    file.case(name, batch=batch, features=features, dim=dim, x=x, emb=emb, out=out)


def interaction(directory):
    file = File(directory, "interaction")
    small = lambda *shape: rng.integers(-9, 10, shape).astype(F32)
    normal = lambda *shape: rng.normal(0, 1, shape).astype(F32)
    interaction_case(file, "integers", 2, 4, 3, small)
    interaction_case(file, "one_feature", 3, 1, 5, normal)
    interaction_case(file, "random", 3, 7, 16, normal)
    file.write()


def main():
    directory = sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.abspath(__file__))
    print(f"torch {torch.__version__}, numpy {np.__version__}")
    fc(directory)
    tbe(directory)
    quantize(directory)
    interaction(directory)


if __name__ == "__main__":
    main()
