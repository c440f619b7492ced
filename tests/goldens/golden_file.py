"""Writes one golden file: named tensors in the safetensors format, one configuration string per case.

Inputs, parameters and upstream gradients are rounded to Float32 and stored so; PyTorch then computes in Float64 and
results are stored as Float64. A Float32 implementation therefore starts from exactly the same numbers as a Float64 one.
"""
import json
import struct

import numpy as np
import torch

DTYPES = {"float64": "F64", "float32": "F32", "int64": "I64", "int32": "I32", "bool": "BOOL"}


def f32(x):
    """The Float32 number nearest to x, as a Python float: hyperparameters that both precisions can hold."""
    return float(np.float32(x))


def randn(*shape):
    """Normal numbers that Float32 holds exactly, in Float64."""
    return torch.randn(shape, dtype=torch.float32).double()


def rounded(t):
    return t.detach().float().double()


class GoldenFile:
    def __init__(self):
        self.tensors = {}
        self.cases = {}

    def case(self, name, **configuration):
        assert name not in self.cases, name
        self.cases[name] = json.dumps(configuration, sort_keys=True)

    def exact(self, key, tensor):
        """Stores an input: Float32 (it must hold the numbers exactly), or integers and booleans as they are."""
        t = tensor.detach()
        if t.is_floating_point():
            assert torch.equal(t.double(), t.float().double()) or torch.isnan(t).any(), key
            t = t.float()
        self._put(key, t)

    def result(self, key, tensor):
        """Stores a result as PyTorch computed it."""
        self._put(key, tensor.detach())

    def _put(self, key, t):
        assert key not in self.tensors, key
        # A copy: what is written in place later stays out of it.
        self.tensors[key] = np.array(t.numpy(), order="C")

    def save(self, path):
        """8 bytes little-endian header length, JSON header padded with blanks to 8 bytes, then the data in header order."""
        header, blobs, offset = {"__metadata__": self.cases}, [], 0
        # The widest element types first keep every tensor aligned to its element size.
        for key, array in sorted(self.tensors.items(), key=lambda item: (-item[1].itemsize, item[0])):
            blob = array.astype(array.dtype.newbyteorder("<")).tobytes()
            header[key] = {"dtype": DTYPES[array.dtype.name], "shape": list(array.shape), "data_offsets": [offset, offset + len(blob)]}
            blobs.append(blob)
            offset += len(blob)
        text = json.dumps(header, separators=(",", ":")).encode()
        text += b" " * (-len(text) % 8)
        with open(path, "wb") as f:
            f.write(struct.pack("<Q", len(text)) + text + b"".join(blobs))
