namespace Gradient.Nn;

/// <summary>x where x &gt; 0, else α·(eˣ − 1) (Clevert, Unterthiner, Hochreiter, Exponential Linear Units, 2016).</summary>
/// <param name="alpha">Minus the limit at −∞.</param>
public sealed class ELU(double alpha = 1) : Module
{
    /// <inheritdoc/>
    public override GradientTensor Forward(GradientTensor x) => Observe(x.Elu(alpha));
}
