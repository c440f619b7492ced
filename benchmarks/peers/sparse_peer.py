#!/usr/bin/python3
"""SciPy's side of `--only sparse/`: the same matrices, one JSON line per workload. SciPy's sparse products run on one thread.

    python3 ../shared/peers/compare.py --peer '/usr/bin/python3 benchmarks/peers/sparse_peer.py' --ours '… --only sparse/'
"""
import argparse
import json
import time

import numpy as np
import scipy.sparse as sp

parser = argparse.ArgumentParser()
parser.add_argument("--seconds", type=float, default=1.5)
parser.add_argument("--only", default="")
options = parser.parse_args()
ROWS, PER_ROW = 100_000, 10


def timed(name, work):
    if options.only not in name:
        return
    for _ in range(3):
        work()
    times, start = [], time.perf_counter()
    while len(times) < 5 or time.perf_counter() - start < options.seconds:
        begin = time.perf_counter()
        work()
        times.append(1e3 * (time.perf_counter() - begin))
    print(json.dumps({"name": name, "ms": sorted(times)[len(times) // 2], "min_ms": min(times), "runs": len(times)}), flush=True)


def mixed(i):
    """Pseudorandom numbers that both sides can make: Knuth's multiplicative hash, modulo 2^32."""
    return (i.astype(np.uint64) * np.uint64(2654435761)) % np.uint64(1 << 32)


def matrix(rows, skewed):
    """1M non-zeros: ten per row, or, skewed, half of all in one row."""
    count = rows * PER_ROW
    i = np.arange(count)
    row = np.where(i % 2 == 0, 7, i // PER_ROW) if skewed else i // PER_ROW
    column = np.where((i % 2 == 0) & skewed, (i // 2) % rows, mixed(i) % np.uint64(rows)).astype(np.int64)
    a = sp.coo_matrix((np.ones(count, np.float32), (row, column)), (rows, rows)).tocsr()
    a.sort_indices()
    a.data[:] = np.arange(a.nnz) % 7 - 3
    return a


for kind in ("even", "skewed"):
    a = matrix(ROWS, kind == "skewed")
    for width in (1, 16, 64):
        b = np.random.default_rng(0).standard_normal((ROWS, width)).astype(np.float32)
        operand = b[:, 0].copy() if width == 1 else b
        timed(f"sparse/{kind}-1M-x-{width}", lambda: a @ operand)

a = matrix(ROWS, False)
left = np.random.default_rng(0).standard_normal((64, ROWS)).astype(np.float32)
timed("sparse/64-x-even-1M", lambda: left @ a)
timed("sparse/even-1M-x-sparse", lambda: a @ a)
timed("sparse/add-1M", lambda: a + a.T.tocsr())
coo = a.tocoo()
order = np.random.default_rng(0).permutation(coo.nnz)
shuffled = (coo.data[order], (coo.row[order], coo.col[order]))
timed("sparse/coo-to-csr-1M", lambda: sp.coo_matrix(shuffled, a.shape).tocsr())
timed("sparse/csr-to-csc-1M", lambda: a.tocsc())
