namespace Gradient.Data;

/// <summary>(value − mean)/deviation, per channel.</summary>
public sealed class Normalize : Transform
{
    private readonly float[] mean, deviation;

    /// <summary>One mean and deviation for all channels.</summary>
    public Normalize(float mean, float deviation)
        : this([mean], [deviation])
    {
    }

    /// <summary>A mean and a deviation for each channel, or one for all.</summary>
    /// <exception cref="ArgumentException">Not as many of both, or none.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A deviation is not positive.</exception>
    public Normalize(ReadOnlySpan<float> mean, ReadOnlySpan<float> deviation)
    {
        if (mean.IsEmpty || mean.Length != deviation.Length)
            throw new ArgumentException($"Normalize: {mean.Length} means and {deviation.Length} deviations; one of each per channel, or for all.", nameof(deviation));
        foreach (float d in deviation)
            if (!(d > 0)) throw new ArgumentOutOfRangeException(nameof(deviation), d, "A deviation is positive.");
        this.mean = mean.ToArray();
        this.deviation = deviation.ToArray();
    }

    /// <inheritdoc/>
    /// <exception cref="ShapeMismatchException">The image has another number of channels.</exception>
    public override Tensor Apply(Tensor image, ItemRandom random) => Pixels.Map(image, nameof(Normalize), (in source, destination) =>
    {
        if (mean.Length != 1 && mean.Length != source.Channels)
            throw new ShapeMismatchException($"Normalize: {mean.Length} means for {source.Channels} channels; give one per channel, or one for all.");
        for (int i = 0; i < destination.Length; i++)
        {
            int c = mean.Length == 1 ? 0 : i % source.Channels;
            destination[i] = (source.Values[i] - mean[c]) / deviation[c];
        }
    });
}
