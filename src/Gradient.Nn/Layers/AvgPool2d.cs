namespace Gradient.Nn;

/// <summary>The mean of each window, see <see cref="Functional.AvgPool2d"/>.</summary>
/// <param name="kernelSize">Rows and columns of a window.</param>
/// <param name="stride">Steps between windows; the kernel size by default.</param>
/// <param name="padding">Zeros on every side.</param>
/// <param name="ceilMode">Whether a window that starts inside but ends outside counts.</param>
/// <param name="countIncludePad">Whether padding counts in the divisor.</param>
/// <param name="channelOrder">The order of inputs and outputs.</param>
public sealed class AvgPool2d(
    Size2d kernelSize, Size2d? stride = null, Size2d padding = default, bool ceilMode = false, bool countIncludePad = true,
    ChannelOrder channelOrder = ChannelOrder.Last) : ImageLayer(channelOrder)
{
    /// <inheritdoc/>
    protected override GradientTensor ForwardLast(GradientTensor x) =>
        Functional.AvgPool2d(x, kernelSize, stride, padding, ceilMode, countIncludePad);
}
