using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Gradient.Core;

namespace Gradient.Backend.Cpu;

/// <summary>Random bits made uniform, normal or Bernoulli numbers, as <see cref="Philox"/> says.</summary>
internal static unsafe class Distributions
{
    /// <summary>The most elements of one call; what lies beyond the last may be read and written up to here.</summary>
    private const int Most = 512;

    /// <summary>Writes <paramref name="count"/> numbers of type Float32 or Float64; the buffers have room for 512.</summary>
    [SkipLocalsInit]
    public static void Make(RandomKind kind, DType type, in KernelParameters parameters, uint* bits, int count, byte* y)
    {
        if (type == DType.Float64)
        {
            double* units = stackalloc double[Most];
            for (int i = 0; i < count; i++) units[i] = Philox.ToUnit(bits[i]);
            if (Vector512.IsHardwareAccelerated) Make<Simd512<double>, double>(kind, parameters, units, count, (double*)y);
            else if (Vector256.IsHardwareAccelerated) Make<Simd256<double>, double>(kind, parameters, units, count, (double*)y);
            else Make<Simd128<double>, double>(kind, parameters, units, count, (double*)y);
        }
        else
        {
            float* units = stackalloc float[Most];
            for (int i = 0; i < count; i += Vector128<uint>.Count)
                (Vector128.ConvertToSingle((Vector128.Load(bits + i) >>> 8).AsInt32()) * (1f / (1 << 24))).Store(units + i);
            if (Vector512.IsHardwareAccelerated) Make<Simd512<float>, float>(kind, parameters, units, count, (float*)y);
            else if (Vector256.IsHardwareAccelerated) Make<Simd256<float>, float>(kind, parameters, units, count, (float*)y);
            else Make<Simd128<float>, float>(kind, parameters, units, count, (float*)y);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Make<V, T>(RandomKind kind, in KernelParameters parameters, T* units, int count, T* y)
        where V : struct, ISimd<V> where T : unmanaged
    {
        V a = V.Constant(parameters.A), b = V.Constant(parameters.B);
        switch (kind)
        {
            case RandomKind.Uniform:
                V width = V.Constant(parameters.B - parameters.A), last = V.Constant(Before(parameters.B, parameters.A, V.IsDouble));
                for (int i = 0; i < count; i += V.Count) V.Store(V.Min(V.MultiplyAdd(V.Load(units + i), width, a), last), y + i);
                break;
            case RandomKind.Normal:
                Normal<V, T>(a, b, units, count, y);
                break;
            default:
                V threshold = V.Constant((float)parameters.A); // the same in every type
                for (int i = 0; i < count; i += V.Count) V.Store((V.Load(units + i) >= threshold) & b, y + i);
                break;
        }
    }

    /// <summary>The number before the end, unless the interval is a point.</summary>
    private static double Before(double end, double start, bool isDouble)
    {
        if (!(start < end)) return start;
        return isDouble ? Math.BitDecrement(end) : MathF.BitDecrement((float)end);
    }

    /// <summary>Pairs are taken apart, so that a vector holds equal halves of them, and put together again.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    [SkipLocalsInit]
    private static void Normal<V, T>(V mean, V deviation, T* units, int count, T* y) where V : struct, ISimd<V> where T : unmanaged
    {
        T* first = stackalloc T[Most], second = first + (Most / 2);
        int pairs = count / 2;
        for (int i = 0; i < pairs; i++) (first[i], second[i]) = (units[2 * i], units[(2 * i) + 1]);
        for (int i = 0; i < pairs; i += V.Count)
        {
            var radius = V.Sqrt(V.Constant(-2) * VectorMath.Log(V.Constant(1) - V.Load(first + i)));
            var (sin, cos) = VectorMath.SinCosTurns(V.Load(second + i));
            V.Store(V.MultiplyAdd(radius * cos, deviation, mean), first + i);
            V.Store(V.MultiplyAdd(radius * sin, deviation, mean), second + i);
        }

        for (int i = 0; i < pairs; i++) (y[2 * i], y[(2 * i) + 1]) = (first[i], second[i]);
    }
}
