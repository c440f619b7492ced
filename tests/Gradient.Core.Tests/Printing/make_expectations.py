#!/usr/bin/python3
"""Writes numpy.array2string(separator=', ') of many arrays to numpy-expectations.json, one JSON object per line.

    /usr/bin/python3 make_expectations.py [random cases, default 120] [seed, default 1] > numpy-expectations.json
"""
import json
import sys

import numpy as np

random_cases = int(sys.argv[1]) if len(sys.argv) > 1 else 120
rng = np.random.default_rng(int(sys.argv[2]) if len(sys.argv) > 2 else 1)
nan, inf = np.nan, np.inf


def emit(array):
    print(json.dumps({
        "dtype": array.dtype.name,
        "shape": list(array.shape),
        "hex": np.ascontiguousarray(array).tobytes().hex(),
        "text": np.array2string(array, separator=", "),
    }))


chosen = [
    0.1, 3, [1, 2.5, 3], [0], [-0.0], [0.0, -0.0], [1e8], [99999999], [1e-4], [9.9e-5], [1, 1000], [1, 1001], [1, 1000.1],
    [1, nan], [nan], [inf], [-inf], [inf, nan], [1.5, -inf], [-1.5, inf], [123.456, nan, -inf], [1e10, nan, -inf], [1e-10, inf],
    [1 / 3, 2 / 3], [100 / 3], [1e20, 1], [1e-20, 1], [-1, 1], [-1.25, 10], [[1, 2], [3, 4.5]], [[-1, 22], [333, 4]], [], [[]],
    [0.001953125], [0.005859375, 1], [1.00000001], [0.12345678901], [12345.678], [65504], [1e5, 123.4], [5e-5, 1], [0.1, 0.2, 0.3],
    [[[1, 2], [3, 4]], [[5, 6], [7, 8]]], [[[[1.5]]]], [0.5, 1234567], [1e15, 1e16], [0.1, 1.2345678e-5], [16777216, 16777217],
]
for values in chosen:
    for dtype in (np.float32, np.float64, np.float16):
        with np.errstate(over="ignore"):
            emit(np.array(values, dtype))
emit(np.array([5e-324, 1.7976931348623157e308]))
emit(np.array([2.2250738585072014e-308, -1e100]))
emit(np.array([1e-45, 3.4028235e38], np.float32))
emit(np.array([6e-8, 65504], np.float16))
for values in ([], 7, [1, -2, 300], [[1, 22], [333, 4]], [2**31 - 1, -(2**31)]):
    emit(np.array(values, np.int32))
for values in ([2**63 - 1, -(2**63), 2**53 + 1], [0], [[-1], [10]]):
    emit(np.array(values, np.int64))
for values in (True, False, [True, False], [True, True], [[False], [True]]):
    emit(np.array(values, np.bool_))
for shape in ([1001], [1000], [1005, 1], [2, 600], [7, 7, 30], [3, 3, 200], [1, 1, 1, 1, 1, 1, 1, 1], [40], [25, 20], [6, 200], [7, 0, 3]):
    emit((np.arange(np.prod(shape)) * 0.25 - 10).reshape(shape).astype(np.float32))
    emit(np.arange(np.prod(shape)).reshape(shape).astype(np.int64))
emit(np.arange(2000) % 3 == 0)
emit(rng.standard_normal([20, 30]))
emit(rng.standard_normal([4, 3, 17]).astype(np.float32))

for _ in range(random_cases):
    dtype = [np.float32, np.float64, np.float16][rng.integers(3)]
    shape = rng.integers(0, 7, rng.integers(0, 4)) if rng.integers(4) else [int(rng.integers(1, 60))]
    kind = rng.integers(5)
    if kind == 0:
        values = rng.standard_normal(shape) * 10.0 ** rng.integers(-7, 9)
    elif kind == 1:
        values = rng.standard_normal(shape) * 10.0 ** rng.integers(-7, 9, shape)
    elif kind == 2:
        values = np.round(rng.standard_normal(shape) * 100, rng.integers(0, 5))
    elif kind == 3:
        values = rng.integers(-100, 100, shape) / 2.0 ** rng.integers(0, 14, shape)  # ties
    else:
        values = np.frombuffer(rng.bytes(int(np.prod(shape)) * np.dtype(dtype).itemsize), dtype).reshape(shape)  # any bits
    values = np.array(values)
    if rng.integers(5) == 0 and values.size:
        values = values.astype(np.float64)
        values[tuple(rng.integers(0, n) for n in values.shape)] = [nan, inf, -inf][rng.integers(3)]
    with np.errstate(all="ignore"):
        emit(values.astype(dtype))
