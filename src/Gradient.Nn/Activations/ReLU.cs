namespace Gradient.Nn;

/// <summary>max(x, 0); the gradient at 0 is 0.</summary>
public sealed class ReLU : Module
{
    /// <inheritdoc/>
    public override GradientTensor Forward(GradientTensor x) => Observe(x.Relu());
}
