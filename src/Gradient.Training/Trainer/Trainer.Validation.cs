namespace Gradient.Training;

/// <content>Validation, and what follows from it.</content>
public sealed partial class Trainer
{
    private Monitor monitor = null!;
    private bool stoppedEarly;

    /// <summary>
    /// Measures loss and metrics on other data, in evaluation mode and without gradients; afterwards every module is in the mode it was in.
    /// <see cref="Metrics"/> hold what was measured until the next call.
    /// </summary>
    /// <param name="data">The data, one epoch of it.</param>
    /// <param name="cancellation">Ends it between two batches.</param>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    /// <exception cref="GradientException">There is no data.</exception>
    public ValidationResult Validate(DataLoader data, CancellationToken cancellation = default) => Validate(data, null, cancellation);

    private ValidationResult Validate(DataLoader data, Action? batchDone, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(data);
        var modes = Model.NamedModules().Select(pair => (pair.Value, pair.Value.IsTraining)).ToArray();
        var sum = new RunningSum();
        long examples = 0;
        foreach (var metric in Metrics) metric.Reset();
        Model.Eval();
        try
        {
            using var noGrad = Tape.NoGrad();
            foreach (var batch in data)
            {
                cancellation.ThrowIfCancellationRequested();
                using (batch)
                using (TensorScope.Begin())
                {
                    var (prediction, mean) = Forward(batch);
                    sum.Add(Weighted(mean, batch.Count));
                    foreach (var metric in Metrics) metric.Update(prediction, batch.Targets);
                    examples += batch.Count;
                }

                batchDone?.Invoke();
            }
        }
        finally
        {
            foreach (var (module, training) in modes) module.Train(training); // parents come before what is inside of them
        }

        if (examples == 0) throw new GradientException("Trainer.Validate: the loader gave no batch.");
        double total = sum.Read()[0];
        sum.Clear();
        return new(total / examples, Metrics.ToDictionary(metric => metric.Name, metric => metric.Compute()), examples);
    }

    private void ValidateAndLook(DataLoader validation, CancellationToken cancellation)
    {
        trainingClock.Stop();
        using var span = TrainingSpans.Validation(State.Step);
        (context.ValidationBatch, context.ValidationBatchCount) = (0, validation.KnownBatchCount);
        Notify(static (callback, context) => callback.OnValidationStart(context));
        validation.Position = default; // the same examples in the same order each time, whatever is random in the data
        var result = Validate(validation, EndValidationBatch, cancellation);
        History.Add(new ValidationRecord(State.Step, State.Epoch, result.Loss, result.Metrics));
        State.ValidatedStep = State.Step;
        TellValidation(span, result.Loss);
        foreach (var metric in Metrics)
            if (metric is ConfusionMatrix confusion) History.ConfusionMatrix = confusion.Matrix();
        var watched = Look("validation", result.Loss, result.Metrics);
        if (Options.Schedule is ReduceOnPlateau plateau) plateau.Step(watched ?? result.Loss);
        Notify(static (callback, context) => callback.OnValidationEnd(context));
        trainingClock.Start();
    }

    private void EndValidationBatch()
    {
        context.ValidationBatch++;
        Notify(static (callback, context) => callback.OnValidationBatchEnd(context));
    }

    /// <summary>Looks for the watched number among what was measured.</summary>
    /// <returns>It, if it was there.</returns>
    private double? Look(string phase, double loss, IReadOnlyDictionary<string, double> metrics)
    {
        if (monitor.Look(phase, loss, metrics) is not { } look) return null;
        looked = (State.Step, look.Value);
        if (look.Improved)
        {
            checkpointDue = true;
            logger.Improved(monitor.Name, look.Value, State.Step);
            KeepBest();
        }

        if (monitor.IsOutOfPatience) StopEarly();
        return look.Value;
    }

    private void StopEarly()
    {
        stoppedEarly = true;
        context.Stop($"{monitor.Name} has not improved since step {State.BestStep}.");
    }
}
