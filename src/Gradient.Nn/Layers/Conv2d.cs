namespace Gradient.Nn;

/// <summary>
/// Two-dimensional convolution, see <see cref="Functional.Conv2d"/>. Kernel and bias start uniform in ±1/√(inputs/groups · kernel area), as in PyTorch.
/// </summary>
public sealed class Conv2d : ImageLayer
{
    private readonly Size2d stride, padding, dilation;
    private readonly int groups;

    /// <param name="inputs">Channels of the input.</param>
    /// <param name="outputs">Channels of the output.</param>
    /// <param name="kernelSize">Rows and columns of a window.</param>
    /// <param name="stride">Steps between windows; 1 by default.</param>
    /// <param name="padding">Zeros on every side.</param>
    /// <param name="dilation">Steps between kernel elements; 1 by default.</param>
    /// <param name="groups">Into how many groups the channels are split.</param>
    /// <param name="bias">Whether there is a bias; none is needed in front of a normalization.</param>
    /// <param name="channelOrder">The order of inputs and outputs.</param>
    /// <exception cref="ArgumentException">The channels do not divide by the groups.</exception>
    public Conv2d(
        int inputs, int outputs, Size2d kernelSize, Size2d? stride = null, Size2d padding = default, Size2d? dilation = null,
        int groups = 1, bool bias = true, ChannelOrder channelOrder = ChannelOrder.Last) : base(channelOrder)
    {
        Initializers.CheckGroups(inputs, outputs, groups);
        (this.stride, this.padding, this.dilation, this.groups) = (stride ?? 1, padding, dilation ?? 1, groups);
        (Weight, Bias) = Initializers.Convolution(
            [kernelSize.Height, kernelSize.Width, inputs / groups, outputs], outputs, bias);
        Register("weight", Weight);
        if (Bias is not null) Register("bias", Bias);
    }

    /// <summary>[kernelHeight, kernelWidth, inputs/groups, outputs].</summary>
    public GradientTensor Weight { get; }

    /// <summary>[outputs], or null.</summary>
    public GradientTensor? Bias { get; }

    /// <summary>[batch, height, width, inputs] → [batch, outHeight, outWidth, outputs].</summary>
    protected override GradientTensor ForwardLast(GradientTensor x) => Functional.Conv2d(x, Weight, Bias, stride, padding, dilation, groups);
}
