namespace Gradient.Training;

/// <summary>The mean of |prediction − target| over all elements; both of the same shape.</summary>
public sealed class MeanAbsoluteError : ErrorMetric
{
    /// <inheritdoc/>
    public override string Name => "mae";

    /// <inheritdoc/>
    public override bool HigherIsBetter => false;

    /// <inheritdoc/>
    public override double Compute() => Sum("error") / Sum("count");

    private protected override void MeasureError(GradientTensor error, GradientTensor truth)
    {
        Add("error", error.Abs().Sum());
        Add("count", Count(error));
    }
}
