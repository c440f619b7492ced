using System.Runtime.CompilerServices;

namespace Gradient.Backend.Cpu;

/// <content>Sines and cosines.</content>
internal static partial class VectorMath
{
    /// <summary>sin x, in radians.</summary>
    [MethodImpl(Inline)]
    public static V Sin<V>(V x) where V : struct, ISimd<V>
    {
        var (sin, _) = Turn(ReduceRadians(x, out V quarters), quarters);
        return Far<V, ScalarFunctions.Sin>(x, V.Select(V.Same(x, V.Constant(0)), x, sin)); // −0
    }

    /// <summary>cos x, in radians.</summary>
    [MethodImpl(Inline)]
    public static V Cos<V>(V x) where V : struct, ISimd<V> =>
        Far<V, ScalarFunctions.Cos>(x, Turn(ReduceRadians(x, out V quarters), quarters).Cos);

    /// <summary>tan x, in radians.</summary>
    [MethodImpl(Inline)]
    public static V Tan<V>(V x) where V : struct, ISimd<V>
    {
        var (sin, cos) = Turn(ReduceRadians(x, out V quarters), quarters);
        return Far<V, ScalarFunctions.Tan>(x, V.Select(V.Same(x, V.Constant(0)), x, sin / cos));
    }

    /// <summary>sin 2πv and cos 2πv; the reduction is exact.</summary>
    [MethodImpl(Inline)]
    public static (V Sin, V Cos) SinCosTurns<V>(V v) where V : struct, ISimd<V>
    {
        var quarters = V.Round(v * V.Constant(4));
        return Turn(V.MultiplyAdd(quarters, V.Constant(-0.25), v) * V.Constant(6.283185307179586), quarters);
    }

    /// <summary>
    /// The given y, but f(x) by <see cref="Math"/> where x is so large that the three parts of π/2 do not suffice: element by
    /// element, for no element may depend on its neighbours.
    /// </summary>
    [MethodImpl(Inline)]
    private static V Far<V, F>(V x, V y) where V : struct, ISimd<V> where F : struct, IScalarFunction
    {
        var far = V.Abs(x) > V.Constant(V.IsDouble ? 1e8 : 3e4);
        return V.Any(far) ? V.Select(far, V.Map<F>(x), y) : y;
    }

    /// <summary>
    /// r in [−π/4, π/4] with x = quarters·π/2 + r (Cody, Waite: Software Manual for the Elementary Functions, 1980; fused
    /// products allow parts of full length).
    /// </summary>
    [MethodImpl(Inline)]
    private static V ReduceRadians<V>(V x, out V quarters) where V : struct, ISimd<V>
    {
        quarters = V.Round(x * V.Constant(0.6366197723675814));
        var r = V.MultiplyAdd(quarters, V.Constant(V.IsDouble ? -1.5707963267948966 : -1.5707963705062866), x);
        r = V.MultiplyAdd(quarters, V.Constant(V.IsDouble ? -6.123233995736766e-17 : 4.371138828673793e-08), r);
        return V.MultiplyAdd(quarters, V.Constant(V.IsDouble ? 1.4973849048591698e-33 : 1.7151245100058819e-15), r);
    }

    /// <summary>Sine and cosine of r + quarters·π/2.</summary>
    [MethodImpl(Inline)]
    private static (V Sin, V Cos) Turn<V>(V r, V quarters) where V : struct, ISimd<V>
    {
        V z = r * r, one = V.Constant(1), two = V.Constant(2);
        var sin = V.MultiplyAdd(r * z, SinTail(z), r);
        var cos = V.MultiplyAdd(z * z, CosTail(z), one - (V.Constant(0.5) * z));
        var turn = quarters - (V.Constant(4) * V.Floor(quarters * V.Constant(0.25))); // 0, 1, 2 or 3
        var odd = V.Same(turn, one) | V.Same(turn, V.Constant(3));
        V sinSign = V.Constant(-0.0) & (turn >= two), cosSign = V.Constant(-0.0) & (V.Same(turn, one) | V.Same(turn, two));
        return (V.Select(odd, cos, sin) ^ sinSign, V.Select(odd, sin, cos) ^ cosSign);
    }
}
