using System.Numerics;
using Gradient.Core;

namespace Gradient.Backend.Cpu;

public sealed partial class CpuBackend
{
    /// <inheritdoc/>
    public unsafe void CrossEntropy(in CrossEntropyOptions options, Tensor x, Tensor labels, Tensor? weights, Tensor losses, Tensor statistics)
    {
        if (labels.ElementCount == 0) return;
        int isOutside = 0;
        var kernel = new CrossEntropyCall
        {
            Options = options, X = x, Labels = labels, Weights = weights, Rows = losses, Statistics = statistics, IsOutside = &isOutside,
        };
        Dispatch.Floating("crossEntropy", x, ref kernel);
        if (isOutside != 0) throw LabelOutside(labels, x.Shape[^1], options.IgnoredLabel);
        GC.KeepAlive(x);
        GC.KeepAlive(labels);
        GC.KeepAlive(weights);
        GC.KeepAlive(losses);
        GC.KeepAlive(statistics);
    }

    /// <inheritdoc/>
    public void CrossEntropyBackward(
        in CrossEntropyOptions options, Tensor dy, Tensor x, Tensor labels, Tensor? weights, Tensor statistics, Tensor dx)
    {
        if (labels.ElementCount == 0) return;
        var kernel = new CrossEntropyCall
        {
            Options = options, X = x, Labels = labels, Weights = weights, Rows = dy, Statistics = statistics, Dx = dx,
        };
        Dispatch.Floating("crossEntropy backward", x, ref kernel);
        GC.KeepAlive(dy);
        GC.KeepAlive(x);
        GC.KeepAlive(labels);
        GC.KeepAlive(weights);
        GC.KeepAlive(statistics);
        GC.KeepAlive(dx);
    }

    /// <summary>The error of the first label, in row-major order, that is outside.</summary>
    private static ShapeMismatchException LabelOutside(Tensor labels, long classes, long ignored)
    {
        var reader = new IndexReader(labels);
        for (long i = 0; i < labels.ElementCount; i++)
        {
            long label = reader[labels.Layout.PositionOf(i) - labels.Layout.Offset];
            if ((ulong)label >= (ulong)classes && label != ignored) return ShapeChecks.LabelOutside("crossEntropy", label, classes, ignored);
        }

        return new("crossEntropy: the labels changed while they were read; do not write to them meanwhile.");
    }

    private unsafe struct CrossEntropyCall : IFloatingKernel
    {
        public CrossEntropyOptions Options;
        public Tensor X, Labels, Rows, Statistics;
        public Tensor? Weights, Dx;
        public int* IsOutside;

        public readonly void Run<T, C>() where T : unmanaged where C : unmanaged, IFloatingPointIeee754<C>
        {
            int axis = X.Rank - 1;
            var lines = new Lines(X.Shape, axis);
            lines.Add(X.Layout);
            lines.Add(Labels.Layout.Unsqueeze(-1));
            lines.Add(Rows.Layout.Unsqueeze(-1));
            lines.Add(Statistics.Layout);
            if (Dx is not null) lines.Add(Dx.Layout);
            lines.Prepare();
            C* weights = Weights is null ? null
                : Elements.Line(Elements.Pointer<C>(Weights), Weights.Layout.Stride(0), lines.Length, Scratch.Get<C>(ScratchPurpose.Panels, (nint)lines.Length));
            var body = new CrossEntropyLoop<T, C>
            {
                Lines = lines, X = Elements.Pointer<T>(X), Dx = Elements.PointerOrNull<T>(Dx), Labels = new(Labels), Weights = weights,
                Rows = Elements.Pointer<C>(Rows), Statistics = Elements.Pointer<C>(Statistics), Options = Options, IsOutside = IsOutside,
            };
            WorkerPool.Shared.For(lines.Batches, lines.Grain(4), body);
        }
    }
}
