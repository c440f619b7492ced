using System.Diagnostics;
using System.Globalization;

namespace Gradient.Benchmarks;

/// <summary>Times workloads and prints one JSON line each, as the peer does; with a profile, a table each besides.</summary>
internal sealed class Timer(string only, double seconds, ProfiledDevice? profile = null)
{
    private const int WarmUps = 10, FewestRuns = 5, MostRuns = 2000;

    /// <summary>Whether a workload with such a name may be measured: if not, its operands need not be made.</summary>
    public bool Wants(string prefix) => prefix.Contains(only, StringComparison.Ordinal) || only.StartsWith(prefix, StringComparison.Ordinal);

    /// <summary>
    /// Runs the work in a <see cref="TensorScope"/> each time, as a training loop does. Ten runs come first, and as many more as
    /// the just-in-time compiler needs to settle: half a second of them. The peak is that of live bytes in one
    /// more run, after a collection, so that it is the work's and not that of garbage.
    /// </summary>
    public void Time(string name, Action work)
    {
        if (!name.Contains(only, StringComparison.Ordinal)) return;
        var settle = Stopwatch.StartNew();
        for (int i = 0; i < WarmUps || settle.Elapsed.TotalSeconds < 0.5; i++) Run(work);
        profile?.Reset();
        var times = new List<double>();
        var total = Stopwatch.StartNew();
        while (times.Count < FewestRuns || (total.Elapsed.TotalSeconds < seconds && times.Count < MostRuns))
        {
            long start = Stopwatch.GetTimestamp();
            Run(work);
            times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }

        profile?.Print(name, times.Count, total.Elapsed);
        times.Sort();
        Memory.Trim();
        Memory.ResetPeak(Devices.Default);
        Run(work);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{{\"name\": \"{name}\", \"ms\": {times[times.Count / 2]:0.00000}, \"min_ms\": {times[0]:0.00000}, \"runs\": {times.Count}, "
            + $"\"peak_mib\": {Memory.Statistics(Devices.Default).PeakBytes / 1048576.0:0.00}}}"));
    }

    private static void Run(Action work)
    {
        using var scope = TensorScope.Begin();
        work();
        Devices.Default.Synchronize();
    }
}
