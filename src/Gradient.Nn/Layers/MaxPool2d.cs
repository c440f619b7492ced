namespace Gradient.Nn;

/// <summary>The largest of each window, see <see cref="Functional.MaxPool2d"/>.</summary>
/// <param name="kernelSize">Rows and columns of a window.</param>
/// <param name="stride">Steps between windows; the kernel size by default.</param>
/// <param name="padding">On every side, counted as −∞.</param>
/// <param name="dilation">Steps between neighbours in a window; 1 by default.</param>
/// <param name="ceilMode">Whether a window that starts inside but ends outside counts.</param>
/// <param name="channelOrder">The order of inputs and outputs.</param>
public sealed class MaxPool2d(
    Size2d kernelSize, Size2d? stride = null, Size2d padding = default, Size2d? dilation = null, bool ceilMode = false,
    ChannelOrder channelOrder = ChannelOrder.Last) : ImageLayer(channelOrder)
{
    /// <inheritdoc/>
    protected override GradientTensor ForwardLast(GradientTensor x) =>
        Functional.MaxPool2d(x, kernelSize, stride, padding, dilation, ceilMode);
}
