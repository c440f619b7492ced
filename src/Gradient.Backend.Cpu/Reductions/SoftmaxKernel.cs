using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Gradient.Core;

namespace Gradient.Backend.Cpu;

/// <summary>
/// y = e^(x − m)/Σ e^(x − m) with m = max x, or its logarithm x − m − ln Σ e^(x − m). Where m is NaN or infinite x − m gives
/// the NaNs that PyTorch has: a line of −∞ alone, or with an ∞. The exponentials are computed times 2⁶⁴ (double: 2⁵¹²).
/// </summary>
internal readonly unsafe struct SoftmaxKernel<C>(SoftmaxKind kind) : ILineKernel<C> where C : unmanaged, IFloatingPointIeee754<C>
{
    public void Run(C* a, C* b, C* y, long n)
    {
        if (Vector512.IsHardwareAccelerated) Run<Simd512<C>>(a, y, n);
        else if (Vector256.IsHardwareAccelerated) Run<Simd256<C>>(a, y, n);
        else Run<Simd128<C>>(a, y, n);
    }

    public void RunAcross(in LinesAcross<C> lines)
    {
        if (Vector512.IsHardwareAccelerated) RunAcross<Simd512<C>>(lines);
        else if (Vector256.IsHardwareAccelerated) RunAcross<Simd256<C>>(lines);
        else RunAcross<Simd128<C>>(lines);
    }

    [SkipLocalsInit]
    private void Run<V>(C* x, C* y, long n) where V : struct, ISimd<V>
    {
        C maximum = LineReduction<C, C, MaximumReduction>.Line(x, n);
        if (kind == SoftmaxKind.LogSoftmax)
        {
            C* buffer = stackalloc C[SoftmaxMath.Chunk];
            double total = 0;
            for (long from = 0; from < n; from += SoftmaxMath.Chunk)
                total += SoftmaxMath.Exp<C, V>(x + from, maximum, buffer, Math.Min(SoftmaxMath.Chunk, n - from));
            C log = C.CreateTruncating(Math.Log(total * VectorMath.Lowering<V>()));
            long j = 0;
            for (; j <= n - Vector<C>.Count; j += Vector<C>.Count)
                Vector.Store(Vector.Load(x + j) - new Vector<C>(maximum) - new Vector<C>(log), y + j);
            for (; j < n; j++) y[j] = x[j] - maximum - log;
            return;
        }

        C scale = C.CreateTruncating(1 / SoftmaxMath.Exp<C, V>(x, maximum, y, n));
        long i = 0;
        for (; i <= n - Vector<C>.Count; i += Vector<C>.Count) Vector.Store(Vector.Load(y + i) * scale, y + i);
        for (; i < n; i++) y[i] *= scale;
    }

    [SkipLocalsInit]
    private void RunAcross<V>(in LinesAcross<C> lines) where V : struct, ISimd<V>
    {
        const int Rows = 32; // so many exponentials are added up in C before the sum goes on in double
        long count = lines.Count, n = lines.Length;
        C* maxima = stackalloc C[LinesAcross<C>.Most], sums = stackalloc C[LinesAcross<C>.Most];
        double* totals = stackalloc double[LinesAcross<C>.Most];
        new ReadOnlySpan<C>(lines.A, (int)count).CopyTo(new(maxima, (int)count));
        for (long i = 1; i < n; i++) LineReduction<C, C, MaximumReduction>.Combine(maxima, lines.A + (i * lines.StrideA), count);

        new Span<double>(totals, (int)count).Clear();
        bool isLog = kind == SoftmaxKind.LogSoftmax;
        for (long from = 0; from < n; from += Rows)
        {
            new Span<C>(sums, (int)count).Clear();
            for (long i = from; i < Math.Min(n, from + Rows); i++)
            {
                C* x = lines.A + (i * lines.StrideA), y = lines.Y + (i * lines.StrideY);
                for (long k = 0; k < count; k += V.Count)
                {
                    var e = VectorMath.LiftedExp(V.Load(x + k) - V.Load(maxima + k));
                    V.Store(V.Load(sums + k) + e, sums + k);
                    if (!isLog) V.Store(e, y + k);
                }
            }

            for (long k = 0; k < count; k++) totals[k] += double.CreateTruncating(sums[k]);
        }

        for (long k = 0; k < count; k++) sums[k] = C.CreateTruncating(isLog ? Math.Log(totals[k] * VectorMath.Lowering<V>()) : 1 / totals[k]);
        for (long i = 0; i < n; i++)
        {
            C* x = lines.A + (i * lines.StrideA), y = lines.Y + (i * lines.StrideY);
            for (long k = 0; k < count; k += V.Count)
                V.Store(isLog ? V.Load(x + k) - V.Load(maxima + k) - V.Load(sums + k) : V.Load(y + k) * V.Load(sums + k), y + k);
        }
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

    public void RunAcross(in LinesAcross<C> lines)
    {
        if (Vector512.IsHardwareAccelerated) RunAcross<Simd512<C>>(lines);
        else if (Vector256.IsHardwareAccelerated) RunAcross<Simd256<C>>(lines);
        else RunAcross<Simd128<C>>(lines);
    }

    [SkipLocalsInit]
    private static void LogSoftmax<V>(C* dy, C* y, C* dx, long n) where V : struct, ISimd<V>
    {
        C* buffer = stackalloc C[SoftmaxMath.Chunk];
        C total = C.CreateTruncating(LineReduction<C, double, SumReduction>.Line(dy, n)), lower = C.CreateTruncating(VectorMath.Lowering<V>());
        for (long from = 0; from < n; from += SoftmaxMath.Chunk)
        {
            long count = Math.Min(SoftmaxMath.Chunk, n - from), i = 0;
            SoftmaxMath.Exp<C, V>(y + from, C.Zero, buffer, count);
            for (; i <= count - Vector<C>.Count; i += Vector<C>.Count)
                Vector.Store(Vector.Load(dy + from + i) - (Vector.Load(buffer + i) * lower * total), dx + from + i);
            for (; i < count; i++) dx[from + i] = dy[from + i] - (buffer[i] * lower * total);
        }
    }

    [SkipLocalsInit]
    private void RunAcross<V>(in LinesAcross<C> lines) where V : struct, ISimd<V>
    {
        const int Rows = 32; // so many products are added up in C before the sum goes on in double
        bool isLog = kind == SoftmaxKind.LogSoftmax;
        long count = lines.Count, n = lines.Length;
        C* sums = stackalloc C[LinesAcross<C>.Most];
        double* totals = stackalloc double[LinesAcross<C>.Most];
        new Span<double>(totals, (int)count).Clear();
        for (long from = 0; from < n; from += Rows)
        {
            new Span<C>(sums, (int)count).Clear();
            for (long i = from; i < Math.Min(n, from + Rows); i++)
            {
                C* dy = lines.A + (i * lines.StrideA), y = lines.B + (i * lines.StrideB);
                for (long k = 0; k < count; k += V.Count)
                    V.Store(isLog ? V.Load(sums + k) + V.Load(dy + k) : V.MultiplyAdd(V.Load(dy + k), V.Load(y + k), V.Load(sums + k)), sums + k);
            }

            for (long k = 0; k < count; k++) totals[k] += double.CreateTruncating(sums[k]);
        }

        for (long k = 0; k < count; k++) sums[k] = C.CreateTruncating(totals[k]);
        for (long i = 0; i < n; i++)
        {
            C* dy = lines.A + (i * lines.StrideA), y = lines.B + (i * lines.StrideB), dx = lines.Y + (i * lines.StrideY);
            for (long k = 0; k < count; k += V.Count)
            {
                V g = V.Load(dy + k), value = V.Load(y + k), sum = V.Load(sums + k);
                V.Store(isLog ? V.MultiplyAdd(VectorMath.LiftedExp(value) * V.Constant(-VectorMath.Lowering<V>()), sum, g) : value * (g - sum), dx + k);
            }
        }
    }
}

/// <summary>What both directions of softmax need.</summary>
internal static unsafe class SoftmaxMath
{
    /// <summary>So many exponentials are added up in C, lane by lane, before the sum goes on in double.</summary>
    public const int Chunk = 256;

    /// <summary>y = e^(x − shift)·2⁶⁴ (double: 2⁵¹²) for x ≤ shift, and the sum of all.</summary>
    [SkipLocalsInit]
    public static double Exp<C, V>(C* x, C shift, C* y, long n) where C : unmanaged, IFloatingPointIeee754<C> where V : struct, ISimd<V>
    {
        long rest = n % V.Count, whole = n - rest;
        double sum = 0;
        for (long from = 0; from < whole; from += Chunk) sum += ExpOfVectors<C, V>(x + from, shift, y + from, Math.Min(Chunk, whole - from));
        if (rest == 0) return sum;
        // What pads the rest is too small to count: e^−104 (double: e^−746) of what the greatest gives.
        C* pad = stackalloc C[V.Count];
        new Span<C>(pad, V.Count).Fill(C.NegativeInfinity);
        new ReadOnlySpan<C>(x + whole, (int)rest).CopyTo(new(pad, V.Count));
        sum += ExpOfVectors<C, V>(pad, shift, pad, V.Count);
        new ReadOnlySpan<C>(pad, (int)rest).CopyTo(new(y + whole, (int)rest));
        return sum;
    }

    /// <summary>A method of its own, since calls beside the loop would keep the sum in memory: a trip there and back per vector.</summary>
    [SkipLocalsInit, MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static double ExpOfVectors<C, V>(C* x, C shift, C* y, long n) where C : unmanaged, IFloatingPointIeee754<C> where V : struct, ISimd<V>
    {
        C* lanes = stackalloc C[V.Count];
        V minus = V.Constant(double.CreateTruncating(shift)), sum = V.Constant(0);
        for (long i = 0; i < n; i += V.Count)
        {
            var e = VectorMath.LiftedExp(V.Load(x + i) - minus);
            sum += e;
            V.Store(e, y + i);
        }

        V.Store(sum, lanes);
        return LineReduction<C, double, SumReduction>.Line(lanes, V.Count);
    }
}
