namespace Gradient.Training;

/// <summary>How a trainer trains. Everything has a default; numbers are checked when a trainer is made.</summary>
public sealed record TrainingOptions
{
    /// <summary>How often to go through the data; 1 by default.</summary>
    public int Epochs { get; init; } = 1;

    /// <summary>After how many steps to end at the latest, in the middle of an epoch if need be; null for no bound.</summary>
    public long? MaxSteps { get; init; }

    /// <summary>
    /// How many batches make one step of the optimizer; 1 by default. The gradient is that of one large batch: each batch's mean loss
    /// counts by its number of examples, in a smaller last group too.
    /// </summary>
    public int AccumulationSteps { get; init; } = 1;

    /// <summary>The bound of the norm of all gradients taken together; null for none.</summary>
    public double? ClipNorm { get; init; }

    /// <summary>The bound of each element of the gradients; null for none. Before <see cref="ClipNorm"/>, if both are given.</summary>
    public double? ClipValue { get; init; }

    /// <summary>In which type to compute; <see cref="MixedPrecision.None"/> by default.</summary>
    public MixedPrecision MixedPrecision { get; init; }

    /// <summary>How losses are scaled with <see cref="MixedPrecision.Float16"/>; a scaler with its defaults if null.</summary>
    public LossScaler? LossScaler { get; init; }

    /// <summary>What changes the learning rate; null for nothing.</summary>
    public Schedule? Schedule { get; init; }

    /// <summary>
    /// When the schedule takes a step; <see cref="SchedulePer.Step"/> by default. <see cref="ReduceOnPlateau"/> takes its own after each
    /// validation, with the watched metric (without validation, after each epoch, with the training loss).
    /// </summary>
    public SchedulePer SchedulePer { get; init; }

    /// <summary>How many steps lie between validations; null (the default) validates after each epoch.</summary>
    public int? ValidateEvery { get; init; }

    /// <summary>Where checkpoints go; null for none.</summary>
    public string? CheckpointDirectory { get; init; }

    /// <summary>How many checkpoints are kept besides the best and the last; 3 by default.</summary>
    public int KeepCheckpoints { get; init; } = 3;

    /// <summary>How many steps lie between checkpoints; null (the default) writes one after each validation and each epoch.</summary>
    public int? CheckpointEvery { get; init; }

    /// <summary>Whether checkpoints are compressed; false by default.</summary>
    public bool Compress { get; init; }

    /// <summary>When to end early; null for never.</summary>
    public EarlyStopping? EarlyStopping { get; init; }

    /// <summary>What to do about NaN and infinities; <see cref="NanPolicy.Stop"/> by default.</summary>
    public NanPolicy NanPolicy { get; init; }

    /// <summary>
    /// Where the random numbers of training (dropout …) start; null goes on in <see cref="RandomNumbers.Default"/>. What was drawn before,
    /// as the initial parameters, and the loader's order have seeds of their own.
    /// </summary>
    public long? Seed { get; init; }

    /// <summary>
    /// How many steps one <see cref="TrainingRecord"/> of the history covers; 10 by default. Losses are summed on the device and read
    /// back with the record.
    /// </summary>
    public int LogEvery { get; init; } = 10;

    /// <summary>Whether the metrics are measured on the batches of the training too; true by default.</summary>
    public bool MeasureTraining { get; init; } = true;

    /// <exception cref="ArgumentOutOfRangeException">A number is outside of what it may be.</exception>
    internal void Check()
    {
        ArgumentOutOfRangeException.ThrowIfNegative(Epochs);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(MaxSteps ?? 1, nameof(MaxSteps));
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(AccumulationSteps);
        if (!(ClipNorm is null or >= 0)) throw new ArgumentOutOfRangeException(nameof(ClipNorm), ClipNorm, "ClipNorm is a bound of at least 0.");
        if (!(ClipValue is null or >= 0)) throw new ArgumentOutOfRangeException(nameof(ClipValue), ClipValue, "ClipValue is a bound of at least 0.");
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(ValidateEvery ?? 1, nameof(ValidateEvery));
        ArgumentOutOfRangeException.ThrowIfNegative(KeepCheckpoints);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(CheckpointEvery ?? 1, nameof(CheckpointEvery));
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(LogEvery);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(EarlyStopping?.Patience ?? 1, "EarlyStopping.Patience");
        if (!(EarlyStopping is null or { MinimumDelta: >= 0 }))
            throw new ArgumentOutOfRangeException("EarlyStopping.MinimumDelta", EarlyStopping!.MinimumDelta, "MinimumDelta is at least 0.");
    }
}
