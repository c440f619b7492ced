namespace Gradient.Training;

/// <summary>How a <see cref="CheckpointManager"/> keeps checkpoints.</summary>
public sealed record CheckpointOptions
{
    /// <summary>How many are kept besides the best and the last; 3 by default.</summary>
    public int Keep { get; init; } = 3;

    /// <summary>Whether a higher metric is better; false by default, as for a loss.</summary>
    public bool HigherIsBetter { get; init; }

    /// <summary>Whether files are compressed (gzip) where that makes them smaller; false by default. Trained weights shrink by less than a tenth.</summary>
    public bool Compress { get; init; }
}
