#!/usr/bin/python3
"""Polynomial coefficients of src/Gradient.Backend.Cpu/Elementwise/VectorMath*.cs, with the error of each polynomial.

Each polynomial interpolates its function at Chebyshev points, computed with 60 digits (mpmath), so that its error is within a
small factor of the best possible. Coefficients are printed lowest power first.
"""
import mpmath as mp

mp.mp.dps = 60


def fit(f, low, high, degree):
    """The interpolating polynomial in the monomial basis."""
    low, high = mp.mpf(low), mp.mpf(high)
    n = degree + 1
    nodes = [(low + high) / 2 + (high - low) / 2 * mp.cos((2 * k + 1) * mp.pi / (2 * n)) for k in range(n)]
    matrix = mp.matrix(n, n)
    for i, x in enumerate(nodes):
        for j in range(n):
            matrix[i, j] = x ** j
    return list(mp.lu_solve(matrix, mp.matrix([f(x) for x in nodes])))


def show(name, f, low, high, degree, weight=lambda x: 1):
    c = fit(f, low, high, degree)
    worst = 0
    for k in range(801):
        x = mp.mpf(low) + (mp.mpf(high) - mp.mpf(low)) * k / 800
        worst = max(worst, abs((mp.polyval(c[::-1], x) - f(x)) * weight(x)))
    print(f"{name}: degree {degree}, error {mp.nstr(worst, 3)}")
    print("    " + ", ".join(mp.nstr(a, 18) for a in c))


def exp_tail(r):
    """(e^r - 1 - r)/r^2."""
    return mp.mpf(1) / 2 + r / 6 + r * r / 24 if abs(r) < mp.mpf("1e-25") else (mp.expm1(r) - r) / (r * r)


def log_tail(z):
    """(log((1 + s)/(1 - s)) - 2s)/(s z) with s = sqrt(z)."""
    if z < mp.mpf("1e-30"):
        return mp.mpf(2) / 3
    s = mp.sqrt(z)
    return (mp.log((1 + s) / (1 - s)) - 2 * s) / (s * z)


def erf_small(z):
    """erf(x)/x with x = sqrt(z)."""
    return 2 / mp.sqrt(mp.pi) if z < mp.mpf("1e-40") else mp.erf(mp.sqrt(z)) / mp.sqrt(z)


def mills(k):
    """(x + k) e^(x^2/2) Phi(-x) as a function of u = (x - k)/(x + k), after Shepherd and Laframboise (1981)."""
    def f(u):
        x = k * (1 + u) / (1 - u)
        return (x + k) * mp.exp(x * x / 2) * mp.erfc(x / mp.sqrt(2)) / 2
    return f


def sin_tail(z):
    """(sin r - r)/r^3 with r = sqrt(z)."""
    if z < mp.mpf("1e-20"):
        return mp.mpf(-1) / 6 + z / 120
    r = mp.sqrt(z)
    return (mp.sin(r) - r) / (r * z)


def cos_tail(z):
    """(cos r - 1 + r^2/2)/r^4 with r = sqrt(z)."""
    if z < mp.mpf("1e-15"):
        return mp.mpf(1) / 24 - z / 720
    return (mp.cos(mp.sqrt(z)) - 1 + z / 2) / (z * z)


def main():
    half = mp.log(2) / 2 * mp.mpf("1.0001")
    widest = (mp.sqrt(2) - 1) ** 2 / (mp.sqrt(2) + 1) ** 2 * mp.mpf("1.0001")
    show("exp float", exp_tail, -half, half, 4, lambda r: r * r)
    show("exp of float powers", exp_tail, -half, half, 5, lambda r: r * r)
    show("exp double", exp_tail, -half, half, 9, lambda r: r * r)
    show("log float", log_tail, 0, widest, 3, lambda z: z / 2)
    show("log of float powers", log_tail, 0, widest, 4, lambda z: z / 2)
    show("log double", log_tail, 0, widest, 6, lambda z: z / 2)
    show("erf float", erf_small, 0, 1, 6)
    show("erf double", erf_small, 0, 1, 11)
    octant = (mp.pi / 4) ** 2 * mp.mpf("1.0001")
    show("sin float", sin_tail, 0, octant, 2, lambda z: z * mp.sqrt(z))
    show("sin double", sin_tail, 0, octant, 5, lambda z: z * mp.sqrt(z))
    show("cos float", cos_tail, 0, octant, 2, lambda z: z * z)
    show("cos double", cos_tail, 0, octant, 5, lambda z: z * z)
    for name, degree, last in (("float", 9, "14.5"), ("double", 22, "39")):
        k = mp.mpf(4)
        ratio = mills(k)
        show(f"Mills {name}", ratio, -1, (mp.mpf(last) - k) / (mp.mpf(last) + k), degree, lambda u: 1 / ratio(u))


main()
