using System.Text.Json.Serialization;

namespace Gradient.Training;

/// <summary>How far a training has come. A checkpoint holds it.</summary>
public sealed class TrainingState
{
    /// <summary>The epoch that runs, counted from 0; equal to the number of finished ones. It is the loader's epoch too.</summary>
    [JsonInclude]
    public int Epoch { get; internal set; }

    /// <summary>Steps of the optimizer so far, without the skipped ones.</summary>
    [JsonInclude]
    public long Step { get; internal set; }

    /// <summary>Batches of the running epoch whose step is done.</summary>
    [JsonInclude]
    public int BatchInEpoch { get; internal set; }

    /// <summary>Examples in all those batches, of all epochs.</summary>
    [JsonInclude]
    public long ExamplesSeen { get; internal set; }

    /// <summary>Steps left out because of NaN or infinities.</summary>
    [JsonInclude]
    public long SkippedSteps { get; internal set; }

    /// <summary>The best value of the watched metric so far; null before the first.</summary>
    [JsonInclude]
    public double? BestMetric { get; internal set; }

    /// <summary>The step at which it was measured.</summary>
    [JsonInclude]
    public long BestStep { get; internal set; }

    /// <summary>Whether the training shall end after the step that runs.</summary>
    [JsonIgnore]
    public bool StopRequested => StopReason is not null;

    /// <summary>Why the training ends or ended before its last epoch; null if it did not.</summary>
    [JsonIgnore]
    public string? StopReason { get; internal set; }

    /// <summary>How long training has taken, over all its runs.</summary>
    [JsonInclude]
    public TimeSpan Elapsed { get; internal set; }

    /// <summary>The loader's, in the epoch that runs.</summary>
    [JsonInclude]
    internal int BatchSize { get; set; }

    /// <summary>The watched metric when it last improved by as much as early stopping demands.</summary>
    [JsonInclude]
    internal double? PatienceMetric { get; set; }

    /// <summary>Looks at the watched metric since then.</summary>
    [JsonInclude]
    internal int LooksWithoutImprovement { get; set; }

    /// <summary>The step of the last validation.</summary>
    [JsonInclude]
    internal long ValidatedStep { get; set; }

    /// <summary>The step of the last record.</summary>
    [JsonInclude]
    internal long RecordedStep { get; set; }

    /// <summary>Examples whose loss was summed since the last record.</summary>
    [JsonInclude]
    internal long RecordExamples { get; set; }

    /// <summary>The sum of their losses, as far as it was read.</summary>
    [JsonInclude]
    internal double RecordLoss { get; set; }

    /// <summary>Examples of the running epoch whose loss was summed.</summary>
    [JsonInclude]
    internal long EpochExamples { get; set; }

    /// <summary>The sum of their losses, as far as it was read.</summary>
    [JsonInclude]
    internal double EpochLoss { get; set; }

    /// <summary>How long the running epoch has taken in earlier runs.</summary>
    [JsonInclude]
    internal TimeSpan EpochElapsed { get; set; }
}
