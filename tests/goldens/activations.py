"""Activations: output and gradient, kinks and large arguments included."""
import torch
import torch.nn.functional as F

from golden_file import GoldenFile, f32, randn, rounded

POINTWISE = {
    "relu": F.relu,
    "leaky-relu": lambda x: F.leaky_relu(x, f32(0.01)),
    "leaky-relu-slope": lambda x: F.leaky_relu(x, 0.25),
    "elu": F.elu,
    "elu-alpha": lambda x: F.elu(x, 0.75),
    "gelu": F.gelu,
    "gelu-tanh": lambda x: F.gelu(x, approximate="tanh"),
    "silu": F.silu,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "softplus": F.softplus,
    "softplus-beta": lambda x: F.softplus(x, beta=2.0, threshold=5.0),
    "hardswish": F.hardswish,
    "mish": F.mish,
}


def add(file, name, function, x):
    file.case(name)
    x = x.clone().requires_grad_()
    y = function(x)
    g = randn(*y.shape)
    y.backward(g)
    file.exact(f"{name}/in.0", x)
    file.result(f"{name}/out.0", y)
    file.exact(f"{name}/up.0", g)
    file.result(f"{name}/din.0", x.grad)


def make(path):
    torch.manual_seed(3)
    file = GoldenFile()
    # Kinks of hardswish (±3) are left out: PyTorch changed their gradient between versions.
    special = torch.tensor([0.0, -0.0, 1.0, -1.0, 20.0, -20.0, 20.5, 40.0, -40.0, 100.0, -100.0, 1e4, -1e4, 1e-4, -1e-4, 1e-20, -1e-20])
    x = torch.cat([rounded(special), rounded(3 * randn(55))])
    for name, function in POINTWISE.items():
        add(file, name, function, x)
    for axis in (0, 1, -1):
        add(file, f"softmax-axis{axis}", lambda x: torch.softmax(x, axis), rounded(2 * randn(3, 5, 4)))
        add(file, f"log-softmax-axis{axis}", lambda x: torch.log_softmax(x, axis), rounded(2 * randn(3, 5, 4)))
    wide = rounded(torch.tensor([[1e4, -1e4, 0.0], [1e4, 1e4, -1e4], [-1e4, -1e4, -1e4]], dtype=torch.float64))
    add(file, "softmax-wide", lambda x: torch.softmax(x, -1), wide)
    add(file, "log-softmax-wide", lambda x: torch.log_softmax(x, -1), wide)
    file.save(path)
    return file
