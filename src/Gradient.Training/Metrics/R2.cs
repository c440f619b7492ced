namespace Gradient.Training;

/// <summary>
/// The coefficient of determination 1 − Σ(t − p)²/Σ(t − mean)²: 1 if all is right, 0 for always predicting the mean, below for worse.
/// Targets [batch] or [batch, 1]; of several columns [batch, columns] the mean over the columns. Where a column's targets are all the
/// same it is 1 if they are all predicted, else 0, as in scikit-learn.
/// </summary>
public sealed class R2 : ErrorMetric
{
    /// <inheritdoc/>
    public override string Name => "r2";

    /// <inheritdoc/>
    public override bool HigherIsBetter => true;

    /// <inheritdoc/>
    public override double Compute()
    {
        double[] errors = Sums("errors"), sums = Sums("sums"), squares = Sums("squares");
        double count = Sum("count"), total = 0;
        if (count == 0) return double.NaN;
        for (int i = 0; i < errors.Length; i++)
        {
            double spread = squares[i] - (sums[i] * sums[i] / count);
            total += spread > 0 ? 1 - (errors[i] / spread) : errors[i] == 0 ? 1 : 0;
        }

        return total / errors.Length;
    }

    private protected override void MeasureError(GradientTensor error, GradientTensor truth)
    {
        long columns = truth.Rank < 2 ? 1 : truth.Shape[-1];
        (error, truth) = (error.Reshape(-1, columns), truth.Reshape(-1, columns));
        // Of targets less a row of the first batch: Σt² − (Σt)²/n would cancel where the mean is large beside the spread.
        truth -= First("origin", truth[0]);
        Add("errors", error.Square().Sum(0));
        Add("sums", truth.Sum(0));
        Add("squares", truth.Square().Sum(0));
        Add("count", GradientTensor.Scalar(truth.Shape[0], DType.Int64, truth.Device));
    }
}
