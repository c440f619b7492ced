namespace Gradient.Data;

/// <summary>
/// Examples that can be asked for by number: an input and its target each. Override <see cref="GetItem"/>; override
/// <see cref="GetBatch"/> too where many examples are had faster at once, and <see cref="ForEpoch"/> where items differ from epoch to
/// epoch. A <see cref="DataLoader"/> calls them from its worker threads, several at once if it has several, and disposes of the batches
/// it gets; items are left alone.
/// </summary>
public abstract partial class Dataset
{
    /// <summary>The number of examples.</summary>
    public abstract int Count { get; }

    /// <summary>How many random streams an item's augmentations take, so that the next one takes another.</summary>
    internal virtual int RandomStages => 0;

    /// <summary>An example: tensors of the same shapes and types for every index, on the CPU.</summary>
    /// <param name="index">0 to <see cref="Count"/> − 1.</param>
    public abstract (Tensor Input, Tensor Target) GetItem(int index);

    /// <summary>
    /// The dataset as it is in an epoch; itself, if epochs do not differ. Random augmentations live here: a pure function of (seed, epoch,
    /// index) is the same on any number of workers and after a resume (<see cref="ItemRandom"/>).
    /// </summary>
    /// <param name="epoch">From 0.</param>
    public virtual Dataset ForEpoch(long epoch) => this;

    /// <summary>
    /// Several examples stacked: inputs [batch, …], targets [batch, …]. By default each comes from <see cref="GetItem"/> and is copied
    /// into its place.
    /// </summary>
    /// <param name="indices">At least one, each 0 to <see cref="Count"/> − 1.</param>
    /// <exception cref="DatasetException">An item threw, or its shapes or types differ from those of the first; the error names its index.</exception>
    public virtual (Tensor Inputs, Tensor Targets) GetBatch(ReadOnlySpan<int> indices)
    {
        if (indices.IsEmpty) throw new ArgumentException("A batch needs at least one index.", nameof(indices));
        return Rows.Stack(indices, GetItem, index => index, GetType().Name);
    }

    /// <summary>That an index is one of the dataset's.</summary>
    private protected void Check(int index)
    {
        if ((uint)index >= (uint)Count)
            throw new ArgumentOutOfRangeException(nameof(index), index, $"{GetType().Name} has examples 0 to {Count - 1}.");
    }
}
