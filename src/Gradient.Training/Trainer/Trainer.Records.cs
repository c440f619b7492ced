using System.Diagnostics;

namespace Gradient.Training;

/// <content>What is measured in training: summed on the device, read back with a record.</content>
public sealed partial class Trainer
{
    private readonly Stopwatch trainingClock = new();
    private RunningSum lossSum = new();
    private MetricSums[] trainingSums = [];
    private IReadOnlyDictionary<string, Tensor>? resumedSums;
    private TrainingContext context = null!;
    private Stopwatch clock = new();
    private TimeSpan elapsedBefore, epochBegan;
    private long clockedExamples;

    private static IReadOnlyDictionary<string, double> NoMetrics { get; } = new Dictionary<string, double>();

    /// <summary>Sums anew, or from where a checkpoint left them.</summary>
    private void TakeSums()
    {
        if (resumedSums is { } sums)
        {
            lossSum = sums.TryGetValue("loss.sum", out var sum) ? RunningSum.Restore(sum, sums.GetValueOrDefault("loss.lost"), Device) : new();
            gradientNorm = sums.TryGetValue("norm", out var norm) ? new(norm.To(Device).Copy().Persist()) : null;
            trainingSums = [.. Metrics.Select(metric => MetricSums.Restore($"{metric.Name}/", sums, Device))];
            TakeScaler(sums);
            resumedSums = null;
        }
        else if (trainingSums.Length != Metrics.Count)
        {
            trainingSums = [.. Metrics.Select(_ => new MetricSums())];
        }

        trainingClock.Restart();
        clockedExamples = 0;
        epochBegan = TimeSpan.Zero;
    }

    /// <summary>The sums as tensors, for a checkpoint.</summary>
    private Dictionary<string, Tensor> SaveSums()
    {
        var sums = new Dictionary<string, Tensor>();
        lossSum.Save("loss", sums);
        if (gradientNorm is { } norm) sums.Add("norm", norm.Value);
        SaveScaler(sums);
        for (int i = 0; i < trainingSums.Length; i++) trainingSums[i].Save($"{Metrics[i].Name}/", sums);
        return sums;
    }

    private void Measure(in Measured batch)
    {
        using (Tape.NoGrad())
        using (TensorScope.Begin()) lossSum.Add(Weighted(batch.Loss, batch.Batch.Count));
        State.RecordExamples += batch.Batch.Count;
        State.EpochExamples += batch.Batch.Count;
        clockedExamples += batch.Batch.Count;
        if (!Options.MeasureTraining) return;
        for (int i = 0; i < trainingSums.Length; i++)
        {
            var other = Metrics[i].Exchange(trainingSums[i]);
            Metrics[i].Update(batch.Prediction, batch.Batch.Targets);
            Metrics[i].Exchange(other);
        }
    }

    /// <summary>A mean loss as the sum over the examples, 0-d.</summary>
    private static Tensor Weighted(GradientTensor mean, int examples) =>
        ((mean.DType == DType.Float64 ? mean : mean.To(DType.Float32)) * examples).Sum().Value;

    /// <summary>Reads what the losses since the last time sum up to.</summary>
    private void ReadLoss()
    {
        double sum = lossSum.Read() is [var only] ? only : 0;
        lossSum.Clear();
        State.RecordLoss += sum;
        State.EpochLoss += sum;
    }

    /// <summary>Writes a record of the steps since the last one, if there were any.</summary>
    private void Record()
    {
        if (State.RecordedStep == State.Step) return;
        ReadLoss();
        var elapsed = elapsedBefore + clock.Elapsed;
        double seconds = trainingClock.Elapsed.TotalSeconds;
        History.Add(new TrainingRecord(
            State.Step, State.Epoch, State.RecordLoss / State.RecordExamples, Optimizer.LearningRate, gradientNorm?.Item(), scaler?.Scale,
            Memory.Statistics(Device).LiveBytes, seconds > 0 ? clockedExamples / seconds : 0, elapsed));
        TellRecord(History.Steps[^1]);
        (State.RecordLoss, State.RecordExamples, State.RecordedStep) = (0, 0, State.Step);
        clockedExamples = 0;
        Notify(static (callback, context) => callback.OnRecord(context));
        trainingClock.Restart();
    }

    /// <summary>Writes the record of the epoch that ends.</summary>
    private EpochRecord CloseEpoch()
    {
        ReadLoss();
        var metrics = NoMetrics;
        if (Options.MeasureTraining && Metrics.Count > 0)
        {
            var values = new Dictionary<string, double>();
            for (int i = 0; i < trainingSums.Length; i++)
            {
                var other = Metrics[i].Exchange(trainingSums[i]);
                values.Add(Metrics[i].Name, Metrics[i].Compute());
                Metrics[i].Exchange(other);
                trainingSums[i].Clear();
            }

            metrics = values;
        }

        var validation = History.Validations.Count > 0 && History.Validations[^1].Epoch == State.Epoch ? History.Validations[^1] : null;
        var now = clock.Elapsed;
        var record = new EpochRecord(
            State.Epoch, State.Step, State.EpochLoss / State.EpochExamples, metrics, validation?.Loss, validation?.Metrics,
            State.EpochElapsed + now - epochBegan);
        History.Add(record);
        (State.EpochLoss, State.EpochExamples, State.EpochElapsed, epochBegan) = (0, 0, TimeSpan.Zero, now);
        return record;
    }
}
