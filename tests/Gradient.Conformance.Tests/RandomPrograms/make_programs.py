#!/usr/bin/python3
"""Makes programs.jsonl and programs.safetensors: random programs of operations over random shapes, and what PyTorch computes for them.

A program is one JSON line: {"inputs": ["x0", …], "ops": [{"op", "in", …arguments}, …], "outputs": ["r3", …]}; operation number n
makes the value "rn". The loss is Σ outputs · upstream. For program p the tensors are "p/x0" (Float32 numbers, or Int64 indices),
"p/up.0", "p/out.0" and "p/dx0" (Float64), and "p/error": how far PyTorch itself is off in Float32, for each output and then each
gradient, the largest over the exact inputs and three perturbations of half a unit in their last place.
"""
import argparse
import json
import os
import random
import sys

import torch

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "goldens"))

from golden_file import GoldenFile, f32, randn, rounded  # noqa: E402
from semantics import BINARY, COMPARE, DOMAIN, OPERATIONS, UNARY  # noqa: E402

LARGEST_COUNT = 160
LARGEST_VALUE = 100.0


class Rejected(Exception):
    """The proposed operation does not fit the values at hand."""


class Program:
    def __init__(self, rng):
        self.rng, self.inputs, self.ops, self.values = rng, [], [], {}

    def given(self, tensor):
        """A new input."""
        name = f"x{len(self.inputs)}"
        self.values[name] = tensor
        self.inputs.append(name)
        return name

    def fresh(self, shape):
        return self.given(randn(*shape))

    def indices(self, shape, limit):
        if limit < 1:
            raise Rejected
        return self.given(torch.randint(0, limit, tuple(shape)))

    def floats(self):
        return [n for n, v in self.values.items() if v.is_floating_point()]

    def pick(self, fits=lambda t: True):
        """A value of the program: results more often than inputs, the latest more often than an early one."""
        names = [n for n in self.floats() if fits(self.values[n])]
        if not names:
            raise Rejected
        results = [n for n in names if n.startswith("r")]
        if results and self.rng.random() < 0.85:
            names = results
        return names[max(self.rng.randrange(len(names)), self.rng.randrange(len(names)))]

    def emit(self, op, names, **arguments):
        try:
            value = OPERATIONS[op](*[self.values[n] for n in names], **arguments)
        except (RuntimeError, IndexError, ValueError) as error:
            raise Rejected from error
        if value.numel() > LARGEST_COUNT or value.dim() > 6 or not torch.isfinite(value).all() or (value.abs() > LARGEST_VALUE).any():
            raise Rejected
        self.values[f"r{len(self.ops)}"] = value
        self.ops.append({"op": op, "in": list(names), **arguments})

    def attempt(self, propose):
        inputs, ops, values = list(self.inputs), list(self.ops), dict(self.values)
        try:
            propose(self)
        except Rejected:
            self.inputs, self.ops, self.values = inputs, ops, values

    def outputs(self):
        used = {n for op in self.ops for n in op["in"]}
        return [f"r{i}" for i in range(len(self.ops)) if f"r{i}" not in used]

    def run(self, inputs):
        values = dict(inputs)
        for i, op in enumerate(self.ops):
            arguments = {k: v for k, v in op.items() if k not in ("op", "in")}
            values[f"r{i}"] = OPERATIONS[op["op"]](*[values[n] for n in op["in"]], **arguments)
        return [values[n] for n in self.outputs()]


# ---- proposals: each adds one operation to the program, or throws Rejected ------------------------------------------

def unary(p):
    op = p.rng.choice(list(UNARY))
    low, high = DOMAIN.get(op, (-LARGEST_VALUE, LARGEST_VALUE))
    try:
        x = p.pick(lambda t: bool(((t >= low) & (t <= high)).all()))
    except Rejected:
        shape = p.values[p.pick()].shape
        x = p.given(rounded(low + 0.01 + (min(high, 3.0) - low - 0.02) * torch.rand(shape, dtype=torch.float64)))
    p.emit(op, [x])


def broadcast_shape(p, shape):
    """A shape that broadcasts with `shape`: axes of 1, missing leading axes, and now and then an additional leading one."""
    other = [1 if p.rng.random() < 0.3 else n for n in shape]
    other = other[p.rng.randrange(len(other) + 1):] if p.rng.random() < 0.4 else other
    return [p.rng.randint(1, 3)] * (len(shape) == len(other) and p.rng.random() < 0.15) + other


def partner(p, x, fits=lambda t: True):
    """A second operand: a value there already that broadcasts, or a new input."""
    shape = p.values[x].shape

    def broadcasts(t):
        try:
            torch.broadcast_shapes(t.shape, shape)
        except RuntimeError:
            return False
        return fits(t)
    if p.rng.random() < 0.5:
        return p.pick(broadcasts)
    return p.fresh(broadcast_shape(p, shape))


def binary(p):
    op, x = p.rng.choice(list(BINARY)), p.pick()
    if op == "div":
        y = p.given(rounded(randn(*broadcast_shape(p, p.values[x].shape)).abs() + 0.5))
    elif op == "pow":
        x = p.pick(lambda t: bool((t > 0.1).all()))
        y = partner(p, x)
    else:
        y = partner(p, x)
    p.emit(op, [x, y] if op in ("div", "pow") or p.rng.random() < 0.7 else [y, x])


def scalar(p):
    op = p.rng.choice(["add_scalar", "mul_scalar", "rsub_scalar", "rdiv_scalar", "pow_scalar", "clamp"])
    if op == "clamp":
        p.emit(op, [p.pick()], low=-0.75, high=p.rng.choice([0.5, 1.25]))
    elif op == "rdiv_scalar":
        p.emit(op, [p.pick(lambda t: bool((t.abs() > 0.2).all()))], value=1.5)
    elif op == "pow_scalar":
        exponent = p.rng.choice([2.0, 3.0, 0.5, -1.0])
        p.emit(op, [p.pick(lambda t: exponent in (2.0, 3.0) or bool((t > 0.2).all()))], value=exponent)
    else:
        p.emit(op, [p.pick()], value=p.rng.choice([-1.5, 0.25, 2.0]))


def where(p):
    x = p.pick()
    p.emit("where", [partner(p, x), partner(p, x), x, partner(p, x)], compare=p.rng.choice(list(COMPARE)))


def masked_fill(p):
    x = p.pick()
    p.emit("masked_fill", [x, p.fresh([1 if p.rng.random() < 0.3 else n for n in p.values[x].shape])], value=0.5)


def axis_of(p, x, rank=None):
    rank = p.values[x].dim() if rank is None else rank
    if rank == 0:
        raise Rejected
    return p.rng.randrange(rank)


def reduction(p):
    x = p.pick(lambda t: t.dim() > 0)
    t = p.values[x]
    axes = sorted(p.rng.sample(range(t.dim()), p.rng.randint(1, t.dim())))
    op = p.rng.choice(["sum", "mean", "logsumexp", "var", "std", "norm"])
    p.emit(op, [x], axes=axes, keep=p.rng.random() < 0.5)
    # Of numbers that are alike, rounding alone decides the slope of the standard deviation.
    if op == "std" and (p.values[f"r{len(p.ops) - 1}"] < 1e-3).any():
        raise Rejected


def unique(t, axis):
    """No ties along the axis: which of them gets the gradient is not specified by PyTorch."""
    s = torch.sort(t, axis).values
    return t.shape[axis] < 2 or bool((s.diff(dim=axis).abs() > 1e-3).all())


def axis_reduction(p):
    op, x = p.rng.choice(["max", "min", "prod"]), p.pick(lambda t: t.dim() > 0)
    axis = axis_of(p, x)
    if op != "prod" and not unique(p.values[x], axis):
        raise Rejected
    p.emit(op, [x], axis=axis, keep=p.rng.random() < 0.5)


def cumsum(p):
    x = p.pick()
    p.emit("cumsum", [x], axis=axis_of(p, x))


def matmul(p):
    x = p.pick(lambda t: t.dim() > 0)
    shape = list(p.values[x].shape)
    n = p.rng.randint(1, 5)
    if p.rng.random() < 0.2:
        p.emit("matmul", [x, p.fresh([shape[-1]])])
    elif p.rng.random() < 0.3 and len(shape) > 1:
        p.emit("matmul", [p.fresh([n, shape[-2]]), x])
    else:
        batch = [1 if p.rng.random() < 0.4 else s for s in shape[:-2]] if p.rng.random() < 0.6 else []
        p.emit("matmul", [x, p.fresh(batch + [shape[-1], n])])


def linear(p):
    x, n = p.pick(lambda t: t.dim() > 0), p.rng.randint(1, 5)
    p.emit("linear", [x, p.fresh([p.values[x].shape[-1], n]), p.fresh([n])])


def factors(p, count):
    """A random shape of `count` elements."""
    shape = []
    while count > 1 and len(shape) < 4:
        divisor = p.rng.choice([d for d in range(1, count + 1) if count % d == 0])
        shape.append(divisor)
        count //= divisor
    return shape + [count]


def view(p):
    op = p.rng.choice(["reshape", "permute", "permute", "transpose", "slice", "slice", "select", "flip", "expand", "unsqueeze", "squeeze", "flatten"])
    x = p.pick(lambda t: t.dim() > 0)
    t = p.values[x]
    axis = axis_of(p, x)
    size = t.shape[axis]
    if op == "reshape":
        p.emit(op, [x], shape=factors(p, max(t.numel(), 1)))
    elif op == "permute":
        p.emit(op, [x], axes=p.rng.sample(range(t.dim()), t.dim()))
    elif op == "transpose":
        p.emit(op, [x], a=axis, b=axis_of(p, x))
    elif op == "slice":
        start = p.rng.randint(0, size)
        p.emit(op, [x], axis=axis, start=start if start < size else 0, stop=p.rng.randint(min(start + 1, size), size), step=p.rng.randint(1, 3))
    elif op == "select":
        p.emit(op, [x], axis=axis, index=p.rng.randint(0, max(size - 1, 0)))
    elif op == "flip":
        p.emit(op, [x], axes=sorted(p.rng.sample(range(t.dim()), p.rng.randint(1, t.dim()))))
    elif op == "expand":
        shape = [p.rng.randint(2, 4) if n == 1 else n for n in t.shape]
        p.emit(op, [x], shape=[p.rng.randint(1, 3)] * (p.rng.random() < 0.5) + shape)
    elif op == "unsqueeze":
        p.emit(op, [x], axis=p.rng.randint(0, t.dim()))
    elif op == "squeeze":
        if size != 1:
            raise Rejected
        p.emit(op, [x], axis=axis)
    else:
        p.emit(op, [x], first=min(axis, 1), last=t.dim() - 1)


def join(p):
    x = p.pick(lambda t: t.dim() > 0)
    shape = list(p.values[x].shape)
    if p.rng.random() < 0.4:
        p.emit("stack", [x, p.fresh(shape)] if p.rng.random() < 0.7 else [x, p.fresh(shape), x], axis=p.rng.randint(0, len(shape)))
    else:
        axis = axis_of(p, x)
        other = list(shape)
        other[axis] = p.rng.randint(1, 3)
        p.emit("cat", p.rng.choice([[x, p.fresh(other)], [x, x]] if p.rng.random() < 0.5 else [[p.fresh(other), x]]), axis=axis)


def divide(p):
    x = p.pick(lambda t: t.dim() > 0 and max(t.shape) > 1)
    shape = p.values[x].shape
    axis = p.rng.choice([i for i, n in enumerate(shape) if n > 1])
    if p.rng.random() < 0.5:
        p.emit("chunk", [x], count=2, axis=axis, index=p.rng.randint(0, 1))
    else:
        cut = p.rng.randint(1, shape[axis] - 1)
        p.emit("split", [x], sizes=[cut, shape[axis] - cut], axis=axis, index=p.rng.randint(0, 1))


def index(p):
    op = p.rng.choice(["index_select", "gather", "scatter_add", "embedding"])
    x = p.pick(lambda t: t.dim() == 2 if op == "embedding" else t.dim() > 0)
    shape = list(p.values[x].shape)
    axis = axis_of(p, x)
    picked = list(shape)
    picked[axis] = p.rng.randint(1, 5)
    if op == "index_select":
        p.emit(op, [x, p.indices([p.rng.randint(1, 5)], shape[axis])], axis=axis)
    elif op == "gather":
        p.emit(op, [x, p.indices(picked, shape[axis])], axis=axis)
    elif op == "scatter_add":
        p.emit(op, [x, p.indices(picked, shape[axis]), p.fresh(picked)], axis=axis)
    else:
        p.emit(op, [x, p.indices([2, 3] if p.rng.random() < 0.5 else [4], shape[0])])


def triangle(p):
    x = p.pick(lambda t: t.dim() > 1)
    p.emit(p.rng.choice(["tril", "triu"]), [x], diagonal=p.rng.randint(-1, 1))


def order(p):
    x = p.pick(lambda t: t.dim() > 0)
    axis = axis_of(p, x)
    if not unique(p.values[x], axis):
        raise Rejected
    if p.rng.random() < 0.5:
        p.emit("sort", [x], axis=axis, descending=p.rng.random() < 0.5)
    else:
        p.emit("topk", [x], count=p.rng.randint(1, max(p.values[x].shape[axis], 1)), axis=axis, largest=p.rng.random() < 0.5)


def pad(p):
    x, mode = p.pick(lambda t: t.dim() > 0), p.rng.choice(["constant", "reflect", "replicate"])
    axis = axis_of(p, x)
    value = {"value": 0.5} if mode == "constant" else {}
    p.emit("pad", [x], before=p.rng.randint(0, 2), after=p.rng.randint(0, 2), axis=axis, mode=mode, **value)


def softmax(p):
    x = p.pick()
    p.emit(p.rng.choice(["softmax", "log_softmax"]), [x], axis=axis_of(p, x))


def image(p, least=1):
    """A value of rank 4, else a new input."""
    if p.rng.random() < 0.5:
        return p.pick(lambda t: t.dim() == 4 and min(t.shape[1:3]) >= least)
    return p.fresh([p.rng.randint(1, 2), p.rng.randint(max(3, least), 5), p.rng.randint(max(3, least), 5), p.rng.choice([1, 2, 4])])


EPSILON = f32(1e-5)


def norm(p):
    op = p.rng.choice(["layer_norm", "rms_norm", "group_norm", "instance_norm", "batch_norm"])
    x = p.pick(lambda t: t.dim() > 0 and t.shape[-1] > 2) if op in ("layer_norm", "rms_norm") else image(p, 2)
    # Where the variance is about the size of epsilon, a norm magnifies rounding without bound.
    variance = p.values[x].var(-1 if op in ("layer_norm", "rms_norm") else (1, 2), unbiased=False)
    if (variance < 0.01).any():
        raise Rejected
    n = p.values[x].shape[-1]
    w, b = p.fresh([n]), p.fresh([n])
    if op == "rms_norm":
        del p.values[b], p.inputs[-1]
        p.emit(op, [x, w], epsilon=EPSILON)
    elif op == "group_norm":
        p.emit(op, [x, w, b], groups=2 if n % 2 == 0 else 1, epsilon=EPSILON)
    else:
        p.emit(op, [x, w, b], epsilon=EPSILON)


def convolution(p):
    groups = p.rng.choice([1, 1, 2])
    kind = p.rng.choice(["conv2d", "conv2d", "conv1d", "conv_transpose2d"])
    x = p.pick(lambda t: t.dim() == 3) if kind == "conv1d" else image(p)
    inputs = p.values[x].shape[-1]
    # PyTorch 1.13 gives an output of no channels where padding makes one of an empty input.
    if inputs % groups or p.values[x].numel() == 0:
        raise Rejected
    outputs = groups * p.rng.randint(1, 3)
    window = [p.rng.randint(1, 3)] * (1 if kind == "conv1d" else 2)
    arguments = dict(stride=p.rng.randint(1, 3), padding=p.rng.randint(0, 2), dilation=p.rng.choice([1, 1, 2]), groups=groups)
    if kind == "conv_transpose2d":
        arguments["output_padding"] = p.rng.randint(0, max(arguments["stride"] - 1, 0))
        p.emit(kind, [x, p.fresh(window + [outputs // groups, inputs]), p.fresh([outputs])], **arguments)
    else:
        p.emit(kind, [x, p.fresh(window + [inputs // groups, outputs]), p.fresh([outputs])], **arguments)


def pool(p):
    size = p.rng.randint(2, 3)
    arguments = dict(size=size, stride=p.rng.randint(1, 3), padding=p.rng.randint(0, size // 2), ceil=p.rng.random() < 0.4)
    if p.rng.random() < 0.5:
        p.emit("max_pool2d", [image(p, 2)], **arguments)
    else:
        p.emit("avg_pool2d", [image(p, 2)], count=p.rng.random() < 0.5, **arguments)


def attention(p):
    q = p.pick(lambda t: t.dim() >= 3) if p.rng.random() < 0.5 else p.fresh([2, 2, 4, 3])
    shape = list(p.values[q].shape)
    causal = p.rng.random() < 0.5
    keys = shape[-2] if causal else p.rng.randint(1, 5)
    p.emit("attention", [q, p.fresh(shape[:-2] + [keys, shape[-1]]), p.fresh(shape[:-2] + [keys, p.rng.choice([shape[-1], 2])])], causal=causal)


def loss(p):
    if p.rng.random() < 0.5:
        x = p.pick()
        p.emit("mse", [x, p.fresh(p.values[x].shape)])
    else:
        x = p.pick(lambda t: t.dim() == 2)
        p.emit("cross_entropy", [x, p.indices(p.values[x].shape[:1], p.values[x].shape[1])])


PROPOSALS = {unary: 7, binary: 6, scalar: 2, where: 2, masked_fill: 1, reduction: 4, axis_reduction: 2, cumsum: 1, matmul: 4, linear: 1, view: 9, join: 2,
             divide: 1, index: 3, triangle: 1, order: 1.5, pad: 2, softmax: 2, norm: 4, convolution: 5, pool: 4, attention: 1.5, loss: 1}


def propose(rng):
    p = Program(rng)
    rank = rng.choices(range(6), [1, 3, 5, 5, 6, 2])[0]
    shape = [rng.randint(1, 5 if rank < 4 else 4) for _ in range(rank)]
    if rank > 0 and rng.random() < 0.04:
        shape[rng.randrange(rank)] = 0
    while torch.Size(shape).numel() > LARGEST_COUNT:
        shape[shape.index(max(shape))] -= 1
    p.fresh(shape)
    length = rng.randint(3, 10)
    for _ in range(60):
        p.attempt(rng.choices(list(PROPOSALS), list(PROPOSALS.values()))[0])
        if len(p.ops) == length:
            break
    return p


def evaluate(p, inputs, upstream):
    leaves = {n: t.clone().requires_grad_(t.is_floating_point()) for n, t in inputs.items()}
    outputs = p.run(leaves)
    torch.autograd.backward(outputs, [g.to(y.dtype) for y, g in zip(outputs, upstream)])
    gradients = [torch.zeros_like(t) if t.grad is None else t.grad for t in leaves.values() if t.is_floating_point()]
    return [t.detach().double() for t in outputs + gradients]


def differentiated(p, inputs, upstream, gradients):
    """PyTorch's gradients agree with a difference quotient of the loss along a random direction, or the loss has a kink here."""
    direction = {n: torch.randn(t.shape, dtype=t.dtype) for n, t in inputs.items() if t.is_floating_point()}
    h = 1e-6

    def loss(step):
        outputs = p.run({n: t + step * direction[n] if n in direction else t for n, t in inputs.items()})
        return sum((y * g).sum().item() for y, g in zip(outputs, upstream))
    slope = sum((g * d).sum().item() for g, d in zip(gradients, direction.values()))
    size = 1 + sum((g.abs() * d.abs()).sum().item() for g, d in zip(gradients, direction.values()))
    back, here, forth = loss(-h), loss(0), loss(h)
    kink = abs(forth - 2 * here + back) / h > 1e-3 * size
    return kink or abs((forth - back) / (2 * h) - slope) < 1e-5 * size


def nudged(t):
    """Each element moved by half a unit in the last place of a Float32, up or down."""
    return (t.double() * (1 + (torch.randint(0, 2, t.shape) * 2 - 1) * 2.0 ** -24)).float() if t.is_floating_point() else t


def record(p, number, file, seen):
    """Stores the program's tensors; false where PyTorch's own Float32 shows that rounding alone decides the result."""
    used = {n for op in p.ops for n in op["in"]}
    inputs = {n: p.values[n] for n in p.inputs if n in used}
    outputs = p.outputs()
    if len(p.ops) < 3 or not any(t.is_floating_point() for t in inputs.values()):
        return None
    upstream = [randn(*p.values[n].shape) for n in outputs]
    exact = evaluate(p, inputs, upstream)
    single = {n: t.float() if t.is_floating_point() else t for n, t in inputs.items()}
    runs = [single] + [{n: nudged(t) for n, t in single.items()} for _ in range(3)]
    error = torch.zeros(len(exact), dtype=torch.float64)
    for run in runs:
        for i, (a, b) in enumerate(zip(evaluate(p, run, upstream), exact)):
            if not torch.isfinite(b).all() or (b.abs() > 1e3).any():
                return None
            if b.numel():
                error[i] = max(error[i], (a - b).abs().max())
                if not error[i] <= 2e-5 * max(1.0, b.abs().max()):
                    return None
    assert differentiated(p, inputs, upstream, exact[len(outputs):]), (number, p.ops)
    floats = [n for n, t in inputs.items() if t.is_floating_point()]
    for n, t in inputs.items():
        file.exact(f"{number}/{n}", t)
    for i, (n, g) in enumerate(zip(outputs, upstream)):
        file.exact(f"{number}/up.{i}", g)
        file.result(f"{number}/out.{i}", exact[i])
    for n, g in zip(floats, exact[len(outputs):]):
        file.result(f"{number}/d{n}", g)
    file.result(f"{number}/error", error)
    for op in p.ops:
        seen[op["op"]] = seen.get(op["op"], 0) + 1
    return {"program": number, "inputs": list(inputs), "ops": p.ops, "outputs": outputs}


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", default=HERE)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(arguments.seed)
    rng, file, seen, lines, tries = random.Random(arguments.seed), GoldenFile(), {}, [], 0
    while len(lines) < arguments.count:
        tries += 1
        line = record(propose(rng), len(lines), file, seen)
        if line:
            lines.append(json.dumps(line, separators=(",", ":")))
    file.save(os.path.join(arguments.folder, "programs.safetensors"))
    with open(os.path.join(arguments.folder, "programs.jsonl"), "w") as f:
        f.write("\n".join(lines) + "\n")
    missing = sorted(set(OPERATIONS) - set(seen))
    print(f"{len(lines)} programs of {tries} tried, {sum(seen.values())} operations, {len(file.tensors)} tensors")
    print("never seen:", missing, "seldom:", {k: v for k, v in seen.items() if v < 3})
