namespace Gradient.Data;

/// <summary>Transforms one after the other, each with a random stream of its own.</summary>
/// <param name="transforms">In the order of their application.</param>
/// <param name="seed">Of their random numbers.</param>
/// <param name="firstStage">The stream of the first one.</param>
internal sealed class TransformChain(Transform[] transforms, long seed, int firstStage)
{
    private readonly Transform[] transforms = [.. transforms];

    public int Stages => transforms.Length;

    /// <summary>What an item's input becomes. The input itself stays; what lies between is disposed.</summary>
    public Tensor Apply(Tensor input, long epoch, long index)
    {
        var image = input;
        for (int i = 0; i < transforms.Length; i++)
        {
            var next = transforms[i].Apply(image, new ItemRandom(seed, epoch, index, firstStage + i));
            if (!ReferenceEquals(next, image) && !ReferenceEquals(image, input)) image.Dispose();
            image = next;
        }

        return image;
    }
}
