namespace Gradient.Training;

/// <summary>Ends a training whose metric has stopped improving.</summary>
public sealed record EarlyStopping
{
    /// <summary>
    /// What to watch: "validation.loss" (the default), "train.loss", or a metric's name behind the same words ("validation.accuracy"). What
    /// is measured in validations is looked at after each, what is measured in training after each epoch.
    /// </summary>
    public string Monitor { get; init; } = "validation.loss";

    /// <summary>At how many looks in a row without an improvement the training ends, at least 1; 3 by default.</summary>
    public int Patience { get; init; } = 3;

    /// <summary>By how much the metric must be better than the best so far to count; 0 by default.</summary>
    public double MinimumDelta { get; init; }

    /// <summary>Which direction is better; by default the loss's or the metric's own.</summary>
    public MonitorMode Mode { get; init; } = MonitorMode.Automatic;

    /// <summary>Whether the model takes the parameters of its best look again when the training ends by itself; true by default.</summary>
    public bool RestoreBest { get; init; } = true;
}
