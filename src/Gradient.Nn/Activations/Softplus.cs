namespace Gradient.Nn;

/// <summary>ln(1 + e^(βx))/β, and x itself where βx is above the threshold.</summary>
/// <param name="beta">The sharpness of the bend.</param>
/// <param name="threshold">Above it the function is linear.</param>
public sealed class Softplus(double beta = 1, double threshold = 20) : Module
{
    /// <inheritdoc/>
    public override GradientTensor Forward(GradientTensor x) => Observe(x.Softplus(beta, threshold));
}
