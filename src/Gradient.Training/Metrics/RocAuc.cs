namespace Gradient.Training;

/// <summary>
/// The area under the receiver operating characteristic of yes-or-no predictions: how probably a positive example scores above a negative
/// one, ties counting half. It is exact: (R − n₊(n₊ + 1)/2)/(n₊·n₋), R the sum of the positives' ranks, equal scores sharing the mean
/// of their ranks (Mann and Whitney, 1947). All scores are kept on the device till then, with a byte for each target. NaN if all examples are of one
/// class, or a score is NaN.
/// </summary>
public sealed class RocAuc : Metric
{
    /// <inheritdoc/>
    public override string Name => "auc";

    /// <inheritdoc/>
    public override bool HigherIsBetter => true;

    /// <inheritdoc/>
    public override double Compute()
    {
        double[] scores = Kept("scores"), targets = Kept("targets");
        Array.Sort(scores, targets); // NaN first
        if (scores.Length == 0 || double.IsNaN(scores[0])) return double.NaN;
        double positives = 0, ranks = 0;
        for (int start = 0, end; start < scores.Length; start = end)
        {
            double among = 0;
            for (end = start; end < scores.Length && scores[end] == scores[start]; end++) among += targets[end];
            ranks += among * ((start + 1 + end) / 2.0);
            positives += among;
        }

        double negatives = scores.Length - positives;
        return positives == 0 || negatives == 0 ? double.NaN : (ranks - (positives * (positives + 1) / 2)) / (positives * negatives);
    }

    /// <inheritdoc/>
    protected override void Measure(GradientTensor prediction, GradientTensor target)
    {
        if (prediction.Rank == 0 || prediction.ElementCount != target.ElementCount || prediction.ElementCount != prediction.Shape[0])
            throw new ShapeMismatchException(
                $"RocAuc: wants a score and a target per example, [batch] or [batch, 1], not {prediction.Shape} and {target.Shape}.");
        Append("scores", prediction);
        Append("targets", target > 0.5);
    }
}
