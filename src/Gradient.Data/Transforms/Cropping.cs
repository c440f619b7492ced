namespace Gradient.Data;

/// <summary>Parts of images, and images of other orientation.</summary>
internal static class Cropping
{
    /// <summary>The part of an image that begins at (top, left), which may lie outside; what does is filled.</summary>
    public static Tensor Crop(Tensor image, string operation, int top, int left, int height, int width, float fill = 0) =>
        Pixels.Map(image, operation, height, width, (in source, destination) =>
        {
            destination.Fill(fill);
            int c = source.Channels;
            int from = Math.Max(0, left), count = Math.Min(source.Width, left + width) - from;
            if (count <= 0) return;
            for (int y = Math.Max(0, -top); y < height && top + y < source.Height; y++)
                source.Values.Slice((((top + y) * source.Width) + from) * c, count * c).CopyTo(destination[(((y * width) + from - left) * c)..]);
        });

    /// <summary>An image mirrored left to right.</summary>
    public static Tensor FlipHorizontally(Tensor image, string operation) => Pixels.Map(image, operation, static (in source, destination) =>
    {
        int c = source.Channels, row = source.Width * c;
        for (int at = 0; at < destination.Length; at += c)
            source.Values.Slice(at - (at % row) + row - c - (at % row), c).CopyTo(destination[at..]);
    });

    /// <summary>An image mirrored upside down.</summary>
    public static Tensor FlipVertically(Tensor image, string operation) => Pixels.Map(image, operation, static (in source, destination) =>
    {
        int row = source.Width * source.Channels;
        for (int y = 0; y < source.Height; y++) source.Values.Slice(y * row, row).CopyTo(destination[((source.Height - 1 - y) * row)..]);
    });
}
