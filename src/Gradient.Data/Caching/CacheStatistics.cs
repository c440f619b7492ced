namespace Gradient.Data;

/// <summary>How a cache was used.</summary>
/// <param name="Hits">Items that were there when asked for.</param>
/// <param name="Misses">Items that were not.</param>
/// <param name="Evictions">Items that made room for others.</param>
/// <param name="Items">Items that it holds now.</param>
/// <param name="Bytes">Their bytes.</param>
public readonly record struct CacheStatistics(long Hits, long Misses, long Evictions, int Items, long Bytes)
{
    /// <summary>Hits among all that were asked for; 0 before the first.</summary>
    public double HitRatio => Hits + Misses == 0 ? 0 : (double)Hits / (Hits + Misses);
}
