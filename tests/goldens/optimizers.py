"""Optimizers: the parameters after each of 50 steps on a small fixed problem, in Float64."""
import torch

from golden_file import GoldenFile, f32, randn, rounded

STEPS = 50

RATE = f32(0.02)
BETAS = (f32(0.9), f32(0.999))
EPSILON = f32(1e-8)
DECAY = f32(0.1)
O = torch.optim

OPTIMIZERS = {
    "sgd": (O.SGD, dict(lr=RATE)),
    "sgd-momentum": (O.SGD, dict(lr=RATE, momentum=BETAS[0])),
    "sgd-nesterov": (O.SGD, dict(lr=RATE, momentum=BETAS[0], nesterov=True)),
    "sgd-dampening": (O.SGD, dict(lr=RATE, momentum=BETAS[0], dampening=0.25)),
    "sgd-weight-decay": (O.SGD, dict(lr=RATE, weight_decay=DECAY)),
    "sgd-nesterov-weight-decay": (O.SGD, dict(lr=RATE, momentum=BETAS[0], nesterov=True, weight_decay=DECAY)),
    "adam": (O.Adam, dict(lr=RATE, betas=BETAS, eps=EPSILON)),
    "adam-betas": (O.Adam, dict(lr=RATE, betas=(0.5, 0.75), eps=f32(1e-3))),
    "adam-weight-decay": (O.Adam, dict(lr=RATE, betas=BETAS, eps=EPSILON, weight_decay=DECAY)),
    "adam-amsgrad": (O.Adam, dict(lr=RATE, betas=(0.5, 0.75), eps=EPSILON, amsgrad=True)),
    "adamw": (O.AdamW, dict(lr=RATE, betas=BETAS, eps=EPSILON, weight_decay=DECAY)),
    "adamw-amsgrad": (O.AdamW, dict(lr=RATE, betas=(0.5, 0.75), eps=EPSILON, weight_decay=DECAY, amsgrad=True)),
    "rmsprop": (O.RMSprop, dict(lr=RATE, alpha=f32(0.99), eps=EPSILON)),
    "rmsprop-centered": (O.RMSprop, dict(lr=RATE, alpha=f32(0.99), eps=EPSILON, centered=True)),
    "rmsprop-momentum": (O.RMSprop, dict(lr=f32(0.005), alpha=f32(0.99), eps=EPSILON, momentum=BETAS[0])),
    "rmsprop-all": (O.RMSprop, dict(lr=f32(0.005), alpha=f32(0.99), eps=EPSILON, momentum=BETAS[0], centered=True, weight_decay=DECAY)),
    "adagrad": (O.Adagrad, dict(lr=RATE, eps=f32(1e-10))),
    "adagrad-all": (O.Adagrad, dict(lr=RATE, eps=f32(1e-10), lr_decay=DECAY, weight_decay=DECAY)),
    "adadelta": (O.Adadelta, dict(lr=1.0, rho=f32(0.9), eps=f32(1e-6))),
    "adadelta-all": (O.Adadelta, dict(lr=0.5, rho=f32(0.9), eps=f32(1e-6), weight_decay=DECAY)),
    # foreach: the loop over single tensors of PyTorch 1.13 multiplies μ twice into the product of the next step, which later versions do not.
    "nadam": (O.NAdam, dict(foreach=True, lr=RATE, betas=BETAS, eps=EPSILON, momentum_decay=f32(0.004))),
    "nadam-weight-decay": (O.NAdam, dict(foreach=True, lr=RATE, betas=BETAS, eps=EPSILON, momentum_decay=f32(0.004), weight_decay=DECAY)),
}

# Each of these steps makes up to max_iter inner iterations, so fewer steps suffice.
LBFGS = {
    "lbfgs": dict(lr=f32(0.1), max_iter=4, history_size=5),
    "lbfgs-one-iteration": dict(lr=f32(0.1), max_iter=1, history_size=10),
    "lbfgs-strong-wolfe": dict(lr=1.0, max_iter=4, history_size=5, line_search_fn="strong_wolfe"),
    "lbfgs-strong-wolfe-default": dict(lr=1.0, max_iter=20, history_size=100, line_search_fn="strong_wolfe"),
}
LBFGS_STEPS = {"lbfgs": 12, "lbfgs-one-iteration": 30, "lbfgs-strong-wolfe": 4, "lbfgs-strong-wolfe-default": 1}


def regression(x, y, w, b):
    """mean((tanh(x · w + b) - y)²): smooth, not convex, badly scaled through x."""
    return ((torch.tanh(x @ w + b) - y) ** 2).mean()


def rosenbrock(v):
    """Σ 100 (v[i+1] - v[i]²)² + (1 - v[i])² (Rosenbrock 1960)."""
    return (100 * (v[1:] - v[:-1] ** 2) ** 2 + (1 - v[:-1]) ** 2).sum()


def trajectory(make, parameters, loss, steps):
    """The parameters after each step, each flattened and joined: [steps, count]; and the losses before each step."""
    parameters = [p.clone().requires_grad_() for p in parameters]
    optimizer = make(parameters)
    path, values = [], []

    def closure():
        optimizer.zero_grad()
        value = loss(*parameters)
        value.backward()
        return value

    for _ in range(steps):
        values.append(optimizer.step(closure).detach().clone())
        path.append(torch.cat([p.detach().flatten() for p in parameters]))
    return torch.stack(path), torch.stack(values)


def make(path):
    torch.manual_seed(5)
    # NAdam keeps a product of its own in the default type.
    torch.set_default_dtype(torch.float64)
    file = GoldenFile()
    x, y = rounded(randn(12, 3) * torch.tensor([1.0, 3.0, 0.3])), rounded(torch.tanh(randn(12, 2)))
    w, b = rounded(0.5 * randn(3, 2)), rounded(0.1 * randn(2))
    for key, t in (("x", x), ("y", y), ("w", w), ("b", b)):
        file.exact(f"problem/{key}", t)
    for name, (kind, arguments) in OPTIMIZERS.items():
        file.case(name, optimizer=kind.__name__, **arguments)
        points, values = trajectory(lambda p: kind(p, **arguments), [w, b], lambda w, b: regression(x, y, w, b), STEPS)
        single, _ = trajectory(lambda p: kind(p, **arguments), [w.float(), b.float()], lambda w, b: regression(x.float(), y.float(), w, b), STEPS)
        file.result(f"{name}/trajectory", points)
        # The largest error of PyTorch's own Float32 run, up to each step.
        file.result(f"{name}/error", (single.double() - points).abs().amax(1).cummax(0).values)
        file.result(f"{name}/losses", values)
    start = rounded(torch.tensor([-1.2, 1.0, 0.5, -0.7, 0.3]))
    file.exact("rosenbrock/start", start)
    for name, arguments in LBFGS.items():
        def run(start):
            return trajectory(lambda p: O.LBFGS(p, **arguments), [start], rosenbrock, LBFGS_STEPS[name])
        points, values = run(start)
        # How far the trajectory moves when the start does by 1e-15: the error that rounding alone explains.
        moved = max((run(start * (1 + d * 1e-15))[0] - points).abs().max().item() for d in (-1, 1))
        file.case(name, optimizer="LBFGS", sensitivity=moved / 1e-15, **arguments)
        file.result(f"{name}/trajectory", points)
        file.result(f"{name}/losses", values)
    torch.set_default_dtype(torch.float32)
    file.save(path)
    return file
