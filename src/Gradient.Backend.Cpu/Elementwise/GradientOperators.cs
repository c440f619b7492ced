using System.Runtime.CompilerServices;
using static Gradient.Backend.Cpu.VectorMath;

namespace Gradient.Backend.Cpu;

/// <summary>The …Gradient kinds of <see cref="Core.BinaryKind"/>: an output gradient g times the derivative at x.</summary>
internal static class GradientOperators
{
    private const MethodImplOptions Inline = MethodImplOptions.AggressiveInlining;

    internal readonly struct Relu : IBinaryOperator
    {
        [MethodImpl(Inline)]
        public static V Apply<V>(V g, V x, V a, V b) where V : struct, ISimd<V> => (x > V.Constant(0)) & g;
    }

    internal readonly struct LeakyRelu : IBinaryOperator
    {
        [MethodImpl(Inline)]
        public static V Apply<V>(V g, V x, V a, V b) where V : struct, ISimd<V> => V.Select(x > V.Constant(0), g, a * g);
    }

    internal readonly struct Elu : IBinaryOperator
    {
        [MethodImpl(Inline)]
        public static V Apply<V>(V g, V x, V a, V b) where V : struct, ISimd<V> => V.Select(x > V.Constant(0), g, g * a * Exp(x));
    }

    internal readonly struct Gelu : IBinaryOperator
    {
        [MethodImpl(Inline)]
        public static V Apply<V>(V g, V x, V a, V b) where V : struct, ISimd<V>
        {
            var distribution = Normal(x, out V density);
            return g * V.MultiplyAdd(x, density, distribution);
        }
    }

    internal readonly struct GeluTanh : IBinaryOperator
    {
        [MethodImpl(Inline)]
        public static V Apply<V>(V g, V x, V a, V b) where V : struct, ISimd<V>
        {
            // y = x·s with s = sigmoid(u), so y' = s + x·s·(1 − s)·u'.
            var s = VectorMath.Sigmoid(GeluTanhArgument(x), out V complement);
            var slope = V.MultiplyAdd(V.Constant(3 * GeluTanhCubic), x * x, V.Constant(GeluTanhLinear));
            return g * V.MultiplyAdd(x * s * complement, slope, s);
        }
    }

    internal readonly struct Silu : IBinaryOperator
    {
        [MethodImpl(Inline)]
        public static V Apply<V>(V g, V x, V a, V b) where V : struct, ISimd<V>
        {
            var s = VectorMath.Sigmoid(x, out V complement);
            return g * s * V.MultiplyAdd(x, complement, V.Constant(1));
        }
    }

    internal readonly struct Sigmoid : IBinaryOperator
    {
        [MethodImpl(Inline)]
        public static V Apply<V>(V g, V x, V a, V b) where V : struct, ISimd<V> => g * x * (V.Constant(1) - x);
    }

    internal readonly struct Tanh : IBinaryOperator
    {
        [MethodImpl(Inline)]
        public static V Apply<V>(V g, V x, V a, V b) where V : struct, ISimd<V> => g * (V.Constant(1) - (x * x));
    }

    internal readonly struct Softplus : IBinaryOperator
    {
        [MethodImpl(Inline)]
        public static V Apply<V>(V g, V x, V a, V b) where V : struct, ISimd<V>
        {
            var z = a * x;
            return V.Select(z > b, g, g * VectorMath.Sigmoid(z));
        }
    }

    internal readonly struct Hardswish : IBinaryOperator
    {
        [MethodImpl(Inline)]
        public static V Apply<V>(V g, V x, V a, V b) where V : struct, ISimd<V>
        {
            V three = V.Constant(3), inside = g * ((x / three) + V.Constant(0.5));
            return V.Select(x > three, g, V.Select(x < -three, V.Constant(0), inside));
        }
    }

    internal readonly struct Mish : IBinaryOperator
    {
        [MethodImpl(Inline)]
        public static V Apply<V>(V g, V x, V a, V b) where V : struct, ISimd<V>
        {
            var ratio = MishRatio(x, out V slope);
            return g * (ratio + slope);
        }
    }

    internal readonly struct Clamp : IBinaryOperator
    {
        [MethodImpl(Inline)]
        public static V Apply<V>(V g, V x, V a, V b) where V : struct, ISimd<V> => (x >= a) & (x <= b) & g;
    }
}
