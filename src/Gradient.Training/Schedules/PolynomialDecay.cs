namespace Gradient.Training;

/// <summary>Falls to 0 as η·(1 − t/T)ᵖ and stays there (PyTorch's PolynomialLR).</summary>
public sealed class PolynomialDecay : Schedule
{
    private readonly double length, power;

    /// <summary>The schedule at its start.</summary>
    /// <param name="optimizer">Whose rates to change.</param>
    /// <param name="totalSteps">Steps to 0, the warm-up included.</param>
    /// <param name="power">p; 1 is linear.</param>
    /// <param name="warmupSteps">See <see cref="Schedule"/>; fewer than <paramref name="totalSteps"/>.</param>
    /// <param name="warmupStart">See <see cref="Schedule"/>.</param>
    public PolynomialDecay(Optimizer optimizer, long totalSteps, double power = 1, long warmupSteps = 0, double warmupStart = 0.01)
        : base(optimizer, warmupSteps, warmupStart)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(totalSteps, warmupSteps);
        (length, this.power) = (totalSteps - warmupSteps, power);
        Apply();
    }

    /// <inheritdoc/>
    protected override double Rate(double initial, long step) => initial * Math.Pow(1 - (Math.Min(step, length) / length), power);
}
