using System.Runtime.CompilerServices;

namespace Gradient.Training;

/// <summary>
/// Adadelta (Zeiler, 2012): v ← ρv + (1 − ρ)·g², Δ = √(u + ε)/√(v + ε)·g, u ← ρu + (1 − ρ)·Δ², θ ← θ − η·Δ.
/// </summary>
public sealed class Adadelta : Optimizer
{
    private readonly double rho, epsilon;
    private readonly bool maximize;

    /// <summary>One group of parameters.</summary>
    /// <inheritdoc cref="Adadelta(IEnumerable{ParameterGroup}, double, double, double, double, bool)"/>
    public Adadelta(
        IEnumerable<GradientTensor> parameters, double learningRate = 1, double rho = 0.9, double epsilon = 1e-6,
        double weightDecay = 0, bool maximize = false)
        : this([new ParameterGroup(parameters)], learningRate, rho, epsilon, weightDecay, maximize)
    {
    }

    /// <summary>Several groups of parameters.</summary>
    /// <param name="groups">The parameters.</param>
    /// <param name="learningRate">η.</param>
    /// <param name="rho">ρ, the decay of both mean squares.</param>
    /// <param name="epsilon">ε.</param>
    /// <param name="weightDecay">The factor of an L2 penalty, added to gradients.</param>
    /// <param name="maximize">Whether to ascend.</param>
    /// <exception cref="ArgumentOutOfRangeException">ρ is not in [0, 1), or another number is negative.</exception>
    [OverloadResolutionPriority(1)] // so that [new(body), new(head)] means groups
    public Adadelta(
        IEnumerable<ParameterGroup> groups, double learningRate = 1, double rho = 0.9, double epsilon = 1e-6,
        double weightDecay = 0, bool maximize = false)
        : base(OptimizerKind.Adadelta, ["meanSquare", "meanSquaredUpdate"], groups, learningRate, weightDecay, 0)
    {
        Fraction(rho, nameof(rho));
        NotNegative(epsilon, nameof(epsilon));
        (this.rho, this.epsilon, this.maximize) = (rho, epsilon, maximize);
    }

    /// <inheritdoc/>
    protected override OptimizerSettings Settings(ParameterGroup group, long step) => new()
    {
        LearningRate = group.LearningRate, WeightDecay = group.WeightDecay, Smoothing = rho, Epsilon = epsilon,
        Maximize = maximize, Step = step,
    };
}
