using System.Runtime.CompilerServices;
using Gradient.Core;
using static Gradient.Backend.Cpu.VectorMath;
using unsafe ElementKernel = delegate*<byte**, long, Gradient.Core.KernelParameters*, void>;

namespace Gradient.Backend.Cpu;

/// <summary>The functions of one element that <see cref="Core.UnaryKind"/> describes.</summary>
internal static class UnaryOperators
{
    private const MethodImplOptions Inline = MethodImplOptions.AggressiveInlining;

    /// <summary>The kernel of a kind in a type that kernels compute in; null if there is none. A is its first parameter.</summary>
    public static unsafe ElementKernel Kernel(UnaryKind kind, DType type, double a) => type switch
    {
        DType.Bool => kind == UnaryKind.LogicalNot ? ElementKernels.Unary<LogicalNot>(type) : null,
        DType.Int32 or DType.Int64 => kind == UnaryKind.PowScalar ? IntegerKernels.Scalar<IntegerKernels.Pow>(type) : OfNumbers(kind, type),
        _ => OfNumbers(kind, type) is var found && found != null ? found : OfFloats(kind, type, a),
    };

    private static unsafe ElementKernel OfNumbers(UnaryKind kind, DType type) => kind switch
    {
        UnaryKind.Negate => ElementKernels.Unary<Negate>(type),
        UnaryKind.Abs => ElementKernels.Unary<Abs>(type),
        UnaryKind.Sign => ElementKernels.Unary<Sign>(type),
        UnaryKind.Square => ElementKernels.Unary<Square>(type),
        UnaryKind.Floor => ElementKernels.Unary<Floor>(type),
        UnaryKind.Ceiling => ElementKernels.Unary<Ceiling>(type),
        UnaryKind.Round => ElementKernels.Unary<Round>(type),
        UnaryKind.Truncate => ElementKernels.Unary<Truncate>(type),
        UnaryKind.AddScalar => ElementKernels.Unary<AddScalar>(type),
        UnaryKind.SubtractFromScalar => ElementKernels.Unary<SubtractFromScalar>(type),
        UnaryKind.MultiplyScalar => ElementKernels.Unary<MultiplyScalar>(type),
        UnaryKind.Clamp => ElementKernels.Unary<Clamp>(type),
        UnaryKind.IsNaN => ElementKernels.Unary<IsNaN>(type),
        UnaryKind.IsFinite => ElementKernels.Unary<IsFinite>(type),
        _ => null,
    };

    private static unsafe ElementKernel OfFloats(UnaryKind kind, DType type, double a) => kind switch
    {
        UnaryKind.Reciprocal => ElementKernels.Unary<Reciprocal>(type),
        UnaryKind.Sqrt => ElementKernels.Unary<Sqrt>(type),
        UnaryKind.Rsqrt => ElementKernels.Unary<Rsqrt>(type),
        UnaryKind.Exp => ElementKernels.Unary<Exp>(type),
        UnaryKind.Expm1 => ElementKernels.Unary<Expm1>(type),
        UnaryKind.Log => ElementKernels.Unary<Log>(type),
        UnaryKind.Log1p => ElementKernels.Unary<Log1p>(type),
        UnaryKind.Log2 => ElementKernels.Unary<Log2>(type),
        UnaryKind.Sin => ElementKernels.Unary<Sin>(type),
        UnaryKind.Cos => ElementKernels.Unary<Cos>(type),
        UnaryKind.Tan => ElementKernels.Unary<Tan>(type),
        UnaryKind.Tanh => ElementKernels.Unary<Tanh>(type),
        UnaryKind.Erf => ElementKernels.Unary<Erf>(type),
        UnaryKind.DivideByScalar => ElementKernels.Unary<DivideByScalar>(type),
        UnaryKind.DivideScalarBy => ElementKernels.Unary<DivideScalarBy>(type),
        UnaryKind.PowScalar => Power(type, a),
        UnaryKind.ScalarPow => ElementKernels.Unary<ScalarPow>(type),
        _ => null,
    };

    /// <summary>Powers that are products and roots, the same that PyTorch singles out, and the general one.</summary>
    private static unsafe ElementKernel Power(DType type, double exponent) => exponent switch
    {
        2 => ElementKernels.Unary<Square>(type),
        3 => ElementKernels.Unary<Cube>(type),
        0.5 => ElementKernels.Unary<Sqrt>(type),
        -0.5 => ElementKernels.Unary<Rsqrt>(type),
        -1 => ElementKernels.Unary<Reciprocal>(type),
        -2 => ElementKernels.Unary<ReciprocalSquare>(type),
        _ => ElementKernels.Unary<PowScalar>(type),
    };

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
        public static V Apply<V>(V x, V a, V b) where V : struct, ISimd<V> => VectorMath.Pow(x, a);
    }

    internal readonly struct ScalarPow : IUnaryOperator
    {
        [MethodImpl(Inline)]
        public static V Apply<V>(V x, V a, V b) where V : struct, ISimd<V> => VectorMath.Pow(a, x);
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
