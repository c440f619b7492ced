"""Sparse matrices: what SciPy makes of formats, duplicates, sums and products."""
import numpy as np
import scipy.sparse as sp
import torch

from golden_file import GoldenFile

CASES = {
    "square": (6, 6, 12),
    "duplicates": (5, 7, 60),
    "tall_with_empty_rows": (40, 4, 15),
    "wide_with_empty_columns": (3, 50, 20),
    "one_row_full": (8, 30, 0),
    "no_entries": (4, 3, 0),
}


def make(path):
    torch.manual_seed(11)
    random = np.random.RandomState(11)
    file = GoldenFile()
    for name, (rows, columns, entries) in CASES.items():
        row, column = random.randint(0, rows, entries), random.randint(0, columns, entries)
        if name == "one_row_full":
            row, column = np.full(columns, 5), random.permutation(columns)
        values = random.standard_normal(len(row)).astype(np.float32)
        a = sp.coo_matrix((values.astype(np.float64), (row, column)), (rows, columns))
        b = sp.random(columns, 9, 0.3, "csr", random_state=random).astype(np.float32).astype(np.float64)
        c = sp.random(rows, columns, 0.2, "csr", random_state=random).astype(np.float32).astype(np.float64)
        right, left = (random.standard_normal(shape).astype(np.float32).astype(np.float64) for shape in ((columns, 5), (2, rows)))
        file.case(name)

        def exact(key, array):
            file.exact(f"{name}/{key}", torch.from_numpy(np.ascontiguousarray(array)))

        def result(key, array):
            file.result(f"{name}/{key}", torch.from_numpy(np.ascontiguousarray(array)))

        def compressed(key, matrix):
            matrix.sort_indices()
            result(f"{key}.offsets", matrix.indptr.astype(np.int64))
            result(f"{key}.indices", matrix.indices.astype(np.int64))
            result(f"{key}.values", matrix.data)

        exact("in.shape", np.array([rows, columns]))
        exact("in.rows", row.astype(np.int64))
        exact("in.columns", column.astype(np.int64))
        for key, array in (("in.values", values), ("in.b", b.toarray()), ("in.c", c.toarray()), ("in.right", right), ("in.left", left)):
            exact(key, array.astype(np.float32))
        compressed("csr", a.tocsr())
        compressed("csc", a.tocsc())
        compressed("matmul", a.tocsr() @ b)
        compressed("add", a.tocsr() + c)
        compressed("multiply", a.tocsr().multiply(c).tocsr())
        compressed("rows", a.tocsr()[1:3])
        result("right", a @ right)
        result("left", left @ a)
        result("sum.0", np.asarray(a.sum(0)).ravel())
        result("sum.1", np.asarray(a.sum(1)).ravel())
    file.save(path)
    return file
