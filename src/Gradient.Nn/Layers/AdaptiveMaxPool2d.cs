namespace Gradient.Nn;

/// <summary>Pools any image to one size by maxima, see <see cref="Functional.AdaptiveMaxPool2d"/>.</summary>
/// <param name="outputSize">Rows and columns of the output.</param>
/// <param name="channelOrder">The order of inputs and outputs.</param>
public sealed class AdaptiveMaxPool2d(Size2d outputSize, ChannelOrder channelOrder = ChannelOrder.Last) : ImageLayer(channelOrder)
{
    /// <inheritdoc/>
    protected override GradientTensor ForwardLast(GradientTensor x) => Functional.AdaptiveMaxPool2d(x, outputSize);
}
