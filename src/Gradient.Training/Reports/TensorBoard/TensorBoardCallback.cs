using System.Diagnostics.CodeAnalysis;

namespace Gradient.Training;

/// <summary>
/// Writes a training to TensorBoard: at each record loss/train, optimizer/learning rate, gradient norm and loss scale, system/examples per second and
/// live bytes; after each validation loss/validation and METRIC/validation; after each epoch METRIC/train; on demand histograms of parameters
/// and gradients. What it writes as scalars is in the history already: nothing is read back from the device for them.
/// </summary>
[SuppressMessage("Design", "CA1001:Types that own disposable fields should be disposable", Justification = "OnTrainingEnd closes it, which comes however a training ends.")]
public sealed class TensorBoardCallback : TrainingCallback
{
    private readonly string? folder;
    private TensorBoardWriter? writer;
    private long lastHistogram;

    /// <summary>Writes to a folder: a new event file for each run of a training, closed at its end.</summary>
    /// <param name="folder">The folder of this run.</param>
    public TensorBoardCallback(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        this.folder = folder;
    }

    /// <summary>Writes to a writer that others use too, for images for instance; it is flushed but stays open.</summary>
    /// <param name="writer">The writer.</param>
    public TensorBoardCallback(TensorBoardWriter writer) => this.writer = writer;

    /// <summary>
    /// How many steps lie between histograms of each parameter (parameters/NAME) and, where it has one after the step, its gradient
    /// (gradients/NAME); null (the default) writes none. All elements are read back from the device.
    /// </summary>
    public int? HistogramsEvery { get; init; }

    /// <inheritdoc/>
    public override void OnTrainingStart(TrainingContext context)
    {
        long step = context.State.Step;
        if (folder is not null) writer = new(folder, resumedAt: step > 0 ? step + 1 : null);
        lastHistogram = step;
    }

    /// <inheritdoc/>
    public override void OnRecord(TrainingContext context)
    {
        if (writer is null || context.History.Steps is not [.., var record]) return;
        writer.AddScalar("loss/train", record.Loss, record.Step);
        writer.AddScalar("optimizer/learning rate", record.LearningRate, record.Step);
        if (record.GradientNorm is { } norm) writer.AddScalar("optimizer/gradient norm", norm, record.Step);
        if (record.LossScale is { } scale) writer.AddScalar("optimizer/loss scale", scale, record.Step);
        writer.AddScalar("system/examples per second", record.ExamplesPerSecond, record.Step);
        writer.AddScalar("system/live bytes", record.LiveBytes, record.Step);
    }

    /// <inheritdoc/>
    public override void OnBatchEnd(TrainingContext context)
    {
        long step = context.State.Step;
        if (writer is null || HistogramsEvery is not { } every || step == lastHistogram || step % every != 0) return;
        lastHistogram = step; // once, though several batches may make a step
        foreach (var (name, parameter) in context.Model.NamedParameters())
        {
            writer.AddHistogram("parameters/" + name, parameter, step);
            if (parameter.Grad is { } gradient) writer.AddHistogram("gradients/" + name, gradient, step);
        }
    }

    /// <inheritdoc/>
    public override void OnValidationEnd(TrainingContext context)
    {
        if (writer is null || context.History.Validations is not [.., var record]) return;
        writer.AddScalar("loss/validation", record.Loss, record.Step);
        foreach (var (name, value) in record.Metrics) writer.AddScalar(name + "/validation", value, record.Step);
        writer.Flush();
    }

    /// <inheritdoc/>
    public override void OnEpochEnd(TrainingContext context)
    {
        if (writer is null || context.History.Epochs is not [.., var record]) return;
        foreach (var (name, value) in record.TrainMetrics) writer.AddScalar(name + "/train", value, record.Step);
        writer.Flush();
    }

    /// <inheritdoc/>
    public override void OnTrainingEnd(TrainingContext context)
    {
        if (folder is null)
        {
            writer?.Flush();
            return;
        }

        writer?.Dispose();
        writer = null;
    }
}
