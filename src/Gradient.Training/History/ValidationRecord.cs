namespace Gradient.Training;

/// <summary>What a validation measured.</summary>
/// <param name="Step">Steps of the optimizer before it.</param>
/// <param name="Epoch">The epoch that ran, counted from 0.</param>
/// <param name="Loss">The mean loss over the examples.</param>
/// <param name="Metrics">The metrics by name.</param>
public sealed record ValidationRecord(long Step, int Epoch, double Loss, IReadOnlyDictionary<string, double> Metrics);
