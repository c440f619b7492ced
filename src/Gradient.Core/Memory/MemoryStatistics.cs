namespace Gradient.Core;

/// <summary>What a device's memory pool has done so far, at one moment. All sizes in bytes, none negative.</summary>
/// <param name="LiveBytes">Held by tensors now (including unreachable ones that are not collected yet), in whole buffers.</param>
/// <param name="RequestedBytes">How many of them were asked for; the rest is what sizes were rounded up by.</param>
/// <param name="PooledBytes">Kept for reuse.</param>
/// <param name="PeakBytes">The highest that <paramref name="LiveBytes"/> has been.</param>
/// <param name="AllocatedBytes">Handed out so far, all in all.</param>
/// <param name="AllocationCount">Storages handed out.</param>
/// <param name="ReturnCount">Storages taken back.</param>
/// <param name="PoolHits">How many of those handed out came from the pool.</param>
/// <param name="SourceAllocationCount">How often memory was got from the system.</param>
/// <param name="PacedCollections">Garbage collections that the pool asked for.</param>
public readonly record struct MemoryStatistics(
    long LiveBytes, long RequestedBytes, long PooledBytes, long PeakBytes, long AllocatedBytes,
    long AllocationCount, long ReturnCount, long PoolHits, long SourceAllocationCount, long PacedCollections)
{
    /// <summary>What the pool holds of the system's memory: live and kept for reuse.</summary>
    public long HeldBytes => LiveBytes + PooledBytes;

    /// <summary>Taken back so far, all in all.</summary>
    public long ReturnedBytes => AllocatedBytes - LiveBytes;

    /// <summary>Storages handed out for which the pool had nothing.</summary>
    public long PoolMisses => AllocationCount - PoolHits;

    /// <summary>The share of allocations that the pool served, 0 to 1; 0 before the first.</summary>
    public double HitRatio => AllocationCount == 0 ? 0 : (double)PoolHits / AllocationCount;

    /// <summary>
    /// The share of <see cref="HeldBytes"/> that no tensor asked for, 0 to 1: 1 − <see cref="RequestedBytes"/> / <see cref="HeldBytes"/>. It
    /// is what sizes were rounded up by (internal fragmentation) and what is kept for reuse (external); <see cref="Memory.Trim()"/> takes the
    /// latter away. 0 where nothing is held.
    /// </summary>
    public double FragmentationRatio => HeldBytes == 0 ? 0 : 1 - ((double)RequestedBytes / HeldBytes);
}
