using System.Runtime.CompilerServices;

namespace Gradient.Training;

/// <summary>
/// RMSprop (Hinton, Neural Networks for Machine Learning, lecture 6, 2012; centered: Graves, 2013):
/// v ← αv + (1 − α)·g², θ ← θ − η·g/(√v + ε), optionally with momentum.
/// </summary>
public sealed class RmsProp : Optimizer
{
    private readonly double alpha, epsilon;
    private readonly bool centered, maximize;

    /// <summary>One group of parameters.</summary>
    /// <inheritdoc cref="RmsProp(IEnumerable{ParameterGroup}, double, double, double, double, double, bool, bool)"/>
    public RmsProp(
        IEnumerable<GradientTensor> parameters, double learningRate = 1e-2, double alpha = 0.99, double epsilon = 1e-8,
        double weightDecay = 0, double momentum = 0, bool centered = false, bool maximize = false)
        : this([new ParameterGroup(parameters)], learningRate, alpha, epsilon, weightDecay, momentum, centered, maximize)
    {
    }

    /// <summary>Several groups of parameters.</summary>
    /// <param name="groups">The parameters.</param>
    /// <param name="learningRate">η.</param>
    /// <param name="alpha">α, the decay of the mean square.</param>
    /// <param name="epsilon">ε.</param>
    /// <param name="weightDecay">The factor of an L2 penalty, added to gradients.</param>
    /// <param name="momentum">Momentum of the scaled gradient.</param>
    /// <param name="centered">Whether the mean gradient is taken out of the mean square, leaving the variance.</param>
    /// <param name="maximize">Whether to ascend.</param>
    /// <exception cref="ArgumentOutOfRangeException">α is not in [0, 1), or another number is negative.</exception>
    [OverloadResolutionPriority(1)] // so that [new(body), new(head)] means groups
    public RmsProp(
        IEnumerable<ParameterGroup> groups, double learningRate = 1e-2, double alpha = 0.99, double epsilon = 1e-8,
        double weightDecay = 0, double momentum = 0, bool centered = false, bool maximize = false)
        : base(OptimizerKind.RmsProp, ["meanSquare", "momentum", "meanGradient"], groups, learningRate, weightDecay, momentum)
    {
        Fraction(alpha, nameof(alpha));
        NotNegative(epsilon, nameof(epsilon));
        (this.alpha, this.epsilon, this.centered, this.maximize) = (alpha, epsilon, centered, maximize);
    }

    /// <inheritdoc/>
    protected override OptimizerSettings Settings(ParameterGroup group, long step) => new()
    {
        LearningRate = group.LearningRate, WeightDecay = group.WeightDecay, Momentum = group.Momentum,
        Smoothing = alpha, Epsilon = epsilon, Centered = centered, Maximize = maximize, Step = step,
    };

    /// <inheritdoc/>
    protected override bool UsesState(int index, ParameterGroup group) =>
        index == 0 || (index == 1 ? group.Momentum != 0 : centered);
}
