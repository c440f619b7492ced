using System.Diagnostics.Metrics;

namespace Gradient.Core;

/// <summary>What <see cref="Memory.Statistics"/> tells, as instruments: read when somebody listens, per device.</summary>
internal static class MemoryInstruments
{
    private static int started;

    /// <summary>Makes the instruments, once.</summary>
    public static void Start()
    {
        if (Interlocked.Exchange(ref started, 1) != 0) return;
        var meter = Telemetry.Meter;
        meter.CreateObservableUpDownCounter(
            "gradient.memory.live", () => Measure(now => now.LiveBytes), "By", "Bytes held by tensors, unreachable ones that are not collected yet included.");
        meter.CreateObservableUpDownCounter("gradient.memory.pooled", () => Measure(now => now.PooledBytes), "By", "Bytes kept for reuse.");
        meter.CreateObservableGauge("gradient.memory.peak", () => Measure(now => now.PeakBytes), "By", "The most bytes that tensors have held.");
        meter.CreateObservableCounter("gradient.memory.allocations", () => Measure(now => now.AllocationCount), "{allocation}", "Storages handed out.");
        meter.CreateObservableCounter("gradient.memory.pool_hits", () => Measure(now => now.PoolHits), "{allocation}", "Storages handed out from the pool.");
    }

    private static List<Measurement<long>> Measure(Func<MemoryStatistics, long> number)
    {
        var all = new List<Measurement<long>>();
        foreach (var pool in Memory.AllPools) all.Add(new(number(pool.Statistics), new KeyValuePair<string, object?>("gradient.device", pool.Name)));
        return all;
    }
}
