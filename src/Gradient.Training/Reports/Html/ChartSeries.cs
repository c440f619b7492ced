namespace Gradient.Training;

/// <summary>A curve of a chart.</summary>
/// <param name="Name">What the legend calls it.</param>
/// <param name="Style">The class that gives its colour in report.css: train, validation.</param>
/// <param name="Steps">Abscissas, not decreasing.</param>
/// <param name="Values">Ordinates, as many; NaN and infinities make gaps.</param>
internal sealed record ChartSeries(string Name, string Style, double[] Steps, double[] Values)
{
    /// <summary>The scatter behind a smooth curve: thin and pale.</summary>
    public bool Faint { get; init; }

    /// <summary>The mean of others, whose gaps are shown already.</summary>
    public bool Smoothed { get; private init; }

    /// <summary>How many values are not finite.</summary>
    public int Gaps => Values.Count(value => !ChartScale.HasPlace(value));

    /// <summary>The mean of so many values around each, fewer at the ends, of the finite ones; a gap stays one.</summary>
    /// <param name="window">An odd number.</param>
    public ChartSeries Smooth(int window)
    {
        double[] means = new double[Values.Length];
        int half = window / 2, low = 0, high = 0, count = 0;
        double sum = 0;
        for (int i = 0; i < means.Length; i++)
        {
            for (; high < Values.Length && high <= i + half; high++)
                if (ChartScale.HasPlace(Values[high])) (sum, count) = (sum + Values[high], count + 1);
            for (; low < i - half; low++)
                if (ChartScale.HasPlace(Values[low])) (sum, count) = (sum - Values[low], count - 1);
            means[i] = ChartScale.HasPlace(Values[i]) ? sum / count : double.NaN;
        }

        return this with { Name = $"mean of {window} records", Values = means, Smoothed = true };
    }
}
