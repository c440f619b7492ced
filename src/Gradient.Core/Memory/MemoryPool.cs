using System.Numerics;

namespace Gradient.Core;

/// <summary>
/// Keeps freed buffers of one device by size class, and paces the garbage collector by native bytes: tensors are small
/// managed objects over large native buffers, so the collector alone would see no reason to run. When live bytes have grown
/// by <see cref="GrowthFactor"/> since the last collection, a collection is made and its finalizers are awaited.
/// </summary>
public sealed class MemoryPool
{
    /// <summary>Below this many live bytes nothing is collected for the pool's sake.</summary>
    public const long CollectionFloor = 256L << 20;

    /// <summary>How much live bytes may grow over what the last collection left before the next one.</summary>
    public const double GrowthFactor = 1.5;

    private const int MinimumClassBytes = 64;
    private readonly IMemorySource source;
    private readonly Dictionary<long, Stack<DeviceBuffer>> free = [];
    private readonly Lock gate = new();
    private long live, pooled, peak, allocations, hits, sourceAllocations, collections;
    private long collectAt = CollectionFloor;

    /// <summary>An empty pool over a source.</summary>
    public MemoryPool(IMemorySource source) => this.source = source;

    /// <summary>What the pool has done so far.</summary>
    public MemoryStatistics Statistics
    {
        get
        {
            lock (gate) return new(live, pooled, peak, allocations, hits, sourceAllocations, collections);
        }
    }

    /// <summary>
    /// The bytes that a request of so many takes: size classes are four to a power of two, at most 25 % above the request.
    /// </summary>
    public static long SizeClass(long bytes)
    {
        if (bytes <= MinimumClassBytes) return MinimumClassBytes;
        int log = 63 - BitOperations.LeadingZeroCount((ulong)(bytes - 1));
        long step = Math.Max(MinimumClassBytes, 1L << Math.Max(0, log - 2));
        return checked((bytes + step - 1) / step * step);
    }

    /// <summary>A buffer of at least so many bytes, of undefined content.</summary>
    /// <exception cref="OutOfDeviceMemoryException">
    /// There is none, even after the pool was trimmed and unreachable tensors were collected.
    /// </exception>
    public DeviceBuffer Rent(long bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        long size = SizeClass(bytes);
        if (Volatile.Read(ref live) + size > Volatile.Read(ref collectAt)) CollectUnreachable();
        if (TryRent(size, out var buffer)) return buffer;

        Trim();
        CollectUnreachable();
        Trim();
        if (TryRent(size, out buffer)) return buffer;
        var now = Statistics;
        throw new OutOfDeviceMemoryException(
            $"No memory for {bytes:N0} bytes: {now.LiveBytes:N0} are live, {now.PooledBytes:N0} pooled, the limit is "
            + (Memory.Limit is { } limit ? $"{limit:N0}" : "what the system has")
            + ". Use smaller batches, TensorScope, gradient accumulation or Tape.Checkpoint.");
    }

    /// <summary>Takes a buffer back for reuse.</summary>
    public void Return(in DeviceBuffer buffer)
    {
        lock (gate)
        {
            live -= buffer.Bytes;
            pooled += buffer.Bytes;
            if (!free.TryGetValue(buffer.Bytes, out var stack)) free.Add(buffer.Bytes, stack = new());
            stack.Push(buffer);
        }
    }

    /// <summary>Gives all that is kept for reuse back to the system.</summary>
    public void Trim()
    {
        lock (gate)
        {
            foreach (var stack in free.Values)
                while (stack.TryPop(out var buffer)) source.Free(buffer);
            pooled = 0;
        }
    }

    internal void ResetPeak()
    {
        lock (gate) peak = live;
    }

    private bool TryRent(long size, out DeviceBuffer buffer)
    {
        lock (gate)
        {
            if (Memory.Limit is { } limit && live + size > limit)
            {
                buffer = default;
                return false;
            }

            if (free.TryGetValue(size, out var stack) && stack.TryPop(out buffer))
            {
                pooled -= size;
                hits++;
            }
            else
            {
                // What is kept in other size classes counts against the limit too.
                if ((Memory.Limit is { } total && live + pooled + size > total) || !source.TryAllocate(size, out buffer))
                {
                    buffer = default;
                    return false;
                }

                sourceAllocations++;
            }

            allocations++;
            live += size;
            peak = Math.Max(peak, live);
            return true;
        }
    }

    /// <summary>
    /// Young tensors die young, so a generation-1 collection comes first; a full one only if that left too much alive.
    /// </summary>
    private void CollectUnreachable()
    {
        long before = Volatile.Read(ref live);
        GC.Collect(1, GCCollectionMode.Forced, blocking: true);
        GC.WaitForPendingFinalizers();
        if (Volatile.Read(ref live) > before * 0.7)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        lock (gate)
        {
            collections++;
            collectAt = Math.Max(CollectionFloor, (long)(live * GrowthFactor));
        }
    }
}
