using System.Diagnostics.Metrics;

namespace Gradient.Training;

/// <summary>The instruments that training feeds; see docs/diagnostics.md. None costs anything while nobody listens.</summary>
internal static class TrainingInstruments
{
    private static readonly Gauge<double> Losses = Telemetry.Meter.CreateGauge<double>(
        "gradient.training.loss", "1", "The latest mean loss that was read.");

    private static readonly Histogram<double> StepDurations = Telemetry.Meter.CreateHistogram(
        "gradient.training.step.duration", "s", "An optimizer step, waiting for its batches included.",
        advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10] });

    private static readonly Counter<long> Examples = Telemetry.Meter.CreateCounter<long>(
        "gradient.training.examples", "{example}", "Examples trained on; its rate is the throughput.");

    private static readonly Counter<long> SkippedSteps = Telemetry.Meter.CreateCounter<long>(
        "gradient.training.skipped_steps", "{step}", "Optimizer steps left out because numbers were not finite.");

    private static readonly KeyValuePair<string, object?> Train = new("gradient.data", "train"), Validation = new("gradient.data", "validation");

    /// <summary>The mean loss of the latest steps was read.</summary>
    public static void TrainingLoss(double loss) => Losses.Record(loss, Train);

    /// <summary>A validation gave this loss.</summary>
    public static void ValidationLoss(double loss) => Losses.Record(loss, Validation);

    /// <summary>An optimizer step was made, of so many examples.</summary>
    public static void Step(TimeSpan duration, long examples)
    {
        StepDurations.Record(duration.TotalSeconds);
        Examples.Add(examples);
    }

    /// <summary>An optimizer step was left out.</summary>
    public static void Skipped() => SkippedSteps.Add(1);
}
