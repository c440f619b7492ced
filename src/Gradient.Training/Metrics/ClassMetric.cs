namespace Gradient.Training;

/// <summary>
/// A metric made of three counts per class: examples that are rightly taken for it, that are taken for it, and that are of it. As in
/// scikit-learn, a share of nothing is 0 (a class that is never predicted has precision 0), and classes that neither a target nor a
/// prediction names are left out of averages.
/// </summary>
public abstract class ClassMetric : Metric
{
    private readonly Averaging averaging;
    private readonly double? threshold;
    private readonly long ignoreIndex;

    private protected ClassMetric(Averaging averaging, long ignoreIndex, double? threshold)
    {
        this.averaging = averaging;
        this.ignoreIndex = ignoreIndex;
        this.threshold = threshold;
    }

    /// <inheritdoc/>
    public sealed override bool HigherIsBetter => true;

    /// <summary>The number of each class, as if it were the only one; NaN where neither a target nor a prediction names it.</summary>
    public double[] PerClass()
    {
        double[] right = Sums("right"), predicted = Sums("predicted"), actual = Sums("actual");
        var values = new double[right.Length];
        for (int i = 0; i < values.Length; i++)
            values[i] = predicted[i] + actual[i] == 0 ? double.NaN : Value(right[i], predicted[i], actual[i]);
        return values;
    }

    /// <inheritdoc/>
    public sealed override double Compute()
    {
        double[] right = Sums("right"), predicted = Sums("predicted"), actual = Sums("actual");
        if (right.Length == 0) return double.NaN;
        if (averaging == Averaging.Micro) return Value(right.Sum(), predicted.Sum(), actual.Sum());
        double sum = 0, weights = 0;
        for (int i = 0; i < right.Length; i++)
        {
            bool named = threshold is not null || predicted[i] + actual[i] > 0;
            double weight = averaging == Averaging.Weighted ? actual[i] : named ? 1 : 0;
            sum += weight * Value(right[i], predicted[i], actual[i]);
            weights += weight;
        }

        return Ratio(sum, weights);
    }

    /// <inheritdoc/>
    protected sealed override void Measure(GradientTensor prediction, GradientTensor target)
    {
        GradientTensor guess, truth;
        if (threshold is { } bound)
        {
            ShapeChecks.Equal(Name, prediction.Shape, target.Shape);
            long columns = prediction.Rank < 2 ? 1 : prediction.Shape[-1];
            (guess, truth) = ((prediction > bound).Reshape(-1, columns), (target > 0.5).Reshape(-1, columns));
        }
        else
        {
            var labels = Labels.Of(Name, prediction, target, ignoreIndex);
            truth = labels.True.OneHot(labels.Classes, DType.Bool);
            guess = labels.Predicted.OneHot(labels.Classes, DType.Bool).LogicalAnd(labels.Counts.Unsqueeze(-1));
        }

        Add("right", guess.LogicalAnd(truth).Sum(0));
        Add("predicted", guess.Sum(0));
        Add("actual", truth.Sum(0));
    }

    /// <summary>The number of the counts.</summary>
    private protected abstract double Value(double right, double predicted, double actual);

    /// <summary>a/b, 0 where b is.</summary>
    private protected static double Ratio(double a, double b) => b == 0 ? 0 : a / b;
}
