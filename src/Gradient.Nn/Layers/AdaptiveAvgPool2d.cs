namespace Gradient.Nn;

/// <summary>Pools any image to one size by means, see <see cref="Functional.AdaptiveAvgPool2d"/>.</summary>
/// <param name="outputSize">Rows and columns of the output.</param>
/// <param name="channelOrder">The order of inputs and outputs.</param>
public sealed class AdaptiveAvgPool2d(Size2d outputSize, ChannelOrder channelOrder = ChannelOrder.Last) : ImageLayer(channelOrder)
{
    /// <inheritdoc/>
    protected override GradientTensor ForwardLast(GradientTensor x) => Functional.AdaptiveAvgPool2d(x, outputSize);
}
