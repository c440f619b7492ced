namespace Gradient.Nn;

/// <summary>An image continued by its mirror image, the edge itself not repeated.</summary>
/// <param name="padding">Rows above and below, columns left and right; less than the image has.</param>
/// <param name="channelOrder">The order of inputs and outputs.</param>
public sealed class ReflectionPad2d(Size2d padding, ChannelOrder channelOrder = ChannelOrder.Last) : ImageLayer(channelOrder)
{
    /// <inheritdoc/>
    protected override GradientTensor ForwardLast(GradientTensor x) =>
        x.ReflectionPad2d(padding.Height, padding.Height, padding.Width, padding.Width);
}
