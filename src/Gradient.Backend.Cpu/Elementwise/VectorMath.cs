using System.Runtime.CompilerServices;

namespace Gradient.Backend.Cpu;

/// <summary>
/// Elementary functions of hardware vectors of <see cref="float"/> or <see cref="double"/>, of any width, after the usual
/// scheme: reduction to a small interval by exact arithmetic, a polynomial there, reconstruction (Muller: Elementary Functions,
/// 3rd edition, 2016). Special values are those of IEEE 754. The tests state and check the error bounds.
/// </summary>
internal static partial class VectorMath
{
    private const MethodImplOptions Inline = MethodImplOptions.AggressiveInlining;

    /// <summary>eˣ.</summary>
    [MethodImpl(Inline)]
    public static V Exp<V>(V x) where V : struct, ISimd<V>
    {
        var p = ReduceExp(x, out V n);
        return V.Scale(p + V.Constant(1), n);
    }

    /// <summary>eˣ − 1, accurate near 0.</summary>
    [MethodImpl(Inline)]
    public static V Expm1<V>(V x) where V : struct, ISimd<V>
    {
        // 2ⁿ·p + (2ⁿ − 1), halved because 2ⁿ alone may overflow; the difference is exact where it matters.
        var p = ReduceExp(x, out V n);
        var half = V.Scale(V.Constant(0.5), n);
        var y = V.MultiplyAdd(half, p, half - V.Constant(0.5));
        return V.Select(V.Same(x, V.Constant(0)), x, y + y);
    }

    /// <summary>n and eʳ − 1 with x = n·ln 2 + r, |r| ≤ ln(2)/2, for x clamped to where the result is neither 0 nor ∞.</summary>
    [MethodImpl(Inline)]
    private static V ReduceExp<V>(V x, out V n) where V : struct, ISimd<V>
    {
        V low = V.Constant(V.IsDouble ? -746 : -104.5), high = V.Constant(V.IsDouble ? 710 : 89);
        x = V.Select(x < low, low, x); // NaN stays
        x = V.Select(x > high, high, x);
        n = V.Round(x * V.Constant(1.4426950408889634));
        // ln 2 in two parts; the fused product keeps the first step exact.
        var r = V.MultiplyAdd(n, V.Constant(V.IsDouble ? -0.6931471805599453 : -0.6931471824645996), x);
        r = V.MultiplyAdd(n, V.Constant(V.IsDouble ? -2.3190468138462996e-17 : 1.9046542999577679e-9), r);
        return V.MultiplyAdd(r * r, ExpTail(r), r);
    }

    /// <summary>ln x.</summary>
    [MethodImpl(Inline)]
    public static V Log<V>(V x) where V : struct, ISimd<V>
    {
        var zero = V.Constant(0);
        var denormal = x < V.Constant(V.IsDouble ? 2.2250738585072014e-308 : 1.1754943508222875e-38);
        var lift = V.Constant(V.IsDouble ? 54 : 25);
        var m = V.Split(V.Select(denormal, x * V.Constant(V.IsDouble ? 18014398509481984.0 : 33554432.0), x), out V e);
        e -= V.Select(denormal, lift, zero);

        // ln(1 + f) = f − f²/2 + s·(f²/2 + R), s = f/(2 + f): the leading term is exact.
        var f = m - V.Constant(1);
        var s = f / (f + V.Constant(2));
        var z = s * s;
        var halfSquare = V.Constant(0.5) * f * f;
        var tail = V.MultiplyAdd(s, V.MultiplyAdd(z, LogTail(z), halfSquare), e * V.Constant(V.IsDouble ? 7.371002565516798e-13 : 1.4286068203094172e-6));
        var y = V.MultiplyAdd(e, V.Constant(V.IsDouble ? 0.6931471805592082 : 0.693145751953125), f - (halfSquare - tail));

        y = V.Select(x < V.Constant(double.PositiveInfinity), y, x); // +∞ and NaN
        y = V.Select(x < zero, V.Constant(double.NaN), y);
        return V.Select(V.Same(x, zero), V.Constant(double.NegativeInfinity), y);
    }

    /// <summary>ln(1 + x), accurate near 0.</summary>
    [MethodImpl(Inline)]
    public static V Log1p<V>(V x) where V : struct, ISimd<V>
    {
        // ln u plus what was lost in u = 1 + x, to first order.
        var one = V.Constant(1);
        var u = one + x;
        var lost = (x - (u - one)) / u;
        var y = Log(u);
        y = V.Select(u > V.Constant(1e-30) & u < V.Constant(1e30), y + lost, y);
        return V.Select(V.Same(u, one), x, y);
    }

    /// <summary>log₂ x.</summary>
    [MethodImpl(Inline)]
    public static V Log2<V>(V x) where V : struct, ISimd<V> => Log(x) * V.Constant(1.4426950408889634);

    /// <summary>The hyperbolic tangent: t/(t + 2) with t = e^(2|x|) − 1.</summary>
    [MethodImpl(Inline)]
    public static V Tanh<V>(V x) where V : struct, ISimd<V>
    {
        var z = V.Abs(x);
        var one = V.Constant(V.IsDouble ? 22 : 10); // from here on tanh rounds to 1
        z = V.Select(z > one, one, z);
        var t = Expm1(z + z);
        return (t / (t + V.Constant(2))) | (x & V.Constant(-0.0));
    }

    /// <summary>1/(1 + e⁻ˣ).</summary>
    [MethodImpl(Inline)]
    public static V Sigmoid<V>(V x) where V : struct, ISimd<V> => Sigmoid(x, out _);

    /// <summary>1/(1 + e⁻ˣ) and its complement to 1, without cancellation, from e^(−|x|), which does not overflow.</summary>
    [MethodImpl(Inline)]
    public static V Sigmoid<V>(V x, out V complement) where V : struct, ISimd<V>
    {
        var one = V.Constant(1);
        var e = Exp(-V.Abs(x));
        V large = one / (one + e), small = e * large, negative = x < V.Constant(0);
        complement = V.Select(negative, large, small);
        return V.Select(negative, small, large);
    }

    /// <summary>The error function: a power series up to 1, beyond it 1 − erfc.</summary>
    [MethodImpl(Inline)]
    public static V Erf<V>(V x) where V : struct, ISimd<V>
    {
        var one = V.Constant(1);
        var t = V.Abs(x);
        var small = x * ErfSeries(V.Select(t > one, one, t * t));
        var large = one - (MinusSquareExp(t, t) * ErfcRatio(t));
        return V.Select(t > one, large | (x & V.Constant(-0.0)), small);
    }

    /// <summary>The distribution function Φ and the density φ of the standard normal distribution.</summary>
    [MethodImpl(Inline)]
    public static V Normal<V>(V x, out V density) where V : struct, ISimd<V>
    {
        var half = V.Constant(0.5);
        var e = MinusSquareExp(x, half * x);
        density = e * V.Constant(0.3989422804014327);
        var tail = half * e * ErfcRatio(V.Abs(x) * V.Constant(0.7071067811865476));
        return V.Select(x > V.Constant(0), V.Constant(1) - tail, tail);
    }

    /// <summary>exp(−a·b), with the rounding error of the product, which the exponential would magnify, taken out.</summary>
    [MethodImpl(Inline)]
    private static V MinusSquareExp<V>(V a, V b) where V : struct, ISimd<V>
    {
        var product = a * b;
        var error = V.MultiplyAdd(a, b, -product);
        var e = Exp(-product);
        return V.Select(product < V.Constant(V.IsDouble ? 800 : 200), V.MultiplyAdd(-error, e, e), e);
    }

    /// <summary>
    /// exp(t²)·erfc(t) for t ≥ 0, in the form of Shepherd and Laframboise: Chebyshev approximation of (1 + 2x)exp(x²)erfc x in
    /// 0 ≤ x &lt; ∞ (Mathematics of Computation 36, 1981).
    /// </summary>
    [MethodImpl(Inline)]
    private static V ErfcRatio<V>(V t) where V : struct, ISimd<V>
    {
        V end = V.Constant(V.IsDouble ? 27.3 : 10.1), k = V.Constant(V.IsDouble ? 3 : 2), one = V.Constant(1);
        t = V.Select(t > end, end, t);
        var pole = one + t + t;
        var inverse = one / (pole * (t + k));
        return ErfcScaled((t - k) * (inverse * pole)) * (inverse * (t + k));
    }
}
