namespace Gradient.Training;

/// <summary>
/// From η down to a minimum along half a cosine (Loshchilov, Hutter, SGDR, 2017), where it stays:
/// min + (η − min)·(1 + cos πt/T)/2. PyTorch's CosineAnnealingLR would rise again after T; see <see cref="CosineRestarts"/> for that.
/// </summary>
public sealed class CosineAnnealing : Schedule
{
    private readonly double length, minimum;

    /// <summary>The schedule at its start.</summary>
    /// <param name="optimizer">Whose rates to change.</param>
    /// <param name="totalSteps">Steps to the minimum, the warm-up included.</param>
    /// <param name="minimum">The rate at the end.</param>
    /// <param name="warmupSteps">See <see cref="Schedule"/>; fewer than <paramref name="totalSteps"/>.</param>
    /// <param name="warmupStart">See <see cref="Schedule"/>.</param>
    public CosineAnnealing(Optimizer optimizer, long totalSteps, double minimum = 0, long warmupSteps = 0, double warmupStart = 0.01)
        : base(optimizer, warmupSteps, warmupStart)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(totalSteps, warmupSteps);
        (length, this.minimum) = (totalSteps - warmupSteps, minimum);
        Apply();
    }

    /// <inheritdoc/>
    protected override double Rate(double initial, long step) =>
        minimum + ((initial - minimum) * (1 + Math.Cos(Math.PI * Math.Min(step, length) / length)) / 2);
}
