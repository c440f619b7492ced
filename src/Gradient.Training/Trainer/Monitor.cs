namespace Gradient.Training;

/// <summary>Watches one number of a training: which is the best so far, and how long ago that was.</summary>
internal sealed class Monitor
{
    private readonly EarlyStopping? stopping;
    private readonly TrainingState state;

    /// <exception cref="ArgumentException">The number to watch is not measured.</exception>
    public Monitor(EarlyStopping? stopping, IReadOnlyList<Metric> metrics, bool validates, bool measuresTraining, TrainingState state)
    {
        this.stopping = stopping;
        this.state = state;
        Name = stopping?.Monitor ?? (validates ? "validation.loss" : "train.loss");
        string[] parts = Name.Split('.', 2);
        bool training = parts[0] == "train";
        Metric? metric = null;
        foreach (var candidate in metrics)
            if (parts.Length == 2 && candidate.Name == parts[1]) metric = candidate;
        if ((!training && parts[0] != "validation") || (parts.Length < 2 || (metric is null && parts[1] != "loss")))
            throw new ArgumentException(
                $"EarlyStopping watches '{Name}', which is not measured; it may be validation.loss, train.loss, or a metric of the trainer as "
                + $"validation.accuracy. Its metrics are: {(metrics.Count == 0 ? "none" : string.Join(", ", metrics.Select(one => one.Name)))}.");
        if (!training && !validates)
            throw new ArgumentException($"EarlyStopping watches '{Name}', but there is no data for validation; give some, or watch train.loss.");
        if (training && metric is not null && !measuresTraining)
            throw new ArgumentException($"EarlyStopping watches '{Name}', but MeasureTraining is off.");
        HigherIsBetter = stopping?.Mode switch
        {
            MonitorMode.Minimum => false,
            MonitorMode.Maximum => true,
            _ => metric?.HigherIsBetter ?? false,
        };
    }

    /// <summary>What is watched: "validation.loss".</summary>
    public string Name { get; }

    /// <summary>Takes note of what was measured, if it is what is watched.</summary>
    /// <param name="phase">"validation" or "train".</param>
    /// <param name="loss">The mean loss.</param>
    /// <param name="metrics">The metrics by name.</param>
    /// <returns>The watched number, and whether it is the best so far; null if it is not among them.</returns>
    public (double Value, bool Improved)? Look(string phase, double loss, IReadOnlyDictionary<string, double> metrics)
    {
        if (!Name.StartsWith(phase, StringComparison.Ordinal) || Name[phase.Length] != '.') return null;
        string name = Name[(phase.Length + 1)..];
        double value = name == "loss" ? loss : metrics[name];
        bool improved = Better(value, state.BestMetric, 0);
        if (improved) (state.BestMetric, state.BestStep) = (value, state.Step);
        if (Better(value, state.PatienceMetric, stopping?.MinimumDelta ?? 0)) (state.PatienceMetric, state.LooksWithoutImprovement) = (value, 0);
        else state.LooksWithoutImprovement++;
        return (value, improved);
    }

    /// <summary>Which direction is better.</summary>
    public bool HigherIsBetter { get; }

    private bool Better(double value, double? than, double delta) =>
        !double.IsNaN(value) && (than is not { } best || (HigherIsBetter ? value > best + delta : value < best - delta));

    /// <summary>Whether the patience has come to its end.</summary>
    public bool IsOutOfPatience => stopping is not null && state.LooksWithoutImprovement >= stopping.Patience;
}
