namespace Gradient.Nn;

/// <summary>
/// A layer of images, which may come with channels first: it sees them through a permuted view, computes with channels last and
/// hands out a view of the order it was given.
/// </summary>
public abstract class ImageLayer : Module
{
    /// <param name="channelOrder">The order of inputs and outputs.</param>
    protected ImageLayer(ChannelOrder channelOrder) => ChannelOrder = channelOrder;

    /// <summary>The order of inputs and outputs. Parameters are the same for both.</summary>
    public ChannelOrder ChannelOrder { get; }

    /// <inheritdoc/>
    public sealed override GradientTensor Forward(GradientTensor x)
    {
        if (ChannelOrder == ChannelOrder.Last) return Observe(ForwardLast(x));
        ShapeChecks.Rank(GetType().Name, x.Shape, 4, "an image [batch, channels, height, width]");
        return Observe(ForwardLast(x.Permute(0, 2, 3, 1)).Permute(0, 3, 1, 2));
    }

    /// <summary>The output for an image [batch, height, width, channels].</summary>
    protected abstract GradientTensor ForwardLast(GradientTensor x);
}
