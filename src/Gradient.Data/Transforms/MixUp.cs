namespace Gradient.Data;

/// <summary>
/// Every example becomes a weighted mean with another one of its batch, and so does its target (Zhang et al.: mixup: Beyond Empirical Risk
/// Minimization, 2018): weights λ and 1 − λ with λ ~ Beta(α, α), one for the batch. Targets are probabilities, as <c>Loss.CrossEntropy</c>
/// takes them.
/// </summary>
/// <param name="classes">How many classes there are.</param>
/// <param name="alpha">α: 0.2 mixes little, 1 evenly.</param>
public sealed class MixUp(int classes, double alpha = 0.2) : BatchTransform
{
    /// <inheritdoc/>
    /// <exception cref="DTypeMismatchException">Inputs are not Float32.</exception>
    /// <exception cref="ShapeMismatchException">Targets are neither class indices [batch] nor probabilities [batch, classes].</exception>
    public override (Tensor Inputs, Tensor Targets) Apply(Tensor inputs, Tensor targets, ItemRandom random)
    {
        Mixing.Check(inputs, nameof(MixUp));
        float weight = (float)random.NextBeta(alpha, alpha);
        int[] partners = Mixing.Partners(inputs, random);
        using var soft = Mixing.Probabilities(targets, classes, nameof(MixUp));
        return (Mixing.Blend(inputs, partners, weight), Mixing.Blend(soft, partners, weight));
    }
}
