using System.Runtime.CompilerServices;

namespace Gradient.Training;

/// <summary>
/// NAdam (Dozat, Incorporating Nesterov Momentum into Adam, 2016), with the momentum schedule μₜ = β₁·(1 − ½·0.96^(t·ψ)):
/// θ ← θ − η·(1 − μₜ)/(1 − Πμ)·g/(√v̂ + ε) − η·μₜ₊₁/(1 − Πμ·μₜ₊₁)·m/(√v̂ + ε).
/// </summary>
public sealed class NAdam : Optimizer
{
    private readonly double beta2, epsilon, momentumDecay;
    private readonly bool decoupled;
    private readonly List<double> products = [1];

    /// <summary>One group of parameters.</summary>
    /// <inheritdoc cref="NAdam(IEnumerable{ParameterGroup}, double, double, double, double, double, double, bool)"/>
    public NAdam(
        IEnumerable<GradientTensor> parameters, double learningRate = 2e-3, double beta1 = 0.9, double beta2 = 0.999,
        double epsilon = 1e-8, double weightDecay = 0, double momentumDecay = 4e-3, bool decoupledWeightDecay = false)
        : this([new ParameterGroup(parameters)], learningRate, beta1, beta2, epsilon, weightDecay, momentumDecay, decoupledWeightDecay)
    {
    }

    /// <summary>Several groups of parameters.</summary>
    /// <param name="groups">The parameters.</param>
    /// <param name="learningRate">η.</param>
    /// <param name="beta1">The decay of the first moment; it must not change between steps.</param>
    /// <param name="beta2">The decay of the second moment.</param>
    /// <param name="epsilon">ε.</param>
    /// <param name="weightDecay">The factor of weight decay.</param>
    /// <param name="momentumDecay">ψ.</param>
    /// <param name="decoupledWeightDecay">Whether decay acts on parameters, as in <see cref="AdamW"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">A decay is not in [0, 1), or another number is negative.</exception>
    [OverloadResolutionPriority(1)] // so that [new(body), new(head)] means groups
    public NAdam(
        IEnumerable<ParameterGroup> groups, double learningRate = 2e-3, double beta1 = 0.9, double beta2 = 0.999,
        double epsilon = 1e-8, double weightDecay = 0, double momentumDecay = 4e-3, bool decoupledWeightDecay = false)
        : base(OptimizerKind.NAdam, ["firstMoment", "secondMoment"], groups, learningRate, weightDecay, beta1)
    {
        Fraction(beta1, nameof(beta1));
        Fraction(beta2, nameof(beta2));
        NotNegative(epsilon, nameof(epsilon));
        NotNegative(momentumDecay, nameof(momentumDecay));
        (this.beta2, this.epsilon, this.momentumDecay, decoupled) = (beta2, epsilon, momentumDecay, decoupledWeightDecay);
    }

    /// <inheritdoc/>
    protected override OptimizerSettings Settings(ParameterGroup group, long step)
    {
        double beta1 = Groups[0].Momentum;
        while (products.Count <= step) products.Add(products[^1] * Schedule(beta1, products.Count));
        return new()
        {
            LearningRate = group.LearningRate, WeightDecay = group.WeightDecay, DecoupledWeightDecay = decoupled,
            Momentum = beta1, Smoothing = beta2, Epsilon = epsilon, Step = step,
            MomentumNow = Schedule(beta1, step), MomentumNext = Schedule(beta1, step + 1), MomentumProduct = products[(int)step],
        };
    }

    private double Schedule(double beta1, long step) => beta1 * (1 - (0.5 * Math.Pow(0.96, step * momentumDecay)));
}
