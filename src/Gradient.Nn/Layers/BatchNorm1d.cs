namespace Gradient.Nn;

/// <summary>
/// Batch normalization of vectors [batch, channels] or sequences [batch, length, channels]; see <see cref="BatchNorm"/>.
/// </summary>
/// <param name="channels">The length of the channels' axis.</param>
/// <param name="epsilon">Added to the variance.</param>
/// <param name="momentum">The share of a batch in the running statistics.</param>
/// <param name="affine">Whether there are a weight and a bias.</param>
/// <param name="trackRunningStatistics">Whether evaluation uses running statistics instead of the batch's.</param>
public sealed class BatchNorm1d(
    int channels, double epsilon = 1e-5, double momentum = 0.1, bool affine = true, bool trackRunningStatistics = true)
    : BatchNorm(channels, epsilon, momentum, affine, trackRunningStatistics, ChannelOrder.Last)
{
    private protected override void CheckShape(in Shape shape)
    {
        if (shape.Rank is not (2 or 3))
            throw new ShapeMismatchException($"BatchNorm1d: shape {shape} where [batch, channels] or [batch, length, channels] is needed.");
    }
}
