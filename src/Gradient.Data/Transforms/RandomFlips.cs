namespace Gradient.Data;

/// <summary>Mirrors left and right with a probability.</summary>
/// <param name="probability">0.5 if not given.</param>
public sealed class RandomHorizontalFlip(double probability = 0.5) : Transform
{
    /// <inheritdoc/>
    public override Tensor Apply(Tensor image, ItemRandom random) =>
        random.NextBool(probability) ? Cropping.FlipHorizontally(image, nameof(RandomHorizontalFlip)) : image;
}

/// <summary>Mirrors top and bottom with a probability.</summary>
/// <param name="probability">0.5 if not given.</param>
public sealed class RandomVerticalFlip(double probability = 0.5) : Transform
{
    /// <inheritdoc/>
    public override Tensor Apply(Tensor image, ItemRandom random) =>
        random.NextBool(probability) ? Cropping.FlipVertically(image, nameof(RandomVerticalFlip)) : image;
}
