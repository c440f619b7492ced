using System.Runtime.CompilerServices;
using Gradient.Core;
using static Gradient.Backend.Cpu.VectorMath;
using unsafe ElementKernel = delegate*<byte**, long, Gradient.Core.KernelParameters*, void>;

namespace Gradient.Backend.Cpu;

/// <summary>The activations among <see cref="Core.UnaryKind"/>.</summary>
internal static class ActivationOperators
{
    private const MethodImplOptions Inline = MethodImplOptions.AggressiveInlining;

    /// <summary>The kernel of a kind in a type that kernels compute in; null if there is none.</summary>
    public static unsafe ElementKernel Kernel(UnaryKind kind, DType type) => kind switch
    {
        UnaryKind.Relu when type != DType.Bool => ElementKernels.Unary<Relu>(type),
        _ when !type.IsFloatingPoint() => null,
        UnaryKind.Sigmoid => ElementKernels.Unary<Sigmoid>(type),
        UnaryKind.LeakyRelu => ElementKernels.Unary<LeakyRelu>(type),
        UnaryKind.Elu => ElementKernels.Unary<Elu>(type),
        UnaryKind.Gelu => ElementKernels.Unary<Gelu>(type),
        UnaryKind.GeluTanh => ElementKernels.Unary<GeluTanh>(type),
        UnaryKind.Silu => ElementKernels.Unary<Silu>(type),
        UnaryKind.Softplus => ElementKernels.Unary<Softplus>(type),
        UnaryKind.Hardswish => ElementKernels.Unary<Hardswish>(type),
        UnaryKind.Mish => ElementKernels.Unary<Mish>(type),
        _ => null,
    };

    internal readonly struct Sigmoid : IUnaryOperator
    {
        [MethodImpl(Inline)]
        public static V Apply<V>(V x, V a, V b) where V : struct, ISimd<V> => VectorMath.Sigmoid(x);
    }

    internal readonly struct Relu : IUnaryOperator
    {
        [MethodImpl(Inline)]
        public static V Apply<V>(V x, V a, V b) where V : struct, ISimd<V> => V.Select(x <= V.Constant(0), V.Constant(0), x);
    }

    internal readonly struct LeakyRelu : IUnaryOperator
    {
        [MethodImpl(Inline)]
        public static V Apply<V>(V x, V a, V b) where V : struct, ISimd<V> => V.Select(x > V.Constant(0), x, a * x);
    }

    internal readonly struct Elu : IUnaryOperator
    {
        [MethodImpl(Inline)]
        public static V Apply<V>(V x, V a, V b) where V : struct, ISimd<V> => V.Select(x > V.Constant(0), x, a * VectorMath.Expm1(x));
    }

    internal readonly struct Gelu : IUnaryOperator
    {
        [MethodImpl(Inline)]
        public static V Apply<V>(V x, V a, V b) where V : struct, ISimd<V> => x * Normal(x, out _);
    }

    internal readonly struct GeluTanh : IUnaryOperator
    {
        [MethodImpl(Inline)]
        public static V Apply<V>(V x, V a, V b) where V : struct, ISimd<V> => x * VectorMath.Sigmoid(GeluTanhArgument(x));
    }

    internal readonly struct Silu : IUnaryOperator
    {
        [MethodImpl(Inline)]
        public static V Apply<V>(V x, V a, V b) where V : struct, ISimd<V> => x * VectorMath.Sigmoid(x);
    }

    internal readonly struct Softplus : IUnaryOperator
    {
        [MethodImpl(Inline)]
        public static V Apply<V>(V x, V a, V b) where V : struct, ISimd<V>
        {
            var z = a * x;
            return V.Select(z > b, x, VectorMath.Log1p(VectorMath.Exp(z)) / a);
        }
    }

    internal readonly struct Hardswish : IUnaryOperator
    {
        [MethodImpl(Inline)]
        public static V Apply<V>(V x, V a, V b) where V : struct, ISimd<V> => x * V.Min(V.Max(x + V.Constant(3), V.Constant(0)), V.Constant(6)) / V.Constant(6);
    }

    internal readonly struct Mish : IUnaryOperator
    {
        [MethodImpl(Inline)]
        public static V Apply<V>(V x, V a, V b) where V : struct, ISimd<V> => x * MishRatio(x, out _);
    }
}
