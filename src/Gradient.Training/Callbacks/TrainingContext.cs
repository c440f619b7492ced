namespace Gradient.Training;

/// <summary>What callbacks see of a training, and how they end it.</summary>
public sealed class TrainingContext
{
    internal TrainingContext(Module model, Optimizer optimizer, TrainingOptions options, TrainingState state, TrainingHistory history)
    {
        Model = model;
        Optimizer = optimizer;
        Options = options;
        State = state;
        History = history;
    }

    /// <summary>What is trained.</summary>
    public Module Model { get; }

    /// <summary>What trains it.</summary>
    public Optimizer Optimizer { get; }

    /// <summary>How.</summary>
    public TrainingOptions Options { get; }

    /// <summary>How far it has come.</summary>
    public TrainingState State { get; }

    /// <summary>What was measured so far; the latest record is its last.</summary>
    public TrainingHistory History { get; }

    /// <summary>Batches per epoch; null if the loader does not know.</summary>
    public int? BatchCount { get; internal set; }

    /// <summary>Steps of the whole training, if it does not end early; null if the loader does not know.</summary>
    public long? StepCount { get; internal set; }

    /// <summary>The mean loss of the latest batch, 0-d, on its device: reading it waits for the device. Null before the first.</summary>
    public GradientTensor? Loss { get; internal set; }

    /// <summary>Batches of the running validation that are done.</summary>
    public int ValidationBatch { get; internal set; }

    /// <summary>Batches of the running validation; null if the loader does not know.</summary>
    public int? ValidationBatchCount { get; internal set; }

    /// <summary>
    /// Ends the training after the step that runs, with a checkpoint if there is a directory for them. The first reason stands.
    /// </summary>
    public void Stop(string reason)
    {
        ArgumentException.ThrowIfNullOrEmpty(reason);
        State.StopReason ??= reason;
    }
}
