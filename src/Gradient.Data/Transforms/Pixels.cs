namespace Gradient.Data;

/// <summary>An image's values, row by row, the channels of a pixel together.</summary>
internal readonly ref struct Pixels(int height, int width, int channels, ReadOnlySpan<float> values)
{
    public int Height { get; } = height;

    public int Width { get; } = width;

    public int Channels { get; } = channels;

    public ReadOnlySpan<float> Values { get; } = values;

    /// <summary>Computes a new image.</summary>
    public delegate void Kernel(in Pixels source, Span<float> destination);

    /// <summary>A new image of a size, made of another on the host.</summary>
    /// <exception cref="ShapeMismatchException">It is no image [height, width, channels].</exception>
    /// <exception cref="DTypeMismatchException">It is not of Float32.</exception>
    public static Tensor Map(Tensor image, string operation, long height, long width, Kernel kernel)
    {
        Check(image, operation);
        int rows = (int)image.Shape[0], columns = (int)image.Shape[1], channels = (int)image.Shape[2];
        return HostMap.Of(image, [height, width, channels], (from, to) => kernel(new(rows, columns, channels, from), to));
    }

    /// <summary>A new image of the same size.</summary>
    public static Tensor Map(Tensor image, string operation, Kernel kernel)
    {
        Check(image, operation);
        return Map(image, operation, image.Shape[0], image.Shape[1], kernel);
    }

    /// <summary>That a tensor is an image.</summary>
    public static void Check(Tensor image, string operation)
    {
        if (image.Rank != 3 || image.Shape.IsEmpty)
            throw new ShapeMismatchException($"{operation}: takes an image [height, width, channels], not shape {image.Shape}.");
        if (image.DType != DType.Float32)
            throw new DTypeMismatchException($"{operation}: takes float32 values, not {image.DType.Name()}; convert with To(DType.Float32).");
    }
}
