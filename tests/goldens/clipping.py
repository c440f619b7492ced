"""Gradient clipping, and the bounds of the initializers."""
import math

import torch
import torch.nn as nn
import torch.nn.utils as U

from golden_file import GoldenFile, randn, rounded

SHAPES = [(3, 4), (5,), (2, 1, 3)]


def parameters(gradients):
    out = []
    for g in gradients:
        p = torch.zeros(g.shape, dtype=torch.float64, requires_grad=True)
        p.grad = g.clone()
        out.append(p)
    return out


def clip(file):
    gradients = [rounded(2 * randn(*s)) for s in SHAPES]
    for i, g in enumerate(gradients):
        file.exact(f"gradients/{i}", g)
    cases = {"norm-2": (2.0, 1.5), "norm-2-above": (2.0, 1e3), "norm-1": (1.0, 4.0), "norm-infinity": (math.inf, 0.5)}
    for name, (order, limit) in cases.items():
        file.case(name, order=str(order), limit=limit)
        ps = parameters(gradients)
        norm = U.clip_grad_norm_(ps, limit, norm_type=order)
        file.result(f"{name}/norm", norm)
        for i, p in enumerate(ps):
            file.result(f"{name}/{i}", p.grad)
    file.case("value", limit=0.75)
    ps = parameters(gradients)
    U.clip_grad_value_(ps, 0.75)
    for i, p in enumerate(ps):
        file.result(f"value/{i}", p.grad)


def make(path):
    torch.manual_seed(7)
    file = GoldenFile()
    clip(file)
    file.save(path)
    return file


def initializers(path):
    """For uniform ones the bound, for normal ones the standard deviation, measured through the largest draw or the formula of
    torch.nn.init; fan-in and fan-out as PyTorch computes them for its own layouts."""
    file = GoldenFile()
    shapes = {"linear": nn.Linear(48, 80).weight, "conv": nn.Conv2d(6, 10, 3).weight, "grouped": nn.Conv2d(6, 10, 3, groups=2).weight}
    for shape, w in shapes.items():
        fan_in, fan_out = nn.init._calculate_fan_in_and_fan_out(w)
        relu, leaky = nn.init.calculate_gain("relu"), nn.init.calculate_gain("leaky_relu", math.sqrt(5))
        values = {
            "kaiming-uniform-relu": relu * math.sqrt(3 / fan_in),
            "kaiming-normal-relu": relu / math.sqrt(fan_in),
            "kaiming-uniform-default": leaky * math.sqrt(3 / fan_in),
            "kaiming-normal-relu-fan-out": relu / math.sqrt(fan_out),
            "xavier-uniform": math.sqrt(6 / (fan_in + fan_out)),
            "xavier-normal": math.sqrt(2 / (fan_in + fan_out)),
        }
        checks = {
            "kaiming-uniform-relu": lambda t: nn.init.kaiming_uniform_(t, nonlinearity="relu"),
            "kaiming-uniform-default": lambda t: nn.init.kaiming_uniform_(t, a=math.sqrt(5)),
            "xavier-uniform": nn.init.xavier_uniform_,
            "kaiming-normal-relu": lambda t: nn.init.kaiming_normal_(t, nonlinearity="relu"),
            "kaiming-normal-relu-fan-out": lambda t: nn.init.kaiming_normal_(t, mode="fan_out", nonlinearity="relu"),
            "xavier-normal": nn.init.xavier_normal_,
        }
        torch.manual_seed(8)
        for name, value in values.items():
            # The formula is held against PyTorch's own draws before it is stored.
            draws = torch.stack([checks[name](torch.empty_like(w)) for _ in range(60)]).detach()
            if "uniform" in name:
                assert 0.995 * value < draws.abs().max() <= value * 1.000001, name
            else:
                assert abs(draws.std() / value - 1) < 0.02, name
            file.case(f"{shape}/{name}", fan_in=fan_in, fan_out=fan_out)
            file.result(f"{shape}/{name}", torch.tensor(value, dtype=torch.float64))
    gains = {n: nn.init.calculate_gain(n) for n in ("linear", "sigmoid", "tanh", "relu", "selu")}
    gains["leaky_relu"] = nn.init.calculate_gain("leaky_relu", 0.25)
    for name, value in gains.items():
        file.result(f"gain/{name}", torch.tensor(float(value), dtype=torch.float64))
    file.save(path)
    return file
