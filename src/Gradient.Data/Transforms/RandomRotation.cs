namespace Gradient.Data;

/// <summary>
/// Turns an image about its centre by a random angle, bilinear, same size (torchvision takes the nearest pixel unless told otherwise).
/// </summary>
/// <param name="degrees">The largest angle to both sides.</param>
/// <param name="fill">The value where the turned image does not reach.</param>
public sealed class RandomRotation(float degrees, float fill = 0) : Transform
{
    /// <inheritdoc/>
    public override Tensor Apply(Tensor image, ItemRandom random) =>
        Resampling.Rotate(image, nameof(RandomRotation), random.NextFloat(-degrees, degrees), fill);
}
