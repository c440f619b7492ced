namespace Gradient.Training;

/// <summary>Multiplies the rate by γ every so many steps: η·γ^⌊t/size⌋ (PyTorch's StepLR).</summary>
public sealed class StepDecay : Schedule
{
    private readonly long stepSize;
    private readonly double gamma;

    /// <summary>The schedule at its start.</summary>
    /// <param name="optimizer">Whose rates to change.</param>
    /// <param name="stepSize">Steps between decays.</param>
    /// <param name="gamma">γ.</param>
    /// <param name="warmupSteps">See <see cref="Schedule"/>.</param>
    /// <param name="warmupStart">See <see cref="Schedule"/>.</param>
    public StepDecay(Optimizer optimizer, long stepSize, double gamma = 0.1, long warmupSteps = 0, double warmupStart = 0.01)
        : base(optimizer, warmupSteps, warmupStart)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(stepSize);
        (this.stepSize, this.gamma) = (stepSize, gamma);
        Apply();
    }

    /// <inheritdoc/>
    protected override double Rate(double initial, long step) => initial * Math.Pow(gamma, step / stepSize);
}
