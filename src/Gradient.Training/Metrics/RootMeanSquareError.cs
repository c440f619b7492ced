namespace Gradient.Training;

/// <summary>The root of the mean of (prediction − target)² over all elements; both of the same shape.</summary>
public sealed class RootMeanSquareError : ErrorMetric
{
    /// <inheritdoc/>
    public override string Name => "rmse";

    /// <inheritdoc/>
    public override bool HigherIsBetter => false;

    /// <inheritdoc/>
    public override double Compute() => Math.Sqrt(Sum("error") / Sum("count"));

    private protected override void MeasureError(GradientTensor error, GradientTensor truth)
    {
        Add("error", error.Square().Sum());
        Add("count", Count(error));
    }
}
