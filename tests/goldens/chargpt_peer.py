#!/usr/bin/env python3
"""Trains the model of samples/CharGpt in PyTorch: same batches, optimizer and schedule; weights pass through safetensors.

    python3 chargpt_peer.py --data input.txt --steps 1000 --write-init init.safetensors
    dotnet run -c Release --project samples/CharGpt -- --data input.txt --steps 1000 --init init.safetensors --generate 0

Both print the validation loss last; the second begins with the weights that the first wrote before its training.
"""
import argparse, json, math, struct
import numpy as np
import torch, torch.nn as nn, torch.nn.functional as F

parser = argparse.ArgumentParser()
parser.add_argument("--data", required=True)
parser.add_argument("--steps", type=int, default=1000)
parser.add_argument("--batch", type=int, default=16)
parser.add_argument("--seed", type=int, default=1)
parser.add_argument("--threads", type=int, default=2)
parser.add_argument("--write-init", default="", help="where to write the weights before training")
parser.add_argument("--init", default="", help="weights to begin with, instead of random ones")
args = parser.parse_args()
torch.set_num_threads(args.threads)
torch.manual_seed(args.seed)
CONTEXT, WIDTH, LAYERS, HEADS = 64, 128, 4, 4


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.qkv, self.proj = nn.Linear(WIDTH, 3 * WIDTH), nn.Linear(WIDTH, WIDTH)

    def forward(self, x):
        b, t, d = x.shape
        q, k, v = (z.view(b, t, HEADS, d // HEADS).transpose(1, 2) for z in self.qkv(x).split(d, 2))
        mask = torch.full((t, t), float("-inf")).triu(1)
        w = torch.softmax(q @ k.transpose(-2, -1) / math.sqrt(d // HEADS) + mask, -1)
        return self.proj((w @ v).transpose(1, 2).reshape(b, t, d))


class Layer(nn.Module):
    def __init__(self):
        super().__init__()
        self.n1, self.att, self.n2 = nn.LayerNorm(WIDTH), Attention(), nn.LayerNorm(WIDTH)
        self.mlp = nn.Sequential(nn.Linear(WIDTH, 4 * WIDTH), nn.GELU(), nn.Linear(4 * WIDTH, WIDTH))

    def forward(self, x):
        x = x + self.att(self.n1(x))
        return x + self.mlp(self.n2(x))


class Gpt(nn.Module):
    def __init__(self, vocabulary):
        super().__init__()
        self.tok, self.pos = nn.Embedding(vocabulary, WIDTH), nn.Embedding(CONTEXT, WIDTH)
        self.body, self.norm, self.head = nn.Sequential(*[Layer() for _ in range(LAYERS)]), nn.LayerNorm(WIDTH), nn.Linear(WIDTH, vocabulary)

    def forward(self, ids):
        return self.head(self.norm(self.body(self.tok(ids) + self.pos.weight[:ids.shape[1]])))


def is_linear(model, name):
    """Whether a parameter is a Linear weight, which Gradient keeps as [inputs, outputs]."""
    owner, _, leaf = name.rpartition(".")
    return leaf == "weight" and isinstance(dict(model.named_modules())[owner], nn.Linear)


def write(path, model):
    header, blobs, offset = {}, [], 0
    for name, p in model.named_parameters():
        a = p.detach().numpy().astype("<f4")
        blob = np.ascontiguousarray(a.T if is_linear(model, name) else a)
        header[name] = {"dtype": "F32", "shape": list(blob.shape), "data_offsets": [offset, offset + blob.nbytes]}
        blobs.append(blob.tobytes())
        offset += blob.nbytes
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text + b"".join(blobs))


def read(path, model):
    raw = open(path, "rb").read()
    n = struct.unpack("<Q", raw[:8])[0]
    header = json.loads(raw[8:8 + n])
    with torch.no_grad():
        for name, p in model.named_parameters():
            begin, end = header[name]["data_offsets"]
            a = np.frombuffer(raw, "<f4", (end - begin) // 4, 8 + n + begin).reshape(header[name]["shape"])
            p.copy_(torch.from_numpy((a.T if is_linear(model, name) else a).copy()))


def philox_x0(seed, counters):
    """The first of the four numbers of Philox-4x32-10 at each counter (upper half 0); as Gradient.Core.Philox."""
    m = np.uint64(0xFFFFFFFF)
    c = np.asarray(counters, np.uint64)
    x0, x1, x2, x3 = c & m, c >> np.uint64(32), np.zeros_like(c), np.zeros_like(c)
    k0, k1 = seed & 0xFFFFFFFF, (seed >> 32) & 0xFFFFFFFF
    for _ in range(10):
        p0, p1 = np.uint64(0xD2511F53) * x0, np.uint64(0xCD9E8D57) * x2
        x0, x1, x2, x3 = (p1 >> np.uint64(32)) ^ x1 ^ np.uint64(k0), p1 & m, (p0 >> np.uint64(32)) ^ x3 ^ np.uint64(k1), p0 & m
        k0, k1 = (k0 + 0x9E3779B9) & 0xFFFFFFFF, (k1 + 0xBB67AE85) & 0xFFFFFFFF
    return x0


text = open(args.data, encoding="utf-8", newline="").read()
characters = sorted(set(text))
number = {c: i for i, c in enumerate(characters)}
ids = torch.tensor([number[c] for c in text])
split = int(len(ids) * 0.9)
train, validation = ids[:split], ids[split:]
model = Gpt(len(characters))
if args.init:
    read(args.init, model)
if args.write_init:
    write(args.write_init, model)


def validate():
    windows = (len(validation) - 1) // CONTEXT
    total = 0.0
    with torch.no_grad():
        for first in range(0, windows, 64):
            rows = range(first, min(first + 64, windows))
            x = torch.stack([validation[i * CONTEXT:(i + 1) * CONTEXT] for i in rows])
            y = torch.stack([validation[i * CONTEXT + 1:(i + 1) * CONTEXT + 1] for i in rows])
            total += F.cross_entropy(model(x).flatten(0, 1), y.flatten()).item() * len(rows)
    return total / windows


starts = (philox_x0(args.seed, np.arange(args.steps * args.batch)) * np.uint64(len(train) - CONTEXT)) >> np.uint64(32)
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=1e-2)
warmup = min(100, args.steps // 10)


def rate(step):
    """Gradient.Training.CosineAnnealing with a linear warm-up from 1 %."""
    if step < warmup:
        return 1e-3 * (0.01 + 0.99 * step / warmup)
    length = args.steps - warmup
    return 1e-4 + 9e-4 * (1 + math.cos(math.pi * min(step - warmup, length) / length)) / 2


for step in range(args.steps):
    for group in optimizer.param_groups:
        group["lr"] = rate(step)
    places = [int(s) for s in starts[step * args.batch:(step + 1) * args.batch]]
    x = torch.stack([train[p:p + CONTEXT] for p in places])
    y = torch.stack([train[p + 1:p + CONTEXT + 1] for p in places])
    optimizer.zero_grad(set_to_none=True)
    loss = F.cross_entropy(model(x).flatten(0, 1), y.flatten())
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    if (step + 1) % 250 == 0:
        print(f"step {step + 1}/{args.steps}  loss {loss.item():.4f}  validation loss {validate():.4f}", flush=True)
print(f"validation loss {validate():.4f}")
