#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Train a DLRM on a prepared data set and write the model file.

usage: train.py DATA MODEL [--seed N] [--epochs N] [--validate]

Debian's python3 and python3-numpy, one thread, a fixed seed: the same machine gives the same file;
another BLAS kernel may differ in the last digits. The forms of both files are in format.h, the
graph is in forward.h. --validate holds out every tenth training row and reports on it instead of
writing a model: that is how the constants below were chosen. The test part is looked at once, at
the end, and nothing is chosen by it.
"""

import argparse
import os
import struct
import sys
import time
import zlib

os.environ["OPENBLAS_NUM_THREADS"] = "1"

import numpy as np  # noqa: E402 (the thread count must be set first)

DIM = 16
BOTTOM = (32, DIM)
TOP = (64, 32, 1)
BATCH = 512
EPOCHS = 4
RATE = 4e-3         # Adam's, falling to 0 along a cosine
TABLE_DECAY = 5e-3  # L2 on the embedding rows that a batch uses, per row and step
DENSE_DECAY = 1e-5
ID, BAG = 0, 1
POOL_MEAN = 1
CALIBRATION_ROWS = 16384


# ---- Files (format.h) ------------------------------------------------------------------------------


class Sections:
    """Walks the sections of an image, each at the next multiple of 8."""

    def __init__(self, image, at):
        self.image, self.at = image, at

    def take(self, dtype, count):
        start = -(-self.at // 8) * 8
        self.at = start + np.dtype(dtype).itemsize * count
        if self.at > len(self.image):
            sys.exit("train.py: truncated data set")
        return np.frombuffer(self.image, dtype, count, start)


class Data:
    def __init__(self, path):
        with open(path, "rb") as file:
            image = file.read()
        if image[:8] != b"MTIADLRD" or len(image) < 64:
            sys.exit(f"train.py: {path} is no prepared data set")
        size, crc = struct.unpack_from("<QI", image, 16)
        if size != len(image) or zlib.crc32(image[32:]) != crc:
            sys.exit(f"train.py: {path} is truncated or corrupt")
        (self.vocabulary_crc, schema_size, tables, dense, self.train, self.test,
         self.baseline) = struct.unpack_from("<7I", image, 32)
        sections = Sections(image, 64)
        self.schema = sections.take("u1", schema_size).tobytes()
        self.features = sections.take([("name", "S48"), ("rows", "<u4"), ("kind", "<u4"),
                                       ("index_count", "<u8")], tables)
        self.dense_features = sections.take([("name", "S48"), ("mean", "<f4"),
                                             ("deviation", "<f4")], dense)
        rows = self.train + self.test
        self.label = sections.take("u1", rows).astype(np.float32)
        self.dense = sections.take("<f4", rows * dense).reshape(rows, dense)
        self.columns = []
        for feature in self.features:
            if feature["kind"] == BAG:
                offset = sections.take("<u4", rows + 1).astype(np.int64)
                self.columns.append((offset, sections.take("<u4", int(feature["index_count"]))))
            else:
                self.columns.append(sections.take("<u4", rows))

    def pooling(self, table, rows):
        """Matrix P so that P @ table pools the bags of `rows` by mean."""
        column = self.columns[table]
        width = int(self.features["rows"][table])
        if self.features["kind"][table] == ID:
            cells, weight = np.arange(len(rows)) * width + column[rows], None
        else:
            offset, index = column
            length = offset[rows + 1] - offset[rows]
            within = np.arange(length.sum()) - np.repeat(np.cumsum(length) - length, length)
            bag = np.repeat(np.arange(len(rows)), length)
            cells = bag * width + index[np.repeat(offset[rows], length) + within]
            weight = np.repeat(1 / np.maximum(length, 1), length)
        flat = np.bincount(cells, weight, len(rows) * width)
        return flat.astype(np.float32).reshape(len(rows), width)


def pad(data):
    return data + bytes(-len(data) % 8)


def write_model(path, data, model, quantisation):
    bottom, top = model["bottom"], model["top"]
    features = data.features.copy()
    features["index_count"] = 0
    body = struct.pack("<8I", data.vocabulary_crc, len(data.schema), len(data.features),
                       len(data.dense_features), DIM, POOL_MEAN, len(bottom), len(top))
    body += pad(data.schema) + pad(features.tobytes()) + pad(data.dense_features.tobytes())
    shapes = b""
    for (weight, _), (scale, zero_point) in zip(bottom + top, quantisation):
        shapes += struct.pack("<IIfI", weight.shape[1], weight.shape[0], scale, zero_point)
    body += pad(shapes)
    for table in model["tables"]:
        body += pad(table.astype("<f4").tobytes())
    for weight, bias in bottom + top:
        body += pad(weight.astype("<f4").tobytes()) + pad(bias.astype("<f4").tobytes())
    header = struct.pack("<8sIIQII", b"MTIADLRM", 1, 64, 32 + len(body), zlib.crc32(body), 0)
    with open(path + ".new", "wb") as file:
        file.write(header + body)
    os.rename(path + ".new", path)
    return 32 + len(body)


# ---- The network -----------------------------------------------------------------------------------


def new_model(data, rng):
    def layers(width, outs):
        result = []
        for out in outs:
            weight = rng.normal(0, np.sqrt(2 / (width + out)), (out, width))
            result.append([weight.astype(np.float32), np.zeros(out, np.float32)])
            width = out
        return result

    count = len(data.features)
    tables = [rng.normal(0, 0.1, (int(rows), DIM)).astype(np.float32)
              for rows in data.features["rows"]]
    return {"tables": tables, "bottom": layers(data.dense.shape[1], BOTTOM),
            "top": layers(DIM + count * (count + 1) // 2, TOP)}


def parameters(model):
    return model["tables"] + [p for layer in model["bottom"] + model["top"] for p in layer]


def mlp(layers, x, last_relu):
    """Activations before each layer, and the result."""
    seen = []
    for i, (weight, bias) in enumerate(layers):
        seen.append(x)
        x = x @ weight.T + bias
        if last_relu or i + 1 < len(layers):
            x = np.maximum(x, 0)
    return seen, x


def mlp_backward(layers, seen, result, grad, last_relu):
    """Gradients of weights and biases, first layer first, and of the input."""
    grads = []
    for i in reversed(range(len(layers))):
        if last_relu or i + 1 < len(layers):
            grad = grad * (result > 0)
        grads[:0] = [grad.T @ seen[i], grad.sum(0)]
        grad = grad @ layers[i][0]
        result = seen[i]
    return grads, grad


PAIRS = {}


def pairs(count):
    """Strictly lower triangle, row by row: (1,0), (2,0), (2,1) ..."""
    return PAIRS.setdefault(count, np.tril_indices(count, -1))


def interact(x, emb):
    vectors = np.concatenate([x[:, None], emb], 1)
    i, j = pairs(vectors.shape[1])
    products = vectors @ vectors.transpose(0, 2, 1)
    return vectors, np.concatenate([x, products[:, i, j]], 1)


def forward(model, dense, emb):
    bottom_seen, x = mlp(model["bottom"], dense, True)
    vectors, joined = interact(x, emb)
    top_seen, logit = mlp(model["top"], joined, False)
    return bottom_seen, x, vectors, top_seen, logit


def pooled(data, tables, rows):
    pools = [data.pooling(t, rows) for t in range(len(tables))]
    return pools, np.stack([p @ table for p, table in zip(pools, tables)], 1)


def gradients(data, model, rows):
    pools, emb = pooled(data, model["tables"], rows)
    bottom_seen, x, vectors, top_seen, logit = forward(model, data.dense[rows], emb)
    probability = 1 / (1 + np.exp(-logit[:, 0]))
    grad = ((probability - data.label[rows]) / len(rows)).astype(np.float32)[:, None]
    top_grads, joined_grad = mlp_backward(model["top"], top_seen, logit, grad, False)

    i, j = pairs(vectors.shape[1])
    product_grad = np.zeros((len(rows),) + (vectors.shape[1],) * 2, np.float32)
    product_grad[:, i, j] = joined_grad[:, DIM:]
    product_grad[:, j, i] = joined_grad[:, DIM:]
    vector_grad = product_grad @ vectors
    x_grad = vector_grad[:, 0] + joined_grad[:, :DIM]
    bottom_grads, _ = mlp_backward(model["bottom"], bottom_seen, x, x_grad, True)
    table_grads = []
    for t, (pool, table) in enumerate(zip(pools, model["tables"])):
        used = pool.sum(0)[:, None]
        table_grads.append(pool.T @ vector_grad[:, 1 + t] + TABLE_DECAY * used * table)
    return table_grads + bottom_grads + top_grads


class Adam:
    def __init__(self, params):
        self.params = params
        self.mean = [np.zeros_like(p) for p in params]
        self.square = [np.zeros_like(p) for p in params]
        self.step = 0

    def update(self, grads, rate):
        self.step += 1
        fix1, fix2 = 1 - 0.9**self.step, 1 - 0.999**self.step
        for param, grad, mean, square in zip(self.params, grads, self.mean, self.square):
            mean += 0.1 * (grad - mean)
            square += 0.001 * (grad * grad - square)
            param -= (rate * (mean / fix1 / (np.sqrt(square / fix2) + 1e-8) +
                              DENSE_DECAY * param)).astype(np.float32)


# ---- INT8 (model.h, numerics of FBGEMM) ------------------------------------------------------------


def rowwise_int8(table):
    """Rows as the device sees them, dequantised."""
    low = table.min(1, keepdims=True)
    spread = table.max(1, keepdims=True) - low
    q = np.rint((table - low) * (np.float32(255) / (spread + np.float32(1e-8))))
    return q.astype(np.float32) * (spread / np.float32(255)) + low


def choose(x):
    """FBGEMM's ChooseQuantizationParams for u8: a range that holds 0."""
    low, high = min(float(x.min()), 0.0), max(float(x.max()), 0.0)
    scale = max(np.float32((high - low) / 255), np.float32(6.1e-5))
    return scale, int(np.clip(np.rint(-low / float(scale)), 0, 255))


def calibrate(data, model, rows):
    """Input range of every layer: bottom's, then top's."""
    _, emb = pooled(data, [rowwise_int8(t) for t in model["tables"]], rows)
    bottom_seen, _, _, top_seen, _ = forward(model, data.dense[rows], emb)
    return [choose(x) for x in bottom_seen + top_seen]


def mlp_int8(layers, quantisation, x, last_relu):
    scale, zero = quantisation[0]
    a = np.clip(zero + np.rint(x * (np.float32(1) / scale)), 0, 255)
    for i, (weight, bias) in enumerate(layers):
        scale, zero = quantisation[i]
        w_scale = (np.abs(weight).max(1) / np.float32(127)).astype(np.float32)
        w_scale[w_scale == 0] = 1
        w = np.rint(weight / w_scale[:, None]).astype(np.float64)
        offset = np.rint(bias.astype(np.float64) / (np.float64(scale) * w_scale))
        raw = ((a - zero) @ w.T + offset).astype(np.float32)
        multiplier = scale * w_scale
        if i + 1 < len(layers):
            next_scale, next_zero = quantisation[i + 1]
            a = np.clip(np.rint(raw * (multiplier / next_scale)) + next_zero, next_zero, 255)
        else:
            x = raw * multiplier
    return np.maximum(x, 0) if last_relu else x


# ---- Figures ---------------------------------------------------------------------------------------


def auc(score, label):
    order = np.argsort(score, kind="stable")
    score, label = score[order], label[order]
    first = np.flatnonzero(np.r_[True, score[1:] != score[:-1]])
    size = np.diff(np.r_[first, len(score)])
    rank = np.repeat(first + (size + 1) / 2, size)
    positive = label.sum()
    return (rank[label > 0].sum() - positive * (positive + 1) / 2) / (
        positive * (len(label) - positive))


def log_loss(logit, label):
    z = np.where(label > 0, logit, -logit).astype(np.float64)
    return np.logaddexp(0, -z).mean()


def predict(data, model, rows, quantisation=None):
    tables = [rowwise_int8(t) for t in model["tables"]] if quantisation else model["tables"]
    logits = []
    for part in np.array_split(rows, -(-len(rows) // 2048)):
        _, emb = pooled(data, tables, part)
        if quantisation:
            split = len(model["bottom"])
            x = mlp_int8(model["bottom"], quantisation[:split], data.dense[part], True)
            _, joined = interact(x, emb)
            logits.append(mlp_int8(model["top"], quantisation[split:], joined, False)[:, 0])
        else:
            logits.append(forward(model, data.dense[part], emb)[-1][:, 0])
    return np.concatenate(logits)


def report(what, data, rows, logit):
    label = data.label[rows]
    print(f"{what}: auc {auc(logit, label):.5f} log-loss {log_loss(logit, label):.5f}", flush=True)


def baseline(data, train, rows):
    ids = data.columns[data.baseline]
    size = int(data.features["rows"][data.baseline])
    count = np.bincount(ids[train], minlength=size)
    total = np.bincount(ids[train], data.label[train], size)
    overall = data.label[train].mean()
    score = ((total + 5 * overall) / (count + 5))[ids[rows]]
    return np.log(score / (1 - score))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("data")
    parser.add_argument("model")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    parser.add_argument("--validate", action="store_true")
    args = parser.parse_args()

    data = Data(args.data)
    rng = np.random.default_rng(args.seed)
    model = new_model(data, rng)
    train, rows = np.arange(data.train), np.arange(data.train, data.train + data.test)
    if args.validate:
        train, rows = train[train % 10 != 0], train[train % 10 == 0]
    print(f"data: vocabulary {data.vocabulary_crc:08x}, {len(train)} rows to train on, "
          f"{len(rows)} to judge by")
    print(f"model: dim {DIM}, bottom {data.dense.shape[1]}-{'-'.join(map(str, BOTTOM))}, "
          f"top {model['top'][0][0].shape[1]}-{'-'.join(map(str, TOP))}, "
          f"{sum(p.size for p in parameters(model))} parameters")
    print(f"adam: seed {args.seed}, batch {BATCH}, rate {RATE}, decay {TABLE_DECAY} (tables) "
          f"{DENSE_DECAY} (all), {args.epochs} epochs")

    adam = Adam(parameters(model))
    steps = args.epochs * (len(train) // BATCH)
    begin = time.monotonic()
    for epoch in range(args.epochs):
        order = rng.permutation(train)
        for first in range(0, len(order) - BATCH + 1, BATCH):
            rate = RATE * 0.5 * (1 + np.cos(np.pi * adam.step / steps))
            adam.update(gradients(data, model, order[first:first + BATCH]), rate)
        sample = train[::10]
        report(f"epoch {epoch + 1:2} train", data, sample, predict(data, model, sample))
        if args.validate:
            report("         held out", data, rows, predict(data, model, rows))
    print(f"trained in {time.monotonic() - begin:.0f} s", file=sys.stderr)

    quantisation = calibrate(data, model, train[:: max(1, len(train) // CALIBRATION_ROWS)])
    what = "held out" if args.validate else "test"
    report(f"{what} baseline", data, rows, baseline(data, train, rows))
    report(f"{what} fp32", data, rows, predict(data, model, rows))
    report(f"{what} int8", data, rows, predict(data, model, rows, quantisation))
    if not args.validate:
        size = write_model(args.model, data, model, quantisation)
        print(f"wrote {size} bytes")


if __name__ == "__main__":
    main()
