"""A perceptron under torch.autocast in BFloat16 on the CPU: logits, loss and gradients, and the same in Float64."""
import torch
import torch.nn.functional as F

from golden_file import GoldenFile, randn

NAMES = ["w1", "b1", "w2", "b2"]


def make(path):
    file = GoldenFile()
    torch.manual_seed(20221125)
    x, labels = randn(16, 32), torch.randint(0, 5, (16,))
    values = [randn(32, 24) / 4, randn(24) / 4, randn(24, 5) / 4, randn(5) / 4]
    file.case("perceptron", type="bfloat16")
    file.exact("perceptron/in.0", x)
    file.exact("perceptron/label", labels)
    for name, value in zip(NAMES, values):
        file.exact(f"perceptron/param.{name}", value)
    for prefix, dtype in (("", torch.float32), ("exact.", torch.float64)):
        w1, b1, w2, b2 = ps = [v.to(dtype).requires_grad_() for v in values]
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=dtype == torch.float32):
            logits = F.linear(torch.tanh(F.linear(x.to(dtype), w1.t(), b1)), w2.t(), b2)
            loss = F.cross_entropy(logits, labels)
        if dtype == torch.float32:
            assert logits.dtype == torch.bfloat16 and loss.dtype == torch.float32
        loss.backward()
        file.result(f"perceptron/{prefix}out.0", logits.float() if dtype == torch.float32 else logits)
        file.result(f"perceptron/{prefix}loss", loss)
        for name, p in zip(NAMES, ps):
            file.result(f"perceptron/{prefix}dparam.{name}", p.grad)
    file.save(path)
    return file
