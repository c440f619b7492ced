namespace Gradient.Training;

/// <summary>
/// How values are spread: counts in buckets of equal width between the least and the greatest, as TensorBoard's own writer makes them.
/// TensorFlow's older buckets, which grow by a tenth, show little where values lie close together away from zero.
/// </summary>
internal sealed class HistogramSummary
{
    public double Minimum { get; private init; }

    public double Maximum { get; private init; }

    /// <summary>The finite values; the others belong to no bucket.</summary>
    public long Count { get; private init; }

    public double Sum { get; private init; }

    public double SumOfSquares { get; private init; }

    /// <summary>Upper ends of the buckets, the last one's is <see cref="Maximum"/>.</summary>
    public double[] Limits { get; private init; } = [];

    /// <summary>A value at a limit counts in the bucket above it, in the last bucket at the last limit.</summary>
    public double[] Counts { get; private init; } = [];

    public static HistogramSummary Of(ReadOnlySpan<float> values, int buckets)
    {
        long count = 0;
        double minimum = double.PositiveInfinity, maximum = double.NegativeInfinity, sum = 0, squares = 0;
        foreach (float value in values)
        {
            if (!float.IsFinite(value)) continue;
            count++;
            minimum = Math.Min(minimum, value);
            maximum = Math.Max(maximum, value);
            sum += value;
            squares += (double)value * value;
        }

        if (count == 0) return new();
        if (minimum == maximum) buckets = 1;
        double[] limits = new double[buckets], counts = new double[buckets];
        for (int i = 0; i < buckets; i++) limits[i] = minimum + ((maximum - minimum) * (i + 1) / buckets);
        limits[^1] = maximum;
        double scale = minimum == maximum ? 0 : buckets / (maximum - minimum);
        foreach (float value in values)
        {
            if (!float.IsFinite(value)) continue;
            int i = Math.Min((int)((value - minimum) * scale), buckets - 1);
            // The product rounds: what lies at a limit goes where the comparison says.
            if (i < buckets - 1 && value >= limits[i]) i++;
            else if (i > 0 && value < limits[i - 1]) i--;
            counts[i]++;
        }

        return new() { Minimum = minimum, Maximum = maximum, Count = count, Sum = sum, SumOfSquares = squares, Limits = limits, Counts = counts };
    }
}
