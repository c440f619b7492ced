namespace Gradient.Nn;

/// <summary>The logarithm of <see cref="Softmax"/>, accurate where it rounds to 0.</summary>
/// <param name="axis">The axis along which the exponentials sum to 1.</param>
public sealed class LogSoftmax(int axis = -1) : Module
{
    /// <inheritdoc/>
    public override GradientTensor Forward(GradientTensor x) => Observe(x.LogSoftmax(axis));
}
