namespace Gradient.Data;

/// <summary>
/// A random part of an image, resized (Szegedy et al.: Going Deeper with Convolutions, 2015): its area is a random part of the image's, the
/// logarithm of its proportions even between two bounds. If ten tries do not fit into the image, the largest middle part within the bounds.
/// </summary>
public sealed class RandomResizedCrop : Transform
{
    private readonly int height, width;
    private readonly (float Low, float High) scale, ratio;

    /// <summary>A square of 0.08 to all of the area, 3:4 to 4:3.</summary>
    public RandomResizedCrop(int size)
        : this(size, size, (0.08f, 1f), (3f / 4, 4f / 3))
    {
    }

    /// <summary>A part of these bounds.</summary>
    /// <param name="height">The result's rows.</param>
    /// <param name="width">The result's columns.</param>
    /// <param name="scale">The part of the area, at most 1.</param>
    /// <param name="ratio">Width over height before resizing.</param>
    /// <exception cref="ArgumentOutOfRangeException">Bounds are not positive or not in order.</exception>
    public RandomResizedCrop(int height, int width, (float Low, float High) scale, (float Low, float High) ratio)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(height);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        if (!(scale.Low > 0 && scale.Low <= scale.High && scale.High <= 1))
            throw new ArgumentOutOfRangeException(nameof(scale), scale, "Parts of an area are above 0, at most 1, and in order.");
        if (!(ratio.Low > 0 && ratio.Low <= ratio.High)) throw new ArgumentOutOfRangeException(nameof(ratio), ratio, "Proportions are positive and in order.");
        (this.height, this.width, this.scale, this.ratio) = (height, width, scale, ratio);
    }

    /// <inheritdoc/>
    public override Tensor Apply(Tensor image, ItemRandom random)
    {
        Pixels.Check(image, nameof(RandomResizedCrop));
        var (top, left, rows, columns) = Choose((int)image.Shape[0], (int)image.Shape[1], random);
        using var part = Cropping.Crop(image, nameof(RandomResizedCrop), top, left, rows, columns);
        return Resampling.Resize(part, nameof(RandomResizedCrop), height, width);
    }

    /// <summary>The part to take of an image of so many rows and columns.</summary>
    internal (int Top, int Left, int Rows, int Columns) Choose(int rows, int columns, ItemRandom random)
    {
        for (int attempt = 0; attempt < 10; attempt++)
        {
            double area = random.NextFloat(scale.Low, scale.High) * (double)rows * columns;
            double proportion = Math.Exp(random.NextFloat(MathF.Log(ratio.Low), MathF.Log(ratio.High)));
            int w = (int)Math.Round(Math.Sqrt(area * proportion)), h = (int)Math.Round(Math.Sqrt(area / proportion));
            if (w > 0 && h > 0 && w <= columns && h <= rows)
                return (random.NextInt(0, rows - h + 1), random.NextInt(0, columns - w + 1), h, w);
        }

        double whole = (double)columns / rows;
        int middleColumns = whole > ratio.High ? Math.Max(1, (int)Math.Round(rows * ratio.High)) : columns;
        int middleRows = whole < ratio.Low ? Math.Max(1, (int)Math.Round(columns / ratio.Low)) : rows;
        return ((rows - middleRows) / 2, (columns - middleColumns) / 2, middleRows, middleColumns);
    }
}
