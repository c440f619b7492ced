namespace Gradient.Data;

/// <summary>Another dataset's items, kept in memory up to a number of bytes: <see cref="Dataset.Cached"/>.</summary>
public sealed class CachedDataset : Dataset
{
    private readonly Dataset source;
    private readonly ItemCache<int> cache;

    internal CachedDataset(Dataset source, long byteBudget)
    {
        if (!ReferenceEquals(source.ForEpoch(1), source))
            throw new ArgumentException($"Items of {source.GetType().Name} differ from epoch to epoch and would be frozen in a cache; cache first, then transform.", nameof(source));
        this.source = source;
        cache = new(byteBudget);
    }

    /// <inheritdoc/>
    public override int Count => source.Count;

    /// <summary>Hits, misses, and what the cache holds.</summary>
    public CacheStatistics Statistics => cache.Statistics;

    internal override int RandomStages => source.RandomStages;

    /// <inheritdoc/>
    public override (Tensor Input, Tensor Target) GetItem(int index) => cache.GetOrAdd(index, source.GetItem);

    /// <summary>Drops all items; the counts stay.</summary>
    public void Clear() => cache.Clear();
}
