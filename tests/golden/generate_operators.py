#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Generate matmul, tbe_rows, activation and operators.golden, as generate.py does for its files.

usage: generate_operators.py [DIR]      needs python3-numpy, python3-torch, python3-mpmath (Debian)

Oracles:
  FP16, BF16 products    exact rational arithmetic, one rounding for each fma; to FP16 by numpy, to
                         BF16 by torch
  INT8 batched products  numpy's int64 matmul; requantised in numpy float32
  INT4 rows              torch quantized::embedding_bag_4bit_rowwise_offsets and _4bit_prepack, and
                         exact arithmetic; generation fails where they differ
  FP16, FP32 rows        exact arithmetic, and torch's embedding_bag (FP32 sums: generation fails
                         where it differs)
  INT8 rows, FP16 first  exact arithmetic
  pooled to u8, rowwise  numpy float32, in the order of roundings of the headers
  activations            mpmath at 60 digits, rounded to binary64
  conversions            numpy float16, torch bfloat16
  add, multiply          numpy float32, float16, int32; torch bfloat16
  quantise               torch.quantize_per_tensor, quantize_per_channel (quint8, qint8)
  concat, transpose      numpy
  LayerNorm, reduce-add  numpy float32 in the headers' order, exact arithmetic for each fma;
                         within 1e-5 of binary64, or generation fails
"""

import os
import sys

import mpmath
import numpy as np
import torch

from generate import F32, File, fma, rng

NAN16 = 0x7E00
F16, BF16 = 1, 2
OUT = {"u8": 0, "f32": 1, "s32": 2, "s8": 3, "f16": 4, "bf16": 5}


def to_bf16(x):
    return torch.from_numpy(np.ascontiguousarray(x, F32)).bfloat16().view(torch.int16).numpy().view(
        np.uint16)


def from_bf16(x):
    return (x.astype(np.uint32) << 16).view(F32)


def to_f16(x):
    with np.errstate(over="ignore"):
        return np.ascontiguousarray(x, F32).astype(np.float16).view(np.uint16)


def halves(shape, kind, scale=1.0):
    """Random FP16 or BF16: bits and value."""
    values = rng.normal(0, scale, shape).astype(F32)
    if kind == F16:
        bits = to_f16(values)
        return bits, bits.view(np.float16).astype(F32)
    bits = to_bf16(values)
    return bits, from_bf16(bits)


def convert(x, out, c_scale=F32(1), zero=0, relu=False):
    if out in (OUT["u8"], OUT["s8"]):
        low, high = (0, 255) if out == OUT["u8"] else (-128, 127)
        q = np.rint(x * F32(F32(1) / c_scale)).astype(np.float64) + zero
        q = np.clip(q, zero if relu else low, high)
        return q.astype(np.uint8 if out == OUT["u8"] else np.int8)
    if relu:
        x = np.where(x > 0, x, F32(0)).astype(F32)
    return x if out == OUT["f32"] else to_f16(x) if out == OUT["f16"] else to_bf16(x)


def chain(a, w, start):
    acc = F32(start)
    for x, y in zip(a, w):
        acc = fma(x, y, acc)
    return acc


def float_product(a, w, bias, split):
    (m, k), n = a.shape, len(w)
    share = -(-(-(-k // 16)) // split) * 16
    out = np.zeros((m, n), F32)
    for i in range(m):
        for j in range(n):
            acc = chain(a[i, :share], w[j, :share], 0 if bias is None else bias[j])
            for c in range(1, split):
                part = chain(a[i, c * share:(c + 1) * share], w[j, c * share:(c + 1) * share], 0)
                acc = F32(part + acc)
            out[i, j] = acc
    return out


def matmul(directory):
    file = File(directory, "matmul")
    for number, (m, n, k, kind, split, out, relu) in enumerate((
            (1, 1, 1, F16, 0, "f32", 0), (3, 5, 33, F16, 0, "f32", 0), (2, 3, 70, F16, 3, "f32", 1),
            (3, 4, 48, F16, 2, "f16", 0), (2, 5, 65, F16, 0, "u8", 1), (2, 5, 20, F16, 0, "s8", 0),
            (1, 1, 1, BF16, 0, "bf16", 0), (3, 5, 40, BF16, 0, "f32", 1),
            (2, 3, 97, BF16, 5, "bf16", 0), (2, 3, 30, BF16, 0, "f16", 0),
            (2, 4, 30, BF16, 0, "s8", 1))):
        a, av = halves((m, k), kind)
        w, wv = halves((n, k), kind)
        bias = rng.normal(0, 1, n).astype(F32) if number % 2 else None
        c_scale, zero = F32(0.07), 5 if out == "s8" else 101
        c = convert(float_product(av, wv, bias, split or 1), OUT[out], c_scale, zero, relu)
        extra = {} if bias is None else {"bias": bias}
        file.case(f"fc_{number}_{m}x{n}x{k}_{out}", m=m, n=n, k=k, type=kind, out=OUT[out],
                  relu=relu, k_split=split, c_zero_point=zero, c_scale=np.array([c_scale]), a=a, w=w,
                  **extra, c=c)
    for number, (b, m, n, k, a_signed, b_signed, kn, out) in enumerate((
            (1, 1, 1, 1, 0, 0, 0, "s32"), (3, 4, 5, 33, 0, 1, 0, "u8"), (2, 3, 4, 70, 1, 1, 1, "s8"),
            (2, 5, 3, 17, 1, 0, 1, "f32"), (2, 2, 6, 40, 0, 0, 0, "f16"),
            (3, 2, 2, 9, 0, 1, 1, "s32"))):
        types = np.int8 if a_signed else np.uint8, np.int8 if b_signed else np.uint8
        a = rng.integers(*((-128, 128) if a_signed else (0, 256)), (b, m, k)).astype(types[0])
        w = rng.integers(*((-128, 128) if b_signed else (0, 256)), (b, n, k)).astype(types[1])
        zeros = (0, 0) if out == "s32" else (-7 if a_signed else 120, 9)
        acc = (a.astype(np.int64) - zeros[0]) @ (w.astype(np.int64) - zeros[1]).transpose(0, 2, 1)
        assert abs(acc).max() < 2**31
        scale = F32(3e-4 if out in ("u8", "s8") else 1e-3)
        zero = 3 if out == "s8" else 128
        if out == "s32":
            c = acc.astype(np.int32)
        else:
            c = convert(acc.astype(np.int32).astype(F32) * scale, OUT[out], F32(1), zero)
        w = w.transpose(0, 2, 1) if kn else w
        file.case(f"bmm_{number}_{out}", batch=b, m=m, n=n, k=k, out=OUT[out], a_signed=a_signed,
                  b_signed=b_signed, b_kn=kn, a_zero_point=zeros[0], b_zero_point=zeros[1],
                  c_zero_point=zero, scale=np.array([scale]), a=a, b=w, c=c)
    file.write()


# ---- TBE -------------------------------------------------------------------------------------------


def rows_of(layout, count, dim):
    """Packed bytes, and (scale, bias, q) or values of each row."""
    if layout >= 4:
        values = rng.normal(0, 1, (count, dim)).astype(F32)
        values = values.astype(np.float16) if layout == 4 else values
        return values.view(np.uint8).reshape(count, -1), values.astype(F32)
    x = rng.normal(0, 1, (count, dim)).astype(F32)
    if layout in (2, 3):
        packed = torch.ops.quantized.embedding_bag_4bit_prepack(torch.from_numpy(x)).numpy()
        data, tail = packed[:, :dim // 2], packed[:, dim // 2:]
        q = np.stack([data & 15, data >> 4], 2).reshape(count, dim)
    else:
        packed = torch.ops.quantized.embedding_bag_byte_prepack(torch.from_numpy(x)).numpy()
        q, tail = packed[:, :dim], np.ascontiguousarray(packed[:, dim:]).view(F32)
        data, tail = q, tail.astype(np.float16).view(np.uint8)
    tail = np.ascontiguousarray(tail)
    headers = tail.view(np.float16).astype(F32)
    parts = (data, tail) if layout == 2 else (tail, data)
    return np.concatenate(parts, 1), (headers, q), x


def bag_sum(layout, decoded, ids, weights, dim):
    acc = np.zeros(dim, F32)
    for position, index in enumerate(ids):
        if index < 0:
            continue
        w = F32(1) if weights is None else weights[position]
        for j in range(dim):
            if layout >= 4:
                acc[j] = fma(w, decoded[index, j], acc[j])
            else:
                headers, q = decoded
                scale, bias = F32(w * headers[index, 0]), F32(w * headers[index, 1])
                acc[j] = fma(scale, F32(q[index, j]), F32(acc[j] + bias))
    return acc


def oracle(name, layout, packed, ids, part, weights, dim, total):
    """torch, where it has the layout and there is no pruned row."""
    w = None if weights is None else torch.from_numpy(weights)
    if layout == 2:
        got = torch.ops.quantized.embedding_bag_4bit_rowwise_offsets(
            torch.from_numpy(packed), torch.from_numpy(ids), torch.from_numpy(part), False, 0, False,
            w, None, True).numpy()
    elif layout == 5:
        got = torch.nn.functional.embedding_bag(
            torch.from_numpy(ids), torch.from_numpy(packed.reshape(-1).view(F32).reshape(-1, dim)),
            torch.from_numpy(part), mode="sum", per_sample_weights=w,
            include_last_offset=True).numpy()
    else:
        return
    if not np.array_equal(got.view(np.uint32), total.view(np.uint32)):
        sys.exit(f"{name}: torch differs in {np.sum(got != total)} of {got.size}")


def pooled_u8(acc):
    low, high = acc.min(), acc.max()
    scale = F32(F32(high - low) / F32(255))
    inverse = F32(F32(255) / F32(F32(scale * F32(255)) + F32(1e-8)))
    q = np.clip(np.rint((acc - low) * inverse), 0, 255).astype(np.uint8)
    return np.concatenate([q, np.array([scale, low], F32).view(np.uint8)])


def tbe_rows(directory):
    file = File(directory, "tbe_rows")
    dim, count, lengths = 12, 9, np.array([3, 0, 11, 1])
    part = np.r_[0, np.cumsum(lengths)].astype(np.int64)
    for layout in (1, 2, 3, 4, 5):
        for what in ("sum", "mean", "weighted", "pruned", "none", "u8"):
            rows = rows_of(layout, count, dim)
            packed, decoded = rows[0], rows[1]
            extra = {"x": rows[2]} if layout == 2 else {}
            ids = rng.integers(0, count, part[-1]).astype(np.int64)
            if what == "pruned":
                ids[::3] = -1
            weights = rng.uniform(-2, 2, len(ids)).astype(F32) if what == "weighted" else None
            bags = [slice(part[b], part[b + 1]) for b in range(len(lengths))]
            if what == "none":
                out = np.stack([bag_sum(layout, decoded, ids[l:l + 1], None, dim)
                                for l in range(len(ids))])
            else:
                out = np.stack([bag_sum(layout, decoded, ids[bag],
                                        None if weights is None else weights[bag], dim)
                                for bag in bags])
                if what != "pruned":
                    oracle(f"layout {layout} {what}", layout, packed, ids, part, weights, dim, out)
            if what in ("mean", "pruned"):
                share = (F32(1) / np.maximum(lengths, 1).astype(F32)).astype(F32)
                out = (out * share[:, None]).astype(F32)
            if what == "u8":
                out = np.stack([pooled_u8(acc) for acc in out])
            if weights is not None:
                extra["weights"] = weights
            pooling = {"none": 2, "mean": 1, "pruned": 1}.get(what, 0)
            file.case(f"layout_{layout}_{what}", layout=layout, rows=count, dim=dim,
                      batch=len(lengths), pooling=pooling, out_type=2 if what == "u8" else 0,
                      pruned=what == "pruned", packed=packed, indices=ids, offsets=part, **extra,
                      out=out)
    file.write()


# ---- Activations -----------------------------------------------------------------------------------


def activation(directory):
    file = File(directory, "activation")
    mpmath.mp.dps = 60
    functions = {
        1: mpmath.exp, 2: lambda x: 1 / (1 + mpmath.exp(-x)), 3: mpmath.tanh,
        4: lambda x: x * mpmath.ncdf(x), 5: lambda x: 1 / x, 6: mpmath.sqrt,
    }
    every = np.arange(0, 0x7C00, 53, dtype=np.uint16)
    every = np.concatenate([every, every | 0x8000])
    for number, function in functions.items():
        values = every.view(np.float16).astype(np.float64)
        keep = values >= 0 if number == 6 else values != 0
        if number == 1:
            keep &= values < 88
        x = every[keep]
        y = np.array([float(function(mpmath.mpf(float(v)))) for v in values[keep]])
        file.case(f"function_{number}", function=number, x=x, y=y.view(np.int64))
    file.write()


# ---- The rest --------------------------------------------------------------------------------------


def conversions(file):
    bits = rng.integers(0, 1 << 32, 1500, dtype=np.uint64).astype(np.uint32)
    near = np.concatenate([np.arange(0, 0x7C00, 61, dtype=np.uint16).view(np.float16).astype(F32)])
    step = rng.integers(-4097, 4098, len(near)) // 4096 * 4096
    bits = np.concatenate([bits, (near.view(np.uint32) + step).astype(np.uint32),
                           near.view(np.uint32) + 0x1000, (bits & 0x7FFFFF) | 0x33000000])
    x = bits.view(F32)
    nan = np.isnan(x)
    f16, bf16 = np.where(nan, NAN16, to_f16(x)), np.where(nan, 0x7FC0, to_bf16(x))
    file.case("convert", x=x, f16=f16.astype(np.uint16), bf16=bf16.astype(np.uint16))


def binary(file):
    for op in (0, 1):
        for kind in ("f32", "f16", "bf16", "s32"):
            shape = 3, 50
            if kind == "s32":
                a, b = (rng.integers(-2**31, 2**31, shape).astype(np.int32) for _ in "ab")
                y = a + b if op == 0 else a * b
            elif kind == "f32":
                a, b = (rng.normal(0, 1, shape).astype(F32) for _ in "ab")
                y = a + b if op == 0 else a * b
            elif kind == "f16":
                a, b = (rng.normal(0, 0.01, shape).astype(np.float16) for _ in "ab")
                y = (a + b if op == 0 else a * b).view(np.uint16)
                a, b = a.view(np.uint16), b.view(np.uint16)
            else:
                a, b = (torch.from_numpy(rng.normal(0, 1, shape).astype(F32)).bfloat16()
                        for _ in "ab")
                y = a + b if op == 0 else a * b
                a, b, y = (t.view(torch.int16).numpy().view(np.uint16) for t in (a, b, y))
            file.case(f"binary_{op}_{kind}", op=op, type=OUT[kind], rows=3, cols=50, a=a, b=b, y=y)


def quantise(file):
    for kind, dtype, low in (("u8", torch.quint8, 0), ("s8", torch.qint8, -128)):
        x = rng.normal(0, 2, (5, 9)).astype(F32)
        for axis, count in ((None, 1), (0, 5), (1, 9)):
            scale = rng.uniform(0.01, 0.05, count).astype(F32)
            zero = (rng.integers(60, 190, count) + low).astype(np.int32)
            if axis is None:
                q = torch.quantize_per_tensor(torch.from_numpy(x), float(scale[0]), int(zero[0]), dtype)
                back = scale[0] * (q.int_repr().numpy().astype(np.int32) - zero[0]).astype(F32)
            else:
                q = torch.quantize_per_channel(
                    torch.from_numpy(x), torch.from_numpy(scale.astype(np.float64)),
                    torch.from_numpy(zero.astype(np.int64)), axis, dtype)
                along = (-1, 1) if axis == 0 else (1, -1)
                back = scale.reshape(along) * (q.int_repr().numpy().astype(np.int32) -
                                               zero.reshape(along)).astype(F32)
            file.case(f"quantize_{kind}_{'tensor' if axis is None else ('row', 'col')[axis]}",
                      type=OUT[kind], axis=2 if axis is None else axis, rows=5, cols=9, scale=scale,
                      zero=zero, x=x, q=q.int_repr().numpy(), back=back)


def quantise_near_ties(file):
    """Where multiplying by the reciprocal and dividing by the scale differ."""
    x = (np.arange(-400, 800, 3) * 0.0117).astype(F32).reshape(8, 50)
    scale, zero = np.array([0.0039], F32), np.array([90], np.int32)
    near = np.arange(-400, 800, 3).astype(F32).reshape(8, 50) / F32(2) * scale[0]
    for name, values in (("even", x), ("near_ties", near)):
        q = torch.quantize_per_tensor(torch.from_numpy(values), float(scale[0]), 90, torch.quint8)
        q = q.int_repr().numpy()
        file.case(f"quantize_u8_{name}", type=OUT["u8"], axis=2, rows=8, cols=50, scale=scale,
                  zero=zero, x=values, q=q, back=scale[0] * (q.astype(np.int32) - 90).astype(F32))


def layouts(file):
    for bits, dtype in ((8, np.uint8), (16, np.uint16), (32, np.int32)):
        info = np.iinfo(dtype)
        x, z = (rng.integers(info.min, info.max, (3, cols), dtype) for cols in (5, 4))
        raw = lambda t: np.ascontiguousarray(t).view(np.uint8)
        file.case(f"layout_{bits}", bits=bits, rows=3, cols=5, cols2=4, x=raw(x), z=raw(z),
                  concat=raw(np.concatenate([x, z], 1)), transpose=raw(x.T))
    pack = lambda t: np.stack([sum(int(v) << i % 2 * 4 for i, v in enumerate(row[j:j + 2]))
                               for row in t for j in range(0, len(row), 2)]).astype(np.uint8)
    x, z = (rng.integers(0, 16, (3, cols)) for cols in (5, 4))
    file.case("layout_4", bits=4, rows=3, cols=5, cols2=4, x=pack(x), z=pack(z),
              concat=pack(np.concatenate([x, z], 1)), transpose=pack(x.T))


def lane_sum(x, squares):
    lanes = np.zeros(64, F32)
    for j, v in enumerate(x):
        lanes[j % 64] = fma(v, v, lanes[j % 64]) if squares else F32(lanes[j % 64] + v)
    width = 32
    while width:
        lanes[:width] = lanes[:width] + lanes[width:2 * width]
        width //= 2
    return lanes[0]


def layernorm(x, gamma, beta):
    """Rows of FP32: normalised, and then with gamma and beta."""
    cols = x.shape[1]
    y, plain = np.zeros_like(x), np.zeros_like(x)
    for i, row in enumerate(x):
        d = row - F32(lane_sum(row, False) / F32(cols))
        var = F32(lane_sum(d, True) / F32(cols))
        plain[i] = d * F32(F32(1) / np.sqrt(F32(var + F32(1e-5))))
        y[i] = [fma(t, g, b) for t, g, b in zip(plain[i], gamma, beta)]
    wide = x.astype(np.float64)
    wide = (wide - wide.mean(1, keepdims=True)) / np.sqrt(wide.var(1, keepdims=True) + 1e-5)
    if abs(wide * gamma + beta - y).max() > 1e-5:
        sys.exit(f"LayerNorm of {cols}: too far from binary64")
    return plain, y


def reduce_add(x):
    acc = np.zeros((len(x), x.shape[2]), F32)
    for r in range(x.shape[1]):
        acc = acc + x[:, r]
    return acc


def norms(file):
    for cols in (1, 7, 64, 200):
        x = rng.normal(1, 3, (2, cols)).astype(F32)
        gamma, beta = (rng.normal(0, 1, cols).astype(F32) for _ in "gb")
        plain, y = layernorm(x, gamma, beta)
        file.case(f"norm_{cols}", rows=2, cols=cols, epsilon=np.array([1e-5], F32), x=x, gamma=gamma,
                  beta=beta, plain=plain, y=y)
    x = rng.normal(0, 1, (2, 30, 11)).astype(F32)
    file.case("reduce", batch=2, rows=30, cols=11, x=x, y=reduce_add(x))
    x[0, 0, 0] = 0.0
    rows = x.reshape(-1, 11)[:8]
    packed = []
    for row in rows:
        low, span = row.min(), F32(row.max() - row.min())
        q = np.rint((row - low) * F32(F32(255) / F32(span + F32(1e-8)))).astype(np.uint8)
        packed.append(np.concatenate([q, np.array([span / F32(255), low], F32).view(np.uint8)]))
    if not np.array_equal(np.stack(packed), torch.ops.quantized.embedding_bag_byte_prepack(
            torch.from_numpy(np.ascontiguousarray(rows))).numpy()):
        sys.exit("row-wise: torch differs")
    file.case("rowwise", rows=8, cols=11, x=rows, y=np.stack(packed))


def interactions(file):
    for kind in (F16, BF16):
        v, values = halves((2, 5, 7), kind)
        dots = np.array([[chain(values[b, i], values[b, j], 0) for i in range(1, 5) for j in range(i)]
                         for b in range(2)], F32)
        file.case(f"interaction_{kind}", type=OUT["f16" if kind == F16 else "bf16"], batch=2,
                  features=4, dim=7, x=v[:, 0], emb=v[:, 1:],
                  wide=np.concatenate([values[:, 0], dots], 1),
                  narrow=np.concatenate([v[:, 0], (to_f16 if kind == F16 else to_bf16)(dots)], 1))


def half_norms(file):
    for kind, name, narrow in ((F16, "f16", to_f16), (BF16, "bf16", to_bf16)):
        for cols in (5, 130):
            bits, x = halves((2, cols), kind, 3.0)
            gamma, beta = (rng.normal(0, 1, cols).astype(F32) for _ in "gb")
            y = layernorm(x, gamma, beta)[1]
            file.case(f"half_norm_{name}_{cols}", type=OUT[name], rows=2, cols=cols,
                      epsilon=np.array([1e-5], F32), x=bits, gamma=gamma, beta=beta, wide=y,
                      narrow=narrow(y))
        bits, x = halves((3, 20, 9), kind)
        y = reduce_add(x)
        file.case(f"half_reduce_{name}", type=OUT[name], batch=3, rows=20, cols=9, x=bits, wide=y,
                  narrow=narrow(y))


def operators(directory):
    file = File(directory, "operators")
    for make in (conversions, binary, quantise, quantise_near_ties, layouts, norms, interactions,
                 half_norms):
        make(file)
    file.write()


def main():
    directory = sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.abspath(__file__))
    for make in (matmul, tbe_rows, activation, operators):
        make(directory)


if __name__ == "__main__":
    main()
