namespace Gradient.Data;

/// <summary>Another size, bilinear with antialias, as PyTorch's interpolate and Pillow compute it.</summary>
public sealed class Resize : Transform
{
    private readonly int height, width;

    /// <summary>This size, whatever becomes of the proportions.</summary>
    public Resize(int height, int width)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(height);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        (this.height, this.width) = (height, width);
    }

    /// <summary>The shorter side becomes this long; proportions stay, the longer side is rounded down.</summary>
    public Resize(int shorterSide)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(shorterSide);
        height = shorterSide;
    }

    /// <inheritdoc/>
    public override Tensor Apply(Tensor image, ItemRandom random)
    {
        Pixels.Check(image, nameof(Resize));
        long rows = image.Shape[0], columns = image.Shape[1];
        var (toRows, toColumns) = width > 0 ? (height, width)
            : rows <= columns ? (height, (int)(columns * height / rows))
            : ((int)(rows * height / columns), height);
        return Resampling.Resize(image, nameof(Resize), toRows, toColumns);
    }
}
