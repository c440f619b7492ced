namespace Gradient.Training;

/// <summary>What a <see cref="LossScaler"/> has learned: all that a checkpoint needs of it.</summary>
/// <param name="Scale">What losses are multiplied by.</param>
/// <param name="GoodSteps">Steps in a row, since the scale changed, whose gradients were finite.</param>
/// <param name="SkippedSteps">How many steps were left out, in all.</param>
public sealed record LossScalerState(double Scale, int GoodSteps, long SkippedSteps);
