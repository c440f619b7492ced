namespace Gradient.Training;

/// <summary>Multiplies the rate by γ at each of several steps (PyTorch's MultiStepLR).</summary>
public sealed class MultiStepDecay : Schedule
{
    private readonly long[] milestones;
    private readonly double gamma;

    /// <summary>The schedule at its start.</summary>
    /// <param name="optimizer">Whose rates to change.</param>
    /// <param name="milestones">The steps, in any order.</param>
    /// <param name="gamma">γ.</param>
    /// <param name="warmupSteps">See <see cref="Schedule"/>.</param>
    /// <param name="warmupStart">See <see cref="Schedule"/>.</param>
    public MultiStepDecay(Optimizer optimizer, ReadOnlySpan<long> milestones, double gamma = 0.1, long warmupSteps = 0, double warmupStart = 0.01)
        : base(optimizer, warmupSteps, warmupStart)
    {
        (this.milestones, this.gamma) = (milestones.ToArray(), gamma);
        Apply();
    }

    /// <inheritdoc/>
    protected override double Rate(double initial, long step) => initial * Math.Pow(gamma, milestones.Count(milestone => milestone <= step));
}
