namespace Gradient.Training;

/// <summary>The share of predictions that are right.</summary>
public sealed class Accuracy : Metric
{
    private readonly double? threshold;
    private readonly long ignoreIndex;

    /// <summary>
    /// Of classes: predictions […, classes] of any scores, targets […] of labels, or […, classes] of shares whose largest is the class.
    /// The highest score is the prediction, of equal ones the first.
    /// </summary>
    /// <param name="ignoreIndex">The label that does not count; others outside of the classes do not either.</param>
    public Accuracy(long ignoreIndex = Loss.IgnoredLabel) => this.ignoreIndex = ignoreIndex;

    private Accuracy(double threshold) => this.threshold = threshold;

    /// <summary>Of yes or no per element: a prediction above the threshold is yes, a target above a half is.</summary>
    /// <param name="threshold">0 for logits, 0.5 for probabilities.</param>
    public static Accuracy Binary(double threshold) => new(threshold);

    /// <inheritdoc/>
    public override string Name => "accuracy";

    /// <inheritdoc/>
    public override bool HigherIsBetter => true;

    /// <inheritdoc/>
    public override double Compute() => Sum("right") / Sum("count");

    /// <inheritdoc/>
    protected override void Measure(GradientTensor prediction, GradientTensor target)
    {
        if (threshold is { } bound)
        {
            ShapeChecks.Equal("Accuracy.Binary", prediction.Shape, target.Shape);
            Add("right", (prediction > bound).EqualTo(target > 0.5).Sum());
            Add("count", GradientTensor.Scalar(prediction.ElementCount, DType.Int64, prediction.Device));
            return;
        }

        var labels = Labels.Of("Accuracy", prediction, target, ignoreIndex);
        Add("right", labels.Predicted.EqualTo(labels.True).Sum());
        Add("count", labels.Counts.Sum());
    }
}
