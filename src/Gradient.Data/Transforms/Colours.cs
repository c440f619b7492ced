namespace Gradient.Data;

/// <summary>Adjustments of images with values 0 to 1; factors as in torchvision and Pillow, 1 leaves the image.</summary>
internal static class Colours
{
    // ITU-R BT.601, as in Pillow; torchvision rounds the first to 0.2989.
    private const float Red = 0.299f, Green = 0.587f, Blue = 0.114f;

    public static float Gray(float red, float green, float blue) => (Red * red) + (Green * green) + (Blue * blue);

    /// <summary>Towards black (0) or brighter.</summary>
    public static Tensor Brightness(Tensor image, string operation, float factor) => Pixels.Map(image, operation, (in source, destination) =>
    {
        for (int i = 0; i < destination.Length; i++) destination[i] = Unit(source.Values[i] * factor);
    });

    /// <summary>Towards the image's mean gray (0) or away from it.</summary>
    public static Tensor Contrast(Tensor image, string operation, float factor) => Pixels.Map(image, operation, (in source, destination) =>
    {
        double sum = 0;
        for (int i = 0; i < destination.Length; i += source.Channels) sum += GrayAt(source, i);
        float mean = (float)(sum / (source.Height * source.Width));
        for (int i = 0; i < destination.Length; i++) destination[i] = Unit(mean + (factor * (source.Values[i] - mean)));
    });

    /// <summary>Towards gray (0) or more colourful; an image of one channel stays.</summary>
    public static Tensor Saturation(Tensor image, string operation, float factor) => Pixels.Map(image, operation, (in source, destination) =>
    {
        source.Values.CopyTo(destination);
        if (source.Channels != 3) return;
        for (int i = 0; i < destination.Length; i += 3)
        {
            float gray = GrayAt(source, i);
            for (int c = 0; c < 3; c++) destination[i + c] = Unit(gray + (factor * (source.Values[i + c] - gray)));
        }
    });

    /// <summary>Turns the hue by a part of the colour circle, −0.5 to 0.5; an image of one channel stays.</summary>
    public static Tensor Hue(Tensor image, string operation, float turn) => Pixels.Map(image, operation, (in source, destination) =>
    {
        source.Values.CopyTo(destination);
        if (source.Channels != 3) return;
        for (int i = 0; i < destination.Length; i += 3) Turn(destination.Slice(i, 3), turn);
    });

    /// <summary>
    /// The hexagonal model (Smith: Color Gamut Transform Pairs, 1978): hue 0 to 6 along red, yellow, green, cyan, blue, magenta. Value
    /// and chroma stay.
    /// </summary>
    private static void Turn(Span<float> pixel, float turn)
    {
        float value = Math.Max(pixel[0], Math.Max(pixel[1], pixel[2])), chroma = value - Math.Min(pixel[0], Math.Min(pixel[1], pixel[2]));
        if (chroma == 0) return;
        float hue = pixel[0] == value ? (pixel[1] - pixel[2]) / chroma
            : pixel[1] == value ? 2 + ((pixel[2] - pixel[0]) / chroma)
            : 4 + ((pixel[0] - pixel[1]) / chroma);
        hue += 6 * turn;
        for (int c = 0; c < 3; c++)
        {
            // Red is full within 1 of hue 0, green of 2, blue of 4, and gone beyond 2.
            float distance = MathF.Abs(hue - (2 * c) - (6 * MathF.Round((hue - (2 * c)) / 6)));
            pixel[c] = value - (chroma * Unit(distance - 1));
        }
    }

    private static float GrayAt(in Pixels source, int at) =>
        source.Channels == 3 ? Gray(source.Values[at], source.Values[at + 1], source.Values[at + 2]) : source.Values[at];

    private static float Unit(float x) => Math.Clamp(x, 0, 1);
}
