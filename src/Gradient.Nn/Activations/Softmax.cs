namespace Gradient.Nn;

/// <summary>Exponentials along an axis, divided by their sum.</summary>
/// <param name="axis">The axis that sums to 1.</param>
public sealed class Softmax(int axis = -1) : Module
{
    /// <inheritdoc/>
    public override GradientTensor Forward(GradientTensor x) => Observe(x.Softmax(axis));
}
