namespace Gradient.Nn;

/// <summary>
/// Normalizes each channel of each image, see <see cref="Functional.InstanceNorm"/>. Not affine by default, as in PyTorch; if so, the
/// weight starts at 1, the bias at 0. There are no running statistics.
/// </summary>
public sealed class InstanceNorm2d : ImageLayer
{
    private readonly double epsilon;

    /// <param name="channels">The length of the channels' axis.</param>
    /// <param name="epsilon">Added to the variance.</param>
    /// <param name="affine">Whether there are a weight and a bias.</param>
    /// <param name="channelOrder">The order of inputs and outputs.</param>
    public InstanceNorm2d(int channels, double epsilon = 1e-5, bool affine = false, ChannelOrder channelOrder = ChannelOrder.Last) : base(channelOrder)
    {
        this.epsilon = epsilon;
        if (!affine) return;
        Weight = Register("weight", GradientTensor.Ones([channels]));
        Bias = Register("bias", GradientTensor.Zeros([channels]));
    }

    /// <summary>[channels], or null.</summary>
    public GradientTensor? Weight { get; }

    /// <summary>[channels], or null.</summary>
    public GradientTensor? Bias { get; }

    /// <inheritdoc/>
    protected override GradientTensor ForwardLast(GradientTensor x)
    {
        ShapeChecks.Rank("InstanceNorm2d", x.Shape, 4, "an image [batch, height, width, channels]");
        return Functional.InstanceNorm(x, Weight, Bias, epsilon);
    }
}
