namespace Gradient.Training;

/// <summary>
/// Cosine annealing with warm restarts (Loshchilov, Hutter, SGDR, 2017): the first period lasts so many steps, each next one
/// a factor longer, and each starts again at η.
/// </summary>
public sealed class CosineRestarts : Schedule
{
    private readonly long firstPeriod, factor;
    private readonly double minimum;

    /// <summary>The schedule at its start.</summary>
    /// <param name="optimizer">Whose rates to change.</param>
    /// <param name="firstPeriod">Steps of the first period.</param>
    /// <param name="factor">How much longer each period is than the one before.</param>
    /// <param name="minimum">The rate at the end of a period.</param>
    /// <param name="warmupSteps">See <see cref="Schedule"/>.</param>
    /// <param name="warmupStart">See <see cref="Schedule"/>.</param>
    public CosineRestarts(
        Optimizer optimizer, long firstPeriod, long factor = 1, double minimum = 0, long warmupSteps = 0, double warmupStart = 0.01)
        : base(optimizer, warmupSteps, warmupStart)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(firstPeriod);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(factor);
        (this.firstPeriod, this.factor, this.minimum) = (firstPeriod, factor, minimum);
        Apply();
    }

    /// <inheritdoc/>
    protected override double Rate(double initial, long step)
    {
        long period = firstPeriod;
        if (factor == 1)
        {
            step %= period;
        }
        else
        {
            while (step >= period)
            {
                step -= period;
                period *= factor;
            }
        }

        return minimum + ((initial - minimum) * (1 + Math.Cos(Math.PI * step / period)) / 2);
    }
}
