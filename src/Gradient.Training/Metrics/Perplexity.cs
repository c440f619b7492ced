namespace Gradient.Training;

/// <summary>e to the mean cross-entropy of labels: how many classes a model hesitates between. 1 is perfect.</summary>
public sealed class Perplexity : Metric
{
    private readonly long ignoreIndex;

    /// <summary>Predictions […, classes] of logits, targets […] of labels, or […, classes] of shares.</summary>
    /// <param name="ignoreIndex">The label that does not count.</param>
    public Perplexity(long ignoreIndex = Loss.IgnoredLabel) => this.ignoreIndex = ignoreIndex;

    /// <inheritdoc/>
    public override string Name => "perplexity";

    /// <inheritdoc/>
    public override bool HigherIsBetter => false;

    /// <inheritdoc/>
    public override double Compute() => Math.Exp(Sum("loss") / Sum("count"));

    /// <inheritdoc/>
    protected override void Measure(GradientTensor prediction, GradientTensor target)
    {
        var losses = Loss.CrossEntropy(prediction, target, Reduction.None, ignoreIndex);
        Add("loss", (losses.DType == DType.Float64 ? losses : losses.To(DType.Float32)).Sum());
        Add("count", target.Rank == prediction.Rank
            ? GradientTensor.Scalar(losses.ElementCount, DType.Int64, target.Device) : target.NotEqualTo(ignoreIndex).Sum());
    }
}
