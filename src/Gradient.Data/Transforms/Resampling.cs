namespace Gradient.Data;

/// <summary>Images of other sizes and angles.</summary>
internal static class Resampling
{
    /// <summary>
    /// Bilinear, with pixels as squares (corners not aligned); where it shrinks, the triangle grows with the factor, so that every pixel
    /// counts (antialias). As PyTorch's interpolate with antialias and as Pillow.
    /// </summary>
    public static Tensor Resize(Tensor image, string operation, int height, int width) => Pixels.Map(image, operation, height, width, (in source, destination) =>
    {
        var between = new float[source.Height * width * source.Channels];
        Pass(source.Values, between, outer: source.Height, length: source.Width, inner: source.Channels, target: width);
        Pass(between, destination, outer: 1, length: source.Height, inner: width * source.Channels, target: height);
    });

    /// <summary>
    /// Counterclockwise about the centre, bilinear, same size; where the turned image does not reach, <paramref name="fill"/> is.
    /// </summary>
    public static Tensor Rotate(Tensor image, string operation, double degrees, float fill) => Pixels.Map(image, operation, (in source, destination) =>
    {
        var (sin, cos) = Math.SinCos(degrees * (Math.PI / 180));
        double centreX = (source.Width - 1) / 2.0, centreY = (source.Height - 1) / 2.0;
        for (int y = 0, at = 0; y < source.Height; y++)
        {
            for (int x = 0; x < source.Width; x++, at += source.Channels)
            {
                double dx = x - centreX, dy = y - centreY;
                Sample(source, centreX + (cos * dx) - (sin * dy), centreY + (sin * dx) + (cos * dy), fill, destination.Slice(at, source.Channels));
            }
        }
    });

    /// <summary>One axis of a separable resize: values [outer, length, inner] become [outer, target, inner].</summary>
    private static void Pass(ReadOnlySpan<float> values, Span<float> result, int outer, int length, int inner, int target)
    {
        double scale = (double)length / target, reach = Math.Max(scale, 1);
        var weights = new double[(int)Math.Ceiling(2 * reach) + 2];
        for (int i = 0; i < target; i++)
        {
            double centre = scale * (i + 0.5);
            int first = Math.Max(0, (int)(centre - reach + 0.5)), count = Math.Min(length, (int)(centre + reach + 0.5)) - first;
            double sum = 0;
            for (int j = 0; j < count; j++) sum += weights[j] = Math.Max(0, 1 - Math.Abs((j + first - centre + 0.5) / reach));
            for (int o = 0; o < outer; o++)
            {
                var line = result.Slice(((o * target) + i) * inner, inner);
                line.Clear();
                for (int j = 0; j < count; j++)
                    System.Numerics.Tensors.TensorPrimitives.MultiplyAdd(values.Slice(((o * length) + first + j) * inner, inner), (float)(weights[j] / sum), line, line);
            }
        }
    }

    private static void Sample(in Pixels source, double x, double y, float fill, Span<float> pixel)
    {
        int left = (int)Math.Floor(x), top = (int)Math.Floor(y);
        float right = (float)(x - left), low = (float)(y - top);
        for (int c = 0; c < pixel.Length; c++)
        {
            float above = (At(source, top, left, c, fill) * (1 - right)) + (At(source, top, left + 1, c, fill) * right);
            float below = (At(source, top + 1, left, c, fill) * (1 - right)) + (At(source, top + 1, left + 1, c, fill) * right);
            pixel[c] = (above * (1 - low)) + (below * low);
        }
    }

    private static float At(in Pixels source, int y, int x, int channel, float fill) =>
        (uint)y < (uint)source.Height && (uint)x < (uint)source.Width ? source.Values[(((y * source.Width) + x) * source.Channels) + channel] : fill;
}
