using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Gradient.Core;

namespace Gradient.Backend.Cpu;

/// <summary>
/// Cross-entropy over the lines of x, and its gradient if Dx is given. Operands of the lines: x, labels, rows (the losses, or their
/// gradients), statistics, dx. An item is a batch.
/// </summary>
internal unsafe struct CrossEntropyLoop<T, C> : IParallelBody
    where T : unmanaged
    where C : unmanaged, IFloatingPointIeee754<C>
{
    public Lines Lines;
    public CrossEntropyOptions Options;
    public T* X, Dx;
    public IndexReader Labels;
    public C* Weights, Rows, Statistics;
    public int* IsOutside;

    public readonly void Run(long start, long end)
    {
        if (Vector512.IsHardwareAccelerated) Run<Simd512<C>>(start, end);
        else if (Vector256.IsHardwareAccelerated) Run<Simd256<C>>(start, end);
        else Run<Simd128<C>>(start, end);
    }

    private readonly void Run<V>(long start, long end) where V : struct, ISimd<V>
    {
        C* scratch = Scratch.Get<C>(ScratchPurpose.Left, Lines.ScratchElements);
        C* result = Dx == null ? null : Scratch.Get<C>(ScratchPurpose.Result, Lines.ScratchElements);
        long step = Lines.Stride(3), pitchDx = 0;
        for (long item = start; item < end; item++)
        {
            var batch = Lines[item];
            C* x = Lines.Read(0, X, batch, scratch, out long pitch);
            C* dx = Dx == null ? null : Lines.Target(4, Dx, batch, result, out pitchDx);
            for (long k = 0; k < batch.Count; k++)
            {
                long label = Labels[batch.Positions[1] + (k * Lines.LineStride(1))];
                C* row = Rows + batch.Positions[2] + (k * Lines.LineStride(2));
                C* statistics = Statistics + batch.Positions[3] + (k * Lines.LineStride(3));
                if (Dx == null) Forward<V>(x + (k * pitch), label, row, statistics, step);
                else Backward<V>(x + (k * pitch), label, *row, statistics, step, dx + (k * pitchDx));
            }

            if (Dx != null) Lines.Finish(4, Dx, batch, dx);
        }
    }

    private readonly void Forward<V>(C* x, long label, C* loss, C* statistics, long step) where V : struct, ISimd<V>
    {
        long n = Lines.Length;
        bool counts = label != Options.IgnoredLabel;
        if (counts && (ulong)label >= (ulong)n)
        {
            Volatile.Write(ref *IsOutside, 1);
            return;
        }

        double smoothing = Options.LabelSmoothing;
        var sums = CrossEntropyMath<C>.Sums<V>(x, Weights, n, smoothing != 0);
        double weight = 0, mass = 0, value = 0;
        if (counts)
        {
            double log = Math.Log(sums.Exponentials);
            weight = Weights == null ? 1 : double.CreateTruncating(Weights[label]);
            mass = weight;
            value = weight * (log - (double.CreateTruncating(x[label]) - double.CreateTruncating(sums.Maximum)));
            if (smoothing != 0)
            {
                // 0·∞ is NaN where smoothing is 1 and the logit of the label −∞, as in PyTorch.
                mass = ((1 - smoothing) * weight) + (smoothing / n * sums.Weights);
                value = ((1 - smoothing) * value) + (smoothing / n * ((sums.Weights * log) - sums.Weighted));
            }
        }

        *loss = C.CreateTruncating(value);
        statistics[0] = sums.Maximum;
        statistics[step] = C.CreateTruncating(sums.Exponentials);
        statistics[2 * step] = C.CreateTruncating(weight);
        statistics[3 * step] = C.CreateTruncating(mass);
    }

    private readonly void Backward<V>(C* x, long label, C dy, C* statistics, long step, C* dx) where V : struct, ISimd<V>
    {
        long n = Lines.Length;
        if (label == Options.IgnoredLabel)
        {
            NativeMemory.Clear(dx, (nuint)n * (nuint)sizeof(C));
            return;
        }

        C smoothing = C.CreateTruncating(Options.LabelSmoothing), even = dy * smoothing / C.CreateTruncating(n);
        CrossEntropyMath<C>.Gradient<V>(x, statistics[0], dy * statistics[3 * step] / statistics[step], even, smoothing == C.Zero ? null : Weights, dx, n);
        if ((ulong)label < (ulong)n) dx[label] -= dy * (C.One - smoothing) * statistics[2 * step];
    }
}
