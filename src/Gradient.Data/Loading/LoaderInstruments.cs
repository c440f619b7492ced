using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Gradient.Data;

/// <summary>The instruments that loaders feed; see docs/diagnostics.md.</summary>
internal static class LoaderInstruments
{
    private static readonly Histogram<double> Waits = Telemetry.Meter.CreateHistogram<double>(
        "gradient.data.wait.duration", "s", "How long a batch was waited for.");

    private static readonly Histogram<double> Loads = Telemetry.Meter.CreateHistogram<double>(
        "gradient.data.load.duration", "s", "How long the making of a batch took.");

    /// <summary>A batch was waited for, so many ticks of <see cref="Stopwatch"/>.</summary>
    public static void Waited(long ticks) => Waits.Record(Stopwatch.GetElapsedTime(0, ticks).TotalSeconds);

    /// <summary>A batch was made in so many ticks.</summary>
    public static void Loaded(long ticks) => Loads.Record(Stopwatch.GetElapsedTime(0, ticks).TotalSeconds);
}
