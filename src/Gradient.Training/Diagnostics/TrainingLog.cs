using Microsoft.Extensions.Logging;

namespace Gradient.Training;

/// <summary>
/// What training logs. Event ids are part of the interface (docs/diagnostics.md), and none is given another meaning: 1xx the run, 20x epochs
/// and steps, 21x validation, 3xx checkpoints (see <see cref="CheckpointLog"/>), 4xx numbers that are not finite, 5xx data.
/// </summary>
internal static partial class TrainingLog
{
    [LoggerMessage(101, LogLevel.Information, "Training {Model} with {Parameters} parameters on {Device}, from step {Step}")]
    public static partial void TrainingStarted(this ILogger logger, string model, long parameters, string device, long step);

    [LoggerMessage(102, LogLevel.Information, "Training ended after {Step} steps and {Elapsed}: {Reason}")]
    public static partial void TrainingEnded(this ILogger logger, long step, TimeSpan elapsed, string reason);

    [LoggerMessage(103, LogLevel.Warning, "Training was cancelled after {Step} steps")]
    public static partial void TrainingCancelled(this ILogger logger, long step);

    [LoggerMessage(104, LogLevel.Error, "Training failed after {Step} steps")]
    public static partial void TrainingFailed(this ILogger logger, long step, Exception error);

    [LoggerMessage(201, LogLevel.Information, "Epoch {Epoch} ended at step {Step}: loss {Loss:0.####}, {Duration}")]
    public static partial void EpochEnded(this ILogger logger, int epoch, long step, double loss, TimeSpan duration);

    [LoggerMessage(202, LogLevel.Debug, "Step {Step}: loss {Loss:0.####}, learning rate {LearningRate}")]
    public static partial void StepEnded(this ILogger logger, long step, double loss, double learningRate);

    [LoggerMessage(211, LogLevel.Information, "Validation at step {Step}: loss {Loss:0.####}")]
    public static partial void Validated(this ILogger logger, long step, double loss);

    [LoggerMessage(212, LogLevel.Information, "{Monitor} improved to {Value:0.####} at step {Step}")]
    public static partial void Improved(this ILogger logger, string monitor, double value, long step);

    [LoggerMessage(213, LogLevel.Information, "The best model, of step {Step}, was restored")]
    public static partial void BestRestored(this ILogger logger, long step);

    [LoggerMessage(311, LogLevel.Information, "Resumed from {Path}, step {Step}")]
    public static partial void Resumed(this ILogger logger, string path, long step);

    [LoggerMessage(401, LogLevel.Warning, "Step {Step} was skipped: its loss or gradient is not finite; {SkippedSteps} so far")]
    public static partial void StepSkipped(this ILogger logger, long step, long skippedSteps);

    [LoggerMessage(501, LogLevel.Warning, "Epoch {Epoch} waited {Waited} of {Duration} for data; more workers may help: {Statistics}")]
    public static partial void WaitedForData(this ILogger logger, int epoch, TimeSpan waited, TimeSpan duration, object statistics);
}
