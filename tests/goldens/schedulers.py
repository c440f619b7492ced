"""Schedulers: the learning rate (and momentum) in force at each step; element 0 is the rate before the first call of step."""
import warnings

import torch
import torch.optim.lr_scheduler as S

from golden_file import GoldenFile, f32

BASE = f32(0.1)
GAMMA = f32(0.9)

SCHEDULERS = {
    "step": (40, lambda o: S.StepLR(o, step_size=7, gamma=0.5)),
    "multi-step": (40, lambda o: S.MultiStepLR(o, milestones=[5, 6, 20], gamma=0.25)),
    "exponential": (40, lambda o: S.ExponentialLR(o, gamma=GAMMA)),
    "cosine": (40, lambda o: S.CosineAnnealingLR(o, T_max=40)),
    "cosine-minimum": (40, lambda o: S.CosineAnnealingLR(o, T_max=40, eta_min=f32(0.01))),
    "cosine-restarts": (40, lambda o: S.CosineAnnealingWarmRestarts(o, T_0=10)),
    "cosine-restarts-longer": (60, lambda o: S.CosineAnnealingWarmRestarts(o, T_0=6, T_mult=2, eta_min=f32(0.01))),
    "polynomial": (40, lambda o: S.PolynomialLR(o, total_iters=30, power=1.0)),
    "polynomial-2": (40, lambda o: S.PolynomialLR(o, total_iters=30, power=2.0)),
    "one-cycle": (49, lambda o: S.OneCycleLR(o, max_lr=BASE, total_steps=50, base_momentum=f32(0.85), max_momentum=f32(0.95))),
    "one-cycle-linear": (49, lambda o: S.OneCycleLR(o, max_lr=BASE, total_steps=50, anneal_strategy="linear", pct_start=0.25,
                                                    div_factor=10.0, final_div_factor=100.0, cycle_momentum=False)),
    "linear-warmup": (20, lambda o: S.LinearLR(o, start_factor=0.125, end_factor=1.0, total_iters=8)),
    "warmup-then-step": (40, lambda o: S.SequentialLR(o, [
        S.LinearLR(o, start_factor=0.125, end_factor=1.0, total_iters=8), S.StepLR(o, step_size=5, gamma=0.5)], milestones=[8])),
    "warmup-then-cosine": (40, lambda o: S.SequentialLR(o, [
        S.LinearLR(o, start_factor=0.125, end_factor=1.0, total_iters=8), S.CosineAnnealingLR(o, T_max=32)], milestones=[8])),
    "warmup-then-exponential": (40, lambda o: S.SequentialLR(o, [
        S.LinearLR(o, start_factor=0.125, end_factor=1.0, total_iters=8), S.ExponentialLR(o, gamma=GAMMA)], milestones=[8])),
}

PLATEAU = {
    "plateau": dict(factor=0.5, patience=2),
    "plateau-cooldown": dict(factor=0.5, patience=1, cooldown=3, min_lr=f32(0.02)),
    # PyTorch leaves rates alone that would change by less than 1e-8; Gradient has no such limit.
    "plateau-maximum": dict(mode="max", factor=0.25, patience=1, eps=0.0),
    "plateau-absolute": dict(factor=0.5, patience=2, threshold=0.25, threshold_mode="abs"),
}


def optimizer():
    return torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=BASE, momentum=0.5)


def make(path):
    torch.manual_seed(6)
    warnings.filterwarnings("ignore", message=".*lr_scheduler.step.*")
    warnings.filterwarnings("ignore", message=".*epoch parameter in `scheduler.step.*")
    file = GoldenFile()
    for name, (steps, factory) in SCHEDULERS.items():
        file.case(name, base=BASE, steps=steps)
        o = optimizer()
        scheduler = factory(o)
        group = o.param_groups[0]
        rates, momenta = [group["lr"]], [group["momentum"]]
        for _ in range(steps):
            o.step()
            scheduler.step()
            rates.append(group["lr"])
            momenta.append(group["momentum"])
        file.result(f"{name}/rates", torch.tensor(rates, dtype=torch.float64))
        file.result(f"{name}/momenta", torch.tensor(momenta, dtype=torch.float64))
    # Falls, then stays; small rises and falls below the threshold.
    metric = [1 / (1 + 0.3 * min(i, 9)) + (0.00001 * (i % 3) if i > 9 else 0) for i in range(40)]
    metric = torch.tensor(metric).float()
    file.exact("metric", metric)
    for name, arguments in PLATEAU.items():
        file.case(name, base=BASE, **arguments)
        o = optimizer()
        scheduler = S.ReduceLROnPlateau(o, **arguments)
        rates = [o.param_groups[0]["lr"]]
        for value in metric.tolist():
            scheduler.step(value)
            rates.append(o.param_groups[0]["lr"])
        file.result(f"{name}/rates", torch.tensor(rates, dtype=torch.float64))
    file.save(path)
    return file
