namespace Gradient.Nn;

/// <summary>
/// Transposed convolution, see <see cref="Functional.ConvTranspose2d"/>. Kernel and bias start uniform in ±1/√(outputs/groups · kernel area),
/// as in PyTorch.
/// </summary>
public sealed class ConvTranspose2d : ImageLayer
{
    private readonly Size2d stride, padding, outputPadding, dilation;
    private readonly int groups;

    /// <param name="inputs">Channels of the input.</param>
    /// <param name="outputs">Channels of the output.</param>
    /// <param name="kernelSize">Rows and columns of a window.</param>
    /// <param name="stride">Steps between windows in the output; 1 by default.</param>
    /// <param name="padding">Rows and columns left out on every side of the output.</param>
    /// <param name="outputPadding">Rows and columns added below and right.</param>
    /// <param name="groups">Into how many groups the channels are split.</param>
    /// <param name="bias">Whether there is a bias.</param>
    /// <param name="dilation">Steps between kernel elements; 1 by default.</param>
    /// <param name="channelOrder">The order of inputs and outputs.</param>
    /// <exception cref="ArgumentException">The channels do not divide by the groups.</exception>
    public ConvTranspose2d(
        int inputs, int outputs, Size2d kernelSize, Size2d? stride = null, Size2d padding = default, Size2d outputPadding = default,
        int groups = 1, bool bias = true, Size2d? dilation = null, ChannelOrder channelOrder = ChannelOrder.Last) : base(channelOrder)
    {
        Initializers.CheckGroups(inputs, outputs, groups);
        (this.stride, this.padding, this.outputPadding, this.dilation, this.groups) = (stride ?? 1, padding, outputPadding, dilation ?? 1, groups);
        (Weight, Bias) = Initializers.Convolution([kernelSize.Height, kernelSize.Width, outputs / groups, inputs], outputs, bias);
        Register("weight", Weight);
        if (Bias is not null) Register("bias", Bias);
    }

    /// <summary>[kernelHeight, kernelWidth, outputs/groups, inputs].</summary>
    public GradientTensor Weight { get; }

    /// <summary>[outputs], or null.</summary>
    public GradientTensor? Bias { get; }

    /// <inheritdoc/>
    protected override GradientTensor ForwardLast(GradientTensor x) =>
        Functional.ConvTranspose2d(x, Weight, Bias, stride, padding, outputPadding, dilation, groups);
}
