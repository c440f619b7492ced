namespace Gradient.Data;

/// <summary>Another dataset's examples, each mapped by a function.</summary>
internal sealed class SelectDataset(Dataset source, Func<Tensor, Tensor, (Tensor Input, Tensor Target)> map) : Dataset
{
    public override int Count => source.Count;

    internal override int RandomStages => source.RandomStages;

    public override Dataset ForEpoch(long epoch)
    {
        var inner = source.ForEpoch(epoch);
        return ReferenceEquals(inner, source) ? this : new SelectDataset(inner, map);
    }

    public override (Tensor Input, Tensor Target) GetItem(int index)
    {
        var (input, target) = source.GetItem(index);
        return map(input, target);
    }
}
