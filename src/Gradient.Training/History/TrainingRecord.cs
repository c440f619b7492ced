namespace Gradient.Training;

/// <summary>What was measured over the latest steps of a training: <see cref="TrainingOptions.LogEvery"/> of them.</summary>
/// <param name="Step">The step after which it was written, counted from 1.</param>
/// <param name="Epoch">The epoch of that step, counted from 0.</param>
/// <param name="Loss">The mean loss over the examples since the record before.</param>
/// <param name="LearningRate">The rate of that step, of the optimizer's first group.</param>
/// <param name="GradientNorm">The norm of all gradients taken together in that step, before clipping.</param>
/// <param name="LossScale">The scale of the loss after that step; null without loss scaling.</param>
/// <param name="LiveBytes">Bytes held by tensors on the model's device.</param>
/// <param name="ExamplesPerSecond">Examples since the record before, by the time that they took.</param>
/// <param name="Elapsed">The time that the training has taken so far.</param>
public readonly record struct TrainingRecord(
    long Step, int Epoch, double Loss, double LearningRate, double? GradientNorm, double? LossScale, long LiveBytes, double ExamplesPerSecond,
    TimeSpan Elapsed);
