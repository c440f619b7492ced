namespace Gradient.Data;

/// <summary>A part of an image at a random place, every place equally likely.</summary>
/// <param name="height">The result's rows.</param>
/// <param name="width">The result's columns.</param>
/// <param name="padding">Pixels that are added on all four sides before.</param>
/// <param name="fill">Their value.</param>
public sealed class RandomCrop(int height, int width, int padding = 0, float fill = 0) : Transform
{
    /// <summary>A square.</summary>
    public RandomCrop(int size, int padding = 0, float fill = 0)
        : this(size, size, padding, fill)
    {
    }

    /// <inheritdoc/>
    /// <exception cref="ShapeMismatchException">The image is smaller, with its padding.</exception>
    public override Tensor Apply(Tensor image, ItemRandom random)
    {
        Pixels.Check(image, nameof(RandomCrop));
        int spareRows = (int)image.Shape[0] + (2 * padding) - height, spareColumns = (int)image.Shape[1] + (2 * padding) - width;
        if (spareRows < 0 || spareColumns < 0)
            throw new ShapeMismatchException($"RandomCrop: an image of shape {image.Shape} with padding {padding} is smaller than {height} by {width}; resize it or pad more.");
        int top = random.NextInt(0, spareRows + 1) - padding, left = random.NextInt(0, spareColumns + 1) - padding;
        return Cropping.Crop(image, nameof(RandomCrop), top, left, height, width, fill);
    }
}
