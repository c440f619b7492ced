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
        var p = ReduceExp(ClampForExp(x), out V n);
        return V.ScaleOnePlus(p, n);
    }

    /// <summary>
    /// eˣ·2⁶⁴ (double: 2⁵¹²) for x ≤ 0. It is never denormal, and so one factor does for its power of two; nor 0, but so small that it is
    /// after <see cref="Lowering"/>.
    /// </summary>
    [MethodImpl(Inline)]
    public static V LiftedExp<V>(V x) where V : struct, ISimd<V>
    {
        var p = ReduceExp(V.AtLeast(x, V.Constant(V.IsDouble ? -746 : -104.5)), out V n);
        var power = V.PowerOfTwo(n, V.IsDouble ? 512 : 64);
        return V.MultiplyAdd(power, p, power);
    }

    /// <summary>What undoes the factor of <see cref="LiftedExp"/>: 2⁻⁶⁴ (double: 2⁻⁵¹²).</summary>
    [MethodImpl(Inline)]
    public static double Lowering<V>() where V : struct, ISimd<V> => V.IsDouble ? 7.458340731200207e-155 : 5.421010862427522e-20;

    /// <summary>eˣ − 1, accurate near 0.</summary>
    [MethodImpl(Inline)]
    public static V Expm1<V>(V x) where V : struct, ISimd<V>
    {
        // 2ⁿ·p + (2ⁿ − 1), halved because 2ⁿ alone may overflow; the difference is exact where it matters.
        var p = ReduceExp(ClampForExp(x), out V n);
        var half = V.ScaleOnePlus(V.Constant(-0.5), n);
        var y = V.MultiplyAdd(half, p, half - V.Constant(0.5));
        return V.Select(V.Same(x, V.Constant(0)), x, y + y);
    }

    /// <summary>x within where eˣ is neither 0 nor ∞.</summary>
    [MethodImpl(Inline)]
    private static V ClampForExp<V>(V x) where V : struct, ISimd<V> =>
        V.AtLeast(V.AtMost(x, V.Constant(V.IsDouble ? 710 : 89)), V.Constant(V.IsDouble ? -746 : -104.5));

    /// <summary>n and eʳ − 1 with x = n·ln 2 + r, |r| ≤ ln(2)/2.</summary>
    [MethodImpl(Inline)]
    private static V ReduceExp<V>(V x, out V n) where V : struct, ISimd<V>
    {
        n = V.Round(x * V.Constant(1.4426950408889634));
        var r = V.MultiplyAdd(n, V.Constant(LowLog2<V>()), V.MultiplyAdd(n, V.Constant(HighLog2<V>()), x));
        return V.MultiplyAdd(r * r, ExpTail(r), r);
    }

    /// <summary>−ln 2 in two parts; a fused product with the first loses nothing.</summary>
    [MethodImpl(Inline)]
    private static double HighLog2<V>() where V : struct, ISimd<V> => V.IsDouble ? -0.6931471805599453 : -0.6931471824645996;

    [MethodImpl(Inline)]
    private static double LowLog2<V>() where V : struct, ISimd<V> => V.IsDouble ? -2.3190468138462996e-17 : 1.9046542999577679e-9;

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
        var z = V.AtMost(V.Abs(x), V.Constant(V.IsDouble ? 22 : 10)); // from here on tanh rounds to 1
        var p = ReduceExp(z + z, out V n);
        var power = V.PowerOfTwo(n);
        var t = V.MultiplyAdd(power, p, power - V.Constant(1));
        return (t / (t + V.Constant(2))) | (x & V.Constant(-0.0));
    }

    /// <summary>1/(1 + e⁻ˣ), as c/(c + c·e⁻ˣ) with a c so small that the sum does not overflow where the result is denormal.</summary>
    [MethodImpl(Inline)]
    public static V Sigmoid<V>(V x) where V : struct, ISimd<V>
    {
        x = V.AtLeast(V.AtMost(x, V.Constant(40)), V.Constant(V.IsDouble ? -746 : -104.5)); // from 40 on it rounds to 1
        var p = ReduceExp(-x, out V n);
        V c = V.Constant(Lowering<V>()), power = V.PowerOfTwo(n, V.IsDouble ? -512 : -64);
        return c / (V.MultiplyAdd(power, p, power) + c);
    }

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

    /// <summary>The error function: a power series up to 1, beyond it 1 − 2Φ(−√2·|x|).</summary>
    [MethodImpl(Inline)]
    public static V Erf<V>(V x) where V : struct, ISimd<V>
    {
        V one = V.Constant(1), two = V.Constant(2);
        var t = V.AtMost(V.Abs(x), V.Constant(6)); // long before, erf rounds to 1
        V square = t * t, lost = V.MultiplyAdd(t, t, -square);
        var small = x * ErfSeries(V.AtMost(square, one));
        var tail = LiftedExpOfMinusHalf(two * square, two * lost) * Mills(t * V.Constant(1.4142135623730951));
        return V.Select(t > one, V.MultiplyAdd(V.Constant(-2 * Lowering<V>()), tail, one) | (x & V.Constant(-0.0)), small);
    }

    /// <summary>The distribution function Φ and the density φ of the standard normal distribution.</summary>
    [MethodImpl(Inline)]
    public static V Normal<V>(V x, out V density) where V : struct, ISimd<V>
    {
        var t = V.AtMost(V.Abs(x), V.Constant(V.IsDouble ? 39 : 14.5)); // from here on both tails round to 0
        var square = t * t;
        var e = LiftedExpOfMinusHalf(square, V.MultiplyAdd(t, t, -square));
        density = e * V.Constant(0.3989422804014327 * Lowering<V>());
        var tail = e * Mills(t) * V.Constant(Lowering<V>());
        return V.Select(x > V.Constant(0), V.Constant(1) - tail, tail);
    }

    /// <summary>
    /// exp(−(s + lost)/2)·2⁶⁴ (double: 2⁵¹²) for 0 ≤ s ≤ 211 (double: 1522), where lost is the rounding error of s, which the
    /// exponential would magnify.
    /// </summary>
    [MethodImpl(Inline)]
    private static V LiftedExpOfMinusHalf<V>(V s, V lost) where V : struct, ISimd<V>
    {
        var n = V.Round(s * V.Constant(-0.5 * 1.4426950408889634));
        var r = V.Constant(0.5) * (V.MultiplyAdd(n, V.Constant(2 * HighLog2<V>()), -s) + V.MultiplyAdd(n, V.Constant(2 * LowLog2<V>()), -lost));
        var power = V.PowerOfTwo(n, V.IsDouble ? 512 : 64);
        return V.MultiplyAdd(power, V.MultiplyAdd(r * r, ExpTail(r), r), power);
    }

    /// <summary>
    /// Mills' ratio but for its scale, exp(x²/2)·Φ(−x) for x ≥ 0, in the form of Shepherd and Laframboise: Chebyshev approximation of
    /// (1 + 2x)exp(x²)erfc x in 0 ≤ x &lt; ∞ (Mathematics of Computation 36, 1981). With x + 4 for their factor one quotient serves twice.
    /// </summary>
    [MethodImpl(Inline)]
    private static V Mills<V>(V x) where V : struct, ISimd<V>
    {
        var k = V.Constant(4);
        var inverse = V.Constant(1) / (x + k);
        return MillsScaled((x - k) * inverse) * inverse;
    }
}
