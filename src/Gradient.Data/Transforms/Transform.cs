namespace Gradient.Data;

/// <summary>
/// Makes an item's input into another, as <see cref="Dataset.Transform(Transform[])"/> asks. The transforms here take images: Float32 [height, width,
/// channels] on the CPU, values usually 0 to 1. One object serves all workers at once, so it keeps no state between calls.
/// </summary>
public abstract class Transform
{
    /// <summary>The transformed input: a new tensor, or the given one if nothing changes; its elements are never overwritten.</summary>
    /// <param name="image">The input.</param>
    /// <param name="random">The item's random numbers.</param>
    public abstract Tensor Apply(Tensor image, ItemRandom random);
}
