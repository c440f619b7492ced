namespace Gradient.Data;

/// <summary>Another dataset's examples with their inputs transformed, as they are in one epoch.</summary>
internal sealed class TransformedDataset(Dataset source, TransformChain chain, long epoch = 0) : Dataset
{
    public override int Count => source.Count;

    internal override int RandomStages => source.RandomStages + chain.Stages;

    public override Dataset ForEpoch(long epoch) => new TransformedDataset(source.ForEpoch(epoch), chain, epoch);

    public override (Tensor Input, Tensor Target) GetItem(int index)
    {
        var (input, target) = source.GetItem(index);
        return (chain.Apply(input, epoch, index), target);
    }
}
