namespace Gradient.Autograd;

/// <summary>
/// A number per spatial axis of an image: sizes of windows, strides, padding. An <see cref="int"/> stands for both, a tuple for
/// height and width: <c>kernelSize: 3</c>, <c>stride: (2, 1)</c>.
/// </summary>
/// <param name="Height">Along the rows' axis.</param>
/// <param name="Width">Along the columns' axis.</param>
public readonly record struct Size2d(int Height, int Width)
{
    /// <summary>The same number for both axes.</summary>
    public static implicit operator Size2d(int both) => new(both, both);

    /// <summary>Height and width.</summary>
    public static implicit operator Size2d((int Height, int Width) pair) => new(pair.Height, pair.Width);

    /// <summary>"3×3".</summary>
    public override string ToString() => $"{Height}×{Width}";
}
