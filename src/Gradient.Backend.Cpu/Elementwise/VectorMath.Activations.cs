using System.Runtime.CompilerServices;

namespace Gradient.Backend.Cpu;

/// <content>What an activation and its gradient share.</content>
internal static partial class VectorMath
{
    /// <summary>2·√(2/π).</summary>
    public const double GeluTanhLinear = 1.5957691216057308;

    /// <summary>2·√(2/π)·0.044715.</summary>
    public const double GeluTanhCubic = GeluTanhLinear * 0.044715;

    /// <summary>The u with x/2·(1 + tanh(√(2/π)·(x + 0.044715 x³))) = x·sigmoid(u).</summary>
    [MethodImpl(Inline)]
    public static V GeluTanhArgument<V>(V x) where V : struct, ISimd<V> =>
        x * V.MultiplyAdd(V.Constant(GeluTanhCubic), x * x, V.Constant(GeluTanhLinear));

    /// <summary>
    /// tanh(ln(1 + eˣ)) = w/(w + 2) with w = eˣ(eˣ + 2), and x times its derivative, 4eˣ(1 + eˣ)/(w + 2)². Above 20 (double: 40)
    /// the ratio rounds to 1 and the slope no longer counts.
    /// </summary>
    [MethodImpl(Inline)]
    public static V MishRatio<V>(V x, out V slope) where V : struct, ISimd<V>
    {
        V end = V.Constant(V.IsDouble ? 40 : 20), two = V.Constant(2);
        var z = V.Select(x > end, end, x);
        var e = Exp(z);
        var w = e * (e + two);
        var inverse = V.Constant(1) / (w + two);
        slope = z * V.Constant(4) * e * (V.Constant(1) + e) * inverse * inverse;
        return w * inverse;
    }
}
