namespace Gradient.Nn;

/// <summary>
/// Convolution of sequences, see <see cref="Functional.Conv1d"/>. Kernel and bias start uniform in ±1/√(inputs/groups · kernel size), as in PyTorch.
/// </summary>
public sealed class Conv1d : Module
{
    private readonly int stride, padding, dilation, groups;

    /// <param name="inputs">Channels of the input.</param>
    /// <param name="outputs">Channels of the output.</param>
    /// <param name="kernelSize">The length of a window.</param>
    /// <param name="stride">Steps between windows.</param>
    /// <param name="padding">Zeros on both sides.</param>
    /// <param name="dilation">Steps between kernel elements.</param>
    /// <param name="groups">Into how many groups the channels are split.</param>
    /// <param name="bias">Whether there is a bias.</param>
    /// <exception cref="ArgumentException">The channels do not divide by the groups.</exception>
    public Conv1d(int inputs, int outputs, int kernelSize, int stride = 1, int padding = 0, int dilation = 1, int groups = 1, bool bias = true)
    {
        Initializers.CheckGroups(inputs, outputs, groups);
        (this.stride, this.padding, this.dilation, this.groups) = (stride, padding, dilation, groups);
        (Weight, Bias) = Initializers.Convolution([kernelSize, inputs / groups, outputs], outputs, bias);
        Register("weight", Weight);
        if (Bias is not null) Register("bias", Bias);
    }

    /// <summary>[kernel, inputs/groups, outputs].</summary>
    public GradientTensor Weight { get; }

    /// <summary>[outputs], or null.</summary>
    public GradientTensor? Bias { get; }

    /// <summary>[batch, length, inputs] → [batch, outLength, outputs].</summary>
    public override GradientTensor Forward(GradientTensor x) =>
        Observe(Functional.Conv1d(x, Weight, Bias, stride, padding, dilation, groups));
}
