using System.Runtime.CompilerServices;

namespace Gradient.Training;

/// <summary>
/// Adam with decoupled weight decay (Loshchilov, Hutter, 2019): θ ← θ·(1 − η·λ) before Adam's step.
/// </summary>
public sealed class AdamW : Adam
{
    /// <summary>One group of parameters.</summary>
    /// <inheritdoc cref="AdamW(IEnumerable{ParameterGroup}, double, double, double, double, double, bool, bool)"/>
    public AdamW(
        IEnumerable<GradientTensor> parameters, double learningRate = 1e-3, double beta1 = 0.9, double beta2 = 0.999,
        double epsilon = 1e-8, double weightDecay = 1e-2, bool amsGrad = false, bool maximize = false)
        : this([new ParameterGroup(parameters)], learningRate, beta1, beta2, epsilon, weightDecay, amsGrad, maximize)
    {
    }

    /// <summary>Several groups of parameters.</summary>
    /// <param name="groups">The parameters.</param>
    /// <param name="learningRate">η.</param>
    /// <param name="beta1">The decay of the first moment.</param>
    /// <param name="beta2">The decay of the second moment.</param>
    /// <param name="epsilon">ε.</param>
    /// <param name="weightDecay">λ.</param>
    /// <param name="amsGrad">Whether the largest second moment so far counts (Reddi, Kale, Kumar, 2018).</param>
    /// <param name="maximize">Whether to ascend.</param>
    /// <exception cref="ArgumentOutOfRangeException">A decay is not in [0, 1), or another number is negative.</exception>
    [OverloadResolutionPriority(1)] // so that [new(body), new(head)] means groups
    public AdamW(
        IEnumerable<ParameterGroup> groups, double learningRate = 1e-3, double beta1 = 0.9, double beta2 = 0.999,
        double epsilon = 1e-8, double weightDecay = 1e-2, bool amsGrad = false, bool maximize = false)
        : base(groups, learningRate, beta1, beta2, epsilon, weightDecay, amsGrad, maximize, decoupled: true)
    {
    }
}
