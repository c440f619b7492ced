namespace Gradient.Nn;

/// <summary>
/// What batch normalizations of vectors, sequences and images share: each channel over the batch and all places, see
/// <see cref="Functional.BatchNorm"/>. The weight starts at 1, the bias at 0, the running mean at 0 and the running variance at 1.
/// </summary>
public abstract class BatchNorm : ImageLayer
{
    private readonly double epsilon, momentum;

    private protected BatchNorm(
        int channels, double epsilon, double momentum, bool affine, bool trackRunningStatistics, ChannelOrder channelOrder) : base(channelOrder)
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
        CheckShape(x.Shape);
        return Functional.BatchNorm(x, RunningMean, RunningVariance, Weight, Bias, IsTraining, momentum, epsilon);
    }

    /// <summary>Throws unless the layer takes inputs of that shape.</summary>
    private protected abstract void CheckShape(in Shape shape);
}
