namespace Gradient.Data;

/// <summary>
/// A rectangle of every image is another one's of its batch, and targets are mixed by area (Yun et al.: CutMix: Regularization Strategy to
/// Train Strong Classifiers with Localizable Features, 2019): sides √(1 − λ) of the image's with λ ~ Beta(α, α), about a random centre, cut
/// off at the borders; then λ is the part of the area that stayed. Targets are probabilities, as <c>Loss.CrossEntropy</c> takes them.
/// </summary>
/// <param name="classes">How many classes there are.</param>
/// <param name="alpha">α; 1 makes every λ equally likely.</param>
public sealed class CutMix(int classes, double alpha = 1) : BatchTransform
{
    /// <inheritdoc/>
    /// <exception cref="DTypeMismatchException">Inputs are not Float32.</exception>
    /// <exception cref="ShapeMismatchException">
    /// Inputs are no images [batch, height, width, channels], or targets neither class indices [batch] nor probabilities [batch, classes].
    /// </exception>
    public override (Tensor Inputs, Tensor Targets) Apply(Tensor inputs, Tensor targets, ItemRandom random)
    {
        Mixing.Check(inputs, nameof(CutMix));
        if (inputs.Rank != 4) throw new ShapeMismatchException($"CutMix: takes images [batch, height, width, channels], not shape {inputs.Shape}.");
        int height = (int)inputs.Shape[1], width = (int)inputs.Shape[2];
        double side = Math.Sqrt(1 - random.NextBeta(alpha, alpha));
        var (top, bottom) = Span(height, (int)(height * side), random);
        var (left, right) = Span(width, (int)(width * side), random);
        int[] partners = Mixing.Partners(inputs, random);
        float stayed = 1 - ((float)((bottom - top) * (right - left)) / (height * width));
        using var soft = Mixing.Probabilities(targets, classes, nameof(CutMix));
        return (Mixing.Paste(inputs, partners, top, bottom, left, right), Mixing.Blend(soft, partners, stayed));
    }

    private static (int From, int To) Span(int length, int size, ItemRandom random)
    {
        int from = random.NextInt(0, length) - (size / 2);
        return (Math.Max(0, from), Math.Min(length, from + size));
    }
}
