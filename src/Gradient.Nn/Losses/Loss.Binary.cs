namespace Gradient.Nn;

public static partial class Loss
{
    /// <summary>The mean binary cross-entropy of probabilities.</summary>
    /// <exception cref="ShapeMismatchException">The shapes differ.</exception>
    public static GradientTensor BinaryCrossEntropy(GradientTensor prediction, GradientTensor target) =>
        BinaryCrossEntropy(prediction, target, Reduction.Mean);

    /// <summary>
    /// −t·ln p − (1 − t)·ln(1 − p), each logarithm −100 at least, as in PyTorch. Of logits,
    /// <see cref="BinaryCrossEntropyWithLogits(GradientTensor, GradientTensor)"/> is exact.
    /// </summary>
    /// <param name="prediction">Probabilities p, 0 to 1.</param>
    /// <param name="target">Probabilities t, 0 to 1.</param>
    /// <param name="reduction">What becomes of the elements' losses.</param>
    /// <param name="weight">Multiplies the elements' losses; broadcasts. Null for 1.</param>
    /// <exception cref="ShapeMismatchException">The shapes differ.</exception>
    public static GradientTensor BinaryCrossEntropy(
        GradientTensor prediction, GradientTensor target, Reduction reduction, GradientTensor? weight = null)
    {
        (prediction, target) = Same("binaryCrossEntropy", prediction, target);
        target = target.To(prediction.DType);
        // An operation of its own: through the clamped logarithms no gradient would lead back from p = 0 and p = 1.
        var losses = Tape.Record(
            "binaryCrossEntropy",
            () => -(target * ClampedLog(prediction) + (1 - target) * ClampedLog(1 - prediction)),
            [prediction, target],
            g => [
                g * (prediction - target) / (prediction * (1 - prediction)).Clamp(min: 1e-12f), // PyTorch's bound is this Float32 number
                target.RequiresGrad ? g * (ClampedLog(1 - prediction) - ClampedLog(prediction)) : null]);
        return Reduce(weight is null ? losses : losses * weight, reduction);

        static GradientTensor ClampedLog(GradientTensor p) => p.Log().Clamp(min: -100);
    }

    /// <summary>The mean binary cross-entropy of logits.</summary>
    /// <exception cref="ShapeMismatchException">The shapes differ.</exception>
    public static GradientTensor BinaryCrossEntropyWithLogits(GradientTensor prediction, GradientTensor target) =>
        BinaryCrossEntropyWithLogits(prediction, target, Reduction.Mean);

    /// <summary>
    /// −w·t·ln σ(x) − (1 − t)·ln(1 − σ(x)), computed as (1 − t)·x − (1 + (w − 1)·t)·ln σ(x), which is stable for any x.
    /// </summary>
    /// <param name="prediction">Logits x.</param>
    /// <param name="target">Probabilities t, 0 to 1.</param>
    /// <param name="reduction">What becomes of the elements' losses.</param>
    /// <param name="positiveWeight">w, for positives that are rare (above 1) or frequent; broadcasts. Null for 1.</param>
    /// <param name="weight">Multiplies the elements' losses; broadcasts. Null for 1.</param>
    /// <exception cref="ShapeMismatchException">The shapes differ.</exception>
    public static GradientTensor BinaryCrossEntropyWithLogits(
        GradientTensor prediction, GradientTensor target, Reduction reduction, GradientTensor? positiveWeight = null, GradientTensor? weight = null)
    {
        (prediction, target) = Same("binaryCrossEntropyWithLogits", prediction, target);
        target = target.To(prediction.DType);
        var log = Functional.LogSigmoid(prediction);
        if (positiveWeight is not null) log *= (positiveWeight - 1) * target + 1;
        var losses = (1 - target) * prediction - log;
        return Reduce(weight is null ? losses : losses * weight, reduction);
    }
}
