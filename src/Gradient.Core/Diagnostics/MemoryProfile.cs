using System.Globalization;
using System.Text;

namespace Gradient.Core;

/// <summary>What a <see cref="MemoryProfiler"/> saw, device by device.</summary>
public sealed class MemoryProfile
{
    internal MemoryProfile(IReadOnlyList<DeviceMemoryProfile> devices) => Devices = devices;

    /// <summary>One entry per device that was watched.</summary>
    public IReadOnlyList<DeviceMemoryProfile> Devices { get; }

    /// <summary>Writes the timelines as CSV: a line "device,seconds,live_bytes,pooled_bytes,operation", then a line per sample.</summary>
    public void WriteCsv(TextWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.Write("device,seconds,live_bytes,pooled_bytes,operation\n");
        foreach (var device in Devices)
            foreach (var sample in device.Samples)
                writer.Write(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{Field(device.Device)},{sample.Elapsed.TotalSeconds:0.000000},{sample.LiveBytes},{sample.PooledBytes},{Field(sample.Operation)}\n"));
    }

    /// <summary>A table per device: when the peak was, in which operation, and the operations that held most at it.</summary>
    public override string ToString() => string.Join(Environment.NewLine, Devices);

    /// <summary>Quoted where RFC 4180 wants it.</summary>
    private static string Field(string text) => text.AsSpan().ContainsAny(",\"\r\n") ? $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : text;
}

/// <summary>What a <see cref="MemoryProfiler"/> saw of one device. Sizes in bytes, of whole buffers as in <see cref="MemoryStatistics"/>.</summary>
public sealed class DeviceMemoryProfile
{
    private const int MostRows = 15;

    internal DeviceMemoryProfile()
    {
    }

    /// <summary>The device's name: "cpu", "metal".</summary>
    public required string Device { get; init; }

    /// <summary>How long it was watched.</summary>
    public required TimeSpan Duration { get; init; }

    /// <summary>Live at the start.</summary>
    public required long StartBytes { get; init; }

    /// <summary>How much of the peak was there already at the start.</summary>
    public required long EarlierBytesAtPeak { get; init; }

    /// <summary>The first moment with the most live bytes, and the operation whose allocation made it; "" if it was the start.</summary>
    public required MemorySample Peak { get; init; }

    /// <summary>How live and pooled bytes went: of each stretch of time in which something happened, the highest moment.</summary>
    public required IReadOnlyList<MemorySample> Samples { get; init; }

    /// <summary>What each operation allocated and held at the peak; those that held most come first.</summary>
    public required IReadOnlyList<OperationMemory> Operations { get; init; }

    /// <summary>A table of the operations that held most at the peak.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        text.AppendLine(
            CultureInfo.InvariantCulture,
            $"{Device}: peak of {Size(Peak.LiveBytes)} after {Peak.Elapsed.TotalSeconds:0.000} s of {Duration.TotalSeconds:0.000} s, {(Peak.Operation.Length == 0 ? "at the start" : "in " + Peak.Operation)}; {Size(Peak.PooledBytes)} were pooled then");
        int width = Math.Max(32, LongestName());
        Row("operation", "allocations", "allocated", "at the peak");
        int count = Math.Min(MostRows, Operations.Count);
        for (int i = 0; i < count; i++)
        {
            var operation = Operations[i];
            Row(operation.Operation, operation.Allocations.ToString("N0", CultureInfo.InvariantCulture), Size(operation.Bytes), Size(operation.BytesAtPeak));
        }

        if (count < Operations.Count) Row($"({Operations.Count - count} more)", "", "", "");
        if (EarlierBytesAtPeak > 0) Row("(before the start)", "", "", Size(EarlierBytesAtPeak));
        return text.ToString();

        void Row(string name, string allocations, string allocated, string atPeak) => text.AppendLine(
            $"  {name.PadRight(width)} {allocations,11} {allocated,12} {atPeak,12}".TrimEnd());
    }

    private int LongestName()
    {
        int longest = 0;
        for (int i = 0; i < Math.Min(MostRows, Operations.Count); i++) longest = Math.Max(longest, Operations[i].Operation.Length);
        return longest;
    }

    private static string Size(long bytes) => bytes < 1 << 20
        ? string.Create(CultureInfo.InvariantCulture, $"{bytes / 1024.0:0.0} KiB")
        : string.Create(CultureInfo.InvariantCulture, $"{bytes / 1048576.0:#,0.0} MiB");
}

/// <summary>A moment of a device's memory.</summary>
/// <param name="Elapsed">Since the profiler was started.</param>
/// <param name="LiveBytes">Held by tensors.</param>
/// <param name="PooledBytes">Kept for reuse.</param>
/// <param name="Operation">What had just allocated; "" if something was given back, or at the start and the end.</param>
public readonly record struct MemorySample(TimeSpan Elapsed, long LiveBytes, long PooledBytes, string Operation);

/// <summary>What an operation allocated.</summary>
/// <param name="Operation">Its name, after that of the region it ran in, if any: "matMul", "backward of linear: matMul".</param>
/// <param name="Allocations">How often.</param>
/// <param name="Bytes">How much, all in all.</param>
/// <param name="BytesAtPeak">How much of it was live when most was.</param>
public readonly record struct OperationMemory(string Operation, long Allocations, long Bytes, long BytesAtPeak);
