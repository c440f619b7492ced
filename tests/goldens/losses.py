"""Losses: value and gradient with respect to the prediction, for every reduction."""
import torch
import torch.nn.functional as F

from golden_file import GoldenFile, f32, randn, rounded

REDUCTIONS = ("mean", "sum", "none")


def add(file, name, loss, prediction, target, reductions=REDUCTIONS, **extra):
    """`loss(prediction, target, reduction)`; each reduction is a case of its own, the inputs are stored once."""
    file.exact(f"{name}/in.0", prediction)
    file.exact(f"{name}/target", target)
    for key, value in extra.items():
        file.exact(f"{name}/{key}", value)
    for reduction in reductions:
        case = f"{name}-{reduction}"
        file.case(case, inputs=name)
        x = prediction.clone().requires_grad_()
        y = loss(x, target, reduction)
        g = randn(*y.shape) if y.dim() else torch.tensor(1.0, dtype=torch.float64)
        y.backward(g)
        file.result(f"{case}/out.0", y)
        file.exact(f"{case}/up.0", g)
        file.result(f"{case}/din.0", x.grad)


def hinge(x, y, reduction):
    """max(0, 1 - y · x) with y of ±1 (Cortes and Vapnik 1995); at the kink the gradient is 0."""
    terms = F.relu(1 - y * x)
    return {"mean": terms.mean, "sum": terms.sum, "none": lambda: terms}[reduction]()


def make(path):
    torch.manual_seed(4)
    file = GoldenFile()
    x, y = randn(4, 3), randn(4, 3)
    x[0, 0] = y[0, 0]
    y[1, 1] = x[1, 1] + 1.0
    x, y = rounded(x), rounded(y)
    y[1, 1] = x[1, 1]
    add(file, "mse", lambda x, y, r: F.mse_loss(x, y, reduction=r), x, y)
    add(file, "mae", lambda x, y, r: F.l1_loss(x, y, reduction=r), x, y)
    add(file, "huber", lambda x, y, r: F.huber_loss(x, y, reduction=r), x, y)
    add(file, "huber-delta", lambda x, y, r: F.huber_loss(x, y, reduction=r, delta=0.5), x, y)

    p = rounded(torch.rand(4, 3, dtype=torch.float64) * 0.98 + 0.01)
    p[0] = torch.tensor([0.0, 1.0, 0.5])
    p[1, :2] = torch.tensor([0.0, 1.0])
    t = rounded(torch.rand(4, 3, dtype=torch.float64))
    t[0] = torch.tensor([0.0, 1.0, 1.0])
    t[1, :2] = torch.tensor([1.0, 0.0])
    add(file, "bce", lambda x, y, r: F.binary_cross_entropy(x, y, reduction=r), p, t)
    z = randn(4, 3)
    z[1] = torch.tensor([1e4, -1e4, 1e4])
    z[2] = torch.tensor([1e4, -1e4, -1e4])
    b = rounded(torch.rand(4, 3, dtype=torch.float64))
    b[1], b[2] = torch.tensor([1.0, 0.0, 0.0]), torch.tensor([0.5, 1.0, 0.25])
    add(file, "bce-logits", lambda x, y, r: F.binary_cross_entropy_with_logits(x, y, reduction=r), z, b)
    positive = torch.tensor([2.0, 0.5, 3.0], dtype=torch.float64)
    add(file, "bce-logits-positive-weight",
        lambda x, y, r: F.binary_cross_entropy_with_logits(x, y, reduction=r, pos_weight=positive), z, b, weights=positive)

    logits, wide = rounded(2 * randn(6, 4)), rounded(randn(6, 4))
    wide[1] = torch.tensor([1e4, -1e4, 0.0, 5.0])
    wide[2] = torch.tensor([-1e4, -1e4, -1e4, -1e4])
    wide[3] = torch.tensor([1e4, 1e4, -1e4, 1e4])
    classes = torch.tensor([0, 3, 1, 2, 2, 0])
    ignored = torch.tensor([0, -100, 1, 2, -100, 0])
    soft = rounded(torch.softmax(randn(6, 4), -1))
    weights = rounded(torch.rand(4, dtype=torch.float64) + 0.5)
    smoothing = f32(0.1)

    def entropy(**arguments):
        return lambda x, y, r: F.cross_entropy(x, y, reduction=r, **arguments)

    add(file, "cross-entropy", entropy(), logits, classes)
    add(file, "cross-entropy-wide", entropy(), wide, classes)
    add(file, "cross-entropy-soft", entropy(), logits, soft)
    add(file, "cross-entropy-soft-wide", entropy(), wide, soft)
    add(file, "cross-entropy-ignore", entropy(), logits, ignored)
    add(file, "cross-entropy-ignore-1", entropy(ignore_index=1), logits, classes)
    add(file, "cross-entropy-smooth", entropy(label_smoothing=smoothing), logits, classes)
    add(file, "cross-entropy-smooth-ignore", entropy(label_smoothing=smoothing), logits, ignored)
    add(file, "cross-entropy-weights", entropy(weight=weights), logits, classes, weights=weights)
    add(file, "cross-entropy-weights-ignore", entropy(weight=weights), logits, ignored, weights=weights)
    add(file, "cross-entropy-weights-smooth", entropy(weight=weights, label_smoothing=smoothing), logits, classes, weights=weights)
    add(file, "cross-entropy-weights-smooth-ignore", entropy(weight=weights, label_smoothing=smoothing), logits, ignored, weights=weights)
    add(file, "cross-entropy-soft-weights", entropy(weight=weights), logits, soft, weights=weights)
    add(file, "cross-entropy-soft-smooth", entropy(label_smoothing=smoothing), logits, soft)
    add(file, "cross-entropy-soft-weights-smooth", entropy(weight=weights, label_smoothing=smoothing), logits, soft, weights=weights)

    logs = rounded(torch.log_softmax(randn(6, 4), -1))
    add(file, "nll", lambda x, y, r: F.nll_loss(x, y, reduction=r), logs, classes)
    add(file, "nll-ignore", lambda x, y, r: F.nll_loss(x, y, reduction=r), logs, ignored)
    add(file, "nll-weights", lambda x, y, r: F.nll_loss(x, y, reduction=r, weight=weights), logs, classes, weights=weights)

    signs = torch.tensor([[1.0, -1, 1], [-1, 1, 1], [1, 1, -1], [-1, -1, 1]], dtype=torch.float64)
    margins = randn(4, 3)
    margins[0, 0], margins[0, 1] = 1.0, -1.0
    add(file, "hinge", hinge, margins, signs)
    target = soft.clone()
    target[0] = torch.tensor([0.5, 0.0, 0.5, 0.0])
    add(file, "kl", lambda x, y, r: F.kl_div(x, y, reduction=r), logs, target, REDUCTIONS + ("batchmean",))
    add(file, "kl-log-target", lambda x, y, r: F.kl_div(x, y, reduction=r, log_target=True), logs, rounded(soft.log()))
    file.save(path)
    return file
