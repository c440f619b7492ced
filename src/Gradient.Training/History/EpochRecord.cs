namespace Gradient.Training;

/// <summary>What was measured in an epoch.</summary>
/// <param name="Epoch">Which, counted from 0.</param>
/// <param name="Step">Steps of the optimizer at its end, counted from the start of the training.</param>
/// <param name="TrainLoss">The mean loss over its examples, each measured when it was trained on.</param>
/// <param name="TrainMetrics">The metrics over its examples by name, measured likewise.</param>
/// <param name="ValidationLoss">The loss of the last validation in it; null if there was none.</param>
/// <param name="ValidationMetrics">The metrics of that validation by name; null if there was none.</param>
/// <param name="Duration">How long it took.</param>
public sealed record EpochRecord(
    int Epoch, long Step, double TrainLoss, IReadOnlyDictionary<string, double> TrainMetrics, double? ValidationLoss,
    IReadOnlyDictionary<string, double>? ValidationMetrics, TimeSpan Duration);
