namespace Gradient.Nn;

/// <summary>
/// Normalizes groups of channels of each sample, see <see cref="Functional.GroupNorm"/>. The weight starts at 1, the bias at 0.
/// </summary>
public sealed class GroupNorm : Module
{
    private readonly int groups;
    private readonly double epsilon;
    private readonly ChannelOrder channelOrder;

    /// <param name="groups">How many groups; they divide the channels.</param>
    /// <param name="channels">The length of the channels' axis.</param>
    /// <param name="epsilon">Added to the variance.</param>
    /// <param name="affine">Whether there are a weight and a bias, per channel.</param>
    /// <param name="channelOrder">Whether the channels are the last axis or the one after the batch.</param>
    /// <exception cref="ArgumentException">The channels do not divide by the groups.</exception>
    public GroupNorm(int groups, int channels, double epsilon = 1e-5, bool affine = true, ChannelOrder channelOrder = ChannelOrder.Last)
    {
        Initializers.CheckGroups(channels, channels, groups);
        (this.groups, this.epsilon, this.channelOrder) = (groups, epsilon, channelOrder);
        if (!affine) return;
        Weight = Register("weight", GradientTensor.Ones([channels]));
        Bias = Register("bias", GradientTensor.Zeros([channels]));
    }

    /// <summary>[channels], or null.</summary>
    public GradientTensor? Weight { get; }

    /// <summary>[channels], or null.</summary>
    public GradientTensor? Bias { get; }

    /// <summary>[batch, …, channels] of any rank from 2.</summary>
    public override GradientTensor Forward(GradientTensor x)
    {
        if (channelOrder == ChannelOrder.Last || x.Rank < 3) return Observe(Functional.GroupNorm(x, groups, Weight, Bias, epsilon));
        Span<int> last = stackalloc int[x.Rank], first = stackalloc int[x.Rank];
        (last[0], first[0]) = (0, 0);
        for (int i = 1; i < x.Rank; i++) (last[i], first[i]) = (i + 1, i - 1);
        (last[^1], first[1]) = (1, x.Rank - 1);
        return Observe(Functional.GroupNorm(x.Permute(last), groups, Weight, Bias, epsilon).Permute(first));
    }
}
