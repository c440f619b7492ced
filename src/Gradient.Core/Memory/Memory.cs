namespace Gradient.Core;

/// <summary>What users can see and steer of device memory.</summary>
public static class Memory
{
    private static readonly Lock Gate = new();
    private static readonly List<MemoryPool> Pools = [];
    private static long limit;

    /// <summary>
    /// The most bytes that each device's pool may hold; null (the default) means no limit but the system's. An allocation above
    /// it throws <see cref="OutOfDeviceMemoryException"/> after trimming and collecting. <see cref="MemoryPool.Limit"/> is that of one device.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">Not positive.</exception>
    public static long? Limit
    {
        get => Interlocked.Read(ref limit) is > 0 and var bytes ? bytes : null;
        set => Interlocked.Exchange(ref limit, CheckedLimit(value));
    }

    /// <summary>The pools of all devices that were used so far.</summary>
    internal static MemoryPool[] AllPools
    {
        get
        {
            lock (Gate) return [.. Pools];
        }
    }

    /// <summary>What the device's pool has done so far.</summary>
    public static MemoryStatistics Statistics(Device device) => device.MemoryPool.Statistics;

    /// <summary>Sets the peak of the device's statistics to what is live now.</summary>
    public static void ResetPeak(Device device) => device.MemoryPool.ResetPeak();

    /// <summary>Collects unreachable tensors and gives what all pools keep for reuse back to the system.</summary>
    public static void Trim()
    {
        Collect();
        foreach (var pool in AllPools) pool.Trim();
    }

    /// <summary>Collects unreachable tensors and gives what the device's pool keeps for reuse back to the system.</summary>
    public static void Trim(Device device)
    {
        Collect();
        device.MemoryPool.Trim();
    }

    /// <summary>Backends make their pools here, so that <see cref="Trim()"/>, <see cref="MemoryProfiler"/> and the instruments reach them.</summary>
    /// <param name="name">What people call the device: "cpu", "metal".</param>
    /// <param name="source">Where memory comes from.</param>
    public static MemoryPool CreatePool(string name, IMemorySource source)
    {
        var pool = new MemoryPool(source, name);
        lock (Gate) Pools.Add(pool);
        MemoryInstruments.Start();
        MemoryProfiler.Running?.Watch(pool);
        return pool;
    }

    /// <summary>A limit as it is stored: 0 for none.</summary>
    internal static long CheckedLimit(long? bytes) => bytes is <= 0
        ? throw new ArgumentOutOfRangeException(nameof(bytes), bytes, "A limit of memory is a positive number of bytes, or null.")
        : bytes ?? 0;

    private static void Collect()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
    }
}
