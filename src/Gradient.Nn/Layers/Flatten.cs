namespace Gradient.Nn;

/// <summary>
/// Merges a run of axes into one. An image [batch, height, width, channels] becomes [batch, height·width·channels], in that order:
/// a linear layer ported from a channels-first framework needs the rows of its weight in the same order.
/// </summary>
/// <param name="start">The first axis to merge; 1 keeps the batch.</param>
/// <param name="end">The last axis to merge.</param>
public sealed class Flatten(int start = 1, int end = -1) : Module
{
    /// <inheritdoc/>
    public override GradientTensor Forward(GradientTensor x) => Observe(x.Flatten(start, end));
}
