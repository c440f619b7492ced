namespace Gradient.Nn;

/// <summary>x where x &gt; 0, else slope·x.</summary>
/// <param name="slope">The slope below 0.</param>
public sealed class LeakyReLU(double slope = 0.01) : Module
{
    /// <inheritdoc/>
    public override GradientTensor Forward(GradientTensor x) => Observe(x.LeakyRelu(slope));
}
