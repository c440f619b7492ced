namespace Gradient.Nn;

/// <summary>Zeros around an image.</summary>
/// <param name="padding">Rows above and below, columns left and right.</param>
/// <param name="channelOrder">The order of inputs and outputs.</param>
public sealed class ZeroPad2d(Size2d padding, ChannelOrder channelOrder = ChannelOrder.Last) : ImageLayer(channelOrder)
{
    /// <inheritdoc/>
    protected override GradientTensor ForwardLast(GradientTensor x) =>
        x.Pad2d(padding.Height, padding.Height, padding.Width, padding.Width);
}
