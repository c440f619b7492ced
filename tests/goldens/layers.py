"""Layers: outputs, input gradients, parameter gradients, running statistics."""
import math

import torch
import torch.nn as nn
import torch.nn.functional as F

from golden_file import GoldenFile, f32, randn, rounded
from layouts import kernel, last, same, weight

EPSILON = f32(1e-5)


class RmsNorm(nn.Module):
    """x / sqrt(mean(x²) + ε) · weight over the last axis (Zhang and Sennrich 2019)."""

    def __init__(self, width, epsilon):
        super().__init__()
        self.weight, self.epsilon = nn.Parameter(torch.ones(width)), epsilon

    def forward(self, x):
        return x * torch.rsqrt((x * x).mean(-1, keepdim=True) + self.epsilon) * self.weight


class Attention(nn.Module):
    """Self attention with one projection to queries, keys and values, as in shared/peers/torch_peer.py."""

    def __init__(self, width, heads, causal):
        super().__init__()
        self.heads, self.causal = heads, causal
        self.qkv, self.proj = nn.Linear(width, 3 * width), nn.Linear(width, width)

    def forward(self, x):
        b, t, d = x.shape
        q, k, v = (z.view(b, t, self.heads, d // self.heads).transpose(1, 2) for z in self.qkv(x).split(d, 2))
        scores = q @ k.transpose(-2, -1) / math.sqrt(d // self.heads)
        if self.causal:
            scores = scores + torch.full((t, t), float("-inf"), dtype=x.dtype).triu(1)
        return self.proj((torch.softmax(scores, -1) @ v).transpose(1, 2).reshape(b, t, d))


class Block(nn.Module):
    """Pre-norm transformer block with an exact GELU, as in shared/peers/torch_peer.py."""

    def __init__(self, width, heads, causal):
        super().__init__()
        self.n1, self.att, self.n2 = nn.LayerNorm(width, EPSILON), Attention(width, heads, causal), nn.LayerNorm(width, EPSILON)
        self.mlp = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))

    def forward(self, x):
        x = x + self.att(self.n1(x))
        return x + self.mlp(self.n2(x))


def prepare(module):
    """Double precision, parameters that Float32 holds, affine norm parameters away from their trivial start."""
    module.double()
    for p in module.parameters():
        p.data = rounded(p + 0.3 * randn(*p.shape)) if p.dim() == 1 else rounded(p)
    return module


def differentiated(call, module, inputs, upstream):
    """PyTorch's gradients against a difference quotient of Σ outputs · upstream along a random direction."""
    leaves = [t for t in [*inputs, *module.parameters()] if t.is_floating_point()]
    before = [(t, t.detach().clone()) for t in [*leaves, *module.buffers()]]
    direction = [torch.randn(t.shape, dtype=t.dtype) for t in leaves]

    @torch.no_grad()
    def loss(step):
        for t, d in zip(leaves, direction):
            t += step * d
        results = call(*inputs)
        results = results if isinstance(results, (tuple, list)) else [results]
        for t, original in before:
            t.copy_(original)
        return sum((y * g).sum().item() for y, g in zip(results, upstream))
    h = 1e-6
    slope = sum((t.grad * d).sum().item() for t, d in zip(leaves, direction))
    return abs((loss(h) - loss(-h)) / (2 * h) - slope) < 1e-6 * (1 + sum((t.grad * d).abs().sum().item() for t, d in zip(leaves, direction)))


def add(file, name, module, inputs, image=same, params=weight, outputs=None, call=None, **configuration):
    """One layer: `inputs` in PyTorch's layout; `image` and `params` turn inputs and parameters into Gradient's layout."""
    file.case(name, **configuration)
    call = call or module
    for key, p in module.named_parameters():
        file.exact(f"{name}/param.{key}", params(p))
    inputs = [x.clone().requires_grad_(x.is_floating_point()) for x in inputs]
    module.zero_grad()
    results = call(*inputs)
    results = list(results) if isinstance(results, (tuple, list)) else [results]
    upstream = [randn(*y.shape) for y in results]
    torch.autograd.backward(results, upstream)
    with torch.random.fork_rng():
        assert "ties" in name or differentiated(call, module, inputs, upstream), name
    out = outputs or [image] * len(results)
    for i, x in enumerate(inputs):
        file.exact(f"{name}/in.{i}", image(x))
        if x.requires_grad:
            file.result(f"{name}/din.{i}", image(x.grad))
    for i, (y, g) in enumerate(zip(results, upstream)):
        file.result(f"{name}/out.{i}", out[i](y))
        file.exact(f"{name}/up.{i}", out[i](g))
    for key, p in module.named_parameters():
        file.result(f"{name}/dparam.{key}", params(p.grad))


def linear(file):
    add(file, "linear", prepare(nn.Linear(3, 4)), [randn(5, 3)])
    add(file, "linear-no-bias", prepare(nn.Linear(3, 4, bias=False)), [randn(5, 3)])
    add(file, "linear-rank-3", prepare(nn.Linear(3, 4)), [randn(2, 5, 3)])
    add(file, "linear-rank-1", prepare(nn.Linear(3, 4)), [randn(3)])


def params_of_convolution(p):
    return kernel(p) if p.dim() > 1 else p


def convolutions(file):
    def conv(name, layer, *shape):
        add(file, name, prepare(layer), [randn(*shape)], last, params_of_convolution)

    conv("conv1d", nn.Conv1d(3, 4, 3), 2, 3, 8)
    conv("conv1d-stride-padding", nn.Conv1d(3, 4, 4, stride=3, padding=2), 2, 3, 11)
    conv("conv1d-dilation-groups", nn.Conv1d(4, 6, 3, padding=2, dilation=2, groups=2), 2, 4, 9)
    conv("conv1d-no-bias", nn.Conv1d(3, 2, 1, bias=False), 2, 3, 5)
    conv("conv2d", nn.Conv2d(3, 4, 3), 2, 3, 6, 5)
    conv("conv2d-padding", nn.Conv2d(3, 4, 3, padding=1), 2, 3, 5, 6)
    conv("conv2d-stride", nn.Conv2d(3, 4, 3, stride=2, padding=1), 2, 3, 7, 6)
    conv("conv2d-dilation", nn.Conv2d(2, 3, 3, padding=2, dilation=2), 2, 2, 7, 6)
    conv("conv2d-stride-dilation", nn.Conv2d(2, 3, 3, stride=3, padding=1, dilation=2), 1, 2, 11, 9)
    conv("conv2d-groups", nn.Conv2d(4, 6, 3, padding=1, groups=2), 2, 4, 5, 5)
    conv("conv2d-depthwise", nn.Conv2d(4, 8, 3, stride=2, padding=1, groups=4), 2, 4, 6, 5)
    conv("conv2d-pointwise", nn.Conv2d(5, 3, 1, bias=False), 2, 5, 4, 3)
    conv("conv2d-rectangular", nn.Conv2d(2, 3, (3, 2), stride=(2, 1), padding=(1, 0), dilation=(1, 2)), 2, 2, 6, 7)
    conv("conv2d-large-kernel", nn.Conv2d(1, 2, 5, padding=4), 1, 1, 4, 3)
    conv("conv2d-stride-beyond-kernel", nn.Conv2d(2, 2, 2, stride=3), 2, 2, 8, 7)
    conv("conv-transpose2d", nn.ConvTranspose2d(3, 4, 3), 2, 3, 4, 3)
    conv("conv-transpose2d-output-padding", nn.ConvTranspose2d(3, 2, 3, stride=2, padding=1, output_padding=1), 2, 3, 4, 3)
    conv("conv-transpose2d-groups", nn.ConvTranspose2d(4, 6, 3, stride=2, padding=1, groups=2), 2, 4, 3, 4)
    conv("conv-transpose2d-dilation", nn.ConvTranspose2d(2, 3, 3, stride=2, padding=2, output_padding=1, dilation=2), 1, 2, 4, 4)
    conv("conv-transpose2d-no-bias", nn.ConvTranspose2d(3, 2, 2, stride=2, bias=False), 1, 3, 3, 3)
    conv("conv-transpose2d-rectangular",
         nn.ConvTranspose2d(2, 3, (3, 2), stride=(2, 3), padding=(1, 0), output_padding=(1, 2)), 1, 2, 3, 3)


def batch_norm(file, name, layer, *shape):
    """Two training steps that leave only running statistics, a third one recorded, then one in evaluation mode."""
    prepare(layer)
    layer.train()
    warm = [randn(*shape) * (i + 1) + i for i in range(2)]
    warm = [rounded(x) for x in warm]
    for i, x in enumerate(warm):
        layer(x)
        file.exact(f"{name}-train/warm.{i}", last(x))
    add(file, f"{name}-train", layer, [randn(*shape)], last)
    for key, b in layer.named_buffers():
        file.result(f"{name}-train/buffer.{key}", b)
    # Evaluation starts from running statistics that Float32 holds, so that it stands by itself.
    for b in (layer.running_mean, layer.running_var):
        b.copy_(rounded(b))
    layer.eval()
    add(file, f"{name}-eval", layer, [randn(*shape)], last)
    for key, b in layer.named_buffers():
        file.exact(f"{name}-eval/buffer.{key}", b)


def norms(file):
    momentum = f32(0.1)
    batch_norm(file, "batch-norm1d-rank-2", nn.BatchNorm1d(4, EPSILON, momentum), 6, 4)
    batch_norm(file, "batch-norm1d-rank-3", nn.BatchNorm1d(3, EPSILON, momentum), 4, 3, 5)
    batch_norm(file, "batch-norm2d", nn.BatchNorm2d(3, EPSILON, momentum), 3, 3, 4, 5)
    batch_norm(file, "batch-norm2d-not-affine", nn.BatchNorm2d(3, EPSILON, f32(0.3), affine=False), 2, 3, 3, 4)
    add(file, "layer-norm", prepare(nn.LayerNorm(7, EPSILON)), [randn(3, 4, 7)])
    add(file, "layer-norm-two-axes", prepare(nn.LayerNorm((4, 5), EPSILON)), [randn(3, 4, 5)], params=same)
    add(file, "layer-norm-not-affine", prepare(nn.LayerNorm(7, EPSILON, elementwise_affine=False)), [randn(3, 7)])
    add(file, "group-norm", prepare(nn.GroupNorm(2, 6, EPSILON)), [randn(2, 6, 3, 4)], last)
    add(file, "group-norm-one-group", prepare(nn.GroupNorm(1, 4, EPSILON)), [randn(2, 4, 3, 3)], last)
    add(file, "group-norm-each-channel", prepare(nn.GroupNorm(4, 4, EPSILON, affine=False)), [randn(2, 4, 3, 3)], last)
    add(file, "instance-norm", prepare(nn.InstanceNorm2d(3, EPSILON)), [randn(2, 3, 4, 5)], last)
    add(file, "instance-norm-affine", prepare(nn.InstanceNorm2d(3, EPSILON, affine=True)), [randn(2, 3, 4, 5)], last)
    add(file, "rms-norm", prepare(RmsNorm(6, f32(1e-6))), [randn(3, 4, 6)])
    offset = rounded(randn(2, 3, 4, 5) + 100.0)
    layer = prepare(nn.BatchNorm2d(3, EPSILON, momentum))
    add(file, "batch-norm2d-large-mean", layer, [offset], last)


def pools(file):
    def pool(name, layer, *shape):
        add(file, name, layer, [randn(*shape)], last)

    pool("max-pool", nn.MaxPool2d(2), 2, 3, 6, 4)
    pool("max-pool-odd-size", nn.MaxPool2d(2), 2, 3, 7, 5)
    pool("max-pool-overlapping", nn.MaxPool2d(3, stride=1), 1, 3, 6, 5)
    pool("max-pool-padding", nn.MaxPool2d(3, stride=2, padding=1), 2, 2, 7, 6)
    pool("max-pool-ceil", nn.MaxPool2d(3, stride=2, ceil_mode=True), 2, 2, 8, 6)
    pool("max-pool-ceil-padding", nn.MaxPool2d(3, stride=3, padding=1, ceil_mode=True), 2, 2, 7, 8)
    pool("max-pool-rectangular", nn.MaxPool2d((3, 2), stride=(1, 2), padding=(1, 0)), 2, 2, 5, 6)
    ties = torch.randint(0, 3, (2, 3, 7, 6)).double()
    add(file, "max-pool-ties", nn.MaxPool2d(3, stride=2, padding=1), [ties], last)
    pool("avg-pool", nn.AvgPool2d(2), 2, 3, 6, 4)
    pool("avg-pool-overlapping", nn.AvgPool2d(3, stride=1), 2, 2, 6, 5)
    pool("avg-pool-padding-counted", nn.AvgPool2d(3, stride=2, padding=1), 2, 2, 7, 6)
    pool("avg-pool-padding-not-counted", nn.AvgPool2d(3, stride=2, padding=1, count_include_pad=False), 2, 2, 7, 6)
    pool("avg-pool-ceil", nn.AvgPool2d(3, stride=2, ceil_mode=True), 2, 2, 8, 6)
    pool("avg-pool-ceil-padding", nn.AvgPool2d(3, stride=2, padding=1, ceil_mode=True), 2, 2, 6, 8)
    pool("avg-pool-ceil-padding-not-counted", nn.AvgPool2d(3, stride=2, padding=1, ceil_mode=True, count_include_pad=False), 2, 2, 6, 8)
    pool("avg-pool-rectangular", nn.AvgPool2d((3, 2), stride=(1, 2), padding=(1, 0)), 2, 2, 5, 6)
    pool("adaptive-avg-pool-1", nn.AdaptiveAvgPool2d(1), 2, 3, 5, 4)
    pool("adaptive-avg-pool-3", nn.AdaptiveAvgPool2d(3), 2, 2, 7, 8)
    pool("adaptive-avg-pool-2x3", nn.AdaptiveAvgPool2d((2, 3)), 2, 2, 5, 7)
    pool("adaptive-avg-pool-upwards", nn.AdaptiveAvgPool2d(5), 1, 2, 3, 4)
    pool("adaptive-max-pool-3", nn.AdaptiveMaxPool2d(3), 2, 2, 7, 8)
    pool("adaptive-max-pool-2x3", nn.AdaptiveMaxPool2d((2, 3)), 2, 2, 5, 7)


def attention(file):
    add(file, "embedding", prepare(nn.Embedding(6, 4)), [torch.tensor([[1, 5, 1], [0, 1, 3]])], params=same)
    add(file, "attention", prepare(Attention(6, 2, causal=False)), [randn(2, 5, 6)])
    add(file, "attention-causal", prepare(Attention(8, 4, causal=True)), [randn(2, 5, 8)])
    add(file, "transformer-block", prepare(Block(8, 2, causal=False)), [randn(2, 4, 8)])
    add(file, "transformer-block-causal", prepare(Block(8, 2, causal=True)), [randn(2, 5, 8)])
    q, k, v = randn(2, 2, 4, 3), randn(2, 2, 6, 3), randn(2, 2, 6, 5)
    add(file, "scaled-dot-product", nn.Module(), [q, k, v],
        call=lambda q, k, v: torch.softmax(q @ k.transpose(-2, -1) / math.sqrt(3), -1) @ v)


def recurrent(file):
    """Outputs [batch, time, directions · hidden]; final states [layers · directions, batch, hidden], as PyTorch."""
    def lstm(x, layer):
        y, (h, c) = layer(x)
        return y, h, c

    for name, arguments in {"": {}, "-2-layers": {"num_layers": 2}, "-bidirectional": {"bidirectional": True, "num_layers": 2}, "-no-bias": {"bias": False}}.items():
        layer = prepare(nn.LSTM(3, 4, batch_first=True, **arguments))
        add(file, f"lstm{name}", layer, [randn(2, 5, 3)], call=lambda x, layer=layer: lstm(x, layer), **arguments)
        layer = prepare(nn.GRU(3, 4, batch_first=True, **arguments))
        add(file, f"gru{name}", layer, [randn(2, 5, 3)], call=layer, **arguments)
    layer = prepare(nn.LSTM(3, 4, batch_first=True))
    add(file, "lstm-initial-state", layer, [randn(2, 3, 3), randn(1, 2, 4), randn(1, 2, 4)],
        call=lambda x, h, c: (lambda r: (r[0], r[1][0], r[1][1]))(layer(x, (h, c))))
    gru = prepare(nn.GRU(3, 4, batch_first=True))
    add(file, "gru-initial-state", gru, [randn(2, 3, 3), randn(1, 2, 4)], call=gru)


def make(path):
    torch.manual_seed(2)
    file = GoldenFile()
    for topic in (linear, convolutions, norms, pools, attention, recurrent):
        topic(file)
    file.save(path)
    return file
