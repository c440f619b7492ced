namespace Gradient.Core;

/// <summary>What a device's memory pool has done so far. All sizes in bytes.</summary>
/// <param name="LiveBytes">Held by tensors now (including unreachable ones that are not collected yet).</param>
/// <param name="PooledBytes">Kept for reuse.</param>
/// <param name="PeakBytes">The highest that <paramref name="LiveBytes"/> has been.</param>
/// <param name="AllocationCount">Storages handed out.</param>
/// <param name="PoolHits">How many of them came from the pool.</param>
/// <param name="SourceAllocationCount">How often memory was asked of the system.</param>
/// <param name="PacedCollections">Garbage collections that the pool asked for.</param>
public readonly record struct MemoryStatistics(
    long LiveBytes, long PooledBytes, long PeakBytes, long AllocationCount, long PoolHits, long SourceAllocationCount, long PacedCollections)
{
    /// <summary>The share of allocations that the pool served, 0 to 1.</summary>
    public double HitRatio => AllocationCount == 0 ? 0 : (double)PoolHits / AllocationCount;
}
