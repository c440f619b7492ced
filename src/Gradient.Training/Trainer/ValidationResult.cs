namespace Gradient.Training;

/// <summary>What a model is worth on some data.</summary>
/// <param name="Loss">The mean loss over the examples.</param>
/// <param name="Metrics">The trainer's metrics by name.</param>
/// <param name="Examples">How many examples there were.</param>
public sealed record ValidationResult(double Loss, IReadOnlyDictionary<string, double> Metrics, long Examples);
