namespace Gradient.Nn;

/// <summary>Hands on what it gets: the shortcut of a residual block whose shapes agree.</summary>
public sealed class Identity : Module
{
    /// <inheritdoc/>
    public override GradientTensor Forward(GradientTensor x) => Observe(x);
}
