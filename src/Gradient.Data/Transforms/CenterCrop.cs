namespace Gradient.Data;

/// <summary>The middle of an image; where the image is smaller, black around it.</summary>
/// <param name="height">The result's rows.</param>
/// <param name="width">The result's columns.</param>
public sealed class CenterCrop(int height, int width) : Transform
{
    /// <summary>A square.</summary>
    public CenterCrop(int size)
        : this(size, size)
    {
    }

    /// <inheritdoc/>
    public override Tensor Apply(Tensor image, ItemRandom random)
    {
        Pixels.Check(image, nameof(CenterCrop));
        // Half away from an odd rest is rounded to even, as torchvision rounds.
        int top = (int)Math.Round((image.Shape[0] - height) / 2.0), left = (int)Math.Round((image.Shape[1] - width) / 2.0);
        return Cropping.Crop(image, nameof(CenterCrop), top, left, height, width);
    }
}
