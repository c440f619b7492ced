using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Gradient.Core;

namespace Gradient.Backend.Cpu;

/// <summary>
/// y = e^(x − m)/Σ e^(x − m) with m = max x, or its logarithm x − m − ln Σ e^(x − m). Where m is NaN or infinite x − m gives
/// the NaNs that PyTorch has: a line of −∞ alone, or with an ∞.
/// </summary>
internal readonly unsafe struct SoftmaxKernel<C>(SoftmaxKind kind) : ILineKernel<C> where C : unmanaged, IFloatingPointIeee754<C>
{
    public void Run(C* a, C* b, C* y, long n)
    {
        if (Vector512.IsHardwareAccelerated) Run<Simd512<C>>(a, y, n);
        else if (Vector256.IsHardwareAccelerated) Run<Simd256<C>>(a, y, n);
        else Run<Simd128<C>>(a, y, n);
    }

    [SkipLocalsInit]
    private void Run<V>(C* x, C* y, long n) where V : struct, ISimd<V>
    {
        C maximum = SoftmaxMath.Maximum(x, n);
        if (kind == SoftmaxKind.Softmax)
        {
            SoftmaxMath.Exp<C, V>(x, maximum, y, n);
            C scale = C.CreateTruncating(1 / LineReduction<C, double, SumReduction>.Line(y, n));
            long i = 0;
            for (; i <= n - Vector<C>.Count; i += Vector<C>.Count) Vector.Store(Vector.Load(y + i) * scale, y + i);
            for (; i < n; i++) y[i] *= scale;
            return;
        }

        const int Chunk = 256;
        C* buffer = stackalloc C[Chunk];
        double sum = 0;
        for (long from = 0; from < n; from += Chunk)
        {
            long count = Math.Min(Chunk, n - from);
            SoftmaxMath.Exp<C, V>(x + from, maximum, buffer, count);
            sum += LineReduction<C, double, SumReduction>.Line(buffer, count);
        }

        C log = C.CreateTruncating(Math.Log(sum));
        long j = 0;
        for (; j <= n - Vector<C>.Count; j += Vector<C>.Count)
            Vector.Store(Vector.Load(x + j) - new Vector<C>(maximum) - new Vector<C>(log), y + j);
        for (; j < n; j++) y[j] = x[j] - maximum - log;
    }
}

/// <summary>dx = y·(dy − Σ dy·y) for softmax, dy − e^y·Σ dy for log-softmax; a is dy, b is y.</summary>
internal readonly unsafe struct SoftmaxBackwardKernel<C>(SoftmaxKind kind) : ILineKernel<C> where C : unmanaged, IFloatingPointIeee754<C>
{
    public void Run(C* a, C* b, C* y, long n)
    {
        if (kind == SoftmaxKind.LogSoftmax)
        {
            if (Vector512.IsHardwareAccelerated) LogSoftmax<Simd512<C>>(a, b, y, n);
            else if (Vector256.IsHardwareAccelerated) LogSoftmax<Simd256<C>>(a, b, y, n);
            else LogSoftmax<Simd128<C>>(a, b, y, n);
            return;
        }

        C total = C.CreateTruncating(NormalMath<C>.Sums(a, b, C.Zero, null, n).Product);
        long i = 0;
        for (; i <= n - Vector<C>.Count; i += Vector<C>.Count)
            Vector.Store(Vector.Load(b + i) * (Vector.Load(a + i) - new Vector<C>(total)), y + i);
        for (; i < n; i++) y[i] = b[i] * (a[i] - total);
    }

    [SkipLocalsInit]
    private static void LogSoftmax<V>(C* dy, C* y, C* dx, long n) where V : struct, ISimd<V>
    {
        const int Chunk = 256;
        C* buffer = stackalloc C[Chunk];
        var total = C.CreateTruncating(LineReduction<C, double, SumReduction>.Line(dy, n));
        for (long from = 0; from < n; from += Chunk)
        {
            long count = Math.Min(Chunk, n - from), i = 0;
            SoftmaxMath.Exp<C, V>(y + from, C.Zero, buffer, count);
            for (; i <= count - Vector<C>.Count; i += Vector<C>.Count)
                Vector.Store(Vector.Load(dy + from + i) - (Vector.Load(buffer + i) * total), dx + from + i);
            for (; i < count; i++) dx[from + i] = dy[from + i] - (buffer[i] * total);
        }
    }
}

/// <summary>What both directions of softmax need.</summary>
internal static unsafe class SoftmaxMath
{
    /// <summary>y = e^(x − shift).</summary>
    [SkipLocalsInit]
    public static void Exp<C, V>(C* x, C shift, C* y, long n) where C : unmanaged, IFloatingPointIeee754<C> where V : struct, ISimd<V>
    {
        V minus = V.Constant(double.CreateTruncating(shift));
        long i = 0;
        for (; i <= n - V.Count; i += V.Count) V.Store(VectorMath.Exp(V.Load(x + i) - minus), y + i);
        if (i == n) return;
        C* rest = stackalloc C[V.Count];
        new Span<C>(rest, V.Count).Fill(shift);
        new ReadOnlySpan<C>(x + i, (int)(n - i)).CopyTo(new(rest, V.Count));
        V.Store(VectorMath.Exp(V.Load(rest) - minus), rest);
        new ReadOnlySpan<C>(rest, (int)(n - i)).CopyTo(new(y + i, (int)(n - i)));
    }

    /// <summary>The largest; NaN if any is.</summary>
    public static C Maximum<C>(C* x, long n) where C : unmanaged, IFloatingPointIeee754<C> =>
        typeof(C) == typeof(float)
            ? Unsafe.BitCast<float, C>((float)LineReduction<float, double, MaximumReduction>.Line((float*)x, n))
            : Unsafe.BitCast<double, C>(LineReduction<double, double, MaximumReduction>.Line((double*)x, n));
}
