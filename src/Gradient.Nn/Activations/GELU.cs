namespace Gradient.Nn;

/// <summary>x·Φ(x) (Hendrycks, Gimpel, Gaussian Error Linear Units, 2016), or its approximation by tanh.</summary>
/// <param name="approximate">Whether to use x/2·(1 + tanh(√(2/π)·(x + 0.044715 x³))).</param>
public sealed class GELU(bool approximate = false) : Module
{
    /// <inheritdoc/>
    public override GradientTensor Forward(GradientTensor x) => Observe(x.Gelu(approximate));
}
