namespace Gradient.Data;

/// <summary>
/// Examples that can be asked for by number: an input and its target each. Override <see cref="GetItem"/>; override
/// <see cref="GetBatch"/> too where many examples are had faster at once. A <see cref="DataLoader"/> calls both from one background thread
/// per running enumeration, and disposes of what it got: hand out tensors, or views, that nobody else disposes. Random augmentation
/// that depends on the index alone (<see cref="Philox"/>) is the same at any prefetch.
/// </summary>
public abstract class Dataset
{
    /// <summary>The number of examples.</summary>
    public abstract int Count { get; }

    /// <summary>An example: tensors of the same shapes and types for every index, on the CPU.</summary>
    /// <param name="index">0 to <see cref="Count"/> − 1.</param>
    public abstract (Tensor Input, Tensor Target) GetItem(int index);

    /// <summary>
    /// Several examples stacked: inputs [batch, …], targets [batch, …]. By default each comes from <see cref="GetItem"/> and is copied
    /// into its place.
    /// </summary>
    /// <param name="indices">At least one, each 0 to <see cref="Count"/> − 1.</param>
    /// <exception cref="DatasetException">An item threw, or its shapes or types differ from those of the first; the error names its index.</exception>
    public virtual (Tensor Inputs, Tensor Targets) GetBatch(ReadOnlySpan<int> indices)
    {
        if (indices.IsEmpty) throw new ArgumentException("A batch needs at least one index.", nameof(indices));
        Tensor? inputs = null, targets = null;
        for (int i = 0; i < indices.Length; i++)
        {
            try
            {
                var (input, target) = GetItem(indices[i]);
                inputs ??= Rows.Empty(input, indices.Length);
                targets ??= Rows.Empty(target, indices.Length);
                Rows.Put(input, inputs, i);
                Rows.Put(target, targets, i);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                throw new DatasetException(indices[i], $"Item {indices[i]} of {GetType().Name} could not be read: {e.Message}", e);
            }
        }

        return (inputs!, targets!);
    }

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

    private static int[] Range(int from, int to)
    {
        var indices = new int[to - from];
        for (int i = 0; i < indices.Length; i++) indices[i] = from + i;
        return indices;
    }
}
