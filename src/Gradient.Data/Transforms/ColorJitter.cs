namespace Gradient.Data;

/// <summary>
/// Changes brightness, contrast, saturation and hue at random, in a random order; values are clipped to 0 … 1. Images of one channel have
/// no saturation and hue.
/// </summary>
public sealed class ColorJitter : Transform
{
    private readonly float brightness, contrast, saturation, hue;

    /// <summary>By how much at most.</summary>
    /// <param name="brightness">The factor is even in [1 − brightness, 1 + brightness], and at least 0.</param>
    /// <param name="contrast">Likewise.</param>
    /// <param name="saturation">Likewise.</param>
    /// <param name="hue">The turn on the colour circle is even in [−hue, hue]; at most 0.5.</param>
    /// <exception cref="ArgumentOutOfRangeException">One is negative, or the hue above 0.5.</exception>
    public ColorJitter(float brightness = 0, float contrast = 0, float saturation = 0, float hue = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(brightness);
        ArgumentOutOfRangeException.ThrowIfNegative(contrast);
        ArgumentOutOfRangeException.ThrowIfNegative(saturation);
        if (!(hue >= 0 && hue <= 0.5f)) throw new ArgumentOutOfRangeException(nameof(hue), hue, "A turn of the hue is between 0 and 0.5.");
        (this.brightness, this.contrast, this.saturation, this.hue) = (brightness, contrast, saturation, hue);
    }

    /// <inheritdoc/>
    /// <exception cref="ShapeMismatchException">The image has neither one channel nor three.</exception>
    public override Tensor Apply(Tensor image, ItemRandom random)
    {
        Pixels.Check(image, nameof(ColorJitter));
        if (image.Shape[2] is not (1 or 3))
            throw new ShapeMismatchException($"ColorJitter: takes images of 1 or 3 channels, not shape {image.Shape}.");
        Span<int> order = [0, 1, 2, 3];
        random.Shuffle(order);
        Span<float> amounts = [Factor(brightness), Factor(contrast), Factor(saturation), random.NextFloat(-hue, hue)];
        var result = image;
        foreach (int step in order)
        {
            var next = Adjust(result, step, amounts[step]);
            if (!ReferenceEquals(next, result) && !ReferenceEquals(result, image)) result.Dispose();
            result = next;
        }

        return result;

        float Factor(float most) => random.NextFloat(Math.Max(0, 1 - most), 1 + most);
    }

    private Tensor Adjust(Tensor image, int step, float amount) => step switch
    {
        0 => brightness == 0 ? image : Colours.Brightness(image, nameof(ColorJitter), amount),
        1 => contrast == 0 ? image : Colours.Contrast(image, nameof(ColorJitter), amount),
        2 => saturation == 0 ? image : Colours.Saturation(image, nameof(ColorJitter), amount),
        _ => hue == 0 ? image : Colours.Hue(image, nameof(ColorJitter), amount),
    };
}
