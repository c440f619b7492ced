namespace Gradient.Core;

/// <summary>What users can see and steer of device memory.</summary>
public static class Memory
{
    private static readonly Lock Gate = new();
    private static readonly List<MemoryPool> Pools = [];
    private static long limit;

    /// <summary>
    /// The most bytes that each device's pool may hold; null (the default) means no limit but the system's. An allocation above
    /// it throws <see cref="OutOfDeviceMemoryException"/> after trimming and collecting.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">Not positive.</exception>
    public static long? Limit
    {
        get => Interlocked.Read(ref limit) is > 0 and var bytes ? bytes : null;
        set
        {
            if (value is <= 0) throw new ArgumentOutOfRangeException(nameof(value), value, "Memory.Limit is a positive number of bytes, or null.");
            Interlocked.Exchange(ref limit, value ?? 0);
        }
    }

    internal static long LimitOrMax => Interlocked.Read(ref limit) is > 0 and var bytes ? bytes : long.MaxValue;

    /// <summary>What the device's pool has done so far.</summary>
    public static MemoryStatistics Statistics(Device device) => device.MemoryPool.Statistics;

    /// <summary>Sets the peak of the device's statistics to what is live now.</summary>
    public static void ResetPeak(Device device) => device.MemoryPool.ResetPeak();

    /// <summary>Collects unreachable tensors and gives what all pools keep for reuse back to the system.</summary>
    public static void Trim()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        MemoryPool[] all;
        lock (Gate) all = [.. Pools];
        foreach (var pool in all) pool.Trim();
    }

    /// <summary>Backends make their pools known here, so that <see cref="Trim"/> reaches them.</summary>
    public static MemoryPool CreatePool(IMemorySource source)
    {
        var pool = new MemoryPool(source);
        lock (Gate) Pools.Add(pool);
        return pool;
    }
}
