namespace Gradient.Data;

/// <summary>Some examples of another dataset, in an order of their own.</summary>
public sealed class Subset : Dataset
{
    private readonly Dataset source;
    private readonly int[] indices;

    /// <summary>The examples of <paramref name="source"/> at these indices.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no example of an index.</exception>
    public Subset(Dataset source, ReadOnlySpan<int> indices)
    {
        foreach (int index in indices)
            if ((uint)index >= (uint)source.Count)
                throw new ArgumentOutOfRangeException(nameof(indices), index, $"The dataset has examples 0 to {source.Count - 1}.");
        this.source = source;
        this.indices = indices.ToArray();
    }

    /// <inheritdoc/>
    public override int Count => indices.Length;

    internal override int RandomStages => source.RandomStages;

    /// <inheritdoc/>
    public override Dataset ForEpoch(long epoch)
    {
        var inner = source.ForEpoch(epoch);
        return ReferenceEquals(inner, source) ? this : new Subset(inner, indices);
    }

    /// <inheritdoc/>
    public override (Tensor Input, Tensor Target) GetItem(int index) => source.GetItem(indices[index]);

    /// <inheritdoc/>
    public override (Tensor Inputs, Tensor Targets) GetBatch(ReadOnlySpan<int> indices)
    {
        var outer = new int[indices.Length];
        for (int i = 0; i < outer.Length; i++) outer[i] = this.indices[indices[i]];
        return source.GetBatch(outer);
    }
}
