namespace Gradient.Training;

/// <summary>Multiplies the rate by γ every step: η·γᵗ (PyTorch's ExponentialLR).</summary>
public sealed class ExponentialDecay : Schedule
{
    private readonly double gamma;

    /// <summary>The schedule at its start.</summary>
    /// <param name="optimizer">Whose rates to change.</param>
    /// <param name="gamma">γ.</param>
    /// <param name="warmupSteps">See <see cref="Schedule"/>.</param>
    /// <param name="warmupStart">See <see cref="Schedule"/>.</param>
    public ExponentialDecay(Optimizer optimizer, double gamma, long warmupSteps = 0, double warmupStart = 0.01)
        : base(optimizer, warmupSteps, warmupStart)
    {
        this.gamma = gamma;
        Apply();
    }

    /// <inheritdoc/>
    protected override double Rate(double initial, long step) => initial * Math.Pow(gamma, step);
}
