using System.Runtime.CompilerServices;
using static Gradient.Backend.Cpu.VectorMath;

namespace Gradient.Backend.Cpu;

/// <summary>The functions of two elements that <see cref="Core.BinaryKind"/> describes; comparisons give masks.</summary>
internal static class BinaryOperators
{
    private const MethodImplOptions Inline = MethodImplOptions.AggressiveInlining;

    internal readonly struct Add : IBinaryOperator
    {
        [MethodImpl(Inline)]
        public static V Apply<V>(V x, V y, V a, V b) where V : struct, ISimd<V> => x + y;
    }

    internal readonly struct Subtract : IBinaryOperator
    {
        [MethodImpl(Inline)]
        public static V Apply<V>(V x, V y, V a, V b) where V : struct, ISimd<V> => x - y;
    }

    internal readonly struct Multiply : IBinaryOperator
    {
        [MethodImpl(Inline)]
        public static V Apply<V>(V x, V y, V a, V b) where V : struct, ISimd<V> => x * y;
    }

    internal readonly struct Divide : IBinaryOperator
    {
        [MethodImpl(Inline)]
        public static V Apply<V>(V x, V y, V a, V b) where V : struct, ISimd<V> => x / y;
    }

    internal readonly struct Pow : IBinaryOperator
    {
        [MethodImpl(Inline)]
        public static V Apply<V>(V x, V y, V a, V b) where V : struct, ISimd<V> => VectorMath.Pow(x, y);
    }

    internal readonly struct Minimum : IBinaryOperator
    {
        [MethodImpl(Inline)]
        public static V Apply<V>(V x, V y, V a, V b) where V : struct, ISimd<V> => V.Min(x, y);
    }

    internal readonly struct Maximum : IBinaryOperator
    {
        [MethodImpl(Inline)]
        public static V Apply<V>(V x, V y, V a, V b) where V : struct, ISimd<V> => V.Max(x, y);
    }

    internal readonly struct Remainder : IBinaryOperator
    {
        [MethodImpl(Inline)]
        public static V Apply<V>(V x, V y, V a, V b) where V : struct, ISimd<V> => V.Map2<ScalarFunctions.Remainder>(x, y);
    }

    internal readonly struct Atan2 : IBinaryOperator
    {
        [MethodImpl(Inline)]
        public static V Apply<V>(V x, V y, V a, V b) where V : struct, ISimd<V> => V.Map2<ScalarFunctions.Atan2>(x, y);
    }

    internal readonly struct Equal : IBinaryOperator
    {
        [MethodImpl(Inline)]
        public static V Apply<V>(V x, V y, V a, V b) where V : struct, ISimd<V> => V.Same(x, y);
    }

    internal readonly struct NotEqual : IBinaryOperator
    {
        [MethodImpl(Inline)]
        public static V Apply<V>(V x, V y, V a, V b) where V : struct, ISimd<V> => ~V.Same(x, y);
    }

    internal readonly struct Less : IBinaryOperator
    {
        [MethodImpl(Inline)]
        public static V Apply<V>(V x, V y, V a, V b) where V : struct, ISimd<V> => x < y;
    }

    internal readonly struct LessOrEqual : IBinaryOperator
    {
        [MethodImpl(Inline)]
        public static V Apply<V>(V x, V y, V a, V b) where V : struct, ISimd<V> => x <= y;
    }

    internal readonly struct Greater : IBinaryOperator
    {
        [MethodImpl(Inline)]
        public static V Apply<V>(V x, V y, V a, V b) where V : struct, ISimd<V> => x > y;
    }

    internal readonly struct GreaterOrEqual : IBinaryOperator
    {
        [MethodImpl(Inline)]
        public static V Apply<V>(V x, V y, V a, V b) where V : struct, ISimd<V> => x >= y;
    }

    internal readonly struct And : IBinaryOperator
    {
        [MethodImpl(Inline)]
        public static V Apply<V>(V x, V y, V a, V b) where V : struct, ISimd<V> => x & y;
    }

    internal readonly struct EqualBool : IBinaryOperator
    {
        [MethodImpl(Inline)]
        public static V Apply<V>(V x, V y, V a, V b) where V : struct, ISimd<V> => V.Select(V.Same(x, y), V.Constant(1), V.Constant(0));
    }

    internal readonly struct Or : IBinaryOperator
    {
        [MethodImpl(Inline)]
        public static V Apply<V>(V x, V y, V a, V b) where V : struct, ISimd<V> => x | y;
    }

    internal readonly struct Xor : IBinaryOperator
    {
        [MethodImpl(Inline)]
        public static V Apply<V>(V x, V y, V a, V b) where V : struct, ISimd<V> => x ^ y;
    }
}
