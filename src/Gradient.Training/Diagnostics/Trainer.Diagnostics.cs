using System.Diagnostics;
using System.Globalization;

namespace Gradient.Training;

/// <content>What a training tells those who listen: instruments, spans, log.</content>
public sealed partial class Trainer
{
    /// <summary>An epoch that waited for data for a larger share than this, and for a second at least, is told of.</summary>
    private const double WaitingShare = 0.2;

    private Activity? stepSpan;
    private long stepBegan;

    private void RunWatched(DataLoader train, DataLoader? validation, CancellationToken cancellation)
    {
        using var span = TrainingSpans.Fit(Model.GetType().Name, Device.Name);
        logger.TrainingStarted(Model.GetType().Name, Model.ParameterCount, Device.Name, State.Step);
        try
        {
            Run(train, validation, cancellation);
            logger.TrainingEnded(
                State.Step, State.Elapsed, State.StopReason ?? string.Create(CultureInfo.InvariantCulture, $"{Options.Epochs} epochs are done."));
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            logger.TrainingCancelled(State.Step);
            throw;
        }
        catch (Exception e)
        {
            stepSpan.Failed(e);
            span.Failed(e);
            logger.TrainingFailed(State.Step, e);
            throw;
        }
        finally
        {
            stepSpan?.Dispose();
            stepSpan = null;
        }
    }

    private void TellStep(long examples, bool good)
    {
        stepSpan?.Dispose();
        stepSpan = null;
        if (good)
        {
            TrainingInstruments.Step(Stopwatch.GetElapsedTime(stepBegan), examples);
            return;
        }

        TrainingInstruments.Skipped();
        logger.StepSkipped(State.Step + 1, State.SkippedSteps);
    }

    private void TellRecord(in TrainingRecord record)
    {
        TrainingInstruments.TrainingLoss(record.Loss);
        logger.StepEnded(record.Step, record.Loss, record.LearningRate);
    }

    private void TellEpoch(EpochRecord record, DataLoader train, TimeSpan waitedBefore)
    {
        logger.EpochEnded(record.Epoch, record.Step, record.TrainLoss, record.Duration);
        var waited = train.Statistics.WaitTime - waitedBefore;
        if (waited.TotalSeconds >= 1 && waited > record.Duration * WaitingShare)
            logger.WaitedForData(record.Epoch, waited, record.Duration, train.Statistics);
    }

    private void TellValidation(Activity? span, double validationLoss)
    {
        span.Loss(validationLoss);
        TrainingInstruments.ValidationLoss(validationLoss);
        logger.Validated(State.Step, validationLoss);
    }
}
