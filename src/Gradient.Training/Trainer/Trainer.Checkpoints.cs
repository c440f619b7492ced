namespace Gradient.Training;

/// <content>Checkpoints, and the best model.</content>
public sealed partial class Trainer
{
    private CheckpointManager? checkpoints;
    private Dictionary<string, Tensor>? best;
    private bool checkpointDue;
    private (long Step, int Epoch, int Batch, long Validated)? savedAt;
    private (long Step, double Value)? looked;

    private (long Step, int Epoch, int Batch, long Validated) Place => (State.Step, State.Epoch, State.BatchInEpoch, State.ValidatedStep);

    /// <summary>
    /// Takes up a training where a checkpoint left it; the next <see cref="Fit"/> goes on as if it had never stopped, bit for bit. The
    /// trainer is made as the first time: the same model, optimizer, options and metrics, the same data. All of the checkpoint is
    /// verified before anything is changed.
    /// </summary>
    /// <param name="path">
    /// A folder of checkpoints, whose newest readable one is taken; the folder of one; or a file made by <see cref="CheckpointInfo.Export"/>.
    /// </param>
    /// <exception cref="CorruptFileException">It is damaged, incomplete, or of another version.</exception>
    /// <exception cref="StateMismatchException">It is of another model.</exception>
    /// <exception cref="GradientException">It is of another optimizer or schedule; or the trainer trains.</exception>
    /// <exception cref="IOException">There is nothing at the path, or it cannot be read.</exception>
    public void Resume(string path)
    {
        if (Volatile.Read(ref running) != 0) throw new GradientException("Trainer.Resume: it trains already.");
        using var noScope = TensorScope.Suppress();
        var checkpoint = Checkpoint.Open(path, logger);
        checkpoint.Restore(Model, Optimizer, Options.Schedule, Random);
        State = checkpoint.Training;
        History = checkpoint.History;
        resumedSums = checkpoint.Sums;
        savedAt = Place;
        best = null;
        logger.Resumed(path, State.Step);
    }

    /// <summary>Writes a checkpoint of this moment between two steps, if there is a directory for them and none of this moment yet.</summary>
    private void SaveCheckpoint()
    {
        checkpointDue = false;
        if (checkpoints is null || savedAt == Place) return;
        trainingClock.Stop();
        using var span = TrainingSpans.Checkpoint(State.Step);
        State.Elapsed = elapsedBefore + clock.Elapsed;
        State.EpochElapsed += clock.Elapsed - epochBegan;
        epochBegan = clock.Elapsed;
        double? metric = looked is { } look && look.Step == State.Step && !double.IsNaN(look.Value) ? look.Value : null;
        checkpoints.Save(Checkpoint.Capture(
            Model, Optimizer, State, History, new(State.Epoch, State.BatchInEpoch), Options.Schedule, SaveSums(), metric, Random));
        savedAt = Place;
        trainingClock.Start();
    }

    /// <summary>Without checkpoints, the best model is kept in memory.</summary>
    private void KeepBest()
    {
        if (checkpoints is not null || Options.EarlyStopping is not { RestoreBest: true }) return;
        best ??= [];
        foreach (var (name, tensor) in Model.StateDictionary())
        {
            if (best.TryGetValue(name, out var copy)) copy.CopyFrom(tensor);
            else best.Add(name, tensor.Copy().Persist());
        }
    }

    private void RestoreBest()
    {
        if (best is not null) Model.LoadStateDictionary(best);
        else if (checkpoints?.Best() is { } saved) Model.LoadStateDictionary(saved.Load().Model);
        else return;
        logger.BestRestored(State.BestStep);
    }
}
