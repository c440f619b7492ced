namespace Gradient.Nn;

/// <summary>
/// Batch normalization of images, each channel over the batch and all places, see
/// <see cref="Functional.BatchNorm"/>. The weight starts at 1, the bias at 0, the running mean at 0 and the running variance at 1.
/// </summary>
public sealed class BatchNorm2d : ImageLayer
{
    private readonly double epsilon, momentum;

    /// <param name="channels">The length of the channels' axis.</param>
    /// <param name="epsilon">Added to the variance.</param>
    /// <param name="momentum">The share of a batch in the running statistics.</param>
    /// <param name="affine">Whether there are a weight and a bias.</param>
    /// <param name="trackRunningStatistics">Whether evaluation uses running statistics instead of the batch's.</param>
    /// <param name="channelOrder">The order of inputs and outputs.</param>
    public BatchNorm2d(
        int channels, double epsilon = 1e-5, double momentum = 0.1, bool affine = true, bool trackRunningStatistics = true,
        ChannelOrder channelOrder = ChannelOrder.Last) : base(channelOrder)
    {
        (this.epsilon, this.momentum) = (epsilon, momentum);
        if (affine)
        {
            Weight = Register("weight", GradientTensor.Ones([channels]));
            Bias = Register("bias", GradientTensor.Zeros([channels]));
        }

        if (!trackRunningStatistics) return;
        RunningMean = Register("running_mean", GradientTensor.Zeros([channels]).Value);
        RunningVariance = Register("running_var", GradientTensor.Ones([channels]).Value);
    }

    /// <summary>[channels], or null.</summary>
    public GradientTensor? Weight { get; }

    /// <summary>[channels], or null.</summary>
    public GradientTensor? Bias { get; }

    /// <summary>[channels], or null.</summary>
    public GradientTensor? RunningMean { get; }

    /// <summary>[channels], unbiased, or null.</summary>
    public GradientTensor? RunningVariance { get; }

    /// <inheritdoc/>
    protected override GradientTensor ForwardLast(GradientTensor x)
    {
        ShapeChecks.Rank("BatchNorm2d", x.Shape, 4, "an image [batch, height, width, channels]");
        return Functional.BatchNorm(x, RunningMean, RunningVariance, Weight, Bias, IsTraining, momentum, epsilon);
    }
}
