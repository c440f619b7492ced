namespace Gradient.Nn;

/// <summary>
/// Batch normalization of vectors [batch, channels] or sequences [batch, length, channels], see
/// <see cref="Functional.BatchNorm"/>. The weight starts at 1, the bias at 0, the running mean at 0 and the running variance at 1.
/// </summary>
public sealed class BatchNorm1d : Module
{
    private readonly double epsilon, momentum;

    /// <param name="channels">The length of the channels' axis.</param>
    /// <param name="epsilon">Added to the variance.</param>
    /// <param name="momentum">The share of a batch in the running statistics.</param>
    /// <param name="affine">Whether there are a weight and a bias.</param>
    /// <param name="trackRunningStatistics">Whether evaluation uses running statistics instead of the batch's.</param>
    public BatchNorm1d(
        int channels, double epsilon = 1e-5, double momentum = 0.1, bool affine = true, bool trackRunningStatistics = true)
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
    public override GradientTensor Forward(GradientTensor x)
    {
        if (x.Rank is not (2 or 3))
            throw new ShapeMismatchException($"BatchNorm1d: shape {x.Shape} where [batch, channels] or [batch, length, channels] is needed.");
        return Observe(Functional.BatchNorm(x, RunningMean, RunningVariance, Weight, Bias, IsTraining, momentum, epsilon));
    }
}
