namespace Gradient.Training;

/// <summary>
/// How often an example of class [row] was taken for class [column]; a trainer puts that of the last validation into its history. As one
/// number it is Matthews' correlation coefficient for any number of classes (Gorodkin, Comparing two K-category assignments, 2004): 1 if
/// all is right, 0 for guessing, and 0 where targets or predictions are all of one class, as in scikit-learn.
/// </summary>
public sealed class ConfusionMatrix : Metric
{
    private readonly long ignoreIndex;

    /// <summary>Predictions […, classes] of any scores, targets […] of labels, or […, classes] of shares.</summary>
    /// <param name="ignoreIndex">The label that does not count; others outside of the classes do not either.</param>
    public ConfusionMatrix(long ignoreIndex = Loss.IgnoredLabel) => this.ignoreIndex = ignoreIndex;

    /// <inheritdoc/>
    public override string Name => "matthews";

    /// <inheritdoc/>
    public override bool HigherIsBetter => true;

    /// <summary>The matrix [true class, predicted class] over all batches; null if there were none.</summary>
    public long[,]? Matrix()
    {
        double[] counts = Sums("counts");
        if (counts.Length == 0) return null;
        int classes = (int)Math.Sqrt(counts.Length);
        var matrix = new long[classes, classes];
        for (int i = 0; i < counts.Length; i++) matrix[i / classes, i % classes] = (long)counts[i];
        return matrix;
    }

    /// <inheritdoc/>
    public override double Compute()
    {
        if (Matrix() is not { } matrix) return double.NaN;
        int classes = matrix.GetLength(0);
        double all = 0, right = 0, both = 0, predictedSquares = 0, actualSquares = 0;
        for (int i = 0; i < classes; i++)
        {
            double predicted = 0, actual = 0;
            for (int j = 0; j < classes; j++)
            {
                predicted += matrix[j, i];
                actual += matrix[i, j];
            }

            all += actual;
            right += matrix[i, i];
            both += predicted * actual;
            predictedSquares += predicted * predicted;
            actualSquares += actual * actual;
        }

        double spread = Math.Sqrt((all * all) - predictedSquares) * Math.Sqrt((all * all) - actualSquares);
        return spread == 0 ? 0 : ((right * all) - both) / spread;
    }

    /// <inheritdoc/>
    protected override void Measure(GradientTensor prediction, GradientTensor target)
    {
        var labels = Labels.Of("ConfusionMatrix", prediction, target, ignoreIndex);
        // A product of 0s and 1s in Float32, exact below 2²⁴ rows a batch; rows that do not count are 0 in the left one.
        var truth = labels.True.OneHot(labels.Classes);
        var guess = labels.Predicted.OneHot(labels.Classes);
        Add("counts", truth.Transpose().MatMul(guess).To(DType.Int64));
    }
}
