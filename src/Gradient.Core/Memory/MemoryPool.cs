namespace Gradient.Core;

/// <summary>
/// Keeps freed buffers of one device by size class, and paces the garbage collector by native bytes: tensors are small
/// managed objects over large native buffers, so the collector alone would see no reason to run. When live bytes have grown
/// by <see cref="GrowthFactor"/> since the last collection, a collection is made and its finalizers are awaited.
/// </summary>
/// <remarks>
/// <see cref="GC.AddMemoryPressure"/> was rejected: it decides by the history of pressure, not by live bytes, and it never
/// waits for the finalizers, so a tight loop overtakes them.
/// </remarks>
public sealed class MemoryPool
{
    /// <summary>Below this many live bytes nothing is collected for the pool's sake.</summary>
    public const long CollectionFloor = 256L << 20;

    /// <summary>
    /// How much live bytes may grow over what the last collection left before the next one; and how far live and pooled bytes
    /// together may exceed the highest live bytes so far, before buffers kept in other size classes are given back.
    /// </summary>
    public const double GrowthFactor = 1.5;

    /// <summary>A young collection that leaves a larger share of live bytes than this is followed by a full one.</summary>
    private const double WorthwhileShare = 0.7;

    /// <summary>
    /// How long a thread waits for another's collection. Bounded, because the waiting thread might be the finalizer's before
    /// that is known, and the collecting thread waits for the finalizer's in turn.
    /// </summary>
    private const int PatienceMilliseconds = 500;

    /// <summary>Whether this is the finalizer's thread. A finalizer may make tensors, but cannot wait for finalizers.</summary>
    [ThreadStatic]
    private static bool runsFinalizers;

    private readonly IMemorySource source;
    private readonly Stack<DeviceBuffer>?[] free = new Stack<DeviceBuffer>?[SizeClasses.Count];
    private readonly Lock gate = new(), collecting = new();
    private long live, requested, coming, pooled, peak, highest, allocated, allocations, returns, hits, sourceAllocations, collections;
    private long collectAt = CollectionFloor;
    private long limit;
    private MemoryRecorder? recorder; // called under the gate

    /// <summary>An empty pool over a source.</summary>
    /// <param name="source">Where memory comes from.</param>
    /// <param name="name">What errors call the device.</param>
    public MemoryPool(IMemorySource source, string name = "the device") => (this.source, Name) = (source, name);

    /// <summary>What people call the device: "cpu", "metal".</summary>
    public string Name { get; }

    /// <summary>
    /// The most bytes that this pool may hold, live and kept for reuse; null (the default) means <see cref="Memory.Limit"/>. An allocation
    /// that would exceed it first gives back what is kept and collects unreachable tensors, then throws.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">Not positive.</exception>
    public long? Limit
    {
        get => Interlocked.Read(ref limit) is > 0 and var bytes ? bytes : null;
        set => Interlocked.Exchange(ref limit, Memory.CheckedLimit(value));
    }

    /// <summary>What the pool has done so far.</summary>
    public MemoryStatistics Statistics
    {
        get
        {
            lock (gate)
                return new(live, requested, pooled, peak, allocated, allocations, returns, hits, sourceAllocations, Volatile.Read(ref collections));
        }
    }

    /// <summary>
    /// The bytes that a request of so many takes: size classes are four to a power of two, at most 25 % above the request
    /// (64 bytes at least).
    /// </summary>
    public static long SizeClass(long bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bytes, SizeClasses.MaxBytes);
        return SizeClasses.SizeOf(SizeClasses.IndexOf(bytes));
    }

    /// <summary>A buffer of at least so many bytes, of undefined content.</summary>
    /// <param name="bytes">How many.</param>
    /// <param name="operation">What errors and <see cref="MemoryProfiler"/> call what needs them.</param>
    /// <exception cref="OutOfDeviceMemoryException">
    /// There is none, even after the pool was trimmed and unreachable tensors were collected.
    /// </exception>
    public DeviceBuffer Rent(long bytes, string operation = "rent")
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        if (bytes > SizeClasses.MaxBytes) throw OutOfMemory(bytes, operation);
        int index = SizeClasses.IndexOf(bytes);
        long size = SizeClasses.SizeOf(index);
        if (Volatile.Read(ref live) + size > Volatile.Read(ref collectAt)) Pace(size);
        return TryRent(index, bytes, operation, out var buffer) ? buffer : RentAfterCleaning(index, bytes, operation);
    }

    /// <summary>Takes a buffer back for reuse.</summary>
    public void Return(in DeviceBuffer buffer)
    {
        int index = SizeClasses.IndexOf(buffer.Bytes);
        lock (gate)
        {
            recorder?.Returning(buffer, live, pooled);
            live -= buffer.Bytes;
            requested -= buffer.Requested;
            pooled += buffer.Bytes;
            returns++;
            (free[index] ??= new()).Push(buffer);
        }
    }

    /// <summary>Takes back the buffer of a storage that became unreachable.</summary>
    internal void ReturnFromFinalizer(in DeviceBuffer buffer)
    {
        runsFinalizers = true;
        Return(buffer);
    }

    /// <summary>Gives all that is kept for reuse back to the system.</summary>
    public void Trim()
    {
        var surplus = new List<DeviceBuffer>();
        lock (gate)
        {
            foreach (var stack in free)
                while (stack is not null && stack.TryPop(out var buffer)) surplus.Add(buffer);
            pooled = 0;
        }

        foreach (var buffer in surplus) source.Free(buffer); // outside the lock: unmapping gigabytes takes its time
    }

    internal void ResetPeak()
    {
        lock (gate) peak = live;
    }

    /// <summary>Has the recorder told of all that comes and goes from now on.</summary>
    internal void Attach(MemoryRecorder watcher)
    {
        lock (gate)
        {
            watcher.Begin(live, pooled);
            recorder = watcher;
        }
    }

    /// <summary>Ends that; what the recorder knows does not change afterwards.</summary>
    internal void Detach()
    {
        lock (gate)
        {
            recorder?.End(live, pooled);
            recorder = null;
        }
    }

    private bool TryRent(int index, long bytes, string operation, out DeviceBuffer buffer)
    {
        long size = SizeClasses.SizeOf(index);
        buffer = default;
        bool surplus;
        lock (gate)
        {
            long most = Limit ?? Memory.Limit ?? long.MaxValue;
            if (size > most - live - coming) return false;
            if (free[index] is { } stack && stack.TryPop(out buffer))
            {
                pooled -= size;
                hits++;
                Serve(ref buffer, bytes, operation);
                return true;
            }

            // What is kept in other size classes counts against the limit too.
            if (size > most - live - coming - pooled) return false;
            surplus = pooled > 0 && live + coming + pooled + size > GrowthFactor * Math.Max(CollectionFloor, highest);
            coming += size; // before the lock is left, so that the limit holds among threads
        }

        if (surplus) Trim();
        bool found = source.TryAllocate(size, out buffer); // outside the lock: the finalizer's thread returns buffers meanwhile
        lock (gate)
        {
            coming -= size;
            if (!found) return false;
            sourceAllocations++;
            Serve(ref buffer, bytes, operation);
            return true;
        }
    }

    private void Serve(ref DeviceBuffer buffer, long bytes, string operation)
    {
        buffer = buffer with { Requested = bytes };
        live += buffer.Bytes;
        requested += bytes;
        allocated += buffer.Bytes;
        allocations++;
        peak = Math.Max(peak, live);
        highest = Math.Max(highest, live);
        recorder?.Rented(buffer, operation, live, pooled);
    }

    /// <summary>First what costs little, then what costs more: the pool, young tensors, all tensors.</summary>
    private DeviceBuffer RentAfterCleaning(int index, long bytes, string operation)
    {
        Trim();
        if (TryRent(index, bytes, operation, out var buffer)) return buffer;
        for (int generation = 1; generation <= GC.MaxGeneration; generation++)
        {
            Collect(generation);
            if (TryRent(index, bytes, operation, out buffer)) return buffer;
            Trim();
            if (TryRent(index, bytes, operation, out buffer)) return buffer;
        }

        throw OutOfMemory(bytes, operation);
    }

    /// <summary>
    /// Young tensors die young, so a generation-1 collection comes first; a full one only if that left too much alive.
    /// </summary>
    private void Pace(long size)
    {
        if (runsFinalizers || !collecting.TryEnter(PatienceMilliseconds)) return;
        try
        {
            long before = Volatile.Read(ref live);
            if (before + size <= Volatile.Read(ref collectAt)) return; // another thread has just collected
            Collect(1);
            if (Volatile.Read(ref live) > before * WorthwhileShare) Collect(GC.MaxGeneration);
            lock (gate) collectAt = Math.Max(CollectionFloor, (long)((live + size) * GrowthFactor));
        }
        finally
        {
            collecting.Exit();
        }
    }

    private void Collect(int generation)
    {
        GC.Collect(generation, GCCollectionMode.Forced, blocking: true);
        GC.WaitForPendingFinalizers();
        Interlocked.Increment(ref collections);
    }

    private OutOfDeviceMemoryException OutOfMemory(long bytes, string operation)
    {
        var now = Statistics;
        return new(
            $"{OperationName.Of(operation)}: no memory for {bytes:N0} bytes on {Name}: {now.LiveBytes:N0} are live, {now.PooledBytes:N0} pooled, the limit is "
            + ((Limit ?? Memory.Limit) is { } most ? $"{most:N0}" : "what the system has")
            + ". Use smaller batches, TensorScope, gradient accumulation or Tape.Checkpoint.");
    }
}
