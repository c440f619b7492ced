namespace Gradient.Training;

/// <summary>
/// One cycle (Smith, Topin, Super-Convergence, 2018), as PyTorch's OneCycleLR in two phases: the rate rises from max/div to max
/// and falls to max/div/finalDiv, while momentum (β₁ of the Adam family) does the opposite.
/// </summary>
public sealed class OneCycle : Schedule
{
    private readonly double maximumRate, start, end, peakStep, lastStep, baseMomentum, maximumMomentum;
    private readonly bool linear, cycleMomentum;

    /// <summary>The schedule at its start.</summary>
    /// <param name="optimizer">Whose rates to change.</param>
    /// <param name="maximumRate">The rate at the peak.</param>
    /// <param name="totalSteps">The length of the cycle.</param>
    /// <param name="risingShare">The share of the cycle in which the rate rises.</param>
    /// <param name="linear">Whether to go along lines instead of half cosines.</param>
    /// <param name="cycleMomentum">Whether momentum changes too.</param>
    /// <param name="baseMomentum">Momentum at the peak.</param>
    /// <param name="maximumMomentum">Momentum at the start and end.</param>
    /// <param name="div">The peak over the start.</param>
    /// <param name="finalDiv">The start over the end.</param>
    public OneCycle(
        Optimizer optimizer, double maximumRate, long totalSteps, double risingShare = 0.3, bool linear = false, bool cycleMomentum = true,
        double baseMomentum = 0.85, double maximumMomentum = 0.95, double div = 25, double finalDiv = 1e4)
        : base(optimizer, 0, 0)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(totalSteps, 2);
        if (!(risingShare is > 0 and < 1))
            throw new ArgumentOutOfRangeException(nameof(risingShare), risingShare, "risingShare is a share of the cycle, between 0 and 1.");
        (this.maximumRate, this.linear, this.cycleMomentum) = (maximumRate, linear, cycleMomentum);
        (this.baseMomentum, this.maximumMomentum) = (baseMomentum, maximumMomentum);
        (start, end) = (maximumRate / div, maximumRate / div / finalDiv);
        (peakStep, lastStep) = ((risingShare * totalSteps) - 1, totalSteps - 1);
        Apply();
    }

    /// <inheritdoc/>
    protected override void Apply(ParameterGroup group, long step)
    {
        base.Apply(group, step);
        if (cycleMomentum) group.Momentum = At(step, maximumMomentum, baseMomentum, maximumMomentum);
    }

    /// <inheritdoc/>
    protected override double Rate(double initial, long step) => At(step, start, maximumRate, end);

    private double At(double step, double first, double peak, double last) => step <= peakStep
        ? Between(first, peak, peakStep == 0 ? 1 : step / peakStep)
        : Between(peak, last, (Math.Min(step, lastStep) - peakStep) / (lastStep - peakStep));

    private double Between(double from, double to, double share) => linear
        ? from + ((to - from) * share)
        : to + ((from - to) * (1 + Math.Cos(Math.PI * share)) / 2);
}
