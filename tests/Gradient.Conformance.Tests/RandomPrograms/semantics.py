"""What each operation of a random program means, in PyTorch: op(*tensors, **arguments). Images, kernels and weights have
Gradient's layouts: [batch, height, width, channels], [window..., inputs / groups, outputs], [inputs, outputs]."""
import math

import torch
import torch.nn.functional as F

UNARY = {
    "neg": torch.neg, "exp": torch.exp, "log": torch.log, "log1p": torch.log1p, "expm1": torch.expm1, "sqrt": torch.sqrt, "rsqrt": torch.rsqrt,
    "abs": torch.abs, "sign": torch.sign, "sin": torch.sin, "cos": torch.cos, "tan": torch.tan, "erf": torch.erf,
    "floor": torch.floor, "ceil": torch.ceil, "round": torch.round, "tanh": torch.tanh, "sigmoid": torch.sigmoid, "relu": F.relu,
    "leaky_relu": lambda x: F.leaky_relu(x, 0.125), "elu": F.elu, "gelu": F.gelu, "gelu_tanh": lambda x: F.gelu(x, approximate="tanh"),
    "silu": F.silu, "softplus": F.softplus, "hardswish": F.hardswish, "mish": F.mish, "square": lambda x: x * x,
}

# The interval of arguments in which a function is smooth and keeps its size; the rest take anything.
DOMAIN = {"exp": (-6, 4), "expm1": (-6, 4), "log": (0.1, 1e3), "log1p": (-0.8, 1e3), "sqrt": (0.05, 1e3), "rsqrt": (0.1, 1e3), "tan": (-1.2, 1.2)}

BINARY = {
    "add": torch.add, "sub": torch.sub, "mul": torch.mul, "div": torch.div, "pow": torch.pow,
    "minimum": torch.minimum, "maximum": torch.maximum,
}

COMPARE = {"gt": torch.gt, "ge": torch.ge, "lt": torch.lt, "le": torch.le}


def over(function):
    return lambda x, axes, keep: function(x, axes, keepdim=keep)


# Contiguous, because PyTorch 1.13 throws in the backward pass of some convolutions of permuted tensors.
def first(t):
    return t.movedim(-1, 1).contiguous()


def last(t):
    return t.movedim(1, -1)


def kernel(w):
    return w.permute(w.dim() - 1, w.dim() - 2, *range(w.dim() - 2)).contiguous()


def pad(x, before, after, axis, mode, value=0.0):
    """Constant padding works on any axis; PyTorch's reflection and replication want the padded axis last and a batch in front."""
    moved = x.movedim(axis, -1)
    if mode == "constant":
        return F.pad(moved, (before, after), value=value).movedim(-1, axis)
    flat = moved.reshape(1, -1, moved.shape[-1])
    out = F.pad(flat, (before, after), mode={"reflect": "reflect", "replicate": "replicate"}[mode])
    return out.reshape(*moved.shape[:-1], out.shape[-1]).movedim(-1, axis)


def standardize(x, axes, w, b, epsilon):
    """The formula, because PyTorch 1.13's own norms sometimes go wrong in backward when the gradient arrives channels last."""
    variance, mean = torch.var_mean(x, axes, unbiased=False, keepdim=True)
    return (x - mean) * torch.rsqrt(variance + epsilon) * w + b


def attention(q, k, v, causal):
    scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])
    if causal:
        scores = scores.masked_fill(torch.ones(scores.shape[-2:], dtype=torch.bool).triu(1), -math.inf)
    return torch.softmax(scores, -1) @ v


OPERATIONS = {
    **UNARY,
    **BINARY,
    "add_scalar": lambda x, value: x + value,
    "mul_scalar": lambda x, value: x * value,
    "rsub_scalar": lambda x, value: value - x,
    "rdiv_scalar": lambda x, value: value / x,
    "pow_scalar": lambda x, value: x ** value,
    "clamp": lambda x, low, high: torch.clamp(x, low, high),
    "where": lambda a, b, x, y, compare: torch.where(COMPARE[compare](a, b), x, y),
    "masked_fill": lambda x, m, value: x.masked_fill(m > 0, value),
    "sum": over(torch.sum), "mean": over(torch.mean), "logsumexp": over(torch.logsumexp),
    "var": lambda x, axes, keep: torch.var(x, axes, unbiased=True, keepdim=keep),
    "std": lambda x, axes, keep: torch.std(x, axes, unbiased=True, keepdim=keep),
    "norm": lambda x, axes, keep: torch.linalg.vector_norm(x, 2, axes, keepdim=keep),
    "max": lambda x, axis, keep: torch.max(x, axis, keepdim=keep).values,
    "min": lambda x, axis, keep: torch.min(x, axis, keepdim=keep).values,
    "prod": lambda x, axis, keep: torch.prod(x, axis, keepdim=keep),
    "cumsum": lambda x, axis: torch.cumsum(x, axis),
    "matmul": torch.matmul,
    "reshape": lambda x, shape: x.reshape(shape),
    "permute": lambda x, axes: x.permute(axes),
    "transpose": lambda x, a, b: x.transpose(a, b),
    "slice": lambda x, axis, start, stop, step: x[(slice(None),) * axis + (slice(start, stop, step),)],
    "select": lambda x, axis, index: x.select(axis, index),
    "flip": lambda x, axes: x.flip(axes),
    "expand": lambda x, shape: x.expand(shape),
    "unsqueeze": lambda x, axis: x.unsqueeze(axis),
    "squeeze": lambda x, axis: x.squeeze(axis),
    "flatten": lambda x, first, last: x.flatten(first, last),
    "cat": lambda *xs, axis: torch.cat(xs, axis),
    "stack": lambda *xs, axis: torch.stack(xs, axis),
    "chunk": lambda x, count, axis, index: torch.chunk(x, count, axis)[index],
    "split": lambda x, sizes, axis, index: torch.split(x, sizes, axis)[index],
    "index_select": lambda x, i, axis: x.index_select(axis, i),
    "gather": lambda x, i, axis: torch.gather(x, axis, i),
    "scatter_add": lambda x, i, s, axis: x.scatter_add(axis, i, s),
    "embedding": lambda w, i: F.embedding(i, w),
    "tril": lambda x, diagonal: torch.tril(x, diagonal),
    "triu": lambda x, diagonal: torch.triu(x, diagonal),
    "sort": lambda x, axis, descending: torch.sort(x, axis, descending=descending).values,
    "topk": lambda x, count, axis, largest: torch.topk(x, count, axis, largest=largest).values,
    "pad": pad,
    "softmax": lambda x, axis: torch.softmax(x, axis),
    "log_softmax": lambda x, axis: torch.log_softmax(x, axis),
    "layer_norm": lambda x, w, b, epsilon: F.layer_norm(x, w.shape, w, b, epsilon),
    "rms_norm": lambda x, w, epsilon: x * torch.rsqrt((x * x).mean(-1, keepdim=True) + epsilon) * w,
    "group_norm": lambda x, w, b, groups, epsilon: last(F.group_norm(first(x), groups, w, b, epsilon)),
    "instance_norm": lambda x, w, b, epsilon: standardize(x, (1, 2), w, b, epsilon),
    "batch_norm": lambda x, w, b, epsilon: standardize(x, (0, 1, 2), w, b, epsilon),
    "linear": lambda x, w, b: x @ w + b,
    "conv1d": lambda x, w, b, stride, padding, dilation, groups: last(F.conv1d(first(x), kernel(w), b, stride, padding, dilation, groups)),
    "conv2d": lambda x, w, b, stride, padding, dilation, groups: last(F.conv2d(first(x), kernel(w), b, stride, padding, dilation, groups)),
    "conv_transpose2d": lambda x, w, b, stride, padding, output_padding, dilation, groups: last(
        F.conv_transpose2d(first(x), kernel(w), b, stride, padding, output_padding, groups, dilation)),
    "max_pool2d": lambda x, size, stride, padding, ceil: last(F.max_pool2d(first(x), size, stride, padding, ceil_mode=ceil)),
    "avg_pool2d": lambda x, size, stride, padding, ceil, count: last(F.avg_pool2d(first(x), size, stride, padding, ceil, count)),
    "attention": attention,
    "mse": lambda x, y: F.mse_loss(x, y),
    "cross_entropy": lambda x, i: F.cross_entropy(x, i),
}
