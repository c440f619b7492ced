using System.Runtime.CompilerServices;

namespace Gradient.Training;

/// <summary>
/// Adagrad (Duchi, Hazan, Singer, 2011): s ← s + g², θ ← θ − η/(1 + (t − 1)·decay)·g/(√s + ε).
/// </summary>
public sealed class Adagrad : Optimizer
{
    private readonly double rateDecay, epsilon;
    private readonly bool maximize;

    /// <summary>One group of parameters.</summary>
    /// <inheritdoc cref="Adagrad(IEnumerable{ParameterGroup}, double, double, double, double, bool)"/>
    public Adagrad(
        IEnumerable<GradientTensor> parameters, double learningRate = 1e-2, double rateDecay = 0, double weightDecay = 0,
        double epsilon = 1e-10, bool maximize = false)
        : this([new ParameterGroup(parameters)], learningRate, rateDecay, weightDecay, epsilon, maximize)
    {
    }

    /// <summary>Several groups of parameters.</summary>
    /// <param name="groups">The parameters.</param>
    /// <param name="learningRate">η.</param>
    /// <param name="rateDecay">How fast the learning rate falls by itself.</param>
    /// <param name="weightDecay">The factor of an L2 penalty, added to gradients.</param>
    /// <param name="epsilon">ε.</param>
    /// <param name="maximize">Whether to ascend.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is negative.</exception>
    [OverloadResolutionPriority(1)] // so that [new(body), new(head)] means groups
    public Adagrad(
        IEnumerable<ParameterGroup> groups, double learningRate = 1e-2, double rateDecay = 0, double weightDecay = 0,
        double epsilon = 1e-10, bool maximize = false)
        : base(OptimizerKind.Adagrad, ["sumOfSquares"], groups, learningRate, weightDecay, 0)
    {
        NotNegative(rateDecay, nameof(rateDecay));
        NotNegative(epsilon, nameof(epsilon));
        (this.rateDecay, this.epsilon, this.maximize) = (rateDecay, epsilon, maximize);
    }

    /// <inheritdoc/>
    protected override OptimizerSettings Settings(ParameterGroup group, long step) => new()
    {
        LearningRate = group.LearningRate / (1 + ((step - 1) * rateDecay)), WeightDecay = group.WeightDecay,
        Epsilon = epsilon, Maximize = maximize, Step = step,
    };
}
