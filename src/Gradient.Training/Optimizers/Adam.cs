using System.Runtime.CompilerServices;

namespace Gradient.Training;

/// <summary>
/// Adam (Kingma, Ba, 2015): θ ← θ − η·m̂/(√v̂ + ε) with bias-corrected moments m̂ and v̂. Weight decay is an L2 penalty added to
/// gradients; see <see cref="AdamW"/> for the decoupled form.
/// </summary>
public class Adam : Optimizer
{
    private readonly double beta2, epsilon;
    private readonly bool amsGrad, decoupled, maximize;

    /// <summary>One group of parameters.</summary>
    /// <inheritdoc cref="Adam(IEnumerable{ParameterGroup}, double, double, double, double, double, bool, bool)"/>
    public Adam(
        IEnumerable<GradientTensor> parameters, double learningRate = 1e-3, double beta1 = 0.9, double beta2 = 0.999,
        double epsilon = 1e-8, double weightDecay = 0, bool amsGrad = false, bool maximize = false)
        : this([new ParameterGroup(parameters)], learningRate, beta1, beta2, epsilon, weightDecay, amsGrad, maximize)
    {
    }

    /// <summary>Several groups of parameters.</summary>
    /// <param name="groups">The parameters.</param>
    /// <param name="learningRate">η.</param>
    /// <param name="beta1">The decay of the first moment.</param>
    /// <param name="beta2">The decay of the second moment.</param>
    /// <param name="epsilon">ε.</param>
    /// <param name="weightDecay">The factor of weight decay.</param>
    /// <param name="amsGrad">Whether the largest second moment so far counts (Reddi, Kale, Kumar, 2018).</param>
    /// <param name="maximize">Whether to ascend.</param>
    /// <exception cref="ArgumentOutOfRangeException">A decay is not in [0, 1), or another number is negative.</exception>
    [OverloadResolutionPriority(1)] // so that [new(body), new(head)] means groups
    public Adam(
        IEnumerable<ParameterGroup> groups, double learningRate = 1e-3, double beta1 = 0.9, double beta2 = 0.999,
        double epsilon = 1e-8, double weightDecay = 0, bool amsGrad = false, bool maximize = false)
        : this(groups, learningRate, beta1, beta2, epsilon, weightDecay, amsGrad, maximize, decoupled: false)
    {
    }

    private protected Adam(
        IEnumerable<ParameterGroup> groups, double learningRate, double beta1, double beta2, double epsilon, double weightDecay,
        bool amsGrad, bool maximize, bool decoupled)
        : base(OptimizerKind.Adam, ["firstMoment", "secondMoment", "maximumSecondMoment"], groups, learningRate, weightDecay, beta1)
    {
        Fraction(beta1, nameof(beta1));
        Fraction(beta2, nameof(beta2));
        NotNegative(epsilon, nameof(epsilon));
        (this.beta2, this.epsilon, this.amsGrad, this.maximize, this.decoupled) = (beta2, epsilon, amsGrad, maximize, decoupled);
    }

    /// <inheritdoc/>
    protected override OptimizerSettings Settings(ParameterGroup group, long step) => new()
    {
        LearningRate = group.LearningRate, WeightDecay = group.WeightDecay, DecoupledWeightDecay = decoupled,
        Momentum = group.Momentum, Smoothing = beta2, Epsilon = epsilon, AmsGrad = amsGrad, Maximize = maximize, Step = step,
    };

    /// <inheritdoc/>
    protected override bool UsesState(int index, ParameterGroup group) => index < 2 || amsGrad;
}
