using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Gradient.Core;
using unsafe ElementKernel = delegate*<byte**, long, Gradient.Core.KernelParameters*, void>;

namespace Gradient.Backend.Cpu;

/// <summary>
/// The loops over contiguous elements: pointers (the output's first), count, parameters. The last few elements go through the
/// same vector code as all others, padded, so that a result does not depend on where in a row an element lies.
/// </summary>
internal static unsafe class ElementKernels
{
    private const int WidestVector = 64;

    /// <summary>The kernel of a function of one element, or null if that type is not computed in.</summary>
    public static ElementKernel Unary<F>(DType type) where F : struct, IUnaryOperator => type switch
    {
        DType.Float32 => Unary<float, F>(),
        DType.Float64 => Unary<double, F>(),
        DType.Int32 => Unary<int, F>(),
        DType.Int64 => Unary<long, F>(),
        DType.Bool => Unary<byte, F>(),
        _ => null,
    };

    /// <summary>The kernel of a function of two elements, or null if that type is not computed in.</summary>
    public static ElementKernel Binary<F>(DType type) where F : struct, IBinaryOperator => type switch
    {
        DType.Float32 => Binary<float, F>(),
        DType.Float64 => Binary<double, F>(),
        DType.Int32 => Binary<int, F>(),
        DType.Int64 => Binary<long, F>(),
        DType.Bool => Binary<byte, F>(),
        _ => null,
    };

    /// <summary>The kernel of a function of three elements, or null if that type is not computed in.</summary>
    public static ElementKernel Ternary<F>(DType type) where F : struct, ITernaryOperator => type switch
    {
        DType.Float32 => Ternary<float, F>(),
        DType.Float64 => Ternary<double, F>(),
        DType.Int32 => Ternary<int, F>(),
        DType.Int64 => Ternary<long, F>(),
        DType.Bool => Ternary<byte, F>(),
        _ => null,
    };

    private static ElementKernel Unary<T, F>() where T : unmanaged where F : struct, IUnaryOperator =>
        Vector512.IsHardwareAccelerated ? &UnaryLoop<Simd512<T>, F> :
        Vector256.IsHardwareAccelerated ? &UnaryLoop<Simd256<T>, F> : &UnaryLoop<Simd128<T>, F>;

    private static ElementKernel Binary<T, F>() where T : unmanaged where F : struct, IBinaryOperator =>
        Vector512.IsHardwareAccelerated ? &BinaryLoop<Simd512<T>, F> :
        Vector256.IsHardwareAccelerated ? &BinaryLoop<Simd256<T>, F> : &BinaryLoop<Simd128<T>, F>;

    private static ElementKernel Ternary<T, F>() where T : unmanaged where F : struct, ITernaryOperator =>
        Vector512.IsHardwareAccelerated ? &TernaryLoop<Simd512<T>, F> :
        Vector256.IsHardwareAccelerated ? &TernaryLoop<Simd256<T>, F> : &TernaryLoop<Simd128<T>, F>;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void UnaryLoop<V, F>(byte** p, long count, KernelParameters* parameters)
        where V : struct, ISimd<V> where F : struct, IUnaryOperator
    {
        V a = V.Constant(parameters->A), b = V.Constant(parameters->B);
        byte* y = p[0], x = p[1];
        long size = Unsafe.SizeOf<V>(), bytes = count * (size / V.Count), i = 0;
        for (; i <= bytes - size; i += size) V.Store(F.Apply(V.Load(x + i), a, b), y + i);
        if (i < bytes) Rest(&UnaryLoop<V, F>, p, 2, i, bytes, V.Count, parameters);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void BinaryLoop<V, F>(byte** p, long count, KernelParameters* parameters)
        where V : struct, ISimd<V> where F : struct, IBinaryOperator
    {
        V a = V.Constant(parameters->A), b = V.Constant(parameters->B);
        byte* y = p[0], x0 = p[1], x1 = p[2];
        long size = Unsafe.SizeOf<V>(), bytes = count * (size / V.Count), i = 0;
        for (; i <= bytes - size; i += size) V.Store(F.Apply(V.Load(x0 + i), V.Load(x1 + i), a, b), y + i);
        if (i < bytes) Rest(&BinaryLoop<V, F>, p, 3, i, bytes, V.Count, parameters);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void TernaryLoop<V, F>(byte** p, long count, KernelParameters* parameters)
        where V : struct, ISimd<V> where F : struct, ITernaryOperator
    {
        byte* y = p[0], x0 = p[1], x1 = p[2], x2 = p[3];
        long size = Unsafe.SizeOf<V>(), bytes = count * (size / V.Count), i = 0;
        for (; i <= bytes - size; i += size) V.Store(F.Apply(V.Load(x0 + i), V.Load(x1 + i), V.Load(x2 + i)), y + i);
        if (i < bytes) Rest(&TernaryLoop<V, F>, p, 4, i, bytes, V.Count, parameters);
    }

    /// <summary>
    /// The last bytes from <paramref name="start"/> on, padded, through the same loop: operators are long, and a second copy in the loop
    /// would be compiled for nothing.
    /// </summary>
    private static void Rest(ElementKernel loop, byte** p, int operands, long start, long end, long count, KernelParameters* parameters)
    {
        const int MaxOperands = 4;
        byte* pads = stackalloc byte[MaxOperands * WidestVector];
        byte** padded = stackalloc byte*[MaxOperands];
        uint rest = (uint)(end - start);
        for (int k = 0; k < operands; k++)
        {
            padded[k] = pads + (k * WidestVector);
            if (k > 0) Unsafe.CopyBlockUnaligned(padded[k], p[k] + start, rest);
        }

        loop(padded, count, parameters);
        Unsafe.CopyBlockUnaligned(p[0] + start, padded[0], rest);
    }
}
