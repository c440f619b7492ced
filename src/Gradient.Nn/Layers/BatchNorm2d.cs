namespace Gradient.Nn;

/// <summary>Batch normalization of images [batch, height, width, channels]; see <see cref="BatchNorm"/>.</summary>
/// <param name="channels">The length of the channels' axis.</param>
/// <param name="epsilon">Added to the variance.</param>
/// <param name="momentum">The share of a batch in the running statistics.</param>
/// <param name="affine">Whether there are a weight and a bias.</param>
/// <param name="trackRunningStatistics">Whether evaluation uses running statistics instead of the batch's.</param>
/// <param name="channelOrder">The order of inputs and outputs.</param>
public sealed class BatchNorm2d(
    int channels, double epsilon = 1e-5, double momentum = 0.1, bool affine = true, bool trackRunningStatistics = true,
    ChannelOrder channelOrder = ChannelOrder.Last)
    : BatchNorm(channels, epsilon, momentum, affine, trackRunningStatistics, channelOrder)
{
    private protected override void CheckShape(in Shape shape) =>
        ShapeChecks.Rank("BatchNorm2d", shape, 4, "an image [batch, height, width, channels]");
}
