namespace Gradient.Training;

/// <summary>
/// Multiplies the rate by a factor when a metric has stopped improving (PyTorch's ReduceLROnPlateau). Call
/// <see cref="Step(double)"/> with the metric, usually once per validation.
/// </summary>
public sealed class ReduceOnPlateau : Schedule
{
    private readonly double factor, threshold, minimum;
    private readonly int patience, cooldown;
    private readonly bool maximize, relative;
    private double best, scale = 1;
    private int waited, cooling;

    /// <summary>The schedule at its start.</summary>
    /// <param name="optimizer">Whose rates to change.</param>
    /// <param name="maximize">Whether a higher metric is better.</param>
    /// <param name="factor">What the rate is multiplied by, below 1.</param>
    /// <param name="patience">How many steps without improvement are borne.</param>
    /// <param name="threshold">By how much the metric must improve to count.</param>
    /// <param name="relative">Whether the threshold is a share of the best so far.</param>
    /// <param name="cooldown">How many steps after a reduction are not counted.</param>
    /// <param name="minimum">The lowest rate.</param>
    /// <param name="warmupSteps">See <see cref="Schedule"/>; the metric does not count meanwhile.</param>
    /// <param name="warmupStart">See <see cref="Schedule"/>.</param>
    public ReduceOnPlateau(
        Optimizer optimizer, bool maximize = false, double factor = 0.1, int patience = 10, double threshold = 1e-4, bool relative = true,
        int cooldown = 0, double minimum = 0, long warmupSteps = 0, double warmupStart = 0.01)
        : base(optimizer, warmupSteps, warmupStart)
    {
        if (!(factor is > 0 and < 1)) throw new ArgumentOutOfRangeException(nameof(factor), factor, "factor must be between 0 and 1.");
        ArgumentOutOfRangeException.ThrowIfNegative(patience);
        ArgumentOutOfRangeException.ThrowIfNegative(cooldown);
        (this.maximize, this.factor, this.patience, this.threshold) = (maximize, factor, patience, threshold);
        (this.relative, this.cooldown, this.minimum) = (relative, cooldown, minimum);
        best = maximize ? double.NegativeInfinity : double.PositiveInfinity;
        Apply();
    }

    /// <summary>Takes note of a metric, goes one step on and sets the rates.</summary>
    public void Step(double metric)
    {
        if (StepCount >= WarmupSteps) Note(metric);
        Step();
    }

    /// <inheritdoc/>
    protected override double Rate(double initial, long step) => Math.Max(initial * scale, Math.Min(initial, minimum));

    /// <inheritdoc/>
    protected override void WriteState(IDictionary<string, double> state) =>
        (state["best"], state["scale"], state["waited"], state["cooling"]) = (best, scale, waited, cooling);

    /// <inheritdoc/>
    protected override Action ReadState(IReadOnlyDictionary<string, double> state)
    {
        long waitedSteps = Count(state, "waited"), coolingSteps = Count(state, "cooling");
        if (!(state["scale"] is >= 0 and <= 1) || waitedSteps > int.MaxValue || coolingSteps > cooldown || double.IsNaN(state["best"]))
            throw new CorruptFileException($"ReduceOnPlateau: no such state can come about: {string.Join(", ", state)}.");
        return () => (best, scale, waited, cooling) = (state["best"], state["scale"], (int)waitedSteps, (int)coolingSteps);
    }

    private void Note(double metric)
    {
        double margin = relative ? Math.Abs(best) * threshold : threshold;
        bool better = maximize ? metric > best + margin : metric < best - margin;
        if (double.IsInfinity(best)) better = !double.IsNaN(metric);
        if (better) (best, waited) = (metric, 0);
        else waited++;
        if (cooling > 0) (cooling, waited) = (cooling - 1, 0);
        if (waited <= patience) return;
        scale *= factor;
        (cooling, waited) = (cooldown, 0);
    }
}
