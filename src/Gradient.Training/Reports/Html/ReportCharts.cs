namespace Gradient.Training;

/// <summary>The charts that a history has data for.</summary>
internal static class ReportCharts
{
    private const string Train = "train", Validation = "validation";
    private const int SmoothFrom = 100;

    public static IEnumerable<LineChart> Of(TrainingHistory history)
    {
        var (steps, epochs, validations) = (history.Steps, history.Epochs, history.Validations);
        double last = new[] { steps is [.., var s] ? s.Step : 1, epochs is [.., var e] ? e.Step : 1, validations is [.., var v] ? v.Step : 1 }.Max();
        var axis = ChartScale.OfSteps(0, last);
        long? best = history.BestMetric is null ? null : history.BestStep;

        IEnumerable<ChartSeries> loss = steps.Count > 0 ? OfSteps("training", steps, r => r.Loss) : OfEpochs("training", epochs, r => r.TrainLoss);
        if (Chart("Loss", [.. loss, .. OfValidations("validation", validations, r => r.Loss)]) is { } first)
            yield return new() { Title = first.Title, Steps = axis, Series = first.Series, Kind = ScaleKind.Falling, Mark = best, Width = 1120, Classes = "wide" };
        foreach (string name in MetricNames(history))
            if (Chart(name, [.. OfEpochs("training", epochs, r => Value(r.TrainMetrics, name)), .. OfValidations("validation", validations, r => Value(r.Metrics, name))]) is { } metric)
                yield return new() { Title = metric.Title, Steps = axis, Series = metric.Series, Mark = best };
        if (Chart("Learning rate", OfSteps("rate", steps, r => r.LearningRate, smooth: false)) is { } rate) yield return rate;
        if (Chart("Gradient norm before clipping", OfSteps("norm", steps, r => r.GradientNorm ?? double.NaN, only: r => r.GradientNorm is not null)) is { } norm) yield return norm;
        if (Chart("Loss scale", OfSteps("scale", steps, r => r.LossScale ?? double.NaN, smooth: false, only: r => r.LossScale is not null)) is { } scale) yield return scale;
        if (Chart("Examples per second", OfSteps("rate", steps, r => r.ExamplesPerSecond), ScaleKind.FromZero) is { } throughput) yield return throughput;
        var (size, unit) = ReportText.ByteUnit(steps.Count == 0 ? 0 : steps.Max(r => r.LiveBytes));
        if (Chart($"Memory of tensors, {unit}", OfSteps("live", steps, r => r.LiveBytes / size, smooth: false), ScaleKind.FromZero) is { } memory) yield return memory;

        LineChart? Chart(string title, IEnumerable<ChartSeries> series, ScaleKind kind = ScaleKind.Spread)
        {
            ChartSeries[] drawn = [.. series];
            return drawn.Length == 0 ? null : new() { Title = title, Steps = axis, Series = drawn, Kind = kind };
        }
    }

    public static IEnumerable<string> MetricNames(TrainingHistory history) =>
        history.Epochs.SelectMany(r => r.TrainMetrics.Keys).Concat(history.Validations.SelectMany(r => r.Metrics.Keys)).Distinct(StringComparer.Ordinal);

    /// <summary>A curve of records: with many of them pale, under their running mean.</summary>
    private static IEnumerable<ChartSeries> OfSteps(
        string name, IReadOnlyList<TrainingRecord> records, Func<TrainingRecord, double> value, bool smooth = true, Func<TrainingRecord, bool>? only = null)
    {
        TrainingRecord[] used = only is null ? [.. records] : [.. records.Where(only)];
        if (used.Length == 0) yield break;
        var series = new ChartSeries(name, Train, [.. used.Select(r => (double)r.Step)], [.. used.Select(value)]);
        if (!smooth || used.Length < SmoothFrom)
        {
            yield return series;
            yield break;
        }

        yield return series with { Faint = true };
        yield return series.Smooth(Math.Max(5, used.Length / 50) | 1);
    }

    private static IEnumerable<ChartSeries> OfEpochs(string name, IReadOnlyList<EpochRecord> records, Func<EpochRecord, double?> value) =>
        Present(name, Train, records.Select(r => (r.Step, value(r))));

    private static IEnumerable<ChartSeries> OfValidations(string name, IReadOnlyList<ValidationRecord> records, Func<ValidationRecord, double?> value) =>
        Present(name, Validation, records.Select(r => (r.Step, value(r))));

    private static IEnumerable<ChartSeries> Present(string name, string style, IEnumerable<(long Step, double? Value)> points)
    {
        (long Step, double? Value)[] present = [.. points.Where(p => p.Value is not null)];
        if (present.Length > 0) yield return new(name, style, [.. present.Select(p => (double)p.Step)], [.. present.Select(p => p.Value!.Value)]);
    }

    private static double? Value(IReadOnlyDictionary<string, double> metrics, string name) => metrics.TryGetValue(name, out double value) ? value : null;
}
