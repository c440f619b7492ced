using System.Runtime.CompilerServices;

namespace Gradient.Training;

/// <summary>
/// Stochastic gradient descent (Robbins, Monro, 1951), with momentum (Polyak, 1964) or Nesterov's (Sutskever et al., 2013),
/// in PyTorch's form: v ← μv + (1 − dampening)·g, then θ ← θ − η·v, or θ − η·(g + μv) for Nesterov's.
/// </summary>
public sealed class Sgd : Optimizer
{
    private readonly double dampening;
    private readonly bool nesterov, maximize;

    /// <summary>One group of parameters.</summary>
    /// <inheritdoc cref="Sgd(IEnumerable{ParameterGroup}, double, double, double, double, bool, bool)"/>
    public Sgd(
        IEnumerable<GradientTensor> parameters, double learningRate = 1e-3, double momentum = 0, double dampening = 0,
        double weightDecay = 0, bool nesterov = false, bool maximize = false)
        : this([new ParameterGroup(parameters)], learningRate, momentum, dampening, weightDecay, nesterov, maximize)
    {
    }

    /// <summary>Several groups of parameters.</summary>
    /// <param name="groups">The parameters.</param>
    /// <param name="learningRate">η.</param>
    /// <param name="momentum">μ.</param>
    /// <param name="dampening">By how much a gradient's share in the buffer is lowered.</param>
    /// <param name="weightDecay">The factor of an L2 penalty, added to gradients.</param>
    /// <param name="nesterov">Whether to look ahead; needs momentum and no dampening.</param>
    /// <param name="maximize">Whether to ascend.</param>
    /// <exception cref="ArgumentException">Nesterov without momentum or with dampening.</exception>
    [OverloadResolutionPriority(1)] // so that [new(body), new(head)] means groups
    public Sgd(
        IEnumerable<ParameterGroup> groups, double learningRate = 1e-3, double momentum = 0, double dampening = 0,
        double weightDecay = 0, bool nesterov = false, bool maximize = false)
        : base(OptimizerKind.Sgd, ["momentum"], groups, learningRate, weightDecay, momentum)
    {
        if (nesterov && (momentum <= 0 || dampening != 0))
            throw new ArgumentException("Nesterov's momentum needs a momentum above 0 and no dampening.", nameof(nesterov));
        (this.dampening, this.nesterov, this.maximize) = (dampening, nesterov, maximize);
    }

    /// <inheritdoc/>
    protected override OptimizerSettings Settings(ParameterGroup group, long step) => new()
    {
        LearningRate = group.LearningRate, WeightDecay = group.WeightDecay, Momentum = group.Momentum,
        Dampening = dampening, Nesterov = nesterov, Maximize = maximize, Step = step,
    };

    /// <inheritdoc/>
    protected override bool UsesState(int index, ParameterGroup group) => group.Momentum != 0;
}
