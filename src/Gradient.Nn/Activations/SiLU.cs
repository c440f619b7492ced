namespace Gradient.Nn;

/// <summary>x·sigmoid(x), also called Swish (Ramachandran, Zoph, Le, Searching for Activation Functions, 2017).</summary>
public sealed class SiLU : Module
{
    /// <inheritdoc/>
    public override GradientTensor Forward(GradientTensor x) => Observe(x.Silu());
}
