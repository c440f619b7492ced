namespace Gradient.Nn;

/// <summary>x·tanh(ln(1 + eˣ)) (Misra, Mish: A Self Regularized Non-Monotonic Activation Function, 2019).</summary>
public sealed class Mish : Module
{
    /// <inheritdoc/>
    public override GradientTensor Forward(GradientTensor x) => Observe(x.Mish());
}
