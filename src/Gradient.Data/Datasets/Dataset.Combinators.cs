namespace Gradient.Data;

public abstract partial class Dataset
{
    /// <summary>The first <paramref name="count"/> examples (all, if there are fewer).</summary>
    /// <exception cref="ArgumentOutOfRangeException">The count is negative.</exception>
    public Dataset Take(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        return new Subset(this, Range(0, Math.Min(count, Count)));
    }

    /// <summary>All but the first <paramref name="count"/> examples.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The count is negative.</exception>
    public Dataset Skip(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        return new Subset(this, Range(Math.Min(count, Count), Count));
    }

    /// <summary>
    /// Two parts without an example in common, drawn at random: the same seed gives the same parts. The first has
    /// ⌊fraction·Count⌋ examples, the second the rest.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The fraction is outside [0, 1].</exception>
    public (Dataset First, Dataset Second) RandomSplit(double fraction, long seed = 0)
    {
        if (!(fraction >= 0 && fraction <= 1)) throw new ArgumentOutOfRangeException(nameof(fraction), fraction, "A fraction is between 0 and 1.");
        int[] order = Permutation.Of(Count, seed, epoch: 0);
        int first = (int)(fraction * Count);
        return (new Subset(this, order.AsSpan(0, first)), new Subset(this, order.AsSpan(first)));
    }

    /// <summary>Each example mapped by a function of input and target, called on the loader's workers.</summary>
    public Dataset Select(Func<Tensor, Tensor, (Tensor Input, Tensor Target)> map) => new SelectDataset(this, map);

    /// <summary>Inputs transformed one after the other, the random ones with seed 0; targets stay.</summary>
    public Dataset Transform(params Transform[] transforms) => Transform(0, transforms);

    /// <summary>
    /// Inputs transformed one after the other; targets stay. What a random transform does to an item depends on (seed, epoch, index, its
    /// place in the chain) alone.
    /// </summary>
    public Dataset Transform(long seed, params Transform[] transforms) =>
        new TransformedDataset(this, new TransformChain(transforms, seed, RandomStages));

    /// <summary>
    /// Keeps items as this dataset hands them out, up to so many bytes, and drops those that were not used for longest. Put it in front
    /// of random transforms, not behind them.
    /// </summary>
    /// <exception cref="ArgumentException">Items of this dataset differ from epoch to epoch: they would be frozen.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The budget is negative.</exception>
    public CachedDataset Cached(long byteBudget) => new(this, byteBudget);

    private static int[] Range(int from, int to)
    {
        var indices = new int[to - from];
        for (int i = 0; i < indices.Length; i++) indices[i] = from + i;
        return indices;
    }
}
