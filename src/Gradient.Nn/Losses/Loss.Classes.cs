namespace Gradient.Nn;

public static partial class Loss
{
    /// <summary>PyTorch's default for labels that shall not count.</summary>
    public const long IgnoredLabel = -100;

    /// <summary>The mean cross-entropy of logits.</summary>
    /// <param name="prediction">[…, classes]: logits; classes are the last axis.</param>
    /// <param name="target">
    /// Class indices […] (Int64 or Int32), −100 for what shall not count; or probabilities, or integers one-hot, […, classes].
    /// </param>
    /// <exception cref="ShapeMismatchException">The shapes do not fit.</exception>
    public static GradientTensor CrossEntropy(GradientTensor prediction, GradientTensor target) =>
        CrossEntropy(prediction, target, Reduction.Mean);

    /// <summary>
    /// −Σ t·ln softmax(x) over the classes. For class indices the mean divides by the weights of those that count (NaN if none do);
    /// for probabilities by their number, as in PyTorch.
    /// </summary>
    /// <param name="prediction">[…, classes]: logits; classes are the last axis.</param>
    /// <param name="target">Class indices […] (Int64 or Int32); or probabilities, or integers one-hot, […, classes].</param>
    /// <param name="reduction">What becomes of the losses […].</param>
    /// <param name="ignoreIndex">The class index that does not count.</param>
    /// <param name="labelSmoothing">
    /// How much of each target is spread evenly over all classes, 0 to 1 (Szegedy et al., Rethinking the Inception Architecture, 2016).
    /// </param>
    /// <param name="classWeights">[classes]; null for 1.</param>
    /// <exception cref="ShapeMismatchException">The shapes do not fit; or, when the work is done, a class index is outside the classes.</exception>
    /// <exception cref="TapeException">The class weights require gradients, which class indices do not give them, as in PyTorch.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The smoothing is outside 0 to 1.</exception>
    public static GradientTensor CrossEntropy(
        GradientTensor prediction, GradientTensor target, Reduction reduction,
        long ignoreIndex = IgnoredLabel, double labelSmoothing = 0, GradientTensor? classWeights = null)
    {
        if (!(labelSmoothing is >= 0 and <= 1))
            throw new ArgumentOutOfRangeException(nameof(labelSmoothing), labelSmoothing, "Label smoothing lies between 0 and 1.");
        bool indices = CheckClasses("crossEntropy", prediction, target, classWeights, probabilities: true);
        var casting = Autocast.For("crossEntropy", prediction, target);
        (prediction, target) = (casting.Apply(prediction), casting.Apply(target));
        if (indices)
        {
            var (losses, weights) = Functional.CrossEntropy(
                prediction, target, classWeights, new() { IgnoredLabel = ignoreIndex, LabelSmoothing = labelSmoothing });
            return (reduction == Reduction.Mean ? losses.Sum() / weights.Sum() : Reduce(losses, reduction)).To(prediction.DType);
        }

        target = target.To(prediction.DType);
        if (labelSmoothing > 0) target = target * (1 - labelSmoothing) + labelSmoothing / prediction.Shape[-1];
        if (classWeights is not null) target *= classWeights;
        return Reduce(-(target * prediction.LogSoftmax(-1)).Sum(-1), reduction);
    }

    /// <summary>The mean negative log-likelihood of log-probabilities.</summary>
    /// <exception cref="ShapeMismatchException">The shapes do not fit.</exception>
    public static GradientTensor NegativeLogLikelihood(GradientTensor prediction, GradientTensor target) =>
        NegativeLogLikelihood(prediction, target, Reduction.Mean);

    /// <summary>−prediction[target]; means as in <see cref="CrossEntropy(GradientTensor, GradientTensor)"/>.</summary>
    /// <param name="prediction">[…, classes]: log-probabilities.</param>
    /// <param name="target">Class indices […].</param>
    /// <param name="reduction">What becomes of the losses […].</param>
    /// <param name="ignoreIndex">The class index that does not count.</param>
    /// <param name="classWeights">[classes]; null for 1.</param>
    /// <exception cref="ShapeMismatchException">The shapes do not fit.</exception>
    public static GradientTensor NegativeLogLikelihood(
        GradientTensor prediction, GradientTensor target, Reduction reduction, long ignoreIndex = IgnoredLabel, GradientTensor? classWeights = null)
    {
        const string name = "negativeLogLikelihood";
        CheckClasses(name, prediction, target, classWeights, probabilities: false);
        prediction = Autocast.For(name, prediction).Apply(prediction);
        var ignored = target.EqualTo(ignoreIndex);
        // An ignored label is no index: it looks up class 0 and is masked afterwards.
        var index = target.MaskedFill(ignored, 0).Unsqueeze(-1);
        var losses = -prediction.Gather(name, -1, index, index.Shape).Squeeze(-1);
        var weights = classWeights?.IndexSelect(0, index.Squeeze(-1));
        if (weights is not null) losses *= weights;
        losses = losses.MaskedFill(ignored, 0);
        if (reduction != Reduction.Mean) return Reduce(losses, reduction);
        return losses.Sum() / (weights is null ? ignored.LogicalNot() : weights.MaskedFill(ignored, 0)).To(losses.DType).Sum();
    }

    /// <summary>The mean of target·(ln target − prediction) over all elements.</summary>
    /// <exception cref="ShapeMismatchException">The shapes differ.</exception>
    public static GradientTensor KlDivergence(GradientTensor prediction, GradientTensor target) =>
        KlDivergence(prediction, target, Reduction.Mean);

    /// <summary>
    /// target·(ln target − prediction), 0 where the target is 0 (Kullback, Leibler, On Information and Sufficiency, 1951).
    /// <see cref="Reduction.BatchMean"/> gives the divergence per sample.
    /// </summary>
    /// <param name="prediction">Log-probabilities.</param>
    /// <param name="target">Probabilities, or with <paramref name="logTarget"/> their logarithms.</param>
    /// <param name="reduction">What becomes of the elements' losses.</param>
    /// <param name="logTarget">Whether the target is log-probabilities.</param>
    /// <exception cref="ShapeMismatchException">The shapes differ.</exception>
    public static GradientTensor KlDivergence(GradientTensor prediction, GradientTensor target, Reduction reduction, bool logTarget = false)
    {
        (prediction, target) = Same("klDivergence", prediction, target);
        if (logTarget) return Reduce(target.Exp() * (target - prediction), reduction);
        var log = target.MaskedFill(target.EqualTo(0), 1).Log(); // 0·ln 0 is 0
        return Reduce(target * (log - prediction), reduction);
    }

    /// <returns>Whether the target is class indices.</returns>
    private static bool CheckClasses(
        string name, GradientTensor prediction, GradientTensor target, GradientTensor? classWeights, bool probabilities)
    {
        ShapeChecks.FloatingPoint(name, prediction.DType);
        ShapeChecks.SameDevice(name, prediction.Value, target.Value);
        if (prediction.Rank == 0) throw new ShapeMismatchException($"{name}: a prediction without axes has no classes; […, classes] is needed.");
        if (classWeights is not null && (classWeights.Rank != 1 || classWeights.Shape[0] != prediction.Shape[-1]))
            throw new ShapeMismatchException($"{name}: class weights of shape {classWeights.Shape} where [{prediction.Shape[-1]}] is needed.");
        if (target.DType.IsInteger() && target.Shape == prediction.Shape.Without(-1)) return true;
        if (probabilities && target.DType != DType.Bool && target.Shape == prediction.Shape) return false;
        throw new ShapeMismatchException(
            $"{name}: a target of {target.DType.Name()} and shape {target.Shape} does not fit predictions of shape {prediction.Shape}: needed are "
            + $"integers of shape {prediction.Shape.Without(-1)}{(probabilities ? $", or probabilities of shape {prediction.Shape}" : "")}. Classes are the last axis.");
    }
}
