#!/usr/bin/python3
"""Makes the golden files next to this script: what PyTorch computes, for the tests to compare with. See README.md."""
import os

import torch

import activations
import autocast
import clipping
import layers
import linalg
import losses
import optimizers
import schedulers
import sparse

MAKERS = {
    "layers": layers.make,
    "linalg": linalg.make,
    "activations": activations.make,
    "losses": losses.make,
    "optimizers": optimizers.make,
    "schedulers": schedulers.make,
    "clipping": clipping.make,
    "initializers": clipping.initializers,
    "autocast": autocast.make,
    "sparse": sparse.make,
}

if __name__ == "__main__":
    torch.set_num_threads(1)
    folder = os.path.dirname(os.path.abspath(__file__))
    for name, make in MAKERS.items():
        path = os.path.join(folder, f"{name}.safetensors")
        file = make(path)
        print(f"{name}: {len(file.cases)} cases, {len(file.tensors)} tensors, {os.path.getsize(path)} bytes")
