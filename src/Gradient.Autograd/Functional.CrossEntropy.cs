namespace Gradient.Autograd;

public static partial class Functional
{
    /// <summary>
    /// Cross-entropy of logits […, classes] with class labels, fused with log-softmax; rows of the ignored label have loss and
    /// gradient 0, whatever their logits (in PyTorch a NaN among these spreads to the gradient). A primitive, because composed of
    /// log-softmax, lookups and masks it takes five passes over the logits where one each way suffices.
    /// </summary>
    /// <exception cref="TapeException">The class weights require gradients: there are none, as in PyTorch.</exception>
    /// <returns>The losses and what their mean divides by, both of the labels' shape, in Float32 (Float64 for Float64).</returns>
    internal static (GradientTensor Losses, GradientTensor Weights) CrossEntropy(
        GradientTensor logits, GradientTensor labels, GradientTensor? classWeights, CrossEntropyOptions options)
    {
        if (classWeights is { RequiresGrad: true } && Tape.IsRecording)
            throw new TapeException("crossEntropy: with class indices, class weights get no gradient; Detach them, or give the targets one-hot.");
        var wide = logits.DType == DType.Float64 ? DType.Float64 : DType.Float32;
        var losses = Tensor.Empty(labels.Shape, wide, logits.Device);
        var statistics = Tensor.Empty(labels.Shape.Insert(labels.Rank, 4), wide, logits.Device);
        var weights = classWeights?.Value.To(wide);
        logits.Backend.CrossEntropy(options, logits.Value, labels.Value, weights, losses, statistics);
        var result = Tape.Record("crossEntropy", losses, [logits], g =>
        {
            if (Tape.IsRecording) return [CrossEntropyGradient(g, logits, labels, classWeights, options)];
            var dx = Tensor.Empty(logits.Shape, logits.DType, logits.Device);
            logits.Backend.CrossEntropyBackward(options, g.Value, logits.Value, labels.Value, weights, statistics, dx);
            return [new GradientTensor(dx)];
        }, logits, labels, classWeights);
        return (result, new(statistics.View(statistics.Layout.Select(-1, 2))));
    }

    /// <summary>The same gradient for graphs: g·(Σq·softmax(x) − q) with the targets q of <see cref="IBackend.CrossEntropy"/>.</summary>
    private static GradientTensor CrossEntropyGradient(
        GradientTensor g, GradientTensor logits, GradientTensor labels, GradientTensor? classWeights, CrossEntropyOptions options)
    {
        double smoothing = options.LabelSmoothing;
        var target = labels.OneHot(logits.Shape[-1], g.DType) * (1 - smoothing) + smoothing / logits.Shape[-1];
        if (classWeights is not null) target *= classWeights.To(g.DType);
        var gradient = g.Unsqueeze(-1) * (target.Sum([-1], keepDims: true) * logits.To(g.DType).Softmax(-1) - target);
        return gradient.MaskedFill(labels.EqualTo(options.IgnoredLabel).Unsqueeze(-1), 0).To(logits.DType);
    }
}
