using System.Runtime.CompilerServices;
using static Gradient.Backend.Cpu.VectorMath;

namespace Gradient.Backend.Cpu;

/// <summary>The functions of one element that <see cref="Core.UnaryKind"/> describes.</summary>
internal static class UnaryOperators
{
    private const MethodImplOptions Inline = MethodImplOptions.AggressiveInlining;

    internal readonly struct Negate : IUnaryOperator
    {
        [MethodImpl(Inline)]
        public static V Apply<V>(V x, V a, V b) where V : struct, ISimd<V> => -x;
    }

    internal readonly struct Abs : IUnaryOperator
    {
        [MethodImpl(Inline)]
        public static V Apply<V>(V x, V a, V b) where V : struct, ISimd<V> => V.Abs(x);
    }

    internal readonly struct Sign : IUnaryOperator
    {
        [MethodImpl(Inline)]
        public static V Apply<V>(V x, V a, V b) where V : struct, ISimd<V> => V.Select(x > V.Constant(0), V.Constant(1), V.Select(x < V.Constant(0), V.Constant(-1), x - x));
    }

    internal readonly struct Square : IUnaryOperator
    {
        [MethodImpl(Inline)]
        public static V Apply<V>(V x, V a, V b) where V : struct, ISimd<V> => x * x;
    }

    internal readonly struct Cube : IUnaryOperator
    {
        [MethodImpl(Inline)]
        public static V Apply<V>(V x, V a, V b) where V : struct, ISimd<V> => x * x * x;
    }

    internal readonly struct Reciprocal : IUnaryOperator
    {
        [MethodImpl(Inline)]
        public static V Apply<V>(V x, V a, V b) where V : struct, ISimd<V> => V.Constant(1) / x;
    }

    internal readonly struct ReciprocalSquare : IUnaryOperator
    {
        [MethodImpl(Inline)]
        public static V Apply<V>(V x, V a, V b) where V : struct, ISimd<V> => V.Constant(1) / (x * x);
    }

    internal readonly struct Sqrt : IUnaryOperator
    {
        [MethodImpl(Inline)]
        public static V Apply<V>(V x, V a, V b) where V : struct, ISimd<V> => V.Sqrt(x);
    }

    internal readonly struct Rsqrt : IUnaryOperator
    {
        [MethodImpl(Inline)]
        public static V Apply<V>(V x, V a, V b) where V : struct, ISimd<V> => V.Constant(1) / V.Sqrt(x);
    }

    internal readonly struct Exp : IUnaryOperator
    {
        [MethodImpl(Inline)]
        public static V Apply<V>(V x, V a, V b) where V : struct, ISimd<V> => VectorMath.Exp(x);
    }

    internal readonly struct Expm1 : IUnaryOperator
    {
        [MethodImpl(Inline)]
        public static V Apply<V>(V x, V a, V b) where V : struct, ISimd<V> => VectorMath.Expm1(x);
    }

    internal readonly struct Log : IUnaryOperator
    {
        [MethodImpl(Inline)]
        public static V Apply<V>(V x, V a, V b) where V : struct, ISimd<V> => VectorMath.Log(x);
    }

    internal readonly struct Log1p : IUnaryOperator
    {
        [MethodImpl(Inline)]
        public static V Apply<V>(V x, V a, V b) where V : struct, ISimd<V> => VectorMath.Log1p(x);
    }

    internal readonly struct Log2 : IUnaryOperator
    {
        [MethodImpl(Inline)]
        public static V Apply<V>(V x, V a, V b) where V : struct, ISimd<V> => VectorMath.Log2(x);
    }

    internal readonly struct Sin : IUnaryOperator
    {
        [MethodImpl(Inline)]
        public static V Apply<V>(V x, V a, V b) where V : struct, ISimd<V> => VectorMath.Sin(x);
    }

    internal readonly struct Cos : IUnaryOperator
    {
        [MethodImpl(Inline)]
        public static V Apply<V>(V x, V a, V b) where V : struct, ISimd<V> => VectorMath.Cos(x);
    }

    internal readonly struct Tan : IUnaryOperator
    {
        [MethodImpl(Inline)]
        public static V Apply<V>(V x, V a, V b) where V : struct, ISimd<V> => VectorMath.Tan(x);
    }

    internal readonly struct Tanh : IUnaryOperator
    {
        [MethodImpl(Inline)]
        public static V Apply<V>(V x, V a, V b) where V : struct, ISimd<V> => VectorMath.Tanh(x);
    }

    internal readonly struct Erf : IUnaryOperator
    {
        [MethodImpl(Inline)]
        public static V Apply<V>(V x, V a, V b) where V : struct, ISimd<V> => VectorMath.Erf(x);
    }

    internal readonly struct Floor : IUnaryOperator
    {
        [MethodImpl(Inline)]
        public static V Apply<V>(V x, V a, V b) where V : struct, ISimd<V> => V.Floor(x);
    }

    internal readonly struct Ceiling : IUnaryOperator
    {
        [MethodImpl(Inline)]
        public static V Apply<V>(V x, V a, V b) where V : struct, ISimd<V> => V.Ceiling(x);
    }

    internal readonly struct Round : IUnaryOperator
    {
        [MethodImpl(Inline)]
        public static V Apply<V>(V x, V a, V b) where V : struct, ISimd<V> => V.Round(x);
    }

    internal readonly struct Truncate : IUnaryOperator
    {
        [MethodImpl(Inline)]
        public static V Apply<V>(V x, V a, V b) where V : struct, ISimd<V> => V.Truncate(x);
    }

    internal readonly struct AddScalar : IUnaryOperator
    {
        [MethodImpl(Inline)]
        public static V Apply<V>(V x, V a, V b) where V : struct, ISimd<V> => x + a;
    }

    internal readonly struct SubtractFromScalar : IUnaryOperator
    {
        [MethodImpl(Inline)]
        public static V Apply<V>(V x, V a, V b) where V : struct, ISimd<V> => a - x;
    }

    internal readonly struct MultiplyScalar : IUnaryOperator
    {
        [MethodImpl(Inline)]
        public static V Apply<V>(V x, V a, V b) where V : struct, ISimd<V> => x * a;
    }

    internal readonly struct DivideByScalar : IUnaryOperator
    {
        [MethodImpl(Inline)]
        public static V Apply<V>(V x, V a, V b) where V : struct, ISimd<V> => x / a;
    }

    internal readonly struct DivideScalarBy : IUnaryOperator
    {
        [MethodImpl(Inline)]
        public static V Apply<V>(V x, V a, V b) where V : struct, ISimd<V> => a / x;
    }

    internal readonly struct PowScalar : IUnaryOperator
    {
        [MethodImpl(Inline)]
        public static V Apply<V>(V x, V a, V b) where V : struct, ISimd<V> => V.Map2<ScalarFunctions.Pow>(x, a);
    }

    internal readonly struct ScalarPow : IUnaryOperator
    {
        [MethodImpl(Inline)]
        public static V Apply<V>(V x, V a, V b) where V : struct, ISimd<V> => V.Map2<ScalarFunctions.Pow>(a, x);
    }

    internal readonly struct Clamp : IUnaryOperator
    {
        [MethodImpl(Inline)]
        public static V Apply<V>(V x, V a, V b) where V : struct, ISimd<V>
        {
            var y = V.Select(x < a, a, x);
            return V.Select(y > b, b, y);
        }
    }

    internal readonly struct LogicalNot : IUnaryOperator
    {
        [MethodImpl(Inline)]
        public static V Apply<V>(V x, V a, V b) where V : struct, ISimd<V> => V.Select(V.Same(x, V.Constant(0)), V.Constant(1), V.Constant(0));
    }

    internal readonly struct IsNaN : IUnaryOperator
    {
        [MethodImpl(Inline)]
        public static V Apply<V>(V x, V a, V b) where V : struct, ISimd<V> => ~V.Same(x, x);
    }

    internal readonly struct IsFinite : IUnaryOperator
    {
        [MethodImpl(Inline)]
        public static V Apply<V>(V x, V a, V b) where V : struct, ISimd<V> => V.Same(x - x, V.Constant(0));
    }
}
