"""What LAPACK computes, through PyTorch: decompositions with their gradients, on well-conditioned and on hard matrices."""
import torch

from golden_file import GoldenFile, randn, rounded


def hilbert(n):
    return rounded(1 / (torch.arange(n).unsqueeze(1) + torch.arange(n) + 1).double())


MATRICES = {
    "square": lambda: randn(3, 5, 5) + 4 * torch.eye(5).double(),
    "large": lambda: rounded(randn(1, 35, 35) / 8 + 2 * torch.eye(35).double()),
    "tall": lambda: randn(2, 40, 7),
    "wide": lambda: randn(2, 4, 9),
    "hilbert": lambda: hilbert(7).unsqueeze(0),
    "deficient": lambda: rounded(torch.randint(-3, 4, (2, 6, 2)).double() @ torch.randint(-3, 4, (2, 2, 5)).double()),
    "one": lambda: randn(4, 1, 1) + 3,
}


def symmetric(a):
    return a + a.mT


def positive(a):
    return a @ a.mT + torch.eye(a.shape[-1]).double()


# Functions without freedom of signs: of each output a gradient can be compared.
ANY = {
    "singularValues": torch.linalg.svdvals,
    "projection": lambda a: (lambda u, s, v: (u * torch.log1p(s).unsqueeze(-2)) @ v)(*torch.linalg.svd(a, full_matrices=False)),
    "q": lambda a: torch.linalg.qr(a).Q,
    "r": lambda a: torch.linalg.qr(a).R,
    "l": lambda a: torch.linalg.lu(a).L,
    "u": lambda a: torch.linalg.lu(a).U,
    "nuclear": lambda a: torch.linalg.matrix_norm(a, "nuc"),
    "two": lambda a: torch.linalg.matrix_norm(a, 2),
    "one": lambda a: torch.linalg.matrix_norm(a, 1),
    "infinity": lambda a: torch.linalg.matrix_norm(a, float("inf")),
    "frobenius": lambda a: torch.linalg.matrix_norm(a),
    "pseudoInverse": torch.linalg.pinv,
}
SQUARE = {
    "inverse": torch.linalg.inv,
    "determinant": torch.linalg.det,
    "logDeterminant": lambda a: torch.linalg.slogdet(a)[1],
    "cholesky": lambda a: torch.linalg.cholesky(positive(a)),
    "eigenvaluesSymmetric": lambda a: torch.linalg.eigvalsh(symmetric(a)),
    "condition": torch.linalg.cond,
    # Sums over all eigenvalues do not know their order.
    "eigenvalues": lambda a: (lambda e: e.real.pow(3) + e.imag.pow(2))(torch.linalg.eigvals(a)).sum(-1),
}


def make(path):
    torch.manual_seed(60)
    file = GoldenFile()
    for matrix, build in MATRICES.items():
        a = rounded(build())
        rank = int(torch.linalg.matrix_rank(a)[0])
        full = rank == min(a.shape[-2:])
        functions = dict(ANY)
        if not full:
            # Where the rank is not full the rest is not unique, or has no gradient.
            functions = {k: ANY[k] for k in ("singularValues", "one", "infinity", "frobenius", "two")}
        elif a.shape[-1] == a.shape[-2]:
            functions |= SQUARE
        file.case(matrix, rank=rank)
        file.exact(f"{matrix}/in.0", a)
        for name, function in functions.items():
            x = a.clone().requires_grad_()
            y = function(x)
            up = randn(*y.shape)
            if name == "singularValues":
                up[..., rank:] = 0  # a singular value of 0 has no derivative
            y.backward(up)
            file.exact(f"{matrix}/up.{name}", up)
            file.result(f"{matrix}/out.{name}", y)
            file.result(f"{matrix}/din.{name}", x.grad)
    file.save(path)
    return file
