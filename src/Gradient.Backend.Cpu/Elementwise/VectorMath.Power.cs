using System.Runtime.CompilerServices;

namespace Gradient.Backend.Cpu;

/// <content>Powers.</content>
internal static partial class VectorMath
{
    /// <summary>
    /// aᵇ as <see cref="Math.Pow"/> has it. Of single precision numbers, e^(b·ln |a|) in double precision; what is infinite, NaN or 0⁰
    /// goes one by one, as do doubles, for which the logarithm would have to be known to 2⁻⁶⁴.
    /// </summary>
    [MethodImpl(Inline)]
    public static V Pow<V>(V a, V b) where V : struct, ISimd<V>
    {
        if (V.IsDouble) return V.Map2<ScalarFunctions.Pow>(a, b);
        V infinity = V.Constant(double.PositiveInfinity), zero = V.Constant(0);
        var plain = (V.Abs(a) < infinity) & (V.Abs(b) < infinity) & ~(V.Same(a, zero) & V.Same(b, zero));
        var y = V.InDouble<PlainPower>(a, b);
        return V.Any(~plain) ? V.Select(plain, y, V.Map2<ScalarFunctions.Pow>(a, b)) : y;
    }

    /// <summary>
    /// Of finite doubles that were floats, not both 0, to 10⁻⁹: the logarithm's 10⁻¹³ become 10⁻¹¹, and the exponential adds 2·10⁻¹⁰.
    /// </summary>
    private readonly struct PlainPower : IBinaryOperator
    {
        [MethodImpl(MethodImplOptions.NoInlining)] // twice in one method, it would have more variables than the compiler takes
        public static V Apply<V>(V x, V y, V a, V b) where V : struct, ISimd<V>
        {
            V zero = V.Constant(0), one = V.Constant(1), half = V.Constant(0.5);
            var m = V.Split(V.Abs(x), out V e);
            var s = (m - one) / (m + one);
            var square = s * s;
            var log = V.MultiplyAdd(e, V.Constant(0.6931471805599453), s * V.MultiplyAdd(square, PowerLogTail(square), V.Constant(2)));
            log = V.Select(V.Same(x, zero), V.Constant(double.NegativeInfinity), log);

            var z = V.AtLeast(V.AtMost(y * log, V.Constant(90)), V.Constant(-110)); // beyond, a float is infinite or 0
            var n = V.Round(z * V.Constant(1.4426950408889634));
            var r = V.MultiplyAdd(n, V.Constant(-0.6931471805599453), z);
            var power = V.PowerOfTwo(n);
            var size = V.MultiplyAdd(power, V.MultiplyAdd(r * r, PowerExpTail(r), r), power);

            // Of a negative number (−0 too): the sign is that of (−1)ʸ, and there is none if y is no integer.
            var isInteger = V.Same(V.Round(y), y);
            var isOdd = isInteger & ~V.Same(V.Round(half * y), half * y);
            return V.Select((x < zero) & ~isInteger, V.Constant(double.NaN), size | (x & isOdd & V.Constant(-0.0)));
        }
    }

    /// <summary>As <see cref="ExpTail"/>, with an error of eʳ below 1.7·10⁻¹⁰.</summary>
    [MethodImpl(Inline)]
    private static V PowerExpTail<V>(V r) where V : struct, ISimd<V>
    {
        var p = V.Constant(0.000198909908246736538);
        p = V.MultiplyAdd(p, r, V.Constant(0.00139336499963092504));
        p = V.MultiplyAdd(p, r, V.Constant(0.00833331092548090083));
        p = V.MultiplyAdd(p, r, V.Constant(0.0416664649252859054));
        p = V.MultiplyAdd(p, r, V.Constant(0.166666666816232314));
        return V.MultiplyAdd(p, r, V.Constant(0.50000000134658092));
    }

    /// <summary>As <see cref="LogTail"/>, with an error of the logarithm below 1.1·10⁻¹³ of it.</summary>
    [MethodImpl(Inline)]
    private static V PowerLogTail<V>(V z) where V : struct, ISimd<V>
    {
        var p = V.Constant(0.193627768367475339);
        p = V.MultiplyAdd(p, z, V.Constant(0.221913944931750578));
        p = V.MultiplyAdd(p, z, V.Constant(0.285717546357327591));
        p = V.MultiplyAdd(p, z, V.Constant(0.399999987968486742));
        return V.MultiplyAdd(p, z, V.Constant(0.66666666667375449));
    }
}
