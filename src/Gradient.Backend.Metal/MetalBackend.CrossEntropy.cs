using System.Runtime.InteropServices;

namespace Gradient.Backend.Metal;

/// <content>Cross-entropy: shaders/loss.metal.</content>
public sealed partial class MetalBackend
{
    /// <inheritdoc/>
    public void CrossEntropy(in CrossEntropyOptions options, Tensor x, Tensor labels, Tensor? weights, Tensor losses, Tensor statistics)
    {
        if (labels.ElementCount == 0) return;
        var parameters = new CrossEntropyParameters(options, x, labels, weights, losses, statistics, null);
        long classes = parameters.Classes, ignored = parameters.Ignored;
        parameters.Tag = faults.Expect((label, _) => ShapeChecks.LabelOutside("crossEntropy", label, classes, ignored));
        Launch(
            "cross_entropy_", [In(x), In(labels), InOr(weights, statistics), Out(losses), Out(statistics), faults.Buffer],
            parameters, options, x, labels, weights);
        GC.KeepAlive(losses);
        GC.KeepAlive(statistics);
    }

    /// <inheritdoc/>
    public void CrossEntropyBackward(
        in CrossEntropyOptions options, Tensor dy, Tensor x, Tensor labels, Tensor? weights, Tensor statistics, Tensor dx)
    {
        if (labels.ElementCount == 0) return;
        Launch(
            "cross_entropy_backward_", [In(x), In(labels), InOr(weights, statistics), In(dy), In(statistics), Out(dx)],
            new(options, x, labels, weights, dy, statistics, dx), options, x, labels, weights);
        GC.KeepAlive(dy);
        GC.KeepAlive(statistics);
        GC.KeepAlive(dx);
    }

    private void Launch(
        string function, ReadOnlySpan<KernelBuffer> buffers, in CrossEntropyParameters parameters, in CrossEntropyOptions options, Tensor x, Tensor labels,
        Tensor? weights)
    {
        var kernel = cache.Get(
            "loss", function + FloatingName("crossEntropy", x.DType), (int)labels.DType, options.LabelSmoothing == 0 ? 0 : 1, weights is null ? 0 : 1);
        LaunchGroups(kernel, buffers, parameters, Groups(parameters.Team, parameters.Kept.Count, 1), new(parameters.Team.Threads), 2 * x.ElementCount);
        GC.KeepAlive(x);
        GC.KeepAlive(labels);
        GC.KeepAlive(weights);
    }

    /// <summary>loss.metal: CrossEntropyParameters.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal unsafe struct CrossEntropyParameters
    {
        public Strided Kept;
        public long Classes, Ignored;
        public fixed long Strides[4];
        public float Smoothing;
        public int Tag;
        public TeamShape Team;

        /// <param name="options">Which labels count, and how.</param>
        /// <param name="x">The logits.</param>
        /// <param name="labels">One per row.</param>
        /// <param name="weights">One per class, or null.</param>
        /// <param name="rows">The losses, or their gradients.</param>
        /// <param name="statistics">Four per row.</param>
        /// <param name="dx">The gradient of x, or null.</param>
        public CrossEntropyParameters(
            in CrossEntropyOptions options, Tensor x, Tensor labels, Tensor? weights, Tensor rows, Tensor statistics, Tensor? dx)
        {
            int axis = x.Rank - 1;
            var line = AxisSet.Single(axis);
            Kept = Strided.Plan(
                x.Shape, Without(line), true, x.Layout, labels.Layout.Unsqueeze(-1), rows.Layout.Unsqueeze(-1), statistics.Layout.Slice(axis, 0, 1),
                (dx ?? x).Layout);
            Classes = x.Shape[axis];
            Ignored = options.IgnoredLabel;
            Strides[0] = x.Layout.Stride(axis);
            Strides[1] = weights?.Layout.Stride(0) ?? 0;
            Strides[2] = (dx ?? x).Layout.Stride(axis);
            Strides[3] = statistics.Layout.Stride(axis);
            Smoothing = (float)options.LabelSmoothing;
            Team = TeamShape.For(Kept, Strided.Plan(x.Shape, line, false, x.Layout));
        }
    }
}
