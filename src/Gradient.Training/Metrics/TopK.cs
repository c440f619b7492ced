namespace Gradient.Training;

/// <summary>
/// The share of predictions whose true class is among the k highest scores. Of equal scores the class with the lower index is the higher,
/// so that exactly k classes are among them; a NaN is higher than all others, as it is for <see cref="GradientTensor.ArgMax()"/>.
/// </summary>
public sealed class TopK : Metric
{
    private readonly int k;
    private readonly long ignoreIndex;

    /// <summary>Predictions […, classes], targets […] of labels, or […, classes] of shares.</summary>
    /// <param name="k">How many classes may be named; 5 by default.</param>
    /// <param name="ignoreIndex">The label that does not count; others outside of the classes do not either.</param>
    /// <exception cref="ArgumentOutOfRangeException">k is not positive.</exception>
    public TopK(int k = 5, long ignoreIndex = Loss.IgnoredLabel)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(k);
        this.k = k;
        this.ignoreIndex = ignoreIndex;
    }

    /// <inheritdoc/>
    public override string Name => $"top{k}";

    /// <inheritdoc/>
    public override bool HigherIsBetter => true;

    /// <inheritdoc/>
    public override double Compute() => Sum("right") / Sum("count");

    /// <inheritdoc/>
    protected override void Measure(GradientTensor prediction, GradientTensor target)
    {
        var labels = Labels.Of("TopK", prediction, target, ignoreIndex);
        var index = labels.True.Clamp(min: 0).Unsqueeze(-1);
        var own = labels.Scores.Gather(-1, index);
        var classes = GradientTensor.Arange(0, labels.Classes, dtype: DType.Int64, device: prediction.Device);
        var higher = (labels.Scores > own).LogicalOr(labels.Scores.IsNaN()).LogicalOr(own.IsNaN());
        var before = higher.LogicalOr(labels.Scores.EqualTo(own).LogicalAnd(classes < index)).LogicalAnd(classes.NotEqualTo(index));
        Add("right", before.Sum(-1).LessThan(k).LogicalAnd(labels.Counts).Sum());
        Add("count", labels.Counts.Sum());
    }
}
