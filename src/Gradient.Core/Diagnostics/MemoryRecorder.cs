using System.Diagnostics;

namespace Gradient.Core;

/// <summary>What <see cref="MemoryProfiler"/> writes down of one pool, which calls it under its lock.</summary>
internal sealed class MemoryRecorder(string device, int mostSamples)
{
    private readonly Dictionary<(string Operation, string? Region), Entry> entries = [];
    private readonly Dictionary<nint, Entry> owners = [];
    private readonly List<MemorySample> samples = [];
    private TimeSpan interval = TimeSpan.FromMilliseconds(1);
    private long began, startBytes, earlier, earlierAtPeak;
    private MemorySample peak;
    private bool peakIsOpen; // live bytes are at the peak: what is live now is noted when the first of it goes
    private TimeSpan duration;

    public void Begin(long live, long pooled)
    {
        began = Stopwatch.GetTimestamp();
        startBytes = earlier = live;
        peak = new(TimeSpan.Zero, live, pooled, "");
        peakIsOpen = true;
        samples.Add(peak);
    }

    public void End(long live, long pooled)
    {
        ClosePeak();
        duration = Stopwatch.GetElapsedTime(began);
        samples.Add(new(duration, live, pooled, ""));
    }

    /// <summary>A buffer was handed out; live and pooled are what they are with it.</summary>
    public void Rented(in DeviceBuffer buffer, string operation, long live, long pooled)
    {
        var key = (operation, MemoryProfiler.Region);
        if (!entries.TryGetValue(key, out var entry)) entries.Add(key, entry = new());
        entry.Allocations++;
        entry.Bytes += buffer.Bytes;
        entry.Live += buffer.Bytes;
        owners[buffer.Handle] = entry;
        var sample = new MemorySample(Stopwatch.GetElapsedTime(began), live, pooled, operation);
        if (live > peak.LiveBytes)
        {
            peak = sample with { Operation = Spelled(key) };
            peakIsOpen = true;
        }

        Note(sample);
    }

    /// <summary>A buffer comes back; live and pooled are what they are before that.</summary>
    public void Returning(in DeviceBuffer buffer, long live, long pooled)
    {
        if (peakIsOpen) ClosePeak();
        if (owners.Remove(buffer.Handle, out var entry)) entry.Live -= buffer.Bytes;
        else earlier -= buffer.Bytes;
        Note(new(Stopwatch.GetElapsedTime(began), live - buffer.Bytes, pooled + buffer.Bytes, ""));
    }

    public DeviceMemoryProfile Result()
    {
        // Members and operations of one name, spelled differently, are one.
        var merged = new Dictionary<string, OperationMemory>();
        foreach (var (key, entry) in entries)
        {
            string name = Spelled(key);
            merged.TryGetValue(name, out var before);
            merged[name] = new(name, before.Allocations + entry.Allocations, before.Bytes + entry.Bytes, before.BytesAtPeak + entry.AtPeak);
        }

        var operations = new List<OperationMemory>(merged.Values);
        operations.Sort((a, b) => (b.BytesAtPeak, b.Bytes).CompareTo((a.BytesAtPeak, a.Bytes)));
        return new()
        {
            Device = device,
            Duration = duration,
            StartBytes = startBytes,
            EarlierBytesAtPeak = earlierAtPeak,
            Peak = peak,
            Samples = samples.ConvertAll(sample => sample with { Operation = OperationName.Of(sample.Operation) }),
            Operations = operations,
        };
    }

    private static string Spelled((string Operation, string? Region) key) =>
        key.Region is { } region ? $"{region}: {OperationName.Of(key.Operation)}" : OperationName.Of(key.Operation);

    private void ClosePeak()
    {
        if (!peakIsOpen) return;
        peakIsOpen = false;
        earlierAtPeak = earlier;
        foreach (var entry in entries.Values) entry.AtPeak = entry.Live;
    }

    private void Note(in MemorySample sample)
    {
        var last = samples[^1];
        if (Stretch(last) != Stretch(sample)) samples.Add(sample);
        else if (sample.LiveBytes > last.LiveBytes) samples[^1] = sample;
        if (samples.Count >= mostSamples) Thin();
    }

    private long Stretch(in MemorySample sample) => sample.Elapsed.Ticks / interval.Ticks;

    /// <summary>Doubles the stretches; where two become one, the higher sample stays.</summary>
    private void Thin()
    {
        while (samples.Count > mostSamples / 2)
        {
            interval *= 2;
            int kept = 0;
            for (int i = 1; i < samples.Count; i++)
            {
                if (Stretch(samples[i]) != Stretch(samples[kept])) samples[++kept] = samples[i];
                else if (samples[i].LiveBytes > samples[kept].LiveBytes) samples[kept] = samples[i];
            }

            samples.RemoveRange(kept + 1, samples.Count - kept - 1);
        }
    }

    private sealed class Entry
    {
        public long Allocations, Bytes, Live, AtPeak;
    }
}
